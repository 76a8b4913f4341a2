package gcal_test

import (
	"fmt"
	"strings"
	"testing"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

func (d *desk) free(from, to string, ids ...string) (*calendar.FreeBusyResponse, error) {
	q := &calendar.FreeBusyRequest{TimeMin: from, TimeMax: to}
	for _, id := range ids {
		q.Items = append(q.Items, &calendar.FreeBusyRequestItem{Id: id})
	}
	return d.api.Freebusy.Query(q).Do()
}

func TestBusyIsWhatTakesTime(t *testing.T) {
	d := start(t, gcal.Account{})
	open := meeting("open1", 3, 15)
	open.Transparency = "transparent"
	declined := invitation("fffff")
	declined.Start, declined.End = at(3, 16), at(3, 17)
	declined.Attendees[1].ResponseStatus = "declined"
	for _, e := range []*calendar.Event{
		open, declined, meeting("first", 3, 9), meeting("after", 3, 10), meeting("gone1", 3, 13), weekly("series"),
		{Id: "offsite", Start: on("2026-03-10"), End: on("2026-03-11")},
		{Id: "night", Start: at(1, 22), End: at(2, 1)},
	} {
		_, err := d.Put("primary", e)
		d.must(err)
	}
	d.must(d.Remove("primary", "gone1"))
	got, err := d.free("2026-03-02T00:00:00Z", "2026-03-12T00:00:00Z", "primary")
	d.must(err)
	var all []string
	for _, p := range got.Calendars["primary"].Busy {
		all = append(all, strings.TrimPrefix(p.Start, "2026-03-")+" "+strings.TrimPrefix(p.End, "2026-03-"))
	}
	want := "02T00:00:00Z 02T01:00:00Z, 02T09:00:00Z 02T10:00:00Z, 03T09:00:00Z 03T11:00:00Z, 09T09:00:00Z 09T10:00:00Z, 10T00:00:00Z 11T00:00:00Z"
	if got := strings.Join(all, ", "); got != want {
		t.Errorf("busy %s\nwant %s", got, want)
	}
}

func TestFreeBusyFailsForOneCalendarAndAnswersForTheOthers(t *testing.T) {
	d := start(t, gcal.Account{})
	d.must(d.AddCalendar(gcal.Calendar{ID: "none@x.example", Role: "none"}))
	asked := []string{dana, "none@x.example", "nobody@x.example"}
	for i := range 50 {
		asked = append(asked, fmt.Sprintf("c%d@x.example", i))
	}
	got, err := d.free("2026-03-02T00:00:00Z", "2026-04-01T00:00:00Z", asked...)
	d.must(err)
	for id, want := range map[string]string{dana: "", "none@x.example": "notFound", "nobody@x.example": "notFound", "c49@x.example": "tooManyCalendarsRequested"} {
		reason := ""
		if errs := got.Calendars[id].Errors; len(errs) > 0 {
			reason = errs[0].Reason
		}
		if reason != want {
			t.Errorf("%s: %q, want %q", id, reason, want)
		}
	}
	for window, want := range map[[2]string]string{
		{"2026-03-02T00:00:00Z", "2026-04-01T00:00:01Z"}: "400 timeRangeTooLong",
		{"2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"}: "400 timeRangeEmpty",
		{"2026-03-02T00:00:00", "2026-03-03T00:00:00Z"}:  "400 required",
	} {
		_, err := d.free(window[0], window[1], dana)
		refused(t, err, want)
	}
}
