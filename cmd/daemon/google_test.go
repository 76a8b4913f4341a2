package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo/gcal"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/mail"
)

// googleOf is the key of a script's Google, a **gcal.Server.
type googleOf struct{}

func theGoogle(ts *testscript.TestScript) *gcal.Server {
	s := *ts.Value(googleOf{}).(**gcal.Server)
	if s == nil {
		ts.Fatalf("there is no Google; begin with: googleserver")
	}
	return s
}

// googleServer [USER] starts a Google, writes the file client.json for it, and
// fills in $GOOGLE, its calendar's address, in all YAML files of the script.
func googleServer(ts *testscript.TestScript, _ bool, args []string) {
	user := "dana@acme.example"
	if len(args) == 1 {
		user = args[0]
	}
	s, err := startGoogle(context.Background(), user)
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	*ts.Value(googleOf{}).(**gcal.Server) = s
	ts.Check(os.WriteFile(ts.MkAbs("client.json"), clientOf(s), 0o600))
	files, err := filepath.Glob(ts.MkAbs("*.yaml"))
	ts.Check(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		ts.Check(err)
		ts.Check(os.WriteFile(file, bytes.ReplaceAll(text, []byte("$GOOGLE"), []byte(s.Endpoint())), 0o600))
	}
}

// The client at the Google of tests; its secret is a canary.
const (
	googleClient = "desk"
	googleSecret = "canary-77c1-client"
)

func startGoogle(ctx context.Context, user string) (*gcal.Server, error) {
	return gcal.Start(ctx, gcal.Account{User: user, Zone: "Europe/London", ClientID: googleClient, ClientSecret: googleSecret})
}

// clientOf is what Google's console would give for a server.
func clientOf(s *gcal.Server) []byte {
	return clientFile(googleClient, googleSecret, s.AuthURL(), s.TokenURL())
}

func clientFile(id, secret, auth, token string) []byte {
	text, err := json.Marshal(map[string]any{"installed": map[string]string{
		"client_id": id, "client_secret": secret, "auth_uri": auth, "token_uri": token,
	}})
	if err != nil {
		panic(err) // it is made of texts
	}
	return text
}

var pageAddress = regexp.MustCompile(`(?m)^ +(http\S+)$`)

// consent FILE allow|deny [PIPE] is a person with a browser: they open the address
// that a file comes to hold, press the button, and follow to where it leads; or
// paste that into a pipe.
func consent(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, false, []string{args[0], pageAddress.String()})
	to, err := press(pageAddress.FindStringSubmatch(ts.ReadFile(args[0]))[1], args[1])
	ts.Check(err)
	if len(args) == 3 {
		pipe, err := os.OpenFile(ts.MkAbs(args[2]), os.O_WRONLY, 0)
		ts.Check(err)
		_, err = fmt.Fprintln(pipe, to)
		ts.Check(errors.Join(err, pipe.Close()))
		return
	}
	_, err = follow(to)
	ts.Check(err)
}

// press presses a button of the page, and returns where that leads.
func press(page, decision string) (string, error) {
	u, err := url.Parse(page)
	if err != nil {
		return "", err
	}
	form := u.Query()
	form.Set("decision", decision)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.PostForm(page, form)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	to, err := got.Location()
	if err != nil {
		return "", fmt.Errorf("the page answers %s: %w", got.Status, err)
	}
	return to.String(), nil
}

// follow opens an address and returns what the page says.
func follow(address string) (string, error) {
	got, err := http.Get(address)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return string(text), err
}

// google revoke is a person who takes all access back at Google.
func atGoogle(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 || args[0] != "revoke" {
		ts.Fatalf("google knows revoke, not %q", args)
	}
	theGoogle(ts).Revoke()
}

// googleDesk is a desk whose mail and calendar sign in with Google.
type googleDesk struct {
	*testing.T
	*desk
	google *gcal.Server
	office *office
	box    *letterbox
	seen   []string // tokens that the mail servers were given
	log    bytes.Buffer
}

const googleYAML = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %[1]s, user: dana, tls: none, google: true, auth: %[3]s}
    smtp: {host: 127.0.0.1, port: %[2]s, user: dana, tls: none, google: true, auth: %[3]s}
    calendar: {google: {credentials_file: client.json, endpoint: "%[4]s"}}
`

func openGoogleDesk(t *testing.T, auth string) *googleDesk {
	t.Helper()
	g := &googleDesk{T: t}
	var err error
	g.google, err = startGoogle(t.Context(), "dana@acme.example")
	g.must(err)
	t.Cleanup(func() { g.must(g.google.Close()) })
	g.office = startOffice(t, officeOptions{token: g.good})
	_, imapPort, err := net.SplitHostPort(g.office.addr)
	g.must(err)
	var smtpPort string
	g.box, smtpPort = startLetterbox(t, g.good)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"client.json": string(clientOf(g.google)), "rules.yaml": "version: 1\nrules:\n  - {name: Board, when: signed, do: [{file: Board}]}\n",
		"foredesk.yaml": fmt.Sprintf(googleYAML, imapPort, smtpPort, auth, g.google.Endpoint()),
	} {
		g.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	cfg, err := config.Load(filepath.Join(dir, "foredesk.yaml"))
	g.must(err)
	g.desk, err = newDesk(cfg.Accounts[0], slog.New(slog.NewTextHandler(&g.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	g.must(err)
	return g
}

func (g *googleDesk) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// good asks Google whether a token is one, as a mail server at Google does.
func (g *googleDesk) good(_, token string) bool {
	g.seen = append(g.seen, token)
	r, err := http.NewRequest(http.MethodGet, g.google.Endpoint()+"users/me/calendarList", nil)
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = got.Body.Close()
	return got.StatusCode == http.StatusOK
}

func (g *googleDesk) signIn() {
	g.Helper()
	pasted := make(chan string, 1)
	g.must(g.tokens.SignIn(g.Context(), google.Prompt{Pasted: pasted, Show: func(page string) {
		to, err := press(page, "allow")
		g.must(err)
		pasted <- to
	}}))
}

func (g *googleDesk) read() error {
	s, err := g.desk.mail.Open(g.Context())
	if err == nil {
		s.Close()
	}
	return err
}

func (g *googleDesk) send() error {
	_, err := g.tools.Sender.Send(g.Context(), "dana@acme.example", []string{"pat@board.example"}, []byte("Subject: x\r\n\r\ny\r\n"))
	return err
}

// Mail and calendar share the sign-in at Google: without one they say so, with one
// they work, and a token that ended early is replaced after one refusal.
func TestMailSignsInWithGoogle(t *testing.T) {
	for _, auth := range []string{"xoauth2", "oauthbearer"} {
		for name, use := range map[string]func(*googleDesk) error{"IMAP": (*googleDesk).read, "SMTP": (*googleDesk).send} {
			t.Run(name+" by "+auth, func(t *testing.T) {
				g := openGoogleDesk(t, auth)
				var errs []error
				expect := func(what string, ok func(error) bool) {
					t.Helper()
					err := use(g)
					if errs = append(errs, err); !ok(err) {
						t.Errorf("%s: %v", what, err)
					}
				}
				works := func(err error) bool { return err == nil }
				refused := func(err error) bool { return errors.As(err, new(*mail.SignInError)) }
				expect("before anybody has signed in", func(err error) bool { return errors.Is(err, google.ErrNotSignedIn) })
				g.signIn()
				expect("signed in", works)
				expect("again", works)
				g.google.ExpireAccess()
				expect("with a token that ended early", refused)
				expect("with the next token", works)
				g.google.Revoke()
				expect("with a token that was taken back", refused)
				before := len(g.seen)
				for range 3 {
					expect("with nothing", func(err error) bool { return errors.Is(err, google.ErrRevoked) })
				}
				if len(g.seen) != before {
					t.Error("the mail server was given a token")
				}
				g.signIn()
				expect("signed in again", works)
				g.tellsNothing(errs)
			})
		}
	}
}

// tellsNothing looks for tokens in errors and in the log.
func (g *googleDesk) tellsNothing(errs []error) {
	g.Helper()
	said := g.log.String()
	for _, err := range errs {
		said += fmt.Sprintf("%v %+v %#v\n", err, err, err)
	}
	secrets := append([]string{googleSecret, "1//", "ya29."}, g.seen...)
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			g.Errorf("%.8s… was told:\n%s", secret, said)
		}
	}
	if len(g.seen) < 3 || g.google.Token() == "" {
		g.Error("no token was seen: is this a test?")
	}
}

// calendarAs is a calendar's client with a sign-in for some scopes.
func (g *googleDesk) calendarAs(scopes ...string) (*calendar.Client, *google.Source) {
	g.Helper()
	account := google.Account{
		Name: "dana", Addresses: g.Addresses, Credentials: g.Google.Credentials, TokenFile: filepath.Join(g.TempDir(), "t.json"),
		Scopes: scopes, Calendar: g.google.Endpoint(),
	}
	source, err := google.Open(account, slog.New(slog.DiscardHandler))
	g.must(err)
	g.tokens = source
	g.signIn()
	c, err := calendar.New(g.Context(), calendar.Config{
		Endpoint: g.google.Endpoint(), Tokens: source.TokenSource(g.Context()), Transport: source.Transport(http.DefaultTransport),
	}, slog.New(slog.DiscardHandler))
	g.must(err)
	g.Cleanup(func() { g.must(c.Close(context.Background())) })
	return c, source
}

// The server holds every request against the scopes that Google's description of
// its API names for the method.
func TestTheScopesAreEnoughAndNoneIsTooMany(t *testing.T) {
	g := openGoogleDesk(t, "xoauth2")
	start := time.Date(2026, 12, 8, 14, 0, 0, 0, time.UTC)
	all := []string{google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy}
	list := func(c *calendar.Client) error { _, err := c.Sync(t.Context(), nil); return err }
	busy := func(c *calendar.Client) error {
		_, err := c.FreeBusy(t.Context(), []string{"dana@acme.example"}, start, start.Add(time.Hour))
		return err
	}
	write := func(c *calendar.Client) error {
		key := rand.Text()
		made := c.Do(t.Context(), datebook.Change{Do: datebook.Make, Key: key, Calendar: "primary", Event: datebook.Event{Title: "Focus", Start: start, End: start.Add(time.Hour), Zone: "Europe/London"}})
		gone := c.Do(t.Context(), datebook.Change{Do: datebook.Remove, Key: key, ID: made.Event.ID, Calendar: "primary"})
		if made.Result != datebook.Done || gone.Result != datebook.Done {
			return fmt.Errorf("made: %s %s; removed: %s %s", made.Result, made.Reason, gone.Result, gone.Reason)
		}
		return nil
	}
	c, _ := g.calendarAs(all...)
	if err := errors.Join(list(c), busy(c), write(c)); err != nil {
		t.Error(err)
	}
	// Free/busy has a scope of its own, which is enough to list events, too.
	for scope, use := range map[string]func(*calendar.Client) error{google.ScopeEvents: write, google.ScopeList: list, google.ScopeFreeBusy: busy} {
		c, _ := g.calendarAs(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == scope })...)
		if use(c) == nil {
			t.Errorf("%s is not needed", scope)
		}
		faulttest.Injected(t, "S3", 1)
	}
}

// The calendar works on over a token that ended early, says when a person has to
// sign in, asks Google no more until then, and works on by itself after.
func TestTheCalendarSignsInWithGoogle(t *testing.T) {
	g := openGoogleDesk(t, "xoauth2")
	c, _ := g.calendarAs(google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy)
	sync := func() error { _, err := c.Sync(t.Context(), nil); return err }
	g.must(sync())
	g.google.ExpireAccess()
	g.must(sync())
	g.google.Revoke()
	for range 3 {
		if err := sync(); !errors.Is(err, calendar.ErrSignIn) || !errors.Is(err, google.ErrRevoked) {
			t.Errorf("%v", err)
		}
	}
	asked := 0
	for _, r := range g.google.Requests() {
		if r.Call == "oauth.token" {
			asked++
		}
	}
	if asked != 4 { // a code, two refreshes, and the one that was refused
		t.Errorf("Google was asked for a token %d times", asked)
	}
	g.signIn()
	g.must(sync())
}

// doc/google.md gives the scopes for an administrator to copy.
func TestTheGuideNamesTheScopes(t *testing.T) {
	text, err := os.ReadFile("../../doc/google.md")
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join([]string{google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy}, ",")
	if !strings.Contains(string(text), "\n"+line+"\n") || !strings.Contains(string(text), "`"+google.ScopeMail+"`") {
		t.Errorf("doc/google.md does not give %s", line)
	}
}
