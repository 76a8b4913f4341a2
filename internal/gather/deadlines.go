package gather

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/summary"
)

const (
	// deadlineAhead is from when on a deadline that a mail names stands in the agenda.
	deadlineAhead = 7 * 24 * time.Hour
	// deadlineBefore is how old the mail may be that names it.
	deadlineBefore = 60 * 24 * time.Hour
)

// deadlines adds what mail to the executive wants by a day of the next week and
// nobody has answered, and what rules have put on the calendar for one of these days,
// to the lines of rules, and puts all in order of time. Of a conversation only the
// last mail that names a day counts.
func (g *gathering) deadlines(ctx context.Context, day *agenda.Day) error {
	named, err := g.namedDeadlines(ctx, g.today.Add(deadlineAhead), nil)
	if err != nil {
		return err
	}
	taken := messagesOf(day.Deadlines, day.Needs)
	for i := range named {
		m := &named[i]
		if taken[m.MessageID] || g.snoozed["mail/"+m.Key] {
			continue
		}
		line := g.namedLine(m)
		day.Deadlines = append(day.Deadlines, line)
		g.offer(line.ID, "mail/"+m.Key, g.putOff())
	}
	for _, line := range g.tasks(g.today.Add(deadlineAhead)) {
		if line.Source.Message == "" || !messagesOf(day.Deadlines)[line.Source.Message] {
			day.Deadlines = append(day.Deadlines, line)
		}
	}
	byTime(day.Deadlines)
	return nil
}

// byTime puts deadlines in order; those without a day come last.
func byTime(lines []agenda.Line) {
	slices.SortStableFunc(lines, func(a, b agenda.Line) int {
		if a.When.Start.IsZero() != b.When.Start.IsZero() {
			return cmp.Compare(b.When.Start.Unix(), a.When.Start.Unix())
		}
		return a.When.Start.Compare(b.When.Start)
	})
}

// namedDeadlines are the mails to the executive that name a day until then and have
// not been answered, of these people or, with none, of everybody.
func (g *gathering) namedDeadlines(ctx context.Context, until time.Time, emails []string) ([]store.Said, error) {
	said, err := g.Journal.Dated(ctx, g.Account, g.now.Add(-deadlineBefore))
	if err != nil {
		return nil, err
	}
	var named []store.Said
	threads := map[string]bool{}
	for _, m := range slices.Backward(said) {
		switch {
		case emails != nil && !anyOf([]string{m.From}, emails), !m.Received.Before(g.now), threads[m.Thread]:
			continue
		}
		threads[m.Thread] = true
		if at := g.deadlineOf(m.Deadline); !at.Start.Before(g.today) && at.Start.Before(until) {
			named = append(named, m)
		}
	}
	return named, nil
}

// deadlineOf is the time by which, as a mail names it. Midnight stands for the day,
// and so does its last minute.
func (g *gathering) deadlineOf(at time.Time) agenda.Span {
	if at.IsZero() {
		return agenda.Span{}
	}
	at = at.In(g.Rules.Timezone)
	if clock := at.Hour()*60 + at.Minute(); clock != 0 && clock != 24*60-1 {
		return agenda.Span{Start: at}
	}
	date := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, g.zone)
	return agenda.Span{Start: date, End: date.AddDate(0, 0, 1), AllDay: true}
}

// namedLine is the line of a deadline that a mail names.
func (g *gathering) namedLine(m *store.Said) agenda.Line {
	line := agenda.Line{ID: "named-" + m.Thread, Source: agenda.Source{Message: m.MessageID}, Title: bare(m.Subject), Who: cmp.Or(m.Name, m.From), When: g.deadlineOf(m.Deadline), ByModel: m.ByModel}
	// What it wants says more than what it is about.
	if line.Text = m.Text; len(m.Asks) > 0 {
		line.Text, line.ByModel = m.Asks[0], false
	} else if !m.ByModel {
		line.Text = naming(m.Text, line.When.Start.In(g.Rules.Timezone))
	}
	return traced(line)
}

// naming is the sentence of a summary that names a day; all of it if none does.
func naming(text string, day time.Time) string {
	for _, sentence := range summary.Sentences(text) {
		if date, weekday := agenda.NamesDay(sentence, day); date && weekday {
			return sentence
		}
	}
	return text
}

// traced says of a line whose mail has no Message-ID that it comes from the mail.
func traced(line agenda.Line) agenda.Line {
	if line.Source == (agenda.Source{}) {
		line.Counted = agenda.InMail
	}
	return line
}

// tasks are what rules have put on the calendar to be done on one of the next days.
// What people put there for themselves has no other sign than that nobody else takes
// part, and may be anything; a place tells a journey.
func (g *gathering) tasks(until time.Time) (lines []agenda.Line) {
	for i := range g.diary.Events {
		e := &g.diary.Events[i]
		if e.Kind != "task" || !e.Ours || e.Follows != "" || e.Private || e.Location.String() != "" || e.Start.Before(g.today) || !e.Start.Before(until) {
			continue
		}
		lines = append(lines, agenda.Line{
			Source: agenda.Source{Rule: e.Rule, Event: e.Key, Message: g.events[e.ID].Ours["message"]}, Title: e.Title.String(),
			When: agenda.Span{Start: e.Start, End: e.End, AllDay: e.AllDay},
		})
	}
	return lines
}
