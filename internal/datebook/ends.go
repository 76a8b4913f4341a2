package datebook

import "time"

const (
	// anywhere is longer than a date is apart from midnight UTC in any zone.
	anywhere = 14 * time.Hour
	// boundWork is how much is looked at to find the end of a series.
	boundWork = 20_000
	// farthest is the last year that is looked at for it.
	farthest = 9000
)

// Bounds returns two instants between which the event, or every instance of the
// series, takes place, whatever zone the reader is in. They may be further apart
// than need be; one is zero if it is not known, as the end of a series without one.
// The bounds of a changed instance hold both its own time and the one that the
// series had for it.
func (e *Event) Bounds() (first, last time.Time) {
	switch {
	case e.isSeries():
		if first, last = e.firstAndLast(); !last.IsZero() {
			last = last.Add(max(0, e.End.Sub(e.Start)))
		}
	case e.Start.IsZero():
		first, last = e.Original, e.Original
	default:
		first, last = e.Start, later(e.Start, e.End)
		if !e.Original.IsZero() && e.Original.Before(first) {
			first = e.Original
		}
		last = later(last, e.Original)
	}
	// A deleted instance does not always say whether it lasted all day.
	if e.AllDay || e.Cancelled() {
		first, last = shift(first, -anywhere), shift(last, anywhere)
	}
	return first, last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// shift leaves alone what is not known.
func shift(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(by)
}

// isSeries reports whether the event stands for all its instances.
func (e *Event) isSeries() bool { return e.Series == "" && len(e.Recurrence) > 0 && !e.Cancelled() }

// firstAndLast are the starts of the first and the last instance; the latter is
// zero if there is none, or if it can't be found out.
func (e *Event) firstAndLast() (first, last time.Time) {
	repetition, err := e.repetition(zones{})
	if err != nil {
		return time.Time{}, time.Time{}
	}
	// An RDATE may name what comes before the start.
	to := e.Start.Add(1)
	if !repetition.Endless() {
		to = time.Date(farthest, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	work := boundWork
	all, err := repetition.Starts(time.Time{}.AddDate(1, 0, 0), to, &work)
	if err != nil || len(all) == 0 {
		return time.Time{}, time.Time{}
	}
	if first = all[0]; repetition.Endless() {
		return first, last
	}
	return first, all[len(all)-1]
}
