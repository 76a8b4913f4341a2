package mail

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// TestCapabilitiesThatGoIMAPNeverGetsOver holds that a server with brackets among its
// capabilities is served like any other, or left, but never listened to for ever.
func TestCapabilitiesThatGoIMAPNeverGetsOver(t *testing.T) {
	for name, greeting := range map[string]string{
		"in the greeting":    "* OK [CAPABILITY IMAP4rev1 (AUTH=PLAIN)] hello\r\n",
		"without a blank":    "* OK [CAPABILITY(IMAP4rev1)] hello\r\n",
		"in lower case":      "* ok [capability imap4rev1 (((] hello\r\n",
		"unasked":            "* OK hello\r\n* CAPABILITY IMAP4rev1 (x\r\n",
		"at a refusal":       "* BYE [CAPABILITY (] hello\r\n",
		"signed in already":  "* PREAUTH [CAPABILITY IMAP4rev1 (IDLE)] hello\r\n",
		"with a tag of ours": "* OK hello\r\nT1 OK [CAPABILITY (] in\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.greeting = strings.TrimSuffix(greeting, "\r\n")
			srv.set("UIDNEXT", "1") // under the lock, behind which the greeting is read
			ctx, cancel := context.WithTimeout(t.Context(), muchTalk)
			defer cancel()
			if s, err := accountAt(t, srv.addr).Open(ctx); err == nil {
				s.Close()
			}
			if ctx.Err() != nil {
				t.Error("it was listened to until the time was over")
			}
		})
	}
	faulttest.Injected(t, "39", 7)
}

// TestOnlyCapabilitiesAreTamed holds that nothing else of what a server says is
// changed, in whatever pieces it comes: messages least of all.
func TestOnlyCapabilitiesAreTamed(t *testing.T) {
	said := "* OK [CAPABILITY A (B)] hi (there)\r\n* CAPABILITY C (\r\n* 1 FETCH (UID 1 BODY[HEADER] {46}\r\n* CAPABILITY x (y)\r\n* OK [CAPABILITY z (z\r\n\r\n FLAGS (a))\r\n" +
		"* LIST (\\Noselect) \"/\" \"* CAPABILITY (\"\r\nT4 OK (done) [CAPABILITY (]\r\nT5 NO [CAPABILITY (] no\r\n"
	want := "* OK [CAPABILITY A _B)] hi _there)\r\n* CAPABILITY C _\r\n" + said[strings.Index(said, "* 1 FETCH"):strings.Index(said, "T5")] + "T5 NO [CAPABILITY _] no\r\n"
	for size := range 80 {
		if got := throughTamed(t, said, size+1); got != want {
			t.Fatalf("in pieces of %d bytes:\n%s", size+1, got)
		}
	}
}

// throughTamed is what is heard of what a server says in pieces.
func throughTamed(t testing.TB, said string, size int) string {
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		for rest := said; rest != ""; {
			n := min(size, len(rest))
			if _, err := io.WriteString(there, rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	heard, err := io.ReadAll(&tamed{Conn: here})
	if err != nil {
		t.Fatal(err)
	}
	return string(heard)
}

// FuzzTamed holds that at most brackets of lines with capabilities change and LIST
// answers go, and that it makes no difference in what pieces they come.
func FuzzTamed(f *testing.F) {
	f.Add("* OK [CAPABILITY A (B)] hi\r\n", uint8(3))
	f.Add("* 1 FETCH (BODY[] {9}\r\n* CAPABIL (\r\n)\r\n* CAPABILITY (\r\n", uint8(1))
	f.Add("* CAPABILITY {5}\r\n(((((((\r\n{0}\r\n", uint8(7))
	f.Add("* LIST () \"/\" R&D\r\n* list () NIL {3}\r\nR&D\r\n* LIST () \"/\" a\r\n", uint8(4))
	f.Add("* 1 FETCH (BODY[] {1}\r\nx* LIST () \"/\" R&D\r\n* LIST {0}\r\n\r\n* LI", uint8(2))
	f.Fuzz(func(t *testing.T, said string, size uint8) {
		whole := throughTamed(t, said, len(said)+1)
		if pieces := throughTamed(t, said, int(size)+1); pieces != whole {
			t.Errorf("%q is heard as %q, and in pieces of %d as %q", said, whole, int(size)+1, pieces)
		}
		if again := throughTamed(t, whole, len(said)+1); again != whole {
			t.Errorf("%q became %q, and that %q", said, whole, again)
		}
		upper := strings.ToUpper(said)
		if !strings.Contains(upper, "* LIST ") && strings.ReplaceAll(whole, "(", "_") != strings.ReplaceAll(said, "(", "_") ||
			!strings.Contains(upper, "CAPABILITY") && !strings.Contains(upper, "* LIST ") && whole != said {
			t.Errorf("%q became %q", said, whole)
		}
	})
}

// FuzzListedName holds that no name of a folder ends the connection, and that those
// that are heard are those that go-imap can read without us.
func FuzzListedName(f *testing.F) {
	for _, name := range []string{"Board", "R&D", "R&-D", "Entw\xfcrfe", "Entwürfe", "&AOk-", "&AOk", "&AEE-", "&2D3eAA-", "&2D0-", "&AOk-&AOk-", "&AOk-x&AOk-", "&AOl=-", "&AOkA-", "&Jjo!-", "INBOX", "\x7f", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		forms := []string{fmt.Sprintf("{%d}\r\n%s", len(name), name)}
		if !strings.ContainsAny(name, "\r\n") {
			forms = append(forms, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)+`"`)
		}
		if name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\`, r) }) {
			forms = append(forms, name)
		}
		for _, form := range forms {
			heard, err := listThrough(t, form, true)
			if err != nil {
				t.Fatalf("the name %q ends the connection: %v", form, err)
			}
			if alone, err := listThrough(t, form, false); err == nil && !slices.Equal(alone, heard) {
				t.Errorf("the name %q is heard as %q, without us as %q", form, heard, alone)
			}
		}
	})
}

// listThrough is what go-imap hears of a LIST with one folder.
func listThrough(t *testing.T, name string, tame bool) (names []string, err error) {
	here, there := net.Pipe()
	var server sync.WaitGroup
	server.Go(func() {
		defer there.Close()
		io.WriteString(there, "* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
		line, _ := bufio.NewReader(there).ReadString('\n')
		tag, _, _ := strings.Cut(line, " ")
		io.WriteString(there, `* LIST (\HasNoChildren) "/" `+name+"\r\n"+tag+" OK\r\n")
	})
	var conn net.Conn = here
	if tame {
		conn = &tamed{Conn: here}
	}
	client := imapclient.New(conn, nil)
	if err := client.WaitGreeting(); err != nil {
		t.Fatal(err)
	}
	list, err := client.List("", "*", nil).Collect()
	client.Close()
	server.Wait()
	for _, folder := range list {
		names = append(names, folder.Mailbox)
	}
	return names, err
}
