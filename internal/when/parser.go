package when

import (
	"strings"
	"time"
)

// atom is a word, phrase, number or mark of the text with its senses.
type atom struct {
	token
	senses []sense
}

// parser holds a text in atoms. Its productions take the index of an atom and return
// what they read, the index after it, and whether they read anything. None looks
// further than a fixed number of atoms ahead, so the cost is linear.
type parser struct {
	text   string
	atoms  []atom
	cal    Calendar
	lean   language // the language of most of the words
	today  time.Time
	places map[string]*time.Location

	lastDay time.Time // the day of the span before, and where it ended
	lastEnd int
}

func newParser(text string, c Calendar) *parser {
	p := &parser{text: text, cal: c, places: map[string]*time.Location{}}
	p.today = c.today()
	tokens := tokenize(text)
	p.atoms = make([]atom, 0, len(tokens))
	var votes [languageCount]int
	for i := 0; i < len(tokens); {
		a, n := atom{token: tokens[i]}, 1
		if a.shape == word || a.text == "@" {
			e := words.match(tokens, i)
			if e.phrase != "day" && a.text == "day" && i > 0 && tokens[i-1].shape == number {
				e = words.match(tokens[:i+1], i) // "2 day before yesterday" is counted from yesterday
			}
			n += len(e.rest)
			a.text, a.senses, a.end = e.phrase, e.senses, tokens[i+n-1].end
			vote(&votes, a.senses)
		}
		p.atoms = append(p.atoms, a)
		i += n
	}
	p.settle(votes)
	return p
}

// vote counts a word for a language if no other language knows it.
func vote(votes *[languageCount]int, senses []sense) {
	var only language
	for _, s := range senses {
		if s.lang == everywhere || only != everywhere && s.lang != only {
			return
		}
		only = s.lang
	}
	if only != everywhere {
		votes[only]++
	}
}

// settle decides on a language, English if in doubt, and drops the senses of words
// that count only at home in another.
func (p *parser) settle(votes [languageCount]int) {
	p.lean = english
	for l := english; l < languageCount; l++ {
		if votes[l] > votes[p.lean] {
			p.lean = l
		}
	}
	for i := range p.atoms {
		p.atoms[i].senses = p.atHome(p.atoms[i].senses)
	}
}

func (p *parser) atHome(senses []sense) []sense {
	for i, s := range senses {
		if s.home && s.lang != p.lean {
			rest := append([]sense(nil), senses[:i]...)
			return append(rest, p.atHome(senses[i+1:])...)
		}
	}
	return senses
}

// nothing stands before the first atom and after the last one.
var nothing = atom{token: token{shape: mark, text: paragraph, space: true}}

func (p *parser) at(i int) *atom {
	if i < 0 || i >= len(p.atoms) {
		return &nothing
	}
	return &p.atoms[i]
}

// find returns the sense of the wanted kind that atom i has.
func (p *parser) find(i int, k kind) (sense, bool) {
	for _, s := range p.at(i).senses {
		if s.kind == k {
			return s, true
		}
	}
	return sense{}, false
}

func (p *parser) is(i int, kinds ...kind) bool {
	for _, s := range p.at(i).senses {
		for _, k := range kinds {
			if s.kind == k {
				return true
			}
		}
	}
	return false
}

// mark says whether atom i is one of the marks.
func (p *parser) mark(i int, marks string) bool {
	a := p.at(i)
	return a.shape == mark && a.text != paragraph && strings.Contains(marks, a.text)
}

// glued says whether atom i follows the one before without a space.
func (p *parser) glued(i int) bool { return !p.at(i).space }

// number returns the value of atom i if it is a number with min to max digits.
func (p *parser) number(i, minDigits, maxDigits int) (int, bool) {
	a := p.at(i)
	if a.shape != number || len(a.text) < minDigits || len(a.text) > maxDigits {
		return 0, false
	}
	return a.num, true
}

// alone says whether nothing on its left makes atom i a part of something larger: a
// sum, a version, a telephone number.
func (p *parser) alone(i int) bool {
	left := p.at(i - 1)
	if p.glued(i) && i > 0 {
		return p.openMark(i-1) || p.mark(i-1, "/") && p.isInterval(i-1)
	}
	if left.shape == number {
		return len(left.text) < 5 && !p.mark(i-2, "+(") || left.text == paragraph
	}
	return !p.mark(i-1, "$€£¥#+%") && !p.is(i-1, version) && !(p.mark(i-1, ".:#°") && p.glued(i-1) && p.is(i-2, version))
}

// isInterval says whether the second date of "2026-12-14/2026-12-18" follows the slash.
func (p *parser) isInterval(i int) bool {
	_, ok := p.number(i+1, 4, 4)
	return ok && p.mark(i, "/") && p.at(i-1).shape == number && p.mark(i-2, "-") && p.mark(i+2, "-") && p.at(i+3).shape == number
}

// openMark says whether a mark may stand glued before a date.
func (p *parser) openMark(i int) bool {
	if p.at(i).shape != mark {
		return false
	}
	if p.mark(i, "-,:") {
		return p.at(i-1).shape != number && (!p.glued(i) || p.mark(i, ":,"))
	}
	return p.mark(i, "([{'\"*~>;«„“”‚@…") || p.mark(i, ".") && p.mark(i-1, ".")
}

// ends says whether a number may end before atom i: nothing is glued to it that
// would make it longer, and it is not a sum of money or a percentage.
func (p *parser) ends(i int) bool {
	a := p.at(i)
	if i >= len(p.atoms) || a.text == paragraph {
		return true
	}
	if p.mark(i, "%€$£°") {
		return false
	}
	if a.space {
		return true
	}
	if a.shape != mark {
		return false
	}
	if p.mark(i, ".,:-/+") && p.at(i+1).shape == number && p.glued(i+1) {
		return p.mark(i, "-") && a.text != p.text[a.off:a.end]
	}
	return !p.mark(i, "_=@\\#&")
}

// clauseEnds says whether a bare number before atom i is not the number of something:
// the sentence stops, or goes on with a word that no noun phrase starts with.
func (p *parser) clauseEnds(i int) bool {
	a := p.at(i)
	if i >= len(p.atoms) || a.text == paragraph {
		return true
	}
	if a.shape == mark {
		if p.at(i+1).shape == number {
			return p.mark(i, ".,;:!?)]\"'*") && !p.glued(i+1)
		}
		return p.mark(i, ".,;:!?)]\"'*") || p.mark(i, "-(") && a.space
	}
	return p.is(i, follower, seal, zoneWord, weekday, dayWord) && a.shape == word
}

// stops says whether a sentence stops at atom i.
func (p *parser) stops(i int) bool {
	a := p.at(i)
	return a.text == paragraph || p.mark(i, ".!?;") && p.at(i+1).space && p.at(i-1).shape != number
}
