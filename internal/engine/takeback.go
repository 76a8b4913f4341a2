package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const (
	takeBackFor   = 90 * 24 * time.Hour // how long a rule's undoWhen is looked at
	takeBackEvery = time.Hour           // though no mail came
)

// takeBackDue takes back what rules did, or have planned for later, whose undoWhen
// holds by now.
func (a *Account) takeBackDue(ctx context.Context, now time.Time) (left error) {
	set := a.rules.Load()
	var session Session
	defer func() {
		if session != nil {
			session.Close()
		}
	}()
	for _, rule := range set.Rules {
		if !rule.Enabled || !rule.TakesBack() || onCalendar(rule) {
			continue
		}
		items, err := a.toTakeBack(ctx, rule, now)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			continue
		}
		if session == nil {
			if session, err = a.open(ctx); err != nil {
				return err
			}
		}
		w := &work{Account: a, session: session, set: set, run: a.run}
		if err := w.takeBackBy(ctx, rule, items, now); err != nil {
			err = fmt.Errorf("looking whether %q is to be taken back: %w", rule.Name, err)
			if !isCalendar(err) || isMail(err) {
				return err
			}
			left = errors.Join(left, err)
		}
	}
	return left
}

// toTakeBack are the items that a rule acted on and that were not taken back yet,
// nor tried to be: what could not be taken back once is left to people.
func (a *Account) toTakeBack(ctx context.Context, rule *rules.Rule, now time.Time) (items []store.Item, err error) {
	tried, seen := map[int64]bool{}, map[int64]bool{}
	f := store.Filter{Account: a.Name, Rule: rule.Name, Since: now.Add(-takeBackFor), Bare: true}
	f.States = []store.State{store.Failed}
	err = a.Journal.EachStep(ctx, f, func(s store.Step) error {
		tried[s.Item.ID] = tried[s.Item.ID] || s.Undoes != 0
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.States, f.NotUndo = []store.State{store.Done, store.Planned, store.Parked}, true
	err = a.Journal.EachStep(ctx, f, func(s store.Step) error {
		if !seen[s.Item.ID] && !tried[s.Item.ID] {
			seen[s.Item.ID], items = true, append(items, s.Item)
		}
		return nil
	})
	return items, err
}

// takeBackBy looks at each item that the rule acted on. A CalendarError says of which
// it is not known yet.
func (w *work) takeBackBy(ctx context.Context, rule *rules.Rule, items []store.Item, now time.Time) (left error) {
	messages, err := w.current(ctx, items, w.set.Needs())
	if err != nil {
		return err
	}
	for _, it := range items {
		m := messages[it.ID]
		if m == nil {
			continue // a person deleted it
		}
		due, _, err := w.set.UndoDue(rule, &m.Item, now)
		if err != nil {
			w.Log.Warn("undoWhen could not be evaluated", "rule", rule.Name, "reason", err)
			continue
		}
		if !due {
			continue
		}
		w.Log.Info("taking back what a rule did: its undoWhen holds", "rule", rule.Name, "item", it.ID)
		switch err := w.takeItemBack(ctx, rule, it.ID); {
		case isBusy(err): // it is looked at again
		case isCalendar(err) && !isMail(err):
			left = errors.Join(left, err) // the calendar is away; the next may need none
		case err != nil:
			return err
		}
	}
	return left
}

// takeItemBack undoes a rule's effects on one item, under a run of its own, so
// that they can be told in the log.
func (w *work) takeItemBack(ctx context.Context, rule *rules.Rule, item int64) error {
	run, err := w.owner.BeginRun(ctx, store.Run{Kind: store.KindUndo, RulesHash: w.set.Hash, Started: w.now(), Args: []byte("{}")})
	if err != nil {
		return err
	}
	return w.Account.undo(ctx, run, UndoArgs{Rule: rule.Name, Item: item}, nil)
}

// current reads messages as they are now, with their history, by item. Those that
// are gone from where the journal has them are left out.
func (w *work) current(ctx context.Context, items []store.Item, needs rules.Needs) (map[int64]*mailbox.Message, error) {
	byFolder := map[string][]store.Item{}
	for _, it := range items {
		byFolder[it.Place.Folder] = append(byFolder[it.Place.Folder], it)
	}
	found := map[int64]*mailbox.Message{}
	for folder, all := range byFolder {
		for some := range slices.Chunk(all, lookupAtOnce) {
			if err := w.currentIn(ctx, folder, some, needs, found); err != nil {
				return nil, err
			}
		}
	}
	for _, m := range found {
		m.Item.Account = w.Name
		if err := w.withHistory(ctx, m, w.now()); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (w *work) currentIn(ctx context.Context, folder string, items []store.Item, needs rules.Needs, found map[int64]*mailbox.Message) error {
	q := mailbox.Query{Threads: true, Needs: &needs}
	for _, it := range items {
		q.Keys, q.MessageIDs = append(q.Keys, it.Key), append(q.MessageIDs, it.MessageID)
		q.UIDs = append(q.UIDs, it.Place.UID)
	}
	if !slices.Contains(q.UIDs, 0) {
		q.Keys, q.MessageIDs = nil, nil
	} else {
		q.UIDs = nil
	}
	err := w.session.Scan(ctx, folder, q, func(_ context.Context, b mailbox.Batch) error {
		for i := range b.Messages {
			m := &b.Messages[i]
			j := slices.IndexFunc(items, func(it store.Item) bool {
				return it.Key == m.Key && (q.Keys != nil && found[it.ID] == nil || it.Place.UID == m.UID)
			})
			if j >= 0 && m.Poison == "" {
				found[items[j].ID] = m
			}
		}
		return nil
	})
	return onServer(err)
}

// noLonger says why a step that waited is not wanted any more, or "".
func (w *work) noLonger(ctx context.Context, s store.Step) (string, error) {
	needs, err := w.set.NeedsOf(s.Op.Unless)
	if err != nil {
		w.Log.Warn("a condition of an earlier plan can't be evaluated any more; the step is not done", "rule", s.Rule, "step", s.ID)
		return "not done, since its condition no longer fits the rules file: unless: " + s.Op.Unless, nil
	}
	now, err := w.current(ctx, []store.Item{s.Item}, needs)
	m := now[s.Item.ID]
	if err != nil || m == nil {
		return "", err // that it is gone is found out by performing it
	}
	holds, err := w.set.Holds(s.Op.Unless, &m.Item, w.now())
	if err != nil {
		w.Log.Warn("a condition could not be evaluated; the step is not done", "rule", s.Rule, "step", s.ID)
		return "not done, since its condition could not be evaluated: unless: " + s.Op.Unless, nil
	}
	if holds {
		return NotNeeded, nil
	}
	return "", nil
}

// hasGone reports whether somebody else has moved an item since foredesk found it,
// or put it somewhere.
func (w *work) hasGone(ctx context.Context, s store.Step) (bool, error) {
	moves, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, States: []store.State{store.Done}, Newest: true})
	if err != nil {
		return false, err
	}
	for _, m := range moves {
		if m.Op.Kind == mailbox.Move {
			return m.At.Folder != s.Item.Place.Folder, nil
		}
	}
	return s.From.Folder != s.Item.Place.Folder, nil
}

// later says why a step that waited for its time, or for others, is not done now.
// What may have been begun before is looked for on the server instead.
func (w *work) later(ctx context.Context, s store.Step, doubt bool) (store.Ending, error) {
	reason := ""
	var err error
	if s.Op.Unmoved && !doubt {
		var gone bool
		if gone, err = w.hasGone(ctx, s); gone {
			reason = "a person has moved the message since; it was left alone"
		}
	}
	if err == nil && reason == "" && s.Op.Unless != "" {
		reason, err = w.noLonger(ctx, s)
	}
	if err != nil || reason == "" {
		return store.Ending{}, err
	}
	return failed(s, reason), nil
}

// wanted takes those out of steps that are not to be done, or not yet.
func (w *work) wanted(ctx context.Context, steps []store.Step, doubt map[int64]bool) (left []store.Step, endings []store.Ending, err error) {
	waits := func(s store.Step) bool { return s.Op.Unless != "" || s.Op.Unmoved || isDelete(s) }
	if !slices.ContainsFunc(steps, waits) {
		return steps, nil, nil
	}
	for _, s := range steps {
		var e store.Ending
		if isDelete(s) {
			e, err = w.afterErrands(ctx, s)
		} else if waits(s) {
			e, err = w.later(ctx, s, doubt[s.ID])
		}
		if err != nil {
			return nil, nil, err
		}
		if e.StepID != 0 {
			endings = append(endings, e)
		} else {
			left = append(left, s)
		}
	}
	return left, endings, nil
}

func isDelete(s store.Step) bool { return s.Op.Kind == mailbox.Remove && s.Undoes == 0 }

// afterErrands puts off the deletion of a message of which something is still to be
// kept or sent, and gives it up where that has failed, or may have.
func (w *work) afterErrands(ctx context.Context, s store.Step) (store.Ending, error) {
	all, err := w.Journal.Steps(ctx, store.Filter{
		Account: w.Name, ItemIDs: []int64{s.Item.ID}, NotUndo: true,
		States: []store.State{store.Planned, store.Started, store.Parked, store.Failed, store.Uncertain},
	})
	if err != nil {
		return store.Ending{}, err
	}
	var e store.Ending
	for _, o := range all {
		switch {
		case o.Op.Kind != mailbox.Outside:
		case o.State != store.Failed && o.State != store.Uncertain:
			e = store.Ending{StepID: s.ID, State: store.Planned, NotBefore: w.now().Add(deleteAgain), Reason: "it waits for what is to be sent or kept of the message first"}
		case slices.Contains(keeps, o.Op.Do) && o.Reason != NotNeeded:
			return failed(s, KeptForErrand), nil
		}
	}
	return e, nil
}

// keeps are the errands after which something of a message is left, should it be deleted.
var keeps = []string{"save", "extract", "draft", "forward", "redirect", "webhook"}

// KeptForErrand is the reason of a deletion that was not done, as the message may be all
// there is.
const KeptForErrand = "what was to be sent or kept of the message first was not, or may not have been: it is not deleted"

const deleteAgain = 30 * time.Second

// NotNeeded is the reason of a step that waited for its time, and was not wanted
// when it came.
const NotNeeded = store.NotNeeded
