package calendar

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func TestAnEventIsMadeUnderTheIDOfItsKeyAndSaysWhereItComesFrom(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	out := b.ends(hold("rule/m1/schedule"), datebook.Done)
	e := b.event(datebook.EventID("rule/m1/schedule"))
	p := private(e)
	for name, want := range map[string]string{
		"foredesk.rule": "Hold time", "foredesk.version": "abc123", "foredesk.message": "m1@bolt.example", "foredesk.key": e.Id,
	} {
		if p[name] != want {
			t.Errorf("%s is %q, not %q", name, p[name], want)
		}
	}
	if !out.Event.MadeByUs() || !out.Event.Untouched() || out.Event.ID != e.Id || out.Event.Etag != e.Etag {
		t.Errorf("the outcome's event %+v is not what was made", out.Event)
	}
	if e.Summary != secret || e.Location != "Room 4" || e.Start.DateTime != "2026-03-03T10:00:00Z" || e.Start.TimeZone != "Europe/London" {
		t.Errorf("made %+v", e)
	}
	b.wantWrites("insert 200")
}

func TestMakingIsDoneOnceWhateverGoesWrong(t *testing.T) {
	for name, script := range faults("events.insert") {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			ch.Event.Guests, ch.Tell = with(lena), true
			b.Script(script...)
			for range 2 {
				if out := b.ends(ch, datebook.Done); out.Event.ID != datebook.EventID("k") || out.Event.Title != secret {
					t.Errorf("done with %+v", out.Event)
				}
				b.again()
			}
			if n := b.Scripted(); n != 0 {
				t.Errorf("%d faults did not happen", n)
			}
			if all := b.there("primary"); len(all) != 1 {
				t.Errorf("%d events", len(all))
			}
			b.wantMails("invitation " + lena)
			if slices.ContainsFunc(script, func(f gcal.Fault) bool { return f.Act == gcal.DropAfter }) {
				faulttest.Injected(t, "22", 1)
			}
		})
	}
}

func TestMakingIsDoneOnceAfterACrash(t *testing.T) {
	crashes(t, func(t *testing.T) (*booth, datebook.Change) { return newBooth(t, gcal.Account{}), hold("k") },
		func(t *testing.T, b *booth, out datebook.Outcome) {
			if all := b.there("primary"); out.Result != datebook.Done || len(all) != 1 {
				t.Errorf("%s (%s), %d events", out.Result, out.Reason, len(all))
			}
		})
}

// TestTwoDaemonsMakeOneEvent is fault 33: nothing but the calendar is shared.
func TestTwoDaemonsMakeOneEvent(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	ch := hold("k")
	ch.Event.Guests, ch.Tell = with(lena), true
	clients := []*Client{b.Client}
	for range 3 {
		b.again()
		clients = append(clients, b.Client)
	}
	outs := make([]datebook.Outcome, len(clients))
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() { outs[i] = c.Do(t.Context(), ch) })
	}
	all.Wait()
	first := 0
	for i, out := range outs {
		if !out.Before {
			first++
		}
		if out.Result != datebook.Done || out.Event.ID != datebook.EventID("k") {
			t.Errorf("daemon %d: %s (%s)", i, out.Result, out.Reason)
		}
	}
	if n := len(b.there("primary")); n != 1 || first != 1 {
		t.Errorf("%d events, and %d of the daemons were not told that another was first", n, first)
	}
	b.wantMails("invitation " + lena)
	faulttest.Injected(t, "33", 3)
}

// TestWhatAPersonDoesToOurEventStands is fault 23, at each moment at which a person
// can do it.
func TestWhatAPersonDoesToOurEventStands(t *testing.T) {
	id := datebook.EventID("k")
	for name, tc := range map[string]struct {
		act  func(b *booth)
		want datebook.Result
	}{
		"deleted": {func(b *booth) { b.must(b.Server.Remove("primary", id)) }, datebook.Gone},
		"moved to the next day": {func(b *booth) {
			b.edit(id, &calendar.Event{Start: at(4, 10), End: at(4, 11)})
		}, datebook.Done},
		"renamed": {func(b *booth) { b.edit(id, &calendar.Event{Summary: "Falcon, again"}) }, datebook.Done},
	} {
		check := func(t *testing.T, b *booth, want string) {
			t.Helper()
			for range 3 {
				b.ends(hold("k"), tc.want)
				b.again()
			}
			if got := b.event(id); got.Etag != want {
				t.Errorf("the event was changed after the person's change: %+v", got)
			}
			if n := len(b.there("primary")); n > 1 {
				t.Errorf("%d events", n)
			}
		}
		t.Run(name+" after it was made", func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			b.ends(hold("k"), datebook.Done)
			tc.act(b)
			check(t, b, b.event(id).Etag)
			faulttest.Injected(t, "23", 1)
		})
		t.Run(name+" while the answer was lost", func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			b.Script(gcal.Fault{On: "events.insert", Act: gcal.DropAfter})
			var etag string
			b.gate.beforeThe("GET", func() {
				tc.act(b)
				e, err := b.svc.Events.Get("primary", id).Do()
				b.must(err)
				etag = e.Etag
			})
			b.ends(hold("k"), tc.want)
			b.gate.before = nil
			check(t, b, etag)
			faulttest.Injected(t, "22", 1)
			faulttest.Injected(t, "23", 1)
		})
	}
}

func TestAnEventThatIsNotOursIsNotTakenForIt(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(&calendar.Event{Id: datebook.EventID("k"), Summary: "Theirs", Start: at(3, 10), End: at(3, 11)})
	b.ends(hold("k"), datebook.Refused)
	if e := b.event(id); e.Summary != "Theirs" || e.ExtendedProperties != nil {
		t.Errorf("it is now %+v", e)
	}
}

func TestSpecialKindsAreMadeWhereTheAccountHasThem(t *testing.T) {
	id := datebook.EventID("k")
	for name, tc := range map[string]struct {
		workspace bool
		on        string
		synced    bool
		change    func(*datebook.Event)
		want      string
		writes    []string
	}{
		"focus time":                        {workspace: true, want: "focusTime", writes: []string{"insert 200"}},
		"focus time by the address":         {workspace: true, on: dana, synced: true, want: "focusTime", writes: []string{"insert 200"}},
		"a plain event where there is none": {want: "default", writes: []string{"insert 400", "insert 200"}},
		"a plain event on other calendars":  {workspace: true, on: family, synced: true, want: "default", writes: []string{"insert 200"}},
		"also where nobody has looked yet":  {workspace: true, on: family, want: "default", writes: []string{"insert 400", "insert 200"}},
		"an absence":                        {workspace: true, change: func(e *datebook.Event) { e.Kind = "outOfOffice" }, want: "outOfOffice", writes: []string{"insert 200"}},
		"a plain event if it lasts all day": {workspace: true, change: func(e *datebook.Event) {
			e.Start, e.End, e.AllDay, e.Zone = march(3, 0), march(4, 0), true, ""
		}, want: "default", writes: []string{"insert 200"}},
		"a plain event if guests come":   {workspace: true, change: func(e *datebook.Event) { e.Guests = with(omar) }, want: "default", writes: []string{"insert 200"}},
		"a plain event while it is free": {workspace: true, change: func(e *datebook.Event) { e.Free = true }, want: "default", writes: []string{"insert 200"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{Workspace: tc.workspace})
			if tc.synced {
				b.names = []string{"primary", family}
				_, err := b.calendars(t.Context())
				b.must(err)
			}
			ch := hold("k")
			ch.Event.Kind, ch.Calendar = "focusTime", tc.on
			if tc.change != nil {
				tc.change(&ch.Event)
			}
			out := b.ends(ch, datebook.Done)
			if out.Event.Kind != tc.want || out.Event.ID != id || out.Event.Free != ch.Event.Free || !out.Event.Untouched() {
				t.Errorf("made %+v", out.Event)
			}
			b.wantWrites(tc.writes...)
			ch.Do = datebook.Remove
			b.ends(ch, datebook.Done)
		})
	}
}

func TestTheFallbackIsMadeOnceToo(t *testing.T) {
	for name, script := range faults("events.insert") {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			b.Script(script...)
			ch := hold("k")
			ch.Event.Kind = "outOfOffice"
			b.ends(ch, datebook.Done)
			b.again()
			if out := b.ends(ch, datebook.Done); out.Event.Kind != "default" || len(b.there("primary")) != 1 {
				t.Errorf("a %s among %d events", out.Event.Kind, len(b.there("primary")))
			}
		})
	}
}

// TestWhatTheServerKeepsInAnotherWayIsStillOurs: the account among the guests of its
// own event is known as itself only by the answer.
func TestWhatTheServerKeepsInAnotherWayIsStillOurs(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	ch := hold("k")
	ch.Event.Guests, ch.Tell = with(dana, lena), true
	if out := b.ends(ch, datebook.Done); !out.Event.Untouched() {
		t.Error("it would be left alone as if a person had changed it")
	}
	b.wantWrites("insert 200", "patch 200")
	b.wantMails("invitation " + lena)
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k"}, datebook.Done)
}

func TestAPersonsChangeIsNotSignedOver(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	ch := hold("k")
	ch.Event.Guests = with(dana, lena)
	b.gate.beforeThe("PATCH", func() { b.edit(datebook.EventID("k"), &calendar.Event{Summary: "Mine"}) })
	b.ends(ch, datebook.Done)
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k"}, datebook.Theirs)
	if e := b.event(datebook.EventID("k")); e.Summary != "Mine" || e.Status == "cancelled" {
		t.Errorf("it is now %+v", e)
	}
}

func TestLongProvenanceIsCutToWhatGoogleTakes(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	ch := hold("k")
	ch.Event.Ours["rule"] = strings.Repeat("ü", 600)
	out := b.ends(ch, datebook.Done)
	if got := out.Event.Ours["rule"]; got != strings.Repeat("ü", 512) {
		t.Errorf("kept %d bytes", len(got))
	}
}

func TestASeriesAndAnAllDayEventAreMade(t *testing.T) {
	for name, change := range map[string]func(*datebook.Event){
		"all day": func(e *datebook.Event) { e.Start, e.End, e.AllDay, e.Zone = march(3, 0), march(5, 0), true, "" },
		"weekly":  func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY;COUNT=6"} },
		"with everything": func(e *datebook.Event) {
			e.Color, e.Free, e.Remind, e.Status, e.Private, e.Ours = "sage", true, []int{10, 60}, "tentative", true, map[string]string{"rule": "r", "tags": "board"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			change(&ch.Event)
			out := b.ends(ch, datebook.Done)
			want, got := datebook.Fields(ch.Event), datebook.Fields(out.Event)
			if !maps.Equal(want, got) || !slices.Equal(out.Event.Recurrence, ch.Event.Recurrence) || !out.Event.Untouched() || out.Event.Private != ch.Event.Private {
				t.Errorf("made %v, not %v", got, want)
			}
		})
	}
}

func TestALimitIsNoReasonForAPlainEvent(t *testing.T) {
	b := newBooth(t, gcal.Account{Workspace: true})
	ch := hold("k")
	ch.Event.Kind = "focusTime"
	b.Script(gcal.RateLimit403.Next(tries, "events.insert"))
	b.ends(ch, datebook.Later)
	if out := b.ends(ch, datebook.Done); out.Event.Kind != "focusTime" {
		t.Errorf("made a %s event", out.Event.Kind)
	}
}
