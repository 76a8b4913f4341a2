package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// The same for what is done on calendars: a process that is killed anywhere makes no
// event twice, tells no guest twice, and finds the same times as one that was left
// alone.

const (
	envCalendar = "FOREDESK_TEST_CALENDAR" // where the calendar's API is; set, the day is one of it
	envToken    = "FOREDESK_TEST_TOKEN"
	envNow      = "FOREDESK_TEST_NOW" // when the process begins, by the clock of the case
)

const calendarDayRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 08:00-18:00
rules:
  - name: Air
    on: event
    when: event.title contains "visit"
    do: [{buffer: {after: 10m}}, {color: grape}, {tag: outside}, {agenda: Visits}]
  - name: Mark
    on: event
    when: event.title contains "mark"
    do: [{buffer: {before: 10m}}, {color: sage}, {tag: marked}]
  - name: Prepare
    on: event
    when: event.title contains "pitch"
    do: [{prep: {before: 2h, length: 30m}}, {buffer: {after: 15m}}]
  - name: Yes
    on: event
    when: event.title contains "ask" and event.response == "needsAction"
    irreversible: ok
    do: {respond: accept}
  - name: No
    on: event
    when: event.title contains "say" and event.response == "needsAction"
    irreversible: ok
    do: {respond: {answer: decline, comment: "Could we do {alternative}?"}}
  - name: Clashes
    on: event
    when: len(event.conflicts) > 0 and event.mine and event.title contains "work"
    irreversible: ok
    do: {fix: conflict}
  - name: Check-in
    on: day
    when: day.ahead == 1 and weekday == "tuesday"
    irreversible: ok
    do: {schedule: {title: Check-in, on: free, length: 30m, between: "14:00-17:00", guests: sam@acme.example, tell: yes, movable: yes}}
  - name: Read
    when: subject contains "pack"
    irreversible: ok
    do: {schedule: {title: "Read: {subject}", on: free, length: 45m, guests: ann@other.example, tell: yes}}
  - name: Offer
    when: subject contains "meet"
    do: {propose: {slots: 2, length: 30m, hold: true, expire: 3d}}
`

// calendarDay handles what is new and what is due, and takes a rule's effects back.
// With rules of its own it is a day with letters.
func calendarDay(server, journal string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	text, letters := calendarDayRules, (*engine.Letters)(nil)
	if own := os.Getenv(envRules); own != "" {
		text, letters = own, usualLetters()
	}
	set, err := rules.Load("rules.yaml", []byte(text), rules.Options{Me: []string{address}, Templates: templates})
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
	client, err := calendar.New(ctx, calendar.Config{
		Endpoint: os.Getenv(envCalendar), Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: os.Getenv(envToken)}), Calendars: []string{"primary"},
	}, log)
	if err != nil {
		return err
	}
	defer client.Close(ctx)
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
		Letters:  letters,
		Calendar: &engine.Calendars{Calendar: client, Poll: time.Minute, Version: "test"},
		Now:      func() time.Time { return began.Add(time.Since(started)) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Release()) }()
	for range 2 { // what was made of mail is looked after the second time
		if err := a.RunOnce(ctx); err != nil {
			return err
		}
	}
	_, err = a.Undo(ctx, engine.UndoArgs{Rule: "Mark"}, nil)
	return err
}

// calendarCrash is a morning after which much is to be done on the calendar.
type calendarCrash struct {
	*aCase
	rules   string // empty: calendarDayRules
	proxy   *httptest.Server
	request atomic.Pointer[func(before bool)] // is called around each request of the child
}

func newCalendarCrash(t *testing.T) *calendarCrash {
	t.Helper()
	d := newDesk(t, startMemory(t, ""), sqlite(t), calendarDayRules)
	d.listening, d.calendarNames = startHooks(t), []string{"primary"}
	d.cal = startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
	c := &calendarCrash{aCase: &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}}
	for _, line := range []string{
		"event Busy 30.11 8:00 10h", "run",
		"event Pitch 3.12 15:00 1h from=ben@partner.example", "event Mark_this 4.12 10:00 30m", "deliver meet-1", "run", "run",
		"event New_visit 2.12 10:00 30m from=ben@partner.example", "event Please_ask 2.12 12:00 30m from=ben@partner.example",
		"event Say_so 2.12 13:00 30m from=pat@acme.example", "event Crisis 1.12 14:00 60m from=ben@partner.example mine=accepted",
		"event Work 4.12 14:00 30m guests=sam@acme.example", "event Visit_us 4.12 14:00 30m from=ben@partner.example mine=accepted",
		"event With_Ben 1.12 8:00 30m from=ben@partner.example mine=accepted", "edit-event Pitch time=3.12/16:30",
		"deliver pack", "deliver meet-2",
	} {
		c.do(line)
	}
	c.leave()
	c.startProxy()
	return c
}

// startProxy puts something between the child and the calendar that can kill it.
func (c *calendarCrash) startProxy() {
	to, err := url.Parse(c.cal.server.Endpoint())
	c.must(err)
	to.Path = ""
	proxy := httputil.NewSingleHostReverseProxy(to)
	c.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		around := c.request.Load()
		if around == nil {
			proxy.ServeHTTP(w, r)
			return
		}
		(*around)(true)
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		(*around)(false)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	}))
	c.Cleanup(c.proxy.Close)
}

func (c *calendarCrash) child(crashAt int) *exec.Cmd {
	c.tools()
	cmd := (&crash{c.desk}).child(crashAt)
	cmd.Env = append(cmd.Env, envPost+"="+c.post.addr, envFiles+"="+c.kept, envCalendar+"="+c.proxy.URL+"/calendar/v3/",
		envToken+"="+c.cal.server.Token(), envNow+"="+c.cal.now().Format(time.RFC3339Nano), envRules+"="+c.rules)
	return cmd
}

// finish runs a child to its end and returns the number of its fail points.
func (c *calendarCrash) finish() int {
	c.Helper()
	var problems bytes.Buffer
	cmd := c.child(0)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		c.Fatalf("the process after the crash: %v\n%s", err, problems.Bytes())
	}
	points, err := strconv.Atoi(strings.TrimSpace(string(out)))
	c.must(err)
	if c.Failed() {
		c.Logf("%s", problems.Bytes())
	}
	return points
}

// state is the calendar, who was told, the mailbox and the journal, whose lines
// have no order between runs.
func (c *calendarCrash) state() string {
	c.Helper()
	journal := strings.Split(journalOf(c.T, c.take(), c.journal, ""), "\n")
	slices.Sort(journal)
	told := strings.Split(c.mailsByCalendar(), "\n")
	slices.Sort(told)
	defer c.leave()
	return c.eventLines() + strings.Join(told, "\n") + "\n" + c.mailIn(c) + strings.Join(journal, "\n")
}

// undisturbed is how the day ends where nothing crashes, and that it stays so.
func undisturbed(t *testing.T, start func(*testing.T) *calendarCrash) (state string, points, requests int) {
	t.Helper()
	c := start(t)
	var n atomic.Int64
	count := func(before bool) {
		if before {
			n.Add(1)
		}
	}
	c.request.Store(&count)
	points = c.finish()
	state, requests = c.state(), int(n.Load())
	c.finish()
	if again := c.state(); again != state {
		t.Errorf("a second day changes something:\n%s\nwas:\n%s", again, state)
	}
	return state, points, requests
}

func (c *calendarCrash) check(want string) {
	c.Helper()
	if got := c.state(); got != want {
		c.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestTheCalendarIsTheSameAfterACrashAtAnyJournalWrite(t *testing.T) {
	t.Parallel()
	want, points, _ := undisturbed(t, newCalendarCrash)
	if points < 80 {
		t.Fatalf("there are %d fail points, which is too few to be all", points)
	}
	if !strings.Contains(want, afterTheCalendarDay) {
		t.Fatalf("the day ends otherwise:\n%s\nwant:\n%s", want, afterTheCalendarDay)
	}
	for n := 1; n <= points; n += every {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newCalendarCrash(t)
			if out, err := c.child(n).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed\n%s", out)
			}
			c.finish()
			c.check(want)
			faulttest.Killed(t, "2", "calendar: journal")
		})
	}
}

func TestTheCalendarIsTheSameAfterACrashAtAnyRequest(t *testing.T) {
	t.Parallel()
	want, _, requests := undisturbed(t, newCalendarCrash)
	for n := 0; n < 2*requests; n += every {
		t.Run(strconv.Itoa(n+1), func(t *testing.T) {
			t.Parallel()
			c := newCalendarCrash(t)
			c.killedAtRequest(n/2+1, n%2 == 0)
			c.finish()
			c.check(want)
			faulttest.Killed(t, "2", "calendar: requests")
		})
	}
}

// killedAtRequest runs a child that is killed before its n-th request reaches the
// calendar, or before the answer comes back.
func (c *calendarCrash) killedAtRequest(n int, before bool) {
	c.Helper()
	var out bytes.Buffer
	cmd := c.child(0)
	cmd.Stdout, cmd.Stderr = &out, &out
	started, ended := make(chan struct{}), make(chan struct{})
	var seen atomic.Int64
	kill := func(is bool) {
		if is == before && int(seen.Add(1)) == n {
			<-started
			_ = cmd.Process.Kill()
			<-ended
			panic(http.ErrAbortHandler) // nobody is there any more
		}
	}
	c.request.Store(&kill)
	c.must(cmd.Start())
	close(started)
	err := cmd.Wait()
	close(ended)
	c.request.Store(nil)
	if err == nil || cmd.ProcessState.Exited() {
		c.Fatalf("it was not killed: %v\n%s", err, out.Bytes())
	}
}

const afterTheCalendarDay = `Mon 30.11 08:00-18:00 Busy
Tue 1.12 08:00-08:30 With Ben with ben: accepted
Tue 1.12 08:30-09:15 Read: pack (by Read) with ann
Tue 1.12 09:15-09:45 Hold: meet-2 (tentative, by Offer)
Tue 1.12 14:00-15:00 Crisis with ben: accepted
Tue 1.12 15:00-15:30 Check-in (by Check-in) with sam
Wed 2.12 08:00-08:30 Hold: meet-2 (tentative, by Offer)
Wed 2.12 10:00-10:30 New visit (colour 3, tags outside) with ben: needsAction
Wed 2.12 10:30-10:40 Buffer (by Air)
Wed 2.12 12:00-12:30 Please ask with ben: accepted
Wed 2.12 13:00-13:30 Say so with pat: declined “Could we do Tuesday 1 December, 08:30 to 09:00 (Europe/London)?”
Thu 3.12 14:30-15:00 Prepare: Pitch (by Prepare)
Thu 3.12 16:30-17:30 Pitch with ben: needsAction
Thu 3.12 17:30-17:45 Buffer (by Prepare)
Fri 4.12 08:00-08:30 Work with sam
Fri 4.12 10:00-10:30 Mark this
Fri 4.12 14:00-14:30 Visit us (colour 3, tags outside) with ben: accepted
Fri 4.12 14:30-14:40 Buffer (by Air)

invitation to ann@other.example
invitation to sam@acme.example
reply to ben@partner.example
reply to pat@acme.example
update to sam@acme.example
update to sam@acme.example
`
