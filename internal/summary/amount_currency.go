package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// money is a currency beside a number.
type money struct {
	code     string // ISO 4217, or "" if there is none
	size     int    // bytes, with the space between
	exact    bool   // a code or a word, which says more than a sign
	weak     bool   // it may mean something else
	negative bool   // a minus stands between it and the number
}

// signsBefore may stand before a number, the longest first where one ends with
// another.
var signsBefore = []struct {
	sign string
	money
}{
	{"AU$", money{code: "AUD"}},
	{"CA$", money{code: "CAD"}},
	{"NZ$", money{code: "NZD"}},
	{"HK$", money{code: "HKD"}},
	{"SG$", money{code: "SGD"}},
	{"MX$", money{code: "MXN"}},
	{"NT$", money{code: "TWD"}},
	{"US$", money{code: "USD"}},
	{"CN¥", money{code: "CNY"}},
	{"A$", money{code: "AUD"}},
	{"C$", money{code: "CAD"}},
	{"S$", money{code: "SGD"}},
	{"R$", money{code: "BRL"}},
	{"$", money{code: "USD"}},
	{"€", money{code: "EUR"}},
	{"£", money{code: "GBP"}},
	{"¥", money{code: "JPY"}},
	{"￥", money{code: "JPY"}},
	{"₹", money{code: "INR"}},
	{"₩", money{code: "KRW"}},
	{"₺", money{code: "TRY"}},
	{"₽", money{code: "RUB"}},
	{"₪", money{code: "ILS"}},
	{"₴", money{code: "UAH"}},
	{"฿", money{code: "THB"}},
	{"₫", money{code: "VND"}},
	{"SFr.", money{code: "CHF"}},
	{"sFr.", money{code: "CHF"}},
	{"Fr.", money{code: "CHF", weak: true}},
	{"kr.", money{code: "DKK"}},
	{"kr", money{code: "NOK"}},
	{"Rs.", money{code: "INR"}},
	{"Rs", money{code: "INR"}},
	{"RMB", money{code: "CNY"}},
	{"Euro", money{code: "EUR"}},
}

// codes are the ISO 4217 codes that are read. Those of codesBehind are words or
// names too ("TRY 2 of them", "COP 26", "PHP 8") and count behind a number only.
var (
	codesBefore = wordSet(`EUR USD GBP CHF JPY CNY AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN RUB UAH ILS INR SGD
		HKD KRW TWD THB MYR IDR VND BRL MXN ZAR AED SAR QAR KWD BHD OMR EGP ARS NGN KES eur usd gbp chf Eur`)
	codesBehind = wordSet(`TRY PHP COP CLP PEN MAD RSD GEL`)
)

// pointCurrencies are those whose sign, standing first, tells that the writer
// parts decimals by a point.
var pointCurrencies = wordSet(`USD GBP CAD AUD NZD HKD SGD JPY CNY INR`)

// moneyWords stand behind a number. "Pounds" and "Pfund" weigh more often than
// they pay, and are left out.
var moneyWords = map[string]string{
	"euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "bucks": "USD", "quid": "GBP",
	"franken": "CHF", "francs": "CHF", "yen": "JPY", "yuan": "CNY", "renminbi": "CNY", "rupees": "INR", "rupien": "INR",
	"kronor": "SEK", "zloty": "PLN", "złoty": "PLN", "zł": "PLN", "kč": "CZK", "rubel": "RUB", "roubles": "RUB", "rubles": "RUB",
	"rmb": "CNY", "won": "KRW", "rand": "ZAR", "pesos": "MXN", "forint": "HUF",
}

// currencyBefore reads the currency that head ends with, and returns how many
// bytes it has with what stands between it and a number behind.
func currencyBefore(head string) (int, money) {
	whole, negative := len(head), false
	for _, minus := range []string{"-", "−"} {
		if cut, ok := strings.CutSuffix(head, minus); ok {
			head, negative = cut, true
		}
	}
	for _, space := range []string{" ", "\u00a0", "\u202f"} {
		if cut, ok := strings.CutSuffix(head, space); ok {
			head = cut
			break
		}
	}
	// Codes come first: each ends where its number begins, but some signs are the
	// end of a code.
	if m := codeAtEnd(head); m.code != "" {
		m.negative = negative
		return whole - len(head) + m.size, m
	}
	for _, s := range signsBefore {
		if rest, ok := strings.CutSuffix(head, s.sign); ok && (!isWordSign(s.sign) || !endsWithLetter(rest)) {
			m := s.money
			m.negative = negative
			return whole - len(rest), m
		}
	}
	return 0, money{}
}

// isWordSign knows the signs that begin with a letter, and so must not go on
// from a word.
func isWordSign(sign string) bool { return sign[0] < utf8.RuneSelf && sign[0] != '$' }

func endsWithLetter(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_'
}

func codeAtEnd(head string) money {
	if len(head) < 3 || endsWithLetter(head[:len(head)-3]) || !codesBefore[head[len(head)-3:]] {
		return money{}
	}
	return money{code: strings.ToUpper(head[len(head)-3:]), size: 3, exact: true}
}

// currencyBehind reads the currency that follows a number. One that is nearer to
// the next number belongs to that.
func currencyBehind(text string, hasBefore bool) money {
	gap := spaceAt(text)
	if gap == 0 && strings.HasPrefix(text, "-") {
		gap = 1 // "a 500-euro chair"
	}
	m := signBehind(text[gap:])
	if m.code == "" {
		m = wordBehind(text[gap:])
	}
	if m.code == "" || hasBefore && !m.exact {
		return money{}
	}
	// "12 EUR 300": the code is the next number's. "12 € 300" is left to this one.
	rest := text[gap+m.size:]
	space := spaceAt(rest)
	toNumber := space < len(rest) && isDigit(rest[space])
	if toNumber && (space == 0 || m.exact || hasBefore) {
		return money{}
	}
	m.size += gap
	return m
}

// signBehind reads a sign. "kr", "Fr." and their like are words behind a number.
func signBehind(text string) money {
	for _, s := range signsBefore {
		if isWordSign(s.sign) && !strings.HasSuffix(s.sign, "$") || !strings.HasPrefix(text, s.sign) {
			continue
		}
		return money{code: s.code, size: len(s.sign)}
	}
	return money{}
}

// wordBehind reads a code or a word, of letters of any alphabet.
func wordBehind(text string) money {
	size := 0
	for size < len(text) && size < 24 {
		r, n := utf8.DecodeRuneInString(text[size:])
		if !unicode.IsLetter(r) {
			break
		}
		size += n
	}
	word := text[:size]
	switch lower := strings.ToLower(word); {
	case codesBefore[word] || codesBehind[word]:
		return money{code: strings.ToUpper(word), size: size, exact: true}
	case lower == "kr":
		return kronor(text)
	case lower == "us":
		if m := wordBehind(strings.TrimLeft(text[size:], " -")); m.code == "USD" {
			return money{code: "USD", size: size + 1 + m.size, exact: true}
		}
	case lower == "pounds" && strings.HasPrefix(text[size:], " sterling"):
		return money{code: "GBP", size: size + len(" sterling"), exact: true}
	case moneyWords[lower] != "":
		return money{code: moneyWords[lower], size: size, exact: true}
	}
	return money{}
}

// kronor tells a Danish "500 kr. i dag" from a Swedish "500 kr" that ends a
// sentence.
func kronor(text string) money {
	after, dot := strings.CutPrefix(text[len("kr"):], ". ")
	if r, _ := utf8.DecodeRuneInString(after); dot && unicode.IsLower(r) {
		return money{code: "DKK", size: len("kr."), exact: true}
	}
	return money{code: "SEK", size: len("kr"), exact: true}
}

// scale is a word such as "million" behind a number.
type scale struct {
	size  int  // bytes, with the space between
	zeros int  // how many digits the point moves
	point byte // the decimal mark where such a word is used
}

var scaleWords = map[string]scale{
	"k": {zeros: 3, point: '.'}, "thousand": {zeros: 3, point: '.'}, "grand": {zeros: 3, point: '.'},
	"tsd": {zeros: 3, point: ','}, "tausend": {zeros: 3, point: ','}, "mille": {zeros: 3, point: ','},
	"m": {zeros: 6, point: '.'}, "mn": {zeros: 6, point: '.'}, "mm": {zeros: 6, point: '.'}, "mil": {zeros: 6, point: '.'},
	"million": {zeros: 6, point: '.'}, "millions": {zeros: 6, point: '.'},
	"mio": {zeros: 6, point: ','}, "mill": {zeros: 6, point: ','}, "millionen": {zeros: 6, point: ','},
	"bn": {zeros: 9, point: '.'}, "b": {zeros: 9, point: '.'}, "billion": {zeros: 9, point: '.'}, "billions": {zeros: 9, point: '.'},
	"mrd": {zeros: 9, point: ','}, "md": {zeros: 9, point: ','}, "mds": {zeros: 9, point: ','}, "milliarde": {zeros: 9, point: ','},
	"milliarden": {zeros: 9, point: ','}, "milliard": {zeros: 9, point: ','}, "milliards": {zeros: 9, point: ','},
	"trillion": {zeros: 12, point: '.'}, "tn": {zeros: 12, point: '.'}, "billionen": {zeros: 12, point: ','},
}

// scaleAt reads the scale behind a number: "2m", "1.2 Mio. €", "3 M€", "5
// millions d'euros". A single letter stands directly behind the number or
// directly before the sign, or the currency is known already: "3 m" is a length.
func scaleAt(text string, hasBefore bool) scale {
	gap := spaceAt(text)
	size := wordLength(text[gap:min(len(text), gap+16)])
	s, ok := scaleWords[strings.ToLower(text[gap:gap+size])]
	if !ok {
		return scale{}
	}
	s.size = gap + size
	rest := text[s.size:]
	if size == 1 && gap > 0 && !hasBefore && !startsWithSign(rest) {
		return scale{}
	}
	if strings.HasPrefix(rest, ".") && (s.point == ',' || size == 2) && (!hasBefore || len(rest) > 1 && rest[1] == ' ' && !startsUpper(rest[2:])) {
		s.size++ // "Mio.", unless the full stop ends the sentence
		rest = rest[1:]
	}
	for _, of := range []string{" d'", " d’", " de "} {
		if strings.HasPrefix(rest, of) && wordBehind(rest[len(of):]).code != "" {
			s.size += len(of)
		}
	}
	return s
}

func startsUpper(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r)
}

func startsWithSign(text string) bool { return signBehind(text).code != "" }
