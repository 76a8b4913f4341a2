package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Node is this process as one of those that share the accounts of a PostgreSQL
// database. What the others know of it is a lock in the session that owns its
// accounts too: whatever ends the session ends all of it at one moment, and nothing
// is left that could be out of date.
type Node struct {
	s        *Store
	session  *sessionLock
	accounts []string
}

// Shared reports whether several processes may own accounts of this journal at a
// time. In SQLite one owns all of them.
func (s *Store) Shared() bool { return s.dialect.name != "sqlite" }

// Join makes this process a node. Nodes that are to look after the same accounts
// count each other; to the others they are strangers, who own what they own.
// The Store must be [Store.Shared], and is one node at most.
func (s *Store) Join(ctx context.Context, accounts []string) (*Node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &Node{s: s, accounts: accounts}
	err := s.openLocker(ctx)
	if err == nil {
		s.joined, n.session = true, s.locker.(*sessionLock)
		err = n.session.inTurn(ctx, func(ctx context.Context) error {
			_, err := n.session.conn.ExecContext(ctx, "SELECT pg_advisory_lock_shared($1)", n.id())
			return err
		})
	}
	if err != nil {
		s.leave(ctx)
	}
	return n, s.wrap(err, "joining the other nodes")
}

// id is the number of the lock that all nodes with these accounts have in common.
func (n *Node) id() int64 { return hashed("node for " + strings.Join(n.accounts, "\n")) }

// Look tells how many nodes share these accounts, this one among them, and which of
// the accounts nobody owns. It fails with [ErrLostOwnership] when the session is
// gone, and with it all that this process owned.
func (n *Node) Look(ctx context.Context) (nodes int, free []string, err error) {
	held := map[int64]int{}
	err = n.session.inTurn(ctx, func(ctx context.Context) error {
		rows, err := n.session.conn.QueryContext(ctx, locksHeld)
		return eachRow(rows, err, func(rows *sql.Rows) error {
			var id int64
			var times int
			var session string
			err := rows.Scan(&id, &times, &session)
			held[id] = times
			return err
		})
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: the locks are gone with the connection: %w", ErrLostOwnership, err)
	}
	for _, a := range n.accounts {
		if held[lockID(a)] == 0 {
			free = append(free, a)
		}
	}
	return held[n.id()], free, n.s.wrap(err, "asking who owns which account")
}

// Leave ends the node, once. Its accounts must have been released before.
func (n *Node) Leave() {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	n.s.leave(ctx)
}

// leave ends the session, if nothing is owned in it; s.mu is held.
func (s *Store) leave(ctx context.Context) {
	if !s.joined {
		return
	}
	s.joined = false
	if len(s.owned) == 0 {
		s.locker.unlock(ctx, "", true) // no account is unlocked, so nothing can fail
		s.locker = nil
	}
}
