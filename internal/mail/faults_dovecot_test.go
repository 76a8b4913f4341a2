package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// What a real Dovecot does to its clients, one fault after the other.

// MOVE within a quota takes nothing of it, so the folder has one of its own.
func TestDovecotOverQuotaRefusesMoves(t *testing.T) {
	const vault = "namespace vault {\n  prefix = Vault.\n  separator = .\n  location = maildir:~/Vault\n}\n" +
		"plugin {\n  quota2 = count:Vault quota:ns=Vault.\n  quota2_rule = *:storage=100K\n}\n"
	for name, capability := range map[string]string{
		"MOVE": "", "COPY with UIDPLUS": dovecot.CapabilityNoMove, "COPY alone": dovecot.CapabilityBare,
	} {
		t.Run(name, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{Quota: "100M", Capability: capability, Extra: vault})
			a := dovecotAccount(t, srv)
			putDovecot(t, a, "INBOX", letter("large", "1")+strings.Repeat("x\r\n", 60_000))
			putDovecot(t, a, "INBOX", letter("small", "2"))
			s := openSession(t, a)
			all := scan(t, s, "INBOX", mailbox.Query{})
			got := perform(t, s, change(1, all[0], moveTo("Vault/Board")), change(2, all[0], mailbox.Op{Kind: mailbox.Copy, To: "Vault/Board"}))
			wantResults(t, got, mailbox.Refused, mailbox.Refused)
			if !strings.Contains(got[0].Reason, "Quota") {
				t.Errorf("the reason is %q", got[0].Reason)
			}
			holds(t, a, "INBOX", "large", "small")
			holds(t, a, "Vault/Board")
			// The folder is not to blame: what fits is filed.
			wantResults(t, perform(t, s, change(3, all[1], moveTo("Vault/Board"))), mailbox.Done)
			holds(t, a, "INBOX", "large")
			holds(t, a, "Vault/Board", "small")
			faulttest.Injected(t, "10", 2)
		})
	}
}

// A folder that a person renames is one that is gone: what is filed next makes it
// anew, and what was filed stays where the person has put it.
func TestDovecotRenamesFolders(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			srv := dovecot.Start(t, server.opts)
			a := dovecotAccount(t, srv)
			a.pace.refresh = 50 * time.Millisecond
			a.cfg.Folders = []string{"Projects"}
			// Made while nobody looks: Dovecot makes a folder in steps, and tells its maker that
			// it exists already where another session lists the folders in between.
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Projects", "New projects")
			for i := range 3 {
				putDovecot(t, a, "Projects", letter(fmt.Sprint(i), fmt.Sprint(i)))
			}
			troubles := make(chan error, 100_000)
			a.OnTrouble(func(_ string, err error) { troubles <- err })
			w := watch(t, a, nil, nil)
			w.next()
			s := openSession(t, a)
			all := scan(t, s, "Projects", mailbox.Query{})
			first := perform(t, s, change(1, all[0], moveTo("Board")))
			wantResults(t, first, mailbox.Done)

			srv.Doveadm("mailbox", "rename", "-u", srv.User, "Board", "Council")
			wantResults(t, perform(t, s, change(2, all[1], moveTo("Board"))), mailbox.Done)
			holds(t, a, "Council", "0")
			holds(t, a, "Board", "1")
			back := change(3, all[0], moveTo("Projects"))
			back.Ref = first[0].At // by a UID of the folder that had the name before
			wantResults(t, perform(t, openSession(t, a), back), mailbox.Gone)
			holds(t, a, "Board", "1")

			srv.Doveadm("mailbox", "rename", "-u", srv.User, "Projects", "Old projects")
			<-troubles
			wantResults(t, perform(t, openSession(t, a), change(4, all[2], moveTo("Board"))), mailbox.Gone)
			holds(t, a, "Old projects", "2")
			// Mail for the watched name is seen once there is such a folder again.
			srv.Doveadm("mailbox", "rename", "-u", srv.User, "New projects", "Projects")
			putDovecot(t, a, "Projects", letter("again", "a"))
			if got := w.messages(1); got[0].Item.Subject.String() != "again" {
				t.Errorf("delivered %q", subjects(got))
			}
			faulttest.Injected(t, "13", 2)
		})
	}
}

// logins counts the sign-ins that Dovecot took and refused.
func logins(srv *dovecot.Server) (taken, refused int) {
	log := srv.Log()
	return strings.Count(log, "imap-login: Info: Login:"), strings.Count(log, "auth failed")
}

func TestDovecotPasswordIsChangedWhileWatched(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	var secret atomic.Value
	secret.Store(srv.Password)
	a := dovecotAccount(t, srv)
	a.cfg.Secret = func(context.Context) (string, error) { return secret.Load().(string), nil }
	// Connections are retried at once, sign-ins slowly: a storm would show.
	a.pace.retry, a.pace.retryMax = time.Millisecond, time.Millisecond
	a.pace.slow, a.pace.slowMax = 250*time.Millisecond, 250*time.Millisecond
	troubles := make(chan error, 100_000)
	a.OnTrouble(func(_ string, err error) { troubles <- err })
	w := watch(t, a, nil, nil)
	w.next()
	const rounds = 2
	for i := range rounds {
		srv.SetPassword("changed" + strings.Repeat(" again", i))
		// Dovecot looks at its file of passwords once in a second.
		var signIn *SignInError
		for s, err := a.Open(t.Context()); !errors.As(err, &signIn); s, err = a.Open(t.Context()) {
			s.Close()
		}
		_, before := logins(srv)
		begin := time.Now()
		srv.Kick(srv.User)
		srv.Deliver(srv.User, "INBOX", dovecot.Message{Raw: []byte(letter(fmt.Sprint(i), fmt.Sprint(i)))})
		for tries := 0; tries < 4; {
			if err := <-troubles; errors.As(err, &signIn) {
				tries++
			}
		}
		_, after := logins(srv)
		// The pauses are jittered by half.
		if most := 2 + int(time.Since(begin)/(a.pace.slow/2)); after-before > most || after-before < 3 {
			t.Errorf("the password was tried %d times in %v, want 3 to %d", after-before, time.Since(begin), most)
		}
		secret.Store(srv.Password)
		if got := subjects(w.messages(1)); !slices.Equal(got, []string{fmt.Sprint(i)}) {
			t.Errorf("delivered %q", got)
		}
		for len(troubles) > 0 {
			<-troubles
		}
	}
	faulttest.Injected(t, "19", rounds)
}

func TestDovecotCertificateIsSwappedWhileWatched(t *testing.T) {
	for name, other := range map[string]dovecot.Certificate{
		"expired":              {Until: time.Now().Add(-time.Minute), Host: "localhost"},
		"for another host":     {Until: time.Now().Add(time.Hour), Host: "mail.example.com"},
		"of another authority": {Until: time.Now().Add(time.Hour), Host: "localhost", Stranger: true},
	} {
		for _, kind := range []string{ImplicitTLS, StartTLS} {
			t.Run(name+" "+kind, func(t *testing.T) {
				srv := dovecot.Start(t, dovecot.Options{})
				straight := plainAccount(t, srv, srv.Addr())
				addr := srv.TLSAddr()
				if kind == StartTLS {
					addr = srv.Addr()
				}
				a := accountAt(t, addr, func(c *Config) {
					c.TLS, c.CAFile = kind, srv.CAFile()
					c.Secret = func(context.Context) (string, error) { return srv.Password, nil }
				})
				troubles := make(chan error, 100_000)
				a.OnTrouble(func(_ string, err error) { troubles <- err })
				w := watch(t, a, nil, nil)
				w.next()
				srv.SetCertificate(other)
				srv.EndSessions(srv.User)
				taken, refused := logins(srv)
				now := taken
				putDovecot(t, straight, "INBOX", letter("one", "1"))
				for taken++; now < taken; { // Dovecot writes its log in its own time
					now, _ = logins(srv)
				}
				var unproven *CertificateError
				for tries := 0; tries < 3; {
					if err := <-troubles; errors.As(err, &unproven) {
						tries++
					}
				}
				if now, no := logins(srv); now != taken || no != refused {
					t.Errorf("%d sign-ins were taken and %d refused with that certificate", now-taken, no-refused)
				}
				if len(w.batches) != 0 {
					t.Error("mail was read")
				}
				srv.SetCertificate(dovecot.Certificate{Until: time.Now().Add(time.Hour), Host: "localhost"})
				if got := subjects(w.messages(1)); !slices.Equal(got, []string{"one"}) {
					t.Errorf("delivered %q", got)
				}
				faulttest.Injected(t, "20", 3)
				faulttest.Injected(t, "S2", 3)
			})
		}
	}
}

// Between the commands of a move by copy the server's own process is killed.
func TestDovecotProcessIsKilledBetweenCOPYAndEXPUNGE(t *testing.T) {
	for _, c := range []struct {
		name, capability string
		words            []string
		left             []string // in the source folder, marked deleted
	}{
		{"UIDPLUS", dovecot.CapabilityNoMove, []string{"UID STORE", "UID EXPUNGE"}, nil},
		{"IMAP4rev1 alone", dovecot.CapabilityBare, []string{"UID STORE"}, []string{"0", "1"}},
	} {
		for _, word := range c.words {
			t.Run(c.name+" before "+word, func(t *testing.T) {
				srv := dovecot.Start(t, dovecot.Options{Capability: c.capability})
				way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
				for i := range 3 {
					putDovecot(t, straight, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
				}
				srv.EndSessions(srv.User)
				s := openSession(t, plainAccount(t, srv, way.addr))
				all := scan(t, s, "INBOX", mailbox.Query{})
				moves := []mailbox.Change{change(1, all[0], moveTo("Board")), change(2, all[1], moveTo("Board"))}
				way.before(word, func() {
					for _, pid := range srv.Sessions(srv.User) {
						if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
							t.Error(err)
						}
					}
				})
				got, err := s.Perform(t.Context(), moves)
				if !errors.Is(err, ErrLost) {
					t.Fatalf("Perform returned %v", err)
				}
				wantResults(t, got, mailbox.Unknown, mailbox.Unknown)
				holds(t, straight, "Board", "0", "1") // there is a copy at every moment
				wantResults(t, perform(t, openSession(t, straight), again(moves[0]), again(moves[1])), mailbox.Done, mailbox.Done)
				holds(t, straight, "Board", "0", "1")
				holds(t, straight, "INBOX", "2")
				if marked := markedIn(t, straight, "INBOX"); !slices.Equal(marked, c.left) {
					t.Errorf("marked deleted in the inbox: %q, want %q", marked, c.left)
				}
				faulttest.Injected(t, "7", int(way.times.Load()))
			})
		}
	}
}

// markedIn are the subjects of what lies in a folder marked deleted.
func markedIn(t *testing.T, a *Account, folder string) (marked []string) {
	t.Helper()
	s := openSession(t, a)
	if err := s.selectFolder(t.Context(), folder, true); err != nil {
		t.Fatal(err)
	}
	uids, err := s.search(t.Context(), &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.look(t.Context(), uids)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range got {
		marked = append(marked, parseHeader(one.header).value("Subject"))
	}
	return marked
}

// On a server that can only expunge a whole folder, whatever is done, what other
// programs have marked deleted stays.
func TestDovecotWithoutUIDPLUSKeepsWhatOthersMarkedDeleted(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			srv := dovecot.Start(t, server.opts)
			a := dovecotAccount(t, srv)
			putDovecot(t, a, "INBOX", letter("marked here", "m1"), imap.FlagDeleted)
			for i := range 4 {
				putDovecot(t, a, "INBOX", letter(fmt.Sprint(i), fmt.Sprint(i)))
			}
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
			putDovecot(t, a, "Board", letter("marked there", "m2"), imap.FlagDeleted)
			s := openSession(t, a)
			all := scan(t, s, "INBOX", mailbox.Query{})
			got := perform(t, s,
				change(1, all[0], moveTo("Board")), change(2, all[1], mailbox.Op{Kind: mailbox.Copy, To: "Board"}),
				change(3, all[2], mailbox.Op{Kind: mailbox.Remove}), change(4, all[3], mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}}))
			wantResults(t, got, mailbox.Done, mailbox.Done, mailbox.Done, mailbox.Done)
			back := change(5, all[0], moveTo("INBOX"))
			back.Ref = got[0].At
			wantResults(t, perform(t, s, back), mailbox.Done)
			uncopy := change(6, all[1], mailbox.Op{Kind: mailbox.Remove})
			uncopy.Ref = got[1].At
			wantResults(t, perform(t, s, uncopy), mailbox.Done)
			s.Close()
			for folder, marked := range map[string]string{"INBOX": "marked here", "Board": "marked there"} {
				if in := markedIn(t, a, folder); !slices.Contains(in, marked) {
					t.Errorf("marked deleted in %s is %q: another program's message was expunged", folder, in)
				}
			}
			faulttest.Injected(t, "9", 1)
		})
	}
}

// Sessions are ended by the administrator in the middle of whatever they do.
func TestDovecotKicksAgainAndAgain(t *testing.T) {
	srv := dovecot.Start(t, dovecot.Options{})
	a := dovecotAccount(t, srv)
	w := watch(t, a, nil, nil)
	w.next()
	const rounds = 10
	for i := range rounds {
		srv.Deliver(srv.User, "INBOX", dovecot.Message{Raw: []byte(letter(fmt.Sprint(i), fmt.Sprint(i)))})
		srv.Kick(srv.User)
	}
	var got []string
	for len(got) < rounds {
		got = append(got, subjects(w.messages(1))...)
	}
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != rounds {
		t.Errorf("delivered %q, want %d different messages", got, rounds)
	}
	faulttest.Injected(t, "17", rounds)
}

// flagsIn are the flags of the only message of a folder.
func flagsIn(t *testing.T, a *Account, folder string) []string {
	t.Helper()
	all := scan(t, openSession(t, a), folder, mailbox.Query{})
	if len(all) != 1 {
		t.Fatalf("%s holds %d messages", folder, len(all))
	}
	return all[0].Flags
}

// A server that is killed in the middle of COPY may leave a copy without keywords.
// The original has them until the copy has, and takes none with it.
func TestDovecotAnUnfinishedCopyIsGivenItsFlagsBeforeTheOriginalGoes(t *testing.T) {
	for _, server := range dovecots {
		t.Run(server.name, func(t *testing.T) {
			srv := dovecot.Start(t, server.opts)
			way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
			putDovecot(t, straight, "INBOX", letter("one", "1"), "Boss", imap.FlagFlagged)
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
			msg := scan(t, openSession(t, straight), "INBOX", mailbox.Query{})[0]
			unfinishedCopy(t, straight, "Boss", imap.FlagFlagged)
			if got := flagsIn(t, straight, "Board"); hasFlag(got, "Boss") || hasFlag(got, `\Flagged`) {
				t.Fatalf("the copy has the flags %q before", got)
			}

			removal := "UID EXPUNGE"
			if server.name == "IMAP4rev1 alone" {
				removal = `(\Deleted)`
			}
			var before []string
			way.before(removal, func() { before = flagsIn(t, straight, "Board") })
			label := change(2, msg, mailbox.Op{Kind: mailbox.Store, Add: []string{"Later"}})
			s := openSession(t, plainAccount(t, srv, way.addr))
			wantResults(t, perform(t, s, again(change(1, msg, moveTo("Board"))), again(label)), mailbox.Done, mailbox.Done)
			for when, flags := range map[string][]string{"when the original was removed": before, "at the end": flagsIn(t, straight, "Board")} {
				if !hasFlag(flags, "Boss") || !hasFlag(flags, `\Flagged`) || !hasFlag(flags, "Later") {
					t.Errorf("the flags of the copy are %q %s", flags, when)
				}
			}
			holds(t, straight, "INBOX")
			faulttest.Injected(t, "7", int(way.times.Load()))
		})
	}
}

// unfinishedCopy makes a copy of the inbox in Board that lacks flags.
func unfinishedCopy(t *testing.T, a *Account, lacks ...imap.Flag) {
	t.Helper()
	s := openSession(t, a)
	if err := s.selectFolder(t.Context(), "INBOX", true); err != nil {
		t.Fatal(err)
	}
	all := imap.SeqSet{{Start: 1}}
	_, err := s.client.Copy(all, "Board").Wait()
	err = errors.Join(err, s.selectFolder(t.Context(), "Board", true))
	err = errors.Join(err, s.client.Store(all, &imap.StoreFlags{Op: imap.StoreFlagsDel, Silent: true, Flags: lacks}, nil).Close())
	if err != nil {
		t.Fatal(err)
	}
}

// If a person takes the copy away while it is being completed, the original is all
// there is. (One that marks it deleted has taken it away as well.)
func TestDovecotTheOriginalStaysWhenItsCopyGoesMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name, word string
		doveadm    []string
	}{
		{"before it is looked at", "UID FETCH 1 (UID FLAGS)", []string{"expunge", "-u", "dana"}},
		{"before its flags are set", "UID STORE", []string{"expunge", "-u", "dana"}},
		{"marked deleted", "UID FETCH 1 (UID FLAGS)", []string{"flags", "add", "-u", "dana", `\Deleted`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := dovecot.Start(t, dovecot.Options{Capability: dovecot.CapabilityNoMove})
			way, straight := startMeanwhile(t, srv.Addr()), plainAccount(t, srv, srv.Addr())
			putDovecot(t, straight, "INBOX", letter("one", "1"), "Boss")
			srv.Doveadm("mailbox", "create", "-u", srv.User, "Board")
			msg := scan(t, openSession(t, straight), "INBOX", mailbox.Query{})[0]
			unfinishedCopy(t, straight, "Boss")
			s := openSession(t, plainAccount(t, srv, way.addr))
			way.before(c.word, func() { srv.Doveadm(append(c.doveadm, "mailbox", "Board", "all")...) })
			got := perform(t, s, again(change(1, msg, moveTo("Board"))))
			wantResults(t, got, mailbox.Refused)
			if !strings.Contains(got[0].Reason, "the original was left where it was") {
				t.Errorf("the reason is %q", got[0].Reason)
			}
			holds(t, straight, "INBOX", "one")
			holds(t, straight, "Board")
			faulttest.Injected(t, "34", int(way.times.Load()))
		})
	}
}

// Of messages that are alike each is paired with the copy that has its flags; those
// whose copies were left unfinished take what is over.
func TestOriginalsArePairedWithTheCopiesThatHaveTheirFlags(t *testing.T) {
	flagged := func(uid uint32, flags ...string) *answer { return &answer{uid: uid, flags: flags} }
	for _, c := range []struct {
		name              string
		originals, copies []*answer
		want              []uint32 // of each original
	}{
		{"without flags, in order", []*answer{flagged(2), flagged(1)}, []*answer{flagged(51), flagged(52)}, []uint32{52, 51}},
		{"by flags", []*answer{flagged(1, "A"), flagged(2, "B", `\Deleted`)}, []*answer{flagged(51, "B"), flagged(52, `\Recent`, "A")}, []uint32{52, 51}},
		{"an unfinished one", []*answer{flagged(1, "A"), flagged(2, "B")}, []*answer{flagged(51, "A"), flagged(52)}, []uint32{51, 52}},
		{"two unfinished ones", []*answer{flagged(1, "A"), flagged(2, "B"), flagged(3, "C")}, []*answer{flagged(51), flagged(52), flagged(53, "B")}, []uint32{51, 53, 52}},
	} {
		for i, one := range c.originals {
			if got := copyOf(one, c.originals, c.copies).uid; got != c.want[i] {
				t.Errorf("%s: %d is paired with %d, want %d", c.name, one.uid, got, c.want[i])
			}
		}
	}
}
