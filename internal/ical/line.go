package ical

import (
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/emersion/go-ical"
	"golang.org/x/text/encoding/htmlindex"
)

// property is a content line that was understood.
type property struct {
	ical.Prop
	line int
	raw  string // as it stands in the file, unfolded
}

var errNoColon = errors.New("there is no colon")

// cut reads a content line: NAME;PARAM=value,"value":VALUE (RFC 5545, 3.1). The
// decoder of go-ical gives up the file for one bad line and panics on some, so
// lines are cut here, one by one.
func cut(l line) (property, error) {
	p := property{Prop: ical.Prop{Params: ical.Params{}}, line: l.no, raw: l.text}
	end := strings.IndexAny(l.text, ";:")
	if end < 0 {
		return p, errNoColon
	}
	p.Name = strings.ToUpper(strings.TrimSpace(l.text[:end]))
	if p.Name == "" || strings.ContainsAny(p.Name, " \t\"=,") {
		return p, errors.New("it does not begin with the name of a property")
	}
	rest := l.text[end:]
	for strings.HasPrefix(rest, ";") {
		name, values, after, err := parameter(rest[1:])
		if err != nil {
			return p, err
		}
		if name != "" {
			p.Params[name] = append(p.Params[name], values...)
		}
		rest = after
	}
	if !strings.HasPrefix(rest, ":") {
		return p, errNoColon
	}
	p.Value = rest[1:]
	return p, nil
}

// parameter reads NAME=value,value. What vCalendar 1.0 writes without a name
// (";QUOTED-PRINTABLE:") is taken as an ENCODING.
func parameter(text string) (name string, values []string, rest string, err error) {
	end := strings.IndexAny(text, "=;:")
	if end < 0 {
		return "", nil, "", errNoColon
	}
	name, rest = strings.ToUpper(strings.TrimSpace(text[:end])), text[end:]
	if rest[0] != '=' {
		if name == "" {
			return "", nil, rest, nil
		}
		return "ENCODING", []string{name}, rest, nil
	}
	for rest != "" && (rest[0] == '=' || rest[0] == ',') {
		value, after, err := parameterValue(rest[1:])
		if err != nil {
			return name, nil, "", err
		}
		values, rest = append(values, value), after
	}
	return name, values, rest, nil
}

func parameterValue(text string) (value, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text[1:], '"')
		if end < 0 {
			return "", "", errors.New("a quotation mark is not closed")
		}
		return unhat(text[1 : end+1]), text[end+2:], nil
	}
	end := strings.IndexAny(text, ";:,")
	if end < 0 {
		return "", "", errNoColon
	}
	return unhat(text[:end]), text[end:], nil
}

// unhat undoes the escapes of RFC 6868.
func unhat(text string) string {
	if !strings.Contains(text, "^") {
		return text
	}
	return strings.NewReplacer("^^", "^", "^n", "\n", "^'", `"`).Replace(text)
}

// text returns a TEXT value without its escapes (RFC 5545, 3.3.11). An escape
// that is not allowed stands for itself, an unescaped comma for a comma.
func (p property) text() string {
	value := p.Value
	if strings.EqualFold(p.Params.Get("ENCODING"), "QUOTED-PRINTABLE") {
		value = unquote(value, p.Params.Get("CHARSET"))
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c != '\\' || i+1 == len(value) {
			b.WriteByte(c)
			continue
		}
		i++
		switch value[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case '\\', ';', ',', ':', '"':
			b.WriteByte(value[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(value[i])
		}
	}
	return strings.TrimSpace(b.String())
}

// unquote decodes quoted-printable in a character set; what it can't decode it
// leaves as it was. Texts only: no time is ever written so.
func unquote(value, charset string) string {
	raw, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
	if err != nil {
		return value
	}
	if charset != "" {
		if set, err := htmlindex.Get(charset); err == nil {
			if text, err := set.NewDecoder().Bytes(raw); err == nil {
				return string(text)
			}
		}
	}
	return decode(string(raw))
}
