package mail

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"unicode/utf16"
	"unicode/utf8"
)

// maxListed is up to how long a LIST answer is kept back: longer ones are no
// folders that could be used (see badFolder), and go on as they are.
const maxListed = 16 << 10 // bytes

// The parts of a LIST answer (RFC 9051 7.3.1): attributes and delimiter, the name
// in one of its forms, and what may stand behind it.
var (
	listWord    = []byte("* LIST ")
	listHead    = regexp.MustCompile(`(?s)^\* (?i:LIST) \([^)]*\) (?:"(?:[^"\\\x{FFFD}]|\\[^\x{FFFD}])"|NIL) `)
	listQuoted  = regexp.MustCompile(`(?s)^"(?:[^"\\]|\\.)*"`)
	listLiteral = regexp.MustCompile(`^\{[0-9]{1,18}\}\r?\n`)
	listTail    = regexp.MustCompile(`^(?: ?\r?\n$| ?\()`)
	escaped     = regexp.MustCompile(`(?s)\\(.)`)
)

// listed gives back what goes on of a line: a LIST answer as a whole once it is
// there, or nothing where its name cannot be read, and all else at once.
func (c *tamed) listed(piece []byte, ends bool) []byte {
	if !c.passing && (len(c.held) > 0 || mayBeList(piece)) {
		c.held = append(c.held, piece...)
		if !ends && mayBeList(c.held) && len(c.held) <= maxListed {
			return nil
		}
		piece, c.held = c.held, nil
		if ends && len(piece) <= maxListed && mayBeList(piece) && !legible(piece) {
			if c.leftOut != nil {
				c.leftOut()
			}
			piece = nil
		}
	}
	c.passing = !ends
	return piece
}

func mayBeList(line []byte) bool {
	n := min(len(line), len(listWord))
	return bytes.EqualFold(line[:n], listWord[:n])
}

// legible says whether go-imap can read a LIST answer up to the name and decode
// that.
func legible(line []byte) bool {
	head := listHead.FindIndex(line)
	if head == nil {
		return false
	}
	name, tail := cutName(line[head[1]:])
	return len(tail) > 0 && decodable(name) && listTail.Match(tail)
}

// cutName takes the name off, which may be a quoted string, a literal or, with
// most characters, bare.
func cutName(b []byte) (name, tail []byte) {
	if quoted := listQuoted.FindIndex(b); quoted != nil {
		return escaped.ReplaceAll(b[1:quoted[1]-1], []byte("$1")), b[quoted[1]:]
	}
	if size := listLiteral.FindIndex(b); size != nil {
		n := 0
		for _, digit := range b[1:bytes.IndexByte(b, '}')] {
			n = min(10*n+int(digit-'0'), len(b))
		}
		b = b[size[1]:]
		n = min(n, len(b))
		return b[:n], b[n:]
	}
	n := 0
	for n < len(b) && b[n] > ' ' && (b[n] < 0x7f || b[n] > 0x9f) && bytes.IndexByte([]byte(`(){%*"\`), b[n]) < 0 {
		n++
	}
	if n == 0 {
		return nil, nil
	}
	return b[:n], b[n:]
}

// utf7 is the BASE64 of mailbox names (RFC 3501 5.1.3).
var utf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// decodable says whether a name is modified UTF-7 as go-imap takes it, which lets
// UTF-8 stand in it.
func decodable(name []byte) bool {
	if !utf8.Valid(name) {
		return false
	}
	shifted := false // the last that was read was BASE64
	for len(name) > 0 {
		c := name[0]
		name = name[1:]
		if c < ' ' || c == 0x7f {
			return false
		}
		if c != '&' {
			shifted = false
			continue
		}
		end := bytes.IndexByte(name, '-')
		if end < 0 || end > 0 && (shifted || !utf16Text(name[:end])) {
			return false
		}
		shifted = end > 0
		name = name[end+1:]
	}
	return true
}

// utf16Text says whether what stands between "&" and "-" is text that has to be
// written like that.
func utf16Text(b64 []byte) bool {
	if bytes.ContainsAny(b64, "\r\n") {
		return false
	}
	b, err := utf7.DecodeString(string(b64))
	if err != nil || len(b)%2 != 0 {
		return false
	}
	for len(b) > 0 {
		r := rune(b[0])<<8 | rune(b[1])
		b = b[2:]
		if utf16.IsSurrogate(r) {
			if len(b) == 0 || utf16.DecodeRune(r, rune(b[0])<<8|rune(b[1])) == utf8.RuneError {
				return false
			}
			b = b[2:]
		} else if ' ' <= r && r <= '~' {
			return false
		}
	}
	return true
}
