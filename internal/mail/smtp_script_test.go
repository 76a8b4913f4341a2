package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// smtpScript is an SMTP server that says at each stage what a test wants, and
// else what a server says that takes everything. Stages are "greeting", the
// verbs, "RCPT 2" for the second recipient, and "." for the end of a message.
type smtpScript struct {
	tls *tls.Config // for STARTTLS

	mu       sync.Mutex
	answers  map[string]string       // an empty one hangs up, hold never answers
	do       map[string]func()       // called before the answer
	then     map[string]func() error // called after the answer; an error hangs up
	log      strings.Builder         // all that was heard in the open or below TLS
	messages []string                // each that came with its end, still with its dots
	conns    int
}

const hold = "hold"

var smtpAnswers = map[string]string{
	"greeting": "220 ready", "EHLO": "250-hi\r\n250-8BITMIME\r\n250-SIZE 100000\r\n250 AUTH PLAIN LOGIN", "STARTTLS": "220 go",
	"AUTH": "235 welcome", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 2.0.0 queued as 4711",
	"QUIT": "221 bye", "*": "501 aborted",
}

func newSMTPScript(answers map[string]string) *smtpScript {
	return &smtpScript{answers: answers, do: map[string]func(){}, then: map[string]func() error{}}
}

// start serves on a socket until the test ends.
func (s *smtpScript) start(t testing.TB) (addr string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				s.serve(conn)
			})
		}
	})
	t.Cleanup(func() { cancel(); listener.Close(); served.Wait() })
	return listener.Addr().String()
}

// serve speaks with one client to the end.
func (s *smtpScript) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	in := bufio.NewReader(conn)
	if !s.answer(conn, in, "greeting") {
		return
	}
	recipients := 0
	for {
		line, err := in.ReadString('\n')
		s.note(line)
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		stage := verb
		if verb == "RCPT" {
			if recipients++; recipients == 2 && s.answers["RCPT 2"] != "" {
				stage = "RCPT 2"
			}
		}
		if !s.answer(conn, in, stage) || verb == "QUIT" {
			return
		}
		if verb == "STARTTLS" && s.tls != nil {
			secure := tls.Server(conn, s.tls)
			if secure.Handshake() != nil {
				return
			}
			conn, in = secure, bufio.NewReader(secure)
		}
		if verb == "DATA" && strings.HasPrefix(s.reply("DATA"), "354") && (!s.message(in) || !s.answer(conn, in, ".")) {
			return
		}
	}
}

// message reads up to the final dot.
func (s *smtpScript) message(in *bufio.Reader) bool {
	var msg strings.Builder
	for {
		line, err := in.ReadString('\n')
		msg.WriteString(line)
		if strings.HasSuffix(msg.String(), "\r\n.\r\n") {
			s.mu.Lock()
			s.messages = append(s.messages, strings.TrimSuffix(msg.String(), ".\r\n"))
			s.mu.Unlock()
			return true
		}
		if err != nil {
			s.note(msg.String())
			return false
		}
	}
}

func (s *smtpScript) reply(stage string) string {
	if reply, ok := s.answers[stage]; ok {
		return reply
	}
	if reply, ok := smtpAnswers[stage]; ok {
		return reply
	}
	return "334 " // a further line of AUTH
}

func (s *smtpScript) answer(conn net.Conn, in io.Reader, stage string) bool {
	if do := s.do[stage]; do != nil {
		do()
	}
	reply := s.reply(stage)
	if reply == hold {
		rest, _ := io.ReadAll(in)
		s.note(string(rest))
		return false
	}
	if reply == "" {
		return false
	}
	if _, err := io.WriteString(conn, reply+"\r\n"); err != nil {
		return false
	}
	if then := s.then[stage]; then != nil {
		return then() == nil
	}
	return true
}

func (s *smtpScript) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.WriteString(text)
}

// heard is all that clients said but for whole messages.
func (s *smtpScript) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *smtpScript) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.messages...)
}

func (s *smtpScript) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// senderAt is a sender for a test server, without TLS unless changed.
func senderAt(t testing.TB, addr string, change ...func(*SMTP)) *Sender {
	t.Helper()
	host, port := hostPort(t, addr)
	cfg := SMTP{
		Host: host, Port: port, TLS: NoTLS, User: "dana",
		Secret: func(context.Context) (string, error) { return testPassword, nil },
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
