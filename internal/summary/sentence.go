package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxProse is how many bytes of a text are looked at, the size of the
	// fact `full`: what follows is not read, so that the cost has a bound.
	maxProse = 256 << 10
	// maxSentence is how many bytes a sentence may have. Longer ones are rows
	// of a table or encoded bytes; they are cut between two words.
	maxSentence = 2000
	// wrapWidth is the column at which mail programs may have begun to wrap
	// lines; RFC 5322 2.1.1 wants at most 78, and some wrap earlier.
	wrapWidth = 62
	// longestWrapped is the longest line taken for one that was wrapped. A
	// longer one is a paragraph to itself.
	longestWrapped = 100
)

// Sentences splits prose into its sentences, in order. White space in a sentence
// becomes one space, and the mark of a list item is left out. A line that a mail
// program has wrapped goes on in the next one; other lines, such as greetings,
// headings and list items, end a sentence. A quoted line (RFC 3676 4.5) keeps its
// ">", so that a caller can tell.
//
// Full stops of English, German and French abbreviations, of numbers, initials
// and addresses end nothing. At most 256 KiB are read and a sentence has at most
// 2,000 bytes; the cost is linear.
func Sentences(text string) []string {
	var all []string
	for _, block := range proseBlocks(cutProse(text, maxProse)) {
		all = appendSentences(all, block)
	}
	return all
}

// cutProse cuts a text to at most n bytes, between two characters.
func cutProse(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// proseBlocks joins the lines that belong together, each block on one line.
func proseBlocks(text string) (blocks []string) {
	var block strings.Builder
	end := func() {
		if block.Len() > 0 {
			blocks = append(blocks, block.String())
			block.Reset()
		}
	}
	last := ""
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		item := withoutBullet(line)
		if item != line || !continues(last, line) {
			end()
		}
		if block.Len() > 0 {
			block.WriteByte(' ')
		}
		block.WriteString(item)
		last = line
	}
	end()
	return blocks
}

// continues tells whether a line goes on with the sentence of the one before
// it: that one is as long as a wrapped line, or this one begins in mid-sentence.
func continues(last, line string) bool {
	if last == "" || line == "" || line[0] == '>' || last[0] == '>' || len(last) > longestWrapped {
		return false
	}
	if isGreeting(last) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(line)
	if unicode.IsLower(first) {
		return !isAddress(line)
	}
	word, _, _ := strings.Cut(line, " ")
	return len(last)+1+len(word) > wrapWidth
}

// isGreeting knows a line such as "Dear Pat,": what follows it begins anew, in
// German even with a small letter.
func isGreeting(line string) bool {
	return len(line) <= 45 && strings.HasSuffix(line, ",") && strings.Count(line, " ") <= 5
}

func isAddress(line string) bool {
	return strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") || strings.HasPrefix(line, "www.")
}

// withoutBullet takes the mark off a list item: "- x", "• x", "1. x", "2) x",
// "a) x", "(3) x". A line of anything else comes back as it is.
func withoutBullet(line string) string {
	mark, rest, ok := strings.Cut(line, " ")
	if !ok || len(mark) > 5 {
		return line
	}
	switch mark {
	case "-", "*", "+", "•", "·", "‣", "–", "—", "o", "▪", "◦", "●", "->", "=>", "→":
		return rest
	}
	body := strings.TrimPrefix(mark, "(")
	number := strings.TrimRight(body, ".)")
	if number == body || number == "" {
		return line
	}
	letter := len(number) == 1 && strings.HasSuffix(mark, ")")
	if letter || len(number) <= 2 && isDigits(number) && !isDayOfMonth(mark, rest) {
		return rest
	}
	return line
}

// isDayOfMonth knows "3. März": an ordinal, and no list item.
func isDayOfMonth(mark, rest string) bool {
	word, _, _ := strings.Cut(rest, " ")
	return strings.HasSuffix(mark, ".") && ordinalNouns[strings.ToLower(strings.TrimRight(word, ".,:"))]
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// appendSentences splits one block at the marks that end a sentence.
func appendSentences(all []string, block string) []string {
	start := 0
	for i := 0; i < len(block); i++ {
		switch c := block[i]; {
		case i-start >= maxSentence:
			i = lastSpace(block, start, i)
		case c != '.' && c != '!' && c != '?' && !strings.HasPrefix(block[i:], "…"):
			continue
		default:
			mark := i
			i = closing(block, i)
			if !endsSentence(block[start:mark], block[mark:i], block[i:]) {
				i--
				continue
			}
		}
		all = appendSentence(all, block[start:i])
		start = i
		i--
	}
	return appendSentence(all, block[start:])
}

func appendSentence(all []string, sentence string) []string {
	sentence = strings.TrimSpace(sentence)
	if strings.IndexFunc(sentence, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0 {
		return all
	}
	return append(all, sentence)
}

// lastSpace finds where to cut a sentence that is too long: behind a space if
// there is one in its second half, else between two characters.
func lastSpace(block string, start, end int) int {
	if i := strings.LastIndexByte(block[start+maxSentence/2:end], ' '); i >= 0 {
		return start + maxSentence/2 + i + 1
	}
	for back := end; back > end-utf8.UTFMax; back-- {
		if utf8.RuneStart(block[back]) {
			return back
		}
	}
	return end
}

// closing returns where the marks at i end, with the quotation marks and
// brackets that close behind them.
func closing(block string, i int) int {
	for i < len(block) {
		r, size := utf8.DecodeRuneInString(block[i:])
		if strings.HasPrefix(block[i:], " »") { // as the French set it
			r, size = '»', len(" »")
		}
		if !strings.ContainsRune(`.!?…"'”’»)]*_`, r) {
			break
		}
		i += size
	}
	return i
}

// endsSentence decides by what stands before the marks and behind them.
func endsSentence(before, marks, after string) bool {
	if after == "" {
		return true
	}
	if after[0] != ' ' {
		return false
	}
	next := strings.TrimLeft(after, ` "'“„«‘([*_-–`)
	first, _ := utf8.DecodeRuneInString(next)
	switch {
	case strings.ContainsRune(marks, '?'):
		// A quoted question goes on in small letters: "Why?" he asked.
		return !unicode.IsLower(first) || !strings.ContainsAny(marks, `"'”’»`)
	case unicode.IsLower(first):
		return isAddress(next)
	case marks[0] != '.' || strings.HasPrefix(marks, ".."):
		return true
	}
	return !isAbbreviation(before, next)
}

// isAbbreviation tells whether the full stop behind before belongs to its last
// word: an abbreviation, an initial, or a German ordinal.
func isAbbreviation(before, next string) bool {
	word := strings.TrimLeft(before[strings.LastIndexByte(before, ' ')+1:], `("'“„«‘[*`)
	following, _, _ := strings.Cut(next, " ")
	following = strings.ToLower(strings.TrimRight(following, ".,;:!?"))
	if isDigits(word) {
		return len(word) <= 2 && ordinalNouns[following]
	}
	if utf8.RuneCountInString(word) == 1 {
		// "Plan B. We" ends there, "J. Smith" does not; "I." is rare.
		r, _ := utf8.DecodeRuneInString(word)
		return unicode.IsUpper(r) && r != 'I' && !sentenceStarts[following]
	}
	word = strings.ToLower(word)
	if mayEnd[word] {
		return !sentenceStarts[following]
	}
	return abbreviations[word]
}
