package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// work is one stretch of work on an account: what a rule set does to messages,
// under one run of the journal.
type work struct {
	*Account
	session Session
	second  Session // to act on beside session; nil where there is one
	set     *rules.Set
	run     int64
	live    bool          // new mail, as against mail that apply was asked to go over
	rule    string        // only this rule's effects; empty for all
	only    []*rules.Rule // those whose schedule is due; nil for all
	known   bool          // occasions that were looked at before: what went wrong with them was said then

	words map[string][]store.SeenWord // of seenBefore, by the word: those that may not be in the journal yet
	asked time.Duration               // that rules have spent asking a model
	alone int                         // planned actions that the journal knew already
	met   []uint32                    // the UIDs that a scan has met in its folder, ascending
}

// plan works out what the rules do to new mail and writes it into the journal,
// together with how far the folder has been seen. It returns the steps that are
// to be performed.
func (w *work) plan(ctx context.Context, b mailbox.Batch) ([]store.Step, error) {
	now := w.now()
	p := store.Plan{RunID: w.run, Planned: now, Folder: b.Folder, Cursor: &b.Next}
	rest, old, err := w.withoutOld(ctx, b, now)
	if err != nil {
		return nil, err
	}
	b.Messages = rest
	planned, err := w.evaluate(ctx, b, &p)
	if err != nil {
		return nil, err
	}
	for i := range planned {
		planned[i].old = old[planned[i].Place.UID]
	}
	steps, err := w.commit(ctx, p, planned)
	if slices.ContainsFunc(p.Gists, func(g store.Gist) bool { return g.Wanted }) {
		w.runSummaries()
	}
	return steps, err
}

// commit writes a plan into the journal, for the messages that are to be handled
// as its items.
func (w *work) commit(ctx context.Context, p store.Plan, planned []judged) ([]store.Step, error) {
	known, err := w.Journal.Lookup(ctx, w.Name, keysOf(planned))
	if err != nil {
		return nil, err
	}
	if err := w.identify(ctx, planned, known); err != nil {
		return nil, err
	}
	for _, m := range planned {
		n := store.NewItem{Item: m.Item}
		handle := m.handle && !m.old
		if handle {
			n.Steps = m.Steps
			w.alone += len(n.Steps)
		}
		if handle || m.Item.ID != 0 {
			p.Items = append(p.Items, n)
		}
	}
	if !w.live {
		slices.SortStableFunc(p.Items, byDestination)
	}
	retry, err := w.failedBefore(ctx, p.Items)
	if err != nil {
		return nil, err
	}
	fresh, err := w.owner.Commit(ctx, p)
	w.alone -= len(fresh) + len(retry)
	return append(fresh, retry...), err
}

// judged is a message with what the rules do to it, as the journal would know it
// if it were new there. It shares nothing with the message, which is large.
type judged struct {
	store.NewItem
	role     string    // of the folder it lies in
	received time.Time // INTERNALDATE
	old      bool      // it was there before the first run
	handle   bool      // it is new, or goes again over what it had
	crowded  bool      // something else takes the time of the event
}

// byDestination puts messages that go the same way side by side in the journal,
// where workOff will start and end them together.
func byDestination(a, b store.NewItem) int { return cmp.Compare(destination(a), destination(b)) }

func destination(n store.NewItem) string {
	for _, s := range n.Steps {
		if s.Op.Kind == mailbox.Move {
			return s.Op.To
		}
	}
	return ""
}

// evaluate runs the rules over a batch and keeps the messages they do something
// to, and those that can't be read. What is to be remembered of new mail goes
// into the plan.
func (w *work) evaluate(ctx context.Context, b mailbox.Batch, p *store.Plan) ([]judged, error) {
	now := w.now()
	planned := make([]judged, 0, len(b.Messages))
	for i := range b.Messages {
		m := &b.Messages[i]
		steps := []store.Step{{Rule: Unreadable, Action: "read", State: store.Failed, Reason: m.Poison}}
		if m.Poison == "" {
			var err error
			if steps, err = w.decide(ctx, m, now, p); err != nil {
				return nil, err
			}
		}
		if len(steps) > 0 {
			planned = append(planned, judged{NewItem: store.NewItem{Item: newItem(m), Steps: steps}, role: m.Item.Role, received: m.Item.Received})
		}
	}
	return planned, nil
}

// decide runs the rules over one message.
func (w *work) decide(ctx context.Context, m *mailbox.Message, now time.Time, p *store.Plan) ([]store.Step, error) {
	m.Item.Account, m.Item.Diary = w.Name, w.diaryNow()
	needs := w.needs()
	if m.ByUs {
		return nil, nil
	}
	if away, isAnswer, err := w.answered(ctx, m); isAnswer || err != nil {
		return away, err
	}
	if subject := m.Item.Subject.String(); secretIn(subject) != "" { // it may be a true one all the same
		m.Item.Subject = rules.NewText(withoutSecret(subject))
	}
	if needs.History {
		if err := w.withHistory(ctx, m, now); err != nil {
			return nil, err
		}
	}
	w.letAsk(ctx, m)
	plan := w.planFor(m, now)
	w.report(m, plan)
	for _, word := range plan.Remember {
		s := store.SeenWord{Word: word, Key: m.Key, At: m.Item.Received}
		if w.words == nil {
			w.words = map[string][]store.SeenWord{}
		}
		w.words[word], p.Seen = append(w.words[word], s), append(p.Seen, s)
	}
	if w.live && !m.Item.Confidential() {
		p.Messages = append(p.Messages, w.rememberNew(m, needs))
	}
	w.addGist(p, m, plan, now)
	return w.steps(m, plan, now), nil
}

func (w *work) planFor(m *mailbox.Message, now time.Time) rules.Plan {
	switch {
	case w.only == nil && w.live:
		return w.set.Plan(&m.Item, now)
	case w.only == nil:
		return forOldMail(onlyRule(w.set.Plan(&m.Item, now), w.rule))
	}
	return w.set.PlanOnly(&m.Item, now, func(r *rules.Rule) bool { return slices.Contains(w.only, r) })
}

// report logs what a person who keeps the rules should know. It names rules and
// places, nothing of the mail.
func (w *work) report(m *mailbox.Message, plan rules.Plan) {
	for _, f := range plan.Failures {
		w.Log.Warn("a rule could not be evaluated", "rule", f.Rule, "folder", w.inLog(m.Folder), "uid", m.UID, "reason", f.Reason)
	}
	for _, d := range plan.Dropped {
		w.Log.Info("a rule above has decided otherwise", "rule", d.Effect.Rule, "action", d.Effect.Action, "winner", d.Winner.Rule, "folder", w.inLog(m.Folder), "uid", m.UID)
	}
}

func keysOf(messages []judged) []string {
	keys := make([]string, len(messages))
	for i, m := range messages {
		keys[i] = m.Key
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Unreadable is the rule's name in the journal for a message that could not be
// read. It stays where it is.
const Unreadable = "(unreadable)"

// steps writes a plan as steps of the journal.
func (w *work) steps(m *mailbox.Message, plan rules.Plan, now time.Time) []store.Step {
	steps := make([]store.Step, 0, len(plan.Effects))
	for _, e := range plan.Effects {
		facts := factsOf(m, plan, e.Rule)
		for _, s := range w.stepsOf(m, e, now) {
			s.Facts = facts
			steps = append(steps, s)
		}
	}
	return steps
}

// factsOf is what the rule's conditions saw. Of a confidential message only the
// names of the facts are kept.
func factsOf(m *mailbox.Message, plan rules.Plan, rule string) json.RawMessage {
	for _, match := range plan.Matches {
		if match.Rule != rule {
			continue
		}
		facts := match.Facts
		if m.Item.Confidential() {
			facts = make(map[string]any, len(match.Facts))
			for name := range match.Facts {
				facts[name] = Hidden
			}
		}
		text, err := json.Marshal(facts)
		if err != nil {
			return nil // no fact has a type that JSON refuses; without facts the step still works
		}
		return text
	}
	return nil
}

// Hidden stands in the journal for what a confidential message says.
const Hidden = store.Hidden

// newItem is how the journal knows a message.
func newItem(m *mailbox.Message) store.Item {
	item := store.Item{Key: m.Key, Occurrence: 1, MessageID: m.MessageID, Date: m.Item.Date, Place: m.Ref}
	if m.Item.Confidential() {
		item.Subject, item.Sender = Hidden, Hidden
		return item
	}
	item.Subject, item.Sender = withoutSecret(m.Item.Subject.String()), m.Item.From.Email
	return item
}

// failedBefore finds steps of a plan that the server refused earlier: apply
// tries them again.
func (w *work) failedBefore(ctx context.Context, items []store.NewItem) (again []store.Step, err error) {
	if w.live {
		return nil, nil
	}
	planned := map[int64]store.NewItem{}
	for _, n := range items {
		if n.ID != 0 && len(n.Steps) > 0 {
			planned[n.ID] = n
		}
	}
	var endings []store.Ending
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(planned)), lookupAtOnce) {
		failed, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: ids, States: []store.State{store.Failed}, NotUndo: true})
		if err != nil {
			return nil, err
		}
		for _, s := range failed {
			n := planned[s.Item.ID]
			if s.Rule == Unreadable || isFinal(s) {
				continue
			}
			if slices.ContainsFunc(n.Steps, func(p store.Step) bool { return p.Rule == s.Rule && p.Action == s.Action && p.State != store.Parked }) {
				s.Item.Place, s.State = n.Place, store.Planned
				again = append(again, s)
				endings = append(endings, store.Ending{StepID: s.ID, State: store.Planned})
			}
		}
	}
	if again == nil {
		return nil, nil
	}
	return again, w.owner.Finish(ctx, w.now(), endings)
}

// isFinal reports whether a failed step must not be tried again: a person did not
// want it, or wants no more of what may have been done, its time has gone by, or it has
// gone its own way of attempts.
func isFinal(s store.Step) bool {
	return s.Op.Kind == mailbox.Outside || !s.NotBefore.IsZero() || slices.Contains([]string{store.Refused, store.Lapsed, Withdrawn, store.SetAside}, s.Reason)
}

// lookupAtOnce is how many items are looked up by one query.
const lookupAtOnce = 64
