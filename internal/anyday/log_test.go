package anyday

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// change is one line of what Dovecot wrote down: somebody put a message of some
// size into a folder, marked it, or took it away. A MOVE is a copy and an expunge.
type change struct {
	byPerson bool
	what     string // copy, expunge, save, delete (marked so), undelete
	from     string // of a copy
	box      string
	uid      int
	n        int    // the number of the delivery, 0 for what is none
	renamed  string // the name that box has since, where what is empty
	line     string
	at       int // where the line stands in the log
}

var (
	logLine     = regexp.MustCompile(`imap\(([^)@]+)(@hand)?\)\S*: Info: (.*)$`)
	logChange   = regexp.MustCompile(`^([a-z]+)(?: from ([^:]+))?: (.*)$`)
	logRenaming = regexp.MustCompile(`^Mailbox renamed: (\S+) -> (\S+)$`)
)

// mailLog is what Dovecot wrote of this day's user, and where each line stands.
func (w *world) mailLog() (lines []string, at []int) {
	text := w.server.Log()
	place := w.log
	for line := range strings.Lines(text[w.log:]) {
		m := logLine.FindStringSubmatch(strings.TrimSpace(line))
		if m != nil && m[1] == w.user && (logChange.MatchString(m[3]) || logRenaming.MatchString(m[3])) {
			lines, at = append(lines, strings.TrimSpace(line)), append(at, place)
		}
		place += len(line)
	}
	return lines, at
}

// changes reads that log. Both names of the user lead to one mailbox: people sign in
// as "user@hand", so that Dovecot tells them from foredesk.
func (w *world) changes() (all []change) {
	lines, at := w.mailLog()
	for i, line := range lines {
		m := logLine.FindStringSubmatch(line)
		c := change{byPerson: m[2] != "", line: line, at: at[i]}
		if names := logRenaming.FindStringSubmatch(m[3]); names != nil {
			c.box, c.renamed = names[1], names[2]
			all = append(all, c)
			continue
		}
		parts := logChange.FindStringSubmatch(m[3])
		c.what, c.from = parts[1], parts[2]
		for field := range strings.SplitSeq(parts[3], ", ") {
			switch name, value, _ := strings.Cut(field, "="); name {
			case "box":
				c.box = value
			case "uid":
				c.uid, _ = strconv.Atoi(value) // 0 is the number of none
			case "vsize":
				size, _ := strconv.Atoi(value) // 0 is the size of no message
				if n := size - (&delivery{}).size(); n > 0 && n < len(w.mail) {
					c.n = n
				}
			}
		}
		all = append(all, c)
	}
	return inOrder(all)
}

// inOrder puts the line of a message that comes into a folder before that by which it
// leaves it: each process of Dovecot writes its lines in its own time, so that of two
// processes the later one's may come first.
func inOrder(all []change) []change {
	type coming struct {
		n int
		spot
	}
	there := map[coming]bool{}
	of := func(c change) coming { return coming{c.n, spot{c.box, c.uid}} }
	comes := func(c change) bool { return c.what == "save" || c.what == "copy" }
	for i := 0; i < len(all); i++ {
		c := all[i]
		switch {
		case c.n == 0 || c.what == "":
		case comes(c):
			there[of(c)] = true
		case (c.what == "expunge" || c.what == "delete") && !there[of(c)]:
			late := slices.IndexFunc(all[i:], func(later change) bool { return comes(later) && of(later) == of(c) })
			if late < 0 {
				break // it came before the day, or in a folder that has another name now, or has gone
			}
			first := all[i+late]
			first.at = c.at
			all = slices.Insert(slices.Delete(all, i+late, i+late+1), i, first)
			i++ // c is next, and it has been seen to
		case c.what == "expunge":
			delete(there, of(c))
		}
	}
	return all
}

// spot is where a message lies, by Dovecot's log.
type spot struct {
	box string
	uid int
}

// history is Dovecot's log, lived through once more. Of a process that was killed, a
// line may be missing: what was seen afterwards takes its place.
type history struct {
	*world
	at     map[int]map[spot]bool  // where each delivery lies, and whether it is not marked deleted there
	left   map[int]map[spot]bool  // where it was expunged
	into   map[int]map[string]int // how often foredesk has put a delivery into a folder
	moving map[int]int            // how many originals it has copied, and not taken away yet
	// leaving are the folders with those originals.
	leaving map[int]map[string]bool
	// destroyed are the deliveries whose last copy a person took away, be it with the
	// folder that foredesk had just put it into, about to take the original away.
	destroyed map[int]bool
	wrong     []string
}

// sight is what lay in the mailbox when Dovecot's log had come to a certain place.
type sight struct {
	at   int
	when time.Time // Dovecot was killed
	seen map[int]map[spot]bool
}

// replay lives the log through, and finds where foredesk took a message's last copy
// away, be it for a moment, or expunged what it can't have meant. A copy that a rule
// has asked for does not count as one.
func (w *world) replay() *history {
	h := &history{world: w, at: map[int]map[spot]bool{}, left: map[int]map[spot]bool{}, leaving: map[int]map[string]bool{}, into: map[int]map[string]int{}, moving: map[int]int{}, destroyed: map[int]bool{}}
	for i := range w.mail {
		h.at[i], h.left[i], h.into[i], h.leaving[i] = map[spot]bool{}, map[spot]bool{}, map[string]int{}, map[string]bool{}
	}
	sights := w.sights
	for _, c := range w.changes() {
		for len(sights) > 0 && sights[0].at <= c.at {
			h.believe(sights[0].seen)
			sights = sights[1:]
		}
		h.follow(c)
	}
	for _, s := range sights {
		h.believe(s.seen)
	}
	return h
}

func (h *history) follow(c change) {
	places, place := h.at[c.n], spot{c.box, c.uid}
	before := h.copiesLeft(places)
	if c.what == "expunge" && h.left[c.n][place] {
		return // Dovecot wrote the first down, and had to leave it undone as the folder got new UIDs
	}
	again := h.destroyed[c.n] && c.box != copies && h.into[c.n][c.box] > 0 // a person has deleted the folder with it
	switch c.what {
	case "":
		h.rename(c.box, c.renamed)
	case "save", "copy", "undelete":
		places[place] = c.what != "copy" || !h.marks[place]
		delete(h.left[c.n], place)
		h.destroyed[c.n] = h.destroyed[c.n] && c.box == copies
	case "delete":
		// A session may mark what another has just expunged, and hear that it did.
		if _, there := places[place]; there {
			places[place] = false
		}
	case "expunge":
		delete(places, place)
		h.left[c.n][place] = true
	}
	if c.n == 0 {
		return
	}
	if !c.byPerson {
		h.acted(c, again)
	}
	switch takesAway := c.what == "expunge" || c.what == "delete"; {
	case c.box == copies || before == 0:
	case takesAway && c.byPerson && h.isLeaving(c.n):
		h.destroyed[c.n] = true
	case h.destroyed[c.n] || h.copiesLeft(places) > 0:
	default:
		h.wrong = append(h.wrong, fmt.Sprintf("foredesk took the last copy of delivery %d away: %s", c.n, c.line))
	}
	if c.what == "expunge" || c.what == "delete" && h.kind.mail == bare {
		delete(h.leaving[c.n], c.box)
	}
}

// isLeaving reports whether all that is left of a delivery are originals that foredesk
// has copied and is about to take away: where a person takes the copy meanwhile, they
// have taken the message.
func (h *history) isLeaving(n int) bool {
	for place, unmarked := range h.at[n] {
		counts := place.box != copies && (unmarked || h.kind.mail != bare)
		if counts && !h.leaving[n][place.box] {
			return false
		}
	}
	return true
}

// acted counts what foredesk has done, be it again what a person has destroyed, and checks
// that it expunges only originals of what it has copied.
func (h *history) acted(c change, again bool) {
	switch {
	case c.what == "undelete": // how a move is taken back where the original could only be marked
		h.into[c.n][c.box]++
	case c.what == "copy":
		if !again {
			h.into[c.n][c.box]++
		}
		if c.box != copies {
			h.moving[c.n]++
			h.leaving[c.n][c.from] = true
		}
	case c.what == "expunge" && c.box != copies:
		if h.moving[c.n]--; h.moving[c.n] < 0 || h.kind.mail == bare {
			h.wrong = append(h.wrong, "foredesk expunged what it had not moved, or could not name: "+c.line)
		}
	}
}

// believe takes over what was seen after Dovecot was killed. What is there and was not
// written down, foredesk has put there, unless a person has, or had just delivered it, or
// it never left.
func (h *history) believe(seen map[int]map[spot]bool) {
	for n, places := range seen {
		if n >= len(h.mail) {
			continue
		}
		for place := range places {
			if _, known := h.at[n][place]; known || len(h.at[n]) == 0 || h.mail[n].put[place.box] {
				continue
			}
			h.moving[n]++
			if !h.left[n][place] { // else it was killed before what it had written down was true
				h.into[n][place.box]++
			}
		}
		if h.copiesLeft(h.at[n]) > 0 && h.copiesLeft(places) == 0 {
			h.wrong = append(h.wrong, fmt.Sprintf("delivery %d was gone when Dovecot was back", n))
		}
		h.at[n] = maps.Clone(places)
		h.destroyed[n] = h.destroyed[n] && h.copiesLeft(places) == 0
	}
}

// stayed takes over what is seen where Dovecot wrote that it had expunged it, and had to
// leave it there as the folder got new UIDs in that moment.
func (h *history) stayed(seen map[int]map[spot]bool) {
	for n, places := range seen {
		for place, unmarked := range places {
			if h.left[n][place] && slices.Contains(h.renewed, place.box) {
				h.at[n][place] = unmarked
			}
		}
	}
}

// copiesLeft counts a message's copies that have not gone. Where nothing can be
// expunged by name, to be marked deleted is to be gone.
func (w *world) copiesLeft(at map[spot]bool) (n int) {
	for place, unmarked := range at {
		if place.box != copies && (unmarked || w.kind.mail != bare) {
			n++
		}
	}
	return n
}

func (h *history) rename(from, to string) {
	for _, boxes := range h.leaving {
		if boxes[from] {
			delete(boxes, from)
			boxes[to] = true
		}
	}
	for _, places := range h.at {
		for place, unmarked := range maps.Clone(places) {
			if place.box == from {
				delete(places, place)
				places[spot{to, place.uid}] = unmarked
			}
		}
	}
}

// spots says where deliveries were seen.
func (w *world) spots(all []seen) map[int]map[spot]bool {
	at := map[int]map[spot]bool{}
	for _, d := range w.mail[1:] {
		at[d.n] = map[spot]bool{}
	}
	for _, s := range all {
		at[s.n][spot{s.folder, int(s.uid)}] = !s.has(`\Deleted`)
	}
	return at
}

// told is the history of the day, once Dovecot's log has all that can be seen: lines
// of several processes come in their own time.
func (w *world) told(all []seen) *history {
	w.Helper()
	want := w.spots(all)
	h := w.replay()
	h.stayed(want)
	for end := time.Now().Add(patience); !w.same(h.at, want) && time.Now().Before(end); {
		w.pause(20 * time.Millisecond)
		h = w.replay()
		h.stayed(want)
	}
	for _, d := range w.mail[1:] {
		d.gone = d.gone || h.destroyed[d.n] && h.copiesLeft(h.at[d.n]) == 0
	}
	for _, wrong := range h.wrong {
		w.Errorf("%s", wrong)
	}
	if !w.same(h.at, want) {
		w.Errorf("what is there can't be explained by Dovecot's log:\n%v\n%v", h.at, want)
	}
	return h
}

// same compares where deliveries lie; marked ones are not looked at.
func (w *world) same(a, b map[int]map[spot]bool) bool {
	live := func(places map[spot]bool) map[spot]bool {
		places = maps.Clone(places)
		maps.DeleteFunc(places, func(_ spot, unmarked bool) bool { return w.kind.mail == bare && !unmarked })
		for place := range places {
			places[place] = true
		}
		return places
	}
	for _, d := range w.mail[1:] {
		if !maps.Equal(live(a[d.n]), live(b[d.n])) {
			return false
		}
	}
	return true
}

func TestLinesOfTwoProcessesAreTakenInTheOrderOfWhatTheyTell(t *testing.T) {
	line := func(what, box string, uid int) change { return change{what: what, box: box, uid: uid, n: 7} }
	got := inOrder([]change{line("copy", "Archive", 2), line("expunge", "INBOX", 44), line("save", "INBOX", 44), line("expunge", "Archive", 2)})
	want := []change{line("copy", "Archive", 2), line("save", "INBOX", 44), line("expunge", "INBOX", 44), line("expunge", "Archive", 2)}
	if !slices.Equal(got, want) {
		t.Errorf("it is\n%v\nwant\n%v", got, want)
	}
}
