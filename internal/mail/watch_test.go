package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

func TestAFirstRunLeavesOlderMailUntouched(t *testing.T) {
	m := startMemory(t, full)
	for i := range 20 {
		m.put("INBOX", letter("old", fmt.Sprint(i)))
	}
	w := watch(t, accountAt(t, m.addr), nil, nil)
	first := w.next()
	if len(first.Messages) != 0 || first.Next.UIDNext != 21 || first.Next.UIDValidity != 1 || first.Next.SeenAt.IsZero() {
		t.Errorf("the first batch is %+v, want it empty with a cursor at the end", first)
	}
	m.put("INBOX", letter("new", "n"))
	if got := subjects(w.messages(1)); !slices.Equal(got, []string{"new"}) {
		t.Errorf("delivered %q", got)
	}
}

func TestNewMailIsDeliveredAsSoonAsTheServerTells(t *testing.T) {
	m := startMemory(t, full)
	a := accountAt(t, m.addr, func(c *Config) { c.Poll = time.Minute })
	a.Needs(allNeeds)
	w := watch(t, a, nil, nil)
	w.next()
	var slowest time.Duration
	for i := range 20 {
		start := time.Now()
		m.put("INBOX", letter("new", fmt.Sprint(i)))
		w.messages(1)
		slowest = max(slowest, time.Since(start))
	}
	t.Logf("the slowest of 20 took %v", slowest)
	if slowest > 20*time.Second {
		t.Errorf("a message took %v, so it was not IDLE that told of it", slowest)
	}
}

func TestWatchGoesOnFromTheStoredCursor(t *testing.T) {
	m := startMemory(t, full)
	const n = 2*maxBatch + 10
	for i := range n {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	w := watch(t, accountAt(t, m.addr), map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 6}}, nil)
	got := w.messages(n - 5)
	for i, msg := range got {
		if msg.UID != uint32(i+6) {
			t.Fatalf("message %d has UID %d: one is missing, double or out of order", i, msg.UID)
		}
	}
}

func TestNothingIsMissedAndNothingComesTwice(t *testing.T) {
	m := startMemory(t, full)
	a := accountAt(t, m.addr, func(c *Config) { c.Poll = 5 * time.Second })
	// Every batch is filed at once, on the watching session.
	w := watch(t, a, nil, func(ctx context.Context, s *Session, b mailbox.Batch) error {
		var changes []mailbox.Change
		for i, msg := range b.Messages {
			changes = append(changes, change(int64(i), msg, moveTo("Board")))
		}
		_, err := s.Perform(ctx, changes)
		return err
	})
	w.next()
	const n = 300
	for i := range n {
		m.put("INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
	}
	got := w.messages(n)
	for i, msg := range got {
		if msg.Item.Subject.String() != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, msg.Item.Subject)
		}
	}
	s := openSession(t, a)
	if filed := scan(t, s, "Board", mailbox.Query{}); len(filed) != n {
		t.Errorf("%d of %d were filed", len(filed), n)
	}
}

func TestPerformInAnotherFolderDoesNotLoseTheWatchedOne(t *testing.T) {
	m := startMemory(t, full)
	m.make("Board")
	m.put("Board", letter("filed", "f"))
	a := accountAt(t, m.addr, func(c *Config) { c.Poll = 5 * time.Second })
	w := watch(t, a, nil, func(ctx context.Context, s *Session, b mailbox.Batch) error {
		if len(b.Messages) == 1 && b.Messages[0].Item.Subject.String() == "one" {
			m.put("INBOX", letter("two", "2")) // arrives while another folder is open
		}
		return s.Scan(ctx, "Board", mailbox.Query{}, func(context.Context, mailbox.Batch) error { return nil })
	})
	w.next()
	m.put("INBOX", letter("one", "1"))
	if got := subjects(w.messages(2)); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("delivered %q", got)
	}
}

func TestABatchThatWasNotTakenComesAgain(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	tries := 0
	a := accountAt(t, m.addr)
	w := watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, func(context.Context, *Session, mailbox.Batch) error {
		if tries++; tries < 3 {
			return fmt.Errorf("filing: %w", ErrLost)
		}
		return nil
	})
	w.messages(1)
	if tries != 3 {
		t.Errorf("delivered %d times, want 3", tries)
	}
}

func TestAnErrorOfTheCallerEndsWatch(t *testing.T) {
	m := startMemory(t, full)
	disk := errors.New("the disk is full")
	a := accountAt(t, m.addr)
	err := a.Watch(t.Context(),
		func(context.Context, string) (mailbox.Cursor, bool, error) { return mailbox.Cursor{}, false, nil },
		func(context.Context, *Session, mailbox.Batch) error { return disk })
	if !errors.Is(err, disk) {
		t.Errorf("Watch returned %v", err)
	}
	err = a.Watch(t.Context(),
		func(context.Context, string) (mailbox.Cursor, bool, error) { return mailbox.Cursor{}, false, disk }, nil)
	if !errors.Is(err, disk) {
		t.Errorf("Watch returned %v", err)
	}
}

func TestCatchUpEndsWhenNothingMoreIsNew(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	var got []string
	start := func(context.Context, string) (mailbox.Cursor, bool, error) {
		return mailbox.Cursor{UIDValidity: 1, UIDNext: 1}, true, nil
	}
	err := accountAt(t, m.addr).CatchUp(t.Context(), start, func(_ context.Context, _ *Session, b mailbox.Batch) error {
		got = append(got, subjects(b.Messages)...)
		return nil
	})
	if err != nil || !slices.Equal(got, []string{"one"}) {
		t.Errorf("delivered %q: %v", got, err)
	}
	m.stop()
	if err := accountAt(t, m.addr).CatchUp(t.Context(), start, nil); err == nil {
		t.Error("there is no server, and no error")
	}
}

func TestARenumberedFolderBringsNeitherLossNorFlood(t *testing.T) {
	m := startMemory(t, full)
	now := time.Now()
	seen := mailbox.Cursor{UIDValidity: 99, UIDNext: 3, SeenAt: now.Add(-time.Hour)}
	m.putAt("INBOX", letter("seen long ago", "1"), now.Add(-48*time.Hour))
	m.putAt("INBOX", letter("seen", "2"), now.Add(-2*time.Hour))
	m.putAt("INBOX", letter("came while we were away", "3"), now.Add(-time.Minute))
	w := watch(t, accountAt(t, m.addr), map[string]mailbox.Cursor{"INBOX": seen}, nil)
	first := w.next()
	if got := subjects(first.Messages); !slices.Equal(got, []string{"came while we were away"}) {
		t.Errorf("delivered %q", got)
	}
	if first.Next != seen {
		t.Errorf("the cursor moved to %+v before all was read", first.Next)
	}
	if last := w.next(); last.Next.UIDValidity != 1 || last.Next.UIDNext != 4 {
		t.Errorf("the cursor is %+v", last.Next)
	}
	m.put("INBOX", letter("later", "4"))
	if got := subjects(w.messages(1)); !slices.Equal(got, []string{"later"}) {
		t.Errorf("delivered %q", got)
	}
	faulttest.Injected(t, "12", 1)
}

func TestAMailboxRestoredFromABackupIsTakenForRenumbered(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("after the restore", "1"))
	seen := mailbox.Cursor{UIDValidity: 1, UIDNext: 1000, SeenAt: time.Now().Add(-time.Second)}
	w := watch(t, accountAt(t, m.addr), map[string]mailbox.Cursor{"INBOX": seen}, nil)
	w.messages(1)
	faulttest.Injected(t, "12", 1)
}

func TestAServerThatComesBackIsWatchedAgain(t *testing.T) {
	m := startMemory(t, full)
	a := accountAt(t, m.addr)
	troubles := make(chan error, 1000)
	a.OnTrouble(func(folder string, err error) { troubles <- fmt.Errorf("%s: %w", folder, err) })
	w := watch(t, a, nil, nil)
	w.next()
	m.stop()
	if err := <-troubles; !strings.HasPrefix(err.Error(), "INBOX: ") {
		t.Errorf("the trouble is %v", err)
	}
	m.put("INBOX", letter("while it was away", "1"))
	m.start(m.addr)
	if got := subjects(w.messages(1)); !slices.Equal(got, []string{"while it was away"}) {
		t.Errorf("delivered %q", got)
	}
	faulttest.Injected(t, "17", 1)
}

func TestAFolderInTroubleDoesNotStopAnother(t *testing.T) {
	m := startMemory(t, full)
	a := accountAt(t, m.addr, func(c *Config) { c.Folders = []string{"Missing", "INBOX"} })
	w := watch(t, a, nil, nil)
	if b := w.next(); b.Folder != "INBOX" {
		t.Errorf("the first batch is of %q", b.Folder)
	}
	m.put("INBOX", letter("one", "1"))
	w.messages(1)
	m.make("Missing")
	m.put("Missing", letter("two", "2"))
	if b := w.next(); b.Folder != "Missing" {
		t.Errorf("the next batch is of %q", b.Folder)
	}
}

func TestMailIsFoundByPollingWhereIDLEIsSilent(t *testing.T) {
	for name, noIdle := range map[string]bool{"IDLE tells nothing": false, "there is no IDLE": true} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.set("UIDNEXT", "1")
			if noIdle {
				srv.caps = "IMAP4rev1"
			} else {
				srv.on("IDLE", func(c *scripted, tag, _ string) {
					c.say("+ idling")
					c.line() // DONE
					c.say(tag + " OK")
				})
			}
			arrived := false
			srv.on("NOOP", func(c *scripted, tag, _ string) {
				if !arrived {
					arrived = true
					c.say("* 1 EXISTS")
				}
				c.say(tag + " OK")
			})
			srv.on("UID FETCH", func(c *scripted, tag, _ string) {
				c.answer(1, 1, `INTERNALDATE "08-Dec-2026 10:00:00 +0000"`, "Subject: polled\r\n\r\n")
				c.say(tag + " OK")
			})
			w := watch(t, accountAt(t, srv.addr), nil, nil)
			if got := subjects(w.messages(1)); !slices.Equal(got, []string{"polled"}) {
				t.Errorf("delivered %q", got)
			}
			faulttest.Injected(t, "16", 1)
		})
	}
}

func TestAConnectionThatDiesSilentlyIsGivenUp(t *testing.T) {
	srv := startScript(t)
	deaf := make(chan struct{})
	srv.on("IDLE", func(c *scripted, tag, _ string) {
		c.say("+ idling")
		c.line()
		if srv.count("IDLE") == 1 {
			close(deaf)
			c.hang() // no answer to DONE
		}
		c.say(tag + " OK")
	})
	a := accountAt(t, srv.addr)
	a.pace.answer = 30 * time.Millisecond
	troubles := make(chan error, 100)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	watch(t, a, nil, nil)
	<-deaf
	if err := <-troubles; !errors.Is(err, ErrLost) || !errors.Is(err, errSilent) {
		t.Errorf("the trouble is %v", err)
	}
	srv.waitFor("IDLE", 2)
	faulttest.Injected(t, "15", 1)
}

func TestAServerDeadAfterSELECTIsGivenUp(t *testing.T) {
	srv := startScript(t)
	srv.on("SELECT", func(c *scripted, _, _ string) { c.hang() })
	a := accountAt(t, srv.addr)
	a.pace.work = 30 * time.Millisecond
	s := openSession(t, a)
	err := s.Scan(t.Context(), "INBOX", mailbox.Query{}, nil)
	if !errors.Is(err, ErrLost) {
		t.Errorf("Scan returned %v", err)
	}
	faulttest.Injected(t, "15", 1)
}

func TestEveryWaitEndsWithItsContext(t *testing.T) {
	for _, command := range []string{"CAPABILITY", "LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "IDLE"} {
		t.Run(command, func(t *testing.T) {
			srv := startScript(t)
			ctx, cancel := context.WithCancel(t.Context())
			srv.on(command, func(c *scripted, _, _ string) {
				cancel()
				c.hang()
			})
			a := accountAt(t, srv.addr)
			start := func(context.Context, string) (mailbox.Cursor, bool, error) {
				return mailbox.Cursor{UIDValidity: 1, UIDNext: 1}, command != "IDLE", nil
			}
			deliver := func(context.Context, *Session, mailbox.Batch) error { return nil }
			if command == "UID SEARCH" {
				s, err := a.Open(ctx)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if err := s.Scan(ctx, "INBOX", mailbox.Query{}, nil); !errors.Is(err, context.Canceled) {
					t.Errorf("Scan returned %v", err)
				}
				return
			}
			if err := a.Watch(ctx, start, deliver); !errors.Is(err, context.Canceled) {
				t.Errorf("Watch returned %v", err)
			}
		})
	}
}

func TestAConnectionRefusedIsTriedAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	m := startMemory(t, full)
	m.stop()
	a := accountAt(t, addr)
	troubles := make(chan error, 1000)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	w := watch(t, a, nil, nil)
	<-troubles
	<-troubles
	m.start(addr)
	w.next()
	faulttest.Injected(t, "17", 1)
}
