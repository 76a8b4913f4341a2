package agenda

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What stands below the timeline.

// prep is what to know before meetings with people of other houses.
func (c *composer) prep(briefs []Brief) block {
	b := block{Key: "prep", Title: c.wording.prep}
	left := 0
	for i := range briefs {
		brief := &briefs[i]
		switch {
		case brief.Confidential:
			c.trace(b.Key, brief.ID, brief.Source, c.count(c.confidential, 1), false)
		case len(b.Rows) == c.caps.briefs:
			left++
			c.trace(b.Key, brief.ID, brief.Source, c.title(brief.Title), false)
		default:
			b.Rows = append(b.Rows, c.brief(brief))
		}
	}
	b.More = c.leftOut(left)
	return b
}

func (c *composer) brief(brief *Brief) row {
	r := row{Title: c.title(brief.Title), Aside: c.when(brief.When)}
	c.add(&r, c.who, c.people(brief.People))
	files := c.people(brief.Files)
	whole := r
	whole.Notes = slices.Clone(r.Notes)
	c.add(&whole, c.files, files)
	c.trace("prep", brief.ID, brief.Source, whole.words(), true)
	last := c.noThread
	switch line := &brief.Last; {
	case line.Confidential:
		last = c.count(c.confidential, 1)
	case line.Text != "":
		last = joined(", ", clean(line.Who, c.caps.title), c.when(Span{Start: line.When.Start})) + c.colon + c.prose(line.Text)
	}
	c.add(&r, c.last, last)
	c.traceCount("prep", brief.Last.ID, brief.Last.Source, brief.Last.Counted, joined(c.colon, c.last, last), true)
	c.promised(&r, c.ours, brief.Ours)
	c.promised(&r, c.theirs, brief.Theirs)
	c.add(&r, c.files, files)
	return r
}

// add adds a line below a row, with a word before it if there is one.
func (c *composer) add(r *row, label, text string) {
	switch {
	case text == "":
	case label == "":
		r.Notes = append(r.Notes, note{Text: text})
	default:
		r.Notes = append(r.Notes, note{Lead: label + c.colon, Text: text})
	}
}

// promised traces each promise by itself: it comes from another mail than the brief.
// It lists what is open between the two sides.
func (c *composer) promised(r *row, label string, lines []Line) {
	for i := range lines {
		line := &lines[i]
		text := c.prose(line.Title)
		if line.Confidential {
			text = c.count(c.confidential, 1)
		} else if !line.When.Start.IsZero() && !c.isSaid(line, text) {
			text += " (" + fmt.Sprintf(c.by, c.date(line.When.Start.In(c.today.Location()))) + ")"
		}
		if shown := i < c.caps.promises; shown {
			c.add(r, label, text)
		}
		c.traceCount("prep", line.ID, line.Source, line.Counted, label+c.colon+text, i < c.caps.promises)
	}
	if n := len(lines) - c.caps.promises; n > 0 {
		c.add(r, label, c.leftOut(n))
	}
}

// mail is what rules have put on the agenda, section by section.
func (c *composer) mail(mail []Section) block {
	b := block{Key: "mail", Title: c.wording.mail}
	left, sections := 0, 0
	for i := range mail {
		s := &mail[i]
		if sections == c.caps.sections {
			left += len(s.Lines)
			c.leave(b.Key, s.Lines, c.letter)
			continue
		}
		rows, more := c.rows(b.Key, s.Lines, c.caps.lines, c.letter)
		if len(rows) == 0 {
			continue
		}
		sections++
		rows[0].Group, rows[len(rows)-1].More = c.title(s.Title), more
		b.Rows = append(b.Rows, rows...)
	}
	b.More = c.leftOut(left)
	return b
}

// letter is one mail: who, what about, what it says. A summary that a model has
// written says so (told), since it may be wrong in other ways than one that is taken
// from the mail word by word.
func (c *composer) letter(line *Line) row { return c.letterOf(line, c.caps.prose) }

func (c *composer) letterOf(line *Line, prose int) row {
	r := row{Title: c.whoAndWhat(line), Aside: c.when(line.When), Acts: c.actsOf(line)}
	c.told(&r, line, prose)
	return r
}

// whoAndWhat is a subject behind the name of who wrote it, unless it begins with that
// name: those of newsletters do.
func (c *composer) whoAndWhat(line *Line) string {
	who, title := clean(line.Who, c.caps.title), c.title(line.Title)
	if len(title) > len(who) && strings.EqualFold(title[:len(who)], who) && !unicode.IsLetter(firstRune(title[len(who):])) {
		return title
	}
	return joined(c.colon, who, title)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// told adds the story of a line, and its summary in at most so many characters.
func (c *composer) told(r *row, line *Line, prose int) {
	if story, over := c.story(line.Story); story != "" {
		tone := "story"
		if !over {
			tone = "story-open"
		}
		r.Notes = append(r.Notes, note{Text: story, Tone: tone})
	}
	text := clean(line.Text, prose)
	if line.ByModel {
		c.add(r, c.byModel, text)
		return
	}
	c.add(r, "", text)
}

// list is a section of short lines; aside says when of each. Half a summary tells what
// it is about: the mails of a list are no news, and the list is there to be looked over.
func (c *composer) list(key, title string, lines []Line, aside func(*Line) (text, tone string)) block {
	b := block{Key: key, Title: title}
	b.Rows, b.More = c.rows(key, lines, c.caps.list, func(line *Line) row {
		r := c.letterOf(line, c.caps.prose/2)
		r.Aside, r.Tone = aside(line)
		return r
	})
	return b
}

func (c *composer) deadlines(lines []Line) block {
	return c.list("deadlines", c.wording.deadlines, lines, c.due)
}

// due is the time by which, with a word of warning.
func (c *composer) due(line *Line) (text, tone string) {
	if line.When.Start.IsZero() {
		return "", ""
	}
	at := c.local(line.When.Start)
	text = c.date(at)
	if !line.When.AllDay {
		text += ", " + c.clock(at)
	}
	switch days := daysBetween(c.today, at); {
	case days < 0:
		return fmt.Sprintf(c.overdue, text), "alert"
	case days == 0 && line.When.AllDay:
		return c.dueToday, "warn"
	case days == 0:
		return c.dueToday + ", " + c.clock(at), "warn"
	}
	return text, ""
}

// waited is for how many days somebody has waited.
func (c *composer) waited(line *Line) (text, tone string) {
	if line.When.Start.IsZero() {
		return "", ""
	}
	days := max(daysBetween(line.When.Start.In(c.today.Location()), c.today), 0)
	if days == 0 {
		return c.dueToday, ""
	}
	return c.count(c.daysAgo, days), ""
}

// bar is one day, or one goal, with a bar beside it.
type bar struct {
	Name    string
	Text    string
	Figure  string // what the bar shows, in figures
	Percent int    // of the width, 0 to 100
	Tone    string
	Both    bool // Before is shown below it
	Before  int  // as Percent, a week ago
}

func (b *bar) words() string {
	if b.Both {
		return joined(" · ", b.Name, b.Figure, b.Text)
	}
	return joined(" · ", b.Name, b.Text, b.Figure)
}

// week is some days, with how full they are; beside stands after their meetings.
func (c *composer) week(title string, days []Ahead, beside func(*Ahead) string) block {
	b := block{Key: "ahead", Title: title}
	for i := range days {
		a := &days[i]
		line := c.dayAhead(a, beside)
		if shown := i < c.caps.days; shown {
			b.Bars = append(b.Bars, line)
		}
		c.traceCount(b.Key, a.ID, a.Source, InCalendar, line.words(), i < c.caps.days)
	}
	b.More = c.leftOut(len(days) - len(b.Bars))
	return b
}

// dayAhead has no bar on days without meetings: an empty one would look like news.
func (c *composer) dayAhead(a *Ahead, beside func(*Ahead) string) bar {
	zone := c.today.Location()
	text := c.noMeetings
	switch {
	case a.Meetings > 0:
		text = joined(", ", c.count(c.meetings, a.Meetings), beside(a))
	case a.Off:
		text = c.off
	}
	line := bar{Name: c.date(a.Date.In(zone)), Text: joined(" · ", text, c.people(a.Notes)), Percent: percentOf(a.Load), Tone: "accent"}
	if a.Meetings > 0 && !a.Off {
		line.Figure = c.percent(a.Load)
	}
	const fullDay = 0.8
	if a.Load >= fullDay {
		line.Tone = "warn"
	}
	return line
}

func (c *composer) firstOf(a *Ahead) string {
	if a.First.IsZero() {
		return ""
	}
	first := c.local(a.First)
	if a.Zone != nil {
		first = a.First.In(a.Zone)
	}
	return fmt.Sprintf(c.firstAt, c.clock(first))
}

func percentOf(share float64) int { return int(min(max(share, 0), 1)*100 + 0.5) }

// goalTimes shows the goals against the one that gets the most time, this week or the
// last, so that the bars compare with each other and not with a norm that nobody set.
func (c *composer) goalTimes(goals []Goal) block {
	b := block{Key: "goals", Title: c.goals}
	longest := time.Minute
	for _, g := range goals {
		longest = max(longest, g.Time, g.Before)
	}
	for i := range goals {
		g := &goals[i]
		line := bar{
			Name: c.title(g.Name), Text: fmt.Sprintf(c.lastWeek, c.length(max(g.Before, 0))), Figure: c.length(max(g.Time, 0)),
			Percent: percentOf(float64(g.Time) / float64(longest)), Tone: "accent", Both: true, Before: percentOf(float64(g.Before) / float64(longest)),
		}
		if shown := i < c.caps.goals; shown {
			b.Bars = append(b.Bars, line)
		}
		c.traceCount(b.Key, g.ID, g.Source, InCalendar, line.words(), i < c.caps.goals)
	}
	b.More = c.leftOut(len(goals) - len(b.Bars))
	return b
}

// doneFor counts what rules did, each with the way to take it back.
func (c *composer) doneFor(done []Line) block {
	b := block{Key: "done", Title: c.wording.done}
	b.Rows, b.More = c.rows(b.Key, done, c.caps.done, func(line *Line) row {
		r := row{Title: c.title(line.Title), Acts: c.actsOf(line)}
		if line.Count > 0 {
			r.Mark = fmt.Sprintf(c.times, c.number(line.Count))
		}
		if rule := clean(line.Source.Rule, c.caps.title); rule != "" {
			r.Notes = append(r.Notes, note{Text: rule, Tone: "small"})
		}
		return r
	})
	return b
}
