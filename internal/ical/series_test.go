package ical

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// weekly is a series of Mondays at nine, from 5 January 2026.
func weekly(lines ...string) string {
	return event(append([]string{"DTSTART;TZID=Europe/London:20260105T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:series"}, lines...)...)
}

func TestExceptionsAndChangedInstances(t *testing.T) {
	change := func(lines ...string) string { return event(append([]string{"SUMMARY:changed"}, lines...)...) }
	for _, test := range []struct {
		rule  string
		parts []string
		want  string
	}{
		{"as it is", []string{weekly()}, "05 09:00, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"an instance is taken out", []string{weekly("EXDATE;TZID=Europe/London:20260112T090000")}, "05 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"in another zone", []string{weekly("EXDATE;TZID=Europe/Berlin:20260112T100000,20260119T100000")}, "05 09:00, 26 09:00, 02 09:00"},
		{"in UTC", []string{weekly("EXDATE:20260112T090000Z")}, "05 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"by its day", []string{weekly("EXDATE;VALUE=DATE:20260112")}, "05 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"another time takes out nothing", []string{weekly("EXDATE;TZID=Europe/London:20260112T100000")}, "05 09:00, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"the start is taken out", []string{weekly("EXDATE:20260105T090000Z")}, "12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"by a rule", []string{weekly("EXRULE:FREQ=WEEKLY;INTERVAL=2")}, "12 09:00, 26 09:00"},
		{"an extra date", []string{weekly("RDATE;TZID=Europe/London:20260107T150000")}, "05 09:00, 07 15:00, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"an extra date that is there already", []string{weekly("RDATE:20260112T090000Z")}, "05 09:00, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"an instance is moved", []string{weekly(), change("RECURRENCE-ID:20260112T090000Z", "DTSTART;TZID=Europe/London:20260113T140000")}, "05 09:00, 13 14:00 changed, 19 09:00, 26 09:00, 02 09:00"},
		{"an instance is cancelled", []string{weekly(), change("RECURRENCE-ID:20260112T090000Z", "DTSTART:20260112T090000Z", "STATUS:CANCELLED")}, "05 09:00, 12 09:00 changed CANCELLED, 19 09:00, 26 09:00, 02 09:00"},
		{"moved twice: the higher SEQUENCE counts, wherever it stands", []string{
			change("RECURRENCE-ID:20260112T090000Z", "DTSTART:20260113T140000Z", "SEQUENCE:2"), weekly(),
			change("RECURRENCE-ID:20260112T090000Z", "DTSTART:20260114T140000Z", "SEQUENCE:1"),
		}, "05 09:00, 13 14:00 changed, 19 09:00, 26 09:00, 02 09:00"},
		{"moved into the window from outside of it", []string{weekly("RDATE:20260601T090000Z"), change("RECURRENCE-ID:20260601T090000Z", "DTSTART:20260108T090000Z")}, "05 09:00, 08 09:00 changed, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
		{"this and all that follow are moved", []string{weekly(), change("RECURRENCE-ID;RANGE=THISANDFUTURE:20260119T090000Z", "DTSTART;TZID=Europe/London:20260120T110000", "DURATION:PT30M")}, "05 09:00, 12 09:00, 20 11:00 changed, 27 11:00 changed, 03 11:00 changed"},
		{"one of those is changed again", []string{
			weekly(), change("RECURRENCE-ID;RANGE=THISANDFUTURE:20260119T090000Z", "DTSTART;TZID=Europe/London:20260120T110000"),
			change("RECURRENCE-ID:20260126T090000Z", "DTSTART:20260128T080000Z"),
		}, "05 09:00, 12 09:00, 20 11:00 changed, 28 08:00 changed, 03 11:00 changed"},
		{"a changed instance without its series stands alone", []string{change("RECURRENCE-ID:20260112T090000Z", "DTSTART:20260113T140000Z")}, "13 14:00 changed"},
		{"a newer revision replaces the series", []string{weekly("SEQUENCE:1"), event("SUMMARY:new", "SEQUENCE:2", "DTSTART:20260106T090000Z")}, "06 09:00 new"},
		{"the same event twice is one", []string{weekly(), weekly()}, "05 09:00, 12 09:00, 19 09:00, 26 09:00, 02 09:00"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			var got []string
			for _, o := range expand(t, "2026-01-01", "2026-02-10", test.parts...) {
				words := o.Start.Format("02 15:04")
				if o.Title != "series" {
					words += " " + o.Title
				}
				got = append(got, strings.TrimSpace(words+" "+o.Status))
			}
			if got := strings.Join(got, ", "); got != test.want {
				t.Errorf("%s\nnot %s", got, test.want)
			}
		})
	}
}

func TestTheWindow(t *testing.T) {
	long := event("DTSTART:20260110T120000Z", "DTEND:20260112T120000Z")
	for _, test := range []struct {
		rule, from, to, part string
		want                 int
	}{
		{"what reaches into it belongs to it", "2026-01-11", "2026-01-12", long, 1},
		{"what begins when it ends does not", "2026-01-09", "2026-01-10", event("DTSTART;VALUE=DATE:20260110"), 0},
		{"what ends when it begins does not", "2026-01-11", "2026-01-12", event("DTSTART;VALUE=DATE:20260110"), 0},
		{"a moment at its beginning does", "2026-01-11", "2026-01-12", event("DTSTART:20260111T000000Z"), 1},
		{"an instance of a series that reaches into it", "2027-01-11", "2027-01-12", event("DTSTART:20260110T120000Z", "DURATION:P3D", "RRULE:FREQ=YEARLY"), 1},
		{"far from the start", "2099-01-10", "2099-01-11", event("DTSTART:19000110T120000Z", "RRULE:FREQ=DAILY"), 1},
	} {
		if got := len(expand(t, test.from, test.to, test.part)); got != test.want {
			t.Errorf("%s: %d occurrences, not %d", test.rule, got, test.want)
		}
	}
}

func TestOccurrencesAsJSON(t *testing.T) {
	found := expand(t, "2026-01-01", "2026-01-06", weekly("LOCATION:Hall"))
	got, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"start":"2026-01-05T09:00:00Z","end":"2026-01-05T10:00:00Z","zone":"Europe/London","uid":"a","title":"series",` +
		`"allDay":false,"recurrenceId":"2026-01-05T09:00:00Z","location":"Hall"}]`
	if string(got) != want {
		t.Errorf("%s\nnot %s", got, want)
	}
}

// TestDrawnSeries: whatever a series is made of, its occurrences ascend, lie in the
// window, stand at their time on the wall, and none of them was taken out.
func TestDrawnSeries(t *testing.T) {
	faulttest.Drawn(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"}).Draw(t, "zone")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		lines := []string{
			fmt.Sprintf("DTSTART;TZID=%s:20250101T%02d1500", zone, hour), "DURATION:PT45M",
			"RRULE:FREQ=" + rapid.SampledFrom([]string{"DAILY", "WEEKLY;BYDAY=WE,SU", "MONTHLY;BYDAY=-1SU", "DAILY;INTERVAL=3"}).Draw(t, "rule"),
		}
		out := map[int64]bool{}
		for range rapid.IntRange(0, 20).Draw(t, "exceptions") {
			day := time.Date(2025, 1, 1+rapid.IntRange(0, 500).Draw(t, "out"), hour, 15, 0, 0, time.UTC)
			lines = append(lines, fmt.Sprintf("EXDATE;TZID=%s:%s", zone, day.Format("20060102T150405")))
			out[place(day, loc).Unix()] = true
		}
		c, err := Read(strings.NewReader(calendar(event(lines...))), time.UTC)
		if err != nil || len(c.Events) != 1 {
			t.Fatal(err, c)
		}
		from := time.Date(2025, 1, rapid.IntRange(-30, 400).Draw(t, "from"), 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 0, rapid.IntRange(1, 400).Draw(t, "days"))
		found, err := c.Occurrences(from, to)
		if err != nil {
			t.Fatal(err)
		}
		if err := sound(found, from, to); err != nil {
			t.Fatal(err)
		}
		for _, o := range found {
			if out[o.Start.Unix()] {
				t.Fatalf("%s was taken out", o.Start)
			}
			w := wall(o.Start)
			if w.Hour() != hour && !place(time.Date(w.Year(), w.Month(), w.Day(), hour, 15, 0, 0, time.UTC), loc).Equal(o.Start) {
				t.Fatalf("%s is not at %d:15 on the wall", o.Start, hour)
			}
		}
		half := from.Add(to.Sub(from) / 2)
		first, err1 := c.Occurrences(from, half)
		second, err2 := c.Occurrences(half, to)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		joined := slices.CompactFunc(append(first, second...), func(a, b Occurrence) bool { return a.Start.Equal(b.Start) })
		if len(joined) != len(found) {
			t.Fatalf("two halves have %d occurrences, the whole %d", len(joined), len(found))
		}
	})
}
