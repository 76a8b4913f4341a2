package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFree(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, start, end string, words ...string) Event {
		return occurrence(t, london, title, start, end, words...)
	}
	saturdays := [7]bool{6: true}
	const now = "2026-12-07 09:00" // a Monday
	for _, tc := range []struct {
		name   string
		now    string
		events []Event
		want   Want
		found  string
	}{
		{"the first free slot, not before a quarter of an hour from now", now, nil, Want{Length: 30 * time.Minute}, "Mon 7 09:15-09:45"},
		{"on a round quarter of an hour", "2026-12-07 09:07", nil, Want{Length: 20 * time.Minute}, "Mon 7 09:30-09:50"},
		{
			"after what takes the time", now,
			[]Event{on("a", "2026-12-07 09:00", "2026-12-07 10:05")},
			Want{Length: 30 * time.Minute},
			"Mon 7 10:15-10:45",
		},
		{
			"in a gap that is long enough", now,
			[]Event{on("a", "2026-12-07 09:00", "2026-12-07 10:00"), on("b", "2026-12-07 10:15", "2026-12-07 11:00"), on("c", "2026-12-07 11:30", "2026-12-07 12:00")},
			Want{Length: 30 * time.Minute},
			"Mon 7 11:00-11:30",
		},
		{
			"where what is there is declined or shown as free", now,
			[]Event{on("a", "2026-12-07 09:00", "2026-12-07 12:00", "free"), on("b", "2026-12-07 09:00", "2026-12-07 12:00", "declined")},
			Want{Length: 30 * time.Minute},
			"Mon 7 09:15-09:45",
		},
		{
			"not on a day that is taken as a whole", now,
			[]Event{on("a", "2026-12-07", "2026-12-08", "allday", "away")},
			Want{Length: 30 * time.Minute},
			"Tue 8 08:00-08:30",
		},
		{
			"where the event that is to be moved was", now,
			[]Event{on("a", "2026-12-07 09:00", "2026-12-07 12:00")},
			Want{Length: 30 * time.Minute, Besides: "a"},
			"Mon 7 09:15-09:45",
		},
		{
			"with room before and after", now,
			[]Event{on("a", "2026-12-07 09:00", "2026-12-07 10:00"), on("b", "2026-12-07 11:00", "2026-12-07 12:00")},
			Want{Length: 45 * time.Minute, Margin: 10 * time.Minute},
			"Mon 7 12:15-13:00",
		},
		{
			"when others are free, too", now, nil,
			Want{Length: 30 * time.Minute, Others: []Span{{at(t, "2026-12-07 08:00", "Europe/London"), at(t, "2026-12-07 17:00", "Europe/London")}}},
			"Mon 7 17:00-17:30",
		},
		{"not after the hours of work", "2026-12-07 17:31", nil, Want{Length: 30 * time.Minute}, "Tue 8 08:00-08:30"},
		{"not at a weekend", "2026-12-11 17:31", nil, Want{Length: 30 * time.Minute}, "Mon 14 08:00-08:30"},
		{"not on a holiday", "2026-12-24 17:31", nil, Want{Length: 30 * time.Minute}, "Mon 28 08:00-08:30"},
		{"in the hours that are wanted", now, nil, Want{Length: time.Hour, Between: [2]int{19 * 60, 21 * 60}}, "Mon 7 19:00-20:00"},
		{"in hours that go over midnight", now, nil, Want{Length: 3 * time.Hour, Between: [2]int{22 * 60, 6 * 60}}, "Mon 7 22:00-01:00"},
		{"on the days that are wanted", now, nil, Want{Length: time.Hour, Days: &saturdays}, "Sat 12 08:00-09:00"},
		{"not before From", now, nil, Want{Length: time.Hour, From: at(t, "2026-12-09 13:10", "Europe/London")}, "Wed 9 13:15-14:15"},
		{"ended by To", now, nil, Want{Length: time.Hour, To: at(t, "2026-12-07 10:00", "Europe/London")}, ""},
		{"exactly by To", now, nil, Want{Length: 45 * time.Minute, To: at(t, "2026-12-07 10:00", "Europe/London")}, "Mon 7 09:15-10:00"},
		{"nothing that is longer than the hours", now, nil, Want{Length: 11 * time.Hour}, ""},
		{"nothing without a length", now, nil, Want{}, ""},
		{"nothing that the diary does not know", "2027-09-01 09:00", nil, Want{Length: time.Hour}, ""},
		{"several, each on another day", now, nil, Want{Length: time.Hour, Count: 3}, "Mon 7 09:15-10:15, Tue 8 08:00-09:00, Wed 9 08:00-09:00"},
		{
			"two on a day where there are too few days", now, nil,
			Want{Length: time.Hour, Count: 5, To: at(t, "2026-12-08 18:00", "Europe/London")},
			"Mon 7 09:15-10:15, Mon 7 12:15-13:15, Tue 8 08:00-09:00, Tue 8 11:00-12:00",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			got := spansText(set.Free(diaryOf(tc.events...), tc.want, at(t, tc.now, "Europe/London")))
			if got != tc.found {
				t.Errorf("got %q, want %q", got, tc.found)
			}
		})
	}
}

func spansText(spans []Span) string {
	words := mapped(spans, func(s Span) string { return s.Start.Format("Mon 2 15:04") + s.End.Format("-15:04") })
	return strings.Join(words, ", ")
}

func TestFreeWithoutADiary(t *testing.T) {
	set := daySet(t, "Europe/London", "")
	if got := set.Free(nil, Want{Length: time.Hour}, testNow); got != nil {
		t.Errorf("found %v in a diary that is not known", got)
	}
}

// TestFreeWhenTheClocksChange holds that no slot begins at a time that the clocks
// skip, and that each is as long as it should be.
func TestFreeWhenTheClocksChange(t *testing.T) {
	all := [7]bool{true, true, true, true, true, true, true}
	for _, tc := range []struct {
		name, zone, now string
		want            Want
		found           string
	}{
		{"the hour that spring skips is not there", "Europe/London", "2027-03-27 23:00", Want{Length: 30 * time.Minute, Between: [2]int{60, 120}}, "Mon 29 01:00-01:30"},
		{"after the gap it is later on the wall", "Europe/London", "2027-03-27 23:00", Want{Length: time.Hour, Between: [2]int{30, 180}}, "Sun 28 00:30-02:30"},
		{"autumn's hour comes twice, and is had twice", "Europe/London", "2026-10-24 23:00", Want{Length: 2 * time.Hour, Between: [2]int{60, 120}}, ""},
		{"autumn's first hour is taken", "Europe/London", "2026-10-24 23:00", Want{Length: 3 * time.Hour, Between: [2]int{0, 180}}, "Sun 25 00:00-02:00"},
		{"half an hour is skipped at Lord Howe", "Australia/Lord_Howe", "2026-10-03 23:00", Want{Length: 30 * time.Minute, Between: [2]int{120, 180}}, "Sun 4 02:30-03:00"},
		{"quarters are those of the wall in Kathmandu", "Asia/Kathmandu", "2026-12-07 09:01", Want{Length: 30 * time.Minute}, "Mon 7 09:30-10:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, tc.zone, "")
			tc.want.Days = &all
			found := set.Free(diaryOf(), tc.want, at(t, tc.now, tc.zone))
			if len(found) > 0 && found[0].End.Sub(found[0].Start) != tc.want.Length {
				t.Errorf("%s is not %s long", spansText(found), tc.want.Length)
			}
			if got := spansText(found); !strings.HasPrefix(got, tc.found) || tc.found == "" && got != "" && !strings.Contains(tc.name, "twice") {
				t.Errorf("got %q, want %q", got, tc.found)
			}
		})
	}
}

// FuzzFree holds what must be so of every slot: it has the length, is free with its
// margin, lies in the hours and days that are wanted, in the diary and ahead, begins
// on a quarter of an hour, and comes in order; and the same question gives the same
// answer.
func FuzzFree(f *testing.F) {
	f.Add(int64(0), uint16(60), int64(5400), uint16(120), uint16(30), uint8(5), uint8(3), uint16(0), uint16(0), uint8(0))
	f.Add(int64(4665600), uint16(900), int64(4665600), uint16(30), uint16(45), uint8(0), uint8(9), uint16(1320), uint16(360), uint8(1))
	f.Add(int64(17884800), uint16(100), int64(17971200), uint16(0), uint16(90), uint8(15), uint8(2), uint16(60), uint16(180), uint8(2))
	f.Add(int64(4665600), uint16(900), int64(4665600), uint16(30), uint16(137), uint8(0), uint8(9), uint16(1320), uint16(360), uint8(1)) // over midnight
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"}
	sets := make([]*Set, len(zones))
	for i, name := range zones {
		sets[i] = daySet(f, name, "")
	}
	begin := time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, a int64, lengthA uint16, b int64, lengthB, length uint16, margin, count uint8, from, to uint16, zone uint8) {
		set := sets[int(zone)%len(sets)]
		const reach = 300 * 24 * 3600
		moment := func(n int64) time.Time { return begin.Add(time.Duration((n%reach+reach)%reach) * time.Second) }
		d := diaryOf(
			Event{Key: "a", Start: moment(a), End: moment(a).Add(time.Duration(lengthA) * time.Minute), Busy: true},
			Event{Key: "b", Start: moment(b), End: moment(b).Add(time.Duration(lengthB) * time.Minute), Busy: true},
		)
		w := Want{Length: time.Duration(length) * time.Minute, Margin: time.Duration(margin) * time.Minute, Count: int(count % 20), Between: [2]int{int(from % 1440), int(to % 1441)}}
		if w.Between[0] == w.Between[1] {
			w.Between = [2]int{}
		}
		now := moment(a).Add(-time.Hour)
		found := set.Free(d, w, now)
		if len(found) > max(w.Count, 1) {
			t.Errorf("%d slots, %d are wanted", len(found), w.Count)
		}
		perDay := map[string]int{}
		for i, slot := range found {
			checkSlot(t, set, d, w, now, slot)
			if i > 0 && slot.Start.Before(found[i-1].End) {
				t.Errorf("%v overlaps %v", slot, found[i-1])
			}
			if day := slot.Start.Format(time.DateOnly); perDay[day] == 2 {
				t.Errorf("a third slot on %s", day)
			} else {
				perDay[day]++
			}
		}
		if again := set.Free(d, w, now); !slices.Equal(found, again) {
			t.Errorf("%v, and then %v", found, again)
		}
	})
}

func checkSlot(t *testing.T, set *Set, d *Diary, w Want, now time.Time, slot Span) {
	t.Helper()
	hours := workHours{days: set.workHours.days, from: set.workHours.from, to: set.workHours.to}
	if w.Between != [2]int{} {
		hours.from, hours.to = w.Between[0], w.Between[1]
	}
	switch {
	case slot.End.Sub(slot.Start) != w.Length:
		t.Errorf("%v is not %s long", slot, w.Length)
	case d.Busy(slot.Start.Add(-w.Margin), slot.End.Add(w.Margin)):
		t.Errorf("%v is busy", slot)
	case slot.Start.Before(now) || slot.Start.Before(d.From) || slot.End.After(d.To):
		t.Errorf("%v is past, or not in the diary", slot)
	case slot.Start.Minute()%15 != 0 || slot.Start.Second() != 0:
		t.Errorf("%v does not begin on a quarter of an hour", slot)
	}
	for at := slot.Start; at.Before(slot.End); at = at.Add(15 * time.Minute) {
		if !hours.contain(at) && !skips(at) {
			t.Errorf("%v is outside the hours at %s", slot, at)
			return
		}
		if set.isHoliday(dayOf(at)) {
			t.Errorf("%v is on a holiday", slot)
		}
	}
}

// skips reports whether the clocks have just been put forward or back: then hours by
// the wall are not what they seem.
func skips(t time.Time) bool {
	_, before := t.Add(-3 * time.Hour).Zone()
	_, after := t.Add(3 * time.Hour).Zone()
	return before != after
}

func TestAnother(t *testing.T) {
	london := zone(t, "Europe/London")
	now := at(t, "2026-12-07 09:00", "Europe/London")
	at := occurrence(t, london, "x", "2026-12-09 14:00", "2026-12-09 15:00")
	for _, tc := range []struct {
		name   string
		events []Event
		found  string
	}{
		{"on the same day", nil, "Wed 9 08:00-09:00"},
		{"not at the same time", []Event{occurrence(t, london, "a", "2026-12-09 08:00", "2026-12-09 13:30"), occurrence(t, london, "b", "2026-12-09 15:00", "2026-12-09 18:00")}, "Thu 10 08:00-09:00"},
		{"nowhere within two weeks", []Event{occurrence(t, london, "a", "2026-12-07 00:00", "2026-12-23 17:30")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			slot, ok := set.Another(diaryOf(append(tc.events, at)...), at.span(), Want{Besides: "x"}, now)
			if got := spansText([]Span{slot}); ok != (tc.found != "") || ok && got != tc.found {
				t.Errorf("got %q %t, want %q", got, ok, tc.found)
			}
		})
	}
}

func TestSpanText(t *testing.T) {
	set := daySet(t, "Europe/London", "")
	span := func(from, to string) Span { return Span{at(t, from, "Europe/London"), at(t, to, "Europe/London")} }
	for _, tc := range []struct {
		name string
		span Span
		zone string
		want string
	}{
		{"in the account's zone", span("2026-11-26 14:00", "2026-11-26 14:30"), "", "Thursday 26 November, 14:00 to 14:30 (Europe/London)"},
		{"over midnight", span("2026-11-26 23:30", "2026-11-27 00:30"), "", "Thursday 26 November, 23:30 to Friday 27 November, 00:30 (Europe/London)"},
		{"a whole day", span("2026-11-26 00:00", "2026-11-27 00:00"), "", "Thursday 26 November (Europe/London)"},
		{"several days", span("2026-11-26 00:00", "2026-11-29 00:00"), "", "Thursday 26 November to Saturday 28 November (Europe/London)"},
		{"in another zone, too", span("2026-11-26 14:00", "2026-11-26 14:30"), "America/New_York", "Thursday 26 November, 14:00 to 14:30 (Europe/London), 09:00 to 09:30 (America/New_York)"},
		{"where it is another day", span("2026-11-26 16:00", "2026-11-26 16:30"), "Asia/Tokyo", "Thursday 26 November, 16:00 to 16:30 (Europe/London), Friday 27 November, 01:00 to 01:30 (Asia/Tokyo)"},
		{"not where clocks show the same", span("2026-11-26 14:00", "2026-11-26 14:30"), "Europe/Lisbon", "Thursday 26 November, 14:00 to 14:30 (Europe/London)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var other *time.Location
			if tc.zone != "" {
				other = zone(t, tc.zone)
			}
			if got := set.SpanTextIn(tc.span, other); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}
