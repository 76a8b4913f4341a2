package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// workHours are the hours of a week in which the executive works.
type workHours struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes of the day; to is exclusive
}

var defaultWorkHours = workHours{days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, from: 8 * 60, to: 18 * 60}

func (w workHours) contain(t time.Time) bool {
	return w.days[t.Weekday()] && minuteWithin(t, w.from, w.to)
}

// threadAt works out how long a conversation has been quiet.
func (s *Set) threadAt(t Thread, now time.Time) Thread {
	if t.Waiting == "" {
		t.Waiting = "nobody"
	}
	if !t.Last.IsZero() && now.After(t.Last) {
		t.Quiet, t.QuietDays = now.Sub(t.Last), s.WorkingDays(t.Last, now)
	}
	return t
}

// WorkingDays counts the working days after the day of from, up to and with the
// day of to, in the account's zone: days of workHours that are no holidays. It
// is 0 where to is not after from.
func (s *Set) WorkingDays(from, to time.Time) int {
	first, last := dayOf(from.In(s.Timezone)), dayOf(to.In(s.Timezone))
	days := int(last.Sub(first) / (24 * time.Hour))
	if days <= 0 {
		return 0
	}
	week := 0
	for _, works := range s.workHours.days {
		if works {
			week++
		}
	}
	n := days / 7 * week
	for d := range days % 7 {
		if s.workHours.days[(int(first.Weekday())+1+d)%7] {
			n++
		}
	}
	for text := range s.holidays {
		if day, err := time.Parse(time.DateOnly, text); err == nil && s.workHours.days[day.Weekday()] && day.After(first) && !day.After(last) {
			n--
		}
	}
	return n
}

// dayOf is a date as midnight in UTC, where every day has 24 hours.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// onClock is the instant of a date at which clocks show the minute of the day. A
// minute that the clocks skip in spring is as much later as they skip; of one
// that comes twice in autumn it is the first. time.Date promises neither.
func onClock(day time.Time, minute int, zone *time.Location) time.Time {
	wall := time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, time.UTC)
	_, offset := wall.Add(-24 * time.Hour).In(zone).Zone() // of the day before
	before := wall.Add(-time.Duration(offset) * time.Second).In(zone)
	if sameWall(before, wall) {
		return before
	}
	if t := time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, zone); sameWall(t, wall) {
		return t
	}
	return before
}

func sameWall(t, wall time.Time) bool {
	return t.Day() == wall.Day() && t.Hour() == wall.Hour() && t.Minute() == wall.Minute()
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseWorkHours reads "Mon-Fri 08:00-18:00" or "Mon,Wed,Fri 9:00-13:00".
func parseWorkHours(s string) (workHours, error) {
	days, hours, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		return workHours{}, fmt.Errorf("work hours are written like \"Mon-Fri 08:00-18:00\", not %q", s)
	}
	w, err := workHours{}, error(nil)
	if w.from, w.to, err = parseSpan(hours); err != nil {
		return w, err
	}
	for part := range strings.SplitSeq(days, ",") {
		if err := w.addDays(part); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *workHours) addDays(part string) error {
	first, last, isRange := strings.Cut(part, "-")
	from, err := dayIndex(first)
	if err != nil {
		return err
	}
	to := from
	if isRange {
		if to, err = dayIndex(last); err != nil {
			return err
		}
	}
	for d := from; ; d = (d + 1) % 7 {
		w.days[d] = true
		if d == to {
			return nil
		}
	}
}

func dayIndex(name string) (int, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	for i, d := range dayNames {
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(time.Weekday(i).String()), name) && name[:3] == d {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is no day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun", name)
}

var spanPattern = regexp.MustCompile(`^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$`)

// parseSpan reads "08:00-09:30" as minutes of the day; "22:00-06:00" goes over
// midnight.
func parseSpan(s string) (from, to int, err error) {
	m := spanPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf("a span of the day is written like \"08:00-09:30\", not %q", s)
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // the pattern lets nothing but digits through
	}
	from, to = n[0]*60+n[1], n[2]*60+n[3]
	if from >= 24*60 || to > 24*60 || n[1] > 59 || n[3] > 59 || from == to {
		return 0, 0, fmt.Errorf("%q is no span of a day", s)
	}
	return from, to, nil
}

func minuteWithin(t time.Time, from, to int) bool {
	m := t.Hour()*60 + t.Minute()
	if from < to {
		return from <= m && m < to
	}
	return m >= from || m < to
}

// longestDuration is a hundred years: three times as much can't be counted.
const longestDuration = 36500 * 24 * time.Hour

var durationPattern = regexp.MustCompile(`^(\d+)\s*(w|d)`)

// ParseDuration reads Go's durations and days and weeks: "90m", "3d", "2w",
// "1d12h". A day has 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	rest, total := strings.TrimSpace(s), time.Duration(0)
	for {
		m := durationPattern.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		n, err := strconv.Atoi(m[1])
		unit := map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
		if err != nil || n > int((longestDuration-total)/unit) {
			return 0, fmt.Errorf("%q is too long a time", s)
		}
		total += time.Duration(n) * unit
		if rest = rest[len(m[0]):]; rest == "" {
			return total, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil {
		return 0, fmt.Errorf("%q is no length of time; write it like \"30m\", \"2h\", \"3d\" or \"1w\"", s)
	}
	if d > longestDuration-total || d < -longestDuration {
		return 0, fmt.Errorf("%q is too long a time", s)
	}
	return total + d, nil
}

// ParseDate reads "2026-12-08", with an optional time "2026-12-08 09:30", in the
// given zone.
func ParseDate(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date; write it like \"2026-12-08\" or \"2026-12-08 09:30\"", s)
}
