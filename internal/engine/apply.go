package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
	run, err = a.resume(ctx, store.Run{Kind: store.KindApply, Args: text, RulesHash: set.Hash, Started: a.now()})
	if err != nil {
		return 0, err
	}
	return run, a.apply(ctx, run, set, args, progress)
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
func (a *Account) apply(ctx context.Context, run int64, set *rules.Set, args ApplyArgs, progress func(done, total int64)) (err error) {
	var s *sweep
	defer func() {
		message := ""
		if s != nil && s.alone > 0 {
			message = fmt.Sprintf("%d actions were done or taken back before, and were left alone", s.alone)
		}
		err = a.endRun(ctx, run, message, err)
	}()
	if set.Needs().History {
		if err := a.ReadPast(ctx); err != nil {
			return fmt.Errorf("reading the past, which the rules ask about: %w", err)
		}
	}
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
	s = &sweep{work: work{Account: a, session: acting, set: set, run: run, rule: args.Rule}, reading: reading, progress: progress}
	for _, folder := range args.Folders {
		if err := s.folder(ctx, folder, args.Since); err != nil {
			return a.about("applying the rules to", folder, err)
		}
	}
	if err := a.owner.Progress(ctx, run, s.read, s.total); err != nil {
		return err
	}
	s.second = s.reading // which has nothing to read any more
	return s.workOff(ctx, func(done int64) { s.tellProgress(done) })
}

var errRulesChanged = errors.New("the rules were changed in the meantime; what was planned by the old ones is done, and the same command goes on with the new ones")

// sweep is an apply on its way through the folders. Its work's session is for
// lookups while another one reads, and for acting.
type sweep struct {
	work
	reading     Session
	progress    func(done, total int64)
	read, total int64 // messages
	planned     int64 // steps
}

// portion is what the rules do to a stretch of a folder's mail.
type portion struct {
	uids    []uint32 // of all that was read, ascending
	planned []judged
	plan    store.Plan // what is to be remembered
	total   int        // messages of the folder
}

// folder plans for a folder's mail. While some is written into the journal, the
// rules work on what is read next.
func (s *sweep) folder(ctx context.Context, folder string, since time.Time) error {
	s.met = nil
	before := s.read
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	portions := make(chan portion)
	var planning sync.WaitGroup
	planning.Go(func() {
		for p := range portions {
			if err := s.enter(ctx, before, p); err != nil {
				cancel(err)
			}
		}
	})
	err := s.judge(ctx, folder, since, func(p portion) error {
		select {
		case portions <- p:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(portions)
	planning.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// planAtOnce is how many messages or steps are planned by one transaction: each
// waits for the disk once.
const planAtOnce = 2000

// judge reads a folder and hands on what the rules do to it, planAtOnce messages
// at a time.
func (s *sweep) judge(ctx context.Context, folder string, since time.Time, hand func(portion) error) error {
	var p portion
	needs := s.needs()
	q := mailbox.Query{Since: since, Threads: needs.History, Beside: true}
	if s.Letters != nil { // of new mail more is read
		q.Needs = &needs
	}
	err := s.reading.Scan(ctx, folder, q, func(ctx context.Context, b mailbox.Batch) error {
		if !b.Needs.Cover(needs) {
			return errRulesChanged // facts would be missing, and rules silently false
		}
		for i := range b.Messages {
			p.uids = append(p.uids, b.Messages[i].UID)
		}
		planned, err := s.evaluate(ctx, b, &p.plan)
		if err != nil {
			return err
		}
		p.planned, p.total = append(p.planned, planned...), b.Total
		if len(p.uids) < planAtOnce {
			return nil
		}
		full := p
		p = portion{}
		return hand(full)
	})
	if len(p.uids) == 0 {
		return err
	}
	return errors.Join(err, hand(p)) // what was read before an error is planned all the same
}

// enter writes a portion into the journal.
func (s *sweep) enter(ctx context.Context, before int64, p portion) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.met = append(s.met, p.uids...)
	steps, err := s.commit(ctx, store.Plan{RunID: s.run, Planned: s.now(), Seen: p.plan.Seen, Gists: p.plan.Gists}, p.planned)
	s.read += int64(len(p.uids))
	s.planned += int64(len(steps))
	s.total = max(s.total, before+int64(p.total), s.read)
	s.tellProgress(0)
	return err
}

// tellProgress counts messages read and steps performed as equal work.
func (s *sweep) tellProgress(acted int64) {
	if s.progress != nil {
		s.progress(s.read+acted, s.total+s.planned)
	}
}

// endRun writes down how a run ended; message is for people. What did not come to
// its end is interrupted: the same command goes on with it.
func (a *Account) endRun(ctx context.Context, run int64, message string, err error) error {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	state := store.RunDone
	if err != nil {
		state, message = store.RunInterrupted, mailbox.InFull(err)
	}
	return errors.Join(err, a.owner.EndRun(keep, run, state, message, a.now()))
}

// Preview is what the rules would do to one message. Had are effects that it has
// had before, or that a person took back: apply leaves them alone.
type Preview struct {
	Message mailbox.Message
	Plan    rules.Plan
	Had     []rules.Effect
}

// Previewer tells what a rule set would do to mail that is there, and changes
// nothing. It needs no ownership.
type Previewer struct {
	Account string
	Rules   *rules.Set
	Journal *store.Store
	Session Session
	Diary   *rules.Diary // nil where none is known
	Model   Model        // nil where there is none
	Log     *slog.Logger
}

// Each shows every message that args mean, with the number of all.
func (v *Previewer) Each(ctx context.Context, args ApplyArgs, show func(p Preview, total int) error) error {
	for _, folder := range args.Folders {
		err := v.Session.Scan(ctx, folder, mailbox.Query{Since: args.Since, Threads: v.Rules.Needs().History}, func(ctx context.Context, b mailbox.Batch) error {
			previews, err := v.batch(ctx, b, args.Rule)
			if err != nil {
				return err
			}
			for _, p := range previews {
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

func (v *Previewer) batch(ctx context.Context, b mailbox.Batch, rule string) ([]Preview, error) {
	previews := make([]Preview, len(b.Messages))
	now := time.Now()
	var keys []string
	for i, m := range b.Messages {
		m.Item.Account, m.Item.Diary = v.Account, v.Diary
		if m.Poison == "" && v.Rules.Needs().History {
			if err := Recall(ctx, v.Journal, v.Log, v.Account, v.Rules, &m, now); err != nil {
				return nil, err
			}
		}
		previews[i].Message = m
		if m.Poison == "" && !m.ByUs {
			LetAsk(ctx, v.Model, &m)
			previews[i].Plan = forOldMail(onlyRule(v.Rules.Plan(&m.Item, now), rule))
		}
		keys = append(keys, m.Key)
	}
	known, err := v.Journal.Lookup(ctx, v.Account, keys)
	if err != nil {
		return nil, err
	}
	for i := range previews {
		if err := v.takeOut(ctx, &previews[i], known[previews[i].Message.Key]); err != nil {
			return nil, err
		}
	}
	return previews, nil
}

// takeOut puts the effects that a message has had aside.
func (v *Previewer) takeOut(ctx context.Context, p *Preview, known []store.Item) error {
	var here []int64
	for _, it := range known {
		if it.Place.Folder == p.Message.Folder && (it.Place.UID == 0 || it.Place.UID == p.Message.UID) {
			here = append(here, it.ID)
		}
	}
	if here == nil || len(p.Plan.Effects) == 0 {
		return nil
	}
	steps, err := v.Journal.Steps(ctx, store.Filter{Account: v.Account, ItemIDs: here, NotUndo: true, Bare: true})
	if err != nil {
		return err
	}
	var left []rules.Effect
	for _, e := range p.Plan.Effects {
		had := slices.ContainsFunc(steps, func(s store.Step) bool {
			return s.Rule == e.Rule && s.Action == actionOn(e, &p.Message.Item) && s.State != store.Failed
		})
		if had {
			p.Had = append(p.Had, e)
		} else {
			left = append(left, e)
		}
	}
	p.Plan.Effects = left
	return nil
}

// moment are the actions that tell somebody of a mail as it comes. Apply leaves
// them out: nobody wants to hear of an outage of last month, or to be answered
// now. What waits for a person's word is left to that person.
var moment = []string{"notify", "reply", "webhook"}

func forOldMail(p rules.Plan) rules.Plan {
	p.Effects = slices.DeleteFunc(p.Effects, func(e rules.Effect) bool { return e.Confirm == "" && slices.Contains(moment, e.Action) })
	return p
}

func onlyRule(p rules.Plan, rule string) rules.Plan {
	if rule != "" {
		p.Effects = slices.DeleteFunc(p.Effects, func(e rules.Effect) bool { return e.Rule != rule })
	}
	return p
}
