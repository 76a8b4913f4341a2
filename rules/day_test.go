package rules

import (
	"fmt"
	"testing"
	"time"
)

// daySet is a set of Dana's, with rules on events if they are given.
func daySet(tb testing.TB, zone, rules string) *Set {
	tb.Helper()
	if rules == "" {
		rules = "  - {name: none, when: flagged, do: {flag: red}}\n"
	}
	return load(tb, fmt.Sprintf(`version: 1
timezone: %s
me: [dana@acme.example]
workHours: Mon-Fri 08:00-18:00
holidays: [2026-12-25]
people:
  vip: [marta@bigcustomer.example]
  investors: ["@fund.example"]
goals:
  Close Series C: [investors, "term sheet"]
  Hiring: [interview]
rules:
%s`, zone, rules))
}

// occurrence makes an event of a line: "title 2026-12-08 10:00-11:00 word…". The
// words set what differs from an accepted, busy meeting of Dana's own: see marks.
func occurrence(tb testing.TB, zone *time.Location, title, start, end string, words ...string) Event {
	tb.Helper()
	moment := func(s string) time.Time {
		t, err := ParseDate(s, zone)
		if err != nil {
			tb.Fatal(err)
		}
		return t
	}
	e := Event{
		ID: title, Key: title, UID: title, Title: NewText(title), Start: moment(start), End: moment(end), Kind: "meeting", Status: "confirmed",
		Response: "accepted", Busy: true, Mine: true, Organizer: ParseAddress("Dana", "dana@acme.example"),
	}
	for _, w := range words {
		marks[w](&e)
	}
	return e
}

// marks are what an event can be besides.
var marks = map[string]func(*Event){
	"alone":    func(*Event) {},
	"team":     func(e *Event) { e.Attendees = append(e.Attendees, ParseAddress("Tom", "tom@acme.example")) },
	"more":     func(e *Event) { e.Attendees = append(e.Attendees, ParseAddress("Ann", "ann@acme.example")) },
	"external": func(e *Event) { e.Attendees = append(e.Attendees, ParseAddress("Pat", "pat@other.example")) },
	"vip":      func(e *Event) { e.Attendees = append(e.Attendees, ParseAddress("Marta", "marta@bigcustomer.example")) },
	"fund":     func(e *Event) { e.Attendees = append(e.Attendees, ParseAddress("Kim", "kim@fund.example")) },
	"theirs":   func(e *Event) { e.Mine, e.Organizer = false, ParseAddress("Tom", "tom@acme.example") },
	"allday":   func(e *Event) { e.AllDay = true },
	"free":     func(e *Event) { e.Busy = false },
	"declined": func(e *Event) { e.Busy, e.Response = false, "declined" },
	"maybe":    func(e *Event) { e.Response = "tentative" },
	"asked":    func(e *Event) { e.Response = "needsAction" },
	"ours":     func(e *Event) { e.Ours, e.Mine = true, true },
	"focus":    func(e *Event) { e.Kind = "focus" },
	"away":     func(e *Event) { e.Kind = "outOfOffice" },
	"birthday": func(e *Event) { e.Kind = "birthday" },
	"hold":     func(e *Event) { e.Kind = "hold" },
	"private":  func(e *Event) { e.Private = true },
	"notes":    func(e *Event) { e.Notes = NewText("1. Budget") },
	"room":     func(e *Event) { e.Location = NewText("Room 1") },
	"video":    func(e *Event) { e.Video = "https://meet.example/abc" },
	"pasted":   func(e *Event) { e.Location = NewText("https://acme.zoom.us/j/123") },
	"off":      func(e *Event) { e.Cancelled, e.Busy = true, false },
	"group": func(e *Event) {
		e.Mine, e.Organizer = false, ParseAddress("Team", "c_1@group.calendar.google.com")
	},
}

// diaryOf is a diary of a few months around the events.
func diaryOf(events ...Event) *Diary {
	from := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	return NewDiary(events, from, from.AddDate(1, 0, 0), from)
}

func TestDay(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, start, end string, words ...string) Event {
		return occurrence(t, london, title, "2026-12-08 "+start, "2026-12-08 "+end, words...)
	}
	now := at(t, "2026-12-07 09:00", "Europe/London")
	for _, tc := range []struct {
		name   string
		date   string
		events []Event
		want   string
	}{
		{"an empty day is free and one long time for thinking", "2026-12-08", nil, "0 meetings 0s, free 10h0m0s, focus 10h0m0s, load 0.00, work true, ahead 1"},
		{
			"a meeting is with other people", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "team"), on("b", "12:00", "13:00", "alone")},
			"1 meetings 1h0m0s, free 8h0m0s, focus 7h0m0s, load 0.10, work true, ahead 1, 10:00 to 11:00",
		},
		{
			"a group calendar is nobody", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "group")},
			"0 meetings 0s, free 9h0m0s, focus 9h0m0s, load 0.00, work true, ahead 1",
		},
		{
			"an invitation of somebody else is a meeting though its guests are hidden", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "theirs")},
			"1 meetings 1h0m0s, free 9h0m0s, focus 9h0m0s, load 0.10, work true, ahead 1, 10:00 to 11:00",
		},
		{
			"overlapping meetings take their time once", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "team"), on("b", "10:30", "11:30", "team")},
			"2 meetings 1h30m0s, free 8h30m0s, focus 8h30m0s, load 0.15, work true, ahead 1, 10:00 to 11:30",
		},
		{
			"one that is on two calendars counts once", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "team"), on("a", "10:00", "11:00", "team")},
			"1 meetings 1h0m0s, free 9h0m0s, focus 9h0m0s, load 0.10, work true, ahead 1, 10:00 to 11:00",
		},
		{
			"declined, cancelled and shown as free count for nothing", "2026-12-08",
			[]Event{on("a", "09:00", "10:00", "team", "declined"), on("b", "10:00", "11:00", "team", "off"), on("c", "11:00", "12:00", "team", "free")},
			"0 meetings 0s, free 10h0m0s, focus 10h0m0s, load 0.00, work true, ahead 1",
		},
		{
			"one that is not answered takes its time", "2026-12-08",
			[]Event{on("a", "10:00", "11:00", "theirs", "asked")},
			"1 meetings 1h0m0s, free 9h0m0s, focus 9h0m0s, load 0.10, work true, ahead 1, 10:00 to 11:00",
		},
		{
			"what lasts all day is no meeting, but leaves no free time if it is busy", "2026-12-08",
			[]Event{occurrence(t, london, "a", "2026-12-08", "2026-12-09", "allday", "team")},
			"0 meetings 0s, free 0s, focus 0s, load 0.00, work true, ahead 1",
		},
		{
			"what lasts all day and is shown as free takes nothing", "2026-12-08",
			[]Event{occurrence(t, london, "a", "2026-12-08", "2026-12-09", "allday", "free")},
			"0 meetings 0s, free 10h0m0s, focus 10h0m0s, load 0.00, work true, ahead 1",
		},
		{
			"short gaps are free, but no time for thinking", "2026-12-08",
			[]Event{on("a", "08:00", "12:00", "team"), on("b", "13:00", "17:00", "team")},
			"2 meetings 8h0m0s, free 2h0m0s, focus 0s, load 0.80, work true, ahead 1, 08:00 to 17:00",
		},
		{
			"focus events are time for thinking, but for the meetings in them", "2026-12-08",
			[]Event{on("a", "08:00", "12:00", "team"), on("f", "13:00", "17:00", "focus"), on("b", "16:00", "17:00", "team")},
			"2 meetings 5h0m0s, free 2h0m0s, focus 3h0m0s, load 0.50, work true, ahead 1, 08:00 to 17:00",
		},
		{
			"a meeting outside the hours of work counts, and leaves them free", "2026-12-08",
			[]Event{on("a", "19:00", "21:00", "external")},
			"1 meetings 2h0m0s, free 10h0m0s, focus 10h0m0s, load 0.20, work true, ahead 1, 19:00 to 21:00",
		},
		{
			"a meeting over midnight is on both days, with what is in each", "2026-12-08",
			[]Event{occurrence(t, london, "a", "2026-12-07 23:00", "2026-12-08 01:00", "team")},
			"1 meetings 1h0m0s, free 10h0m0s, focus 10h0m0s, load 0.10, work true, ahead 1, 00:00 to 01:00",
		},
		{
			"a holiday is no day of work", "2026-12-25",
			[]Event{occurrence(t, london, "a", "2026-12-25 10:00", "2026-12-25 11:00", "team")},
			"1 meetings 1h0m0s, free 0s, focus 0s, load 0.00, work false, ahead 18, 10:00 to 11:00",
		},
		{"a Saturday is no day of work", "2026-12-12", nil, "0 meetings 0s, free 0s, focus 0s, load 0.00, work false, ahead 5"},
		{"yesterday is behind", "2026-12-06", nil, "0 meetings 0s, free 0s, focus 0s, load 0.00, work false, ahead -1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			date := at(t, tc.date+" 12:00", "Europe/London")
			if got := dayText(set.DayOf(diaryOf(tc.events...), date, now)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func dayText(d Day) string {
	text := fmt.Sprintf("%d meetings %s, free %s, focus %s, load %.2f, work %t, ahead %d", d.Meetings, d.MeetingTime, d.FreeTime, d.FocusTime, d.Load, d.Work, d.Ahead)
	if !d.First.IsZero() {
		text += d.First.Format(", 15:04") + d.Last.Format(" to 15:04")
	}
	return text
}

// TestDayWhenTheClocksChange holds that a local day has the hours that it has: 23
// in spring, 25 in autumn, also where half an hour is skipped or midnight is.
func TestDayWhenTheClocksChange(t *testing.T) {
	for _, tc := range []struct {
		zone, date, from, to string
		want                 time.Duration
	}{
		{"Europe/London", "2026-10-25", "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour},
		{"Europe/London", "2027-03-28", "2027-03-28 00:00", "2027-03-29 00:00", 23 * time.Hour},
		{"America/New_York", "2026-11-01", "2026-11-01 00:00", "2026-11-02 00:00", 25 * time.Hour},
		{"Australia/Lord_Howe", "2026-10-04", "2026-10-04 00:00", "2026-10-05 00:00", 23*time.Hour + 30*time.Minute},
		{"America/Havana", "2027-03-14", "2027-03-13 12:00", "2027-03-15 12:00", 23 * time.Hour}, // there is no midnight
		{"Asia/Kolkata", "2026-10-25", "2026-10-25 00:00", "2026-10-26 00:00", 24 * time.Hour},
	} {
		t.Run(tc.zone+" "+tc.date, func(t *testing.T) {
			set := daySet(t, tc.zone, "")
			e := occurrence(t, set.Timezone, "long", tc.from, tc.to, "team")
			day := set.DayOf(diaryOf(e), at(t, tc.date+" 12:00", tc.zone), at(t, tc.date+" 13:00", tc.zone))
			if day.MeetingTime != tc.want || day.Ahead != 0 || day.Date.Format(time.DateOnly) != tc.date {
				t.Errorf("%s ahead %d has %s of meetings, not %s", day.Date, day.Ahead, day.MeetingTime, tc.want)
			}
		})
	}
}

// FuzzDay holds what must be so of every day: nothing takes longer than the day, free
// time and busy hours do not overlap, and the figures do not contradict each other.
func FuzzDay(f *testing.F) {
	f.Add(int64(1790000000), uint16(60), int64(1790001800), uint16(90), uint8(0), uint8(1))
	f.Add(int64(1792886400), uint16(2000), int64(1792890000), uint16(30), uint8(3), uint8(2))
	f.Add(int64(1806195600), uint16(600), int64(1806195600), uint16(0), uint8(1), uint8(0))
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}
	sets := make([]*Set, len(zones))
	for i, name := range zones {
		sets[i] = daySet(f, name, "")
	}
	kinds := []string{"team", "focus", "alone", "free", "external"}
	f.Fuzz(func(t *testing.T, a int64, lengthA uint16, b int64, lengthB uint16, zone, kind uint8) {
		set := sets[int(zone)%len(sets)]
		first := time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC).Unix()
		const span = 300 * 24 * 3600
		one := func(title string, unix int64, minutes uint16, word string) Event {
			start := time.Unix(first+((unix-first)%span+span)%span, 0)
			e := Event{Key: title, Start: start, End: start.Add(time.Duration(minutes) * time.Minute), Busy: true, Mine: true, Kind: "meeting"}
			marks[word](&e)
			return e
		}
		events := []Event{one("a", a, lengthA, "team"), one("b", b, lengthB, kinds[int(kind)%len(kinds)])}
		d := diaryOf(events...)
		for _, e := range events {
			day := set.DayOf(d, e.Start, e.Start)
			length := onClock(dayOf(day.Date).AddDate(0, 0, 1), 0, set.Timezone).Sub(day.Date)
			hours := total(set.workOn(dayOf(day.Date)))
			switch {
			case day.MeetingTime < 0 || day.MeetingTime > length:
				t.Errorf("%s of meetings on a day of %s", day.MeetingTime, length)
			case day.FreeTime < 0 || day.FreeTime > hours:
				t.Errorf("%s free of %s", day.FreeTime, hours)
			case day.FocusTime < 0 || day.FocusTime+day.MeetingTime > length:
				t.Errorf("%s of focus and %s of meetings on a day of %s", day.FocusTime, day.MeetingTime, length)
			case day.Meetings == 0 != (day.MeetingTime == 0), day.Meetings == 0 != day.First.IsZero():
				t.Errorf("%d meetings take %s", day.Meetings, day.MeetingTime)
			case day.Ahead != 0:
				t.Errorf("today is %d days ahead", day.Ahead)
			}
		}
	})
}

// BenchmarkDays works out every day of a year with 10,000 events.
func BenchmarkDays(b *testing.B) {
	set := daySet(b, "Europe/London", "")
	d := yearOf(10_000)
	now := d.From
	for b.Loop() {
		for i := range 365 {
			set.DayOf(d, d.From.AddDate(0, 0, i), now)
		}
	}
}

// yearOf is a diary of a year with so many events, a few of them very long.
func yearOf(n int) *Diary {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	events := make([]Event, n)
	for i := range events {
		start := from.Add(time.Duration(i) * 365 * 24 * time.Hour / time.Duration(n)).Truncate(5 * time.Minute)
		events[i] = Event{
			Key: fmt.Sprint(i), Start: start, End: start.Add(time.Duration(15+i%7*15) * time.Minute), Kind: "meeting", Busy: i%5 > 0, Mine: true,
			Attendees: []Address{ParseAddress("Tom", "tom@acme.example"), ParseAddress("Pat", "pat@other.example")},
		}
		if i%1000 == 0 {
			events[i].End, events[i].AllDay, events[i].Busy = start.AddDate(0, 2, 0), true, false
		}
	}
	return NewDiary(events, from, from.AddDate(1, 0, 0), from)
}
