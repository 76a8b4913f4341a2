package summary

import "strings"

// phraseBook finds many fixed phrases in one pass over a text: legal notices are
// looked for in every paragraph of every mail.
type phraseBook struct {
	begins [1 << 16]bool // by the first two bytes of a phrase
	byPair map[uint16][]phrase
}

type phrase struct {
	text string
	of   int // which list it is from
	at   int // where in that list
}

// newPhraseBook takes lists of phrases of two bytes or more.
func newPhraseBook(lists ...[]string) *phraseBook {
	p := &phraseBook{byPair: map[uint16][]phrase{}}
	for of, list := range lists {
		for at, text := range list {
			pair := pairAt(text, 0)
			p.begins[pair] = true
			p.byPair[pair] = append(p.byPair[pair], phrase{text, of, at})
		}
	}
	return p
}

func pairAt(s string, i int) uint16 { return uint16(s[i])<<8 | uint16(s[i+1]) }

// count returns, for each list, how many of its phrases stand in the text.
func (p *phraseBook) count(text string, lists int) []int {
	counts, seen := make([]int, lists), map[[2]int]bool{}
	for i := 0; i+1 < len(text); i++ {
		pair := pairAt(text, i)
		if !p.begins[pair] {
			continue
		}
		for _, ph := range p.byPair[pair] {
			if key := [2]int{ph.of, ph.at}; strings.HasPrefix(text[i:], ph.text) && !seen[key] {
				seen[key] = true
				counts[ph.of]++
			}
		}
	}
	return counts
}
