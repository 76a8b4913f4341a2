package ical

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is a VEVENT. Words such as Status are in upper case and those of RFC 5545.
type Event struct {
	UID      string // may be empty in a file that breaks the rules
	Sequence int    // the revision; a higher one replaces a lower
	Stamp    time.Time
	Method   string // of the calendar the event stands in

	// RecurrenceID is the start of the instance that this event replaces, before it
	// was moved; zero for an event of its own. Following: the later ones as well.
	RecurrenceID time.Time
	Following    bool

	// Start and End are in their zones. The days of an all-day event begin at midnight
	// where the reader is, and End is exclusive: the midnight after the last.
	Start, End time.Time
	AllDay     bool
	Floating   bool   // the file names no zone; Start is in the reader's
	Timeless   bool   // of Calendar.Answers: it says neither Start nor End
	Zone       string // of Start: IANA name, "UTC", or a TZID that only the file defines

	Summary, Description, Location string
	URL                            string
	Conference                     string // the link of a video call
	Status                         string // TENTATIVE, CONFIRMED, CANCELLED or ""
	Transparent                    bool   // TRANSP: it does not make busy
	Class                          string // PUBLIC (also where nothing is said), PRIVATE, CONFIDENTIAL
	Categories                     []string
	Organizer                      Person
	Attendees                      []Attendee

	// Recurrence are the rules and dates by which the event repeats.
	Recurrence Recurrence

	begin, replaces moment
	length          span
	part            *component // what it was read of
	zones           *zones
}

// Recurrence is how an event repeats; all of it is empty if it doesn't.
type Recurrence struct {
	Rules, Except []Rule // RRULE, EXRULE
	Dates, Skip   []time.Time
	dates, skip   []period
}

// Any says whether the event repeats.
func (r Recurrence) Any() bool { return len(r.Rules)+len(r.dates) > 0 }

// scope is what an event must know of the calendar around it.
type scope struct {
	*zones
	notes   *effort // what is left for apart
	method  string
	old     bool  // vCalendar 1.0
	oldZone bool  // its local times are in a zone of its own
	wrong   error // why no event of the calendar can be read
}

// event reads a VEVENT. odd is what was strange and did not hinder.
func (s *scope) event(c *component) (e Event, odd []string, err error) {
	if err := errors.Join(s.wrong, c.broken); err != nil {
		return e, nil, err
	}
	e.Method, e.UID, e.part, e.zones = s.method, c.text("UID"), c, s.zones
	e.words(c)
	if value := c.text("SEQUENCE"); value != "" {
		if e.Sequence, err = strconv.Atoi(value); err != nil {
			odd = append(odd, "its SEQUENCE is no number, and was taken as 0")
		}
	}
	steps := []func(*component, *Event) (string, error){s.start, s.end, s.recurrenceID, s.recurrence}
	if e.Timeless = mayBeTimeless(s.method) && len(c.all("DTSTART")) == 0; e.Timeless {
		steps = []func(*component, *Event) (string, error){s.recurrenceID}
	}
	for _, step := range steps {
		what, err := step(c, &e)
		if err != nil {
			return e, nil, err
		}
		if what != "" {
			odd = append(odd, what)
		}
	}
	if p, ok, err := c.one("DTSTAMP"); ok && err == nil {
		if m, err := s.moment(p, p.Value, zone{}); err == nil {
			e.Stamp = m.at
		}
	}
	return e, odd, nil
}

// mayBeTimeless says that an invitation of this method need not repeat the times of
// the event that it is about (RFC 5546, 3.2).
func mayBeTimeless(method string) bool {
	switch method {
	case "REPLY", "CANCEL", "REFRESH", "DECLINECOUNTER":
		return true
	}
	return false
}

// words reads what does not concern time.
func (e *Event) words(c *component) {
	e.Summary, e.Description, e.Location = c.text("SUMMARY"), c.text("DESCRIPTION"), c.text("LOCATION")
	e.URL = c.text("URL")
	for _, name := range []string{"CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGCONFLINK"} {
		e.Conference = cmp.Or(e.Conference, c.text(name))
	}
	e.Status = strings.ToUpper(c.text("STATUS"))
	e.Transparent = strings.EqualFold(c.text("TRANSP"), "TRANSPARENT")
	e.Class = cmp.Or(strings.ToUpper(c.text("CLASS")), "PUBLIC")
	for _, p := range c.all("CATEGORIES") {
		for name := range strings.SplitSeq(p.text(), ",") {
			if name = strings.TrimSpace(name); name != "" {
				e.Categories = append(e.Categories, name)
			}
		}
	}
	if organizers := c.all("ORGANIZER"); len(organizers) > 0 {
		e.Organizer = person(organizers[0])
	}
	e.Attendees = attendees(c)
}

func (s *scope) start(c *component, e *Event) (odd string, err error) {
	p, ok, err := c.one("DTSTART")
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", ErrTimeless
	}
	m, err := s.moment(p, p.Value, zone{})
	if err != nil {
		return "", err
	}
	if m.floating && s.oldZone {
		return "", errors.New("it is in the zone of a vCalendar 1.0 (TZ, DAYLIGHT), which is not supported")
	}
	e.begin, e.Start, e.AllDay, e.Floating, e.Zone = m, m.at, m.day, m.floating, m.zone
	odd = m.odd
	if tzid := strings.Join(p.Params.Values("TZID"), ","); tzid != "" && s.doubt(tzid, m.at) {
		odd = fmt.Sprintf("the file defines the zone %q otherwise than the zone database, which was believed", clip(tzid))
	}
	return odd, nil
}

// end reads DTEND or DURATION. Without either, a day lasts a day and a time no time
// at all (RFC 5545, 3.6.1).
func (s *scope) end(c *component, e *Event) (odd string, err error) {
	end, hasEnd, err1 := c.one("DTEND")
	length, hasLength, err2 := c.one("DURATION")
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	switch {
	case hasEnd:
		odd, err = s.until(end, e)
		if hasLength && err == nil {
			odd = "it has DTEND and DURATION; DTEND was believed"
		}
	case hasLength:
		e.length, err = readSpan(length.Value)
		if err == nil && e.AllDay && e.length.exact%(24*time.Hour) != 0 {
			err = errors.New("it is of whole days, and its DURATION is not")
		} else if e.AllDay {
			e.length = span{days: max(1, e.length.days+int(e.length.exact/(24*time.Hour)))}
		}
	case e.AllDay:
		e.length = span{days: 1}
	}
	if err != nil {
		return "", err
	}
	e.End = e.length.after(e.Start)
	return odd, nil
}

// until makes the length of the event of its DTEND.
func (s *scope) until(p property, e *Event) (odd string, err error) {
	home := zone{}
	if !e.Floating && !e.AllDay && e.Zone != "UTC" && strings.TrimSpace(p.Params.Get("TZID")) == "" {
		home = zone{loc: e.Start.Location(), name: e.Zone} // an end that forgot its zone has that of the start
		odd = "its DTEND names no zone, and was taken to be in that of DTSTART"
	}
	m, err := s.moment(p, p.Value, home)
	switch {
	case err != nil:
		return "", err
	case m.day != e.AllDay:
		return "", errors.New("one of DTSTART and DTEND is a date, the other a time")
	case m.at.Before(e.Start):
		return "", errors.New("it ends before it starts")
	}
	if m.zone == e.Zone || m.zone == "UTC" || strings.TrimSpace(p.Params.Get("TZID")) != "" {
		odd = ""
	}
	if !e.AllDay {
		e.length = span{exact: m.at.Sub(e.Start)}
		return cmp.Or(m.odd, odd), nil
	}
	// Counted on the wall, as a day on which the clocks change has 23 or 25 hours.
	days := int(wall(m.at).Sub(midnight(wall(e.Start))) / (24 * time.Hour))
	if days == 0 {
		return "it ends on the day it starts, which is exclusive; it was taken to last that day", e.lasts(1)
	}
	return "", e.lasts(days)
}

func (e *Event) lasts(days int) error {
	e.length = span{days: days}
	return nil
}

func (s *scope) recurrenceID(c *component, e *Event) (odd string, err error) {
	p, ok, err := c.one("RECURRENCE-ID")
	if err != nil || !ok {
		return "", err
	}
	e.replaces, err = s.moment(p, p.Value, e.home())
	e.RecurrenceID = e.replaces.at
	switch asked := strings.ToUpper(p.Params.Get("RANGE")); {
	case err != nil:
	case asked == "THISANDFUTURE":
		e.Following = true
	case asked != "":
		err = fmt.Errorf("it changes the range %q of a series, which is not supported", clip(asked))
	}
	return "", err
}

// home is the zone of times that stand in the event without one of their own.
func (e *Event) home() zone {
	if e.Floating || e.AllDay {
		return zone{}
	}
	return zone{loc: e.Start.Location(), name: e.Zone}
}

func (s *scope) recurrence(c *component, e *Event) (odd string, err error) {
	r := &e.Recurrence
	if s.old && len(c.all("RRULE"))+len(c.all("EXRULE")) > 0 {
		return "", errors.New("its rules are those of vCalendar 1.0, which are not supported")
	}
	var errs [4]error
	r.Rules, errs[0] = rules(c, "RRULE", e.begin)
	r.Except, errs[1] = rules(c, "EXRULE", e.begin)
	r.dates, errs[2] = s.moments(c, "RDATE", e.home())
	r.skip, errs[3] = s.moments(c, "EXDATE", e.home())
	if err := errors.Join(errs[:]...); err != nil {
		return "", err
	}
	for i, m := range r.skip {
		// In an event that floats, an EXDATE in UTC can only mean its digits.
		if e.Floating && m.zone == "UTC" {
			r.skip[i].at = place(wall(m.at), s.reader)
		}
	}
	r.Dates, r.Skip = instants(r.dates), instants(r.skip)
	// A day among times, or the other way round, has no length that anybody meant.
	for _, d := range r.dates {
		if d.day != e.AllDay {
			return "", errors.New("one of DTSTART and RDATE is a date, the other a time")
		}
	}
	return r.apart(e, s.notes), nil
}

// maxNoteEffort is how many days are looked at to note strange starts in a file.
const maxNoteEffort = 1_000_000

// apart notes a start that no rule gives.
func (r *Recurrence) apart(e *Event, work *effort) (odd string) {
	first := wall(e.Start)
	for i := range r.Rules {
		found, err := r.Rules[i].between(first, first.Add(time.Second), work)
		if err != nil || len(found) > 0 {
			return ""
		}
	}
	if len(r.Rules) > 0 {
		odd = "DTSTART is not among the days of its rule; it was counted as the first"
	}
	return odd
}

func rules(c *component, name string, start moment) (found []Rule, err error) {
	for _, p := range c.all(name) {
		rule, err := readRule(p.Value, start)
		if err != nil {
			return nil, err
		}
		if found = append(found, rule); len(found) > maxRules {
			return nil, fmt.Errorf("it has more than %d rules", maxRules)
		}
	}
	return found, nil
}

func instants(periods []period) (times []time.Time) {
	for _, p := range periods {
		times = append(times, p.at)
	}
	return times
}
