//go:build unix

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"
	gapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// The calendar's work is done in a process of its own, so that its memory is its
// own: this test, started once more with a task in its environment. It reads words
// from standard input, does each, and answers with a line of JSON.

const taskVariable = "FOREDESK_BENCH_TASK"

// task is what the process works on.
type task struct {
	Endpoint, Token string
	Calendars       []string
	Dir             string // of the journal
	Fields          string // that the bare client asks for
}

// work is what one word has cost.
type work struct {
	Wall     time.Duration
	Waited   time.Duration // for the network and the server behind it
	CPU      time.Duration // of the process, on all cores
	Requests int
	Peak     int64 // resident memory so far, bytes
	Count    int   // of what was read or worked out
	Error    string
}

// own is what the work took besides waiting.
func (w work) own() time.Duration { return w.Wall - w.Waited }

func TestMain(m *testing.M) {
	if text := os.Getenv(taskVariable); text != "" {
		debug.SetMemoryLimit(32 << 20) // as cmd/daemon has it
		if err := serveTask(text, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func serveTask(text string, in io.Reader, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	ctx := context.Background()
	d, err := openDiarist(ctx, t)
	if err != nil {
		return err
	}
	defer d.close(ctx)
	answer := json.NewEncoder(out)
	for words := bufio.NewScanner(in); words.Scan(); {
		if err := answer.Encode(d.measure(ctx, words.Text())); err != nil {
			return err
		}
	}
	return nil
}

// network counts requests, and adds up how long it keeps us waiting for them.
type network struct {
	http.RoundTripper
	waited   time.Duration
	requests int
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.requests++
	begun := time.Now()
	answer, err := n.RoundTripper.RoundTrip(r)
	n.waited += time.Since(begun)
	if err == nil {
		answer.Body = &body{answer.Body, n}
	}
	return answer, err
}

type body struct {
	io.ReadCloser
	from *network
}

func (b *body) Read(p []byte) (int, error) {
	begun := time.Now()
	n, err := b.ReadCloser.Read(p)
	b.from.waited += time.Since(begun)
	return n, err
}

// diarist follows the calendars with foredesk's own parts, put together as
// cmd/daemon does.
type diarist struct {
	task
	network *network
	client  *calendar.Client
	journal *store.Store
	account *engine.Account
	set     *rules.Set
	now     time.Time
	diary   *rules.Diary // of the year, once it was read
}

// noMail stands in for a mail server: nothing is asked of it here.
type noMail struct{ engine.Mail }

func (noMail) Follow(*rules.Set, rules.Needs) {}

func openDiarist(ctx context.Context, t task) (d *diarist, err error) {
	d = &diarist{task: t, now: busyNow, network: &network{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if d.set, err = rules.Load("rules.yaml", []byte(busyRules), rules.Options{Me: []string{"dana@acme.example"}}); err != nil {
		return nil, err
	}
	if d.journal, err = store.Open(ctx, "sqlite:"+filepath.Join(t.Dir, "foredesk.db")); err != nil {
		return nil, err
	}
	d.client, err = calendar.New(ctx, calendar.Config{
		Endpoint: t.Endpoint, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: t.Token}), Calendars: t.Calendars, Transport: d.network,
	}, log)
	if err != nil {
		return nil, err
	}
	d.account, err = engine.Take(ctx, engine.Config{
		Name: "dana", Mail: noMail{}, Journal: d.journal, Rules: d.set, Log: log, Now: func() time.Time { return d.now },
		Calendar: &engine.Calendars{Calendar: d.client, Poll: time.Minute, Version: "bench"},
	})
	return d, err
}

func (d *diarist) close(ctx context.Context) {
	d.account.Release()
	d.client.Close(ctx)
	d.journal.Close()
}

// measure does what a word says.
func (d *diarist) measure(ctx context.Context, word string) work {
	waited, requests, cpu := d.network.waited, d.network.requests, processorTime()
	begun := time.Now()
	count, err := d.do(ctx, word)
	w := work{Wall: time.Since(begun), Count: count}
	w.Waited, w.Requests, w.CPU = d.network.waited-waited, d.network.requests-requests, processorTime()-cpu
	w.Peak = highWater(os.Getpid())
	if err != nil {
		w.Error = err.Error()
	}
	return w
}

func (d *diarist) do(ctx context.Context, word string) (int, error) {
	switch word {
	case "floor":
		return d.bare(ctx)
	case "sync":
		err := d.account.SyncCalendar(ctx)
		d.now = d.now.Add(time.Minute)
		return 0, err
	case "read":
		return d.readYear(ctx)
	case "days":
		return d.days()
	}
	return 0, fmt.Errorf("%q is no work", word)
}

// bare reads the same with the API's own client and keeps nothing.
func (d *diarist) bare(ctx context.Context) (count int, err error) {
	signed := &http.Client{Transport: &oauth2.Transport{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: d.Token}), Base: d.network}}
	svc, err := gapi.NewService(ctx, option.WithEndpoint(d.Endpoint), option.WithHTTPClient(signed))
	if err != nil {
		return 0, err
	}
	list, err := svc.CalendarList.List().Context(ctx).Do()
	if err != nil {
		return 0, err
	}
	for _, c := range list.Items {
		err := svc.Events.List(c.Id).MaxResults(listedAtOnce).Fields(googleapi.Field(d.Fields)).Pages(ctx, func(page *gapi.Events) error {
			count += len(page.Items)
			return nil
		})
		if err != nil {
			return count, err
		}
	}
	return count, nil
}

// readYear makes the diary of the whole year out of the mirror.
func (d *diarist) readYear(ctx context.Context) (int, error) {
	from := time.Date(2026, time.January, 1, 0, 0, 0, 0, d.set.Timezone)
	events, err := d.journal.EventsBetween(ctx, "dana", from, from.AddDate(1, 0, 0))
	if err != nil {
		return 0, err
	}
	found, wrong := datebook.Expand(events, nil, d.set.Timezone, from, from.AddDate(1, 0, 0))
	if len(wrong) > 0 {
		return 0, wrong[0]
	}
	d.diary = rules.NewDiary(found, from, from.AddDate(1, 0, 0), d.now)
	return len(found), nil
}

// days works out what each day of the year holds, and adds up the meetings.
func (d *diarist) days() (meetings int, err error) {
	for date := d.diary.From; date.Before(d.diary.To); date = date.AddDate(0, 0, 1) {
		meetings += d.set.DayOf(d.diary, date, d.now).Meetings
	}
	return meetings, nil
}

// processorTime is what the process has computed, for itself and in the kernel.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// child is such a process, seen from outside.
type child struct {
	testing.TB
	words  io.Writer
	answer *json.Decoder
	errors *strings.Builder
}

// startChild starts one, which ends with the test.
func startChild(tb testing.TB, t task) *child {
	tb.Helper()
	text, err := json.Marshal(t)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	c := &child{TB: tb, errors: &strings.Builder{}}
	cmd.Stderr = c.errors
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	c.words, c.answer = in, json.NewDecoder(out)
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		defer cancel()
		in.Close() // there is no more to do
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the process that does the work ended: %v\n%s", err, c.errors)
		}
	})
	return c
}

// do lets the process do one thing.
func (c *child) do(word string) work {
	c.Helper()
	var w work
	if _, err := fmt.Fprintln(c.words, word); err != nil {
		c.Fatal(err)
	}
	if err := c.answer.Decode(&w); err != nil {
		c.Fatalf("%s: %v", word, err)
	}
	if w.Error != "" {
		c.Fatalf("%s: %s", word, w.Error)
	}
	return w
}
