package gather

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
)

// reviewAhead is how far ahead a review names deadlines.
const reviewAhead = 14 * 24 * time.Hour

// Review gathers the week of a date, from its Monday on: of the calendar the whole
// week, of mail and of what was done what there is by now, beside the same part of the
// week before.
func (d Desk) Review(ctx context.Context, date string, now time.Time) (*agenda.Review, error) {
	g, err := d.begin(ctx, ReviewKind, date, now)
	if err != nil {
		return nil, err
	}
	monday := midnight(g.today.AddDate(0, 0, -(int(g.today.Weekday())+6)%7), g.zone)
	end := midnight(monday.AddDate(0, 0, 7), g.zone)
	r := &agenda.Review{From: monday, To: end, Zone: g.zone, Language: d.Language, Made: now}
	if now.Before(end) {
		r.To = now
	}
	g.calendarFigures(r, monday)
	for _, part := range []func(context.Context, *agenda.Review) error{g.mailFigures, g.openEnds, g.handled, g.ruleHealth} {
		if err := part(ctx, r); err != nil {
			return nil, fmt.Errorf("gathering the review of the week of %s: %w", date, err)
		}
	}
	g.explain(r.Lines())
	r.Number()
	return r, nil
}

// calendarFigures are those of the whole week, beside those of the whole week before.
func (g *gathering) calendarFigures(r *agenda.Review, monday time.Time) {
	if len(g.calendars) == 0 {
		return
	}
	for i := range 7 {
		date := monday.AddDate(0, 0, i)
		if day := g.dayOf(date); !day.Off || day.Meetings > 0 {
			r.Days = append(r.Days, day)
		}
		g.addDay(r, date, true)
		g.addDay(r, date.AddDate(0, 0, -7), false)
	}
	r.Goals = g.goals(monday)
}

// dayOf is a day of the week, what of it is over included.
func (g *gathering) dayOf(date time.Time) agenda.Ahead {
	known := g.Rules.DayOf(g.diary, onWall(date, 12, g.Rules.Timezone), g.now)
	a := agenda.Ahead{Date: onWall(date, 12, g.zone), Meetings: known.Meetings, First: known.First, Time: known.MeetingTime, Load: known.Load, Off: !known.Work}
	for _, e := range g.between(midnight(date, g.zone), midnight(date.AddDate(0, 0, 1), g.zone)) {
		if e.AllDay {
			a.Notes = appendNote(a.Notes, e)
		}
	}
	return a
}

func (g *gathering) addDay(r *agenda.Review, date time.Time, now bool) {
	day := g.Rules.DayOf(g.diary, onWall(date, 12, g.Rules.Timezone), g.now)
	outside := 0
	for _, e := range g.between(midnight(date, g.zone), midnight(date.AddDate(0, 0, 1), g.zone)) {
		if g.Rules.IsMeeting(*e) && len(g.outside(e)) > 0 {
			outside++
		}
	}
	// A meeting counts on each day that it touches, as in the days below the figures.
	for _, f := range []struct {
		figure *agenda.Figure
		value  float64
	}{{&r.Meetings, float64(day.Meetings)}, {&r.MeetingTime, day.MeetingTime.Minutes()}, {&r.FocusTime, day.FocusTime.Minutes()}, {&r.Outside, float64(outside)}} {
		if f.figure.Known = true; now {
			f.figure.Value += f.value
		} else {
			f.figure.Before += f.value
		}
	}
}

// openEnds are the promises that are open and the deadlines of the next weeks.
func (g *gathering) openEnds(ctx context.Context, r *agenda.Review) (err error) {
	if r.Ours, r.Theirs, err = g.promisesWith(ctx, nil); err != nil {
		return err
	}
	due, err := g.dueLines(ctx)
	if err != nil {
		return err
	}
	for i := range due {
		if line := g.line(&due[i]); !g.snoozed[lineKey(due[i].Item)] {
			r.Deadlines = append(r.Deadlines, line)
		}
	}
	named, err := g.namedDeadlines(ctx, g.today.Add(reviewAhead), nil)
	taken := messagesOf(r.Deadlines)
	for i := range named {
		if !taken[named[i].MessageID] {
			r.Deadlines = append(r.Deadlines, g.namedLine(&named[i]))
		}
	}
	r.Deadlines = append(r.Deadlines, g.tasks(g.today.Add(reviewAhead))...)
	byTime(r.Deadlines)
	return err
}

// mailFigures are how many mails the executive answered, and how long it took them
// and others: the median, from the first message that waited to the answer.
func (g *gathering) mailFigures(ctx context.Context, r *agenda.Review) error {
	all, err := g.threads(ctx, r.From.AddDate(0, 0, -7).Add(-threadLife))
	if err != nil {
		return err
	}
	// Known says whether there was mail before this week: else none to compare with.
	before, known := r.From.AddDate(0, 0, -7), false
	var mine, theirs [2][]time.Duration // this week's, and last week's
	for _, t := range all {
		for _, a := range answersIn(t.messages) {
			week := 0
			switch {
			case !a.at.Before(r.From) && a.at.Before(r.To):
			case !a.at.Before(before) && a.at.Before(r.To.AddDate(0, 0, -7)):
				week = 1
			default:
				continue
			}
			if a.mine {
				mine[week] = append(mine[week], a.took)
			} else {
				theirs[week] = append(theirs[week], a.took)
			}
		}
		known = known || t.messages[0].Received.Before(r.From)
	}
	// A figure of nothing is left out; beside one, that there was nothing is told.
	figure := func(now, then float64, n, m int) agenda.Figure {
		return agenda.Figure{Value: now, Before: then, Known: n > 0, NoBefore: m == 0}
	}
	r.Answered = figure(float64(len(mine[0])), float64(len(mine[1])), len(mine[0])+len(mine[1]), 1)
	r.Answered.NoBefore = !known
	r.AnswerTime = figure(median(mine[0]), median(mine[1]), len(mine[0]), len(mine[1]))
	r.TheirTime = figure(median(theirs[0]), median(theirs[1]), len(theirs[0]), len(theirs[1]))
	return nil
}

// answer is one that was given.
type answer struct {
	mine bool
	at   time.Time
	took time.Duration
}

// answersIn are the answers of a conversation between people: a message of one side
// after one of the other that was to it.
func answersIn(messages []store.Message) (all []answer) {
	var waits *store.Message
	for i := range messages {
		switch m := &messages[i]; {
		case m.Automatic, !m.Outgoing && !m.ToMe:
		case waits != nil && waits.Outgoing != m.Outgoing:
			all = append(all, answer{m.Outgoing, m.Received, m.Received.Sub(waits.Received)})
			waits = m
		case waits == nil:
			waits = m
		}
	}
	return all
}

// median is in minutes.
func median(all []time.Duration) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all)
	return ((all[(n-1)/2] + all[n/2]) / 2).Minutes()
}

// What was handled is counted in these groups.
const (
	worthSorted    = "sorted"
	worthMarked    = "marked"
	worthTold      = "told"
	worthCollected = "collected"
	worthWritten   = "written"
	worthPassed    = "passed"
	worthSaved     = "saved"
	worthPlanned   = "planned"
	worthAnswered  = "answered"
	worthLeft      = "left"
	worthAsked     = "asked"
)

// worths are the groups, and how many seconds one of each takes by hand, with opening
// the mail or the calendar and finding the place: short for what is two clicks, long
// for what must be read or written. The sum that a review shows is the number of each
// times these seconds, and nothing else. What the assistant has answered took their
// time, so it saves none.
var worths = []struct {
	group   string
	seconds int
	actions []string
}{
	{worthSorted, 15, []string{"file", "copy", "archive", "junk", "trash", "delete", "snooze", "remind", "expire"}},
	{worthMarked, 5, []string{"flag", "label", "unlabel", "read", "important", "mute"}},
	{worthTold, 45, []string{"summarize"}},
	{worthCollected, 10, []string{"digest", "bundle"}},
	{worthWritten, 180, []string{"draft", "reply"}},
	{worthPassed, 45, []string{"forward", "redirect", "notify", "webhook"}},
	{worthSaved, 60, []string{"save", "extract"}},
	{worthPlanned, 90, []string{"schedule", "hold", "buffer", "prep", "focus", "mirror"}},
	{worthAnswered, 120, []string{"respond", "propose", "move", "fix"}},
	{worthLeft, 60, []string{"unsubscribe"}},
	{worthAsked, 0, nil},
}

// handled counts what rules did in the week, and what the assistant answered.
func (g *gathering) handled(ctx context.Context, r *agenda.Review) error {
	tallies, err := g.Journal.Tallies(ctx, g.Account, r.From, r.To)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, d := range deedsOf(tallies) {
		for _, v := range d.verbs {
			counts[v.verb] += v.n
		}
	}
	steps, err := g.Journal.Told(ctx, g.Account, r.From, r.To)
	if err != nil {
		return err
	}
	collected := map[string]bool{} // a message in a digest and a bundle is collected once
	for _, s := range steps {
		verb, _, _ := strings.Cut(s.Action, " ")
		if verb == "bundle" {
			verb = "digest"
		}
		if key := verb + s.Item.Key; !collected[key] {
			collected[key] = true
			counts[verb]++
		}
	}
	answered, err := g.Journal.Answered(ctx, g.Account, r.From, r.To)
	if err != nil {
		return err
	}
	asked := 0
	for _, a := range answered {
		if a.Approver == "assistant" && (a.Answer == store.Approve || a.Answer == store.Refuse) {
			asked++
		}
	}
	for _, w := range worths {
		n := 0
		for _, action := range w.actions {
			n += counts[action]
		}
		if w.group == worthAsked {
			n = asked
		}
		if n > 0 {
			r.Handled = append(r.Handled, agenda.Worth{Title: g.terms().worth[w.group], Count: n, Seconds: w.seconds})
		}
	}
	return nil
}

// healthBefore is how far back the health of rules is looked at.
const healthBefore = 30 * 24 * time.Hour

// What may be amiss with a rule.
const (
	healthReversed  = "reversed"
	healthByHand    = "by hand" // stands behind it
	healthRefused   = "refused"
	healthFailed    = "failed"
	healthIdle      = "idle"
	healthUncertain = "uncertain"
)

// ruleHealth names the rules that a person should look at, and what may be changed.
func (g *gathering) ruleHealth(ctx context.Context, r *agenda.Review) error {
	byName := map[string]*RuleHealth{}
	var all []*RuleHealth
	for _, rule := range g.Rules.Rules {
		byName[rule.Name] = NewRuleHealth(rule.Name, rule.Line, rule.Enabled && len(rule.Actions) > 0)
		all = append(all, byName[rule.Name])
	}
	err := g.Journal.EachEnded(ctx, g.Account, g.now.Add(-healthBefore), g.now, func(s store.Step) error {
		if h := byName[s.Rule]; h != nil {
			h.Count(s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	idle, err := g.mayBeIdle(ctx)
	if err != nil {
		return err
	}
	for _, h := range all {
		for _, text := range g.findings(h, idle) {
			r.Rules = append(r.Rules, agenda.Line{Source: agenda.Source{Rule: h.Rule}, Title: h.Rule, Text: text})
		}
	}
	return g.ideas(ctx, r, all)
}

// mayBeIdle reports whether rules had their chance: foredesk has worked for all of
// the time that is looked at.
func (g *gathering) mayBeIdle(ctx context.Context) (bool, error) {
	first, err := g.Journal.Runs(ctx, store.RunFilter{Account: g.Account, Oldest: true, Limit: 1})
	return err == nil && len(first) > 0 && first[0].Started.Before(g.now.Add(-healthBefore)), err
}

// findings says what is amiss with a rule.
func (g *gathering) findings(h *RuleHealth, idle bool) (texts []string) {
	say := g.terms().health
	find := func(what string, n, of, byHand int64) {
		text := say[what]
		if byHand > 0 {
			text += say[healthByHand]
		}
		texts = append(texts, strings.NewReplacer("%d", fmt.Sprint(n), "%n", fmt.Sprint(of), "%h", fmt.Sprint(byHand)).Replace(text)+".")
	}
	if h.IsReversed() {
		find(healthReversed, h.TakenBack+h.ByHand, h.Took(), h.ByHand)
	}
	if h.IsRefused() {
		find(healthRefused, h.Refused, h.Took()+h.Refused, 0)
	}
	if h.IsFailing() {
		find(healthFailed, h.Failed, h.Took()+h.Failed, 0)
	}
	if h.Uncertain > 0 {
		find(healthUncertain, h.Uncertain, 0, 0)
	}
	rule := g.Rules.Rule(h.Rule)
	onCalendar := rule.On == "event" || rule.On == "day"
	if idle && h.Enabled && h.Messages == 0 && (!onCalendar || len(g.calendars) > 0) {
		find(healthIdle, 0, 0, 0)
	}
	return texts
}

// Ideas, with their texts.
const (
	ideaReversed     = "reversed"
	ideaReversedText = "reversed text"
	ideaUnread       = "unread"
	ideaUnreadText   = "unread text"
	ideaFocus        = "focus"
	ideaFocusText    = "focus text"
)

// manyUnread is how many mails of one sender that nobody reads are worth a rule.
const manyUnread = 8

// ideas are three at most, one of each kind: a rule to mend, a sender to collect, a
// day without time to think.
func (g *gathering) ideas(ctx context.Context, r *agenda.Review, all []*RuleHealth) error {
	say := g.terms().ideas
	add := func(from agenda.Source, counted agenda.Counted, what, text string, words ...string) {
		fill := strings.NewReplacer(words...)
		r.Ideas = append(r.Ideas, agenda.Line{Source: from, Counted: counted, Title: fill.Replace(say[what]), Text: fill.Replace(say[text])})
	}
	var worst *RuleHealth
	for _, h := range all {
		if h.IsReversed() && (worst == nil || h.TakenBack+h.ByHand > worst.TakenBack+worst.ByHand) {
			worst = h
		}
	}
	if worst != nil {
		add(agenda.Source{Rule: worst.Rule}, "", ideaReversed, ideaReversedText, "%r", worst.Rule)
	}
	// Where people put mail by hand only the server knows (see foredesk suggest); that
	// nobody reads it, the journal knows, too.
	sender, n, err := g.Journal.NeverRead(ctx, g.Account, g.now.Add(-healthBefore), manyUnread)
	if err != nil {
		return err
	}
	if sender != "" {
		add(agenda.Source{}, agenda.InMail, ideaUnread, ideaUnreadText, "%w", sender, "%d", strconv.Itoa(n))
	}
	if date := g.withoutFocus(); !date.IsZero() {
		add(agenda.Source{}, agenda.InCalendar, ideaFocus, ideaFocusText, "%w", g.weekday(date))
	}
	return nil
}

// withoutFocus is the first working day of the next week that has no stretch of free
// time; zero where there is none, or no calendar.
func (g *gathering) withoutFocus() time.Time {
	for i := 1; i <= 7 && len(g.calendars) > 0; i++ {
		date := g.today.AddDate(0, 0, i)
		if day := g.Rules.DayOf(g.diary, onWall(date, 12, g.Rules.Timezone), g.now); day.Work && day.FocusTime == 0 {
			return date
		}
	}
	return time.Time{}
}

// weekday is the name of a day in the language of the letter.
func (g *gathering) weekday(date time.Time) string { return g.terms().days[date.Weekday()] }
