package gcal

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// horizon ends the expansion of a series without an end where nobody asked for
// an earlier one. Google has such a bound as well, and doesn't say where.
const horizon = 730

// stamps are how the id of an instance names the time that its series gives it.
const (
	stampOfTime = "20060102T150405Z"
	stampOfDate = "20060102"
)

// set makes the recurrence of a master. It runs in the zone that the start
// names, so that a meeting at nine stays at nine over a change of the clocks;
// dates run in UTC, where every day has the same length.
func (r *record) set() (*rrule.Set, error) {
	start, zone := r.start.at.In(r.start.zone), r.start.zone
	if r.start.allDay {
		start, zone = dateOf(r.start.at), time.UTC
	}
	lines, err := recurrenceLines(r.doc)
	if err != nil {
		return nil, err
	}
	set, err := rrule.StrSliceToRRuleSetInLoc(lines, zone)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid", "Invalid recurrence rule: %v", err)
	}
	set.DTStart(start)
	set.RDate(start) // the start is an instance even where the rule does not give it (RFC 5545, section 3.8.5.3)
	return set, nil
}

// recurrenceLines refuses what this server can't expand rather than expanding it
// wrongly: EXRULE, a second RRULE, and rules that repeat within a day.
func recurrenceLines(doc object) ([]string, error) {
	list, _ := doc["recurrence"].([]any)
	var lines []string
	rules := 0
	for _, v := range list {
		line, _ := v.(string)
		upper := strings.ToUpper(line)
		switch {
		case strings.HasPrefix(upper, "RRULE:"):
			rules++
		case !strings.HasPrefix(upper, "EXDATE") && !strings.HasPrefix(upper, "RDATE"):
			return nil, refuse(http.StatusBadRequest, "invalid", "Invalid recurrence line %q", line)
		}
		for _, freq := range []string{"SECONDLY", "MINUTELY", "HOURLY"} {
			if strings.Contains(upper, "FREQ="+freq) {
				return nil, refuse(http.StatusBadRequest, "invalid", "Invalid recurrence rule: %s", freq)
			}
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 || rules > 1 {
		return nil, refuse(http.StatusBadRequest, "invalid", "Invalid recurrence: %d lines with %d rules", len(lines), rules)
	}
	return lines, nil
}

// instances are those of a series that lie, by their own times, within the
// window: they end after from and start before to. A zero time is no bound.
// Cancelled exceptions are among them, with gone set.
func (cal *calendar) instances(master *record, from, to time.Time) []*record {
	most := horizon
	if !to.IsZero() {
		most = math.MaxInt
	}
	return cal.someInstances(master, from, to, most)
}

// someInstances ends the expansion when it has found enough.
func (cal *calendar) someInstances(master *record, from, to time.Time, most int) []*record {
	set, err := master.set()
	if err != nil {
		return nil // it was checked when it was stored
	}
	var found []*record
	next := set.Iterator()
	for len(found) < most {
		at, ok := next()
		if !ok {
			break
		}
		times := cal.times(master, at)
		if !to.IsZero() && !times.start.at.Before(to) {
			break
		}
		if !times.within(from, to) {
			continue // a series may be long before it comes to the window; its instances are made only there
		}
		if inst := cal.instance(master, at); master.exceptions[inst.id] == nil {
			found = append(found, inst)
		}
	}
	// An exception counts where it lies now, not where the series had it.
	for _, e := range master.exceptions {
		if e.within(from, to) {
			found = append(found, e)
		}
	}
	return found
}

// within says whether an event lies in a half-open window, as timeMin and timeMax
// have it.
func (r *record) within(from, to time.Time) bool {
	return (from.IsZero() || r.end.at.After(from)) && (to.IsZero() || r.start.at.Before(to))
}

// times are start and end of the instance at a time of a series' set.
func (cal *calendar) times(master *record, at time.Time) record {
	start, end := master.start, master.end
	if start.allDay {
		days := int(dateOf(end.at).Sub(dateOf(start.at)).Hours() / 24)
		start.at, end.at = midnight(at, cal.zone), midnight(at.AddDate(0, 0, days), cal.zone)
	} else {
		end.at = at.Add(end.at.Sub(start.at))
		start.at = at
	}
	return record{start: start, end: end, original: start}
}

// instance makes the instance that a series gives at a time of its set.
func (cal *calendar) instance(master *record, at time.Time) *record {
	r := cal.times(master, at)
	stamp := at.UTC().Format(stampOfTime)
	if r.start.allDay {
		stamp = at.Format(stampOfDate)
	}
	r.id, r.master, r.gone = master.id+"_"+stamp, master, master.gone
	r.rev, r.updated = master.rev, master.updated
	r.doc = without(clone(master.doc), "recurrence")
	r.doc["id"], r.doc["start"], r.doc["end"] = r.id, r.start.write(cal.zone), r.end.write(cal.zone)
	return &r
}

// lookup finds an event, stored or given by a series.
func (cal *calendar) lookup(id string) (*record, error) {
	if r, ok := cal.events[id]; ok {
		return r, nil
	}
	if at := strings.LastIndexByte(id, '_'); at > 0 {
		master, ok := cal.events[id[:at]]
		if ok && master.recurring() {
			if inst := cal.given(master, id[at+1:]); inst != nil {
				return inst, nil
			}
		}
	}
	return nil, refuse(http.StatusNotFound, "notFound", "Not Found")
}

// given is the instance with a stamp, or nil where the series has none there.
func (cal *calendar) given(master *record, stamp string) *record {
	layout := stampOfTime
	if master.start.allDay {
		layout = stampOfDate
	}
	at, err := time.Parse(layout, stamp)
	if err != nil {
		return nil
	}
	set, err := master.set()
	if err != nil {
		return nil
	}
	if found := set.Between(at, at, true); len(found) > 0 {
		return cal.instance(master, found[0])
	}
	return nil
}

// dropStrays removes the exceptions whose place a changed series no longer has.
func (s *Server) dropStrays(cal *calendar, master *record) {
	for id, e := range master.exceptions {
		stamp := strings.TrimPrefix(id, master.id+"_")
		if !e.gone && (!master.recurring() || cal.given(master, stamp) == nil) {
			s.remove(e)
		}
	}
}

// checkRecurrence holds what a recurring event must have against it.
func (r *record) checkRecurrence() error {
	if !r.recurring() {
		return nil
	}
	if r.master != nil {
		return refuse(http.StatusBadRequest, "invalid", "An instance of a series has no recurrence of its own")
	}
	for name, m := range map[string]moment{"start": r.start, "end": r.end} {
		if !m.allDay && !m.named {
			return refuse(http.StatusBadRequest, "required", "Missing time zone definition for %s time.", name)
		}
	}
	set, err := r.set()
	if err != nil {
		return err
	}
	if _, any := set.Iterator()(); !any {
		return invalid("Invalid recurrence: it gives no instance from %s on", r.start.at.Format(time.DateOnly))
	}
	return nil
}
