package calendar

import (
	"cmp"
	"context"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// remove deletes what Make has made, unless a person has made it their own: by
// another time, title or place, by other notes or guests (see datebook.Made), or,
// of a series, by changing one of its dates. What guests have answered, a colour,
// a reminder and a tag go with the event.
func (c *Client) remove(ctx context.Context, ch datebook.Change) (datebook.Outcome, error) {
	id := cmp.Or(ch.ID, datebook.EventID(ch.Key))
	var touched bool
	// An etag is that of the series alone: its dates are looked at each time.
	look := func(ctx context.Context) (*seen, error) {
		e, err := c.get(ctx, ch.Calendar, id)
		if err == nil && !e.Cancelled() && len(e.Recurrence) > 0 {
			touched, err = c.datesTouched(ctx, ch.Calendar, e)
		}
		return e, err
	}
	return c.settle(ctx, ch, look, func(e *seen) verdict {
		switch {
		case e.Cancelled():
			return ends(datebook.Done, e, "it is not there any more")
		case e.Ours["key"] != datebook.EventID(ch.Key):
			return ends(datebook.Theirs, e, "foredesk did not make it")
		case !e.Untouched() || touched:
			return ends(datebook.Theirs, e, "a person has changed it since it was made")
		}
		v := ends(datebook.Done, e, "")
		v.out.Event.Status = "cancelled"
		tell := ch.Tell && hasGuests(&e.Event)
		v.write = func(ctx context.Context) (*calendar.Event, error) {
			req := c.svc.Events.Delete(ch.Calendar, e.ID).SendUpdates(updates(tell)).Context(ctx)
			e.bind(req.Header())
			return nil, req.Do()
		}
		return v
	})
}

// datesTouched reports whether a date of a series says something else than the
// series does. One that was only taken out, or answered, does not.
func (c *Client) datesTouched(ctx context.Context, name string, series *seen) (bool, error) {
	all, err := c.byUID(ctx, name, series.UID)
	if err != nil {
		return false, err
	}
	for _, raw := range all {
		if raw.RecurringEventId != series.ID || raw.Status == "cancelled" {
			continue
		}
		e, err := c.view(name, raw)
		if err != nil {
			return false, err
		}
		as := e.Event
		// Where the series has it, it is as the first of the series; the clocks may have
		// changed in between, so that times are not compared.
		if as.Start.Equal(as.Original) {
			as.Start, as.End = series.Start, series.Start.Add(as.End.Sub(as.Start))
		}
		if as.Recurrence = series.Recurrence; datebook.Made(as) != datebook.Made(series.Event) {
			return true, nil
		}
	}
	return false, nil
}
