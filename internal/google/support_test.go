package google

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const (
	dana         = "dana@acme.example"
	clientID     = "desk"
	clientSecret = "CANARY-client-secret"
)

var calendarScopes = []string{ScopeEvents, ScopeList, ScopeFreeBusy}

// desk is a Google of our own, and a folder with the credentials for it.
type desk struct {
	*testing.T
	*gcal.Server
	account Account
	log     bytes.Buffer
	running sync.WaitGroup

	mu    sync.Mutex
	pages []string // that the browser was shown at the end
}

func open(t *testing.T) *desk {
	return openAs(t, gcal.Account{User: dana, Zone: "Europe/London", ClientID: clientID, ClientSecret: clientSecret})
}

func openAs(t *testing.T, a gcal.Account) *desk {
	t.Helper()
	s, err := gcal.Start(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, Server: s}
	t.Cleanup(func() { d.running.Wait(); d.must(s.Close()) })
	dir := t.TempDir()
	d.account = Account{
		Name: "dana", Addresses: []string{dana, "d.w@acme.example"}, Scopes: calendarScopes, Calendar: s.Endpoint(),
		Credentials: filepath.Join(dir, "client.json"), TokenFile: filepath.Join(dir, "dana.token.json"),
	}
	d.client(s.AuthURL(), s.TokenURL())
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// client writes the credentials of an installed application.
func (d *desk) client(auth, token string) {
	d.Helper()
	app := application{ClientID: clientID, ClientSecret: clientSecret, AuthURI: auth, TokenURI: token}
	data, err := json.Marshal(map[string]any{"installed": app})
	d.must(err)
	d.must(os.WriteFile(d.account.Credentials, data, 0o600))
}

func (d *desk) source() *Source {
	d.Helper()
	s, err := Open(d.account, slog.New(slog.NewTextHandler(&d.log, nil)))
	d.must(err)
	return s
}

// signedIn is a source for which a person has consented.
func (d *desk) signedIn() *Source {
	d.Helper()
	s := d.source()
	d.must(s.SignIn(d.Context(), Prompt{Listen: true, Show: d.browser(allow)}))
	return s
}

// press is what a person does on the consent page: it returns where the page leads.
type press func(d *desk, page string) *url.URL

func allow(d *desk, page string) *url.URL { return d.decide(page, "allow") }
func deny(d *desk, page string) *url.URL  { return d.decide(page, "deny") }

func (d *desk) decide(page, decision string) *url.URL {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	u, err := url.Parse(page)
	d.check(err)
	form := u.Query()
	form.Set("decision", decision)
	answer, err := client.PostForm(page, form)
	d.check(err)
	defer answer.Body.Close()
	to, err := answer.Location()
	d.check(err)
	return to
}

// check is must for goroutines of a test.
func (d *desk) check(err error) {
	if err != nil {
		d.Error(err)
	}
}

// browser plays a person at this machine: it opens the address, presses, and
// follows to where the page leads.
func (d *desk) browser(p press) func(string) {
	return func(page string) {
		d.running.Go(func() {
			if to := p(d, page); to != nil {
				d.visit(to.String())
			}
		})
	}
}

// visit opens a page and keeps what it shows.
func (d *desk) visit(address string) int {
	got, err := http.Get(address)
	if err != nil {
		d.Error(err)
		return 0
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	d.check(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages = append(d.pages, string(text))
	return got.StatusCode
}

// asked counts the requests of a kind.
func (d *desk) asked(call string) (n int) {
	for _, r := range d.Requests() {
		if r.Call == call {
			n++
		}
	}
	return n
}

// folder is the content of every file of the account's folder.
func (d *desk) folder() map[string]string {
	d.Helper()
	all := map[string]string{}
	dir := filepath.Dir(d.account.Credentials)
	entries, err := os.ReadDir(dir)
	d.must(err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		d.must(err)
		all[e.Name()] = string(text)
	}
	return all
}

// calendars asks the calendar for something by a source's token.
func (d *desk) calendars(s *Source) int {
	d.Helper()
	client := &http.Client{Transport: s.Transport(http.DefaultTransport)}
	got, err := client.Get(d.account.Calendar + "users/me/calendarList")
	d.must(err)
	d.must(got.Body.Close())
	return got.StatusCode
}

// tokens is a token endpoint that answers as a test wants it, and counts.
type tokens struct {
	mu     sync.Mutex
	forms  []url.Values
	answer func(form url.Values) (status int, answer any)
}

func (k *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = r.ParseForm()
	k.forms = append(k.forms, r.PostForm)
	status, answer := k.answer(r.PostForm)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (k *tokens) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.forms)
}

type object = map[string]any

// keeps writes a sign-in as one of an earlier run.
func (d *desk) keeps(refresh string, expires time.Time) {
	d.Helper()
	k := kept{client: clientID, address: dana, scopes: calendarScopes, refresh: keep(refresh), signedIn: time.Now().Add(-time.Hour), expires: expires}
	data, err := k.encode()
	d.must(err)
	d.must(os.WriteFile(d.account.TokenFile, data, 0o600))
}

func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("there is no error")
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not hold %q", err, w)
		}
	}
}
