package google

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"
)

// told reports whether a text holds the canary that is in everything secret here.
func told(text string) bool {
	return strings.Contains(text, "CANARY") || strings.Contains(text, "43414e415259")
}

func printed(t *testing.T, v any) (all string) {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	if text, err := json.Marshal(v); err == nil {
		b.Write(text)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("json", "v", v)
	return b.String()
}

func TestASecretIsNeverPrinted(t *testing.T) {
	s := keep("CANARY")
	k := kept{refresh: s}
	a := access{token: s}
	for _, v := range []any{s, &s, k, &k, a, &a, struct{ inner kept }{k}, []secret{s}, map[string]secret{"a": s}, answer{code: s, state: s}} {
		if text := printed(t, v); told(text) {
			t.Errorf("%T is printed as %s", v, text)
		}
	}
	if !strings.Contains(fmt.Sprint(s), hidden) || s.reveal() != "CANARY" {
		t.Error("it is not kept")
	}
}

// A server that repeats all that it was sent, in its error and in its description.
func TestNoErrorAndNoLogTellsAToken(t *testing.T) {
	d, s, _ := scripted(t, func(f url.Values) (int, any) {
		said := f.Encode() + " " + f.Get("client_secret") + " " + f.Get("refresh_token") + " " + f.Get("code") + f.Get("code_verifier")
		return 400, object{"error": "invalid_grant", "error_description": said, "error_uri": "https://x.example/?" + f.Encode()}
	})
	s.log = slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	errs := []error{s.Check(t.Context()), s.Check(t.Context())}
	pasted := make(chan string, 1)
	code := ""
	errs = append(errs, s.SignIn(t.Context(), Prompt{Pasted: pasted, Show: func(page string) {
		to := allow(d, page)
		code = to.Query().Get("code")
		pasted <- to.String()
	}}))
	_, err := s.TokenSource(t.Context()).Token()
	errs = append(errs, err)
	state, err := s.State(t.Context())
	errs = append(errs, err)
	all := printed(t, s) + printed(t, state) + d.log.String()
	for _, err := range errs {
		for e := err; e != nil; e = errors.Unwrap(e) {
			all += printed(t, e)
		}
	}
	if told(all) || code == "" || strings.Contains(all, code) {
		t.Errorf("a secret was told:\n%s", all)
	}
	// A page in the place of an answer is not repeated at all.
	d, s, _ = scripted(t, func(f url.Values) (int, any) { return 500, "CANARY " + f.Encode() })
	if err := s.Check(t.Context()); err == nil || told(printed(t, err)) {
		t.Error(err)
	}
	d.keeps("CANARY", time.Time{})
}

func FuzzPastedAnswer(f *testing.F) {
	for _, seed := range []string{
		"http://127.0.0.1:1234/?state=S&code=4/abc&scope=x", "127.0.0.1/?state=S&error=access_denied", "?state=S&code=c#", "?state=S&state=S&code=c", "?%zz", "", "?", "4/abc", "?code=c&state=S;x=y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := readAnswer(text)
		if err != nil {
			return
		}
		code, err := a.check("S")
		if err == nil && (code == "" || !strings.Contains(text, "state=") && !strings.Contains(text, "%")) {
			t.Errorf("%q was taken, with the code %q", text, code)
		}
	})
}

func FuzzTokenFile(f *testing.F) {
	good, err := (&kept{client: "c", scopes: calendarScopes, refresh: keep("r"), signedIn: time.Unix(0, 0), expires: time.Unix(1, 0)}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, seed := range []string{"", "{}", `{"version":1}`, `{"version":2,"refresh_token":"r","client_id":"c"}`, "[]", "null"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := decodeKept(data)
		if err != nil {
			return
		}
		again, err := k.encode()
		if err != nil {
			return // a year beyond 9999
		}
		if same, err := decodeKept(again); err != nil || !same.refresh.equal(k.refresh) || same.client != k.client {
			t.Errorf("%q became %q: %v", data, again, err)
		}
	})
}

func FuzzCredentials(f *testing.F) {
	for _, seed := range []string{
		`{"installed":{"client_id":"a","client_secret":"b","auth_uri":"https://a.example","token_uri":"http://127.0.0.1:1/token"}}`,
		`{"web":{}}`, `{"type":"service_account","client_email":"a@b.example","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`, `{}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Account{Addresses: []string{"a@b.example"}}.parseCredentials(data)
		if err == nil && (c.id == "" || (c.app == nil) == (c.service == nil)) {
			t.Errorf("%q became %+v", data, c)
		}
		if err == nil && c.app != nil && !strings.HasPrefix(c.app.Endpoint.TokenURL, "https://") {
			if u, _ := url.Parse(c.app.Endpoint.TokenURL); !loopback(u.Hostname()) {
				t.Errorf("a token would go in the open to %s", c.app.Endpoint.TokenURL)
			}
		}
	})
}
