package gather_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

func TestNeeds(t *testing.T) {
	call := on(london, "Client call", theDate, "10:00 1h", "yes="+fromHansa)
	for _, tc := range []struct {
		name    string
		events  []datebook.Event
		want    string // the lines
		choices string // of the first line: what may be chosen, and what is done
	}{
		{
			"a conflict, and what is ours to move",
			[]datebook.Event{call, on(london, "Sync", theDate, "10:30 1h", "yes="+team)},
			"needs conflict: 8 Dec 10:30-11:00 | \"Client call\" over \"Sync\": move\n",
			"fix: shift event=sync of=2026-12-08T10:30:00Z on=primary start=2026-12-08T08:00:00Z tell=true",
		},
		{
			"a conflict with what is another's, which is declined",
			[]datebook.Event{call, on(london, "Sync", theDate, "10:30 1h", "by="+tom, "me=needsAction")},
			"needs conflict: 8 Dec 10:30-11:00 | \"Client call\" over \"Sync\": decline\n",
			"fix: respond decline event=sync on=primary tell=true was=needsAction",
		},
		{
			"a private event has no title, and nobody else's is moved",
			[]datebook.Event{call, on(london, "Clinic", theDate, "10:30 1h", "by="+tom, "private")},
			"needs conflict: 8 Dec 10:30-11:00 | \"Client call\" over \"\": \n", "snooze",
		},
		{
			"an invitation",
			[]datebook.Event{on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction")},
			"needs invitation: Hello | 10 Dec 10:00-11:00 | Karin Vogel\n",
			"accept: respond accept clear=true event=hello on=primary organizer=karin@hansa-logistik.example was=needsAction",
		},
		{
			"an invitation that is in the way of another, which gives way",
			[]datebook.Event{
				on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction"), on(london, "Sync", "2026-12-10", "10:30 1h", "yes="+team),
			},
			"needs conflict: 10 Dec 10:30-11:00 | \"Hello\" over \"Sync\": move\nneeds invitation: Hello | 10 Dec 10:00-11:00 | Karin Vogel | At the same time: Sync.\n", "fix: shift",
		},
		{
			"a series is one invitation",
			[]datebook.Event{on(london, "Daily", "2026-12-10", "10:00 30m", "by="+fromHansa, "me=needsAction", "every=daily")},
			"needs invitation: Daily | 10 Dec 10:00-10:30 | Karin Vogel | It repeats; the answer is for all of it.\n",
			"accept: respond accept event=daily on=primary",
		},
		{
			"a conflict of one of a series is answered for that one alone",
			[]datebook.Event{on(london, "Call", theDate, "10:00 1h", "yes="+fromHansa), on(london, "Daily", theDate, "10:00 30m", "by="+tom, "me=needsAction", "every=weekly")},
			"needs conflict: 8 Dec 10:00-10:30 | \"Call\" over \"Daily\": decline\nneeds invitation: Daily | 8 Dec 10:00-10:30 | Tom Reyes | At the same time: Call. It repeats; the answer is for all of it.\n",
			"fix: respond decline event=daily_20261208T100000Z",
		},
		{"a private invitation is only there", []datebook.Event{on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction", "private")}, "needs invitation: confidential\n", ""},
		{"one that was answered is none", []datebook.Event{on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=accepted")}, "", ""},
		{"what is today comes before what is tomorrow", []datebook.Event{
			on(london, "A", "2026-12-09", "10:00 1h", "yes="+team), on(london, "B", "2026-12-09", "10:00 1h", "yes="+fromHansa),
			on(london, "Hello", theDate, "15:00 1h", "by="+fromHansa, "me=needsAction"),
		}, "needs invitation: Hello | 8 Dec 15:00-16:00 | Karin Vogel\nneeds conflict: 9 Dec 10:00-11:00 | \"B\" over \"A\": move\n", "accept"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, someRules)
			w.see(halfPast, tc.events...)
			d, decisions := w.day(theDate)
			d.Timeline, d.Changes = nil, nil
			if got := inShort(d); got != tc.want {
				t.Errorf("got\n%swant\n%s", got, tc.want)
			}
			first := ""
			if len(decisions) > 0 {
				i := slices.IndexFunc(decisions, func(dec gather.Decision) bool { return dec.Line == d.Needs[0].ID })
				first = choiceText(decisions[i].Offer.Choices[0])
			}
			for _, word := range strings.Fields(tc.choices) {
				if !strings.Contains(first, word) {
					t.Errorf("the first choice is %q, without %q", first, word)
				}
			}
			if tc.choices == "" && len(decisions) > 0 {
				t.Errorf("something can be decided: %+v", decisions)
			}
		})
	}
}

// choiceText is what is done by a choice.
func choiceText(c store.Choice) string {
	words := []string{c.Do + ":", c.Step.Op.Do, c.Step.Op.Arg}
	for k, v := range c.Step.Op.With {
		words = append(words, k+"="+v)
	}
	return strings.Join(words, " ")
}

func TestTwelveConflicts(t *testing.T) {
	w := newWorld(t, someRules)
	var events []datebook.Event
	for i := range 12 {
		at := fmt.Sprintf("%02d:00 30m", 7+i)
		events = append(events, on(london, fmt.Sprint("Client ", i), theDate, at, "yes="+fromHansa), on(london, fmt.Sprint("Sync ", i), theDate, at, "yes="+team))
	}
	w.see(halfPast, events...)
	d, decisions := w.day(theDate)
	if len(d.Needs) != 12 || len(decisions) != 12 || len(d.Timeline) != 24 {
		t.Fatalf("%d lines, %d decisions, %d entries", len(d.Needs), len(decisions), len(d.Timeline))
	}
	taken := map[time.Time]bool{}
	for _, n := range d.Needs {
		if taken[n.Clash.To.Start] {
			t.Errorf("two are moved to %v", n.Clash.To.Start)
		}
		taken[n.Clash.To.Start] = true
	}
	for _, e := range d.Timeline {
		if i := slices.IndexFunc(d.Needs, func(l agenda.Line) bool { return l.ID == e.Clash }); i < 0 {
			t.Errorf("%s refers to no line", e.Title)
		}
	}
}

func TestAHoldThatIsLetGo(t *testing.T) {
	w := newWorld(t, someRules)
	item := store.Item{Key: "mid:1@hansa.example", Occurrence: 1, MessageID: "1@hansa.example", Subject: "Renewal", Sender: "karin@hansa-logistik.example"}
	step := func(action, do string, with map[string]string) store.Step {
		return store.Step{Rule: "Offer times", Action: action, Op: mailbox.Op{Kind: mailbox.Event, Do: do, Arg: "Hold: Renewal", With: with}}
	}
	release := step("propose hold 1 expires", "release", map[string]string{"action": "propose hold 1"})
	release.NotBefore = clock(london, theDate+" 12:00")
	steps := w.commit(store.Plan{Items: []store.NewItem{{Item: item, Steps: []store.Step{step("propose hold 1", "hold", nil), release}}}})
	w.must(w.owner.Finish(t.Context(), halfPast, []store.Ending{{StepID: steps[0].ID, State: store.Done}}))
	hold := on(london, "Hold: Renewal", "2026-12-09", "10:00 30m")
	hold.Status = "tentative"
	hold.Ours = map[string]string{"rule": "Offer times", "item": item.Key, "action": "propose hold 1", "key": "k"}
	hold.Ours["made"] = datebook.Made(hold)
	w.see(halfPast, hold)
	d, decisions := w.day(theDate)
	if got, want := inShort(d), "needs hold: Renewal | 8 Dec 12:00 | Kept free: Wed 9 Dec, 10:00–10:30. Nobody has taken it.\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c := decisions[0].Offer.Choices; c[0].Do != "keep" || c[0].Back.Step != steps[1].ID || c[1].Do != "release" || c[1].Back.Step != steps[0].ID {
		t.Errorf("the choices are %+v", c)
	}
	hold.Title = "Renewal with Karin" // a person has made it theirs: it is not let go of
	w.see(halfPast, hold)
	if d, _ := w.day(theDate); len(d.Needs) != 0 {
		t.Errorf("a person's event is told of as a hold: %s", inShort(d))
	}
}

func TestWhatWasPutOffStaysAway(t *testing.T) {
	w := newWorld(t, someRules)
	w.see(halfPast, on(london, "Hello", "2026-12-10", "10:00 1h", "by="+fromHansa, "me=needsAction"))
	_, decisions := w.day(theDate)
	snooze := decisions[0].Offer.Choices[3]
	ids, err := w.owner.WriteLetter(t.Context(), 0, store.Letter{Kind: gather.AgendaKind, Date: theDate, Made: halfPast, Body: []byte("{}")}, []store.Offer{decisions[0].Offer}, func(int64) string { return "x" })
	w.must(err)
	w.commit(store.Plan{Decided: &store.Decision{Offer: ids[0], Answer: snooze.Do, By: dana, Until: snooze.Until}})
	if d, _ := w.day(theDate); len(d.Needs) != 0 {
		t.Error("it is there again on the same day")
	}
	if d, _ := w.day("2026-12-09"); len(d.Needs) != 0 {
		t.Error("it is there again on the next day")
	}
	w.see(halfPast.AddDate(0, 0, 3), on(london, "Hello", "2026-12-20", "10:00 1h", "by="+fromHansa, "me=needsAction"))
	if d, _ := w.day("2026-12-11"); len(d.Needs) != 1 {
		t.Error("it is not there when its time has come")
	}
}
