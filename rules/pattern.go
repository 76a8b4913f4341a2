package rules

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is a regular expression that ignores case. Most texts have none of the
// words that a pattern asks for, and to look for a word is many times quicker
// than to run an expression.
type pattern struct {
	re    *regexp.Regexp
	words []string // lower case ASCII, one of which an ASCII text must have; nil where nothing is known
}

// compilePattern compiles a regular expression that ignores case. RE2 takes time
// linear in the text, whatever the pattern.
func compilePattern(source string) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d characters; at most %d are allowed", len(source), maxPattern)
	}
	re, err := regexp.Compile("(?i)" + source)
	if err != nil {
		return nil, fmt.Errorf("the pattern is not valid: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "error parsing regexp: "), "(?i)", ""))
	}
	p := &pattern{re: re}
	if tree, err := syntax.Parse("(?i)"+source, syntax.Perl); err == nil {
		p.words = requiredWords(tree)
	}
	return p, nil
}

// match reports whether the pattern matches somewhere in the text. Of letters
// beyond ASCII the words say nothing: "ſ" matches "s", and an accent may stand
// by itself.
func (p *pattern) match(t Text) bool {
	if p.words != nil && isASCII(t.raw) && !slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(t.folded, w) }) {
		return false
	}
	return p.re.MatchString(t.raw)
}

// mostWords bounds the words of a pattern: with more, looking for them costs as
// much as the expression.
const mostWords = 16

// requiredWords returns words of which a text has one at least if the expression
// matches it, or nil.
func requiredWords(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if word := string(re.Rune); isASCII(word) {
			return []string{strings.ToLower(word)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredWords(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredWords(re.Sub[0])
		}
	case syntax.OpConcat:
		return bestWords(re.Sub)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			words := requiredWords(sub)
			if all = append(all, words...); words == nil || len(all) > mostWords {
				return nil
			}
		}
		return all
	}
	return nil
}

// bestWords chooses the part of a sequence whose shortest word is the longest:
// the fewest texts have it.
func bestWords(parts []*syntax.Regexp) (best []string) {
	longest := 0
	for _, part := range parts {
		words := requiredWords(part)
		if words == nil {
			continue
		}
		shortest := len(slices.MinFunc(words, func(a, b string) int { return len(a) - len(b) }))
		if shortest > longest {
			best, longest = words, shortest
		}
	}
	return best
}
