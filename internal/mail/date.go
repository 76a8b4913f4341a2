package mail

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// commonDate is how nearly all programs write a date.
const commonDate = "Mon, 2 Jan 2006 15:04:05 -0700"

// dateLayouts are the forms seen in Date fields that net/mail does not know,
// without day of the week, after tidyDate.
var dateLayouts = []string{
	"2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04:05 MST",
	"2 Jan 2006 15:04:05",
	"2 Jan 2006 15:04 -0700",
	"2 Jan 2006 15:04 MST",
	"2 Jan 2006 15:04",
	"2 Jan 06 15:04:05 -0700",
	"2 Jan 06 15:04:05 MST",
	"2 Jan 2006 -0700",
	"2 Jan 2006",
	"Jan 2 15:04:05 2006", // C's asctime
	"Jan 2 15:04:05 2006 -0700",
	"Jan 2 15:04:05 MST 2006",
	"Jan 2 15:04:05 -0700 2006",
	"Jan 2 2006 15:04:05 -0700",
	"Jan 2 2006 15:04:05",
	"Jan 2 2006 3:04:05 PM",
	"2 January 2006 15:04:05 -0700",
	"2 January 2006 15:04:05 MST",
	"2 January 2006 15:04:05",
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05-0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05",
	"2006-01-02",
}

// maxDate is longer than any date with its comments, and short enough for every
// layout to be tried.
const maxDate = 200

// parseDate reads a Date field (RFC 5322 3.3), the old forms and the broken ones
// in use. A date without a zone is taken as UTC. It says false for what is no
// date, and for years that no mail is from.
func parseDate(s string) (time.Time, bool) {
	if s == "" || len(s) > maxDate {
		return time.Time{}, false
	}
	t, err := time.Parse(commonDate, s) // net/mail is twenty times slower
	if err != nil {
		t, err = mail.ParseDate(s)
	}
	if err != nil {
		t, err = parseLooseDate(s)
	}
	if _, offset := t.Zone(); offset > 24*3600-60 || offset < -24*3600+60 {
		t = t.UTC() // RFC 3339, and so JSON, has no such zone
	}
	if err != nil || t.UTC().Year() < 1970 || t.UTC().Year() > 9998 {
		return time.Time{}, false
	}
	return t, true
}

func parseLooseDate(s string) (t time.Time, err error) {
	s = tidyDate(s)
	for _, layout := range dateLayouts {
		if t, err = time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

var (
	dateComment  = regexp.MustCompile(`\([^()]*\)`)
	dateWeekday  = regexp.MustCompile(`(?i)^\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b[\s,.]*`)
	dateNamedGap = regexp.MustCompile(`(?i)\b(?:gmt|utc|ut)\s*([+-])`)
	dateZone     = regexp.MustCompile(`([+-])(\d{1,2}):?(\d{2})?$`)
	dateDashes   = regexp.MustCompile(`^(\d{1,2})-([A-Za-z]{3})-(\d{2,4})\b`)
	dateDots     = regexp.MustCompile(`\b(\d{1,2})\.(\d{2})\.(\d{2})\b`)
	dateHour     = regexp.MustCompile(`\b(\d):(\d{2})`)
)

// tidyDate brings a date nearer to a layout: no comment, no day of the week, one
// space between words, a zone of four digits, two digits of hour.
func tidyDate(s string) string {
	s = dateComment.ReplaceAllString(s, " ")
	s = dateWeekday.ReplaceAllString(s, "")
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, ",", " ")), " ")
	s = dateDashes.ReplaceAllString(s, "$1 $2 $3")
	s = dateNamedGap.ReplaceAllString(s, "$1")
	s = dateDots.ReplaceAllString(s, "$1:$2:$3")
	s = dateHour.ReplaceAllString(s, "0$1:$2")
	if strings.Contains(s, ":") && strings.Contains(s, " ") {
		s = dateZone.ReplaceAllStringFunc(s, fourDigitZone)
	}
	return s
}

// fourDigitZone writes "+2", "+02" and "+02:00" as "+0200".
func fourDigitZone(zone string) string {
	digits := strings.ReplaceAll(zone[1:], ":", "")
	switch len(digits) {
	case 1:
		digits = "0" + digits + "00"
	case 2:
		digits += "00"
	case 3:
		digits = "0" + digits
	}
	return zone[:1] + digits
}
