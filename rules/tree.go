package rules

import (
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Small questions about syntax trees and facts that lint and guards both ask.

var headerName = regexp.MustCompile(`^[!-9;-~]+$`) // RFC 5322 3.6.8

// pathOf returns "from.domain" for a chain of names, and "" for anything else.
func pathOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		field, ok := n.Property.(*ast.StringNode)
		if parent := pathOf(n.Node); ok && parent != "" {
			return parent + "." + field.Value
		}
	}
	return ""
}

// isField reports whether the node asks something for its part of that name.
func isField(n *ast.MemberNode, name string) bool {
	field, ok := n.Property.(*ast.StringNode)
	return ok && field.Value == name
}

func rootOf(name string) string {
	root, _, _ := strings.Cut(name, ".")
	return root
}

func cutLast(name string) (parent, field string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// factType returns the type of a dotted fact, nil where there is none.
func factType(name string) reflect.Type {
	t := reflect.TypeFor[env]()
	for part := range strings.SplitSeq(name, ".") {
		field, ok := tagged(t, part)
		if !ok {
			return nil
		}
		t = field.Type
	}
	return t
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("expr"); tag != "" && tag != "-" {
			names = append(names, tag)
		}
	}
	return names
}

func isAnd(b *ast.BinaryNode) bool { return b.Operator == "and" || b.Operator == "&&" }
func isOr(b *ast.BinaryNode) bool  { return b.Operator == "or" || b.Operator == "||" }

// conjuncts takes "a and b and c" apart.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && isAnd(b) {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// negates reports whether one of the two is "not" the other.
func negates(a, b ast.Node) bool { return isNot(a, b) || isNot(b, a) }

func isNot(a, b ast.Node) bool {
	u, ok := a.(*ast.UnaryNode)
	return ok && (u.Operator == "not" || u.Operator == "!") && u.Node.String() == b.String()
}

func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.CallNode:
		return n.Arguments
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.ArrayNode:
		return n.Nodes
	}
	return nil
}

func nonEmpty(words []string) []string {
	var some []string
	for _, w := range words {
		if w != "" {
			some = append(some, w)
		}
	}
	return some
}
