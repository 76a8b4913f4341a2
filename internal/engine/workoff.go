package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// atOnce is how many steps are performed together at most. Each command costs a
// server a look at the whole folder, so they are few and long; and this many
// steps fit into a few megabytes.
const atOnce = 8000

// opOrder is the order of the changes to one message: flags while its place is
// known for certain, then copies, then the move.
var opOrder = []mailbox.OpKind{"", mailbox.Store, mailbox.Copy, mailbox.Remove, mailbox.Move}

// Settle takes up what an earlier process, or a broken connection, left
// unfinished. It asks nothing of the mail server if there is nothing.
func (a *Account) Settle(ctx context.Context) error {
	left, err := a.Journal.Unfinished(ctx, a.Name, time.Now(), 1)
	if err != nil || len(left) == 0 {
		return err
	}
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	a.Log.Info("taking up unfinished work")
	w := &work{Account: a, session: session, set: a.rules.Load(), run: a.run}
	return w.workOff(ctx, func(int64) {})
}

// workOff performs all that the journal has open for the account. The journal is
// the queue: equal changes are taken out of it together, whichever messages they
// are of. Steps that had been started are looked for on the server first.
func (w *work) workOff(ctx context.Context, progress func(done int64)) error {
	ops, err := w.Journal.OpenOps(ctx, w.Name, time.Now())
	if err != nil {
		return err
	}
	slices.SortStableFunc(ops, func(a, b mailbox.Op) int {
		return cmp.Compare(slices.Index(opOrder, a.Kind), slices.Index(opOrder, b.Kind))
	})
	var done int64
	work := func(op mailbox.Op, states ...store.State) error {
		for {
			n, err := w.workOffSome(ctx, op, states)
			if err != nil || n == 0 {
				return err
			}
			done += int64(n)
			progress(done)
		}
	}
	// A move that may have been made already comes first: where it took the
	// message is where the flags of the same plan are looked for.
	for _, op := range ops {
		if op.Kind == mailbox.Move {
			if err := work(op, store.Started); err != nil {
				return err
			}
		}
	}
	for _, op := range ops {
		if err := work(op, store.Planned, store.Started); err != nil {
			return err
		}
	}
	return nil
}

// workOffSome performs up to atOnce steps that make one change.
func (w *work) workOffSome(ctx context.Context, op mailbox.Op, states []store.State) (int, error) {
	w.acting.Lock()
	defer w.acting.Unlock()
	open := store.Filter{Account: w.Name, States: states, Due: time.Now(), Op: &op, Limit: atOnce, NoFacts: true}
	steps, err := w.Journal.Steps(ctx, open)
	if err != nil || len(steps) == 0 {
		return 0, err
	}
	undecided, err := w.performing(ctx, steps, func(s store.Step) bool { return s.State == store.Started })
	if err != nil {
		return 0, err
	}
	return len(steps), w.giveUp(ctx, undecided)
}

// giveUp keeps workOff from turning in a circle: a step that can't be decided
// even now is uncertain, and a person is told.
func (w *work) giveUp(ctx context.Context, undecided []store.Step) error {
	if len(undecided) == 0 {
		return nil
	}
	endings := make([]store.Ending, len(undecided))
	for i, s := range undecided {
		endings[i] = store.Ending{StepID: s.ID, State: store.Uncertain, Reason: "it can't be told whether this was done; look at the message and decide"}
		w.Log.Error("a step is uncertain: a person must look", "step", s.ID, "rule", s.Rule, "action", actionWord(s.Action))
	}
	return w.owner.Finish(ctx, time.Now(), endings)
}
