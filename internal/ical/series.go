package ical

import (
	"slices"
	"time"
)

// series are the events of one UID: what repeats, and the instances of it that were
// changed.
type series struct {
	masters   []*Event
	changed   []*Event // single instances
	following []*Event // this and all that follow, by RecurrenceID
	places    dates    // of the changed
}

// series sorts the events by UID; one without stands alone. A revision with a
// higher SEQUENCE replaces one with a lower (RFC 5546, 2.1.5); of the same, the
// later in the file.
func (c *Calendar) series() []*series {
	byUID := map[string]*series{}
	var all []*series
	for i := range c.Events {
		e := &c.Events[i]
		s := byUID[e.UID]
		if s == nil || e.UID == "" {
			s = &series{}
			all, byUID[e.UID] = append(all, s), s
		}
		switch {
		case e.RecurrenceID.IsZero():
			s.masters = newest(s.masters, e, func(o *Event) bool { return o.Sequence != e.Sequence || o.same(e) })
		case e.Following:
			s.following = newest(s.following, e, e.sameInstance)
		default:
			s.changed = newest(s.changed, e, e.sameInstance)
		}
	}
	for _, s := range all {
		s.settle()
	}
	return all
}

// newest adds an event, unless one that it rivals is newer; those it is newer than
// go.
func newest(events []*Event, e *Event, rivals func(*Event) bool) []*Event {
	for _, o := range events {
		if rivals(o) && o.Sequence > e.Sequence {
			return events
		}
	}
	return append(slices.DeleteFunc(events, rivals), e)
}

func (e *Event) sameInstance(o *Event) bool { return o.RecurrenceID.Equal(e.RecurrenceID) }

// same says whether two events with the same UID and SEQUENCE are one, written twice.
func (e *Event) same(o *Event) bool {
	return e.Start.Equal(o.Start) && e.End.Equal(o.End) && e.AllDay == o.AllDay && e.Summary == o.Summary &&
		len(e.Recurrence.Rules) == len(o.Recurrence.Rules) && len(e.Recurrence.dates) == len(o.Recurrence.dates)
}

// settle makes a series of changed instances whose master is not in the file: each
// stands for itself, with the dates it has.
func (s *series) settle() {
	if len(s.masters) == 0 {
		s.masters, s.following = s.following, nil
	}
	slices.SortStableFunc(s.following, func(a, b *Event) int { return a.RecurrenceID.Compare(b.RecurrenceID) })
	var replaced []period
	for _, e := range s.changed {
		replaced = append(replaced, period{moment: e.replaces})
	}
	s.places = newDates(replaced)
}

func (s *series) isChanged(at time.Time, allDay bool) bool { return s.places.has(at, allDay) }

// dates is a set of moments that are taken out of a series. A time takes out the
// instance at that instant, a date all of that day; in a series of whole days a
// time takes out the day that it names.
type dates struct {
	at         map[int64]bool
	days       map[string]bool // of DATE values
	daysOfTime map[string]bool // of DATE-TIME values
}

func newDates(moments []period) dates {
	d := dates{map[int64]bool{}, map[string]bool{}, map[string]bool{}}
	for _, m := range moments {
		if m.day {
			d.days[m.at.Format(time.DateOnly)] = true
			continue
		}
		d.at[m.at.Unix()] = true
		d.daysOfTime[m.at.Format(time.DateOnly)] = true
	}
	return d
}

func (d dates) has(t time.Time, allDay bool) bool {
	day := t.Format(time.DateOnly)
	if allDay {
		return d.days[day] || d.daysOfTime[day] || d.at[t.Unix()]
	}
	return d.at[t.Unix()] || d.days[day]
}
