package ical

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// bombs are calendar files that are small and would go on for ever, or would be large
// in memory.
func bombs() map[string]string {
	rule := func(rule string) string { return calendar(event("DTSTART:20260105T090000Z", "RRULE:"+rule)) }
	zone := func(lines string) string {
		return calendar("BEGIN:VTIMEZONE\r\nTZID:X\r\n"+lines+"END:VTIMEZONE\r\n", event("DTSTART;TZID=X:20260105T090000", "RRULE:FREQ=DAILY"))
	}
	standard := func(lines string) string {
		return "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" + lines + "END:STANDARD\r\n"
	}
	zones := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "BEGIN:VTIMEZONE\r\nTZID:Z%d\r\n%sEND:VTIMEZONE\r\n", i, standard("RRULE:FREQ=DAILY\r\n"))
		}
		return b.String()
	}
	ofAll := func(format string, n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(all, ",")
	}
	return map[string]string{
		"a huge COUNT":                     rule("FREQ=SECONDLY;COUNT=99999999999999999999"),
		"a COUNT that fits":                rule("FREQ=SECONDLY;COUNT=2147483647"),
		"every second":                     rule("FREQ=SECONDLY"),
		"every second that never is":       rule("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
		"every minute of every hour":       rule("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=" + ofAll("%d", 24) + ";BYMINUTE=" + ofAll("%d", 60) + ";BYSECOND=" + ofAll("%d", 60)),
		"the last of all":                  rule("FREQ=YEARLY;BYHOUR=" + ofAll("%d", 24) + ";BYMINUTE=" + ofAll("%d", 60) + ";BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366"),
		"positions by the thousand":        rule("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=" + strings.TrimSuffix(strings.Repeat("1,-1,", 10_000), ",")),
		"positions out of reach":           rule("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=99999999999999"),
		"an INTERVAL of everything":        rule("FREQ=YEARLY;INTERVAL=9223372036854775807"),
		"an INTERVAL of nothing":           rule("FREQ=DAILY;INTERVAL=0"),
		"UNTIL the year 99999":             rule("FREQ=SECONDLY;UNTIL=99999231T235959Z"),
		"every 53rd week of year 0":        calendar(event("DTSTART:00000101T000000Z", "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;BYMONTH=7")),
		"from the year 1 by the minute":    calendar(event("DTSTART:00010101T000000Z", "RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30")),
		"the year 99999":                   calendar(event("DTSTART:999990101T000000Z", "DTEND:9999990101T000000Z")),
		"a length of centuries":            calendar(event("DTSTART:20260105T090000Z", "DURATION:P99999999999999W", "RRULE:FREQ=DAILY")),
		"a length of a year every minute":  calendar(event("DTSTART:20260105T090000Z", "DURATION:P52W", "RRULE:FREQ=MINUTELY")),
		"twenty rules":                     calendar(event("DTSTART:20260105T090000Z", strings.TrimSuffix(strings.Repeat("RRULE:FREQ=MINUTELY;BYSECOND="+ofAll("%d", 60)+"\r\n", 20), "\r\n"))),
		"rules by the thousand":            calendar(event("DTSTART:20260105T090000Z", strings.TrimSuffix(strings.Repeat("RRULE:FREQ=MINUTELY\r\n", 4000), "\r\n"))),
		"exceptions by the thousand":       calendar(event("DTSTART:20260105T090000Z", "RRULE:FREQ=MINUTELY", strings.TrimSuffix(strings.Repeat("EXDATE:20260106T090000Z,20260107T090000Z\r\n", 4000), "\r\n"))),
		"instances by the thousand":        calendar(event("DTSTART:20260105T090000Z", "RRULE:FREQ=MINUTELY"), strings.Repeat(event("DTSTART:20260105T090000Z", "RECURRENCE-ID:20260105T090000Z"), 20_000)),
		"all that follows, a thousand":     calendar(event("DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY"), strings.Repeat(event("DTSTART:20260106T090000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T090000Z"), 5_000)),
		"guests by the thousand":           calendar(event("DTSTART:20260105T090000Z", strings.TrimSuffix(strings.Repeat("ATTENDEE;CN=\"a\":mailto:a@b.example\r\n", 4500), "\r\n"))),
		"events by the thousand":           calendar(strings.Repeat(event("DTSTART:20260105T090000Z", "RRULE:FREQ=MINUTELY"), 10_000)),
		"components in components":         calendar(strings.Repeat("BEGIN:VEVENT\r\n", 100_000)),
		"parameters by the thousand":       calendar(event("DTSTART" + strings.Repeat(";X=\"a\"", 30_000) + ":20260105T090000Z")),
		"folded lines of one letter":       calendar(event("DTSTART:20260105T090000Z", "SUMMARY:"+strings.Repeat("x\r\n ", 1<<20))),
		"escapes":                          calendar(event("DTSTART:20260105T090000Z", "SUMMARY:"+strings.Repeat(`\n\,\\`, 40_000))),
		"a zone that changes every day":    zone(standard("RRULE:FREQ=DAILY\r\n")),
		"a zone that changes every second": zone(standard("RRULE:FREQ=SECONDLY\r\n")),
		"a zone that never changes":        zone(standard("RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\r\n")),
		"a zone of a thousand parts":       zone(strings.Repeat(standard("RRULE:FREQ=YEARLY;BYMONTH=1\r\n"), 10_000)),
		"a zone of ten thousand dates":     zone(standard(strings.Repeat("RDATE:20200101T000000,20210101T000000\r\n", 2000))),
		"zones by the thousand":            calendar(zones(5000), event("DTSTART;TZID=Z4999:20260105T090000", "RRULE:FREQ=DAILY")),
	}
}

// TestBombs holds that each is refused or expanded, within bounds that hang on the
// size of the file alone.
func TestBombs(t *testing.T) {
	all := bombs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			cost := faulttest.Measure(func() {
				c, err := Read(strings.NewReader(all[name]), zoneOf(t, "Europe/London"))
				if err != nil {
					t.Logf("%.150s", err)
					return
				}
				found, err := c.Occurrences(at(t, "2026-01-01"), at(t, "2028-01-01"))
				t.Logf("%d events, %d problems, %d occurrences, %v", len(c.Events), len(c.Problems), len(found), err)
				if len(found) > maxOccurrences {
					t.Errorf("%d occurrences", len(found))
				}
			})
			cost.Within(t, len(all[name]), uint64(256<<20+100*len(all[name])))
		})
	}
	faulttest.Injected(t, "39", len(all))
}
