package faults

import (
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed limits.txt
var limits string

// Limit is a number that Foredesk keeps to.
type Limit struct {
	What           string
	Package, Const string // where it stands, below the root
	Unit           string // bytes, count or time
	Test           string // a function, or a txtar case, of the package, that goes to the limit
}

// Limits are all that doc/guarantees.md names.
func Limits() (all []Limit) {
	for line := range strings.Lines(limits) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) == 5 && !strings.HasPrefix(line, "#") {
			all = append(all, Limit{cells[0], cells[1], cells[2], cells[3], cells[4]})
		}
	}
	return all
}

// In reads the number out of the source below root, in words: "64 KiB", "9 min".
func (l Limit) In(root string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(l.Package), "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		if value := constantOf(parsed, l.Const); value != nil {
			n, err := number(value)
			if err != nil {
				return "", fmt.Errorf("%s.%s: %w", l.Package, l.Const, err)
			}
			return inWords(n, l.Unit), nil
		}
	}
	return "", fmt.Errorf("%s has no constant %s", l.Package, l.Const)
}

// Tested says whether the package has the test. That it goes to the limit is for
// people to see: it names the constant.
func (l Limit) Tested(root string) bool {
	dir := filepath.Join(root, filepath.FromSlash(l.Package))
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\nfunc "+l.Test+"(t ") {
			return true
		}
	}
	cases, _ := filepath.Glob(filepath.Join(dir, "testdata", "*", l.Test+".txtar"))
	return len(cases) == 1
}

// constantOf finds a constant, or nil. One that takes its value from the line above
// (iota) is none for this.
func constantOf(file *ast.File, name string) (value ast.Expr) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
			for i, ident := range spec.Names {
				if ident.Name == name {
					value = spec.Values[i]
				}
			}
		}
		return value == nil
	})
	return value
}

var errNotPlain = errors.New("its value is no plain arithmetic")

// number works out a constant of numbers and of hours, minutes and seconds.
func number(e ast.Expr) (constant.Value, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0), nil
	case *ast.ParenExpr:
		return number(e.X)
	case *ast.SelectorExpr:
		units := map[string]time.Duration{"Hour": time.Hour, "Minute": time.Minute, "Second": time.Second, "Millisecond": time.Millisecond}
		if d, ok := units[e.Sel.Name]; ok {
			return constant.MakeInt64(int64(d)), nil
		}
	case *ast.BinaryExpr:
		x, err := number(e.X)
		if err != nil {
			return nil, err
		}
		y, err := number(e.Y)
		if err != nil {
			return nil, err
		}
		if e.Op == token.SHL { // which constant.BinaryOp does not do
			by, _ := constant.Uint64Val(y)
			return constant.Shift(x, token.SHL, uint(by)), nil
		}
		return constant.BinaryOp(x, e.Op, y), nil
	}
	return nil, errNotPlain
}

// inWords writes a number as people do: "16 KiB", "5,000", "10 min".
func inWords(v constant.Value, unit string) string {
	n, _ := constant.Int64Val(v)
	switch {
	case unit == "time" && n%int64(time.Hour) == 0:
		return fmt.Sprint(n/int64(time.Hour), " h")
	case unit == "time" && n%int64(time.Minute) == 0:
		return fmt.Sprint(n/int64(time.Minute), " min")
	case unit == "time":
		return fmt.Sprint(n/int64(time.Second), " s")
	case unit == "bytes" && n%(1<<20) == 0:
		return fmt.Sprint(n>>20, " MiB")
	case unit == "bytes" && n%(1<<10) == 0:
		return fmt.Sprint(n>>10, " KiB")
	}
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if unit == "bytes" {
		text += " bytes"
	}
	return text
}
