package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"slices"
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

// The same for what happens outside the folders, and for what comes back: a process
// that is killed anywhere sends no mail twice, and does all else once.

const (
	envPost  = "FOREDESK_TEST_POST"  // host:port of the SMTP server; set, the day is one of errands
	envFiles = "FOREDESK_TEST_FILES" // the folder for files
	envRules = "FOREDESK_TEST_RULES"
)

const errandRules = `version: 1
rules:
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: [{forward: ben@other.example}, {file: Sent on}]
  - name: Away
    when: subject contains "away"
    irreversible: ok
    do: {reply: absent}
  - name: Nudge
    when: subject contains "nudge"
    do: {draft: nudge}
  - name: Keep
    when: subject contains "keep"
    irreversible: ok
    do: [{extract: {to: list.csv, fields: {what: "{subject}"}}}, {mute: true}, {webhook: "{hooks}"}]
  - name: Later
    when: subject contains "later"
    do: {snooze: 3d}
  - name: Ask
    when: subject contains "ask"
    confirm: assistant
    do: {label: Asked}
  - name: Again
    when: subject contains "again"
    run: daily at 03:17
    do: {label: Again}
`

// errandDay handles what is new and what is due, once.
func errandDay(server, journal string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	set, err := rules.Load("rules.yaml", []byte(os.Getenv(envRules)), rules.Options{Templates: templates})
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
	db, err := store.Open(ctx, journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := engine.Take(ctx, engine.Config{
		Name: user, Mail: wire{box, func() {}, func() {}}, Journal: db, Rules: set, Log: log, Folders: []string{"INBOX"},
		Outside: tools, Approvers: approvers,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Release()) }()
	return a.RunOnce(ctx)
}

// errandCrash is a morning with mail that asks for errands, a snoozed mail that is
// due, an answer to what waited, and a schedule whose time has come.
type errandCrash struct {
	crash
	text string // of the rules
}

func newErrandCrash(t *testing.T) *errandCrash {
	t.Helper()
	listening := startHooks(t)
	text := strings.ReplaceAll(errandRules, "{hooks}", listening.url)
	c := &errandCrash{crash{newDesk(t, startMemory(t, ""), sqlite(t), text)}, text}
	c.listening = listening
	c.deliver("again")
	c.runOnce()
	c.deliver("later", "ask")
	c.runOnce()
	c.pass(3 * time.Minute)
	c.runOnce()
	c.leave()
	c.pass(96 * time.Hour)
	c.deliver("fwd", "away", "nudge", "keep", "later-2")
	(&aCase{desk: c.desk}).answerAs([]string{assistant, "approve all"})
	return c
}

func (c *errandCrash) child(crashAt int) *exec.Cmd {
	cmd := c.crash.child(crashAt)
	cmd.Env = append(cmd.Env, envPost+"="+c.post.addr, envFiles+"="+c.kept, envRules+"="+c.text)
	return cmd
}

func (c *errandCrash) finish() int {
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

// check looks whether all was done once, and what was sent at most once: where it
// can't be known, the journal says so.
func (c *errandCrash) check() {
	c.Helper()
	c.take()
	steps, err := c.journal.Steps(c.Context(), store.Filter{Account: user})
	if err != nil {
		c.Fatal(err)
	}
	sent := map[string]int{}
	for _, l := range c.post.taken() {
		sent[l.field("Subject")]++
	}
	subjects := map[string]string{"forward": "Fwd: fwd", "reply": "Re: away"}
	for _, s := range steps {
		subject, sends := subjects[s.Action]
		n := sent[subject]
		switch {
		case s.State == store.Planned && s.NotBefore.After(time.Now()): // later-2 comes back another day
		case !sends && s.State != store.Done:
			c.Errorf("%s / %s is %s (%s)", s.Rule, s.Action, s.State, s.Reason)
		case sends && s.State != store.Done && s.State != store.Uncertain, sends && n > 1, sends && s.State == store.Done && n != 1:
			c.Errorf("%s / %s is %s (%s) and was sent %d times", s.Rule, s.Action, s.State, s.Reason, n)
		}
	}
	if len(steps) != 16 {
		c.Errorf("there are %d steps, want 16:\n%s", len(steps), journalOf(c.T, c.account, c.journal, "("))
	}
	lines := slices.DeleteFunc(strings.Split(c.mailIn(c), "\n"), func(line string) bool { return strings.HasPrefix(line, "Sent:") })
	const want = "INBOX: again (again), ask (asked), away, keep, later, nudge\nArchive: answer-1\nDrafts: <Re: nudge> (\\draft \\seen)\nSent on: fwd\nSnoozed: later-2\n"
	if got := strings.Join(lines, "\n"); got != want {
		c.Errorf("there is:\n%s\nwant:\n%s", got, want)
	}
	if kept := (&aCase{desk: c.desk}).keptFiles(); strings.Count(kept, "keep,") != 1 {
		c.Errorf("what was kept is %s", kept)
	}
	if made := (&aCase{desk: c.desk}).callsMade(); !strings.HasSuffix(made, " 1 ids") {
		c.Errorf("the web was called: %s", made)
	}
}

func TestErrandsAreDoneOnceInSpiteOfACrashAtAnyJournalWrite(t *testing.T) {
	t.Parallel()
	whole := newErrandCrash(t)
	points := whole.finish()
	whole.check()
	if points < 40 {
		t.Fatalf("there are %d fail points, which is too few to be all", points)
	}
	for n := 1; n <= points; n += every {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newErrandCrash(t)
			if out, err := c.child(n).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed\n%s", out)
			}
			c.finish()
			c.check()
			faulttest.Killed(t, "2", "errands: journal")
		})
	}
}

func TestNoMailIsSentTwiceInSpiteOfACrashAtAnyStageOfSending(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"MAIL", "RCPT", "DATA", "."} {
		for nth := 1; nth <= 2; nth++ {
			t.Run(stage+" "+strconv.Itoa(nth), func(t *testing.T) {
				t.Parallel()
				c := newErrandCrash(t)
				c.killedAt(func(kill func()) {
					left := nth
					var mu sync.Mutex
					c.post.mu.Lock()
					defer c.post.mu.Unlock()
					c.post.stage = func(at string) {
						mu.Lock()
						defer mu.Unlock()
						if at != stage {
							return
						}
						if left--; left == 0 {
							kill()
						}
					}
				})
				c.finish()
				c.check()
				faulttest.Killed(t, "2", "errands: sending")
			})
		}
	}
}

func TestErrandsAreDoneOnceInSpiteOfACrashAtAnyRemoteCommand(t *testing.T) {
	t.Parallel()
	writing := append([]string{"APPEND"}, changing...)
	whole, commands := newErrandCrash(t), 0
	whole.line.watch(func(command string, answered bool) bool {
		if slices.Contains(writing, command) && !answered {
			commands++
		}
		return false
	})
	whole.finish()
	whole.check()
	for n := 0; n < 2*commands; n += every {
		t.Run(strconv.Itoa(n+1), func(t *testing.T) {
			t.Parallel()
			c := newErrandCrash(t)
			c.killedAt(func(kill func()) {
				seen := 0
				c.line.watch(func(command string, answered bool) bool {
					if answered != (n%2 == 1) || !slices.Contains(writing, command) {
						return false
					}
					if seen++; seen == n/2+1 {
						kill()
					}
					return seen >= n/2+1
				})
			})
			c.line.watch(nil)
			c.finish()
			c.check()
			faulttest.Killed(t, "2", "errands: commands")
		})
	}
}

// killedAt runs a child that is killed where watch calls kill.
func (c *errandCrash) killedAt(watch func(kill func())) {
	c.Helper()
	var out bytes.Buffer
	cmd := c.child(0)
	cmd.Stdout, cmd.Stderr = &out, &out
	started := make(chan struct{})
	watch(func() {
		<-started
		_ = cmd.Process.Kill()
	})
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
