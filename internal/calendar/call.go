package calendar

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

// Google allows 600 requests a minute and user. The burst lets one poll of many
// calendars go at once; burst + 60*perSecond stays below the limit in any minute.
const (
	perSecond = 8
	burst     = 100
)

const (
	tries    = 6                // of one request; the pauses between them add up to about half a minute
	patience = time.Minute      // for one try, its answer read to the end
	longest  = 30 * time.Second // between two tries; who is told to wait longer comes back with the next poll
)

// call does one request: not faster than Google allows, each try with a deadline,
// and again after a growing, jittered pause where the trouble may pass (the Go
// client tries nothing twice). do is called for each try. Where repeat is false it
// is not called again once the request may have been done without an answer:
// the caller has to look first.
//
// what says what is done in errors and the log: `reading the calendar "primary"`.
func (c *Client) call(ctx context.Context, what string, repeat bool, do func(ctx context.Context) error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.Multiplier = time.Second, longest, 2
	for n := 1; ; n++ {
		err := c.try(ctx, do)
		if err == nil {
			return nil
		}
		wait := max(pause.NextBackOff(), retryAfter(err))
		if n == tries || wait > longest || !passing(err) || !repeat && !undone(err) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		c.log.Debug("a request to Google Calendar is tried again", "what", what, "error", err, "try", n, "in", wait.String())
		if c.sleep(ctx, wait) != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// try waits for its turn and does one try. The error is a *refusal, a *trouble or
// that of the context.
func (c *Client) try(ctx context.Context, do func(ctx context.Context) error) error {
	now := c.now()
	turn := c.limit.ReserveN(now, 1)
	if d := turn.DelayFrom(now); d > 0 {
		if err := c.sleep(ctx, d); err != nil {
			turn.CancelAt(now)
			return err
		}
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	crashpoint.Here("calendar")
	err := do(short)
	crashpoint.Here("calendar")
	return plainly(err)
}

// sleep waits for d, or for the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
