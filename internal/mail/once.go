package mail

import (
	"context"
	"errors"
	"slices"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// CatchUp hands over what is new in the watched folders, one after the other,
// and ends. Unlike Watch it does not try again: its error is that of the first
// folder that could not be read, after the others have been.
func (a *Account) CatchUp(ctx context.Context, cursor Cursors, deliver Deliver) error {
	var errs []error
	folders := a.cfg.Folders
	if a.watchesSent() {
		folders = append(slices.Clone(folders), mailbox.Sent)
	}
	for _, folder := range folders {
		if err := a.watchOf(folder, cursor, deliver).once(ctx); !errors.Is(err, errNoSent) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (w *folderWatch) once(ctx context.Context) error {
	w.patience.once = true
	s, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return w.catchUp(ctx, s)
}
