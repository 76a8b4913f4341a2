package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/store"
)

func (c *command) logCommand() *cobra.Command {
	var since, rule, state string
	var run int64
	var limit int
	cmd := &cobra.Command{
		Use: "log", Short: "Show what was done, the newest last", Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.log(cmd.Context(), since, store.Filter{RunID: run, Rule: rule, Limit: limit, Newest: true}, state)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "since a `date` (2026-12-01), or this long ago (24h)")
	cmd.Flags().StringVar(&rule, "rule", "", "of this rule only, by its `name`")
	cmd.Flags().Int64Var(&run, "run", 0, "of this run only, by its `number`")
	cmd.Flags().StringVar(&state, "state", "", "only steps in this `state`: planned, started, done, failed, uncertain, undone")
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "at most this many steps; 0 for all")
	return cmd
}

func (c *command) log(ctx context.Context, since string, f store.Filter, state string) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	f.Account = d.Name
	if state != "" {
		f.States = []store.State{store.State(state)}
	}
	if f.Since, err = parseSince(since, d.Location); err != nil {
		return err
	}
	steps, err := d.journal.Steps(ctx, f)
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
		fmt.Fprintln(c.out, "Nothing was done yet.")
		return nil
	}
	rows := [][]string{{"STEP", "RUN", "WHEN", "WHAT", "MESSAGE", "FROM", "RULE"}}
	for _, s := range out {
		rows = append(rows, []string{
			fmt.Sprint(s.ID), fmt.Sprint(s.Run), s.Planned.In(d.Location).Format("2 Jan 15:04:05"), oneLine(s.words()+stateWords(s), 60),
			oneLine(s.Item.Subject, 40), oneLine(s.Item.From, 30), oneLine(s.Rule, 40),
		})
	}
	c.table("", rows)
	return nil
}
