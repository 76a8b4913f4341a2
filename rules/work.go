package rules

import (
	"errors"
	"regexp/syntax"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// What a condition costs hangs on what strangers write: a mail may have a thousand
// links and 256 KiB of text. So whatever looks at texts and lists counts its work,
// and a rule that needs too much for one item is cut short there: it does not fire,
// its failure says so, and the rules below go on. A unit is about what takes 10 ns
// where the text is made to be costly, and far less in any other.
const (
	maxWork  = 10_000_000 // units that the conditions of one rule may need for one item
	callWork = 4          // units of any call
	foldWork = 5          // units of a byte that is brought into the form in which texts compare
	nodeWork = 8          // units of a node of the syntax tree, at each turn of a loop
	wordWork = 50         // units of a date or a length of time that is read from words
	seenWork = 10_000     // units of a look into the journal
	freeWork = 20_000     // units of a search for free time
	// smallLoop is how many nodes may be asked of each element without a count.
	smallLoop = 50
	maxList   = 1_000 // elements of a list that conditions see; of everyone, twice as many
)

var errWork = errors.New("it takes more work than a rule may need for one message: long texts and lists are looked at too often, or by too large a pattern")

// spend counts work, in units besides those of the call.
func (e *env) spend(units int) error {
	if e.work += units + callWork; e.work > maxWork {
		return errWork
	}
	return nil
}

// diaryWork is what it takes to go over a diary.
func diaryWork(d *Diary) int {
	if d == nil {
		return 0
	}
	return len(d.Events)
}

// search is what it takes to look for a word in a text.
func search(text string) int { return len(text) / 8 }

// callStep counts one turn of a loop.
func callStep(params ...any) (any, error) { return true, params[0].(*env).spend(params[1].(int)) }

// countTurns has a loop count its turns where they may be many: with much asked of
// each element, or inside another loop. One that asks little goes over a thousand
// elements at most, and what costs more than others counts for itself.
func countTurns(asked *ast.PredicateNode) {
	if sizeOf(asked) > smallLoop {
		countTurn(asked)
	}
	countInner(asked.Node)
}

func countInner(n ast.Node) {
	if inner, ok := loopOf(n); ok {
		countTurn(inner)
		return
	}
	for _, child := range children(n) {
		countInner(child)
	}
}

func countTurn(asked *ast.PredicateNode) {
	if b, ok := asked.Node.(*ast.BinaryNode); ok && isCall(b.Left, "$step") {
		return // it counts already
	}
	units := &ast.IntegerNode{Value: nodeWork * sizeOf(asked)}
	step := &ast.CallNode{Callee: &ast.IdentifierNode{Value: "$step"}, Arguments: []ast.Node{envNode(), units}}
	both := &ast.BinaryNode{Operator: "and", Left: step, Right: asked.Node}
	both.SetLocation(asked.Node.Location())
	asked.Node = both
}

func isCall(n ast.Node, name string) bool {
	call, ok := n.(*ast.CallNode)
	if !ok {
		return false
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	return ok && callee.Value == name
}

// loopOf is what a loop asks of each element.
func loopOf(n ast.Node) (*ast.PredicateNode, bool) {
	b, ok := n.(*ast.BuiltinNode)
	if !ok || len(b.Arguments) < 2 {
		return nil, false
	}
	p, ok := b.Arguments[1].(*ast.PredicateNode)
	return p, ok
}

func sizeOf(n ast.Node) int {
	size := 1
	for _, child := range children(n) {
		size += sizeOf(child)
	}
	return size
}

// bounded is the item with its lists cut to what conditions may see.
func bounded(item *Item) *Item {
	if !tooLong(item) {
		return item
	}
	i := *item
	i.To, i.Cc, i.Labels, i.Links, i.Files = firstFew(i.To), firstFew(i.Cc), firstFew(i.Labels), firstFew(i.Links), firstFew(i.Files)
	i.Thread.Labels, i.Thread.Participants = firstFew(i.Thread.Labels), firstFew(i.Thread.Participants)
	i.Invite.Attendees, i.Event.Attendees, i.Event.Tags = firstFew(i.Invite.Attendees), firstFew(i.Event.Attendees), firstFew(i.Event.Tags)
	return &i
}

func tooLong(i *Item) bool {
	return max(len(i.To), len(i.Cc), len(i.Labels), len(i.Links), len(i.Files), len(i.Thread.Labels), len(i.Thread.Participants),
		len(i.Invite.Attendees), len(i.Event.Attendees), len(i.Event.Tags)) > maxList
}

// bounded is what was found, with its lists cut in the same way.
func (f Found) bounded() Found {
	f.Deadlines, f.Dates, f.Amounts, f.Trips, f.Codes = firstFew(f.Deadlines), firstFew(f.Dates), firstFew(f.Amounts), firstFew(f.Trips), firstFew(f.Codes)
	return f
}

func firstFew[T any](all []T) []T { return all[:min(len(all), maxList)] }

// weights bound the work of a pattern by the characters of a text: for each, how
// many states of the expression can follow it. The engine follows them all at
// once, and of most expressions a character leaves few.
type weights struct {
	start int
	after [utf8.RuneSelf + 1]int // by character; the last for all beyond ASCII
}

func weigh(prog *syntax.Prog) *weights {
	r := reacher{prog: prog, seen: make([]int, len(prog.Inst))}
	w := &weights{start: r.from(uint32(prog.Start))}
	for i := range prog.Inst {
		in := &prog.Inst[i]
		if in.Op != syntax.InstRune && in.Op != syntax.InstRune1 && in.Op != syntax.InstRuneAny && in.Op != syntax.InstRuneAnyNotNL {
			continue
		}
		states := r.from(in.Out)
		for c := range utf8.RuneSelf {
			if in.MatchRune(rune(c)) {
				w.after[c] += states
			}
		}
		w.after[utf8.RuneSelf] += states
	}
	return w
}

// reacher counts the states that are reached from one without a character.
type reacher struct {
	prog *syntax.Prog
	seen []int // by state: the last question that came by
	asks int
	open []uint32
}

func (r *reacher) from(state uint32) (reached int) {
	r.asks++
	r.open = r.open[:0]
	for r.visit(state); len(r.open) > 0; reached++ {
		in := &r.prog.Inst[r.open[len(r.open)-1]]
		r.open = r.open[:len(r.open)-1]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			r.visit(in.Out)
			r.visit(in.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			r.visit(in.Out)
		}
	}
	return reached
}

func (r *reacher) visit(state uint32) {
	if r.seen[state] != r.asks {
		r.seen[state], r.open = r.asks, append(r.open, state)
	}
}

// of is the work of the pattern on a text: at most so much, and counted no further
// than to where it is too much.
func (w *weights) of(text string) int {
	work := len(text) * w.start
	for i := 0; i < len(text) && work <= maxWork; i++ {
		work += w.after[min(text[i], utf8.RuneSelf)]
	}
	return work
}
