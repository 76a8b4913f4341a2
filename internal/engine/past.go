package engine

import (
	"context"
	"errors"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const (
	pastFor   = 400 * 24 * time.Hour // how far back the past is read
	pastPause = 50 * time.Millisecond
	pastRetry = 10 * time.Minute
)

var errNumbersChanged = errors.New("the server has renumbered the folder meanwhile; it is read from its beginning")

// readPast reads what the folders hold from before foredesk came, so that it
// knows threads and senders from the first day. It has a connection of its own,
// remembers a batch at a time and gives way between them, so that new mail waits
// for nothing; what it has read it does not read again.
func (a *Account) readPast(ctx context.Context) {
	for {
		err := a.ReadPast(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.Log.Warn("the past could not be read yet; it is tried again", "error", err, "again_in", pastRetry.String())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pastRetry):
		}
	}
}

// ReadPast reads the past of the watched folders and of sent mail to its end.
func (a *Account) ReadPast(ctx context.Context) error {
	scans, err := a.Journal.Scans(ctx, a.Name)
	if err != nil {
		return err
	}
	var session Session
	for _, folder := range append([]string{mailbox.Sent}, a.Folders...) {
		if scans[folder].Ended {
			continue
		}
		if session == nil {
			if session, err = a.open(ctx); err != nil {
				return err
			}
			defer session.Close()
		}
		if err := a.readPastOf(ctx, session, folder, scans[folder]); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) readPastOf(ctx context.Context, session Session, folder string, scan store.Scan) error {
	w := &work{Account: a, session: session, set: a.rules.Load()}
	scan.Folder = folder
	needs := w.set.Needs()
	needs.Text, needs.FileText, needs.Found = false, false, false // that would be the whole mailbox
	q := mailbox.Query{Since: a.now().Add(-pastFor), FromUID: scan.UpTo, Threads: true, Needs: &needs}
	err := session.Scan(ctx, folder, q, func(ctx context.Context, b mailbox.Batch) error {
		known := b.Needs
		known.History = false // of its conversation and its author, nothing was known when it came
		if scan.UIDValidity != 0 && b.Next.UIDValidity != scan.UIDValidity {
			// Other messages have these numbers now; those that are known are known by
			// their keys.
			scan.UIDValidity, scan.UpTo = 0, 0
			return errors.Join(errNumbersChanged, a.owner.Remember(ctx, nil, &scan))
		}
		var messages []store.Message
		for i := range b.Messages {
			if m := &b.Messages[i]; m.Poison == "" && !m.ByUs && !m.Item.Confidential() {
				messages = append(messages, w.rememberNew(m, known))
			}
		}
		scan.UIDValidity, scan.UpTo = b.Next.UIDValidity, b.Next.UIDNext
		if err := a.owner.Remember(ctx, messages, &scan); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pastPause):
			return nil
		}
	})
	switch {
	case errors.Is(err, mailbox.ErrNoFolder): // there is no past of it
	case err != nil:
		return onServer(err)
	}
	scan.Ended = true
	return a.owner.Remember(ctx, nil, &scan)
}

const (
	readStates = "(read states)" // stands among the rules that were followed
	readFor    = 30 * 24 * time.Hour
	readEvery  = 24 * time.Hour
)

// noteRead notes once a day which of the last month's messages were read since
// they came, as far as they lie in a watched folder: what senders are judged by.
func (a *Account) noteRead(ctx context.Context, now time.Time) error {
	if !a.rules.Load().Needs().History {
		return nil
	}
	ran, err := a.Journal.Ran(ctx, a.Name)
	if err != nil || now.Sub(ran[readStates]) < readEvery {
		return err
	}
	unseen, err := a.Journal.Unseen(ctx, a.Name, now.Add(-readFor))
	if err != nil {
		return err
	}
	read, err := a.readOf(ctx, unseen, now)
	if err != nil {
		return err
	}
	if err := a.owner.NowSeen(ctx, read, now); err != nil {
		return err
	}
	return a.owner.HasRun(ctx, []string{readStates}, now)
}

// readOf are those of messages, by their keys, that have been read.
func (a *Account) readOf(ctx context.Context, unseen map[string]bool, now time.Time) (read []string, err error) {
	if len(unseen) == 0 {
		return nil, nil
	}
	session, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	for _, folder := range a.Folders {
		q := mailbox.Query{Since: now.Add(-readFor), Needs: &rules.Needs{}}
		err := session.Scan(ctx, folder, q, func(_ context.Context, b mailbox.Batch) error {
			for i := range b.Messages {
				if m := &b.Messages[i]; m.Poison == "" && !m.Item.Unread && unseen[m.Key] {
					read = append(read, m.Key)
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, mailbox.ErrRefused) { // one that has gone keeps none of the others
			return nil, onServer(err)
		}
	}
	return read, nil
}
