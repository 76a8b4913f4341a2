package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a fleet was sent, and what must have become of it.

// mail posts so many messages to each of some accounts.
func (f *fleet) mail(each int, accounts ...string) {
	f.Helper()
	for range each {
		for _, account := range accounts {
			f.posted[account]++
			if err := f.offices[account].deliver("INBOX", compose("pat@board.acme.example", packFor(account, f.posted[account]), "Date: "+time.Now().Format(time.RFC1123Z))); err != nil {
				f.Fatal(err)
			}
		}
	}
}

func packFor(account string, n int) string { return fmt.Sprintf("Pack %s %03d", account, n) }

// handled waits until so many steps for each message have come to an end.
func (f *fleet) handled(steps int) {
	f.Helper()
	want := 0
	for _, n := range f.posted {
		want += steps * n
	}
	ended := 0
	for range ticks(fleetPatience) {
		if ended = f.count("SELECT count(*) FROM steps WHERE state IN ('done', 'failed', 'uncertain')"); ended == want {
			return
		}
		f.running()
	}
	f.Fatalf("%d steps have ended, want %d", ended, want)
}

// once checks that every message was copied, sent on and filed once. Only so many
// mails may be missing, and then the journal says that nobody knows of them.
func (f *fleet) once(missing int) {
	f.Helper()
	f.handled(3)
	forwards := map[string]int{}
	f.post.mu.Lock()
	for _, d := range f.post.sent {
		_, rest, _ := strings.Cut(string(d.raw), "Subject: Fwd: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		forwards[subject]++
	}
	f.post.mu.Unlock()
	lost := 0
	for _, account := range f.accounts {
		found := f.found(account)
		for i := range f.posted[account] {
			subject := packFor(account, i+1)
			if got := found[subject]; got != "Board, Ledger" {
				f.Errorf("%q is in: %s", subject, got)
			}
			if n := forwards[subject]; n > 1 {
				f.Errorf("%q was sent %d times", subject, n)
			} else if n == 0 {
				lost++
				f.tell(subject)
			}
		}
	}
	unknown := f.count("SELECT count(*) FROM steps WHERE state = 'uncertain' AND action = 'forward'")
	if other := f.count("SELECT count(*) FROM steps WHERE state <> 'done' AND action <> 'forward'"); other > 0 || lost > unknown || unknown > missing {
		f.Errorf("%d mails were not sent, %d are uncertain, of which there may be %d; %d other steps are not done", lost, unknown, missing, other)
	}
}

// tell says what the journal has of a message.
func (f *fleet) tell(subject string) {
	f.Helper()
	rows, err := f.db.QueryContext(f.Context(), "SELECT s.action, s.state, s.attempts, s.reason FROM steps s JOIN items i ON i.id = s.item_id WHERE i.subject = $1", subject)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var action, state, reason string
		var attempts int
		if err := rows.Scan(&action, &state, &attempts, &reason); err != nil {
			f.Fatal(err)
		}
		f.Logf("%q was not sent; %s is %s after %d attempts: %s", subject, action, state, attempts, reason)
	}
}

// found tells in which folders of an account each message lies.
func (f *fleet) found(account string) map[string]string {
	f.Helper()
	letters, err := f.offices[account].letters() // sorted by folder
	if err != nil {
		f.Fatal(err)
	}
	found := map[string]string{}
	for _, l := range letters {
		found[l.subject] = strings.TrimPrefix(found[l.subject]+", "+l.folder, ", ")
	}
	return found
}

// nobodyElseActed checks that at every moment only the last node that took an account
// did anything for it, but for what the one before it had begun so long ago at most.
func (f *fleet) nobodyElseActed(late time.Duration) {
	f.Helper()
	history := f.history()
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortStableFunc(f.acts, func(a, b act) int { return a.at.Compare(b.at) })
	owners, taken := map[string]*node{}, map[string]time.Time{}
	for _, a := range f.acts {
		for len(history) > 0 && history[0].Time.Before(a.at) {
			if history[0].begins {
				owners[history[0].Account], taken[history[0].Account] = history[0].node, history[0].Time
			}
			history = history[1:]
		}
		if owners[a.account] != a.node && a.at.Sub(taken[a.account]) >= late {
			f.Errorf("%s for %s by %s at %s, after another has taken it", a.command, a.account, a.node.name, a.at.Format(time.StampMicro))
		}
	}
}
