package mail

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadFileBoundaries(t *testing.T) {
	tests := []struct {
		name, file string
		want       string // names of the files
	}{
		{"a missing end", "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part("a") + "--b\n" + part("c"), "a c"},
		{"CRLF", strings.ReplaceAll(ofParts(part("a"), part("c")), "\n", "\r\n"), "a c"},
		{"blanks behind a boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n" + part("a") + "--b--  \n", "a"},
		{"an outer boundary ends the inner parts", ofParts("Content-Type: multipart/mixed; boundary=i\n\n--i\n"+part("a"), part("c")), "a c"},
		{"what comes after the end is no part", ofParts(part("a")) + "--b\n" + part("c"), "a"},
		{"what comes before the first boundary is no part", "Content-Type: multipart/mixed; boundary=b\n\n" + part("a") + "--b\n" + part("c"), "c"},
		{"a longer line that starts like a boundary", ofParts(part("a") + "--bb\n" + part("c")), "a"},
		{"no boundary declared", "Content-Type: multipart/mixed\n\n--b\n" + part("a"), ""},
		{"a header without a body", ofParts("Content-Type: application/pdf; name=a"), "a"},
		{"the messages of a digest are its text", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\n--b--\n", ""},
		{"inside an attached message are its own files", ofParts("Content-Type: message/rfc822; name=m\n\nContent-Type: multipart/mixed; boundary=i\n\n--i\n" + part("a") + "--i--"), "m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := []string{}
			for _, f := range fileFacts(t, tt.file).Files {
				names = append(names, cmp.Or(f.Name.String(), "unnamed"))
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("files %q, want %q", got, tt.want)
			}
		})
	}
}

// part is a part with a name.
func part(name string) string { return "Content-Type: application/pdf; name=" + name + "\n\nx\n" }

func TestFileIsTakenForNewMailInTheInbox(t *testing.T) {
	const head = "From: a@example.com\nX-Spam-Flag: YES\n"
	tests := []struct{ name, header, received string }{
		{"received when its topmost Received field says", "Received: by a; Mon, 7 Dec 2026 18:02:11 +0100\nReceived: by b; Mon, 7 Dec 2026 10:00:00 +0100\nDate: Mon, 7 Dec 2026 09:00:00 +0100\n", "2026-12-07T17:02:11Z"},
		{"else at its Date", "Date: Mon, 7 Dec 2026 09:00:00 +0100\n", "2026-12-07T08:00:00Z"},
		{"else now", "", "2026-12-08T06:30:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			item := fileFacts(t, head+tt.header+"\nHi\n")
			if got := item.Received.UTC().Format(time.RFC3339); got != tt.received {
				t.Errorf("received %s, want %s", got, tt.received)
			}
			if item.Folder != "INBOX" || item.Role != "inbox" || !item.Unread || item.Header["X-Spam-Flag"][0] != "YES" {
				t.Errorf("%+v", item)
			}
		})
	}
}

func TestSizeIsThatOfAServer(t *testing.T) {
	unix := fileFacts(t, "Subject: x\n\nline\nline\n").Size
	wire := fileFacts(t, "Subject: x\r\n\r\nline\r\nline\r\n").Size
	if unix != wire || wire != 26 {
		t.Errorf("size %d with LF, %d with CRLF", unix, wire)
	}
}

func TestReadFileReportsAReadError(t *testing.T) {
	broken := errors.New("disk gone")
	if _, err := ReadFile(iotest.ErrReader(broken), testIdentity, testNow); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
