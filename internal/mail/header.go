package mail

import (
	"slices"
	"strings"

	"github.com/foredesk/foredesk/rules"
)

// field is one header field: its name as written, and its body as received,
// still folded.
type field struct{ name, body string }

// header is a header block in the order received.
type header []field

// alwaysFetched are the fields that make a message's key and its commonest
// facts; rules.Needs leaves them out.
var alwaysFetched = []string{"Message-ID", "Date", "From", "To", "Cc", "Subject"}

// headerNames returns the fields to ask for by HEADER.FIELDS (RFC 9051 6.4.5):
// those that every message needs, then those of needs, each once.
func headerNames(needs rules.Needs) []string {
	names := slices.Clone(alwaysFetched)
	for _, name := range needs.Headers {
		known := func(have string) bool { return strings.EqualFold(have, name) }
		if !slices.ContainsFunc(names, known) {
			names = append(names, name)
		}
	}
	return names
}

// parseHeader reads a header block up to its first empty line. Lines that are
// no field and continue none are left out, as are fields beyond the limits.
func parseHeader(block []byte) header {
	block = block[:min(len(block), maxHeaderRead)]
	text := string(block)
	h := make(header, 0, 16)
	start := -1 // where the body of the field being read starts; -1 while there is none
	for at := 0; at < len(text) && len(h) <= maxFields; {
		end := lineEnd(text, at)
		line := strings.TrimRight(text[at:end], "\r\n")
		if line == "" {
			break
		}
		if start >= 0 && isSpace(line[0]) {
			h[len(h)-1].body = text[start:end]
		} else if name, ok := fieldName(line, len(h) == 0); ok {
			start = at + strings.IndexByte(line, ':') + 1
			h = append(h, field{name: name, body: text[start:end]})
		} else {
			start = -1
		}
		at = end
	}
	return h[:min(len(h), maxFields)]
}

// lineEnd returns where the line that starts at ends, with its line feed.
func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// fieldName returns the name before the colon (RFC 5322 2.2). A block that
// starts with white space is taken for one whose first line was indented.
func fieldName(line string, first bool) (string, bool) {
	name, _, ok := strings.Cut(line, ":")
	if first {
		name = strings.TrimLeft(strings.TrimPrefix(name, "\ufeff"), " \t")
	}
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" {
		return "", false
	}
	for i := range len(name) {
		if name[i] <= ' ' || name[i] >= 0x7f {
			return "", false
		}
	}
	return name, true
}

// body returns the body of the first field of that name, as received.
func (h header) body(name string) (string, bool) {
	for i := range h {
		if len(h[i].name) == len(name) && strings.EqualFold(h[i].name, name) {
			return h[i].body, true
		}
	}
	return "", false
}

// value returns the unfolded body of the first field of that name, or "".
func (h header) value(name string) string {
	body, _ := h.body(name)
	return unfold(body)
}

// lower is value in lower case, for fields whose words are fixed.
func (h header) lower(name string) string { return strings.ToLower(h.value(name)) }

// has says whether there is a field of that name.
func (h header) has(name string) bool {
	_, ok := h.body(name)
	return ok
}

// values returns the unfolded bodies of all fields of that name.
func (h header) values(name string) []string {
	var all []string
	for i := range h {
		if len(h[i].name) == len(name) && strings.EqualFold(h[i].name, name) {
			all = append(all, unfold(h[i].body))
		}
	}
	return all
}

// unfold takes the line breaks out of a field body (RFC 5322 2.2.3) and trims
// it. The result shares no memory with the header block: an Item lives longer.
func unfold(body string) string {
	body = strings.Trim(body, " \t\r\n")
	if strings.IndexByte(body, '\n') < 0 && strings.IndexByte(body, '\r') < 0 {
		return strings.Clone(body)
	}
	var b strings.Builder
	b.Grow(len(body))
	for i := range len(body) {
		switch c := body[i]; {
		case c == '\r' && i+1 < len(body) && body[i+1] == '\n':
		case c == '\r':
			b.WriteByte(' ') // a bare CR is no line break, nor may it get through as one
		case c == '\n':
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decoded returns the values that a rule sees by header("Name").
func (h header) decoded(names []string) map[string][]string {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string][]string, len(names))
	for _, name := range names {
		for _, v := range h.values(name) {
			if len(out[name]) < maxValues {
				out[name] = append(out[name], decodeText(v))
			}
		}
	}
	return out
}
