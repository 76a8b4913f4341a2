package gcal

import (
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// readOnly are fields that only the server writes; a client may send them back
// as it got them, and they are not looked at.
var readOnly = []string{
	"kind", "etag", "created", "updated", "creator", "organizer", "htmlLink", "hangoutLink", "locked",
	"recurringEventId", "originalStartTime", "attendeesOmitted",
}

// clientID is what an id that a client chooses may be made of (base32hex, RFC
// 2938, section 3.1.2), five characters or more.
var clientID = regexp.MustCompile(`^[a-v0-9]{5,}$`)

// insertEvent is events.insert. A deleted event's id is as taken as a living
// one's: that is how a client learns that a person removed what it made.
func (s *Server) insertEvent(c *call) (object, error) {
	cal, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	id, uid := text(c.body, "id"), text(c.body, "iCalUID")
	switch {
	case id != "" && (len(id) > 1024 || !clientID.MatchString(id)):
		return nil, refuse(http.StatusBadRequest, "invalid", "Invalid resource id value.")
	case id != "" && uid != "":
		return nil, refuse(http.StatusBadRequest, "invalid", "Only one of id and iCalUID may be given.")
	case cal.events[id] != nil || uid != "" && cal.byUID(uid) != nil:
		return nil, refuse(http.StatusConflict, "duplicate", "The requested identifier already exists.")
	}
	doc := without(clone(c.body), readOnly...)
	r, err := s.add(cal, doc, nil)
	if err != nil {
		return nil, err
	}
	s.tell(cal, r, nil, c.query)
	return s.view(cal, r, c.query), nil
}

// importEvent adds a copy of an event that lives elsewhere: its iCalUID and its
// organizer stand. The copy that is there already is written over.
func (s *Server) importEvent(c *call) (object, error) {
	cal, err := s.writable(c)
	if err != nil {
		return nil, err
	}
	uid := text(c.body, "iCalUID")
	if uid == "" {
		return nil, refuse(http.StatusBadRequest, "required", "Required: iCalUID")
	}
	organizer := child(c.body, "organizer")
	doc := without(clone(c.body), readOnly...)
	if there := cal.byUID(uid); there != nil {
		return s.replace(cal, there, doc, c)
	}
	delete(doc, "id")
	r, err := s.add(cal, doc, organizer)
	if err != nil {
		return nil, err
	}
	return s.view(cal, r, c.query), nil
}

// byUID finds an event of its own, or the master of a series; its exceptions have
// the same iCalUID.
func (cal *calendar) byUID(uid string) *record {
	for _, r := range cal.events {
		if r.master == nil && text(r.doc, "iCalUID") == uid {
			return r
		}
	}
	return nil
}

// add stores a new event. organizer is nil where the account organizes it.
func (s *Server) add(cal *calendar, doc, organizer object) (*record, error) {
	s.serial++
	id := text(doc, "id")
	if id == "" {
		delete(doc, "id")
		id = fmt.Sprintf("srv%023d", s.serial)
	}
	self := object{"email": cal.ID, "self": true}
	if organizer == nil {
		organizer = self
	} else if text(organizer, "email") == cal.ID {
		organizer["self"] = true
	}
	now := s.account.Now().UTC()
	defaults := object{
		"kind": "calendar#event", "id": id, "status": "confirmed", "eventType": "default", "sequence": 0,
		"iCalUID": id + "@google.com", "created": now.Format("2006-01-02T15:04:05.000Z"), "creator": self, "organizer": organizer,
		"htmlLink": s.base + "/event?eid=" + id, "reminders": object{"useDefault": true},
	}
	for k, v := range defaults {
		if doc[k] == nil {
			doc[k] = v
		}
	}
	r := &record{id: id, doc: doc, exceptions: map[string]*record{}}
	if err := s.settle(cal, r, nil); err != nil {
		return nil, err
	}
	s.store(cal, r)
	return r, nil
}

// settle reads the times out of an event's document and checks the whole of it.
// before is what the event was, or nil.
func (s *Server) settle(cal *calendar, r, before *record) error {
	var err error
	if r.start, err = readMoment(r.doc, "start", cal.zone); err != nil {
		return err
	}
	if r.end, err = readMoment(r.doc, "end", cal.zone); err != nil {
		return err
	}
	if err := s.checkEvent(cal, r, before); err != nil {
		return err
	}
	r.doc["start"], r.doc["end"] = r.start.write(cal.zone), r.end.write(cal.zone)
	invited(cal, r.doc)
	return nil
}

// store puts a checked event into its calendar and tells who watches it.
func (s *Server) store(cal *calendar, r *record) {
	r.touch(s)
	cal.events[r.id] = r
	if r.master != nil {
		r.master.exceptions[r.id] = r
	}
	s.notify(cal)
}

// touch counts a change.
func (r *record) touch(s *Server) {
	s.rev++
	r.rev, r.updated = s.rev, s.account.Now().UTC()
	if !r.gone && text(r.doc, "status") == "cancelled" {
		r.gone = true
	}
}

// getEvent is events.get, which answers for deleted events as well.
func (s *Server) getEvent(c *call) (object, error) {
	cal, r, err := s.event(c, s.find)
	if err != nil {
		return nil, err
	}
	return s.view(cal, r, c.query), nil
}

// event finds what a path names.
func (s *Server) event(c *call, find func(id string) (*calendar, error)) (*calendar, *record, error) {
	cal, err := find(c.path["calendarId"])
	if err != nil {
		return nil, nil, err
	}
	r, err := cal.lookup(c.path["eventId"])
	return cal, r, err
}

// changing finds an event that is to be written, and holds If-Match against it
// (RFC 9110, section 13.1.1).
func (s *Server) changing(c *call) (*calendar, *record, error) {
	cal, r, err := s.event(c, func(string) (*calendar, error) { return s.writable(c) })
	if err != nil {
		return nil, nil, err
	}
	if want := c.header.Get("If-Match"); want != "" && want != "*" && want != r.etag() {
		return nil, nil, refuse(http.StatusPreconditionFailed, "conditionNotMet", "Precondition Failed")
	}
	return cal, r, nil
}

// patchEvent is events.patch: what the body names is merged into the event.
func (s *Server) patchEvent(c *call) (object, error) {
	cal, r, err := s.changing(c)
	if err != nil {
		return nil, err
	}
	patch := clone(c.body)
	onlyMine := patch["attendeesOmitted"] == true
	for _, field := range readOnly {
		delete(patch, field)
	}
	doc := clone(r.doc)
	if onlyMine {
		patch["attendees"] = array(answered(doc, patch))
	}
	merge(doc, patch)
	return s.change(cal, r, doc, c)
}

// updateEvent replaces an event: what the body leaves out is gone, but for what
// only the server writes.
func (s *Server) updateEvent(c *call) (object, error) {
	cal, r, err := s.changing(c)
	if err != nil {
		return nil, err
	}
	if c.body["start"] == nil || c.body["end"] == nil {
		return nil, refuse(http.StatusBadRequest, "required", "Missing end time.")
	}
	onlyMine := c.body["attendeesOmitted"] == true
	doc := without(clone(c.body), readOnly...)
	if onlyMine {
		doc["attendees"] = array(answered(clone(r.doc), doc))
	}
	return s.replace(cal, r, doc, c)
}

// replace keeps the fields that a client can't clear by leaving them out.
func (s *Server) replace(cal *calendar, r *record, doc object, c *call) (object, error) {
	for _, field := range append([]string{"id", "iCalUID", "eventType", "sequence", "reminders"}, readOnly...) {
		if doc[field] == nil && r.doc[field] != nil {
			doc[field] = cloneValue(r.doc[field])
		}
	}
	if doc["status"] == nil {
		doc["status"] = "confirmed"
	}
	return s.change(cal, r, doc, c)
}

// change stores a new document of an event. An instance of a series becomes an
// exception by it. A deleted event comes back where its status says so; any
// other change of it answers 410, by our choice.
func (s *Server) change(cal *calendar, r *record, doc object, c *call) (object, error) {
	status := text(doc, "status")
	if r.gone && (status == "cancelled" || c.body["status"] == nil) {
		return nil, refuse(http.StatusGone, "deleted", "Resource has been deleted")
	}
	if status == "cancelled" {
		s.cancelEvent(cal, r, c)
		return s.view(cal, r, c.query), nil
	}
	// The change is made on a copy: a refused one must leave nothing behind.
	before := *r
	after := before
	after.doc, after.gone = doc, false
	if err := s.settle(cal, &after, &before); err != nil {
		return nil, err
	}
	if moved(&before, &after) && number(doc, "sequence") == number(before.doc, "sequence") {
		doc["sequence"] = number(before.doc, "sequence") + 1
	}
	*r = after
	s.store(cal, r)
	s.dropStrays(cal, r)
	s.tell(cal, r, &before, c.query)
	return s.view(cal, r, c.query), nil
}

// moved says whether guests would have to answer anew (RFC 5546, section 2.1.4).
func moved(a, b *record) bool {
	return !a.start.at.Equal(b.start.at) || !a.end.at.Equal(b.end.at) || fmt.Sprint(a.doc["recurrence"]) != fmt.Sprint(b.doc["recurrence"])
}

// deleteEvent is events.delete. The second delete answers 410, which a client
// should take for success.
func (s *Server) deleteEvent(c *call) (object, error) {
	cal, r, err := s.changing(c)
	if err != nil {
		return nil, err
	}
	if r.gone {
		return nil, refuse(http.StatusGone, "deleted", "Resource has been deleted")
	}
	s.cancelEvent(cal, r, c)
	return nil, nil
}

// cancelEvent deletes an event, and a series with all its exceptions. Deleting an
// instance makes it an exception that is cancelled.
func (s *Server) cancelEvent(cal *calendar, r *record, c *call) {
	before := *r
	s.remove(r)
	for _, e := range r.exceptions {
		s.remove(e)
	}
	s.store(cal, r)
	s.tell(cal, r, &before, c.query)
}

// remove marks an event as deleted. Its document stays, for the one who brings
// it back; nobody is shown more of it than its id.
func (s *Server) remove(r *record) {
	r.gone = true
	r.doc["status"] = "cancelled"
	r.touch(s)
}

// updatedText is the form of the moment of the last change.
func (r *record) updatedText() string { return r.updated.Format("2006-01-02T15:04:05.000Z") }

// answerZone is the zone in which an answer writes clock times.
func (cal *calendar) answerZone(asked string) *time.Location {
	if loc, err := time.LoadLocation(asked); err == nil && asked != "" {
		return loc
	}
	return cal.zone
}
