package rules

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule says when a rule with run: looks again, in the account's zone.
type Schedule struct {
	source string
	every  time.Duration // counted from midnight; 0 where days and times are given
	days   [7]bool       // by time.Weekday
	nth    int           // only the nth such day of its month, -1 for the last; 0 for each
	times  []int         // minutes of the day, ascending
}

// String is the schedule as written.
func (s *Schedule) String() string { return s.source }

var (
	timePattern = regexp.MustCompile(`^(\d{1,2}):(\d{2})$`)
	ordinals    = map[string]int{"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
)

const scheduleHint = `write for example: "weekdays at 08:00", "first monday at 07:00" or "every 2h"`

// parseSchedule reads "weekdays at 08:00", "mon, thu at 9:00 and 16:00", "first
// monday at 07:00", "last weekday at 16:00" or "every 2h".
func parseSchedule(source string) (*Schedule, error) {
	s := &Schedule{source: source}
	text := strings.ToLower(strings.Join(strings.Fields(source), " "))
	days, times, ok := strings.Cut(text, " at ")
	if !ok {
		return s, s.readEvery(text)
	}
	if err := s.readDays(days); err != nil {
		return nil, err
	}
	for part := range listed(times) {
		minute, err := parseClock(part)
		if err != nil {
			return nil, err
		}
		s.times = append(s.times, minute)
	}
	slices.Sort(s.times)
	s.times = slices.Compact(s.times)
	return s, nil
}

// readEvery reads "every 2h".
func (s *Schedule) readEvery(text string) error {
	length, ok := strings.CutPrefix(text, "every ")
	d, err := ParseDuration(length)
	switch {
	case !ok || err != nil:
		return fmt.Errorf("%q is no schedule; %s", s.source, scheduleHint)
	case d < 5*time.Minute || d > 24*time.Hour:
		return fmt.Errorf("%q is not between 5m and 24h; %s", length, scheduleHint)
	}
	s.every = d
	return nil
}

// listed yields the parts of "a, b and c".
func listed(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(strings.ReplaceAll(text, " and ", ","), ",") {
			if !yield(strings.TrimSpace(part)) {
				return
			}
		}
	}
}

// manyDays are words for several days of a week.
var manyDays = map[string]string{"daily": "sun-sat", "day": "sun-sat", "weekdays": "mon-fri", "weekday": "mon-fri", "weekends": "sat-sun", "weekend": "sat-sun"}

func (s *Schedule) readDays(text string) error {
	if first, rest, ok := strings.Cut(text, " "); ok && ordinals[first] != 0 {
		s.nth, text = ordinals[first], rest
	}
	w := workHours{}
	for word := range listed(text) {
		part := strings.TrimPrefix(word, "every ")
		if many, ok := manyDays[part]; ok {
			part = many
		}
		if err := w.addDays(part); err != nil {
			return fmt.Errorf("%q is no day; %s", word, scheduleHint)
		}
	}
	s.days = w.days
	return nil
}

// parseClock reads "08:00" as minutes of the day.
func parseClock(s string) (int, error) {
	m := timePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is no time of day; write it like 08:00", s)
	}
	hour, _ := strconv.Atoi(m[1]) // the pattern lets nothing but digits through
	minute, _ := strconv.Atoi(m[2])
	if hour > 23 || minute > 59 {
		return 0, fmt.Errorf("%q is no time of day", s)
	}
	return hour*60 + minute, nil
}

// Next is the first time after the given one at which the schedule is due, in
// the same zone. A time that the clock skips in spring is due an hour later; one
// that comes twice in autumn is due once.
func (s *Schedule) Next(after time.Time) time.Time {
	zone, today := after.Location(), dayOf(after)
	for day := range 400 {
		date := today.AddDate(0, 0, day)
		if s.every > 0 {
			end := onClock(date.AddDate(0, 0, 1), 0, zone)
			for t := onClock(date, 0, zone); t.Before(end); t = t.Add(s.every) {
				if t.After(after) {
					return t
				}
			}
			continue
		}
		if !s.on(date) {
			continue
		}
		for _, minute := range s.times {
			if t := onClock(date, minute, zone); t.After(after) {
				return t
			}
		}
	}
	return time.Time{} // not reached: every schedule is due within a year
}

// on reports whether the schedule is due on a date.
func (s *Schedule) on(date time.Time) bool {
	if !s.days[date.Weekday()] || s.nth == 0 {
		return s.days[date.Weekday()]
	}
	step, n := -1, 1
	if s.nth < 0 {
		step = 1
	}
	for d := date.AddDate(0, 0, step); d.Month() == date.Month(); d = d.AddDate(0, 0, step) {
		if s.days[d.Weekday()] {
			n++
		}
	}
	return n == max(s.nth, -s.nth)
}

// moment is the until: of snooze: a point in time that the item and the clock
// decide.
type moment struct {
	field  string        // deadline or date: what the text names
	after  time.Duration // from now, or from the field
	days   int           // from today; used where weekday and date say nothing
	day    int           // a weekday, -1 for none
	date   time.Time
	minute int // of the day; -1 for the start of work
}

var (
	fieldMoment = regexp.MustCompile(`^\{(deadline|date)\}(?: ?- ?(\S+))?$`)
	partsOfDay  = map[string]int{"morning": -1, "noon": 12 * 60, "afternoon": 14 * 60, "evening": 18 * 60}
)

const momentHint = `write for example: "3d", "tomorrow 08:00", "monday", "next week", "tonight", "2026-12-24 09:00", "{deadline}" or "{deadline} - 1d"`

// parseMoment reads when something is to come back.
func parseMoment(source string) (*moment, error) {
	text := strings.ToLower(strings.Join(strings.Fields(source), " "))
	m := &moment{day: -1, minute: -1}
	if f := fieldMoment.FindStringSubmatch(text); f != nil {
		m.field = f[1]
		if f[2] != "" {
			before, err := positiveDuration(f[2])
			if err != nil {
				return nil, err
			}
			m.after = -before
		}
		return m, nil
	}
	if d, err := ParseDuration(text); err == nil && d > 0 {
		m.after = d
		return m, nil
	}
	date, clock, timed := strings.Cut(text, " ")
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		if m.date = t; timed {
			m.minute, err = parseClock(clock)
		}
		return m, err
	}
	return m, m.readDay(source, text)
}

func (m *moment) readDay(source, text string) error {
	if text == "tonight" {
		m.minute = partsOfDay["evening"]
		return nil
	}
	day, rest, _ := strings.Cut(text, " ")
	if day == "next" {
		var which string
		which, rest, _ = strings.Cut(rest, " ")
		if day = which; which == "week" {
			day = "monday"
		}
	}
	switch day {
	case "today":
	case "tomorrow":
		m.days = 1
	default:
		n, err := dayIndex(day)
		if err != nil {
			return fmt.Errorf("%q is no point in time; %s", source, momentHint)
		}
		m.day = n
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "at "), "in the ")
	if minute, ok := partsOfDay[rest]; ok || rest == "" {
		if m.minute = minute; rest == "" {
			m.minute = -1
		}
		return nil
	}
	var err error
	m.minute, err = parseClock(rest)
	return err
}

// at works the moment out. An error says what the item does not have, or that the
// moment has passed.
func (m *moment) at(s *Set, e *env) (time.Time, error) {
	t, err := m.instant(s, e)
	if err == nil && !t.After(e.Now) {
		err = fmt.Errorf("%s has passed", t.Format("Monday 2 January 15:04"))
	}
	return t, err
}

func (m *moment) instant(s *Set, e *env) (time.Time, error) {
	start := m.minute
	if start < 0 {
		start = s.workHours.from
	}
	onDay := func(d time.Time) time.Time { return onClock(d, start, e.Now.Location()) }
	switch {
	case m.field != "":
		return m.ofField(e, onDay)
	case m.after != 0:
		return shifted(e.Now, m.after), nil
	case !m.date.IsZero():
		return onDay(m.date), nil
	case m.day >= 0: // on a Monday, "monday" is the next one
		ahead := (m.day-int(e.Now.Weekday())+6)%7 + 1
		return onDay(dayOf(e.Now).AddDate(0, 0, ahead)), nil
	}
	return onDay(dayOf(e.Now).AddDate(0, 0, m.days)), nil
}

// shifted is the time some days, by the clock on the wall, and hours away.
func shifted(t time.Time, by time.Duration) time.Time {
	const day = 24 * time.Hour
	return t.AddDate(0, 0, int(by/day)).Add(by % day)
}

// ofField is the deadline or the first date that the text names; a whole day
// begins with the hours of work.
func (m *moment) ofField(e *env, onDay func(time.Time) time.Time) (time.Time, error) {
	named := e.Found.Dates
	if m.field == "deadline" {
		named = e.Found.Deadlines
	}
	for _, w := range named {
		t := w.Start.In(e.Now.Location())
		if w.AllDay {
			t = onDay(w.Start)
		}
		if t = shifted(t, m.after); t.After(e.Now) {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("the mail names no %s that is far enough ahead", m.field)
}
