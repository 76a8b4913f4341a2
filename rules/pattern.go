package rules

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// pattern is a regular expression; one for texts ignores case. Most texts have none of the
// words that a pattern asks for, and to look for a word is many times quicker
// than to run an expression.
type pattern struct {
	re    *regexp.Regexp
	costs *weights
	words []string // lower case ASCII, one of which an ASCII text must have; nil where nothing is known
}

// maxStates bounds an expression once its repeats are written out.
const maxStates = 1000

var errLargePattern = errors.New("the pattern is too large")

// compilePattern compiles a regular expression that ignores case. RE2 takes time
// linear in the text, whatever the pattern.
func compilePattern(source string) (*pattern, error) {
	p, tree, err := parsePattern("(?i)", source)
	if err == nil {
		p.words = requiredWords(tree)
	}
	return p, err
}

// compileExact compiles a regular expression for what is no prose: an address, the
// URL of a link.
func compileExact(source string) (*pattern, error) {
	p, _, err := parsePattern("", source)
	return p, err
}

func parsePattern(flags, source string) (*pattern, *syntax.Regexp, error) {
	if len(source) > maxPattern {
		return nil, nil, fmt.Errorf("the pattern has %d characters; at most %d are allowed", len(source), maxPattern)
	}
	tree, err := syntax.Parse(flags+source, syntax.Perl)
	if err != nil {
		return nil, nil, fmt.Errorf("the pattern is not valid: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "error parsing regexp: "), "(?i)", ""))
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, nil, fmt.Errorf("the pattern is not valid: %w", err)
	}
	if len(prog.Inst) > maxStates {
		return nil, nil, fmt.Errorf("%w: with its repeats written out it has %d states; at most %d are allowed", errLargePattern, len(prog.Inst), maxStates)
	}
	re, err := regexp.Compile(flags + source)
	if err != nil {
		return nil, nil, fmt.Errorf("the pattern is not valid: %w", err)
	}
	return &pattern{re: re, costs: weigh(prog)}, tree, nil
}

// match reports whether the pattern matches somewhere in the text, if e can bear the
// work.
func (p *pattern) match(e *env, t Text) (bool, error) {
	if err := e.spend(len(p.words) * search(t.folded)); err != nil || p.excludes(t) {
		return false, err
	}
	if err := e.spend(p.costs.of(t.raw)); err != nil {
		return false, err
	}
	return p.re.MatchString(t.raw), nil
}

// excludes reports whether the text has none of the words. Of letters beyond ASCII
// they say nothing: "ſ" matches "s", and an accent may stand by itself.
func (p *pattern) excludes(t Text) bool {
	return p.words != nil && isASCII(t.raw) && !slices.ContainsFunc(p.words, func(w string) bool { return strings.Contains(t.folded, w) })
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
