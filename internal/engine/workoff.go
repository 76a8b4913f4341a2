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
// looked for. Of several moves of one message each begins where the one before
// ended.
func (w *work) workOff(ctx context.Context, progress func(done int64)) error {
	var done int64
	count := func(n int) {
		done += int64(n)
		progress(done)
	}
	isMove := func(op mailbox.Op) bool { return op.Kind == mailbox.Move }
	if _, err := w.pipeline(ctx, count, isMove, store.Started); err != nil {
		return err
	}
	left, err := w.pipeline(ctx, count, isInside, store.Planned, store.Started)
	for before := left + 1; err == nil && left > 0 && left < before; {
		before = left
		left, err = w.pipeline(ctx, count, isMove, store.Planned, store.Started)
	}
	if err != nil {
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
// journal is busy with those before and after. It returns how many moves are left for
// another time, as another of the same message was performed.
func (w *work) pipeline(ctx context.Context, count func(int), wanted func(mailbox.Op) bool, states ...store.State) (left int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	groups, results := make(chan group), make(chan acted)
	out := taking{work: w, groups: groups, states: states, moving: map[int64]int64{}}
	var journal sync.WaitGroup
	journal.Go(func() {
		defer close(groups)
		if err := out.all(ctx, wanted); err != nil {
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
	return out.left, context.Cause(ctx)
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

// taking takes open steps out of the journal, group by group.
type taking struct {
	*work
	groups chan<- group
	states []store.State
	moving map[int64]int64 // the moves that were taken out, by their items
	left   int             // further moves of those items
}

// all takes out what is wanted. Of each kind the commonest change comes first: what a
// MOVE costs a server grows with what lies in the folder, and it should soon be less.
func (t *taking) all(ctx context.Context, wanted func(mailbox.Op) bool) error {
	ops, err := t.Journal.OpenOps(ctx, t.Name, t.now())
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
		if err := t.allOf(ctx, op); err != nil {
			return err
		}
	}
	return nil
}

// allOf takes out the steps that make one change.
func (t *taking) allOf(ctx context.Context, op mailbox.Op) error {
	open := store.Filter{Account: t.Name, States: t.states, Due: t.now(), Op: &op, Limit: atOnce, Bare: true}
	for {
		g, last, err := t.begin(ctx, open)
		if err != nil || last == 0 {
			return err
		}
		open.AfterID = last
		if len(g.steps) == 0 {
			continue
		}
		select {
		case t.groups <- g:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin reads open steps and marks them as started; last is the number of the last one
// read, 0 if there was none. Meanwhile no new mail is worked on: its steps are started,
// and not to be taken for left ones.
func (t *taking) begin(ctx context.Context, which store.Filter) (g group, last int64, err error) {
	t.acting.Lock()
	defer t.acting.Unlock()
	var open int
	for err = store.ErrNotPlanned; errors.Is(err, store.ErrNotPlanned); { // something was taken back meanwhile
		if g.steps, err = t.Journal.Steps(ctx, which); err != nil || len(g.steps) == 0 {
			return g, 0, err
		}
		open, last = len(g.steps), g.steps[len(g.steps)-1].ID
		if g.steps, err = t.firsts(ctx, g.steps); err == nil {
			err = t.start(ctx, g.steps)
		}
	}
	t.left += open - len(g.steps)
	g.doubt = map[int64]bool{}
	for _, s := range g.steps {
		if maybeDone(s) {
			g.doubt[s.ID] = true
		}
	}
	return g, last, err
}

// firsts leaves moves out that have to wait for another move of the same message.
func (t *taking) firsts(ctx context.Context, steps []store.Step) ([]store.Step, error) {
	earliest, err := t.earliest(ctx, steps)
	return slices.DeleteFunc(steps, func(s store.Step) bool {
		first := earliest[s.Item.ID]
		return s.Op.Kind == mailbox.Move && (first != 0 && first != s.ID || t.isSecond(s))
	}), err
}

// earliest are the moves that were planned first of those that are due, of messages with
// one that waited for its time: what is to bring a message back comes after what is to
// take it away, however late that is.
func (t *taking) earliest(ctx context.Context, steps []store.Step) (byItem map[int64]int64, err error) {
	byItem = map[int64]int64{}
	var items []int64
	for _, s := range steps {
		if s.Op.Kind == mailbox.Move && s.Op.Unmoved {
			items = append(items, s.Item.ID)
		}
	}
	for some := range slices.Chunk(items, lookupAtOnce) {
		due, err := t.Journal.Steps(ctx, store.Filter{Account: t.Name, ItemIDs: some, States: t.states, Due: t.now(), Bare: true})
		if err != nil {
			return nil, err
		}
		for _, s := range due {
			if first := byItem[s.Item.ID]; s.Op.Kind == mailbox.Move && (first == 0 || s.ID < first) {
				byItem[s.Item.ID] = s.ID
			}
		}
	}
	return byItem, nil
}

// isSecond reports whether another move of the same message was taken out just now: it
// lies elsewhere once that is done.
func (t *taking) isSecond(s store.Step) bool {
	first, is := t.moving[s.Item.ID]
	if !is {
		t.moving[s.Item.ID] = s.ID
	}
	return is && first != s.ID
}

// maybeDone reports whether an earlier attempt at a step may have reached the server,
// so that it is looked for there before anything is done.
func maybeDone(s store.Step) bool { return s.State == store.Started && !plant.NoLook }
