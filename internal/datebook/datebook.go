// Package datebook holds the words that the engine, the journal and the calendar
// adapter share: a calendar and how far it has been seen, an event as the server
// has it, and what is to be done to one. As package mailbox for mail, it is plain
// data, so that the engine can speak of calendars without importing Google's API
// (see internal/calendar) and the journal can keep a mirror of them
// (internal/store). What an event means to the rules is in expand.go: series are
// followed there, and each occurrence becomes a rules.Event.
package datebook

import (
	"errors"
	"time"
)

// ErrSignIn says that the account's sign-in at the calendar's server is not good
// any more, or never allowed this. It stays so until a person signs in again.
var ErrSignIn = errors.New("the sign-in at the calendar is not good any more")

// Calendar is one calendar of an account, and how far it has been seen.
type Calendar struct {
	ID      string // the server's; of the primary calendar it is an address
	Name    string // what the configuration calls it: "primary", or as people see it
	Zone    string // IANA name
	Role    string // owner writer reader freeBusyReader
	Primary bool
	// Token asks for what has changed since (syncToken). It is good only for the
	// same question, of which Asked is a hash.
	Token  string
	Asked  string
	SeenAt time.Time
	// Events is how many events the mirror has of it, cancelled instances too. The
	// store counts them; a list of the server's that has far fewer is not believed
	// at once.
	Events int
}

// Event is one event as the server has it: a single one, a series (Recurrence), or
// one changed instance of a series (Series). Of what was deleted only Calendar,
// ID, Status and, for an instance, Series and Original are sure to be known.
type Event struct {
	Calendar string `json:"-"` // its ID
	ID       string `json:"-"`
	UID      string `json:"uid,omitempty"` // iCalUID: the same on everybody's calendar
	Etag     string `json:"etag,omitempty"`
	Series   string `json:"series,omitempty"` // recurringEventId
	// Original is when the series has the instance (originalStartTime).
	Original time.Time `json:"original,omitzero"`

	// Start and End are instants; of an all-day event they are midnight UTC of the
	// first day and of the day after the last. Zone is the IANA name in which a
	// series keeps its time on the wall.
	Start  time.Time `json:"start,omitzero"`
	End    time.Time `json:"end,omitzero"`
	AllDay bool      `json:"allDay,omitempty"`
	Zone   string    `json:"zone,omitempty"`
	// EndZone is the zone in which it ends, where that is another: that of a journey.
	EndZone    string   `json:"endZone,omitempty"`
	Recurrence []string `json:"recurrence,omitempty"` // RRULE, EXRULE, RDATE and EXDATE lines (RFC 5545)

	Status   string `json:"status,omitempty"` // confirmed tentative cancelled
	Kind     string `json:"kind,omitempty"`   // default outOfOffice focusTime workingLocation birthday fromGmail
	Title    string `json:"title,omitempty"`
	Notes    string `json:"notes,omitempty"`
	Location string `json:"location,omitempty"`
	Video    string `json:"video,omitempty"`
	Link     string `json:"link,omitempty"`
	Private  bool   `json:"private,omitempty"` // visibility private or confidential
	Free     bool   `json:"free,omitempty"`    // transparent: it does not make busy
	Color    string `json:"color,omitempty"`   // Google's name in lower case: tomato, sage, …; empty for the calendar's own
	// Remind are the minutes before the start of its popup reminders; nil where it
	// has the calendar's own, empty where it has none at all.
	Remind []int `json:"remind,omitzero"`

	Organizer Person  `json:"organizer,omitzero"`
	Creator   Person  `json:"creator,omitzero"`
	Guests    []Guest `json:"guests,omitempty"`
	// Omitted says that the server left guests out: the list is not all.
	Omitted bool `json:"omitted,omitempty"`

	Created  time.Time `json:"created,omitzero"`
	Updated  time.Time `json:"updated,omitzero"`
	Sequence int       `json:"sequence,omitempty"`
	// Ours are our private extended properties, by name without "foredesk.": rule,
	// version, message, key, made (see Made) and tags. Empty: a person made it.
	Ours map[string]string `json:"ours,omitempty"`
}

// Person is an organizer or a creator.
type Person struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
	Self  bool   `json:"self,omitempty"` // the calendar's own
}

// Guest is an attendee.
type Guest struct {
	Person
	Response  string `json:"response,omitempty"` // needsAction declined tentative accepted
	Comment   string `json:"comment,omitempty"`
	Optional  bool   `json:"optional,omitempty"`
	Organizer bool   `json:"organizer,omitempty"`
	Resource  bool   `json:"resource,omitempty"` // a room
}

// Cancelled reports whether the event was deleted or called off.
func (e *Event) Cancelled() bool { return e.Status == "cancelled" }

// Me is the account's own answer: accepted also where it is the organizer and no
// guest; empty where it is neither.
func (e *Event) Me() string {
	for _, g := range e.Guests {
		if g.Self {
			return g.Response
		}
	}
	if e.Organizer.Self || e.Organizer.Email == "" {
		return "accepted"
	}
	return ""
}

// Sync is what one calendar said when it was asked for what has changed.
type Sync struct {
	Calendar Calendar // with the token for the next time
	// Whole says that these are all events there are, as the token was not good any
	// more or there was none: what the mirror has besides is gone.
	Whole  bool
	Events []Event
}

// Span is a stretch of time; End is exclusive.
type Span struct{ Start, End time.Time }

// Do is a kind of change to a calendar.
type Do string

// The kinds of change.
const (
	// Make inserts an event under an id made of the change's Key. What is there
	// under that id already is ours; what a person has deleted is not made again.
	Make Do = "make"
	// Patch sets some fields of an event, unless a person has set them otherwise
	// since it was read.
	Patch Do = "patch"
	// Respond answers an invitation in the account's name.
	Respond Do = "respond"
	// Remove deletes what Make has made, unless a person has changed it since.
	Remove Do = "remove"
)

// Change is one thing to be done to a calendar. It may be tried again: each try
// looks first at what is there.
type Change struct {
	Do       Do
	Key      string // the same for each try, and for no other change; of Remove, that of the Make
	Calendar string // its ID, or "primary"
	// ID of the event for Patch, Respond and Remove. Respond may name it by UID
	// instead, with Original for one instance of a series.
	ID       string
	UID      string
	Original time.Time
	// Event is what Make makes, with Ours as provenance.
	Event Event
	// Set are the fields of Patch by name, in the words of Fields; Was are the values
	// that they are expected to have, nil for whatever they have.
	Set, Was map[string]string
	Response string // accepted tentative declined
	Comment  string
	// Tell says whether guests, or the organizer, are told by mail (sendUpdates all;
	// none otherwise).
	Tell bool
}

// Result says how a Change ended.
type Result string

// How a Change can end.
const (
	Done    Result = "done"
	Gone    Result = "gone"    // a person deleted the event, or it never was there
	Theirs  Result = "theirs"  // a person has changed what was to be changed: it is left alone
	Refused Result = "refused" // the server, or sense, says no, and will say so again
	Later   Result = "later"   // not done, or not known to be; to be tried again
)

// Outcome is how a change ended. Event is the event as it is now, if there is one;
// Was are the fields of a Patch or Respond as they were before, for taking it back.
type Outcome struct {
	Result Result
	Event  Event
	// Before says of a Make that its event was there before the server was first
	// asked for it.
	Before bool
	Was    map[string]string
	Reason string // for people
}
