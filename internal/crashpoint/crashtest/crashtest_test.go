package crashtest_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/crashpoint"
	"github.com/foredesk/foredesk/internal/crashpoint/crashtest"
)

// A crash must be noticed by whoever looks for crashes, so there are two programs here:
// both write a letter and then note that it is written; the careless one does not look
// whether there is a letter already. The test binary is either, and also the test that
// is to find out.
const (
	envFolder = "FOREDESK_TEST_FOLDER" // it is one of the programs, and writes there
	envHow    = "FOREDESK_TEST_HOW"    // "careful" or "careless"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(envFolder); folder != "" {
		write(folder, os.Getenv(envHow) == "careful")
		return
	}
	os.Exit(m.Run())
}

func write(folder string, careful bool) {
	letters, noted := filepath.Join(folder, "letters"), filepath.Join(folder, "noted")
	if there(noted) {
		return
	}
	crashpoint.Here("letter")
	if !careful || !there(letters) {
		f, err := os.OpenFile(letters, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString("Dear Ben\n")
		}
		if err := errors.Join(err, f.Close()); err != nil {
			panic(err)
		}
	}
	crashpoint.Here("letter")
	if err := os.WriteFile(noted, nil, 0o600); err != nil {
		panic(err)
	}
	crashpoint.Here("note")
}

func there(file string) bool {
	_, err := os.Stat(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
	return err == nil
}

type folder struct {
	t    *testing.T
	path string
}

func (f folder) Command() *exec.Cmd {
	cmd := exec.CommandContext(f.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envFolder+"="+f.path)
	return cmd
}

func (f folder) Settle() {
	if out, err := f.Command().CombinedOutput(); err != nil {
		f.t.Fatalf("%v\n%s", err, out)
	}
}

func (f folder) State() string {
	text, err := os.ReadFile(filepath.Join(f.path, "letters"))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

func play(t *testing.T, s crashtest.Scenario) {
	s.Begin = func(t *testing.T) crashtest.World { return folder{t, t.TempDir()} }
	crashtest.Run(t, s)
}

// It is run by the test below, which says how.
func TestLetter(t *testing.T) {
	s, known := map[string]crashtest.Scenario{
		"careful":  {Name: "a letter", Least: 3, Contains: "Dear Ben"},
		"careless": {Name: "a letter"},
		"few":      {Name: "a letter", Least: 4},
		"empty":    {Name: "a letter", Contains: "Dear Dana"},
	}[os.Getenv(envHow)]
	if !known {
		t.Skip("for the test that runs this one again")
	}
	play(t, s)
}

func TestWhatIsDoneTwiceIsNoticed(t *testing.T) {
	for how, want := range map[string]string{
		"careful":  "PASS",
		"careless": "killed at point 2 of 3, it ends as\nDear Ben\nDear Ben\n\nundisturbed:\nDear Ben\n",
		"few":      "there are 3 points, which is too few to be all",
		"empty":    "which has nothing of\nDear Dana",
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLetter$")
		cmd.Env = append(os.Environ(), envHow+"="+how)
		out, err := cmd.CombinedOutput()
		said := strings.ReplaceAll(string(out), "\n        ", "\n")
		for strings.Contains(said, "\n ") {
			said = strings.ReplaceAll(said, "\n ", "\n")
		}
		if (err == nil) != (how == "careful") || !strings.Contains(said, want) {
			t.Errorf("%s: it ended with %v:\n%s", how, err, out)
		}
	}
}
