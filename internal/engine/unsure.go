package engine

import (
	"context"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// unsureFor is how long a letter that may have been sent is looked for every minute:
// mail takes its time. Before an agenda is written it is looked for once more, up to
// unsureDays, as the agenda says what nobody knows.
const (
	unsureFor  = 15 * time.Minute
	unsureDays = 7 * 24 * time.Hour
)

// endDoubt ends a letter that an earlier process, or an earlier attempt, has begun to
// send.
func (w *work) endDoubt(ctx context.Context, s store.Step) error {
	if found, err := w.hasCome(ctx, s); err != nil {
		w.Log.Warn("a letter that may have been sent could not be looked for", "step", s.ID, "error", err)
	} else if found {
		return w.endLetter(ctx, store.Ending{StepID: s.ID, State: store.Done, Reason: cameReason})
	}
	return w.isUnsure(ctx, s, InDoubt)
}

const cameReason = "it lies in the mailbox, so it was sent"

// isUnsure writes down that nobody can know whether a letter was sent.
func (w *work) isUnsure(ctx context.Context, s store.Step, reason string) error {
	w.Log.Error("nobody can know whether a letter was sent: a person must look", "letter", actionWord(s.Op.Arg), "date", s.Op.With["date"], "step", s.ID)
	if err := w.endLetter(ctx, store.Ending{StepID: s.ID, State: store.Uncertain, Reason: reason}); err != nil {
		return err
	}
	if w.unsure != nil {
		w.unsure[s.ID] = w.now()
	}
	return nil
}

// lookForUnsure looks for letters that may have been sent since a while ago: one that
// has come was sent.
func (w *work) lookForUnsure(ctx context.Context, within time.Duration) error {
	if err := w.readUnsure(ctx); err != nil {
		return err
	}
	for id, since := range w.unsure {
		if w.now().Sub(since) > within {
			continue
		}
		steps, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Uncertain}})
		if err != nil {
			return err
		}
		if len(steps) == 0 { // a person has looked, and set it aside
			delete(w.unsure, id)
			continue
		}
		found, err := w.hasCome(ctx, steps[0])
		if err != nil || !found {
			continue // it is looked for again
		}
		if err := w.endLetter(ctx, store.Ending{StepID: id, State: store.Done, Reason: cameReason}); err != nil {
			return err
		}
		delete(w.unsure, id)
	}
	return nil
}

// readUnsure asks the journal for the letters of an earlier process, once.
func (w *work) readUnsure(ctx context.Context) error {
	if w.unsure != nil {
		return nil
	}
	// A brief may have been planned long before.
	steps, err := w.Journal.UncertainSince(ctx, w.Name, w.now().Add(-unsureDays))
	if err != nil {
		return err
	}
	w.unsure = map[int64]time.Time{}
	for _, s := range steps {
		if isLetter(s.Op) {
			w.unsure[s.ID] = s.Ended
		}
	}
	return nil
}

// hasCome looks for a letter by its Message-ID.
func (w *work) hasCome(ctx context.Context, s store.Step) (found bool, err error) {
	o := w.Outside.Do(ctx, mailbox.Errand{Key: errandKey(w.Name, s), Account: w.Name, Op: s.Op, Now: w.now(), Doubt: true})
	if o.LetterID == "" {
		return false, nil
	}
	session, err := w.open(ctx)
	if err != nil {
		return false, err
	}
	defer session.Close()
	return w.lies(ctx, session, o.LetterID, w.whereSentLies())
}
