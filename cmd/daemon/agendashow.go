package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
)

// showLetter prints a letter in the form that was asked for.
func (c *command) showLetter(ctx context.Context, d *desk, p *letterOutput, l letterFlags) error {
	p.Lines = d.reasonsOf(p.reasons)
	switch {
	case p.State == stateNothing && !c.json && l.html == "" && !l.open:
		fmt.Fprintf(c.out, "There is nothing for the %s of %s, so none would be sent.\n", kindWords(p.Kind), p.Date)
		return nil
	case l.html != "" || l.open:
		return c.showPage(ctx, p, l)
	case c.json:
		return c.printJSON(p)
	}
	c.printHead(d, p)
	if l.why {
		c.printWhy(p.Lines)
		return nil
	}
	fmt.Fprintf(c.out, "\n%s", p.Text)
	return nil
}

// printHead says to whom the letter goes, and how that stands.
func (c *command) printHead(d *desk, p *letterOutput) {
	state := map[string]string{
		statePreview:            "a preview; nothing was sent",
		string(store.Done):      "sent " + moment(p.Made, d.Location),
		string(store.Planned):   "written " + moment(p.Made, d.Location) + "; still to be sent",
		string(store.Failed):    "written " + moment(p.Made, d.Location) + ", and not sent: " + p.Reason,
		string(store.Uncertain): "uncertain: it may have been sent; a person must look, see foredesk log --state uncertain",
	}[p.State]
	if state == "" {
		state = p.State
	}
	fmt.Fprintf(c.out, "State:   %s\nTo:      %s\n", state, strings.Join(p.To, ", "))
	if len(p.Cc) > 0 {
		fmt.Fprintf(c.out, "Cc:      %s\n", strings.Join(p.Cc, ", "))
	}
	fmt.Fprintf(c.out, "Subject: %s\n", c.bold(oneLine(p.Subject, 200)))
}

// showPage writes the page to a file, and opens it where that was asked for.
func (c *command) showPage(ctx context.Context, p *letterOutput, l letterFlags) error {
	switch {
	case p.HTML == "" && p.State == stateNothing:
		return fmt.Errorf("there is nothing for the %s of %s, so there is no page", kindWords(p.Kind), p.Date)
	case p.HTML == "":
		return fmt.Errorf("of the %s of %s the text is kept, and no page: the mail that was sent has it", kindWords(p.Kind), p.Date)
	case l.html == "-":
		_, err := fmt.Fprint(c.out, p.HTML)
		return err
	}
	file, err := writePage(l.html, p.HTML)
	if err != nil {
		return err
	}
	if c.json {
		if err := c.printJSON(map[string]string{"file": file}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.out, "The page is in %s\n", file)
	}
	if !l.open {
		return nil
	}
	return c.openPage(ctx, file)
}

// reasonOutput is one line of a letter, and what it comes from.
type reasonOutput struct {
	Section string `json:"section"`
	Line    string `json:"line"`
	Rule    string `json:"rule,omitempty"`
	Goal    string `json:"goal,omitempty"` // of the rules file
	File    string `json:"file,omitempty"` // of the rule, with its line: rules.yaml:41; of a goal without
	Message string `json:"message,omitempty"`
	Event   string `json:"event,omitempty"`
	Counted string `json:"counted,omitempty"` // of a figure: calendar, mail or journal
	LeftOut bool   `json:"leftOut,omitempty"` // there was no room for it
}

func (d *desk) reasonsOf(all []agenda.Reason) []reasonOutput {
	out := make([]reasonOutput, len(all))
	for i, r := range all {
		out[i] = reasonOutput{
			Section: r.Section, Line: r.Line, Rule: r.Source.Rule, Message: r.Source.Message, Event: r.Source.Event,
			Counted: string(r.Counted), LeftOut: !r.Shown,
		}
		if rule := d.set.Rule(r.Source.Rule); rule != nil {
			out[i].File = fmt.Sprintf("%s:%d", filepath.Base(d.Rules), rule.Line)
		} else if r.Section == "goals" {
			out[i].Goal, out[i].Rule, out[i].File = r.Source.Rule, "", filepath.Base(d.Rules)
		}
	}
	return out
}

// from says what a line comes from.
func (r reasonOutput) from() string {
	var parts []string
	if r.Rule != "" {
		rule := fmt.Sprintf("rule %q", r.Rule)
		if r.File != "" {
			rule += " (" + r.File + ")"
		}
		parts = append(parts, rule)
	}
	if r.Goal != "" {
		parts = append(parts, fmt.Sprintf("goal %q (%s)", r.Goal, r.File))
	}
	if r.Message != "" {
		parts = append(parts, "message <"+r.Message+">")
	}
	if r.Event != "" {
		parts = append(parts, "event "+r.Event)
	}
	if r.Counted != "" {
		parts = append(parts, "what is counted in the "+r.Counted)
	}
	if len(parts) == 0 {
		return "foredesk itself"
	}
	return strings.Join(parts, ", ")
}

// sectionWords are the titles of sections, as an English letter has them.
var sectionWords = map[string]string{
	"notices": "About this letter", "needs": "Needs you", "changed": "Changed since yesterday", "timeline": "Today", "prep": "Prep", "mail": "From your mail",
	"deadlines": "Deadlines", "owed": "Replies owed", "waiting": "Waiting for", "ahead": "Tomorrow and the week", "goals": "Where the time goes", "done": "Done for you",
	"meeting": "The meeting", "threads": "Open threads", "promises": "Promises", "figures": "The week in figures", "handled": "Handled for you", "rules": "Rules to look at", "ideas": "Ideas",
}

// printWhy lists the lines with what they come from.
func (c *command) printWhy(lines []reasonOutput) {
	section := ""
	for _, r := range lines {
		if r.Section != section {
			section = r.Section
			fmt.Fprintf(c.out, "\n%s\n", c.bold(cmp.Or(sectionWords[section], section)))
		}
		left := ""
		if r.LeftOut {
			left = c.faint(" (left out, as there was no room)")
		}
		fmt.Fprintf(c.out, "  %s%s\n      %s\n", oneLine(r.Line, 200), left, c.faint("from "+oneLine(r.from(), 240)))
	}
	fmt.Fprintf(c.out, "\nforedesk explain MESSAGE, and foredesk explain --event EVENT, tell more of each.\n")
}
