package calendar

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// patch is a change of some fields: "color", "sage", …
func patch(id string, set ...string) datebook.Change {
	ch := datebook.Change{Do: datebook.Patch, Key: "p", ID: id, Set: map[string]string{}}
	for i := 0; i < len(set); i += 2 {
		ch.Set[set[i]] = set[i+1]
	}
	return ch
}

// shown is an event without what changes by being written, for comparing all the rest.
func (b *booth) shown(id string) string {
	b.Helper()
	e := b.event(id)
	e.Etag, e.Updated, e.Sequence = "", "", 0
	if e.ExtendedProperties != nil {
		maps.DeleteFunc(e.ExtendedProperties.Private, func(name, _ string) bool { return strings.HasPrefix(name, lastly) })
		if len(e.ExtendedProperties.Private) == 0 {
			e.ExtendedProperties = nil
		}
	}
	text, err := json.MarshalIndent(e, "", " ")
	b.must(err)
	return string(text)
}

// wholeEvent is an event of a person, with something in every field that could be lost.
func wholeEvent() *calendar.Event {
	return invited(func(e *calendar.Event) {
		e.Description, e.Location, e.ColorId, e.Visibility = "Agenda:\n- figures", "Room 4", "11", "private"
		e.Reminders = &calendar.EventReminders{Overrides: []*calendar.EventReminder{{Method: "email", Minutes: 90}, {Method: "popup", Minutes: 10}}, ForceSendFields: []string{"UseDefault"}}
		e.Source = &calendar.EventSource{Title: "Minutes", Url: "https://bolt.example/minutes"}
		e.ExtendedProperties = &calendar.EventExtendedProperties{Private: map[string]string{"theirs": "kept"}}
	})
}

func TestEachFieldCanBeSetAndTakenBack(t *testing.T) {
	for name, set := range map[string][]string{
		"moved":               {"start", "2026-03-05T14:00:00Z", "end", "2026-03-05T15:00:00Z"},
		"moved, by an offset": {"start", "2026-03-05T15:00:00+01:00", "end", "2026-03-05T16:30:00+01:00"},
		"made longer":         {"end", "2026-03-04T16:00:00Z"},
		"made all-day":        {"date", "2026-03-04", "until", "2026-03-06"},
		"in another zone":     {"zone", "Europe/Berlin"},
		"renamed":             {"title", "Something else"},
		"without a title":     {"title", ""},
		"elsewhere":           {"location", "Room 5"},
		"nowhere":             {"location", ""},
		"with notes":          {"notes", "Nothing but this"},
		"without notes":       {"notes", ""},
		"sage":                {"color", "sage"},
		"in its own colour":   {"color", ""},
		"free":                {"free", "true"},
		"tentative":           {"status", "tentative"},
		"reminded":            {"remind", "0,60"},
		"not reminded":        {"remind", "none"},
		"tagged":              {"tags", "board,travel"},
		"a lot at once":       {"title", "x", "free", "true", "color", "basil", "tags", "y", "start", "2026-03-04T13:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			id := b.put(wholeEvent())
			before := b.shown(id)
			first, err := b.view("primary", b.event(id))
			b.must(err)
			ch := patch(id, set...)
			out := b.ends(ch, datebook.Done)
			want, err := datebook.Apply(first.Event, ch.Set)
			b.must(err)
			if diff := cmp.Diff(datebook.Fields(want), datebook.Fields(out.Event)); diff != "" {
				t.Fatalf("it is not as it was to be:\n%s", diff)
			}
			b.ends(datebook.Change{Do: datebook.Patch, Key: "p", ID: id, Set: out.Was, Was: ch.Set}, datebook.Done)
			if diff := cmp.Diff(before, b.shown(id)); diff != "" {
				t.Errorf("taken back, it is not as it was:\n%s", diff)
			}
			b.wantWrites("patch 200", "patch 200")
			b.wantMails()
		})
	}
}

func TestOnlyWhatIsNamedChanges(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	before := b.shown(id)
	b.ends(patch(id, "color", "sage"), datebook.Done)
	if got := strings.Replace(b.shown(id), `"colorId": "2"`, `"colorId": "11"`, 1); got != before {
		t.Errorf("more than the colour changed:\n%s", cmp.Diff(before, got))
	}
	p := private(b.event(id))
	if p["theirs"] != "kept" || p[ours+"key"] != "" || p[lastly+"change"] == "" {
		t.Errorf("its properties are %v", p)
	}
}

func TestAPatchSaysWhichRuleDidIt(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	ch := patch(id, "color", "sage")
	ch.Event.Ours = map[string]string{"rule": "Colour the board", "version": "v7", "message": "m@bolt.example"}
	out := b.ends(ch, datebook.Done)
	p := private(b.event(id))
	if p[lastly+"rule"] != "Colour the board" || p[lastly+"version"] != "v7" || p[lastly+"message"] != "m@bolt.example" {
		t.Errorf("its properties are %v", p)
	}
	if out.Event.MadeByUs() || len(out.Event.Ours) != 0 {
		t.Errorf("a person's event is taken for ours: %v", out.Event.Ours)
	}
}

func TestWhatIsSoAlreadyIsNotWritten(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	out := b.ends(patch(id, "color", "tomato", "start", "2026-03-04T15:00:00+01:00", "remind", "10"), datebook.Done)
	if out.Was["color"] != "tomato" || out.Event.Color != "tomato" {
		t.Errorf("%+v", out)
	}
	b.wantWrites()
}

func TestPatchingIsDoneOnceWhateverGoesWrong(t *testing.T) {
	for name, script := range faults("events.patch") {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			ch.Event.Guests = with(lena)
			b.ends(ch, datebook.Done)
			move := patch(datebook.EventID("k"), "start", "2026-03-03T09:00:00Z")
			move.Tell = true
			b.Script(script...)
			for range 2 {
				out := b.ends(move, datebook.Done)
				if out.Was["start"] != "2026-03-03T10:00:00Z" || !out.Event.Start.Equal(march(3, 9)) || !out.Event.Untouched() {
					t.Errorf("was %v, is %v", out.Was, out.Event.Start)
				}
				b.again()
			}
			b.wantMails("update " + lena)
		})
	}
}

func TestPatchingIsDoneOnceAfterACrash(t *testing.T) {
	crashes(t, func(t *testing.T) (*booth, datebook.Change) {
		b := newBooth(t, gcal.Account{})
		return b, patch(b.put(wholeEvent()), "color", "sage")
	}, func(t *testing.T, b *booth, out datebook.Outcome) {
		if out.Result != datebook.Done || out.Event.Color != "sage" || out.Was["color"] != "tomato" {
			t.Errorf("%s (%s): %q, was %v", out.Result, out.Reason, out.Event.Color, out.Was)
		}
	})
}

func TestWhatWasTooLongToKeepIsToldByTheOneWhoReadIt(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	long := strings.Repeat("All of the minutes. ", 200)
	id := b.put(invited(func(e *calendar.Event) { e.Description = long }))
	ch := patch(id, "notes", "short")
	b.Script(gcal.Fault{On: "events.patch", Act: gcal.DropAfter})
	if out := b.ends(ch, datebook.Done); out.Was["notes"] != long {
		t.Errorf("was %q", out.Was["notes"])
	}
	b.again()
	ch.Was = map[string]string{"notes": long}
	if out := b.ends(ch, datebook.Done); out.Was["notes"] != long {
		t.Errorf("was %q", out.Was["notes"])
	}
}

// TestAPersonsEditIsKept is fault 26, with the person at each moment: before the
// look, between the look and the write, and after a write whose answer was lost.
func TestAPersonsEditIsKept(t *testing.T) {
	mine := &calendar.Event{ColorId: "5"} // banana
	other := &calendar.Event{Summary: "A new title", Attendees: []*calendar.EventAttendee{{Email: lena}, {Email: dana}}}
	for name, tc := range map[string]struct {
		edit   *calendar.Event
		was    map[string]string
		moment string
		want   datebook.Result
		color  string
		title  string
	}{
		"of the same field, before":                   {mine, map[string]string{"color": "tomato"}, "", datebook.Theirs, "5", secret},
		"of the same field, between":                  {mine, map[string]string{"color": "tomato"}, "PATCH", datebook.Theirs, "5", secret},
		"of the same field, as no value was expected": {mine, nil, "", datebook.Done, "2", secret},
		"of another field, before":                    {other, map[string]string{"color": "tomato"}, "", datebook.Done, "2", "A new title"},
		"of another field, between":                   {other, map[string]string{"color": "tomato"}, "PATCH", datebook.Done, "2", "A new title"},
		"of a field that was looked at, between":      {other, map[string]string{"color": "tomato", "title": secret}, "PATCH", datebook.Theirs, "11", "A new title"},
		"to what we want, between":                    {&calendar.Event{ColorId: "2"}, map[string]string{"color": "tomato"}, "PATCH", datebook.Done, "2", secret},
		"a deletion, before":                          {&calendar.Event{Status: "cancelled"}, nil, "", datebook.Gone, "", ""},
		"a deletion, between":                         {&calendar.Event{Status: "cancelled"}, nil, "PATCH", datebook.Gone, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			id := b.put(wholeEvent())
			if tc.moment == "" {
				b.edit(id, tc.edit)
			} else {
				b.gate.beforeThe(tc.moment, func() { b.edit(id, tc.edit) })
			}
			ch := patch(id, "color", "sage")
			ch.Was = tc.was
			for range 2 {
				b.ends(ch, tc.want)
				b.again()
			}
			if e := b.event(id); e.ColorId != tc.color || e.Summary != tc.title {
				t.Errorf("colour %s, title %q", e.ColorId, e.Summary)
			}
			if tc.moment != "" {
				faulttest.Injected(t, "26", 1)
			}
		})
	}
}

func TestWhatAPersonChangedBackIsNotDoneAgain(t *testing.T) {
	for _, act := range []gcal.Act{gcal.None, gcal.DropAfter} {
		b := newBooth(t, gcal.Account{})
		id := b.put(wholeEvent())
		b.Script(gcal.Fault{On: "events.patch", Act: act})
		b.ends(patch(id, "color", "sage"), datebook.Done)
		b.edit(id, &calendar.Event{ColorId: "11"})
		b.again()
		b.ends(patch(id, "color", "sage"), datebook.Theirs)
		if e := b.event(id); e.ColorId != "11" {
			t.Errorf("colour %s", e.ColorId)
		}
	}
}

func TestAPersonWhoIsAlwaysQuickerWins(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	b.Script(gcal.Fault{On: "events.patch", Act: gcal.Refuse, Status: 412, Reason: "conditionNotMet", Times: 1000})
	b.ends(patch(id, "color", "sage"), datebook.Later)
	if n := len(b.writes()); n != attempts {
		t.Errorf("%d writes", n)
	}
}

func TestAPatchWithoutSenseIsRefusedBeforeItIsWritten(t *testing.T) {
	for name, set := range map[string][]string{
		"no such field":              {"guests", lena},
		"our own stamps":             {"made", "x"},
		"a cancellation":             {"status", "cancelled"},
		"a colour of nobody's":       {"color", "puce"},
		"times and dates":            {"start", "2026-03-04T10:00:00Z", "date", "2026-03-04"},
		"a date without the other":   {"date", "2026-03-04"},
		"an end before the start":    {"end", "2026-03-04T10:00:00Z"},
		"no time at all":             {"start", "", "end", ""},
		"a clock time without zone":  {"start", "2026-03-04T10:00:00"},
		"six reminders":              {"remind", "1,2,3,4,5,6"},
		"a reminder after the start": {"remind", "-5"},
		"perhaps free":               {"free", "maybe"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			b.ends(patch(b.put(wholeEvent()), set...), datebook.Refused)
			b.wantWrites()
		})
	}
	b := newBooth(t, gcal.Account{})
	b.ends(patch(b.put(wholeEvent()), "zone", "Mars/Olympus"), datebook.Refused) // Google knows the zones
	b.wantWrites("patch 400")
	b.ends(patch("neverwas", "color", "sage"), datebook.Gone)
}

func TestOurEventStaysOursWhenWeChangeIt(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	b.ends(hold("k"), datebook.Done)
	id := datebook.EventID("k")
	out := b.ends(patch(id, "start", "2026-03-03T08:00:00Z", "free", "true", "notes", "new  notes"), datebook.Done)
	if !out.Event.Untouched() || out.Event.Ours["rule"] != "Hold time" {
		t.Errorf("it does not look like ours any more: %v", out.Event.Ours)
	}
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k"}, datebook.Done)
}

func TestAPersonsChangeOfOurEventIsSeenEvenAfterWeChangeIt(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	b.ends(hold("k"), datebook.Done)
	id := datebook.EventID("k")
	b.edit(id, &calendar.Event{Summary: "Mine now"})
	if out := b.ends(patch(id, "start", "2026-03-03T08:00:00Z"), datebook.Done); out.Event.Untouched() {
		t.Error("the person's title is taken for ours")
	}
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k"}, datebook.Theirs)
}

func TestAnAllDayEventGetsTimesAndItsDatesBack(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(&calendar.Event{Summary: secret, Start: &calendar.EventDateTime{Date: "2026-03-04"}, End: &calendar.EventDateTime{Date: "2026-03-06"}})
	before := b.shown(id)
	out := b.ends(patch(id, "start", "2026-03-04T09:00:00Z", "end", "2026-03-04T10:00:00Z", "zone", "Europe/Paris"), datebook.Done)
	if out.Event.AllDay || out.Event.Zone != "Europe/Paris" || out.Was["until"] != "2026-03-06" {
		t.Errorf("%+v, was %v", out.Event, out.Was)
	}
	b.ends(patch(id, pairs(out.Was)...), datebook.Done)
	if diff := cmp.Diff(before, b.shown(id)); diff != "" {
		t.Error(diff)
	}
}

func pairs(m map[string]string) (all []string) {
	for k, v := range m {
		all = append(all, k, v)
	}
	return all
}

func TestEachEndOfAFlightKeepsItsZone(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(&calendar.Event{
		Start: at(4, 9), End: &calendar.EventDateTime{DateTime: "2026-03-04T11:00:00Z", TimeZone: "Europe/Paris"},
	})
	b.ends(patch(id, "start", "2026-03-04T10:00:00Z", "end", "2026-03-04T12:00:00Z"), datebook.Done)
	if e := b.event(id); e.Start.TimeZone != "Europe/London" || e.End.TimeZone != "Europe/Paris" {
		t.Errorf("from %s to %s", e.Start.TimeZone, e.End.TimeZone)
	}
}

func TestOneDateOfASeriesIsChangedAlone(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(&calendar.Event{Summary: secret, Start: at(4, 9), End: at(4, 10), Recurrence: []string{"RRULE:FREQ=WEEKLY;COUNT=4"}})
	one := id + "_20260311T090000Z"
	out := b.ends(patch(one, "start", "2026-03-11T08:00:00Z", "color", "sage"), datebook.Done)
	if out.Event.Series != id || !out.Event.Original.Equal(march(11, 9)) || !out.Event.Start.Equal(march(11, 8)) {
		t.Errorf("%+v", out.Event)
	}
	if e := b.event(id); e.ColorId != "" || e.Start.DateTime != "2026-03-04T09:00:00Z" {
		t.Errorf("the series is now %+v", e)
	}
	if e := b.event(id + "_20260318T090000Z"); e.ColorId != "" {
		t.Error("another date is changed as well")
	}
}

// FuzzFieldsComeBackFromTheServer patches an event to whatever fields make sense,
// and reads them back.
func FuzzFieldsComeBackFromTheServer(f *testing.F) {
	f.Add(0, 60, false, "A title", "Room", "Notes\n\n- one", uint8(3), true, "10,60", "a,b")
	f.Add(300, 1, true, "", "", "", uint8(0), false, "none", "")
	f.Add(-30000, 0, true, "<b>ü</b>", "\u202e", "\r\n", uint8(11), true, "", "ä")
	f.Fuzz(func(t *testing.T, days, length int, allDay bool, title, location, notes string, color uint8, free bool, remind, tags string) {
		set := map[string]string{"title": title, "location": location, "notes": notes, "free": "false", "remind": remind, "tags": tags}
		start := march(4, 9).AddDate(0, 0, days%40000)
		end := start.AddDate(0, 0, length%100)
		if free {
			set["free"] = "true"
		}
		if n := int(color) % 12; n > 0 {
			set["color"] = datebook.Colors[n-1]
		}
		if allDay {
			set["date"], set["until"] = start.Format(time.DateOnly), end.Format(time.DateOnly)
		} else {
			set["start"], set["end"] = start.Format(time.RFC3339), end.Format(time.RFC3339)
		}
		for _, v := range set {
			if v != strings.ToValidUTF8(v, "") || strings.Contains(v, "\x00") {
				t.Skip("JSON and PostgreSQL have no such text")
			}
		}
		b := newBooth(t, gcal.Account{})
		id := b.put(wholeEvent())
		now, err := b.view("primary", b.event(id))
		b.must(err)
		want, err := datebook.Apply(now.Event, set)
		if err != nil {
			b.ends(datebook.Change{Do: datebook.Patch, Key: "p", ID: id, Set: set}, datebook.Refused)
			return
		}
		out := b.Do(t.Context(), datebook.Change{Do: datebook.Patch, Key: "p", ID: id, Set: set})
		if out.Result != datebook.Done {
			t.Fatalf("%s: %s", out.Result, out.Reason)
		}
		if diff := cmp.Diff(datebook.Fields(want), datebook.Fields(out.Event)); diff != "" {
			t.Errorf("it is not as it was to be:\n%s", diff)
		}
	})
}
