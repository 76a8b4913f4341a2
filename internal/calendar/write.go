package calendar

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// attempts bounds how often a change looks at an event and writes: each of them
// after the first follows a lost answer, or a person who was quicker.
const attempts = 4

// Do carries out one change. It can be called again with the same change whatever
// has happened to the call before: what was done already is found done, and what a
// person has done since stays. Do waits for no person and holds no lock: the
// context, or the bounds of call, end it.
//
// Every request names its etag (If-Match) and says who is told (sendUpdates). The
// Reason of the outcome has no title, address or text of an event in it.
func (c *Client) Do(ctx context.Context, ch datebook.Change) datebook.Outcome {
	carry, ok := map[datebook.Do]func(context.Context, datebook.Change) (datebook.Outcome, error){
		datebook.Make: c.make, datebook.Patch: c.patch, datebook.Respond: c.respond, datebook.Remove: c.remove,
	}[ch.Do]
	if !ok || ch.Key == "" {
		return refused("a change needs its kind and its key")
	}
	ch.Calendar = cmp.Or(ch.Calendar, "primary")
	out, err := carry(ctx, ch)
	if err != nil {
		return failed(err)
	}
	return out
}

func refused(reason string) datebook.Outcome {
	return datebook.Outcome{Result: datebook.Refused, Reason: reason}
}

// failed says how a change ended that ended in an error. What a person can mend
// without touching the change, the sign-in and the project it belongs to, is tried
// again, as is what passes by itself.
func failed(err error) datebook.Outcome {
	out := refused(err.Error())
	if _, reason := reasonOf(err); passing(err) || errors.Is(err, ErrSignIn) || reason == "accessNotConfigured" {
		out.Result = datebook.Later
	}
	return out
}

// seen is an event as a look at it showed it: as the server writes it, of which
// nothing is lost in between, and in our words.
type seen struct {
	raw *calendar.Event
	datebook.Event
	never bool // the server does not know it, not even as deleted
}

// view puts an answer into our words, under the calendar's own id where Sync has
// told it.
func (c *Client) view(name string, raw *calendar.Event) (*seen, error) {
	e, err := fromAPI(c.idOf(name), raw)
	return &seen{raw: raw, Event: e}, err
}

// idOf is the id of a calendar; "primary" stays where nobody knows better.
func (c *Client) idOf(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.found {
		if f.Primary && name == "primary" {
			return f.ID
		}
	}
	return name
}

// get looks at an event; what is not there at all looks like what was deleted.
func (c *Client) get(ctx context.Context, name, id string) (*seen, error) {
	raw, err := c.request(ctx, "looking at an event of "+c.label(name), true, func(ctx context.Context) (*calendar.Event, error) {
		return c.svc.Events.Get(name, id).Context(ctx).Do()
	})
	status, _ := reasonOf(err)
	if missing(err) {
		raw, err = &calendar.Event{Id: id, Status: "cancelled"}, nil
	}
	if err != nil {
		return nil, err
	}
	e, err := c.view(name, raw)
	e.never = status == http.StatusNotFound
	return e, err
}

// request is call for what answers with an event.
func (c *Client) request(ctx context.Context, what string, repeat bool, do func(context.Context) (*calendar.Event, error)) (e *calendar.Event, err error) {
	err = c.call(ctx, what, repeat, func(ctx context.Context) error {
		e, err = do(ctx)
		return err
	})
	return e, err
}

// missing says that the event, or its calendar, is not there.
func missing(err error) bool {
	status, _ := reasonOf(err)
	return status == http.StatusNotFound || status == http.StatusGone
}

// verdict is what a look at an event leads to: an outcome, which write, if there
// is one, has to come before.
type verdict struct {
	out   datebook.Outcome
	write func(context.Context) (*calendar.Event, error) // nil event: the answer has none
	sign  bool                                           // the event stays ours, and has to say so
}

func ends(result datebook.Result, e *seen, reason string) verdict {
	return verdict{out: datebook.Outcome{Result: result, Event: e.Event, Reason: reason}}
}

// settle looks at an event and writes to it, until it is known how that ended. An
// etag that is not good any more, and an answer that was lost, are both met by
// looking again and judging anew what is there now.
func (c *Client) settle(ctx context.Context, ch datebook.Change, look func(context.Context) (*seen, error), judge func(*seen) verdict) (datebook.Outcome, error) {
	what := "changing an event of " + c.label(ch.Calendar)
	var last error
	for range attempts {
		e, err := look(ctx)
		if err != nil {
			return datebook.Outcome{}, err
		}
		v := judge(e)
		if v.write == nil {
			if v.out.Was == nil {
				v.out.Was = ch.Was // what was found at the time is not known any more
			}
			return v.out, nil
		}
		raw, err := c.request(ctx, what, false, v.write)
		if err == nil {
			return c.written(ctx, ch.Calendar, raw, v)
		}
		if status, _ := reasonOf(err); status != http.StatusPreconditionFailed && !missing(err) && undone(err) {
			return datebook.Outcome{}, err
		}
		last = err
	}
	return unsettled(last), nil
}

func unsettled(last error) datebook.Outcome {
	return datebook.Outcome{Result: datebook.Later, Reason: "not known to be done: " + last.Error()}
}

// written completes the outcome of a write with the answer to it, which a delete
// does not have.
func (c *Client) written(ctx context.Context, name string, raw *calendar.Event, v verdict) (datebook.Outcome, error) {
	if raw == nil {
		return v.out, nil
	}
	e, err := c.view(name, raw)
	if err != nil {
		return v.out, err
	}
	if v.sign {
		e = c.signed(ctx, name, e)
	}
	v.out.Event = e.Event
	return v.out, nil
}

// patchRequest changes what the event was when it was looked at, and nothing newer.
func (c *Client) patchRequest(ctx context.Context, name string, e *seen, body *calendar.Event, tell bool) (*calendar.Event, error) {
	req := c.svc.Events.Patch(name, e.ID, body).SendUpdates(updates(tell)).Context(ctx)
	e.bind(req.Header())
	return req.Do()
}

// bind lets a request fail where the event is not any more what was looked at (RFC
// 9110, section 13.1.1).
func (e *seen) bind(h http.Header) {
	if e.raw.Etag != "" {
		h.Set("If-Match", e.raw.Etag)
	}
}

// updates is sendUpdates, which every write says outright: without it Google
// chooses, and has changed its mind about it before.
func updates(tell bool) string {
	if tell {
		return "all"
	}
	return "none"
}

// hasGuests says whether there is anybody to tell but the account itself.
func hasGuests(e *datebook.Event) bool {
	for _, g := range e.Guests {
		if !g.Self {
			return true
		}
	}
	return false
}
