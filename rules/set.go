package rules

import (
	"time"
)

// Set is a rules file that was loaded without an error. It is immutable and
// safe for use by several goroutines.
type Set struct {
	File     string
	Hash     string // of the file's bytes: which set acted stands in the journal
	Timezone *time.Location
	Rules    []*Rule
	Tests    []*Test
	// Warnings are findings that did not keep the file from loading.
	Warnings Problems

	me        *People
	home      *People // everybody in a domain of me
	workHours workHours
	people    map[string]*People
	needs     Needs
	index     *index
}

// Needs says what of a message the rules look at.
func (s *Set) Needs() Needs { return s.needs }

// Me returns the executive's own addresses.
func (s *Set) Me() []string { return s.me.entries }

// Rule is one rule: when all of When and none of Unless hold, its actions are
// planned.
type Rule struct {
	Name    string
	Why     string // shown by explain
	Line    int    // in the file, from 1
	Enabled bool
	Stop    bool
	Actions []Action

	when   []*condition
	unless []*condition
	facts  []string // what its conditions look at
}

// Action is one line of do.
type Action struct {
	Name   string // file copy archive keep junk trash flag label unlabel read important agenda
	Arg    string // colour, label or section; the folder as written for file and copy
	folder *template
	place  place
}

// place is where something stands in the rules file.
type place struct{ line, column int }

// Effect is one thing a plan does to an item: an action with its argument
// filled in.
type Effect struct {
	Rule   string `json:"rule"`
	Action string `json:"action"`
	Arg    string `json:"arg,omitempty"` // folder, colour, label, "true"/"false" or section
}

// String is the effect as an assistant would say it.
func (e Effect) String() string {
	switch e.Action {
	case "file":
		return "file in " + e.Arg
	case "copy":
		return "copy to " + e.Arg
	case "archive":
		return "archive"
	case "keep":
		return "keep in the inbox"
	case "junk":
		return "move to junk"
	case "trash":
		return "move to trash"
	case "flag":
		return flagWords(e.Arg)
	case "label":
		return "label " + e.Arg
	case "unlabel":
		return "take the label " + e.Arg + " off"
	case "read":
		return map[string]string{"true": "mark read", "false": "mark unread"}[e.Arg]
	case "important":
		return map[string]string{"true": "mark important", "false": "mark not important"}[e.Arg]
	case "agenda":
		return "list in the agenda under " + e.Arg
	}
	return e.Action + " " + e.Arg
}

func flagWords(arg string) string {
	switch arg {
	case "true":
		return "flag"
	case "false":
		return "take the flag off"
	}
	return "flag " + arg
}

// placing are the actions that say where a mail ends up: one mail, one place.
var placing = map[string]bool{"file": true, "archive": true, "keep": true, "junk": true, "trash": true}

// slot names what two effects would fight over; effects with different slots
// can stand together.
func (e Effect) slot() string {
	switch {
	case placing[e.Action]:
		return "place"
	case e.Action == "label" || e.Action == "unlabel":
		return "label " + Fold(e.Arg)
	case e.Action == "copy" || e.Action == "agenda":
		return e.Action + " " + e.Arg
	}
	return e.Action
}

// same reports whether both effects leave the item in the same state.
func (e Effect) same(o Effect) bool { return e.Action == o.Action && e.Arg == o.Arg }
