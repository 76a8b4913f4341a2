package when

import "time"

// amount is a length of time as written: "2 weeks 3 days", "1.5 hours".
type amount struct {
	months, days, workdays int
	length                 time.Duration
	fine                   bool // has hours, minutes or seconds: the result is an instant
	vague                  bool // "a few", "several"
}

// amount reads one or more counts with units.
func (p *parser) amount(i int) (amount, int, bool) {
	var a amount
	next, ok := p.addTo(&a, i)
	if !ok {
		return a, i, false
	}
	for n := 0; n < 5; n++ {
		j := next
		if p.mark(j, ",") {
			j++
		}
		if p.is(j, joinAnd) || p.at(j).text == "and" {
			j++
		}
		k, ok := p.addTo(&a, j)
		if !ok || p.at(j).shape != number {
			break
		}
		next = k
	}
	return a, next, true
}

// addTo reads one count with its unit.
func (p *parser) addTo(a *amount, i int) (int, bool) {
	if p.mark(i, "~") {
		i++
	}
	n, tenths, j, ok := p.countOf(i, a)
	if !ok {
		return i, false
	}
	if p.mark(j, "-") || p.is(j, rangeTo) {
		if most, _, k, ok := p.countOf(j+1, a); ok && p.is(k, unit) && most > n {
			n, j, a.vague = most, k, true // "in 2-3 weeks" is over after three
		}
	}
	s, ok := p.find(j, unit)
	if !ok || !p.ends(j+1) && !(p.at(j+1).shape == number && p.glued(j+1)) {
		return i, false
	}
	return j + 1, a.add(n, tenths, s.value)
}

// countOf reads how many: a number, with tenths if need be, or a word.
func (p *parser) countOf(i int, a *amount) (n, tenths, next int, ok bool) {
	if s, ok := p.find(i, count); ok {
		a.vague = a.vague || s.shy
		if s.value == halfCount {
			return 0, 5, i + 1, true
		}
		return s.value, 0, i + 1, true
	}
	n, ok = p.number(i, 1, 4)
	if !ok || p.glued(i) && i > 0 && p.at(i-1).shape == mark && !p.mark(i-1, "~+-(\"'") {
		return 0, 0, i, false
	}
	tenths, ok = p.number(i+2, 1, 1)
	if ok && p.mark(i+1, ".,") && p.glued(i+1) && p.glued(i+2) {
		return n, tenths, i + 3, true
	}
	return n, 0, i + 1, true
}

var lengths = map[int]time.Duration{seconds: time.Second, minutes: time.Minute, hours: time.Hour}

// maxCounted bounds a span in working days, which are counted one by one.
const maxCounted = 366

// add adds n and a number of tenths of a unit.
func (a *amount) add(n, tenths, unit int) bool {
	if l, ok := lengths[unit]; ok {
		a.fine = true
		a.length += time.Duration(n)*l + time.Duration(tenths)*l/10
		return true
	}
	switch unit {
	case days:
		a.days += n
		if tenths > 0 {
			a.fine = true
			a.length += time.Duration(tenths) * 24 * time.Hour / 10
		}
	case weeks:
		a.days += 7*n + 7*tenths/10
	case fortnights:
		a.days += 14 * n
	case workdays:
		if n > maxCounted {
			return false
		}
		a.workdays += n
	case months:
		a.months += n
		a.days += 3 * tenths
	case quarters:
		a.months += 3 * n
	case years:
		a.months += 12*n + 12*tenths/10
	default:
		return false
	}
	return a.months <= 12*1000
}

// from counts an amount from a civil day.
func (a amount) from(c Calendar, d time.Time, sign int) time.Time {
	d = addMonths(d, sign*a.months).AddDate(0, 0, sign*a.days)
	if a.workdays > 0 {
		d = c.addWorking(d, sign*a.workdays)
	}
	return d
}

// addMonths keeps to the month that is meant: a month after 31 January is 28 February.
func addMonths(d time.Time, n int) time.Time {
	first := civilDay(d.Year(), int(d.Month())+n, 1)
	last := first.AddDate(0, 1, -1)
	return first.AddDate(0, 0, min(d.Day(), last.Day())-1)
}

// set places m an amount away from now.
func (p *parser) set(m *moment, a amount, sign int) bool {
	if a.vague {
		m.doubt.less(0.7, "the number is not exact")
	}
	d := a.from(p.cal, p.today, sign)
	if !a.fine {
		m.first, m.last = d, d
		return m.put(hasFixed, anyDay)
	}
	now := p.cal.Now
	shifted := time.Date(d.Year(), d.Month(), d.Day(), now.Hour(), now.Minute(), now.Second(), 0, now.Location())
	m.instant = shifted.Add(time.Duration(sign) * a.length)
	return m.put(hasInstant, anyDay|hasTime)
}

// relativePiece reads what is counted from now, or from a date that follows.
func (p *parser) relativePiece(m *moment, i int) (int, bool) {
	if m.has&anyDay != 0 {
		return i, false
	}
	return p.firstOf(m, i, (*parser).inAmount, (*parser).amountAgo, (*parser).signed, (*parser).nextAmount, (*parser).waitAmount)
}

// inAmount reads "in 3 days", "within 48 hours", "vor 2 Wochen", "il y a 3 jours".
func (p *parser) inAmount(m *moment, i int) (int, bool) {
	sign := 1
	switch {
	case p.is(i, within):
		m.within = true
	case p.is(i, agoBefore):
		sign = -1
	case p.is(i, afterWord) && !p.is(i, rangeFrom) && (p.is(i+1, count) || p.lean == german && p.at(i+1).shape == number):
		m.doubt.less(0.6, "it is counted from something else, perhaps")
	case p.is(i, ahead):
	default:
		return i, false
	}
	a, next, ok := p.amount(i + 1)
	if !ok || len(p.at(next-1).text) == 1 && !p.is(next-1, hourWord) && !p.clauseEnds(next) {
		return i, false // "in 5m shares" is money
	}
	return next, p.set(m, a, sign)
}

// amountAgo reads "2 days ago", "15 minutes later", "2 weeks after yesterday".
func (p *parser) amountAgo(m *moment, i int) (int, bool) {
	if p.glued(i) && i > 0 && !p.openMark(i-1) {
		return i, false
	}
	a, j, ok := p.amount(i)
	if !ok {
		a, j, ok = p.theUnit(i)
	}
	if !ok {
		return i, false
	}
	switch {
	case p.is(j, agoWord):
		return j + 1, p.set(m, a, -1)
	case p.is(j, fromNow):
		return j + 1, p.set(m, a, 1)
	case p.is(j, earlierWord):
		return p.fromNowPerhaps(m, a, j, -1)
	case p.is(j, laterWord):
		return p.fromNowPerhaps(m, a, j, 1)
	case p.is(j, beforeWord):
		return p.fromDate(m, a, j, -1)
	case p.is(j, afterWord):
		return p.fromDate(m, a, j, 1)
	}
	return i, false
}

// theUnit reads "the minute" where "before" or "after" follows. The day before is left
// alone: it is told of another day more often than of this one.
func (p *parser) theUnit(i int) (amount, int, bool) {
	var a amount
	u, ok := p.find(i+1, unit)
	if !ok || lengths[u.value] == 0 || !p.is(i, ofWord) || !p.is(i+2, beforeWord, afterWord) {
		return a, i, false
	}
	return a, i + 2, a.add(1, 0, u.value)
}

// fromNowPerhaps counts an amount from now at the end of a clause, and notes that it
// could be counted from what was told before.
func (p *parser) fromNowPerhaps(m *moment, a amount, j, sign int) (int, bool) {
	m.doubt.less(0.5, "it is counted from something else, perhaps")
	return j + 1, p.clauseEnds(j+1) && p.set(m, a, sign)
}

// fromDate reads the date from which an amount is counted; at the end of a clause that
// is now.
func (p *parser) fromDate(m *moment, a amount, j, sign int) (int, bool) {
	k := j + 1
	if p.is(k, ofWord) || p.is(k, onWord) && !p.is(k, month) {
		k++
	}
	base := moment{dir: noDirection, edge: noEdge}
	next, ok := p.baseDay(&base, k)
	if !ok && !p.is(j, rangeFrom) {
		return p.fromNowPerhaps(m, a, j, sign)
	}
	if !ok || a.fine {
		return j, false
	}
	first, _, ok := p.days(&base, false)
	if !ok {
		return j, false
	}
	m.doubt.join(base.doubt)
	m.first = a.from(p.cal, first, sign)
	m.last = m.first
	return next, m.put(hasFixed, anyDay)
}

// baseDay reads the day that an amount is counted from: no amount again, so that a
// chain of "2 days after 2 days after ..." ends here.
func (p *parser) baseDay(m *moment, i int) (int, bool) {
	return p.firstOf(m, i, (*parser).datePiece, (*parser).weekdayPiece, (*parser).dayWordPiece)
}

// signed reads "+2 months, 5 days" and "-2hr5min". One letter is enough of a unit only
// on a line of its own: elsewhere "+1m" is a million or a metre.
func (p *parser) signed(m *moment, i int) (int, bool) {
	if !p.mark(i, "+-") || !p.at(i).space || !p.glued(i+1) || p.at(i+1).shape != number {
		return i, false
	}
	a, next, ok := p.amount(i + 1)
	ownLine := p.at(i-1).text == paragraph && p.at(next).text == paragraph
	if !ok || p.at(i-1).shape == number || len(p.at(next-1).text) == 1 && !ownLine {
		return i, false
	}
	sign := 1
	if p.mark(i, "-") {
		sign = -1
	}
	m.doubt.less(0.7, "")
	return next, p.set(m, a, sign)
}

// nextAmount reads "next 2 weeks", "past 2 days", "next two quarters": the far end of
// the stretch, since that is what a deadline would be.
func (p *parser) nextAmount(m *moment, i int) (int, bool) {
	s, ok := p.find(i, direction)
	if !ok || s.value == 0 {
		return i, false
	}
	a, next, ok := p.amount(i + 1)
	if !ok && p.is(i, rolling) {
		u, isUnit := p.find(i+1, unit)
		next, ok = i+2, isUnit && a.add(1, 0, u.value) // "the past week": seven days
	}
	if !ok {
		return i, false
	}
	sign := 1
	if s.value < 0 {
		sign = -1
	}
	m.within = sign > 0
	ok = p.set(m, a, sign)
	if sign < 0 && m.has&hasFixed != 0 {
		m.last = p.today // "the last 2 weeks" reach up to now
	}
	return next, ok
}

// waitAmount reads "for 5 minutes", but only after a word of waiting.
func (p *parser) waitAmount(m *moment, i int) (int, bool) {
	if !p.is(i, forWord) || !p.is(i-1, waiting) && !p.is(i-2, waiting) {
		return i, false
	}
	a, next, ok := p.amount(i + 1)
	return next, ok && p.set(m, a, 1)
}

// shifted reads "+10 days" after a moment: "next tuesday +10 days", "now + 40minutes".
func (p *parser) shifted(m *moment, i int) int {
	j := i + 1
	if p.is(i, ahead) && m.has&(hasFixed|hasWeekday) != 0 && m.has&(hasTime|hasPart) == 0 && !m.week {
		return p.later(m, i)
	}
	if !p.mark(i, "+-") || p.at(j).shape != number || m.has&(hasTime|hasDate2) != 0 {
		return i
	}
	if p.mark(i, "-") && (!p.at(i).space || !p.glued(j)) {
		return i // a range
	}
	a, next, ok := p.amount(j)
	if !ok {
		return i
	}
	sign := 1
	if p.mark(i, "-") {
		sign = -1
	}
	if m.has&hasInstant != 0 {
		m.has &^= hasInstant
		p.set(m, a, sign)
		return next
	}
	return p.moved(m, a, sign, i, next)
}

// later reads "Montag in einer Woche".
func (p *parser) later(m *moment, i int) int {
	a, next, ok := p.amount(i + 1)
	if !ok || m.has&hasFixed != 0 && !m.first.Equal(m.last) {
		return i
	}
	return p.moved(m, a, 1, i, next)
}

// moved moves a day by an amount; where that cannot be it goes back to atom i.
func (p *parser) moved(m *moment, a amount, sign, i, next int) int {
	first, _, ok := p.days(m, false)
	if !ok || a.fine {
		return i
	}
	m.first = a.from(p.cal, first, sign)
	m.last = m.first
	m.has = m.has&^anyDay | hasFixed
	return next
}
