package engine

import (
	"context"
	"fmt"
	"maps"
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
	if s.Rule == DecisionRule && !inDoubt(s) && w.isAnswered(s) {
		return todo{says: "it is answered so already"}, nil
	}
	if s.Rule == DecisionRule && !inDoubt(s) && w.isElsewhere(with) {
		return no("the event was moved since; nothing was answered"), nil
	}
	if w.crossed(with) && !w.isAnswered(s) {
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

// isElsewhere reports whether an event is at another time than the one that a step
// tells: of that, whoever decided has seen nothing.
func (w *work) isElsewhere(with map[string]string) bool {
	e, ok := w.occurrence(with)
	return ok && with["of"] != "" && !e.Start.Equal(parseInstant(with["of"]))
}

// isAnswered reports whether the calendar has the answer that a step gives, as one
// whose outcome was lost.
func (w *work) isAnswered(s store.Step) bool {
	with := s.Op.With
	return slices.ContainsFunc(w.diaryNow().Events, func(e rules.Event) bool {
		return (e.ID == with["event"] || e.UID == with["invite"]) && e.Response == responses[s.Op.Arg]
	})
}

// crossed reports whether a time that was free when a rule decided is so no more.
func (w *work) crossed(with map[string]string) bool {
	d := w.diaryNow()
	if d == nil || with["clear"] != "true" || with["of"] == "" {
		return false
	}
	from, to := parseInstant(with["of"]), parseInstant(with["until"])
	return slices.ContainsFunc(eventsBetween(d, from, to), func(e rules.Event) bool {
		if e.Ours && (e.Kind == "hold" || e.Kind == "offer") {
			return false // what was held for this, perhaps
		}
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
	switch {
	case err != nil:
		return "", "", err
	case reason != "" && inDoubt(s): // it may have been answered, and is looked for
		return strings.ReplaceAll(text, alternativeField, "another time"), "", nil
	case reason != "":
		return "", reason, nil
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

// notThereYet is the reason of an answer that waits for that.
const notThereYet = "the event is not on the calendar yet"

// respondByMail answers an invitation that is not on the calendar as calendar
// programs do: by mail (RFC 6047).
func (w *work) respondByMail(ctx context.Context, s store.Step) error {
	if w.Calendar != nil && w.now().Sub(s.Planned).Abs() < googleIsQuicker {
		return w.endEvent(ctx, store.Ending{StepID: s.ID, State: store.Planned, NotBefore: s.Planned.Add(googleIsQuicker), Reason: notThereYet}, s, nil)
	}
	comment, reason, err := w.comment(ctx, s)
	if err != nil {
		return err
	}
	if reason != "" {
		return w.endEvent(ctx, failed(s, reason), s, nil)
	}
	by := follower(s, s.Action+" by mail")
	by.Op = mailbox.Op{Kind: mailbox.Outside, Do: "respond", Arg: s.Op.Arg, With: map[string]string{"comment": comment}}
	return w.endEvent(ctx, store.Ending{StepID: s.ID, State: store.Done, Reason: answeredByMail}, s, []store.Step{by})
}

// follower is a step that comes of another.
func follower(s store.Step, action string) store.Step {
	return store.Step{Rule: s.Rule, RulesHash: s.RulesHash, Action: action, Arg: s.Arg, Facts: s.Facts, From: s.From}
}

// occurrence finds the event of the diary that a step is about. Copies of one
// event on several calendars may have one id.
func (w *work) occurrence(with map[string]string) (rules.Event, bool) {
	if d := w.diaryNow(); d != nil {
		for _, e := range d.Events {
			if e.ID == with["event"] && (with["on"] == "" || w.calendarID(e.Calendar) == w.calendarID(with["on"])) {
				return e, true
			}
		}
	}
	return rules.Event{}, false
}

// moves finds an event another time: one of the executive's own, or one of ours.
// The time is written down as a step of its own before anything is done: a second
// look after a crash would find another one.
func (w *work) moves(ctx context.Context, s store.Step) (todo, error) {
	with := s.Op.With
	e, ok := w.occurrence(with)
	switch {
	case !ok:
		return no("the event is not on the calendar any more"), nil
	case !e.Mine && !e.Ours:
		return no("only its organizer can move it; answer with another time instead"), nil
	case with["start"] != "" || with["date"] != "":
		return w.shifts(s, e), nil
	case e.AllDay:
		return no("an event of whole days is not moved by a rule"), nil
	}
	look := w.anotherTime(s)
	if look.Op.With["guests"] == "" {
		look.Op.With["guests"] = joinEmails(e.Attendees)
	}
	if with["length"] == "" {
		look.Op.With["length"] = lengthOf(e)
	}
	look.Op.With["besides"] = e.Key
	slots, reason, err := w.slots(ctx, look, 1)
	if err != nil || reason != "" {
		return todo{reason: reason}, err
	}
	to := map[string]string{"start": instant(slots[0].Start), "end": instant(slots[0].End), "tell": with["tell"]}
	return todo{steps: []store.Step{shiftOf(s, e, to)}, says: "another time was found: " + w.set.SpanText(slots[0])}, nil
}

// shiftOf is the step that puts an event at a certain time, which another step has
// found.
func shiftOf(s store.Step, e rules.Event, to map[string]string) store.Step {
	by := follower(s, s.Action+" to "+to["start"])
	with := map[string]string{"event": e.ID, "on": e.Calendar, "of": instant(e.Start), "until": instant(e.End)}
	maps.Copy(with, to)
	by.Op = mailbox.Op{Kind: mailbox.Event, Do: "shift", Arg: s.Op.Arg, With: with}
	return by
}

// shifts puts an event where its step says, if it is still where the step found it.
func (w *work) shifts(s store.Step, e rules.Event) todo {
	with := s.Op.With
	c := &datebook.Change{Do: datebook.Patch, Calendar: w.calendarID(e.Calendar), ID: e.ID, Tell: with["tell"] == "true", Was: whenPlanned(s)}
	if with["date"] != "" {
		c.Set = map[string]string{"date": with["date"], "until": with["until"]}
		return todo{change: c}
	}
	c.Set = map[string]string{"start": with["start"], "end": with["end"]}
	if c.Was == nil {
		c.Was = map[string]string{"start": with["of"], "end": with["until"]}
	}
	return todo{change: c}
}

// whenPlanned is what the event of a step had when the step was planned, of the fields
// that it sets; nil where that is not known.
func whenPlanned(s store.Step) (was map[string]string) {
	for name, value := range s.Op.With {
		if field, ok := strings.CutPrefix(name, wasField); ok {
			if was == nil {
				was = map[string]string{}
			}
			was[field] = value
		}
	}
	return was
}

func lengthOf(e rules.Event) string { return fmt.Sprint(int(e.End.Sub(e.Start).Minutes()), "m") }

func joinEmails(people []rules.Address) string {
	var all []string
	for _, p := range people {
		all = append(all, p.Email)
	}
	return strings.Join(all, ",")
}

// fixes finds out what is recommended about a conflict of the event. That is
// written down as a step of its own before it is done.
func (w *work) fixes(_ context.Context, s store.Step) (todo, error) {
	d := w.diaryNow()
	if d == nil {
		return no("the calendar has not been read yet"), nil
	}
	for _, c := range w.set.Clashes(d, w.now(), d.To) {
		if c.A.ID != s.Op.With["event"] && c.B.ID != s.Op.With["event"] {
			continue
		}
		to := maps.Clone(c.Fix.With)
		switch c.Fix.Action {
		case "move":
			to["tell"] = orElse(s.Op.With["tell"], to["tell"])
			return todo{steps: []store.Step{shiftOf(s, c.B, to)}, says: "another time was found: " + w.set.SpanText(c.Slot)}, nil
		case "respond":
			by := follower(s, s.Action+" "+c.Fix.Arg)
			to["event"], to["on"], to["was"], to["tell"] = c.B.ID, c.B.Calendar, c.B.Response, orElse(s.Op.With["tell"], to["tell"])
			by.Op = mailbox.Op{Kind: mailbox.Event, Do: "respond", Arg: c.Fix.Arg, With: to}
			return todo{steps: []store.Step{by}, says: "the invitation is answered"}, nil
		}
		return no("nothing can be recommended about this conflict: %s", c.Why), nil
	}
	return todo{says: "there is no conflict any more"}, nil
}

// patch sets one field of the event that a rule looked at, unless a person has set it
// since. What another rule has set since is no person's.
func (w *work) patch(ctx context.Context, s store.Step, field, value string) (todo, error) {
	e, ok := w.occurrence(s.Op.With)
	if !ok {
		return no("the event is not on the calendar any more"), nil
	}
	c := &datebook.Change{Do: datebook.Patch, Calendar: w.calendarID(e.Calendar), ID: e.ID, Set: map[string]string{field: value}, Was: whenPlanned(s)}
	if c.Was == nil {
		return todo{change: c}, nil
	}
	others, err := w.Journal.Steps(ctx, store.Filter{Account: w.Name, ItemIDs: []int64{s.Item.ID}, States: []store.State{store.Done}, NotUndo: true})
	slices.SortFunc(others, func(a, b store.Step) int { return a.Ended.Compare(b.Ended) })
	for _, other := range others {
		if put, ok := putAt(other); ok && put.Set[field] != "" && other.Ended.After(s.Planned) {
			c.Was[field] = put.Set[field]
		}
	}
	return todo{change: c}, err
}

func (w *work) tags(ctx context.Context, s store.Step) (todo, error) {
	e, ok := w.occurrence(s.Op.With)
	has := slices.Contains(e.Tags, s.Op.Arg)
	switch {
	case ok && has && !inDoubt(s):
		return todo{says: "it has that tag already"}, nil
	case !has:
		e.Tags = append(slices.Clone(e.Tags), s.Op.Arg)
	}
	return w.patch(ctx, s, "tags", strings.Join(e.Tags, ","))
}

func (w *work) reminds(ctx context.Context, s store.Step) (todo, error) {
	var before []string
	for _, m := range minutes(orElse(s.Op.With["before"], s.Op.Arg)) {
		before = append(before, strconv.Itoa(m))
	}
	return w.patch(ctx, s, "remind", strings.Join(before, ","))
}

// flips makes an event of ours take time, which it has not till then, or the other
// way round.
func (w *work) flips(s store.Step) todo {
	free := s.Op.With["free"] == "true"
	return todo{change: &datebook.Change{
		Do: datebook.Patch, Calendar: s.Op.With["calendar"], ID: s.Op.With["event"],
		Set: map[string]string{"free": strconv.FormatBool(free)}, Was: map[string]string{"free": strconv.FormatBool(!free)},
	}}
}
