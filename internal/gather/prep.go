package gather

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// How far back is looked for mail with the people of a meeting.
const (
	prepBefore  = 90 * 24 * time.Hour
	prepThreads = 5
	prepFiles   = 6
)

// prep is what to know before today's meetings with people of other houses that
// have not begun yet.
func (g *gathering) prep(ctx context.Context, day *agenda.Day) error {
	for _, e := range g.todays() {
		people := g.outside(e)
		if e.Private || !e.Busy || e.AllDay || len(people) == 0 || e.Start.Before(g.now) {
			continue
		}
		b, err := g.brief(ctx, e, people)
		if err != nil {
			return err
		}
		day.Prep = append(day.Prep, b)
	}
	return nil
}

// brief is what to know before one meeting.
func (g *gathering) brief(ctx context.Context, e *rules.Event, people []rules.Address) (agenda.Brief, error) {
	b := agenda.Brief{Source: agenda.Source{Rule: e.Rule, Event: e.Key}, Title: e.Title.String(), When: g.span(e)}
	emails := make([]string, len(people))
	for i, a := range people {
		emails[i] = a.Email
		b.People = append(b.People, g.withHouse(a, b.Title))
	}
	said, err := g.saidWith(ctx, emails)
	if err != nil {
		return b, err
	}
	b.Last, b.Files = g.lastOf(said), filesOf(said, emails)
	b.Ours, b.Theirs, err = g.promisesWith(ctx, emails)
	return b, err
}

// saidWith is what was said in the last conversations with people, of the latest one
// last.
func (g *gathering) saidWith(ctx context.Context, emails []string) (said []store.Said, err error) {
	threads, err := g.Journal.ThreadsWith(ctx, g.Account, emails, g.now.Add(-prepBefore), prepThreads)
	if err != nil || len(threads) == 0 {
		return nil, err
	}
	said, err = g.Journal.SaidIn(ctx, g.Account, threads, g.now.Add(-prepBefore))
	return slices.DeleteFunc(said, func(m store.Said) bool { return m.Automatic || !m.Received.Before(g.now) }), err
}

// lastOf is the last that was said, by either side.
func (g *gathering) lastOf(said []store.Said) agenda.Line {
	for _, m := range slices.Backward(said) {
		if m.Text == "" {
			continue
		}
		who := m.Name
		switch {
		case m.Outgoing:
			who = g.words().you
		case who == "":
			who = m.From
		}
		return traced(agenda.Line{
			Source: agenda.Source{Message: m.MessageID}, Title: m.Subject, Who: who, Text: m.Text, ByModel: m.ByModel, When: agenda.Span{Start: m.Received},
		})
	}
	return traced(agenda.Line{}) // that there was none was looked for in the mail
}

// filesOf are the names of the files that people sent last, the latest first, each
// once.
func filesOf(said []store.Said, emails []string) (names []string) {
	for _, m := range slices.Backward(said) {
		if m.Outgoing || !slices.Contains(emails, strings.ToLower(m.From)) {
			continue
		}
		for _, name := range m.Files {
			if !slices.Contains(names, name) && len(names) < prepFiles {
				names = append(names, name)
			}
		}
	}
	return names
}
