package rules

import (
	"fmt"
	"net/textproto"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// linter walks a parsed condition and finds what would compile and still be
// wrong: names that do not exist, values that can't occur, conditions that are
// always the same.
type linter struct {
	*compiler
	findings []finding
	facts    []string
	dynamic  bool // calls something that looks at the item without naming a fact
	callees  map[ast.Node]bool
	// alone are names of which only a part is asked that needs nothing fetched.
	alone     map[ast.Node]bool
	remembers bool
	asks      bool
	outer     string // the loop in which another one stands
}

func (l *linter) fail(n ast.Node, hint, format string, args ...any) {
	l.findings = append(l.findings, finding{n.Location().From, fmt.Sprintf(format, args...), hint})
}

func (l *linter) check(root ast.Node) {
	l.callees, l.alone = map[ast.Node]bool{}, map[ast.Node]bool{}
	l.findCallees(root)
	ast.Walk(&root, l)
	l.nesting(root, 0)
	if l.findings == nil && len(l.facts) == 0 && !l.dynamic {
		thing, example := thingOf(l.on)
		l.fail(root, fmt.Sprintf("name something of the %s, for example: %s", thing, example), "this is always the same, whatever the %s", thing)
	}
	if l.findings == nil {
		l.contradictions(root)
	}
}

// findCallees tells the names of functions from facts: date is both. Whom a
// sender imitates is worked out from the lists alone, without a history.
func (l *linter) findCallees(n ast.Node) {
	if call, ok := n.(*ast.CallNode); ok {
		l.callees[call.Callee] = true
	}
	if member, ok := n.(*ast.MemberNode); ok && pathOf(n) == "sender.lookalike" {
		l.alone[member.Node], l.lookalike = true, true
	}
	for _, child := range children(n) {
		l.findCallees(child)
	}
}

// Visit sees the children of a node before the node.
func (l *linter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		l.identifier(n)
	case *ast.MemberNode:
		l.member(n)
	case *ast.CallNode:
		l.callNode(n)
	case *ast.BuiltinNode:
		l.builtin(n)
		if len(n.Arguments) == 2 && pathOf(n.Arguments[0]) == "files" && asksForText(n.Arguments[1]) {
			l.needs.FileText = true // any(files, .text contains "…")
		}
	case *ast.BinaryNode:
		l.comparison(n)
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		l.fail(n, "write the value where it is used", "variables are not allowed in conditions")
	case *ast.MapNode, *ast.SliceNode:
		l.fail(n, "", "maps and slices are not allowed in conditions")
	case *ast.NilNode:
		l.fail(n, `a missing text is "", a missing number 0`, "nothing is ever nil here")
	}
}

func (l *linter) identifier(n *ast.IdentifierNode) {
	name := n.Value
	if l.callees[n] {
		l.callee(n)
		return
	}
	if l.people[name] != nil {
		return
	}
	if f, ok := factByName[name]; ok {
		if !l.inPlace(n) {
			return
		}
		if !l.alone[n] {
			l.needs.add(f)
		}
		l.saw(name)
		return
	}
	l.unknown(n, name)
}

func (l *linter) callee(n *ast.IdentifierNode) {
	if _, ok := functions[n.Value]; ok {
		l.functionInPlace(n)
		return
	}
	if slices.Contains(builtin.Names, n.Value) {
		l.fail(n, "there are: "+strings.Join(functionNames(), ", "), "%s(…) is not allowed in conditions", n.Value)
		return
	}
	l.unknown(n, n.Value)
}

// builtin refuses the functions of expr that are not of the language. The loops
// among them its parser takes whatever is allowed.
func (l *linter) builtin(n *ast.BuiltinNode) {
	if !slices.Contains(builtins, n.Name) {
		l.fail(n, "there are: "+strings.Join(functionNames(), ", "), "%s(…) is not allowed in conditions", n.Name)
	}
}

func (l *linter) unknown(n ast.Node, name string) {
	candidates := append(factNames(), functionNames()...)
	for list := range l.people {
		candidates = append(candidates, list)
	}
	slices.Sort(candidates)
	hint := "facts are listed in doc/rules.md; lists of people stand under people:"
	if near := nearest(name, candidates); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	l.fail(n, hint, "there is no fact, function or list of people called %q", name)
}

// saw notes a dotted fact; "from.domain" takes the place of "from".
func (l *linter) saw(name string) {
	if parent, _, ok := cutLast(name); ok {
		if i := slices.Index(l.facts, parent); i >= 0 {
			l.facts = slices.Delete(l.facts, i, i+1)
		}
	}
	if !slices.Contains(l.facts, name) {
		l.facts = append(l.facts, name)
	}
}

func (l *linter) member(n *ast.MemberNode) {
	name := pathOf(n)
	if name == "" {
		if index, ok := n.Node.(*ast.MemberNode); ok && pathOf(index.Node) == "files" && isField(n, "text") {
			l.needs.FileText = true // files[0].text
		}
		return
	}
	parent, field, _ := cutLast(name)
	if factByName[rootOf(name)].name == "" {
		return
	}
	t := factType(parent)
	if t == nil || t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return
	}
	fields := fieldNames(t)
	if slices.Contains(fields, field) {
		l.needs.add(partFacts[name])
		l.saw(name)
		return
	}
	hint := "it has: " + strings.Join(fields, ", ")
	if near := nearest(field, fields); near != "" {
		hint = fmt.Sprintf("did you mean %q?", parent+"."+near)
	}
	l.fail(n.Property, hint, "%q has no %q", parent, field)
}

// asksForText reports whether a loop looks at the text of what it goes over.
func asksForText(n ast.Node) bool {
	if member, ok := n.(*ast.MemberNode); ok && isField(member, "text") {
		if _, ok := member.Node.(*ast.PointerNode); ok {
			return true
		}
	}
	return slices.ContainsFunc(children(n), asksForText)
}

// callNode checks a call's name and those arguments that can only be right or
// wrong when the file is loaded.
func (l *linter) callNode(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		l.fail(n, "", "only functions of the language can be called")
		return
	}
	if _, known := functions[callee.Value]; !known {
		return // callee said so
	}
	switch callee.Value {
	case "has":
		l.hasWords(n)
		return
	case "seenBefore":
		l.seenBefore(n)
		return
	case askFunction:
		l.ask(n)
		return
	case "busy", "free":
		l.freeTime(callee.Value, n)
		return
	}
	if len(n.Arguments) != 1 {
		return // the type checker counts them
	}
	literal, ok := n.Arguments[0].(*ast.StringNode)
	if !ok {
		l.fail(n.Arguments[0], "", "%s(…) takes a word in quotes", callee.Value)
		return
	}
	if err := l.argument(callee.Value, literal); err != nil {
		message, hint, _ := strings.Cut(err.Error(), "; ")
		l.fail(literal, hint, "%s", message)
	}
}

func (l *linter) argument(function string, literal *ast.StringNode) error {
	var err error
	switch function {
	case "hasFile":
		l.needs.add(factByName["files"])
		l.saw("files")
		if _, err = path.Match(literal.Value, ""); err != nil {
			return fmt.Errorf("%q is no pattern for file names; write for example \"*.pdf\"", literal.Value)
		}
	case "header":
		l.dynamic = true
		name := textproto.CanonicalMIMEHeaderKey(literal.Value)
		if !headerName.MatchString(name) {
			return fmt.Errorf("%q is no name of a header field", literal.Value)
		}
		l.needs.addHeaders(name)
		l.saw("header." + name)
	case "labelled":
		l.saw("labels")
	case "matched":
		l.dynamic = true
		return l.matched(literal.Value)
	case "within":
		l.saw("received")
		_, _, err = parseSpan(literal.Value)
	case "duration":
		_, err = ParseDuration(literal.Value)
	case "dueWithin":
		l.needs.add(factByName["found"])
		l.saw("found.deadlines")
		_, err = positiveDuration(literal.Value)
	case "date":
		_, err = ParseDate(literal.Value, time.UTC)
	}
	return err
}

// matched checks the name of a rule above.
func (l *linter) matched(name string) error {
	near := nearest(name, l.earlier)
	switch {
	case l.later:
		return fmt.Errorf("matched(…) can't stand here: the condition is looked at later, when no rule above is under way")
	case slices.Contains(l.earlier, name):
		l.asked[name] = true
		return nil
	case slices.Contains(l.elsewhere, name):
		return fmt.Errorf("the rule %q is on another sort of thing: the two never fire for the same one", name)
	case near != "":
		return fmt.Errorf("no rule above is called %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("no rule above is called %q", name)
}

// positiveDuration reads a length of time that can't be nothing.
func positiveDuration(s string) (time.Duration, error) {
	d, err := ParseDuration(s)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q is no length of time to look ahead or back; write it like \"3d\"", s)
	}
	return d, err
}

// maxRemembered is how long the keys of seenBefore are kept.
const maxRemembered = 90 * 24 * time.Hour

func (l *linter) seenBefore(n *ast.CallNode) {
	l.needs.History, l.remembers = true, true
	if l.later {
		l.fail(n, "", "seenBefore(…) can't stand here: the condition is looked at later, and by then the mail itself was seen")
		return
	}
	if len(n.Arguments) != 2 {
		l.fail(n, `write: seenBefore(subject, "7d")`, "seenBefore(…) takes what must have been seen, and within which time")
		return
	}
	literal, ok := n.Arguments[1].(*ast.StringNode)
	if !ok {
		l.fail(n.Arguments[1], "", "seenBefore(…) takes the time in quotes")
		return
	}
	if d, err := positiveDuration(literal.Value); err != nil {
		l.fail(literal, `write it like "7d"`, "%q is no length of time to look back", literal.Value)
	} else if d > maxRemembered {
		l.fail(literal, "write a shorter time", "what was seen is remembered for 90 days at most")
	}
}

func (l *linter) hasWords(n *ast.CallNode) {
	if len(n.Arguments) < 2 {
		l.fail(n, `write: has(subject, "invoice", "bill")`, "has(…) takes a text and at least one word")
		return
	}
	for _, arg := range n.Arguments[1:] {
		if literal, ok := arg.(*ast.StringNode); !ok || strings.TrimSpace(literal.Value) == "" {
			l.fail(arg, "", "has(…) takes words in quotes")
		}
	}
}

// comparison checks literals against what a fact can be.
func (l *linter) comparison(n *ast.BinaryNode) {
	switch n.Operator {
	case "==", "!=", "in":
		l.possible(n.Left, n.Right)
		l.possible(n.Right, n.Left)
	case "contains", "startsWith", "endsWith":
		if literal, ok := n.Right.(*ast.StringNode); ok && literal.Value == "" {
			l.fail(n, "", "every text %s \"\": this is always true", n.Operator)
		}
		l.possible(n.Left, n.Right)
	}
	if n.Operator == "==" || n.Operator == "!=" {
		l.withList(n)
	}
	if n.Operator == "==" && n.Left.String() == n.Right.String() {
		l.fail(n, "", "both sides are the same: this is always true")
	}
}

// withList refuses the comparison with a list that is written out: no list of facts
// is ever equal to one, not even an empty one.
func (l *linter) withList(n *ast.BinaryNode) {
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		if _, ok := sides[1].(*ast.ArrayNode); !ok {
			continue
		}
		always := map[string]string{"==": "false", "!=": "true"}[n.Operator]
		operator := map[string]string{"==": "==", "!=": ">"}[n.Operator]
		l.fail(n, fmt.Sprintf("count it: len(%s) %s 0; or ask for one of it with in", sides[0], operator), "a list is never equal to one that is written out: this is always %s", always)
		return
	}
}

// possible refuses values that the fact never has.
func (l *linter) possible(fact, value ast.Node) {
	name := pathOf(fact)
	if name == "" {
		return
	}
	if array, ok := value.(*ast.ArrayNode); ok {
		for _, v := range array.Nodes {
			l.possible(fact, v)
		}
		return
	}
	literal, ok := value.(*ast.StringNode)
	if !ok {
		return
	}
	if values, ok := enumerations[name]; ok && !slices.Contains(values, literal.Value) {
		hint := "it can be: " + strings.Join(nonEmpty(values), ", ")
		if near := nearest(literal.Value, values); near != "" {
			hint = fmt.Sprintf("did you mean %q? %s", near, hint)
		}
		l.fail(value, hint, "%s is never %q", name, literal.Value)
		return
	}
	if name == "folder" && l.folders != nil && !slices.Contains(l.folders, literal.Value) {
		hint := "watched are: " + strings.Join(l.folders, ", ")
		if near := nearest(literal.Value, l.folders); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		l.fail(value, hint, "no folder %q is watched", literal.Value)
		return
	}
	_, field, dotted := cutLast(name)
	if lower := strings.ToLower(literal.Value); dotted && slices.Contains(lowerCase, field) && lower != literal.Value {
		l.fail(value, fmt.Sprintf("write %q", lower), "%s is always in lower case: it is never %q", name, literal.Value)
	}
}

// nesting limits loops inside loops, so that a condition's cost stays bounded. One
// that does not go over a part of the outer one's elements says the same for each
// of them: it belongs beside the outer one.
func (l *linter) nesting(n ast.Node, depth int) {
	if _, loops := loopOf(n); loops {
		b := n.(*ast.BuiltinNode)
		switch depth++; {
		case depth > maxNesting:
			l.fail(n, "make two rules of it", "more than %d loops inside each other are not allowed", maxNesting)
			return
		case depth > 1 && !ofElement(b.Arguments[0]):
			l.fail(n, fmt.Sprintf("write it beside the other one, with and: %s(…) and %s(%s, …)", l.outer, b.Name, b.Arguments[0]),
				"%s is no part of what the outer loop goes over: the answer is the same each time", b.Arguments[0])
			return
		}
		if depth == 1 {
			l.outer = b.Name
		}
	}
	for _, child := range children(n) {
		l.nesting(child, depth)
	}
}

// ofElement reports whether something hangs on the element of a loop.
func ofElement(n ast.Node) bool {
	if _, ok := n.(*ast.PointerNode); ok {
		return true
	}
	return slices.ContainsFunc(children(n), ofElement)
}

// contradictions finds "a and b" that can't both hold, and "a or not a".
func (l *linter) contradictions(root ast.Node) {
	if at, what := contradiction(conjuncts(root)); at != nil {
		l.fail(at, `write "or" if either will do`, "%s: this is always false", what)
	}
	if b, ok := root.(*ast.BinaryNode); ok && isOr(b) && negates(b.Left, b.Right) {
		l.fail(root, "", "one of the two always holds: this is always true")
	}
}

// contradiction looks for two different values of one fact, and for a condition
// beside its opposite.
func contradiction(all []ast.Node) (at ast.Node, what string) {
	values := map[string]string{}
	for i, n := range all {
		for _, other := range all[:i] {
			if negates(n, other) {
				return n, fmt.Sprintf("%q stands beside its opposite", other.String())
			}
		}
		b, ok := n.(*ast.BinaryNode)
		if !ok || b.Operator != "==" {
			continue
		}
		name, literal := pathOf(b.Left), ""
		s, isString := b.Right.(*ast.StringNode)
		if name == "" || !isString || factType(name) == addressesType {
			continue
		}
		literal = Fold(s.Value)
		if before, seen := values[name]; seen && before != literal {
			return n, fmt.Sprintf("%s can't be %q and %q at once", name, before, literal)
		}
		values[name] = literal
	}
	return nil, ""
}
