package gather

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/rules"
)

// shortAir is how long a buffer must be to be told of: less is the gap that it is.
const shortAir = 30 * time.Minute

// timeline is what is on today's calendar, on the clocks of where the executive will
// be by then.
func (g *gathering) timeline(_ context.Context, day *agenda.Day) error {
	for _, e := range g.todays() {
		day.Timeline = append(day.Timeline, g.entry(e))
	}
	return nil
}

// todays are the occurrences that today's timeline shows.
func (g *gathering) todays() []*rules.Event {
	return slices.DeleteFunc(g.between(g.today, g.dayEnd()), func(e *rules.Event) bool {
		m, _ := g.mirrored(e)
		action, _, _ := strings.Cut(m.Ours["action"], " ")
		switch {
		case e.Response == "declined" || e.Kind == "workingLocation":
			return true
		case e.Ours && action == "mirror":
			return true // of what stands there itself
		case e.Ours && action == "buffer":
			return !isTravel(e) && e.End.Sub(e.Start) < shortAir
		}
		return false
	})
}

// entry is one occurrence on the timeline; of a private one there is when it is.
func (g *gathering) entry(e *rules.Event) agenda.Entry {
	m, _ := g.mirrored(e)
	entry := agenda.Entry{
		Source: agenda.Source{Rule: e.Rule, Message: m.Ours["message"], Event: e.Key}, Kind: g.kindOf(e, &m),
		Confidential: e.Private, When: g.span(e), Free: !e.Busy,
	}
	g.clocks(&entry, e)
	if e.Private {
		return entry
	}
	missing := g.Rules.EventFacts(*e, nil).Missing
	entry.Title, entry.Clash = e.Title.String(), g.clashing[e.Key]
	entry.Place, entry.Join = strings.TrimSpace(e.Location.String()), joinLink(e)
	entry.Accepted, entry.Declined, entry.Open = e.Accepted, e.Declined, len(e.Attendees)-e.Accepted-e.Declined
	for _, a := range g.outside(e) {
		entry.Outside = append(entry.Outside, g.withHouse(a, entry.Title))
	}
	entry.Response = responseKinds[e.Response]
	if entry.Kind == agenda.Meeting && e.Busy {
		entry.NoAgenda = slices.Contains(missing, "agenda")
		entry.NoLink, entry.NoPlace = slices.Contains(missing, "video"), slices.Contains(missing, "location")
	}
	g.guestsZone(&entry, e, m.Zone)
	return entry
}

// responseKinds are the answers that are shown beside an entry.
var responseKinds = map[string]agenda.Kind{"needsAction": agenda.Invitation, "tentative": agenda.Hold}

// clocks sets the zones of an entry. What began before today is told on the clocks
// of where the day begins.
func (g *gathering) clocks(entry *agenda.Entry, e *rules.Event) {
	if e.AllDay {
		return
	}
	entry.Zone = g.zoneAt(e.Start)
	from, to, leads := g.leads(e)
	if leads {
		if !e.Start.Before(g.today) {
			entry.Zone = from
		}
		entry.EndZone = to
	}
	if entry.Zone.String() == g.zone.String() {
		entry.Zone = nil
	}
}

// guestsZone sets the zone of the guests where the event was made in another than
// that of the executive by people of another house.
func (g *gathering) guestsZone(entry *agenda.Entry, e *rules.Event, name string) {
	if e.AllDay || e.Mine || !g.Rules.IsOutside(e.Organizer) || name == "" {
		return
	}
	theirs, err := time.LoadLocation(name)
	if err != nil {
		return
	}
	// The zone at home is that of every event that nobody has given another.
	_, there := e.Start.In(theirs).Zone()
	_, here := e.Start.In(g.zoneAt(e.Start)).Zone()
	if _, home := e.Start.In(g.Rules.Timezone).Zone(); there != here && there != home {
		entry.GuestZone = theirs
	}
}

// kindOf is what an occurrence is in the words of the timeline.
func (g *gathering) kindOf(e *rules.Event, m *datebook.Event) agenda.EntryKind {
	_, _, leads := g.leads(e)
	switch {
	case e.Kind == "focus":
		return agenda.Focus
	case e.Kind == "outOfOffice":
		return agenda.Away
	case e.Kind == "hold" || e.Kind == "offer":
		return agenda.Kept
	case leads || !e.Private && (isTravel(e) || isLeg(m)):
		return agenda.Travel
	case e.Kind == "meeting":
		return agenda.Meeting
	}
	return agenda.Alone
}

// wayWords begin the title of a journey, as people and our own rules write it.
var wayWords = regexp.MustCompile(`(?i)^(flight|train|bus|ferry|travel|drive|taxi|flug|zug|bahn|fähre|fahrt|anreise|abreise|rückreise|reise|vol|train|trajet|voyage)\b`)

// legAction is that of a step which puts one leg of a journey on the calendar.
var legAction = regexp.MustCompile(`^schedule \d+$`)

// isTravel reports whether a title speaks of a way, of the executive alone.
func isTravel(e *rules.Event) bool {
	return !e.AllDay && len(e.Attendees) == 0 && wayWords.MatchString(e.Title.String())
}

// isLeg reports whether foredesk has put an event there as a leg of a journey, whose
// title says from where to where.
func isLeg(m *datebook.Event) bool {
	return legAction.MatchString(m.Ours["action"]) && !m.AllDay && strings.Contains(m.Title, " to ")
}

// outside are the people of other houses who take part, the organizer first.
func (g *gathering) outside(e *rules.Event) (people []rules.Address) {
	add := func(a rules.Address) {
		known := slices.ContainsFunc(people, func(p rules.Address) bool { return p.Email == a.Email })
		if g.Rules.IsOutside(a) && !known {
			people = append(people, a)
		}
	}
	if !e.Mine {
		add(e.Organizer)
	}
	for _, a := range e.Attendees {
		add(a)
	}
	return people
}

// withHouse is a person with the house they belong to, by the name of its domain:
// "Karin Vogel, Hansa Logistik". It is spelled as in the title, or in a goal.
func (g *gathering) withHouse(a rules.Address, title string) string {
	name, house := nameOf(a), houseOf(a)
	if house == "" || name == a.Email {
		return name // the address says it
	}
	for _, text := range append([]string{title}, g.Rules.Goals()...) {
		words := strings.Fields(text)
		for i := range words {
			end := min(i+1+strings.Count(house, " "), len(words))
			if written := strings.Trim(strings.Join(words[i:end], " "), ".,:;()"); strings.EqualFold(written, house) {
				return name + ", " + written
			}
		}
	}
	return name + ", " + house
}

// houseOf is the name of a domain with capitals; of one that gives addresses to
// everybody there is none.
func houseOf(a rules.Address) string {
	if rules.IsPublicMail(a.Domain) {
		return ""
	}
	words := strings.FieldsFunc(a.Org, func(r rune) bool { return r == '-' || r == '_' })
	for i, w := range words {
		first := []rune(w)
		words[i] = strings.ToUpper(string(first[0])) + string(first[1:])
	}
	return strings.Join(words, " ")
}

// callHosts are where video calls are held; their links stand in notes, where people
// paste them.
var callHosts = []string{"zoom.us", "teams.microsoft.com", "teams.live.com", "meet.google.com", "webex.com", "whereby.com", "jit.si", "gotomeeting.com", "chime.aws"}

// joinLink is the link to an event's video call.
func joinLink(e *rules.Event) string {
	if e.Video != "" {
		return e.Video
	}
	for _, text := range []string{e.Location.String(), e.Notes.String()} {
		for _, word := range strings.Fields(text) {
			if link, ok := callLink(word); ok {
				return link
			}
		}
	}
	return ""
}

// callLink reads a word as a link to a video call. What people write around it is no
// part of it.
func callLink(word string) (string, bool) {
	at := strings.Index(word, "https://")
	if at < 0 {
		return "", false
	}
	word = strings.TrimRight(word[at:], `.,;:)>]"'`)
	u, err := url.Parse(word)
	if err != nil {
		return "", false
	}
	return word, slices.ContainsFunc(callHosts, func(host string) bool {
		return u.Hostname() == host || strings.HasSuffix(u.Hostname(), "."+host)
	})
}
