package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/ical"
	"github.com/foredesk/foredesk/rules"
)

// window are the flags of read that a calendar file takes.
type window struct{ from, to string }

// usualWindow is how many days are looked at where nothing else is said.
const usualWindow = 400

// isCalendarFile tells a calendar file by its name, or by how it begins.
func isCalendarFile(file string, in *bufio.Reader) bool {
	if strings.HasSuffix(strings.ToLower(file), ".ics") {
		return true
	}
	const begin = "BEGIN:VCALENDAR"
	head, _ := in.Peek(len(begin) + 8) // room for a byte order mark and empty lines
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	return len(head) >= len(begin) && strings.EqualFold(string(head[:len(begin)]), begin)
}

// readCalendar prints what takes place in the window, and on stderr which events
// could not be read.
func (c *command) readCalendar(w window, file string, in io.Reader, zone *time.Location, now time.Time) error {
	from, to, err := w.span(zone, now)
	if err != nil {
		return err
	}
	calendar, err := ical.Read(in, zone)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	found, err := calendar.Occurrences(from, to)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for i := range found {
		o := &found[i]
		o.Start, o.End, o.RecurrenceID = printable(o.Start), printable(o.End), printable(o.RecurrenceID)
	}
	refused := 0
	for _, p := range calendar.Problems {
		fmt.Fprintf(c.err, "%s: %s\n", file, p)
		if p.Refused {
			refused++
		}
	}
	if err := c.printJSON(list(found)); err != nil || refused == 0 {
		return err
	}
	return findings{fmt.Sprintf("%s: %s of it could not be read, and %s not in the list", file, count(int64(refused), "event"), map[bool]string{true: "is", false: "are"}[refused == 1])}
}

// span is the window between two midnights of the zone, of which the last is
// excluded.
func (w window) span(zone *time.Location, now time.Time) (from, to time.Time, err error) {
	today := now.In(zone)
	from = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, zone)
	if w.from != "" {
		if from, err = rules.ParseDate(w.from, zone); err != nil {
			return from, to, usage{fmt.Errorf("--from: %w", err)}
		}
	}
	to = from.AddDate(0, 0, usualWindow)
	if w.to != "" {
		if to, err = rules.ParseDate(w.to, zone); err != nil {
			return from, to, usage{fmt.Errorf("--to: %w", err)}
		}
	}
	if !from.Before(to) {
		return from, to, usage{fmt.Errorf("the window ends before it begins: --to (%s) must be after --from (%s)", to.Format(time.DateOnly), from.Format(time.DateOnly))}
	}
	return from, to, nil
}

// printable is an instant that RFC 3339 can write: before there were zones, clocks
// differed from UTC by seconds, too, which it leaves out.
func printable(t time.Time) time.Time {
	if _, offset := t.Zone(); offset%60 != 0 {
		return t.UTC()
	}
	return t
}
