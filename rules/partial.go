package rules

import (
	"slices"
	"strings"
	"time"
)

// Undecided reports whether what the set does to an item hangs on facts that are
// not known: whether a rule that looks at one of them could fire, by all that is
// known. Known is what the item was read for. Where nothing is undecided, Plan
// tells the truth although facts are missing.
func (s *Set) Undecided(item *Item, known Needs, now time.Time) bool {
	run := s.newRun(item, now)
	for _, rule := range s.Rules {
		if rule.Enabled && run.concerns(rule) && !known.Cover(s.needsOfRule(rule)) && run.couldMatch(rule, known) {
			return true
		}
	}
	return false
}

// couldMatch reports whether none of the conditions that can be evaluated keeps the
// rule from firing.
func (r *run) couldMatch(rule *Rule, known Needs) bool {
	for i, list := range [][]*condition{rule.when, rule.unless} {
		for _, c := range list {
			if c.asks || !known.Cover(needsOfFacts(c.facts)) || strings.Contains(c.source, "matched(") || strings.Contains(c.source, "labelled(") {
				continue // what the rules above do may be undecided, too
			}
			holds, err := r.holds(c)
			if err == nil && holds != (i == 0) {
				return false
			}
		}
	}
	return true
}

// needsOfRule are what the rule's conditions and its actions look at.
func (s *Set) needsOfRule(r *Rule) Needs {
	if n, ok := s.ruleNeeds.Load(r); ok {
		return n.(Needs)
	}
	n := needsOfFacts(s.factsOfRule(r))
	s.ruleNeeds.Store(r, n)
	return n
}

func needsOfFacts(names []string) (n Needs) {
	for _, name := range names {
		if field, ok := strings.CutPrefix(name, "header."); ok {
			n.addHeaders(field)
			continue
		}
		if _, ok := questionOf(name); ok {
			n.add(factByName["text"])
			continue
		}
		n.add(factByName[rootOf(name)])
		n.add(partFacts[name])
	}
	// Conversations are known by the journal, without the fields that name them.
	n.Headers = slices.DeleteFunc(n.Headers, func(h string) bool { return n.History && slices.Contains(threadHeaders, h) })
	return n
}
