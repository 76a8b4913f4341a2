package summary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Glossary puts plain words behind the words of a glossary, each where it first
// stands. It remembers which it has explained: take one for a whole agenda. It is
// not to be used by several goroutines at once. A nil *Glossary explains nothing.
type Glossary struct {
	terms []*term
}

// term is a word of a glossary.
type term struct {
	name, plain string
	explained   bool
}

// maxPlain is how many bytes of an explanation are shown.
const maxPlain = 200

// NewGlossary takes words and what they mean. Where a word is part of another,
// the longer one counts.
func NewGlossary(words map[string]string) *Glossary {
	g := &Glossary{}
	for name, plain := range words {
		name = strings.Join(strings.Fields(cleanText(name)), " ")
		plain = strings.Join(strings.Fields(cleanText(plain)), " ")
		plain = strings.TrimRight(cutProse(plain, maxPlain), ". ")
		if name != "" && plain != "" {
			g.terms = append(g.terms, &term{name: name, plain: plain})
		}
	}
	slices.SortFunc(g.terms, func(a, b *term) int {
		if len(a.name) != len(b.name) {
			return len(b.name) - len(a.name)
		}
		return strings.Compare(a.name, b.name)
	})
	return g
}

// Explain returns the text with each word of the glossary explained that was not
// before: "SEV1 (the highest outage level)". Words are whole ones in any case, or
// their plurals; those of links and addresses are left alone.
func (g *Glossary) Explain(text string) string {
	const plenty = 1 << 20
	return g.explain(text, plenty)
}

// explain adds at most room bytes. A word whose explanation does not fit waits
// for the next text.
func (g *Glossary) explain(text string, room int) string {
	if g == nil {
		return text
	}
	type place struct {
		at int
		t  *term
	}
	var places []place
	taken := make([][2]int, 0, 4)
	for _, t := range g.terms {
		from, to := t.find(text, taken)
		if from < 0 {
			continue
		}
		taken = append(taken, [2]int{from, to})
		size := len(t.plain) + len(" ()")
		if t.explained || size > room {
			continue
		}
		room -= size
		t.explained = true
		places = append(places, place{to, t})
	}
	slices.SortFunc(places, func(a, b place) int { return b.at - a.at })
	for _, p := range places {
		text = text[:p.at] + " (" + p.t.plain + ")" + text[p.at:]
	}
	return text
}

// find returns where the word first stands with its plural, but not within what is
// taken, or -1.
func (t *term) find(text string, taken [][2]int) (from, to int) {
	for i := range text {
		end := i + len(t.name)
		if end > len(text) {
			break
		}
		if !strings.EqualFold(text[i:end], t.name) || wordBefore(text[:i]) {
			continue
		}
		end += pluralAt(text[end:])
		if wordAfter(text[end:]) || inLink(text, i) || inAny(taken, i) || strings.HasPrefix(text[end:], " (") {
			continue
		}
		return i, end
	}
	return -1, -1
}

// pluralAt returns the size of the ending of a plural.
func pluralAt(rest string) int {
	for _, ending := range []string{"es", "s", "en", "e"} {
		if strings.HasPrefix(rest, ending) && !wordAfter(rest[len(ending):]) {
			return len(ending)
		}
	}
	return 0
}

func wordBefore(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-')
}

func wordAfter(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	if r == '-' && size < len(text) {
		r, _ = utf8.DecodeRuneInString(text[size:])
	}
	return text != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// inLink says that a place of a text is part of an address of the web or of mail.
func inLink(text string, at int) bool {
	start := strings.LastIndexByte(text[:at], ' ') + 1
	word, _, _ := strings.Cut(text[start:], " ")
	if strings.Contains(word, "://") || strings.Contains(word, "@") {
		return true
	}
	dot := strings.IndexByte(word, '.')
	return dot > 0 && wordAfter(word[dot+1:])
}

func inAny(taken [][2]int, at int) bool {
	return slices.ContainsFunc(taken, func(t [2]int) bool { return t[0] <= at && at < t[1] })
}
