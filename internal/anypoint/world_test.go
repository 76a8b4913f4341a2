package anypoint

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/store"
)

const (
	account  = "dana"
	address  = "dana@acme.example"
	patience = 2 * time.Minute // for anything that foredesk is asked to do
)

// ground is what all worlds share.
type ground struct {
	binary string
	key    *rsa.PrivateKey
	server *dovecot.Server
	noMove *dovecot.Server // the same without MOVE: a message is copied, then expunged
	bare   *dovecot.Server // without UIDPLUS as well: what was copied stays, marked deleted
	users  atomic.Int64
}

const mostWorlds = 2000

func newGround(t *testing.T) *ground {
	g := &ground{}
	names := make([]string, mostWorlds)
	for i := range names {
		names[i] = fmt.Sprintf("dana%d", i)
	}
	// The default would refuse whoever comes often.
	const extra = "mail_max_userip_connections = 50\n"
	g.server = dovecot.Start(t, dovecot.Options{Users: names, Extra: extra})
	g.noMove = dovecot.Start(t, dovecot.Options{Users: names, Capability: dovecot.CapabilityNoMove, Extra: extra})
	g.bare = dovecot.Start(t, dovecot.Options{Users: names, Capability: dovecot.CapabilityBare, Extra: extra})
	g.binary = desk.Build(t)
	var err error
	if g.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	return g
}

// world is a mailbox, a calendar, a server for sending, and a foredesk with a journal:
// one for each time that foredesk is killed.
type world struct {
	*testing.T
	ground *ground
	server *dovecot.Server
	user   string
	desk   *desk.Desk
	cal    *gcal.Server // nil where the account has no calendar
	post   *post
	began  time.Time // UTC
	today  string    // the date where the executive is, in worlds with letters

	args []string // of the command that may be killed
	// again are what a person does once it was, each to its end: the same command, as
	// they can't know how far it came. It may well be told that there is nothing to do.
	again [][]string

	journal *store.Store
	doubt   map[int64]bool // steps that may have reached a server when foredesk was killed; nil before
}

// newWorld is a world in which foredesk has looked at an empty mailbox.
func (g *ground) newWorld(t *testing.T, server *dovecot.Server, rules string, calendar bool) *world {
	t.Helper()
	n := g.users.Add(1)
	if n >= mostWorlds {
		t.Fatalf("there are only %d users", mostWorlds)
	}
	w := &world{
		T: t, ground: g, server: server, user: fmt.Sprintf("dana%d", n), began: time.Now().UTC(),
		args: []string{"run", "--once"},
	}
	t.Cleanup(func() { _ = os.RemoveAll(server.MailDir(w.user)) }) // no other has the user: what is left harms nobody
	w.post = startPost(w)
	w.desk = desk.Open(t, g.binary, server, w.user, rules)
	if calendar {
		w.openCalendar()
	}
	w.configure("UTC", "")
	w.must(w.run("run", "--once"))
	var err error
	w.journal, err = store.Open(t.Context(), "sqlite:"+filepath.Join(w.desk.Dir, "foredesk.db"))
	w.must(err)
	t.Cleanup(func() { w.journal.Close() })
	return w
}

const configuration = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: %s
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none}
    smtp: {host: 127.0.0.1, port: %s, tls: none}
`

// configure writes foredesk.yaml. More is a line of the account, or nothing.
func (w *world) configure(zone, more string) {
	w.Helper()
	text := fmt.Sprintf(configuration, zone, w.server.Port(), w.user, w.server.PasswordFile(), w.post.port)
	if w.cal != nil {
		text += fmt.Sprintf("    calendar: {google: {credentials_file: client.json, endpoint: %q}}\n", w.cal.Endpoint())
	}
	w.write("foredesk.yaml", text+more)
}

func (w *world) write(name, text string) {
	w.Helper()
	w.must(os.WriteFile(filepath.Join(w.desk.Dir, name), []byte(text), 0o600))
}

// openCalendar starts a calendar and lets foredesk act on it.
func (w *world) openCalendar() {
	w.Helper()
	var err error
	w.cal, err = gcal.Start(context.Background(), gcal.Account{User: address, Zone: "UTC"})
	w.must(err)
	w.Cleanup(func() { _ = w.cal.Close() }) // the error is that of its listener, which was closed
	file, err := w.cal.ServiceAccountFile("desk@project.example", w.ground.key, google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
	w.must(err)
	w.write("client.json", string(file))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// deliver puts new mail into the inbox, as a mail server does. Subjects are as the
// rules look for them; a second one of the same subject is the same mail again.
func (w *world) deliver(subjects ...string) {
	w.Helper()
	for _, subject := range subjects {
		w.server.Deliver(w.user, "INBOX", w.message(subject))
	}
}

// message is a mail from Ben that names a date, five days from now.
func (w *world) message(subject string) dovecot.Message {
	text := strings.Join([]string{
		"From: Ben <ben@partner.example>", "To: " + address, "Subject: " + subject, "Date: Tue, 08 Dec 2026 10:00:00 +0000",
		"Message-ID: <" + strings.ReplaceAll(subject, " ", "-") + "@partner.example>", "Content-Type: text/plain", "",
		"Hello,", "", "let us meet on " + w.day(5).Format("Monday 2 January 2006") + " at 11:00.", "",
	}, "\r\n")
	return dovecot.Message{Raw: []byte(text), Received: w.began}
}

// day is midnight, so many days from that on which the world began.
func (w *world) day(n int) time.Time { return w.began.Truncate(24*time.Hour).AddDate(0, 0, n) }

// run runs a foredesk command to its end.
func (w *world) run(args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := w.desk.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil || bytes.Contains(out.Bytes(), []byte("panic:")) {
		w.Fatalf("foredesk %v: %v\n%s", args, err, out.Bytes())
	}
	if err != nil {
		return fmt.Errorf("foredesk %v: %w\n%s", args, err, out.Bytes())
	}
	return nil
}

// Command is the foredesk that may be killed.
func (w *world) Command() *exec.Cmd { return w.desk.Command(w.Context(), w.args...) }

// Settle lets people and foredesk go on until there is nothing to do any more.
func (w *world) Settle() {
	w.Helper()
	w.noteDoubt()
	for _, args := range w.again {
		if err := w.run(args...); err != nil {
			w.Log(err)
		}
	}
	var err error
	for range 8 {
		before := w.rows()
		if err = w.run("run", "--once"); err == nil && slices.Equal(before, w.rows()) {
			return
		}
	}
	w.Fatalf("foredesk does not come to rest: %v\n%s", err, strings.Join(w.rows(), "\n"))
}

// noteDoubt looks which mail was being sent when foredesk ended: of that alone nobody
// can know whether it was.
func (w *world) noteDoubt() {
	w.Helper()
	if w.doubt != nil {
		return
	}
	w.doubt = map[int64]bool{}
	for _, s := range w.steps() {
		w.doubt[s.ID] = s.State == store.Started
	}
	w.post.letters() // until all that it said has been heard
}

func (w *world) steps() []store.Step {
	w.Helper()
	steps, err := w.journal.Steps(w.Context(), store.Filter{Account: account})
	w.must(err)
	return steps
}
