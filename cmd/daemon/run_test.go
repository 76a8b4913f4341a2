package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// installation is a folder with a configuration and rules for an office.
type installation struct {
	*testing.T
	dir    string
	office *office
}

func install(t *testing.T, p *office, rules string) *installation {
	t.Helper()
	_, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{t, t.TempDir(), p}
	if err := errors.Join(
		os.WriteFile(filepath.Join(in.dir, "rules.yaml"), []byte(rules), 0o600),
		writeDesk(in.dir, port),
	); err != nil {
		t.Fatal(err)
	}
	return in
}

// command is foredesk as a process of its own; TestMain has put it into PATH.
func (in *installation) command(args ...string) (cmd *exec.Cmd, out *bytes.Buffer) {
	cmd, out = exec.Command("foredesk", args...), new(bytes.Buffer)
	cmd.Dir, cmd.Stdout, cmd.Stderr = in.dir, out, out
	return cmd, out
}

// run runs a command to its end, and returns all that it printed.
func (in *installation) run(args ...string) string {
	in.Helper()
	cmd, out := in.command(args...)
	if err := cmd.Run(); err != nil {
		in.Fatalf("foredesk %v: %v\n%s", args, err, out)
	}
	return out.String()
}

func (in *installation) mailbox() string {
	in.Helper()
	letters, err := in.office.letters()
	if err != nil {
		in.Fatal(err)
	}
	return lines(letters)
}

// stopTime is what foredesk has to stop in, on a machine that is busy with other
// tests; a service manager kills what takes longer.
const stopTime = 20 * time.Second

// meeting is a command that has reached the server and waits there.
type meeting struct {
	command string
	fails   bool // the server forgets the command in the end
	once    sync.Once
	reached chan struct{} // closed when the command has come
	goOn    chan struct{} // the server waits until this is closed
}

func (m *meeting) before(command string) (err error) {
	if command != m.command {
		return nil
	}
	m.once.Do(func() {
		close(m.reached)
		<-m.goOn
		if m.fails {
			err = errors.New("forgotten")
		}
	})
	return err
}

const batchRules = `version: 1
rules:
  - name: Board
    when: from.domain == "board.acme.example"
    do: [{copy: Ledger}, {flag: true}, {file: Board}]
`

// SIGTERM in the middle of a batch: foredesk stops in time with exit code 0, and
// when it is started again every message has been handled exactly once, whatever
// became of the command that the server was at.
func TestStoppingInTheMiddleOfABatchLosesNothing(t *testing.T) {
	for _, command := range []string{"COPY", "STORE", "MOVE"} {
		for _, becomes := range []string{"done and answered", "done when foredesk has gone", "forgotten"} {
			t.Run(command+" is "+becomes, func(t *testing.T) {
				m := &meeting{command: command, fails: becomes == "forgotten", reached: make(chan struct{}), goOn: make(chan struct{})}
				in := install(t, startOffice(t, officeOptions{before: m.before}), batchRules)
				in.run("run", "--once") // from now on mail is new
				for i := range 20 {
					in.post(compose("pat@board.acme.example", fmt.Sprintf("Pack %02d", i)))
				}
				in.stopAt(m, becomes == "done and answered")
				in.post(compose("pat@board.acme.example", "Pack 20"))
				in.run("run", "--once")
				in.handledOnce(21)
			})
		}
	}
}

// Apply that is interrupted says so, and the same command goes on with the run.
func TestAnInterruptedApplyGoesOn(t *testing.T) {
	m := &meeting{command: "MOVE", reached: make(chan struct{}), goOn: make(chan struct{})}
	in := install(t, startOffice(t, officeOptions{before: m.before}), batchRules)
	for i := range 20 {
		in.post(compose("pat@board.acme.example", fmt.Sprintf("Pack %02d", i)))
	}
	cmd, out := in.command("apply")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-m.reached
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("it ended with %v", err)
	}
	if !strings.Contains(out.String(), "the same command goes on") {
		t.Errorf("it does not say how to go on:\n%s", out)
	}
	close(m.goOn)
	in.settled()
	if said := in.run("apply"); !strings.Contains(said, "Run 1: 60 actions done.") {
		t.Errorf("it did not go on with run 1:\n%s", said)
	}
	in.handledOnce(20)
}

func (in *installation) post(msg []byte) {
	in.Helper()
	if err := in.office.deliver("INBOX", msg); err != nil {
		in.Fatal(err)
	}
}

// stopAt lets the daemon run up to the meeting and ends it there. The server
// goes on at once, or when the daemon is gone.
func (in *installation) stopAt(m *meeting, atOnce bool) {
	in.Helper()
	cmd, out := in.command("run")
	if err := cmd.Start(); err != nil {
		in.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-m.reached:
	case err := <-ended:
		in.Fatalf("it ended by itself: %v\n%s", err, out)
	case <-time.After(patience):
		in.Error("nothing was done")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		in.Fatal(err)
	}
	if atOnce {
		close(m.goOn)
	}
	select {
	case err := <-ended:
		if err != nil {
			in.Errorf("it did not end well: %v\n%s", err, out)
		}
	case <-time.After(stopTime):
		in.Errorf("it did not stop within %s", stopTime)
		_ = cmd.Process.Kill() // an error means that it has just ended
		<-ended
	}
	if !atOnce {
		close(m.goOn)
		in.settled()
	}
}

// settled waits until the server has done what it was at: its mailbox is the
// same for some looks in a row.
func (in *installation) settled() {
	before, same := "", 0
	for range ticks(patience) {
		now := in.mailbox()
		if same++; now != before {
			before, same = now, 0
		}
		if same == 5 {
			return
		}
	}
	in.Fatal("the mailbox does not come to rest")
}

// handledOnce checks that n messages were copied, flagged and filed once each.
func (in *installation) handledOnce(n int) {
	in.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("Board | Pack %02d | \\Flagged\n", i))
	}
	for i := range n {
		want = append(want, fmt.Sprintf("Ledger | Pack %02d\n", i))
	}
	// A copy has the flags that the message had just then.
	got := regexp.MustCompile(`(?m)^(Ledger .*) \| \\Flagged$`).ReplaceAllString(in.mailbox(), "$1")
	if want := strings.Join(want, ""); got != want {
		in.Errorf("the mailbox is\n%s\nwant\n%s", got, want)
	}
	in.everyStepIsDone(3 * n)
}

func (in *installation) everyStepIsDone(want int) {
	in.Helper()
	journal, err := store.Open(in.Context(), "sqlite:"+filepath.Join(in.dir, "foredesk.db"))
	if err != nil {
		in.Fatal(err)
	}
	defer journal.Close()
	done := 0
	err = journal.EachStep(in.Context(), store.Filter{Account: "dana"}, func(s store.Step) error {
		if s.State != store.Done {
			in.Errorf("step %d, %s, is %s: %s", s.ID, s.Action, s.State, s.Reason)
		}
		done++
		return nil
	})
	if err != nil || done != want {
		in.Errorf("%d steps, want %d; %v", done, want, err)
	}
}
