package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// Every part of this message that a stranger writes has a canary in it.
const canaryMessage = `From: "CANARY-name" <canary-from@canary-domain.example>
To: "CANARY-to" <canary-to@acme.example>, dana@acme.example
Reply-To: canary-reply@canary-domain.example
Subject: CANARY-subject %d
Message-ID: <canary-id-%d@canary-domain.example>
X-When: CANARY-header
MIME-Version: 1.0
Content-Type: text/plain; name=CANARY-file.txt

CANARY-body
`

// canaryRules act on the message in every way, clash, fail while they are
// evaluated, and want a folder that the server refuses.
const canaryRules = `version: 1
people:
  nobody: ["@nowhere.example"]
rules:
  - name: Its folder has no name
    when: header("X-When") != ""
    do: [{copy: "{list.id}"}]
  - name: One copy is refused
    when: signed == false
    do: [{copy: Refused}]
  - name: One copy is made
    when: signed == false
    do: [{copy: "Copies/{from.user} of {from.domain}"}]
  - name: It is labelled
    when: has(subject, "CANARY") or subject contains "canary"
    do: [{label: Seen}, {flag: red}, {agenda: Board}]
  - name: It is filed
    when: from.domain != ""
    do: [{file: "From/{from.domain}"}]
  - name: It is filed elsewhere
    when: from.domain contains "canary"
    do: [{file: Elsewhere}]
`

// The log of the daemon tells what was done by which rule and where, and nothing
// of the mail: it is read by people who may not read that. Nor does it where folders are
// named after who wrote, and the server repeats such a name.
func TestTheLogHoldsNothingOfTheMail(t *testing.T) {
	var refuses atomic.Bool
	in := install(t, startOffice(t, officeOptions{bad: "Refused", before: func(command string) error {
		if !refuses.Load() {
			return nil
		}
		text := command + " is refused"
		if command == "MOVE" { // all of them concern that folder
			text += ": From/canary-domain.example is locked"
		}
		return &imap.Error{Type: imap.StatusResponseTypeNo, Text: text}
	}}), canaryRules)
	log := in.run("run", "--once")
	cmd, out := in.command("run")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.post([]byte(canaryMessage))
	in.waitFor("From/canary-domain.example")
	in.post([]byte(strings.ReplaceAll(canaryMessage, "%d", "2")))
	in.post(tooDeep())
	in.run("undo", "--last", "1h")
	in.waitFor("INBOX | CANARY-subject")
	in.waitForFailed(`"(unreadable)"`)
	in.post([]byte(strings.ReplaceAll(canaryMessage, "%d", "3")))
	in.waitFor("From/canary-domain.example | CANARY-subject 3")
	refuses.Store(true)
	in.tried("undo", "--last", "1h")
	in.post([]byte(strings.ReplaceAll(canaryMessage, "%d", "4")))
	for _, command := range []string{"STORE", "COPY", "MOVE"} {
		in.waitForFailed(command + " is refused")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	log += out.String()
	for _, said := range []string{`"msg":"handled"`, `"msg":"the mail server refused an action"`, `"msg":"doing what was asked for"`, `"msg":"a rule above has decided otherwise"`, `"msg":"a rule could not be evaluated"`, `"rule":"(unreadable)"`} {
		if !strings.Contains(log, said) {
			t.Errorf("the log was to hold %s, so that this test means something", said)
		}
	}
	for line := range strings.Lines(log) {
		if strings.Contains(strings.ToLower(line), "canary") || strings.Contains(line, "acme.example") {
			t.Errorf("in the log: %s", line)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
	faulttest.Injected(t, "S1", 1)
}

// tooDeep is a message with more levels of parts than are read.
func tooDeep() []byte {
	var b strings.Builder
	for level := range 40 {
		fmt.Fprintf(&b, "Subject: CANARY-deep\nContent-Type: multipart/mixed; boundary=CANARY%d\n\n--CANARY%[1]d\n", level)
	}
	b.WriteString("\nCANARY-body\n")
	for level := range 40 {
		fmt.Fprintf(&b, "--CANARY%d--\n", 39-level)
	}
	return []byte(b.String())
}

func (in *installation) waitFor(what string) {
	in.Helper()
	for range ticks(patience) {
		if strings.Contains(in.mailbox(), what) {
			return
		}
	}
	in.Fatalf("the mailbox did not come to hold %q:\n%s", what, in.mailbox())
}

// waitForFailed waits until the journal has a step that failed, of which it says so.
func (in *installation) waitForFailed(what string) {
	in.Helper()
	for range ticks(patience) {
		if strings.Contains(in.run("log", "--json", "--state", "failed"), what) {
			return
		}
	}
	in.Fatalf("the journal did not come to say %q", what)
}

// The password is in no output, however talkative, and in no file but its own.
// Nor is the body of a message: the journal does not keep it.
func TestThePasswordIsNowhere(t *testing.T) {
	in := install(t, startOffice(t, officeOptions{bad: "Refused"}), canaryRules)
	in.post([]byte(canaryMessage))
	var said strings.Builder
	for _, line := range []string{
		"run --once", "plan", "plan --json", "apply", "apply --json", "status", "status --json", "log", "log --json",
		"explain 1", "explain 1 --json", "undo 1", "check", "test",
	} {
		said.WriteString(in.tried(append(strings.Fields(line), "-v")...))
	}
	for _, mistake := range [][2]string{
		{"tls: none", "tls: none, ca_file: password"}, {"password_file: password", "password: " + officePassword}, {"}", ""},
	} {
		in.spoil(mistake[0], mistake[1])
		for _, line := range []string{"run --once", "apply", "status", "check"} {
			said.WriteString(in.tried(strings.Fields(line)...))
		}
	}
	if strings.Contains(said.String(), officePassword) {
		t.Errorf("the password was printed:\n%s", said.String())
	}
	in.inNoFile(officePassword, "password", "foredesk.yaml")
	in.inNoFile("CANARY-body")
	faulttest.Injected(t, "S1", 1)
}

// tried runs a command that may fail.
func (in *installation) tried(args ...string) string {
	cmd, out := in.command(args...)
	_ = cmd.Run() // some of them are to fail
	return out.String()
}

// spoil changes the configuration.
func (in *installation) spoil(old, new string) {
	in.Helper()
	file := filepath.Join(in.dir, "foredesk.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		in.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, new, 1)), 0o600); err != nil {
		in.Fatal(err)
	}
}

func (in *installation) inNoFile(canary string, but ...string) {
	in.Helper()
	in.eachFile(func(path string, d fs.DirEntry) error {
		if d.IsDir() || slices.Contains(but, d.Name()) {
			return nil
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), canary) {
			in.Errorf("%s holds %q", d.Name(), canary)
		}
		return err
	})
}

// eachFile shows all that lies in the installation. A daemon that runs meanwhile renames
// what it has written: where one is gone when it is looked at, all are looked at again,
// under the names they have then.
func (in *installation) eachFile(look func(path string, d fs.DirEntry) error) {
	in.Helper()
	var err error
	for range ticks(patience) {
		err = filepath.WalkDir(in.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return look(path, d)
		})
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		in.Fatal(err)
	}
}
