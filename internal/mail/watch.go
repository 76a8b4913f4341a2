package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Cursors tells how far a folder has been seen, or false if it never was.
type Cursors func(ctx context.Context, folder string) (mailbox.Cursor, bool, error)

// Deliver takes what is new in a folder. It may call Perform on the session,
// which has the folder open. When it has returned nil, the batch counts as seen.
type Deliver func(context.Context, *Session, mailbox.Batch) error

// Watch hands over new mail of all watched folders, each on a connection and in
// a goroutine of its own, until ctx ends; it then returns why. Trouble with a
// connection or a server never ends it (see OnTrouble); an error of cursor or
// deliver does, unless that is ErrLost. See CatchUp for a single round.
//
// A folder that was never seen starts at its end: an empty Batch tells the
// cursor to store, and older mail is not touched. A batch that deliver did not
// take comes again.
//
// New mail is fetched as soon as the server tells of it. Should the connection
// be dead without a sign, mail is late by Config.Poll and 30 seconds at most,
// after which the connection is given up and made anew. A server that answers
// but never tells of new mail is asked again every nine minutes.
func (a *Account) Watch(ctx context.Context, cursor Cursors, deliver Deliver) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, folder := range a.cfg.Folders {
		w := a.watchOf(folder, cursor, deliver)
		all.Go(func() {
			if err := w.run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	all.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-a.sentWanted:
		}
		if err := a.watchOf(mailbox.Sent, cursor, deliver).run(ctx); err != nil {
			cancel(err)
		}
	})
	all.Wait()
	return context.Cause(ctx)
}

func (a *Account) watchOf(folder string, cursor Cursors, deliver Deliver) *folderWatch {
	return &folderWatch{a: a, named: folder, folder: folder, log: a.log.With("folder", folder), cursor: cursor, deliver: deliver}
}

// errNoSent: the account has no folder for sent mail yet, or it is watched by its
// name.
var errNoSent = errors.New("there is no folder for sent mail to be watched")

// folderWatch watches one folder.
type folderWatch struct {
	a       *Account
	named   string // as it was asked for: by its name, or its special use
	folder  string
	log     *slog.Logger
	cursor  Cursors
	deliver Deliver

	seen      mailbox.Cursor // as last delivered, or as cursor told
	known     bool           // there is a cursor
	selected  time.Time
	box       *imap.SelectData // of that: who delivers may select the folder anew, and hear the news
	worked    bool             // this connection came as far as to wait for news
	fruitless int              // times since then that the server told of mail and there was none
	poor      *poorLine        // the line must show first that it carries more than this
	patience  patience
	aside     []mailbox.Ref // was delivered as poison, but the line may have been to blame
	// Some servers overlook what comes between their last answer and IDLE, so
	// the first IDLE after work is a short one.
	busy bool
}

// ownError is one of cursor or deliver: the caller's, and the end of Watch.
type ownError struct{ err error }

func (e ownError) Error() string { return e.err.Error() }
func (e ownError) Unwrap() error { return e.err }

// run connects again and again. It returns an error of the caller's alone.
func (w *folderWatch) run(ctx context.Context) error {
	quick := growing(w.a.pace.retry, w.a.pace.retryMax)
	slow := growing(w.a.pace.slow, w.a.pace.slowMax)
	for {
		w.worked = false
		err := w.connection(ctx)
		var own ownError
		endless := errors.Is(err, errEndless)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &own):
			return own.err
		case errors.Is(err, errNoSent):
			select { // somebody may make one
			case <-ctx.Done():
			case <-time.After(w.a.pace.refresh):
			}
			continue
		case w.worked && !endless:
			quick.Reset()
			slow.Reset()
		}
		pause := quick.NextBackOff()
		if needsPerson(err) || endless {
			pause = slow.NextBackOff()
		}
		w.report(err, pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func growing(first, longest time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = first, longest, 2
	b.Reset()
	return b
}

// needsPerson says that trying again soon is of no use, and may lock the account.
func needsPerson(err error) bool {
	var signIn *SignInError
	var certificate *CertificateError
	return errors.As(err, &signIn) || errors.As(err, &certificate)
}

func (w *folderWatch) report(err error, pause time.Duration) {
	w.log.Warn("watching a folder was interrupted", "error", err, "again_in", pause.Round(time.Second).String())
	if w.a.trouble != nil {
		w.a.trouble(w.folder, err)
	}
}

// begin connects, and asks how far the folder has been seen.
func (w *folderWatch) begin(ctx context.Context) (*Session, error) {
	s, err := w.a.Open(ctx)
	if err != nil {
		return nil, err
	}
	if w.folder, err = s.target(ctx, w.named); err == nil && w.named != w.folder && slices.Contains(w.a.cfg.Folders, w.folder) {
		err = errNoSent
	}
	if err == nil {
		if w.seen, w.known, err = w.cursor(ctx, w.folder); err != nil {
			err = ownError{err}
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	w.selected, s.patience = time.Time{}, &w.patience
	return s, nil
}

// connection is the life of one connection, up to the error that ends it.
func (w *folderWatch) connection(ctx context.Context) error {
	s, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	err = w.serve(ctx, s)
	if errors.Is(s.conn.cause(), errEndless) {
		err = fmt.Errorf("%w: %w", err, errEndless)
	}
	errors.As(err, &w.poor)
	return err
}

func (w *folderWatch) serve(ctx context.Context, s *Session) error {
	if err := w.afterPoorLine(ctx, s); err != nil {
		return err
	}
	for {
		if err := w.catchUp(ctx, s); err != nil {
			return err
		}
		w.worked, w.patience = true, patience{once: w.patience.once}
		poll := w.a.cfg.Poll
		if w.busy {
			poll, w.busy = min(poll, w.a.pace.settle), false
		}
		if err := s.idle(ctx, poll); err != nil {
			return err
		}
	}
}

// catchUp reads until there is nothing new. EXISTS may come with any answer,
// also while deliver works, so it is looked for once more before each IDLE.
func (w *folderWatch) catchUp(ctx context.Context, s *Session) error {
	for {
		fresh := s.folder != w.folder || s.box != w.box || time.Since(w.selected) >= w.a.pace.refresh
		if fresh {
			if err := s.selectFolder(ctx, w.folder, true); err != nil {
				if missing, err := s.isMissing(ctx, w.folder, err); !missing || w.named != mailbox.Sent {
					return err
				}
				return errNoSent
			}
			w.selected, w.busy, w.fruitless, w.box = time.Now(), true, 0, s.box
		}
		news := fresh && w.behind(s)
		select {
		case <-s.news:
			news = true
		default:
		}
		if !news {
			return nil
		}
		before := w.seen
		if err := w.readNew(ctx, s, fresh); err != nil {
			return err
		}
		if w.seen == before && w.box != nil && s.box.UIDNext == w.box.UIDNext && s.box.NumMessages == w.box.NumMessages {
			w.box = s.box // of a new connection, to which nothing is new
		}
		if w.seen == before && !fresh {
			w.fruitless++
		}
		if w.fruitless > maxFruitless {
			return fmt.Errorf("%w: %w: of mail that is not there", ErrLost, errEndless)
		}
	}
}

// behind says whether a folder just selected holds what is not seen yet.
// Servers from before RFC 3501 may not tell UIDNEXT.
func (w *folderWatch) behind(s *Session) bool {
	return !w.known || s.box.UIDValidity != w.seen.UIDValidity || uint32(s.box.UIDNext) != w.seen.UIDNext
}

// readNew reads and delivers what is beyond the cursor. Fresh says that the
// folder has just been selected.
func (w *folderWatch) readNew(ctx context.Context, s *Session, fresh bool) error {
	// UIDs that went back are those of a mailbox restored from a backup.
	wentBack := fresh && s.box.UIDNext != 0 && uint32(s.box.UIDNext) < w.seen.UIDNext
	switch {
	case !w.known:
		return w.startAt(ctx, s, s.box)
	case s.box.UIDValidity != w.seen.UIDValidity || wentBack:
		return w.readRenumbered(ctx, s)
	case uint64(s.box.UIDNext) <= uint64(w.seen.UIDNext)+maxBatch:
		return w.readFew(ctx, s)
	}
	return w.readMany(ctx, s)
}

// readFew asks for all that is new in one round trip, which is quicker than to
// ask first which there are.
func (w *folderWatch) readFew(ctx context.Context, s *Session) error {
	start := w.a.cfg.Now()
	role, err := s.role(ctx, w.folder)
	if err != nil {
		return err
	}
	needs := w.a.needsNow(mailbox.Query{Threads: true})
	request := s.milder(wantFor(needs))
	got, err := s.wait(ctx, s.ask(imap.UIDSet{{Start: imap.UID(w.seen.UIDNext)}}, request))
	if err == nil {
		got, err = s.complete(ctx, got)
	}
	if errors.As(err, new(*poorLine)) {
		return err
	}
	if err != nil {
		// Too many after all, or one that cannot be read: readMany takes them apart.
		if err := s.mend(ctx, err); err != nil {
			return err
		}
		return w.readMany(ctx, s)
	}
	// "41:*" is message 40 where that is the last one (RFC 9051 9, seq-range).
	got = slices.DeleteFunc(got, func(a *answer) bool { return a.uid < w.seen.UIDNext })
	if len(got) == 0 {
		return nil
	}
	if err := s.lookAtQuota(ctx, needs); err != nil {
		return err
	}
	if err := s.readBodies(ctx, got, needs); err != nil {
		return w.a.about("reading the texts of the folder", w.folder, err)
	}
	batch := s.a.batch(s.view(w.folder, role), got, needs)
	batch.Next.UIDNext, batch.Next.SeenAt = got[len(got)-1].uid+1, start
	return w.hand(ctx, s, batch)
}

func (w *folderWatch) readMany(ctx context.Context, s *Session) error {
	start := w.a.cfg.Now()
	uids, err := s.resolve(ctx, w.folder, mailbox.Query{FromUID: w.seen.UIDNext})
	if err != nil {
		return w.a.about("reading the folder", w.folder, err)
	}
	return s.each(ctx, w.folder, uids, mailbox.Query{Threads: true}, func(ctx context.Context, batch mailbox.Batch) error {
		batch.Next.SeenAt = start
		return w.hand(ctx, s, batch)
	})
}

// startAt lets a folder start at the end that it had when it was selected.
func (w *folderWatch) startAt(ctx context.Context, s *Session, box *imap.SelectData) error {
	next := uint32(box.UIDNext)
	if next == 0 {
		uids, err := s.search(ctx, &imap.SearchCriteria{})
		if err != nil {
			return w.a.about("reading the folder", w.folder, err)
		}
		next = 1
		if len(uids) > 0 {
			next = uids[len(uids)-1] + 1
		}
	}
	return w.hand(ctx, s, mailbox.Batch{Folder: w.folder, Next: mailbox.Cursor{
		UIDValidity: box.UIDValidity, UIDNext: next, ModSeq: box.HighestModSeq, SeenAt: w.a.cfg.Now().Add(-time.Since(w.selected)),
	}})
}

// hand delivers a batch and moves the cursor. An ErrLost is the session's.
func (w *folderWatch) hand(ctx context.Context, s *Session, batch mailbox.Batch) error {
	aside := s.aside
	s.patience = nil // who delivers wants an answer of what else they ask for
	defer func() { s.patience = &w.patience }()
	if err := w.deliver(ctx, s, batch); errors.Is(err, ErrLost) {
		return err
	} else if err != nil {
		return ownError{err}
	}
	// What the delivery set aside by itself, as it read on, is for the next time.
	w.aside, s.aside = append(w.aside, aside...), slices.Delete(s.aside, 0, len(aside))
	w.seen, w.known, w.busy = batch.Next, true, true
	return nil
}

// clockSkew is how far the server's clock may be off when a folder was
// renumbered. What is delivered twice then is known by its key.
const clockSkew = time.Minute

// readRenumbered finds the way into a folder whose UIDs are new, or went back,
// by the time when it was last seen: what was received later is new. The cursor
// stays what it was until the last batch, so that nothing is left out if that
// is interrupted.
func (w *folderWatch) readRenumbered(ctx context.Context, s *Session) error {
	w.log.Warn("the server has renumbered the folder (new UIDVALIDITY); mail received since it was last seen counts as new",
		"since", w.seen.SeenAt, "uidvalidity", s.box.UIDValidity)
	// Reading may select the folder anew: what comes meanwhile is beyond this box.
	box, old, since := s.box, w.seen, w.seen.SeenAt.Add(-clockSkew)
	if old.SeenAt.IsZero() {
		return w.startAt(ctx, s, box)
	}
	uids, err := s.resolve(ctx, w.folder, mailbox.Query{Since: since})
	if err != nil {
		return w.a.about("reading the folder", w.folder, err)
	}
	err = s.each(ctx, w.folder, uids, mailbox.Query{Threads: true}, func(ctx context.Context, batch mailbox.Batch) error {
		batch.Messages = slices.DeleteFunc(batch.Messages, func(m mailbox.Message) bool {
			return m.Poison == "" && m.Item.Received.Before(since)
		})
		batch.Next = old
		return w.hand(ctx, s, batch)
	})
	if err != nil {
		return err
	}
	return w.startAt(ctx, s, box)
}

// idle waits for news, for as long as poll at most (RFC 2177). Leaving IDLE, or
// NOOP, shows whether the server is still there: it has pace.answer for that.
func (s *Session) idle(ctx context.Context, poll time.Duration) error {
	timer := time.NewTimer(poll)
	defer timer.Stop()
	if s.noIdle {
		if _, err := s.await(ctx, timer.C); err != nil {
			return err
		}
		return s.noop(ctx)
	}
	heard, err := s.idleOnce(ctx, timer.C)
	if refusal(err) != nil {
		s.noIdle = true
		return nil
	}
	if err != nil || heard {
		return err
	}
	// Some servers are slow to tell in IDLE but look when they are asked.
	return s.noop(ctx)
}

func (s *Session) idleOnce(ctx context.Context, end <-chan time.Time) (heard bool, err error) {
	var leave func() error
	err = s.run(ctx, s.a.pace.answer, func() error {
		cmd, err := s.client.Idle()
		if err != nil {
			return err
		}
		leave = func() error { return errors.Join(cmd.Close(), cmd.Wait()) }
		return nil
	})
	if err != nil {
		return false, err
	}
	if heard, err = s.await(ctx, end); err != nil {
		return false, err
	}
	return heard, s.run(ctx, s.a.pace.answer, leave)
}

// await returns at news, when the time is over, or when the connection ends.
func (s *Session) await(ctx context.Context, end <-chan time.Time) (heard bool, err error) {
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-s.client.Closed():
		return false, fmt.Errorf("%w: the server closed it", ErrLost)
	case <-s.news:
		// The signal is for catchUp, which reads it again.
		select {
		case s.news <- struct{}{}:
		default:
		}
		return true, nil
	case <-end:
		return false, nil
	}
}

func (s *Session) noop(ctx context.Context) error {
	return s.run(ctx, s.a.pace.answer, func() error { return s.client.Noop().Wait() })
}
