package rules

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// treeAt is a part of a condition with its place in the file.
type treeAt struct {
	node  ast.Node
	place place
}

func trees(all []treeAt) []ast.Node {
	nodes := make([]ast.Node, len(all))
	for i, t := range all {
		nodes[i] = t.node
	}
	return nodes
}

// crossRules finds what is wrong between rules: rules that can't be reached,
// and rules that are bound to contradict each other.
func (l *loader) crossRules() {
	asked := make([]asks, len(l.set.Rules))
	for i, r := range l.set.Rules {
		asked[i] = asks{sources(r.when), sources(r.unless), doneBy(r)}
	}
	for i, later := range l.set.Rules {
		for j, earlier := range l.set.Rules[:i] {
			if !earlier.Enabled || !later.Enabled || earlier.On != later.On || len(earlier.when) == 0 || !asked[i].imply(asked[j]) {
				continue
			}
			if later.Run != nil || earlier.Run != nil {
				continue // they look at the mail at different times
			}
			if earlier.Stop && later.Never == nil {
				l.warnAt(place{later.Line, 1}, "move it above, or take stop off", "the rule %q is never reached: %q (line %d) matches whatever it would, and stops", later.Name, earlier.Name, earlier.Line)
				continue
			}
			l.contradictingActions(earlier, asked[j].do, asked[i].do)
		}
	}
	l.similarFolders()
	l.similarSections()
}

// asks is what a rule asks for, line by line and sorted, and what it does then.
type asks struct {
	when, unless []string
	do           []doing
}

// doing is one action of a rule: what it does, and what it does it to.
type doing struct {
	effect Effect
	slot   string
	place  place
}

func doneBy(r *Rule) []doing {
	all := make([]doing, len(r.Actions))
	for i, a := range r.Actions {
		e := a.effect()
		all[i] = doing{e, e.slot(), a.place}
	}
	return all
}

// imply reports whether b matches whatever a matches: each line of b stands in a,
// too.
func (a asks) imply(b asks) bool {
	if len(b.unless) > 0 && !slices.Equal(a.unless, b.unless) {
		return false
	}
	return coveredBy(b.when, a.when)
}

// coveredBy reports whether every one of the lines stands among the others.
func coveredBy(lines, others []string) bool {
	return !slices.ContainsFunc(lines, func(s string) bool { return !slices.Contains(others, s) })
}

func sources(conditions []*condition) []string {
	var all []string
	for _, c := range conditions {
		for _, n := range conjuncts(c.tree) {
			all = append(all, n.String())
		}
	}
	slices.Sort(all)
	return all
}

func (l *loader) contradictingActions(earlier *Rule, before, after []doing) {
	for _, a := range before {
		for _, b := range after {
			if a.slot == b.slot && !a.effect.same(b.effect) {
				l.failAt(b.place, "keep one of the two, or end the first rule with stop: true",
					"%q contradicts %q of the rule %q (line %d), which matches the same mails", b.effect, a.effect, earlier.Name, earlier.Line)
			}
		}
	}
}

// similarFolders warns of two folder names that are nearly the same: one of
// them is likely a slip.
func (l *loader) similarFolders() {
	type use struct {
		name string
		at   place
	}
	var uses []use
	for _, r := range l.set.Rules {
		for _, a := range r.Actions {
			if a.folder == nil {
				continue
			}
			for _, u := range uses {
				if u.name != a.Arg && nearlySame(u.name, a.Arg) {
					l.warnAt(a.place, "write both the same way if they are one folder", "the folder %q is nearly %q in line %d", a.Arg, u.name, u.at.line)
					break
				}
			}
			uses = append(uses, use{a.Arg, a.place})
		}
	}
}

// sections are those that an agenda has anyway. Rules write them in any case.
var sections = []string{"Needs you", "Deadlines", "Waiting for", "Replies owed"}

// similarSections warns of two sections of the agenda whose names are nearly the
// same.
func (l *loader) similarSections() {
	known := slices.Clone(sections)
	for _, r := range l.set.Rules {
		for _, a := range r.Actions {
			if !ofLetters[a.Name] || slices.ContainsFunc(known, func(s string) bool { return Fold(s) == Fold(a.Arg) }) {
				continue
			}
			if i := slices.IndexFunc(known, func(s string) bool { return nearlySame(s, a.Arg) }); i >= 0 {
				l.warnAt(a.place, "write both the same way if they are one section", "the section %q of the agenda is nearly %q", a.Arg, known[i])
			}
			known = append(known, a.Arg)
		}
	}
}

// nearlySame finds case, and one slip in names long enough to tell.
func nearlySame(a, b string) bool {
	fa, fb := Fold(a), Fold(b)
	if fa == fb {
		return true
	}
	return min(len(fa), len(fb)) >= 5 && editDistance(fa, fb) == 1 && !differByDigit(fa, fb)
}

// differByDigit keeps "Q1" and "Q2" apart.
func differByDigit(a, b string) bool {
	strip := func(s string) string {
		return string(slices.DeleteFunc([]byte(s), func(c byte) bool { return c >= '0' && c <= '9' }))
	}
	return strip(a) == strip(b)
}
