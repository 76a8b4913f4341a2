package ical

import "time"

// wall returns what a clock in the zone of t shows, as a time in UTC. Rules are
// followed on such times, on which every day has 24 hours.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// place returns the instant at which a clock in loc shows w. A time that exists
// twice means the first; one that is skipped is counted with the offset before
// the gap (RFC 5545, 3.3.5). time.Date promises neither.
func place(w time.Time, loc *time.Location) time.Time {
	guess := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, loc)
	begin, end := guess.ZoneBounds()
	found := wall(guess).Equal(w)
	// Only the two changes of the clock beside the guess can make it ambiguous.
	for _, edge := range []time.Time{begin, end} {
		if edge.IsZero() {
			continue
		}
		before := offset(edge.Add(-time.Second))
		t := w.Add(-before).In(loc)
		switch {
		// Before the change, the clock showed w as well: that is the first time.
		case wall(t).Equal(w) && (!found || t.Before(guess)):
			guess, found = t, true
		// It was put from before w to after w: w was never shown.
		case !found && !w.Before(wall(edge.Add(-time.Second)).Add(time.Second)) && w.Before(wall(edge)):
			return t
		}
	}
	return guess
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}
