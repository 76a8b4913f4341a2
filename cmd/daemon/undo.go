package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) undoCommand() *cobra.Command {
	var u engine.UndoArgs
	var last string
	cmd := &cobra.Command{
		Use: "undo [STEP | MESSAGE-ID]", Short: "Take back what was done", Args: takes(cobra.MaximumNArgs(1)),
		Long: `Undo takes back one step (its number is in foredesk log), all that was done to a
message, all that a rule did, a whole run, or the last hour; several of these narrow
it down. Messages go back to the folder they came from, with their flags. What you
have moved on yourself since is left alone, and what is undone is never done again. What
waits for its time or for a person is withdrawn. Where foredesk was stopped in the middle
of a step, it is found out first whether that was done. An uncertain step is set aside:
nothing is done on the server.`,
		Example: `  foredesk undo 41
  foredesk undo "<q3-pack@board.acme.example>"
  foredesk undo --rule "Board papers stay on top" --last 1h
  foredesk undo --run 7`,
		RunE: func(cmd *cobra.Command, what []string) error {
			if len(what) == 1 {
				if id, ok := stepNumber(what[0]); ok {
					u.Step = id
				} else {
					u.MessageID = strings.Trim(what[0], "<>")
				}
			}
			if last != "" {
				ago, err := rules.ParseDuration(last)
				if err != nil {
					return usage{fmt.Errorf("--last: %w", err)}
				}
				u.Since = time.Now().Add(-ago)
			}
			if u == (engine.UndoArgs{}) {
				return usage{errors.New("say what to undo: a step, a Message-ID, --rule, --run or --last")}
			}
			return c.undo(cmd.Context(), u)
		},
	}
	cmd.Flags().StringVar(&u.Rule, "rule", "", "what this rule did, by its `name`")
	cmd.Flags().Int64Var(&u.Run, "run", 0, "what this run did, by its `number`")
	cmd.Flags().StringVar(&last, "last", "", "what was done in the last `time` (1h, 2d)")
	return cmd
}

func (c *command) undo(ctx context.Context, u engine.UndoArgs) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	uncertain := false
	if u.Step != 0 {
		if uncertain, err = undoable(ctx, d, u.Step); err != nil {
			return err
		}
	}
	if u.Run != 0 {
		if r, err := d.journal.Run(ctx, u.Run); errors.Is(err, store.ErrNotFound) || err == nil && r.Account != d.Name {
			return fmt.Errorf("there is no run %d; foredesk log shows them, and nothing was done", u.Run)
		}
	}
	run, err := c.work(ctx, d, "taking back", store.KindUndo, u, func(a *engine.Account, step func(done, total int64)) (int64, error) {
		return a.Undo(ctx, u, step)
	})
	if err == nil && uncertain && !c.json {
		fmt.Fprintf(c.out, "Step %d was uncertain, and is set aside; nothing was done on the server.\n", u.Step)
		return nil
	}
	return c.reportAfter(ctx, d, run, "undone", err)
}

// undoable says in plain words why a single step can't be taken back, and whether it
// is an uncertain one, which is only set aside.
func undoable(ctx context.Context, d *desk, id int64) (uncertain bool, err error) {
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, StepID: id})
	if err != nil {
		return false, err
	}
	switch {
	case len(steps) == 0:
		return false, fmt.Errorf("there is no step %d; foredesk log shows them", id)
	case steps[0].Undoes != 0:
		return false, fmt.Errorf("step %d is itself an undo, of step %d; nothing was done", id, steps[0].Undoes)
	case steps[0].State == store.Undone:
		return false, fmt.Errorf("step %d has been taken back already; nothing was done", id)
	case steps[0].State == store.Uncertain:
		return true, nil // a person has looked, and sets it aside
	case slices.Contains([]store.State{store.Planned, store.Parked, store.Started}, steps[0].State):
		return false, nil // it waits, and is withdrawn, or was begun, and it is found out first what became of it
	case steps[0].State != store.Done:
		return false, fmt.Errorf("step %d was not done (it is %s), so there is nothing to take back", id, steps[0].State)
	}
	return false, nil
}
