package engine

import (
	"context"
	"errors"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Intervals of the account's housekeeping.
const (
	requestEvery = time.Second      // how soon an undo from another process is taken up
	retryEvery   = 30 * time.Second // how soon unfinished steps are tried again, and what waited for its time is done
	lookEvery    = time.Minute      // how often schedules, undoWhen, letters and approvals are looked at
	pruneEvery   = 24 * time.Hour
	keepFacts    = 400 * 24 * time.Hour
)

// Wake makes the account look for requests and unfinished work at once.
func (a *Account) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// runErrands makes keepErrands look at once.
func (a *Account) runErrands() {
	select {
	case a.errandAt <- struct{}{}:
	default:
	}
}

// keepErrands does what is due outside the folders, sends letters, and asks for
// approval.
func (a *Account) keepErrands(ctx context.Context) error {
	retry, look := time.NewTicker(retryEvery), time.NewTicker(lookEvery)
	defer retry.Stop()
	defer look.Stop()
	a.runErrands()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-a.errandAt:
			err = a.doErrands(ctx)
		case <-retry.C:
			err = a.doErrands(ctx)
		case <-look.C:
			if err = a.keepLetters(ctx, a.now()); err == nil { // which ask as well
				err = a.askForApproval(ctx, a.now())
			}
		}
		if isMail(err) {
			a.Log.Warn("something outside waits for the mail server", "error", err)
		} else if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// doErrands does what is due outside the folders; it connects only if there is
// something.
func (a *Account) doErrands(ctx context.Context) error {
	if err := a.sendLetters(ctx); err != nil {
		return err
	}
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	due, err := w.dueOf(ctx, mailbox.Outside, 0)
	if err != nil || len(due) == 0 {
		return err
	}
	if w.session, err = a.open(ctx); err != nil {
		return err
	}
	defer w.session.Close()
	return w.errands(ctx, 0, func(int) {})
}

// keepHouse takes up what others ask for, tries unfinished steps again, and
// empties old rows.
func (a *Account) keepHouse(ctx context.Context) error {
	requests, retry, look, prune := time.NewTicker(requestEvery), time.NewTicker(retryEvery), time.NewTicker(lookEvery), time.NewTicker(pruneEvery)
	defer requests.Stop()
	defer retry.Stop()
	defer look.Stop()
	defer prune.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-requests.C:
			err = a.takeRequests(ctx)
		case <-a.wake:
			err = a.Settle(ctx)
		case <-retry.C:
			if err = a.owner.Held(ctx); err == nil {
				err = a.Settle(ctx)
			}
		case <-look.C:
			err = a.look(ctx, a.now())
		case <-prune.C:
			_, err = a.owner.Prune(ctx, a.now().Add(-keepFacts))
		}
		switch {
		case isMail(err):
			a.Log.Warn("unfinished work waits for the mail server", "error", err)
		case isCalendar(err):
			a.Log.Warn("unfinished work waits for the calendar", "error", err)
		case err != nil && ctx.Err() == nil:
			return err
		}
	}
}

// Look follows schedules, takes back what is not wanted any more, and asks for
// approval. Run does it each minute; others may do it while Run does not run.
func (a *Account) Look(ctx context.Context, now time.Time) error {
	if err := a.look(ctx, now); err != nil {
		return err
	}
	return a.askForApproval(ctx, now)
}

// look brings forward what a wrong clock has put off, follows schedules, notes what was
// read, and takes back what is not wanted any more. Trouble with a server keeps none from being tried.
func (a *Account) look(ctx context.Context, now time.Time) error {
	due := []func(context.Context, time.Time) error{a.tryAgainSoon, a.followSchedules, a.noteRead}
	// Conversations move on with mail; what depends on the clock can wait a while.
	if a.arrived.Swap(false) || now.Sub(a.tookBackAt) >= takeBackEvery {
		a.tookBackAt = now
		due = append(due, a.takeBackDue)
	}
	var trouble error
	for _, do := range due {
		if err := do(ctx, now); isMail(err) || isCalendar(err) {
			trouble = errors.Join(trouble, err)
		} else if err != nil {
			return err
		}
	}
	return trouble
}
