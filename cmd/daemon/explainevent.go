package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const maxMatches = 12 // events that are listed where a title fits several

// event explains the event that a title, an id or an iCalUID means.
func (x *explainer) event(ctx context.Context, name string) error {
	d, done, err := x.oneDesk(ctx, x.logger())
	if err != nil {
		return err
	}
	defer done()
	x.zone = d.Location
	diary, err := d.diary(ctx)
	if err != nil {
		return err
	}
	found := eventsNamed(diary, name, time.Now())
	switch {
	case len(found) == 1:
		return x.occasion(ctx, d, diary, engine.EventOccasion(d.Name, found[0], diary))
	case len(found) > 1:
		return x.several(name, found)
	}
	keys, err := eventsOnceNamed(ctx, d, name)
	switch {
	case err != nil:
		return err
	case len(keys) == 1:
		return x.goneOccasion(ctx, d, keys[0])
	case len(keys) > 1:
		return fmt.Errorf("%d events of the past fit %q; explain one of them by the number of a step: foredesk log", len(keys), name)
	case diary == nil:
		return errors.New(d.unread())
	}
	return fmt.Errorf("no event of the next two months is called %q, nor has it that id; the calendar was last read on %s, and of private events no title is kept", name, moment(diary.At, d.Location))
}

// day explains a day.
func (x *explainer) day(ctx context.Context, name string) error {
	d, done, err := x.oneDesk(ctx, x.logger())
	if err != nil {
		return err
	}
	defer done()
	x.zone = d.Location
	now := time.Now().In(d.Location)
	days := map[string]int{"today": 0, "tomorrow": 1}
	ahead, ok := days[strings.ToLower(name)]
	at := now.AddDate(0, 0, ahead)
	if !ok {
		if at, err = rules.ParseDate(name, d.Location); err != nil {
			return usage{fmt.Errorf("--day takes today, tomorrow or a date such as 2026-12-01: %w", err)}
		}
	}
	diary, err := d.diary(ctx)
	if err != nil {
		return err
	}
	return x.occasion(ctx, d, diary, engine.DayOccasion(d.Name, at, now, diary))
}

// occasionOfStep is the key of the event or the day that a step, named by its
// number, is about; ok is false where it is about a mail, or is none.
func occasionOfStep(ctx context.Context, d *desk, name string) (key string, ok bool, err error) {
	id, ok := stepNumber(name)
	if !ok {
		return "", false, nil
	}
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, StepID: id})
	if err != nil || len(steps) == 0 || !engine.IsOccasion(steps[0].Item) {
		return "", false, err
	}
	return steps[0].Item.Key, true, nil
}

// occasionByKey explains the event or the day that the journal knows by a key.
func (x *explainer) occasionByKey(ctx context.Context, d *desk, key string) error {
	diary, err := d.diary(ctx)
	if err != nil {
		return err
	}
	now := time.Now().In(d.Location)
	event, isEvent := strings.CutPrefix(key, datebook.ItemOfEvent)
	if !isEvent {
		_, date, _ := strings.Cut(key, "/")
		if at, err := time.ParseInLocation(time.DateOnly, date, d.Location); err == nil {
			return x.occasion(ctx, d, diary, engine.DayOccasion(d.Name, at, now, diary))
		}
	}
	if found := eventsNamed(diary, event, now); len(found) == 1 {
		return x.occasion(ctx, d, diary, engine.EventOccasion(d.Name, found[0], diary))
	}
	return x.goneOccasion(ctx, d, key)
}

// eventsNamed are the occurrences that a name means: those with that id or UID, or
// else with that title, or else with it in their title. Of a series it is the next
// one, unless an id says which.
func eventsNamed(d *rules.Diary, name string, now time.Time) []*rules.Event {
	if d == nil {
		return nil
	}
	var byID, byTitle, byPart []*rules.Event
	folded := rules.Fold(strings.TrimSpace(name))
	for i := range d.Events {
		e := &d.Events[i]
		title := rules.Fold(strings.TrimSpace(e.Title.String()))
		switch {
		case name == "":
		case e.ID == name || e.Key == name:
			return []*rules.Event{e}
		case e.UID == name || e.Series == name:
			byID = append(byID, e)
		case title == folded:
			byTitle = append(byTitle, e)
		case strings.Contains(title, folded):
			byPart = append(byPart, e)
		}
	}
	for _, found := range [][]*rules.Event{byID, byTitle, byPart} {
		if len(found) > 0 {
			return oneOfEach(withoutFollowers(found), now)
		}
	}
	return nil
}

// withoutFollowers leaves out what was made for another event of the list, which has
// that one's name in its own.
func withoutFollowers(list []*rules.Event) []*rules.Event {
	return slices.DeleteFunc(list, func(e *rules.Event) bool {
		return e.Follows != "" && slices.ContainsFunc(list, func(o *rules.Event) bool { return o.Key == e.Follows })
	})
}

// oneOfEach keeps of each series the next occurrence, or the last one.
func oneOfEach(list []*rules.Event, now time.Time) (kept []*rules.Event) {
	at := map[string]int{}
	for _, e := range list {
		i, known := at[e.UID+"\x00"+e.Calendar]
		switch {
		case !known:
			at[e.UID+"\x00"+e.Calendar] = len(kept)
			kept = append(kept, e)
		case !kept[i].End.After(now):
			kept[i] = e
		}
	}
	return kept
}

// eventsOnceNamed are the keys of events that a rule did something to and that are
// out of sight by now.
func eventsOnceNamed(ctx context.Context, d *desk, name string) (keys []string, err error) {
	folded := rules.Fold(strings.TrimSpace(name))
	err = d.journal.EachStep(ctx, store.Filter{Account: d.Name, NotUndo: true}, func(s store.Step) error {
		key, ok := strings.CutPrefix(s.Item.Key, datebook.ItemOfEvent)
		if ok && !slices.Contains(keys, s.Item.Key) && (key == name || folded != "" && strings.Contains(rules.Fold(s.Item.Subject), folded)) {
			keys = append(keys, s.Item.Key)
		}
		return nil
	})
	return keys, err
}

// several lists what a title may mean.
func (x *explainer) several(name string, found []*rules.Event) error {
	if x.json {
		all := make([]eventOutput, len(found))
		for i, e := range found {
			all[i] = eventOf(e)
		}
		return errors.Join(x.printJSON(all), findings{fmt.Sprintf("%d events fit %q; name one by its id", len(found), name)})
	}
	rows := [][]string{{"WHEN", "TITLE", "CALENDAR", "ID"}}
	for _, e := range found[:min(len(found), maxMatches)] {
		rows = append(rows, []string{whenOf(e, x.zone), oneLine(titleOf(e), 50), oneLine(e.Calendar, 30), e.ID})
	}
	x.table("", rows)
	return findings{fmt.Sprintf("%s fit %q; name one by its id", count(int64(len(found)), "event"), name)}
}

// occasion explains an event or a day: what was done, and what the rules of today
// make of it.
func (x *explainer) occasion(ctx context.Context, d *desk, diary *rules.Diary, o engine.Occasion) error {
	var e explanation
	if o.Item.Role == "event" {
		out := eventOf(&o.Item.Event)
		e.Event, e.head = &out, headOfEvent(&o.Item.Event, x.zone)
	} else {
		e.head = headOfDay(d.set.DayOf(diary, o.Item.Day.Date, time.Now()), x.zone)
	}
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, Key: o.Key})
	if err != nil {
		return err
	}
	if o.Item.Event.Ours {
		if steps, err = stepsBehind(ctx, d, &o.Item.Event); err != nil {
			return err
		}
		e.Note = fmt.Sprintf("Foredesk put it there, by the rule %q: no rule looks at it.", o.Item.Event.Rule)
	}
	for _, s := range steps {
		e.Steps = append(e.Steps, stepOf(s))
	}
	switch {
	case o.Item.Event.Ours:
	case diary == nil:
		e.Note = d.unread()
	default:
		plan, verdicts := d.set.Explain(&o.Item, time.Now())
		e.Plan, e.Dropped, e.Failures = plan.Effects, plan.Dropped, plan.Failures
		e.Verdicts = slices.DeleteFunc(verdicts, func(v rules.Verdict) bool { return d.set.Rule(v.Rule).On != o.Item.Role })
	}
	return x.print(e)
}

// goneOccasion explains what was done to an event that is no more, or is over.
func (x *explainer) goneOccasion(ctx context.Context, d *desk, key string) error {
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, Key: key})
	if err != nil {
		return err
	}
	e := explanation{Note: "It is not on the calendar any more, or lies more than a day back: what the rules of today make of it is not known."}
	for _, s := range steps {
		item := itemOf(s.Item)
		e.Item = &item
		e.Steps = append(e.Steps, stepOf(s))
	}
	return x.print(e)
}

// stepsBehind are the steps that made an event of ours, or changed it.
func stepsBehind(ctx context.Context, d *desk, e *rules.Event) (steps []store.Step, err error) {
	err = d.journal.EachStep(ctx, store.Filter{Account: d.Name, Rule: e.Rule}, func(s store.Step) error {
		if put, ok := engine.PutBy(s); ok && put.ID == e.ID {
			steps = append(steps, s)
		}
		return nil
	})
	return steps, err
}

// headOfEvent names an event: its title, when and where it is, and who called it.
func headOfEvent(e *rules.Event, zone *time.Location) []string {
	head := []string{oneLine(titleOf(e), 100)}
	line := whenOf(e, zone)
	if e.Recurring {
		line += ", one of a series"
	}
	line += ", on the calendar " + oneLine(e.Calendar, 60)
	if !e.Mine && e.Organizer.Email != "" && !e.Private {
		line += ", called by " + oneLine(e.Organizer.Email, 60)
	}
	if e.Response != "" && !e.Mine {
		line += ", " + map[string]string{"needsAction": "not answered", "accepted": "accepted", "tentative": "accepted tentatively", "declined": "declined"}[e.Response]
	}
	return append(head, line)
}

// headOfDay names a day, and what it holds.
func headOfDay(day rules.Day, zone *time.Location) []string {
	head := []string{day.Date.In(zone).Format("Monday 2 January 2006")}
	work := "a day of work"
	if !day.Work {
		work = "no day of work"
	}
	return append(head, fmt.Sprintf("%s; %s, %s of meetings, %s of it free, %.0f %% full", work, count(int64(day.Meetings), "meeting"), hours(day.MeetingTime), hours(day.FreeTime), 100*day.Load))
}

// hours writes a length of time as "1h30m", or "0m".
func hours(d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%dm", h, m)
}
