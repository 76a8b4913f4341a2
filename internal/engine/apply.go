package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// apply plans for all mail first and acts then, so that each command to the
// server can be about as many messages as possible.
func (a *Account) apply(ctx context.Context, run int64, args ApplyArgs, progress func(done, total int64)) (err error) {
	defer func() { err = a.endRun(ctx, run, err) }()
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	s := &sweep{work: work{Account: a, session: session, set: a.rules.Load(), run: run, rule: args.Rule}, progress: progress}
	for _, folder := range args.Folders {
		if err := s.folder(ctx, folder, args.Since); err != nil {
			return fmt.Errorf("applying the rules to %q: %w", folder, err)
		}
	}
	if err := a.owner.Progress(ctx, run, s.read, s.total); err != nil {
		return err
	}
	return s.workOff(ctx, func(done int64) { s.tellProgress(done) })
}

// sweep is an apply on its way through the folders.
type sweep struct {
	work
	progress    func(done, total int64)
	read, total int64 // messages
	planned     int64 // steps
}

func (s *sweep) folder(ctx context.Context, folder string, since time.Time) error {
	s.met = map[uint32]bool{}
	before := s.read
	return s.session.Scan(ctx, folder, mailbox.Query{Since: since}, func(ctx context.Context, b mailbox.Batch) error {
		steps, err := s.plan(ctx, b)
		s.read += int64(len(b.Messages))
		s.planned += int64(len(steps))
		s.total = max(s.total, before+int64(b.Total), s.read)
		s.tellProgress(0)
		return err
	})
}

// tellProgress counts messages read and steps performed as equal work.
func (s *sweep) tellProgress(acted int64) {
	if s.progress != nil {
		s.progress(s.read+acted, s.total+s.planned)
	}
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
