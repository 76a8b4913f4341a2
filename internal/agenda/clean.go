package agenda

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

const (
	mostMarks   = 4   // combining marks on one letter
	longestLink = 600 // bytes of an address to follow
	ellipsis    = "…"
	isolate     = "\u2068" // FIRST STRONG ISOLATE (UAX 9): what follows keeps its direction to itself
	isolated    = "\u2069"
)

// clean makes one line of what a stranger may have written: at most limit
// characters, with nothing that breaks a line, that is not seen, or that turns
// other text around. Letters that are written from right to left are isolated, so
// that the times and figures beside them stay where they are.
func clean(s string, limit int) string {
	if isPlain(s) {
		return shortened(s, limit)
	}
	var b strings.Builder
	count, marks, space, fromRight := 0, 0, false, false
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = count > 0
			continue
		}
		// A mark needs a letter: at the start, or after a space, it would change what
		// we have written before it.
		if marks = marksAfter(marks, r); invisible(r) || marks > mostMarks || marks > 0 && (count == 0 || space) {
			continue
		}
		if space {
			count++
		}
		if count >= limit {
			return isolatedIf(fromRight, wholeWords(b.String(), space)+ellipsis)
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		count++
		fromRight = fromRight || r >= 0x590 && isFromRight(r)
	}
	return isolatedIf(fromRight, b.String())
}

func isolatedIf(fromRight bool, s string) string {
	if fromRight {
		return isolate + s + isolated
	}
	return s
}

// wholeWords takes off the beginning of a word that was cut, if that is not much of
// the text. AtEnd says that the cut lies between words.
func wholeWords(s string, atEnd bool) string {
	if space := strings.LastIndexByte(s, ' '); !atEnd && space > len(s)*2/3 {
		return s[:space]
	}
	return strings.TrimRight(s, " ")
}

// shortened cuts plain text.
func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return wholeWords(s[:limit], s[limit] == ' ') + ellipsis
}

// isPlain says that there is nothing to clean: printable ASCII, single spaces.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// marksAfter counts how many characters in a row change the one before them.
func marksAfter(marks int, r rune) int {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200c, 0x200d
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.Is(unicode.M, r) {
		return marks + 1
	}
	return 0
}

// invisible tells characters that show nothing and can mislead: direction marks,
// tags, zero-width spaces, fillers. Joiners are needed to write some languages.
func invisible(r rune) bool {
	switch r {
	case 0x200c, 0x200d:
		return false
	case 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0, 0xfffe, 0xffff:
		return true
	}
	return r > 0x7f && unicode.Is(unicode.Cf, r)
}

func isFromRight(r rune) bool {
	p, _ := bidi.LookupRune(r)
	class := p.Class()
	return class == bidi.R || class == bidi.AL || class == bidi.AN
}

// webLink returns an address that may be followed, and its host, which is shown;
// both are empty if it is not https to a host that reads as it is written.
func webLink(s string) (link, host string) {
	u, err := url.Parse(s)
	if err != nil || len(s) > longestLink || !isLink(s) || !strings.EqualFold(u.Scheme, "https") || u.User != nil || u.Opaque != "" {
		return "", ""
	}
	host = strings.ToLower(u.Hostname())
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || utf8.RuneCountInString(host) > 100 {
		return "", ""
	}
	return s, host
}

// mailLink returns an address of ours, or "" if it is none that a mail program
// would take as one.
func mailLink(s string) string {
	if !strings.HasPrefix(s, "mailto:") || len(s) > longestLink || !isLink(s) {
		return ""
	}
	return s
}

// isLink refuses what no address holds: spaces, quotes, brackets, bytes beyond
// ASCII (RFC 3986 2).
func isLink(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte("\"<>\\^`{|}", s[i]) >= 0 {
			return false
		}
	}
	return true
}
