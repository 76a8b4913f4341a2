package doctest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/rules"
)

var recipeTitle = regexp.MustCompile(`^\d+\. `)

// TestEachRecipeWorks promises that a recipe can be copied as it stands: its file
// loads without a warning, its tests pass and show each of its rules, and so do
// the words around it: when it is for.
func TestEachRecipeWorks(t *testing.T) {
	p := readPage(t, "doc", "cookbook.md")
	recipes := 0
	for _, s := range p.sections {
		if !recipeTitle.MatchString(s.title) {
			continue
		}
		recipes++
		t.Run(s.title, func(t *testing.T) {
			blocks := s.yaml()
			if len(blocks) != 1 || strings.TrimSpace(s.prose) == "" {
				t.Fatalf("%s:%d: a recipe has a sentence or two and one YAML block", p.file, s.line)
			}
			b := blocks[0]
			set := loadWhole(t, p.file, strings.Repeat("\n", b.line)+b.text, s.templates())
			showsEachRule(t, set)
			leavesSomethingAlone(t, set)
		})
	}
	if recipes != 57 {
		t.Errorf("%s has %d recipes; it promises 57", p.file, recipes)
	}
}

// loadWhole loads a file that must be without fault, and runs its tests.
func loadWhole(t *testing.T, name, text string, templates map[string]string) *rules.Set {
	t.Helper()
	set, err := rules.Load(name, []byte(text), rules.Options{Me: []string{"dana@acme.example"}, Templates: templates})
	if err != nil {
		t.Fatalf("it is refused:\n%v", err)
	}
	for _, w := range set.Warnings {
		t.Errorf("it is warned of:\n%s", w.Pretty())
	}
	for _, r := range set.RunTests() {
		for _, f := range r.Failed {
			t.Errorf("%s:%d: %s: %s", name, r.Line, r.Name, f)
		}
	}
	return set
}

// showsEachRule demands that each rule fires in a test of the file.
func showsEachRule(t *testing.T, set *rules.Set) {
	t.Helper()
	shown := make(map[string]bool)
	for _, test := range set.Tests {
		for _, m := range set.Plan(test.Given, test.Now).Matches {
			shown[m.Rule] = true
		}
	}
	for _, r := range set.Rules {
		if !shown[r.Name] {
			t.Errorf("%s:%d: no test shows the rule %q", set.File, r.Line, r.Name)
		}
	}
}

// leavesSomethingAlone demands that no rule fires in every test: a recipe shows
// where it ends, too.
func leavesSomethingAlone(t *testing.T, set *rules.Set) {
	t.Helper()
	for _, r := range set.Rules {
		everywhere := true
		for _, test := range set.Tests {
			fired := false
			for _, m := range set.Plan(test.Given, test.Now).Matches {
				fired = fired || m.Rule == r.Name
			}
			everywhere = everywhere && fired
		}
		if everywhere {
			t.Errorf("%s:%d: the rule %q fires in every test: show what it leaves alone", set.File, r.Line, r.Name)
		}
	}
}
