package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

// Departure is a mail that was sent from the demo's desk. It reached nobody but the
// executive herself, in whose inbox it lies then.
type Departure struct {
	To      []string // those whom it did not reach; empty of one to the executive alone
	Arrived bool     // in the executive's inbox
	Raw     []byte   // as it lies there; of one that did not arrive, as it was sent
}

// Departures returns what was sent from the desk so far.
func (w *World) Departures() []Departure {
	w.leaving.Lock()
	defer w.leaving.Unlock()
	return slices.Clone(w.departed)
}

func (w *World) leave(d Departure) {
	w.leaving.Lock()
	defer w.leaving.Unlock()
	w.departed = append(w.departed, d)
}

// Subject is what its reader would see in the list of mails.
func (d Departure) Subject() string {
	return decoded(d.header("Subject"))
}

func (d Departure) header(name string) string {
	m, err := mail.ReadMessage(bytes.NewReader(d.Raw))
	if err != nil {
		return ""
	}
	return m.Header.Get(name)
}

func decoded(field string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(field)
	if err != nil {
		return field
	}
	return text
}

// Text is what it says in plain text; "" where it does not.
func (d Departure) Text() string { return d.Part("text/plain") }

// Part is the first part of a media type, such as text/html, decoded and with the
// line ends of a file; "" where there is none.
func (d Departure) Part(media string) string {
	m, _ := message.Read(bytes.NewReader(d.Raw)) // an unknown charset is read as it is
	if m == nil {
		return ""
	}
	text := ""
	err := m.Walk(func(_ []int, part *message.Entity, err error) error {
		if kind, _, e := part.Header.ContentType(); err != nil || e != nil || kind != media || text != "" {
			return err
		}
		body, err := io.ReadAll(part.Body)
		text = strings.ReplaceAll(string(body), "\r\n", "\n")
		return err
	})
	if err != nil {
		return ""
	}
	return text
}

// Answer sends what the assistant answers to a mail that left the desk, over SMTP
// and with that mail quoted below, as a mail program does it.
func (w *World) Answer(ctx context.Context, d Departure, text string) error {
	now := w.Clock()
	var b bytes.Buffer
	put(&b, "From", "Priya Nair <"+Assistant+">")
	put(&b, "To", d.header("From"))
	put(&b, "Subject", "Re: "+d.header("Subject"))
	put(&b, "Date", now.Format(time.RFC1123Z))
	put(&b, "Message-ID", fmt.Sprintf("<%s@%s>", short(text+string(d.Raw)), domainOf(Assistant)))
	put(&b, "In-Reply-To", d.header("Message-ID"))
	put(&b, "References", d.header("Message-ID"))
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	text += fmt.Sprintf("\n\nOn %s at %s, Dana Whitfield wrote:\n", now.Format("2 Jan 2006"), now.Format("15:04"))
	for line := range strings.Lines(d.Text()) {
		text += "> " + line
	}
	b.WriteString(crlf(text))
	if err := send(ctx, w.SMTPAddr(), Assistant, Address, b.Bytes()); err != nil {
		return fmt.Errorf("delivering the assistant's answer, which is not in the mailbox now: %w", err)
	}
	return nil
}

// Follow sends what a mailto link (RFC 6068) of such a mail opens, as Dana does with
// her thumb.
func (w *World) Follow(ctx context.Context, link string) error {
	u, err := url.Parse(link)
	if err == nil && u.Scheme != "mailto" {
		err = errors.New("it is no mailto link")
	}
	if err != nil {
		return fmt.Errorf("following %q: %w", link, err)
	}
	to, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return fmt.Errorf("following %q: %w", link, err)
	}
	// A plus is one in a mailto link, and no space as in a form.
	fields, err := url.ParseQuery(strings.ReplaceAll(u.RawQuery, "+", "%2B"))
	if err != nil {
		return fmt.Errorf("following %q: %w", link, err)
	}
	now := w.Clock()
	var b bytes.Buffer
	put(&b, "From", "Dana Whitfield <"+Address+">")
	put(&b, "To", to)
	put(&b, "Subject", fields.Get("subject"))
	put(&b, "Date", now.Format(time.RFC1123Z))
	put(&b, "Message-ID", fmt.Sprintf("<%s@%s>", short(link+now.String()), domainOf(Address)))
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.WriteString(crlf(strings.ReplaceAll(fields.Get("body"), "\r\n", "\n") + "\n"))
	if err := send(ctx, w.SMTPAddr(), Address, to, b.Bytes()); err != nil {
		return fmt.Errorf("delivering what Dana decided, which is not in the mailbox now: %w", err)
	}
	return nil
}
