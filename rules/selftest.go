package rules

import (
	"encoding/json"
	"fmt"
	"maps"
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
	}
	return slices.ContainsFunc(p.Effects, x.is)
}

func (x Expectation) is(e Effect) bool {
	if e.Action != x.Action || x.With == nil {
		return e.Action == x.Action && e.Arg == x.Arg
	}
	for name, want := range x.With {
		got := e.With[name]
		if name == verbs[e.Action].main {
			got = e.Arg
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
	value, given := reflect.ValueOf(item).Elem(), map[string]bool{}
	l.mapping(n, "given", nil, func(key, v *yaml.Node) {
		if key.Value == "headers" {
			l.mapping(v, "headers", nil, func(name, body *yaml.Node) {
				item.Header[textproto.CanonicalMIMEHeaderKey(name.Value)] = l.texts(body, name.Value)
			})
			return
		}
		if key.Value == "seenBefore" {
			seen, _ := l.boolean(v, key.Value)
			item.Seen = func(string, time.Duration) bool { return seen }
			return
		}
		field, ok := fieldByTag(value, key.Value)
		if !ok || key.Value == "-" {
			l.fail(key, suggestion(key.Value, append(fieldNames(value.Type()), "headers", "seenBefore")), "a mail has no %q to be given", key.Value)
			return
		}
		l.giveFact(key.Value, v, field)
		given[key.Value] = true
	})
	l.followingFacts(item, given)
	return item
}

// followingFacts fills in what a test gives by giving another fact: a mail that
// was sent is the executive's, the whole text has at least the new one, and what
// the text holds is found in it.
func (l *loader) followingFacts(item *Item, given map[string]bool) {
	if item.Direction == "out" && !given["role"] {
		item.Role, item.Folder = "sent", "Sent"
	}
	if !given["full"] {
		item.Full = item.Text
	}
	if given["text"] && !given["found"] && l.options.Found != nil {
		item.Found = l.options.Found(item.Text.raw, item.Received)
	}
	if item.Found.Deadline.IsZero() && len(item.Found.Deadlines) > 0 {
		item.Found.Deadline = item.Found.Deadlines[0].Start
	}
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
	case *time.Duration:
		d, err := ParseDuration(n.Value)
		if err != nil {
			l.fail(n, "", "%s", err)
		}
		*p = d
	case *[]File:
		*p = l.givenFiles(n)
	case *[]Link:
		*p = l.givenLinks(n, name)
	case *[]When:
		for _, item := range items(n) {
			var t time.Time
			l.readTime(item, &t)
			*p = append(*p, When{Text: item.Value, Start: t, End: t.AddDate(0, 0, 1), AllDay: len(item.Value) == len(time.DateOnly), Confidence: 1})
		}
	case *[]Amount:
		*p = l.givenAmounts(n, name)
	default:
		l.mapping(n, name, fieldNames(field.Type()), func(key, v *yaml.Node) {
			if inner, ok := fieldByTag(field, key.Value); ok {
				l.giveFact(name+"."+key.Value, v, inner)
			}
		})
	}
}

// givenFiles reads names of files, or mappings with what else a file has.
func (l *loader) givenFiles(n *yaml.Node) []File {
	var files []File
	for _, item := range items(n) {
		f := NewFile("", "", 1000, false)
		if item.Kind == yaml.MappingNode {
			l.giveFact("file", item, reflect.ValueOf(&f).Elem())
		} else if s, ok := l.text(item, "files"); ok {
			f.Name = NewText(s)
		}
		if f.Ext == "" {
			f.Ext = NewFile(f.Name.raw, "", 0, false).Ext
		}
		files = append(files, f)
	}
	return files
}

// givenLinks reads addresses, or mappings of text and url.
func (l *loader) givenLinks(n *yaml.Node, name string) []Link {
	var all []Link
	for _, item := range items(n) {
		var link Link
		if item.Kind == yaml.MappingNode {
			l.giveFact("link", item, reflect.ValueOf(&link).Elem())
		} else {
			link.URL, _ = l.text(item, name)
		}
		all = append(all, NewLink(link.Text.raw, link.URL))
	}
	return all
}

func (l *loader) givenAmounts(n *yaml.Node, name string) []Amount {
	var all []Amount
	for _, item := range items(n) {
		value, currency, _ := strings.Cut(strings.TrimSpace(item.Value), " ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			l.fail(item, "write it like: 12.50 EUR", "%q is no amount in %s", item.Value, name)
		}
		all = append(all, Amount{number, strings.ToUpper(currency)})
	}
	return all
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

// expect reads what a test expects; a list under an action expects each, and a
// mapping what stands under the action's names.
func (l *loader) expect(n *yaml.Node, t *Test) {
	allowed := append(actionNames(), "nothing", "matched")
	l.mapping(n, "expect", allowed, func(key, value *yaml.Node) {
		for _, item := range items(value) {
			x := Expectation{Action: key.Value, line: key.Line}
			if item.Kind == yaml.MappingNode {
				x.With = map[string]string{}
				l.mapping(item, key.Value, expectable(key.Value), func(k, v *yaml.Node) { x.With[k.Value] = l.expected(k.Value, v) })
				t.Expect = append(t.Expect, x)
				continue
			}
			s, ok := l.text(item, key.Value)
			if !ok {
				continue
			}
			if x.Arg = s; slices.Contains(bareActions, key.Value) {
				x.Arg = ""
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
func (l *loader) expected(name string, n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
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
	names := []string{"at", "subject", "text", "url"}
	for _, name := range verbs[action].names() {
		if name != "" {
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
