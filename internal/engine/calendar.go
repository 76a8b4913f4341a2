package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Calendar is the calendar server of one account. Package calendar's Client is
// one.
type Calendar interface {
	// Sync asks each calendar for what has changed since it was last seen. With an
	// error, what it returns is what could be asked all the same.
	Sync(ctx context.Context, known []datebook.Calendar) ([]datebook.Sync, error)
	// Do does one change. It may be asked for the same again after a crash.
	Do(ctx context.Context, c datebook.Change) datebook.Outcome
	// FreeBusy tells when people are busy, by address; those of whom nothing can be
	// known are left out.
	FreeBusy(ctx context.Context, people []string, from, to time.Time) (map[string][]datebook.Span, error)
	// Woken tells, where the server pushes, that something has changed; nil where it
	// does not.
	Woken() <-chan struct{}
}

// Calendars are an account's calendars, and how often they are looked at.
type Calendars struct {
	Calendar
	Poll time.Duration
	// Version stands in the provenance of what is made.
	Version string
}

const (
	soon      = 24 * time.Hour  // an event this near is about to start
	keepEvery = 5 * time.Minute // how often what hangs on the clock is looked at, though nothing changed
	daysAhead = 14
)

// CalendarError is trouble with the calendar server: what it kept from being done
// is done once the server is back, and mail goes on meanwhile.
type CalendarError struct{ Err error }

func (e *CalendarError) Error() string { return e.Err.Error() }
func (e *CalendarError) Unwrap() error { return e.Err }

func isCalendar(err error) bool {
	var trouble *CalendarError
	return errors.As(err, &trouble)
}

// keepCalendar follows the account's calendars, and does what is due on them,
// until ctx ends. Trouble with their server is no error.
func (a *Account) keepCalendar(ctx context.Context) error {
	if a.Calendar == nil {
		return a.withoutCalendar(ctx)
	}
	poll, look := time.NewTicker(a.Calendar.Poll), time.NewTicker(lookEvery)
	defer poll.Stop()
	defer look.Stop()
	woken := a.Calendar.Woken()
	err := a.syncAndKeep(ctx, a.now())
	for {
		if isCalendar(err) {
			a.reportTrouble(err)
		} else if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
			err = a.syncAndKeep(ctx, a.now())
		case <-woken:
			err = a.syncAndKeep(ctx, a.now())
		case <-look.C:
			err = a.keep(ctx, a.now(), false)
		case <-a.eventAt:
			err = a.doEvents(ctx)
		}
	}
}

// withoutCalendar does what rules ask of a calendar that the account does not have:
// invitations are answered by mail, and the rest fails with the reason.
func (a *Account) withoutCalendar(ctx context.Context) error {
	for {
		if err := a.doEvents(ctx); err != nil && !isCalendar(err) && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.eventAt:
		}
	}
}

// runEvents makes keepCalendar look at once at what is to be done.
func (a *Account) runEvents() {
	select {
	case a.eventAt <- struct{}{}:
	default:
	}
}

// openBook reads what the mirror knows before the server is first asked.
func (a *Account) openBook(ctx context.Context) error {
	if a.Calendar == nil || a.book.Load() != nil {
		return nil
	}
	b, err := a.readBook(ctx, a.rules.Load(), nil, a.now())
	if err == nil {
		a.book.Store(b)
	}
	return err
}

// SyncCalendar brings the mirror up to date and follows the rules over what has
// changed. Run does it by itself; others may while Run does not run.
func (a *Account) SyncCalendar(ctx context.Context) error {
	if a.Calendar == nil {
		return nil
	}
	if err := a.openBook(ctx); err != nil {
		return err
	}
	if a.run != 0 {
		return a.syncAndKeep(ctx, a.now())
	}
	run, err := a.owner.BeginRun(ctx, store.Run{Kind: store.KindRun, RulesHash: a.rules.Load().Hash, Started: a.now()})
	if err != nil {
		return err
	}
	a.run = run
	defer func() { a.run = 0 }()
	return a.endRun(ctx, run, "", a.syncAndKeep(ctx, a.now()))
}

// syncAndKeep asks the server what has changed, plans by the rules what that
// calls for, and does what is due. What one calendar refuses does not keep the
// others from it.
func (a *Account) syncAndKeep(ctx context.Context, now time.Time) error {
	changed, trouble := a.sync(ctx, now)
	if trouble != nil && !isCalendar(trouble) {
		return trouble
	}
	if err := a.keep(ctx, now, changed); err != nil {
		return err
	}
	if err := a.doEvents(ctx); err != nil {
		if !isCalendar(err) {
			return err
		}
		trouble = errors.Join(trouble, err)
	}
	return trouble
}

// sync asks the server what has changed and writes it down together with what the
// rules make of it. It reports whether anything had. A CalendarError says what could
// not be asked; any other, that the journal could not be written.
func (a *Account) sync(ctx context.Context, now time.Time) (changed bool, err error) {
	a.syncing.Lock()
	defer a.syncing.Unlock()
	known, err := a.counted(ctx)
	if err != nil {
		return false, err
	}
	syncs, trouble := a.Calendar.Sync(ctx, known)
	a.noteTrouble(ctx, trouble, len(syncs) > 0)
	if trouble != nil {
		trouble = &CalendarError{fmt.Errorf("asking what has changed on the calendar of account %q: %w", a.Name, trouble)}
	}
	for i := range syncs {
		syncs[i].Calendar.SeenAt = now
		changed = changed || syncs[i].Whole || len(syncs[i].Events) > 0
	}
	if trouble == nil {
		if err := a.forget(ctx, known, syncs); err != nil {
			return false, err
		}
	}
	if len(syncs) == 0 {
		return false, trouble
	}
	w := &work{Account: a, set: a.rules.Load(), run: a.run, live: true}
	if !changed && a.book.Load().diary.To.After(now.Add(bookAhead-time.Hour)) {
		err = w.seen(ctx, syncs, now)
	} else {
		changed, err = true, w.planSync(ctx, syncs, now)
	}
	if err != nil {
		return false, err
	}
	return changed, trouble
}

// noteTrouble keeps in mind whether the calendar can be read: while nothing of it
// can, nothing is done on it either. Each attempt would count, and what is there
// by then is not known.
func (a *Account) noteTrouble(ctx context.Context, trouble error, some bool) {
	a.unread.Store(trouble != nil && !some)
	switch {
	case trouble == nil:
		a.calendarTrouble, a.refusals = "", 0
	case errors.Is(trouble, datebook.ErrSignIn):
		a.refusals++
		a.tellSignedOut(ctx)
	}
}

// counted are the calendars of the mirror, each with how many events it has.
func (a *Account) counted(ctx context.Context) ([]datebook.Calendar, error) {
	known, err := a.Journal.Calendars(ctx, a.Name)
	for i := range known {
		if err == nil && known[i].Events == 0 {
			known[i].Events, err = a.Journal.SyncedEvents(ctx, a.Name, known[i].ID)
		}
	}
	return known, err
}

// forget takes calendars out of the mirror, and out of the book, that the
// configuration does not name any more.
func (a *Account) forget(ctx context.Context, known []datebook.Calendar, syncs []datebook.Sync) error {
	forgotten := false
	for _, c := range known {
		if slices.ContainsFunc(syncs, func(s datebook.Sync) bool { return s.Calendar.ID == c.ID }) {
			continue
		}
		a.Log.Info("a calendar is not followed any more")
		if err := a.owner.ForgetCalendar(ctx, c.ID); err != nil {
			return err
		}
		forgotten = true
	}
	if !forgotten {
		return nil
	}
	return a.readAgain(ctx)
}

// readAgain makes the book anew of what the mirror has by now.
func (a *Account) readAgain(ctx context.Context) error {
	a.mirroring.Lock()
	defer a.mirroring.Unlock()
	return a.readAgainLocked(ctx)
}

func (a *Account) readAgainLocked(ctx context.Context) error {
	b, err := a.readBook(ctx, a.rules.Load(), nil, a.now())
	if err != nil {
		return err
	}
	if was := a.book.Load(); was != nil {
		b.whole = was.whole
	}
	a.book.Store(b)
	return nil
}

// seen writes down that calendars were asked, and had nothing to tell.
func (w *work) seen(ctx context.Context, syncs []datebook.Sync, now time.Time) error {
	w.mirroring.Lock()
	defer w.mirroring.Unlock()
	_, err := w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: now, Syncs: syncs})
	if err != nil {
		return err
	}
	b := *w.book.Load()
	diary := *b.diary
	diary.At = now
	b.diary, b.calendars = &diary, withSyncs(b.calendars, syncs)
	w.book.Store(&b)
	return nil
}

// planSync works out what the rules do to what has changed, and writes it into
// the journal together with the changes. Calendars that were never seen before
// are taken as they are: rules act on what comes from then on.
func (w *work) planSync(ctx context.Context, syncs []datebook.Sync, now time.Time) error {
	w.mirroring.Lock()
	defer w.mirroring.Unlock()
	before := w.book.Load()
	after, err := w.readBook(ctx, w.set, syncs, now)
	if err != nil {
		return err
	}
	if fresh := firstSeen(before, syncs); len(fresh) == len(syncs) && len(before.calendars) == 0 {
		before = after
	} else if len(fresh) > 0 {
		whole := before.whole
		if len(fresh) == len(syncs) {
			same := *after // it has changed by nothing else
			before = &same
		} else if before, err = w.readBook(ctx, w.set, fresh, now); err != nil {
			return err
		}
		before.whole = whole
	}
	p := store.Plan{RunID: w.run, Planned: now, Syncs: syncs}
	planned, err := w.occasions(ctx, after.diary, differ(before, after, w.set.Timezone, now), now)
	if err != nil {
		return err
	}
	steps, err := w.commitOccasions(ctx, p, planned)
	if err != nil {
		return err
	}
	w.book.Store(after)
	w.tell(steps, nil)
	return nil
}

// firstSeen are those syncs whose calendar was not known before.
func firstSeen(b *book, syncs []datebook.Sync) (fresh []datebook.Sync) {
	for _, s := range syncs {
		known := false
		for _, c := range b.calendars {
			known = known || c.ID == s.Calendar.ID && !c.SeenAt.IsZero()
		}
		if !known {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// keep follows the rules over what hangs on the clock rather than on a change:
// events that are about to start, days, schedules, and what has been put on the
// calendar before.
func (a *Account) keep(ctx context.Context, now time.Time, changed bool) error {
	b := a.book.Load()
	if b == nil || len(b.calendars) == 0 {
		return nil
	}
	if !changed && now.Sub(a.keptAt) < keepEvery && sameDay(now, a.keptAt, a.rules.Load().Timezone) && !a.starting(b.diary, now) {
		return nil
	}
	w := &work{Account: a, set: a.rules.Load(), run: a.run, live: true, known: true}
	due, err := a.dueRules(ctx, w.set, now, onCalendar)
	if err != nil {
		return err
	}
	look := eventsBetween(b.diary, now, now.Add(soon))
	planned, err := w.occasions(ctx, b.diary, look, now)
	if err != nil {
		return err
	}
	days, err := w.days(ctx, b.diary, now)
	if err != nil {
		return err
	}
	planned = append(planned, days...)
	if len(due) > 0 {
		w.only = due
		again, err := w.occasions(ctx, b.diary, eventsBetween(b.diary, now, b.diary.To), now)
		if err != nil {
			return err
		}
		w.only, planned = nil, append(planned, again...)
	}
	steps, err := w.commitOccasions(ctx, store.Plan{RunID: w.run, Planned: now}, planned)
	if err != nil {
		return err
	}
	w.tell(steps, nil)
	if err := w.keepOurs(ctx, now); err != nil {
		return err
	}
	if err := w.takeBackOccasions(ctx, now); err != nil {
		return err
	}
	a.keptAt = now
	if len(due) > 0 {
		return a.owner.HasRun(ctx, names(due), now)
	}
	return nil
}

func sameDay(a, b time.Time, zone *time.Location) bool {
	return dateOf(a.In(zone)) == dateOf(b.In(zone))
}

// starting reports whether an event comes so near within the next minutes that a
// rule may wait for it.
func (a *Account) starting(d *rules.Diary, now time.Time) bool {
	for _, e := range eventsBetween(d, now, now.Add(time.Hour)) {
		if e.Start.After(now) {
			return true
		}
	}
	return false
}

// eventsBetween are the occurrences that have not ended and begin before an
// instant.
func eventsBetween(d *rules.Diary, from, to time.Time) (list []rules.Event) {
	for _, e := range d.Events {
		if !e.Start.Before(to) {
			break
		}
		if e.End.After(from) {
			list = append(list, e)
		}
	}
	return list
}

func onCalendar(r *rules.Rule) bool { return r.On == "event" || r.On == "day" }

func onMail(r *rules.Rule) bool { return !onCalendar(r) }

// reportTrouble logs trouble with the calendar once, not at each poll.
func (a *Account) reportTrouble(err error) {
	if err.Error() == a.calendarTrouble {
		return
	}
	a.calendarTrouble = err.Error()
	a.Log.Warn("the calendar has to wait", "error", err)
}

// tellSignedOut asks the assistant for a new sign-in, once. One refusal may be of
// a token that has just run out; the second in a row is not.
func (a *Account) tellSignedOut(ctx context.Context) {
	if a.refusals != 2 || a.Outside == nil || a.Approvers["assistant"] == "" {
		return
	}
	text := "Foredesk can't reach the calendar of the account " + a.Name + " any more: its sign-in was taken back, or has run out. " +
		"What concerns the calendar waits till somebody signs in again; mail is handled as ever.\n\nOn the machine that runs it:\n\n    foredesk auth google --account " + a.Name + "\n"
	outcome := a.Outside.Do(ctx, mailbox.Errand{
		Key: "signed out\x00" + a.now().Format(time.DateOnly), Account: a.Name, Now: a.now(),
		Op: mailbox.Op{Kind: mailbox.Outside, Do: "notify", Arg: "assistant", With: map[string]string{"subject": "The calendar needs a new sign-in", "text": text}},
	})
	if outcome.Result != mailbox.Done {
		a.Log.Warn("nobody could be told by mail that the calendar needs a new sign-in", "result", string(outcome.Result))
	}
}
