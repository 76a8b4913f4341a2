package when

import (
	"strings"
	"time"
)

// slots are the pieces that a moment may have, each at most once.
type slots uint16

const (
	hasDate     slots = 1 << iota // a date of the calendar, perhaps without its year or day
	hasDate2                      // and the last day of a range: "14-16 January"
	hasWeekday                    // a weekday
	hasFixed                      // days known by now: "tomorrow", "next week"
	hasInstant                    // an instant known by now: "in 3 hours"
	hasTime                       // a time of day
	hasTime2                      // and its end: "10:00-11:30"
	hasPart                       // a part of the day: "morning"
	hasZone                       // a zone
	anyDay      = hasDate | hasWeekday | hasFixed | hasInstant
	hasAnything = anyDay | hasTime | hasPart
)

// date is a date as written. What is not written is zero.
type date struct{ year, month, day int }

// clock is a time of day as written, in seconds after midnight.
type clock struct {
	at     int
	half   int  // 12 when pm was said, 0 when am; only if said
	said   bool // am or pm was said, or the hour can be no other
	loose  bool // a bare number
	spoken bool // "half past 3", which does not say the half of the day in any language
	weak   bool // "2h", which is a length as often as an hour
	midday bool // "noon", "midnight" or EOD, which need no half of the day
}

// moment is what the pieces of a phrase say, before it has a place in time.
type moment struct {
	has         slots
	date, date2 date
	edge        int // of a month: -1 start, 0 middle, 1 end; noEdge
	weekday     time.Weekday
	dir         int       // of the weekday: -1, 0, 1, coming; noDirection
	first, last time.Time // of hasFixed: civil days, inclusive
	week        bool      // hasFixed is a week, in which a weekday may be named
	workEnd     bool      // hasFixed is the end of a period, which is a deadline
	instant     time.Time // of hasInstant
	clock       clock
	clock2      clock
	part        int
	loc         *time.Location
	zone        string
	within      bool // "within 48 hours"
	doubt       doubt
}

const (
	coming      = 2  // "nächsten Montag", "lundi prochain": the coming one, not that of next week
	noDirection = -2 // a bare weekday
	noEdge      = -2 // a whole month
)

// doubt gathers what speaks against a reading.
type doubt struct {
	weight float64 // what is left of the confidence, 0 means all
	note   string
}

// less lowers the confidence by a factor and adds a note.
func (d *doubt) less(factor float64, note string) {
	if d.weight == 0 {
		d.weight = 1
	}
	d.weight *= factor
	if note == "" {
		return
	}
	if d.note != "" {
		d.note += "; "
	}
	d.note += note
}

// join adds the doubt of another piece.
func (d *doubt) join(other doubt) {
	if other.weight != 0 {
		d.less(other.weight, other.note)
	}
}

// moment reads pieces from atom i on for as long as each fills an empty slot.
func (p *parser) moment(i int) (moment, int, bool) {
	if !p.mayStart(i) {
		return moment{}, i, false
	}
	m := moment{dir: noDirection, edge: noEdge}
	next := i
	for {
		read := false
		for j := p.connect(next, m); j >= next; j-- {
			if k, ok := p.piece(&m, j); ok {
				next, read = k, true
				break
			}
			if m.has == 0 {
				break
			}
		}
		if !read {
			break
		}
	}
	if m.has&hasAnything == 0 {
		return m, i, false
	}
	return m, p.shifted(&m, next), true
}

// connect skips the words and marks that may stand between two pieces.
func (p *parser) connect(i int, m moment) int {
	if m.has == 0 {
		return i
	}
	n := 0
	for ; n < 3; n++ {
		j := i + n
		switch {
		case p.mark(j, ",("), p.is(j, atWord, nearWord, ofWord, onWord):
		case p.at(j).text == "t" && p.glued(j), m.has&hasTime == 0 && m.has&hasDate != 0 && p.mark(j, ".:-") && p.isClockTime(j+1):
		case p.mark(j, "-") && m.has&anyDay == 0 && m.has&(hasTime|hasTime2) == hasTime && p.startsDate(j+1):
		case p.mark(j, ".") && p.is(j-1, weekday, month) && p.glued(j):
		default:
			return i + n
		}
	}
	return i + n
}

// isClockTime says whether "15:30" stands at i: never a bare number.
func (p *parser) isClockTime(i int) bool {
	_, ok := p.number(i, 1, 2)
	return ok && p.mark(i+1, ":") && p.glued(i+1) && p.at(i+2).shape == number && p.glued(i+2)
}

// piece reads one piece at atom i into an empty slot of m.
func (p *parser) piece(m *moment, i int) (int, bool) {
	if !p.mayStart(i) {
		return i, false
	}
	return p.firstOf(m, i,
		(*parser).relativePiece, (*parser).datePiece, (*parser).yearPiece, (*parser).clockPiece, (*parser).closingPiece,
		(*parser).periodPiece, (*parser).weekdayPiece, (*parser).dayWordPiece, (*parser).partPiece, (*parser).zonePiece,
	)
}

// mayStart says whether atom i can be the start of a piece at all; most words cannot.
func (p *parser) mayStart(i int) bool {
	a := p.at(i)
	if a.shape != word {
		return a.shape == number || p.mark(i, "+-~")
	}
	for _, s := range a.senses {
		if starters>>s.kind&1 != 0 {
			return true
		}
	}
	return false
}

// starters are the kinds of words that a piece may start with.
const starters uint64 = 1<<month | 1<<weekday | 1<<unit | 1<<count | 1<<ordinal | 1<<dayWord | 1<<dayPart | 1<<noonWord |
	1<<direction | 1<<ahead | 1<<within | 1<<agoBefore | 1<<afterWord | 1<<pastHour | 1<<halfTo | 1<<edge | 1<<closing |
	1<<nowWord | 1<<forWord | 1<<zoneWord | 1<<region | 1<<quarterMark | 1<<weekMark | 1<<weekOf | 1<<periodWord | 1<<ofWord

// production reads a piece at an atom into a moment.
type production func(p *parser, m *moment, i int) (next int, ok bool)

// firstOf tries productions in turn. One that fails leaves no trace in the moment.
func (p *parser) firstOf(m *moment, i int, productions ...production) (int, bool) {
	before := *m
	for _, try := range productions {
		if next, ok := try(p, m, i); ok && next > i {
			return next, true
		}
		*m = before
	}
	return i, false
}

// put fills slots of m, unless one of them, or one that excludes it, is filled.
func (m *moment) put(s, excludes slots) bool {
	if m.has&(s|excludes) != 0 {
		return false
	}
	m.has |= s
	return true
}

// dayWordPiece reads "tomorrow", and "tonight", which is a part of a day as well.
func (p *parser) dayWordPiece(m *moment, i int) (int, bool) {
	if p.is(i, nowWord) && m.has == 0 && p.meantAsNow(i) {
		m.has, m.instant = hasInstant, p.cal.Now
		return i + 1, true
	}
	s, ok := p.find(i, dayWord)
	if !ok || !m.put(hasFixed, anyDay) {
		return i, false
	}
	if p.mark(i+1, "-") && p.glued(i+1) && p.glued(i+2) && p.at(i+2).shape == word && !p.is(i+2, dayPart, weekday) {
		return i, false // "today-ish"
	}
	m.first = p.today.AddDate(0, 0, s.value)
	m.last = m.first
	// German "morgen" is one or the other, "tonight" is both.
	both := s.value <= 0 || strings.Contains(p.at(i).text, " ")
	if part, ok := p.find(i, dayPart); ok && both && s.lang == part.lang && m.put(hasPart, 0) {
		m.setPart(part.value)
	}
	return i + 1, true
}

// meantAsNow tells the instant from the "now" of "and now for something else": it
// stands alone, or in a sentence about a deadline, or something is added to it.
func (p *parser) meantAsNow(i int) bool {
	if p.at(i-1).text == paragraph && p.at(i+1).text == paragraph || p.mark(i+1, "+-") && p.at(i+2).shape == number {
		return true
	}
	return p.announced(i) && p.clauseEnds(i+1)
}

// Parts of the day, with the hours that people mean by them.
const (
	partEarly = iota
	partMorning
	partForenoon
	partMidday
	partAfternoon
	partEvening
	partNight
)

// parts are the hours of the parts, and the half of the day that a bare hour in them has.
var parts = []struct{ from, to, half int }{
	partEarly:     {7, 9, 0},
	partMorning:   {8, 12, 0},
	partForenoon:  {9, 12, 0},
	partMidday:    {12, 14, 12},
	partAfternoon: {12, 18, 12},
	partEvening:   {18, 22, 12},
	partNight:     {20, 24, 12},
}

func (m *moment) setPart(part int) {
	m.part = part
	m.applyPart()
}

// applyPart gives a bare hour the half of the day that the part says: "at 8 tonight".
func (m *moment) applyPart() {
	if m.has&(hasPart|hasTime) != hasPart|hasTime {
		return
	}
	m.clock.applyPart(m.part)
	if m.has&hasTime2 != 0 {
		m.clock2.applyPart(m.part)
	}
}

func (c *clock) applyPart(part int) {
	hour := c.at / 3600
	if c.said || c.midday {
		return
	}
	// At night it is late from six on and early before: "1 at night", "11 at night".
	if parts[part].half == 12 && hour < 12 && (part != partNight || hour >= 6) {
		c.at += 12 * 3600
	}
	c.said, c.loose = true, false
}

// partPiece reads "in the afternoon"; alone it says nothing, so a day or an hour must
// be there already.
func (p *parser) partPiece(m *moment, i int) (int, bool) {
	s, ok := p.find(i, dayPart)
	if !ok || m.has&(anyDay|hasTime) == 0 || p.is(i, dayWord) && m.has&hasTime == 0 && m.has&anyDay == 0 {
		return i, false
	}
	if m.has&hasFixed != 0 && !m.first.Equal(m.last) || !m.put(hasPart, hasInstant) {
		return i, false
	}
	m.setPart(s.value)
	return i + 1, true
}
