package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// What a person does to a message between two commands of ours.

// meanwhile is the way to a server on which something happens once, just before a
// command passes that holds a word.
type meanwhile struct {
	addr  string
	mu    sync.Mutex
	word  string
	do    func()
	times atomic.Int32
}

func startMeanwhile(t *testing.T, upstream string) *meanwhile {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &meanwhile{addr: listener.Addr().String()}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				client.Close()
				continue
			}
			served.Go(func() {
				defer client.Close()
				io.Copy(client, server)
			})
			served.Go(func() {
				defer server.Close()
				m.pass(client, server)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); served.Wait() })
	return m
}

// before sets what happens before the next command with the word.
func (m *meanwhile) before(word string, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.word, m.do = word, do
}

func (m *meanwhile) pass(client io.Reader, server io.Writer) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		m.mu.Lock()
		do := m.do
		if do == nil || !bytes.Contains(buffer[:n], []byte(m.word)) {
			do = nil
		} else {
			m.do = nil
		}
		m.mu.Unlock()
		if do != nil {
			do()
			m.times.Add(1)
		}
		if _, failed := server.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// takesAway is a person who moves a message to the folder Mine.
func takesAway(t *testing.T, a *Account, uid uint32) func() {
	t.Helper()
	s := openSession(t, a)
	if err := s.create(t.Context(), "Mine"); err != nil {
		t.Fatal(err)
	}
	return func() {
		err := s.selectFolder(t.Context(), "INBOX", true)
		if err == nil {
			_, err = s.client.Copy(imap.UIDSetNum(imap.UID(uid)), "Mine").Wait()
		}
		if err == nil {
			_, err = s.expunge(t.Context(), []uint32{uid})
		}
		if err := errors.Join(err, s.client.Expunge().Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestDovecotWhatAPersonTakesAwayMeanwhileIsNotSaidToBeDone(t *testing.T) {
	for _, c := range []struct {
		op   mailbox.Op
		word string
	}{
		{mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`, "Boss"}}, "UID STORE"},
		{mailbox.Op{Kind: mailbox.Copy, To: "Board"}, "UID COPY"},
		{moveTo("Board"), " UID "},
	} {
		for _, server := range dovecots {
			t.Run(string(c.op.Kind)+" "+server.name, func(t *testing.T) {
				srv := dovecot.Start(t, server.opts)
				way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
				for i := range 3 {
					putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
				}
				srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
				s := openSession(t, plainAccount(t, srv, way.addr))
				all := scan(t, s, "INBOX", mailbox.Query{})
				changes := []mailbox.Change{change(1, all[0], c.op), change(2, all[1], c.op)}
				for i := range changes {
					changes[i].Read = true
				}
				word := c.word
				if word == " UID " {
					word = "UID MOVE"
					if !s.caps.Has(imap.CapMove) {
						word = "UID COPY"
					}
				}
				way.before(word, takesAway(t, straight, all[0].UID))
				wantResults(t, perform(t, s, changes...), mailbox.Gone, mailbox.Done)
				holds(t, straight, "Mine", "0")
				mine := scan(t, openSession(t, straight), "Mine", mailbox.Query{})
				if slices.Contains(mine[0].Flags, `\Flagged`) {
					t.Errorf("the flags are %q", mine[0].Flags)
				}
				if c.op.Kind != mailbox.Store {
					holds(t, straight, "Board", "1")
				}
				faulttest.Injected(t, "34", int(way.times.Load()))
			})
		}
	}
}

// Of two deliveries of one message that are to be moved, the one that a person was
// quicker with is not taken for the other.
func TestDovecotATwinThatIsTakenAwayMeanwhileIsNotSaidToBeMoved(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			srv := dovecot.Start(t, server.opts)
			way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
			for range 2 {
				putDovecot(t, straight, "INBOX", letter("twin", "1"))
			}
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
			s := openSession(t, plainAccount(t, srv, way.addr))
			all := scan(t, s, "INBOX", mailbox.Query{})
			word := "UID MOVE"
			if !s.caps.Has(imap.CapMove) {
				word = "UID COPY"
			}
			way.before(word, takesAway(t, straight, all[0].UID))
			got := perform(t, s, change(1, all[0], moveTo("Board")), change(2, all[1], moveTo("Board")))
			wantResults(t, got, mailbox.Gone, mailbox.Done)
			holds(t, straight, "Mine", "twin")
			holds(t, straight, "Board", "twin")
			faulttest.Injected(t, "34", int(way.times.Load()))
		})
	}
}

// Without UIDPLUS an undo takes the original that was left behind. If somebody
// removes that just then, the copy is all there is.
func TestDovecotTheLastCopyIsKeptWhenTheOriginalGoesMeanwhile(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{Capability: dovecot.CapabilityBare})
	way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
	putDovecot(t, straight, "INBOX", letter("one", "1"))
	s := openSession(t, plainAccount(t, srv, way.addr))
	msg := scan(t, s, "INBOX", mailbox.Query{})[0]
	moved := perform(t, s, change(1, msg, moveTo("Board")))[0]
	back := change(2, msg, moveTo("INBOX"))
	back.Ref = moved.At
	other := openSession(t, straight)
	way.before("UID STORE", func() {
		if err := errors.Join(other.selectFolder(t.Context(), "INBOX", true), other.client.Expunge().Close()); err != nil {
			t.Error(err)
		}
	})
	wantResults(t, perform(t, s, back), mailbox.Done)
	holds(t, straight, "INBOX", "one")
	faulttest.Injected(t, "34", int(way.times.Load()))
}

// Without MOVE a person may take the original away behind our COPY. Both are left,
// and the outcome says so; of those that nobody touched it says nothing of it.
func TestDovecotTellsThatTheOriginalWasTakenAwayBehindTheCopy(t *testing.T) {
	for name, capability := range map[string]string{"no MOVE": dovecot.CapabilityNoMove, "IMAP4rev1 alone": dovecot.CapabilityBare} {
		t.Run(name, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{Capability: capability})
			way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
			for i := range 2 {
				putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
			}
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
			s := openSession(t, plainAccount(t, srv, way.addr))
			all := scan(t, s, "INBOX", mailbox.Query{})
			way.before("UID STORE", takesAway(t, straight, all[0].UID))
			got := perform(t, s, change(1, all[0], moveTo("Board")), change(2, all[1], moveTo("Board")))
			wantResults(t, got, mailbox.Done, mailbox.Done)
			if want := fmt.Sprintf(movedMeanwhile, "Board"); got[0].Reason != want || got[1].Reason == want {
				t.Errorf("the reasons are %q and %q, want %q for the first", got[0].Reason, got[1].Reason, want)
			}
			holds(t, straight, "Mine", "0")
			holds(t, straight, "Board", "0", "1")
			faulttest.Injected(t, "34", int(way.times.Load()))
		})
	}
}
