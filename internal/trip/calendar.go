package trip

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/ical"
	"github.com/foredesk/foredesk/rules"
)

// What is read of attached calendar files.
const (
	maxCalendars = 5
	maxCalendar  = 512 << 10 // bytes of one
	maxEvents    = 200       // of one; a file with more is no booking
)

// What events say that are bookings. A flight needs its number, and the word or
// two airports: "BA 12" alone may be a room.
var (
	flightWord = regexp.MustCompile(`(?i)\b(flight|flug|vol)\b`)
	flightName = regexp.MustCompile(`\b([A-Z]{2}|[A-Z]\d|\d[A-Z])[ -]?(\d{1,4})\b`)
	route      = regexp.MustCompile(`\b([A-Z]{3})\b\)?\s*(?:-|–|—|→|>|/|to|nach)[^()]*?\(?\b([A-Z]{3})\b`)
	trainName  = regexp.MustCompile(`\b(ICE|IC|EC|ECE|TGV|RJX?|NJ|Eurostar|Thalys|Train|Zug)\s?(\d{1,5})\b`)
	hotelWord  = regexp.MustCompile(`(?i)^(?:hotel (?:booking|reservation|stay)|(?:your )?stay (?:at|in)|hotel|lodging|accommodation|aufenthalt (?:im|in))\b:?\s*`)
	hotelLabel = regexp.MustCompile(`(?i)^[a-z ]{5,20}:\s+`)
	checkIn    = regexp.MustCompile(`(?i)^check-?in\b:?\s*(.*?):?$`)
	checkOut   = regexp.MustCompile(`(?i)^check-?out\b:?\s*(.*?):?$`)
	tableWord  = regexp.MustCompile(`(?i)^(?:your )?(?:table |restaurant )?(?:reservation|booking|table)(?: for \w+)?(?: at|:)\s+(.+)$`)
	carWord    = regexp.MustCompile(`(?i)^(?:car (?:rental|hire)|rental car|hire car|mietwagen)\b:?\s*`)
	bookedAs   = regexp.MustCompile(`(?i)\b(?:booking|confirmation|reservation|reference|record locator|pnr|buchung\w*)\b[^\n:#]{0,24}[:#]\s*([A-Z0-9][A-Z0-9-]{4,14})\b`)
)

// readCalendar finds the bookings in a calendar file. What invites people is no
// booking but an invitation.
func readCalendar(file []byte, home *time.Location) (found []rules.Trip) {
	if len(file) > maxCalendar {
		return nil
	}
	c, err := ical.Read(bytes.NewReader(file), home)
	if err != nil || len(c.Events) > maxEvents {
		return nil
	}
	arrivals := map[string]int{} // by hotel: those whose leaving is still to come
	for i := range c.Events {
		e := &c.Events[i]
		if !isNotice(e) {
			continue
		}
		title := clean(e.Summary, maxText)
		if name := checkOut.FindStringSubmatch(title); name != nil {
			if at, ok := arrivals[name[1]]; ok {
				leave(&found[at], e)
				delete(arrivals, name[1])
			}
			continue
		}
		if t, ok := notice(e, title); ok {
			if name := checkIn.FindStringSubmatch(title); name != nil {
				arrivals[name[1]] = len(found)
			}
			found = append(found, t)
		}
	}
	return found
}

// isNotice says that an event tells and asks nothing.
func isNotice(e *ical.Event) bool {
	asks := e.Method != "" && e.Method != "PUBLISH" && e.Method != "CANCEL"
	return !asks && len(e.Attendees) <= 1 && !e.Recurrence.Any() && e.RecurrenceID.IsZero()
}

// notice makes a trip of an event that says which kind of booking it is.
func notice(e *ical.Event, title string) (rules.Trip, bool) {
	t := rules.Trip{
		Start: e.Start, End: e.End, AllDay: e.AllDay, Title: rules.NewText(title), To: rules.NewText(clean(e.Location, maxText)),
		Cancelled: e.Status == "CANCELLED" || e.Method == "CANCEL", Confidence: certain,
	}
	if f := bookedAs.FindStringSubmatch(e.Description); f != nil && f[1] == strings.ToUpper(f[1]) {
		t.Code = f[1]
	}
	inZones(&t, e)
	length := e.End.Sub(e.Start)
	switch {
	case flies(&t, e, title):
	case trainName.MatchString(title) && !e.AllDay:
		f := trainName.FindStringSubmatch(title)
		t.Kind, t.Number = "train", f[1]+" "+f[2]
	case checkIn.MatchString(title):
		t.Kind, t.Title = "hotel", rules.NewText(cmp.Or(checkIn.FindStringSubmatch(title)[1], title))
	case hotelWord.MatchString(title) && (e.AllDay || length >= 12*time.Hour):
		t.Kind, t.Title = "hotel", rules.NewText(hotelLabel.ReplaceAllString(title, ""))
	case tableWord.MatchString(title) && !e.AllDay && length <= 6*time.Hour:
		t.Kind = "restaurant"
	case carWord.MatchString(title):
		t.Kind = "car"
	default:
		return t, false
	}
	return t, !t.End.Before(t.Start)
}

// inZones notes the zone of the event. A time that names none is in that of the
// place, or in the account's.
func inZones(t *rules.Trip, e *ical.Event) {
	if zone := zoneOfLine(e.Location); zone != nil {
		t.StartZone, t.EndZone = zone.String(), zone.String()
		if e.Floating && !e.AllDay {
			t.Start, t.End, t.Confidence = asWritten(e.Start, zone), asWritten(e.End, zone), likely
		}
	} else if e.Floating && !e.AllDay {
		t.Confidence = assumed
	}
	if !e.Floating && e.Zone != "UTC" && zoneNamed(e.Zone) != nil {
		t.StartZone, t.EndZone = e.Zone, e.Zone
	}
}

// flies makes a flight of the event, if it is one. The airports tell the zones of
// times that name none.
func flies(t *rules.Trip, e *ical.Event, title string) bool {
	number := flightName.FindStringSubmatch(title)
	from, to, routed := airports(title + " " + clean(e.Location, maxText))
	if number == nil || !routed && !flightWord.MatchString(title+" "+strings.Join(e.Categories, " ")) || e.AllDay {
		return false
	}
	t.Kind, t.Number = "flight", flightNumber(number[1], number[2])
	if !routed {
		return true
	}
	t.From, t.To = rules.NewText(from.name), rules.NewText(to.name)
	t.Title = rules.NewText(byAir.title(t.Number, from.name, to.name))
	t.StartZone, t.EndZone = from.zone.String(), to.zone.String()
	if e.Floating {
		t.Start, t.End = asWritten(e.Start, from.zone), asWritten(e.End, to.zone)
		t.Confidence = certain
	} else {
		t.Start, t.End = t.Start.In(from.zone), t.End.In(to.zone)
	}
	return true
}

// airports finds "FRA-LHR", "Frankfurt (FRA) to London (LHR)". Three letters that
// are no airport we know are only letters.
func airports(text string) (from, to place, ok bool) {
	f := route.FindStringSubmatch(text)
	if f == nil {
		return from, to, false
	}
	from, to = airport(&thing{says: []property{{name: "iataCode", text: f[1]}}}), airport(&thing{says: []property{{name: "iataCode", text: f[2]}}})
	return from, to, from.zone != nil && to.zone != nil
}

// asWritten is the time on the wall in a zone.
func asWritten(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
}

// leave ends a stay with the event that tells of leaving.
func leave(t *rules.Trip, e *ical.Event) {
	if e.AllDay == t.AllDay && e.Start.After(t.Start) && e.Start.Sub(t.Start) <= maxNights*24*time.Hour {
		t.End = e.Start
	}
}
