package importtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/foredesk/foredesk/"

// room is what a package may import of ours.
type room struct {
	imports []string
	all     bool // everything but what is for tests: the wiring
	testing bool // stands in for a server or checks one; imported by tests only
}

// rooms is the plan of the house: a package imports what its line names, and
// nothing else of ours. Each layer speaks to those below it; rules is at the
// bottom and knows nothing of mail, databases or the network.
var rooms = map[string]room{
	"cmd/daemon":        {all: true},
	"internal/engine":   {imports: []string{"internal/plant", "rules", "internal/store", "internal/gather", "internal/agenda", "internal/summary", "internal/mailbox", "internal/datebook"}},
	"internal/gather":   {imports: []string{"rules", "internal/store", "internal/agenda", "internal/summary", "internal/mailbox", "internal/datebook"}},
	"internal/mail":     {imports: []string{"internal/crashpoint", "rules", "internal/mailbox", "internal/when", "internal/summary", "internal/invite", "internal/trip"}},
	"internal/store":    {imports: []string{"internal/plant", "internal/crashpoint", "internal/mailbox", "internal/datebook"}},
	"internal/errand":   {imports: []string{"internal/mail", "internal/mailbox", "internal/files", "internal/hook", "internal/invite"}},
	"internal/calendar": {imports: []string{"internal/crashpoint", "internal/datebook"}},
	"internal/datebook": {imports: []string{"rules", "internal/ical"}},
	"internal/agenda":   {imports: []string{"rules"}},
	"internal/google":   {},
	"internal/invite":   {imports: []string{"rules", "internal/ical"}},
	"internal/trip":     {imports: []string{"rules", "internal/ical"}},
	"internal/files":    {},
	"internal/hook":     {imports: []string{"internal/crashpoint"}},
	"internal/ical":     {},
	"internal/model":    {imports: []string{"internal/crashpoint"}},
	"internal/summary":  {},
	"internal/when":     {},
	"internal/config":   {imports: []string{"rules"}},
	// The demo shows the daemon over sockets; it must not know how it is made.
	"internal/demo":       {imports: []string{"internal/demo/gcal"}},
	"internal/demo/gcal":  {},
	"internal/crashpoint": {},
	"internal/plant":      {},
	"internal/mailbox":    {imports: []string{"rules"}},
	"rules":               {},
	// The root holds files that the binary carries, and no code.
	".": {},

	"internal/dovecot":              {testing: true},
	"internal/dovecot/mailgen":      {testing: true, imports: []string{"internal/dovecot"}},
	"internal/dovecot/desk":         {testing: true, imports: []string{"internal/dovecot"}},
	"internal/badline":              {testing: true},
	"internal/crashpoint/crashtest": {testing: true, imports: []string{"internal/crashpoint", "internal/faults/faulttest"}},
	"internal/anypoint":             {testing: true},
	"internal/anyday":               {testing: true},
	"internal/bench":                {testing: true},
	"internal/doctest":              {testing: true},
	"internal/e2e":                  {testing: true},
	"internal/soak":                 {testing: true},
	"internal/store/storetest":      {testing: true, imports: []string{"internal/store", "internal/mailbox", "internal/datebook"}},
	"internal/importtest":           {testing: true},
	"internal/faults":               {testing: true},
	"internal/faults/faulttest":     {testing: true, imports: []string{"internal/faults"}},
	"internal/faults/run":           {testing: true, imports: []string{"internal/faults"}},
}

// use is one import of ours in one file.
type use struct{ file, from, to string }

func TestImportsRunOneWay(t *testing.T) {
	packages, uses := project(t, filepath.Join("..", ".."))
	for _, p := range packages {
		if _, ok := rooms[p]; !ok {
			t.Errorf("%s is not in the table of internal/importtest: add a line that says what it may import", p)
		}
	}
	for _, u := range uses {
		if wrong := broken(u); wrong != "" {
			t.Errorf("%s: %s", u.file, wrong)
		}
	}
	if len(packages) < 3 || len(uses) == 0 {
		t.Errorf("found only %d packages and %d imports: is this the project?", len(packages), len(uses))
	}
}

// broken says what is wrong with an import, or "".
func broken(u use) string {
	from := rooms[u.from]
	switch {
	case rooms[u.to].testing && !from.testing:
		return u.from + " imports " + u.to + ", which is for tests only"
	case from.all || slices.Contains(from.imports, u.to):
		return ""
	case len(from.imports) == 0:
		return u.from + " imports " + u.to + "; it may import nothing of ours"
	}
	return u.from + " imports " + u.to + "; it may import only " + strings.Join(from.imports, ", ")
}

func TestTheTableRefusesWhatItShould(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to string
		ok       bool
	}{
		"the wiring imports the engine":           {"cmd/daemon", "internal/engine", true},
		"the engine imports the journal":          {"internal/engine", "internal/store", true},
		"rules imports nothing":                   {"rules", "internal/mailbox", false},
		"the engine does not know IMAP":           {"internal/engine", "internal/mail", false},
		"mail does not know the journal":          {"internal/mail", "internal/store", false},
		"the demo does not know the engine":       {"internal/demo", "internal/engine", false},
		"nothing imports the wiring":              {"internal/engine", "cmd/daemon", false},
		"the wiring does not import test servers": {"cmd/daemon", "internal/dovecot", false},
	} {
		t.Run(name, func(t *testing.T) {
			if wrong := broken(use{from: tc.from, to: tc.to}); (wrong == "") != tc.ok {
				t.Errorf("%s imports %s: %q", tc.from, tc.to, wrong)
			}
		})
	}
}

// project returns the packages below root and what they import of each other.
// Imports of test files are left out: a test may stand on anything.
func project(t *testing.T, root string) (packages []string, uses []use) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(file))
		if !slices.Contains(packages, from) {
			packages = append(packages, from)
		}
		if !strings.HasSuffix(file, "_test.go") {
			uses = append(uses, imports(t, path, file, from)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages, uses
}

func imports(t *testing.T, path, file, from string) (uses []use) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if to, ours := strings.CutPrefix(name, module); ours {
			uses = append(uses, use{file, from, to})
		}
	}
	return uses
}
