package anyday

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/store"
)

const (
	account  = "dana"
	address  = "dana@acme.example"
	patience = 60 * time.Second // for anything that foredesk is asked to do
)

// milliseconds is how times are told of a bad day.
const milliseconds = "15:04:05.000"

// world is one day: a mailbox, a calendar, a mail server for sending, and foredesk.
type world struct {
	*rapid.T
	*ground
	kind    kind
	server  *dovecot.Server
	line    *badline.Line // by which foredesk reaches it
	place   string        // the journal's address in foredesk.yaml
	user    string
	desk    *desk.Desk
	cal     *gcal.Server
	post    *post
	run     *process // foredesk; nil while it is not running
	log     int      // where this day begins in Dovecot's log
	began   time.Time
	rested  time.Time // when all last came to rest
	settled time.Time // when foredesk was last told to do what is due

	mail       []*delivery // by number, from 1; the first is nil
	theirs     map[string]time.Time
	edited     map[string]string // what a person called events of ours, by id
	removed    map[string]bool   // the ids of events of ours that a person deleted
	said       int               // how many times a person has approved something
	sights     []sight           // what was seen after Dovecot was killed
	validity   int               // the last that a folder got
	renumbered []time.Time       // when folders got new UIDs
	renewed    []string          // which folders these were
	marks      map[spot]bool     // where a person's copies lie that took a mark along
	agenda     string            // at which minute the agenda is due
	applied    bool              // the rules have been asked to go over mail that was there
	broken     bool              // the rules file can not be read now
	story      []string
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
func newWorld(t *rapid.T, g *ground, k kind) *world {
	w := &world{
		T: t, ground: g, kind: k, server: g.server(k.mail), user: g.users[g.days%len(g.users)], mail: []*delivery{nil}, began: time.Now(),
		theirs: map[string]time.Time{}, edited: map[string]string{}, removed: map[string]bool{}, marks: map[spot]bool{}, agenda: "23:59", validity: int(time.Now().Unix()),
	}
	w.line = g.lines[k.mail]
	g.days++
	g.kinds[k]++
	w.note("%v", k)
	w.server.EndSessions(w.user)
	w.server.RemoveMail(w.user)
	w.log, w.place = len(w.server.Log()), g.emptyJournal(k.journal)
	var err error
	w.cal, err = gcal.Start(context.Background(), gcal.Account{User: address, Zone: "Europe/London"})
	w.must(err)
	w.post = startPost(w)
	w.desk = desk.Open(g.outer, g.binary, w.server, w.user, rulesFiles["A"])
	file, err := w.cal.ServiceAccountFile("desk@project.example", w.key, google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
	w.must(err)
	w.write("client.json", string(file))
	w.configure()
	p := w.person()
	defer p.Close()
	for _, folder := range places[1:] {
		w.must(p.Create(folder, nil).Wait())
	}
	for _, kind := range []string{"board", "send"} {
		d := w.newMail(kind, old+kind, true)
		d.old = true
		w.deliver(p, d)
	}
	w.settle() // what is there now is old
	w.sentLettersBefore()
	w.rest()
	return w
}

// configure writes foredesk.yaml, which foredesk reads when it is started.
func (w *world) configure() {
	w.write("foredesk.yaml", fmt.Sprintf(configuration, w.place, w.line.Port(), w.user, w.server.PasswordFile(), w.post.port, w.cal.Endpoint(), w.agenda))
}

const configuration = `version: 1
database: %q
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none, poll: 2s}
    smtp: {host: 127.0.0.1, port: %s, tls: none}
    calendar: {google: {credentials_file: client.json, endpoint: %q, poll: 10s}}
    agenda: {at: %q, days: Mon-Sun, review: off}
`

// write saves a file as an editor does: a new one in the place of the old.
func (w *world) write(name, text string) {
	path := filepath.Join(w.desk.Dir, name)
	w.must(os.WriteFile(path+".new", []byte(text), 0o600))
	w.must(os.Rename(path+".new", path))
}

// end takes all away at the end of a day, and tells of it if it was a bad one.
func (w *world) end() {
	w.kill()
	w.line.Mend()
	w.post.close()
	w.must(w.cal.Close())
	if !w.Failed() {
		return
	}
	if report := w.report(); w.worst == "" || len(w.story) < w.length {
		w.worst, w.length = report, len(w.story)
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
	lines, _ := w.mailLog()
	return fmt.Sprintf("what happened on the day of %s:\n%s\nthe journal:\n%s\nwhat foredesk said:\n%s\nwhat Dovecot saw:\n%s",
		w.user, strings.Join(w.story, "\n"), rows.String(), log[max(0, len(log)-12000):], strings.Join(lines, "\n"))
}

func (w *world) logFile() string { return filepath.Join(w.desk.Dir, "run.log") }
