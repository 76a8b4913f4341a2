package crashpoint_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

// With this in its environment the test binary is a program that passes two points
// for each thing it writes.
const envPasses = "FOREDESK_TEST_PASSES"

func TestMain(m *testing.M) {
	n, err := strconv.Atoi(os.Getenv(envPasses))
	if err != nil {
		os.Exit(m.Run())
	}
	for i := range n {
		crashpoint.Here("before")
		fmt.Println(i)
		crashpoint.Here("after")
	}
}

// pass runs that program, and returns what it wrote and how it ended.
func pass(t *testing.T, env ...string) (lines int, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, envPasses+"=3")...)
	out, err := cmd.Output()
	return strings.Count(string(out), "\n"), err
}

func TestAProcessDiesAtThePointThatWasAskedFor(t *testing.T) {
	for at, want := range []int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3} {
		if at == 0 {
			continue
		}
		lines, err := pass(t, crashpoint.At+"="+strconv.Itoa(at))
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL || lines != want {
			t.Errorf("at point %d it ended with %v after %d lines, want SIGKILL after %d", at, err, lines, want)
		}
	}
}

func TestAProcessThatIsNotAskedToDieDoesNot(t *testing.T) {
	for _, at := range []string{"", "0", "-1", "7", "first"} {
		if lines, err := pass(t, crashpoint.At+"="+at); err != nil || lines != 3 {
			t.Errorf("with %q it ended with %v after %d lines", at, err, lines)
		}
	}
}

func TestEachPointIsNotedBeforeTheProcessDiesThere(t *testing.T) {
	for at, want := range map[string]string{
		"0": "before after before after before after",
		"1": "before",
		"4": "before after before after",
	} {
		log := filepath.Join(t.TempDir(), "points")
		if _, err := pass(t, crashpoint.Log+"="+log, crashpoint.At+"="+at); (err != nil) != (at != "0") {
			t.Errorf("point %s: %v", at, err)
		}
		text, err := os.ReadFile(log)
		if got := strings.Join(strings.Fields(string(text)), " "); err != nil || got != want {
			t.Errorf("point %s: the log has %q (%v), want %q", at, got, err, want)
		}
	}
}

func TestALogThatCanNotBeWrittenEndsTheProcess(t *testing.T) {
	lines, err := pass(t, crashpoint.Log+"="+filepath.Join(t.TempDir(), "no", "folder"))
	if err == nil || lines > 0 {
		t.Errorf("it ended with %v after %d lines", err, lines)
	}
}

func TestAPointThatIsNotArmedCostsNothing(t *testing.T) {
	if n := testing.AllocsPerRun(1000, func() { crashpoint.Here("journal") }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func BenchmarkHere(b *testing.B) {
	for b.Loop() {
		crashpoint.Here("journal")
	}
}
