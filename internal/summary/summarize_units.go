package summary

import (
	"strings"
	"unicode"
)

// unit is a sentence, or a line that stands for one, that a summary may take.
type unit struct {
	text     string // as written, white space and list marks apart
	short    string // what a summary would show; "" for what it never does
	form     form
	joined   bool // the items of a list have been put behind it
	part     int  // the number of its paragraph
	under    section
	words    []string // its content words, stemmed, each once
	kinds    Kinds
	polite   bool // it is a courtesy, or what machines add
	backward bool // it begins with a word that stands for something before
	direct   bool // it asks its reader, rather than telling what is wanted
	inquiry  bool // it is a question that wants nothing done
	score    float64
}

// form is how a unit is written.
type form uint8

const (
	prose form = iota
	item       // of a list
	row        // of a table
	field      // "State: FIRING"
)

// section is what the heading above a unit announces.
type section uint8

const (
	noSection section = iota
	decisionSection
	actionSection
)

// block is a paragraph's part that is split into sentences by itself.
type block struct {
	text string
	more []string // lines that go on with it
	form form
}

// unitsOf cuts a text into units.
func unitsOf(text string) []unit {
	text = cleanText(cutProse(text, maxSummarized))
	units := make([]unit, 0, 16)
	var under section
	filled := -1 // the paragraph that the section has sentences of
	for part, lines := range paragraphsOf(text) {
		if part > 0 && isNotice(lines) {
			break // a legal notice, and what stands below one
		}
		for _, b := range blocksOf(lines) {
			if s, ok := headings[strings.ToLower(strings.Trim(b.text, " :*#_-"))]; ok {
				under, filled = s, -1
				continue
			}
			if filled >= 0 && filled < part && b.form != item {
				under = noSection
			}
			units = appendUnits(units, b, part, under)
			filled = part
			if len(units) >= maxUnits {
				return units[:maxUnits]
			}
		}
	}
	return units
}

// appendUnits adds the sentences of a block. List items that follow a sentence
// with a colon go on with it.
func appendUnits(units []unit, b block, part int, under section) []unit {
	const mostJoined = 160 // bytes
	if b.form == item && len(units) > 0 {
		last := &units[len(units)-1]
		leads := strings.HasSuffix(last.text, ":") || last.joined
		if leads && last.part >= part-1 && under == noSection && len(last.text)+len(b.text) <= mostJoined {
			mark := "; "
			if strings.ContainsAny(last.text[len(last.text)-1:], ":?!") {
				mark = " "
			}
			last.text = strings.TrimRight(last.text, ".;, ") + mark + b.text
			last.joined = true
			return units
		}
	}
	sentences := []string{b.text}
	if b.form != row {
		sentences = appendSentences(nil, b.text)
	}
	for _, s := range sentences {
		units = append(units, unit{text: s, form: b.form, part: part, under: under})
		if b.form == field {
			b.form = prose // what follows is of its value
		}
	}
	return units
}

// paragraphsOf parts the lines of a text at empty ones. Quoted lines are left out.
func paragraphsOf(text string) (paragraphs [][]string) {
	var lines []string
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimRight(line, "\n ")
		switch {
		case !isBlank(line) && !isQuoted(line) && !isRule(line):
			lines = append(lines, line)
		case len(lines) > 0 && !isQuoted(line):
			paragraphs = append(paragraphs, lines)
			lines = nil
		}
	}
	return paragraphs
}

// blocksOf joins the lines of a paragraph that belong together.
func blocksOf(lines []string) (blocks []block) {
	table := isTable(lines)
	last := ""
	for _, line := range lines {
		plain := strings.Join(strings.Fields(line), " ")
		text := withoutBullet(plain)
		n := len(blocks) - 1
		b := block{text: text}
		switch {
		case table:
			b.form = row
		case text != plain:
			b.form = item
		case isField(plain) && (!continues(last, plain) || blocks[n].form == field):
			b.form = field
		}
		if b.form == prose && n >= 0 && blocks[n].form != row && continues(last, plain) {
			blocks[n].more = append(blocks[n].more, text)
		} else {
			blocks = append(blocks, b)
		}
		last = plain
	}
	for i, b := range blocks {
		if len(b.more) > 0 {
			blocks[i].text = b.text + " " + strings.Join(b.more, " ")
		}
	}
	return blocks
}

// isTable says that most lines have columns: two wide gaps or bars.
func isTable(lines []string) bool {
	columns := 0
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if gaps(line) >= 2 || strings.Count(line, "|") >= 2 || strings.Count(line, "\t") >= 2 {
			columns++
		}
	}
	return len(lines) >= 2 && 2*columns > len(lines)
}

// gaps counts the places where two or more spaces follow each other.
func gaps(line string) (n int) {
	for i := 2; i < len(line); i++ {
		if line[i] != ' ' && line[i-1] == ' ' && line[i-2] == ' ' {
			n++
		}
	}
	return n
}

// isField knows "State: FIRING": a name of up to three words, a colon and a value.
func isField(line string) bool {
	const longest = 40 // bytes of the name
	name, value, ok := strings.Cut(line, ":")
	if !ok || value == "" || value[0] != ' ' || len(name) > longest {
		return false
	}
	return len(strings.Fields(name)) <= 3 && !strings.ContainsAny(name, ".,;!?")
}

// cleanText takes out what a line of a summary must not hold: control characters,
// those that turn the direction of writing or show nothing, and broken bytes.
func cleanText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r >= ' ' && r < 0x7f:
			return r
		case r == '\t':
			return r
		case r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f' || r == '\u0085':
			return '\n'
		case r == unicode.ReplacementChar || unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, text)
}
