package store

import (
	"context"
	"database/sql"
	"time"
)

// manyBefore is how many earlier messages of a sender are counted: with more, one
// or a hundred that came later make no difference to what a rule asks.
const manyBefore = 200

// SenderBefore is what was known of an address when a message of theirs came: what
// they wrote earlier. It is for messages that are gone over again, as Senders
// counts these themselves, and what came after them. What was sent to the address
// is counted up to now.
func (s *Store) SenderBefore(ctx context.Context, account, email, key string, came time.Time) (Sender, error) {
	all, err := s.Senders(ctx, account, []string{email})
	if err != nil {
		return Sender{}, err
	}
	known := all[email]
	before := Sender{Sent: known.Sent, LastSent: known.LastSent, FirstSeen: known.FirstSeen}
	err = s.each(ctx, func(rows *sql.Rows) error {
		var seen, replied int
		err := rows.Scan(&seen, &replied)
		before.Received, before.Seen, before.Replied = before.Received+1, before.Seen+seen, before.Replied+replied
		return err
	}, "SELECT seen, replied FROM messages WHERE account = $1 AND sender = $2 AND outgoing = 0 AND received_at <= $3 AND key <> $4 ORDER BY received_at DESC LIMIT $5",
		account, email, micros(came), key, manyBefore)
	if before.Received == manyBefore {
		before = known
	}
	return before, s.wrap(err, "counting what a sender wrote before")
}
