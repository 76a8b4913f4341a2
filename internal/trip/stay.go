package trip

import (
	"cmp"
	"strings"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// maxNights bounds a stay that is believed.
const maxNights = 120

// hotel reads a stay. It takes up its nights, all day and without the day of
// leaving, unless the mail tells both times.
func (b booking) hotel() (rules.Trip, bool) {
	p := b.venue()
	in, ok1 := readMoment(b.said("checkinDate", "checkInDate", "checkinTime", "checkInTime"))
	out, ok2 := readMoment(b.said("checkoutDate", "checkOutDate", "checkoutTime", "checkOutTime"))
	if !ok1 {
		return rules.Trip{}, false
	}
	if !ok2 {
		out = moment{wall: in.wall.AddDate(0, 0, 1), day: true}
	}
	if in.day && out.day {
		in, out = in.with(b.hour("checkinTime", "checkInTime")), out.with(b.hour("checkoutTime", "checkOutTime"))
	}
	if in.midnight() || out.midnight() {
		in, out = in.date(), out.date()
	}
	t := b.start("hotel", in, p)
	t.EndZone = t.StartZone
	var sure float64
	if t.End, _, sure = out.at(p, b.home); !t.End.After(t.Start) || t.End.Sub(t.Start) > maxNights*24*time.Hour {
		return rules.Trip{}, false
	}
	t.Confidence = min(t.Confidence, sure)
	if !ok2 {
		t.Confidence = min(t.Confidence, likely)
	}
	name, where := clean(b.subject.plain("name"), maxText), address(b.subject)
	if b.provider == "" {
		t.Provider = rules.NewText(name)
	}
	t.To = rules.NewText(joined(name, where))
	town := clean(b.subject.thing("address").text("addressLocality"), maxText)
	if strings.Contains(rules.Fold(name), rules.Fold(town)) {
		town = ""
	}
	t.Title = rules.NewText(clean(joined(cmp.Or(name, "Hotel"), town), maxText))
	return t, true
}

// said is what the reservation says, or what it is for: a time if there is one, else
// a date. A time of day alone is neither.
func (b booking) said(names ...string) (found string) {
	for _, t := range []*thing{b.about, b.subject} {
		for _, name := range names {
			text := t.text(name)
			switch m, ok := readMoment(text); {
			case ok && !m.day:
				return text
			case ok && found == "":
				found = text
			}
		}
		if found != "" {
			return found
		}
	}
	return found
}

// hour is a time of day that stands for itself ("15:00").
func (b booking) hour(names ...string) string {
	for _, t := range []*thing{b.about, b.subject} {
		for _, name := range names {
			if s := t.text(name); clock.MatchString(s) {
				return s
			}
		}
	}
	return ""
}

// date is the day of a moment, as it is written.
func (m moment) date() moment {
	return moment{wall: m.wall.Truncate(24 * time.Hour), day: true}
}

// restaurant reads a table.
func (b booking) restaurant() (rules.Trip, bool) {
	p := b.venue()
	m, ok := readMoment(b.said("startTime", "startDate"))
	if !ok {
		return rules.Trip{}, false
	}
	t := b.start("restaurant", m, p)
	b.end(&t, b.said("endTime", "endDate"), p, 2*time.Hour, 12*time.Hour)
	name := clean(b.subject.plain("name"), maxText)
	if b.provider == "" {
		t.Provider = rules.NewText(name)
	}
	t.To = rules.NewText(joined(name, address(b.subject)))
	t.Title = rules.NewText(clean(meal(m)+" at "+cmp.Or(name, "a restaurant"), maxText))
	return t, true
}

// meal is what people call a table at that time.
func meal(m moment) string {
	switch hour := m.wall.Hour(); {
	case m.day:
		return "Table"
	case hour < 5 || hour >= 17:
		return "Dinner"
	case hour < 11:
		return "Breakfast"
	case hour < 15:
		return "Lunch"
	}
	return "Table"
}

// event reads a ticket. The end of one of whole days is its last day.
func (b booking) event() (rules.Trip, bool) {
	p := b.venue()
	m, ok := readMoment(b.subject.text("startDate", "startTime", "doorTime"))
	name := clean(b.subject.plain("name"), maxText)
	if !ok || name == "" {
		return rules.Trip{}, false
	}
	b.cancelled = b.cancelled || isCancelled(b.subject.text("eventStatus"))
	t := b.start("event", m, p)
	text := b.subject.text("endDate", "endTime")
	b.end(&t, text, p, 2*time.Hour, 31*24*time.Hour)
	if last, ok := readMoment(text); ok && t.AllDay && last.date().wall.Sub(m.wall) <= 31*24*time.Hour && !last.wall.Before(m.wall) {
		t.End, t.Confidence = last.date().in(b.home).AddDate(0, 0, 1), certain
	}
	place := b.subject.thing("location")
	t.To = rules.NewText(joined(clean(place.plain("name"), maxText), address(place)))
	if b.provider == "" {
		t.Provider = rules.NewText(clean(b.subject.text("organizer", "performer"), maxText))
	}
	t.Title = rules.NewText(name)
	return t, true
}

// venue is where it takes place.
func (b booking) venue() place {
	if p := station(b.subject.thing("location")); p.zone != nil {
		return p
	}
	return placeOf(b.subject)
}
