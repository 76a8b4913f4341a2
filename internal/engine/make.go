package engine

import (
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
)

// tooLate is the reason of a hold that was to be gone before it was made.
const tooLate = "its time was up before it could be made"

// makes puts an event on a calendar.
func (w *work) makes(ctx context.Context, s store.Step) (todo, error) {
	with := s.Op.With
	key := w.makeKey(s)
	if with["cancelled"] == "true" {
		return w.calledOff(ctx, s, key)
	}
	if with["invite"] != "" && with["uid"] != "" {
		there, err := w.Journal.EventsByUID(ctx, w.Name, with["uid"])
		if err != nil {
			return todo{}, err
		}
		if len(there) > 0 {
			return todo{says: "it is on the calendar already"}, nil
		}
	}
	if until := parseInstant(with["until"]); with["follow"] == "true" && !until.IsZero() && w.now().After(until) {
		return no("the event that it belongs to is over"), nil
	}
	c := &datebook.Change{Do: datebook.Make, Key: key, Calendar: w.calendarID(with["calendar"]), Event: w.newEvent(s), Tell: with["tell"] == "true"}
	reason, err := w.placed(ctx, s, c)
	if err != nil || reason != "" {
		return todo{reason: reason}, err
	}
	if with["key"] == "" && with["uid"] == "" {
		return todo{change: c}, nil
	}
	return w.makesAgain(ctx, s, c)
}

// newEvent is an event as a step wants it, but for its time.
func (w *work) newEvent(s store.Step) datebook.Event {
	with := s.Op.With
	e := datebook.Event{
		Title: s.Op.Arg, Notes: with["notes"], Location: with["location"], Zone: w.set.Timezone.String(), Status: orElse(with["status"], "confirmed"),
		Free: with["busy"] == "false" || with["flip"] == "busy", Color: with["color"], Remind: minutes(with["remind"]), Kind: kindOf(s.Op.Do),
		Private: with["private"] == "true" || s.Item.Subject == Hidden,
		Ours:    w.provenance(s),
	}
	for _, email := range list(with["guests"]) {
		e.Guests = append(e.Guests, datebook.Guest{Person: datebook.Person{Email: email}})
	}
	return e
}

// placed sets when the event of a change is to be. One that an earlier try may
// have made stays where that has put it.
func (w *work) placed(ctx context.Context, s store.Step, c *datebook.Change) (reason string, err error) {
	if inDoubt(s) {
		if err := w.upToDate(ctx, s); err != nil {
			return "", err
		}
		there, ok, err := w.Journal.Event(ctx, w.Name, c.Calendar, datebook.EventID(c.Key))
		if err != nil {
			return "", err
		}
		if ok && !there.Cancelled() && there.Ours["item"] == s.Item.Key {
			c.Event.Start, c.Event.End, c.Event.AllDay = there.Start, there.End, there.AllDay
			return "", nil
		}
	}
	if up := parseInstant(s.Op.With["expires"]); !up.IsZero() && !up.After(w.now()) {
		return tooLate, nil
	}
	span, reason, err := w.timeFor(ctx, s, &c.Event)
	if err != nil || reason != "" {
		return reason, err
	}
	c.Event.Start, c.Event.End = span.Start, span.End
	if w.isOver(&c.Event) {
		return "its time has gone by", nil
	}
	return "", nil
}

// isOver reports whether an event has ended, wherever its days are.
func (w *work) isOver(e *datebook.Event) bool {
	_, last := e.Bounds()
	return last.Before(w.now())
}

// provenance stands with the event that a step makes or changes: who did it, and
// what for.
func (w *work) provenance(s store.Step) map[string]string {
	return map[string]string{"rule": s.Rule, "version": w.Calendar.Version, "message": s.Item.MessageID, "item": s.Item.Key, "action": s.Action}
}

// makeKey names what a step makes, the same for each attempt and on each machine.
// What several mails tell of, such as a flight, is one thing.
func (w *work) makeKey(s store.Step) string {
	switch {
	case s.Op.With["key"] != "":
		return w.Name + "\x00trip\x00" + s.Op.With["key"]
	case s.Op.With["uid"] != "":
		return w.Name + "\x00" + s.Op.Do + " of invite\x00" + s.Op.With["uid"] + "\x00" + s.Op.With["original"]
	}
	return errandKey(w.Name, s)
}

// makesAgain is makes of what an earlier mail has told of already: the event is
// brought up to what the later one says, unless a person has changed it.
func (w *work) makesAgain(ctx context.Context, s store.Step, c *datebook.Change) (todo, error) {
	there, ok, err := w.Journal.Event(ctx, w.Name, c.Calendar, datebook.EventID(c.Key))
	if err != nil || !ok || there.Cancelled() {
		return todo{change: c}, err
	}
	if there.Ours["item"] == s.Item.Key {
		return todo{change: c}, nil // our own first attempt
	}
	if !there.Untouched() {
		return no("a person has changed the event that an earlier mail made; it was left as it is"), nil
	}
	set, was := datebook.Fields(c.Event), datebook.Fields(there)
	for name, value := range set {
		if !slices.Contains([]string{"start", "end", "date", "until", "title", "location", "notes"}, name) || was[name] == value {
			delete(set, name)
		}
	}
	if len(set) == 0 {
		return todo{says: "an earlier mail has put it on the calendar already"}, nil
	}
	if s.Op.With["unverified"] == "true" {
		return no("it is not known to be from the person that it names as organizer, so the event that an earlier mail made was left as it is"), nil
	}
	return todo{change: &datebook.Change{Do: datebook.Patch, Calendar: c.Calendar, ID: there.ID, Set: set, Was: only(was, set), Tell: c.Tell}}, nil
}

// calledOff takes away what earlier mail has put on the calendar.
func (w *work) calledOff(ctx context.Context, s store.Step, key string) (todo, error) {
	calendar := w.calendarID(s.Op.With["calendar"])
	there, ok, err := w.Journal.Event(ctx, w.Name, calendar, datebook.EventID(key))
	if err != nil || !ok || there.Cancelled() {
		return todo{says: "nothing of it is on the calendar"}, err
	}
	return todo{change: &datebook.Change{Do: datebook.Remove, Key: key, Calendar: calendar, ID: there.ID, Tell: s.Op.With["tell"] == "true"}}, nil
}

// only are the values of those names that stand in like.
func only(values, like map[string]string) map[string]string {
	out := map[string]string{}
	for name := range like {
		out[name] = values[name]
	}
	return out
}

// timeFor is when an event is to be: as its step says, or the first free time that
// fits. All-day events carry their dates.
func (w *work) timeFor(ctx context.Context, s store.Step, e *datebook.Event) (datebook.Span, string, error) {
	with := s.Op.With
	if with["date"] != "" {
		e.AllDay = true
		from, err := time.Parse(time.DateOnly, with["date"])
		to, err2 := time.Parse(time.DateOnly, orElse(dateOnly(with["until"]), with["date"]))
		if err != nil || err2 != nil {
			return datebook.Span{}, "its date can't be read", nil
		}
		if !to.After(from) {
			to = from.AddDate(0, 0, 1)
		}
		return datebook.Span{Start: from, End: to}, "", nil
	}
	if start := parseInstant(with["start"]); !start.IsZero() {
		end := parseInstant(with["end"])
		if end.Before(start) {
			end = start
		}
		if zone := orElse(with["startZone"], with["zone"]); zone != "" {
			e.Zone = zone
		}
		if zone := with["endZone"]; zone != e.Zone {
			e.EndZone = zone
		}
		return datebook.Span{Start: start, End: end}, "", nil
	}
	slots, reason, err := w.slots(ctx, s, 1)
	if err != nil || reason != "" {
		return datebook.Span{}, reason, err
	}
	return datebook.Span(slots[0]), "", nil
}

func dateOnly(s string) string {
	if len(s) == len(time.DateOnly) {
		return s
	}
	return ""
}

// NothingFree begins the reason of a step that found no free time.
const NothingFree = "there is no free time"
