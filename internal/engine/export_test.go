package engine

import (
	"context"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// What reads foreign bytes, for fuzzing.
var (
	ReadAnswers = readAnswers
	BaseSubject = baseSubject
)

// GatherLetter puts the model of a letter together.
var GatherLetter = gatherLetter

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

// ZonesReadAt is of how many dates it was found out at an instant where the executive
// wakes up.
func (a *Account) ZonesReadAt(at time.Time) (n int) {
	for _, known := range a.zones {
		if known.at.Equal(at) {
			n++
		}
	}
	return n
}
