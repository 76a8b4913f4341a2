package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/rules"
)

func (c *command) planCommand() *cobra.Command {
	var s selection
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what the rules would do to the mail and the calendar of now", Args: takes(nothing),
		Long: `Plan looks at the mail in the watched folders and shows, message by message and
rule by rule, what "foredesk apply" would do. Below that it shows what rules on events
and days would do in the next two weeks; the calendar is as foredesk has last read it.
It changes nothing, and it may be used while the daemon runs. What was done or undone
before is left alone. --since and --folder choose mail: with them the calendar is left
out.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.plan(cmd.Context(), &s, s.since == "" && len(s.folders) == 0)
		},
	}
	s.flags(cmd)
	return cmd
}

// plannedMessage is one line of plan --json.
type plannedMessage struct {
	Folder  string          `json:"folder"`
	UID     uint32          `json:"uid"`
	From    string          `json:"from"`
	Subject string          `json:"subject"`
	Effects []rules.Effect  `json:"effects"`
	Dropped []rules.Dropped `json:"dropped,omitempty"`
	Had     []rules.Effect  `json:"had,omitempty"` // done or taken back before: left alone
	Problem string          `json:"problem,omitempty"`
}

const maxShown = 40 // messages that plan shows one by one

// plan shows what the rules would do to mail and, if that is wanted, about what is on
// the calendar.
func (c *command) plan(ctx context.Context, s *selection, calendar bool) error {
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	arguments, err := s.args(d)
	if err != nil {
		return err
	}
	diary, err := d.diary(ctx)
	if err != nil {
		return err
	}
	session, err := d.session(ctx, d.set.Needs())
	if err != nil {
		return err
	}
	defer session.Close()
	step, finish := c.progress("looking at the mail")
	p := &planPrinter{command: c, zone: d.Location, rules: map[string]int64{}, occasionRules: map[string]int64{}}
	previewer := &engine.Previewer{Account: d.Name, Rules: d.set, Journal: d.journal, Session: session, Diary: diary, Model: d.model, Log: d.log}
	err = previewer.Each(ctx, arguments, func(v engine.Preview, total int) error {
		p.seen++
		step(p.seen, int64(total))
		return p.add(v)
	})
	finish()
	if err == nil && calendar {
		err = p.ahead(ctx, d, previewer, s.rule)
	}
	if err != nil {
		return err
	}
	return p.end(d)
}

// planPrinter gathers what plan prints.
type planPrinter struct {
	*command
	zone          *time.Location // the account's
	seen, touched int64
	had           int64 // actions that apply leaves alone
	lines         []string
	rules         map[string]int64
	all           []plannedMessage

	occasions     []plannedOccasion
	occasionRules map[string]int64
	events, days  int64     // that were looked at
	until, asked  time.Time // how far ahead, and when the calendar was last asked
	calendarNote  string    // why nothing is known of it
}

func (p *planPrinter) add(v engine.Preview) error {
	p.had += int64(len(v.Had))
	if len(v.Plan.Effects) == 0 && v.Message.Poison == "" {
		return nil
	}
	p.touched++
	m := plannedMessage{
		Folder: v.Message.Folder, UID: v.Message.UID, From: v.Message.Item.From.Email, Subject: v.Message.Item.Subject.String(),
		Effects: v.Plan.Effects, Dropped: v.Plan.Dropped, Had: v.Had, Problem: v.Message.Poison,
	}
	if p.json {
		p.all = append(p.all, m)
		return nil
	}
	seen := map[string]bool{}
	for _, e := range v.Plan.Effects {
		if !seen[e.Rule] {
			seen[e.Rule] = true
			p.rules[e.Rule]++
		}
	}
	if len(p.lines) < maxShown {
		p.lines = append(p.lines, p.line(m))
	}
	return nil
}

func (p *planPrinter) line(m plannedMessage) string {
	if m.Problem != "" {
		return fmt.Sprintf("  %s/%d can't be read and stays where it is: %s", m.Folder, m.UID, m.Problem)
	}
	words := make([]string, len(m.Effects))
	for i, e := range m.Effects {
		words[i] = effectWords(e, p.zone)
	}
	return fmt.Sprintf("  %-28s %-44s %s", oneLine(m.From, 28), oneLine(m.Subject, 44), wrapped(words, 80, "\n"+strings.Repeat(" ", 76)))
}

// wrapped joins words with commas and breaks the line where it grows longer than
// most characters.
func wrapped(words []string, most int, breaking string) string {
	var b strings.Builder
	line := 0
	for i, w := range words {
		switch {
		case i > 0 && line+width(w) > most:
			b.WriteString("," + breaking)
			line = 0
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(w)
		line += width(w) + 2
	}
	return b.String()
}

func (p *planPrinter) end(d *desk) error {
	if p.json {
		lines := make([]any, 0, len(p.all)+len(p.occasions))
		for _, m := range p.all {
			lines = append(lines, m)
		}
		for _, o := range p.occasions {
			lines = append(lines, o)
		}
		return p.printJSON(lines)
	}
	for _, line := range p.lines {
		fmt.Fprintln(p.out, line)
	}
	if more := p.touched - int64(len(p.lines)); more > 0 {
		fmt.Fprintf(p.out, "  … and %s more (foredesk plan --json shows all)\n", count(more, "message"))
	}
	if p.touched > 0 {
		fmt.Fprintln(p.out)
		p.table("", counted("RULE", d, p.rules))
		fmt.Fprintln(p.out)
	}
	fmt.Fprintf(p.out, "%s of %s would change. Nothing was done; do it with: foredesk apply\n", thousands(p.touched), count(p.seen, "message"))
	p.endAhead(d)
	if p.had > 0 {
		fmt.Fprintf(p.out, "%s done, taken back or asked for before; that is left alone. A rule with a new name is a new rule.\n", count(p.had, "more action"))
	}
	return nil
}

// counted makes a table of the rules in the order of the file.
func counted(head string, d *desk, n map[string]int64) [][]string {
	order := map[string]int{}
	for i, r := range d.set.Rules {
		order[r.Name] = i
	}
	var names []string
	for name := range n {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return order[names[i]] < order[names[j]] })
	rows := [][]string{{head, "MESSAGES"}}
	for _, name := range names {
		rows = append(rows, []string{oneLine(name, 70), thousands(n[name])})
	}
	return rows
}
