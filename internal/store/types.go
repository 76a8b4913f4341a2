package store

import (
	"encoding/json"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// State says how far a step has come.
type State string

// The states of a step. What is done or undone stays so.
const (
	Planned   State = "planned"   // to be performed
	Started   State = "started"   // may have reached the server: after a crash, look there first
	Done      State = "done"      // the server confirmed it
	Failed    State = "failed"    // not done, and Reason says why
	Uncertain State = "uncertain" // nobody can know whether it was done
	Parked    State = "parked"    // waits for a person
	Undone    State = "undone"    // was done, and has been taken back
)

// RunKind says what a run does.
type RunKind string

// The kinds of run.
const (
	KindRun   RunKind = "run"   // the daemon, from start to stop
	KindApply RunKind = "apply" // the rules over mail that was there before
	KindUndo  RunKind = "undo"  // taking steps back
	// KindAnswer: a person at the terminal approves or refuses what waits.
	KindAnswer RunKind = "answer"
	// KindAgenda: a person at the terminal wants the agenda of a day to be sent now.
	KindAgenda RunKind = "agenda"
)

// RunState says how far a run has come.
type RunState string

// The states of a run.
const (
	RunRequested   RunState = "requested"   // asked for, and waits for the account's owner
	RunRunning     RunState = "running"     // its owner works on it
	RunDone        RunState = "done"        // ended by itself
	RunFailed      RunState = "failed"      // gave up; Message says why
	RunInterrupted RunState = "interrupted" // its owner went away in the middle
)

// Run is one stretch of work on an account. All its steps name it.
type Run struct {
	ID        int64
	Account   string
	Kind      RunKind
	Args      json.RawMessage // what it was asked to do, in the caller's words
	RulesHash string
	State     RunState
	Total     int64 // messages to look at; 0 where that is not known
	Done      int64
	Message   string    // for people
	Started   time.Time // UTC; of a request, when it was made until its owner takes it
	Ended     time.Time // UTC
}

// Item is a message that a rule did something to.
type Item struct {
	ID         int64
	Account    string
	Key        string // of content, as mailbox.Message.Key
	Occurrence int    // 1; 2 for a second delivery of the same message, and so on
	MessageID  string // without brackets; may be empty
	Subject    string
	Sender     string
	Date       time.Time   // UTC
	Place      mailbox.Ref // where the message is believed to lie now
}

// Step is one action of one rule on one item, with all that is needed to perform
// it, to explain it and to take it back.
type Step struct {
	ID        int64
	RunID     int64
	Item      Item
	Rule      string
	RulesHash string // of the rules file that planned it
	Action    string // unique in a rule and item, like "file" or "label Waiting"
	Arg       string
	State     State
	Op        mailbox.Op
	From      mailbox.Ref // where the message lay when the step was planned
	At        mailbox.Ref // where the step put it; for a copy, where the copy lies
	Attempts  int
	NotBefore time.Time // UTC; not to be tried earlier
	Reason    string    // for people
	Undoes    int64     // the step that this one takes back, or 0
	Approver  string    // of a step that is planned as Parked: who must approve it. Not read back: see Approval
	Facts     json.RawMessage
	Planned   time.Time // UTC
	Ended     time.Time // UTC; when it came to its present state, if that is an end
}
