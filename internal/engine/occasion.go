package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// An occasion is what a rule on: event or on: day looks at: one occurrence of an
// event, or one local day. In the journal it is an item as a message is, under a
// key that stays the same however the event is moved.

const (
	eventKey = datebook.ItemOfEvent // before the key of the occurrence
	dayKey   = "day/"               // before the date
)

// calendarFolder stands in the place of an occasion: nothing of mail lies there.
const calendarFolder = "calendar:"

// occasions runs the rules over events. What foredesk has made itself triggers
// none.
func (w *work) occasions(ctx context.Context, d *rules.Diary, events []rules.Event, now time.Time) ([]judged, error) {
	var planned []judged
	for i := range events {
		e := &events[i]
		if e.Ours {
			continue
		}
		item := eventItem(w.Name, e, d)
		if j, ok := w.occasion(item, storeItem(eventKey+e.Key, item, e), now); ok {
			j.crowded = slices.ContainsFunc(eventsBetween(d, e.Start, e.End), func(o rules.Event) bool { return o.Busy && !o.AllDay && o.Key != e.Key })
			planned = append(planned, j)
		}
	}
	return planned, ctx.Err()
}

// eventItem is an occurrence as rules look at it.
func eventItem(account string, e *rules.Event, d *rules.Diary) *rules.Item {
	item := &rules.Item{Account: account, Role: "event", Event: *e, Diary: d, Received: e.Start, Date: e.Start}
	if e.Private {
		item.Sensitivity = "private"
	}
	return item
}

// storeItem is how the journal knows an occasion.
func storeItem(key string, item *rules.Item, e *rules.Event) store.Item {
	it := store.Item{Key: key, Occurrence: 1, Date: item.Date, Place: mailbox.Ref{Folder: calendarFolder + e.Calendar}, Subject: e.Title.String(), Sender: e.Organizer.Email}
	if item.Confidential() {
		it.Subject, it.Sender = Hidden, Hidden
	}
	return it
}

// days runs the rules over today, and those that look ahead over the days to come.
func (w *work) days(ctx context.Context, d *rules.Diary, now time.Time) (planned []judged, err error) {
	only := w.only
	defer func() { w.only = only }()
	today := now.In(w.set.Timezone)
	for ahead := range daysAhead + 1 {
		w.only = nil
		for _, r := range w.set.Rules {
			if r.On == "day" && r.Enabled && (ahead == 0 || r.LooksAhead()) {
				w.only = append(w.only, r)
			}
		}
		if len(w.only) == 0 {
			break
		}
		date := noonOf(today).AddDate(0, 0, ahead) // some zones skip a midnight
		item := &rules.Item{Account: w.Name, Role: "day", Day: rules.Day{Date: date, Ahead: ahead}, Diary: d, Received: date, Date: date}
		known := store.Item{Key: dayKey + date.Format(time.DateOnly), Occurrence: 1, Date: date, Place: mailbox.Ref{Folder: calendarFolder}, Subject: date.Format("Monday 2 January 2006")}
		if j, ok := w.occasion(item, known, now); ok {
			planned = append(planned, j)
		}
	}
	return planned, ctx.Err()
}

// occasion runs the rules over one item of the calendar.
func (w *work) occasion(item *rules.Item, known store.Item, now time.Time) (judged, bool) {
	var plan rules.Plan
	if w.only == nil {
		plan = w.set.Plan(item, now)
	} else {
		plan = w.set.PlanOnly(item, now, func(r *rules.Rule) bool { return slices.Contains(w.only, r) })
	}
	for _, f := range plan.Failures {
		if w.known {
			break
		}
		w.Log.Warn("a rule could not be evaluated", "rule", f.Rule, "on", item.Role, "reason", f.Reason)
	}
	m := &mailbox.Message{Ref: known.Place, Key: known.Key, Item: *item}
	steps := w.steps(m, plan, now)
	return judged{NewItem: store.NewItem{Item: known, Steps: steps}, role: item.Role}, len(steps) > 0
}

// commitOccasions writes what is planned for occasions into the journal. What an
// occasion has had before, whatever became of it, it does not get again.
func (w *work) commitOccasions(ctx context.Context, p store.Plan, planned []judged) ([]store.Step, error) {
	if len(planned) == 0 && len(p.Syncs) == 0 {
		return nil, nil
	}
	for some := range slices.Chunk(planned, lookupAtOnce) {
		known, err := w.Journal.Lookup(ctx, w.Name, keysOf(some))
		if err != nil {
			return nil, err
		}
		for _, j := range some {
			if items := known[j.Key]; len(items) > 0 {
				j.ID = items[0].ID
				if j.Steps, err = w.notHad(ctx, j); err != nil {
					return nil, err
				}
			}
			if len(j.Steps) > 0 {
				p.Items = append(p.Items, j.NewItem)
			}
		}
	}
	if len(p.Items) == 0 && len(p.Syncs) == 0 {
		return nil, nil
	}
	steps, err := w.owner.Commit(ctx, p)
	if len(steps) > 0 {
		w.runErrands()
		w.runEvents()
	}
	return steps, err
}

// notHad are those steps of an occasion that it has not had. A rule that has moved
// an event does not move it on unless something else is there: the same condition
// may hold wherever the event stands.
func (w *work) notHad(ctx context.Context, j judged) ([]store.Step, error) {
	had, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{j.ID}, NotUndo: true, Bare: true})
	return slices.DeleteFunc(j.Steps, func(s store.Step) bool {
		return slices.ContainsFunc(had, func(h store.Step) bool {
			put := h.Op.Do == "shift" && h.Op.With["start"] != "" && parseInstant(h.Op.With["start"]).Equal(j.Date)
			return h.Rule == s.Rule && (h.Action == s.Action || put && s.Op.Do == "move" && !j.crowded)
		})
	}), err
}

// occasionAction names an effect within its rule and occasion. What answers for a
// time counts for that time: an event that is moved may be answered again.
func occasionAction(e rules.Effect, item *rules.Item) string {
	key := calendarAction(e)
	switch e.Action {
	case "respond", "move", "fix", "notify":
		key += " " + item.Event.Start.UTC().Format("20060102T1504Z")
	}
	return key
}

// calendarAction names an effect of the schedule group: of several of one action
// each has its own name.
func calendarAction(e rules.Effect) string {
	if nth := e.With["nth"]; nth != "" {
		return e.Action + " " + nth
	}
	if slices.Contains([]string{"schedule", "hold", "focus", "prep", "mirror", "tag"}, e.Action) {
		return e.Action + " " + e.Arg
	}
	return e.Action
}

// calendarActions are done on a calendar: see put.go.
var calendarActions = []string{"schedule", "hold", "focus", "prep", "buffer", "mirror", "respond", "propose", "move", "fix", "color", "tag"}

// isCalendarAction reports whether an effect is done on a calendar. A reminder is
// one for an event, and a flag for a mail.
func isCalendarAction(e rules.Effect, item *rules.Item) bool {
	return slices.Contains(calendarActions, e.Action) || e.Action == "remind" && item.Role == "event"
}

// calendarSteps writes an effect of the schedule group as steps of the journal.
func (w *work) calendarSteps(first store.Step, e rules.Effect, m *mailbox.Message) []store.Step {
	item := &m.Item
	with := map[string]string{}
	for k, v := range e.With {
		with[k] = v
	}
	if item.Role == "event" {
		first.Action = occasionAction(e, item)
		ev := &item.Event
		with["event"], with["on"] = ev.ID, ev.Calendar
		with["of"], with["until"] = orElse(with["of"], instant(ev.Start)), orElse(with["until"], instant(ev.End))
		with["was"], with["organizer"] = ev.Response, ev.Organizer.Email // of a private one nobody knows the latter
		if e.Action == "color" || e.Action == "remind" {
			maps.Copy(with, wasThen(ev, e.Action))
		}
	} else {
		first.Action = calendarAction(e)
		with["theirs"] = item.Date.Format("-07:00")
		if item.Invite.Present {
			with["invite"], with["was"] = item.Invite.UID, "needsAction"
			with["of"], with["until"] = orElse(with["of"], instant(item.Invite.Start)), orElse(with["until"], instant(item.Invite.End))
			with["organizer"] = item.Invite.Organizer.Email
			if !item.Invite.Original.IsZero() {
				with["original"] = instant(item.Invite.Original)
			}
		}
	}
	if e.Action == "respond" && e.Arg != "decline" {
		with["clear"] = "true"
		with["clear"] = fmt.Sprint(!w.crossed(with))
	}
	first.Op = mailbox.Op{Kind: mailbox.Event, Do: e.Action, Arg: e.Arg, With: with}
	steps := []store.Step{first}
	if at, err := time.Parse(time.RFC3339, with["expires"]); err == nil {
		release := first
		release.Action, release.NotBefore = first.Action+releases, at
		release.Op = mailbox.Op{Kind: mailbox.Event, Do: "release", With: map[string]string{"action": first.Action}}
		steps = append(steps, release)
	}
	return steps
}

// wasThen is what an event had in a field when a rule decided about it: what it has
// later instead, a person has set, who was quicker. Of a private one nobody knows.
func wasThen(e *rules.Event, field string) map[string]string {
	if e.Private {
		return nil
	}
	had := datebook.Fields(datebook.Event{Color: e.Color, Remind: e.Remind})
	return map[string]string{wasField + field: had[field]}
}

// wasField stands before a field in the arguments of a step that change it: as it was
// when the step was planned.
const wasField = "was."

// releases is what the action of a step ends with that takes a hold away when its
// time is up.
const releases = " expires"

func orElse(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// IsOccasion reports whether an item of the journal is one of the calendar.
func IsOccasion(it store.Item) bool {
	return strings.HasPrefix(it.Key, eventKey) || strings.HasPrefix(it.Key, dayKey)
}
