package mail

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// dial connects and, but for NoTLS, has TLS in place before it returns. The
// caller limits the time by ctx.
func (a *Account) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	address := net.JoinHostPort(a.cfg.Host, strconv.Itoa(a.cfg.Port))
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the IMAP server %s: %w", address, err)
	}
	switch a.cfg.TLS {
	case NoTLS:
		return loopbackOnly(conn, a.cfg.Host)
	case StartTLS:
		return a.startTLS(ctx, conn)
	}
	config, err := tlsConfig(a.cfg.Host, a.cfg.CAFile)
	if err != nil {
		conn.Close()
		return nil, err
	}
	config.NextProtos = []string{"imap"} // RFC 7301; keeps a web server from being taken for ours
	return handshake(ctx, conn, config)
}

// loopbackOnly looks at the address that was reached: the name localhost may
// have been given another.
func loopbackOnly(conn net.Conn, host string) (net.Conn, error) {
	peer, ok := conn.RemoteAddr().(*net.TCPAddr)
	if ok && peer.IP.IsLoopback() {
		return conn, nil
	}
	conn.Close()
	return nil, fmt.Errorf("connecting to %s: it is not on this machine, and tls none is for this machine alone", host)
}
