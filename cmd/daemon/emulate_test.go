package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gapi "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/google"
)

// emulation is the server of the npm package "emulate": a Google that is not ours.
//
// It has OAuth with a client's secret, registered redirect addresses and PKCE, the
// list of calendars, events to list, insert and delete, and free/busy. It can't do
// what else Google does: no event can be read by its id, patched or watched; there
// are no sync tokens, etags that change, ids of ours, iCalUIDs, extended
// properties, series or tombstones; free/busy knows no other person; scopes are not
// enforced; tokens never end and are not rotated; its consent page has no way to
// say no; there are no service accounts. Our own server has all of that
// (internal/demo/gcal), and the other tests run against it.
type emulation struct {
	*testing.T
	base     string
	redirect int // the port of the one registered redirect address
	account  google.Account
}

const emulateVersion = "0.12.2"

// emulateFolder is where npm has put emulate and node.
func emulateFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FOREDESK_EMULATE")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		folder = filepath.Join(cache, "foredesk", "emulate-"+emulateVersion)
	}
	_, err := os.Stat(filepath.Join(folder, "node_modules", "emulate", "dist", "index.js"))
	if err == nil {
		return folder
	}
	reason := fmt.Sprintf("emulate is not installed, so this test against somebody else's Google is left out; to have it: npm install --prefix %s emulate@%s node@22", folder, emulateVersion)
	if os.Getenv("FOREDESK_CI") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

const emulateSeed = `google:
  users: [{email: dana@acme.example, name: Dana}, {email: lee@acme.example, name: Lee}]
  oauth_clients:
    - {client_id: desk, client_secret: %s, name: Foredesk, redirect_uris: ["http://127.0.0.1:%d/"]}
  calendars:
    - {id: dana@acme.example, user_email: dana@acme.example, summary: Dana, primary: true, selected: true, time_zone: Europe/London}
    - {id: lee@acme.example, user_email: lee@acme.example, summary: Lee, primary: true, selected: true, time_zone: Europe/London}
  calendar_events:
    - {id: evtboard, user_email: dana@acme.example, calendar_id: dana@acme.example, summary: Board, start_date_time: "2026-12-08T09:00:00.000Z", end_date_time: "2026-12-08T10:30:00.000Z"}
`

func startEmulation(t *testing.T) *emulation {
	t.Helper()
	folder, dir := emulateFolder(t), t.TempDir()
	port, redirect := freePort(t), freePort(t)
	e := &emulation{T: t, base: fmt.Sprintf("http://127.0.0.1:%d", port), redirect: redirect}
	seed := filepath.Join(dir, "seed.yaml")
	e.must(os.WriteFile(seed, fmt.Appendf(nil, emulateSeed, googleSecret, redirect), 0o600))
	modules := filepath.Join(folder, "node_modules")
	cmd := exec.CommandContext(t.Context(), filepath.Join(modules, "node", "bin", "node"), filepath.Join(modules, "emulate", "dist", "index.js"),
		"start", "-s", "google", "-p", fmt.Sprint(port), "--host", "127.0.0.1", "--seed", seed)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	e.must(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for range ticks(patience) {
		if _, err := follow(e.base + "/.well-known/openid-configuration"); err == nil {
			e.account = google.Account{
				Name: "dana", Addresses: []string{"dana@acme.example"}, Credentials: filepath.Join(dir, "client.json"), TokenFile: filepath.Join(dir, "dana.token.json"),
				Scopes: []string{google.ScopeEvents, google.ScopeList, google.ScopeFreeBusy}, Calendar: e.base + "/calendar/v3/",
			}
			e.must(os.WriteFile(e.account.Credentials, clientFile(googleClient, googleSecret, e.base+"/o/oauth2/v2/auth", e.base+"/oauth2/token"), 0o600))
			return e
		}
	}
	t.Fatal("emulate does not answer")
	return nil
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (e *emulation) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *emulation) source() *google.Source {
	e.Helper()
	s, err := google.Open(e.account, slog.New(slog.DiscardHandler))
	e.must(err)
	return s
}

// signIn is a person who chooses an account on the page. spoil changes what the
// page sends on, and lead where it leads to.
func (e *emulation) signIn(s *google.Source, who string, spoil func(url.Values), lead func(to *url.URL)) error {
	e.Helper()
	var browser sync.WaitGroup
	defer browser.Wait()
	return s.SignIn(e.Context(), google.Prompt{Listen: true, Port: e.redirect, Limit: patience, Show: func(page string) {
		browser.Go(func() {
			to := e.choose(page, who, spoil)
			if to == nil {
				return
			}
			if lead != nil {
				lead(to)
			}
			if _, err := follow(to.String()); err != nil {
				e.Error(err)
			}
		})
	}})
}

func (e *emulation) choose(page, who string, spoil func(url.Values)) *url.URL {
	shown, err := follow(page)
	if err != nil || !strings.Contains(html.UnescapeString(shown), who) {
		e.Errorf("the page does not offer %s: %v", who, err)
		return nil
	}
	u, err := url.Parse(page)
	if err != nil {
		e.Error(err)
		return nil
	}
	form := u.Query()
	form.Set("email", who)
	if spoil != nil {
		spoil(form)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.PostForm(e.base+"/o/oauth2/v2/auth/callback", form)
	if err != nil {
		e.Error(err)
		return nil
	}
	defer got.Body.Close()
	to, err := got.Location()
	if err != nil {
		e.Errorf("the page answers %s: %v", got.Status, err)
	}
	return to
}

func (e *emulation) files() int {
	e.Helper()
	all, err := os.ReadDir(filepath.Dir(e.account.TokenFile))
	e.must(err)
	return len(all)
}

// TestEmulateSignsIn runs the sign-in against a server that is not ours.
func TestEmulateSignsIn(t *testing.T) {
	e := startEmulation(t)
	before := e.files()
	dana := "dana@acme.example"
	for name, c := range map[string]struct {
		who   string
		spoil func(url.Values)
		lead  func(*url.URL)
		says  string
	}{
		"a wrong verifier":  {dana, func(f url.Values) { f.Set("code_challenge", strings.Repeat("A", 43)) }, nil, "invalid_grant"},
		"a wrong state":     {dana, func(f url.Values) { f.Set("state", "other") }, nil, "another sign-in"},
		"another person":    {"lee@acme.example", nil, nil, "it was lee@acme.example who signed in"},
		"not all was given": {dana, func(f url.Values) { f.Set("scope", google.ScopeList) }, nil, "tick all boxes"},
		"an unknown code": {dana, nil, func(to *url.URL) {
			q := to.Query()
			q.Set("code", "other")
			to.RawQuery = q.Encode()
		}, "begin again"},
	} {
		if err := e.signIn(e.source(), c.who, c.spoil, c.lead); err == nil || !strings.Contains(err.Error(), c.says) || e.files() != before {
			t.Errorf("%s: %v; %d files", name, err, e.files()-before)
		}
	}
	e.must(e.signIn(e.source(), dana, nil, nil))
	later := e.source()
	first, err := later.Secret(t.Context())
	e.must(err)
	later.Drop()
	second, err := later.Secret(t.Context())
	if err != nil || first == second || !strings.HasPrefix(second, "google_") {
		t.Errorf("refreshing: %v", err)
	}
	kept, err := os.ReadFile(e.account.TokenFile)
	e.must(err)
	e.must(later.Remove(t.Context()))
	e.must(os.WriteFile(e.account.TokenFile, kept, 0o600)) // as from an old backup
	if err := e.source().Check(t.Context()); !errors.Is(err, google.ErrRevoked) {
		t.Errorf("after giving it back: %v", err)
	}
}

// TestEmulateKeepsACalendar runs the calendar's client against a server that is not
// ours, as far as that has what the client needs.
func TestEmulateKeepsACalendar(t *testing.T) {
	e := startEmulation(t)
	s := e.source()
	e.must(e.signIn(s, "dana@acme.example", nil, nil))
	c, err := calendar.New(t.Context(), calendar.Config{Endpoint: e.account.Calendar, Tokens: s.TokenSource(t.Context()), Transport: s.Transport(http.DefaultTransport)}, slog.New(slog.DiscardHandler))
	e.must(err)
	defer func() { e.must(c.Close(context.Background())) }()
	e.lists(c, "Board")
	start := time.Date(2026, 12, 8, 14, 0, 0, 0, time.UTC)
	made := c.Do(t.Context(), datebook.Change{
		Do: datebook.Make, Key: "focus", Calendar: "primary",
		Event: datebook.Event{Title: "Focus", Start: start, End: start.Add(time.Hour), Zone: "Europe/London"},
	})
	if made.Result != datebook.Done || made.Event.ID == "" {
		t.Fatalf("making an event: %s %s", made.Result, made.Reason)
	}
	e.lists(c, "Board", "Focus")
	busy, err := c.FreeBusy(t.Context(), e.account.Addresses, start.Add(-12*time.Hour), start.Add(12*time.Hour))
	e.must(err)
	board := start.Add(-5 * time.Hour)
	want := map[string][]datebook.Span{"dana@acme.example": {{Start: board, End: board.Add(90 * time.Minute)}, {Start: start, End: start.Add(time.Hour)}}}
	if diff := cmp.Diff(want, busy); diff != "" {
		t.Errorf("free/busy (-want +got):\n%s", diff)
	}
	// Remove looks at an event before it deletes it, and emulate shows none by its id;
	// so the request itself is made, with our token, by Google's own library.
	api, err := gapi.NewService(t.Context(), option.WithHTTPClient(&http.Client{Transport: s.Transport(http.DefaultTransport)}), option.WithEndpoint(e.account.Calendar))
	e.must(err)
	e.must(api.Events.Delete("primary", made.Event.ID).SendUpdates("none").Context(t.Context()).Do())
	e.lists(c, "Board")
	gone := c.Do(t.Context(), datebook.Change{Do: datebook.Remove, Key: "focus", ID: made.Event.ID, Calendar: "primary"})
	if gone.Result != datebook.Done {
		t.Errorf("removing what is gone: %s %s", gone.Result, gone.Reason)
	}
}

// lists checks the titles of all events.
func (e *emulation) lists(c *calendar.Client, want ...string) {
	e.Helper()
	syncs, err := c.Sync(e.Context(), nil)
	e.must(err)
	var got []string
	for _, s := range syncs {
		if s.Calendar.ID != "dana@acme.example" || !s.Calendar.Primary || s.Calendar.Zone != "Europe/London" || !s.Whole {
			e.Errorf("the calendar is %+v", s.Calendar)
		}
		for _, event := range s.Events {
			got = append(got, event.Title)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		e.Errorf("the events are %q, not %q", got, want)
	}
}
