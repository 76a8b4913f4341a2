package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// The mirror of the calendars is alike in both databases: see promises.

const primary = "dana@acme.example"

func calendarOf(token string) datebook.Calendar {
	return datebook.Calendar{ID: primary, Name: "primary", Zone: "Europe/London", Role: "owner", Primary: true, Token: token, Asked: "h1", SeenAt: day}
}

// eventOn is an hour, some days after day.
func eventOn(id string, days int) datebook.Event {
	start := day.AddDate(0, 0, days)
	return datebook.Event{
		Calendar: primary, ID: id, UID: id + "@google.com", Etag: `"1"`, Start: start, End: start.Add(time.Hour), Zone: "Europe/London",
		Status: "confirmed", Title: "Renewal of the contract",
	}
}

func seriesOf(id string, days int, lines ...string) datebook.Event {
	e := eventOn(id, days)
	e.Recurrence = lines
	return e
}

// instanceOf is a changed instance that the series has on a day, and that now lies
// on another.
func instanceOf(series string, has, lies int) datebook.Event {
	original := day.AddDate(0, 0, has)
	e := eventOn(series+"_"+original.Format("20060102T150405Z"), lies)
	e.UID, e.Series, e.Original = series+"@google.com", series, original
	return e
}

func cancelled(e datebook.Event) datebook.Event {
	return datebook.Event{Calendar: e.Calendar, ID: e.ID, Series: e.Series, Original: e.Original, Status: "cancelled"}
}

// syncs commits what the primary calendar says.
func syncs(t *testing.T, o *Owner, whole bool, events ...datebook.Event) {
	t.Helper()
	commit(t, o, Plan{Syncs: []datebook.Sync{{Calendar: calendarOf("next"), Whole: whole, Events: events}}})
}

// between are the ids of the events from one day to another.
func between(t *testing.T, s *Store, from, to int) string {
	t.Helper()
	found, err := s.EventsBetween(t.Context(), "dana", day.AddDate(0, 0, from), day.AddDate(0, 0, to))
	must(t, err)
	return eventIDs(found)
}

// eventIDs has a minus before what is cancelled.
func eventIDs(events []datebook.Event) string {
	var ids []string
	for _, e := range events {
		if e.Cancelled() {
			e.ID = "-" + e.ID
		}
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func holds(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func eventsReadBack(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	want := eventOn("e1", 1)
	want.Remind, want.Notes, want.Location, want.Video, want.Link = []int{}, "Agenda\x00 <b>", "Board room", "https://meet.example/x", "https://calendar.example/e1"
	want.Organizer = datebook.Person{Email: primary, Name: "Dana", Self: true}
	want.Guests = []datebook.Guest{{Person: datebook.Person{Email: "pat@board.example"}, Response: "declined", Comment: "away", Optional: true}}
	want.Ours = map[string]string{"rule": "Prep", "tags": "board,q4"}
	want.Created, want.Updated, want.Sequence = day, day.Add(time.Microsecond), 3
	want.UID = strings.Repeat("\x00long", 2000)
	given := want
	given.Start, given.End = want.Start.In(time.FixedZone("", 3600)), want.End.In(time.FixedZone("", 3600))
	syncs(t, o, true, given)
	got, ok, err := s.Event(t.Context(), "dana", primary, "e1")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("found %v: %s", ok, diff)
	}
	if _, ok, err := s.Event(t.Context(), "dana", primary, "e2"); ok || err != nil {
		t.Errorf("found what was never there (%v)", err)
	}
	calendars, err := s.Calendars(t.Context(), "dana")
	must(t, err)
	known := calendarOf("next")
	known.Events = 1
	if diff := cmp.Diff([]datebook.Calendar{known}, calendars); diff != "" {
		t.Error(diff)
	}
	byUID, err := s.EventsByUID(t.Context(), "dana", want.UID)
	must(t, err)
	holds(t, "by a UID that no index could hold", eventIDs(byUID), "e1")
}

func privateEvents(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	e := eventOn("e1", 1)
	e.Private, e.Free, e.Kind, e.Ours = true, true, "outOfOffice", map[string]string{"key": "k1"}
	want := e
	e.Title, e.Notes, e.Location, e.Video, e.Link, e.Color = "secret", "secret", "secret", "https://secret.example", "https://secret.example", "secret"
	e.Organizer = datebook.Person{Email: "secret@else.example", Name: "Secret"}
	e.Creator = e.Organizer
	e.Guests = []datebook.Guest{
		{Person: datebook.Person{Email: "secret@else.example"}, Comment: "secret"},
		{Person: datebook.Person{Email: primary, Name: "Secret", Self: true}, Response: "declined", Comment: "secret"},
	}
	hole := instanceOf("series", 7, 7)
	hole.Status, hole.Title = "cancelled", "secret"
	syncs(t, o, false, e, hole, seriesOf("series", 0, "RRULE:FREQ=WEEKLY"))
	got, _, err := s.Event(t.Context(), "dana", primary, "e1")
	must(t, err)
	want.Title, want.Omitted = "", true
	want.Guests = []datebook.Guest{{Person: datebook.Person{Self: true}, Response: "declined"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if bodies := strings.ToLower(fmt.Sprint(columnOf(t, s, "body"))); strings.Contains(bodies, "secret") {
		t.Error("the mirror holds", bodies)
	}
}

// columnOf is a column of all events, by id.
func columnOf(t *testing.T, s *Store, column string) map[string]string {
	t.Helper()
	found := map[string]string{}
	rows, err := s.reads.QueryContext(t.Context(), "SELECT id, "+column+" FROM events")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, value string
		must(t, rows.Scan(&id, &value))
		found[id] = value
	}
	must(t, rows.Err())
	return found
}

func mirrorWithPlan(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	empty := func(when string) {
		t.Helper()
		calendars, err := s.Calendars(t.Context(), "dana")
		n, err2 := s.SyncedEvents(t.Context(), "dana", primary)
		if must(t, errors.Join(err, err2)); len(calendars)+n != 0 {
			t.Errorf("%s there are %d events of %v", when, n, calendars)
		}
	}
	p := one(run+1000, 1, filing()) // there is no such run
	p.Syncs = []datebook.Sync{{Calendar: calendarOf("next"), Events: []datebook.Event{eventOn("e1", 1)}}}
	if _, err := o.Commit(t.Context(), p); err == nil {
		t.Error("a plan of a run that does not exist was committed")
	}
	empty("after a plan that failed")
	ctx, cancel := context.WithCancel(t.Context())
	err := o.write(ctx, "writing", func(x *tx) error {
		defer cancel()
		return o.mirror(ctx, x, p)
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	empty("after a cancelled plan")
	must(t, o.Release())
	p.RunID = run
	if _, err := o.Commit(t.Context(), p); !errors.Is(err, ErrLostOwnership) {
		t.Error(err)
	}
	empty("after a plan of an owner that was replaced")
}

func mirrorDeletes(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	moved, hole := instanceOf("series", 7, 9), cancelled(instanceOf("series", 14, 14))
	alone := instanceOf("elsewhere", 7, 7) // its series is not on this calendar
	// A hole may come before its series.
	syncs(t, o, false, hole, moved, eventOn("e1", 1), seriesOf("series", 0, "RRULE:FREQ=WEEKLY"), cancelled(instanceOf("nowhere", 7, 7)), alone)
	holds(t, "first", between(t, s, 0, 30), "-"+hole.ID+" e1 "+alone.ID+" series "+moved.ID)
	syncs(t, o, false, cancelled(eventOn("e1", 1)), cancelled(eventOn("never there", 1)), cancelled(moved), cancelled(alone))
	holds(t, "an event and instances are deleted", between(t, s, 0, 30), "-"+moved.ID+" -"+hole.ID+" series")
	commit(t, o, Plan{Mirror: []datebook.Event{moved, eventOn("e2", 2)}})
	holds(t, "we have written two", between(t, s, 0, 30), "-"+hole.ID+" e2 series "+moved.ID)
	still := moved
	still.Etag = `"2"`
	other := instanceOf("series", 21, 21)
	syncs(t, o, false, other)
	syncs(t, o, false, cancelled(eventOn("series", 0)), still)
	holds(t, "a series goes with what is left of it", between(t, s, 0, 30), "e2 "+moved.ID)
	commit(t, o, Plan{Mirror: []datebook.Event{cancelled(eventOn("e2", 2))}})
	holds(t, "we have deleted one", between(t, s, 0, 30), moved.ID)
}

func mirrorWhole(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	var all []datebook.Event
	for i := range 300 {
		all = append(all, eventOn(fmt.Sprintf("e%03d", i), i%20))
	}
	moved := instanceOf("e000", 7, 9)
	syncs(t, o, true, append(all, moved, all[5])...)
	other := eventOn("other", 1)
	other.Calendar = "team"
	commit(t, o, Plan{Mirror: []datebook.Event{other}})
	must(t, s.write(t.Context(), "marking the rows", func(x *tx) error {
		_, err := x.exec(t.Context(), "UPDATE events SET status = 'untouched'")
		return err
	}))
	all[2].Title = "Moved up"
	// The series is not on the calendar any more, and one instance of it still is.
	syncs(t, o, true, append(all[1:200], moved)...)
	rows := columnOf(t, s, "status")
	if len(rows) != 201 || rows["e000"] != "" || rows["other"] == "" || rows[moved.ID] == "" {
		t.Errorf("%d rows are left, want 199 events, an instance and the other calendar's", len(rows))
	}
	for id, status := range rows {
		if (status == "untouched") == (id == "e002") {
			t.Errorf("%s is %s", id, status)
		}
	}
	if n, err := s.SyncedEvents(t.Context(), "dana", primary); n != 199 || err != nil {
		t.Errorf("%d synced events, want 199 (%v)", n, err)
	}
	syncs(t, o, true)
	if rows := columnOf(t, s, "status"); len(rows) != 1 {
		t.Error("after a whole sync of nothing there are", rows)
	}
}

func mirrorWindow(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	date := time.Date(2026, 12, 10, 0, 0, 0, 0, time.UTC)
	allDay := eventOn("allday", 0)
	allDay.Start, allDay.End, allDay.AllDay = date, date.AddDate(0, 0, 1), true
	instant := eventOn("instant", 5)
	instant.End = instant.Start
	old := day.AddDate(0, 0, -10).Format("20060102")
	moved, hole := instanceOf("endless", 5, 50), cancelled(instanceOf("endless", 6, 6))
	// Moved out of a series that has ended: it counts from the time that it had to the
	// time that it has.
	late, lateHole := instanceOf("ended", -13, 5), cancelled(instanceOf("ended", -12, -12))
	syncs(t, o, true,
		allDay, instant, eventOn("single", 5), moved, hole, late, lateHole,
		seriesOf("endless", -100, "RRULE:FREQ=DAILY", "EXDATE:20261101T063000Z"),
		seriesOf("ended", -100, "RRULE:FREQ=DAILY;UNTIL="+old),
		seriesOf("later", 40, "RRULE:FREQ=DAILY"),
		seriesOf("dated", 40, "RDATE:20261201T063000Z"))
	endless := "-" + hole.ID + " endless " + moved.ID
	always := endless + " dated"
	at := func(d time.Duration) time.Time { return day.AddDate(0, 0, 5).Add(d) }
	for name, c := range map[string]struct {
		from, to time.Time
		want     string
	}{
		"all of a day":                           {at(-6 * time.Hour), at(6 * time.Hour), always + " " + late.ID + " instant single"},
		"the end is not in it":                   {at(-time.Hour), at(0), always + " " + late.ID},
		"the last minute is":                     {at(59 * time.Minute), at(2 * time.Hour), always + " " + late.ID + " single"},
		"what ended as it begins is not":         {at(time.Hour), at(2 * time.Hour), always},
		"a day in Kiritimati begins early":       {date.Add(-14 * time.Hour), date.Add(-13 * time.Hour), always + " allday " + late.ID},
		"and ends late in Hawaii":                {date.Add(34 * time.Hour), date.Add(35 * time.Hour), always + " allday " + late.ID},
		"a series that begins later":             {at(40 * 24 * time.Hour), at(41 * 24 * time.Hour), endless + " later"},
		"a series that has ended has not before": {day.AddDate(0, 0, -20), day.AddDate(0, 0, -19), endless + " -" + lateHole.ID + " ended " + late.ID},
	} {
		found, err := s.EventsBetween(t.Context(), "dana", c.from, c.to)
		must(t, err)
		want := strings.Fields(c.want)
		slices.Sort(want)
		holds(t, name, eventIDs(found), strings.Join(want, " "))
	}
}

func mirrorByUID(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	moved, hole := instanceOf("series", 7, 9), cancelled(instanceOf("series", 14, 14))
	syncs(t, o, true, seriesOf("series", 0, "RRULE:FREQ=WEEKLY"), moved, hole, eventOn("e1", 1), instanceOf("e2", 1, 1))
	copied := seriesOf("series", 0, "RRULE:FREQ=WEEKLY")
	copied.Calendar = "team"
	commit(t, o, Plan{Mirror: []datebook.Event{copied}})
	found, err := s.EventsByUID(t.Context(), "dana", "series@google.com")
	must(t, err)
	holds(t, "by UID", eventIDs(found), "-"+hole.ID+" series series "+moved.ID)
}

func mirrorForgets(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	team := calendarOf("team's")
	team.ID, team.Primary = "team", false
	commit(t, o, Plan{Syncs: []datebook.Sync{
		{Calendar: calendarOf("mine"), Events: []datebook.Event{eventOn("e1", 1)}},
		{Calendar: team, Events: []datebook.Event{eventOn("e2", 1)}},
	}})
	must(t, o.ForgetCalendar(t.Context(), primary))
	calendars, err := s.Calendars(t.Context(), "dana")
	must(t, err)
	team.Events = 1
	if diff := cmp.Diff([]datebook.Calendar{team}, calendars); diff != "" {
		t.Error(diff)
	}
	holds(t, "what is left", between(t, s, 0, 30), "e2")
}

func mirrorPruned(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	past := instanceOf("series", 10, -10) // moved into the past: without it, the series would have its old time again
	hole := cancelled(instanceOf("series", 11, 11))
	syncs(t, o, true, eventOn("old", -1), eventOn("new", 1), seriesOf("series", -100, "RRULE:FREQ=DAILY"), past, hole, cancelled(instanceOf("series", -9, -9)))
	_, err := o.Prune(t.Context(), day)
	must(t, err)
	var left []string
	for id := range columnOf(t, s, "id") {
		left = append(left, id)
	}
	slices.Sort(left)
	holds(t, "what is left", strings.Join(left, " "), strings.Join([]string{"new", "series", past.ID, hole.ID}, " "))
}

// BenchmarkMirror measures a whole sync of ten thousand events: the first, one
// that changes nothing, and reading a month of them.
func BenchmarkMirror(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { mirrorTenThousand(b, "sqlite:"+b.TempDir()+"/bench.db") })
	b.Run("postgres", func(b *testing.B) { mirrorTenThousand(b, storetest.Postgres(b)) })
}

func mirrorTenThousand(b *testing.B, dsn string) {
	s := open(b, dsn)
	o := own(b, s, "dana")
	var all []datebook.Event
	for i := range 10_000 {
		e := eventOn(fmt.Sprintf("%026x", i*2654435761), i%730-365)
		e.Notes, e.Location = strings.Repeat("What we want to talk about. ", 8), "Board room"
		for g := range 5 {
			e.Guests = append(e.Guests, datebook.Guest{Person: datebook.Person{Email: fmt.Sprintf("guest%d@bigcustomer.example", g)}, Response: "accepted"})
		}
		all = append(all, e)
	}
	plan := Plan{Syncs: []datebook.Sync{{Calendar: calendarOf("next"), Whole: true, Events: all}}}
	took := map[string]time.Duration{}
	measure := func(what string, fn func() error) {
		began := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		took[what] += time.Since(began)
	}
	n := 0
	for b.Loop() {
		n++
		measure("first", func() error { _, err := o.Commit(b.Context(), plan); return err })
		measure("same", func() error { _, err := o.Commit(b.Context(), plan); return err })
		measure("month", func() error {
			_, err := s.EventsBetween(b.Context(), "dana", day, day.AddDate(0, 0, 30))
			return err
		})
		measure("forget", func() error { return o.ForgetCalendar(b.Context(), primary) })
	}
	for what, d := range took {
		b.ReportMetric(float64(d.Milliseconds())/float64(n), what+"-ms")
	}
}
