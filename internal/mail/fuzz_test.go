package mail

import (
	"bytes"
	"encoding/json"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// inBounds checks what every message promises, whatever it was made of.
func inBounds(tb testing.TB, msg mailbox.Message) {
	tb.Helper()
	if len(msg.Key) != 32 {
		tb.Errorf("key %q has not 32 digits", msg.Key)
	}
	if msg.Poison == poisonFault {
		tb.Error("reading it met a fault")
	}
	if msg.Poison != "" {
		if msg.Item.Subject.String() != "" || len(msg.Item.To) > 0 || msg.MessageID != "" {
			tb.Error("a poison message has facts")
		}
		return
	}
	item := msg.Item
	texts := []string{item.Subject.String(), msg.MessageID, item.List.ID, item.List.Post, item.List.Unsubscribe}
	for _, a := range append(append([]rules.Address{item.From, item.SenderAddress, item.ReplyTo}, item.To...), item.Cc...) {
		texts = append(texts, a.Name.String(), a.Email)
	}
	for _, f := range item.Files {
		texts = append(texts, f.Name.String())
		if f.Size < 0 {
			tb.Error("a file has a negative size")
		}
	}
	for _, values := range item.Header {
		texts = append(texts, values...)
	}
	for _, text := range texts {
		if strings.ContainsAny(text, "\r\n\x00") || !utf8.ValidString(text) || len(text) > maxText {
			tb.Errorf("a fact is not one printable line within the limit: %.100q", text)
		}
	}
	if len(item.To) > maxAddresses || len(item.Cc) > maxAddresses || len(item.Files) > maxParts {
		tb.Error("a list is beyond its limit")
	}
	if item.Kind == "" || item.Priority == "" || item.Auth.Verdict == "" || item.Direction == "" {
		tb.Error("a fact that always has a value is empty")
	}
	if _, err := json.Marshal(item); err != nil {
		tb.Errorf("the facts can't be written as JSON: %v", err)
	}
}

func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n\r\n", "no message at all", "Subject: x",
		"From: a@example.com\nSubject: =?utf-8?b?YcOk?=\n\nHello\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf; name*0*=utf-8''a%C3; name*1*=%A4.pdf\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--\nepilogue",
		"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a--\n\n--a----\n--a--",
		"Content-Type: multipart/digest boundary=\"\\\"\n\n--\n----\n",
		"From user Sat Jan  3 01:05:34 1996\nDate: Sat, 99 Foo 1996 25:61 -9999\n\n",
		"Date: 31 Dec 9999 23:59:59 -2359\nReceived: x; 31 Dec 9999 23:59:59 -9959\n\n",
		strings.Repeat("Content-Type: multipart/mixed; boundary=a\n\n--a\n", 25),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := ReadFile(bytes.NewReader(data), testIdentity, testNow)
		if err != nil {
			t.Fatal(err)
		}
		inBounds(t, msg)
	})
}

func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		typicalHeader,
		"To: \"a, <b@example.com>, (c (d), e@example.com;;: x:y@example.com\r\n",
		"From: =?utf-8?q?a=0D=0ABcc:_b?= <a\x00b@xn--bcher-kva.example>\r\n",
		"Subject: =?iso-2022-jp?b?GyRC?= =?iso-2022-jp?b?JSI=?= =?x?q?\xff?=\r\n folded\rbare\n",
		"Authentication-Results: mx.example.com; spf=pass (\"\\) smtp.mailfrom=\"x;dmarc=pass\"@example.com; arc=x header.oldest-pass=0\r\n",
		"List-Unsubscribe: <mailto:a>, <https://x/\r\n y>\r\nX-Spam-Score: nan\r\nX-Spam-Status: score=inf\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		raw := rawMessage{Header: block, InternalDate: testNow}
		needs := rules.Needs{Headers: []string{"Received", "List-Id", "X-Spam-Score", "Authentication-Results"}}
		msg := testIdentity.read(raw, needs) // without the net under message
		inBounds(t, msg)
		if again := ContentKey(block, testNow); again != msg.Key {
			t.Errorf("ContentKey is %s, the message's key %s", again, msg.Key)
		}
	})
}

// FuzzAddressesAgreeWithNetMail holds what net/mail understands to its answer:
// a list must not mean one thing to a rule and another to the programs that send
// and answer mail.
func FuzzAddressesAgreeWithNetMail(f *testing.F) {
	for _, seed := range []string{
		"a@example.com", `"Doe, Jane" <jane@example.com>, joe@example.com (Joe)`,
		"Board: a@example.com, B <b@example.com>;, c@example.com", `"quo\"ted"@example.com`,
		"A (x) <a@example.com> , <b@example.com>", "a.b+c@sub.example.com", "(c)a@example.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		want, err := mail.ParseAddressList(list)
		if err != nil || len(want) > maxAddresses || !comparableList(list) {
			return
		}
		got := parseAddresses(list)
		if len(got) != len(want) {
			t.Fatalf("%q: %d addresses, net/mail finds %d", list, len(got), len(want))
		}
		for i := range want {
			if email := rules.ParseAddress("", want[i].Address).Email; got[i].Email != email {
				t.Errorf("%q: address %q, net/mail finds %q", list, got[i].Email, email)
			}
		}
	})
}

// comparableList leaves out what we read otherwise with intent: encoded and
// 8-bit text, punycode, control characters, literals and very long addresses.
func comparableList(list string) bool {
	if len(list) > maxAddress || !isPlain(list) || strings.Contains(strings.ToLower(list), "xn--") {
		return false
	}
	return !strings.ContainsAny(list, `\[]`) && !strings.Contains(list, "mailto:")
}
