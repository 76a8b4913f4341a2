package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/crashpoint"
)

// SMTP says where an account hands in its mail (RFC 6409) and how to sign in. It
// has the keys of Config, with the same meaning.
type SMTP struct {
	Host   string
	Port   int
	TLS    string // ImplicitTLS (465), StartTLS (587), or NoTLS: loopback only
	CAFile string // PEM; trusted instead of the system's authorities
	User   string // empty: without signing in, which takes NoTLS
	// Secret returns the password or access token. It is called at each sign-in.
	Secret  func(context.Context) (string, error)
	Refused func() // is called when the server will not have the secret; nil where nobody wants to know
	Auth    string // empty: PLAIN, or LOGIN where the server has no PLAIN
}

// SendOutcome says what is known of a message after Send.
type SendOutcome int

// What can be known. The zero value is the one by which nothing is sent again.
const (
	SendUnknown  SendOutcome = iota // it may have been sent: the whole of it went out, and no answer came
	SendAccepted                    // the server has taken it on (RFC 5321 4.2.5)
	SendLater                       // it was certainly not sent; another attempt may succeed
	SendRefused                     // it was certainly not sent, nor will it be unless something is changed
)

func (o SendOutcome) String() string {
	switch o {
	case SendAccepted:
		return "accepted"
	case SendLater:
		return "later"
	case SendRefused:
		return "refused"
	}
	return "unknown"
}

// Sent is what became of a message. Code and the error hold no address and
// nothing of the message; Reply may.
type Sent struct {
	Outcome   SendOutcome
	Code      string // the server's answer in numbers, such as "550 5.1.1"; empty if there was none
	Reply     string // its words, for the person who has to mend it; not for logs
	Recipient int    // which recipient was refused, counted from 1; 0 where that was not the reason
}

// Sender hands in the mail of one account. It keeps no connection, and its
// methods may be called from several goroutines.
//
// Go-smtp's client speaks the protocol below it, as it returns the answer to the
// final dot apart from all others, and sends a message as it is.
type Sender struct{ cfg SMTP }

// NewSender checks a configuration. Nothing is dialled and no file is read.
func NewSender(cfg SMTP) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("SMTP server: %w", err)
	}
	return &Sender{cfg: cfg}, nil
}

func (c SMTP) check() error {
	if c.Port < 1 || c.Port > 65535 {
		return fmt.Errorf("port %d is none; mail is handed in at 465, with STARTTLS at 587", c.Port)
	}
	user, secret := c.User, c.Secret
	if user == "" && c.TLS == NoTLS { // a mail server on this machine asks for no name
		user, secret = "nobody", func(context.Context) (string, error) { return "", nil }
	}
	return Config{Host: c.Host, Port: c.Port, TLS: c.TLS, User: user, Secret: secret, Auth: c.Auth}.check()
}

// The waits of RFC 5321 4.5.3.2.
const (
	commandWait = 5 * time.Minute  // for the greeting and for the answer to a command
	blockWait   = 3 * time.Minute  // for a block of the message to be taken
	finalWait   = 10 * time.Minute // for the answer to the final dot
	quitWait    = 5 * time.Second  // nothing hangs on the answer to QUIT
)

// Send hands in one message, in one attempt, and says what is known of it; the
// error is nil only when it was accepted. Either all recipients get it or none:
// where one is refused, nothing is sent, and Sent.Recipient says which.
//
// A failure to reach the server, also one that is refused by it, or to sign in is
// SendLater: the message is not to blame. The error is then a SignInError or CertificateError if a person has to
// mend something, and to try again soon could lock the account. When ctx ends
// before the end of the message has been sent, it was not sent; after that the
// outcome is SendUnknown, and the message must not be sent again by a program.
func (s *Sender) Send(ctx context.Context, from string, to []string, msg []byte) (Sent, error) {
	env, err := sealEnvelope(from, to, msg)
	if err != nil {
		return Sent{Outcome: SendRefused}, fmt.Errorf("sending a message by %s: %w; nothing was sent", s.cfg.Host, err)
	}
	dialCtx, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	conn, err := s.dial(dialCtx)
	if err != nil {
		if dialCtx.Err() != nil {
			err = context.Cause(dialCtx)
		}
		return s.notSent(ctx, Sent{}, connecting, err)
	}
	return s.submit(ctx, conn, env)
}

// envelope is what is to be sent, and to whom.
type envelope struct {
	from  string
	to    []string
	msg   []byte // with CRLF alone, without NUL
	utf8  bool   // an address needs SMTPUTF8 (RFC 6531)
	eight bool   // the message needs 8BITMIME (RFC 6152)
}

// sealEnvelope checks the addresses, which become commands, by the rules by which
// they were written. An empty from is the null sender.
func sealEnvelope(from string, to []string, msg []byte) (envelope, error) {
	env := envelope{msg: canonical(msg), eight: !isASCII(msg)}
	recipients, err := outbound(to)
	if err != nil {
		return env, err
	}
	if len(recipients) == 0 || len(recipients) > maxRecipients {
		return env, fmt.Errorf("it has %d recipients; from 1 to %d are possible", len(recipients), maxRecipients)
	}
	if from != "" {
		sender, err := outboundAddress("", from)
		if err != nil {
			return env, fmt.Errorf("the sender: %w", err)
		}
		env.from = sender.envelope
		env.utf8 = !isASCII([]byte(env.from))
	}
	for _, r := range recipients {
		env.to = append(env.to, r.envelope)
		env.utf8 = env.utf8 || !isASCII([]byte(r.envelope))
	}
	return env, nil
}

// submit speaks with a server on a connection that is safe by now, and closes it.
//
// After Data, nothing but the message may be sent before its end: any command,
// QUIT too, would make go-smtp write the final dot below half a message. So a
// failure there only closes the connection.
func (s *Sender) submit(ctx context.Context, conn net.Conn, env envelope) (Sent, error) {
	w := &wire{Conn: conn}
	client := smtp.NewClient(w)
	client.CommandTimeout, client.SubmissionTimeout = commandWait, finalWait
	defer client.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	if sent, stage, err := s.announce(ctx, client, addressLiteral(conn), env); err != nil {
		return s.notSent(ctx, sent, stage, err)
	}
	data, err := client.Data()
	if err != nil {
		return s.notSent(ctx, Sent{}, "asking to send the message (DATA)", err)
	}
	if _, err := data.Write(env.msg); err != nil {
		return s.notSent(ctx, Sent{}, "sending the message", err)
	}
	if err := ctx.Err(); err != nil {
		return s.notSent(ctx, Sent{}, "sending the message", err)
	}
	answer, err := data.CloseWithResponse()
	if err != nil {
		return s.judge(ctx, w, err)
	}
	client.CommandTimeout = quitWait
	_ = client.Quit() // the message is the server's now, whatever comes of this
	return Sent{Outcome: SendAccepted, Code: "250", Reply: tellable(answer.StatusText)}, nil
}

// announce says who sends what to whom. The string is what was being done when
// an error occurred.
func (s *Sender) announce(ctx context.Context, client *smtp.Client, us string, env envelope) (Sent, string, error) {
	if err := client.Hello(us); err != nil {
		return Sent{}, greeting, err
	}
	if err := s.signIn(ctx, client); err != nil {
		return Sent{}, "signing in", err
	}
	if err := env.fits(client); err != nil {
		return Sent{Outcome: SendRefused}, "looking at what the server can do", err
	}
	if err := client.Mail(env.from, &smtp.MailOptions{UTF8: env.utf8, Size: int64(len(env.msg))}); err != nil {
		return Sent{}, "naming the sender (MAIL)", err
	}
	for i, to := range env.to {
		if err := client.Rcpt(to, nil); err != nil {
			return Sent{Recipient: i + 1}, fmt.Sprintf("naming recipient %d of %d (RCPT)", i+1, len(env.to)), err
		}
	}
	return Sent{}, "", nil
}

// fits compares the message with what the server offers.
func (env envelope) fits(client *smtp.Client) error {
	if largest, ok := client.MaxMessageSize(); ok && largest > 0 && len(env.msg) > largest {
		return fmt.Errorf("the message has %d bytes and the server takes %d at most", len(env.msg), largest)
	}
	if ok, _ := client.Extension("SMTPUTF8"); env.utf8 && !ok {
		return errors.New("an address has letters beyond ASCII before the @, and the server cannot handle them (SMTPUTF8)")
	}
	if ok, _ := client.Extension("8BITMIME"); env.eight && !ok {
		return errors.New("the message has 8-bit text and the server takes only 7-bit text (8BITMIME)")
	}
	return nil
}

// What is done before the server has heard anything of the message.
const (
	connecting = "connecting"
	greeting   = "greeting"
)

// notSent reports a failure before the end of the message was sent. It is for
// ever where the server says so (5yz), or where sent.Outcome has it already;
// greeting, signing in and TLS are never the message's fault: a server that is being
// worked on may greet with 554 (RFC 5321 3.1).
func (s *Sender) notSent(ctx context.Context, sent Sent, stage string, err error) (Sent, error) {
	var refusal *SignInError
	var reply *smtp.SMTPError
	if sent.Outcome == SendUnknown {
		sent.Outcome = SendLater
	}
	switch {
	case errors.As(err, &refusal):
	case errors.As(err, &reply):
		sent.Code, sent.Reply = codeOf(reply), tellable(reply.Message)
		if reply.Code >= 500 && reply.Code < 600 && stage != connecting && stage != greeting {
			sent.Outcome = SendRefused
		}
		err = fmt.Errorf("the server answered %s", sent.Code) // its words may hold addresses
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return sent, fmt.Errorf("sending a message by %s: %s: %w; nothing was sent", s.cfg.Host, stage, err)
}

// judge reports what an error after the final dot means (RFC 5321 4.2.1). Only a
// refusal, or a connection that did not take the last bytes, tells that the
// message was not sent.
func (s *Sender) judge(ctx context.Context, w *wire, err error) (Sent, error) {
	const stage = "waiting for the answer to the whole message"
	var reply *smtp.SMTPError
	switch {
	case errors.As(err, &reply) && reply.Code >= 200 && reply.Code < 300:
		return Sent{Outcome: SendAccepted, Code: codeOf(reply), Reply: tellable(reply.Message)}, nil
	case errors.As(err, &reply) && reply.Code >= 400 && reply.Code < 600:
		return s.notSent(ctx, Sent{}, stage, err)
	case errors.As(err, &reply):
		err = fmt.Errorf("the server answered %s, which means nothing here", codeOf(reply))
	case w.broken:
		return s.notSent(ctx, Sent{}, "sending the end of the message", err)
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return Sent{Outcome: SendUnknown}, fmt.Errorf("sending a message by %s: %s: %w. It may have been sent, and will not be sent again; "+
		"look whether it is among the sent mail, or ask the recipient", s.cfg.Host, stage, err)
}

func codeOf(reply *smtp.SMTPError) string {
	code := fmt.Sprint(reply.Code)
	if e := reply.EnhancedCode; e[0] > 0 {
		code += fmt.Sprintf(" %d.%d.%d", e[0], e[1], e[2])
	}
	return code
}

// tellable makes one short line of a server's words.
func tellable(words string) string {
	const longest = 300
	return firstRunes(printable(strings.ReplaceAll(words, "\n", " ")), longest)
}

// maxHeard bounds what a server may say in all; the longest offers have a few KB.
const maxHeard = 1 << 20

// wire is a connection to a server that is not trusted to be brief. One goroutine
// uses it.
type wire struct {
	net.Conn
	heard  int
	broken bool // a Write failed: what it was given has not wholly left
}

func (w *wire) Read(b []byte) (int, error) {
	if w.heard > maxHeard {
		return 0, errors.New("the server talks without end")
	}
	n, err := w.Conn.Read(b)
	w.heard += n
	return n, err
}

// Write sets its own deadline, as go-smtp sets none for a message.
func (w *wire) Write(b []byte) (int, error) {
	err := w.Conn.SetWriteDeadline(time.Now().Add(blockWait))
	n := 0
	if err == nil {
		crashpoint.Here("smtp")
		n, err = w.Conn.Write(b)
		crashpoint.Here("smtp")
	}
	w.broken = w.broken || err != nil
	return n, err
}
