package calendar

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// parse is an event of the calendar c from JSON.
func parse(t *testing.T, text string) (datebook.Event, error) {
	t.Helper()
	var e calendar.Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return fromAPI("c", &e)
}

const review = `{"id": "abc", "iCalUID": "abc@google.com", "etag": "\"7\"", "status": "tentative", "eventType": "focusTime", "sequence": 3,
	"created": "2026-02-01T08:00:00.000Z", "updated": "2026-02-02T08:00:00.123Z", "htmlLink": "https://calendar.example/abc",
	"summary": "Review", "description": "Notes\u0000", "location": "Room 4", "hangoutLink": "https://meet.example/abc",
	"start": {"dateTime": "2026-07-02T09:00:00+01:00", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-07-02T10:00:00+01:00"},
	"recurrence": ["RRULE:FREQ=DAILY"], "visibility": "confidential", "transparency": "transparent", "colorId": "11",
	"reminders": {"overrides": [{"method": "popup", "minutes": 10}, {"method": "email", "minutes": 60}, {"method": "popup"}, null]},
	"organizer": {"email": "dana@acme.example", "displayName": "Dana", "self": true}, "creator": {"email": "ann@acme.example"},
	"attendees": [{"email": "bob@acme.example", "displayName": "Bob", "responseStatus": "accepted", "comment": "Yes", "optional": true}, null,
		{"email": "dana@acme.example", "self": true, "organizer": true, "responseStatus": "accepted"}, {"email": "room@acme.example", "resource": true}],
	"attendeesOmitted": true,
	"extendedProperties": {"private": {"foredesk.rule": "prep", "other.app": "x"}, "shared": {"foredesk.rule": "y"}}}`

func TestAnEventIsReadWhole(t *testing.T) {
	got, err := parse(t, review)
	if err != nil {
		t.Fatal(err)
	}
	want := datebook.Event{
		Calendar: "c", ID: "abc", UID: "abc@google.com", Etag: `"7"`, Status: "tentative", Kind: "focusTime", Sequence: 3,
		Created: time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC), Updated: time.Date(2026, 2, 2, 8, 0, 0, 123e6, time.UTC),
		Link: "https://calendar.example/abc", Title: "Review", Notes: "Notes", Location: "Room 4", Video: "https://meet.example/abc",
		Start: time.Date(2026, 7, 2, 8, 0, 0, 0, time.UTC), End: time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC), Zone: "Europe/London",
		Recurrence: []string{"RRULE:FREQ=DAILY"}, Private: true, Free: true, Color: "tomato", Remind: []int{10, 0},
		Organizer: datebook.Person{Email: "dana@acme.example", Name: "Dana", Self: true}, Creator: datebook.Person{Email: "ann@acme.example"},
		Guests: []datebook.Guest{
			{Person: datebook.Person{Email: "bob@acme.example", Name: "Bob"}, Response: "accepted", Comment: "Yes", Optional: true},
			{Person: datebook.Person{Email: "dana@acme.example", Self: true}, Response: "accepted", Organizer: true},
			{Person: datebook.Person{Email: "room@acme.example"}, Resource: true},
		},
		Omitted: true, Ours: map[string]string{"rule": "prep"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTimesOfEvents(t *testing.T) {
	for name, tc := range map[string]struct{ fields, want string }{
		"a zone and an offset":                    {`"start": {"dateTime": "2026-03-29T09:00:00+01:00", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-03-29T09:30:00+01:00"}`, "2026-03-29T08:00:00Z 2026-03-29T08:30:00Z Europe/London"},
		"a zone instead of an offset, in summer":  {`"start": {"dateTime": "2026-07-01T09:00:00", "timeZone": "America/New_York"}, "end": {"dateTime": "2026-07-01T10:00:00", "timeZone": "America/New_York"}`, "2026-07-01T13:00:00Z 2026-07-01T14:00:00Z America/New_York"},
		"all day, the end being the day after":    {`"start": {"date": "2026-03-29"}, "end": {"date": "2026-03-31"}`, "2026-03-29T00:00:00Z 2026-03-31T00:00:00Z all day"},
		"all day and no end":                      {`"start": {"date": "2026-03-29"}`, "2026-03-29T00:00:00Z 2026-03-30T00:00:00Z all day"},
		"all day, the end being the start":        {`"start": {"date": "2026-03-29"}, "end": {"date": "2026-03-29"}`, "2026-03-29T00:00:00Z 2026-03-30T00:00:00Z all day"},
		"no length":                               {`"start": {"dateTime": "2026-03-29T09:00:00Z"}, "end": {"dateTime": "2026-03-29T09:00:00Z"}`, "2026-03-29T09:00:00Z 2026-03-29T09:00:00Z"},
		"an instance by its original start":       {`"recurringEventId": "s", "originalStartTime": {"dateTime": "2026-03-02T09:00:00Z"}, "start": {"date": "2026-03-03"}`, "2026-03-03T00:00:00Z 2026-03-04T00:00:00Z all day of 2026-03-02T09:00:00Z"},
		"a cancelled instance has no other time":  {`"status": "cancelled", "recurringEventId": "s", "originalStartTime": {"date": "2026-03-02"}`, "0001-01-01T00:00:00Z 0001-01-01T00:00:00Z of 2026-03-02T00:00:00Z"},
		"what is deleted has nothing but its id":  {`"status": "cancelled"`, "0001-01-01T00:00:00Z 0001-01-01T00:00:00Z"},
		"a deletion counts with times of no use":  {`"status": "cancelled", "start": {"dateTime": "nine"}`, "0001-01-01T00:00:00Z 0001-01-01T00:00:00Z"},
		"an instance without its place":           {`"recurringEventId": "s", "start": {"date": "2026-03-03"}`, "error: its place in the series: there is none"},
		"a cancelled instance without its place":  {`"status": "cancelled", "recurringEventId": "s"`, "error: its place in the series: there is none"},
		"no start":                                {`"end": {"date": "2026-03-31"}`, "error: its start: there is none"},
		"an empty start":                          {`"start": {}`, "error: its start: there is none"},
		"neither offset nor zone":                 {`"start": {"dateTime": "2026-07-01T09:00:00"}`, "error: its start: "},
		"a flight ends in its own zone":           {`"start": {"dateTime": "2026-07-01T10:00:00+01:00", "timeZone": "Europe/London"}, "end": {"dateTime": "2026-07-01T13:00:00-04:00", "timeZone": "America/New_York"}`, "2026-07-01T09:00:00Z 2026-07-01T17:00:00Z Europe/London to America/New_York"},
		"an unknown zone is an error, never UTC":  {`"start": {"dateTime": "2026-07-01T09:00:00", "timeZone": "Mars/Base"}`, `error: its start: "Mars/Base" is no time zone`},
		"nor is the machine's own":                {`"start": {"dateTime": "2026-07-01T09:00:00", "timeZone": "Local"}`, `error: its start: "Local" is no time zone`},
		"a date that begins and a time that ends": {`"start": {"date": "2026-07-01"}, "end": {"dateTime": "2026-07-01T09:00:00Z"}`, "error: it begins with a date"},
		"an end before the start":                 {`"start": {"dateTime": "2026-07-01T09:00:00Z"}, "end": {"dateTime": "2026-07-01T08:00:00Z"}`, "error: it ends before it begins"},
		"a year that no database writes":          {`"start": {"date": "9999-12-31"}`, "error: its start: its year is out of reach"},
		"a birthday made in the year 0":           {`"created": "0000-12-31T00:00:00.000Z", "start": {"date": "2026-07-01"}`, "2026-07-01T00:00:00Z 2026-07-02T00:00:00Z all day"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := parse(t, `{"id": "x", "summary": "Secret", `+tc.fields+`}`)
			if got := times(e, err); got != tc.want && !(strings.HasPrefix(tc.want, "error: ") && strings.HasPrefix(got, tc.want)) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// times prints what an event's times are.
func times(e datebook.Event, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	s := e.Start.Format(time.RFC3339) + " " + e.End.Format(time.RFC3339)
	if e.AllDay {
		s += " all day"
	}
	if e.Zone != "" {
		s += " " + e.Zone
	}
	if e.EndZone != "" {
		s += " to " + e.EndZone
	}
	if !e.Original.IsZero() {
		s += " of " + e.Original.Format(time.RFC3339)
	}
	return s
}

func TestWhatAnEventLeavesOutHasItsDefault(t *testing.T) {
	got, err := parse(t, `{"id": "x", "start": {"date": "2026-03-02"}, "colorId": "99"}`)
	if err != nil || got.Status != "confirmed" || got.Kind != "default" || got.Remind != nil || got.Color != "" || got.Ours != nil || !got.Created.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = parse(t, `{"id": "x", "start": {"date": "2026-03-02"}, "reminders": {"useDefault": false}}`)
	if err != nil || got.Remind == nil || len(got.Remind) != 0 {
		t.Errorf("no reminders at all are %v, %v", got.Remind, err)
	}
	got, err = parse(t, `{"id": "x", "start": {"date": "2026-03-02"}, "conferenceData": {"entryPoints": [null, {"entryPointType": "phone", "uri": "tel:1"}, {"entryPointType": "video", "uri": "https://zoom.example/1"}]}}`)
	if err != nil || got.Video != "https://zoom.example/1" {
		t.Errorf("the video call is at %q, %v", got.Video, err)
	}
}

func TestASeriesIsWrittenOnTheClockOfItsZone(t *testing.T) {
	summer := time.Date(2026, 7, 2, 8, 0, 0, 0, time.UTC)
	got := toAPI(datebook.Event{Start: summer, End: summer.Add(time.Hour), Zone: "Europe/London", Recurrence: []string{"RRULE:FREQ=DAILY"}})
	if got.Start.DateTime != "2026-07-02T09:00:00+01:00" || got.Start.TimeZone != "Europe/London" || got.End.DateTime != "2026-07-02T10:00:00+01:00" {
		t.Errorf("written as %+v", got.Start)
	}
	day := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
	got = toAPI(datebook.Event{Start: day, End: day.AddDate(0, 0, 1), AllDay: true})
	if got.Start.Date != "2026-07-02" || got.End.Date != "2026-07-03" || got.Start.DateTime != "" {
		t.Errorf("written as %+v to %+v", got.Start, got.End)
	}
}

func TestAJourneyIsWrittenOnTheClocksOfBothEnds(t *testing.T) {
	leaves := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	got := toAPI(datebook.Event{Start: leaves, End: leaves.Add(8 * time.Hour), Zone: "Europe/London", EndZone: "America/New_York"})
	if got.Start.DateTime != "2026-07-01T10:00:00+01:00" || got.End.DateTime != "2026-07-01T13:00:00-04:00" || got.End.TimeZone != "America/New_York" {
		t.Errorf("written as %+v to %+v", got.Start, got.End)
	}
}

// given are the fields of an event that a person could set, which toAPI writes.
func given(e datebook.Event) datebook.Event {
	e.Calendar, e.UID, e.Etag, e.Series, e.Original, e.Video, e.Link = "", "", "", "", time.Time{}, "", ""
	e.Organizer, e.Creator, e.Omitted, e.Created, e.Updated, e.Sequence = datebook.Person{}, datebook.Person{}, false, time.Time{}, time.Time{}, 0
	for i := range e.Guests {
		e.Guests[i].Self, e.Guests[i].Organizer = false, false
	}
	return e
}

// reread writes an event and reads it again.
func reread(t *testing.T, e datebook.Event) datebook.Event {
	t.Helper()
	b, err := json.Marshal(toAPI(e))
	if err != nil {
		t.Fatal(err)
	}
	back, err := parse(t, string(b))
	if err != nil {
		t.Fatalf("%s does not read again: %v", b, err)
	}
	return back
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	e, err := parse(t, review)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(given(e), given(reread(t, e))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func FuzzFromAPI(f *testing.F) {
	f.Add(review)
	f.Add(`{"id": "x", "start": {"date": "2026-03-02"}}`)
	f.Add(`{"id": "x", "status": "cancelled", "recurringEventId": "s", "originalStartTime": {"dateTime": "2026-03-02T09:00:00", "timeZone": "Asia/Kathmandu"}}`)
	f.Add(`{"id": "x", "start": {"dateTime": "0001-01-01T00:00:00+14:00"}, "end": {"dateTime": "9999-12-31T23:59:59-12:00"}}`)
	f.Add(`{"id": "x", "attendees": [null, {}], "reminders": {"overrides": [null]}, "conferenceData": {"entryPoints": [null]}, "start": {"date": "2026-03-02"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var a calendar.Event
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		e, err := fromAPI("c", &a)
		if err != nil {
			return
		}
		if e.ID == "" || e.End.Before(e.Start) || !e.Cancelled() && e.Start.IsZero() || e.AllDay && e.Start.Hour() != 0 {
			t.Errorf("%s was read as %+v", text, e)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("the mirror can't keep it: %v", err)
		}
		if e.Cancelled() || e.Zone == "Local" {
			return
		}
		if got := reread(t, e); !got.Start.Equal(e.Start.Truncate(time.Second)) || got.Title != e.Title || got.Color != e.Color {
			t.Errorf("%+v reads again as %+v", e, got)
		}
	})
}
