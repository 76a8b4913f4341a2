package anyday

import (
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
)

// sentLettersBefore lets foredesk have looked for letters for an hour: of those that
// were due before it first did, it sends none.
func (w *world) sentLettersBefore() {
	w.Helper()
	journal := w.journal()
	defer journal.Close()
	ctx := w.outer.Context()
	owner, err := journal.Own(ctx, account)
	w.must(err)
	w.must(owner.HasRun(ctx, []string{engine.LettersRule}, w.began.Add(-time.Hour)))
	w.must(owner.Release())
}

// agendaDue lets the agenda of today be due a minute ago, when nobody was there to
// send it, and kills foredesk around its being sent.
func (w *world) agendaDue(m moment) {
	london, err := time.LoadLocation("Europe/London")
	w.must(err)
	w.stop()
	w.agenda = time.Now().In(london).Add(-time.Minute).Format("15:04")
	w.configure()
	w.counts["31"]++
	w.note("the agenda is due at %s", w.agenda)
	if m.Way%4 == 0 {
		w.post.holds(0)
	} else {
		w.post.holds(time.Second)
		defer w.post.holds(0)
	}
	select {
	case <-w.post.came:
	default:
	}
	w.start()
	late := time.NewTimer(2 * time.Second)
	defer late.Stop()
	select {
	case <-w.post.came:
		w.note("foredesk is killed while it sends the agenda")
	case <-late.C:
		w.note("foredesk is killed, and has sent no agenda")
	}
	w.killAfter(time.Duration(m.Way*m.Which) * time.Millisecond / 2)
}

// lettersOnce checks that there is one agenda of a date at most, besides those that a
// person has asked for, and as many mails to the executive as the journal says.
func (w *world) lettersOnce(rows map[string][]store.Step) {
	w.Helper()
	unasked, done, perhaps := map[string]int{}, 0, 0
	for subject, steps := range rows {
		for _, s := range steps {
			switch {
			case s.Op.Do != "letter" && s.Op.Do != "notify":
				continue
			case s.State == store.Done:
				done++
			case s.State == store.Uncertain:
				perhaps++
			}
			if s.Op.Do == "letter" && s.Op.With["asked"] == "" {
				if unasked[subject]++; unasked[subject] == 2 {
					w.Errorf("%s was planned twice", subject)
				}
			}
		}
	}
	sent := 0
	for _, l := range w.post.letters() {
		if l.to == address && !strings.Contains(l.subject, "for your word") { // of what asks for approval there is no row
			sent++
		}
	}
	if sent < done || sent > done+perhaps {
		w.Errorf("%d mails to the executive were sent, and %d are done, %d uncertain", sent, done, perhaps)
	}
}
