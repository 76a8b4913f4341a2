package mail

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// Whether a message is to blame or the line.

// padded is a letter with so many bytes of a header field, and of text.
func padded(subject string, header, text int) string {
	lines := func(n int) string { return strings.Repeat(strings.Repeat("y", 68)+"\r\n ", n/71) }
	return "From: Ben <ben@acme.example>\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@x>\r\n" +
		"X-Padding: " + lines(header) + "end\r\nX-Keep: yes\r\n\r\n" + lines(text) + "end\r\n"
}

// A line that carries no more than so many bytes on a connection makes no message
// unreadable: what does not come through now comes through later.
func TestBadLineThatCarriesTooLittleSetsNothingAside(t *testing.T) {
	needs := rules.Needs{Structure: true, Headers: []string{"X-Padding", "X-Keep"}}
	text := needs
	text.Text = true
	for _, c := range []struct {
		name         string
		needs        rules.Needs
		header, text int
		limits       []int
	}{
		{"not even the sign-in", needs, 3000, 0, []int{300}},
		{"not the whole header", needs, 6000, 0, []int{2000, 3500, 5000, 6500}},
		{"not the whole text", text, 0, 50_000, []int{3500, 20_000, 40_000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{})
			line, a, straight := behindBadLine(t, srv)
			a.Needs(c.needs)
			troubles := make(chan error, 100_000)
			a.OnTrouble(func(_ string, err error) { troubles <- err })
			w := watch(t, a, nil, nil)
			w.next()
			cut := 0
			for i, limit := range c.limits {
				line.CutAfter(limit)
				line.Cut()
				subject := fmt.Sprint("padded", i)
				putDovecot(t, straight, "INBOX", padded(subject, c.header, c.text))
				for range 5 {
					<-troubles
					cut++
				}
				line.Mend()
				got := w.messages(1)[0]
				if got.Poison != "" || got.Item.Subject.String() != subject {
					t.Fatalf("at %d bytes: delivered %q, poison %q", limit, got.Item.Subject, got.Poison)
				}
				if keep := got.Item.Header["X-Keep"]; len(keep) != 1 || keep[0] != "yes" {
					t.Errorf("at %d bytes: the header is %q", limit, got.Item.Header)
				}
				if c.needs.Text && !strings.HasSuffix(strings.TrimSpace(got.Item.Text.String()), "end") {
					t.Errorf("at %d bytes: the text is cut", limit)
				}
			}
			faulttest.Injected(t, "14", cut)
		})
	}
}

// What was given up, as connections broke at it and at nothing else, is looked at
// again once the line has turned out to be poor, and is better.
func TestWhatWasSetAsideIsLookedAtAgainWhenItWasTheLine(t *testing.T) {
	srv := startScript(t)
	var odd atomic.Bool
	odd.Store(true)
	header := func(uid int) string { return fmt.Sprintf("Subject: %d\r\nMessage-ID: <%d@x>\r\n\r\n", uid, uid) }
	messages := 3
	srv.inbox(messages, 2, func(c *scripted, _ string) {
		if odd.Load() {
			c.Close()
			return
		}
		c.answer(2, 2, dated, header(2))
	})
	line := badline.Open(t, srv.addr)
	a := accountAt(t, line.Addr())
	troubles := make(chan error, 100_000)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	w := watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
	if got := w.messages(3); got[1].Poison == "" {
		t.Fatalf("delivered %+v", got)
	}
	odd.Store(false)
	line.CutAfter(900)
	srv.inbox(4, 4, func(c *scripted, _ string) { c.answer(4, 4, dated, "X: "+strings.Repeat("x", 3000)+"\r\n"+header(4)) })
	line.Cut()
	for poor := new(poorLine); !errors.As(<-troubles, &poor); {
	}
	line.Mend()
	seen := map[string]bool{}
	for _, m := range w.messages(2) {
		seen[m.Item.Subject.String()] = m.Poison == ""
	}
	if !seen["2"] || !seen["4"] {
		t.Errorf("delivered then: %v", seen)
	}
	faulttest.Injected(t, "14", 1)
}

// A server that ends connections at one message, and at nothing else, is no poor
// line.
func TestAMessageAtWhichTheServerBreaksDownIsSetAside(t *testing.T) {
	srv := startScript(t)
	srv.inbox(3, 2, func(c *scripted, _ string) { c.Close() })
	w := watch(t, accountAt(t, srv.addr), map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
	if got := w.messages(3); got[1].Poison == "" || got[0].Poison+got[2].Poison != "" {
		t.Errorf("delivered %+v", got)
	}
	faulttest.Injected(t, "39", 1)
}

// On a poor line each attempt costs one connection, not a dozen.
func TestAPoorLineIsNotWornOut(t *testing.T) {
	srv := startScript(t)
	srv.inbox(1, 1, func(c *scripted, _ string) { c.answer(1, 1, dated, "X: "+strings.Repeat("x", 5000)+"\r\n\r\n") })
	line := badline.Open(t, srv.addr)
	line.CutAfter(2000)
	a := accountAt(t, line.Addr())
	type trouble struct {
		error
		logins int // till then
	}
	troubles := make(chan trouble, 100_000)
	a.OnTrouble(func(_ string, err error) { troubles <- trouble{err, srv.count("LOGIN")} })
	watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
	var poor *poorLine
	first := <-troubles
	if !errors.As(first.error, &poor) || !errors.Is(first.error, ErrLost) {
		t.Fatalf("the trouble is %v", first)
	}
	const attempts = 10
	last := first
	for range attempts {
		if last = <-troubles; !errors.As(last.error, &poor) {
			t.Errorf("the trouble is %v", last)
		}
	}
	if n := last.logins - first.logins; n > attempts+1 {
		t.Errorf("%d attempts took %d connections", attempts, n)
	}
	faulttest.Injected(t, "14", attempts)
}
