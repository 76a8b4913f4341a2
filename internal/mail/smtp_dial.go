package mail

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// dial connects and, but for NoTLS, has TLS in place before it returns. The
// caller limits the time by ctx.
func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)))
	if err != nil {
		return nil, err
	}
	if s.cfg.TLS == NoTLS {
		return loopbackOnly(conn, s.cfg.Host)
	}
	config, err := tlsConfig(s.cfg.Host, s.cfg.CAFile)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if s.cfg.TLS == ImplicitTLS {
		return handshake(ctx, conn, config)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = askSMTPForTLS(conn)
	stop()
	if err != nil {
		conn.Close()
		return nil, err
	}
	secure, err := handshake(ctx, conn, config)
	if err != nil {
		return nil, err
	}
	// The server greets only once, and go-smtp waits for a greeting.
	return &greeted{Conn: secure, greeting: strings.NewReader("220 TLS\r\n")}, nil
}

// askSMTPForTLS speaks the few lines in the open that lead to TLS (RFC 3207), as
// go-smtp would not notice what somebody slips in behind the server's consent.
// What the server says it can do is forgotten; it is asked again in safety.
func askSMTPForTLS(conn net.Conn) error {
	in := bufio.NewReaderSize(conn, maxPlainLine)
	if _, err := plainReply(in, 220); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "EHLO "+addressLiteral(conn)+"\r\n"); err != nil {
		return err
	}
	offers, err := plainReply(in, 250)
	if err != nil {
		return err
	}
	offered := false
	for _, offer := range offers[1:] {
		offered = offered || strings.EqualFold(strings.TrimSpace(offer), "STARTTLS")
	}
	if !offered {
		return errors.New("the server offers no STARTTLS, so the password was not sent; if it has TLS on a port of its own (465), write tls: implicit")
	}
	if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	if _, err := plainReply(in, 220); err != nil {
		return err
	}
	if in.Buffered() > 0 {
		return errors.New("more came in the open after the server agreed to TLS; somebody may be tampering with the connection. The password was not sent")
	}
	return nil
}

// plainReply reads one reply (RFC 5321 4.2.1), of which there must be a given
// code, and returns its lines.
func plainReply(in *bufio.Reader, want int) (lines []string, err error) {
	const most = 100
	for len(lines) < most {
		line, err := plainLine(in)
		if err != nil {
			return nil, err
		}
		if len(line) < 3 {
			return nil, errors.New("the server does not speak SMTP")
		}
		code, err := strconv.Atoi(line[:3])
		if err != nil {
			return nil, errors.New("the server does not speak SMTP")
		}
		text := line[3:]
		lines = append(lines, strings.TrimLeft(text, "- "))
		if strings.HasPrefix(text, "-") {
			continue
		}
		if code != want {
			return nil, &smtp.SMTPError{Code: code, Message: lines[0]}
		}
		return lines, nil
	}
	return nil, errors.New("the server talks without end")
}

// addressLiteral is what a machine without a public name calls itself (RFC 5321
// 4.1.4), as mail programs do.
func addressLiteral(conn net.Conn) string {
	addr, ok := conn.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case addr.IP.To4() != nil:
		return "[" + addr.IP.String() + "]"
	}
	return "[IPv6:" + addr.IP.String() + "]"
}

// signIn authenticates (RFC 4954). What it returns holds no secret.
func (s *Sender) signIn(ctx context.Context, client *smtp.Client) error {
	if s.cfg.User == "" {
		return nil
	}
	auth, err := s.chooseAuth(client)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Secret(ctx)
	if err != nil {
		return fmt.Errorf("reading the secret: %w", err)
	}
	if strings.ContainsAny(s.cfg.User+secret, "\x00\r\n") {
		return &SignInError{Host: s.cfg.Host, Reason: "the user name or the secret has a line break or NUL in it"}
	}
	chosen := mechanism(auth, s.cfg.User, secret, s.cfg.Host, s.cfg.Port)
	if auth == AuthLogin {
		chosen = sasl.NewLoginClient(s.cfg.User, secret)
	}
	err = s.judgeSignIn(client.Auth(chosen), secret)
	tellRefused(s.cfg.Refused, err)
	return err
}

// chooseAuth picks PLAIN before LOGIN, which was never a standard.
func (s *Sender) chooseAuth(client *smtp.Client) (string, error) {
	auth := s.cfg.Auth
	if auth == "" {
		auth = AuthLogin
		if client.SupportsAuth("PLAIN") {
			auth = AuthPlain
		}
	}
	if !client.SupportsAuth(strings.ToUpper(auth)) {
		return "", &SignInError{Host: s.cfg.Host, Reason: "the server does not offer " + strings.ToUpper(auth)}
	}
	return auth, nil
}

// judgeSignIn tells a refusal of this user and secret from a server that cannot
// look at them now (RFC 4954 6).
func (s *Sender) judgeSignIn(err error, secret string) error {
	var reply *smtp.SMTPError
	var bearer *sasl.OAuthBearerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bearer):
		return &SignInError{Host: s.cfg.Host, Reason: "the token was refused: status " + withoutSecret(bearer.Status, secret)}
	case errors.As(err, &reply) && reply.Code >= 500:
		return &SignInError{Host: s.cfg.Host, Reason: codeOf(reply) + " " + s.refusal(reply.Message, secret)}
	case errors.As(err, &reply):
		return &smtp.SMTPError{Code: reply.Code, EnhancedCode: reply.EnhancedCode, Message: s.refusal(reply.Message, secret)}
	}
	return errors.New(withoutSecret(err.Error(), secret))
}

// refusal returns a server's words, which often say what to do, without the
// secret in any form in which it was sent, and without addresses.
func (s *Sender) refusal(words, secret string) string {
	_, token, _ := (&xoauth2{user: s.cfg.User, token: secret}).Start()
	for _, sent := range []string{secret, "\x00" + s.cfg.User + "\x00" + secret, string(token)} {
		words = withoutSecret(words, sent)
		words = withoutSecret(words, base64.StdEncoding.EncodeToString([]byte(sent)))
	}
	kept := strings.Fields(tellable(words))
	for i, word := range kept {
		if strings.Contains(word, "@") {
			kept[i] = "<address>"
		}
	}
	return strings.Join(kept, " ")
}
