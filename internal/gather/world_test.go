package gather_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// The executive of these tests is Dana Whitfield in London, on Tuesday 8 December
// 2026 unless a test says otherwise.
const (
	dana    = "dana@acme.example"
	theDate = "2026-12-08"
)

var (
	london   = zoneOf("Europe/London")
	newYork  = zoneOf("America/New_York")
	sydney   = zoneOf("Australia/Sydney")
	berlin   = zoneOf("Europe/Berlin")
	halfPast = clock(london, theDate+" 06:30")
)

func zoneOf(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func clock(zone *time.Location, s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		panic(err)
	}
	return t
}

const someRules = `version: 1
timezone: Europe/London
me: [dana@acme.example]
workHours: Mon-Fri 08:00-18:00
goals:
  Close Series C: ["Series C"]
  Keep Hansa: ["Hansa"]
glossary:
  SLA: what was promised about reliability
rules:
  - name: Prep days
    on: event
    when: event.title == "Offsite"
    goal: Keep Hansa
    do: {color: red}
`

// world is a journal with one account in it.
type world struct {
	testing.TB
	gather.Desk
	owner *store.Owner
	run   int64
}

func newWorld(t testing.TB, rulesText string) *world {
	t.Helper()
	set, err := rules.Load("rules.yaml", []byte(rulesText), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	owner, err := s.Own(t.Context(), "dana")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Release() })
	w := &world{TB: t, owner: owner, Desk: gather.Desk{Account: "dana", Journal: s, Rules: set, Language: agenda.English, Polls: time.Minute, At: 6*60 + 30}}
	w.run, err = owner.BeginRun(t.Context(), store.Run{Kind: store.KindRun, RulesHash: set.Hash, Started: halfPast})
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) commit(p store.Plan) []store.Step {
	w.Helper()
	p.RunID = w.run
	if p.Planned.IsZero() {
		p.Planned = halfPast
	}
	steps, err := w.owner.Commit(w.Context(), p)
	w.must(err)
	return steps
}

// on makes an event: "09:00 30m" of a day, or several days as "all day 2d". Each word
// after that says something about it; see aspects.
func on(zone *time.Location, title, date, when string, words ...string) datebook.Event {
	e := datebook.Event{
		Calendar: dana, ID: strings.ReplaceAll(strings.ToLower(title), " ", ""), Title: title, Zone: zone.String(), Status: "confirmed", Kind: "default",
		Organizer: datebook.Person{Email: dana, Self: true}, Creator: datebook.Person{Email: "kim@acme.example"},
		Created: clock(london, "2026-01-05 10:00"), Updated: clock(london, "2026-01-05 10:00"),
	}
	at, length, _ := strings.Cut(when, " ")
	if at == "all" {
		days := 1
		fmt.Sscanf(length, "day %dd", &days)
		start, err := time.Parse(time.DateOnly, date)
		if err != nil {
			panic(err)
		}
		e.AllDay, e.Start, e.End = true, start, start.AddDate(0, 0, days)
	} else {
		d, err := time.ParseDuration(length)
		if err != nil {
			panic(err)
		}
		e.Start = clock(zone, date+" "+at)
		e.End = e.Start.Add(d)
	}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		aspects[name](&e, value)
	}
	e.UID = e.ID + "@acme.example"
	return e
}

// aspects are what can be said about an event.
var aspects = map[string]func(e *datebook.Event, value string){
	"by": func(e *datebook.Event, v string) {
		e.Organizer = personOf(v)
		e.Creator = e.Organizer
		addSelf(e, "accepted")
	},
	"with":    func(e *datebook.Event, v string) { addGuests(e, v, "needsAction"); addSelf(e, "accepted") },
	"yes":     func(e *datebook.Event, v string) { addGuests(e, v, "accepted") },
	"no":      func(e *datebook.Event, v string) { addGuests(e, v, "declined") },
	"me":      func(e *datebook.Event, v string) { addSelf(e, v) },
	"at":      func(e *datebook.Event, v string) { e.Location = v },
	"notes":   func(e *datebook.Event, v string) { e.Notes = v },
	"video":   func(e *datebook.Event, v string) { e.Video = v },
	"to":      func(e *datebook.Event, v string) { e.EndZone = v },
	"kind":    func(e *datebook.Event, v string) { e.Kind = v },
	"private": func(e *datebook.Event, _ string) { e.Private = true },
	"free":    func(e *datebook.Event, _ string) { e.Free = true },
	"self":    func(e *datebook.Event, _ string) { e.Creator = datebook.Person{Email: dana, Self: true} },
	"every":   func(e *datebook.Event, v string) { e.Recurrence = []string{"RRULE:FREQ=" + strings.ToUpper(v)} },
	"id":      func(e *datebook.Event, v string) { e.ID = v },
	"new":     func(e *datebook.Event, _ string) { e.Created = halfPast.Add(-time.Hour); e.Updated = e.Created },
	"fresh":   func(e *datebook.Event, _ string) { e.Updated = halfPast.Add(-time.Hour) },
}

// personOf reads "Karin Vogel <karin@hansa-logistik.example>", or an address alone.
func personOf(s string) datebook.Person {
	name, email, ok := strings.Cut(s, " <")
	if !ok {
		return datebook.Person{Email: s}
	}
	return datebook.Person{Name: name, Email: strings.TrimSuffix(email, ">")}
}

func addGuests(e *datebook.Event, list, response string) {
	for _, who := range strings.Split(list, ",") {
		e.Guests = append(e.Guests, datebook.Guest{Person: personOf(who), Response: response})
	}
}

func addSelf(e *datebook.Event, response string) {
	for i := range e.Guests {
		if e.Guests[i].Self {
			e.Guests[i].Response = response
			return
		}
	}
	e.Guests = append(e.Guests, datebook.Guest{Person: datebook.Person{Email: dana, Self: true}, Response: response})
}

// see makes the mirror hold these events, as a whole sync just now.
func (w *world) see(now time.Time, events ...datebook.Event) {
	w.Helper()
	w.commit(store.Plan{Planned: now, Syncs: []datebook.Sync{{
		Calendar: datebook.Calendar{ID: dana, Name: "primary", Zone: "Europe/London", Role: "owner", Primary: true, Token: "t", SeenAt: now}, Whole: true, Events: events,
	}}})
}

// day is the agenda of a date, made at half past six where the executive wakes up.
func (w *world) day(date string) (*agenda.Day, []gather.Decision) {
	w.Helper()
	day, err := time.Parse(time.DateOnly, date)
	w.must(err)
	zone, err := w.Zone(w.Context(), day)
	w.must(err)
	d, decisions, _, err := w.Day(w.Context(), date, clock(zone, date+" 06:30"))
	w.must(err)
	return d, decisions
}

// sent makes the agenda of a date, and keeps it as one that was sent.
func (w *world) sent(date string) {
	w.Helper()
	now := clock(london, date+" 06:30")
	_, _, standings, err := w.Day(w.Context(), date, now)
	w.must(err)
	body, err := json.Marshal(gather.Kept{Calendar: standings})
	w.must(err)
	_, err = w.owner.WriteLetter(w.Context(), 0, store.Letter{Account: "dana", Kind: gather.AgendaKind, Date: date, Made: now, Body: body}, nil, func(int64) string { return "" })
	w.must(err)
}
