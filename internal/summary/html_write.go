package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuote is how many levels of quotation, or of lists, are shown.
const maxQuote = 8

// writer makes lines of pieces of text.
type writer struct {
	out    strings.Builder
	line   strings.Builder // the line being made
	quote  int             // its levels of quotation, as they were at its first word
	last   int             // those of the line before
	space  bool            // white space came after the last word
	gap    bool            // a cell ended after the last word
	blank  bool            // an empty line comes before this one
	empty  bool            // the line holds no word, but a space that takes room
	joiner rune            // joins the last word to what follows without a space
	start  string          // the mark of a list item that waits for its first word

	collecting int // links being read
	heard      strings.Builder
}

// full says that there is as much text as may be.
func (w *writer) full() bool { return w.out.Len()+w.line.Len() >= maxHTMLText }

// write adds text. White space is one space, unless it counts.
func (w *writer) write(text []byte, quote int, pre bool) {
	for len(text) > 0 && !w.full() {
		if n := plainWord(text); n > 1 {
			w.rune(rune(text[0]), quote)
			w.rest(text[1:n])
			text = text[n:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case pre && r == '\n':
			w.lineBreak()
		case pre && (r == ' ' || r == '\t'):
			w.rune(r, quote)
		case unicode.IsSpace(r) || r == '\u2800': // an empty Braille cell, another padding
			w.space = true
			w.empty = w.empty || r == '\u00a0'
		case isUnseen(r):
		case isJoiner(r):
			w.joiner = r
		case r < ' ' || r == utf8.RuneError && size == 1 || r >= 0x7f && r < 0xa0:
		default:
			w.rune(r, quote)
		}
	}
}

// plainWord returns how many bytes of printable ASCII a text begins with, as most
// words are made of them.
func plainWord(text []byte) int {
	const longest = 1 << 10 // so that full is asked now and then
	n := 0
	for n < len(text) && n < longest && text[n] > ' ' && text[n] < 0x7f {
		n++
	}
	return n
}

// rest adds what follows the first character of a plain word.
func (w *writer) rest(text []byte) {
	w.line.Write(text)
	if w.collecting > 0 && w.heard.Len() < maxHTMLText {
		w.heard.Write(text)
	}
}

// isUnseen says that a character shows nothing. Preheaders are padded with them.
func isUnseen(r rune) bool {
	switch r {
	case '\u00ad', '\u034f', '\u061c', '\u180e', '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff':
		return true
	}
	return false
}

// isJoiner says that a character has a meaning only between two letters or in
// an emoji.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// rune adds a character that shows, with what was held back before it: the mark
// of a list item, white space, a joiner.
func (w *writer) rune(r rune, quote int) {
	switch {
	case w.line.Len() == 0:
		w.quote = quote
		w.line.WriteString(w.start)
		w.start = ""
	case w.gap:
		w.line.WriteString("  ")
	case w.space:
		w.line.WriteByte(' ')
	case w.joiner != 0:
		w.line.WriteRune(w.joiner)
	}
	if w.collecting > 0 && w.heard.Len() < maxHTMLText {
		if w.space {
			w.heard.WriteByte(' ')
		} else if w.joiner != 0 {
			w.heard.WriteRune(w.joiner)
		}
		w.heard.WriteRune(r)
	}
	w.space, w.gap, w.joiner = false, false, 0
	w.line.WriteRune(r)
}

// breakLine ends the line, if there is one.
func (w *writer) breakLine() {
	if w.collecting > 0 {
		w.heard.WriteByte(' ')
	}
	if strings.TrimSpace(w.line.String()) == "" {
		w.blank = w.blank || w.empty && w.out.Len() > 0
		w.line.Reset()
		w.space, w.gap, w.empty = false, false, false
		return
	}
	w.flush()
}

// lineBreak ends the line, also an empty one.
func (w *writer) lineBreak() {
	if w.line.Len() == 0 {
		w.empty = true
	}
	w.breakLine()
}

// paragraph ends the line and sets the next one apart.
func (w *writer) paragraph() {
	w.breakLine()
	w.blank = true
	w.start = ""
}

// cell sets what follows apart from the cell before.
func (w *writer) cell() {
	w.gap = w.line.Len() > 0
}

// mark makes the next line begin with the mark of a list item.
func (w *writer) mark(s string) { w.start = s }

// flush writes the line out.
func (w *writer) flush() {
	line := strings.TrimRight(w.line.String(), " \t")
	w.line.Reset()
	w.space, w.gap, w.empty = false, false, false
	if line == "" {
		return
	}
	if w.out.Len() > 0 {
		w.out.WriteByte('\n')
		if w.blank {
			// An empty line between two levels belongs to the outer one.
			w.out.WriteString(strings.TrimRight(quoteMarks(min(w.quote, w.last)), " "))
			w.out.WriteByte('\n')
		}
	}
	w.out.WriteString(quoteMarks(w.quote))
	w.out.WriteString(line)
	w.last, w.blank = w.quote, false
}

func quoteMarks(levels int) string { return strings.Repeat("> ", min(levels, maxQuote)) }

// tidyLine makes one line of a text and drops what shows nothing.
func tidyLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if isUnseen(r) {
			return -1
		}
		return r
	}, s)
	return strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
}
