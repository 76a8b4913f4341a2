package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// ThreadsWith returns the conversations in which one of the people has written since
// a time, by their addresses in lower case; the latest first, up to limit. What
// programs wrote does not count.
func (s *Store) ThreadsWith(ctx context.Context, account string, emails []string, since time.Time, limit int) (threads []string, err error) {
	if len(emails) == 0 {
		return nil, nil
	}
	emails = emails[:min(len(emails), s.dialect.keys)]
	err = s.each(ctx, func(rows *sql.Rows) error {
		var thread string
		var last int64
		err := rows.Scan(&thread, &last)
		threads = append(threads, thread)
		return err
	}, "SELECT thread, MAX(received_at) FROM messages WHERE account = $1 AND sender IN "+inList(4, len(emails))+
		" AND received_at >= $2 AND outgoing = 0 AND automatic = 0 GROUP BY thread ORDER BY 2 DESC, thread LIMIT $3",
		append([]any{account, micros(since), int64(limit)}, anys(emails)...)...)
	return threads, s.wrap(err, fmt.Sprintf("looking for the conversations with %d people", len(emails)))
}
