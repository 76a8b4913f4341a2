package agenda

import "time"

// Day is all that the agenda of one day shows. Whoever fills it has ranked the
// lines: where there are too many, the last are left out. Instants are shown in Zone
// unless a field says otherwise.
type Day struct {
	Date     time.Time      // an instant of the day; only its date in Zone counts
	Zone     *time.Location // where the executive wakes up that day; UTC if nil
	Language Language       // English if empty
	Made     time.Time      // when it was put together, which stands at the end; zero: is not said
	// NoCalendar says that the account has none: nothing is said of one.
	NoCalendar bool

	Notices   []Notice  // what to know before trusting the rest
	Needs     []Line    // decisions, the most urgent first
	Changes   []Line    // on the calendar, since yesterday's agenda
	Timeline  []Entry   // today, in any order
	Prep      []Brief   // for today's meetings with people of other houses
	Mail      []Section // what rules have put on the agenda
	Deadlines []Line    // When is the time by which, by time
	Owed      []Line    // answers that others wait for; When.Start is since when
	Waiting   []Line    // answers that the executive waits for; likewise
	Week      []Ahead   // the days to come, tomorrow first
	Goals     []Goal    // where the time of the week goes
	Done      []Line    // Count is how often a rule did what Title says
}

// Source is what a line comes from; what does not apply is empty.
type Source struct {
	Rule    string // its name in the rules file
	Message string // Message-ID without brackets
	Event   string // rules.Event.Key
}

// Kind is the word that stands before a line.
type Kind string

// Kinds of lines that need a decision.
const (
	Conflict   Kind = "conflict"   // with Clash
	Invitation Kind = "invitation" // not answered
	Approval   Kind = "approval"   // a rule waits for a word
	Hold       Kind = "hold"       // time kept free that will be let go
	Ask        Kind = "ask"        // somebody wants something
	Unsure     Kind = "unsure"     // foredesk can't know whether it was done: a person must look
)

// Kinds of changes of the calendar.
const (
	New       Kind = "new"
	Moved     Kind = "moved" // with Was
	Cancelled Kind = "cancelled"
	Changed   Kind = "changed"
	Accepted  Kind = "accepted" // Who has
	Declined  Kind = "declined"
)

// Line is one thing that a letter says. Which fields count depends on its section.
type Line struct {
	ID      string // unique in its letter; Number fills it
	Source  Source
	Counted Counted // where Source is empty since many things were counted: in what
	Kind    Kind
	// Confidential lines show nothing but that they exist, whatever else they hold.
	Confidential bool

	Title   string // of the event, or the subject of the mail
	Who     string // the person at the other end
	Text    string // a summary in the reader's language, one to three sentences
	ByModel bool   // a language model wrote Text
	When    Span
	Was     Span // before it moved
	Count   int
	// Story is what was told of one thing in several mails, the first first: the line
	// is about all of them, and Text is of the last.
	Story   []Moment
	Clash   *Clash
	Actions []Action // the recommended one first
}

// Span is a stretch of time. End is exclusive, and zero for a point in time. Of an
// AllDay span only the dates count, in the zone of the Day.
type Span struct {
	Start, End time.Time
	AllDay     bool
}

// Clash is two events that take the same time (the When of its Line), and what is
// recommended.
type Clash struct {
	Stays, Gives string // titles; empty: a private event, and called so
	Why          string // the first stays
	Do           Remedy
	To           Span // the other time that Do names
}

// Remedy is what is recommended for the event that gives way.
type Remedy string

// Remedies.
const (
	Move      Remedy = "move"
	Decline   Remedy = "decline" // asking for another time, if there is one
	Tentative Remedy = "tentative"
	Choose    Remedy = "" // nobody but the executive can say
)

// Action is a link by which the reader decides. Do is a word of the wording
// (accept decline tentative fix snooze undo approve refuse release keep
// unsubscribe expand) and shown in the reader's language; any other is shown as it is.
// Mailto is a mailto: URL (RFC 6068) with its token; without one there is no link.
type Action struct{ Do, Mailto string }

// Notice is something about the agenda itself.
type Notice struct {
	ID    string
	Kind  NoticeKind
	What  string    // the source that is stale, in plain words: "Google Calendar"
	Since time.Time // Stale: when it was last read; Late: when the agenda was due
}

// NoticeKind is what a Notice tells.
type NoticeKind string

// Kinds of notices.
const (
	Stale NoticeKind = "stale" // newer things of that source are missing
	Late  NoticeKind = "late"  // the agenda comes later than it should
)

// EntryKind is what an Entry is.
type EntryKind string

// Kinds of entries.
const (
	Meeting EntryKind = "meeting" // with others
	Alone   EntryKind = "alone"   // without: an appointment, a task
	Focus   EntryKind = "focus"
	Travel  EntryKind = "travel"
	Kept    EntryKind = "kept" // a hold or an offer
	Away    EntryKind = "away" // out of office
)

// Entry is one occurrence on today's calendar.
type Entry struct {
	ID     string
	Source Source
	Kind   EntryKind
	// Confidential entries show when they are, and nothing else.
	Confidential bool

	When Span
	// Zone is where the executive is when it begins, EndZone when it ends; nil:
	// Day.Zone, and Zone. Times are shown as the clocks there have them.
	Zone, EndZone *time.Location

	Title    string
	Place    string
	Join     string // https URL of the video call; any other is not shown
	Free     bool   // it does not take the executive's time
	Response Kind   // Invitation: not answered yet; Hold: answered with maybe; or empty

	Outside                   []string // guests of other houses, "Karin Vogel, Hansa Logistik"
	Accepted, Declined, Open  int      // guests, by their answers
	GuestZone                 *time.Location
	NoAgenda, NoLink, NoPlace bool
	Clash                     string // ID of the line of Needs that tells of the conflict
}

// Brief is what to know before one meeting.
type Brief struct {
	ID           string
	Source       Source
	Confidential bool // then it is left out
	Title        string
	When         Span
	People       []string // "Karin Vogel, Hansa Logistik"
	Last         Line     // the last thread: Who, When.Start, Text; without Text there was none
	Ours, Theirs []Line   // open promises, by Title; When.Start is the time by which, if known
	Files        []string // names
}

// Section is what rules have put on the agenda under one title.
type Section struct {
	Title string
	Lines []Line
}

// Ahead is one day to come.
type Ahead struct {
	ID     string
	Source Source
	Date   time.Time // an instant of the day
	// Zone is where the executive is that day; nil: where today ends.
	Zone     *time.Location
	Meetings int
	First    time.Time     // the start of the first
	Time     time.Duration // of all meetings
	Load     float64       // meeting time by hours of work
	Off      bool          // no day of work
	Notes    []string      // what lasts all day
}

// Goal is the time that one of the rules file's goals gets this week.
type Goal struct {
	ID     string
	Source Source
	Name   string
	Time   time.Duration
	Before time.Duration // in the week before
}
