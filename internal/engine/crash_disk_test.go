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

// disturbed runs a child under strace and reports whether it failed of what strace
// did. Strace counts the calls of each thread.
func (c *crash) disturbed(calls, what string, n int) bool {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+calls, "-e", "inject="+calls+":"+what+":when="+strconv.Itoa(n)+"+", os.Args[0])
	cmd.Env = c.child(0).Env
	out, err := cmd.CombinedOutput()
	if err != nil && strings.HasPrefix(what, "error=") && !strings.Contains(string(out), strings.TrimPrefix(c.dsn, "sqlite:")) {
		c.Errorf("at call %d it does not name the journal: %s", n, out)
	}
	return err != nil
}

func TestTheDiskFailsAtAnyWrite(t *testing.T) {
	dovecot.Require(t, "strace", "strace")
	const syncs = "fsync,fdatasync"
	strike := func(t *testing.T, calls, what string) (times int) {
		t.Helper()
		for n := 1; n < 100; n += every {
			c := newCrash(t, "uidplus")
			failed := c.disturbed(calls, what, n)
			c.finish()
			if c.check(); !failed {
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
