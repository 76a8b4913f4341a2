package demo_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

var thursday = time.Date(2026, time.November, 19, 12, 0, 0, 0, time.UTC)

// TestTheExampleRulesFitTheMailbox promises that a newcomer who runs the demo
// sees each rule of rules.example.yaml at work.
func TestTheExampleRulesFitTheMailbox(t *testing.T) {
	set := exampleRules(t)
	handled := make(map[string]int)
	inbox := inboxOf(t, start(t))
	untouched, personal := 0, 0
	for _, m := range inbox {
		plan := set.Plan(&m.Item, thursday)
		for _, f := range plan.Failures {
			t.Errorf("%q: rule %q: %s", m.Item.Subject, f.Rule, f.Reason)
		}
		for _, d := range plan.Dropped {
			t.Logf("%q: %s wins over %s", m.Item.Subject, d.Winner, d.Effect)
		}
		for _, match := range plan.Matches {
			handled[match.Rule]++
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
	for _, r := range set.Rules {
		t.Logf("%3d  %s", handled[r.Name], r.Name)
		if handled[r.Name] == 0 {
			t.Errorf("the rule %q never fires in the demo", r.Name)
		}
	}
	if untouched*4 > len(inbox) || personal == 0 {
		t.Errorf("%d of %d mails are untouched, %d are personal; want less than a quarter, and some", untouched, len(inbox), personal)
	}
}

// TestEachArrivalShowsARuleOfItsOwn keeps the live part from repeating itself.
func TestEachArrivalShowsARuleOfItsOwn(t *testing.T) {
	set, w := exampleRules(t), start(t)
	for _, a := range w.Arrivals() {
		if err := w.Deliver(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	shown := make(map[string]string)
	inbox := inboxOf(t, w)
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

func start(t *testing.T) *demo.World {
	t.Helper()
	w, err := demo.Start(t.Context(), thursday)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // world_test.go looks at how it closes
	return w
}

func exampleRules(t *testing.T) *rules.Set {
	t.Helper()
	const name = "../../rules.example.yaml"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load("rules.example.yaml", data, rules.Options{Me: []string{demo.Address}})
	if err != nil {
		t.Fatalf("the example does not load:\n%v", err)
	}
	for _, w := range set.Warnings {
		t.Errorf("%s", w.Pretty())
	}
	tested := make(map[string]bool)
	for _, r := range set.RunTests() {
		for _, f := range r.Failed {
			t.Errorf("rules.example.yaml:%d: %s: %s", r.Line, r.Name, f)
		}
	}
	for _, test := range set.Tests {
		for _, m := range set.Plan(test.Given, test.Now).Matches {
			tested[m.Rule] = true
		}
	}
	for _, r := range set.Rules {
		if !tested[r.Name] {
			t.Errorf("no test in the file shows the rule %q", r.Name)
		}
	}
	return set
}

// inboxOf reads the demo's INBOX over IMAP, as facts.
func inboxOf(t *testing.T, w *demo.World) []mailbox.Message {
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
		if messages[i], err = asFacts(m, whole); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

func asFacts(m *imapclient.FetchMessageBuffer, whole *imap.FetchItemBodySection) (mailbox.Message, error) {
	id := mail.Identity{Account: "dana", Address: []string{demo.Address}, AuthservID: demo.AuthServID}
	msg, err := mail.ReadFile(bytes.NewReader(m.FindBodySection(whole)), id, thursday)
	if err != nil || msg.Poison != "" {
		return msg, fmt.Errorf("message %d: %v %s", m.SeqNum, err, msg.Poison)
	}
	// A file has no flags; these are the server's.
	msg.Item.Unread = !slices.Contains(m.Flags, imap.FlagSeen)
	msg.Item.Flagged = slices.Contains(m.Flags, imap.FlagFlagged)
	msg.Item.Answered = slices.Contains(m.Flags, imap.FlagAnswered)
	return msg, nil
}
