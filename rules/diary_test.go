package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDiaryFindsWhatTouches compares the quick way to the events of a time with
// looking at each of them.
func TestDiaryFindsWhatTouches(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	moment := func() time.Time { return begin.Add(time.Duration(random.IntN(20*24)) * time.Hour) }
	for range 200 {
		var events []Event
		for i := range random.IntN(30) {
			start := moment()
			events = append(events, Event{Key: fmt.Sprint(i), Start: start, End: start.Add(time.Duration(random.IntN(60)) * time.Hour), Busy: random.IntN(3) > 0})
		}
		d := NewDiary(events, begin, begin.AddDate(0, 1, 0), begin)
		from := moment()
		to := from.Add(time.Duration(1+random.IntN(48)) * time.Hour)
		var want, got []string
		busy := false
		for _, e := range d.Events {
			if e.Start.Before(to) && e.End.After(from) {
				want = append(want, e.Key)
				busy = busy || e.Busy && e.End.After(e.Start)
			}
		}
		for e := range d.touching(from, to) {
			got = append(got, e.Key)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("between %s and %s are %v, found %v", from, to, want, got)
		}
		if d.Busy(from, to) != busy {
			t.Fatalf("between %s and %s busy is not %t", from, to, busy)
		}
	}
}

func TestDiaryLeavesOutWhatIsCancelled(t *testing.T) {
	e := occurrence(t, time.UTC, "a", "2026-12-08 10:00", "2026-12-08 11:00", "off")
	if d := diaryOf(e); len(d.Events) != 0 {
		t.Errorf("%d events", len(d.Events))
	}
}

// TestSpansTakenApart holds how stretches of time are joined and cut, in hours of
// a day.
func TestSpansTakenApart(t *testing.T) {
	for _, tc := range []struct{ name, spans, out, joined, left string }{
		{"what touches is one", "08-10 10-11", "", "08-11", "08-11"},
		{"what overlaps is one", "09-11 08-10", "", "08-11", "08-11"},
		{"what lies within is gone", "08-12 09-10", "", "08-12", "08-12"},
		{"what has no length is gone", "08-08 09-10", "", "09-10", "09-10"},
		{"a piece out of the middle", "08-12", "09-10", "08-12", "08-09 10-12"},
		{"pieces at both ends", "08-12", "07-09 11-13", "08-12", "09-11"},
		{"all of it", "08-12", "08-12", "08-12", ""},
		{"one cut over two", "08-10 11-13", "09-12", "08-10 11-13", "08-09 12-13"},
		{"a cut that only touches", "08-10", "07-08 10-11", "08-10", "08-10"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			joined := merged(hoursOf(tc.spans))
			if got := hourText(joined); got != tc.joined {
				t.Errorf("joined: %q, want %q", got, tc.joined)
			}
			if got := hourText(without(joined, hoursOf(tc.out))); got != tc.left {
				t.Errorf("left: %q, want %q", got, tc.left)
			}
		})
	}
}

func hoursOf(text string) (spans []Span) {
	for part := range strings.FieldsSeq(text) {
		var from, to int
		fmt.Sscanf(part, "%d-%d", &from, &to)
		spans = append(spans, Span{time.Date(2026, 12, 8, from, 0, 0, 0, time.UTC), time.Date(2026, 12, 8, to, 0, 0, 0, time.UTC)})
	}
	return spans
}

func hourText(spans []Span) (text string) {
	for i, s := range spans {
		if i > 0 {
			text += " "
		}
		text += s.Start.Format("15-") + s.End.Format("15")
	}
	return text
}
