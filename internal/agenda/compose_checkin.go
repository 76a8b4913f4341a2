package agenda

import (
	"fmt"
	"strings"
)

// compose puts what is between two people on one page.
func (b *CheckIn) compose(limits caps) *page {
	c := newComposer(b.Language, b.Date, b.Zone, limits)
	who := clean(b.Who, c.caps.title/2)
	title := who
	if title == "" {
		title = c.title(b.Title)
	}
	heading := fmt.Sprintf(c.checkIn, title)
	p := c.begin(heading, c.betweenTwo(b))
	p.Subject = visible(strings.Join(append([]string{heading}, p.Counts...), " · "))
	p.Lead = c.meeting(b, title)
	c.trace("meeting", "meeting", b.Source, joined(" · ", heading, c.when(b.When), p.Lead), true)
	p.add(c.openThreads(b.Threads))
	p.add(c.promises(b.Ours, b.Theirs))
	p.add(c.deadlines(b.Deadlines))
	if len(p.Blocks) == 0 {
		p.add(block{Key: "threads", Title: c.threads, Lead: c.nothingOpen})
	}
	if files := c.people(b.Files); files != "" {
		p.add(block{Key: "files", Title: c.files, Lead: files})
		c.trace("files", "files", b.Source, files, true)
	}
	return c.finish(p, b.Made, flagOf("--brief", clean(b.Title, c.caps.title)))
}

// betweenTwo is the brief in figures.
func (c *composer) betweenTwo(b *CheckIn) (counts []string) {
	if at := c.when(b.When); at != "" {
		counts = append(counts, at)
	}
	if n := len(b.Threads); n > 0 {
		counts = append(counts, c.count(c.threadsOpen, n))
	}
	if n := len(b.Ours) + len(b.Theirs); n > 0 {
		counts = append(counts, c.count(c.promisesOpen, n))
	}
	return counts
}

// meeting says what the calendar knows of the two.
func (c *composer) meeting(b *CheckIn, heading string) string {
	title := clean(b.Title, c.caps.title)
	if title == heading {
		title = ""
	}
	last, next := "", ""
	if !b.Since.IsZero() {
		last = fmt.Sprintf(c.lastMet, c.date(b.Since.In(c.today.Location())))
	}
	if !b.Next.Start.IsZero() {
		next = fmt.Sprintf(c.nextMeeting, c.when(b.Next))
	}
	return joined(" · ", title, last, next)
}

// openThreads are told in full: they are what the meeting is about.
func (c *composer) openThreads(threads []Line) block {
	b := block{Key: "threads", Title: c.threads}
	b.Rows, b.More = c.rows(b.Key, threads, c.caps.list, c.letter)
	return b
}
