package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// ours is an event that a step has put on the calendar, as it is there now.
type ours struct {
	datebook.Event
	step store.Step
	put  onServerNow // by the step that made it
	last onServerNow // by the last step that concerned it
	// turns counts those steps: each state of the event is another turn.
	turns int
	// source is when the event that it was made for began when it was last put
	// where it is.
	source time.Time
}

// keepOurs looks after what foredesk has put on the calendar and what is still to
// come: it follows the event that it belongs to, gives way, turns busy, or goes.
// What a person has changed is theirs.
func (w *work) keepOurs(ctx context.Context, now time.Time) error {
	all, err := w.ours(ctx, now)
	if err != nil {
		return err
	}
	if err := w.letOffersGo(ctx, all); err != nil {
		return err
	}
	for _, o := range all {
		with := o.step.Op.With
		switch {
		case o.isTheirs():
		case with["follow"] == "true":
			err = w.follow(ctx, o)
		case with["movable"] == "true" && w.clashes(o):
			err = w.giveWay(ctx, o, now)
		case with["flip"] == "busy" && o.Free && w.isFull(o, now):
			err = w.plan1(ctx, o, "flip", map[string]string{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// letOffersGo takes the holds of those proposals away of which one time was taken:
// all of one proposal together, as nothing would tell afterwards that it was.
func (w *work) letOffersGo(ctx context.Context, all []ours) error {
	taken := map[string]bool{}
	for _, o := range all {
		if o.step.Op.With["group"] != "" && w.isTaken(o) {
			taken[groupOf(o)] = true
		}
	}
	var holds []ours
	for _, o := range all {
		if o.step.Op.With["group"] != "" && taken[groupOf(o)] && !o.isTheirs() {
			holds = append(holds, o)
		}
	}
	return w.letGo(ctx, holds, "one of the times that were offered was taken")
}

// giveWay finds another time for an event of ours, among those that its rule
// allows.
func (w *work) giveWay(ctx context.Context, o ours, now time.Time) error {
	with := o.step.Op.With
	return w.plan1(ctx, o, "move", map[string]string{
		"length": fmt.Sprint(int(o.End.Sub(o.Start).Minutes()), "m"), "after": instant(now), "before": instant(now.Add(alternativeWithin)),
		"between": with["between"], "days": with["days"], "guests": with["guests"], "tell": with["tell"],
	})
}

// ours finds the steps behind those events of ours that are still to come.
func (w *work) ours(ctx context.Context, now time.Time) (all []ours, err error) {
	byItem := map[string][]datebook.Event{}
	b := w.book.Load()
	for _, e := range b.events {
		if !b.follows(e.Calendar) {
			continue
		}
		if key := e.Ours["item"]; key != "" && !e.Cancelled() && e.End.After(now) {
			byItem[key] = append(byItem[key], e)
		}
	}
	keys := make([]string, 0, len(byItem))
	for key := range byItem {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for some := range slices.Chunk(keys, lookupAtOnce) {
		known, err := w.Journal.Lookup(ctx, w.Name, some)
		if err != nil {
			return nil, err
		}
		for _, key := range some {
			ids := idsOf(known[key])
			if len(ids) == 0 {
				continue // another foredesk made it
			}
			steps, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: ids, States: []store.State{store.Done}, NotUndo: true})
			if err != nil {
				return nil, err
			}
			all = append(all, match(byItem[key], steps)...)
		}
	}
	slices.SortFunc(all, func(a, b ours) int { return cmp.Compare(a.step.ID, b.step.ID) })
	return all, nil
}

// match finds for each event the step that made it, and the last that changed it.
func match(events []datebook.Event, steps []store.Step) (all []ours) {
	for _, e := range events {
		o := ours{Event: e}
		for _, s := range steps {
			put, ok := putAt(s)
			if ok && put.ID == e.ID && put.Key != "" && o.put.ID == "" {
				o.step, o.put, o.source = s, put, parseInstant(s.Op.With["of"])
			}
			if ok && put.ID == e.ID {
				o.last = put
				o.turns++
			}
			if s.Op.With["event"] == e.ID && s.Op.With["source"] != "" {
				o.source = parseInstant(s.Op.With["source"])
			}
		}
		if o.put.ID != "" {
			all = append(all, o)
		}
	}
	return all
}

// isTheirs reports whether a person has changed the event. Of a private one the
// mirror knows no more than when it is.
func (o ours) isTheirs() bool {
	if o.Private {
		return !o.Start.Equal(o.last.Start) || !o.End.Equal(o.last.End)
	}
	return !o.Untouched()
}

func groupOf(o ours) string { return fmt.Sprint(o.step.Item.ID, "\x00", o.step.Op.With["group"]) }

// isTaken reports whether a time that was offered has become a meeting: a person
// has made the hold their own, or an event with the other side stands there.
func (w *work) isTaken(o ours) bool {
	if o.isTheirs() || o.Status == "confirmed" && o.step.Op.With["status"] == "tentative" || len(o.Guests) > 0 {
		return true
	}
	other := o.step.Item.Sender
	return other != "" && slices.ContainsFunc(eventsBetween(w.diaryNow(), o.Start, o.End), func(e rules.Event) bool {
		with := func(a rules.Address) bool { return strings.EqualFold(a.Email, other) }
		return !e.Ours && e.Busy && (slices.ContainsFunc(e.Attendees, with) || with(e.Organizer))
	})
}

// letGo takes back what steps have put on the calendar.
func (w *work) letGo(ctx context.Context, all []ours, why string) error {
	steps := make([]store.Step, len(all))
	for i, o := range all {
		w.Log.Info("taking an event of ours off the calendar", "rule", o.step.Rule, "step", o.step.ID, "reason", why)
		steps[i] = o.step
	}
	if len(steps) == 0 {
		return nil
	}
	w.runEvents()
	_, err := w.takeBack(ctx, steps)
	return err
}

// follow lets an event of ours go with the one that it was made for.
func (w *work) follow(ctx context.Context, o ours) error {
	key, isEvent := strings.CutPrefix(o.step.Item.Key, eventKey)
	if !isEvent {
		return nil
	}
	source, state, err := w.sourceOf(ctx, key, o.step.Op.With["on"])
	switch {
	case err != nil || state == notKnown:
		return err
	case state == calledOff:
		return w.letGo(ctx, []ours{o}, "the event that it belongs to was called off")
	case source.Response == "declined":
		return w.letGo(ctx, []ours{o}, "the event that it belongs to was declined")
	case o.step.Op.Do == "mirror":
		return w.mirrors(ctx, o, source)
	case o.AllDay || source.AllDay:
		return nil
	}
	with := o.step.Op.With
	moved := source.Start.Sub(parseInstant(with["of"]))
	if strings.HasSuffix(o.step.Action, " after") {
		moved = source.End.Sub(parseInstant(with["until"]))
	}
	if with["start"] == "" && with["length"] != "" {
		if source.Start.Equal(o.source) {
			return nil
		}
		return w.plan1(ctx, o, "shift", map[string]string{
			"source": instant(source.Start), "length": with["length"], "between": with["between"], "days": with["days"],
			"after": later(with["after"], moved), "before": later(with["before"], moved),
		})
	}
	return w.shiftTo(ctx, o, source, o.put.Start.Add(moved), o.put.End.Add(moved))
}

// shiftTo plans that an event of ours goes to where its source wants it.
func (w *work) shiftTo(ctx context.Context, o ours, source rules.Event, start, end time.Time) error {
	if start.Equal(o.Start) && end.Equal(o.End) && !o.AllDay {
		return nil
	}
	return w.plan1(ctx, o, "shift", map[string]string{"source": instant(source.Start), "start": instant(start), "end": instant(end)})
}

// mirrors keeps the mirror of an event like it: the same days or times, and no time
// taken where that takes none any more.
func (w *work) mirrors(ctx context.Context, o ours, source rules.Event) error {
	if source.Busy == o.Free {
		return w.plan1(ctx, o, "flip", map[string]string{"free": strconv.FormatBool(!source.Busy), "source": instant(source.Start)})
	}
	if !source.AllDay {
		return w.shiftTo(ctx, o, source, source.Start, source.End)
	}
	date, until := dateOf(source.Start.In(w.set.Timezone)), dateOf(source.End.In(w.set.Timezone))
	if o.AllDay && dateOf(o.Start) == date && dateOf(o.End) == until {
		return nil
	}
	return w.plan1(ctx, o, "shift", map[string]string{"source": date, "date": date, "until": until})
}

// What can be known of the event that one of ours was made for.
const (
	isThere = iota
	calledOff
	notKnown // such as of a calendar that is not followed any more
)

// sourceOf finds the occurrence with a key, also where it has left the time that
// the book is about. on is what its calendar was called.
func (w *work) sourceOf(ctx context.Context, key, on string) (rules.Event, int, error) {
	b := w.book.Load()
	if on != "" && !b.follows(w.calendarID(on)) {
		return rules.Event{}, notKnown, nil
	}
	at := func(e rules.Event) bool { return e.Key == key }
	if i := slices.IndexFunc(b.diary.Events, at); i >= 0 {
		return b.diary.Events[i], isThere, nil
	}
	uid, original := key, time.Time{}
	if i := strings.LastIndex(key, "/"); i >= 0 {
		if t := parseInstant(key[i+1:]); !t.IsZero() {
			uid, original = key[:i], t
		}
	}
	all, err := w.Journal.EventsByUID(ctx, w.Name, uid)
	if err != nil {
		return rules.Event{}, notKnown, err
	}
	from, to := original, original
	for _, e := range all {
		if !e.Cancelled() && len(e.Recurrence) == 0 && e.Original.Equal(original) {
			from, to = e.Start, e.End
		}
	}
	found, wrong := datebook.Expand(all, b.names(), w.set.Timezone, from.Add(-dayLong), to.Add(dayLong))
	if i := slices.IndexFunc(found, at); i >= 0 {
		return found[i], isThere, nil
	}
	if len(wrong) > 0 {
		return rules.Event{}, notKnown, nil
	}
	return rules.Event{}, calledOff, nil
}

const dayLong = 24 * time.Hour

// later is an instant of a step's arguments, moved; empty where there is none.
func later(at string, by time.Duration) string {
	if at == "" {
		return ""
	}
	return instant(parseInstant(at).Add(by))
}

// clashes reports whether somebody else's event stands where one of ours, that
// gives way, is.
func (w *work) clashes(o ours) bool {
	return slices.ContainsFunc(eventsBetween(w.diaryNow(), o.Start, o.End), func(e rules.Event) bool {
		return !e.Ours && e.Busy && !e.AllDay
	})
}

// flipBefore is how long before it begins a free hold turns busy in any case.
const flipBefore = 24 * time.Hour

// isFull reports whether the day of a hold has filled so far that the hold is to
// take its time.
func (w *work) isFull(o ours, now time.Time) bool {
	limit, err := strconv.ParseFloat(orElse(o.step.Op.With["load"], "0.6"), 64)
	if err != nil {
		limit = 0.6
	}
	return o.Start.Sub(now) < flipBefore || w.set.DayOf(w.diaryNow(), o.Start, now).Load >= limit
}

// plan1 plans one more step about an event of ours. Each is planned once for how the
// event is and where it is to go: what did not succeed then is not tried again.
func (w *work) plan1(ctx context.Context, o ours, do string, with map[string]string) error {
	to := orElse(orElse(with["date"], with["start"]), with["source"])
	s := follower(o.step, strings.TrimSpace(fmt.Sprint(o.step.Action, " ", do, " ", o.turns, " ", to)))
	with["event"], with["calendar"], with["on"] = o.ID, o.Calendar, o.Calendar
	with["of"], with["until"] = instant(o.Start), orElse(with["until"], instant(o.End))
	s.Op = mailbox.Op{Kind: mailbox.Event, Do: do, Arg: o.step.Op.Arg, With: with}
	if do == "shift" {
		had := datebook.Fields(o.Event)
		for _, field := range []string{"start", "end", "date", "until"} {
			if had[field] != "" {
				with[wasField+field] = had[field]
			}
		}
	}
	it := o.step.Item
	it.Place = mailbox.Ref{}
	fresh, err := w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: w.now(), Items: []store.NewItem{{Item: it, Steps: []store.Step{s}}}})
	if len(fresh) > 0 {
		w.runEvents()
	}
	return err
}

// takeBackOccasions takes back what rules on events and days did and whose
// undoWhen holds by now.
func (w *work) takeBackOccasions(ctx context.Context, now time.Time) error {
	d := w.diaryNow()
	for _, rule := range w.set.Rules {
		if !rule.Enabled || !rule.TakesBack() || !onCalendar(rule) {
			continue
		}
		items, err := w.toTakeBack(ctx, rule, now)
		if err != nil {
			return err
		}
		for _, it := range items {
			item, ok := w.again(it, d)
			if !ok {
				continue
			}
			due, _, err := w.set.UndoDue(rule, item, now)
			if err != nil {
				w.Log.Warn("undoWhen could not be evaluated", "rule", rule.Name, "reason", err)
			}
			if !due || err != nil {
				continue
			}
			w.Log.Info("taking back what a rule did: its undoWhen holds", "rule", rule.Name, "item", it.ID)
			if err := w.takeOccasionBack(ctx, rule, it.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// again is an occasion as it is now; ok is false if it is over or gone.
func (w *work) again(it store.Item, d *rules.Diary) (*rules.Item, bool) {
	if date, isDay := strings.CutPrefix(it.Key, dayKey); isDay {
		t, err := time.ParseInLocation("2006-01-02 15:04", date+" 12:00", w.set.Timezone)
		return &rules.Item{Account: w.Name, Role: "day", Day: rules.Day{Date: t}, Diary: d, Received: t, Date: t}, err == nil
	}
	key, _ := strings.CutPrefix(it.Key, eventKey)
	for i := range d.Events {
		if d.Events[i].Key == key {
			return eventItem(w.Name, &d.Events[i], d), true
		}
	}
	return nil, false
}

func (w *work) takeOccasionBack(ctx context.Context, rule *rules.Rule, item int64) error {
	args := UndoArgs{Rule: rule.Name, Item: item}
	o, err := w.waiting(ctx, args)
	if err == nil {
		err = w.withdraw(ctx, o)
	}
	if err != nil && !isBusy(err) { // what is just being done is looked at again
		return err
	}
	done, err := w.Journal.Steps(ctx, args.filter(w.Name))
	if err != nil || len(done) == 0 {
		return err
	}
	_, err = w.takeBack(ctx, done)
	w.runEvents()
	return err
}
