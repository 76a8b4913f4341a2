package main

import (
	"context"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// agendaStatus is how the agenda of an account stands. One that has never had any has
// no date.
type agendaStatus struct {
	At     string    `json:"at"`             // when it is due: 06:30
	Date   string    `json:"date,omitempty"` // of the last one whose time had come
	Made   time.Time `json:"made,omitzero"`  // when it was sent, or given up
	State  string    `json:"state,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// lettersBack is how many letters are looked at for the last agenda among them.
const lettersBack = 50

// readAgenda tells of the last agenda, also of one that could not be sent; nil where
// the account has none.
func readAgenda(ctx context.Context, d *desk) (*agendaStatus, error) {
	if d.Agenda == nil {
		return nil, nil
	}
	s := &agendaStatus{At: fmt.Sprintf("%02d:%02d", d.Agenda.At/60, d.Agenda.At%60)}
	letters, err := d.journal.Steps(ctx, store.Filter{Account: d.Name, Rule: engine.LettersRule, NotUndo: true, Newest: true, Limit: lettersBack})
	for _, l := range letters {
		if l.Op.Arg == gather.AgendaKind {
			s.Date, s.Made, s.State, s.Reason = l.Op.With["date"], l.Ended, string(l.State), l.Reason
			break
		}
	}
	return s, err
}

// printAgenda shows it below the calendars.
func (c *command) printAgenda(s accountStatus) {
	a := s.Agenda
	if a == nil {
		return
	}
	words := "none was sent yet; it is due at " + a.At
	switch a.State {
	case "":
	case string(store.Done):
		words = "the last was sent " + a.Made.In(s.zone).Format("Mon 2 Jan 15:04:05") + "; it is due at " + a.At
	case string(store.Failed):
		words = c.red("that of "+a.Date+" was not sent: ") + oneLine(a.Reason, 120)
	case string(store.Planned):
		words = c.red("that of "+a.Date+" is still to be sent: ") + oneLine(a.Reason, 120)
	default:
		words = c.red(fmt.Sprintf("that of %s is %s", a.Date, a.State)) + "; see foredesk log --rule \"(letters)\""
	}
	fmt.Fprintf(c.out, "  %-20s %s\n", gather.AgendaKind, words)
}
