package main

import (
	"context"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
)

// agendaStatus is how the agenda of an account stands. One that has never had any has
// no date.
type agendaStatus struct {
	At    string    `json:"at"`             // when it is due: 06:30
	Date  string    `json:"date,omitempty"` // of the last one that was written
	Made  time.Time `json:"made,omitzero"`
	State string    `json:"state,omitempty"` // of its sending
}

// lastDate is after all dates of letters.
const lastDate = "9999-12-31"

// readAgenda tells of the last agenda; nil where the account has none.
func readAgenda(ctx context.Context, d *desk) (*agendaStatus, error) {
	if d.Agenda == nil {
		return nil, nil
	}
	s := &agendaStatus{At: fmt.Sprintf("%02d:%02d", d.Agenda.At/60, d.Agenda.At%60)}
	l, ok, err := d.journal.LetterBefore(ctx, d.Name, gather.AgendaKind, lastDate)
	if err != nil || !ok {
		return s, err
	}
	p := letterOutput{Kind: l.Kind, Date: l.Date}
	err = p.readState(ctx, d)
	s.Date, s.Made, s.State = l.Date, l.Made, p.State
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
	default:
		words = c.paint(c.out, "31", fmt.Sprintf("that of %s is %s", a.Date, a.State)) + "; see foredesk log --rule \"(letters)\""
	}
	fmt.Fprintf(c.out, "  %-20s %s\n", gather.AgendaKind, words)
}
