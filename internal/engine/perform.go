package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// perform does steps and writes down how each ended. Steps that are Planned are
// marked as started first; those that are Started already were marked with their
// plan, or by a process that has died: with doubt the server is looked at before
// they are tried.
func (w *work) perform(ctx context.Context, steps []store.Step) error {
	_, err := w.performing(ctx, steps, func(store.Step) bool { return false })
	return err
}

// performing is perform, and returns the steps of which the server's answers
// don't tell whether they were done.
func (w *work) performing(ctx context.Context, steps []store.Step, doubt func(store.Step) bool) (undecided []store.Step, err error) {
	if len(steps) == 0 {
		return nil, nil
	}
	if err := w.start(ctx, steps); err != nil {
		return nil, err
	}
	changes, endings := w.changes(steps, doubt)
	outcomes, trouble := []mailbox.Outcome(nil), error(nil)
	if len(changes) > 0 {
		outcomes, trouble = w.session.Perform(ctx, changes)
	}
	// What the server has confirmed is written down even when we are told to
	// stop, so that nothing is in doubt that need not be.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*time.Second)
	defer cancel()
	ended, undecided := w.endings(steps, outcomes)
	endings = append(endings, ended...)
	if err := w.owner.Finish(keep, time.Now(), endings); err != nil {
		return nil, err
	}
	w.tell(steps, endings)
	if trouble != nil {
		return nil, onServer(fmt.Errorf("acting on %d messages: %w", len(changes), trouble))
	}
	return undecided, nil
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
// there, such as a line for the agenda, are done by being written down.
func (w *work) changes(steps []store.Step, doubt func(store.Step) bool) (changes []mailbox.Change, endings []store.Ending) {
	for _, s := range steps {
		if s.State == store.Failed && s.Rule == Unreadable {
			continue
		}
		if s.Op.Kind == "" {
			endings = append(endings, store.Ending{StepID: s.ID, State: store.Done})
			continue
		}
		ref := s.Item.Place
		if s.Op.Kind == mailbox.Remove {
			ref = s.From // a copy lies where it was put, not where the message lies
		}
		changes = append(changes, mailbox.Change{ID: s.ID, Ref: ref, Key: s.Item.Key, MessageID: s.Item.MessageID, Op: s.Op, Read: s.Undoes == 0 && ref == s.From, Doubt: doubt(s)})
	}
	return changes, endings
}

// endings turns outcomes into the ends of steps. A step without an outcome, or
// whose outcome is Unknown, stays started and is looked at again later.
func (w *work) endings(steps []store.Step, outcomes []mailbox.Outcome) (endings []store.Ending, undecided []store.Step) {
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
			e.State, e.Reason = store.Failed, "the message was moved or deleted by somebody else first; it was left alone"
		case mailbox.Refused:
			e.State = store.Failed
			w.Log.Warn("the mail server refused an action", "rule", s.Rule, "action", actionWord(s.Action), "folder", s.Item.Place.Folder, "reason", o.Reason)
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
		case s.Rule != Unreadable:
			continue
		}
		w.Log.Info("handled", "rule", s.Rule, "action", actionWord(s.Action), "state", string(s.State), "folder", s.From.Folder, "uid", s.From.UID)
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
