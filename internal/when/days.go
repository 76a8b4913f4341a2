package when

import (
	"fmt"
	"time"
)

// A date without a year is the coming one, unless the last one lies no more than
// backWindow days back: a mail of August speaks of May, but not of the January before.
// A deadline is rarely spoken of when it has been over for more than a month.
const (
	backWindow     = 130
	deadlineWindow = 31
)

// nearYear is the year of a day of the calendar for which none is written.
func (p *parser) nearYear(month, day int, deadline bool) int {
	window := backWindow
	if deadline {
		window = deadlineWindow
	}
	oldest := p.today.AddDate(0, 0, -window)
	if civilDay(oldest.Year(), month, max(day, 1)).Before(oldest) {
		return oldest.Year() + 1
	}
	return oldest.Year()
}

// days places the day or days that m names in the calendar, as civil days, inclusive.
// It refuses dates that do not exist.
func (p *parser) days(m *moment, deadline bool) (first, last time.Time, ok bool) {
	switch {
	case m.has&hasInstant != 0:
		d := p.cal.civil(m.instant)
		return d, d, true
	case m.has&hasFixed != 0:
		first, last = p.inPeriod(m)
	case m.has&hasDate != 0:
		first, last, ok = p.dated(m, deadline)
		if !ok {
			return first, last, false
		}
		p.checkWeekday(m, first)
	case m.has&hasWeekday != 0:
		first = p.weekdayFrom(m)
		last = first
	default:
		first = p.today
		last = first
	}
	return first, last, true
}

// inPeriod finds the weekday in a week ("Friday next week"), or checks it ("tomorrow, Tuesday").
func (p *parser) inPeriod(m *moment) (first, last time.Time) {
	if m.has&hasWeekday == 0 {
		return m.first, m.last
	}
	if m.week {
		d := m.first.AddDate(0, 0, (int(m.weekday)+6)%7)
		return d, d
	}
	p.checkWeekday(m, m.first)
	return m.first, m.last
}

// checkWeekday compares a weekday with the date it is written beside.
func (p *parser) checkWeekday(m *moment, d time.Time) {
	if m.has&hasWeekday == 0 || m.date.day == 0 && m.has&hasFixed == 0 || d.Weekday() == m.weekday {
		return
	}
	m.doubt.less(0.5, fmt.Sprintf("%s is a %s, not a %s", d.Format("2 January 2006"), d.Weekday(), m.weekday))
}

// dated completes a date of the calendar.
func (p *parser) dated(m *moment, deadline bool) (first, last time.Time, ok bool) {
	d := p.complete(m.date, deadline)
	if m.date.month == 0 && m.has&hasWeekday != 0 {
		d = p.monthOfWeekday(m, d)
	}
	if !d.possible() {
		return first, last, false
	}
	if d.day == 0 {
		first, last = monthPart(d, m.edge)
		return first, last, true
	}
	first = civilDay(d.year, d.month, d.day)
	last = first
	if m.has&hasDate2 != 0 {
		m.date2.year = d.year
		last = civilDay(d.year, d.month, m.date2.day)
		ok = m.date2.possible()
		return first, last, ok
	}
	return first, last, true
}

// complete adds the year, and to a bare day the month, that are not written.
func (p *parser) complete(d date, deadline bool) date {
	if d.month == 0 {
		next := civilDay(p.today.Year(), int(p.today.Month()), d.day)
		for n := 0; n < 3 && (next.Before(p.today) || next.Day() != d.day); n++ {
			next = civilDay(p.today.Year(), int(p.today.Month())+n+1, d.day)
		}
		return date{next.Year(), int(next.Month()), d.day}
	}
	if d.year == 0 {
		d.year = p.nearYear(d.month, d.day, deadline && d.day > 0)
	}
	return d
}

// monthOfWeekday finds the month in which a day is the weekday that is written with it:
// "Thursday the 2nd".
func (p *parser) monthOfWeekday(m *moment, d date) date {
	for n := range 4 {
		day := civilDay(d.year, d.month+n, d.day)
		if day.Weekday() == m.weekday && day.Day() == d.day {
			return date{day.Year(), int(day.Month()), d.day}
		}
	}
	return d
}

// monthPart is a month, its first or middle ten days, or its last day.
func monthPart(d date, side int) (first, last time.Time) {
	end := civilDay(d.year, d.month+1, 0)
	switch side {
	case -1:
		return civilDay(d.year, d.month, 1), civilDay(d.year, d.month, 10)
	case 0:
		return civilDay(d.year, d.month, 11), civilDay(d.year, d.month, 20)
	case 1:
		return end, end
	}
	return civilDay(d.year, d.month, 1), end
}

// weekdayFrom finds the day of a weekday. Mail asks for what is to come, so a bare
// weekday is the coming one; English "next" is that of next week.
func (p *parser) weekdayFrom(m *moment) time.Time {
	ahead := (int(m.weekday) - int(p.today.Weekday()) + 7) % 7
	d := p.today.AddDate(0, 0, ahead)
	switch m.dir {
	case -1:
		return d.AddDate(0, 0, -7)
	case 1:
		next := monday(p.today).AddDate(0, 0, 7+(int(m.weekday)+6)%7)
		if next.Sub(d) >= 7*24*time.Hour && ahead > 0 {
			m.doubt.less(0.7, d.Format("2 January")+" could be meant as well")
		}
		return next
	case coming:
		if ahead == 0 {
			d = d.AddDate(0, 0, 7)
		} else if monday(d).Equal(monday(p.today)) {
			m.doubt.less(0.8, d.AddDate(0, 0, 7).Format("2 January")+" could be meant as well")
		}
		return d
	}
	if ahead == 0 && m.dir == noDirection {
		m.doubt.less(0.8, "today, or a week from today")
	}
	return d
}
