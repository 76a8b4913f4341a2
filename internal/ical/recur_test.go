package ical

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// enough is more work than any case here needs.
const enough = 100_000

func TestLinesOfARecurrence(t *testing.T) {
	london := zoneNamed(t, "Europe/London")
	start := time.Date(2026, 3, 23, 9, 0, 0, 0, london)
	for _, c := range []struct {
		rule   string
		allDay bool
		lines  []string
		want   string
	}{
		{"a rule keeps the time on the wall", false, []string{"RRULE:FREQ=WEEKLY;COUNT=3"}, "03-23T09:00Z 03-30T08:00Z 04-06T08:00Z"},
		{"without any line there is the start", false, nil, "03-23T09:00Z"},
		{"dates alone", false, []string{"RDATE:20260324T090000Z"}, "03-23T09:00Z 03-24T09:00Z"},
		{"a time without a zone is in that of the event", false, []string{"RDATE:20260401T090000"}, "03-23T09:00Z 04-01T08:00Z"},
		{"a zone of its own", false, []string{"RDATE;TZID=America/New_York:20260324T090000"}, "03-23T09:00Z 03-24T13:00Z"},
		{"a zone of Windows", false, []string{"RDATE;TZID=Tokyo Standard Time:20260324T090000"}, "03-23T09:00Z 03-24T00:00Z"},
		{"exceptions in UTC and in a zone", false, []string{"RRULE:FREQ=DAILY;COUNT=4", "EXDATE:20260324T090000Z", "EXDATE;TZID=Europe/Paris:20260325T100000"}, "03-23T09:00Z 03-26T09:00Z"},
		{"exceptions by a rule", false, []string{"RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2"}, "03-24T09:00Z 03-26T09:00Z"},
		{"the start may be an exception", false, []string{"RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20260323T090000Z"}, "03-24T09:00Z"},
		{"UNTIL in UTC", false, []string{"RRULE:FREQ=DAILY;UNTIL=20260325T090000Z"}, "03-23T09:00Z 03-24T09:00Z 03-25T09:00Z"},
		{"names in lower case", false, []string{"rrule:freq=daily;count=2"}, "03-23T09:00Z 03-24T09:00Z"},
		{"whole days", true, []string{"RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260324", "RDATE;VALUE=DATE:20260401"}, "03-23T00:00Z 03-25T00:00Z 04-01T00:00Z"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			begin := start
			if c.allDay {
				begin = time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
			}
			r, err := Recur(c.lines, begin, c.allDay)
			if err != nil {
				t.Fatal(err)
			}
			work := enough
			starts, err := r.Starts(begin.AddDate(0, -1, 0), begin.AddDate(1, 0, 0), &work)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range starts {
				got = append(got, s.UTC().Format("01-02T15:04Z"))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}

func zoneNamed(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestARecurrenceThatCannotBeFollowedIsRefused(t *testing.T) {
	start := time.Date(2026, 3, 23, 9, 0, 0, 0, time.UTC)
	for rule, c := range map[string]struct{ line, want string }{
		"a line of an event":        {"DTSTART:20260323T090000Z", `line 1 of its recurrence is a "DTSTART"`},
		"no line at all":            {"FREQ=DAILY", "line 1 of its recurrence can't be read"},
		"an empty line":             {"", "line 1 of its recurrence can't be read"},
		"half a rule":               {"RRULE:FREQ=DAILY;BYHUOR=9", "is not known or stands twice"},
		"a zone that nobody knows":  {"EXDATE;TZID=Mars/Olympus:20260323T090000", `the zone "Mars/Olympus" is not known`},
		"a day among times":         {"RDATE;VALUE=DATE:20260324", "one of DTSTART and RDATE is a date"},
		"a period":                  {"RDATE;VALUE=PERIOD:20260324T090000Z/PT2H", "an RDATE is a period"},
		"a day that does not exist": {"EXDATE:20260230T090000Z", "there is no such time"},
	} {
		if _, err := Recur([]string{c.line}, start, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", rule, err, c.want)
		}
	}
}

func TestStartsOfAWindow(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r, err := Recur([]string{"RRULE:FREQ=DAILY"}, start, false)
	if err != nil {
		t.Fatal(err)
	}
	work := enough
	got, err := r.Starts(start.AddDate(0, 0, 10), start.AddDate(0, 0, 12), &work)
	if err != nil || len(got) != 2 || !got[0].Equal(start.AddDate(0, 0, 10)) || !r.Endless() {
		t.Errorf("got %v, %v; endless %v", got, err, r.Endless())
	}
	if spent := enough - work; spent < 2 || spent > 30 {
		t.Errorf("two days took %d steps", spent)
	}
	work = 10
	if _, err := r.Starts(start, start.AddDate(1, 0, 0), &work); err == nil || work != 0 {
		t.Errorf("a year with 10 steps gave %v, and %d are left", err, work)
	}
	for _, rule := range []string{"RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=DAILY;UNTIL=20270101", "RDATE:20260303T090000Z"} {
		if r, err := Recur([]string{rule}, start, false); err != nil || r.Endless() {
			t.Errorf("%s goes on for ever, or %v", rule, err)
		}
	}
}

func TestMidnight(t *testing.T) {
	for zone, want := range map[string]string{
		"Europe/London":    "2026-09-06T00:00:00+01:00",
		"America/Santiago": "2026-09-06T01:00:00-03:00", // midnight is skipped on that day
		"Pacific/Apia":     "2026-09-06T00:00:00+13:00",
	} {
		if got := Midnight(2026, 9, 6, zoneNamed(t, zone)).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
	// Midnight comes twice in Havana's autumn.
	if got := Midnight(2026, 11, 1, zoneNamed(t, "America/Havana")).Format(time.RFC3339); got != "2026-11-01T00:00:00-04:00" {
		t.Error("Havana:", got)
	}
}

func FuzzRecur(f *testing.F) {
	for _, seed := range []string{
		"RRULE:FREQ=WEEKLY;BYDAY=MO,WE\nEXDATE;TZID=Europe/London:20260302T090000", "RDATE;VALUE=DATE:20260301,20260302", "EXRULE:FREQ=YEARLY",
		"RRULE:FREQ=MINUTELY;COUNT=100000", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101T000000Z", "RDATE;TZID=\"", "RRULE:FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	london := zoneNamed(f, "Europe/London")
	f.Fuzz(func(t *testing.T, lines string, allDay bool) {
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, london)
		if allDay {
			start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		}
		r, err := Recur(strings.Split(lines, "\n"), start, allDay)
		if err != nil {
			return
		}
		work := 20_000
		from, to := start.AddDate(0, -1, 0), start.AddDate(0, 2, 0)
		got, err := r.Starts(from, to, &work)
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(got, time.Time.Compare) || work < 0 {
			t.Errorf("%v are not in order, or %d is left", got, work)
		}
		for _, at := range got {
			if at.Before(from) || !at.Before(to) || allDay && !at.Equal(at.Truncate(24*time.Hour)) {
				t.Errorf("%v does not belong there", at)
			}
		}
	})
}
