// Package mailgen makes large mailboxes of believable mail for tests and
// benchmarks, the same bytes for the same seed, and says of each message where
// twelve rules must put it.
//
// Messages (this file, text.go) is the stream of mail. Rules and the oracle
// stand in rules.go: the same twelve rules as a foredesk rules.yaml, as an
// imapfilter configuration and as plain Go that knows neither. Ledger
// (ledger.go) compares a mailbox with what should be in it, message by message.
package mailgen

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"mime"
	"time"
)

// Message is one generated message.
type Message struct {
	Raw      []byte // RFC 5322, lines ending in CRLF
	Flags    []string
	Received time.Time

	facts facts
}

// Sum is a message's identity: the SHA-256 of its text with CRLF line ends.
type Sum [sha256.Size]byte

// Sum returns the identity of the message. A few messages have that of another:
// mail that was delivered twice.
func (m Message) Sum() Sum { return sha256.Sum256(m.Raw) }

// facts are what the oracle judges by: the parts the message was made from.
type facts struct {
	from      address
	to, cc    []address
	subject   string
	listID    string
	ticket    string
	messageID string
}

type address struct{ name, user, domain string }

func (a address) String() string { return fmt.Sprintf("%s <%s@%s>", a.name, a.user, a.domain) }

// Messages yields n messages. Message i depends on seed and i alone.
func Messages(seed uint64, n int) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		for i := range n {
			if !yield(message(seed, i)) {
				return
			}
		}
	}
}

// Shares of messages, of one, that are out of the ordinary.
const (
	deliveredTwice  = 0.002 // the same bytes as the message before
	sharedMessageID = 0.003 // another text under the Message-ID of the message before
	noMessageID     = 0.003
	urgent          = 0.05
	secondTopic     = 0.06 // a subject that two rules could claim
	encodedSubject  = 0.05
	seen            = 0.6
	flagged         = 0.04
	keyword         = 0.05
	withHTML        = 0.25
	withFile        = 0.12
)

func message(seed uint64, i int) Message {
	rng := rand.New(rand.NewPCG(seed, uint64(i)))
	copied := rng.Float64() < deliveredTwice
	if copied && i > 0 {
		i--
	}
	m := compose(seed, i)
	m.Flags = randomFlags(rng)
	return m
}

// messageID is unique but for a few messages, which share that of the message
// before or have none.
func messageID(rng *rand.Rand, seed uint64, i int) string {
	switch luck := rng.Float64(); {
	case luck < noMessageID:
		return ""
	case luck < noMessageID+sharedMessageID && i > 0:
		i--
	}
	return fmt.Sprintf("<%08x.%d@mail.example>", seed*2654435761+uint64(i)*40503, i)
}

// randomFlags are as people leave them: most mail has been read.
func randomFlags(rng *rand.Rand) []string {
	var flags []string
	if rng.Float64() < seen {
		flags = append(flags, `\Seen`)
	}
	if rng.Float64() < flagged {
		flags = append(flags, `\Flagged`)
	}
	if rng.Float64() < flagged {
		flags = append(flags, `\Answered`)
	}
	if rng.Float64() < keyword {
		flags = append(flags, pick(rng, keywords))
	}
	return flags
}

// compose writes the text of message i.
func compose(seed uint64, i int) Message {
	rng := rand.New(rand.NewPCG(^seed, uint64(i)))
	f := invent(rng)
	f.messageID = messageID(rng, seed, i)
	received := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC).Add(-time.Duration(i) * 7 * time.Minute)
	var b bytes.Buffer
	writeHeader(&b, rng, f, i, received)
	writeBody(&b, rng, i)
	return Message{Raw: b.Bytes(), Received: received, facts: f}
}

// writeHeader writes about as many bytes of header as a mail has that came from
// another company, signature and all.
func writeHeader(b *bytes.Buffer, rng *rand.Rand, f facts, i int, received time.Time) {
	field := func(name, value string) { fmt.Fprintf(b, "%s: %s\r\n", name, value) }
	date := received.Format("Mon, 02 Jan 2006 15:04:05 -0700")
	field("Return-Path", fmt.Sprintf("<%s@%s>", f.from.user, f.from.domain))
	field("Received", fmt.Sprintf("from mx%d.%s by mx.acme.example with ESMTPS id %08x\r\n\tfor <dana@acme.example>; %s", i%9, f.from.domain, rng.Uint32(), date))
	field("DKIM-Signature", "v=1; a=rsa-sha256; d="+f.from.domain+"; s=k1; h=from:to:subject:date;\r\n\tb="+string(noise(rng, 344)))
	field("From", f.from.String())
	field("To", list(f.to))
	if len(f.cc) > 0 {
		field("Cc", list(f.cc))
	}
	field("Subject", encoded(rng, f.subject))
	field("Date", date)
	if f.messageID != "" {
		field("Message-ID", f.messageID)
	}
	if f.listID != "" {
		field("List-Id", f.listID)
		field("List-Unsubscribe", fmt.Sprintf("<https://%s/unsubscribe?u=%d>", f.from.domain, i))
	}
	if f.ticket != "" {
		field("X-Ticket-ID", f.ticket)
	}
	field("MIME-Version", "1.0")
}

// encoded writes some subjects as RFC 2047 words, with a letter that needs it.
// The words a rule looks for stay whole.
func encoded(rng *rand.Rand, subject string) string {
	if rng.Float64() >= encodedSubject {
		return subject
	}
	return mime.BEncoding.Encode("utf-8", subject+" – Zürich")
}

// list writes addresses one a line, as long lists come folded (RFC 5322 2.2.3).
func list(addresses []address) string {
	var b bytes.Buffer
	for i, a := range addresses {
		if i > 0 {
			b.WriteString(",\r\n\t")
		}
		b.WriteString(a.String())
	}
	return b.String()
}

// writeBody writes between 1 and 30 KB, log-normally spread about 4 KB, as mail
// is: plain, with an HTML alternative, or with a file attached.
func writeBody(b *bytes.Buffer, rng *rand.Rand, i int) {
	size := int(min(max(4000*math.Exp(0.8*rng.NormFloat64()), 800), 28000))
	boundary := fmt.Sprintf("=_%08x_%d", rng.Uint32(), i)
	// The reference makes every text differ from all others.
	reference := fmt.Sprintf("Reference: %08d\r\n\r\n", i)
	switch luck := rng.Float64(); {
	case luck < withFile:
		fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n", boundary)
		writePart(b, boundary, "text/plain; charset=utf-8", reference, prose(rng, 900))
		fmt.Fprintf(b, "--%s\r\nContent-Type: application/pdf; name=\"paper-%d.pdf\"\r\n", boundary, i)
		fmt.Fprintf(b, "Content-Disposition: attachment; filename=\"paper-%d.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", i)
		writeLines(b, noise(rng, size))
		fmt.Fprintf(b, "--%s--\r\n", boundary)
	case luck < withFile+withHTML:
		fmt.Fprintf(b, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n", boundary)
		writePart(b, boundary, "text/plain; charset=utf-8", reference, prose(rng, size/3))
		writePart(b, boundary, "text/html; charset=utf-8", "<html><body><p>\r\n", prose(rng, 2*size/3))
		fmt.Fprintf(b, "--%s--\r\n", boundary)
	default:
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\n\r\n" + reference)
		b.Write(prose(rng, size))
		b.WriteString("\r\n")
	}
}

func writePart(b *bytes.Buffer, boundary, mediaType, first string, rest []byte) {
	fmt.Fprintf(b, "--%s\r\nContent-Type: %s\r\n\r\n%s", boundary, mediaType, first)
	b.Write(rest)
	b.WriteString("\r\n")
}

// writeLines breaks base64 at 76 characters (RFC 2045 6.8).
func writeLines(b *bytes.Buffer, text []byte) {
	const width = 76
	for len(text) > 0 {
		n := min(width, len(text))
		b.Write(text[:n])
		b.WriteString("\r\n")
		text = text[n:]
	}
}
