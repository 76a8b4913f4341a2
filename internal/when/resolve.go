package when

import (
	"math"
	"time"
)

// stretch is a span before it becomes one: its bounds, and how they came about.
type stretch struct {
	start, end      time.Time
	allDay, hasTime bool
}

// settled gives a moment its place in time.
func (p *parser) settled(m *moment, deadline bool) (stretch, bool) {
	if m.has&hasInstant != 0 {
		t := m.instant
		if m.loc != nil {
			t = t.In(m.loc)
		}
		return stretch{start: t, end: t, hasTime: true}, true
	}
	first, last, ok := p.days(m, deadline)
	if !ok {
		return stretch{}, false
	}
	switch {
	case m.has&hasTime != 0:
		return p.timed(m, first, last, deadline), true
	case m.has&hasPart != 0:
		hours := parts[m.part]
		s := stretch{start: p.local(m, first, hours.from*3600)}
		s.end = p.local(m, last, hours.to*3600)
		return s, true
	}
	return stretch{start: p.local(m, first, 0), end: p.local(m, last.AddDate(0, 0, 1), 0), allDay: true}, true
}

// timed places a time of day, or a range of them, on a day. A range that would end
// before it starts ends on the next day.
func (p *parser) timed(m *moment, first, last time.Time, deadline bool) stretch {
	if m.clock.at == 24*3600 {
		first = p.midnight(m, first, deadline)
		last = first
	}
	p.guessHalf(m)
	s := stretch{start: p.local(m, first, m.clock.at%(24*3600)), hasTime: true}
	switch {
	case m.has&hasTime2 != 0:
		s.end = p.local(m, last, m.clock2.at)
		if !s.end.After(s.start) && m.clock2.at < m.clock.at {
			s.end = p.local(m, last.AddDate(0, 0, 1), m.clock2.at)
		}
	case m.has&hasDate2 != 0:
		s.end = p.local(m, last, m.clock.at%(24*3600))
	default:
		s.end = s.start
	}
	if s.end.Before(s.start) {
		s.end = s.start
	}
	return s
}

// midnight decides which end of a day is meant: of a date its start, of a deadline, and
// of "tonight", its end; with no day at all the midnight nearest to now.
func (p *parser) midnight(m *moment, d time.Time, deadline bool) time.Time {
	switch {
	case m.has&anyDay == 0 && p.cal.Now.Hour() < 3:
		return d
	case m.has&anyDay == 0, deadline, m.has&hasPart != 0:
		return d.AddDate(0, 0, 1)
	case m.has&(hasDate|hasFixed|hasWeekday) != 0:
		m.doubt.less(0.8, "the midnight at the other end of the day could be meant")
	}
	return d
}

// guessHalf moves an hour of the small hours to the afternoon where nobody says which:
// "at 3" is when people work. In German and French an hour with minutes is exact.
func (p *parser) guessHalf(m *moment) {
	if m.clock.said || m.clock.midday || !m.clock.loose && !m.clock.spoken && p.lean != english {
		return
	}
	hour := m.clock.at / 3600
	if hour >= 1 && hour < 7 {
		m.doubt.less(0.8, "morning or afternoon is not said")
		m.clock.at += 12 * 3600
		if m.has&hasTime2 != 0 && !m.clock2.said && m.clock2.at < m.clock.at && m.clock2.at < 12*3600 {
			m.clock2.at += 12 * 3600
		}
	}
}

// local makes an instant of a civil day and a time of day, in the zone that was written
// or the reader's. An hour that a change of the clocks leaves out is noted, and moved by
// the gap; of an hour that comes twice the first is taken.
func (p *parser) local(m *moment, d time.Time, seconds int) time.Time {
	loc := m.loc
	if loc == nil {
		loc = p.cal.zone()
	}
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, seconds, 0, loc)
	if seconds == 0 {
		return t
	}
	if wall := t.Hour()*3600 + t.Minute()*60 + t.Second(); wall != seconds%(24*3600) {
		m.doubt.less(0.6, "the clocks go forward then, so this hour does not exist")
		return t
	}
	if earlier := t.Add(-time.Hour); earlier.Hour() == t.Hour() && earlier.Day() == t.Day() {
		t = earlier
	}
	if later := t.Add(time.Hour); later.Hour() == t.Hour() && later.Day() == t.Day() {
		m.doubt.less(0.8, "the clocks go back then, so this hour comes twice")
	}
	return t
}

// confidence is what the doubts leave of certainty.
func confidence(m moment) float64 {
	c := 0.95
	if m.doubt.weight != 0 {
		c *= m.doubt.weight
	}
	if m.has&anyDay == 0 {
		c *= 0.8 // a time alone is today's, perhaps
	}
	return math.Round(c*100) / 100
}
