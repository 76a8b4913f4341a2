package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAskTokens is how many words of a sentence are looked at: who asks for
// something does so before the hundredth.
const maxAskTokens = 100

// token is a word or a mark of a sentence as the classifier sees it.
type token struct {
	word    string // in small letters; "0" for numbers, "link", "mail" for addresses
	class   class  // what it may be in a request
	capital bool   // it began with a capital letter
}

// askTokens splits a sentence into words and the marks that matter, in English
// words where it is German or French and a table has them. Numbers, links and
// addresses lose what they say: the classifier learns from their being there.
func askTokens(sentence string) []token {
	tokens := make([]token, 0, 32)
	for field := range strings.FieldsSeq(sentence) {
		if len(tokens) >= maxAskTokens {
			break
		}
		tokens = appendField(tokens, field)
	}
	return english(tokens)
}

func appendField(tokens []token, field string) []token {
	switch {
	case isLink(field):
		return appendMarks(append(tokens, plainToken("link")), field)
	case strings.IndexByte(field, '@') > 0:
		return append(tokens, plainToken("mail"))
	}
	for field != "" {
		size := wordLength(field)
		if size == 0 {
			r, n := utf8.DecodeRuneInString(field)
			// A hyphen within a word, as in "pouvez-vous", is no mark.
			if r != '-' || n == len(field) {
				tokens = appendMark(tokens, r)
			}
			field = field[n:]
			continue
		}
		tokens, field = append(tokens, wordToken(field[:size])), field[size:]
	}
	return tokens
}

// isLink knows an address of the web, and the $LINK that stands for one where
// addresses have been taken out.
func isLink(field string) bool {
	return strings.Contains(field, "://") || strings.HasPrefix(strings.TrimLeft(field, "(<["), "www.") ||
		strings.Contains(field, "$LINK")
}

// appendMarks adds the mark that ends an address, if any.
func appendMarks(tokens []token, field string) []token {
	r, _ := utf8.DecodeLastRuneInString(field)
	return appendMark(tokens, r)
}

func appendMark(tokens []token, r rune) []token {
	if marks[r] != "" {
		return append(tokens, plainToken(marks[r]))
	}
	return tokens
}

// marks are those that tell something about a request.
var marks = map[rune]string{'?': "?", '!': "!", ':': ":", ',': ",", '$': "$", '-': "-"}

func plainToken(word string) token { return token{word: word, class: classes[word]} }

// wordLength returns how many bytes of s are a word: letters, digits, accents of
// their own and, but for the first place, apostrophes.
func wordLength(s string) int {
	for i, r := range s {
		if 'a' <= r && r <= 'z' {
			continue // nearly all are, and need no table
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !(i > 0 && isApostrophe(r)) {
			return i
		}
	}
	return len(s)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' }

func wordToken(word string) token {
	first, _ := utf8.DecodeRuneInString(word)
	if unicode.IsDigit(first) {
		return plainToken("0")
	}
	lower := strings.TrimRight(strings.ReplaceAll(strings.ToLower(word), "’", "'"), "'")
	if lower == "pls" || lower == "plz" || lower == "kindly" {
		lower = "please"
	}
	t := plainToken(lower)
	t.capital = unicode.IsUpper(first)
	return t
}
