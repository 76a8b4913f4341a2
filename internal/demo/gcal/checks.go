package gcal

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"
)

// Limits of Google's documents; the number of guests is our own reading of "over
// 200 guests", which Google answers differently from account to account.
const (
	maxGuests     = 250
	maxProperties = 300
	maxKey        = 44
	maxValue      = 1024
	maxOverrides  = 5
	maxReminder   = 40320 // minutes
)

// special are the types that only some accounts' primary calendars have.
var special = []string{"focusTime", "outOfOffice", "workingLocation"}

func invalid(message string, args ...any) error {
	return refuse(http.StatusBadRequest, "invalid", message, args...)
}

// checkEvent holds a whole event against Google's rules. before is nil for a new one.
func (s *Server) checkEvent(cal *calendar, r, before *record) error {
	if r.start.allDay != r.end.allDay {
		return invalid("Start and end times must either both be date or both be dateTime.")
	}
	if r.end.at.Before(r.start.at) || r.start.allDay && !r.end.at.After(r.start.at) {
		return refuse(http.StatusBadRequest, "timeRangeEmpty", "The specified time range is empty.")
	}
	checks := []func() error{
		r.checkRecurrence,
		func() error { return s.checkType(cal, r, before) },
		func() error { return checkGuests(r.doc) },
		func() error { return checkProperties(child(r.doc, "extendedProperties")) },
		func() error { return checkReminders(child(r.doc, "reminders")) },
		func() error { return checkWords(r.doc) },
	}
	if before != nil {
		checks = append(checks, func() error { return checkChange(r, before) })
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkType refuses events that the calendar can't have. Special ones exist on
// the primary calendar alone and have no guests.
func (s *Server) checkType(cal *calendar, r, before *record) error {
	kind := text(r.doc, "eventType")
	if before != nil {
		if kind != text(before.doc, "eventType") {
			return refuse(http.StatusBadRequest, "eventTypeRestriction", "The event type can't be changed.")
		}
		return nil
	}
	refused := func(why string) error {
		return refuse(http.StatusBadRequest, "eventTypeRestriction", "%s events %s", kind, why)
	}
	switch {
	case kind == "default":
		return nil
	case kind == "fromGmail":
		return refused("can't be created.")
	case kind == "birthday":
		if !r.start.allDay || !r.recurring() {
			return refused("are all-day events that come back each year.")
		}
		return nil
	case !slices.Contains(special, kind):
		return invalid("Invalid event type %q", kind)
	case !s.account.Workspace || !cal.primary:
		return refused("exist on the primary calendars of some accounts only; this is none of them.")
	case len(objects(r.doc, "attendees")) > 0:
		return refused("have no attendees.")
	}
	return checkSpecial(r, kind, refused)
}

func checkSpecial(r *record, kind string, refused func(string) error) error {
	switch {
	case kind != "workingLocation" && r.start.allDay:
		return refused("can't be all-day events.")
	case kind != "workingLocation":
		return nil
	case child(r.doc, "workingLocationProperties") == nil:
		return refused("need workingLocationProperties.")
	case text(r.doc, "visibility") != "public" || text(r.doc, "transparency") != "transparent":
		return refused("must be public and transparent.")
	}
	return nil
}

// checkGuests takes addresses without a name, as the API does (RFC 5322, section
// 3.4.1).
func checkGuests(doc object) error {
	guests := objects(doc, "attendees")
	if len(guests) > maxGuests {
		return refuse(http.StatusBadRequest, "limitExceeded", "%d attendees are more than %d", len(guests), maxGuests)
	}
	for _, g := range guests {
		if a, err := mail.ParseAddress(text(g, "email")); err != nil || a.Address != text(g, "email") {
			return refuse(http.StatusBadRequest, "required", "Missing or invalid attendee email.")
		}
		if status := text(g, "responseStatus"); status != "" && !slices.Contains(answers, status) {
			return invalid("Invalid response status %q", status)
		}
	}
	return nil
}

// checkProperties counts private and shared properties together.
func checkProperties(both object) error {
	count := 0
	for _, which := range []string{"private", "shared"} {
		for k, v := range child(both, which) {
			value, _ := v.(string)
			if count++; len(k) > maxKey || len(value) > maxValue || count > maxProperties {
				return invalid("Extended properties have at most %d bytes of name, %d of value, and are at most %d", maxKey, maxValue, maxProperties)
			}
		}
	}
	return nil
}

func checkReminders(reminders object) error {
	own := objects(reminders, "overrides")
	if len(own) > 0 && reminders["useDefault"] == true {
		return refuse(http.StatusBadRequest, "cannotUseDefaultRemindersAndSpecifyOverride", "Cannot specify both default reminders and overrides at the same time.")
	}
	if len(own) > maxOverrides {
		return invalid("There can be at most %d reminders", maxOverrides)
	}
	for _, o := range own {
		method, minutes := text(o, "method"), number(o, "minutes")
		if method != "email" && method != "popup" || minutes < 0 || minutes > maxReminder {
			return invalid("Invalid reminder: %q, %d minutes before", method, minutes)
		}
	}
	return nil
}

// checkWords holds fields against the words that they may have; calendar-api.json
// has these only in its prose.
func checkWords(doc object) error {
	for field, words := range map[string][]string{
		"status":       {"confirmed", "tentative", "cancelled"},
		"transparency": {"opaque", "transparent"},
		"visibility":   {"default", "public", "private", "confidential"},
	} {
		if v := text(doc, field); v != "" && !slices.Contains(words, v) {
			return invalid("Invalid value for: %s %q", field, v)
		}
	}
	if id := text(doc, "colorId"); id != "" {
		if n, err := strconv.Atoi(id); err != nil || n < 1 || n > len(eventColors) {
			return invalid("Invalid color id %q", id)
		}
	}
	return nil
}

// checkChange holds a change against what was there: ids stay, the sequence
// never falls, and guests don't write what all guests share.
func checkChange(r, before *record) error {
	for _, field := range []string{"id", "iCalUID"} {
		if text(r.doc, field) != text(before.doc, field) {
			return invalid("Invalid value for: %s can't be changed", field)
		}
	}
	if number(r.doc, "sequence") < number(before.doc, "sequence") {
		return invalid("Invalid sequence value. The specified sequence number is below the current sequence number of the resource.")
	}
	own := child(before.doc, "organizer")["self"] == true
	shared := func(o object) string { return encode(child(child(o, "extendedProperties"), "shared")) }
	if !own && shared(r.doc) != shared(before.doc) {
		return refuse(http.StatusForbidden, "forbiddenForNonOrganizer", "Shared properties can only be changed by the organizer of the event.")
	}
	return nil
}
