package gather

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/rules"
)

// journeysBefore is how far back a journey counts: who has not come back by then has
// come back without their calendar.
const journeysBefore = 30 * 24 * time.Hour

// Who leaves before this hour has slept on the way, and who arrives before that one
// begins the day where they arrive.
const (
	leavesBy  = 3
	arrivesBy = 12
)

// Zone is where the executive wakes up on a date, that of day in its own location:
// the account's zone, unless a journey on the calendar has ended in another within
// the last month and none has led back. A journey is an event of the executive's own
// that ends in another zone than it begins.
func (d Desk) Zone(ctx context.Context, day time.Time) (*time.Location, error) {
	year, month, date := day.Date()
	day = time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
	all, err := d.Journal.EventsBetween(ctx, d.Account, day.Add(-journeysBefore), day.AddDate(0, 0, 2))
	if err != nil {
		return nil, err
	}
	// Mostly there is no journey, and no need to follow all series.
	if !slices.ContainsFunc(all, func(e datebook.Event) bool { return e.EndZone != "" }) {
		return d.Rules.Timezone, nil
	}
	g := &gathering{Desk: d}
	if err := g.readCalendar(ctx, day); err != nil {
		return nil, err
	}
	g.ways, g.stays = g.journeys(), g.nights()
	return g.wakesOn(day), nil
}

// journey is a way that ends where the clocks may be others.
type journey struct {
	start, end time.Time
	from, to   *time.Location
}

// stay is a run of nights in a hotel: the first date, and the one on which it is over,
// as midnights in UTC.
type stay struct{ from, to time.Time }

// wakesOn is where the executive wakes up on a date. What counts is the clock on the
// wall at both ends of a journey: across the date line one may end before it begins.
// Who has nights in a hotel where they arrive is at home when those are over, though
// no way back is known.
func (g *gathering) wakesOn(date time.Time) *time.Location {
	zone, home := g.Rules.Timezone, g.Rules.Timezone
	for _, j := range g.ways {
		left, arrived := onWall(date, leavesBy, j.from), onWall(date, arrivesBy, j.to)
		if !j.start.Before(left) || !j.end.Before(arrived) || j.end.Before(left.Add(-journeysBefore)) {
			continue
		}
		zone = j.to
		if until := g.staysUntil(j); zone.String() == home.String() || !until.IsZero() && !dateOf(date).Before(until) {
			zone = home
		}
	}
	return zone
}

// staysUntil is the date on which the nights that follow a journey are over; zero
// where there are none.
func (g *gathering) staysUntil(j journey) (until time.Time) {
	arrived := dateOf(j.end.In(j.to))
	for _, s := range g.stays {
		from := s.from.AddDate(0, 0, -1)
		if s.to.After(arrived) && (!from.After(arrived) || !until.IsZero() && !from.After(until)) && s.to.After(until) {
			until = s.to
		}
	}
	return until
}

// dateOf is a date as midnight in UTC, where every day has 24 hours.
func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// onWall is when clocks in a zone show a full hour of a date.
func onWall(date time.Time, hour int, zone *time.Location) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), hour, 0, 0, 0, zone)
}

// midnight is when a date begins in a zone. Some zones skip the hour after it in
// spring.
func midnight(date time.Time, zone *time.Location) time.Time {
	t := onWall(date, 0, zone)
	if t.Day() != date.Day() {
		return t.Add(time.Hour)
	}
	return t
}

// journeys are those of the diary, by their ends.
func (g *gathering) journeys() (all []journey) {
	for i := range g.diary.Events {
		e := &g.diary.Events[i]
		if from, to, ok := g.leads(e); ok {
			all = append(all, journey{e.Start, e.End, from, to})
		}
	}
	slices.SortStableFunc(all, func(a, b journey) int { return cmp.Or(a.end.Compare(b.end), a.start.Compare(b.start)) })
	return all
}

// hotel begins the title of nights in one, as people write it. What our own rules make
// of a booking is named after the house.
var hotel = regexp.MustCompile(`(?i)^hotel\b`)

// nights are those of the diary in hotels, by their beginning.
func (g *gathering) nights() (all []stay) {
	for i := range g.diary.Events {
		e := &g.diary.Events[i]
		if !e.AllDay || e.Private {
			continue
		}
		if m, _ := g.mirrored(e); hotel.MatchString(e.Title.String()) || legAction.MatchString(m.Ours["action"]) {
			all = append(all, stay{dateOf(e.Start.In(g.Rules.Timezone)), dateOf(e.End.In(g.Rules.Timezone))})
		}
	}
	return all
}

// leads tells from where to where an event leads, if the executive goes that way.
func (g *gathering) leads(e *rules.Event) (from, to *time.Location, ok bool) {
	if e.AllDay || e.Response == "declined" || e.Response == "needsAction" {
		return nil, nil, false
	}
	m, ok := g.mirrored(e)
	// What is shown as free is perhaps somebody else's flight; only Google's own say
	// nothing by that.
	if !ok || m.EndZone == "" || m.Free && m.Kind != "fromGmail" {
		return nil, nil, false
	}
	from, err := time.LoadLocation(m.Zone)
	if err != nil {
		return nil, nil, false
	}
	to, err = time.LoadLocation(m.EndZone)
	return from, to, err == nil
}

// mirrored is the event behind an occurrence: its own, or that of its series.
func (g *gathering) mirrored(e *rules.Event) (datebook.Event, bool) {
	m, ok := g.events[e.ID]
	if !ok && e.Series != "" {
		m, ok = g.events[e.Series]
	}
	return m, ok
}

// zoneAt is where the executive is at an instant of today.
func (g *gathering) zoneAt(at time.Time) *time.Location {
	zone := g.zone
	for _, j := range g.ways {
		if j.end.After(g.today) && !j.end.After(at) {
			zone = j.to
		}
	}
	return zone
}

// dayEnd is when today ends, on the clocks of where it ends: flying west makes the
// day longer.
func (g *gathering) dayEnd() time.Time {
	tomorrow := g.today.AddDate(0, 0, 1)
	end := midnight(tomorrow, g.zone)
	for _, j := range g.ways {
		if there := midnight(tomorrow, j.to); j.start.Before(end) && j.end.After(g.today) && !j.end.After(there) {
			end = there
		}
	}
	return end
}
