package engine

import (
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
	put  onServerNow
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
	taken := map[string]bool{} // proposals of which one hold was taken
	for _, o := range all {
		if o.step.Op.With["group"] != "" && w.isTaken(o) {
			taken[groupOf(o)] = true
		}
	}
	for _, o := range all {
		switch {
		case o.isTheirs():
		case o.step.Op.With["group"] != "" && taken[groupOf(o)]:
			err = w.letGo(ctx, o, "one of the times that were offered was taken")
		case o.step.Op.With["follow"] == "true":
			err = w.follow(ctx, o)
		case o.step.Op.With["movable"] == "true" && w.clashes(o):
			err = w.plan1(ctx, o, "move", map[string]string{"length": fmt.Sprint(int(o.End.Sub(o.Start).Minutes()), "m"), "after": instant(now), "before": instant(now.Add(alternativeWithin)), "tell": o.step.Op.With["tell"]})
		case o.step.Op.With["flip"] == "busy" && o.Free && w.isFull(o, now):
			err = w.plan1(ctx, o, "flip", nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ours finds the steps behind those events of ours that are still to come.
func (w *work) ours(ctx context.Context, now time.Time) (all []ours, err error) {
	byItem := map[string][]datebook.Event{}
	for _, e := range w.book.Load().events {
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
	return all, nil
}

// match finds for each event the step that made it.
func match(events []datebook.Event, steps []store.Step) (all []ours) {
	for _, e := range events {
		for _, s := range steps {
			if put, ok := putAt(s); ok && put.Key != "" && put.ID == e.ID {
				all = append(all, ours{e, s, put, lastSource(s, e.ID, steps)})
			}
		}
	}
	return all
}

// lastSource looks through the steps of one item for the last that let an event
// follow its source.
func lastSource(made store.Step, id string, steps []store.Step) time.Time {
	source := made.Op.With["of"]
	for _, s := range steps {
		if s.Op.With["event"] == id && s.Op.With["source"] != "" {
			source = s.Op.With["source"]
		}
	}
	return parseInstant(source)
}

// isTheirs reports whether a person has changed the event. Of a private one the
// mirror knows no more than when it is.
func (o ours) isTheirs() bool {
	if o.Private {
		return !o.Start.Equal(o.put.Start) || !o.End.Equal(o.put.End)
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
	return slices.ContainsFunc(eventsBetween(w.diaryNow(), o.Start, o.End), func(e rules.Event) bool {
		with := func(a rules.Address) bool { return strings.EqualFold(a.Email, o.step.Item.Sender) }
		return !e.Ours && e.Busy && (slices.ContainsFunc(e.Attendees, with) || with(e.Organizer))
	})
}

// letGo takes back what a step has put on the calendar.
func (w *work) letGo(ctx context.Context, o ours, why string) error {
	w.Log.Info("taking an event of ours off the calendar", "rule", o.step.Rule, "step", o.step.ID, "reason", why)
	if _, err := w.takeBack(ctx, []store.Step{o.step}); err != nil {
		return err
	}
	w.runEvents()
	return nil
}

// follow lets an event of ours go with the one that it was made for.
func (w *work) follow(ctx context.Context, o ours) error {
	key, isEvent := strings.CutPrefix(o.step.Item.Key, eventKey)
	if !isEvent {
		return nil
	}
	d := w.diaryNow()
	i := slices.IndexFunc(d.Events, func(e rules.Event) bool { return e.Key == key })
	if i < 0 {
		if o.Start.After(d.To) {
			return nil // not known yet
		}
		return w.letGo(ctx, o, "the event that it belongs to was called off")
	}
	source := d.Events[i]
	if source.Response == "declined" {
		return w.letGo(ctx, o, "the event that it belongs to was declined")
	}
	with := o.step.Op.With
	was, until := parseInstant(with["of"]), parseInstant(with["until"])
	moved := source.Start.Sub(was)
	if with["at"] == "end" || strings.HasSuffix(o.step.Action, " after") {
		moved = source.End.Sub(until)
	}
	if with["start"] == "" && with["length"] != "" && o.step.Op.Do == "prep" {
		if source.Start.Equal(o.source) {
			return nil
		}
		return w.plan1(ctx, o, "shift", map[string]string{
			"source": instant(source.Start), "length": with["length"], "between": with["between"], "days": with["days"],
			"after": later(with["after"], moved), "before": later(with["before"], moved),
		})
	}
	start, end := o.put.Start.Add(moved), o.put.End.Add(moved)
	if o.step.Op.Do == "mirror" {
		start, end = source.Start, source.End
	}
	if o.AllDay || start.Equal(o.Start) && end.Equal(o.End) {
		return nil
	}
	return w.plan1(ctx, o, "shift", map[string]string{"source": instant(source.Start), "start": instant(start), "end": instant(end)})
}

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

// plan1 plans one more step about an event of ours. Each is planned once for where
// the event stands: what did not succeed there is not tried again.
func (w *work) plan1(ctx context.Context, o ours, do string, with map[string]string) error {
	s := follower(o.step, o.step.Action+" "+do+" "+instant(o.Start)+" "+orElse(with["start"], with["source"]))
	if with == nil {
		with = map[string]string{}
	}
	with["event"], with["calendar"], with["on"] = o.ID, o.Calendar, o.Calendar
	with["of"], with["until"] = instant(o.Start), instant(o.End)
	s.Op = mailbox.Op{Kind: mailbox.Event, Do: do, Arg: o.step.Op.Arg, With: with}
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
		t, err := time.ParseInLocation(time.DateOnly, date, w.set.Timezone)
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
	if err := w.withdraw(ctx, args); err != nil {
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
