package calendar

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	calendar "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/datebook"
)

// Google's limits for one free/busy query.
const (
	busyCalendars = 50
	busyWindow    = 30 * 24 * time.Hour
)

// FreeBusy asks when people, named by the addresses of their calendars, are taken
// between two instants. The spans of each are in order and don't touch.
//
// Whoever has not shared that with the account is not in the map: somebody whose
// times are unknown is not free. The error then says how many and why, without
// their addresses, and what is known is returned beside it. Where the query itself
// fails there is no map.
func (c *Client) FreeBusy(ctx context.Context, people []string, from, to time.Time) (map[string][]datebook.Span, error) {
	everybody := slices.Compact(slices.Sorted(slices.Values(people)))
	taken := busy{spans: map[string][]datebook.Span{}, unknown: map[string]string{}}
	for ; from.Before(to); from = from.Add(busyWindow) {
		end := from.Add(busyWindow)
		if end.After(to) {
			end = to
		}
		for some := range slices.Chunk(everybody, busyCalendars) {
			if err := c.askBusy(ctx, taken, some, from, end); err != nil {
				return nil, err
			}
		}
	}
	return taken.known(len(everybody))
}

// askBusy does one query and adds what it says.
func (c *Client) askBusy(ctx context.Context, into busy, people []string, from, to time.Time) error {
	q := &calendar.FreeBusyRequest{
		TimeMin: from.UTC().Format(time.RFC3339), TimeMax: to.UTC().Format(time.RFC3339), CalendarExpansionMax: busyCalendars,
	}
	for _, who := range people {
		q.Items = append(q.Items, &calendar.FreeBusyRequestItem{Id: who})
	}
	var answer *calendar.FreeBusyResponse
	err := c.call(ctx, "asking when people are free", true, func(ctx context.Context) (err error) {
		answer, err = c.svc.Freebusy.Query(q).Context(ctx).Do()
		return err
	})
	if err != nil {
		return err
	}
	for _, who := range people {
		said, ok := answer.Calendars[who]
		if !ok {
			said.Errors = []*calendar.Error{{Reason: "no answer"}}
		}
		into.add(who, said)
	}
	return nil
}

// busy gathers the answers of several queries.
type busy struct {
	spans   map[string][]datebook.Span
	unknown map[string]string // why
}

// add takes what one answer says of one calendar. An error comes with an empty
// list of busy times, which must not be taken for a free day.
func (b busy) add(who string, said calendar.FreeBusyCalendar) {
	if len(said.Errors) > 0 {
		b.unknown[who] = "unknown"
		if e := said.Errors[0]; e != nil {
			b.unknown[who] = e.Reason
		}
		return
	}
	all := b.spans[who]
	for _, p := range said.Busy {
		if p == nil {
			p = &calendar.TimePeriod{}
		}
		start, err1 := time.Parse(time.RFC3339, p.Start)
		end, err2 := time.Parse(time.RFC3339, p.End)
		if err1 != nil || err2 != nil {
			b.unknown[who] = "unreadable times"
			return
		}
		all = append(all, datebook.Span{Start: start.UTC(), End: end.UTC()})
	}
	b.spans[who] = all
}

// known are the spans of whom every answer spoke.
func (b busy) known(asked int) (map[string][]datebook.Span, error) {
	for who := range b.unknown {
		delete(b.spans, who)
	}
	for who, all := range b.spans {
		b.spans[who] = merged(all)
	}
	if len(b.unknown) == 0 {
		return b.spans, nil
	}
	why := slices.Compact(slices.Sorted(maps.Values(b.unknown)))
	return b.spans, fmt.Errorf("asking when people are free: it is unknown for %d of %d (%s), who have to share it with the account",
		len(b.unknown), asked, strings.Join(why, ", "))
}

// merged are spans in order, joined where they touch.
func merged(all []datebook.Span) (list []datebook.Span) {
	slices.SortFunc(all, func(a, b datebook.Span) int { return a.Start.Compare(b.Start) })
	for _, s := range all {
		switch n := len(list); {
		case !s.Start.Before(s.End):
		case n > 0 && !s.Start.After(list[n-1].End):
			if s.End.After(list[n-1].End) {
				list[n-1].End = s.End
			}
		default:
			list = append(list, s)
		}
	}
	return list
}
