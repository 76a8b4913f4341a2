package ical

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/teambition/rrule-go"
)

// maxShifts is more than any zone had between 1601 and 2200 with two shifts a year.
const maxShifts = 4_000

// evaluate follows a VTIMEZONE (RFC 5545, 3.6.5) from its first observance to the
// year 2199.
func evaluate(name string, c *component, work *effort) (*time.Location, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	var all []shift
	from := map[int64]int{}
	for _, part := range c.children {
		if part.name != "STANDARD" && part.name != "DAYLIGHT" {
			continue
		}
		found, before, err := observance(part, work)
		if err != nil {
			return nil, fmt.Errorf("%s in line %d: %w", part.name, part.line, err)
		}
		for _, s := range found {
			from[s.at] = before
		}
		all = append(all, found...)
	}
	switch {
	case len(all) == 0:
		return nil, errors.New("it has neither STANDARD nor DAYLIGHT")
	case len(all) > maxShifts:
		return nil, fmt.Errorf("its clocks change more than %d times", maxShifts)
	}
	slices.SortStableFunc(all, func(a, b shift) int { return int(min(1, max(-1, a.at-b.at))) })
	for i := 1; i < len(all); i++ {
		if all[i].at == all[i-1].at && all[i].offset != all[i-1].offset {
			return nil, errors.New("its clocks change to two different times at once")
		}
	}
	// The offset before the first change is what that one changes from.
	all = slices.CompactFunc(all, func(a, b shift) bool { return a.at == b.at })
	return location(name, from[all[0].at], all)
}

// observance returns when a STANDARD or DAYLIGHT part begins, and the offset
// before.
func observance(c *component, work *effort) (shifts []shift, before int, err error) {
	if c.broken != nil {
		return nil, 0, c.broken
	}
	before, err = c.utcOffset("TZOFFSETFROM")
	if err != nil {
		return nil, 0, err
	}
	after, err := c.utcOffset("TZOFFSETTO")
	if err != nil {
		return nil, 0, err
	}
	onsets, err := c.onsets(time.FixedZone("", before), work)
	if err != nil {
		return nil, 0, err
	}
	for _, at := range onsets {
		shifts = append(shifts, shift{at.Unix(), after, c.name == "DAYLIGHT", abbreviation(c.text("TZNAME"))})
	}
	return shifts, before, nil
}

// onsets returns the instants at which an observance begins. Its local times are
// those of the clock that is about to be changed.
func (c *component) onsets(loc *time.Location, work *effort) ([]time.Time, error) {
	z := newZones(&component{}, loc, work)
	p, ok, err := c.one("DTSTART")
	if err != nil || !ok {
		return nil, errors.Join(errors.New("it has no DTSTART that can be read"), err)
	}
	p.Params.Del("TZID") // a file that gives one means the clock that it defines
	start, err := z.moment(p, p.Value, zone{loc: loc})
	if err != nil {
		return nil, err
	}
	var onsets []time.Time
	if len(c.all("RRULE")) == 0 {
		onsets = append(onsets, start.at)
	}
	// Beside a rule, DTSTART is no onset of its own: Windows writes 1601-01-01, on which
	// no clock changed.
	for _, p := range c.all("RRULE") {
		rule, err := readRule(p.Value, start)
		if err != nil {
			return nil, err
		}
		if rule.option.Freq > rrule.MONTHLY {
			return nil, errors.New("its clocks change more often than once a month")
		}
		end := time.Date(lastCustomYear+1, 1, 1, 0, 0, 0, 0, time.UTC)
		found, err := rule.between(wall(start.at), end, work)
		if err != nil {
			return nil, err
		}
		onsets = append(onsets, found...)
	}
	dates, err := z.moments(c, "RDATE", zone{loc: loc})
	for _, d := range dates {
		onsets = append(onsets, d.at)
	}
	return onsets, err
}

var utcOffset = regexp.MustCompile(`^([+-])(\d\d):?(\d\d):?(\d\d)?$`)

// utcOffset reads +HHMM or +HHMMSS as seconds (RFC 5545, 3.3.14).
func (c *component) utcOffset(name string) (int, error) {
	p, ok, err := c.one(name)
	if err != nil || !ok {
		return 0, errors.Join(fmt.Errorf("it has no %s", name), err)
	}
	m := utcOffset.FindStringSubmatch(p.Value)
	if m == nil {
		return 0, fmt.Errorf("%s %q is no offset such as +0100", name, p.Value)
	}
	seconds := 0
	for i, unit := range []int{3600, 60, 1} {
		n, _ := strconv.Atoi("0" + m[i+2])
		seconds += n * unit
	}
	if seconds > 16*3600 {
		return 0, fmt.Errorf("%s %q is more than 16 hours", name, p.Value)
	}
	if m[1] == "-" {
		seconds = -seconds
	}
	return seconds, nil
}

var abbreviationForm = regexp.MustCompile(`^[A-Za-z0-9+-]{2,6}$`)

// abbreviation is what a zone file may call a zone: a few letters.
func abbreviation(name string) string {
	if !abbreviationForm.MatchString(name) {
		return "-00"
	}
	return name
}
