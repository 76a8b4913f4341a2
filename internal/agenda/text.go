package agenda

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	columns = 76 // RFC 5322 2.1.1 recommends at most 78 with the line end
	railIn  = 14 // where the text of the timeline begins
)

// text writes the page as plain text: the same words in the same order. It is what
// watches, screen readers and those who prefer it show, not a fallback, so it is laid
// out by hand: times in a column, links on lines of their own.
func (p *page) text() string {
	w := &typewriter{words: p.words}
	w.line(0, p.Heading)
	w.line(0, strings.Join(p.Counts, " · "))
	if p.Lead != "" {
		w.gap()
		w.line(0, p.Lead)
	}
	for _, n := range p.Notices {
		w.gap()
		w.item("! ", n)
	}
	for i := range p.Blocks {
		w.block(&p.Blocks[i])
	}
	w.gap()
	for _, l := range p.Foot {
		w.line(0, l)
	}
	return w.b.String()
}

type typewriter struct {
	b     strings.Builder
	words *wording
}

func (w *typewriter) gap() { w.b.WriteByte('\n') }

// line writes text that is wrapped and indented by so many columns.
func (w *typewriter) line(indent int, text string) { w.item(strings.Repeat(" ", indent), text) }

// item writes text behind a lead, below which further lines are indented. Links
// keep a line of their own, however long it is.
func (w *typewriter) item(lead, text string) {
	indent := utf8.RuneCountInString(lead)
	w.b.WriteString(lead)
	column := indent
	for i, word := range strings.Split(text, " ") {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+size > columns && column > indent && !isAddress(word):
			w.b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			w.b.WriteByte(' ')
			column++
		}
		// What is longer than a line is cut: it is no language that we know.
		for size > columns-indent && !isAddress(word) {
			head, tail := cutRunes(word, columns-column)
			w.b.WriteString(head + "\n" + strings.Repeat(" ", indent))
			word, column = tail, indent
			size = utf8.RuneCountInString(word)
		}
		w.b.WriteString(word)
		column += size
	}
	w.b.WriteByte('\n')
}

// isAddress tells what a mail program makes a link of: it stays in one piece.
func isAddress(word string) bool {
	return strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "mailto:")
}

func cutRunes(s string, n int) (head, tail string) {
	for i := range s {
		if n--; n < 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func (w *typewriter) block(b *block) {
	w.gap()
	w.gap()
	if b.Title != "" {
		w.line(0, strings.ToUpper(b.Title))
	}
	if b.Lead != "" {
		w.line(0, b.Lead)
	}
	for i := range b.Rows {
		w.row(&b.Rows[i], b.Key)
	}
	for i := range b.Stops {
		w.stop(&b.Stops[i])
	}
	for i := range b.Bars {
		w.item("- ", b.Bars[i].words())
	}
	if b.More != "" {
		w.line(2, b.More)
	}
}

// withLinks are the blocks whose links stand in the text, too: what has to be decided,
// and what may be taken back. Elsewhere they are a convenience of the page, and here a
// long line of figures each.
var withLinks = []string{"needs", "done"}

func (w *typewriter) row(r *row, block string) {
	lead := "- "
	if r.Group != "" {
		w.gap()
		w.line(0, r.Group)
	}
	if r.Strong || r.Number != "" {
		w.gap()
	}
	if r.Number != "" {
		lead = r.Number + ". "
	}
	between := w.words.colon
	if r.Tone == "" {
		between = " " // a count
	}
	title := joined(" · ", joined(between, r.Mark, r.Title), r.Aside)
	notes := r.Notes
	if len(notes) > 0 && notes[0].Tone == "small" { // the name of a rule needs no line of its own
		title, notes = joined(" · ", title, notes[0].Lead+notes[0].Text), notes[1:]
	}
	w.item(lead, title)
	indent := utf8.RuneCountInString(lead)
	for _, n := range notes {
		w.line(indent, n.Lead+n.Text)
	}
	for _, a := range r.Acts {
		if slices.Contains(withLinks, block) {
			w.line(indent, a.Label+w.words.colon+a.URL)
		}
	}
	if r.More != "" {
		w.line(indent, r.More)
	}
}

// stop writes "08:30–09:00" in a column of its own.
func (w *typewriter) stop(s *stop) {
	if s.Time == "" {
		w.line(railIn, "· "+s.Title)
		return
	}
	lead := joined("–", s.Time, s.End)
	lead += strings.Repeat(" ", max(railIn-utf8.RuneCountInString(lead), 1))
	w.item(lead, s.Mark+s.Title)
	for _, n := range s.Notes {
		if n.Text != "" {
			w.line(railIn, n.Text)
		}
		if n.Link != "" {
			w.line(railIn, n.Label+w.words.colon+n.Link)
		}
	}
}
