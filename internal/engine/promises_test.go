package engine_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
)

// Promises for which a script is the wrong form.

const boardRules = `version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: {file: Board}
`

func (d *desk) deliver(names ...string) {
	d.Helper()
	h := d.hand(d)
	defer h.close()
	for _, name := range names {
		h.put("INBOX", letter(name), time.Now())
	}
}

func (d *desk) wantMail(want string) {
	d.Helper()
	if got := d.mailIn(d); got != want {
		d.Errorf("there is:\n%s\nwant:\n%s", got, want)
	}
}

// database opens the database file behind the journal's back. While the account
// writes it waits its turn.
func (d *desk) database() *sql.DB {
	d.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(d.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { db.Close() })
	return db
}

func (d *desk) sql(text string) {
	d.Helper()
	if _, err := d.database().ExecContext(d.Context(), text); err != nil {
		d.Fatal(err)
	}
}

// How far a folder has been seen and what is to be done there are written
// together: where the plan can't be, the cursor is not, and nothing is touched.
func TestTheCursorMovesOnlyWithThePlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	a := d.take()
	if err := a.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.sql(`CREATE TRIGGER full BEFORE INSERT ON steps BEGIN SELECT RAISE(ABORT, 'no more steps'); END`)
	d.deliver("board-1", "board-2")
	before, _, _ := d.journal.Cursor(t.Context(), user, "INBOX")
	if err := a.RunOnce(t.Context()); err == nil {
		t.Error("a journal that can't be written is no error")
	}
	if after, _, _ := d.journal.Cursor(t.Context(), user, "INBOX"); after != before {
		t.Errorf("the cursor moved from %+v to %+v without its plan", before, after)
	}
	d.wantMail("INBOX: board-1, board-2\n")
	d.sql(`DROP TRIGGER full`)
	if err := a.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.wantMail("Board: board-1, board-2\n")
}

// A process whose account has been taken over writes nothing and touches no mail
// any more, and ends.
func TestAnOwnerThatWasReplacedStops(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := d.take().RunOnce(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.account.Run(ctx) }()
	for state := store.RunState(""); state != store.RunRunning; {
		runs, err := d.journal.Runs(ctx, store.RunFilter{Account: user, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		state = runs[0].State
	}
	d.sql(`UPDATE accounts SET epoch = epoch + 1`)
	d.deliver("board")
	if err := <-ended; !errors.Is(err, store.ErrLostOwnership) {
		t.Errorf("Run returned %v, want ErrLostOwnership", err)
	}
	d.wantMail("INBOX: board\n")
	faulttest.Injected(t, "32", 1)
}

func TestASecondOwnerIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	d.take()
	second, err := store.Open(t.Context(), d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for name, journal := range map[string]*store.Store{"in this process": d.journal, "in another": second} {
		_, err = engine.Take(t.Context(), engine.Config{Name: user, Mail: d.mail(), Journal: journal, Rules: d.set, Log: d.logger()})
		if !errors.Is(err, store.ErrOwned) {
			t.Errorf("%s: Take returned %v, want ErrOwned", name, err)
		}
	}
	d.leave()
	d.take()
	faulttest.Injected(t, "32", 2)
}

// silent is a server that accepts connections and never says a word.
func silent(t *testing.T) (addr string, called <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls := make(chan struct{}, 100)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			calls <- struct{}{}
			serving.Go(func() {
				io.Copy(io.Discard, conn)
				conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return listener.Addr().String(), calls
}

// An account whose server never answers does not hold up another one in the same
// process and journal.
func TestASilentServerDelaysNobodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	d.take()
	addr, called := silent(t)
	other, err := engine.Take(t.Context(), engine.Config{
		Name: "other", Mail: wire{newMail(t, addr, "", []string{"INBOX"}, d.logger(), nil), func() {}, func() {}},
		Journal: d.journal, Rules: d.set, Log: d.logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waited := make(chan struct{})
	waiting.Go(func() {
		defer close(waited)
		if err := other.Run(ctx); err != nil {
			t.Errorf("Run of the silent one returned %v", err)
		}
	})
	<-called
	for range 3 {
		if err := d.account.RunOnce(ctx); err != nil {
			t.Error(err)
		}
		d.deliver("board")
	}
	select {
	case <-waited:
		t.Error("the silent one did not wait, so nothing was shown")
	default:
	}
	d.wantMail("INBOX: board\nBoard: board, board\n")
	cancel()
	waiting.Wait()
	if err := other.Release(); err != nil {
		t.Error(err)
	}
}

// Of confidential mail the journal keeps what it needs to find the message and
// nothing that it says: not its subject, not its sender, no fact.
func TestConfidentialMailLeavesNoWordInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Secrets
    when: [confidential, subject contains "merger", from.domain == "counsel.example", 'hasFile("*.pdf") or size > 1']
    do: [{file: Vault}, {flag: purple}, {agenda: Private}]
`)
	if err := d.take().RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := d.hand(t)
	h.put("INBOX", eml("secret", `From: Vera Quillfeather <vera@counsel.example>
To: dana@acme.example
Subject: merger with Zanzibarco
Message-ID: <7f3a@host.example>
Sensitivity: company-confidential

Hello
`), time.Now())
	h.close()
	if err := d.account.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.mailIn(d); !strings.HasPrefix(got, "Vault: secret") {
		t.Fatalf("there is %s", got)
	}
	if _, err := d.account.Undo(t.Context(), engine.UndoArgs{Rule: "Secrets"}, nil); err != nil {
		t.Fatal(err)
	}
	d.wantMail("INBOX: secret\n")
	files, _ := filepath.Glob(strings.TrimPrefix(d.dsn, "sqlite:") + "*") // with -wal and -shm
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"zanzibarco", "merger with", "vera", "quillfeather", "counsel.example"} {
			if bytes.Contains(bytes.ToLower(data), []byte(word)) {
				t.Errorf("%s holds %q", filepath.Base(file), word)
			}
		}
	}
	for _, word := range []string{"zanzibarco", "vera"} {
		if strings.Contains(strings.ToLower(d.log.String()), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

// Which set of rules acted stands with each step, also when the set was replaced
// between two messages.
func TestTheJournalSaysWhichRulesActed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	second := loadRules(t, strings.Replace(boardRules, "file: Board", "file: Directors", 1))
	a := d.take()
	for _, do := range []func(){func() {}, func() { d.deliver("board-1") }, func() { a.UseRules(second); d.deliver("board-2") }} {
		do()
		if err := a.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := d.journal.Steps(t.Context(), store.Filter{Account: user})
	if err != nil || len(steps) != 2 {
		t.Fatalf("the steps are %+v: %v", steps, err)
	}
	if steps[0].RulesHash != d.set.Hash || steps[1].RulesHash != second.Hash {
		t.Errorf("the sets are %s and %s, want %s and %s", steps[0].RulesHash, steps[1].RulesHash, d.set.Hash, second.Hash)
	}
	d.wantMail("Board: board-1\nDirectors: board-2\n")
}

// An apply stops when the rules are replaced under it: mail that is read for the
// new rules lacks facts that the old ones look at, and they would be silently
// false. The same command goes on with the new rules.
func TestAnApplyWhoseRulesAreReplacedStops(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules+`  - name: Team
    when: header("X-Team") == "red"
    do: {label: Team}
`)
	fewer := loadRules(t, boardRules)
	h := d.hand(t)
	h.make("Old")
	h.put("INBOX", letter("board-1"), time.Now())
	h.put("Old", letter("board-2"), time.Now())
	h.close()
	a, args := d.take(), engine.ApplyArgs{Folders: []string{"INBOX", "Old"}}
	_, err := a.Apply(t.Context(), args, func(int64, int64) { a.UseRules(fewer) })
	if err == nil || !strings.Contains(err.Error(), "rules were changed") {
		t.Errorf("apply ended with %v", err)
	}
	if _, err := a.Apply(t.Context(), args, nil); err != nil {
		t.Error(err)
	}
	d.wantMail("Board: board-1, board-2\n")
}

// An apply that another process asks for follows the rules that it was asked by, which
// were saved just before: they are waited for.
func TestAnApplyIsDoneByTheRulesItWasAskedBy(t *testing.T) {
	t.Parallel()
	for name, journal := range map[string]func(testing.TB) string{"SQLite": sqlite, "PostgreSQL": func(t testing.TB) string { return postgres(t)(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, startMemory(t, ""), journal(t), boardRules)
			saved := loadRules(t, strings.Replace(boardRules, "file: Board", "file: Directors", 1))
			d.deliver("board")
			d.runOnce() // it was there before
			d.run(d.account)
			run, err := d.journal.Request(t.Context(), store.Run{
				Account: user, Kind: store.KindApply, Args: []byte(`{"folders": ["INBOX"]}`), RulesHash: saved.Hash, Started: time.Now(),
			})
			if err != nil {
				t.Fatal(err)
			}
			ended := func() bool {
				r, err := d.journal.Run(t.Context(), run)
				return err == nil && !r.Ended.IsZero()
			}
			d.until(func() bool { return ended() || strings.Contains(d.log.String(), "waits for the rules") })
			d.account.UseRules(saved)
			d.until(ended)
			d.wantMail("Directors: board\n")
		})
	}
}

// An undo that another process asks for is taken up by the one that watches.
func TestTheOwnerDoesWhatOthersAskFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), boardRules)
	if err := d.take().RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.deliver("board")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.account.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	d.until(func() bool { return d.mailIn(d) == "Board: board\n" })
	run, err := d.journal.Request(ctx, store.Run{Account: user, Kind: store.KindUndo, Args: []byte(`{"rule": "Board"}`), Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	d.until(func() bool {
		r, err := d.journal.Run(ctx, run)
		return err == nil && r.State == store.RunDone
	})
	d.wantMail("INBOX: board\n")
}

// until waits for something that must become true.
func (d *desk) until(holds func() bool) {
	d.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			d.Fatal("it did not come true in a minute")
		}
	}
}
