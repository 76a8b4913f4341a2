package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Mail is the mail server of one account. Package mail's Account is one, by way
// of the wiring in cmd/daemon.
type Mail interface {
	// Watch hands new messages to arrive, folder by folder in the order of their
	// UIDs, until ctx ends. It mends its connections itself; an error of arrive
	// that is no *MailError ends it. With once it ends when nothing more is new.
	Watch(ctx context.Context, once bool, cursor CursorFunc, arrive ArriveFunc) error
	// Open makes a connection of its own.
	Open(ctx context.Context) (Session, error)
	// Follow says by which rules messages are read from now on, which tell the hours
	// and days that dates in prose are meant in, and for what: that is all that the
	// rules look at, or more.
	Follow(*rules.Set, rules.Needs)
}

// Session is one connection to the mail server.
type Session interface {
	// Scan reads the messages of a folder that are not deleted, in batches.
	Scan(ctx context.Context, folder string, q mailbox.Query, deliver func(context.Context, mailbox.Batch) error) error
	// Perform does changes and tells the outcome of each. With an error the
	// outcomes that are missing or Unknown may or may not have happened.
	Perform(ctx context.Context, changes []mailbox.Change) ([]mailbox.Outcome, error)
	// Raw reads a whole message, nil if it is no longer there.
	Raw(ctx context.Context, at mailbox.Ref, key, messageID string) ([]byte, error)
	// Append puts a message into a folder unless one with the Message-ID is there,
	// and tells where it lies.
	Append(ctx context.Context, folder string, flags []string, received time.Time, message []byte, messageID string) (mailbox.Ref, error)
	Close() error
}

// CursorFunc tells how far a folder has been seen; ok is false if it never was.
type CursorFunc func(ctx context.Context, folder string) (cursor mailbox.Cursor, ok bool, err error)

// ArriveFunc takes what is new in a folder. The session is the one that found
// it, and may be used until ArriveFunc returns.
type ArriveFunc func(ctx context.Context, s Session, b mailbox.Batch) error

// Config is what an Account is made of.
type Config struct {
	Name    string
	Mail    Mail
	Journal *store.Store
	Rules   *rules.Set
	Log     *slog.Logger
	// Folders are the watched ones.
	Folders []string
	// Outside does what happens outside the folders; nil where nothing may.
	Outside Outside
	// Calendar are the account's calendars; nil where it has none.
	Calendar *Calendars
	// Model is asked for summaries, and what rules ask; nil where there is none.
	Model Model
	// Letters are the mails to the executive; nil where none are sent.
	Letters *Letters
	// Approvers are the addresses of the assistant and the executive, by those
	// words, and under "desk" the one that answers go to.
	Approvers map[string]string
	// Strict believes answers only from senders that the mail server has confirmed.
	Strict bool
	// Observe, if set, hears what became of each new mail, as it happens. It is
	// called from the account's goroutines, one call at a time.
	Observe func(Event)
	// Now is the clock; nil for the machine's.
	Now func() time.Time
}

func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Account owns the mail of one executive: it watches, plans, performs and takes
// back. New mail is handled one batch at a time; what others ask for, one request
// at a time beside it.
type Account struct {
	Config
	owner *store.Owner
	rules atomic.Pointer[rules.Set]
	run   int64
	left  *ranUntil // a run whose end could not be written down; nil where there is none

	// acting is held from the plan of new mail to its end in the journal, and
	// while open steps are taken out of the journal: steps of new mail that are
	// being performed must not be taken for ones that were left.
	acting sync.Mutex
	wake   chan struct{}

	// While the account is watched, what happens outside the folders is done by a
	// goroutine of its own (besides), as a slow server there must hold up nothing
	// else. Without, it is done where it is planned.
	besides  bool
	errandAt chan struct{}
	gistAt   chan struct{}
	hands    inHand
	sent     sendings

	// What is on the calendar is done by a goroutine of its own as well, so that a
	// calendar that can't be reached never stops mail.
	eventAt         chan struct{}
	syncing         sync.Mutex
	mirroring       sync.Mutex           // held from a write to the mirror till the book has it
	book            atomic.Pointer[book] // nil until it was first read
	unread          atomic.Bool          // nothing of the calendar can be read at present
	keptAt          time.Time            // of keepCalendar alone
	calendarTrouble string               // the last that was reported
	refusals        int                  // of the sign-in, without a success in between
	told            atomic.Bool          // that another foredesk works on this account
	closed          atomic.Bool          // it was told that a folder can't be opened; see lies

	// Letters are planned and sent one at a time; what follows is of whoever does it.
	posting     sync.Mutex
	letters     map[string]settled   // by the key of the item
	zones       map[string]wakes     // by date
	collecting  map[string]time.Time // by the name of a digest: when rules last collected for it; nil until read
	lettersFrom time.Time            // see lettersSince; zero until it was asked for
	unsure      map[int64]time.Time  // steps of letters that may have been sent, and since when; nil until read

	arrived    atomic.Bool // since takeBackDue last looked
	tookBackAt time.Time   // of keepHouse alone
}

// Event is what was done with a message that had just arrived.
type Event struct {
	Item  store.Item
	Steps []store.Step // as they ended
}

// Take makes the caller the account's owner. It fails with store.ErrOwned while
// another process is.
func Take(ctx context.Context, c Config) (*Account, error) {
	own, err := c.Journal.Own(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	c.Observe = oneAtATime(c.Observe)
	a := &Account{Config: c, owner: own, wake: make(chan struct{}, 1), errandAt: make(chan struct{}, 1), gistAt: make(chan struct{}, 1), eventAt: make(chan struct{}, 1)}
	a.Log = c.Log.With("account", c.Name)
	a.UseRules(c.Rules)
	return a, nil
}

// Release gives the account up.
func (a *Account) Release() error { return a.owner.Release() }

// UseRules makes a rule set the one that acts from now on.
func (a *Account) UseRules(set *rules.Set) {
	a.rules.Store(set)
	a.Mail.Follow(set, a.needsOf(set))
}

// Run watches the account until ctx ends. A mail server that can't be reached is
// not an error: Watch goes on trying. An error means that the journal can't be
// written, or that the account has another owner.
func (a *Account) Run(ctx context.Context) error {
	var told time.Time
	for {
		err := a.during(ctx, false)
		if !errors.Is(err, store.ErrFull) {
			return err
		}
		if now := a.now(); told.IsZero() || now.Sub(told).Abs() >= fullAgain {
			told = now
			a.Log.Error("the disk is full: nothing new is begun until there is space, for which it is looked every "+fullPause.String(), "error", err)
		}
		space := time.NewTimer(fullPause)
		select {
		case <-ctx.Done():
			space.Stop()
			return nil
		case <-space.C:
		}
	}
}

// fullPause is between two looks whether a disk that was full has space again; that it
// has none is told once in fullAgain.
const (
	fullPause = 10 * time.Second
	fullAgain = time.Hour
)

// ranUntil is how a run has ended.
type ranUntil struct {
	run     int64
	state   store.RunState
	message string
	at      time.Time
}

// endWatch writes down how a run has ended. Where the disk is full, that is left for the
// next one to do: otherwise it would seem to run for ever.
func (a *Account) endWatch(ctx context.Context, r ranUntil) error {
	err := a.owner.EndRun(ctx, r.run, r.state, r.message, r.at)
	if a.left = nil; errors.Is(err, store.ErrFull) {
		a.left = &r
	}
	return err
}

// RunOnce handles what is new in the watched folders and ends.
func (a *Account) RunOnce(ctx context.Context) error { return a.during(ctx, true) }

func (a *Account) during(ctx context.Context, once bool) (err error) {
	set := a.rules.Load()
	if a.left != nil {
		if err := a.endWatch(ctx, *a.left); err != nil {
			return err
		}
	}
	a.run, err = a.owner.BeginRun(ctx, store.Run{Kind: store.KindRun, RulesHash: set.Hash, Started: a.now()})
	if err != nil {
		return err
	}
	defer func() {
		// The context may have ended; the journal still wants to know.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		state, message := store.RunDone, ""
		if err != nil {
			state, message = store.RunFailed, err.Error()
		}
		err = errors.Join(err, a.endWatch(ctx, ranUntil{a.run, state, message, a.now()}))
	}()
	if err := a.openBook(ctx); err != nil {
		return err
	}
	a.besides = !once
	defer func() { a.besides = false }()
	if err := a.Settle(ctx); err != nil {
		if !isMail(err) || once {
			return err
		}
		a.Log.Warn("unfinished work waits for the mail server", "error", err)
	}
	if once {
		return a.handleOnce(ctx)
	}
	return a.watchAndKeep(ctx)
}

// handleOnce handles what is new, and what is due besides.
func (a *Account) handleOnce(ctx context.Context) error {
	waits := a.SyncCalendar(ctx) // mail is handled though the calendar can't be reached
	if waits != nil && !isCalendar(waits) {
		return waits
	}
	if err := a.Mail.Watch(ctx, true, a.cursor, a.arrive); err != nil {
		return err
	}
	if a.needsOf(a.rules.Load()).History {
		if err := a.ReadPast(ctx); err != nil {
			return err
		}
	}
	if err := a.summariesOnce(ctx); err != nil {
		return err
	}
	if err := a.look(ctx, a.now()); isCalendar(err) && !isMail(err) {
		waits = errors.Join(waits, err)
	} else if err != nil {
		return err
	}
	waits = errors.Join(a.Settle(ctx), waits)
	if waits != nil && !isMail(waits) && !isCalendar(waits) {
		return waits
	}
	if err := a.keepLetters(ctx, a.now()); err != nil { // which ask as well
		return err
	}
	return errors.Join(a.askForApproval(ctx, a.now()), waits)
}

// watchAndKeep watches the folders and keeps house beside it. Whichever fails
// first ends the other.
func (a *Account) watchAndKeep(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var house sync.WaitGroup
	house.Go(func() {
		if err := a.keepHouse(ctx); err != nil {
			cancel(err)
		}
	})
	house.Go(func() {
		if err := a.keepErrands(ctx); err != nil {
			cancel(err)
		}
	})
	house.Go(func() {
		if err := a.keepCalendar(ctx); err != nil {
			cancel(err)
		}
	})
	house.Go(func() {
		if err := a.keepSummaries(ctx); err != nil {
			cancel(err)
		}
	})
	house.Go(func() { a.readPast(ctx) })
	err := a.Mail.Watch(ctx, false, a.cursor, a.arrive)
	cancel(err)
	house.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func (a *Account) cursor(ctx context.Context, folder string) (mailbox.Cursor, bool, error) {
	return a.Journal.Cursor(ctx, a.Name, folder)
}

// arrive handles new mail. After trouble with the mail server (a MailError) Watch
// connects again, and keepHouse looks at what was begun; trouble with the journal
// ends the account.
func (a *Account) arrive(ctx context.Context, s Session, b mailbox.Batch) error {
	a.acting.Lock()
	defer a.acting.Unlock()
	a.arrived.Store(true)
	w := &work{Account: a, session: s, set: a.rules.Load(), run: a.run, live: true}
	b, err := w.readFor(ctx, b)
	var steps []store.Step
	if err == nil {
		steps, err = w.plan(ctx, b)
	}
	if err == nil {
		err = w.perform(ctx, steps)
	}
	if isMail(err) || slices.ContainsFunc(steps, func(s store.Step) bool { return s.State == store.Planned }) {
		a.Wake()
	}
	return err
}

// readFor reads a batch again if it was read for rules that have been replaced
// meanwhile, and the new ones look at more.
func (w *work) readFor(ctx context.Context, b mailbox.Batch) (mailbox.Batch, error) {
	if len(b.Messages) == 0 || b.Needs.Cover(w.needs()) {
		return b, nil
	}
	var uids []uint32
	for _, m := range b.Messages {
		uids = append(uids, m.UID)
	}
	b.Messages = nil
	err := w.session.Scan(ctx, b.Folder, mailbox.Query{UIDs: uids, Threads: true}, func(_ context.Context, again mailbox.Batch) error {
		b.Messages = append(b.Messages, again.Messages...)
		return nil
	})
	if err != nil {
		return b, onServer(fmt.Errorf("reading new mail of %q for the new rules: %w", b.Folder, err))
	}
	return b, nil
}

// MailError is trouble with the mail server, as against trouble with the journal:
// what it kept from being done is done once the server is back.
type MailError struct{ Err error }

func (e *MailError) Error() string { return e.Err.Error() }
func (e *MailError) Unwrap() error { return e.Err }

func isMail(err error) bool {
	var trouble *MailError
	return errors.As(err, &trouble)
}

func onServer(err error) error {
	if err == nil {
		return nil
	}
	return &MailError{err}
}

// open makes a connection for work beside the watching.
func (a *Account) open(ctx context.Context) (Session, error) {
	s, err := a.Mail.Open(ctx)
	if err != nil {
		return nil, onServer(fmt.Errorf("connecting for account %q: %w", a.Name, err))
	}
	return s, nil
}
