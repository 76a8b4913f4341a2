package mail

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// inSet says whether a UID is in a set as it stands on the wire.
func inSet(set string, uid int) bool {
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		low, _ := strconv.Atoi(from)
		high := low
		if isRange {
			if high, _ = strconv.Atoi(to); to == "*" {
				high = 1 << 30
			}
		}
		if uid >= low && uid <= high {
			return true
		}
	}
	return false
}

const dated = `FLAGS () INTERNALDATE "08-Dec-2026 10:00:00 +0000"`

// inbox makes the script a server with messages 1 to n, one of which is answered
// by odd.
func (s *script) inbox(n, oddUID int, odd func(c *scripted, args string)) {
	s.set("UIDNEXT", fmt.Sprint(n+1))
	s.on("UID SEARCH", func(c *scripted, tag, _ string) {
		c.say(s.all(n), tag+" OK done")
	})
	s.on("UID FETCH", func(c *scripted, tag, args string) {
		set, _, _ := strings.Cut(args, " ")
		for uid := 1; uid <= n; uid++ {
			switch {
			case !inSet(set, uid):
			case uid == oddUID:
				odd(c, args)
			default:
				c.answer(uid, uid, dated, fmt.Sprintf("Subject: %d\r\nMessage-ID: <%d@x>\r\n\r\n", uid, uid))
			}
		}
		c.say(tag + " OK done")
	})
}

func (s *script) all(n int) string {
	var b strings.Builder
	b.WriteString("* SEARCH")
	for uid := 1; uid <= n; uid++ {
		fmt.Fprintf(&b, " %d", uid)
	}
	return b.String()
}

func TestOneMessageNeverStopsTheOthers(t *testing.T) {
	whole := func(args string) bool { return strings.Contains(args, "BODY.PEEK[HEADER]") }
	for _, c := range []struct {
		name   string
		odd    func(c *scripted, args string)
		read   string // subject, or "" for poison
		logins int    // connections that it may cost, at most
	}{
		{"an unknown word in its structure", func(c *scripted, args string) {
			if !whole(args) {
				c.say(`* 3 FETCH (UID 3 X-SURPRISE 1 BODY[HEADER] "Subject: odd")`)
				return
			}
			c.answer(3, 3, dated, "Subject: odd\r\n\r\n")
		}, "odd", 8},
		{"an INTERNALDATE that is none", func(c *scripted, args string) {
			if strings.Contains(args, "INTERNALDATE") {
				c.say(`* 3 FETCH (UID 3 INTERNALDATE "yesterday" BODY[HEADER] "")`)
				return
			}
			c.answer(3, 3, "FLAGS ()", "Subject: odd\r\nDate: Tue, 08 Dec 2026 10:00:00 +0000\r\n\r\n")
		}, "odd", 10},
		{"a flag that is none", func(c *scripted, args string) {
			if strings.Contains(args, "FLAGS") {
				c.say(`* 3 FETCH (UID 3 FLAGS (a]b) BODY[HEADER] "")`)
				return
			}
			c.answer(3, 3, "RFC822.SIZE 9", "Subject: odd\r\n\r\n")
		}, "odd", 10},
		{"an answer that is never right", func(c *scripted, args string) {
			c.say(`* 3 FETCH (UID 3 X-SURPRISE 1)`)
		}, "", 12},
		{"a connection that always breaks there", func(c *scripted, args string) {
			fmt.Fprint(c, "* 3 FETCH (UID 3 BODY[HEADER] {100}\r\nSubject: half of a he")
			c.Close()
		}, "", 12},
		{"a header of 21 MB", func(c *scripted, args string) {
			c.answer(3, 3, dated, "Subject: "+strings.Repeat("x", 21_000_000)+"\r\n\r\n")
		}, "", 1},
		{"a UID that comes after the header", func(c *scripted, args string) {
			header := "Subject: odd\r\n\r\n"
			fmt.Fprintf(c, "* 3 FETCH (%s BODY[HEADER] {%d}\r\n%s UID 3)\r\n", dated, len(header), header)
		}, "odd", 1},
		{"a change of flags ahead of the answer", func(c *scripted, args string) {
			c.say(`* 3 FETCH (UID 3 FLAGS (\Seen))`)
			c.answer(3, 3, dated, "Subject: odd\r\n\r\n")
		}, "odd", 1},
		{"a change of flags behind the answer", func(c *scripted, args string) {
			c.answer(3, 3, dated, "Subject: odd\r\n\r\n")
			c.say(`* 3 FETCH (FLAGS (\Seen))`, `* 3 FETCH (UID 3 FLAGS (\Seen))`)
		}, "odd", 1},
		{"an answer without a header", func(c *scripted, args string) {
			if whole(args) {
				c.answer(3, 3, dated, "Subject: odd\r\n\r\n")
				return
			}
			c.say("* 3 FETCH (UID 3 FLAGS ())")
		}, "odd", 1},
		{"a header that is NIL", func(c *scripted, args string) {
			c.say("* 3 FETCH (UID 3 " + dated + " BODY[HEADER] NIL)")
		}, "-", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := startScript(t)
			srv.inbox(8, 3, c.odd)
			a := accountAt(t, srv.addr)
			a.Needs(allNeeds)
			got := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
			if len(got) != 8 {
				t.Fatalf("%d messages were read, want 8: %q", len(got), subjects(got))
			}
			for i, msg := range got {
				if msg.UID != uint32(i+1) || msg.Key == "" {
					t.Errorf("message %d is %+v", i, msg)
				}
				if i != 2 && (msg.Item.Subject.String() != fmt.Sprint(i+1) || msg.Poison != "") {
					t.Errorf("message %d is %q, poison %q", i+1, msg.Item.Subject, msg.Poison)
				}
			}
			odd := got[2]
			if want := strings.Trim(c.read, "-"); odd.Item.Subject.String() != want {
				t.Errorf("its subject is %q, want %q", odd.Item.Subject, want)
			}
			if (odd.Poison != "") != (c.read == "") {
				t.Errorf("poison is %q", odd.Poison)
			}
			if n := srv.count("LOGIN"); n > c.logins {
				t.Errorf("it took %d connections, want %d at most", n, c.logins)
			}
			faulttest.Injected(t, "39", 1)
		})
	}
}

func TestWatchPassesOverAMessageThatCannotBeRead(t *testing.T) {
	srv := startScript(t)
	srv.inbox(4, 2, func(c *scripted, _ string) { c.say("* 2 FETCH (UID 2 X-SURPRISE 1)") })
	w := watch(t, accountAt(t, srv.addr), map[string]mailbox.Cursor{"INBOX": {UIDValidity: 1, UIDNext: 1}}, nil)
	got := w.messages(4)
	if got[1].Poison == "" || got[3].Item.Subject.String() != "4" {
		t.Errorf("delivered %+v", got)
	}
	faulttest.Injected(t, "39", 1)
}

func TestACutHeaderIsNeverEvaluated(t *testing.T) {
	srv := startScript(t)
	cut := false
	srv.inbox(3, 3, func(c *scripted, _ string) {
		header := "Subject: board papers, not for the board\r\n\r\n"
		if !cut {
			cut = true
			fmt.Fprintf(c, "* 3 FETCH (UID 3 %s BODY[HEADER] {%d}\r\n%s", dated, len(header), header[:22])
			c.Close()
			return
		}
		c.answer(3, 3, dated, header)
	})
	got := subjects(scan(t, openSession(t, accountAt(t, srv.addr)), "INBOX", mailbox.Query{}))
	if !slices.Equal(got, []string{"1", "2", "board papers, not for the board"}) {
		t.Errorf("read %q", got)
	}
	faulttest.Injected(t, "14", 1)
}

func TestAnEmptySetOfFourBillionIsNotBelieved(t *testing.T) {
	srv := startScript(t)
	srv.on("UID SEARCH", func(c *scripted, tag, _ string) {
		c.say(`* ESEARCH (TAG "`+tag+`") UID ALL 1:4294967295`, tag+" OK done")
	})
	if got := scan(t, openSession(t, accountAt(t, srv.addr)), "INBOX", mailbox.Query{}); len(got) != 0 {
		t.Errorf("read %d messages", len(got))
	}
}

// scriptedMove moves messages of a scripted INBOX with three.
func scriptedMove(t *testing.T, srv *script, uids ...uint32) ([]mailbox.Outcome, *Session, error) {
	t.Helper()
	srv.inbox(3, 0, nil)
	s := openSession(t, accountAt(t, srv.addr))
	var changes []mailbox.Change
	for _, msg := range scan(t, s, "INBOX", mailbox.Query{}) {
		if slices.Contains(uids, msg.UID) {
			changes = append(changes, change(int64(msg.UID), msg, moveTo("Board")))
		}
	}
	outcomes, err := s.Perform(t.Context(), changes)
	return outcomes, s, err
}

func TestARefusedMoveLeavesTheMessageAndSaysWhy(t *testing.T) {
	srv := startScript(t)
	srv.on("UID MOVE", func(c *scripted, tag, _ string) {
		c.say(tag + " NO [OVERQUOTA] mailbox is full")
	})
	got, _, err := scriptedMove(t, srv, 1)
	if err != nil || got[0].Result != mailbox.Refused || !strings.Contains(got[0].Reason, "mailbox is full") || got[0].At.UID != 1 {
		t.Errorf("the outcome is %+v (%v)", got, err)
	}
	if srv.count("CREATE") != 0 || srv.count("UID STORE") != 0 || srv.count("UID EXPUNGE") != 0 {
		t.Errorf("something was sent after the refusal: %s", srv.heard())
	}
	faulttest.Injected(t, "10", 1)
}

func TestAFolderThatCannotBeMadeLeavesTheMessage(t *testing.T) {
	srv := startScript(t)
	srv.on("UID MOVE", func(c *scripted, tag, _ string) { c.say(tag + " NO [TRYCREATE] no such folder") })
	srv.on("CREATE", func(c *scripted, tag, _ string) { c.say(tag + " NO [NOPERM] folders are made by the administrator") })
	got, _, err := scriptedMove(t, srv, 1)
	if err != nil || got[0].Result != mailbox.Refused || !strings.Contains(got[0].Reason, "administrator") {
		t.Errorf("the outcome is %+v (%v)", got, err)
	}
	faulttest.Injected(t, "10", 1)
}

func TestARefusedCopyNeverLeadsToADeletion(t *testing.T) {
	srv := startScript(t)
	srv.caps = "IMAP4rev1 UIDPLUS"
	srv.on("UID COPY", func(c *scripted, tag, _ string) { c.say(tag + " NO [OVERQUOTA] mailbox is full") })
	got, _, _ := scriptedMove(t, srv, 1, 2)
	wantResults(t, got, mailbox.Refused, mailbox.Refused)
	if srv.count("UID STORE")+srv.count("UID EXPUNGE")+srv.count("EXPUNGE")+srv.count("CLOSE") != 0 {
		t.Errorf("a message was deleted: %s", srv.heard())
	}
	faulttest.Injected(t, "10", 1)
}

func TestAMoveThatStopsHalfwayIsToldMessageByMessage(t *testing.T) {
	srv := startScript(t)
	srv.on("UID MOVE", func(c *scripted, tag, _ string) {
		// 1 was moved; 2 and 3 were not.
		srv.on("UID SEARCH", func(c *scripted, tag, args string) {
			if strings.Contains(args, "HEADER") {
				c.say("* SEARCH 50", tag+" OK")
				return
			}
			c.say("* SEARCH 2 3", tag+" OK")
		})
		srv.on("UID FETCH", func(c *scripted, tag, _ string) {
			c.answer(1, 50, dated, "Subject: 1\r\nMessage-ID: <1@x>\r\n\r\n")
			c.say(tag + " OK")
		})
		c.say("* OK [COPYUID 7 1 50] moved", "* 1 EXPUNGE", tag+" NO [OVERQUOTA] mailbox is full")
	})
	got, _, err := scriptedMove(t, srv, 1, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, got, mailbox.Done, mailbox.Refused, mailbox.Refused)
	if got[0].At.Folder != "Board" || got[0].At.UID != 50 {
		t.Errorf("the first is at %v", got[0].At)
	}
	faulttest.Injected(t, "11", 1)
}

func TestALostAnswerIsUnknownAndThenLookedAt(t *testing.T) {
	srv := startScript(t)
	srv.on("UID MOVE", func(c *scripted, _, _ string) { c.Close() })
	got, s, err := scriptedMove(t, srv, 1)
	if !errors.Is(err, ErrLost) {
		t.Errorf("Perform returned %v", err)
	}
	wantResults(t, got, mailbox.Unknown)
	if _, err := s.Perform(t.Context(), []mailbox.Change{{Ref: mailbox.Ref{Folder: "INBOX", UID: 1}, Op: moveTo("Board")}}); !errors.Is(err, ErrLost) {
		t.Errorf("a dead session returned %v", err)
	}
	faulttest.Injected(t, "8", 1)
}

func TestAConnectionThatCannotBeMendedIsNoWordOfTheServers(t *testing.T) {
	for name, then := range map[string]func(*script){
		"nobody listens":      func(srv *script) { srv.listener.Close() },
		"nobody may sign in":  func(srv *script) { srv.on("LOGIN", func(c *scripted, tag, _ string) { c.say(tag + " NO try later") }) },
		"it hangs up at once": func(srv *script) { srv.on("LOGIN", func(c *scripted, _, _ string) { c.Close() }) },
		"the folder is not opened": func(srv *script) {
			srv.on("SELECT", func(c *scripted, tag, _ string) { c.say(tag + " NO [UNAVAILABLE] try later") })
		},
		"the folder is renumbered": func(srv *script) { srv.set("UIDVALIDITY", "2") },
	} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.inbox(1, 0, nil)
			s := openSession(t, accountAt(t, srv.addr))
			doubtful := again(change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo("Board")))
			srv.on("UID FETCH", func(c *scripted, _, _ string) {
				then(srv)
				c.Close()
			})
			got, err := s.Perform(t.Context(), []mailbox.Change{doubtful})
			if !errors.Is(err, ErrLost) {
				t.Errorf("Perform returned %v", err)
			}
			wantResults(t, got, mailbox.Unknown)
			faulttest.Injected(t, "17", 1)
		})
	}
}

func TestCOPYUIDOfNonsenseIsNotBelieved(t *testing.T) {
	for name, code := range map[string]string{
		"four billion": "[COPYUID 7 1:4294967295 1:4294967295]",
		"unequal":      "[COPYUID 7 1:2 50]",
	} {
		t.Run(name, func(t *testing.T) {
			srv := startScript(t)
			srv.on("UID MOVE", func(c *scripted, tag, _ string) {
				c.say("* OK "+code+" moved", tag+" OK done")
			})
			got, _, err := scriptedMove(t, srv, 1, 2)
			if err != nil {
				t.Fatal(err)
			}
			// What is true is looked at instead: this server still shows both.
			wantResults(t, got, mailbox.Refused, mailbox.Refused)
			if got[0].At.Folder != mailbox.Inbox {
				t.Errorf("it is said to be at %v", got[0].At)
			}
		})
	}
}

func TestKeywordsThatTheServerDoesNotKeepAreSaid(t *testing.T) {
	srv := startScript(t)
	srv.inbox(1, 0, nil)
	srv.on("SELECT", func(c *scripted, tag, _ string) {
		c.say("* 1 EXISTS", `* OK [PERMANENTFLAGS (\Seen \Flagged)]`, "* OK [UIDVALIDITY 1]", "* OK [UIDNEXT 2]", tag+" OK")
	})
	s := openSession(t, accountAt(t, srv.addr))
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	got := perform(t, s,
		change(1, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`, "boss"}}),
		change(2, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{"boss"}}),
	)
	wantResults(t, got, mailbox.Done, mailbox.Refused)
	if !strings.Contains(got[0].Reason, "boss") || strings.Contains(srv.heard(), "(boss)") {
		t.Errorf("the outcome is %+v; sent %s", got, srv.heard())
	}
}

func TestCourierNamesAreOursWithSlashes(t *testing.T) {
	srv := startScript(t)
	srv.caps = "IMAP4rev1 NAMESPACE MOVE UIDPLUS"
	srv.on("NAMESPACE", func(c *scripted, tag, _ string) {
		c.say(`* NAMESPACE (("INBOX." ".")) NIL NIL`, tag+" OK")
	})
	srv.on("LIST", func(c *scripted, tag, _ string) {
		c.say(`* LIST () "." INBOX`, `* LIST () "." INBOX.Board.Q3`, `* LIST (\Noselect) "." INBOX.Board`, tag+" OK")
	})
	srv.on("UID MOVE", func(c *scripted, tag, args string) {
		if !strings.HasSuffix(args, ` "INBOX.Board.Q3"`) {
			t.Errorf("sent UID MOVE %s", args)
		}
		c.say("* OK [COPYUID 7 1 50]", tag+" OK")
	})
	srv.inbox(1, 0, nil)
	s := openSession(t, accountAt(t, srv.addr))
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	got := perform(t, s, change(1, msg, moveTo("Board/Q3")), change(2, msg, mailbox.Op{Kind: mailbox.Copy, To: "v1.2"}))
	wantResults(t, got, mailbox.Done, mailbox.Refused)
	folders, err := s.Folders(t.Context())
	if want := []Folder{{Name: "INBOX"}, {Name: "Board/Q3"}}; err != nil || !slices.Equal(folders, want) {
		t.Errorf("the folders are %v (%v), want %v", folders, err, want)
	}
}
