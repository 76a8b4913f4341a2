package rules

import (
	"encoding/json"
	"fmt"
	"maps"
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
// rule may do anything; with "matched" a rule of that name must fire, and with
// "section" something must be written under that title of the agenda.
type Expectation struct {
	Action string
	Arg    string
	With   map[string]string // in place of Arg: some of the effect's arguments
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
		if f.Action != "" {
			continue // the mail lacks what it takes, which may be what the test is about
		}
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
	case "section":
		return fmt.Sprintf("a line in the agenda under %q", x.Arg)
	}
	if x.With != nil {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(x.With)) {
			parts = append(parts, fmt.Sprintf("%s %q", name, x.With[name]))
		}
		return x.Action + " with " + strings.Join(parts, ", ")
	}
	return strconv.Quote(Effect{Action: x.Action, Arg: x.Arg}.String())
}

func (x Expectation) met(p Plan) bool {
	switch x.Action {
	case "nothing":
		return len(p.Effects) == 0
	case "matched":
		return slices.ContainsFunc(p.Matches, func(m Match) bool { return m.Rule == x.Arg })
	case "section":
		return slices.ContainsFunc(p.Effects, func(e Effect) bool {
			return ofLetters[e.Action] && strings.EqualFold(e.Arg, x.Arg)
		})
	}
	return slices.ContainsFunc(p.Effects, x.is)
}

func (x Expectation) is(e Effect) bool {
	if e.Action != x.Action || x.With == nil {
		return e.Action == x.Action && e.Arg == x.Arg
	}
	for name, want := range x.With {
		got := e.With[name]
		switch name {
		case verbs[e.Action].main:
			got = e.Arg
		case "confirm":
			got = e.Confirm
		}
		if got != want {
			return false
		}
	}
	return true
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

var testKeys = []string{"name", "now", "given", "expect"}

func (l *loader) test(n *yaml.Node) {
	t := &Test{Line: n.Line, Now: testNow.In(l.set.Timezone)}
	l.now = time.Time{}
	var given, expect, name *yaml.Node
	l.mapping(n, "a test", testKeys, func(key, value *yaml.Node) {
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
	l.now = t.Now
	t.Given = l.given(given, t.Now)
	l.expect(expect, t)
	l.set.Tests = append(l.set.Tests, t)
}

// expect reads what a test expects; a list under an action expects each, and a
// mapping what stands under the action's names.
func (l *loader) expect(n *yaml.Node, t *Test) {
	allowed := append(actionNames(), "nothing", "matched", "section")
	l.mapping(n, "expect", allowed, func(key, value *yaml.Node) {
		for _, item := range items(value) {
			x := Expectation{Action: key.Value, line: key.Line}
			if item.Kind == yaml.MappingNode && verbs[key.Value].fields != nil {
				x.With = map[string]string{}
				l.mapping(item, key.Value, expectable(key.Value), func(k, v *yaml.Node) { x.With[k.Value] = l.expected(key.Value, k.Value, v) })
				t.Expect = append(t.Expect, x)
				continue
			}
			s, ok := l.text(item, key.Value)
			if !ok {
				continue
			}
			if x.Arg = s; slices.Contains(bareActions, key.Value) {
				x.Arg = ""
			} else if making[key.Value] && s == "true" {
				x.With = map[string]string{} // one of any title
			} else if colour, ok := colourOf(s); ok && key.Value == "color" {
				x.Arg = colour
			} else if key.Value == "matched" {
				l.knownRule(item)
			}
			t.Expect = append(t.Expect, x)
		}
	})
	if len(t.Expect) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.fail(n, "write for example: expect: {file: Board}", "the test expects nothing; say nothing: true if that is meant")
	}
}

// expected is the value of an argument. The columns of extract stand there as in
// the rule, with what is filled in.
func (l *loader) expected(action, name string, n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
		if ofCalendar[action] || ofLetters[action] || name == "confirm" { // empty: not there
			l.scalar(n, name)
			return l.expectedOnCalendar(name, n)
		}
		s, _ := l.text(n, name)
		return s
	}
	var columns [][2]string
	l.mapping(n, name, nil, func(k, v *yaml.Node) {
		s, _ := l.scalar(v, k.Value)
		columns = append(columns, [2]string{k.Value, s})
	})
	text, _ := json.Marshal(columns) // of strings: can't fail
	return string(text)
}

// expectable are the arguments of an action that a test may ask for: those that
// are written, and those that a plan fills in.
func expectable(action string) []string {
	names := []string{"at", "subject", "text", "url", "confirm"}
	if ofCalendar[action] {
		names = slices.Clone(plannedOnCalendar)
	}
	for _, name := range verbs[action].names() {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// bareActions take true alone.
var bareActions = []string{"archive", "junk", "trash", "delete", "mute", "unsubscribe", "nothing"}

func (l *loader) knownRule(n *yaml.Node) {
	var names []string
	for _, r := range l.set.Rules {
		names = append(names, r.Name)
	}
	if !slices.Contains(names, n.Value) {
		l.fail(n, suggestion(n.Value, names), "no rule is called %q", n.Value)
	}
}
