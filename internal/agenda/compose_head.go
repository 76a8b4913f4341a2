package agenda

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What stands before the timeline: what needs the reader, and what has changed. It
// is short, so that the day itself is seen without scrolling far.

// tones of the kinds; all others are calm.
var tones = map[Kind]string{
	Conflict: "alert", Cancelled: "alert", Declined: "alert", Invitation: "accent", New: "accent", Ask: "accent",
	Approval: "warn", Hold: "warn", Moved: "warn", Changed: "warn",
}

func toneOf(k Kind) string {
	if tone, ok := tones[k]; ok {
		return tone
	}
	return "calm"
}

// needs shows as many decisions as there is room for, and at least three. They come
// ranked, so the first that does not fit ends it: a short one further down must not
// overtake one that matters more.
func (c *composer) needs(room int) block {
	b := block{Key: "needs", Title: c.wording.needs}
	open := slices.DeleteFunc(slices.Clone(c.day.Needs), func(l Line) bool { return l.Confidential })
	shown := 0
	for i := range open {
		r := c.need(&open[i])
		if size := r.sizeOf(); shown < 3 || c.size+size <= room {
			shown++
			c.size += size
			c.numbers[open[i].ID] = strconv.Itoa(shown)
			continue
		}
		break
	}
	b.Rows, b.More = c.rows(b.Key, c.day.Needs, shown, c.need)
	return b
}

func (c *composer) need(line *Line) row {
	r := row{
		Number: c.numbers[line.ID], Strong: true, Tone: toneOf(line.Kind), Mark: c.kinds[line.Kind],
		Title: c.title(line.Title), Aside: c.when(line.When), Acts: c.actsOf(line),
	}
	if line.Clash != nil {
		c.clash(&r, line)
	} else if text := joined(" · ", clean(line.Who, c.caps.title), c.prose(line.Text)); text != "" {
		r.Notes = append(r.Notes, note{Text: text})
	}
	if line.ByModel {
		r.Notes = append(r.Notes, note{Text: c.byModel, Tone: "small"})
	}
	return r
}

// clash makes a conflict readable in ten seconds: it says what overlaps, what stays and why, and what to do with the other.
func (c *composer) clash(r *row, line *Line) {
	clash := line.Clash
	stays, gives := c.named(clash.Stays), c.named(clash.Gives)
	r.Title = fmt.Sprintf(c.and, stays, gives)
	if why := c.prose(c.whyOf(clash.Why)); why != "" {
		r.Notes = append(r.Notes, note{Text: fmt.Sprintf(c.stays, stays, why)})
	}
	r.Notes = append(r.Notes, note{Label: c.recommended, Text: c.remedy(clash, gives), Tone: "fix"})
}

// whyOf says the reason in the reader's language; one that is not among those of
// package rules is shown as it is.
func (c *composer) whyOf(why string) string {
	if said, ok := c.whys[why]; ok {
		return said
	}
	// The name of a rule stands in quotes, where the rule is the reason.
	first, last := strings.IndexByte(why, '"'), strings.LastIndexByte(why, '"')
	if first < 0 || first == last {
		return why
	}
	if said, ok := c.whys[why[:first]+"%s"+why[last+1:]]; ok {
		return fmt.Sprintf(said, why[first:last+1])
	}
	return why
}

func (c *composer) remedy(clash *Clash, gives string) string {
	to := c.when(clash.To)
	switch {
	case clash.Do == Move && to != "":
		return fmt.Sprintf(c.move, gives, to)
	case clash.Do == Decline && to != "":
		return fmt.Sprintf(c.declineFor, gives, to)
	case clash.Do == Decline:
		return fmt.Sprintf(c.decline, gives)
	case clash.Do == Tentative:
		return fmt.Sprintf(c.tentative, gives)
	}
	return c.choose
}

// named is an event in a sentence.
func (c *composer) named(title string) string {
	if title = clean(title, c.caps.title); title == "" {
		return c.privateEvent
	}
	return title
}

// changes shows what there is room for, and at least two.
func (c *composer) changes(room int) block {
	b := block{Key: "changed", Title: c.changed}
	shown := 0
	for i := range c.day.Changes {
		line := &c.day.Changes[i]
		if line.Confidential {
			continue
		}
		r := c.change(line)
		if size := r.sizeOf(); shown < c.caps.changes && (shown < 2 || c.size+size <= room) {
			shown++
			c.size += size
			continue
		}
		break
	}
	b.Rows, b.More = c.rows(b.Key, c.day.Changes, shown, c.change)
	return b
}

func (c *composer) change(line *Line) row {
	r := row{Tone: toneOf(line.Kind), Mark: c.kinds[line.Kind], Title: c.title(line.Title), Acts: c.actsOf(line)}
	text := joined(" · ", joined(", ", c.when(line.When), c.wasThen(line)), clean(line.Who, c.caps.title), c.prose(line.Text))
	if text != "" {
		r.Notes = append(r.Notes, note{Text: text})
	}
	return r
}

// wasThen is when something was before, with the date only if that has changed.
func (c *composer) wasThen(line *Line) string {
	was := line.Was
	if was.Start.IsZero() {
		return ""
	}
	// "was 13:30–14:30" is quicker to read than the whole date a second time.
	if start, now := c.local(was.Start), c.local(line.When.Start); !was.AllDay && sameDay(start, now) {
		return fmt.Sprintf(c.was, c.span(Span{Start: start, End: was.End.In(start.Location())}, now))
	}
	return fmt.Sprintf(c.was, c.when(was))
}

// joined puts what is not empty together.
func joined(between string, parts ...string) (text string) {
	for _, p := range parts {
		switch {
		case p == "":
		case text == "":
			text = p
		default:
			text += between + p
		}
	}
	return text
}
