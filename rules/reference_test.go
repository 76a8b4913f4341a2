package rules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// referenceFile is written by: go test ./rules -run TestReference -update
var referenceFile = filepath.Join("..", "doc", "rules.md")

// TestReferenceIsOfThisVersion writes the reference anew from the tables that
// the loader works with, and from those of words, and compares it with the file.
func TestReferenceIsOfThisVersion(t *testing.T) {
	got := reference(t)
	if *update {
		if err := os.WriteFile(referenceFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("doc/rules.md is not of this version; run: go test ./rules -run TestReference -update\n(-want +got):\n%s", diff)
	}
}

// TestReferenceNamesEverything fails where a name of the language has no words
// for it, or words stand there for a name that is gone.
func TestReferenceNamesEverything(t *testing.T) {
	for what, tc := range map[string]struct{ names, described []string }{
		"facts":                     {factNames(), slices.Collect(maps.Keys(factWords))},
		"members":                   {memberNames(), slices.Collect(maps.Keys(memberWords))},
		"functions":                 {functionNames(), slices.Collect(maps.Keys(functionWords))},
		"actions":                   {actionNames(), slices.Collect(maps.Keys(actionWords))},
		"rule keys":                 {ruleKeys, slices.Collect(maps.Keys(ruleKeyWords))},
		"test keys":                 {testKeys, slices.Collect(maps.Keys(testKeyWords))},
		"file keys":                 {fileKeys, slices.Collect(maps.Keys(fileKeyWords))},
		"arguments":                 {argumentNames(), slices.Collect(maps.Keys(argumentWords))},
		"fields":                    {slices.Concat(templateFields, textFields), slices.Collect(maps.Keys(fieldWords))},
		"fields of events and days": {slices.Compact(slices.Sorted(slices.Values(slices.Concat(eventFields, dayFields)))), slices.Collect(maps.Keys(occasionFieldWords))},
	} {
		t.Run(what, func(t *testing.T) {
			if diff := cmp.Diff(slices.Sorted(slices.Values(tc.names)), slices.Sorted(slices.Values(tc.described))); diff != "" {
				t.Errorf("-in the code +in the reference:\n%s", diff)
			}
		})
	}
}

// TestReferenceExamplesLoad holds that what the reference shows can be written.
func TestReferenceExamplesLoad(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\npeople: {board: [\"@board.acme.example\"]}\nrules:\n  - {name: Board papers, when: flagged, do: [{flag: red}]}\n")
	for name, words := range functionWords {
		fmt.Fprintf(&b, "  - name: function %s\n    when: '%s'\n    do: [{agenda: Reading}]\n", name, words.example)
	}
	for name, words := range actionWords {
		on, fact := "mail", "subject"
		if !slices.Contains(standsOn(on), name) {
			on, fact = "event", "event.title"
		}
		fmt.Fprintf(&b, "  - name: action %s\n    on: %s\n    when: %s == %q\n    confirm: assistant\n    do: [{%s}]\n", name, on, fact, name, strings.ReplaceAll(words.example, "`", ""))
	}
	for i, text := range slices.Concat(blocks(referenceGuards), blocks(referenceWordings), blocks(referenceLetters), blocks(referenceAsking)) {
		fmt.Fprintf(&b, "  - name: example %d\n%s", i, text)
	}
	templates := map[string]string{"nudge": "Hello {from.first}", "absent": "I am away."}
	if _, err := Load("reference.yaml", []byte(b.String()), Options{AllowDelete: true, Templates: templates}); err != nil {
		t.Error(err)
	}
	for _, source := range quotedWords(referenceSchedules) {
		if _, err := parseSchedule(source); err != nil {
			t.Error(err)
		}
	}
	for _, source := range quotedWords(referenceMoments) {
		if _, err := parseMoment(source); err != nil {
			t.Error(err)
		}
	}
	for _, source := range quotedWords(referenceBookings) {
		text := fmt.Sprintf("version: 1\nrules:\n  - name: x\n    when: toMe\n    do: {schedule: {title: X, on: %q, length: 30m}}\n", source)
		if _, err := Load("reference.yaml", []byte(text), Options{}); err != nil && source != "day" {
			t.Error(err)
		}
	}
}

// blocks are the examples of a rule that a text shows, but for their names.
func blocks(text string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n- name: [^\n]*\n(.*?)```").FindAllStringSubmatch(text, -1) {
		all = append(all, "  "+strings.ReplaceAll(strings.TrimRight(m[1], "\n"), "\n", "\n  ")+"\n")
	}
	return all
}

// quotedWords are what a table shows in its first column.
func quotedWords(text string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]*)` ").FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func argumentNames() (names []string) {
	for action, v := range verbs {
		for _, f := range v.fields {
			if f.name != "" {
				names = append(names, action+"."+f.name)
			}
		}
	}
	return names
}

// typeWords are the types of facts in the words of people.
var typeWords = map[reflect.Type]string{
	textType: "text", addressType: "address", addressesType: "addresses", labelsType: "words", stringType: "word",
	reflect.TypeFor[bool](): "true or false", reflect.TypeFor[int](): "number", reflect.TypeFor[float64](): "number",
	reflect.TypeFor[time.Time](): "time", reflect.TypeFor[time.Duration](): "length of time",
	reflect.TypeFor[[]File](): "files", reflect.TypeFor[List](): "list", reflect.TypeFor[Auth](): "auth",
	reflect.TypeFor[[]Link](): "links", reflect.TypeFor[[]When](): "dates", reflect.TypeFor[[]Amount](): "amounts",
	reflect.TypeFor[Found](): "found", reflect.TypeFor[Thread](): "thread", reflect.TypeFor[Sender](): "sender",
	reflect.TypeFor[Event](): "event", reflect.TypeFor[[]Event](): "events", reflect.TypeFor[Invite](): "invite", reflect.TypeFor[Day](): "day",
	reflect.TypeFor[[]Trip](): "trips",
}

// members are the facts with parts: how they are named, and their type.
var members = []struct {
	title, prefix string
	t             reflect.Type
}{
	{"An address has", "", addressType},
	{"A file has", "", reflect.TypeFor[File]()},
	{"`list` has", "list.", reflect.TypeFor[List]()},
	{"`auth` has", "auth.", reflect.TypeFor[Auth]()},
	{"A link has", "", reflect.TypeFor[Link]()},
	{"`found` has", "found.", reflect.TypeFor[Found]()},
	{"A date that was found has", "", reflect.TypeFor[When]()},
	{"An amount has", "", reflect.TypeFor[Amount]()},
	{"`thread` has", "thread.", reflect.TypeFor[Thread]()},
	{"`sender` has", "sender.", reflect.TypeFor[Sender]()},
	{"`invite` has", "invite.", reflect.TypeFor[Invite]()},
	{"`event` has, and so has each of `conflicts`", "event.", reflect.TypeFor[Event]()},
	{"`day` has", "day.", reflect.TypeFor[Day]()},
	{"A trip has", "trip.", reflect.TypeFor[Trip]()},
}

func memberNames() (names []string) {
	for _, m := range members {
		for _, part := range fieldNames(m.t) {
			names = append(names, m.t.Name()+"."+part)
		}
	}
	return names
}

// page is a Markdown text in the making.
type page struct {
	strings.Builder
	t *testing.T
}

func reference(t *testing.T) string {
	p := &page{t: t}
	p.WriteString(referenceHead)
	p.table("key of the file|", fileKeys, func(name string) string { return fileKeyWords[name] })
	p.WriteString(referenceRule)
	p.table("key of a rule|", ruleKeys, func(name string) string { return ruleKeyWords[name] })
	p.WriteString(referenceOrder)
	fmt.Fprintf(p, referenceGuards, strings.Join(irreversible, "` `"), "`"+strings.Join(notForSent, "` `")+"`")
	p.WriteString(referenceSchedules + referenceConditions)
	p.facts()
	p.members()
	p.functions()
	p.actions()
	p.WriteString(referenceTests + referenceCalendarTests)
	p.table("key of a test|", testKeys, func(name string) string { return testKeyWords[name] })
	p.limits()
	return p.String()
}

// table writes one row for each name; head names the columns.
func (p *page) table(head string, names []string, cells func(name string) string) {
	columns := strings.Split(head, "|")
	fmt.Fprintf(p, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, name := range names {
		fmt.Fprintf(p, "| `%s` | %s |\n", name, cells(name))
	}
	p.WriteString("\n")
}

func (p *page) facts() {
	p.WriteString("## Facts\n\n")
	e := &env{Item: &Item{}}
	p.table("fact|type|", factNames(), func(name string) string {
		v, err := e.lookup(name)
		if err != nil {
			p.t.Fatal(err)
		}
		return p.typed(reflect.TypeOf(v)) + " | " + described(factWords[name], name)
	})
}

func (p *page) members() {
	for _, m := range members {
		p.WriteString(m.title + "\n\n")
		p.table("part|type|", fieldNames(m.t), func(part string) string {
			field, _ := fieldByTag(reflect.New(m.t).Elem(), part)
			return p.typed(field.Type()) + " | " + described(memberWords[m.t.Name()+"."+part], m.prefix+part)
		})
	}
}

func (p *page) typed(t reflect.Type) string {
	word, ok := typeWords[t]
	if !ok {
		p.t.Fatalf("the reference has no word for the type %s", t)
	}
	return word
}

func (p *page) functions() {
	p.WriteString("## Functions\n\n")
	show := func(name string) string {
		return "`" + functionWords[name].example + "` | " + functionWords[name].about
	}
	p.table("function|example|", slices.Sorted(maps.Keys(functions)), show)
	p.WriteString("Of the expression language itself, these and no others:\n\n")
	p.table("function|example|", builtins, show)
	p.WriteString(referenceAsking)
}

func (p *page) actions() {
	p.WriteString("## Actions\n\n")
	p.table("action|example|", actionNames(), func(name string) string { return actionWords[name].example + " | " + actionWords[name].about })
	fmt.Fprintf(p, "Colours of `flag`: %s. `digest` takes %s. Colours of events: %s, and the plain words of `flag` for the nearest of them.\n\n",
		strings.Join(colours, ", "), strings.Join(digests, ", "), strings.Join(googleColours, ", "))
	p.WriteString(referencePlaces)
	p.arguments()
	p.WriteString(referenceLetters)
	p.WriteString(referenceBookings)
	p.places()
	p.WriteString(referenceMoments + referenceFields)
	p.table("field|", templateFields, fieldRow)
	p.WriteString("In lines and texts, these as well:\n\n")
	p.table("field|", textFields, fieldRow)
	occasion := func(field string) string { return occasionFieldWords[field] }
	p.WriteString("In a rule on events, these and no others:\n\n")
	p.table("field|", eventFields, occasion)
	p.WriteString("In a rule on days:\n\n")
	p.table("field|", dayFields, occasion)
	p.WriteString(referenceWordings)
}

// places tells which actions may stand where.
func (p *page) places() {
	for _, sort := range []string{"event", "day"} {
		fmt.Fprintf(p, "- Rules `on: %s` have `%s`; in their conditions stand `%s`.\n", sort, strings.Join(actionsOn[sort], "` `"), strings.Join(factsOn[sort], "` `"))
	}
	p.WriteString("- Rules on mail have all other actions, and `" + strings.Join(onMail, "` `") + "`.\n\n")
}

func fieldRow(field string) string { return fieldWords[field] }

// arguments lists what actions with names for their arguments take.
func (p *page) arguments() {
	var names []string
	for _, action := range actionNames() {
		for _, f := range verbs[action].fields {
			if f.name != "" {
				names = append(names, action+"."+f.name)
			}
		}
	}
	p.table("argument||", names, func(name string) string {
		action, argument, _ := strings.Cut(name, ".")
		word := "may be left out"
		v := verbs[action]
		needed := slices.ContainsFunc(v.fields, func(f field) bool { return f.name == argument && f.required })
		if needed {
			word = "needed"
		}
		if argument == v.single("mail") && needed && len(v.required("mail")) == 1 {
			word = "needed; in short `" + action + ": …`"
		}
		return word + " | " + argumentWords[name]
	})
}

func (p *page) limits() {
	fmt.Fprintf(p, referenceLimits, maxFile>>20, maxSource, maxPattern, maxNesting, maxFolderName, maxWording, maxLineValue, maxTextValue)
}
