package main

import (
	"errors"
	"io"
	"log"
	"net"
	"regexp"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// doorman is a clerk that lets people in by a token (RFC 7628).
type doorman struct{ clerk }

// AuthenticateMechanisms names what Gmail has.
func (d *doorman) AuthenticateMechanisms() []string { return []string{"XOAUTH2", "OAUTHBEARER"} }

// Authenticate implements imapserver.SessionSASL.
func (d *doorman) Authenticate(mechanism string) (sasl.Server, error) {
	return bearerServer(mechanism, func(user, token string) error {
		d.asked.Add(1)
		if user != officeUser || !d.token(user, token) {
			return errors.New("invalid credentials")
		}
		return d.SessionIMAP4rev2.Login(officeUser, officePassword)
	}), nil
}

// bearerServer is the server's half of the two mechanisms that take a token.
func bearerServer(mechanism string, enter func(user, token string) error) sasl.Server {
	if mechanism == "XOAUTH2" {
		return &xoauth2Server{enter: enter}
	}
	return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
		if enter(o.Username, o.Token) != nil {
			return &sasl.OAuthBearerError{Status: "invalid_token"}
		}
		return nil
	})
}

type xoauth2Server struct {
	enter  func(user, token string) error
	failed error
}

var xoauth2Response = regexp.MustCompile("^user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01$")

// Next implements sasl.Server.
func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.failed != nil {
		return nil, true, x.failed
	}
	if response == nil {
		return []byte{}, false, nil
	}
	parts := xoauth2Response.FindSubmatch(response)
	if parts == nil {
		return nil, true, errors.New("that is not XOAUTH2")
	}
	if x.failed = x.enter(string(parts[1]), string(parts[2])); x.failed != nil {
		return []byte(`{"status":"400","schemes":"Bearer"}`), false, nil
	}
	return nil, true, nil
}

// letterbox is an SMTP server that takes mail from whoever has a good token.
type letterbox struct {
	token func(user, token string) bool
	mu    sync.Mutex
	taken int
}

func (b *letterbox) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &letterboxSession{box: b}, nil
}

type letterboxSession struct {
	box *letterbox
	in  bool
}

func (s *letterboxSession) AuthMechanisms() []string { return []string{"XOAUTH2", "OAUTHBEARER"} }

func (s *letterboxSession) Auth(mechanism string) (sasl.Server, error) {
	return bearerServer(mechanism, func(user, token string) error {
		if s.in = user == officeUser && s.box.token(user, token); !s.in {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *letterboxSession) Mail(string, *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (s *letterboxSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *letterboxSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.taken++
	return err
}
func (s *letterboxSession) Reset()        {}
func (s *letterboxSession) Logout() error { return nil }

func startLetterbox(t *testing.T, token func(user, token string) bool) (box *letterbox, port string) {
	t.Helper()
	box = &letterbox{token: token}
	srv := smtp.NewServer(box)
	srv.Domain, srv.AllowInsecureAuth, srv.ErrorLog = "mx.acme.example", true, log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() { _ = srv.Close(); served.Wait() })
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return box, port
}
