package rules

import (
	"time"

	"github.com/expr-lang/expr/ast"
)

// freeTime checks what busy and free are given: two times, or two words in quotes
// that are such.
func (l *linter) freeTime(function string, n *ast.CallNode) {
	l.needs.Diary, l.dynamic = true, true
	if len(n.Arguments) != 2 {
		l.fail(n, "write: "+functionWords[function].example, "%s(…) takes two things", function)
		return
	}
	_, quoted1 := n.Arguments[0].(*ast.StringNode)
	_, quoted2 := n.Arguments[1].(*ast.StringNode)
	if function == "busy" && quoted1 != quoted2 {
		l.fail(n, `write both in quotes, or none: busy(invite.start, invite.end)`, "busy(…) takes two times of one sort")
		return
	}
	for _, arg := range n.Arguments {
		literal, ok := arg.(*ast.StringNode)
		switch {
		case ok && function == "busy":
			l.clockOrDate(literal)
		case ok:
			if _, err := positiveDuration(literal.Value); err != nil {
				l.fail(literal, `write it like "30m" or "2d"`, "%q is no length of time", literal.Value)
			}
		case function == "free":
			l.fail(arg, `write for example: free("30m", "2d")`, "free(…) takes lengths of time in quotes")
		}
	}
}

func (l *linter) clockOrDate(literal *ast.StringNode) {
	if _, err := parseClock(literal.Value); err == nil {
		return
	}
	if _, err := ParseDate(literal.Value, time.UTC); err != nil {
		l.fail(literal, `write it like "14:00" or "2026-12-08 14:00"`, "%q is no time", literal.Value)
	}
}
