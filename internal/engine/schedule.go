package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// sentFor is how far back rules on sent mail look again.
const sentFor = 60 * 24 * time.Hour

// followSchedules looks again by those rules whose time has come: over the mail
// that lies in the watched folders, or over what was sent lately. A rule that is
// new starts with its next time. Should the process end in the middle, the same
// rules look once more; what was done is not done twice.
func (a *Account) followSchedules(ctx context.Context, now time.Time) error {
	set := a.rules.Load()
	due, err := a.dueRules(ctx, set, now, onMail)
	if err != nil || len(due) == 0 {
		return err
	}
	for _, folder := range a.foldersFor(due) {
		if err := a.lookAgain(ctx, set, folder, due, now); err != nil {
			return err
		}
	}
	return a.owner.HasRun(ctx, names(due), now)
}

// dueRules finds the rules whose time has come since they were last followed.
func (a *Account) dueRules(ctx context.Context, set *rules.Set, now time.Time, wanted func(*rules.Rule) bool) (due []*rules.Rule, err error) {
	runs := func(r *rules.Rule) bool { return r.Enabled && r.Run != nil && wanted(r) }
	if !slices.ContainsFunc(set.Rules, runs) {
		return nil, nil
	}
	ran, err := a.Journal.Ran(ctx, a.Name)
	if err != nil {
		return nil, err
	}
	var fresh []*rules.Rule
	for _, r := range set.Rules {
		if !runs(r) {
			continue
		}
		last, known := ran[r.Name]
		switch {
		case !known:
			fresh = append(fresh, r)
		case !r.Run.Next(last.In(set.Timezone)).After(now):
			due = append(due, r)
		}
	}
	if fresh != nil {
		err = a.owner.HasRun(ctx, names(fresh), now)
	}
	return due, err
}

func names(list []*rules.Rule) []string {
	all := make([]string, len(list))
	for i, r := range list {
		all[i] = r.Name
	}
	return all
}

func (a *Account) foldersFor(due []*rules.Rule) []string {
	var folders []string
	if slices.ContainsFunc(due, func(r *rules.Rule) bool { return r.On == "mail" }) {
		folders = append(folders, a.Folders...)
	}
	if slices.ContainsFunc(due, func(r *rules.Rule) bool { return r.On == "sent" }) {
		folders = append(folders, mailbox.Sent)
	}
	return folders
}

// lookAgain plans by some rules over a folder, and performs that.
func (a *Account) lookAgain(ctx context.Context, set *rules.Set, folder string, due []*rules.Rule, now time.Time) (err error) {
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	w := &work{Account: a, session: session, set: set, run: a.run, only: due}
	needs := w.needs()
	q := mailbox.Query{Threads: needs.History, Needs: &needs}
	if folder == mailbox.Sent {
		q.Since = now.Add(-sentFor)
	}
	var ours error // no trouble with the mail server
	err = session.Scan(ctx, folder, q, func(ctx context.Context, b mailbox.Batch) error {
		ours = w.planAgain(ctx, b, now)
		return ours
	})
	switch {
	case ours != nil:
		return w.about("looking again at", folder, ours)
	case errors.Is(err, mailbox.ErrNoFolder):
		return nil // nothing was sent yet
	case errors.Is(err, mailbox.ErrRefused): // it is gone, perhaps: the others are looked at
		w.Log.Warn("a folder could not be looked at again", "folder", w.inLog(folder), "error", err)
		return nil
	case err != nil:
		return onServer(w.about("looking again at", folder, err))
	}
	return w.workOff(ctx, func(int64) {})
}

// planAgain plans by some rules over a batch.
func (w *work) planAgain(ctx context.Context, b mailbox.Batch, now time.Time) error {
	p := store.Plan{RunID: w.run, Planned: now}
	planned, err := w.evaluate(ctx, b, &p)
	if err != nil || len(planned) == 0 {
		return err
	}
	_, err = w.commit(ctx, p, planned)
	return err
}
