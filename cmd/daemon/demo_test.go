package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk"
	"github.com/foredesk/foredesk/rules"
)

// TestTheDemoShowsEachRule promises that a newcomer who runs the demo sees each
// rule of rules.example.yaml at work, and within twenty seconds if they are in a
// hurry.
func TestTheDemoShowsEachRule(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var out, problems bytes.Buffer
	if code := execute(ctx, []string{"demo", "--once"}, terminal{in: strings.NewReader(""), out: &out, err: &problems}); code != 0 {
		t.Fatalf("the demo ended with %d: %s\n%s", code, &problems, &out)
	}
	_, table, _ := strings.Cut(out.String(), "TAKEN BACK\n")
	for _, r := range exampleSet(t).Rules {
		row := regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(oneLine(r.Name, 60)) + ` +([1-9]\d*) `)
		if !row.MatchString(table) {
			t.Errorf("the rule %q does nothing in the demo", r.Name)
		}
	}
}

func exampleSet(t *testing.T) *rules.Set {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "rules.yaml")
	if err := os.WriteFile(file, foredesk.ExampleRules, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, foredesk.Templates); err != nil {
		t.Fatal(err)
	}
	set, err := loadRules(file, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
