package mail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// servers are the rungs of the ladder that a move can stand on.
var servers = []struct {
	name string
	caps imap.CapSet
}{{"MOVE and UIDPLUS", full}, {"UIDPLUS without MOVE", uidPlus}, {"neither", bare}}

func TestMoveFilesAMessageAndSaysWhereItLies(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			m := startMemory(t, server.caps)
			m.put("INBOX", letter("one", "1"))
			m.put("INBOX", letter("two", "2"))
			a := accountAt(t, m.addr)
			s := openSession(t, a)
			got := perform(t, s, change(7, scan(t, s, "INBOX", mailbox.Query{})[1], moveTo("Board/Q3")))
			wantResults(t, got, mailbox.Done)
			if got[0].ID != 7 || got[0].At.Folder != "Board/Q3" || got[0].At.UID != 1 {
				t.Errorf("the outcome is %+v", got[0])
			}
			holds(t, a, "INBOX", "one")
			holds(t, a, "Board/Q3", "two")
		})
	}
}

func TestMoveNeverExpungesWhatOthersHaveMarkedDeleted(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			m := startMemory(t, server.caps)
			m.put("INBOX", letter("marked by somebody", "1"), imap.FlagDeleted)
			m.put("INBOX", letter("two", "2"))
			s := openSession(t, accountAt(t, m.addr))
			perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo("Board")))
			data, err := m.user.Status("INBOX", &imap.StatusOptions{NumDeleted: true})
			if err != nil || *data.NumDeleted == 0 {
				t.Errorf("what another program had marked deleted is gone (%v)", err)
			}
			for line := range strings.Lines(m.sent.String()) {
				if _, command, _ := strings.Cut(strings.TrimSpace(line), " "); command == "EXPUNGE" || command == "CLOSE" {
					t.Errorf("the bare command %s was sent", command)
				}
			}
			if !server.caps.Has(imap.CapMove) {
				faulttest.Injected(t, "9", 1)
			}
		})
	}
}

func TestWithoutUIDPLUSTheOriginalStaysMarkedAndThatIsSaid(t *testing.T) {
	m := startMemory(t, bare)
	m.put("INBOX", letter("one", "1"))
	s := openSession(t, accountAt(t, m.addr))
	got := perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo("Board")))
	if !strings.Contains(got[0].Reason, "marked deleted") {
		t.Errorf("the reason is %q", got[0].Reason)
	}
	faulttest.Injected(t, "9", 1)
}

func TestUndoWithoutUIDPLUSRevivesTheOriginal(t *testing.T) {
	m := startMemory(t, bare)
	m.put("INBOX", letter("one", "1"))
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	moved := perform(t, s, change(1, msg, moveTo("Board")))[0]
	flag := change(2, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`, "boss"}})
	flag.Ref = moved.At
	perform(t, s, flag)
	back := change(3, msg, moveTo("INBOX"))
	back.Ref = moved.At
	got := perform(t, s, back)
	wantResults(t, got, mailbox.Done)
	if got[0].At != msg.Ref {
		t.Errorf("the message is at %v, want it where it was: %v", got[0].At, msg.Ref)
	}
	inbox := scan(t, s, "INBOX", mailbox.Query{})
	if len(inbox) != 1 || !slices.Contains(inbox[0].Flags, `\Flagged`) || !slices.Contains(inbox[0].Flags, "boss") {
		t.Errorf("the inbox holds %+v, want one message with the flags it had been given", inbox)
	}
	holds(t, a, "Board")
	if data, _ := m.user.Status("INBOX", &imap.StatusOptions{NumMessages: true}); *data.NumMessages != 1 {
		t.Errorf("the inbox has %d messages, want no second copy", *data.NumMessages)
	}
	faulttest.Injected(t, "9", 1)
}

func TestChangesOfOneMessageAreMadeInOrder(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	got := perform(t, s,
		change(1, msg, moveTo("Board")),
		change(2, msg, mailbox.Op{Kind: mailbox.Copy, To: "Seen by assistant"}),
		change(3, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}}),
	)
	wantResults(t, got, mailbox.Done, mailbox.Done, mailbox.Done)
	for _, folder := range []string{"Board", "Seen by assistant"} {
		if in := scan(t, s, folder, mailbox.Query{}); len(in) != 1 || !slices.Contains(in[0].Flags, `\Flagged`) {
			t.Errorf("%s holds %+v, want the flagged message", folder, in)
		}
	}
}

func TestEqualChangesAreOneCommand(t *testing.T) {
	m := startMemory(t, full)
	for i := range 40 {
		m.put("INBOX", letter("s", fmt.Sprint(i)))
	}
	s := openSession(t, accountAt(t, m.addr))
	var changes []mailbox.Change
	for i, msg := range scan(t, s, "INBOX", mailbox.Query{}) {
		changes = append(changes, change(int64(i), msg, moveTo("Board")))
	}
	perform(t, s, changes...)
	// One is refused for want of the folder, one does it.
	if n := strings.Count(m.sent.String(), "UID MOVE 1:40 "); n != 2 {
		t.Errorf("UID MOVE 1:40 was sent %d times, want 2", n)
	}
}

func TestAMessageThatIsGoneIsSaidToBeGone(t *testing.T) {
	for _, server := range servers {
		for _, kind := range []mailbox.OpKind{mailbox.Move, mailbox.Copy, mailbox.Store, mailbox.Remove} {
			t.Run(server.name+" "+string(kind), func(t *testing.T) {
				m := startMemory(t, server.caps)
				m.make("Board")
				m.put("INBOX", letter("one", "1"))
				m.put("INBOX", letter("two", "2"))
				a := accountAt(t, m.addr)
				s, other := openSession(t, a), openSession(t, a)
				all := scan(t, s, "INBOX", mailbox.Query{})
				scan(t, other, "INBOX", mailbox.Query{})
				if _, err := other.expunge(t.Context(), []uint32{all[0].UID}); err != nil {
					t.Fatal(err)
				}
				if !server.caps.Has(imap.CapUIDPlus) {
					if err := other.client.Expunge().Close(); err != nil { // as a person would
						t.Fatal(err)
					}
				}
				op := mailbox.Op{Kind: kind, To: "Board", Add: []string{`\Seen`}}
				got := perform(t, s, change(1, all[0], op), change(2, all[1], op))
				wantResults(t, got, mailbox.Gone, mailbox.Done)
				faulttest.Injected(t, "34", 1)
			})
		}
	}
}

func TestANameThatWouldBeACommandNeverReachesTheWire(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	s := openSession(t, accountAt(t, m.addr))
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	for name, op := range map[string]mailbox.Op{
		"CRLF in a folder":    moveTo("a\r\nx LOGOUT"),
		"NUL in a folder":     moveTo("a\x00b"),
		"no UTF-8":            moveTo("a\xff"),
		"an empty folder":     moveTo(""),
		"an empty level":      moveTo("a//b"),
		"a copy too":          {Kind: mailbox.Copy, To: "a\nb"},
		"CRLF in a keyword":   {Kind: mailbox.Store, Add: []string{"a\r\nx LOGOUT"}},
		"a space in a flag":   {Kind: mailbox.Store, Del: []string{"a b"}},
		"a flag of servers":   {Kind: mailbox.Store, Add: []string{`\Recent`}},
		"no kind of change":   {Kind: "burn"},
		"an unknown purpose":  moveTo(`\Important`),
		"bracket in a flag":   {Kind: mailbox.Store, Add: []string{"a]"}},
		"an empty flag":       {Kind: mailbox.Store, Add: []string{""}},
		"a flag not in ASCII": {Kind: mailbox.Store, Add: []string{"Größe"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(m.sent.String())
			got := perform(t, s, change(1, msg, op))
			wantResults(t, got, mailbox.Refused)
			if got[0].Reason == "" {
				t.Error("no reason is given")
			}
			if sent := m.sent.String()[before:]; sent != "" {
				t.Errorf("sent %q", sent)
			}
			faulttest.Injected(t, "S5", 1)
		})
	}
}

func TestAMessageWithoutUIDIsFoundByItsContent(t *testing.T) {
	for name, raw := range map[string]string{
		"by Message-ID": letter("two", "2"),
		"without one":   "From: a@example.com\r\nSubject: two\r\n\r\nHello\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := startMemory(t, full)
			m.put("INBOX", letter("one", "1"))
			m.put("INBOX", raw)
			a := accountAt(t, m.addr)
			s := openSession(t, a)
			c := change(1, scan(t, s, "INBOX", mailbox.Query{})[1], moveTo("Board"))
			c.Ref.UID, c.Ref.UIDValidity = 0, 0
			wantResults(t, perform(t, s, c), mailbox.Done)
			holds(t, a, "Board", "two")
		})
	}
}

func TestARenumberedFolderIsNeverActedOnByOldUIDs(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	m.put("INBOX", letter("two", "2"))
	a := accountAt(t, m.addr)
	two := scan(t, openSession(t, a), "INBOX", mailbox.Query{})[1]
	if err := m.user.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	m.make("INBOX") // with a new UIDVALIDITY
	for _, id := range []string{"2", "3", "4"} {
		m.put("INBOX", letter("new "+id, id))
	}
	m.put("INBOX", letter("two", "2"))
	wantResults(t, perform(t, openSession(t, a), change(1, two, moveTo("Board"))), mailbox.Done)
	holds(t, a, "Board", "two")
	faulttest.Injected(t, "13", 1)
}

func TestAUIDNotReadInThisSessionIsLookedAtFirst(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	m.put("INBOX", letter("two", "2"))
	a := accountAt(t, m.addr)
	all := scan(t, openSession(t, a), "INBOX", mailbox.Query{})
	wrong := change(1, all[1], moveTo("Board"))
	wrong.Ref.UID = all[0].UID // noted down wrongly
	wantResults(t, perform(t, openSession(t, a), wrong), mailbox.Done)
	holds(t, a, "Board", "two")
	holds(t, a, "INBOX", "one")
}

func TestTwinsAreNotMistakenForOneAnother(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("twin", "1"))
	m.put("INBOX", letter("twin", "1"))
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	twins := scan(t, s, "INBOX", mailbox.Query{})
	c := change(1, twins[0], moveTo("Board"))
	c.Ref.UID = 0
	got := perform(t, s, c)
	wantResults(t, got, mailbox.Refused)
	holds(t, a, "INBOX", "twin", "twin")
	wantResults(t, perform(t, s, again(c)), mailbox.Unknown) // an earlier attempt may have moved a third
	// To be read, either will do.
	if raw, err := s.Raw(t.Context(), c.Ref, c.Key, c.MessageID); err != nil || string(raw) != letter("twin", "1") {
		t.Errorf("what is read is %q (%v)", raw, err)
	}
	wantResults(t, perform(t, s, change(1, twins[0], moveTo("Board")), change(2, twins[1], moveTo("Board"))), mailbox.Done, mailbox.Done)
	holds(t, a, "Board", "twin", "twin")
}

func TestDoubtAboutAMove(t *testing.T) {
	long := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name         string
		inbox, board int // copies that an earlier attempt left
		elsewhere    int // in Board: the same letter, received at another time
		want         mailbox.Result
		left, filed  []string
	}{
		{"not done yet is done", 1, 0, 0, mailbox.Done, nil, []string{"one"}},
		{"done is left alone", 0, 1, 0, mailbox.Done, nil, []string{"one"}},
		{"copied only is finished", 1, 1, 0, mailbox.Done, nil, []string{"one"}},
		{"moved elsewhere by a person is gone", 0, 0, 0, mailbox.Gone, nil, nil},
		{"another letter like it does not count as ours", 1, 0, 1, mailbox.Done, nil, []string{"one", "one"}},
		{"two candidates here are left to a person", 2, 1, 0, mailbox.Unknown, []string{"one", "one"}, []string{"one"}},
		{"two candidates there are left to a person", 1, 2, 0, mailbox.Unknown, []string{"one"}, []string{"one", "one"}},
	} {
		for _, server := range servers {
			t.Run(c.name+", "+server.name, func(t *testing.T) {
				m := startMemory(t, server.caps)
				m.make("Board", "Aside")
				at := time.Now()
				m.putAt("Aside", letter("one", "1"), at)
				for range c.elsewhere {
					m.putAt("Board", letter("one", "1"), long)
				}
				for range c.board {
					m.putAt("Board", letter("one", "1"), at)
				}
				for range c.inbox {
					m.putAt("INBOX", letter("one", "1"), at)
				}
				a := accountAt(t, m.addr)
				s := openSession(t, a)
				doubt := change(1, scan(t, s, "Aside", mailbox.Query{})[0], moveTo("Board"))
				doubt.Ref = mailbox.Ref{Folder: "INBOX", UIDValidity: 1, UID: 1}
				doubt.Doubt = true
				wantResults(t, perform(t, s, doubt), c.want)
				holds(t, a, "INBOX", c.left...)
				holds(t, a, "Board", c.filed...)
			})
		}
	}
}

func TestDoubtAboutACopyAndFlags(t *testing.T) {
	m := startMemory(t, full)
	m.put("INBOX", letter("one", "1"))
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	twice := change(1, msg, mailbox.Op{Kind: mailbox.Copy, To: "Board"})
	first := perform(t, s, twice)[0]
	twice.Doubt = true
	second := perform(t, s, twice)[0]
	if second.Result != mailbox.Done || second.At != first.At {
		t.Errorf("the second attempt ended %+v, want the copy that is there: %+v", second, first)
	}
	holds(t, a, "Board", "one")

	moved := change(2, msg, moveTo("Filed"))
	perform(t, s, moved)
	moved.Doubt = true
	flag := change(3, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}})
	flag.Doubt = true
	wantResults(t, perform(t, s, flag, moved), mailbox.Done, mailbox.Done)
	if filed := scan(t, s, "Filed", mailbox.Query{}); len(filed) != 1 || !slices.Contains(filed[0].Flags, `\Flagged`) {
		t.Errorf("Filed holds %+v, want the flag to follow the message", filed)
	}
}

func TestRemoveTakesACopyBackAndNothingElse(t *testing.T) {
	m := startMemory(t, full)
	m.make("Board")
	m.put("Board", letter("theirs", "9"))
	m.put("INBOX", letter("one", "1"))
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	copied := perform(t, s, change(1, msg, mailbox.Op{Kind: mailbox.Copy, To: "Board"}))[0]
	back := change(2, msg, mailbox.Op{Kind: mailbox.Remove})
	back.Ref = copied.At
	wantResults(t, perform(t, s, back), mailbox.Done)
	holds(t, a, "Board", "theirs")
	wantResults(t, perform(t, s, back), mailbox.Gone)
	back.Ref.UID = 1 // another message's
	wantResults(t, perform(t, s, back), mailbox.Gone)
	back.Doubt = true
	wantResults(t, perform(t, s, back), mailbox.Done)
	holds(t, a, "Board", "theirs")
	holds(t, a, "INBOX", "one")
}

func TestManyKeysAreFoundByReadingTheFolderOnce(t *testing.T) {
	m := startMemory(t, full)
	for i := range 30 {
		m.put("INBOX", letter("s", fmt.Sprint(i)))
	}
	a := accountAt(t, m.addr)
	s := openSession(t, a)
	var changes []mailbox.Change
	for i, msg := range scan(t, s, "INBOX", mailbox.Query{}) {
		c := change(int64(i), msg, moveTo("Board"))
		c.Ref.UID = 0
		changes = append(changes, c)
	}
	before := len(m.sent.String())
	for _, o := range perform(t, s, changes...) {
		if o.Result != mailbox.Done {
			t.Fatalf("an outcome is %+v", o)
		}
	}
	if n := strings.Count(m.sent.String()[before:], "HEADER"); n > 70 {
		t.Errorf("the server was asked or told of headers %d times", n)
	}
	holds(t, a, "INBOX")
}

func TestSpecialFoldersGoByWellKnownNames(t *testing.T) {
	for _, c := range []struct {
		use, have, want string
	}{
		{mailbox.Archive, "Archiv", "Archiv"},
		{mailbox.Trash, "Papierkorb", "Papierkorb"},
		{mailbox.Junk, "Spam", "Spam"},
		{mailbox.Trash, "Corbeille", "Corbeille"},
		{mailbox.Archive, "Other", "Archive"},
	} {
		t.Run(c.use+" where there is "+c.have, func(t *testing.T) {
			m := startMemory(t, full)
			m.make(c.have)
			m.put("INBOX", letter("one", "1"))
			a := accountAt(t, m.addr)
			s := openSession(t, a)
			got := perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo(c.use)))
			wantResults(t, got, mailbox.Done)
			if got[0].At.Folder != c.want {
				t.Errorf("it went to %q, want %q", got[0].At.Folder, c.want)
			}
			holds(t, a, c.want, "one")
		})
	}
}

func TestFolderNamesInAnyLanguage(t *testing.T) {
	for _, name := range []string{"Entwürfe", "R&D", "日本/東京", `a "b" \c`, "100 %", "&-", "Ünder&Ober"} {
		for _, server := range []imap.CapSet{full, {imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}} {
			t.Run(fmt.Sprintf("%s, IMAP4rev2 %v", name, server.Has(imap.CapIMAP4rev2)), func(t *testing.T) {
				m := startMemory(t, server)
				m.put("INBOX", letter("one", "1"))
				a := accountAt(t, m.addr)
				s := openSession(t, a)
				wantResults(t, perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo(name))), mailbox.Done)
				holds(t, a, name, "one")
				folders, err := s.Folders(t.Context())
				if err != nil || !slices.ContainsFunc(folders, func(f Folder) bool { return f.Name == name }) {
					t.Errorf("the folders are %v (%v), want %q among them", folders, err, name)
				}
			})
		}
	}
}

func TestPerformWorksWhileScanReads(t *testing.T) {
	m := startMemory(t, full)
	const n = 3*maxBatch + 7
	for i := range n {
		m.put("INBOX", letter("s", fmt.Sprint(i)))
	}
	a := accountAt(t, m.addr)
	a.Needs(allNeeds)
	s := openSession(t, a)
	moved, batches := 0, 0
	err := s.Scan(t.Context(), "INBOX", mailbox.Query{}, func(ctx context.Context, b mailbox.Batch) error {
		batches++
		var changes []mailbox.Change
		for i, msg := range b.Messages {
			changes = append(changes, change(int64(i), msg, moveTo("Board")))
		}
		outcomes, err := s.Perform(ctx, changes)
		for _, o := range outcomes {
			if o.Result == mailbox.Done {
				moved++
			}
		}
		return err
	})
	if err != nil || moved != n || batches != 4 {
		t.Errorf("%d of %d were moved in %d batches: %v", moved, n, batches, err)
	}
}
