package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// recipients are the addresses that reach the executive's INBOX.
var recipients = []string{Address, "dana.w@acme.example"}

const (
	// patience is how long a delivery on loopback may take before it is given up.
	patience = 30 * time.Second
	// largest is the largest message taken, in bytes; the demo's own are far below.
	largest = 10 << 20
)

// newSMTPServer takes mail for the executive and hands each message, stamped as
// a receiving server stamps it, to deliver. now dates the stamps. What comes from
// the executive may go to anybody: it is handed to leave, and leaves nothing but a
// note of itself.
func newSMTPServer(deliver func(msg []byte) error, leave func(Departure), now func() time.Time) *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &incoming{deliver: deliver, leave: leave, now: now}, nil
	}))
	s.Domain = AuthServID
	s.ReadTimeout, s.WriteTimeout = patience, patience
	s.MaxMessageBytes, s.MaxRecipients = largest, 10
	s.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are no news in a demo
	return s
}

// incoming is one SMTP transaction after the other on one connection.
type incoming struct {
	deliver func(msg []byte) error
	leave   func(Departure)
	now     func() time.Time
	from    string
	to      []string
}

// Mail notes the envelope sender, which is empty for a bounce.
func (s *incoming) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt refuses everybody but the executive, and those whom the executive writes to.
func (s *incoming) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	if strings.EqualFold(s.from, Address) {
		return nil
	}
	if isExecutive(to) {
		return nil
	}
	return &smtp.SMTPError{
		Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1},
		Message: "relaying denied: this server takes mail for " + Address + " alone",
	}
}

func isExecutive(to string) bool {
	return slices.ContainsFunc(recipients, func(r string) bool { return strings.EqualFold(r, to) })
}

// Data answers 250 only when the message lies in the mailbox (RFC 5321,
// section 4.2.5).
func (s *incoming) Data(r io.Reader) error {
	msg, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading a message: %w", err)
	}
	if strings.EqualFold(s.from, Address) {
		away := slices.DeleteFunc(slices.Clone(s.to), isExecutive)
		d := Departure{To: away, Arrived: len(away) < len(s.to), Raw: msg}
		if d.Arrived {
			msg = append(stamp(msg, s.from, s.now()), msg...)
			d.Raw = msg
		}
		s.leave(d)
		if !d.Arrived {
			return nil
		}
		return s.deliver(msg)
	}
	return s.deliver(append(stamp(msg, s.from, s.now()), msg...))
}

// Reset forgets the transaction.
func (s *incoming) Reset() { s.from, s.to = "", nil }

// Logout has nothing to let go of.
func (s *incoming) Logout() error { return nil }

// stamp returns the header fields that the receiving server puts on top:
// Return-Path, Authentication-Results and Received. It knows no DNS: a sender
// passes when the domain of From is the one of the envelope or lies below it or
// above it, which is the alignment that DMARC asks for (RFC 7489, section 3.1).
func stamp(msg []byte, envelope string, at time.Time) []byte {
	domain := ""
	if m, err := mail.ReadMessage(bytes.NewReader(msg)); err == nil {
		domain = domainOf(m.Header.Get("From"))
	}
	sent := domain // a bounce has no envelope sender: the greeting stands in for it (RFC 7208, section 2.4)
	if envelope != "" {
		sent = domainOf(envelope)
	}
	spf, dkim, dmarc := "fail", "none", "fail"
	if aligned(domain, sent) {
		spf, dkim, dmarc = "pass", "pass header.d="+domain, "pass"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", envelope)
	fmt.Fprintf(&b, "Authentication-Results: %s;\r\n spf=%s smtp.mailfrom=%s;\r\n dkim=%s;\r\n dmarc=%s header.from=%s\r\n",
		AuthServID, spf, sent, dkim, dmarc, domain)
	fmt.Fprintf(&b, "Received: from mail.%s (mail.%s [192.0.2.%d])\r\n by %s with ESMTPS id %s\r\n for <%s>; %s\r\n",
		sent, sent, 1+hash(sent)%254, AuthServID, short(string(msg)), Address, at.Format(time.RFC1123Z))
	return b.Bytes()
}

func aligned(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// domainOf returns what stands behind the last "@" of an address field. The
// field may be a stranger's: only what a host name can hold gets through to the
// stamps.
func domainOf(field string) string {
	_, domain, _ := strings.Cut(field[max(strings.LastIndexByte(field, '@'), 0):], "@")
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(domain))
}

// send hands one message to an SMTP server and ends early when ctx does.
func send(ctx context.Context, addr, from, to string, msg []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // go-smtp knows no context
	c := smtp.NewClient(conn)
	defer func() { _ = c.Close() }() // after Quit there is nothing left to fail
	if err := c.SendMail(from, []string{to}, bytes.NewReader(msg)); err != nil {
		return err
	}
	return c.Quit()
}
