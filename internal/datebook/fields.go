package datebook

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Colors are Google's names for the colours of an event: that with the colorId n
// stands at n-1.
var Colors = []string{
	"lavender", "sage", "grape", "flamingo", "banana", "tangerine", "peacock", "graphite", "blueberry", "basil", "tomato",
}

// Google's limits for what a field may hold.
const (
	mostReminders   = 5
	longestReminder = 40320 // minutes: four weeks
	longestTags     = 1024  // bytes of an extended property
)

// Fields are the values that a Patch can set, by name. All names are there; those
// that do not apply are empty.
//
//	start, end   RFC 3339, in UTC; of an event that has times
//	date, until  2006-01-02, until exclusive; of an all-day event
//	zone         IANA name in which the times are kept
//	title, location, notes
//	color        one of Colors; empty for the calendar's own
//	free         "true" or "false"
//	status       "confirmed" or "tentative" ("cancelled" can't be set)
//	remind       minutes before the start, rising: "10,60"; "none" for none at all, empty for the calendar's own
//	tags         "board,travel"
//
// Apply(e, Fields(e)) changes nothing.
func Fields(e Event) map[string]string {
	f := map[string]string{
		"start": "", "end": "", "date": "", "until": "", "zone": "",
		"title": e.Title, "location": e.Location, "notes": e.Notes, "color": e.Color,
		"free": strconv.FormatBool(e.Free), "status": cmp.Or(e.Status, "confirmed"),
		"remind": writeReminders(e.Remind), "tags": e.Ours["tags"],
	}
	if e.AllDay {
		f["date"], f["until"] = e.Start.Format(time.DateOnly), e.End.Format(time.DateOnly)
		return f
	}
	f["start"], f["end"], f["zone"] = e.Start.UTC().Format(time.RFC3339), e.End.UTC().Format(time.RFC3339), e.Zone
	return f
}

// Apply returns the event with some of its fields set. Setting date or until makes
// an all-day event of it, setting start or end one with times; both of a pair are
// needed for that. The error says which field can't be so; it has no word of the
// event in it.
func Apply(e Event, set map[string]string) (Event, error) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		apply, ok := setters[name]
		if !ok {
			return e, fmt.Errorf("an event has no field %q", name)
		}
		if apply == nil {
			continue // a time: they go together
		}
		if err := apply(&e, set[name]); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
	}
	return e, setTimes(&e, set)
}

// setters set one field each.
var setters = map[string]func(*Event, string) error{
	"start": nil, "end": nil, "date": nil, "until": nil,
	"zone":     func(e *Event, v string) error { e.Zone = v; return nil },
	"title":    func(e *Event, v string) error { e.Title = v; return nil },
	"location": func(e *Event, v string) error { e.Location = v; return nil },
	"notes":    func(e *Event, v string) error { e.Notes = v; return nil },
	"color":    setColor,
	"free":     setFree,
	"status":   setStatus,
	"remind":   setReminders,
	"tags":     setTags,
}

func setColor(e *Event, v string) error {
	if v = strings.ToLower(v); v != "" && !slices.Contains(Colors, v) {
		return fmt.Errorf("no colour of Google's; they are %s", strings.Join(Colors, ", "))
	}
	e.Color = v
	return nil
}

func setFree(e *Event, v string) error {
	if v != "true" && v != "false" {
		return errors.New("neither true nor false")
	}
	e.Free = v == "true"
	return nil
}

func setStatus(e *Event, v string) error {
	if v != "confirmed" && v != "tentative" {
		return errors.New("neither confirmed nor tentative; Remove takes an event away")
	}
	e.Status = v
	return nil
}

func setReminders(e *Event, v string) error {
	minutes, err := readReminders(v)
	if err != nil {
		return err
	}
	e.Remind = minutes
	return nil
}

func writeReminders(minutes []int) string {
	if minutes != nil && len(minutes) == 0 {
		return "none"
	}
	var words []string
	for _, m := range slices.Sorted(slices.Values(minutes)) {
		words = append(words, strconv.Itoa(m))
	}
	return strings.Join(words, ",")
}

func readReminders(v string) ([]int, error) {
	switch v {
	case "":
		return nil, nil
	case "none":
		return []int{}, nil
	}
	var minutes []int
	for word := range strings.SplitSeq(v, ",") {
		m, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || m < 0 || m > longestReminder {
			return nil, fmt.Errorf("not minutes from 0 to %d, separated by commas", longestReminder)
		}
		minutes = append(minutes, m)
	}
	slices.Sort(minutes)
	if minutes = slices.Compact(minutes); len(minutes) > mostReminders {
		return nil, fmt.Errorf("more than %d reminders", mostReminders)
	}
	return minutes, nil
}

// setTags leaves the event's own map alone, which others may read.
func setTags(e *Event, v string) error {
	var tags []string
	for word := range strings.SplitSeq(v, ",") {
		if word = strings.TrimSpace(word); word != "" {
			tags = append(tags, word)
		}
	}
	if v = strings.Join(tags, ","); len(v) > longestTags {
		return fmt.Errorf("longer than %d bytes", longestTags)
	}
	ours := maps.Clone(e.Ours)
	if ours == nil {
		ours = map[string]string{}
	}
	if ours["tags"] = v; v == "" {
		delete(ours, "tags")
	}
	e.Ours = ours
	return nil
}

// setTimes sets what set says of the four times.
func setTimes(e *Event, set map[string]string) error {
	dates := set["date"] != "" || set["until"] != ""
	times := set["start"] != "" || set["end"] != ""
	_, start := set["start"]
	_, end := set["end"]
	_, date := set["date"]
	_, until := set["until"]
	switch {
	case dates && times:
		return errors.New("an event has either times or dates")
	case !dates && !times:
		if e.AllDay && (date || until) || !e.AllDay && (start || end) {
			return errors.New("an event can't be without its time")
		}
		return nil
	}
	if dates != e.AllDay {
		e.AllDay, e.Start, e.End = dates, time.Time{}, time.Time{}
	}
	layout, first, last := time.RFC3339, "start", "end"
	if dates {
		layout, first, last = time.DateOnly, "date", "until"
	}
	if err := errors.Join(setMoment(&e.Start, set, first, layout), setMoment(&e.End, set, last, layout)); err != nil {
		return err
	}
	if e.End.Before(e.Start) || dates && !e.End.After(e.Start) {
		return fmt.Errorf("%s: not after the %s", last, first)
	}
	return nil
}

func setMoment(t *time.Time, set map[string]string, name, layout string) error {
	v, given := set[name]
	if !given && !t.IsZero() {
		return nil
	}
	at, err := time.Parse(layout, v)
	if err != nil {
		return fmt.Errorf("%s: not written as %s", name, layout)
	}
	// The year is bounded where a date would not come back as it was written.
	if at = at.UTC().Truncate(time.Second); at.Year() < 1 || at.Year() > 9998 {
		return fmt.Errorf("%s: the year %d", name, at.Year())
	}
	*t = at
	return nil
}
