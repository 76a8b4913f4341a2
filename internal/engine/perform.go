package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// perform does those steps that were marked as started with their plan, and writes
// down how each ended. What happens outside the folders, waits for its time or for
// a person is left to workOff: nothing of that may hold up the next mail.
func (w *work) perform(ctx context.Context, steps []store.Step) error {
	if len(steps) == 0 {
		return nil
	}
	var now []store.Step
	for _, s := range steps {
		if s.State == store.Started {
			now = append(now, s)
		}
	}
	a := w.act(ctx, now, nil)
	a.steps = steps
	return errors.Join(w.writeDown(ctx, a), a.trouble)
}

// acted is what became of steps, before it is written down.
type acted struct {
	steps   []store.Step
	endings []store.Ending
	// undecided are the steps of which the server's answers don't tell whether
	// they were done.
	undecided []store.Step
	trouble   error // a *MailError
}

// act does steps on the server. Those in doubt are looked for there first.
func (w *work) act(ctx context.Context, steps []store.Step, doubt map[int64]bool) acted {
	a := acted{steps: steps}
	steps, a.endings, a.trouble = w.wanted(ctx, steps, doubt)
	if a.trouble != nil {
		return a
	}
	changes, endings := w.changes(steps, doubt)
	a.endings = append(a.endings, endings...)
	if len(changes) == 0 {
		return a
	}
	if a.trouble = w.nameOthers(ctx, steps, changes); a.trouble != nil {
		return a
	}
	outcomes, err := w.session.Perform(ctx, changes)
	if err == nil {
		outcomes, err = w.lookAgain(ctx, steps, changes, outcomes)
	}
	if err != nil {
		a.trouble = onServer(fmt.Errorf("acting on %d messages: %w", len(changes), err))
		for i := range outcomes {
			if outcomes[i].Found { // and not looked at again
				outcomes[i].Result = mailbox.Unknown
			}
		}
	}
	ended, undecided := w.endings(steps, outcomes, doubt)
	a.endings = append(a.endings, ended...)
	if err == nil {
		a.undecided = undecided
	}
	return a
}

// lookAgain asks once more what became of messages where one with the same content was
// found instead of the server's word, and the journal has others with that content: it
// may have been one of those.
func (w *work) lookAgain(ctx context.Context, steps []store.Step, changes []mailbox.Change, outcomes []mailbox.Outcome) ([]mailbox.Outcome, error) {
	var again []mailbox.Change
	for i, o := range outcomes {
		if o.Found {
			c := changes[i]
			c.Doubt = true
			again = append(again, c)
		}
	}
	if err := w.nameOthers(ctx, steps, again); err != nil {
		return outcomes, err
	}
	for i := range again {
		again[i].Others = append(again[i].Others, putBeside(again[i], changes, outcomes)...)
	}
	again = slices.DeleteFunc(again, func(c mailbox.Change) bool { return len(c.Others) == 0 })
	if len(again) == 0 {
		return outcomes, nil
	}
	surer, err := w.session.Perform(ctx, again)
	for _, o := range surer {
		i := slices.IndexFunc(outcomes, func(first mailbox.Outcome) bool { return first.ID == o.ID })
		outcomes[i] = o
	}
	return outcomes, err
}

// putBeside are where changes beside one have just put messages with its content, by the
// server's word.
func putBeside(c mailbox.Change, changes []mailbox.Change, outcomes []mailbox.Outcome) (at []mailbox.Ref) {
	for i, o := range outcomes {
		if o.ID != c.ID && changes[i].Key == c.Key && o.Result == mailbox.Done && !o.Found {
			at = append(at, o.At)
		}
	}
	return at
}

// nameOthers says of changes in doubt where the journal has other messages with their
// content, and copies of those.
func (w *work) nameOthers(ctx context.Context, steps []store.Step, changes []mailbox.Change) error {
	var keys []string
	for _, c := range changes {
		if c.Doubt {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	known, err := w.Journal.Lookup(ctx, w.Name, keys)
	if err != nil {
		return err
	}
	var twins []int64
	for _, items := range known {
		if len(items) > 1 {
			twins = append(twins, idsOf(items)...)
		}
	}
	if len(twins) == 0 {
		return nil
	}
	copies, err := w.copiesOf(ctx, twins)
	if err != nil {
		return err
	}
	own := make(map[int64]int64, len(steps)) // items, by their steps
	for _, s := range steps {
		own[s.ID] = s.Item.ID
	}
	for i := range changes {
		c := &changes[i]
		for _, it := range known[c.Key] {
			if c.Doubt && it.ID != own[c.ID] {
				c.Others = append(append(c.Others, it.Place), copies[it.ID]...)
			}
		}
	}
	return nil
}

// copiesOf are the places of the copies that were made of items.
func (w *work) copiesOf(ctx context.Context, items []int64) (map[int64][]mailbox.Ref, error) {
	at := map[int64][]mailbox.Ref{}
	for ids := range slices.Chunk(items, lookupAtOnce) {
		done, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: ids, States: []store.State{store.Done}})
		if err != nil {
			return nil, err
		}
		for _, s := range done {
			if s.Op.Kind == mailbox.Copy {
				at[s.Item.ID] = append(at[s.Item.ID], s.At)
			}
		}
	}
	return at, nil
}

// writeDown ends steps in the journal. What the server has confirmed is written
// down even when we are told to stop, so that nothing is in doubt that need not
// be.
func (w *work) writeDown(ctx context.Context, a acted) error {
	keep, cancel := toTheEnd(ctx)
	defer cancel()
	if err := w.owner.Finish(keep, w.now(), a.endings); err != nil {
		return err
	}
	w.tell(a.steps, a.endings)
	return w.giveUp(keep, a.undecided)
}

// toTheEnd is for what is written down of what has been done: a journal that stands still
// is waited for, and that we are told to stop cuts it off only after a while.
func toTheEnd(ctx context.Context) (keep context.Context, cancel context.CancelFunc) {
	keep, end := context.WithCancel(context.WithoutCancel(ctx))
	told := context.AfterFunc(ctx, func() { time.AfterFunc(4*time.Second, end) })
	return keep, func() { told(); end() }
}

// giveUp ends steps that can't be decided although the server was looked at: they
// are uncertain, and a person is told. New mail has one more chance first.
func (w *work) giveUp(ctx context.Context, undecided []store.Step) error {
	if len(undecided) == 0 || w.live {
		return nil
	}
	endings := make([]store.Ending, len(undecided))
	for i, s := range undecided {
		endings[i] = store.Ending{StepID: s.ID, State: store.Uncertain, Reason: "it can't be told whether this was done; look at the message and decide"}
		w.Log.Error("a step is uncertain: a person must look", "step", s.ID, "rule", s.Rule, "action", actionWord(s.Action))
	}
	return w.owner.Finish(ctx, w.now(), endings)
}

func (w *work) start(ctx context.Context, steps []store.Step) error {
	var planned []int64
	for _, s := range steps {
		if s.State == store.Planned {
			planned = append(planned, s.ID)
		}
	}
	if len(planned) == 0 {
		return nil
	}
	return w.owner.Start(ctx, planned)
}

// changes turns steps into what the mail server is asked. Steps that do nothing
// anywhere, such as a line for the agenda, are done by being written down.
func (w *work) changes(steps []store.Step, doubt map[int64]bool) (changes []mailbox.Change, endings []store.Ending) {
	for _, s := range steps {
		if s.Op.Kind == "" {
			endings = append(endings, store.Ending{StepID: s.ID, State: store.Done})
			continue
		}
		ref := s.Item.Place
		if s.Op.Kind == mailbox.Remove && s.Undoes != 0 {
			ref = s.From // a copy lies where it was put, not where the message lies
		}
		changes = append(changes, mailbox.Change{ID: s.ID, Ref: ref, Key: s.Item.Key, MessageID: s.Item.MessageID, Op: s.Op, Read: s.Undoes == 0 && ref == s.From, Doubt: doubt[s.ID]})
	}
	return changes, endings
}

// endings turns outcomes into the ends of steps. A step without an outcome, or
// whose outcome is Unknown, stays started and is looked at again later. Flags that may
// have been set on a message that has gone since can be looked for nowhere.
func (w *work) endings(steps []store.Step, outcomes []mailbox.Outcome, doubt map[int64]bool) (endings []store.Ending, undecided []store.Step) {
	byID := make(map[int64]int, len(steps))
	for i, s := range steps {
		byID[s.ID] = i
	}
	endings = make([]store.Ending, 0, len(outcomes))
	for _, o := range outcomes {
		s := &steps[byID[o.ID]]
		e := store.Ending{StepID: s.ID, Reason: o.Reason}
		switch o.Result {
		case mailbox.Done:
			e.State, e.At = store.Done, o.At
			if s.Op.Kind == mailbox.Move {
				e.ItemID = s.Item.ID
			}
		case mailbox.Gone:
			if doubt[s.ID] && s.Op.Kind == mailbox.Store {
				e.State, e.Reason = store.Uncertain, "foredesk was interrupted while it did this, and the message was moved or deleted by somebody else since; it was left alone"
				break
			}
			e.State, e.Reason = store.Failed, "the message was moved or deleted by somebody else first; it was left alone"
		case mailbox.Refused:
			e.State = store.Failed
			w.Log.Warn("the mail server refused an action", "rule", s.Rule, "action", actionWord(s.Action), "step", s.ID, "folder", w.inLog(s.Item.Place.Folder), "reason", w.reasonInLog(*s, o.Reason))
		default:
			undecided = append(undecided, *s)
			continue
		}
		endings = append(endings, e)
	}
	return endings, undecided
}

// tell logs what became of new mail, and shows it to whoever watches.
func (w *work) tell(steps []store.Step, endings []store.Ending) {
	if !w.live {
		return
	}
	byID := make(map[int64]store.Ending, len(endings))
	for _, e := range endings {
		byID[e.StepID] = e
	}
	var event Event
	for _, s := range steps {
		e, ended := byID[s.ID]
		switch {
		case ended:
			s.State, s.Reason, s.At = e.State, e.Reason, e.At
		case s.State == store.Started:
			continue
		}
		w.Log.Info("handled", "rule", s.Rule, "action", actionWord(s.Action), "state", string(s.State), "folder", w.inLog(s.From.Folder), "uid", s.From.UID)
		if event.Item.ID != s.Item.ID && event.Item.ID != 0 {
			w.Observe(event)
			event = Event{}
		}
		event.Item = s.Item
		event.Steps = append(event.Steps, s)
	}
	if event.Item.ID != 0 {
		w.Observe(event)
	}
}

// oneAtATime lets nobody call a function beside another call of it.
func oneAtATime(observe func(Event)) func(Event) {
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if observe != nil {
			observe(e)
		}
	}
}
