package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// writesLetters lets the account of a desk write letters to the executive.
func writesLetters(c *engine.Config) {
	c.Letters = &engine.Letters{At: 6*60 + 30, Evening: 17*60 + 30, To: []string{"dana@acme.example"}, Language: "en"}
}

const gistRules = `version: 1
timezone: Europe/London
rules:
  - name: Guard
    when: subject contains "secret project"
    never: [summarize]
  - name: Discreet
    when: subject contains "hidden"
    do: {summarize: {section: Staff, show: hidden}}
  - name: By its subject
    when: subject contains "sober"
    do: {summarize: {section: Staff, show: subject only}}
  - name: Papers
    when: subject contains "board"
    do: {summarize: {section: Board, lines: 1}}
  - name: News
    when: subject contains "weekly"
    do: [{digest: friday}, {archive: yes}]
  - name: Waste
    when: subject contains "lottery"
    do: {junk: yes}
`

// gistMail is a message with these fields and this text; received, in these tests,
// on Tuesday, 8 December 2026.
func gistMail(fields, text string) string {
	if !strings.Contains(fields, "From:") {
		fields = "From: Ben Miller <ben@partner.example>\n" + fields
	}
	if !strings.Contains(fields, "Content-Type:") {
		fields += "Content-Type: text/plain; charset=utf-8\n"
	}
	return eml("gist", fields+"To: dana@acme.example\nMessage-ID: <gist@partner.example>\nDate: Tue, 08 Dec 2026 10:00:00 +0000\n\n"+text+"\n")
}

var gistReceived = time.Date(2026, 12, 8, 10, 0, 0, 0, time.UTC)

func gistNow() time.Time { return gistReceived }

// atGists has letters written on the day of that mail, on whichever day this runs: later on
// it would be older than the first run.
func atGists(c *engine.Config) {
	writesLetters(c)
	c.Now = gistNow
}

// gistLine is what a gist says, in a line a thing.
func gistLine(g store.Gist) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s <%s>: %s\n", g.Name, g.From, g.Subject)
	say := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%s: %s\n", what, text)
		}
	}
	say("text", g.Text)
	for _, ask := range g.Asks {
		say("asks", ask)
	}
	for _, p := range g.Promises {
		say("promises", strings.TrimSpace(p.Text+" "+dayIn(p.Due)))
	}
	say("deadline", dayIn(g.Deadline))
	say("files", strings.Join(g.Files, ", "))
	if g.Outgoing {
		say("from", "us")
	}
	if g.Wanted {
		say("wanted", "by the model")
	}
	if g.ByModel {
		say("written", "by the model")
	}
	return strings.TrimSpace(b.String())
}

func dayIn(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("[Mon 2 Jan 15:04]")
}

// gists are all that are kept.
func (d *desk) gists() []store.Gist {
	d.Helper()
	d.take()
	all, err := d.journal.GistsSince(d.Context(), user, time.Time{})
	if err != nil {
		d.Fatal(err)
	}
	return all
}

func (d *desk) gistLines() string {
	var lines []string
	for _, g := range d.gists() {
		lines = append(lines, gistLine(g))
	}
	return strings.Join(lines, "\n--\n")
}

var gistCases = []struct {
	name, folder, fields, text, want string
}{
	{
		"of what a person wrote: what it says, asks and promises, by when, and its files", "INBOX",
		"Subject: Lease\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n",
		"--b\nContent-Type: text/plain\n\nHi Dana,\n\nthe lease of the Leeds office is ready. Could you send me the signed\ncopy by Friday? I'll forward the annexes, all of them, some time on next\nThursday.\n\nBest\nBen\n" +
			"--b\nContent-Type: application/pdf; name=\"Lease.pdf\"\nContent-Disposition: attachment; filename=\"Lease.pdf\"\n\nx\n" +
			"--b\nContent-Type: image/png; name=\"logo.png\"\nContent-Disposition: inline; filename=\"logo.png\"\n\nx\n" +
			"--b\nContent-Type: application/pgp-signature; name=\"signature.asc\"\n\nx\n--b--",
		`Ben Miller <ben@partner.example>: Lease
text: The lease of the Leeds office is ready. Could you send me the signed copy by Friday? I'll forward the annexes, all of them, some time on next Thursday.
asks: Could you send me the signed copy by Friday?
promises: I'll forward the annexes, all of them, some time on next Thursday. [Thu 17 Dec 00:00]
deadline: [Fri 11 Dec 00:00]
files: Lease.pdf`,
	},
	{
		"a name is made of the address where there is none", "INBOX", "From: zoe.van-dyk+work@partner.example\nSubject: Dinner\n", "Dinner is at eight.",
		"Zoe Van Dyk <zoe.van-dyk+work@partner.example>: Dinner\ntext: Dinner is at eight.",
	},
	{
		"auf Deutsch, mit Frist", "INBOX", "Subject: Zahlen\n", "Sehr geehrte Frau Whitfield,\n\nich schicke Ihnen die Zahlen bis Freitag. Könnten Sie den Vertrag bis zum 15. Dezember unterschreiben?",
		"Ben Miller <ben@partner.example>: Zahlen\ntext: Ich schicke Ihnen die Zahlen bis Freitag. Könnten Sie den Vertrag bis zum 15. Dezember unterschreiben?\n" +
			"asks: Könnten Sie den Vertrag bis zum 15. Dezember unterschreiben?\npromises: Ich schicke Ihnen die Zahlen bis Freitag. [Fri 11 Dec 00:00]\ndeadline: [Fri 11 Dec 00:00]",
	},
	{
		"as long as the rule wants it", "INBOX", "Subject: board papers\n",
		"The board meets on Monday in Leeds. Please read the two papers before Sunday. We expect a long debate on the budget of 3 million pounds. The chair will not come.",
		"Ben Miller <ben@partner.example>: board papers\ntext: Please read the two papers before Sunday.\nasks: Please read the two papers before Sunday.\ndeadline: [Sun 13 Dec 00:00]",
	},
	{
		"of what the executive sent: the promises", "Sent", "From: Dana <dana@acme.example>\nSubject: Numbers\n", "I'll send you the numbers tomorrow.",
		"Dana <dana@acme.example>: Numbers\ntext: I'll send you the numbers tomorrow.\npromises: I'll send you the numbers tomorrow. [Wed 9 Dec 00:00]\nfrom: us",
	},
	{
		"of what a program wrote and a rule collects: no promises", "INBOX", "From: News <news@shop.example>\nSubject: weekly offers\nList-Unsubscribe: <https://shop.example>\n",
		"Chairs cost 90 EUR this week. We will send you a catalogue tomorrow.",
		"News <news@shop.example>: weekly offers\ntext: Chairs cost 90 EUR this week. We will send you a catalogue tomorrow.",
	},
	{
		"not what answers a letter, though somebody quotes it", "INBOX", "Subject: Fwd: Tue 8 Dec\n", "I have answered it with foredesk accept 1 [fd-ABCDEFGHIJKLMNOPQRSTUVWXYZ] on Monday.",
		"Ben Miller <ben@partner.example>: Fwd: Tue 8 Dec\ntext: I have answered it with foredesk accept 1 [fd-…] on Monday.",
	},
	{"none of what a program wrote and no rule wants", "INBOX", "From: News <news@shop.example>\nSubject: offers\nList-Unsubscribe: <https://shop.example>\n", "Chairs cost 90 EUR this week.", ""},
	{"none of a confidential message", "INBOX", "Subject: board papers\nSensitivity: Private\n", "The chair resigns on Monday.", ""},
	{"none where a rule forbids summaries", "INBOX", "Subject: board of the secret project\n", "We buy them on Monday.", ""},
	{"none where a rule says to hide it", "INBOX", "Subject: hidden\n", "I'll sue you tomorrow.", ""},
	{"no words where a rule says to show the subject only", "INBOX", "Subject: sober\n", "Could you call me? I'll sue you tomorrow.", "Ben Miller <ben@partner.example>: sober"},
	{"none of what goes into the junk", "INBOX", "Subject: lottery\n", "I will send you a million tomorrow.", ""},
	{"none of what the executive sent to themself", "INBOX", "From: dana@acme.example\nSubject: Milk\n", "I'll buy milk tomorrow.", ""},
	{"none of an automatic answer that was sent", "Sent", "From: dana@acme.example\nSubject: Away\nAuto-Submitted: auto-replied\n", "I'll answer you on Monday.", ""},
}

func TestWhatIsKeptOfAMessage(t *testing.T) {
	t.Parallel()
	for _, c := range gistCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, startMemory(t, ""), sqlite(t), gistRules)
			d.configure = atGists
			h := d.hand(t)
			h.make("Sent")
			d.runOnce()
			h.put(c.folder, gistMail(c.fields, c.text), gistReceived)
			h.close()
			d.runOnce()
			if got := d.gistLines(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// apply goes over old mail: what rules put into letters is kept, and no more.
func TestWhatIsKeptOfOldMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), gistRules)
	d.configure = writesLetters
	h := d.hand(t)
	h.put("INBOX", gistMail("Subject: board papers\n", "Please read the two papers before Sunday."), gistReceived)
	h.put("INBOX", gistMail("Subject: Dinner\n", "Dinner is at eight."), gistReceived)
	h.close()
	if _, err := d.take().Apply(t.Context(), engine.ApplyArgs{Folders: []string{"INBOX"}}, nil); err != nil {
		t.Fatal(err)
	}
	if got := d.gistLines(); !strings.HasPrefix(got, "Ben Miller <ben@partner.example>: board papers\ntext: Please read") || strings.Contains(got, "Dinner") {
		t.Errorf("what is kept: %s", got)
	}
}

// followed is a Mail that notes for what messages are read.
type followed struct {
	engine.Mail
	needs *rules.Needs
}

func (f followed) Follow(set *rules.Set, needs rules.Needs) {
	*f.needs = needs
	f.Mail.Follow(set, needs)
}

// An account without letters reads what its rules look at, and keeps nothing else.
func TestWithoutLettersNothingIsKept(t *testing.T) {
	t.Parallel()
	for _, letters := range []bool{false, true} {
		d := newDesk(t, startMemory(t, ""), sqlite(t), "version: 1\nrules: [{name: Papers, when: 'subject contains \"board\"', do: {flag: red}}]\n")
		var read rules.Needs
		d.configure = func(c *engine.Config) {
			c.Mail = followed{c.Mail, &read}
			c.Now = gistNow
			if letters {
				writesLetters(c)
			}
		}
		h := d.hand(t)
		d.runOnce()
		h.put("INBOX", gistMail("Subject: board papers\n", "Please read them."), gistReceived)
		h.close()
		d.runOnce()
		if read.Text != letters || read.History != letters || read.Found != letters || len(d.gists()) > 0 != letters {
			t.Errorf("with letters %t: read for %+v, %d kept", letters, read, len(d.gists()))
		}
		d.leave()
	}
}

// What a model has said, or a person may have read, is not written anew.
func TestAMessageThatCameBackKeepsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), gistRules)
	d.configure = atGists
	h := d.hand(t)
	h.make("Board")
	d.runOnce()
	h.put("INBOX", gistMail("Subject: board papers\n", "Please read the two papers before Sunday."), gistReceived)
	d.runOnce()
	d.sql("UPDATE gists SET body = '{\"text\":\"kept\",\"by_model\":true}'")
	h.move("gist", "INBOX", "Board")
	h.move("gist", "Board", "INBOX")
	h.close()
	d.runOnce()
	if all := d.gists(); len(all) != 1 || all[0].Text != "kept" {
		t.Errorf("%+v", all)
	}
}
