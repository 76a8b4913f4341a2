package gather

import (
	"context"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
)

// PromisesWith is promisesWith, which letters call for one meeting after another.
func (d Desk) PromisesWith(ctx context.Context, date string, now time.Time, emails []string) (ours, theirs []agenda.Line, err error) {
	g, err := d.begin(ctx, AgendaKind, date, now)
	if err != nil {
		return nil, nil, err
	}
	return g.promisesWith(ctx, emails)
}
