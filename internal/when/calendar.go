package when

import "time"

// Calendar is everything outside the text that a date may depend on.
type Calendar struct {
	// Now is the instant at which the text was written, in the reader's zone.
	Now time.Time

	// WorkDays says on which weekdays work is done, Sunday first. If none is set,
	// Monday to Friday are meant.
	WorkDays [7]bool

	// WorkFrom and WorkTo bound the working day, in minutes after midnight. If both
	// are zero, 09:00 to 17:00 is meant. "EOD" is WorkTo.
	WorkFrom, WorkTo int

	// Holidays are days without work, by date: "2026-12-25".
	Holidays map[string]bool

	// DayFirst reads 3/4/2026 as the 3rd of April. Dates with dots, and dates in a
	// German or French text, are read so in any case.
	DayFirst bool
}

// WorkingDays counts the working days after the date of from, up to and including
// the date of to, both in the reader's zone: from Friday to Monday it is 1. It is
// negative when to is before from.
func (c Calendar) WorkingDays(from, to time.Time) int {
	a, b := c.civil(from), c.civil(to)
	if b.Before(a) {
		return -c.workingDays(b, a)
	}
	return c.workingDays(a, b)
}

// workingDays counts in whole weeks, so that a year like 9999 costs no more than a day.
func (c Calendar) workingDays(a, b time.Time) (n int) {
	work := c.workDays()
	weeks := int(b.Sub(a)/(24*time.Hour)) / 7
	for _, on := range work {
		if on {
			n += weeks
		}
	}
	for d := a.AddDate(0, 0, weeks*7+1); !d.After(b); d = d.AddDate(0, 0, 1) {
		if work[d.Weekday()] {
			n++
		}
	}
	for name, off := range c.Holidays {
		d, err := time.Parse(time.DateOnly, name)
		if off && err == nil && d.After(a) && !d.After(b) && work[d.Weekday()] {
			n--
		}
	}
	return n
}

// maxWorkingDays bounds AddWorkingDays: forty years of them.
const maxWorkingDays = 10000

// AddWorkingDays returns the instant n working days after from, at the same time of
// day in the reader's zone; before it, if n is negative. With n zero it is from itself.
func (c Calendar) AddWorkingDays(from time.Time, n int) time.Time {
	local := from.In(c.zone())
	d := c.addWorking(c.civil(local), n)
	return time.Date(d.Year(), d.Month(), d.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), c.zone())
}

func (c Calendar) addWorking(d time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	n = min(n, maxWorkingDays)
	// A calendar in which every day is a holiday must not hold us for ever.
	for tries := 0; n > 0 && tries < 4*maxWorkingDays; tries++ {
		d = d.AddDate(0, 0, step)
		if c.works(d) {
			n--
		}
	}
	return d
}

// works says whether a civil day is a working day.
func (c Calendar) works(d time.Time) bool {
	if !c.workDays()[d.Weekday()] {
		return false
	}
	var name [len(time.DateOnly)]byte
	return len(c.Holidays) == 0 || !c.Holidays[string(d.AppendFormat(name[:0], time.DateOnly))]
}

func (c Calendar) workDays() [7]bool {
	if c.WorkDays == ([7]bool{}) {
		return [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}
	}
	return c.WorkDays
}

// hours returns the bounds of the working day in minutes after midnight.
func (c Calendar) hours() (from, to int) {
	if c.WorkFrom == 0 && c.WorkTo == 0 {
		return 9 * 60, 17 * 60
	}
	return c.WorkFrom, c.WorkTo
}

func (c Calendar) zone() *time.Location { return c.Now.Location() }

// civil is the date of an instant in the reader's zone. Civil days are midnights in
// UTC, where each day has 24 hours; only the last step makes local times of them.
func (c Calendar) civil(t time.Time) time.Time {
	y, m, d := t.In(c.zone()).Date()
	return civilDay(y, int(m), d)
}

func (c Calendar) today() time.Time { return c.civil(c.Now) }

func civilDay(y, m, d int) time.Time {
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
}
