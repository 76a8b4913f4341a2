package ical

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Calendar is what a file says.
type Calendar struct {
	// Method is that of the invitation (RFC 5546): REQUEST, REPLY, CANCEL, COUNTER,
	// PUBLISH, ...; empty if the file is none. A file of several calendars has that of
	// the first; each event has its own.
	Method string
	// Events are the events in the order of the file: single ones, series, and changed
	// instances of series.
	Events []Event
	// Answers are what METHOD lets stand without a time: replies, cancellations and the
	// like, which name an event by its UID. They have no occurrences, and are among the
	// Problems with ErrTimeless.
	Answers []Event
	// Problems are the events that were refused and what was odd about others, in the
	// order of the file.
	Problems []Problem
}

// ErrTimeless is the problem of what can't take place, as nothing says when.
var ErrTimeless = errors.New("it has no DTSTART")

// ErrDamaged is the problem of a calendar that breaks off, or is interleaved with
// something else: there may have been more in it.
var ErrDamaged = errors.New("the calendar is damaged")

// Problem is what was wrong with one event, or with the calendar around it.
type Problem struct {
	Line    int    // where the component begins, from 1
	UID     string // of the event, if it has one
	Refused bool   // the event is not in Events
	Err     error  // without summary, text or address
}

func (p Problem) Error() string {
	what := "noted"
	if p.Refused {
		what = "event not read"
	}
	return fmt.Sprintf("line %d: %s: %v", p.Line, what, p.Err)
}

func (p Problem) Unwrap() error { return p.Err }

// Read reads a calendar file of at most 8 MiB. Floating times and whole days are
// in the zone reader, which must not be nil. An error means that nothing was read;
// where single events can't be, the others are returned, and Problems says why.
func Read(r io.Reader, reader *time.Location) (*Calendar, error) {
	text, err := readText(r)
	if err != nil {
		return nil, err
	}
	root, err := grow(unfold(text))
	if err != nil {
		return nil, err
	}
	c, calendars := &Calendar{}, 0
	work, notes := &effort{left: maxZoneEffort}, &effort{left: maxNoteEffort}
	for _, part := range root.children {
		if part.name == "VCALENDAR" {
			calendars++
			c.read(part, reader, work, notes)
		}
	}
	if bare := root.hasEvent(); bare || calendars > 0 {
		c.read(root, reader, work, notes) // events that stand outside of any calendar
		return c, nil
	}
	return nil, errors.New("reading a calendar file: there is no VCALENDAR and no VEVENT in it")
}

func (c *component) hasEvent() bool {
	for _, part := range c.children {
		if part.name == "VEVENT" {
			return true
		}
	}
	return false
}

// read reads the events of one VCALENDAR.
func (c *Calendar) read(part *component, reader *time.Location, work, notes *effort) {
	s := &scope{zones: newZones(part, reader, work), notes: notes, method: strings.ToUpper(part.text("METHOD"))}
	s.old = part.text("VERSION") == "1.0"
	s.oldZone = s.old && (len(part.all("TZ")) > 0 || len(part.all("DAYLIGHT")) > 0)
	c.Method = cmp.Or(c.Method, s.method)
	if scale := part.text("CALSCALE"); scale != "" && !strings.EqualFold(scale, "GREGORIAN") {
		s.wrong = fmt.Errorf("its calendar counts by %q, not by GREGORIAN", clip(scale))
	}
	if part.broken != nil {
		c.Problems = append(c.Problems, Problem{Line: part.line, Err: fmt.Errorf("%w: %w", ErrDamaged, part.broken)})
	}
	for _, child := range part.children {
		if child.name == "VEVENT" {
			c.add(s, child)
		}
	}
}

func (c *Calendar) add(s *scope, part *component) {
	uid := part.text("UID")
	event, odd, err := s.event(part)
	if err != nil {
		c.Problems = append(c.Problems, Problem{part.line, uid, true, err})
		return
	}
	for _, what := range odd {
		c.Problems = append(c.Problems, Problem{part.line, uid, false, errors.New(what)})
	}
	if event.Timeless {
		c.Answers = append(c.Answers, event)
		c.Problems = append(c.Problems, Problem{part.line, uid, true, ErrTimeless})
		return
	}
	c.Events = append(c.Events, event)
}
