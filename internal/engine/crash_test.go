package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// A process that is killed can't be one that goes on testing, so the test binary
// runs itself again: with these in its environment it is a foredesk of one account.
const (
	envServer  = "FOREDESK_TEST_SERVER" // host:port of the IMAP server
	envJournal = "FOREDESK_TEST_JOURNAL"
	envCrashAt = "FOREDESK_CRASH_AT" // the fail point at which it kills itself; 0 is none
)

func TestMain(m *testing.M) {
	if os.Getenv(envServer) == "" {
		os.Exit(m.Run())
	}
	crashAt, err := strconv.ParseInt(os.Getenv(envCrashAt), 10, 64)
	var points atomic.Int64
	engine.SetFailPoint(func() {
		if points.Add(1) == crashAt {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill() // SIGKILL
			select {}
		}
	})
	day := workday
	if os.Getenv(envPost) != "" {
		day = errandDay
	}
	if os.Getenv(envLetters) != "" {
		day = lettersDay
	}
	if os.Getenv(envCalendar) != "" {
		day = calendarDay
	}
	if err = errors.Join(err, day(os.Getenv(envServer), os.Getenv(envJournal))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(points.Load())
}

const crashRules = `version: 1
rules:
  - name: Board
    when: subject contains "board"
    do: [{file: Board}, {flag: true}, {label: Waiting}]
  - name: News
    when: subject contains "news"
    do: [{copy: Reading}, {read: true}, {agenda: News}]
`

// workday is all that changes mailboxes: new mail, apply and undo. It can be done
// again from the beginning at any time.
func workday(server, journal string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	set, err := rules.Load("rules.yaml", []byte(crashRules), rules.Options{})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	box, err := mailAt(server, secret, []string{"INBOX"}, log)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := engine.Take(ctx, engine.Config{Name: user, Mail: wire{box, func() {}, func() {}}, Journal: db, Rules: set, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Release()) }()
	if err := a.RunOnce(ctx); err != nil {
		return err
	}
	if _, err := a.Apply(ctx, engine.ApplyArgs{Folders: []string{"Old"}}, nil); err != nil {
		return err
	}
	_, err = a.Undo(ctx, engine.UndoArgs{MessageID: "board-news@partner.example"}, nil)
	return err
}

// crash is one morning: a server with mail, and a journal that knows where the
// inbox ended the evening before.
type crash struct{ *desk }

func newCrash(t *testing.T, can string) *crash {
	t.Helper()
	c := &crash{newDesk(t, startMemory(t, can), sqlite(t), crashRules)}
	if err := c.take().RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.leave()
	h := c.hand(t)
	defer h.close()
	for _, name := range []string{"board", "board-news", "other"} {
		h.put("INBOX", letter(name), time.Now())
		h.put("Old", letter("old-"+name), time.Now())
	}
	return c
}

func (c *crash) child(crashAt int) *exec.Cmd {
	cmd := exec.CommandContext(c.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envServer+"="+c.line.addr(), envJournal+"="+c.dsn, envCrashAt+"="+strconv.Itoa(crashAt))
	return cmd
}

// finish runs a child to its end and returns the number of its fail points.
func (c *crash) finish() int {
	c.Helper()
	var problems bytes.Buffer
	cmd := c.child(0)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		c.Fatalf("the process after the crash: %v\n%s", err, problems.Bytes())
	}
	points, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		c.Fatalf("%v\n%s", err, problems.Bytes())
	}
	return points
}

// state is the mailboxes and the journal, whose lines have no order between runs.
func (c *crash) state() string {
	journal := strings.Split(journalOf(c.T, c.take(), c.journal, "("), "\n")
	slices.Sort(journal)
	return c.mailIn(c) + strings.Join(journal, "\n")
}

const afterTheWorkday = `INBOX: board-news, other
Board: board (\flagged waiting), old-board (\flagged waiting), old-board-news (\flagged \seen waiting)
Old: old-other
Reading: old-board-news (\flagged \seen waiting)

board-news: Board / file: undone
board-news: Board / flag: undone
board-news: Board / label Waiting: undone
board-news: News / agenda News: undone
board-news: News / copy Reading: undone
board-news: News / read: undone
board-news: undo Board / file: done
board-news: undo Board / flag: done
board-news: undo Board / label Waiting: done
board-news: undo News / agenda News: done
board-news: undo News / copy Reading: done
board-news: undo News / read: done
board: Board / file: done
board: Board / flag: done
board: Board / label Waiting: done
old-board-news: Board / file: done
old-board-news: Board / flag: done
old-board-news: Board / label Waiting: done
old-board-news: News / agenda News: done
old-board-news: News / copy Reading: done
old-board-news: News / read: done
old-board: Board / file: done
old-board: Board / flag: done
old-board: Board / label Waiting: done`

func (c *crash) check() {
	c.Helper()
	if got := c.state(); got != afterTheWorkday {
		c.Errorf("got:\n%s\nwant:\n%s", got, afterTheWorkday)
	}
}

// A process that is killed before or after any write to the journal, and started
// again, ends as one that was left alone.
func TestACrashAtAnyJournalWrite(t *testing.T) {
	t.Parallel()
	whole := newCrash(t, "uidplus")
	points := whole.finish()
	whole.check()
	if points < 20 {
		t.Fatalf("there are %d fail points, which is too few to be all", points)
	}
	for n := 1; n <= points; n += every {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newCrash(t, "uidplus")
			if out, err := c.child(n).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed\n%s", out)
			}
			c.finish()
			c.check()
			faulttest.Killed(t, "2", "mail: journal")
		})
	}
}

// The same before each command that changes something has reached the server, and
// before its answer has come back; with MOVE, and with what is done without it.
func TestACrashAtAnyRemoteCommand(t *testing.T) {
	t.Parallel()
	for _, can := range []string{"", "uidplus"} {
		t.Run("server "+can, func(t *testing.T) {
			t.Parallel()
			whole := newCrash(t, can)
			commands := whole.countChanges()
			whole.finish()
			whole.check()
			for n := 0; n < 2**commands; n += every {
				t.Run(strconv.Itoa(n+1), func(t *testing.T) {
					t.Parallel()
					c := newCrash(t, can)
					at := c.killedAtChange(n/2+1, n%2 == 1)
					c.finish()
					c.check()
					faulttest.Killed(t, "2", "mail: commands")
					if at == "EXPUNGE" && n%2 == 0 {
						faulttest.Injected(t, "7", 1)
					}
				})
			}
		})
	}
}

var changing = []string{"MOVE", "COPY", "STORE", "EXPUNGE", "CREATE", "SUBSCRIBE"}

func (c *crash) countChanges() *int {
	n := new(int)
	c.line.watch(func(command string, answered bool) bool {
		if slices.Contains(changing, command) && !answered {
			*n++
		}
		return false
	})
	return n
}

// killedAtChange runs a child and kills it at the n-th command that changes
// something, which it returns.
func (c *crash) killedAtChange(n int, answered bool) (at string) {
	c.Helper()
	var out bytes.Buffer
	cmd := c.child(0)
	cmd.Stdout, cmd.Stderr = &out, &out
	seen, started := 0, make(chan struct{})
	c.line.watch(func(command string, was bool) bool {
		if was != answered || !slices.Contains(changing, command) {
			return false
		}
		seen++
		if seen == n {
			at = command
			<-started
			_ = cmd.Process.Kill()
		}
		return seen >= n
	})
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		c.Fatalf("it was not killed: %v\n%s", err, out.Bytes())
	}
	c.line.watch(nil)
	return at
}
