package rules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// referenceFile is written by: go test ./rules -run TestReference -update
var referenceFile = filepath.Join("..", "doc", "rules.md")

// TestReferenceIsOfThisVersion writes the reference anew from the tables that
// the loader works with, and from the words below, and compares it with the file.
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
// for it below, or words stand there for a name that is gone.
func TestReferenceNamesEverything(t *testing.T) {
	for what, tc := range map[string]struct{ names, described []string }{
		"facts":     {factNames(), slices.Collect(maps.Keys(factWords))},
		"members":   {memberNames(), slices.Collect(maps.Keys(memberWords))},
		"functions": {functionNames(), slices.Collect(maps.Keys(functionWords))},
		"actions":   {actionNames(), slices.Collect(maps.Keys(actionWords))},
		"rule keys": {ruleKeys, slices.Collect(maps.Keys(ruleKeyWords))},
		"file keys": {fileKeys, slices.Collect(maps.Keys(fileKeyWords))},
		"fields":    {templateFields, slices.Collect(maps.Keys(fieldWords))},
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
		fmt.Fprintf(&b, "  - name: action %s\n    when: subject == %q\n    do: [{%s}]\n", name, name, strings.ReplaceAll(words.example, "`", ""))
	}
	if _, err := Load("reference.yaml", []byte(b.String()), Options{}); err != nil {
		t.Error(err)
	}
}

// example is how a name is written, and what it means.
type example struct{ example, about string }

var fileKeyWords = map[string]string{
	"version":   "`1`; the file begins with it",
	"timezone":  "the zone in which every time of day is meant, such as `Europe/London`; the account's otherwise",
	"me":        "the executive's own addresses, besides those of the account",
	"workHours": "when the executive works, such as `Mon-Fri 08:00-18:00`, which also holds without the line",
	"people":    "lists of addresses with a name: then write `from in board`. `\"@board.acme.example\"` is everybody there, subdomains too",
	"places":    "names for places; read and checked, used by a later version",
	"glossary":  "plain words for jargon; read and checked, used by a later version",
	"goals":     "what the time should go to; read and checked, used by a later version",
	"rules":     "the rules, followed from top to bottom",
	"tests":     "mails and what should become of them",
}

var ruleKeyWords = map[string]string{
	"name":         "what the log and `explain` call it; each name stands once",
	"on":           "`mail`, which also holds without the line",
	"when":         "a condition, or a list of which all must hold",
	"unless":       "a condition, or a list of which none may hold",
	"do":           "the actions, one or a list",
	"stop":         "`true`: for a mail that this rule fits, the rules below are not looked at",
	"enabled":      "`false`: the rule rests. What this version does not know may stand in it",
	"why":          "a reason for people; `explain` shows it",
	"irreversible": "for actions of later versions that can't be taken back",
}

var factWords = map[string]string{
	"account":        "the account's name in the configuration",
	"folder":         "the folder in which the mail lies, such as `INBOX` or `Board/2026`",
	"role":           "what that folder is for",
	"direction":      "`out` for mail that the executive wrote",
	"kind":           "what sort of mail it is, judged by headers, addresses, attachments and words of the subject",
	"weekday":        "of `received`, in the account's zone",
	"sensitivity":    "what the sender asked for",
	"priority":       "what the sender thinks of it",
	"subject":        "",
	"from":           "who wrote it",
	"sender_address": "who sent it for the writer (the Sender field), if that is another person",
	"replyTo":        "where an answer goes, if that is not `from`",
	"to":             "`to in board` holds when one of them is on the list",
	"cc":             "",
	"everyone":       "`to` and `cc` together",
	"toMe":           "one of `me` is in `to`",
	"ccMe":           "one of `me` is in `cc`",
	"onlyMe":         "nobody but `me` is in `to` and `cc`",
	"internal":       "`from` has a domain of `me`, or one below it; addresses at public mail services don't count",
	"unread":         "",
	"flagged":        "",
	"answered":       "",
	"workHours":      "`received` is within `workHours:`",
	"encrypted":      "",
	"signed":         "it carries an S/MIME or OpenPGP signature; whether that is good is not checked",
	"automatic":      "a program wrote it (RFC 3834)",
	"bounce":         "it tells that a mail was not delivered (RFC 3464)",
	"confidential":   "encrypted, or marked private or company-confidential; the journal then keeps neither subject nor sender nor facts",
	"date":           "what the Date field says",
	"received":       "when the mailbox got it",
	"age":            "since `received`",
	"ageDays":        "whole days since `received`",
	"size":           "in bytes",
	"spamScore":      "what the server's filter gave it; 0 where there is none",
	"labels":         "labels, which mail servers call keywords; `labelled(\"X\")` also sees what rules above have planned",
	"files":          "attachments and named inline parts; `hasFile(\"*.pdf\")` is the short way",
	"list":           "what the fields of mailing lists say",
	"auth":           "what the account's own mail server found out about the sender; nothing is believed without `authserv_id` in the configuration",
	"now":            "the time at which the rules are followed",
}

var memberWords = map[string]string{
	"Address.name":     "as the sender wrote it",
	"Address.email":    "in lower case",
	"Address.user":     "what stands before the @",
	"Address.detail":   "what follows a + before the @",
	"Address.domain":   "what stands behind the @",
	"Address.org":      "`acme` of `mail.acme.co.uk`",
	"File.name":        "",
	"File.ext":         "`pdf`",
	"File.type":        "`application/pdf`",
	"File.size":        "in bytes, an estimate",
	"File.inline":      "shown in the text",
	"List.id":          "the list's identifier",
	"List.post":        "where to write to",
	"List.unsubscribe": "where to leave; https before mailto",
	"List.oneClick":    "leaving takes one request (RFC 8058)",
	"Auth.spf":         "",
	"Auth.dkim":        "",
	"Auth.dmarc":       "",
	"Auth.arc":         "",
	"Auth.verdict":     "all of them in a word, for the address in `from`",
}

var functionWords = map[string]example{
	"has":      {`has(subject, "invoice", "term sheet")`, "the text has one of these as whole words"},
	"hasFile":  {`hasFile("*.pdf")`, "a file's name fits the pattern: `*` is anything, `?` one character"},
	"header":   {`header("X-Incident") != ""`, "a header field as text; empty where it is missing"},
	"labelled": {`labelled("Waiting")`, "the mail has the label, or will by the rules above"},
	"matched":  {`matched("Board papers")`, "the rule of that name, above this one, has fired for the mail"},
	"within":   {`within("08:00-09:30")`, "`received` is in that span of the day; `22:00-06:00` goes over midnight"},
	"duration": {`age > duration("2d12h")`, "a length of time: `30m`, `2h`, `3d`, `1w`"},
	"date":     {`received < date("2026-12-08 09:30")`, "a day, or a moment of it, in the account's zone"},
	"all":      {`all(files, .ext == "pdf")`, "all of a list are so"},
	"any":      {`any(to, .org == "acme")`, "one of a list is so"},
	"none":     {`none(files, .size > 10000000)`, "none of a list is so"},
	"one":      {`one(to, .domain == "acme.example")`, "exactly one of a list is so"},
	"count":    {`count(everyone, .org == "acme") > 5`, "how many of a list are so"},
	"len":      {`len(everyone) > 20`, "how many there are; of a text, its characters"},
	"lower":    {`lower(list.id) == "all.acme.example"`, "in small letters; only needed for words, not for texts"},
	"upper":    {`upper(from.org) == "ACME"`, "in capitals"},
	"trim":     {`trim(list.id) != ""`, "without spaces at the ends"},
	"abs":      {`abs(spamScore) > 5`, "without its sign"},
	"ceil":     {`ceil(spamScore) == 5`, "rounded up"},
	"floor":    {`floor(spamScore) == 5`, "rounded down"},
	"round":    {`round(spamScore) == 5`, "rounded"},
	"int":      {`int(spamScore) == 5`, "without what follows the point"},
	"float":    {`float(size) / 2 > 1000`, "with a point"},
	"max":      {`max(ageDays, 3) == 3`, "the greater one"},
	"min":      {`min(ageDays, 3) == 3`, "the smaller one"},
}

var actionWords = map[string]example{
	"file":      {"`file: \"Board/{year}\"`", "moves the mail; the folder is made if it is missing"},
	"copy":      {"`copy: Archive/Board`", "puts a second mail there"},
	"archive":   {"`archive: true`", "moves it to the server's archive folder"},
	"junk":      {"`junk: true`", "moves it to the server's junk folder"},
	"trash":     {"`trash: true`", "moves it to the server's trash; nothing is deleted"},
	"keep":      {"`keep: inbox`", "no rule below may move it"},
	"flag":      {"`flag: red`", "`true`, `false` or a colour, as Apple Mail and Thunderbird show it"},
	"label":     {"`label: Waiting`", "a keyword, of plain letters, digits and `- _ .`"},
	"unlabel":   {"`unlabel: Waiting`", "takes a keyword off"},
	"read":      {"`read: true`", "marks it read, or with `false` unread"},
	"important": {"`important: true`", "marks it important (RFC 8457), or not"},
	"agenda":    {"`agenda: Needs you`", "a line in that section of the agenda, which a later version sends; this one writes it into the journal"},
}

var fieldWords = map[string]string{
	"year": "`2026`, of `received`", "month": "`12`", "day": "`08`",
	"from.domain": "", "from.org": "", "from.user": "", "from.name": "", "list.id": "", "account": "", "kind": "",
}

// typeWords are the types of facts in the words of people.
var typeWords = map[reflect.Type]string{
	textType: "text", addressType: "address", addressesType: "addresses", labelsType: "words", stringType: "word",
	reflect.TypeFor[bool](): "true or false", reflect.TypeFor[int](): "number", reflect.TypeFor[float64](): "number",
	reflect.TypeFor[time.Time](): "time", reflect.TypeFor[time.Duration](): "length of time",
	reflect.TypeFor[[]File](): "files", reflect.TypeFor[List](): "list", reflect.TypeFor[Auth](): "auth",
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
	p.WriteString(referenceConditions)
	p.facts()
	p.members()
	p.functions()
	p.actions()
	p.limits()
	p.later()
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

// described adds all that a fact can be to what is said of it.
func described(about, name string) string {
	values := nonEmpty(enumerations[name])
	if len(values) == 0 {
		return about
	}
	list := "`" + strings.Join(values, "` `") + "`"
	if len(values) < len(enumerations[name]) {
		list += " or empty"
	}
	if about == "" {
		return list
	}
	return about + ": " + list
}

func (p *page) functions() {
	p.WriteString("## Functions\n\n")
	show := func(name string) string {
		return "`" + functionWords[name].example + "` | " + functionWords[name].about
	}
	p.table("function|example|", slices.Sorted(maps.Keys(functions)), show)
	p.WriteString("Of the expression language itself, these and no others:\n\n")
	p.table("function|example|", builtins, show)
}

func (p *page) actions() {
	p.WriteString("## Actions\n\n")
	p.table("action|example|", actionNames(), func(name string) string { return actionWords[name].example + " | " + actionWords[name].about })
	fmt.Fprintf(p, "Colours of `flag`: %s.\n\n", strings.Join(colours, ", "))
	p.WriteString(referencePlaces)
	fields := make([]string, len(templateFields))
	for i, f := range templateFields {
		fields[i] = "{" + f + "}"
	}
	p.table("in the name of a folder|", fields, func(field string) string { return fieldWords[strings.Trim(field, "{}")] })
}

func (p *page) limits() {
	fmt.Fprintf(p, referenceLimits, maxFile>>20, maxSource, maxPattern, maxNesting, maxFolderName)
}

// later lists what belongs to the language and not yet to this version.
func (p *page) later() {
	p.WriteString(referenceLater)
	for _, l := range []struct {
		title string
		names map[string]string
	}{
		{"Facts", laterFacts}, {"Functions", laterFunctions}, {"Actions", laterActions}, {"Keys of a rule", laterKeys},
	} {
		waiting := map[string][]string{}
		for _, name := range slices.Sorted(maps.Keys(l.names)) {
			waiting[l.names[name]] = append(waiting[l.names[name]], "`"+name+"`")
		}
		fmt.Fprintf(p, "- %s:", l.title)
		for i, what := range slices.Sorted(maps.Keys(waiting)) {
			fmt.Fprintf(p, "%s %s (%s)", map[bool]string{true: ";"}[i > 0], strings.Join(waiting[what], " "), what)
		}
		p.WriteString("\n")
	}
}

const (
	referenceHead = `# The rules language: reference

This page is written by ` + "`go test ./rules -run TestReference -update`" + ` from the tables that the loader works with; a test
fails when it is not of this version. ` + "`rules.example.yaml`" + ` teaches the language; this page is for looking things up.

## The file

`
	referenceRule = `A file with a mistake is refused whole, and a running foredesk goes on with the rules from before. ` + "`foredesk check`" + ` shows
every mistake with its line.

## A rule

`
	referenceConditions = `A rule sees what the rules above it have planned. Where two rules would put one mail into two places, or flag it in two
ways, the upper one wins and the log says so.

## Conditions

- **text** compares as people read it, without regard to case: ` + "`==` `!=` `contains` `startsWith` `endsWith` `matches` `in`" + `.
- **word** is in lower case, but for folders and accounts, and compares exactly.
- **address** compares with a list of people (` + "`from in board`" + `), an address, a name, or everybody of a domain (` + "`from == \"@acme.example\"`" + `);
  ` + "`contains`" + ` and the like look at name and address. With **addresses**, one of them is enough.
- **number** and **length of time**: ` + "`== != < <= > >= + - * /`" + `; times compare with ` + "`date(…)`" + `, lengths with ` + "`duration(…)`" + `.
- ` + "`and`, `or`, `not`" + `; where ` + "`and`" + ` stands beside ` + "`or`" + `, brackets are demanded.
- Nothing is ever missing: what a mail does not have is empty, zero or false.
- Put a condition in single quotes if it begins with a quote or ` + "`!`" + `, or holds ` + "`: ` or ` #`" + `. ` + "`foredesk check`" + ` tells when it must be.

`
	referencePlaces = "A mail ends up in one place: of `file`, `archive`, `junk`, `trash` and `keep`, the first that a rule does stands. Every action can\n" +
		"be taken back.\n\n"
	referenceLimits = "If a mail does not have what the name of its folder needs, it stays where it is, and the log says so.\n\n" +
		"## Limits\n\nA file has at most %d MiB, a condition %d characters, a regular expression %d, and `any(…)` and its like stand at most %d deep.\n" +
		"The name of a folder has at most %d bytes. The work and the memory of one evaluation are bounded as well.\n\n"
	referenceLater = "## Not in this version\n\nThese belong to the language and are refused by name until a later version knows them; a rule with `enabled: false` may hold them.\n\n"
)
