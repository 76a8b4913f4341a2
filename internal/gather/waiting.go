package gather

import (
	"context"
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

// Waiting is one thing that waits for a person, in words.
type Waiting struct {
	store.Approval
	Does    []string // what the rule wants to do, in English
	Steps   []int64  // that do it
	From    string
	Subject string

	item    store.Item
	effects []rules.Effect
}

// WaitingLine puts what waits for a person into words. Without Does, it was taken
// back meanwhile.
func WaitingLine(ctx context.Context, journal *store.Store, w store.Approval) (Waiting, error) {
	steps, err := journal.Steps(ctx, store.Filter{Account: w.Account, ItemIDs: []int64{w.ItemID}, Rule: w.Rule, States: []store.State{store.Parked}})
	line := Waiting{Approval: w}
	for _, s := range steps {
		line.From, line.Subject, line.item = s.Item.Sender, s.Item.Subject, s.Item
		line.Steps = append(line.Steps, s.ID)
		if s.Op.Do == "release" {
			continue // it is a part of the hold
		}
		action, _, _ := strings.Cut(s.Action, " ")
		e := rules.Effect{Action: action, Arg: s.Arg, With: s.Op.With}
		if does := e.String(); len(line.Does) == 0 || line.Does[len(line.Does)-1] != does {
			line.Does, line.effects = append(line.Does, does), append(line.effects, e)
		}
	}
	return line, err
}

// unsureFor is for how long an agenda says that nobody can know whether something was
// done; foredesk log says it for ever.
const unsureFor = 7 * 24 * time.Hour

// waitingFor adds what waits for a word of the executive, and what foredesk has begun
// and can't know the end of: a person must look.
func (g *gathering) waitingFor(ctx context.Context, day *agenda.Day) error {
	waiting, err := g.Journal.Approvals(ctx, g.Account)
	if err != nil {
		return err
	}
	for _, a := range waiting {
		if a.Approver != "executive" || g.now.After(a.Expires) {
			continue
		}
		w, err := WaitingLine(ctx, g.Journal, a)
		if err != nil {
			return err
		}
		// Without words, it was taken back since it was asked for.
		if len(w.Does) > 0 && !isSolved(day.Needs, &w) {
			about, err := g.describe(ctx, []store.Step{{Item: w.item, Rule: w.Rule}})
			if err != nil {
				return err
			}
			line := g.approval(&w, about[0])
			day.Needs = append(day.Needs, line)
			if !line.Confidential {
				g.decisions = append(g.decisions, Decision{Line: line.ID, Approval: a.ID})
			}
		}
	}
	return g.unsure(ctx, day)
}

// isSolved reports whether a line offers already what waits: the way out of a
// conflict.
func isSolved(needs []agenda.Line, w *Waiting) bool {
	key, ok := strings.CutPrefix(w.item.Key, datebook.ItemOfEvent)
	solves := !slices.ContainsFunc(w.effects, func(e rules.Effect) bool { return e.Action != "fix" })
	return ok && solves && slices.ContainsFunc(needs, func(l agenda.Line) bool { return l.Kind == agenda.Conflict && l.Source.Event == key })
}

// approval is the line of what a rule wants to do. Its links approve or refuse: what is
// asked for by a mail of its own, too, is answered once, wherever.
func (g *gathering) approval(w *Waiting, t told) agenda.Line {
	line := agenda.Line{ID: "approval-" + strconv.FormatInt(w.ID, 10), Kind: agenda.Approval, Source: sourceOf(t.Step), Confidential: t.isHidden()}
	if line.Source.Event != "" {
		g.ofEvent(&line, &t)
	}
	if line.Confidential {
		return line
	}
	say := g.terms()
	line.Title, line.Who = w.Subject, g.whoOf(&t)
	does := make([]string, len(w.effects))
	for i, e := range w.effects {
		does[i] = say.wants(e)
	}
	line.Text = strings.NewReplacer("%r", w.Rule, "%d", strings.Join(does, ", ")).Replace(say.wantsTo)
	return line
}

// unsure adds the steps of which nobody can know whether they were done.
func (g *gathering) unsure(ctx context.Context, day *agenda.Day) error {
	steps, err := g.Journal.UncertainSince(ctx, g.Account, g.now.Add(-unsureFor))
	if err != nil {
		return err
	}
	all, err := g.describe(ctx, steps)
	if err != nil {
		return err
	}
	say := g.terms()
	for i := range all {
		t, s := &all[i], &all[i].Step
		id := strconv.FormatInt(s.ID, 10)
		if g.snoozed["unsure/"+id] || !s.Ended.Before(g.now) {
			continue
		}
		line := agenda.Line{ID: "unsure-" + id, Kind: agenda.Unsure, Source: sourceOf(*s), Confidential: t.isHidden()}
		if !line.Confidential {
			line.Title, line.Who, line.When = s.Item.Subject, g.whoOf(t), agenda.Span{Start: s.Ended}
			line.Text = strings.ReplaceAll(say.unsure, "%d", say.unsureOf(*s))
			// Only mail and the like can't be looked for; of the rest a later try knows.
			if s.Op.Kind == mailbox.Outside {
				line.Text += " " + say.unsureLook
			}
		}
		day.Needs = append(day.Needs, line)
		g.offerOn(&line, "unsure/"+id, g.putOff())
	}
	return nil
}
