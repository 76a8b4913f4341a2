package invite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/ical"
	"github.com/foredesk/foredesk/rules"
)

// Answer is what the executive answers to a request.
type Answer struct {
	Reader
	Response string // accept, tentative or decline
	Comment  string // for the organizer; may be empty
	// Start and End are another time that is proposed instead, which makes the answer
	// a COUNTER; both zero for a plain REPLY.
	Start, End time.Time
}

// Answered is an answer that can be sent to the organizer.
type Answered struct {
	Method    string        // REPLY or COUNTER
	ICS       []byte        // the calendar, UTF-8 with folded lines and CRLF
	Organizer rules.Address // to whom it goes
	Attendee  rules.Address // as whom the executive answers
	Title     rules.Text
	// Start and End are when the event is to take place, by the request.
	Start, End time.Time
	AllDay     bool
}

const maxComment = 2_000 // letters

// partstats are the answers as PARTSTAT.
var partstats = map[string]string{"accept": "ACCEPTED", "tentative": "TENTATIVE", "decline": "DECLINED"}

// Reply answers a request in the name of the one guest who is the executive (RFC
// 5546, 3.2.3), or proposes another time (3.2.7). Only a REQUEST is answered, and
// only where it names an organizer with an address and the executive among the
// guests; the error says what of that is missing, and then there is no answer.
//
// Times stand in the answer as they do in the request, with the definition of
// their zone if the request has one, or else in UTC. Nothing of the request but
// these, its names and its UID is repeated, so that no line of a stranger's gets
// into a mail of ours.
func Reply(part []byte, a Answer) (Answered, error) {
	r, err := open(part, a.Reader)
	if err != nil {
		return Answered{}, fmt.Errorf("answering an invitation: %w", err)
	}
	w, err := r.writer(a)
	if err != nil {
		return Answered{}, fmt.Errorf("answering an invitation: %w", err)
	}
	e := r.main
	return Answered{
		Method: w.method, ICS: w.calendar(), Organizer: address(e.Organizer), Attendee: address(w.me.Person),
		Title: words(e.Summary), Start: e.Start, End: e.End, AllDay: e.AllDay,
	}, nil
}

// writer is an answer being written.
type writer struct {
	Answer
	event    *ical.Event
	me       *ical.Attendee
	method   string
	partstat string
}

// writer checks that there is something to answer, and somebody.
func (r *reading) writer(a Answer) (*writer, error) {
	w := &writer{Answer: a, event: r.main, me: r.me(), method: "REPLY", partstat: partstats[a.Response]}
	if !a.Start.IsZero() || !a.End.IsZero() {
		w.method = "COUNTER"
	}
	switch e := r.main; {
	case e.Method != "REQUEST":
		return nil, fmt.Errorf("it is a %s, and only a REQUEST is answered", e.Method)
	case w.partstat == "":
		return nil, errors.New("the answer must be accept, tentative or decline")
	case e.Organizer.Email == "" || len(e.Lines("ORGANIZER")) == 0:
		return nil, errors.New("its organizer has no mail address")
	case r.mine(e.Organizer.Email):
		return nil, errors.New("the executive is its organizer")
	case w.me == nil:
		return nil, errors.New("the executive is not among its guests")
	case len(e.Lines("UID")) == 0:
		return nil, errors.New("its UID is too long to be repeated")
	case w.method == "COUNTER" && (a.Start.IsZero() || !a.End.After(a.Start)):
		return nil, errors.New("the time that is proposed must have a start and a later end")
	case w.method == "COUNTER" && e.Recurrence.Any():
		return nil, errors.New("it is a series, for which no other time can be proposed; answer one instance, or write to the organizer")
	}
	return w, nil
}

func (w *writer) calendar() []byte {
	lines := []string{"BEGIN:VCALENDAR", "PRODID:-//Foredesk//Foredesk//EN", "VERSION:2.0", "METHOD:" + w.method}
	times, zones := w.times()
	lines = append(append(lines, zones...), "BEGIN:VEVENT")
	lines = append(lines,
		w.event.Lines("UID")[0],
		fmt.Sprintf("SEQUENCE:%d", max(0, w.event.Sequence)),
		"DTSTAMP:"+utc(w.Now),
	)
	lines = append(lines, times...)
	lines = append(lines, w.event.Lines("ORGANIZER")[0], w.attendee())
	for _, text := range []struct{ name, value string }{
		{"SUMMARY", oneLine(w.event.Summary)}, {"LOCATION", w.place()}, {"COMMENT", w.comment()},
	} {
		if text.value != "" {
			lines = append(lines, text.name+":"+ical.Escape(text.value))
		}
	}
	return ical.Write(append(lines, "END:VEVENT", "END:VCALENDAR"))
}

// place belongs to a proposal, which describes the whole event.
func (w *writer) place() string {
	if w.method == "COUNTER" {
		return oneLine(w.event.Location)
	}
	return ""
}

func (w *writer) comment() string {
	letters := []rune(strings.TrimSpace(w.Comment))
	return string(letters[:min(len(letters), maxComment)])
}

// attendee repeats the guest's address letter by letter: organizers' programs look
// it up.
func (w *writer) attendee() string {
	line := "ATTENDEE;PARTSTAT=" + w.partstat
	if name := oneLine(w.me.Name); name != "" {
		line += ";CN=" + ical.Quote(name)
	}
	if !strings.HasPrefix(strings.ToLower(w.me.URI), "mailto:") && strings.Contains(w.me.URI, ":") {
		line += ";EMAIL=" + ical.Quote(w.me.Email)
	}
	return line + ":" + w.me.URI
}

// times are the lines that say which event, or which instance of it, is meant, and
// the definitions of their zones.
func (w *writer) times() (lines, zones []string) {
	e := w.event
	names := []string{"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"}
	if w.method == "COUNTER" {
		names = []string{"RECURRENCE-ID"}
		lines = []string{"DTSTART:" + utc(w.Start), "DTEND:" + utc(w.End)}
	}
	whole := true
	for _, tzid := range e.Zones(names...) {
		definition := e.Definition(tzid)
		zones, whole = append(zones, definition...), whole && definition != nil
	}
	if !whole {
		return append(lines, w.plain(names)...), nil
	}
	for _, name := range names {
		if said := e.Lines(name); len(said) > 0 {
			lines = append(lines, said[0])
		}
	}
	return lines, zones
}

// plain writes times without the request's zones: in UTC, days as days.
func (w *writer) plain(names []string) (lines []string) {
	e := w.event
	form := func(name string, t time.Time) string {
		if e.AllDay {
			return name + ";VALUE=DATE:" + t.Format("20060102")
		}
		return name + ":" + utc(t)
	}
	if slices.Contains(names, "DTSTART") {
		lines = append(lines, form("DTSTART", e.Start))
		if e.End.After(e.Start) {
			lines = append(lines, form("DTEND", e.End))
		}
	}
	if !e.RecurrenceID.IsZero() {
		name := "RECURRENCE-ID"
		if e.Following {
			name += ";RANGE=THISANDFUTURE"
		}
		lines = append(lines, form(name, e.RecurrenceID))
	}
	return lines
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
