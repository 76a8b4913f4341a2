package gather

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/rules"
)

// daysAhead is how many days after today are shown.
const daysAhead = 7

// ahead is how full the days to come are, and where the time of the week goes.
func (g *gathering) ahead(_ context.Context, day *agenda.Day) error {
	if day.NoCalendar {
		return nil
	}
	for i := range daysAhead {
		day.Week = append(day.Week, g.dayAhead(g.today.AddDate(0, 0, i+1)))
	}
	// Week begins on Monday.
	monday := g.today.AddDate(0, 0, -(int(g.today.Weekday())+6)%7)
	day.Goals = g.goals(monday)
	return nil
}

// dayAhead is how full a date is, on the clocks of where the executive will be: the
// same as what rules see of a day, but for those of a journey.
func (g *gathering) dayAhead(date time.Time) agenda.Ahead {
	zone := g.wakesOn(date)
	a := agenda.Ahead{Date: onWall(date, 12, g.zone), Zone: zone, Off: !g.Rules.DayOf(nil, onWall(date, 12, g.Rules.Timezone), g.now).Work}
	start, end := midnight(date, zone), midnight(date.AddDate(0, 0, 1), zone)
	if today := g.dayEnd(); start.Before(today) {
		start = today
	}
	var meetings []rules.Span
	for _, e := range g.between(start, end) {
		switch {
		case e.AllDay:
			a.Notes = appendNote(a.Notes, e)
		case !g.Rules.IsMeeting(*e):
		default:
			if a.Meetings++; a.Meetings == 1 {
				a.Source.Event, a.First = e.Key, within(e, start, end).Start
			}
			meetings = append(meetings, within(e, start, end))
		}
	}
	a.Time = lengthOf(meetings)
	if hours := g.workOf(a.Off); hours > 0 {
		a.Load = float64(a.Time) / float64(hours)
	}
	return a
}

// appendNote adds what lasts all day and says more than where somebody works.
func appendNote(notes []string, e *rules.Event) []string {
	title := strings.TrimSpace(e.Title.String())
	if title == "" || e.Private || e.Response == "declined" || e.Kind == "workingLocation" {
		return notes
	}
	return append(notes, title)
}

// workOf is how long the executive works on a day; not at all on days off.
func (g *gathering) workOf(off bool) time.Duration {
	_, from, to, _ := g.Rules.WorkWeek()
	switch {
	case off:
		return 0
	case to <= from: // over midnight
		to += 24 * 60
	}
	return time.Duration(to-from) * time.Minute
}

// goals are the times that the file's goals get in the week that begins on a Monday,
// beside the week before.
func (g *gathering) goals(monday time.Time) (goals []agenda.Goal) {
	monday = midnight(monday, g.zone)
	names := g.Rules.Goals()
	if len(names) == 0 {
		return nil
	}
	this := g.timeByGoal(monday, midnight(monday.AddDate(0, 0, 7), g.zone))
	last := g.timeByGoal(midnight(monday.AddDate(0, 0, -7), g.zone), monday)
	for _, name := range names {
		goals = append(goals, agenda.Goal{Source: agenda.Source{Rule: name}, Name: name, Time: this[name], Before: last[name]})
	}
	return goals
}

// timeByGoal is the time between two instants that goes to each goal: meetings and
// time to think alike, what overlaps once.
func (g *gathering) timeByGoal(from, to time.Time) map[string]time.Duration {
	spans := map[string][]rules.Span{}
	for _, e := range g.between(from, to) {
		if e.AllDay || !e.Busy || e.Kind == "hold" || e.Kind == "offer" || e.Kind == "outOfOffice" {
			continue
		}
		if goal := g.goalOf(e); goal != "" {
			spans[goal] = append(spans[goal], within(e, from, to))
		}
	}
	times := map[string]time.Duration{}
	for goal, all := range spans {
		times[goal] = lengthOf(all)
	}
	return times
}

// goalOf is the goal that an event serves, by its words or by the rule that made it.
func (g *gathering) goalOf(e *rules.Event) string {
	goal := g.Rules.EventFacts(*e, nil).Goal
	if r := g.Rules.Rule(e.Rule); goal == "" && e.Ours && r != nil {
		goal = r.Goal
	}
	return goal
}

func within(e *rules.Event, from, to time.Time) rules.Span {
	s := rules.Span{Start: e.Start, End: e.End}
	if s.Start.Before(from) {
		s.Start = from
	}
	if s.End.After(to) {
		s.End = to
	}
	return s
}

// lengthOf is how long spans take together, what overlaps once.
func lengthOf(spans []rules.Span) (sum time.Duration) {
	slices.SortFunc(spans, func(a, b rules.Span) int { return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End)) })
	var until time.Time
	for _, s := range spans {
		if s.Start.Before(until) {
			s.Start = until
		}
		if s.End.After(s.Start) {
			sum += s.End.Sub(s.Start)
			until = s.End
		}
	}
	return sum
}
