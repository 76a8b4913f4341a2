package ical

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Occurrence is one time at which an event takes place.
type Occurrence struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"` // exclusive
	Zone     string    `json:"zone"`
	UID      string    `json:"uid"`
	Title    string    `json:"title"`
	AllDay   bool      `json:"allDay"`
	Floating bool      `json:"floating,omitempty"`
	// RecurrenceID is the start that the series gives this instance; it differs from
	// Start if the instance was moved. Zero for an event that does not repeat.
	RecurrenceID time.Time `json:"recurrenceId,omitzero"`
	Location     string    `json:"location,omitempty"`
	// Status is that of the event; CANCELLED also where METHOD is CANCEL.
	Status string `json:"status,omitempty"`
	// Event is where the occurrence comes from: the series, or the changed instance.
	Event *Event `json:"-"`
}

// Limits on one expansion.
const (
	maxOccurrences = 100_000
	maxWindow      = 100 * 366 * 24 * time.Hour
)

// Occurrences returns all that takes place between two instants, of which to is
// excluded, by start: what begins earlier and reaches into the window belongs to it.
// Changed instances stand in the place of those they replace. It is an error to ask
// for more than a hundred years, more than 100,000 occurrences, or more work than a
// second's; then nothing is returned.
func (c *Calendar) Occurrences(from, to time.Time) ([]Occurrence, error) {
	if !from.Before(to) || to.Sub(from) > maxWindow || from.Year() < 1 || to.Year() > 9998 {
		return nil, errors.New("expanding a calendar file: the window must be of a hundred years at most, and end after it begins")
	}
	x := &expansion{from: from, to: to, effort: &effort{left: maxEffort}}
	for _, s := range c.series() {
		if err := x.add(s); err != nil {
			return nil, fmt.Errorf("expanding a calendar file: %w; nothing was listed", err)
		}
	}
	slices.SortStableFunc(x.found, func(a, b Occurrence) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End), cmp.Compare(a.UID, b.UID))
	})
	return x.found, nil
}

// expansion is one call of Occurrences.
type expansion struct {
	from, to time.Time
	effort   *effort
	found    []Occurrence
}

// emit lists an occurrence if it lies in the window.
func (x *expansion) emit(e *Event, start time.Time, length span, id time.Time) error {
	end := length.after(start)
	if !start.Before(x.to) || !end.After(x.from) && !(end.Equal(start) && !start.Before(x.from)) {
		return nil
	}
	if len(x.found) == maxOccurrences {
		return errMany
	}
	// A cancellation need not say STATUS (RFC 5546, 3.2.5).
	status := e.Status
	if e.Method == "CANCEL" {
		status = "CANCELLED"
	}
	x.found = append(x.found, Occurrence{
		Start: start, End: end, Zone: e.Zone, UID: e.UID, Title: e.Summary, AllDay: e.AllDay, Floating: e.Floating,
		RecurrenceID: id, Location: e.Location, Status: status, Event: e,
	})
	return nil
}

// add lists the occurrences of a series: first the changed instances, then those
// that the rules and dates give and that were not changed.
func (x *expansion) add(s *series) error {
	for _, o := range s.changed {
		if err := x.emit(o, o.Start, o.length, o.RecurrenceID); err != nil {
			return err
		}
	}
	for _, master := range s.masters {
		instances, err := x.instances(master, s.following)
		if err != nil {
			return err
		}
		for _, at := range instances {
			if !x.effort.spend(1 + len(s.following)) {
				return errEffort
			}
			if s.isChanged(at.at, master.AllDay) {
				continue
			}
			if err := x.instance(s, master, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// instance lists one instance of a series, as the last change of "this and all that
// follow" makes it.
func (x *expansion) instance(s *series, master *Event, at instance) error {
	id := at.at
	if !master.Recurrence.Any() && len(s.following) == 0 {
		id = master.RecurrenceID
	}
	// The latest change that begins at or before this instance holds for it.
	var change *Event
	for _, o := range s.following {
		if !o.RecurrenceID.After(at.at) {
			change = o
		}
	}
	if change == nil {
		return x.emit(master, at.at, at.length, id)
	}
	start := place(wall(at.at.In(change.Start.Location())).Add(change.moved()), change.Start.Location())
	return x.emit(change, start, change.length, id)
}

// moved is how far a changed instance was moved, on the wall.
func (e *Event) moved() time.Duration {
	return wall(e.Start).Sub(wall(e.RecurrenceID.In(e.Start.Location())))
}

// instance is a start that a series gives, with its length.
type instance struct {
	at     time.Time
	length span
}

// instances returns the starts that can matter to the window, ascending: DTSTART,
// RDATE and RRULE without EXDATE and EXRULE (RFC 5545, 3.8.5.3).
func (x *expansion) instances(e *Event, following []*Event) ([]instance, error) {
	// RDATE comes first: where it names DTSTART as a period, its length counts.
	var all []instance
	for _, d := range e.Recurrence.dates {
		length := e.length
		if d.length != nil {
			length = *d.length
		}
		all = append(all, instance{d.at, length})
	}
	all = append(all, instance{e.Start, e.length})
	// What was changed with "this and all that follow" took place, whatever the rule
	// says by now.
	for _, o := range following {
		all = append(all, instance{o.RecurrenceID.In(e.Start.Location()), e.length})
	}
	from, to := x.reach(e, all, following)
	given, err := x.follow(e.Recurrence.Rules, from, to)
	if err != nil {
		return nil, err
	}
	for _, t := range given {
		all = append(all, instance{t, e.length})
	}
	except, err := x.follow(e.Recurrence.Except, from, to)
	if err != nil {
		return nil, err
	}
	skip := newDates(e.Recurrence.skip)
	for _, t := range except {
		skip.at[t.Unix()] = true
	}
	all = slices.DeleteFunc(all, func(i instance) bool { return skip.has(i.at, e.AllDay) })
	slices.SortStableFunc(all, func(a, b instance) int { return a.at.Compare(b.at) })
	return slices.CompactFunc(all, func(a, b instance) bool { return a.at.Equal(b.at) }), nil
}

// reach widens the window, on the wall of the event, by what is long enough to
// reach into it or is moved into it.
func (x *expansion) reach(e *Event, fixed []instance, following []*Event) (from, to time.Time) {
	var long, moved time.Duration
	for _, i := range fixed {
		long = max(long, i.length.atMost())
	}
	for _, o := range following {
		long, moved = max(long, o.length.atMost()), max(moved, o.moved().Abs())
	}
	loc := e.Start.Location()
	return wall(x.from.In(loc)).Add(-long - moved), wall(x.to.In(loc)).Add(26*time.Hour + moved)
}

func (x *expansion) follow(rules []Rule, from, to time.Time) (found []time.Time, err error) {
	for i := range rules {
		some, err := rules[i].between(from, to, x.effort)
		if err != nil {
			return nil, err
		}
		if found = append(found, some...); len(found) > maxOccurrences {
			return nil, errMany
		}
	}
	return found, nil
}
