package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) healthCommand() *cobra.Command {
	var last string
	cmd := &cobra.Command{
		Use: "health", Short: "Show which rules do their work, and which need a look", Args: takes(nothing),
		Long: `Health counts, from the journal alone, what each rule did and what became of it, and
names the rules that a person should look at: those that never did anything, are never
reached, are mostly taken back, fail often, leave out something that they should do,
or did something of which nobody can know whether it was done.
Exit code 3 says that there are such.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.health(cmd.Context(), last) },
	}
	cmd.Flags().StringVar(&last, "last", "90d", "look at what was done in the last `time`")
	return cmd
}

// ruleHealth is how a rule has done, and what a person should look at.
type ruleHealth struct {
	*gather.RuleHealth
	Findings []string `json:"findings"`
}

// healthOutput is health --json.
type healthOutput struct {
	Since    time.Time     `json:"since"`
	Messages int64         `json:"messages"` // that came since then
	Calendar bool          `json:"calendar"` // a calendar is followed
	Rules    []*ruleHealth `json:"rules"`
	Warnings []string      `json:"warnings,omitempty"` // of the rules file
}

// enoughDone is how many actions of a rule it takes until one that never happened is
// missed.
const enoughDone = 5

func (c *command) health(ctx context.Context, last string) error {
	span, err := rules.ParseDuration(last)
	if err != nil {
		return usage{fmt.Errorf("--last: %w", err)}
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	out := healthOutput{Since: time.Now().Add(-span).Truncate(time.Second)}
	if err := out.gather(ctx, d); err != nil {
		return err
	}
	found := false
	for _, r := range out.Rules {
		if err := r.judge(ctx, d, out, last); err != nil {
			return err
		}
		found = found || len(r.Findings) > 0
	}
	for _, w := range d.set.Warnings {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s:%d: %s; %s", nearName(w.File), w.Line, w.Message, w.Hint))
	}
	if c.json {
		err = c.printJSON(out)
	} else {
		c.printHealth(out, last)
	}
	if err == nil && (found || len(out.Warnings) > 0) {
		return findings{}
	}
	return err
}

// gather counts the steps of each rule, in the order of the file; rules that are
// no longer there come last.
func (h *healthOutput) gather(ctx context.Context, d *desk) error {
	byName := map[string]*ruleHealth{}
	add := func(rule string, line int, enabled bool) *ruleHealth {
		r := &ruleHealth{gather.NewRuleHealth(rule, line, enabled), []string{}}
		byName[rule] = r
		h.Rules = append(h.Rules, r)
		return r
	}
	for _, r := range d.set.Rules {
		add(r.Name, r.Line, r.Enabled)
	}
	err := d.journal.EachStep(ctx, store.Filter{Account: d.Name, Since: h.Since, NotUndo: true}, func(s store.Step) error {
		if slices.Contains([]string{engine.Unreadable, engine.LettersRule, engine.DecisionRule}, s.Rule) {
			return nil // these are no rules
		}
		r := byName[s.Rule]
		if r == nil {
			r = add(s.Rule, 0, true)
		}
		r.Count(s)
		return nil
	})
	if err != nil {
		return err
	}
	calendars, err := d.journal.Calendars(ctx, d.Name)
	if err != nil {
		return err
	}
	h.Calendar = len(calendars) > 0
	// What lay there before foredesk came, no rule had a chance with.
	first, err := d.journal.Runs(ctx, store.RunFilter{Account: d.Name, Oldest: true, Limit: 1})
	if err != nil || len(first) == 0 {
		return err
	}
	since := h.Since
	if began := first[0].Started.Truncate(time.Second); began.After(since) { // servers tell whole seconds
		since = began
	}
	return d.journal.EachMessage(ctx, d.Name, since, func(store.Message) error {
		h.Messages++
		return nil
	})
}

// judge finds what a person should look at.
func (r *ruleHealth) judge(ctx context.Context, d *desk, h healthOutput, last string) error {
	find := func(format string, args ...any) { r.Findings = append(r.Findings, fmt.Sprintf(format, args...)) }
	rule := d.set.Rule(r.Rule)
	if r.Uncertain > 0 {
		find("nobody can know whether %s took place: foredesk log --state uncertain", count(r.Uncertain, "action"))
	}
	if rule == nil {
		return nil // it acts no more
	}
	onCalendar := rule.On == "event" || rule.On == "day"
	if r.Messages == 0 && rule.Enabled && len(rule.Actions) > 0 && (h.Messages > 0 && !onCalendar || h.Calendar && onCalendar) {
		before, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, Rule: r.Rule, NotUndo: true, Newest: true, Limit: 1})
		if err != nil {
			return err
		}
		words := "as far back as the journal goes"
		if len(before) > 0 {
			words = "since " + before[0].Planned.In(d.Location).Format("2 Jan 2006")
		}
		if onCalendar {
			find("it has done nothing %s, though the calendar was followed", words)
		} else {
			find("it has done nothing %s, though %s came in the last %s", words, count(h.Messages, "message"), last)
		}
	}
	all := r.Took()
	if r.IsReversed() {
		find("%d of %s were taken back (%d by hand in a mail program)", r.TakenBack+r.ByHand, count(all, "action"), r.ByHand)
	}
	if r.IsRefused() {
		find("%d of %s were refused, or not approved in time", r.Refused, count(all+r.Refused, "action"))
	}
	if r.IsFailing() {
		find("%d of %s failed, mostly: %s", r.Failed, count(all+r.Failed, "action"), oneLine(commonest(r.Reasons), 160))
	}
	r.missing(rule, find)
	return nil
}

// missing finds actions of a rule that never came about though the rule fired: a
// draft without a template's fields, a folder's name without its list.
func (r *ruleHealth) missing(rule *rules.Rule, find func(string, ...any)) {
	if r.Messages < enoughDone {
		return
	}
	noun := map[string]string{"event": "event", "day": "day"}[rule.On]
	if noun == "" {
		noun = "message"
	}
	for _, a := range rule.Actions {
		if r.Actions[a.Name] == 0 && r.Refused == 0 && r.Uncertain == 0 {
			words := fmt.Sprintf("what it needs was missing from the %s, or a rule above decided otherwise", map[bool]string{true: "mail", false: noun}[noun == "message"])
			if r.Failed > 0 {
				words = oneLine(commonest(r.Reasons), 160)
			}
			find("%q never came about in %s: %s", rules.Effect{Action: a.Name, Arg: a.Arg, With: a.With}.String(), count(r.Messages, noun), words)
		}
	}
}

func commonest(reasons map[string]int64) (most string) {
	for reason, n := range reasons {
		if n > reasons[most] || n == reasons[most] && reason < most {
			most = reason
		}
	}
	return most
}

// place says where the rule stands.
func (r *ruleHealth) place() string {
	switch {
	case r.Line == 0:
		return "(not in the file)"
	case !r.Enabled:
		return "(off)"
	}
	return fmt.Sprintf("(line %d)", r.Line)
}

func (c *command) printHealth(h healthOutput, last string) {
	rows := [][]string{{"RULE", "MESSAGES", "DONE", "TAKEN BACK", "BY HAND", "FAILED", "WAITING"}}
	for _, r := range h.Rules {
		name := oneLine(r.Rule, 50)
		if r.Line == 0 || !r.Enabled {
			name += " " + r.place()
		}
		row := []string{name}
		for _, n := range []int64{r.Messages, r.Done, r.TakenBack, r.ByHand, r.Failed, r.Waiting} {
			row = append(row, thousands(n))
		}
		rows = append(rows, row)
	}
	c.table("", rows)
	fmt.Fprintf(c.out, "\n%s came in the last %s; the other columns count actions.\n", count(h.Messages, "message"), last)
	ill := slices.DeleteFunc(slices.Clone(h.Rules), func(r *ruleHealth) bool { return len(r.Findings) == 0 })
	if len(ill)+len(h.Warnings) == 0 {
		fmt.Fprintln(c.out, "No rule needs a look.")
		return
	}
	for _, r := range ill {
		fmt.Fprintf(c.out, "\n%s %s\n", c.bold(oneLine(r.Rule, 60)), c.faint(r.place()))
		for _, f := range r.Findings {
			fmt.Fprintf(c.out, "  %s\n", f)
		}
	}
	if len(h.Warnings) > 0 {
		fmt.Fprintf(c.out, "\n%s\n", c.bold("In the rules file"))
		for _, w := range h.Warnings {
			fmt.Fprintf(c.out, "  %s\n", w)
		}
	}
}
