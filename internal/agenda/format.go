package agenda

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Language is what an agenda is written in (BCP 47, without a region).
type Language string

// The languages.
const (
	English Language = "en"
	German  Language = "de"
	French  Language = "fr"
)

// LanguageOf finds the language of a tag such as "de-AT" or "fr_CH.UTF-8"; it is
// English where there are no words for it.
func LanguageOf(tag string) Language {
	if end := strings.IndexAny(tag, "-_."); end >= 0 {
		tag = tag[:end]
	}
	if l := Language(strings.ToLower(tag)); l == German || l == French {
		return l
	}
	return English
}

func (l Language) words() *wording {
	switch l {
	case German:
		return &german
	case French:
		return &french
	}
	return &english
}

// noBreak stands between a figure and its unit, which no line end should part.
const noBreak = "\u00a0"

// date is a day as it stands in a line: Tue 8 Dec.
func (w *wording) date(t time.Time) string {
	return fmt.Sprintf(w.shortDate, w.days[t.Weekday()], w.dayOfMonth(t), w.months[t.Month()-1])
}

// longDate is a day as it stands at the top: Tuesday 8 December.
func (w *wording) longDate(t time.Time) string {
	return fmt.Sprintf(w.fullDate, w.longDays[t.Weekday()], w.dayOfMonth(t), w.longMonths[t.Month()-1])
}

// sentence begins with a capital letter, as headings do in every language.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func (w *wording) dayOfMonth(t time.Time) string {
	if t.Day() == 1 {
		return w.firstOfMonth
	}
	return strconv.Itoa(t.Day())
}

// clock is a time of day, on the clock that t carries.
func (w *wording) clock(t time.Time) string { return fmt.Sprintf(w.time, t.Hour(), t.Minute()) }

// length is how long something takes, to the minute: 30 min, 1 h 30.
func (w *wording) length(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	hours, minutes := minutes/60, minutes%60
	switch {
	case hours == 0:
		return fmt.Sprintf(w.minutes, minutes)
	case minutes == 0:
		return fmt.Sprintf(w.hours, hours)
	}
	return fmt.Sprintf(w.hoursMinutes, hours, minutes)
}

// number writes a count, never less than none, with the language's mark between thousands.
func (w *wording) number(n int) string {
	s := strconv.Itoa(max(n, 0))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + w.thousands + s[i:]
	}
	return s
}

// plural is what goes with one and with many; "%s" is the number.
type plural struct{ one, many string }

func (w *wording) count(p plural, n int) string {
	if n == 1 || n == 0 && w.zeroIsOne {
		return fmt.Sprintf(p.one, w.number(n))
	}
	return fmt.Sprintf(p.many, w.number(n))
}

// percent of a share; 1 is all.
func (w *wording) percent(share float64) string {
	return fmt.Sprintf(w.percentage, int(min(max(share, 0), 9.99)*100+0.5))
}

// span is when something is, on the clocks that it carries: without a date if it is
// today. Start is not zero.
func (w *wording) span(s Span, today time.Time) string {
	start, end := s.Start, s.End
	last := end.AddDate(0, 0, -1) // of days; End is exclusive
	switch {
	case s.AllDay && (end.IsZero() || !last.After(start)):
		return w.dateOr(start, today, w.allDay)
	case s.AllDay:
		return w.date(start) + "–" + w.date(last)
	}
	text := w.clock(start)
	if !sameDay(start, today) {
		text = w.date(start) + ", " + text
	}
	switch {
	case !end.After(start):
		return text
	// What goes on past midnight needs no date: a dinner until 00:30 ends that night.
	case sameDay(start, end) || end.Sub(start) < 12*time.Hour:
		return text + "–" + w.clock(end)
	}
	return text + "–" + w.date(end) + ", " + w.clock(end)
}

func (w *wording) dateOr(t, today time.Time, word string) string {
	if sameDay(t, today) {
		return word
	}
	return w.date(t)
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// daysBetween counts midnights, whatever the clocks did.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// city is a zone as people call it: Europe/Berlin is Berlin.
func (w *wording) city(zone *time.Location) string {
	name := zone.String()
	if name == "UTC" || name == "Local" {
		return "UTC"
	}
	if local, ok := w.cities[name]; ok {
		return local
	}
	return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
}

// offset is how far the clocks of one zone are ahead of another's at an instant.
func offset(at time.Time, zone, other *time.Location) time.Duration {
	_, a := at.In(zone).Zone()
	_, b := at.In(other).Zone()
	return time.Duration(a-b) * time.Second
}
