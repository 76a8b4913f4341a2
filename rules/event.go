package rules

import "time"

// Event is one occurrence on a calendar, as plain facts; package datebook makes
// it of what a calendar server has. Start and End are instants; of an all-day
// event they are midnights in the account's zone, and End is exclusive.
type Event struct {
	ID       string        `json:"id" expr:"id"`
	Title    Text          `json:"title" expr:"title"`
	Start    time.Time     `json:"start" expr:"start"`
	End      time.Time     `json:"end" expr:"end"`
	Length   time.Duration `json:"length" expr:"length"`
	AllDay   bool          `json:"allDay" expr:"allDay"`
	Calendar string        `json:"calendar" expr:"calendar"` // as the configuration calls it: primary, …

	Organizer Address   `json:"organizer" expr:"organizer"`
	Attendees []Address `json:"attendees" expr:"attendees"` // without the executive and without rooms
	External  bool      `json:"external" expr:"external"`   // somebody of another house takes part; Plan works it out
	Mine      bool      `json:"mine" expr:"mine"`           // the executive organizes it
	Recurring bool      `json:"recurring" expr:"recurring"`
	Private   bool      `json:"private" expr:"private"`
	Cancelled bool      `json:"cancelled" expr:"cancelled"`
	New       bool      `json:"new" expr:"new"`           // it has not been seen before
	Ours      bool      `json:"ours" expr:"ours"`         // foredesk made it
	Busy      bool      `json:"busy" expr:"busy"`         // it takes the executive's time: not shown as free, not declined, not cancelled
	Response  string    `json:"response" expr:"response"` // the executive's: accepted tentative declined needsAction
	Status    string    `json:"status" expr:"status"`     // confirmed tentative cancelled
	Kind      string    `json:"kind" expr:"kind"`         // meeting focus outOfOffice workingLocation birthday hold offer task
	Color     string    `json:"color" expr:"color"`
	Location  Text      `json:"location" expr:"location"`
	Notes     Text      `json:"notes" expr:"notes"`
	Video     string    `json:"video" expr:"video"`
	Tags      []string  `json:"tags" expr:"tags"`
	Goal      string    `json:"goal" expr:"goal"` // of the file's goals, by its words; Plan works it out

	Accepted   int `json:"accepted" expr:"accepted"` // guests who have
	Declined   int `json:"declined" expr:"declined"`
	Unanswered int `json:"unanswered" expr:"unanswered"`

	Changed []string `json:"changed" expr:"changed"` // since it was last seen: time title location guests response notes status
	Missing []string `json:"missing" expr:"missing"` // agenda location video; Plan works it out

	// What follows is worked out by Plan from the Diary.
	GapBefore time.Duration `json:"gapBefore" expr:"gapBefore"` // free time until the event, at most a day
	GapAfter  time.Duration `json:"gapAfter" expr:"gapAfter"`
	Conflicts []Event       `json:"conflicts" expr:"conflicts"`

	// Key names the occurrence whatever happens to it: the iCalUID and, in a series,
	// when the series has it.
	Key string `json:"-" expr:"-"`
	// Original is when the series has the occurrence; zero for a single event.
	Original time.Time `json:"-" expr:"-"`
	// Series is the id of the series that the occurrence belongs to.
	Series string `json:"-" expr:"-"`
	// UID is the iCalUID.
	UID string `json:"-" expr:"-"`
	// Created is when somebody made it; zero where that is not known.
	Created time.Time `json:"-" expr:"-"`
	// Follows is the Key of the event that it was made for, if Ours: a buffer, time to
	// prepare, a mirror. The two are never in each other's way.
	Follows string `json:"-" expr:"-"`
	// Remind are the minutes before it at which its popups remind; nil where it has
	// those of its calendar.
	Remind []int `json:"-" expr:"-"`
	// Rule made it, if Ours.
	Rule string `json:"-" expr:"-"`
}

// Invite is the invitation that a mail carries (RFC 5546, 6047).
type Invite struct {
	Present   bool          `json:"present" expr:"present"`
	Method    string        `json:"method" expr:"method"`     // request cancel reply counter publish add refresh declinecounter
	Response  string        `json:"response" expr:"response"` // the executive's so far; of a reply the guest's
	Start     time.Time     `json:"start,omitzero" expr:"start"`
	End       time.Time     `json:"end,omitzero" expr:"end"`
	Length    time.Duration `json:"length" expr:"length"`
	AllDay    bool          `json:"allDay" expr:"allDay"`
	Recurring bool          `json:"recurring" expr:"recurring"`
	Changed   bool          `json:"changed" expr:"changed"` // an update of one that came before (SEQUENCE)
	Organizer Address       `json:"organizer" expr:"organizer"`
	Attendees []Address     `json:"attendees" expr:"attendees"`
	Title     Text          `json:"title" expr:"title"`
	Location  Text          `json:"location" expr:"location"`
	// Verified says that the mail is from the organizer and that the mail server has
	// found it to be so; Plan works it out.
	Verified bool `json:"verified" expr:"verified"`
	// Conflict and Conflicts are worked out by Plan from the Diary, for every
	// occurrence of the next weeks. The invitation's own copy is none.
	Conflict  bool    `json:"conflict" expr:"conflict"`
	Conflicts []Event `json:"conflicts" expr:"conflicts"`

	UID      string    `json:"-" expr:"-"`
	Sequence int       `json:"-" expr:"-"`
	Original time.Time `json:"-" expr:"-"` // RECURRENCE-ID; zero for all of the event
	Times    []Span    `json:"-" expr:"-"` // the occurrences of the next weeks
	// OnCalendar says that the calendar has the event already; Plan works it out.
	OnCalendar bool `json:"-" expr:"-"`
}

// Span is a stretch of time; End is exclusive.
type Span struct {
	Start time.Time `json:"start" expr:"start"`
	End   time.Time `json:"end" expr:"end"`
}

// Trip is a journey or a booking that a mail tells of to machines (schema.org
// reservations, an attached calendar file).
type Trip struct {
	Kind  string    `json:"kind" expr:"kind"`   // flight train bus ferry car hotel restaurant event
	Title Text      `json:"title" expr:"title"` // "LH 456 Frankfurt FRA to London LHR"
	Start time.Time `json:"start" expr:"start"`
	End   time.Time `json:"end" expr:"end"`
	// StartZone and EndZone are IANA names, where the mail or the place tells: a
	// flight ends in another zone than it begins.
	StartZone string `json:"startZone" expr:"startZone"`
	EndZone   string `json:"endZone" expr:"endZone"`
	AllDay    bool   `json:"allDay" expr:"allDay"`
	From      Text   `json:"from" expr:"from"`
	To        Text   `json:"to" expr:"to"`
	Code      string `json:"code" expr:"code"` // of the booking
	Number    string `json:"number" expr:"number"`
	Provider  Text   `json:"provider" expr:"provider"`
	Passenger Text   `json:"passenger" expr:"passenger"`
	Cancelled bool   `json:"cancelled" expr:"cancelled"`
	// Confidence is below 1 where a time or a zone had to be guessed.
	Confidence float64 `json:"confidence" expr:"confidence"`
	// Key is the same for each mail about the same leg.
	Key string `json:"-" expr:"-"`
}

// Day is one local day of the executive.
type Day struct {
	Date        time.Time     `json:"date,omitzero" expr:"date"` // its midnight
	Ahead       int           `json:"ahead" expr:"ahead"`        // days from today: 0 today, 1 tomorrow
	Meetings    int           `json:"meetings" expr:"meetings"`
	MeetingTime time.Duration `json:"meetingTime" expr:"meetingTime"`
	FreeTime    time.Duration `json:"freeTime" expr:"freeTime"`   // of the hours of work
	FocusTime   time.Duration `json:"focusTime" expr:"focusTime"` // free stretches of an hour and a half or more, and focus events
	First       time.Time     `json:"first,omitzero" expr:"first"`
	Last        time.Time     `json:"last,omitzero" expr:"last"`
	Load        float64       `json:"load" expr:"load"` // meeting time by hours of work; 0 on days off
	Work        bool          `json:"work" expr:"work"` // a day of work: no holiday, no weekend
}
