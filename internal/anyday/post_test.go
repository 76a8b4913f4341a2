package anyday

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// post is the server by which foredesk sends. It takes everything, and puts what is
// for the executive into the inbox before it says so.
type post struct {
	*world
	port   string
	server *smtp.Server
	done   chan struct{}
	came   chan struct{} // holds one if something has been sent since somebody looked

	mu      sync.Mutex
	swallow int           // so many answers to come are lost, after the mail was taken
	hold    time.Duration // how long answers are held back then
	sent    []letter      // oldest first
}

// letter is a mail that foredesk has sent.
type letter struct {
	id, subject, to string
	text            string // its first text/plain part
}

func startPost(w *world) *post {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	p := &post{world: w, done: make(chan struct{}), came: make(chan struct{}, 1)}
	p.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &transaction{post: p, conn: c.Conn()}, nil }))
	p.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() {
		defer close(p.done)
		_ = p.server.Serve(listener) // ends when the server is closed
	}()
	_, p.port, err = net.SplitHostPort(listener.Addr().String())
	w.must(err)
	return p
}

func (p *post) close() {
	_ = p.server.Close() // which ends its connections, too
	<-p.done
}

// transaction is a conversation with the server.
type transaction struct {
	*post
	conn net.Conn
	to   string
}

func (t *transaction) Mail(string, *smtp.MailOptions) error { return nil }
func (t *transaction) Reset()                               {}
func (t *transaction) Logout() error                        { return nil }

func (t *transaction) Rcpt(to string, _ *smtp.RcptOptions) error {
	t.to = to
	return nil
}

// Data takes a mail, and may cut the connection where the 250 should be.
func (t *transaction) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l, err := readLetter(raw)
	if err != nil {
		return err
	}
	if l.to = t.to; strings.EqualFold(t.to, address) {
		if err := t.putOnce(raw); err != nil {
			return err
		}
	}
	lost, hold := t.take(l)
	if lost {
		return errors.Join(t.conn.Close(), errors.New("the answer is lost"))
	}
	select {
	case <-time.After(hold):
	case <-t.done:
	}
	return nil
}

// putOnce puts a letter into the inbox, be it that Dovecot is just being started anew.
func (p *post) putOnce(raw []byte) (err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var client *imapclient.Client
		if client, err = p.signedIn(); err != nil {
			continue // nothing was put anywhere
		}
		err = put(client, raw, time.Now())
		client.Close()
		return err
	}
	return err
}

// take takes a letter, and says what becomes of the answer.
func (p *post) take(l letter) (lost bool, hold time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, l)
	select {
	case p.came <- struct{}{}:
	default:
	}
	if lost = p.swallow > 0; lost {
		p.swallow--
	}
	return lost, p.hold
}

// holds holds the answers to come back, so that foredesk can be killed while it waits.
func (p *post) holds(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = d
}

func readLetter(raw []byte) (l letter, err error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return l, err
	}
	if l.id, err = r.Header.MessageID(); err != nil {
		return l, err
	}
	if l.subject, err = r.Header.Subject(); err != nil {
		return l, err
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		if header, ok := part.Header.(*mail.InlineHeader); ok && l.text == "" {
			if kind, _, err := header.ContentType(); err == nil && kind == "text/plain" {
				text, err := io.ReadAll(part.Body)
				if err != nil {
					return l, err
				}
				l.text = string(text)
			}
		}
	}
}

// letters are what was sent so far.
func (p *post) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter(nil), p.sent...)
}
