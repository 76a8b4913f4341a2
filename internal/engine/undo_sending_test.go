package engine_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

const sendsOn = `version: 1
rules:
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: {forward: ben@other.example}
`

// A mail that a person takes back while it is being sent is not said to be taken back:
// the server may have it. Where the server puts it off, undo once more keeps it for good.
func TestUndoWhileAMailIsBeingSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), sendsOn)
	d.runOnce()
	d.post.answers("later")
	reached, goOn := make(chan struct{}), make(chan struct{})
	var first sync.Once
	d.post.stage = func(stage string) {
		if stage == "MAIL" {
			first.Do(func() { close(reached); <-goOn })
		}
	}
	d.run(d.account)
	d.deliver("fwd-1")
	<-reached
	if r := d.askUndo(); r.State != store.RunInterrupted || !strings.Contains(r.Message, "being sent or done") {
		t.Errorf("undo ended %s: %q", r.State, r.Message)
	}
	close(goOn)
	d.until(func() bool { return d.steps()[0].State == store.Planned })
	if r := d.askUndo(); r.State != store.RunDone {
		t.Errorf("undo, again, ended %s: %q", r.State, r.Message)
	}
	if s := d.steps()[0]; s.State != store.Failed || s.Reason != store.TakenBackFirst {
		t.Errorf("the mail is %s (%s)", s.State, s.Reason)
	}
}

// askUndo asks the process at work to take back what the rule did, and waits.
func (d *desk) askUndo() store.Run {
	d.Helper()
	run, err := d.journal.Request(d.Context(), store.Run{Account: user, Kind: store.KindUndo, Args: []byte(`{"rule": "Send on"}`), Started: time.Now()})
	if err != nil {
		d.Fatal(err)
	}
	var r store.Run
	d.until(func() bool {
		r, err = d.journal.Run(d.Context(), run)
		return err == nil && (r.State == store.RunDone || r.State == store.RunInterrupted || r.State == store.RunFailed)
	})
	return r
}

// A journal that stands still for seconds, as another program holds its lock, is waited
// for: what the mail server has accepted is written down, and nothing ends.
func TestAJournalThatStandsStill(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), sendsOn)
	d.runOnce()
	d.post.stage = func(stage string) {
		if stage != "." {
			return
		}
		db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(d.dsn, "sqlite:")+"?_txlock=immediate&_pragma=busy_timeout(10000)")
		if err != nil {
			t.Error(err)
			return
		}
		lock, err := db.Begin()
		if err != nil {
			t.Error(err)
			return
		}
		time.AfterFunc(5*time.Second, func() { lock.Rollback(); db.Close() })
	}
	d.deliver("fwd-1")
	d.runOnce()
	if s := d.steps(); len(s) != 1 || s[0].State != store.Done {
		t.Errorf("what was accepted stands as %v", s)
	}
}

// Where undoWhen of a rule on events comes to hold while the rule tells somebody, what
// else it did is taken back, and the account goes on.
func TestUndoWhenWhileARuleOnEventsTellsSomebody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), "version: 1\nrules: []\n")
	d.listening, d.calendarNames, d.cal = startHooks(t), []string{"primary"}, startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
	hold := make(chan struct{})
	d.listening.hold = hold
	d.set = loadRules(t, strings.ReplaceAll(`version: 1
timezone: Europe/London
workHours: Mon-Fri 08:00-18:00
rules:
  - name: Tell
    on: event
    when: event.external and event.response != "declined"
    undoWhen: event.response == "declined"
    do: [{notify: "{hooks}/in"}, {color: grape}]
`, "{hooks}", d.listening.url))
	c := &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}
	c.do("run")
	c.start()
	c.do("event Pitch 3.12 15:00 1h from=ben@partner.example")
	colour := func(state store.State) bool {
		return slices.ContainsFunc(d.steps(), func(s store.Step) bool { return s.Op.Do == "color" && s.State == state })
	}
	c.until(func() bool { return len(d.listening.called()) > 0 && colour(store.Done) })
	c.do("guest Pitch me declined")
	c.until(func() bool { return colour(store.Undone) })
	close(hold)
	c.stop()
}

// killed leaves what waits as a process does that is killed while it does it.
func (c *aCase) killed() {
	c.Helper()
	c.take()
	var ids []int64
	for _, s := range c.steps() {
		if s.State == store.Planned {
			ids = append(ids, s.ID)
		}
	}
	c.leave()
	journal, err := store.Open(c.Context(), c.dsn)
	if err != nil {
		c.Fatal(err)
	}
	own, err := journal.Own(c.Context(), user)
	if err != nil {
		c.Fatal(err)
	}
	if err := errors.Join(own.Start(c.Context(), ids), own.Release(), journal.Close()); err != nil {
		c.Fatal(err)
	}
}
