package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// What was done on a calendar is taken back by a change that undoes it, if nobody
// has changed it since.

// releases takes away a hold whose time is up. One that a person has made their
// own stays, and one that has not been made yet never is: what an earlier try may have
// made is looked for on the calendar first.
func (w *work) releases(ctx context.Context, s store.Step) (todo, error) {
	all, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, Rule: s.Rule, NotUndo: true})
	if err != nil {
		return todo{}, err
	}
	for _, made := range all {
		if made.Action != s.Op.With["action"] {
			continue
		}
		put, ok := putAt(made)
		switch made.State {
		case store.Done:
			if ok {
				return todo{change: &datebook.Change{Do: datebook.Remove, Key: put.Key, Calendar: put.Calendar, ID: put.ID, Tell: put.Told}}, nil
			}
		case store.Planned, store.Parked, store.Started:
			if inDoubt(made) {
				if err := w.endDoubtfulEvent(ctx, made.ID); err != nil {
					return todo{}, err
				}
				return w.releases(ctx, s)
			}
			late := store.Ending{StepID: made.ID, State: store.Failed, Reason: tooLate}
			return todo{says: "it had not been made"}, w.owner.Finish(ctx, w.now(), []store.Ending{late})
		}
	}
	return todo{says: "there is nothing to be released"}, nil
}

// inverseEvent takes back what a step has done on a calendar.
func inverseEvent(s store.Step, back *store.Step) {
	put, ok := putAt(s)
	switch {
	case ok && put.Key == "" && len(put.Was) == 0:
		back.State, back.Reason = store.Failed, "what was there before is not known any more"
		return
	case s.Reason == answeredByMail:
		back.State, back.Reason = store.Failed, "the answer went by mail and can't be taken back"
		return
	case !ok && s.Op.With["cancelled"] == "true" && s.Reason == "":
		back.State, back.Reason = store.Failed, "what was called off is not put on the calendar again"
		return
	case !ok:
		return // it has put nothing anywhere: to take it back is to write that down
	}
	with := map[string]string{"calendar": put.Calendar, "id": put.ID, "tell": fmt.Sprint(put.Told)}
	back.Op = mailbox.Op{Kind: mailbox.Event, With: with}
	switch {
	case put.Key != "":
		back.Op.Do, with["key"] = "unmake", put.Key
	case put.Set["response"] != "":
		back.Op.Do = "unrespond"
		with["response"], with["comment"], with["set"] = put.Was["response"], put.Was["comment"], put.Set["response"]
	default:
		back.Op.Do = "unpatch"
		for name, value := range put.Set {
			with["set."+name] = value
		}
		for name, value := range put.Was {
			with["was."+name] = value
		}
	}
}

func unmakes(s store.Step) todo {
	with := s.Op.With
	return todo{change: &datebook.Change{Do: datebook.Remove, Key: with["key"], Calendar: with["calendar"], ID: with["id"], Tell: with["tell"] == "true"}}
}

func unpatches(s store.Step) todo {
	c := &datebook.Change{Do: datebook.Patch, Calendar: s.Op.With["calendar"], ID: s.Op.With["id"], Tell: s.Op.With["tell"] == "true", Set: map[string]string{}, Was: map[string]string{}}
	for name, value := range s.Op.With {
		if field, ok := strings.CutPrefix(name, "was."); ok {
			c.Set[field] = value
		}
		if field, ok := strings.CutPrefix(name, "set."); ok {
			c.Was[field] = value
		}
	}
	return todo{change: c}
}

func unresponds(s store.Step) todo {
	with := s.Op.With
	return todo{change: &datebook.Change{
		Do: datebook.Respond, Calendar: with["calendar"], ID: with["id"], Response: orElse(with["response"], "needsAction"), Comment: with["comment"],
		Tell: with["tell"] == "true", Was: map[string]string{"response": with["set"]},
	}}
}
