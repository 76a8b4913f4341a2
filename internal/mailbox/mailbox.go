// Package mailbox holds the words that the engine, the journal and the mail
// adapter share: where a message lies, how far a folder has been seen, what is
// new in it, and what is to be done to one message. It is plain data without
// behaviour of its own, so that the engine can speak of mail without importing
// IMAP (see internal/mail) and the journal can write it down (internal/store).
package mailbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// Special-use names stand in Op.To for the folder that has that use on the
// account's server (RFC 6154); the adapter finds, or makes, the real one.
const (
	Archive = `\Archive`
	Junk    = `\Junk`
	Trash   = `\Trash`
	Sent    = `\Sent`
	Drafts  = `\Drafts`
	Inbox   = `INBOX`
)

// Ref says where a message lies. UID 0 means that the server did not tell
// (no UIDPLUS, RFC 4315): the message is then found by its key.
type Ref struct {
	Folder      string `json:"folder"`
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	UID         uint32 `json:"uid,omitempty"`
}

func (r Ref) String() string { return fmt.Sprintf("%s/%d", r.Folder, r.UID) }

// Cursor says how far a folder has been seen (RFC 9051 2.3.1.1, RFC 7162):
// every message with a UID below UIDNext has been planned.
type Cursor struct {
	UIDValidity uint32
	UIDNext     uint32
	ModSeq      uint64
	SeenAt      time.Time // when the folder was last seen, by the daemon's clock
}

// Message is one message of a folder with its facts.
type Message struct {
	Ref
	Key       string   // of content: the same wherever the message lies and whatever its UID
	MessageID string   // without brackets; may be empty
	Flags     []string // as the server has them, \Seen and keywords alike
	Item      rules.Item
	// References are the ids of the messages it answers, oldest first (RFC 5322
	// 3.6.4), where they were asked for.
	References []string
	// ByUs says that foredesk wrote it: its own mail never triggers rules.
	ByUs bool
	// Odd says which part of the message could not be read, and why, where the rest
	// was; it quotes nothing. An invitation that is in doubt is none.
	Odd string
	// Poison says why the message could not be read. Such a message has only its
	// Ref, Key and Flags; it stays where it is.
	Poison string
}

// Batch is what is new in one folder, by ascending UID. Once it is planned, the
// folder has been seen up to Next.
type Batch struct {
	Folder   string
	Messages []Message
	Next     Cursor
	Total    int         // messages of the whole scan this batch is a part of; 0 where unknown
	Needs    rules.Needs // what the messages were read for: other facts than these are not known
}

// Query says which messages of a folder to read. Its zero value is all of them;
// the parts narrow it down together.
type Query struct {
	Since   time.Time // INTERNALDATE, inclusive
	FromUID uint32
	UIDs    []uint32
	// Keys are content keys (Message.Key). MessageIDs, which are those of the
	// same messages, in the same order and "" where there is none, let the server
	// search for them; without, the whole folder is read.
	Keys       []string
	MessageIDs []string
	// MessageID alone finds messages by that field, whatever their key.
	MessageID string
	// Beside says that what takes the messages does not use the session, and may
	// run while the next ones are read.
	Beside bool
	// Threads asks for References as well, and for what tells people from
	// programs, whatever the rules need.
	Threads bool
	// Needs, if set, is what the messages are read for, in place of what the
	// account's rules look at.
	Needs *rules.Needs
}

// OpKind is a kind of change to one message.
type OpKind string

// The kinds of change.
const (
	Move    OpKind = "move"    // RFC 6851, or the ladder below it
	Copy    OpKind = "copy"    // to a second folder
	Store   OpKind = "store"   // add and remove flags and keywords
	Remove  OpKind = "remove"  // expunge this one message: takes a Copy back
	Outside OpKind = "outside" // something outside the folders: see Errand
	Event   OpKind = "event"   // something on a calendar: see package datebook
)

// Op is what is to be done to a message. Ops that are equal may be done to many
// messages by one command.
type Op struct {
	Kind OpKind   `json:"kind"`
	To   string   `json:"to,omitempty"`  // folder of a Move or Copy; made and subscribed if missing
	Add  []string `json:"add,omitempty"` // flags and keywords of a Store, sorted
	Del  []string `json:"del,omitempty"`
	// Do, Arg and With say what is done outside or on a calendar, in the words of
	// rules.Effect.
	Do   string            `json:"do,omitempty"`
	Arg  string            `json:"arg,omitempty"`
	With map[string]string `json:"with,omitempty"`
	// Unless is a condition that is looked at when a step's time has come: if it
	// holds then, nothing is done. Unmoved wants the message to lie where foredesk
	// found it, or has put it, since.
	Unless  string `json:"unless,omitempty"`
	Unmoved bool   `json:"unmoved,omitempty"`
}

// Change is one Op on one message.
type Change struct {
	ID        int64 // the caller's; unique in one call
	Ref       Ref   // where the message is believed to be
	Key       string
	MessageID string
	Op        Op
	// Read says that the message was read at Ref. Otherwise Ref is what COPYUID
	// told, or a guess, and the message's key is looked at before it is touched.
	Read bool
	// Doubt says that an earlier attempt may have reached the server: look
	// first, and act only on what is not done yet.
	Doubt bool
	// Others are where messages lie that have the same content and are not this one,
	// as far as that is known: what is found there by its content is not taken for it.
	// UID 0 stands for one of which only the folder is known.
	Others []Ref
}

// Result says how a Change ended.
type Result string

// How a Change can end.
const (
	Done    Result = "done"
	Gone    Result = "gone"    // the message is not where it was: a person moved or deleted it
	Refused Result = "refused" // the server said NO; the message is where it was
	Unknown Result = "unknown" // the connection broke before the answer
	Later   Result = "later"   // not done for certain; to be tried again
)

// Errand is one Op outside the folders: a mail to be written or sent, a file to be
// kept, an address to be called. Everything it needs is in it.
type Errand struct {
	Key     string // the same for each attempt, and for no other errand
	Account string
	Rule    string
	Op      Op
	Subject string // of the message, or "(confidential)"
	From    string
	Raw     []byte // the message; nil for errands that do not need it
	Now     time.Time
	Doubt   bool // an earlier attempt may have been made
}

// Outcome is the result of the Change with the same ID. At is where the message
// lies now (for a Copy: where the copy lies); Reason is for people.
type Outcome struct {
	ID     int64
	Result Result
	At     Ref
	Reason string
	// Found says that the server did not tell what became of the message. One with its
	// content was found where it was to go, which may be one of Change.Others.
	Found bool
	// Letter is what was sent, with its Message-ID, where a copy of it belongs into
	// the folder for sent mail.
	Letter   []byte
	LetterID string
}

// Unheard begins the reason of a call to another program that was sent and not answered:
// it may have been done, and can be done again.
const Unheard = "it may have been received: "

var (
	// ErrNoFolder: the account has no folder of a special use.
	ErrNoFolder = errors.New("there is no such folder")
	// ErrRefused: the server would not open the folder.
	ErrRefused = errors.New("the server would not open the folder")
	// ErrTooLarge: a message is larger than what is read whole.
	ErrTooLarge = errors.New("the message is too large to be read whole")
)
