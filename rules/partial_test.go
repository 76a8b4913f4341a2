package rules

import (
	"testing"
	"time"
)

// Text that was not read matters only where a rule that looks at it could fire.
func TestAFactThatIsNotKnownMattersOnlyWhereARuleCouldFire(t *testing.T) {
	const file = `version: 1
people:
  board: ["@board.acme.example"]
rules:
  - name: Words of the board
    when: [from in board, 'has(text, "urgent")']
    unless: size > 1000
    do: [{flag: red}]
  - name: Sums
    when: subject == "bill"
    do: [{extract: {to: bills.csv, fields: {sum: "{amount}"}}}]
  - name: Follows
    when: matched("Words of the board") and list.id != ""
    do: [{label: Board}]
  - name: Sent
    on: sent
    when: has(text, "promise")
    do: [{label: Promised}]
`
	set, err := Load("r.yaml", []byte(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	known := Needs{Size: true}
	known.add(factByName["list"])
	for _, tc := range []struct {
		name, from, subject string
		size                int
		known               Needs
		want                bool
	}{
		{"a rule on text could fire", "pat@board.acme.example", "hello", 10, known, true},
		{"its other condition does not hold", "kim@elsewhere.example", "hello", 10, known, false},
		{"its exception holds", "pat@board.acme.example", "hello", 5000, known, false},
		{"its exception is not known, either", "pat@board.acme.example", "hello", 5000, Needs{}, true},
		{"an action fills in what is found in the text", "kim@elsewhere.example", "Bill", 10, known, true},
		{"all is known", "pat@board.acme.example", "Bill", 10, AllNeeds(), false},
	} {
		item := &Item{Role: "inbox", From: ParseAddress("", tc.from), Subject: NewText(tc.subject), Size: tc.size}
		if got := set.Undecided(item, tc.known, time.Now()); got != tc.want {
			t.Errorf("%s: undecided is %v", tc.name, got)
		}
	}
}

// The hash is that of all that decides what the rules do: the templates they name
// are a part of it, those that they don't are not.
func TestTheHashCoversTheTemplatesThatRulesName(t *testing.T) {
	hash := func(templates map[string]string) string {
		set, err := Load("r.yaml", []byte("version: 1\nrules: [{name: a, when: toMe, do: [{draft: nudge}]}]\n"), Options{Templates: templates})
		if err != nil {
			t.Fatal(err)
		}
		return set.Hash
	}
	first := hash(map[string]string{"nudge": "Hello"})
	if again := hash(map[string]string{"nudge": "Hello", "other": "Good day"}); again != first {
		t.Error("a template that no rule names has changed the hash")
	}
	if other := hash(map[string]string{"nudge": "Hello you"}); other == first {
		t.Error("the text of a template is not in the hash")
	}
}
