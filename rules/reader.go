package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reader walks the nodes of a rules file and notes every problem with its
// place, instead of stopping at the first.
type reader struct {
	file     string
	lines    []string
	problems Problems
}

func newReader(file string, data []byte) *reader {
	return &reader{file: file, lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
}

func (d *reader) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

func (d *reader) fail(n *yaml.Node, hint, format string, args ...any) {
	d.failAt(place{n.Line, n.Column}, hint, format, args...)
}

// failWith notes an error that says, behind a semicolon, what to write instead.
func (d *reader) failWith(n *yaml.Node, err error) {
	message, hint, _ := strings.Cut(err.Error(), "; ")
	d.fail(n, hint, "%s", message)
}

func (d *reader) failAt(at place, hint, format string, args ...any) {
	p := Problem{File: d.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...), Hint: hint}
	if line := d.line(at.line); len(line) <= maxShown {
		p.Source = line
	}
	d.problems = append(d.problems, p)
}

func (d *reader) warnAt(at place, hint, format string, args ...any) {
	d.failAt(at, hint, format, args...)
	d.problems[len(d.problems)-1].Warning = true
}

// document parses the file and returns its top mapping, or nil.
func (d *reader) document(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		d.syntax(err)
		return nil
	}
	if len(doc.Content) == 0 {
		d.failAt(place{1, 1}, "begin with: version: 1", "the file is empty")
		return nil
	}
	if root := doc.Content[0]; d.plainNodes(root) && d.isMapping(root, "the file") {
		return root
	}
	return nil
}

// plainNodes refuses tags, anchors and aliases: nobody writes them on purpose in
// a rules file, and "!toMe" is one by accident.
func (d *reader) plainNodes(n *yaml.Node) bool {
	before := len(d.problems)
	switch {
	case n.Kind == yaml.AliasNode:
		d.fail(n, "repeat the lines, or put the condition in quotes if * is part of it", "aliases (*name) are not used in rules files")
	case n.Anchor != "":
		d.fail(n, "put the text in quotes if & is part of it", "anchors (&name) are not used in rules files")
	case n.Style&yaml.TaggedStyle != 0 && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		word := strings.TrimPrefix(n.Tag, "!")
		d.fail(n, fmt.Sprintf("write: not %s", word), "to YAML a word that begins with ! is a tag, so the condition %q is lost", n.Tag)
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "leave the tag out", "tags (%s) are not used in rules files", n.Tag)
	}
	for _, child := range n.Content {
		d.plainNodes(child)
	}
	return len(d.problems) == before
}

func (d *reader) isMapping(n *yaml.Node, what string) bool {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "", "%s must be a list of names with values (name: value)", what)
		return false
	}
	return true
}

// mapping calls read for every key of a mapping. Keys that read does not take
// are unknown; a key that stands twice is refused.
func (d *reader) mapping(n *yaml.Node, what string, keys []string, read func(key, value *yaml.Node)) {
	if !d.isMapping(n, what) {
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if line, dup := seen[key.Value]; dup {
			d.fail(key, "keep one of the two", "%q stands twice in %s (first in line %d)", key.Value, what, line)
			continue
		}
		seen[key.Value] = key.Line
		if d.splitByComma(n, i) {
			i += 2
			continue
		}
		if keys != nil && !contains(keys, key.Value) {
			d.fail(key, suggestion(key.Value, keys), "%s has no %q", what, key.Value)
			continue
		}
		read(key, value)
	}
}

// splitByComma finds a value in { } that a comma inside its brackets has cut in
// two: the rest then stands as the next name.
func (d *reader) splitByComma(n *yaml.Node, i int) bool {
	if n.Style&yaml.FlowStyle == 0 || i+3 >= len(n.Content) {
		return false
	}
	value, rest := n.Content[i+1], n.Content[i+2]
	quoted := yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	if value.Kind != yaml.ScalarNode || value.Style&quoted != 0 || openBrackets(value.Value) <= 0 || openBrackets(rest.Value) >= 0 {
		return false
	}
	d.fail(value, "put the whole condition in single quotes", "the comma inside the brackets ends the condition in { }")
	return true
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

func suggestion(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "there are: " + strings.Join(candidates, ", ")
}

// items returns the elements of a sequence, or the node itself where a single
// value stands in its place.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (d *reader) scalar(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, "", "%s takes one word or text", what)
		return "", false
	}
	return n.Value, true
}

// text reads a scalar that is not empty.
func (d *reader) text(n *yaml.Node, what string) (string, bool) {
	s, ok := d.scalar(n, what)
	if ok && strings.TrimSpace(s) == "" {
		d.fail(n, "", "%s is empty", what)
		return "", false
	}
	return s, ok
}

func (d *reader) boolean(n *yaml.Node, what string) (bool, bool) {
	s, ok := d.scalar(n, what)
	if !ok {
		return false, false
	}
	switch s {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	d.fail(n, "", "%s takes true or false, not %q", what, s)
	return false, false
}

// texts reads a text or a list of texts.
func (d *reader) texts(n *yaml.Node, what string) []string {
	var all []string
	for _, item := range items(n) {
		if s, ok := d.text(item, what); ok {
			all = append(all, s)
		}
	}
	return all
}

var syntaxLine = regexp.MustCompile(`line (\d+)(?:,? column (\d+))?`)

// syntax puts an error of the YAML library into our words, with the usual
// causes in this language.
func (d *reader) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at := place{1, 1}
	if m := syntaxLine.FindStringSubmatch(message); m != nil {
		at.line, _ = strconv.Atoi(m[1])
		at.line = min(at.line, len(d.lines))
		message = strings.TrimLeft(strings.Replace(message, m[0], "", 1), ":, ")
		if m[2] != "" {
			at.column, _ = strconv.Atoi(m[2])
		}
	}
	// The library often names the line after the one that is wrong.
	for line := at.line; line >= max(1, at.line-1); line-- {
		if column, hint := trapIn(d.line(line)); hint != "" {
			d.failAt(place{line, column}, hint, "YAML can't read this line")
			return
		}
	}
	if strings.Contains(d.line(at.line), "\t") {
		d.failAt(at, "indent with spaces", "YAML can't read this line: it has a tab")
		return
	}
	d.failAt(at, "check the indentation, the quotes and the brackets above this line", "YAML can't read this: %s", message)
}

var (
	quotedStart  = regexp.MustCompile(`^(\s*(?:-\s+)?(?:[\w-]+:\s+)?(?:-\s+)?)("[^"]*"|'[^']*')\s*[^\s#,\]}:]`)
	colonInside  = regexp.MustCompile(`^(\s*(?:-\s+)?[\w-]+:\s+)([^"'\[{|>#].*: .*)$`)
	unclosedFlow = regexp.MustCompile(`^(\s*(?:-\s+)?[\w-]+:\s+)(\[.*)$`)
)

// trapIn recognises the ways in which a condition breaks YAML.
func trapIn(line string) (column int, hint string) {
	if m := quotedStart.FindStringSubmatch(line); m != nil {
		return len([]rune(m[1])) + 1, "the line begins with a quote, so YAML ends the text there: put the whole condition in single quotes"
	}
	if m := colonInside.FindStringSubmatch(line); m != nil {
		return len([]rune(m[1])) + 1, `": " inside the text begins a new name to YAML: put the whole condition in single quotes`
	}
	if m := unclosedFlow.FindStringSubmatch(line); m != nil {
		return len([]rune(m[1])) + 1, "a list in [ ] is broken here: write one condition a line, each behind a dash"
	}
	return 0, ""
}
