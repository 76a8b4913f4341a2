package when

import (
	"testing"
	"time"
)

func day(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, time.UTC)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWorkingDays(t *testing.T) {
	c := Calendar{Now: day("2026-12-09 10:00"), Holidays: map[string]bool{"2026-12-25": true, "2026-12-26": true}}
	for _, test := range []struct {
		rule, from, to string
		want           int
	}{
		{"the same day is none", "2026-12-09 08:00", "2026-12-09 23:00", 0},
		{"the next day is one, however short the night", "2026-12-09 23:59", "2026-12-10 00:01", 1},
		{"a weekend does not count", "2026-12-11 10:00", "2026-12-14 10:00", 1},
		{"Friday to Sunday is none", "2026-12-11 10:00", "2026-12-13 10:00", 0},
		{"a week has five", "2026-12-09 10:00", "2026-12-16 10:00", 5},
		{"a holiday does not count, one on a Saturday changes nothing", "2026-12-23 10:00", "2026-12-28 10:00", 2},
		{"backwards is negative", "2026-12-14 10:00", "2026-12-11 10:00", -1},
		{"years are counted as weeks are", "2016-12-09 10:00", "2026-12-09 10:00", 2608},
	} {
		if got := c.WorkingDays(day(test.from), day(test.to)); got != test.want {
			t.Errorf("%s: from %s to %s are %d, not %d", test.rule, test.from, test.to, got, test.want)
		}
	}
}

func TestWorkingDaysAreThoseOfTheReader(t *testing.T) {
	c := wednesday(t, "Asia/Tokyo")
	// Friday noon and Sunday evening in London are Friday and Monday in Tokyo.
	if got := c.WorkingDays(day("2026-12-11 12:00"), day("2026-12-13 20:00")); got != 1 {
		t.Errorf("%d working days between Friday and Monday morning in Tokyo, not 1", got)
	}
	c.WorkDays = [7]bool{time.Sunday: true, time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true}
	if got := c.WorkingDays(day("2026-12-10 03:00"), day("2026-12-13 03:00")); got != 1 {
		t.Errorf("%d working days from Thursday to Sunday where Friday and Saturday are free, not 1", got)
	}
}

func TestAddWorkingDays(t *testing.T) {
	c := Calendar{Now: day("2026-12-09 10:00"), Holidays: map[string]bool{"2026-12-25": true}}
	for _, test := range []struct {
		rule, from string
		n          int
		want       string
	}{
		{"none is the instant itself", "2026-12-12 10:00", 0, "2026-12-12 10:00"},
		{"a weekend is stepped over", "2026-12-11 16:30", 1, "2026-12-14 16:30"},
		{"a holiday is stepped over", "2026-12-24 09:00", 1, "2026-12-28 09:00"},
		{"backwards", "2026-12-14 09:00", -1, "2026-12-11 09:00"},
		{"from a Saturday, one is the Monday", "2026-12-12 09:00", 1, "2026-12-14 09:00"},
		{"five are a week", "2026-12-09 09:00", 5, "2026-12-16 09:00"},
	} {
		if got := c.AddWorkingDays(day(test.from), test.n); !got.Equal(day(test.want)) {
			t.Errorf("%s: %s and %d working days are %s, not %s", test.rule, test.from, test.n, got, test.want)
		}
	}
}

func TestAddWorkingDaysEnds(t *testing.T) {
	c := Calendar{Now: day("2026-12-09 10:00"), WorkDays: [7]bool{time.Monday: true}, Holidays: map[string]bool{}}
	for d := day("2026-12-01 00:00"); d.Year() < 2150; d = d.AddDate(0, 0, 1) {
		c.Holidays[d.Format(time.DateOnly)] = true
	}
	if got := c.AddWorkingDays(c.Now, 1); got.Before(c.Now) {
		t.Errorf("with nothing but holidays the next working day is %s", got)
	}
}

func TestAddWorkingDaysKeepsTheHourOverAChangeOfClocks(t *testing.T) {
	berlin := wednesday(t, "Europe/Berlin")
	friday := time.Date(2027, 3, 26, 9, 0, 0, 0, berlin.Now.Location())
	if got := berlin.AddWorkingDays(friday, 1); got.Hour() != 9 || got.Day() != 29 {
		t.Errorf("the working day after %s is %s, not Monday at nine", friday, got)
	}
}
