package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const askRules = `version: 1
people: {hr: ["@hr.example"]}
rules:
  - name: unhappy
    when:
      - llm("Is the writer unhappy?")
      - from.domain == "board.example"
      - seenBefore(subject, "7d") or not flagged
    do: {label: Unhappy}
  - name: unhappy, again
    when: [from.domain == "board.example", llm("Is the  writer unhappy?")]
    unless: llm("Is it a joke?")
    do: {flag: red}
  - name: anybody
    when: subject == "x" or llm("Is it about x?")
    do: {label: X}
  - name: what HR writes goes nowhere
    when: from in hr and not seenBefore(subject, "1d")
    never: [llm, summarize]
`

// asking is a mail and the questions that were asked of it; those that are named
// are answered with yes.
func asking(item *Item, yes ...string) (*Item, *[]string) {
	var heard []string
	item.Ask = func(question string) (bool, error) {
		heard = append(heard, question)
		return slices.Contains(yes, question), nil
	}
	return item, &heard
}

// TestAsk holds what is asked of a model and what becomes of its answer: once for
// each question, and only where everything else holds.
func TestAsk(t *testing.T) {
	set := load(t, askRules)
	if !set.Needs().Text {
		t.Error("the text, of which is asked, is not read")
	}
	for _, tc := range []struct {
		name    string
		from    string
		subject string
		yes     []string
		asked   []string
		want    []string
	}{
		{"yes", "pat@board.example", "y", []string{"Is the writer unhappy?"}, []string{"Is the writer unhappy?", "Is it a joke?", "Is it about x?"}, []string{"label Unhappy", "flag red"}},
		{"yes under unless", "pat@board.example", "x", []string{"Is the writer unhappy?", "Is it a joke?"}, []string{"Is the writer unhappy?", "Is it a joke?"}, []string{"label Unhappy", "label X"}},
		{"no", "pat@board.example", "x", nil, []string{"Is the writer unhappy?"}, []string{"label X"}},
		{"somebody else", "a@b.example", "x", []string{"Is the writer unhappy?"}, nil, []string{"label X"}},
		{"a guard below", "grace@hr.example", "y", []string{"Is it about x?"}, nil, nil},
		{"a guard below, and no need to ask", "grace@hr.example", "x", nil, nil, []string{"label X"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			item, heard := asking(mailOf(tc.subject), tc.yes...)
			item.From = ParseAddress("", tc.from)
			plan := set.Plan(item, testNow)
			if diff := cmp.Diff(tc.want, effects(plan)); diff != "" {
				t.Errorf("effects (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.asked, *heard); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
			if plan.Failures != nil {
				t.Errorf("failures: %v", plan.Failures)
			}
			*heard = nil
			if _, verdicts := set.Explain(item, testNow); !slices.Equal(tc.asked, *heard) {
				t.Errorf("to explain it, %q was asked: %+v", *heard, verdicts)
			}
		})
	}
}

// TestAnAnswerStandsInTheFacts holds that the journal tells a model's answer from
// what is known.
func TestAnAnswerStandsInTheFacts(t *testing.T) {
	item, _ := asking(mailOf("y"), "Is the writer unhappy?")
	facts := load(t, askRules).Plan(item, testNow).Matches[0].Facts
	if facts[`llm("Is the writer unhappy?")`] != true || facts["from.domain"] != "board.example" {
		t.Errorf("facts: %v", facts)
	}
}

// TestNobodyToAsk holds that a rule which can't ask does not fire, and says why.
func TestNobodyToAsk(t *testing.T) {
	set := load(t, askRules)
	item := mailOf("x")
	for _, tc := range []struct {
		ask    func(string) (bool, error)
		reason string
	}{
		{nil, "no language model is configured"},
		{func(string) (bool, error) { return true, errors.New("the budget of today is used up") }, "the budget of today is used up"},
	} {
		item.Ask = tc.ask
		plan := set.Plan(item, testNow)
		if diff := cmp.Diff([]string{"label X"}, effects(plan)); diff != "" {
			t.Errorf("effects (-want +got):\n%s", diff)
		}
		if len(plan.Failures) != 2 || !strings.Contains(plan.Failures[0].Reason, tc.reason) {
			t.Errorf("failures: %v; expected %q", plan.Failures, tc.reason)
		}
	}
}

// TestConfidentialMailIsNotAskedAbout holds it for mail that is marked, whatever the
// rules say.
func TestConfidentialMailIsNotAskedAbout(t *testing.T) {
	item, heard := asking(mailOf("y"), "Is the writer unhappy?", "Is it about x?")
	item.Sensitivity = "private"
	if plan := load(t, askRules).Plan(item, testNow); plan.Effects != nil || plan.Failures != nil || *heard != nil {
		t.Errorf("%s, %v, asked %q", plan, plan.Failures, *heard)
	}
}

// TestNeverStandsInThePlan holds what the engine has to know of guards, also where no
// rule does what they forbid.
func TestNeverStandsInThePlan(t *testing.T) {
	set := load(t, askRules)
	item, _ := asking(mailOf("y"))
	if never := set.Plan(item, testNow).Never; never != nil {
		t.Errorf("of an ordinary mail %q is forbidden", never)
	}
	item.From = ParseAddress("", "grace@hr.example")
	for range 2 { // looking ahead remembers nothing
		plan := set.Plan(item, testNow)
		if !slices.Equal(plan.Never, []string{"llm", "summarize"}) || len(plan.Remember) != 1 {
			t.Errorf("forbidden are %q, remembered %d", plan.Never, len(plan.Remember))
		}
	}
}

// TestWhoAsks holds which rules need a model: those that ask, and those that hang on
// them.
func TestWhoAsks(t *testing.T) {
	set := load(t, `version: 1
rules:
  - {name: a, when: llm("Is it a bill?"), do: {label: Bill}}
  - {name: b, when: labelled("bill"), do: {flag: red}}
  - {name: c, when: [toMe, not matched("b")], do: {file: C}}
  - {name: d, when: toMe, do: {label: Bill}}
  - {name: e, enabled: false, when: llm("Is it?"), do: {label: E}}
`)
	var who []string
	for _, r := range set.Rules {
		if r.Asks() {
			who = append(who, r.Name)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, who); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
