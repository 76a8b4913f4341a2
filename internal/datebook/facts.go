package datebook

import (
	"cmp"
	"strings"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// ItemOfEvent stands in Ours["item"] before the key of the occurrence that an event
// of ours was made for.
const ItemOfEvent = "event/"

// facts makes rules.Events, and keeps what many of them share.
type facts struct {
	zone   *time.Location
	names  map[string]string
	people map[Person]rules.Address
}

// describe fills in all that does not depend on which instance it is.
func (x *facts) describe(e *Event, f *rules.Event) {
	*f = rules.Event{
		ID: e.ID, UID: e.UID, Key: e.UID, Calendar: x.calendar(e), Created: e.Created,
		Title: rules.NewText(e.Title), Location: rules.NewText(e.Location), Notes: rules.NewText(plain(e.Notes)), Video: e.Video,
		AllDay: e.AllDay, Private: e.Private, Color: e.Color, Status: e.Status, Cancelled: e.Cancelled(), Response: e.Me(),
		// Of a private event the mirror keeps no organizer but whether it is the account.
		Mine:      e.Organizer.Self || e.Organizer.Email == "" && !e.Private,
		Recurring: e.Series != "" || e.isSeries(), Series: e.Series,
		Remind: e.Remind, Ours: e.Ours["rule"] != "", Rule: e.Ours["rule"], Tags: tagsOf(e.Ours["tags"]),
	}
	// Without an organizer there is no address, not one that is empty.
	if e.Organizer.Email != "" {
		f.Organizer = x.address(e.Organizer)
	}
	f.Busy = !e.Free && !f.Cancelled && f.Response != "declined"
	if key, ok := strings.CutPrefix(e.Ours["item"], ItemOfEvent); ok && f.Ours {
		f.Follows = key
	}
	// A room says yes to whoever books it: it is no guest, and none that answers.
	for _, g := range e.Guests {
		if g.Self || g.Resource {
			continue
		}
		if f.Attendees == nil {
			f.Attendees = make([]rules.Address, 0, len(e.Guests))
		}
		f.Attendees = append(f.Attendees, x.address(g.Person))
		switch g.Response {
		case "accepted":
			f.Accepted++
		case "declined":
			f.Declined++
		case "needsAction", "":
			f.Unanswered++
		}
	}
	f.Kind = kindOf(e, f)
	if e.isSeries() {
		f.Series = e.ID
	}
}

// kindOf is the kind of an event in the words of the rules.
func kindOf(e *Event, f *rules.Event) string {
	action, _, _ := strings.Cut(e.Ours["action"], " ")
	switch {
	case e.Kind == "outOfOffice" || e.Kind == "workingLocation" || e.Kind == "birthday":
		return e.Kind
	// Not every account of Google's has events of that kind: there it is one of ours.
	case e.Kind == "focusTime" || f.Ours && action == "focus":
		return "focus"
	case f.Ours && action == "propose":
		return "offer"
	case f.Ours && e.Status == "tentative":
		return "hold"
	// Guests may be hidden, from the executive or from us; then there are some.
	case len(f.Attendees) > 0 || e.Omitted || !f.Mine && e.Organizer.Email != "":
		return "meeting"
	}
	return "task"
}

// calendar is what the configuration calls the event's calendar. The id of one is
// an address, and stands in no error.
func (x *facts) calendar(e *Event) string { return cmp.Or(x.names[e.Calendar], "unknown") }

// address splits an address once: the same people are in most events, and to find
// the registrable part of a domain takes a while.
func (x *facts) address(p Person) rules.Address {
	p.Self = false
	a, ok := x.people[p]
	if !ok {
		a = rules.ParseAddress(p.Name, p.Email)
		x.people[p] = a
	}
	return a
}

func tagsOf(text string) (tags []string) {
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
