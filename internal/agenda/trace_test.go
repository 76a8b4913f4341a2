package agenda

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryStatementCanBeTraced goes through all that a reader sees of each letter, row
// by row, and looks for it among the reasons of its section.
func TestEveryStatementCanBeTraced(t *testing.T) {
	for name, one := range everyLetter() {
		_, p, err := render(one.compose, limitsOf(one))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Notices {
			if !strings.Contains(n, "clocks went") {
				traced(t, name, p, "notices", n)
			}
		}
		for i := range p.Blocks {
			b := &p.Blocks[i]
			for _, words := range statements(b) {
				traced(t, name, p, b.Key, words)
			}
		}
	}
}

// statements are what a block says. Not among them are gaps and changes of clocks on
// the timeline, sums, what was left out and what confidential lines there are: these
// follow from the lines.
func statements(b *block) (all []string) {
	for i := range b.Rows {
		r := &b.Rows[i]
		if r.Hidden {
			continue
		}
		all = append(all, joined(" · ", r.Mark, r.Title, r.Aside))
		for _, n := range r.Notes {
			if !strings.HasSuffix(n.Text, "left out here") {
				all = append(all, n.Lead+n.Text)
			}
		}
	}
	for i := range b.Stops {
		if b.Stops[i].Time != "" {
			all = append(all, b.Stops[i].words())
		}
	}
	for i := range b.Bars {
		all = append(all, b.Bars[i].words())
	}
	if b.Key == "files" {
		all = append(all, b.Lead)
	}
	return all
}

func traced(t *testing.T, name string, p *page, section, words string) {
	t.Helper()
	if !slices.ContainsFunc(p.reasons, func(r Reason) bool {
		return r.Shown && r.Section == section && r.ID != "" && strings.Contains(r.Line, words)
	}) {
		t.Errorf("%s: %q of the section %s is not traced", name, words, section)
	}
}

// TestTheBriefIsTraced, and its head with it: when it is comes from the event.
func TestTheBriefIsTraced(t *testing.T) {
	why, err := ready(rahul()).Why()
	if err != nil {
		t.Fatal(err)
	}
	if r := why[0]; r.Section != "meeting" || r.Source.Event == "" || !strings.Contains(r.Line, "With Rahul Menon · 10:30–11:00 · Rahul and Dana · last met Tue 24 Nov · next Tue 22 Dec") {
		t.Errorf("%+v", r)
	}
}

// TestFiguresSayWhereTheyWereCounted: they come from no single mail or event.
func TestFiguresSayWhereTheyWereCounted(t *testing.T) {
	why, err := ready(friday()).Why()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Counted{}
	for _, r := range why {
		if got[r.ID] = r.Counted; r.Counted == "" && r.Source == (Source{}) {
			t.Errorf("%s comes from nowhere: %q", r.ID, r.Line)
		}
	}
	for id, want := range map[string]Counted{"meetings": InCalendar, "focus-time": InCalendar, "answer-time": InMail, "ahead-1": InCalendar, "goal-2": InCalendar, "handled-1": InJournal, "ours-1": ""} {
		if where, ok := got[id]; !ok || where != want {
			t.Errorf("%s was counted in %q, not %q", id, where, want)
		}
	}
}

// TestNoSecretIsTold in any form of any letter.
func TestNoSecretIsTold(t *testing.T) {
	for name, one := range everyLetter() {
		if strings.Contains(name, "hostile") {
			continue // the word is among what strangers write there
		}
		l := rendered(t, one)
		why, err := one.Why()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range why {
			if strings.Contains(r.Line, "SECRET") {
				t.Errorf("%s: %s tells a secret: %q", name, r.ID, r.Line)
			}
		}
		if strings.Contains(l.Subject+l.HTML+l.Text, "SECRET") {
			t.Errorf("%s shows a secret", name)
		}
		if strings.HasSuffix(name, "confidential") && !strings.Contains(l.Text, "confidential item") {
			t.Errorf("%s does not say that there is something confidential", name)
		}
	}
}

// TestLinksAreSetByID as whoever sends a letter does it, and nowhere else.
func TestLinksAreSetByID(t *testing.T) {
	for name, one := range everyLetter() {
		if strings.Contains(name, "hostile") {
			continue // has links of its own
		}
		ids := map[string]bool{}
		for line := range one.Lines() {
			if line.Actions = nil; line.ID == "" || ids[line.ID] {
				t.Errorf("%s: the ID %q is empty or given twice", name, line.ID)
			}
			ids[line.ID] = true
		}
		before := rendered(t, one)
		if strings.Contains(before.HTML+before.Text, "mailto:") {
			t.Errorf("%s: a preview has links", name)
		}
		shown := 0
		for line := range one.Lines() {
			if shown++; !line.Confidential {
				line.Actions = does("set-"+line.ID, "undo")
			}
		}
		after := rendered(t, one)
		if shown > 0 && !strings.HasSuffix(name, "confidential") && !strings.Contains(after.HTML, "mailto:desk@acme.example?subject=foredesk%20undo%20set-") {
			t.Errorf("%s: no link that was set is shown", name)
		}
		for line := range one.Lines() {
			line.Actions = nil
		}
		if rendered(t, one) != before {
			t.Errorf("%s has changed by more than links", name)
		}
	}
}
