package rules

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// listName is what a list of people may be called: an identifier of expr.
var listName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

// reserved are words of the expression language.
var reserved = []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches", "let", "if", "else", "true", "false", "nil"}

// conditions reads when and unless.
func (l *loader) conditions(n *yaml.Node, keys map[string]*yaml.Node, r *Rule) {
	when := keys["when"]
	if when == nil {
		thing, example := thingOf(r.On)
		l.fail(n, "say when the rule applies, for example: when: "+example, "the rule %q has no when: it would fire for every %s", r.Name, thing)
		return
	}
	r.when = l.conditionList(when, l.condition)
	if u := keys["unless"]; u != nil {
		r.unless = l.conditionList(u, l.condition)
	}
	l.acrossConditions(r)
}

func (l *loader) conditionList(n *yaml.Node, read func(list, n *yaml.Node) *condition) []*condition {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		l.fail(n, "write what must hold, or leave the line out", "the list of conditions is empty")
	}
	var all []*condition
	for _, item := range items(n) {
		if c := read(n, item); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// laterCondition compiles a condition that is looked at when the rules above are
// long done.
func (l *loader) laterCondition(list, n *yaml.Node) *condition {
	l.compiler.later = true
	defer func() { l.compiler.later = false }()
	return l.condition(list, n)
}

// condition compiles one line. The traps that YAML sets are looked for first:
// what they leave is often an expression of another meaning.
func (l *loader) condition(list, n *yaml.Node) *condition {
	if n.Kind == yaml.MappingNode {
		l.fail(n, `": " inside the text begins a new name to YAML: put the whole condition in single quotes`, "a condition must be text")
		return nil
	}
	source, ok := l.scalar(n, "a condition")
	if !ok || l.brokenByYAML(list, n) {
		return nil
	}
	c, findings := l.compiler.compile(source)
	for _, f := range findings {
		l.failAt(l.placeIn(n, f.from), f.hint, "%s", f.message)
	}
	if c != nil {
		c.place = place{n.Line, n.Column}
	}
	return c
}

// brokenByYAML finds conditions that lost a part on their way through YAML.
func (l *loader) brokenByYAML(list, n *yaml.Node) bool {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return false
	}
	open := openBrackets(n.Value)
	switch {
	case open == 0:
		return false
	case n.LineComment != "" || strings.Contains(afterText(l.line(n.Line), n), " #"):
		l.fail(n, "put the whole condition in single quotes", `to YAML everything after " #" is a comment, so the end of the condition is lost`)
	case list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle != 0:
		l.fail(n, "write one condition a line, each behind a dash", "the comma inside the brackets ends the condition in a list in [ ]")
	default:
		return false // the expression parser says where the bracket is missing
	}
	return true
}

// openBrackets counts brackets that are opened and not closed, outside quotes.
func openBrackets(s string) int {
	open, quote := 0, rune(0)
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case strings.ContainsRune("([{", r):
			open++
		case strings.ContainsRune(")]}", r):
			open--
		}
	}
	return open
}

func afterText(line string, n *yaml.Node) string {
	_, rest, _ := strings.Cut(line, n.Value)
	return rest
}

// placeIn finds the place in the file of the n-th character of a scalar.
func (l *loader) placeIn(node *yaml.Node, offset int) place {
	at := place{node.Line, node.Column}
	switch {
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return l.placeInBlock(node, offset)
	case node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		at.column++
	}
	line := []rune(l.line(at.line))
	for range min(offset, len([]rune(node.Value))) {
		if at.column > len(line) { // the text goes on in the next line
			at = place{at.line + 1, 1}
			line = []rune(l.line(at.line))
			for at.column <= len(line) && line[at.column-1] == ' ' {
				at.column++
			}
			continue
		}
		at.column += width(node, line[at.column-1])
	}
	return at
}

// width is how many characters of the file make one of the text.
func width(node *yaml.Node, here rune) int {
	if node.Style&yaml.DoubleQuotedStyle != 0 && here == '\\' {
		return 2
	}
	if node.Style&yaml.SingleQuotedStyle != 0 && here == '\'' {
		return 2
	}
	return 1
}

func (l *loader) placeInBlock(node *yaml.Node, offset int) place {
	before := string([]rune(node.Value)[:min(offset, len([]rune(node.Value)))])
	line := node.Line + 1 + strings.Count(before, "\n")
	last := before[strings.LastIndexByte(before, '\n')+1:]
	indent := len(l.line(line)) - len(strings.TrimLeft(l.line(line), " "))
	return place{line, indent + len([]rune(last)) + 1}
}

// acrossConditions finds lines of when that contradict each other.
func (l *loader) acrossConditions(r *Rule) {
	var whole []treeAt
	for _, c := range r.when {
		for _, n := range conjuncts(c.tree) {
			whole = append(whole, treeAt{n, c.place})
		}
	}
	if at, what := contradiction(trees(whole)); at != nil {
		for _, t := range whole {
			if t.node == at {
				l.failAt(t.place, `a list under when means "all of these"; write "or" if either will do`, "%s: the rule can never fire", what)
			}
		}
	}
	for _, u := range r.unless {
		for _, t := range whole {
			if t.node.String() == u.tree.String() {
				l.failAt(u.place, "", "unless repeats a line of when: the rule can never fire")
			}
		}
	}
}
