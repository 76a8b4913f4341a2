package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// What rules may ask of a language model: llm("a question to be answered yes or
// no"). It costs time and money, it sends what a mail says elsewhere, and it may be
// wrong. So it is asked last, once for each question and mail, never of what is
// confidential or guarded by never: [llm], and what it says decides nothing that
// can't be taken back unless a person approves.

// askFunction is the function by which a condition asks.
const askFunction = "llm"

// maxQuestion is how long a question may be, in characters.
const maxQuestion = 300

// errNotAsked: the item is none of which a model may be asked. The rule does not
// fire, and nothing has failed.
var errNotAsked = errors.New("a language model may not be asked of this mail")

// errNoModel: nobody is there to be asked.
var errNoModel = errors.New("no language model is configured (model: in foredesk.yaml)")

// callAsk asks the model, if that has not been done for this item.
func callAsk(params ...any) (any, error) {
	e, question := params[0].(*env), params[1].(string)
	if e.silent {
		return false, errNotAsked
	}
	question = oneLine(question)
	if yes, asked := e.answers[question]; asked {
		return yes, nil
	}
	if e.Ask == nil {
		return false, errNoModel
	}
	yes, err := e.Ask(question)
	if err != nil {
		return false, fmt.Errorf("asking the language model: %w", err)
	}
	if e.answers == nil {
		e.answers = map[string]bool{}
	}
	e.answers[question] = yes
	return yes, nil
}

// silent reports whether a model may not be asked of the item: it is confidential,
// or a rule forbids it, wherever that stands.
func (r *run) silent() bool {
	if r.env.Confidential {
		return true
	}
	if r.guarded == nil {
		forbidden := slices.ContainsFunc(r.set.silencers, r.silences)
		r.guarded = &forbidden
	}
	return *r.guarded
}

// silences looks ahead at a rule with never: [llm]. One that can't be evaluated
// counts as if it held. Nothing of it is noted: its turn comes.
func (r *run) silences(rule *Rule) bool {
	if !r.concerns(rule) {
		return false
	}
	remembered, failures := r.plan.Remember, len(r.plan.Failures)
	holds := r.matches(rule, nil)
	failed := len(r.plan.Failures) > failures
	r.plan.Remember, r.plan.Failures = remembered, r.plan.Failures[:failures]
	return holds || failed
}

// asked is the name under which a question and its answer stand among the facts of
// a match.
func asked(question string) string {
	return fmt.Sprintf("%s(%q)", askFunction, oneLine(question))
}

// questionOf is the question of such a name.
func questionOf(fact string) (string, bool) {
	quoted, ok := strings.CutPrefix(fact, askFunction+"(")
	if !ok {
		return "", false
	}
	question, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
	return question, err == nil
}

// ask checks what llm is given.
func (l *linter) ask(n *ast.CallNode) {
	l.asks = true
	l.needs.add(factByName["text"])
	if l.later {
		l.fail(n, "", "llm(…) can't stand here: the condition is looked at later, and time and again")
		return
	}
	if len(n.Arguments) != 1 {
		l.fail(n, `write: llm("Is the writer unhappy?")`, "llm(…) takes one question")
		return
	}
	question, ok := n.Arguments[0].(*ast.StringNode)
	switch {
	case !ok:
		l.fail(n.Arguments[0], `write: llm("Is the writer unhappy?")`, "llm(…) takes a question in quotes")
	case len(strings.Fields(question.Value)) < 2:
		l.fail(question, `write a question to be answered yes or no, such as "Is the writer unhappy?"`, "%q is no question", question.Value)
	case len([]rune(question.Value)) > maxQuestion:
		l.fail(question, "ask for one thing", "the question has %d characters; at most %d are allowed", len([]rune(question.Value)), maxQuestion)
	default:
		l.saw(asked(question.Value))
	}
}

// Asks reports whether the rule asks a language model, or hangs on one above it that
// does. One that rests asks nothing.
func (r *Rule) Asks() bool { return r.Enabled && r.asks }

// checkAsking notes whether a model decides about the rule, by itself or by a rule
// above, and refuses that where what the rule does can't be taken back and nobody
// approves. Rules that forbid the asking are looked at before any rule, so they
// can't hang on others.
func (l *loader) checkAsking(r *Rule) {
	by := ""
	for _, c := range slices.Concat(r.when, r.unless) {
		r.asks = r.asks || c.asks
		if rule := l.asksBefore(c); rule != nil && by == "" {
			by = fmt.Sprintf(" in the rule %q (line %d), on which this one hangs", rule.Name, rule.Line)
		}
		if slices.Contains(r.Never, askFunction) {
			l.checkSilencer(c)
		}
	}
	if r.asks = r.asks || by != ""; !r.asks || r.Confirm != "" {
		return
	}
	for _, a := range r.Actions {
		if a.irreversible() {
			l.failAt(a.place, "add confirm: assistant to the rule, so that a person says yes first; irreversible: ok is not enough here",
				"%q can't be taken back, and a language model decides about it%s", a.effect(), by)
		}
	}
}

// checkSilencer refuses what can't be known before the rules above have been
// followed.
func (l *loader) checkSilencer(c *condition) {
	for _, name := range []string{askFunction, "matched", "labelled"} {
		if len(callsOf(c.tree, name)) > 0 {
			l.failAt(c.place, "say it by what the mail itself has", "a rule with never: [llm] is looked at before all others: %s(…) can't stand in it", name)
		}
	}
}

// asksBefore is a rule above that asks and on which the condition hangs, by its
// name or by the label that it gives; nil where there is none.
func (l *loader) asksBefore(c *condition) *Rule {
	names, labels := callsOf(c.tree, "matched"), callsOf(c.tree, "labelled")
	for _, r := range l.set.Rules {
		labels := func(a Action) bool {
			return (a.Name == "label" || a.Name == "unlabel") && slices.ContainsFunc(labels, func(label string) bool { return strings.EqualFold(label, a.Arg) })
		}
		if r.asks && (slices.Contains(names, r.Name) || slices.ContainsFunc(r.Actions, labels)) {
			return r
		}
	}
	return nil
}

// callsOf are the words that a condition gives to a function.
func callsOf(n ast.Node, function string) (words []string) {
	if call, ok := n.(*ast.CallNode); ok && len(call.Arguments) > 0 {
		callee, _ := call.Callee.(*ast.IdentifierNode)
		word, _ := call.Arguments[0].(*ast.StringNode)
		if callee != nil && word != nil && callee.Value == function {
			words = append(words, word.Value)
		}
	}
	for _, child := range children(n) {
		words = append(words, callsOf(child, function)...)
	}
	return words
}

// questions are all that the rules ask, sorted.
func (s *Set) questions() []string {
	all := map[string]bool{}
	for _, r := range s.Rules {
		for _, fact := range r.facts {
			if q, ok := questionOf(fact); ok {
				all[q] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}
