package when

import "time"

// weekdayPiece reads a weekday, perhaps with "next", "last" or "this", which French
// puts behind it. Words that are everyday words too need company.
func (p *parser) weekdayPiece(m *moment, i int) (int, bool) {
	dir, j := noDirection, i
	if s, ok := p.find(i, direction); ok {
		dir, j = s.value, i+1
	}
	s, ok := p.find(j, weekday)
	if !ok || m.has&(hasWeekday|hasInstant|hasDate2) != 0 || m.has&hasFixed != 0 && !m.week && !m.first.Equal(m.last) {
		return i, false
	}
	next := j + 1
	if d, ok := p.find(next, direction); ok && s.lang == french && dir == noDirection {
		dir, next = d.value, next+1
	} else if p.mark(next, ".") && p.glued(next) && p.at(next+1).text != paragraph {
		next++
	}
	if s.shy && dir == noDirection && m.has&(hasDate|hasTime) == 0 && !p.accompanied(j, next) {
		return i, false
	}
	if p.glued(i) && i > 0 && !p.openMark(i-1) && !p.mark(i-1, "-/'") {
		return i, false
	}
	m.weekday, m.dir = time.Weekday(s.value), dir
	m.has |= hasWeekday
	if part, ok := p.find(j, dayPart); ok && m.put(hasPart, 0) {
		m.setPart(part.value)
	}
	return next, true
}

// accompanied says whether a word that may be a weekday stands where one would: before
// a date or a time, or with a capital after a preposition.
func (p *parser) accompanied(i, next int) bool {
	if p.mark(next, ",") {
		next++
	}
	if p.at(next).shape == number && (p.isClock(next) || p.startsDate(next)) || p.is(next, month) && p.at(next+1).shape == number {
		return true
	}
	if p.at(i).capital && p.is(next, atWord) && p.at(next+1).shape == number {
		return true
	}
	if len(p.at(i).text) == 2 || !p.at(i).capital {
		return false
	}
	return p.is(i-1, onWord, by, rangeTo) && !p.is(i+1, month) && p.clauseEnds(next) || p.is(next, dayPart)
}

// startsDate says whether the number at i begins a date.
func (p *parser) startsDate(i int) bool {
	var m moment
	_, ok := p.datePiece(&m, i)
	return ok
}

// periodPiece reads weeks, months, quarters and years, and their ends: "next week",
// "Ende nächster Woche", "fin du mois prochain", "Q3 2026", "KW 12".
func (p *parser) periodPiece(m *moment, i int) (int, bool) {
	if m.has&(hasDate|hasInstant|hasFixed) != 0 {
		return i, false
	}
	side, j := noEdge, i
	if s, ok := p.find(i, edge); ok {
		side, j = s.value, i+1
		for n := 0; n < 2 && p.is(j, ofWord, inWord) && !p.is(j, direction); n++ {
			j++
		}
	}
	next, ok := p.firstOf(m, j,
		(*parser).nthWeekday, (*parser).directed, (*parser).weekOf, (*parser).quarterOf, (*parser).weekNumber, (*parser).weekend,
	)
	if u, isUnit := p.find(j, unit); !ok && side != noEdge && isUnit && u.value >= weeks {
		next, ok = j+1, p.longPeriod(m, u.value, 0) // "Anfang der Woche"
	}
	if !ok || !m.put(hasFixed, 0) {
		return i, false
	}
	p.cut(m, side)
	return next, true
}

// directed reads "this week", "next month", "last year", "la semaine prochaine".
func (p *parser) directed(m *moment, i int) (int, bool) {
	if s, ok := p.find(i, periodWord); ok {
		return i + 1, p.period(m, s.value/10, s.value%10-1)
	}
	j := i
	if d, ok := p.find(j, direction); ok {
		u, ok := p.find(j+1, unit)
		return j + 2, ok && len(p.at(j+1).text) > 1 && p.period(m, u.value, d.step())
	}
	u, ok := p.find(j, unit)
	d, ok2 := p.find(j+1, direction)
	if !ok || !ok2 || u.lang != french || d.lang != french || d.value == 0 {
		return i, false
	}
	return j + 2, p.period(m, u.value, d.step())
}

// step is a direction counted in periods: of those, "kommende" and "next" are the same.
func (s sense) step() int {
	if s.value == coming {
		return 1
	}
	return s.value
}

// period sets m to a whole period, counted from the present one.
func (p *parser) period(m *moment, unit, dir int) bool {
	t := p.today
	switch unit {
	case days:
		m.first = t.AddDate(0, 0, dir)
		m.last = m.first
		return dir != 0
	case workdays:
		m.first = p.cal.addWorking(t, dir)
		m.last = m.first
		return dir != 0
	case hours, minutes:
		if dir == 0 {
			return false
		}
		m.has |= hasInstant
		m.instant = p.cal.Now.Add(time.Duration(dir) * lengths[unit])
		return true
	case weekends:
		m.first = monday(t).AddDate(0, 0, 7*dir+5)
		m.last = m.first.AddDate(0, 0, 1)
		return true
	}
	return p.longPeriod(m, unit, dir)
}

func (p *parser) longPeriod(m *moment, unit, dir int) bool {
	y, month := p.today.Year(), int(p.today.Month())
	switch unit {
	case weeks:
		m.week = true
		m.first = monday(p.today).AddDate(0, 0, 7*dir)
		m.last = m.first.AddDate(0, 0, 6)
	case months:
		m.first = civilDay(y, month+dir, 1)
		m.last = civilDay(y, month+dir+1, 0)
	case quarters:
		start := (month-1)/3*3 + 1 + 3*dir
		m.first, m.last = civilDay(y, start, 1), civilDay(y, start+3, 0)
	case years:
		m.first, m.last = civilDay(y+dir, 1, 1), civilDay(y+dir, 12, 31)
	default:
		return false
	}
	return true
}

// monday is the first day of the week of d, as in ISO 8601.
func monday(d time.Time) time.Time {
	return d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
}

// cut leaves the start, the middle or the end of a period. The end of a week is its
// last working day, of all else the last day.
func (p *parser) cut(m *moment, side int) {
	length := int(m.last.Sub(m.first)/(24*time.Hour)) + 1
	switch side {
	case -1:
		m.last = m.first.AddDate(0, 0, max(length/4-1, 0))
	case 0:
		m.first, m.last = m.first.AddDate(0, 0, length/3), m.last.AddDate(0, 0, -length/3)
	case 1:
		m.first = m.last
		if m.week {
			m.first = p.cal.addWorking(m.last.AddDate(0, 0, 1), -1)
			m.last = m.first
		}
	default:
		return
	}
	m.week = false
}

// quarterOf reads "Q3", "Q3 2026", "third quarter of 2026", "1. Quartal", "T2 2026".
func (p *parser) quarterOf(m *moment, i int) (int, bool) {
	n, next := 0, i
	switch {
	case p.is(i, quarterMark) && p.at(i).capital && p.glued(i+1) && p.at(i+1).shape == number && p.ends(i+2):
		n, next = p.at(i+1).num, i+2
	default:
		day, j, ok := p.dayNumber(i)
		u, isUnit := p.find(j, unit)
		if !ok || !isUnit || u.value != quarters || p.at(i).shape == number && j == i+1 {
			return i, false
		}
		n, next = day, j+1
	}
	if n < 1 || n > 4 || p.glued(i) && i > 0 && !p.openMark(i-1) {
		return i, false
	}
	year, next := p.yearAfter(next)
	if year == 0 {
		year = p.nearYear(3*n-2, 1, false)
		m.doubt.less(0.9, "")
	}
	m.first, m.last = civilDay(year, 3*n-2, 1), civilDay(year, 3*n+1, 0)
	return next, true
}

// weekNumber reads "KW 12", "calendar week 12", "semaine 12": a week of ISO 8601.
func (p *parser) weekNumber(m *moment, i int) (int, bool) {
	j := i + 1
	n, ok := p.number(j, 1, 2)
	if !ok || !p.is(i, weekMark) || n < 1 || n > 53 || !p.ends(j+1) {
		return i, false
	}
	year, next := p.yearAfter(j + 1)
	if next == j+1 && p.mark(next, ".") && p.lean == german && p.at(next+1).shape == number {
		return i, false
	}
	if year == 0 {
		year = p.today.Year()
		if isoWeek(year, n).Before(p.today.AddDate(0, 0, -backWindow)) {
			year++
		}
	}
	m.week = true
	m.first = isoWeek(year, n)
	m.last = m.first.AddDate(0, 0, 6)
	return next, true
}

// isoWeek is the Monday of a week; the first week is that of 4 January.
func isoWeek(year, n int) time.Time {
	return monday(civilDay(year, 1, 4)).AddDate(0, 0, 7*(n-1))
}

// weekOf reads "the week of 14 December", "Woche vom 14.12.".
func (p *parser) weekOf(m *moment, i int) (int, bool) {
	if !p.is(i, weekOf) {
		return i, false
	}
	j := i + 1
	if p.is(j, ofWord, onWord) && !p.is(j, month) {
		j++
	}
	base := moment{dir: noDirection, edge: noEdge}
	next, ok := p.datePiece(&base, j)
	if !ok || base.date.day == 0 {
		return i, false
	}
	first, _, ok := p.days(&base, false)
	m.doubt.join(base.doubt)
	m.week = true
	m.first = monday(first)
	m.last = m.first.AddDate(0, 0, 6)
	return next, ok
}

// nthWeekday reads "first Monday of next month", "last Friday in January".
func (p *parser) nthWeekday(m *moment, i int) (int, bool) {
	n := -1
	if s, ok := p.find(i, ordinal); ok {
		n = s.value
	} else if s, ok := p.find(i, direction); !ok || s.value != -1 {
		return i, false
	}
	wd, ok := p.find(i+1, weekday)
	if !ok || n > 5 || !p.is(i+2, ofWord, inWord) {
		return i, false
	}
	base := moment{dir: noDirection, edge: noEdge}
	next, ok := p.firstOf(&base, i+3, (*parser).monthOfPeriod, (*parser).bareMonth)
	if !ok {
		return i, false
	}
	if base.date.month != 0 {
		base.has |= hasDate
	}
	first, last, ok := p.days(&base, false)
	if !ok {
		return i, false
	}
	m.first = first.AddDate(0, 0, (wd.value-int(first.Weekday())+7)%7+7*(n-1))
	if n < 0 {
		m.first = last.AddDate(0, 0, -((int(last.Weekday()) - wd.value + 7) % 7))
	}
	m.last = m.first
	return next, !m.first.After(last)
}

// monthOfPeriod reads "next month", "the month", "diesem Monat".
func (p *parser) monthOfPeriod(m *moment, i int) (int, bool) {
	dir, j := 0, i
	if s, ok := p.find(i, direction); ok {
		dir, j = s.step(), i+1
	} else if p.is(i, ofWord) {
		j++
	}
	u, ok := p.find(j, unit)
	if !ok || u.value != months || !p.period(m, months, dir) {
		return i, false
	}
	return j + 1, m.put(hasFixed, 0)
}

// weekend reads "over the weekend", "am Wochenende": the coming one.
func (p *parser) weekend(m *moment, i int) (int, bool) {
	s, ok := p.find(i, unit)
	if !ok || s.value != weekends || !p.is(i-1, ofWord, onWord, by, inWord) {
		return i, false
	}
	return i + 1, p.period(m, weekends, 0)
}

// closingPiece reads "EOD", "close of business", "EOW", "Monatsende", "fin de semaine".
func (p *parser) closingPiece(m *moment, i int) (int, bool) {
	s, ok := p.find(i, closing)
	if !ok || p.is(i-1, greeting) {
		return i, false
	}
	if s.value == days {
		if !m.put(hasTime, hasInstant) {
			return i, false
		}
		_, end := p.cal.hours()
		m.clock = clock{at: end * 60, said: true, midday: true}
		m.workEnd = true
		return i + 1, true
	}
	dir, next := 0, i+1
	if d, ok := p.find(next, direction); ok && d.lang == french && s.lang == french {
		dir, next = d.step(), next+1
	}
	if m.has&anyDay != 0 || !p.period(m, s.value, dir) {
		return i, false
	}
	p.cut(m, 1)
	m.workEnd = len(p.at(i).text) <= 3 // "EOW" is always a deadline, "month-end" is not
	return next, m.put(hasFixed, 0)
}

// edgeOf reads "end of August", "Mitte Mai", "début mars 2026", "mid-January".
func (p *parser) edgeOf(m *moment, i int) (int, bool) {
	s, ok := p.find(i, edge)
	if !ok {
		return i, false
	}
	j := i + 1
	for n := 0; n < 2 && (p.is(j, ofWord, inWord) || p.mark(j, "-")) && !p.is(j, month); n++ {
		j++
	}
	name, j, ok := p.monthName(j)
	if !ok || !p.at(j-1).capital && p.lean != french && !p.mark(j-1, ".") {
		return i, false
	}
	year, next := p.yearAfter(j)
	m.date, m.edge = date{year, name, 0}, s.value
	return next, !p.dayFollows(next) || year != 0
}
