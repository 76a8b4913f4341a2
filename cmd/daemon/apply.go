package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// selection are the flags that say which mail apply and plan go over.
type selection struct {
	since   string
	rule    string
	folders []string
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.since, "since", "", "only mail received since a `date` (2026-12-01), or this long ago (30d)")
	cmd.Flags().StringVar(&s.rule, "rule", "", "only what this rule does, by its `name`")
	cmd.Flags().StringSliceVar(&s.folders, "folder", nil, "the `folder`s to go over; the watched ones otherwise")
}

func (s *selection) args(d *desk) (engine.ApplyArgs, error) {
	a := engine.ApplyArgs{Folders: s.folders, Rule: s.rule}
	if len(a.Folders) == 0 {
		a.Folders = d.IMAP.Folders
	}
	if s.rule != "" {
		if err := knowsRule(d.set, s.rule); err != nil {
			return a, err
		}
	}
	var err error
	a.Since, err = parseSince(s.since, d.Location)
	return a, err
}

func knowsRule(set *rules.Set, name string) error {
	var names, parts []string
	for _, r := range set.Rules {
		if r.Name == name {
			return nil
		}
		names = append(names, r.Name)
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(name)) {
			parts = append(parts, strconv.Quote(r.Name))
		}
	}
	if len(parts) > 0 {
		return usage{fmt.Errorf("no rule is called %q; did you mean %s?", name, strings.Join(parts, " or "))}
	}
	if near := rules.Suggest(name, names); near != "" {
		return usage{fmt.Errorf("no rule is called %q; did you mean %q?", name, near)}
	}
	return usage{fmt.Errorf("no rule is called %q", name)}
}

// parseSince reads a date or a time ago; empty is the zero time.
func parseSince(s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := rules.ParseDuration(s); err == nil {
		return time.Now().Add(-ago), nil
	}
	t, err := rules.ParseDate(s, zone)
	if err != nil {
		return t, usage{fmt.Errorf("--since takes a date such as 2026-12-01 or a time ago such as 30d, not %q", s)}
	}
	return t, nil
}

func (c *command) applyCommand() *cobra.Command {
	var s selection
	var dryRun bool
	cmd := &cobra.Command{
		Use: "apply", Short: "Follow the rules for mail that is already there", Args: takes(nothing),
		Long: `Apply goes over the mail that is in the watched folders now and does what the
rules say. It prints the number of the run, with which all of it can be taken back:
foredesk undo --run NUMBER. When it is interrupted, the same command goes on.

Where foredesk runs already, that one does it, by the file as it is now: if it follows
another, nothing is done.

What has been done to a message before is not done again, nor what you have undone.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dryRun {
				return c.plan(cmd.Context(), &s, false)
			}
			return c.apply(cmd.Context(), &s)
		},
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what would be done, as plan does")
	return cmd
}

func (c *command) apply(ctx context.Context, s *selection) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	arguments, err := s.args(d)
	if err != nil {
		return err
	}
	run, err := c.work(ctx, d, "going over the mail", store.KindApply, arguments, func(a *engine.Account, step func(done, total int64)) (int64, error) {
		return a.Apply(ctx, arguments, step)
	})
	return c.reportAfter(ctx, d, run, "done", err)
}

// reportAfter prints the report of a run that came to its end, or that did
// something before an error ended it.
func (c *command) reportAfter(ctx context.Context, d *desk, run int64, verb string, err error) error {
	if run == 0 {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	r, reportErr := makeReport(ctx, d, run)
	if reportErr != nil {
		return errors.Join(err, reportErr)
	}
	if err != nil && len(r.Rules) == 0 {
		return err
	}
	if err = errors.Join(err, c.report(r, verb)); err == nil && r.Failed+r.Uncertain > 0 {
		return findings{fmt.Sprintf("%s not done; when the cause is mended, the same command tries again", count(r.Failed+r.Uncertain, "action"))}
	}
	return err
}

// work does something as the account's owner; where another process owns it, it
// asks that one and waits.
func (c *command) work(ctx context.Context, d *desk, what string, kind store.RunKind, arguments any, do func(*engine.Account, func(done, total int64)) (int64, error)) (int64, error) {
	step, finish := c.progress(what)
	defer finish()
	a, err := d.take(ctx, nil)
	if errors.Is(err, store.ErrOwned) {
		return c.ask(ctx, d, kind, arguments, step)
	}
	if err != nil {
		return 0, err
	}
	run, err := do(a, step)
	d.closeCalendar(ctx)
	return run, errors.Join(err, a.Release())
}

// ask lets the running daemon do it.
func (c *command) ask(ctx context.Context, d *desk, kind store.RunKind, arguments any, step func(done, total int64)) (int64, error) {
	text, err := json.Marshal(arguments)
	if err != nil {
		return 0, err
	}
	run, err := d.journal.Request(ctx, store.Run{Account: d.Name, Kind: kind, Args: text, RulesHash: d.set.Hash, Started: time.Now()})
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	asked := time.Now()
	for {
		r, err := d.journal.Run(ctx, run)
		if err != nil {
			return run, err
		}
		switch {
		case r.State == store.RunDone:
			return run, nil
		case r.State == store.RunFailed || r.State == store.RunInterrupted:
			return run, fmt.Errorf("the running foredesk could not do it: %s", r.Message)
		case r.State == store.RunRequested && time.Since(asked) > time.Minute:
			return run, fmt.Errorf("another foredesk owns account %q but has not begun with run %d for a minute; it does so when it is well again: see foredesk status", d.Name, run)
		}
		step(r.Done, r.Total)
		select {
		case <-ctx.Done():
			return run, fmt.Errorf("not waited for: the running foredesk goes on with run %d", run)
		case <-tick.C:
		}
	}
}

// runReport is what apply and undo print.
type runReport struct {
	Run       int64        `json:"run"`
	Kind      string       `json:"kind"`
	State     string       `json:"state"`
	Messages  int64        `json:"messages"` // looked at
	Done      int64        `json:"done"`
	Failed    int64        `json:"failed"`
	Uncertain int64        `json:"uncertain"`
	Withdrawn int64        `json:"withdrawn,omitempty"` // by undo: what waited
	Rules     []ruleReport `json:"rules"`
	Problems  []string     `json:"problems,omitempty"`
	Note      string       `json:"note,omitempty"`
}

type ruleReport struct {
	Rule   string `json:"rule"`
	Done   int64  `json:"done"`
	Failed int64  `json:"failed"`
	Undone int64  `json:"undone"`
}

func (c *command) report(r runReport, verb string) error {
	if c.json {
		return c.printJSON(r)
	}
	if len(r.Rules) == 0 {
		if r.Withdrawn > 0 {
			fmt.Fprintf(c.out, "Run %d: %s withdrawn before it was done.\n", r.Run, count(r.Withdrawn, "action"))
			return nil
		}
		if r.Kind == string(store.KindUndo) {
			fmt.Fprintf(c.out, "Run %d: nothing to take back; foredesk log shows what was done.\n", r.Run)
			return nil
		}
		fmt.Fprintf(c.out, "Run %d: nothing to do (%s looked at).\n", r.Run, count(r.Messages, "message"))
		c.note(r)
		return nil
	}
	rows := [][]string{{"RULE", strings.ToUpper(verb), "FAILED"}}
	for _, rule := range r.Rules {
		rows = append(rows, []string{oneLine(rule.Rule, 60), thousands(rule.Done + rule.Undone), thousands(rule.Failed)})
	}
	c.table("", rows)
	fmt.Fprintf(c.out, "\nRun %d: %s %s.", r.Run, count(r.Done, "action"), verb)
	if r.State == string(store.RunInterrupted) {
		fmt.Fprint(c.out, " It was interrupted; the same command goes on with it.")
	}
	if r.Withdrawn > 0 {
		fmt.Fprintf(c.out, " %s withdrawn before it was done.", count(r.Withdrawn, "action"))
	}
	if r.Kind == string(store.KindApply) && r.Done > 0 {
		fmt.Fprintf(c.out, " Take it all back: foredesk undo --run %d", r.Run)
	}
	fmt.Fprintln(c.out)
	c.note(r)
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "  not done: %s\n", p)
	}
	return nil
}

func (c *command) note(r runReport) {
	if r.Note != "" {
		fmt.Fprintf(c.out, "%s. A rule with a new name is a new rule.\n", r.Note)
	}
}

func makeReport(ctx context.Context, d *desk, run int64) (runReport, error) {
	journal, account := d.journal, d.Name
	r, err := journal.Run(ctx, run)
	if err != nil {
		return runReport{}, err
	}
	out := runReport{Run: run, Kind: string(r.Kind), State: string(r.State), Messages: r.Done, Rules: []ruleReport{}}
	if r.State == store.RunDone {
		out.Note = r.Message
	}
	counts, err := journal.Counts(ctx, account, run)
	if err != nil {
		return out, err
	}
	byRule := map[string]*ruleReport{}
	for _, n := range counts {
		rule := byRule[n.Rule]
		if rule == nil {
			rule = &ruleReport{Rule: n.Rule}
			byRule[n.Rule] = rule
		}
		switch n.State {
		case store.Done:
			rule.Done += n.N
			out.Done += n.N
		case store.Undone:
			rule.Undone += n.N
		case store.Failed:
			rule.Failed += n.N
			out.Failed += n.N
		case store.Uncertain:
			out.Uncertain += n.N
		}
	}
	for _, rule := range byRule {
		out.Rules = append(out.Rules, *rule)
	}
	sort.Slice(out.Rules, func(i, j int) bool {
		a, b := out.Rules[i], out.Rules[j]
		return a.Done > b.Done || a.Done == b.Done && a.Rule < b.Rule
	})
	if r.Kind == store.KindUndo {
		if out.Withdrawn, err = withdrawnBy(ctx, journal, r); err != nil {
			return out, err
		}
	}
	out.Problems, err = reasons(ctx, d, run)
	return out, err
}

// withdrawnBy counts what waited and was ended by an undo.
func withdrawnBy(ctx context.Context, journal *store.Store, r store.Run) (n int64, err error) {
	err = journal.EachStep(ctx, store.Filter{Account: r.Account, States: []store.State{store.Failed}, NotUndo: true}, func(s store.Step) error {
		if s.Reason == engine.Withdrawn && !s.Ended.Before(r.Started) && (r.Ended.IsZero() || !s.Ended.After(r.Ended)) {
			n++
		}
		return nil
	})
	return n, err
}

const maxReasons = 10

// reasons are why steps of a run failed, each said once with how often.
func reasons(ctx context.Context, d *desk, run int64) ([]string, error) {
	often, nouns := map[string]int64{}, map[string]string{}
	err := d.journal.EachStep(ctx, store.Filter{Account: d.Name, RunID: run, States: []store.State{store.Failed, store.Uncertain}}, func(s store.Step) error {
		reason := fmt.Sprintf("%s by %q: %s", stepOf(s).words(d.Location), s.Rule, s.Reason)
		often[reason]++
		nouns[reason] = "message"
		if engine.IsOccasion(s.Item) {
			nouns[reason] = "event"
		}
		return nil
	})
	var all []string
	for reason, n := range often {
		all = append(all, fmt.Sprintf("%s (%s)", reason, count(n, nouns[reason])))
	}
	sort.Strings(all)
	if len(all) > maxReasons {
		all = append(all[:maxReasons], fmt.Sprintf("and %d more reasons; see: foredesk log --run %d", len(all)-maxReasons, run))
	}
	return all, err
}
