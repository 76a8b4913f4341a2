package gather_test

import (
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
)

func TestZone(t *testing.T) {
	back := on(newYork, "BA 178 New York JFK to London LHR", "2026-12-10", "19:00 7h", "to=Europe/London")
	for _, tc := range []struct {
		name, date string
		events     []datebook.Event
		want       string
	}{
		{"home, without journeys", theDate, nil, "Europe/London"},
		{"home on the day of departure", theDate, []datebook.Event{flight}, "Europe/London"},
		{"where the flight has ended", "2026-12-09", []datebook.Event{flight}, "America/New_York"},
		{"still there the day after", "2026-12-10", []datebook.Event{flight, back}, "America/New_York"},
		{"home on the morning on which a night flight lands", "2026-12-11", []datebook.Event{flight, back}, "Europe/London"},
		{"home once the way there is a month ago", "2027-01-09", []datebook.Event{flight}, "Europe/London"},
		{"there on the last morning in the hotel", "2026-12-11", []datebook.Event{flight, on(london, "Hotel Lex", theDate, "all day 2d"), on(london, "Hotel Madison", "2026-12-10", "all day 2d")}, "America/New_York"},
		{"home when the nights in hotels are over", "2026-12-12", []datebook.Event{flight, on(london, "Hotel Lex", theDate, "all day 2d"), on(london, "Hotel Madison", "2026-12-10", "all day 2d")}, "Europe/London"},
		{"home where the flight was declined", "2026-12-09", []datebook.Event{on(london, "Trip", theDate, "10:00 8h", "to=America/New_York", "by="+tom, "me=declined")}, "Europe/London"},
		{"home where it is shown as free: it is somebody else's", "2026-12-09", []datebook.Event{on(london, "Ellie flies", theDate, "10:00 8h", "to=America/New_York", "free")}, "Europe/London"},
		{"home where it is private: nothing of it is kept", "2026-12-09", []datebook.Event{on(london, "Trip", theDate, "10:00 8h", "to=America/New_York", "private")}, "Europe/London"},
		{"there by what Google found in mail, and made private by itself", "2026-12-09", []datebook.Event{on(london, "Trip", theDate, "10:00 8h", "to=America/New_York", "private", "kind=fromGmail")}, "America/New_York"},
		{"across the date line the morning before is that of Sydney", "2026-12-09", []datebook.Event{
			on(london, "Out", "2026-12-01", "10:00 22h", "to=Australia/Sydney"), on(sydney, "QF 11", "2026-12-09", "10:00 13h", "to=America/New_York"),
		}, "Australia/Sydney"},
		{"and the morning after that of New York", "2026-12-10", []datebook.Event{
			on(london, "Out", "2026-12-01", "10:00 22h", "to=Australia/Sydney"), on(sydney, "QF 11", "2026-12-09", "10:00 13h", "to=America/New_York"),
		}, "America/New_York"},
		{"a night flight that lands in the afternoon ends the day, and does not begin it", "2026-12-09", []datebook.Event{on(london, "SQ 317", theDate, "22:00 13h", "to=Asia/Singapore")}, "Europe/London"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, someRules)
			w.see(halfPast, tc.events...)
			day, err := time.Parse(time.DateOnly, tc.date)
			w.must(err)
			if zone, err := w.Zone(t.Context(), day); err != nil || zone.String() != tc.want {
				t.Errorf("%v, %v; want %s", zone, err, tc.want)
			}
		})
	}
}
