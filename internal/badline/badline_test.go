package badline

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// shouter is a server that says every line back, in capitals.
func shouter(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					io.WriteString(conn, strings.ToUpper(line)) // a client that has gone needs no answer
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); served.Wait() })
	return listener.Addr().String()
}

func dial(t *testing.T, l *Line) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// aMoment is what a line is listened to that is to say nothing more; where an end
// is to come, it may take longer on a busy machine.
const (
	aMoment = 900 * time.Millisecond // less than a slow line takes for two bytes
	longer  = 30 * time.Second
)

// ask says a line and returns all that comes back within some time, or up to a line
// end, and why it ended.
func ask(t *testing.T, conn net.Conn, line string, within time.Duration) (string, error) {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

func TestABadLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(*Line)
		want   string // of "HELLO WORLD"
		silent bool   // the connection stands
	}{
		{"is whole at first", func(*Line) {}, "HELLO WORLD\n", false},
		{"is silent", (*Line).Silence, "", true},
		{"is slow", (*Line).Trickle, "H", true},
		{"is cut after some bytes", func(l *Line) { l.CutAfter(7) }, "HELLO W", false},
		{"is cut at a word", func(l *Line) { l.CutAt("WORLD", 0, 1) }, "HELLO ", false},
		{"is cut behind a word", func(l *Line) { l.CutAt("HELLO", 7, 1) }, "HELLO W", false},
		{"is not cut at a word that is not said", func(l *Line) { l.CutAt("MOON", 0, 1) }, "HELLO WORLD\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Open(t, shouter(t))
			old := dial(t, l)
			if got, err := ask(t, old, "before", longer); got != "BEFORE\n" {
				t.Fatalf("a whole line says %q, %v", got, err)
			}
			c.spoil(l)
			fresh := dial(t, l)
			within := longer
			if c.silent {
				within = aMoment
			}
			got, err := ask(t, fresh, "hello world", within)
			if got != c.want {
				t.Errorf("heard %q (%v), want %q", got, err, c.want)
			}
			if silent := errors.Is(err, os.ErrDeadlineExceeded); silent != c.silent {
				t.Errorf("it ended with %v", err)
			}
			l.Mend()
			if got, err := ask(t, dial(t, l), "after", longer); got != "AFTER\n" {
				t.Errorf("a mended line says %q, %v", got, err)
			}
		})
	}
}

func TestOnlySoManyConnectionsAreCutAtAWord(t *testing.T) {
	l := Open(t, shouter(t))
	made := l.CutAt("WORD", 0, 2)
	for i := range 4 {
		if got, _ := ask(t, dial(t, l), "word", longer); (got == "") != (i < 2) {
			t.Errorf("connection %d heard %q", i, got)
		}
	}
	if made() != 2 || l.CutsMade() != 2 {
		t.Errorf("%d cuts, and %d in all, want 2", made(), l.CutsMade())
	}
}

func TestConnectionsOfALineThatIsDownEnd(t *testing.T) {
	l := Open(t, shouter(t))
	for name, spoil := range map[string]func(){"cut": l.Cut, "down": l.Down} {
		old := dial(t, l)
		if _, err := ask(t, old, "before", longer); err != nil {
			t.Fatal(err)
		}
		spoil()
		if got, err := ask(t, old, "after", longer); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: heard %q, %v", name, got, err)
		}
		if name == "down" {
			if conn, err := net.Dial("tcp", l.Addr()); err == nil {
				conn.Close()
				t.Error("a line that is down takes a connection")
			}
			l.Up()
		}
	}
	l.Reset()
	if got, err := ask(t, dial(t, l), "hello", longer); err == nil || got != "" {
		t.Errorf("reset: heard %q", got)
	}
	l.Mend()
	other := shouter(t)
	l.LeadTo(other)
	if got, err := ask(t, dial(t, l), "elsewhere", longer); got != "ELSEWHERE\n" {
		t.Errorf("heard %q, %v", got, err)
	}
}
