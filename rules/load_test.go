package rules

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		})
	}
}

func findings(t *testing.T, data []byte) string {
	t.Helper()
	set, err := Load("rules.yaml", data, Options{Folders: []string{"INBOX"}, Timezone: time.UTC})
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
