package ical

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// maxEffort is how many days (or hours, or minutes) are looked at in one
// expansion, whatever the rules say: about a second's work.
const maxEffort = 4_000_000

var (
	errEffort = errors.New("its rules take too long to follow; ask for less time at once")
	errMany   = fmt.Errorf("there are more than %d occurrences", maxOccurrences)
)

// effort is what is left of maxEffort. The iterator of rrule-go has no such end:
// a rule that never matches keeps it busy until the year 9999.
type effort struct{ left int }

func (e *effort) spend(n int) bool { e.left -= n; return e.left >= 0 }

// walk is one way along a rule, on the wall.
type walk struct {
	*Rule
	first    time.Time // DTSTART on the wall
	from, to time.Time // on the wall, to is excluded
	effort   *effort
	count    int
	found    []time.Time
	done     bool
}

// between returns the instants that the rule gives from one wall time to another,
// the latter excluded; ascending, in the zone of the event. DTSTART is among them
// only if the rule gives it.
func (r *Rule) between(from, to time.Time, e *effort) ([]time.Time, error) {
	w := &walk{Rule: r, first: wall(r.start.at), from: from, to: to, effort: e}
	step := w.day
	switch r.option.Freq {
	case rrule.YEARLY, rrule.MONTHLY:
		step = w.months
	case rrule.WEEKLY:
		step = w.week
	case rrule.HOURLY:
		step = w.clock(time.Hour)
	case rrule.MINUTELY:
		step = w.clock(time.Minute)
	}
	for n := w.skip(); !w.done; n += r.option.Interval {
		if !e.spend(1) {
			return nil, errEffort
		}
		if step(n); len(w.found) > maxOccurrences {
			return nil, errMany
		}
	}
	if e.left < 0 {
		return nil, errEffort
	}
	return w.found, nil
}

// skip returns how many units after the start the walk may begin: a rule that
// counts must be followed from its first instance.
func (w *walk) skip() int {
	if w.option.Count > 0 || !w.from.After(w.first) {
		return 0
	}
	length := map[rrule.Frequency]time.Duration{
		rrule.YEARLY: 366 * 24 * time.Hour, rrule.MONTHLY: 31 * 24 * time.Hour, rrule.WEEKLY: 7 * 24 * time.Hour,
		rrule.DAILY: 24 * time.Hour, rrule.HOURLY: time.Hour, rrule.MINUTELY: time.Minute,
	}[w.option.Freq]
	// Seconds, as a Duration ends after 292 years.
	steps := int((w.from.Unix()-w.first.Unix())/int64(length/time.Second)) / w.option.Interval
	return max(0, steps-2) * w.option.Interval
}

// months looks at the nth year or month.
func (w *walk) months(n int) {
	if w.option.Freq == rrule.MONTHLY {
		w.period(time.Date(w.first.Year(), w.first.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC), 1, 0)
		return
	}
	w.period(time.Date(w.first.Year()+n, 1, 1, 0, 0, 0, 0, time.UTC), 12, 0)
}

func (w *walk) week(n int) {
	// The week of an interval begins on WKST, which decides which weeks a rule with
	// INTERVAL=2 leaves out.
	monday := (int(w.first.Weekday()) + 6) % 7
	back := (monday - w.option.Wkst.Day() + 7) % 7
	w.period(midnight(w.first).AddDate(0, 0, 7*n-back), 0, 7)
}

func (w *walk) day(n int) { w.period(midnight(w.first).AddDate(0, 0, n), 0, 1) }

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// period collects the days of one period that pass all parts of the rule, gives
// them the times of day, and picks those that BYSETPOS names.
func (w *walk) period(begin time.Time, months, days int) {
	if !begin.Before(w.to) {
		w.done = true
		return
	}
	end := begin.AddDate(0, months, days)
	if w.option.Count == 0 && end.Before(w.from) {
		return
	}
	var times []time.Time
	for day := begin; day.Before(end); day = day.AddDate(0, 0, 1) {
		// A month that is not asked for is left out as a whole: most rules are yearly.
		if len(w.option.Bymonth) > 0 && !slices.Contains(w.option.Bymonth, int(day.Month())) {
			day = day.AddDate(0, 1, -day.Day()) // its last day
			continue
		}
		if !w.effort.spend(1) {
			w.done = true
			return
		}
		if w.allows(day) {
			w.effort.spend(len(w.option.Byhour) * len(w.option.Byminute) * len(w.option.Bysecond))
			times = w.timesOf(day, times)
		}
	}
	if len(w.option.Bysetpos) > 0 {
		times = picked(times, w.option.Bysetpos)
	}
	for _, t := range times {
		w.give(t)
	}
}

// give takes an instance that the rule makes, unless the rule or the walk has
// come to its end.
func (w *walk) give(t time.Time) {
	if w.done || t.Before(w.first) {
		return
	}
	if w.count == 0 && t.After(w.first) {
		w.count++ // DTSTART is the first instance, also where the rule would not give it
	}
	w.count++
	if !t.Before(w.to) || w.option.Count > 0 && w.count > w.option.Count {
		w.done = true
		return
	}
	at := place(t, w.start.at.Location())
	if !w.until.IsZero() && (w.untilDay && midnight(t).After(w.until) || !w.untilDay && at.After(w.until)) {
		w.done = true
		return
	}
	if !t.Before(w.from) {
		w.found = append(w.found, at)
	}
}

// clock looks at the nth hour or minute of a rule that repeats within the day.
func (w *walk) clock(unit time.Duration) func(int) {
	// On the wall, not by the second: an hourly rule leaves out the hour that is skipped
	// and gives the one that exists twice once.
	begin := w.first.Truncate(unit)
	return func(n int) {
		t := time.Unix(begin.Unix()+int64(n)*int64(unit/time.Second), 0).UTC()
		if !t.Before(w.to) {
			w.done = true
			return
		}
		o := &w.option
		if len(o.Bymonth) > 0 && !slices.Contains(o.Bymonth, int(t.Month())) || !w.allows(midnight(t)) ||
			len(o.Byhour) > 0 && !slices.Contains(o.Byhour, t.Hour()) {
			return
		}
		minutes := o.Byminute
		if unit == time.Minute {
			if len(minutes) > 0 && !slices.Contains(minutes, t.Minute()) {
				return
			}
			minutes = []int{t.Minute()}
		}
		w.effort.spend(len(minutes) * len(o.Bysecond))
		for _, minute := range minutes {
			for _, second := range o.Bysecond {
				w.give(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), minute, second, 0, time.UTC))
			}
		}
	}
}
