package anyday

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/oauth2"
	gapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// ahead is a round time on one of the coming days.
func (w *world) ahead(m moment) time.Time {
	day := w.began.AddDate(0, 0, 1+m.Which%5)
	return time.Date(day.Year(), day.Month(), day.Day(), 8+m.Way%10, 15*(m.Which%4), 0, 0, time.UTC)
}

func (w *world) eventPut(m moment) {
	at, title := w.ahead(m), fmt.Sprint("Call ", len(w.story))
	_, err := w.cal.Put("primary", &gapi.Event{
		Summary: title, Start: clock(at), End: clock(at.Add(30 * time.Minute)), Organizer: &gapi.EventOrganizer{Email: "ben@partner.example"},
		Attendees: []*gapi.EventAttendee{{Email: "ben@partner.example", ResponseStatus: "accepted", Organizer: true}, {Email: address, ResponseStatus: "accepted", Self: true}},
	})
	w.must(err)
	w.theirs[title] = at
	w.note("an event: %s at %s", title, at)
}

func clock(t time.Time) *gapi.EventDateTime {
	return &gapi.EventDateTime{DateTime: t.Format(time.RFC3339)}
}

// oneOfTheirs picks an event that people have put.
func (w *world) oneOfTheirs(which int) *gapi.Event {
	var all []*gapi.Event
	for _, e := range w.events() {
		if _, ok := w.theirs[e.Summary]; ok && key(e) == "" {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[which%len(all)]
}

func (w *world) eventMoved(m moment) {
	if e := w.oneOfTheirs(m.Which); e != nil {
		at := w.ahead(m)
		w.must(w.cal.Edit("primary", e.Id, &gapi.Event{Start: clock(at), End: clock(at.Add(30 * time.Minute))}))
		w.theirs[e.Summary] = at
		w.note("an event: %s is at %s now", e.Summary, at)
	}
}

func (w *world) eventCancelled(m moment) {
	if e := w.oneOfTheirs(m.Which); e != nil {
		w.must(w.cal.Remove("primary", e.Id))
		delete(w.theirs, e.Summary)
		w.note("an event: %s is cancelled", e.Summary)
	}
}

// touchesOurs lets a person rename or delete an event that foredesk has made.
func (w *world) touchesOurs(m moment) {
	var ours []*gapi.Event
	for _, e := range w.events() {
		if key(e) != "" {
			ours = append(ours, e)
		}
	}
	if len(ours) == 0 {
		return
	}
	e := ours[m.Which%len(ours)]
	if m.Way%2 == 0 {
		w.note("a person deletes the event %s (%s)", e.Summary, e.Id)
		w.removed[e.Id] = true
		delete(w.edited, e.Id)
		if err := w.cal.Remove("primary", e.Id); err != nil {
			w.note("it was gone already: %v", err)
		}
		return
	}
	name := fmt.Sprint("Mine ", len(w.story))
	if err := w.cal.Edit("primary", e.Id, &gapi.Event{Summary: name}); err != nil {
		w.note("the event %s is gone: %v", e.Id, err)
		return
	}
	w.edited[e.Id] = name
	w.note("a person calls the event %s %s", e.Id, name)
}

// calendarForgets makes answers of the calendar go astray, or its tokens bad.
func (w *world) calendarForgets(m moment) {
	lost := gcal.Fault{Act: gcal.DropAfter}
	switch m.Way % 3 {
	case 0:
		w.cal.Script(lost.Next(1, "events.insert"))
		w.counts["22"]++
	case 1:
		w.cal.Script(lost.Next(1, "events.patch"))
		w.counts["22"]++
	case 2:
		w.cal.ExpireSyncTokens()
		w.counts["24"]++
	}
	w.note("the calendar forgets (%d)", m.Way%3)
}

// events are those of the calendar.
func (w *world) events() []*gapi.Event {
	w.Helper()
	ctx := w.outer.Context()
	client := oauth2.NewClient(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.cal.Token()}))
	service, err := gapi.NewService(ctx, option.WithEndpoint(w.cal.Endpoint()), option.WithHTTPClient(client))
	w.must(err)
	list, err := service.Events.List("primary").SingleEvents(true).MaxResults(2500).Do()
	w.must(err)
	slices.SortFunc(list.Items, func(a, b *gapi.Event) int {
		return cmp.Or(cmp.Compare(a.Start.DateTime, b.Start.DateTime), cmp.Compare(a.Summary, b.Summary))
	})
	return list.Items
}

// key is what foredesk has made an event for, empty if others have made it.
func key(e *gapi.Event) string {
	if e.ExtendedProperties == nil {
		return ""
	}
	return e.ExtendedProperties.Private["foredesk.key"]
}

// calendar checks the events of people and ours.
func (w *world) calendar(rows map[string][]store.Step) {
	w.Helper()
	starts, ours, keys := map[string]string{}, map[string]*gapi.Event{}, map[string]bool{}
	for _, e := range w.events() {
		if key(e) == "" {
			starts[e.Summary] = e.Start.DateTime
			continue
		}
		ours[e.Id] = e
		if keys[key(e)] {
			w.Errorf("the event %s is there twice", e.Summary)
		}
		if keys[key(e)] = true; w.removed[e.Id] {
			w.Errorf("the event %s is there again", e.Summary)
		}
	}
	for title, at := range w.theirs {
		if got, err := time.Parse(time.RFC3339, starts[title]); err != nil || !got.Equal(at) {
			w.Errorf("%s is at %q, and people had put it at %s", title, starts[title], at)
		}
	}
	for id, name := range w.edited {
		if e := ours[id]; e == nil || e.Summary != name {
			w.Errorf("a person had called the event %s %q: %v", id, name, e)
		}
	}
	w.ours(ours, rows)
}

// ours holds the events that foredesk has made against the journal.
func (w *world) ours(ours map[string]*gapi.Event, rows map[string][]store.Step) {
	w.Helper()
	known, open := map[string]bool{}, false
	for subject, steps := range rows {
		for _, s := range steps {
			var put struct{ ID, Key string }
			open = open || s.Op.Kind == mailbox.Event && s.State == store.Planned
			if s.State != store.Done || json.Unmarshal([]byte(s.At.Folder), &put) != nil || put.Key == "" {
				continue
			}
			known[put.ID] = true
			if ours[put.ID] == nil && !w.removed[put.ID] {
				w.Errorf("%q: %s / %s is done, and not on the calendar", subject, s.Rule, s.Action)
			}
		}
	}
	for id, e := range ours {
		if !known[id] && w.edited[id] == "" && !open {
			w.Errorf("the event %s of %s is there, and the journal does not know why", e.Summary, e.Start.DateTime)
		}
	}
}
