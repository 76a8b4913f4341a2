package summary

import (
	"cmp"
	"slices"
	"strings"
)

// Options say how long a summary may be, and what its writer knows beside the text.
type Options struct {
	Sentences int       // at most, from 1 to 3; 0 is 3
	Bytes     int       // of Text at most, explanations and all; 0 is 420
	Subject   string    // of the message: sentences about it count more
	Glossary  *Glossary // words to explain; nil for none
}

// Summary is what a message or a thread says.
type Summary struct {
	Text   string  // the points, on one line; "" where there is nothing to say
	Points []Point // in the order of the text
	// Asks and Promises are what a message wants of its reader, and what its writer
	// is going to do: all of it, also what Text has no room for. Of a thread there
	// are none.
	Asks, Promises []Point
}

// Point is a sentence of a summary, and where it comes from.
type Point struct {
	Kind    Kinds
	Text    string // as the summary has it: shortened and explained
	Source  string // the words of the message that it was made from
	Message int    // of a thread: the index of the message
}

// Kinds are what a sentence does; one can do several things.
type Kinds uint8

// What a sentence does.
const (
	AskPoint      Kinds = 1 << iota // wants something of its reader
	DecisionPoint                   // tells what was decided
	PromisePoint                    // tells what its writer is going to do
	DatePoint                       // names a day or an hour
	AmountPoint                     // names a sum of money
)

const (
	// maxSummarized is how many bytes of a text are looked at: what a message
	// is about stands at its top, and its cost has a bound.
	maxSummarized = 64 << 10
	// maxUnits is how many sentences are weighed, for the same reasons.
	maxUnits = 400

	defaultSentences = 3
	defaultBytes     = 420
)

// Summarize says in one to three sentences what a newly written text says, that
// of [NewText]: its own sentences, in its order, of which clauses that say nothing
// are left out. They are chosen by what they do (ask, decide, name a day or a
// sum, tell news), by where they stand and by how much of the rest they are about;
// greetings, courtesies and what machines add are not. English, German, French
// and Spanish are known; of other languages place and words alone decide.
//
// The same text always has the same summary. A sentence that is too long is left
// out or, if it is the only one, ends with "…" where no "not" is lost by that.
// Text is valid UTF-8 on one line, without control and formatting characters.
func Summarize(text string, o Options) Summary {
	o = o.withDefaults()
	units := unitsOf(text)
	weigh(units, o.Subject)
	asks, promises := actsOf(units)
	points := make([]Point, 0, o.Sentences)
	for _, i := range choose(units, o) {
		points = append(points, units[i].point())
	}
	s := compose(points, o)
	s.Asks, s.Promises = asks, promises
	return s
}

func (o Options) withDefaults() Options {
	if o.Sentences <= 0 || o.Sentences > defaultSentences {
		o.Sentences = defaultSentences
	}
	if o.Bytes <= 0 {
		o.Bytes = defaultBytes
	}
	return o
}

func (u unit) point() Point {
	return Point{Kind: u.kinds, Text: ended(u.short), Source: u.text}
}

// ended puts a full stop behind a line that has no end of its own, as those of
// lists and of programs.
func ended(s string) string {
	s = strings.TrimRight(s, " ,;:-–—")
	if strings.Count(s, `"`) == 1 {
		s = strings.Trim(s, `"`) // its partner stands in another sentence
	}
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") || strings.HasSuffix(s, "…") || strings.HasSuffix(strings.TrimRight(s, `"'”’»)`), ".") {
		return s
	}
	return s + "."
}

// compose joins points and explains their words. What does not fit is left out:
// explanations first, which the next summary may have, then the last points.
func compose(points []Point, o Options) Summary {
	room := o.Bytes
	for i, p := range points {
		room -= len(p.Text)
		if i > 0 {
			room--
		}
	}
	texts := make([]string, len(points))
	for i := range points {
		explained := o.Glossary.explain(points[i].Text, room)
		room -= len(explained) - len(points[i].Text)
		points[i].Text, texts[i] = explained, explained
	}
	return Summary{Text: strings.Join(texts, " "), Points: points}
}

// choose returns the units of a summary, in their order: the best one, and those
// after it that say something else and are nearly as good.
func choose(units []unit, o Options) []int {
	order := ranked(units)
	lowest := []float64{outScore, lowSecond, lowestScore}
	if isBrief(units) {
		lowest = []float64{outScore, lowBrief, lowBrief}
	}
	var chosen []int
	room := o.Bytes
	for _, i := range order {
		if len(chosen) == o.Sentences || units[i].score < lowest[len(chosen)] {
			break
		}
		if slices.Contains(chosen, i) || repeats(units, chosen, i) {
			continue
		}
		with := withAntecedent(units, chosen, i)
		if len(chosen)+len(with) > o.Sentences || sizeOf(units, with) > room+1 {
			if with = with[len(with)-1:]; len(chosen) > 0 && units[i].backward {
				continue // nobody would know what it is about
			}
		}
		if size := sizeOf(units, with); size <= room+1 {
			chosen = append(chosen, with...)
			room -= size
		}
	}
	if len(chosen) == 0 {
		chosen = cutToFit(units, order, o.Bytes)
	}
	slices.Sort(chosen)
	return chosen
}

// ranked returns the units that a summary may take, the best ones first.
func ranked(units []unit) []int {
	order := make([]int, 0, len(units))
	for i := range units {
		if units[i].short != "" && units[i].score > outScore {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(units[b].score, units[a].score) })
	return order
}

// sizeOf is how many bytes units take, each with a space behind it.
func sizeOf(units []unit, which []int) (size int) {
	for _, i := range which {
		size += len(ended(units[i].short)) + 1
	}
	return size
}

// withAntecedent returns a unit, and before it the one that it leans on, if it
// begins with "it" or the like and that is not chosen yet.
func withAntecedent(units []unit, chosen []int, i int) []int {
	known := slices.Contains(chosen, i-1) || slices.Contains(chosen, i-2) && units[i-2].part == units[i].part
	if !units[i].backward || i == 0 || known {
		return []int{i}
	}
	before := &units[i-1]
	if before.short == "" || before.polite || before.part != units[i].part || before.form != prose {
		return []int{i}
	}
	return []int{i - 1, i}
}

// isBrief says that a text is hardly longer than a summary of it: most of it is
// shown.
func isBrief(units []unit) bool {
	const brief = 140 // bytes
	size := 0
	for _, u := range units {
		if !u.polite {
			size += len(u.short)
		}
	}
	return size <= brief
}

// repeats says that a unit says again what a chosen one says.
func repeats(units []unit, chosen []int, i int) bool {
	const same = 0.6
	return slices.ContainsFunc(chosen, func(c int) bool { return overlap(units[c].words, units[i].words) >= same })
}

// cutToFit takes the best unit that can be cut, where none is short enough.
func cutToFit(units []unit, order []int, room int) []int {
	for _, i := range order {
		if short := cutAtWord(units[i].short, room-len(".")); short != "" {
			units[i].short = short
			return []int{i}
		}
	}
	return nil
}
