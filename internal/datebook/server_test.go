package datebook_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// series are events of the year 2026, which the server expands with rrule-go.
var series = []struct{ id, zone, start, end, rule, more string }{
	{"london", "Europe/London", "2026-01-05T09:00:00", "2026-01-05T09:30:00", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR", ""},
	{"boston", "America/New_York", "2026-02-27T17:00:00", "2026-02-27T18:00:00", "RRULE:FREQ=DAILY;UNTIL=20261115T235959Z", ""},
	{"austral", "Australia/Sydney", "2026-03-01T08:00:00", "2026-03-01T09:00:00", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", ""},
	{"atoll", "Australia/Lord_Howe", "2026-03-31T23:30:00", "2026-04-01T05:00:00", "RRULE:FREQ=DAILY;COUNT=250", ""},
	{"kolkata", "Asia/Kolkata", "2025-11-30T10:00:00", "2025-11-30T11:00:00", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1,15", ""},
	{"lastfri", "Europe/Berlin", "2026-01-30T16:00:00", "2026-01-30T17:00:00", "RRULE:FREQ=MONTHLY;BYDAY=-1FR", ""},
	{"lastone", "Europe/London", "2026-01-30T12:00:00", "2026-01-30T12:15:00", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=9", ""},
	{"the31st", "Europe/London", "2026-01-31T12:00:00", "2026-01-31T13:00:00", "RRULE:FREQ=MONTHLY", ""},
	{"thanks", "America/New_York", "2025-11-27T12:00:00", "2025-11-27T20:00:00", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ""},
	{
		"changes", "Europe/London", "2026-06-01T09:00:00", "2026-06-01T10:00:00", "RRULE:FREQ=DAILY;COUNT=20",
		"EXDATE;TZID=Europe/London:20260602T090000,20260604T090000 RDATE:20260710T080000Z,20260711T080000Z EXDATE:20260605T080000Z",
	},
	{"dates", "Europe/London", "2026-06-01T09:00:00", "2026-06-01T10:00:00", "RDATE;TZID=Asia/Tokyo:20260801T200000", ""},
	{"offsite", "", "2026-03-27", "2026-03-28", "RRULE:FREQ=DAILY;COUNT=5", ""},
	{"outings", "", "2026-03-28", "2026-03-30", "RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20261107", "EXDATE;VALUE=DATE:20260404 RDATE;VALUE=DATE:20260601"},
	{"leapfeb", "", "2024-02-29", "2024-03-01", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", ""},
}

// edits are what people do to single instances.
var edits = map[string]*calendar.Event{
	"london_20260325T090000Z":  {Start: timed("2026-03-26T14:00:00Z"), End: timed("2026-03-26T15:00:00Z")},
	"london_20260330T080000Z":  {Status: "cancelled"},
	"london_20260601T080000Z":  {Summary: "renamed"},
	"boston_20260310T210000Z":  {Start: timed("2026-02-01T21:00:00Z"), End: timed("2026-02-01T22:00:00Z")},
	"boston_20260901T210000Z":  {Start: timed("2027-03-01T21:00:00Z"), End: timed("2027-03-01T22:00:00Z")},
	"changes_20260601T080000Z": {Status: "cancelled"},
	"changes_20260710T080000Z": {Start: timed("2026-07-10T09:00:00Z"), End: timed("2026-07-10T12:00:00Z")},
	"offsite_20260329":         {Status: "cancelled"},
	"offsite_20260330":         {Start: &calendar.EventDateTime{Date: "2026-04-10"}, End: &calendar.EventDateTime{Date: "2026-04-12"}},
	"outings_20260411":         {Status: "cancelled"},
	"atoll_20260401T123000Z":   {Start: timed("2026-05-01T12:30:00Z"), End: timed("2026-05-01T18:00:00Z")},
	"lastfri_20260828T140000Z": {Status: "cancelled"},
}

func timed(at string) *calendar.EventDateTime {
	return &calendar.EventDateTime{DateTime: at, TimeZone: "Europe/London"}
}

func moment(at, zone string) *calendar.EventDateTime {
	if zone == "" {
		return &calendar.EventDateTime{Date: at}
	}
	return &calendar.EventDateTime{DateTime: at, TimeZone: zone}
}

// TestExpandAgreesWithTheServer holds what is made of events.list against what the
// server says each series is (events.instances).
func TestExpandAgreesWithTheServer(t *testing.T) {
	api := fill(t)
	zone, err := time.LoadLocation("Europe/London")
	must(t, err)
	var events []datebook.Event
	must(t, api.Events.List("primary").ShowDeleted(true).MaxResults(5).Pages(t.Context(), func(l *calendar.Events) error {
		for _, e := range l.Items {
			events = append(events, mirrored(t, e))
		}
		return nil
	}))
	slices.Reverse(events) // the order makes no difference
	for _, w := range []struct{ from, to string }{
		{"2026-01-01", "2027-01-01"}, {"2026-03-20", "2026-04-15"}, {"2026-10-20", "2026-11-10"}, {"2026-03-29", "2026-03-30"}, {"2026-02-01", "2026-02-02"},
	} {
		from, err1 := time.ParseInLocation(time.DateOnly, w.from, zone)
		to, err2 := time.ParseInLocation(time.DateOnly, w.to, zone)
		must(t, err1)
		must(t, err2)
		found, wrong := datebook.Expand(events, nil, zone, from, to)
		if len(wrong) > 0 {
			t.Errorf("from %s: %v", w.from, wrong)
		}
		var got []string
		for _, e := range found {
			got = append(got, describe(e.ID, e.Title.String(), e.Start, e.End))
		}
		slices.Sort(got)
		want := serverSays(t, api, zone, from, to)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from %s to %s (-server +expand):\n%s", w.from, w.to, diff)
		}
		if w.from == "2026-01-01" && len(got) < 800 {
			t.Errorf("only %d instances in the year", len(got))
		}
	}
}

// fill starts a server with the series and the edits in it.
func fill(t *testing.T) *calendar.Service {
	t.Helper()
	server, err := gcal.Start(t.Context(), gcal.Account{User: "dana@acme.example", Zone: "Europe/London"})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	tokens := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: server.Token()})
	api, err := calendar.NewService(t.Context(), option.WithEndpoint(server.Endpoint()),
		option.WithHTTPClient(&http.Client{Transport: &oauth2.Transport{Source: tokens, Base: transport}}))
	must(t, err)
	for _, s := range series {
		lines := append([]string{s.rule}, strings.Fields(s.more)...)
		_, err := api.Events.Insert("primary", &calendar.Event{Id: s.id, Summary: s.id, Start: moment(s.start, s.zone), End: moment(s.end, s.zone), Recurrence: lines}).Do()
		if err != nil {
			t.Fatalf("%s: %v", s.id, err)
		}
	}
	for id, patch := range edits {
		if _, err := api.Events.Patch("primary", id, patch).Do(); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
	return api
}

func serverSays(t *testing.T, api *calendar.Service, zone *time.Location, from, to time.Time) (all []string) {
	t.Helper()
	for _, s := range series {
		call := api.Events.Instances("primary", s.id).TimeMin(from.Format(time.RFC3339)).TimeMax(to.Format(time.RFC3339)).MaxResults(2500)
		must(t, call.Pages(t.Context(), func(l *calendar.Events) error {
			for _, e := range l.Items {
				d := mirrored(t, e)
				start, end := d.Start, d.End
				if d.AllDay {
					start = time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, zone)
					end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, zone)
				}
				all = append(all, describe(e.Id, e.Summary, start, end))
			}
			return nil
		}))
	}
	slices.Sort(all)
	return all
}

func describe(id, title string, start, end time.Time) string {
	return fmt.Sprintf("%s %s %s to %s", id, title, start.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339))
}

// mirrored is what the mirror has of an event of the server.
func mirrored(t *testing.T, e *calendar.Event) datebook.Event {
	t.Helper()
	d := datebook.Event{Calendar: "primary", ID: e.Id, UID: e.ICalUID, Series: e.RecurringEventId, Recurrence: e.Recurrence, Status: e.Status, Title: e.Summary}
	read := func(m *calendar.EventDateTime) time.Time {
		if m == nil {
			return time.Time{}
		}
		layout, value := time.RFC3339, m.DateTime
		if m.Date != "" {
			layout, value = time.DateOnly, m.Date
		}
		at, err := time.Parse(layout, value)
		must(t, err)
		return at
	}
	d.Start, d.End, d.Original = read(e.Start), read(e.End), read(e.OriginalStartTime)
	if e.Start != nil {
		d.AllDay, d.Zone = e.Start.Date != "", e.Start.TimeZone
	}
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
