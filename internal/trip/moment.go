package trip

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a time as it is written (ISO 8601).
type moment struct {
	wall   time.Time // its digits, as if they were UTC
	day    bool      // a date alone
	offset int       // seconds east of UTC
	fixed  bool      // it names its offset
}

// How sure a time is.
const (
	certain     = 1.0
	likely      = 0.8 // by the name of a city that there may be twice, or a length as is usual
	conflicting = 0.7 // the offset is not that of the place
	assumed     = 0.6 // in the account's zone, for want of another
)

var (
	isoTime = regexp.MustCompile(`^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ]\s*(\d{1,2}):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*([Zz]|UTC|GMT|[+-]\d{1,2}(?::?\d\d)?)?)?$`)
	clock   = regexp.MustCompile(`^[Tt]?(\d{1,2}):(\d\d)(?::\d\d)?`)
)

// readMoment reads a date or a time. What has its day and month in an order that
// nobody tells ("02-04-2026") is none.
func readMoment(text string) (moment, bool) {
	f := isoTime.FindStringSubmatch(strings.TrimSpace(text))
	if f == nil {
		return moment{}, false
	}
	var n [6]int
	for i := range n {
		n[i], _ = strconv.Atoi(f[i+1]) // the expression lets only digits through
	}
	m := moment{wall: time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC), day: f[4] == ""}
	if m.wall.Month() != time.Month(n[1]) || n[3] > 23 || n[4] > 59 || n[5] > 60 {
		return moment{}, false // the 31st of February
	}
	m.offset, m.fixed = readOffset(f[7])
	return m, m.offset > -15*3600 && m.offset < 15*3600
}

// readOffset reads "Z", "+01:00", "+1", "+0100".
func readOffset(text string) (seconds int, ok bool) {
	if text == "" {
		return 0, false
	}
	if text[0] != '+' && text[0] != '-' {
		return 0, true
	}
	hours, minutes, _ := strings.Cut(text[1:], ":")
	if len(hours) > 2 {
		hours, minutes = hours[:len(hours)-2], hours[len(hours)-2:]
	}
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	seconds = h*3600 + m*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// at returns the instant that is meant at a place, and how sure that is. The name
// of the zone is empty where the place is unknown. A date alone is midnight in
// home, the account's zone: that is where its days begin.
func (m moment) at(p place, home *time.Location) (t time.Time, zone string, sure float64) {
	if p.zone != nil {
		zone = p.zone.String()
	}
	switch {
	case m.day:
		return m.in(home), zone, certain
	case m.fixed && p.zone == nil:
		return m.in(time.FixedZone("", m.offset)), "", certain
	case m.fixed:
		t = m.in(time.FixedZone("", m.offset)).In(p.zone)
		if _, offset := t.Zone(); m.offset != 0 && offset != m.offset {
			return t, zone, conflicting // an offset of 0 is how programs write UTC
		}
		return t, zone, certain
	case p.zone != nil:
		return m.in(p.zone), zone, p.sure
	}
	return m.in(home), "", assumed
}

// in puts the digits into a zone.
func (m moment) in(zone *time.Location) time.Time {
	w := m.wall
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, zone)
}

// with puts a time of day ("15:00") to a date.
func (m moment) with(timeOfDay string) moment {
	if f := clock.FindStringSubmatch(strings.TrimSpace(timeOfDay)); f != nil && m.day {
		h, _ := strconv.Atoi(f[1])
		min, _ := strconv.Atoi(f[2])
		if h < 24 && min < 60 {
			m.day, m.wall = false, m.wall.Add(time.Duration(h)*time.Hour+time.Duration(min)*time.Minute)
		}
	}
	return m
}

// midnight says that the time is one that stands for a date alone.
func (m moment) midnight() bool { return m.day || m.wall.Hour() == 0 && m.wall.Minute() == 0 }
