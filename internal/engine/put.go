package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// onServerNow is where a step has put what on a calendar: in the journal it stands
// in the place to which a message would have been moved.
type onServerNow struct {
	Calendar string            `json:"calendar"` // its id on the server
	ID       string            `json:"id"`       // of the event
	Key      string            `json:"key,omitempty"`
	Start    time.Time         `json:"start,omitzero"`
	End      time.Time         `json:"end,omitzero"`
	Set      map[string]string `json:"set,omitempty"` // what a patch has set, and what was there before
	Was      map[string]string `json:"was,omitempty"`
	Told     bool              `json:"told,omitempty"` // guests, or the organizer, know of it
}

func (p onServerNow) ref() mailbox.Ref {
	text, err := json.Marshal(p)
	if err != nil {
		return mailbox.Ref{} // of texts and times: does not happen
	}
	return mailbox.Ref{Folder: string(text)}
}

// putAt reads where a step has put something; ok is false if it did not.
func putAt(s store.Step) (p onServerNow, ok bool) {
	if s.Op.Kind != mailbox.Event || !strings.HasPrefix(s.At.Folder, "{") {
		return p, false
	}
	return p, json.Unmarshal([]byte(s.At.Folder), &p) == nil && p.ID != ""
}

// OnCalendar tells when what a step has put on a calendar was there; ok is false
// where it has put nothing there.
func OnCalendar(s store.Step) (start, end time.Time, ok bool) {
	p, ok := putAt(s)
	return p.Start, p.End, ok
}

// doEvents does what is due on the calendars.
func (a *Account) doEvents(ctx context.Context) error {
	w := &work{Account: a, set: a.rules.Load(), run: a.run}
	return w.events(ctx, 0, func(int) {})
}

// eventsAlone is events where nobody follows the calendar beside it: it is asked
// first what is on it by now.
func (w *work) eventsAlone(ctx context.Context, count func(int)) (err error) {
	ids, err := w.dueOf(ctx, mailbox.Event, 0)
	if err != nil || len(ids) == 0 {
		return err
	}
	return w.besideNobody(ctx, func() error {
		if w.Calendar != nil && !w.isFresh() {
			if err := w.SyncCalendar(ctx); err != nil {
				return err
			}
		}
		return w.events(ctx, 0, count)
	})
}

// besideNobody does something to the calendar where it may be that nobody follows it beside:
// it needs the book, and, as what is done and found may plan what comes next, a run for
// that to belong to.
func (w *work) besideNobody(ctx context.Context, do func() error) (err error) {
	if err := w.openBook(ctx); err != nil {
		return err
	}
	if w.run == 0 {
		w.run, err = w.owner.BeginRun(ctx, store.Run{Kind: store.KindRun, RulesHash: w.set.Hash, Started: w.now()})
		if err != nil {
			return err
		}
		defer func() { err, w.run = w.endRun(ctx, w.run, "", err), 0 }()
	}
	if w.Account.run == 0 {
		w.Account.run = w.run
		defer func() { w.Account.run = 0 }()
	}
	return do()
}

// events does what is due on the calendars, one thing after another: of one run,
// or with 0 of all. While nothing can be read there, all of it waits.
func (w *work) events(ctx context.Context, run int64, count func(int)) error {
	if b := w.book.Load(); w.Calendar != nil && (w.unread.Load() || b == nil || len(b.calendars) == 0) {
		return nil
	}
	for range maxRounds { // what is done may plan what comes next
		ids, err := w.dueOf(ctx, mailbox.Event, run)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := w.oneEvent(ctx, id); err != nil {
				return err
			}
			count(1)
		}
	}
	return nil
}

const maxRounds = 5

const noCalendar = "the account has no calendar; name one in foredesk.yaml: calendar: {google: …}"

// inDoubt reports whether an earlier try at a step may have reached the calendar.
func inDoubt(s store.Step) bool {
	return maybeDone(s) || s.Attempts > 0 && s.Reason != notThereYet
}

// oneEvent does one thing on a calendar and writes down how it ended.
func (w *work) oneEvent(ctx context.Context, id int64) error {
	if !w.hands.take(id) {
		return nil
	}
	defer w.hands.drop(id)
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}, Due: w.now()})
	if err != nil || len(open) == 0 {
		return err
	}
	return w.doEvent(ctx, open[0], false)
}

// endDoubtfulEvent brings a step to its end that an earlier try may have done, whenever
// it is due. An event that is not there is not made any more: its step is withdrawn.
func (w *work) endDoubtfulEvent(ctx context.Context, id int64) error {
	if !w.hands.take(id) {
		return &CalendarError{errors.New("it is just being done")}
	}
	defer w.hands.drop(id)
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}})
	if err != nil || len(open) == 0 {
		return err
	}
	err = w.besideNobody(ctx, func() error {
		if w.Calendar != nil {
			if _, err := w.sync(ctx, w.now()); err != nil {
				return err
			}
		}
		return w.doEvent(ctx, open[0], true)
	})
	if err != nil {
		return err
	}
	open, err = w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}})
	if err == nil && len(open) > 0 {
		err = &CalendarError{errors.New(open[0].Reason)}
	}
	return err
}

// doEvent does a step on a calendar; unlessNew makes no event that is not there.
func (w *work) doEvent(ctx context.Context, s store.Step, unlessNew bool) error {
	if w.Calendar == nil && answersMail(s) {
		return w.respondByMail(ctx, s)
	}
	if w.Calendar == nil {
		return w.endEvent(ctx, failed(s, noCalendar), s, nil)
	}
	todo, err := w.todo(ctx, s)
	switch {
	case err != nil:
		return err
	case todo.reason != "":
		return w.endEvent(ctx, failed(s, todo.reason), s, nil)
	case todo.change == nil:
		return w.endEvent(ctx, store.Ending{StepID: s.ID, State: store.Done, Reason: todo.says}, s, todo.steps)
	case todo.change.Do == datebook.Make && (unlessNew || inDoubt(s)):
		if ended, err := w.endIfMade(ctx, s, *todo.change, unlessNew); ended || err != nil {
			return err
		}
	}
	if err := w.start(ctx, []store.Step{s}); err != nil {
		return unlessTakenBack(err)
	}
	return w.change(ctx, s, *todo.change)
}

// endIfMade ends a step whose event an earlier try has put on the calendar, as that was
// just read: a calendar that takes nothing new at present would not say so. With unlessNew
// it also ends one whose event is not there.
func (w *work) endIfMade(ctx context.Context, s store.Step, c datebook.Change, unlessNew bool) (ended bool, err error) {
	there, ok, err := w.Journal.Event(ctx, w.Name, c.Calendar, datebook.EventID(c.Key))
	ok = ok && !there.Cancelled()
	switch {
	case err != nil:
		return false, err
	case ok && there.Ours["item"] == s.Item.Key:
		o := datebook.Outcome{Result: datebook.Done, Event: there, Reason: "it was there already"}
		return true, w.endEvent(ctx, w.eventEnding(s, c, o), s, nil)
	case !ok && unlessNew:
		return true, w.owner.Finish(ctx, w.now(), []store.Ending{failed(s, Withdrawn)})
	}
	return false, nil
}

// answersMail reports whether a step answers the invitation of a mail.
func answersMail(s store.Step) bool {
	return s.Op.Do == "respond" && s.Op.With["invite"] != "" && s.Undoes == 0
}

// change asks the calendar for a change, and writes down how it ended.
func (w *work) change(ctx context.Context, s store.Step, c datebook.Change) error {
	c.Key = orElse(c.Key, errandKey(w.Name, s))
	if c.Event.Ours == nil {
		c.Event.Ours = w.provenance(s)
	}
	o := w.Calendar.Do(ctx, c)
	if o.Result == datebook.Later && ctx.Err() != nil {
		return context.Cause(ctx) // we were told to stop: it is looked for at the next start, as after a crash
	}
	if o.Result == datebook.Gone && o.Event.ID == "" && answersMail(s) {
		return w.respondByMail(ctx, s)
	}
	if o.Before && !inDoubt(s) && o.Event.Ours["item"] == s.Item.Key && w.told.CompareAndSwap(false, true) {
		w.Log.Warn("what was to be put on the calendar is there already: another foredesk works on this account, or this journal is older than the calendar", "rule", s.Rule, "step", s.ID)
	}
	if o.Result == datebook.Done && o.Event.ID != "" {
		if err := w.nowOnCalendar(ctx, c, o.Event); err != nil {
			return err
		}
	}
	return w.endEvent(ctx, w.eventEnding(s, c, o), s, nil)
}

// endEvent writes down how a step ended, together with what follows from it.
func (w *work) endEvent(ctx context.Context, e store.Ending, s store.Step, follow []store.Step) error {
	keep, cancel := toTheEnd(ctx)
	defer cancel()
	p := store.Plan{RunID: w.run, Planned: w.now(), Endings: []store.Ending{e}}
	if follow = append(follow, w.notices(e, s)...); len(follow) > 0 {
		it := s.Item
		it.Place = mailbox.Ref{} // where it lies is not news
		p.Items = []store.NewItem{{Item: it, Steps: follow}}
	}
	steps, err := w.owner.Commit(keep, p)
	if err != nil {
		return err
	}
	s.State, s.Reason, s.At = e.State, e.Reason, e.At
	if s.State == store.Failed {
		w.Log.Warn("not done on the calendar", "rule", s.Rule, "action", actionWord(s.Action), "step", s.ID, "reason", s.Reason)
	} else {
		w.Log.Info("on the calendar", "rule", s.Rule, "action", actionWord(s.Action), "step", s.ID, "state", string(s.State))
	}
	if s.State != store.Planned {
		w.Observe(Event{Item: s.Item, Steps: []store.Step{s}})
	}
	return w.atOnce(ctx, steps)
}

// atOnce does what follows from a step before anything else: it may take time that
// the next one would find free.
func (w *work) atOnce(ctx context.Context, steps []store.Step) error {
	for _, s := range steps {
		if s.Op.Kind != mailbox.Event {
			w.runErrands()
		} else if err := w.oneEvent(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// eventEnding is how a change of the calendar ends its step.
func (w *work) eventEnding(s store.Step, c datebook.Change, o datebook.Outcome) store.Ending {
	e := store.Ending{StepID: s.ID, State: store.Failed, Reason: o.Reason}
	switch o.Result {
	case datebook.Done:
		e.State = store.Done
		if c.Do != datebook.Remove {
			e.At = whereNow(c, o).ref()
		}
	case datebook.Later:
		if s.Attempts >= len(backoff) {
			return failed(s, "given up after several attempts: "+o.Reason)
		}
		e.State, e.NotBefore = store.Planned, w.now().Add(backoff[s.Attempts])
	case datebook.Gone:
		e.Reason = orElse(o.Reason, "a person has removed it; it was left so")
		if s.Op.Do == "unpatch" { // what it had set went with the event
			e.State, e.Reason = store.Done, "the event is not there any more; there is nothing to take back"
		}
	case datebook.Theirs:
		e.Reason = orElse(o.Reason, "a person has changed it; it was left as it is")
		if s.Op.Do == "release" {
			e.State, e.Reason = store.Done, "a person has made it theirs; it stays"
		}
	}
	return e
}

// whereNow is what a change has come to.
func whereNow(c datebook.Change, o datebook.Outcome) onServerNow {
	put := onServerNow{Calendar: orElse(o.Event.Calendar, c.Calendar), ID: o.Event.ID, Start: o.Event.Start, End: o.Event.End, Set: c.Set, Was: o.Was, Told: c.Tell}
	if c.Do == datebook.Make {
		put.Key = c.Key
	}
	if c.Do == datebook.Respond {
		put.Set = map[string]string{"response": c.Response, "comment": c.Comment}
	}
	return put
}

// nowOnCalendar puts what was just written into the mirror, so that the next free
// time that is looked for is free.
func (w *work) nowOnCalendar(ctx context.Context, c datebook.Change, e datebook.Event) error {
	w.mirroring.Lock()
	defer w.mirroring.Unlock()
	if !e.MadeByUs() && !e.Cancelled() {
		was, known, err := w.Journal.Event(ctx, w.Name, e.Calendar, e.ID)
		if err != nil {
			return err
		}
		if known && !was.Cancelled() {
			e = ourPart(was, c, e)
		}
	}
	if _, err := w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: w.now(), Mirror: []datebook.Event{e}}); err != nil {
		return err
	}
	if w.book.Load() == nil {
		return nil
	}
	return w.readAgainLocked(ctx)
}

// ourPart is a person's event as the mirror has it, with our change alone: what
// people have changed about it since comes with the next sync, and the rules are to
// see that.
func ourPart(was datebook.Event, c datebook.Change, now datebook.Event) datebook.Event {
	after, err := datebook.Apply(was, c.Set)
	if err != nil {
		return now
	}
	after.Guests = slices.Clone(after.Guests)
	for i := range after.Guests {
		if g := &after.Guests[i]; g.Self && c.Do == datebook.Respond {
			g.Response, g.Comment = c.Response, c.Comment
		}
	}
	return after
}

// todo is what a step comes to when its turn has come: a change, further steps, a
// reason why nothing is done, or nothing any more.
type todo struct {
	change *datebook.Change
	steps  []store.Step
	says   string
	reason string
}

func no(format string, args ...any) todo { return todo{reason: fmt.Sprintf(format, args...)} }

// todo works out what a step asks of the calendar.
func (w *work) todo(ctx context.Context, s store.Step) (todo, error) {
	if reason, err := w.fits(ctx, s); err != nil || reason != "" {
		return todo{reason: reason}, err
	}
	switch s.Op.Do {
	case "schedule", "hold", "focus", "prep", "buffer", "mirror":
		return w.makes(ctx, s)
	case "respond":
		return w.responds(ctx, s)
	case "propose":
		return w.proposes(ctx, s)
	case "move", "shift":
		return w.moves(ctx, s)
	case "fix":
		return w.fixes(ctx, s)
	case "color":
		return w.patch(ctx, s, "color", s.Op.Arg)
	case "tag":
		return w.tags(ctx, s)
	case "remind":
		return w.reminds(ctx, s)
	case "flip":
		return w.flips(s), nil
	case "release":
		return w.releases(ctx, s)
	case "unmake":
		return unmakes(s), nil
	case "unpatch":
		return unpatches(s), nil
	case "unrespond":
		return unresponds(s), nil
	}
	return no("this version can't do %q on a calendar", s.Op.Do), nil
}
