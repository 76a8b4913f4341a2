package rules

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRefused loads the files of testdata/lint, one mistake each, and compares
// what an assistant reads with the file beside it.
func TestRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/lint", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := findings(t, data)
			golden := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			switch filepath.Base(file) {
			case "aliases.yaml", "not-allowed-nesting.yaml":
				faulttest.Injected(t, "S10", 1)
			}
		})
	}
}

// lintTemplates are the wordings beside the files of testdata/lint.
var lintTemplates = map[string]string{"nudge": "Hello {from.first}", "other": "Good day", "broken": "Hello {form.first}", "empty": "Subject: nothing\n\n"}

func findings(t *testing.T, data []byte) string {
	t.Helper()
	set, err := Load("rules.yaml", data, Options{Folders: []string{"INBOX"}, Timezone: time.UTC, Templates: lintTemplates})
	if err == nil {
		if len(set.Warnings) == 0 {
			t.Fatal("the file was loaded without a finding")
		}
		return set.Warnings.Error() + "\n"
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the error is no list of problems: %T %v", err, err)
	}
	if set != nil {
		t.Error("a file with mistakes gave a set")
	}
	return problems.Error() + "\n"
}

// TestEveryMistake writes what an assistant reads of every mistake into one file,
// to be read from top to bottom.
func TestEveryMistake(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("What an assistant reads of every mistake in testdata/lint, in the order of the files' names.\n")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		title := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".yaml"), "-", " ")
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", title, strings.Repeat("=", len(title)), findings(t, data))
	}
	const golden = "testdata/every-mistake.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("every-mistake.txt is not of this version; run: go test ./rules -run EveryMistake -update\n(-want +got):\n%s", diff)
	}
}
