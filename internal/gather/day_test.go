package gather_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
)

const (
	fromHansa = "Karin Vogel <karin@hansa-logistik.example>"
	tom       = "Tom Reyes <tom@acme.example>"
	team      = "tom@acme.example,rahul@acme.example"
)

// flight is LHR to JFK on the evening of Tuesday, with a night in New York.
var flight = on(london, "BA 117 London LHR to New York JFK", theDate, "17:00 8h", "to=America/New_York")

// inShort is a day in short: the entries of its timeline, what needs the executive and
// what has changed, a line each.
func inShort(d *agenda.Day) string {
	var b strings.Builder
	for _, n := range d.Notices {
		fmt.Fprintf(&b, "%s: %s since %s\n", n.Kind, n.What, n.Since.In(d.Zone).Format("2 Jan 15:04"))
	}
	for _, n := range d.Needs {
		b.WriteString(lineText(d, "needs", n))
	}
	for _, n := range d.Changes {
		b.WriteString(lineText(d, "changed", n))
	}
	for _, e := range d.Timeline {
		b.WriteString(entryText(d, e))
	}
	return b.String()
}

func lineText(d *agenda.Day, section string, l agenda.Line) string {
	if l.Confidential {
		return section + " " + string(l.Kind) + ": confidential\n"
	}
	parts := []string{l.Title, spanText(l.When, d.Zone)}
	if !l.Was.Start.IsZero() {
		parts = append(parts, "was "+spanText(l.Was, d.Zone))
	}
	if c := l.Clash; c != nil {
		parts = append(parts, fmt.Sprintf("%q over %q: %s", c.Stays, c.Gives, c.Do))
	}
	parts = slices.DeleteFunc(append(parts, l.Who, l.Text), func(s string) bool { return s == "" })
	return section + " " + string(l.Kind) + ": " + strings.Join(parts, " | ") + "\n"
}

func entryText(d *agenda.Day, e agenda.Entry) string {
	zone := d.Zone
	if e.Zone != nil {
		zone = e.Zone
	}
	words := []string{spanText(e.When, zone), string(e.Kind), e.Title}
	if e.Confidential {
		words = append(words[:2], "private")
	}
	if e.EndZone != nil {
		words = append(words, "ends "+e.When.End.In(e.EndZone).Format("15:04"))
	}
	if e.GuestZone != nil {
		words = append(words, "theirs "+e.When.Start.In(e.GuestZone).Format("15:04"))
	}
	for _, w := range []struct {
		is   bool
		word string
	}{{e.Free, "free"}, {e.Clash != "", "clash"}, {e.NoAgenda, "no agenda"}, {e.NoLink, "no link"}, {e.NoPlace, "no place"}, {e.Response != "", string(e.Response)}} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return strings.Join(append(words, e.Outside...), " | ") + "\n"
}

func spanText(s agenda.Span, zone *time.Location) string {
	switch {
	case s.Start.IsZero():
		return ""
	case s.AllDay:
		return s.Start.In(zone).Format("2 Jan") + " to " + s.End.In(zone).AddDate(0, 0, -1).Format("2 Jan")
	case s.End.IsZero():
		return s.Start.In(zone).Format("2 Jan 15:04")
	}
	return s.Start.In(zone).Format("2 Jan 15:04") + "-" + s.End.In(zone).Format("15:04")
}

func TestTimeline(t *testing.T) {
	for _, tc := range []struct {
		name, date string
		events     []datebook.Event
		want       string
	}{
		{"an empty day is empty", theDate, nil, ""},
		{
			"what lasts all day comes with its days", theDate,
			[]datebook.Event{on(london, "Conference", "2026-12-07", "all day 3d"), on(london, "HANSA LOGISTIK: call", theDate, "14:00 1h", "with="+fromHansa)},
			"7 Dec to 9 Dec | alone | Conference\n8 Dec 14:00-15:00 | meeting | HANSA LOGISTIK: call | no agenda | no link | no place | Karin Vogel, HANSA LOGISTIK\n",
		},
		{
			"where somebody works, and what they have declined, is not shown", theDate,
			[]datebook.Event{on(london, "Home", theDate, "all day 1d", "kind=workingLocation"), on(london, "No", theDate, "10:00 1h", "by="+tom, "me=declined")},
			"",
		},
		{
			"of a private event there is when it is", theDate,
			[]datebook.Event{on(london, "Secret", theDate, "10:00 1h", "with="+fromHansa, "private", "at=Clinic")},
			"8 Dec 10:00-11:00 | meeting | private\n",
		},
		{
			"the guests' clock where they called it and it differs", theDate,
			[]datebook.Event{
				on(berlin, "Theirs", theDate, "10:00 1h", "by="+fromHansa, "video=https://meet.example/x", "notes=Numbers"),
				on(berlin, "Ours", theDate, "12:00 1h", "yes="+fromHansa, "video=https://meet.example/x", "notes=Numbers"),
			},
			"8 Dec 09:00-10:00 | meeting | Theirs | theirs 10:00 | Karin Vogel, Hansa Logistik\n8 Dec 11:00-12:00 | meeting | Ours | Karin Vogel, Hansa Logistik\n",
		},
		{
			"flying west the day is longer, and goes on by the clocks there", theDate,
			[]datebook.Event{flight, on(newYork, "Dinner", theDate, "21:00 2h"), on(london, "Late here", "2026-12-09", "09:00 1h")},
			"8 Dec 17:00-01:00 | travel | BA 117 London LHR to New York JFK | ends 20:00\n8 Dec 21:00-23:00 | alone | Dinner\n",
		},
		{
			"the next day is that of New York", "2026-12-09",
			[]datebook.Event{flight, on(newYork, "Breakfast", "2026-12-09", "08:00 1h"), on(london, "Leave", "2026-12-09", "all day 1d")},
			"9 Dec to 9 Dec | alone | Leave\n9 Dec 08:00-09:00 | alone | Breakfast\n",
		},
		{
			"on the day on which clocks go forward what goes over that hour keeps its times", "2026-03-29",
			[]datebook.Event{on(london, "Watch", "2026-03-28", "23:30 2h30m"), on(london, "Lunch", "2026-03-29", "12:00 1h")},
			"28 Mar 23:30-03:00 | alone | Watch\n29 Mar 12:00-13:00 | alone | Lunch\n",
		},
		{"what is on two calendars stands there once", theDate, []datebook.Event{on(london, "Twice", theDate, "09:00 1h"), on(london, "Twice", theDate, "09:00 1h", "id=other")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, someRules)
			if strings.HasPrefix(tc.name, "what is on two") {
				tc.events[1].UID = tc.events[0].UID
				tc.want = "8 Dec 09:00-10:00 | alone | Twice\n"
			}
			w.see(halfPast, tc.events...)
			d, _ := w.day(tc.date)
			d.Notices = nil
			if got := inShort(d); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}

func TestADateWithoutMidnightHasItsDay(t *testing.T) {
	cairo := zoneOf("Africa/Cairo") // where clocks go from 23:59 to 01:00 on 24 April 2026
	w := newWorld(t, strings.Replace(someRules, "Europe/London", "Africa/Cairo", 1))
	events := []datebook.Event{on(cairo, "Before", "2026-04-23", "22:00 1h"), on(cairo, "Early", "2026-04-24", "01:30 1h"), on(cairo, "Late", "2026-04-24", "23:00 1h")}
	w.see(clock(cairo, "2026-04-24 06:00"), events...)
	d, _ := w.day("2026-04-24")
	if got, want := inShort(d), "24 Apr 01:30-02:30 | alone | Early\n24 Apr 23:00-00:00 | alone | Late\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := d.Date.In(d.Zone).Format(time.DateOnly); got != "2026-04-24" {
		t.Errorf("the day is %s", got)
	}
}

func TestOfTwoCopiesTheExecutivesOwnCounts(t *testing.T) {
	w := newWorld(t, someRules)
	mine := on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction")
	copied := mine
	copied.Calendar, copied.Guests = "a-team@acme.example", nil
	w.commit(store.Plan{Syncs: []datebook.Sync{
		{Calendar: datebook.Calendar{ID: copied.Calendar, Name: "team", SeenAt: halfPast}, Whole: true, Events: []datebook.Event{copied}},
		{Calendar: datebook.Calendar{ID: dana, Name: "primary", Primary: true, SeenAt: halfPast}, Whole: true, Events: []datebook.Event{mine}},
	}})
	d, decisions := w.day(theDate)
	if len(d.Needs) != 1 || decisions[0].Offer.Choices[0].Step.Op.With["on"] != "primary" {
		t.Errorf("got %s, %+v", inShort(d), decisions)
	}
}

func TestWithoutACalendarNothingIsSaidOfOne(t *testing.T) {
	w := newWorld(t, someRules)
	w.Polls = 0
	d, _, _, err := w.Day(t.Context(), theDate, halfPast)
	if err != nil || !d.NoCalendar || d.Week != nil || d.Goals != nil {
		t.Errorf("%v, no calendar %v, week %v, goals %v", err, d.NoCalendar, d.Week, d.Goals)
	}
}

func TestNotices(t *testing.T) {
	w := newWorld(t, someRules)
	w.see(halfPast.Add(-2 * time.Hour))
	w.MailSeen = halfPast.Add(-61 * time.Minute)
	d, _, _, err := w.Day(t.Context(), theDate, halfPast.Add(16*time.Minute))
	w.must(err)
	if got, want := inShort(d), "late:  since 8 Dec 06:30\nstale: The mailbox since 8 Dec 05:29\nstale: The calendar since 8 Dec 04:30\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	w.MailSeen, w.Polls = halfPast, time.Hour
	if d, _ := w.day(theDate); len(d.Notices) != 0 {
		t.Errorf("what is asked each hour is not stale after two, and half past six is not late: %+v", d.Notices)
	}
}

func TestTheWeekAndItsGoals(t *testing.T) {
	w := newWorld(t, someRules)
	w.see(
		halfPast,
		on(london, "Series C: numbers", "2026-12-01", "10:00 1h", "yes="+team),
		on(london, "Series C: term sheet", "2026-12-09", "10:00 2h", "yes="+fromHansa), on(london, "Series C: banks", "2026-12-09", "11:00 2h", "yes="+team),
		on(london, "Series C: thinking", "2026-12-11", "09:00 1h", "kind=focusTime"),
		on(london, "Hamburg", "2026-12-09", "all day 2d", "free"), on(london, "Ellie", "2026-12-09", "all day 1d", "private"),
	)
	d, _ := w.day(theDate)
	if g := d.Goals; len(g) != 2 || g[0].Time != 4*time.Hour || g[0].Before != time.Hour || g[1].Time != 0 {
		t.Errorf("goals %+v", g)
	}
	a := d.Week[0]
	if len(d.Week) != 7 || a.Meetings != 2 || a.Time != 3*time.Hour || !a.First.Equal(clock(london, "2026-12-09 10:00")) || !slices.Equal(a.Notes, []string{"Hamburg"}) || a.Off {
		t.Errorf("tomorrow is %+v", a)
	}
	if sat := d.Week[3]; !sat.Off || sat.Date.In(d.Zone).Weekday() != time.Saturday {
		t.Errorf("Saturday is %+v", sat)
	}
}

func TestADayAheadIsThatOfWhereTheExecutiveWillBe(t *testing.T) {
	w := newWorld(t, someRules)
	back := on(newYork, "BA 178 New York JFK to London LHR", "2026-12-10", "19:00 7h", "to=Europe/London")
	w.see(
		halfPast, flight, back, on(newYork, "Dinner", theDate, "21:00 2h", "yes="+fromHansa),
		on(newYork, "Bank", "2026-12-09", "09:00 1h", "yes="+fromHansa), on(newYork, "Bank again", "2026-12-10", "17:00 1h", "yes="+fromHansa),
		on(london, "Weekly", "2026-12-11", "09:00 1h", "yes="+team),
	)
	d, _ := w.day(theDate)
	var got []string
	for _, a := range d.Week[:3] {
		got = append(got, fmt.Sprint(a.Meetings, " ", a.First.In(a.Zone).Format("Mon 15:04")))
	}
	if want := []string{"1 Wed 09:00", "1 Thu 17:00", "1 Fri 09:00"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrep(t *testing.T) {
	w := newWorld(t, someRules)
	w.see(halfPast, on(london, "Quarterly", theDate, "10:00 1h", "yes="+fromHansa), on(london, "Inside", theDate, "12:00 1h", "yes="+team), on(london, "Secret", theDate, "14:00 1h", "yes="+fromHansa, "private"))
	w.received("karin@hansa-logistik.example", "Karin Vogel", "first", halfPast.Add(-50*time.Hour), store.Gist{Text: "The SLA was missed twice.", Files: []string{"log.pdf"}, Promises: []store.Promise{{Text: "I will send the volumes."}}})
	w.received("tom@acme.example", "Tom Reyes", "other", halfPast.Add(-2*time.Hour), store.Gist{Text: "Nothing of it."})
	d, _ := w.day(theDate)
	if len(d.Prep) != 1 {
		t.Fatalf("there are %d briefs", len(d.Prep))
	}
	b := d.Prep[0]
	if !slices.Equal(b.People, []string{"Karin Vogel, Hansa Logistik"}) || b.Last.Who != "Karin Vogel" || !slices.Equal(b.Files, []string{"log.pdf"}) {
		t.Errorf("the brief is %+v", b)
	}
	if want := "The SLA (what was promised about reliability) was missed twice."; b.Last.Text != want {
		t.Errorf("the last thread says %q", b.Last.Text)
	}
	if len(b.Theirs) != 1 || len(b.Ours) != 0 {
		t.Errorf("promises: theirs %+v, ours %+v", b.Theirs, b.Ours)
	}
}

// received makes the journal remember a message to the executive, and what it says.
func (w *world) received(from, name, id string, at time.Time, g store.Gist) {
	w.Helper()
	g.Key, g.MessageID, g.From, g.Name, g.Received = "mid:"+id, id+"@x.example", from, name, at
	w.commit(store.Plan{
		Messages: []store.Message{{Key: g.Key, MessageID: g.MessageID, From: from, To: []string{dana}, ToMe: true, Received: at, Subject: id}},
		Gists:    []store.Gist{g},
	})
}

// TestEveryLineHasASource: what an agenda says can be traced.
func TestEveryLineHasASource(t *testing.T) {
	w := newWorld(t, someRules)
	w.see(
		halfPast, on(london, "Client", theDate, "10:00 1h", "yes="+fromHansa), on(london, "Sync", theDate, "10:30 1h", "yes="+team),
		on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction"), on(london, "New", "2026-12-11", "10:00 1h", "yes="+tom, "new"),
	)
	d, _ := w.day(theDate)
	reasons, err := d.Why()
	w.must(err)
	for _, r := range reasons {
		if r.Source == (agenda.Source{}) && r.Section != "ahead" && r.Section != "notices" && !strings.HasSuffix(r.ID, "-last-1") {
			t.Errorf("%s %s comes from nowhere: %s", r.Section, r.ID, r.Line)
		}
	}
}

func TestDayNamesWhatItCouldNotRead(t *testing.T) {
	w := newWorld(t, someRules)
	if _, _, _, err := w.Day(t.Context(), "8 December", halfPast); err == nil || !strings.Contains(err.Error(), "2026-12-08") {
		t.Errorf("a date that is none: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, _, err := w.Day(ctx, theDate, halfPast); err == nil {
		t.Error("no error of a context that has ended")
	}
}
