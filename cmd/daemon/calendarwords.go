package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// Words for what is done on calendars, and for times there.

// verb is the action without what tells several of a kind apart.
func (s stepOutput) verb() string {
	verb, _, _ := strings.Cut(s.Action, " ")
	return verb
}

// makesEvents are the actions that make an event, with a time that is worth a word.
var makesEvents = []string{"schedule", "hold", "focus", "prep", "buffer", "mirror"}

// calendarActions are the actions that are done on a calendar; remind is one only
// for an event.
var calendarActions = append([]string{"respond", "propose", "move", "fix", "color", "tag"}, makesEvents...)

func isCalendarAction(action string, with map[string]string) bool {
	return slices.Contains(calendarActions, action) || action == "remind" && with["before"] != ""
}

// calendarWords says what a step does on a calendar and, once it is done, where the
// event was put.
func (s stepOutput) calendarWords(verb string, zone *time.Location) string {
	var said string
	switch s.do {
	case "release":
		said = "let the hold go, as its time is up"
	case "flip":
		said = fmt.Sprintf("show “%s” as busy", s.title)
	case "shift":
		said = fmt.Sprintf("move “%s” with its event", s.title)
	case "draft", "undraft":
		said = "draft an answer with the times"
	case "unmake":
		if said = s.effectOnCalendar(verb, zone); verb == "propose" {
			said = "hold a time that is offered"
		}
	default:
		said = s.effectOnCalendar(verb, zone)
	}
	if s.Undoes != 0 {
		said = "undo: " + said
	}
	return oneLine(said, 140)
}

// effectOnCalendar are the words of an effect. Where the event is by now says more
// than where a time was looked for.
func (s stepOutput) effectOnCalendar(verb string, zone *time.Location) string {
	e := rules.Effect{Action: verb, Arg: s.Arg, With: s.With}
	if slices.Contains(calendarActions, s.do) && s.do != verb { // it follows from the action
		verb, e.Action, e.Arg = s.do, s.do, s.title
	}
	if strings.HasSuffix(s.Action, " by mail") {
		return e.String() + ", by mail"
	}
	if s.Put == nil || s.Put.Start.IsZero() || !slices.Contains(makesEvents, verb) && verb != "move" {
		return e.String()
	}
	e.With = map[string]string{}
	if verb == "move" {
		return "move the event to " + timesOf(s.Put.Start, s.Put.End, false, zone)
	}
	return e.String() + ", " + timesOf(s.Put.Start, s.Put.End, s.With["date"] != "", zone)
}

// calendarArgs are what an effect on a calendar is made of and its words don't say.
func calendarArgs(with map[string]string, zone *time.Location) (lines []string) {
	for _, name := range []string{"length", "between", "days", "after", "before", "location", "notes", "guests", "comment", "subject", "text", "remind", "expires", "calendar"} {
		value := with[name]
		if t, err := time.Parse(time.RFC3339, value); err == nil && zone != nil {
			value = moment(t, zone)
		}
		if value != "" {
			lines = append(lines, fmt.Sprintf("%s: %s", name, oneLine(value, 100)))
		}
	}
	if with["flip"] == "busy" {
		lines = append(lines, "shown as free until the day is full")
	}
	return lines
}

// timesOf says when something is: "Tue 24 Nov 09:30–10:00". Of what lasts all day
// the times are midnights, and the last is not a part of it.
func timesOf(start, end time.Time, allDay bool, zone *time.Location) string {
	if allDay {
		last := end.AddDate(0, 0, -1)
		if !last.After(start) {
			return start.Format("Mon 2 Jan")
		}
		return start.Format("Mon 2 Jan") + "–" + last.Format("Mon 2 Jan")
	}
	start, end = start.In(zone), end.In(zone)
	switch {
	case !end.After(start):
		return moment(start, zone)
	case start.Format(time.DateOnly) == end.Format(time.DateOnly):
		return moment(start, zone) + "–" + end.Format("15:04")
	}
	return moment(start, zone) + "–" + moment(end, zone)
}

// whenOf is timesOf of an event that is on a calendar.
func whenOf(e *rules.Event, zone *time.Location) string {
	if e.AllDay {
		return timesOf(e.Start.In(zone), e.End.In(zone), true, zone)
	}
	return timesOf(e.Start, e.End, false, zone)
}

// titleOf is an event's title. Of a private one nothing is shown.
func titleOf(e *rules.Event) string {
	switch title := e.Title.String(); {
	case e.Private:
		return "(private)"
	case strings.TrimSpace(title) == "":
		return "(no title)"
	default:
		return title
	}
}
