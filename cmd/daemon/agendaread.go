package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// letterOutput is a letter as agenda --json prints it.
type letterOutput struct {
	Account string    `json:"account"`
	Kind    string    `json:"kind"` // agenda, review, digest evening, bundle Programs, check-in EVENT
	Date    string    `json:"date"`
	Made    time.Time `json:"made"`
	// State is preview of what would be sent now, or how the sending of what was
	// written stands: done, failed, uncertain, …
	State   string         `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	To      []string       `json:"to,omitempty"`
	Cc      []string       `json:"cc,omitempty"`
	Subject string         `json:"subject,omitempty"`
	Text    string         `json:"text,omitempty"`
	HTML    string         `json:"html,omitempty"` // of a preview alone
	Lines   []reasonOutput `json:"lines"`

	now     time.Time
	event   string // of a check-in: its key
	reasons []agenda.Reason
}

const (
	statePreview = "preview"
	stateNothing = "nothing" // there is nothing to say, so nothing would be sent
)

// written is a letter of any kind, filled.
type written interface {
	Render() (agenda.Letter, error)
	Why() ([]agenda.Reason, error)
}

// letterOf finds out which letter flags mean.
func (d *desk) letterOf(ctx context.Context, l letterFlags, now time.Time) (*letterOutput, error) {
	p := &letterOutput{Account: d.Name, now: now, State: statePreview}
	var err error
	if p.Date, err = d.dateNamed(ctx, l.date, now); err != nil {
		return nil, err
	}
	p.To, p.Cc = d.readers(d.Agenda.To), d.readers(d.Agenda.Cc)
	switch {
	case l.review:
		p.Kind = gather.ReviewKind
		if p.Cc = nil; d.Agenda.Review == nil {
			return nil, fmt.Errorf("the account %q gets no review of the week: its agenda has review: off in the configuration", d.Name)
		}
		p.To = d.readers(d.Agenda.Review.To)
	case l.digest != "":
		p.Kind = "digest " + l.digest
		err = d.collects("digest", l.digest)
	case l.bundle != "":
		p.Kind = "bundle " + l.bundle
		err = d.collects("bundle", l.bundle)
	case l.brief != "":
		err = p.before(ctx, d, l)
	default:
		p.Kind = gather.AgendaKind
	}
	return p, err
}

// gatherer is the account as letters are made of it.
func (d *desk) gatherer() gather.Desk {
	var polls time.Duration
	if d.Calendar != nil {
		polls = d.Calendar.Poll
	}
	return engine.Desk(d.Name, d.journal, d.set, d.letters(), polls)
}

// readers puts addresses in the place of the words of the configuration.
func (d *desk) readers(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		switch all[i] = name; name {
		case "executive":
			all[i] = d.Addresses[0]
		case "assistant":
			all[i] = d.Assistant
		}
	}
	return all
}

// dateNamed is a day as 2026-12-08, today without a name: where the executive is.
func (d *desk) dateNamed(ctx context.Context, name string, now time.Time) (string, error) {
	zone, err := d.gatherer().Zone(ctx, now)
	if err != nil {
		return "", err
	}
	today := now.In(zone)
	switch strings.ToLower(name) {
	case "", "today":
		return today.Format(time.DateOnly), nil
	case "tomorrow":
		return today.AddDate(0, 0, 1).Format(time.DateOnly), nil
	}
	day, err := rules.ParseDate(name, zone)
	if err != nil {
		return "", usage{fmt.Errorf("--date takes today, tomorrow or a date such as 2026-12-08: %w", err)}
	}
	return day.Format(time.DateOnly), nil
}

// collects refuses the name of a digest or a bundle that no rule fills.
func (d *desk) collects(action, name string) error {
	names := map[string]bool{}
	for _, r := range d.set.Rules {
		for _, a := range r.Actions {
			if a.Name == action {
				names[a.Arg] = true
			}
		}
	}
	if names[name] {
		return nil
	}
	all := slices.Sorted(maps.Keys(names))
	if len(all) == 0 {
		return fmt.Errorf("no rule collects mail for a %s; one that does has %s: %s", action, action, name)
	}
	return usage{fmt.Errorf("no rule collects mail for a %s called %q; there are: %s", action, name, strings.Join(all, ", "))}
}

// before makes it the brief before an event: that of the event's own day, unless a day
// was named.
func (p *letterOutput) before(ctx context.Context, d *desk, l letterFlags) error {
	e, err := d.eventNamed(ctx, l.brief, p.now)
	if err != nil {
		return err
	}
	p.event, p.Kind = e.Key, gather.CheckInKind+" "+e.Key
	if l.date == "" {
		p.Date = e.Start.In(d.Location).Format(time.DateOnly)
	}
	return nil
}

// eventNamed is the event that a title or an id means.
func (d *desk) eventNamed(ctx context.Context, name string, now time.Time) (*rules.Event, error) {
	diary, err := d.diary(ctx)
	if err != nil {
		return nil, err
	}
	if diary == nil {
		return nil, errors.New(d.unread())
	}
	found := eventsNamed(diary, name, now)
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("no event of the next two months is called %q, nor has it that id; the calendar was last read on %s", name, moment(diary.At, d.Location))
	case 1:
		return found[0], nil
	}
	titles := make([]string, 0, maxMatches)
	for _, e := range found[:min(len(found), maxMatches)] {
		titles = append(titles, fmt.Sprintf("%q on %s", oneLine(titleOf(e), 60), whenOf(e, d.Location)))
	}
	return nil, usage{fmt.Errorf("%d events fit %q; say more of its title, or its id: %s", len(found), name, strings.Join(titles, "; "))}
}

// read fills the letter: with what was sent on a date that somebody named, or
// else with what would be sent now.
func (p *letterOutput) read(ctx context.Context, d *desk, named bool) error {
	if named {
		if ok, err := p.readKept(ctx, d); ok || err != nil {
			return err
		}
		today, err := d.dateNamed(ctx, "", p.now)
		if err != nil {
			return err
		}
		if p.Date < today {
			return fmt.Errorf("no %s was written for %s; foredesk log --rule %q shows those that were", kindWords(p.Kind), p.Date, engine.LettersRule)
		}
	}
	w, err := p.gather(ctx, d)
	if err != nil {
		return err
	}
	if p.Made = p.now; w == nil {
		p.State = stateNothing
		return nil
	}
	letter, err := w.Render()
	if err != nil {
		return err
	}
	p.Subject, p.Text, p.HTML = letter.Subject, letter.Text, letter.HTML
	p.reasons, err = w.Why()
	return err
}

// gather fills the model of a letter; nil where there is nothing to say.
func (p *letterOutput) gather(ctx context.Context, d *desk) (written, error) {
	g := d.gatherer()
	kind, name, _ := strings.Cut(p.Kind, " ")
	switch kind {
	case gather.AgendaKind:
		day, _, _, err := g.Day(ctx, p.Date, p.now)
		if err == nil { // whoever asks for it does not ask too late
			day.Notices = slices.DeleteFunc(day.Notices, func(n agenda.Notice) bool { return n.Kind == agenda.Late })
		}
		return day, err
	case gather.ReviewKind:
		review, err := g.Review(ctx, p.Date, p.now)
		return review, err
	case gather.CheckInKind:
		return orNothing(g.CheckIn(ctx, p.event, p.Date, p.now))
	case "bundle":
		digest, _, err := g.Bundle(ctx, name, p.Date, p.now)
		return orNothing(digest, err)
	}
	digest, _, err := g.Digest(ctx, name, p.Date, p.now)
	return orNothing(digest, err)
}

// orNothing tells an empty letter from one that is not there.
func orNothing[T interface {
	comparable
	written
}](letter T, err error) (written, error) {
	var none T
	if letter == none || err != nil {
		return nil, err
	}
	return letter, nil
}

// readKept reads what the journal keeps of a letter that was written; ok is false
// where there is none.
func (p *letterOutput) readKept(ctx context.Context, d *desk) (ok bool, err error) {
	l, ok, err := d.journal.Letter(ctx, d.Name, p.Kind, p.Date)
	if err != nil || !ok {
		return ok, err
	}
	var kept gather.Kept
	if err := json.Unmarshal(l.Body, &kept); err != nil {
		return true, fmt.Errorf("reading the %s of %s in the journal: %w", kindWords(p.Kind), p.Date, err)
	}
	p.Made, p.Subject, p.Text, p.reasons = l.Made, kept.Subject, kept.Text, kept.Why
	return true, p.readState(ctx, d)
}

// kindWords names a letter, as in "no … was written".
func kindWords(kind string) string {
	first, name, _ := strings.Cut(kind, " ")
	switch first {
	case "digest", "bundle":
		return fmt.Sprintf("%s %q", first, name)
	case gather.ReviewKind:
		return "weekly review"
	case gather.CheckInKind:
		return "brief"
	}
	return kind
}

// readState finds out how the sending of a letter stands.
func (p *letterOutput) readState(ctx context.Context, d *desk) error {
	key := p.Kind + "/" + p.Date
	known, err := d.journal.Lookup(ctx, d.Name, []string{key})
	if err != nil {
		return err
	}
	var items []int64
	for _, it := range known[key] {
		items = append(items, it.ID)
	}
	p.State = string(store.Done)
	if items == nil {
		return nil // a brief is of a rule's own item: that it was written is all we know
	}
	steps, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, ItemIDs: items, NotUndo: true, Newest: true, Limit: 1})
	if err == nil && len(steps) == 1 {
		p.State, p.Reason = string(steps[0].State), steps[0].Reason
	}
	return err
}
