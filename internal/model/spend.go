package model

import (
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Usage is what was used up on one day. The zero Usage is nothing.
type Usage struct {
	Day      string // of UTC, as in 2026-03-01
	Requests int64
	Tokens   int64 // as the endpoint counted them, or as estimated
}

const (
	failuresToRest = 3 // in a row
	firstRest      = 30 * time.Second
	longestRest    = 15 * time.Minute
	longestWait    = time.Hour // that an endpoint may ask for
)

// verdict is what a call says about the endpoint.
type verdict int

const (
	alive  verdict = iota // it answered
	silent                // the caller went away; nothing is known
	failed                // it may be down
	closed                // it wants no calls now: 401, 403, 404, 429
)

// spending decides whether a call is made: by the day's allowance, and by how the
// last calls went. After three failures in a row the endpoint rests, each time
// for longer, up to 15 minutes; then one call finds out whether it is back.
type spending struct {
	mu               sync.Mutex
	requests, tokens int64 // allowed a day; 0 is no limit
	used             Usage
	failures         int
	rested           time.Time // when the endpoint has rested
	probing          bool      // one call is finding out whether it is back
	pauses           *backoff.ExponentialBackOff
}

func newSpending(c Config) *spending {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstRest, longestRest
	pauses.Multiplier, pauses.RandomizationFactor = 2, 0.3
	return &spending{requests: c.Requests, tokens: c.Tokens, used: c.Usage, pauses: pauses}
}

// admit allows a call that needs so many tokens at most, and counts it. What it
// allows must come to an end by settle.
func (s *spending) admit(now time.Time, tokens int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turnPage(now)
	resting := s.failures >= failuresToRest
	switch {
	case resting && now.Before(s.rested):
		return fmt.Errorf("%w for another %s; nothing was asked", ErrAway, s.rested.Sub(now).Round(time.Second))
	case resting && s.probing:
		return fmt.Errorf("%w until another call has found out whether it is back; nothing was asked", ErrAway)
	case s.requests > 0 && s.used.Requests >= s.requests, s.tokens > 0 && s.used.Tokens+tokens > s.tokens:
		return fmt.Errorf("%w until midnight UTC; nothing was asked. Raise it in the configuration if that comes often", ErrSpent)
	}
	s.probing = resting
	s.used.Requests++
	s.used.Tokens += tokens
	return nil
}

// settle ends a call that admit allowed on some day: the tokens that it needed
// take the place of those set aside, and the endpoint is judged by its verdict.
// wait is how long it asked to be left alone.
func (s *spending) settle(now time.Time, day string, aside, needed int64, v verdict, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used.Day == day {
		s.used.Tokens += needed - aside
	}
	s.probing = false
	switch v {
	case alive:
		s.failures = 0
		s.pauses.Reset()
	case failed:
		s.failures++
		s.rest(now, wait)
	case closed:
		s.failures = max(s.failures+1, failuresToRest)
		s.rest(now, wait)
	}
}

// rest lets the endpoint rest when it has failed often enough. A call that was
// under way when a rest began, and fails too, makes it no longer.
func (s *spending) rest(now time.Time, wait time.Duration) {
	if s.failures >= failuresToRest && !now.Before(s.rested) {
		s.rested = now.Add(max(s.pauses.NextBackOff(), min(wait, longestWait)))
	}
}

func (s *spending) usage(now time.Time) Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turnPage(now)
	return s.used
}

func (s *spending) turnPage(now time.Time) {
	if today := dayOf(now); s.used.Day != today {
		s.used = Usage{Day: today}
	}
}

func dayOf(now time.Time) string { return now.UTC().Format(time.DateOnly) }
