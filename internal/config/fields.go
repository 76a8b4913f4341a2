package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/rules"
)

// keys are those of one kind of mapping.
type keys struct {
	of    string   // what the mapping is, for messages
	like  string   // what to write, for who wrote no mapping
	known []string // keys that are read
	later []string // keys of later versions, refused by name
	open  []string // keys that would hold a secret in the open
}

// fields is one mapping whose keys have been checked.
type fields struct {
	*reader
	keys
	at     *yaml.Node // where to say that something is missing
	values map[string]*yaml.Node
	meant  map[string]bool // keys that a misspelt one was taken for
}

const openHint = "put it in a file of its own, run: chmod 600 FILE, and name that: %[1]s_file: FILE " +
	"(or %[1]s_env: NAME, %[1]s_command: [PROGRAM, ARGUMENT], %[1]s_credential: NAME)"

// fields checks that n is a mapping of known keys, each once. It returns an
// empty one otherwise; ok says whether there is any use in looking further.
func (r *reader) fields(n, at *yaml.Node, k keys) (f fields, ok bool) {
	f = fields{reader: r, keys: k, at: at, values: map[string]*yaml.Node{}, meant: map[string]bool{}}
	if !r.literal(n) {
		return f, false
	}
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, k.of, "a mapping (key: value)", k.like)
		return f, false
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if first, twice := lines[key.Value]; twice {
			r.hide(value)
			r.report(key, "keep one of them", "%.64q stands twice here, first in line %d", key.Value, first)
			continue
		}
		lines[key.Value] = key.Line
		f.take(key, value)
	}
	return f, true
}

// take files a value under its key, or says why the key cannot stand here. The
// value of such a key is never shown: it may be a password under a misspelt name.
func (f fields) take(key, value *yaml.Node) {
	if key.Kind == yaml.ScalarNode && slices.Contains(f.known, key.Value) {
		f.values[key.Value] = value
		return
	}
	f.hide(value)
	if key.Kind != yaml.ScalarNode {
		f.hide(key)
		f.report(key, "write key: value", "this is not a key")
		return
	}
	word := f.nearest(key.Value)
	f.meant[word] = true
	switch {
	case slices.Contains(f.later, word):
		f.report(key, "take it out until the version that has it", "this version does not have %q yet", word)
	case slices.Contains(f.open, word):
		f.meant[word+"_file"] = true
		f.report(key, fmt.Sprintf(openHint, word), "a %s does not stand in this file", word)
	case word != "":
		f.report(key, fmt.Sprintf("did you mean %q?", word), "%s has no key %.64q", f.of, key.Value)
	default:
		f.report(key, "its keys are "+strings.Join(f.known, ", "), "%s has no key %.64q", f.of, key.Value)
	}
}

// nearest returns the key that a word is, or was most likely meant to be.
func (f fields) nearest(word string) string {
	candidates := slices.Concat(f.later, f.open, f.known)
	if slices.Contains(candidates, word) {
		return word
	}
	if len(word) > 64 {
		return ""
	}
	return rules.Suggest(word, candidates)
}

// missing reports a key that has to be there, unless it is there misspelt and
// that has been told.
func (f fields) missing(key, hint string) {
	if f.meant[key] {
		return
	}
	f.report(f.at, hint, "%s has no %q", f.of, key)
}

// text returns the text under key, or "" where there is none or it is no text.
func (f fields) text(key string) string {
	if n := f.values[key]; n != nil {
		return f.textOf(n, key)
	}
	return ""
}

// required is text for a key that has to be there.
func (f fields) required(key, hint string) string {
	if f.values[key] == nil {
		f.missing(key, hint)
	}
	return f.text(key)
}

// textOf reads a scalar that is a non-empty text on one line.
func (r *reader) textOf(n *yaml.Node, name string) string {
	switch {
	case !r.literal(n):
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
		r.wrongKind(n, name, "a text", "")
	case n.Tag != "!!str":
		r.report(n, "put it in quotes", "%s must be a text, not %s", name, kindOf(n))
	case strings.TrimSpace(n.Value) == "":
		r.report(n, "", "%s is empty", name)
	case strings.ContainsFunc(n.Value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		r.report(n, "", "%s must be one line without control characters", name)
	default:
		return n.Value
	}
	return ""
}

// texts reads a list of texts, each once. It returns nil where there is none.
func (f fields) texts(key string, same func(a, b string) bool) []string {
	n := f.values[key]
	if n == nil || !f.literal(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		f.wrongKind(n, key, "a list such as [a, b]", "a single one stands in brackets, too")
		return nil
	}
	if len(n.Content) == 0 {
		f.report(n, "", "%s is an empty list", key)
	}
	var out []string
	for _, item := range n.Content {
		text := f.textOf(item, "each of "+key)
		if text == "" {
			continue
		}
		if same != nil && slices.ContainsFunc(out, func(s string) bool { return same(s, text) }) {
			f.report(item, "keep one of them", "%q stands twice in %s", text, key)
			continue
		}
		out = append(out, text)
	}
	return out
}

// scalar returns the node under key, or nil where there is none of that kind.
func (f fields) scalar(key string) *yaml.Node {
	n := f.values[key]
	if n == nil || !f.literal(n) {
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		f.wrongKind(n, key, "a single value", "")
		return nil
	}
	return n
}

// number reads an integer from low to high, or returns fallback.
func (f fields) number(key string, low, high, fallback int) int {
	n := f.scalar(key)
	if n == nil {
		return fallback
	}
	v, err := strconv.Atoi(n.Value)
	if n.Tag != "!!int" || err != nil || v < low || v > high {
		f.report(n, "", "%s must be a whole number from %d to %d", key, low, high)
		return fallback
	}
	return v
}

// duration reads a length of time from low to high, or returns fallback.
func (f fields) duration(key string, low, high, fallback time.Duration) time.Duration {
	n := f.scalar(key)
	if n == nil {
		return fallback
	}
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < low || v > high {
		f.report(n, "write a number and its unit: 30s, 2m", "%s must be a length of time from %s to %s", key, low, high)
		return fallback
	}
	return v
}

// boolean reads true or false, which also holds where there is none.
func (f fields) boolean(key string) bool {
	n := f.scalar(key)
	if n != nil && n.Tag != "!!bool" {
		f.report(n, "", "%s must be true or false", key)
	}
	return n != nil && n.Value == "true"
}

// choice reads one of a few words; the first is the default.
func (f fields) choice(key string, words ...string) string {
	return f.choiceWith(key, "", words...)
}

// choiceWith is choice with a hint for any other word, where one can't be guessed.
func (f fields) choiceWith(key, hint string, words ...string) string {
	n := f.values[key]
	text := f.text(key)
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		if s := rules.Suggest(text, words); s != "" && hint == "" {
			hint = fmt.Sprintf("did you mean %q?", s)
		}
		f.report(n, hint, "%s must be one of %s", key, strings.Join(words, ", "))
		return words[0]
	}
	return text
}

// wrongKind reports a value whose form is wrong. Nothing looks into it, so it
// may hold anything and is not shown.
func (r *reader) wrongKind(n *yaml.Node, name, wanted, hint string) {
	shown := n
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 1 {
		shown = n.Content[1] // a block mapping begins with its first key
	}
	r.hide(shown)
	r.report(n, hint, "%s must be %s, not %s", name, wanted, kindOf(n))
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping (key: value)"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "true or false"
	case n.Tag == "!!timestamp":
		return "a date"
	default:
		return "a text"
	}
}
