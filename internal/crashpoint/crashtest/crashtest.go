// Package crashtest kills a program at each of its crash points in turn, starts it
// again, and holds the end against that of a program that was left alone.
package crashtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foredesk/foredesk/internal/crashpoint"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// World is where a scenario is about to happen: servers and a journal of its own.
type World interface {
	// Command is the program that lets it happen. It ends by itself.
	Command() *exec.Cmd
	// Settle starts the program again, until nothing is left to be done.
	Settle()
	// State is all that counts in the end: mailboxes, calendar, what was sent, the
	// journal. What nobody can know, as whether a mail was accepted whose answer is
	// lost, must not show in it.
	State() string
}

// Scenario is something that happens, and may be interrupted anywhere.
type Scenario struct {
	Name  string
	Begin func(t *testing.T) World
	// Least is how many points there are at least: with fewer, some are not passed any
	// more.
	Least int
	// Every is 2 for every other point; 0 and 1 are all.
	Every int
	// Contains must stand in the state at the end, so that equal ends are no empty ones.
	Contains string
}

// Run lets the scenario happen once undisturbed, and once for each point with a
// SIGKILL there.
func Run(t *testing.T, s Scenario) {
	t.Helper()
	want, points := undisturbed(t, s)
	if len(points) < s.Least {
		t.Fatalf("there are %d points, which is too few to be all", len(points))
	}
	var killed, not atomic.Int64
	t.Run("at", func(t *testing.T) {
		for n := 1; n <= len(points); n += max(1, s.Every) {
			t.Run(fmt.Sprintf("%03d %s", n, points[n-1]), func(t *testing.T) {
				t.Parallel()
				w := s.Begin(t)
				if !dies(t, w.Command(), n) {
					not.Add(1)
				} else {
					killed.Add(1)
					faulttest.Killed(t, "2", s.Name)
				}
				w.Settle()
				if got := w.State(); got != want {
					t.Errorf("killed at point %d of %d, it ends as\n%s\nundisturbed:\n%s", n, len(points), got, want)
				}
			})
		}
	})
	// Where several things go on at once, a run may pass a point or two less.
	if not.Load() > 1 && not.Load()*10 > killed.Load() {
		t.Errorf("%d of %d runs ended before they could be killed", not.Load(), not.Load()+killed.Load())
	}
}

// undisturbed is how the scenario ends where nothing crashes, and the points on the
// way. It must stay so when the program runs again.
func undisturbed(t *testing.T, s Scenario) (state string, points []string) {
	t.Helper()
	w, log := s.Begin(t), filepath.Join(t.TempDir(), "points")
	cmd := w.Command()
	cmd.Env = append(environ(cmd), crashpoint.Log+"="+log)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("undisturbed: %v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("the crash points: %v", err)
	}
	w.Settle()
	state = w.State()
	if !strings.Contains(state, s.Contains) {
		t.Fatalf("it ends as\n%s\nwhich has nothing of\n%s", state, s.Contains)
	}
	w.Settle()
	if again := w.State(); again != state {
		t.Errorf("run once more it changes something:\n%s\nwas:\n%s", again, state)
	}
	return state, strings.Fields(string(text))
}

// dies runs a program that is to kill itself at a point, and reports whether it came
// there.
func dies(t *testing.T, cmd *exec.Cmd, point int) bool {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(environ(cmd), crashpoint.At+"="+strconv.Itoa(point))
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Fatalf("it ended by itself before point %d: %v\n%s", point, err, out.Bytes())
	}
	return err != nil
}

func environ(cmd *exec.Cmd) []string {
	if cmd.Env == nil {
		return os.Environ()
	}
	return cmd.Env
}
