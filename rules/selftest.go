package rules

import (
	"fmt"
	"net/mail"
	"net/textproto"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Test is one entry of the file's tests: a mail and what should become of it.
type Test struct {
	Name   string
	Line   int
	Now    time.Time
	Given  *Item
	Expect []Expectation
}

// Expectation is one thing a test expects of the plan. With action "nothing" no
// rule may do anything; with "matched" a rule of that name must fire.
type Expectation struct {
	Action string
	Arg    string
	line   int
}

// TestResult says how a test of the file came out. Failed is empty when it
// passed; otherwise each line says what was expected and what came.
type TestResult struct {
	Name   string   `json:"name"`
	Line   int      `json:"line"`
	Failed []string `json:"failed,omitempty"`
}

// testNow is the time at which a test stands that names none: a working day.
var testNow = time.Date(2026, 12, 8, 10, 0, 0, 0, time.UTC)

// RunTests runs the tests of the file against its rules.
func (s *Set) RunTests() []TestResult {
	results := make([]TestResult, len(s.Tests))
	for i, t := range s.Tests {
		results[i] = TestResult{Name: t.Name, Line: t.Line, Failed: s.runTest(t)}
	}
	return results
}

func (s *Set) runTest(t *Test) (failed []string) {
	plan := s.Plan(t.Given, t.Now)
	for _, f := range plan.Failures {
		failed = append(failed, fmt.Sprintf("the rule %q could not be evaluated: %s", f.Rule, f.Reason))
	}
	for _, want := range t.Expect {
		if !want.met(plan) {
			failed = append(failed, fmt.Sprintf("expected %s, but %s", want, plan))
		}
	}
	return failed
}

func (x Expectation) String() string {
	switch x.Action {
	case "nothing":
		return "nothing to happen"
	case "matched":
		return fmt.Sprintf("the rule %q to fire", x.Arg)
	}
	return strconv.Quote(Effect{Action: x.Action, Arg: x.Arg}.String())
}

func (x Expectation) met(p Plan) bool {
	switch x.Action {
	case "nothing":
		return len(p.Effects) == 0
	case "matched":
		return slices.ContainsFunc(p.Matches, func(m Match) bool { return m.Rule == x.Arg })
	}
	return slices.ContainsFunc(p.Effects, func(e Effect) bool { return e.Action == x.Action && e.Arg == x.Arg })
}

// String says in a line what the plan does, and by which rules.
func (p Plan) String() string {
	if len(p.Effects) == 0 {
		return "nothing happens"
	}
	parts := make([]string, len(p.Effects))
	for i, e := range p.Effects {
		parts[i] = fmt.Sprintf("%q by %q", e, e.Rule)
	}
	return "the rules do " + strings.Join(parts, ", ")
}

func (l *loader) tests() {
	n := l.nodes["tests"]
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.fail(n, "begin each test with: - name: …", "tests must be a list")
		return
	}
	for _, item := range n.Content {
		l.test(item)
	}
}

func (l *loader) test(n *yaml.Node) {
	t := &Test{Line: n.Line, Now: testNow.In(l.set.Timezone)}
	var given, expect, name *yaml.Node
	l.mapping(n, "a test", []string{"name", "given", "expect", "now"}, func(key, value *yaml.Node) {
		switch key.Value {
		case "name":
			name = value
		case "given":
			given = value
		case "expect":
			expect = value
		case "now":
			l.readTime(value, &t.Now)
		}
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	if name == nil || given == nil || expect == nil {
		l.fail(n, "write: {name: …, given: {from: …, subject: …}, expect: {file: …}}", "a test needs name, given and expect")
		return
	}
	t.Name, _ = l.text(name, "name")
	if slices.ContainsFunc(l.set.Tests, func(o *Test) bool { return o.Name == t.Name }) {
		l.fail(name, "make each name different", "another test is called %q", t.Name)
	}
	t.Given = l.given(given, t.Now)
	l.expect(expect, t)
	l.set.Tests = append(l.set.Tests, t)
}

func (l *loader) readTime(n *yaml.Node, t *time.Time) {
	parsed, err := ParseDate(n.Value, l.set.Timezone)
	if err != nil {
		l.fail(n, "", "%s", err)
		return
	}
	*t = parsed
}

// given builds the item of a test. What the test does not say is what an
// ordinary unread mail to the executive has.
func (l *loader) given(n *yaml.Node, now time.Time) *Item {
	item := &Item{Folder: "INBOX", Role: "inbox", Direction: "in", Kind: "person", Priority: "normal", Unread: true, Received: now, Date: now, Header: map[string][]string{}}
	item.Auth.Verdict = "unknown"
	if len(l.set.me.entries) > 0 {
		item.To = []Address{ParseAddress("", l.set.me.entries[0])}
	}
	value := reflect.ValueOf(item).Elem()
	l.mapping(n, "given", nil, func(key, v *yaml.Node) {
		if key.Value == "headers" {
			l.mapping(v, "headers", nil, func(name, body *yaml.Node) {
				item.Header[textproto.CanonicalMIMEHeaderKey(name.Value)] = l.texts(body, name.Value)
			})
			return
		}
		field, ok := fieldByTag(value, key.Value)
		if !ok {
			l.fail(key, suggestion(key.Value, append(fieldNames(value.Type()), "headers")), "a mail has no %q to be given", key.Value)
			return
		}
		l.giveFact(key.Value, v, field)
	})
	return item
}

// giveFact reads a node into a fact of any type.
func (l *loader) giveFact(name string, n *yaml.Node, field reflect.Value) {
	switch p := field.Addr().Interface().(type) {
	case *Text:
		if s, ok := l.scalar(n, name); ok {
			*p = NewText(s)
		}
	case *string:
		if s, ok := l.scalar(n, name); ok {
			l.enumerated(name, n)
			*p = s
		}
	case *bool:
		*p, _ = l.boolean(n, name)
	case *int, *float64:
		if err := n.Decode(p); err != nil {
			l.fail(n, "", "%s takes a number, not %q", name, n.Value)
		}
	case *time.Time:
		l.readTime(n, p)
	case *Address:
		if as := l.people(name, n); len(as) > 0 {
			*p = as[0]
		}
	case *[]Address:
		*p = l.people(name, n)
	case *[]string:
		*p = l.texts(n, name)
	case *[]File:
		*p = nil
		for _, f := range l.texts(n, name) {
			*p = append(*p, NewFile(f, "", 1000, false))
		}
	default:
		l.mapping(n, name, fieldNames(field.Type()), func(key, v *yaml.Node) {
			if inner, ok := fieldByTag(field, key.Value); ok {
				l.giveFact(name+"."+key.Value, v, inner)
			}
		})
	}
}

func (l *loader) enumerated(name string, n *yaml.Node) {
	if values, ok := enumerations[name]; ok && !slices.Contains(values, n.Value) {
		l.fail(n, suggestion(n.Value, nonEmpty(values)), "%s is never %q", name, n.Value)
	}
}

// people reads "Pat <pat@board.example>" or a list of such.
func (l *loader) people(name string, n *yaml.Node) []Address {
	var all []Address
	for _, item := range items(n) {
		s, ok := l.text(item, name)
		if !ok {
			continue
		}
		a, err := mail.ParseAddress(s)
		if err != nil {
			l.fail(item, "write: Pat <pat@board.example>", "%q is no address", s)
			continue
		}
		all = append(all, ParseAddress(a.Name, a.Address))
	}
	return all
}

// expect reads what a test expects; a list under an action expects each.
func (l *loader) expect(n *yaml.Node, t *Test) {
	allowed := append(actionNames(), "nothing", "matched")
	l.mapping(n, "expect", allowed, func(key, value *yaml.Node) {
		for _, item := range items(value) {
			s, ok := l.text(item, key.Value)
			if !ok {
				continue
			}
			x := Expectation{Action: key.Value, Arg: s, line: key.Line}
			switch key.Value {
			case "archive", "junk", "trash", "nothing":
				x.Arg = ""
			case "matched":
				l.knownRule(item)
			}
			t.Expect = append(t.Expect, x)
		}
	})
	if len(t.Expect) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.fail(n, "write for example: expect: {file: Board}", "the test expects nothing; say nothing: true if that is meant")
	}
}

func (l *loader) knownRule(n *yaml.Node) {
	if !slices.Contains(l.compiler.earlier, n.Value) {
		l.fail(n, suggestion(n.Value, l.compiler.earlier), "no rule is called %q", n.Value)
	}
}
