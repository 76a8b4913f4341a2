package when

import "time"

// datePiece reads a date of the calendar: numeric, or with the name of a month.
func (p *parser) datePiece(m *moment, i int) (int, bool) {
	if m.has&(hasDate|hasFixed|hasInstant) != 0 {
		return i, false
	}
	next, ok := p.firstOf(m, i,
		(*parser).numericDate, (*parser).yearFirst, (*parser).dayMonth, (*parser).monthDay,
		(*parser).edgeOf, (*parser).bareMonth, (*parser).bareDay,
	)
	return next, ok && m.put(hasDate, 0)
}

// monthName reads a month, and the dot of its abbreviation.
func (p *parser) monthName(i int) (int, int, bool) {
	s, ok := p.find(i, month)
	if !ok {
		return 0, i, false
	}
	if p.mark(i+1, ".") && p.glued(i+1) && len(p.at(i).text) <= 5 && (!p.glued(i+2) || p.mark(i+2, ",")) && i+2 < len(p.atoms) {
		return s.value, i + 2, true
	}
	return s.value, i + 1, true
}

// dayNumber reads "3", "3rd", "3.", "1er" or "twenty-third". A day has one or two digits.
func (p *parser) dayNumber(i int) (int, int, bool) {
	if s, ok := p.find(i, ordinal); ok {
		return s.value, i + 1, true
	}
	n, ok := p.number(i, 1, 2)
	if !ok || n < 1 || n > 31 {
		return 0, i, false
	}
	if a := p.at(i + 1); a.shape == word && p.glued(i+1) {
		if p.is(i+1, ordinalEnd) {
			return n, i + 2, true
		}
	}
	if p.mark(i+1, ".") && p.glued(i+1) && !(p.at(i+2).shape == number && p.glued(i+2)) {
		return n, i + 2, true
	}
	return n, i + 1, true
}

// dayMonth reads "10 August 2012", "10 - 22 August", "3. bis 5. Mai", "12th of July".
func (p *parser) dayMonth(m *moment, i int) (int, bool) {
	day, j, ok := p.dayNumber(i)
	if !ok || p.glued(i) && i > 0 && !p.openMark(i-1) || p.mark(i-1, "$€£+#") {
		return i, false
	}
	last := 0
	if k, ok := p.rangeMark(j); ok {
		if n, after, ok := p.dayNumber(k); ok {
			last, j = n, after
		}
	}
	if p.is(j, ofWord) || p.mark(j, "-/") && p.glued(j) && p.is(j+1, month) {
		j++
	}
	name, next, ok := p.monthName(j)
	if !ok || p.mark(j-1, ",") {
		return i, false
	}
	year, next := p.yearAfter(next)
	if year == 0 && !p.ends(next) || !m.setDays(date{year, name, day}, last) {
		return i, false
	}
	return next, true
}

// rangeMark reads what stands between two days of one month: "-", "to", "bis", "au".
func (p *parser) rangeMark(i int) (int, bool) {
	if p.mark(i, "-") || p.is(i, rangeTo) || p.mark(i, "/") && p.mark(i-1, ".") || p.at(i).text == "&" {
		if p.is(i+1, onWord) {
			return i + 2, true
		}
		return i + 1, true
	}
	return i, false
}

// setDays sets a date, and the end of a range of days in its month.
func (m *moment) setDays(d date, last int) bool {
	m.date = d
	if last == 0 {
		return d.possible()
	}
	m.date2 = date{d.year, d.month, last}
	m.has |= hasDate2
	return d.possible() && m.date2.possible() && last >= d.day
}

// possible says whether the date exists; without a year, whether it does in a leap year.
func (d date) possible() bool {
	year := d.year
	if year == 0 {
		year = 2000
	}
	if d.month < 1 || d.month > 12 {
		return false
	}
	return d.day == 0 || d.day >= 1 && civilDay(year, d.month, d.day).Month() == time.Month(d.month)
}

// monthDay reads "August 10, 2012", "Aug 10 - 22", "May eighth - tenth", "Mar. 6".
func (p *parser) monthDay(m *moment, i int) (int, bool) {
	name, j, ok := p.monthName(i)
	if !ok || p.glued(i) && p.at(i-1).shape == number {
		return i, false
	}
	if p.mark(j, ",-") && j == i+1 || p.is(j, ofWord) {
		j++
	}
	day, j, ok := p.dayNumber(j)
	if !ok || p.at(j).shape == word && p.glued(j) && p.at(j-1).shape == number || p.isClock(j-1) {
		return i, false
	}
	last := 0
	if k, ok := p.rangeMark(j); ok {
		if n, after, ok := p.dayNumber(k); ok && !p.isClock(k) && p.ends(after) && !p.is(after, month, meridiem, hourWord) {
			last, j = n, after
		}
	}
	if p.mark(j-1, ".") && (j > i+3 || p.at(j-2).shape == number) && !p.is(i+1, month) {
		j-- // the sentence ends
	}
	year, next := p.yearAfter(j)
	if year == 0 && (!p.ends(next) || p.lower(i) && !p.clauseEnds(next)) || !m.setDays(date{year, name, day}, last) {
		return i, false
	}
	return next, true
}

// lower says whether a word that is also an everyday word is written in small letters.
func (p *parser) lower(i int) bool {
	s, ok := p.find(i, month)
	return ok && s.shy && s.lang != french && !p.at(i).capital
}

// yearAfter reads a year after a date: ", 2026", "of 2026", "'26", "88 AD", "/2026".
func (p *parser) yearAfter(i int) (year, next int) {
	j := i
	if p.mark(j, ",/-") || p.is(j, ofWord) {
		j++
	}
	if n, ok := p.number(j, 1, 4); ok && p.endsDate(j+1) {
		if s, ok := p.find(j+1, era); ok {
			return eraYear(n, s.value), j + 2
		}
		if p.isClock(j) {
			return 0, i
		}
		if len(p.at(j).text) == 4 && n >= 1800 && n <= 3000 {
			return n, j + 1
		}
		tied := p.mark(j-1, "/-") && p.glued(j)
		if len(p.at(j).text) == 2 && (tied || n > 31 && p.clauseEnds(j+1)) {
			return century(n), j + 1
		}
		return 0, i
	}
	if p.mark(j, "'") && p.glued(j+1) {
		if n, ok := p.number(j+1, 2, 2); ok && p.ends(j+2) {
			return century(n), j + 2
		}
	}
	return 0, i
}

// century completes a year of two digits; those beyond 50 are of the last century.
func century(n int) int {
	if n > 50 {
		return 1900 + n
	}
	return 2000 + n
}

func eraYear(n, shift int) int {
	if shift == beforeEra {
		return 1 - n
	}
	return n + shift
}

// yearFirst reads "2012/Aug/10", "2018 March 18", "2024-August", "2024 AD August".
func (p *parser) yearFirst(m *moment, i int) (int, bool) {
	year, ok := p.number(i, 4, 4)
	if !ok || year < 1900 || !p.alone(i) {
		return i, false
	}
	j := i + 1
	if s, ok := p.find(j, era); ok {
		year, j = eraYear(year, s.value), j+1
	}
	if p.mark(j, "-/") {
		j++
	}
	name, j, ok := p.monthName(j)
	if !ok || p.lower(j-1) && p.at(j-1).space {
		return i, false
	}
	k := j
	if p.mark(k, "-/") && p.glued(k) {
		k++
	}
	if day, next, ok := p.dayNumber(k); ok && p.ends(next) && !p.isClock(k) {
		return next, m.setDays(date{year, name, day}, 0)
	}
	return j, m.setDays(date{year, name, 0}, 0)
}

// bareMonth reads "January", "in May", "Sep 2012", "Aug '96".
func (p *parser) bareMonth(m *moment, i int) (int, bool) {
	name, j, ok := p.monthName(i)
	if !ok || p.glued(i) && i > 0 && !p.openMark(i-1) {
		return i, false
	}
	year, next := p.yearAfter(j)
	if year > 2200 {
		year = 0 // "May, 3000 units"
	}
	if p.dayBefore(i) || p.lower(i) && (year == 0 || p.is(j, ofWord)) || p.mark(i+1, "'") && p.glued(i+2) && p.at(i+2).shape == word {
		return i, false
	}
	if year == 0 {
		next = i + 1
		if !p.meantAsMonth(i) || p.dayFollows(j) {
			return i, false
		}
	}
	if year == 0 {
		m.doubt.less(0.9, "")
		if p.at(i+1).capital && !p.is(i+1, month) && !p.is(i-1, inWord, direction) {
			m.doubt.less(0.6, "it could be a name")
		}
	}
	m.date = date{year, name, 0}
	return next, true
}

// dayFollows says whether a number follows that made no date with the month: "29 Feb
// 2014" and "June 31" are mistakes, and not the whole month.
func (p *parser) dayFollows(i int) bool {
	n, ok := p.number(i, 1, 8)
	return ok && (n < 0 || n <= 31 || n > 9999) && !p.isClock(i)
}

// dayBefore says the same of a number before the month.
func (p *parser) dayBefore(i int) bool {
	n, ok := p.number(i-1, 1, 2)
	return ok && n >= 29 && n <= 31
}

// meantAsMonth says whether a month without day or year is one: its name is no
// everyday word, or it has company.
func (p *parser) meantAsMonth(i int) bool {
	s, _ := p.find(i, month)
	a, left := p.at(i), p.at(i-1)
	if !a.capital {
		return s.lang == french && s.value != 3 && p.is(i-1, inWord) || s.lang == french && p.is(i-1, inWord) && p.lean == french
	}
	if !s.shy {
		return true
	}
	if len(a.text) < 4 && s.value != 5 && p.is(i-1, rangeFrom, rangeTo, by, joinAnd, forWord) {
		return false // "thanks to Jan"
	}
	aloneInText := left.text == paragraph && p.at(i+1).text == paragraph
	return aloneInText || p.is(i-1, inWord, direction, edge) && (p.clauseEnds(i+1) || !p.is(i-1, joinAnd))
}

// bareDay reads "the 15th", "am 5.", "le 15 à 14h": a day alone, after a preposition or
// a weekday.
func (p *parser) bareDay(m *moment, i int) (int, bool) {
	if p.at(i).shape != number || p.glued(i) || p.isClock(i) {
		return i, false
	}
	day, next, ok := p.dayNumber(i)
	if !ok || next == i+1 && p.lean != french {
		return i, false // only French has "le 15"; English and German mark the ordinal
	}
	if d, ok := p.sharedMonth(next); ok && p.is(i-1, onWord, by, ofWord, weekday) {
		m.date = date{d.year, d.month, day}
		return next, m.date.possible()
	}
	named := p.is(i-1, weekday) || p.is(i-1, ofWord) && p.is(i-2, weekday) // "Thursday the 2nd"
	if !named && !p.is(i-1, onWord, by) {
		return i, false
	}
	if d, k, ok := p.dayOfPeriod(day, next); ok {
		m.date = d
		return k, d.possible()
	}
	if !p.clauseEnds(next) && !p.is(next, rangeTo, atWord) && next < len(p.atoms) || p.is(next, month) {
		return i, false
	}
	m.date = date{0, 0, day}
	m.doubt.less(0.75, "no month is given")
	return next, true
}

// dayOfPeriod reads "of next month" after a day.
func (p *parser) dayOfPeriod(day, i int) (date, int, bool) {
	if !p.is(i, ofWord) || !p.is(i+1, direction) {
		return date{}, i, false
	}
	base := moment{dir: noDirection, edge: noEdge}
	next, ok := p.monthOfPeriod(&base, i+1)
	return date{base.first.Year(), int(base.first.Month()), day}, next, ok
}

// sharedMonth looks for the month of "14. und 15. Januar" behind the next day.
func (p *parser) sharedMonth(i int) (date, bool) {
	if !p.is(i, joinAnd, follower) && !p.mark(i, ",") {
		return date{}, false
	}
	j := i + 1
	if p.is(j, onWord) {
		j++
	}
	var m moment
	_, ok := p.firstOf(&m, j, (*parser).dayMonth, (*parser).dottedDay)
	return m.date, ok
}

// yearPiece reads a year behind the time, where Unix puts it: "Oct 26 11:00:09 EDT 2023".
func (p *parser) yearPiece(m *moment, i int) (int, bool) {
	year, ok := p.number(i, 4, 4)
	if !ok || year < 1900 || year > 2200 || p.mark(i-1, ",-(") || !p.ends(i+1) {
		return i, false
	}
	if m.has&hasDate == 0 || m.date.year != 0 || m.has&hasTime == 0 {
		return i, false
	}
	m.date.year = year
	return i + 1, m.date.possible()
}
