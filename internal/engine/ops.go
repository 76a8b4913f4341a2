package engine

import (
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Flags and keywords of RFC 9051 2.3.2, RFC 5788 and RFC 8457.
const (
	seen      = `\Seen`
	flagged   = `\Flagged`
	important = "$Important"
)

// colourKeywords are how mail programs show the colour of a flag: Apple Mail by
// three bits, Thunderbird by its five standard labels.
var colourKeywords = map[string][]string{
	"red":    {"$label1"},
	"orange": {"$MailFlagBit0", "$label2"},
	"yellow": {"$MailFlagBit1"},
	"green":  {"$MailFlagBit0", "$MailFlagBit1", "$label3"},
	"blue":   {"$MailFlagBit2", "$label4"},
	"purple": {"$MailFlagBit0", "$MailFlagBit2", "$label5"},
	"gray":   {"$MailFlagBit1", "$MailFlagBit2"},
}

var colourBits = []string{"$MailFlagBit0", "$MailFlagBit1", "$MailFlagBit2"}

// opFor turns an effect into what is done to a message with these flags. An Op
// without a kind does nothing on the server: the journal alone keeps it.
func opFor(e rules.Effect, m *mailbox.Message) mailbox.Op {
	on := e.Arg != "false"
	switch e.Action {
	case "file":
		return moveTo(e.Arg, m)
	case "archive":
		return moveTo(mailbox.Archive, m)
	case "junk":
		return moveTo(mailbox.Junk, m)
	case "trash":
		return moveTo(mailbox.Trash, m)
	case "delete":
		return mailbox.Op{Kind: mailbox.Remove}
	case "copy":
		if e.Arg == m.Folder {
			return mailbox.Op{}
		}
		return mailbox.Op{Kind: mailbox.Copy, To: e.Arg}
	case "flag":
		return flagOp(e.Arg, m.Flags)
	case "label":
		return storeOp(m.Flags, []string{e.Arg}, nil)
	case "unlabel":
		return storeOp(m.Flags, nil, []string{e.Arg})
	case "read":
		return switchOp(m.Flags, seen, on)
	case "important":
		return switchOp(m.Flags, important, on)
	}
	return mailbox.Op{}
}

// roleOf are the special uses by the role that a folder of that use has.
var roleOf = map[string]string{mailbox.Archive: "archive", mailbox.Junk: "junk", mailbox.Trash: "trash"}

func moveTo(folder string, m *mailbox.Message) mailbox.Op {
	if folder == m.Folder || roleOf[folder] == m.Item.Role && m.Item.Role != "" {
		return mailbox.Op{} // it is there already
	}
	return mailbox.Op{Kind: mailbox.Move, To: folder}
}

func flagOp(arg string, has []string) mailbox.Op {
	switch arg {
	case "true":
		return storeOp(has, []string{flagged}, nil)
	case "false":
		return storeOp(has, nil, append([]string{flagged}, colourBits...))
	}
	add := append([]string{flagged}, colourKeywords[arg]...)
	var del []string
	for _, bit := range colourBits {
		if !slices.Contains(add, bit) {
			del = append(del, bit)
		}
	}
	return storeOp(has, add, del)
}

func switchOp(has []string, flag string, on bool) mailbox.Op {
	if on {
		return storeOp(has, []string{flag}, nil)
	}
	return storeOp(has, nil, []string{flag})
}

// storeOp adds and removes only what makes a difference, so that its inverse
// takes back no more than what it did.
func storeOp(has, add, del []string) mailbox.Op {
	op := mailbox.Op{Kind: mailbox.Store}
	for _, f := range add {
		if !hasFlag(has, f) {
			op.Add = append(op.Add, f)
		}
	}
	for _, f := range del {
		if hasFlag(has, f) {
			op.Del = append(op.Del, f)
		}
	}
	if op.Add == nil && op.Del == nil {
		return mailbox.Op{}
	}
	slices.Sort(op.Add)
	slices.Sort(op.Del)
	return op
}

func hasFlag(has []string, flag string) bool {
	return slices.ContainsFunc(has, func(f string) bool { return strings.EqualFold(f, flag) })
}

// actionKey names an effect within its rule and item: filing is one action
// whatever the folder, so that an edited folder does not move a mail twice.
func actionKey(e rules.Effect) string {
	switch e.Action {
	case "label", "unlabel", "copy", "summarize", "agenda":
		return e.Action + " " + e.Arg
	case "brief": // of an event that was moved, another
		return e.Action + " " + e.With["at"]
	}
	return e.Action
}

// actionWord is an action's key without its argument, for the log: the name of a
// folder may be made of what a stranger wrote.
func actionWord(key string) string {
	word, _, _ := strings.Cut(key, " ")
	return word
}

// inLog is what the log calls a folder: by its name where that is configured, stands in
// the rules as it is, or has a special use. Any other may be made of what a stranger wrote.
func (a *Account) inLog(folder string) string {
	if a.knows(folder) {
		return folder
	}
	return "…"
}

func (a *Account) knows(folder string) bool {
	if folder == "" || folder == mailbox.Inbox || folder == Snoozed || slices.Contains(a.Folders, folder) ||
		strings.HasPrefix(folder, `\`) || strings.HasPrefix(folder, calendarFolder) {
		return true
	}
	return slices.ContainsFunc(a.rules.Load().Rules, func(r *rules.Rule) bool {
		return slices.ContainsFunc(r.Actions, func(a rules.Action) bool { return a.Arg == folder })
	})
}

// reasonInLog is what the log says of why a step was refused. Servers repeat the names of
// folders; the journal has all of it.
func (a *Account) reasonInLog(s store.Step, reason string) string {
	for _, folder := range []string{s.Item.Place.Folder, s.From.Folder, s.Op.To} {
		if !a.knows(folder) {
			return "it names a folder; foredesk log tells it"
		}
	}
	return reason
}

// about is an error about a folder, which may come into the log.
func (a *Account) about(doing, folder string, err error) error {
	return &mailbox.FolderError{Doing: doing, Folder: folder, Known: a.knows(folder), Err: err}
}
