package calendar

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// decline answers no, and tells the organizer why.
func decline(id string) datebook.Change {
	return datebook.Change{Do: datebook.Respond, Key: "r", ID: id, Response: "declined", Comment: "Thursday at three would suit", Tell: true}
}

func guest(e *calendar.Event, email string) *calendar.EventAttendee {
	for _, a := range e.Attendees {
		if a.Email == email {
			return a
		}
	}
	return &calendar.EventAttendee{}
}

func TestAnAnswerChangesNothingButTheOwnEntry(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	before := b.event(id).Attendees
	out := b.ends(decline(id), datebook.Done)
	after := b.event(id).Attendees
	for i, a := range before {
		if a.Self {
			a.ResponseStatus, a.Comment = "declined", "Thursday at three would suit"
		}
		if diff := cmp.Diff(a, after[i]); diff != "" {
			t.Errorf("guest %d:\n%s", i, diff)
		}
	}
	if len(before) != len(after) || out.Event.Me() != "declined" {
		t.Errorf("%d guests, %d before; I %q", len(after), len(before), out.Event.Me())
	}
	if diff := cmp.Diff(map[string]string{"response": "needsAction", "comment": ""}, out.Was); diff != "" {
		t.Error(diff)
	}
	b.wantMails("reply " + lena)
}

func TestAnAnswerIsTakenBack(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(invited(func(e *calendar.Event) { e.Attendees[1].ResponseStatus, e.Attendees[1].Comment = "tentative", "I try" }))
	before := b.shown(id)
	ch := decline(id)
	ch.Tell = false
	out := b.ends(ch, datebook.Done)
	back := datebook.Change{
		Do: datebook.Respond, Key: "r", ID: id, Response: out.Was["response"], Comment: out.Was["comment"], Was: map[string]string{"response": "declined"},
	}
	b.ends(back, datebook.Done)
	if diff := cmp.Diff(before, b.shown(id)); diff != "" {
		t.Error(diff)
	}
	b.wantMails()
}

func TestAnsweringIsDoneOnceWhateverGoesWrong(t *testing.T) {
	for name, script := range faults("events.patch") {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			id := b.put(wholeEvent())
			b.Script(script...)
			ch := decline(id)
			for n := range 2 {
				out := b.ends(ch, datebook.Done)
				if out.Event.Me() != "declined" || out.Was["response"] != "needsAction" || len(out.Event.Guests) != 3 {
					t.Errorf("%+v, was %v", out.Event, out.Was)
				}
				ch.Comment = fmt.Sprintf("another time that was worked out at try %d", n)
				b.again()
			}
			b.wantMails("reply " + lena)
		})
	}
}

func TestAnsweringIsDoneOnceAfterACrash(t *testing.T) {
	crashes(t, func(t *testing.T) (*booth, datebook.Change) {
		b := newBooth(t, gcal.Account{})
		b.put(wholeEvent())
		ch := decline("")
		ch.UID = b.there("primary")[0].ICalUID
		return b, ch
	}, func(t *testing.T, b *booth, out datebook.Outcome) {
		if out.Result != datebook.Done || out.Event.Me() != "declined" || out.Was["response"] != "needsAction" {
			t.Errorf("%s (%s): %s, was %v", out.Result, out.Reason, out.Event.Me(), out.Was)
		}
		b.wantMails("reply " + lena)
	})
}

func TestAnInvitationIsFoundByItsUIDAndDate(t *testing.T) {
	weekly := func(e *calendar.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY;COUNT=4"} }
	daily := func(e *calendar.Event) {
		e.Start, e.End = &calendar.EventDateTime{Date: "2026-03-04"}, &calendar.EventDateTime{Date: "2026-03-05"}
		e.Recurrence = []string{"RRULE:FREQ=DAILY;COUNT=20"}
	}
	for name, tc := range map[string]struct {
		event    func(*calendar.Event)
		original time.Time
		act      func(b *booth, id string)
		want     datebook.Result
		id       string // what follows the id of the event; "-" for no event
	}{
		"a single event":                       {want: datebook.Done},
		"a single event with its date":         {original: march(4, 14), want: datebook.Done},
		"a single event with another date":     {original: march(5, 14), want: datebook.Gone, id: "-"},
		"a series as a whole":                  {event: weekly, want: datebook.Done},
		"a date of a series":                   {event: weekly, original: march(11, 14), want: datebook.Done, id: "_20260311T140000Z"},
		"a date that the series does not have": {event: weekly, original: march(12, 14), want: datebook.Gone, id: "-"},
		"a day of a series":                    {event: daily, original: march(7, 0), want: datebook.Done, id: "_20260307"},
		"a date that was moved": {event: weekly, original: march(11, 14), want: datebook.Done, id: "_20260311T140000Z", act: func(b *booth, id string) {
			b.edit(id+"_20260311T140000Z", &calendar.Event{Start: at(12, 9), End: at(12, 10)})
		}},
		"a date that was called off": {event: weekly, original: march(11, 14), want: datebook.Gone, id: "_20260311T140000Z", act: func(b *booth, id string) {
			b.must(b.Server.Remove("primary", id+"_20260311T140000Z"))
		}},
		"what was called off": {want: datebook.Gone, act: func(b *booth, id string) { b.must(b.Server.Remove("primary", id)) }},
	} {
		for _, by := range []string{"UID", "ID"} {
			t.Run(name+", by its "+by, func(t *testing.T) {
				b := newBooth(t, gcal.Account{})
				id := b.put(invited(tc.event))
				ch := decline(id)
				if by == "UID" {
					ch.ID, ch.UID = "", b.event(id).ICalUID
				}
				if by == "ID" && name == "a single event with another date" {
					t.Skip("whose ID is known has been found")
				}
				if ch.Original = tc.original; tc.act != nil {
					tc.act(b, id)
				}
				b.put(wholeEvent()) // something else
				out := b.ends(ch, tc.want)
				if want := id + tc.id; tc.id == "-" && out.Event.ID != "" || tc.id != "-" && out.Event.ID != want {
					t.Errorf("found %q", out.Event.ID)
				}
				if tc.want != datebook.Done {
					b.wantWrites()
					return
				}
				if e := b.event(out.Event.ID); guest(e, dana).ResponseStatus != "declined" || guest(e, omar).ResponseStatus != "tentative" {
					t.Errorf("the guests are %+v", e.Attendees)
				}
				if tc.id != "" && guest(b.event(id), dana).ResponseStatus == "declined" {
					t.Error("the whole series is answered")
				}
			})
		}
	}
	b := newBooth(t, gcal.Account{})
	for _, uid := range []string{"never@bolt.example", ""} {
		b.put(wholeEvent())
		if out := b.ends(datebook.Change{Do: datebook.Respond, Key: "r", UID: uid, Response: "declined"}, datebook.Gone); out.Event.ID != "" {
			t.Errorf("found %q for %q", out.Event.ID, uid)
		}
	}
}

func TestOnlyAGuestAnswers(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	own := b.put(&calendar.Event{Start: at(4, 14), End: at(4, 15), Attendees: []*calendar.EventAttendee{{Email: dana}, {Email: lena}}})
	b.ends(decline(own), datebook.Refused)
	others := b.put(invited(func(e *calendar.Event) { e.Attendees = e.Attendees[:1] }))
	b.ends(decline(others), datebook.Refused)
	ch := decline(b.put(wholeEvent()))
	ch.Response = "maybe"
	b.ends(ch, datebook.Refused)
	b.wantWrites()
}

func TestAPersonsAnswerStands(t *testing.T) {
	self := func(response, comment string) func(b *booth, id string) {
		return func(b *booth, id string) { b.must(b.Answer("primary", id, dana, response, comment)) }
	}
	for name, tc := range map[string]struct {
		was    map[string]string
		act    func(b *booth, id string)
		want   datebook.Result
		answer string
	}{
		"accepted, where no answer was expected": {map[string]string{"response": "needsAction"}, self("accepted", ""), datebook.Theirs, "accepted"},
		"accepted, whatever was before":          {nil, self("accepted", ""), datebook.Done, "declined"},
		"declined as we would":                   {map[string]string{"response": "needsAction"}, self("declined", "Thursday at three would suit"), datebook.Done, "declined"},
		"another guest's answer changes nothing": {map[string]string{"response": "needsAction"}, func(b *booth, id string) { b.must(b.Answer("primary", id, omar, "accepted", "")) }, datebook.Done, "declined"},
		"removed":                                {nil, func(b *booth, id string) { b.must(b.Server.Remove("primary", id)) }, datebook.Gone, ""},
		"taken off the list of guests": {nil, func(b *booth, id string) {
			b.edit(id, &calendar.Event{Attendees: []*calendar.EventAttendee{{Email: omar}}})
		}, datebook.Refused, ""},
	} {
		for _, between := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, between look and write: %t", name, between), func(t *testing.T) {
				b := newBooth(t, gcal.Account{})
				id := b.put(wholeEvent())
				if between {
					b.gate.beforeThe(http.MethodPatch, func() { tc.act(b, id) })
				} else {
					tc.act(b, id)
				}
				ch := decline(id)
				ch.Was = tc.was
				for range 2 {
					b.ends(ch, tc.want)
					b.again()
				}
				if got := guest(b.event(id), dana).ResponseStatus; got != tc.answer {
					t.Errorf("the answer is %q", got)
				}
				if got := guest(b.event(id), omar).ResponseStatus; name == "another guest's answer changes nothing" && got != "accepted" {
					t.Errorf("the other guest's answer is now %q", got)
				}
			})
		}
	}
}

func TestAnAnswerThatAPersonChangedIsNotGivenAgain(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(wholeEvent())
	b.ends(decline(id), datebook.Done)
	b.must(b.Answer("primary", id, dana, "accepted", ""))
	b.again()
	b.ends(decline(id), datebook.Theirs)
}

func TestWhatIsAnsweredAlreadyIsNotWritten(t *testing.T) {
	b := newBooth(t, gcal.Account{})
	id := b.put(invited(func(e *calendar.Event) {
		e.Attendees[1].ResponseStatus, e.Attendees[1].Comment = "accepted", "with pleasure"
	}))
	out := b.ends(datebook.Change{Do: datebook.Respond, Key: "r", ID: id, Response: "accepted", Tell: true}, datebook.Done)
	if out.Was["response"] != "accepted" || out.Was["comment"] != "with pleasure" {
		t.Errorf("was %v", out.Was)
	}
	b.wantWrites()
}

// TestAmongManyGuestsOnlyTheOwnEntryIsSent: the list may not be whole, and must
// not be written back.
func TestAmongManyGuestsOnlyTheOwnEntryIsSent(t *testing.T) {
	crowded := func(e *calendar.Event) {
		for n := range crowd {
			e.Attendees = append(e.Attendees, &calendar.EventAttendee{Email: fmt.Sprintf("guest%d@bolt.example", n), ResponseStatus: "accepted"})
		}
	}
	for name, tc := range map[string]struct {
		event func(*calendar.Event)
		most  string
	}{
		"over 200":                    {crowded, ""},
		"where the server omits some": {nil, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooth(t, gcal.Account{})
			id := b.put(invited(tc.event))
			before := len(b.event(id).Attendees)
			b.gate.before = func(r *http.Request) {
				if q := r.URL.Query(); tc.most != "" {
					q.Set("maxAttendees", tc.most)
					r.URL.RawQuery = q.Encode()
				}
			}
			out := b.ends(decline(id), datebook.Done)
			if out.Reason == "" || out.Event.Me() != "declined" {
				t.Errorf("%q, %s", out.Reason, out.Event.Me())
			}
			b.gate.before = nil
			e := b.event(id)
			if len(e.Attendees) != before || guest(e, omar).ResponseStatus != "tentative" || guest(e, dana).Comment == "" {
				t.Errorf("%d guests, %d before", len(e.Attendees), before)
			}
		})
	}
}
