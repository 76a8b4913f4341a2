package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// A folder that the server does not open keeps no mail from being sent, and the log
// does not name it.
func TestAFolderThatCanNotBeOpenedStopsNoMail(t *testing.T) {
	t.Parallel()
	for _, closed := range []string{"Archive", "Sent", "Junk"} {
		t.Run(closed, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, startMemory(t, ""), sqlite(t), backupRules)
			h := d.hand(t)
			for _, folder := range []string{"Archive", "Sent", "Trash", "Junk"} {
				h.make(folder)
			}
			h.close()
			d.runOnce()
			d.imapServer.closed.Store(&closed)
			d.deliver("fwd-1", "fwd-2")
			d.runOnce()
			if n := len(d.post.taken()); n != 2 {
				t.Errorf("%d mails were sent", n)
			}
			for _, s := range d.steps() {
				if s.State != store.Done {
					t.Errorf("%s is %s (%s)", s.Item.Subject, s.State, s.Reason)
				}
			}
			if n := strings.Count(d.log.String(), "mail may lie that was sent before can't be opened"); n != 1 {
				t.Errorf("that it can't be opened is told %d times", n)
			}
		})
	}
}

func (d *desk) steps() []store.Step {
	d.Helper()
	steps, err := d.journal.Steps(d.Context(), store.Filter{Account: user})
	if err != nil {
		d.Fatal(err)
	}
	return steps
}

// alter changes the database of the journal behind its back.
func (d *desk) alter(statements ...string) {
	d.Helper()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(d.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)"
	if !strings.HasPrefix(d.dsn, "sqlite:") {
		driver, source = "pgx", d.dsn
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(d.Context(), statement); err != nil {
			d.Fatal(err)
		}
	}
}

// A mail that was being sent when the process ended, and lies in the mailbox, is no sign
// of an old journal.
func TestAMailThatWasBegunAndHasComeWasSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Tell
    when: subject contains "tell"
    do: {notify: assistant}
  - name: Nudge
    when: subject contains "nudge"
    do: {draft: nudge}
`)
	d.runOnce()
	d.deliver("tell", "nudge")
	d.runOnce()
	d.leave()
	(&aCase{desk: d}).byHand(func(h *hand) { h.move("<Re: nudge>", "Drafts", "Trash") })
	d.alter("UPDATE steps SET state = 'started', done_at = 0, reason = ''")
	d.runOnce()
	if n := len(d.post.taken()); n != 1 {
		t.Errorf("%d mails were sent", n)
	}
	want := map[string]string{
		"tell":  "done: it lies in the mailbox, so it was sent",
		"nudge": "failed: it was written before foredesk was stopped, and somebody has sent it or thrown it away since",
	}
	for _, s := range d.steps() {
		if got := fmt.Sprintf("%s: %s", s.State, s.Reason); got != want[s.Item.Subject] {
			t.Errorf("%s is %q", s.Item.Subject, got)
		}
	}
}

// A server that says of a message that it came in 1970 does not know when it came: an
// old date of the sender's alone makes no mail old.
func TestMailOfWhichNoTimeIsKnownIsNotOld(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), backupRules)
	d.runOnce()
	h := d.hand(t)
	old := strings.ReplaceAll(letter("board-1"), "08 Dec 2026", "08 Dec 2020")
	h.put("INBOX", old, time.Unix(0, 0))
	h.put("INBOX", strings.ReplaceAll(old, "board-1", "board-2"), time.Unix(0, 0).AddDate(30, 0, 0))
	h.close()
	d.runOnce()
	d.wantMail("INBOX: board-2\nBoard: board-1\n")
	if text := "mail from before the first run came into a folder"; strings.Count(d.log.String(), text) != 1 || !strings.Contains(d.log.String(), "foredesk apply handles it") {
		t.Error("the log does not say how old mail is handled")
	}
	faulttest.Injected(t, "41", 1)
}

// narrow is a mail server beside which the disk is full until an instant.
type narrow struct {
	quiet
	until time.Time
	tries int
}

func (n *narrow) Watch(ctx context.Context, _ bool, _ engine.CursorFunc, _ engine.ArriveFunc) error {
	if n.tries++; time.Now().Before(n.until) {
		return fmt.Errorf("writing down what is new: %w", store.ErrFull)
	}
	<-ctx.Done()
	return nil
}

// A disk that stays full is told of once in an hour.
func TestADiskThatStaysFullIsToldOfOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAlmanac(t, "UTC", 390, time.Time{})
		var log logBuffer
		mail := &narrow{until: time.Now().Add(150 * time.Minute)}
		a.account.Mail, a.account.Now, a.account.Log = mail, time.Now, slog.New(slog.NewTextHandler(&log, nil))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.account.Run(ctx) }()
		time.Sleep(3 * time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "the disk is full"); n != 3 || mail.tries < 100 {
			t.Errorf("in %d looks it is told %d times that the disk is full", mail.tries, n)
		}
	})
}

// A run whose end could not be written down, as the disk was full, is ended by the next.
func TestARunThatEndsOnAFullDiskIsEndedLater(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), storetest.Postgres(t), backupRules)
	d.runOnce()
	d.alter("CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$",
		"CREATE TRIGGER full_disk BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION no_space()")
	for range 2 { // the second does not even begin
		if err := d.account.RunOnce(t.Context()); !errors.Is(err, store.ErrFull) {
			t.Fatalf("on a full disk it ends with %v", err)
		}
	}
	d.alter("DROP TRIGGER full_disk ON runs")
	d.runOnce()
	runs, err := d.journal.Runs(t.Context(), store.RunFilter{Account: user})
	if err != nil || len(runs) != 3 {
		t.Fatalf("there are %d runs: %v", len(runs), err)
	}
	for _, r := range runs {
		if r.State != store.RunDone || r.Ended.IsZero() {
			t.Errorf("run %d is %s", r.ID, r.State)
		}
	}
	faulttest.Injected(t, "4", 2)
}
