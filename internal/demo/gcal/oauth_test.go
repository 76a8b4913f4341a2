package gcal_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const redirect = "http://127.0.0.1:1/callback"

// app is an installed application of the server.
func (d *desk) app(scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: "desk", ClientSecret: "s3cret", RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: d.AuthURL(), TokenURL: d.TokenURL(), AuthStyle: oauth2.AuthStyleInParams},
	}
}

// decide presses a button of the consent page and returns where it leads.
func (d *desk) decide(page, decision string) url.Values {
	d.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	shown, err := client.Get(page)
	d.must(err)
	html, err := io.ReadAll(shown.Body)
	d.must(err)
	d.must(shown.Body.Close())
	if shown.StatusCode != http.StatusOK || !strings.Contains(string(html), `value="allow"`) || strings.Contains(string(html), "<script") {
		d.Fatalf("the consent page answers %d: %s", shown.StatusCode, html)
	}
	u, err := url.Parse(page)
	d.must(err)
	form := u.Query()
	form.Set("decision", decision)
	answer, err := client.PostForm(page, form)
	d.must(err)
	d.must(answer.Body.Close())
	to, err := answer.Location()
	d.must(err)
	if got := to.Scheme + "://" + to.Host + to.Path; got != redirect {
		d.Errorf("led back to %s", got)
	}
	return to.Query()
}

// newAppDesk is a desk with one known client, whose clock a test puts forward.
func newAppDesk(t *testing.T) (*desk, *atomic.Int64) {
	forward := new(atomic.Int64)
	return start(t, gcal.Account{
		User: dana, Zone: "Europe/London", ClientID: "desk", ClientSecret: "s3cret",
		Now: func() time.Time { return now.Add(time.Duration(forward.Load())) },
	}), forward
}

func TestSignInWithPKCE(t *testing.T) {
	d, _ := newAppDesk(t)
	app, verifier := d.app(calendar.CalendarEventsScope), oauth2.GenerateVerifier()
	back := d.decide(app.AuthCodeURL("state <1>", oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier)), "allow")
	if back.Get("state") != "state <1>" {
		t.Errorf("the state came back as %q", back.Get("state"))
	}
	token, err := app.Exchange(d.ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	d.must(err)
	api, err := calendar.NewService(d.ctx, option.WithEndpoint(d.Endpoint()), option.WithTokenSource(app.TokenSource(d.ctx, token)))
	d.must(err)
	_, err = api.Events.List("primary").Do()
	d.must(err)
	_, err = api.CalendarList.List().Do()
	refused(t, err, "403 insufficientPermissions")
	_, err = app.Exchange(d.ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	oauthRefused(t, err, "invalid_grant") // a code works once

	d.ExpireAccess()
	_, err = api.Events.List("primary").Do()
	refused(t, err, "401 authError")
	token.AccessToken = ""
	fresh, err := app.TokenSource(d.ctx, token).Token()
	d.must(err)
	if fresh.AccessToken == "" || fresh.RefreshToken != token.RefreshToken {
		t.Error("the refresh gave no token, or lost the one it was made of")
	}
	d.Script(gcal.InvalidGrant)
	_, err = app.TokenSource(d.ctx, token).Token()
	oauthRefused(t, err, "invalid_grant")
	answer, err := http.PostForm(d.RevokeURL(), url.Values{"token": {fresh.AccessToken}})
	d.must(err)
	d.must(answer.Body.Close())
	_, err = app.TokenSource(d.ctx, token).Token()
	oauthRefused(t, err, "invalid_grant")
}

func TestSignInThatGoogleWouldRefuseIsRefused(t *testing.T) {
	d, clock := newAppDesk(t)
	app, verifier := d.app(calendar.CalendarScope), oauth2.GenerateVerifier()
	page := app.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))
	code := func() string { return d.decide(page, "allow").Get("code") }

	if back := d.decide(page, "deny"); back.Get("error") != "access_denied" || back.Has("code") {
		t.Errorf("denied, and led back with %v", back)
	}
	_, err := app.Exchange(d.ctx, code(), oauth2.VerifierOption(oauth2.GenerateVerifier()))
	oauthRefused(t, err, "invalid_grant")
	elsewhere := *app
	elsewhere.RedirectURL = "http://127.0.0.1:2/callback"
	_, err = elsewhere.Exchange(d.ctx, code(), oauth2.VerifierOption(verifier))
	oauthRefused(t, err, "redirect_uri_mismatch")
	stranger := *app
	stranger.ClientSecret = "guess"
	_, err = stranger.Exchange(d.ctx, code(), oauth2.VerifierOption(verifier))
	oauthRefused(t, err, "invalid_client")

	token, err := app.Exchange(d.ctx, code(), oauth2.VerifierOption(verifier))
	d.must(err)
	api := d.client(oauth2.StaticTokenSource(token))
	_, err = api.Colors.Get().Do()
	d.must(err)
	clock.Store(int64(time.Hour))
	_, err = api.Colors.Get().Do()
	refused(t, err, "401 authError")
	_, err = d.client(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "made up"})).Colors.Get().Do()
	refused(t, err, "401 authError")
	d.Revoke()
	token.AccessToken = ""
	_, err = app.TokenSource(d.ctx, token).Token()
	oauthRefused(t, err, "invalid_grant")

	for name, change := range map[string]url.Values{
		"a redirect to another machine": {"redirect_uri": {"http://desk.example/callback"}},
		"a redirect in plain words":     {"redirect_uri": {"urn:ietf:wg:oauth:2.0:oob"}},
		"no challenge":                  {"code_challenge": nil},
		"a plain challenge":             {"code_challenge_method": {"plain"}},
		"no state":                      {"state": nil},
		"no scope":                      {"scope": nil},
		"another client":                {"client_id": {"other"}},
		"a token instead of a code":     {"response_type": {"token"}},
	} {
		u, err := url.Parse(page)
		d.must(err)
		q := u.Query()
		for k, v := range change {
			q[k] = v
		}
		u.RawQuery = q.Encode()
		answer, err := http.PostForm(u.String(), url.Values{"decision": {"allow"}})
		d.must(err)
		d.must(answer.Body.Close())
		if answer.StatusCode < 400 || answer.StatusCode > 499 {
			t.Errorf("%s: answered %d", name, answer.StatusCode)
		}
	}
}

func oauthRefused(t *testing.T, err error, want string) {
	t.Helper()
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) || e.ErrorCode != want {
		t.Errorf("want %s, got %v", want, err)
	}
}

func TestARequestWithoutATokenIsRefused(t *testing.T) {
	d := start(t, gcal.Account{})
	answer, err := http.Get(d.Endpoint() + "colors")
	d.must(err)
	d.must(answer.Body.Close())
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("answered %d", answer.StatusCode)
	}
}
