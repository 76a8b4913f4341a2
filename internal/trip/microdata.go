package trip

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxOpen bounds the elements that are open at a time.
const maxOpen = 512

// element is an open element of the page.
type element struct {
	tag     string
	script  bool     // of JSON-LD
	scope   *thing   // the innermost thing around what is inside
	depth   int      // things around
	names   []string // of which property its words are the value
	heard   *strings.Builder
	hearing int // stack index of the element that wants the words, or -1
}

// marks are the attributes of a tag that matter here.
type marks struct {
	scope               bool
	itemtype            string
	names               []string // itemprop
	kind                string   // of a script
	content, href, when string
}

func readMarks(tokens *html.Tokenizer, more bool) (m marks) {
	for more {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		switch string(key) {
		case "itemscope":
			m.scope = true
		case "itemtype":
			m.itemtype = string(value)
		case "itemprop":
			m.names = strings.Fields(string(value))
			m.names = m.names[:min(len(m.names), 4)]
		case "type":
			m.kind = strings.ToLower(strings.TrimSpace(string(value)))
		case "content":
			m.content = string(value)
		case "datetime":
			m.when = string(value)
		case "href", "src":
			m.href = string(value)
		}
	}
	return m
}

// start takes in a start tag.
func (r *reading) start(tokens *html.Tokenizer, closed bool) {
	name, more := tokens.TagName()
	tag := atom.Lookup(name)
	m := readMarks(tokens, more)
	e := element{tag: string(name), hearing: -1}
	if len(r.open) > 0 {
		top := r.open[len(r.open)-1]
		e.scope, e.depth, e.hearing = top.scope, top.depth, top.hearing
	}
	e.script = tag == atom.Script && strings.HasPrefix(m.kind, "application/ld+json")
	void := isVoid(tag)
	switch {
	case m.scope:
		r.item(&e, m)
	case len(m.names) > 0 && e.scope != nil:
		r.value(&e, m, void)
	}
	if void || closed && tag == 0 {
		return // nothing is inside; of elements that HTML knows, "/>" means nothing
	}
	if len(r.open) >= maxOpen {
		r.beyond++
		return
	}
	if e.heard != nil {
		e.hearing = len(r.open)
	}
	r.open = append(r.open, e)
}

// item begins a thing. It is what the page speaks of, or a property of the thing
// around it.
func (r *reading) item(e *element, m marks) {
	if !r.spend() || e.depth >= maxDepth {
		return
	}
	t := &thing{}
	for word := range strings.FieldsSeq(m.itemtype) {
		if len(t.types) < 4 {
			t.types = append(t.types, bare(word))
		}
	}
	if e.scope == nil || len(m.names) == 0 {
		r.found = append(r.found, t)
	} else {
		for _, name := range m.names {
			e.scope.says = append(e.scope.says, property{name: bare(name), thing: t})
		}
	}
	e.scope, e.hearing = t, -1
	e.depth++
}

// value takes the value of a property from the attribute that holds it, or waits
// for the words of the element (WHATWG HTML, 5.2.4). Mail has content attributes
// on everything.
func (r *reading) value(e *element, m marks, void bool) {
	text := m.content
	if text == "" {
		text = m.when
	}
	if text == "" {
		text = m.href
	}
	switch {
	case text != "":
		r.say(e.scope, m.names, text)
	case !void:
		e.names, e.heard = m.names, &strings.Builder{}
	}
}

func (r *reading) say(t *thing, names []string, text string) {
	for _, name := range names {
		if text = clean(text, maxText); text != "" && r.spend() {
			t.says = append(t.says, property{name: bare(name), text: text})
		}
	}
}

// hear adds words to those of an open element.
func (r *reading) hear(index int, words string) {
	if heard := r.open[index].heard; heard.Len() < 4*maxText {
		heard.WriteString(words[:min(len(words), 4*maxText)])
	}
}

// end closes the element that an end tag belongs to; one that belongs to none is
// passed over.
func (r *reading) end(tag string) {
	if r.beyond > 0 {
		r.beyond--
		return
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		if r.open[i].tag == tag {
			r.closeFrom(i)
			return
		}
	}
}

// closeFrom closes an element with all that is open in it.
func (r *reading) closeFrom(index int) {
	for _, e := range slices.Backward(r.open[index:]) {
		if e.heard != nil {
			r.say(e.scope, e.names, e.heard.String())
		}
	}
	r.open = r.open[:index]
}

// isVoid says that an element has no end tag.
func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link,
		atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}
