package ical

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKeptLine is the longest line that Lines and Definition hand on, in bytes: an
// answer to an invitation is no place for a stranger's attachment.
const maxKeptLine = 8 << 10

// Lines returns the content lines of a property as they stand in the event, whole
// and in UTF-8, without control characters: what an answer to it must repeat.
// Longer ones than 8 KiB are left out.
func (e *Event) Lines(name string) (lines []string) {
	if e.part == nil {
		return nil
	}
	for _, p := range e.part.all(name) {
		if kept, ok := keep(p.raw); ok {
			lines = append(lines, kept)
		}
	}
	return lines
}

// keep makes one line of what was written by a stranger.
func keep(raw string) (string, bool) {
	clean := strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(raw, "\uFFFD"))
	return clean, len(clean) <= maxKeptLine
}

// Zones returns the TZIDs that the properties of these names are in.
func (e *Event) Zones(names ...string) (tzids []string) {
	if e.part == nil {
		return nil
	}
	for _, p := range e.part.props {
		if tzid := strings.Join(p.Params.Values("TZID"), ","); tzid != "" && slices.Contains(names, p.Name) && !slices.Contains(tzids, tzid) {
			tzids = append(tzids, tzid)
		}
	}
	return tzids
}

// Definition returns the VTIMEZONE of a TZID as it stands in the file of the event,
// or nil where there is none that can be repeated.
func (e *Event) Definition(tzid string) []string {
	if e.zones == nil {
		return nil
	}
	c := e.zones.defined[zoneKey(tzid)]
	if c == nil || c.broken != nil {
		return nil
	}
	lines := []string{"BEGIN:VTIMEZONE"}
	rest, ok := c.lines()
	lines = append(lines, rest...)
	for _, part := range c.children {
		if part.name != "STANDARD" && part.name != "DAYLIGHT" {
			continue
		}
		inner, whole := part.lines()
		ok = ok && whole && part.broken == nil
		lines = append(lines, "BEGIN:"+part.name)
		lines = append(append(lines, inner...), "END:"+part.name)
	}
	const most = 500 // lines; the zone with the longest history has 300
	if !ok || len(lines) > most {
		return nil
	}
	return append(lines, "END:VTIMEZONE")
}

// lines are those of the properties; ok is false if one is too long.
func (c *component) lines() (lines []string, ok bool) {
	ok = true
	for _, p := range c.props {
		kept, short := keep(p.raw)
		lines, ok = append(lines, kept), ok && short
	}
	return lines, ok
}

// Write folds content lines at 75 bytes, between letters, and ends them with CRLF
// (RFC 5545, 3.1). A line break within one would end it, and is taken out.
func Write(lines []string) []byte {
	const limit = 75
	var b bytes.Buffer
	for _, line := range lines {
		line, _ = keep(line)
		for room := limit; len(line) > room; room = limit - 1 { // the space counts
			end := room
			for end > 0 && !utf8.RuneStart(line[end]) {
				end--
			}
			b.WriteString(line[:end] + "\r\n ")
			line = line[end:]
		}
		b.WriteString(line + "\r\n")
	}
	return b.Bytes()
}

// Escape makes a TEXT value of any text (RFC 5545, 3.3.11).
func Escape(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\u2028", `\n`, "\u2029", `\n`).Replace(text)
	clean, _ := keep(text)
	return clean
}

// Quote makes a parameter's value of any text, in quotation marks, with the escapes
// of RFC 6868.
func Quote(text string) string {
	text = strings.NewReplacer("^", "^^", `"`, "^'", "\r\n", "^n", "\n", "^n", "\r", "^n").Replace(text)
	clean, _ := keep(text)
	return `"` + clean + `"`
}
