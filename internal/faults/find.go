package faults

import (
	"bufio"
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Place is a test that says that it injects a fault.
type Place struct {
	ID      string // of the table; "" where a test draws what it injects
	Package string // below the root: "internal/mail"
	Test    string // a test function
	Case    string // of a txtar file that the function plays; empty where the function itself says it
}

// String is "mail: TestX", or "engine: a case in words".
func (p Place) String() string {
	if p.Case != "" {
		return path.Base(p.Package) + ": " + strings.ReplaceAll(p.Case, "_", " ")
	}
	return path.Base(p.Package) + ": " + p.Test
}

// players are the functions that play txtar files, and what stands between their name
// and that of a case in a pattern of go test.
var players = map[string]struct{ test, between string }{
	"internal/engine/testdata":          {"TestPromises", "/./"},
	"internal/engine/testdata/calendar": {"TestCalendarPromises", "/./"},
	"internal/engine/testdata/letters":  {"TestLetterPromises", "/./"},
	"cmd/daemon/testdata/script":        {"TestScripts", "/"},
}

// Find returns all places below root, in the order of the table, each once.
func Find(root string) ([]Place, error) {
	var places []Place
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && file != root {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		var found []Place
		switch name = filepath.ToSlash(name); {
		case strings.HasSuffix(name, "_test.go"):
			found, err = inSource(file, path.Dir(name))
		case path.Ext(name) == ".txtar":
			found, err = inCase(file, name)
		}
		places = append(places, found...)
		return err
	})
	// In the order of the table, so that what is made of it changes only where tests do.
	order := map[string]int{}
	for i, f := range Table {
		order[f.ID] = i
	}
	slices.SortFunc(places, func(a, b Place) int {
		return cmp.Or(order[a.ID]-order[b.ID], cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test), cmp.Compare(a.Case, b.Case))
	})
	return slices.Compact(places), err
}

// inSource looks for calls of faulttest with an id that stands there, and for
// scenarios of crashtest, and parses no file that has none.
func inSource(file, pkg string) (found []Place, err error) {
	text, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(text, []byte("faulttest.")) && !bytes.Contains(text, []byte("crashtest.")) {
		return nil, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		// What a helper says belongs to the tests that call it, which this can't see.
		if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := injects(n); ok {
				found = append(found, Place{ID: id, Package: pkg, Test: f.Name.Name})
			}
			return true
		})
	}
	return found, nil
}

// injects says whether a node is a call of faulttest, and of which id; "" where only
// the run tells it. A call of crashtest.Run kills processes, which is fault 2.
func injects(n ast.Node) (id string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	in, ok := f.X.(*ast.Ident)
	switch {
	case ok && in.Name == "crashtest" && f.Sel.Name == "Run":
		return "2", true
	case !ok || in.Name != "faulttest":
		return "", false
	}
	if literal, ok := call.Args[1].(*ast.BasicLit); ok {
		id, _ = strconv.Unquote(literal.Value) // of a number: no id that is known
	}
	return id, true
}

// inCase looks for the lines "fault ID" of a txtar file.
func inCase(file, name string) (found []Place, err error) {
	player, ok := players[path.Dir(name)]
	if !ok {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pkg, _, _ := strings.Cut(name, "/testdata")
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "fault" && Known(words[1]) {
			found = append(found, Place{words[1], pkg, player.test, strings.TrimSuffix(path.Base(name), ".txtar")})
		}
	}
	return found, lines.Err()
}

// Pattern is what go test runs in a package, for its option -run: the tests and cases
// of these places, and no others.
func Pattern(places []Place, pkg string) string {
	var parts, tests []string
	cases := map[string][]string{}
	for _, p := range places {
		switch {
		case p.Package != pkg:
		case p.Case != "":
			cases[p.Test] = append(cases[p.Test], p.Case)
		case !slices.Contains(tests, p.Test):
			tests = append(tests, p.Test)
		}
	}
	// go test reads each alternative by itself, and splits it at its slashes.
	if len(tests) > 0 {
		parts = append(parts, "^("+strings.Join(tests, "|")+")$")
	}
	for _, player := range players {
		if names := cases[player.test]; len(names) > 0 {
			slices.Sort(names)
			parts = append(parts, "^"+player.test+"$"+player.between+"^("+strings.Join(slices.Compact(names), "|")+")$")
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "|")
}
