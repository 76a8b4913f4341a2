package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) approveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "approve [NUMBER... | all]", Short: "Say yes to what waits for a person, or show what does",
		Long: `Approve shows what waits for somebody's word: what a rule with confirm: wants to do,
to which mail, and until when it waits. With numbers, or all, it approves: what was
approved is done at once, or as soon as the mail server is back. Answering the mail that
asks does the same.`,
		Example: `  foredesk approve
  foredesk approve 12 14
  foredesk approve all`,
		RunE: func(cmd *cobra.Command, what []string) error {
			if len(what) == 0 {
				return c.listWaiting(cmd.Context())
			}
			return c.answer(cmd.Context(), store.Approve, what)
		},
	}
}

func (c *command) refuseCommand() *cobra.Command {
	return &cobra.Command{
		Use: "refuse NUMBER... | all", Short: "Say no to what waits for a person", Args: takes(someNumber),
		Long: `Refuse says no to what waits for somebody's word; foredesk approve shows it with its
numbers. What was refused is never done for that mail.`,
		RunE: func(cmd *cobra.Command, what []string) error {
			return c.answer(cmd.Context(), store.Refuse, what)
		},
	}
}

func someNumber(cmd *cobra.Command, what []string) error {
	if len(what) == 0 {
		return fmt.Errorf("say which: foredesk approve shows the numbers")
	}
	return nil
}

// waitingOutput is what waits for a person, as approve --json prints it.
type waitingOutput struct {
	Number   int64     `json:"number"`
	Rule     string    `json:"rule"`
	Approver string    `json:"approver"`
	Does     []string  `json:"does"`
	From     string    `json:"from"`
	Subject  string    `json:"subject"`
	Start    time.Time `json:"start,omitzero"` // of the event that it is about
	Asked    time.Time `json:"asked"`
	Mailed   time.Time `json:"mailed,omitzero"`
	Expires  time.Time `json:"expires"`
	State    string    `json:"state,omitempty"` // once answered: what became of it

	item  int64
	steps []int64
}

func (c *command) listWaiting(ctx context.Context) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	waiting, err := waitingFor(ctx, d)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(waiting)
	}
	if len(waiting) == 0 {
		fmt.Fprintln(c.out, "Nothing waits for anybody's word.")
		return nil
	}
	for _, w := range waiting {
		fmt.Fprintf(c.out, "%s  %s\n", c.bold(fmt.Sprint(w.Number)), w.what())
		fmt.Fprintf(c.out, "    %s\n", w.about(d.Location))
		mailed := "not asked by mail yet"
		if !w.Mailed.IsZero() {
			mailed = "asked by mail " + w.Mailed.In(d.Location).Format("2 Jan 15:04")
		}
		fmt.Fprintf(c.out, "    %s\n", c.faint(fmt.Sprintf("for the %s, since %s (%s), until %s", w.Approver, w.Asked.In(d.Location).Format("Mon 2 Jan 15:04"), mailed, w.Expires.In(d.Location).Format("Mon 2 Jan 15:04"))))
	}
	fmt.Fprintf(c.out, "\nSay yes with foredesk approve %d, no with foredesk refuse %d; \"all\" means all of them.\n", waiting[0].Number, waiting[0].Number)
	return nil
}

// about names the mail, the event or the day that it is about.
func (w waitingOutput) about(zone *time.Location) string {
	words := oneLine(w.Subject, 80)
	if w.From != "" {
		words = oneLine(w.From, 60) + ": " + words
	}
	if !w.Start.IsZero() {
		words += ", " + moment(w.Start, zone)
	}
	return words
}

// what says which rule wants to do what.
func (w waitingOutput) what() string {
	does := make([]string, len(w.Does))
	for i, words := range w.Does {
		does[i] = oneLine(words, 120)
	}
	words := fmt.Sprintf("the rule %q wants to %s", oneLine(w.Rule, 60), strings.Join(does, ", and "))
	if slices.Contains(does, rules.Effect{Action: "fix"}.String()) {
		words += " (foredesk conflicts says how)"
	}
	return words
}

// waitingFor is what waits and is not too old to be answered.
func waitingFor(ctx context.Context, d *desk) ([]waitingOutput, error) {
	list, err := d.journal.Approvals(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	out := []waitingOutput{}
	for _, a := range list {
		line, err := gather.WaitingLine(ctx, d.journal, a)
		if err != nil {
			return nil, err
		}
		if len(line.Does) == 0 || time.Now().After(a.Expires) {
			continue // it was withdrawn, or lapses as soon as foredesk runs
		}
		start, err := startOf(ctx, d, a)
		if err != nil {
			return nil, err
		}
		out = append(out, waitingOutput{
			Start: start, Number: a.ID, Rule: a.Rule, Approver: a.Approver, Does: line.Does, From: line.From, Subject: line.Subject,
			Asked: a.Asked, Mailed: a.Mailed, Expires: a.Expires, item: a.ItemID, steps: line.Steps,
		})
	}
	return out, nil
}

// startOf is when the event is that something waits for; zero where it is about a
// mail or a day.
func startOf(ctx context.Context, d *desk, a store.Approval) (time.Time, error) {
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, ItemIDs: []int64{a.ItemID}, Limit: 1})
	if err != nil || len(steps) == 0 || !strings.HasPrefix(steps[0].Item.Key, datebook.ItemOfEvent) {
		return time.Time{}, err
	}
	return steps[0].Item.Date, nil
}

func (c *command) answer(ctx context.Context, answer string, what []string) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	chosen, err := choose(ctx, d, what)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		fmt.Fprintln(c.out, "Nothing waits for anybody's word; nothing was done.")
		return nil
	}
	arguments := engine.AnswerArgs{Answer: answer}
	for _, w := range chosen {
		arguments.IDs = append(arguments.IDs, w.Number)
	}
	run, err := c.work(ctx, d, "answering", store.KindAnswer, arguments, func(a *engine.Account, _ func(done, total int64)) (int64, error) {
		return a.Answer(ctx, arguments)
	})
	if err != nil {
		return err
	}
	r, err := d.journal.Run(ctx, run)
	if err != nil {
		return err
	}
	return c.printAnswered(ctx, d, answer, chosen, r.Message)
}

// choose finds what is meant by numbers or by "all". One that is none stops all.
func choose(ctx context.Context, d *desk, what []string) ([]waitingOutput, error) {
	waiting, err := waitingFor(ctx, d)
	if err != nil || len(what) == 1 && what[0] == "all" {
		return waiting, err
	}
	var chosen []waitingOutput
	for _, word := range what {
		id, ok := stepNumber(word)
		if !ok {
			return nil, usage{fmt.Errorf("%q is no number; foredesk approve shows what waits, with its numbers", word)}
		}
		i := slices.IndexFunc(waiting, func(w waitingOutput) bool { return w.Number == id })
		if i < 0 {
			return nil, fmt.Errorf("nothing waits under the number %d, so nothing was done; foredesk approve shows what waits", id)
		}
		if !slices.ContainsFunc(chosen, func(w waitingOutput) bool { return w.Number == id }) {
			chosen = append(chosen, waiting[i])
		}
	}
	return chosen, nil
}

// printAnswered says what became of what was answered, and left what had to wait.
func (c *command) printAnswered(ctx context.Context, d *desk, answer string, chosen []waitingOutput, left string) error {
	undone := false
	for i := range chosen {
		steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, ItemIDs: []int64{chosen[i].item}, Rule: chosen[i].Rule, NotUndo: true})
		if err != nil {
			return err
		}
		states := []string{}
		for _, s := range steps {
			if asked := chosen[i].steps; !slices.Contains(asked, s.ID) && s.ID < slices.Max(asked) {
				continue // it was answered before; what follows from the answer comes later
			}
			out := stepOf(s)
			undone = undone || answer == store.Approve && s.State == store.Failed || s.State == store.Uncertain
			words := out.words(d.Location) + ": done"
			if s.State != store.Done {
				words = out.words(d.Location) + stateWords(out, d.Location)
			}
			if !slices.Contains(states, words) {
				states = append(states, words)
			}
		}
		chosen[i].State = strings.Join(states, "; ")
	}
	if c.json {
		if err := c.printJSON(chosen); err != nil {
			return err
		}
	} else {
		word := map[string]string{store.Approve: "approved", store.Refuse: "refused"}[answer]
		for _, w := range chosen {
			fmt.Fprintf(c.out, "%d  %s  %s\n", w.Number, word, w.State)
		}
		if left != "" {
			fmt.Fprintln(c.out, left)
		}
	}
	if undone {
		return findings{"not all that was approved could be done; foredesk log --state failed says why"}
	}
	return nil
}
