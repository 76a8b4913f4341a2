package gather

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/rules"
)

const (
	// lateAfter is what a mail may take to be written and to arrive.
	lateAfter = 15 * time.Minute
	// staleAfter is how old what is known of a source may be, or as much as it takes
	// to be asked a few times.
	staleAfter = time.Hour
	fewPolls   = 4
)

// Day gathers the agenda of a date (2026-12-08) as it is to be made at now, what may
// be decided about its lines, and how the calendar stands, which is to be kept for the
// next one. Nothing of it is written down. The error says that the journal can't be
// read, or that the date is none.
func (d Desk) Day(ctx context.Context, date string, now time.Time) (*agenda.Day, []Decision, []Standing, error) {
	g, err := d.begin(ctx, AgendaKind, date, now)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("gathering the agenda of %s: %w", date, err)
	}
	noon := onWall(g.today, 12, g.zone) // a time of day that every date has
	day := &agenda.Day{Date: noon, Zone: g.zone, Language: d.Language, Made: now, Notices: g.notices(), NoCalendar: d.Polls == 0 && len(g.calendars) == 0}
	for _, part := range []func(context.Context, *agenda.Day) error{
		g.needs, g.waitingFor, g.mailSections, g.changes, g.timeline, g.prep, g.ahead, g.done,
	} {
		if err := part(ctx, day); err != nil {
			return nil, nil, nil, fmt.Errorf("gathering the agenda of %s: %w", date, err)
		}
	}
	g.rank(day.Needs)
	g.explain(inOrder(day))
	day.Number()
	return day, g.decisions, g.standings(), nil
}

// inOrder are the lines with text of others, as they stand in the mail: a word is
// explained where it is read first.
func inOrder(day *agenda.Day) iter.Seq[*agenda.Line] {
	return func(yield func(*agenda.Line) bool) {
		n := len(day.Needs) + len(day.Changes)
		prep := func() bool {
			for i := range day.Prep {
				if !yield(&day.Prep[i].Last) {
					return false
				}
			}
			return true
		}
		for line := range day.Lines() {
			if n--; n == -1 && !prep() || !yield(line) {
				return
			}
		}
		if n >= 0 {
			prep()
		}
	}
}

// notices are what is to be known before the rest is believed.
func (g *gathering) notices() (all []agenda.Notice) {
	due := time.Date(g.today.Year(), g.today.Month(), g.today.Day(), 0, g.At, 0, 0, g.zone)
	if g.now.After(due.Add(lateAfter)) {
		all = append(all, agenda.Notice{Kind: agenda.Late, Since: due})
	}
	return append(all, g.stale()...)
}

// stale are the sources that have not been read for long.
func (g *gathering) stale() (all []agenda.Notice) {
	say := g.words()
	if !g.MailSeen.IsZero() && g.now.Sub(g.MailSeen) > staleAfter {
		all = append(all, agenda.Notice{Kind: agenda.Stale, What: say.mailbox, Since: g.MailSeen})
	}
	var old []datebook.Calendar
	for _, c := range g.calendars {
		if g.Polls > 0 && !c.SeenAt.IsZero() && g.now.Sub(c.SeenAt) > max(staleAfter, fewPolls*g.Polls) {
			old = append(old, c)
		}
	}
	if len(old) > 0 && len(old) == len(g.calendars) {
		seen := slices.MinFunc(old, func(a, b datebook.Calendar) int { return a.SeenAt.Compare(b.SeenAt) })
		return append(all, agenda.Notice{Kind: agenda.Stale, What: say.calendar, Since: seen.SeenAt})
	}
	for _, c := range old {
		what := say.calendar
		if c.Name != "primary" {
			what = fmt.Sprintf(say.calendarNamed, c.Name)
		}
		all = append(all, agenda.Notice{Kind: agenda.Stale, What: what, Since: c.SeenAt})
	}
	return all
}

// urgency is the order of what needs the executive on the same day: what can be decided
// by a link comes before what has to be read.
var urgency = []agenda.Kind{agenda.Conflict, agenda.Invitation, agenda.Approval, agenda.Hold, agenda.Unsure, agenda.Ask}

// rank puts what needs the executive in order: by day, what has none among
// tomorrow's; then by kind, and by time.
func (g *gathering) rank(lines []agenda.Line) {
	tonight := g.dayEnd()
	day := func(l *agenda.Line) int {
		at := l.When.Start
		switch {
		case at.IsZero(), l.Kind == agenda.Ask && at.Before(g.now): // that is when it was asked
			return 1
		case at.Before(tonight):
			return 0
		}
		return max(1, g.daysTo(at))
	}
	slices.SortStableFunc(lines, func(a, b agenda.Line) int {
		return cmp.Or(
			cmp.Compare(day(&a), day(&b)),
			cmp.Compare(slices.Index(urgency, a.Kind), slices.Index(urgency, b.Kind)),
			a.When.Start.Compare(b.When.Start),
		)
	})
}

// daysTo counts midnights from today to an instant, where the executive is.
func (g *gathering) daysTo(at time.Time) int {
	noon := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	return int(noon(at.In(g.zone)).Sub(noon(g.today)) / (24 * time.Hour))
}

// from is since when what takes place still matters.
func (g *gathering) from() time.Time {
	if g.now.After(g.today) {
		return g.now
	}
	return g.today
}

// span is when an occurrence is. What lasts all day does so on the same dates
// wherever the executive is.
func (g *gathering) span(e *rules.Event) agenda.Span {
	if !e.AllDay {
		return agenda.Span{Start: e.Start, End: e.End}
	}
	there := func(t time.Time) time.Time { return midnight(t.In(g.Rules.Timezone), g.zone) }
	return agenda.Span{Start: there(e.Start), End: there(e.End), AllDay: true}
}

// anywhere is further than one midnight of a date is from another.
const anywhere = 27 * time.Hour

// between are the occurrences that have a part between two instants, by start, each
// once: of an event that is on several calendars it is the copy on the executive's
// own, which has their answer.
func (g *gathering) between(from, to time.Time) (all []*rules.Event) {
	at := map[string]int{}
	for i := range g.diary.Events {
		e := &g.diary.Events[i]
		if e.Start.After(to.Add(anywhere)) {
			break
		}
		s := g.span(e)
		if !s.Start.Before(to) || !s.End.After(from) && s.Start.Before(from) {
			continue
		}
		j, twice := at[e.Key]
		switch {
		case !twice || e.Key == "":
			at[e.Key] = len(all)
			all = append(all, e)
		case g.isPrimary(e) && !g.isPrimary(all[j]):
			all[j] = e
		}
	}
	return all
}

// isPrimary reports whether an occurrence is on the executive's own calendar.
func (g *gathering) isPrimary(e *rules.Event) bool {
	return slices.ContainsFunc(g.calendars, func(c datebook.Calendar) bool { return c.Primary && c.Name == e.Calendar })
}
