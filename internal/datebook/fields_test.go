package datebook

import (
	"maps"
	"strings"
	"testing"
	"time"
)

func march(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }

func meeting() Event {
	return Event{
		Title: "Review", Location: "Room 4", Notes: "Bring the figures", Start: march(3, 10), End: march(3, 11), Zone: "Europe/London", Color: "sage",
		Remind: []int{60, 10}, Guests: []Guest{{Person: Person{Email: "lena@bolt.example"}}}, Ours: map[string]string{"tags": "board", "rule": "r"},
	}
}

func day() Event {
	return Event{Title: "Fair", Start: march(3, 0), End: march(5, 0), AllDay: true, Free: true, Status: "tentative", Remind: []int{}}
}

func TestAnEventInTheWordsOfItsFields(t *testing.T) {
	want := map[string]string{
		"start": "2026-03-03T10:00:00Z", "end": "2026-03-03T11:00:00Z", "date": "", "until": "", "zone": "Europe/London", "title": "Review",
		"location": "Room 4", "notes": "Bring the figures", "color": "sage", "free": "false", "status": "confirmed", "remind": "10,60", "tags": "board",
	}
	if got := Fields(meeting()); !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	want = map[string]string{
		"start": "", "end": "", "date": "2026-03-03", "until": "2026-03-05", "zone": "", "title": "Fair",
		"location": "", "notes": "", "color": "", "free": "true", "status": "tentative", "remind": "none", "tags": "",
	}
	if got := Fields(day()); !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	for name := range want {
		if _, ok := setters[name]; !ok {
			t.Errorf("%s can't be set", name)
		}
	}
}

func TestWhatIsAppliedIsWrittenInOneWay(t *testing.T) {
	for name, tc := range map[string]struct {
		set, want map[string]string
	}{
		"an offset is an instant":        {map[string]string{"end": "2026-03-03T13:30:00+01:00"}, map[string]string{"end": "2026-03-03T12:30:00Z"}},
		"reminders rise":                 {map[string]string{"remind": "60, 5,60"}, map[string]string{"remind": "5,60"}},
		"tags have no blanks":            {map[string]string{"tags": " a ,, b "}, map[string]string{"tags": "a,b"}},
		"a colour in any case":           {map[string]string{"color": "Tomato"}, map[string]string{"color": "tomato"}},
		"dates make it last all day":     {map[string]string{"date": "2026-03-04", "until": "2026-03-05"}, map[string]string{"date": "2026-03-04", "start": "", "zone": ""}},
		"the other pair may be empty":    {map[string]string{"start": "2026-03-03T09:00:00Z", "date": "", "until": ""}, map[string]string{"start": "2026-03-03T09:00:00Z", "end": "2026-03-03T11:00:00Z"}},
		"parts of a second are nobody's": {map[string]string{"start": "2026-03-03T09:00:00.9Z"}, map[string]string{"start": "2026-03-03T09:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Apply(meeting(), tc.set)
			if err != nil {
				t.Fatal(err)
			}
			got := Fields(e)
			for field, want := range tc.want {
				if got[field] != want {
					t.Errorf("%s is %q, not %q", field, got[field], want)
				}
			}
		})
	}
}

func TestApplyingLeavesTheEventThatItWasGiven(t *testing.T) {
	e := meeting()
	before := Fields(e)
	after, err := Apply(e, map[string]string{"tags": "x", "remind": "1", "title": "y"})
	if err != nil || maps.Equal(Fields(after), before) || !maps.Equal(Fields(e), before) || after.Ours["rule"] != "r" {
		t.Errorf("%v, %v: %v", err, Fields(e), after.Ours)
	}
}

func TestAnErrorNamesTheFieldAndNotWhatTheEventSays(t *testing.T) {
	for field, value := range map[string]string{
		"start": "tomorrow", "end": "2026-03-03T09:00:00Z", "date": "2026-03-03", "until": "3 March", "color": "secret", "free": "secret",
		"status": "cancelled", "remind": "99999", "tags": strings.Repeat("secret,", 200), "guests": "secret",
	} {
		_, err := Apply(meeting(), map[string]string{field: value})
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "Review") {
			t.Errorf("%s %q: %v", field, value, err)
		}
	}
}

func TestOursIsTheSameAsLongAsWeLeftIt(t *testing.T) {
	made := func(e Event) Event {
		e.Ours = map[string]string{"key": EventID("k"), "made": Made(e)}
		return e
	}
	for name, tc := range map[string]struct {
		change func(*Event)
		want   bool
	}{
		"untouched":            {func(*Event) {}, true},
		"the same instant":     {func(e *Event) { e.Start = e.Start.In(time.FixedZone("", 3600)) }, true},
		"its status spelt out": {func(e *Event) { e.Status = "confirmed" }, true},
		"wrapped notes":        {func(e *Event) { e.Notes = "Bring\n the figures\n" }, true},
		"a guest has answered": {func(e *Event) { e.Guests = []Guest{{Person: Person{Email: "Lena@bolt.example"}, Response: "declined"}} }, true},
		"the account is on its list": {func(e *Event) {
			e.Guests = append(e.Guests, Guest{Person: Person{Email: "dana@acme.example", Self: true}})
		}, true},
		"coloured":               {func(e *Event) { e.Color = "grape" }, true},
		"tagged":                 {func(e *Event) { e.Ours["tags"] = "x" }, true},
		"moved":                  {func(e *Event) { e.Start = e.Start.Add(time.Minute) }, false},
		"all day":                {func(e *Event) { e.AllDay, e.Start, e.End = true, march(3, 0), march(4, 0) }, false},
		"renamed":                {func(e *Event) { e.Title = "Reviews" }, false},
		"one more guest":         {func(e *Event) { e.Guests = append(e.Guests, Guest{Person: Person{Email: "omar@acme.example"}}) }, false},
		"the notes as the place": {func(e *Event) { e.Location, e.Notes = e.Notes, e.Location }, false},
		"a series":               {func(e *Event) { e.Recurrence = []string{"RRULE:FREQ=DAILY"} }, false},
		"not ours":               {func(e *Event) { delete(e.Ours, "key") }, false},
	} {
		e := made(meeting())
		tc.change(&e)
		if got := e.Untouched(); got != tc.want {
			t.Errorf("%s: untouched %t", name, got)
		}
	}
}

func TestTheSameKeyGivesTheSameID(t *testing.T) {
	// Written out, as it must not change: two versions that differ would make two events.
	if got := EventID("dana/m1@bolt.example/Hold time/hold"); got != "3kqjb1bco8getur6qcgvmr8d0bmco3u0" {
		t.Errorf("the id is %q", got)
	}
}

func FuzzEventID(f *testing.F) {
	f.Add("")
	f.Add("a rule/m1@bolt.example")
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, key string) {
		id := EventID(key)
		if len(id) != 32 || strings.Trim(id, "abcdefghijklmnopqrstuv0123456789") != "" {
			t.Errorf("Google takes no id like %q", id)
		}
		if id == EventID(key+" ") || id != EventID(key) {
			t.Error("the id is not that of its key alone")
		}
	})
}

// FuzzFields: whatever can be applied is read back as it was applied, can be
// applied once more without a change, and can be taken back.
func FuzzFields(f *testing.F) {
	f.Add("start", "2026-03-03T09:00:00+01:00", "end", "2026-03-04T09:00:00.5Z")
	f.Add("date", "2026-03-03", "until", "2026-03-04")
	f.Add("remind", "5, 4,5", "tags", "a,,b ")
	f.Add("color", "TOMATO", "status", "tentative")
	f.Add("start", "0000-01-01T00:00:00+14:00", "zone", "Europe/Paris")
	f.Fuzz(func(t *testing.T, one, a, two, b string) {
		for _, e := range []Event{meeting(), day()} {
			after, err := Apply(e, map[string]string{one: a, two: b})
			if err != nil {
				continue
			}
			fields := Fields(after)
			again, err := Apply(e, fields)
			if err != nil || !maps.Equal(Fields(again), fields) {
				t.Fatalf("%v does not come back: %v, %v", fields, Fields(again), err)
			}
			back, err := Apply(after, Fields(e))
			if err != nil || !maps.Equal(Fields(back), Fields(e)) {
				t.Fatalf("%v can't be taken back: %v, %v", fields, Fields(back), err)
			}
		}
	})
}

func TestAPrivateJourneyDoesNotSayWhereItEnds(t *testing.T) {
	e := Event{Private: true, Zone: "Europe/London", EndZone: "America/New_York", Kind: "default"}
	if kept := e.Wordless(); kept.EndZone != "" {
		t.Errorf("%q is kept", kept.EndZone)
	}
	// Google makes what it finds in mail private by itself.
	e.Kind = "fromGmail"
	if kept := e.Wordless(); kept.EndZone != "America/New_York" {
		t.Errorf("of a flight found in mail %q is kept", kept.EndZone)
	}
}
