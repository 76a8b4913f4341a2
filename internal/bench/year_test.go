//go:build unix

package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// The size of a busy year: what all its calendars list, together.
const (
	busyCalendars = 20
	busyEvents    = 10_000
	busySeries    = 300
	movedOfEach   = 2 // instances of a series that were moved; one more was called off
	onPrimary     = 2_900
	listedAtOnce  = 2_500 // events.list gives no larger page
)

// busyNow is when the calendars are first looked at: a Monday in the middle of
// the year.
var busyNow = time.Date(2026, time.June, 15, 8, 2, 0, 0, time.UTC)

// busyYear is a calendar server with the year of somebody whom many others share
// their calendars with.
type busyYear struct {
	*gcal.Server
	names []string // of the calendars, as a configuration has them
	ids   []string
	pages int // that list them all
}

// startYear fills a server. Most events are on the primary calendar, which takes
// two pages; the others have as many each.
func startYear(tb testing.TB) *busyYear {
	tb.Helper()
	server, err := gcal.Start(context.WithoutCancel(tb.Context()), gcal.Account{User: "dana@acme.example", Zone: "Europe/London", Now: func() time.Time { return busyNow }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { server.Close() })
	y := &busyYear{Server: server, names: []string{"primary"}, ids: []string{"dana@acme.example"}}
	for i := range busyCalendars - 1 {
		name := fmt.Sprintf("Team %d", i+1)
		y.names, y.ids = append(y.names, name), append(y.ids, fmt.Sprintf("team%d@group.calendar.example", i+1))
		if err := server.AddCalendar(gcal.Calendar{ID: y.ids[i+1], Summary: name}); err != nil {
			tb.Fatal(err)
		}
	}
	left := busyEvents
	for c := range busyCalendars {
		count := left / (busyCalendars - c)
		if c == 0 {
			count = onPrimary
		}
		left -= count
		y.pages += (count + listedAtOnce - 1) / listedAtOnce
		if err := y.fill(c, count); err != nil {
			tb.Fatal(err)
		}
	}
	return y
}

// fill puts so many events on a calendar, those of its series among them.
func (y *busyYear) fill(c, count int) error {
	for i := range busySeries / busyCalendars {
		if err := y.putSeries(c, i); err != nil {
			return err
		}
		count -= 1 + movedOfEach + 1
	}
	year := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for i := range count {
		start := year.AddDate(0, 0, i*365/count).Add(time.Duration(8*60+(i+c)%19*30) * time.Minute)
		e := busyEvent(fmt.Sprintf("single%02dx%04d", c, i), c+i, start)
		if i%100 == 0 {
			day := &calendar.EventDateTime{Date: start.Format(time.DateOnly)}
			e.Start, e.End = day, &calendar.EventDateTime{Date: start.AddDate(0, 0, 3).Format(time.DateOnly)}
		}
		if _, err := y.Put(y.ids[c], e); err != nil {
			return err
		}
	}
	return nil
}

// repetitions are how series repeat, beginning on a Monday.
var repetitions = []string{"RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE", "RRULE:FREQ=MONTHLY;BYDAY=1MO"}

func (y *busyYear) putSeries(c, i int) error {
	start := time.Date(2026, time.January, 5, 9+i%8, 15, 0, 0, time.UTC)
	id := fmt.Sprintf("series%02dx%02d", c, i)
	e := busyEvent(id, c+i, start)
	e.Recurrence = []string{repetitions[i%len(repetitions)]}
	if _, err := y.Put(y.ids[c], e); err != nil {
		return err
	}
	// The first Mondays of four months without summer time are instances of all.
	for n, month := range []time.Month{time.February, time.March, time.November}[:movedOfEach+1] {
		at := time.Date(2026, month, 2, start.Hour(), start.Minute(), 0, 0, time.UTC)
		instance := id + "_" + at.Format("20060102T150405Z")
		if n == movedOfEach {
			if err := y.Remove(y.ids[c], instance); err != nil {
				return err
			}
			continue
		}
		later := at.Add(26 * time.Hour)
		if err := y.Edit(y.ids[c], instance, &calendar.Event{Start: clock(later), End: clock(later.Add(time.Hour))}); err != nil {
			return err
		}
	}
	return nil
}

// busyEvent is an hour with five guests, notes and a place.
func busyEvent(id string, n int, start time.Time) *calendar.Event {
	e := &calendar.Event{
		Id: id, Summary: fmt.Sprintf("Planning the quarter, round %d", n), Location: fmt.Sprintf("Room %d", n%12),
		Description: strings.Repeat("What we <b>want</b> to talk about.<br>", 8), Start: clock(start), End: clock(start.Add(time.Hour)),
	}
	for g := range 5 {
		e.Attendees = append(e.Attendees, &calendar.EventAttendee{Email: fmt.Sprintf("guest%d@bigcustomer.example", (n+g*7)%200), ResponseStatus: "accepted"})
	}
	return e
}

func clock(at time.Time) *calendar.EventDateTime {
	return &calendar.EventDateTime{DateTime: at.Format(time.RFC3339), TimeZone: "Europe/London"}
}

// change renames an event of the coming weeks, another one each time.
func (y *busyYear) change(tb testing.TB, n int) {
	tb.Helper()
	c := 1 + n%(busyCalendars-1)
	if err := y.Edit(y.ids[c], fmt.Sprintf("series%02dx%02d_%s", c, 1, "20260713T091500Z"), &calendar.Event{Summary: fmt.Sprintf("Renamed %d", n)}); err != nil {
		tb.Fatal(err)
	}
}

// asked tells how often each method was called after so many requests, and what
// fields events.list was asked for.
func (y *busyYear) asked(since int) (calls map[string]int, fields string) {
	calls = map[string]int{}
	for _, r := range y.Requests()[since:] {
		calls[r.Call]++
		if r.Call == "events.list" {
			fields = r.Query.Get("fields")
		}
	}
	return calls, fields
}
