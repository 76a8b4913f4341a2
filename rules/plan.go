package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Plan is what a rule set does to one item: plain data, the same for a dry run,
// for explain and for the daemon.
type Plan struct {
	Effects  []Effect
	Matches  []Match   // the rules that matched, in order
	Dropped  []Dropped // effects that a rule above had decided otherwise
	Failures []Failure // rules that could not be evaluated for this item
}

// Match is a rule that matched, with the values its conditions saw.
type Match struct {
	Rule  string         `json:"rule"`
	Facts map[string]any `json:"facts"`
}

// Dropped is an effect that lost against one of a rule above.
type Dropped struct {
	Effect Effect `json:"effect"`
	Winner Effect `json:"winner"`
}

// Failure is a rule that could not be evaluated: it did not fire, and the item
// went on to the rules below.
type Failure struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

// Plan says what the set would do to the item at the time now. It looks at
// nothing else and changes nothing.
func (s *Set) Plan(item *Item, now time.Time) Plan {
	run := s.newRun(item, now)
	for i := range s.index.candidates(run.env) {
		if run.rule(s.Rules[i], nil) {
			break
		}
	}
	return run.plan
}

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
}

// Explain is Plan with a verdict for every rule of the set.
func (s *Set) Explain(item *Item, now time.Time) (Plan, []Verdict) {
	run := s.newRun(item, now)
	verdicts := make([]Verdict, len(s.Rules))
	stopped := ""
	for i, rule := range s.Rules {
		v := &verdicts[i]
		*v = Verdict{Rule: rule.Name, Line: rule.Line, Why: rule.Why}
		switch {
		case !rule.Enabled:
			v.Skipped = "enabled: false"
		case stopped != "":
			v.Skipped = fmt.Sprintf("%q stopped the list", stopped)
		case run.rule(rule, v):
			stopped = rule.Name
		}
	}
	return run.plan, verdicts
}

// Facts returns every fact the set can know of an item, by its dotted name's
// root, as read and explain show them.
func (s *Set) Facts(item *Item, now time.Time) map[string]any {
	e := s.newEnv(item, now, &Plan{})
	all := map[string]any{}
	for _, f := range facts {
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

// run is the evaluation of one item.
type run struct {
	set  *Set
	env  *env
	plan Plan
	vm   vm.VM
}

func (s *Set) newRun(item *Item, now time.Time) *run {
	r := &run{set: s, vm: vm.VM{MemoryBudget: maxMemory}}
	r.env = s.newEnv(item, now, &r.plan)
	return r
}

// rule evaluates one rule and plans its effects. It reports whether the list
// ends here.
func (r *run) rule(rule *Rule, verdict *Verdict) (stop bool) {
	if !rule.Enabled || !r.matches(rule, verdict) {
		return false
	}
	if verdict != nil {
		verdict.Matched = true
	}
	r.plan.Matches = append(r.plan.Matches, Match{rule.Name, r.seen(rule.facts)})
	for _, a := range rule.Actions {
		r.add(rule, a)
	}
	return rule.Stop
}

func (r *run) matches(rule *Rule, verdict *Verdict) bool {
	matched := true
	test := func(c *condition, unless bool) {
		holds, err := r.holds(c)
		if err != nil {
			r.plan.Failures = append(r.plan.Failures, Failure{rule.Name, fmt.Sprintf("%s: %s", c.source, err)})
			matched = false
		} else if holds == unless {
			matched = false
		}
		if verdict != nil {
			seen := Condition{Source: c.source, Unless: unless, Holds: holds, Facts: r.seen(c.facts)}
			if err != nil {
				seen.Error = err.Error()
			}
			verdict.Conditions = append(verdict.Conditions, seen)
		}
	}
	for _, c := range rule.when {
		if matched || verdict != nil {
			test(c, false)
		}
	}
	for _, c := range rule.unless {
		if matched || verdict != nil {
			test(c, true)
		}
	}
	return matched
}

func (r *run) holds(c *condition) (bool, error) {
	out, err := r.vm.Run(c.program, r.env)
	if err != nil {
		return false, fmt.Errorf("could not be evaluated: %s", fromExpr(err).message)
	}
	return out.(bool), nil
}

// seen collects the values of facts, in a form that fits the journal.
func (r *run) seen(names []string) map[string]any {
	values := make(map[string]any, len(names))
	for _, name := range names {
		if field, ok := strings.CutPrefix(name, "header."); ok {
			values[name] = r.env.Header[field]
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
		return v.raw
	case Address:
		return v.Email
	case []Address:
		return firstOf(v, func(a Address) string { return a.Email })
	case []File:
		return firstOf(v, func(f File) string { return f.Name.raw })
	case time.Duration:
		return v.String()
	}
	return v
}

func firstOf[T any](all []T, word func(T) string) []string {
	words := make([]string, 0, min(len(all), maxSeen))
	for _, v := range all[:min(len(all), maxSeen)] {
		words = append(words, word(v))
	}
	return words
}

// add plans one action unless a rule above has decided otherwise.
func (r *run) add(rule *Rule, a Action) {
	effect := Effect{Rule: rule.Name, Action: a.Name, Arg: a.Arg}
	if a.folder != nil {
		name, err := a.folder.expand(r.env)
		if err != nil {
			r.plan.Failures = append(r.plan.Failures, Failure{rule.Name, err.Error()})
			return
		}
		effect.Arg = name
	}
	for _, before := range r.plan.Effects {
		if before.slot() != effect.slot() {
			continue
		}
		if !before.same(effect) {
			r.plan.Dropped = append(r.plan.Dropped, Dropped{effect, before})
		}
		return
	}
	r.plan.Effects = append(r.plan.Effects, effect)
}

// mergeFacts joins the facts of conditions without repeating any.
func mergeFacts(conditions ...[]*condition) []string {
	set := map[string]bool{}
	var names []string
	for _, list := range conditions {
		for _, c := range list {
			for _, f := range c.facts {
				if !set[f] {
					set[f] = true
					names = append(names, f)
				}
			}
		}
	}
	return names
}
