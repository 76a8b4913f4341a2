package datebook

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/ical"
	"github.com/foredesk/foredesk/rules"
)

// Limits on one expansion: strangers' rules are followed, too.
const (
	maxWork      = 4_000_000 // days, hours or minutes that are looked at: about a second
	seriesWork   = maxWork / 20
	maxInstances = 10_000 // of one series
	maxFound     = 100_000
)

// Expand makes of a mirror's events what takes place between two instants, the
// latter excluded: each single event, each instance of a series, with a changed
// one in the place of that which it replaces, and nothing of what was cancelled.
// What begins before the window and reaches into it belongs to it. Series keep
// their time on the wall of their own zone; all-day events are at midnight in
// zone, and their Original is midnight UTC, as it is of a datebook.Event. names are
// what the configuration calls each calendar, by id.
//
// events need not be in any order, but must have the changed instances of every
// series, the cancelled ones too. An event whose time can't be told is left out,
// and there is an error for it, with the calendar's name and the event's id in it
// and no word of the event. What rules.Plan works out is not filled in.
func Expand(events []Event, names map[string]string, zone *time.Location, from, to time.Time) ([]rules.Event, []error) {
	x := &expansion{
		facts: facts{zone: zone, names: names, people: map[Person]rules.Address{}},
		zones: zones{}, from: from, to: to, work: maxWork, changed: changedOf(events),
		found: make([]occurrence, 0, len(events)),
	}
	var wrong []error
	for i := range events {
		e := &events[i]
		if e.Cancelled() {
			continue
		}
		if err := x.add(e); err != nil {
			wrong = append(wrong, fmt.Errorf("event %s of the calendar %q is left out: %w", e.ID, x.calendar(e), err))
		}
	}
	return x.list(), wrong
}

// expansion is one call of Expand.
type expansion struct {
	facts
	zones    zones
	from, to time.Time
	work     int
	changed  map[instance]bool
	found    []occurrence
}

// occurrence is one time at which an event takes place.
type occurrence struct {
	event      *Event
	start, end time.Time
	original   time.Time // of an instance
	// common is what all unchanged instances of a series share; nil for what stands
	// for itself.
	common *rules.Event
}

// list makes facts of what was found, by start. A rules.Event is large: they are
// made when their number is known, and where they stay.
func (x *expansion) list() []rules.Event {
	slices.SortFunc(x.found, byStart)
	all := make([]rules.Event, len(x.found))
	for i := range x.found {
		o, f := &x.found[i], &all[i]
		if o.common != nil {
			*f = *o.common
			f.ID = withTime(f.ID, o.original, stamp(o.event))
		} else {
			x.describe(o.event, f)
		}
		f.Start, f.End, f.Length = o.start, o.end, o.end.Sub(o.start)
		if f.Recurring {
			f.Original = o.original
			f.Key = withTime(f.Key, o.original, "/"+time.RFC3339)
		}
	}
	return all
}

func withTime(name string, t time.Time, layout string) string {
	b := append(make([]byte, 0, 128), name...)
	return string(t.AppendFormat(b, layout))
}

// byStart is an order in which no two occurrences are equal.
func byStart(a, b occurrence) int {
	if c := a.start.Compare(b.start); c != 0 {
		return c
	}
	return cmp.Or(a.end.Compare(b.end), cmp.Compare(a.event.UID, b.event.UID), a.original.Compare(b.original),
		cmp.Compare(a.event.Calendar, b.event.Calendar), cmp.Compare(a.event.ID, b.event.ID))
}

// instance is a place in a series.
type instance struct {
	calendar, series string
	at               int64 // Unix seconds
}

// changedOf are the instances that stand for themselves, or are gone.
func changedOf(events []Event) map[instance]bool {
	changed := map[instance]bool{}
	for i := range events {
		if e := &events[i]; e.Series != "" {
			changed[instance{e.Calendar, e.Series, e.Original.Unix()}] = true
		}
	}
	return changed
}

// add lists what an event gives.
func (x *expansion) add(e *Event) error {
	switch {
	case e.Start.IsZero() || e.End.Before(e.Start):
		return errors.New("it has no time, or ends before it begins")
	case e.isSeries():
		return x.addSeries(e)
	}
	start, end := x.place(e, e.Start), x.place(e, e.End)
	if !x.touches(start, end) {
		return nil
	}
	if len(x.found) == maxFound {
		return fmt.Errorf("there are more than %d in these days", maxFound)
	}
	x.found = append(x.found, occurrence{event: e, start: start, end: end, original: e.Original.UTC()})
	return nil
}

// addSeries lists the instances of a series that are as the series has them.
func (x *expansion) addSeries(e *Event) error {
	repetition, err := e.repetition(x.zones)
	if err != nil {
		return err
	}
	length := e.End.Sub(e.Start)
	from, to := x.from.Add(-length), x.to
	if e.AllDay { // its starts are midnights UTC
		from, to = from.Add(-anywhere), to.Add(anywhere)
	}
	work := min(seriesWork, x.work)
	x.work -= work
	starts, err := repetition.Starts(from, to, &work)
	x.work += work
	switch {
	case err != nil:
		return err
	case len(starts) > maxInstances || len(x.found)+len(starts) > maxFound:
		return fmt.Errorf("it takes place %d times in these days, which is too much", len(starts))
	case len(starts) == 0:
		return nil
	}
	common := new(rules.Event)
	x.describe(e, common)
	common.ID = splitOff.ReplaceAllString(e.ID, "") + "_"
	for _, at := range starts {
		if x.changed[instance{e.Calendar, e.ID, at.Unix()}] {
			continue
		}
		start, end := x.place(e, at), x.place(e, at.Add(length))
		if x.touches(start, end) {
			x.found = append(x.found, occurrence{e, start, end, at.UTC(), common})
		}
	}
	return nil
}

// place puts a start or an end, of which dates are midnight UTC, in the reader's
// zone.
func (x *expansion) place(e *Event, t time.Time) time.Time {
	if !e.AllDay {
		return t.In(x.zone)
	}
	year, month, day := t.UTC().Date()
	return ical.Midnight(year, month, day, x.zone)
}

// touches reports whether something takes place in the window. What has no length
// does at its start.
func (x *expansion) touches(start, end time.Time) bool {
	return start.Before(x.to) && (end.After(x.from) || !start.Before(x.from))
}

// splitOff ends the id of a series that was split off another one ("this and all
// following"). The ids of its instances are made without it.
var splitOff = regexp.MustCompile(`_R\d{8}(T\d{6})?Z?$`)

// stamp is how Google writes the place of an instance in its id, behind that of the
// series.
func stamp(series *Event) string {
	if series.AllDay {
		return "20060102"
	}
	return "20060102T150405Z"
}

// repetition reads how a series repeats.
func (e *Event) repetition(known zones) (*ical.Repetition, error) {
	if e.AllDay {
		return ical.Recur(e.Recurrence, e.Start.UTC(), true)
	}
	zone, err := known.load(e.Zone)
	if err != nil {
		return nil, err
	}
	return ical.Recur(e.Recurrence, e.Start.In(zone), false)
}

// zones are those that were looked up: reading one from the disk takes longer than
// a year of a series.
type zones map[string]*time.Location

func (z zones) load(name string) (*time.Location, error) {
	if zone, ok := z[name]; ok {
		return zone, nil
	}
	// "" and "Local" mean this machine's zone to package time, and no event does.
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("it names no zone in which it keeps its time, but %q", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("its zone %q is not known", name)
	}
	z[name] = zone
	return zone, nil
}
