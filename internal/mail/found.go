package mail

import (
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/internal/trip"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

// surely is the confidence from which a date in prose is a fact.
const surely = 0.6

// Found reads dates, deadlines, amounts, references and asks out of a newly
// written text. "Tomorrow" is meant from when the message was received, in the
// calendar's zone.
func Found(text string, received time.Time, c when.Calendar) rules.Found {
	var f rules.Found
	if c.Now.IsZero() {
		c.Now = received
	}
	c.Now = received.In(c.Now.Location())
	for _, span := range when.Find(text, c) {
		if span.Confidence < surely {
			continue
		}
		w := rules.When{Text: span.Text, Start: span.Start, End: span.End, AllDay: span.AllDay, Zone: span.Zone, Confidence: span.Confidence}
		f.Dates = append(f.Dates, w)
		if !span.Deadline {
			continue
		}
		f.Deadlines = append(f.Deadlines, w)
		if !w.End.Before(c.Now) && (f.Deadline.IsZero() || w.Start.Before(f.Deadline)) {
			f.Deadline = w.Start
		}
	}
	for _, a := range summary.Amounts(text) {
		f.Amounts = append(f.Amounts, rules.Amount{Value: a.Value, Currency: a.Currency})
	}
	for _, code := range summary.Codes(text) {
		f.Codes = append(f.Codes, code.Value)
	}
	f.Question, f.Ask = summary.Question(text), len(summary.Asks(text)) > 0
	return f
}

// readTrips finds the journeys and bookings that a message tells of to machines,
// and lets go of its pages.
func (a *answer) readTrips(id Identity, needs rules.Needs) {
	if a.body == nil {
		return
	}
	if needs.Trips && a.poison == "" {
		a.trips = id.trips(a.body, a.date)
	}
	a.body.Pages = nil
}

// trips reads the pages and the calendars of a message. A fault of ours costs the
// trips, not the message.
func (id Identity) trips(body *Body, received time.Time) (found []rules.Trip) {
	defer func() {
		if recover() != nil {
			found = nil
		}
	}()
	var calendars [][]byte
	if body.Calendar != "" {
		calendars = append(calendars, []byte(body.Calendar))
	}
	for _, f := range body.Files {
		// The part that may be the invitation can be one of the files, too.
		if isCalendar(f.MediaType, f.Name) && !sameCalendar(f.Text, body.Calendar) {
			calendars = append(calendars, []byte(f.Text))
		}
	}
	return trip.Find(strings.Join(body.Pages, "\n"), calendars, id.Calendar.Now.Location(), received)
}

// sameCalendar says that a file's text, which is cut, is the calendar part.
func sameCalendar(text, calendar string) bool {
	return text == "" || calendar != "" && strings.HasPrefix(calendar, strings.TrimRight(text, "\n"))
}

// say puts what a message says among its facts.
func (b Body) say(item *rules.Item, needs rules.Needs, c when.Calendar, trips []rules.Trip) {
	item.Text = rules.NewText(b.Text)
	if item.Full = item.Text; strings.TrimSpace(b.Full) != b.Text {
		item.Full = rules.NewText(b.Full)
	}
	for _, l := range b.Links {
		item.Links = append(item.Links, rules.NewLink(l.Text, l.URL))
	}
	for i := range min(len(item.Files), len(b.Files)) {
		item.Files[i].Text = rules.NewText(b.Files[i].Text)
	}
	if needs.Found {
		text, received := b.Text, item.Received
		item.Find = func() rules.Found {
			f := Found(text, received, c)
			f.Trips = trips
			return f
		}
	}
}
