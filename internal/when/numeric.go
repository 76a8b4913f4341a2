package when

// numericDate reads dates of numbers alone. Which of two is the day follows from the
// numbers, the mark between them, the language and Calendar.DayFirst, in this order.
func (p *parser) numericDate(m *moment, i int) (int, bool) {
	if p.at(i).shape != number || !p.alone(i) {
		return i, false
	}
	return p.firstOf(m, i,
		(*parser).isoDate, (*parser).threeNumbers, (*parser).monthYear, (*parser).dottedDays, (*parser).dottedDay, (*parser).slashedDay,
	)
}

// triple reads three numbers parted by one mark, or by spaces if spaced is true.
func (p *parser) triple(i int) (n [3]int, mark string, next int, ok bool) {
	mark = p.at(i + 1).text
	if !p.mark(i+1, "-./") || !p.mark(i+3, mark) {
		return n, "", i, false
	}
	for k := range n {
		a := p.at(i + 2*k)
		if a.shape != number || k > 0 && p.glued(i+2*k) != p.glued(i+2) || p.at(i+1).space || k > 0 && p.at(i+2*k-1).space {
			return n, "", i, false
		}
		n[k] = a.num
	}
	if !p.glued(i+2) && mark != "." {
		return n, "", i, false
	}
	return n, mark, i + 5, true
}

// isoDate reads 2026-01-14, 2026/1/14, 2026.01.14 and 2026 01 14.
func (p *parser) isoDate(m *moment, i int) (int, bool) {
	if len(p.at(i).text) != 4 {
		return i, false
	}
	n, _, next, ok := p.triple(i)
	if !ok && len(p.at(i+1).text) == 2 && len(p.at(i+2).text) == 2 && p.at(i+1).shape == number && p.at(i+2).shape == number {
		n, next, ok = [3]int{p.at(i).num, p.at(i + 1).num, p.at(i + 2).num}, i+3, true
	}
	if !ok || n[0] < 1900 || n[0] > 2200 || n[1] < 1 || n[2] < 1 || len(p.at(next-1).text) > 2 || !p.endsDate(next) {
		return i, false
	}
	d := date{n[0], n[1], n[2]}
	if n[1] > 12 && n[1] <= 31 && n[2] <= 12 {
		d = date{n[0], n[2], n[1]}
		m.doubt.less(0.6, "the month cannot be "+p.at(next-3).text+"; day and month were exchanged")
	}
	return next, m.setDays(d, 0)
}

// endsDate is ends, but a time may be glued to a date: "2026-01-14T10:30".
func (p *parser) endsDate(i int) bool {
	if p.ends(i) || p.isInterval(i) {
		return true
	}
	return p.at(i).text == "t" && p.at(i+1).shape == number || p.mark(i, ".:-") && p.glued(i) && p.isClockTime(i+1)
}

// threeNumbers reads 14.01.2026, 1/14/26 and 14-01-2026.
func (p *parser) threeNumbers(m *moment, i int) (int, bool) {
	n, mark, next, ok := p.triple(i)
	a, b, y := p.at(i), p.at(i+2), p.at(i+4)
	if !ok || len(a.text) > 2 || len(b.text) > 2 || len(y.text) != 2 && len(y.text) != 4 || !p.endsDate(next) {
		return i, false
	}
	year := n[2]
	if len(y.text) == 2 {
		// "1.5.30" is a version as often as a date, and "10-12-14" a telephone number.
		if mark != "/" && !p.introduced(i) && (len(a.text)+len(b.text) < 4 || mark == "-" && !p.at(next).space) {
			return i, false
		}
		year = century(year)
		m.doubt.less(0.9, "")
	} else if year < 1800 {
		return i, false
	}
	d := p.inOrder(m, n[0], n[1], mark)
	d.year = year
	return next, m.setDays(d, 0)
}

// inOrder decides which of two numbers is the day, and notes where nothing tells.
func (p *parser) inOrder(m *moment, a, b int, mark string) date {
	dayFirst := p.cal.DayFirst || p.lean != english || mark == "."
	switch {
	case a > 12 && b <= 12:
		return date{month: b, day: a}
	case b > 12 && a <= 12:
		return date{month: a, day: b}
	case a == b || mark == ".":
	default:
		factor := 0.6
		if dayFirst {
			factor = 0.75 // a reader who writes so is mostly written to so
		}
		m.doubt.less(factor, "day and month could be the other way round")
	}
	if dayFirst {
		return date{month: b, day: a}
	}
	return date{month: a, day: b}
}

// introduced says whether the words before a number announce a date.
func (p *parser) introduced(i int) bool {
	j := i - 1
	if p.mark(j, ",.:(") {
		j--
	}
	return p.mark(j, "-") && p.mark(j-1, ".") || p.is(j, onWord, by, cue, rangeTo, rangeFrom, weekday) && !p.is(j, version)
}

// monthYear reads 04/2026.
func (p *parser) monthYear(m *moment, i int) (int, bool) {
	month, ok := p.number(i, 1, 2)
	year, ok2 := p.number(i+2, 4, 4)
	if !ok || !ok2 || !p.mark(i+1, "/") || !p.glued(i+1) || !p.glued(i+2) || !p.ends(i+3) || year < 1900 || year > 2200 {
		return i, false
	}
	m.doubt.less(0.8, "")
	m.date = date{year, month, 0}
	return i + 3, month >= 1 && m.date.possible()
}

// dottedDay reads the German "14.1.", "14.01.", and in a range "vom 3.5. bis 5.5.2026".
func (p *parser) dottedDay(m *moment, i int) (int, bool) {
	day, ok := p.number(i, 1, 2)
	month, ok2 := p.number(i+2, 1, 2)
	if !ok || !ok2 || !p.mark(i+1, ".") || !p.glued(i+1) || !p.glued(i+2) && p.lean != german {
		return i, false
	}
	next := i + 3
	if p.mark(next, ".") && p.glued(next) && p.ends(next+1) && (p.lean == german || p.introduced(i)) {
		next++
	} else if !p.introduced(i) || p.lean != german || !p.ends(next) || !p.is(i-1, weekday, by) && len(p.at(i+2).text) < 2 {
		return i, false
	}
	if p.is(next, hourWord) || p.is(i-1, atWord) && !p.is(i-1, onWord, by, rangeTo) {
		return i, false
	}
	if p.introduced(i) {
		m.doubt.less(0.9, "")
	} else {
		m.doubt.less(0.65, "it could be the number of a section")
	}
	return next, m.setDays(date{0, month, day}, 0)
}

// dottedDays reads the German "14.-16.1.2027": the month and year stand behind the last day.
func (p *parser) dottedDays(m *moment, i int) (int, bool) {
	day, j, ok := p.dayNumber(i)
	if !ok || j != i+2 || !p.mark(j, "-/") || p.at(j+1).shape != number {
		return i, false
	}
	next, ok := p.firstOf(m, j+1, (*parser).threeNumbers, (*parser).dottedDay)
	if !ok || m.date.day < day {
		return i, false
	}
	last := m.date.day
	m.date.day = day
	return next, m.setDays(m.date, last)
}

// slashedDay reads 8/10 without a year, which is a ratio or a score as often: it must
// stand alone, after a word that announces a date, or before a time.
func (p *parser) slashedDay(m *moment, i int) (int, bool) {
	a, ok := p.number(i, 1, 2)
	b, ok2 := p.number(i+2, 1, 2)
	if !ok || !ok2 || !p.mark(i+1, "/") || !p.glued(i+1) || !p.glued(i+2) || !p.ends(i+3) || p.mark(i+3, "/") {
		return i, false
	}
	left := p.at(i - 1)
	ownLine := left.text == paragraph && (p.at(i+3).text == paragraph || p.at(i+3).shape == number || p.is(i+3, atWord))
	announced := p.introduced(i) && (p.clauseEnds(i+3) || p.is(i+3, atWord, closing, noonWord)) || p.is(i-1, beforeWord, afterWord)
	if !ownLine && !announced && !p.isClockTime(i+3) {
		return i, false
	}
	d := p.inOrder(m, a, b, "/")
	m.doubt.less(0.75, "")
	return i + 3, d.day > 0 && m.setDays(d, 0)
}
