package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// expr compares strings byte by byte. In this language Text, Address, lists of
// addresses and labels compare as people read them; textVisitor rewrites every
// operator that touches one into a call of one of these.
var textOperators = map[string]function{
	"$textEq":       textOp(func(a, b Text) bool { return a.folded == b.folded }),
	"$textContains": textOp(func(a, b Text) bool { return strings.Contains(a.folded, b.folded) }),
	"$textStarts":   textOp(func(a, b Text) bool { return strings.HasPrefix(a.folded, b.folded) }),
	"$textEnds":     textOp(func(a, b Text) bool { return strings.HasSuffix(a.folded, b.folded) }),
	"$textIn":       {run: callTextIn, types: []any{new(func(Text, []Text) bool)}},
	"$textMatches":  {run: callTextMatches, types: []any{new(func(Text, *pattern) bool)}},
	"$textLen":      {run: callTextLen, types: []any{new(func(Text) int)}},
	"$labelIn":      {run: callLabelIn, types: []any{new(func(string, []string) bool)}},

	"$addrEq":       addressOp(addressIs),
	"$addrContains": addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.Contains) }),
	"$addrStarts":   addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.HasPrefix) }),
	"$addrEnds":     addressOp(func(a Address, t Text) bool { return addressHas(a, t, strings.HasSuffix) }),
	"$addrMatches":  {run: callAddrMatches, types: []any{new(func(Address, *pattern) bool), new(func([]Address, *pattern) bool)}},
	"$inPeople":     {run: callInPeople, types: []any{new(func(Address, *People) bool), new(func([]Address, *People) bool)}},
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

func textOp(test func(a, b Text) bool) function {
	return function{
		run:   func(p ...any) (any, error) { return test(p[0].(Text), p[1].(Text)), nil },
		types: []any{new(func(Text, Text) bool)},
	}
}

// addressOp makes an operator that holds for one address, or for any of a list.
func addressOp(test func(Address, Text) bool) function {
	return function{
		run: func(p ...any) (any, error) {
			t := p[1].(Text)
			if a, ok := p[0].(Address); ok {
				return test(a, t), nil
			}
			return slices.ContainsFunc(p[0].([]Address), func(a Address) bool { return test(a, t) }), nil
		},
		types: []any{new(func(Address, Text) bool), new(func([]Address, Text) bool)},
	}
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
	t := p[0].(Text)
	return slices.ContainsFunc(p[1].([]Text), func(o Text) bool { return o.folded == t.folded }), nil
}

func callTextMatches(p ...any) (any, error) {
	return p[1].(*pattern).match(p[0].(Text)), nil
}

func callTextLen(p ...any) (any, error) { return len([]rune(p[0].(Text).raw)), nil }

func callLabelIn(p ...any) (any, error) {
	return slices.ContainsFunc(p[1].([]string), func(l string) bool { return strings.EqualFold(l, p[0].(string)) }), nil
}

func callAddrMatches(p ...any) (any, error) {
	re := p[1].(*pattern)
	test := func(a Address) bool { return re.match(a.Name) || re.match(NewText(a.Email)) }
	if a, ok := p[0].(Address); ok {
		return test(a), nil
	}
	return slices.ContainsFunc(p[0].([]Address), test), nil
}

func callInPeople(p ...any) (any, error) {
	people := p[1].(*People)
	if a, ok := p[0].(Address); ok {
		return people.Has(a), nil
	}
	return people.Any(p[0].([]Address)), nil
}

var (
	textType      = reflect.TypeFor[Text]()
	addressType   = reflect.TypeFor[Address]()
	addressesType = reflect.TypeFor[[]Address]()
	labelsType    = reflect.TypeFor[[]string]()
	peopleType    = reflect.TypeFor[*People]()
	stringType    = reflect.TypeFor[string]()
)

// nameVisitor puts lists of people in the place of their names and gives
// functions their environment, before types are known. A function's inner name
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
		if functions[callee.Value].withEnv {
			n.Arguments = slices.Insert(n.Arguments, 0, ast.Node(&ast.IdentifierNode{Value: "$env"}))
		}
		if callee.Value == "has" {
			asTexts(n.Arguments)
		}
		callee.Value = "$" + callee.Value
	}
}

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
	case operator == "matches" && isLiteral:
		re, err := compilePattern(literal.Value)
		if err != nil {
			v.fail(right.Location(), err.Error(), "put a backslash before brackets that are meant as such, or use contains")
			return nil, false
		}
		return constant(re, right), true
	case operator == "matches":
		v.fail(right.Location(), "the pattern after matches must be written out in quotes", "")
		return nil, false
	case isLiteral:
		return constant(NewText(literal.Value), right), true
	case right.Type() == textType:
		return right, true
	}
	return nil, false // the type checker says what is wrong
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

func newCall(name string, at ast.Node, args ...ast.Node) *ast.CallNode {
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
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
