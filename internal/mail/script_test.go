package mail

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is a server that does what a test says, and answers the rest as a
// server with one empty INBOX would.
type script struct {
	t        testing.TB
	addr     string
	listener net.Listener
	caps     string
	greeting string

	mu       sync.Mutex
	values   map[string]string
	handlers map[string]func(c *scripted, tag, args string)
	counts   map[string]int
	changed  *sync.Cond
	conns    []net.Conn
	log      []string
	served   sync.WaitGroup
}

// scripted is one connection to it.
type scripted struct {
	net.Conn
	srv *script
	in  *bufio.Reader
}

func startScript(t testing.TB) *script {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{
		t: t, listener: listener, addr: listener.Addr().String(),
		caps: "IMAP4rev1 IDLE MOVE UIDPLUS", greeting: "* OK ready",
		values:   map[string]string{"UIDNEXT": "2", "UIDVALIDITY": "1"},
		handlers: make(map[string]func(*scripted, string, string)), counts: make(map[string]int),
	}
	s.changed = sync.NewCond(&s.mu)
	s.served.Go(s.serve)
	t.Cleanup(s.stop)
	return s
}

func (s *script) stop() {
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.served.Wait()
}

func (s *script) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.served.Go(func() {
			defer conn.Close()
			c := &scripted{Conn: conn, srv: s, in: bufio.NewReader(conn)}
			c.serve()
		})
	}
}

// on sets what is done at a command such as "LOGIN" or "UID MOVE".
func (s *script) on(command string, do func(c *scripted, tag, args string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[command] = do
}

func (s *script) set(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = value
}

func (s *script) get(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name]
}

// count is how often a command has come.
func (s *script) count(command string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[command]
}

func (s *script) waitFor(command string, n int) {
	s.t.Helper()
	late := time.AfterFunc(time.Minute, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.counts[command] = -1 << 30
		s.changed.Broadcast()
	})
	defer late.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.counts[command] >= 0 && s.counts[command] < n {
		s.changed.Wait()
	}
	if s.counts[command] < 0 {
		s.t.Fatalf("%s was not sent %d times", command, n)
	}
}

func (c *scripted) serve() {
	c.say(c.srv.greeting)
	for {
		line, ok := c.line()
		if !ok {
			return
		}
		tag, rest, _ := strings.Cut(line, " ")
		command, args, _ := strings.Cut(rest, " ")
		if command == "UID" {
			sub, rest, _ := strings.Cut(args, " ")
			command, args = "UID "+sub, rest
		}
		c.srv.mu.Lock()
		c.srv.counts[command]++
		c.srv.changed.Broadcast()
		do := c.srv.handlers[command]
		c.srv.mu.Unlock()
		if do == nil {
			do = (*scripted).usual
			args = command + " " + args
		}
		do(c, tag, args)
	}
}

// usual answers what the test says nothing of.
func (c *scripted) usual(tag, line string) {
	command, _, _ := strings.Cut(line, " ")
	switch command {
	case "CAPABILITY":
		c.say("* CAPABILITY " + c.srv.caps)
	case "LIST":
		c.say(`* LIST () "/" ""`)
	case "SELECT":
		c.say("* 0 EXISTS", "* FLAGS ()", "* OK [UIDVALIDITY "+c.srv.get("UIDVALIDITY")+"]", "* OK [UIDNEXT "+c.srv.get("UIDNEXT")+"]")
	case "UID":
		if strings.HasPrefix(line, "UID SEARCH") {
			c.say("* SEARCH")
		}
	case "IDLE":
		c.say("+ idling")
		c.line()
	}
	c.say(tag + " OK done")
}

func (c *scripted) line() (string, bool) {
	line, err := c.in.ReadString('\n')
	c.srv.mu.Lock()
	c.srv.log = append(c.srv.log, line)
	c.srv.mu.Unlock()
	return strings.TrimRight(line, "\r\n"), err == nil
}

func (c *scripted) say(lines ...string) {
	io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n")
}

// hang answers nothing any more, until the client goes.
func (c *scripted) hang() { io.Copy(io.Discard, c.in) }

// answer is a FETCH answer with a header.
func (c *scripted) answer(seq, uid int, items, header string) {
	fmt.Fprintf(c, "* %d FETCH (UID %d %s BODY[HEADER.FIELDS (X)] {%d}\r\n%s)\r\n", seq, uid, items, len(header), header)
}

// heard is all that clients have sent.
func (s *script) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "")
}
