package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one finding in a file that a person wrote, with the place where
// they will look for it.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in characters
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do about it
	Source  string `json:"source,omitempty"`
	Warning bool   `json:"warning,omitempty"` // the file still loads
}

// Error is the finding in one line, as editors and compilers write it.
func (p Problem) Error() string {
	level := ""
	if p.Warning {
		level = "warning: "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, level, p.Message)
}

// Pretty is the finding with the line it stands in, a caret below the place and
// the hint.
func (p Problem) Pretty() string {
	var b strings.Builder
	b.WriteString(p.Error())
	if p.Source != "" {
		margin := fmt.Sprintf("%5d | ", p.Line)
		fmt.Fprintf(&b, "\n%s%s", margin, strings.ReplaceAll(p.Source, "\t", " "))
		fmt.Fprintf(&b, "\n%s^", strings.Repeat(" ", len(margin)+caretOffset(p)))
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "\n        %s", p.Hint)
	}
	return b.String()
}

func caretOffset(p Problem) int {
	return min(max(p.Column-1, 0), utf8.RuneCountInString(p.Source))
}

// Problems are the findings of one file, in the order of their lines. As an
// error it means that the file was refused whole.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Pretty()
	}
	return strings.Join(lines, "\n\n")
}

// What is shown of a file's mistakes: one that is wrong as a whole would otherwise
// answer with itself many times over.
const (
	mostProblems = 100
	maxShown     = 2 * maxSource // bytes of a line: a condition may be long
)

// first are as many problems as somebody reads, and how many there are besides.
func (ps Problems) first() Problems {
	if len(ps) <= mostProblems {
		return ps
	}
	last := ps[mostProblems]
	last.Message, last.Hint, last.Source = fmt.Sprintf("and %d more from here on", len(ps)-mostProblems), "mend those above first", ""
	return append(slices.Clone(ps[:mostProblems]), last)
}

// Errors leaves out the warnings.
func (ps Problems) Errors() Problems {
	var errs Problems
	for _, p := range ps {
		if !p.Warning {
			errs = append(errs, p)
		}
	}
	return errs
}

// Suggest returns the candidate that word was most likely meant to be, or ""
// where none is near.
func Suggest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+2
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours (optimal string alignment).
func editDistance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	before, last := make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		row := make([]int, len(rb)+1)
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(rb)]
}
