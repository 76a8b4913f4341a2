package agenda

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// page is an agenda in words: what html.go and text.go write, from top to bottom.
// All text in it is clean.
type page struct {
	words    *wording
	Lang     string
	Subject  string
	Heading  string   // the date
	Counts   []string // what the subject says of the day
	Lead     string   // a sentence below it
	Notices  []string
	Blocks   []block
	Foot     []string
	reasons  []Reason
	headSize int // words before the timeline
}

// block is one section. At most one of Rows, Stops and Bars is filled.
type block struct {
	Key, Title string
	Lead       string // a sentence before the lines
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
	Apart  bool   // it keeps away from the frame above it
	Hidden bool   // it only counts what may not be shown
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
	Lead, Text        string // Lead ends with the language's colon
	Tone              string
	Label, Link, Host string // an address to follow, after Text
}

type act struct {
	Label, URL string
	First      bool // it is what is recommended
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

// digestLevels leave out summaries' ends before they leave out mails: somebody waits
// for each.
var digestLevels = []caps{
	{sections: 40, lines: 60, title: 120, prose: 300},
	{sections: 40, lines: 60, title: 100, prose: 160},
	{sections: 30, lines: 30, title: 90, prose: 120},
	{sections: 15, lines: 12, title: 80, prose: 100},
	{sections: 8, lines: 5, title: 60, prose: 60},
	{sections: 4, lines: 2, title: 30, prose: 40},
}

// reviewLevels are for what is read in a minute.
var reviewLevels = []caps{
	{list: 5, days: 7, goals: 5, done: 8, people: 8, title: 120, prose: 300},
	{list: 5, days: 7, goals: 5, done: 5, people: 5, title: 80, prose: 160},
	{list: 2, days: 5, goals: 3, done: 3, people: 2, title: 40, prose: 60},
}

// composer puts one letter into words.
type composer struct {
	*wording
	caps     caps
	today    time.Time         // the local midnight; its location is the zone of the day
	mailOnly bool              // the account has no calendar
	entries  []Entry           // of today, in order
	numbers  map[string]string // of the decisions, by ID
	reasons  []Reason
	size     int // words so far
}

func newComposer(language Language, date time.Time, zone *time.Location, limits caps) *composer {
	if zone == nil {
		zone = time.UTC
	}
	local := date.In(zone)
	return &composer{
		wording: language.words(), caps: limits, numbers: map[string]string{},
		today: time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone),
	}
}

// begin is a page with its heading, and with what is said below it in figures.
func (c *composer) begin(heading string, counts []string) *page {
	return &page{words: c.wording, Lang: string(c.tag), Heading: heading, Counts: counts}
}

// finish adds what stands at the end of every letter: when it was made, and how to ask
// for more. Flags name the letter to foredesk agenda.
func (c *composer) finish(p *page, made time.Time, flags string) *page {
	zone := c.today.Location()
	if !made.IsZero() {
		p.Foot = append(p.Foot, fmt.Sprintf(c.made, c.clock(made.In(zone)), c.city(zone)))
	}
	p.Foot = append(p.Foot, fmt.Sprintf(c.why, joined(" ", c.today.Format(time.DateOnly), flags)))
	p.reasons = c.reasons
	return p
}

// flagOf is a flag with a value that a reader may copy into a shell; where the value
// holds more than letters, figures and spaces, it has to be filled in by hand.
func flagOf(flag, value string) string {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		value = "…"
	}
	if strings.Contains(value, " ") {
		value = `"` + value + `"`
	}
	return flag + " " + value
}

// compose puts the sections together in the order of the mail. Order matters for more
// than looks: the decisions are numbered before the timeline refers to them, and what
// has changed gets the words that they leave.
func (d *Day) compose(limits caps) *page {
	c := newComposer(d.Language, d.Date, d.Zone, limits)
	c.mailOnly = d.NoCalendar
	c.entries = slices.SortedStableFunc(slices.Values(d.Timeline), byStart)
	p := c.begin(sentence(c.longDate(c.today)), c.counts(d.Needs))
	p.Subject = strings.Join(append([]string{c.date(c.today)}, p.Counts...), " · ")
	p.Notices = append(c.notices(d.Notices), c.clocks()...)
	// What has changed keeps room, however much needs the reader.
	const wordsOfAChange = 14
	room := min(len(d.Changes), 3) * wordsOfAChange
	p.add(c.needs(d.Needs, c.caps.words-room))
	p.add(c.changes(d.Changes, c.caps.words))
	p.headSize = c.size
	p.add(c.timeline(len(d.Needs) == 0))
	p.add(c.prep(d.Prep))
	p.add(c.mail(d.Mail))
	p.add(c.deadlines(d.Deadlines))
	p.add(c.list("owed", c.owed, d.Owed, c.waited))
	p.add(c.list("waiting", c.waiting, d.Waiting, c.waited))
	p.add(c.week(c.ahead, d.Week, c.firstOf))
	p.add(c.goalTimes(d.Goals))
	p.add(c.doneFor(d.Done))
	return c.finish(p, d.Made, "")
}

// add leaves out what is empty.
func (p *page) add(b block) {
	if len(b.Rows)+len(b.Stops)+len(b.Bars) > 0 || b.More+b.Lead != "" {
		p.Blocks = append(p.Blocks, b)
	}
}

// counts is the day in figures, as in the subject. It is made of nothing that a
// stranger has written.
func (c *composer) counts(needs []Line) []string {
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
	for _, n := range needs {
		if n.Kind == Conflict {
			conflicts++
		} else {
			decisions++
		}
	}
	var parts []string
	switch {
	case meetings > 0:
		parts = append(parts, c.count(c.meetings, meetings)+", "+fmt.Sprintf(c.first, c.clock(first)))
	case !c.mailOnly:
		parts = append(parts, c.noMeetings)
	}
	if conflicts > 0 {
		parts = append(parts, c.count(c.conflicts, conflicts))
	}
	if decisions > 0 || len(parts) == 0 {
		parts = append(parts, c.count(c.decisions, decisions))
	}
	return parts
}

// notices says what is wrong with the agenda.
func (c *composer) notices(notices []Notice) (all []string) {
	for i := range notices {
		n := &notices[i]
		text := c.notice(n)
		c.traceCount("notices", n.ID, Source{}, InJournal, text, true)
		all = append(all, text)
	}
	return all
}

func (c *composer) notice(n *Notice) string {
	what, since := clean(n.What, c.caps.title), c.local(n.Since)
	switch {
	case n.Kind == Late:
		return fmt.Sprintf(c.late, c.clock(since))
	case n.Kind == Stale && n.Since.IsZero():
		return fmt.Sprintf(c.unread, what)
	case n.Kind == Stale:
		return fmt.Sprintf(c.stale, what, c.date(since)+", "+c.clock(since))
	}
	return what
}

// clocks says what they did in the night. Nobody has to tell: the zone itself says how
// long the day is.
func (c *composer) clocks() []string {
	length := c.today.AddDate(0, 0, 1).Sub(c.today)
	hours := c.number(int(length.Round(time.Hour) / time.Hour))
	switch {
	case length < 24*time.Hour:
		return []string{fmt.Sprintf(c.clocksOn, hours)}
	case length > 24*time.Hour:
		return []string{fmt.Sprintf(c.clocksBack, hours)}
	}
	return nil
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

// title and prose clean what others have written. Every text of a model goes through
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

// traceCount remembers what a figure was counted in.
func (c *composer) traceCount(section, id string, from Source, counted Counted, words string, shown bool) {
	c.reasons = append(c.reasons, Reason{ID: id, Section: section, Line: words, Source: from, Counted: counted, Shown: shown})
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
			c.traceCount(section, line.ID, line.Source, line.Counted, c.count(c.confidential, 1), true)
		case len(rows) >= limit:
			left++
			r := say(line)
			c.traceCount(section, line.ID, line.Source, line.Counted, r.words(), false)
		default:
			r := say(line)
			rows = append(rows, r)
			c.traceCount(section, line.ID, line.Source, line.Counted, r.words(), true)
		}
	}
	if hidden > 0 {
		rows = append(rows, row{Title: c.count(c.confidential, hidden), Tone: "calm", Hidden: true})
	}
	return rows, c.leftOut(left)
}

// leave traces lines of which none is shown.
func (c *composer) leave(section string, lines []Line, say func(*Line) row) {
	for i := range lines {
		line := &lines[i]
		words := c.count(c.confidential, 1)
		if !line.Confidential {
			r := say(line)
			words = r.words()
		}
		c.traceCount(section, line.ID, line.Source, line.Counted, words, false)
	}
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
		parts = append(parts, n.Lead+n.Text, n.Label, n.Host)
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}

// sizeOf counts the words that a row takes. Links are seen and not read.
func (r *row) sizeOf() (n int) {
	for _, field := range strings.Fields(r.words()) {
		if field != "·" {
			n++
		}
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
		switch {
		case !ok:
			label = clean(a.Do, 30)
		case a.Do == "keep" && line.Kind != Hold:
			label = c.keepInbox
		}
		acts = append(acts, act{Label: label, URL: link, First: len(acts) == 0 && a.Do != "snooze"})
	}
	return acts
}
