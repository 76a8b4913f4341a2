package demo

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The calendar is a set of text files in the manner of the mailbox. An entry
// begins with a line of its own,
//
//	@ +2 14:00 60 weekly id:operations in:family
//
// which holds the day, the time and the minutes; or the day, the word "day" and
// how many. Plain numbers count working days (see calendar.go), so that the
// calendar fits the mailbox whatever the day. Then come words:
//
//   - weekly, fortnightly, weekdays, yearly: it comes back, and has for a while; new: it
//     begins with that day;
//   - focus, birthday: kinds of events that Google knows; free: it takes no time;
//   - id:x names it, in:family puts it into the other calendar;
//   - skip of:x takes an instance out of a series, moves of:x moves the one of that day.
//
// Then fields and, below an empty line, notes. Short names are those of
// people.txt; an answer may follow: yes (so where nothing is said), no, maybe, or
// ? for none yet.
//
//go:embed calendar/*.txt
var calendarFiles embed.FS

// colleaguesFile holds what is on the calendars of others alone, and
// happeningsFile what is done to Dana's while the demo runs.
const (
	colleaguesFile = "colleagues.txt"
	happeningsFile = "arrivals.txt"
)

// appointment is one entry of these files.
type appointment struct {
	file string
	line int

	absent bool      // it is for today, and today nobody works
	start  time.Time // in the zone of the entry
	length time.Duration
	days   int    // of an all-day event; else 0
	every  string // weekly fortnightly weekdays yearly, or empty
	begins bool   // the series does, with that day
	kind   string // focus birthday skip moves invites answers cancels deletes, or empty
	free   bool
	id, of string
	in     string

	fields []field
	notes  string
}

func (a *appointment) place() string { return fmt.Sprintf("calendar/%s:%d", a.file, a.line) }

// value returns a field of the entry, or "".
func (a *appointment) value(name string) string {
	for _, f := range a.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// readAppointments reads all calendar files.
func readAppointments(now time.Time) ([]*appointment, error) {
	names, err := fs.Glob(calendarFiles, "calendar/*.txt")
	if err != nil {
		return nil, fmt.Errorf("listing the calendar files: %w", err)
	}
	var all []*appointment
	for _, name := range names {
		data, err := calendarFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		some, err := parseAppointments(now, strings.TrimPrefix(name, "calendar/"), string(data))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// parseAppointments reads one file. The zone of an entry is known only after its
// fields, so its time is read last.
func parseAppointments(now time.Time, file, text string) ([]*appointment, error) {
	var all []*appointment
	var openings [][]string
	var a *appointment
	inNotes := false
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "@ "):
			a = &appointment{file: file, line: n}
			all, openings, inNotes = append(all, a), append(openings, strings.Fields(line[2:])), false
		case a == nil: // remarks at the head of the file
		case inNotes:
			a.notes += line + "\n"
		case line == "":
			inNotes = true
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return nil, fmt.Errorf("calendar/%s:%d: neither a field nor an empty line: %q", file, n, line)
			}
			a.fields = append(a.fields, field{name, strings.TrimSpace(value)})
		}
	}
	for i, a := range all {
		a.notes = strings.TrimSpace(a.notes)
		if err := a.opening(now, openings[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", a.place(), err)
		}
	}
	return all, lines.Err()
}

// opening reads the words behind "@".
func (a *appointment) opening(now time.Time, words []string) error {
	if len(words) > 1 && words[0] == "arrives" {
		a.kind, words = words[1], words[2:]
	}
	if a.kind != "answers" && a.kind != "cancels" && a.kind != "deletes" && !(a.kind == "moves" && len(words) == 1) {
		rest, err := a.times(now, words)
		if err != nil {
			return err
		}
		words = rest
	}
	for _, w := range words {
		key, value, _ := strings.Cut(w, ":")
		switch key {
		case "weekly", "fortnightly", "weekdays", "yearly":
			a.every = key
		case "new":
			a.begins = true
		case "free":
			a.free = true
		case "focus", "birthday", "skip", "moves":
			a.kind = key
		case "id":
			a.id = value
		case "of":
			a.of = value
		case "in":
			a.in = value
		default:
			return fmt.Errorf("%q is no word of a calendar entry", w)
		}
	}
	return nil
}

// times reads the day, the time and the length. "skip" has a day alone, and "moves
// of:x" may stand before the day.
func (a *appointment) times(now time.Time, words []string) (rest []string, err error) {
	if len(words) > 0 && strings.HasPrefix(words[0], "of:") {
		a.of, words = strings.TrimPrefix(words[0], "of:"), words[1:]
	}
	if len(words) < 2 {
		return nil, fmt.Errorf("an entry begins with a day, a time and minutes")
	}
	zone := now.Location()
	if name := a.value("Zone"); name != "" {
		if zone, err = time.LoadLocation(name); err != nil {
			return nil, fmt.Errorf("the field Zone: %w", err)
		}
	}
	day, err := diaryDay(now, words[0])
	if err != nil {
		return nil, err
	}
	a.absent = words[0] == "0" && (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday)
	a.start = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	if words[1] == "skip" {
		return words[1:], nil
	}
	if len(words) < 3 {
		return nil, fmt.Errorf("an entry begins with a day, a time and minutes")
	}
	n, err := strconv.Atoi(words[2])
	if err != nil || n < 1 {
		return nil, fmt.Errorf("%q is no length", words[2])
	}
	if words[1] == "day" {
		a.days = n
		return words[3:], nil
	}
	at, err := time.Parse("15:04", words[1])
	if err != nil {
		return nil, fmt.Errorf("%q is no clock time: write 09:14", words[1])
	}
	a.start = time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, zone)
	a.length = time.Duration(n) * time.Minute
	return words[3:], nil
}

// diaryDay reads a day as the mailbox does, and "sat+1", the next Saturday after
// today.
func diaryDay(now time.Time, word string) (time.Time, error) {
	name, count, ok := strings.Cut(word, "+")
	weekday := map[string]time.Weekday{"sat": time.Saturday, "sun": time.Sunday}
	if _, known := weekday[name]; !ok || !known {
		return dayOf(now, word)
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return time.Time{}, fmt.Errorf("%q is no day: write +3, sat+1 or sun-2", word)
	}
	d := now.AddDate(0, 0, 1)
	for d.Weekday() != weekday[name] {
		d = d.AddDate(0, 0, 1)
	}
	return d.AddDate(0, 0, 7*(n-1)), nil
}

// lived is how long before its day a series has begun.
const lived = 6 * 7 // days, a whole number of fortnights

// first is when the entry takes place for the first time.
func (a *appointment) first() time.Time {
	switch {
	case a.begins || a.every == "":
		return a.start
	case a.every == "yearly":
		return a.start.AddDate(-9, 0, 0)
	}
	return a.start.AddDate(0, 0, -lived)
}

// rule is how it comes back (RFC 5545, section 3.3.10), or "".
func (a *appointment) rule() string {
	return map[string]string{
		"weekly": "RRULE:FREQ=WEEKLY", "fortnightly": "RRULE:FREQ=WEEKLY;INTERVAL=2",
		"weekdays": "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "yearly": "RRULE:FREQ=YEARLY",
	}[a.every]
}

// has reports whether the series has an instance on the day of t.
func (a *appointment) has(t time.Time) bool {
	date := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	days := int(date(t).Sub(date(a.first())) / (24 * time.Hour))
	switch {
	case days < 0:
		return false
	case a.every == "weekly":
		return days%7 == 0
	case a.every == "fortnightly":
		return days%14 == 0
	case a.every == "weekdays":
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	}
	return false
}

// guest is one who is invited, with the answer in Google's words.
type guest struct{ short, answer string }

// guests reads "mei, rahul maybe, luca no, ines ?".
func guests(value string) (all []guest, err error) {
	answers := map[string]string{"": "accepted", "yes": "accepted", "no": "declined", "maybe": "tentative", "?": "needsAction"}
	for word := range strings.SplitSeq(value, ",") {
		short, said, _ := strings.Cut(strings.TrimSpace(word), " ")
		answer, ok := answers[said]
		if !ok {
			return nil, fmt.Errorf("%q is no answer: write yes, no, maybe or ?", said)
		}
		if short != "" && !slices.ContainsFunc(all, func(g guest) bool { return g.short == short }) {
			all = append(all, guest{short, answer})
		}
	}
	return all, nil
}
