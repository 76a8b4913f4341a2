package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const (
	takeBackFor   = 90 * 24 * time.Hour // how long a rule's undoWhen is looked at
	takeBackEvery = time.Hour           // though no mail came
)

// takeBackDue takes back what rules did whose undoWhen holds by now.
func (a *Account) takeBackDue(ctx context.Context, now time.Time) error {
	set := a.rules.Load()
	var session Session
	defer func() {
		if session != nil {
			session.Close()
		}
	}()
	for _, rule := range set.Rules {
		if !rule.Enabled || !rule.TakesBack() {
			continue
		}
		done, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, Rule: rule.Name, States: []store.State{store.Done}, NotUndo: true, Since: now.Add(-takeBackFor), Bare: true})
		if err != nil || len(done) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if session == nil {
			if session, err = a.open(ctx); err != nil {
				return err
			}
		}
		w := &work{Account: a, session: session, set: set, run: a.run}
		if err := w.takeBackBy(ctx, rule, done, now); err != nil {
			return fmt.Errorf("looking whether %q is to be taken back: %w", rule.Name, err)
		}
	}
	return nil
}

// takeBackBy looks at each item that the rule acted on.
func (w *work) takeBackBy(ctx context.Context, rule *rules.Rule, done []store.Step, now time.Time) error {
	looked := map[int64]bool{}
	for _, s := range done {
		if looked[s.Item.ID] {
			continue
		}
		looked[s.Item.ID] = true
		m, err := w.current(ctx, s.Item)
		if err != nil {
			return err
		}
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
		w.Log.Info("taking back what a rule did: its undoWhen holds", "rule", rule.Name, "item", s.Item.ID)
		if err := w.takeItemBack(ctx, rule, s.Item.ID); err != nil {
			return err
		}
	}
	return nil
}

// takeItemBack undoes a rule's effects on one item, under a run of its own, so
// that they can be told in the log.
func (w *work) takeItemBack(ctx context.Context, rule *rules.Rule, item int64) error {
	run, err := w.owner.BeginRun(ctx, store.Run{Kind: store.KindUndo, RulesHash: w.set.Hash, Started: time.Now(), Args: []byte("{}")})
	if err != nil {
		return err
	}
	return w.Account.undo(ctx, run, UndoArgs{Rule: rule.Name, Item: item}, nil)
}

// current reads a message as it is now, with its history, nil if it is gone from
// where the journal has it.
func (w *work) current(ctx context.Context, it store.Item) (*mailbox.Message, error) {
	q := mailbox.Query{Keys: []string{it.Key}, MessageIDs: []string{it.MessageID}, Threads: true}
	if it.Place.UID != 0 {
		q = mailbox.Query{UIDs: []uint32{it.Place.UID}, Threads: true}
	}
	var found *mailbox.Message
	err := w.session.Scan(ctx, it.Place.Folder, q, func(_ context.Context, b mailbox.Batch) error {
		for i := range b.Messages {
			if b.Messages[i].Key == it.Key && b.Messages[i].Poison == "" {
				found = &b.Messages[i]
			}
		}
		return nil
	})
	if err != nil || found == nil {
		return nil, onServer(err)
	}
	found.Item.Account = w.Name
	return found, w.withHistory(ctx, found, time.Now())
}

// noLonger reports whether a step that waited is not wanted any more.
func (w *work) noLonger(ctx context.Context, s store.Step) (bool, error) {
	m, err := w.current(ctx, s.Item)
	if err != nil || m == nil {
		return false, err // that it is gone is found out by performing it
	}
	holds, err := w.set.Holds(s.Op.Unless, &m.Item, time.Now())
	if err != nil {
		w.Log.Warn("a condition could not be evaluated; the step is not done", "rule", s.Rule, "step", s.ID, "reason", err)
		return true, nil
	}
	return holds, nil
}

// wanted takes out of steps those whose unless holds by now.
func (w *work) wanted(ctx context.Context, steps []store.Step) (left []store.Step, endings []store.Ending, err error) {
	for i, s := range steps {
		if s.Op.Unless == "" {
			if left != nil {
				left = append(left, s)
			}
			continue
		}
		if left == nil {
			left = append(make([]store.Step, 0, len(steps)), steps[:i]...)
		}
		over, err := w.noLonger(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		if over {
			endings = append(endings, failed(s, NotNeeded))
		} else {
			left = append(left, s)
		}
	}
	if left == nil {
		left = steps
	}
	return left, endings, nil
}

// NotNeeded is the reason of a step that waited for its time, and was not wanted
// when it came.
const NotNeeded = "not needed any more when its time came"
