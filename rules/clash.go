package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	mostClashes   = 200
	maxTitleShown = 60
)

// Clash is two events that take the same time, with what is recommended.
type Clash struct {
	A, B Event // A should stay
	At   Span  // what both take
	Why  string
	// Fix is what to do with B: move, With start, end (RFC 3339) and tell;
	// or respond, With comment and tell. Its Action is empty where there is nothing to
	// recommend.
	Fix  Effect
	Slot Span   // the other time that Fix names; zero without one
	Text string // all of it in a sentence, for people; of private events no title
}

// Clashes finds the events that are in each other's way between two instants, by
// start. What the rules rank higher should stay; see criteria.
func (s *Set) Clashes(d *Diary, now, until time.Time) (clashes []Clash) {
	c := clashing{set: s, diary: d, now: now, fixes: map[string]fixed{}}
	var ahead []*ranked
	seen := map[string]bool{"": false}
	for e := range d.touching(now, until) {
		if e.occupies() && !seen[e.Key] {
			ahead, seen[e.Key] = append(ahead, &ranked{Event: e}), e.Key != ""
		}
	}
	ahead = slices.DeleteFunc(ahead, func(r *ranked) bool { return isMirrored(r.Event, ahead) })
	for i, a := range ahead {
		for _, b := range ahead[i+1:] {
			if !b.Start.Before(a.End) || len(clashes) == mostClashes {
				break
			}
			if !a.belongs(b.Event) {
				clashes = append(clashes, c.clash(a, b))
			}
		}
	}
	return clashes
}

// isMirrored reports whether an event only shows on another calendar that the time of
// one of these is taken: who decides about that one has decided about both.
func isMirrored(e *Event, among []*ranked) bool {
	return e.Ours && e.Follows != "" && slices.ContainsFunc(among, func(o *ranked) bool {
		return o.Key == e.Follows && o.Start.Equal(e.Start) && o.End.Equal(e.End)
	})
}

// clashing is one search for clashes.
type clashing struct {
	set   *Set
	diary *Diary
	now   time.Time
	fixes map[string]fixed // by the key of the event
	taken []Span           // what fixes have named
}

// fixed is what is recommended for one event, whatever it clashes with.
type fixed struct {
	effect Effect
	slot   Span
}

// ranked is an event with what decides whether it should stay.
type ranked struct {
	*Event
	known                       bool
	rule                        int // of the first rule that matches; the number of rules where none does
	ruleName                    string
	declinedBy                  string // the rule that does, if one does
	away, vip, external, theirs bool
	guests                      int
}

// criteria decide which of two events should stay; the first that tells them apart
// does. A positive answer speaks for the first event. What foredesk has made gives
// way to what people have made: moving it bothers nobody. Then the assistant's rules
// decide, by their order in the file.
var criteria = []struct {
	why     string
	compare func(a, b *ranked) int
}{
	{"foredesk made the other and can move it", func(a, b *ranked) int { return trueFirst(!a.Ours, !b.Ours) }},
	{"the rule %o declines the other", func(a, b *ranked) int { return trueFirst(a.declinedBy == "", b.declinedBy == "") }},
	{"the rule %s stands for it", func(a, b *ranked) int { return cmp.Compare(b.rule, a.rule) }},
	{"it is an absence", func(a, b *ranked) int { return trueFirst(a.away, b.away) }},
	{"somebody from outside takes part", func(a, b *ranked) int { return trueFirst(a.external, b.external) }},
	{"somebody of the list vip takes part", func(a, b *ranked) int { return trueFirst(a.vip, b.vip) }},
	{"somebody else has called it", func(a, b *ranked) int { return trueFirst(a.theirs, b.theirs) }},
	{"more people take part", func(a, b *ranked) int { return cmp.Compare(a.guests, b.guests) }},
	{"it is accepted", func(a, b *ranked) int { return trueFirst(a.Response == "accepted", b.Response == "accepted") }},
	{"it was made earlier", func(a, b *ranked) int { return earlierFirst(a.Created, b.Created) }},
	{"it begins earlier", func(a, b *ranked) int { return earlierFirst(a.Start, b.Start) }},
	{"it ends earlier", func(a, b *ranked) int { return earlierFirst(a.End, b.End) }},
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// earlierFirst does not decide where one of the times is not known.
func earlierFirst(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return 0
	}
	return b.Compare(a)
}

func (c *clashing) clash(a, b *ranked) Clash {
	c.rank(a)
	c.rank(b)
	why := "one of them has to"
	for _, criterion := range criteria {
		order := criterion.compare(a, b)
		if order < 0 {
			a, b = b, a
		}
		if order != 0 {
			why = strings.NewReplacer("%s", strconv.Quote(a.ruleName), "%o", strconv.Quote(b.declinedBy)).Replace(criterion.why)
			break
		}
	}
	found := Clash{A: *a.Event, B: *b.Event, At: a.span().within(b.span()), Why: why}
	fix := c.fix(&found)
	found.Fix, found.Slot = fix.effect, fix.slot
	found.Text = c.text(&found)
	return found
}

// rank works out what decides about an event, once.
func (c *clashing) rank(r *ranked) {
	if r.known {
		return
	}
	s, e := c.set, c.set.filled(*r.Event)
	r.known, r.Event = true, &e
	r.rule, r.ruleName, r.declinedBy = s.firstRule(&e, c.diary, c.now)
	r.away, r.external, r.guests = e.Kind == "outOfOffice", e.External, len(e.Attendees)
	r.theirs = !e.Mine && !e.Ours && s.withOthers(&e)
	for name, people := range s.people {
		if folded := Fold(name); folded == "vip" || folded == "vips" {
			r.vip = r.vip || people.Has(e.Organizer) || people.Any(e.Attendees)
		}
	}
}

// firstRule is the first rule on events that matches one and does something for it,
// and its place in the file; and the first that declines it.
func (s *Set) firstRule(e *Event, d *Diary, now time.Time) (place int, name, declinedBy string) {
	item := &Item{Role: "event", Event: *e, Diary: d, Received: e.Start, Date: e.Start}
	if e.Private {
		item.Sensitivity = "private"
	}
	place = len(s.Rules)
	for _, match := range s.Plan(item, now).Matches {
		i := slices.IndexFunc(s.Rules, func(r *Rule) bool { return r.Name == match.Rule && !r.isAside() })
		switch {
		case i < 0:
		case s.Rules[i].declines():
			declinedBy = cmp.Or(declinedBy, match.Rule)
		case name == "":
			place, name = i, match.Rule
		}
	}
	return place, name, declinedBy
}

// isAside reports whether all that a rule does is to put conflicts right or to write
// a page before a meeting: that says nothing of how much an event matters.
func (r *Rule) isAside() bool {
	return len(r.Actions) > 0 && !slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Name != "fix" && a.Name != "brief" })
}

// declines reports whether a rule says no to an invitation.
func (r *Rule) declines() bool {
	return slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Name == "respond" && a.Arg == "decline" })
}

// fix is what to do with the event that should go: what the executive can move is
// moved; of what is another's, another time is asked for. Of another's of which nobody
// knows whom to ask, such as a private one, nothing is recommended.
func (c *clashing) fix(clash *Clash) fixed {
	b := &clash.B
	if f, ok := c.fixes[b.Key]; ok && b.Key != "" {
		return f
	}
	if !b.Start.After(c.now) || b.Kind == "outOfOffice" {
		return fixed{} // it has begun, or nobody but the executive can say
	}
	// Other times that were named already are not free any more.
	slot, ok := c.set.Another(c.diary, b.span(), Want{Besides: b.Key, Others: c.taken}, c.now)
	f := fixed{slot: slot}
	others, own := c.set.withOthers(b), b.Mine || b.Ours
	switch {
	case !own && !others:
		f, ok = fixed{}, false
	case !own:
		f.effect = c.answer(b, slot)
	case ok:
		f.effect = Effect{Action: "move", With: map[string]string{
			"start": formatInstant(slot.Start), "end": formatInstant(slot.End), "tell": strconv.FormatBool(others),
		}}
	}
	if ok {
		c.taken = append(c.taken, slot)
	}
	c.fixes[b.Key] = f
	return f
}

// answer declines with another time. Where there is none, the invitation is left
// open.
func (c *clashing) answer(b *Event, slot Span) Effect {
	switch {
	case !slot.empty():
		return Effect{Action: "respond", Arg: "decline", With: map[string]string{
			"comment": fmt.Sprintf("I have another appointment then. Would %s suit you?", c.set.SpanText(slot)), "tell": "true",
		}}
	case b.Response == "tentative":
		return Effect{}
	}
	return Effect{Action: "respond", Arg: "tentative", With: map[string]string{"comment": "I have another appointment then, and may not be able to come.", "tell": "true"}}
}

// text says it all in a sentence.
func (c *clashing) text(clash *Clash) string {
	advice := "somebody has to decide what becomes of the second"
	other := c.set.SpanText(clash.Slot)
	switch fix := clash.Fix; {
	case fix.Action == "move":
		advice = "move the second to " + other
	case fix.Arg == "decline":
		advice = "decline the second and ask for " + other
	case fix.Arg == "tentative":
		advice = "answer the second with maybe, as there is no other time within two weeks"
	}
	text := fmt.Sprintf("%s and %s overlap on %s: the first should stay, because %s; %s.",
		titleOf(&clash.A), titleOf(&clash.B), onWall(clash.At, c.set.Timezone, true), clash.Why, advice)
	return strings.ToUpper(text[:1]) + text[1:]
}

// titleOf names an event in a sentence.
func titleOf(e *Event) string {
	title := oneLine(shortened(strings.TrimSpace(e.Title.raw), maxTitleShown))
	switch {
	case e.Private:
		return "a private event"
	case title == "":
		return "an event without a title"
	}
	return fmt.Sprintf("%q", title)
}
