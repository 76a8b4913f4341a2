package importtest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEachDependencyHasAReason holds doc/dependencies.md against go.mod: what is
// required directly, or as a tool, has one line there that says why.
func TestEachDependencyHasAReason(t *testing.T) {
	wanted := direct(read(t, "go.mod"))
	reasons := reasons(t, read(t, "doc/dependencies.md"))
	for _, name := range wanted {
		if _, ok := reasons[name]; !ok {
			t.Errorf("%s is in go.mod and not in doc/dependencies.md: add a line that says why it is needed", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if !slices.Contains(wanted, name) {
			t.Errorf("%s is in doc/dependencies.md and not in go.mod: take its line out", name)
		}
		if reasons[name] == "" {
			t.Errorf("doc/dependencies.md does not say why %s is needed", name)
		}
	}
	if len(wanted) == 0 {
		t.Error("no dependency found: is this the project?")
	}
}

func TestDirectDependenciesAreFound(t *testing.T) {
	got := direct(`module example.com/m

go 1.26.0

require example.com/alone v1.0.0 // a comment

require (
	example.com/one/v2 v2.0.0-beta.8
	example.com/two v0.1.0 // indirect
)

tool (
	example.com/tools/cmd/check
)

tool example.com/format
`)
	want := []string{"example.com/alone", "example.com/format", "example.com/one/v2", "example.com/tools/cmd/check"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, not %q", got, want)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// direct lists the modules that a go.mod requires itself, and its tools.
func direct(text string) (names []string) {
	block := ""
	for line := range strings.Lines(text) {
		code, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(code)
		if len(words) == 0 || strings.TrimSpace(comment) == "indirect" {
			continue
		}
		directive := block
		if block == "" {
			directive, words = words[0], words[1:]
		}
		switch {
		case len(words) > 0 && words[0] == "(":
			block = directive
		case len(words) > 0 && words[0] == ")":
			block = ""
		case directive == "require" || directive == "tool":
			names = append(names, words[0])
		}
	}
	slices.Sort(names)
	return names
}

// row is one line of the tables: a name in backquotes and two cells.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|([^|]*)\\|([^|]*)\\|$")

// reasons returns what the tables say of each module; it is empty where one of
// the cells is.
func reasons(t *testing.T, text string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		what, why := strings.TrimSpace(m[2]), strings.TrimSpace(m[3])
		if _, twice := all[m[1]]; twice {
			t.Errorf("doc/dependencies.md has two lines for %s", m[1])
		}
		if all[m[1]] = ""; what != "" && why != "" {
			all[m[1]] = what + ": " + why
		}
	}
	return all
}
