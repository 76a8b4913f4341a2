package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) explainCommand() *cobra.Command {
	var r reading
	var all, offline bool
	var event, day string
	cmd := &cobra.Command{
		Use: "explain MESSAGE | --event EVENT | --day DATE", Short: "Say why a message went where it went, or what was done about an event", Args: takes(cobra.MaximumNArgs(1)),
		Long: `Explain tells what was done to a message, when and by which rule, with the values its
conditions saw; and what the rules of today make of it: each rule, each condition.
MESSAGE is a Message-ID, the number of a step (foredesk log shows both), or a file.

With --event it tells that of an event: EVENT is its title or a part of it, its id or
its iCalUID. Of a series the next one is meant. With --day it tells that of a day.`,
		Example: `  foredesk explain "<q3-pack@board.acme.example>"
  foredesk explain --event "steering call"
  foredesk explain --day tomorrow --all`,
		RunE: func(cmd *cobra.Command, messages []string) error {
			x := &explainer{command: c, all: all, offline: offline}
			switch {
			case len(messages)+len(nonEmpty(event, day)) != 1:
				return usage{errors.New("say what to explain: a message, --event or --day, and one of them")}
			case event != "":
				return x.event(cmd.Context(), event)
			case day != "":
				return x.day(cmd.Context(), day)
			}
			if _, err := os.Stat(messages[0]); err == nil {
				return x.file(&r, messages[0])
			}
			return x.message(cmd.Context(), messages[0])
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&event, "event", "", "explain the event with this `title` or id")
	cmd.Flags().StringVar(&day, "day", "", "explain a `date`: today, tomorrow or 2026-12-01")
	cmd.Flags().BoolVar(&all, "all", false, "show the rules that did not match, too")
	cmd.Flags().BoolVar(&offline, "offline", false, "only what the journal knows; don't ask the mail server")
	return cmd
}

func nonEmpty(words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// explainer prints what is known of one message.
type explainer struct {
	*command
	all, offline bool
	zone         *time.Location // the account's
}

// explanation is explain --json.
type explanation struct {
	Item     *itemOutput     `json:"item,omitempty"`
	Event    *eventOutput    `json:"event,omitempty"`
	Steps    []stepOutput    `json:"steps,omitempty"`
	Found    string          `json:"found,omitempty"` // where the message lies now
	Plan     []rules.Effect  `json:"plan,omitempty"`
	Dropped  []rules.Dropped `json:"dropped,omitempty"`  // effects that a rule above has decided otherwise
	Failures []rules.Failure `json:"failures,omitempty"` // what could not be evaluated or filled in
	Verdicts []rules.Verdict `json:"verdicts,omitempty"`
	Note     string          `json:"note,omitempty"`

	head []string // of an event or a day: what it is
}

func (x *explainer) file(r *reading, file string) error {
	set, identity, now, err := x.readingSet(r)
	if err != nil {
		return err
	}
	m, err := x.readMessage(file, identity, now)
	if err != nil {
		return err
	}
	x.zone = set.Timezone
	var e explanation
	if m.Poison == "" {
		e.Item = &itemOutput{MessageID: m.MessageID, Subject: m.Item.Subject.String(), From: m.Item.From.Email, Date: m.Item.Date}
	}
	e.today(set, m, now)
	return x.print(e)
}

func (e *explanation) today(set *rules.Set, m mailbox.Message, now time.Time) {
	if m.Poison != "" {
		e.Note = "the message can't be read, so no rule looks at it: " + m.Poison
		return
	}
	plan, verdicts := set.Explain(&m.Item, now)
	e.Plan, e.Dropped, e.Failures, e.Verdicts = plan.Effects, plan.Dropped, plan.Failures, verdicts
}

func (x *explainer) message(ctx context.Context, name string) error {
	d, done, err := x.oneDesk(ctx, x.logger())
	if err != nil {
		return err
	}
	defer done()
	x.zone = d.Location
	if key, ok, err := occasionOfStep(ctx, d, name); ok || err != nil {
		if err != nil {
			return err
		}
		return x.occasionByKey(ctx, d, key)
	}
	filter, err := messageFilter(ctx, d, name)
	if err != nil {
		return err
	}
	steps, err := d.journal.Steps(ctx, filter)
	if err != nil {
		return err
	}
	var e explanation
	for _, s := range steps {
		item := itemOf(s.Item)
		e.Item = &item
		e.Steps = append(e.Steps, stepOf(s))
	}
	switch {
	case len(steps) > 0 && engine.IsLetter(steps[0].Item):
		e.Note = fmt.Sprintf("Where its lines come from: foredesk agenda --why --date %s", steps[0].Op.With["date"])
	case !x.offline:
		if err := x.askServer(ctx, d, steps, filter.MessageID, &e); err != nil {
			return err
		}
	}
	if e.Item == nil && e.Verdicts == nil {
		if e.Note == "" {
			e.Note = "no rule has done anything to such a message, and it is in none of the folders"
		}
		return errors.New(e.Note)
	}
	return x.print(e)
}

// askServer adds what the rules of today make of a message. A server that can't be
// asked is no error where the journal knows the message.
func (x *explainer) askServer(ctx context.Context, d *desk, steps []store.Step, messageID string, e *explanation) error {
	err := x.now(ctx, d, steps, messageID, e)
	if err != nil && e.Item == nil {
		return fmt.Errorf("the journal knows no such message, and the mail server could not be asked: %w", err)
	}
	if err != nil {
		e.Note = fmt.Sprintf("what the rules of today make of it is not known: %s", err)
	}
	return nil
}

func messageOfStep(ctx context.Context, d *desk, id int64) (store.Filter, error) {
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, StepID: id})
	if err != nil {
		return store.Filter{}, err
	}
	if len(steps) == 0 {
		return store.Filter{}, fmt.Errorf("there is no step %d; foredesk log shows them", id)
	}
	return store.Filter{Account: d.Name, Key: steps[0].Item.Key}, nil
}

// now looks for the message on the server and asks the rules of today.
func (x *explainer) now(ctx context.Context, d *desk, steps []store.Step, messageID string, e *explanation) error {
	m, err := d.find(ctx, steps, messageID)
	if err != nil || m == nil {
		return err
	}
	e.Found = m.Folder
	// The rules judge the message as it arrived, not where a rule has put it.
	if len(steps) > 0 && steps[0].From.Folder == mailbox.Inbox {
		m.Item.Folder, m.Item.Role = mailbox.Inbox, "inbox"
	}
	if m.Item.Diary, err = d.diary(ctx); err != nil {
		return err
	}
	e.today(d.set, *m, time.Now())
	if e.Item == nil {
		e.Item = &itemOutput{MessageID: m.MessageID, Subject: m.Item.Subject.String(), From: m.Item.From.Email, Date: m.Item.Date}
	}
	return nil
}

func (x *explainer) print(e explanation) error {
	if x.json {
		return x.printJSON(e)
	}
	if e.head != nil {
		fmt.Fprintf(x.out, "%s\n%s\n", x.bold(e.head[0]), e.head[1])
	}
	if e.Item != nil {
		from := e.Item.from()
		if from != "" {
			from = "from " + from + ", "
		}
		fmt.Fprintf(x.out, "%s\n%s%s\n", x.bold(oneLine(e.Item.Subject, 100)), from, e.Item.Date.In(x.zone).Format("Mon 2 Jan 2006 15:04"))
	}
	if e.Found != "" {
		fmt.Fprintf(x.out, "It is in %s now.\n", e.Found)
	}
	if e.Steps != nil {
		fmt.Fprintf(x.out, "\n%s\n", x.bold("What was done"))
		for i, s := range e.Steps {
			x.step(s)
			if next := i + 1; next == len(e.Steps) || e.Steps[next].Rule != s.Rule || e.Steps[next].Run != s.Run {
				x.saw(s)
			}
		}
	}
	if e.Verdicts != nil {
		fmt.Fprintf(x.out, "\n%s\n", x.bold("What the rules of today make of it"))
		x.verdicts(e)
	}
	if e.Note != "" {
		fmt.Fprintf(x.out, "\n%s\n", e.Note)
	}
	return nil
}

func (x *explainer) step(s stepOutput) {
	fmt.Fprintf(x.out, "  %s  %s %s\n", s.Planned.In(x.zone).Format("2 Jan 15:04:05"), s.words(x.zone), x.faint(fmt.Sprintf("(step %d, run %d)", s.ID, s.Run)))
	fmt.Fprintf(x.out, "      %s%s\n", byWords(s.Rule), stateWords(s, x.zone))
	if s.do == sendLetter || s.do != "" && s.Undoes != 0 {
		return
	}
	for _, line := range wholeArgs(s.verb(), s.With, x.zone) {
		fmt.Fprintf(x.out, "        %s\n", x.faint(line))
	}
}

// saw prints what the conditions of a step's rule saw; steps of one rule share it.
func (x *explainer) saw(s stepOutput) {
	for _, name := range sortedKeys(s.Facts) {
		fmt.Fprintf(x.out, "        %s = %s\n", name, valueWords(s.Facts[name]))
	}
}

func (x *explainer) verdicts(e explanation) {
	for _, v := range e.Verdicts {
		if !v.Matched && !x.all {
			continue
		}
		mark := x.faint("no ")
		if v.Matched {
			mark = x.green("yes")
		}
		fmt.Fprintf(x.out, "  %s %s %s\n", mark, v.Rule, x.faint(fmt.Sprintf("(line %d)", v.Line)))
		if v.Why != "" {
			fmt.Fprintf(x.out, "        why: %s\n", v.Why)
		}
		if v.Skipped != "" {
			fmt.Fprintf(x.out, "        not looked at: %s\n", v.Skipped)
		}
		for _, c := range v.Conditions {
			x.condition(c)
		}
		x.effects(e, v.Rule)
	}
	matched := slices.ContainsFunc(e.Verdicts, func(v rules.Verdict) bool { return v.Matched })
	if !matched {
		fmt.Fprintln(x.out, "  "+map[bool]string{true: "No rule matches: nothing is done about it.", false: "No rule matches: it is left where it is."}[e.head != nil])
	}
	if !x.all {
		fmt.Fprintf(x.out, "  %s\n", x.faint("(--all shows the rules that did not match, and why)"))
	}
}

// effects prints what a rule does, and what of it does not come about.
func (x *explainer) effects(e explanation, rule string) {
	for _, effect := range e.Plan {
		if effect.Rule == rule {
			fmt.Fprintf(x.out, "        → %s\n", effectWords(effect, x.zone))
			for _, line := range wholeArgs(effect.Action, effect.With, x.zone) {
				fmt.Fprintf(x.out, "            %s\n", x.faint(line))
			}
		}
	}
	for _, d := range e.Dropped {
		if d.Effect.Rule == rule {
			fmt.Fprintf(x.out, "        not done: %s; the rule %q says: %s\n", plainEffect(d.Effect), d.Winner.Rule, plainEffect(d.Winner))
		}
	}
	for _, f := range e.Failures {
		if f.Rule == rule && f.Action != "" {
			fmt.Fprintf(x.out, "        not done: %s\n", oneLine(f.Reason, 160))
		}
	}
}

func (x *explainer) condition(c rules.Condition) {
	word := "when"
	if c.Unless {
		word = "unless"
	}
	holds := "false"
	if c.Holds {
		holds = "true"
	}
	if c.Error+c.Skipped != "" {
		holds = c.Error + c.Skipped
	}
	var saw []string
	for _, name := range sortedKeys(c.Facts) {
		saw = append(saw, name+" = "+valueWords(c.Facts[name]))
	}
	fmt.Fprintf(x.out, "        %s %s: %s  %s\n", word, oneLine(c.Source, 80), holds, x.faint("["+strings.Join(saw, ", ")+"]"))
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func valueWords(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return oneLine(string(text), 100)
}
