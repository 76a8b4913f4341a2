package store

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

var threeDesks = []string{"dana", "erin", "tom"}

func join(t *testing.T, s *Store, accounts ...string) *Node {
	t.Helper()
	n, err := s.Join(t.Context(), accounts)
	must(t, err)
	t.Cleanup(n.Leave)
	return n
}

// sees checks what a node is told. The server takes a moment to see that a session
// has been ended.
func (n *Node) sees(t *testing.T, nodes int, free ...string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		count, none, err := n.Look(t.Context())
		if err == nil && count == nodes && slices.Equal(none, free) {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Errorf("it sees %d nodes and %q free, want %d and %q; %v", count, none, nodes, free, err)
			return
		}
	}
}

// Nodes know each other, and who owns what, by their sessions.
func TestNodesKnowEachOther(t *testing.T) {
	dsn := storetest.Postgres(t)
	one, two := open(t, dsn), open(t, dsn)
	a := join(t, one, threeDesks...)
	a.sees(t, 1, threeDesks...)
	dana := own(t, one, "dana")
	b := join(t, two, threeDesks...)
	a.sees(t, 2, "erin", "tom")
	b.sees(t, 2, "erin", "tom")
	own(t, two, "tom")
	join(t, open(t, dsn), "dana", "erin").sees(t, 1, "erin") // with other accounts: a stranger
	a.sees(t, 2, "erin")
	must(t, dana.Release())
	b.sees(t, 2, "dana", "erin")
	a.Leave()
	b.sees(t, 1, "dana", "erin")
	join(t, one, threeDesks...).sees(t, 2, "dana", "erin")
}

// A node whose session is ended owns nothing at once, and is told so. It may begin
// anew.
func TestANodeWithoutItsSessionIsNone(t *testing.T) {
	dsn := storetest.Postgres(t)
	lost, other := open(t, dsn), open(t, dsn)
	a := join(t, lost, threeDesks...)
	dana := own(t, lost, "dana")
	b := join(t, other, threeDesks...)
	tom := own(t, other, "tom")
	endSession(t, other, "dana")
	if _, _, err := a.Look(t.Context()); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Look: %v", err)
	}
	if err := dana.Held(t.Context()); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Held: %v", err)
	}
	b.sees(t, 1, "dana", "erin")
	if err := tom.Held(t.Context()); err != nil {
		t.Errorf("the other's: %v", err)
	}
	if err := dana.Release(); err == nil {
		t.Error("a session that is gone let go of an account")
	}
	a.Leave()
	join(t, lost, threeDesks...).sees(t, 2, "dana", "erin")
	own(t, lost, "dana")
	b.sees(t, 2, "erin")
	faulttest.Injected(t, "32", 1)
}

// Whoever takes over from a node that stands still in the middle of a write is not
// held up by it, and gets the account once the server has thrown that write away.
func TestANodeThatStandsStillInAWriteHoldsNobodyUp(t *testing.T) {
	dsn := storetest.Postgres(t)
	lost, other := open(t, dsn), open(t, dsn)
	join(t, lost, threeDesks...)
	dana := own(t, lost, "dana")
	still := make(chan struct{})
	written := make(chan error, 1)
	stands := make(chan struct{})
	go func() {
		written <- dana.write(t.Context(), "standing still", func(*tx) error {
			close(stands)
			<-still
			return nil
		})
	}()
	<-stands
	endSession(t, other, "dana")
	began := time.Now()
	if _, err := other.Own(t.Context(), "dana"); !errors.Is(err, ErrOwned) || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	for {
		o, err := other.Own(t.Context(), "dana")
		if err == nil {
			must(t, o.Release())
			break
		}
		if !errors.Is(err, ErrOwned) || time.Since(began) > 30*time.Second {
			t.Fatal(err)
		}
	}
	t.Logf("the account was free %v after its owner stood still", time.Since(began).Round(time.Millisecond))
	close(still)
	if err := <-written; err == nil {
		t.Error("what it had begun was written all the same")
	}
	faulttest.Injected(t, "32", 1)
}

// endSession ends the session that owns an account, and waits until it has ended.
func endSession(t *testing.T, s *Store, account string) {
	t.Helper()
	const ofAccount = `FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = $1`
	_, err := s.reads.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) "+ofAccount, lockID(account))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for held := 1; held > 0; {
		must(t, s.reads.QueryRowContext(ctx, "SELECT count(*) "+ofAccount, lockID(account)).Scan(&held))
	}
}

// All accounts of a process share one session. That many of them ask in it at once,
// and that some of them end in the middle of asking, takes it from nobody.
func TestTheSessionOutlivesThoseWhoAskInIt(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	n := join(t, s, threeDesks...)
	var all sync.WaitGroup
	for _, account := range threeDesks {
		o := own(t, s, account)
		for i := range 100 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
				defer cancel()
				if err := o.Held(ctx); errors.Is(err, ErrLostOwnership) {
					t.Errorf("Held: %v", err)
				}
			})
		}
	}
	all.Wait()
	n.sees(t, 1)
}

// Who owns an account is asked without taking it from anybody.
func TestAskingForTheOwner(t *testing.T) {
	dsn := storetest.Postgres(t)
	s, asker := open(t, dsn), open(t, dsn)
	own(t, s, "dana")
	machine, err := os.Hostname()
	must(t, err)
	if owned, node, err := asker.Owned(t.Context(), "dana"); !owned || node != machine || err != nil {
		t.Errorf("dana: %v, by %q, %v; want %q", owned, node, err, machine)
	}
	if owned, node, err := asker.Owned(t.Context(), "erin"); owned || node != "" || err != nil {
		t.Errorf("erin: %v, by %q, %v", owned, node, err)
	}
}

// An owner that asks whether it still is one waits no longer than it wants to, while
// the same process takes another account of a database that does not answer.
func TestWhoAsksIsNotHeldUpByTheTakingOfAnother(t *testing.T) {
	dsn := storetest.Postgres(t)
	s, asker := open(t, dsn), open(t, dsn)
	join(t, s, threeDesks...)
	dana := own(t, s, "dana")
	for range s.writes.Stats().MaxOpenConnections - 1 { // one is the session's
		conn, err := s.writes.Conn(t.Context())
		must(t, err)
		defer conn.Close()
	}
	taking, stop := context.WithCancel(t.Context())
	defer stop()
	taken := make(chan error, 1)
	go func() {
		_, err := s.Own(taking, "erin")
		taken <- err
	}()
	for owned := false; !owned; {
		var err error
		owned, _, err = asker.Owned(t.Context(), "erin")
		must(t, err)
	}
	asked := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		asked <- dana.Held(ctx)
	}()
	select {
	case err := <-asked:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Held: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Held waits for who takes another account")
	}
	stop()
	if err := <-taken; !errors.Is(err, context.Canceled) {
		t.Errorf("Own: %v", err)
	}
	if owned, _, err := asker.Owned(t.Context(), "erin"); owned || err != nil {
		t.Errorf("what was not taken is owned: %v, %v", owned, err)
	}
}

// An account whose lock could not be let go of, since the session was busy for too
// long, does not stay with a node that does not know of it: the session ends.
func TestALockThatIsNotLetGoOfEndsTheSession(t *testing.T) {
	dsn := storetest.Postgres(t)
	s, other := open(t, dsn), open(t, dsn)
	a, b := join(t, s, threeDesks...), join(t, other, threeDesks...)
	dana, erin := own(t, s, "dana"), own(t, s, "erin")
	a.session.turn <- struct{}{}
	if err := dana.Release(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Release: %v", err)
	}
	<-a.session.turn
	b.sees(t, 1, threeDesks...)
	if err := erin.Held(t.Context()); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Held: %v", err)
	}
	if _, _, err := a.Look(t.Context()); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Look: %v", err)
	}
}
