package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a code stands for.
type Kind string

// The kinds of codes that are kept.
const (
	Booking Kind = "booking" // a flight, a hotel, a table
	Parcel  Kind = "parcel"  // a consignment's tracking code
	Order   Kind = "order"
	Invoice Kind = "invoice"
	Ticket  Kind = "ticket" // a case of a help desk
)

// Code is a reference by which somebody else finds a booking, a parcel, an
// order, an invoice or a case.
type Code struct {
	Kind   Kind
	Value  string // as written, but without spaces in it
	Offset int    // of the code in the text, in bytes
}

// maxCodes is how many codes of one text are returned.
const maxCodes = 100

// Codes finds references in a text, in order and each once. Tracking codes whose
// form and check digit say what they are (UPS 1Z, UPU S10, SSCC) and ServiceNow's
// numbers are found anywhere; everything else needs its label, in English, German
// or French: "Booking reference: X4K9QZ", "Rechnung Nr. 2026-014".
//
// What opens a door is never returned, and so never reaches the journal: one-time
// codes, passwords, PINs and TANs, bank accounts (IBAN) and card numbers. Near the
// words of a sign-in even a labelled code is left out, unless its check digit
// shows that it is a parcel's. At most 256 KiB are read.
func Codes(text string) []Code {
	text = cutProse(text, maxProse)
	words := codeWords(text)
	var all []Code
	seen := map[string]bool{}
	for i := 0; i < len(words) && len(all) < maxCodes; {
		code, next := codeAt(text, words, i)
		if code.Value != "" && !seen[code.Value] {
			seen[code.Value] = true
			all = append(all, code)
		}
		i = max(next, i+1)
	}
	return all
}

// codeAt reads the code or the label that begins with word i, and returns the
// word behind it.
func codeAt(text string, words []span, i int) (Code, int) {
	// Accounts go first, since their groups look like parts of other codes.
	if next := skipIBAN(text, words, i); next > i {
		return Code{}, next
	}
	if code, next := selfEvident(text, words, i); next > i {
		return code, next
	}
	l, next := labelAt(text, words, i)
	if next == i {
		return Code{}, i + 1
	}
	at, signed, ok := valueAfter(text, words, next, l)
	if !ok {
		return Code{}, next
	}
	if skipIBAN(text, words, at) > at {
		return Code{}, at
	}
	if code, end := selfEvident(text, words, at); end > at {
		return code, end
	}
	value, end := valueAt(text, words, at, l)
	if !fits(value, l, signed) || isOther(text, words, at, end, l) || isSecret(text, words[i].start, words[end-1].end, value, l) {
		return Code{}, next
	}
	return Code{Kind: l.kind, Value: value, Offset: words[at].start}, end
}

// span is a word of a text: letters and digits, with single marks between them
// where one of them is a digit.
type span struct{ start, end int }

func (s span) in(text string) string { return text[s.start:s.end] }

// codeWords splits a text into words. Those of web and mail addresses are left
// out: what stands in a link is for its site.
func codeWords(text string) []span {
	words := make([]span, 0, len(text)/6)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += size
			continue
		}
		end, digit := runEnd(text, i)
		if strings.HasPrefix(text[end:], "://") || strings.HasPrefix(text[end:], "@") || strings.HasPrefix(text[i:], "www.") {
			i = fieldEnd(text, end)
			continue
		}
		if digit {
			words = append(words, span{i, end})
		} else {
			words = appendParts(words, text, i, end)
		}
		i = end
	}
	return words
}

// runEnd returns where letters, digits and single marks between them end, and
// whether a digit is among them.
func runEnd(text string, i int) (end int, digit bool) {
	for end = i; end < len(text); {
		r, size := utf8.DecodeRuneInString(text[end:])
		switch {
		case unicode.IsLetter(r):
		case unicode.IsDigit(r):
			digit = true
		case strings.ContainsRune("-_/.", r) && end+1 < len(text) && startsAlnum(text[end+1:]):
		default:
			return end, digit
		}
		end += size
	}
	return end, digit
}

func startsAlnum(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func fieldEnd(text string, i int) int {
	if n := strings.IndexAny(text[i:], " \t\r\n<>\""); n >= 0 {
		return i + n
	}
	return len(text)
}

// appendParts adds a run without digits as the words that its marks part:
// "Booking-Ref" is two.
func appendParts(words []span, text string, i, end int) []span {
	for i < end {
		n := strings.IndexAny(text[i:end], "-_/.")
		if n < 0 {
			n = end - i
		}
		if n > 0 {
			words = append(words, span{i, i + n})
		}
		i += n + 1
	}
	return words
}

// valueAfter finds the word that a label is of: behind "number", "is", ":" and
// "#", in the same line or alone in the next. Signed is whether one of those was
// there. Anything else between them means that the label was just a noun.
func valueAfter(text string, words []span, i int, l label) (at int, signed, ok bool) {
	for step := 0; i < len(words) && step < 5; step++ {
		gap := text[words[i-1].end:words[i].start]
		if len(gap) > 16 || strings.Trim(gap, " \u00a0\t\r\n:#.°º-–—(=|*\"'“„[>") != "" {
			return 0, false, false
		}
		signed = signed || strings.ContainsAny(gap, ":#°º")
		word := strings.ToLower(words[i].in(text))
		filler := labelFillers[word]
		if strings.Contains(gap, ".") && !labelFillers[strings.ToLower(words[i-1].in(text))] && !l.abbreviated {
			return 0, false, false
		}
		if strings.Contains(gap, "\n") && !signed && !l.strong {
			return 0, false, false
		}
		if !filler {
			return i, signed, true
		}
		signed = signed || numberWords[word]
		i++
	}
	return 0, false, false
}

// valueAt reads a labelled value. A parcel's is often written in groups.
func valueAt(text string, words []span, at int, l label) (value string, end int) {
	value, end = words[at].in(text), at+1
	if l.kind != Parcel {
		return value, end
	}
	for end < len(words) && text[words[end-1].end:words[end].start] == " " && isDigits(words[end].in(text)) && len(value) < 30 {
		value += words[end].in(text)
		end++
	}
	return value, end
}

// fits tells whether a value can be what its label says.
func fits(value string, l label, signed bool) bool {
	digits, upper, lower := census(value)
	if len(value) > 34 || lower > 0 && upper > 0 && digits == 0 || lower > 2 {
		return false
	}
	isNumber := digits == len(value)
	switch {
	// A record locator may be of letters alone; then it has six capitals.
	case l.kind == Booking && digits == 0:
		return l.strong && len(value) == 6 && upper == 6
	case l.kind == Booking:
		return len(value) >= 5 && (isNumber || upper > 0 || digits >= 5) && (l.strong || signed || upper > 0)
	case l.kind == Parcel:
		return digits >= 6 && len(value) >= 8
	case l.kind == Ticket && isIssueKey(value):
		return true
	case l.strong || signed:
		return digits >= 3
	}
	// "We had to order 300 chairs": a noun alone wants a longer number.
	return digits >= 5 || upper > 0 && digits >= 3
}

func census(value string) (digits, upper, lower int) {
	for _, r := range value {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLetter(r):
			lower++
		}
	}
	return digits, upper, lower
}

// isIssueKey knows "OPS-42".
func isIssueKey(value string) bool {
	key, number, ok := strings.Cut(value, "-")
	_, upper, _ := census(key)
	return ok && len(key) >= 2 && len(key) <= 10 && upper > 0 && strings.ToUpper(key) == key && isDigits(number) && len(number) <= 7
}

// isOther knows dates, sums of money, percentages, times and telephone numbers,
// which stand behind a label as well: "Invoice 12.03.2026", "Order: 500 €".
func isOther(text string, words []span, at, end int, l label) bool {
	value, after := words[at].in(text), text[words[end-1].end:]
	if isDate(value) || currencyBehind(after, false).code != "" || l.kind != Parcel && cardAt(text, words, at) {
		return true
	}
	if len(after) > 1 && strings.IndexByte(",:'", after[0]) >= 0 && isDigit(after[1]) {
		return true
	}
	return strings.HasPrefix(strings.TrimLeft(after, " "), "%") || strings.HasSuffix(text[:words[at].start], "+")
}

// cardAt tells whether the number of a payment card begins here.
func cardAt(text string, words []span, at int) bool {
	for n := 14; n <= 16; n++ {
		if value, end := grouped(text, words, at, n); end > at && isCard(value) {
			return true
		}
	}
	return false
}

// isDate knows 12.03.2026, 3/12/26 and 2026-03-12.
func isDate(value string) bool {
	parts := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("./-", r) })
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		if !isDigits(part) {
			return false
		}
	}
	a, b, c := len(parts[0]), len(parts[1]), len(parts[2])
	return b <= 2 && (a <= 2 && (c == 2 || c == 4) || a == 4 && c == 2)
}
