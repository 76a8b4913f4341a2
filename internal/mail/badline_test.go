package mail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// What must hold on a bad line to the real Dovecot.

// behindBadLine is an account whose connections go by a line that can be broken,
// and the same account by the straight way.
func behindBadLine(t *testing.T, srv *dovecot.Server) (line *badline.Line, a, straight *Account) {
	t.Helper()
	line = badline.Open(t, srv.Addr())
	return line, plainAccount(t, srv, line.Addr()), plainAccount(t, srv, srv.Addr())
}

func plainAccount(t *testing.T, srv *dovecot.Server, addr string) *Account {
	t.Helper()
	a := accountAt(t, addr, func(c *Config) {
		c.Secret = func(context.Context) (string, error) { return srv.Password, nil }
	})
	a.Needs(allNeeds)
	return a
}

// again is a change that an attempt may have made.
func again(c mailbox.Change) mailbox.Change {
	c.Doubt = true
	return c
}

// lostWords are words of the answers to a move, each of which is cut off with all that
// follows. An OK that still came is the truth, whatever is missing behind it.
var lostWords = map[string][]string{
	"everything":      {"* OK [COPYUID", "EXPUNGE", "Move completed"},
	"no MOVE":         {"OK [COPYUID", "Copy completed", "Store completed", "EXPUNGE", "Expunge completed"},
	"IMAP4rev1 alone": {"OK [COPYUID", "Copy completed", "Store completed"},
	"sdbox":           {"* OK [COPYUID", "EXPUNGE", "Move completed"},
}

// onlyCopied are those at which originals lie there still, unmarked. In a folder that got
// new UIDs meanwhile nothing tells them from others just like them that have come since.
var onlyCopied = []string{"OK [COPYUID", "Copy completed"}

func TestBadLineLosesTheAnswerToAMove(t *testing.T) { losesTheAnswerToAMove(t, false) }

func TestBadLineLosesTheAnswerToAMoveAndTheFolderIsRenumbered(t *testing.T) {
	losesTheAnswerToAMove(t, true)
}

func losesTheAnswerToAMove(t *testing.T, renumbered bool) {
	for _, server := range dovecots {
		for _, word := range lostWords[server.name] {
			t.Run(server.name+" "+word, func(t *testing.T) {
				srv := dovecot.Start(t, server.opts)
				line, a, straight := behindBadLine(t, srv)
				for i := range 3 {
					putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
				}
				s := openSession(t, a)
				all := scan(t, s, "INBOX", mailbox.Query{})
				moves := []mailbox.Change{change(1, all[0], moveTo("Board")), change(2, all[2], moveTo("Board"))}
				line.CutAt(word, 0, 1)
				got, err := s.Perform(t.Context(), moves)
				if completed := strings.HasSuffix(word, "completed"); errors.Is(err, ErrLost) {
					wantResults(t, got, mailbox.Unknown, mailbox.Unknown)
				} else if err != nil || !completed {
					t.Fatalf("Perform returned %v", err)
				}
				if renumbered {
					srv.Doveadm("mailbox", "update", "-u", srv.User, "--uid-validity", "4242", "INBOX")
					faulttest.Injected(t, "12", 1)
				}
				after := openSession(t, a)
				want, stays := mailbox.Done, []string{"1"}
				if renumbered && slices.Contains(onlyCopied, word) {
					want, stays = mailbox.Unknown, []string{"0", "1", "2"}
				}
				wantResults(t, perform(t, after, again(moves[0]), again(moves[1])), want, want)
				holds(t, straight, "Board", "0", "2")
				if left := undeleted(t, straight, "INBOX"); !slices.Equal(left, stays) {
					t.Errorf("the inbox holds %q", left)
				}
				if err := after.selectFolder(t.Context(), "INBOX", true); err != nil {
					t.Fatal(err)
				}
				if n := after.box.NumMessages; int(n) != len(stays) && after.caps.Has(imap.CapUIDPlus) {
					t.Errorf("%d messages are in the inbox, marked ones and all", n)
				}
				faulttest.Injected(t, "8", line.CutsMade())
			})
		}
	}
}

// undeleted are the subjects of a folder without what is marked as deleted, which
// is how a move leaves its source on a server without UIDPLUS.
func undeleted(t *testing.T, a *Account, folder string) (found []string) {
	t.Helper()
	for _, m := range scan(t, openSession(t, a), folder, mailbox.Query{}) {
		if !strings.Contains(strings.Join(m.Flags, " "), `\Deleted`) {
			found = append(found, m.Item.Subject.String())
		}
	}
	return found
}

// The last field of the header says who may read the message: a header that was
// cut anywhere says something else.
func TestBadLineCutsInMidFETCH(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	line, a, straight := behindBadLine(t, srv)
	a.Needs(rules.Needs{Structure: true, Headers: []string{"X-Keep", "X-Padding"}})
	raw := "Subject: board papers\r\nMessage-ID: <cut@x>\r\nX-Padding: " + strings.Repeat("y", 300) + "\r\nX-Keep: yes\r\n\r\ntext\r\n"
	w := watch(t, a, nil, nil)
	w.next()
	rng := rand.New(rand.NewPCG(1, 14))
	const rounds = 12
	for i := range rounds {
		// The first connection is cut in the answer, and so are one or two after it.
		before := line.CutsMade()
		cuts := 1 + rng.IntN(2)
		line.CutAt("FETCH (", 7+rng.IntN(400), cuts)
		putDovecot(t, straight, "INBOX", strings.Replace(raw, "<cut@x>", fmt.Sprintf("<cut%d@x>", i), 1))
		for _, m := range w.messages(1) {
			if m.Poison != "" || !slices.Equal(m.Item.Header["X-Keep"], []string{"yes"}) || m.Item.Subject.String() != "board papers" {
				t.Fatalf("round %d delivered %+v", i, m)
			}
		}
		if made := line.CutsMade() - before; made != cuts {
			t.Errorf("round %d: the line was cut %d times, want %d", i, made, cuts)
		}
		line.Mend()
	}
	faulttest.Injected(t, "14", line.CutsMade())
}

func TestBadLineGoesSilent(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		idle time.Duration // the poll: how long IDLE is believed
		when func(t *testing.T, w *watcher)
	}{
		"half-open while it waits for an answer": {"15", 20 * time.Millisecond, func(*testing.T, *watcher) {}},
		"dead in the middle of IDLE":             {"16", 600 * time.Millisecond, func(t *testing.T, w *watcher) { w.quiet() }},
	} {
		t.Run(name, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{})
			line, a, straight := behindBadLine(t, srv)
			a.cfg.Poll, a.pace.answer, a.pace.signIn = c.idle, 200*time.Millisecond, 20*time.Second
			a.pace.fetch, a.pace.work = time.Second, time.Second
			type trouble struct {
				error
				at time.Time
			}
			troubles := make(chan trouble, 1000)
			a.OnTrouble(func(_ string, err error) { troubles <- trouble{err, time.Now()} })
			w := watch(t, a, nil, nil)
			w.next()
			const rounds = 3
			for i := range rounds {
				c.when(t, w)
				for len(troubles) > 0 {
					<-troubles // of a busy machine, or of connecting while the line was being mended
				}
				line.Silence()
				silent := time.Now()
				putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
				got := <-troubles
				if !errors.Is(got.error, ErrLost) && !errors.Is(got.error, errSilent) {
					t.Errorf("the trouble is %v", got)
				}
				// Given up within the poll, and the wait for one answer or a sign-in.
				if took := got.at.Sub(silent); took > c.idle+a.pace.answer+a.pace.signIn+3*time.Second {
					t.Errorf("the line was given up after %v", took)
				}
				line.Mend()
				if got := subjects(w.messages(1)); got[0] != fmt.Sprint(i) {
					t.Errorf("delivered %q", got)
				}
			}
			faulttest.Injected(t, c.id, rounds)
		})
	}
}

// quiet waits until the watch has surely come to IDLE again.
func (w *watcher) quiet() {
	select {
	case b := <-w.batches:
		w.t.Errorf("delivered %+v", b)
	case <-time.After(300 * time.Millisecond):
	}
}

func TestBadLineBreaksAndNothingIsMissed(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	line, a, straight := behindBadLine(t, srv)
	a.cfg.Poll = time.Second
	troubles := make(chan error, 100_000)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	w := watch(t, a, nil, nil)
	w.next()
	breaks := []struct {
		name        string
		spoil, mend func()
	}{
		{"reset", line.Reset, line.Mend},
		{"BYE", func() { srv.Kick(srv.User) }, func() {}},
		{"cut", line.Cut, func() {}},
		{"restart", srv.Restart, func() {}},
		{"cut in the news", func() { line.CutAt("EXISTS", 3, 1) }, func() {}},
		{"cut after each greeting", func() { line.CutAfter(90); line.Cut() }, line.Mend},
		{"refused", line.Down, line.Up},
	}
	const rounds = 2
	for i := range rounds * len(breaks) {
		b := breaks[i%len(breaks)]
		for len(troubles) > 0 {
			<-troubles
		}
		b.spoil()
		putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
		<-troubles
		b.mend()
		if got := subjects(w.messages(1)); len(got) != 1 || got[0] != fmt.Sprint(i) {
			t.Fatalf("%s: delivered %q", b.name, got)
		}
	}
	faulttest.Injected(t, "17", rounds*len(breaks))
}

func TestBadLineLosesTheAnswerToTheFinalDot(t *testing.T) {
	for name, behind := range map[string]int{"before its answer": 0, "in its answer": 2} {
		t.Run(name, func(t *testing.T) {
			srv := newSMTPScript(nil)
			line := badline.Open(t, srv.start(t))
			line.CutAt("250 2.0.0 queued", behind, 1)
			sent, err := sendShort(t, t.Context(), senderAt(t, line.Addr()))
			if sent.Outcome != SendUnknown || err == nil || !strings.Contains(err.Error(), "again") {
				t.Errorf("the outcome is %s (%v)", sent.Outcome, err)
			}
			if len(srv.received()) != 1 || srv.connections() != 1 {
				t.Errorf("%d messages over %d connections", len(srv.received()), srv.connections())
			}
			faulttest.Injected(t, "27", line.CutsMade())
		})
	}
}

// A line so slow that an answer takes minutes is no reason to believe half of it.
func TestBadLineOfOneByteASecondEndsWithItsContext(t *testing.T) {
	srv := newSMTPScript(nil)
	line := badline.Open(t, srv.start(t))
	line.Trickle()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	sent, err := sendShort(t, ctx, senderAt(t, line.Addr()))
	if sent.Outcome != SendLater || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the outcome is %s (%v)", sent.Outcome, err)
	}
	if len(srv.received()) != 0 {
		t.Errorf("%d messages were sent", len(srv.received()))
	}
	faulttest.Injected(t, "28", 1)
}
