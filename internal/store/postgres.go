package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err) // pgx leaves the password out
	}
	db := sql.OpenDB(connector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, noticeDeath)
		return err
	})), config.Password})
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

// connector makes the connections of a pool, the later ones as the first: to each a
// server may answer with what it was given.
type connector struct {
	driver.Connector
	password string
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, unquoted{err, c.password}
	}
	return conn, nil
}

// unquoted is an error whose words do not repeat the password, should the server
// have answered with it.
type unquoted struct {
	error
	password string
}

func (e unquoted) Error() string {
	if e.password == "" {
		return e.error.Error()
	}
	return strings.ReplaceAll(e.error.Error(), e.password, "…")
}

func (e unquoted) Unwrap() error { return e.error }

// sessionLock holds one advisory lock for each owned account, all in one session:
// when the node or its network dies, the server lets go of all of them.
type sessionLock struct {
	// One query at a time: a second one would find the connection busy, and be taken
	// for its end. Whose turn it is has put something in.
	turn chan struct{}
	conn *sql.Conn
}

// How a node that has gone silent is found out. A process that is killed is noticed
// at once. One whose machine or network is gone is believed dead by the server after
// 25 seconds, and what it had begun to write is thrown away after 10. By then it has
// given its accounts up itself, if it still runs: it asks every few seconds (see
// [Node.Look]), and waits sessionTimeout for an answer.
const (
	sessionTimeout = 8 * time.Second
	noticeDeath    = `SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
		set_config('tcp_keepalives_count', '3', false), set_config('idle_in_transaction_session_timeout', '10s', false)`
	// A new owner does not wait for a transaction of the one before, which may stand
	// still: it comes again.
	waitBriefly = "SET LOCAL lock_timeout = '200ms'"
)

// isLocked reports whether somebody is in the middle of writing what was to be
// written (PostgreSQL appendix A, lock_not_available).
func isLocked(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}

// sessionName begins the name of a session that owns accounts; the name of its
// machine follows.
const sessionName = "foredesk on "

func (s *Store) newSession(ctx context.Context) (*sessionLock, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return nil, err
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "a machine without a name"
	}
	if _, err := conn.ExecContext(ctx, "SELECT set_config('application_name', $1, false)", sessionName+machine); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &sessionLock{conn: conn, turn: make(chan struct{}, 1)}, nil
}

// inTurn gives fn the session. A context that ends in a query would end the session,
// and with it the ownership of every account of this process: so none does.
func (l *sessionLock) inTurn(ctx context.Context, fn func(context.Context) error) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sessionTimeout)
	defer cancel()
	return fn(ctx)
}

// lockID is the number of an account's advisory lock. Its namespace keeps it
// apart from other programs' locks in the same database.
func lockID(account string) int64 { return hashed("account " + account) }

func hashed(name string) int64 {
	sum := sha256.Sum256([]byte("foredesk " + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func (l *sessionLock) lock(ctx context.Context, account string) (ok bool, err error) {
	err = l.inTurn(ctx, func(ctx context.Context) error {
		return l.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", lockID(account)).Scan(&ok)
	})
	return ok, err
}

// held asks in the session itself, since its death is what loses the locks.
func (l *sessionLock) held(ctx context.Context) error { return l.inTurn(ctx, l.conn.PingContext) }

func (l *sessionLock) unlock(ctx context.Context, account string, last bool) (err error) {
	if account != "" {
		err = l.inTurn(ctx, func(ctx context.Context) error {
			_, err := l.conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID(account))
			return err
		})
	}
	if !last && err == nil {
		return nil
	}
	// Were the session to stay, be it in the pool, a lock left in it would live on.
	l.conn.Raw(func(any) error { return driver.ErrBadConn })
	return err
}

// locksHeld are the advisory locks of this database: how often each is held, and by
// sessions of what name.
const locksHeld = `SELECT (l.classid::bigint << 32) | l.objid::bigint AS id, count(*), COALESCE(max(a.application_name), '')
	FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
	WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
	AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
	GROUP BY 1`

// ownedBy asks without trying the lock: that would keep it from another for a moment.
func (s *Store) ownedBy(ctx context.Context, account string) (owned bool, node string, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var id, held int64
		var session string
		if err := rows.Scan(&id, &held, &session); err != nil {
			return err
		}
		if id == lockID(account) {
			owned, node = true, strings.TrimPrefix(session, sessionName)
		}
		return nil
	}, locksHeld)
	return owned, node, err
}
