package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// trouble is what happens to the soak, and how often it did.
type trouble struct {
	*soak
	kinds []kind
	turn  int
	mend  map[*badline.Line]time.Time // lines that are broken, and when they are mended
	heard map[string][]func() int     // by name: what cut a line at a word tells how often it did
	done  map[string]int              // by name: the others
}

// kind is one fault, with its row in the table of internal/faults.
type kind struct {
	name, id string
	lasts    time.Duration // until the line is mended; zero where it mends by itself
	do       func(user string, line *badline.Line) (heard func() int)
}

func newTrouble(s *soak) *trouble {
	t := &trouble{soak: s, mend: map[*badline.Line]time.Time{}, heard: map[string][]func() int{}, done: map[string]int{}}
	at := func(word string, widest int) func(string, *badline.Line) func() int {
		return func(_ string, l *badline.Line) func() int {
			l.Mend() // of a word that it has not heard yet
			return l.CutAt(word, s.rng.IntN(widest), 1)
		}
	}
	just := func(do func(user string, l *badline.Line)) func(string, *badline.Line) func() int {
		return func(user string, l *badline.Line) func() int { do(user, l); return nil }
	}
	t.kinds = []kind{
		{"answer to a move lost", "8", 0, at("COPYUID", 1)},
		{"kicked", "17", 0, just(func(user string, _ *badline.Line) { s.server.Kick(user) })},
		{"cut inside a FETCH", "14", 0, at("FETCH (", 300)},
		{"rules edited", "", 0, just(func(string, *badline.Line) { s.write("rules.yaml", mailgen.Rules(s.rng.IntN(50))) })},
		{"connections cut", "17", 0, just(func(_ string, l *badline.Line) { l.Cut() })},
		{"silent", "15", 3 * time.Second, just(func(_ string, l *badline.Line) { l.Silence() })},
		{"rules half-written", "36", 0, just(func(string, *badline.Line) { s.write("rules.yaml", mailgen.Rules(0)+"  - name: Half a rule\n    whe") })},
		{"reset", "17", time.Second, just(func(_ string, l *badline.Line) { l.Reset() })},
		{"one byte a second", "18", 4 * time.Second, just(func(_ string, l *badline.Line) { l.Trickle() })},
		{"server started anew", "17", 0, just(func(string, *badline.Line) { s.server.Restart() })},
	}
	return t
}

// next lets a fault happen to somebody whose line is whole.
func (t *trouble) next() {
	t.Helper()
	user := executives[t.rng.IntN(len(executives))]
	line := t.lines[user]
	if _, broken := t.mend[line]; broken {
		return
	}
	k := t.kinds[t.turn%len(t.kinds)]
	t.turn++
	if heard := k.do(user, line); heard != nil {
		t.heard[k.name] = append(t.heard[k.name], heard)
	} else {
		t.done[k.name]++
	}
	if k.lasts > 0 {
		t.mend[line] = time.Now().Add(k.lasts)
	}
}

// mendOld mends the lines that have been broken for long enough.
func (t *trouble) mendOld() {
	for line, at := range t.mend {
		if time.Now().After(at) {
			line.Mend()
			delete(t.mend, line)
		}
	}
}

// end mends all that is broken.
func (t *trouble) end() {
	t.Helper()
	for _, line := range t.lines {
		line.Mend()
	}
	clear(t.mend)
	t.write("rules.yaml", mailgen.Rules(0))
}

func (t *trouble) of(k kind) int {
	n := t.done[k.name]
	for _, heard := range t.heard[k.name] {
		n += heard()
	}
	return n
}

func (t *trouble) count() (n int) {
	for _, k := range t.kinds {
		n += t.of(k)
	}
	return n
}

func (t *trouble) String() string {
	var words []string
	for _, k := range t.kinds {
		words = append(words, fmt.Sprintf("%s %d", k.name, t.of(k)))
	}
	return strings.Join(words, ", ")
}

// tell says it for the table of faults.
func (t *trouble) tell() {
	t.Helper()
	byID := map[string]int{}
	for _, k := range t.kinds {
		byID[k.id] += t.of(k)
	}
	delete(byID, "")                                                    // good rules are no fault
	maps.DeleteFunc(byID, func(_ string, n int) bool { return n == 0 }) // a short soak does not come to all
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		faulttest.Injected(t, id, byID[id])
	}
}
