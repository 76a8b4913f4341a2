package mail

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// invitation is a calendar part with a request of this title.
func invitation(title string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:" + title + "\nDTSTAMP:20261201T080000Z\nSEQUENCE:1\n" +
		"DTSTART;TZID=Europe/Paris:20261215T100000\nDTEND;TZID=Europe/Paris:20261215T113000\nSUMMARY:" + title + "\nLOCATION:Hall 2\n" +
		"ORGANIZER;CN=\"Moore, Pat\":mailto:pat@board.example\nATTENDEE;CN=Dana;RSVP=TRUE:mailto:dana@acme.example\nATTENDEE:mailto:lee@acme.example\n" +
		"END:VEVENT\nEND:VCALENDAR\n"
}

const inviteHead = "From: Pat <pat@board.example>\nTo: dana@acme.example\nSubject: Invitation: Board\nMessage-ID: <i1@board.example>\n" +
	"Date: Mon, 07 Dec 2026 10:00:00 +0000\nMIME-Version: 1.0\n"

// calendarPartOf is a part with an invitation of this title.
func calendarPartOf(header, title string) string { return header + "\n\n" + invitation(title) }

func encoded(header, title string) string {
	text := base64.StdEncoding.EncodeToString([]byte(invitation(title)))
	var lines []string
	for chunk := range slices.Chunk([]byte(text), 76) {
		lines = append(lines, string(chunk))
	}
	return header + "\nContent-Transfer-Encoding: base64\n\n" + strings.Join(lines, "\n") + "\n"
}

// inviteCases are promises about which part of a message is its invitation.
var inviteCases = []struct {
	name, body string
	want       string // title, or "" for none
	odd        string
}{
	{"the alternative with a method", multipart("alternative", "b", plainPart, htmlPart, calendarPartOf("Content-Type: text/calendar; method=REQUEST", "one")), "one", ""},
	{
		"the alternative with a method wins over the file before it",
		multipart("mixed", "m", encoded("Content-Type: application/ics; name=invite.ics\nContent-Disposition: attachment", "file"),
			multipart("alternative", "b", plainPart, calendarPartOf("Content-Type: text/calendar; charset=utf-8; method=REQUEST", "one"))), "one", "",
	},
	{
		"and over a part without one",
		multipart("mixed", "m", calendarPartOf("Content-Type: text/calendar", "other"), calendarPartOf("Content-Type: text/calendar; METHOD=REQUEST", "one")), "one", "",
	},
	{"the first of several", multipart("mixed", "m", encoded("Content-Type: text/calendar; method=REQUEST", "one"), encoded("Content-Type: text/calendar; method=REQUEST", "two")), "one", ""},
	{"a message that is nothing else", calendarPartOf("Content-Type: text/calendar; method=REQUEST; charset=utf-8", "one"), "one", ""},
	{"a file called .ics of any type", multipart("mixed", "m", plainPart, encoded("Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"Meet.ICS\"", "one")), "one", ""},
	{"application/ics", multipart("mixed", "m", plainPart, encoded("Content-Type: application/ics", "one")), "one", ""},
	{"a calendar in an attached message is another's", multipart("mixed", "m", plainPart, "Content-Type: message/rfc822\n\n"+calendarPartOf("Content-Type: text/calendar; method=REQUEST", "one")), "", ""},
	{"a file without METHOD", multipart("mixed", "m", plainPart, strings.Replace(calendarPartOf("Content-Type: text/calendar; name=a.ics", "one"), "METHOD:REQUEST\n", "", 1)), "", ""},
	{"no calendar", multipart("mixed", "m", plainPart, csvPart), "", ""},
	{
		"another character set",
		strings.Replace(calendarPartOf("Content-Type: text/calendar; method=REQUEST; charset=iso-8859-1", "one"), "SUMMARY:one", "SUMMARY:Caf\xe9", 1), "Café", "",
	},
	{
		"a time in doubt makes none", strings.Replace(calendarPartOf("Content-Type: text/calendar; method=REQUEST", "one"), "Europe/Paris", "Head Office", 1),
		"", `the DTSTART in line 8: the zone "Head Office" is not known`,
	},
	{
		"one that is too large makes none", strings.Replace(calendarPartOf("Content-Type: text/calendar; method=REQUEST", "one"), "END:VEVENT", strings.Repeat("X-PAD:"+strings.Repeat("x", 90)+"\n", 12_000)+"END:VEVENT", 1),
		"", "its calendar part is larger than 1024 KiB",
	},
}

func checkInvite(t *testing.T, m mailbox.Message, want, odd string) {
	t.Helper()
	in := m.Item.Invite
	if in.Present != (want != "") || in.Title.String() != want || odd == "" && m.Odd != "" || !strings.Contains(m.Odd, odd) {
		t.Errorf("the invitation is %q (%t), odd: %q", in.Title, in.Present, m.Odd)
	}
	if want != "" && (in.Method != "request" || in.Organizer.Email != "pat@board.example" || in.Response != "needsAction" || !in.Changed ||
		in.Start.UTC().Format(time.RFC3339) != "2026-12-15T09:00:00Z") {
		t.Errorf("%+v", in)
	}
}

func TestTheInvitationOfAFile(t *testing.T) {
	for _, tt := range inviteCases {
		t.Run(tt.name, func(t *testing.T) {
			m, err := ReadFile(strings.NewReader(inviteHead+tt.body), testIdentity, testNow)
			if err != nil || m.Poison != "" {
				t.Fatal(err, m.Poison)
			}
			checkInvite(t, m, tt.want, tt.odd)
			inBounds(t, m)
		})
	}
}

// The same by parts, as they come from a server: the structure first.
func TestTheInvitationByParts(t *testing.T) {
	for _, tt := range inviteCases {
		t.Run(tt.name, func(t *testing.T) {
			message := strings.ReplaceAll(inviteHead+tt.body, "\n", "\r\n")
			plan := planBody(imapserver.ExtractBodyStructure(strings.NewReader(message)))
			body, fault := plan.read(func(i int) []byte {
				return imapserver.ExtractBodySection(strings.NewReader(message), plan.parts[i].section())
			})
			in, odd := testIdentity.invitation(&body, testNow)
			checkInvite(t, mailbox.Message{Item: rules.Item{Invite: in}, Odd: odd + fault}, tt.want, tt.odd)
		})
	}
}

// What is asked for is the calendar part and nothing else, and that only where the
// rules look at invitations.
func TestTheCalendarPartIsFetchedOnlyWhereRulesNeedIt(t *testing.T) {
	m := startMemory(t, nil)
	a := accountAt(t, m.addr, func(c *Config) { c.Identity = testIdentity })
	m.put("INBOX", strings.ReplaceAll(inviteHead+inviteCases[0].body, "\n", "\r\n"))
	m.put("INBOX", letter("plain", "plain"))
	for _, tt := range []struct {
		needs rules.Needs
		parts string // of the message with the invitation
	}{
		{rules.Needs{Structure: true}, ""},
		{rules.Needs{Structure: true, Text: true}, "1 2"},
		{rules.Needs{Invite: true}, "3"},
		{rules.Needs{Invite: true, Text: true}, "1 2 3"},
	} {
		before := len(m.sent.String())
		a.Needs(tt.needs)
		all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
		if len(all) != 2 || all[0].Item.Invite.Present != tt.needs.Invite || all[1].Item.Invite.Present {
			t.Errorf("%+v: %d messages, %+v", tt.needs, len(all), all[0].Item.Invite)
		}
		var parts []string
		for n := 1; n <= 3; n++ {
			if asked := fmt.Sprintf("BODY.PEEK[%d]", n); strings.Contains(strings.ReplaceAll(m.sent.String()[before:], "<0.", " <0."), asked) {
				parts = append(parts, fmt.Sprint(n))
			}
		}
		// The plain letter has part 1 alone, which is its text.
		if got := strings.Join(parts, " "); got != tt.parts {
			t.Errorf("%+v: parts %q were fetched, not %q", tt.needs, got, tt.parts)
		}
	}
}

func TestDovecotShowsInvitations(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			a := dovecotAccount(t, dovecot.Start(t, server.opts))
			a.cfg.Identity = testIdentity
			a.Needs(rules.Needs{Invite: true})
			for _, tt := range inviteCases {
				putDovecot(t, a, "INBOX", strings.ReplaceAll(inviteHead+tt.body, "\n", "\r\n"))
			}
			all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
			if len(all) != len(inviteCases) {
				t.Fatalf("there are %d messages", len(all))
			}
			for i, tt := range inviteCases {
				t.Run(tt.name, func(t *testing.T) { checkInvite(t, all[i], tt.want, tt.odd) })
			}
		})
	}
}
