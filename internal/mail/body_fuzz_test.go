package mail

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// bodyInBounds checks what every body promises, whatever it was made of.
func bodyInBounds(tb testing.TB, body Body) {
	tb.Helper()
	if len(body.Calendar) > 3*maxInvite { // a byte may become a letter of three
		tb.Errorf("a calendar of %d bytes", len(body.Calendar))
	}
	if len(body.Text) > maxNewText || len(body.Full) > maxFullText || len(body.Files) > maxParts {
		tb.Error("a body is beyond its limits")
	}
	texts := []string{body.Text, body.Full}
	for _, f := range body.Files {
		texts = append(texts, f.Text, f.Name)
		if len(f.Text) > maxFileText {
			tb.Error("the text of a file is beyond its limit")
		}
	}
	for _, l := range body.Links {
		texts = append(texts, l.Text, l.URL)
		if !strings.HasPrefix(strings.ToLower(l.URL), "http") {
			tb.Errorf("a link that is none: %.100q", l.URL)
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00") {
			tb.Errorf("not clean text: %.100q", text)
		}
	}
}

func FuzzReadBody(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n\r\n", "Subject: x\n\nHello\n-- \nAnn\n",
		"Content-Type: text/plain; charset=utf-7\n\n+AGE-",
		"Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=C3=A4<a href=3D\"https://example.com\">b</a>=",
		"Content-Transfer-Encoding: base64\n\nSGk=SGk",
		"Content-Type: text/plain; format=flowed; delsp=yes\n\n> a \n> b\n c \n-- \nx",
		"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\nx\n--c\nContent-Type: text/csv; name=a.csv\n\n1,2\n--c--\n--b--",
		"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B$\"\x1b(B",
		"Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: text/plain; name=x.txt\n\nhello\n--a--",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := ReadFile(bytes.NewReader(data), testIdentity, testNow)
		if err != nil {
			t.Fatal(err)
		}
		file := mimeFile{in: bufio.NewReader(bytes.NewReader(data)), keep: maxKept}
		if err := file.read(); err != nil {
			t.Fatal(err)
		}
		if file.poison != "" {
			return
		}
		plan := planBody(file.root.structure())
		body := plan.compose(func(i int) []byte { return file.root.find(plan.parts[i].path).content })
		bodyInBounds(t, body)
		if msg.Poison == "" {
			sameFiles(t, msg, body)
		}
	})
}

// sameFiles holds the files of a body to those of the item: they are matched by
// their place.
func sameFiles(tb testing.TB, msg mailbox.Message, body Body) {
	tb.Helper()
	var want, got []string
	for _, f := range msg.Item.Files {
		want = append(want, f.Name.String())
	}
	for _, f := range body.Files {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("files: -item +body:\n%s", diff)
	}
}
