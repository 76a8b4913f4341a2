package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// vault is an installation that uses every secret there is, each of which is a
// canary, on mail and a calendar of which every word is one.
type vault struct {
	*installation
	keeping string // how the secrets are given: file, env, credential or command
	letters *vaultPost
	google  *gcal.Server
	oracle  *oracle
	web     *httptest.Server // takes notices and webhooks
	env     []string
	secrets []string // what must be nowhere
	holders []string // files whose business it is to hold one

	mu  sync.Mutex
	got []string // what web was sent: header and text
}

// The secrets of a vault. officePassword and googleSecret are among them, too.
const (
	vaultSMTP  = "canary-0b77-smtp"
	vaultModel = "canary-93ee-model"
	vaultHook  = "canary-webhook-signing-key-012345" // 33 bytes, so that base64 has no padding
	vaultPath  = "canary-c0de-address"               // of the webhook and of the chat
	vaultPG    = "canary-1dea-postgres"
)

// The private words of a vault's mail and calendar, in lower case.
var vaultWords = []string{"canarysubject", "canarybody", "canaryaddress", "canaryname", "canarytitle", "canarynote", "canaryplace", "canaryfile"}

const vaultYAML = `version: 1
database: $DATABASE
model: {endpoint: $MODEL/v1, model: small, $KEY}
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    assistant: sam@canaryaddress.example
    files: kept
    webhooks: {$HOOK}
    imap: {host: 127.0.0.1, port: $IMAP_PORT, user: dana, tls: none, $IMAP}
    smtp: {host: 127.0.0.1, port: $SMTP_PORT, user: dana, tls: none, $SMTP}
    calendar: {google: {credentials_file: client.json, endpoint: "$GOOGLE"}}
    agenda: {at: "23:59", days: Mon-Sun}
`

// vaultRules do all that leaves the house, and all that a stranger's words go into.
const vaultRules = `version: 1
timezone: Europe/London
me: [dana@acme.example]
workHours: Mon-Sun 00:00-23:59
people: {ours: ["@canaryaddress.example"]}
rules:
  - name: All that is sent
    when: from.domain == "canaryaddress.example" and not confidential
    irreversible: ok
    do:
      - {webhook: "$WEB/canary-c0de-address/in"}
      - {notify: {to: "$WEB/canary-c0de-address/chat", text: "{subject}"}}
      - {forward: elsewhere@acme.example}
      - {reply: {template: absent, once: 1d}}
      - {save: {files: "*", to: Papers}}
      - {extract: {to: list.csv, fields: {who: "{from.email}", what: "{subject}"}}}
      - {draft: {template: absent}}
      - {schedule: {title: "Read: {subject}", on: tomorrow 09:00, length: 30m}}
      - {summarize: Board}
      - {agenda: Board}
      - {file: "From/{from.domain}"}
  - name: It is asked of
    when: [from.domain == "canaryaddress.example", llm("Is the writer unhappy?")]
    do: [{flag: red}]
  - name: It has no such folder
    when: from.domain == "canaryaddress.example"
    do: [{copy: Refused}]
  - name: Somebody is asked first
    when: from.domain == "canaryaddress.example"
    confirm: assistant
    do: [{webhook: "$WEB/canary-c0de-address/asked"}, {notify: "$WEB/canary-c0de-address/asked"}]
  - name: Events
    on: event
    when: len(event.attendees) > 0
    irreversible: ok
    do: [{color: red}, {prep: {before: 1d, length: 30m}}, {webhook: "$WEB/canary-c0de-address/event"}]
`

const vaultMail = `From: "CANARYNAME" <from@canaryaddress.example>
To: dana@acme.example, other@canaryaddress.example
Subject: CANARYSUBJECT %[1]d
Message-ID: <canaryaddress-%[1]d@canaryaddress.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

CANARYBODY: please sign the lease by Friday.
--b
Content-Type: text/plain; name=CANARYFILE.txt
Content-Disposition: attachment; filename=CANARYFILE.txt

CANARYBODY
--b--
`

// eml is the n-th mail of the stranger.
func eml(n int) []byte { return fmt.Appendf(nil, vaultMail, n) }

// openVault starts the servers and writes the installation. database is that of the
// configuration.
func openVault(t *testing.T, keeping, database string) *vault {
	t.Helper()
	v := &vault{installation: install(t, startOffice(t, officeOptions{bad: "Refused"}), ""), keeping: keeping, oracle: startOracle(t, "yes")}
	v.letters = startVaultPost(t, nil)
	var err error
	v.google, err = startGoogle(t.Context(), "dana@acme.example")
	v.must(err)
	t.Cleanup(func() { v.must(v.google.Close()) })
	v.web = httptest.NewUnstartedServer(http.HandlerFunc(v.take))
	v.web.Config.ErrorLog = log.New(io.Discard, "", 0)
	v.web.StartTLS()
	t.Cleanup(v.web.Close)
	v.must(os.Mkdir(filepath.Join(v.dir, "kept"), 0o700))
	v.must(os.Mkdir(filepath.Join(v.dir, "templates"), 0o700))
	v.must(os.Mkdir(filepath.Join(v.dir, "credentials"), 0o700))
	authority := filepath.Join(t.TempDir(), "web.pem")
	v.must(os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.web.Certificate().Raw}), 0o600))
	v.env = append(os.Environ(), "SSL_CERT_FILE="+authority, "SSL_CERT_DIR=/nonexistent", "CREDENTIALS_DIRECTORY="+filepath.Join(v.dir, "credentials"))
	key := base64.StdEncoding.EncodeToString([]byte(vaultHook))
	v.secrets = []string{officePassword, vaultSMTP, vaultModel, vaultHook, key, googleSecret, vaultPG, "ya29."}
	v.write(database, key)
	v.signIn()
	return v
}

// signIn adds the token that Google gives for it to the secrets.
func (v *vault) signIn() {
	v.Helper()
	v.must(signInAll(filepath.Join(v.dir, "foredesk.yaml")))
	kept, err := os.ReadFile(filepath.Join(v.dir, "dana.token.json"))
	v.must(err)
	token := regexp.MustCompile(`1//[A-Za-z0-9_-]{8,}`).Find(kept)
	if token == nil {
		v.Fatal("there is no token where it was to be kept")
	}
	v.secrets = append(v.secrets, string(token))
}

func (v *vault) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// write fills the folder. Google's secret and token have files of their own,
// whichever way is taken.
func (v *vault) write(database, hookKey string) {
	v.Helper()
	text := strings.NewReplacer("$DATABASE", database, "$MODEL", v.oracle.URL, "$GOOGLE", v.google.Endpoint(), "$SMTP_PORT", v.letters.port,
		"$IMAP_PORT", portOf(v.Fatal, v.office.addr), "$IMAP", v.give("password", "imap", officePassword), "$SMTP", v.give("password", "smtp", vaultSMTP),
		"$KEY", v.give("key", "model", vaultModel), "$HOOK", v.give("secret", "hook", "whsec_"+hookKey)).Replace(vaultYAML)
	for name, text := range map[string]string{
		"foredesk.yaml": text, "rules.yaml": strings.ReplaceAll(vaultRules, "$WEB", v.web.URL), "client.json": string(clientOf(v.google)),
		"templates/absent.txt": "Thank you, {from.first}: {subject}.\n",
	} {
		v.must(os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o600))
	}
	v.must(os.Remove(filepath.Join(v.dir, "password"))) // that every other installation has
	v.holders = append(v.holders, "client.json", "dana.token.json", "rules.yaml")
}

func portOf(fatal func(...any), addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		fatal(err)
	}
	return port
}

// give puts a secret where the vault keeps its secrets, and returns the key of the
// configuration that says so.
func (v *vault) give(kind, name, value string) string {
	v.Helper()
	file := name + ".secret"
	switch v.keeping {
	case "env":
		v.env = append(v.env, "CANARY_"+name+"="+value)
		return kind + "_env: CANARY_" + name
	case "credential":
		v.holders = append(v.holders, file)
		v.must(os.WriteFile(filepath.Join(v.dir, "credentials", file), []byte(value+"\n"), 0o400))
		return kind + "_credential: " + file
	}
	v.holders = append(v.holders, file)
	v.must(os.WriteFile(filepath.Join(v.dir, file), []byte(value+"\n"), 0o600))
	if v.keeping == "command" {
		return kind + "_command: [cat, " + file + "]"
	}
	return kind + "_file: " + file
}

func (v *vault) take(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.got = append(v.got, fmt.Sprint(r.URL, r.Header, string(body), err))
}

// sentOut is all that has left the house: letters, what the model was asked, and
// what the web was sent, without its address.
func (v *vault) sentOut() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := strings.ReplaceAll(strings.Join(v.got, "\n"), vaultPath, "")
	for _, raw := range v.letters.all() {
		all += string(raw)
		for _, media := range []string{"text/plain", "text/html"} {
			text, err := partOf(raw, media)
			v.must(err)
			all += text
		}
	}
	for _, asked := range v.oracle.wasSent() {
		all += strings.TrimPrefix(asked, "Bearer "+vaultModel)
	}
	return all
}

// command is foredesk with the vault's environment.
func (v *vault) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd, out := v.installation.command(args...)
	cmd.Env = v.env
	return cmd, out
}

// tried runs a command that may fail, to its end.
func (v *vault) tried(args ...string) string {
	cmd, out := v.command(args...)
	_ = cmd.Run() // some of them are to fail
	return "$ foredesk " + strings.Join(args, " ") + "\n" + out.String()
}

// works is tried for what must not fail.
func (v *vault) works(args ...string) string {
	v.Helper()
	cmd, out := v.command(args...)
	if err := cmd.Run(); err != nil {
		v.Fatalf("foredesk %v: %v\n%s", args, err, out)
	}
	return out.String()
}

// meet puts an event of strangers on the calendar.
func (v *vault) meet(n int) {
	v.Helper()
	start := time.Now().Add(time.Duration(50+n) * time.Hour).Truncate(time.Hour)
	_, err := v.google.Put("primary", map[string]any{
		"summary": "CANARYTITLE", "description": "CANARYNOTE", "location": "CANARYPLACE",
		"start": map[string]string{"dateTime": start.Format(time.RFC3339)}, "end": map[string]string{"dateTime": start.Add(time.Hour).Format(time.RFC3339)},
		"attendees": []any{map[string]string{"email": "guest@canaryaddress.example", "responseStatus": "accepted"}, map[string]string{"email": "dana@acme.example", "responseStatus": "needsAction"}},
		"organizer": map[string]string{"email": "guest@canaryaddress.example"},
	})
	v.must(err)
}

// tells looks for canaries in what was said or written somewhere.
func (v *vault) tells(where, text string, canaries ...string) {
	v.Helper()
	lower := strings.ToLower(text)
	for _, canary := range canaries {
		at := strings.Index(lower, strings.ToLower(canary))
		if at >= 0 {
			v.Errorf("%s holds %q: …%q…", where, canary, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// vaultPost is a server for outgoing mail that asks for a password. says is its
// answer to every sign-in, with the password in it, or nil.
type vaultPost struct {
	port string
	says func(password string) error
	mu   sync.Mutex
	sent [][]byte
}

func startVaultPost(t *testing.T, says func(password string) error) *vaultPost {
	t.Helper()
	p := &vaultPost{says: says}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &vaultSession{vaultPost: p}, nil }))
	srv.Domain, srv.AllowInsecureAuth, srv.ErrorLog = "mx.acme.example", true, log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() { _ = srv.Close(); served.Wait() })
	p.port = portOf(t.Fatal, l.Addr().String())
	return p
}

func (p *vaultPost) all() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

type vaultSession struct {
	*vaultPost
	in bool
}

func (s *vaultSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *vaultSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if s.says != nil {
			return s.says(password)
		}
		if s.in = password == vaultSMTP; !s.in {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *vaultSession) Mail(string, *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (s *vaultSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *vaultSession) Reset()                               {}
func (s *vaultSession) Logout() error                        { return nil }

func (s *vaultSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, raw)
	return err
}

// parrotServer answers what a stranger's server could: all that it heard.
func parrotServer(t *testing.T, status int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		heard := fmt.Sprint(r.URL, r.Header, string(body), err)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/"+r.Header.Get("Authorization"))
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q,"error_description":%[1]q,"message":%[1]q}`, heard)
	}))
	t.Cleanup(s.Close)
	return s
}

// parrotOffice is an IMAP server that refuses every sign-in with what it was told.
func parrotOffice(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				all.Go(func() { refuseLoudly(conn) })
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return portOf(t.Fatal, l.Addr().String())
}

func refuseLoudly(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(conn, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 2 {
			return
		}
		secret, err := base64.StdEncoding.DecodeString(words[len(words)-1])
		if err != nil {
			secret = nil
		}
		heard := strings.Join(words[1:], " ") + " " + strings.ReplaceAll(string(secret), "\x00", " ")
		fmt.Fprintf(conn, "%s NO [AUTHENTICATIONFAILED] wrong: %s\r\n", words[0], heard)
	}
}
