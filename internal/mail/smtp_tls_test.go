package mail

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// post is a go-smtp server that keeps what it takes.
type post struct {
	mu    sync.Mutex
	taken []taken
	auths int
}

type taken struct {
	from string
	to   []string
	msg  string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &postSession{post: p}, nil }

func (p *post) all() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]taken(nil), p.taken...)
}

type postSession struct {
	post *post
	mail taken
	in   bool
}

func (s *postSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *postSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.post.mu.Lock()
		defer s.post.mu.Unlock()
		s.post.auths++
		if user != "dana" || password != testPassword {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *postSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.mail = taken{from: from}
	return nil
}

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	msg, err := io.ReadAll(r)
	s.mail.msg = string(msg)
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.taken = append(s.post.taken, s.mail)
	return err
}

func (s *postSession) Reset()        { s.mail = taken{} }
func (s *postSession) Logout() error { return nil }

// startPost serves with a certificate, by implicit TLS or STARTTLS, or without.
func startPost(t testing.TB, protection string, cert tls.Certificate) (*post, string) {
	p := &post{}
	srv := smtp.NewServer(p)
	srv.Domain, srv.AllowInsecureAuth = "mx.acme.example", protection == NoTLS
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are what is tested
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	switch protection {
	case ImplicitTLS:
		listener = tls.NewListener(listener, config)
	case StartTLS:
		srv.TLSConfig = config
	}
	var served sync.WaitGroup
	served.Go(func() { srv.Serve(listener) })
	t.Cleanup(func() { srv.Close(); served.Wait() })
	return p, addr
}

func TestMailIsHandedInOverVerifiedTLS(t *testing.T) {
	good, goodFile := certificate(t, time.Now().Add(time.Hour))
	old, oldFile := certificate(t, time.Now().Add(-time.Hour))
	for _, protection := range []string{ImplicitTLS, StartTLS} {
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
			t.Run(protection+" "+c.name, func(t *testing.T) {
				p, addr := startPost(t, protection, c.cert)
				s := senderAt(t, addr, func(cfg *SMTP) { cfg.TLS, cfg.CAFile = protection, c.ca })
				sent, err := sendShort(t, t.Context(), s)
				if c.ok {
					if got := p.all(); err != nil || len(got) != 1 || got[0].msg != shortMail || len(got[0].to) != 2 || got[0].from != "dana@acme.example" {
						t.Errorf("%v; taken %+v", err, got)
					}
					return
				}
				var unproven *CertificateError
				if !errors.As(err, &unproven) || sent.Outcome != SendLater {
					t.Errorf("%s, %v", sent.Outcome, err)
				}
				if len(p.all()) > 0 || p.auths > 0 {
					t.Error("something was sent")
				}
				faulttest.Injected(t, "20", 1)
			})
		}
	}
}

func TestNoMailIsHandedInBeforeTLS(t *testing.T) {
	const offer = "250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN"
	for _, c := range []struct {
		name    string
		answers map[string]string
		want    SendOutcome
	}{
		{"no STARTTLS", map[string]string{"EHLO": "250-hi\r\n250 AUTH PLAIN"}, SendLater},
		{"STARTTLS as the server's name", map[string]string{"EHLO": "250 STARTTLS"}, SendLater},
		{"STARTTLS refused", map[string]string{"EHLO": offer, "STARTTLS": "454 4.7.0 not now"}, SendLater},
		{"STARTTLS refused for good", map[string]string{"EHLO": offer, "STARTTLS": "502 no"}, SendLater},
		{"answers slipped in behind the consent", map[string]string{"EHLO": offer, "STARTTLS": "220 go\r\n250-evil\r\n250 AUTH PLAIN"}, SendLater},
		{"no TLS after the consent", map[string]string{"EHLO": offer, "STARTTLS": "220 go"}, SendLater},
		{"no service", map[string]string{"greeting": "554 5.3.2 maintenance"}, SendLater},
		{"a busy greeting", map[string]string{"greeting": "421 4.3.2 busy"}, SendLater},
		{"no SMTP", map[string]string{"greeting": "* OK IMAP here"}, SendLater},
		{"a line without end", map[string]string{"greeting": "220 " + strings.Repeat("x", 20_000)}, SendLater},
		{"a greeting without end", map[string]string{"greeting": strings.Repeat("220-x\r\n", 1000)}, SendLater},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := newSMTPScript(c.answers)
			sent, err := sendShort(t, t.Context(), senderAt(t, srv.start(t), func(cfg *SMTP) { cfg.TLS = StartTLS }))
			if sent.Outcome != c.want || err == nil {
				t.Errorf("%s, %v", sent.Outcome, err)
			}
			if heard := srv.heard(); strings.Contains(heard, "AUTH") || strings.Contains(heard, "MAIL") || strings.Contains(heard, testPassword) {
				t.Errorf("the server heard %q", heard)
			}
			faulttest.Injected(t, "S2", 1)
		})
	}
}

func TestOffersFromBeforeTLSAreForgotten(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour))
	srv := newSMTPScript(map[string]string{"EHLO": "250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN"})
	srv.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	s := senderAt(t, srv.start(t), func(cfg *SMTP) { cfg.TLS, cfg.CAFile = StartTLS, ca })
	if _, err := sendShort(t, t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if strings.Count(srv.heard(), "EHLO") != 2 || len(srv.received()) != 1 {
		t.Errorf("the server heard %q", srv.heard())
	}
	faulttest.Injected(t, "S2", 1)
}

func FuzzPlainReply(f *testing.F) {
	for _, seed := range []string{"220 ready\r\n", "250-a\r\n250 STARTTLS\r\n", "220\r\n", "250-", "22", "-50 x\r\n", "220-a\n221 b\n", "\x00\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		lines, err := plainReply(bufio.NewReaderSize(strings.NewReader(said), maxPlainLine), 220)
		if (err == nil) != (len(lines) > 0) || len(lines) > 100 {
			t.Errorf("%q, %v", lines, err)
		}
		if err == nil && !strings.Contains(said, "220") {
			t.Errorf("%q was taken for 220", said)
		}
	})
}

// What is written by Author arrives byte for byte.
func TestLettersArriveAsTheyWereWritten(t *testing.T) {
	p, addr := startPost(t, NoTLS, tls.Certificate{})
	s := senderAt(t, addr)
	var want []Letter
	for _, l := range everyLetter(t, []byte(plainOriginal)) {
		if _, err := s.Send(t.Context(), l.From, l.To, l.Raw); err != nil {
			t.Fatal(err)
		}
		want = append(want, l)
	}
	got := p.all()
	if len(got) != len(want) {
		t.Fatalf("%d letters arrived of %d", len(got), len(want))
	}
	for i, l := range want {
		if got[i].msg != string(l.Raw) || strings.Join(got[i].to, " ") != strings.Join(l.To, " ") {
			t.Errorf("letter %d changed on its way", i)
		}
	}
}
