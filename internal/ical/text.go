package ical

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Limits on a file of strangers. A year of twenty busy calendars is 4 MiB.
const (
	maxFile       = 8 << 20
	maxLine       = 256 << 10 // of one unfolded line; a longer one can only be an attachment
	maxDepth      = 16
	maxComponents = 50_000
	maxProperties = 5_000 // of one component
	maxDates      = 10_000
)

// line is a content line, unfolded. no counts from 1, at its first physical line.
type line struct {
	no   int
	text string
}

// readText returns the whole file, without a byte order mark. Its lines may still be in
// another character set than UTF-8.
func readText(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading a calendar file: %w", err)
	case len(raw) > maxFile:
		return "", errors.New("reading a calendar file: it is larger than 8 MiB; nothing of it was read")
	}
	return unmark(raw), nil
}

// unmark takes off a byte order mark, and the two bytes a letter of UTF-16.
func unmark(raw []byte) string {
	if len(raw) >= 2 && (raw[0] == 0xff && raw[1] == 0xfe || raw[0] == 0xfe && raw[1] == 0xff) {
		return decodeUTF16(raw[2:], raw[0] == 0xfe)
	}
	return strings.TrimPrefix(string(raw), "\ufeff")
}

// decode makes a text UTF-8. RFC 5545, 3.1.4 allows nothing else; old programs of
// Windows write Windows-1252. Lines are decoded when they are unfolded: a fold may
// cut through a letter.
func decode(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	text, err := charmap.Windows1252.NewDecoder().String(raw)
	if err != nil {
		return strings.ToValidUTF8(raw, "\uFFFD")
	}
	return text
}

func decodeUTF16(raw []byte, bigEndian bool) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		low, high := raw[2*i], raw[2*i+1]
		if bigEndian {
			low, high = high, low
		}
		units[i] = uint16(low) | uint16(high)<<8
	}
	return string(utf16.Decode(units))
}

// unfold puts folded lines together (RFC 5545, 3.1). It takes every kind of line
// end, and the "=" at the end of a quoted-printable line of vCalendar 1.0.
func unfold(text string) (lines []line) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var pieces []string
	// soft: the line before ended in the "=" of quoted-printable, so this one goes on.
	start, no, soft := 0, 0, false
	flush := func() {
		if whole := strings.Join(pieces, ""); strings.TrimSpace(whole) != "" {
			lines = append(lines, line{start, decode(whole)})
		}
		pieces = nil
	}
	for physical := range strings.SplitSeq(text, "\n") {
		no++
		folded := len(pieces) > 0 && physical != "" && (physical[0] == ' ' || physical[0] == '\t')
		switch {
		case physical == "" && !soft:
			continue // a doubled line end: what comes next may still be the rest of the line
		case soft:
			pieces[len(pieces)-1] = strings.TrimSuffix(pieces[len(pieces)-1], "=")
			pieces = append(pieces, physical)
		case folded:
			pieces = append(pieces, physical[1:])
		default:
			flush()
			start, pieces = no, []string{physical}
		}
		soft = strings.HasSuffix(physical, "=") && quotedPrintable(pieces[0])
	}
	flush()
	return lines
}

// quotedPrintable says whether a line announces that encoding before its value.
func quotedPrintable(text string) bool {
	head, _, ok := strings.Cut(text[:min(len(text), 500)], ":")
	return ok && strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
}
