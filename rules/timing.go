package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// timing is what schedule and hold put an event on.
type timing struct {
	on     string // deadline date invite trip free day moment
	moment *moment
}

// facts are what working the time out looks at.
func (t *timing) facts() []string {
	return map[string][]string{"deadline": {"found.deadlines"}, "date": {"found.dates"}, "invite": {"invite.present", "invite.method", "invite.title", "invite.start", "invite.end", "invite.allDay"}, "trip": {"found.trips"}}[t.on]
}

// schedule plans an event of its own: schedule and hold.
func (b *booking) schedule() ([]Effect, error) {
	if b.env.Role == "event" {
		if _, err := b.event(); err != nil {
			return nil, err
		}
	}
	if b.action.timing.on == "trip" {
		return b.legs()
	}
	e, err := b.begin(b.unsaidTitle(), "expire")
	if err == nil {
		err = b.place(&e)
	}
	if err != nil {
		return nil, err
	}
	b.held(&e)
	return []Effect{e}, nil
}

// unsaidTitle is the title where the rule has none, or one of fields that are
// empty.
func (b *booking) unsaidTitle() string {
	invited := oneLine(shortened(b.env.Invite.Title.raw, maxLineValue))
	switch {
	case b.env.Confidential:
		return "Busy"
	case b.action.timing.on == "invite" && invited != "":
		return invited
	case b.action.Name == "hold":
		return "Hold"
	}
	return "Event"
}

// held adds what makes a hold of an event.
func (b *booking) held(e *Effect) {
	if b.action.Name != "hold" {
		return
	}
	e.With["status"] = "tentative"
	if expire := b.length("expire"); expire > 0 {
		e.With["expires"] = formatInstant(shifted(b.env.Now, expire))
	}
}

// place works out when the event is.
func (b *booking) place(e *Effect) error {
	switch b.action.timing.on {
	case "deadline":
		return b.onDeadline(e)
	case "date":
		return b.onDate(e)
	case "invite":
		return b.onInvite(e)
	case "day":
		return b.onDay(e)
	case "moment":
		return b.onMoment(e)
	}
	return b.wanted(e, b.length("length"), b.env.Now, b.ahead(b.env.Now))
}

// clock is the time of day that the action gives, on a date.
func (b *booking) clock(date time.Time) (time.Time, bool) {
	at := b.action.With["at"]
	minute, err := parseClock(at)
	return onClock(date, minute, b.set.Timezone), at != "" && err == nil
}

// named is the first of what the text names that is ahead, moved by what the rule
// says: "{deadline} - 1d".
func (b *booking) named(list []When, word string) (When, error) {
	by := b.action.timing.moment.after
	for _, w := range list {
		ends := w.End
		if w.AllDay && !ends.After(w.Start) {
			ends = w.Start.AddDate(0, 0, 1)
		}
		w.Start, w.End = shifted(w.Start.In(b.set.Timezone), by), shifted(ends.In(b.set.Timezone), by)
		if w.Start.After(b.env.Now) || w.AllDay && w.End.After(b.env.Now) {
			return w, nil
		}
	}
	return When{}, fmt.Errorf("the mail names no %s that is ahead", word)
}

// onDeadline makes time before what the mail asks for is due.
func (b *booking) onDeadline(e *Effect) error {
	due, err := b.named(b.env.Found.Deadlines, "deadline")
	if err != nil {
		return err
	}
	b.askIfUnsure(e, due.Confidence)
	length, date := b.length("length"), dayOf(due.Start)
	if start, ok := b.clock(date); ok {
		return b.fixed(e, start, start.Add(b.lengthOr("length", unsaidLength)))
	}
	switch {
	case length == 0 && due.AllDay:
		return b.allDay(e, due.Start, due.Start.AddDate(0, 0, 1))
	case length == 0:
		return b.fixed(e, due.Start.Add(-unsaidLength), due.Start)
	case due.AllDay:
		return b.before(e, length, date, onClock(date.AddDate(0, 0, 1), 0, b.set.Timezone))
	}
	return b.before(e, length, date, due.Start)
}

// before looks for time on the date of a deadline that ends by it. Where the hours
// of work leave no room for it on that day, the two days of work before do as well.
func (b *booking) before(e *Effect, length time.Duration, date, due time.Time) error {
	after, ends := b.set.startOfWork(date), due
	if end := onClock(date, b.set.workHours.to, b.set.Timezone); b.action.With["between"] == "" && end.Before(ends) {
		ends = end
	}
	if earlier := b.set.startOfWork(b.set.workingDay(date, -2)); !b.set.worksOn(date) || ends.Sub(after) < length {
		after = earlier
	} else {
		e.With["earlier"] = formatInstant(earlier)
	}
	return b.wanted(e, length, after, due)
}

// onDate puts it on the first date that the mail names, as that stands there.
func (b *booking) onDate(e *Effect) error {
	date, err := b.named(b.env.Found.Dates, "date")
	if err != nil {
		return err
	}
	b.askIfUnsure(e, date.Confidence)
	start, at := b.clock(dayOf(date.Start))
	switch length := b.length("length"); {
	case at:
		return b.fixed(e, start, start.Add(b.lengthOr("length", datedLength)))
	case date.AllDay && length > 0:
		_, before := b.window(dayOf(date.Start))
		return b.wanted(e, length, b.set.startOfWork(dayOf(date.Start)), before)
	case date.AllDay:
		return b.allDay(e, date.Start, date.End)
	case length > 0 || !date.End.After(date.Start):
		return b.fixed(e, date.Start, date.Start.Add(b.lengthOr("length", datedLength)))
	}
	return b.fixed(e, date.Start, date.End)
}

// window is a date from the start of work to its end.
func (b *booking) window(date time.Time) (after, before time.Time) {
	return b.set.startOfWork(date), onClock(date.AddDate(0, 0, 1), 0, b.set.Timezone)
}

// onInvite puts it where the invitation is. Its UID tells whether the calendar has
// it by itself.
func (b *booking) onInvite(e *Effect) error {
	invite := &b.env.Invite
	switch {
	case !invite.Present || invite.Start.IsZero():
		return errNoInvite
	case invite.Method == "cancel" && invite.UID == "":
		return errCancelled
	}
	if invite.UID != "" {
		e.With["uid"] = invite.UID
	}
	if invite.Method == "cancel" { // what an earlier mail has put there goes
		if e.With["cancelled"] = "true"; !invite.Verified {
			b.ask(e, "that it is called off is not known to be from the person that it names as organizer")
		}
		return nil
	}
	if slices.Contains([]string{"reply", "counter", "refresh", "declinecounter"}, invite.Method) {
		return fmt.Errorf("the mail's calendar part puts nothing on a calendar (%s)", invite.Method)
	}
	// Nobody but its organizer moves what an earlier mail has put there: a change is
	// asked about, and what does not say that it is one changes nothing.
	switch {
	case invite.Verified:
	case invite.Changed:
		b.ask(e, "that it has changed is not known to be from the person that it names as organizer")
	default:
		e.With["unverified"] = "true"
	}
	if invite.AllDay {
		return b.allDay(e, invite.Start, invite.End)
	}
	end := invite.End
	if length := b.length("length"); length > 0 || !end.After(invite.Start) {
		end = invite.Start.Add(b.lengthOr("length", unsaidLength))
	}
	return b.fixed(e, invite.Start, end)
}

// onDay puts it on the day that the rule looks at.
func (b *booking) onDay(e *Effect) error {
	if start, ok := b.clock(dayOf(b.env.when())); ok {
		return b.fixed(e, start, start.Add(b.lengthOr("length", unsaidLength)))
	}
	after, before := b.today()
	return b.wanted(e, b.length("length"), after, before)
}

// onMoment puts it on a moment such as "tomorrow 09:00", or on the day of one that
// names no time of day.
func (b *booking) onMoment(e *Effect) error {
	m := b.action.timing.moment
	at, err := m.instant(b.set, b.env)
	if err != nil {
		return err
	}
	start, clocked := b.clock(dayOf(at))
	switch {
	case clocked:
		return b.fixed(e, start, start.Add(b.lengthOr("length", unsaidLength)))
	case m.minute >= 0 || m.after != 0:
		return b.fixed(e, at, at.Add(b.lengthOr("length", unsaidLength)))
	case b.length("length") > 0:
		after, before := b.window(dayOf(at))
		return b.wanted(e, b.length("length"), after, before)
	}
	return b.allDay(e, at, at.AddDate(0, 0, 1))
}

// legs puts each leg of a trip on the calendar, and takes off what was called off.
func (b *booking) legs() (all []Effect, err error) {
	defer func() { b.env.leg = nil }()
	for i := range b.env.Found.Trips {
		b.env.leg = &b.env.Found.Trips[i]
		e, err := b.leg(b.env.leg)
		if err != nil {
			continue // that leg has passed, or nobody knows when it is
		}
		e.With["nth"] = fmt.Sprint(i + 1)
		all = append(all, e)
	}
	if len(all) == 0 {
		err = errors.New("the mail tells of no trip that is ahead")
	}
	return all, err
}

// leg is one leg. One that was called off needs no time: what was made for its key
// goes.
func (b *booking) leg(t *Trip) (Effect, error) {
	title := oneLine(shortened(t.Title.raw, maxLineValue))
	if b.env.Confidential || title == "" {
		title = "Busy"
	}
	e, err := b.begin(title, "expire")
	if err != nil {
		return e, err
	}
	e.With["key"] = t.Key
	b.askIfUnsure(&e, t.Confidence)
	if t.Cancelled {
		e.With["cancelled"] = "true"
		return e, nil
	}
	for name, value := range map[string]string{"startZone": t.StartZone, "endZone": t.EndZone} {
		if value != "" {
			e.With[name] = value
		}
	}
	b.ofLeg(&e, t)
	b.held(&e)
	return e, b.legTimes(&e, t)
}

func (b *booking) legTimes(e *Effect, t *Trip) error {
	switch {
	case t.AllDay:
		return b.allDay(e, t.Start, t.End)
	case !t.End.After(t.Start):
		return b.fixed(e, t.Start, t.Start.Add(b.lengthOr("length", datedLength)))
	}
	return b.fixed(e, t.Start, t.End)
}

// ofLeg adds what a leg tells and the rule does not say. Nights in a hotel do not
// keep anybody from meetings by day.
func (b *booking) ofLeg(e *Effect, t *Trip) {
	if t.Kind == "hotel" && e.With["busy"] == "" {
		e.With["busy"] = "false"
	}
	if b.env.Confidential {
		return
	}
	if from := oneLine(t.From.raw); e.With["location"] == "" && from != "" {
		e.With["location"] = shortened(from, maxLineValue)
	}
	if e.With["notes"] == "" && t.Code != "" {
		e.With["notes"] = strings.TrimSpace("Booking " + oneLine(t.Code))
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
