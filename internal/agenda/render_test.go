package agenda

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/*.html and *.txt with what is rendered now")

// TestGolden promises what each of the letters looks like, in both forms.
func TestGolden(t *testing.T) {
	for name, one := range everyLetter() {
		t.Run(name, func(t *testing.T) {
			l := rendered(t, one)
			golden(t, name+".html", l.HTML)
			golden(t, name+".txt", "Subject: "+l.Subject+"\n\n"+l.Text)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs; if it should, run go test ./internal/agenda -update and look at it\n%s", file, diff)
	}
}
