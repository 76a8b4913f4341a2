package summary

import "strings"

// phraseBook finds many fixed phrases in one pass over a text, whatever the case
// of its ASCII letters: legal notices are looked for in every paragraph of every
// mail.
type phraseBook struct {
	begins [1 << 15]bool // by a hash of the first four bytes of a phrase
	by     map[uint32][]phrase
}

type phrase struct {
	text string
	of   int // which list it is from
	at   int // where in that list
}

const phraseKey = 4 // bytes; no phrase is shorter

// newPhraseBook takes lists of phrases in lower case, of four bytes or more.
func newPhraseBook(lists ...[]string) *phraseBook {
	p := &phraseBook{by: map[uint32][]phrase{}}
	for of, list := range lists {
		for at, text := range list {
			var key uint32
			for i := range phraseKey {
				key = key<<8 | uint32(text[i])
			}
			p.begins[phraseHash(key)] = true
			p.by[key] = append(p.by[key], phrase{text, of, at})
		}
	}
	return p
}

func phraseHash(key uint32) uint32 { return key * 2654435761 >> 17 }

// count returns, for each list, how many of its phrases stand in the text.
func (p *phraseBook) count(text string, lists int) []int {
	counts := make([]int, lists)
	var seen map[[2]int]bool
	var key uint32
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if key = key<<8 | uint32(c); i+1 < phraseKey || !p.begins[phraseHash(key)] {
			continue
		}
		from := i + 1 - phraseKey
		for _, ph := range p.by[key] {
			id := [2]int{ph.of, ph.at}
			if len(text)-from < len(ph.text) || !strings.EqualFold(text[from:from+len(ph.text)], ph.text) || seen[id] {
				continue
			}
			if seen == nil {
				seen = map[[2]int]bool{}
			}
			seen[id] = true
			counts[ph.of]++
		}
	}
	return counts
}
