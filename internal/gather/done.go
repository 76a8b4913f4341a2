package gather

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
)

// done counts what rules have really done since the agenda before and nobody has
// taken back, rule by rule, each with the way to take it back. What only the letters
// are made of, such as summaries, is seen where it stands.
func (g *gathering) done(ctx context.Context, day *agenda.Day) error {
	tallies, err := g.Journal.Tallies(ctx, g.Account, g.since, g.now)
	if err != nil {
		return err
	}
	for _, d := range deedsOf(tallies) {
		title := d.title(g.terms())
		if title == "" || g.snoozed["rule/"+d.rule] {
			continue
		}
		line := agenda.Line{ID: "done-" + strconv.Itoa(g.placeOf(d.rule)+1), Source: agenda.Source{Rule: d.rule}, Title: title, Count: d.most()}
		if g.Rules.Rule(d.rule) == nil {
			line.ID = "done-by-" + d.rule
		}
		day.Done = append(day.Done, line)
		if d.canBeUndone() {
			g.offer(line.ID, "rule/"+d.rule, store.Choice{Do: "undo", Back: store.Back{Rule: d.rule, Since: g.since}})
		}
	}
	slices.SortStableFunc(day.Done, func(a, b agenda.Line) int { return cmp.Compare(b.Count, a.Count) })
	return nil
}

// deeds are what one rule did.
type deeds struct {
	rule  string
	verbs []deed // the most frequent first
}

// deed is one of the actions of a rule.
type deed struct {
	verb string
	arg  string // empty where there were several
	n    int
}

// deedsOf sums up what each rule did, by name. What foredesk does by itself or the
// executive has decided has no rule of the file: its name is in brackets.
func deedsOf(tallies []store.Tally) (all []deeds) {
	for _, t := range tallies {
		verb, rest, _ := strings.Cut(t.Action, " ")
		if strings.HasPrefix(t.Rule, "(") || follows(verb, rest) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].rule != t.Rule {
			all = append(all, deeds{rule: t.Rule})
		}
		d := &all[len(all)-1]
		i := slices.IndexFunc(d.verbs, func(v deed) bool { return v.verb == verb })
		if i < 0 {
			d.verbs = append(d.verbs, deed{verb, t.Arg, t.N})
			continue
		}
		if d.verbs[i].n += t.N; d.verbs[i].arg != t.Arg {
			d.verbs[i].arg = ""
		}
	}
	for i := range all {
		slices.SortStableFunc(all[i].verbs, func(a, b deed) int { return cmp.Compare(b.n, a.n) })
	}
	return all
}

// withArg are the actions of which one item can have several, with the argument in
// the key of the step.
var withArg = []string{"label", "unlabel", "copy", "save", "extract", "forward", "redirect", "notify", "webhook", "tag", "schedule", "hold", "buffer", "prep", "focus", "mirror"}

// follows reports whether a step is a part of another one, or came of it: a message
// that comes back after it was put off is not counted twice.
func follows(verb, rest string) bool { return rest != "" && !slices.Contains(withArg, verb) }

// most is how often the rule did what it did most often.
func (d *deeds) most() int {
	if len(d.verbs) == 0 {
		return 0
	}
	return d.verbs[0].n
}

// title says in plain words what a rule did.
func (d *deeds) title(say *terms) string {
	var parts []string
	for _, v := range d.verbs {
		words := say.deeds[v.verb]
		if len(words) == 0 {
			continue
		}
		text := words[0]
		if len(words) > 1 && v.arg != "" && v.arg != "true" {
			text = strings.ReplaceAll(words[1], "%s", v.arg)
		}
		if v.n != d.most() {
			text += " (" + strconv.Itoa(v.n) + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// forGood are the actions that can't be taken back.
var forGood = []string{"delete", "forward", "redirect", "reply", "notify", "webhook", "unsubscribe"}

func (d *deeds) canBeUndone() bool {
	return slices.ContainsFunc(d.verbs, func(v deed) bool { return !slices.Contains(forGood, v.verb) })
}
