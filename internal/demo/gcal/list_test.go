package gcal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/googleapi"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// pages reads a list to its end.
func (d *desk) pages(list *calendar.EventsListCall) (all []*calendar.Event, token string, pages int) {
	d.Helper()
	err := list.Pages(d.ctx, func(page *calendar.Events) error {
		if page.NextPageToken != "" && page.NextSyncToken != "" {
			d.Error("a page before the last has a sync token")
		}
		all, token = append(all, page.Items...), page.NextSyncToken
		pages++
		return nil
	})
	d.must(err)
	return all, token, pages
}

func TestAListHasWhatItsParametersAskFor(t *testing.T) {
	d := start(t, gcal.Account{})
	lunch := meeting("lunch", 3, 12)
	lunch.Summary, lunch.Location, lunch.Transparency = "Lunch with Omar", "Borough Market", "transparent"
	lunch.ExtendedProperties = &calendar.EventExtendedProperties{
		Private: map[string]string{"rule": "lunches", "run": "7"}, Shared: map[string]string{"deal": "7"},
	}
	d.insert(meeting("first", 2, 8))
	d.insert(lunch)
	d.insert(weekly("series"))
	d.insert(&calendar.Event{Id: "offsite", Summary: "Offsite", Start: on("2026-03-04"), End: on("2026-03-06")})
	d.insert(meeting("gone1", 3, 15))
	d.must(d.Remove("primary", "gone1"))
	d.must(d.Remove("primary", "series_20260309T090000Z"))

	type call = *calendar.EventsListCall
	for name, tc := range map[string]struct {
		ask  func(call) call
		want string
	}{
		"nothing: masters and holes": {func(l call) call { return l }, "first lunch offsite series -series_20260309T090000Z"},
		"deleted ones, too":          {func(l call) call { return l.ShowDeleted(true) }, "first -gone1 lunch offsite series -series_20260309T090000Z"},
		"instances by their start":   {func(l call) call { return l.SingleEvents(true).OrderBy("startTime").TimeMax("2026-03-17T00:00:00Z") }, "first series_20260302T090000Z lunch offsite series_20260316T090000Z"},
		"instances and deleted ones": {func(l call) call { return l.SingleEvents(true).ShowDeleted(true).TimeMax("2026-03-10T00:00:00Z") }, "first -gone1 lunch offsite series_20260302T090000Z -series_20260309T090000Z"},
		"what ends after, to the second": {func(l call) call {
			return l.SingleEvents(true).TimeMin("2026-03-02T10:00:00Z").TimeMax("2026-03-05T00:00:00Z")
		}, "lunch offsite"},
		"what starts before, to the second": {func(l call) call { return l.SingleEvents(true).TimeMax("2026-03-02T09:00:00Z") }, "first"},
		"an all-day event ends at midnight": {func(l call) call {
			return l.SingleEvents(true).TimeMin("2026-03-06T00:00:00Z").TimeMax("2026-03-08T00:00:00Z")
		}, ""},
		"a master with an instance in there": {func(l call) call { return l.TimeMin("2026-04-01T00:00:00Z") }, "series"},
		"no master without one":              {func(l call) call { return l.TimeMin("2026-04-07T00:00:00Z") }, ""},
		"words":                              {func(l call) call { return l.Q("omar borough") }, "lunch"},
		"words that stand nowhere":           {func(l call) call { return l.Q("omar breakfast") }, ""},
		"an iCalUID":                         {func(l call) call { return l.ICalUID("lunch@google.com") }, "lunch"},
		"a private property":                 {func(l call) call { return l.PrivateExtendedProperty("rule=lunches", "run=7") }, "lunch"},
		"a private property of another":      {func(l call) call { return l.PrivateExtendedProperty("rule=lunches", "run=8") }, ""},
		"a private property is not shared":   {func(l call) call { return l.SharedExtendedProperty("rule=lunches") }, ""},
		"a shared property":                  {func(l call) call { return l.SharedExtendedProperty("deal=7") }, "lunch"},
		"a type of event":                    {func(l call) call { return l.EventTypes("focusTime") }, ""},
		"a change since, and what went":      {func(l call) call { return l.UpdatedMin("2026-03-02T09:00:00Z") }, "first -gone1 lunch offsite series -series_20260309T090000Z"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.ask(d.api.Events.List("primary")).Do()
			if err != nil || ids(got.Items) != tc.want {
				t.Fatalf("listed %v (%v), want %q", ids(got.Items), err, tc.want)
			}
			all, _, n := d.pages(tc.ask(d.api.Events.List("primary")).MaxResults(1))
			if ids(all) != tc.want || n != max(1, len(all)) {
				t.Errorf("%d pages of one gave %q", n, ids(all))
			}
		})
	}
}

func TestAListThatGoogleWouldRefuseIsRefused(t *testing.T) {
	d := start(t, gcal.Account{})
	d.must(d.AddCalendar(gcal.Calendar{ID: private}))
	d.insert(meeting("abcde", 3, 9))
	d.insert(meeting("fffff", 3, 9))
	_, token, _ := d.pages(d.api.Events.List("primary"))
	first, err := d.api.Events.List("primary").MaxResults(1).Do()
	d.must(err)
	for name, tc := range map[string]struct{ query, want string }{
		"a sync token with iCalUID":             {"iCalUID=x", "400 badRequest"},
		"a sync token with orderBy":             {"orderBy=updated", "400 badRequest"},
		"a sync token with q":                   {"q=x", "400 badRequest"},
		"a sync token with timeMin":             {"timeMin=2026-03-01T00:00:00Z", "400 badRequest"},
		"a sync token with timeMax":             {"timeMax=2026-03-01T00:00:00Z", "400 badRequest"},
		"a sync token with updatedMin":          {"updatedMin=2026-03-01T00:00:00Z", "400 badRequest"},
		"a sync token with a private property":  {"privateExtendedProperty=a=b", "400 badRequest"},
		"a sync token with a shared property":   {"sharedExtendedProperty=a=b", "400 badRequest"},
		"a sync token without deleted events":   {"showDeleted=false", "400 badRequest"},
		"a sync token of masters for instances": {"singleEvents=true", "400 badRequest"},
		"a sync token that is none":             {"syncToken=CPDAlvWDx70CEPDAlvWDx70CGAU", "410 fullSyncRequired"},
		"masters by their start":                {"syncToken=&orderBy=startTime", "400 badRequest"},
		"a window of no length":                 {"syncToken=&timeMin=2026-03-02T00:00:00Z&timeMax=2026-03-02T00:00:00Z", "400 timeRangeEmpty"},
		"changes of last year":                  {"syncToken=&updatedMin=2025-03-02T00:00:00Z", "410 updatedMinTooLongAgo"},
		"a page token that is none":             {"syncToken=&pageToken=x", "400 invalid"},
		"a sync token as page token":            {"syncToken=&pageToken=" + token, "400 invalid"},
		"a second page of another list":         {"syncToken=&singleEvents=true&pageToken=" + first.NextPageToken, "400 badRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.HasPrefix(tc.query, "syncToken=") {
				tc.query = "syncToken=" + token + "&" + tc.query
			}
			refused(t, d.raw("calendars/primary/events?"+strings.TrimPrefix(tc.query, "syncToken=&")), tc.want)
		})
	}
	refused(t, d.raw("calendars/"+private+"/events?syncToken="+token), "410 fullSyncRequired")
}

func TestAnIncrementalListHasWhatChangedAndNothingElse(t *testing.T) {
	d := start(t, gcal.Account{})
	for i := range 5 {
		d.insert(meeting(fmt.Sprintf("event%d", i), 3, 9+i))
	}
	d.insert(weekly("series"))
	all, token, n := d.pages(d.api.Events.List("primary").MaxResults(2))
	if len(all) != 6 || n != 3 {
		t.Fatalf("%d events on %d pages", len(all), n)
	}
	changes := func(want string) {
		t.Helper()
		all, next, _ := d.pages(d.api.Events.List("primary").SyncToken(token).MaxResults(2))
		if got := ids(all); got != want {
			t.Errorf("changed %q, want %q", got, want)
		}
		for _, e := range all {
			if e.Status == "cancelled" && (e.Summary != "" || e.Start != nil || e.ICalUID != "") {
				t.Errorf("a deleted event tells more than its id: %+v", e)
			}
		}
		token = next
	}
	changes("")
	d.must(d.Edit("primary", "event3", &calendar.Event{Summary: "new"}))
	d.must(d.Remove("primary", "event1"))
	d.insert(meeting("eventa", 3, 9))
	d.must(d.Remove("primary", "series_20260309T090000Z"))
	changes("-event1 event3 eventa -series_20260309T090000Z")
	changes("")
	d.must(d.Remove("primary", "series"))
	changes("-series -series_20260309T090000Z")

	d.ExpireSyncTokens()
	_, err := d.api.Events.List("primary").SyncToken(token).Do()
	refused(t, err, "410 fullSyncRequired")
	all, token, _ = d.pages(d.api.Events.List("primary"))
	if got := ids(all); got != "event0 event2 event3 event4 eventa" {
		t.Errorf("after the full sync: %s", got)
	}
	changes("")
}

func TestAChangeBetweenTwoPagesIsNotLost(t *testing.T) {
	d := start(t, gcal.Account{})
	for i := range 4 {
		d.insert(meeting(fmt.Sprintf("event%d", i), 3, 9+i))
	}
	first, err := d.api.Events.List("primary").MaxResults(2).Do()
	d.must(err)
	d.must(d.Edit("primary", "event0", &calendar.Event{Summary: "changed behind the reader"}))
	second, err := d.api.Events.List("primary").MaxResults(2).PageToken(first.NextPageToken).Do()
	d.must(err)
	later, err := d.api.Events.List("primary").SyncToken(second.NextSyncToken).Do()
	d.must(err)
	if ids(second.Items) != "event2 event3" || ids(later.Items) != "event0" {
		t.Errorf("second page %s, changes %s", ids(second.Items), ids(later.Items))
	}
}

func TestASyncThatBeganWithinAWindowStaysInIt(t *testing.T) {
	d := start(t, gcal.Account{})
	_, token, _ := d.pages(d.api.Events.List("primary").TimeMin("2026-03-05T00:00:00Z"))
	d.insert(meeting("first", 3, 9))
	d.insert(meeting("later", 9, 9))
	got, _, _ := d.pages(d.api.Events.List("primary").SyncToken(token))
	if ids(got) != "later" {
		t.Errorf("changes within the window: %s", ids(got))
	}
	for name, list := range map[string]*calendar.EventsListCall{
		"words": d.api.Events.List("primary").Q("x"), "an order": d.api.Events.List("primary").OrderBy("updated"),
		"a property": d.api.Events.List("primary").PrivateExtendedProperty("a=b"),
	} {
		if _, token, _ := d.pages(list); token != "" {
			t.Errorf("a list filtered by %s has a sync token, which could not carry it on", name)
		}
	}
}

func TestAnIncrementalListOfInstancesHasTheWholeSeriesThatChanged(t *testing.T) {
	d := start(t, gcal.Account{})
	e := weekly("series")
	e.Recurrence = []string{"RRULE:FREQ=WEEKLY;COUNT=2"}
	d.insert(e)
	d.insert(meeting("abcde", 3, 9))
	all, token, _ := d.pages(d.api.Events.List("primary").SingleEvents(true))
	if len(all) != 3 {
		t.Fatalf("listed %s", ids(all))
	}
	d.must(d.Edit("primary", "series", &calendar.Event{Summary: "renamed"}))
	all, token, _ = d.pages(d.api.Events.List("primary").SingleEvents(true).SyncToken(token))
	if got := ids(all); got != "series_20260302T090000Z series_20260309T090000Z" {
		t.Errorf("changed %s", got)
	}
	d.must(d.Remove("primary", "series"))
	all, _, _ = d.pages(d.api.Events.List("primary").SingleEvents(true).SyncToken(token))
	if got := ids(all); got != "-series_20260302T090000Z -series_20260309T090000Z" {
		t.Errorf("removed %s", got)
	}
}

func TestAnAnswerIsWrittenInTheAskedZone(t *testing.T) {
	d := start(t, gcal.Account{})
	e := meeting("abcde", 3, 9)
	e.Start.TimeZone, e.End.TimeZone = "Asia/Tokyo", "Asia/Tokyo"
	d.insert(e)
	l, err := d.api.Events.List("primary").TimeZone("America/New_York").Do()
	d.must(err)
	if s := l.Items[0].Start; s.DateTime != "2026-03-03T04:00:00-05:00" || s.TimeZone != "Asia/Tokyo" {
		t.Errorf("start %+v", s)
	}
	if s := d.get("abcde").Start; s.DateTime != "2026-03-03T09:00:00Z" {
		t.Errorf("without a zone the calendar's is used, got %+v", s)
	}
}

func TestAnAnswerHasOnlyTheFieldsAskedFor(t *testing.T) {
	d := start(t, gcal.Account{})
	e := meeting("abcde", 3, 9)
	e.Attendees = []*calendar.EventAttendee{{Email: "lena@bolt.example"}}
	d.insert(e)
	l, err := d.api.Events.List("primary").Fields("nextSyncToken", "items(id,start/dateTime,attendees(email))").Do()
	d.must(err)
	got := l.Items[0]
	if l.NextSyncToken == "" || l.TimeZone != "" || got.Id != "abcde" || got.Summary != "" || got.Start.DateTime == "" || got.Start.TimeZone != "" ||
		got.Attendees[0].Email == "" || got.Attendees[0].ResponseStatus != "" {
		t.Errorf("got %+v with %+v", l, got)
	}
	for _, wrong := range []string{"items(id", "items)", "items//id", ",", "items(id))"} {
		_, err := d.api.Events.List("primary").Fields(googleapi.Field(wrong)).Do()
		refused(t, err, "400 invalidParameter")
	}
}

func TestTenThousandEventsAreReadInFourPages(t *testing.T) {
	if testing.Short() {
		t.Skip("puts 10,000 events on a calendar")
	}
	d := start(t, gcal.Account{})
	for i := range 9700 {
		_, err := d.Put("primary", meeting(fmt.Sprintf("event%05d", i), 1+i%28, i%23))
		d.must(err)
	}
	for i := range 300 {
		_, err := d.Put("primary", weekly(fmt.Sprintf("series%04d", i)))
		d.must(err)
	}
	began := time.Now()
	all, token, n := d.pages(d.api.Events.List("primary").MaxResults(2500))
	if len(all) != 10_000 || n != 4 {
		t.Errorf("%d events on %d pages", len(all), n)
	}
	t.Logf("four pages in %v", time.Since(began).Round(time.Millisecond))
	if all, _, n := d.pages(d.api.Events.List("primary").SyncToken(token)); len(all) != 0 || n != 1 {
		t.Errorf("nothing changed, and %d events came on %d pages", len(all), n)
	}
}
