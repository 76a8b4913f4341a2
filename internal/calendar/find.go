package calendar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// How long the server's list of calendars is good for: the whole of it, and one
// that lacks a calendar of the configuration, which somebody may just be sharing.
const (
	relook     = time.Hour
	relookSoon = 10 * time.Minute
)

// found is a configured calendar.
type found struct {
	datebook.Calendar
	label string // for errors and the log: `the calendar "Family"`, never an address
}

// calendars are the configured ones as the account's list has them, each once.
// The error names those that it does not have; the others are returned all the same.
func (c *Client) calendars(ctx context.Context) ([]found, error) {
	c.mu.Lock()
	all, missing, age := c.found, c.missing, c.now().Sub(c.listed)
	c.mu.Unlock()
	if age < relookSoon || age < relook && missing == nil {
		return all, missing
	}
	entries, err := c.entries(ctx)
	if err != nil {
		return nil, err
	}
	all, missing = choose(c.names, entries)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found, c.missing, c.listed = all, missing, c.now()
	return all, missing
}

// lookAgain makes calendars ask the server the next time, where a calendar of the
// list is not there.
func (c *Client) lookAgain(err error) {
	if status, _ := reasonOf(err); status != http.StatusNotFound {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listed = time.Time{}
}

// entries are the account's list of calendars, hidden ones too.
func (c *Client) entries(ctx context.Context) (all []*calendar.CalendarListEntry, err error) {
	const fields = "nextPageToken,items(id,summary,summaryOverride,timeZone,accessRole,primary)"
	for page := ""; ; {
		var answer *calendar.CalendarList
		err := c.call(ctx, "listing the account's calendars", true, func(ctx context.Context) (err error) {
			answer, err = c.svc.CalendarList.List().ShowHidden(true).MaxResults(250).PageToken(page).Fields(fields).Context(ctx).Do()
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, e := range answer.Items {
			if e != nil {
				all = append(all, e)
			}
		}
		if answer.NextPageToken == "" || answer.NextPageToken == page {
			return all, nil
		}
		page = answer.NextPageToken
	}
}

// choose finds the names of the configuration in the account's list.
func choose(names []string, entries []*calendar.CalendarListEntry) (all []found, missing error) {
	seen := map[string]bool{}
	var errs []error
	for i, name := range names {
		label := fmt.Sprintf("the calendar %q", name)
		if strings.Contains(name, "@") {
			label = fmt.Sprintf("calendar number %d of the configuration", i+1)
		}
		e, err := match(name, entries)
		if err != nil {
			errs = append(errs, fmt.Errorf("looking for %s: %w", label, err))
			continue
		}
		if seen[e.Id] {
			continue // primary, once more by its address
		}
		seen[e.Id] = true
		all = append(all, found{datebook.Calendar{
			ID: e.Id, Name: called(name, e), Zone: e.TimeZone, Role: e.AccessRole, Primary: e.Primary,
		}, label})
	}
	return all, errors.Join(errs...)
}

// match finds one calendar: primary, by id, then by the name that people see.
func match(name string, entries []*calendar.CalendarListEntry) (one *calendar.CalendarListEntry, err error) {
	for _, e := range entries {
		if strings.EqualFold(e.Id, name) || e.Primary && strings.EqualFold(name, "primary") {
			return e, nil
		}
	}
	for _, e := range entries {
		if !strings.EqualFold(strings.TrimSpace(seenAs(e)), strings.TrimSpace(name)) {
			continue
		}
		if one != nil {
			return nil, errors.New("several calendars have this name, and none is read; put the id of the one that is meant into the configuration")
		}
		one = e
	}
	if one == nil {
		return nil, errors.New("the account's list has none of this id or name, so it is not read; " +
			"add it to the list in Google Calendar, or correct the configuration")
	}
	return one, nil
}

// seenAs is a calendar's name as the account's owner sees it.
func seenAs(e *calendar.CalendarListEntry) string { return or(e.SummaryOverride, e.Summary) }

// called is what rules call a calendar: primary, or the name that people see.
func called(name string, e *calendar.CalendarListEntry) string {
	if strings.EqualFold(name, "primary") {
		return "primary"
	}
	return or(seenAs(e), name)
}
