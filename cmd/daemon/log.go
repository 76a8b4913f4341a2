package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/store"
)

func (c *command) logCommand() *cobra.Command {
	var since, rule, state string
	var run int64
	var limit int
	cmd := &cobra.Command{
		Use: "log", Short: "Show what was done, the newest last", Args: takes(nothing),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.log(cmd.Context(), since, store.Filter{RunID: run, Rule: rule, Limit: limit, Newest: true}, state)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "since a `date` (2026-12-01), or this long ago (24h)")
	cmd.Flags().StringVar(&rule, "rule", "", "of this rule only, by its `name`")
	cmd.Flags().Int64Var(&run, "run", 0, "of this run only, by its `number`")
	cmd.Flags().StringVar(&state, "state", "", "only steps in this `state`: "+strings.Join(states, ", "))
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "at most this many steps; 0 for all")
	return cmd
}

// states are what --state takes.
// "later" is planned for a time that has not come.
var states = []string{"planned", "later", "started", "done", "failed", "uncertain", "parked", "undone"}

// nothingIn tells an empty journal from flags that leave nothing of it.
func (c *command) nothingIn(narrowed bool) {
	if narrowed {
		fmt.Fprintln(c.out, "There is no such step; without flags, foredesk log shows the last ones.")
		return
	}
	fmt.Fprintln(c.out, "Nothing was done yet.")
}

func (c *command) log(ctx context.Context, since string, f store.Filter, state string) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	f.Account = d.Name
	if state != "" {
		if !slices.Contains(states, state) {
			return usage{fmt.Errorf("there is no state %q; there are: %s", state, strings.Join(states, ", "))}
		}
		f.States = []store.State{store.State(state)}
		if state == "later" {
			f.States = []store.State{store.Planned}
		}
	}
	if f.Limit < 0 {
		return usage{fmt.Errorf("--limit takes a number from 0, which stands for all, not %d", f.Limit)}
	}
	if f.Since, err = parseSince(since, d.Location); err != nil {
		return err
	}
	steps, err := stepsIn(ctx, d, f, state)
	if err != nil {
		return err
	}
	slices.Reverse(steps)
	out := make([]stepOutput, len(steps))
	for i, s := range steps {
		out[i] = stepOf(s)
	}
	if c.json {
		return c.printJSON(out)
	}
	if len(out) == 0 {
		c.nothingIn(since != "" || state != "" || f.Rule != "" || f.RunID != 0)
		return nil
	}
	rows := [][]string{{"STEP", "RUN", "WHEN", "WHAT", "MESSAGE", "FROM", "RULE"}}
	for _, s := range out {
		rows = append(rows, []string{
			fmt.Sprint(s.ID), fmt.Sprint(s.Run), s.Planned.In(d.Location).Format("2 Jan 15:04:05"), oneLine(s.words(d.Location)+stateWords(s, d.Location), 160),
			oneLine(s.Item.Subject, 40), oneLine(s.Item.from(), 30), oneLine(s.Rule, 40),
		})
	}
	c.table("", rows)
	return nil
}

// stepsIn reads the steps of a state, the newest first.
func stepsIn(ctx context.Context, d *desk, f store.Filter, state string) ([]store.Step, error) {
	if state != "later" {
		return d.journal.Steps(ctx, f)
	}
	limit := f.Limit
	f.Limit = 0
	steps, err := d.journal.Steps(ctx, f)
	steps = slices.DeleteFunc(steps, func(s store.Step) bool { return !s.NotBefore.After(time.Now()) })
	if limit > 0 {
		steps = steps[:min(len(steps), limit)]
	}
	return steps, err
}
