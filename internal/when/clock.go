package when

// clockPiece reads a time of day, or two: "15:30", "3pm", "half past 3", "10:00–11:30".
func (p *parser) clockPiece(m *moment, i int) (int, bool) {
	if m.has&(hasTime|hasInstant) != 0 {
		return i, false
	}
	c, next, ok := p.clock(i)
	if !ok {
		return i, false
	}
	m.has |= hasTime
	m.clock = c
	if c.loose && p.mark(next, ".:") && p.glued(next) && p.at(next+1).shape == number && p.glued(next+1) {
		return i, false
	}
	if end, after, ok := p.clockEnd(*m, i, next, c); ok {
		m.clock = sameHalf(c, end)
		m.clock2 = laterHalf(m.clock, end)
		m.has |= hasTime2
		next = after
		m.clock.loose, m.clock2.loose = m.clock.loose && end.loose, false
	}
	if m.clock.weak && m.has&(anyDay|hasTime2) == 0 && !p.is(i-1, by) && !p.is(i-1, atWord) {
		return i, false // "une réunion de 2h" is a length
	}
	if m.clock.loose && !p.mayBeLoose(m, i, next) {
		return i, false
	}
	if m.clock.loose {
		m.doubt.less(0.7, "")
	}
	m.applyPart()
	return next, true
}

// mayBeLoose says whether a bare number is an hour: after "at", and not the number of
// something ("at 5 locations").
func (p *parser) mayBeLoose(m *moment, i, next int) bool {
	if p.is(next, dayPart) || (p.mark(next, ",") || p.is(next, ofWord)) && p.is(next+1, dayPart) {
		return !p.is(i-1, version) && p.alone(i)
	}
	if p.is(i-1, rangeTo) && p.at(i-2).shape == number {
		return false // "pages 12 to 15"
	}
	besideDay := p.is(next, dayWord, weekday) || m.has&(hasWeekday|hasFixed) != 0 && p.clauseEnds(next)
	if m.has&hasTime2 != 0 && p.alone(i) && besideDay {
		return true // "10-12 tomorrow", "Friday 9-11"
	}
	if m.has&hasTime2 != 0 && p.at(i-1).text == paragraph && p.at(next).text == paragraph && p.at(i+1).space {
		m.doubt.less(0.6, "it could be a score, or pages")
		return m.clock2.at > m.clock.at && m.clock2.at <= 12*3600 // "7 - 8" on a line of its own
	}
	if p.lean == german && m.has&anyDay != 0 && p.is(i-1, atWord) {
		return true // the verb may follow: "morgen um 3 rufe ich an"
	}
	if m.has&hasTime2 != 0 && p.is(i-1, rangeFrom) || p.is(i-1, atWord) {
		return p.clauseEnds(next)
	}
	return p.is(i-1, nearWord) && besideDay
}

// clockEnd reads the end of a range of times, after "-", "to", "bis", "à", "and".
// A bare number there needs a firm hour before or after it.
func (p *parser) clockEnd(m moment, start, i int, from clock) (clock, int, bool) {
	j := i
	switch {
	case p.mark(i, "-") && p.at(start-1).text == "t" && p.glued(start):
		return clock{}, i, false // "T08:15:30-05:00": the offset of RFC 3339
	case p.mark(i, "-"), p.is(i, rangeTo):
		j++
	case p.is(i, joinAnd) && p.is(start-1, rangeFrom):
		j++
	default:
		return clock{}, i, false
	}
	if p.is(j, atWord, nearWord) && p.at(j).shape == word {
		j++
	}
	c, next, ok := p.clock(j)
	if !ok || p.is(next, month) || p.mark(next, ".") && p.is(next+1, month) {
		return clock{}, i, false
	}
	if c.loose && from.loose && !p.hoursMeant(m, start, next) || c.loose && !p.clauseEnds(next) && !p.is(next, dayPart) {
		return clock{}, i, false
	}
	return c, next, true
}

// hoursMeant says whether two bare numbers are hours: after "from", or beside a day.
func (p *parser) hoursMeant(m moment, start, next int) bool {
	ownLine := p.at(start-1).text == paragraph && p.at(next).text == paragraph && p.at(start+1).space
	return ownLine || p.is(start-1, atWord, nearWord, rangeFrom) || m.has&(hasWeekday|hasFixed) != 0 || p.is(next, dayPart, dayWord, weekday)
}

// sameHalf gives the start of a range the half of the day that its end has: in
// "3-5pm" both are in the afternoon, in "11-1pm" the first is not.
func sameHalf(from, to clock) clock {
	if from.said || !to.said {
		return from
	}
	hour := from.at / 3600
	if hour > 12 {
		return from
	}
	minute := from.at % 3600
	early, late := hour%12*3600+minute, (hour%12+12)*3600+minute
	from.at, from.said, from.loose = early, true, false
	if to.half == 12 && late <= to.at && hour <= 12 {
		from.at = late
	}
	return from
}

// laterHalf gives a bare end the half of the day of its start, if it is later then: in
// "8pm - 11" both are in the evening, in "11pm-3" the end is on the next day.
func laterHalf(from, end clock) clock {
	const noon = 12 * 3600
	if end.loose && from.said && from.half == 12 && end.at < from.at && end.at < noon && end.at+noon > from.at {
		end.at += noon
	}
	return end
}

// isClock says whether the number at i is the start of a firm time of day.
func (p *parser) isClock(i int) bool {
	if p.at(i).shape != number {
		return false
	}
	c, _, ok := p.clock(i)
	return ok && !c.loose
}

// clock reads one time of day.
func (p *parser) clock(i int) (clock, int, bool) {
	if s, ok := p.find(i, noonWord); ok {
		return clock{at: s.value * 60, said: true, midday: true}, i + 1, true
	}
	if c, next, ok := p.spokenClock(i); ok {
		return c, next, true
	}
	hour, ok := p.number(i, 1, 2)
	if !ok {
		return p.wordHour(i)
	}
	if hour > 24 || !p.clockStarts(i) {
		return clock{}, i, false
	}
	c, next, ok := p.digits(i, hour)
	if !ok {
		return clock{}, i, false
	}
	return p.half(c, next)
}

// clockStarts says whether nothing glued on the left of a number forbids an hour.
func (p *parser) clockStarts(i int) bool {
	if !p.glued(i) || i == 0 {
		return !p.mark(i-1, "$€£#+") && !p.is(i-1, version)
	}
	left := p.at(i - 1)
	return p.openMark(i-1) || left.text == "t" && p.at(i-2).shape == number || p.mark(i-1, "-:.,/") && p.startsAfterDate(i) || p.mark(i-1, "@")
}

// startsAfterDate allows "05/31/2024.14:15" and "3pm-5": a mark between two pieces.
func (p *parser) startsAfterDate(i int) bool {
	return p.mark(i-1, "-") || len(p.at(i-2).text) == 4 && p.mark(i+1, ":")
}

// digits reads the minutes and seconds after an hour, or "h" and "Uhr".
func (p *parser) digits(i, hour int) (clock, int, bool) {
	c := clock{at: hour * 3600, said: hour > 12 || hour == 0 || len(p.at(i).text) == 2 && hour < 10, loose: true}
	next := i + 1
	minute, ok := p.number(i+2, 2, 2)
	ok = ok && p.glued(i+1) && p.glued(i+2) && minute < 60
	switch {
	case ok && p.mark(i+1, ":"):
		c.at, c.loose, next = c.at+minute*60, false, i+3
		next = p.seconds(&c, next)
		if p.is(next, hourWord) && !p.is(next, unit) {
			next++
		}
	case ok && p.mark(i+1, ".") && (p.is(i+3, hourWord, meridiem) || p.is(i-1, atWord) && p.clockAfterDot(i)):
		c.at, c.loose, next = c.at+minute*60, false, i+3
	case p.is(i+1, hourWord) && !(p.lean == english && p.at(i+1).upper && p.at(i+1).text == "h"):
		next = p.hourWord(&c, i+1)
	}
	if c.at > 24*3600 || hour == 24 && c.loose || p.goesOn(next, c.loose) {
		return c, i, false
	}
	return c, next, true
}

// goesOn says whether more digits are glued to a time, so that it is none.
func (p *parser) goesOn(i int, loose bool) bool {
	if p.at(i).shape == number {
		return !loose && p.glued(i)
	}
	return p.mark(i, ":/") && p.glued(i) && p.at(i+1).shape == number && p.glued(i+1)
}

// clockAfterDot tells "at 12.30" from "at 10.15 percent" and from a version.
func (p *parser) clockAfterDot(i int) bool {
	if p.mark(i+3, "+") && p.glued(i+3) {
		return p.at(i+4).shape == number
	}
	return p.ends(i+3) && (p.clauseEnds(i+3) || p.is(i+3, rangeTo) || p.mark(i+3, "-"))
}

func (p *parser) seconds(c *clock, i int) int {
	s, ok := p.number(i+1, 2, 2)
	if !ok || !p.mark(i, ":") || !p.glued(i) || !p.glued(i+1) || s > 59 {
		return i
	}
	c.at += s
	i += 2
	if p.mark(i, ".,") && p.glued(i) && p.at(i+1).shape == number && p.glued(i+1) {
		i += 2 // parts of a second, as in RFC 3339
	}
	return i
}

// hourWord reads "Uhr 30", "h30", "heures" and "o'clock" at i. A single "h" is also a
// unit of duration; whether "5 h" is one is decided by those who ask for durations.
func (p *parser) hourWord(c *clock, i int) int {
	if p.at(i).text == "h" && !p.glued(i) && p.lean != french {
		return i
	}
	c.loose = false
	c.weak = p.is(i, unit)
	minute, ok := p.number(i+1, 2, 2)
	if ok && minute < 60 && p.ends(i+2) && !p.is(i+2, month, hourWord) && !(p.mark(i+2, ".") && p.is(i+3, month)) {
		c.at, c.weak = c.at+minute*60, false
		return i + 2
	}
	if s, ok := p.find(i+2, count); ok && s.value == halfCount && p.is(i+1, joinAnd) {
		c.at += 30 * 60
		return i + 3
	}
	return i + 1
}

// half reads am or pm after a time and applies it.
func (p *parser) half(c clock, i int) (clock, int, bool) {
	half, next, ok := p.meridiem(i)
	if !ok {
		if a := p.at(i); a.shape == word && p.glued(i) && !(a.text == "z" || a.text == "utc" || a.text == "gmt") {
			return c, i, false
		}
		return c, i, c.at/3600 < 24 || c.at == 24*3600
	}
	hour := c.at / 3600
	if hour > 12 || hour == 0 {
		return c, i, half == 12 && hour > 12 && !c.loose
	}
	c.at = (hour%12+half)*3600 + c.at%3600
	c.half, c.said, c.loose = half, true, false
	return c, next, true
}

// meridiem reads "am", "pm", "a.m.", "p.m.".
func (p *parser) meridiem(i int) (half, next int, ok bool) {
	switch p.at(i).text {
	case "am", "pm":
		if p.at(i).text == "am" && p.lean == german && !p.glued(i) {
			return 0, i, false
		}
		next = i + 1
	case "a", "p":
		if !p.mark(i+1, ".") || p.at(i+2).text != "m" || !p.glued(i+2) {
			return 0, i, false
		}
		next = i + 3
		if p.mark(next, ".") && p.glued(next) {
			next++
		}
	default:
		return 0, i, false
	}
	if p.at(i).text[0] == 'p' {
		half = 12
	}
	return half, next, p.ends(next) || p.mark(next, "-")
}

// spokenClock reads "half past 3", "quarter to four", "halb vier", "Viertel nach 3".
func (p *parser) spokenClock(i int) (clock, int, bool) {
	shift := 0
	if s, ok := p.find(i, pastHour); ok {
		shift = s.value
	} else if p.is(i, halfTo) {
		shift = -30
	} else {
		return clock{}, i, false
	}
	hour, ok := p.hour(i + 1)
	if !ok || p.at(i+1).shape == number && (p.glued(i+1) || !p.ends(i+2)) {
		return clock{}, i, false
	}
	next := i + 2
	if p.is(next, hourWord) {
		next++
	}
	at := (hour*60 + shift + 24*60) % (24 * 60) * 60
	return p.half(clock{at: at, said: hour > 12, spoken: true}, next)
}

func (p *parser) hour(i int) (int, bool) {
	if n, ok := p.number(i, 1, 2); ok {
		return n, n >= 1 && n <= 24
	}
	s, ok := p.find(i, count)
	return s.value, ok && s.value >= 1 && s.value <= 12
}

// wordHour reads "three o'clock", "drei Uhr", "trois heures" after a word for "at".
func (p *parser) wordHour(i int) (clock, int, bool) {
	hour, ok := p.hour(i)
	if !ok || !p.is(i+1, hourWord, meridiem) || len(p.at(i).text) < 3 {
		return clock{}, i, false
	}
	if p.lean == french && !p.is(i-1, atWord) {
		return clock{}, i, false // a duration
	}
	c := clock{at: hour * 3600, loose: true}
	return p.half(c, p.hourWord(&c, i+1))
}
