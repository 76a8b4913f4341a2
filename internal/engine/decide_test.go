package engine_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/foredesk/foredesk/internal/store"
)

// Cases of letters have decisions besides:
//
//	decide FROM LINE DO [reason=TEXT] [by=PROGRAM] [mail=N] [verdict=fail] [in=FOLDER]
//	                       follows the link DO of the line in which LINE stands, in the
//	                       letter that was sent last, or the N-th, and sends what it
//	                       opens: by=gmail, outlook, apple or reply. With id= the number
//	                       in the subject is changed, with word= the word
//	decide-again           the mail that decided last is delivered once more, as another
//	unwritten TEXT         stands nowhere in the steps of the journal
//	notices                what was sent besides letters, "to: subject"
//	mailing-list NAME      {list} in NAME.eml is an address that takes one who leaves off a
//	                       list; that it was called counts among the calls
func init() {
	maps.Copy(events, map[string]func(c *aCase, args []string){
		"decide": func(c *aCase, args []string) { c.decide(args) },
		"decide-again": func(c *aCase, _ []string) {
			c.answers++
			c.byHand(func(h *hand) { h.put("INBOX", c.decision(c.answers), c.now()) })
		},
		"unwritten": func(c *aCase, args []string) {
			steps, err := c.journal.Steps(c.Context(), store.Filter{Account: user})
			c.must(err)
			for _, s := range steps {
				if text := fmt.Sprintf("%+v %s", s, s.Facts); strings.Contains(strings.ToLower(text), args[0]) {
					c.Errorf("%q stands in the journal: %s", args[0], text)
				}
			}
		},
		"mailing-list": func(c *aCase, args []string) { c.mailingList(args[0] + ".eml") },
	})
}

func (c *aCase) mailingList(file string) {
	tools := c.tools()
	list := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.hooks.mu.Lock()
		defer c.hooks.mu.Unlock()
		c.hooks.calls = append(c.hooks.calls, call1{"list", string(body)})
	}))
	c.Cleanup(list.Close)
	tools.Hooks.Roots = x509.NewCertPool()
	tools.Hooks.Roots.AddCert(list.Certificate())
	tools.Hooks.Reach = func(netip.AddrPort) error { return nil }
	c.files[file] = strings.ReplaceAll(c.files[file], "{list}", list.URL)
}

// opened is the mail that a link opens, before it is sent.
type opened struct{ to, subject, body string }

func (c *aCase) decide(args []string) {
	c.Helper()
	posted, named := c.lettersPosted(), map[string]string{}
	for _, arg := range args[3:] {
		name, value, _ := strings.Cut(arg, "=")
		named[name] = value
	}
	which := len(posted)
	if n := named["mail"]; n != "" {
		which = int(c.number(n))
	}
	letter := textOf(c.T, posted[which-1])
	if named["by"] == "gmail" || named["by"] == "outlook" || linkBelow(letter, args[1], args[2]) == "" { // not every link stands in the text
		letter = c.linksOfHTML(posted[which-1])
	}
	o := c.open(letter, args[1], args[2])
	if id := named["id"]; id != "" {
		o.subject = regexp.MustCompile(` \d+ `).ReplaceAllString(o.subject, " "+id+" ")
	}
	if word := named["word"]; word != "" {
		o.subject = strings.Replace(o.subject, args[2], word, 1)
	}
	verdict := ""
	if v := named["verdict"]; v != "" {
		verdict = "Authentication-Results: mx.acme.example; dmarc=" + v + "\r\n"
	}
	program := programs[named["by"]]
	if program == nil {
		c.Fatalf("there is no mail program %q", named["by"])
	}
	from := "From: " + args[0] + "\r\n"
	c.decision = func(n int) string {
		id := fmt.Sprintf("X-Name: decision-%d\r\nMessage-ID: <decision-%d@acme.example>\r\nTo: %s\r\n", n, n, o.to)
		return id + verdict + from + program(o, named["reason"])
	}
	folder := "INBOX"
	if named["in"] != "" {
		folder = named["in"]
	}
	c.answers++
	c.byHand(func(h *hand) { h.put(folder, c.decision(c.answers), c.now()) })
}

// open follows the first link with a word below a line, by RFC 6068.
func (c *aCase) open(letter, line, do string) opened {
	c.Helper()
	// Lines are folded, but links are not.
	letter = strings.Join(strings.Fields(letter), " ")
	at := strings.Index(letter, line)
	if at < 0 {
		c.Fatalf("no line of the letter says %q:\n%s", line, letter)
	}
	link := linkBelow(letter, line, do)
	if link == "" {
		c.Fatalf("no line with %q has a link that says %s:\n%s", line, do, letter)
	}
	address, query, _ := strings.Cut(strings.TrimPrefix(link, "mailto:"), "?")
	fields := map[string]string{}
	for field := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = c.unescaped(value)
	}
	return opened{c.unescaped(address), fields["subject"], fields["body"]}
}

// linkBelow is the first link with a word below a line, "" where there is none.
func linkBelow(letter, line, do string) string {
	letter = strings.Join(strings.Fields(letter), " ")
	return regexp.MustCompile(`mailto:\S+subject=foredesk%20` + do + `%20\S+`).FindString(letter[max(0, strings.Index(letter, line)):])
}

func (c *aCase) unescaped(s string) string {
	text, err := url.PathUnescape(s)
	c.must(err)
	return text
}

// linksOfHTML is what the HTML part of a letter says, with its links.
func (c *aCase) linksOfHTML(l letterOut) string {
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	c.must(err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	c.must(err)
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		c.must(err)
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			continue
		}
		page, err := io.ReadAll(part)
		c.must(err)
		text := regexp.MustCompile(`href="([^"]*)"[^>]*>`).ReplaceAllString(string(page), "> $1 <i>")
		return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " "))
	}
}

// programs are how mail programs send what a link has opened, after the fields From
// and To. What they write was looked up in mail of theirs.
var programs = map[string]func(o opened, reason string) string{
	"": func(o opened, reason string) string {
		return "Subject: " + o.subject + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + o.body + reason + "\r\n"
	},
	"reply": func(o opened, reason string) string {
		return "Subject: Re: [EXTERNAL] " + o.subject + "\r\n\r\n" + o.body + reason + "\r\n"
	},
	"gmail": func(o opened, reason string) string {
		plain := strings.TrimRight(o.body, "\r\n") + "\r\n\r\n" + reason + "\r\n"
		page := `<div dir="ltr">` + strings.ReplaceAll(html.EscapeString(strings.TrimRight(o.body, "\r\n")), "\r\n", "<br>") + "<div><br></div><div>" + html.EscapeString(reason) + "</div></div>\r\n"
		return "MIME-Version: 1.0\r\nSubject: " + strings.Replace(o.subject, " [", "\r\n [", 1) + "\r\nContent-Type: multipart/alternative; boundary=\"000000000000a1b2c3\"\r\n\r\n" +
			"--000000000000a1b2c3\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\n" + plain +
			"\r\n--000000000000a1b2c3\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted(page) + "\r\n--000000000000a1b2c3--\r\n"
	},
	"outlook": func(o opened, reason string) string {
		subject := "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(o.subject[:20], " ", "\u00a0"))) + "?=\r\n =?utf-8?B?" +
			base64.StdEncoding.EncodeToString([]byte(o.subject[20:])) + "?="
		page := `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0cm}</style></head><body lang="EN-GB"><div class="WordSection1">`
		for line := range strings.SplitSeq(o.body+reason, "\r\n") {
			page += `<p class="MsoNormal">` + strings.ReplaceAll(html.EscapeString(line), "  ", " &nbsp;") + "<o:p>&nbsp;</o:p></p>\r\n"
		}
		page += "</div></body></html>\r\n"
		return "MIME-Version: 1.0\r\nThread-Topic: x\r\nSubject: " + subject + "\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted(page)
	},
	"apple": func(o opened, reason string) string {
		return "Mime-Version: 1.0 (Mac OS X Mail 16.0)\r\nSubject: " + o.subject + "\r\nContent-Type: text/plain;\r\n\tcharset=utf-8;\r\n\tformat=flowed;\r\n\tdelsp=yes\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			quoted(o.body+reason+"\r\n\r\nSent from my iPhone\r\n")
	},
}

func quoted(text string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		return err.Error()
	}
	if err := w.Close(); err != nil {
		return err.Error()
	}
	return b.String()
}

// notices are the mails that were sent besides letters, "to: subject".
func (c *aCase) notices() string {
	var lines []string
	for _, l := range c.post.taken() {
		if !isLetter(l) {
			lines = append(lines, l.to+": "+l.field("Subject"))
		}
	}
	return strings.Join(lines, "\n")
}

// isLetter reports whether a mail is more than a note.
func isLetter(l letterOut) bool { return strings.Contains(l.raw, "multipart/alternative") }

func (c *aCase) lettersPosted() []letterOut {
	return slices.DeleteFunc(c.post.taken(), func(l letterOut) bool { return !isLetter(l) })
}
