package gather

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// How far ahead the executive is asked to decide.
const (
	clashDays   = 7
	inviteAhead = 14 * 24 * time.Hour
	releaseSoon = 36 * time.Hour
)

// calendarFolder stands in the journal before the calendar of an occasion, as package
// engine writes it.
const calendarFolder = "calendar:"

// needs are the decisions about the calendar: conflicts, invitations, and time kept
// free that will be let go.
func (g *gathering) needs(ctx context.Context, day *agenda.Day) error {
	g.clashes(day)
	g.invitations(day)
	return g.holds(ctx, day)
}

// decide adds a line, unless it was put off, with what may be chosen about it.
// Putting it off is among that.
func (g *gathering) decide(day *agenda.Day, line agenda.Line, key string, choices ...store.Choice) bool {
	if g.snoozed[key] {
		return false
	}
	if !line.Confidential {
		line.ID = key
		g.offer(line.ID, key, append(choices, g.putOff())...)
	}
	day.Needs = append(day.Needs, line)
	return true
}

// clashes are the conflicts of the coming week, each with the fix that the rules
// recommend.
func (g *gathering) clashes(day *agenda.Day) {
	until := midnight(g.today.AddDate(0, 0, clashDays+1), g.zone)
	for _, c := range g.Rules.Clashes(g.diary, g.from(), until) {
		key := "clash/" + c.A.Key + "/" + c.B.Key
		for _, e := range []string{c.A.Key, c.B.Key} {
			if g.clashing[e] == "" {
				g.clashing[e] = key
			}
		}
		line := agenda.Line{
			Kind: agenda.Conflict, Source: agenda.Source{Rule: ruleOf(c.Why), Event: c.A.Key}, When: agenda.Span{Start: c.At.Start, End: c.At.End},
			Clash: &agenda.Clash{Stays: shownTitle(&c.A), Gives: shownTitle(&c.B), Why: c.Why},
		}
		choices := g.fix(&c, line.Clash)
		if g.decide(day, line, key, choices...) && c.Fix.Action == "respond" {
			g.answered[c.B.Key] = true
		}
	}
}

// ruleOf is the rule that a reason of rules.Clash names, if it names one.
func ruleOf(why string) string {
	name, err := strconv.QuotedPrefix(strings.TrimPrefix(why, "the rule "))
	if err != nil {
		return ""
	}
	name, _ = strconv.Unquote(name)
	return name
}

// shownTitle is the title of an event; of a private one none.
func shownTitle(e *rules.Event) string {
	if e.Private {
		return ""
	}
	return e.Title.String()
}

// fix writes what is recommended about a conflict into its line, and as the step
// that does it.
func (g *gathering) fix(c *rules.Clash, into *agenda.Clash) []store.Choice {
	b := &c.B
	to := agenda.Span{Start: c.Slot.Start, End: c.Slot.End}
	switch {
	case c.Fix.Action == "move":
		into.Do, into.To = agenda.Move, to
		with := g.about(b)
		maps.Copy(with, c.Fix.With)
		return []store.Choice{g.choice("fix", b, mailbox.Op{Kind: mailbox.Event, Do: "shift", With: with})}
	case c.Fix.Action == "respond":
		into.Do, into.To = agenda.Tentative, to
		if c.Fix.Arg == "decline" {
			into.Do = agenda.Decline
		}
		return []store.Choice{g.respond("fix", b, c.Fix.Arg, c.Fix.With, false)}
	}
	return nil
}

// about names an occurrence in a step's arguments, and when it is.
func (g *gathering) about(e *rules.Event) map[string]string {
	return map[string]string{"event": e.ID, "on": e.Calendar, "of": rfc3339(e.Start), "until": rfc3339(e.End)}
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// choice is a step on the calendar. Its action has the day in it: what was decided
// once may be decided anew.
func (g *gathering) choice(do string, e *rules.Event, op mailbox.Op) store.Choice {
	action := strings.Join(strings.Fields(op.Do+" "+op.Arg), " ")
	stamp := e.Start.UTC().Format("20060102T1504Z")
	return store.Choice{Do: do, Item: occasion(e), Step: store.Step{Action: action + " " + stamp + " " + g.date, Arg: op.Arg, Op: op}}
}

// occasion is how the journal knows an occurrence.
func occasion(e *rules.Event) store.Item {
	it := store.Item{
		Key: datebook.ItemOfEvent + e.Key, Occurrence: 1, Date: e.Start, Place: mailbox.Ref{Folder: calendarFolder + e.Calendar},
		Subject: e.Title.String(), Sender: e.Organizer.Email,
	}
	if e.Private {
		it.Subject, it.Sender = hidden, hidden
	}
	return it
}

// respond is an answer to an invitation, or to the whole series that it belongs to.
func (g *gathering) respond(do string, e *rules.Event, answer string, more map[string]string, whole bool) store.Choice {
	with := g.about(e)
	with["was"], with["organizer"], with["tell"] = e.Response, e.Organizer.Email, "true"
	maps.Copy(with, more)
	if whole {
		with["event"] = e.Series
	}
	// What has come onto the calendar by then makes another answer right, perhaps.
	if answer != "decline" && !whole {
		with["clear"] = strconv.FormatBool(!g.crossed(e))
	}
	return g.choice(do, e, mailbox.Op{Kind: mailbox.Event, Do: "respond", Arg: answer, With: with})
}

// crossed reports whether something stands at the time of an event, as the engine
// looks again before it answers.
func (g *gathering) crossed(e *rules.Event) bool {
	return slices.ContainsFunc(g.diary.Events, func(o rules.Event) bool {
		kept := o.Ours && (o.Kind == "hold" || o.Kind == "offer")
		return o.Busy && !o.AllDay && !kept && o.ID != e.ID && o.Start.Before(e.End) && o.End.After(e.Start)
	})
}

// unansweredSeries reports whether an occurrence is one of a series that waits for
// one answer as a whole.
func (g *gathering) unansweredSeries(e *rules.Event) bool {
	series, ok := g.events[e.Series]
	return ok && e.Series != e.ID && series.Me() == "needsAction"
}

// invitations are those that wait for an answer, but for those whose conflict has
// been told of with one. A series that nobody has answered yet is one invitation.
func (g *gathering) invitations(day *agenda.Day) {
	for _, e := range g.between(g.from(), g.from().Add(inviteAhead)) {
		whole := g.unansweredSeries(e)
		about := e.Key
		if whole {
			about = e.Series
		}
		if e.Response != "needsAction" || e.Mine || e.Ours || g.answered[about] {
			continue
		}
		g.answered[about] = true
		g.decide(day, g.invitation(e, whole), "invite/"+about,
			g.respond("accept", e, "accept", nil, whole), g.respond("tentative", e, "tentative", nil, whole), g.respond("decline", e, "decline", nil, whole))
	}
}

// invitation is the line of one.
func (g *gathering) invitation(e *rules.Event, whole bool) agenda.Line {
	line := agenda.Line{Kind: agenda.Invitation, Confidential: e.Private, Source: agenda.Source{Event: e.Key}, When: g.span(e)}
	if e.Private {
		return line
	}
	line.Title, line.Who, line.Text = e.Title.String(), g.called(e.Organizer), g.conflictOf(e)
	if whole {
		line.Text = strings.TrimSpace(line.Text + " " + g.words().series)
	}
	return line
}

// conflictOf says what an invitation is in the way of.
func (g *gathering) conflictOf(e *rules.Event) string {
	others := g.Rules.EventFacts(*e, g.diary).Conflicts
	if len(others) == 0 {
		return ""
	}
	title := shownTitle(&others[0])
	if others[0].Private {
		title = g.words().private
	}
	if n := len(others) - 1; n > 0 {
		return fmt.Sprintf(g.words().conflicts, title, n)
	}
	return fmt.Sprintf(g.words().conflict, title)
}

// nameOf is a person as people call them.
func nameOf(a rules.Address) string { return cmp.Or(strings.TrimSpace(a.Name.String()), a.Email) }

// called is what a person is called here or, if that is not said here, elsewhere on the
// calendar.
func (g *gathering) called(a rules.Address) string {
	return cmp.Or(strings.TrimSpace(a.Name.String()), g.nameOf(a.Email, nil))
}

// madeBy names the step behind what foredesk has put on the calendar.
type madeBy struct{ item, rule, action string }

// holds are times kept free by rules that are soon let go of.
func (g *gathering) holds(ctx context.Context, day *agenda.Day) error {
	ends, items, err := g.releases(ctx)
	if err != nil || len(ends) == 0 {
		return err
	}
	made, err := g.Journal.Steps(ctx, store.Filter{Account: g.Account, ItemIDs: items, States: []store.State{store.Done}, NotUndo: true})
	if err != nil {
		return err
	}
	byStep := map[madeBy]store.Step{}
	for _, s := range made {
		byStep[madeBy{s.Item.Key, s.Rule, s.Action}] = s
	}
	for i := range g.diary.Events {
		e := &g.diary.Events[i]
		if m, ok := g.mirrored(e); ok && e.Ours && (e.Private || m.Untouched()) {
			by := madeBy{m.Ours["item"], m.Ours["rule"], m.Ours["action"]}
			if release, ok := ends[by]; ok && byStep[by].ID != 0 {
				g.hold(day, e, byStep[by], release)
			}
		}
	}
	return nil
}

// releases are the steps that will let something go soon, by what made it, and the
// items that they are about.
func (g *gathering) releases(ctx context.Context) (map[madeBy]store.Step, []int64, error) {
	ends := map[madeBy]store.Step{}
	var items []int64
	f := store.Filter{Account: g.Account, States: []store.State{store.Planned}, Due: g.now.Add(releaseSoon), NotUndo: true}
	err := g.Journal.EachStep(ctx, f, func(s store.Step) error {
		if s.Op.Kind == mailbox.Event && s.Op.Do == "release" && s.NotBefore.After(g.now) {
			ends[madeBy{s.Item.Key, s.Rule, s.Op.With["action"]}] = s
			items = append(items, s.Item.ID)
		}
		return nil
	})
	return ends, slices.Compact(slices.Sorted(slices.Values(items))), err
}

// hold is one time that is kept free.
func (g *gathering) hold(day *agenda.Day, e *rules.Event, made, release store.Step) {
	line := agenda.Line{
		Kind: agenda.Hold, Confidential: e.Private || made.Item.Subject == hidden,
		Source: agenda.Source{Rule: made.Rule, Message: made.Item.MessageID, Event: e.Key}, When: agenda.Span{Start: release.NotBefore},
	}
	if !line.Confidential {
		at := agenda.Span{Start: e.Start.In(g.zone), End: e.End.In(g.zone)}
		line.Title = strings.TrimPrefix(e.Title.String(), "Hold: ")
		line.Text = fmt.Sprintf(g.words().held, g.Language.When(at, g.today))
	}
	g.decide(day, line, fmt.Sprint("hold/", made.ID),
		store.Choice{Do: "keep", Back: store.Back{Step: release.ID}}, store.Choice{Do: "release", Back: store.Back{Step: made.ID}})
}
