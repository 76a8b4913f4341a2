package config

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/rules"
)

// What is shown of a file's mistakes: a file that is wrong as a whole would
// otherwise answer with itself many times over.
const (
	maxProblems = 50
	maxSource   = 300 // bytes of a line that is shown
)

// reader walks the YAML nodes of one file and collects what is wrong with it.
type reader struct {
	file     string // as the caller named it
	dir      string // relative paths start here
	lines    []string
	hidden   map[int]int // line → column from which it is not shown: a secret may stand there
	problems rules.Problems
	more     int // problems beyond maxProblems
}

// lineBreaks are those of YAML 1.1, by which the parser counts lines.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func newReader(file, dir, text string) *reader {
	return &reader{file: file, dir: dir, lines: strings.Split(lineBreaks.Replace(text), "\n"), hidden: map[int]int{}}
}

// report notes a mistake at a node. The hint says what to do; it may be empty.
func (r *reader) report(at *yaml.Node, hint, format string, args ...any) {
	r.reportAt(at.Line, at.Column, hint, fmt.Sprintf(format, args...))
}

func (r *reader) reportAt(line, column int, hint, message string) {
	if len(r.problems) == maxProblems {
		r.more++
		return
	}
	r.problems = append(r.problems, rules.Problem{
		File: r.file, Line: max(line, 1), Column: max(column, 1), Message: message, Hint: hint,
	})
}

// hide keeps a line from being shown from this value on.
func (r *reader) hide(value *yaml.Node) {
	if at, ok := r.hidden[value.Line]; !ok || value.Column < at {
		r.hidden[value.Line] = value.Column
	}
}

// finish returns the problems by place. Their lines are added only now, when
// all that must not be shown is known.
func (r *reader) finish() rules.Problems {
	for i := range r.problems {
		r.problems[i].Source = r.source(r.problems[i].Line)
	}
	slices.SortStableFunc(r.problems, func(a, b rules.Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if r.more > 0 {
		r.problems[len(r.problems)-1].Hint += fmt.Sprintf(" (%d more mistakes are not shown)", r.more)
	}
	return r.problems
}

func (r *reader) source(line int) string {
	if line > len(r.lines) {
		return ""
	}
	text := r.lines[line-1]
	if column, ok := r.hidden[line]; ok {
		text = firstRunes(text, column-1) + "…"
	}
	if len(text) > maxSource {
		return ""
	}
	return text
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// document parses the text and returns its one mapping, or nil after reporting
// why there is none.
func (r *reader) document(text string) *yaml.Node {
	if !r.legible(text) {
		return nil
	}
	loader, err := yaml.NewLoader(strings.NewReader(text))
	if err != nil {
		r.syntax(err)
		return nil
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		r.reportAt(1, 1, "copy foredesk.example.yaml and fill it in", "the file is empty")
		return nil
	} else if err != nil {
		r.syntax(err)
		return nil
	}
	if err := loader.Load(&second); err == nil {
		r.hide(&second)
		r.report(&second, `take out the line "---" and what follows it`, "a second document begins here; the file must be one")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	return doc.Content[0]
}

// legible finds bytes that no text file has, for which the parser gives no place.
func (r *reader) legible(text string) bool {
	line, column := 1, 1
	for i, c := range text {
		_, width := utf8.DecodeRuneInString(text[i:])
		if c == utf8.RuneError && width == 1 {
			r.reportAt(line, column, "save the file as UTF-8", "this is not UTF-8 text")
			return false
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			r.reportAt(line, column, "take it out", fmt.Sprintf("control character %U", c))
			return false
		}
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return true
}

// secretWord finds lines that may hold a secret, where the parser could not say
// what is a key and what is a value.
var secretWord = regexp.MustCompile(`(?i)pas|pwd|token|secret|://`)

// syntax reports an error of the YAML parser.
func (r *reader) syntax(err error) {
	loadErr, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		r.reportAt(1, 1, "", "this is not YAML: "+err.Error())
		return
	}
	mark := loadErr.Mark
	if mark.Line > 0 && mark.Line <= len(r.lines) && secretWord.MatchString(r.lines[mark.Line-1]) {
		r.hide(&yaml.Node{Line: mark.Line, Column: 1})
	}
	if loadErr.Stage == "composer" {
		// The parser's message would repeat the alias, which may be a password
		// that begins with a star.
		r.reportAt(mark.Line, mark.Column, aliasHint, aliasMessage)
		return
	}
	message := "this is not YAML: " + loadErr.Message
	if loadErr.ContextMsg != "" {
		message += " " + loadErr.ContextMsg
	}
	r.reportAt(mark.Line, mark.Column, "indent with spaces, and put texts with : # { [ * & ! in quotes", message)
}

const (
	aliasMessage = "aliases are not used in this file"
	aliasHint    = "write the value out; a text that begins with * goes in quotes"
)

// literal refuses what makes a node mean something else than it says: aliases and
// tags. It also stops alias bombs, as no alias is ever followed.
func (r *reader) literal(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.hide(n)
		r.report(n, aliasHint, aliasMessage)
	case n.Style&yaml.TaggedStyle != 0:
		r.hide(n)
		r.report(n, "take it out; a text that begins with ! goes in quotes", "tags are not used in this file")
	default:
		return true
	}
	return false
}
