package gcal

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// Limits of one free/busy query.
const (
	maxBusyCalendars = 50
	maxBusyWindow    = 30 * 24 * time.Hour
)

// queryFreeBusy is freebusy.query. Calendars after the fiftieth answer an error of
// their own; Google's documents do not say whether the whole query would.
func (s *Server) queryFreeBusy(c *call) (object, error) {
	from, err1 := time.Parse(time.RFC3339, text(c.body, "timeMin"))
	to, err2 := time.Parse(time.RFC3339, text(c.body, "timeMax"))
	switch {
	case err1 != nil || err2 != nil:
		return nil, refuse(http.StatusBadRequest, "required", "Missing or invalid timeMin or timeMax: RFC 3339 with an offset is needed.")
	case !to.After(from):
		return nil, refuse(http.StatusBadRequest, "timeRangeEmpty", "The specified time range is empty.")
	case to.Sub(from) > maxBusyWindow:
		return nil, refuse(http.StatusBadRequest, "timeRangeTooLong", "The requested time range is too long.")
	}
	zone := time.UTC
	if name := text(c.body, "timeZone"); name != "" {
		if zone, err1 = time.LoadLocation(name); err1 != nil {
			return nil, invalid("Invalid time zone %q", name)
		}
	}
	most := maxBusyCalendars
	if n := number(c.body, "calendarExpansionMax"); n > 0 {
		most = min(most, n)
	}
	calendars := object{}
	for i, one := range objects(c.body, "items") {
		id := text(one, "id")
		if i >= most {
			calendars[id] = busyError("tooManyCalendarsRequested")
			continue
		}
		calendars[id] = s.busyOf(id, from, to, zone)
	}
	return object{
		"kind": "calendar#freeBusy", "timeMin": from.UTC().Format(time.RFC3339), "timeMax": to.UTC().Format(time.RFC3339),
		"calendars": calendars, "groups": object{},
	}, nil
}

// busyError has an empty busy list beside the error: a client that looks at busy
// alone takes a calendar that it can't see for a free one.
func busyError(reason string) object {
	return object{"busy": []any{}, "errors": []any{object{"domain": "global", "reason": reason}}}
}

// busyOf answers for one calendar. One that can't be read is an error of its
// own: the others are answered all the same.
func (s *Server) busyOf(id string, from, to time.Time, zone *time.Location) object {
	cal, err := s.find(id)
	if err != nil {
		return busyError("notFound")
	}
	list := []any{}
	for _, p := range cal.busy(from, to) {
		list = append(list, object{"start": p.from.In(zone).Format(time.RFC3339), "end": p.to.In(zone).Format(time.RFC3339)})
	}
	return object{"busy": list}
}

// period is half-open: from belongs to it and to does not.
type period struct{ from, to time.Time }

// busy are the calendar's taken times within a window, merged where they touch.
func (cal *calendar) busy(from, to time.Time) (merged []period) {
	var all []period
	for _, it := range cal.items(&listing{single: true, min: from, max: to}) {
		if it.r.blocks() {
			all = append(all, period{latest(it.r.start.at, from), earliest(it.r.end.at, to)})
		}
	}
	slices.SortFunc(all, func(a, b period) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	for _, p := range all {
		if n := len(merged); n > 0 && !p.from.After(merged[n-1].to) {
			merged[n-1].to = latest(merged[n-1].to, p.to)
			continue
		}
		merged = append(merged, p)
	}
	return merged
}

// blocks says whether an event takes its time: it is opaque, lasts, and the
// account has not declined it.
func (r *record) blocks() bool {
	if text(r.doc, "transparency") == "transparent" || !r.end.at.After(r.start.at) {
		return false
	}
	for _, g := range objects(r.doc, "attendees") {
		if g["self"] == true && text(g, "responseStatus") == "declined" {
			return false
		}
	}
	return true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
