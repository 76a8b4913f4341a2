package when

import (
	"fmt"
	"time"
)

// zonePiece reads a zone after a day or a time: "CET", "utc+02:45", "+0200",
// "London time", "Europe/Berlin", "(JST)".
func (p *parser) zonePiece(m *moment, i int) (int, bool) {
	if m.has&hasAnything == 0 || m.has&hasZone != 0 {
		return i, false
	}
	loc, next, ok := p.offset(i, m.has&hasTime != 0)
	if !ok {
		loc, next, ok = p.namedZone(i)
	}
	if !ok {
		loc, next, ok = p.tzName(i)
	}
	if !ok {
		return i, false
	}
	m.loc, m.zone = loc, p.text[p.at(i).off:p.at(next-1).end]
	m.has |= hasZone
	if p.mark(i-1, "(") && p.mark(next, ")") {
		next++
	} else if p.mark(next, "(") && p.is(next+1, zoneWord) && p.mark(next+2, ")") {
		next += 3 // "GMT+0900 (JST)" says it twice
	}
	return next, true
}

// offset reads "+02:00", "-0800", "+14" and "utc+2". Without UTC or GMT before it, it
// must follow a time of day.
func (p *parser) offset(i int, afterTime bool) (*time.Location, int, bool) {
	j := i
	named := p.at(i).text == "utc" || p.at(i).text == "gmt"
	if named {
		j++
	}
	if !p.mark(j, "+-") || !named && (!afterTime || !p.glued(j) && len(p.at(j+1).text) != 4 && !p.mark(j+2, ":")) || !p.glued(j+1) {
		return nil, i, false
	}
	n, ok := p.number(j+1, 1, 4)
	next := j + 2
	if !ok || !named && len(p.at(j+1).text) == 1 || p.mark(j, "-") && !named && len(p.at(j+1).text) < 4 && !p.mark(next, ":") {
		return nil, i, false
	}
	minutes := n * 60
	if len(p.at(j+1).text) > 2 {
		minutes = n/100*60 + n%100
	} else if m, ok := p.number(next+1, 2, 2); ok && p.mark(next, ":") && p.glued(next) {
		minutes += m
		next += 2
	}
	if minutes > 14*60 || !p.ends(next) {
		return nil, i, false
	}
	if p.mark(j, "-") {
		minutes = -minutes
	}
	return fixedZone(minutes), next, true
}

// fixedZone names an offset the way it is written in a header.
func fixedZone(east int) *time.Location {
	if east == 0 {
		return time.UTC
	}
	sign, n := '+', east
	if n < 0 {
		sign, n = '-', -n
	}
	return time.FixedZone(fmt.Sprintf("%c%02d%02d", sign, n/60, n%60), east*60)
}

// namedZone reads the names of words_zone.go. Abbreviations are words in other
// languages ("est", "et"), so most of them count only in capitals.
func (p *parser) namedZone(i int) (*time.Location, int, bool) {
	s, ok := p.find(i, zoneWord)
	if !ok {
		return nil, i, false
	}
	z := zones[s.value]
	if !z.small && !p.at(i).upper || p.at(i).text == "z" && !p.glued(i) {
		return nil, i, false
	}
	if z.place == "" {
		return fixedZone(z.east), i + 1, true
	}
	loc, ok := p.place(z.place)
	return loc, i + 1, ok
}

// tzName reads the name of a zone of the IANA database: "America/New_York".
func (p *parser) tzName(i int) (*time.Location, int, bool) {
	if !p.is(i, region) {
		return nil, i, false
	}
	next := i + 1
	for next < i+5 && p.mark(next, "/") && p.glued(next) && p.glued(next+1) && p.at(next+1).shape == word {
		next += 2
	}
	if next == i+1 {
		return nil, i, false
	}
	loc, ok := p.place(p.text[p.at(i).off:p.at(next-1).end])
	return loc, next, ok
}

// place loads a zone once for each text: the database is a file.
func (p *parser) place(name string) (*time.Location, bool) {
	if loc, ok := p.places[name]; ok {
		return loc, loc != nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = nil
	}
	p.places[name] = loc
	return loc, loc != nil
}
