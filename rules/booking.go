package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// booking is an action of the schedule group that is being planned. What comes of
// it holds all that is needed to perform it: times that are certain as instants or
// dates, and of those that hang on what is free the window in which to look.
type booking struct {
	*run
	rule   *Rule
	action *Action
}

// bookings plan the actions of the schedule group that need more than their
// arguments filled in.
var bookings map[string]func(*booking) ([]Effect, error)

func init() { // not at the declaration: a booking leads back to the table
	bookings = map[string]func(*booking) ([]Effect, error){
		"schedule": (*booking).schedule, "hold": (*booking).schedule, "focus": (*booking).focus,
		"prep": (*booking).prep, "buffer": (*booking).buffer, "mirror": (*booking).mirror,
		"respond": (*booking).respond, "propose": (*booking).propose, "move": (*booking).move, "fix": (*booking).fix,
		"color": (*booking).change, "tag": (*booking).change, "brief": (*booking).brief,
	}
}

const (
	// sureEnough is the confidence from which on a time that was read out of prose is
	// put on the calendar without asking.
	sureEnough = 0.75
	// unsaidLength is how long an event lasts of which nobody says so.
	unsaidLength = 30 * time.Minute
	// datedLength is that of a date in prose that has a beginning and no end.
	datedLength = time.Hour
	// unsaidDays are how many working days ahead free time is looked for.
	unsaidDays = 5
	// flipLoad is how full a day is when a hold turns busy, if the rule does not say.
	flipLoad = "0.6"
)

var (
	errNoInvite  = errors.New("the mail carries no invitation")
	errCancelled = errors.New("the mail calls the event off")
)

// begin fills the action's arguments in, without those that only say what is to be
// worked out.
func (b *booking) begin(title string, drop ...string) (Effect, error) {
	e, err := b.effect(b.rule, *b.action)
	if e.With == nil {
		e.With = map[string]string{}
	}
	for _, name := range append(drop, "at", "on", "within") {
		delete(e.With, name)
	}
	if e.Arg = strings.TrimSpace(e.Arg); e.Arg == "" {
		e.Arg = title
	}
	if b.rule.Goal != "" && making[b.action.Name] {
		e.With["goal"] = b.rule.Goal
	}
	if e.With["flip"] != "" {
		e.With["busy"] = "false"
		if e.With["load"] == "" {
			e.With["load"] = flipLoad
		}
	}
	if guests := b.guests(e.With["guests"]); guests != "" {
		e.With["guests"] = guests
	} else {
		delete(e.With, "guests")
	}
	return e, err
}

// guests are the addresses that the words stand for, without the executive's own.
func (b *booking) guests(words string) string {
	var all []string
	for word := range listed(words) {
		a := ParseAddress("", word)
		switch word {
		case "from":
			a = b.env.From
		case "organizer":
			if a = b.env.Invite.Organizer; b.env.Role == "event" {
				a = b.env.Event.Organizer
			}
		}
		if a.Email != "" && !b.set.me.Has(a) && !slices.Contains(all, a.Email) {
			all = append(all, a.Email)
		}
	}
	return strings.Join(all, ", ")
}

// length is an argument that is a length of time; 0 where it is not given.
func (b *booking) length(name string) time.Duration {
	d, _ := ParseDuration(b.action.With[name]) // the loader let no bad one through
	return d
}

func (b *booking) lengthOr(name string, otherwise time.Duration) time.Duration {
	if d := b.length(name); d > 0 {
		return d
	}
	return otherwise
}

// fixed sets when it is.
func (b *booking) fixed(e *Effect, start, end time.Time) error {
	switch {
	case !end.After(start):
		return errNothing // an event without a length takes no time
	case !end.After(b.env.Now):
		return fmt.Errorf("%s has passed", shortly(start, false, b.set.Timezone))
	}
	e.With["start"], e.With["end"] = formatInstant(start.In(b.set.Timezone)), formatInstant(end.In(b.set.Timezone))
	forget(e, "length", "between", "days")
	return nil
}

// allDay sets the days that it takes; until is exclusive.
func (b *booking) allDay(e *Effect, date, until time.Time) error {
	date, until = date.In(b.set.Timezone), until.In(b.set.Timezone)
	if !dayOf(until).After(dayOf(date)) {
		until = date.AddDate(0, 0, 1)
	}
	if !dayOf(until).After(dayOf(b.env.Now)) {
		return fmt.Errorf("%s has passed", shortly(date, true, b.set.Timezone))
	}
	e.With["date"], e.With["until"] = date.Format(time.DateOnly), until.Format(time.DateOnly)
	forget(e, "length", "between", "days")
	return nil
}

// wanted sets the window in which free time of that length is looked for.
func (b *booking) wanted(e *Effect, length time.Duration, after, before time.Time) error {
	if after.Before(b.env.Now) {
		after = b.env.Now
	}
	if after.Add(length).After(before) {
		return fmt.Errorf("there is no room for %s before %s", shortLength(length), shortly(before, false, b.set.Timezone))
	}
	e.With["length"] = shortLength(length)
	e.With["after"], e.With["before"] = formatInstant(after.In(b.set.Timezone)), formatInstant(before.In(b.set.Timezone))
	return nil
}

func forget(e *Effect, names ...string) {
	for _, name := range names {
		delete(e.With, name)
	}
}

// ask has a person confirm what is not certain enough to be done.
func (b *booking) ask(e *Effect, why string) {
	if e.Confirm == "" {
		e.Confirm = "assistant"
	}
	e.With["why"] = why
}

func (b *booking) askIfUnsure(e *Effect, confidence float64) {
	if confidence < sureEnough {
		b.ask(e, "the time was read out of the text and is not certain")
	}
}

// follow marks what is made for the event that the rule looks at.
func follow(e *Effect) { e.With["follow"] = "true" }

// event is the event that the rule looks at, if something may be done to it or made
// for it: one that is called off is left alone, and so is what foredesk has made
// for another rule, or one would lead to the next without end.
func (b *booking) event() (*Event, error) {
	e := &b.env.Event
	switch {
	case e.Cancelled:
		return nil, errNothing
	case e.Ours && making[b.action.Name]:
		return nil, errNothing
	}
	return e, nil
}

// startOfWork is when work begins on a date, be it a day of work or not.
func (s *Set) startOfWork(date time.Time) time.Time {
	return onClock(date, s.workHours.from, s.Timezone)
}

// workingDay is the date of the n-th day of work before (n < 0) or after a date.
func (s *Set) workingDay(date time.Time, n int) time.Time {
	date = dayOf(date.In(s.Timezone))
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for tries := 0; n > 0 && tries < 366; tries++ { // a file may know no day of work
		if date = date.AddDate(0, 0, step); s.worksOn(date) {
			n--
		}
	}
	return date
}

// ahead is until when free time is looked for from an instant on.
func (b *booking) ahead(from time.Time) time.Time {
	if within := b.length("within"); within > 0 {
		return shifted(from, within)
	}
	return onClock(b.set.workingDay(from, unsaidDays).AddDate(0, 0, 1), 0, b.set.Timezone)
}

// today is the day that a rule on days looks at, from the start of work to the end
// of the day, or as far as the rule says.
func (b *booking) today() (after, before time.Time) {
	date := dayOf(b.env.when().In(b.set.Timezone))
	after, before = b.set.startOfWork(date), onClock(date.AddDate(0, 0, 1), 0, b.set.Timezone)
	if within := b.length("within"); within > 0 {
		before = shifted(after, within)
	}
	return after, before
}
