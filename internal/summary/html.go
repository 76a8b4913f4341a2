package summary

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What is read of one page. What lies beyond is left out: a page of this size
// has said what it is about.
const (
	maxHTML     = 4 << 20   // bytes of source
	maxHTMLText = 512 << 10 // bytes of text
	maxOpen     = 512       // elements within one another; browsers stop there, too
	maxLinks    = 1_000
	maxURL      = 4 << 10 // bytes; a longer one cannot be cut and is left out
	maxLinkText = 500     // bytes
)

// Link is one link of a page: the words a reader sees and where it leads. Only
// http and https links are links; addresses of people are not.
type Link struct{ Text, URL string }

// HTML returns the text of a page (UTF-8) as a reader would see it, and its
// links in reading order. Each block is a line, paragraphs are set apart by an
// empty one, and what a mail program quotes begins with "> ", once for each
// level. What the reader cannot see is no text: scripts, styles, preheaders,
// tracking pixels. It never fails.
//
// It works on tokens and keeps its own stack of open elements: a parser that
// builds the tree needs time and memory out of proportion to a hostile page.
func HTML(source string) (text string, links []Link) {
	p := page{tokens: html.NewTokenizer(strings.NewReader(firstBytes(source, maxHTML)))}
	p.open = append(p.open, element{gmail: -1})
	for !p.full() {
		switch p.tokens.Next() {
		case html.ErrorToken:
			p.finish()
			return p.out.String(), p.links
		case html.TextToken:
			p.text(p.tokens.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			p.start()
		case html.EndTagToken:
			name, _ := p.tokens.TagName()
			p.end(atom.Lookup(name))
		}
	}
	p.finish()
	return p.out.String(), p.links
}

// firstBytes cuts s at a character's end.
func firstBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// page is a page being read.
type page struct {
	tokens *html.Tokenizer
	open   []element // never empty
	beyond int       // open elements that the stack has no room for
	writer
	links []Link
}

// element is an open element. What it does to its text is inherited.
type element struct {
	tag    atom.Atom
	hidden bool
	tiny   bool // a font size of nothing, which a descendant can take back
	pre    bool // white space and line breaks count
	quote  int  // levels of quotation
	held   bool // the innermost level is a container's, which its blockquote shares
	gmail  int  // the stack index of the Gmail container this blockquote shares, or -1
	rest   bool // a mark in it said that what follows is quoted
	list   int  // lists around it
	number int  // of the next list item; 0 where they have none
	url    string
	mark   int // where in the words of links its own begin
}

func (p *page) top() *element { return &p.open[len(p.open)-1] }

// attributes are those of a start tag that matter here.
type attributes struct {
	class, id, name, kind, cite string
	href, alt, width, height    string
	style                       string
	start                       string
	hidden                      bool
}

// attributes reads those of the tag at hand.
func (p *page) attributes(more bool) attributes {
	var a attributes
	for more {
		var key, value []byte
		key, value, more = p.tokens.TagAttr()
		switch string(key) {
		case "class":
			a.class = string(value)
		case "id":
			a.id = string(value)
		case "name":
			a.name = string(value)
		case "type":
			a.kind = string(value)
		case "cite":
			a.cite = string(value)
		case "href":
			a.href = string(value)
		case "alt":
			a.alt = string(value)
		case "width":
			a.width = string(value)
		case "height":
			a.height = string(value)
		case "style":
			a.style = string(value)
		case "start":
			a.start = string(value)
		case "hidden":
			a.hidden = true
		}
	}
	return a
}

// start takes in a start tag. Elements that HTML does not know have no effect.
func (p *page) start() {
	name, more := p.tokens.TagName()
	tag := atom.Lookup(name)
	if tag == 0 {
		return
	}
	a := p.attributes(more)
	switch tag {
	case atom.Br, atom.Hr, atom.Img, atom.Area, atom.Wbr:
		p.void(tag, a)
		return
	case atom.Meta, atom.Link, atom.Base, atom.Input, atom.Col, atom.Embed, atom.Param, atom.Source,
		atom.Html, atom.Head, atom.Body:
		// What stands in a head is hidden by itself; browsers move stray text
		// there into the body.
		return
	case atom.Noscript:
		p.tokens.NextIsNotRawText() // mail programs run no scripts
	}
	p.implied(tag) // before the line break, which the element that ends may need
	if !p.top().hidden {
		p.before(tag, a)
	}
	if len(p.open) >= maxOpen {
		p.beyond++ // so that its end tag closes no other element
		return
	}
	p.push(tag, a)
}

// push opens an element.
func (p *page) push(tag atom.Atom, a attributes) {
	e := *p.top()
	e.tag, e.gmail, e.url, e.rest = tag, -1, "", false
	look := readStyle(a.style)
	e.hidden = e.hidden || a.hidden || look.hidden || unseen(tag)
	switch {
	case look.tiny:
		e.tiny = true
	case look.sized:
		e.tiny = false
	}
	e.pre = e.pre && !look.collapses || tag == atom.Pre || look.pre
	p.quoting(&e, a, look)
	switch tag {
	case atom.Ul, atom.Ol:
		e.list++
		e.number = 0
		if tag == atom.Ol {
			e.number = listStart(a.start)
		}
	case atom.A:
		if e.url = webURL(a.href); e.hidden {
			e.url = ""
		} else if e.url != "" {
			e.mark = p.openLink()
		}
	}
	p.open = append(p.open, e)
}

// unseen says that browsers show nothing of an element, or nothing of it that is
// prose.
func unseen(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Iframe, atom.Noembed, atom.Noframes,
		atom.Svg, atom.Select, atom.Datalist, atom.Audio, atom.Video, atom.Canvas:
		return true
	}
	return false
}

// void takes in an element without content.
func (p *page) void(tag atom.Atom, a attributes) {
	e := p.top()
	look := readStyle(a.style)
	if e.hidden || a.hidden || look.hidden {
		return
	}
	switch tag {
	case atom.Br:
		p.lineBreak()
	case atom.Hr:
		if quoteAfter(a) {
			p.quoteRest()
		}
		p.paragraph()
	case atom.Img:
		if !isPixel(a.width) && !isPixel(a.height) && !e.tiny {
			p.words([]byte(a.alt), p.top())
		}
	case atom.Area:
		if url := webURL(a.href); url != "" {
			p.addLink(Link{Text: tidyLine(a.alt), URL: url})
		}
	}
}

// isPixel says that an image is too small to show anything.
func isPixel(size string) bool {
	size = strings.TrimSuffix(strings.TrimSpace(size), "px")
	return size == "0" || size == "1" || size == "2"
}

// text takes in a piece of text.
func (p *page) text(text []byte) {
	e := p.top()
	if e.hidden || e.tiny {
		return
	}
	if e.held && strings.HasPrefix(strings.TrimSpace(string(text[:min(len(text), 64)])), "-----") {
		p.notGmail() // a forwarded message, which Gmail puts into no blockquote
		e = p.top()
	}
	p.words(text, e)
}

func (p *page) words(text []byte, e *element) {
	p.write(text, e.quote, e.pre)
}

// finish closes what is open.
func (p *page) finish() {
	for len(p.open) > 1 {
		p.pop()
	}
	p.flush()
}
