package mail

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// mixed is a message with a text in two forms, an answer below a quote, and a
// text file.
func mixed(id string) string {
	table := base64.StdEncoding.EncodeToString([]byte("budget;12\n"))
	return strings.ReplaceAll("From: Pat <pat@board.example>\nTo: dana@acme.example\nSubject: Re: pack\nMessage-ID: <"+id+"@board.example>\n"+
		"Date: Tue, 08 Dec 2026 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n"+
		"--m\nContent-Type: multipart/alternative; boundary=a\n\n"+
		"--a\nContent-Type: text/plain; charset=utf-8\n\nPlease sign by Friday: https://sign.example/"+id+"\n\nOn Mon, Dana wrote:\n> the old words\n"+
		"--a\nContent-Type: text/html; charset=utf-8\n\n<p>Please sign by Friday</p>\n--a--\n"+
		"--m\nContent-Type: text/csv; name=plan.csv\nContent-Disposition: attachment; filename=plan.csv\nContent-Transfer-Encoding: base64\n\n"+table+"\n--m--\n", "\n", "\r\n")
}

func TestDovecotShowsTheTextOfEachMessage(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			a := dovecotAccount(t, dovecot.Start(t, server.opts))
			a.Needs(rules.Needs{Structure: true, Text: true, FileText: true, Found: true})
			putDovecot(t, a, "INBOX", mixed("one"))
			putDovecot(t, a, "INBOX", letter("two", "two"))
			putDovecot(t, a, "INBOX", mixed("three"))
			all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
			if len(all) != 3 {
				t.Fatalf("there are %d messages", len(all))
			}
			for i, id := range map[int]string{0: "one", 2: "three"} {
				item := all[i].Item
				item.Look()
				switch {
				case !strings.Contains(item.Text.String(), "Please sign"), strings.Contains(item.Text.String(), "old words"):
					t.Errorf("the new text of %s is %q", id, item.Text)
				case !strings.Contains(item.Full.String(), "old words"):
					t.Errorf("the whole text of %s is %q", id, item.Full)
				case len(item.Links) != 1 || item.Links[0].URL != "https://sign.example/"+id:
					t.Errorf("the links of %s are %v", id, item.Links)
				case len(item.Files) != 1 || !strings.Contains(item.Files[0].Text.String(), "budget;12"):
					t.Errorf("the files of %s are %v", id, item.Files)
				case !item.Found.Ask || len(item.Found.Deadlines) != 1:
					t.Errorf("in %s is found %+v", id, item.Found)
				}
			}
			if all[1].Item.Text.String() == "" {
				t.Error("a plain message has no text")
			}
		})
	}
}

func TestDovecotTellsHowFullTheMailboxIs(t *testing.T) {
	a := dovecotAccount(t, dovecot.Start(t, dovecot.Options{Quota: "100K"}))
	a.Needs(rules.Needs{Quota: true})
	putDovecot(t, a, "INBOX", letter("big", strings.Repeat("x", 30_000)))
	all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
	if q := all[0].Item.QuotaPercent; q < 20 || q > 60 {
		t.Errorf("a third of the mailbox is used, and quotaPercent is %v", q)
	}
}

// A whole message can be read, also where its UID is not known, and a draft that
// is put into its folder twice is there once.
func TestDovecotReadsWholeMessagesAndTakesADraftOnce(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			a := dovecotAccount(t, dovecot.Start(t, server.opts))
			putDovecot(t, a, "INBOX", mixed("one"))
			s := openSession(t, a)
			m := scan(t, s, "INBOX", mailbox.Query{})[0]
			for _, at := range []mailbox.Ref{m.Ref, {Folder: "INBOX"}} {
				raw, err := s.Raw(t.Context(), at, m.Key, m.MessageID)
				if err != nil || string(raw) != mixed("one") {
					t.Errorf("at %v: %d bytes, %v", at, len(raw), err)
				}
			}
			if raw, err := s.Raw(t.Context(), mailbox.Ref{Folder: "Nowhere"}, m.Key, m.MessageID); raw != nil || err != nil {
				t.Errorf("a message in a folder that is not there: %d bytes, %v", len(raw), err)
			}
			var places []mailbox.Ref
			for range 2 {
				at, err := s.Append(t.Context(), mailbox.Drafts, []string{`\Draft`}, time.Now(), []byte(letter("draft", "draft")), scanID(letter("draft", "draft")))
				if err != nil {
					t.Fatal(err)
				}
				places = append(places, at)
			}
			if drafts := scan(t, s, "Drafts", mailbox.Query{}); len(drafts) != 1 {
				t.Errorf("there are %d drafts after two attempts (%v)", len(drafts), places)
			}
		})
	}
}

// scanID is the Message-ID of a message, without brackets.
func scanID(raw string) string {
	_, rest, _ := strings.Cut(raw, "Message-ID: <")
	id, _, _ := strings.Cut(rest, ">")
	return id
}
