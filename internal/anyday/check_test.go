package anyday

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// rest lets all come to rest, and checks all that the package comment says.
//
// Mail that was there before foredesk is held to the same, and has no rows unless a
// person touches it or asks for them.
func (w *world) rest() {
	w.settle()
	w.note("all is at rest")
	rows := rowsBySubject(w.steps(store.Filter{Account: account}))
	p := w.person()
	defer p.Close()
	all := p.look()
	h := w.told(all)
	now := w.there(all, rows)
	w.moves(h, rows)
	for _, d := range w.mail[1:] {
		if s, ok := now[d.n]; ok && !d.gone && !d.doubled && d.kind != "answer" {
			w.properties(d, s, rows[d.subject])
		}
	}
	w.journalIsDone(rows)
	w.onceEach(rows)
	w.lettersOnce(rows)
	w.nothingSentTwice(rows)
	w.calendar(rows)
	if w.Failed() {
		w.FailNow()
	}
	w.rested = time.Now()
	for _, d := range w.mail[1:] {
		d.acts, d.perhaps = nil, nil
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
func (w *world) there(all []seen, rows map[string][]store.Step) map[int]map[string]string {
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
		if count[d.n] > 1 && (d.raced(rows[d.subject]) || w.parted(rows[d.subject]) && (w.met(d, "", rows[d.subject]) || w.halfWay(d, rows[d.subject]))) {
			d.doubled = true
		}
		d.doubled = d.doubled || d.raced(rows[d.subject]) && saysTwo(rows[d.subject]) // one may have gone with its folder since
		if !d.gone && count[d.n] != 1 && !d.doubled {
			w.Errorf("delivery %d, %q, is there %d times", d.n, d.subject, count[d.n])
		}
		if copied[d.n] > 1 && !d.doubled && !w.mistakable(d) {
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

// moves holds Dovecot's log against the journal: what foredesk did is written down, and
// what is written down as done it did. Rows of several deliveries of one message can't
// be told apart.
func (w *world) moves(h *history, rows map[string][]store.Step) {
	w.Helper()
	told := map[string]bool{}
	for _, d := range w.mail[1:] {
		if told[d.subject] || d.kind == "answer" || w.blurred(d, rows[d.subject]) {
			continue
		}
		told[d.subject] = true
		times := map[string]int{}
		for _, twin := range w.twins(d.subject) {
			for box, n := range h.into[twin.n] {
				times[box] += n
				// apply may follow a rule that has another name by then
				once := !w.applied && box != "INBOX" && !twin.doubled && !w.mistakable(twin) && !w.nameless(twin, rows[d.subject])
				if n > 1 && once {
					w.Errorf("delivery %d, %q, was put into %s %d times", twin.n, d.subject, box, n)
				}
			}
		}
		w.performed(d, times, rows[d.subject])
	}
}

// mistakable reports whether a person has put a message back that Dovecot received within
// a second of one just like it: either may then be taken for the new one.
func (w *world) mistakable(d *delivery) bool {
	return w.putThere(d.subject, "INBOX") && slices.ContainsFunc(w.twins(d.subject), func(twin *delivery) bool {
		return twin != d && twin.at.Sub(d.at).Abs() <= time.Second
	})
}

// nameless reports whether a move of one of several messages with the same content was in
// doubt, and was found done by that content: the server did not say which of them it was,
// and the next to come may be taken for it.
func (w *world) nameless(d *delivery, rows []store.Step) bool {
	return len(w.twins(d.subject)) > 1 && slices.ContainsFunc(rows, func(s store.Step) bool {
		return s.Op.Kind == mailbox.Move && s.State == store.Done && s.At.UID == 0
	})
}

// blurred reports whether a person moved a message back while a move of it was in doubt,
// where nothing tells it from one that was never moved: the folder got new UIDs at the
// same time, or the move was a copy, so that the original lies there still.
func (w *world) blurred(d *delivery, rows []store.Step) bool {
	meanwhile := slices.Clone(w.renumbered)
	if w.parted(rows) {
		for _, twin := range w.twins(d.subject) {
			meanwhile = append(meanwhile, twin.putAt...)
		}
	}
	return w.putThere(d.subject, "INBOX") && slices.ContainsFunc(rows, func(s store.Step) bool {
		return s.Op.Kind == mailbox.Move && slices.ContainsFunc(meanwhile, func(at time.Time) bool {
			return s.Planned.Before(at) && s.Ended.After(at)
		})
	})
}

// halfWay reports whether a move by copying was interrupted, and is called uncertain, as
// another message just like it may be meant, be it that the folder has got new UIDs since:
// the copy and the original are both there.
func (w *world) halfWay(d *delivery, rows []store.Step) bool {
	return slices.ContainsFunc(rows, func(s store.Step) bool {
		renumbered := slices.ContainsFunc(w.renumbered, func(at time.Time) bool { return s.Planned.Before(at) && s.Ended.After(at) })
		return s.Op.Kind == mailbox.Move && s.State == store.Uncertain && (renumbered || len(w.twins(d.subject)) > 1)
	})
}

// parted reports whether a move of a message may have been a copy whose original was
// there for a while: the server has no MOVE, or was killed or gave a folder new UIDs in
// the middle of one.
func (w *world) parted(rows []store.Step) bool {
	between := slices.Clone(w.renumbered)
	for _, killed := range w.sights {
		between = append(between, killed.when)
	}
	return w.kind.mail != everything || slices.ContainsFunc(rows, func(s store.Step) bool {
		return s.Op.Kind == mailbox.Move && slices.ContainsFunc(between, func(at time.Time) bool {
			return s.Planned.Before(at) && s.Ended.After(at)
		})
	})
}

// raced reports whether a person moved a message just when foredesk did. Two sessions of
// Dovecot may then both do it, as each copies the message before it looks whether the
// original is there still.
func (d *delivery) raced(rows []store.Step) bool {
	return slices.ContainsFunc(rows, func(s store.Step) bool {
		return s.Op.Kind == mailbox.Move && slices.ContainsFunc(d.acts, func(a act) bool {
			return a.property == "place" && !s.Planned.After(a.to) && !s.Ended.Before(a.from)
		})
	})
}

// saysTwo reports whether the journal says that a message is in two places, as a person
// and foredesk have both moved it.
func saysTwo(rows []store.Step) bool {
	return slices.ContainsFunc(rows, func(s store.Step) bool { return strings.HasSuffix(s.Reason, "both are left as they are") })
}

// thereAlready is the reason of a move that had nothing to do, as when an undo was first.
const thereAlready = "it is in that folder already"

// performed checks that there is a row for each time that foredesk put a message
// somewhere, and that each row that is done has put it there.
func (w *world) performed(d *delivery, times map[string]int, rows []store.Step) {
	w.Helper()
	all, done := map[string]int{}, map[string]int{}
	for _, s := range rows {
		if s.Op.Kind != mailbox.Move && s.Op.Kind != mailbox.Copy {
			continue
		}
		all[s.Op.To]++
		if s.State == store.Done && s.Reason != thereAlready {
			done[s.Op.To]++
		}
	}
	twice := 0 // messages that a person has moved from where foredesk had put them, half-way
	for _, twin := range w.twins(d.subject) {
		if twin.doubled {
			twice++
		}
	}
	for box, n := range times {
		if n > all[box]+twice {
			w.Errorf("%q was put into %s %d times, and the journal has %d rows of it", d.subject, box, n, all[box])
		}
	}
	for box, n := range done {
		if n > times[box] && !w.putThere(d.subject, box) {
			w.Errorf("%q was put into %s %d times, and %d rows of it are done", d.subject, box, times[box], n)
		}
	}
}

// putThere reports whether a person has put a message into a folder, where foredesk,
// in doubt, may have found it.
func (w *world) putThere(subject, box string) bool {
	return slices.ContainsFunc(w.twins(subject), func(d *delivery) bool { return d.put[box] })
}

// onceEach checks that no rule's action stands in the journal twice for one message.
func (w *world) onceEach(rows map[string][]store.Step) {
	w.Helper()
	for subject, steps := range rows {
		times := map[string]int{}
		for _, s := range steps {
			key := fmt.Sprint(s.Item.ID, s.Rule, "/", s.Action, "/", s.Undoes)
			if times[key]++; times[key] == 2 {
				w.Errorf("%q: %s / %s stands in the journal twice", subject, s.Rule, s.Action)
			}
		}
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
	doubt := false // whether the journal, or the person, can't know
	for _, s := range rows {
		// A message on its way may take a flag along that is set where it leaves.
		late := s.State == store.Failed && s.Op.Kind == mailbox.Store && w.met(d, property, []store.Step{s})
		// The next of its twins to come is taken for one that a person has moved, and
		// what is undone is undone there.
		elsewhere := s.State == store.Undone && property != "place" && !alone && len(d.putAt) > 0
		perhaps := s.State == store.Uncertain || late || elsewhere
		if perhaps {
			s.State = store.Done
		}
		if value := effect(s, property); value != "" && s.Ended.After(w.rested) {
			values, last = append(values, value), s
			doubt = doubt || perhaps
		}
	}
	for _, a := range acts {
		values = append(values, a.value)
	}
	for _, a := range d.perhaps {
		if a.property == property {
			values, doubt = append(values, a.value), true
		}
	}
	switch {
	case !alone, doubt, len(acts) == 0 && w.met(d, property, rows):
		return values
	case len(acts) == 0:
		return values[len(values)-1:]
	}
	a := acts[len(acts)-1]
	switch {
	case last.ID == 0 && !w.met(d, property, rows), last.ID != 0 && a.from.After(last.Ended):
		return []string{a.value}
	case last.ID != 0 && last.Planned.After(a.to):
		return []string{effect(last, property)}
	}
	return values // they met: either may have been the last
}

// met reports whether foredesk may have worked on a message just when a person acted
// on it. A flag that is set on a message while somebody moves it is lost, though the
// server says that it was set. So it may be where Dovecot was killed in the middle of a
// copy, which is there then without its keywords.
func (w *world) met(d *delivery, property string, rows []store.Step) bool {
	during := func(from, to time.Time) bool {
		return slices.ContainsFunc(rows, func(s store.Step) bool {
			return !s.Planned.After(to) && (s.Ended.IsZero() || !s.Ended.Before(from))
		})
	}
	return property != "place" && (slices.ContainsFunc(d.acts, func(a act) bool { return during(a.from, a.to) }) ||
		slices.ContainsFunc(w.sights, func(s sight) bool { return property != "" && s.when.After(w.rested) && during(s.when, s.when) }))
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
			if s.State == store.Started || s.State == store.Planned && !s.NotBefore.After(w.settled) {
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
		case d.old && !w.applied && planned: // wherever a person has moved it
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
