package summary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostSigned is how many lines a signature, a closing with what stands below it,
// or the foot of a mailing list may have.
const mostSigned = 15

// dropSignature cuts a piece of text at the line that begins its signature ("--",
// RFC 3676 4.3) or the foot of a mailing list. Only the last lines are looked at.
func dropSignature(lines []string) []string {
	lines = trimBelow(lines)
	below := 0
	cut := len(lines)
	for i := len(lines) - 1; i >= 0 && below <= mostSigned; i-- {
		if isBlank(lines[i]) {
			continue
		}
		switch line := strings.TrimSpace(lines[i]); {
		case line == "--" || line == "\u2014" || line == "\u2013":
			cut = i
		case isRule(line) && below > 0 && isFoot(lines[i+1:]):
			cut = i
		}
		below++
	}
	return trimBelow(lines[:cut])
}

// isRule says that a line is drawn, not written.
func isRule(line string) bool {
	return len(line) >= 3 && strings.Trim(line, "-_=*~ \t\u2500\u2014\u2013") == ""
}

// isFoot says that lines are what a mailing list or a service adds.
func isFoot(lines []string) bool {
	return containsAny(strings.ToLower(strings.Join(lines, " ")), footWords)
}

// dropNotices cuts a piece of text at its first legal notice, which is always
// part of its end. A text that begins with one is left: somebody wrote about it.
func dropNotices(lines []string) []string {
	start, first := 0, true
	for i := 0; i <= len(lines); i++ {
		if i < len(lines) && !isBlank(lines[i]) {
			continue
		}
		if i > start {
			if !first && isNotice(lines[start:i]) {
				return trimBelow(lines[:start])
			}
			first = false
		}
		start = i + 1
	}
	return lines
}

// isNotice says that a paragraph is a disclaimer or the like: it has a formula
// that nobody writes by hand, or several words that few write together.
func isNotice(paragraph []string) bool {
	const longest, mostWords, mostCompany = 8 << 10, 2, 1 // bytes; words that prove nothing
	text := strings.Join(paragraph, " ")
	if len(text) > longest {
		return false
	}
	text = strings.ReplaceAll(text, "\u2019", "'")
	counts := noticePhrases.count(text, 3)
	return counts[0] > 0 || counts[1] > mostWords || counts[2] > mostCompany
}

var noticePhrases = newPhraseBook(noticeFormulas, noticeWords, companyWords)

// dropTail takes off the last lines while they are what a device or a program
// adds, or a drawn rule.
func dropTail(lines []string) []string {
	for len(lines) > 0 {
		last := strings.TrimSpace(lines[len(lines)-1])
		if !isRule(last) && !isSentFrom(last) {
			break
		}
		lines = trimBelow(lines[:len(lines)-1])
	}
	return lines
}

// isSentFrom says that a line is what a telephone adds. A sentence that begins
// in the same way is none.
func isSentFrom(line string) bool {
	const longest, mostWords = 120, 10
	if len(line) > longest {
		return false
	}
	line = strings.ToLower(strings.Trim(line, "*_ <>"))
	begins := slices.ContainsFunc(sentFrom, func(start string) bool { return strings.HasPrefix(line, start) })
	mine := strings.HasPrefix(line, "sent from my ") || strings.HasPrefix(line, "sent from a ")
	if !isSentFromMy(line) && !(begins && (mine || containsAny(line, devices))) {
		return false
	}
	// It is short, once the address of its shop is left out.
	words := 0
	for word := range strings.FieldsSeq(line) {
		if !strings.Contains(word, "://") {
			words++
		}
	}
	return words <= mostWords && !strings.Contains(line, ", ")
}

// isSentFromMy knows the German form, which ends with its verb.
func isSentFromMy(line string) bool {
	mine := strings.HasPrefix(line, "von mein") || strings.HasPrefix(line, "von unterwegs")
	return mine && (strings.HasSuffix(line, "gesendet") || strings.HasSuffix(line, "gesendet."))
}

// dropClosing takes off "Best regards" with the name and the address below it,
// or a name behind a dash. A postscript stays.
func dropClosing(lines []string) []string {
	lines = trimBlank(lines)
	below := 0
	for i := len(lines) - 1; i >= 0 && below <= mostSigned; i-- {
		if isBlank(lines[i]) {
			continue
		}
		if kind := closingOf(lines[i]); kind != noClosing {
			after, postscript := splitPostscript(lines[i+1:])
			if kind != thanksClosing && len(after) == 0 || kind == namedClosing && isNameBlock(after, false) || isNameBlock(after, true) {
				return trimBlank(append(trimBelow(lines[:i:i]), postscript...))
			}
		}
		below++
	}
	return dropDashedName(lines)
}

// dropDashedName takes off "-Ann Example" at the end.
func dropDashedName(lines []string) []string {
	n := len(lines) - 1
	if n < 1 || !isBlank(lines[n-1]) && n > 1 && strings.HasPrefix(strings.TrimSpace(lines[n-1]), "-") {
		return lines
	}
	last := strings.TrimSpace(lines[n])
	name := strings.TrimLeft(last, "-\u2013\u2014~")
	dashed := name != last && !strings.HasPrefix(name, " ")
	if dashed && isName(name) && !startsLower(name) {
		return trimBelow(lines[:n])
	}
	return lines
}

// startsLower says that a name is none, unless it is a nickname.
func startsLower(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(r)
}

// splitPostscript parts the lines below a closing from a postscript.
func splitPostscript(lines []string) (before, postscript []string) {
	for i, line := range lines {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(strings.TrimRight(word, ":")) {
		case "PS", "P.S.", "P.S", "NB", "N.B.", "P.D.", "PD":
			return trimBlank(lines[:i]), append([]string{""}, lines[i:]...)
		}
	}
	return trimBlank(lines), nil
}

// isNameBlock says that lines are a name with what belongs to it: title, company,
// address, numbers. They are short, and none asks or tells anything.
func isNameBlock(lines []string, named bool) bool {
	const longest, mostWords = 100, 9
	if len(lines) == 0 {
		return false
	}
	if named && !isName(lines[0]) {
		return false
	}
	for _, line := range lines {
		line = strings.TrimSpace(line)
		ends := strings.HasSuffix(line, ".") || strings.HasSuffix(line, "!")
		if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasSuffix(line, "?") || len(line) > longest || ends && len(strings.Fields(line)) > mostWords {
			return false
		}
	}
	return true
}

// isName says that a line can be the name of a person: a few words that begin
// with capitals, or a single short one that does not.
func isName(line string) bool {
	const longest, mostWords, longestNick = 60, 5, 14
	line = strings.Trim(line, " \t*_-\u2013\u2014,.!\u00a0")
	if line == "" || len(line) > longest || strings.ContainsAny(line, "?:;@<>0123456789/") {
		return false
	}
	words := strings.Fields(line)
	if len(words) > mostWords {
		return false
	}
	if len(words) == 1 && len(line) <= longestNick {
		return true
	}
	// Particles such as "van der" are written small.
	capitals := 0
	for _, word := range words {
		if !startsLower(word) {
			capitals++
		}
	}
	return !startsLower(line) && 2*capitals >= len(words)+1
}

// closingKind says what sort of closing a line is.
type closingKind uint8

const (
	noClosing     closingKind = iota
	plainClosing              // nothing need follow: "Best regards"
	thanksClosing             // means something by itself, unless a name follows
	namedClosing              // with the name in the same line: "Best, Ann"
)

// closingOf judges a line. "Thanks, Ann" is a closing with a name, "Thanks for
// the figures" is none.
func closingOf(line string) closingKind {
	const longest = 80
	line = strings.TrimSpace(line)
	if line == "" || len(line) > longest {
		return noClosing
	}
	words := strings.ToLower(strings.ReplaceAll(line, "\u2019", "'"))
	words = strings.Trim(words, " *_,.!;\u2013\u2014-:)\u00a0\U0001F642")
	if closingWords[words] {
		return plainClosing
	}
	if thanksWords[words] {
		return thanksClosing
	}
	head, name, ok := strings.Cut(line, ",")
	head = strings.ToLower(strings.TrimSpace(head))
	if ok && (closingWords[head] || thanksWords[head]) && isName(name) && !startsLower(strings.TrimSpace(name)) {
		return namedClosing
	}
	for _, start := range closingStarts {
		rest, ok := strings.CutPrefix(words, start)
		if ok && len(strings.Fields(rest)) <= 4 && strings.HasPrefix(rest, " ") {
			return plainClosing
		}
	}
	return noClosing
}
