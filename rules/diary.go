package rules

import (
	"cmp"
	"iter"
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
	// reach holds, for each event, the latest end up to it: where to begin to look
	// for what touches an instant.
	reach []time.Time
}

// NewDiary makes a diary of the occurrences between from and to. The list is the
// diary's from now on.
func NewDiary(events []Event, from, to, at time.Time) *Diary {
	d := &Diary{From: from, To: to, At: at, reach: make([]time.Time, 0, len(events))}
	d.Events = slices.DeleteFunc(events, func(e Event) bool { return e.Cancelled })
	slices.SortStableFunc(d.Events, func(a, b Event) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), cmp.Compare(a.Key, b.Key))
	})
	var busy []Span
	var reach time.Time
	for i := range d.Events {
		e := &d.Events[i]
		if e.End.After(reach) {
			reach = e.End
		}
		d.reach = append(d.reach, reach)
		if e.Busy {
			busy = append(busy, e.span())
		}
	}
	d.busy = merged(busy)
	return d
}

func (e *Event) span() Span { return Span{e.Start, e.End} }

// empty reports whether the span has no length.
func (s Span) empty() bool { return !s.End.After(s.Start) }

// within cuts off what is outside of o.
func (s Span) within(o Span) Span {
	if s.Start.Before(o.Start) {
		s.Start = o.Start
	}
	if s.End.After(o.End) {
		s.End = o.End
	}
	return s
}

func (s Span) overlaps(o Span) bool { return s.Start.Before(o.End) && o.Start.Before(s.End) }

// merged joins spans that overlap or touch, so that no time counts twice. What has
// no length is left out. The spans that come in may be in any order, and are sorted.
func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start.Compare(b.Start) })
	joined := spans[:0]
	for _, s := range spans {
		if s.empty() {
			continue
		}
		if last := len(joined) - 1; last < 0 || s.Start.After(joined[last].End) {
			joined = append(joined, s)
		} else if s.End.After(joined[last].End) {
			joined[last].End = s.End
		}
	}
	return joined
}

// without cuts the second spans out of the first. Both are merged.
func without(spans, out []Span) (left []Span) {
	for _, s := range spans {
		for _, o := range after(out, s.Start) {
			if !o.Start.Before(s.End) {
				break
			}
			if o.Start.After(s.Start) {
				left = append(left, Span{s.Start, o.Start})
			}
			s.Start = o.End
		}
		if !s.empty() {
			left = append(left, s)
		}
	}
	return left
}

// total is the length of merged spans.
func total(spans []Span) (sum time.Duration) {
	for _, s := range spans {
		sum += s.End.Sub(s.Start)
	}
	return sum
}

// after leaves out the merged spans that have ended by the instant.
func after(spans []Span, t time.Time) []Span {
	i, _ := slices.BinarySearchFunc(spans, t, func(s Span, t time.Time) int {
		if s.End.After(t) {
			return 1
		}
		return -1
	})
	return spans[i:]
}

// touching yields the events that have a part between two instants, by start.
func (d *Diary) touching(from, to time.Time) iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		if d == nil {
			return
		}
		first, _ := slices.BinarySearchFunc(d.reach, from, func(reach, t time.Time) int {
			if reach.After(t) {
				return 1
			}
			return -1
		})
		for i := first; i < len(d.Events) && d.Events[i].Start.Before(to); i++ {
			if d.Events[i].End.After(from) && !yield(&d.Events[i]) {
				return
			}
		}
	}
}

// Busy reports whether anything takes the executive's time between two instants.
func (d *Diary) Busy(from, to time.Time) bool {
	if d == nil {
		return false
	}
	spans := after(d.busy, from)
	return len(spans) > 0 && spans[0].Start.Before(to)
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
