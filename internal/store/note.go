package store

import (
	"context"
	"database/sql"
)

// Note returns what was written down under a name, empty where nothing was.
func (s *Store) Note(ctx context.Context, name string) (value string, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&value) }, "SELECT value FROM installation WHERE name = $1", "note "+name)
	return value, s.wrap(err, "reading the note "+name)
}

// SetNote writes something down under a name, in the place of what was there. It
// needs no ownership: notes are for people, and nothing is decided by them.
func (s *Store) SetNote(ctx context.Context, name, value string) error {
	return s.write(ctx, "writing the note "+name, func(t *tx) error {
		_, err := t.exec(ctx, "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", "note "+name, value)
		return err
	})
}
