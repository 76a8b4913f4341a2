package engine

import (
	"context"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// tryAgainSoon lets what was tried already be tried again after its wait, counted from
// now, where a clock that ran ahead has put it off for longer. It is not tried at once: a
// clock that is set to and fro uses up no attempts.
func (a *Account) tryAgainSoon(ctx context.Context, now time.Time) error {
	late, err := a.Journal.Steps(ctx, store.Filter{Account: a.Name, States: []store.State{store.Planned}, PutOff: now.Add(letterWait[0])})
	byTime := map[time.Time][]int64{}
	for _, s := range late {
		if at := latestTry(s, now); s.NotBefore.After(at) {
			byTime[at] = append(byTime[at], s.ID)
		}
	}
	for at, steps := range byTime {
		if err == nil {
			err = a.owner.Sooner(ctx, steps, at)
		}
	}
	return err
}

// latestTry is until when a step may be put off that was tried already. The next wait
// rather than the last is allowed, so that a clock that is set back by a little changes
// nothing. What had a time of its own is not done before that: see ownTime.
func latestTry(s store.Step, now time.Time) time.Time {
	waits := backoff
	if isLetter(s.Op) || isDelete(s) {
		waits = letterWait
	}
	at, own := now.Add(waits[min(s.Attempts, len(waits)-1)]), ownTime(s)
	if own.After(at) {
		return own
	}
	return at
}

// ownTime is when a step was to be done at first, or zero if that was at once. Of some it
// is known no more once they were put off: those are left as they are.
func ownTime(s store.Step) time.Time {
	switch {
	case isLetter(s.Op) && s.Op.Arg == gather.CheckInKind:
		return parseInstant(s.Op.With["at"])
	case isLetter(s.Op):
		return s.Item.Date
	case s.Op.Do == "release", strings.HasSuffix(s.Action, " chase"), isInside(s.Op) && !isDelete(s):
		return s.NotBefore
	}
	return time.Time{}
}
