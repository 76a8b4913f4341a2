package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// interrupted is a calendar to which something happens just before a change.
type interrupted struct {
	engine.Calendar
	before *func()
}

// Do implements engine.Calendar.
func (i interrupted) Do(ctx context.Context, c datebook.Change) datebook.Outcome {
	once(i.before)
	return i.Calendar.Do(ctx, c)
}

// beginOf is when the clock of a case begins.
func beginOf(t *testing.T, archive *txtar.Archive) time.Time {
	t.Helper()
	for _, f := range archive.Files {
		if f.Name == "begin" {
			at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimSpace(string(f.Data)), london)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
	}
	return time.Date(2026, 11, 30, 8, 0, 0, 0, london)
}

// aroundCalendars are what happens around the calendars of a case.
func aroundCalendars() map[string]func(c *aCase, args []string) {
	return map[string]func(c *aCase, args []string){
		"follow": func(c *aCase, args []string) {
			c.leave()
			c.calendarNames = args
		},
		"before-change": func(c *aCase, args []string) { c.cal.change = func() { events[args[0]](c, args[1:]) } },
		"another":       func(c *aCase, args []string) { c.another(strings.Join(args, " ")) },
		"nowhere":       func(c *aCase, args []string) { c.nowhere(strings.Join(args, " ")) },
	}
}

// another does a command with a second foredesk.
func (c *aCase) another(command string) {
	c.Helper()
	if c.second == nil {
		c.second = newDesk(c.T, c.imapServer, sqlite(c.T), c.rulesText("rules.yaml"))
		c.second.listening, c.second.cal, c.second.calendarNames = c.listening, c.cal, c.calendarNames
	}
	first := c.desk
	c.desk = c.second
	defer func() { c.desk = first }()
	c.do(command)
}

// nowhere fails if a text stands in what the journal keeps of steps and items, or
// in the log. What the mirror keeps is the store's to test.
func (c *aCase) nowhere(text string) {
	c.Helper()
	c.take()
	steps, err := c.journal.Steps(c.Context(), store.Filter{Account: user})
	c.must(err)
	written, err := json.Marshal(steps)
	c.must(err)
	for where, all := range map[string]string{"journal": string(written), "log": c.log.String()} {
		if strings.Contains(strings.ToLower(all), strings.ToLower(text)) {
			c.Errorf("%q stands in the %s", text, where)
		}
	}
	if open, err := c.journal.OpenOps(c.Context(), user, c.now()); err != nil || len(open) > 0 && open[0].Kind == mailbox.Event {
		c.Errorf("something is left to be done on the calendar: %v %v", open, err)
	}
}

// soon waits until the calendars are as wanted.
func (c *aCase) soon(want string) {
	c.Helper()
	lines := strings.Split(want, indent)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	want = strings.TrimSpace(strings.Join(lines, "\n"))
	late, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for strings.TrimSpace(c.eventLines()) != want {
		select {
		case <-tick.C:
		case <-late:
			c.Fatalf("after 20 s there is\n%s\nwant\n%s", c.eventLines(), want)
		}
	}
}
