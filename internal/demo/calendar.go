package demo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The mailbox must look lived in whatever the day on which the demo runs, so its
// files name days by their distance from now. Most of an executive's mail comes
// on working days; therefore the plain numbers count those.

// dayOf reads the day of an entry: "-3" is the third working day before now,
// "sat-1" the last Saturday before today and "sun-2" the Sunday before the last.
func dayOf(now time.Time, word string) (time.Time, error) {
	name, count := "", word
	if len(word) > 3 && (strings.HasPrefix(word, "sat") || strings.HasPrefix(word, "sun")) {
		name, count = word[:3], word[3:]
	}
	n, err := strconv.Atoi(count)
	if err != nil || name != "" && n >= 0 {
		return time.Time{}, fmt.Errorf("%q is no day: write -3, sat-1 or sun-2", word)
	}
	if name == "" {
		return workday(now, n), nil
	}
	weekday := map[string]time.Weekday{"sat": time.Saturday, "sun": time.Sunday}[name]
	d := now.AddDate(0, 0, -1)
	for d.Weekday() != weekday {
		d = d.AddDate(0, 0, -1)
	}
	return d.AddDate(0, 0, 7*(n+1)), nil
}

// workday goes n days from Monday to Friday forward or back.
func workday(now time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		now = now.AddDate(0, 0, step)
		if now.Weekday() != time.Saturday && now.Weekday() != time.Sunday {
			n--
		}
	}
	return now
}

// moment reads the two words that date an entry: a day and a clock time, or
// "now" and how long before it.
func moment(now time.Time, day, clock string) (time.Time, error) {
	if day == "now" {
		ago, err := time.ParseDuration(clock)
		if err != nil || ago > 0 {
			return time.Time{}, fmt.Errorf("%q is no time before now: write -2h10m", clock)
		}
		return now.Add(ago).Truncate(time.Second), nil
	}
	d, err := dayOf(now, day)
	if err != nil {
		return time.Time{}, err
	}
	c, err := time.Parse("15:04", clock)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no clock time: write 09:14", clock)
	}
	// The seconds come from the words themselves: nobody's mail arrives on the full minute.
	second := int(hash(day+clock) % 60)
	return time.Date(d.Year(), d.Month(), d.Day(), c.Hour(), c.Minute(), second, 0, now.Location()), nil
}

// blanks are the dates in subjects and bodies: {+3} is the third working day
// from now, {-2} the second before it, {+30d} is thirty calendar days ahead. A
// word may follow for the form: short, iso, de, fr.
var blanks = regexp.MustCompile(`\{([+-]\d+)(d?)(?: (short|iso|de|fr))?\}|\{(month|year|quarter)\}`)

func fillBlanks(now time.Time, s string) string {
	return blanks.ReplaceAllStringFunc(s, func(blank string) string {
		m := blanks.FindStringSubmatch(blank)
		if m[4] != "" {
			return period(now, m[4])
		}
		n, _ := strconv.Atoi(m[1]) // the expression lets only digits through
		if m[2] == "d" {
			return spell(now.AddDate(0, 0, n), m[3], "2 January 2006")
		}
		return spell(workday(now, n), m[3], "Monday 2 January")
	})
}

// period names the last full month, its year or the last full quarter, which is
// what invoices and board papers speak of.
func period(now time.Time, which string) string {
	last := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, now.Location()).AddDate(0, -1, 0)
	switch which {
	case "month":
		return last.Format("January 2006")
	case "year":
		return last.Format("2006")
	}
	return fmt.Sprintf("Q%d", (int(now.AddDate(0, -3, 0).Month())+2)/3)
}

func spell(d time.Time, form, layout string) string {
	switch form {
	case "short":
		return d.Format("Mon 2 Jan")
	case "iso":
		return d.Format(time.DateOnly)
	case "de":
		return fmt.Sprintf("%d. %s", d.Day(), germanMonths[d.Month()-1])
	case "fr":
		return fmt.Sprintf("%d %s", d.Day(), frenchMonths[d.Month()-1])
	}
	return d.Format(layout)
}

var (
	germanMonths = strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")
	frenchMonths = strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
)
