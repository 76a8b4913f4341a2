package rules

import (
	"fmt"
	"strings"
	"time"
)

// Verdict is how one rule, with each of its conditions, came out for an item.
type Verdict struct {
	Rule       string      `json:"rule"`
	Line       int         `json:"line"`
	Why        string      `json:"why,omitempty"`
	Matched    bool        `json:"matched"`
	Skipped    string      `json:"skipped,omitempty"` // why it was not looked at
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is one line of when or unless with the values it saw.
type Condition struct {
	Source string         `json:"source"`
	Unless bool           `json:"unless,omitempty"`
	Holds  bool           `json:"holds"`
	Facts  map[string]any `json:"facts"`
	Error  string         `json:"error,omitempty"`
	// Skipped is why it was not evaluated.
	Skipped string `json:"skipped,omitempty"`
}

// Explain is Plan with a verdict for every rule of the set.
func (s *Set) Explain(item *Item, now time.Time) (Plan, []Verdict) {
	run := s.newRun(item, now)
	verdicts := make([]Verdict, len(s.Rules))
	for i, rule := range s.Rules {
		v := &verdicts[i]
		*v = Verdict{Rule: rule.Name, Line: rule.Line, Why: rule.Why}
		switch {
		case !rule.Enabled:
			v.Skipped = "enabled: false"
		case !run.concerns(rule):
			v.Skipped = "on: " + rule.On
		case run.stopped != "" && rule.Never == nil:
			v.Skipped = fmt.Sprintf("%q stopped the list", run.stopped)
		default:
			run.rule(rule, v)
		}
	}
	return run.finish(), verdicts
}

// Facts returns every fact the set can know of an item, by its dotted name's
// root, as read and explain show them.
func (s *Set) Facts(item *Item, now time.Time) map[string]any {
	item.Look()
	e := s.newEnv(item, now, &Plan{})
	e.Sender.Lookalike = s.lookalikeOf(e)
	s.consult(e)
	all := map[string]any{}
	for _, f := range facts {
		if f.name == "event" && item.Role != "event" {
			continue // no mail has one
		}
		if v, err := e.lookup(f.name); err == nil {
			all[f.name] = v
		}
	}
	for name, people := range s.people {
		all["in "+name] = people.Has(item.From)
	}
	if len(item.Header) > 0 {
		all["header"] = item.Header
	}
	return all
}

// seen collects the values of facts, in a form that fits the journal.
func (r *run) seen(names []string) map[string]any {
	values := make(map[string]any, len(names))
	for _, name := range names {
		if field, ok := strings.CutPrefix(name, "header."); ok {
			values[name] = r.env.Header[field]
		} else if question, ok := questionOf(name); ok {
			if yes, asked := r.env.answers[question]; asked {
				values[name] = yes
			}
		} else if v, err := r.env.lookup(name); err == nil {
			values[name] = plainValue(v)
		}
	}
	return values
}

const maxSeen = 20 // addresses or files of one fact that the journal keeps

// plainValue shortens what a condition saw to what a person needs to see.
func plainValue(v any) any {
	switch v := v.(type) {
	case Text:
		return shortened(v.raw, maxSeenText)
	case Address:
		return v.Email
	case []Address:
		return firstOf(v, func(a Address) string { return a.Email })
	case []File:
		return firstOf(v, func(f File) string { return f.Name.raw })
	case time.Duration:
		return v.String()
	case []When:
		return firstOf(v, func(w When) string { return w.Text })
	case []Link:
		return firstOf(v, func(l Link) string { return l.URL })
	case []Amount:
		return firstOf(v, Amount.String)
	case []Event:
		return firstOf(v, Event.name)
	case []Trip:
		return firstOf(v, func(t Trip) string { return t.Title.raw })
	case []string:
		return v[:min(len(v), maxSeen)]
	}
	return v
}

// maxSeenText is how much of a text the journal keeps: bodies are never stored.
const maxSeenText = 200

// shortened is the text with at most so many characters.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

func firstOf[T any](all []T, word func(T) string) []string {
	words := make([]string, 0, min(len(all), maxSeen))
	for _, v := range all[:min(len(all), maxSeen)] {
		words = append(words, word(v))
	}
	return words
}
