package mail

import (
	"context"
	"errors"
)

// CatchUp hands over what is new in the watched folders, one after the other,
// and ends. Unlike Watch it does not try again: its error is that of the first
// folder that could not be read, after the others have been.
func (a *Account) CatchUp(ctx context.Context, cursor Cursors, deliver Deliver) error {
	var errs []error
	for _, folder := range a.cfg.Folders {
		w := &folderWatch{a: a, folder: folder, log: a.log.With("folder", folder), cursor: cursor, deliver: deliver}
		errs = append(errs, w.once(ctx))
	}
	return errors.Join(errs...)
}

func (w *folderWatch) once(ctx context.Context) error {
	s, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return w.catchUp(ctx, s)
}
