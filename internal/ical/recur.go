package ical

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Repetition is how an event repeats that stands in no file: the lines of its
// recurrence and its start are all there is.
type Repetition struct{ event Event }

// Recur reads the lines of a recurrence, RRULE, EXRULE, RDATE and EXDATE as RFC
// 5545 has them, of an event that begins at start and keeps the time on the wall
// that it has in start's location. Of an event that lasts all day, start is
// midnight of its first day in any location, best in UTC: its starts will be
// midnights there. The error says what can't be followed, and has nothing else of
// the event in it.
func Recur(lines []string, start time.Time, allDay bool) (*Repetition, error) {
	part := &component{}
	for i, text := range lines {
		p, err := cut(line{no: i + 1, text: text})
		if err != nil {
			return nil, fmt.Errorf("line %d of its recurrence can't be read: %w", i+1, err)
		}
		if !slices.Contains([]string{"RRULE", "EXRULE", "RDATE", "EXDATE"}, p.Name) {
			return nil, fmt.Errorf("line %d of its recurrence is a %q, which does not belong there", i+1, clip(p.Name))
		}
		part.props = append(part.props, p)
	}
	loc := start.Location()
	begin := moment{at: start, day: allDay, zone: loc.String()}
	r := &Repetition{Event{Start: start, AllDay: allDay, Zone: begin.zone, begin: begin}}
	// Nothing is to be noted of a start that no rule gives, so there is no effort for it.
	s := scope{zones: newZones(&component{}, loc, &effort{}), notes: &effort{}}
	if _, err := s.recurrence(part, &r.event); err != nil {
		return nil, err
	}
	for _, d := range r.event.Recurrence.dates {
		if d.length != nil {
			return nil, errors.New("an RDATE is a period with a length of its own, which is not supported")
		}
	}
	return r, nil
}

// Starts returns the instances from one instant to another, the latter excluded,
// ascending and in the location of the start, which is always among them unless an
// exception takes it out. work is how many days, or hours, or minutes may be looked
// at for it; what was looked at is taken off. It is an error to need more, or to
// give more than 100,000 starts.
func (r *Repetition) Starts(from, to time.Time, work *int) ([]time.Time, error) {
	x := &expansion{from: from, to: to, effort: &effort{left: *work}}
	given, err := x.instances(&r.event, nil)
	*work = max(0, x.effort.left)
	if err != nil {
		return nil, err
	}
	var starts []time.Time
	for _, i := range given {
		if !i.at.Before(from) && i.at.Before(to) {
			starts = append(starts, i.at)
		}
	}
	return starts, nil
}

// Endless reports whether a rule goes on for ever.
func (r *Repetition) Endless() bool {
	return slices.ContainsFunc(r.event.Recurrence.Rules, func(rule Rule) bool {
		return rule.option.Count == 0 && rule.until.IsZero()
	})
}

// Midnight returns the instant at which a day begins in a zone. Where the clocks
// skip midnight, the day begins later; where they show it twice, with the first.
func Midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	return place(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), zone)
}
