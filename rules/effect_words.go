package rules

import (
	"fmt"
	"time"
)

// sides tells effects of one action and title apart: the legs of a trip, and what
// stands before or after an event. Before the effect is worked out, that is what
// the rule writes.
func (e Effect) sides() string {
	if nth := e.With["nth"]; nth != "" || e.Action != "buffer" {
		return nth
	}
	sides := ""
	for _, name := range []string{"before", "after", "travel"} {
		if e.With[name] != "" {
			sides += name
		}
	}
	return sides
}

// calendarWords is an effect on the calendar as an assistant would say it.
func (e Effect) calendarWords() string {
	switch e.Action {
	case "respond":
		return map[string]string{
			"accept": "accept the invitation", "tentative": "accept the invitation tentatively", "decline": "decline the invitation",
		}[e.Arg]
	case "propose":
		if e.Arg == "1" {
			return "propose a time"
		}
		return fmt.Sprintf("propose %s times", e.Arg)
	case "move":
		return "find another time for the event"
	case "fix":
		return "solve the conflict"
	case "color":
		return "colour the event " + e.Arg
	case "tag":
		return "tag the event " + e.Arg
	case "remind":
		return "remind " + e.With["before"] + " before the event"
	}
	if e.With["cancelled"] == "true" {
		return fmt.Sprintf("take “%s” off the calendar", e.Arg)
	}
	words := e.Action
	if e.With["length"] != "" && e.With["before"] != "" {
		words += " " + e.With["length"] + " for"
	}
	if e.Arg != "" {
		words += " “" + e.Arg + "”"
	}
	return words + e.timeWords()
}

// timeWords says when it is, or where a free time is looked for.
func (e Effect) timeWords() string {
	instant := func(name string) (time.Time, bool) {
		t, err := time.Parse(time.RFC3339, e.With[name])
		return t, err == nil
	}
	if start, ok := instant("start"); ok {
		return " on " + start.Format(shortTime)
	}
	if date, err := time.Parse(time.DateOnly, e.With["date"]); err == nil {
		return " on " + date.Format(shortDate)
	}
	if before, ok := instant("before"); ok {
		if dayOf(before).Equal(dayOf(before.Add(-time.Second))) {
			return " before " + before.Format(shortTime)
		}
		return " by " + before.Add(-time.Second).Format(shortDate) // the end of that day
	}
	return ""
}
