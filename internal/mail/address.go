package mail

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/foredesk/foredesk/rules"
)

// parseAddresses reads an address list (RFC 5322 3.4) as people's programs
// really write it: with unquoted commas and dots in names, semicolons between
// addresses, missing brackets, old comments for names, empty groups. What has no
// address left is left out, but for a lone name, which comes with an empty
// Email. What net/mail accepts is read as net/mail reads it; a test holds that.
//
// Structure is found before encoded words are decoded, so that a comma or an
// address inside a name stays a name.
func parseAddresses(body string) []rules.Address {
	s := addressScanner{in: body}
	for s.at < len(s.in) && len(s.out) < maxAddresses {
		s.step()
	}
	s.finish()
	return s.out[:min(len(s.out), maxAddresses)]
}

// firstAddress returns the address of a field that should have one. A name
// without an address is better than nothing.
func firstAddress(all []rules.Address) rules.Address {
	for _, a := range all {
		if a.Email != "" {
			return a
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return rules.Address{}
}

// mailboxes returns the addresses of all fields of that name that have one.
func (h header) mailboxes(name string) []rules.Address {
	all := parseAddresses(strings.Join(h.values(name), ", "))
	kept := make([]rules.Address, 0, len(all)) // never nil: a rule sees an empty list
	for _, a := range all {
		if a.Email != "" {
			kept = append(kept, a)
		}
	}
	return kept
}

// word is a run without white space; addr says that it has an "@" outside
// quotes.
type word struct {
	text []byte
	addr bool
}

// addressScanner reads one list from left to right, every byte once.
type addressScanner struct {
	in      string
	at      int
	words   []word // of the entry being read
	addr    bool   // one of them is an address
	open    bool   // the last word may grow
	comment string // of the entry being read
	bracket bool   // the entry has had its address in brackets
	out     []rules.Address

	// Set once a quote, or a comment, is found never to end: it is text then.
	quoteIsText, commentIsText bool
}

// step reads what stands at the cursor.
func (s *addressScanner) step() {
	switch c := s.in[s.at]; {
	case c <= ' ':
		s.open = s.open && s.opensDomain() // "user@ example.com" (RFC 5322 4.4)
		s.at++
	case c == '"' && !s.quoteIsText:
		s.quoted()
	case c == '(' && !s.commentIsText:
		s.commented()
	case c == '<':
		s.angle()
	case c == ',' || c == ';':
		s.at++
		s.separator(c)
	case c == ':' && !s.addr:
		s.at++ // what came before was the name of a group
		s.forget()
	default:
		s.atom()
	}
}

// opensDomain says that the last word still waits for its domain.
func (s *addressScanner) opensDomain() bool {
	text := s.words[len(s.words)-1].text
	return len(text) > 1 && text[len(text)-1] == '@'
}

// atom reads up to the next character that may mean something. The first one is
// text in any case, whatever it is.
func (s *addressScanner) atom() {
	end := s.at + 1
	addr := s.in[s.at] == '@'
	for end < len(s.in) && s.in[end] > ' ' && strings.IndexByte(`"(<,;:`, s.in[end]) < 0 {
		addr = addr || s.in[end] == '@'
		end++
	}
	s.grow(s.in[s.at:end], addr)
	s.at = end
}

// forget drops the words read, not the rest of the entry.
func (s *addressScanner) forget() { s.words, s.addr, s.open = s.words[:0], false, false }

// grow adds text to the word being read, or starts one.
func (s *addressScanner) grow(text string, addr bool) {
	if !s.open {
		s.words = append(s.words, word{})
		s.open = true
	}
	last := &s.words[len(s.words)-1]
	last.text = append(last.text, text...)
	last.addr = last.addr || addr
	s.addr = s.addr || addr
}

// quoted reads a quoted string (RFC 5322 3.2.4).
func (s *addressScanner) quoted() {
	var text strings.Builder
	for i := s.at + 1; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '\\' && i+1 < len(s.in):
			i++
			text.WriteByte(s.in[i])
		case c == '"':
			s.at = i + 1
			s.grow(text.String(), false)
			return
		default:
			text.WriteByte(c)
		}
	}
	s.quoteIsText = true
}

// commented reads a comment, which may hold others (RFC 5322 3.2.2). The last
// one is the name of an address without one: "pete@example.com (Pete)".
func (s *addressScanner) commented() {
	var text strings.Builder
	depth := 0
	for i := s.at; i < len(s.in); i++ {
		c := s.in[i]
		switch {
		case c == '\\' && i+1 < len(s.in):
			i++
			c = s.in[i]
		case c == '(':
			if depth++; depth == 1 {
				continue
			}
		case c == ')':
			if depth--; depth == 0 {
				s.at, s.open, s.comment = i+1, false, text.String()
				return
			}
		}
		text.WriteByte(c)
	}
	s.commentIsText = true
}

// angle reads an address in brackets. A missing ">" ends at the next comma, and
// a second "<" starts anew. The commas of an old route "<@a,@b:user@c>" are part
// of it.
func (s *addressScanner) angle() {
	start := s.at + 1
	end, inQuote := start, false
	route := strings.HasPrefix(s.in[start:], "@")
scan:
	for ; end < len(s.in); end++ {
		switch c := s.in[end]; {
		case c == '\\' && inQuote && end+1 < len(s.in):
			end++
		case c == '"' && !s.quoteIsText:
			inQuote = !inQuote
		case inQuote:
		case c == '>' || c == '<' || (c == ',' || c == ';') && !route:
			break scan
		}
	}
	end = min(end, len(s.in))
	s.at = end
	if end < len(s.in) && s.in[end] == '>' {
		s.at++
	}
	if email := mailboxOf(s.in[start:end]); email != "" {
		s.emit(s.phrase(s.words), email)
		s.bracket = true
	} else if end < len(s.in) && s.in[end] == '<' {
		return // "<<user@example.com>>": the name is still that of what comes
	}
	s.forget()
}

// separator ends an entry. A comma after words without an address is taken for
// part of a name: Doe, Jane <jane@example.com>.
func (s *addressScanner) separator(c byte) {
	if c == ',' && len(s.words) > 0 && !s.addr && !s.bracket {
		s.open = true
		s.grow(",", false)
		s.open = false
		return
	}
	s.finish()
}

// finish ends an entry without brackets: its last word with an "@" is the
// address, the others are its name.
func (s *addressScanner) finish() {
	words := s.words
	name, email := words, ""
	for i := len(words) - 1; i >= 0 && email == ""; i-- {
		if words[i].addr {
			if email = cleanAddress(string(words[i].text)); email != "" {
				name = append(words[:i:i], words[i+1:]...)
			}
		}
	}
	if email != "" || len(words) > 0 && !s.bracket {
		s.emit(s.phrase(name), email)
	}
	s.forget()
	s.comment, s.bracket = "", false
}

// phrase returns the name that words make.
func (s *addressScanner) phrase(words []word) string {
	var text strings.Builder
	for i, w := range words {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.Write(w.text)
	}
	name := text.String()
	if name == "" {
		name = s.comment
	}
	return strings.Trim(decodeText(name), "' ,")
}

func (s *addressScanner) emit(name, email string) {
	if name != "" || email != "" {
		s.out = append(s.out, rules.ParseAddress(name, email))
	}
}

// mailboxOf returns user@domain of what stood in brackets, or "" where that is
// no address.
func mailboxOf(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") {
		_, s, _ = strings.Cut(s, ":")
	}
	return cleanAddress(unquoteLocal(bareAddress(s)))
}

// cleanAddress returns an address without quotes in the form in which addresses
// compare. Control characters are never part of one.
func cleanAddress(s string) string {
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = printable(guess(s))
	at := strings.LastIndexByte(s, '@')
	if len(s) > maxAddress || at == 0 || at < 0 && strings.Contains(s, " ") {
		return ""
	}
	if at < 0 {
		return s
	}
	domain := unicodeDomain(strings.TrimRight(s[at+1:], ". "))
	if domain == "" {
		return ""
	}
	return s[:at+1] + domain
}

// bareAddress takes white space out of an address, or the words before and
// behind it: "user @ example.com", "Jane jane@example.com".
func bareAddress(s string) string {
	if strings.HasPrefix(s, `"`) || !strings.ContainsAny(s, " \t") {
		return s
	}
	fields := strings.Fields(s)
	for _, f := range fields {
		if at := strings.LastIndexByte(f, '@'); at > 0 && at < len(f)-1 {
			return f
		}
	}
	if !strings.Contains(s, "@") {
		return s
	}
	return strings.Join(fields, "")
}

// unquoteLocal takes the quotes off a local part (RFC 5322 3.4.1).
func unquoteLocal(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 2 || s[0] != '"' || s[at-1] != '"' {
		return s
	}
	return strings.ReplaceAll(s[1:at-1], `\`, "") + s[at:]
}

// unicodeDomain decodes the labels of an internationalised name (RFC 5891). A
// name that is not valid there stays as it is written, so that none is made to
// look like another.
func unicodeDomain(domain string) string {
	domain = strings.ReplaceAll(domain, " ", "")
	if !strings.Contains(strings.ToLower(domain), "xn--") {
		return domain
	}
	decoded, err := idna.Lookup.ToUnicode(domain)
	if err != nil {
		return domain
	}
	return decoded
}
