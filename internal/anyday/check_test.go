package anyday

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// rest lets all come to rest and checks what must hold then:
//
//   - each message that was delivered, and that no person has deleted, is there
//     exactly once, besides the copies that a rule has made of it, one each (there)
//   - foredesk moved no message twice, and none that it has no row for (moves)
//   - a message lies where, and is flagged as, what was last done to it has left it:
//     a row that is done has its effect, and what a person has reversed stays so (properties)
//   - what is due is done or given up, and mail that a rule is about was handled (journal)
//   - nothing was sent twice, nothing without a row, and nothing that waits for a
//     word that nobody gave (sent)
//   - on the calendar, what people have put is as they left it, and what foredesk has
//     put is there once, unless a person took it away (calendar)
//
// Mail that was there before foredesk is held to the same, and has no rows.
func (w *world) rest() {
	w.settle()
	w.note("all is at rest")
	rows := rowsBySubject(w.steps(store.Filter{Account: account}))
	p := w.person()
	defer p.Close()
	now := w.there(p.look())
	w.moves(rows)
	for _, d := range w.mail[1:] {
		if s, ok := now[d.n]; ok && !d.gone && d.kind != "answer" {
			w.properties(d, s, rows[d.subject])
		}
	}
	w.journalIsDone(rows)
	w.nothingSentTwice(rows)
	w.calendar(rows)
	if w.Failed() {
		w.FailNow()
	}
	w.rested = time.Now()
	for _, d := range w.mail[1:] {
		d.acts = nil
	}
}

// rowsBySubject are the journal's steps by the subjects of what they were done for.
// Deliveries of the same message have one subject.
func rowsBySubject(steps []store.Step) map[string][]store.Step {
	rows := map[string][]store.Step{}
	for _, s := range steps {
		rows[s.Item.Subject] = append(rows[s.Item.Subject], s)
	}
	return rows
}

// there checks that each message is there once, and returns where it lies. A copy
// becomes a property of its original.
func (w *world) there(all []seen) map[int]map[string]string {
	w.Helper()
	now, count, copied := map[int]map[string]string{}, map[int]int{}, map[int]int{}
	for _, s := range all {
		if s.folder == copies {
			copied[s.n]++
			continue
		}
		count[s.n]++
		now[s.n] = map[string]string{"place": s.folder}
		for _, flag := range flags {
			now[s.n][flag] = strconv.FormatBool(s.has(flag))
		}
	}
	for _, d := range w.mail[1:] {
		if !d.gone && count[d.n] != 1 {
			w.Errorf("delivery %d, %q, is there %d times", d.n, d.subject, count[d.n])
		}
		if copied[d.n] > 1 {
			w.Errorf("of delivery %d, %q, there are %d copies", d.n, d.subject, copied[d.n])
		}
		if now[d.n] != nil {
			now[d.n][copies] = strconv.FormatBool(copied[d.n] > 0)
		}
	}
	return now
}

// twins are the deliveries of a message.
func (w *world) twins(subject string) (all []*delivery) {
	for _, d := range w.mail[1:] {
		if d.subject == subject {
			all = append(all, d)
		}
	}
	return all
}

// moves holds Dovecot's log against the journal.
func (w *world) moves(rows map[string][]store.Step) {
	w.Helper()
	filed, back, copied := map[int]int{}, map[int]int{}, map[int]int{}
	for _, c := range w.changes() {
		switch n := c.size - (&delivery{}).size(); {
		case c.byPerson || c.what != "copy" || n < 1 || n >= len(w.mail):
		case c.box == copies:
			copied[n]++
		case c.box == "INBOX":
			back[n]++
		default:
			filed[n]++
		}
	}
	told := map[string]bool{}
	for _, d := range w.mail[1:] {
		if filed[d.n] > 1 || back[d.n] > 1 || copied[d.n] > 1 {
			w.Errorf("delivery %d, %q, was filed %d times, moved back %d times and copied %d times", d.n, d.subject, filed[d.n], back[d.n], copied[d.n])
		}
		if told[d.subject] || d.kind == "answer" {
			continue
		}
		told[d.subject] = true
		var f, b, c int
		for _, twin := range w.twins(d.subject) {
			f, b, c = f+filed[twin.n], b+back[twin.n], c+copied[twin.n]
		}
		w.atMost(d.subject, "filed", f, rows[d.subject], func(s store.Step) bool { return s.Op.Kind == mailbox.Move && s.Undoes == 0 })
		w.atMost(d.subject, "moved back", b, rows[d.subject], func(s store.Step) bool { return s.Op.Kind == mailbox.Move && s.Undoes != 0 })
		w.atMost(d.subject, "copied", c, rows[d.subject], func(s store.Step) bool { return s.Op.Kind == mailbox.Copy })
	}
}

// atMost checks that there is a row for each time that something was done.
func (w *world) atMost(subject, what string, times int, rows []store.Step, of func(store.Step) bool) {
	w.Helper()
	n := 0
	for _, s := range rows {
		if of(s) {
			n++
		}
	}
	if times > n {
		w.Errorf("%q was %s %d times, and the journal has %d rows of it", subject, what, times, n)
	}
}

// properties holds what is so of a message against what was, what its rows have done
// since, and what people have.
func (w *world) properties(d *delivery, now map[string]string, rows []store.Step) {
	w.Helper()
	alone := len(w.twins(d.subject)) == 1 // else rows can't be told apart
	for property, value := range now {
		allowed := w.allowed(d, property, rows, alone)
		if !slices.Contains(allowed, value) {
			w.Errorf("delivery %d, %q: %s is %s, and should be %s", d.n, d.subject, property, value, strings.Join(allowed, " or "))
		}
	}
	d.was = now
}

// allowed are the values that a property may have, the last word last.
func (w *world) allowed(d *delivery, property string, rows []store.Step, alone bool) (values []string) {
	values = []string{d.was[property]}
	var last store.Step // the last row that set it
	acts := slices.DeleteFunc(slices.Clone(d.acts), func(a act) bool { return a.property != property })
	rows = slices.SortedStableFunc(slices.Values(rows), func(a, b store.Step) int { return a.Ended.Compare(b.Ended) })
	for _, s := range rows {
		if value := effect(s, property); value != "" && s.Ended.After(w.rested) {
			values, last = append(values, value), s
		}
	}
	for _, a := range acts {
		values = append(values, a.value)
	}
	switch {
	case !alone, len(acts) == 0 && met(d, property, rows):
		return values
	case len(acts) == 0:
		return values[len(values)-1:]
	}
	a := acts[len(acts)-1]
	switch {
	case last.ID == 0 && !met(d, property, rows), last.ID != 0 && a.from.After(last.Ended):
		return []string{a.value}
	case last.ID != 0 && last.Planned.After(a.to):
		return []string{effect(last, property)}
	}
	return values // they met: either may have been the last
}

// met reports whether foredesk may have worked on a message just when a person acted
// on it. A flag that is set on a message while somebody moves it is lost, though the
// server says that it was set.
func met(d *delivery, property string, rows []store.Step) bool {
	return property != "place" && slices.ContainsFunc(d.acts, func(a act) bool {
		return slices.ContainsFunc(rows, func(s store.Step) bool {
			return !s.Planned.After(a.to) && (s.Ended.IsZero() || !s.Ended.Before(a.from))
		})
	})
}

// effect is the value that a row has given a property, empty for none. One that was
// undone has none any more: either the row that undid it has, or a person.
func effect(s store.Step, property string) string {
	switch {
	case s.State != store.Done:
	case s.Op.Kind == mailbox.Move && property == "place":
		return s.Op.To
	case s.Op.Kind == mailbox.Copy && property == copies:
		return "true"
	case s.Op.Kind == mailbox.Remove && property == copies:
		return "false"
	case s.Op.Kind == mailbox.Store && containsFold(s.Op.Add, property):
		return "true"
	case s.Op.Kind == mailbox.Store && containsFold(s.Op.Del, property):
		return "false"
	}
	return ""
}

func containsFold(list []string, word string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, word) })
}

// journalIsDone checks that nothing is left lying, and nothing was overlooked.
func (w *world) journalIsDone(rows map[string][]store.Step) {
	w.Helper()
	for subject, steps := range rows {
		for _, s := range steps {
			if s.State == store.Started || s.State == store.Planned && !s.NotBefore.After(time.Now()) {
				w.Errorf("%q: %s / %s is left %s: %s", subject, s.Rule, s.Action, s.State, s.Reason)
			}
			if s.State == store.Failed && strings.HasPrefix(s.Reason, "sending") { // which nobody has refused
				w.Errorf("%q: %s / %s failed: %s", subject, s.Rule, s.Action, s.Reason)
			}
		}
	}
	for _, d := range w.mail[1:] {
		planned := len(rows[d.subject]) > 0
		switch {
		case d.old && !d.touched && planned: // what a person puts into the inbox counts as new there
			w.Errorf("%q is older than foredesk, and has rows", d.subject)
		case !d.old && !d.touched && !d.gone && d.kind != "plain" && d.kind != "answer" && !planned:
			w.Errorf("delivery %d, %q, was overlooked", d.n, d.subject)
		}
	}
}

// nothingSentTwice holds what was sent against the journal.
func (w *world) nothingSentTwice(rows map[string][]store.Step) {
	w.Helper()
	ids, forwarded := map[string]int{}, map[string]int{}
	for _, l := range w.post.letters() {
		if ids[l.id]++; ids[l.id] == 2 {
			w.Errorf("%q was sent twice", l.subject)
		}
		if l.to != address {
			forwarded[strings.TrimPrefix(l.subject, "Fwd: ")+" to "+l.to]++
		}
	}
	done, perhaps := map[string]int{}, map[string]int{}
	for subject, steps := range rows {
		for _, s := range steps {
			if s.Op.Do != "forward" {
				continue
			}
			switch to := subject + " to " + s.Op.Arg; s.State {
			case store.Done:
				done[to]++
			case store.Uncertain:
				perhaps[to]++
			}
			if s.State == store.Done && s.Rule == "Ask first" && w.said == 0 {
				w.Errorf("%q was sent on, and nobody has approved it", subject)
			}
		}
	}
	for to, n := range forwarded {
		if n < done[to] || n > done[to]+perhaps[to] {
			w.Errorf("%s: sent %d times, and %d are done, %d uncertain", to, n, done[to], perhaps[to])
		}
	}
	for to, n := range done {
		if forwarded[to] < n {
			w.Errorf("%s: sent %d times, and %d are done", to, forwarded[to], n)
		}
	}
}
