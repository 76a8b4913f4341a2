package anypoint

import (
	"bytes"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/dovecot"
)

// post is the server by which foredesk sends. What is for the executive lies in the
// inbox before it says that it has taken it.
type post struct {
	*world
	port string

	mu   sync.Mutex
	idle *sync.Cond
	open int // conversations
	sent []letter
}

// letter is a mail that was taken.
type letter struct{ id, subject, to string }

func startPost(w *world) *post {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	p := &post{world: w}
	p.idle = sync.NewCond(&p.mu)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		p.count(1)
		return &transaction{post: p}, nil
	}))
	server.ErrorLog = log.New(io.Discard, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends when the server is closed
	}()
	w.Cleanup(func() {
		_ = server.Close() // its connections end with it
		<-done
	})
	_, p.port, err = net.SplitHostPort(listener.Addr().String())
	w.must(err)
	return p
}

func (p *post) count(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open += by; p.open == 0 {
		p.idle.Broadcast()
	}
}

// letters are what was sent, once the last conversation is over: one whose client was
// killed may still be going on.
func (p *post) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.open > 0 {
		p.idle.Wait()
	}
	return append([]letter(nil), p.sent...)
}

// transaction is a conversation with the server.
type transaction struct {
	*post
	to []string
}

func (t *transaction) Mail(string, *smtp.MailOptions) error { return nil }
func (t *transaction) Reset()                               { t.to = nil }

func (t *transaction) Logout() error {
	t.count(-1)
	return nil
}

func (t *transaction) Rcpt(to string, _ *smtp.RcptOptions) error {
	t.to = append(t.to, to)
	return nil
}

func (t *transaction) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // killed before the final dot: it was not taken
	}
	read, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	l := letter{to: strings.Join(t.to, ", ")}
	if l.id, err = read.Header.MessageID(); err != nil {
		return err
	}
	if l.subject, err = read.Header.Subject(); err != nil {
		return err
	}
	for _, to := range t.to {
		if strings.EqualFold(to, address) {
			t.server.Deliver(t.user, "INBOX", dovecot.Message{Raw: raw, Received: time.Now()})
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = append(t.sent, l)
	return nil
}
