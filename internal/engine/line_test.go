package engine_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"
)

// line is the network between the engine and a server: connections that a test
// can cut at a word of the client.
type line struct {
	listener net.Listener
	to       string
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	cut   func(command string, answered bool) bool // see watch
}

func newLine(t testing.TB, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, to: to, conns: map[net.Conn]bool{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		listener.Close()
		l.hangUp()
		l.running.Wait()
	})
	return l
}

func (l *line) addr() string { return l.listener.Addr().String() }

func (l *line) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.to)
		if err != nil {
			client.Close()
			continue
		}
		c := &call{line: l, client: client, server: server}
		l.mu.Lock()
		l.conns[client], l.conns[server] = true, true
		l.mu.Unlock()
		l.running.Go(c.up)
		l.running.Go(c.down)
	}
}

// hangUp ends all connections there are.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
}

// cutAt cuts the connection once, when the client says word: before the server
// has heard it, or when the server has answered and the client has not heard that.
func (l *line) cutAt(word string, answered bool) {
	done := false
	l.watch(func(command string, was bool) bool {
		if done || was != answered || command != word {
			return false
		}
		done = true
		return true
	})
}

// watch calls cut before each command, such as "MOVE" or "SELECT", reaches the
// server, and again before its answer comes back. True ends the connection there.
func (l *line) watch(cut func(command string, answered bool) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// cuts asks whether the connection ends here.
func (l *line) cuts(text string, answered bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	words := append(strings.Fields(strings.ToUpper(text)), "", "")
	command := words[1]
	if command == "UID" {
		command = words[2]
	}
	return l.cut != nil && l.cut(command, answered)
}

// call is one connection.
type call struct {
	*line
	client, server net.Conn

	pending sync.Map // commands by tag whose answer is looked at
}

func (c *call) end() {
	c.client.Close()
	c.server.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, c.client)
	delete(c.conns, c.server)
}

func (c *call) up() {
	defer c.end()
	in := bufio.NewReader(c.client)
	for {
		text, err := in.ReadString('\n')
		if err != nil || c.cuts(text, false) {
			return
		}
		tag, _, _ := strings.Cut(text, " ")
		c.pending.Store(tag, text)
		if _, err := c.server.Write([]byte(text)); err != nil {
			return
		}
	}
}

func (c *call) down() {
	defer c.end()
	in := bufio.NewReader(c.server)
	for {
		text, err := in.ReadString('\n')
		tag, _, _ := strings.Cut(text, " ")
		if asked, ok := c.pending.LoadAndDelete(tag); ok && c.cuts(asked.(string), true) {
			return
		}
		if _, failed := c.client.Write([]byte(text)); err != nil || failed != nil {
			return
		}
	}
}
