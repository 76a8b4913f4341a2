package gcal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const (
	dana    = "dana@acme.example"
	private = "family@group.calendar.example"
)

// now is a Monday in London; the week after the next brings no change of the clocks.
var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// desk is a server and a real client of it.
type desk struct {
	*testing.T
	*gcal.Server
	api *calendar.Service
	ctx context.Context
}

func start(t *testing.T, a gcal.Account) *desk {
	t.Helper()
	if a.User == "" {
		a.User, a.Zone = dana, "Europe/London"
	}
	if a.Now == nil {
		a.Now = func() time.Time { return now }
	}
	s, err := gcal.Start(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	d := &desk{T: t, Server: s, ctx: t.Context()}
	d.api = d.client(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.Token()}))
	return d
}

// client makes a client with connections of its own: one that Close of the server
// would leave behind belongs to this test.
func (d *desk) client(tokens oauth2.TokenSource) *calendar.Service {
	d.Helper()
	transport := &http.Transport{}
	d.Cleanup(transport.CloseIdleConnections)
	api, err := calendar.NewService(d.ctx, option.WithEndpoint(d.Endpoint()),
		option.WithHTTPClient(&http.Client{Transport: &oauth2.Transport{Source: tokens, Base: transport}}))
	if err != nil {
		d.Fatal(err)
	}
	return api
}

// at is a moment in March 2026 in London, before the clocks change.
func at(day, hour int) *calendar.EventDateTime {
	return &calendar.EventDateTime{DateTime: time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC).Format(time.RFC3339), TimeZone: "Europe/London"}
}

func on(date string) *calendar.EventDateTime { return &calendar.EventDateTime{Date: date} }

// meeting is an hour on a day of March 2026.
func meeting(id string, day, hour int) *calendar.Event {
	return &calendar.Event{Id: id, Summary: "Meeting " + id, Start: at(day, hour), End: at(day, hour+1)}
}

// weekly is a series on Mondays at nine.
func weekly(id string, lines ...string) *calendar.Event {
	e := meeting(id, 2, 9)
	e.Recurrence = append([]string{"RRULE:FREQ=WEEKLY;COUNT=6"}, lines...)
	return e
}

func (d *desk) insert(e *calendar.Event) *calendar.Event {
	d.Helper()
	got, err := d.api.Events.Insert("primary", e).Do()
	if err != nil {
		d.Fatalf("inserting: %v", err)
	}
	return got
}

func (d *desk) get(id string) *calendar.Event {
	d.Helper()
	e, err := d.api.Events.Get("primary", id).Do()
	if err != nil {
		d.Fatalf("getting %s: %v", id, err)
	}
	return e
}

// must fails the test for an error of a call whose answer says nothing.
func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// refused holds an error against a status and the reason in its body: "410 deleted".
func refused(t *testing.T, err error, want string) {
	t.Helper()
	var e *googleapi.Error
	if !errors.As(err, &e) {
		t.Errorf("want %s, got %v", want, err)
		return
	}
	reason := ""
	if len(e.Errors) > 0 {
		reason = e.Errors[0].Reason
	}
	if got := fmt.Sprintf("%d %s", e.Code, reason); got != want {
		t.Errorf("want %s, got %s: %s", want, got, e.Message)
	}
}

// ids are what a list shows: a minus stands before what is cancelled.
func ids(events []*calendar.Event) string {
	var all []string
	for _, e := range events {
		id := e.Id
		if e.Status == "cancelled" {
			id = "-" + id
		}
		all = append(all, id)
	}
	return strings.Join(all, " ")
}

func TestARequestThatTheAPIDoesNotKnowIsRefused(t *testing.T) {
	d := start(t, gcal.Account{})
	for name, tc := range map[string]struct{ method, path, body, want string }{
		"an unknown parameter":            {"GET", "calendars/primary/events?colour=red", "", "400 badRequest"},
		"a parameter of another method":   {"GET", "calendars/primary/events/abcde?singleEvents=true", "", "400 badRequest"},
		"a path's parameter in the query": {"GET", "calendars/primary/events?calendarId=primary", "", "400 badRequest"},
		"a parameter twice":               {"GET", "calendars/primary/events?q=a&q=b", "", "400 badRequest"},
		"a word that is none of the enum": {"GET", "calendars/primary/events?orderBy=end", "", "400 invalidParameter"},
		"a time without an offset":        {"GET", "calendars/primary/events?timeMin=2026-03-02T09:00:00", "", "400 invalidParameter"},
		"no number":                       {"GET", "calendars/primary/events?maxResults=many", "", "400 invalidParameter"},
		"a number below the least":        {"GET", "calendars/primary/events?maxResults=0", "", "400 invalidParameter"},
		"neither true nor false":          {"GET", "calendars/primary/events?singleEvents=yes", "", "400 invalidParameter"},
		"an unknown field":                {"POST", "calendars/primary/events", `{"title": "x"}`, "400 badRequest"},
		"an unknown field deep inside":    {"POST", "calendars/primary/events", `{"attendees": [{"mail": "x"}]}`, "400 badRequest"},
		"an unknown field of an object":   {"POST", "calendars/primary/events", `{"extendedProperties": {"secret": {}}}`, "400 badRequest"},
		"a number where a text belongs":   {"POST", "calendars/primary/events", `{"summary": 1}`, "400 badRequest"},
		"a text in a map of texts only":   {"POST", "calendars/primary/events", `{"extendedProperties": {"private": {"n": 1}}}`, "400 badRequest"},
		"half a number":                   {"POST", "calendars/primary/events", `{"sequence": 1.5}`, "400 badRequest"},
		"an array that is none":           {"POST", "calendars/primary/events", `{"recurrence": "RRULE:FREQ=DAILY"}`, "400 badRequest"},
		"null in an array":                {"POST", "calendars/primary/events", `{"attendees": [null]}`, "400 badRequest"},
		"no JSON":                         {"POST", "calendars/primary/events", `summary=x`, "400 parseError"},
		"a body where none belongs":       {"GET", "calendars/primary/events", `{}`, "400 badRequest"},
		"an unknown path":                 {"GET", "calendars/primary/happenings", "", "404 notFound"},
		"a method that we leave out":      {"POST", "calendars/primary/events/quickAdd?text=x", "", "501 notImplemented"},
		"a calendar that is not there":    {"GET", "calendars/nobody@acme.example/events", "", "404 notFound"},
		"a form of answer that is absent": {"GET", "colors?alt=media", "", "400 invalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tc.method, d.Endpoint()+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+d.Token())
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			refused(t, googleapi.CheckResponse(answer), tc.want)
		})
	}
}

func TestRequestsAreRemembered(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(meeting("abcde", 3, 9))
	refused(t, d.api.Events.Delete("primary", "nosuch").SendUpdates("none").Do(), "404 notFound")
	all := d.Requests()
	if len(all) != 2 || all[0].Call != "events.insert" || all[0].Status != 200 || all[1].Status != 404 || all[1].Query.Get("sendUpdates") != "none" {
		t.Errorf("remembered %+v", all)
	}
}

// raw gets what no typed client would ask for.
func (d *desk) raw(path string) error {
	d.Helper()
	r, err := http.NewRequestWithContext(d.ctx, http.MethodGet, d.Endpoint()+path, http.NoBody)
	d.must(err)
	r.Header.Set("Authorization", "Bearer "+d.Token())
	answer, err := http.DefaultClient.Do(r)
	d.must(err)
	defer answer.Body.Close()
	return googleapi.CheckResponse(answer)
}
