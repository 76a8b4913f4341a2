package rules

import (
	"fmt"
	"testing"
	"time"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

const clock = "2006-01-02 15:04"

func at(tb testing.TB, s, zoneName string) time.Time {
	tb.Helper()
	t, err := time.ParseInLocation(clock, s, zone(tb, zoneName))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// TestScheduleIsDue holds the times at which a rule with run: looks again.
func TestScheduleIsDue(t *testing.T) {
	for _, tc := range []struct {
		name, run, zone, after string
		want                   []string
	}{
		{"weekdays leave the weekend out", "weekdays at 08:00", "Europe/London", "2026-12-04 08:00", []string{"2026-12-07 08:00", "2026-12-08 08:00"}},
		{"several times a day, in any order", "daily at 16:00 and 7:30", "Europe/London", "2026-12-08 10:00", []string{"2026-12-08 16:00", "2026-12-09 07:30"}},
		{"days by name", "Mon, thu at 09:00", "Europe/London", "2026-12-08 10:00", []string{"2026-12-10 09:00", "2026-12-14 09:00"}},
		{"days with and", "every monday and thursday at 09:00", "Europe/London", "2026-12-08 10:00", []string{"2026-12-10 09:00", "2026-12-14 09:00"}},
		{"a span of days", "mon-wed at 09:00", "Europe/London", "2026-12-08 10:00", []string{"2026-12-09 09:00", "2026-12-14 09:00"}},
		{"a span over the weekend", "sat-mon at 09:00", "Europe/London", "2026-12-11 10:00", []string{"2026-12-12 09:00", "2026-12-13 09:00", "2026-12-14 09:00", "2026-12-19 09:00"}},
		{"weekends and a day more", "weekends, fri at 09:00", "Europe/London", "2026-12-08 10:00", []string{"2026-12-11 09:00", "2026-12-12 09:00", "2026-12-13 09:00", "2026-12-18 09:00"}},
		{"the first monday", "first monday at 07:00", "Europe/London", "2026-12-08 10:00", []string{"2027-01-04 07:00", "2027-02-01 07:00"}},
		{"the first monday on the first", "first monday at 07:00", "Europe/London", "2027-01-31 10:00", []string{"2027-02-01 07:00"}},
		{"the third friday", "third friday at 07:00", "Europe/London", "2026-12-01 10:00", []string{"2026-12-18 07:00"}},
		{"the last friday of four or five", "last friday at 16:00", "Europe/London", "2026-12-01 10:00", []string{"2026-12-25 16:00", "2027-01-29 16:00", "2027-02-26 16:00"}},
		{"the first weekday is one day", "first weekday at 07:00", "Europe/London", "2026-07-31 10:00", []string{"2026-08-03 07:00", "2026-09-01 07:00"}},
		{"the last weekday is one day", "last weekday at 16:00", "Europe/London", "2026-10-01 10:00", []string{"2026-10-30 16:00", "2026-11-30 16:00"}},
		{"the last day of the month", "last day at 16:00", "Europe/London", "2027-02-01 10:00", []string{"2027-02-28 16:00", "2027-03-31 16:00"}},
		{"every two hours from midnight", "every 2h", "Europe/London", "2026-12-08 10:01", []string{"2026-12-08 12:00", "2026-12-08 14:00"}},
		{"the count begins anew at midnight", "every 7h", "Europe/London", "2026-12-08 20:00", []string{"2026-12-08 21:00", "2026-12-09 00:00", "2026-12-09 07:00"}},
		{"once a day", "every 1d", "Europe/London", "2026-12-08 20:00", []string{"2026-12-09 00:00", "2026-12-10 00:00"}},
		{"spring: what the clock skips is due an hour later", "daily at 02:30", "Europe/Berlin", "2026-03-28 12:00", []string{"2026-03-29 03:30", "2026-03-30 02:30"}},
		{"spring in the west as well", "daily at 02:30", "America/New_York", "2026-03-07 12:00", []string{"2026-03-08 03:30", "2026-03-09 02:30"}},
		{"autumn: what comes twice is due once", "daily at 02:30", "Europe/Berlin", "2026-10-24 12:00", []string{"2026-10-25 02:30", "2026-10-26 02:30"}},
		{"autumn in the west as well", "daily at 01:30", "America/New_York", "2026-10-31 12:00", []string{"2026-11-01 01:30", "2026-11-02 01:30"}},
		{"a midnight that the clock skips loses no day", "every 12h", "America/Santiago", "2026-09-05 20:00", []string{"2026-09-06 01:00", "2026-09-06 13:00", "2026-09-07 00:00"}},
		{"nor a Sunday", "sunday at 00:00", "America/Santiago", "2026-09-05 20:00", []string{"2026-09-06 01:00", "2026-09-13 00:00"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := parseSchedule(tc.run)
			if err != nil {
				t.Fatal(err)
			}
			after := at(t, tc.after, tc.zone)
			for _, want := range tc.want {
				after = s.Next(after)
				if got := after.Format(clock); got != want {
					t.Fatalf("due at %s, want %s", got, want)
				}
			}
		})
	}
}

// TestScheduleOfTheAutumnHour holds that the hour that comes twice counts the first
// time it comes, in every zone.
func TestScheduleOfTheAutumnHour(t *testing.T) {
	s, err := parseSchedule("daily at 01:30")
	if err != nil {
		t.Fatal(err)
	}
	for name, offset := range map[string]int{"America/New_York": -4, "Europe/London": 1} {
		day := map[string]string{"America/New_York": "2026-10-31 12:00", "Europe/London": "2026-10-24 12:00"}[name]
		if _, got := s.Next(at(t, day, name)).Zone(); got != offset*3600 {
			t.Errorf("%s: the offset is %d s, want %d h", name, got, offset)
		}
	}
}

// TestMoment holds when what is snoozed comes back. It is Tuesday, 10:00.
func TestMoment(t *testing.T) {
	london := "Europe/London"
	deadlines := []When{
		{Start: at(t, "2026-12-01 09:00", london)},
		{Start: at(t, "2026-12-11 15:00", london)},
		{Start: at(t, "2026-12-20 00:00", london), AllDay: true},
	}
	for _, tc := range []struct{ until, want string }{
		{"3d", "2026-12-11 10:00"},
		{"2h", "2026-12-08 12:00"},
		{"1w", "2026-12-15 10:00"},
		{"tomorrow", "2026-12-09 09:00"}, // when work begins
		{"tomorrow 08:00", "2026-12-09 08:00"},
		{"Tomorrow at 7:15", "2026-12-09 07:15"},
		{"tomorrow morning", "2026-12-09 09:00"},
		{"tomorrow in the afternoon", "2026-12-09 14:00"},
		{"today 17:00", "2026-12-08 17:00"},
		{"tonight", "2026-12-08 18:00"},
		{"friday", "2026-12-11 09:00"},
		{"fri 16:00", "2026-12-11 16:00"},
		{"tuesday", "2026-12-15 09:00"}, // not today
		{"next monday", "2026-12-14 09:00"},
		{"next week", "2026-12-14 09:00"},
		{"next week 08:00", "2026-12-14 08:00"},
		{"2026-12-24", "2026-12-24 09:00"},
		{"2026-12-24 00:00", "2026-12-24 00:00"},
		{"2026-12-24 16:30", "2026-12-24 16:30"},
		{"{deadline}", "2026-12-11 15:00"}, // the first that is ahead
		{"{deadline} - 1d", "2026-12-10 15:00"},
		{"{deadline} - 4d", "2026-12-16 09:00"}, // that of the first has passed; a whole day begins with work
		{"{date} - 2h", "2026-12-11 13:00"},
		{"today", "error: Tuesday 8 December 09:00 has passed"},
		{"2026-12-01", "error: Tuesday 1 December 09:00 has passed"},
		{"{deadline} - 20d", "error: the mail names no deadline that is far enough ahead"},
	} {
		t.Run(tc.until, func(t *testing.T) {
			set := load(t, "version: 1\ntimezone: Europe/London\nworkHours: Mon-Fri 09:00-17:00\nrules: []\n")
			m, err := parseMoment(tc.until)
			if err != nil {
				t.Fatal(err)
			}
			item := &Item{Found: Found{Deadlines: deadlines, Dates: deadlines}}
			got, err := m.at(set, set.newEnv(item, at(t, "2026-12-08 10:00", london), &Plan{}))
			text := got.Format(clock)
			if err != nil {
				text = "error: " + err.Error()
			}
			if text != tc.want {
				t.Errorf("until %s, want %s", text, tc.want)
			}
		})
	}
}

// TestMomentOverTheChangeOfClocks holds that a day is a day on the wall's clock.
func TestMomentOverTheChangeOfClocks(t *testing.T) {
	for _, tc := range []struct{ until, zone, now, want string }{
		{"1d", "Europe/Berlin", "2026-03-28 10:00", "2026-03-29 10:00 +0200"},
		{"1d", "Europe/Berlin", "2026-10-24 10:00", "2026-10-25 10:00 +0100"},
		{"1h", "Europe/Berlin", "2026-03-29 01:30", "2026-03-29 03:30 +0200"},
		{"tomorrow 02:30", "Europe/Berlin", "2026-03-28 10:00", "2026-03-29 03:30 +0200"},
		{"tomorrow 02:30", "America/New_York", "2026-03-07 10:00", "2026-03-08 03:30 -0400"},
		{"tomorrow 01:30", "America/New_York", "2026-10-31 10:00", "2026-11-01 01:30 -0400"},
	} {
		t.Run(fmt.Sprint(tc.zone, " ", tc.now, " ", tc.until), func(t *testing.T) {
			set := load(t, "version: 1\ntimezone: "+tc.zone+"\nrules: []\n")
			m, err := parseMoment(tc.until)
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.at(set, set.newEnv(&Item{}, at(t, tc.now, tc.zone), &Plan{}))
			if err != nil || got.Format(clock+" -0700") != tc.want {
				t.Errorf("until %s (%v), want %s", got.Format(clock+" -0700"), err, tc.want)
			}
		})
	}
}

// TestWorkingDays holds how long a conversation has been quiet.
func TestWorkingDays(t *testing.T) {
	set := load(t, "version: 1\ntimezone: Europe/London\nholidays: [2026-12-25, 2026-12-28, 2026-12-26, 2027-01-01]\nrules: []\n")
	for _, tc := range []struct {
		name, from, to string
		want           int
	}{
		{"the same day", "2026-12-08 08:00", "2026-12-08 18:00", 0},
		{"overnight", "2026-12-08 23:59", "2026-12-09 00:01", 1},
		{"a weekend", "2026-12-04 17:00", "2026-12-07 09:00", 1},
		{"two weeks", "2026-12-01 09:00", "2026-12-15 09:00", 10},
		{"holidays, of which one is a Saturday", "2026-12-24 09:00", "2027-01-04 09:00", 4},
		{"backwards", "2026-12-09 09:00", "2026-12-08 09:00", 0},
		{"over the change of clocks", "2026-03-27 09:00", "2026-03-30 00:30", 1},
		{"years", "2016-12-08 09:00", "2026-12-08 09:00", 2608},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := set.WorkingDays(at(t, tc.from, "Europe/London"), at(t, tc.to, "Europe/London")); got != tc.want {
				t.Errorf("%d working days, want %d", got, tc.want)
			}
		})
	}
}

// FuzzSchedule promises that no text crashes the reader of schedules, and that
// what it takes is due again, later, and no more often than it says.
func FuzzSchedule(f *testing.F) {
	for _, seed := range []string{"weekdays at 08:00", "first monday at 07:00", "every 2h", "last day at 23:59 and 0:00", "every every day at 1:00", "at 8:00", "fourth sat-fri at 2:30"} {
		f.Add(seed, int64(1774746000), "Europe/Berlin")
		f.Add(seed, int64(1788660000), "America/Santiago")
	}
	f.Fuzz(func(t *testing.T, source string, unix int64, name string) {
		s, err := parseSchedule(source)
		z, zoneErr := time.LoadLocation(name)
		if err != nil || zoneErr != nil || unix < 0 || unix > 1<<34 {
			return
		}
		after := time.Unix(unix, 0).In(z)
		for range 5 {
			next := s.Next(after)
			if !next.After(after) || next.Sub(after) > 366*24*time.Hour {
				t.Fatalf("%q in %s after %s is due %s", source, name, after, next)
			}
			after = next
		}
	})
}

// FuzzMoment promises that no text crashes the reader of moments, and that what
// comes back comes back later.
func FuzzMoment(f *testing.F) {
	for _, seed := range []string{"3d", "tomorrow 08:00", "next week", "{deadline} - 1d", "{date}", "2026-12-24 09:00", "today in the evening", "next", "monday at "} {
		f.Add(seed, int64(1774746000))
	}
	set := load(f, "version: 1\ntimezone: Europe/Berlin\nrules: []\n")
	f.Fuzz(func(t *testing.T, source string, unix int64) {
		m, err := parseMoment(source)
		if err != nil || unix < 0 || unix > 1<<34 {
			return
		}
		now := time.Unix(unix, 0)
		item := &Item{Found: Found{Deadlines: []When{{Start: now.Add(50 * time.Hour)}}}}
		if got, err := m.at(set, set.newEnv(item, now, &Plan{})); err == nil && !got.After(now) {
			t.Fatalf("%q at %s comes back at %s", source, now, got)
		}
	})
}
