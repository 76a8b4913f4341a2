package calendar

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const (
	dana   = "dana@acme.example"
	family = "family@group.calendar.example"
)

// monday is the start of every test; the clocks change four weeks later.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is a calendar server, a Client of it, and a mirror that takes what the
// Client says, as the store does. Its clock stands still but for the pauses of
// the Client, which take no time otherwise.
type office struct {
	*testing.T
	*gcal.Server
	desk   *Client
	log    *record
	clock  *clock
	mirror map[string]*page // by the calendars' ids
}

// page is the mirror of one calendar.
type page struct {
	datebook.Calendar
	events map[string]datebook.Event
}

func newOffice(t *testing.T, change func(*Config)) *office {
	t.Helper()
	o := &office{T: t, log: &record{}, clock: &clock{now: monday}, mirror: map[string]*page{}}
	var err error
	ctx := context.WithoutCancel(t.Context()) // which ends before the Client says goodbye
	if o.Server, err = gcal.Start(ctx, gcal.Account{User: dana, Zone: "Europe/London", Now: o.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		o.must(o.Server.Close())
		if all := o.log.String(); strings.Contains(all, "@") || strings.Contains(all, "Secret") {
			t.Errorf("an address or a title is in the log:\n%s", all)
		}
	})
	c := Config{Endpoint: o.Endpoint(), Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: o.Token()})}
	if change != nil {
		change(&c)
	}
	o.desk = o.client(c)
	return o
}

// client makes one more Client with the office's clock.
func (o *office) client(c Config) *Client {
	o.Helper()
	desk, err := New(o.Context(), c, slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	o.must(err)
	desk.now, desk.sleep = o.clock.Now, o.clock.Sleep
	o.Cleanup(func() { o.must(desk.Close(context.Background())) })
	return desk
}

// truth is a plain client of Google's, for what is really there.
func (o *office) truth() *calendar.Service {
	o.Helper()
	plain := &http.Transport{}
	o.Cleanup(plain.CloseIdleConnections)
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: o.Token()})
	api, err := calendar.NewService(o.Context(), option.WithEndpoint(o.Endpoint()),
		option.WithHTTPClient(&http.Client{Transport: &oauth2.Transport{Source: tokens, Base: plain}}))
	o.must(err)
	return api
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// put adds an event, as a person would, an hour on a day of March.
func (o *office) put(cal, id string, day int, lines ...string) {
	o.Helper()
	e := &calendar.Event{Id: id, Summary: "Secret " + id, Start: at(day, 9), End: at(day, 10), Recurrence: lines}
	_, err := o.Put(cal, e)
	o.must(err)
}

// at is an hour in March 2026 in London, before the clocks change.
func at(day, hour int) *calendar.EventDateTime {
	return &calendar.EventDateTime{DateTime: time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC).Format(time.RFC3339), TimeZone: "Europe/London"}
}

// poll syncs and takes what came into the mirror.
func (o *office) poll() error {
	o.Helper()
	syncs, err := o.desk.Sync(o.Context(), o.known())
	for _, s := range syncs {
		o.take(s)
	}
	if err != nil && (strings.Contains(err.Error(), "@") || strings.Contains(err.Error(), "%40") || strings.Contains(err.Error(), "Secret")) {
		o.Errorf("an address or a title is in the error: %v", err)
	}
	return err
}

func (o *office) known() (all []datebook.Calendar) {
	for _, p := range o.mirror {
		c := p.Calendar
		c.Events = len(p.events)
		all = append(all, c)
	}
	return all
}

func (o *office) take(s datebook.Sync) {
	p := o.mirror[s.Calendar.ID]
	if p == nil || s.Whole {
		p = &page{events: map[string]datebook.Event{}}
		o.mirror[s.Calendar.ID] = p
	}
	p.Calendar = s.Calendar
	for _, e := range s.Events {
		if _, there := p.events[e.ID]; there && s.Whole {
			o.Errorf("%s is listed twice", e.ID)
		}
		p.events[e.ID] = e
		if e.Cancelled() && p.events[e.Series].ID == "" {
			delete(p.events, e.ID)
		}
	}
	for id, e := range p.events { // what was of a series that is gone
		if e.Series != "" && p.events[e.Series].ID == "" {
			delete(p.events, id)
		}
	}
}

// agree holds the mirror of a calendar against a whole listing by other means.
func (o *office) agree(cal string) {
	o.Helper()
	there := map[string]string{}
	err := o.truth().Events.List(cal).MaxResults(100).Pages(o.Context(), func(all *calendar.Events) error {
		for _, e := range all.Items {
			there[e.Id] = e.Etag
		}
		return nil
	})
	o.must(err)
	have := map[string]string{}
	for id, e := range o.mirror[cal].events {
		have[id] = e.Etag
	}
	if d := cmp.Diff(there, have); d != "" {
		o.Errorf("the mirror of %s differs (-server +mirror):\n%s", cal, d)
	}
}

// cost are the requests that came in while f ran, by their calls.
func (o *office) cost(f func()) (calls []gcal.Request) {
	before := len(o.Requests())
	f()
	return o.Requests()[before:]
}

// clock is a clock that pauses move on.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	pauses []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.pauses = append(c.pauses, d)
	return ctx.Err()
}

// pass moves the clock on without anybody waiting for it.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.pauses
	c.pauses = nil
	return all
}

// record is a log to look at.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
}

// canned is a Client of a server that answers with what f says, which Google and
// gcal never would.
func canned(t *testing.T, f func(*http.Request) string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, f(r))
	}))
	t.Cleanup(server.Close)
	return newOffice(t, nil).client(Config{Endpoint: server.URL + "/", Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"})})
}

// onePage answers for a primary calendar with one page of events.
func onePage(events string) func(*http.Request) string {
	return func(r *http.Request) string {
		if strings.HasSuffix(r.URL.Path, "/calendarList") {
			return `{"items": [null, {"id": "dana@acme.example", "primary": true, "timeZone": "Europe/London"}]}`
		}
		return events
	}
}
