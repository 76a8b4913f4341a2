package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gapi "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/store"
)

// Whatever people do to a calendar, in whatever order, and whenever foredesk looks,
// is started anew or is cut off: what people put there stays as they left it, and
// what foredesk put there is there once, where it belongs.

const randomRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 08:00-18:00
rules:
  - name: Air
    on: event
    when: event.external
    do: [{buffer: {after: 10m}}, {prep: {before: 2h, length: 30m}}, {tag: outside}]
  - name: Check-in
    on: day
    when: day.work
    do: {schedule: {title: Check-in, on: free, length: 30m, between: "13:00-17:00", movable: yes}}
`

// random is a case in which people act at random. What they have done is known.
type random struct {
	*aCase
	*rand.Rand
	theirs  map[string]time.Time // the starts of their events, by title
	edited  map[string]string    // what they called events of ours, by id
	removed map[string]bool      // the ids of events of ours that they deleted
	log     []string
}

func TestWhateverPeopleDoToACalendar(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 24; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, startMemory(t, ""), sqlite(t), randomRules)
			d.listening, d.calendarNames, d.cal = startHooks(t), []string{"primary"}, startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
			r := &random{
				aCase: &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}, Rand: rand.New(rand.NewPCG(seed, seed)),
				theirs: map[string]time.Time{}, edited: map[string]string{}, removed: map[string]bool{},
			}
			r.do("run")
			for range 40 {
				r.step()
			}
			for range 3 { // what one look plans, the next may have to follow
				r.must(r.take().RunOnce(t.Context()))
			}
			r.check()
			if t.Failed() {
				t.Logf("what happened:\n%s\nthere is:\n%s", strings.Join(r.log, "\n"), r.eventLines())
			}
		})
	}
}

// step is one thing that happens.
func (r *random) step() {
	switch n := r.IntN(20); {
	case n < 4:
		r.putRandom()
	case n < 7:
		r.moveTheirs()
	case n < 8:
		r.removeTheirs()
	case n < 10:
		r.touchOurs()
	case n < 11:
		r.leave()
	case n < 12:
		r.cal.server.ExpireSyncTokens()
	case n < 13:
		r.note("trouble lost 1 events.insert")
	case n < 14:
		r.note("trouble lost 1 events.patch")
	case n < 15:
		r.note(fmt.Sprintf("pass %dm", r.IntN(90)))
	default:
		r.log = append(r.log, "run")
		r.must(r.take().RunOnce(r.Context()))
	}
}

func (r *random) note(line string) {
	r.log = append(r.log, line)
	r.do(line)
}

// moment is a time in the next days that is round.
func (r *random) moment() time.Time {
	return time.Date(2026, 12, 1+r.IntN(4), 8+r.IntN(9), 15*r.IntN(4), 0, 0, london)
}

func (r *random) putRandom() {
	title, at := fmt.Sprint("Call-", len(r.log)), r.moment()
	r.note(fmt.Sprintf("event %s %s 30m from=ben@partner.example mine=accepted", title, at.Format("2.1 15:04")))
	r.theirs[title] = at
}

func (r *random) oneOfTheirs() string {
	var titles []string
	for title := range r.theirs {
		titles = append(titles, title)
	}
	if len(titles) == 0 {
		return ""
	}
	slices.Sort(titles)
	return titles[r.IntN(len(titles))]
}

func (r *random) moveTheirs() {
	if title := r.oneOfTheirs(); title != "" {
		at := r.moment()
		r.note(fmt.Sprintf("edit-event %s time=%s", title, at.Format("2.1/15:04")))
		r.theirs[title] = at
	}
}

func (r *random) removeTheirs() {
	if title := r.oneOfTheirs(); title != "" {
		r.note("remove-event " + title)
		delete(r.theirs, title)
	}
}

// touchOurs lets a person rename or delete something of ours.
func (r *random) touchOurs() {
	ours := r.ours()
	if len(ours) == 0 {
		return
	}
	e := ours[r.IntN(len(ours))]
	if r.IntN(2) == 0 {
		r.log = append(r.log, "a person removes "+e.Summary+" of "+e.Start.DateTime)
		r.must(r.cal.server.Remove("primary", e.Id))
		r.removed[e.Id] = true
		delete(r.edited, e.Id)
		return
	}
	name := fmt.Sprint("Mine-", len(r.log))
	r.log = append(r.log, "a person calls "+e.Summary+" of "+e.Start.DateTime+" "+name)
	r.must(r.cal.server.Edit("primary", e.Id, &gapi.Event{Summary: name}))
	r.edited[e.Id] = name + " " + e.Start.DateTime
}

// ours are the events that foredesk has made and that are there.
func (r *random) ours() (all []*gapi.Event) {
	events, _ := r.onServer()
	for _, e := range events {
		if e.ExtendedProperties != nil && e.ExtendedProperties.Private["foredesk.key"] != "" {
			all = append(all, e)
		}
	}
	return all
}

func (r *random) check() {
	r.Helper()
	starts, ours := map[string]time.Time{}, map[string]*gapi.Event{}
	keys := map[string]bool{}
	events, _ := r.onServer()
	for _, e := range events {
		if e.ExtendedProperties == nil || e.ExtendedProperties.Private["foredesk.key"] == "" {
			starts[e.Summary] = instantOf(r.aCase, e.Start)
			continue
		}
		ours[e.Id] = e
		if key := e.ExtendedProperties.Private["foredesk.key"]; keys[key] {
			r.Errorf("%s is there twice", e.Summary)
		} else {
			keys[key] = true
		}
		if r.removed[e.Id] {
			r.Errorf("%s is there again", e.Summary)
		}
	}
	for title, at := range r.theirs {
		if !starts[title].Equal(at) {
			r.Errorf("%s is at %s, and people had put it at %s", title, starts[title], at)
		}
	}
	for id, name := range r.edited {
		if e := ours[id]; e == nil || e.Summary+" "+e.Start.DateTime != name {
			r.Errorf("a person had left %q otherwise: %v", name, e)
		}
	}
	r.checkJournal(ours, starts)
}

// checkJournal looks whether what the journal calls done is there, and where it
// belongs.
func (r *random) checkJournal(ours map[string]*gapi.Event, starts map[string]time.Time) {
	r.Helper()
	r.take()
	steps, err := r.journal.Steps(r.Context(), store.Filter{Account: user, NotUndo: true})
	r.must(err)
	known := map[string]bool{}
	for _, s := range steps {
		var put struct{ ID, Key string }
		if s.State == store.Started || s.State == store.Planned && !s.NotBefore.After(r.now()) {
			r.Errorf("%s / %s is left %s", s.Rule, s.Action, s.State)
		}
		if s.State != store.Done || json.Unmarshal([]byte(s.At.Folder), &put) != nil || put.Key == "" {
			continue
		}
		known[put.ID] = true
		e, there := ours[put.ID]
		if !there && !r.removed[put.ID] {
			r.Errorf("%s / %s of %s is done, and not there", s.Rule, s.Action, s.Item.Subject)
		}
		if at, ok := starts[s.Item.Subject]; there && ok && s.Action == "buffer after" && r.edited[put.ID] == "" && !instantOf(r.aCase, e.Start).Equal(at.Add(30*time.Minute)) {
			r.Errorf("the buffer of %s is at %s", s.Item.Subject, e.Start.DateTime)
		}
	}
	for id, e := range ours {
		if !known[id] && r.edited[id] == "" {
			r.Errorf("%s of %s is there, and the journal does not know why", e.Summary, e.Start.DateTime)
		}
	}
}
