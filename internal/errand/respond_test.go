package errand

import (
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
)

const request = `From: Pat <pat@board.example>
To: dana@acme.example
Subject: Invitation
Message-ID: <i1@board.example>
MIME-Version: 1.0
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:board-7
DTSTART:20261215T090000Z
DTEND:20261215T100000Z
SUMMARY:Board
ORGANIZER:mailto:pat@board.example
ATTENDEE:mailto:dana@acme.example
END:VEVENT
END:VCALENDAR
`

// outbox is a mail server that says to each message what a test wants.
type outbox struct {
	mu     sync.Mutex
	answer error // nil takes it
	to     []string
	got    []string
}

func (o *outbox) NewSession(*smtp.Conn) (smtp.Session, error) { return o, nil }
func (o *outbox) Mail(string, *smtp.MailOptions) error        { return nil }
func (o *outbox) Rcpt(to string, _ *smtp.RcptOptions) error   { o.to = append(o.to, to); return nil }
func (o *outbox) Reset()                                      {}
func (o *outbox) Logout() error                               { return nil }
func (o *outbox) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.answer == nil {
		o.got = append(o.got, string(raw))
	}
	return o.answer
}

// deskWith is a desk that sends by an outbox.
func deskWith(t *testing.T, o *outbox) *Desk {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	server.Domain = "mail.acme.example"
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() { listener.Close(); server.Close(); served.Wait() })
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	d := desk()
	if d.Sender, err = mail.NewSender(mail.SMTP{Host: host, Port: number, TLS: "none"}); err != nil {
		t.Fatal(err)
	}
	return d
}

func respond(arg, text string, with map[string]string) mailbox.Errand {
	return mailbox.Errand{
		Key: "k", Raw: []byte(strings.ReplaceAll(text, "\n", "\r\n")), Now: time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC),
		Op: mailbox.Op{Do: "respond", Arg: arg, With: with},
	}
}

func TestAnInvitationIsAnsweredByMail(t *testing.T) {
	for rule, test := range map[string]struct {
		errand mailbox.Errand
		want   []string
	}{
		"accepted":     {respond("accept", request, nil), []string{"METHOD:REPLY", "PARTSTAT=3DACCEPTED", "Auto-Submitted: auto-replied", "Subject: Accepted: Board"}},
		"with a word":  {respond("decline", request, map[string]string{"comment": "Away"}), []string{"METHOD:REPLY", "PARTSTAT=3DDECLINED", "COMMENT:Away"}},
		"another time": {respond("tentative", request, map[string]string{"start": "2026-12-16T10:00:00+01:00", "end": "2026-12-16T11:00:00+01:00"}), []string{"METHOD:COUNTER", "DTSTART:20261216T090000Z"}},
	} {
		o := &outbox{}
		out := deskWith(t, o).Do(t.Context(), test.errand)
		if out.Result != mailbox.Done || len(o.got) != 1 || len(o.to) != 1 || o.to[0] != "pat@board.example" || out.LetterID == "" || len(out.Letter) == 0 {
			t.Errorf("%s: %s (%s), to %q", rule, out.Result, out.Reason, o.to)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(o.got[0], want) {
				t.Errorf("%s: there is no %s in\n%s", rule, want, o.got[0])
			}
		}
	}
}

func TestHowAnAnswerCanEnd(t *testing.T) {
	for want, answer := range map[mailbox.Result]error{
		mailbox.Later:   &smtp.SMTPError{Code: 451, Message: "later"},
		mailbox.Refused: &smtp.SMTPError{Code: 554, Message: "no"},
	} {
		if out := deskWith(t, &outbox{answer: answer}).Do(t.Context(), respond("accept", request, nil)); out.Result != want {
			t.Errorf("after %v it is %s (%s)", answer, out.Result, out.Reason)
		}
	}
	doubtful := respond("accept", request, nil)
	doubtful.Doubt = true
	o := &outbox{}
	if out := deskWith(t, o).Do(t.Context(), doubtful); out.Result != mailbox.Unknown || len(o.got) > 0 {
		t.Errorf("what may have been sent is %s, and was sent %d times", out.Result, len(o.got))
	}
}

// What can't be answered is refused with the reason, and nothing is sent.
func TestWhatIsNotAnsweredIsRefused(t *testing.T) {
	for rule, test := range map[string]struct {
		errand mailbox.Errand
		want   string
	}{
		"a reply":                 {respond("accept", strings.ReplaceAll(request, "REQUEST", "REPLY"), nil), "only a REQUEST is answered"},
		"a cancellation":          {respond("accept", strings.ReplaceAll(request, "REQUEST", "CANCEL"), nil), "only a REQUEST is answered"},
		"no address to answer to": {respond("accept", strings.Replace(request, "mailto:pat@board.example", "urn:uuid:1", 1), nil), "organizer has no mail address"},
		"who is not invited":      {respond("accept", strings.Replace(request, "mailto:dana", "mailto:kim", 1), nil), "not among its guests"},
		"no invitation":           {respond("accept", original, nil), "no calendar part"},
		"nobody is to be told":    {respond("decline", request, map[string]string{"tell": "false"}), "is not told"},
		"no time":                 {respond("decline", request, map[string]string{"start": "soon"}), "the start of the other time"},
		"no answer":               {respond("perhaps", request, nil), "accept, tentative or decline"},
	} {
		o := &outbox{}
		out := deskWith(t, o).Do(t.Context(), test.errand)
		if out.Result != mailbox.Refused || !strings.Contains(out.Reason, test.want) || len(o.got) > 0 {
			t.Errorf("%s: %s (%s)", rule, out.Result, out.Reason)
		}
	}
	if out := desk().Do(t.Context(), respond("accept", request, nil)); out.Result != mailbox.Refused || !strings.Contains(out.Reason, "smtp:") {
		t.Errorf("without a server: %s (%s)", out.Result, out.Reason)
	}
}
