package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
)

// Secret returns 32 random bytes that this installation alone knows, made when
// they are first asked for. They seal the mail that foredesk writes, so that it
// knows its own; they open nothing.
func (s *Store) Secret(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails
	var text string
	read := func(rows *sql.Rows) error { return rows.Scan(&text) }
	const query = "SELECT value FROM installation WHERE name = 'seal'"
	if err := s.each(ctx, read, query); err != nil {
		return nil, s.wrap(err, "reading the seal")
	}
	if text == "" {
		err := s.write(ctx, "making the seal", func(t *tx) error {
			if _, err := t.exec(ctx, "INSERT INTO installation (name, value) VALUES ('seal', $1) ON CONFLICT (name) DO NOTHING", hex.EncodeToString(fresh)); err != nil {
				return err
			}
			return t.each(ctx, read, query)
		})
		if err != nil {
			return nil, err
		}
	}
	return hex.DecodeString(text)
}
