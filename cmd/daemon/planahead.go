package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/rules"
)

// planSpan is how far ahead plan and conflicts look at the calendar.
const planSpan = 14 * 24 * time.Hour

// diary is what the journal's mirror has of the account's calendars; nil where none
// was ever read.
func (d *desk) diary(ctx context.Context) (*rules.Diary, error) {
	return engine.Diary(ctx, d.journal, d.log, d.Name, d.set, time.Now())
}

// unread says why nothing is known of a calendar, and what to do about it.
func (d *desk) unread() string {
	if d.Calendar == nil {
		return "The account has no calendar; doc/google.md says how to name one in the configuration."
	}
	return fmt.Sprintf("The calendar has not been read yet: foredesk auth google --account %s signs in, and foredesk run --once reads it.", d.Name)
}

// plannedOccasion is a line of plan --json about an event or a day. It has neither
// folder nor UID.
type plannedOccasion struct {
	On       string          `json:"on"` // event or day
	ID       string          `json:"id,omitempty"`
	Calendar string          `json:"calendar,omitempty"`
	Subject  string          `json:"subject"`
	Start    time.Time       `json:"start"`
	End      time.Time       `json:"end,omitzero"`
	Effects  []rules.Effect  `json:"effects"`
	Dropped  []rules.Dropped `json:"dropped,omitempty"`
	Had      []rules.Effect  `json:"had,omitempty"`

	when string // for people
}

// ahead gathers what the rules on events and days would do within planSpan.
func (p *planPrinter) ahead(ctx context.Context, d *desk, previewer *engine.Previewer, rule string) error {
	onCalendar := func(r *rules.Rule) bool {
		return r.Enabled && (r.On == "event" || r.On == "day") && (rule == "" || r.Name == rule)
	}
	if !slices.ContainsFunc(d.set.Rules, onCalendar) {
		return nil
	}
	if previewer.Diary == nil {
		p.calendarNote = d.unread()
		return nil
	}
	now := time.Now()
	p.until, p.asked = now.Add(planSpan).In(p.zone), previewer.Diary.At
	all, err := previewer.Ahead(ctx, rule, now, p.until)
	if err != nil {
		return err
	}
	for _, o := range all {
		p.addOccasion(o)
	}
	return nil
}

func (p *planPrinter) addOccasion(o engine.Occasion) {
	p.had += int64(len(o.Had))
	if o.Item.Role == "day" {
		p.days++
	} else {
		p.events++
	}
	if len(o.Plan.Effects) == 0 {
		return
	}
	line := plannedOccasion{On: o.Item.Role, Effects: o.Plan.Effects, Dropped: o.Plan.Dropped, Had: o.Had}
	if o.Item.Role == "day" {
		line.Subject, line.Start = "the day", o.Item.Day.Date
		line.when = o.Item.Day.Date.In(p.zone).Format("Mon 2 Jan")
	} else {
		e := &o.Item.Event
		line.ID, line.Calendar, line.Subject, line.Start, line.End = e.ID, e.Calendar, titleOf(e), e.Start, e.End
		line.when = whenOf(e, p.zone)
	}
	p.occasions = append(p.occasions, line)
	seen := map[string]bool{}
	for _, e := range o.Plan.Effects {
		if !seen[e.Rule] {
			seen[e.Rule] = true
			p.occasionRules[e.Rule]++
		}
	}
}

// endAhead prints it, below what concerns mail.
func (p *planPrinter) endAhead(d *desk) {
	if p.calendarNote != "" {
		fmt.Fprintf(p.out, "\n%s\n", p.calendarNote)
		return
	}
	if p.events+p.days == 0 {
		return
	}
	fmt.Fprintf(p.out, "\n%s\n", p.bold(fmt.Sprintf("On the calendar until %s, as it was on %s", p.until.Format("Mon 2 Jan"), moment(p.asked, p.zone))))
	for _, o := range p.occasions[:min(len(p.occasions), maxShown)] {
		words := make([]string, len(o.Effects))
		for i, e := range o.Effects {
			words[i] = effectWords(e, nil)
		}
		fmt.Fprintf(p.out, "  %-28s %-44s %s\n", o.when, oneLine(o.Subject, 44), wrapped(words, 80, "\n"+strings.Repeat(" ", 76)))
	}
	if more := int64(len(p.occasions) - maxShown); more > 0 {
		fmt.Fprintf(p.out, "  … and %s more (foredesk plan --json shows all)\n", thousands(more))
	}
	if len(p.occasions) > 0 {
		fmt.Fprintln(p.out)
		rows := counted("RULE", d, p.occasionRules)
		rows[0][1] = "EVENTS, DAYS"
		p.table("", rows)
	}
	fmt.Fprintf(p.out, "\n%s of %s and %s would call for something. foredesk run does it: about an event when it is new,\nchanged or less than a day away, about a day at once. What clashes: foredesk conflicts\n",
		thousands(int64(len(p.occasions))), count(p.events, "event"), count(p.days, "day"))
}
