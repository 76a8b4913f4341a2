package anyday

import (
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
)

var length = flag.Duration("anyday.for", 0, "go on making days for so long; the one that has begun is ended")

// How long days are made where nothing is said, the same each time, as the gate gives one
// answer for one tree; and how long they are so where more is asked for.
const (
	byHand     = 25 * time.Second
	inCI       = 90 * time.Second
	fixedSeeds = 40 * time.Second
)

// Whatever happens on a day, in whatever order: no message is lost, nothing is done
// twice, nothing is done that a person has undone, and the journal says all of it.
func TestWhateverHappens(t *testing.T) {
	g := newGround(t)
	seed, given := uint64(1), flag.Lookup("rapid.seed").Value.String()
	if given != "0" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	set(t, "rapid.checks", "1")
	defer g.tell()
	begun, fresh := time.Now(), false
	for end := begun.Add(howLong()); g.days == 0 || time.Now().Before(end); seed++ {
		if *length > 0 && given == "0" && !fresh && time.Since(begun) > fixedSeeds {
			seed, fresh = uint64(time.Now().UnixNano()), true
		}
		set(t, "rapid.seed", strconv.FormatUint(seed, 10))
		rapid.Check(t, g.day)
	}
	for _, row := range slices.Sorted(maps.Keys(g.counts)) {
		faulttest.Injected(t, row, g.counts[row])
	}
}

func howLong() time.Duration {
	switch {
	case *length > 0:
		return *length
	case os.Getenv("FOREDESK_CI") == "1":
		return inCI
	}
	return byHand
}

func set(t *testing.T, name, value string) {
	t.Helper()
	was := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, was) }) // it was good before
}

// rulesFiles are what the rules file may hold. A rule keeps its name when its folder
// changes: what it has done with a message it does not do again.
var rulesFiles = map[string]string{
	"A": fmt.Sprintf(rules, "Board", "Met"),
	"B": fmt.Sprintf(rules, "Directors", "Met"),
	"C": strings.Replace(fmt.Sprintf(rules, "Board", "Met"), "name: Board", "name: Board of directors", 1),
	"broken": `version: 1
rules:
  - name: Board
    when: subject contains`,
}

const rules = `version: 1
timezone: Europe/London
rules:
  - name: Board
    when: subject contains "board"
    do: [{file: %s}, {flag: true}]
  - name: Later
    when: subject contains "tonight"
    do: {snooze: 2s}
  - name: Met
    when: subject contains "label"
    do: [{label: %s}, {copy: Copies}]
  - name: Send on
    when: subject contains "send"
    irreversible: ok
    do: {forward: ben@other.example}
  - name: Ask first
    when: subject contains "ask"
    confirm: executive
    do: {forward: carl@other.example}
  - name: Into the diary
    when: subject contains "dated"
    do: {schedule: {title: "{subject}", on: "{date}", length: 30m}}
  - name: Air
    on: event
    when: event.external
    do: {buffer: {after: 10m}}
`

// kinds are words of subjects that rules look for; "plain" is for none.
var kinds = []string{"board", "label", "send", "ask", "dated", "plain", "board label", "board send", "tonight", "tonight label"}

// moment is one thing that happens. Which and Way choose among what there is then.
type moment struct {
	What       string
	Which, Way int
}

var moments = rapid.Custom(func(t *rapid.T) moment {
	return moment{rapid.SampledFrom(often).Draw(t, "what"), rapid.IntRange(0, 19).Draw(t, "which"), rapid.IntRange(0, 19).Draw(t, "way")}
})

// often are the names of what can happen, as often as it does.
var often = func() (names []string) {
	for _, h := range happenings {
		names = append(names, slices.Repeat([]string{h.name}, h.often)...)
	}
	return names
}()

// day is one day, from its first moment to its last, when all must be well.
func (g *ground) day(t *rapid.T) {
	kind := someKind.Draw(t, "kind")
	story := rapid.SliceOfN(moments, 12, 40).Draw(t, "day")
	w := newWorld(t, g, kind)
	defer w.end()
	for _, m := range story {
		w.start()
		w.happen(m)
	}
	w.rest()
}

func (w *world) happen(m moment) {
	for _, h := range happenings {
		if h.name == m.What {
			w.moments[h.name]++
			begun := time.Now()
			h.do(w, m)
			if took := time.Since(begun); took > 20*time.Second {
				w.outer.Logf("SLOW %v %v\n%s", m, took, w.report())
			}
		}
	}
}

// happenings are what can happen, and how often beside the others.
var happenings = []struct {
	name  string
	often int
	do    func(*world, moment)
}{
	{"mail comes", 5, (*world).mailComes},
	{"mail comes, and a person is quick", 2, (*world).quickPerson},
	{"a person moves mail", 4, (*world).movesMail},
	{"a person moves mail back", 3, (*world).movesBack},
	{"a person flags mail", 3, (*world).flagsMail},
	{"a person deletes mail", 1, (*world).deletesMail},
	{"a person takes steps back", 3, (*world).takesBack},
	{"a person marks mail deleted, and expunges it", 1, (*world).marksMail},
	{"a person renames a folder", 1, (*world).renamesFolder},
	{"a person deletes a folder", 1, (*world).deletesFolder},
	{"a folder is renumbered", 2, (*world).renumbers},
	{"an event is put", 2, (*world).eventPut},
	{"an event is moved", 2, (*world).eventMoved},
	{"an event is cancelled", 1, (*world).eventCancelled},
	{"a person takes what we put", 2, (*world).touchesOurs},
	{"the calendar forgets", 1, (*world).calendarForgets},
	{"the mail server forgets an answer", 1, (*world).postForgets},
	{"the rules are saved", 3, (*world).rulesSaved},
	{"an agenda is sent", 1, (*world).agendaSent},
	{"the agenda is due", 2, (*world).agendaDue},
	{"a letter is answered", 3, (*world).letterAnswered},
	{"a person approves", 1, (*world).approves},
	{"foredesk is killed", 3, (*world).killed},
	{"foredesk is killed while it sends", 1, (*world).killedSending},
	{"foredesk is started anew", 1, (*world).startedAnew},
	{"connections end", 2, (*world).connectionsEnd},
	{"the answer of Dovecot is lost", 4, (*world).answerLost},
	{"Dovecot is started anew", 1, (*world).dovecotAnew},
	{"Dovecot is killed", 1, (*world).dovecotKilled},
	{"a process hangs", 2, (*world).hangs},
	{"another foredesk is started", 1, (*world).another},
	{"the rules are applied", 1, (*world).appliesRules},
	{"all comes to rest", 2, func(w *world, _ moment) { w.rest() }},
}

func (w *world) mailComes(m moment) {
	p := w.person()
	defer p.Close()
	for i := range 1 + m.Which%3 {
		w.deliver(p, w.next(m.Way+i))
	}
}

// next is a new message, or one that has come before.
func (w *world) next(way int) *delivery {
	if d := w.mail[len(w.mail)-1]; way%5 == 4 && d.kind != "answer" && !d.old {
		w.counts["40"]++
		return w.again(d)
	}
	kind := kinds[way%len(kinds)]
	if way%7 == 6 {
		w.counts["40"]++
	}
	return w.newMail(kind, fmt.Sprintf("%s %d", kind, len(w.mail)), way%7 != 6)
}

// quickPerson lets a person act on a message in the moment in which it comes.
func (w *world) quickPerson(m moment) {
	p := w.person()
	defer p.Close()
	d := w.deliver(p, w.next(m.Which))
	if s, ok := p.choose(0, func(s seen) bool { return s.n == d.n }); ok {
		if m.Way%2 == 0 {
			p.move(s, places[1+m.Way%3])
		} else {
			p.flag(s, flags[m.Way%3])
		}
	}
}

func isMail(s seen) bool { return s.kind != "answer" }

func (w *world) movesMail(m moment) {
	p := w.person()
	defer p.Close()
	if s, ok := p.choose(m.Which, isMail); ok {
		if to := places[m.Way%len(places)]; to != s.folder {
			p.move(s, to)
		}
	}
}

// movesBack moves what a rule has filed.
func (w *world) movesBack(m moment) {
	p := w.person()
	defer p.Close()
	if s, ok := p.choose(m.Which, func(s seen) bool { return isMail(s) && s.folder != "INBOX" }); ok {
		w.counts["35"]++
		p.move(s, "INBOX")
	}
}

func (w *world) flagsMail(m moment) {
	p := w.person()
	defer p.Close()
	if s, ok := p.choose(m.Which, isMail); ok {
		p.flag(s, flags[m.Way%len(flags)])
	}
}

func (w *world) deletesMail(m moment) {
	p := w.person()
	defer p.Close()
	if s, ok := p.choose(m.Which, isMail); ok {
		p.remove(s)
	}
}

// takesBack asks foredesk to take something back: a step, a message's, a rule's, the
// last hour's.
func (w *world) takesBack(m moment) {
	done := w.steps(store.Filter{Account: account, States: []store.State{store.Done}, NotUndo: true})
	if len(done) == 0 {
		return
	}
	s := done[m.Which%len(done)]
	args := []string{"undo", strconv.FormatInt(s.ID, 10)}
	switch {
	case m.Way == 0:
		args = []string{"undo", "--last", "1h"}
	case m.Way < 3:
		args = []string{"undo", "--rule", s.Rule}
	case m.Way < 7 && s.Item.MessageID != "":
		args = []string{"undo", "<" + s.Item.MessageID + ">"}
	}
	if m.Way%2 == 0 {
		w.stop() // else the one that runs does it
	}
	ok, _ := w.ask(args...)
	w.note("%v: %v", args, ok)
}

func (w *world) postForgets(moment) {
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	w.post.swallow = 1
	w.counts["27"]++
	w.note("the next answer of the mail server is lost")
}

func (w *world) rulesSaved(m moment) {
	name := []string{"A", "B", "C", "broken"}[m.Way%4]
	w.counts[map[bool]string{true: "36", false: "37"}[name == "broken"]]++
	w.write("rules.yaml", rulesFiles[name])
	w.note("rules %s are saved", name)
	if w.broken = name == "broken"; w.broken {
		w.run.excused = true
	}
}

func (w *world) agendaSent(moment) {
	ok, said := w.ask("agenda", "--send")
	w.note("an agenda is asked for: %v %s", ok, said)
}

var link = regexp.MustCompile(`mailto:\S+subject=(\S+)`)

// letterAnswered sends what a link in an agenda opens; the same one maybe again.
func (w *world) letterAnswered(m moment) {
	var subjects []string
	for _, l := range w.post.letters() {
		for _, found := range link.FindAllStringSubmatch(l.text, -1) {
			subject, err := url.PathUnescape(strings.TrimRight(found[1], ">)"))
			w.must(err)
			subjects = append(subjects, subject)
		}
	}
	if len(subjects) == 0 {
		w.agendaSent(m)
		return
	}
	d := w.newMail("answer", subjects[m.Which%len(subjects)], true)
	d.raw = fmt.Sprintf("From: Dana <%s>\nTo: %s\nSubject: %s\nMessage-ID: <answer-%d@acme.example>\nDate: %s\n\n\n", address, address, d.subject, d.n, time.Now().Format(time.RFC1123Z))
	if strings.Contains(d.subject, "approve") {
		w.said++
	}
	p := w.person()
	defer p.Close()
	w.deliver(p, d)
}

func (w *world) approves(m moment) {
	verb := "approve"
	if m.Way%3 == 0 {
		verb = "refuse"
	}
	w.said++
	ok, _ := w.ask(verb, "all")
	w.note("%s all: %v", verb, ok)
}
