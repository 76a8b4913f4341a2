package gather_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// busyDay is a journal with 300 mails of the last day, of which half are of people and
// each third was summarized by a rule, and two months in which each day has some twenty
// events, today 25 with twelve conflicts. Of the weeks before there are as many mails
// again.
func busyDay(t testing.TB) *world {
	w := newWorld(t, someRules)
	w.see(halfPast, busyCalendar()...)
	w.sent("2026-12-07")
	for i := range 300 {
		w.busyMail(i, halfPast.Add(-time.Duration(i)*4*time.Minute))
		w.busyMail(1000+i, halfPast.Add(-24*time.Hour-time.Duration(i)*time.Hour))
	}
	return w
}

func busyCalendar() (events []datebook.Event) {
	for i := range 18 { // each of them daily, on days of work
		e := on(london, fmt.Sprint("Daily ", i), "2026-11-02", fmt.Sprintf("%02d:%02d 25m", 7+i/2, i%2*30), "yes="+team, "notes=Numbers", "every=daily")
		events = append(events, e)
	}
	for i := range 6 {
		events = append(events, on(london, fmt.Sprint("Hansa and others ", i), theDate, fmt.Sprintf("%02d:00 55m", 9+i), "yes="+fromHansa+","+tom, "at=Room Trent", "notes=Numbers"))
	}
	for i := range 60 {
		date := clock(london, "2026-11-20 12:00").AddDate(0, 0, i).Format(time.DateOnly)
		events = append(events, on(london, fmt.Sprint("Single ", i), date, "19:00 1h", "by="+fromHansa, "video=https://meet.example/x"))
	}
	return events
}

// busyMail is a mail with what it says, and perhaps what a rule did about it.
func (w *world) busyMail(i int, at time.Time) {
	w.Helper()
	id := fmt.Sprintf("%d@mail.example", i)
	from := fmt.Sprintf("person%d@house%d.example", i%40, i%10)
	if i%20 == 0 {
		from = "karin@hansa-logistik.example"
	}
	g := store.Gist{
		Key: "mid:" + id, MessageID: id, From: from, Name: fmt.Sprint("Person ", i%40), Received: at, Subject: fmt.Sprint("The renewal of contract ", i),
		Text: "The list price stands if they ask for a reference. The board will not sign at the present price. An answer is wanted by Friday.",
	}
	if i%5 == 0 {
		g.Asks, g.Deadline = []string{"Can you sign by Friday?"}, at.Add(72*time.Hour)
	}
	if i%7 == 0 {
		g.Promises = []store.Promise{{Text: "I will send the volumes.", Due: at.Add(72 * time.Hour)}}
	}
	p := store.Plan{
		Planned:  at,
		Messages: []store.Message{{Key: g.Key, MessageID: id, From: from, To: []string{dana}, ToMe: true, Received: at, Subject: g.Subject, Automatic: i%2 == 1}},
	}
	if i%3 == 0 || i%2 == 0 { // people's, and what a rule looked at
		p.Gists = []store.Gist{g}
	}
	if i%3 == 0 {
		step := store.Step{Rule: "Prep days", Action: "summarize Board", Arg: "Board", Op: mailbox.Op{With: map[string]string{"lines": "2"}}}
		item := store.Item{Key: g.Key, Occurrence: 1, MessageID: id, Subject: g.Subject, Sender: from, Date: at}
		p.Items = []store.NewItem{{Item: item, Steps: []store.Step{step}}}
	}
	steps := w.commit(p)
	for _, s := range steps {
		w.must(w.owner.Finish(w.Context(), at, []store.Ending{{StepID: s.ID, State: store.Done}}))
	}
}

// BenchmarkBusyDay gathers and renders 300 mails, 25 events and 12 conflicts.
func BenchmarkBusyDay(b *testing.B) {
	w := busyDay(b)
	b.ReportAllocs()
	for b.Loop() {
		d, _, _, err := w.Day(b.Context(), theDate, halfPast)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Render(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "agendas/s")
}

// TestABusyDayIsBusy holds the benchmark to what it says.
func TestABusyDayIsBusy(t *testing.T) {
	w := busyDay(t)
	d, _ := w.day(theDate)
	conflicts := 0
	for _, n := range d.Needs {
		if n.Kind == agenda.Conflict {
			conflicts++
		}
	}
	lines := 0
	for _, s := range d.Mail {
		lines += len(s.Lines)
	}
	if conflicts != 12 || len(d.Timeline) != 25 || lines < 99 || len(d.Prep) < 6 {
		t.Errorf("%d conflicts, %d events, %d lines of mail, %d briefs", conflicts, len(d.Timeline), lines, len(d.Prep))
	}
}
