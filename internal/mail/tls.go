package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// CertificateError means that the server could not prove to be Host. Nothing
// was sent to it.
type CertificateError struct {
	Host string
	Err  error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the certificate that %s shows is not accepted, so nothing was sent to it: %v. "+
		"If the server has an authority of its own, name that authority's PEM file as ca_file; "+
		"if the certificate has expired or is for another name, whoever runs the server must replace it, or host must be the name it is for", e.Host, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }

// tlsConfig reads the CA file anew each time: it may have been renewed.
func tlsConfig(host, caFile string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("reading ca_file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading ca_file: %s holds no PEM certificate", caFile)
	}
	return config, nil
}

// handshake makes conn a TLS connection, or closes it.
func handshake(ctx context.Context, conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		var unproven *tls.CertificateVerificationError
		if errors.As(err, &unproven) {
			return nil, &CertificateError{Host: config.ServerName, Err: unproven.Err}
		}
		return nil, fmt.Errorf("starting TLS with %s: %w", config.ServerName, err)
	}
	return secure, nil
}

// maxPlainLine bounds what a server may say before TLS; nothing there is long.
const maxPlainLine = 8 << 10

// startTLS speaks the few lines in the open that lead to TLS. Go-imap's own
// NewStartTLS believes capabilities that came with the OK, before TLS, and waits
// for ever where that line is malformed; so this is done here, and go-imap meets
// a connection that is safe already. STARTTLS is all that is sent, and whatever
// the server says before TLS is forgotten (RFC 9051 6.2.1, 11.3).
func (a *Account) startTLS(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config, err := tlsConfig(a.cfg.Host, a.cfg.CAFile)
	if err != nil {
		conn.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = askForTLS(conn)
	stop()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("starting TLS with %s: %w; the password was not sent", a.cfg.Host, err)
	}
	secure, err := handshake(ctx, conn, config)
	if err != nil {
		return nil, err
	}
	// The server greets only once, and go-imap waits for a greeting.
	return &greeted{Conn: secure, greeting: strings.NewReader("* OK TLS\r\n")}, nil
}

func askForTLS(conn net.Conn) error {
	in := bufio.NewReaderSize(conn, maxPlainLine)
	greeting, err := plainLine(in)
	if err != nil {
		return err
	}
	if word, _, _ := strings.Cut(strings.TrimPrefix(greeting, "* "), " "); !strings.EqualFold(word, "OK") {
		// PREAUTH would let in whoever sits between us and the server.
		return fmt.Errorf("the server greeted with %q where OK belongs", word)
	}
	if _, err := io.WriteString(conn, "S STARTTLS\r\n"); err != nil {
		return err
	}
	for range 20 {
		line, err := plainLine(in)
		if err != nil {
			return err
		}
		status, tagged := strings.CutPrefix(line, "S ")
		switch {
		case !tagged:
		case len(status) < 2 || !strings.EqualFold(status[:2], "OK"):
			return errors.New("the server offers no STARTTLS; if it has TLS on a port of its own (993), write tls: implicit")
		case in.Buffered() > 0:
			return errors.New("more came in the open after the server agreed to TLS; somebody may be tampering with the connection")
		default:
			return nil
		}
	}
	return errors.New("the server did not answer STARTTLS")
}

func plainLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("reading what the server says before TLS: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// greeted is a connection that starts with a greeting of our own.
type greeted struct {
	net.Conn
	greeting *strings.Reader
}

func (g *greeted) Read(b []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(b)
	}
	return g.Conn.Read(b)
}
