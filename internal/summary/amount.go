package summary

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Amount is a sum of money found in prose.
type Amount struct {
	Text     string  // as written, currency and all: "1.2 Mio. €"
	Value    float64 // for comparing with a limit; Decimal is exact
	Decimal  string  // the same without rounding: "1200000", "-3.50"
	Currency string  // ISO 4217: "EUR"
	Offset   int     // of Text in the text, in bytes
}

const (
	// maxAmounts is how many amounts of one text are returned; more are a table.
	maxAmounts = 500
	// maxDigits is how many digits an amount may have; more are an account's.
	maxDigits = 15
)

// Amounts finds the sums of money in a text, in order: a number with a currency
// before it or behind it, as a sign, an ISO 4217 code or a word. "1.200,50" and
// "1,200.50" are the same number: the last mark parts the decimals, and a single
// mark before three digits groups thousands, but for a point behind "$" or "£". A number without a currency is no
// amount, which leaves out versions, dates, telephone numbers and percentages.
//
// Where a sign stands for several currencies the most usual one is taken: "$" is
// USD, "¥" JPY, "£" GBP; "kr" is SEK behind a number and NOK before it, "kr." is
// DKK. At most 256 KiB are read and 500 amounts returned; the cost is linear.
func Amounts(text string) []Amount {
	text = cutProse(text, maxProse)
	var all []Amount
	last := 0 // where the last amount ended: its currency is not the next one's
	for i := 0; i < len(text) && len(all) < maxAmounts; {
		if !isDigit(text[i]) {
			i++
			continue
		}
		a, end := amountAt(text, i, last)
		if a.Currency != "" {
			all = append(all, a)
			last = end
		}
		i = end
	}
	return all
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// amountAt reads the amount whose number begins at i, and returns where to look
// for the next one. Its currency stands behind last. Without one it is no amount.
func amountAt(text string, i, last int) (Amount, int) {
	size, before := currencyBefore(text[last:i])
	start := i - size
	n := numeralAt(text, i)
	if before.code == "" && !mayBegin(text[:i]) {
		return Amount{}, n.skip
	}
	times := scaleAt(text[n.end:], before.code != "")
	end := n.end + times.size
	behind := currencyBehind(text[end:], before.code != "")
	end += behind.size
	currency := before.code
	if behind.code != "" && (currency == "" || behind.exact) {
		currency = behind.code
	}
	if currency == "" || !mayFollow(text[end:]) || before.weak && !n.looksLikePrice(text[end:]) {
		return Amount{}, n.skip
	}
	if pointCurrencies[before.code] && !before.exact && times.point == 0 {
		times.point = '.' // "$2.895" is a price with three decimals, "€2.895" is not
	}
	decimal, ok := n.decimal(times)
	if !ok {
		return Amount{}, n.skip
	}
	if before.negative || isMinus(text[:start]) {
		decimal = "-" + decimal
	}
	value, _ := strconv.ParseFloat(decimal, 64) // digits and at most one point
	return Amount{Text: text[start:end], Value: value, Decimal: decimal, Currency: currency, Offset: start}, end
}

// mayBegin tells whether a number without a currency before it begins here,
// rather than going on from a word, a version or a path.
func mayBegin(before string) bool {
	r, size := utf8.DecodeLastRuneInString(before)
	switch {
	case size == 0:
		return true
	case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune("/_#@\\=&%", r):
		return false
	case strings.ContainsRune(".,:'’", r):
		before = before[:len(before)-size]
		return before == "" || !isDigit(before[len(before)-1])
	}
	return true
}

// mayFollow tells whether an amount can end before this text.
func mayFollow(after string) bool {
	r, size := utf8.DecodeRuneInString(after)
	if size == 0 {
		return true
	}
	// The marks are those of encoded bytes and of programs' placeholders.
	other := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_@`#^~\\", r)
	return !other && !strings.HasPrefix(strings.TrimPrefix(after, " "), "%")
}

// isMinus tells whether a minus sign stands before the amount; a hyphen between
// two words or numbers is none.
func isMinus(before string) bool {
	r, size := utf8.DecodeLastRuneInString(before)
	if r != '-' && r != '−' {
		return false
	}
	r, size = utf8.DecodeLastRuneInString(before[:len(before)-size])
	return size == 0 || unicode.IsSpace(r) || r == '(' || r == ':'
}

// numeral is a number as written.
type numeral struct {
	text string // digits and what stands between them
	end  int    // behind the number and a Swiss or German ".-"
	skip int    // where to go on if it is no amount
	dash bool   // ".-" stood for no cents
}

// numeralAt reads the number at i: groups of three with spaces between them, as
// the French and ISO 31-0 write, or anything of digits, points, commas and
// apostrophes. decimal finds out whether that is one number.
func numeralAt(text string, i int) numeral {
	end := digitsEnd(text, i)
	skip := end
	if lead := end - i; lead <= 3 {
		for range maxDigits / 3 {
			space := spaceAt(text[end:])
			if space == 0 || digitsEnd(text, end+space) != end+space+3 {
				break
			}
			end += space + 3
		}
	}
	spaced := end > skip
	for end < len(text) {
		mark := markAt(text[end:])
		next := digitsEnd(text, min(end+mark, len(text)))
		if mark == 0 || next == end+mark {
			break
		}
		end = next
	}
	n := numeral{text: text[i:end], end: end, skip: end}
	if spaced {
		n.skip = skip
	}
	for _, dash := range []string{",--", ".--", ",-", ",–", ",—", ".-", ".–", ".—"} {
		if strings.HasPrefix(text[end:], dash) {
			n.end, n.dash = end+len(dash), true
			break
		}
	}
	return n
}

func digitsEnd(text string, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

// spaceAt returns the size of the space that text begins with, wide, narrow or
// not breaking.
func spaceAt(text string) int {
	for _, space := range []string{" ", "\u00a0", "\u202f", "\u2009"} {
		if strings.HasPrefix(text, space) {
			return len(space)
		}
	}
	return 0
}

// markAt returns the size of a mark that may stand within a number.
func markAt(text string) int {
	for _, mark := range []string{".", ",", "'", "’"} {
		if strings.HasPrefix(text, mark) {
			return len(mark)
		}
	}
	return 0
}

// decimal writes a number exactly, with a point and without groups. It is not ok
// where the marks make it a date, a version or something else.
func (n numeral) decimal(times scale) (string, bool) {
	whole, cents, ok := splitNumeral(n.text, times)
	if !ok || len(whole)+len(cents) > maxDigits {
		return "", false
	}
	whole, cents = shift(whole, cents, times.zeros)
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if cents != "" {
		whole += "." + cents
	}
	return whole, true
}

// plainGroups writes every mark that can only group as an apostrophe.
var plainGroups = strings.NewReplacer("’", "'", " ", "'", "\u00a0", "'", "\u202f", "'", "\u2009", "'")

// splitNumeral parts the whole from the decimals. The last mark decides: seen
// twice it groups, and so does an apostrophe or a space; alone before three digits
// it groups unless the words around it say that it is the decimal mark there.
func splitNumeral(text string, times scale) (whole, cents string, ok bool) {
	text = plainGroups.Replace(text)
	last := strings.LastIndexAny(text, ".,'")
	if last < 0 {
		return text, "", true
	}
	mark := text[last]
	whole, cents = text[:last], text[last+1:]
	single := !strings.ContainsAny(whole, ".,'")
	grouped := mark == '\'' || strings.IndexByte(whole, mark) >= 0
	if single && len(cents) == 3 && len(whole) <= 3 && whole[0] != '0' {
		grouped = grouped || mark != times.point
	}
	if grouped {
		whole, ok = ungroup(text, mark)
		return whole, "", ok
	}
	if !single {
		other := whole[strings.IndexAny(whole, ".,'")]
		whole, ok = ungroup(whole, other)
		return whole, cents, ok
	}
	return whole, cents, true
}

// ungroup takes the marks out of groups of three digits; anything else is none.
func ungroup(text string, mark byte) (string, bool) {
	groups := strings.Split(text, string(mark))
	for i, group := range groups {
		if !isDigits(group) || i == 0 && len(group) > 3 || i > 0 && len(group) != 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// shift moves the point to the right by some digits.
func shift(whole, cents string, zeros int) (string, string) {
	if zeros == 0 {
		return whole, cents
	}
	cents += strings.Repeat("0", max(zeros-len(cents), 0))
	return whole + cents[:zeros], strings.TrimRight(cents[zeros:], "0")
}

// looksLikePrice tells "Fr. 12.50" and "Fr. 80.–" from "Fr. 15 Uhr", a Friday.
func (n numeral) looksLikePrice(after string) bool {
	last := strings.LastIndexAny(n.text, ".,")
	price := n.dash || strings.ContainsAny(n.text, "'’") || last >= 0 && len(n.text)-last == 3
	return price && !strings.HasPrefix(after, ".") && !strings.HasPrefix(after, " Uhr") && !strings.HasPrefix(after, " h")
}
