package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// lookRound is how often a node looks who owns what: so much later, at most, it takes
// over what another has left.
const lookRound = 2 * time.Second

// takeLimit is how long it may take to take an account: as long as the session waits
// for an answer, as the looks stand still meanwhile.
const takeLimit = 8 * time.Second

// After so many failures in a row, with none of them longer than steady after the one
// before, an account ends its node. They are two looks apart, so that is half a
// minute: what passes by itself, such as a transaction that stood still or a port that
// another is about to free, has passed by then.
const (
	mostFailures = 8
	steady       = time.Minute
)

// share is this node's part of the accounts. One goroutine takes them and gives them
// up; each is watched in one of its own.
type share struct {
	desks  []*desk
	log    *slog.Logger
	shifts map[*desk]*shift // of the accounts that are owned here
	failed map[*desk]failures
	ended  chan *shift // those that are over; has room for all
	idle   int         // looks in a row that found nothing to do here
}

// shift is the time in which this node looks after one account.
type shift struct {
	*desk
	stop    context.CancelFunc
	stopped bool  // by us
	err     error // why it ended by itself
}

// failures are those of one account that came in a row.
type failures struct {
	times int
	last  time.Time
}

// shareAccounts looks after this node's share of the accounts until ctx ends. When
// the database is gone, and with it the ownership, it begins anew once it is back.
func shareAccounts(ctx context.Context, desks []*desk, hangup <-chan os.Signal, log *slog.Logger) error {
	s := &share{desks: desks, log: log, shifts: map[*desk]*shift{}, failed: map[*desk]failures{}, ended: make(chan *shift, len(desks))}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var rules sync.WaitGroup
	var rulesErr error
	rules.Go(func() {
		defer cancel()
		rulesErr = followRules(ctx, desks, hangup)
	})
	err := s.work(ctx)
	cancel()
	rules.Wait()
	return errors.Join(err, rulesErr)
}

// work is a node, again and again, until ctx ends or something is wrong that a new
// session does not mend.
func (s *share) work(ctx context.Context) error {
	again := time.NewTicker(lookRound)
	defer again.Stop()
	away := false
	for {
		node, err := s.desks[0].journal.Join(ctx, s.names())
		if err == nil {
			if away {
				s.log.Info("the database answers again")
			}
			away, err = s.asNode(ctx, node)
			if !away {
				return err
			}
			s.log.Error("the session with the database is lost; its accounts were given up, and are taken anew when the database answers", "error", err)
		} else if !away && ctx.Err() == nil {
			away = true
			s.log.Error("the database does not answer; it is asked again and again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

func (s *share) names() []string {
	var names []string
	for _, d := range s.desks {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// asNode takes accounts and gives them up until ctx ends or something goes wrong.
// lost says that it was the session, which takes the journal's writes along.
func (s *share) asNode(ctx context.Context, node *store.Node) (lost bool, err error) {
	defer node.Leave()
	err = s.turns(ctx, node)
	ends := s.giveUpAll()
	if ctx.Err() != nil {
		return false, errors.Join(err, ends)
	}
	// One cause has ended all of them, so what the others say is of no use.
	_, _, gone := node.Look(ctx)
	return gone != nil && ctx.Err() == nil, err
}

// turns goes on until ctx ends, the session is lost, or an account can't go on.
func (s *share) turns(ctx context.Context, node *store.Node) error {
	look := time.NewTicker(lookRound)
	defer look.Stop()
	for {
		if err := s.balance(ctx, node); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case over := <-s.ended:
			if err := s.over(over); err != nil {
				if err := s.trouble(ctx, node, over.desk, err); err != nil {
					return err
				}
			}
		case <-look.C:
		}
	}
}

// balance takes what is free, up to this node's share, and gives up what is above it.
func (s *share) balance(ctx context.Context, node *store.Node) error {
	nodes, free, err := node.Look(ctx)
	if err != nil {
		return err
	}
	most := (len(s.desks) + nodes - 1) / nodes
	mine := s.mine()
	for _, d := range s.desks {
		if mine >= most || s.shifts[d] != nil || !slices.Contains(free, d.Name) || time.Since(s.failed[d].last) < lookRound {
			continue
		}
		err := s.take(ctx, d)
		if err == nil {
			mine++
		} else if !errors.Is(err, store.ErrOwned) { // then another was quicker
			if err := s.trouble(ctx, node, d, err); err != nil {
				return err
			}
		}
	}
	for _, d := range slices.Backward(s.desks) {
		if on := s.shifts[d]; mine > most && on != nil && !on.stopped {
			s.log.Info("giving an account up for another node to take", "account", d.Name, "nodes", nodes, "share", most)
			on.stopped = true
			on.stop()
			mine--
		}
	}
	s.sayIdle(mine == 0 && len(free) == 0, nodes)
	return nil
}

// mine is how many accounts this node looks after, and goes on to.
func (s *share) mine() int {
	n := 0
	for _, on := range s.shifts {
		if !on.stopped {
			n++
		}
	}
	return n
}

// sayIdle says once that there is nothing to do here. A node that has just come gets
// its part within a look or two.
func (s *share) sayIdle(idle bool, nodes int) {
	if !idle {
		s.idle = 0
		return
	}
	if s.idle++; s.idle == 3 {
		s.log.Info("standing by: other nodes look after every account; what becomes free is taken over", "nodes", nodes)
	}
}

// take begins to look after an account.
func (s *share) take(ctx context.Context, d *desk) error {
	d.turning.Lock()
	defer d.turning.Unlock()
	// What is made now, such as the way to a calendar, lives in this context until the
	// shift is over: so it ends only if taking takes too long.
	taken, end := context.WithCancel(ctx)
	limit := time.AfterFunc(takeLimit, end)
	account, err := d.take(taken, nil)
	inTime := limit.Stop()
	if err != nil {
		end()
		if !inTime {
			err = fmt.Errorf("not within %v: %w", takeLimit, err)
		}
		return err
	}
	d.account = account
	noting, noted := context.WithTimeout(taken, takeLimit)
	defer noted()
	d.begun(noting)
	ctx, stop := context.WithCancel(taken)
	on := &shift{desk: d, stop: stop}
	s.shifts[d] = on
	go func() {
		defer end()
		on.watch(ctx)
		s.ended <- on
	}()
	return nil
}

// watch looks after the account until ctx ends or it can't go on, and gives it up.
func (on *shift) watch(ctx context.Context) {
	defer on.stop()
	err := on.account.Run(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	on.closeCalendar(ctx) // first: the next owner may be on this machine, and listen at the same port
	on.err = errors.Join(err, on.account.Release())
	on.turning.Lock()
	on.account = nil
	on.turning.Unlock()
}

// over takes note of a shift that has ended. An error is of the journal, and not of
// who owns what.
func (s *share) over(on *shift) error {
	delete(s.shifts, on.desk)
	switch {
	case errors.Is(on.err, store.ErrLostOwnership):
		s.log.Warn("an account is not this node's any more; nothing more is done for it here", "account", on.Name, "error", on.err)
	case on.stopped && on.err != nil:
		s.log.Warn("an account did not end well; who takes it next looks at what was begun", "account", on.Name, "error", on.err)
	case on.stopped:
		s.log.Info("gave an account up", "account", on.Name)
	default:
		return on.err
	}
	return nil
}

// trouble is that an account could not be taken or gone on with. An error ends the
// node, or its session with the database if that is what has ended.
func (s *share) trouble(ctx context.Context, node *store.Node, d *desk, cause error) error {
	_, _, gone := node.Look(ctx)
	if ctx.Err() == nil && gone != nil {
		return gone // every account's trouble, and said once
	}
	if ctx.Err() != nil {
		return fmt.Errorf("account %q: %w", d.Name, cause)
	}
	return s.again(d, cause)
}

// again leaves an account to be taken anew at one of the next looks, unless that was
// tried often enough, or the disk has failed, after which nothing is written any more.
func (s *share) again(d *desk, cause error) error {
	f := s.failed[d]
	if time.Since(f.last) > steady {
		f.times = 0
	}
	f = failures{times: f.times + 1, last: time.Now()}
	s.failed[d] = f
	if f.times >= mostFailures || errors.Is(cause, store.ErrIO) {
		return fmt.Errorf("account %q: %w", d.Name, cause)
	}
	s.log.Error("an account can't be looked after at the moment; it is taken anew", "account", d.Name, "error", cause, "failures", f.times, "ends_after", mostFailures)
	return nil
}

// giveUpAll ends every shift and waits for them.
func (s *share) giveUpAll() error {
	for _, on := range s.shifts {
		on.stop()
	}
	var errs []error
	for len(s.shifts) > 0 {
		on := <-s.ended
		delete(s.shifts, on.desk)
		if on.err != nil {
			errs = append(errs, fmt.Errorf("account %q: %w", on.Name, on.err))
		}
	}
	return errors.Join(errs...)
}
