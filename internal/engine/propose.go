package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// A proposal offers times: a draft that names them, and a hold for each. The times
// are chosen when its turn has come, and enter the journal as steps of their own
// before anything is done. The holds are released when one is taken (keep.go) or
// when their time is up.

const holding = " hold " // between a proposal's action and the number of a hold

// proposes chooses the times and plans the rest.
func (w *work) proposes(ctx context.Context, s store.Step) (todo, error) {
	count, err := strconv.Atoi(s.Op.Arg)
	if err != nil || count < 1 {
		return no("it does not say how many times are to be offered"), nil
	}
	slots, reason, err := w.slots(ctx, s, count)
	if err != nil {
		return todo{}, err
	}
	if len(slots) == 0 {
		return todo{reason: reason}, nil
	}
	steps := w.holds(s, slots)
	steps = append(steps, w.offers(s, slots)...)
	return todo{steps: steps, says: fmt.Sprintf("%d times are offered", len(slots))}, nil
}

// holds are a hold for each time, and its end.
func (w *work) holds(s store.Step, slots []rules.Span) (steps []store.Step) {
	with := s.Op.With
	if with["hold"] != "true" {
		return nil
	}
	expires := w.now().Add(waitOf(with["expire"], 3*24*time.Hour))
	for i, slot := range slots {
		hold := follower(s, s.Action+holding+strconv.Itoa(i+1))
		until := expires
		if slot.Start.Before(until) {
			until = slot.Start
		}
		hold.Op = mailbox.Op{Kind: mailbox.Event, Do: "hold", Arg: orElse(with["title"], "Hold: "+w.titleOf(s)), With: map[string]string{
			"start": instant(slot.Start), "end": instant(slot.End), "status": "tentative", "calendar": with["calendar"], "group": s.Action, "expires": instant(until),
		}}
		release := follower(s, hold.Action+releases)
		release.NotBefore = until
		release.Op = mailbox.Op{Kind: mailbox.Event, Do: "release", With: map[string]string{"action": hold.Action}}
		steps = append(steps, hold, release)
	}
	return steps
}

// titleOf is what a step's item is called where it may be told.
func (w *work) titleOf(s store.Step) string {
	if s.Item.Subject == Hidden || s.Item.Subject == "" {
		return "confidential"
	}
	return s.Item.Subject
}

// offers are the draft that names the times, and the one that asks after a while
// for an answer.
func (w *work) offers(s store.Step, slots []rules.Span) []store.Step {
	with := s.Op.With
	lines := make([]string, len(slots))
	zone := theirZone(with["theirs"])
	for i, slot := range slots {
		lines[i] = "- " + w.set.SpanTextIn(slot, zone)
	}
	draft := follower(s, s.Action+" draft")
	draft.Op = mailbox.Op{Kind: mailbox.Outside, Do: "draft", Arg: with["template"], With: map[string]string{
		"subject": with["subject"], "text": strings.ReplaceAll(orElse(with["text"], "These times would suit:\n\n"+slotsField+"\n"), slotsField, strings.Join(lines, "\n")),
	}}
	steps := []store.Step{draft}
	if with["chase"] != "" {
		chase := follower(s, s.Action+" chase")
		chase.NotBefore = w.now().Add(waitOf(with["chase"], 2*24*time.Hour))
		chase.Op = mailbox.Op{Kind: mailbox.Outside, Do: "draft", Arg: with["template"], Unless: `thread.waiting != "them"`, With: map[string]string{
			"subject": with["subject"], "text": "I would like to come back to these times:\n\n" + strings.Join(lines, "\n") + "\n\nIs one of them possible?\n",
		}}
		steps = append(steps, chase)
	}
	return steps
}

// theirZone is the zone that the other side's mail was dated in.
func theirZone(offset string) *time.Location {
	t, err := time.Parse("-07:00", offset)
	if err != nil {
		return nil
	}
	return t.Location()
}

func waitOf(s string, otherwise time.Duration) time.Duration {
	if d, err := rules.ParseDuration(s); err == nil && d > 0 {
		return d
	}
	return otherwise
}
