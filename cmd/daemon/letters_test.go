package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// Commands of scripts in which mail is sent.

// postOf is the key of a script's outgoing mail server, a *post.
type postOf struct{}

// outgoing is the server that mail is sent by. What is for the office's user comes
// into the office's inbox.
type outgoing struct {
	office *office
	mu     sync.Mutex
	sent   []dispatch
}

// dispatch is one mail that was sent.
type dispatch struct {
	from string
	to   []string
	raw  []byte
}

// postserver starts one, and fills $SMTP_PORT into the script's YAML files.
func postServer(ts *testscript.TestScript, _ bool, _ []string) {
	o := &outgoing{office: theOffice(ts)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sending{outgoing: o}, nil }))
	server.Domain, server.ErrorLog = "post.acme.example", log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	ts.Defer(func() {
		ts.Check(server.Close())
		<-done
	})
	*ts.Value(postOf{}).(**outgoing) = o
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(fillIn(ts.Getenv("WORK"), "$SMTP_PORT", port))
}

// fillIn puts a value into the YAML files of a folder.
func fillIn(dir, name, value string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	for _, file := range files {
		text, e := os.ReadFile(file)
		err = errors.Join(err, e, os.WriteFile(file, bytes.ReplaceAll(text, []byte(name), []byte(value)), 0o600))
	}
	return err
}

// sending is one conversation with it.
type sending struct {
	*outgoing
	d dispatch
}

func (s *sending) Mail(from string, _ *smtp.MailOptions) error { s.d.from = from; return nil }
func (s *sending) Rcpt(to string, _ *smtp.RcptOptions) error   { s.d.to = append(s.d.to, to); return nil }
func (s *sending) Reset()                                      { s.d = dispatch{} }
func (s *sending) Logout() error                               { return nil }

func (s *sending) Data(r io.Reader) error {
	var err error
	if s.d.raw, err = io.ReadAll(r); err != nil {
		return err
	}
	s.mu.Lock()
	s.sent = append(s.sent, s.d)
	s.mu.Unlock()
	for _, to := range s.d.to {
		if to == "dana@acme.example" {
			return s.office.deliver("INBOX", s.d.raw)
		}
	}
	return nil
}

func thePost(ts *testscript.TestScript) *outgoing {
	o := *ts.Value(postOf{}).(**outgoing)
	if o == nil {
		ts.Fatalf("nothing sends mail; begin with: postserver")
	}
	return o
}

// sent prints each mail that was sent: to whom, and its subject; or "nothing".
func listSent(ts *testscript.TestScript, _ bool, _ []string) {
	o := thePost(ts)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.sent) == 0 {
		fmt.Fprintln(ts.Stdout(), "nothing")
	}
	for _, d := range o.sent {
		r, err := mail.CreateReader(bytes.NewReader(d.raw))
		ts.Check(err)
		subject, err := r.Header.Subject()
		ts.Check(err)
		fmt.Fprintf(ts.Stdout(), "%s | %s\n", strings.Join(d.to, ", "), subject)
	}
}

// follow WORD [TEXT] is the executive who follows the first link of the last letter
// that decides so, and sends what it opens, with a text above.
func followLink(ts *testscript.TestScript, _ bool, args []string) {
	o := thePost(ts)
	o.mu.Lock()
	defer o.mu.Unlock()
	link := regexp.MustCompile(`mailto:\S+\?subject=foredesk%20` + args[0] + `%20[^\s"&<>]+`)
	for _, d := range o.sent {
		text, err := plainText(d.raw)
		ts.Check(err)
		if found := link.FindString(text); found != "" {
			ts.Check(o.office.deliver("INBOX", answerTo(found, strings.Join(args[1:], " "))))
			return
		}
	}
	ts.Fatalf("no letter has a link that decides %s", args[0])
}

// answerTo is the mail that a link opens, as the executive sends it.
func answerTo(link, text string) []byte {
	to, query, _ := strings.Cut(strings.TrimPrefix(link, "mailto:"), "?subject=")
	subject, err := url.PathUnescape(query)
	if err != nil {
		subject = query
	}
	return fmt.Appendf(nil, "From: Dana <dana@acme.example>\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <answer-%d@acme.example>\r\n\r\n%s\r\n",
		to, subject, time.Now().Format(time.RFC1123Z), time.Now().UnixNano(), text)
}

// plainText is the text/plain part of a mail.
func plainText(raw []byte) (string, error) { return partOf(raw, "text/plain") }

// partOf is the first part of a mail that is of this media type, decoded.
func partOf(raw []byte, media string) (string, error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		inline, ok := part.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		if kind, _, err := inline.ContentType(); err == nil && kind == media {
			text, err := io.ReadAll(part.Body)
			return string(text), err
		}
	}
}
