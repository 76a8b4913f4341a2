package summary

import "strings"

// phraseBook finds many fixed phrases in one pass over a text: legal notices are
// looked for in every paragraph of every mail.
type phraseBook struct {
	begins [1 << 15]bool // by a hash of the first four bytes of a phrase
	by     map[string][]phrase
}

type phrase struct {
	text string
	of   int // which list it is from
	at   int // where in that list
}

const phraseKey = 4 // bytes; no phrase is shorter

// newPhraseBook takes lists of phrases of four bytes or more.
func newPhraseBook(lists ...[]string) *phraseBook {
	p := &phraseBook{by: map[string][]phrase{}}
	for of, list := range lists {
		for at, text := range list {
			p.begins[phraseHash(text)] = true
			p.by[text[:phraseKey]] = append(p.by[text[:phraseKey]], phrase{text, of, at})
		}
	}
	return p
}

func phraseHash(s string) uint32 {
	_ = s[phraseKey-1]
	return (uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24) * 2654435761 >> 17
}

// count returns, for each list, how many of its phrases stand in the text.
func (p *phraseBook) count(text string, lists int) []int {
	counts := make([]int, lists)
	var seen map[[2]int]bool
	for i := 0; i+phraseKey <= len(text); i++ {
		if !p.begins[phraseHash(text[i:])] {
			continue
		}
		for _, ph := range p.by[text[i:i+phraseKey]] {
			key := [2]int{ph.of, ph.at}
			if !strings.HasPrefix(text[i:], ph.text) || seen[key] {
				continue
			}
			if seen == nil {
				seen = map[[2]int]bool{}
			}
			seen[key] = true
			counts[ph.of]++
		}
	}
	return counts
}
