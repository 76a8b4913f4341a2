package demo

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"mime"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// orders are fields of an entry that say how to build the message; they are not
// header fields of it.
var orders = []string{
	"About",       // what an arrival shows
	"Attach",      // file names, by comma; files.go makes the content
	"Bounce",      // failed address; status; what the other server said
	"Charset",     // iso-8859-1 instead of utf-8
	"Html",        // any value: text and HTML alternatives
	"Inline",      // a picture inside the HTML
	"Invite",      // method; day; time; length in minutes; place
	"Markup",      // what is booked, for machines (see reservations); may come several times
	"Return-Path", // envelope sender where it is not From
	"Zone",        // the sender's time zone
}

// structural fields are written by header in their usual order.
var structural = []string{"From", "To", "Cc", "Subject"}

// received is the message as it lies in the folder: with the stamps of the
// receiving server, unless the executive wrote it.
func (l *letter) received(date time.Time) ([]byte, error) {
	msg, err := l.message(date)
	if err != nil || l.folder == "Sent" || l.folder == "Drafts" {
		return msg, err
	}
	return append(stamp(msg, l.envelopeFrom(), date), msg...), nil
}

// message is what the sender's server hands over (RFC 5322), with date as its
// Date. The same letter, date and now give the same bytes.
func (l *letter) message(date time.Time) ([]byte, error) {
	if zone := l.value("Zone"); zone != "" {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.place(), err)
		}
		date = date.In(loc)
	}
	body, err := l.structure()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.place(), err)
	}
	var b bytes.Buffer
	if err := l.header(&b, date); err != nil {
		return nil, fmt.Errorf("%s: %w", l.place(), err)
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	body.write(&b, l.seed())
	return b.Bytes(), nil
}

// header writes all fields but those of MIME. A forger's own host stands in
// Received, whatever From says.
func (l *letter) header(b *bytes.Buffer, date time.Time) error {
	from, domain := l.value("From"), domainOf(cmp.Or(l.envelopeFrom(), l.value("From")))
	fmt.Fprintf(b, "Received: from app%d.%s ([198.51.100.%d])\r\n by mail.%s with ESMTPSA id %s; %s\r\n",
		1+hash(from)%4, domain, 1+hash(l.seed())%254, domain, short(l.seed()), date.Add(-4*time.Second).Format(time.RFC1123Z))
	for _, name := range []string{"From", "To", "Cc"} {
		if v := l.value(name); v != "" {
			list, err := mail.ParseAddressList(v)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			put(b, name, addresses(list))
		}
	}
	put(b, "Subject", l.encodeWords(l.title()))
	put(b, "Date", date.Format(time.RFC1123Z))
	put(b, "Message-ID", l.messageID())
	if l.parent != nil {
		put(b, "In-Reply-To", l.parent.messageID())
		put(b, "References", strings.Join(l.ancestors(), " "))
	}
	for _, f := range l.fields {
		if !slices.Contains(orders, f.name) && !slices.Contains(structural, f.name) {
			put(b, f.name, fillBlanks(l.now, f.value))
		}
	}
	return nil
}

// title is the subject, which a reply takes from what it answers.
func (l *letter) title() string {
	if l.value("Subject") != "" || l.parent == nil {
		return l.subject()
	}
	return "Re: " + strings.TrimPrefix(l.parent.title(), "Re: ")
}

// messageID is of content and day, so that a robot's daily report is new each
// day and a given now always gives the same mailbox.
func (l *letter) messageID() string {
	day := l.date
	if day.IsZero() {
		day = l.now
	}
	return fmt.Sprintf("<%s.%s@%s>", day.Format("20060102150405"), short(l.seed()), domainOf(l.value("From")))
}

func (l *letter) seed() string {
	return l.value("From") + "\n" + l.value("Subject") + "\n" + l.id + l.re + "\n" + l.body
}

// ancestors are the Message-IDs of the thread, oldest first (RFC 5322, 3.6.4).
func (l *letter) ancestors() []string {
	if l.parent == nil {
		return nil
	}
	return append(l.parent.ancestors(), l.parent.messageID())
}

// envelopeFrom is the address for SMTP MAIL FROM; empty for a bounce.
func (l *letter) envelopeFrom() string {
	if path := l.value("Return-Path"); path != "" {
		return strings.Trim(path, "<>")
	}
	a, err := mail.ParseAddress(l.value("From"))
	if err != nil {
		return ""
	}
	return a.Address
}

// sender is what a person sees in the list of mails.
func (l *letter) sender() string {
	a, err := mail.ParseAddress(l.value("From"))
	if err != nil {
		return l.value("From")
	}
	if a.Name != "" {
		return a.Name
	}
	return a.Address
}

// words is the text of the message. A reply carries the text it answers below.
func (l *letter) words() string {
	text := fillBlanks(l.now, l.body)
	if l.parent == nil || !l.quotes {
		return text
	}
	date := l.parent.date
	text += fmt.Sprintf("\nOn %s at %s, %s wrote:\n", date.Format("2 Jan 2006"), date.Format("15:04"), l.parent.sender())
	for line := range strings.Lines(fillBlanks(l.now, l.parent.body)) {
		text += strings.TrimRight("> "+line, " \n") + "\n"
	}
	return text
}

func (l *letter) charset() string {
	if cs := l.value("Charset"); cs != "" {
		return cs
	}
	return "utf-8"
}

// encode turns text into the bytes of the entry's charset.
func (l *letter) encode(s string) (string, error) {
	if l.charset() != "iso-8859-1" {
		return s, nil
	}
	return charmap.ISO8859_1.NewEncoder().String(s)
}

// encodeWords writes a header text as RFC 2047 encoded words where it must.
func (l *letter) encodeWords(s string) string {
	raw, err := l.encode(s)
	if err != nil {
		return mime.QEncoding.Encode("utf-8", s)
	}
	if isASCII(s) {
		return s
	}
	return mime.QEncoding.Encode(l.charset(), raw)
}

func addresses(list []*mail.Address) string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
		// String quotes every name; people's programs quote only where they must.
		if isASCII(a.Name) && !strings.ContainsAny(a.Name, `.,"()<>@:;\[]`) && a.Name != "" {
			out[i] = fmt.Sprintf("%s <%s>", a.Name, a.Address)
		}
	}
	return strings.Join(out, ", ")
}

// put writes one header field, folded at spaces after 76 characters (RFC 5322,
// section 2.2.3).
func put(b *bytes.Buffer, name, value string) {
	line := name + ":"
	for word := range strings.SplitSeq(value, " ") {
		if len(line)+1+len(word) > 76 && len(line) > len(name)+1 {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
	}
	b.WriteString(line + "\r\n")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

// short is a name made of a hash, for ids and boundaries.
func short(s string) string { return strconv.FormatUint(hash(s), 36) }
