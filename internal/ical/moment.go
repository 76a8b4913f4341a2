package ical

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// moment is a DATE or a DATE-TIME in its zone.
type moment struct {
	at       time.Time // of a DATE midnight, where the reader is
	day      bool      // it is a DATE
	floating bool
	zone     string
	odd      string // what is strange about it, or ""
}

var (
	dateForm = regexp.MustCompile(`^\d{8}$`)
	timeForm = regexp.MustCompile(`^\d{8}[Tt]\d{6}[Zz]?$`)
)

// firstYear is the first whole one of the Gregorian calendar.
const firstYear = 1583

// moment reads a value of a property in the zone of its TZID. Without one, it is
// in home; a home without a name is the reader's zone, and the time floats.
func (z *zones) moment(p property, value string, home zone) (moment, error) {
	value = strings.TrimSpace(value)
	kind := strings.ToUpper(p.Params.Get("VALUE"))
	switch {
	case dateForm.MatchString(value) && kind != "DATE-TIME":
		return z.date(p, value)
	case !timeForm.MatchString(value):
		return moment{}, fmt.Errorf("the %s in line %d is %q, neither a date nor a time", p.Name, p.line, clip(value))
	}
	m, err := z.dateTime(p, strings.ToUpper(value), home)
	if kind == "DATE" {
		m.odd = fmt.Sprintf("the %s in line %d says that it is a date, and gives a time: it was read as a time", p.Name, p.line)
	}
	return m, err
}

func (z *zones) date(p property, value string) (moment, error) {
	w, err := time.Parse("20060102", value)
	if err != nil || w.Year() < firstYear {
		return moment{}, fmt.Errorf("the %s in line %d is %q, and there is no such day", p.Name, p.line, value)
	}
	return moment{at: place(w, z.reader), day: true, zone: z.reader.String()}, nil
}

func (z *zones) dateTime(p property, value string, home zone) (moment, error) {
	digits, utc := strings.CutSuffix(value, "Z")
	if strings.HasSuffix(digits, "60") { // a leap second, which Unix time does not have
		digits = digits[:len(digits)-2] + "59"
	}
	w, err := time.Parse("20060102T150405", digits)
	if err != nil || w.Year() < firstYear {
		return moment{}, fmt.Errorf("the %s in line %d is %q, and there is no such time", p.Name, p.line, value)
	}
	if utc { // also where there is a TZID, which RFC 5545, 3.2.19 does not allow
		return moment{at: w, zone: "UTC"}, nil
	}
	tzids := p.Params.Values("TZID")
	if len(tzids) > 0 {
		// An unquoted comma in a name of Outlook cuts it into pieces.
		home, err = z.named(strings.Join(tzids, ","))
	}
	if err != nil {
		return moment{}, fmt.Errorf("the %s in line %d: %w", p.Name, p.line, err)
	}
	if home.custom && w.Year() > lastCustomYear {
		return moment{}, fmt.Errorf("the %s in line %d is after %d, and the zone is defined in the file alone", p.Name, p.line, lastCustomYear)
	}
	// Without any zone the time floats: it is the same on every wall.
	if home.name == "" {
		return moment{at: place(w, z.reader), floating: true, zone: z.reader.String()}, nil
	}
	return moment{at: place(w, home.loc), zone: home.name}, nil
}

// period is a start with the length that it came with, if it had one.
type period struct {
	moment
	length *span
}

// moments reads the values of all properties of a name: RDATE and EXDATE.
func (z *zones) moments(c *component, name string, home zone) (found []period, err error) {
	for _, p := range c.all(name) {
		for value := range strings.SplitSeq(p.Value, ",") {
			if strings.TrimSpace(value) == "" {
				return nil, fmt.Errorf("the %s in line %d has an empty value", name, p.line)
			}
			one, err := z.period(p, value, home)
			if err != nil {
				return nil, err
			}
			if found = append(found, one); len(found) > maxDates {
				return nil, fmt.Errorf("there are more than %d dates in %s", maxDates, name)
			}
		}
	}
	return found, nil
}

// period reads a moment, or a PERIOD: start/end or start/duration.
func (z *zones) period(p property, value string, home zone) (period, error) {
	first, last, ok := strings.Cut(value, "/")
	start, err := z.moment(p, first, home)
	if err != nil || !ok {
		return period{moment: start}, err
	}
	if strings.HasPrefix(strings.TrimSpace(last), "P") {
		length, err := readSpan(last)
		return period{start, &length}, err
	}
	end, err := z.moment(p, last, home)
	if err == nil && end.at.Before(start.at) {
		err = fmt.Errorf("a period of the %s in line %d ends before it starts", p.Name, p.line)
	}
	return period{start, &span{exact: end.at.Sub(start.at)}}, err
}

// span is a length of time: days of the calendar, and exact time after them.
type span struct {
	days  int
	exact time.Duration
}

// after returns the end of a span that starts at t, in the zone of t.
func (s span) after(t time.Time) time.Time {
	if s.days != 0 {
		t = place(wall(t).AddDate(0, 0, s.days), t.Location())
	}
	return t.Add(s.exact)
}

// atMost is an upper bound of the exact length of the span.
func (s span) atMost() time.Duration {
	return time.Duration(s.days)*24*time.Hour + s.exact + 26*time.Hour
}

var spanForm = regexp.MustCompile(`^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// readSpan reads a DURATION (RFC 5545, 3.3.6): its days and weeks are of the
// calendar, 23 or 25 hours long where the clocks change.
func readSpan(value string) (span, error) {
	m := spanForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(value)))
	if m == nil || strings.Join(m[1:], "") == "" {
		return span{}, fmt.Errorf("%q is no length of time such as PT1H30M", clip(value))
	}
	var n [5]int
	for i, digits := range m[1:] {
		if len(digits) > 8 {
			return span{}, errors.New("a length of time is longer than ten years")
		}
		n[i], _ = strconv.Atoi("0" + digits)
	}
	days, seconds := n[0]*7+n[1], n[2]*3600+n[3]*60+n[4]
	if days > 3660 || seconds > 3660*24*3600 {
		return span{}, errors.New("a length of time is longer than ten years")
	}
	return span{days, time.Duration(seconds) * time.Second}, nil
}

// clip shortens a stranger's value for an error.
func clip(value string) string {
	if len(value) > 40 {
		return strings.ToValidUTF8(value[:40], "") + "..."
	}
	return value
}
