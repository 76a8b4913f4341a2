package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// Two executives whose rules answer everybody, send everything on to the other, and
// tell the other of it.
const loopRules = `version: 1
timezone: Europe/London
me: [%[1]s@acme.example]
rules:
  - name: Thanks
    when: from.email != ""
    irreversible: ok
    do: [{reply: {template: absent, once: 1d}}, {forward: %[2]s@acme.example}, {redirect: %[2]s@acme.example}, {notify: assistant}]
`

const loopConfig = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: %[1]s
    address: %[1]s@acme.example
    assistant: %[5]s@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %[2]d, user: %[1]s, password_file: %[3]q, tls: none}
    smtp: {host: 127.0.0.1, port: %[4]s, tls: none}
`

// Two daemons that mail each other, on one mail server, come to an end by themselves:
// whatever their rules answer, no program answers a program, and nothing goes round.
func TestTwoDaemonsMailEachOther(t *testing.T) {
	server := dovecot.Start(t, dovecot.Options{Users: []string{"dana", "lee"}})
	round := &roundabout{T: t, server: server, sent: map[string]int{}}
	binary, port := desk.Build(t), round.serve()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	desks := map[string]*desk.Desk{}
	for who, other := range map[string]string{"dana": "lee", "lee": "dana"} {
		d := desk.Open(t, binary, server, who, fmt.Sprintf(loopRules, who, other))
		desks[who] = d
		text := fmt.Sprintf(loopConfig, who, server.Port(), server.PasswordFile(), port, other)
		if err := os.Mkdir(filepath.Join(d.Dir, "templates"), 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"foredesk.yaml": text, "templates/absent.txt": "Thank you for “{subject}”.\n"} {
			if err := os.WriteFile(filepath.Join(d.Dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d.Run(ctx, "run", "--once")
	}
	for n := range 3 { // from a person outside, to the one, and from the one to the other by hand
		round.deliver("dana", fmt.Sprintf("From: Pat <pat@board.example>\r\nTo: dana@acme.example\r\nSubject: Pack %d\r\nMessage-ID: <pack-%d@board.example>\r\n\r\nHello\r\n", n, n))
		round.deliver("lee", fmt.Sprintf("From: Dana <dana@acme.example>\r\nTo: lee@acme.example\r\nSubject: Word %d\r\nMessage-ID: <word-%d@acme.example>\r\n\r\nHello\r\n", n, n))
	}
	const rounds = 6
	var after []int
	for range rounds {
		for _, d := range desks {
			d.Run(ctx, "run", "--once")
		}
		after = append(after, round.total())
		t.Logf("%v: %d mails were sent", time.Now(), round.total())
	}
	t.Logf("mails sent after each round: %v; %v", after, round.sent)
	if after[rounds-1] != after[rounds-2] {
		t.Errorf("they go on and on: %v mails after each round", after)
	}
	// What the guards against loops let through, as each is a mail of its own, ends with
	// the day's hundred of each.
	if after[rounds-1] > 2*100 || after[0] == 0 {
		t.Errorf("%d mails were sent, at most 200 were to be", after[rounds-1])
	}
	round.checkAll()
	faulttest.Injected(t, "S11", round.total())
}

// roundabout is the server by which both send, and which delivers to both.
type roundabout struct {
	*testing.T
	server *dovecot.Server
	mu     sync.Mutex
	sent   map[string]int // by sender and recipient
	raw    [][]byte
}

func (r *roundabout) serve() (port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &turning{roundabout: r}, nil }))
	s.ErrorLog, s.ReadTimeout = log.New(io.Discard, "", 0), time.Minute
	var served sync.WaitGroup
	served.Go(func() { _ = s.Serve(l) })
	r.Cleanup(func() { _ = s.Close(); served.Wait() })
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		r.Fatal(err)
	}
	return port
}

func (r *roundabout) total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.raw)
}

func (r *roundabout) deliver(user, message string) {
	r.Helper()
	if err := r.put(user, []byte(message)); err != nil {
		r.Fatal(err)
	}
}

// put appends a message to a user's inbox.
func (r *roundabout) put(user string, raw []byte) error {
	client, err := imapclient.DialInsecure(r.server.Addr(), nil)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Login(user, r.server.Password).Wait(); err != nil {
		return err
	}
	cmd := client.Append("INBOX", int64(len(raw)), nil)
	_, err = cmd.Write(raw)
	err = errors.Join(err, cmd.Close())
	_, waited := cmd.Wait()
	return errors.Join(err, waited)
}

// checkAll looks at every mail that was sent: each says that no person wrote it, and
// people alone were answered, each once by each house.
func (r *roundabout) checkAll() {
	r.Helper()
	answers := 0
	for _, raw := range r.raw {
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		lower := strings.ToLower(string(head))
		redirected := strings.Contains(lower, "\r\nresent-from:") || strings.HasPrefix(lower, "resent-from:")
		if !redirected && !strings.Contains(lower, "\r\nauto-submitted: auto-") {
			r.Errorf("a mail does not say that a program wrote it:\n%s", head)
		}
		if strings.Contains(lower, "\r\nauto-submitted: auto-replied") {
			answers++
		}
	}
	if answers == 0 || answers > 4 {
		r.Errorf("there were %d answers: is it Pat and Dana who were answered?", answers)
	}
}

// turning is one conversation with it.
type turning struct {
	*roundabout
	from string
	to   []string
}

func (t *turning) Mail(from string, _ *smtp.MailOptions) error { t.from = from; return nil }
func (t *turning) Rcpt(to string, _ *smtp.RcptOptions) error   { t.to = append(t.to, to); return nil }
func (t *turning) Reset()                                      { t.from, t.to = "", nil }
func (t *turning) Logout() error                               { return nil }

func (t *turning) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.raw = append(t.raw, raw)
	for _, to := range t.to {
		t.sent[t.from+" to "+to]++
	}
	t.mu.Unlock()
	for _, to := range t.to {
		user, _, _ := strings.Cut(to, "@")
		if user != "dana" && user != "lee" {
			continue
		}
		if err := t.put(user, append(fmt.Appendf(nil, "Return-Path: <%s>\r\n", t.from), raw...)); err != nil {
			return err
		}
	}
	return nil
}
