package demo

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMistakesInTheCalendarFilesAreNamed(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a day that is none", "@ soon 09:00 30\nTitle: x\n", `calendar/x.txt:1: "soon" is no day`},
		{"a Saturday that is not to come", "@ sat+0 09:00 30\nTitle: x\n", `"sat+0" is no day`},
		{"a time that is none", "@ +1 9h 30\nTitle: x\n", `"9h" is no clock time`},
		{"no length", "@ +1 09:00\nTitle: x\n", "a day, a time and minutes"},
		{"a length that is none", "@ +1 09:00 long\nTitle: x\n", `"long" is no length`},
		{"a word that means nothing", "@ +1 09:00 30 sometimes\nTitle: x\n", `"sometimes" is no word`},
		{"a field without a colon", "@ +1 09:00 30\nTitle x\n", "calendar/x.txt:2: neither a field"},
		{"a zone that is none", "@ +1 09:00 30\nZone: Hamburg\n", "the field Zone"},
		{"nothing behind the sign", "@ +1\n", "a day, a time and minutes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseAppointments(noon, "x.txt", c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAnswersOfGuests(t *testing.T) {
	got, err := guests("mei, rahul maybe, luca no, ines ?, mei no")
	want := []guest{{"mei", "accepted"}, {"rahul", "tentative"}, {"luca", "declined"}, {"ines", "needsAction"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v: who stands twice counts once", got, err, want)
	}
	if _, err := guests("mei perhaps"); err == nil {
		t.Error("an answer that is none was taken")
	}
}

func TestSeriesKnowTheirDays(t *testing.T) {
	all, err := parseAppointments(noon, "x.txt", "@ +1 13:30 30 weekly\n\n@ +1 09:00 30 weekly new\n\n@ +1 09:00 30 fortnightly\n\n@ +1 09:00 30 weekdays\n\n@ +1 09:00 30\n")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		series int
		day    string // noon is Thursday 19 November, so that +1 is the 20th
		has    bool
	}{
		{0, "2026-11-20", true},
		{0, "2026-11-13", true},
		{0, "2026-11-14", false},
		{0, "2026-10-02", false},
		{1, "2026-11-20", true},
		{1, "2026-11-13", false},
		{1, "2026-12-04", true},
		{2, "2026-11-20", true},
		{2, "2026-11-13", false},
		{2, "2026-11-06", true},
		{3, "2026-11-13", true},
		{3, "2026-11-14", false},
		{4, "2026-11-20", false},
	}
	for _, c := range cases {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[c.series].has(day); got != c.has {
			t.Errorf("series %d has an instance on %s: %v, want %v", c.series, c.day, got, c.has)
		}
	}
}
