package calendar

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// patch sets some fields of an event, whoever made it. What is not named stays as
// the server has it, its guests among it.
func (c *Client) patch(ctx context.Context, ch datebook.Change) (datebook.Outcome, error) {
	look := func(ctx context.Context) (*seen, error) { return c.get(ctx, ch.Calendar, ch.ID) }
	var found map[string]string // what a try before has written over
	return c.settle(ctx, ch, look, func(e *seen) verdict {
		if e.Cancelled() {
			return ends(datebook.Gone, e, "a person removed it")
		}
		after, err := datebook.Apply(e.Event, ch.Set)
		if err != nil {
			return ends(datebook.Refused, e, err.Error())
		}
		if v, done := judgePatch(ch, e, &after); done {
			if v.out.Was == nil {
				v.out.Was = found
			}
			return v
		}
		was := before(&e.Event, &after, ch.Set)
		found = was
		body := patchBody(ch, e, &after, was)
		tell := ch.Tell && hasGuests(&e.Event)
		return verdict{
			out:  datebook.Outcome{Result: datebook.Done, Was: was},
			sign: e.Untouched(),
			write: func(ctx context.Context) (*calendar.Event, error) {
				return c.patchRequest(ctx, ch.Calendar, e, body, tell)
			},
		}
	})
}

// judgePatch says whether there is anything to write. What we have set once and is
// not so any more, a person has set since.
func judgePatch(ch datebook.Change, e *seen, after *datebook.Event) (verdict, bool) {
	// Fields, and not what the change says: an instant or a list of tags can be
	// written in more than one way.
	same := maps.Equal(datebook.Fields(e.Event), datebook.Fields(*after))
	was, done := e.carries(ch)
	switch {
	case same && done:
		v := ends(datebook.Done, e, "it was done already")
		v.out.Was = was
		return v, true
	case same:
		v := ends(datebook.Done, e, "it was so already")
		v.out.Was = before(&e.Event, after, ch.Set)
		return v, true
	case done:
		return ends(datebook.Theirs, e, "it was done, and a person has changed it since"), true
	}
	expected, err := datebook.Apply(e.Event, ch.Was)
	if err != nil {
		return ends(datebook.Refused, e, err.Error()), true
	}
	if changed := differing(e.Event, expected); len(changed) > 0 {
		return ends(datebook.Theirs, e, "a person changed "+inWords(changed)), true
	}
	return verdict{}, false
}

// differing are the fields in which two events differ, in the order of their names.
func differing(a, b datebook.Event) (names []string) {
	one, two := datebook.Fields(a), datebook.Fields(b)
	for _, name := range slices.Sorted(maps.Keys(one)) {
		if one[name] != two[name] {
			names = append(names, name)
		}
	}
	return names
}

// inWords is what people call fields.
func inWords(names []string) string {
	words := map[string]string{
		"start": "the time", "end": "the time", "date": "the time", "until": "the time", "zone": "the time zone",
		"title": "the title", "location": "the place", "notes": "the notes", "color": "the colour",
		"free": "whether it makes busy", "status": "whether it is certain", "remind": "the reminders", "tags": "the tags",
	}
	var said []string
	for _, name := range names {
		if !slices.Contains(said, words[name]) {
			said = append(said, words[name])
		}
	}
	return strings.Join(said, ", ")
}

// before are the values that are set anew, as they were. Where an event gets times
// for dates, or dates for times, that takes all of them to be taken back.
func before(e, after *datebook.Event, set map[string]string) map[string]string {
	was, fields := map[string]string{}, datebook.Fields(*e)
	for name := range set {
		was[name] = fields[name]
	}
	if e.AllDay != after.AllDay {
		for _, name := range []string{"start", "end", "date", "until", "zone"} {
			was[name] = fields[name]
		}
	}
	return was
}

// patchBody holds what differs between an event and what it is to be, and the
// trace of the change.
func patchBody(ch datebook.Change, e *seen, after *datebook.Event, was map[string]string) *calendar.Event {
	p := &calendar.Event{ExtendedProperties: &calendar.EventExtendedProperties{Private: trace(ch, was)}}
	props := p.ExtendedProperties.Private
	// Where a person has changed our event, its hash stays what it was: otherwise
	// the person's change would pass for ours.
	if e.Untouched() {
		props[ours+"made"] = datebook.Made(*after)
	}
	// An empty value has to be sent as such: a patch leaves alone what it does not have.
	for _, name := range differing(e.Event, *after) {
		switch name {
		case "start", "end", "date", "until", "zone":
			p.Start, p.End = movedTo(e.raw.Start, after.Start, &e.Event, after), movedTo(e.raw.End, after.End, &e.Event, after)
		case "title":
			p.Summary, p.ForceSendFields = after.Title, append(p.ForceSendFields, "Summary")
		case "location":
			p.Location, p.ForceSendFields = after.Location, append(p.ForceSendFields, "Location")
		case "notes":
			p.Description, p.ForceSendFields = after.Notes, append(p.ForceSendFields, "Description")
		case "color":
			setColor(p, after.Color)
		case "free":
			setFree(p, after.Free)
		case "status":
			p.Status = after.Status
		case "remind":
			p.Reminders = reminders(e.raw.Reminders, after.Remind)
		case "tags":
			setTags(p.ExtendedProperties, after.Ours["tags"])
		}
	}
	return p
}

// movedTo is one end of an event at its new time. Each end keeps its own zone, as
// that of a flight has, unless the zone is set.
func movedTo(was *calendar.EventDateTime, at time.Time, e, after *datebook.Event) *calendar.EventDateTime {
	// Google keeps both forms if the other one is not taken out, and refuses that.
	if after.AllDay {
		t := &calendar.EventDateTime{Date: at.Format(time.DateOnly)}
		if !e.AllDay {
			t.NullFields = []string{"DateTime", "TimeZone"}
		}
		return t
	}
	t := &calendar.EventDateTime{DateTime: at.Format(time.RFC3339), TimeZone: after.Zone}
	if was != nil && after.Zone == e.Zone {
		t.TimeZone = was.TimeZone
	}
	if t.TimeZone == "" {
		t.NullFields = append(t.NullFields, "TimeZone")
	}
	if e.AllDay {
		t.NullFields = append(t.NullFields, "Date")
	}
	return t
}

// setColor takes the field out where the calendar's own colour is asked for, which
// has no id.
func setColor(p *calendar.Event, name string) {
	if p.ColorId = colorID(name); p.ColorId == "" {
		p.NullFields = append(p.NullFields, "ColorId")
	}
}

// setFree takes the field out for what makes busy, as an event has it that was
// never free.
func setFree(p *calendar.Event, free bool) {
	if free {
		p.Transparency = "transparent"
	} else {
		p.NullFields = append(p.NullFields, "Transparency")
	}
}

// setTags takes the property out where there are none, so that nothing of ours stays.
func setTags(p *calendar.EventExtendedProperties, tags string) {
	if tags != "" {
		p.Private[ours+"tags"] = tags
	} else {
		p.NullFields = append(p.NullFields, "Private."+ours+"tags")
	}
}

// reminders are the popups that are asked for; the mails of a person's own choice
// stay with them. nil takes the calendar's own back.
func reminders(was *calendar.EventReminders, minutes []int) *calendar.EventReminders {
	if minutes == nil {
		return &calendar.EventReminders{UseDefault: true, NullFields: []string{"Overrides"}}
	}
	r := &calendar.EventReminders{ForceSendFields: []string{"UseDefault", "Overrides"}}
	if was != nil {
		r.Overrides = slices.DeleteFunc(slices.Clone(was.Overrides), func(o *calendar.EventReminder) bool { return o == nil || o.Method == "popup" })
	}
	for _, m := range minutes {
		r.Overrides = append(r.Overrides, &calendar.EventReminder{Method: "popup", Minutes: int64(m)})
	}
	for _, o := range r.Overrides {
		o.ForceSendFields = []string{"Minutes"} // 0 is at the start
	}
	return r
}
