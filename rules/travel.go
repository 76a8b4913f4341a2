package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// spot is a place with its address, from places: of the file. The first one is
// where the executive's day begins and ends.
type spot struct {
	name    string
	address Text
}

// travel is how long the ways between places take.
type travel struct {
	ways map[[2]string]time.Duration // by the two names, both ways round
	any  time.Duration               // all other ways; 0 where the file says none
}

const travelHint = `write for example: travel: {hq to city: 35m, any: 30m}`

// shortestAddress keeps "1" and "The" from being the beginning of an address.
const shortestAddress = 8

// maxTravel keeps a slip such as 35h out of the calendar.
const maxTravel = 24 * time.Hour

// places reads places: and the ways between them.
func (l *loader) places() {
	if n := l.nodes["places"]; n != nil {
		l.mapping(n, "places", nil, func(key, value *yaml.Node) {
			if s, ok := l.text(value, key.Value); ok {
				l.set.places = append(l.set.places, spot{key.Value, NewText(s)})
			}
		})
	}
	l.set.travel.ways = map[[2]string]time.Duration{}
	if n := l.nodes["travel"]; n != nil {
		l.mapping(n, "travel", nil, l.way)
	}
}

// way reads "hq to city: 35m" or "any: 30m".
func (l *loader) way(key, value *yaml.Node) {
	length, ok := l.travelTime(value)
	if !ok {
		return
	}
	if key.Value == "any" {
		l.set.travel.any = length
		return
	}
	from, to, ok := strings.Cut(key.Value, " to ")
	if from, to = strings.TrimSpace(from), strings.TrimSpace(to); !ok || from == "" || to == "" {
		l.fail(key, travelHint, "%q is no way between two places", key.Value)
		return
	}
	for _, name := range []string{from, to} {
		if known := l.placeNames(); !contains(known, name) {
			l.fail(key, suggestion(name, known), "there is no place %q under places:", name)
			return
		}
	}
	if _, twice := l.set.travel.ways[[2]string{from, to}]; twice {
		l.fail(key, "a way takes as long there as back: keep one of the two", "the way between %q and %q stands here twice", from, to)
		return
	}
	l.set.travel.ways[[2]string{from, to}] = length
	l.set.travel.ways[[2]string{to, from}] = length
}

func (l *loader) travelTime(n *yaml.Node) (time.Duration, bool) {
	s, ok := l.text(n, "travel")
	if !ok {
		return 0, false
	}
	d, err := ParseDuration(s)
	if err != nil || d <= 0 || d > maxTravel {
		l.fail(n, travelHint, "%q is no time that a way takes", s)
		return 0, false
	}
	return d, true
}

func (l *loader) placeNames() []string {
	return mapped(l.set.places, func(s spot) string { return s.name })
}

// checkPlaces demands of a rule with travel: true that the file knows places and
// ways.
func (l *loader) checkPlaces(r *Rule) {
	for _, a := range r.Actions {
		if a.With["travel"] != "true" {
			continue
		}
		if len(l.set.places) == 0 {
			l.failAt(a.place, "add for example: places: {hq: \"1 Fleet St, London\"}; the first is where the day begins", "%q with travel needs places:", a.Name)
		} else if l.set.travel.any == 0 && len(l.set.travel.ways) == 0 {
			l.failAt(a.place, travelHint, "%q with travel needs travel:", a.Name)
		}
	}
}

// Travel is how long the way between two places of the file takes; the same there
// as back. It is false where the file does not say.
func (s *Set) Travel(from, to string) (time.Duration, bool) {
	if from == to {
		return 0, true
	}
	if d, ok := s.travel.ways[[2]string{from, to}]; ok {
		return d, true
	}
	return s.travel.any, s.travel.any > 0
}

// PlaceOf finds the place of the file that a location names, by its name or its
// address, which either may go on: "1 Fleet Street" is "1 Fleet Street, London".
// It is empty where the location names none.
func (s *Set) PlaceOf(location Text) string {
	if location.folded == "" {
		return ""
	}
	for _, p := range s.places {
		if strings.Contains(location.folded, p.address.folded) || len(location.folded) >= shortestAddress && strings.HasPrefix(p.address.folded, location.folded) {
			return p.name
		}
	}
	for _, p := range s.places {
		if hasWord(location.folded, Fold(p.name)) {
			return p.name
		}
	}
	return ""
}

// whereabouts is where an event takes place: a place of the file or, if the file has
// a time for any way, another one as the calendar names it. It is empty where nobody
// has to go anywhere, or nobody knows how long that takes: a room of the house.
func (s *Set) whereabouts(e *Event) string {
	if place := s.PlaceOf(e.Location); place != "" {
		return place
	}
	location := oneLine(e.Location.raw)
	if e.Video != "" || strings.Contains(location, "://") || s.travel.any == 0 {
		return "" // the location of a call is its link, or the name of a service
	}
	return location
}

var errNoPlaces = errors.New("the file knows no places")

// journey is one way of a day.
type journey struct {
	to     string
	start  time.Time
	length time.Duration
}

// journeys are the ways to an event and, from the last one of the day, back to
// where the day begins. The way from one event to the next belongs to the next,
// so that no way is there twice.
func (r *run) journeys() (there, back *journey, err error) {
	s, e := r.set, &r.env.Event
	if len(s.places) == 0 {
		return nil, nil, errNoPlaces
	}
	here, base := s.whereabouts(e), s.places[0].name
	if here == "" || e.AllDay {
		return nil, nil, errNothing
	}
	from, last := base, true
	for _, other := range r.sameDay(e) {
		place := s.whereabouts(&other)
		switch {
		case place == "":
		case !other.End.After(e.Start):
			from = place
		case !other.Start.Before(e.End):
			last = false
		}
	}
	if there, err = s.journey(from, here, e.Start); err == nil && last {
		back, err = s.journey(here, base, e.End)
	}
	if there != nil {
		there.start = e.Start.Add(-there.length)
	}
	return there, back, err
}

func (s *Set) journey(from, to string, start time.Time) (*journey, error) {
	length, ok := s.Travel(from, to)
	if !ok {
		return nil, fmt.Errorf("travel: says nothing of the way from %q to %q", from, to)
	}
	if length == 0 {
		return nil, nil
	}
	return &journey{to, start, length}, nil
}

// sameDay are the other events of an event's local day that take the executive's
// time, by start.
func (r *run) sameDay(e *Event) []Event {
	if r.env.Diary == nil {
		return nil
	}
	zone := r.set.Timezone
	day := dayOf(e.Start.In(zone))
	return slices.DeleteFunc(slices.Clone(r.env.Diary.Events), func(o Event) bool {
		return o.Key == e.Key || o.AllDay || !o.Busy || !dayOf(o.Start.In(zone)).Equal(day)
	})
}
