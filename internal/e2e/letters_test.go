package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
)

const lettersRules = `version: 1
timezone: Europe/London
me: [dana@acme.example]
rules:
  - name: Board papers stay on top
    when: from.domain == "board.acme.example"
    do: [{file: Board}, {flag: red}, {agenda: Board}]
`

const lettersConfig = `version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none}
    smtp: {host: 127.0.0.1, port: %s, tls: none}
    agenda: {at: "23:59", days: Mon-Sun}
`

// The binary sends an agenda by SMTP, which arrives on Dovecot as a mail program can
// read it, once; and what its reader decides by a link is done.
func TestAnAgendaIsSentAndAnswered(t *testing.T) {
	server := dovecot.Start(t, dovecot.Options{})
	box := &mailbox{T: t, server: server}
	d := desk.Open(t, desk.Build(t), server, server.User, lettersRules)
	config := fmt.Sprintf(lettersConfig, server.Port(), server.User, server.PasswordFile(), box.serveSMTP())
	if err := os.WriteFile(filepath.Join(d.Dir, "foredesk.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d.Run(ctx, "run", "--once") // older mail would be left alone
	box.deliver("From: Alice Penrose <secretary@board.acme.example>\r\nTo: dana@acme.example\r\nSubject: Q3 pack\r\nMessage-ID: <pack@board.acme.example>\r\n\r\n" +
		"Dear Dana,\r\n\r\nthe final pack goes on the portal at noon.\r\n")
	d.Run(ctx, "run", "--once")
	box.holds("Board", "Q3 pack")

	d.Run(ctx, "agenda", "--send")
	letter := box.only("INBOX")
	text := partOf(t, letter, "text/plain")
	for what, holds := range map[string]bool{
		"the board's mail":         strings.Contains(text, "Alice Penrose: Q3 pack"),
		"a page":                   strings.Contains(partOf(t, letter, "text/html"), "</html>"),
		"that it is no one's mail": bytes.Contains(letter, []byte("Auto-Submitted: auto-generated\r\n")),
	} {
		if !holds {
			t.Errorf("the agenda lacks %s:\n%s", what, letter)
		}
	}
	if err := d.Command(ctx, "agenda", "--send").Run(); err == nil {
		t.Error("a second agenda of the day was not refused")
	}

	link := regexp.MustCompile(`mailto:\S+foredesk%20undo%20\S+`).FindString(text)
	box.deliver(answer(t, link))
	d.Run(ctx, "run", "--once")
	box.holds("INBOX", "Q3 pack")
	box.holds("Archive", "foredesk undo")
	if kept := string(d.Run(ctx, "agenda", "--date", "today")); !strings.Contains(kept, "Alice Penrose: Q3 pack") {
		t.Errorf("what was sent is not what is kept:\n%s", kept)
	}
}

// answer is the mail that a link opens, sent as it is.
func answer(t *testing.T, link string) string {
	t.Helper()
	_, query, found := strings.Cut(link, "?subject=")
	subject, err := url.PathUnescape(query)
	if !found || err != nil {
		t.Fatalf("%q is no link: %v", link, err)
	}
	return "From: Dana <dana@acme.example>\r\nTo: dana@acme.example\r\nSubject: " + subject + "\r\nMessage-ID: <answer@acme.example>\r\nDate: " +
		time.Now().Format(time.RFC1123Z) + "\r\n\r\n\r\n"
}

// mailbox is a user's, and the server that sends mail to it.
type mailbox struct {
	*testing.T
	server *dovecot.Server

	mu sync.Mutex
	to []string // whom mail was sent to
}

// sentTo is whom mail was sent to so far.
func (b *mailbox) sentTo() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.to)
}

// serveSMTP starts a server that takes mail and puts it into the inbox. It returns
// its port.
func (b *mailbox) serveSMTP() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{b}, nil }))
	s.ErrorLog = log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
		<-done
	})
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return port
}

// session is a conversation with that server.
type session struct{ *mailbox }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

func (s session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return nil
}

func (s session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.put(raw)
}

func (b *mailbox) open() (*imapclient.Client, error) {
	client, err := imapclient.DialInsecure(b.server.Addr(), nil)
	if err != nil {
		return nil, err
	}
	return client, client.Login(b.server.User, b.server.Password).Wait()
}

// put appends a message to the inbox.
func (b *mailbox) put(raw []byte) error {
	client, err := b.open()
	if err != nil {
		return err
	}
	defer client.Close()
	cmd := client.Append("INBOX", int64(len(raw)), nil)
	_, err = cmd.Write(raw)
	err = errors.Join(err, cmd.Close())
	_, waited := cmd.Wait()
	return errors.Join(err, waited)
}

func (b *mailbox) deliver(message string) {
	b.Helper()
	if err := b.put([]byte(message)); err != nil {
		b.Fatal(err)
	}
}

// all are the messages of a folder.
func (b *mailbox) all(folder string) (found [][]byte) {
	b.Helper()
	client, err := b.open()
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	selected, err := client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || selected.NumMessages == 0 {
		return nil
	}
	var every imap.SeqSet
	every.AddRange(1, selected.NumMessages)
	whole := &imap.FetchItemBodySection{Peek: true}
	messages, err := client.Fetch(every, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range messages {
		found = append(found, m.FindBodySection(whole))
	}
	return found
}

// only is the one message of a folder.
func (b *mailbox) only(folder string) []byte {
	b.Helper()
	found := b.all(folder)
	if len(found) != 1 {
		b.Fatalf("%s holds %d messages, want 1", folder, len(found))
	}
	return found[0]
}

// holds checks that one message of a folder has a subject that begins so.
func (b *mailbox) holds(folder, subject string) {
	b.Helper()
	n := 0
	for _, raw := range b.all(folder) {
		if bytes.Contains(raw, []byte("\r\nSubject: "+subject)) {
			n++
		}
	}
	if n != 1 {
		b.Fatalf("%s holds %d messages with the subject %q, want 1", folder, n, subject)
	}
}

// partOf is the first part of a media type.
func partOf(t *testing.T, raw []byte, media string) string {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			t.Fatal(err)
		}
		header, ok := part.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		if kind, _, err := header.ContentType(); err == nil && kind == media {
			text, err := io.ReadAll(part.Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
}
