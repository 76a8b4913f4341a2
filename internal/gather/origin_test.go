package gather_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// TestNothingInALetterComesFromNowhere: each line of each letter says from which mail,
// event or rule it comes, or where it was counted.
func TestNothingInALetterComesFromNowhere(t *testing.T) {
	w := busyDay(t)
	w.see(halfPast, append(busyCalendar(), on(london, "Karin and Dana", theDate, "17:00 30m", "with="+karin))...)
	w.MailSeen = halfPast.Add(-5 * time.Hour)
	anonymous := letter{id: "", at: "2026-12-05 10:00", from: karin, to: dana, subject: "No name", text: "Can you sign?", asks: "Can you sign?", promises: "I will send it by 2026-12-10", deadline: "2026-12-10"}
	w.letters(
		letter{id: "t1", at: "2026-12-01 10:00", from: karin, to: dana, subject: "Volumes", text: "Which ones?", asks: "Which ones?", promises: "I will send them by 2026-12-10", deadline: "2026-12-09"},
		letter{id: "t2", at: "2026-12-01 10:00", from: "", to: "tom@acme.example", subject: "Numbers", text: "Which ones?", asks: "Which ones?", known: store.AsksSomething},
	)
	w.letters(letter{id: "t3", at: "2026-12-07 10:00", from: elena, to: dana, subject: "Lunch", text: "Shall we?", asks: "Shall we?"})
	w.anonymous(anonymous)
	for i := range 9 {
		w.letters(letter{id: fmt.Sprint("deal", i), at: "2026-12-08 05:00", from: "Deals <deals@shop.example>", subject: "x", program: true})
	}
	for i, action := range []string{"digest evening", "digest daily", "bundle Programs", "agenda Waiting for", "agenda Needs you", "archive"} {
		for j := range 6 {
			l := letter{id: fmt.Sprint("step", i, "-", j), at: "2026-12-08 05:00", from: karin, to: dana, subject: fmt.Sprint("S", j), text: "It is there."}
			w.letters(l)
			w.step(l, "Prep days", action, "2026-12-08 05:00", nil)
		}
	}
	day, _ := w.day(theDate)
	evening, _, err := w.Digest(t.Context(), "evening", theDate, halfPast)
	w.must(err)
	bundle, _, err := w.Bundle(t.Context(), "Programs", theDate, halfPast)
	w.must(err)
	review, err := w.Review(t.Context(), theDate, halfPast)
	w.must(err)
	brief, err := w.CheckIn(t.Context(), "karinanddana@acme.example", theDate, halfPast)
	w.must(err)
	sections := map[string]bool{}
	for name, letter := range map[string]interface {
		Why() ([]agenda.Reason, error)
	}{"agenda": day, "digest": evening, "bundle": bundle, "review": review, "brief": brief} {
		why, err := letter.Why()
		w.must(err)
		for _, r := range why {
			if sections[name+" "+r.Section] = true; r.Source == (agenda.Source{}) && r.Counted == "" {
				t.Errorf("%s, %s: %q comes from nowhere", name, r.Section, r.Line)
			}
		}
	}
	for _, s := range strings.Fields("notices needs changed timeline prep mail deadlines owed waiting ahead goals done") {
		if s != "changed" && !sections["agenda "+s] {
			t.Errorf("the agenda has no %s to look at", s)
		}
	}
	for _, s := range strings.Fields("meeting threads promises deadlines") {
		if !sections["brief "+s] {
			t.Errorf("the brief has no %s to look at", s)
		}
	}
	for _, s := range strings.Fields("figures goals ahead promises deadlines ideas") {
		if !sections["review "+s] {
			t.Errorf("the review has no %s to look at", s)
		}
	}
}

// anonymous is a mail without a Message-ID, with what is kept of it.
func (w *world) anonymous(l letter) {
	at := clock(london, l.at)
	m := store.Message{Key: "hash:1", From: "karin@hansa-logistik.example", To: []string{dana}, ToMe: true, Received: at, Subject: l.subject, Asks: store.AsksSomething, Place: mailbox.Ref{Folder: "INBOX", UIDValidity: 1, UID: 999}}
	g := w.gist(&l, &m, "Karin Vogel")
	w.commit(store.Plan{Planned: at, Messages: []store.Message{m}, Gists: []store.Gist{g}})
}

func TestWhatIsAnnouncedTwiceIsDueOnce(t *testing.T) {
	w := newWorld(t, mailRules)
	announce := func(id, at, subject string, due string) letter {
		l := letter{id: id, at: at, from: "Certificates <certs@acme.example>", subject: subject, program: true}
		w.letters(l)
		w.step(l, "Incidents", "agenda Deadlines", at, map[string]string{"due": due, "ahead": "30d"})
		return l
	}
	announce("vpn7", "2026-12-05 07:00", "Certificate for vpn expires in 7 days", "2026-12-12")
	announce("vpn6", "2026-12-06 07:00", "Certificate for vpn expires in 6 days", "2026-12-12")
	announce("api", "2026-12-06 07:00", "Certificate for api expires in 6 days", "2026-12-12")
	announce("later", "2026-12-05 08:00", "Certificate for vpn expires in 30 days", "2026-12-30")
	for i := range 2 { // of which nothing may be said
		l := letter{id: fmt.Sprint("secret", i), at: "2026-12-06 07:00", from: karin, secret: true}
		w.step(l, "Incidents", "agenda Deadlines", l.at, map[string]string{"due": "2026-12-11", "ahead": "30d"})
	}
	var got []string
	d, _ := w.day(theDate)
	for _, l := range d.Deadlines {
		got = append(got, strings.TrimSpace(l.Title+" "+l.Source.Message))
	}
	if all := strings.Join(got, "; "); strings.Contains(all, "vpn7") || !strings.Contains(all, "vpn6") || !strings.Contains(all, "api@") || !strings.Contains(all, "later@") || len(got) != 5 {
		t.Errorf("due are %s", all)
	}
	r, err := w.Review(t.Context(), theDate, halfPast)
	w.must(err)
	if len(r.Deadlines) != len(d.Deadlines) {
		t.Errorf("the review has %d deadlines", len(r.Deadlines))
	}
}

// TestADeadlineIsToldByTheSentenceThatNamesIt, where nobody asks for anything.
func TestADeadlineIsToldByTheSentenceThatNamesIt(t *testing.T) {
	w := newWorld(t, mailRules)
	w.letters(
		letter{id: "a", at: "2026-12-07 10:00", from: karin, to: dana, subject: "Notice", text: "There is a meeting on Thursday 17 December. Papers are due by noon on Friday 11 December.", deadline: "2026-12-11 12:00"},
		letter{id: "b", at: "2026-12-07 10:00", from: elena, to: dana, subject: "Pass", text: "The driver waits. The office closes early.", deadline: "2026-12-11"},
	)
	d, _ := w.day(theDate)
	want(t, []string{d.Deadlines[0].Text, d.Deadlines[1].Text}, "The driver waits. The office closes early.", "Papers are due by noon on Friday 11 December.")
}

// TestWhatCanBeDecidedComesFirst: of one day conflicts, invitations, approvals, and then
// what somebody asks for in a mail, with the sentence that asks.
func TestWhatCanBeDecidedComesFirst(t *testing.T) {
	w := newWorld(t, mailRules)
	w.see(halfPast, on(london, "Hello", "2026-12-09", "10:00 1h", "by="+karin, "me=needsAction"), on(london, "Later", "2026-12-15", "10:00 1h", "by="+karin, "me=needsAction"))
	ask := letter{id: "ask", at: "2026-12-07 20:00", from: karin, to: dana, subject: "Paper", text: "It is long.", asks: "Will you sign?"}
	secret := letter{id: "secret", at: "2026-12-07 20:00", from: karin, secret: true}
	waits := letter{id: "waits", at: "2026-12-07 20:00", from: elena, subject: "Offer"}
	w.letters(ask)
	w.step(ask, "Papers of the board", "agenda Needs you", "2026-12-07 20:00", nil)
	w.step(secret, "Papers of the board", "agenda Needs you", "2026-12-07 20:00", nil)
	w.stepOf(waits, store.Step{Rule: "Board papers", Action: "archive", Op: mailbox.Op{Kind: mailbox.Move, To: "Archive"}, State: store.Parked, Approver: "executive"}, clock(london, "2026-12-07 20:00"))
	d, _ := w.day(theDate)
	var got []string
	for _, n := range d.Needs {
		if n.Confidential {
			got = append(got, fmt.Sprintf("%s hidden%s%s", n.Kind, n.Title, n.Text))
			continue
		}
		got = append(got, fmt.Sprint(n.Kind, " ", n.Title))
		if n.Kind == agenda.Ask && n.Text != "Will you sign?" {
			t.Errorf("the line says %q", n.Text)
		}
	}
	want(t, got, "invitation Hello", "approval Offer", "ask hidden", "ask Paper", "invitation Later")
}
