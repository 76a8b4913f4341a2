package datebook

import (
	"html"
	"strings"
)

// plain makes text of notes. Google's own pages write them as HTML, other programs
// as text, and nothing says which: only what has the form of a tag is taken for
// one.
func plain(notes string) string {
	if !strings.ContainsAny(notes, "<&") {
		return strings.TrimSpace(notes)
	}
	var b strings.Builder
	b.Grow(len(notes))
	for {
		i := strings.IndexByte(notes, '<')
		if i < 0 {
			break
		}
		b.WriteString(notes[:i])
		notes = notes[i:]
		name, length := tagAt(notes)
		switch {
		case length == 0:
			b.WriteByte('<')
			length = 1
		case newLine[strings.ToLower(name)]:
			b.WriteByte('\n')
		}
		notes = notes[length:]
	}
	b.WriteString(notes)
	// Editors in a browser keep blanks apart by making them hard.
	return tidy(strings.ReplaceAll(html.UnescapeString(b.String()), "\u00a0", " "))
}

// newLine are the tags that begin a line.
var newLine = map[string]bool{
	"br": true, "p": true, "/p": true, "div": true, "/div": true, "li": true, "/ul": true, "/ol": true, "tr": true, "/table": true,
	"blockquote": true, "/blockquote": true, "h1": true, "/h1": true, "h2": true, "/h2": true, "h3": true, "/h3": true,
}

// tagAt reads the tag or comment at the beginning of a text; length is 0 if there
// is none, as in "a < b" and "<pat@board.example>".
func tagAt(text string) (name string, length int) {
	if strings.HasPrefix(text, "<!--") {
		before, _, closed := strings.Cut(text, "-->")
		if !closed {
			return "", 0
		}
		return "", len(before) + len("-->")
	}
	end := 1
	if strings.HasPrefix(text, "</") {
		end = 2
	}
	for end < len(text) && isNameByte(text[end]) {
		end++
	}
	name = text[1:end]
	if strings.Trim(name, "/") == "" || end == len(text) || !strings.ContainsRune("> \t\r\n/", rune(text[end])) {
		return "", 0
	}
	// A second "<" before the ">" means that the first was no tag.
	last := strings.IndexAny(text[end:], "<>")
	if last < 0 || text[end+last] == '<' {
		return "", 0
	}
	return name, end + last + 1
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// tidy leaves one blank line of several.
func tidy(text string) string {
	// Most notes need nothing, and are not copied.
	if text = strings.TrimSpace(text); !strings.Contains(text, "\n\n") && !strings.Contains(text, " \n") && !strings.Contains(text, "\r") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	blank := false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line != "" || !blank {
			b.WriteString(line)
			b.WriteByte('\n')
		}
		blank = line == ""
	}
	return strings.TrimSpace(b.String())
}
