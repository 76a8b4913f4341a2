package mail

import (
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/foredesk/foredesk/rules"
)

// FuzzDate holds what every date promises: a year that a mail can be from, a form that
// JSON can write, and the moment that net/mail reads where it reads one.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{
		"Tue, 08 Dec 2026 10:00:00 +0100", "8 Dec 26 10:00 GMT+1 (CET)", "2026-12-08T10:00:00.5Z", "Tue Dec  8 10:00:00 CET 2026", "08-Dec-2026 10.00.00",
		"Fri, 31 Dec 99999 23:59:59 -2359", "Mon, 1 Jan 0000 00:00:00 +0000", "1 Jan 1970 00:00 +9999", "((((Tue, 8 Dec 2026", "8 Dec 2026 24:60:61 -0000", strings.Repeat("(", 199),
		"Sat, 29 Feb 2025 12:00:00 +0000", "30 Jun 2026 23:59:60 +0000", "8 Dec 2026 10:00:00 +00000000000001", "\x00", "8 Déc 2026",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := parseDate(text)
		if !ok {
			if !at.IsZero() {
				t.Errorf("%q is no date, and %s", text, at)
			}
			return
		}
		if y := at.UTC().Year(); y < 1970 || y > 9998 {
			t.Errorf("%q is of the year %d", text, y)
		}
		if _, err := at.MarshalJSON(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if want, err := netmail.ParseDate(text); err == nil && !want.Equal(at) {
			t.Errorf("%q is read as %s, by net/mail as %s", text, at, want)
		}
		if again, ok := parseDate(at.Format(time.RFC1123Z)); !ok || !again.Equal(at.Truncate(time.Second)) {
			if _, offset := at.Zone(); offset%60 == 0 {
				t.Errorf("%q, written as %q, is read as %s", text, at.Format(time.RFC1123Z), again)
			}
		}
	})
}

// FuzzDecodeText holds what every decoded text promises, and that text which the
// standard library encodes comes back.
func FuzzDecodeText(f *testing.F) {
	for _, seed := range []string{
		"=?utf-8?q?a=0D=0ABcc:_b?=", "=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "=?utf-8?b?ww==?= =?UTF-8?B?vA==?=", "=?iso-2022-jp?b?GyRCJSIbKEI=?=", "=?utf-7?q?+AGE-?=",
		"=?utf-8*de?q?=C3=A4?=", "=?x-unknown?b?////?=", "=??q??=", "=?utf-8?q?" + strings.Repeat("=00", 50) + "?=", strings.Repeat("=?utf-8?q?a?= ", 200), "=?" + strings.Repeat("=?", 200),
		"\xff\xfe\x00a", "=?gb18030?b?gTCBMA==?=", "=?utf-16?b?/v8AYQ==?=", "=?utf-8?b?4oCp4oCo?=", "a =?utf-8?q?b?=c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := decodeText(text)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00\u2028\u2029") || len(got) > maxText {
			t.Errorf("%.200q is read as %.200q", text, got)
		}
		if utf8.ValidString(text) && len(text) < 200 && printable(text) == text && !strings.Contains(text, "=?") && text != "" {
			for _, encoding := range []mime.WordEncoder{mime.QEncoding, mime.BEncoding} {
				if back := decodeText(encoding.Encode("utf-8", text)); back != text {
					t.Errorf("%q, encoded by the standard library, is read as %q", text, back)
				}
			}
		}
	})
}

// FuzzParams reads the field of a media type or a disposition, and holds what
// mime.ParseMediaType understands to its answer.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`text/plain; charset="utf-8"`, "application/pdf; name*0*=utf-8''a%C3; name*1*=%A4; name*2=\"b%.pdf\"", "attachment; filename*=utf-8'de'%e2%82%ac.txt; filename=x",
		`attachment; filename="../../etc/passwd"`, `attachment; filename="a\"b\\c"`, "a/b;;;=;x==;\"", "multipart/mixed boundary=x", "text/plain (a comment); charset (b) = utf-8",
		`x/y; name="=?utf-8?q?a=0D=0Ab?="`, "x/y; name*=''%00%0d%0a", "x/y" + strings.Repeat("; name*1=a", 500), "attachment; " + continuations(300), "x/y; name*0=a; name*2=c; name*00=d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		value, params := parseParams(field)
		if strings.ToLower(value) != value || len(params) > len(field)/2 {
			t.Errorf("%q has the value %q and %d parameters", field, value, len(params))
		}
		for _, name := range []string{"name", "filename", "charset", "boundary", "method"} {
			got := param(params, name)
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") || len(got) > maxText {
				t.Errorf("%q: %s is %.200q", field, name, got)
			}
			if want, ok := peersParam(field, name); ok && got != want {
				t.Errorf("%q: %s is %q, by the standard library %q", field, name, got, want)
			}
		}
	})
}

// continuations is a name in n pieces (RFC 2231 3).
func continuations(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "filename*%d*=%%61; ", i)
	}
	return b.String()
}

// peersParam is what the standard library reads, where the two should agree: it
// refuses much, and knows neither encoded words nor other charsets.
func peersParam(field, name string) (string, bool) {
	if len(field) > 200 || !isPlain(field) || strings.ContainsAny(field, `*%\()`) {
		return "", false
	}
	_, params, err := mime.ParseMediaType(field)
	value, ok := params[name]
	return strings.TrimSpace(value), err == nil && ok
}

// FuzzAuthResults writes into the field of the own server what a stranger chooses as
// the address and the comment that are quoted there: that never makes the sender a
// proven one.
func FuzzAuthResults(f *testing.F) {
	for _, seed := range []string{
		"x@evil.example", `"x; dmarc=pass"@evil.example`, "x@evil.example (; dmarc=pass header.from=victim.example)", `"\"; dmarc=pass"`, "a;dmarc = pass", "\\", "(", `"`, "x@evil.example\r\n dmarc=pass",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, stranger string) {
		// A server quotes what it was given, and writes no control characters (RFC 8601 2.2).
		if strings.ContainsFunc(stranger, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(stranger) + `"`
		commented := "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(stranger) + ")"
		block := "Authentication-Results: mx.acme.example;\r\n spf=fail " + commented + " smtp.mailfrom=" + quoted + "@evil.example;\r\n dmarc=fail header.from=victim.example\r\nFrom: ceo@victim.example\r\n\r\n"
		msg := testIdentity.message(rawMessage{Header: []byte(block), InternalDate: testNow}, rules.Needs{Headers: []string{"Authentication-Results"}})
		if v := msg.Item.Auth.Verdict; v != authFail && v != authUnknown {
			t.Errorf("%q makes the verdict %q: %+v", stranger, v, msg.Item.Auth)
		}
	})
}

// FuzzLists reads the fields of a mailing list: the address to leave it is one line,
// and one click is offered only where both fields say so (RFC 8058 3.1).
func FuzzLists(f *testing.F) {
	for _, seed := range [][2]string{
		{"<https://x.example/u>", "List-Unsubscribe=One-Click"},
		{"<mailto:a@b>, <https://x.example/a\r\n b>", "list-unsubscribe=one-click"},
		{"<http://x.example>", "List-Unsubscribe=One-Click"},
		{"https://x.example", ""},
		{"<<<>>>,<,<javascript:alert(1)>", "x"},
		{"<https://u:p@x.example/>", "List-Unsubscribe=One-Click"},
		{"(c) <https://x.example/%0d%0aBcc:>", "List-Unsubscribe=One-Click"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, unsubscribe, post string) {
		fold := strings.NewReplacer("\r", "", "\n", "\r\n ")
		block := "List-Unsubscribe: " + fold.Replace(unsubscribe) + "\r\nList-Unsubscribe-Post: " + fold.Replace(post) + "\r\nList-Id: " + fold.Replace(post) + "\r\n\r\n"
		msg := testIdentity.message(rawMessage{Header: []byte(block), InternalDate: testNow}, rules.Needs{Headers: []string{"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"}})
		list := msg.Item.List
		if strings.ContainsAny(list.Unsubscribe+list.ID+list.Post, "\r\n\x00") {
			t.Errorf("a line end or NUL in %+v", list)
		}
		if list.OneClick && (!strings.HasPrefix(strings.ToLower(list.Unsubscribe), "https://") || !strings.Contains(strings.ToLower(block), "one-click")) {
			t.Errorf("one click at %q by %q", list.Unsubscribe, post)
		}
		SignsUnsubscribe([]byte("DKIM-Signature: " + fold.Replace(unsubscribe) + "\r\n" + block))
	})
}
