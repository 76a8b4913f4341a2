package rules

import (
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// googleColours are the colours of events, and plain words for some of them.
var (
	googleColours = []string{"lavender", "sage", "grape", "flamingo", "banana", "tangerine", "peacock", "graphite", "blueberry", "basil", "tomato"}
	plainColours  = map[string]string{
		"red": "tomato", "orange": "tangerine", "yellow": "banana", "green": "basil", "blue": "blueberry", "purple": "grape", "gray": "graphite", "grey": "graphite",
	}
)

// calendarVerbs are the actions of the schedule group.
func calendarVerbs() map[string]verb {
	var (
		line    = kind{readLine, textSchema("Read: {subject}")}
		text    = kind{readText, textSchema()}
		length  = kind{readWait, textSchema("45m", "1h30m", "3d")}
		between = kind{readHours, textSchema("08:00-12:00")}
		days    = kind{readDays, textsSchema("mon-thu", "tue", "weekdays")}
		color   = kind{readColour, wordSchema(slices.Concat(anys(googleColours), anys(plainWordsOfColours()))...)}
		yesNo   = kind{readBool, yesOrNo()}
		word    = kind{readSection, textSchema("primary")}
		remind  = kind{readReminders, textsSchema("10m", "1d")}
		guests  = kind{readGuests, textsSchema("from", "organizer")}
		when    = kind{readWhen, textSchema("{deadline}", "{date}", "invite", "trip", "free", "day", "tomorrow 09:00")}
		share   = kind{readShare, schema{"type": "number", "exclusiveMinimum": 0, "maximum": 1}}
		flip    = oneOf("busy")
		look    = []field{{name: "between", kind: between}, {name: "days", kind: days}, {name: "within", kind: length}}
		looks   = []field{{name: "calendar", kind: word}, {name: "notes", kind: text}, {name: "color", kind: color}, {name: "remind", kind: remind}}
		flips   = []field{{name: "flip", kind: flip}, {name: "load", kind: share}}
		title   = field{name: "title", kind: line}
		booking = slices.Concat([]field{
			title,
			{name: "on", kind: when},
			{name: "at", kind: kind{readClock, textSchema("10:00")}},
			{name: "length", kind: length},
			{name: "guests", kind: guests},
			{name: "tell", kind: yesNo},
			{name: "location", kind: line},
			{name: "busy", kind: yesNo},
			{name: "movable", kind: yesNo},
		}, look, looks)
	)
	return map[string]verb{
		"schedule": {main: "title", fields: booking, check: checkBooking},
		"hold":     {main: "title", fields: slices.Concat(booking, flips, []field{{name: "expire", kind: length}}), check: checkBooking},
		"focus":    {main: "title", short: "length", fields: slices.Concat([]field{title, {name: "length", required: true, kind: length}, {name: "movable", kind: yesNo}}, look, looks, flips), check: checkFlip},
		"prep":     {main: "title", short: "before", fields: slices.Concat([]field{{name: "before", required: true, kind: length}, {name: "length", kind: length}, title}, looks)},
		"buffer": {main: "title", short: "after", fields: slices.Concat([]field{
			{name: "before", kind: length}, {name: "after", kind: length}, {name: "travel", kind: kind{readOn, schema{"enum": []any{true, "yes"}}}}, title,
		}, looks), check: checkBuffer},
		"mirror": {main: "title", short: "as", fields: []field{{name: "as", kind: flip}, title, {name: "calendar", kind: word}, {name: "color", kind: color}}},
		"respond": {main: "answer", fields: []field{
			{name: "answer", required: true, kind: oneOf("accept", "tentative", "decline")},
			{name: "comment", kind: kind{readComment, textSchema("Could we do {alternative}?")}},
			{name: "tell", kind: yesNo},
			{name: "days", kind: days},
			{name: "between", kind: between},
		}},
		"propose": {main: "slots", short: "length", fields: slices.Concat([]field{
			{name: "slots", kind: kind{readCount, schema{"type": "integer", "minimum": 1, "maximum": maxProposed}}},
			{name: "length", required: true, kind: length},
			{name: "hold", kind: yesNo},
			{name: "expire", kind: length},
			{name: "chase", kind: length},
			{name: "template", kind: kind{readWording, textSchema()}},
		}, look)},
		"move":  {main: "to", short: "to", fields: slices.Concat([]field{{name: "to", kind: oneOf("free")}, {name: "length", kind: length}, {name: "tell", kind: yesNo}}, look)},
		"fix":   takes(oneOf("conflict")),
		"color": takes(color),
		"tag":   takes(kind{readSection, textSchema("board")}),
	}
}

func plainWordsOfColours() []string {
	return slices.DeleteFunc(append(slices.Clone(colours), "grey"), func(word string) bool { return plainColours[word] == "" })
}

func readText(l *loader, n *yaml.Node, a *Action, name string) { l.template(n, a, name, inText) }

// readComment reads the text that goes with an answer. {alternative} stays in it
// until the calendar is asked.
func readComment(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	t, err := templateOn(l.sort, s, inText, "alternative")
	if err != nil {
		l.failWith(n, err)
		return
	}
	a.giveTemplate(name, t)
}

// readOn reads true; false is the same as to leave the line out.
func readOn(l *loader, n *yaml.Node, a *Action, name string) {
	if on, ok := l.boolean(n, a.what(name)); ok && !on {
		l.fail(n, "leave the line out instead", "%s: false does nothing", name)
	}
	a.give(name, "true")
}

func readColour(l *loader, n *yaml.Node, a *Action, name string) {
	word, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	colour, ok := colourOf(word)
	if !ok {
		allowed := slices.Concat(googleColours, plainWordsOfColours())
		l.fail(n, suggestion(strings.ToLower(word), allowed), "there is no colour %q for events", word)
	}
	a.give(name, colour)
}

// colourOf is Google's name of a colour.
func colourOf(word string) (string, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	if plain, ok := plainColours[word]; ok {
		return plain, true
	}
	return word, slices.Contains(googleColours, word)
}

// readHours reads "08:00-12:00".
func readHours(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	from, to, err := parseSpan(s)
	if err == nil && from > to {
		err = fmt.Errorf("%q goes over midnight; write hours of one day, such as \"08:00-12:00\"", s)
	}
	if err != nil {
		l.failWith(n, err)
		return
	}
	a.give(name, fmt.Sprintf("%s-%s", clockOf(from), clockOf(to)))
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// readDays reads "mon-thu", "weekdays" or a list of days.
func readDays(l *loader, n *yaml.Node, a *Action, name string) {
	w := workHours{}
	for _, item := range items(n) {
		s, ok := l.text(item, a.what(name))
		if !ok {
			return
		}
		for word := range listed(strings.ToLower(s)) {
			part := word
			if many, ok := manyDays[word]; ok {
				part = many
			}
			if err := w.addDays(part); err != nil {
				l.fail(item, `write for example "mon-thu", "tue, thu" or "weekdays"`, "%q is no day of the week", word)
				return
			}
		}
	}
	var days []string
	for i := range 7 { // a week begins on Monday here, as in workHours
		if d := (i + 1) % 7; w.days[d] {
			days = append(days, dayNames[d])
		}
	}
	if len(days) == 0 {
		l.fail(n, `write for example "mon-thu"`, "%s names no day", a.what(name))
	}
	a.give(name, strings.Join(days, ","))
}

func readClock(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	minute, err := parseClock(s)
	if err != nil {
		l.fail(n, "write it like 10:00", "%q is no time of day", s)
		return
	}
	a.give(name, clockOf(minute))
}

// readReminders reads how long before an event somebody is reminded of it.
func readReminders(l *loader, n *yaml.Node, a *Action, name string) {
	var all []string
	for _, item := range items(n) {
		s, ok := l.text(item, a.what(name))
		if !ok {
			return
		}
		for part := range listed(s) {
			if d, err := ParseDuration(part); err != nil || d < 0 {
				l.fail(item, `write it like "10m" or "1d"`, "%q is no length of time", part)
			}
			all = append(all, part)
		}
	}
	a.give(name, strings.Join(all, ", "))
}

// readGuests reads addresses; "from" is who wrote the mail, "organizer" who called
// the meeting.
func readGuests(l *loader, n *yaml.Node, a *Action, name string) {
	var guests []string
	for _, item := range items(n) {
		s, ok := l.text(item, a.what(name))
		switch {
		case !ok:
		case s == "organizer" && l.sort != "day", s == "from" && (l.sort == "mail" || l.sort == "sent"):
			guests = append(guests, s)
		default:
			addr, err := mail.ParseAddress(s)
			if err != nil || strings.ContainsFunc(s, unicode.IsControl) {
				l.fail(item, `write an address like "pat@board.example", or in a rule on mail "from", or "organizer"`, "%q is no address", s)
				continue
			}
			guests = append(guests, strings.ToLower(addr.Address))
		}
	}
	if len(items(n)) == 0 {
		l.fail(n, "write an address, or leave the line out", "%s names nobody", a.what(name))
	}
	a.give(name, strings.Join(guests, ", "))
}

const maxProposed = 10

func readCount(l *loader, n *yaml.Node, a *Action, name string) {
	if count, err := strconv.Atoi(n.Value); err != nil || count < 1 || count > maxProposed {
		l.fail(n, "write for example: slots: 3", "%q is no number of times to offer, 1 to %d", n.Value, maxProposed)
	}
	a.give(name, n.Value)
}

// readShare reads a share such as 0.6.
func readShare(l *loader, n *yaml.Node, a *Action, name string) {
	if share, err := strconv.ParseFloat(n.Value, 64); err != nil || !(share > 0 && share <= 1) {
		l.fail(n, "write a share of the hours of work, such as 0.6", "%q is no share of a day", n.Value)
	}
	a.give(name, n.Value)
}

// readWhen reads what an event is put on: what the mail names, an invitation, a
// trip, the next free time, or a moment.
func readWhen(l *loader, n *yaml.Node, a *Action, name string) {
	s, ok := l.text(n, a.what(name))
	if !ok {
		return
	}
	word := strings.ToLower(strings.TrimSpace(s))
	mail := l.sort == "mail" || l.sort == "sent"
	a.timing = &timing{on: word}
	switch {
	case word == "free", word == "day" && l.sort == "day", (word == "invite" || word == "trip") && mail:
		return
	case word == "invite", word == "trip":
		l.fail(n, "write for example: on: free", "an event or a day has no %s", word)
		return
	case word == "day":
		l.fail(n, "write for example: on: free", "on: day is for rules on days")
		return
	}
	m, err := parseMoment(s)
	switch {
	case err != nil:
		l.fail(n, `write "{deadline}", "{date}", invite, trip, free, or a moment such as "tomorrow 09:00"`, "%q is nothing to put an event on", s)
	case m.field != "" && !mail:
		l.fail(n, "write for example: on: free", "an event or a day names no %s", m.field)
	default:
		a.timing.on, a.timing.moment = "moment", m
		if m.field != "" {
			a.timing.on = m.field
		}
	}
}

// checkBooking finds what does not go together in schedule and hold, and adds what
// goes without saying.
func checkBooking(l *loader, n *yaml.Node, a *Action) {
	if a.timing == nil {
		a.timing = &timing{}
		switch {
		case l.sort == "day":
			a.timing.on = "day"
		case a.Name == "hold":
			a.timing.on = "free"
		default:
			l.fail(n, `write for example: on: "{deadline}", on: "tomorrow 09:00" or on: free`, "%s does not say when: it needs on", a.Name)
			return
		}
	}
	on := a.timing.on
	has := func(name string) bool { return a.With[name] != "" }
	switch {
	case on == "free" && !has("length"):
		l.fail(n, "add for example: length: 45m", "%s needs length: how much free time is looked for", a.Name)
	case on == "day" && !has("length") && !has("at"):
		l.fail(n, `add for example: length: 45m, or at: "12:30"`, "%s needs length or at", a.Name)
	case has("at") && slices.Contains([]string{"free", "invite", "trip"}, on):
		l.fail(n, "leave at out", "on: %s says the time of day by itself", on)
	case has("within") && on != "free" && on != "day":
		l.fail(n, "leave within out", "within is how far ahead free time is looked for; it goes with on: free")
	case has("tell") && !has("guests"):
		l.fail(n, "leave tell out, or add guests", "tell is whether guests are told, and there are none")
	case a.Name == "schedule" && a.Arg == "" && on != "trip" && on != "invite":
		l.fail(n, `write for example: title: "Read: {subject}"`, "schedule needs title")
	default:
		checkFlip(l, n, a)
	}
}

// checkFlip finds a load without anything that hangs on it, and one against busy.
func checkFlip(l *loader, n *yaml.Node, a *Action) {
	switch {
	case a.With["load"] != "" && a.With["flip"] == "":
		l.fail(n, "add flip: busy", "load says how full a day must be for flip: busy")
	case a.With["flip"] != "" && a.With["busy"] != "":
		l.fail(n, "leave busy out", "flip: busy begins as free and turns busy: busy can't stand beside it")
	}
}

func checkBuffer(l *loader, n *yaml.Node, a *Action) {
	if a.With["before"] == "" && a.With["after"] == "" && a.With["travel"] == "" {
		l.fail(n, "write for example: buffer: {after: 10m}", "buffer needs before, after or travel")
	}
}
