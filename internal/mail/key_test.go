package mail

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestContentKey(t *testing.T) {
	const whole = "Received: from x\r\nMessage-ID: <1@example.com>\r\nDate: Mon, 7 Dec 2026 18:02:11 +0100\r\n" +
		"From: Pat <pat@example.com>\r\nTo: a@example.com\r\nSubject: a long subject that goes on\r\n\r\n"
	const bare = "Date: Mon, 7 Dec 2026 18:02:11 +0100\nFrom: pat@example.com\nTo: a@example.com\n\n"
	tests := []struct {
		name string
		a, b string
		late time.Duration // how much later b was received
		same bool
	}{
		{"the whole header or only the fields asked for", whole, "Date: Mon, 7 Dec 2026 18:02:11 +0100\nFrom: Pat <pat@example.com>\nSubject: a long subject that goes on\nMessage-ID: <1@example.com>\n\n", 0, true},
		{"another folding", whole, "Message-Id:\r\n <1@example.com>\r\nDate: Mon, 7 Dec 2026\r\n 18:02:11 +0100\r\nFrom:Pat  <pat@example.com> \r\nSubject: a long subject\r\n\t that goes on\r\n\r\n", 0, true},
		{"received at another time", whole, whole, time.Hour, true},
		{"without Message-ID, received at another time", bare, bare, time.Second, false},
		{"without Message-ID, the part of a second", bare, bare, 300 * time.Millisecond, true},
		{"without Message-ID, to somebody else", bare, "Date: Mon, 7 Dec 2026 18:02:11 +0100\nFrom: pat@example.com\nTo: b@example.com\n\n", 0, false},
		{"one Message-ID, another subject", whole, "Message-ID: <1@example.com>\nDate: Mon, 7 Dec 2026 18:02:11 +0100\nFrom: Pat <pat@example.com>\nSubject: other\n\n", 0, false},
		{"an empty Message-ID is none", "Message-ID: <>\n" + bare, "Message-ID: <>\n" + bare, time.Second, false},
		{"text does not slip from one field into the next", "Message-ID: <1>\nDate: a\nFrom: b\n\n", "Message-ID: <1>\nDate: a b\n\n", 0, false},
		{"no header at all", "", "\r\n", 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := ContentKey([]byte(tt.a), testNow), ContentKey([]byte(tt.b), testNow.Add(tt.late))
			if (a == b) != tt.same || len(a) != 32 {
				t.Errorf("keys %s and %s, same should be %v", a, b, tt.same)
			}
		})
	}
	zone := testNow.In(time.FixedZone("", 7200))
	if ContentKey([]byte(bare), testNow) != ContentKey([]byte(bare), zone) {
		t.Error("the zone in which the server writes INTERNALDATE changes the key")
	}
}

// TestContentKeyStays pins the key: it stands in journals, so that another way to
// compute it would handle old mail a second time.
func TestContentKeyStays(t *testing.T) {
	const want = "e89f40f089efce310d5e0ddb6f05610e"
	if got := ContentKey([]byte(typicalHeader), testNow); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
}

// What is longer than a line may be is cut, and not in the middle of a character, which
// PostgreSQL would not keep.
func TestALongMessageIDIsCutAtACharacter(t *testing.T) {
	for n := range 5 {
		id := parseHeader([]byte("Message-ID: <" + strings.Repeat("a", maxAddress-n) + "éé€@x.example>\r\n\r\n")).messageID()
		if !utf8.ValidString(id) || len(id) > maxAddress || len(id) < maxAddress-n {
			t.Errorf("of %d bytes before it, %d are left, the last %q", maxAddress-n, len(id), id[len(id)-3:])
		}
	}
}
