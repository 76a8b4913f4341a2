package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func effects(p Plan) []string {
	var words []string
	for _, e := range p.Effects {
		words = append(words, e.String())
	}
	return words
}

func mailOf(subject string) *Item {
	return &Item{Subject: NewText(subject), From: ParseAddress("Pat Moore", "pat@board.example"), Direction: "in", Kind: "person", Received: testNow}
}

// TestNeverBelowAStop holds that of a guard below a stop nothing counts but what
// it forbids.
func TestNeverBelowAStop(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: end, when: subject != "", do: [{flag: red}, {label: A}], stop: true}
  - {name: guard, when: subject contains "x", do: {label: B}, never: flag}
  - {name: late, when: subject contains "x", do: {label: C}}
`)
	plan := set.Plan(mailOf("x"), testNow)
	if diff := cmp.Diff([]string{"label A"}, effects(plan)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	want := []Dropped{{Effect{Rule: "end", Action: "flag", Arg: "red"}, Effect{Rule: "guard", Action: "never", Arg: "flag"}}}
	if diff := cmp.Diff(want, plan.Dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if _, verdicts := set.Explain(mailOf("x"), testNow); verdicts[2].Skipped == "" || verdicts[1].Skipped != "" {
		t.Errorf("explain does not say which rules the stop held back: %+v", verdicts)
	}
}

// TestConfirmStandsInTheEffect holds that every effect of a rule with confirm
// names who must approve it.
func TestConfirmStandsInTheEffect(t *testing.T) {
	set := load(t, `version: 1
rules: [{name: a, when: toMe or unread, confirm: assistant, do: [{file: Board}, {redirect: executive}]}, {name: b, when: unread, do: {label: B}}]
`)
	item := mailOf("x")
	item.Unread = true
	var who []string
	for _, e := range set.Plan(item, testNow).Effects {
		who = append(who, e.Action+" "+e.Confirm)
	}
	if diff := cmp.Diff([]string{"file assistant", "redirect assistant", "label "}, who); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPlanOnly holds what a schedule sees: the rules that are due, every guard,
// and by matched what the others would have done.
func TestPlanOnly(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: not due, when: subject contains "vip", do: {keep: inbox}, stop: true}
  - {name: due, run: daily at 08:00, when: subject != "", do: {archive: true}}
  - {name: due unless, run: daily at 08:00, when: subject != "", unless: matched("not due"), do: {label: Old}}
  - {name: guard, when: subject contains "board", never: archive, do: {label: Guard}}
`)
	due := func(r *Rule) bool { return r.Run != nil }
	for subject, want := range map[string][]string{
		"x":         {"archive", "label Old"},
		"vip":       {"archive"},
		"board":     {"label Old"},
		"vip board": nil,
	} {
		if diff := cmp.Diff(want, effects(set.PlanOnly(mailOf(subject), testNow, due))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", subject, diff)
		}
	}
}

// TestScheduledRulesDoNotContradict holds that a rule that looks later may do
// something else with the same mail.
func TestScheduledRulesDoNotContradict(t *testing.T) {
	load(t, `version: 1
rules:
  - {name: now, when: kind == "newsletter", do: {file: Reading}, stop: true}
  - {name: later, run: daily at 08:00, when: [kind == "newsletter", ageDays > 30], do: {archive: true}}
`)
}

// TestUndoDue holds when what a rule did is taken back.
func TestUndoDue(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: a, on: sent, when: thread.waiting == "them", do: {label: Waiting}, undoWhen: [thread.waiting != "them", thread.count > 1]}
  - {name: b, when: unread, do: {label: B}}
`)
	item := mailOf("x")
	for _, tc := range []struct {
		waiting string
		count   int
		want    bool
	}{{"them", 2, false}, {"me", 1, false}, {"me", 2, true}} {
		item.Thread = Thread{Waiting: tc.waiting, Count: tc.count}
		got, seen, err := set.UndoDue(set.Rule("a"), item, testNow)
		if err != nil || got != tc.want {
			t.Errorf("%+v: %v, %v", tc, got, err)
		}
		if got && (seen["thread.waiting"] != "me" || seen["thread.count"] != 2) {
			t.Errorf("the values that it saw: %v", seen)
		}
	}
	if got, _, _ := set.UndoDue(set.Rule("b"), item, testNow); got || set.Rule("b").TakesBack() {
		t.Error("a rule without undoWhen takes back")
	}
	if !set.Needs().History {
		t.Error("what undoWhen looks at is not asked for")
	}
}

// TestHolds holds the conditions of plans that were made earlier, perhaps by
// another file.
func TestHolds(t *testing.T) {
	set := load(t, "version: 1\npeople: {board: ['@board.example']}\nrules: []\n")
	item := mailOf("x")
	for range 2 { // the second time from memory
		if ok, err := set.Holds("from in board and not thread.answered", item, testNow); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	if needs, err := set.NeedsOf("thread.answered"); err != nil || !needs.History || set.Needs().History {
		t.Errorf("needs %+v, %v; of the set %+v", needs, err, set.Needs())
	}
	if _, err := set.Holds("from in investors", item, testNow); err == nil || !strings.Contains(err.Error(), "no longer fits the rules") {
		t.Errorf("a list that is gone: %v", err)
	}
	if ok, err := set.Holds(`sender.lookalike == "@board.example"`, &Item{From: ParseAddress("", "x@boards.example")}, testNow); !ok || err != nil {
		t.Errorf("a lookalike: %v, %v", ok, err)
	}
}

// TestSeenBeforeIsPure holds that a plan remembers keys without saying them, by
// the rules that fit, and the same however it is come by.
func TestSeenBeforeIsPure(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: a, when: ['seenBefore(subject, "7d")', from.domain == "board.example"], do: {trash: true}}
  - {name: b, when: 'seenBefore(from.email, "7d")', unless: subject == "x", do: {trash: true}}
`)
	var asked []string
	item := mailOf("Secret plan")
	item.Seen = func(key string, within time.Duration) bool {
		asked = append(asked, key)
		return within == 7*24*time.Hour
	}
	plan := set.Plan(item, testNow)
	full, _ := set.Explain(item, testNow)
	if diff := cmp.Diff(plan.Remember, full.Remember); diff != "" || len(plan.Remember) != 2 {
		t.Errorf("explain remembers otherwise (-plan +explain):\n%s", diff)
	}
	if !slices.Equal(asked[:2], plan.Remember) || strings.Contains(strings.Join(asked, " "), "ecret") {
		t.Errorf("asked for %q, remembers %q", asked, plan.Remember)
	}
	if len(plan.Effects) != 1 || set.Plan(mailOf("SECRET PLAN"), testNow).Remember[0] != plan.Remember[0] {
		t.Errorf("seen before: %v", plan)
	}
	stranger := mailOf("x")
	stranger.From = ParseAddress("", "x@other.example")
	if got := set.Plan(stranger, testNow).Remember; got != nil {
		t.Errorf("a mail that no rule is about is remembered: %v", got)
	}
	if !set.Needs().History {
		t.Error("what was seen is not asked for")
	}
}

// TestConfidentialFillsNothingIn holds that no template and no moment tells what
// a confidential mail says.
func TestConfidentialFillsNothingIn(t *testing.T) {
	fields := "{subject} {text} {to} {amount} {currency} {code} {link} {deadline}"
	set, err := Load("rules.yaml", []byte(`version: 1
rules: [{name: a, when: subject != "", do: [{draft: all}, {notify: {to: assistant, text: "`+fields+`"}}, {extract: {to: a.csv, fields: {a: "`+fields+`"}}}]}]
`), Options{Templates: map[string]string{"all": "Subject: " + fields + "\n\n" + fields}})
	if err != nil {
		t.Fatal(err)
	}
	item := mailOf("SECRET")
	item.Sensitivity, item.Text, item.To = "company-confidential", NewText("SECRET"), []Address{ParseAddress("", "SECRET@x.example")}
	item.Links = []Link{NewLink("", "https://SECRET.example")}
	item.Found = Found{Amounts: []Amount{{4711, "SECRET"}}, Codes: []string{"SECRET"}, Deadline: testNow}
	for _, e := range set.Plan(item, testNow).Effects {
		for name, value := range e.With {
			if folded := strings.ToLower(value); strings.Contains(folded, "secret") || strings.Contains(folded, "4711") || strings.Contains(folded, "december") {
				t.Errorf("%s tells in %s: %s", e.Action, name, value)
			}
		}
	}
}

// TestTextsAreBounded holds that a wording can't multiply what a stranger wrote.
func TestTextsAreBounded(t *testing.T) {
	set, err := Load("rules.yaml", []byte("version: 1\nrules: [{name: a, when: subject != '', do: [{draft: many}]}, {name: b, when: text != '', do: [{draft: one}]}]\n"),
		Options{Templates: map[string]string{"many": strings.Repeat("{text}", 1000), "one": "Subject: {subject}\n\n{text}"}})
	if err != nil {
		t.Fatal(err)
	}
	item := mailOf(strings.Repeat("s", 1000))
	item.Text = NewText(strings.Repeat("t", 60000) + "\x00")
	plan := set.Plan(item, testNow)
	if len(plan.Failures) != 1 || plan.Failures[0].Action != "draft" || len(plan.Effects) != 1 {
		t.Fatalf("%d effects, failures %v", len(plan.Effects), plan.Failures)
	}
	if w := plan.Effects[0].With; len([]rune(w["text"])) != maxTextValue+1 || len([]rune(w["subject"])) != maxLineValue+1 {
		t.Errorf("%d characters of text, %d of subject", len(w["text"]), len(w["subject"]))
	}
	faulttest.Injected(t, "44", 1)
}

// TestNeeds holds that nothing is fetched that no rule looks at.
func TestNeeds(t *testing.T) {
	for _, tc := range []struct {
		name, rule string
		want       Needs
	}{
		{"headers alone", `when: subject != "", do: {file: Board}`, Needs{}},
		{"the text", `when: text contains "x", do: {file: Board}`, Needs{Structure: true, Text: true}},
		{"what stands in it", `when: found.ask, do: {file: Board}`, Needs{Structure: true, Text: true, Found: true}},
		{"a deadline by function", `when: dueWithin("3d"), do: {file: Board}`, Needs{Structure: true, Text: true, Found: true}},
		{"a deadline by moment", `when: unread, do: {snooze: "{deadline}"}`, Needs{Structure: true, Text: true, Found: true}},
		{"a fixed moment", `when: unread, do: {snooze: monday}`, Needs{}},
		{"a field", `when: unread, do: {notify: {to: assistant, text: "{amount}"}}`, Needs{Structure: true, Text: true, Found: true}},
		{"a column", `when: unread, do: {extract: {to: a.csv, fields: {a: "{link}"}}}`, Needs{Structure: true, Text: true}},
		{"a wording", `when: unread, do: {draft: quiet}`, Needs{History: true}},
		{"a thread", `when: thread.count > 3, do: {file: Board}`, Needs{History: true}},
		{"the quota", `when: quotaPercent > 90, do: {file: Board}`, Needs{Quota: true}},
		{"files to save", `when: unread, do: {save: {files: "*", to: a}}`, Needs{Structure: true}},
		{"the text of files", `when: 'any(files, .text contains "x")', do: {file: Board}`, Needs{Structure: true, FileText: true}},
		{"the text of links is not that of files", `when: 'any(files, .ext == "pdf") and any(links, .text contains "x")', do: {file: Board}`, Needs{Structure: true, Text: true}},
		{"an unless for later", `when: unread, do: {expire: {after: 3d, unless: thread.answered}}`, Needs{History: true}},
		{"a rule that rests", `when: text contains "x", do: {file: Board}, enabled: false`, Needs{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := Load("r.yaml", []byte("version: 1\nrules: [{name: a, "+tc.rule+"}]\n"), Options{Templates: map[string]string{"quiet": "{thread.quietDays}"}})
			if err != nil {
				t.Fatal(err)
			}
			got := set.Needs()
			got.Headers = nil
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
