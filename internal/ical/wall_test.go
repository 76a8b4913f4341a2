package ical

import (
	"strings"
	"testing"
	"time"
)

func TestClocksThatChange(t *testing.T) {
	for _, test := range []struct{ rule, zone, wall, want string }{
		{"a time that is skipped is counted from before the gap", "Europe/London", "2026-03-29 01:30", "2026-03-29 02:30 +0100"},
		{"the second after the gap", "Europe/London", "2026-03-29 02:00", "2026-03-29 02:00 +0100"},
		{"the minute before the gap", "Europe/London", "2026-03-29 00:59", "2026-03-29 00:59 +0000"},
		{"a time that exists twice is the first", "Europe/London", "2026-10-25 01:30", "2026-10-25 01:30 +0100"},
		{"the beginning of the hour that exists twice", "Europe/London", "2026-10-25 01:00", "2026-10-25 01:00 +0100"},
		{"the hour after", "Europe/London", "2026-10-25 02:00", "2026-10-25 02:00 +0000"},
		{"west of Greenwich, spring", "America/New_York", "2026-03-08 02:15", "2026-03-08 03:15 -0400"},
		{"west of Greenwich, autumn", "America/New_York", "2026-11-01 01:15", "2026-11-01 01:15 -0400"},
		{"the southern half", "Australia/Sydney", "2026-10-04 02:30", "2026-10-04 03:30 +1100"},
		{"half an hour, skipped", "Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-04 02:40 +1100"},
		{"half an hour, twice", "Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05 01:45 +1100"},
		{"a midnight that is skipped", "America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 01:00 -0200"},
		{"a day that is skipped", "Pacific/Apia", "2011-12-30 12:00", "2011-12-31 12:00 +1400"},
		{"negative summer time", "Europe/Dublin", "2026-10-25 01:30", "2026-10-25 01:30 +0100"},
	} {
		w, err := time.Parse("2006-01-02 15:04", test.wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := place(w, zoneOf(t, test.zone)).Format("2006-01-02 15:04 -0700"); got != test.want {
			t.Errorf("%s: %s in %s is %s, not %s", test.rule, test.wall, test.zone, got, test.want)
		}
	}
}

// starts reads one event and returns the starts of its occurrences in the window.
func starts(t *testing.T, from, to string, lines ...string) []string {
	t.Helper()
	var list []string
	for _, o := range expand(t, from, to, event(lines...)) {
		form := "2006-01-02 15:04 -0700"
		if o.AllDay {
			form = time.DateOnly
		}
		list = append(list, o.Start.Format(form))
	}
	return list
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:a\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func calendar(parts ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + strings.Join(parts, "") + "END:VCALENDAR\r\n"
}

// read reads a calendar of the parts for a reader in London; every event must be
// accepted.
func read(t *testing.T, parts ...string) *Calendar {
	t.Helper()
	c, err := Read(strings.NewReader(calendar(parts...)), zoneOf(t, "Europe/London"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Problems {
		if p.Refused {
			t.Fatal(p)
		}
	}
	return c
}

func expand(t *testing.T, from, to string, parts ...string) []Occurrence {
	t.Helper()
	found, err := read(t, parts...).Occurrences(at(t, from), at(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func at(t *testing.T, day string) time.Time {
	t.Helper()
	found, err := time.ParseInLocation(time.DateOnly, day, zoneOf(t, "Europe/London"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSeriesOverAChangeOfTheClocks(t *testing.T) {
	for _, test := range []struct {
		rule, from, to string
		lines          []string
		want           string
	}{
		{"a series keeps its time on the wall, in spring", "2026-03-27", "2026-03-31", []string{
			"DTSTART;TZID=Europe/Berlin:20260327T090000", "RRULE:FREQ=DAILY",
		}, "2026-03-27 09:00 +0100, 2026-03-28 09:00 +0100, 2026-03-29 09:00 +0200, 2026-03-30 09:00 +0200"},
		{"and in autumn", "2026-10-24", "2026-10-27", []string{
			"DTSTART;TZID=Europe/Berlin:20260324T090000", "RRULE:FREQ=DAILY",
		}, "2026-10-24 09:00 +0200, 2026-10-25 09:00 +0100, 2026-10-26 09:00 +0100"},
		{"in the skipped hour it is an hour later, that day only", "2026-03-28", "2026-03-31", []string{
			"DTSTART;TZID=Europe/Berlin:20260301T023000", "RRULE:FREQ=DAILY",
		}, "2026-03-28 02:30 +0100, 2026-03-29 03:30 +0200, 2026-03-30 02:30 +0200"},
		{"in the hour that exists twice it takes place once", "2026-10-24", "2026-10-27", []string{
			"DTSTART;TZID=Europe/Berlin:20260301T023000", "RRULE:FREQ=DAILY",
		}, "2026-10-24 02:30 +0200, 2026-10-25 02:30 +0200, 2026-10-26 02:30 +0100"},
		{"a series in UTC stays in UTC", "2026-03-28", "2026-03-31", []string{
			"DTSTART:20260328T090000Z", "RRULE:FREQ=DAILY",
		}, "2026-03-28 09:00 +0000, 2026-03-29 09:00 +0000, 2026-03-30 09:00 +0000"},
		{"a floating one is where the reader is", "2026-03-28", "2026-03-31", []string{
			"DTSTART:20260328T090000", "RRULE:FREQ=DAILY",
		}, "2026-03-28 09:00 +0000, 2026-03-29 09:00 +0100, 2026-03-30 09:00 +0100"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			if got := strings.Join(starts(t, test.from, test.to, test.lines...), ", "); got != test.want {
				t.Errorf("%s\nnot %s", got, test.want)
			}
		})
	}
}

func TestLengths(t *testing.T) {
	for _, test := range []struct {
		rule, want string
		lines      []string
	}{
		{"a day of DURATION is a day of the calendar", "2026-03-29 09:00 +0100", []string{"DTSTART;TZID=Europe/London:20260328T090000", "DURATION:P1D"}},
		{"24 hours are 24 hours", "2026-03-29 10:00 +0100", []string{"DTSTART;TZID=Europe/London:20260328T090000", "DURATION:PT24H"}},
		{"a week and a bit", "2026-04-04 09:30 +0100", []string{"DTSTART;TZID=Europe/London:20260328T090000", "DURATION:P1WT30M"}},
		{"an end in another zone", "2026-03-28 12:00 +0000", []string{"DTSTART;TZID=Europe/London:20260328T090000", "DTEND;TZID=Europe/Berlin:20260328T130000"}},
		{"a day without an end is a day", "2026-03-30 00:00 +0100", []string{"DTSTART;VALUE=DATE:20260329"}},
		{"the end of days is exclusive", "2026-03-31 00:00 +0100", []string{"DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260331"}},
		{"a time without an end is no time", "2026-03-28 09:00 +0000", []string{"DTSTART:20260328T090000Z"}},
	} {
		if got := read(t, event(test.lines...)).Events[0].End.Format("2006-01-02 15:04 -0700"); got != test.want {
			t.Errorf("%s: the end is %s, not %s", test.rule, got, test.want)
		}
	}
}
