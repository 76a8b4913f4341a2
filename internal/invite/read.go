package invite

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/foredesk/foredesk/internal/ical"
	"github.com/foredesk/foredesk/rules"
)

// Limits on what a stranger sends.
const (
	MaxPart  = 1 << 20             // bytes of a calendar part
	Ahead    = 60 * 24 * time.Hour // how far Invite.Times looks
	maxTimes = 2_000               // occurrences within Ahead
	maxUID   = 1 << 10             // bytes
	maxWords = 1_000               // letters of a title, a place or a name
)

// Reader says for whom an invitation is read.
type Reader struct {
	Me   []string       // the executive's addresses
	Zone *time.Location // of days and of times without a zone; nil for UTC
	Now  time.Time
}

// ErrNone means that a calendar part is no invitation: it says no METHOD.
var ErrNone = errors.New("it is a calendar file without METHOD, and no invitation")

// Read reads a calendar part. Attendees of the result are all but the executive
// and rooms. Start and End of a series are those of the first occurrence that is
// not over yet, if there is one within Ahead; Times are what takes place in that
// time, or of a single event that is later its one time. Verified, Conflicts and
// OnCalendar are left to rules. An error says which line can't be relied on, or
// wraps ErrNone; then there is no invitation.
func Read(part []byte, by Reader) (rules.Invite, Known, error) {
	r, err := open(part, by)
	if err != nil {
		return rules.Invite{}, Known{}, fmt.Errorf("reading an invitation: %w", err)
	}
	in := r.facts()
	if err := r.times(&in); err != nil {
		return rules.Invite{}, Known{}, fmt.Errorf("reading an invitation: %w", err)
	}
	return in, r.known(), nil
}

// reading is a calendar part that was understood.
type reading struct {
	Reader
	calendar *ical.Calendar
	main     *ical.Event
}

// methods are those of RFC 5546, 1.4.
var methods = []string{"REQUEST", "CANCEL", "REPLY", "COUNTER", "PUBLISH", "ADD", "REFRESH", "DECLINECOUNTER"}

func open(part []byte, by Reader) (*reading, error) {
	if by.Zone == nil {
		by.Zone = time.UTC
	}
	if len(part) > MaxPart {
		return nil, fmt.Errorf("it is larger than %d KiB", MaxPart>>10)
	}
	c, err := ical.Read(bytes.NewReader(part), by.Zone)
	switch {
	case err != nil:
		return nil, err
	case c.Method == "":
		return nil, ErrNone
	case !slices.Contains(methods, c.Method):
		return nil, errors.New("its METHOD is none of RFC 5546")
	}
	if p := doubt(c); p != nil {
		return nil, p
	}
	r := &reading{Reader: by, calendar: c}
	return r, r.choose()
}

// doubt returns what can't be relied on, if there is any: an event that was refused,
// but not an answer that need not say when; or a calendar that breaks off.
func doubt(c *ical.Calendar) error {
	timeless := 0
	for _, p := range c.Problems {
		switch {
		case errors.Is(p.Err, ical.ErrDamaged):
			return p
		case p.Refused && errors.Is(p.Err, ical.ErrTimeless) && timeless < len(c.Answers):
			timeless++
		case p.Refused:
			return p
		}
	}
	return nil
}

// choose finds the event that the invitation is about: the newest revision of the
// whole, or else the first of the instances.
func (r *reading) choose() error {
	c := r.calendar
	all := slices.Concat(c.Events, c.Answers)
	for i := range all {
		e := &all[i]
		switch {
		case e.UID == "" || len(e.UID) > maxUID:
			return fmt.Errorf("an event in it has no UID of up to %d bytes", maxUID)
		case e.Method != c.Method:
			return errors.New("it holds calendars of several METHODs")
		case r.main != nil && r.main.UID != e.UID:
			return errors.New("it holds several events, where RFC 5546 has one")
		case r.main == nil || before(e, r.main):
			r.main = e
		}
	}
	if r.main == nil {
		return errors.New("there is no event in it")
	}
	return nil
}

// before says that an event tells more of the invitation than another.
func before(a, b *ical.Event) bool {
	switch wholeA, wholeB := a.RecurrenceID.IsZero(), b.RecurrenceID.IsZero(); {
	case wholeA != wholeB:
		return wholeA
	case wholeA || a.RecurrenceID.Equal(b.RecurrenceID):
		return a.Sequence >= b.Sequence
	}
	return a.RecurrenceID.Before(b.RecurrenceID)
}

// facts are all but the times.
func (r *reading) facts() rules.Invite {
	e := r.main
	in := rules.Invite{
		Present: true, Method: strings.ToLower(e.Method), UID: e.UID, Sequence: e.Sequence, Original: e.RecurrenceID,
		Changed: e.Method == "REQUEST" && e.Sequence > 0, Recurring: e.Recurrence.Any(), AllDay: e.AllDay,
		Organizer: address(e.Organizer), Title: words(e.Summary), Location: words(e.Location),
		Attendees: []rules.Address{}, Conflicts: []rules.Event{},
	}
	for _, a := range e.Attendees {
		if a.Kind != "ROOM" && a.Kind != "RESOURCE" && a.Email != "" && !r.mine(a.Email) {
			in.Attendees = append(in.Attendees, address(a.Person))
		}
	}
	if me := r.me(); me != nil {
		in.Response = response(me.Response)
	}
	if e.Method == "REPLY" {
		in.Response = answered(e)
	}
	return in
}

// answered is what the guests of a reply say, if they say one thing. There should
// be one (RFC 5546, 3.2.3).
func answered(e *ical.Event) (said string) {
	for i, a := range e.Attendees {
		if one := response(a.Response); i == 0 {
			said = one
		} else if said != one {
			return ""
		}
	}
	return said
}

// response is a PARTSTAT in the words of the rules (and of Google).
func response(partstat string) string {
	switch partstat {
	case "ACCEPTED", "TENTATIVE", "DECLINED", "DELEGATED":
		return strings.ToLower(partstat)
	}
	return "needsAction" // also what is not known (RFC 5545, 3.2.12)
}

// me is the executive among the guests, or nil.
func (r *reading) me() *ical.Attendee {
	for i := range r.main.Attendees {
		if r.mine(r.main.Attendees[i].Email) {
			return &r.main.Attendees[i]
		}
	}
	return nil
}

// mine reports whether an address is the executive's. What follows "+" does not
// count (RFC 5233).
func (r *reading) mine(email string) bool {
	a := rules.ParseAddress("", email)
	base := a.User
	if i := strings.IndexByte(base, '+'); i > 0 {
		base = base[:i]
	}
	return slices.ContainsFunc(r.Me, func(own string) bool {
		return email != "" && (strings.EqualFold(own, a.Email) || strings.EqualFold(own, base+"@"+a.Domain))
	})
}

// times fills in when it takes place.
func (r *reading) times(in *rules.Invite) error {
	e := r.main
	if e.Timeless {
		return nil
	}
	in.Start, in.End = e.Start, e.End
	all, err := r.calendar.Occurrences(r.Now, r.Now.Add(Ahead))
	if err != nil {
		return err
	}
	if len(all) > maxTimes {
		return fmt.Errorf("it takes place more than %d times in %d days", maxTimes, Ahead/(24*time.Hour))
	}
	for _, o := range all {
		// What a series has lost already is no time of it; of a cancellation all is lost.
		if o.Status != "CANCELLED" || e.Method == "CANCEL" || e.Status == "CANCELLED" {
			in.Times = append(in.Times, rules.Span{Start: o.Start, End: o.End})
		}
	}
	switch {
	case in.Recurring && len(in.Times) > 0:
		in.Start, in.End = in.Times[0].Start, in.Times[0].End
	case len(in.Times) == 0 && !in.Recurring && !e.Start.Before(r.Now):
		in.Times = []rules.Span{{Start: e.Start, End: e.End}}
	}
	in.Length = in.End.Sub(in.Start)
	return nil
}

func (r *reading) known() Known {
	return Known{UID: r.main.UID, Original: r.main.RecurrenceID, Sequence: r.main.Sequence, Stamp: r.main.Stamp}
}

// address is a person of a calendar as rules have people of mail.
func address(p ical.Person) rules.Address {
	email := p.Email
	if at := strings.LastIndexByte(email, '@'); at >= 0 && strings.Contains(strings.ToLower(email[at:]), "xn--") {
		if domain, err := idna.Lookup.ToUnicode(email[at+1:]); err == nil {
			email = email[:at+1] + domain
		}
	}
	return rules.ParseAddress(oneLine(p.Name), email)
}

func words(s string) rules.Text { return rules.NewText(oneLine(s)) }

// oneLine makes a short line of what a stranger wrote.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	n := 0
	for i := range s {
		if n++; n > maxWords {
			s = s[:i]
			break
		}
	}
	return strings.Join(strings.Fields(s), " ")
}
