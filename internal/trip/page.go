package trip

import (
	"strings"

	"golang.org/x/net/html"
)

// reading is one page being read.
type reading struct {
	left  int // things and texts that may still be read
	found []*thing
	open  []element
	// beyond counts open elements that the stack has no room for.
	beyond int
}

// spend takes one from what may be read.
func (r *reading) spend() bool {
	r.left--
	return r.left >= 0
}

// readPage finds the things that a page speaks of. It reads tags as they stand,
// without the corrections of a browser: those would end a paragraph that the
// sender has marked up as a reservation with the first block inside of it.
func readPage(page string) []*thing {
	page = page[:min(len(page), maxPage)]
	r := &reading{left: maxThings}
	tokens := html.NewTokenizer(strings.NewReader(page))
	tokens.SetMaxBuf(maxPage)
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end; nothing else can be wrong with a string
			r.closeFrom(0)
			return r.found
		case html.TextToken:
			r.text(tokens)
		case html.StartTagToken:
			r.start(tokens, false)
		case html.SelfClosingTagToken:
			r.start(tokens, true)
		case html.EndTagToken:
			name, _ := tokens.TagName()
			r.end(string(name))
		}
	}
}

// text takes in the words of an element, or a script.
func (r *reading) text(tokens *html.Tokenizer) {
	if len(r.open) == 0 {
		return
	}
	e := &r.open[len(r.open)-1]
	if e.script {
		r.script(string(tokens.Raw()))
		return
	}
	if e.hearing >= 0 {
		r.hear(e.hearing, string(tokens.Text()))
	}
}
