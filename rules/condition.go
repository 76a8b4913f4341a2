package rules

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/expr-lang/expr/vm"
)

// Limits on what one condition may cost, in source and when it runs.
const (
	maxSource  = 4096    // characters of one condition
	maxPattern = 500     // characters of one regular expression
	maxNodes   = 500     // nodes of the syntax tree
	maxNesting = 2       // any(…) inside any(…)
	maxMemory  = 100_000 // elements an evaluation may make (vm.VM.MemoryBudget)
)

// condition is one compiled line of when or unless.
type condition struct {
	source  string
	program *vm.Program
	tree    ast.Node // as parsed, before rewriting: what guards are read from
	facts   []string // dotted facts the condition looks at, in order of appearance
	looks   bool     // at what is found in the text
	// consults is so where it looks at an event, an invitation or a day: what the
	// diary tells of it is worked out first.
	consults bool
	// remembers is so where it calls seenBefore: it is evaluated last, when all
	// else holds, and never left out or preferred for a guard.
	remembers bool
	asks      bool // it calls llm: it is evaluated when all else holds
	place     place
}

// finding is a mistake inside a condition; from is its offset in characters.
type finding struct {
	from    int
	message string
	hint    string
}

// compiler turns sources into conditions for one rule set.
type compiler struct {
	people  map[string]*People
	folders []string // known folders; nil where they are not known
	options []expr.Option
	config  *conf.Config
	needs   Needs
	on      string // what the rule is on whose conditions are compiled; empty where that is not known
	// earlier are the rules above the one being compiled that are on the same sort
	// of item: what matched may name. The others are elsewhere.
	earlier, elsewhere []string
	// later is so for conditions that are looked at when the plan is long done.
	later     bool
	lookalike bool            // a condition looks at sender.lookalike
	asked     map[string]bool // rules that a matched names
}

// above notes the rules above one that is on the given sort of item.
func (c *compiler) above(rules []*Rule, on string) {
	c.earlier, c.elsewhere = nil, nil
	for _, r := range rules {
		if r.On == on || r.On == "" {
			c.earlier = append(c.earlier, r.Name)
		} else {
			c.elsewhere = append(c.elsewhere, r.Name)
		}
	}
}

func newCompiler(people map[string]*People, folders []string) *compiler {
	c := &compiler{people: people, folders: folders, options: exprOptions(), config: conf.CreateNew(), asked: map[string]bool{}}
	for _, o := range c.options {
		o(c.config)
	}
	for name := range c.config.Disabled {
		delete(c.config.Builtins, name)
	}
	return c
}

// compile checks a source and compiles it. Every finding refuses it.
func (c *compiler) compile(source string) (*condition, []finding) {
	if findings := lintSource(source); findings != nil {
		return nil, findings
	}
	tree, err := parser.ParseWithConfig(source, c.config)
	if err != nil {
		return nil, []finding{fromExpr(err)}
	}
	l := &linter{compiler: c}
	l.check(tree.Node)
	if l.findings != nil {
		return nil, l.findings
	}
	var findings []finding
	fail := func(at file.Location, message, hint string) {
		findings = append(findings, finding{at.From, message, hint})
	}
	options := append(slices.Clone(c.options), expr.Patch(nameVisitor{c.people}), expr.Patch(textVisitor{fail}))
	program, err := expr.Compile(source, options...)
	if findings != nil {
		return nil, findings
	}
	if err != nil {
		return nil, []finding{fromExpr(err)}
	}
	return &condition{source: source, program: program, tree: tree.Node, facts: l.facts, looks: looksAtFound(l.facts), consults: consultsDiary(l.facts), remembers: l.remembers, asks: l.asks}, nil
}

func looksAtFound(facts []string) bool {
	return slices.ContainsFunc(facts, func(f string) bool { return rootOf(f) == "found" })
}

func consultsDiary(facts []string) bool {
	return slices.ContainsFunc(facts, func(f string) bool { return slices.Contains([]string{"event", "invite", "day"}, rootOf(f)) })
}

// fromExpr puts an error of the expression library into our words.
func fromExpr(err error) finding {
	message, from := err.Error(), 0
	if e := (*file.Error)(nil); errors.As(err, &e) {
		message, from = e.Message, e.From
	}
	message = ourTypes.Replace(message)
	noField := noFieldPattern.FindStringSubmatch(message)
	switch {
	case strings.Contains(message, "unexpected token EOF"):
		return finding{from, "the condition ends too early", "a bracket, a quote or a word is missing at the end"}
	case strings.Contains(message, "expected bool"):
		return finding{from, "this is no yes-or-no condition: " + message, `compare it with something, for example: subject contains "budget"`}
	case strings.Contains(message, "mismatched types"):
		return finding{from, message, `text stands in quotes; numbers and times don't; lengths of time are written duration("2h")`}
	case noField != nil:
		fields := fieldsOfType(noField[1])
		return finding{from, fmt.Sprintf("there is no %q here", noField[2]), suggestion(noField[2], fields)}
	}
	return finding{from, message, ""}
}

var (
	ourTypes = strings.NewReplacer("rules.Text", "text", "[]rules.Address", "list of addresses", "rules.Address", "address",
		"*rules.People", "list of people", "[]rules.File", "list of files", "rules.File", "file", "rules.List", "list", "rules.Auth", "auth",
		"[]rules.Link", "list of links", "rules.Link", "link", "[]rules.When", "list of dates", "rules.When", "date", "[]rules.Amount", "list of amounts",
		"rules.Amount", "amount", "rules.Found", "found", "rules.Thread", "thread", "rules.Sender", "sender",
		"[]rules.Event", "list of events", "rules.Event", "event", "[]rules.Trip", "list of trips", "rules.Trip", "trip", "rules.Invite", "invite", "rules.Day", "day",
		"[]string", "list of words", "time.Time", "time", "time.Duration", "length of time")
	noFieldPattern = regexp.MustCompile(`type (\w+) has no field (\w+)`)
)

func fieldsOfType(name string) []string {
	switch name {
	case "address":
		return fieldNames(addressType)
	case "file":
		return fieldNames(reflect.TypeFor[File]())
	case "link":
		return fieldNames(reflect.TypeFor[Link]())
	case "date":
		return fieldNames(reflect.TypeFor[When]())
	case "amount":
		return fieldNames(reflect.TypeFor[Amount]())
	case "event":
		return fieldNames(reflect.TypeFor[Event]())
	case "trip":
		return fieldNames(reflect.TypeFor[Trip]())
	}
	return factNames()
}

// lintSource finds what is wrong before an expression can be parsed at all.
func lintSource(source string) []finding {
	if strings.TrimSpace(source) == "" {
		return []finding{{0, "the condition is empty", "write what must hold, or leave the line out"}}
	}
	if len(source) > maxSource {
		return []finding{{0, fmt.Sprintf("the condition has %d characters; at most %d are allowed", len(source), maxSource), "name people in a list under people:, or make two rules of it"}}
	}
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		return []finding{fromExpr(err)}
	}
	var findings []finding
	for _, t := range tokens {
		switch {
		case t.Is(lexer.Operator, "="):
			findings = append(findings, finding{t.From, `"=" does not compare`, `write "==" for "is the same as"`})
		case t.Is(lexer.Operator, ".."):
			findings = append(findings, finding{t.From, "ranges are not allowed in conditions", "compare with < and > instead"})
		case t.Is(lexer.Operator, "|"):
			findings = append(findings, finding{t.From, `"|" is not allowed in conditions`, `write "or" for "one of them"`})
		}
	}
	return append(findings, lintBrackets(tokens)...)
}

// lintBrackets refuses "and" beside "or" without brackets: people read such a
// line in two ways.
func lintBrackets(tokens []lexer.Token) []finding {
	type level struct{ and, or bool }
	levels := []level{{}}
	for _, t := range tokens {
		top := &levels[len(levels)-1]
		switch {
		case t.Is(lexer.Bracket, "(", "[", "{"):
			levels = append(levels, level{})
			continue
		case t.Is(lexer.Bracket, ")", "]", "}"):
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
			}
			continue
		case t.Is(lexer.Operator, ","):
			*top = level{}
		case t.Is(lexer.Operator, "and", "&&"):
			top.and = true
		case t.Is(lexer.Operator, "or", "||"):
			top.or = true
		default:
			continue
		}
		if top.and && top.or {
			return []finding{{t.From, `"and" and "or" stand side by side without brackets`, `say which belongs together, for example: (toMe or ccMe) and unread`}}
		}
	}
	return nil
}
