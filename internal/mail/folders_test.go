package mail

import (
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/mailbox"
)

func TestFolderNamesOnTheServer(t *testing.T) {
	for _, c := range []struct {
		name, delim, prefix string
		ours, theirs        string // theirs is "" where the name is refused
	}{
		{"slashes stay", "/", "", "Board/Q3", "Board/Q3"},
		{"dots where the server has dots", ".", "", "Board/Q3", "Board.Q3"},
		{"below the prefix of Courier", ".", "INBOX.", "Board/Q3", "INBOX.Board.Q3"},
		{"the prefix is not doubled", ".", "INBOX.", "INBOX/Board", "INBOX.Board"},
		{"the inbox has no prefix", ".", "INBOX.", "inbox", "INBOX"},
		{"a dot is no level of ours", ".", "", "v1.2", ""},
		{"no levels, no change", "", "", "a/b", "a/b"},
		{"a line break is refused", "/", "", "a\nb", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &folderNames{delim: c.delim, prefix: c.prefix}
			got, err := n.toServer(c.ours)
			if got != c.theirs || (err != nil) != (c.theirs == "") {
				t.Errorf("toServer(%q) = %q, %v, want %q", c.ours, got, err, c.theirs)
			}
		})
	}
}

func FuzzFolderNames(f *testing.F) {
	for _, name := range []string{"Board/Q3", "INBOX", "INBOX/x", "R&D", "a.b", "\\Archive", "a\r\nb", "日本"} {
		f.Add(name, ".", "INBOX.")
		f.Add(name, "/", "")
		f.Add(name, "", "")
	}
	f.Fuzz(func(t *testing.T, name, delim, prefix string) {
		if len([]rune(delim)) > 1 || strings.ContainsAny(delim+prefix, "\x00\r\n") {
			t.Skip("no server says that")
		}
		n := &folderNames{delim: delim, prefix: prefix}
		theirs, err := n.toServer(name)
		if err != nil {
			return
		}
		if strings.ContainsAny(theirs, "\x00\r\n") {
			t.Errorf("%q becomes %q on the wire", name, theirs)
		}
		ours, ok := n.fromServer(theirs)
		if delim != "/" || prefix != "" || strings.EqualFold(name, mailbox.Inbox) {
			return // the same folder may then have two names
		}
		if !ok || ours != name {
			t.Errorf("%q becomes %q and comes back as %q", name, theirs, ours)
		}
	})
}
