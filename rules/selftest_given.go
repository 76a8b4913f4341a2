package rules

import (
	"net/mail"
	"net/textproto"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// given builds the item of a test. What the test does not say is what an
// ordinary unread mail to the executive has.
func (l *loader) given(n *yaml.Node, now time.Time) *Item {
	item := &Item{Folder: "INBOX", Role: "inbox", Direction: "in", Kind: "person", Priority: "normal", Unread: true, Received: now, Date: now, Header: map[string][]string{}}
	item.Auth.Verdict = "unknown"
	item.Ask = func(string) (bool, error) { return false, nil }
	if len(l.set.me.entries) > 0 {
		item.To = []Address{ParseAddress("", l.set.me.entries[0])}
	}
	value, given := reflect.ValueOf(item).Elem(), map[string]bool{}
	l.mapping(n, "given", nil, func(key, v *yaml.Node) {
		if key.Value == "headers" {
			l.mapping(v, "headers", nil, func(name, body *yaml.Node) {
				item.Header[textproto.CanonicalMIMEHeaderKey(name.Value)] = l.texts(body, name.Value)
			})
			return
		}
		if key.Value == "seenBefore" {
			seen, _ := l.boolean(v, key.Value)
			item.Seen = func(string, time.Duration) bool { return seen }
			return
		}
		if key.Value == askFunction {
			item.Ask = l.givenAnswers(v)
			return
		}
		given[key.Value] = true
		if l.giveOccasion(item, key.Value, v) {
			return
		}
		field, ok := fieldByTag(value, key.Value)
		if !ok || key.Value == "-" {
			l.fail(key, suggestion(key.Value, append(fieldNames(value.Type()), "headers", "seenBefore", askFunction, "calendar", "trip")), "a mail has no %q to be given", key.Value)
			return
		}
		l.giveFact(key.Value, v, field)
	})
	l.followingFacts(item, given)
	l.followingOccasion(n, item, given)
	return item
}

// givenAnswers are the questions that a language model answers with yes; to all
// others it says no.
func (l *loader) givenAnswers(n *yaml.Node) func(string) (bool, error) {
	known, yes := l.set.questions(), map[string]bool{}
	for _, item := range items(n) {
		question, ok := l.text(item, askFunction)
		if question = oneLine(question); ok && !slices.Contains(known, question) {
			hint := "no rule asks anything"
			if len(known) > 0 {
				hint = suggestion(question, known)
			}
			l.fail(item, hint, "no rule asks %q", question)
		}
		yes[question] = true
	}
	return func(question string) (bool, error) { return yes[question], nil }
}

// followingFacts fills in what a test gives by giving another fact: a mail that
// was sent is the executive's, the whole text has at least the new one, and what
// the text holds is found in it.
func (l *loader) followingFacts(item *Item, given map[string]bool) {
	if item.Direction == "out" && !given["role"] {
		item.Role, item.Folder = "sent", "Sent"
	}
	if !given["full"] {
		item.Full = item.Text
	}
	if given["text"] && !given["found"] && l.options.Found != nil {
		item.Found = l.options.Found(item.Text.raw, item.Received)
	}
	if item.Found.Deadline.IsZero() && len(item.Found.Deadlines) > 0 {
		item.Found.Deadline = item.Found.Deadlines[0].Start
	}
}

// giveFact reads a node into a fact of any type.
func (l *loader) giveFact(name string, n *yaml.Node, field reflect.Value) {
	switch p := field.Addr().Interface().(type) {
	case *Text:
		if s, ok := l.scalar(n, name); ok {
			*p = NewText(s)
		}
	case *string:
		if s, ok := l.scalar(n, name); ok {
			l.enumerated(name, n)
			*p = s
		}
	case *bool:
		*p, _ = l.boolean(n, name)
	case *int, *float64:
		if err := n.Decode(p); err != nil {
			l.fail(n, "", "%s takes a number, not %q", name, n.Value)
		}
	case *time.Time:
		l.readTime(n, p)
	case *Address:
		if as := l.people(name, n); len(as) > 0 {
			*p = as[0]
		}
	case *[]Address:
		*p = l.people(name, n)
	case *[]string:
		*p = l.texts(n, name)
	case *time.Duration:
		d, err := ParseDuration(n.Value)
		if err != nil {
			l.fail(n, "", "%s", err)
		}
		*p = d
	case *[]File:
		*p = l.givenFiles(n)
	case *[]Link:
		*p = l.givenLinks(n, name)
	case *[]When:
		for _, item := range items(n) {
			*p = append(*p, l.givenWhen(item, name))
		}
	case *[]Amount:
		*p = l.givenAmounts(n, name)
	case *Event:
		*p = l.givenEvent(n, name)
	case *[]Event:
		for _, item := range items(n) {
			*p = append(*p, l.givenEvent(item, name))
		}
	case *[]Trip:
		*p = l.givenTrips(n, name)
	default:
		l.mapping(n, name, fieldNames(field.Type()), func(key, v *yaml.Node) {
			if inner, ok := fieldByTag(field, key.Value); ok {
				l.giveFact(name+"."+key.Value, v, inner)
			}
		})
	}
}

// givenWhen reads a time that the text names, or a mapping with what else is known
// of it, such as how sure it is.
func (l *loader) givenWhen(n *yaml.Node, name string) When {
	w := When{Text: n.Value, Confidence: 1}
	if n.Kind == yaml.MappingNode {
		l.mapping(n, name, fieldNames(reflect.TypeOf(w)), func(key, v *yaml.Node) {
			field, _ := fieldByTag(reflect.ValueOf(&w).Elem(), key.Value)
			l.giveFact(name+"."+key.Value, v, field)
			if key.Value == "start" {
				_, w.AllDay = l.timeIn(v)
			}
		})
	} else {
		w.Start, w.AllDay = l.timeIn(n)
	}
	if w.End.IsZero() {
		w.End = w.Start
		if w.AllDay {
			w.End = w.Start.AddDate(0, 0, 1)
		}
	}
	return w
}

// givenFiles reads names of files, or mappings with what else a file has.
func (l *loader) givenFiles(n *yaml.Node) []File {
	var files []File
	for _, item := range items(n) {
		f := NewFile("", "", 1000, false)
		if item.Kind == yaml.MappingNode {
			l.giveFact("file", item, reflect.ValueOf(&f).Elem())
		} else if s, ok := l.text(item, "files"); ok {
			f.Name = NewText(s)
		}
		if f.Ext == "" {
			f.Ext = NewFile(f.Name.raw, "", 0, false).Ext
		}
		files = append(files, f)
	}
	return files
}

// givenLinks reads addresses, or mappings of text and url.
func (l *loader) givenLinks(n *yaml.Node, name string) []Link {
	var all []Link
	for _, item := range items(n) {
		var link Link
		if item.Kind == yaml.MappingNode {
			l.giveFact("link", item, reflect.ValueOf(&link).Elem())
		} else {
			link.URL, _ = l.text(item, name)
		}
		all = append(all, NewLink(link.Text.raw, link.URL))
	}
	return all
}

func (l *loader) givenAmounts(n *yaml.Node, name string) []Amount {
	var all []Amount
	for _, item := range items(n) {
		value, currency, _ := strings.Cut(strings.TrimSpace(item.Value), " ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			l.fail(item, "write it like: 12.50 EUR", "%q is no amount in %s", item.Value, name)
		}
		all = append(all, Amount{number, strings.ToUpper(currency)})
	}
	return all
}

func (l *loader) enumerated(name string, n *yaml.Node) {
	if values, ok := enumerations[name]; ok && !slices.Contains(values, n.Value) {
		l.fail(n, suggestion(n.Value, nonEmpty(values)), "%s is never %q", name, n.Value)
	}
}

// people reads "Pat <pat@board.example>" or a list of such.
func (l *loader) people(name string, n *yaml.Node) []Address {
	var all []Address
	for _, item := range items(n) {
		s, ok := l.text(item, name)
		if !ok {
			continue
		}
		a, err := mail.ParseAddress(s)
		if err != nil {
			l.fail(item, "write: Pat <pat@board.example>", "%q is no address", s)
			continue
		}
		all = append(all, ParseAddress(a.Name, a.Address))
	}
	return all
}

func (l *loader) readTime(n *yaml.Node, t *time.Time) { *t, _ = l.timeIn(n) }

// timeIn reads a time of a test: a date, with or without a time of day, or a moment
// seen from the test's own time, such as "tomorrow 10:00".
func (l *loader) timeIn(n *yaml.Node) (t time.Time, wholeDay bool) {
	t, err := ParseDate(n.Value, l.set.Timezone)
	if err == nil {
		return t, len(n.Value) == len(time.DateOnly)
	}
	m, wrong := parseMoment(n.Value)
	if wrong != nil || m.field != "" || l.now.IsZero() {
		l.fail(n, "", "%s", err)
		return time.Time{}, false
	}
	at, _ := m.instant(l.set, &env{Item: &Item{}, Now: l.now}) // of no field: can't fail
	if m.minute < 0 && m.after == 0 {
		return onClock(at, 0, l.set.Timezone), true
	}
	return at, false
}
