package rules

import (
	"fmt"
	"strings"
	"time"
)

// How times stand in texts that people read.
const (
	longDate  = "Monday 2 January 2006"
	shortDate = "Mon 2 Jan"
	shortTime = "Mon 2 Jan 15:04"
)

// when is the time that {date}, {year} and the like stand for: that of the event,
// the day, or of the mail's coming.
func (e *env) when() time.Time {
	switch {
	case e.Role == "event" && !e.Event.Start.IsZero():
		return e.Event.Start.In(e.Now.Location())
	case e.Role == "day" && !e.Day.Date.IsZero():
		return e.Day.Date.In(e.Now.Location())
	}
	return e.Received
}

// calendarValue is what stands for a field of an event, a day, an invitation or a
// trip.
func (e *env) calendarValue(field string) (string, bool) {
	switch e.Role {
	case "event":
		return e.eventValue(field)
	case "day":
		return e.dayValue(field)
	}
	switch field {
	case "invite.title":
		return e.Invite.Title.raw, true
	case "invite.start":
		return shortly(e.Invite.Start, e.Invite.AllDay, e.Now.Location()), true
	case "organizer":
		return nameOf(e.Invite.Organizer), true
	case "organizer.first":
		return firstName(e.Invite.Organizer), true
	case "conflict":
		return titleOfFirst(e.Invite.Conflicts), true
	case "trip":
		return e.tripTitle(), true
	}
	return "", false
}

func (e *env) eventValue(field string) (string, bool) {
	event, zone := &e.Event, e.Now.Location()
	switch field {
	case "title":
		return event.Title.raw, true
	case "start":
		return shortly(event.Start, event.AllDay, zone), true
	case "end":
		return shortly(event.End, event.AllDay, zone), true
	case "length":
		return shortLength(event.End.Sub(event.Start)), true
	case "location":
		return event.Location.raw, true
	case "calendar":
		return event.Calendar, true
	case "organizer":
		return nameOf(event.Organizer), true
	case "organizer.first":
		return firstName(event.Organizer), true
	case "organizer.email":
		return event.Organizer.Email, true
	case "conflict":
		return titleOfFirst(event.Conflicts), true
	}
	return "", false
}

func (e *env) dayValue(field string) (string, bool) {
	switch field {
	case "meetings":
		return fmt.Sprint(e.Day.Meetings), true
	case "load":
		return fmt.Sprintf("%.0f %%", e.Day.Load*100), true
	}
	return "", false
}

// tripTitle is that of the leg that is being put on the calendar, or of the first
// one.
func (e *env) tripTitle() string {
	switch {
	case e.leg != nil:
		return e.leg.Title.raw
	case len(e.Found.Trips) > 0:
		return e.Found.Trips[0].Title.raw
	}
	return ""
}

// titleOfFirst is the title of the first event, as far as others may see it.
func titleOfFirst(events []Event) string {
	switch {
	case len(events) == 0:
		return ""
	case events[0].Private:
		return "(private)"
	}
	return events[0].Title.raw
}

func nameOf(a Address) string {
	if a.Name.raw != "" {
		return a.Name.raw
	}
	return a.Email
}

// shortly is a time as a line has it.
func shortly(t time.Time, allDay bool, zone *time.Location) string {
	switch {
	case t.IsZero():
		return ""
	case allDay:
		return t.In(zone).Format(shortDate)
	}
	return t.In(zone).Format(shortTime)
}

// shortLength is a length of time as rules are written: "45m", "1h30m", "2d".
func shortLength(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" {
		return "0m"
	}
	return s
}
