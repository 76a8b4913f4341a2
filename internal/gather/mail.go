package gather

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/rules"
)

// itemOfDay stands in the key of an item before the date that it is of, as package
// engine writes it.
const itemOfDay = "day/"

// hidden stands in the place of the subject and the sender of what is confidential.
const hidden = store.Hidden

// told is one step by which a rule has put something on a letter.
type told struct {
	store.Step
	verb, name string      // summarize agenda digest bundle, and of what name
	place      int         // of the rule in the file
	said       *store.Said // nil where nothing is kept of what it says
	due        agenda.Span
	story      []agenda.Moment
	bundle     string // that it is shown under in a digest
	whole      bool   // its text is not shortened
}

// mailSections fills in what rules have put on the agenda since the one before, what
// they put there until it is due, what they have collected, and then what nobody had
// to write a rule for: deadlines and answers that are open.
func (g *gathering) mailSections(ctx context.Context, day *agenda.Day) error {
	all, err := g.told(ctx, g.newSince(), g.now)
	if err != nil {
		return err
	}
	// Those with a date by which stand there for longer than once: see dueLines.
	lines := slices.DeleteFunc(slices.Clone(all), func(t told) bool {
		return t.verb != "summarize" && t.verb != "agenda" || !t.due.Start.IsZero()
	})
	due, err := g.dueLines(ctx)
	if err != nil {
		return err
	}
	if lines, err = g.stories(ctx, append(lines, due...)); err != nil {
		return err
	}
	slices.SortStableFunc(lines, func(a, b told) int { return cmp.Or(a.place-b.place, b.received().Compare(a.received())) })
	g.placeLines(day, lines)
	if err := g.collected(ctx, day, all); err != nil {
		return err
	}
	if err := g.deadlines(ctx, day); err != nil {
		return err
	}
	return g.openThreads(ctx, day)
}

// firstNews is how far back the first letter of its kind looks: what rules collected
// before there were letters is not lost.
const firstNews = 7 * 24 * time.Hour

// newSince is since when what rules have collected is news.
func (g *gathering) newSince() time.Time {
	if g.last == nil {
		return g.now.Add(-firstNews)
	}
	return g.since
}

// told reads what rules have put on letters between two times.
func (g *gathering) told(ctx context.Context, from, to time.Time) ([]told, error) {
	steps, err := g.Journal.Told(ctx, g.Account, from, to)
	if err != nil {
		return nil, err
	}
	return g.describe(ctx, steps)
}

// describe adds to steps what their messages say.
func (g *gathering) describe(ctx context.Context, steps []store.Step) ([]told, error) {
	keys := map[string]bool{}
	for _, s := range steps {
		keys[s.Item.Key] = true
	}
	said, err := g.Journal.SaidBy(ctx, g.Account, slices.Sorted(maps.Keys(keys)))
	if err != nil {
		return nil, err
	}
	byKey := map[string][]*store.Said{}
	for i := range said {
		byKey[said[i].Key] = append(byKey[said[i].Key], &said[i])
	}
	all := make([]told, len(steps))
	for i, s := range steps {
		verb, _, _ := strings.Cut(s.Action, " ")
		all[i] = told{Step: s, verb: verb, name: s.Arg, place: g.placeOf(s.Rule), due: g.dueOf(s.Op.With["due"])}
		outgoing := false
		if r := g.Rules.Rule(s.Rule); r != nil {
			outgoing = r.On == "sent"
		}
		// What somebody wrote to themselves is there twice.
		for _, m := range byKey[s.Item.Key] {
			if all[i].said == nil || m.Outgoing == outgoing {
				all[i].said = m
			}
		}
	}
	return all, nil
}

// placeOf is where a rule stands in the file; one that is gone comes last.
func (g *gathering) placeOf(rule string) int {
	if i := slices.IndexFunc(g.Rules.Rules, func(r *rules.Rule) bool { return r.Name == rule }); i >= 0 {
		return i
	}
	return len(g.Rules.Rules)
}

// dueOf reads a date or an instant by which something is due.
func (g *gathering) dueOf(text string) agenda.Span {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return agenda.Span{Start: t}
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, g.zone); err == nil {
		return agenda.Span{Start: t, End: t.AddDate(0, 0, 1), AllDay: true}
	}
	return agenda.Span{}
}

// dueLines are the lines that stand in each agenda from a while before they are due
// until they are.
func (g *gathering) dueLines(ctx context.Context) ([]told, error) {
	steps, err := g.Journal.DueLines(ctx, g.Account)
	if err != nil {
		return nil, err
	}
	steps = slices.DeleteFunc(steps, func(s store.Step) bool {
		due := g.dueOf(s.Op.With["due"])
		end := due.Start
		if due.AllDay {
			end = due.End
		}
		from := s.Ended
		if ahead, err := rules.ParseDuration(s.Op.With["ahead"]); err == nil {
			from = due.Start.Add(-ahead)
		}
		return due.Start.IsZero() || !s.Ended.Before(g.now) || g.now.Before(from) || !end.After(g.now)
	})
	all, err := g.describe(ctx, steps)
	return lastTold(all), err
}

// lastTold leaves of what one sender announces again and again, such as a certificate
// that expires "in 7 days" and then "in 6 days", the last: what one rule has put there
// for the same day, under subjects that differ in figures alone.
func lastTold(all []told) []told {
	last := map[string]*told{}
	name := func(t *told) string {
		subject := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return -1
			}
			return r
		}, rules.Fold(t.Item.Subject))
		return strings.Join([]string{t.Rule, t.Item.Sender, t.Op.With["due"], subject}, "\x00")
	}
	for i := range all {
		if t, id := &all[i], name(&all[i]); last[id] == nil || !t.received().Before(last[id].received()) {
			last[id] = t
		}
	}
	var kept []told
	for i := range all {
		// What is hidden can't be told apart.
		if t := &all[i]; t.isHidden() || last[name(t)] == t {
			kept = append(kept, *t)
		}
	}
	return kept
}

// received is when the message came.
func (t *told) received() time.Time {
	if t.said != nil {
		return t.said.Received
	}
	return t.Item.Date
}

// isHidden says that of what it is about only its existence may be shown.
func (t *told) isHidden() bool { return t.Item.Subject == hidden || t.Op.With["show"] == "hidden" }

// lineKey names the line of a message, or of an event, from one letter to the next.
func lineKey(item store.Item) string {
	if strings.HasPrefix(item.Key, datebook.ItemOfEvent) {
		return item.Key
	}
	return "mail/" + item.Key
}

// sourceOf is where a line of a step comes from.
func sourceOf(s store.Step) agenda.Source {
	from := agenda.Source{Rule: s.Rule, Message: s.Item.MessageID}
	if key, ok := strings.CutPrefix(s.Item.Key, datebook.ItemOfEvent); ok {
		from.Event = key
	}
	return from
}

// line puts into words what one step tells.
func (g *gathering) line(t *told) agenda.Line {
	line := agenda.Line{ID: "step-" + strconv.FormatInt(t.ID, 10), Source: sourceOf(t.Step), Confidential: t.isHidden()}
	if line.Source.Event != "" {
		g.ofEvent(&line, t)
	}
	if line.Confidential {
		return line
	}
	line.Title, line.Story = t.Item.Subject, t.story
	if date, ok := strings.CutPrefix(t.Item.Key, itemOfDay); ok {
		line.Title, line.When = t.Rule, g.dueOf(date) // the date says nothing by itself
	} else if line.Source.Event == "" {
		line.When = agenda.Span{Start: t.received()}
		line.Who = g.whoOf(t)
	}
	// A rule with agenda: wants a line and no summary.
	if t.said != nil && t.Op.With["show"] != "subject only" && t.verb != "agenda" {
		line.Text, line.ByModel = t.said.Text, t.said.ByModel
		if !t.whole {
			line.Text = shortened(t.said, t.Op.With["lines"])
		}
	}
	if !t.due.Start.IsZero() {
		line.When = t.due
	}
	return line
}

// ofEvent says when the event of a line is; a private one is not told of.
func (g *gathering) ofEvent(line *agenda.Line, t *told) {
	line.When = agenda.Span{Start: t.Item.Date}
	for i := range g.diary.Events {
		if e := &g.diary.Events[i]; e.Key == line.Source.Event {
			line.When = agenda.Span{Start: e.Start, End: e.End, AllDay: e.AllDay}
			line.Confidential = line.Confidential || e.Private
		}
	}
}

// whoOf is the person at the other end of a message.
func (g *gathering) whoOf(t *told) string {
	switch {
	case t.said == nil && g.isMe(t.Item.Sender):
		return ""
	case t.said == nil:
		return t.Item.Sender
	case t.said.Outgoing && len(t.said.To) > 0:
		return g.nameOf(t.said.To[0], nil)
	}
	return cmp.Or(t.said.Name, t.said.From)
}

// isMe reports whether an address is the executive's.
func (g *gathering) isMe(email string) bool {
	return g.Rules.ToMe([]rules.Address{rules.ParseAddress("", email)})
}

// nameOf is how somebody is called, by what they wrote or by the calendar; else it
// is their address.
func (g *gathering) nameOf(email string, said []store.Said) string {
	for _, m := range slices.Backward(said) {
		if !m.Outgoing && strings.EqualFold(m.From, email) && m.Name != "" {
			return m.Name
		}
	}
	for i := range g.diary.Events {
		for _, a := range append(g.diary.Events[i].Attendees[:len(g.diary.Events[i].Attendees):len(g.diary.Events[i].Attendees)], g.diary.Events[i].Organizer) {
			if name := a.Name.String(); strings.EqualFold(a.Email, email) && name != "" && !g.diary.Events[i].Private {
				return name
			}
		}
	}
	return email
}

// shortened is what a message says, in as many sentences as the rule asks for: what is
// kept of it has as many as the most talkative rule wanted.
func shortened(said *store.Said, lines string) string {
	n, err := strconv.Atoi(lines)
	if err != nil || n <= 0 || said.ByModel || sentences(said.Text) <= n {
		return said.Text
	}
	if len(summary.Sentences(said.Text)) <= n {
		return said.Text
	}
	short := summary.Summarize(said.Text, summary.Options{Sentences: n, Subject: said.Subject})
	return cmp.Or(short.Text, said.Text)
}

// sentences counts the sentences of a text at most.
func sentences(text string) int {
	n := strings.Count(text, ". ") + strings.Count(text, "? ") + strings.Count(text, "! ") + strings.Count(text, "… ")
	return n + 1
}

// The sections that an agenda has anyway, as rules name them, in any case.
const (
	sectionNeeds     = "needs you"
	sectionDeadlines = "deadlines"
	sectionWaiting   = "waiting for"
	sectionOwed      = "replies owed"
)

// placeLines puts lines into their sections. Of several that say the same message in
// one section, the one with a summary stays.
func (g *gathering) placeLines(day *agenda.Day, lines []told) {
	// Two passes, as the order is that of the rules and not that of what they say.
	known := map[string]bool{}
	for _, summarized := range []bool{true, false} {
		for i := range lines {
			t := &lines[i]
			if id := rules.Fold(t.name) + "\x00" + t.Item.Key; (t.verb == "summarize") == summarized && !g.snoozed[lineKey(t.Item)] {
				if known[id] {
					t.name = "" // it is said already
				}
				known[id] = true
			}
		}
	}
	placed := map[string]int{}
	for i := range lines {
		if t := &lines[i]; t.name != "" && !g.snoozed[lineKey(t.Item)] {
			section := rules.Fold(t.name)
			placed[section]++
			t.whole = placed[section] > mostRead
			g.placeLine(day, t)
		}
	}
}

// mostRead is more than an agenda shows of a section: what comes after is counted, and
// nobody's time is spent on its words.
const mostRead = 6

func (g *gathering) placeLine(day *agenda.Day, t *told) {
	line := g.line(t)
	switch rules.Fold(t.name) {
	case sectionNeeds:
		line.Kind = agenda.Ask
		// The sentence that asks is the line itself, and no summary.
		if line.Text == "" && !line.Confidential && t.said != nil && len(t.said.Asks) > 0 && t.Op.With["show"] != "subject only" {
			line.Text = t.said.Asks[0]
		}
		day.Needs = append(day.Needs, line)
		g.offerOn(&line, lineKey(t.Item), g.putOff())
	case sectionDeadlines:
		if t.due.Start.IsZero() {
			line.When = agenda.Span{}
			if t.said != nil && !line.Confidential {
				line.When = g.deadlineOf(t.said.Deadline)
			}
		}
		day.Deadlines = append(day.Deadlines, line)
		g.offerOn(&line, lineKey(t.Item), g.putOff(), store.Choice{Do: "undo", Back: store.Back{Step: t.ID}})
	case sectionWaiting:
		day.Waiting = append(day.Waiting, line)
		g.offerOn(&line, lineKey(t.Item), g.putOff())
	case sectionOwed:
		day.Owed = append(day.Owed, line)
		g.offerOn(&line, lineKey(t.Item), g.putOff())
	default:
		inSection(&day.Mail, t.name, line)
	}
}

// inSection appends a line to the section of a title, which comes last if it is new.
func inSection(sections *[]agenda.Section, title string, line agenda.Line) {
	i := slices.IndexFunc(*sections, func(s agenda.Section) bool { return rules.Fold(s.Title) == rules.Fold(title) })
	if i < 0 {
		i = len(*sections)
		*sections = append(*sections, agenda.Section{Title: title})
	}
	(*sections)[i].Lines = append((*sections)[i].Lines, line)
}

// snoozeDays is for how many days a line stays away that is put off.
const snoozeDays = 3

// putOff is the choice to see a line again some days later.
func (g *gathering) putOff() store.Choice {
	return store.Choice{Do: "snooze", Until: g.today.AddDate(0, 0, snoozeDays)}
}

// offerOn adds what may be decided about a line. What is confidential has no links:
// they would stand beside nothing.
func (g *gathering) offerOn(line *agenda.Line, key string, choices ...store.Choice) {
	if !line.Confidential {
		g.offer(line.ID, key, choices...)
	}
}

// explain puts plain words behind the words of the glossary, each where it stands
// first in the letter.
func (g *gathering) explain(lines iter.Seq[*agenda.Line]) {
	glossary := summary.NewGlossary(g.Rules.Glossary())
	for line := range lines {
		if !line.Confidential {
			line.Text = glossary.Explain(line.Text)
		}
	}
}

// mails is a number of mails in the language of the letter.
func (g *gathering) mails(n int) string {
	if n == 1 {
		return g.terms().mail
	}
	return fmt.Sprintf(g.terms().mails, n)
}
