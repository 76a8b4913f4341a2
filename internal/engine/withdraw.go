package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// What still waits for its time, or for a person, and is taken back before that.

// Withdrawn is the reason of a step that waited, and was taken back before its turn
// came.
const Withdrawn = store.TakenBackFirst

// withdraw ends steps that wait for their time, or for a person, before they were
// done: a mail that is taken out of snooze does not come back a second time. What may
// be on the calendar already is looked for there, so that it can be taken back, and what
// was being sent when foredesk was stopped is not sent again. A CalendarError names what
// could not be looked for, and a busyError what is just being done outside the folders;
// all else is withdrawn.
func (w *work) withdraw(ctx context.Context, o open) error {
	var left error
	for _, id := range o.begun {
		if ended, err := w.endBegun(ctx, id); err != nil {
			return err
		} else if !ended {
			left = errors.Join(left, onServer(&busyError{id}))
		}
	}
	for _, id := range o.doubtful {
		err := w.endDoubtfulEvent(ctx, id)
		if isCalendar(err) {
			left = errors.Join(left, fmt.Errorf("step %d may be on the calendar already, which can't be asked at present, so it was not taken back; undo it again later: %w", id, err))
		} else if err != nil {
			return err
		}
	}
	if err := w.endWaiting(ctx, o); err != nil {
		return err
	}
	return left
}

// endWaiting ends what waits, for its turn or to be tried again. Without a session nothing
// is looked for.
func (w *work) endWaiting(ctx context.Context, o open) error {
	if err := w.endTried(ctx, o.tried); err != nil {
		return err
	}
	return w.owner.Withdraw(ctx, w.now(), o.waiting)
}

// busyError says that a step is being done outside the folders, and passes.
type busyError struct{ step int64 }

func (e *busyError) Error() string {
	return fmt.Sprintf("step %d is being sent or done at this moment, so it was not taken back; undo it again in a moment", e.step)
}

func isBusy(err error) bool {
	var busy *busyError
	return errors.As(err, &busy)
}

// open are steps that are not done yet.
type open struct {
	waiting  []int64
	doubtful []int64 // that an earlier try may have put on the calendar, or that were begun there
	tried    []int64 // that an earlier try may have done outside the folders
	begun    []int64 // that are being done there, or were when foredesk was stopped
}

// waiting are the open steps that args mean.
func (w *work) waiting(ctx context.Context, args UndoArgs) (o open, err error) {
	f := args.filter(w.Name)
	f.States, f.Ended = []store.State{store.Planned, store.Parked, store.Started}, time.Time{}
	if o.waiting, err = w.comingBack(ctx, args.Step); err != nil {
		return o, err
	}
	meant, err := w.itemsOf(ctx, args)
	if err != nil {
		return o, err
	}
	err = w.Journal.EachStep(ctx, f, func(s store.Step) error {
		begun := s.State == store.Started
		switch {
		case args.leaves(s), !args.Ended.IsZero() && !meant[s.Item.ID]:
		case begun && s.Op.Kind == mailbox.Outside && !isLetter(s.Op) && s.Op.Do != takingBack:
			o.begun = append(o.begun, s.ID)
		case begun && s.Op.Kind != mailbox.Event:
		case s.Op.Kind == mailbox.Event && inDoubt(s):
			o.doubtful = append(o.doubtful, s.ID)
		case s.State == store.Planned && (isUnheard(s) || mayBeDraft(s) && w.Outside != nil):
			o.tried = append(o.tried, s.ID)
		default:
			o.waiting = append(o.waiting, s.ID)
		}
		return nil
	})
	return o, err
}

// itemsOf are the items of what was done in the span of a letter. With that, what still
// waits on them goes too, such as the return from a snooze; what waits on others has
// not been told of. What has been taken back is looked at again, as it may be this very
// undo that began with it.
func (w *work) itemsOf(ctx context.Context, args UndoArgs) (map[int64]bool, error) {
	if args.Ended.IsZero() {
		return nil, nil
	}
	f, items := args.filter(w.Name), map[int64]bool{}
	f.States = append(f.States, store.Undone)
	return items, w.Journal.EachStep(ctx, f, func(s store.Step) error {
		items[s.Item.ID] = items[s.Item.ID] || s.Ended.Before(args.Until) && !isReturn(s)
		return nil
	})
}

// isReturn reports whether a step ended a snooze.
func isReturn(s store.Step) bool { return strings.HasPrefix(s.Action, "snooze ") }

// comingBack are the steps that wait to end a snooze of which the beginning alone is
// taken back: what comes out of snooze by hand has no return to wait for.
func (w *work) comingBack(ctx context.Context, step int64) (waiting []int64, err error) {
	if step == 0 {
		return nil, nil
	}
	begun, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: step, States: []store.State{store.Done}})
	if err != nil || len(begun) == 0 || begun[0].Action != "snooze" {
		return nil, err
	}
	rest, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{begun[0].Item.ID}, Rule: begun[0].Rule, States: []store.State{store.Planned}})
	for _, s := range rest {
		if isReturn(s) {
			waiting = append(waiting, s.ID)
		}
	}
	return waiting, err
}
