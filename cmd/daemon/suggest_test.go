package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

const habitRules = `version: 1
rules:
  - name: Board
    when: from.domain == "board.acme.example"
    do: [{file: Board}]
tests:
  - name: a board pack is filed
    given: {from: pat@board.acme.example}
    expect: {file: Board}
`

// heapOf are n messages of a sender in a folder.
func heapOf(n int, from, folder, role string, item func(*rules.Item)) []mailbox.Message {
	var all []mailbox.Message
	for i := range n {
		m := mailbox.Message{Key: fmt.Sprint(from, folder, i), Ref: mailbox.Ref{Folder: folder, UID: uint32(i + 1)}}
		m.Item = rules.Item{Folder: folder, Role: role, Direction: "in", Kind: "person", From: rules.ParseAddress("", from), Subject: rules.NewText(`A "quoted": #subject`)}
		m.Item.Received = time.Date(2026, 12, 1, 9, i, 0, 0, time.UTC)
		if item != nil {
			item(&m.Item)
		}
		all = append(all, m)
	}
	return all
}

// A habit is proposed only if it is one, and what is proposed loads with the rules
// that are there and passes its test.
func TestOnlyHabitsAreProposedAndTheirRulesWork(t *testing.T) {
	oneClick := func(i *rules.Item) {
		i.Unread, i.List = true, rules.List{ID: "deals.ads.example", OneClick: true, Unsubscribe: "https://ads.example/u?id=1"}
	}
	for _, tc := range []struct {
		name string
		mail [][]mailbox.Message
		ours bool
		want string // of the rule; empty where nothing is to be proposed
	}{
		{"five of a sender in a folder", [][]mailbox.Message{heapOf(5, "ann@kestrel.example", "Suppliers", "other", nil)}, false, `from.email == "ann@kestrel.example"`},
		{"four are chance", [][]mailbox.Message{heapOf(4, "ann@kestrel.example", "Suppliers", "other", nil)}, false, ""},
		{"three in four are no habit", [][]mailbox.Message{heapOf(6, "ann@kestrel.example", "Suppliers", "other", nil), heapOf(2, "ann@kestrel.example", "INBOX", "inbox", nil)}, false, ""},
		{"a rule put them there", [][]mailbox.Message{heapOf(9, "ann@kestrel.example", "Suppliers", "other", nil)}, true, ""},
		{"a rule says otherwise", [][]mailbox.Message{heapOf(9, "pat@board.acme.example", "Elsewhere", "other", nil)}, false, ""},
		{"what stays in the inbox", [][]mailbox.Message{heapOf(9, "ann@kestrel.example", "INBOX", "inbox", nil)}, false, ""},
		{"junk is the server's", [][]mailbox.Message{heapOf(9, "ann@kestrel.example", "Junk", "junk", nil)}, false, ""},
		{"a list that is never read can be left", [][]mailbox.Message{heapOf(6, "ads@ads.example", "Trash", "trash", oneClick)}, false, "unsubscribe: true"},
		{"what was read before it was thrown away", [][]mailbox.Message{heapOf(6, "ann@kestrel.example", "Trash", "trash", nil)}, false, ""},
		{"confidential mail is nobody's business", [][]mailbox.Message{heapOf(6, "ann@kestrel.example", "Suppliers", "other", func(i *rules.Item) { i.Sensitivity = "private" })}, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := rules.Load("rules.yaml", []byte(habitRules), rules.Options{})
			if err != nil {
				t.Fatal(err)
			}
			d := &desk{Account: config.Account{Name: "dana", Addresses: []string{"dana@acme.example"}, Location: time.UTC}, set: set, log: slog.New(slog.DiscardHandler)}
			h := &habits{desk: d, ours: map[string]string{}, groups: map[groupKey]*group{}}
			for _, list := range tc.mail {
				for i := range list {
					if tc.ours {
						h.ours[list[i].Key] = list[i].Folder
					}
					h.add(&list[i])
				}
			}
			found := h.wellKept()
			if tc.want == "" {
				if len(found) > 0 {
					t.Errorf("proposed:\n%s", found[0].suggest(set).Rule)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("%d proposals, want one", len(found))
			}
			s := found[0].suggest(set)
			if !strings.Contains(s.Rule, tc.want) {
				t.Errorf("want %q in\n%s", tc.want, s.Rule)
			}
			if _, err := withSuggestion([]byte(habitRules), s, d); err != nil {
				t.Errorf("%v\n%s%s", err, s.Rule, s.Test)
			}
		})
	}
}

// A suggestion whose test fails is not accepted: that is how a rule above that
// wins is noticed.
func TestASuggestionThatARuleAboveContradictsIsDropped(t *testing.T) {
	set, err := rules.Load("rules.yaml", []byte(habitRules), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Account: config.Account{Name: "dana", Location: time.UTC}, set: set}
	s := suggestion{
		Name: "the board goes to Elsewhere",
		Rule: "  - {name: the board goes to Elsewhere, when: from.email == \"pat@board.acme.example\", do: [{file: Elsewhere}]}\n",
		Test: "  - {name: \"suggested: the board goes to Elsewhere\", given: {from: pat@board.acme.example}, expect: {file: Elsewhere}}\n",
	}
	if _, err := withSuggestion([]byte(habitRules), s, d); err == nil || !strings.Contains(err.Error(), "file in Board") {
		t.Errorf("it was accepted: %v", err)
	}
}
