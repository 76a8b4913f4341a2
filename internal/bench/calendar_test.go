//go:build unix

package bench

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// busyRules look at all that is worked out of events and days, and match nothing:
// following them is what is measured, not what they do.
const busyRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 08:00-18:00
people:
  vip: [guest7@bigcustomer.example]
  board: ["@board.example"]
goals:
  Renewal: [vip, renewal]
rules:
  - {name: Words, on: event, when: 'has(event.title, "xyzzy", "plugh")', do: [{color: tomato}]}
  - {name: Notes, on: event, when: 'event.notes contains "xyzzy" or event.location contains "plugh"', do: [{tag: words}]}
  - {name: The board, on: event, when: 'event.organizer in board or any(event.attendees, .domain == "board.example")', do: [{color: grape}]}
  - {name: Conflicts, on: event, when: 'event.busy and len(event.conflicts) > 1000', do: [{fix: conflict}], irreversible: ok}
  - {name: No air, on: event, when: 'event.external and event.gapBefore + event.gapAfter > duration("3d")', do: [{buffer: {after: 10m}}]}
  - {name: Lacking, on: event, when: 'len(event.missing) > 9 and event.goal != ""', do: [{tag: lacking}]}
  - {name: Unanswered, on: event, when: 'event.response == "needsAction" and event.unanswered > 100', do: [{tag: unanswered}]}
  - {name: Called off, on: event, when: 'event.cancelled and "time" in event.changed', do: [{tag: gone}]}
  - {name: Full days, on: day, when: 'day.ahead >= 0 and day.load > 24', do: [{hold: {title: Air, length: 30m, on: free}}]}
  - {name: No focus, on: day, when: 'day.work and day.focusTime > duration("25h")', do: [{focus: {length: 2h}}]}
  - {name: Meetings, on: day, when: 'day.meetings > 10000 and day.freeTime < duration("1h")', do: [{hold: {title: Air, at: "12:30", length: 30m}}]}
  - {name: Long days, on: day, when: 'day.last - day.first > duration("25h")', do: [{hold: {title: Air, at: "13:00", length: 30m}}]}
`

// The client asks at most 100 times at once, and then must wait for Google's
// limit: so many polls after the first sync stay below it.
const (
	quietPolls   = 2
	changedPolls = 1
)

// passes are what one round has cost.
type passes struct{ floor, first, quiet, changed, read, days []work }

// BenchmarkCalendar lets foredesk follow a busy year from nothing: the first sync,
// polls with and without a change, and the facts of every day. The floor is the
// API's own client that reads the same and keeps nothing. What waiting for the
// network and the server takes is not own work.
func BenchmarkCalendar(b *testing.B) {
	rounds := number(b, "FOREDESK_BENCH_ROUNDS", 3)
	year := startYear(b)
	for range b.N {
		var all passes
		for n := range rounds {
			year.meet(b, &all, n)
		}
		all.report(b)
	}
}

// meet is one round, each contender in a process of its own.
func (y *busyYear) meet(b *testing.B, all *passes, round int) {
	b.Helper()
	asked := len(y.Requests())
	t := task{Endpoint: y.Endpoint(), Token: y.Token(), Calendars: y.names, Dir: b.TempDir()}
	c := startChild(b, t)
	all.first = append(all.first, c.do("sync"))
	for range quietPolls {
		all.quiet = append(all.quiet, c.do("sync"))
	}
	for i := range changedPolls {
		y.change(b, round*changedPolls+i)
		all.changed = append(all.changed, c.do("sync"))
	}
	all.read, all.days = append(all.read, c.do("read")), append(all.days, c.do("days"))
	_, t.Fields = y.asked(asked)
	t.Dir = b.TempDir()
	all.floor = append(all.floor, startChild(b, t).do("floor"))
}

// report prints medians, with what the project promises of each.
func (p *passes) report(b *testing.B) {
	var beside, polls []float64
	for i := range p.first {
		beside = append(beside, p.first[i].Wall.Seconds()/p.floor[i].Wall.Seconds())
	}
	for _, w := range slices.Concat(p.quiet, p.changed) {
		polls = append(polls, float64(w.Requests))
	}
	for _, m := range []struct {
		value              float64
		unit, of, promised string
	}{
		{owned(p.first) / 1000, "first-own-s", "the first sync, besides waiting", "at most 2"},
		{highest(p.first), "first-peak-MiB", "the first sync's peak memory", "at most 64"},
		{slices.Max(polls), "poll-requests", fmt.Sprintf("a poll of %d calendars", busyCalendars), "one for each"},
		{owned(p.quiet), "quiet-own-ms", "a poll without changes, besides waiting", "no promise"},
		{owned(p.changed), "changed-own-ms", "a poll with one changed event, besides waiting", "no promise"},
		{highest(p.changed), "polled-peak-MiB", "peak memory after polls", "no promise"},
		{owned(p.days), "days-ms", fmt.Sprintf("the facts of 365 days, %d occurrences", p.read[0].Count), "at most 200"},
		{owned(p.read), "year-ms", "reading that year from the mirror", "no promise"},
		{median(beside), "first/floor", "the first sync beside a bare client that reads the same", "no promise"},
		{processors(p.first), "first-cpu-s", "processor time of the first sync, waiting included", "no promise"},
		{processors(p.floor), "floor-cpu-s", "that of the bare client", "no promise"},
	} {
		b.ReportMetric(m.value, m.unit)
		say("%-15s %8.2f  %s: %s", m.unit, m.value, m.of, m.promised)
	}
}

// owned is the median of what was not waiting, in milliseconds.
func owned(all []work) float64 {
	var own []float64
	for _, w := range all {
		own = append(own, milliseconds(w.own()))
	}
	return median(own)
}

// highest is the largest peak, in MiB.
func highest(all []work) float64 {
	var peak int64
	for _, w := range all {
		peak = max(peak, w.Peak)
	}
	return float64(peak) / (1 << 20)
}

// processors is the median of processor time, in seconds.
func processors(all []work) float64 {
	var used []float64
	for _, w := range all {
		used = append(used, w.CPU.Seconds())
	}
	return median(used)
}

func TestABusyYearCostsOneRequestForEachPageAndThenForEachCalendar(t *testing.T) {
	year := startYear(t)
	d, err := openDiarist(t.Context(), task{Endpoint: year.Endpoint(), Token: year.Token(), Calendars: year.names, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.close(t.Context())
	poll := map[string]int{"events.list": busyCalendars}
	for _, step := range []struct {
		name   string
		change bool
		want   map[string]int
	}{
		{"the first sync", false, map[string]int{"calendarList.list": 1, "events.list": year.pages}},
		{"a poll", false, poll},
		{"a poll after a change", true, poll},
		{"the next poll", false, poll},
	} {
		if step.change {
			year.change(t, 0)
		}
		before := len(year.Requests())
		if err := d.account.SyncCalendar(t.Context()); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		d.now = d.now.Add(time.Minute)
		if got, _ := year.asked(before); !maps.Equal(got, step.want) {
			t.Errorf("%s asked %v, want %v", step.name, got, step.want)
		}
	}
	year.holds(t, d)
}

// holds checks that the mirror has all that was listed, so that the figures are
// those of the whole work.
func (y *busyYear) holds(t *testing.T, d *diarist) {
	t.Helper()
	known, err := d.journal.Calendars(t.Context(), "dana")
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, c := range known {
		events += c.Events
	}
	if len(known) != busyCalendars || events != busyEvents+1 { // one instance was changed meanwhile
		t.Errorf("the mirror has %d events of %d calendars, want %d of %d", events, len(known), busyEvents+1, busyCalendars)
	}
	if y.pages <= busyCalendars {
		t.Errorf("%d calendars have %d pages: none has a second one", busyCalendars, y.pages)
	}
}
