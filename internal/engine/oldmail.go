package engine

import (
	"context"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// Mail that was there before the first run is left alone until somebody asks for it, by
// apply. Who moves it out of a watched folder and back gives it a new UID; it is no new
// mail for that. Servers keep when they received a message (INTERNALDATE, RFC 9051
// 2.3.3) through MOVE and COPY, and programs that put mail from elsewhere into a folder
// mostly say it: so what was received before the first run is old, wherever it comes
// from.

// clocksApart is how far the clocks of the server and of senders may be off: mail that
// came about the time of the first run is handled.
const clocksApart = 24 * time.Hour

// withoutOld leaves out of new mail what is older than foredesk and was never handled.
// Old tells, by UID, which of the others is older: it was handled because somebody asked
// for it, and gets nothing more.
func (w *work) withoutOld(ctx context.Context, b mailbox.Batch, now time.Time) (rest []mailbox.Message, old map[uint32]bool, err error) {
	for i := range b.Messages {
		if isOlder(&b.Messages[i], now) {
			old = map[uint32]bool{}
			break
		}
	}
	if old == nil { // as nearly always
		return b.Messages, nil, nil
	}
	began, err := w.firstRun(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	var keys []string
	for i := range b.Messages {
		if m := &b.Messages[i]; isOlder(m, began) {
			old[m.UID], keys = true, append(keys, m.Key)
		}
	}
	known, err := w.Journal.Lookup(ctx, w.Name, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range b.Messages {
		if !old[m.UID] || len(known[m.Key]) > 0 {
			rest = append(rest, m)
		}
	}
	if n := len(b.Messages) - len(rest); n > 0 {
		w.Log.Info("mail from before the first run came into a folder; it is left alone, as older mail is; foredesk apply handles it where that is wanted", "folder", b.Folder, "messages", n)
	}
	return rest, old, nil
}

// noTime is before any mail was sent by IMAP: a server that tells an earlier time, as the
// beginning of the clocks of Unix, does not know when it received a message.
var noTime = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// isOlder reports whether a message is surely from before an instant: by when the server
// received it, and by its own date too. Some servers tell no time, or one of long ago;
// what was written later is new whatever they say.
func isOlder(m *mailbox.Message, than time.Time) bool {
	received, written := m.Item.Received, m.Item.Date
	return received.After(noTime) && received.Before(than.Add(-clocksApart)) && written.Before(than.Add(-clocksApart))
}

// firstRun is when the account was first watched; zero where that is not known, as by a
// clock that was ahead then.
func (w *work) firstRun(ctx context.Context, now time.Time) (time.Time, error) {
	runs, err := w.Journal.Runs(ctx, store.RunFilter{Account: w.Name, Kind: store.KindRun, Oldest: true, Limit: 1})
	if err != nil || len(runs) == 0 || runs[0].Started.After(now) {
		return time.Time{}, err
	}
	return runs[0].Started, nil
}
