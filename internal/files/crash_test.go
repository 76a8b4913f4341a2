package files

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// crashFolder names, for the child process of a test, the box to work in.
const crashFolder = "FOREDESK_TEST_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		runtime.LockOSThread() // strace counts the calls of each thread
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work does a little of everything. Doing it twice is doing it once.
func work(dir string) error {
	b, err := Open(dir)
	if err != nil {
		return err
	}
	defer b.Close()
	saved, err := b.Save("Board/2026", append(pdf("a"), pdf("b")...))
	return errors.Join(err,
		b.AddLine("x.csv", "s1", lunch), b.AddLine("x.csv", "s2", lunch), b.AddLine("y.jsonl", "s1", lunch),
		b.RemoveLine("x.csv", "s1"), b.Remove(saved[min(1, len(saved)):]))
}

// done is the box after the work.
var done = map[string]string{"Board/2026/q3.pdf": "a", "x.csv": head + strings.Replace(lunchRow, "s1", "s2", 1), "y.jsonl": lunchObj}

// A crash, a broken disk or a full one at any moment costs nothing but a repeat,
// and leaves nothing behind.
func TestARepeatAfterAFaultCompletesTheWork(t *testing.T) {
	dovecot.Require(t, "strace", "strace")
	for _, fault := range []string{"fsync:signal=KILL", "linkat:signal=KILL", "unlinkat:signal=KILL", "renameat:signal=KILL", "pwrite64:signal=KILL", "fsync:error=EIO", "pwrite64:error=ENOSPC"} {
		t.Run(fault, func(t *testing.T) {
			n := 1 // which of its calls fails
			for ; n < 50; n++ {
				dir := filepath.Join(private(t), "box")
				failed := child(t, dir, fmt.Sprintf("%s:when=%d", fault, n))
				if err := work(dir); err != nil {
					t.Fatalf("after fault %d: %v", n, err)
				}
				if checkTree(t, dir, done); !failed {
					break // there are no more calls
				}
			}
			if n == 1 || n == 50 {
				t.Errorf("the fault struck %d times: is this a test?", n-1)
			}
			switch fault {
			case "fsync:signal=KILL":
				faulttest.Injected(t, "1", n-1)
			case "pwrite64:error=ENOSPC":
				faulttest.Injected(t, "4", n-1)
			}
		})
	}
}

func TestAFileSystemWithoutLinks(t *testing.T) {
	dovecot.Require(t, "strace", "strace")
	dir := filepath.Join(private(t), "box")
	if child(t, dir, "linkat:error=EPERM") {
		t.Error("the work failed")
	}
	checkTree(t, dir, done)
}

// child does the work in a process of its own, with a fault, and reports whether
// it failed of it.
func child(t *testing.T, dir, fault string) bool {
	t.Helper()
	call, _, _ := strings.Cut(fault, ":")
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+fault, os.Args[0])
	cmd.Env = append(os.Environ(), crashFolder+"="+dir)
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("%v: %s", err, out)
	}
	return err != nil
}

func checkTree(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	names := tree(t, dir)
	for _, name := range names {
		if text, ok := want[name]; !ok || text != get(t, dir, name) {
			t.Errorf("%s holds %q", name, get(t, dir, name))
		}
	}
	if len(names) != len(want) {
		t.Errorf("there is %q", names)
	}
}
