package mail

import (
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// decodeText returns the text of an unstructured field: encoded words (RFC 2047)
// decoded, raw 8-bit text guessed, at most maxText bytes and no control
// characters, however well they were hidden.
//
// mime.WordDecoder is not used: it decodes each word by itself, which breaks the
// characters that many programs split between two words, and it gives up at the
// first unknown charset.
func decodeText(s string) string {
	if isPlain(s) {
		return capText(strings.Trim(s, " "))
	}
	return capText(printable(decodeWords(s[:min(len(s), maxEncoded)])))
}

// isPlain says that there is nothing to decode: printable ASCII without "=?".
func isPlain(s string) bool { return isPrintable(s) && !strings.Contains(s, "=?") }

// isPrintable says that s is ASCII without control characters, as nearly all is.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// capText cuts s at a character's end.
func capText(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// printable puts a space in place of every control character and trims. What an
// encoded word hides can so never become a line of a header or of a command.
func printable(s string) string {
	if isPrintable(s) {
		return strings.Trim(s, " ")
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// encodedWord is one =?charset?encoding?text?= with its text decoded to bytes.
type encodedWord struct {
	charset string
	content []byte
}

// decodeWords decodes the encoded words of s. White space between two of them
// is no text (RFC 2047 6.2), and two of one charset are converted together. Up to
// the last "?=" every word that starts also ends, so no byte is read twice.
func decodeWords(s string) string {
	tail := s
	if end := strings.LastIndex(s, "?="); end >= 0 {
		s, tail = s[:end+2], s[end+2:]
	} else {
		s = ""
	}
	var out strings.Builder
	var pending encodedWord
	flush := func() {
		out.WriteString(convert(pending.charset, pending.content))
		pending = encodedWord{}
	}
	for s != "" {
		start := strings.Index(s, "=?")
		if start < 0 {
			break
		}
		word, length := readWord(s[start:])
		if length == 0 { // not a word after all: "=?" is text
			flush()
			out.WriteString(guess(s[:start+2]))
			s = s[start+2:]
			continue
		}
		apart := strings.Trim(s[:start], " \t") != ""
		if apart || pending.content == nil || !strings.EqualFold(pending.charset, word.charset) {
			joined := pending.content != nil && !apart
			flush()
			if !joined {
				out.WriteString(guess(s[:start]))
			}
			pending = word
		} else {
			pending.content = append(pending.content, word.content...)
		}
		s = s[start+length:]
	}
	flush()
	out.WriteString(guess(s))
	out.WriteString(guess(tail))
	return out.String()
}

// readWord reads the encoded word that s starts with and returns its length in
// s, or 0 where there is none. A charset may carry a language (RFC 2231 5).
func readWord(s string) (encodedWord, int) {
	const longestName = 64
	name, rest, ok := strings.Cut(s[2:min(len(s), longestName)], "?")
	if !ok || len(rest) < 2 || rest[1] != '?' {
		return encodedWord{}, 0
	}
	text := 2 + len(name) + 3
	end := strings.Index(s[text:], "?=")
	if end < 0 {
		return encodedWord{}, 0
	}
	name, _, _ = strings.Cut(name, "*")
	word := encodedWord{charset: name}
	switch rest[0] {
	case 'q', 'Q':
		word.content = decodeQ(s[text : text+end])
	case 'b', 'B':
		word.content = decodeBase64(s[text : text+end])
	default:
		return encodedWord{}, 0
	}
	return word, text + end + 2
}

// decodeQ decodes the "Q" encoding; what is no escape stands for itself.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// decodeBase64 decodes what it can: foreign characters, padding in the middle
// and a missing end are passed over.
func decodeBase64(s string) []byte {
	alphabet := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			alphabet = append(alphabet, c)
		}
	}
	if len(alphabet)%4 == 1 {
		alphabet = alphabet[:len(alphabet)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(alphabet)))
	n, _ := base64.RawStdEncoding.Decode(out, alphabet) // the alphabet and length are right by now
	return out[:n]
}

// convert turns text of a declared charset into UTF-8. A charset that is unknown
// or plainly wrong is guessed instead.
func convert(name string, text []byte) string {
	switch name = strings.ToLower(strings.Trim(name, " \t\"")); name {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit", "unknown":
		return guess(string(text))
	case "iso-8859-1", "latin1", "iso_8859-1":
		name = "windows-1252" // what writers mean by it, as browsers found out
	}
	r, err := charset.Reader(name, strings.NewReader(string(text)))
	if err != nil {
		return guess(string(text))
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return guess(string(text))
	}
	return string(out)
}

// guess takes text of no known charset for UTF-8, and where it is not, for
// Windows-1252, in which every byte is something.
func guess(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return out
}
