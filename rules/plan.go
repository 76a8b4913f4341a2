package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
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
	Remember []string  // the keys of seenBefore, for the items to come
	Never    []string  // what guards forbid for the item, sorted: actions, and llm
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
// went on to the rules below. With an Action, only that could not be done,
// because the item does not have what it needs: a field of a folder's name, a
// deadline that is ahead.
type Failure struct {
	Rule   string `json:"rule"`
	Action string `json:"action,omitempty"`
	Reason string `json:"reason"`
}

// Plan says what the set would do to the item at the time now. It looks at
// nothing else and changes nothing.
func (s *Set) Plan(item *Item, now time.Time) Plan { return s.newRun(item, now).all() }

// PlanOnly is Plan by some of the rules alone: those whose schedule is due. The
// stop of a rule that is not chosen holds nothing back; a never holds always.
func (s *Set) PlanOnly(item *Item, now time.Time, chosen func(*Rule) bool) Plan {
	run := s.newRun(item, now)
	run.chosen = chosen
	return run.all()
}

// UndoDue reports whether a rule's own effects on the item are to be taken back:
// its undoWhen holds. It comes with the values that it saw.
func (s *Set) UndoDue(rule *Rule, item *Item, now time.Time) (bool, map[string]any, error) {
	if rule.undoWhen == nil {
		return false, nil, nil
	}
	run := s.newRun(item, now)
	for _, c := range rule.undoWhen {
		if holds, err := run.holds(c); err != nil || !holds {
			return false, nil, err
		}
	}
	return true, run.seen(mergeFacts(rule.undoWhen)), nil
}

// Holds evaluates a condition of an earlier plan, such as the unless of expire.
// The item must have been read for NeedsOf the condition.
func (s *Set) Holds(source string, item *Item, now time.Time) (bool, error) {
	l, err := s.laterCondition(source)
	if err != nil {
		return false, err
	}
	run := s.newRun(item, now)
	if slices.Contains(l.condition.facts, "sender.lookalike") {
		run.env.Sender.Lookalike = s.lookalikeOf(run.env)
	}
	return run.holds(l.condition)
}

// NeedsOf says what of a message a condition of an earlier plan looks at. The
// rules file may have changed since then, and what it needs with it.
func (s *Set) NeedsOf(source string) (Needs, error) {
	l, err := s.laterCondition(source)
	return l.needs, err
}

// laterCondition is a condition of an earlier plan.
type laterCondition struct {
	condition *condition
	needs     Needs
}

// laterCondition compiles a condition of an earlier plan once.
func (s *Set) laterCondition(source string) (laterCondition, error) {
	if l, ok := s.compiled.Load(source); ok {
		return l.(laterCondition), nil
	}
	compiler := newCompiler(s.people, nil)
	compiler.later = true
	c, findings := compiler.compile(source)
	if findings != nil {
		return laterCondition{}, fmt.Errorf("the condition %q no longer fits the rules: %s", source, findings[0].message)
	}
	compiler.needs.addHeaders(alwaysRead...)
	l := laterCondition{c, compiler.needs}
	s.compiled.Store(source, l)
	return l, nil
}

// run is the evaluation of one item.
type run struct {
	set  *Set
	env  *env
	plan Plan
	vm   vm.VM
	// chosen are the rules that may do something; nil for all.
	chosen  func(*Rule) bool
	stopped string // the rule that ended the list
	// never holds the actions that are forbidden, with the rule that says so.
	never map[string]string
	// guarded is whether a rule forbids to ask a model; nil while nobody wants to.
	guarded *bool
}

func (s *Set) newRun(item *Item, now time.Time) *run {
	r := &run{set: s, vm: vm.VM{MemoryBudget: maxMemory}}
	r.env = s.newEnv(item, now, &r.plan)
	if s.lookalike {
		r.env.Sender.Lookalike = s.lookalikeOf(r.env)
	}
	if item.Role == "event" || item.Role == "day" {
		s.consult(r.env)
	}
	return r
}

// all evaluates the rules that the item could match, from top to bottom. Below
// one that ends the list, guards are still looked at: a never beats every rule,
// wherever it stands.
func (r *run) all() Plan {
	for i := range r.set.index.candidates(r.env) {
		rule := r.set.Rules[i]
		if !r.concerns(rule) || (r.stopped != "" && rule.Never == nil) {
			continue
		}
		if r.chosen == nil || r.chosen(rule) || rule.Never != nil {
			r.rule(rule, nil)
		} else if r.set.asked[rule.Name] && rule.Enabled && r.matches(rule, nil) {
			r.env.also = append(r.env.also, rule.Name)
		}
	}
	return r.finish()
}

// concerns reports whether the rule is on this sort of item.
func (r *run) concerns(rule *Rule) bool {
	switch r.env.Role {
	case "sent", "event", "day":
		return rule.On == r.env.Role
	}
	return rule.On == "mail"
}

// finish takes out what a guard forbids. What had lost against it stands again.
func (r *run) finish() Plan {
	if len(r.never) == 0 {
		return r.plan
	}
	r.plan.Never = slices.Sorted(maps.Keys(r.never))
	planned, dropped := r.plan.Effects, r.plan.Dropped
	r.plan.Effects, r.plan.Dropped = make([]Effect, 0, len(planned)), nil
	for _, e := range planned {
		r.settle(e)
	}
	for _, d := range dropped {
		if _, forbidden := r.never[d.Winner.Action]; forbidden {
			r.settle(d.Effect)
		} else {
			r.plan.Dropped = append(r.plan.Dropped, d)
		}
	}
	if len(r.plan.Effects) == 0 {
		r.plan.Effects = nil
	}
	return r.plan
}

// rule evaluates one rule and plans its effects.
func (r *run) rule(rule *Rule, verdict *Verdict) {
	if !rule.Enabled {
		return
	}
	failures := len(r.plan.Failures)
	if !r.matches(rule, verdict) {
		if len(r.plan.Failures) > failures {
			r.guard(rule)
		}
		return
	}
	if verdict != nil {
		verdict.Matched = true
	}
	r.plan.Matches = append(r.plan.Matches, Match{rule.Name, r.seen(rule.facts)})
	r.guard(rule)
	if r.stopped != "" || (r.chosen != nil && !r.chosen(rule)) {
		return // only its never counts
	}
	for _, a := range rule.Actions {
		r.add(rule, a)
	}
	if rule.Stop {
		r.stopped = rule.Name
	}
}

// guard forbids what the rule never wants. It does so, too, where a condition of the
// rule could not be evaluated: what a mail is made of must not switch a guard off.
func (r *run) guard(rule *Rule) {
	for _, action := range rule.Never {
		if r.never == nil {
			r.never = map[string]string{}
		}
		r.never[action] = rule.Name
	}
}

// matches evaluates the conditions of a rule: first those that cost little, then
// those that ask a model, and at the end those that remember what they saw. Of what
// is evaluated for the verdict alone nothing is remembered, and no model is asked:
// what a plan remembers does not hang on how it was come by.
func (r *run) matches(rule *Rule, verdict *Verdict) bool {
	matched := true
	r.env.work = 0
	for turn := turnOfMost; turn <= turnOfMemory; turn++ {
		for _, c := range rule.when {
			if c.turn() == turn && (matched || verdict != nil) {
				matched = r.test(rule, c, true, matched, verdict) && matched
			}
		}
		for _, c := range rule.unless {
			if c.turn() == turn && (matched || verdict != nil) {
				matched = r.test(rule, c, false, matched, verdict) && matched
			}
		}
	}
	return matched
}

// The turns in which the conditions of a rule are evaluated.
const (
	turnOfMost = iota
	turnOfModel
	turnOfMemory
)

func (c *condition) turn() int {
	switch {
	case c.remembers:
		return turnOfMemory
	case c.asks:
		return turnOfModel
	}
	return turnOfMost
}

// test evaluates one condition and reports whether it came out as wanted.
func (r *run) test(rule *Rule, c *condition, wanted, matters bool, verdict *Verdict) bool {
	if c.asks && !matters {
		verdict.Conditions = append(verdict.Conditions, Condition{Source: c.source, Unless: !wanted, Skipped: "the rule does not fire anyway, so no model is asked", Facts: map[string]any{}})
		return false
	}
	remembered := r.plan.Remember
	holds, err := r.holds(c)
	if !matters {
		r.plan.Remember = remembered
	}
	if err != nil && matters && !errors.Is(err, errNotAsked) {
		r.plan.Failures = append(r.plan.Failures, Failure{Rule: rule.Name, Reason: fmt.Sprintf("%s: %s", c.source, err)})
	}
	if verdict != nil {
		seen := Condition{Source: c.source, Unless: !wanted, Holds: holds, Facts: r.seen(c.facts)}
		if err != nil {
			seen.Error = err.Error()
		}
		verdict.Conditions = append(verdict.Conditions, seen)
	}
	return err == nil && holds == wanted
}

func (r *run) holds(c *condition) (bool, error) {
	if c.looks {
		r.look()
	}
	if c.consults {
		r.set.consult(r.env)
	}
	if c.asks {
		r.env.silent = r.silent()
	}
	out, err := r.vm.Run(c.program, r.env)
	if errors.Is(err, errNotAsked) {
		return false, errNotAsked
	}
	if err != nil {
		return false, fmt.Errorf("could not be evaluated: %s", fromExpr(err).message)
	}
	return out.(bool), nil
}

// look makes what is found in the text, if that has been put off.
func (r *run) look() {
	r.env.Look()
	r.env.Found = r.env.Found.bounded()
}

// add plans one action unless a rule above has decided otherwise.
func (r *run) add(rule *Rule, a Action) {
	effects, err := r.effects(rule, a)
	if err != nil && !errors.Is(err, errNothing) {
		r.plan.Failures = append(r.plan.Failures, Failure{rule.Name, a.Name, fmt.Sprintf("%s: %s", a.Name, err)})
	}
	for _, e := range effects {
		r.settle(e)
	}
}

// effects fills an action in. Most come to one effect; what is put on the calendar
// of a trip comes to one for each leg. With an error, what could be planned all the
// same is returned with it.
func (r *run) effects(rule *Rule, a Action) ([]Effect, error) {
	if a.looks {
		r.look()
	}
	if ofCalendar[a.Name] || consultsDiary(a.facts) {
		r.set.consult(r.env)
	}
	if plan, ok := bookings[a.Name]; ok {
		return plan(&booking{run: r, rule: rule, action: &a})
	}
	e, err := r.effect(rule, a)
	if err != nil {
		return nil, err
	}
	return []Effect{e}, nil
}

// settle adds an effect unless a guard forbids it or one before it stands
// against it.
func (r *run) settle(effect Effect) {
	if guard, forbidden := r.never[effect.Action]; forbidden {
		r.plan.Dropped = append(r.plan.Dropped, Dropped{effect, Effect{Rule: guard, Action: "never", Arg: effect.Action}})
		return
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
