package agenda

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var (
	figures = regexp.MustCompile(`[0-9]+`)
	// ordinal is what may stand behind the day of the month: 24th, 1er.
	ordinal = regexp.MustCompile(`^(?:st|nd|rd|th|er)\b`)
)

// NamesDay reports whether a sentence names a day by its date in the month, and whether
// by its weekday, in any of the languages: people write in others than their agenda is in.
// Day carries the zone in which it is meant.
func NamesDay(sentence string, day time.Time) (date, weekday bool) {
	for _, at := range figures.FindAllStringIndex(sentence, -1) {
		date = date || isDayOfMonth(sentence, at[0], at[1], day.Day())
	}
	words := strings.FieldsFunc(strings.ToLower(sentence), func(r rune) bool { return !unicode.IsLetter(r) })
	for _, word := range words {
		for _, l := range []*wording{&english, &german, &french} {
			weekday = weekday || word == strings.ToLower(l.longDays[day.Weekday()])
		}
	}
	return date, weekday
}

// isDayOfMonth tells the 24 of a date from that of 24:00, of 24 % and of 24h.
func isDayOfMonth(sentence string, start, end, day int) bool {
	n, err := strconv.Atoi(sentence[start:end])
	if err != nil || n != day || end-start > 2 {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(sentence[:start])
	rest := sentence[end:]
	if suffix := ordinal.FindString(rest); suffix != "" {
		rest = rest[len(suffix):]
	}
	after, _ := utf8.DecodeRuneInString(rest)
	isPart := func(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) || r == ':' || r == '%' }
	return !isPart(before) && !isPart(after)
}

// isSaid reports whether a sentence says itself by when a line is due. A weekday alone
// does so for a day of the week that begins today: of another one it would mislead.
func (c *composer) isSaid(line *Line, sentence string) bool {
	at := c.local(line.When.Start)
	date, weekday := NamesDay(sentence, at)
	days := daysBetween(c.today, at)
	return date || weekday && days >= 0 && days < 7
}
