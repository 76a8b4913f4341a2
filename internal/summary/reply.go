package summary

import "strings"

// What is looked at of one text, and of one of its lines. A longer line is
// prose: no mail program writes its marks there.
const (
	maxReply    = 1 << 20 // bytes
	maxMarkLine = 1_000   // bytes
	maxForwards = 3       // forwarded messages within one another that are opened
)

// NewText returns what the sender wrote anew in a text (UTF-8): without quoted
// lines and the lines that introduce them, without what Outlook and others put
// below a header block, without signatures, closings with the name below them,
// and legal notices. Answers between quoted lines stay, with an empty line
// between what stood apart. Lines keep their words; runs of empty lines become
// one.
//
// Of a forwarded message the new text is the comment above it. If there is none,
// it is the new text of the forwarded message, as else there would be nothing to
// read. An answer without a word of its own has no new text. A text that is all
// closing, such as "Thanks! Ann", is kept.
//
// Plain text and that of HTML are read in the same way. The cost is linear.
func NewText(full string) string {
	return newText(splitLines(firstBytes(full, maxReply)), 0)
}

func newText(lines []string, depth int) string {
	r := reply{lines: lines, kinds: make([]lineKind, len(lines)), rest: -1}
	r.classify()
	r.findQuotes()
	r.joinWrapped()
	text := r.compose(true)
	if text == "" {
		text = r.compose(false)
	}
	if text == "" && depth < maxForwards {
		if rest := r.forwarded(); rest != nil {
			return newText(rest, depth+1)
		}
	}
	return text
}

// lineKind says what a line is.
type lineKind uint8

const (
	plainLine  lineKind = iota
	blankLine           // nothing but white space
	quotedLine          // begins with ">"
	goneLine            // introduces a quote, or is quoted without a mark
)

// reply is a text being read.
type reply struct {
	lines    []string // without line breaks and white space at the end
	kinds    []lineKind
	rest     int // where the forwarded message starts behind its header; -1 where there is none
	searched int // up to here no header block was found
}

// splitLines returns the lines of a text, each without the white space at its
// end.
func splitLines(text string) []string {
	lines := make([]string, 0, strings.Count(text, "\n")+1)
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, strings.TrimRight(line, " \t\r\u00a0\u200b\ufeff"))
	}
	return lines
}

func (r *reply) classify() {
	for i, line := range r.lines {
		switch {
		case strings.TrimLeft(line, " \t\u00a0") == "":
			r.kinds[i] = blankLine
		case isQuoted(line):
			r.kinds[i] = quotedLine
		}
	}
}

// isQuoted says that a line begins with a mark of quotation, of which some
// programs indent a few. ">From" is no quote: mailboxes write "From" at the
// start of a line so.
func isQuoted(line string) bool {
	line = strings.TrimLeft(line[:min(len(line), 16)], " \t")
	return strings.HasPrefix(line, ">") && !strings.HasPrefix(line, ">From ")
}

// unquote takes one mark of quotation off a line.
func unquote(line string) string {
	line = strings.TrimPrefix(strings.TrimLeft(line, " \t"), ">")
	return strings.TrimPrefix(line, " ")
}

// findQuotes marks what introduces a quote, and what is quoted without marks.
// Where marked lines follow, they alone are the quote, and what stands below is
// an answer. Where none do, all the rest is quoted.
func (r *reply) findQuotes() {
	for i := 0; i < len(r.lines); i++ {
		if len(r.lines[i]) > maxMarkLine {
			continue
		}
		if r.kinds[i] == quotedLine {
			r.quotedForward(i)
			continue
		}
		if r.kinds[i] != plainLine {
			continue
		}
		end, header := r.introduction(i)
		if end < 0 {
			continue
		}
		if header && r.rest < 0 {
			r.rest = end
		}
		for j := i; j < end; j++ {
			r.kinds[j] = goneLine
		}
		if !r.quoteFollows(end) {
			for j := end; j < len(r.lines); j++ {
				r.kinds[j] = goneLine
			}
			return
		}
		i = end - 1
	}
}

// introduction returns the end of what introduces a quote at a line, or -1, and
// whether it is what a forwarded message begins with.
func (r *reply) introduction(i int) (end int, header bool) {
	if mark := markOf(r.lines[i]); mark != noMark {
		end := i + 1
		if next := r.skipBlank(end); next < len(r.lines) {
			if after, ok := r.headerBlock(next, 2); ok {
				end = after
			}
		}
		return end, true
	}
	if end, ok := r.headerBlock(i, 3); ok {
		return end, true
	}
	return r.attribution(i), false
}

// quotedForward looks whether a quote begins with what makes it a forwarded
// message.
func (r *reply) quotedForward(i int) {
	if r.rest >= 0 || i > 0 && r.kinds[i-1] == quotedLine {
		return
	}
	if markOf(unquote(r.lines[i])) != noMark {
		r.rest = i + 1
	}
	if end, ok := r.headerBlock(i, 3); ok {
		r.rest = end
	}
}

func (r *reply) skipBlank(i int) int {
	for i < len(r.lines) && r.kinds[i] == blankLine {
		i++
	}
	return i
}

// quoteFollows says that marked lines, or nothing, come next.
func (r *reply) quoteFollows(i int) bool {
	i = r.skipBlank(i)
	return i == len(r.lines) || r.kinds[i] == quotedLine
}

// joinWrapped takes the ends of quoted lines that were too long, and that a
// program broke without a mark, for quoted, too: a few words between two quoted
// lines, of which the upper one is long.
func (r *reply) joinWrapped() {
	const long, short = 60, 30
	for i := 1; i+1 < len(r.lines); i++ {
		if r.kinds[i] == plainLine && r.kinds[i-1] == quotedLine && r.kinds[i+1] == quotedLine &&
			len(r.lines[i-1]) >= long && len(r.lines[i]) <= short {
			r.kinds[i] = goneLine
		}
	}
}

// compose puts together what was written anew. If closings is false, closings
// and the names below them stay.
func (r *reply) compose(closings bool) string {
	var out strings.Builder
	first := true
	for i := 0; i < len(r.lines); {
		if r.kinds[i] >= quotedLine {
			i++
			continue
		}
		start := i
		for i < len(r.lines) && r.kinds[i] < quotedLine {
			i++
		}
		piece := stripEnds(r.lines[start:i], first, closings)
		if len(piece) == 0 {
			continue
		}
		first = false
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		writeLines(&out, piece)
	}
	return out.String()
}

// writeLines writes lines with at most one empty one in a row.
func writeLines(out *strings.Builder, lines []string) {
	blank := false
	for i, line := range lines {
		empty := isBlank(line)
		if i > 0 && !(empty && blank) {
			out.WriteByte('\n')
		}
		if !empty {
			out.WriteString(line)
		}
		blank = empty
	}
}

func isBlank(line string) bool { return strings.TrimLeft(line, " \t\u00a0") == "" }

// forwarded returns the lines of the forwarded message, or nil. If they are
// quoted, one level is taken off.
func (r *reply) forwarded() []string {
	if r.rest < 0 || r.rest >= len(r.lines) {
		return nil
	}
	next := r.skipBlank(r.rest)
	if next == len(r.lines) || r.kinds[next] != quotedLine {
		return r.lines[r.rest:]
	}
	var lines []string
	for i := next; i < len(r.lines) && r.kinds[i] != plainLine; i++ {
		lines = append(lines, unquote(r.lines[i]))
	}
	return lines
}
