package calendar

import (
	"context"
	"net/http"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// make inserts an event under the id that its key gives. Whoever has come first, a
// try before whose answer was lost or another daemon with the same rules, has left
// the event under that id, and the server refuses a second one. It also refuses an
// id whose event a person has deleted; such an event is never made again.
func (c *Client) make(ctx context.Context, ch datebook.Change) (datebook.Outcome, error) {
	var last error
	for try := range attempts {
		raw, err := c.insert(ctx, ch)
		if err == nil {
			return c.written(ctx, ch.Calendar, raw, verdict{out: datebook.Outcome{Result: datebook.Done}, sign: true})
		}
		status, _ := reasonOf(err)
		if status != http.StatusConflict && undone(err) {
			return datebook.Outcome{}, err
		}
		last = err
		there, err := c.get(ctx, ch.Calendar, datebook.EventID(ch.Key))
		if err != nil {
			return datebook.Outcome{}, err
		}
		if there.never && status != http.StatusConflict {
			continue // the answer was lost before anything was done
		}
		out := standing(ch, there)
		out.Before = try == 0 && status == http.StatusConflict
		return out, nil
	}
	return unsettled(last), nil
}

// standing judges what an id has already. Google forgets deleted events in the
// end, but not that their ids are taken.
func standing(ch datebook.Change, e *seen) datebook.Outcome {
	switch {
	case e.Cancelled():
		return ends(datebook.Gone, e, "a person removed it; it is not made again").out
	case e.Ours["key"] != datebook.EventID(ch.Key):
		return ends(datebook.Refused, e, "its id is taken by an event that foredesk did not make").out
	}
	return ends(datebook.Done, e, "it was there already").out
}

// insert makes the event once, as the kind that is asked for or, where the account
// or the calendar has none, as a plain one that makes busy.
func (c *Client) insert(ctx context.Context, ch datebook.Change) (*calendar.Event, error) {
	e := ch.Event
	e.ID, e.Ours = datebook.EventID(ch.Key), nil
	body := toAPI(e)
	body.EventType = ""
	body.ExtendedProperties = &calendar.EventExtendedProperties{Private: birth(ch, e)}
	tell := ch.Tell && len(e.Guests) > 0
	if c.canBeSpecial(ch.Calendar, &e) {
		raw, err := c.insertOnce(ctx, ch.Calendar, specially(*body, e.Kind), tell)
		if status, _ := reasonOf(err); err == nil || status != http.StatusBadRequest && status != http.StatusForbidden || passing(err) {
			return raw, err
		}
		c.log.Debug("the calendar takes no events of this kind: a plain one is made", "kind", e.Kind, "error", err)
	}
	return c.insertOnce(ctx, ch.Calendar, body, tell)
}

func (c *Client) insertOnce(ctx context.Context, name string, body *calendar.Event, tell bool) (*calendar.Event, error) {
	return c.request(ctx, "making an event on "+c.label(name), false, func(ctx context.Context) (*calendar.Event, error) {
		return c.svc.Events.Insert(name, body).SendUpdates(updates(tell)).Context(ctx).Do()
	})
}

// special are the kinds of which only some accounts' primary calendars have events.
func special(kind string) bool { return kind == "focusTime" || kind == "outOfOffice" }

// canBeSpecial says whether it makes sense to ask for the kind: special events have
// times and no guests, make busy, and lie on the primary calendar. A calendar that
// Sync has not seen yet may be it.
func (c *Client) canBeSpecial(name string, e *datebook.Event) bool {
	if !special(e.Kind) || e.AllDay || e.Free || len(e.Guests) > 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.found {
		if f.ID == name {
			return f.Primary
		}
	}
	return true
}

// specially is the event with its kind and what Google wants to know of that. No
// rule has said that meetings are to be declined or that chat is to be silent.
func specially(body calendar.Event, kind string) *calendar.Event {
	body.EventType = kind
	if kind == "focusTime" {
		body.FocusTimeProperties = &calendar.EventFocusTimeProperties{AutoDeclineMode: "declineNone", ChatStatus: "available"}
	} else {
		body.OutOfOfficeProperties = &calendar.EventOutOfOfficeProperties{AutoDeclineMode: "declineNone"}
	}
	return &body
}
