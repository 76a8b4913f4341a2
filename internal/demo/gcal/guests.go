package gcal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Letter is one mail that Google would have sent for a change. Nothing is sent:
// a test reads Outbox.
type Letter struct {
	Calendar, Event string
	Kind            string // invitation, update, cancellation, or reply (to the organizer)
	To              string
	SendUpdates     string // what the client chose: all or externalOnly
}

// Outbox returns the mails that changes through the API would have caused, oldest first.
func (s *Server) Outbox() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.outbox...)
}

// answers are the values of responseStatus.
var answers = []string{"needsAction", "declined", "tentative", "accepted"}

// invited fills in what Google adds to each attendee: no answer yet, and which
// of them is the organizer and the calendar itself.
func invited(cal *calendar, doc object) {
	organizer := text(child(doc, "organizer"), "email")
	for _, g := range objects(doc, "attendees") {
		if text(g, "responseStatus") == "" {
			g["responseStatus"] = "needsAction"
		}
		delete(g, "self")
		delete(g, "organizer")
		if strings.EqualFold(text(g, "email"), cal.ID) {
			g["self"] = true
		}
		if strings.EqualFold(text(g, "email"), organizer) {
			g["organizer"] = true
		}
	}
}

// answered is what attendeesOmitted asks for: of the attendees that were sent,
// the account's own is taken; the others stay as they are.
func answered(doc, sent object) []object {
	all := objects(doc, "attendees")
	for _, g := range all {
		if g["self"] != true {
			continue
		}
		for _, mine := range objects(sent, "attendees") {
			if strings.EqualFold(text(mine, "email"), text(g, "email")) {
				merge(g, mine)
			}
		}
	}
	return all
}

// guestsOf are the addresses of an event's guests without the calendar's own.
func guestsOf(r *record) (all []string) {
	if r == nil || r.gone {
		return nil
	}
	for _, g := range objects(r.doc, "attendees") {
		if g["self"] != true {
			all = append(all, text(g, "email"))
		}
	}
	return all
}

// tell records who would have got mail. before is nil for a new event. Google
// sends, at its own will, a few mails even for "none"; we hold it to its word.
func (s *Server) tell(cal *calendar, r, before *record, query url.Values) {
	choice := query.Get("sendUpdates")
	if choice == "" && query.Get("sendNotifications") == "true" {
		choice = "all"
	}
	if choice != "all" && choice != "externalOnly" {
		return
	}
	send := func(to, kind string) {
		if choice == "all" || domainOf(to) != domainOf(s.account.User) {
			s.outbox = append(s.outbox, Letter{Calendar: cal.ID, Event: r.id, Kind: kind, To: to, SendUpdates: choice})
		}
	}
	if organizer := child(r.doc, "organizer"); organizer["self"] != true {
		if ownAnswer(before) != ownAnswer(r) {
			send(text(organizer, "email"), "reply")
		}
		return
	}
	was, is := guestsOf(before), guestsOf(r)
	for _, g := range is {
		if slices.Contains(was, g) {
			send(g, "update")
		} else {
			send(g, "invitation")
		}
	}
	for _, g := range was {
		if !slices.Contains(is, g) {
			send(g, "cancellation")
		}
	}
}

// ownAnswer is the account's response with its comment; a deleted invitation is a
// declined one.
func ownAnswer(r *record) string {
	if r == nil {
		return "needsAction"
	}
	if r.gone {
		return "declined"
	}
	for _, g := range objects(r.doc, "attendees") {
		if g["self"] == true {
			return text(g, "responseStatus") + text(g, "comment")
		}
	}
	return "needsAction"
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// encode writes an object with its keys in order, to compare it.
func encode(o object) string {
	b, err := json.Marshal(o)
	if err != nil {
		return fmt.Sprint(o)
	}
	return string(b)
}

// view is an event as an answer shows it. Of a deleted one it guarantees no more
// than Google does: the id, and of an instance its place in the series.
func (s *Server) view(cal *calendar, r *record, query url.Values) object {
	zone := cal.answerZone(query.Get("timeZone"))
	o := object{"kind": "calendar#event", "id": r.id, "etag": r.etag(), "status": "cancelled"}
	if !r.gone {
		o = clone(r.doc)
		o["etag"], o["updated"] = r.etag(), r.updatedText()
		o["start"], o["end"] = r.start.write(zone), r.end.write(zone)
	}
	if r.master != nil {
		o["recurringEventId"], o["originalStartTime"] = r.master.id, r.original.write(zone)
	}
	if cal.Role == "freeBusyReader" && !r.gone {
		o = busyOnly(o)
	}
	return fewer(o, pageSize(query.Get("maxAttendees"), cmp.Or(len(objects(o, "attendees")), 1)))
}

// busyOnly is what is left of an event for one who may see when and not what.
func busyOnly(o object) object {
	for k := range o {
		if !slices.Contains([]string{"kind", "id", "etag", "status", "start", "end", "updated", "recurrence", "recurringEventId", "originalStartTime", "transparency", "eventType"}, k) {
			delete(o, k)
		}
	}
	o["visibility"] = "private"
	return o
}

// fewer is maxAttendees: where there are more, only the account's own is shown.
func fewer(o object, most int) object {
	all := objects(o, "attendees")
	if len(all) <= most {
		return o
	}
	o["attendees"] = array(slices.DeleteFunc(all, func(g object) bool { return g["self"] != true }))
	o["attendeesOmitted"] = true
	return o
}
