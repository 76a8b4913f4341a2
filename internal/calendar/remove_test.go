package calendar

import (
	"testing"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

var release = datebook.Change{Do: datebook.Remove, Key: "k"}

func TestRemovingIsDoneOnceWhateverGoesWrong(t *testing.T) {
	for name, script := range faults("events.delete") {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			ch.Event.Guests = with(lena)
			b.ends(ch, datebook.Done)
			b.Script(script...)
			told := release
			told.Tell = true
			for range 2 {
				if out := b.ends(told, datebook.Done); !out.Event.Cancelled() || out.Event.ID != datebook.EventID("k") {
					t.Errorf("the event is %+v", out.Event)
				}
				b.again()
			}
			if n := len(b.there("primary")); n != 0 {
				t.Errorf("%d events", n)
			}
			b.wantMails("cancellation " + lena)
			b.ends(ch, datebook.Gone) // and it is not made again
		})
	}
}

func TestRemovingIsDoneOnceAfterACrash(t *testing.T) {
	crashes(t, func(t *testing.T) (*booth, datebook.Change) {
		b := newBooth(t, gcal.Account{})
		b.ends(hold("k"), datebook.Done)
		return b, release
	}, func(t *testing.T, b *booth, out datebook.Outcome) {
		if out.Result != datebook.Done || len(b.there("primary")) != 0 {
			t.Errorf("%s (%s), %d events", out.Result, out.Reason, len(b.there("primary")))
		}
	})
}

func TestWhatAPersonMadeTheirOwnIsLeftAlone(t *testing.T) {
	id := datebook.EventID("k")
	patched := func(e *calendar.Event) func(*booth) { return func(b *booth) { b.edit(id, e) } }
	for name, tc := range map[string]struct {
		act  func(*booth)
		want datebook.Result
	}{
		"nothing was done to it":      {func(*booth) {}, datebook.Done},
		"its guest has accepted":      {func(b *booth) { b.must(b.Answer("primary", id, lena, "accepted", "see you")) }, datebook.Done},
		"it has another colour":       {patched(&calendar.Event{ColorId: "3"}), datebook.Done},
		"it reminds at another time":  {patched(&calendar.Event{Reminders: &calendar.EventReminders{ForceSendFields: []string{"UseDefault"}}}), datebook.Done},
		"its notes are wrapped again": {patched(&calendar.Event{Description: " Bring the figures. And\r\nthe plan."}), datebook.Done},
		"a person removed it":         {func(b *booth) { b.must(b.Server.Remove("primary", id)) }, datebook.Done},
		"it was moved":                {patched(&calendar.Event{Start: at(3, 9), End: at(3, 10)}), datebook.Theirs},
		"it lasts longer":             {patched(&calendar.Event{End: at(3, 12)}), datebook.Theirs},
		"it was renamed":              {patched(&calendar.Event{Summary: "Lunch"}), datebook.Theirs},
		"it is elsewhere":             {patched(&calendar.Event{Location: "Canteen"}), datebook.Theirs},
		"it has other notes":          {patched(&calendar.Event{Description: "Ring Omar first"}), datebook.Theirs},
		"it was made free":            {patched(&calendar.Event{Transparency: "transparent"}), datebook.Theirs},
		"it was made tentative":       {patched(&calendar.Event{Status: "tentative"}), datebook.Theirs},
		"it comes back each week":     {patched(&calendar.Event{Recurrence: []string{"RRULE:FREQ=WEEKLY"}}), datebook.Theirs},
		"somebody else was invited":   {patched(&calendar.Event{Attendees: []*calendar.EventAttendee{{Email: lena}, {Email: omar}}}), datebook.Theirs},
	} {
		check := func(t *testing.T, b *booth) {
			t.Helper()
			for range 2 {
				b.ends(release, tc.want)
				b.again()
			}
			if gone := len(b.there("primary")) == 0; gone != (tc.want == datebook.Done) {
				t.Errorf("it is gone: %t", gone)
			}
		}
		start := func(t *testing.T) *booth {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			ch.Event.Guests = with(lena)
			b.ends(ch, datebook.Done)
			return b
		}
		t.Run(name, func(t *testing.T) {
			b := start(t)
			tc.act(b)
			check(t, b)
		})
		t.Run(name+", between the look and the delete", func(t *testing.T) {
			b := start(t)
			b.gate.beforeThe("DELETE", func() { tc.act(b) })
			check(t, b)
		})
	}
}

func TestWhatWeDidNotMakeIsNotRemoved(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k", ID: b.put(wholeEvent())}, datebook.Theirs)
	b.ends(hold("other"), datebook.Done)
	b.ends(datebook.Change{Do: datebook.Remove, Key: "k", ID: datebook.EventID("other")}, datebook.Theirs)
	b.ends(datebook.Change{Do: datebook.Remove, Key: "never made"}, datebook.Done)
	b.wantWrites("insert 200")
}

func TestASeriesGoesUnlessAPersonChangedOneOfItsDates(t *testing.T) {
	one := datebook.EventID("k") + "_20260310T100000Z"
	for name, tc := range map[string]struct {
		act  func(*booth)
		want datebook.Result
	}{
		"nothing was done":    {func(*booth) {}, datebook.Done},
		"a date was left out": {func(b *booth) { b.must(b.Server.Remove("primary", one)) }, datebook.Done},
		"a date is coloured":  {func(b *booth) { b.edit(one, &calendar.Event{ColorId: "3"}) }, datebook.Done},
		"a date was moved":    {func(b *booth) { b.edit(one, &calendar.Event{Start: at(10, 12), End: at(10, 13)}) }, datebook.Theirs},
		"a date was renamed":  {func(b *booth) { b.edit(one, &calendar.Event{Summary: "Lunch"}) }, datebook.Theirs},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			ch := hold("k")
			ch.Event.Recurrence = []string{"RRULE:FREQ=WEEKLY;COUNT=6"}
			b.ends(ch, datebook.Done)
			tc.act(b)
			b.ends(release, tc.want)
		})
	}
}
