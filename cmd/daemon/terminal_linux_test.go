package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// onTerminal runs foredesk with a pseudo-terminal for its output (pts(4)), and
// returns what a person there would see.
func (in *installation) onTerminal(env []string, args ...string) string {
	in.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		in.Skipf("this machine gives no pseudo-terminal, so nothing is seen of colours: %v", err)
	}
	defer screen.Close()
	var number, unlock int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			in.Fatal(errno)
		}
	}
	line, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		in.Fatal(err)
	}
	cmd := exec.Command("foredesk", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = in.dir, line, line
	cmd.Env = append(os.Environ(), env...)
	err = errors.Join(cmd.Start(), line.Close())
	if err != nil {
		in.Fatal(err)
	}
	seen, err := io.ReadAll(screen)
	if err != nil && !errors.Is(err, syscall.EIO) { // which is how its end is told
		in.Error(err)
	}
	_ = cmd.Wait() // some commands are to fail
	return string(seen)
}

// On a terminal there are colours, and text for people in place of JSON in the
// log; with NO_COLOR there are no colours.
func TestColoursAreForTerminalsAlone(t *testing.T) {
	in := install(t, startOffice(t, officeOptions{}), batchRules)
	const escape = "\x1b["
	for _, args := range [][]string{{"log", "--limit", "-1"}, {"check"}, {"explain", "rules.yaml"}} {
		if seen := in.onTerminal(nil, args...); !strings.Contains(seen, escape) {
			t.Errorf("foredesk %v has no colour on a terminal:\n%s", args, seen)
		}
		if seen := in.onTerminal([]string{"NO_COLOR=1"}, args...); strings.Contains(seen, escape) {
			t.Errorf("foredesk %v has an escape code in spite of NO_COLOR:\n%q", args, seen)
		}
		if seen := in.tried(args...); strings.Contains(seen, "\x1b") {
			t.Errorf("foredesk %v has an escape code in a pipe:\n%q", args, seen)
		}
	}
	if seen := in.onTerminal(nil, "run", "--once"); !strings.Contains(seen, "level=INFO msg=watching") {
		t.Errorf("the log on a terminal is to be text:\n%s", seen)
	}
}

// A progress bar shows that apply is at work, and is gone in the end.
func TestProgressIsForTerminalsAlone(t *testing.T) {
	in := install(t, startOffice(t, officeOptions{}), batchRules)
	for range 30 {
		in.post(compose("pat@board.acme.example", "Pack"))
	}
	seen := in.onTerminal([]string{"NO_COLOR=1"}, "apply")
	if !strings.Contains(seen, "going over the mail") || !strings.Contains(seen, "Run 1: 90 actions done.") || strings.Contains(seen, "\x1b") {
		t.Errorf("on a terminal:\n%q", seen)
	}
	if strings.Contains(in.run("undo", "--run", "1"), "taking back") {
		t.Error("a progress bar is drawn where there is no terminal")
	}
}
