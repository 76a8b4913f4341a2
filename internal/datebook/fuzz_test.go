package datebook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
)

// FuzzExpand makes what a stranger can write into an invitation of ours: nothing of
// it may break the expansion, or put an occurrence where it does not belong.
func FuzzExpand(f *testing.F) {
	for _, zone := range []string{"Europe/London", "Mars/Olympus", "../../etc/passwd"} {
		f.Add("<b>Agenda</b> a < b<br>&nbsp;&amp;", zone, "RRULE:FREQ=WEEKLY;BYDAY=MO", int64(1772442000), int64(3600), false)
	}
	f.Add("<!--", "UTC", "RRULE:FREQ=DAILY;COUNT=100000", int64(0), int64(1<<40), false)
	f.Add("</><a <b>", "Asia/Tokyo", "RDATE;VALUE=DATE:20260301", int64(1772409600), int64(86400), true)
	zone := in(f, "America/Santiago")
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	to := from.AddDate(0, 1, 0)
	f.Fuzz(func(t *testing.T, text, its, lines string, start, length int64, allDay bool) {
		e := event(func(e *datebook.Event) {
			e.Notes, e.Zone, e.AllDay = text, its, allDay
			e.Start = time.Unix(start%(1<<34), 0).UTC()
			e.End = e.Start.Add(time.Duration(length%(1<<30)) * time.Second)
			if allDay {
				e.Start, e.End = e.Start.Truncate(24*time.Hour), e.End.Truncate(24*time.Hour)
			}
			if lines != "" {
				e.Recurrence = strings.Split(lines, "\n")
			}
		})
		found, wrong := datebook.Expand([]datebook.Event{e}, names, zone, from, to)
		for _, err := range wrong {
			if strings.Contains(err.Error(), "Secret") {
				t.Error("an error has the title:", err)
			}
		}
		first, last := e.Bounds()
		for _, o := range found {
			if !o.Start.Before(to) || o.End.Before(from) || o.Start.Before(first) || !last.IsZero() && o.End.After(last.Add(time.Hour)) {
				t.Fatalf("%v to %v is out of the window or of the bounds %v to %v", o.Start, o.End, first, last)
			}
		}
	})
}
