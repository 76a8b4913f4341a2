package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// effectWords says what an effect does and, where zone is not nil, when it comes
// back; and who must approve it first.
func effectWords(e rules.Effect, zone *time.Location) string {
	words := plainEffect(e)
	if at, err := time.Parse(time.RFC3339, e.With["at"]); err == nil && zone != nil && e.Action == "snooze" {
		words = "take out of the inbox until " + moment(at, zone)
	}
	for _, a := range []struct{ name, words string }{{"unless", "unless"}, {"to", "to"}, {"once", "once in"}, {"as", "as a"}} {
		if value := e.With[a.name]; value != "" && value != "mail" && !strings.Contains(words, value) {
			words += " (" + a.words + " " + oneLine(value, 60) + ")"
		}
	}
	if e.Confirm != "" {
		words += " (once the " + e.Confirm + " approves)"
	}
	return words
}

// plainEffect is an effect's own words, on one line.
func plainEffect(e rules.Effect) string {
	if _, err := rules.ParseDuration(e.Arg); e.Action == "snooze" && err == nil {
		return "take out of the inbox for " + e.Arg
	}
	return oneLine(e.String(), 120)
}

// moment is a time to come, or one that has passed, with its year if that is not
// this one.
func moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	if t.Year() == time.Now().In(zone).Year() {
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("Mon 2 Jan 2006 15:04")
}

// words says what the step does, as an assistant would, with times in a zone.
func (s stepOutput) words(zone *time.Location) string {
	verb, part, _ := strings.Cut(s.Action, " ")
	if s.do == sendLetter {
		return letterWords(s)
	}
	if s.do != "" {
		return s.calendarWords(verb, zone)
	}
	said := plainEffect(rules.Effect{Action: verb, Arg: s.Arg, With: s.With})
	switch {
	case verb == "snooze" && part == "unread":
		said = "mark unread again"
	case verb == "snooze" && part == "back":
		said = "bring back"
	}
	if s.Undoes != 0 {
		return "undo: " + said
	}
	return said
}

// sendLetter is what the engine calls sending a letter to the executive.
const sendLetter = "letter"

// letterWords say which letter a step sends.
func letterWords(s stepOutput) string {
	kind, name, _ := strings.Cut(s.Action, " ")
	date, err := time.Parse(time.DateOnly, s.With["date"])
	of := s.With["date"]
	if err == nil {
		of = date.Format("Mon 2 Jan")
	}
	switch kind {
	case "digest", "bundle":
		return fmt.Sprintf("send the %s “%s” of %s", kind, oneLine(name, 40), of)
	case gather.ReviewKind:
		return "send the review of the week of " + of
	case gather.AgendaKind:
		return "send the agenda of " + of
	}
	return "send the brief before the meeting of " + of
}

// byWords say whose doing a step is: of a rule's, of foredesk's own, or of somebody's
// who decided by mail.
func byWords(rule string) string {
	switch rule {
	case engine.LettersRule:
		return "by foredesk itself"
	case engine.DecisionRule:
		return "decided by mail"
	}
	return fmt.Sprintf("by the rule %q", rule)
}

// decisions are reasons of steps that were not done because somebody wanted it so,
// not because something went wrong.
var decisions = []string{engine.NotNeeded, engine.Withdrawn, store.Refused, store.Lapsed}

// stateWords is what is worth saying of a step's state, with times in a zone.
func stateWords(s stepOutput, zone *time.Location) string {
	words := s.State
	switch store.State(s.State) {
	case store.Done:
		return ""
	case store.Failed:
		if s.decided() {
			return " – " + s.Reason
		}
		return " – not done: " + s.Reason
	case store.Undone:
		words = "taken back"
	case store.Parked:
		return " – " + s.Reason + "; see foredesk approve"
	case store.Planned:
		if words = "still to be done"; s.Due.After(time.Now()) {
			words = "waits until " + moment(s.Due, zone)
		}
	case store.Started:
		words = "in the middle of being done"
	}
	return " – " + words + prefixed(": ", s.Reason)
}

// decided reports whether the step was not done because somebody wanted it so.
func (s stepOutput) decided() bool {
	for _, reason := range decisions {
		if s.Reason == reason {
			return true
		}
	}
	return false
}

// ofLetters are the actions that write into letters; their words say all.
var ofLetters = []string{"summarize", "agenda", "brief"}

// wholeArgs are what an effect writes or calls, for explain: one line each. Its
// other arguments stand in its words.
func wholeArgs(action string, with map[string]string, zone *time.Location) (lines []string) {
	if isCalendarAction(action, with) {
		return calendarArgs(with, zone)
	}
	// What a decision takes back, its facts say in words.
	said := []string{"at", "unless", "to", "once", "as", "files", "back"}
	if with["back"] != "" {
		said = append(said, "until")
	}
	if slices.Contains(ofLetters, action) {
		said = append(said, "lines", "show", "story", "due", "ahead", "before", "event")
	}
	for _, name := range sortedKeys(with) {
		value := with[name]
		if value != "" && !slices.Contains(said, name) {
			lines = append(lines, fmt.Sprintf("%s: %s", name, oneLine(value, 100)))
		}
	}
	return lines
}
