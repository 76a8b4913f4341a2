package engine

import (
	"context"

	"github.com/foredesk/foredesk/internal/store"
)

// SetFailPoint sets what happens on either side of each write to the journal.
func SetFailPoint(do func()) { failPoint = do }

// What reads foreign bytes, for fuzzing.
var (
	ReadAnswers = readAnswers
	BaseSubject = baseSubject
)

// OnClock is when clocks show a minute of a date.
var OnClock = onClock

// KeepLetters is what is done for letters every minute.
func (a *Account) KeepLetters(ctx context.Context) (err error) {
	if a.run == 0 {
		if a.run, err = a.owner.BeginRun(ctx, store.Run{Kind: store.KindRun, Started: a.now()}); err != nil {
			return err
		}
	}
	return a.keepLetters(ctx, a.now())
}
