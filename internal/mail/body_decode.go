package mail

import (
	"bytes"
	"strings"
	"unicode/utf8"

	htmlcharset "golang.org/x/net/html/charset"

	"github.com/foredesk/foredesk/internal/summary"
	"github.com/foredesk/foredesk/internal/trip"
)

// decode returns what a part says. A calendar or a table in a file stays as it
// is; a page becomes text.
func (b bodyPart) decode(content []byte) partText {
	isHTML := b.mediaType == "text/html" || b.mediaType == "application/xhtml+xml"
	raw := decodeTransfer(b.encoding, content)
	text := cleanText(b.unicode(raw, isHTML))
	if b.mediaType == "text/enriched" || b.mediaType == "text/richtext" {
		// Its commands look like tags (RFC 1896), and a line break alone is a space.
		text, isHTML = strings.ReplaceAll(text, "\n\n", "<br>"), true
	}
	if isHTML || looksLikePage(text) {
		page, links := summary.HTML(text)
		read := partText{text: page, links: links}
		if b.file < 0 && trip.Mentions(text) {
			read.page = text
		}
		return read
	}
	if strings.EqualFold(param(b.params, "format"), "flowed") {
		text = unflow(text, strings.EqualFold(param(b.params, "delsp"), "yes"))
	}
	return partText{text: text, links: summary.URLs(text)}
}

// looksLikePage finds pages that are called plain text.
func looksLikePage(text string) bool {
	const enough = 64
	start := strings.ToLower(strings.TrimLeft(text[:min(len(text), enough)], " \t\n"))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 6). Of what is
// broken it gives what can be read; an encoding that it does not know is none.
func decodeTransfer(encoding string, content []byte) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return decodeBase64Body(content)
	case "quoted-printable":
		return decodeQuotedPrintable(content)
	}
	return content
}

// decodeBase64Body decodes pieces that were encoded one by one, too: the next one
// begins in the line after the padding. What follows there and is no base64 is
// the foot that a mailing list added. Text that only says that it is base64 is
// text.
func decodeBase64Body(content []byte) []byte {
	if !isBase64(content) {
		return content
	}
	out := make([]byte, 0, len(content)*3/4)
	for {
		piece, rest, padded := bytes.Cut(content, []byte("="))
		out = append(out, decodeBase64(string(piece))...)
		_, content, _ = bytes.Cut(rest, []byte("\n"))
		if !padded || len(content) == 0 || !isBase64(content) {
			return out
		}
	}
}

// isBase64 says that nearly all of the next line is of its alphabet.
func isBase64(content []byte) bool {
	const enough, most = 1 << 10, 20 // bytes; one in so many may be foreign
	line, _, _ := bytes.Cut(bytes.TrimLeft(content[:min(len(content), enough)], " \t\r\n"), []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	foreign := 0
	for _, c := range line {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && c != '+' && c != '/' && c != '=' {
			foreign++
		}
	}
	return foreign*most <= len(line)
}

// decodeQuotedPrintable decodes RFC 2045 6.7. An "=" that starts no escape stands
// for itself, as does one that the end has cut short.
func decodeQuotedPrintable(content []byte) []byte {
	out := make([]byte, 0, len(content))
	for len(content) > 0 {
		line := content
		rest := []byte(nil)
		if end := bytes.IndexByte(content, '\n'); end >= 0 {
			line, rest = content[:end+1], content[end+1:]
		}
		text := bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(text, []byte("="))
		if soft {
			text = text[:len(text)-1]
		}
		out = appendEscaped(out, text)
		if !soft && len(line) > 0 && line[len(line)-1] == '\n' {
			out = append(out, '\n')
		}
		content = rest
	}
	return out
}

// appendEscaped decodes the escapes of one line.
func appendEscaped(out, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '=' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			out = append(out, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		} else {
			out = append(out, text[i])
		}
	}
	return out
}

// unicode turns the bytes of a part into UTF-8. The byte order mark counts for
// more than the declared charset, that for more than what a page says of itself.
func (b bodyPart) unicode(raw []byte, isHTML bool) string {
	name := strings.ToLower(strings.TrimSpace(param(b.params, "charset")))
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		name, raw = "utf-8", raw[3:]
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		name, raw = "utf-16le", raw[2:]
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		name, raw = "utf-16be", raw[2:]
	case name == "" && isHTML:
		if _, own, certain := htmlcharset.DetermineEncoding(raw[:min(len(raw), 1024)], ""); certain {
			name = own
		}
	}
	switch name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit", "unknown", "default", "ansi_x3.4-1968":
		if bytes.Contains(raw, []byte("\x1b$B")) { // Japanese, which is ASCII on the wire
			return convert("iso-2022-jp", raw)
		}
		return guessBody(raw)
	}
	text := convert(name, raw)
	if utf8.Valid(raw) && isRatherUTF8(name, raw, text) {
		return string(raw)
	}
	return text
}

// isRatherUTF8 says that valid UTF-8 is just that, whatever its declared charset,
// which made this of it: no accident makes several characters valid.
func isRatherUTF8(name string, raw []byte, text string) bool {
	if strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "iso-2022") || strings.HasPrefix(name, "hz-") {
		return false
	}
	few := 4
	switch name {
	case "windows-1252", "cp1252", "iso-8859-1", "latin1", "iso-8859-15":
		few = 1 // there nothing else makes sense
	}
	beyond := utf8.RuneCount(raw) < len(raw)
	return beyond && strings.ContainsRune(text, utf8.RuneError) || countBeyondASCII(raw) >= few
}

// countBeyondASCII counts the characters of valid UTF-8 that take several bytes.
func countBeyondASCII(s []byte) int {
	n := 0
	for _, c := range s {
		if c >= 0xc0 { // the first byte of a character
			n++
		}
	}
	return n
}

// guessBody takes bytes for UTF-8 if most of what is beyond ASCII is: one broken
// byte, or a character that the end has cut, must not spoil the rest. Else it is
// what guess makes of them.
func guessBody(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	good, bad := 0, 0 // characters of several bytes; bytes that are part of none
	for rest := raw; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		rest = rest[size:]
	}
	if good > bad {
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
	return guess(string(raw))
}

// cleanText makes every line break a line feed and drops control characters.
func cleanText(s string) string {
	if plain, ok := cleanPlain(s); ok {
		return plain
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\f' || r == '\v' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0, r == '\ufeff':
			return -1
		}
		return r
	}, s)
}

// cleanPlain is cleanText for a text of printable ASCII and tabs, as most is: it
// takes one pass. It says no to any other.
func cleanPlain(s string) (string, bool) {
	clean := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case c == '\r':
			clean = append(clean, '\n')
		case c >= 0x7f || c < ' ' && c != '\n' && c != '\t':
			return "", false
		default:
			clean = append(clean, c)
		}
	}
	return string(clean), true
}

// unflow joins the lines of format=flowed text (RFC 3676): a line that ends in a
// space goes on in the next one of the same depth of quotation, and with delSp
// that space is none of the text. The line before a signature never flows.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	flowing, last := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		line = strings.TrimPrefix(line[depth:], " ") // stuffing (4.4)
		signature := line == "-- "
		switch {
		case flowing && depth == last && !signature:
		default:
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(strings.Repeat(">", depth))
			if depth > 0 {
				out.WriteByte(' ')
			}
		}
		flowing, last = strings.HasSuffix(line, " ") && !signature, depth
		if flowing && delSp {
			line = line[:len(line)-1]
		}
		out.WriteString(line)
	}
	return out.String()
}
