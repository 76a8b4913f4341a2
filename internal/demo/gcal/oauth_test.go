package gcal_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
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

func TestAServiceAccountActsForTheUserOfItsDomain(t *testing.T) {
	d := start(t, gcal.Account{User: dana, Zone: "Europe/London", Now: time.Now})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	d.must(err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	d.must(err)
	const robot = "desk@project.iam.example"
	d.AddServiceAccount(robot, &key.PublicKey, calendar.CalendarScope)
	config := func(change func(*jwt.Config)) *jwt.Config {
		c := &jwt.Config{Email: robot, PrivateKey: pemOf(key), Subject: dana, Scopes: []string{calendar.CalendarScope}, TokenURL: d.TokenURL()}
		change(c)
		return c
	}
	token, err := config(func(*jwt.Config) {}).TokenSource(d.ctx).Token()
	d.must(err)
	_, err = d.client(oauth2.StaticTokenSource(token)).Events.List("primary").Do()
	d.must(err)
	for name, tc := range map[string]struct {
		change func(*jwt.Config)
		want   string
	}{
		"a key of another account": {func(c *jwt.Config) { c.PrivateKey = pemOf(other) }, "invalid_grant"},
		"an unknown account":       {func(c *jwt.Config) { c.Email = "other@project.iam.example" }, "invalid_grant"},
		"another server":           {func(c *jwt.Config) { c.Audience = "https://oauth2.example/token" }, "invalid_grant"},
		"a life of a day":          {func(c *jwt.Config) { c.Expires = 24 * time.Hour }, "invalid_grant"},
		"a user of another domain": {func(c *jwt.Config) { c.Subject = "lena@bolt.example" }, "unauthorized_client"},
		"a scope nobody gave":      {func(c *jwt.Config) { c.Scopes = []string{"https://mail.google.com/"} }, "unauthorized_client"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config(tc.change).TokenSource(d.ctx).Token()
			oauthRefused(t, err, tc.want)
		})
	}
}

func TestAServiceAccountWhoseClockIsWrongIsRefused(t *testing.T) {
	for _, ahead := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		d := start(t, gcal.Account{User: dana, Zone: "Europe/London", Now: func() time.Time { return time.Now().Add(ahead) }})
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		d.must(err)
		d.AddServiceAccount("desk@project.iam.example", &key.PublicKey)
		c := &jwt.Config{Email: "desk@project.iam.example", PrivateKey: pemOf(key), Subject: dana, TokenURL: d.TokenURL()}
		_, err = c.TokenSource(d.ctx).Token()
		oauthRefused(t, err, "invalid_grant")
	}
}

func pemOf(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func oauthRefused(t *testing.T, err error, want string) {
	t.Helper()
	var e *oauth2.RetrieveError
	var body struct{ Error string } // oauth2/jwt fills in no ErrorCode
	if !errors.As(err, &e) || json.Unmarshal(e.Body, &body) != nil || body.Error != want {
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
