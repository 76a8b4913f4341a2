package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// scripted is a source whose token endpoint answers as a test wants it.
func scripted(t *testing.T, answer func(url.Values) (int, any)) (*desk, *Source, *tokens) {
	t.Helper()
	d, k := open(t), &tokens{answer: answer}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	d.client(d.AuthURL(), server.URL)
	d.keeps("CANARY-refresh", time.Time{})
	return d, d.source(), k
}

func hour(access string) object {
	return object{"access_token": access, "token_type": "Bearer", "expires_in": 3600}
}

func TestAnAccessTokenServesUntilShortlyBeforeItsEnd(t *testing.T) {
	n := 0
	_, s, k := scripted(t, func(url.Values) (int, any) { n++; return 200, hour(fmt.Sprint("access-", n)) })
	now := time.Now()
	s.now = func() time.Time { return now }
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "access-1"}, {58 * time.Minute, "access-1"}, {59*time.Minute + time.Second, "access-2"}, {-time.Hour, "access-3"}} {
		now = now.Round(0)
		now = time.Now().Add(c.after)
		got, err := s.Secret(t.Context())
		if err != nil || got != c.want {
			t.Errorf("after %s: %q, %v", c.after, got, err)
		}
	}
	tok, err := s.TokenSource(t.Context()).Token()
	if err != nil || tok.AccessToken != "access-3" || !tok.Expiry.After(now) || tok.Type() != "Bearer" {
		t.Errorf("%v", err)
	}
	if k.count() != 3 {
		t.Errorf("asked %d times", k.count())
	}
}

func TestUsersOfATokenShareOneRefresh(t *testing.T) {
	_, s, k := scripted(t, func(url.Values) (int, any) { return 200, hour("access") })
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if got, err := s.Secret(t.Context()); err != nil || got != "access" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
	if k.count() != 1 {
		t.Errorf("asked %d times", k.count())
	}
}

func TestWhoWaitsForATokenCanGiveUp(t *testing.T) {
	gate := make(chan struct{})
	asked := make(chan struct{})
	_, s, _ := scripted(t, func(url.Values) (int, any) { close(asked); <-gate; return 200, hour("access") })
	first := make(chan error)
	go func() { first <- s.Check(t.Context()) }()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(gate)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestATokenThatTheServerRefusesEarlyIsReplacedOnce(t *testing.T) {
	d := open(t)
	s := d.signedIn()
	if d.calendars(s) != http.StatusOK {
		t.Fatal("the calendar refuses")
	}
	before := d.asked("oauth.token")
	d.ExpireAccess()
	if got := d.calendars(s); got != http.StatusOK {
		t.Errorf("the calendar answers %d", got)
	}
	if n := d.asked("oauth.token") - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
	// A body that was sent is sent again.
	d.ExpireAccess()
	client := &http.Client{Transport: s.Transport(http.DefaultTransport)}
	got, err := client.Post(d.account.Calendar+"freeBusy", "application/json", strings.NewReader(`{"timeMin":"2026-11-02T00:00:00Z","timeMax":"2026-11-03T00:00:00Z","items":[{"id":"primary"}]}`))
	d.must(err)
	d.must(got.Body.Close())
	if got.StatusCode != http.StatusOK {
		t.Errorf("the calendar answers %d", got.StatusCode)
	}
	// The mail server refuses in its own words, and says so by Drop.
	d.ExpireAccess()
	old, err := s.Secret(t.Context())
	d.must(err)
	s.Drop()
	if next, err := s.Secret(t.Context()); err != nil || next == old {
		t.Error("the same token again", err)
	}
}

func TestARevokedSignInIsAskedForOnceAndServesAgainAfterTheNext(t *testing.T) {
	d := open(t)
	daemon := d.signedIn()
	d.must(daemon.Check(t.Context()))
	d.Revoke()
	if got := d.asked("oauth.token"); got != 2 {
		t.Fatalf("asked %d times", got)
	}
	client := &http.Client{Transport: daemon.Transport(http.DefaultTransport)}
	for range 20 {
		_, err := client.Get(d.account.Calendar + "users/me/calendarList")
		if !errors.Is(err, ErrRevoked) {
			t.Fatal(err)
		}
		wants(t, err, "foredesk auth google --account dana", "invalid_grant")
	}
	if got := d.asked("oauth.token"); got != 3 {
		t.Errorf("asked %d times", got)
	}
	d.must(d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)})) // foredesk auth google
	if got := d.calendars(daemon); got != http.StatusOK {
		t.Errorf("the calendar answers %d", got)
	}
	faulttest.Injected(t, "19", 1)
}

func TestATroubleThatPassesIsNotRemembered(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer any
		is     error
	}{
		"the server is busy":         {503, object{"error": "temporarily_unavailable"}, nil},
		"too many requests":          {429, object{"error": "rate_limit_exceeded"}, nil},
		"a page of a hotel's WLAN":   {403, "<html>", nil},
		"a redirect is not followed": {307, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			down := true
			_, s, k := scripted(t, func(url.Values) (int, any) {
				if down {
					return c.status, c.answer
				}
				return 200, hour("access")
			})
			if err := s.Check(t.Context()); err == nil || errors.Is(err, ErrRevoked) || errors.Is(err, ErrRefused) {
				t.Error(err)
			}
			down = false
			if err := s.Check(t.Context()); err != nil || k.count() != 2 {
				t.Error(err, k.count())
			}
		})
	}
	d := open(t)
	d.client(d.AuthURL(), "http://127.0.0.1:1/token")
	d.keeps("CANARY-r", time.Time{})
	if err := d.source().Check(t.Context()); !errors.Is(err, ErrUnreached) {
		t.Error(err)
	}
}

func TestARefusedClientIsAskedForAgainWhenItsFileChangesOrLater(t *testing.T) {
	d, s, k := scripted(t, func(f url.Values) (int, any) { return 401, object{"error": "invalid_client"} })
	now := time.Now()
	s.now = func() time.Time { return now }
	for range 5 {
		if err := s.Check(t.Context()); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), d.account.Credentials) {
			t.Error(err)
		}
	}
	if k.count() != 1 {
		t.Errorf("asked %d times", k.count())
	}
	now = now.Add(pause)
	_ = s.Check(t.Context())
	if k.count() != 2 {
		t.Errorf("asked %d times", k.count())
	}
	data, err := os.ReadFile(d.account.Credentials)
	d.must(err)
	d.must(os.WriteFile(d.account.Credentials, append(data, '\n'), 0o600))
	_ = s.Check(t.Context())
	if k.count() != 3 {
		t.Errorf("asked %d times", k.count())
	}
}

func TestARotatedTokenIsWrittenDownBeforeItIsUsed(t *testing.T) {
	d, s, k := scripted(t, func(f url.Values) (int, any) {
		answer := hour("access-of-" + f.Get("refresh_token"))
		answer["refresh_token"] = f.Get("refresh_token") + "+"
		return 200, answer
	})
	for _, want := range []string{"CANARY-refresh", "CANARY-refresh+"} {
		got, err := s.Secret(t.Context())
		if err != nil || got != "access-of-"+want {
			t.Errorf("%q, %v", got, err)
		}
		if !strings.Contains(d.folder()["dana.token.json"], `"`+want+`+"`) {
			t.Error("it was not written down")
		}
		s.Drop()
	}
	// The disk is full: the token is not used, and not lost either.
	d.must(os.Rename(d.account.TokenFile, d.account.TokenFile+".aside"))
	text, err := os.ReadFile(d.account.TokenFile + ".aside")
	d.must(err)
	broken := &brokenPlace{place: s.place, text: text}
	s.place = broken
	for range 3 {
		if err := s.Check(t.Context()); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
	if k.count() != 3 {
		t.Errorf("asked %d times", k.count())
	}
	s.place = broken.place
	d.must(os.Rename(d.account.TokenFile+".aside", d.account.TokenFile))
	if got, err := s.Secret(t.Context()); err != nil || got != "access-of-CANARY-refresh+++" {
		t.Errorf("%q, %v", got, err)
	}
	if !strings.Contains(d.folder()["dana.token.json"], `"CANARY-refresh++++"`) {
		t.Error("it was not written down")
	}
}

var errFull = errors.New("no space left")

// brokenPlace can be read and not written.
type brokenPlace struct {
	place
	text []byte
}

func (p *brokenPlace) read(context.Context) ([]byte, error) { return p.text, nil }
func (p *brokenPlace) write(context.Context, []byte) error  { return errFull }

func TestARotationDoesNotUndoASignInMadeMeanwhile(t *testing.T) {
	var d *desk
	d, s, _ := scripted(t, func(url.Values) (int, any) {
		d.keeps("CANARY-newer", time.Time{}) // while the answer is on its way
		answer := hour("access")
		answer["refresh_token"] = "CANARY-rotated"
		return 200, answer
	})
	d.must(s.Check(t.Context()))
	if !strings.Contains(d.folder()["dana.token.json"], "CANARY-newer") {
		t.Error("the newer sign-in was overwritten")
	}
}

func TestASignInForLessOrByAnotherClientIsNotUsed(t *testing.T) {
	d, s, k := scripted(t, func(url.Values) (int, any) { return 200, hour("access") })
	s.account.Scopes = append(s.account.Scopes, ScopeMail)
	err := s.Check(t.Context())
	if !errors.Is(err, ErrNotSignedIn) {
		t.Error(err)
	}
	wants(t, err, ScopeMail, "sign in: foredesk auth google --account dana")
	s.account.Scopes = calendarScopes
	data, err := os.ReadFile(d.account.Credentials)
	d.must(err)
	d.must(os.WriteFile(d.account.Credentials, []byte(strings.Replace(string(data), `"desk"`, `"other"`, 1)), 0o600))
	if err := s.Check(t.Context()); !errors.Is(err, ErrRevoked) {
		t.Error(err)
	}
	if k.count() != 0 {
		t.Errorf("asked %d times", k.count())
	}
}

// A client in "testing" status has refresh tokens that live for seven days.
func TestASignInThatEndsIsAnnouncedFromTheFifthDay(t *testing.T) {
	d := open(t)
	k := &tokens{answer: func(url.Values) (int, any) {
		answer := hour("access")
		answer["refresh_token"], answer["refresh_token_expires_in"] = "CANARY-refresh", 604799
		return 200, answer
	}}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	d.client(d.AuthURL(), server.URL)
	d.account.Scopes = []string{ScopeMail} // whose account it is, that server can't say
	s := d.source()
	d.must(s.SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)}))
	end, ends := s.Expires()
	if left := time.Until(end).Round(time.Hour); !ends || left != 7*24*time.Hour {
		t.Fatalf("it ends in %s: %v", left, ends)
	}
	now := time.Now()
	s.now = func() time.Time { return now }
	for day := range 7 {
		now = time.Now().Add(time.Duration(day)*24*time.Hour + time.Minute)
		for range 3 {
			s.Drop()
			d.must(s.Check(t.Context()))
		}
		state, err := s.State(t.Context())
		d.must(err)
		if lines := strings.Count(d.log.String(), "ends soon"); lines != max(0, day-4) || state.Ending != (day >= 5) {
			t.Errorf("on day %d there are %d warnings; ending: %v", day, lines, state.Ending)
		}
	}
}

func TestASignInThatHasEndedIsShownAsSuch(t *testing.T) {
	d := open(t)
	d.keeps("CANARY-refresh", time.Now().Add(-time.Minute))
	state, err := d.source().State(t.Context())
	if err != nil || !state.Ending || !strings.Contains(state.Problem, "ended at ") || !strings.Contains(state.Problem, "foredesk auth google --account dana") {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestWithoutASignInItSaysHowToSignIn(t *testing.T) {
	d := open(t)
	err := d.source().Check(t.Context())
	if !errors.Is(err, ErrNotSignedIn) {
		t.Error(err)
	}
	wants(t, err, "foredesk auth google --account dana")
	if d.asked("oauth.token") != 0 {
		t.Error("Google was asked")
	}
	state, err := d.source().State(t.Context())
	if err != nil || !state.SignedIn.IsZero() || state.Client != clientID || state.Place != d.account.TokenFile {
		t.Errorf("%+v, %v", state, err)
	}
}

var _ oauth2.TokenSource = bound{}
