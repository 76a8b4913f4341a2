package doctest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/rules"
)

// mails is what the rule of one row is tried with, in the words of a test of a
// rules file.
type mails struct {
	Fits   yaml.Node `yaml:"fits"`
	Not    yaml.Node `yaml:"not"`
	Expect yaml.Node `yaml:"expect"`
	Below  yaml.Node `yaml:"below"` // rules that stand below the row's
}

// Where a row leaves a part of its rule open, the test puts in these.
const (
	anyAction    = "do: {label: Fits}"
	anyEffect    = "{label: Fits}"
	anyCondition = `when: has(subject, "yes")`
	fittingMail  = `{subject: "yes"}`
	otherMail    = `{subject: "no"}`
)

// TestEachRowOfComingFromDoesTheSame promises that what the page says instead of
// another tool's words loads, fires for a mail, and does not for another.
func TestEachRowOfComingFromDoesTheSame(t *testing.T) {
	p, given := readPage(t, "doc", "coming-from.md"), readMails(t)
	people := p.sections[1].yaml()[0].text
	for _, s := range p.sections[1:] {
		tool, ok := given[s.title]
		if !ok {
			continue // the introduction, and what can't be done
		}
		delete(given, s.title)
		for _, r := range s.rows {
			name := strings.Trim(r.cells[0], "`")
			m, ok := tool[name]
			if !ok {
				t.Errorf("%s:%d: there is no mail to try %q with", p.file, r.line, name)
				continue
			}
			delete(tool, name)
			t.Run(s.title+"/"+name, func(t *testing.T) {
				tryRow(t, ruleFile(people, codeIn(r.cells[1]), m), p.templates())
				if s.title == "Outlook" && onlyCondition(codeIn(r.cells[1])) {
					tryRow(t, ruleFile(people, asException(codeIn(r.cells[1])), m), p.templates())
				}
			})
		}
		for name := range tool {
			t.Errorf("%s has no row %q under %s", p.file, name, s.title)
		}
	}
	for tool := range given {
		t.Errorf("%s has no section %q", p.file, tool)
	}
}

// TestWhatCannotBeDoneIsExplained promises a reason and another way for each.
func TestWhatCannotBeDoneIsExplained(t *testing.T) {
	p := readPage(t, "doc", "coming-from.md")
	last := p.sections[len(p.sections)-1]
	if len(last.rows) == 0 {
		t.Fatalf("%s ends without the table of what can't be done", p.file)
	}
	for _, r := range last.rows {
		if len(r.cells) != 4 || r.cells[1] == "" || r.cells[2] == "" || r.cells[3] == "" {
			t.Errorf("%s:%d: a row names the tool, its words, the reason and another way", p.file, r.line)
		}
	}
}

func readMails(t *testing.T) map[string]map[string]mails {
	t.Helper()
	data, err := os.ReadFile("testdata/coming-from.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]mails
	if err := yaml.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// onlyCondition reports whether a row shows a condition and nothing else.
func onlyCondition(parts []string) bool {
	return len(parts) == 1 && strings.HasPrefix(parts[0], "when: ")
}

// asException writes a condition under unless, where what fits and what does not
// change places: as "unless: not (condition)" they keep them.
func asException(parts []string) []string {
	source := strings.TrimPrefix(parts[0], "when: ")
	var plain string
	if yaml.Unmarshal([]byte(source), &plain) != nil {
		plain = source
	}
	return []string{"when: age >= duration(\"0s\")", "unless: '" + strings.ReplaceAll("not ("+plain+")", "'", "''") + "'"}
}

// ruleFile writes the file that tries one row: its rule, the rules below it, and
// two tests.
func ruleFile(people string, parts []string, m mails) string {
	var b strings.Builder
	b.WriteString("version: 1\ntimezone: Europe/London\nme: [dana@acme.example]\n" + people + "rules:\n  - name: Row\n")
	condition, action := anyHas(parts, "when: "), anyHas(parts, "do: ")
	if !condition {
		parts = append(parts, anyCondition)
	}
	if !action {
		parts = append(parts, anyAction)
	}
	for _, part := range parts {
		b.WriteString(indent(part, 4))
	}
	b.WriteString(indent(written(m.Below, ""), 2))
	fits, other := "{}", "{}"
	if !condition {
		fits, other = fittingMail, otherMail
	}
	b.WriteString("tests:\n" + testOf("fits", m.Fits, fits, written(m.Expect, anyEffect)))
	b.WriteString(testOf("other", m.Not, other, "{nothing: true}"))
	return b.String()
}

// testOf writes a test; "now" among the facts is the time of the test.
func testOf(name string, given yaml.Node, otherwise, expect string) string {
	test := "  - name: " + name + "\n"
	for i := 0; i+1 < len(given.Content); i += 2 {
		if given.Content[i].Value == "now" {
			test += "    now: " + given.Content[i+1].Value + "\n"
			given.Content = append(given.Content[:i:i], given.Content[i+2:]...)
		}
	}
	return test + "    given:\n" + indent(written(given, otherwise), 6) + "    expect:\n" + indent(expect, 6)
}

// tryRow loads the file and holds its rule to both mails. What fits must have the
// expected effects and no others.
func tryRow(t *testing.T, file string, templates map[string]string) {
	t.Helper()
	set, err := rules.Load("row.yaml", []byte(file), rules.Options{AllowDelete: true, Templates: templates})
	if err != nil {
		t.Fatalf("the row's rule is refused:\n%s\n%s", err, file)
	}
	for _, w := range set.Warnings {
		t.Errorf("the row's rule is warned of: %s\n%s", w.Message, file)
	}
	for _, failed := range set.RunTests()[0].Failed {
		t.Errorf("the mail that fits: %s\n%s", failed, file)
	}
	fits, other := set.Tests[0], set.Tests[1]
	if plan := set.Plan(fits.Given, fits.Now); len(plan.Effects) != len(fits.Expect) {
		t.Errorf("the mail that fits: %s; expected are %d effects\n%s", plan, len(fits.Expect), file)
	}
	plan := set.Plan(other.Given, other.Now)
	if len(plan.Failures) > 0 || slices.ContainsFunc(plan.Matches, func(m rules.Match) bool { return m.Rule == "Row" }) {
		t.Errorf("the rule fires for the other mail, or fails (%v)\n%s", plan.Failures, file)
	}
}

func anyHas(parts []string, prefix string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(part, prefix) })
}

// written is a node as YAML, or the other text where there is none.
func written(n yaml.Node, otherwise string) string {
	if n.IsZero() {
		return otherwise
	}
	text, err := yaml.Marshal(&n)
	if err != nil {
		return err.Error() // the loader then says what it thinks of it
	}
	return string(text)
}
