package rules

import (
	"errors"
	"fmt"
	"net/mail"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// ErrNotRepeatable: what the set does with an item hangs on more than a test can
// give.
var ErrNotRepeatable = errors.New("what the rules do with this message hangs on more than a test can give")

// Record makes a test of an item: what the rules do with it at the time now, given
// only the facts that they looked at. The text is an entry of tests:, ready to be
// pasted there; it has been tried, and passes.
func (s *Set) Record(item *Item, now time.Time) ([]byte, error) {
	now = now.In(s.Timezone).Truncate(time.Minute)
	item, answers := listening(item)
	plan := s.Plan(item, now)
	item = s.consulted(item, now)
	var last error
	for _, names := range [][]string{s.factsOfMatches(plan), s.factsOfAll()} {
		text, err := s.recorded(item, now, plan, names, *answers)
		if err != nil {
			return nil, err
		}
		if last = s.repeats(text, plan); last == nil {
			return text, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNotRepeatable, last)
}

// listening is the item with all questions noted that a language model answers with
// yes.
func listening(item *Item) (*Item, *[]string) {
	answers := &[]string{}
	if item.Ask == nil {
		return item, answers
	}
	heard := *item
	heard.Ask = func(question string) (bool, error) {
		yes, err := item.Ask(question)
		if yes && !slices.Contains(*answers, question) {
			*answers = append(*answers, question)
		}
		return yes, err
	}
	return &heard, answers
}

// consulted is the item with what the calendar tells of it: a test gives that, and
// no calendar.
func (s *Set) consulted(item *Item, now time.Time) *Item {
	e := s.newEnv(item, now, &Plan{})
	s.consult(e)
	known := *e.Item
	known.Diary = nil
	return &known
}

// factsOfMatches are the facts that the rules which fired, and their actions, look
// at.
func (s *Set) factsOfMatches(plan Plan) (names []string) {
	for _, m := range plan.Matches {
		names = append(names, s.factsOfRule(s.Rule(m.Rule))...)
	}
	return names
}

func (s *Set) factsOfAll() (names []string) {
	for _, r := range s.Rules {
		names = append(names, s.factsOfRule(r)...)
	}
	return names
}

func (s *Set) factsOfRule(r *Rule) []string {
	names := slices.Clone(r.facts)
	for _, a := range r.Actions {
		names = append(names, a.facts...)
	}
	return names
}

// fields are the fields that stand in an action's arguments and texts.
func (a Action) fields() (names []string) {
	for _, t := range a.templates {
		names = append(names, t.fields()...)
	}
	for _, c := range a.columns {
		names = append(names, c.value.fields()...)
	}
	if a.wording != nil {
		names = append(names, a.wording.fields()...)
	}
	if a.story != nil {
		names = append(names, a.story.fields()...)
	}
	return names
}

// factsBehind are the facts that a test gives for one that follows from them.
var factsBehind = map[string][]string{
	"everyone": {"to", "cc"}, "toMe": {"to"}, "ccMe": {"cc"}, "onlyMe": {"to", "cc"}, "internal": {"from"}, "confidential": {"encrypted", "sensitivity"},
	"workHours": {"received"}, "weekday": {"received"}, "age": {"received"}, "ageDays": {"received"}, "role": {"role", "folder", "direction"},
}

// recorded writes the test. What it gives comes in the order of Item's fields; of
// facts with parts, such as found, only those that were looked at.
func (s *Set) recorded(item *Item, now time.Time, plan Plan, names, answers []string) ([]byte, error) {
	wanted := map[string][]string{"from": nil, "subject": nil}
	for _, name := range names {
		if _, ok := questionOf(name); ok {
			continue // of the answers below
		}
		root, part, _ := strings.Cut(name, ".")
		if before, ok := wanted[root]; part == "" || ok && before == nil {
			wanted[root] = nil
		} else if part, _, _ = strings.Cut(part, "."); !slices.Contains(before, part) {
			wanted[root] = append(before, part)
		}
		for _, behind := range factsBehind[root] {
			wanted[behind] = nil
		}
	}
	given := s.givenOf(item, now, wanted)
	if len(answers) > 0 {
		given.Content = append(given.Content, scalar(askFunction), listOf(answers))
	}
	test := mappingOf("name", scalar(s.testName(item)), "now", scalar(now.Format("2006-01-02 15:04")), "given", given, "expect", expectOf(plan))
	return yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{test}})
}

// testName is a name that no test of the set has.
func (s *Set) testName(item *Item) string {
	name := oneLine(shortened(item.Subject.raw, 60))
	if name == "" {
		name = "a message"
	}
	if item.From.Email != "" {
		name += " from " + item.From.Email
	}
	numbered := name
	for i := 2; slices.ContainsFunc(s.Tests, func(t *Test) bool { return t.Name == numbered }); i++ {
		numbered = fmt.Sprintf("%s (%d)", name, i)
	}
	return numbered
}

// givenOf gives the wanted facts, with their parts or, without any, whole; but not
// those that a test has by itself.
func (s *Set) givenOf(item *Item, now time.Time, wanted map[string][]string) *yaml.Node {
	l := &loader{reader: newReader("", nil), options: s.options, set: s}
	usual := reflect.ValueOf(l.given(mappingOf(), now)).Elem()
	value := reflect.ValueOf(item).Elem()
	given := mappingOf()
	for _, name := range fieldNames(value.Type()) {
		parts, ok := wanted[name]
		if !ok {
			continue
		}
		field, _ := fieldByTag(value, name)
		ordinary, _ := fieldByTag(usual, name)
		n := factNode(field, parts, s.Timezone)
		if was := factNode(ordinary, parts, s.Timezone); n == nil && was != nil {
			n = emptyNode(field)
		} else if sameNode(n, was) {
			continue
		}
		if n != nil {
			given.Content = append(given.Content, scalar(name), n)
		}
	}
	var fields []any
	for _, name := range slices.Sorted(slices.Values(wanted["header"])) {
		if values := item.Header[name]; len(values) > 0 {
			fields = append(fields, name, listOf(values))
		}
	}
	if fields != nil {
		given.Content = append(given.Content, scalar("headers"), mappingOf(fields...))
	}
	return given
}

// emptyNode says of a fact that the message does not have it.
func emptyNode(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Bool:
		return scalar("false")
	case reflect.Slice:
		return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	case reflect.String:
		return scalar("")
	}
	return nil
}

// factNode writes a fact as giveFact reads it, nil where it is empty.
func factNode(v reflect.Value, parts []string, zone *time.Location) *yaml.Node {
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return nil
	}
	switch f := v.Interface().(type) {
	case Text:
		return scalar(f.raw)
	case string:
		return scalar(f)
	case bool:
		return scalar(strconv.FormatBool(f))
	case int:
		return scalar(strconv.Itoa(f))
	case float64:
		return scalar(strconv.FormatFloat(f, 'g', -1, 64))
	case time.Time:
		return momentNode(f, false, zone)
	case time.Duration:
		return scalar(f.String())
	case Address:
		return scalar(f.written())
	case []Address:
		return listOf(mapped(f, Address.written))
	case []string:
		return listOf(f)
	case []Amount:
		return listOf(mapped(f, Amount.String))
	case []When:
		return sequence(mapped(f, func(w When) *yaml.Node { return whenNode(w, zone) }))
	case []File:
		return sequence(mapped(f, func(f File) *yaml.Node { return fileNode(f, zone) }))
	case []Event:
		return sequence(mapped(f, func(e Event) *yaml.Node { return eventNode(e, zone) }))
	case []Trip:
		return sequence(mapped(f, func(t Trip) *yaml.Node { return structNode(reflect.ValueOf(t), fieldNames(reflect.TypeOf(t)), zone) }))
	case []Link:
		return sequence(mapped(f, func(l Link) *yaml.Node { return structNode(reflect.ValueOf(l), []string{"text", "url"}, zone) }))
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	names := fieldNames(v.Type())
	if parts != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(parts, name) })
	}
	return structNode(v, names, zone)
}

// structNode writes what of a fact with parts is not empty.
func structNode(v reflect.Value, names []string, zone *time.Location) *yaml.Node {
	m := mappingOf()
	for _, name := range names {
		field, ok := fieldByTag(v, name)
		if !ok {
			continue
		}
		if n := factNode(field, nil, zone); n != nil {
			m.Content = append(m.Content, scalar(name), n)
		}
	}
	if m.Style = yaml.FlowStyle; len(m.Content) == 0 {
		return nil
	}
	return m
}

// fileNode is a file's name alone, where a test needs no more.
func fileNode(f File, zone *time.Location) *yaml.Node {
	if f.Text.raw == "" && !f.Inline && f.Size < 1_000_000 {
		return scalar(f.Name.raw)
	}
	return structNode(reflect.ValueOf(f), []string{"name", "type", "size", "inline", "text"}, zone)
}

// whenNode is a time that the text names; how sure the reading is stands there where
// it matters.
func whenNode(w When, zone *time.Location) *yaml.Node {
	if w.Confidence > 0 && w.Confidence < sureEnough {
		return structNode(reflect.ValueOf(w), []string{"start", "end", "allDay", "confidence"}, zone)
	}
	return momentNode(w.Start, w.AllDay, zone)
}

// eventNode is when an event is and, unless it is private, what.
func eventNode(e Event, zone *time.Location) *yaml.Node {
	names := []string{"title", "start", "end", "allDay"}
	if e.Private {
		names = []string{"start", "end", "allDay", "private"}
	}
	return structNode(reflect.ValueOf(e), names, zone)
}

func momentNode(t time.Time, allDay bool, zone *time.Location) *yaml.Node {
	if t = t.In(zone); allDay {
		return scalar(t.Format(time.DateOnly))
	}
	return scalar(t.Format("2006-01-02 15:04"))
}

// written is an address as a test gives it.
func (a Address) written() string {
	if a.Name.raw == "" || a.Email == "" {
		return a.Email
	}
	plain := a.Name.raw + " <" + a.Email + ">"
	if p, err := mail.ParseAddress(plain); err == nil && p.Name == a.Name.raw {
		return plain
	}
	return strconv.Quote(oneLine(a.Name.raw)) + " <" + a.Email + ">"
}

// expectOf is what the plan does, as a test expects it.
func expectOf(plan Plan) *yaml.Node {
	if len(plan.Effects) == 0 {
		return mappingOf("nothing", scalar("true"))
	}
	byAction := map[string][]*yaml.Node{}
	var order []string
	for _, e := range plan.Effects {
		if byAction[e.Action] == nil {
			order = append(order, e.Action)
		}
		arg := e.Arg
		if slices.Contains(bareActions, e.Action) {
			arg = "true"
		}
		byAction[e.Action] = append(byAction[e.Action], scalar(arg))
	}
	expect := mappingOf()
	for _, action := range order {
		expect.Content = append(expect.Content, scalar(action), sequence(byAction[action]))
	}
	return expect
}

// repeats tries a recorded test: it must do the same, by the same rules.
func (s *Set) repeats(text []byte, plan Plan) error {
	d := newReader("the recorded test", text)
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	again := &Set{Timezone: s.Timezone, me: s.me, Rules: s.Rules}
	l := &loader{reader: d, options: s.options, set: again}
	l.test(doc.Content[0].Content[0])
	if problems := l.problems.Errors(); problems != nil {
		return problems
	}
	t := again.Tests[0]
	if failed := s.runTest(t); failed != nil {
		return errors.New(failed[0])
	}
	if got := s.Plan(t.Given, t.Now); got.String() != plan.String() {
		return fmt.Errorf("%s, but in the test %s", plan, got)
	}
	return nil
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	if s == "true" || s == "false" {
		n.Tag = "!!bool"
	} else if _, err := strconv.ParseFloat(s, 64); err == nil {
		n.Tag = "" // as it stands: a test reads a text of it, too
	}
	return n
}

// mappingOf makes a mapping of keys and nodes, in turn.
func mappingOf(pairs ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range pairs {
		if s, ok := p.(string); ok {
			p = scalar(s)
		}
		m.Content = append(m.Content, p.(*yaml.Node))
	}
	return m
}

// listOf is one text, or a list of them.
func listOf(texts []string) *yaml.Node { return sequence(mapped(texts, scalar)) }

func sequence(nodes []*yaml.Node) *yaml.Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: nodes}
}

func mapped[T, U any](all []T, f func(T) U) []U {
	out := make([]U, len(all))
	for i, v := range all {
		out[i] = f(v)
	}
	return out
}

// sameNode reports whether two facts are written the same way.
func sameNode(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Value == b.Value && slices.EqualFunc(a.Content, b.Content, sameNode)
}
