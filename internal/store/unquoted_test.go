package store

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// A server that repeats the password it was given is not quoted: neither at the
// opening, nor when a connection is made later.
func TestThePasswordIsNotRepeatedByALaterConnection(t *testing.T) {
	const password = "CANARY-of-a-later-connection"
	var asked atomic.Int64
	repeats := new(atomic.Bool)
	addr := inFront(t, storetest.Postgres(t), func(conn net.Conn) bool {
		if !repeats.Load() {
			return false
		}
		if repeatPassword(conn) == password {
			asked.Add(1)
		}
		return true
	})
	s := open(t, "postgres://postgres:"+password+"@"+addr)
	s.writes.SetMaxIdleConns(0) // every connection from now on is a new one
	repeats.Store(true)
	for name, ask := range map[string]func() error{
		"Join":   func() error { _, err := s.Join(t.Context(), threeDesks); return err },
		"Own":    func() error { _, err := s.Own(t.Context(), "dana"); return err },
		"Secret": func() error { _, err := s.Secret(t.Context()); return err },
		"Open":   func() error { _, err := Open(t.Context(), "postgres://postgres:"+password+"@"+addr); return err },
	} {
		if err := ask(); err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked.Load() < 4 {
		t.Errorf("it was given %d times: is this a test?", asked.Load())
	}
	faulttest.Injected(t, "S1", int(asked.Load()))
}

// inFront takes connections in the place of the server at dsn and passes on what comes
// of those that instead does not take. It returns host:port/database?settings.
func inFront(t *testing.T, dsn string, instead func(net.Conn) bool) string {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	network, server := "tcp", u.Host
	if folder := u.Query().Get("host"); folder != "" {
		network, server = "unix", filepath.Join(folder, ".s.PGSQL.5432")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				if instead(near) {
					return
				}
				far, err := net.Dial(network, server)
				if err != nil {
					return
				}
				go func() { io.Copy(near, far); near.Close() }()
				io.Copy(far, near)
				far.Close()
			}()
		}
	}()
	return l.Addr().String() + u.Path + "?sslmode=disable"
}

// repeatPassword asks a client for its password, refuses it with itself, and returns
// it.
func repeatPassword(conn net.Conn) string {
	server := pgproto3.NewBackend(conn, conn)
	if _, err := server.ReceiveStartupMessage(); err != nil {
		return ""
	}
	server.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := errors.Join(server.Flush(), server.SetAuthType(pgproto3.AuthTypeCleartextPassword)); err != nil {
		return ""
	}
	answer, err := server.Receive()
	word, ok := answer.(*pgproto3.PasswordMessage)
	if err != nil || !ok {
		return ""
	}
	password := word.Password
	server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "wrong password: " + password, Hint: "it was " + password})
	_ = server.Flush()
	return password
}
