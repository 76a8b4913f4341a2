package summary

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What each thing that a sentence does or is adds to its score. They were found
// on testdata/messages/learn.txt.
const (
	askWeight         = 0.8
	mainAskWeight     = 1.0 // for what the text asks for first of all
	requestWeight     = 1.1
	decisionWeight    = 2.0
	promiseWeight     = 0.5
	denialWeight      = 0.3
	deadlineWeight    = 0.6
	dateWeight        = 0.7
	amountWeight      = 0.9
	percentWeight     = 0.5
	numberWeight      = 0.2
	newsWeight        = 0.8
	consequenceWeight = 0.5
	firstWeight       = 0.5
	centralWeight     = 0.8
	subjectWeight     = 0.9
	keyFieldWeight    = 1.5

	courtesyWeight    = -1.6
	boilerplateWeight = -5.0
	backwardWeight    = -0.3
	shortWeight       = -0.8
	longWeight        = -0.5
	rowWeight         = -1.5
	fieldWeight       = -1.0
	leadWeight        = -0.8
	titleWeight       = -0.8
	leanWeight        = -0.8

	// What the first sentence of a summary needs, the second, the third, and
	// those behind the first in a short text.
	outScore    = -3.5
	lowSecond   = 0.7
	lowestScore = 1.1
	lowBrief    = -0.5
)

// weigh gives each unit its score, its kinds and its words.
func weigh(units []unit, about string) {
	counts := map[string]int{}
	for i := range units {
		units[i].short = shorten(units[i].text)
		units[i].words = contentWords(units[i].short)
		for _, word := range units[i].words {
			counts[word]++
		}
	}
	dropSecrets(units)
	subject := contentWords(cleanText(cutProse(about, maxSentence)))
	place, best := 0, -1
	for i := range units {
		u := &units[i]
		cues := cuesOf(u.short)
		u.polite = cues.courtesy > 0 || cues.boilerplate > 0
		u.kinds, u.direct = cues.kinds(), cues.direct()
		u.inquiry = cues.question && cues.request == 0
		u.score = cues.score() + u.shape() + subjectWeight*math.Min(1, 2*overlap(subject, u.words)) + centralWeight*central(u.words, counts, len(units))
		if !u.polite && u.form == prose {
			u.score += firstWeight / float64(1+place)
			place++
		}
		if u.isRequest() && (best < 0 || u.score > units[best].score) {
			best = i
		}
	}
	if best >= 0 {
		units[best].score += mainAskWeight
	}
}

// isRequest says that a unit can be what a text asks for first of all.
func (u *unit) isRequest() bool { return u.direct && !u.polite && u.short != "" && !u.leans() }

// shape is the part of a score that a unit has by how it is written.
func (u *unit) shape() float64 {
	sum := u.formScore() + u.sectionScore()
	switch n := strings.Count(u.short, " ") + 1; {
	case n < 4:
		sum += shortWeight
	case n > 40:
		sum += longWeight
	}
	word, _, _ := strings.Cut(strings.ToLower(u.short), " ")
	u.backward = antecedents[word]
	if backward[word] {
		sum += backwardWeight
	}
	if u.leans() {
		sum += leanWeight
		u.backward = u.backward || strings.HasSuffix(u.short, "?")
	}
	return sum
}

// formScore judges a unit by its form.
func (u *unit) formScore() (sum float64) {
	const fewestTold = 6 // words that make a sentence of a field
	keyed := keyFields[u.key()]
	switch {
	case u.form == row && !keyed:
		sum += rowWeight
	case u.form == field && keyed:
		sum += keyFieldWeight
	case u.form == field && u.under == noSection && strings.Count(u.short, " ") < fewestTold:
		sum += fieldWeight
	}
	switch {
	case strings.HasSuffix(u.text, ":"):
		sum += leadWeight
	case u.form == prose && !strings.ContainsAny(u.text[len(u.text)-1:], `.!?"')`) && !strings.HasSuffix(u.text, "…"):
		sum += titleWeight
	}
	return sum
}

// sectionScore judges a unit by the heading that it stands under.
func (u *unit) sectionScore() float64 {
	switch u.under {
	case decisionSection:
		u.kinds |= DecisionPoint
		return decisionWeight
	case actionSection:
		u.kinds |= AskPoint
		return requestWeight
	}
	return 0
}

// key is the name of a field without what stands before "status", or the first
// cell of a row.
func (u *unit) key() string {
	mark := ":"
	if u.form == row {
		mark = " "
	}
	name, _, _ := strings.Cut(strings.ToLower(u.short), mark)
	if strings.HasSuffix(name, " status") {
		return "status"
	}
	return name
}

// leans says that a request is clear only with the sentence before it, since it
// has hardly a word of its own, or a word that stands for something there.
func (u *unit) leans() bool {
	own, stands := 0, false
	for word := range strings.FieldsSeq(plainWords(u.short)) {
		stands = stands || pronouns[word]
		if utf8.RuneCountInString(word) > 2 && !strings.Contains(word, "'") && !stopWords[word] && !dateWords[word] && !isDigit(word[0]) {
			own++
		}
	}
	return own <= 1 || own == 2 && stands
}

// cues are what the words of a sentence tell of what it does.
type cues struct {
	ask                                        float64
	request, wish, decision, promise, deadline int
	news, consequence, courtesy, boilerplate   int
	dates, numbers, denials                    int
	amount, percent, question, command         bool
}

// cuesOf reads a sentence once for all phrases.
func cuesOf(s string) cues {
	plain := plainWords(s)
	n := cuePhrases.count(plain, cueLists)
	c := cues{
		ask: Ask(s), request: n[0], decision: n[1], promise: n[2], deadline: n[3],
		news: n[4], consequence: n[5], courtesy: n[6], boilerplate: n[7], wish: n[8],
	}
	c.amount = len(Amounts(s)) > 0
	first, _, _ := strings.Cut(plain[1:], " ")
	c.command = classes[first]&command != 0
	c.question = strings.HasSuffix(s, "?") && Question(s)
	c.percent = strings.Contains(s, "%") || strings.Contains(plain, " percent ") || strings.Contains(plain, " prozent ")
	for word := range strings.FieldsSeq(plain) {
		if isDenial(word) {
			c.denials++
		}
		switch {
		case dateWords[word] || isClock(word):
			c.dates++
		case isDigit(word[0]):
			c.numbers++
		}
	}
	return c
}

// isClock knows hours and dates in figures: "14:30", "8pm", "3.5.", "11h", "21st".
func isClock(word string) bool {
	if !isDigit(word[0]) {
		return false
	}
	rest := strings.TrimLeft(word, "0123456789")
	switch rest {
	case "am", "pm", "h", "st", "nd", "rd", "th", "uhr":
		return true
	}
	mark := rest != "" && (rest[0] == ':' || rest[0] == 'h')
	return mark && isDigits(strings.Trim(rest[1:], ":")) && len(word) <= len("23:59:59")
}

func (c cues) score() float64 {
	few := func(n int) float64 { return math.Sqrt(float64(min(n, 3))) }
	sum := few(c.request+c.wish)*requestWeight + few(c.decision)*decisionWeight + few(c.promise)*promiseWeight + few(c.denials)*denialWeight + few(c.news)*newsWeight +
		few(c.consequence)*consequenceWeight + few(c.dates)*dateWeight + few(c.numbers)*numberWeight +
		few(c.courtesy)*courtesyWeight + few(c.boilerplate)*boilerplateWeight
	switch {
	case c.ask >= askThreshold:
		sum += askWeight * c.ask
	case c.question:
		sum += askWeight
	}
	if c.deadline > 0 && c.dates+c.numbers > 0 {
		sum += deadlineWeight
	}
	switch {
	case c.amount:
		sum += amountWeight
	case c.percent:
		sum += percentWeight
	}
	return sum
}

// direct says that a sentence asks its reader. What Ask takes for a request counts
// where a verb of command begins it: the business mail that Ask was learnt from
// holds proposals for requests, too.
func (c cues) direct() bool {
	return c.question || c.request > 0 || c.command && c.ask >= askThreshold
}

func (c cues) kinds() (k Kinds) {
	set := func(ok bool, kind Kinds) {
		if ok {
			k |= kind
		}
	}
	set(c.direct() || c.wish > 0, AskPoint)
	set(c.decision > 0, DecisionPoint)
	set(c.promise > 0, PromisePoint)
	set(c.dates > 0, DatePoint)
	set(c.amount, AmountPoint)
	return k
}

// plainWords writes a sentence in small letters, with a space at each end and in
// the place of its marks, so that phrases can be looked for as whole words.
func plainWords(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(' ')
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		case isApostrophe(r):
			b.WriteByte('\'')
		case r == ':' && i+1 < len(s) && isDigit(s[i+1]):
			b.WriteByte(':')
		default:
			b.WriteByte(' ')
		}
	}
	b.WriteByte(' ')
	return b.String()
}

// contentWords returns the words of a text that tell what it is about, each once,
// cut to their first letters, which most of their forms share.
func contentWords(s string) []string {
	const longest = 6 // characters
	words := make([]string, 0, 16)
	for word := range strings.FieldsSeq(plainWords(s)) {
		word = strings.Trim(word, "':")
		if utf8.RuneCountInString(word) < 3 || stopWords[word] || isLink(word) {
			continue
		}
		runes := 0
		for i := range word {
			if runes++; runes > longest {
				word = word[:i]
				break
			}
		}
		words = appendOnce(words, strings.TrimSuffix(word, "s"))
	}
	return words
}

func appendOnce(words []string, word string) []string {
	for _, w := range words {
		if w == word {
			return words
		}
	}
	return append(words, word)
}

// overlap is how many of the words that the shorter list has are in both, from 0
// to 1.
func overlap(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for _, word := range a {
		for _, other := range b {
			if word == other {
				both++
				break
			}
		}
	}
	return float64(both) / float64(min(len(a), len(b)))
}

// central is how much other sentences have the words of one, from 0 to 1.
func central(words []string, counts map[string]int, sentences int) float64 {
	if len(words) == 0 || sentences < 2 {
		return 0
	}
	shared := 0
	for _, word := range words {
		shared += counts[word] - 1
	}
	return math.Min(1, float64(max(shared, 0))/math.Sqrt(float64(len(words)))/2)
}
