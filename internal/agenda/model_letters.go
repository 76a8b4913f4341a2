package agenda

import "time"

// Digest is what rules have collected under one name, as a mail of its own.
type Digest struct {
	Name     string         // evening, friday, or the name of a bundle
	Date     time.Time      // an instant of the day
	Zone     *time.Location // UTC if nil
	Language Language
	Made     time.Time
	Groups   []Section // by the bundle's name; the one without a Title comes first
}

// Review is the week that ends, for the executive and the assistant.
type Review struct {
	From, To time.Time // To is exclusive
	Zone     *time.Location
	Language Language
	Made     time.Time

	Goals        []Goal
	Days         []Ahead // of the week, with their meetings
	Meetings     Figure  // how many
	MeetingTime  Figure  // minutes
	FocusTime    Figure  // minutes
	Outside      Figure  // meetings with people of other houses
	Answered     Figure  // messages that were answered
	AnswerTime   Figure  // minutes, the median
	TheirTime    Figure  // minutes till others answered, the median
	Ours, Theirs []Line  // open promises, as of Brief
	Deadlines    []Line
	// Handled is what rules did, by what they did: Title, Count. Minutes are what that
	// is worth by the formula of Worth.
	Handled []Worth
	Rules   []Line // what is amiss with rules: Source.Rule, Title, Text
	Ideas   []Line // what may be changed: Title, Text
}

// Figure is a number of this week beside the one before.
type Figure struct {
	ID     string
	Source Source
	Value  float64
	Before float64
	Known  bool // false: there is nothing to count; it is left out
	// NoBefore says that nothing is known of the week before: only Value is shown.
	NoBefore bool
}

// Worth is what was done for the executive, and what doing it by hand would have
// taken: Count times Seconds.
type Worth struct {
	ID      string
	Source  Source
	Title   string // in the language of the reader: "mails filed"
	Count   int
	Seconds int // each
}

// CheckIn is one page about the other person before a meeting of two.
type CheckIn struct {
	Date     time.Time
	Zone     *time.Location
	Language Language
	Made     time.Time

	Source       Source // the event
	Title        string
	When         Span
	Who          string    // "Rahul Menon"
	Since        time.Time // the last meeting of the two; zero: none is known
	Threads      []Line    // open ones, the latest first: Title, Text, Who, When.Start
	Ours, Theirs []Line    // open promises
	Deadlines    []Line
	Files        []string
	Next         Span // the next meeting of the two after this one
}

// Moment is one word of a story, and when it was said: "opened", 08:02. Opened, Update
// and Resolved are shown in the reader's language; any other is shown as it is.
type Moment struct {
	Word string
	At   time.Time
}

// Words of stories.
const (
	Opened   = "opened"
	Update   = "update"
	Resolved = "resolved"
)
