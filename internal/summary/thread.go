package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Message is one of a thread, as a thread summary sees it.
type Message struct {
	From string    // the name of its writer
	To   []string  // the names of its readers; may be empty
	Sent time.Time // in the reader's zone; the zero time is not shown
	Text string    // what was written anew, of [NewText]
}

const (
	// maxMessages is how many messages of a thread are read, the last ones.
	maxMessages = 50
	// maxSaid is how many sentences of a message are read, and maxActs how many
	// requests, decisions and promises of one are kept: the first ones.
	maxSaid = 40
	maxActs = 6
	// maxName is how many bytes of a name are shown.
	maxName = 60
)

// Thread says in one to three sentences where a thread stands: who wants what
// from whom and has no answer yet, what was decided, what was promised, each with
// the day it was written, so that "tomorrow" can be read. Messages come oldest
// first. Where none of that is found, it says what the last message says.
//
// A request is answered when somebody else takes up its words, says yes, no or
// done, or sends what was asked for; the asker can take it back. The words around
// the sentences are in the language of the thread.
func Thread(messages []Message, o Options) Summary {
	o = o.withDefaults()
	first := max(0, len(messages)-maxMessages)
	t := threadReading{about: o.Subject, people: peopleOf(messages[first:]), words: threadWordsOf(messages[first:])}
	for i := first; i < len(messages); i++ {
		t.read(i, messages[i])
	}
	chosen := t.choose(o)
	points := make([]Point, len(chosen))
	for i, s := range chosen {
		points[i] = s.point
	}
	return compose(points, o)
}

// threadReading is what is known of a thread up to a message.
type threadReading struct {
	about  string
	people []string
	words  threadWords
	said   []*statement
	last   *statement // the best sentence of the last message that has one
}

// statement is a sentence of a thread that may be shown.
type statement struct {
	point    Point
	from, to string
	words    []string
	act      act
	inquiry  bool // wants to know something, rather than something done
	at       int  // the number of its sentence in its message
	settled  bool // asked and answered, promised and done, decided anew
}

// act is what a statement is in its thread.
type act uint8

const (
	telling act = iota
	asking
	deciding
	promising
)

// read takes in the next message: what it answers, then what it says.
func (t *threadReading) read(index int, m Message) {
	m.From = nameOf(m.From)
	units := unitsOf(cutProse(m.Text, maxSaid*maxSentence/4))
	units = units[:min(len(units), maxSaid)]
	weigh(units, t.about)
	t.settle(m.From, units)
	best, acts := -1, 0
	for i := range units {
		u := &units[i]
		if u.short == "" || u.score <= outScore {
			continue
		}
		if best < 0 || u.score > units[best].score {
			best = i
		}
		if a := u.act(); a != telling && !u.polite && (u.score > 0 || a == asking) && acts < maxActs {
			acts++
			t.say(t.statement(index, m, units, i, a))
		}
	}
	if best >= 0 {
		t.last = t.statement(index, m, units, best, telling)
	}
}

// act tells what a sentence does. A question is never a decision.
func (u *unit) act() act {
	question := strings.HasSuffix(u.short, "?")
	n := threadPhrases.count(plainWords(u.short), threadLists)
	switch {
	case n[deferList] > 0:
		return telling
	case question, u.direct, u.under == actionSection:
		return asking
	case u.kinds&DecisionPoint != 0 && n[undecidedList] == 0:
		return deciding
	case u.kinds&PromisePoint != 0 && n[idleList] == 0 && !u.isIdle():
		return promising
	}
	return telling
}

// isIdle says that what sounds like a promise holds for a case that may not come, or
// tells of a journey: "I am going to Leeds".
func (u *unit) isIdle() bool {
	first, _, _ := strings.Cut(strings.TrimLeft(plainWords(u.short), " "), " ")
	_, to, going := strings.Cut(u.short, "going to ")
	return conditions[first] || going && to != "" && unicode.IsUpper([]rune(to[:min(len(to), utf8.UTFMax)])[0])
}

// withBefore returns a unit, with the sentence before it where it leans on that:
// "Can you add them by Monday?" says nothing by itself.
func withBefore(units []unit, i int) *unit {
	const mostJoined = 220 // bytes
	u := units[i]
	if i == 0 || !u.leans() {
		return &u
	}
	before := &units[i-1]
	size := len(before.short) + len(u.short)
	if before.short == "" || before.polite || before.form != prose || before.act() != telling || size > mostJoined {
		return &u
	}
	u.short = ended(before.short) + " " + u.short
	u.text = before.text + " " + u.text
	u.words = append(slices.Clone(before.words), u.words...)
	return &u
}

// say adds a statement. A decision takes the place of an earlier one on the same
// thing, and so does a request that is made again.
func (t *threadReading) say(s *statement) {
	for _, old := range t.said {
		again := overlap(old.words, s.words)
		decided := s.act == deciding && again >= 0.5
		asked := s.act == asking && old.from == s.from && again >= 0.6
		old.settled = old.settled || old.act == s.act && (decided || asked)
	}
	t.said = append(t.said, s)
}

// statement makes one of the sentence i of a message.
func (t *threadReading) statement(index int, m Message, units []unit, i int, a act) *statement {
	s := &statement{from: m.From, act: a, at: i}
	u := &units[i]
	if a == asking {
		s.to, s.inquiry = t.readerOf(m, u), u.inquiry
		u = withBefore(units, i)
	}
	s.words = u.words
	s.point = u.point()
	s.point.Message = index
	s.point.Text = t.words.label(s, m.Sent) + s.point.Text
	return s
}

// settle marks the requests that a message answers, and the promises it keeps.
func (t *threadReading) settle(who string, units []unit) {
	r := answerOf(units)
	for _, s := range t.said {
		if s.settled || s.act != asking && s.act != promising {
			continue
		}
		about := r.about(s.words)
		switch {
		case s.from == who:
			// To agree on something else is to take back what one asked for.
			s.settled = r.withdrawn && (about || len(units) <= 2) || s.act == promising && r.done || s.act == asking && r.agreed
		case s.act == promising:
			s.settled = r.received
		case r.deferred, r.promise && (about || s.to == who || s.to == ""):
			// It stays open: who said so has not done it yet.
		case r.onlyAsks:
		case s.to != "" && s.to != who:
			s.settled = about
		default:
			s.settled = r.done || r.plain || r.agreed || about || s.inquiry
		}
	}
}

// choose returns what is shown, in the order of the thread: open requests and
// decisions before promises, the last ones first.
func (t *threadReading) choose(o Options) []*statement {
	var chosen []*statement
	room := o.Bytes
	take := func(s *statement) {
		size := len(s.point.Text) + 1
		again := slices.ContainsFunc(chosen, func(c *statement) bool {
			return c == s || c.point.Message == s.point.Message && c.point.Source == s.point.Source
		})
		if len(chosen) < o.Sentences && size-1 <= room && !again {
			chosen = append(chosen, s)
			room -= size
		}
	}
	open := t.open()
	for round := 0; round < o.Sentences; round++ {
		for _, a := range []act{asking, deciding, promising} {
			if round < len(open[a]) {
				take(open[a][round])
			}
		}
	}
	// What was said last tells how things stand, even if it does none of these.
	heard := t.last == nil || slices.ContainsFunc(chosen, func(s *statement) bool { return s.point.Message == t.last.point.Message })
	if !heard {
		take(t.last)
		if len(chosen) == 0 {
			t.last.point.Text = cutAtWord(t.last.point.Text, o.Bytes)
			if t.last.point.Text != "" {
				chosen = append(chosen, t.last)
			}
		}
	}
	slices.SortStableFunc(chosen, func(a, b *statement) int {
		return cmp.Or(a.point.Message-b.point.Message, a.at-b.at)
	})
	return chosen
}

// open returns what is not settled, by what it does, the last of it first.
func (t *threadReading) open() (open [promising + 1][]*statement) {
	for _, s := range slices.Backward(t.said) {
		if !s.settled {
			open[s.act] = append(open[s.act], s)
		}
	}
	return open
}

// nameOf makes a name fit for a line.
func nameOf(name string) string {
	return cutProse(strings.Join(strings.Fields(cleanText(name)), " "), maxName)
}

// peopleOf returns the names of writers and readers, each once.
func peopleOf(messages []Message) (people []string) {
	for _, m := range messages {
		people = appendOnce(people, nameOf(m.From))
		for _, to := range m.To[:min(len(m.To), maxMessages)] {
			people = appendOnce(people, nameOf(to))
		}
	}
	return people
}

// readerOf tells of whom a sentence asks something: who is called by name in it
// or in the greeting, or else the one reader, or the other of two.
func (t *threadReading) readerOf(m Message, u *unit) string {
	greeting, _, _ := strings.Cut(strings.TrimSpace(cutProse(m.Text, maxSentence)), "\n")
	for _, words := range []string{u.text, greeting} {
		for _, name := range t.people {
			if name != m.From && called(words, name) {
				return name
			}
		}
	}
	if len(m.To) == 1 {
		return nameOf(m.To[0])
	}
	if len(m.To) == 0 && len(t.people) == 2 {
		return t.people[1-slices.Index(t.people, m.From)]
	}
	return ""
}

// called says that words begin with a name before a mark: "Ben, ", "Hi Ben,",
// "Thanks, Ben.", or have it behind an "@".
func called(words, name string) bool {
	first, _, _ := strings.Cut(name, " ")
	if first == "" {
		return false
	}
	if strings.Contains(words, "@"+first) {
		return true
	}
	head := words
	if end := strings.IndexAny(words, ",.!:?"); end >= 0 {
		head = words[:end]
	}
	if len(head) > maxName {
		return false
	}
	fields := strings.Fields(head)
	opening := ""
	if len(fields) > 0 {
		opening = strings.ToLower(fields[0])
	}
	known := len(fields) == 1 || salutes[opening] || thanksWords[opening]
	return known && slices.Contains(fields, first)
}
