package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// takeRequests does what other processes asked for while this one owns the
// account.
func (a *Account) takeRequests(ctx context.Context) error {
	for {
		r, ok, err := a.owner.TakeRequest(ctx, a.now())
		if err != nil || !ok {
			return err
		}
		if err := a.fulfil(ctx, r); err != nil {
			return err
		}
	}
}

// fulfil does one request. That it failed is written down with the run, for
// whoever asked; the account goes on.
func (a *Account) fulfil(ctx context.Context, r store.Run) error {
	a.Log.Info("doing what was asked for", "run", r.ID, "kind", string(r.Kind))
	var back UndoArgs
	var err error
	switch r.Kind {
	case store.KindUndo:
		if err = json.Unmarshal(r.Args, &back); err == nil {
			err = a.settleBut(ctx, back)
		}
	case store.KindAnswer: // counts, whatever can't be taken up at present
	default:
		err = a.Settle(ctx)
	}
	if err != nil {
		return a.endRun(ctx, r.ID, "", err)
	}
	switch r.Kind {
	case store.KindUndo:
		err = a.undo(ctx, r.ID, back, nil)
	case store.KindAnswer:
		var args AnswerArgs
		if err = json.Unmarshal(r.Args, &args); err == nil {
			err = a.answer(ctx, r.ID, args)
		}
	case store.KindAgenda:
		var args AgendaArgs
		if err = json.Unmarshal(r.Args, &args); err == nil {
			err = a.endRun(ctx, r.ID, "", a.sendAgenda(ctx, r.ID, args))
		}
	case store.KindApply:
		err = a.applyFor(ctx, r)
	}
	if err != nil && ctx.Err() == nil {
		a.Log.Error("what was asked for could not be done", "run", r.ID, "kind", string(r.Kind), "error", err)
	}
	if errors.Is(err, store.ErrLostOwnership) {
		return err
	}
	return nil
}

// applyFor does an apply by the rules that it was asked by.
func (a *Account) applyFor(ctx context.Context, r store.Run) error {
	var args ApplyArgs
	err := json.Unmarshal(r.Args, &args)
	var set *rules.Set
	if err == nil {
		set, err = a.rulesOf(ctx, r)
	}
	if err != nil {
		return a.endRun(ctx, r.ID, "", err)
	}
	return a.apply(ctx, r.ID, set, args, nil)
}

// rulesPatience is how long an apply waits for the rules that it was asked by: a file that
// has just been saved is read once it is still.
const rulesPatience = 5 * time.Second

var errOtherRules = errors.New("it follows other rules than those of this apply, so nothing was done: see in its log whether it took the file, send it SIGHUP, and call apply again")

// rulesOf waits for the rules that an apply was asked by: whoever asked has read them from
// the file, and they may not be at work yet.
func (a *Account) rulesOf(ctx context.Context, r store.Run) (*rules.Set, error) {
	set := a.rules.Load()
	if set.Hash == r.RulesHash {
		return set, nil
	}
	a.Log.Info("an apply waits for the rules that it was asked by", "run", r.ID)
	late := time.After(rulesPatience)
	look := time.NewTicker(rulesPatience / 100)
	defer look.Stop()
	for ; set.Hash != r.RulesHash; set = a.rules.Load() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			return nil, errOtherRules
		case <-look.C:
		}
	}
	return set, nil
}
