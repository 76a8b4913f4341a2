package trip

import (
	"cmp"
	"html"
	"strings"
	"unicode"
)

// What is read of one mail.
const (
	maxPage   = 1 << 20   // bytes of HTML
	maxScript = 256 << 10 // bytes of one JSON-LD script
	maxThings = 2000      // things and texts in all
	maxDepth  = 24        // things in things
	maxTrips  = 20
	maxText   = 200 // characters of a name
	maxCode   = 40  // characters of a booking code or a number
)

// thing is an item of schema.org: what it is, and what is said of it. A nil thing
// says nothing.
type thing struct {
	types []string // "FlightReservation"; a property may be of several
	says  []property
}

// property is one that a thing has; a list makes several of the same name.
type property struct {
	name  string
	text  string
	thing *thing // nil where it is a text
}

// text returns the first text there is of the properties. Where a thing stands,
// its name is meant.
func (t *thing) text(names ...string) string {
	if t == nil {
		return ""
	}
	for _, name := range names {
		for _, p := range t.says {
			if p.name != name {
				continue
			}
			if s := cmp.Or(p.text, p.thing.plain("@value"), p.thing.plain("name")); s != "" {
				return s
			}
		}
	}
	return ""
}

// plain returns a property that is a text itself.
func (t *thing) plain(name string) string {
	if t == nil {
		return ""
	}
	for _, p := range t.says {
		if p.name == name && p.text != "" {
			return p.text
		}
	}
	return ""
}

// things returns all things of a property. A text in the place of one is its name.
func (t *thing) things(name string) (all []*thing) {
	if t == nil {
		return nil
	}
	for _, p := range t.says {
		switch {
		case p.name != name:
		case p.thing != nil:
			all = append(all, p.thing)
		case p.text != "":
			all = append(all, &thing{says: []property{{name: "name", text: p.text}}})
		}
	}
	return all
}

// thing returns the first of the properties that is there.
func (t *thing) thing(names ...string) *thing {
	for _, name := range names {
		if all := t.things(name); len(all) > 0 {
			return all[0]
		}
	}
	return nil
}

// bare takes the address of the vocabulary from a word of it.
func bare(word string) string {
	word = strings.TrimSpace(word)
	if i := strings.LastIndex(strings.ToLower(word), "schema.org/"); i >= 0 {
		return word[i+len("schema.org/"):]
	}
	return strings.TrimPrefix(word, "schema:")
}

// clean makes a foreign text fit to be shown in a line: without line breaks, control
// characters and marks that turn the direction of writing, and not too long.
func clean(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(html.UnescapeString(s), ""))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > limit {
		s = strings.TrimSpace(string(runes[:limit-1])) + "…"
	}
	return s
}
