package mail

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

var (
	testNow      = time.Date(2026, 12, 8, 6, 30, 0, 0, time.UTC)
	testIdentity = Identity{Account: "dana", Address: []string{"dana@acme.example"}, AuthservID: "mx.acme.example"}
)

// typicalHeader is what one FETCH gives for a rule set that asks for the common
// facts.
const typicalHeader = "Message-ID: <20261207.4711@mail.board.acme.example>\r\n" +
	"Date: Mon, 7 Dec 2026 18:02:11 +0100\r\n" +
	"From: Pat =?utf-8?q?M=C3=BCller?= <pat@board.acme.example>\r\n" +
	"To: Dana Whitfield <dana@acme.example>, \"Lee, Sam\" <sam@acme.example>\r\n" +
	"Cc: assistant@acme.example\r\n" +
	"Subject: Q3 board pack: papers for\r\n Thursday\r\n" +
	"Return-Path: <pat@board.acme.example>\r\n" +
	"Authentication-Results: mx.acme.example; dkim=pass header.d=acme.example;\r\n" +
	" spf=pass smtp.mailfrom=pat@board.acme.example; dmarc=pass header.from=board.acme.example\r\n" +
	"Importance: high\r\n" +
	"\r\n"

// fromHeader reads a header alone, with line feeds as line ends.
func fromHeader(text string) mailbox.Message {
	return testIdentity.message(rawMessage{Header: []byte(text), InternalDate: testNow}, rules.Needs{})
}

func TestFactsOfATypicalMessage(t *testing.T) {
	raw := rawMessage{
		Ref:          mailbox.Ref{Folder: "INBOX", UIDValidity: 7, UID: 41},
		Role:         "inbox",
		Flags:        []string{`\seen`, `\Flagged`, "$Label1", "Waiting"},
		InternalDate: testNow,
		Size:         5120,
		Header:       []byte(typicalHeader),
	}
	got := testIdentity.message(raw, rules.Needs{Headers: []string{"Importance", "X-Absent"}})
	want := mailbox.Message{
		Ref:       raw.Ref,
		Key:       got.Key,
		MessageID: "20261207.4711@mail.board.acme.example",
		Flags:     raw.Flags,
		Item: rules.Item{
			Account: "dana", Folder: "INBOX", Role: "inbox", Direction: "in", Kind: "person",
			Subject: rules.NewText("Q3 board pack: papers for Thursday"),
			From:    rules.ParseAddress("Pat Müller", "pat@board.acme.example"),
			To: []rules.Address{
				rules.ParseAddress("Dana Whitfield", "dana@acme.example"),
				rules.ParseAddress("Lee, Sam", "sam@acme.example"),
			},
			Cc:       []rules.Address{rules.ParseAddress("", "assistant@acme.example")},
			Priority: "high", Flagged: true,
			Date:     time.Date(2026, 12, 7, 17, 2, 11, 0, time.UTC),
			Received: testNow, Size: 5120,
			Labels: []string{"$Label1", "Waiting"}, Files: []rules.File{},
			Auth:   rules.Auth{SPF: "pass", DKIM: "pass", DMARC: "pass", Verdict: "pass"},
			Header: map[string][]string{"Importance": {"high"}},
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b rules.Text) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDirectionIsOutFromAnOwnAddress(t *testing.T) {
	if got := fromHeader("From: Dana <DANA@acme.example>\n").Item.Direction; got != "out" {
		t.Errorf("direction %q", got)
	}
}

// TestHeaderInjection: what an encoded word hides never becomes a line of its own.
func TestHeaderInjection(t *testing.T) {
	msg := fromHeader("Subject: =?utf-8?q?Hi=0D=0ABcc:_all@example.com=00?=\n" +
		"From: =?utf-8?b?RXZlDQpYOiB5?= <eve\x00\r@example.com>\nTo: a@example.com\rBcc: b@example.com\n")
	inBounds(t, msg)
	if got := msg.Item.Subject.String(); got != "Hi  Bcc: all@example.com" {
		t.Errorf("subject %q", got)
	}
	if got := msg.Item.From.Name.String(); got != "Eve  X: y" {
		t.Errorf("name %q", got)
	}
	faulttest.Injected(t, "S5", 2)
}

// TestPoison: what is beyond the limits is left alone with a reason, quickly.
func TestPoison(t *testing.T) {
	multipart := func(level int) string {
		return fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", level, level)
	}
	nested := func(levels int) string {
		var b strings.Builder
		for i := range levels {
			b.WriteString(multipart(i))
		}
		return b.String() + "\ntext\n"
	}
	many := func(parts int) string { return multipart(0) + strings.Repeat("\nx\n--b0\n", parts) }
	tests := []struct {
		name, file, want string
	}{
		{"200,000 parts", many(200_000), poisonParts},
		{"1,000 parts are read", many(maxParts - 3), ""},
		{"25 levels", nested(25), poisonDepth},
		{"20 levels are read", nested(maxDepth), ""},
		{"10,000 levels", nested(10_000), poisonDepth},
		{"a header of 20 MB in one field", "Subject: " + strings.Repeat("x", maxHeader), poisonHeader},
		{"a header of 20 MB in many fields", strings.Repeat("X-Filler: abcdefgh\n", maxHeader/18), poisonHeader},
		{"a header of 19 MB is read", "From: a@example.com\nX: " + strings.Repeat("x", 19_000_000), ""},
		{"a file beyond 64 MiB", "Subject: x\n\n" + strings.Repeat("line\n", maxFile/5), poisonFile},
		{"a file that is no message", "%PDF-1.7\n\x00\x01\n", poisonNoHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var msg mailbox.Message
			spent := faulttest.Measure(func() {
				var err error
				if msg, err = ReadFile(strings.NewReader(tt.file), testIdentity, testNow); err != nil {
					t.Fatal(err)
				}
			})
			inBounds(t, msg)
			if msg.Poison != tt.want {
				t.Errorf("poison %q, want %q", msg.Poison, tt.want)
			}
			if spent.Bytes > 16<<20 || spent.Time > time.Minute {
				t.Errorf("took %d bytes and %v", spent.Bytes, spent.Time)
			}
			if tt.want != "" {
				faulttest.Injected(t, "39", 1)
			}
		})
	}
}

// TestHostileHeadersAreReadInLinearTime gives each reader 1 MB of what would hurt
// one that looks back.
func TestHostileHeadersAreReadInLinearTime(t *testing.T) {
	const size = 1 << 20
	for _, unit := range []string{
		"(", "\"", "<", "<@", "<\"", ",", "a,", ":", "a:", "a@b,", "((", "\\", "=?", "=?a?q?", "=?a?b?x?=", "=?a?q?x", ";", "a=", "a=\";",
		"x*0*=a;", "\r", "\n ", "\x00", "\xff", "<a ", "\"a\"b", "a ", "a@ ", "xn--a.", "@", ".", "-- ", "<>", "spf=pass;", "() ",
	} {
		t.Run(unit, func(t *testing.T) {
			body := strings.Repeat(unit, size/len(unit))
			for _, name := range []string{"To", "Subject", "Date", "List-Unsubscribe", "Content-Type", "Authentication-Results", "X-Spam-Status", "Message-ID", "Received"} {
				block := name + ": mx.acme.example; " + body + "\n"
				needs := rules.Needs{Headers: []string{name}}
				var msg mailbox.Message
				spent := faulttest.Measure(func() {
					msg = testIdentity.message(rawMessage{Header: []byte(block), InternalDate: testNow}, needs)
				})
				inBounds(t, msg)
				if spent.Time > time.Minute || spent.Bytes > 512<<20 {
					t.Errorf("%s took %v and %d MiB", name, spent.Time, spent.Bytes>>20)
				}
			}
		})
	}
}

// TestMessageAfterAFault: a fault of a library costs one message, not the account.
func TestMessageAfterAFault(t *testing.T) {
	raw := rawMessage{Header: []byte("Subject: x\n"), Structure: (*imap.BodyStructureMultiPart)(nil)}
	msg := testIdentity.message(raw, rules.Needs{})
	if msg.Poison != poisonFault || msg.Key == "" || msg.Item.Subject.String() != "" {
		t.Errorf("got %+v", msg)
	}
}

func BenchmarkMessage(b *testing.B) {
	raw := rawMessage{Header: []byte(typicalHeader), InternalDate: testNow}
	needs := rules.Needs{Headers: []string{"Authentication-Results", "Importance", "Return-Path"}}
	b.ReportAllocs()
	for b.Loop() {
		testIdentity.message(raw, needs)
	}
}

func BenchmarkReadFile(b *testing.B) {
	file := []byte(typicalHeader + strings.Repeat("A line of the body, as long as most lines of mail are.\r\n", 2000))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadFile(bytes.NewReader(file), testIdentity, testNow); err != nil {
			b.Fatal(err)
		}
	}
}
