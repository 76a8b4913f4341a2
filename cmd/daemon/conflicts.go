package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/rules"
)

func (c *command) conflictsCommand() *cobra.Command {
	var within string
	cmd := &cobra.Command{
		Use: "conflicts", Short: "Show what is on the calendar twice, and what to do about it", Args: takes(nothing),
		Long: `Conflicts shows the events of the next two weeks that take the same time: which of
them should stay and why, and what is advised for the other. What stays is decided by
the order of the rules on events, then by who takes part. The calendar is as foredesk
has last read it, and nothing is changed: a rule with fix: conflict does what is advised.
Exit code 3 says that there are conflicts.`,
		Example: `  foredesk conflicts
  foredesk conflicts --within 30d --json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.conflicts(cmd.Context(), within) },
	}
	cmd.Flags().StringVar(&within, "within", "14d", "look this `time` ahead, two months at most")
	return cmd
}

// conflictOutput is one line of conflicts --json.
type conflictOutput struct {
	Start  time.Time    `json:"start"` // of what both take
	End    time.Time    `json:"end"`
	Stays  eventOutput  `json:"stays"`
	Goes   eventOutput  `json:"goes"`
	Why    string       `json:"why"`
	Advice rules.Effect `json:"advice"` // for the one that goes; without an action where there is none
	To     *rules.Span  `json:"to,omitempty"`
	Text   string       `json:"text"`
}

// eventOutput is an event as verbs name it. A private one has no title.
type eventOutput struct {
	ID        string    `json:"id"`
	UID       string    `json:"uid"`
	Calendar  string    `json:"calendar"`
	Title     string    `json:"title"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	AllDay    bool      `json:"allDay,omitempty"`
	Organizer string    `json:"organizer,omitempty"`
	Response  string    `json:"response,omitempty"`
	Rule      string    `json:"rule,omitempty"` // that made it, if foredesk did
}

func eventOf(e *rules.Event) eventOutput {
	out := eventOutput{
		ID: e.ID, UID: e.UID, Calendar: e.Calendar, Title: titleOf(e), Start: e.Start, End: e.End, AllDay: e.AllDay,
		Organizer: e.Organizer.Email, Response: e.Response, Rule: e.Rule,
	}
	if e.Private {
		out.Organizer = ""
	}
	return out
}

func (c *command) conflicts(ctx context.Context, within string) error {
	span, err := rules.ParseDuration(within)
	if err != nil {
		return usage{fmt.Errorf("--within: %w", err)}
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	diary, err := d.diary(ctx)
	if err != nil {
		return err
	}
	if diary == nil {
		return errors.New(d.unread())
	}
	now := time.Now()
	until := now.Add(span)
	if until.After(diary.To) {
		until = diary.To
	}
	clashes := d.set.Clashes(diary, now, until)
	if c.json {
		err = c.printJSON(conflictsOf(clashes))
	} else {
		c.printConflicts(d, clashes, diary.At, until)
	}
	if err == nil && len(clashes) > 0 {
		return findings{}
	}
	return err
}

func conflictsOf(clashes []rules.Clash) []conflictOutput {
	all := make([]conflictOutput, len(clashes))
	for i := range clashes {
		clash := &clashes[i]
		all[i] = conflictOutput{
			Start: clash.At.Start, End: clash.At.End, Stays: eventOf(&clash.A), Goes: eventOf(&clash.B),
			Why: clash.Why, Advice: clash.Fix, Text: clash.Text,
		}
		if !clash.Slot.Start.IsZero() {
			all[i].To = &clash.Slot
		}
	}
	return all
}

func (c *command) printConflicts(d *desk, clashes []rules.Clash, asked, until time.Time) {
	as := fmt.Sprintf("until %s, as the calendar was on %s", until.In(d.Location).Format("Mon 2 Jan"), moment(asked, d.Location))
	if len(clashes) == 0 {
		fmt.Fprintf(c.out, "Nothing is on the calendar twice %s.\n", as)
		return
	}
	for i := range clashes {
		clash := &clashes[i]
		fmt.Fprintf(c.out, "%s\n", c.bold(timesOf(clash.At.Start, clash.At.End, false, d.Location)))
		fmt.Fprintf(c.out, "  stays  %s, %s\n", oneLine(titleOf(&clash.A), 60), whenOf(&clash.A, d.Location))
		fmt.Fprintf(c.out, "         because %s\n", clash.Why)
		fmt.Fprintf(c.out, "  goes   %s, %s\n", oneLine(titleOf(&clash.B), 60), whenOf(&clash.B, d.Location))
		fmt.Fprintf(c.out, "         %s\n\n", adviceOf(clash, d.Location))
	}
	fmt.Fprintf(c.out, "%s %s. Nothing was done; a rule with fix: conflict does what is advised.\n", count(int64(len(clashes)), "conflict"), as)
}

// adviceOf says what to do with the event that goes.
func adviceOf(clash *rules.Clash, zone *time.Location) string {
	to := timesOf(clash.Slot.Start, clash.Slot.End, false, zone)
	switch fix := clash.Fix; {
	case fix.Action == "move":
		return "advice: move it to " + to
	case fix.Arg == "decline":
		return "advice: decline, and ask for " + to
	case fix.Arg == "tentative":
		return "advice: answer with maybe; there is no other time within two weeks"
	}
	return "no advice: somebody has to decide"
}
