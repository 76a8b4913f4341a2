package calendar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// eventFields is all that is asked of each event: what fromAPI reads.
const eventFields = "nextPageToken,nextSyncToken,items(id,iCalUID,etag,status,eventType,sequence,created,updated,htmlLink," +
	"summary,description,location,start,end,recurrence,recurringEventId,originalStartTime,visibility,transparency,colorId,reminders," +
	"hangoutLink,conferenceData/entryPoints(entryPointType,uri),creator(email,displayName,self),organizer(email,displayName,self)," +
	"attendees(email,displayName,self,responseStatus,comment,optional,organizer,resource),attendeesOmitted,extendedProperties/private)"

// asked is the question that a sync token belongs to, as a hash. It names what is
// asked for, and the reading of it: when fromAPI reads more than it did, raise the
// number, and every mirror is filled anew.
var asked = func() string {
	sum := sha256.Sum256([]byte("reading 1, masters and exceptions, " + eventFields))
	return hex.EncodeToString(sum[:8])
}()

const (
	pageSize = 2500 // Google's largest
	restarts = 3    // of a listing that the server calls outdated while it is read
	stuck    = 20   // times that the same page may be the next one
)

// doubt is how long a list that has lost most of its events is not believed.
const doubt = time.Hour

// Doubtful says that the server lists far fewer events of a calendar than the
// mirror has, and said so twice. Nothing of the list is returned.
type Doubtful struct {
	Calendar    string // its label
	Had, Listed int
	Until       time.Time // a list that says the same from then on is believed
}

func (d *Doubtful) Error() string {
	return fmt.Sprintf("reading %s: the server lists %d of %d events that were there; nothing is changed for it, and it is asked again: from %s on it is believed",
		d.Calendar, d.Listed, d.Had, d.Until.UTC().Format("15:04 MST"))
}

// Sync asks every configured calendar for what has changed since it was last
// seen, which costs one request for each where nothing has. known is what the
// mirror has: each calendar's token and its number of events.
//
// Calendars that could not be read are left out and named in the error, which
// joins one for each: ErrSignIn and *Doubtful can be found in it. An event that
// makes no sense is logged by its id and left out.
func (c *Client) Sync(ctx context.Context, known []datebook.Calendar) ([]datebook.Sync, error) {
	all, err := c.calendars(ctx)
	errs := []error{err}
	was := map[string]datebook.Calendar{}
	for _, k := range known {
		was[k.ID] = k
	}
	var syncs []datebook.Sync
	for _, cal := range all {
		s, err := c.read(ctx, cal, was[cal.ID])
		if err == nil {
			syncs = append(syncs, s)
			continue
		}
		errs = append(errs, err)
		c.lookAgain(err)
		if errors.Is(err, ErrSignIn) || ctx.Err() != nil {
			break // the others would say the same
		}
	}
	c.watch(ctx, all)
	return syncs, errors.Join(errs...)
}

// read asks one calendar for its changes, or for everything where its token is
// not good for that.
func (c *Client) read(ctx context.Context, cal found, was datebook.Calendar) (datebook.Sync, error) {
	if was.Token != "" && was.Asked == asked {
		s, _, err := c.list(ctx, cal, was.Token)
		if !outdated(err) {
			return s, err
		}
		c.log.Info("the server wants the whole calendar to be read again", "calendar", cal.label)
	}
	return c.whole(ctx, cal, was.Events)
}

// outdated reports whether a token is not good any more. 410 has several reasons,
// which all mean this here; 400 is what a token that was never good may get.
func outdated(err error) bool {
	status, _ := reasonOf(err)
	return !errors.Is(err, ErrSignIn) && (status == http.StatusGone || status == http.StatusBadRequest)
}

// whole reads all events of a calendar, of which the mirror had so many. What
// would empty the mirror by half is asked for twice, and not believed until it
// has been said for as long as doubt.
func (c *Client) whole(ctx context.Context, cal found, had int) (datebook.Sync, error) {
	s, listed, err := c.listWhole(ctx, cal)
	if err != nil {
		return datebook.Sync{}, err
	}
	since, doubted := c.doubtedSince(cal.ID)
	if thin(listed, had) && !doubted {
		if s, listed, err = c.listWhole(ctx, cal); err != nil {
			return datebook.Sync{}, err
		}
		since = c.now()
	}
	if thin(listed, had) && c.now().Before(since.Add(doubt)) {
		c.setDoubt(cal.ID, since)
		return datebook.Sync{}, &Doubtful{cal.label, had, listed, since.Add(doubt)}
	}
	c.setDoubt(cal.ID, time.Time{})
	return s, nil
}

func thin(listed, had int) bool { return 2*listed < had }

func (c *Client) doubtedSince(id string) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since, ok := c.doubts[id]
	return since, ok
}

// setDoubt notes since when a calendar's list is doubted; zero for not any more.
func (c *Client) setDoubt(id string, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since.IsZero() {
		delete(c.doubts, id)
		return
	}
	c.doubts[id] = since
}

// listWhole lists everything, from the start again where the server calls the
// listing outdated on the way.
func (c *Client) listWhole(ctx context.Context, cal found) (s datebook.Sync, listed int, err error) {
	for range restarts {
		s, listed, err = c.list(ctx, cal, "")
		if status, _ := reasonOf(err); status != http.StatusGone {
			break
		}
	}
	return s, listed, err
}

// list reads the pages of what changed since a token, or of everything without
// one, and counts what was on them. A page is converted before the next is asked
// for, and may be empty though there is a next.
func (c *Client) list(ctx context.Context, cal found, token string) (s datebook.Sync, listed int, err error) {
	s = datebook.Sync{Calendar: cal.Calendar, Whole: token == ""}
	s.Calendar.Asked, s.Calendar.SeenAt = asked, c.now()
	page := ""
	for same := 0; same < stuck; same++ {
		answer, err := c.page(ctx, cal, token, page)
		if err != nil {
			return datebook.Sync{}, 0, err
		}
		listed += len(answer.Items)
		s.Events = c.convert(s.Events, cal, answer.Items)
		if answer.NextPageToken == "" {
			s.Calendar.Token = answer.NextSyncToken // on the last page alone
			return s, listed, nil
		}
		if answer.NextPageToken != page {
			page, same = answer.NextPageToken, 0
		}
	}
	return datebook.Sync{}, 0, fmt.Errorf("reading %s: the server names the same page again and again; nothing of it is taken", cal.label)
}

// page asks for one page. Masters and exceptions are asked for, not the instances
// of series. showDeleted stays unsaid: a token brings what was deleted, and must
// not be used with false; without one only the holes of series are wanted.
func (c *Client) page(ctx context.Context, cal found, token, page string) (answer *calendar.Events, err error) {
	err = c.call(ctx, "reading "+cal.label, true, func(ctx context.Context) (err error) {
		q := c.svc.Events.List(cal.ID).MaxResults(pageSize).Fields(eventFields).Context(ctx)
		if token != "" {
			q.SyncToken(token)
		}
		if page != "" {
			q.PageToken(page)
		}
		answer, err = q.Do()
		return err
	})
	return answer, err
}

// convert appends the events of a page. One that makes no sense must not cost the
// calendar.
func (c *Client) convert(to []datebook.Event, cal found, items []*calendar.Event) []datebook.Event {
	to = slices.Grow(to, len(items))
	for _, item := range items {
		e, err := fromAPI(cal.ID, item)
		if err != nil {
			id := ""
			if item != nil {
				id = item.Id
			}
			c.log.Warn("an event is left out, as it makes no sense", "calendar", cal.label, "event", id, "error", err)
			continue
		}
		if len(e.Recurrence) > 0 && e.Zone == "" && !e.AllDay {
			e.Zone = cal.Zone
		}
		to = append(to, e)
	}
	return to
}
