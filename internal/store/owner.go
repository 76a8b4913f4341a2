package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Owner is the right to write an account's part of the journal. There is at most
// one for each account, in all processes that share the database.
type Owner struct {
	s       *Store
	account string
	locker  locker       // the Store's, which it keeps for as long as it owns anything
	epoch   atomic.Int64 // 0 once released
	line    line
}

// locker keeps other processes from owning an account.
type locker interface {
	// lock reports false when another process holds the account.
	lock(ctx context.Context, account string) (bool, error)
	// held fails when the locks have been lost.
	held(ctx context.Context) error
	// unlock lets go of an account, or of none if it is empty; last says that there
	// is nothing left to hold.
	unlock(ctx context.Context, account string, last bool) error
}

// releaseTimeout is how long Release waits for a server that does not answer. A
// lock that it then leaves behind ends with the session.
const releaseTimeout = 5 * time.Second

// Own makes the caller the owner of an account, without waiting for another to let go of
// it: it fails with [ErrOwned] when there is one already. Runs that an earlier owner left in the
// middle become [RunInterrupted].
func (s *Store) Own(ctx context.Context, account string) (*Owner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doing := fmt.Sprintf("taking over account %q", account)
	if s.owned[account] {
		return nil, s.wrap(fmt.Errorf("%w: this process works on it already; nothing was done", ErrOwned), doing)
	}
	if err := s.lock(ctx, account); err != nil {
		if errors.Is(err, ErrOwned) {
			err = fmt.Errorf("%w: another foredesk works on it; nothing was done: stop that one first, or let it do the work", err)
		}
		return nil, s.wrap(err, doing)
	}
	s.owned[account] = true
	o := &Owner{s: s, account: account, locker: s.locker}
	if err := s.write(ctx, doing, func(t *tx) error { return o.nextEpoch(ctx, t) }); err != nil {
		if isLocked(err) {
			err = fmt.Errorf("%w: the one before has not ended what it was writing; nothing was done: try again in a few seconds: %w", ErrOwned, err)
		}
		return nil, errors.Join(err, s.unlock(account))
	}
	return o, nil
}

// lock takes the lock for one more account; s.mu is held.
func (s *Store) lock(ctx context.Context, account string) error {
	if err := s.openLocker(ctx); err != nil {
		return err
	}
	ok, err := s.locker.lock(ctx, account)
	if ok {
		return nil
	}
	if len(s.owned) == 0 && !s.joined {
		s.locker.unlock(ctx, "", true)
		s.locker = nil
	}
	if err != nil {
		return err
	}
	return ErrOwned
}

// openLocker sees to it that there is a locker; s.mu is held.
func (s *Store) openLocker(ctx context.Context) error {
	if s.locker != nil {
		return nil
	}
	l, err := s.newLocker(ctx)
	if err == nil {
		s.locker = l
	}
	return err
}

func (s *Store) newLocker(ctx context.Context) (locker, error) {
	if s.dialect.name == "sqlite" {
		l, err := ownFile(ctx, s.lockPath())
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	return s.newSession(ctx)
}

// unlock lets go of an owned account; s.mu is held.
func (s *Store) unlock(account string) error {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	delete(s.owned, account)
	last := len(s.owned) == 0 && !s.joined
	err := s.locker.unlock(ctx, account, last)
	if last {
		s.locker = nil
	}
	return s.wrap(err, fmt.Sprintf("giving up account %q", account))
}

// Owned reports whether some process owns the account at this moment, and in
// PostgreSQL the name of the machine that it runs on.
func (s *Store) Owned(ctx context.Context, account string) (owned bool, node string, err error) {
	doing := fmt.Sprintf("asking who owns account %q", account)
	if s.Shared() {
		owned, node, err = s.ownedBy(ctx, account)
		return owned, node, s.wrap(err, doing)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owned[account] || s.locker != nil { // who owns one account keeps others from all
		return s.owned[account], "", nil
	}
	owned, err = fileOwned(s.lockPath())
	return owned, "", s.wrap(err, doing)
}

// Release gives the account up. The Owner can't write any more.
func (o *Owner) Release() error {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.epoch.Swap(0) == 0 {
		return nil
	}
	return o.s.unlock(o.account)
}

// Account is the name of the account.
func (o *Owner) Account() string { return o.account }

// Held asks the database whether the account is still ours, and fails with
// [ErrLostOwnership] when it is not. An owner that has nothing to write for a
// while asks now and then, so as to stop watching what another node watches. Nobody
// who is just taking another account keeps it waiting.
func (o *Owner) Held(ctx context.Context) error {
	doing := fmt.Sprintf("asking who owns account %q", o.account)
	if o.epoch.Load() == 0 {
		return o.s.wrap(ErrLostOwnership, doing)
	}
	if err := o.locker.held(ctx); err != nil && ctx.Err() == nil {
		return o.s.wrap(fmt.Errorf("%w: its lock is gone with the connection: %w", ErrLostOwnership, err), doing)
	}
	var epoch int64
	err := o.s.reads.QueryRowContext(ctx, "SELECT epoch FROM accounts WHERE name = $1", o.account).Scan(&epoch)
	if err == nil && epoch != o.epoch.Load() {
		err = ErrLostOwnership
	}
	return o.s.wrap(err, doing)
}

// nextEpoch fences off every earlier owner.
func (o *Owner) nextEpoch(ctx context.Context, t *tx) error {
	if o.s.Shared() {
		if _, err := t.exec(ctx, waitBriefly); err != nil {
			return err
		}
	}
	row := t.tx.QueryRowContext(ctx, `INSERT INTO accounts (name, epoch) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET epoch = accounts.epoch + 1 RETURNING epoch`, o.account)
	var epoch int64
	if err := row.Scan(&epoch); err != nil {
		return err
	}
	o.epoch.Store(epoch)
	_, err := t.exec(ctx, "UPDATE runs SET state = $2 WHERE account = $1 AND state = $3",
		o.account, string(RunInterrupted), string(RunRunning))
	return err
}

// write runs fn in a transaction that commits only while the account is ours.
// The fence is an UPDATE rather than a SELECT so that, in PostgreSQL, the next
// owner's nextEpoch waits until this transaction has ended.
func (o *Owner) write(ctx context.Context, doing string, fn func(*tx) error) error {
	return o.s.write(ctx, doing, func(t *tx) error {
		n, err := t.exec(ctx, "UPDATE accounts SET epoch = epoch WHERE name = $1 AND epoch = $2", o.account, o.epoch.Load())
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w; nothing was written", ErrLostOwnership)
		}
		return fn(t)
	})
}
