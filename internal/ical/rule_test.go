package ical

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// TestRules holds rules against days that a person counted on a calendar. Most stand
// in RFC 5545, 3.8.5.3 in other years.
func TestRules(t *testing.T) {
	for _, test := range []struct{ rule, start, want string }{
		{"FREQ=DAILY;INTERVAL=10;COUNT=3", "20260105", "01-05 01-15 01-25"},
		{"FREQ=DAILY;BYMONTH=2;BYDAY=SU", "20260201", "02-01 02-08 02-15 02-22"},
		{"FREQ=WEEKLY;UNTIL=20260119", "20260105", "01-05 01-12 01-19"},
		{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "20260106", "01-06 01-11 01-20 01-25"},
		{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "20260106", "01-06 01-18 01-20 02-01"},
		{"FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=5", "20260102", "01-02 01-05 01-07 01-09 01-12"},
		{"FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "20260102", "01-02 02-06 03-06"},
		{"FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "20260119", "01-19 02-16 03-23"},
		{"FREQ=MONTHLY;COUNT=4;BYMONTHDAY=-1", "20260131", "01-31 02-28 03-31 04-30"},
		{"FREQ=MONTHLY;COUNT=3", "20260131", "01-31 03-31 05-31"},
		{"FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "20260130", "01-30 02-27 03-31"},
		{"FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "20260107", "01-07 02-05 03-05"},
		{"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "20260213", "02-13 03-13 11-13"},
		{"FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=3", "20260110", "01-10 02-07 03-07"},
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "20260305", "03-05 03-12 03-19 03-26"},
		{"FREQ=YEARLY;BYDAY=20MO", "20260518", "05-18"},
		{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "20260511", "05-11"},
		{"FREQ=YEARLY;BYWEEKNO=20", "20260511", "05-11"},
		{"FREQ=YEARLY;BYYEARDAY=1,100,-1", "20260101", "01-01 04-10 12-31"},
		{"FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "20261103", "11-03"},
		{"FREQ=YEARLY;BYMONTH=1,3", "20260115", "01-15 03-15"},
		{"FREQ=YEARLY", "20240229", ""},
		{"FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2", "20260130", "01-30"},
		{"FREQ=DAILY;BYMONTH=1;UNTIL=20260103T235959Z", "20260101", "01-01 01-02 01-03"},
		{"FREQ=MONTHLY;COUNT=2;BYDAY=1MO", "20260106", "01-06 02-02"},
	} {
		var got []string
		for _, s := range starts(t, "2026-01-01", "2027-01-01", "DTSTART;VALUE=DATE:"+test.start, "RRULE:"+test.rule) {
			got = append(got, s[5:])
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s from %s gives %s, not %s", test.rule, test.start, got, test.want)
		}
	}
}

func TestRulesWithinTheDay(t *testing.T) {
	for _, test := range []struct{ rule, want string }{
		{"FREQ=HOURLY;INTERVAL=3;UNTIL=20260105T150000Z", "09:00 12:00 15:00"},
		{"FREQ=MINUTELY;INTERVAL=15;COUNT=4", "09:00 09:15 09:30 09:45"},
		{"FREQ=MINUTELY;INTERVAL=90;COUNT=3", "09:00 10:30 12:00"},
		{"FREQ=DAILY;BYHOUR=9,11;BYMINUTE=0,30;COUNT=4", "09:00 09:30 11:00 11:30"},
		{"FREQ=HOURLY;BYMINUTE=0,20;BYHOUR=9,10;COUNT=4", "09:00 09:20 10:00 10:20"},
	} {
		var got []string
		for _, s := range starts(t, "2026-01-05", "2026-01-06", "DTSTART:20260105T090000Z", "RRULE:"+test.rule) {
			got = append(got, s[11:16])
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s gives %s, not %s", test.rule, got, test.want)
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for _, rule := range []string{
		"", "BYDAY=MO", "FREQ=WEEKLY;FREQ=DAILY", "FREQ=FORTNIGHTLY", "FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0",
		"FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT=999999999", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;UNTIL=20260230",
		"FREQ=WEEKLY;BYDAY=2MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYWEEKNO=3", "FREQ=MONTHLY;BYYEARDAY=3", "FREQ=WEEKLY;BYMONTHDAY=3",
		"FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=YEARLY;BYEASTER=0", "FREQ=YEARLY;RSCALE=HEBREW", "FREQ=DAILY;X=1",
		"FREQ=HOURLY;BYSETPOS=1;BYMINUTE=1",
	} {
		text := calendar(event("DTSTART:20260105T090000Z", "RRULE:"+rule))
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil || len(c.Events) != 0 || len(c.Problems) != 1 || !c.Problems[0].Refused {
			t.Errorf("%q is not refused: %v", rule, err)
		}
	}
}

// TestRulesThatNeverMatchEnd shows why rules are followed by our own code: the
// iterator of rrule-go goes on until the year 9999.
func TestRulesThatNeverMatchEnd(t *testing.T) {
	for _, rule := range []string{
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
		"FREQ=YEARLY;BYYEARDAY=1;BYMONTH=5", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
	} {
		c := read(t, event("DTSTART:20260105T090000Z", "RRULE:"+rule))
		if found, err := c.Occurrences(at(t, "2026-01-01"), at(t, "2028-01-01")); err != nil || len(found) != 1 {
			t.Errorf("%s gives %d occurrences, not the start alone: %v", rule, len(found), err)
		}
	}
}

func TestWhatIsTooMuchIsAnError(t *testing.T) {
	c := read(t, event("DTSTART:20260105T090000Z", "RRULE:FREQ=MINUTELY"))
	if _, err := c.Occurrences(at(t, "2026-01-01"), at(t, "2036-01-01")); err == nil {
		t.Error("five million occurrences are no error")
	}
	c = read(t, event("DTSTART:16000105T090000Z", "RRULE:FREQ=MINUTELY;COUNT=100000;BYMONTH=2;BYMONTHDAY=30"))
	if _, err := c.Occurrences(at(t, "2026-01-01"), at(t, "2026-02-01")); err == nil {
		t.Error("a billion minutes are no error")
	}
	for _, window := range [][2]string{{"2026-01-02", "2026-01-01"}, {"2026-01-01", "2026-01-01"}, {"1900-01-01", "2026-01-01"}} {
		if _, err := c.Occurrences(at(t, window[0]), at(t, window[1])); err == nil {
			t.Errorf("the window %s is no error", window)
		}
	}
}

// A week may reach into another year than its own, and is of the year in which it has four
// days (RFC 5545, section 3.3.10): of 2026, the first two days are of week 52 of 2025 where
// weeks begin on Saturday, and 2021 begins in week 53 where they begin on Monday.
func TestWeeksAcrossTheYearsEnd(t *testing.T) {
	for _, test := range []struct{ rule, start, want string }{
		{"FREQ=YEARLY;BYWEEKNO=52;BYDAY=TH;WKST=SA;COUNT=2", "20260101", "2026-01-01 2026-12-31"},
		{"FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH,FR;WKST=MO;COUNT=3", "20201231", "2020-12-31 2021-01-01 2026-12-31"},
		{"FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA;WKST=MO;COUNT=2", "20220101", "2022-01-01 2022-12-31"},
		{"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=MO;COUNT=2", "20241230", "2024-12-30 2025-12-29"},
	} {
		got := starts(t, "2020-01-01", "2028-01-01", "DTSTART;VALUE=DATE:"+test.start, "RRULE:"+test.rule)
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s from %s gives %s, not %s", test.rule, test.start, got, test.want)
		}
	}
}

// drawnRule draws a rule that the RFC allows, leaving out what rrule-go reads otherwise: a
// BYWEEKNO without a weekday, and the weeks 52 and 53, of which it does not know whether
// they reach into the next year (it counts the weeks of the year before by the days of
// this one).
func drawnRule(t *rapid.T) string {
	freq := rapid.SampledFrom([]string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}).Draw(t, "freq")
	parts := []string{"FREQ=" + freq}
	add := func(name string, values ...string) {
		if rapid.IntRange(0, 3).Draw(t, name+"?") == 0 {
			n := rapid.IntRange(1, min(3, len(values))).Draw(t, name+"#")
			parts = append(parts, name+"="+strings.Join(rapid.Permutation(values).Draw(t, name)[:n], ","))
		}
	}
	parts = append(parts, "INTERVAL="+rapid.SampledFrom([]string{"1", "1", "2", "3"}).Draw(t, "interval"))
	add("BYMONTH", "1", "2", "3", "6", "10", "12")
	if freq != "WEEKLY" {
		add("BYMONTHDAY", "1", "13", "28", "29", "31", "-1", "-30")
	}
	week := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	days := week
	switch freq {
	case "YEARLY", "MONTHLY":
		// Not mixed: rrule-go wants a day to be both of "MO,1TU", where the RFC says either.
		if rapid.Bool().Draw(t, "numbered") {
			days = []string{"1MO", "-1FR", "3WE", "5TU", "-2SU"}
		}
		add("BYDAY", days...)
		add("BYSETPOS", "1", "2", "-1", "-2")
	default:
		add("BYDAY", days...)
	}
	if freq == "YEARLY" {
		add("BYYEARDAY", "1", "100", "366", "-1", "-200")
	}
	if freq == "YEARLY" && len(parts) == 2 {
		add("BYWEEKNO", "1", "2", "20", "51", "-1")
		if len(parts) == 3 {
			parts = append(parts, "BYDAY=MO,TH,SU")
		}
	}
	if freq != "HOURLY" {
		add("BYHOUR", "0", "9", "23")
	}
	add("BYMINUTE", "0", "30")
	parts = append(parts, "WKST="+rapid.SampledFrom(week).Draw(t, "wkst"))
	if rapid.Bool().Draw(t, "counted") {
		parts = append(parts, "COUNT="+rapid.SampledFrom([]string{"1", "2", "7", "40"}).Draw(t, "count"))
	}
	return strings.Join(parts, ";")
}

// TestRulesAgreeWithAnotherImplementation holds drawn rules against rrule-go, over
// three years.
func TestRulesAgreeWithAnotherImplementation(t *testing.T) {
	faulttest.Drawn(t, func(t *rapid.T) {
		text := drawnRule(t)
		start := time.Date(2024, time.January, rapid.IntRange(1, 366).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"), 30, 0, 0, time.UTC)
		rule, err := readRule(text, moment{at: start})
		if err != nil {
			t.Fatal(err)
		}
		to := start.AddDate(3, 0, 0)
		if all, err := rule.between(start, to, &effort{left: maxEffort}); err != nil || len(all) == 0 {
			t.Skip("rrule-go would look for a first day until the year 9999")
		}
		// The oracle does not count a start that the rule does not give; so that both
		// start alike, the start is its first.
		option, err := rrule.StrToROption(strings.Split(text, ";COUNT")[0])
		if err != nil {
			t.Fatal(err)
		}
		option.Dtstart = start
		endless, err := rrule.NewRRule(*option)
		if err != nil {
			t.Fatal(err)
		}
		want := endless.Between(start, to.Add(-time.Second), true)
		if n := rule.option.Count; n > 0 {
			if len(want) > 0 && !want[0].Equal(start) {
				n--
			}
			want = want[:min(n, len(want))]
		}
		from := start.AddDate(0, rapid.IntRange(0, 30).Draw(t, "later"), 0)
		got, err := rule.between(from, to, &effort{left: maxEffort})
		if err != nil {
			t.Fatal(err)
		}
		want = slices.DeleteFunc(want, func(t time.Time) bool { return t.Before(from) })
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("%s from %s: %d found, not %d:\n%v\n%v", text, start, len(got), len(want), got[:min(5, len(got))], want[:min(5, len(want))])
		}
	})
}
