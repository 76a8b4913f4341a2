package mail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// The promises that matter most, kept against the real Dovecot as well.

// dovecots are servers that can all, lack MOVE, and can only RFC 3501.
var dovecots = []struct {
	name string
	opts dovecot.Options
}{
	{"everything", dovecot.Options{}},
	{"no MOVE", dovecot.Options{Capability: dovecot.CapabilityNoMove}},
	{"IMAP4rev1 alone", dovecot.Options{Capability: dovecot.CapabilityBare}},
	{"sdbox", dovecot.Options{Format: "sdbox"}},
}

func dovecotAccount(t *testing.T, srv *dovecot.Server) *Account {
	a := accountAt(t, srv.TLSAddr(), func(c *Config) {
		c.TLS, c.CAFile = ImplicitTLS, srv.CAFile()
		c.Secret = func(context.Context) (string, error) { return srv.Password, nil }
	})
	a.Needs(allNeeds)
	return a
}

// put appends a message by IMAP, as another program would.
func putDovecot(t *testing.T, a *Account, folder, raw string, flags ...imap.Flag) {
	t.Helper()
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cmd := s.client.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: flags})
	if _, err := cmd.Write([]byte(raw)); err != nil {
		t.Fatal(err)
	}
	cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestDovecotFilesFlagsAndTakesBack(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			srv := dovecot.Start(t, server.opts)
			a := dovecotAccount(t, srv)
			for i := range 3 {
				putDovecot(t, a, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
			}
			s := openSession(t, a)
			all := scan(t, s, "INBOX", mailbox.Query{})
			got := perform(t, s,
				change(1, all[0], moveTo("Board/Q3")), change(2, all[1], moveTo("Board/Q3")),
				change(3, all[0], mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`, "Boss"}}),
				change(4, all[2], mailbox.Op{Kind: mailbox.Copy, To: "Entwürfe & mehr"}))
			wantResults(t, got, mailbox.Done, mailbox.Done, mailbox.Done, mailbox.Done)
			holds(t, a, "INBOX", "2")
			holds(t, a, "Board/Q3", "0", "1")
			holds(t, a, "Entwürfe & mehr", "2")
			if filed := scan(t, s, "Board/Q3", mailbox.Query{}); !slices.Contains(filed[0].Flags, `\Flagged`) || !slices.Contains(filed[0].Flags, "Boss") {
				t.Errorf("the flags are %q", filed[0].Flags)
			}
			back := change(5, all[0], moveTo("INBOX"))
			back.Ref = got[0].At
			remove := change(6, all[2], mailbox.Op{Kind: mailbox.Remove})
			remove.Ref = got[3].At
			remove.Ref.Folder = "Entwürfe & mehr"
			wantResults(t, perform(t, openSession(t, a), back, remove), mailbox.Done, mailbox.Done)
			holds(t, a, "Board/Q3", "1")
			holds(t, a, "Entwürfe & mehr")
			inbox := subjects(scan(t, openSession(t, a), "INBOX", mailbox.Query{}))
			slices.Sort(inbox)
			if !slices.Equal(inbox, []string{"0", "2"}) {
				t.Errorf("the inbox holds %q", inbox)
			}
			if server.opts.Capability != "" {
				faulttest.Injected(t, "9", 1)
			}
		})
	}
}

func TestDovecotSpecialUse(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{Extra: "namespace inbox {\n  mailbox Ablage {\n    special_use = \\Archive\n    auto = create\n  }\n  mailbox Archive {\n    special_use =\n  }\n}\n"})
	a := dovecotAccount(t, srv)
	putDovecot(t, a, "INBOX", letter("one", "1"))
	s := openSession(t, a)
	got := perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], moveTo(mailbox.Archive)))
	wantResults(t, got, mailbox.Done)
	if got[0].At.Folder != "Ablage" {
		t.Errorf("it went to %q", got[0].At.Folder)
	}
	if filed := scan(t, s, "Ablage", mailbox.Query{}); len(filed) != 1 || filed[0].Item.Role != "archive" {
		t.Errorf("Ablage holds %+v", filed)
	}
}

func TestDovecotTellsOfNewMailAtOnce(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	a := dovecotAccount(t, srv)
	a.cfg.Poll = time.Minute
	w := watch(t, a, nil, nil)
	w.next()
	for i := range 5 {
		putDovecot(t, a, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
		if got := subjects(w.messages(1)); got[0] != fmt.Sprint(i) {
			t.Errorf("delivered %q", got)
		}
	}
	srv.Kick(srv.User)
	putDovecot(t, a, "INBOX", letter("after the kick", "k"))
	if got := subjects(w.messages(1)); got[0] != "after the kick" {
		t.Errorf("delivered %q", got)
	}
	faulttest.Injected(t, "17", 1)
}

func TestDovecotRenumbersWhileWatched(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	a := dovecotAccount(t, srv)
	a.pace.refresh = 50 * time.Millisecond
	putDovecot(t, a, "INBOX", letter("seen", "1"))
	w := watch(t, a, nil, nil)
	first := w.next()
	old := scan(t, openSession(t, a), "INBOX", mailbox.Query{})[0]
	srv.Doveadm("mailbox", "update", "-u", srv.User, "--uid-validity", "4242", "INBOX")
	putDovecot(t, a, "INBOX", letter("new", "2"))
	for {
		b := w.next()
		if b.Next.UIDValidity == first.Next.UIDValidity && !slices.Contains(subjects(b.Messages), "new") {
			continue
		}
		if slices.Contains(subjects(b.Messages), "new") {
			break
		}
	}
	wantResults(t, perform(t, openSession(t, a), change(1, old, moveTo("Board"))), mailbox.Done)
	holds(t, a, "Board", "seen")
	faulttest.Injected(t, "12", 1)
}

func TestDovecotWithFiftyThousandOldMessagesIsLeftAlone(t *testing.T) {
	const old = 50_000
	srv := dovecot.Start(t, dovecot.Options{})
	srv.Append("INBOX", func(yield func(dovecot.Message) bool) {
		for i := range old {
			if !yield(dovecot.Message{Raw: []byte(letter("old", fmt.Sprint("old", i)))}) {
				return
			}
		}
	})
	a := dovecotAccount(t, srv)
	w := watch(t, a, nil, nil)
	if first := w.next(); len(first.Messages) != 0 || first.Next.UIDNext != old+1 {
		t.Errorf("the first batch has %d messages, and ends before UID %d", len(first.Messages), first.Next.UIDNext)
	}
	putDovecot(t, a, "INBOX", letter("new", "n"))
	if got := subjects(w.messages(1)); !slices.Equal(got, []string{"new"}) {
		t.Errorf("delivered %q", got)
	}
	faulttest.Injected(t, "41", 1)
}

func TestDovecotOverQuotaLeavesTheMessage(t *testing.T) {
	for _, capability := range []string{"", dovecot.CapabilityNoMove, dovecot.CapabilityBare} {
		t.Run(capability, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{Quota: "100K", Capability: capability})
			a := dovecotAccount(t, srv)
			putDovecot(t, a, "INBOX", letter("large", "1")+strings.Repeat("x\r\n", 20_000))
			s := openSession(t, a)
			got := perform(t, s, change(1, scan(t, s, "INBOX", mailbox.Query{})[0], mailbox.Op{Kind: mailbox.Copy, To: "Board"}))
			wantResults(t, got, mailbox.Refused)
			if got[0].Reason == "" {
				t.Error("no reason is given")
			}
			holds(t, a, "INBOX", "large")
			faulttest.Injected(t, "10", 1)
		})
	}
}

func TestDovecotProcessThatHangsIsGivenUp(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	a := dovecotAccount(t, srv)
	a.pace.answer = 200 * time.Millisecond
	troubles := make(chan error, 100)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	w := watch(t, a, nil, nil)
	w.next()
	pids := srv.Sessions(srv.User)
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Kill(pid, syscall.SIGCONT) })
	}
	<-troubles
	putDovecot(t, a, "INBOX", letter("one", "1"))
	w.messages(1)
	faulttest.Injected(t, "15", 1)
}
