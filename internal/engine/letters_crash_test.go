package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// The same for letters: a process that is killed anywhere sends none twice. What was
// sent is found in the mailbox; of what is not there nobody can know, and the journal
// says so.

const envLetters = "FOREDESK_TEST_LETTERS" // set, the day is one of letters

const letterDayRules = `version: 1
timezone: Europe/London
rules:
  - name: Tonight
    when: subject contains "tonight"
    do: [{digest: evening}, {file: Later}]
  - name: Ask
    when: subject contains "ask"
    confirm: executive
    do: {label: Asked}
`

// lettersDay handles what is new and what is due, once.
func lettersDay(server, journal string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	set, err := rules.Load("rules.yaml", []byte(letterDayRules), rules.Options{Me: []string{address}})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	box, err := mailAt(server, secret, []string{"INBOX"}, log)
	if err != nil {
		return err
	}
	tools, err := toolsAt(os.Getenv(envPost), os.Getenv(envFiles))
	if err != nil {
		return err
	}
	began, started := time.Time{}, time.Now()
	if began, err = time.Parse(time.RFC3339Nano, os.Getenv(envNow)); err != nil {
		return err
	}
	db, err := store.Open(ctx, journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := engine.Take(ctx, engine.Config{
		Name: user, Mail: wire{box, func() {}, func() {}}, Journal: db, Rules: set, Log: log, Folders: []string{"INBOX"}, Outside: tools, Approvers: approvers,
		Letters: usualLetters(), Now: func() time.Time { return began.Add(time.Since(started)) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Release()) }()
	return a.RunOnce(ctx)
}

// lettersCrash is an evening on which the agenda, late, and a digest are due.
type lettersCrash struct{ *errandCrash }

func newLettersCrash(t *testing.T) *lettersCrash {
	t.Helper()
	d := newDesk(t, startMemory(t, ""), sqlite(t), letterDayRules)
	d.listening, d.calendarNames = startHooks(t), nil
	d.cal = startCalendars(t, time.Date(2026, 11, 30, 18, 0, 0, 0, london))
	d.cal.letters = usualLetters()
	c := &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}
	for _, line := range []string{"run", "at 1.12 17:00", "deliver ask", "deliver tonight-1", "at 1.12 17:35"} {
		c.do(line)
	}
	c.leave()
	return &lettersCrash{&errandCrash{crash{d}, letterDayRules}}
}

func (c *lettersCrash) child(crashAt int) *exec.Cmd {
	c.tools()
	cmd := c.errandCrash.child(crashAt)
	cmd.Env = append(cmd.Env, envLetters+"=1", envNow+"="+c.cal.now().Format(time.RFC3339Nano))
	return cmd
}

func (c *lettersCrash) finish() int {
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
		c.Fatal(err)
	}
	return points
}

// delivered lets what was sent come into the mailbox, each mail once.
func (c *lettersCrash) delivered() { (&aCase{desk: c.desk}).deliverPosted() }

// check looks whether each letter was sent once, or may not have been sent at all and
// the journal says so.
func (c *lettersCrash) check(doubt bool) {
	c.Helper()
	c.take()
	steps, err := c.journal.Steps(c.Context(), store.Filter{Account: user, Rule: engine.LettersRule})
	if err != nil {
		c.Fatal(err)
	}
	sent := map[string]int{}
	for _, l := range c.post.taken() {
		sent[l.subject()]++
	}
	subjects := map[string]string{"agenda": "Tue 1 Dec · no meetings · 1 decision", "digest evening": "Evening digest · Tue 1 Dec · 1 mail"}
	for _, s := range steps {
		n, state := sent[subjects[s.Action]], s.State
		if ok := state == store.Done && n == 1 || doubt && state == store.Uncertain && n == 0; !ok {
			c.Errorf("%s is %s (%s) and was sent %d times", s.Action, s.State, s.Reason, n)
		}
		delete(sent, subjects[s.Action])
	}
	if len(steps) != 2 || len(sent) > 1 || len(sent) == 1 && !doubt {
		c.Errorf("there are %d letters, and besides there was sent %v", len(steps), sent)
	}
	if got, want := c.mailIn(c), "Later: tonight-1"; !strings.Contains(got, want) {
		c.Errorf("there is:\n%s", got)
	}
	c.leave()
}

func TestNoLetterIsSentTwiceInSpiteOfACrashAtAnyJournalWrite(t *testing.T) {
	t.Parallel()
	whole := newLettersCrash(t)
	points := whole.finish()
	whole.check(false)
	if points < 20 {
		t.Fatalf("there are %d fail points, which is too few to be all", points)
	}
	for n := 1; n <= points; n += every {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newLettersCrash(t)
			if out, err := c.child(n).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed\n%s", out)
			}
			c.delivered()
			c.finish()
			c.check(true)
			faulttest.Killed(t, "2", "letters: journal")
		})
	}
}

func TestNoLetterIsSentTwiceInSpiteOfACrashAtAnyStageOfSending(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"MAIL", "RCPT", "DATA", "."} {
		for nth := 1; nth <= 2; nth++ {
			t.Run(stage+" "+strconv.Itoa(nth), func(t *testing.T) {
				t.Parallel()
				c := newLettersCrash(t)
				cmd := c.child(0)
				c.killedAtStage(cmd, stage, nth)
				c.delivered()
				c.finish()
				c.check(true)
				faulttest.Killed(t, "2", "letters: sending")
			})
		}
	}
}

// killedAtStage runs a child that is killed when the mail server comes to a stage for
// the n-th time.
func (c *lettersCrash) killedAtStage(cmd *exec.Cmd, stage string, nth int) {
	c.Helper()
	var mu sync.Mutex
	started := make(chan struct{})
	c.post.mu.Lock()
	c.post.stage = func(at string) {
		mu.Lock()
		defer mu.Unlock()
		if at != stage {
			return
		}
		if nth--; nth == 0 {
			<-started
			_ = cmd.Process.Kill()
		}
	}
	c.post.mu.Unlock()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		c.Fatalf("it was not killed: %v\n%s", err, out.Bytes())
	}
	c.post.mu.Lock()
	c.post.stage = nil
	c.post.mu.Unlock()
}

// A second node that wants the same account is refused, so that it sends nothing.
func TestASecondNodeSendsNoLetters(t *testing.T) {
	d := newDesk(t, startMemory(t, ""), sqlite(t), letterDayRules)
	d.take()
	other, err := store.Open(t.Context(), d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = engine.Take(t.Context(), engine.Config{Name: user, Mail: d.mail(), Journal: other, Rules: d.set, Log: d.logger(), Folders: d.folders, Outside: d.tools(), Letters: usualLetters()})
	if !errors.Is(err, store.ErrOwned) {
		t.Errorf("it is %v", err)
	}
	faulttest.Injected(t, "32", 1)
}
