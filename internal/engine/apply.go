package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// ApplyArgs say which mail that is already there the rules go over.
type ApplyArgs struct {
	Folders []string  `json:"folders"`
	Since   time.Time `json:"since,omitzero"` // received then or later
	Rule    string    `json:"rule,omitempty"` // only this rule acts
}

// actAt is how many steps apply plans before it acts: few enough to hold, many
// enough that each command moves hundreds of messages.
const actAt = 2500

// Apply runs the rules over mail that is already there. A run with the same
// arguments that was interrupted is gone on with. It returns the run's number,
// by which it can be undone; progress, if set, hears how far it has come.
func (a *Account) Apply(ctx context.Context, args ApplyArgs, progress func(done, total int64)) (run int64, err error) {
	if err := a.Settle(ctx); err != nil {
		return 0, err
	}
	set := a.rules.Load()
	text, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	run, err = a.resume(ctx, store.Run{Kind: store.KindApply, Args: text, RulesHash: set.Hash, Started: time.Now()})
	if err != nil {
		return 0, err
	}
	return run, a.apply(ctx, run, args, progress)
}

// resume takes up an interrupted run of the same kind and arguments, or begins
// one.
func (a *Account) resume(ctx context.Context, r store.Run) (int64, error) {
	left, err := a.Journal.Runs(ctx, store.RunFilter{Account: a.Name, Kind: r.Kind, Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(left) == 1 && left[0].State == store.RunInterrupted && left[0].RulesHash == r.RulesHash && bytes.Equal(left[0].Args, r.Args) {
		return left[0].ID, a.owner.ResumeRun(ctx, left[0].ID)
	}
	return a.owner.BeginRun(ctx, r)
}

// apply reads and plans on one connection and acts on another, so that the
// server works on both at once.
func (a *Account) apply(ctx context.Context, run int64, args ApplyArgs, progress func(done, total int64)) (err error) {
	defer func() { err = a.endRun(ctx, run, err) }()
	reading, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer reading.Close()
	acting, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer acting.Close()
	s := &sweep{
		work:     work{Account: a, session: reading, set: a.rules.Load(), run: run, rule: args.Rule},
		progress: progress, todo: make(chan []store.Step),
	}
	actor := s.work
	actor.session = acting
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var acts sync.WaitGroup
	acts.Go(func() {
		for steps := range s.todo {
			if err := actor.act(ctx, steps); err != nil {
				cancel(err)
				return
			}
		}
	})
	for _, folder := range args.Folders {
		if err = s.folder(ctx, folder, args.Since); err != nil {
			err = fmt.Errorf("applying the rules to %q: %w", folder, err)
			break
		}
	}
	close(s.todo)
	acts.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return errors.Join(err, a.owner.Progress(ctx, run, s.done, max(s.total, s.done)))
}

// sweep is the reading side of an apply.
type sweep struct {
	work
	progress    func(done, total int64)
	todo        chan []store.Step // to the side that acts
	ready       []store.Step
	done, total int64 // messages
}

func (s *sweep) folder(ctx context.Context, folder string, since time.Time) error {
	s.seen = map[string]int{}
	before := s.done
	err := s.session.Scan(ctx, folder, mailbox.Query{Since: since}, func(ctx context.Context, b mailbox.Batch) error {
		steps, err := s.plan(ctx, b)
		if err != nil {
			return err
		}
		s.done += int64(len(b.Messages))
		s.total = max(s.total, before+int64(b.Total))
		if s.progress != nil {
			s.progress(s.done, max(s.total, s.done))
		}
		if s.ready = append(s.ready, steps...); len(s.ready) < actAt {
			return nil
		}
		return s.hand(ctx)
	})
	if err != nil {
		return err
	}
	return s.hand(ctx)
}

// hand gives what is planned to the side that acts, and waits while that one is
// behind.
func (s *sweep) hand(ctx context.Context) error {
	if len(s.ready) == 0 {
		return nil
	}
	select {
	case s.todo <- s.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.ready = nil
	return s.owner.Progress(ctx, s.run, s.done, max(s.total, s.done))
}

// act performs steps while nothing else acts on the account.
func (w *work) act(ctx context.Context, steps []store.Step) error {
	w.acting.Lock()
	defer w.acting.Unlock()
	return w.perform(ctx, steps)
}

// endRun writes down how a run ended. What did not come to its end is
// interrupted: the same command goes on with it.
func (a *Account) endRun(ctx context.Context, run int64, err error) error {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	state, message := store.RunDone, ""
	if err != nil {
		state, message = store.RunInterrupted, err.Error()
	}
	return errors.Join(err, a.owner.EndRun(keep, run, state, message, time.Now()))
}

// Preview is what the rules would do to one message.
type Preview struct {
	Message mailbox.Message
	Plan    rules.Plan
}

// PreviewRules tells what a rule set would do to mail that is there, and changes
// nothing. It needs no ownership.
func PreviewRules(ctx context.Context, s Session, set *rules.Set, args ApplyArgs, account string, show func(Preview, int) error) error {
	now := time.Now()
	for _, folder := range args.Folders {
		err := s.Scan(ctx, folder, mailbox.Query{Since: args.Since}, func(_ context.Context, b mailbox.Batch) error {
			for _, m := range b.Messages {
				m.Item.Account = account
				p := Preview{Message: m}
				if m.Poison == "" {
					p.Plan = onlyRule(set.Plan(&m.Item, now), args.Rule)
				}
				if err := show(p, b.Total); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func onlyRule(p rules.Plan, rule string) rules.Plan {
	if rule == "" {
		return p
	}
	var effects []rules.Effect
	for _, e := range p.Effects {
		if e.Rule == rule {
			effects = append(effects, e)
		}
	}
	p.Effects = effects
	return p
}
