package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/plant"
	"github.com/foredesk/foredesk/internal/store"
)

// atOnce is how many steps are performed together at most. Each command costs a
// server a look at the whole folder, so they are few and long; and this many
// steps fit into a few megabytes.
const atOnce = 3500

// opOrder is the order of the changes to one message: flags while its place is
// known for certain, then copies, then the move.
var opOrder = []mailbox.OpKind{"", mailbox.Store, mailbox.Copy, mailbox.Remove, mailbox.Move}

// Settle takes up what an earlier process, or a broken connection, left
// unfinished. It asks nothing of the mail server if there is nothing.
func (a *Account) Settle(ctx context.Context) error {
	ops, err := a.Journal.OpenOps(ctx, a.Name, a.now())
	if err != nil || len(ops) == 0 {
		return err
	}
	if slices.ContainsFunc(ops, func(op mailbox.Op) bool { return op.Do == takingBack }) {
		if err := a.takeBackDecided(ctx); err != nil {
			return err
		}
	}
	if a.besides && !slices.ContainsFunc(ops, isInside) {
		a.runErrands()
		a.runEvents()
		return nil
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
// are of. Steps that had been started are looked for on the server first; moves
// before all else, as where they took a message is where its flags are to be
// looked for.
func (w *work) workOff(ctx context.Context, progress func(done int64)) error {
	var done int64
	count := func(n int) {
		done += int64(n)
		progress(done)
	}
	isMove := func(op mailbox.Op) bool { return op.Kind == mailbox.Move }
	if err := w.pipeline(ctx, count, isMove, store.Started); err != nil {
		return err
	}
	if err := w.pipeline(ctx, count, isInside, store.Planned, store.Started); err != nil {
		return err
	}
	if w.besides {
		w.runErrands() // what a person waits for is done here, see undo
		w.runEvents()
		return nil
	}
	if err := w.eventsAlone(ctx, count); err != nil && !isCalendar(err) {
		return err
	}
	return w.errands(ctx, 0, count)
}

// isInside reports whether a change is one to the folders of the mailbox.
func isInside(op mailbox.Op) bool { return op.Kind != mailbox.Outside && op.Kind != mailbox.Event }

// pipeline performs open steps group by group. While the server works on one, the
// journal is busy with those before and after.
func (w *work) pipeline(ctx context.Context, count func(int), wanted func(mailbox.Op) bool, states ...store.State) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	groups, results := make(chan group), make(chan acted)
	var journal sync.WaitGroup
	journal.Go(func() {
		defer close(groups)
		if err := w.takeOut(ctx, groups, wanted, states); err != nil {
			cancel(err)
		}
	})
	journal.Go(func() {
		for a := range results {
			if err := w.writeDown(ctx, a); err != nil {
				cancel(err)
			}
			count(len(a.endings))
		}
	})
	w.actOn(ctx, groups, results, cancel)
	close(results)
	journal.Wait()
	return context.Cause(ctx)
}

// actOn performs groups on as many connections as there are, which a server with
// several processors works on side by side. Groups of one kind may run beside each
// other; the next kind waits for them, as a message's flags come before its move.
func (w *work) actOn(ctx context.Context, groups <-chan group, results chan<- acted, cancel context.CancelCauseFunc) {
	free := make(chan *work, 2)
	free <- w
	if w.second != nil {
		beside := *w
		beside.session = w.second
		free <- &beside
	}
	var busy sync.WaitGroup
	defer busy.Wait()
	var kind mailbox.OpKind
	for by := range free {
		g, more := <-groups
		if !more {
			return
		}
		if ctx.Err() != nil {
			free <- by
			continue // what was marked as started is looked for another time
		}
		if k := g.steps[0].Op.Kind; k != kind {
			busy.Wait()
			kind = k
		}
		busy.Go(func() {
			a := by.act(ctx, g.steps, g.doubt)
			if a.trouble != nil {
				cancel(a.trouble)
			}
			a.steps = nil // the next group needs the room
			results <- a
			free <- by
		})
	}
}

// group are steps that make the same change; doubt are those that may have been
// made before.
type group struct {
	steps []store.Step
	doubt map[int64]bool
}

// takeOut hands the open steps on, group by group. Of each kind the commonest
// change comes first: what a MOVE costs a server grows with what lies in the
// folder, and it should soon be less.
func (w *work) takeOut(ctx context.Context, groups chan<- group, wanted func(mailbox.Op) bool, states []store.State) error {
	ops, err := w.Journal.OpenOps(ctx, w.Name, w.now())
	if err != nil {
		return err
	}
	slices.SortStableFunc(ops, func(a, b mailbox.Op) int {
		return cmp.Compare(slices.Index(opOrder, a.Kind), slices.Index(opOrder, b.Kind))
	})
	for _, op := range ops {
		if !wanted(op) {
			continue
		}
		if err := w.takeOutOp(ctx, groups, op, states); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) takeOutOp(ctx context.Context, groups chan<- group, op mailbox.Op, states []store.State) error {
	open := store.Filter{Account: w.Name, States: states, Due: w.now(), Op: &op, Limit: atOnce, Bare: true}
	for {
		g, err := w.begin(ctx, open)
		if err != nil || len(g.steps) == 0 {
			return err
		}
		open.AfterID = g.steps[len(g.steps)-1].ID
		select {
		case groups <- g:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin reads open steps and marks them as started. Meanwhile no new mail is
// worked on: its steps are started, and not to be taken for left ones.
func (w *work) begin(ctx context.Context, open store.Filter) (g group, err error) {
	w.acting.Lock()
	defer w.acting.Unlock()
	for err = store.ErrNotPlanned; errors.Is(err, store.ErrNotPlanned); { // something was taken back meanwhile
		if g.steps, err = w.Journal.Steps(ctx, open); err == nil {
			err = w.start(ctx, g.steps)
		}
	}
	g.doubt = map[int64]bool{}
	for _, s := range g.steps {
		if maybeDone(s) {
			g.doubt[s.ID] = true
		}
	}
	return g, err
}

// maybeDone reports whether an earlier attempt at a step may have reached the server,
// so that it is looked for there before anything is done.
func maybeDone(s store.Step) bool { return s.State == store.Started && !plant.NoLook }
