package when

import (
	"strings"
	"testing"
	"time"
)

// wednesday is when the phrases of the tables are written: 9 December 2026, 10:00.
func wednesday(tb testing.TB, zone string) Calendar {
	tb.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		tb.Fatal(err)
	}
	return Calendar{
		Now:      time.Date(2026, 12, 9, 10, 0, 0, 0, loc),
		Holidays: map[string]bool{"2026-12-25": true},
	}
}

// short writes spans the way the tables do: days as 2026-12-11 or 2026-12-14..2026-12-18,
// instants with their time, "by" before a deadline, the offset if a zone was written.
func short(spans []Span) string {
	var all []string
	for _, s := range spans {
		text, layout := "", "2006-01-02 15:04"
		if s.Zone != "" {
			layout += "-0700"
		}
		if s.Deadline {
			text = "by "
		}
		from, to := s.Start, s.End
		if s.AllDay {
			layout, to = "2006-01-02", s.End.Add(-time.Second)
		}
		text += from.Format(layout)
		if end := to.Format(layout); end != from.Format(layout) {
			text += ".." + end
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

type example struct{ text, want string }

func checkAll(t *testing.T, c Calendar, examples []example) {
	t.Helper()
	for _, e := range examples {
		if got := short(Find(e.text, c)); got != e.want {
			t.Errorf("%q: found %s, not %s", e.text, got, e.want)
		}
	}
}

func TestGerman(t *testing.T) {
	checkAll(t, wednesday(t, "Europe/Berlin"), germanExamples)
}

func TestFrench(t *testing.T) {
	checkAll(t, wednesday(t, "Europe/Paris"), frenchExamples)
}

func TestEnglish(t *testing.T) {
	checkAll(t, wednesday(t, "Europe/London"), englishExamples)
}

func TestNoDates(t *testing.T) {
	c := wednesday(t, "Europe/London")
	for _, text := range noDates {
		if got := Find(text, c); len(got) != 0 {
			t.Errorf("%q holds no date, but %q was found: %s", text, got[0].Text, short(got))
		}
	}
}
