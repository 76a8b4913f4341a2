package engine_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/crashpoint/crashtest"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
)

// story is a scenario: what has happened, in lines as cases have them, and what a
// process then does of which each point is a place to be killed at.
type story struct {
	name  string
	can   string // what the mail server can do: see abilities
	rules string
	mail  map[string]string // messages that are more than a letter, by their names
	// Letters come with a calendar, and so with the clock of that. What a model says goes
	// into letters.
	calendar, letters, model bool

	past string   // lines of a case, before the process begins
	does []string // what the process does: see do
	// sends are how the subjects begin of what steps send, by their actions; "" is for
	// what is sent beside steps. Of each may be sent at most one; whether it was, nobody
	// knows where the process died before the answer to the final dot was in the journal.
	sends map[string]string
	least int    // points
	ends  string // stands in the state at the end
}

func (s story) scenario() crashtest.Scenario {
	return crashtest.Scenario{
		Name: s.name, Least: s.least, Every: every, Contains: s.ends,
		Begin: func(t *testing.T) crashtest.World { return s.begin(t) },
	}
}

// scene is a world of its own in which a story has come to where it may be killed.
type scene struct {
	*aCase
	story
	text      string // of the rules
	oracle    string // where a model answers; empty where none does
	worker    *exec.Cmd
	delivered int // of what was posted
}

func (s story) begin(t *testing.T) *scene {
	t.Helper()
	listening := startHooks(t)
	w := &scene{story: s, text: strings.ReplaceAll(s.rules, "{hooks}", listening.url)}
	w.aCase = &aCase{desk: newDesk(t, startMemory(t, s.can), sqlite(t), w.text), files: map[string]string{}, began: time.Now()}
	w.listening = listening
	if s.calendar || s.letters {
		w.calendarNames, w.cal = []string{"primary"}, startCalendars(t, time.Date(2026, 11, 30, 8, 0, 0, 0, london))
		w.began = w.cal.begin
	}
	for name, text := range s.mail {
		w.files[name+".eml"] = text
	}
	if s.letters {
		w.cal.letters = usualLetters()
	}
	if s.model {
		w.oracle = startOracle(t, says("Ben wants two papers read.")).URL
		w.configure = func(c *engine.Config) {
			var err error
			c.Model, err = modelAt(w.oracle)
			w.must(err)
		}
	}
	for line := range strings.Lines(s.past) {
		w.do(strings.TrimSpace(line))
	}
	w.take()
	w.leave()
	return w
}

// Command implements crashtest.World.
func (w *scene) Command() *exec.Cmd {
	w.Helper()
	day := workday{
		Server: w.line.addr(), Journal: w.dsn, Rules: w.text, Post: w.post.addr, Files: w.kept, Letters: w.letters, Model: w.oracle, Do: w.does,
	}
	if w.cal != nil {
		day.Calendar, day.Token, day.Calendars, day.Now = w.cal.server.Endpoint(), w.cal.server.Token(), w.calendarNames, w.cal.now()
	}
	text, err := json.Marshal(day)
	w.must(err)
	cmd := exec.CommandContext(w.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envDay+"="+string(text))
	if w.worker == nil {
		w.worker = cmd
	}
	return cmd
}

// Settle implements crashtest.World. Letters to oneself have come in meanwhile.
func (w *scene) Settle() {
	w.Helper()
	w.post.await()
	if w.letters {
		posted := w.post.taken()
		for _, l := range posted[w.delivered:] {
			w.byHand(func(h *hand) { h.put("INBOX", l.raw, w.now()) })
		}
		w.delivered = len(posted)
	}
	if out, err := w.Command().CombinedOutput(); err != nil {
		w.Fatalf("the process after the crash: %v\n%s", err, out)
	}
}

// State implements crashtest.World: mailboxes, the calendar and whom it told, what was
// sent, files, calls of the web, and the journal, whose lines have no order between
// runs.
func (w *scene) State() string {
	w.Helper()
	// That a calendar had been changed already is a reason to tell, after a crash.
	reasons := map[bool]string{true: "("}[w.cal == nil]
	journal := strings.Split(journalOf(w.T, w.take(), w.journal, reasons), "\n")
	gists := w.gistLines()
	w.checkSent()
	w.leave()
	var b strings.Builder
	if w.cal != nil {
		fmt.Fprintf(&b, "%s\n%s\n", w.eventLines(), sorted(strings.Split(w.mailsByCalendar(), "\n")))
	}
	b.WriteString(w.mailWithoutSent())
	fmt.Fprintln(&b, sorted(slices.DeleteFunc(strings.Split(w.post.String(), "\n"), w.isSent)))
	if _, ids, called := strings.Cut(w.callsMade(), ", "); called && ids != "0 ids" {
		fmt.Fprintln(&b, "the web was called:", ids) // how often, nobody knows: the id tells who listens
	}
	if kept := w.keptFiles(); kept != "" {
		fmt.Fprintln(&b, kept)
	}
	if w.model {
		fmt.Fprintln(&b, gists)
	}
	for i := range journal {
		journal[i] = w.undecided(journal[i])
	}
	return b.String() + sorted(journal)
}

func sorted(lines []string) string {
	slices.Sort(lines)
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// checkSent looks whether each mail was sent once, or may not have been sent, and the
// journal says so.
func (w *scene) checkSent() {
	w.Helper()
	steps, err := w.journal.Steps(w.Context(), store.Filter{Account: user})
	w.must(err)
	crashed := !w.worker.ProcessState.Success()
	for _, s := range steps {
		subject, sends := w.sends[s.Action]
		if !sends {
			continue
		}
		n := w.timesSent(subject)
		known := s.State == store.Done && n == 1
		// What was sent to oneself lies in the mailbox, where it is found.
		unknown := crashed && s.State == store.Uncertain && (n == 0 || n == 1 && !w.letters)
		if !known && !unknown {
			w.Errorf("%s / %s is %s (%s) and was sent %d times", s.Rule, s.Action, s.State, s.Reason, n)
		}
	}
	if subject, sends := w.sends[""]; sends {
		if n := w.timesSent(subject); n > 1 || n == 0 && !crashed {
			w.Errorf("%q was sent %d times", subject, n)
		}
	}
}

func (w *scene) timesSent(subject string) (n int) {
	for _, l := range w.post.taken() {
		if strings.HasPrefix(l.subject(), subject) {
			n++
		}
	}
	return n
}

// undecided is a line of the journal that is the same for what was sent and for what
// may have been: checkSent has looked at that.
func (w *scene) undecided(line string) string {
	for action := range w.sends {
		if at := strings.Index(line, " / "+action+": "); at >= 0 {
			return line[:at] + " / " + action + ": sent once, unless it is uncertain"
		}
	}
	return line
}

// isSent reports whether a line "to: subject" is of a mail that checkSent has looked
// at.
func (w *scene) isSent(line string) bool {
	_, subject, _ := strings.Cut(line, ": ")
	for _, sent := range w.sends {
		if subject == sent {
			return true
		}
	}
	return false
}

// leftBehind are the flags of what could not be expunged. Which of them it had by then
// says nothing: it is the copy that counts.
var leftBehind = regexp.MustCompile(`\(\\deleted [^)]*\)`)

// mailWithoutSent is mailIn without the copies of what was sent.
func (w *scene) mailWithoutSent() string {
	var b strings.Builder
	for line := range strings.Lines(leftBehind.ReplaceAllString(w.mailIn(w), `(\deleted)`)) {
		folder, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		all := strings.Split(names, ", ")
		for _, subject := range w.sends {
			copies := func(name string) bool { return strings.HasPrefix(plain(name), "<"+subject+">") }
			if n := len(all); n > 0 {
				all = slices.DeleteFunc(all, copies)
				if n -= len(all); n > 1 {
					w.Errorf("%q lies in %s %d times", subject, folder, n)
				}
			}
		}
		if len(all) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", folder, strings.Join(all, ", "))
		}
	}
	return b.String()
}

// plain is a name as people read it.
func plain(name string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(name)
	if err != nil {
		return name
	}
	return text
}

// killedAt runs the process and kills it when the mail server hears a command for the
// first time, or when its answer is on the way back.
func (w *scene) killedAt(command string, answered bool) {
	w.Helper()
	cmd, started, done := w.Command(), make(chan struct{}), false
	w.line.watch(func(heard string, was bool) bool {
		if heard == command && was == answered && !done {
			<-started
			_ = cmd.Process.Kill() // where it fails, Wait tells
			done = true
		}
		return done
	})
	w.must(cmd.Start())
	close(started)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		w.Fatalf("it was not killed: %v", err)
	}
	w.line.watch(nil)
}

func (w *scene) holds(want string) {
	w.Helper()
	if got := w.State(); got != want {
		w.Errorf("it ends as\n%s\nwant:\n%s", got, want)
	}
}
