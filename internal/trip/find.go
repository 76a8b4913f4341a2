package trip

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/rules"
)

// Trips further from now than that are not believed: nobody books them.
const (
	longestAgo   = 366 * 24 * time.Hour
	longestAhead = 3 * 366 * 24 * time.Hour
)

// Find reads the journeys and bookings that a mail tells of: in its page (UTF-8,
// as sent) and in calendar files attached to it. Times without a zone are of the
// place, or else of zone, the account's. Now is when the mail was received. At
// most 20 trips are found, the earliest first; it is never an error that there
// are none.
func Find(html string, calendars [][]byte, zone *time.Location, now time.Time) []rules.Trip {
	f := finding{now: now, byKey: map[string]int{}}
	for _, t := range readPage(html) {
		bookings(t, booking{home: zone}, func(b booking) {
			if t, ok := b.trip(); ok {
				f.add(t)
			}
		})
	}
	marked := len(f.trips)
	for _, file := range calendars[:min(len(calendars), maxCalendars)] {
		for _, t := range readCalendar(file, zone) {
			if !told(f.trips[:marked], t) {
				f.add(t)
			}
		}
	}
	slices.SortStableFunc(f.trips, func(a, b rules.Trip) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key))
	})
	return f.trips
}

// Mentions reports whether a page may tell of trips: a cheap look before the page
// is kept.
func Mentions(html string) bool {
	html = html[:min(len(html), maxPage)]
	return strings.Contains(html, "schema.org") && strings.Contains(html, "Reservation")
}

// finding is what has been found so far.
type finding struct {
	now   time.Time
	trips []rules.Trip
	byKey map[string]int
}

// add takes in a trip. One that is there already has one more passenger.
func (f *finding) add(t rules.Trip) {
	if t.Start.Before(f.now.Add(-longestAgo)) || t.Start.After(f.now.Add(longestAhead)) {
		return
	}
	t.Key = keyOf(t)
	i, ok := f.byKey[t.Key]
	switch {
	case ok:
		f.trips[i] = merge(f.trips[i], t)
	case len(f.trips) < maxTrips:
		f.byKey[t.Key] = len(f.trips)
		f.trips = append(f.trips, t)
	}
}

// keyOf names a leg whatever else a later mail says of it: a gate, an hour, a
// passenger. Where it has no number, the places tell legs of a day apart; two
// tickets of an order are told apart by what they are for.
func keyOf(t rules.Trip) string {
	what := strings.ReplaceAll(t.Number, " ", "")
	switch t.Kind {
	case "hotel", "restaurant":
		if t.Code == "" {
			what = t.Title.String()
		}
	case "event":
		what = t.Title.String()
	default:
		if what == "" && t.From.String()+t.To.String() != "" {
			what = t.From.String() + ">" + t.To.String()
		} else if what == "" {
			what = t.Title.String()
		}
	}
	return strings.Join([]string{t.Kind, rules.Fold(t.Code), rules.Fold(what), t.Start.Format(time.DateOnly)}, "/")
}

// merge makes one of two tellings of a leg: it is cancelled if it is for all of
// its passengers.
func merge(a, b rules.Trip) rules.Trip {
	a.Cancelled = a.Cancelled && b.Cancelled
	if name := b.Passenger.String(); name != "" && !strings.Contains(a.Passenger.String(), name) {
		a.Passenger = rules.NewText(clean(joined(a.Passenger.String(), name), maxText))
	}
	return a
}

// told reports whether the page tells of the trip already.
func told(trips []rules.Trip, t rules.Trip) bool {
	return slices.ContainsFunc(trips, func(o rules.Trip) bool {
		return o.Kind == t.Kind && (o.Start.Equal(t.Start) || o.Kind == "hotel" && o.Start.Format(time.DateOnly) == t.Start.Format(time.DateOnly))
	})
}
