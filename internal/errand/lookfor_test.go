package errand

import (
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Each mail of ours can be looked for before it is sent, by the Message-ID that it will
// have whenever it is sent. What was redirected has none of its own.
func TestWhatMayHaveBeenSentCanBeLookedFor(t *testing.T) {
	for name, test := range map[string]struct {
		op      mailbox.Op
		raw     string
		unnamed bool
		kept    bool // a copy belongs into the folder for sent mail
	}{
		"a forward":                  {op: mailbox.Op{Do: "forward", Arg: "ben@other.example"}, kept: true},
		"a redirect":                 {op: mailbox.Op{Do: "redirect", Arg: "ben@other.example"}, unnamed: true},
		"a reply":                    {op: mailbox.Op{Do: "reply", With: map[string]string{"text": "Hello\n"}}, raw: personal, kept: true},
		"an answer":                  {op: mailbox.Op{Do: "respond", Arg: "accept"}, raw: request, kept: true},
		"a note to the assistant":    {op: mailbox.Op{Do: "notify", Arg: "assistant", With: map[string]string{"text": "Hello"}}, kept: true},
		"a note to the own address":  {op: mailbox.Op{Do: "notify", Arg: "executive", With: map[string]string{"text": "Hello"}}},
		"a note to an own and other": {op: mailbox.Op{Do: "notify", Arg: "ben@other.example, dana@acme.example", With: map[string]string{"text": "Hello"}}},
	} {
		o := &outbox{}
		d := deskWith(t, o)
		d.Assistant, d.Executive = "sam@acme.example", "dana@acme.example"
		e := mailbox.Errand{Key: "k", Op: test.op, Raw: raw(""), Now: time.Date(2026, 12, 8, 9, 0, 0, 0, time.UTC), Doubt: true}
		if test.raw != "" {
			e.Raw = []byte(strings.ReplaceAll(test.raw, "\n", "\r\n"))
		}
		looked := d.Do(t.Context(), e)
		if looked.Result != mailbox.Unknown || len(o.got) > 0 || (looked.LetterID == "") != test.unnamed {
			t.Errorf("%s: in doubt it is %s with the id %q, and %d were sent", name, looked.Result, looked.LetterID, len(o.got))
		}
		e.Doubt, e.Now = false, e.Now.Add(time.Hour)
		sent := d.Do(t.Context(), e)
		if sent.Result != mailbox.Done || len(o.got) != 1 || sent.LetterID != looked.LetterID || (sent.Letter != nil) != test.kept {
			t.Errorf("%s: %s (%s) with the id %q, not %q; kept: %t", name, sent.Result, sent.Reason, sent.LetterID, looked.LetterID, sent.Letter != nil)
			continue
		}
		if !test.unnamed && !strings.Contains(o.got[0], "Message-Id: <"+sent.LetterID+">") {
			t.Errorf("%s: another id is in\n%s", name, o.got[0])
		}
	}
}

const personal = `From: Ben <ben@partner.example>
To: dana@acme.example
Subject: Are you there?
Message-ID: <p1@partner.example>
Date: Tue, 08 Dec 2026 08:00:00 +0000
Content-Type: text/plain

Hello
`
