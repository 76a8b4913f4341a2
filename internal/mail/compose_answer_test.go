package mail

import (
	"os"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

func readLetter(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAProgramAnswersPeopleAlone(t *testing.T) {
	const to, from = "To: dana@acme.example\r\n", "From: pat@board.example\r\n"
	for _, c := range []struct{ name, header, why string }{
		{"a person", to + from, ""},
		{"a person, to a second address of the account", "Cc: kim@x.example, D.W@acme.example\r\n" + from, ""},
		{"a person, with a detail", "To: dana+board@acme.example\r\n" + from, ""},
		{"Auto-Submitted: no", to + from + "Auto-Submitted: no\r\n", ""},
		{"a draft of another Foredesk that a person sent", to + from + "X-Foredesk: draft; seal=x\r\n", ""},
		{"a name like a role", to + "From: noreplyton@board.example\r\n", ""},
		{"Auto-Submitted: auto-replied", to + from + "Auto-Submitted: auto-replied\r\n", "RFC 3834"},
		{"Auto-Submitted with a comment", to + from + "Auto-Submitted: auto-generated (cron)\r\n", "RFC 3834"},
		{"Exchange's wish for no answer", to + from + "X-Auto-Response-Suppress: DR, OOF\r\n", "RFC 3834"},
		{"an old absence note", to + from + "X-Autoreply: yes\r\n", "RFC 3834"},
		{"the null sender", "Return-Path: <>\r\n" + to + from, "not delivered"},
		{"a delivery report", to + from + "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n", "not delivered"},
		{"a mailing list", to + from + "List-Id: <talk.lists.example>\r\n", "mailing list"},
		{"any List field", to + from + "List-Help: <mailto:x@y.example>\r\n", "mailing list"},
		{"Precedence: list", to + from + "Precedence: list\r\n", "mailing list"},
		{"Precedence: bulk", to + from + "Precedence: bulk\r\n", "many"},
		{"Precedence: junk", to + from + "Precedence: Junk\r\n", "many"},
		{"no-reply", to + "From: Shop <no-reply@shop.example>\r\n", "takes no answers"},
		{"no-reply in Reply-To", to + from + "Reply-To: donotreply@shop.example\r\n", "takes no answers"},
		{"mailer-daemon", to + "From: MAILER-DAEMON@x.example\r\n", "not delivered"},
		{"a list's owner", to + "From: owner-talk@lists.example\r\n", "takes no answers"},
		{"a list's request address", to + "From: talk-request@lists.example\r\n", "takes no answers"},
		{"a bounce address as return path", "Return-Path: <talk-bounces@lists.example>\r\n" + to + from, "takes no answers"},
		{"postmaster", to + "From: postmaster@x.example\r\n", "takes no answers"},
		{"our own", to + "From: D.W@acme.example\r\n", "account itself"},
		{"sent for us", to + from + "Sender: dana@acme.example\r\n", "account itself"},
		{"a Foredesk's note", to + from + "X-Foredesk: note; seal=x\r\n", "Foredesk"},
		{"X-Loop", to + from + "X-Loop: someone@x.example\r\n", "X-Loop"},
		{"spam", to + from + "X-Spam-Flag: YES\r\n", "spam"},
		{"a forged sender", "Authentication-Results: mx.acme.example; dmarc=fail header.from=board.example; spf=fail smtp.mailfrom=board.example\r\n" + to + from, "forged"},
		{"not addressed to the account", "To: kim@x.example\r\n" + from, "not addressed"},
		{"to undisclosed recipients", "To: undisclosed-recipients:;\r\n" + from, "not addressed"},
		{"no sender", to, "no sender"},
		{"nothing", "", "no sender"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reason, ok := testAuthor.MayAnswer([]byte(c.header + "Subject: hush\r\n\r\nhi\r\n"))
			if ok != (c.why == "") || !strings.Contains(reason, c.why) || ok != (reason == "") {
				t.Errorf("%v, %q; want %q", ok, reason, c.why)
			}
			if strings.Contains(reason, "hush") || strings.Contains(reason, "pat@") {
				t.Errorf("the reason tells too much: %s", reason)
			}
			if c.why != "" {
				faulttest.Injected(t, "S11", 1)
			}
		})
	}
}
