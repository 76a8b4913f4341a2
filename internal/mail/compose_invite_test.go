package mail

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/invite"
)

// invited is a mail with an invitation, as a calendar sends it.
func invited(changes ...string) []byte {
	text := "From: Pat Moore <pat@board.example>\nSender: Calendar <calendar-notification@cal.example>\nTo: dana@acme.example\nAuto-Submitted: auto-generated\n" +
		"Subject: Invitation: Board\nMessage-ID: <i1@cal.example>\nDate: Mon, 07 Dec 2026 10:00:00 +0000\nMIME-Version: 1.0\n" +
		multipart("alternative", "b", plainPart, calendarPartOf("Content-Type: text/calendar; method=REQUEST", "Board"))
	return []byte(strings.ReplaceAll(strings.NewReplacer(changes...).Replace(text), "\n", "\r\n"))
}

// everyAnswer writes each kind of answer to an invitation.
func everyAnswer(original []byte) map[string]func() (Letter, error) {
	write := func(answer invite.Answer) func() (Letter, error) {
		return func() (Letter, error) { return testAuthor.InviteReply(testStamp, original, answer) }
	}
	at := time.Date(2026, 12, 16, 9, 0, 0, 0, time.UTC)
	return map[string]func() (Letter, error){
		"respond-accept":  write(invite.Answer{Response: "accept"}),
		"respond-decline": write(invite.Answer{Response: "decline", Comment: "Away that day.\nWednesday at 10 would do."}),
		"respond-propose": write(invite.Answer{Response: "tentative", Start: at, End: at.Add(time.Hour)}),
	}
}

func TestAnswersToInvitationsReadAsTheyShould(t *testing.T) {
	for kind, write := range everyAnswer(invited()) {
		t.Run(kind, func(t *testing.T) {
			l, err := write()
			if err != nil {
				t.Fatal(err)
			}
			sound(t, l)
			file := filepath.Join("testdata", "compose", kind+".eml")
			got := fmt.Sprintf("envelope: %s -> %s\n\n%s", l.From, strings.Join(l.To, ", "), bytes.ReplaceAll(l.Raw, []byte("\r\n"), []byte("\n")))
			if *updateLetters {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; run: go test ./internal/mail -run TestAnswersToInvitations -update", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What we write, a program that reads invitations understands: ours, for one.
func TestAnAnswerIsUnderstood(t *testing.T) {
	pat := Identity{Account: "pat", Address: []string{"pat@board.example"}}
	for kind, want := range map[string]string{"respond-accept": "reply accepted", "respond-decline": "reply declined", "respond-propose": "counter "} {
		l, err := everyAnswer(invited())[kind]()
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadFile(bytes.NewReader(l.Raw), pat, testNow)
		in := m.Item.Invite
		if got := in.Method + " " + in.Response; err != nil || got != want || in.UID != "Board" || in.Sequence != 1 || m.Item.Kind != "invite" || in.Attendees[0].Email != "dana@acme.example" {
			t.Errorf("%s: %v, %+v, %s", kind, err, in, m.Odd)
		}
		if _, err := testAuthor.InviteReply(testStamp, l.Raw, invite.Answer{Response: "accept"}); !errors.Is(err, ErrLoop) {
			t.Errorf("%s can be answered: %v", kind, err)
		}
	}
}

func TestInvitationsThatAreNotAnswered(t *testing.T) {
	for rule, test := range map[string]struct {
		original []byte
		want     string
		loop     bool
	}{
		"a cancellation":               {invited("METHOD:REQUEST", "METHOD:CANCEL"), "it is a CANCEL", false},
		"a reply":                      {invited("METHOD:REQUEST", "METHOD:REPLY"), "it is a REPLY", false},
		"an organizer without address": {invited("mailto:pat@board.example", "urn:uuid:1"), "organizer has no mail address", false},
		"an organizer that is none":    {invited("mailto:pat@board.example", "mailto:pat@[127.0.0.1]"), "its organizer: it is no address", false},
		"who is not invited":           {invited("mailto:dana@acme.example", "mailto:kim@acme.example"), "not among its guests", false},
		"no invitation":                {[]byte(plainOriginal), "there is no calendar part", false},
		"one in doubt":                 {invited("Europe/Paris", "Head Office"), "line ", false},
		"one's own":                    {invited("From: Pat Moore <pat@board.example>", "From: dana@acme.example"), "from the account itself", true},
		"a forged one": {
			invited("From:", "Authentication-Results: mx.acme.example; dmarc=fail header.from=board.example\nFrom:"), "probably forged", true,
		},
		"a bounce": {invited("From:", "Return-Path: <>\nX-Failed-Recipients: x@y.example\nFrom:", "Pat Moore <pat@board", "Mail Delivery <mailer-daemon@board"), "not delivered", true},
	} {
		l, err := testAuthor.InviteReply(testStamp, test.original, invite.Answer{Response: "accept"})
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrLoop) != test.loop || l.Raw != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// The answer comes from the address that was invited, whichever the mail was to.
func TestTheAnswerIsFromTheInvitedAddress(t *testing.T) {
	l, err := testAuthor.InviteReply(testStamp, invited("mailto:dana@acme.example", "mailto:D.W@acme.example"), invite.Answer{Response: "accept"})
	if err != nil || l.From != "d.w@acme.example" || !bytes.Contains(l.Raw, []byte("mailto:D.W@acme.example")) {
		t.Errorf("from %s: %v", l.From, err)
	}
}

// FuzzInviteReply holds that whatever is answered, the answer is a sound letter.
func FuzzInviteReply(f *testing.F) {
	f.Add(invited(), "Thank you")
	f.Add(invited("SUMMARY:Board", "SUMMARY:=?utf-8?q?=0D=0ABcc:_x@evil.example?="), "\r\n.\r\n")
	f.Add(invited("CN=\"Moore, Pat\"", "CN=\"a^nBcc: x\""), "a\x00b")
	f.Add(invited("pat@board.example", "=?utf-8?q?x?=@é.example"), "--b--")
	f.Fuzz(func(t *testing.T, original []byte, comment string) {
		at := testStamp.Date.Add(time.Hour)
		for _, answer := range []invite.Answer{
			{Response: "accept", Comment: comment}, {Response: "decline", Comment: comment, Start: at, End: at.Add(time.Hour)},
		} {
			if l, err := testAuthor.InviteReply(testStamp, original, answer); err == nil {
				sound(t, l)
			}
		}
	})
}
