package rules

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits on what is worked out of one occasion.
const (
	farGap        = 24 * time.Hour // a gap is not looked at any further
	mostConflicts = 50
)

// consult works out what the item's diary and the set tell of its event, its
// invitation and its day, in a copy of the item. It costs more than the rest of the
// environment, so it waits until a condition looks. What the item says already
// stands: a test of the file gives it.
func (s *Set) consult(e *env) {
	if e.consulted {
		return
	}
	e.consulted = true
	item := *e.given
	if item.Role == "event" {
		item.Event = s.eventOf(&item)
	}
	if item.Invite.Present {
		item.Invite = s.inviteOf(&item)
	}
	item.Day = s.dayOfItem(&item, e.Now)
	e.Item = &item
}

// Look makes Found, also in the copy that consult has made.
func (e *env) Look() {
	if e.given.Look(); e.Item != e.given {
		e.Found, e.Find = e.given.Found, nil
	}
}

// eventOf is the item's event with its gaps and conflicts.
func (s *Set) eventOf(item *Item) Event {
	e := s.filled(item.Event)
	if item.Diary == nil {
		return e
	}
	before, after := item.Diary.gaps(&e)
	if e.GapBefore == 0 {
		e.GapBefore = before
	}
	if e.GapAfter == 0 {
		e.GapAfter = after
	}
	if len(e.Conflicts) == 0 && e.occupies() {
		e.Conflicts = s.conflicts(item.Diary, []Span{e.span()}, func(o *Event) bool { return e.belongs(o) })
	}
	return e
}

// filled works out what an event tells without a diary, in the account's zone.
func (s *Set) filled(e Event) Event {
	e.Start, e.End = inZone(e.Start, s.Timezone), inZone(e.End, s.Timezone)
	if e.Length == 0 {
		e.Length = e.End.Sub(e.Start)
	}
	e.External = e.External || slices.ContainsFunc(e.Attendees, s.isOutside) || (!e.Mine && s.isOutside(e.Organizer))
	if e.Missing == nil {
		e.Missing = s.missingOf(&e)
	}
	if e.Goal == "" {
		e.Goal = s.goalOf(&e)
	}
	return e
}

// inZone leaves a time that is not there alone.
func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// videoLink finds a link to a video call in a location or in notes, where people
// paste it.
var videoLink = regexp.MustCompile(`(?i)https://[\w.-]*(zoom\.us|teams\.microsoft\.com|teams\.live\.com|meet\.google\.com|webex\.com|whereby\.com|jit\.si|gotomeeting\.com|chime\.aws)/`)

// hasVideoLink looks for a link of any kind first, which is much less work.
func hasVideoLink(t Text) bool {
	return strings.Contains(t.folded, "https://") && videoLink.MatchString(t.raw)
}

// missingOf says what an event with other people lacks: an agenda in its notes; a
// location, which a video link can stand for; a video link, where there is no
// location or where people of another house take part.
func (s *Set) missingOf(e *Event) (missing []string) {
	if e.Cancelled || !s.withOthers(e) {
		return nil
	}
	place := strings.TrimSpace(e.Location.raw)
	video := e.Video != "" || hasVideoLink(e.Location) || hasVideoLink(e.Notes)
	if strings.TrimSpace(e.Notes.raw) == "" {
		missing = append(missing, "agenda")
	}
	if place == "" && !video {
		missing = append(missing, "location")
	}
	if !video && (place == "" || e.External) {
		missing = append(missing, "video")
	}
	return missing
}

// goalOf is the first of the file's goals that has a word of the title, or one of
// the people.
func (s *Set) goalOf(e *Event) string {
	for _, g := range s.goals {
		if slices.ContainsFunc(g.words, func(w Text) bool { return hasWord(e.Title.folded, w.folded) }) ||
			g.people.Has(e.Organizer) || g.people.Any(e.Attendees) {
			return g.name
		}
	}
	return ""
}

// occupies reports whether nothing else can be at the time of the event. Of what
// lasts all day that is so for meetings and absences alone: people write reminders,
// birthdays and where they work there, too.
func (e *Event) occupies() bool {
	if !e.Busy || e.Cancelled || e.span().empty() {
		return false
	}
	switch e.Kind {
	case "workingLocation", "birthday", "offer": // an offer gives way to whoever takes it
		return false
	case "", "meeting", "outOfOffice":
		return true
	}
	return !e.AllDay
}

// belongs reports whether two events are the same, perhaps on another calendar, or
// one was made for the other: a buffer, time to prepare, a mirror.
func (e *Event) belongs(o *Event) bool {
	if e.Key == "" && o.Key == "" {
		return e.ID != "" && e.ID == o.ID
	}
	return e.Key == o.Key || (o.Ours && o.Follows != "" && o.Follows == e.Key) || (e.Ours && e.Follows != "" && e.Follows == o.Key)
}

// conflicts are the events that occupy a part of one of the spans, by start, each
// once.
func (s *Set) conflicts(d *Diary, spans []Span, own func(*Event) bool) (found []Event) {
	var seen []string
	for _, span := range spans {
		for o := range d.touching(span.Start, span.End) {
			if len(found) == mostConflicts {
				return found
			}
			if !span.empty() && o.occupies() && !own(o) && !slices.Contains(seen, o.Key) {
				found, seen = append(found, s.filled(*o)), appendKey(seen, o.Key)
			}
		}
	}
	return found
}

// appendKey keeps the key of an event that can be on two calendars.
func appendKey(keys []string, key string) []string {
	if key == "" {
		return keys
	}
	return append(keys, key)
}

// gaps is the free time before and after an event, up to a day, by what else takes
// the executive's time. What lasts all day does not count, and is not near anything.
func (d *Diary) gaps(e *Event) (before, after time.Duration) {
	before, after = farGap, farGap
	if e.AllDay {
		return before, after
	}
	for o := range d.touching(e.Start.Add(-farGap), e.End.Add(farGap)) {
		if !o.Busy || o.AllDay || o.span().empty() || e.belongs(o) {
			continue
		}
		if o.Start.Before(e.Start) {
			before = min(before, max(0, e.Start.Sub(o.End)))
		}
		if o.End.After(e.End) {
			after = min(after, max(0, o.Start.Sub(e.End)))
		}
	}
	return before, after
}

// inviteOf is the item's invitation with what it would clash with.
func (s *Set) inviteOf(item *Item) Invite {
	inv := item.Invite
	inv.Start, inv.End = inZone(inv.Start, s.Timezone), inZone(inv.End, s.Timezone)
	if inv.Length == 0 {
		inv.Length = inv.End.Sub(inv.Start)
	}
	inv.Verified = inv.Verified || verified(item)
	if d := item.Diary; d != nil {
		inv.OnCalendar = inv.OnCalendar || d.has(&inv)
		if len(inv.Conflicts) == 0 && inv.asks() {
			inv.Conflicts = s.conflicts(d, inv.spans(), inv.is)
		}
	}
	inv.Conflict = inv.Conflict || len(inv.Conflicts) > 0
	return inv
}

// has reports whether what an invitation is for is in the diary.
func (d *Diary) has(inv *Invite) bool {
	for i := range d.Events {
		e := &d.Events[i]
		if inv.UID != "" && e.UID == inv.UID && (inv.Original.IsZero() || e.Original.Equal(inv.Original)) {
			return true
		}
	}
	return false
}

// asks reports whether the mail wants time of the executive. An answer or a
// cancellation does not.
func (i *Invite) asks() bool {
	return !slices.Contains([]string{"cancel", "reply", "refresh"}, i.Method)
}

// spans are the times that are asked for.
func (i *Invite) spans() []Span {
	if i.Times != nil {
		return i.Times
	}
	return []Span{{i.Start, i.End}}
}

// is reports whether an event is the invitation's own, or was made for it.
func (i *Invite) is(e *Event) bool {
	if i.UID == "" {
		return false
	}
	follows, _, _ := strings.Cut(e.Follows, "/")
	return e.UID == i.UID || e.Follows == i.UID || follows == i.UID
}

// verified reports whether the mail is from whom the invitation names, and the mail
// server has found it to be so. A Sender of the same house as the author will do:
// that domain is the one which was checked.
func verified(item *Item) bool {
	if item.Auth.Verdict != "pass" {
		return false
	}
	who := []Address{item.Invite.Organizer}
	if item.Invite.Method == "reply" || item.Invite.Method == "counter" {
		who = item.Invite.Attendees // of whom there is one
	}
	if len(who) != 1 || who[0].Email == "" {
		return false
	}
	return item.From.Email == who[0].Email || (item.SenderAddress.Email == who[0].Email && item.SenderAddress.Domain == item.From.Domain)
}

// dayOfItem is the day of an event, of an invitation, or today. Without a diary it
// has what a test says, and what the set knows.
func (s *Set) dayOfItem(item *Item, now time.Time) Day {
	given := item.Day
	at := now
	switch {
	case !given.Date.IsZero():
		at = given.Date
	case given.Ahead != 0:
		at = onClock(dayOf(now).AddDate(0, 0, given.Ahead), 0, s.Timezone)
	case !item.Event.Start.IsZero():
		at = item.Event.Start
	case item.Invite.Present && !item.Invite.Start.IsZero():
		at = item.Invite.Start
	}
	day := s.DayOf(item.Diary, at, now)
	if item.Diary == nil {
		known := given
		known.Date, known.Ahead, known.Work = day.Date, day.Ahead, day.Work
		return known
	}
	return day.with(given)
}

// with takes over what is given.
func (d Day) with(given Day) Day {
	if given.Meetings != 0 {
		d.Meetings = given.Meetings
	}
	for _, p := range []struct{ into, from *time.Duration }{
		{&d.MeetingTime, &given.MeetingTime}, {&d.FreeTime, &given.FreeTime}, {&d.FocusTime, &given.FocusTime},
	} {
		if *p.from != 0 {
			*p.into = *p.from
		}
	}
	for _, p := range []struct{ into, from *time.Time }{{&d.First, &given.First}, {&d.Last, &given.Last}} {
		if !p.from.IsZero() {
			*p.into = *p.from
		}
	}
	if given.Load != 0 {
		d.Load = given.Load
	}
	return d
}

// callBusy reports whether something takes the executive's time between two times,
// given as such or on the clock of the item's day. The event or the invitation that
// the rule looks at does not count.
func callBusy(params ...any) (any, error) {
	e := params[0].(*env)
	from, to, err := e.between(params[1], params[2])
	if err != nil || from.IsZero() || to.IsZero() {
		return false, err
	}
	if err := e.spend(diaryWork(e.Diary)); err != nil {
		return false, err
	}
	return e.busy(from, to), nil
}

// between reads the two times that busy takes. Clock times that go backwards go
// over midnight; of times that do, the first is a moment.
func (e *env) between(a, b any) (from, to time.Time, err error) {
	if _, ok := a.(time.Time); ok {
		from, to = a.(time.Time), b.(time.Time)
		if !from.IsZero() && !to.IsZero() && !to.After(from) {
			to = from.Add(time.Minute)
		}
		return from, to, nil
	}
	if from, err = e.clockTime(a.(string), 0); err != nil {
		return from, to, err
	}
	if to, err = e.clockTime(b.(string), 0); err == nil && !to.After(from) {
		to, err = e.clockTime(b.(string), 1)
	}
	return from, to, err
}

// clockTime is a time of day on the item's day, or of a date that is written out.
func (e *env) clockTime(s string, later int) (time.Time, error) {
	minute, err := parseClock(s)
	if err != nil {
		return ParseDate(s, e.Now.Location())
	}
	day := dayOf(e.set.dayOfItem(e.given, e.Now).Date)
	return onClock(day.AddDate(0, 0, later), minute, e.Now.Location()), nil
}

func (e *env) busy(from, to time.Time) bool {
	if !e.Diary.Busy(from, to) {
		return false
	}
	for o := range e.Diary.touching(from, to) {
		if o.Busy && !o.span().empty() && !e.Invite.is(o) && (e.Role != "event" || !e.Event.belongs(o)) {
			return true
		}
	}
	return false
}

// callFree reports whether there is free time of a length in the hours of work,
// within some time from now.
func callFree(params ...any) (any, error) {
	e := params[0].(*env)
	length, err := ParseDuration(params[1].(string))
	if err != nil {
		return false, err
	}
	within, err := ParseDuration(params[2].(string))
	if err != nil {
		return false, err
	}
	if err := e.spend(freeWork + diaryWork(e.Diary)); err != nil {
		return false, err
	}
	return len(e.set.Free(e.Diary, Want{Length: length, To: e.Now.Add(within)}, e.Now)) > 0, nil
}

// name is the event as the journal keeps it: of a private one nothing.
func (e Event) name() string {
	if e.Private {
		return "a private event"
	}
	return e.Title.raw
}

// EventFacts works out what an event tells by the set and the diary: who is from
// outside, what it lacks, which goal it serves, its gaps and its conflicts. Without
// a diary the latter two stay empty.
func (s *Set) EventFacts(e Event, d *Diary) Event { return s.eventOf(&Item{Event: e, Diary: d}) }

// IsMeeting reports whether an event takes the executive's time and that of others.
func (s *Set) IsMeeting(e Event) bool { return s.isMeeting(&e) }

// IsOutside reports whether somebody is of another house.
func (s *Set) IsOutside(a Address) bool { return s.isOutside(a) }
