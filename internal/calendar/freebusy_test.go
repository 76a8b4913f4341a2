package calendar

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// hours is a span of a day of March.
func hours(day, from, to int) datebook.Span {
	return datebook.Span{Start: time.Date(2026, 3, day, from, 0, 0, 0, time.UTC), End: time.Date(2026, 3, day, to, 0, 0, 0, time.UTC)}
}

// newTeam has a calendar for each name.
func newTeam(t *testing.T, names ...string) *office {
	t.Helper()
	o := newOffice(t, nil)
	for _, n := range names {
		o.must(o.AddCalendar(gcal.Calendar{ID: n + "@acme.example", Summary: n, Role: "freeBusyReader"}))
	}
	return o
}

// busy puts an event on somebody's calendar.
func (o *office) busy(who, id string, day, from, to int) {
	o.Helper()
	_, err := o.Put(who+"@acme.example", map[string]any{"id": id, "summary": "Secret", "start": at(day, from), "end": at(day, to)})
	o.must(err)
}

func TestFreeBusyIsMergedAndWithinTheWindow(t *testing.T) {
	o := newTeam(t, "ann")
	o.busy("ann", "before", 2, 7, 9)
	o.busy("ann", "first", 3, 9, 10)
	o.busy("ann", "second", 3, 10, 11)
	o.busy("ann", "third", 3, 12, 13)
	got, err := o.desk.FreeBusy(t.Context(), []string{"ann@acme.example", dana, dana}, monday, monday.AddDate(0, 0, 7))
	o.must(err)
	want := map[string][]datebook.Span{dana: nil, "ann@acme.example": {hours(3, 9, 11), hours(3, 12, 13)}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestALongWindowIsAskedForInPartsOf30Days(t *testing.T) {
	o := newTeam(t)
	edge := monday.Add(busyWindow) // 1 April, 9:00 UTC
	_, err := o.Put(dana, map[string]any{
		"start": map[string]any{"dateTime": edge.Add(-time.Hour).Format(time.RFC3339)}, "end": map[string]any{"dateTime": edge.Add(time.Hour).Format(time.RFC3339)},
	})
	o.must(err)
	var got map[string][]datebook.Span
	calls := o.cost(func() {
		got, err = o.desk.FreeBusy(t.Context(), []string{dana}, monday, monday.AddDate(0, 0, 75))
		o.must(err)
	})
	want := []datebook.Span{{Start: edge.Add(-time.Hour), End: edge.Add(time.Hour)}}
	if d := cmp.Diff(want, got[dana]); d != "" || len(calls) != 3 {
		t.Errorf("%d requests, (-want +got):\n%s", len(calls), d)
	}
}

func TestManyPeopleAreAskedForInFifties(t *testing.T) {
	var names, people []string
	for i := range 101 {
		names = append(names, fmt.Sprintf("p%d", i))
		people = append(people, fmt.Sprintf("p%d@acme.example", i))
	}
	o := newTeam(t, names...)
	o.busy("p100", "meeting", 3, 9, 10)
	var got map[string][]datebook.Span
	calls := o.cost(func() {
		var err error
		got, err = o.desk.FreeBusy(t.Context(), people, monday, monday.AddDate(0, 0, 1+1))
		o.must(err)
	})
	if len(calls) != 3 || len(got) != 101 || len(got["p100@acme.example"]) != 1 {
		t.Errorf("%d requests, %d people", len(calls), len(got))
	}
}

func TestWhoseTimesAreUnknownIsNotFree(t *testing.T) {
	o := newTeam(t, "ann")
	got, err := o.desk.FreeBusy(t.Context(), []string{"ann@acme.example", "stranger@other.example"}, monday, monday.AddDate(0, 0, 40))
	if _, free := got["stranger@other.example"]; free || len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if err == nil || !strings.Contains(err.Error(), "it is unknown for 1 of 2 (notFound)") || strings.Contains(err.Error(), "@") {
		t.Errorf("the error is %v", err)
	}
}

func TestAnswersWithoutSenseLeaveSomebodyUnknown(t *testing.T) {
	for name, tc := range map[string]struct{ body, want string }{
		"no answer about somebody": {`{"calendars": {}}`, "no answer"},
		"times that are none":      {`{"calendars": {"ann": {"busy": [{"start": "nine", "end": "ten"}]}}}`, "unreadable times"},
		"a time that is missing":   {`{"calendars": {"ann": {"busy": [null]}}}`, "unreadable times"},
	} {
		t.Run(name, func(t *testing.T) {
			desk := canned(t, func(*http.Request) string { return tc.body })
			got, err := desk.FreeBusy(t.Context(), []string{"ann"}, monday, monday.AddDate(0, 0, 1))
			if len(got) != 0 || err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestAQueryThatFailsHasNoMap(t *testing.T) {
	o := newTeam(t, "ann")
	o.Script(gcal.BackendError.Next(99, "freebusy.query"))
	if got, err := o.desk.FreeBusy(t.Context(), []string{dana}, monday, monday.AddDate(0, 0, 1)); got != nil || err == nil {
		t.Errorf("got %v, %v", got, err)
	}
	calls := o.cost(func() {
		if got, err := o.desk.FreeBusy(t.Context(), nil, monday, monday.AddDate(0, 0, 1)); len(got) != 0 || err != nil {
			t.Errorf("nobody is busy: %v, %v", got, err)
		}
	})
	if len(calls) != 0 {
		t.Error("nobody was asked for")
	}
}
