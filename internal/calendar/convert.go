package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// fromAPI reads an event of a calendar. It is foreign: an error says that it makes
// no sense as an event, and never carries its title. Of a cancelled one only the
// ids are needed.
func fromAPI(calendarID string, e *calendar.Event) (datebook.Event, error) {
	if e == nil || e.Id == "" {
		return datebook.Event{}, errors.New("an event without an id")
	}
	d := datebook.Event{
		Calendar: calendarID, ID: e.Id, UID: text(e.ICalUID), Etag: e.Etag, Series: e.RecurringEventId, Recurrence: e.Recurrence,
		Status: shared(or(e.Status, "confirmed")), Kind: shared(or(e.EventType, "default")),
		Title: text(e.Summary), Notes: text(e.Description), Location: shared(text(e.Location)), Video: video(e), Link: e.HtmlLink,
		Private: e.Visibility == "private" || e.Visibility == "confidential", Free: e.Transparency == "transparent",
		Color: colorName(e.ColorId), Remind: popups(e.Reminders), Guests: guests(e.Attendees), Omitted: e.AttendeesOmitted,
		Created: stamp(e.Created), Updated: stamp(e.Updated), Sequence: int(e.Sequence), Ours: stamped(e.ExtendedProperties),
	}
	if o := e.Organizer; o != nil {
		d.Organizer = person(o.Email, o.DisplayName, o.Self)
	}
	if c := e.Creator; c != nil {
		d.Creator = person(c.Email, c.DisplayName, c.Self)
	}
	if err := readTimes(&d, e); err != nil && !d.Cancelled() {
		return datebook.Event{}, err // a deletion counts whatever else the server says of what was there
	}
	if err := readOriginal(&d, e); err != nil {
		return datebook.Event{}, err
	}
	return d, nil
}

// readTimes fills Start, End, AllDay, Zone and EndZone.
func readTimes(d *datebook.Event, e *calendar.Event) error {
	start, allDay, err := moment(e.Start)
	if err != nil {
		return fmt.Errorf("its start: %w", err)
	}
	end := start
	if e.End != nil {
		var endAllDay bool
		if end, endAllDay, err = moment(e.End); err != nil {
			return fmt.Errorf("its end: %w", err)
		}
		if endAllDay != allDay {
			return errors.New("it begins with a date and ends with a time, or the other way round")
		}
	}
	if allDay && !end.After(start) {
		end = start.AddDate(0, 0, 1) // as RFC 5545, 3.6.1 has it for a date without an end
	}
	if end.Before(start) {
		return errors.New("it ends before it begins")
	}
	d.Start, d.End, d.AllDay, d.Zone = start, end, allDay, shared(e.Start.TimeZone)
	if e.End != nil && e.End.TimeZone != d.Zone && d.Zone != "" && !allDay {
		d.EndZone = shared(e.End.TimeZone)
	}
	return nil
}

// readOriginal fills Original, without which an instance can't be told from its
// series.
func readOriginal(d *datebook.Event, e *calendar.Event) (err error) {
	if e.RecurringEventId == "" {
		return nil
	}
	if d.Original, _, err = moment(e.OriginalStartTime); err != nil {
		return fmt.Errorf("its place in the series: %w", err)
	}
	return nil
}

// moment reads one end of an event: an instant, or midnight UTC of a date.
func moment(t *calendar.EventDateTime) (at time.Time, allDay bool, err error) {
	switch {
	case t == nil || t.Date == "" && t.DateTime == "":
		return at, false, errors.New("there is none")
	case t.DateTime == "":
		allDay = true
		at, err = time.Parse(time.DateOnly, t.Date)
	default:
		at, err = instant(t)
	}
	if err == nil && !sane(at) {
		err = errors.New("its year is out of reach")
	}
	return at.UTC(), allDay, err
}

// instant reads a dateTime, which needs an offset or a zone.
func instant(t *calendar.EventDateTime) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, t.DateTime)
	if err == nil || t.TimeZone == "" {
		return at, err
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil || zone == time.Local {
		return at, fmt.Errorf("%q is no time zone", t.TimeZone)
	}
	return time.ParseInLocation("2006-01-02T15:04:05", t.DateTime, zone)
}

// sane keeps to the years that every database and JSON can write, in all zones.
func sane(t time.Time) bool {
	return t.UTC().Year() > 1 && t.UTC().Year() < 9999 && t.Year() > 1 && t.Year() < 9999
}

// stamp reads when something was made or changed. Google has birthdays that were
// made in the year 0: such a one is not known.
func stamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !sane(t) {
		return time.Time{}
	}
	return t.UTC()
}

// text takes out the one character that PostgreSQL does not store.
func text(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// shared is s, of which there is only one in memory: the same people and places are
// in thousands of events.
func shared(s string) string { return unique.Make(s).Value() }

func person(email, name string, self bool) datebook.Person {
	return datebook.Person{Email: shared(text(email)), Name: shared(text(name)), Self: self}
}

func or(s, without string) string {
	if s == "" {
		return without
	}
	return s
}

// video is where the meeting is held: Google's own, or that of another provider.
func video(e *calendar.Event) string {
	if e.ConferenceData != nil {
		for _, p := range e.ConferenceData.EntryPoints {
			if p != nil && p.EntryPointType == "video" {
				return text(p.Uri)
			}
		}
	}
	return text(e.HangoutLink)
}

func guests(all []*calendar.EventAttendee) (list []datebook.Guest) {
	for _, a := range all {
		if a == nil {
			continue
		}
		if list == nil {
			list = make([]datebook.Guest, 0, len(all))
		}
		list = append(list, datebook.Guest{
			Person:   person(a.Email, a.DisplayName, a.Self),
			Response: shared(a.ResponseStatus), Comment: text(a.Comment), Optional: a.Optional, Organizer: a.Organizer, Resource: a.Resource,
		})
	}
	return list
}

// popups are the minutes of the reminders that are shown; none at all is not the
// same as the calendar's own.
func popups(r *calendar.EventReminders) []int {
	if r == nil || r.UseDefault {
		return nil
	}
	list := []int{}
	for _, o := range r.Overrides {
		if o != nil && o.Method == "popup" {
			list = append(list, int(o.Minutes))
		}
	}
	return list
}

func stamped(p *calendar.EventExtendedProperties) map[string]string {
	if p == nil {
		return nil
	}
	var all map[string]string
	for name, value := range p.Private {
		if name, ok := strings.CutPrefix(name, ours); ok {
			if all == nil {
				all = map[string]string{}
			}
			all[text(name)] = text(value)
		}
	}
	return all
}

// colorName is the name of a colour by its id; "" for none, and for one that came
// after this list.
func colorName(id string) string {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(datebook.Colors) {
		return ""
	}
	return datebook.Colors[n-1]
}

// colorID is the id of a colour by its name, in any case; "" for none.
func colorID(name string) string {
	if i := slices.Index(datebook.Colors, strings.ToLower(name)); i >= 0 {
		return strconv.Itoa(i + 1)
	}
	return ""
}

// toAPI writes an event that is to be made: what a person could set, and our
// stamps. Who organizes it, its iCalUID and its etag are the server's to give.
func toAPI(e datebook.Event) *calendar.Event {
	a := &calendar.Event{
		Id: e.ID, Summary: e.Title, Description: e.Notes, Location: e.Location, Status: e.Status, Recurrence: e.Recurrence,
		Start: toMoment(e.Start, e.AllDay, e.Zone), End: toMoment(e.End, e.AllDay, or(e.EndZone, e.Zone)),
		ColorId: colorID(e.Color), Reminders: toPopups(e.Remind), Attendees: toGuests(e.Guests),
	}
	if e.Kind != "default" {
		a.EventType = e.Kind
	}
	if e.Free {
		a.Transparency = "transparent"
	}
	if e.Private {
		a.Visibility = "private"
	}
	if len(e.Ours) > 0 {
		a.ExtendedProperties = &calendar.EventExtendedProperties{Private: map[string]string{}}
		for name, value := range e.Ours {
			a.ExtendedProperties.Private[ours+name] = value
		}
	}
	return a
}

// toMoment writes one end of an event on the clock of its zone, so that a series
// keeps it when the clocks change.
func toMoment(t time.Time, allDay bool, zone string) *calendar.EventDateTime {
	if allDay {
		return &calendar.EventDateTime{Date: t.UTC().Format(time.DateOnly)}
	}
	in, err := time.LoadLocation(zone)
	if err != nil {
		in = time.UTC // the instant is right all the same; the server judges the name
	}
	return &calendar.EventDateTime{DateTime: t.In(in).Format(time.RFC3339), TimeZone: zone}
}

func toPopups(minutes []int) *calendar.EventReminders {
	if minutes == nil {
		return nil
	}
	r := &calendar.EventReminders{ForceSendFields: []string{"UseDefault"}}
	for _, m := range minutes {
		r.Overrides = append(r.Overrides, &calendar.EventReminder{Method: "popup", Minutes: int64(m), ForceSendFields: []string{"Minutes"}})
	}
	return r
}

func toGuests(all []datebook.Guest) (list []*calendar.EventAttendee) {
	for _, g := range all {
		list = append(list, &calendar.EventAttendee{
			Email: g.Email, DisplayName: g.Name, ResponseStatus: g.Response, Comment: g.Comment, Optional: g.Optional, Resource: g.Resource,
		})
	}
	return list
}
