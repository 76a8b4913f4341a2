package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// responses are the answers as the calendar knows them (RFC 5545 3.2.12, in
// Google's words).
var responses = map[string]string{"accept": "accepted", "tentative": "tentative", "decline": "declined"}

// alternativeField stands in a comment for a time that is free.
const (
	alternativeField = "{alternative}"
	slotsField       = "{slots}"
)

// alternativeWithin is how far ahead another time is looked for.
const alternativeWithin = 14 * 24 * time.Hour

// responds answers an invitation. What was free when the rule decided must be so
// still.
func (w *work) responds(ctx context.Context, s store.Step) (todo, error) {
	with := s.Op.With
	if w.crossed(with) && s.State == store.Planned {
		return no("something else has come onto the calendar at that time since the rule decided; nothing was answered"), nil
	}
	comment, reason, err := w.comment(ctx, s)
	if err != nil || reason != "" {
		return todo{reason: reason}, err
	}
	c := &datebook.Change{
		Do: datebook.Respond, Calendar: w.calendarID(with["on"]), ID: with["event"], UID: with["invite"], Original: parseInstant(with["original"]),
		Response: responses[s.Op.Arg], Comment: comment, Tell: with["tell"] != "false",
	}
	if with["was"] != "" {
		c.Was = map[string]string{"response": with["was"]}
	}
	return todo{change: c}, nil
}

// crossed reports whether a time that was free when a rule decided is so no more.
func (w *work) crossed(with map[string]string) bool {
	d := w.diaryNow()
	if d == nil || with["clear"] != "true" || with["of"] == "" {
		return false
	}
	from, to := parseInstant(with["of"]), parseInstant(with["until"])
	return slices.ContainsFunc(eventsBetween(d, from, to), func(e rules.Event) bool {
		return e.Busy && !e.AllDay && e.ID != with["event"] && (e.UID != with["invite"] || with["invite"] == "")
	})
}

// comment fills in what an answer says. Where it offers another time, that is one
// at which the executive, and as far as can be known the organizer, is free.
func (w *work) comment(ctx context.Context, s store.Step) (text, reason string, err error) {
	text = s.Op.With["comment"]
	if !strings.Contains(text, alternativeField) {
		return text, "", nil
	}
	slots, reason, err := w.slots(ctx, w.anotherTime(s), 1)
	if err != nil || reason != "" {
		return "", reason, err
	}
	return strings.ReplaceAll(text, alternativeField, w.set.SpanText(slots[0])), "", nil
}

// anotherTime is a step that looks for as much time as another one takes.
func (w *work) anotherTime(s store.Step) store.Step {
	with := map[string]string{}
	for k, v := range s.Op.With {
		with[k] = v
	}
	length := parseInstant(with["until"]).Sub(parseInstant(with["of"]))
	if with["length"] == "" || length > 0 && with["length"] == "0m" {
		with["length"] = fmt.Sprint(int(length.Minutes()), "m")
	}
	with["guests"] = with["organizer"]
	now := w.now()
	with["after"] = orElse(with["after"], instant(now.Add(2*time.Hour)))
	with["before"] = orElse(with["before"], instant(now.Add(alternativeWithin)))
	s.Op.With = with
	return s
}

// answeredByMail says what became of an answer that goes by mail.
const answeredByMail = "the event is not on the calendar, so the answer goes by mail"

// googleIsQuicker is how long an invitation is given to come onto the calendar by
// itself before it is answered by mail.
const googleIsQuicker = 2 * time.Minute

// respondByMail answers an invitation that is not on the calendar as calendar
// programs do: by mail (RFC 6047).
func (w *work) respondByMail(ctx context.Context, s store.Step) error {
	if w.Calendar != nil && w.now().Sub(s.Planned) < googleIsQuicker {
		return w.endEvent(ctx, s, store.Ending{StepID: s.ID, State: store.Planned, NotBefore: s.Planned.Add(googleIsQuicker), Reason: "the event is not on the calendar yet"}, nil)
	}
	comment, reason, err := w.comment(ctx, s)
	if err != nil {
		return err
	}
	if reason != "" {
		return w.endEvent(ctx, s, failed(s, reason), nil)
	}
	by := follower(s, s.Action+" by mail")
	by.Op = mailbox.Op{Kind: mailbox.Outside, Do: "respond", Arg: s.Op.Arg, With: map[string]string{"comment": comment}}
	return w.endEvent(ctx, s, store.Ending{StepID: s.ID, State: store.Done, Reason: answeredByMail}, []store.Step{by})
}

// follower is a step that comes of another.
func follower(s store.Step, action string) store.Step {
	return store.Step{Rule: s.Rule, RulesHash: s.RulesHash, Action: action, Arg: s.Arg, Facts: s.Facts, From: s.From}
}

// occurrence finds an event of the diary by its id.
func (w *work) occurrence(id string) (rules.Event, bool) {
	if d := w.diaryNow(); d != nil {
		for _, e := range d.Events {
			if e.ID == id {
				return e, true
			}
		}
	}
	return rules.Event{}, false
}

// moves finds an event another time: one of the executive's own, or one of ours.
func (w *work) moves(ctx context.Context, s store.Step) (todo, error) {
	with := s.Op.With
	e, ok := w.occurrence(with["event"])
	switch {
	case !ok:
		return no("the event is not on the calendar any more"), nil
	case !e.Mine && !e.Ours:
		return no("only its organizer can move it; answer with another time instead"), nil
	case e.AllDay:
		return no("an event of whole days is not moved by a rule"), nil
	}
	span := rules.Span{Start: parseInstant(with["start"]), End: parseInstant(with["end"])}
	if span.Start.IsZero() {
		look := w.anotherTime(s)
		if look.Op.With["guests"] == "" {
			look.Op.With["guests"] = joinEmails(e.Attendees)
		}
		if s.Op.With["length"] == "" {
			look.Op.With["length"] = fmt.Sprint(int(e.End.Sub(e.Start).Minutes()), "m")
		}
		look.Op.With["besides"] = e.Key
		slots, reason, err := w.slots(ctx, look, 1)
		if err != nil || reason != "" {
			return todo{reason: reason}, err
		}
		span = slots[0]
	}
	return todo{change: &datebook.Change{
		Do: datebook.Patch, Calendar: w.calendarID(e.Calendar), ID: e.ID, Tell: with["tell"] == "true",
		Set: map[string]string{"start": instant(span.Start), "end": instant(span.End)},
		Was: map[string]string{"start": instant(e.Start), "end": instant(e.End)},
	}}, nil
}

func joinEmails(people []rules.Address) string {
	var all []string
	for _, p := range people {
		all = append(all, p.Email)
	}
	return strings.Join(all, ",")
}

// fixes does what is recommended about a conflict of the event.
func (w *work) fixes(ctx context.Context, s store.Step) (todo, error) {
	d := w.diaryNow()
	if d == nil {
		return no("the calendar has not been read yet"), nil
	}
	for _, c := range w.set.Clashes(d, w.now(), d.To) {
		if c.A.ID != s.Op.With["event"] && c.B.ID != s.Op.With["event"] {
			continue
		}
		fix := s
		fix.Op.Do, fix.Op.Arg = c.Fix.Action, c.Fix.Arg
		fix.Op.With = map[string]string{"event": c.B.ID, "on": c.B.Calendar, "was": c.B.Response, "tell": orElse(s.Op.With["tell"], "true"), "of": instant(c.B.Start), "until": instant(c.B.End)}
		for k, v := range c.Fix.With {
			fix.Op.With[k] = v
		}
		switch c.Fix.Action {
		case "move":
			return w.moves(ctx, fix)
		case "respond":
			return w.responds(ctx, fix)
		}
		return no("nothing can be recommended about this conflict: %s", c.Why), nil
	}
	return todo{says: "there is no conflict any more"}, nil
}

// patch sets one field of the event that a rule looked at.
func (w *work) patch(s store.Step, field, value string) todo {
	e, ok := w.occurrence(s.Op.With["event"])
	if !ok {
		return no("the event is not on the calendar any more")
	}
	return todo{change: &datebook.Change{Do: datebook.Patch, Calendar: w.calendarID(e.Calendar), ID: e.ID, Set: map[string]string{field: value}}}
}

func (w *work) tags(_ context.Context, s store.Step) (todo, error) {
	e, ok := w.occurrence(s.Op.With["event"])
	if ok && slices.Contains(e.Tags, s.Op.Arg) {
		return todo{says: "it has that tag already"}, nil
	}
	return w.patch(s, "tags", strings.Join(append(slices.Clone(e.Tags), s.Op.Arg), ",")), nil
}

func (w *work) reminds(s store.Step) todo {
	var before []string
	for _, m := range minutes(orElse(s.Op.With["before"], s.Op.Arg)) {
		before = append(before, strconv.Itoa(m))
	}
	return w.patch(s, "remind", strings.Join(before, ","))
}

// flips makes an event of ours take time, which it has not till then.
func (w *work) flips(s store.Step) todo {
	return todo{change: &datebook.Change{
		Do: datebook.Patch, Calendar: s.Op.With["calendar"], ID: s.Op.With["event"], Set: map[string]string{"free": "false"}, Was: map[string]string{"free": "true"},
	}}
}

// releases takes away a hold whose time is up. One that a person has made their
// own stays.
func (w *work) releases(ctx context.Context, s store.Step) (todo, error) {
	made, ok, err := w.madeBy(ctx, s)
	if err != nil || !ok {
		return todo{says: "there is nothing to be released"}, err
	}
	return todo{change: &datebook.Change{Do: datebook.Remove, Key: made.Key, Calendar: made.Calendar, ID: made.ID, Tell: made.Told}}, nil
}

// madeBy is what an earlier step of the same rule and item, named by its action,
// has put on a calendar and what stands there still.
func (w *work) madeBy(ctx context.Context, s store.Step) (onServerNow, bool, error) {
	done, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, Rule: s.Rule, States: []store.State{store.Done}, NotUndo: true})
	if err != nil {
		return onServerNow{}, false, err
	}
	for _, d := range done {
		if d.Action == s.Op.With["action"] {
			made, ok := putAt(d)
			return made, ok, nil
		}
	}
	return onServerNow{}, false, nil
}

// inverseEvent takes back what a step has done on a calendar.
func inverseEvent(s store.Step, back *store.Step) {
	put, ok := putAt(s)
	if !ok {
		if s.Reason == answeredByMail {
			back.State, back.Reason = store.Failed, "the answer went by mail and can't be taken back"
		}
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
