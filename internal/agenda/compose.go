package agenda

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// page is an agenda in words: what html.go and text.go write, from top to bottom.
// All text in it is clean.
type page struct {
	words    *wording
	Lang     string
	Subject  string
	Heading  string   // the date
	Counts   []string // what the subject says of the day
	Notices  []string
	Blocks   []block
	Foot     []string
	reasons  []Reason
	headSize int // words before the timeline
}

// block is one section. One of Rows, Stops and Bars is filled.
type block struct {
	Key, Title string
	Rows       []row
	Stops      []stop
	Bars       []bar
	More       string // what was left out
}

// row is one line of a section with all that belongs to it.
type row struct {
	Group  string // what this row and those after it belong to, above it
	Number string // by which the timeline refers to it
	Strong bool   // it stands in a frame of its own
	Tone   string // alert accent warn calm, or empty
	Mark   string // the word before it
	Title  string
	Aside  string // when
	Notes  []note
	Acts   []act
	More   string // what was left out of the group, below it
}

// note is a line below a row.
type note struct {
	Label, Text string
	Tone        string
	Link, Host  string // an address to follow, after Text
}

type act struct {
	Label, URL string
	First      bool
}

// caps is how much an agenda shows.
// Numbers are of lines, unless they say otherwise.
type caps struct {
	words                           int // of what needs the reader and what has changed
	changes, stops, briefs          int
	sections, lines, list           int
	people, promises                int
	days, goals, done, title, prose int // title and prose in characters
}

// levels are the caps; the next is taken where an agenda is too long for a mail
// with those before. With the last, any fits.
var levels = []caps{
	{words: 180, changes: 6, stops: 40, briefs: 4, sections: 6, lines: 4, list: 5, people: 4, promises: 3, days: 7, goals: 5, done: 8, title: 120, prose: 300},
	{words: 180, changes: 6, stops: 40, briefs: 3, sections: 6, lines: 2, list: 4, people: 3, promises: 2, days: 7, goals: 5, done: 5, title: 100, prose: 200},
	{words: 120, changes: 3, stops: 20, briefs: 2, sections: 3, lines: 2, list: 2, people: 2, promises: 1, days: 3, goals: 3, done: 3, title: 50, prose: 80},
	{words: 40, changes: 2, stops: 8, briefs: 1, sections: 2, lines: 1, list: 1, people: 1, promises: 1, days: 2, goals: 1, done: 1, title: 30, prose: 40},
}

// composer puts one Day into words.
type composer struct {
	*wording
	day     *Day
	caps    caps
	today   time.Time         // the local midnight; its location is the zone of the day
	entries []Entry           // of today, in order
	numbers map[string]string // of the decisions, by ID
	reasons []Reason
	size    int // words so far
}

// compose puts the sections together in the order of the mail. Order matters for more
// than looks: the decisions are numbered before the timeline refers to them, and what
// has changed gets the words that they leave.
func compose(d *Day, limits caps) *page {
	zone := d.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := d.Date.In(zone)
	c := &composer{
		wording: d.Language.words(), day: d, caps: limits, numbers: map[string]string{},
		today: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone), entries: slices.Clone(d.Timeline),
	}
	slices.SortStableFunc(c.entries, byStart)
	p := &page{words: c.wording, Lang: string(c.tag), Heading: c.longDate(c.today), Counts: c.counts()}
	p.Subject = strings.Join(append([]string{c.date(c.today)}, p.Counts...), " · ")
	p.Notices = c.notices()
	// What has changed keeps room, however much needs the reader.
	const wordsOfAChange = 14
	room := min(len(d.Changes), 3) * wordsOfAChange
	p.add(c.needs(c.caps.words - room))
	p.add(c.changes(c.caps.words))
	p.headSize = c.size
	p.add(c.timeline())
	p.add(c.prep())
	p.add(c.mail())
	p.add(c.deadlines())
	p.add(c.list("owed", c.owed, d.Owed, c.waited))
	p.add(c.list("waiting", c.waiting, d.Waiting, c.waited))
	p.add(c.week())
	p.add(c.goalTimes())
	p.add(c.doneFor())
	p.Foot, p.reasons = c.foot(), c.reasons
	return p
}

// add leaves out what is empty.
func (p *page) add(b block) {
	if len(b.Rows)+len(b.Stops)+len(b.Bars) > 0 || b.More != "" {
		p.Blocks = append(p.Blocks, b)
	}
}

// counts is the day in figures, as in the subject. It is made of nothing that a
// stranger has written.
func (c *composer) counts() []string {
	meetings, first := 0, time.Time{}
	for _, e := range c.entries {
		if e.Kind != Meeting || e.When.AllDay || e.Free {
			continue
		}
		if meetings++; meetings == 1 {
			first = e.When.Start.In(c.zoneOf(&e))
		}
	}
	conflicts, decisions := 0, 0
	// Confidential ones count, too: that they exist may be known, and somebody has to
	// decide.
	for _, n := range c.day.Needs {
		if n.Kind == Conflict {
			conflicts++
		} else {
			decisions++
		}
	}
	parts := []string{c.noMeetings}
	if meetings > 0 {
		parts[0] = c.count(c.meetings, meetings) + ", " + fmt.Sprintf(c.first, c.clock(first))
	}
	if conflicts > 0 {
		parts = append(parts, c.count(c.conflicts, conflicts))
	}
	if decisions > 0 {
		parts = append(parts, c.count(c.decisions, decisions))
	}
	return parts
}

// notices says what is wrong with the agenda, and what the clocks did.
func (c *composer) notices() (all []string) {
	for i := range c.day.Notices {
		n := &c.day.Notices[i]
		since := c.local(n.Since)
		text := fmt.Sprintf(c.late, c.clock(since))
		if n.Kind == Stale {
			text = fmt.Sprintf(c.stale, clean(n.What, c.caps.title), c.date(since)+", "+c.clock(since))
		}
		c.trace("notices", n.ID, Source{}, text, true)
		all = append(all, text)
	}
	// Nobody has to say so: the zone itself tells how long the day is.
	tomorrow := c.today.AddDate(0, 0, 1)
	hours := c.number(int(tomorrow.Sub(c.today).Round(time.Hour) / time.Hour))
	switch length := tomorrow.Sub(c.today); {
	case length < 24*time.Hour:
		all = append(all, fmt.Sprintf(c.clocksOn, hours))
	case length > 24*time.Hour:
		all = append(all, fmt.Sprintf(c.clocksBack, hours))
	}
	return all
}

// foot says when the agenda was made, and how to ask for more.
func (c *composer) foot() (lines []string) {
	if !c.day.Made.IsZero() {
		zone := c.today.Location()
		lines = append(lines, fmt.Sprintf(c.made, c.clock(c.day.Made.In(zone)), c.city(zone)))
	}
	return append(lines, fmt.Sprintf(c.why, c.today.Format(time.DateOnly)))
}

// when is a span in words, empty where there is none, on the clocks of where the
// executive is then.
func (c *composer) when(s Span) string {
	if s.Start.IsZero() {
		return ""
	}
	if s.AllDay {
		zone := c.today.Location()
		return c.span(Span{Start: s.Start.In(zone), End: s.End.In(zone), AllDay: true}, c.today)
	}
	start := c.local(s.Start)
	return c.span(Span{Start: start, End: s.End.In(start.Location())}, c.today)
}

// title and prose clean what others have written. Every text of the Day goes through
// one of them, or through clean itself, before it enters the page: neither html.go
// nor text.go has to know who wrote what.
func (c *composer) title(s string) string {
	if s = clean(s, c.caps.title); s == "" {
		return c.untitled
	}
	return s
}

func (c *composer) prose(s string) string { return clean(s, c.caps.prose) }

// trace remembers where a line comes from; see Why.
func (c *composer) trace(section, id string, from Source, words string, shown bool) {
	c.reasons = append(c.reasons, Reason{ID: id, Section: section, Line: words, Source: from, Shown: shown})
}

// rows puts lines into words by say, up to limit, and returns what was left out.
// Confidential lines become one that counts them.
func (c *composer) rows(section string, lines []Line, limit int, say func(*Line) row) (rows []row, more string) {
	hidden, left := 0, 0
	for i := range lines {
		line := &lines[i]
		switch {
		case line.Confidential:
			hidden++
			c.trace(section, line.ID, line.Source, c.count(c.confidential, 1), true)
		case len(rows) >= limit:
			left++
			r := say(line)
			c.trace(section, line.ID, line.Source, r.words(), false)
		default:
			r := say(line)
			rows = append(rows, r)
			c.trace(section, line.ID, line.Source, r.words(), true)
		}
	}
	if hidden > 0 {
		rows = append(rows, row{Title: c.count(c.confidential, hidden), Tone: "calm"})
	}
	return rows, c.leftOut(left)
}

func (c *composer) leftOut(n int) string {
	if n <= 0 {
		return ""
	}
	return c.count(c.more, n)
}

// words is a row as one sentence, as Why tells it. Links are left out of it: they
// carry tokens, and a preview may be passed on.
func (r *row) words() string {
	parts := []string{r.Mark, r.Title, r.Aside}
	for _, n := range r.Notes {
		parts = append(parts, n.Label, n.Text, n.Host)
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}

// sizeOf counts the words that a row takes, links included.
func (r *row) sizeOf() int {
	n := len(strings.Fields(r.words()))
	for _, a := range r.Acts {
		n += len(strings.Fields(a.Label))
	}
	return n
}

// actsOf are the links of a line, in the reader's language. What is no mailto:
// address is left out rather than shown without effect, or with another one.
func (c *composer) actsOf(line *Line) (acts []act) {
	const most = 4
	for _, a := range line.Actions {
		link := mailLink(a.Mailto)
		if link == "" || len(acts) == most {
			continue
		}
		label, ok := c.acts[a.Do]
		if !ok {
			label = clean(a.Do, 30)
		}
		acts = append(acts, act{Label: label, URL: link, First: len(acts) == 0})
	}
	return acts
}
