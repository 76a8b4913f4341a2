package mail

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/textproto"
	"golang.org/x/net/idna"

	"github.com/foredesk/foredesk/internal/invite"
	"github.com/foredesk/foredesk/rules"
)

// Author writes the mail of one account: answers and drafts (compose_reply.go),
// forwards (compose_forward.go), answers to invitations (compose_invite.go), letters
// to the executive (compose_letter.go) and notes. Everything it writes is marked as
// ours (compose_mark.go). It keeps nothing and reads no clock: the same arguments
// make the same bytes.
type Author struct {
	Identity
	Name string // shown beside the address; may be empty
	// Secret, at least 16 bytes, is known to this installation alone. It makes
	// Message-IDs and marks that a stranger can neither guess nor forge.
	Secret []byte
}

// Stamp says which message is written, and when.
type Stamp struct {
	// Key names the message among all that the account ever sends. The same key
	// makes the same Message-ID, by which a message sent twice is recognised.
	Key  string
	Date time.Time // of the Date field, in the zone it carries
}

// Wording is what a message of ours says.
type Wording struct {
	Subject string // one line; empty: made of the original's
	Text    string // plain text; lines end with "\n"
	HTML    string // the same as a page, for a Note or a Letter; nothing of a stranger's markup may be in it
}

// Letter is a message ready to be sent or to be put into Drafts.
type Letter struct {
	MessageID string   // without brackets; of a Redirect, the Resent-Message-ID
	From      string   // envelope sender (RFC 5321 3.3)
	To        []string // envelope recipients, each once
	Raw       []byte   // RFC 5322, with CRLF
}

// ErrLoop means that a message was not written since programs could go on
// answering or forwarding one another without end.
var ErrLoop = errors.New("it could go round between programs without end")

// Limits of what we write.
const (
	minSecret     = 16  // bytes
	maxRecipients = 100 // RFC 5321 4.5.3.1.8 lets servers refuse more
	maxEnvelope   = 254 // bytes of an address (RFC 5321 4.5.3.1.3)
	maxName       = 100 // characters of a name that stands beside an address
	maxSubject    = 500 // characters
)

// Note writes a plain mail of ours: a notice, a question to approve something.
// Text is needed; with HTML it is one of two alternatives (RFC 2046 5.1.4).
func (a Author) Note(st Stamp, w Wording, to []string) (Letter, error) {
	l, err := a.note(st, w, to)
	if err != nil {
		return Letter{}, fmt.Errorf("writing a note: %w", err)
	}
	return l, nil
}

func (a Author) note(st Stamp, w Wording, to []string) (Letter, error) {
	if strings.TrimSpace(w.Text) == "" {
		return Letter{}, errors.New("it has no text")
	}
	recipients, err := outbound(to)
	if err != nil {
		return Letter{}, err
	}
	p, err := a.begin(st, "note", nil, recipients)
	if err != nil {
		return Letter{}, err
	}
	p.add("Subject", headerText(w.Subject))
	p.automatic("auto-generated", nil)
	return p.finish(content{text: w.Text, html: w.HTML})
}

// page is a message being written.
type page struct {
	author Author
	stamp  Stamp
	kind   string
	from   recipient
	to     []recipient
	id     string // Message-ID without brackets
	fields header
}

// begin chooses the sender, which is the own address that the original was sent
// to, and writes the fields that every message has.
func (a Author) begin(st Stamp, kind string, original header, to []recipient) (*page, error) {
	if len(a.Secret) < minSecret {
		return nil, fmt.Errorf("the secret of the author has less than %d bytes", minSecret)
	}
	if st.Key == "" || st.Date.IsZero() {
		return nil, errors.New("it has no key or no date")
	}
	from, err := outboundAddress(a.Name, a.ownAddress(original))
	if err != nil {
		return nil, fmt.Errorf("the account's own address: %w", err)
	}
	if len(to) == 0 || len(to) > maxRecipients {
		return nil, fmt.Errorf("it has %d recipients; from 1 to %d are possible", len(to), maxRecipients)
	}
	p := &page{author: a, stamp: st, kind: kind, from: from, to: to, id: a.messageID(from, kind, st.Key)}
	p.add("Date", st.Date.Format(time.RFC1123Z))
	p.add("From", from.header)
	p.add("To", headers(to))
	p.add("Message-ID", "<"+p.id+">")
	return p, nil
}

func (p *page) add(name, value string) {
	if value != "" {
		p.fields = append(p.fields, field{name: name, body: value})
	}
}

// content is what stands below the header.
type content struct {
	text     string
	html     string           // an alternative to text
	calendar *invite.Answered // likewise
	attached []byte           // a message (RFC 2046 5.2.1)
	filename string           // of attached
}

// finish adds the mark and the body. Go-message folds the fields and refuses any
// with a line break, which is the second guard against one.
func (p *page) finish(c content) (Letter, error) {
	p.add(markField, p.author.mark(p.kind, p.id))
	p.add("MIME-Version", "1.0")
	boundary := p.author.token("boundary", p.kind, p.stamp.Key)
	text := textPart("plain", c.text)
	var b bytes.Buffer
	var err error
	switch {
	case c.attached != nil:
		err = writeParts(&b, p.fields, "multipart/mixed; boundary="+boundary, boundary, text, c.attachment())
	case c.calendar != nil:
		err = writeParts(&b, p.fields, "multipart/alternative; boundary="+boundary, boundary, text, calendarAnswer(c.calendar))
	case c.html != "":
		err = writeParts(&b, p.fields, "multipart/alternative; boundary="+boundary, boundary, text, textPart("html", c.html))
	default:
		if err = textproto.WriteHeader(&b, entityHeader(append(p.fields, text.fields...))); err == nil {
			err = text.write(&b)
		}
	}
	if err != nil {
		return Letter{}, err
	}
	return p.letter(b.Bytes()), nil
}

func (p *page) letter(raw []byte) Letter {
	l := Letter{MessageID: p.id, From: p.from.envelope, Raw: raw}
	for _, r := range p.to {
		l.To = append(l.To, r.envelope)
	}
	return l
}

// writtenPart is one part of a message being written.
type writtenPart struct {
	fields   header
	encoding string // Content-Transfer-Encoding
	body     []byte
}

func textPart(subtype, text string) writtenPart {
	if text = cleanText(text); !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	const encoding = "quoted-printable" // keeps lines short, and signatures' "-- "
	return writtenPart{
		fields:   header{{"Content-Type", "text/" + subtype + "; charset=utf-8"}, {"Content-Transfer-Encoding", encoding}},
		encoding: encoding, body: []byte(text),
	}
}

// attachment may not be encoded (RFC 2046 5.2.1), so a message with 8-bit text
// stays one.
func (c content) attachment() writtenPart {
	encoding := "7bit"
	if !isASCII(c.attached) {
		encoding = "8bit"
	}
	return writtenPart{
		fields: header{
			{"Content-Type", "message/rfc822"},
			{"Content-Transfer-Encoding", encoding},
			{"Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.filename})},
		},
		encoding: encoding, body: c.attached,
	}
}

func (p writtenPart) write(w io.Writer) error {
	if p.encoding != "quoted-printable" {
		_, err := w.Write(p.body)
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write(p.body); err != nil {
		return err
	}
	return q.Close()
}

// writeParts writes a multipart message. It is of 8 bits if a part is (RFC 2045
// 6.4), which go-message's own writer of messages would not say.
func writeParts(w io.Writer, fields header, contentType, boundary string, parts ...writtenPart) error {
	fields = append(fields, field{"Content-Type", contentType})
	if slices.ContainsFunc(parts, func(p writtenPart) bool { return p.encoding == "8bit" }) {
		fields = append(fields, field{"Content-Transfer-Encoding", "8bit"})
	}
	if err := textproto.WriteHeader(w, entityHeader(fields)); err != nil {
		return err
	}
	whole := textproto.NewMultipartWriter(w)
	if err := whole.SetBoundary(boundary); err != nil {
		return err
	}
	for _, p := range parts {
		part, err := whole.CreatePart(entityHeader(p.fields))
		if err != nil {
			return err
		}
		if err := p.write(part); err != nil {
			return err
		}
	}
	return whole.Close()
}

func entityHeader(fields header) (h textproto.Header) {
	for _, f := range slices.Backward(fields) { // Add puts each on top
		h.Add(f.name, f.body)
	}
	return h
}

// writeFields writes fields without the empty line that ends a header.
func writeFields(b *bytes.Buffer, fields header) error {
	if err := textproto.WriteHeader(b, entityHeader(fields)); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("\r\n"))
	return nil
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= 0x80 })
}

// headerText makes one line of what may have been written by a stranger. An
// encoded word that would be taken for one of ours is broken up: it may hide a
// line break that the next program to read it would find.
func headerText(s string) string {
	s = strings.ReplaceAll(printable(s), "=?", "= ?")
	return mime.QEncoding.Encode("utf-8", firstRunes(s, maxSubject))
}

func firstRunes(s string, limit int) string {
	for i := range s {
		if limit--; limit < 0 {
			return s[:i]
		}
	}
	return s
}

// recipient is an address as it stands in a header, with its name, and as it
// stands in the envelope.
type recipient struct{ header, envelope string }

func headers(all []recipient) string {
	var list []string
	for _, r := range all {
		list = append(list, r.header)
	}
	return strings.Join(list, ", ")
}

// outbound checks addresses that mail is to go to and leaves out repetitions.
// Errors say which address it is by its place, as they may be logged.
func outbound(addresses []string) ([]recipient, error) {
	var all []recipient
	for i, address := range addresses {
		r, err := outboundAddress("", address)
		if err != nil {
			return nil, fmt.Errorf("recipient %d of %d: %w", i+1, len(addresses), err)
		}
		all = append(all, r)
	}
	return distinct(all), nil
}

func distinct(all []recipient) []recipient {
	var kept []recipient
	for _, r := range all {
		same := func(k recipient) bool { return strings.EqualFold(k.envelope, r.envelope) }
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, r)
		}
	}
	return kept
}

var errAddress = errors.New("it is no address that mail can be sent to; write name@example.com")

// outboundAddress writes an address. The domain is turned into ASCII (RFC 5891),
// so that only a local part beyond ASCII needs SMTPUTF8 (RFC 6531).
func outboundAddress(name, email string) (recipient, error) {
	at := strings.LastIndexByte(email, '@')
	if at < 1 || email != printable(email) || strings.Contains(email, "=?") {
		return recipient{}, errAddress
	}
	domain, err := asciiDomain(email[at+1:])
	if err != nil {
		return recipient{}, errAddress
	}
	bare := mail.Address{Address: email[:at+1] + domain}
	named := mail.Address{Name: oneName(name), Address: bare.Address}
	back, err := mail.ParseAddress(named.String())
	if err != nil || back.Address != bare.Address || len(bare.Address) > maxEnvelope {
		return recipient{}, errAddress
	}
	return recipient{header: named.String(), envelope: strings.Trim(bare.String(), "<>")}, nil
}

// oneName makes what stands beside an address.
func oneName(name string) string {
	return firstRunes(strings.ReplaceAll(printable(name), "=?", "= ?"), maxName)
}

// asciiDomain accepts host names alone: an address literal is not what a person
// means. Underscores are in use, though IDNA has none.
func asciiDomain(domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.ReplaceAll(domain, "_", "x"))
	if err != nil || ascii == "" || strings.ContainsAny(ascii, "[]:<>()\\,;@\" ") {
		return "", errAddress
	}
	if strings.Contains(domain, "_") {
		ascii = strings.ToLower(domain)
		if !isPrintable(ascii) {
			return "", errAddress
		}
	}
	return ascii, nil
}

// ownAddress is the address of the account that a message was sent from or to, or
// else the main one.
func (a Author) ownAddress(h header) string {
	for _, name := range []string{"From", "To", "Cc", "X-Original-To", "Delivered-To"} {
		for _, r := range h.mailboxes(name) {
			if mine := a.mine(r); mine != "" {
				return mine
			}
		}
	}
	if len(a.Address) == 0 {
		return ""
	}
	return a.Address[0]
}

// mine returns the own address that r is, or "". What follows "+" in r does not
// count (RFC 5233).
func (id Identity) mine(r rules.Address) string {
	base := r.User
	if i := strings.IndexByte(base, '+'); i > 0 {
		base = base[:i]
	}
	for _, own := range id.Address {
		if strings.EqualFold(own, r.Email) || strings.EqualFold(own, base+"@"+r.Domain) {
			return own
		}
	}
	return ""
}

// token is what only this installation can make of these words.
func (a Author) token(words ...string) string {
	mac := hmac.New(sha256.New, a.Secret)
	for _, w := range words {
		fmt.Fprintf(mac, "%d:%s", len(w), w)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:20]))
}
