package gather

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
)

// How long a promise stays open. Nobody marks one as kept, so it is forgotten some
// time after it should have been.
const (
	promiseOverdue = 14 * 24 * time.Hour // after the day that it names
	promiseUndated = 21 * 24 * time.Hour // after it was made, if it names none
	promiseBefore  = 90 * 24 * time.Hour // how far back they are looked for
)

// promise is one that is open.
type promise struct {
	store.Promise
	*store.Said
}

// openPromises are the promises of the executive and those that others made to them.
//
// A promise is open from the mail that makes it until 14 days after the day that it
// names, or 21 days after that mail if it names none. If whoever made it writes in
// the conversation again, it counts as kept; what that later mail promises is open
// in its place. What programs promise, and what others promised to somebody else
// with the executive in copy, does not count. Those with a day come first, by that
// day, then the others, the newest first.
func (g *gathering) openPromises(ctx context.Context) ([]promise, error) {
	said, err := g.Journal.Promising(ctx, g.Account, g.now.Add(-promiseBefore))
	if err != nil {
		return nil, err
	}
	said = slices.DeleteFunc(said, func(m store.Said) bool {
		return m.Automatic || !m.Outgoing && !m.ToMe || !m.Received.Before(g.now)
	})
	last, err := g.Journal.LastWords(ctx, g.Account, threadsOf(said))
	if err != nil {
		return nil, err
	}
	var open []promise
	for i := range said {
		m := &said[i]
		maker := m.From
		if m.Outgoing {
			maker = ""
		}
		if last[m.Thread][maker].After(m.Received) {
			continue
		}
		for _, p := range m.Promises {
			until := m.Received.Add(promiseUndated)
			if !p.Due.IsZero() {
				until = p.Due.Add(promiseOverdue)
			}
			if g.now.Before(until) {
				open = append(open, promise{p, m})
			}
		}
	}
	slices.SortStableFunc(open, func(a, b promise) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			return cmp.Compare(b.Due.Unix(), a.Due.Unix()) // the zero time is the least
		}
		return cmp.Or(a.Due.Compare(b.Due), b.Received.Compare(a.Received))
	})
	return open, nil
}

func threadsOf(said []store.Said) (threads []string) {
	for _, m := range said {
		threads = append(threads, m.Thread)
	}
	slices.Sort(threads)
	return slices.Compact(threads)
}

// promised are the open promises, which are read once for a letter.
func (g *gathering) promised(ctx context.Context) (open []promise, err error) {
	if g.open == nil {
		if open, err = g.openPromises(ctx); err != nil {
			return nil, err
		}
		g.open = &open
	}
	return *g.open, nil
}

// promisesWith are the open promises between the executive and the people who have
// these addresses; with none, those with everybody. When.Start is the time by which,
// if one is known.
func (g *gathering) promisesWith(ctx context.Context, emails []string) (ours, theirs []agenda.Line, err error) {
	open, err := g.promised(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range open {
		line := traced(agenda.Line{Title: p.Text(), Source: agenda.Source{Message: p.MessageID}, When: g.deadlineOf(p.Due)})
		switch {
		case p.Outgoing && (emails == nil || anyOf(p.To, emails)):
			if len(p.To) > 0 {
				line.Who = g.nameOf(p.To[0], nil)
			}
			ours = append(ours, line)
		case !p.Outgoing && (emails == nil || anyOf([]string{p.From}, emails)):
			line.Who = cmp.Or(p.Name, p.From)
			theirs = append(theirs, line)
		}
	}
	return ours, theirs, nil
}

// Text is the sentence by which it was promised.
func (p *promise) Text() string { return p.Promise.Text }

func anyOf(addresses, emails []string) bool {
	return slices.ContainsFunc(addresses, func(a string) bool {
		return slices.ContainsFunc(emails, func(e string) bool { return strings.EqualFold(a, e) })
	})
}
