package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err) // pgx leaves the password out
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(10)
	s := &Store{
		dialect: postgresDialect,
		place:   fmt.Sprintf("database %s on %s", config.Database, config.Host),
		reads:   db, writes: db,
		owned: make(map[string]bool),
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, s.wrap(err, "opening the journal")
	}
	return s, nil
}

// sessionLock holds one advisory lock for each owned account, all in one session:
// when the node or its network dies, the server lets go of all of them.
type sessionLock struct{ conn *sql.Conn }

// lockID is the number of an account's advisory lock. Its namespace keeps it
// apart from other programs' locks in the same database.
func lockID(account string) int64 {
	sum := sha256.Sum256([]byte("foredesk account " + account))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func (l *sessionLock) lock(ctx context.Context, account string) (ok bool, err error) {
	err = l.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", lockID(account)).Scan(&ok)
	return ok, err
}

// held asks in the session itself, since its death is what loses the locks.
func (l *sessionLock) held(ctx context.Context) error { return l.conn.PingContext(ctx) }

func (l *sessionLock) unlock(ctx context.Context, account string, last bool) (err error) {
	if account != "" {
		_, err = l.conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID(account))
	}
	if !last {
		return err
	}
	// Were the session to stay in the pool, a lock left in it would live on.
	l.conn.Raw(func(any) error { return driver.ErrBadConn })
	return err
}
