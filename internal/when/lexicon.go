package when

import (
	"slices"
	"strings"
)

// kind is what a word can be in a date.
type kind uint8

const (
	_           kind = iota
	month            // value: 1 to 12
	weekday          // value: 0 (Sunday) to 6
	unit             // value: one of the units
	count            // value: how many; halfCount for a half
	ordinal          // value: 1 to 31
	dayWord          // "tomorrow"; value: days from today
	dayPart          // "morning"; value: index into parts
	noonWord         // "noon", "midnight"; value: minutes after midnight
	meridiem         // value: 0 (am) or 12 (pm)
	hourWord         // "o'clock", "Uhr", "h"
	direction        // value: -1 (last), 0 (this), 1 (next)
	ahead            // "in", "dans": a duration from now
	within           // "within": the same, and a deadline
	agoWord          // "ago": follows a duration
	agoBefore        // "vor", "il y a": comes before a duration
	earlierWord      // "earlier": the same, but perhaps not counted from now
	fromNow          // "from now": follows a duration
	laterWord        // "later": the same, but perhaps not counted from now
	afterWord        // "after", between a duration and a date
	beforeWord       // "before", the same
	by               // "by", "until": makes a deadline of the next date
	seal             // "at the latest": makes a deadline of the date before it
	cue              // "deadline", "due": makes a deadline of a date in the same sentence
	rangeTo          // "to", "bis", "au"
	rangeFrom        // "from", "between", "vom"
	joinAnd          // "and" after "between"
	onWord           // before a date: "on", "am", "le"
	atWord           // before a time: "at", "um", "à"
	nearWord         // before a time that is more than a number: "around", "by", "gegen"
	inWord           // before a month: "in", "im", "en"
	ofWord           // "of", "the": may stand between parts of a date
	edge             // value: -1 (start), 0 (middle), 1 (end)
	closing          // "EOD", "EOW"; value: one of the units
	nowWord          // "now"
	ordinalEnd       // "st", "th", "er", glued to a number
	rolling          // "the past", before a unit: counted back from now
	halfTo           // German "halb vier": half before the hour
	pastHour         // "half past", "quarter to"; value: minutes
	zoneWord         // value: index into zones
	era              // value: added to the year; beforeEra for BC
	waiting          // "wait", "timer": lets "for 5 minutes" be a date
	forWord          // "for", after such a word
	follower         // a word that may follow a bare hour: "on", "and"
	common           // a word by which a language is known
	greeting         // "Guten Morgen", "Good afternoon": no date at all
	version          // "version", "room", "page": what follows is no date
	quarterMark      // "Q", before its number
	weekMark         // "KW", before its number
	region           // "Europe", "America": the first part of the name of a zone
	weekOf           // "week of", before a date
	periodWord       // a period in one word or phrase; value: its unit and step, see periodValue
)

// halfCount is the count of "half an hour", for which whole numbers have no room.
const halfCount = -1

// beforeEra marks years that are counted backwards.
const beforeEra = -1

// Units of durations and periods.
const (
	seconds = iota + 1
	minutes
	hours
	days
	workdays
	weeks
	fortnights
	weekends
	months
	quarters
	years
)

// sense is one meaning of a word or phrase.
type sense struct {
	kind  kind
	value int
	lang  language
	shy   bool // also an everyday word; of a count: not exact
	home  bool // an everyday word of another language
}

type language uint8

const (
	everywhere language = iota
	english
	german
	french
	languageCount
)

// table holds the words of a language. Words and phrases are in lower case; several
// with one meaning are parted by "|".
type table struct {
	lang      language
	months    [12]string
	weekdays  [7]string // Sunday first
	units     map[int]string
	counts    map[int]string
	ordinals  map[int]string
	dayWords  map[int]string
	parts     map[int]string
	noon      map[int]string
	pastHour  map[int]string
	edges     map[int]string
	closings  map[int]string
	dirs      map[int]string
	eras      map[int]string
	after     map[int]string  // the period after the next, by unit
	compounds map[int]string  // parts of a day that are written onto a weekday: "Freitagabend"
	plain     map[kind]string // kinds without a value
	shy       string          // months and weekdays that need company, counts that are not exact
	home      string          // words that count only in a text of this language
}

// entry is a phrase of one or more words with its senses.
type entry struct {
	phrase string
	rest   []string // the tokens after the first one
	senses []sense
}

// lexicon finds phrases by their first token, the longest first.
type lexicon map[string][]entry

var words = newLexicon(wordsEnglish, wordsGerman, wordsFrench)

func newLexicon(tables ...table) lexicon {
	l := lexicon{}
	for _, t := range tables {
		l.add(t)
	}
	for i, z := range zones {
		for _, phrase := range strings.Split(z.names, "|") {
			l.put(phrase, sense{kind: zoneWord, value: i})
		}
	}
	for _, name := range strings.Split("europe|america|asia|africa|australia|pacific|atlantic|indian", "|") {
		l.put(name, sense{kind: region})
	}
	for _, entries := range l {
		slices.SortStableFunc(entries, func(a, b entry) int { return len(b.rest) - len(a.rest) })
	}
	return l
}

func (l lexicon) add(t table) {
	for i, phrases := range t.months {
		l.fill(t, month, map[int]string{i + 1: phrases})
	}
	for i, phrases := range t.weekdays {
		l.fill(t, weekday, map[int]string{i: phrases})
	}
	for k, values := range map[kind]map[int]string{
		unit: t.units, count: t.counts, ordinal: t.ordinals, dayWord: t.dayWords, dayPart: t.parts,
		noonWord: t.noon, pastHour: t.pastHour, edge: t.edges, closing: t.closings, direction: t.dirs, era: t.eras,
	} {
		l.fill(t, k, values)
	}
	for u, phrases := range t.after {
		l.fill(t, periodWord, map[int]string{periodValue(u, 2): phrases})
	}
	// "nextweek" is a frequent slip of the finger.
	for step, dirs := range t.dirs {
		for _, u := range []int{weeks, months, years} {
			dir, _, _ := strings.Cut(dirs, "|")
			name := strings.Split(t.units[u], "|")
			if t.lang == english && len(name) > 1 {
				l.fill(t, periodWord, map[int]string{periodValue(u, step): dir + name[1]})
			}
		}
	}
	for i, names := range t.weekdays {
		name, _, _ := strings.Cut(names, "|")
		for part, endings := range t.compounds {
			for _, ending := range strings.Split(endings, "|") {
				l.put(name+ending, sense{kind: weekday, value: i, lang: t.lang})
				l.put(name+ending, sense{kind: dayPart, value: part, lang: t.lang})
			}
		}
	}
	for k, phrases := range t.plain {
		l.fill(t, k, map[int]string{0: phrases})
	}
}

// periodValue packs a unit and how many of them ahead a period is, -1 to 2.
func periodValue(unit, step int) int { return unit*10 + step + 1 }

func (l lexicon) fill(t table, k kind, values map[int]string) {
	shy, home := strings.Split(t.shy, "|"), strings.Split(t.home, "|")
	for v, phrases := range values {
		for _, phrase := range strings.Split(phrases, "|") {
			l.put(phrase, sense{
				kind: k, value: v, lang: t.lang,
				shy:  slices.Contains(shy, phrase) && (k == month || k == weekday || k == count),
				home: slices.Contains(home, phrase),
			})
		}
	}
}

func (l lexicon) put(phrase string, s sense) {
	tokens := tokenize(phrase)
	first := tokens[0].text
	var rest []string
	for _, t := range tokens[1:] {
		rest = append(rest, t.text)
	}
	for i, e := range l[first] {
		if slices.Equal(e.rest, rest) {
			l[first][i].senses = append(e.senses, s)
			return
		}
	}
	l[first] = append(l[first], entry{phrase: phrase, rest: rest, senses: []sense{s}})
}

// match returns the longest phrase at tokens[i]; one without senses if there is none.
func (l lexicon) match(tokens []token, i int) entry {
	for _, e := range l[tokens[i].text] {
		if hasPrefix(tokens[i+1:], e.rest) {
			return e
		}
	}
	return entry{phrase: tokens[i].text}
}

func hasPrefix(tokens []token, texts []string) bool {
	if len(tokens) < len(texts) {
		return false
	}
	for i, text := range texts {
		if tokens[i].text != text {
			return false
		}
	}
	return true
}
