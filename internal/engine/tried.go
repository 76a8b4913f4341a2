package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// isUnheard reports whether an earlier try at a step was sent to another program, which
// did not answer.
func isUnheard(s store.Step) bool {
	return s.Op.Kind == mailbox.Outside && strings.HasPrefix(s.Reason, mailbox.Unheard)
}

// mayBeDraft reports whether an earlier try at a step may have written a draft.
func mayBeDraft(s store.Step) bool {
	return s.Op.Kind == mailbox.Outside && s.Attempts > 0 && s.Undoes == 0 && (s.Op.Do == "draft" || s.Op.With["as"] == "draft")
}

// endBegun ends a step that was being done outside the folders when foredesk was stopped,
// and reports whether it has ended: nobody can know whether it reached somebody else,
// and it is not done again. What can be taken back is brought to its end by others
// first, and so is what is just being done.
func (w *work) endBegun(ctx context.Context, id int64) (ended bool, err error) {
	if !w.hands.take(id) {
		return false, nil
	}
	defer w.hands.drop(id)
	begun, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Started}})
	if err != nil || len(begun) == 0 {
		return err == nil, err
	}
	if w.inverse(begun[0]).State != store.Failed {
		return false, nil
	}
	e := store.Ending{StepID: id, State: store.Uncertain, Reason: "foredesk was stopped while it did this, so it may have been done; it was taken back before it was tried again"}
	return true, w.owner.Finish(ctx, w.now(), []store.Ending{e})
}

// endTried ends steps that wait to be tried again, and may have been done. A draft that
// lies among the drafts was written, and one that does not is withdrawn; where it can't be
// known, as there is no session to look with, the step is uncertain.
func (w *work) endTried(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		if err := w.endOneTried(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) endOneTried(ctx context.Context, id int64) error {
	if !w.hands.take(id) {
		return nil // it is just being done
	}
	defer w.hands.drop(id)
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned}})
	if err != nil || len(open) == 0 {
		return err
	}
	s := open[0]
	e := store.Ending{StepID: id, State: store.Uncertain, Reason: "taken back before it was tried again; " + s.Reason}
	if !isUnheard(s) && w.session != nil {
		if e, err = w.lookForDraft(ctx, s); err != nil {
			return err
		}
	}
	return w.owner.Finish(ctx, w.now(), []store.Ending{e})
}

// lookForDraft tells what became of a draft that an earlier try may have written.
func (w *work) lookForDraft(ctx context.Context, s store.Step) (store.Ending, error) {
	unknown := store.Ending{StepID: s.ID, State: store.Uncertain, Reason: "an earlier try may have written the draft, which can't be looked for, as its message is not there any more"}
	raw, err := w.raw(ctx, s)
	if errors.Is(err, mailbox.ErrTooLarge) {
		return failed(s, Withdrawn), nil // of that nothing was written
	}
	if err != nil || raw == nil {
		return unknown, err
	}
	_, id, err := w.Outside.Draft(ctx, w.errandOf(s, raw))
	if err != nil {
		return failed(s, Withdrawn), nil // as before
	}
	e := failed(s, Withdrawn)
	err = w.session.Scan(ctx, mailbox.Drafts, mailbox.Query{MessageID: id, Needs: &rules.Needs{}}, func(_ context.Context, b mailbox.Batch) error {
		for _, m := range b.Messages {
			if m.ByUs {
				e = store.Ending{StepID: s.ID, State: store.Done, At: m.Ref, Reason: draftReason + id}
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, mailbox.ErrNoFolder) {
		return e, onServer(fmt.Errorf("looking for a draft: %w", err))
	}
	return e, nil
}
