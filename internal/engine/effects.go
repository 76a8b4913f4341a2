package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// outside are the actions that happen outside the folders: see errand.go.
var outside = []string{"save", "extract", "draft", "forward", "redirect", "reply", "notify", "webhook", "unsubscribe", "mute"}

// Snoozed is the folder in which mail waits until it comes back.
const Snoozed = "Snoozed"

// stepsOf writes one effect as steps of the journal. Most are one; what comes
// back later is planned now, with its time.
func (w *work) stepsOf(m *mailbox.Message, e rules.Effect, now time.Time) []store.Step {
	first := store.Step{Rule: e.Rule, RulesHash: w.set.Hash, Action: actionKey(e), Arg: e.Arg}
	var steps []store.Step
	switch {
	case isCalendarAction(e, &m.Item):
		steps = w.calendarSteps(first, e, m)
	case slices.Contains(outside, e.Action):
		first.Op = mailbox.Op{Kind: mailbox.Outside, Do: e.Action, Arg: e.Arg, With: e.With}
		if e.Action == "mute" {
			first.Op.With = map[string]string{"thread": m.Item.Thread.ID}
		}
		steps = []store.Step{first}
	case e.Action == "brief":
		steps = []store.Step{briefing(first, e, &m.Item, w.set.Timezone)}
	case e.Action == "snooze":
		steps = snooze(first, e, m)
	case e.Action == "remind":
		// The flags are those of now. What a person has set till then is found by the
		// server to be so already.
		first.Op = mailbox.Op{Kind: mailbox.Store, Add: []string{flagged}, Del: []string{seen}}
		first.Op.Unless = either(fmt.Sprintf("thread.count > %d", max(1, m.Item.Thread.Count)), e.With["unless"])
		first.NotBefore = after(m, e.Arg, now)
		steps = []store.Step{first}
	case e.Action == "expire":
		first.Op = mailbox.Op{Kind: mailbox.Move, To: mailbox.Archive, Unless: e.With["unless"], Unmoved: true}
		if e.With["to"] == "trash" {
			first.Op.To = mailbox.Trash
		}
		first.NotBefore = after(m, e.Arg, now)
		steps = []store.Step{first}
	case e.Action == "summarize", e.Action == "agenda":
		first.Op = mailbox.Op{With: e.With} // the letters read it from the journal
		steps = []store.Step{first}
	default:
		first.Op = opFor(e, m)
		steps = []store.Step{first}
	}
	for i := range steps {
		w.begins(&steps[i], e)
	}
	return steps
}

// begins says in which state a step enters the journal.
func (w *work) begins(s *store.Step, e rules.Effect) {
	switch {
	case s.State != "": // it has failed already
	case e.Confirm != "":
		s.State, s.Approver = store.Parked, e.Confirm
		s.Reason = "waits for the " + e.Confirm
	case w.live && s.NotBefore.IsZero() && isInside(s.Op):
		s.State = store.Started // performed at once, so it is marked at once
	}
}

// snooze takes a message out of its folder and plans its return, unread.
func snooze(first store.Step, e rules.Effect, m *mailbox.Message) []store.Step {
	at, err := time.Parse(time.RFC3339, e.With["at"])
	if err != nil {
		first.State, first.Reason = store.Failed, "the time at which it is to come back can't be read"
		return []store.Step{first}
	}
	first.Op = mailbox.Op{Kind: mailbox.Move, To: Snoozed}
	unread, back := first, first
	unread.Action, unread.NotBefore = "snooze unread", at
	unread.Op = mailbox.Op{Kind: mailbox.Store, Del: []string{seen}, Unmoved: true}
	back.Action, back.NotBefore = "snooze back", at
	back.Op = mailbox.Op{Kind: mailbox.Move, To: m.Folder, Unmoved: true}
	return []store.Step{first, unread, back}
}

// after is when a wait that began with the message's arrival ends.
func after(m *mailbox.Message, wait string, now time.Time) time.Time {
	d, err := rules.ParseDuration(wait)
	if err != nil {
		d = 0 // the loader lets nothing else through
	}
	from := m.Item.Received
	if from.IsZero() {
		from = now
	}
	return from.Add(d)
}

// either joins two conditions, of which the second may be empty.
func either(a, b string) string {
	if b == "" {
		return a
	}
	return "(" + a + ") or (" + b + ")"
}
