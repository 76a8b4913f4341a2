package engine

import (
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Occasion is what the rules would do about one occurrence of an event, or about
// one day. Had are effects that it has had before: they are not done again.
type Occasion struct {
	Key  string // of its item in the journal
	Item rules.Item
	Plan rules.Plan
	Had  []rules.Effect
}

// EventOccasion is an occurrence as rules look at it.
func EventOccasion(account string, e *rules.Event, d *rules.Diary) Occasion {
	return Occasion{Key: eventKey + e.Key, Item: *eventItem(account, e, d)}
}

// DayOccasion is the local day of an instant, as rules look at it; now says which
// day is today. Both are read in the zone of now.
func DayOccasion(account string, at, now time.Time, d *rules.Diary) Occasion {
	at = at.In(now.Location())
	date := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, now.Location())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	ahead := int(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Sub(today) / (24 * time.Hour))
	item := rules.Item{Account: account, Role: "day", Day: rules.Day{Date: date, Ahead: ahead}, Diary: d, Received: date, Date: date}
	return Occasion{Key: dayKey + date.Format(time.DateOnly), Item: item}
}

// Ahead shows what the rules would do about each event and day from now until an
// instant: a day only where a rule looks so far ahead. What foredesk has made
// itself is left out, as no rule looks at it.
func (v *Previewer) Ahead(ctx context.Context, rule string, now, until time.Time) ([]Occasion, error) {
	if v.Diary == nil {
		return nil, nil
	}
	now = now.In(v.Rules.Timezone)
	var all []Occasion
	for _, e := range eventsBetween(v.Diary, now, until) {
		if !e.Ours {
			o := EventOccasion(v.Account, &e, v.Diary)
			o.Plan = onlyRule(v.Rules.Plan(&o.Item, now), rule)
			all = append(all, o)
		}
	}
	for day := now; !day.After(until); day = day.AddDate(0, 0, 1) {
		o := DayOccasion(v.Account, day, now, v.Diary)
		looks := func(r *rules.Rule) bool {
			return r.On == "day" && r.Enabled && (o.Item.Day.Ahead == 0 || r.LooksAhead())
		}
		if slices.ContainsFunc(v.Rules.Rules, looks) {
			o.Plan = onlyRule(v.Rules.PlanOnly(&o.Item, now, looks), rule)
			all = append(all, o)
		}
	}
	return all, v.setAside(ctx, all)
}

// setAside puts the effects aside that occasions have had.
func (v *Previewer) setAside(ctx context.Context, all []Occasion) error {
	keys := make([]string, len(all))
	for i, o := range all {
		keys[i] = o.Key
	}
	known := map[string][]store.Item{}
	for some := range slices.Chunk(keys, lookupAtOnce) {
		found, err := v.Journal.Lookup(ctx, v.Account, some)
		if err != nil {
			return err
		}
		for key, items := range found {
			known[key] = items
		}
	}
	for i := range all {
		o := &all[i]
		items := known[o.Key]
		if len(items) == 0 || len(o.Plan.Effects) == 0 {
			continue
		}
		had, err := v.Journal.Steps(ctx, store.Filter{Account: v.Account, ItemIDs: []int64{items[0].ID}, NotUndo: true, Bare: true})
		if err != nil {
			return err
		}
		var left []rules.Effect
		for _, e := range o.Plan.Effects {
			if slices.ContainsFunc(had, func(s store.Step) bool { return s.Rule == e.Rule && s.Action == actionOn(e, &o.Item) }) {
				o.Had = append(o.Had, e)
			} else {
				left = append(left, e)
			}
		}
		o.Plan.Effects = left
	}
	return nil
}

// actionOn names an effect on an item as the journal does; see stepsOf.
func actionOn(e rules.Effect, item *rules.Item) string {
	switch {
	case !isCalendarAction(e, item):
		return actionKey(e)
	case item.Role == "event":
		return occasionAction(e, item)
	}
	return calendarAction(e)
}

// Put is an event that a step has made or changed, as it was then. Start and End are
// midnights UTC where it lasts all day; they are zero where the step's kind does
// not tell them.
type Put struct {
	Calendar string    `json:"calendar"` // its id on the server
	ID       string    `json:"id"`
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	// Response is what it has answered, if it did: accepted tentative declined.
	Response string `json:"response,omitempty"`
}

// PutBy reads what a step has put on a calendar; ok is false where it has put
// nothing there.
func PutBy(s store.Step) (put Put, ok bool) {
	p, ok := putAt(s)
	return Put{p.Calendar, p.ID, p.Start, p.End, p.Set["response"]}, ok
}
