package mail

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// foldersThatAreNone are LIST answers that go-imap ends the connection at.
var foldersThatAreNone = map[string]string{
	"invalid UTF-7":        `* LIST (\HasNoChildren \Junk) "/" "&AGc-broken&zzz"`,
	"bare ampersand":       `* LIST (\HasNoChildren) "/" "R&D"`,
	"bare, without quotes": `* LIST (\HasNoChildren) "/" R&D`,
	"ASCII as BASE64":      `* list () "." "&AEEAQg-"`,
	"half a surrogate":     `* LIST () "/" "&2D0-"`,
	"8-bit name":           "* LIST (\\HasNoChildren) \"/\" \"Entw\xfcrfe\"",
	"control character":    "* LIST () \"/\" \"a\x07b\"",
	"in a literal":         "* LIST () \"/\" {3}\r\nR&D",
	"a literal of lines":   "* LIST () \"/\" {26}\r\nx\r\n* LIST () \"/\" \"Phantom\"",
	"blanks, no quotes":    `* LIST () "/" My folder`,
	"no delimiter":         `* LIST () "" "Odd"`,
}

// One folder whose name go-imap cannot decode must not hide the others, nor the
// special uses, nor be told by name.
func TestAFolderWithANameThatIsNoneHidesNoOther(t *testing.T) {
	for name, line := range foldersThatAreNone {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.caps += " SPECIAL-USE"
			srv.on("LIST", func(c *scripted, tag, args string) {
				if strings.HasPrefix(args, `"" ""`) {
					c.usual(tag, "LIST "+args)
					return
				}
				c.say(line, `* LIST (\HasNoChildren) "/" "Board"`, line, "* LIST (\\Archive) \"/\" {10}\r\nR&-D \"x\" z", line, tag+" OK")
			})
			a := accountAt(t, srv.addr)
			var log lockedBuffer
			a.log = slog.New(slog.NewTextHandler(&log, nil))
			s := openSession(t, a)
			folders, err := s.Folders(t.Context())
			if want := []Folder{{Name: "Board"}, {Name: `R&D "x" z`, Use: `\Archive`}}; err != nil || !slices.Equal(folders, want) {
				t.Errorf("the folders are %+v (%v)", folders, err)
			}
			for use, want := range map[string]string{mailbox.Archive: `R&D "x" z`, mailbox.Junk: "Junk"} {
				if got, err := s.target(t.Context(), use); err != nil || got != want {
					t.Errorf("%s is %q (%v), want %q", use, got, err, want)
				}
			}
			if said := log.String(); strings.Count(said, "cannot be read") != 1 || strings.Contains(said, "R&D") || strings.Contains(said, "broken") {
				t.Errorf("the log says: %s", said)
			}
			faulttest.Injected(t, "39", 1)
		})
	}
}

// TestOnlyListAnswersAreLeftOut holds that what only looks like one stays, in
// whatever pieces it comes: messages least of all lose a line.
func TestOnlyListAnswersAreLeftOut(t *testing.T) {
	const bad = "* LIST () \"/\" R&D\r\n"
	said := "* OK hi\r\n" + bad + fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s%s)\r\n", 2*len(bad), bad, bad) +
		"* LIST () \"/\" {3}\r\nR&D\r\n* LI\r\nT3 OK " + bad + "* 2 FETCH (BODY[] {1}\r\nx" + bad + "* LIST () \"/\" \"\\\"&-\"\r\n" + bad + "* LIST () \"/\" half"
	want := strings.Replace(said, "hi\r\n"+bad, "hi\r\n", 1)
	want = strings.Replace(want, "* LIST () \"/\" {3}\r\nR&D\r\n", "", 1)
	want = strings.Replace(want, "\"\\\"&-\"\r\n"+bad, "\"\\\"&-\"\r\n", 1)
	for size := range 120 {
		if got := throughTamed(t, said, size+1); got != want {
			t.Fatalf("in pieces of %d bytes:\n%s\nwant\n%s", size+1, got, want)
		}
	}
}

// What is far too long for a folder is not gathered, however it comes.
func TestALongListAnswerIsNotKeptBack(t *testing.T) {
	said := "* LIST () \"/\" \"" + strings.Repeat("&", maxListed) + "\"\r\n* OK\r\n"
	for _, size := range []int{100, maxListed / 2, len(said)} {
		if got := throughTamed(t, said, size); got != said {
			t.Errorf("in pieces of %d bytes %d of %d came through", size, len(got), len(said))
		}
	}
}
