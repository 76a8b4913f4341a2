package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// The same for what is decided by mail: a process that is killed anywhere while it
// reads and does that does all of it once.

const decideRules = `version: 1
timezone: Europe/London
workHours: Mon-Fri 09:00-17:00
rules:
  - name: Offers
    when: subject contains "offer"
    do: {file: Offers}
  - name: To decide
    when: subject contains "lease"
    do: {agenda: Needs you}
  - name: Send on
    when: subject contains "contract"
    confirm: executive
    do: {label: Approved}
`

// newDecideCrash is the moment after half a dozen links of an agenda were followed.
func newDecideCrash(t *testing.T) *calendarCrash {
	t.Helper()
	d := newDesk(t, startMemory(t, ""), sqlite(t), decideRules)
	d.listening, d.calendarNames = startHooks(t), []string{"primary"}
	d.cal = startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
	d.cal.letters = usualLetters()
	c := &calendarCrash{aCase: &aCase{desk: d, files: map[string]string{}, began: d.cal.begin}, rules: decideRules}
	for _, line := range []string{
		"event Pitch 2.12 11:00 1h from=ben@partner.example", "event Lunch 2.12 13:00 1h from=pat@acme.example",
		"event Customer 1.12 10:00 1h from=ben@partner.example mine=accepted", "event Planning 1.12 10:30 30m",
		"run", "deliver offer-1", "deliver offer-2", "deliver lease", "deliver contract", "run", "at 1.12 06:30", "run", "at 1.12 06:45",
		"decide dana@acme.example Pitch accept", "decide dana@acme.example Lunch decline reason=No_time.",
		"decide dana@acme.example Planning fix", "decide dana@acme.example lease snooze",
		"decide dana@acme.example Offers undo", "decide dana@acme.example contract approve",
	} {
		c.do(line)
	}
	c.leave()
	c.startProxy()
	return c
}

const afterTheDecisions = `Tue 1.12 09:00-09:30 Planning
Tue 1.12 10:00-11:00 Customer with ben: accepted
Wed 2.12 11:00-12:00 Pitch with ben: accepted
Wed 2.12 13:00-14:00 Lunch with pat: declined “No time.”

reply to ben@partner.example
reply to pat@acme.example
INBOX: contract (approved), lease, offer-1, offer-2
Archive: decision-1, decision-2, decision-3, decision-4, decision-5, decision-6
`

func TestDecisionsAreDoneOnceInSpiteOfACrashAtAnyJournalWrite(t *testing.T) {
	t.Parallel()
	want, points, _ := undisturbed(t, newDecideCrash)
	if points < 40 {
		t.Fatalf("there are %d fail points, which is too few to be all", points)
	}
	if !strings.Contains(want, afterTheDecisions) {
		t.Fatalf("it ends otherwise:\n%s\nwant:\n%s", want, afterTheDecisions)
	}
	for n := 1; n <= points; n += every {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := newDecideCrash(t)
			if out, err := c.child(n).CombinedOutput(); err == nil {
				t.Fatalf("it was not killed\n%s", out)
			}
			c.finish()
			c.check(want)
			faulttest.Killed(t, "2", "decisions: journal")
		})
	}
}

func TestDecisionsAreDoneOnceInSpiteOfACrashAtAnyRequest(t *testing.T) {
	t.Parallel()
	want, _, requests := undisturbed(t, newDecideCrash)
	for n := 0; n < 2*requests; n += every {
		t.Run(strconv.Itoa(n+1), func(t *testing.T) {
			t.Parallel()
			c := newDecideCrash(t)
			c.killedAtRequest(n/2+1, n%2 == 0)
			c.finish()
			c.check(want)
			faulttest.Killed(t, "2", "decisions: requests")
		})
	}
}
