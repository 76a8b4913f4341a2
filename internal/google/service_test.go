package google

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

const robot = "desk@project.example"

// keyFile writes the key file of a service account, and returns the public half.
func (d *desk) keyFile(token string) *rsa.PublicKey {
	d.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	d.must(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	d.must(err)
	data, err := json.Marshal(map[string]any{
		"type": "service_account", "client_email": robot, "private_key_id": "1", "token_uri": token,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	d.must(err)
	d.must(os.WriteFile(d.account.Credentials, data, 0o600))
	return &key.PublicKey
}

func TestAServiceAccountActsForTheAccount(t *testing.T) {
	d := open(t)
	d.AddServiceAccount(robot, d.keyFile(d.TokenURL()), calendarScopes...)
	s := d.source()
	for range 3 {
		if got := d.calendars(s); got != http.StatusOK {
			t.Errorf("the calendar answers %d", got)
		}
	}
	if n := d.asked("oauth.token"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	d.ExpireAccess()
	if got := d.calendars(s); got != http.StatusOK {
		t.Errorf("the calendar answers %d", got)
	}
	if delegated, err := s.Delegated(); err != nil || !delegated {
		t.Error(delegated, err)
	}
	state, err := s.State(t.Context())
	if err != nil || !state.Delegated || state.Client != robot || state.Place != "" {
		t.Errorf("%+v, %v", state, err)
	}
	wants(t, s.SignIn(t.Context(), Prompt{}), "nobody signs in")
	if n := len(d.folder()); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestAServiceAccountThatIsRefusedSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		clock  time.Duration // of Google, ahead of ours
		scopes []string
		user   string
		says   []string
	}{
		"the clock is slow":    {2 * time.Hour, calendarScopes, dana, []string{"invalid_grant", "Set this machine's clock right"}},
		"the clock is fast":    {-2 * time.Hour, calendarScopes, dana, []string{"invalid_grant", "Set this machine's clock right"}},
		"a scope is not given": {0, calendarScopes[:1], dana, []string{"unauthorized_client", "domain-wide delegation to " + robot, ScopeList}},
		"another user":         {0, calendarScopes, "lee@acme.example", []string{"unauthorized_client", "domain-wide delegation"}},
		"an unknown key":       {0, nil, dana, []string{"invalid_grant", "Compare "}},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAs(t, gcal.Account{User: c.user, Zone: "UTC", Now: func() time.Time { return time.Now().Add(c.clock) }})
			if key := d.keyFile(d.TokenURL()); c.scopes != nil {
				d.AddServiceAccount(robot, key, c.scopes...)
			}
			s := d.source()
			now := time.Now()
			s.now = func() time.Time { return now }
			for range 4 {
				err := s.Check(t.Context())
				if !errors.Is(err, ErrRefused) {
					t.Error(err)
				}
				wants(t, err, append(c.says, "Nothing was done")...)
			}
			if n := d.asked("oauth.token"); n != 1 {
				t.Errorf("asked %d times", n)
			}
			now = now.Add(pause)
			if _ = s.Check(t.Context()); d.asked("oauth.token") != 2 {
				t.Error("it was not tried again later")
			}
			if n := len(d.folder()); n != 1 {
				t.Errorf("%d files", n)
			}
		})
	}
}

func TestACredentialsFileThatCannotWorkIsRefused(t *testing.T) {
	good := `{"installed":{"client_id":"desk","client_secret":"CANARY","auth_uri":"https://a.example/","token_uri":"https://a.example/token"}}`
	for name, c := range map[string]struct{ text, says string }{
		"not JSON":               {`{"CANARY`, "not the JSON"},
		"something else":         {`{"a":"CANARY"}`, "neither a client nor a service account"},
		"a list":                 {`["CANARY"]`, "not the JSON"},
		"a web client":           {strings.Replace(good, "installed", "web", 1), "Desktop app"},
		"no client_id":           {strings.Replace(good, "client_id", "x", 1), "client_id"},
		"tokens in the open":     {strings.Replace(good, "https://a.example/token", "http://a.example/token", 1), "token_uri does not begin with https"},
		"consent in the open":    {strings.Replace(good, "https://a.example/\"", "http://a.example/\"", 1), "auth_uri does not begin with https"},
		"a password in an URL":   {strings.Replace(good, "https://a.example/token", "https://u:CANARY@a.example/token", 1), "token_uri is not an address"},
		"a key that is no key":   {`{"type":"service_account","client_email":"a@b.example","private_key":"CANARY"}`, "not PEM"},
		"a key of another kind":  {`{"type":"service_account","client_email":"a@b.example","private_key":"-----BEGIN X-----\nAAAA\n-----END X-----\n"}`, "not an RSA key"},
		"a service without name": {`{"type":"service_account","private_key":"CANARY"}`, "client_email"},
		"too large":              {strings.Repeat(" ", maxFile+1), "larger than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			d.must(os.WriteFile(d.account.Credentials, []byte(c.text), 0o600))
			_, err := Open(d.account, nil)
			wants(t, err, c.says, d.account.Credentials)
			if err != nil && strings.Contains(err.Error(), "CANARY") {
				t.Errorf("it tells a secret: %v", err)
			}
		})
	}
	d := open(t)
	d.must(os.Chmod(d.account.Credentials, 0o644))
	_, err := Open(d.account, nil)
	wants(t, err, "mode 0644", "chmod 600")
	d.must(os.Remove(d.account.Credentials))
	_, err = Open(d.account, nil)
	wants(t, err, "no such file")
}
