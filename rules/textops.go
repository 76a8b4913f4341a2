package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// expr compares strings byte by byte. In this language Text, Address, lists of
// addresses and labels compare as people read them; textVisitor rewrites every
// operator that touches one into a call of one of these.
var textOperators = map[string]function{
	"$textEq":       textOp(func(a, b Text) bool { return a.folded == b.folded }),
	"$textContains": {run: callTextContains, types: []any{new(func(*env, Text, Text) bool)}},
	"$textStarts":   textOp(func(a, b Text) bool { return strings.HasPrefix(a.folded, b.folded) }),
	"$textEnds":     textOp(func(a, b Text) bool { return strings.HasSuffix(a.folded, b.folded) }),
	"$textIn":       {run: callTextIn, types: []any{new(func(*env, Text, []Text) bool)}},
	"$textMatches":  {run: callTextMatches, types: []any{new(func(*env, Text, *pattern) bool)}},
	"$textLen":      {run: callTextLen, types: []any{new(func(*env, Text) int)}},
	"$labelIn":      {run: callLabelIn, types: []any{new(func(*env, string, []string) bool)}},

	"$wordMatches": {run: callWordMatches, types: []any{new(func(*env, string, *pattern) bool)}},

	"$addrEq":       addressOp(addressIs),
	"$addrContains": addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.Contains) }),
	"$addrStarts":   addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.HasPrefix) }),
	"$addrEnds":     addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.HasSuffix) }),
	"$addrMatches":  {run: callAddrMatches, types: []any{new(func(*env, Address, *pattern) bool), new(func(*env, []Address, *pattern) bool)}},
	"$inPeople":     {run: callInPeople, types: []any{new(func(*env, Address, *People) bool), new(func(*env, []Address, *People) bool)}},

	"$step": {run: callStep, types: []any{new(func(*env, int) bool)}},
}

// exprToText names the rewritten operator for Text and for addresses.
var exprToText = map[string][2]string{
	"==":         {"$textEq", "$addrEq"},
	"!=":         {"$textEq", "$addrEq"},
	"contains":   {"$textContains", "$addrContains"},
	"startsWith": {"$textStarts", "$addrStarts"},
	"endsWith":   {"$textEnds", "$addrEnds"},
	"matches":    {"$textMatches", "$addrMatches"},
}

// textOp makes an operator that looks at no more of a text than the other one has.
func textOp(test func(a, b Text) bool) function {
	return function{
		run: func(p ...any) (any, error) {
			a, b := p[1].(Text), p[2].(Text)
			return test(a, b), p[0].(*env).spend(search(b.folded))
		},
		types: []any{new(func(*env, Text, Text) bool)},
	}
}

func callTextContains(p ...any) (any, error) {
	a, b := p[1].(Text), p[2].(Text)
	if err := p[0].(*env).spend(search(a.folded)); err != nil {
		return false, err
	}
	return strings.Contains(a.folded, b.folded), nil
}

// addressOp makes an operator that holds for one address, or for any of a list.
func addressOp(test func(Address, Text) bool) function {
	return function{
		run: func(p ...any) (any, error) {
			e, t := p[0].(*env), p[2].(Text)
			if a, ok := p[1].(Address); ok {
				return test(a, t), e.spend(search(a.Name.folded))
			}
			return e.anyAddress(p[1].([]Address), func(a Address) (bool, error) { return test(a, t), nil })
		},
		types: []any{new(func(*env, Address, Text) bool), new(func(*env, []Address, Text) bool)},
	}
}

// anyAddress tests one address after the other, if the work can be borne.
func (e *env) anyAddress(all []Address, test func(Address) (bool, error)) (bool, error) {
	for _, a := range all {
		if err := e.spend(search(a.Name.folded)); err != nil {
			return false, err
		}
		if holds, err := test(a); holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// addressIs compares with an address, with everybody of "@domain", or with a
// name.
func addressIs(a Address, t Text) bool {
	if domain, ok := strings.CutPrefix(t.folded, "@"); ok {
		return a.Domain == domain || strings.HasSuffix(a.Domain, "."+domain)
	}
	if t.folded == "" || strings.Contains(t.folded, "@") {
		return a.Email == t.folded
	}
	return a.Name.folded == t.folded
}

func addressHas(a Address, t Text, test func(s, part string) bool) bool {
	return test(a.Name.folded, t.folded) || test(a.Email, t.folded)
}

func callTextIn(p ...any) (any, error) {
	t, all := p[1].(Text), p[2].([]Text)
	return slices.ContainsFunc(all, func(o Text) bool { return o.folded == t.folded }), p[0].(*env).spend(len(all))
}

func callTextMatches(p ...any) (any, error) {
	return p[2].(*pattern).match(p[0].(*env), p[1].(Text))
}

// callWordMatches matches what is no prose, letter by letter.
func callWordMatches(p ...any) (any, error) {
	word := p[1].(string)
	return p[2].(*pattern).match(p[0].(*env), Text{raw: word, folded: word})
}

func callTextLen(p ...any) (any, error) {
	t := p[1].(Text)
	return utf8.RuneCountInString(t.raw), p[0].(*env).spend(search(t.raw))
}

func callLabelIn(p ...any) (any, error) {
	all := p[2].([]string)
	return slices.ContainsFunc(all, func(l string) bool { return strings.EqualFold(l, p[1].(string)) }), p[0].(*env).spend(2 * len(all))
}

func callAddrMatches(p ...any) (any, error) {
	e, re := p[0].(*env), p[2].(*pattern)
	test := func(a Address) (bool, error) {
		if holds, err := re.match(e, a.Name); holds || err != nil {
			return holds, err
		}
		if err := e.spend(foldWork * len(a.Email)); err != nil {
			return false, err
		}
		return re.match(e, NewText(a.Email))
	}
	if a, ok := p[1].(Address); ok {
		return test(a)
	}
	return e.anyAddress(p[1].([]Address), test)
}

func callInPeople(p ...any) (any, error) {
	e, people := p[0].(*env), p[2].(*People)
	if a, ok := p[1].(Address); ok {
		return people.Has(a), e.spend(0)
	}
	all := p[1].([]Address)
	if err := e.spend(len(all) * 2 * callWork); err != nil {
		return false, err
	}
	return people.Any(all), nil
}

var (
	textType      = reflect.TypeFor[Text]()
	addressType   = reflect.TypeFor[Address]()
	addressesType = reflect.TypeFor[[]Address]()
	labelsType    = reflect.TypeFor[[]string]()
	peopleType    = reflect.TypeFor[*People]()
	stringType    = reflect.TypeFor[string]()
)

// nameVisitor puts lists of people in the place of their names, gives functions
// their environment and has loops count, before types are known. A function's inner name
// begins with "$", as the name of one (date) is that of a fact, too.
type nameVisitor struct{ people map[string]*People }

func (v nameVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if p := v.people[n.Value]; p != nil {
			ast.Patch(node, &ast.ConstantNode{Value: p})
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok || functions[callee.Value].run == nil {
			return
		}
		n.Arguments = slices.Insert(n.Arguments, 0, envNode())
		if callee.Value == "has" {
			asTexts(n.Arguments)
		}
		callee.Value = "$" + callee.Value
	case *ast.BuiltinNode:
		if asked, ok := loopOf(n); ok {
			countTurns(asked)
		}
	}
}

// envNode is the environment as an argument of a function.
func envNode() ast.Node { return &ast.IdentifierNode{Value: "$env"} }

func asTexts(args []ast.Node) {
	for i, arg := range args {
		if literal, ok := arg.(*ast.StringNode); ok {
			args[i] = constant(NewText(literal.Value), arg)
		}
	}
}

// textVisitor rewrites operators and calls by the types of their operands.
type textVisitor struct {
	fail func(at file.Location, message, hint string)
}

func (v textVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		v.binary(node, n)
	case *ast.BuiltinNode:
		v.builtin(node, n)
	}
}

func (v textVisitor) binary(node *ast.Node, n *ast.BinaryNode) {
	if n.Operator == "in" {
		v.in(node, n)
		return
	}
	names, ok := exprToText[n.Operator]
	if !ok {
		return
	}
	left, right := n.Left, n.Right
	symmetric := n.Operator == "==" || n.Operator == "!="
	if symmetric && !isTextual(left) && isTextual(right) {
		left, right = right, left
	}
	if !isTextual(left) {
		v.word(node, n)
		return
	}
	name := names[0]
	if t := left.Type(); t == addressType || t == addressesType {
		name = names[1]
	}
	arg, ok := v.operand(n.Operator, right)
	if !ok {
		return
	}
	call := ast.Node(newCall(name, n, left, arg))
	if n.Operator == "!=" {
		call = &ast.UnaryNode{Operator: "not", Node: call}
		call.SetLocation(n.Location())
	}
	ast.Patch(node, call)
}

// operand turns the right side of a comparison into a Text or a pattern.
func (v textVisitor) operand(operator string, right ast.Node) (ast.Node, bool) {
	literal, isLiteral := right.(*ast.StringNode)
	switch {
	case operator == "matches":
		return v.pattern(right, compilePattern)
	case isLiteral:
		return constant(NewText(literal.Value), right), true
	case right.Type() == textType:
		return right, true
	}
	return nil, false // the type checker says what is wrong
}

// word has the patterns for what is no prose checked and counted like the others.
func (v textVisitor) word(node *ast.Node, n *ast.BinaryNode) {
	if n.Operator != "matches" || n.Left.Type() != stringType {
		return
	}
	if re, ok := v.pattern(n.Right, compileExact); ok {
		ast.Patch(node, newCall("$wordMatches", n, n.Left, re))
	}
}

// pattern compiles what stands after matches. It must be there when the file is
// loaded: what strangers write is no pattern.
func (v textVisitor) pattern(right ast.Node, compile func(string) (*pattern, error)) (ast.Node, bool) {
	literal, ok := right.(*ast.StringNode)
	if !ok {
		v.fail(right.Location(), "the pattern after matches must be written out in quotes", "")
		return nil, false
	}
	re, err := compile(literal.Value)
	if err != nil {
		hint := "put a backslash before brackets that are meant as such, or use contains"
		if errors.Is(err, errLargePattern) {
			hint = "let it repeat less, or use contains"
		}
		v.fail(right.Location(), err.Error(), hint)
		return nil, false
	}
	return constant(re, right), true
}

func (v textVisitor) in(node *ast.Node, n *ast.BinaryNode) {
	left, right := n.Left, n.Right
	leftType, rightType := left.Type(), right.Type()
	array, isArray := right.(*ast.ArrayNode)
	switch {
	case rightType == peopleType && (leftType == addressType || leftType == addressesType):
		ast.Patch(node, newCall("$inPeople", n, left, right))
	case rightType == peopleType:
		v.fail(n.Location(), fmt.Sprintf("%q is a list of people: only addresses can be in it", right.(*ast.ConstantNode).Value.(*People).Name),
			"write for example: from in "+right.(*ast.ConstantNode).Value.(*People).Name)
	case isArray && (leftType == addressType || leftType == addressesType):
		if words, ok := stringsOf(array); ok && v.addresses(array, words) {
			ast.Patch(node, newCall("$inPeople", n, left, constant(newPeople("", words), right)))
		}
	case isArray && leftType == textType:
		if words, ok := stringsOf(array); ok {
			texts := make([]Text, len(words))
			for i, w := range words {
				texts[i] = NewText(w)
			}
			ast.Patch(node, newCall("$textIn", n, left, constant(texts, right)))
		}
	case rightType == addressesType:
		if literal, ok := left.(*ast.StringNode); ok {
			ast.Patch(node, newCall("$addrEq", n, right, constant(NewText(literal.Value), left)))
		}
	case rightType == labelsType && leftType == stringType && !isArray:
		ast.Patch(node, newCall("$labelIn", n, left, right))
	}
}

// builtin makes len, lower, upper and trim work on Text, where the last three
// have nothing to do.
func (v textVisitor) builtin(node *ast.Node, n *ast.BuiltinNode) {
	if len(n.Arguments) != 1 || n.Arguments[0].Type() != textType {
		return
	}
	switch n.Name {
	case "len":
		ast.Patch(node, newCall("$textLen", n, n.Arguments[0]))
	case "lower", "upper", "trim":
		ast.Patch(node, n.Arguments[0])
	}
}

// addresses refuses words that no address can be equal to.
func (v textVisitor) addresses(array *ast.ArrayNode, words []string) bool {
	for i, w := range words {
		if !strings.Contains(w, "@") {
			v.fail(array.Nodes[i].Location(), fmt.Sprintf("%q is no address", w), `write "pat@board.example", or "@board.example" for everybody there; names: from.name == "Pat"`)
			return false
		}
	}
	return true
}

func isTextual(n ast.Node) bool {
	t := n.Type()
	return t == textType || t == addressType || t == addressesType
}

// newCall calls one of the operators, which count their work in the environment.
func newCall(name string, at ast.Node, args ...ast.Node) *ast.CallNode {
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: slices.Insert(args, 0, envNode())}
	call.SetLocation(at.Location())
	return call
}

func constant(value any, at ast.Node) ast.Node {
	c := &ast.ConstantNode{Value: value}
	c.SetLocation(at.Location())
	c.SetType(reflect.TypeOf(value))
	return c
}

func stringsOf(array *ast.ArrayNode) ([]string, bool) {
	words := make([]string, len(array.Nodes))
	for i, n := range array.Nodes {
		literal, ok := n.(*ast.StringNode)
		if !ok {
			return nil, false
		}
		words[i] = literal.Value
	}
	return words, true
}
