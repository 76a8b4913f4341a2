package mail

import (
	"bytes"
	"errors"
	"net"
	"sync/atomic"
)

// What a server may say. Go-imap gathers a line in memory however long it is, so a
// server that never ends one would take the memory of all accounts.
const (
	maxBeforeSignIn = 1 << 20  // bytes up to where we are signed in; a few hundred are usual
	maxLine         = 32 << 20 // bytes without a line end: more than the largest header (maxHeader)
)

var errEndless = errors.New("the server talks without end")

// bounded is a connection on which errEndless takes the place of what is too much.
type bounded struct {
	net.Conn
	signedIn atomic.Bool
	before   int // bytes so far; go-imap's reader alone knows of it and of line
	line     int // bytes since the last line end
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if !b.signedIn.Load() {
		b.before += n
	}
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		b.line = n - end - 1
	} else {
		b.line += n
	}
	if b.before > maxBeforeSignIn || b.line > maxLine {
		return 0, errEndless
	}
	return n, err
}
