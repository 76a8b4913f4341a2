package anypoint

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	gapi "google.golang.org/api/calendar/v3"

	"github.com/foredesk/foredesk/internal/crashpoint/crashtest"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/engine"
)

// Killed at any point, and started again, foredesk ends as one that was left alone.
func TestKilledAtAnyPoint(t *testing.T) {
	g := newGround(t)
	for _, s := range []crashtest.Scenario{
		{Name: "mail filed", Begin: g.mailFiled, Least: 20, Contains: filed},
		{Name: "mail filed without MOVE", Begin: g.mailFiledByCopying, Least: 20, Contains: filed},
		{Name: "mail filed without UIDPLUS", Begin: g.mailFiledOnBare, Least: 20, Contains: filed},
		{Name: "event made", Begin: g.eventMade, Least: 20, Contains: made},
		{Name: "hold released", Begin: g.holdReleased, Least: 20, Contains: released},
		{Name: "agenda sent", Begin: g.agendaSent, Least: 20, Contains: lettersSent},
		{Name: "undo", Begin: g.undone, Least: 20, Contains: takenBack},
		{Name: "approval", Begin: g.approved, Least: 20, Contains: approval},
		{Name: "refusal", Begin: g.refused, Least: 5, Contains: refusal},
		{Name: "apply", Begin: g.applied, Least: 20, Contains: applied},
	} {
		t.Run(s.Name, func(t *testing.T) {
			s.Every = every()
			crashtest.Run(t, s)
		})
	}
	for _, s := range g.whileItWatches() {
		t.Run("watching: "+s.name, s.atEachPoint)
	}
}

// every is 1 where there is time for all points. Three is odd, so that points before
// something and points after it are both among those taken.
func every() int {
	if testing.Short() || os.Getenv("FOREDESK_CI") == "1" {
		return 3
	}
	return 1
}

const filing = `version: 1
timezone: UTC
workHours: Mon-Sun 08:00-18:00
rules:
` + sorting

const sorting = `  - name: Board
    when: subject contains "board"
    do: [{file: Board}, {flag: true}]
  - name: News
    when: subject contains "news"
    do: [{label: Met}, {copy: Copies}, {read: true}]
`

const filed = `mailbox:
  Board: board \flagged
  Board: board news \flagged \seen met
  Board: board news \flagged \seen met
  Copies: board news \flagged \seen met
  Copies: board news \flagged \seen met
  Copies: news \seen met
  INBOX: news \seen met
  INBOX: plain
`

// mailFiled is new mail that is moved, flagged, labelled and copied, one of them twice.
func (g *ground) mailFiled(t *testing.T) crashtest.World { return g.filing(t, g.server) }

func (g *ground) mailFiledByCopying(t *testing.T) crashtest.World { return g.filing(t, g.noMove) }

func (g *ground) mailFiledOnBare(t *testing.T) crashtest.World { return g.filing(t, g.bare) }

func (g *ground) filing(t *testing.T, server *dovecot.Server) *world {
	w := g.newWorld(t, server, filing, false)
	w.deliver(toSort...)
	return w
}

// toSort are the mails of several scenarios; of one there are two.
var toSort = []string{"board", "news", "board news", "plain", "board news"}

const making = `version: 1
timezone: UTC
workHours: Mon-Sun 08:00-18:00
rules:
` + dating

const dating = `  - name: Meet
    when: subject contains "meet"
    irreversible: ok
    do: {schedule: {title: "{subject}", on: "{date}", length: 30m, guests: ann@other.example, tell: true}}
  - name: Read
    when: subject contains "read"
    do: {schedule: {title: "{subject}", on: free, length: 45m}}
  - name: Air
    on: event
    when: event.external
    do: [{buffer: {after: 10m}}, {color: grape}]
`

const made = `calendar:
  +0 00:00-+2 00:00 Busy, confirmed
  +2 08:00-+2 08:45 read, confirmed by Read
  +4 10:00-+4 10:30 Call, confirmed, colour 3, ben@partner.example accepted, dana@acme.example accepted
  +4 10:30-+4 10:40 Buffer, confirmed by Air
  +5 11:00-+5 11:30 meet, confirmed by Meet, ann@other.example needsAction
told by the calendar:
  invitation to ann@other.example
journal:
`

// eventMade is mail of which events are made, one with a guest who is told, and an
// event of somebody else that gets air.
func (g *ground) eventMade(t *testing.T) crashtest.World {
	w := g.newWorld(t, g.server, making, true)
	w.busyAt(0, 2)
	w.put("Call", w.day(4).Add(10*time.Hour), 30*time.Minute, "accepted")
	w.deliver("meet", "read")
	return w
}

// put puts an event of Ben's on the calendar, which Dana has answered so.
func (w *world) put(title string, at time.Time, length time.Duration, response string) {
	w.Helper()
	_, err := w.cal.Put("primary", &gapi.Event{
		Summary: title, Start: clockAt(at), End: clockAt(at.Add(length)), Organizer: &gapi.EventOrganizer{Email: "ben@partner.example"},
		Attendees: []*gapi.EventAttendee{{Email: "ben@partner.example", ResponseStatus: "accepted", Organizer: true}, {Email: address, ResponseStatus: response, Self: true}},
	})
	w.must(err)
}

// busyAt takes the time of some days, so that what is free does not hang on the hour.
func (w *world) busyAt(from, to int) {
	w.Helper()
	_, err := w.cal.Put("primary", &gapi.Event{Summary: "Busy", Start: clockAt(w.day(from)), End: clockAt(w.day(to))})
	w.must(err)
}

func clockAt(t time.Time) *gapi.EventDateTime {
	return &gapi.EventDateTime{DateTime: t.Format(time.RFC3339)}
}

const offering = `version: 1
timezone: UTC
workHours: Mon-Sun 08:00-18:00
rules:
  - name: Offer
    when: subject contains "time"
    do: {propose: {slots: 3, length: 30m, hold: true, expire: 10d}}
  - name: Accept
    on: event
    when: event.title contains "chosen" and event.response == "needsAction"
    irreversible: ok
    do: {respond: accept}
`

const released = `calendar:
  +0 00:00-+2 00:00 Busy, confirmed
  +3 08:00-+3 08:30 Chosen, confirmed, ben@partner.example accepted, dana@acme.example accepted
told by the calendar:
  reply to ben@partner.example
journal:
`

// holdReleased is an offer of times that are held. Ben has chosen one and sends an
// invitation: it is accepted, Ben is told, and the holds go.
func (g *ground) holdReleased(t *testing.T) crashtest.World {
	w := g.newWorld(t, g.server, offering, true)
	w.busyAt(0, 2)
	w.deliver("time")
	w.must(w.run("run", "--once"))
	w.must(w.run("run", "--once"))
	w.put("Chosen", w.day(3).Add(8*time.Hour), 30*time.Minute, "needsAction")
	return w
}

const letters = `version: 1
timezone: UTC
rules:
  - name: Board
    when: subject contains "board"
    do: [{file: Board}, {agenda: Board}]
  - name: Tonight
    when: subject contains "tonight"
    do: [{digest: evening}, {file: Later}]
`

const lettersSent = `
sent:
  letter agenda: once, or nobody knows
  letter digest: once, or nobody knows
`

// agendaSent is a morning, somewhere on earth, on which the agenda is due, and a
// digest with it.
func (g *ground) agendaSent(t *testing.T) crashtest.World {
	w := g.lettersDue(t, letters)
	w.deliver("board", "tonight")
	return w
}

// lettersDue is a world in which the letters of a day are due now.
func (g *ground) lettersDue(t *testing.T, rules string) *world {
	w := g.newWorld(t, g.server, rules, false)
	// Foredesk has looked after letters since before they were due.
	owner, err := w.journal.Own(t.Context(), account)
	w.must(err)
	w.must(owner.HasRun(t.Context(), []string{engine.LettersRule}, w.began.Add(-time.Hour)))
	w.must(owner.Release())
	zone, clock := noon(w.began)
	due := clock.Add(-2 * time.Minute).Format("15:04")
	w.today = clock.Format(time.DateOnly)
	w.write("rules.yaml", strings.Replace(rules, "UTC", zone, 1))
	w.configure(zone, fmt.Sprintf("    agenda: {at: %q, evening: %q, days: Mon-Sun, review: off}\n", due, due))
	return w
}

// noon is a zone in which it is between noon and one, and what clocks show there.
func noon(now time.Time) (zone string, clock time.Time) {
	ahead := 12 - now.Hour()
	return fmt.Sprintf("Etc/GMT%+d", -ahead), now.Add(time.Duration(ahead) * time.Hour) // POSIX counts westwards
}

const takenBack = `mailbox:
  INBOX: board
  INBOX: board news
  INBOX: meet
  INBOX: news
  INBOX: plain
calendar:
  +4 10:00-+4 10:30 Call, confirmed, ben@partner.example accepted, dana@acme.example accepted
told by the calendar:
  cancellation to ann@other.example
  invitation to ann@other.example
journal:
`

// undone is all that a run has done, taken back by one command.
func (g *ground) undone(t *testing.T) crashtest.World {
	w := g.newWorld(t, g.server, filing+dating, true)
	w.put("Call", w.day(4).Add(10*time.Hour), 30*time.Minute, "accepted")
	w.deliver("board", "news", "board news", "plain", "meet")
	w.must(w.run("run", "--once"))
	w.must(w.run("run", "--once"))
	w.args = []string{"undo", "--last", "1h"}
	w.again = [][]string{w.args}
	return w
}

const asking = `version: 1
rules:
  - name: Ask first
    when: subject contains "ask"
    confirm: assistant
    do: [{forward: carl@other.example}, {file: Asked}]
`

const approval = `mailbox:
  Asked: ask 1
  Asked: ask 2
  INBOX: ask 3
`

// approved is what two of three mails wait for.
func (g *ground) approved(t *testing.T) crashtest.World { return g.answered(t, "approve") }

const refusal = `mailbox:
  INBOX: ask 1
  INBOX: ask 2
  INBOX: ask 3
`

// refused is the same with a no.
func (g *ground) refused(t *testing.T) crashtest.World { return g.answered(t, "refuse") }

func (g *ground) answered(t *testing.T, verb string) *world {
	w := g.newWorld(t, g.server, asking, false)
	w.deliver("ask 1", "ask 2", "ask 3")
	w.must(w.run("run", "--once"))
	w.args = []string{verb, "1", "2"}
	// Where one was answered and the other not, foredesk wants to be told which.
	w.again = [][]string{{verb, "1"}, {verb, "2"}}
	return w
}

const applied = `mailbox:
  Board: board \flagged
  Board: board news \flagged \seen met
  Board: board news \flagged \seen met
  Copies: board news \flagged \seen met
  Copies: board news \flagged \seen met
  Copies: news \seen met
  Old: news \seen met
  Old: plain
`

// applied is old mail that is put in order by one command.
func (g *ground) applied(t *testing.T) crashtest.World {
	w := g.newWorld(t, g.server, filing, false)
	w.server.AppendTo(w.user, "Old", func(yield func(dovecot.Message) bool) {
		for _, subject := range toSort {
			if !yield(w.message(subject)) {
				return
			}
		}
	})
	w.args = []string{"apply", "--folder", "Old"}
	w.again = [][]string{w.args}
	return w
}
