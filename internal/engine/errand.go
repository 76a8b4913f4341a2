package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
var needsMessage = []string{"save", "draft", "forward", "redirect", "reply", "unsubscribe"}

// sends are the errands by which mail leaves the house: what may have been sent
// can't be looked for, and a day has a limit.
var sends = []string{"forward", "redirect", "reply"}

// mostSends is how many mails rules send in a day at most: a loop that all other
// guards have let through ends here.
const mostSends = 100

// errands runs errands one after another.
func (w *work) errands(ctx context.Context, steps []store.Step, doubt map[int64]bool, a *acted) {
	for _, s := range steps {
		ending, err := w.errand(ctx, s, doubt[s.ID])
		if err != nil {
			a.trouble = err
			return
		}
		a.endings = append(a.endings, ending)
	}
}

// errand runs one errand. An error is trouble with the mail server or the
// journal: the step stays as it is.
func (w *work) errand(ctx context.Context, s store.Step, doubt bool) (store.Ending, error) {
	if w.Outside == nil {
		return failed(s, "this foredesk was started without what it takes to do that"), nil
	}
	switch s.Op.Do {
	case "mute", "unmute":
		return w.mute(ctx, s)
	case "undraft":
		return w.undraft(ctx, s)
	}
	if reason, err := w.mayNot(ctx, s); err != nil || reason != "" {
		return failed(s, reason), err
	}
	e := mailbox.Errand{Key: errandKey(w.Name, s), Account: w.Name, Rule: s.Rule, Op: s.Op, Subject: s.Item.Subject, From: s.Item.Sender, Now: time.Now(), Doubt: doubt}
	if slices.Contains(needsMessage, s.Op.Do) {
		raw, err := w.raw(ctx, s)
		if err != nil {
			return store.Ending{}, err
		}
		if raw == nil {
			return failed(s, "the message was moved or deleted by somebody else first; it was left alone"), nil
		}
		e.Raw = raw
	}
	if s.Op.Do == "draft" || s.Op.Do == "forward" && s.Op.With["as"] == "draft" {
		return w.draft(ctx, s, e)
	}
	return w.ended(s, w.Outside.Do(ctx, e)), nil
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

func (w *work) ended(s store.Step, o mailbox.Outcome) store.Ending {
	e := store.Ending{StepID: s.ID, At: o.At, Reason: o.Reason}
	switch o.Result {
	case mailbox.Done:
		e.State = store.Done
	case mailbox.Later:
		if s.Attempts >= len(backoff) {
			return failed(s, "given up after several attempts: "+o.Reason)
		}
		e.State, e.NotBefore = store.Planned, time.Now().Add(backoff[s.Attempts])
		w.Log.Warn("something outside could not be done yet; it is tried again", "rule", s.Rule, "action", s.Op.Do, "reason", o.Reason, "step", s.ID)
	case mailbox.Unknown:
		e.State = store.Uncertain
		w.Log.Error("a step is uncertain: a person must look", "step", s.ID, "rule", s.Rule, "action", s.Op.Do)
	default:
		e.State = store.Failed
		w.Log.Warn("something outside was refused", "rule", s.Rule, "action", s.Op.Do, "reason", o.Reason, "step", s.ID)
	}
	return e
}

// mayNot says why mail must not be sent: somebody was answered lately, or the day
// has had enough.
func (w *work) mayNot(ctx context.Context, s store.Step) (string, error) {
	if !slices.Contains(sends, s.Op.Do) || s.Op.With["as"] == "draft" {
		return "", nil
	}
	now := time.Now()
	if once := onceWord(s.Rule, s.Item.Sender, s.Op); once != "" {
		within, err := rules.ParseDuration(s.Op.With["once"])
		if err != nil {
			within = 7 * 24 * time.Hour
		}
		before, err := w.Journal.SeenBefore(ctx, w.Name, once, s.Item.Key, now.Add(-within), now)
		if err != nil || before {
			return "they were answered by this rule not long ago", err
		}
	}
	sent := 0
	err := w.Journal.EachStep(ctx, store.Filter{Account: w.Name, States: []store.State{store.Done, store.Uncertain}, Since: now.Add(-24 * time.Hour), NotUndo: true, Bare: true}, func(o store.Step) error {
		if o.Op.Kind == mailbox.Outside && slices.Contains(sends, o.Op.Do) {
			sent++
		}
		return nil
	})
	if sent >= mostSends {
		return fmt.Sprintf("rules have sent %d mails within a day, which is the limit", sent), err
	}
	return "", err
}

// onceWord is what is remembered of an answer, so that a correspondent gets one
// in a while: seven days where the rule does not say.
func onceWord(rule, sender string, op mailbox.Op) string {
	if op.Do != "reply" {
		return ""
	}
	return "reply\x00" + rule + "\x00" + sender
}

// raw reads the whole message of a step, nil if it is no longer there.
func (w *work) raw(ctx context.Context, s store.Step) ([]byte, error) {
	raw, err := w.session.Raw(ctx, s.Item.Place, s.Item.Key, s.Item.MessageID)
	if err != nil {
		return nil, onServer(fmt.Errorf("reading message %d for %q: %w", s.Item.ID, s.Rule, err))
	}
	return raw, nil
}

// draft puts a message into the folder for drafts. It is looked for there first,
// by its id, so that a repeat makes no second one.
func (w *work) draft(ctx context.Context, s store.Step, e mailbox.Errand) (store.Ending, error) {
	message, id, err := w.Outside.Draft(ctx, e)
	if err != nil {
		return failed(s, err.Error()), nil
	}
	at, err := w.session.Append(ctx, mailbox.Drafts, []string{`\Draft`, seen}, e.Now, message, id)
	if err != nil {
		return store.Ending{}, onServer(fmt.Errorf("writing a draft for %q: %w", s.Rule, err))
	}
	return store.Ending{StepID: s.ID, State: store.Done, At: at, Reason: draftReason + id}, nil
}

const draftReason = "a draft with the Message-ID "

// undraft removes a draft that nobody has touched: who edits a draft makes a new
// message of it, which is theirs.
func (w *work) undraft(ctx context.Context, s store.Step) (store.Ending, error) {
	var found []mailbox.Message
	err := w.session.Scan(ctx, s.Op.Arg, mailbox.Query{MessageID: s.Op.With["id"]}, func(_ context.Context, b mailbox.Batch) error {
		found = append(found, b.Messages...)
		return nil
	})
	if err != nil {
		return store.Ending{}, onServer(fmt.Errorf("looking for a draft: %w", err))
	}
	for _, m := range found {
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
	t, err := w.Journal.Thread(ctx, w.Name, store.Message{Key: s.Item.Key, MessageID: s.Item.MessageID, References: []string{s.Item.MessageID}})
	if err == nil {
		err = w.owner.Mute(ctx, t.ID, s.Op.Do == "mute")
	}
	return store.Ending{StepID: s.ID, State: store.Done}, err
}
