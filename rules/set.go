package rules

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set is a rules file that was loaded without an error. It is immutable and
// safe for use by several goroutines.
type Set struct {
	File     string
	Hash     string // of the file's bytes and the templates it names: which set acted stands in the journal
	Timezone *time.Location
	Rules    []*Rule
	Tests    []*Test
	// Warnings are findings that did not keep the file from loading.
	Warnings Problems

	source    []byte
	templates map[string]string

	me        *People
	home      *People // everybody in a domain of me
	workHours workHours
	holidays  map[string]bool // by date
	options   Options
	people    map[string]*People
	goals     []goal
	glossary  map[string]string
	places    []spot
	travel    travel
	needs     Needs
	index     *index
	lookalike bool            // a rule looks at sender.lookalike
	asked     map[string]bool // rules that a matched names
	silencers []*Rule         // those with never: [llm]
	compiled  sync.Map        // conditions of earlier plans: source → laterCondition
	imitated  func() *imitated
	ruleNeeds sync.Map // *Rule → Needs
}

// Needs says what of a message the rules look at.
func (s *Set) Needs() Needs { return s.needs }

// Source returns the file as it was read, and the templates that it names. They
// are not to be changed.
func (s *Set) Source() (file []byte, templates map[string]string) { return s.source, s.templates }

// Me returns the executive's own addresses.
func (s *Set) Me() []string { return s.me.entries }

// WorkWeek returns when the executive works: the weekdays, Sunday first, the hours
// in minutes of the day, and the holidays by date ("2026-12-25").
func (s *Set) WorkWeek() (days [7]bool, from, to int, holidays map[string]bool) {
	return s.workHours.days, s.workHours.from, s.workHours.to, s.holidays
}

// Glossary returns plain words for jargon, by the jargon. It is not to be changed.
func (s *Set) Glossary() map[string]string { return s.glossary }

// Goals returns the names of the goals, in the order of the file.
func (s *Set) Goals() []string {
	names := make([]string, len(s.goals))
	for i, g := range s.goals {
		names[i] = g.name
	}
	return names
}

// ToMe reports whether one of the addresses is the executive's.
func (s *Set) ToMe(to []Address) bool { return s.me.Any(to) }

// Rule is one rule: when all of When and none of Unless hold, its actions are
// planned.
type Rule struct {
	Name    string
	Why     string // shown by explain
	Line    int    // in the file, from 1
	Enabled bool
	Stop    bool
	On      string    // mail, sent, event or day
	Run     *Schedule // when it looks again; nil where it looks at things as they come only
	Confirm string    // who must approve what it does: assistant, executive, or empty
	Never   []string  // actions that no rule may do to the item
	Goal    string
	Actions []Action

	when     []*condition
	unless   []*condition
	undoWhen []*condition
	facts    []string // what its conditions look at
	diary    bool     // it looks at what is on the calendar
	asks     bool     // a language model decides whether it fires
}

// TakesBack reports whether the rule has an undoWhen.
func (r *Rule) TakesBack() bool { return r.undoWhen != nil }

// Rule finds a rule by its name, nil where there is none.
func (s *Set) Rule(name string) *Rule {
	for _, r := range s.Rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Action is one line of do.
type Action struct {
	Name string
	Arg  string            // its main argument, as written
	With map[string]string // its other arguments, as written

	folder    *template            // of file and copy
	templates map[string]*template // arguments with fields to fill in; "" is Arg
	columns   []column             // of extract
	moment    *moment              // of snooze
	wording   *wording             // of draft, forward, reply and propose
	timing    *timing              // of the schedule group
	story     *template            // of summarize
	due       *due                 // of agenda
	looks     bool                 // it fills in what is found in the text
	facts     []string             // what it looks at
	place     place
}

// place is where something stands in the rules file.
type place struct{ line, column int }

// Effect is one thing a plan does to an item: an action with its argument
// filled in.
type Effect struct {
	Rule   string `json:"rule"`
	Action string `json:"action"`
	Arg    string `json:"arg,omitempty"` // folder, colour, label, "true"/"false", section, address, …
	// With holds the other arguments, filled in: all that is needed to perform the
	// effect. Instants are in RFC 3339, extract's fields a JSON list of pairs.
	With    map[string]string `json:"with,omitempty"`
	Confirm string            `json:"confirm,omitempty"` // who must approve it first
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
	case "agenda", "summarize", "brief":
		return e.letterWords()
	}
	if ofCalendar[e.Action] || e.With["before"] != "" {
		return e.calendarWords()
	}
	if words, ok := effectWords[e.Action]; ok {
		return strings.TrimSpace(strings.NewReplacer("%", hostOf(e.Arg), "@files", e.With["files"]).Replace(words))
	}
	return e.Action + " " + e.Arg
}

// hostOf leaves of an address of the web what may be told: who knows the rest of it
// can often send there. What is no such address stays as it is.
func hostOf(arg string) string {
	if u, err := url.Parse(arg); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		return u.Hostname()
	}
	return arg
}

// effectWords are effects as an assistant would say them, with the argument in
// the place of the sign.
var effectWords = map[string]string{
	"delete": "delete for good", "save": "save @files to %", "mute": "mute the conversation", "digest": "collect for the digest: %", "bundle": "collect in the bundle %",
	"extract": "write a line to %", "snooze": "take out of the inbox until %", "remind": "remind after %", "expire": "put away after %",
	"draft": "draft an answer from %", "forward": "forward to %", "redirect": "redirect to %", "reply": "answer with %", "notify": "notify %", "webhook": "call %",
	"unsubscribe": "unsubscribe",
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
var placing = map[string]bool{"file": true, "archive": true, "keep": true, "junk": true, "trash": true, "delete": true, "snooze": true}

// several are the actions of which one item can have more than one, with
// different arguments.
var several = []string{"copy", "digest", "bundle", "save", "extract", "forward", "redirect", "notify", "webhook", "tag"}

// slot names what two effects would fight over; effects with different slots
// can stand together.
func (e Effect) slot() string {
	switch {
	case placing[e.Action]:
		return "place"
	case e.Action == "label" || e.Action == "unlabel":
		return "label " + Fold(e.Arg)
	case making[e.Action]:
		return e.Action + " " + e.Arg + " " + e.sides()
	case e.Action == "move" || e.Action == "fix":
		return "time"
	case ofLetters[e.Action]: // one line of a mail in a section, whatever its case
		return e.Action + " " + Fold(e.Arg)
	case slices.Contains(several, e.Action):
		return e.Action + " " + e.Arg + " " + e.With["files"]
	}
	return e.Action
}

// same reports whether both effects leave the item in the same state.
func (e Effect) same(o Effect) bool {
	return e.Action == o.Action && e.Arg == o.Arg && maps.Equal(e.With, o.With)
}
