package anyday

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killed kills foredesk in the middle of what new mail makes it do.
func (w *world) killed(m moment) {
	w.counts["2"]++
	if m.Way%4 > 0 {
		w.mailComes(m)
	}
	after := time.Duration(m.Way*m.Which) * time.Millisecond / 2
	w.note("foredesk is killed after %v", after)
	w.killAfter(after)
}

// killedSending kills foredesk while it waits for the answer to a mail that was taken.
func (w *world) killedSending(m moment) {
	w.counts["2"]++
	w.post.holds(5 * time.Second)
	defer w.post.holds(0)
	select {
	case <-w.post.came:
	default:
	}
	p := w.person()
	defer p.Close()
	w.deliver(p, w.newMail("board send", fmt.Sprintf("board send %d", len(w.mail)), true))
	late := time.NewTimer(3 * time.Second)
	defer late.Stop()
	select {
	case <-w.post.came:
		w.note("foredesk is killed while it sends")
	case <-late.C:
		w.note("foredesk is killed, and has sent nothing")
	}
	w.kill()
}

func (w *world) startedAnew(moment) {
	w.note("foredesk is stopped")
	w.stop()
}

func (w *world) connectionsEnd(m moment) {
	if m.Way%2 == 0 {
		w.mailComes(m)
	}
	w.counts["17"]++
	w.note("foredesk's connections end")
	w.server.Kick(w.user)
}

func (w *world) dovecotAnew(m moment) {
	if m.Way%2 == 0 {
		w.mailComes(m)
	}
	w.counts["17"]++
	w.note("Dovecot is started anew")
	w.server.Stop()
	w.dovecotBack()
}

// answerLost cuts foredesk off just where Dovecot says that it has done what it was
// told, and may kill it, too.
func (w *world) answerLost(m moment) {
	word := []string{"COPYUID", "COPYUID", "COPYUID", "Store completed", "Expunge completed", "Fetch completed"}[m.Which%6]
	made := w.line.CutAt(word, 0, 1)
	w.mailComes(m)
	if m.Way%5 == 0 {
		ok, _ := w.ask("undo", "--last", "1h")
		w.note("undo --last 1h: %v", ok)
	}
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(time.Second); made() == 0 && time.Now().Before(end); {
		<-pause.C
	}
	w.note("cut off at %q: %d times", word, made())
	if made() > 0 {
		w.counts["8"]++
		if word == "COPYUID" && w.kind.mail != everything {
			w.counts["7"]++
		}
		if m.Way%2 == 0 {
			w.counts["2"]++
			w.note("foredesk is killed")
			w.kill()
		}
	}
	w.line.Mend()
}

// dovecotKilled kills the mail server with all of its sessions, in the middle of what
// foredesk has it do.
func (w *world) dovecotKilled(m moment) {
	w.mailComes(m)
	w.pause(time.Duration(m.Way*m.Which) * time.Millisecond / 2)
	w.counts["17"]++
	w.note("Dovecot is killed")
	text, err := os.ReadFile(filepath.Join(w.server.Dir, "run", "master.pid"))
	w.must(err)
	master, err := strconv.Atoi(strings.TrimSpace(string(text)))
	w.must(err)
	w.must(syscall.Kill(-master, syscall.SIGKILL)) // it has a group of its own
	w.dovecotBack()
}

// dovecotBack starts Dovecot after its processes were killed, and notes what is in the
// mailbox before foredesk gets to it: of what a process did last, it may not have
// written a line.
func (w *world) dovecotBack() {
	w.Helper()
	killed := time.Now()
	w.stillRuns()
	if w.run != nil {
		pid := []int{w.run.cmd.Process.Pid}
		signal(pid, syscall.SIGSTOP)
		defer signal(pid, syscall.SIGCONT)
	}
	w.server.Restart()
	at := len(w.server.Log())
	p := w.person()
	defer p.Close()
	w.sights = append(w.sights, sight{at, killed, w.spots(p.look())})
}

// pause lets some time go by, in which foredesk works.
func (w *world) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.outer.Context().Done():
	}
}

// hangs stops foredesk, or the processes that serve it, for a moment, in which a person
// goes on.
func (w *world) hangs(m moment) {
	all := []int{w.run.cmd.Process.Pid}
	if m.Way%2 == 1 {
		all = w.server.Sessions(w.user)
	}
	w.mailComes(m)
	w.pause(time.Duration(m.Which) * time.Millisecond)
	w.note("%v hang", all)
	signal(all, syscall.SIGSTOP)
	// One that holds a lock of Dovecot's would keep the person waiting for minutes.
	goOn := time.AfterFunc(2*time.Second, func() { signal(all, syscall.SIGCONT) })
	defer goOn.Stop()
	defer signal(all, syscall.SIGCONT)
	switch m.Way % 3 {
	case 0:
		w.movesMail(m)
	case 1:
		w.flagsMail(m)
	default:
		w.movesBack(m)
	}
	w.pause(time.Duration(m.Which*20) * time.Millisecond)
	w.note("%v go on", all)
}

// signal tells processes something; one that has ended needs it no more.
func signal(all []int, s syscall.Signal) {
	for _, pid := range all {
		_ = syscall.Kill(pid, s)
	}
}

// another starts a second foredesk beside the one that runs. With SQLite it is
// refused; with PostgreSQL it may stand by, and then one of the two is killed.
func (w *world) another(m moment) {
	if !w.waitForIt() {
		return
	}
	w.counts["32"]++
	first := w.run
	second := w.launch()
	enough := time.Second
	if w.kind.journal == sqlite {
		enough = patience
	}
	select {
	case <-second.ended:
		w.note("another foredesk is refused: %v", second.err)
		if second.err == nil {
			w.Errorf("another foredesk was started, and ended well")
		}
		return
	case <-second.watches:
		w.Errorf("another foredesk has the account, too")
	case <-time.After(enough):
	}
	if w.kind.journal == sqlite {
		w.Errorf("another foredesk was not refused")
	}
	if m.Way%2 == 0 {
		first, second = second, first
	}
	w.note("another foredesk stands by, and one of the two is killed")
	_ = first.cmd.Process.Kill() // an error means that it has ended
	<-first.ended
	w.run = second
	w.waitForIt()
}

// appliesRules goes over mail that was there before: by the foredesk that runs, or by
// a verb, which may be killed.
func (w *world) appliesRules(m moment) {
	w.applied = true
	args := []string{"apply"}
	if m.Way%5 == 4 {
		args = append(args, "--folder", places[1+m.Which%3])
	}
	if m.Way%3 > 0 {
		w.stop()
		w.mendRules()
	}
	if m.Way%3 < 2 {
		ok, said := w.ask(args...)
		w.note("%v: %v %s", args, ok, firstLine(said))
		return
	}
	after := time.Duration(m.Way*m.Which) * time.Millisecond / 2
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	_ = w.desk.Command(ctx, args...).Run() // it is killed, if it has not ended
	w.note("%v is killed after %v", args, after)
	w.counts["2"]++
	w.letsGo()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
