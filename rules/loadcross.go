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
	for i, later := range l.set.Rules {
		for _, earlier := range l.set.Rules[:i] {
			if !earlier.Enabled || !later.Enabled || earlier.On != later.On || len(earlier.when) == 0 || !implies(later, earlier) {
				continue
			}
			if later.Run != nil || earlier.Run != nil {
				continue // they look at the mail at different times
			}
			if earlier.Stop && later.Never == nil {
				l.warnAt(place{later.Line, 1}, "move it above, or take stop off", "the rule %q is never reached: %q (line %d) matches whatever it would, and stops", later.Name, earlier.Name, earlier.Line)
				continue
			}
			l.contradictingActions(earlier, later)
		}
	}
	l.similarFolders()
	l.similarSections()
}

// implies reports whether b matches whatever a matches: each line of b stands in
// a, too.
func implies(a, b *Rule) bool {
	if len(b.unless) > 0 && !sameSources(a.unless, b.unless) {
		return false
	}
	return coveredBy(sources(b.when), sources(a.when))
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

func sameSources(a, b []*condition) bool { return slices.Equal(sources(a), sources(b)) }

func (l *loader) contradictingActions(earlier, later *Rule) {
	for _, a := range earlier.Actions {
		for _, b := range later.Actions {
			ea, eb := a.effect(), b.effect()
			if ea.slot() == eb.slot() && !ea.same(eb) {
				l.failAt(b.place, "keep one of the two, or end the first rule with stop: true",
					"%q contradicts %q of the rule %q (line %d), which matches the same mails", eb, ea, earlier.Name, earlier.Line)
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
