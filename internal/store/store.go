// Package store is the journal: what each rule is about to do, does and has
// done to which message, and how far each folder has been seen. It is SQL, and
// one text of SQL serves SQLite (one machine) and PostgreSQL (several).
//
// Anybody may read through a [Store]. Only the one [Owner] of an account
// writes, and a write by an owner that has been replaced is refused.
//
// The states of a step:
//
//	planned → started → done → undone
//	                  → failed | uncertain | planned again, for a later attempt
//	parked  → planned, once a person has approved it
//
// Read commit.go next, for how a plan and its cursor enter the journal
// together; then finish.go, for how a step ends. The tables are in migrations.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Store is an open journal. Its methods may be called from several goroutines.
type Store struct {
	dialect dialect
	place   string // file name, or database and host: for messages
	reads   *sql.DB
	writes  *sql.DB
	writer  writer
	texts   sync.Map // of sized to the statement's text

	mu     sync.Mutex
	owned  map[string]bool // accounts this Store owns
	joined bool            // this Store is a Node
	locker locker          // nil while no account is owned, and it is no Node

	// broken is the first input or output error of a write. Linux reports a
	// failed fsync once and then forgets it, so no later success can be believed.
	broken atomic.Pointer[error]
}

// dialect is all that differs between the two databases in the SQL itself.
type dialect struct {
	name     string
	identity string // column type of a generated id
	nextIDs  string // format of a query for the next $1 ids of a table, or for the first of them
	marker   string // parameter of a row, where $1, $2, … would cost too much
	rows     int    // rows of one INSERT or UPDATE; a power of two
	keys     int    // values of one IN list; a power of two
}

// SQLite searches a list for the name of each parameter, so its long statements
// have nameless ones, and not too many; to PostgreSQL each statement is a
// journey, so its have many rows. SQLite has one writer at a time, which is why
// the next id may follow the largest there is.
var (
	sqliteDialect = dialect{
		name: "sqlite", identity: "INTEGER PRIMARY KEY", rows: 32, keys: 64, marker: "?",
		nextIDs: "SELECT COALESCE(MAX(id), 0) + 1 FROM %s WHERE $1 > 0",
	}
	postgresDialect = dialect{
		name: "postgres", identity: "BIGSERIAL PRIMARY KEY", rows: 256, keys: 1024,
		nextIDs: "SELECT nextval('%s_id_seq') FROM generate_series(1, CAST($1 AS BIGINT))",
	}
)

// Open opens the journal that dsn names, makes it if it is not there, and brings
// its tables up to date. A dsn is "sqlite:PATH" or a postgres:// address.
//
// A file that others may read, that is damaged or of another program is refused,
// and so is one of a newer foredesk ([ErrNewerSchema]); none of them is changed.
func Open(ctx context.Context, dsn string) (*Store, error) {
	s, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, migrations()); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.writer.open(ctx, s); err != nil {
		s.Close()
		return nil, s.wrap(err, "opening the journal")
	}
	return s, nil
}

func connect(ctx context.Context, dsn string) (*Store, error) {
	path, isFile := strings.CutPrefix(dsn, "sqlite:")
	switch {
	case isFile:
		return openSQLite(ctx, path)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return openPostgres(ctx, dsn)
	}
	// The address is not repeated: it may hold a password.
	return nil, fmt.Errorf("opening the journal: its address must begin with sqlite: or postgres://; nothing was opened")
}

// Close closes the database. Owners must have been released before.
func (s *Store) Close() error {
	s.writer.close()
	err := s.writes.Close()
	if s.reads != s.writes {
		if e := s.reads.Close(); err == nil {
			err = e
		}
	}
	return err
}

// micros is how a time is stored: microseconds since 1970 in UTC, the zero time
// as 0, so that both databases give back the same value.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
