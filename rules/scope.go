package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"go.yaml.in/yaml/v4"
)

// What may stand in a rule hangs on what the rule is on: mail, which sent is too,
// an event, or a day. A name of another sort would be empty, and the rule would
// be wrong without a word; so it is refused.

// factsOn are the facts that conditions of rules on events and on days may look at.
// In rules on mail all may stand but event.
var factsOn = map[string][]string{
	"event": {"account", "event", "day", "now", "weekday", "workHours", "confidential", "sensitivity"},
	"day":   {"account", "day", "now", "weekday"},
}

// functionsOfMail look at what only a mail has.
var functionsOfMail = []string{"hasFile", "header", "labelled", "dueWithin", askFunction}

// eventFacts say of an event what a fact of mail says of a mail.
var eventFacts = map[string]string{
	"from": "event.organizer", "sender_address": "event.organizer", "replyTo": "event.organizer", "to": "event.attendees", "cc": "event.attendees", "everyone": "event.attendees",
	"subject": "event.title", "text": "event.notes", "full": "event.notes", "date": "event.start", "received": "event.start", "kind": "event.kind", "labels": "event.tags",
	"internal": "not event.external", "onlyMe": "event.attendees", "toMe": "event.response", "links": "event.video", "invite": "event",
}

// outOfPlace is why a fact can't stand in a condition of a rule on that sort of
// item, with what to write instead; empty where it can.
func outOfPlace(sort, name string) (message, hint string) {
	allowed, limited := factsOn[sort]
	switch {
	case (sort == "mail" || sort == "sent") && name == "event":
		return "a mail has no event", "write on: event in the rule; what a mail invites to is invite"
	case !limited || slices.Contains(allowed, name):
		return "", ""
	case sort == "event" && eventFacts[name] != "":
		return fmt.Sprintf("an event has no %q", name), fmt.Sprintf("write %s", eventFacts[name])
	}
	article := map[string]string{"event": "an event", "day": "a day"}[sort]
	return fmt.Sprintf("%s has no %q", article, name), "rules on: " + sort + " can look at: " + strings.Join(allowed, ", ")
}

// thingOf is what a rule on that sort of item looks at, with a condition for
// example.
func thingOf(sort string) (thing, example string) {
	switch sort {
	case "event":
		return sort, "event.external"
	case "day":
		return sort, "day.load > 0.8"
	}
	return "mail", "from in board"
}

// inPlace refuses a fact that the rule's sort of item does not have.
func (l *linter) inPlace(n *ast.IdentifierNode) bool {
	message, hint := outOfPlace(l.on, n.Value)
	if message != "" {
		l.fail(n, hint, "%s", message)
	}
	return message == ""
}

// functionInPlace refuses a function that looks at what only mail has.
func (l *linter) functionInPlace(n *ast.IdentifierNode) {
	_, limited := factsOn[l.on]
	switch {
	case l.on == "day" && n.Value == "within":
		l.fail(n, `write busy("12:00", "13:00") for what is on that day's calendar`, "within(…) asks for a time of day, and the rule looks at a whole day")
		return
	case !limited || !slices.Contains(functionsOfMail, n.Value):
		return
	}
	hint := ""
	if n.Value == "labelled" && l.on == "event" {
		hint = `write "board" in event.tags`
	}
	l.fail(n, hint, "%s(…) looks at mail, and the rule is on: %s", n.Value, l.on)
}

// making are the actions that put something new on the calendar.
var making = map[string]bool{"schedule": true, "hold": true, "focus": true, "prep": true, "buffer": true, "mirror": true}

// ofCalendar are the actions of the schedule group that need a calendar.
var ofCalendar = map[string]bool{
	"schedule": true, "hold": true, "focus": true, "prep": true, "buffer": true, "mirror": true,
	"respond": true, "propose": true, "move": true, "fix": true, "color": true, "tag": true, "brief": true,
}

var (
	// onMail are the actions of the schedule group that a rule on mail may have,
	// besides all that are no action of that group.
	onMail = []string{"schedule", "hold", "propose", "respond"}
	// actionsOn are the actions of rules on events and on days.
	actionsOn = map[string][]string{
		"event": {
			"schedule", "hold", "focus", "prep", "buffer", "respond", "move", "fix", "color", "tag", "mirror", "remind",
			"brief", "agenda", "notify", "webhook", "extract", "digest",
		},
		"day": {"schedule", "hold", "focus", "notify", "agenda", "webhook"},
	}
	// eventActions do to an event what an action of mail does to a mail.
	eventActions = map[string]string{
		"flag": "color: red", "label": "tag: board", "reply": "respond: {answer: decline, comment: …}", "draft": "respond: {answer: decline, comment: …}",
		"forward": "notify: assistant", "redirect": "notify: assistant", "bundle": "agenda: Calendar", "summarize": "agenda: Calendar", "snooze": "move: free", "save": "extract: …", "important": "color: red",
		"trash": "respond: decline", "delete": "respond: decline", "archive": "respond: decline",
	}
)

// standsOn are the actions that a rule on the sort of item may have.
func standsOn(sort string) []string {
	if allowed, ok := actionsOn[sort]; ok {
		return allowed
	}
	return slices.DeleteFunc(actionNames(), func(name string) bool { return ofCalendar[name] && !slices.Contains(onMail, name) })
}

// mayStand refuses an action that can't be done to the rule's sort of item.
func (l *loader) mayStand(key *yaml.Node) bool {
	action := key.Value
	if slices.Contains(standsOn(l.sort), action) {
		return true
	}
	switch {
	case l.sort == "mail" || l.sort == "sent":
		hint := "make it a rule on: event"
		switch action {
		case "move":
			hint = `did you mean "file"? move is for events`
		case "focus":
			hint = "make it a rule on: event or on: day"
		}
		l.fail(key, hint, "%s is for events of the calendar; the rule is on: %s", action, l.sort)
	case action == "propose" && l.sort == "event":
		l.fail(key, `write for example: respond: {answer: decline, comment: "Could we do {alternative}?"}`, "propose answers a mail; the rule is on: event")
	case action == "propose":
		l.fail(key, "make it a rule on: mail", "propose answers a mail; the rule is on: %s", l.sort)
	case ofCalendar[action] || action == "remind":
		l.fail(key, "make it a rule on: event", "%s needs an event; the rule is on: %s", action, l.sort)
	default:
		hint := "rules on: " + l.sort + " have: " + strings.Join(standsOn(l.sort), ", ")
		if l.sort == "event" && eventActions[action] != "" {
			hint = "write for example: " + eventActions[action]
		}
		l.fail(key, hint, "%s is for mail; the rule is on: %s", action, l.sort)
	}
	return false
}

// LooksAhead reports whether a rule on days wants to see the days to come, and not
// today alone.
func (r *Rule) LooksAhead() bool {
	return r.On == "day" && slices.ContainsFunc(mergeFacts(r.when, r.unless, r.undoWhen), func(f string) bool { return f == "day.ahead" || f == "day" })
}

// LooksAtCalendar reports whether the set needs a calendar: a rule is on events or
// days, looks at one, or puts something there.
func (s *Set) LooksAtCalendar() bool {
	return s.needs.Diary || slices.ContainsFunc(s.Rules, (*Rule).LooksAtCalendar)
}

// LooksAtCalendar reports whether the rule needs a calendar. One that rests needs
// nothing.
func (r *Rule) LooksAtCalendar() bool {
	return r.Enabled && (r.diary || r.On == "event" || r.On == "day" || slices.ContainsFunc(r.Actions, func(a Action) bool { return ofCalendar[a.Name] }))
}
