package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlan runs the files of testdata/plan: rules with tests of their own, each
// named for what it promises.
func TestPlan(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/plan", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			set := loadFile(t, file)
			if len(set.Tests) == 0 {
				t.Fatal("the file has no tests")
			}
			for _, r := range set.RunTests() {
				for _, f := range r.Failed {
					t.Errorf("%s:%d: %s: %s", file, r.Line, r.Name, f)
				}
			}
		})
	}
}

func loadFile(tb testing.TB, file string) *Set {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	set, err := Load(file, data, Options{Timezone: time.UTC, AllowDelete: true, Templates: planTemplates})
	if err != nil {
		tb.Fatalf("the file was refused:\n%s", err)
	}
	return set
}

// planTemplates are the wordings beside the files of testdata/plan.
var planTemplates = map[string]string{
	"nudge":  "Subject: Waiting: {subject}\r\n\r\nHello {from.first},\r\n{thread.quietDays} days.\r\n",
	"absent": "Dear {from.first}, I am away.",
}

func load(tb testing.TB, text string) *Set {
	tb.Helper()
	set, err := Load("rules.yaml", []byte(text), Options{Timezone: time.UTC})
	if err != nil {
		tb.Fatalf("the file was refused:\n%s", err)
	}
	return set
}
