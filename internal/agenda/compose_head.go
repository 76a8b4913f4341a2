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
	Approval: "warn", Hold: "warn", Unsure: "warn", Moved: "warn", Changed: "warn",
}

func toneOf(k Kind) string {
	if tone, ok := tones[k]; ok {
		return tone
	}
	return "calm"
}

// cardsAtLeast is how many decisions are shown with all that is known of them, however
// many there are.
const cardsAtLeast = 3

// needs shows all decisions in full if there is room for that. If not, those after the
// first are told in a line each, which can still be decided, as many as there is room
// for. They come ranked, so the first that does not fit ends it: a short one further
// down must not overtake one that matters more.
func (c *composer) needs(needs []Line, room int) block {
	b := block{Key: "needs", Title: c.wording.needs}
	needs, few := fewAsks(needs)
	open := slices.DeleteFunc(slices.Clone(needs), func(l Line) bool { return l.Confidential })
	cards, all := len(open), 0
	for i := range open {
		r := c.need(&open[i])
		all += r.sizeOf()
	}
	if c.size+all > room {
		cards = min(cards, cardsAtLeast)
	}
	shown, place := c.fitting(open[:len(open)-few], cards, room), 0
	b.Rows, b.More = c.rows(b.Key, needs, shown, func(line *Line) row {
		if place++; place <= cards {
			return c.need(line)
		}
		return c.needInALine(line)
	})
	if len(b.Rows) > cards {
		b.Rows[cards].Apart = cards > 0
	}
	return b
}

// mostAsks is how many lines are shown that ask for something and offer no decision.
const mostAsks = 5

// fewAsks puts the asks that are too many at the end, and counts them.
func fewAsks(needs []Line) (all []Line, over int) {
	var rest []Line
	asks := 0
	for _, l := range needs {
		if l.Kind == Ask && !l.Confidential {
			if asks++; asks > mostAsks {
				rest = append(rest, l)
				continue
			}
		}
		all = append(all, l)
	}
	return append(all, rest...), len(rest)
}

// fitting is how many decisions there is room for, the first so many of them in full.
// It gives them the numbers by which the timeline refers to them.
func (c *composer) fitting(open []Line, cards, room int) (shown int) {
	for i := range open {
		r := c.need(&open[i])
		if i >= cards {
			r = c.needInALine(&open[i])
		}
		size := r.sizeOf()
		if i >= cardsAtLeast && c.size+size > room {
			break
		}
		shown++
		c.size += size
		c.numbers[open[i].ID] = strconv.Itoa(shown)
	}
	return shown
}

func (c *composer) need(line *Line) row {
	r := c.needInALine(line)
	r.Strong, r.Notes = true, nil
	if line.Clash != nil {
		c.clash(&r, line)
		return r
	}
	who := clean(line.Who, c.caps.title)
	r.Title = c.title(line.Title)
	if len(line.Story) > 0 || line.ByModel {
		c.add(&r, "", who)
		c.told(&r, line, c.caps.prose)
		return r
	}
	c.add(&r, "", joined(" · ", who, c.prose(line.Text)))
	return r
}

// needInALine is what has to be known to decide. Of a conflict, that is what to do; of
// an ask, what somebody asks.
func (c *composer) needInALine(line *Line) row {
	r := row{
		Number: c.numbers[line.ID], Tone: toneOf(line.Kind), Mark: c.kinds[line.Kind],
		Title: c.whoAndWhat(line), Aside: c.when(line.When), Acts: c.actsOf(line),
	}
	if clash := line.Clash; clash != nil {
		gives := c.named(clash.Gives)
		r.Title = fmt.Sprintf(c.and, c.named(clash.Stays), gives)
		c.add(&r, c.recommended, c.remedy(clash, gives))
	}
	if line.Kind == Ask {
		c.told(&r, line, c.caps.prose/2)
	}
	return r
}

// clash makes a conflict readable in ten seconds: it says what overlaps, what stays and why, and what to do with the other.
func (c *composer) clash(r *row, line *Line) {
	clash := line.Clash
	stays, gives := c.named(clash.Stays), c.named(clash.Gives)
	if why := c.prose(c.whyOf(clash.Why)); why != "" {
		c.add(r, "", fmt.Sprintf(c.stays, stays, why))
	}
	r.Notes = append(r.Notes, note{Lead: c.recommended + c.colon, Text: c.remedy(clash, gives), Tone: "fix"})
}

// whyOf says the reason in the reader's language; one that has no words there is shown
// as package rules has it.
func (c *composer) whyOf(why string) string {
	if said, ok := c.whys[why]; ok {
		return said
	}
	// The name of a rule stands in quotes, where the rule is the reason.
	first, last := strings.IndexByte(why, '"'), strings.LastIndexByte(why, '"')
	if first < 0 || first == last {
		return why
	}
	name, err := strconv.Unquote(why[first : last+1])
	if said, ok := c.whys[why[:first]+"%s"+why[last+1:]]; ok && err == nil {
		return fmt.Sprintf(said, fmt.Sprintf(c.quote, name))
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
	return fmt.Sprintf(c.quote, title)
}

// changes shows what there is room for, and at least two.
func (c *composer) changes(changes []Line, room int) block {
	b := block{Key: "changed", Title: c.changed}
	shown := 0
	for i := range changes {
		line := &changes[i]
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
	b.Rows, b.More = c.rows(b.Key, changes, shown, c.change)
	return b
}

func (c *composer) change(line *Line) row {
	r := row{Tone: toneOf(line.Kind), Mark: c.kinds[line.Kind], Title: c.title(line.Title), Acts: c.actsOf(line)}
	text := joined(" · ", joined(", ", c.when(line.When), c.wasThen(line)), clean(line.Who, c.caps.title), c.prose(line.Text))
	c.add(&r, "", text)
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
