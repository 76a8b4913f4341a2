package rules

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// A guard is a set of keys of which an item must have at least one for a
// condition to hold. It is read from the condition's tree: `from in board`
// can only hold for an address of the list, `has(subject, "invoice")` only for
// a subject with those letters. The index finds the rules whose guard an item
// meets, so that a thousand rules cost little more than a hundred; a rule
// without a guard is always evaluated. Guards only ever leave out rules that
// could not match: TestPlanAgreesWithExplain holds Plan against the evaluation
// of every rule.
type guard []key

// key is one value of one fact.
type key struct {
	kind  keyKind
	fact  string // dotted; for people an address fact
	value string
}

type keyKind int

const (
	exact   keyKind = iota // the fact, folded, is the value
	mailbox                // an address of the fact is the value
	domain                 // an address of the fact is in the domain or below
	gram                   // the folded fact has these three bytes
)

const gramSize = 3

// guardOf returns the guard of a condition's tree, or false where it has none.
func guardOf(n ast.Node, people map[string]*People) (guard, bool) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch {
		case isAnd(n):
			return betterGuard(n.Left, n.Right, people)
		case isOr(n):
			left, ok1 := guardOf(n.Left, people)
			right, ok2 := guardOf(n.Right, people)
			return append(left, right...), ok1 && ok2
		}
		return guardOfOperator(n, people)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "has" {
			return gramGuard(n.Arguments[0], n.Arguments[1:])
		}
	}
	return nil, false
}

func betterGuard(left, right ast.Node, people map[string]*People) (guard, bool) {
	l, ok1 := guardOf(left, people)
	r, ok2 := guardOf(right, people)
	if !ok1 || (ok2 && r.cost() < l.cost()) {
		return r, ok2
	}
	return l, ok1
}

// cost ranks guards: three letters of a subject are met more often than an
// address.
func (g guard) cost() int {
	cost := 0
	for _, k := range g {
		cost++
		if k.kind == gram {
			cost += 100
		}
	}
	return cost
}

func guardOfOperator(n *ast.BinaryNode, people map[string]*People) (guard, bool) {
	switch n.Operator {
	case "==":
		if g, ok := equalityGuard(n.Left, n.Right); ok {
			return g, true
		}
		return equalityGuard(n.Right, n.Left)
	case "in":
		return membershipGuard(n.Left, n.Right, people)
	case "contains", "startsWith", "endsWith":
		return gramGuard(n.Left, []ast.Node{n.Right})
	}
	return nil, false
}

func equalityGuard(fact, value ast.Node) (guard, bool) {
	name := pathOf(fact)
	literal, ok := value.(*ast.StringNode)
	if name == "" || !ok {
		return nil, false
	}
	switch factType(name) {
	case stringType:
		return guard{{exact, name, literal.Value}}, true
	case textType:
		return guard{{exact, name, Fold(literal.Value)}}, true
	case addressType, addressesType:
		if strings.Contains(literal.Value, "@") {
			return peopleGuard(name, []string{literal.Value}), true
		}
	}
	return nil, false
}

func membershipGuard(left, right ast.Node, people map[string]*People) (guard, bool) {
	name := pathOf(left)
	t := factType(name)
	if id, ok := right.(*ast.IdentifierNode); ok && people[id.Value] != nil {
		return peopleGuard(name, people[id.Value].entries), true
	}
	array, ok := right.(*ast.ArrayNode)
	if !ok {
		if literal, isLiteral := left.(*ast.StringNode); isLiteral && factType(pathOf(right)) == addressesType && strings.Contains(literal.Value, "@") {
			return peopleGuard(pathOf(right), []string{literal.Value}), true
		}
		return nil, false
	}
	words, ok := stringsOf(array)
	if !ok || name == "" {
		return nil, false
	}
	if t == addressType || t == addressesType {
		return peopleGuard(name, words), true
	}
	var g guard
	for _, w := range words {
		if t == textType {
			w = Fold(w)
		} else if t != stringType {
			return nil, false
		}
		g = append(g, key{exact, name, w})
	}
	return g, len(g) > 0
}

func peopleGuard(fact string, entries []string) guard {
	g := make(guard, 0, len(entries))
	for _, e := range entries {
		e = Fold(strings.TrimSpace(e))
		if d, ok := strings.CutPrefix(e, "@"); ok {
			g = append(g, key{domain, fact, d})
		} else {
			g = append(g, key{mailbox, fact, e})
		}
	}
	return g
}

// gramGuard takes three letters of each word; a word that is shorter can't be
// found that way.
func gramGuard(fact ast.Node, words []ast.Node) (guard, bool) {
	name := pathOf(fact)
	if name == "" || factType(name) != textType {
		return nil, false
	}
	var g guard
	for _, w := range words {
		literal, ok := w.(*ast.StringNode)
		if !ok || len(Fold(literal.Value)) < gramSize {
			return nil, false
		}
		g = append(g, key{gram, name, Fold(literal.Value)})
	}
	return g, len(g) > 0
}

// index finds the rules that an item could match.
type index struct {
	rules  int
	always []int
	exact  map[string]map[string][]int // fact → value → rules
	people map[string]*peopleIndex     // fact → rules
	grams  map[string]*gramIndex       // fact → rules
}

type peopleIndex struct{ mailboxes, domains map[string][]int }

// buildIndex files every rule under its cheapest guard.
func buildIndex(rules []*Rule, people map[string]*People) *index {
	ix := &index{
		rules: len(rules), exact: map[string]map[string][]int{}, people: map[string]*peopleIndex{},
		grams: map[string]*gramIndex{},
	}
	for i, rule := range rules {
		if !rule.Enabled {
			continue
		}
		g, ok := ruleGuard(rule, people)
		if !ok {
			ix.always = append(ix.always, i)
			continue
		}
		for _, k := range g {
			ix.file(k, i)
		}
	}
	return ix
}

func ruleGuard(rule *Rule, people map[string]*People) (best guard, ok bool) {
	for _, c := range rule.when {
		if g, has := guardOf(c.tree, people); has && !c.remembers && (!ok || g.cost() < best.cost()) {
			best, ok = g, true
		}
	}
	return best, ok
}

func (ix *index) file(k key, rule int) {
	switch k.kind {
	case exact:
		add(ix.exact, k.fact, k.value, rule)
	case gram:
		if ix.grams[k.fact] == nil {
			ix.grams[k.fact] = &gramIndex{rules: map[[gramSize]byte][]int{}}
		}
		ix.grams[k.fact].add(k.value, rule)
	default:
		if ix.people[k.fact] == nil {
			ix.people[k.fact] = &peopleIndex{map[string][]int{}, map[string][]int{}}
		}
		where := ix.people[k.fact].mailboxes
		if k.kind == domain {
			where = ix.people[k.fact].domains
		}
		where[k.value] = append(where[k.value], rule)
	}
}

func add[V comparable](m map[string]map[V][]int, fact string, value V, rule int) {
	if m[fact] == nil {
		m[fact] = map[V][]int{}
	}
	m[fact][value] = append(m[fact][value], rule)
}

// gramIndex finds rules by three letters of a text. Texts are long and most of
// their letters are in no rule, so a table is asked before the map.
type gramIndex struct {
	rules map[[gramSize]byte][]int
	some  [1 << 13]bool // by hash: whether rules may have such letters
}

// add files a rule under those three letters of the word that the fewest rules so
// far are filed under.
func (x *gramIndex) add(word string, rule int) {
	best := [gramSize]byte([]byte(word[:gramSize]))
	for i := 1; i+gramSize <= len(word); i++ {
		if g := [gramSize]byte([]byte(word[i : i+gramSize])); len(x.rules[g]) < len(x.rules[best]) {
			best = g
		}
	}
	x.rules[best] = append(x.rules[best], rule)
	x.some[gramHash(best[0], best[1], best[2])] = true
}

func gramHash(a, b, c byte) uint32 {
	return (uint32(a)*2654435761 ^ uint32(b)*40503 ^ uint32(c)*97) & (1<<13 - 1)
}

func (x *gramIndex) collect(text string, found bitset) {
	for i := 0; i+gramSize <= len(text); i++ {
		if a, b, c := text[i], text[i+1], text[i+2]; x.some[gramHash(a, b, c)] {
			found.add(x.rules[[gramSize]byte{a, b, c}])
		}
	}
}

// candidates yields the numbers of the rules that e could match, in file order.
// Later rules may depend on the effects of earlier ones; guards don't.
func (ix *index) candidates(e *env) iter.Seq[int] {
	return func(yield func(int) bool) {
		found := make(bitset, (ix.rules+63)/64)
		found.add(ix.always)
		for fact, values := range ix.exact {
			found.add(values[foldedValue(e, fact)])
		}
		for fact, people := range ix.people {
			people.collect(e, fact, found)
		}
		for fact, grams := range ix.grams {
			grams.collect(foldedValue(e, fact), found)
		}
		found.each(yield)
	}
}

func foldedValue(e *env, fact string) string {
	switch fact {
	case "subject":
		return e.Subject.folded
	case "text":
		return e.Text.folded
	case "full":
		return e.Full.folded
	case "from.domain":
		return e.From.Domain
	case "from.email":
		return e.From.Email
	case "kind":
		return e.Kind
	}
	v, err := e.lookup(fact)
	if err != nil {
		return ""
	}
	if t, ok := v.(Text); ok {
		return t.folded
	}
	s, _ := v.(string)
	return s
}

func (p *peopleIndex) collect(e *env, fact string, found bitset) {
	if fact == "from" {
		p.one(e.From, found)
		return
	}
	v, err := e.lookup(fact)
	if err != nil {
		return
	}
	switch v := v.(type) {
	case Address:
		p.one(v, found)
	case []Address:
		for _, a := range v {
			p.one(a, found)
		}
	}
}

func (p *peopleIndex) one(a Address, found bitset) {
	found.add(p.mailboxes[a.Email])
	if a.Detail != "" {
		found.add(p.mailboxes[withoutDetail(a)])
	}
	for d := a.Domain; d != "" && len(p.domains) > 0; {
		found.add(p.domains[d])
		_, d, _ = strings.Cut(d, ".")
	}
}

// bitset is a set of rule numbers that remembers their order.
type bitset []uint64

func (b bitset) add(numbers []int) {
	for _, n := range numbers {
		b[n/64] |= 1 << (n % 64)
	}
}

func (b bitset) each(yield func(int) bool) {
	for w, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(w*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
