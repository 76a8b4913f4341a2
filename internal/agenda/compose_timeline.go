package agenda

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A stretch between two entries is told as free if it is long enough to be of use,
// and not as long as a night.
const (
	shortestGap = 30 * time.Minute
	longestGap  = 8 * time.Hour
)

// The timeline is computed here, not gathered: gaps and changes of clocks follow from
// the entries, so that they cannot disagree with them.

// stop is one place on the time rail: an entry, a gap between two, or a change of
// the clocks' zone. Gaps and changes have no Time.
type stop struct {
	Tone   string // meet outside clash focus travel kept private free; gap, zone
	Time   string
	End    string
	Length string
	Title  string
	Mark   string // what kind of thing it is, where the title does not tell, with a colon
	Notes  []note
}

func (s *stop) words() string {
	r := row{Mark: joined(", ", s.Time, s.Length), Title: s.Mark + s.Title, Notes: s.Notes}
	return r.words()
}

func (c *composer) zoneOf(e *Entry) *time.Location {
	if e.Zone != nil {
		return e.Zone
	}
	return c.today.Location()
}

func (c *composer) zoneAfter(e *Entry) *time.Location {
	if e.EndZone != nil {
		return e.EndZone
	}
	return c.zoneOf(e)
}

// local is an instant on the clocks where the executive will be then, as far as
// today's entries tell; what comes after today is where the day ends.
func (c *composer) local(at time.Time) time.Time {
	zone := c.today.Location()
	for i := range c.entries {
		e := &c.entries[i]
		switch {
		case e.When.AllDay:
		case !e.When.End.After(at):
			zone = c.zoneAfter(e)
		case !e.When.Start.After(at):
			zone = c.zoneOf(e)
		}
	}
	return at.In(zone)
}

// timeline is the day on its rail: what lasts all day, then everything by start
// with the gaps between. Quiet days need nothing of the reader either.
func (c *composer) timeline(quiet bool) block {
	b := block{Key: "timeline", Title: c.wording.today}
	entries := c.entries
	zone, busyUntil := c.today.Location(), time.Time{}
	for i := range entries {
		e := &entries[i]
		if i >= c.caps.stops {
			c.trace(b.Key, e.ID, e.Source, c.entryTitle(e), false)
			continue
		}
		if !e.When.AllDay {
			if gap := e.When.Start.Sub(busyUntil); !busyUntil.IsZero() && gap >= shortestGap && gap <= longestGap {
				b.Stops = append(b.Stops, stop{Tone: "gap", Title: fmt.Sprintf(c.free, c.length(gap))})
			}
			b.Stops = append(b.Stops, c.zoneChange(zone, c.zoneOf(e), e.When.Start)...)
			if !e.Free {
				busyUntil = later(busyUntil, e.When.End)
			}
		}
		// The change of clocks stands between the flight and what comes after it.
		s := c.entry(e)
		b.Stops = append(b.Stops, s)
		c.trace(b.Key, e.ID, e.Source, s.words(), true)
		if !e.When.AllDay {
			zone = c.zoneAfter(e)
			b.Stops = append(b.Stops, c.zoneChange(c.zoneOf(e), zone, e.When.End)...)
		}
	}
	b.More = c.leftOut(len(entries) - c.caps.stops)
	switch {
	case len(entries) > 0:
	case c.mailOnly && quiet:
		b.More = c.nothingWaits
	case c.mailOnly:
	case quiet:
		b.More = c.quiet
	default:
		b.More = c.nothingToday
	}
	return b
}

// byStart puts what lasts all day first; of two that begin together, the shorter.
func byStart(a, b Entry) int {
	if a.When.AllDay != b.When.AllDay {
		if a.When.AllDay {
			return -1
		}
		return 1
	}
	return cmp.Or(a.When.Start.Compare(b.When.Start), a.When.End.Compare(b.When.End))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// zoneChange is the line between two zones whose clocks differ.
func (c *composer) zoneChange(from, to *time.Location, at time.Time) []stop {
	ahead := offset(at, to, from)
	text := fmt.Sprintf(c.zoneAhead, c.city(to), c.length(ahead), c.city(from))
	switch {
	case ahead == 0:
		return nil
	case ahead < 0:
		text = fmt.Sprintf(c.zoneBehind, c.city(to), c.length(-ahead), c.city(from))
	}
	return []stop{{Tone: "zone", Title: text}}
}

// entry puts one entry into words. Of a confidential one there is when it is.
func (c *composer) entry(e *Entry) stop {
	start := e.When.Start.In(c.zoneOf(e))
	s := stop{Tone: toneOfEntry(e), Time: c.clock(start), Title: c.entryTitle(e)}
	if e.When.AllDay {
		s.Time = c.allDay
	} else if length := e.When.End.Sub(e.When.Start); length > 0 {
		s.End, s.Length = c.clock(start.Add(length)), c.length(length)
	}
	s.note(c.beyondToday(e), "")
	if e.Confidential {
		return s
	}
	s.Mark = c.entryMark(e)
	c.where(&s, e)
	if e.Kind == Travel && e.EndZone != nil && offset(e.When.End, e.EndZone, c.zoneOf(e)) != 0 {
		s.note(fmt.Sprintf(c.arrive, c.clock(e.When.End.In(e.EndZone)), c.city(e.EndZone)), "")
	}
	c.flags(&s, e)
	return s
}

func (s *stop) note(text, tone string) {
	if text != "" {
		s.Notes = append(s.Notes, note{Text: text, Tone: tone})
	}
}

func (c *composer) entryTitle(e *Entry) string {
	if e.Confidential {
		return c.private
	}
	return c.title(e.Title)
}

// toneOfEntry is the colour of the rail. A conflict beats all else but discretion: who
// looks over the reader's shoulder learns nothing from a private entry.
func toneOfEntry(e *Entry) string {
	switch {
	case e.Confidential:
		return "private"
	case e.Clash != "":
		return "clash"
	case e.Free:
		return "free"
	case e.Kind == Meeting && len(e.Outside) > 0:
		return "outside"
	case e.Kind == Meeting:
		return "meet"
	case e.Kind == Focus || e.Kind == Travel || e.Kind == Kept:
		return string(e.Kind)
	}
	return "private"
}

// entryMark is the word before a title.
func (c *composer) entryMark(e *Entry) string {
	word := map[EntryKind]string{Focus: c.focus, Travel: c.travel, Kept: c.kept, Away: c.away}[e.Kind]
	if word == "" {
		return ""
	}
	return word + c.colon
}

// beyondToday says when something began or ends that is not only today, on the clocks
// there.
func (c *composer) beyondToday(e *Entry) string {
	start, end := e.When.Start.In(c.zoneOf(e)), e.When.End.In(c.zoneAfter(e))
	clock, last := func(t time.Time) string { return ", " + c.clock(t) }, end.Add(-1)
	if e.When.AllDay {
		zone := c.today.Location()
		start, end = start.In(zone), end.In(zone).AddDate(0, 0, -1)
		clock, last = func(time.Time) string { return "" }, end
	}
	var parts []string
	if daysBetween(c.today, start) < 0 {
		parts = append(parts, fmt.Sprintf(c.since, c.date(start)+clock(start)))
	}
	if daysBetween(c.today, last) > 0 {
		parts = append(parts, fmt.Sprintf(c.until, c.date(end)+clock(end)))
	}
	return strings.Join(parts, ", ")
}

// where adds the place and the link, and who will be there: in one line, if that is
// not much.
func (c *composer) where(s *stop, e *Entry) {
	place := clean(e.Place, c.caps.title)
	company := joined(" · ", c.company(e), c.guestsClock(e))
	link, host := webLink(e.Join)
	if link == "" {
		if len(e.Outside) == 0 {
			place, company = joined(" · ", place, company), ""
		}
		s.note(place, "")
		s.note(company, "")
		return
	}
	if also, _ := webLink(e.Place); also != "" {
		place = "" // the link stands where the place should
	}
	s.Notes = append(s.Notes, note{Text: place, Label: c.join, Link: link, Host: host})
	s.note(company, "")
}

// company is who comes from outside, and how the guests have answered. Colleagues are
// counted only: an executive knows who comes to their own meetings.
func (c *composer) company(e *Entry) string {
	with := ""
	if names := c.people(e.Outside); names != "" {
		with = fmt.Sprintf(c.guests, names)
	}
	if e.Accepted == 1 && e.Declined+e.Open == 0 {
		return with // the only guest comes: nothing to tell
	}
	var answers []string
	for _, a := range []struct {
		word string
		n    int
	}{{c.accepted, e.Accepted}, {c.declined, e.Declined}, {c.open, e.Open}} {
		if a.n > 0 {
			answers = append(answers, fmt.Sprintf(a.word, c.number(a.n)))
		}
	}
	if with == "" || len(answers) == 0 {
		return with + strings.Join(answers, ", ")
	}
	return with + " (" + strings.Join(answers, ", ") + ")"
}

// people lists names, up to the cap.
func (c *composer) people(all []string) string {
	var names []string
	for _, name := range all[:min(len(all), c.caps.people)] {
		if name = clean(name, c.caps.title/2); name != "" {
			names = append(names, name)
		}
	}
	if n := len(all) - c.caps.people; n > 0 {
		names = append(names, fmt.Sprintf(c.others, c.number(n)))
	}
	return strings.Join(names, "; ")
}

// guestsClock is when it is where the guests are, if their clocks differ.
func (c *composer) guestsClock(e *Entry) string {
	if e.GuestZone == nil || e.When.AllDay || offset(e.When.Start, e.GuestZone, c.zoneOf(e)) == 0 {
		return ""
	}
	there := e.When.Start.In(e.GuestZone)
	return fmt.Sprintf(c.atGuests, c.clock(there)+"–"+c.clock(e.When.End.In(e.GuestZone)), c.city(e.GuestZone))
}

// flags are what is wrong with an entry: a conflict in red, what is missing in brown.
// Each has its word, so that nothing hangs on telling the colours apart.
func (c *composer) flags(s *stop, e *Entry) {
	if e.Clash != "" {
		text := c.kinds[Conflict]
		if number := c.numbers[e.Clash]; number != "" {
			text = fmt.Sprintf(c.conflictSee, number)
		}
		s.note(text, "alert")
	}
	var missing []string
	for _, m := range []struct {
		is   bool
		word string
	}{
		{e.Response == Invitation, c.unanswered},
		{e.Response == Hold, c.maybe},
		{e.NoAgenda, c.noAgenda},
		{e.NoLink, c.noLink},
		{e.NoPlace, c.noPlace},
		{e.Free, c.shownFree},
	} {
		if m.is {
			missing = append(missing, m.word)
		}
	}
	s.note(strings.Join(missing, " · "), "warn")
}
