package calendar

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func twoCalendars(c *Config) { c.Calendars = []string{"primary", "Family"} }

// newFamilyOffice has a second calendar, and some events on both.
func newFamilyOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t, twoCalendars)
	o.must(o.AddCalendar(gcal.Calendar{ID: family, Summary: "Family"}))
	for day := 2; day < 8; day++ {
		o.put(dana, fmt.Sprintf("single%d", day), day)
	}
	o.put(dana, "weekly", 2, "RRULE:FREQ=WEEKLY;COUNT=6")
	o.must(o.Remove(dana, "weekly_20260309T090000Z"))
	o.must(o.Edit(dana, "weekly_20260316T090000Z", map[string]any{"summary": "Secret move", "start": at(17, 9), "end": at(17, 10)}))
	o.put(family, "school", 4)
	return o
}

func TestTheFirstReadingHasMastersAndExceptionsAndNoInstances(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.agree(dana)
	o.agree(family)
	all := o.mirror[dana].events
	if len(all) != 9 || len(all["weekly"].Recurrence) != 1 || all["weekly_20260309T090000Z"].Status != "cancelled" {
		t.Errorf("the mirror has %d events: %+v", len(all), all)
	}
	moved := all["weekly_20260316T090000Z"]
	if moved.Series != "weekly" || moved.Original.Day() != 16 || moved.Start.Day() != 17 {
		t.Errorf("the moved instance is %+v", moved)
	}
}

func TestACalendarIsKnownByItsNameZoneAndRole(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	got := o.mirror[dana].Calendar
	if got.Name != "primary" || !got.Primary || got.Zone != "Europe/London" || got.Role != "owner" || !got.SeenAt.Equal(monday) || got.Token == "" || got.Asked == "" {
		t.Errorf("the primary calendar is %+v", got)
	}
	if got := o.mirror[family].Calendar; got.Name != "Family" || got.Primary {
		t.Errorf("the other one is %+v", got)
	}
}

func TestAPollWithoutChangesCostsOneRequestForEachCalendar(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	for range 3 {
		o.clock.pass(time.Minute)
		calls := o.cost(func() { o.must(o.poll()) })
		if len(calls) != 2 || calls[0].Call != "events.list" || calls[1].Call != "events.list" {
			t.Errorf("a poll cost %d requests: %+v", len(calls), calls)
		}
	}
}

func TestEveryRequestAsksTheSameQuestion(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.must(o.poll())
	o.ExpireSyncTokens()
	o.must(o.poll())
	for _, r := range o.Requests() {
		if r.Call != "events.list" {
			continue
		}
		q := r.Query
		q.Del("syncToken")
		q.Del("pageToken")
		q.Del("fields")
		if got := q.Encode(); got != "alt=json&maxResults=2500&prettyPrint=false" {
			t.Errorf("events.list was asked with %s", got)
		}
	}
}

func TestWhatPeopleDoComesWithTheNextPoll(t *testing.T) {
	for name, do := range map[string]func(o *office){
		"an event is added":            func(o *office) { o.put(dana, "later", 9) },
		"an event is deleted":          func(o *office) { o.must(o.Remove(dana, "single3")) },
		"an event is moved":            func(o *office) { o.must(o.Edit(dana, "single3", map[string]any{"start": at(5, 9), "end": at(5, 10)})) },
		"an instance is deleted":       func(o *office) { o.must(o.Remove(dana, "weekly_20260323T090000Z")) },
		"an exception is deleted":      func(o *office) { o.must(o.Remove(dana, "weekly_20260316T090000Z")) },
		"a series is deleted":          func(o *office) { o.must(o.Remove(dana, "weekly")) },
		"an event comes and goes":      func(o *office) { o.put(dana, "later", 9); o.must(o.Remove(dana, "later")) },
		"more happens than one change": func(o *office) { o.put(dana, "later", 9); o.must(o.Remove(dana, "single2")); o.put(family, "more", 9) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newFamilyOffice(t)
			o.must(o.poll())
			do(o)
			o.must(o.poll())
			o.agree(dana)
			o.agree(family)
		})
	}
}

func TestATokenThatIsNotGoodAnyMoreIsFollowedByAWholeListing(t *testing.T) {
	for answer, reason := range map[string]string{
		"410 fullSyncRequired": "fullSyncRequired", "410 updatedMinTooLongAgo": "updatedMinTooLongAgo", "410 deleted": "deleted",
		"410 for another reason": "gone", "410 for none": "", "400, as for a token that never was one": "invalid",
	} {
		t.Run(answer, func(t *testing.T) {
			status, err := strconv.Atoi(answer[:3])
			if err != nil {
				t.Fatal(err)
			}
			o := newFamilyOffice(t)
			o.must(o.poll())
			o.must(o.Remove(dana, "single3"))
			o.put(dana, "later", 9)
			o.Script(gcal.Fault{On: "events.list", Act: gcal.Refuse, Status: status, Reason: reason})
			calls := o.cost(func() { o.must(o.poll()) })
			if len(calls) != 3 || calls[1].Query.Has("syncToken") {
				t.Errorf("it took %d requests", len(calls))
			}
			o.agree(dana)
			o.agree(family)
			faulttest.Injected(t, "24", 1)
		})
	}
}

func TestATokenForAnotherQuestionIsNotUsed(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.mirror[dana].Asked = "something else"
	o.put(dana, "later", 9)
	for _, r := range o.cost(func() { o.must(o.poll()) })[:1] {
		if r.Query.Has("syncToken") {
			t.Error("the token was used")
		}
	}
	o.agree(dana)
}

func TestPages(t *testing.T) {
	empty := gcal.Fault{On: "events.list", Act: gcal.EmptyPage}
	gone := gcal.Fault{On: "events.list", Act: gcal.Refuse, Status: http.StatusGone, Reason: "fullSyncRequired"}
	for name, script := range map[string][]gcal.Fault{
		"an empty page has a next one":                   {empty},
		"several do":                                     {empty, empty, empty},
		"the token is called old in the middle":          {empty, gone},
		"the whole listing after it is, too":             {empty, gone, empty, gone},
		"the connection is dropped between pages":        {empty, {On: "events.list", Act: gcal.DropBefore}},
		"the connection is dropped instead of an answer": {empty, {On: "events.list", Act: gcal.DropAfter}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newFamilyOffice(t)
			o.Script(script...)
			o.must(o.poll()) // whole
			o.agree(dana)
			o.put(dana, "later", 9)
			o.must(o.Remove(dana, "single3"))
			o.Script(script...)
			o.must(o.poll()) // by token
			o.agree(dana)
			if n := o.Scripted(); n > 0 {
				t.Errorf("%d faults did not happen", n)
			}
		})
	}
}

func TestAListingOfManyPagesIsWhole(t *testing.T) {
	o := newOffice(t, nil)
	for i := range 2*pageSize + 10 {
		o.put(dana, fmt.Sprintf("event%05d", i), 2+i%27)
	}
	calls := o.cost(func() { o.must(o.poll()) })
	o.agree(dana)
	if len(calls) != 4 || o.mirror[dana].Token == "" {
		t.Errorf("it took %d requests", len(calls))
	}
}

func TestACalendarThatCannotBeReadDoesNotHideTheOthers(t *testing.T) {
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.put(dana, "later", 9)
	o.put(family, "later", 9)
	o.Script(gcal.Fault{On: "events.list", Act: gcal.Refuse, Status: http.StatusForbidden, Reason: "forbidden"})
	err := o.poll()
	if err == nil || !strings.Contains(err.Error(), `reading the calendar "primary": Google answers 403 forbidden: the account lacks the access`) {
		t.Errorf("the error is %v", err)
	}
	o.agree(family)
	o.must(o.poll())
	o.agree(dana)
}

func TestNamesOfTheConfiguration(t *testing.T) {
	for name, tc := range map[string]struct {
		names      []string
		read, said string
	}{
		"nothing is the primary one": {nil, "primary", ""},
		"by an id":                   {[]string{family}, "Family", ""},
		"by the name that people see, in any case": {[]string{" family"}, "Family", ""},
		"a hidden one":                        {[]string{"Holidays"}, "Holidays", ""},
		"one twice is read once":              {[]string{"primary", dana}, "primary", ""},
		"one that is not there, and others":   {[]string{"Work", "primary"}, "primary", `looking for the calendar "Work": the account's list has none of this id or name`},
		"a name that two have":                {[]string{"Team", "primary"}, "primary", "several calendars have this name, and none is read; put the id"},
		"an id that is not there is not said": {[]string{"x@acme.example"}, "", "looking for calendar number 1 of the configuration: the account's list has none"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, func(c *Config) { c.Calendars = tc.names })
			for id, title := range map[string]string{family: "Family", "a@acme.example": "Team", "b@acme.example": "team"} {
				o.must(o.AddCalendar(gcal.Calendar{ID: id, Summary: title}))
			}
			o.must(o.AddCalendar(gcal.Calendar{ID: "h@acme.example", Summary: "Holidays", Hidden: true}))
			err := o.poll()
			if tc.said == "" && err != nil || tc.said != "" && (err == nil || !strings.Contains(err.Error(), tc.said)) {
				t.Errorf("the error is %v", err)
			}
			var read []string
			for _, p := range o.mirror {
				read = append(read, p.Name)
			}
			if got := strings.Join(read, " "); got != tc.read {
				t.Errorf("read %q, want %q", got, tc.read)
			}
		})
	}
}

func TestACalendarThatIsSharedLaterIsFound(t *testing.T) {
	o := newOffice(t, twoCalendars)
	if err := o.poll(); err == nil {
		t.Error("a calendar that is not there is no error")
	}
	o.must(o.AddCalendar(gcal.Calendar{ID: family, Summary: "Family"}))
	calls := o.cost(func() {
		if err := o.poll(); err == nil {
			t.Error("it was asked for at every poll")
		}
	})
	if len(calls) != 1 {
		t.Errorf("it took %d requests", len(calls))
	}
	o.clock.pass(relookSoon)
	o.must(o.poll())
	o.agree(family)
}

func TestTheListIsLookedAtAgain(t *testing.T) {
	lists := func(calls []gcal.Request) (n int) {
		for _, r := range calls {
			if r.Call == "calendarList.list" {
				n++
			}
		}
		return n
	}
	o := newFamilyOffice(t)
	o.must(o.poll())
	o.clock.pass(relook - time.Second)
	if n := lists(o.cost(func() { o.must(o.poll()) })); n != 0 {
		t.Error("it is looked at within the hour")
	}
	o.clock.pass(time.Second)
	if n := lists(o.cost(func() { o.must(o.poll()) })); n != 1 {
		t.Error("it is not looked at after an hour")
	}
	o.Script(gcal.Fault{On: "events.list", Act: gcal.Refuse, Status: http.StatusNotFound, Reason: "notFound"})
	if err := o.poll(); err == nil {
		t.Error("a calendar that is not there is no error")
	}
	if n := lists(o.cost(func() { o.must(o.poll()) })); n != 1 {
		t.Error("it is not looked at after a 404")
	}
}

func TestAListThatLostItsEventsIsNotBelievedAtOnce(t *testing.T) {
	empty := gcal.Fault{On: "events.list", Act: gcal.EmptyList}
	doubtful := func(o *office, err error) {
		o.Helper()
		var d *Doubtful
		if !errors.As(err, &d) || d.Had != 9 || d.Listed != 0 || !strings.Contains(err.Error(), `reading the calendar "primary": the server lists 0 of 9 events`) {
			o.Errorf("the error is %v", err)
		}
		if len(o.mirror[dana].events) != 9 {
			o.Errorf("the mirror has %d events left", len(o.mirror[dana].events))
		}
	}
	t.Run("said once, it is asked again", func(t *testing.T) {
		o := newFamilyOffice(t)
		o.must(o.poll())
		o.ExpireSyncTokens()
		o.Script(gcal.Fault{}.Next(1, "events.list"), empty)
		o.must(o.poll())
		o.agree(dana)
	})
	t.Run("said twice, nothing is changed for an hour", func(t *testing.T) {
		o := newFamilyOffice(t)
		o.must(o.poll())
		o.ExpireSyncTokens()
		o.Script(gcal.Fault{}.Next(1, "events.list"), empty.Next(2, "events.list"))
		doubtful(o, o.poll())
		o.agree(family) // which was not hidden by it
		for range 3 {
			o.clock.pass(19 * time.Minute)
			o.Script(gcal.Fault{}.Next(1, "events.list"), empty)
			doubtful(o, o.poll())
		}
		o.clock.pass(3 * time.Minute)
		o.Script(gcal.Fault{}.Next(1, "events.list"), empty)
		o.must(o.poll())
		if n := len(o.mirror[dana].events); n != 0 {
			t.Errorf("after an hour the mirror has %d events", n)
		}
	})
	t.Run("once the list is back, doubt begins anew", func(t *testing.T) {
		o := newFamilyOffice(t)
		o.must(o.poll())
		o.ExpireSyncTokens()
		o.Script(gcal.Fault{}.Next(1, "events.list"), empty.Next(2, "events.list"))
		doubtful(o, o.poll())
		o.must(o.poll())
		o.agree(dana)
		o.clock.pass(2 * time.Hour)
		o.ExpireSyncTokens()
		o.Script(gcal.Fault{}.Next(1, "events.list"), empty.Next(2, "events.list"))
		doubtful(o, o.poll())
	})
	t.Run("less than half is doubtful", func(t *testing.T) { testThin(t, 5, true) })
	t.Run("half is not", func(t *testing.T) { testThin(t, 4, false) })
	faulttest.Injected(t, "25", 11)
}

// testThin deletes some of eight events for true while the token is lost.
func testThin(t *testing.T, deleted int, doubtful bool) {
	t.Helper()
	o := newOffice(t, nil)
	for i := range 8 {
		o.put(dana, fmt.Sprintf("event%d", i), 2+i)
	}
	o.must(o.poll())
	for i := range deleted {
		o.must(o.Remove(dana, fmt.Sprintf("event%d", i)))
	}
	o.ExpireSyncTokens()
	var d *Doubtful
	if err := o.poll(); errors.As(err, &d) != doubtful {
		t.Errorf("the error is %v", err)
	}
	o.clock.pass(time.Hour)
	o.must(o.poll())
	o.agree(dana)
}

func TestAnEventWithoutSenseIsLeftOutAlone(t *testing.T) {
	desk := canned(t, onePage(`{"nextSyncToken": "one", "items": [
		{"id": "good", "start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}},
		{"id": "noend", "summary": "Secret", "start": {"dateTime": "25 o'clock"}},
		null,
		{"id": "series", "recurrence": ["RRULE:FREQ=DAILY"], "start": {"dateTime": "2026-03-02T09:00:00Z"}, "end": {"dateTime": "2026-03-02T10:00:00Z"}}]}`))
	log := &record{}
	desk.log = slog.New(slog.NewTextHandler(log, nil))
	syncs, err := desk.Sync(t.Context(), nil)
	if err != nil || len(syncs) != 1 {
		t.Fatal(syncs, err)
	}
	got := syncs[0].Events
	if len(got) != 2 || got[0].ID != "good" || got[1].Zone != "Europe/London" {
		t.Errorf("read %+v", got)
	}
	if s := log.String(); !strings.Contains(s, `event=noend`) || !strings.Contains(s, `calendar="the calendar \"primary\""`) || strings.Contains(s, "Secret") {
		t.Errorf("the log says %s", s)
	}
}

func TestAServerThatGivesNoEndOfPagesIsLeft(t *testing.T) {
	desk := canned(t, onePage(`{"nextPageToken": "again", "items": []}`))
	if _, err := desk.Sync(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the same page again") {
		t.Errorf("the error is %v", err)
	}
}
