package agenda

import (
	"fmt"
	"slices"
	"strings"
)

// compose shows each mail with its summary below it. To unfold it at a click would
// take elements that most mail programs drop, and links within a mail are dropped by
// some; who looks for a group finds it by the sentence at the top.
func (d *Digest) compose(limits caps) *page {
	c := newComposer(d.Language, d.Date, d.Zone, limits)
	title, flag := c.digestTitle(d.Name)
	total, groups := 0, []string(nil)
	for i := range d.Groups {
		g := &d.Groups[i]
		total += len(g.Lines)
		if g.Title != "" && len(g.Lines) > 0 {
			groups = append(groups, c.title(g.Title)+" "+c.number(len(g.Lines)))
		}
	}
	p := c.begin(title, []string{c.date(c.today), c.count(c.mails, total)})
	p.Subject = strings.Join(append([]string{visible(p.Heading)}, p.Counts...), " · ")
	const mostGroups = 12
	if len(groups) > 1 {
		p.Lead = strings.Join(groups[:min(len(groups), mostGroups)], " · ")
	}
	c.groups(p, d.Groups)
	if total == 0 {
		p.Lead = c.nothingCollected
	}
	return c.finish(p, d.Made, flagOf(flag, clean(d.Name, c.caps.title)))
}

// groups makes a section of each, and counts the mails of those that are too many.
func (c *composer) groups(p *page, groups []Section) {
	left := 0
	for i := range groups {
		g := &groups[i]
		b := block{Key: "mail"}
		if len(p.Blocks) == c.caps.sections {
			left += len(g.Lines)
			c.leave(b.Key, g.Lines, c.letter)
			continue
		}
		if b.Rows, b.More = c.rows(b.Key, g.Lines, c.caps.lines, c.letter); g.Title != "" && len(b.Rows) > 0 {
			b.Title = c.title(g.Title)
		}
		p.add(b)
	}
	p.add(block{Key: "mail", More: c.leftOut(left)})
}

// digestTitle calls a digest by when it comes, and a bundle by its name. Flag is what
// asks for it.
func (c *composer) digestTitle(name string) (title, flag string) {
	if title = c.digests[strings.ToLower(name)]; title != "" {
		return title, "--digest"
	}
	if day := slices.IndexFunc(english.longDays[:], func(d string) bool { return strings.EqualFold(d, name) }); day >= 0 {
		return fmt.Sprintf(c.dayDigest, c.longDays[day]), "--digest"
	}
	if name = clean(name, c.caps.title/2); name == "" {
		return c.wording.mail, "--bundle"
	}
	return name, "--bundle"
}

// visible is clean text for a header field: there, nothing isolates what is written
// from right to left, and nothing follows it that would have to keep its place.
func visible(s string) string { return strings.NewReplacer(isolate, "", isolated, "").Replace(s) }
