package gather

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/rules"
)

const (
	// changesAhead is how far ahead changes are told, and standingAhead how far the
	// calendar is kept for the next agenda, which may be some days later.
	changesAhead  = 14 * 24 * time.Hour
	standingAhead = 21 * 24 * time.Hour
	// company is how many guests a meeting of somebody else's may have for it to
	// matter who has declined; of larger ones no answers are kept.
	company = 8
	// mostGone is how many events that have left the days ahead are looked up.
	mostGone = 20
)

// standings are the occurrences of the coming weeks as they stand now: what foredesk
// made, and what says only where or how old somebody is, left out.
func (g *gathering) standings() (all []Standing) {
	for _, e := range g.between(g.today, g.today.Add(standingAhead)) {
		if !e.Ours && e.Kind != "workingLocation" && e.Kind != "birthday" && !e.Start.Before(g.today.Add(-anywhere)) {
			all = append(all, g.standing(e))
		}
	}
	return all
}

// standing is one occurrence.
func (g *gathering) standing(e *rules.Event) Standing {
	at := g.span(e)
	s := Standing{Key: e.Key, Calendar: e.Calendar, Start: at.Start.UTC(), End: at.End.UTC(), AllDay: e.AllDay, Private: e.Private, Response: e.Response}
	if e.Private {
		return s
	}
	s.Title, s.Place = e.Title.String(), cmp.Or(strings.TrimSpace(e.Location.String()), e.Video)
	m, _ := g.mirrored(e)
	s.Own = m.Creator.Self && len(e.Attendees) == 0
	if !e.Mine && len(m.Guests) > company {
		return s
	}
	for _, guest := range m.Guests {
		if !guest.Self && !guest.Resource && (guest.Response == "accepted" || guest.Response == "declined") {
			if s.Answers == nil {
				s.Answers = map[string]string{}
			}
			s.Answers[strings.ToLower(guest.Email)] = guest.Response
		}
	}
	return s
}

// change is one thing that has changed.
type change struct {
	agenda.Line
	series string // what one line is enough for
	own    bool   // the executive has made it, and has perhaps done this themself
	alone  bool   // nobody else takes part
	asked  bool   // it waits for an answer, and stands among what needs the executive
}

// changes are what has changed on the calendar since the agenda before, without what
// the executive, or foredesk, has done. Of a private event nothing is told: the
// timeline says when it is.
func (g *gathering) changes(ctx context.Context, day *agenda.Day) error {
	before := map[string]Standing{}
	if g.last != nil {
		for _, s := range g.last.Calendar {
			before[s.Key] = s
		}
	}
	var all, fresh []change
	there := map[string]bool{}
	for _, e := range g.between(g.from(), g.from().Add(changesAhead)) {
		there[e.Key] = true
		if e.Ours || e.Private || e.Response == "declined" || e.Kind == "workingLocation" || e.Kind == "birthday" || e.Start.Before(g.now) && !e.AllDay {
			continue
		}
		if was, known := before[e.Key]; known {
			all = append(all, g.compare(&was, e)...)
		} else if g.isNews(e) {
			fresh = append(fresh, g.changeOf(e, agenda.New))
		}
	}
	gone, err := g.gone(ctx, before, there)
	if err != nil {
		return err
	}
	all = append(all, moved(fresh, gone)...)
	day.Changes = g.changeLines(all)
	return nil
}

// isNews reports whether an occurrence that was not there has come since the last
// agenda, and not with a calendar that is newly followed.
func (g *gathering) isNews(e *rules.Event) bool {
	m, _ := g.mirrored(e)
	return m.Created.After(g.since) || g.last != nil && len(g.last.Calendar) > 0 && m.Updated.After(g.since)
}

// changeOf is a change to an occurrence.
func (g *gathering) changeOf(e *rules.Event, kind agenda.Kind) change {
	m, _ := g.mirrored(e)
	c := change{
		series: seriesOf(e.Key), own: e.Mine && (m.Creator.Self || m.Creator.Email == ""), alone: len(e.Attendees) == 0,
		asked: e.Response == "needsAction" && !e.Mine,
	}
	c.Line = agenda.Line{Kind: kind, Source: agenda.Source{Event: e.Key}, Title: e.Title.String(), When: g.span(e)}
	if !e.Mine {
		c.Who = nameOf(e.Organizer)
	}
	return c
}

// compare is what has changed about an occurrence: its time, or else its title and
// place; and who has answered.
func (g *gathering) compare(was *Standing, e *rules.Event) (all []change) {
	now := g.standing(e)
	texts := g.differences(was, &now)
	c := g.changeOf(e, agenda.Changed)
	c.Text = strings.Join(texts, " ")
	if !was.Start.Equal(now.Start) || !was.End.Equal(now.End) || was.AllDay != now.AllDay {
		c.Kind, c.Was = agenda.Moved, agenda.Span{Start: was.Start, End: was.End, AllDay: was.AllDay}
	}
	if c.Kind == agenda.Moved || len(texts) > 0 {
		all = append(all, c)
	}
	return append(all, g.answers(was, &now, e)...)
}

// differences say what is called otherwise, or is elsewhere.
func (g *gathering) differences(was, now *Standing) (texts []string) {
	if was.Private {
		return nil
	}
	if was.Title != now.Title {
		texts = append(texts, fmt.Sprintf(g.words().called, was.Title))
	}
	if was.Place != now.Place && now.Place != "" {
		texts = append(texts, fmt.Sprintf(g.words().place, now.Place))
	}
	return texts
}

// answers are the guests who have accepted or declined since. Who comes to a meeting
// of somebody else's does not concern the executive.
func (g *gathering) answers(was, now *Standing, e *rules.Event) (all []change) {
	names := map[string]string{}
	for _, a := range append(slices.Clone(e.Attendees), e.Organizer) {
		names[strings.ToLower(a.Email)] = nameOf(a)
	}
	for _, kind := range []agenda.Kind{agenda.Declined, agenda.Accepted} {
		if kind == agenda.Accepted && !e.Mine {
			continue
		}
		var who []string
		for _, email := range slices.Sorted(maps.Keys(now.Answers)) {
			if now.Answers[email] == string(kind) && was.Answers[email] != string(kind) && names[email] != "" {
				who = append(who, names[email])
			}
		}
		if len(who) > 0 {
			c := g.changeOf(e, kind)
			c.Who = strings.Join(who, ", ")
			all = append(all, c)
		}
	}
	return all
}

// gone are the occurrences that were to come and are not there any more. One that
// has gone beyond the days that are looked at was moved.
func (g *gathering) gone(ctx context.Context, before map[string]Standing, there map[string]bool) (all []change, err error) {
	followed := map[string]bool{"": true}
	for _, c := range g.calendars {
		followed[c.Name] = true
	}
	in := map[string]bool{}
	for i := range g.diary.Events {
		in[g.diary.Events[i].Key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		was := before[key]
		soon := was.Start.After(g.from()) && was.Start.Before(g.from().Add(changesAhead))
		if there[key] || was.Private || was.Own || was.Response == "declined" || !soon || !followed[was.Calendar] {
			continue
		}
		c := change{series: seriesOf(key)}
		c.Line = agenda.Line{Kind: agenda.Cancelled, Source: agenda.Source{Event: key}, Title: was.Title, When: agenda.Span{Start: was.Start, End: was.End, AllDay: was.AllDay}}
		if to, ok, err := g.elsewhere(ctx, key, in[key], len(all)); err != nil {
			return nil, err
		} else if ok && to != c.When {
			c.Kind, c.Was, c.When = agenda.Moved, c.When, to
		} else if ok {
			continue
		}
		all = append(all, c)
	}
	return all, nil
}

// elsewhere finds an occurrence outside the days for which changes are told: in the
// diary, or in the mirror beyond it.
func (g *gathering) elsewhere(ctx context.Context, key string, inDiary bool, before int) (agenda.Span, bool, error) {
	if inDiary {
		i := slices.IndexFunc(g.diary.Events, func(e rules.Event) bool { return e.Key == key })
		return g.span(&g.diary.Events[i]), true, nil
	}
	if before > mostGone {
		return agenda.Span{}, false, nil
	}
	uid, original := placeInSeries(key)
	all, err := g.Journal.EventsByUID(ctx, g.Account, uid)
	i := slices.IndexFunc(all, func(e datebook.Event) bool {
		return !e.Cancelled() && len(e.Recurrence) == 0 && e.Original.Equal(original) && e.Start.After(g.now)
	})
	if err != nil || i < 0 {
		return agenda.Span{}, false, err
	}
	e := &all[i]
	if e.AllDay {
		return agenda.Span{Start: midnight(e.Start, g.zone), End: midnight(e.End, g.zone), AllDay: true}, true, nil
	}
	return agenda.Span{Start: e.Start, End: e.End}, true, nil
}

// placeInSeries takes a key apart: the iCalUID and, in a series, when the series has
// the occurrence.
func placeInSeries(key string) (uid string, original time.Time) {
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		if t, err := time.Parse(time.RFC3339, key[i+1:]); err == nil {
			return key[:i], t
		}
	}
	return key, original
}

// splitOff stands in the iCalUID of a series that was split off another one: "this
// and all following".
var splitOff = regexp.MustCompile(`_R\d{8}(T\d{6})?Z?(@|$)`)

// seriesOf names the series that an occurrence belongs to, whatever was split off it;
// of a single event its key.
func seriesOf(key string) string {
	uid, original := placeInSeries(key)
	if original.IsZero() {
		return key
	}
	return splitOff.ReplaceAllString(uid, "$2")
}

// moved pairs what has come with what has gone: of a series that was moved as a
// whole, each occurrence is another one now.
func moved(fresh, gone []change) (all []change) {
	byStart := func(a, b change) int { return a.When.Start.Compare(b.When.Start) }
	slices.SortStableFunc(fresh, byStart)
	slices.SortStableFunc(gone, byStart)
	for i := range gone {
		was := &gone[i]
		j := slices.IndexFunc(fresh, func(c change) bool { return c.series == was.series && c.Source.Event != c.series })
		if was.Kind != agenda.Cancelled || j < 0 {
			all = append(all, *was)
			continue
		}
		c := fresh[j]
		c.Kind, c.Was = agenda.Moved, was.When
		all, fresh = append(all, c), slices.Delete(fresh, j, j+1)
	}
	return append(all, fresh...)
}

// loudness is the order of changes on one day.
var loudness = []agenda.Kind{agenda.Cancelled, agenda.Moved, agenda.New, agenda.Changed, agenda.Declined, agenda.Accepted}

// changeLines makes lines of changes: one for each series and kind, today's first.
func (g *gathering) changeLines(all []change) (lines []agenda.Line) {
	all = slices.DeleteFunc(all, func(c change) bool { return c.own && c.alone || c.Kind == agenda.New && (c.own || c.asked) })
	slices.SortStableFunc(all, func(a, b change) int {
		return cmp.Or(
			trueLast(a.own, b.own),
			cmp.Compare(min(2, g.daysTo(a.When.Start)), min(2, g.daysTo(b.When.Start))),
			cmp.Compare(slices.Index(loudness, a.Kind), slices.Index(loudness, b.Kind)),
			a.When.Start.Compare(b.When.Start),
		)
	})
	type group struct {
		series string
		kind   agenda.Kind
	}
	at, count := map[group]int{}, map[int]int{}
	for _, c := range all {
		of := group{c.series, c.Kind}
		i, ok := at[of]
		if !ok {
			i = len(lines)
			at[of], lines = i, append(lines, c.Line)
		}
		count[i]++
	}
	for i, n := range count {
		if n > 1 {
			lines[i].Text = strings.TrimSpace(lines[i].Text + " " + fmt.Sprintf(g.words().times, n))
		}
	}
	return lines
}

func trueLast(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
