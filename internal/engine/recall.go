package engine

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// kept is what the journal keeps of a message's facts: the item without its text,
// and what was asked of the server when it was read. A fact outside of that is
// empty because nobody looked.
type kept struct {
	rules.Item
	Known rules.Needs `json:"known,omitzero"`
}

// FactsOf returns the facts that a message had when it came, and what of it was
// known then; ok is false where they have grown old and are gone.
func FactsOf(m store.Message) (item rules.Item, known rules.Needs, ok bool) {
	if len(m.Facts) == 0 {
		return item, known, false
	}
	var k kept
	if err := json.Unmarshal(m.Facts, &k); err != nil {
		return item, known, false
	}
	return k.Item, k.Known, true
}

// Recall fills in what the journal knows of a message's conversation and of its
// author, for those who look at mail without owning the account.
func Recall(ctx context.Context, journal *store.Store, log *slog.Logger, account string, set *rules.Set, m *mailbox.Message, now time.Time) error {
	w := &work{Account: &Account{Config: Config{Name: account, Journal: journal, Log: log}}, set: set}
	return w.withHistory(ctx, m, now)
}

// RecallThen fills in, for a message of the past whose facts say nothing of it,
// its conversation and its author as they were when the message came.
func RecallThen(ctx context.Context, journal *store.Store, account string, m store.Message, item *rules.Item) error {
	t, err := journal.Thread(ctx, account, m)
	if err != nil {
		return err
	}
	t.Messages = slices.DeleteFunc(t.Messages, func(o store.Message) bool { return o.Received.After(m.Received) })
	item.Thread = threadFacts(t, item.Labels)
	email := m.From
	if m.Outgoing && len(m.To) > 0 {
		email = m.To[0]
	}
	known, err := journal.SenderBefore(ctx, account, email, m.Key, m.Received)
	item.Sender = senderFacts(known)
	return err
}
