package demo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Departure is a mail that was sent from the demo's desk. It reached nobody.
type Departure struct {
	To  []string
	Raw []byte
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

// Text is what it says, of a mail that has one part; "" of another.
func (d Departure) Text() string {
	m, err := mail.ReadMessage(bytes.NewReader(d.Raw))
	if err != nil || !strings.HasPrefix(cmp.Or(m.Header.Get("Content-Type"), "text/plain"), "text/plain") {
		return ""
	}
	body := m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// Answer sends what the assistant answers to a mail that left the desk, over SMTP
// and with that mail quoted below, as a mail program does it.
func (w *World) Answer(ctx context.Context, d Departure, text string) error {
	now := w.clock()
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
