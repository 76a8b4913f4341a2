package rules

import (
	"cmp"
	"slices"
	"time"
)

// Diary is what is on the executive's calendars between two instants. It is not
// changed once it is made, and may be shared by goroutines.
type Diary struct {
	Events []Event // the occurrences, by start, without what was cancelled
	From   time.Time
	To     time.Time
	// At is when the calendar was last asked.
	At time.Time

	busy []Span // merged, ascending
}

// NewDiary makes a diary of the occurrences between from and to.
func NewDiary(events []Event, from, to, at time.Time) *Diary {
	d := &Diary{From: from, To: to, At: at}
	for _, e := range events {
		if !e.Cancelled {
			d.Events = append(d.Events, e)
		}
	}
	slices.SortStableFunc(d.Events, func(a, b Event) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), cmp.Compare(a.Key, b.Key))
	})
	d.busy = mergedBusy(d.Events)
	return d
}

func mergedBusy(events []Event) (spans []Span) {
	for _, e := range events {
		if !e.Busy || !e.End.After(e.Start) {
			continue
		}
		if last := len(spans) - 1; last >= 0 && !e.Start.After(spans[last].End) {
			if e.End.After(spans[last].End) {
				spans[last].End = e.End
			}
			continue
		}
		spans = append(spans, Span{e.Start, e.End})
	}
	return spans
}

// Busy reports whether anything takes the executive's time between two instants.
func (d *Diary) Busy(from, to time.Time) bool {
	if d == nil {
		return false
	}
	i, _ := slices.BinarySearchFunc(d.busy, from, func(s Span, t time.Time) int {
		if s.End.After(t) {
			return 1
		}
		return -1
	})
	return i < len(d.busy) && d.busy[i].Start.Before(to)
}

// Want says which free time is looked for.
type Want struct {
	Length time.Duration
	From   time.Time // not before
	To     time.Time // ended by then
	// Between are minutes of the local day; both 0 for the hours of work.
	Between [2]int
	Days    *[7]bool // Sunday first; nil for the days of work
	Count   int      // how many; 0 for one
	// Others are when other people are busy.
	Others []Span
	// Besides leaves out what a busy event of this key takes: the one that is to be
	// moved.
	Besides string
	// Margin is kept free before and after.
	Margin time.Duration
}
