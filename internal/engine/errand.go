package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// Outside does what rules ask for outside the folders: package errand's Desk is
// one, by way of the wiring in cmd/daemon.
type Outside interface {
	// Do runs an errand and tells how it ended. In doubt it repeats nothing that
	// could be met twice: it answers Unknown.
	Do(ctx context.Context, e mailbox.Errand) mailbox.Outcome
	// Draft writes the message of a draft, which the engine puts into its folder.
	// The id is that of its Message-ID field.
	Draft(ctx context.Context, e mailbox.Errand) (message []byte, id string, err error)
	// Text is the newly written text of a message.
	Text(message []byte) string
}

// needsMessage are the errands that need the whole message.
var needsMessage = []string{"save", "draft", "forward", "redirect", "reply", "respond", "unsubscribe"}

// sends are the errands by which mail leaves the house: one that was begun and not
// ended is not begun again, as a copy may lie nowhere, and a day has a limit.
var sends = []string{"forward", "redirect", "reply", "respond"}

// mostSends is how many mails rules send in a day at most: a loop that all other
// guards have let through ends here.
const mostSends = 100

// errands does what is due outside the folders, one thing after another: of one
// run, or with 0 of all. Each is marked as started only when its turn has come, so
// that a crash leaves one in doubt and no more.
func (w *work) errands(ctx context.Context, run int64, count func(int)) error {
	ids, err := w.dueOf(ctx, mailbox.Outside, run)
	for _, id := range ids {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err = w.oneErrand(ctx, id)
		count(1)
	}
	return err
}

// dueOf are the steps of a kind that are due, in the order they were planned; but
// those that look for free time come last, as others may have been promised some.
// Letters go a way of their own: see deliver.go.
func (w *work) dueOf(ctx context.Context, kind mailbox.OpKind, run int64) (ids []int64, err error) {
	now := w.now()
	var last []int64
	ops, err := w.Journal.OpenOps(ctx, w.Name, now)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		if op.Kind != kind || op.Do == takingBack || isLetter(op) {
			continue
		}
		open := store.Filter{Account: w.Name, RunID: run, States: []store.State{store.Planned, store.Started}, Due: now, Op: &op, Bare: true}
		err := w.Journal.EachStep(ctx, open, func(s store.Step) error {
			if looksForTime(s.Op) {
				last = append(last, s.ID)
			} else {
				ids = append(ids, s.ID)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	slices.Sort(last)
	return append(ids, last...), nil
}

// inHand keeps two goroutines from doing the same errand.
type inHand struct {
	mu    sync.Mutex
	steps map[int64]bool
}

func (h *inHand) take(step int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.steps == nil {
		h.steps = map[int64]bool{}
	}
	free := !h.steps[step]
	h.steps[step] = true
	return free
}

func (h *inHand) drop(step int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.steps, step)
}

// oneErrand does one errand and writes down how it ended.
func (w *work) oneErrand(ctx context.Context, id int64) error {
	if !w.hands.take(id) {
		return nil
	}
	defer w.hands.drop(id)
	open, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, StepID: id, States: []store.State{store.Planned, store.Started}, Due: w.now()})
	if err != nil || len(open) == 0 {
		return err
	}
	s := open[0]
	ending, outcome, trouble := w.errand(ctx, s)
	if isMail(trouble) {
		// It was certainly not done, but for a draft, which is looked for before it is
		// written again or withdrawn; others must not wait for it.
		if err := w.start(ctx, open); err != nil {
			return unlessTakenBack(err)
		}
		ending, _ = w.ended(s, mailbox.Outcome{Result: mailbox.Later, Reason: trouble.Error()})
	} else if trouble != nil {
		return unlessTakenBack(trouble)
	}
	if err := w.end(ctx, ending, s); err != nil {
		return err
	}
	w.keepLetter(ctx, s, outcome)
	return trouble
}

// unlessTakenBack is no error where a step was taken back before it was started: it is
// not done then.
func unlessTakenBack(err error) error {
	if errors.Is(err, store.ErrNotPlanned) {
		return nil
	}
	return err
}

// keepLetter puts a copy of what was sent into the folder for sent mail, where
// people look for it. The server, or a provider that does so itself, may have put
// it there already.
func (w *work) keepLetter(ctx context.Context, s store.Step, o mailbox.Outcome) {
	if o.Result != mailbox.Done || len(o.Letter) == 0 {
		return
	}
	if _, err := w.session.Append(ctx, mailbox.Sent, []string{seen}, w.now(), o.Letter, o.LetterID); err != nil {
		w.Log.Warn("a mail was sent, but its copy could not be put into the folder for sent mail", "step", s.ID, "rule", s.Rule, "error", err)
	}
}

// errand does one errand. An error means that it was not done: trouble with the
// mail server, or with the journal.
func (w *work) errand(ctx context.Context, s store.Step) (store.Ending, mailbox.Outcome, error) {
	doubt := maybeDone(s)
	simple := func(e store.Ending, err error) (store.Ending, mailbox.Outcome, error) {
		return e, mailbox.Outcome{}, err
	}
	switch {
	case s.Op.Do == "mute" || s.Op.Do == "unmute":
		return simple(w.mute(ctx, s))
	case s.Op.Do == "undraft":
		return simple(w.undraft(ctx, s, doubt))
	case w.Outside == nil:
		return simple(failed(s, "this foredesk was started without what it takes to do that"), nil)
	case doubt && isSending(s):
		e, o := w.ended(s, mailbox.Outcome{Result: mailbox.Unknown, Reason: InDoubt})
		return e, o, nil
	}
	e := w.errandOf(s, nil)
	e.Doubt = doubt
	reason, err := w.prepare(ctx, s, &e)
	if err != nil || reason != "" {
		return simple(failed(s, reason), err)
	}
	if was, err := w.wasSent(ctx, s, e); err != nil || was {
		return simple(wasFound(s), err)
	}
	if s.State == store.Planned {
		if err := w.owner.Start(ctx, []int64{s.ID}); err != nil {
			return simple(store.Ending{}, err)
		}
	}
	if s.Op.Do == "draft" || s.Op.Do == "forward" {
		if s.Op.Do == "draft" || s.Op.With["as"] == "draft" {
			return simple(w.draft(ctx, s, e))
		}
	}
	ending, outcome := w.ended(s, w.Outside.Do(ctx, e))
	return ending, outcome, nil
}

// InDoubt is the reason of a mail of which nobody can know whether it was sent.
const InDoubt = "foredesk was stopped while it sent this; it may have been sent, so it is not sent again"

func isSending(s store.Step) bool {
	return slices.Contains(sends, s.Op.Do) && s.Op.With["as"] != "draft"
}

// ofTheDay reports whether a step counts among the mails of a day. So do a rule's
// notices, by which two houses could wake each other for ever; those of foredesk's own
// have a subject.
func ofTheDay(s store.Step) bool {
	return isSending(s) || s.Op.Do == "notify" && s.Op.With["subject"] == "" && !strings.Contains(s.Op.Arg, "://")
}

// prepare reads the message where the errand needs it, and says why it is not to
// be done, or "".
func (w *work) prepare(ctx context.Context, s store.Step, e *mailbox.Errand) (reason string, err error) {
	if s.Op.Unless != "" {
		if reason, err := w.noLonger(ctx, s); err != nil || reason != "" {
			return reason, err
		}
	}
	if slices.Contains(needsMessage, s.Op.Do) {
		e.Raw, err = w.raw(ctx, s)
		switch {
		case errors.Is(err, mailbox.ErrTooLarge):
			return mailbox.ErrTooLarge.Error(), nil
		case err != nil:
			return "", err
		case e.Raw == nil:
			return "the message was moved or deleted by somebody else first; it was left alone", nil
		}
	}
	if !ofTheDay(s) {
		return "", nil
	}
	return w.mayNot(ctx, s)
}

func failed(s store.Step, reason string) store.Ending {
	return store.Ending{StepID: s.ID, State: store.Failed, Reason: reason}
}

// errandKey names an errand: the same whenever it is tried.
func errandKey(account string, s store.Step) string {
	return strings.Join([]string{account, s.Item.Key, fmt.Sprint(s.Item.Occurrence), s.Rule, s.Action}, "\x00")
}

// backoff are the waits between the attempts at an errand.
var backoff = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour}

func (w *work) ended(s store.Step, o mailbox.Outcome) (store.Ending, mailbox.Outcome) {
	if o.Result != mailbox.Done && isUnheard(s) && !strings.HasPrefix(o.Reason, mailbox.Unheard) {
		o.Reason = mailbox.Unheard + "an earlier call was not answered, and then " + o.Reason
	}
	if unheard := strings.HasPrefix(o.Reason, mailbox.Unheard); unheard && (o.Result == mailbox.Refused || o.Result == mailbox.Later && s.Attempts >= len(backoff)) {
		o.Result = mailbox.Unknown // nobody else will find out
	}
	e := store.Ending{StepID: s.ID, At: o.At, Reason: o.Reason}
	switch o.Result {
	case mailbox.Done:
		e.State = store.Done
		if ofTheDay(s) {
			w.sent.note(w.now())
		}
	case mailbox.Later:
		if s.Attempts >= len(backoff) {
			return failed(s, "given up after several attempts: "+o.Reason), o
		}
		e.State, e.NotBefore = store.Planned, w.now().Add(backoff[s.Attempts])
		w.Log.Warn("something outside could not be done yet; it is tried again", "rule", s.Rule, "action", s.Op.Do, "step", s.ID, "again_in", backoff[s.Attempts].String())
	case mailbox.Unknown:
		e.State = store.Uncertain
		w.Log.Error("a step is uncertain: a person must look", "step", s.ID, "rule", s.Rule, "action", s.Op.Do)
	default:
		e.State = store.Failed
		w.Log.Warn("something outside was refused", "rule", s.Rule, "action", s.Op.Do, "step", s.ID)
	}
	return e, o
}

// mayNot says why mail must not be sent: somebody was answered lately, or the day
// has had enough. That somebody is answered now is written down before.
func (w *work) mayNot(ctx context.Context, s store.Step) (string, error) {
	now := w.now()
	n, free, err := w.sentToday(ctx, now)
	if err != nil {
		return "", err
	}
	if n >= mostSends {
		return fmt.Sprintf("rules have sent %d mails within a day, which is the limit: this one is not sent, and no other before %s", n, free.In(w.set.Timezone).Format("Mon 2 Jan 15:04")), nil
	}
	if s.Op.Do != "reply" {
		return "", nil
	}
	if s.Item.Sender == Hidden {
		return "it is confidential, so it is not known here who would be answered", nil
	}
	within, err := rules.ParseDuration(s.Op.With["once"])
	if err != nil {
		within = 7 * 24 * time.Hour
	}
	word := store.SeenWord{Word: onceWord(s.Rule, s.Item.Sender), Key: fmt.Sprint("item ", s.Item.ID), At: now}
	before, err := w.Journal.SeenBefore(ctx, w.Name, word.Word, word.Key, now.Add(-within), now)
	if err != nil || before {
		return "they were answered by this rule not long ago", err
	}
	_, err = w.owner.Commit(ctx, store.Plan{RunID: w.run, Planned: now, Seen: []store.SeenWord{word}})
	return "", err
}

// sendings are when rules sent mail, since a day ago.
type sendings struct {
	mu    sync.Mutex
	known bool // the journal was asked for those of an earlier process
	at    []time.Time
}

func (s *sendings) note(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, at)
}

// sentToday is how many mails rules have sent within the last day, and, where that is
// the limit, when they may send again.
func (w *work) sentToday(ctx context.Context, now time.Time) (n int, free time.Time, err error) {
	w.sent.mu.Lock()
	defer w.sent.mu.Unlock()
	since := now.Add(-24 * time.Hour)
	if !w.sent.known {
		w.sent.at = nil
		f := store.Filter{Account: w.Name, States: []store.State{store.Done, store.Uncertain}, Since: since.Add(-approvalTime), NotUndo: true}
		err := w.Journal.EachStep(ctx, f, func(s store.Step) error {
			if s.Op.Kind == mailbox.Outside && ofTheDay(s) {
				w.sent.at = append(w.sent.at, s.Ended)
			}
			return nil
		})
		if err != nil {
			return 0, free, err
		}
		w.sent.known = true
	}
	w.sent.at = slices.DeleteFunc(w.sent.at, func(at time.Time) bool { return at.Before(since) })
	if n = len(w.sent.at); n >= mostSends {
		slices.SortFunc(w.sent.at, time.Time.Compare)
		free = w.sent.at[n-mostSends].Add(24 * time.Hour)
	}
	return n, free, nil
}

// approvalTime is how long before it is sent a mail may have been planned.
const approvalTime = 15 * 24 * time.Hour

// onceWord is what is remembered of an answer, so that a correspondent gets one
// in a while: seven days where the rule does not say.
func onceWord(rule, sender string) string { return "reply\x00" + rule + "\x00" + sender }

// raw reads the message of a step, or nothing where it lies no more. What foredesk has
// moved itself since the step was read is read where it lies now.
func (w *work) raw(ctx context.Context, s store.Step) ([]byte, error) {
	for {
		raw, err := w.session.Raw(ctx, s.Item.Place, s.Item.Key, s.Item.MessageID)
		if err != nil {
			return nil, onServer(fmt.Errorf("reading message %d for %q: %w", s.Item.ID, s.Rule, err))
		}
		if raw != nil {
			return raw, nil
		}
		place, err := w.movedTo(ctx, s)
		if err != nil || place == s.Item.Place {
			return nil, err
		}
		s.Item.Place = place
	}
}

// movedTo is where the message of a step lies by now, as far as the journal knows. New
// mail that is just being filed is waited for; where an earlier move is in doubt, it is
// trouble that passes.
func (w *work) movedTo(ctx context.Context, s store.Step) (place mailbox.Ref, err error) {
	w.acting.Lock()
	defer w.acting.Unlock()
	steps, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, Bare: true})
	for _, of := range steps {
		if of.State == store.Started && of.Op.Kind == mailbox.Move {
			return place, onServer(fmt.Errorf("reading message %d for %q: it is just being moved", s.Item.ID, s.Rule))
		}
		place = of.Item.Place
	}
	return place, err
}

// draft puts a message into the folder for drafts. It is looked for there first,
// by its id, so that a repeat makes no second one.
func (w *work) draft(ctx context.Context, s store.Step, e mailbox.Errand) (store.Ending, error) {
	message, id, err := w.Outside.Draft(ctx, e)
	if err != nil {
		return failed(s, err.Error()), nil
	}
	if was, err := w.lies(ctx, w.session, id, []string{mailbox.Sent, mailbox.Trash}); err != nil || was {
		if e.Doubt {
			return failed(s, draftGone), err
		}
		return failed(s, draftBefore), err
	}
	at, err := w.session.Append(ctx, mailbox.Drafts, []string{`\Draft`, seen}, e.Now, message, id)
	if err != nil {
		return store.Ending{}, onServer(fmt.Errorf("writing a draft for %q: %w", s.Rule, err))
	}
	return store.Ending{StepID: s.ID, State: store.Done, At: at, Reason: draftReason + id}, nil
}

// errandOf is a step as the outside sees it.
func (w *work) errandOf(s store.Step, raw []byte) mailbox.Errand {
	return mailbox.Errand{Key: errandKey(w.Name, s), Account: w.Name, Rule: s.Rule, Op: s.Op, Subject: s.Item.Subject, From: s.Item.Sender, Now: w.now(), Raw: raw}
}

const draftReason = "a draft with the Message-ID "

// undraft removes a draft that nobody has touched. Who edits a draft makes a new
// message of it, which is theirs, whatever Message-ID it has.
func (w *work) undraft(ctx context.Context, s store.Step, doubt bool) (store.Ending, error) {
	var ours []mailbox.Message
	err := w.session.Scan(ctx, s.Op.Arg, mailbox.Query{MessageID: s.Op.With["id"]}, func(_ context.Context, b mailbox.Batch) error {
		for _, m := range b.Messages {
			at := fmt.Sprint(m.UIDValidity, "/", m.UID)
			if m.ByUs && (at == s.Op.With["uid"] || strings.HasSuffix(s.Op.With["uid"], "/0") || !strings.HasPrefix(s.Op.With["uid"], fmt.Sprint(m.UIDValidity, "/"))) {
				ours = append(ours, m)
			}
		}
		return nil
	})
	if err != nil {
		return store.Ending{}, onServer(fmt.Errorf("looking for a draft: %w", err))
	}
	if len(ours) == 0 && !doubt {
		return failed(s, "somebody has edited, sent or deleted the draft since; it was left alone"), nil
	}
	if err := w.start(ctx, []store.Step{s}); err != nil {
		return store.Ending{}, err
	}
	for _, m := range ours {
		change := mailbox.Change{ID: s.ID, Ref: m.Ref, Key: m.Key, MessageID: m.MessageID, Op: mailbox.Op{Kind: mailbox.Remove}}
		outcomes, err := w.session.Perform(ctx, []mailbox.Change{change})
		if err != nil {
			return store.Ending{}, onServer(fmt.Errorf("taking a draft back: %w", err))
		}
		if len(outcomes) == 1 && outcomes[0].Result == mailbox.Refused {
			return failed(s, outcomes[0].Reason), nil
		}
	}
	return store.Ending{StepID: s.ID, State: store.Done}, nil
}

// mute marks the conversation of a message as muted, or takes that back.
func (w *work) mute(ctx context.Context, s store.Step) (store.Ending, error) {
	err := w.owner.Mute(ctx, s.Op.With["thread"], s.Op.Do == "mute")
	return store.Ending{StepID: s.ID, State: store.Done}, err
}
