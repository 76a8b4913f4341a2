package anyday

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/foredesk/foredesk/internal/store"
)

// process is a foredesk that watches.
type process struct {
	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{}
	err   error // once it has ended
	// watches is closed when it owns the account.
	watches chan struct{}
	owns    bool
	// excused says that it may have ended by itself: the rules file was broken before
	// it was known to have read it.
	excused bool
}

// Write takes what foredesk says.
func (p *process) Write(text []byte) (int, error) {
	if !p.owns && bytes.Contains(text, []byte(`"msg":"watching"`)) {
		p.owns = true
		close(p.watches)
	}
	return p.log.Write(text)
}

// stillRuns checks that a foredesk that was started is there.
func (w *world) stillRuns() {
	if w.run == nil {
		return
	}
	select {
	case <-w.run.ended:
		if !w.run.excused {
			w.Errorf("foredesk ended by itself: %v", w.run.err)
		}
		w.run = nil
	default:
	}
}

// mendRules makes the rules file one that can be read: without, foredesk does not start.
func (w *world) mendRules() {
	if w.broken {
		w.write("rules.yaml", rulesFiles["A"])
		w.broken = false
	}
}

// start starts foredesk, unless it runs.
func (w *world) start() {
	w.stillRuns()
	if w.run != nil {
		return
	}
	w.mendRules()
	w.run = w.launch()
}

// launch starts a foredesk that watches.
func (w *world) launch() *process {
	w.Helper()
	log, err := os.OpenFile(w.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	w.must(err)
	p := &process{cmd: w.desk.Command(context.Background(), "run"), log: log, ended: make(chan struct{}), watches: make(chan struct{})}
	p.cmd.Stderr = p
	w.must(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		_ = log.Close() // it is for people who look at a bad day
		close(p.ended)
	}()
	return p
}

// waitForIt waits until the foredesk that runs has the account, or has ended.
func (w *world) waitForIt() (owns bool) {
	w.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-w.run.watches:
		return true
	case <-w.run.ended:
		return false
	case <-late.C:
		w.Fatalf("foredesk does not take the account in %v", patience)
		return false
	}
}

// stop ends foredesk in good order, which it must manage.
func (w *world) stop() {
	w.stillRuns()
	p := w.run
	if p == nil {
		return
	}
	w.run = nil
	w.must(p.cmd.Process.Signal(syscall.SIGTERM))
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		_ = p.cmd.Process.Kill() // it is given up
		<-p.ended
		w.Errorf("foredesk did not stop in %v", patience)
		return
	}
	if p.err != nil && p.cmd.ProcessState.Exited() && !p.excused { // else it was told before it listened to signals
		w.Errorf("foredesk ended badly: %v", p.err)
	}
}

// kill ends foredesk by SIGKILL. What it had asked the server for may go on there.
func (w *world) kill() {
	if w.run == nil {
		return
	}
	_ = w.run.cmd.Process.Kill() // an error means that it has ended
	<-w.run.ended
	w.run = nil
	w.letsGo()
}

// letsGo waits until nobody has the account: a server learns of its client's end from
// the connection, a moment later.
func (w *world) letsGo() {
	w.Helper()
	journal := w.journal()
	defer journal.Close()
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(patience); ; <-pause.C {
		owned, _, err := journal.Owned(w.outer.Context(), account)
		switch {
		case err == nil && !owned:
			return
		case time.Now().After(end):
			w.Fatalf("foredesk was killed, and still has the account: %v", err)
		}
	}
}

// killAfter kills foredesk some time from now, whatever it does then.
func (w *world) killAfter(d time.Duration) {
	if w.run == nil {
		return
	}
	p := w.run
	timer := time.AfterFunc(d, func() { _ = p.cmd.Process.Kill() }) // as in kill
	defer timer.Stop()
	<-p.ended
	if p.cmd.ProcessState.Exited() && !p.excused {
		w.Errorf("foredesk ended by itself: %v", p.err)
	}
	w.run = nil
	w.letsGo()
}

// ask runs a verb of foredesk to its end. That it says no is no mistake. One that
// watches has the account by then: a verb that is quicker would keep it from starting.
func (w *world) ask(args ...string) (ok bool, said string) {
	if w.run != nil {
		w.waitForIt()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := w.desk.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil || strings.Contains(out.String(), "panic:") {
		w.Fatalf("foredesk %v: %v\n%s", args, err, out.String())
	}
	return err == nil, out.String()
}

// journal opens the journal, which may be done while foredesk runs.
func (w *world) journal() *store.Store {
	w.Helper()
	journal, err := store.Open(w.outer.Context(), openable(w.place, w.desk.Dir))
	w.must(err)
	return journal
}

// steps reads the journal.
func (w *world) steps(f store.Filter) []store.Step {
	w.Helper()
	journal := w.journal()
	defer journal.Close()
	steps, err := journal.Steps(w.outer.Context(), f)
	w.must(err)
	return steps
}

// settle lets foredesk do all that is to be done now, and stops it. A server that
// forgot an answer is asked again the next time, and what one look at the calendar
// plans, the next may have to follow.
func (w *world) settle() {
	w.stop()
	w.mendRules()
	good, said := 0, ""
	for range 8 {
		w.settled = time.Now()
		ok, text := w.ask("run", "--once")
		if said = text; ok {
			good++
		}
		if good == 3 {
			return
		}
	}
	w.Fatalf("foredesk does not come to rest:\n%s", said)
}
