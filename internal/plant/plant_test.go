package plant_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// The tests of what is promised would notice if foredesk broke it: with a violation
// planted they fail. That they pass without one is for themselves to show.
func TestThePlantedViolationsAreCaught(t *testing.T) {
	for _, v := range []struct{ tag, breaks, run, each string }{
		{"plant_nolook", "what was begun is looked for before it is done again", crashes + "/^errands$", "/at/"},
		{"plant_actfirst", "what is begun is written down before it is done", crashes + "/^errands$", "/at/"},
		{"plant_nokey", "a step exists once", "^TestPromises$/SQLite", "SQLite/"},
	} {
		t.Run(v.tag, func(t *testing.T) {
			passed, failed := withPlanted(t, v.tag, v.run, v.each)
			t.Logf("without %q %d of %d tests fail", v.breaks, failed, passed+failed)
			if failed == 0 {
				t.Errorf("%s is planted, and none of the tests %s of the engine fails", v.tag, v.run)
			}
		})
	}
}

// crashes kills processes at each point.
const crashes = "^TestAProcessThatIsKilledEndsAsOneLeftAlone$"

// withPlanted runs tests of the engine with a violation planted, and counts those whose
// names contain a part. For the crash tests that is each kill: that a program fails
// which nobody has killed would not count.
func withPlanted(t *testing.T, tag, run, part string) (passed, failed int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-json", "-count=1", "-tags", tag, "-run", run, "./internal/engine")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var e struct{ Action, Test string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %q", err, lines.Bytes())
		}
		if !strings.Contains(e.Test, part) {
			continue
		}
		switch e.Action {
		case "pass":
			passed++
		case "fail":
			failed++
		}
	}
	if passed+failed == 0 {
		t.Fatalf("with %s planted, no test of %s %s ran:\n%s", tag, run, part, out)
	}
	return passed, failed
}
