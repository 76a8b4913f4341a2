package demo

import (
	"errors"
	"fmt"
)

// Happening is something that is done to the calendar while the demo runs: by
// others, or by Dana herself at her telephone.
type Happening struct {
	About string // what it shows, in one plain line
	Title string // of the event, or ""

	entry *appointment
}

// ErrNothingOurs says that Foredesk has made no event that Dana could delete.
var ErrNothingOurs = errors.New("there is no event to come that Foredesk made")

// ourProperty begins the names of the private extended properties of events that
// Foredesk makes.
const ourProperty = "foredesk."

// CalendarArrivals are what happens to the calendar in the live part, in the order
// in which it is meant to.
func (w *World) CalendarArrivals() []Happening {
	var all []Happening
	for _, a := range w.happenings {
		h := Happening{About: a.value("About"), Title: a.value("Title"), entry: a}
		if of := w.diary.names[a.of]; h.Title == "" && of != nil {
			h.Title = of.value("Title")
		}
		all = append(all, h)
	}
	return all
}

// Happen lets one of them happen. It returns ErrNothingOurs where Dana is to
// delete what Foredesk made and there is nothing.
func (w *World) Happen(h Happening) error {
	if err := w.diary.happen(h.entry); err != nil {
		return fmt.Errorf("letting happen on the calendar: %q: %w", h.About, err)
	}
	return nil
}

func (d *diary) happen(a *appointment) error {
	of := d.names[a.of]
	if a.kind != "invites" && a.kind != "deletes" && of == nil {
		return fmt.Errorf("%s: there is no entry %q", a.place(), a.of)
	}
	switch a.kind {
	case "invites":
		return d.put(a)
	case "answers":
		return d.answer(a, of)
	case "moves":
		return d.everywhere(of, event{"start": instant(a.start, ""), "end": instant(a.start.Add(a.length), "")})
	case "cancels":
		return d.everywhere(of, event{"status": "cancelled"})
	case "deletes":
		ids := d.server.Marked(Address, ourProperty, d.now)
		if len(ids) == 0 {
			return ErrNothingOurs
		}
		return d.server.Remove(Address, ids[0])
	}
	return fmt.Errorf("%s: %q does not happen to calendars", a.place(), a.kind)
}

// answer lets guests answer an invitation of Dana's.
func (d *diary) answer(a, of *appointment) error {
	who, err := guests(a.value("Who"))
	if err != nil {
		return err
	}
	for _, g := range who {
		_, address, err := d.person(g.short)
		if err != nil {
			return err
		}
		if err := d.server.Answer(Address, of.eventID(), address, g.answer, a.value("Say")); err != nil {
			return err
		}
	}
	return nil
}

// everywhere changes an event on each calendar that has it.
func (d *diary) everywhere(of *appointment, patch event) error {
	ids, err := d.calendarsOf(of)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := d.server.Edit(id, of.eventID(), patch); err != nil {
			return err
		}
	}
	return nil
}
