package summary

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// isInline says that an element makes no line of its own. Its end tag closes
// nothing across a block.
func isInline(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.Abbr, atom.Acronym, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Button, atom.Cite, atom.Code,
		atom.Data, atom.Del, atom.Dfn, atom.Em, atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Map,
		atom.Mark, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub,
		atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Object, atom.Noscript:
		return true
	}
	return unseen(tag)
}

// isCell says that an element bounds what an end tag within it can close.
func isCell(tag atom.Atom) bool {
	return tag == atom.Td || tag == atom.Th || tag == atom.Table || tag == atom.Caption
}

// ending says which open elements a start tag ends without saying so, and
// which bound the search. Blocks bound that for paragraphs and links.
type ending struct {
	closes, bounds []atom.Atom
	blocks         bool // blocks are bounds, too
}

var endings = map[atom.Atom]ending{
	atom.Li: {closes: []atom.Atom{atom.Li}, bounds: []atom.Atom{atom.Ul, atom.Ol, atom.Td, atom.Th, atom.Table, atom.Blockquote}},
	atom.Dt: {closes: []atom.Atom{atom.Dt, atom.Dd}, bounds: []atom.Atom{atom.Dl, atom.Td, atom.Th, atom.Table}},
	atom.Dd: {closes: []atom.Atom{atom.Dt, atom.Dd}, bounds: []atom.Atom{atom.Dl, atom.Td, atom.Th, atom.Table}},
	atom.Td: {closes: []atom.Atom{atom.Td, atom.Th}, bounds: []atom.Atom{atom.Tr, atom.Table}},
	atom.Th: {closes: []atom.Atom{atom.Td, atom.Th}, bounds: []atom.Atom{atom.Tr, atom.Table}},
	atom.Tr: {closes: []atom.Atom{atom.Tr}, bounds: []atom.Atom{atom.Table}},
	atom.A:  {closes: []atom.Atom{atom.A}, blocks: true},
	atom.P:  {closes: []atom.Atom{atom.P}, blocks: true},
}

// implied closes the element that a start tag ends without saying so: a
// paragraph by any block, a cell by the next one.
func (p *page) implied(tag atom.Atom) {
	rule, ok := endings[tag]
	if !ok && !isInline(tag) {
		rule, ok = endings[atom.P], true
	}
	if !ok || p.beyond > 0 {
		return
	}
	for i := len(p.open) - 1; i > 0; i-- {
		open := p.open[i].tag
		switch {
		case slices.Contains(rule.closes, open):
			p.closeFrom(i)
			return
		case slices.Contains(rule.bounds, open), rule.blocks && !isInline(open):
			return
		}
	}
}

// end takes in an end tag. One that closes nothing is passed over.
func (p *page) end(tag atom.Atom) {
	switch tag {
	case 0, atom.Html, atom.Head, atom.Body:
		return
	case atom.Br:
		p.void(tag, attributes{}) // as browsers do
		return
	}
	if p.beyond > 0 {
		p.beyond--
		return
	}
	for i := len(p.open) - 1; i > 0; i-- {
		open := p.open[i].tag
		if open == tag {
			p.closeFrom(i)
			return
		}
		// A wrong end tag must not close the layout around it.
		inline := isInline(tag) && !isInline(open)
		if inline || isCell(open) && tag != atom.Table && tag != atom.Tr {
			return
		}
	}
}

// closeFrom closes an element with all that is open in it.
func (p *page) closeFrom(index int) {
	for len(p.open) > index {
		p.pop()
	}
}

// pop closes the innermost element.
func (p *page) pop() {
	e := *p.top()
	p.open = p.open[:len(p.open)-1]
	if e.url != "" {
		p.addLink(Link{Text: p.linkWords(e.mark), URL: e.url})
	}
	if e.gmail >= 0 {
		p.endGmailQuote(e.gmail)
	}
	if !e.hidden {
		p.after(e.tag)
	}
}

// before makes the line that an element begins with.
func (p *page) before(tag atom.Atom, a attributes) {
	switch tag {
	case atom.Td, atom.Th:
		p.cell()
	case atom.P:
		if isTight(a) {
			p.breakLine()
		} else {
			p.paragraph()
		}
	case atom.Li:
		p.breakLine()
		p.item()
	case atom.Ul, atom.Ol:
		p.breakLine()
		if p.top().list == 0 {
			p.paragraph()
		}
	default:
		p.after(tag)
	}
}

// after makes the line break that an element ends with.
func (p *page) after(tag atom.Atom) {
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Blockquote, atom.Dl:
		p.paragraph()
	case atom.P:
		p.breakLine()
	case atom.Ul, atom.Ol:
		p.breakLine()
		if p.top().list == 0 {
			p.paragraph()
		}
	case atom.Td, atom.Th:
		// The next cell stands in the same line.
	default:
		if !isInline(tag) {
			p.breakLine()
		}
	}
}

// isTight says that a paragraph has no room around it: that is how Word writes
// lines.
func isTight(a attributes) bool {
	return strings.HasPrefix(a.class, "Mso") || strings.HasPrefix(a.class, "x_Mso") || readStyle(a.style).tight
}

// item starts a list item with its mark.
func (p *page) item() {
	for i := len(p.open) - 1; i >= 0; i-- {
		e := &p.open[i]
		if e.tag != atom.Ul && e.tag != atom.Ol {
			continue
		}
		mark := "- "
		if e.tag == atom.Ol {
			mark = strconv.Itoa(e.number) + ". "
			e.number++
		}
		p.mark(strings.Repeat("  ", min(e.list, maxQuote)-1) + mark)
		return
	}
	p.mark("- ")
}

// listStart reads the number of a list's first item.
func listStart(s string) int {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n > 0 && n < 1_000_000 {
		return n
	}
	return 1
}

// openLink and linkWords collect the words of a link: what is written between.
func (p *page) openLink() int {
	p.collecting++
	return p.heard.Len()
}

func (p *page) linkWords(mark int) string {
	text := tidyLine(firstBytes(p.heard.String()[mark:], maxLinkText))
	if p.collecting--; p.collecting == 0 {
		p.heard.Reset()
	}
	return text
}

// addLink adds a link; a page that has too many hides something else.
func (p *page) addLink(l Link) {
	if len(p.links) < maxLinks {
		p.links = append(p.links, l)
	}
}

// webURL returns a link's target as browsers read it, without white space at
// the ends and line breaks within, or "" if it is none that leads to the web.
func webURL(href string) string {
	href = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, href))
	if strings.HasPrefix(href, "//") {
		href = "https:" + href
	}
	scheme, rest, _ := strings.Cut(href, ":")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	if len(href) > maxURL || strings.Trim(rest, "/") == "" {
		return ""
	}
	return href
}
