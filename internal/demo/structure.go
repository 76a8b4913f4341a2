package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/quotedprintable"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// part is a MIME entity (RFC 2045): a leaf with encoded content, or a multipart
// with children.
type part struct {
	media    string   // Content-Type without the boundary
	extra    []string // further header lines
	content  string   // transfer-encoded, CRLF lines
	children []*part
}

// write appends the header lines of the part, the empty line and the content.
// The seed names the boundaries, so that they are the same at every build.
func (p *part) write(b *bytes.Buffer, seed string) {
	boundary := "=_" + short(seed+p.media)
	media := p.media
	if p.children != nil {
		media += `; boundary="` + boundary + `"`
	}
	put(b, "Content-Type", media)
	for _, line := range p.extra {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n" + p.content)
	for i, child := range p.children {
		b.WriteString("\r\n--" + boundary + "\r\n")
		child.write(b, seed+strconv.Itoa(i))
	}
	if p.children != nil {
		b.WriteString("\r\n--" + boundary + "--\r\n")
	}
}

// structure builds the body: text, its alternatives, and the files around them.
func (l *letter) structure() (*part, error) {
	if l.value("Bounce") != "" {
		return l.report()
	}
	body, err := l.alternatives()
	if err != nil {
		return nil, err
	}
	if l.value("Attach") == "" {
		return body, nil
	}
	mixed := &part{media: "multipart/mixed", children: []*part{body}}
	for name := range strings.SplitSeq(l.value("Attach"), ",") {
		f, err := l.attachment(strings.TrimSpace(name), "attachment")
		if err != nil {
			return nil, err
		}
		mixed.children = append(mixed.children, f)
	}
	return mixed, nil
}

func (l *letter) alternatives() (*part, error) {
	text := l.words()
	plain, err := l.leaf("text/plain", text)
	if err != nil {
		return nil, err
	}
	both := &part{media: "multipart/alternative", children: []*part{plain}}
	if l.value("Html") != "" || l.value("Markup") != "" {
		rich, err := l.rich(text)
		if err != nil {
			return nil, err
		}
		both.children = append(both.children, rich)
	}
	if l.value("Invite") != "" {
		invitation, err := l.invitation()
		if err != nil {
			return nil, err
		}
		both.children = append(both.children, invitation)
	}
	if len(both.children) == 1 {
		return plain, nil
	}
	return both, nil
}

// rich is the HTML alternative, with its picture where the entry has one (RFC
// 2387).
func (l *letter) rich(text string) (*part, error) {
	picture := l.value("Inline")
	doc := markup(l.title(), text)
	booked, err := l.reservations()
	if err != nil {
		return nil, err
	}
	doc = strings.Replace(doc, "</head>", booked+"</head>", 1)
	if picture != "" {
		doc = strings.Replace(doc, "<body>", `<body><img src="cid:`+picture+`@`+domainOf(l.value("From"))+`" alt="">`, 1)
	}
	page, err := l.leaf("text/html", doc)
	if err != nil || picture == "" {
		return page, err
	}
	img, err := l.attachment(picture, "inline")
	if err != nil {
		return nil, err
	}
	img.extra = append(img.extra, "Content-ID: <"+picture+"@"+domainOf(l.value("From"))+">")
	return &part{media: `multipart/related; type="text/html"`, children: []*part{page, img}}, nil
}

var webAddress = regexp.MustCompile(`https://[^\s<>]+[^\s<>.,]`)

// markup is the text as a plain HTML page: paragraphs, and links where it has
// addresses.
func markup(title, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html><head><title>%s</title></head>\n<body>", html.EscapeString(title))
	for para := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		safe := html.EscapeString(para)
		safe = webAddress.ReplaceAllString(safe, `<a href="$0">$0</a>`)
		fmt.Fprintf(&b, "\n<p>%s</p>", strings.ReplaceAll(safe, "\n", "<br>\n"))
	}
	b.WriteString("\n</body></html>\n")
	return b.String()
}

// leaf is a text part in the entry's charset: as it is where that is plain ASCII
// in short lines, else as quoted-printable.
func (l *letter) leaf(media, text string) (*part, error) {
	raw, err := l.encode(text)
	if err != nil {
		return nil, fmt.Errorf("writing it in %s: %w", l.charset(), err)
	}
	if plain(text) {
		return &part{media: media + "; charset=us-ascii", extra: []string{"Content-Transfer-Encoding: 7bit"}, content: crlf(text)}, nil
	}
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(crlf(raw))) // a bytes.Buffer takes everything
	_ = w.Close()
	return &part{media: media + "; charset=" + l.charset(), extra: []string{"Content-Transfer-Encoding: quoted-printable"}, content: b.String()}, nil
}

func plain(text string) bool {
	for line := range strings.Lines(text) {
		if len(line) > 79 || !isASCII(line) {
			return false
		}
	}
	return true
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// attachment is a file by its name; disposition is that of RFC 2183.
func (l *letter) attachment(name, disposition string) (*part, error) {
	content, media, err := makeFile(fillBlanks(l.now, name), l.title())
	if err != nil {
		return nil, err
	}
	name = path.Base(fillBlanks(l.now, name))
	return &part{
		media: mime.FormatMediaType(media, map[string]string{"name": name}),
		extra: []string{
			"Content-Transfer-Encoding: base64",
			"Content-Disposition: " + mime.FormatMediaType(disposition, map[string]string{"filename": name}),
		},
		content: wrap(base64.StdEncoding.EncodeToString(content)),
	}, nil
}

// wrap breaks base64 into lines of 76 characters (RFC 2045, section 6.8).
func wrap(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s + "\r\n"
}

// report is a delivery report (RFC 3464). The order reads
// "address; status; what the other server said".
func (l *letter) report() (*part, error) {
	f := strings.Split(l.value("Bounce"), ";")
	if len(f) != 3 {
		return nil, fmt.Errorf("the field Bounce: want address; status; diagnostic")
	}
	to, status, said := strings.TrimSpace(f[0]), strings.TrimSpace(f[1]), strings.TrimSpace(f[2])
	text, err := l.leaf("text/plain", l.words())
	if err != nil {
		return nil, err
	}
	action := "failed"
	if strings.HasPrefix(status, "4") {
		action = "delayed"
	}
	machine := fmt.Sprintf("Reporting-MTA: dns; mail.%s\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n",
		domainOf(l.value("From")), to, action, status, said)
	original := fmt.Sprintf("From: Dana Whitfield <%s>\r\nTo: %s\r\nSubject: %s\r\n", Address, to, "Acme planning assumptions")
	return &part{media: "multipart/report; report-type=delivery-status", children: []*part{
		text,
		{media: "message/delivery-status", content: machine},
		{media: "text/rfc822-headers", content: original},
	}}, nil
}

// invitation is the calendar part of RFC 5546 and RFC 6047. The order reads
// "METHOD; day; 10:00; minutes; place".
func (l *letter) invitation() (*part, error) {
	f := strings.Split(l.value("Invite"), ";")
	if len(f) != 5 {
		return nil, fmt.Errorf("the field Invite: want method; day; time; minutes; place")
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	days, err := strconv.Atoi(f[1])
	if err != nil {
		return nil, fmt.Errorf("the field Invite: %q is no number of working days from now: %w", f[1], err)
	}
	at, err := time.Parse("15:04", f[2])
	if err != nil {
		return nil, fmt.Errorf("the field Invite: %q is no clock time: %w", f[2], err)
	}
	minutes, err := strconv.Atoi(f[3])
	if err != nil {
		return nil, fmt.Errorf("the field Invite: %q is no number of minutes: %w", f[3], err)
	}
	d := workday(l.now, days)
	start := time.Date(d.Year(), d.Month(), d.Day(), at.Hour(), at.Minute(), 0, 0, l.now.Location())
	return &part{
		media:   "text/calendar; charset=utf-8; method=" + f[0],
		extra:   []string{"Content-Transfer-Encoding: base64"},
		content: wrap(base64.StdEncoding.EncodeToString([]byte(l.icalendar(f[0], f[4], start, time.Duration(minutes)*time.Minute)))),
	}, nil
}

func (l *letter) icalendar(method, place string, start time.Time, length time.Duration) string {
	const utc = "20060102T150405Z"
	_, summary, found := strings.Cut(l.title(), ": ") // "Invitation: Quarterly review"
	if !found {
		summary = l.title()
	}
	organizer, attendee, status := l.envelopeFrom(), Address, "NEEDS-ACTION"
	if method == "REPLY" {
		organizer, attendee = attendee, organizer
		word, _, _ := strings.Cut(l.title(), ":")
		status = strings.ToUpper(word)
	}
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Acme//Demo//EN", "METHOD:" + method, "BEGIN:VEVENT",
		"UID:" + short(summary+organizer) + "@acme.example", "SEQUENCE:0", "DTSTAMP:" + l.now.UTC().Format(utc),
		"DTSTART:" + start.UTC().Format(utc), "DTEND:" + start.Add(length).UTC().Format(utc),
		"SUMMARY:" + strings.ReplaceAll(summary, ",", `\,`), "LOCATION:" + strings.ReplaceAll(place, ",", `\,`),
		"ORGANIZER:mailto:" + organizer, "ATTENDEE;PARTSTAT=" + status + ":mailto:" + attendee,
		"END:VEVENT", "END:VCALENDAR", "",
	}
	return strings.Join(lines, "\r\n")
}
