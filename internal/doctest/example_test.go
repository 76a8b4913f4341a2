package doctest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheTeachingFileWorks promises that rules.example.yaml, with the wordings in
// templates/, is as good as what it teaches: it loads without a warning, and its
// tests pass, show each rule, and show what each rule leaves alone.
func TestTheTeachingFileWorks(t *testing.T) {
	files, err := filepath.Glob(root("rules.example*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no rules.example.yaml (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set := loadWhole(t, filepath.Base(file), string(text), wordings(t))
			showsEachRule(t, set)
			leavesSomethingAlone(t, set)
		})
	}
}

// wordings are the files of templates/, by name.
func wordings(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(root("templates", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return all
}

// TestEachWordingIsUsed keeps templates/ from gathering what no rule sends.
func TestEachWordingIsUsed(t *testing.T) {
	files, err := filepath.Glob(root("rules.example*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range loadWhole(t, filepath.Base(file), string(text), wordings(t)).Rules {
			for _, a := range r.Actions {
				used[a.Arg], used[a.With["template"]] = true, true
			}
		}
	}
	for name := range wordings(t) {
		if !used[name] {
			t.Errorf("no rule uses templates/%s.txt", name)
		}
	}
}
