package when

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type shape uint8

const (
	word shape = iota
	number
	mark
)

// token is a run of letters, a run of digits, or one other character.
type token struct {
	shape    shape
	text     string // in lower case
	off, end int    // bytes of the original text
	num      int    // of a number; -1 if it has more than eight digits
	space    bool   // white space, or nothing, comes before it
	capital  bool   // starts with a capital letter
	upper    bool   // is all capitals
}

// paragraph stands for an empty line. No production knows it, so nothing reaches across.
const paragraph = "\u00b6"

// tokenize cuts text into tokens. A run of digits ends where letters start: "15SEP"
// is two tokens, of which the second has no space before it.
func tokenize(text string) []token {
	tokens := make([]token, 0, len(text)/5+4)
	space, lines := true, 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) || r == '\u200b' {
			if r == '\n' {
				lines++
			}
			space = true
			i += size
			continue
		}
		if lines > 1 {
			tokens = append(tokens, token{shape: mark, text: paragraph, off: i, end: i, space: true})
		}
		t := nextToken(text, i, r, size)
		t.space = space
		tokens = append(tokens, t)
		space, lines, i = false, 0, t.end
	}
	return tokens
}

func nextToken(text string, i int, r rune, size int) token {
	switch {
	case r >= '0' && r <= '9':
		end := runOf(text, i, func(r rune) bool { return r >= '0' && r <= '9' })
		return token{shape: number, text: text[i:end], off: i, end: end, num: value(text[i:end])}
	case isLetter(r):
		end := runOf(text, i, isLetter)
		return wordToken(text, i, end)
	}
	return token{shape: mark, text: sameMark(text[i : i+size]), off: i, end: i + size}
}

func wordToken(text string, i, end int) token {
	t := token{shape: word, off: i, end: end, text: strings.ToLower(text[i:end])}
	first, _ := utf8.DecodeRuneInString(text[i:])
	t.capital = unicode.IsUpper(first)
	t.upper = t.capital && text[i:end] == strings.ToUpper(text[i:end])
	return t
}

func isLetter(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsMark(r)
}

func runOf(text string, i int, in func(rune) bool) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !in(r) {
			break
		}
		i += size
	}
	return i
}

func value(digits string) (n int) {
	if len(digits) > 8 {
		return -1
	}
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// sameMark maps the marks that mail programs put in place of the plain ones.
func sameMark(s string) string {
	switch s {
	case "\u2019", "\u2018", "`", "\u00b4":
		return "'"
	case "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212":
		return "-"
	case "\u2022", "\u2219", "\u00b7", "|":
		return ","
	}
	return s
}
