package calendar

import (
	"cmp"
	"context"
	"slices"
	"time"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// crowd is the number of guests above which Google passes no answers on.
const crowd = 200

// respond answers an invitation in the account's name. Event.ID of the outcome is
// empty where the calendar has no such event, and never had one that is known.
func (c *Client) respond(ctx context.Context, ch datebook.Change) (datebook.Outcome, error) {
	if !slices.Contains([]string{"accepted", "tentative", "declined", "needsAction"}, ch.Response) {
		return refused("the answer is none of accepted, tentative, declined and needsAction"), nil
	}
	id := "" // once it is found, it is looked at by its id: the second search could find another
	look := func(ctx context.Context) (*seen, error) {
		if id != "" {
			return c.get(ctx, ch.Calendar, id)
		}
		e, err := c.invitation(ctx, ch)
		if err == nil {
			id = e.ID
		}
		return e, err
	}
	return c.settle(ctx, ch, look, func(e *seen) verdict {
		me, v := judgeAnswer(ch, e)
		if me == nil {
			return v
		}
		was := answerOf(me)
		body := &calendar.Event{ExtendedProperties: &calendar.EventExtendedProperties{Private: trace(ch, was)}}
		body.Attendees, body.AttendeesOmitted = answered(e.raw, me, ch)
		v.out = datebook.Outcome{Result: datebook.Done, Was: was}
		if body.AttendeesOmitted {
			v.out.Reason = "answered on this calendar; Google does not pass answers on where so many are invited"
		}
		v.write = func(ctx context.Context) (*calendar.Event, error) {
			return c.patchRequest(ctx, ch.Calendar, e, body, ch.Tell)
		}
		return v
	})
}

// judgeAnswer returns the account's own entry among the guests, if its answer is to
// be changed, and otherwise how the change ends.
func judgeAnswer(ch datebook.Change, e *seen) (*calendar.EventAttendee, verdict) {
	me := self(e.raw)
	switch {
	case e.ID == "":
		return nil, ends(datebook.Gone, e, "the event is not on the calendar")
	case e.Cancelled():
		return nil, ends(datebook.Gone, e, "the event was called off or removed")
	case e.Organizer.Self:
		return nil, ends(datebook.Refused, e, "the account organizes the event itself, and does not answer it")
	case me == nil:
		return nil, ends(datebook.Refused, e, "the account is not among the guests")
	}
	// An answer that is the same is left alone with its comment, a person's own
	// perhaps, unless another comment is asked for.
	was, done := e.carries(ch)
	now := cmp.Or(me.ResponseStatus, "needsAction")
	same := now == ch.Response
	var v verdict
	switch before, given := ch.Was["response"]; {
	case done && same:
		v = ends(datebook.Done, e, "it was done already")
		v.out.Was = was
	case same && (me.Comment == ch.Comment || ch.Comment == "" && ch.Was == nil):
		v = ends(datebook.Done, e, "it was so already")
		v.out.Was = answerOf(me)
	case done:
		v = ends(datebook.Theirs, e, "it was answered, and the answer has changed since")
	case given && before != now:
		v = ends(datebook.Theirs, e, "a person has answered it")
	default:
		return me, v
	}
	return nil, v
}

// answerOf is what takes an answer back.
func answerOf(me *calendar.EventAttendee) map[string]string {
	return map[string]string{"response": cmp.Or(me.ResponseStatus, "needsAction"), "comment": me.Comment}
}

// self is the account's own entry, or nil.
func self(e *calendar.Event) *calendar.EventAttendee {
	for _, a := range e.Attendees {
		if a != nil && a.Self {
			return a
		}
	}
	return nil
}

// answered is the list of guests with the account's answer. A patch replaces the
// list, so that all of it is sent; but where the server keeps some of it to itself,
// only the own entry is, and omitted says so.
func answered(e *calendar.Event, me *calendar.EventAttendee, ch datebook.Change) (list []*calendar.EventAttendee, omitted bool) {
	mine := *me // the entry of this look stays as the server has it
	mine.ResponseStatus, mine.Comment, mine.ForceSendFields = ch.Response, ch.Comment, []string{"Comment"}
	if e.AttendeesOmitted || len(e.Attendees) > crowd {
		return []*calendar.EventAttendee{&mine}, true
	}
	for _, a := range e.Attendees {
		if a == me {
			a = &mine
		}
		list = append(list, a)
	}
	return list, false
}

// invitation finds the event that a Respond means. One that is not there is an
// event without an id.
func (c *Client) invitation(ctx context.Context, ch datebook.Change) (*seen, error) {
	var all []*calendar.Event
	if ch.ID != "" {
		e, err := c.get(ctx, ch.Calendar, ch.ID)
		if err != nil || e.Cancelled() || ch.Original.IsZero() {
			return e, err
		}
		all = append(all, e.raw)
	} else {
		var err error
		if all, err = c.byUID(ctx, ch.Calendar, ch.UID); err != nil {
			return nil, err
		}
	}
	raw, err := c.meant(ctx, ch, all)
	switch {
	case err != nil:
		return nil, err
	case raw == nil:
		return &seen{raw: &calendar.Event{}, never: true}, nil
	}
	return c.view(ch.Calendar, raw)
}

// meant picks, of the events of one UID, that with an original start, or the series
// as a whole, or the one event there is. nil says that it is none of them.
func (c *Client) meant(ctx context.Context, ch datebook.Change, all []*calendar.Event) (*calendar.Event, error) {
	whole := func(e *calendar.Event) bool { return e.RecurringEventId == "" }
	if ch.Original.IsZero() {
		if i := slices.IndexFunc(all, whole); i >= 0 {
			return all[i], nil
		}
		if len(all) == 1 {
			return all[0], nil // a guest of one date alone has that without its series
		}
		return nil, nil
	}
	for _, e := range all {
		switch {
		case startsAt(e.OriginalStartTime, ch.Original), whole(e) && len(e.Recurrence) == 0 && startsAt(e.Start, ch.Original):
			return e, nil
		case whole(e) && len(e.Recurrence) > 0:
			if inst, err := c.instance(ctx, ch.Calendar, e, ch.Original); inst != nil || err != nil {
				return inst, err
			}
		}
	}
	return nil, nil
}

// startsAt compares a time of the server with one of ours, of which dates are
// midnight UTC.
func startsAt(t *calendar.EventDateTime, at time.Time) bool {
	is, _, err := moment(t)
	return err == nil && is.Equal(at)
}

// byUID lists what a calendar has of an iCalUID, what is there before what was
// deleted, and a series before its exceptions.
func (c *Client) byUID(ctx context.Context, name, uid string) (all []*calendar.Event, err error) {
	if uid == "" {
		return nil, nil // would list everything
	}
	return c.pages(ctx, name, func(ctx context.Context, page string) (*calendar.Events, error) {
		req := c.svc.Events.List(name).ICalUID(uid).ShowDeleted(true).Context(ctx)
		if page != "" {
			req.PageToken(page)
		}
		return req.Do()
	})
}

// instance asks for the instance that a series has at an original start.
func (c *Client) instance(ctx context.Context, name string, series *calendar.Event, original time.Time) (*calendar.Event, error) {
	at := original.UTC().Format(time.RFC3339)
	if series.Start != nil && series.Start.Date != "" {
		at = original.UTC().Format(time.DateOnly)
	}
	all, err := c.pages(ctx, name, func(ctx context.Context, page string) (*calendar.Events, error) {
		req := c.svc.Events.Instances(name, series.Id).OriginalStart(at).ShowDeleted(true).Context(ctx)
		if page != "" {
			req.PageToken(page)
		}
		return req.Do()
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// pages reads a list to its end; pages may be empty without being the last.
func (c *Client) pages(ctx context.Context, name string, ask func(ctx context.Context, page string) (*calendar.Events, error)) (all []*calendar.Event, err error) {
	for page := ""; ; {
		var answer *calendar.Events
		err := c.call(ctx, "looking for an event on "+c.label(name), true, func(ctx context.Context) (err error) {
			answer, err = ask(ctx, page)
			return err
		})
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, answer.Items...)
		if page = answer.NextPageToken; page == "" {
			slices.SortStableFunc(all, func(a, b *calendar.Event) int { return cmp.Compare(rank(a), rank(b)) })
			return all, nil
		}
	}
}

// rank orders what has one UID: an old copy that was deleted must not hide the one
// that is there.
func rank(e *calendar.Event) (n int) {
	if e.Status == "cancelled" {
		n += 2
	}
	if e.RecurringEventId != "" {
		n++
	}
	return n
}
