package when

import "time"

// span reads a moment, or two with a word of range between them, at atom i.
func (p *parser) span(i int) (Span, int, bool) {
	if p.is(i, greeting) {
		return Span{}, i, false
	}
	m, next, ok := p.moment(i)
	if !ok {
		return Span{}, i, false
	}
	next = p.closed(i, next)
	deadline := m.within || m.workEnd || p.announced(i) || p.sealed(next)
	if to, after, ok := p.second(i, next, m); ok {
		if s, ok := p.ranged(&m, to); ok {
			return p.spanOf(i, after, m, s, deadline, true), after, true
		}
	}
	p.sameDay(&m, i)
	s, ok := p.settled(&m, deadline)
	if !ok {
		return Span{}, i, false
	}
	p.lastDay, p.lastEnd = wallDay(s.start), next
	return p.spanOf(i, next, m, s, deadline, m.has&(hasDate2|hasTime2) != 0), next, true
}

// sameDay gives a time without a day that of the span just before it: in "Friday at
// 10:00 or 14:00" both are on Friday.
func (p *parser) sameDay(m *moment, i int) {
	if p.lastEnd == 0 || m.has&anyDay != 0 || i-p.lastEnd > 3 {
		return
	}
	for j := p.lastEnd; j < i; j++ {
		if p.stops(j) {
			return
		}
	}
	m.has |= hasFixed
	m.first, m.last = p.lastDay, p.lastDay
	m.doubt.less(0.9, "")
}

// closed takes in the bracket that a moment has opened: "2 PM tomorrow (Wednesday)".
func (p *parser) closed(i, next int) int {
	open := 0
	for j := i; j < next; j++ {
		if p.mark(j, "(") {
			open++
		} else if p.mark(j, ")") {
			open--
		}
	}
	if open > 0 && p.mark(next, ")") {
		return next + 1
	}
	return next
}

func (p *parser) spanOf(i, next int, m moment, s stretch, deadline, ranged bool) Span {
	start, end := p.at(i).off, p.at(next-1).end
	if ranged && !m.workEnd && !m.within {
		deadline = deadline && p.announced(i)
	}
	if s.end.Before(s.start) {
		s.end = s.start
	}
	return Span{
		Text: p.text[start:end], Offset: start, Start: s.start, End: s.end,
		AllDay: s.allDay, HasTime: s.hasTime, Ranged: ranged, Zone: m.zone, Deadline: deadline,
		Confidence: confidence(m), Ambiguity: m.doubt.note,
	}
}

// second reads the end of a range after a moment: "to", "-", "bis", "au", and "and"
// after "between".
func (p *parser) second(start, i int, from moment) (moment, int, bool) {
	if from.has&(hasDate2|hasTime2|hasInstant) != 0 {
		return moment{}, i, false
	}
	switch {
	case p.mark(i, "-"), p.is(i, rangeTo), p.isInterval(i):
	case p.is(i, joinAnd) && p.is(start-1, rangeFrom):
	default:
		return moment{}, i, false
	}
	j := i + 1
	for n := 0; n < 2 && p.is(j, onWord, atWord, nearWord, ofWord) && !p.is(j, direction); n++ {
		j++
	}
	to, next, ok := p.moment(j)
	if !ok || to.has&hasInstant != 0 || to.within || p.mark(i, "-") && to.has&anyDay == 0 && from.has&hasTime == 0 {
		return moment{}, i, false
	}
	return to, next, true
}

// ranged places both ends. What one of them leaves out it has from the other.
func (p *parser) ranged(from *moment, to moment) (stretch, bool) {
	shareYear(from, &to)
	if from.has&anyDay == 0 && to.has&anyDay != 0 {
		from.has |= to.has & (hasDate | hasWeekday | hasFixed)
		from.date, from.weekday, from.dir, from.first, from.last = to.date, to.weekday, to.dir, to.first, to.last
	}
	if from.loc == nil {
		from.loc = to.loc
	}
	if to.loc == nil {
		to.loc = from.loc
	}
	p.underWay(from, &to)
	a, ok := p.settled(from, false)
	if !ok {
		return a, false
	}
	p.follow(from, &to, a)
	b, ok := p.settled(&to, false)
	if !ok {
		return a, false
	}
	a, b = p.ordered(from, a, b)
	from.doubt.join(to.doubt)
	return stretch{start: a.start, end: b.end, allDay: a.allDay && b.allDay, hasTime: a.hasTime || b.hasTime}, !b.end.Before(a.start)
}

// underWay takes "Friday to Monday", written on the Sunday, as the days that have begun.
func (p *parser) underWay(from, to *moment) {
	bare := from.dir == noDirection && to.dir == noDirection && (from.has|to.has)&hasTime == 0
	if !bare || from.has&anyDay != hasWeekday || to.has&anyDay != hasWeekday {
		return
	}
	start := p.weekdayFrom(&moment{weekday: from.weekday, dir: noDirection})
	end := p.weekdayFrom(&moment{weekday: to.weekday, dir: noDirection})
	if end.Before(start) {
		from.has = from.has&^hasWeekday | hasFixed
		from.first = start.AddDate(0, 0, -7)
		from.last = from.first
		from.doubt.less(0.6, "this week, or a week later")
	}
}

// shareYear gives a date without a year that of the other end.
func shareYear(from, to *moment) {
	if from.has&to.has&hasDate == 0 {
		return
	}
	a, b := &from.date, &to.date
	if a.month == 0 && b.month != 0 && a.day <= b.day {
		a.month = b.month
		from.doubt = doubt{}
	}
	later := a.month > b.month || a.month == b.month && a.day > b.day && b.day > 0
	switch {
	case a.year == 0 && b.year != 0:
		a.year = b.year
		if later {
			a.year--
		}
	case b.year == 0 && a.year != 0:
		b.year = a.year
		if later {
			b.year++
		}
	}
}

// follow lets an end without a day of its own, or with a bare weekday, follow the start.
func (p *parser) follow(from, to *moment, a stretch) {
	start := wallDay(a.start)
	switch {
	case to.has&anyDay == 0:
		to.has |= hasFixed
		to.first, to.last = start, start
		if to.has&hasTime != 0 && from.has&hasTime != 0 && to.clock.at <= from.clock.at {
			to.first = start.AddDate(0, 0, 1)
			to.last = to.first
		}
	case to.has&anyDay == hasWeekday && (to.dir == noDirection || to.dir == 0):
		to.has |= hasFixed
		to.first = start.AddDate(0, 0, (int(to.weekday)-int(start.Weekday())+7)%7)
		to.last = to.first
	case to.has&hasDate != 0 && to.date.year == 0:
		to.date.year = start.Year()
		if to.date.month != 0 && to.date.month < int(start.Month()) {
			to.date.year++
		}
	}
}

// ordered pulls a bare weekday at the start back before the end: in "Monday afternoon
// to last night" it is the Monday past.
func (p *parser) ordered(from *moment, a, b stretch) (stretch, stretch) {
	if !b.end.Before(a.start) || from.has&anyDay != hasWeekday {
		return a, b
	}
	d := p.weekdayFrom(from)
	for n := 0; n < 60 && d.After(wallDay(b.start)); n++ {
		d = d.AddDate(0, 0, -7)
	}
	from.has = from.has&^hasWeekday | hasFixed
	from.first, from.last = d, d
	a, _ = p.settled(from, false)
	return a, b
}

// wallDay is the civil day of an instant in its own zone.
func wallDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return civilDay(y, int(m), d)
}

// announced says whether the words before atom i make a deadline of what follows: a
// preposition right before it, or a word like "deadline" in the same sentence.
func (p *parser) announced(i int) bool {
	j := i - 1
	for n := 0; n < 3 && p.is(j, ofWord, onWord, weekday, atWord, nearWord) && !p.is(j, by); n++ {
		j--
	}
	if p.is(j, by) {
		return true
	}
	for n := 0; n < 10 && !p.stops(j); n++ {
		if p.is(j, cue) {
			return true
		}
		j--
	}
	return false
}

// sealed says whether the words after a date make a deadline of it: "Friday at the
// latest", "Freitag spätestens".
func (p *parser) sealed(i int) bool {
	if p.mark(i, "(,") {
		i++
	}
	return p.is(i, seal) && (p.clauseEnds(i+1) || p.is(i, cue))
}
