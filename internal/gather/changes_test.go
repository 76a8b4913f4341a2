package gather_test

import (
	"testing"

	"github.com/foredesk/foredesk/internal/datebook"
)

func TestChanges(t *testing.T) {
	weekly := on(london, "Weekly", "2026-12-09", "10:00 30m", "yes="+tom, "every=daily")
	later := on(london, "Weekly", "2026-12-09", "11:00 30m", "yes="+tom, "every=daily", "fresh")
	for _, tc := range []struct {
		name          string
		before, after []datebook.Event
		want          string
	}{
		{"none of the first agenda, but for what was made in the last day", nil, []datebook.Event{on(london, "Old", "2026-12-09", "10:00 1h")}, ""},
		{
			"a new one, but not what the executive has made",
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h")},
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h"), on(london, "B", "2026-12-09", "10:00 1h", "new"), on(london, "C", "2026-12-09", "12:00 1h", "new", "self")},
			"changed new: B | 9 Dec 10:00-11:00\n",
		},
		{
			"a moved one, once, with its other place",
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa)},
			[]datebook.Event{on(london, "A", "2026-12-10", "11:00 1h", "by="+fromHansa, "at=Room Trent")},
			"changed moved: A | 10 Dec 11:00-12:00 | was 10 Dec 10:00-11:00 | Karin Vogel | Now at Room Trent.\n",
		},
		{"one that was called off", []datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa)}, nil, "changed cancelled: A | 10 Dec 10:00-11:00\n"},
		{"not one that the executive had declined", []datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=declined")}, nil, ""},
		{
			"one that is called otherwise",
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa, "id=x")},
			[]datebook.Event{on(london, "B", "2026-12-10", "10:00 1h", "by="+fromHansa, "id=x")},
			"changed changed: B | 10 Dec 10:00-11:00 | Karin Vogel | Was called “A”.\n",
		},
		{
			"guests who have answered",
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "with="+fromHansa+","+tom)},
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "yes="+fromHansa, "no="+tom)},
			"changed declined: A | 10 Dec 10:00-11:00 | Tom Reyes\nchanged accepted: A | 10 Dec 10:00-11:00 | Karin Vogel\n",
		},
		{
			"a series that was moved, in one line",
			[]datebook.Event{weekly},
			[]datebook.Event{later},
			"changed moved: Weekly | 9 Dec 11:00-11:30 | was 9 Dec 10:00-10:30 | 13 times in these two weeks.\n",
		},
		{"a series that was called off, in one line", []datebook.Event{weekly}, nil, "changed cancelled: Weekly | 9 Dec 10:00-10:30 | 13 times in these two weeks.\n"},
		{
			"an appointment that was moved beyond the days that are looked at",
			[]datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa)},
			[]datebook.Event{on(london, "A", "2027-02-10", "10:00 1h", "by="+fromHansa)},
			"changed moved: A | 10 Feb 10:00-11:00 | was 10 Dec 10:00-11:00\n",
		},
		{"nothing of private events", []datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "private")}, []datebook.Event{on(london, "A", "2026-12-10", "11:00 1h", "private")}, ""},
		{"not an invitation that waits for an answer", nil, []datebook.Event{on(london, "A", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction", "new")}, "needs invitation: A | 10 Dec 10:00-11:00 | Karin Vogel\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, someRules)
			yesterday := halfPast.AddDate(0, 0, -1)
			w.see(yesterday, tc.before...)
			w.sent("2026-12-07")
			w.see(halfPast, tc.after...)
			d, _ := w.day(theDate)
			d.Timeline = nil
			if got := inShort(d); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
		})
	}
}
