package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/errand"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/when"
	"github.com/foredesk/foredesk/rules"
)

const (
	user   = "dana"
	secret = "canary-51c8"
)

// imapServer is a real server behind a socket, with what a test does to it
// beside IMAP.
type imapServer struct {
	addr, password string
	renumber       func(folder string) // gives a folder a new UIDVALIDITY
	// moved is called when a MOVE is done and before it is answered; of the server in
	// memory alone.
	moved *atomic.Pointer[func()]
	// closed is a folder that can't be opened by now; of the server in memory alone.
	closed *atomic.Pointer[string]
}

// abilities are what a server can announce, by the names that cases use.
var abilities = map[string]struct {
	memory     imap.CapSet
	dovecot    string
	noKeywords bool
}{
	"":           {memory: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}, imap.CapNamespace: {}}},
	"uidplus":    {memory: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}, dovecot: dovecot.CapabilityNoMove},
	"bare":       {memory: imap.CapSet{imap.CapIMAP4rev1: {}}, dovecot: dovecot.CapabilityBare},
	"nokeywords": {memory: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}, noKeywords: true},
}

// startMemory starts go-imap's server in memory. Its keywords come back in lower
// case, which RFC 9051 2.3.2 allows.
func startMemory(t testing.TB, can string) imapServer {
	t.Helper()
	account := imapmemserver.NewUser(user, secret)
	users := imapmemserver.New()
	users.AddUser(account)
	if err := account.Create(mailbox.Inbox, nil); err != nil {
		t.Fatal(err)
	}
	able := abilities[can]
	moved, closed := &atomic.Pointer[func()]{}, &atomic.Pointer[string]{}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memorySession{users.NewSession().(imapserver.SessionIMAP4rev2), able.noKeywords, moved, closed}, nil, nil
		},
		Caps: able.memory, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		served.Wait()
	})
	s := imapServer{addr: listener.Addr().String(), password: secret, moved: moved, closed: closed}
	s.renumber = func(folder string) { s.byCopy(t, folder) }
	return s
}

// memorySession mends what imapmemserver does otherwise than any server outside.
type memorySession struct {
	imapserver.SessionIMAP4rev2
	noKeywords bool
	moved      *atomic.Pointer[func()]
	closed     *atomic.Pointer[string]
}

// Select says, where the case asks for it, that only the flags of RFC 3501 stay, and
// does not open a folder that is closed.
func (s memorySession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	if closed := s.closed.Load(); closed != nil && *closed == name {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNoPerm, Text: "you may not read it"}
	}
	data, err := s.SessionIMAP4rev2.Select(name, options)
	if data != nil && s.noKeywords {
		data.PermanentFlags = []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	}
	return data, err
}

// none says that there are no such messages. Imapmemserver would then answer
// with an empty COPYUID, which is no IMAP.
func (s memorySession) none(set imap.NumSet) bool {
	uids, ok := set.(imap.UIDSet)
	if !ok {
		return false
	}
	data, err := s.Search(imapserver.NumKindUID, &imap.SearchCriteria{UID: []imap.UIDSet{uids}}, &imap.SearchOptions{ReturnCount: true})
	return err == nil && data.Count == 0
}

func (s memorySession) Move(w *imapserver.MoveWriter, set imap.NumSet, to string) error {
	if s.none(set) {
		return nil
	}
	err := s.SessionIMAP4rev2.Move(w, set, to)
	if done := s.moved.Load(); err == nil && done != nil {
		(*done)()
	}
	return err
}

func (s memorySession) Copy(set imap.NumSet, to string) (*imap.CopyData, error) {
	if s.none(set) {
		return nil, nil
	}
	return s.SessionIMAP4rev2.Copy(set, to)
}

// byCopy makes a folder anew with the same messages, as a restored backup has.
func (s imapServer) byCopy(t testing.TB, folder string) {
	h := s.hand(t)
	defer h.close()
	h.must(h.Rename(folder, "being restored", nil).Wait())
	h.must(h.Create(folder, nil).Wait())
	if h.open("being restored").NumMessages > 0 {
		_, err := h.Copy(imap.UIDSet{{Start: 1}}, folder).Wait()
		h.must(err)
	}
	h.must(h.Unselect().Wait())
	h.must(h.Delete("being restored").Wait())
}

func startDovecot(t testing.TB, can string) imapServer {
	t.Helper()
	d := dovecot.Start(t, dovecot.Options{Capability: abilities[can].dovecot})
	validity := 2_000_000_000
	return imapServer{addr: d.Addr(), password: d.Password, renumber: func(folder string) {
		validity++
		d.Doveadm("mailbox", "update", "-u", d.User, "--uid-validity", fmt.Sprint(validity), folder)
	}}
}

// desk is one account with all that works on it: a server, a line to it that can
// be cut, a journal and the engine.
type desk struct {
	*testing.T
	imapServer
	line    *line
	dsn     string
	folders []string
	set     *rules.Set
	log     logBuffer

	journal *store.Store
	account *engine.Account

	// What works outside the folders: see tools.
	equipment *errand.Desk
	post      *post
	hooks     *hooks
	listening *hooks // started before the rules that name it
	kept      string // the folder for files
	strict    bool   // the mail server's own word on senders is asked for

	cal           *calendars // nil where the case has none
	calendarNames []string

	// configure, if it is set, changes what the account is made of.
	configure func(*engine.Config)

	// before is called once, ahead of the next Perform: between plan and act.
	before func()
	// arriving is called once, between the next fetch and its plan.
	arriving func()
}

func newDesk(t *testing.T, server imapServer, dsn, rulesText string) *desk {
	t.Helper()
	d := &desk{T: t, imapServer: server, line: newLine(t, server.addr), dsn: dsn, folders: []string{mailbox.Inbox}}
	d.set = loadRules(t, rulesText)
	t.Cleanup(func() {
		d.leave()
		if t.Failed() {
			t.Log(d.log.String())
		}
	})
	return d
}

// sqlite is the address of a fresh journal. It lies in memory where that is
// possible: these tests end processes, not machines, and need not wait for a disk.
func sqlite(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "foredesk")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "sqlite:" + filepath.Join(dir, "journal.db")
}

func loadRules(t testing.TB, text string) *rules.Set {
	t.Helper()
	set, err := rules.Load("rules.yaml", []byte(text), rules.Options{Me: []string{"dana@acme.example"}, Templates: templates, AllowDelete: true})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// templates are the wordings that cases use.
var templates = map[string]string{
	"nudge":  "Subject: Re: {subject}\n\nHello, any news?\n",
	"absent": "I am away until Monday.\n",
}

// take opens the journal and owns the account, if that is not so already.
func (d *desk) take() *engine.Account {
	d.Helper()
	if d.account != nil {
		return d.account
	}
	var err error
	if d.journal, err = store.Open(d.Context(), d.dsn); err != nil {
		d.Fatal(err)
	}
	var config engine.Config
	clock := func() time.Time {
		if config.Now == nil {
			return time.Now()
		}
		return config.Now()
	}
	config = engine.Config{
		Name: user, Mail: d.mailBy(clock), Journal: d.journal, Rules: d.set, Log: d.logger(), Folders: d.folders,
		Outside: d.tools(), Approvers: approvers, Strict: d.strict,
	}
	if d.cal != nil {
		config.Calendar, config.Now, config.Letters = d.cal.open(d), d.cal.now, d.cal.letters
	}
	if d.configure != nil {
		d.configure(&config)
	}
	d.account, err = engine.Take(d.Context(), config)
	if err != nil {
		d.Fatal(err)
	}
	return d.account
}

// now is the time in the case.
func (d *desk) now() time.Time {
	if d.cal != nil {
		return d.cal.now()
	}
	return time.Now()
}

// leave gives the account up and closes the journal, as the end of a process does.
func (d *desk) leave() {
	if d.account == nil {
		return
	}
	if err := errors.Join(d.account.Release(), d.journal.Close()); err != nil {
		d.Error(err)
	}
	d.account = nil
}

func (d *desk) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&d.log, nil)) }

func (d *desk) mail() engine.Mail { return d.mailBy(nil) }

func (d *desk) mailBy(clock func() time.Time) engine.Mail {
	return wire{newMail(d, d.line.addr(), d.password, d.folders, d.logger(), clock), func() { once(&d.before) }, func() { once(&d.arriving) }}
}

func newMail(t testing.TB, addr, password string, folders []string, log *slog.Logger, clock func() time.Time) *mail.Account {
	t.Helper()
	a, err := mailAt(addr, password, folders, log, clock)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mailAt(addr, password string, folders []string, log *slog.Logger, clock func() time.Time) (*mail.Account, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, err
	}
	a, err := mail.New(mail.Config{
		Host: tcp.IP.String(), Port: tcp.Port, TLS: mail.NoTLS, User: user, Folders: folders, Poll: 50 * time.Millisecond, Now: clock,
		Secret:   func(context.Context) (string, error) { return password, nil },
		Identity: mail.Identity{Account: user, Address: []string{"dana@acme.example"}, AuthservID: "mx.acme.example"},
	}, log)
	if err == nil {
		a.Seal(sealed)
	}
	return a, err
}

var approvers = map[string]string{"assistant": assistant, "executive": "dana@acme.example", "desk": "dana@acme.example"}

func once(happen *func()) {
	if do := *happen; do != nil {
		*happen = nil
		do()
	}
}

// wire joins the engine to a mail.Account, as cmd/daemon does.
type wire struct {
	*mail.Account
	act    func() // ahead of each Perform
	arrive func() // ahead of each batch
}

// Watch implements engine.Mail.
func (w wire) Watch(ctx context.Context, once bool, cursor engine.CursorFunc, arrive engine.ArriveFunc) error {
	deliver := func(ctx context.Context, s *mail.Session, b mailbox.Batch) error {
		if len(b.Messages) > 0 {
			w.arrive()
		}
		err := arrive(ctx, wired{s, w.act, w.arrive}, b)
		if trouble := (*engine.MailError)(nil); errors.As(err, &trouble) {
			return fmt.Errorf("%w: %w", mail.ErrLost, err)
		}
		return err
	}
	if once {
		return w.CatchUp(ctx, mail.Cursors(cursor), deliver)
	}
	return w.Account.Watch(ctx, mail.Cursors(cursor), deliver)
}

// Follow implements engine.Mail.
func (w wire) Follow(set *rules.Set, needs rules.Needs) {
	w.Needs(needs)
	days, from, to, holidays := set.WorkWeek()
	w.Calendar(when.Calendar{Now: time.Now().In(set.Timezone), WorkDays: days, WorkFrom: from, WorkTo: to, Holidays: holidays, DayFirst: true})
	if set.LooksAtSent() || needs.History {
		w.WatchSent()
	}
}

// Open implements engine.Mail.
func (w wire) Open(ctx context.Context) (engine.Session, error) {
	s, err := w.Account.Open(ctx)
	if err != nil {
		return nil, err
	}
	return wired{s, w.act, w.arrive}, nil
}

type wired struct {
	*mail.Session
	act    func()
	arrive func()
}

// Scan implements engine.Session.
func (w wired) Scan(ctx context.Context, folder string, q mailbox.Query, deliver func(context.Context, mailbox.Batch) error) error {
	return w.Session.Scan(ctx, folder, q, func(ctx context.Context, b mailbox.Batch) error {
		if len(b.Messages) > 0 {
			w.arrive()
		}
		return deliver(ctx, b)
	})
}

// Perform implements engine.Session.
func (w wired) Perform(ctx context.Context, changes []mailbox.Change) ([]mailbox.Outcome, error) {
	w.act()
	return w.Session.Perform(ctx, changes)
}

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// letter is a message whose subject and Message-ID are its name.
func letter(name string) string {
	return eml(name, fmt.Sprintf("From: Ben <ben@partner.example>\nTo: dana@acme.example\nSubject: %s\nMessage-ID: <%s@partner.example>\n"+
		"Date: Tue, 08 Dec 2026 10:00:00 +0000\nContent-Type: text/plain\n\nHello\n", name, name))
}

// eml is a message by which hands can tell its name, whatever stands in it.
func eml(name, text string) string {
	return strings.ReplaceAll("X-Name: "+name+"\n"+text, "\n", "\r\n")
}
