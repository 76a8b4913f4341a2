package doctest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sectionOf is the section of a page with that title.
func sectionOf(t *testing.T, p page, title string) section {
	t.Helper()
	for _, s := range p.sections {
		if s.title == title {
			return s
		}
	}
	t.Fatalf("%s has no section %q", p.file, title)
	return section{}
}

// TestWhatPutsThingsIntoLettersLoads promises that what doc/agenda.md says to write
// in a rule is understood.
func TestWhatPutsThingsIntoLettersLoads(t *testing.T) {
	s := sectionOf(t, readPage(t, "doc", "agenda.md"), "Putting things there")
	n := 0
	for _, r := range s.rows {
		if len(r.cells) != 2 || !strings.Contains(r.cells[1], "`") {
			continue // how long things count
		}
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(r.cells[1], -1) {
			rule := "kind == \"newsletter\""
			switch {
			case code[1] == "on: event":
				continue
			case strings.Contains(r.cells[1], "`on: event`"):
				rule = "event.recurring\n    on: event"
			}
			n++
			file := fmt.Sprintf("version: 1\ntimezone: Europe/London\nrules:\n  - name: Row\n    when: %s\n    do: [{%s}]\n", rule, code[1])
			loadWhole(t, fmt.Sprintf("agenda.md:%d", r.line), file, nil)
		}
	}
	if n < 8 {
		t.Errorf("only %d rows have something to write", n)
	}
}

// TestTheWordsOfLettersAreThoseOfTheCode promises that sections and links are called
// in doc/agenda.md as they are in an English letter.
func TestTheWordsOfLettersAreThoseOfTheCode(t *testing.T) {
	words, err := os.ReadFile(root("internal", "agenda", "words_en.go"))
	if err != nil {
		t.Fatal(err)
	}
	p := readPage(t, "doc", "agenda.md")
	for _, title := range []string{"What stands in the agenda", "Deciding by mail"} {
		rows := sectionOf(t, p, title).rows
		if len(rows) < 8 {
			t.Errorf("%q has only %d rows", title, len(rows))
		}
		for _, r := range rows {
			for word := range strings.SplitSeq(r.cells[0], ", ") {
				if !strings.Contains(string(words), strconv.Quote(word)) {
					t.Errorf("doc/agenda.md:%d: no letter has the word %q", r.line, word)
				}
			}
		}
	}
}

// TestTheMinutesSavedAreThoseOfTheCode promises that the table of doc/agenda.md has the
// seconds and the actions by which the review counts.
func TestTheMinutesSavedAreThoseOfTheCode(t *testing.T) {
	var told, counted []string
	for _, r := range sectionOf(t, readPage(t, "doc", "agenda.md"), "Digests, the review, the brief").rows {
		actions, _, _ := strings.Cut(r.cells[2], ":")
		words := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(actions, -1)
		line := r.cells[1]
		for _, w := range words {
			line += " " + w[1]
		}
		told = append(told, line)
	}
	for _, w := range valueOf(t, "worths", "internal", "gather", "review.go").(*ast.CompositeLit).Elts {
		fields := w.(*ast.CompositeLit).Elts
		line := fields[1].(*ast.BasicLit).Value
		if actions, ok := fields[2].(*ast.CompositeLit); ok {
			for _, a := range actions.Elts {
				word, err := strconv.Unquote(a.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				line += " " + word
			}
		}
		counted = append(counted, line)
	}
	if !slices.Equal(told, counted) {
		t.Errorf("doc/agenda.md has\n%q\nand the code\n%q", told, counted)
	}
}

// durations are the constants behind the table of doc/agenda.md that says how long
// things count.
var durations = map[string][]string{
	"a day that a mail names stands in the agenda":                  {"deadlineAhead", "internal", "gather", "deadlines.go"},
	"others have for an answer before they stand under Waiting for": {"waitingDays", "internal", "gather", "threads.go"},
	"an answer is missed on either side":                            {"threadLife", "internal", "gather", "threads.go"},
	"a promise stays open after the day that it names":              {"promiseOverdue", "internal", "gather", "promises.go"},
	"a promise stays open that names none":                          {"promiseUndated", "internal", "gather", "promises.go"},
	"a story is told from its first mail on":                        {"storyLife", "internal", "gather", "story.go"},
	"conflicts are told ahead":                                      {"clashDays", "internal", "gather", "needs.go"},
	"invitations are told ahead":                                    {"inviteAhead", "internal", "gather", "needs.go"},
	"a line that was put off stays away":                            {"snoozeDays", "internal", "gather", "mail.go"},
	"a decision is good":                                            {"offerLife", "internal", "store", "letters.go"},
	"an uncertain step is told of":                                  {"unsureFor", "internal", "gather", "waiting.go"},
	"what letters are made of is kept":                              {"keepFacts", "internal", "engine", "house.go"},
}

// TestHowLongThingsCountIsThatOfTheCode promises the numbers of that table.
func TestHowLongThingsCountIsThatOfTheCode(t *testing.T) {
	found := 0
	for _, r := range sectionOf(t, readPage(t, "doc", "agenda.md"), "Putting things there").rows {
		at, ok := durations[r.cells[0]]
		if !ok {
			continue
		}
		found++
		days := daysIn(t, valueOf(t, at[0], at[1:]...))
		if told, _, _ := strings.Cut(r.cells[1], " "); told != strconv.Itoa(days) {
			t.Errorf("doc/agenda.md:%d: %s: %s days; in the code %d (%s)", r.line, r.cells[0], told, days, at[0])
		}
	}
	if found != len(durations) {
		t.Errorf("the table has %d of %d rows", found, len(durations))
	}
}

// valueOf is what a constant or a variable of a source file is given.
func valueOf(t *testing.T, name string, parts ...string) ast.Expr {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), root(parts...), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var value ast.Expr
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if i := slices.IndexFunc(spec.Names, func(id *ast.Ident) bool { return id.Name == name }); i >= 0 && i < len(spec.Values) {
				value = spec.Values[i]
			}
		}
		return true
	})
	if value == nil {
		t.Fatalf("%s does not say what %s is", strings.Join(parts, "/"), name)
	}
	return value
}

// daysIn works out a number of days, or a product such as 7 * 24 * time.Hour.
func daysIn(t *testing.T, e ast.Expr) int {
	t.Helper()
	product, hours := 1, false
	var factor func(ast.Expr)
	factor = func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.BinaryExpr:
			factor(e.X)
			factor(e.Y)
		case *ast.SelectorExpr:
			hours = e.Sel.Name == "Hour"
		case *ast.BasicLit:
			n, err := strconv.Atoi(e.Value)
			if err != nil {
				t.Fatal(err)
			}
			product *= n
		default:
			t.Fatalf("a length of time is written as %T", e)
		}
	}
	if factor(e); hours {
		product /= 24
	}
	return product
}
