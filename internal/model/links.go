package model

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// link finds all that a mail program or a browser may make a link of: what has a
// scheme, addresses of people, hosts with or without a path, and numbers of IPv4.
// A word with a full stop inside looks like a host.
var link = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:/+\S*|` +
	`\b(?:mailto|tel|sms|callto|sip|javascript|vbscript|data|file|cid|mid|facetime|skype|whatsapp|shortcuts)\s?:\S+|` +
	`[^\s@<>()"]+@[^\s@<>()"]*[\pL\pN]|` +
	`(?:[\pL\pN_-]+\.){1,10}(?:\pL{2,}|xn--[a-z0-9-]+)(?::\d+)?(?:[/?#]\S*)?|` +
	`\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?(?:/\S*)?`)

// file is the name of a file that is not the name of a host as well.
var file = regexp.MustCompile(`(?i)^[\pL\pN_-]+\.(?:pdf|docx?|xlsx?|pptx?|csv|txt|ics|odt|ods|png|jpe?g)$`)

const around = `.,;:!?"'()[]<>…*`

// longestWord is how much between two spaces is looked at as one, in bytes. It
// bounds what a match may cost that looks ahead for an "@" or a ":"; what is
// written without spaces, as Chinese is, has lines of that size.
const longestWord = 1000

// links lists what looks like a link, as written but for the case, and apart from
// these the names of files.
func links(text string) (found, files []string) {
	for _, word := range strings.Fields(text) {
		for piece := ""; word != ""; {
			piece = clip(word, longestWord)
			word = word[len(piece):]
			for _, l := range link.FindAllString(piece, -1) {
				l = strings.Trim(strings.ToLower(l), around)
				if file.MatchString(l) {
					files = append(files, l)
				} else {
					found = append(found, l)
				}
			}
		}
	}
	return found, files
}

// linked tells whether a text holds what a program may make a link of, also when
// letters are taken for those that they look like: "．" is a full stop to a
// browser.
func linked(text string) bool {
	found, _ := links(text)
	alike, _ := links(norm.NFKC.String(text))
	return len(found)+len(alike) > 0
}

// known tells whether each link and each file of a text stands in its source, a
// link whole or as the host of one.
func known(text, source string) bool {
	have := map[string]bool{}
	found, files := links(source)
	for _, l := range found {
		have[l], have[bare(l)], have[host(l)] = true, true, true
	}
	for _, name := range files {
		have[name] = true
	}
	found, files = links(text)
	for _, l := range slices.Concat(found, files) {
		if !have[l] && !have[bare(l)] {
			return false
		}
	}
	return true
}

// bare is a link without its scheme and the slash at its end.
func bare(l string) string {
	if _, rest, ok := strings.Cut(l, "://"); ok {
		l = rest
	}
	return strings.TrimRight(strings.TrimPrefix(l, "mailto:"), "/")
}

// host is the host of a link, for which it may stand in a sentence.
func host(l string) string {
	l = bare(l)
	if i := strings.IndexAny(l, "/?#:"); i >= 0 {
		l = l[:i]
	}
	return l[strings.LastIndexByte(l, '@')+1:]
}

// unlinked puts a sign in the place of each link.
func unlinked(text string) string {
	return link.ReplaceAllStringFunc(text, func(l string) string {
		if file.MatchString(strings.Trim(l, around)) {
			return l
		}
		end := ""
		if last := l[len(l)-1]; strings.IndexByte(".,;!?", last) >= 0 {
			end = string(last)
		}
		return "[…]" + end
	})
}

// number is a number with the marks that group and part its digits.
var number = regexp.MustCompile(`\p{Nd}+(?:[.,'’:/\x{a0}\x{202f}-]\p{Nd}+)*`)

// sums tells whether each number of two digits or more stands in the source:
// with the same digits, however these are grouped, or piece by piece, as those of
// a date. A model that gets a sum wrong does more harm than one that is silent.
func sums(text, source string) bool {
	have := map[string]bool{}
	for _, n := range number.FindAllString(source, -1) {
		have[digits(n)] = true
		for _, piece := range pieces(n) {
			have[piece] = true
		}
	}
	for _, n := range number.FindAllString(text, -1) {
		unknown := func(piece string) bool { return len(piece) > 1 && !have[piece] }
		if !have[digits(n)] && slices.ContainsFunc(pieces(n), unknown) {
			return false
		}
	}
	return true
}

// pieces are the runs of digits in a number, without zeros before them.
func pieces(n string) []string {
	all := strings.FieldsFunc(n, func(r rune) bool { return !unicode.IsDigit(r) })
	for i := range all {
		all[i] = strings.TrimLeft(all[i], "0")
	}
	return all
}

func digits(n string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, n), "0")
}
