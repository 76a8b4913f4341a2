package gcal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

func TestAnInsertedEventComesBackWhole(t *testing.T) {
	d := start(t, gcal.Account{})
	e := meeting("abcde01", 3, 10)
	e.Location, e.ColorId, e.Transparency = "Room 4", "11", "transparent"
	e.ExtendedProperties = &calendar.EventExtendedProperties{Private: map[string]string{"rule": "holds"}}
	e.Attendees = []*calendar.EventAttendee{{Email: dana}, {Email: "lena@bolt.example"}}
	made := d.insert(e)
	got := d.get("abcde01")
	made.ServerResponse, got.ServerResponse = e.ServerResponse, e.ServerResponse
	if diff := cmp.Diff(made, got); diff != "" {
		t.Errorf("the answer to the insert is not what is stored:\n%s", diff)
	}
	if got.Summary != e.Summary || got.ExtendedProperties.Private["rule"] != "holds" || got.Start.DateTime != "2026-03-03T10:00:00Z" {
		t.Errorf("came back as %+v", got)
	}
	if got.Status != "confirmed" || got.EventType != "default" || got.Etag == "" || got.ICalUID != "abcde01@google.com" || !got.Organizer.Self {
		t.Errorf("Google would have filled in more than %+v", got)
	}
	if a := got.Attendees; !a[0].Self || !a[0].Organizer || a[1].Self || a[1].ResponseStatus != "needsAction" {
		t.Errorf("attendees %+v", a)
	}
}

func TestAnEventThatGoogleWouldRefuseIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ change, want string }{
		"an id with letters after v":             {`{"id": "wxyz1"}`, "400 invalid"},
		"an id of four characters":               {`{"id": "abcd"}`, "400 invalid"},
		"an id of 1025 characters":               {`{"id": "` + strings.Repeat("a", 1025) + `"}`, "400 invalid"},
		"an id and an iCalUID":                   {`{"id": "abcde", "iCalUID": "x@y"}`, "400 invalid"},
		"no start":                               {`{"start": null}`, "400 invalid"},
		"a date and a time":                      {`{"start": {"date": "2026-03-03", "dateTime": "2026-03-03T09:00:00Z"}}`, "400 invalid"},
		"a time without offset or zone":          {`{"start": {"dateTime": "2026-03-03T09:00:00"}}`, "400 invalid"},
		"an unknown zone":                        {`{"start": {"dateTime": "2026-03-03T09:00:00", "timeZone": "GMT Standard Time"}}`, "400 invalid"},
		"an end before the start":                {`{"end": {"dateTime": "2026-03-03T08:00:00Z"}}`, "400 timeRangeEmpty"},
		"a date that ends on itself":             {`{"start": {"date": "2026-03-03"}, "end": {"date": "2026-03-03"}}`, "400 timeRangeEmpty"},
		"a date that ends at a time":             {`{"start": {"date": "2026-03-03"}}`, "400 invalid"},
		"a series without a zone":                {`{"recurrence": ["RRULE:FREQ=DAILY"]}`, "400 required"},
		"a series with a broken rule":            {`{` + zoned + `"recurrence": ["RRULE:FREQ=OFTEN"]}`, "400 invalid"},
		"a series by the hour":                   {`{` + zoned + `"recurrence": ["RRULE:FREQ=HOURLY"]}`, "400 invalid"},
		"a series with DTSTART":                  {`{` + zoned + `"recurrence": ["DTSTART:20260303T090000Z", "RRULE:FREQ=DAILY"]}`, "400 invalid"},
		"a series that excludes all it has":      {`{` + zoned + `"recurrence": ["RRULE:FREQ=DAILY;COUNT=1", "EXDATE:20260303T090000Z"]}`, "400 invalid"},
		"a guest without an address":             {`{"attendees": [{"displayName": "Lena"}]}`, "400 required"},
		"a guest with a name as address":         {`{"attendees": [{"email": "Lena <lena@bolt.example>"}]}`, "400 required"},
		"an answer that is none":                 {`{"attendees": [{"email": "lena@bolt.example", "responseStatus": "yes"}]}`, "400 invalid"},
		"251 guests":                             {`{"attendees": [` + strings.TrimSuffix(strings.Repeat(`{"email": "a@b.example"},`, 251), ",") + `]}`, "400 limitExceeded"},
		"a property with a name of 45 bytes":     {`{"extendedProperties": {"private": {"` + strings.Repeat("k", 45) + `": ""}}}`, "400 invalid"},
		"a property of 1025 bytes":               {`{"extendedProperties": {"shared": {"k": "` + strings.Repeat("v", 1025) + `"}}}`, "400 invalid"},
		"six reminders":                          {`{"reminders": {"overrides": [` + strings.TrimSuffix(strings.Repeat(`{"method": "popup", "minutes": 1},`, 6), ",") + `]}}`, "400 invalid"},
		"a reminder five weeks before":           {`{"reminders": {"overrides": [{"method": "popup", "minutes": 50400}]}}`, "400 invalid"},
		"default and own reminders":              {`{"reminders": {"useDefault": true, "overrides": [{"method": "popup", "minutes": 1}]}}`, "400 cannotUseDefaultRemindersAndSpecifyOverride"},
		"a color that is not in the palette":     {`{"colorId": "12"}`, "400 invalid"},
		"a transparency that is none":            {`{"transparency": "busy"}`, "400 invalid"},
		"focus time where the account has none":  {`{"eventType": "focusTime"}`, "400 eventTypeRestriction"},
		"an absence where the account has none":  {`{"eventType": "outOfOffice"}`, "400 eventTypeRestriction"},
		"a place of work, where there is none":   {`{"eventType": "workingLocation"}`, "400 eventTypeRestriction"},
		"a mail's event, which only Gmail makes": {`{"eventType": "fromGmail"}`, "400 eventTypeRestriction"},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, gcal.Account{})
			var e calendar.Event
			whole := map[string]any{}
			for _, part := range []string{`{"start": {"dateTime": "2026-03-03T09:00:00Z"}, "end": {"dateTime": "2026-03-03T10:00:00Z"}}`, tc.change} {
				d.must(json.Unmarshal([]byte(part), &whole))
			}
			raw, err := json.Marshal(whole)
			d.must(err)
			d.must(json.Unmarshal(raw, &e))
			_, err = d.api.Events.Insert("primary", &e).Do()
			refused(t, err, tc.want)
			if l, err := d.api.Events.List("primary").Do(); err != nil || len(l.Items) != 0 {
				t.Errorf("the refused event was stored: %v, %v", l, err)
			}
		})
	}
}

const zoned = `"start": {"dateTime": "2026-03-03T09:00:00Z", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-03-03T10:00:00Z", "timeZone": "Europe/London"}, `

func TestAWorkspaceHasSpecialEventsOnItsPrimaryCalendarOnly(t *testing.T) {
	d := start(t, gcal.Account{Workspace: true})
	d.must(d.AddCalendar(gcal.Calendar{ID: private}))
	focus := meeting("focus1", 3, 9)
	focus.EventType = "focusTime"
	if got := d.insert(focus); got.EventType != "focusTime" {
		t.Errorf("made a %s", got.EventType)
	}
	_, err := d.api.Events.Insert(private, focus).Do()
	refused(t, err, "400 eventTypeRestriction")
	focus.Id, focus.Attendees = "focus2", []*calendar.EventAttendee{{Email: "lena@bolt.example"}}
	_, err = d.api.Events.Insert("primary", focus).Do()
	refused(t, err, "400 eventTypeRestriction")
	_, err = d.api.Events.Patch("primary", "focus1", &calendar.Event{EventType: "default"}).Do()
	refused(t, err, "400 eventTypeRestriction")
}

func TestAnIDStaysTakenAfterItsEventIsDeleted(t *testing.T) {
	d := start(t, gcal.Account{})
	d.insert(meeting("abcde", 3, 9))
	_, err := d.api.Events.Insert("primary", meeting("abcde", 4, 9)).Do()
	refused(t, err, "409 duplicate")
	d.must(d.api.Events.Delete("primary", "abcde").Do())
	refused(t, d.api.Events.Delete("primary", "abcde").Do(), "410 deleted")
	_, err = d.api.Events.Insert("primary", meeting("abcde", 4, 9)).Do()
	refused(t, err, "409 duplicate")
	_, err = d.api.Events.Patch("primary", "abcde", &calendar.Event{Summary: "again"}).Do()
	refused(t, err, "410 deleted")
	got := d.get("abcde")
	if got.Status != "cancelled" || got.Summary != "" || got.Start != nil {
		t.Errorf("a deleted event guarantees its id alone, got %+v", got)
	}
	back, err := d.api.Events.Patch("primary", "abcde", &calendar.Event{Status: "confirmed"}).Do()
	d.must(err)
	if back.Summary != "Meeting abcde" || back.Start.DateTime != "2026-03-03T09:00:00Z" {
		t.Errorf("came back from the bin as %+v", back)
	}
}

func TestAChangeWithAnOldEtagIsRefusedAndChangesNothing(t *testing.T) {
	d := start(t, gcal.Account{})
	old := d.insert(meeting("abcde", 3, 9))
	d.must(d.Edit("primary", "abcde", &calendar.Event{Summary: "moved by a person"}))
	patch := d.api.Events.Patch("primary", "abcde", &calendar.Event{Summary: "ours"})
	patch.Header().Set("If-Match", old.Etag)
	_, err := patch.Do()
	refused(t, err, "412 conditionNotMet")
	put := d.api.Events.Update("primary", "abcde", old)
	put.Header().Set("If-Match", old.Etag)
	_, err = put.Do()
	refused(t, err, "412 conditionNotMet")
	gone := d.api.Events.Delete("primary", "abcde")
	gone.Header().Set("If-Match", old.Etag)
	refused(t, gone.Do(), "412 conditionNotMet")

	fresh := d.get("abcde")
	if fresh.Summary != "moved by a person" {
		t.Errorf("the person's edit is lost: %q", fresh.Summary)
	}
	patch.Header().Set("If-Match", fresh.Etag)
	got, err := patch.Do()
	d.must(err)
	if got.Summary != "ours" || got.Etag == fresh.Etag {
		t.Errorf("patched to %q, etag %s after %s", got.Summary, got.Etag, fresh.Etag)
	}
}

func TestAPatchMergesAndAnUpdateReplaces(t *testing.T) {
	d := start(t, gcal.Account{})
	e := meeting("abcde", 3, 9)
	e.Location, e.Description = "Room 4", "Agenda"
	e.ExtendedProperties = &calendar.EventExtendedProperties{Private: map[string]string{"a": "1", "b": "2"}}
	e.Attendees = []*calendar.EventAttendee{{Email: "lena@bolt.example"}, {Email: "omar@acme.example"}}
	made := d.insert(e)

	got, err := d.api.Events.Patch("primary", "abcde", &calendar.Event{
		NullFields: []string{"Location"}, Attendees: e.Attendees[:1],
		ExtendedProperties: &calendar.EventExtendedProperties{Private: map[string]string{"b": "3"}},
	}).Do()
	d.must(err)
	if p := got.ExtendedProperties.Private; got.Location != "" || got.Description != "Agenda" || p["a"] != "1" || p["b"] != "3" || len(got.Attendees) != 1 {
		t.Errorf("patched to %+v with %v", got, got.ExtendedProperties.Private)
	}
	if got.Sequence != made.Sequence {
		t.Errorf("the sequence rose to %d without a new time", got.Sequence)
	}
	late := meeting("", 4, 11)
	put, err := d.api.Events.Update("primary", "abcde", late).Do()
	d.must(err)
	if put.Description != "" || put.ExtendedProperties != nil || put.Attendees != nil || put.Id != "abcde" || put.ICalUID != made.ICalUID {
		t.Errorf("updated to %+v", put)
	}
	if put.Sequence != made.Sequence+1 || put.Created != made.Created {
		t.Errorf("sequence %d, created %s", put.Sequence, put.Created)
	}
	put.Sequence, put.ForceSendFields = 0, []string{"Sequence"}
	_, err = d.api.Events.Update("primary", "abcde", put).Do()
	refused(t, err, "400 invalid")
	_, err = d.api.Events.Patch("primary", "abcde", &calendar.Event{Start: on("2026-03-04")}).Do()
	refused(t, err, "400 invalid") // a time becomes a date only where the patch takes dateTime out
}

func TestAnImportKeepsUIDAndOrganizer(t *testing.T) {
	d := start(t, gcal.Account{})
	e := meeting("", 3, 9)
	_, err := d.api.Events.Import("primary", e).Do()
	refused(t, err, "400 required")
	e.ICalUID, e.Organizer = "42@bolt.example", &calendar.EventOrganizer{Email: "lena@bolt.example"}
	got, err := d.api.Events.Import("primary", e).Do()
	d.must(err)
	if got.ICalUID != "42@bolt.example" || got.Organizer.Email != "lena@bolt.example" || got.Organizer.Self {
		t.Errorf("imported as %+v", got)
	}
	e.Summary = "Second copy"
	again, err := d.api.Events.Import("primary", e).Do()
	d.must(err)
	l, err := d.api.Events.List("primary").ICalUID("42@bolt.example").Do()
	d.must(err)
	if again.Id != got.Id || len(l.Items) != 1 || l.Items[0].Summary != "Second copy" {
		t.Errorf("a second import gave %s and %d events", ids(l.Items), len(l.Items))
	}
}

func TestOnlyWhatTheClientChoseWouldHaveBeenSent(t *testing.T) {
	d := start(t, gcal.Account{})
	guests := []*calendar.EventAttendee{{Email: dana}, {Email: "lena@bolt.example"}, {Email: "omar@acme.example"}}
	e := meeting("abcde", 3, 9)
	e.Attendees = guests
	_, err := d.api.Events.Insert("primary", e).SendUpdates("all").Do()
	d.must(err)
	patch := func(choice string, who []*calendar.EventAttendee) {
		t.Helper()
		call := d.api.Events.Patch("primary", "abcde", &calendar.Event{Attendees: who})
		if choice != "" {
			call.SendUpdates(choice)
		}
		_, err := call.Do()
		d.must(err)
	}
	patch("none", guests[:2])
	patch("", guests)
	patch("externalOnly", guests)
	patch("all", append(guests[:2:2], &calendar.EventAttendee{Email: "eve@acme.example"}))
	d.must(d.api.Events.Delete("primary", "abcde").SendUpdates("all").Do())

	if _, err := d.Put("primary", invitation("fffff")); err != nil {
		t.Fatal(err)
	}
	_, err = d.api.Events.Patch("primary", "fffff", &calendar.Event{Attendees: []*calendar.EventAttendee{
		{Email: "lena@bolt.example", ResponseStatus: "accepted"}, {Email: dana, ResponseStatus: "declined", Comment: "Tuesday at ten?"},
	}}).SendUpdates("all").Do()
	d.must(err)
	var got []string
	for _, l := range d.Outbox() {
		got = append(got, l.Kind+" "+l.To)
	}
	want := []string{
		"invitation lena@bolt.example", "invitation omar@acme.example",
		"update lena@bolt.example",
		"update lena@bolt.example", "invitation eve@acme.example", "cancellation omar@acme.example",
		"cancellation lena@bolt.example", "cancellation eve@acme.example",
		"reply lena@bolt.example",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

// invitation is an event that Lena organizes.
func invitation(id string) *calendar.Event {
	e := meeting(id, 5, 14)
	e.Organizer = &calendar.EventOrganizer{Email: "lena@bolt.example"}
	e.Attendees = []*calendar.EventAttendee{{Email: "lena@bolt.example", ResponseStatus: "accepted"}, {Email: dana}}
	e.ExtendedProperties = &calendar.EventExtendedProperties{Shared: map[string]string{"deal": "7"}}
	return e
}

func TestAGuestAnswersForItselfAlone(t *testing.T) {
	d := start(t, gcal.Account{})
	_, err := d.Put("primary", invitation("fffff"))
	d.must(err)
	got := d.get("fffff")
	if got.Organizer.Self || !got.Attendees[0].Organizer || !got.Attendees[1].Self || got.Attendees[1].ResponseStatus != "needsAction" {
		t.Errorf("the invitation came as %+v", got)
	}
	got, err = d.api.Events.Patch("primary", "fffff", &calendar.Event{
		AttendeesOmitted: true, Attendees: []*calendar.EventAttendee{{Email: dana, ResponseStatus: "accepted"}, {Email: "lena@bolt.example", ResponseStatus: "declined"}},
	}).Do()
	d.must(err)
	if a := got.Attendees; len(a) != 2 || a[0].ResponseStatus != "accepted" || a[1].ResponseStatus != "accepted" {
		t.Errorf("with attendeesOmitted only the own answer counts, got %+v %+v", a[0], a[1])
	}
	_, err = d.api.Events.Patch("primary", "fffff", &calendar.Event{
		ExtendedProperties: &calendar.EventExtendedProperties{Shared: map[string]string{"deal": "8"}},
	}).Do()
	refused(t, err, "403 forbiddenForNonOrganizer")
	d.must(d.Answer("primary", "fffff", "lena@bolt.example", "tentative", "maybe"))
	one, err := d.api.Events.Get("primary", "fffff").MaxAttendees(1).Do()
	d.must(err)
	if len(one.Attendees) != 1 || !one.AttendeesOmitted || !one.Attendees[0].Self {
		t.Errorf("maxAttendees=1 shows %+v", one.Attendees)
	}
	if a := d.get("fffff").Attendees[0]; a.ResponseStatus != "tentative" || a.Comment != "maybe" {
		t.Errorf("the organizer answered %+v", a)
	}
}

func TestRolesLimitWhatACalendarShowsAndTakes(t *testing.T) {
	d := start(t, gcal.Account{})
	for id, role := range map[string]string{"reader@x.example": "reader", "busy@x.example": "freeBusyReader", "none@x.example": "none"} {
		d.must(d.AddCalendar(gcal.Calendar{ID: id, Summary: role, Role: role, Hidden: role == "reader"}))
		_, err := d.Put(id, meeting("abcde", 3, 9))
		d.must(err)
	}
	for id, want := range map[string]string{"reader@x.example": "403 requiredAccessLevel", "none@x.example": "404 notFound"} {
		_, err := d.api.Events.Insert(id, meeting("fffff", 3, 9)).Do()
		refused(t, err, want)
	}
	e, err := d.api.Events.Get("busy@x.example", "abcde").Do()
	d.must(err)
	if e.Summary != "" || e.Start == nil || e.Visibility != "private" {
		t.Errorf("a free/busy reader sees %+v", e)
	}
	count := func(l *calendar.CalendarList, err error) string {
		d.must(err)
		return fmt.Sprint(len(l.Items), l.NextPageToken != "", l.NextSyncToken != "")
	}
	list := d.api.CalendarList.List
	if got := count(list().Do()); got != "2 false true" {
		t.Errorf("listed %s", got)
	}
	if got := count(list().ShowHidden(true).MinAccessRole("reader").Do()); got != "2 false true" {
		t.Errorf("with the hidden one, readable: %s", got)
	}
	if got := count(list().MaxResults(1).Do()); got != "1 true false" {
		t.Errorf("a page of one: %s", got)
	}
}

func TestTheAccountTellsItsZoneAndItsPalette(t *testing.T) {
	d := start(t, gcal.Account{})
	zone, err := d.api.Settings.Get("timezone").Do()
	d.must(err)
	all, err := d.api.Settings.List().Do()
	d.must(err)
	colors, err := d.api.Colors.Get().Do()
	d.must(err)
	cal, err := d.api.Calendars.Get("primary").Do()
	d.must(err)
	entry, err := d.api.CalendarList.Get("primary").Do()
	d.must(err)
	if zone.Value != "Europe/London" || len(all.Items) < 5 || len(colors.Event) != 11 || len(colors.Calendar) != 24 {
		t.Errorf("zone %q, %d settings, %d and %d colors", zone.Value, len(all.Items), len(colors.Event), len(colors.Calendar))
	}
	if cal.Id != dana || cal.TimeZone != "Europe/London" || !entry.Primary || entry.AccessRole != "owner" {
		t.Errorf("calendar %+v, entry %+v", cal, entry)
	}
	_, err = d.api.Settings.Get("shoeSize").Do()
	refused(t, err, "404 notFound")
}
