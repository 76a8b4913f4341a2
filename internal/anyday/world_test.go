package anyday

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/store"
)

const (
	account  = "dana"
	address  = "dana@acme.example"
	robot    = "desk@project.example" // the service account that acts for her
	patience = 60 * time.Second       // for anything that foredesk is asked to do
)

// mailLog makes Dovecot write down who changes what: see log_test.go.
const mailLog = `mail_plugins = $mail_plugins notify mail_log
plugin {
  mail_log_events = delete undelete expunge copy append save
  mail_log_fields = uid box vsize
}
`

// milliseconds is how times are told of a bad day.
const milliseconds = "15:04:05.000"

// ground is what all days share.
type ground struct {
	outer  *testing.T
	server *dovecot.Server
	binary string
	key    *rsa.PrivateKey
	days   int
	users  []string
	counts map[string]int // of what befell foredesk, by rows of the table of faults
	worst  string         // the report of the shortest day that failed
	lines  int            // of its story
}

func newGround(t *testing.T) *ground {
	g := &ground{outer: t, counts: map[string]int{}}
	for i := range 40 {
		g.users = append(g.users, fmt.Sprintf("dana%d", i))
	}
	g.server = dovecot.Start(t, dovecot.Options{Users: g.users, Extra: mailLog})
	g.binary = desk.Build(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(g.worst)
		}
	})
	var err error
	if g.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	return g
}

// world is one day: a mailbox, a calendar, a mail server for sending, and foredesk.
type world struct {
	*rapid.T
	*ground
	user   string
	desk   *desk.Desk
	cal    *gcal.Server
	post   *post
	run    *process // foredesk; nil while it is not running
	log    int      // where this day begins in Dovecot's log
	began  time.Time
	rested time.Time // when all last came to rest

	mail    []*delivery // by number, from 1; the first is nil
	theirs  map[string]time.Time
	edited  map[string]string // what a person called events of ours, by id
	removed map[string]bool   // the ids of events of ours that a person deleted
	said    int               // how many times a person has approved something
	broken  bool              // the rules file can not be read now
	story   []string
}

// Errorf and Fatalf write into the story, too: of a day that can't be repeated, it is
// all there is.
func (w *world) Errorf(format string, args ...any) {
	w.Helper()
	w.note("WRONG: "+format, args...)
	w.T.Errorf(format, args...)
}

// Fatalf ends the day.
func (w *world) Fatalf(format string, args ...any) {
	w.Helper()
	w.note("WRONG: "+format, args...)
	w.T.Fatalf(format, args...)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

func (w *world) note(format string, args ...any) {
	w.story = append(w.story, time.Now().Format(milliseconds)+" "+fmt.Sprintf(format, args...))
}

// newWorld begins a day with mail that was there before foredesk.
func newWorld(t *rapid.T, g *ground) *world {
	w := &world{
		T: t, ground: g, user: g.users[g.days%len(g.users)], mail: []*delivery{nil}, began: time.Now(),
		theirs: map[string]time.Time{}, edited: map[string]string{}, removed: map[string]bool{},
	}
	g.days++
	g.server.EndSessions(w.user)
	g.server.RemoveMail(w.user)
	w.log = len(g.server.Log())
	var err error
	w.cal, err = gcal.Start(context.Background(), gcal.Account{User: address, Zone: "Europe/London"})
	w.must(err)
	w.post = startPost(w)
	w.desk = desk.Open(g.outer, g.binary, g.server, w.user, rulesFiles["A"])
	w.signIn()
	w.write("foredesk.yaml", fmt.Sprintf(configuration, g.server.Port(), w.user, g.server.PasswordFile(), w.post.port, w.cal.Endpoint()))
	p := w.person()
	defer p.Close()
	for _, folder := range places[1:] {
		w.must(p.Create(folder, nil).Wait())
	}
	for _, kind := range []string{"board", "send"} {
		w.deliver(p, w.newMail(kind, "old "+kind, true)).old = true
	}
	w.settle() // what is there now is old
	w.rest()
	return w
}

const configuration = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none}
    smtp: {host: 127.0.0.1, port: %s, tls: none}
    calendar: {google: {credentials_file: client.json, endpoint: %q, poll: 10s}}
    agenda: {at: "23:59", days: Mon-Sun, review: off}
`

// signIn gives foredesk the key of a service account.
func (w *world) signIn() {
	der, err := x509.MarshalPKCS8PrivateKey(w.key)
	w.must(err)
	text, err := json.Marshal(map[string]any{
		"type": "service_account", "client_email": robot, "private_key_id": "1", "token_uri": w.cal.TokenURL(),
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	w.must(err)
	w.write("client.json", string(text))
	w.cal.AddServiceAccount(robot, &w.key.PublicKey, google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
}

// write saves a file as an editor does: a new one in the place of the old.
func (w *world) write(name, text string) {
	path := filepath.Join(w.desk.Dir, name)
	w.must(os.WriteFile(path+".new", []byte(text), 0o600))
	w.must(os.Rename(path+".new", path))
}

// end takes all away at the end of a day, and tells of it if it was a bad one.
func (w *world) end() {
	w.kill()
	w.post.close()
	w.must(w.cal.Close())
	if !w.Failed() {
		return
	}
	if report := w.report(); w.worst == "" || len(w.story) < w.lines {
		w.worst, w.lines = report, len(w.story)
	}
}

// report is all that is known of the day.
func (w *world) report() string {
	log, _ := os.ReadFile(w.logFile()) // without it there is the story
	var rows strings.Builder
	for _, s := range w.steps(store.Filter{Account: account}) {
		fmt.Fprintf(&rows, "%d %q: %s / %s: %s (%s) %s, undoes %d, %s - %s\n", s.ID, s.Item.Subject, s.Rule, s.Action, s.State, s.Reason, s.At, s.Undoes,
			s.Planned.Format(milliseconds), s.Ended.Format(milliseconds))
	}
	return fmt.Sprintf("what happened on the day of %s:\n%s\nthe journal:\n%s\nwhat foredesk said:\n%s\nwhat Dovecot saw:\n%s",
		w.user, strings.Join(w.story, "\n"), rows.String(), log[max(0, len(log)-12000):], strings.Join(w.mailLog(), "\n"))
}

func (w *world) logFile() string { return filepath.Join(w.desk.Dir, "run.log") }

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
	w.run = p
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
}

// ask runs a verb of foredesk to its end. That it says no is no mistake. One that
// watches has the account by then: a verb that is quicker would keep it from starting.
func (w *world) ask(args ...string) (ok bool, said string) {
	if w.run != nil {
		select {
		case <-w.run.watches:
		case <-w.run.ended:
		}
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

// settle lets foredesk do all that is to be done now, and stops it. A server that
// forgot an answer is asked again the next time, and what one look at the calendar
// plans, the next may have to follow.
func (w *world) settle() {
	w.stop()
	w.mendRules()
	good, said := 0, ""
	for range 8 {
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
