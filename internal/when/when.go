package when

import "time"

// maxText is how many bytes of a text are read. What a deadline is about stands
// at the top of a mail; what lies beyond is an attachment pasted into it.
const maxText = 64 << 10

// Span is a date, a time, or a stretch between two of them, and the words that say so.
type Span struct {
	Text   string // the words, without the preposition before a date ("by", "on")
	Offset int    // where Text starts, in bytes

	// Start and End are instants in the zone that was written, or else in the reader's.
	// A point in time has End equal to Start. With AllDay both are midnights and End
	// is exclusive, as in RFC 5545: a single day ends where the next one starts. A
	// part of a day ("morning") has its usual hours.
	Start, End time.Time

	AllDay     bool    // days, not hours
	HasTime    bool    // a time of day is said, or follows from the working hours (EOD)
	Ranged     bool    // an end was written ("3 to 5pm"), and does not follow from the start alone
	Zone       string  // as written ("CET", "London time"), or empty
	Deadline   bool    // "by", "until", "due", "bis", "avant le", ...
	Confidence float64 // 0 to 1; a span below 0.6 should be shown to a person first
	Ambiguity  string  // what else it could mean, in English, or empty
}

// Find returns every date, time and span in text, in text order and without overlap.
// It reads the first 64 KiB; the cost grows with the length of the text alone.
func Find(text string, c Calendar) []Span {
	p := newParser(clip(text), c)
	var spans []Span
	for i := 0; i < len(p.atoms); {
		s, next, ok := p.span(i)
		if !ok {
			i++
			continue
		}
		spans = append(spans, s)
		i = next
	}
	return spans
}

// clip cuts text at maxText, but not inside a character.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > maxText-4 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end]
}
