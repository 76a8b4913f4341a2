package rules

import (
	"errors"
	"fmt"
	"time"
)

// What is made for the event that a rule looks at, or done to it.

// focus plans time without meetings: on the day that the rule looks at, or in the
// days to come.
func (b *booking) focus() ([]Effect, error) {
	after, before := b.env.Now, b.ahead(b.env.Now)
	if b.env.Role == "day" {
		after, before = b.today()
	} else if _, err := b.event(); err != nil {
		return nil, err
	}
	e, err := b.begin("Focus")
	if err == nil {
		err = b.wanted(&e, b.length("length"), after, before)
	}
	return one(e, err)
}

func one(e Effect, err error) ([]Effect, error) {
	if err != nil {
		return nil, err
	}
	return []Effect{e}, nil
}

// prep plans time to prepare an event: right before it, or some time between then
// and the event if the length says less, or days before.
func (b *booking) prep() ([]Effect, error) {
	event, err := b.event()
	if err != nil || !event.Start.After(b.env.Now) {
		return nil, errors.Join(err, errNothing)
	}
	title := "Prepare"
	if shown := oneLine(shortened(event.Title.raw, maxLineValue)); !b.env.Confidential && !event.Private && shown != "" {
		title = "Prepare: " + shown
	}
	e, err := b.begin(title)
	if err != nil {
		return nil, err
	}
	follow(&e)
	before := b.length("before")
	forget(&e, "before")
	start := event.Start.In(b.set.Timezone)
	opens := shifted(start, -before)
	const day = 24 * time.Hour
	switch length := b.length("length"); {
	case before < day && event.AllDay:
		return nil, errors.New("an event that lasts all day has no time right before it; write for example before: 1d")
	case before < day && (length == 0 || length >= before):
		return one(e, b.fixed(&e, opens, start))
	case before < day:
		return one(e, b.wanted(&e, length, opens, start))
	}
	date := dayOf(opens)
	if !b.set.worksOn(date) {
		date = b.set.workingDay(date, -1)
	}
	return one(e, b.wanted(&e, b.lengthOr("length", unsaidLength), b.set.startOfWork(date), start))
}

// buffer plans air around an event, and the ways to it and back.
func (b *booking) buffer() ([]Effect, error) {
	event, err := b.event()
	if err != nil {
		return nil, err
	}
	if event.AllDay {
		return nil, errNothing
	}
	var there, back *journey
	if b.action.With["travel"] == "true" {
		if there, back, err = b.journeys(); err != nil && !errors.Is(err, errNothing) {
			return nil, err
		}
	}
	var all []Effect
	for _, side := range []struct {
		name string
		way  *journey
	}{{"before", there}, {"after", back}} {
		e, err := b.side(event, side.name, side.way)
		if errors.Is(err, errNothing) {
			continue
		}
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
	return all, nil
}

// side is one side of a buffer: the air there, and the way.
func (b *booking) side(event *Event, nth string, way *journey) (Effect, error) {
	title := "Buffer"
	length := b.length(nth)
	if way != nil {
		length += way.length
		if title = "Travel"; !b.env.Confidential && !event.Private {
			title = "Travel to " + shortened(way.to, maxLineValue)
		}
	}
	start, end := event.End, event.End.Add(length)
	if nth == "before" {
		start, end = event.Start.Add(-length), event.Start
	}
	if length == 0 || !end.After(b.env.Now) {
		return Effect{}, errNothing
	}
	e, err := b.begin(title, "before", "after", "travel")
	if err != nil {
		return e, err
	}
	follow(&e)
	e.With["nth"] = nth
	if way != nil {
		e.With["travel"] = "true"
	}
	return e, b.fixed(&e, start, end)
}

// mirror shows on one calendar that another is taken, and not by what.
func (b *booking) mirror() ([]Effect, error) {
	event, err := b.event()
	if err != nil || !event.End.After(b.env.Now) {
		return nil, errors.Join(err, errNothing)
	}
	e, err := b.begin("Busy", "as")
	if err != nil {
		return nil, err
	}
	to := e.With["calendar"]
	if to == "" {
		to = "primary"
	}
	if !event.Busy || event.Calendar == to {
		return nil, errNothing // there is nothing to show, or it is shown by itself
	}
	follow(&e)
	if event.AllDay {
		return one(e, b.allDay(&e, event.Start, event.End))
	}
	return one(e, b.fixed(&e, event.Start, event.End))
}

// answered is the response that an answer makes.
var answered = map[string]string{"accept": "accepted", "tentative": "tentative", "decline": "declined"}

// respond plans the answer to an invitation, of a mail or on the calendar.
func (b *booking) respond() ([]Effect, error) {
	e, err := b.begin("")
	if err != nil {
		return nil, err
	}
	if e.With["tell"] == "" {
		e.With["tell"] = "true"
	}
	if b.env.Role != "event" {
		return one(e, b.toInvite(&e))
	}
	event, err := b.event()
	switch {
	case err != nil:
		return nil, err
	case event.Mine:
		return nil, errors.New("the executive organizes the event: there is nobody to answer")
	case event.Response == "":
		return nil, errors.New("the executive is not among the guests: there is nobody to answer")
	case event.Response == answered[e.Arg]:
		return nil, errNothing
	}
	return []Effect{e}, nil
}

// toInvite checks that a mail asks for an answer. Whoever can write a mail can put
// another's name on an invitation, so what is not known to be from its organizer is
// not accepted unasked.
func (b *booking) toInvite(e *Effect) error {
	invite := &b.env.Invite
	switch {
	case !invite.Present:
		return errNoInvite
	case invite.Method == "cancel":
		return errCancelled
	case invite.Method != "request" && invite.Method != "add" && invite.Method != "":
		return fmt.Errorf("the mail's calendar part asks for no answer (%s)", invite.Method)
	}
	if e.Arg != "decline" && !invite.Verified {
		b.ask(e, "the invitation is not known to be from the person that it names as organizer")
	}
	return nil
}

// proposedText is what a proposal says where the rule names no template.
const proposedText = "Hello {from.first},\n\nwould one of these times suit you?\n\n{slots}\n"

var proposedWording = func() *wording {
	w, err := parseWording(proposedText, "slots")
	if err != nil {
		panic(err) // of our own text: a test would not pass
	}
	return w
}()

// propose plans a draft that offers times, and the holds for them.
func (b *booking) propose() ([]Effect, error) {
	if b.action.wording == nil {
		withText := *b.action
		withText.wording, b.action = proposedWording, &withText
	}
	e, err := b.begin("3", "template")
	if err != nil {
		return nil, err
	}
	return one(e, b.wanted(&e, b.length("length"), b.env.Now, b.ahead(b.env.Now)))
}

// move plans another time for an event. Only who called a meeting can move it.
func (b *booking) move() ([]Effect, error) {
	event, err := b.event()
	switch {
	case err != nil:
		return nil, err
	case event.AllDay:
		return nil, errors.New("an event that lasts all day is not moved")
	case !event.Mine:
		return nil, errors.New("somebody else organizes the event; answer it and propose another time in the comment")
	}
	e, err := b.begin("free")
	if err != nil {
		return nil, err
	}
	after := maxTime(b.env.Now, b.set.startOfWork(dayOf(event.Start.In(b.set.Timezone))))
	return one(e, b.wanted(&e, b.lengthOr("length", event.End.Sub(event.Start)), after, b.ahead(after)))
}

// fix plans the fix that is recommended for a conflict, if there is one.
func (b *booking) fix() ([]Effect, error) {
	event, err := b.event()
	if err != nil {
		return nil, err
	}
	if len(event.Conflicts) == 0 {
		return nil, errNothing
	}
	return one(b.effect(b.rule, *b.action))
}

// change plans what marks an event: its colour, a tag.
func (b *booking) change() ([]Effect, error) {
	if _, err := b.event(); err != nil {
		return nil, err
	}
	return one(b.effect(b.rule, *b.action))
}
