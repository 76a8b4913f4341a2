package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// AgendaArgs say which agenda a person wants to be sent now.
type AgendaArgs struct {
	Date  string `json:"date"`            // local, 2026-12-08
	Force bool   `json:"force,omitempty"` // also when it was sent before
}

// SendAgenda sends the agenda of a date now, and returns the number of its run. One
// that was sent, or may have been, is not sent again unless that is asked for: then
// it is another mail. The agenda of that day is not sent once more when its time comes.
func (a *Account) SendAgenda(ctx context.Context, args AgendaArgs) (run int64, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	run, err = a.owner.BeginRun(ctx, store.Run{Kind: store.KindAgenda, Args: text, RulesHash: a.rules.Load().Hash, Started: a.now()})
	if err != nil {
		return 0, err
	}
	return run, a.endRun(ctx, run, "", a.sendAgenda(ctx, run, args))
}

func (a *Account) sendAgenda(ctx context.Context, run int64, args AgendaArgs) error {
	if _, err := time.Parse(time.DateOnly, args.Date); err != nil {
		return fmt.Errorf("%q is no date; write it like 2026-12-08: nothing was sent", args.Date)
	}
	if a.Letters == nil || a.Outside == nil {
		return fmt.Errorf("the account %q has no agenda, so nothing was sent; add to foredesk.yaml: agenda: {at: \"06:30\"}", a.Name)
	}
	a.posting.Lock()
	defer a.posting.Unlock()
	w := &work{Account: a, set: a.rules.Load(), run: run}
	step, err := w.agendaStep(ctx, args)
	if err != nil {
		return err
	}
	if err := w.sendLetter(ctx, step, true); err != nil {
		return err
	}
	sent, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, StepID: step})
	switch {
	case err != nil || len(sent) == 0:
		return err
	case sent[0].Reason == sentBefore:
		return fmt.Errorf("the agenda of %s: %s; with --again it is sent once more", args.Date, sentBefore)
	case sent[0].State == store.Done:
		return nil
	}
	return fmt.Errorf("sending the agenda of %s: %s%s", args.Date, sent[0].Reason, map[store.State]string{
		store.Planned: "; it is tried again before long, if foredesk runs", store.Uncertain: "; look into the mailbox",
	}[sent[0].State])
}

// agendaStep is the step by which an agenda is to be sent now.
func (w *work) agendaStep(ctx context.Context, args AgendaArgs) (int64, error) {
	n := newLetter(gather.AgendaKind, args.Date, w.now())
	n.Steps[0].Op.With["asked"] = "true"
	known, err := w.Journal.Lookup(ctx, w.Name, []string{n.Key})
	if err != nil {
		return 0, err
	}
	items := known[n.Key]
	n.Occurrence = len(items) + 1
	if len(items) > 0 {
		last, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{items[len(items)-1].ID}, NotUndo: true, Newest: true, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(last) == 1 {
			switch s := last[0]; {
			case s.State == store.Planned:
				return s.ID, nil
			case s.State == store.Failed:
				return s.ID, w.owner.Finish(ctx, w.now(), []store.Ending{{StepID: s.ID, State: store.Planned}})
			case !args.Force:
				return 0, fmt.Errorf("the agenda of %s %s, so nothing was sent; with --again it is sent once more", args.Date, sentWords(s, w.set.Timezone))
			}
		}
	}
	fresh, err := w.enterLetter(ctx, w.run, n, "")
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	return fresh[0].ID, nil
}

// sentWords say that a letter was sent, or may have been.
func sentWords(s store.Step, zone *time.Location) string {
	if s.State == store.Done {
		return "was sent on " + s.Ended.In(zone).Format("Mon 2 Jan 15:04")
	}
	return "may have been sent: nobody can know"
}
