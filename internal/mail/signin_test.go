package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// certificate makes one for 127.0.0.1 that is its own authority.
func certificate(t *testing.T, until time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func startTLSMemory(t *testing.T, cert tls.Certificate, implicit bool) *memory {
	m := startMemory(t, full)
	m.stop()
	m.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	if implicit {
		m.wrap = func(l net.Listener) net.Listener { return tls.NewListener(l, m.tls) }
	}
	m.start(m.addr)
	m.put("INBOX", letter("one", "1"))
	return m
}

func TestTLSIsVerified(t *testing.T) {
	good, goodFile := certificate(t, time.Now().Add(time.Hour))
	old, oldFile := certificate(t, time.Now().Add(-time.Hour))
	for _, kind := range []string{ImplicitTLS, StartTLS} {
		for _, c := range []struct {
			name string
			cert tls.Certificate
			ca   string
			ok   bool
		}{
			{"by ca_file", good, goodFile, true},
			{"unknown authority", good, "", false},
			{"another authority", good, oldFile, false},
			{"expired", old, oldFile, false},
		} {
			t.Run(kind+" "+c.name, func(t *testing.T) {
				m := startTLSMemory(t, c.cert, kind == ImplicitTLS)
				a := accountAt(t, m.addr, func(cfg *Config) { cfg.TLS, cfg.CAFile = kind, c.ca })
				s, err := a.Open(t.Context())
				if c.ok {
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					if got := scan(t, s, "INBOX", mailbox.Query{}); len(got) != 1 {
						t.Errorf("read %d messages", len(got))
					}
					return
				}
				var unproven *CertificateError
				if !errors.As(err, &unproven) || !strings.Contains(err.Error(), "ca_file") {
					t.Errorf("Open returned %v", err)
				}
				if strings.Contains(m.sent.String(), testPassword) {
					t.Error("the password was sent")
				}
				faulttest.Injected(t, "20", 1)
			})
		}
	}
}

func TestNothingIsSaidBeforeTLS(t *testing.T) {
	for _, c := range []struct {
		name     string
		greeting string
		answer   []string
	}{
		{"no STARTTLS", "* OK ready", []string{"S BAD what?"}},
		{"a server that lets anybody in", "* PREAUTH welcome", nil},
		{"a server that hangs up", "* BYE too busy", nil},
		{"answers slipped in behind the OK", "* OK ready", []string{"S OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nT1 OK"}},
		{"no answer but chatter", "* OK ready", []string{strings.Repeat("* OK wait\r\n", 30)}},
		{"a line without end", "* OK ready", []string{strings.Repeat("x", 20_000)}},
		{"no TLS after the OK", "* OK ready", []string{"S OK go"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.greeting = c.greeting
			srv.on("STARTTLS", func(conn *scripted, _, _ string) {
				conn.say(c.answer...)
				if c.name == "no TLS after the OK" {
					conn.say("* OK not TLS")
				}
			})
			a := accountAt(t, srv.addr, func(cfg *Config) { cfg.TLS = StartTLS })
			s, err := a.Open(t.Context())
			if err == nil {
				s.Close()
				t.Fatal("Open returned no error")
			}
			heard := srv.heard()
			if strings.Contains(heard, "LOGIN") || strings.Contains(heard, "AUTH") || strings.Contains(heard, testPassword) {
				t.Errorf("the server heard %q", heard)
			}
			faulttest.Injected(t, "S2", 1)
		})
	}
}

func TestAuthentication(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00dana\x00" + testPassword))
	bearer := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	xoauth := bearer("user=dana\x01auth=Bearer " + testPassword + "\x01\x01")
	for _, c := range []struct {
		name, auth, caps string
		want             string // a line that must come, or "" for a SignInError
	}{
		{"PLAIN is preferred", "", "AUTH=PLAIN SASL-IR", "AUTHENTICATE PLAIN " + plain},
		{"PLAIN without an initial response", "", "AUTH=PLAIN", plain},
		{"LOGIN where there is no PLAIN", "", "", `LOGIN "dana" "` + testPassword + `"`},
		{"LOGIN when asked for", AuthLogin, "AUTH=PLAIN SASL-IR", `LOGIN "dana" "` + testPassword + `"`},
		{"never LOGIN against LOGINDISABLED", "", "LOGINDISABLED", ""},
		{"XOAUTH2", AuthXOAuth2, "AUTH=XOAUTH2 SASL-IR", "AUTHENTICATE XOAUTH2 " + xoauth},
		{"OAUTHBEARER", AuthOAuthBearer, "AUTH=OAUTHBEARER SASL-IR", "AUTHENTICATE OAUTHBEARER bixhPWRhbmEs"},
		{"a mechanism that is not there", AuthXOAuth2, "AUTH=PLAIN", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.caps = "IMAP4rev1 " + c.caps
			srv.on("AUTHENTICATE", func(conn *scripted, tag, args string) {
				if !strings.Contains(args, " ") {
					conn.say("+ ")
					conn.line()
				}
				conn.say(tag + " OK")
			})
			s, err := accountAt(t, srv.addr, func(cfg *Config) { cfg.Auth = c.auth }).Open(t.Context())
			if err == nil {
				s.Close()
			}
			var signIn *SignInError
			if c.want == "" && !errors.As(err, &signIn) {
				t.Errorf("Open returned %v, want a SignInError", err)
			}
			if c.want != "" && (err != nil || !strings.Contains(srv.heard(), c.want)) {
				t.Errorf("Open returned %v; the server heard %q, want %q in it", err, srv.heard(), c.want)
			}
			if c.want == "" && strings.Contains(srv.heard(), testPassword) {
				t.Error("the password was sent")
			}
		})
	}
}

func TestARefusalToSignInIsTypedAndTellsNoSecret(t *testing.T) {
	for _, c := range []struct {
		name   string
		auth   string
		answer func(c *scripted, tag string)
		signIn bool
	}{
		{"wrong password", "", func(c *scripted, tag string) {
			c.say(tag + " NO [AUTHENTICATIONFAILED] no: " + testPassword)
		}, true},
		{"expired token", AuthXOAuth2, func(c *scripted, tag string) {
			c.say("+ " + base64.StdEncoding.EncodeToString([]byte(`{"status":"400"}`)))
		}, true},
		{"a server that is down for a while", "", func(c *scripted, tag string) {
			c.say(tag + " NO [UNAVAILABLE] later")
		}, false},
		{"a server that hangs up", "", func(c *scripted, tag string) { c.Close() }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.caps = "IMAP4rev1 SASL-IR AUTH=XOAUTH2"
			refuse := func(conn *scripted, tag, _ string) { c.answer(conn, tag) }
			srv.on("LOGIN", refuse)
			srv.on("AUTHENTICATE", refuse)
			_, err := accountAt(t, srv.addr, func(cfg *Config) { cfg.Auth = c.auth }).Open(t.Context())
			var signIn *SignInError
			if err == nil || errors.As(err, &signIn) != c.signIn {
				t.Errorf("Open returned %v", err)
			}
			if err != nil && strings.Contains(err.Error(), testPassword) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func TestAWrongPasswordIsTriedAgainOnlySlowlyUntilItIsRight(t *testing.T) {
	m := startMemory(t, full)
	secret, reads := "wrong", 0
	a := accountAt(t, m.addr, func(c *Config) {
		c.Secret = func(context.Context) (string, error) {
			if reads++; reads > 3 {
				secret = testPassword
			}
			return secret, nil
		}
	})
	a.pace.retry, a.pace.retryMax = time.Hour, time.Hour // the slow pace counts
	parked := make(chan error, 100)
	a.OnTrouble(func(_ string, err error) { parked <- err })
	w := watch(t, a, nil, nil)
	var signIn *SignInError
	if err := <-parked; !errors.As(err, &signIn) {
		t.Errorf("the trouble is %v", err)
	}
	w.next()
	faulttest.Injected(t, "19", 1)
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	secret := func(context.Context) (string, error) { return "x", nil }
	good := Config{Host: "imap.example.com", Port: 993, TLS: ImplicitTLS, User: "dana", Secret: secret}
	if _, err := New(good, nil); err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*Config){
		"plaintext over the network": func(c *Config) { c.TLS = NoTLS },
		"no host":                    func(c *Config) { c.Host = "" },
		"no port":                    func(c *Config) { c.Port = 0 },
		"unknown tls":                func(c *Config) { c.TLS = "ssl" },
		"unknown auth":               func(c *Config) { c.Auth = "ntlm" },
		"no user":                    func(c *Config) { c.User = "" },
		"no secret":                  func(c *Config) { c.Secret = nil },
		"a folder with a line break": func(c *Config) { c.Folders = []string{"a\nb"} },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			breakIt(&cfg)
			if _, err := New(cfg, nil); err == nil {
				t.Error("New returned no error")
			}
		})
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		cfg := good
		cfg.Host, cfg.TLS = host, NoTLS
		if _, err := New(cfg, nil); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// Whoever had the token can have another one then. A server that can't look at it
// now has said nothing about it.
func TestTheOwnerOfASecretIsToldOfItsRefusal(t *testing.T) {
	for answer, want := range map[string]int{" NO [AUTHENTICATIONFAILED] no": 1, " NO [UNAVAILABLE] later": 0, " OK": 0} {
		srv := startScript(t)
		srv.caps = "IMAP4rev1"
		srv.on("LOGIN", func(c *scripted, tag, _ string) { c.say(tag + answer) })
		told := 0
		s, err := accountAt(t, srv.addr, func(cfg *Config) { cfg.Refused = func() { told++ } }).Open(t.Context())
		if err == nil {
			s.Close()
		}
		if told != want {
			t.Errorf("%s: told %d times, not %d (%v)", answer, told, want, err)
		}
	}
	for answer, want := range map[string]int{"535 5.7.8 no": 1, "454 4.7.0 later": 0} {
		told := 0
		srv := newSMTPScript(map[string]string{"AUTH": answer})
		_, err := sendShort(t, t.Context(), senderAt(t, srv.start(t), func(cfg *SMTP) { cfg.Refused = func() { told++ } }))
		if err == nil || told != want {
			t.Errorf("%s: told %d times, not %d (%v)", answer, told, want, err)
		}
	}
}
