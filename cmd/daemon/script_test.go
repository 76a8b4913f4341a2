package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store"
)

// quickRace spares each process of a test with -race its second of rest before
// it ends.
const quickRace = "atexit_sleep_ms=0"

// TestMain lets the scripts run this test program as foredesk itself.
func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", quickRace); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"foredesk": func() { os.Exit(run()) }})
}

// TestScripts are sessions at a terminal: testdata/script/*.txtar. Each has a
// folder of its own and, with the command mailserver, a mail server of its own.
// "go test ./cmd/daemon -run Scripts/undo" runs one of them.
func TestScripts(t *testing.T) { testscript.Run(t, scripts("testdata/script")) }

// scripts are those of a folder.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                dir,
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", quickRace)
			e.Setenv("TZ", "Pacific/Auckland") // times are the account's, wherever foredesk runs
			e.Values[officeOf{}] = new(*office)
			e.Values[googleOf{}] = new(*gcal.Server)
			e.Values[postOf{}] = new(*outgoing)
			e.Values[testOf{}] = e.T()
			return nil
		},
		Condition: func(cond string) (bool, error) {
			return false, fmt.Errorf("there is no condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mailserver": mailserver, "deliver": deliver, "post": post, "move": moveByHand, "file": fileByHand, "crowd": crowd, "mailbox": listMailbox,
			"exits": exits, "until": until, "signal": sendSignal, "fault": injected,
			"remember": remember, "unchanged": unchanged, "paragraph": paragraph, "sql": runSQL, "seen": seen, "neverasked": neverAsked,
			"postserver": postServer, "sent": listSent, "follow": followLink,
			"googleserver": googleServer, "consent": consent, "google": atGoogle, "signin": signIn, "appointment": appointment, "invite": invite, "calendar": listCalendar,
		},
	}
}

// officeOf is the key of a script's mail server, a **office.
type officeOf struct{}

// testOf is the key of the test that a script runs in.
type testOf struct{}

// fault ID says that what the script has just done is a fault of internal/faults.
func injected(ts *testscript.TestScript, _ bool, args []string) {
	if !faults.Known(args[0]) {
		ts.Fatalf("internal/faults knows no fault %s", args[0])
	}
	faulttest.Note(ts.Value(testOf{}).(faulttest.Attr), args[0], 1)
}

func place(ts *testscript.TestScript) **office { return ts.Value(officeOf{}).(**office) }

func theOffice(ts *testscript.TestScript) *office {
	p := *place(ts)
	if p == nil {
		ts.Fatalf("there is no mail server; begin with: mailserver")
	}
	return p
}

// mailserver [tls KIND] [refuses FOLDER] starts a mail server, and writes the
// file "password" and, if the script brings none, a foredesk.yaml for it. In all
// YAML files of the script $IMAP_PORT is filled in.
func mailserver(ts *testscript.TestScript, _ bool, args []string) {
	var o officeOptions
	for ; len(args) >= 2; args = args[2:] {
		switch args[0] {
		case "tls":
			config, authority, err := certify(args[1])
			ts.Check(err)
			o.tls = config
			ts.Check(os.WriteFile(ts.MkAbs("authority.pem"), authority, 0o600))
		case "refuses":
			o.bad = args[1]
		default:
			ts.Fatalf("mailserver has no %s", args[0])
		}
	}
	p, err := openOffice(o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(p.close()) })
	*place(ts) = p
	_, port, err := net.SplitHostPort(p.addr)
	ts.Check(err)
	ts.Setenv("IMAP_PORT", port)
	ts.Check(writeDesk(ts.Getenv("WORK"), port))
}

// plainDesk is the configuration of a script that brings none.
const plainDesk = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: $IMAP_PORT, user: dana, password_file: password, tls: none}
`

func writeDesk(dir, port string) error {
	file := filepath.Join(dir, "foredesk.yaml")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text, err = []byte(plainDesk), nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		filled := strings.ReplaceAll(string(text), "$IMAP_PORT", port)
		if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
			return err
		}
	}
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "password"), []byte(officePassword+"\n"), 0o600))
}

// deliver FILE [FOLDER] puts a message into the mailbox.
func deliver(ts *testscript.TestScript, _ bool, args []string) {
	folder := "INBOX"
	if len(args) == 2 {
		folder = args[1]
	}
	ts.Check(theOffice(ts).deliver(folder, []byte(ts.ReadFile(args[0]))))
}

// post FROM SUBJECT [FIELD...] delivers a message made of that; a field is such
// as "Cc: ben@acme.example". Its Message-ID is the subject's words and the
// sender's domain: <q3-pack@board.acme.example>.
func post(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(theOffice(ts).deliver("INBOX", compose(args[0], args[1], args[2:]...)))
}

func compose(from, subject string, fields ...string) []byte {
	words := regexp.MustCompile(`[a-z0-9]+`).FindAllString(strings.ToLower(subject), -1)
	_, domain, _ := strings.Cut(from, "@")
	head := []string{
		"From: " + from, "Subject: " + subject,
		fmt.Sprintf("Message-ID: <%s@%s>", strings.Join(words, "-"), strings.Trim(domain, ">")),
	}
	head = append(head, fields...)
	for _, needed := range []string{"To: dana@acme.example", "Date: Mon, 2 Nov 2026 09:00:00 +0000"} {
		name, _, _ := strings.Cut(needed, " ")
		if !slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, name) }) {
			head = append(head, needed)
		}
	}
	return []byte(strings.Join(head, "\n") + "\n\nDear Dana,\n")
}

// move FOLDER SUBJECT TO is a person who moves a message by hand.
func moveByHand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(theOffice(ts).move(args[0], args[1], args[2]))
}

// file FOLDER FIELD FROM SUBJECT... is a person who has filed messages, unread,
// into a folder.
func fileByHand(ts *testscript.TestScript, _ bool, args []string) {
	if err := theOffice(ts).account.Create(args[0], nil); err != nil && !strings.Contains(err.Error(), "exists") {
		ts.Fatalf("making the folder %s: %v", args[0], err)
	}
	for _, subject := range args[3:] {
		ts.Check(theOffice(ts).deliver(args[0], compose(args[2], subject, args[1])))
	}
}

// crowd N FROM SUBJECT [FIELD...] posts N messages that have just been written.
func crowd(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		fields := append([]string{"Date: " + time.Now().Format(time.RFC1123Z)}, args[3:]...)
		ts.Check(theOffice(ts).deliver("INBOX", compose(args[1], fmt.Sprintf("%s %d", args[2], i+1), fields...)))
	}
}

// mailbox prints every message: its folder, subject and flags.
func listMailbox(ts *testscript.TestScript, _ bool, _ []string) {
	letters, err := theOffice(ts).letters()
	ts.Check(err)
	for _, l := range letters {
		fmt.Fprintln(ts.Stdout(), l)
	}
}

// sql FILE STATEMENT does something to a database behind foredesk's back.
func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0])+"?_pragma=busy_timeout(10000)")
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// exits N COMMAND... runs a command that must end with exit code N.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// neverasked checks that nobody has tried to sign in.
func neverAsked(ts *testscript.TestScript, _ bool, _ []string) {
	if n := theOffice(ts).asked.Load(); n != 0 {
		ts.Fatalf("somebody tried to sign in %d times", n)
	}
}

// seen FOLDER waits until the daemon has looked at a folder: mail from then on
// is new to it.
func seen(ts *testscript.TestScript, _ bool, args []string) {
	for range ticks(patience) {
		text, err := inJournal(ts.MkAbs("foredesk.db"))
		ts.Check(err)
		if strings.Contains(text, args[0]+" seen up to ") {
			return
		}
	}
	ts.Fatalf("%s was not looked at within %s", args[0], patience)
}

// patience is how long a script waits for what must happen by itself.
const patience = 20 * time.Second

// until FILE PATTERN waits until a file holds a match; "until mailbox PATTERN"
// until the mailbox does.
func until(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(`(?m)` + args[1])
	seen := ""
	for range ticks(patience) {
		if args[0] == "mailbox" {
			letters, err := theOffice(ts).letters()
			ts.Check(err)
			seen = lines(letters)
		} else if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil {
			seen = string(text)
		}
		if pattern.MatchString(seen) {
			return
		}
	}
	ts.Fatalf("%s did not come to hold %s within %s; it is:\n%s", args[0], args[1], patience, seen)
}

// ticks runs every so often until the time is over.
func ticks(over time.Duration) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		end := time.After(over)
		for {
			select {
			case now := <-tick.C:
				if !yield(now) {
					return
				}
			case <-end:
				return
			}
		}
	}
}

func lines(letters []letter) string {
	var b strings.Builder
	for _, l := range letters {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}

// signal NAME sends a signal to the commands in the background.
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": os.Interrupt}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signals[args[0]]))
	}
}

// remember notes what there is; unchanged checks that it is so still: every
// message, every file but logs, and what the journal says was done and seen.
// (That somebody tried is in the journal, too, and may be new.) With the word
// "bytes" the journal's file must be the same to the byte.
func remember(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("REMEMBERED", state(ts, len(args) > 0))
}

func unchanged(ts *testscript.TestScript, _ bool, args []string) {
	if now := state(ts, len(args) > 0); now != ts.Getenv("REMEMBERED") {
		ts.Fatalf("before:\n%s\nnow:\n%s", ts.Getenv("REMEMBERED"), now)
	}
}

func state(ts *testscript.TestScript, bytes bool) string {
	var b strings.Builder
	if p := *place(ts); p != nil {
		letters, err := p.letters()
		ts.Check(err)
		b.WriteString(lines(letters))
	}
	work := ts.Getenv("WORK")
	files, err := os.ReadDir(work)
	ts.Check(err)
	for _, f := range files {
		journal := strings.HasPrefix(f.Name(), "foredesk.db")
		// To look into a database SQLite makes the file -shm, and an empty -wal.
		aside := strings.HasSuffix(f.Name(), ".log") || strings.HasSuffix(f.Name(), "-shm") || strings.HasSuffix(f.Name(), ".lock")
		if f.IsDir() || aside || journal && !bytes {
			continue
		}
		text, err := os.ReadFile(filepath.Join(work, f.Name()))
		ts.Check(err)
		if len(text) > 0 {
			fmt.Fprintf(&b, "%s %x\n", f.Name(), sha256.Sum256(text))
		}
	}
	if !bytes {
		text, err := inJournal(filepath.Join(work, "foredesk.db"))
		ts.Check(err)
		b.WriteString(text)
	}
	return b.String()
}

// inJournal is what a journal says was done and seen; one that is not there
// says nothing.
func inJournal(file string) (string, error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	journal, err := store.Open(ctx, "sqlite:"+file)
	if err != nil {
		return "", err
	}
	defer journal.Close()
	var b strings.Builder
	cursors, err := journal.Cursors(ctx, "dana")
	for folder, c := range cursors {
		fmt.Fprintf(&b, "%s seen up to %d\n", folder, c.UIDNext)
	}
	if err != nil {
		return "", err
	}
	err = journal.EachStep(ctx, store.Filter{Account: "dana"}, func(s store.Step) error {
		_, err := fmt.Fprintln(&b, s.ID, s.Rule, s.Action, s.State)
		return err
	})
	return b.String(), err
}

// paragraph FILE [LINES] checks that a message is one that people read: one
// paragraph, of at most so many lines and 700 characters, and nothing but text.
func paragraph(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimRight(ts.ReadFile(args[0]), "\n")
	most := 1
	if len(args) == 2 {
		var err error
		most, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	switch {
	case strings.Count(text, "\n") >= most:
		ts.Fatalf("more than %d lines:\n%s", most, text)
	case len(text) > 700:
		ts.Fatalf("%d characters:\n%s", len(text), text)
	case strings.Contains(text, "\x1b") || strings.Contains(text, officePassword):
		ts.Fatalf("it holds an escape code or the password:\n%q", text)
	}
}
