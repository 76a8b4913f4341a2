package demo_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk"
	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

var thursday = time.Date(2026, time.November, 19, 12, 0, 0, 0, time.UTC)

// TestTheExampleRulesFitTheMailbox promises that the rules of rules.example.yaml
// deal with nearly all of the mailbox, and leave home alone. That each of them is
// seen at work is promised in cmd/daemon, where they have the past to look at.
func TestTheExampleRulesFitTheMailbox(t *testing.T) {
	set := exampleRules(t)
	inbox := inboxOf(t, startAt(t, thursday), thursday)
	untouched, personal := 0, 0
	for _, m := range inbox {
		plan := set.Plan(&m.Item, thursday)
		for _, f := range plan.Failures {
			t.Errorf("%q: rule %q: %s", m.Item.Subject, f.Rule, f.Reason)
		}
		for _, d := range plan.Dropped {
			t.Logf("%q: %s wins over %s", m.Item.Subject, d.Winner, d.Effect)
		}
		if len(plan.Effects) == 0 {
			untouched++
			t.Logf("untouched: %s %s: %s", m.Item.Kind, m.Item.From.Email, m.Item.Subject)
		}
		if slices.ContainsFunc(plan.Matches, func(m rules.Match) bool { return m.Rule == "Family and friends stay where they are" }) {
			personal++
			if len(plan.Effects) != 1 || plan.Effects[0].Action != "keep" {
				t.Errorf("%q is personal: %s", m.Item.Subject, plan)
			}
		}
	}
	if untouched*4 > len(inbox) || personal == 0 {
		t.Errorf("%d of %d mails are untouched, %d are personal; want less than a quarter, and some", untouched, len(inbox), personal)
	}
}

// history are the rules that ask about the past, of which these tests know nothing:
// cmd/daemon shows them at work.
var history = []string{"They owe us an answer", "We owe an answer", "Somebody writes for the first time", "Lists that nobody reads are left"}

// live are the rules that an arrival shows, and nothing that was there before.
var live = []string{"Who asks for half an hour is offered times"}

// TestOnAnyDayEachRuleHasSomethingToDo promises that the demo is whole on whichever
// day of the week, and of the year, somebody runs it.
func TestOnAnyDayEachRuleHasSomethingToDo(t *testing.T) {
	set := exampleRules(t)
	for _, now := range days() {
		t.Run(now.Format("Mon 2 Jan 15h"), func(t *testing.T) {
			fired := make(map[string]bool)
			w := startAt(t, now)
			diary := diaryOf(t, w, now)
			for _, m := range inboxOf(t, w, now) {
				m.Item.Diary = diary
				for _, match := range set.Plan(&m.Item, now).Matches {
					fired[match.Rule] = true
				}
			}
			for _, r := range set.Rules {
				ofMail := r.On != "event" && r.On != "day" // the others are in occasion_test.go
				if ofMail && !fired[r.Name] && !slices.Contains(slices.Concat(history, live), r.Name) {
					t.Errorf("the rule %q has nothing to do", r.Name)
				}
			}
		})
	}
}

// TestEachArrivalShowsARuleOfItsOwn keeps the live part from repeating itself.
func TestEachArrivalShowsARuleOfItsOwn(t *testing.T) {
	set, w := exampleRules(t), startAt(t, thursday)
	for _, a := range w.Arrivals() {
		if err := w.Deliver(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	shown := make(map[string]string)
	inbox := inboxOf(t, w, thursday)
	for i, m := range inbox[len(inbox)-len(w.Arrivals()):] {
		about := w.Arrivals()[i].About
		plan := set.Plan(&m.Item, thursday)
		if len(plan.Matches) == 0 {
			t.Errorf("no rule fires for the arrival %q", about)
			continue
		}
		first := plan.Matches[0].Rule
		if shown[first] != "" {
			t.Errorf("%q shows the rule %q, as does %q", about, first, shown[first])
		}
		shown[first] = about
	}
}

func startAt(t *testing.T, now time.Time) *demo.World {
	t.Helper()
	w, err := demo.Start(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // world_test.go looks at how it closes
	return w
}

func exampleRules(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Load("rules.example.yaml", foredesk.ExampleRules, rules.Options{Me: []string{demo.Address}, Templates: wordings(t)})
	if err != nil {
		t.Fatalf("the example does not load:\n%v", err)
	}
	return set
}

// wordings are the texts of templates/, by name.
func wordings(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(foredesk.Templates, "templates/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, name := range names {
		text, err := foredesk.Templates.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(path.Base(name), ".txt")] = string(text)
	}
	return texts
}

// inboxOf reads the demo's INBOX over IMAP, as facts.
func inboxOf(t *testing.T, w *demo.World, now time.Time) []mailbox.Message {
	t.Helper()
	c, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(w.User, w.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	whole := &imap.FetchItemBodySection{Peek: true}
	all := imap.SeqSet{}
	all.AddRange(1, 0)
	got, err := c.Fetch(all, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]mailbox.Message, len(got))
	for i, m := range got {
		if messages[i], err = asFacts(m, whole, now); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

func asFacts(m *imapclient.FetchMessageBuffer, whole *imap.FetchItemBodySection, now time.Time) (mailbox.Message, error) {
	id := mail.Identity{Account: "dana", Address: []string{demo.Address}, AuthservID: demo.AuthServID}
	msg, err := mail.ReadFile(bytes.NewReader(m.FindBodySection(whole)), id, now)
	if err != nil || msg.Poison != "" {
		return msg, fmt.Errorf("message %d: %v %s", m.SeqNum, err, msg.Poison)
	}
	// A file has no flags; these are the server's.
	msg.Item.Unread = !slices.Contains(m.Flags, imap.FlagSeen)
	msg.Item.Flagged = slices.Contains(m.Flags, imap.FlagFlagged)
	msg.Item.Answered = slices.Contains(m.Flags, imap.FlagAnswered)
	return msg, nil
}
