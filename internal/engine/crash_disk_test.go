package engine_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// The same for the disk: strace kills the process at an fsync, or lets fsync fail or
// the disk be full from some call on. It stops by itself then; started again on a
// sound disk, it ends as one that was left alone.

// disturbed runs the process under strace and reports whether it failed of what strace
// did. Strace counts the calls of each thread.
func (w *scene) disturbed(calls, what string, n int) bool {
	w.Helper()
	cmd := w.Command()
	cmd.Args = append([]string{"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls, "-e", "inject=" + calls + ":" + what + ":when=" + strconv.Itoa(n) + "+"}, cmd.Args...)
	var err error
	cmd.Path, err = exec.LookPath(cmd.Args[0])
	w.must(err)
	out, err := cmd.CombinedOutput()
	if err != nil && strings.HasPrefix(what, "error=") && !strings.Contains(string(out), strings.TrimPrefix(w.dsn, "sqlite:")) {
		w.Errorf("at call %d it does not name the journal: %s", n, out)
	}
	return err != nil
}

func TestTheDiskFailsAtAnyWrite(t *testing.T) {
	dovecot.Require(t, "strace", "strace")
	const syncs = "fsync,fdatasync"
	strike := func(t *testing.T, calls, what string) (times int) {
		t.Helper()
		for n := 1; n < 100; n += every {
			w := workdayStory.begin(t)
			failed := w.disturbed(calls, what, n)
			w.Settle()
			w.holds(afterTheWorkday)
			if !failed {
				break // no thread makes so many
			}
			times++
		}
		return times
	}
	t.Run("killed at an fsync", func(t *testing.T) {
		t.Parallel()
		for range strike(t, syncs, "signal=KILL") {
			faulttest.Killed(t, "1", "mail: every fsync")
		}
	})
	t.Run("fsync fails", func(t *testing.T) {
		t.Parallel()
		faulttest.Injected(t, "3", strike(t, syncs, "error=EIO"))
	})
	t.Run("the disk is full", func(t *testing.T) {
		t.Parallel()
		faulttest.Injected(t, "4", strike(t, "pwrite64", "error=ENOSPC"))
	})
}
