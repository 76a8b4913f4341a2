package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// UndoArgs say what is to be taken back; what is zero does not narrow it down.
type UndoArgs struct {
	Step      int64     `json:"step,omitempty"`
	Item      int64     `json:"item,omitempty"`
	Run       int64     `json:"run,omitempty"`
	Rule      string    `json:"rule,omitempty"`
	MessageID string    `json:"message,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	Until     time.Time `json:"until,omitzero"` // what was planned later stays
	// Ended is for what a letter tells of: what was done then or later, and before
	// Until, whenever it was planned.
	Ended time.Time `json:"ended,omitzero"`
}

// leaves reports whether a step stays as it is that the filter has picked.
func (u UndoArgs) leaves(s store.Step) bool {
	switch {
	case u.Until.IsZero():
		return false
	case u.Ended.IsZero() || s.State != store.Done:
		return s.Planned.After(u.Until)
	}
	return !s.Ended.Before(u.Until) || isReturn(s) // letters don't count a return
}

func (u UndoArgs) filter(account string) store.Filter {
	var items []int64
	if u.Item != 0 {
		items = []int64{u.Item}
	}
	return store.Filter{
		Account: account, ItemIDs: items, StepID: u.Step, RunID: u.Run, Rule: u.Rule, MessageID: u.MessageID, Since: u.Since, Ended: u.Ended,
		States: []store.State{store.Done}, NotUndo: true, Newest: true,
	}
}

// Undo takes steps back, the newest first, and returns the number of its run.
// What has been taken back before stays so; what a person has moved on since is
// left alone, and the journal says why. What still waits is withdrawn before anything
// else is done, lest it be sent first.
func (a *Account) Undo(ctx context.Context, args UndoArgs, progress func(done, total int64)) (run int64, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	run, err = a.resume(ctx, store.Run{Kind: store.KindUndo, Args: text, RulesHash: a.rules.Load().Hash, Started: a.now()})
	if err != nil {
		return 0, err
	}
	if err := a.settleBut(ctx, args); err != nil {
		return run, a.endRun(ctx, run, "", err)
	}
	return run, a.undo(ctx, run, args, progress)
}

// settleBut takes up what was left unfinished, but for what is to be taken back. What can't
// be looked for on the calendar at present is not done meanwhile.
func (a *Account) settleBut(ctx context.Context, args UndoArgs) error {
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	if err := w.setAside(ctx, args.Step); err != nil {
		return err
	}
	o, err := w.waiting(ctx, args)
	if err != nil {
		return err
	}
	if len(o.tried)+len(o.doubtful) > 0 {
		if w.session, err = a.open(ctx); err != nil {
			return err
		}
		defer w.session.Close()
	}
	if err := w.withdraw(ctx, o); err != nil && !isCalendar(err) && !isBusy(err) {
		return err
	}
	for _, id := range o.doubtful {
		if w.hands.take(id) {
			defer w.hands.drop(id)
		}
	}
	return a.Settle(ctx)
}

func (a *Account) undo(ctx context.Context, run int64, args UndoArgs, progress func(done, total int64)) (err error) {
	defer func() { err = a.endRun(ctx, run, "", err) }()
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	w := &work{Account: a, session: session, set: a.rules.Load(), run: run}
	o, err := w.waiting(ctx, args)
	if err != nil {
		return err
	}
	left := w.withdraw(ctx, o)
	if left != nil && !isCalendar(left) && !isBusy(left) {
		return left
	}
	var done int64
	tried := map[int64]bool{}
	for more := true; more; {
		var planned int64
		if planned, more, err = w.planBack(ctx, args, tried); err != nil {
			return err
		}
		more = more && planned > 0
		err := w.workOff(ctx, func(n int64) {
			if progress != nil {
				progress(done+n, done+planned)
			}
		})
		if err == nil && w.besides {
			err = errors.Join(w.events(ctx, run, func(int) {}), w.errands(ctx, run, func(int) {}))
		}
		if err != nil {
			return err
		}
		done += planned
	}
	return errors.Join(a.owner.Progress(ctx, run, done, done), left)
}

// setAside closes an uncertain step: a person has looked, and wants no more of it. At
// what becomes uncertain only as it is taken back nobody has looked.
func (w *work) setAside(ctx context.Context, step int64) error {
	if step == 0 {
		return nil
	}
	uncertain, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: step, States: []store.State{store.Uncertain}})
	if err != nil || len(uncertain) == 0 {
		return err
	}
	return w.owner.Finish(ctx, w.now(), []store.Ending{{StepID: step, State: store.Failed, Reason: store.SetAside}})
}

// planBack plans the inverse of every step that args mean, the newest first, and
// returns how many. Of several moves of one message only the last is planned;
// then there is more to do once that one has been taken back. Moves are planned
// once only: tried remembers them, as one that could not be taken back is still
// among the steps that args mean.
func (w *work) planBack(ctx context.Context, args UndoArgs, tried map[int64]bool) (planned int64, more bool, err error) {
	moved := map[int64]bool{} // items
	var page []store.Step
	flush := func() error {
		n, err := w.takeBack(ctx, page)
		planned, page = planned+int64(n), page[:0]
		return err
	}
	err = w.Journal.EachStep(ctx, args.filter(w.Name), func(s store.Step) error {
		if args.leaves(s) {
			return nil
		}
		if s.Op.Kind == mailbox.Move {
			if tried[s.ID] {
				return nil
			}
			if moved[s.Item.ID] {
				more = true
				return nil
			}
			moved[s.Item.ID], tried[s.ID] = true, true
		}
		if page = append(page, s); len(page) < planAtOnce {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return planned, more, err
}

// takeBack plans the inverse of each step and returns how many are to be
// performed.
func (w *work) takeBack(ctx context.Context, steps []store.Step) (int, error) {
	places, err := w.placesOf(ctx, steps)
	if err != nil {
		return 0, err
	}
	p := store.Plan{RunID: w.run, Planned: w.now()}
	for i := range steps {
		s := &steps[i]
		s.Item.Place = places[s.Item.ID]
		item := s.Item
		item.Place = mailbox.Ref{} // where it lies is not news
		p.Items = append(p.Items, store.NewItem{Item: item, Steps: []store.Step{w.inverse(*s)}})
	}
	fresh, err := w.owner.Commit(ctx, p)
	if err != nil {
		return 0, err
	}
	again, err := w.triedBefore(ctx, steps, fresh)
	if err != nil {
		return 0, err
	}
	ready := len(again)
	for _, s := range fresh {
		if s.State == store.Planned {
			ready++
		}
	}
	return ready, nil
}

// placesOf tells where the items of steps lie now. They may have been moved since
// the steps were read, not least by taking back a later step.
func (w *work) placesOf(ctx context.Context, steps []store.Step) (map[int64]mailbox.Ref, error) {
	keys := make([]string, len(steps))
	for i, s := range steps {
		keys[i] = s.Item.Key
	}
	known, err := w.Journal.Lookup(ctx, w.Name, slices.Compact(slices.Sorted(slices.Values(keys))))
	if err != nil {
		return nil, err
	}
	places := make(map[int64]mailbox.Ref, len(steps))
	for _, items := range known {
		for _, it := range items {
			places[it.ID] = it.Place
		}
	}
	return places, nil
}

// triedBefore finds undo steps that failed earlier, and plans them again.
func (w *work) triedBefore(ctx context.Context, steps, fresh []store.Step) ([]store.Step, error) {
	if len(fresh) == len(steps) {
		return nil, nil
	}
	wanted := map[int64]bool{}
	var items []int64
	for _, s := range steps {
		wanted[s.ID] = w.inverse(s).State != store.Failed
		items = append(items, s.Item.ID)
	}
	var again []store.Step
	var endings []store.Ending
	for part := range slices.Chunk(items, lookupAtOnce) {
		failed, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: part, States: []store.State{store.Failed}})
		if err != nil {
			return nil, err
		}
		for _, s := range failed {
			if s.Undoes != 0 && wanted[s.Undoes] {
				s.State = store.Planned
				again = append(again, s)
				endings = append(endings, store.Ending{StepID: s.ID, State: store.Planned})
			}
		}
	}
	if again == nil {
		return nil, nil
	}
	return again, w.owner.Finish(ctx, w.now(), endings)
}

// inverse is the step that takes s back. Where it can't be, it says why and is
// failed from the start.
func (w *work) inverse(s store.Step) store.Step {
	back := store.Step{Rule: s.Rule, RulesHash: s.RulesHash, Action: s.Action, Arg: s.Arg, Undoes: s.ID, From: s.Item.Place}
	switch s.Op.Kind {
	case mailbox.Move, mailbox.Store:
		if isReturn(s) {
			back.State, back.Reason = store.Failed, "it has come back by itself; there is nothing to take back"
			return back
		}
	}
	switch s.Op.Kind {
	case mailbox.Move:
		back.Op = mailbox.Op{Kind: mailbox.Move, To: s.From.Folder}
		if s.Item.Place.Folder != s.At.Folder {
			back.State = store.Failed
			back.Reason = fmt.Sprintf("the message has been moved on to %q since", s.Item.Place.Folder)
		}
	case mailbox.Copy:
		back.Op, back.From = mailbox.Op{Kind: mailbox.Remove}, s.At
	case mailbox.Store:
		back.Op = mailbox.Op{Kind: mailbox.Store, Add: s.Op.Del, Del: s.Op.Add}
	case mailbox.Remove:
		back.State, back.Reason = store.Failed, "what was deleted for good can't be brought back"
	case mailbox.Outside:
		inverseOutside(s, &back)
	case mailbox.Event:
		inverseEvent(s, &back)
	}
	return back
}

// inverseOutside takes back what happened outside the folders, where that can be
// done: what was sent has been read by now.
func inverseOutside(s store.Step, back *store.Step) {
	op := mailbox.Op{Kind: mailbox.Outside, Arg: s.Op.Arg, With: map[string]string{}}
	switch do := s.Op.Do; {
	case do == "draft" || do == "forward" && s.Op.With["as"] == "draft":
		op.Do, op.Arg = "undraft", s.At.Folder
		op.With["id"], op.With["uid"] = strings.TrimPrefix(s.Reason, draftReason), fmt.Sprint(s.At.UIDValidity, "/", s.At.UID)
	case do == "save":
		op.Do, op.With["saved"] = "unsave", s.At.Folder
	case do == "extract":
		op.Do, op.With["key"] = "unextract", errandKey(s.Item.Account, s)
	case do == "mute":
		op.Do, op.With = "unmute", s.Op.With
	case do == takingBack:
		back.State, back.Reason = store.Failed, "what a person has had taken back is not done again"
		return
	default:
		back.State, back.Reason = store.Failed, "this reached somebody else and can't be taken back"
		return
	}
	back.Op = op
}
