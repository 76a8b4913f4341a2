package rules

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// giveOccasion reads what a test gives of calendars: the event or the day that it is
// about, the rest of the calendar, an invitation, a trip.
func (l *loader) giveOccasion(item *Item, key string, n *yaml.Node) bool {
	switch key {
	case "calendar":
		item.Diary = l.givenDiary(n)
	case "event":
		item.Event = l.givenEvent(n, key)
		item.Event.Key = "event"
	case "invite":
		item.Invite = l.givenInvite(n)
	case "trip":
		item.Found.Trips = l.givenTrips(n, key)
	default:
		return false
	}
	return true
}

// givenEvent reads an event. What is not said is as in an ordinary meeting: an hour
// on the primary calendar, accepted.
func (l *loader) givenEvent(n *yaml.Node, name string) Event {
	e := Event{Calendar: "primary", Status: "confirmed", Kind: "meeting", Busy: true}
	value, given := reflect.ValueOf(&e).Elem(), map[string]bool{}
	l.mapping(n, name, append(fieldNames(value.Type()), alsoGiven[value.Type()]...), func(key, v *yaml.Node) {
		given[key.Value] = true
		switch key.Value {
		case "guests":
			e.Attendees = l.people(key.Value, v)
		case "start":
			var wholeDay bool
			e.Start, wholeDay = l.timeIn(v)
			e.AllDay = e.AllDay || wholeDay
		default:
			field, _ := fieldByTag(value, key.Value)
			l.giveFact(name+"."+key.Value, v, field)
		}
	})
	if !given["start"] && n.Kind == yaml.MappingNode {
		l.fail(n, `write for example: start: "tomorrow 10:00"`, "%s has no start", name)
	}
	l.followingEvent(&e, given)
	return e
}

// followingEvent fills in what follows from what is given of an event.
func (l *loader) followingEvent(e *Event, given map[string]bool) {
	switch {
	case given["end"]:
	case e.Length > 0:
		e.End = e.Start.Add(e.Length)
	case e.AllDay:
		e.End = e.Start.AddDate(0, 0, 1)
	default:
		e.End = e.Start.Add(time.Hour)
	}
	e.AllDay = e.AllDay && (given["allDay"] || e.Length == 0)
	e.Length = e.End.Sub(e.Start)
	called := e.Organizer.Email != "" && !l.set.me.Has(e.Organizer)
	if !given["mine"] {
		e.Mine = !called
	}
	if !given["response"] {
		e.Response = map[bool]string{true: "needsAction", false: "accepted"}[called]
	}
	if !given["status"] && e.Cancelled {
		e.Status = "cancelled"
	}
	if !given["busy"] {
		e.Busy = !e.Cancelled && e.Response != "declined"
	}
}

// givenDiary reads what else is on the calendar.
func (l *loader) givenDiary(n *yaml.Node) *Diary {
	var events []Event
	for i, item := range items(n) {
		e := l.givenEvent(item, "an event of calendar")
		e.Key = fmt.Sprintf("calendar-%d", i+1)
		events = append(events, e)
	}
	return l.diaryOf(events)
}

func (l *loader) diaryOf(events []Event) *Diary {
	today := onClock(dayOf(l.now), 0, l.set.Timezone)
	return NewDiary(events, today.AddDate(0, 0, -7), today.AddDate(0, 0, 60), l.now)
}

// givenInvite reads an invitation: a request, not yet answered.
func (l *loader) givenInvite(n *yaml.Node) Invite {
	i := Invite{Present: true, Method: "request", Response: "needsAction", UID: "invite"}
	value, given := reflect.ValueOf(&i).Elem(), map[string]bool{}
	l.mapping(n, "invite", append(fieldNames(value.Type()), alsoGiven[value.Type()]...), func(key, v *yaml.Node) {
		given[key.Value] = true
		switch key.Value {
		case "from":
			l.giveFact("invite.from", v, reflect.ValueOf(&i.Organizer).Elem())
		case "guests":
			i.Attendees = l.people(key.Value, v)
		case "start":
			i.Start, i.AllDay = l.timeIn(v)
		default:
			field, _ := fieldByTag(value, key.Value)
			l.giveFact("invite."+key.Value, v, field)
		}
	})
	switch {
	case given["end"] || i.Start.IsZero():
	case i.Length > 0:
		i.End, i.AllDay = i.Start.Add(i.Length), false
	case i.AllDay:
		i.End = i.Start.AddDate(0, 0, 1)
	default:
		i.End = i.Start.Add(time.Hour)
	}
	if i.Length == 0 {
		i.Length = i.End.Sub(i.Start)
	}
	return i
}

// givenTrips reads the legs of a trip.
func (l *loader) givenTrips(n *yaml.Node, name string) []Trip {
	var trips []Trip
	for i, item := range items(n) {
		t := Trip{Confidence: 1, Key: fmt.Sprintf("trip-%d", i+1)}
		l.mapping(item, name, fieldNames(reflect.TypeOf(t)), func(key, v *yaml.Node) {
			field, _ := fieldByTag(reflect.ValueOf(&t).Elem(), key.Value)
			l.giveFact(name+"."+key.Value, v, field)
		})
		trips = append(trips, t)
	}
	return trips
}

// besides is what a test of an event or a day may give besides.
var besides = []string{"event", "day", "calendar", "account"}

// followingOccasion makes the item an event or a day, where the test gives one and
// no mail, and fills in what follows.
func (l *loader) followingOccasion(n *yaml.Node, item *Item, given map[string]bool) {
	mails := ""
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if key := n.Content[i].Value; key != "seenBefore" && !slices.Contains(besides, key) {
			mails = key
		}
	}
	switch {
	case given["event"] && mails != "":
		l.fail(n, "give an event or a mail, each in a test of its own", "an event has no %q to be given", mails)
	case given["event"]:
		l.beEvent(item)
	case given["day"] && mails == "":
		l.beDay(item)
	}
	if i := &item.Invite; i.Present {
		if i.Title.raw == "" {
			i.Title = item.Subject
		}
		if item.From.Email == "" {
			item.From = i.Organizer
		} else if i.Organizer.Email == "" {
			i.Organizer = item.From
		}
		if !given["kind"] {
			item.Kind = "invite"
		}
	}
	if len(item.Found.Trips) > 0 && !given["kind"] {
		item.Kind = "travel"
	}
}

// beEvent turns the item of a mail into one of an event, as the daemon makes it.
func (l *loader) beEvent(item *Item) {
	e := item.Event
	*item = Item{Account: item.Account, Role: "event", Event: e, Day: item.Day, Diary: item.Diary, Seen: item.Seen, Received: e.Start, Date: e.Start}
	if e.Private {
		item.Sensitivity = "private"
	}
	if d := item.Diary; d != nil { // the calendar has the event, too
		item.Diary = l.diaryOf(append(slices.Clone(d.Events), e))
	}
}

// beDay turns the item of a mail into one of a day.
func (l *loader) beDay(item *Item) {
	day := item.Day
	if day.Date.IsZero() {
		day.Date = onClock(dayOf(l.now).AddDate(0, 0, day.Ahead), 0, l.set.Timezone)
	}
	*item = Item{Account: item.Account, Role: "day", Day: day, Diary: item.Diary, Seen: item.Seen, Received: day.Date, Date: day.Date}
}

// plannedOnCalendar are what a plan fills in of the schedule group.
var plannedOnCalendar = []string{
	"confirm", "why", "at", "start", "end", "date", "until", "after", "before", "earlier", "length", "status", "busy", "expires", "nth", "follow", "goal", "travel",
	"key", "uid", "cancelled", "unverified", "startZone", "endZone", "location", "notes", "guests", "subject", "text",
}

// expectedOnCalendar is an argument of an effect of the schedule group, or of one on
// a letter, as a plan writes it.
func (l *loader) expectedOnCalendar(name string, n *yaml.Node) string {
	if n.Value == "" {
		return ""
	}
	switch name {
	case "start", "end", "after", "before", "earlier", "expires", "at", "due":
		if _, err := ParseDuration(n.Value); err == nil { // before of a brief is a length
			return n.Value
		}
		t, wholeDay := l.timeIn(n)
		if name == "due" && wholeDay {
			return t.Format(time.DateOnly)
		}
		return formatInstant(t)
	case "date", "until":
		t, _ := l.timeIn(n)
		return t.Format(time.DateOnly)
	case "length":
		if d, err := ParseDuration(n.Value); err == nil {
			return shortLength(d)
		}
	case "color":
		if colour, ok := colourOf(n.Value); ok {
			return colour
		}
	}
	return n.Value
}
