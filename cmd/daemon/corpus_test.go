package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/dovecot"
)

// mailCorpus is every message of the open corpora: damaged, hostile and old.
func mailCorpus(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"enmime/*.raw", "stalwart/*.eml"} {
		found, err := filepath.Glob(filepath.Join(root, "mail", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("no message corpus at %s: put one there or name its folder in FOREDESK_CORPORA", root)
	}
	return files
}

// readLimit is many times what a message may take, so that a busy machine is no
// failure; the test prints what the slowest took.
const readLimit = 20 * time.Second

// Every message of the corpora is read, or refused with a reason, in little time.
func TestReadCopesWithEveryMessageOfTheCorpora(t *testing.T) {
	var slowest time.Duration
	var which string
	refused := 0
	files := mailCorpus(t)
	t.Chdir(t.TempDir()) // where there is no foredesk.yaml
	for _, file := range files {
		var out, errs bytes.Buffer
		start := time.Now()
		code := execute(t.Context(), []string{"read", file}, terminal{in: strings.NewReader(""), out: &out, err: &errs})
		if took := time.Since(start); took > slowest {
			slowest, which = took, filepath.Base(file)
		}
		switch {
		case code == exitDone && json.Valid(out.Bytes()) && errs.Len() == 0:
		case code == exitFailed && strings.Contains(errs.String(), "can't be read as a message: ") && out.Len() == 0:
			refused++
		default:
			t.Errorf("%s: exit code %d\n%s%s", file, code, out.Bytes(), errs.Bytes())
		}
	}
	t.Logf("%d messages, %d of them refused with a reason; the slowest took %s: %s", len(files), refused, slowest.Round(time.Microsecond), which)
	if slowest > readLimit {
		t.Errorf("%s took %s", which, slowest)
	}
}

// corpusRules look at all that a message has, and file whatever comes.
const corpusRules = `version: 1
people:
  board: ["@board.acme.example"]
rules:
  - name: A rule for each fact
    when:
      - kind in ["newsletter", "invoice", "travel"]
      - hasFile("*.pdf") or has(subject, "invoice") or list.id != "" or header("X-Any") != ""
      - auth.verdict != "fail" and spamScore < 5 and size > 10 and ageDays >= 0
      - to in board or cc in board or sender_address in board or replyTo in board or not toMe
    do: [{label: Looked-at}, {agenda: "Corpus"}]
  - name: Whatever comes
    when: size >= 1
    do: [{file: Filed}, {read: true}]
`

// post office of the corpus: the embedded one, or a real Dovecot.
type corpusServer interface {
	port() string
	password() string
	put(raw []byte) error
	// lie tells in which folders each message lies, by the hash of its text.
	lie() (map[[32]byte][]string, error)
}

// The corpora are delivered, with an ordinary message after each of theirs.
// However bad a message is, none is lost or doubled: it is filed, or it stays in
// the inbox and the journal says why. The next one is always handled.
func TestEveryMessageOfTheCorporaIsHandledOrLeftWithAReason(t *testing.T) {
	files := mailCorpus(t)
	servers := []struct {
		name  string
		start func(*testing.T) corpusServer
	}{
		{"embedded", func(t *testing.T) corpusServer { return embedded{startOffice(t, officeOptions{})} }},
		{"Dovecot", func(t *testing.T) corpusServer { return real{dovecot.Start(t, dovecot.Options{})} }},
	}
	for _, s := range servers {
		for _, verb := range []string{"run", "apply"} {
			t.Run(verb+" on "+s.name, func(t *testing.T) { deliverCorpus(t, s.start(t), verb, files) })
		}
	}
}

func deliverCorpus(t *testing.T, server corpusServer, verb string, files []string) {
	in := &installation{T: t, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(in.dir, "rules.yaml"), []byte(corpusRules), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeDesk(in.dir, server.port()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in.dir, "password"), []byte(server.password()), 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("run", "--once")
	ordinary := map[[32]byte]string{}
	for i, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		next := compose("pat@board.acme.example", fmt.Sprintf("After number %d", i))
		ordinary[sumOf(next)] = file
		if err := server.put(raw); err != nil {
			t.Fatalf("delivering %s: %v", file, err)
		}
		if err := server.put(next); err != nil {
			t.Fatal(err)
		}
	}
	before, err := server.lie()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	args := []string{verb}
	if verb == "run" {
		args = append(args, "--once")
	}
	in.tried(args...)
	took := time.Since(start)
	left := checkCorpus(t, server, before, ordinary)
	t.Logf("%d messages in %s, %s each; %d left in the inbox", 2*len(files), took.Round(time.Millisecond), (took / time.Duration(2*len(files))).Round(time.Microsecond), left)
	if reasons := in.unreadable(); reasons != left {
		t.Errorf("%d messages were left in the inbox, and the journal has reasons for %d", left, reasons)
	}
	if took > time.Duration(len(files))*time.Second { // twice as many messages as files: most take a few milliseconds
		t.Errorf("it took %s", took)
	}
}

// checkCorpus compares where the messages lie with where they lay, and returns
// how many were left in the inbox.
func checkCorpus(t *testing.T, server corpusServer, before map[[32]byte][]string, ordinary map[[32]byte]string) (left int) {
	t.Helper()
	after, err := server.lie()
	if err != nil {
		t.Fatal(err)
	}
	if len(before) == 0 || len(after) != len(before) {
		t.Errorf("%d different messages, there were %d", len(after), len(before))
	}
	for sum, were := range before {
		now := after[sum]
		if len(now) != len(were) {
			t.Errorf("a message lies in %v, and lay in %v", now, were)
		}
		for _, folder := range now {
			switch {
			case folder == "INBOX" && ordinary[sum] != "":
				t.Errorf("the message after %s was not handled", ordinary[sum])
			case folder == "INBOX":
				left++
			case folder != "Filed":
				t.Errorf("a message is in %q", folder)
			}
		}
	}
	return left
}

// unreadable counts the messages that the journal says could not be read.
func (in *installation) unreadable() int {
	in.Helper()
	var steps []stepOutput
	if err := json.Unmarshal([]byte(in.run("log", "--json", "--limit", "0", "--state", "failed")), &steps); err != nil {
		in.Fatal(err)
	}
	for _, s := range steps {
		if s.Rule != "(unreadable)" || s.Reason == "" {
			in.Errorf("step %d by %q failed: %s", s.ID, s.Rule, s.Reason)
		}
	}
	return len(steps)
}

func sumOf(raw []byte) [32]byte {
	return sha256.Sum256(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
}

type embedded struct{ *office }

func (e embedded) port() string {
	_, port, _ := net.SplitHostPort(e.addr) // of a listener, so there is one
	return port
}
func (e embedded) password() string     { return officePassword }
func (e embedded) put(raw []byte) error { return e.deliver("INBOX", raw) }

func (e embedded) lie() (map[[32]byte][]string, error) {
	c, err := e.reader()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	found := map[[32]byte][]string{}
	for _, folder := range []string{"INBOX", "Filed"} {
		if err := readAll(c, folder, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func readAll(c *imapclient.Client, folder string, found map[[32]byte][]string) error {
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || box.NumMessages == 0 {
		return nil // before the first message is filed there is no such folder
	}
	var every imap.SeqSet
	every.AddRange(1, box.NumMessages)
	text := &imap.FetchItemBodySection{Peek: true}
	messages, err := c.Fetch(every, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{text}}).Collect()
	for _, m := range messages {
		sum := sumOf(m.FindBodySection(text))
		found[sum] = append(found[sum], folder)
	}
	return err
}

type real struct{ *dovecot.Server }

func (r real) port() string     { return strconv.Itoa(r.Port()) }
func (r real) password() string { return r.Password }

func (r real) put(raw []byte) error {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	r.Deliver(r.User, "INBOX", dovecot.Message{Raw: raw, Received: time.Now()})
	return nil
}

func (r real) lie() (map[[32]byte][]string, error) {
	found := map[[32]byte][]string{}
	for m, err := range r.Mail(r.User) {
		if err != nil {
			return nil, err
		}
		raw, err := os.ReadFile(m.Path)
		if err != nil {
			return nil, err
		}
		found[sumOf(raw)] = append(found[sumOf(raw)], m.Folder)
	}
	return found, nil
}
