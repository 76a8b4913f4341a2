package trip

import (
	"encoding/json"
	"slices"
	"strings"
)

// script reads the things of a JSON-LD script. One that can't be read says
// nothing.
func (r *reading) script(text string) {
	if len(text) > maxScript || r.left <= 0 {
		return
	}
	mended, ok := mend(text)
	if !ok {
		return
	}
	in := json.NewDecoder(strings.NewReader(mended))
	in.UseNumber()
	for {
		var value any
		if in.Decode(&value) != nil {
			return // also at the end
		}
		r.roots(value, 0)
	}
}

// mend makes JSON of what senders write for it: with commas too many or none
// between things, line breaks in strings, and comments of HTML around it. It says
// no to what is nested too deeply.
func mend(text string) (string, bool) {
	begin := strings.IndexAny(text, "{[")
	if begin < 0 {
		return "", false
	}
	m := mending{text: text[begin:]}
	m.out.Grow(len(text))
	for m.at < len(m.text) {
		if !m.step() {
			return "", false
		}
		if m.depth == 0 && m.rest() {
			break
		}
	}
	return m.out.String(), true
}

// mending is a text on its way to JSON.
type mending struct {
	text  string
	at    int
	depth int
	last  byte // the last byte outside of strings that is no white space
	out   strings.Builder
}

// step copies the next byte or string, mended.
func (m *mending) step() bool {
	c := m.text[m.at]
	m.at++
	switch c {
	case ' ', '\t', '\n', '\r':
		m.out.WriteByte(' ')
		return true
	case ',':
		if m.last == ',' || m.last == '{' || m.last == '[' || m.followedBy("}],") {
			return true
		}
	case '{', '[':
		if m.last == '}' || m.last == ']' {
			m.out.WriteByte(',')
		}
		if m.depth++; m.depth > 2*maxDepth {
			return false
		}
	case '}', ']':
		m.depth--
	case '"':
		m.str()
	}
	if m.last = c; c != '"' {
		m.out.WriteByte(c)
	}
	return m.depth >= 0
}

// followedBy says that the next byte that is no white space is one of some.
func (m *mending) followedBy(some string) bool {
	next := strings.TrimLeft(m.text[m.at:], " \t\r\n")
	return next != "" && strings.IndexByte(some, next[0]) >= 0
}

// rest reports that no further value follows the one that has ended.
func (m *mending) rest() bool {
	m.last = 0
	next := strings.IndexAny(m.text[m.at:], "{[")
	if next < 0 {
		return true
	}
	m.out.WriteByte('\n')
	m.at += next
	return false
}

// str copies a string. Control characters in it become spaces.
func (m *mending) str() {
	m.out.WriteByte('"')
	for m.at < len(m.text) {
		c := m.text[m.at]
		m.at++
		if c < ' ' {
			c = ' '
		}
		m.out.WriteByte(c)
		if c == '"' {
			return
		}
		if c == '\\' && m.at < len(m.text) {
			m.out.WriteByte(m.text[m.at])
			m.at++
		}
	}
}

// roots takes the things that a script speaks of: one, a list, or a graph.
func (r *reading) roots(value any, depth int) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			if depth < maxDepth {
				r.roots(v, depth+1)
			}
		}
	case map[string]any:
		if t := r.thingOf(value, depth); t != nil {
			r.found = append(r.found, t)
		}
	}
}

func (r *reading) thingOf(object map[string]any, depth int) *thing {
	if !r.spend() || depth > maxDepth {
		return nil
	}
	t := &thing{}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names) // the same script gives the same thing
	for _, name := range names {
		switch name {
		case "@type":
			t.types = append(t.types, typesOf(object[name])...)
		case "@context", "@id":
		default:
			r.property(t, bare(name), object[name], depth)
		}
	}
	return t
}

// property adds what an object says under one name.
func (r *reading) property(t *thing, name string, value any, depth int) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			if depth < maxDepth && r.left > 0 {
				r.property(t, name, v, depth+1)
			}
		}
	case map[string]any:
		if inner := r.thingOf(value, depth+1); inner != nil {
			t.says = append(t.says, property{name: name, thing: inner})
		}
	case string:
		r.say(t, []string{name}, value)
	case json.Number:
		r.say(t, []string{name}, value.String())
	}
}

func typesOf(value any) (types []string) {
	switch value := value.(type) {
	case string:
		types = []string{bare(value)}
	case []any:
		for _, v := range value[:min(len(value), 4)] {
			if s, ok := v.(string); ok {
				types = append(types, bare(s))
			}
		}
	}
	return types
}
