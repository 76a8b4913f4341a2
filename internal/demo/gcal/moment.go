package gcal

import (
	"net/http"
	"strings"
	"time"
)

// moment is a start or an end: EventDateTime in the API's words.
type moment struct {
	at     time.Time // of an all-day event: midnight in the calendar's zone
	allDay bool
	zone   *time.Location // what the event names, else the calendar's
	named  bool           // the event names a zone
}

// readMoment reads one of the two fields of an event. cal is the zone of the calendar.
func readMoment(event object, field string, cal *time.Location) (moment, error) {
	o := child(event, field)
	date, clock, zone := text(o, "date"), text(o, "dateTime"), text(o, "timeZone")
	m := moment{zone: cal, named: zone != ""}
	if m.named {
		loc, err := time.LoadLocation(zone)
		if err != nil || strings.EqualFold(zone, "local") {
			return m, refuse(http.StatusBadRequest, "invalid", "Invalid time zone definition for %s time: %q", field, zone)
		}
		m.zone = loc
	}
	if (date == "") == (clock == "") {
		return m, refuse(http.StatusBadRequest, "invalid", "Invalid %s time: one of date and dateTime is needed; a patch takes the other out with null", field)
	}
	var err error
	if m.allDay = date != ""; m.allDay {
		m.at, err = time.ParseInLocation(time.DateOnly, date, cal)
	} else if m.at, err = time.Parse(time.RFC3339, clock); err != nil && m.named {
		m.at, err = time.ParseInLocation("2006-01-02T15:04:05", clock, m.zone)
	}
	if err != nil {
		return m, refuse(http.StatusBadRequest, "invalid", "Invalid value for: %s time %q, which needs an offset or a timeZone", field, date+clock)
	}
	return m, nil
}

// write puts the moment into an answer, its clock time in the zone of the answer.
func (m moment) write(in *time.Location) object {
	if m.allDay {
		return object{"date": m.at.Format(time.DateOnly)}
	}
	return object{"dateTime": m.at.In(in).Format(time.RFC3339), "timeZone": m.zone.String()}
}

// dateOf is an all-day date in UTC, where every day has 24 hours.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func midnight(date time.Time, in *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, in)
}
