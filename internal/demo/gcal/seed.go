package gcal

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What follows is done by other people than the client under test: the executive
// at a browser, a guest who answers, Google itself.

// AddCalendar adds a calendar to the account's list.
func (s *Server) AddCalendar(c Calendar) error {
	if c.Zone == "" {
		c.Zone = s.account.Zone
	}
	if c.Role == "" {
		c.Role = "owner"
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return fmt.Errorf("adding calendar %s: %w", c.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calendars = append(s.calendars, newCalendar(c, zone, false))
	return nil
}

// Put adds an event as a person would, whatever the account's role, and returns
// its id. event is anything that encodes to the API's Event; unlike an insert it
// may name the organizer, which is how an invitation comes to a calendar.
func (s *Server) Put(calendarID string, event any) (string, error) {
	doc, err := s.asEvent(event)
	if err != nil {
		return "", fmt.Errorf("putting an event on %s: %w", calendarID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cal := s.any(calendarID)
	if cal == nil {
		return "", fmt.Errorf("putting an event on %s: no such calendar", calendarID)
	}
	r, err := s.add(cal, without(doc, "etag", "updated"), child(doc, "organizer"))
	if err != nil {
		return "", fmt.Errorf("putting an event on %s: %w", calendarID, err)
	}
	return r.id, nil
}

// Edit patches an event as a person would; patch is as for events.patch. A patch
// of status "cancelled" deletes.
func (s *Server) Edit(calendarID, eventID string, patch any) error {
	doc, err := s.asEvent(patch)
	if err != nil {
		return fmt.Errorf("editing event %s: %w", eventID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cal := s.any(calendarID)
	if cal == nil {
		return fmt.Errorf("editing event %s: no calendar %s", eventID, calendarID)
	}
	r, err := cal.lookup(eventID)
	if err != nil {
		return fmt.Errorf("editing event %s: %w", eventID, err)
	}
	after := clone(r.doc)
	merge(after, doc)
	if _, err := s.change(cal, r, after, &call{body: doc, query: url.Values{}}); err != nil {
		return fmt.Errorf("editing event %s: %w", eventID, err)
	}
	return nil
}

// Remove deletes an event, or one instance of a series, as a person would.
func (s *Server) Remove(calendarID, eventID string) error {
	return s.Edit(calendarID, eventID, object{"status": "cancelled"})
}

// Answer lets a guest answer an invitation: status is accepted, declined,
// tentative or needsAction.
func (s *Server) Answer(calendarID, eventID, guest, status, comment string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cal := s.any(calendarID)
	if cal == nil {
		return fmt.Errorf("answering event %s: no calendar %s", eventID, calendarID)
	}
	r, err := cal.lookup(eventID)
	if err != nil {
		return fmt.Errorf("answering event %s: %w", eventID, err)
	}
	for _, g := range objects(r.doc, "attendees") {
		if strings.EqualFold(text(g, "email"), guest) {
			g["responseStatus"], g["comment"] = status, comment
			s.store(cal, r)
			return nil
		}
	}
	return fmt.Errorf("answering event %s: %s is no guest of it", eventID, guest)
}

// Marked returns the ids of the events to come, the earliest first, that have a
// private extended property whose name begins so. A series counts by its first
// instance.
func (s *Server) Marked(calendarID, prefix string, from time.Time) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cal := s.any(calendarID)
	if cal == nil {
		return nil
	}
	var found []*record
	for _, r := range cal.events {
		for name := range child(child(r.doc, "extendedProperties"), "private") {
			if !r.gone && r.end.at.After(from) && strings.HasPrefix(name, prefix) && !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return cmp.Or(a.start.at.Compare(b.start.at), cmp.Compare(a.id, b.id)) })
	for _, r := range found {
		ids = append(ids, r.id)
	}
	return ids
}

// ExpireSyncTokens makes every sync token answer 410 fullSyncRequired.
func (s *Server) ExpireSyncTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
}

// any is find whatever the role.
func (s *Server) any(id string) *calendar {
	for _, c := range s.calendars {
		if c.ID == id || id == "primary" && c.primary {
			return c
		}
	}
	return nil
}

func (s *Server) asEvent(v any) (object, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the event: %w", err)
	}
	var doc object
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("the event is no JSON object: %w", err)
	}
	if err := s.api.check("Event", doc, ""); err != nil {
		return nil, refuse(http.StatusBadRequest, "badRequest", "%v", err)
	}
	return doc, nil
}

// encodeID makes a name that is safe in a header of any text.
func encodeID(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
