package mail

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// Words that go-imap cannot read. Of FETCH answers see also
// TestOneMessageNeverStopsTheOthers.

func TestWordsThatTheLibraryCannotReadCostOneMessageAtMost(t *testing.T) {
	structure := func(args string) bool { return strings.Contains(args, "BODYSTRUCTURE") }
	odd := "Subject: odd\r\nMessage-ID: <3@x>\r\n\r\n"
	for _, c := range []struct {
		name string
		say  func(c *scripted, args string) bool // false: as any message
	}{
		{"X-GM-LABELS and X-GM-MSGID", func(c *scripted, args string) bool {
			if structure(args) {
				c.answer(3, 3, dated+` X-GM-MSGID 1278455344230334865 X-GM-LABELS (\Inbox "très")`, odd)
				return true
			}
			return false
		}},
		{"NIL among the parameters of a part", func(c *scripted, args string) bool {
			if structure(args) {
				c.answer(3, 3, dated+` BODYSTRUCTURE ("TEXT" "PLAIN" ("CHARSET" NIL) NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)`, odd)
				return true
			}
			return false
		}},
		{"an envelope that nobody asked for", func(c *scripted, args string) bool {
			if structure(args) {
				c.answer(3, 3, dated+` ENVELOPE (NIL "odd" ((NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)`, odd)
				return true
			}
			return false
		}},
		{"VANISHED among the answers", func(c *scripted, args string) bool {
			if structure(args) {
				c.say("* VANISHED (EARLIER) 41,43:116")
			}
			return false
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.inbox(4, 3, func(conn *scripted, args string) {
				if !c.say(conn, args) {
					conn.answer(3, 3, dated, odd)
				}
			})
			a := accountAt(t, srv.addr)
			a.Needs(allNeeds)
			w := watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
			for i, m := range w.messages(4) {
				want := fmt.Sprint(i + 1)
				if i == 2 {
					want = "odd"
				}
				if m.Poison != "" || m.Item.Subject.String() != want {
					t.Errorf("message %d is %q, poison %q", i+1, m.Item.Subject, m.Poison)
				}
			}
			faulttest.Injected(t, "39", 1)
		})
	}
}

// Such words elsewhere end a connection. The next one goes on.
func TestWordsThatTheLibraryCannotReadDoNotStopAnAccount(t *testing.T) {
	for _, c := range []struct {
		name, command string
		say           string
		always        bool // not on the first connection alone
	}{
		{"VANISHED in IDLE", "IDLE", "* VANISHED 41", false},
		{"VANISHED at SELECT", "SELECT", "* VANISHED (EARLIER) 41", false},
		{"XLIST", "LIST", `* XLIST (\HasNoChildren \Inbox) "/" "Inbox"`, false},
		{"invalid UTF-7 in one folder's name", "LIST", `* LIST (\HasNoChildren) "/" "&AGc-broken&zzz"`, true},
		{"bare ampersand in one folder's name", "LIST", `* LIST (\HasNoChildren) "/" "R&D"`, true},
		{"8-bit name", "LIST", "* LIST (\\HasNoChildren) \"/\" \"Entw\xfcrfe\"", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.caps += " SPECIAL-USE"
			srv.inbox(2, 0, nil)
			srv.on(c.command, func(conn *scripted, tag, args string) {
				if n := srv.count(c.command); c.always && !strings.HasPrefix(args, `"" ""`) || n == 1 {
					if c.command == "IDLE" {
						conn.say("+ idling")
					}
					conn.say(c.say)
				}
				conn.usual(tag, c.command+" "+args)
			})
			a := accountAt(t, srv.addr, func(cfg *Config) { cfg.Poll = time.Second })
			w := watch(t, a, map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
			got := w.messages(2)
			srv.waitFor("IDLE", 1)
			// This server says OK to a move and does nothing, which is seen.
			wantResults(t, perform(t, openSession(t, a), change(1, got[0], moveTo("Board"))), mailbox.Refused)
			faulttest.Injected(t, "39", 1)
		})
	}
}

// A session may be closed while answers lie unread, and while others come.
func TestASessionClosesWithAnswersUnread(t *testing.T) {
	srv := startScript(t)
	const many = 3 * maxBatch
	srv.set("UIDNEXT", fmt.Sprint(many+1))
	srv.inbox(many, 0, nil)
	s := openSession(t, accountAt(t, srv.addr))
	if err := s.selectFolder(t.Context(), "INBOX", true); err != nil {
		t.Fatal(err)
	}
	var all []uint32
	for uid := range uint32(many) {
		all = append(all, uid+1)
	}
	for i := range 3 {
		s.ask(uidSet(all[i*maxBatch:(i+1)*maxBatch]), want{})
	}
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("Close waits for answers that nobody reads")
	}
	faulttest.Injected(t, "39", 1)
}
