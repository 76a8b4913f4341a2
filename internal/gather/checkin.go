package gather

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const (
	// meetingsAround is how far back and ahead the other meetings of the two are
	// looked for: some meet once a quarter.
	meetingsAround = 100 * 24 * time.Hour
	// checkInMost is how many conversations and files a brief names.
	checkInMost = 8
)

// CheckIn gathers what is open with the other person of a meeting of two; nil where
// the event is gone, private, or no longer such a meeting.
func (d Desk) CheckIn(ctx context.Context, eventKey, date string, now time.Time) (*agenda.CheckIn, error) {
	g, err := d.begin(ctx, CheckInKind, date, now)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(g.diary.Events, func(e rules.Event) bool { return e.Key == eventKey })
	if i < 0 {
		return nil, nil
	}
	e := &g.diary.Events[i]
	other, ok := g.otherIn(e)
	if !ok {
		return nil, nil
	}
	b := &agenda.CheckIn{
		Date: g.today.Add(12 * time.Hour), Zone: g.zone, Language: d.Language, Made: now,
		Source: agenda.Source{Rule: e.Rule, Event: e.Key}, Title: e.Title.String(), When: g.span(e), Who: g.called(other),
	}
	for _, part := range []func(context.Context, *agenda.CheckIn, *rules.Event, string) error{g.meetingsOfTwo, g.threadsWith, g.promisedWith, g.deadlinesWith} {
		if err := part(ctx, b, e, other.Email); err != nil {
			return nil, fmt.Errorf("gathering the brief for a meeting: %w", err)
		}
	}
	g.explain(b.Lines())
	b.Number()
	return b, nil
}

// otherIn is the other person of a meeting of two.
func (g *gathering) otherIn(e *rules.Event) (other rules.Address, ok bool) {
	people := slices.Clone(e.Attendees)
	if !e.Mine && e.Organizer.Email != "" {
		people = append(people, e.Organizer)
	}
	var others []rules.Address
	for _, a := range people {
		known := slices.ContainsFunc(others, func(o rules.Address) bool { return strings.EqualFold(o.Email, a.Email) })
		if a.Email != "" && !known && !g.isMe(a.Email) {
			others = append(others, a)
		}
	}
	if e.Private || e.Cancelled || e.Response == "declined" || len(others) != 1 {
		return other, false
	}
	if name := others[0].Name.String(); name == "" {
		// The organizer's entry among the guests may have the name that the other has not.
		for _, a := range people {
			if strings.EqualFold(a.Email, others[0].Email) && a.Name.String() != "" {
				return a, true
			}
		}
	}
	return others[0], true
}

// meetingsOfTwo finds when the two met last and meet next, by the series and by what
// else the calendar has of them.
func (g *gathering) meetingsOfTwo(ctx context.Context, b *agenda.CheckIn, e *rules.Event, email string) error {
	all := slices.Clone(g.diary.Events)
	if e.Recurring {
		series, err := g.Journal.EventsByUID(ctx, g.Account, e.UID)
		if err != nil {
			return err
		}
		more, _ := datebook.Expand(series, nil, g.Rules.Timezone, e.Start.Add(-meetingsAround), e.Start.Add(meetingsAround))
		all = append(all, more...)
	}
	for i := range all {
		o := &all[i]
		other, ok := g.otherIn(o)
		switch {
		// What lasts all day, such as a holiday of theirs, is no meeting.
		case !ok || o.Key == e.Key || o.AllDay || !strings.EqualFold(other.Email, email):
		case o.Start.Before(e.Start) && o.Start.After(b.Since):
			b.Since = o.Start
		case o.Start.After(e.Start) && (b.Next.Start.IsZero() || o.Start.Before(b.Next.Start)):
			b.Next = g.span(o)
		}
	}
	return nil
}

// threadsWith are the conversations with the other person in which somebody is
// awaited, or that went on since the two met, the latest first; and the files of them.
func (g *gathering) threadsWith(ctx context.Context, b *agenda.CheckIn, _ *rules.Event, email string) error {
	// At least what was open all the time since the two met.
	since := g.now.Add(-threadLife)
	if !b.Since.IsZero() && b.Since.Before(since) {
		since = b.Since
	}
	all, err := g.threads(ctx, since)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t *thread) bool {
		m, _ := t.last()
		if m == nil || !slices.ContainsFunc(t.messages, func(m store.Message) bool { return !m.Automatic && isWith(&m, email) }) {
			return true
		}
		return t.awaited == "nobody" && !b.Since.IsZero() && m.Received.Before(b.Since)
	})
	byLast(all)
	if err := g.readThreads(ctx, all, since); err != nil {
		return err
	}
	// Of what is confidential nothing is kept: it would stand there without a title.
	all = slices.DeleteFunc(all, func(t *thread) bool { return len(t.said) == 0 })
	for i, t := range all {
		if i < checkInMost {
			line := g.threadLine(t)
			m, _ := t.last()
			line.When.Start = m.Received
			b.Threads = append(b.Threads, line)
		}
		for _, s := range slices.Backward(t.said) {
			for _, name := range s.Files {
				if !slices.Contains(b.Files, name) && len(b.Files) < checkInMost {
					b.Files = append(b.Files, name)
				}
			}
		}
	}
	return nil
}

// isWith reports whether somebody wrote a message, or the executive wrote it to them.
func isWith(m *store.Message, email string) bool {
	if m.Outgoing {
		return anyOf(m.To, []string{email})
	}
	return strings.EqualFold(m.From, email)
}

func (g *gathering) promisedWith(ctx context.Context, b *agenda.CheckIn, _ *rules.Event, email string) (err error) {
	b.Ours, b.Theirs, err = g.promisesWith(ctx, []string{email})
	return err
}

// deadlinesWith are the days by which the other person wants something, or that rules
// keep of their mail.
func (g *gathering) deadlinesWith(ctx context.Context, b *agenda.CheckIn, _ *rules.Event, email string) error {
	due, err := g.dueLines(ctx)
	if err != nil {
		return err
	}
	for i := range due {
		if strings.EqualFold(due[i].Item.Sender, email) {
			b.Deadlines = append(b.Deadlines, g.line(&due[i]))
		}
	}
	named, err := g.namedDeadlines(ctx, g.today.Add(reviewAhead), []string{email})
	taken := messagesOf(b.Deadlines)
	for i := range named {
		if !taken[named[i].MessageID] {
			b.Deadlines = append(b.Deadlines, g.namedLine(&named[i]))
		}
	}
	byTime(b.Deadlines)
	return err
}
