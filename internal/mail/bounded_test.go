package mail

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// chatter is a server that says the same for ever, after what it says at first.
func chatter(t *testing.T, first, forever string) (addr string) {
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
				_, err := io.WriteString(conn, first)
				for err == nil {
					_, err = io.WriteString(conn, forever)
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); served.Wait() })
	return listener.Addr().String()
}

func TestAServerThatTalksWithoutEndIsLeftAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ first, forever string }{
		"a greeting that never ends":      {"* OK ", strings.Repeat("and so on ", 10_000)},
		"lines that never end":            {"* OK hello\r\n", strings.Repeat("* OK still here\r\n", 1_000)},
		"a greeting signed in beforehand": {"* PREAUTH ", strings.Repeat("(", 10_000)},
	} {
		t.Run(name, func(t *testing.T) {
			a := accountAt(t, chatter(t, c.first, c.forever))
			ctx, cancel := context.WithTimeout(t.Context(), muchTalk)
			defer cancel()
			before := allocated()
			if s, err := a.Open(ctx); err == nil {
				s.Close()
				t.Error("signed in")
			}
			if ctx.Err() != nil {
				t.Error("it was listened to until the time was over")
			}
			if took := allocated() - before; took > 64<<20 {
				t.Errorf("it took %d MiB of memory", took>>20)
			}
		})
	}
}

// allocated is what was ever taken from memory, in bytes.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestALineThatNeverEndsIsLeft(t *testing.T) {
	srv := startScript(t)
	srv.on("UID SEARCH", func(c *scripted, _, _ string) {
		io.WriteString(c, "* OK ")
		for words := strings.Repeat("and so on ", 100_000); ; {
			if _, err := io.WriteString(c, words); err != nil {
				return
			}
		}
	})
	s := openSession(t, accountAt(t, srv.addr))
	err := s.Scan(t.Context(), "INBOX", mailbox.Query{}, nil)
	if err == nil || !strings.Contains(err.Error(), "without end") {
		t.Errorf("Scan returned %v", err)
	}
}
