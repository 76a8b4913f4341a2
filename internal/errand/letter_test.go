package errand

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

func agendaErrand(to, cc string) mailbox.Errand {
	return mailbox.Errand{
		Key: "dana\x00agenda/2026-12-08", Account: "dana", Now: time.Date(2026, 12, 8, 6, 30, 0, 0, time.UTC),
		Op: mailbox.Op{Kind: mailbox.Outside, Do: "letter", Arg: "agenda", With: map[string]string{"subject": "Tue 8 Dec", "text": "Six meetings.\n", "html": "<p>Six meetings.", "to": to, "cc": cc}},
	}
}

func TestALetterIsSentToItsReaders(t *testing.T) {
	for name, c := range map[string]struct {
		to, cc string
		got    []string
		kept   bool // a copy belongs into the folder for sent mail
	}{
		"to the own address, which has it then":        {"dana@acme.example", "", []string{"dana@acme.example"}, false},
		"by the words of the rules":                    {"executive", "assistant", []string{"dana@acme.example", "sam@acme.example"}, false},
		"to others alone, so that it is kept":          {"dana@home.example", "sam@acme.example", []string{"dana@home.example", "sam@acme.example"}, true},
		"with a copy to the own address, which has it": {"dana@home.example", "Dana@acme.example", []string{"dana@home.example", "Dana@acme.example"}, false},
	} {
		o := &outbox{}
		d := deskWith(t, o)
		d.Assistant = "sam@acme.example"
		out := d.Do(t.Context(), agendaErrand(c.to, c.cc))
		if out.Result != mailbox.Done || len(o.got) != 1 || !slices.Equal(o.to, c.got) || (out.Letter != nil) != c.kept {
			t.Errorf("%s: %s (%s), to %q, kept: %t", name, out.Result, out.Reason, o.to, out.Letter != nil)
			continue
		}
		for _, want := range []string{"Auto-Submitted: auto-generated", "multipart/alternative", "text/plain", "text/html", "Message-Id: <" + out.LetterID + ">", "X-Foredesk: letter"} {
			if !strings.Contains(o.got[0], want) {
				t.Errorf("%s: there is no %s in\n%s", name, want, o.got[0])
			}
		}
	}
}

func TestALetterInDoubtIsNotSentButCanBeLookedFor(t *testing.T) {
	o := &outbox{}
	d := deskWith(t, o)
	sent := d.Do(t.Context(), agendaErrand("dana@acme.example", ""))
	e := agendaErrand("dana@acme.example", "")
	e.Doubt = true
	again := d.Do(t.Context(), e)
	if again.Result != mailbox.Unknown || again.LetterID != sent.LetterID || sent.LetterID == "" || len(o.got) != 1 {
		t.Errorf("it is %s with the id %q, not %q, and %d letters were sent", again.Result, again.LetterID, sent.LetterID, len(o.got))
	}
}

func TestWhatALetterLacksIsNamed(t *testing.T) {
	for want, e := range map[string]mailbox.Errand{
		"smtp:":      agendaErrand("dana@acme.example", ""),
		"assistant:": agendaErrand("assistant", ""),
		"recipients": agendaErrand("", "dana@acme.example"),
	} {
		if out := desk().Do(t.Context(), e); out.Result != mailbox.Refused || !strings.Contains(out.Reason, want) {
			t.Errorf("%s (%s), which does not name %s", out.Result, out.Reason, want)
		}
	}
}
