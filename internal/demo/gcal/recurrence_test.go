package gcal_test

import (
	"strings"
	"testing"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

func starts(events []*calendar.Event) string {
	var all []string
	for _, e := range events {
		if e.Status == "cancelled" {
			all = append(all, "-")
			continue
		}
		all = append(all, e.Start.DateTime+e.Start.Date)
	}
	return strings.Join(all, " ")
}

func (d *desk) instances(id string) []*calendar.Event {
	d.Helper()
	l, err := d.api.Events.Instances("primary", id).Do()
	d.must(err)
	return l.Items
}

func TestASeriesGivesItsInstances(t *testing.T) {
	zone := func(clock, zone string) *calendar.EventDateTime {
		return &calendar.EventDateTime{DateTime: clock, TimeZone: zone}
	}
	for name, tc := range map[string]struct {
		start, end *calendar.EventDateTime
		lines      []string
		want       string
	}{
		"nine stays nine when the clocks go forward": {
			zone("2026-03-27T09:00:00", "Europe/London"), zone("2026-03-27T10:00:00", "Europe/London"),
			[]string{"RRULE:FREQ=DAILY;COUNT=3"},
			"2026-03-27T09:00:00Z 2026-03-28T09:00:00Z 2026-03-29T09:00:00+01:00",
		},
		"and when they go back": {
			zone("2026-10-24T09:00:00", "Europe/London"), zone("2026-10-24T10:00:00", "Europe/London"),
			[]string{"RRULE:FREQ=DAILY;COUNT=2"},
			"2026-10-24T09:00:00+01:00 2026-10-25T09:00:00Z",
		},
		"by the zone of the series, not of the calendar": {
			zone("2026-03-06T09:00:00", "America/New_York"), zone("2026-03-06T10:00:00", "America/New_York"),
			[]string{"RRULE:FREQ=WEEKLY;COUNT=2"},
			"2026-03-06T14:00:00Z 2026-03-13T13:00:00Z",
		},
		"days, over the change of the clocks": {
			on("2026-03-28"), on("2026-03-29"), []string{"RRULE:FREQ=DAILY;COUNT=3"}, "2026-03-28 2026-03-29 2026-03-30",
		},
		"with UNTIL in UTC": {
			zone("2026-06-01T09:00:00", "Europe/London"), zone("2026-06-01T10:00:00", "Europe/London"),
			[]string{"RRULE:FREQ=DAILY;UNTIL=20260602T080000Z"},
			"2026-06-01T09:00:00+01:00 2026-06-02T09:00:00+01:00",
		},
		"without what EXDATE takes out, with what RDATE adds": {
			zone("2026-06-01T09:00:00", "Europe/London"), zone("2026-06-01T10:00:00", "Europe/London"),
			[]string{"RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/London:20260602T090000", "RDATE:20260610T080000Z"},
			"2026-06-01T09:00:00+01:00 2026-06-03T09:00:00+01:00 2026-06-10T09:00:00+01:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, gcal.Account{})
			d.insert(&calendar.Event{Id: "series", Start: tc.start, End: tc.end, Recurrence: tc.lines})
			if got := starts(d.instances("series")); got != tc.want {
				t.Errorf("instances %s\nwant      %s", got, tc.want)
			}
		})
	}
}

func TestAChangedInstanceIsAnExceptionOfItsSeries(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(weekly("series"))
	const second, third = "series_20260309T090000Z", "series_20260316T090000Z"
	virtual := d.get(second)
	if virtual.RecurringEventId != "series" || virtual.OriginalStartTime.DateTime != "2026-03-09T09:00:00Z" || virtual.Recurrence != nil {
		t.Errorf("the second instance is %+v", virtual)
	}
	moved, err := d.api.Events.Patch("primary", second, &calendar.Event{Summary: "moved", Start: at(10, 15), End: at(10, 16)}).Do()
	d.must(err)
	if moved.Id != second || moved.OriginalStartTime.DateTime != "2026-03-09T09:00:00Z" || moved.Start.DateTime != "2026-03-10T15:00:00Z" {
		t.Errorf("moved to %+v", moved)
	}
	d.must(d.api.Events.Delete("primary", third).Do())
	refused(t, d.api.Events.Delete("primary", third).Do(), "410 deleted")
	hole := d.get(third)
	if hole.Status != "cancelled" || hole.RecurringEventId != "series" || hole.OriginalStartTime == nil || hole.Summary != "" {
		t.Errorf("the hole is %+v", hole)
	}
	want := "2026-03-02T09:00:00Z 2026-03-10T15:00:00Z 2026-03-23T09:00:00Z 2026-03-30T09:00:00+01:00 2026-04-06T09:00:00+01:00"
	if got := starts(d.instances("series")); got != want {
		t.Errorf("instances %s", got)
	}
	l, err := d.api.Events.List("primary").Do()
	d.must(err)
	if got := ids(l.Items); got != "series "+second+" -"+third {
		t.Errorf("master and exceptions: %s", got)
	}
	one, err := d.api.Events.Instances("primary", "series").OriginalStart("2026-03-09T09:00:00Z").Do()
	d.must(err)
	if ids(one.Items) != second {
		t.Errorf("by its original start: %s", ids(one.Items))
	}
	_, err = d.api.Events.Get("primary", "series_20260310T090000Z").Do()
	refused(t, err, "404 notFound") // the series has nothing on that day
}

func TestASeriesThatMovesDropsExceptionsWithoutAPlace(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(weekly("series"))
	_, err := d.api.Events.Patch("primary", "series_20260309T090000Z", &calendar.Event{Summary: "special"}).Do()
	d.must(err)
	_, err = d.api.Events.Patch("primary", "series", &calendar.Event{Start: at(2, 11), End: at(2, 12)}).Do()
	d.must(err)
	if got := starts(d.instances("series")[:2]); got != "2026-03-02T11:00:00Z 2026-03-09T11:00:00Z" {
		t.Errorf("instances %s", got)
	}
	d.must(d.api.Events.Delete("primary", "series").Do())
	if got := d.get("series_20260309T110000Z"); got.Status != "cancelled" {
		t.Errorf("an instance outlived its series: %+v", got)
	}
}

func TestInstancesComeInPages(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(weekly("series"))
	n, pages := 0, 0
	d.must(d.api.Events.Instances("primary", "series").MaxResults(4).Pages(d.ctx, func(l *calendar.Events) error {
		n, pages = n+len(l.Items), pages+1
		return nil
	}))
	if n != 6 || pages != 2 {
		t.Errorf("%d instances on %d pages", n, pages)
	}
	l, err := d.api.Events.Instances("primary", "series").TimeMin("2026-03-09T10:00:00Z").TimeMax("2026-03-23T09:00:00Z").Do()
	d.must(err)
	if ids(l.Items) != "series_20260316T090000Z" {
		t.Errorf("within a window: %s", ids(l.Items))
	}
}

func TestASeriesWithoutAnEndIsCutSomewhere(t *testing.T) {
	d := start(t, gcal.Account{})
	e := weekly("series")
	e.Recurrence = []string{"RRULE:FREQ=DAILY"}
	d.insert(e)
	l, err := d.api.Events.List("primary").SingleEvents(true).MaxResults(2500).Do()
	d.must(err)
	if len(l.Items) != 730 {
		t.Errorf("%d instances", len(l.Items))
	}
	l, err = d.api.Events.List("primary").SingleEvents(true).OrderBy("startTime").TimeMin("2036-03-02T09:30:00Z").MaxResults(1).Do()
	d.must(err)
	if ids(l.Items) != "series_20360302T090000Z" {
		t.Errorf("ten years later it goes on with %s", ids(l.Items))
	}
}
