package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

const testPassword = "canary-7f3a"

// full is what a good public server can; bare is what RFC 3501 asks for.
var (
	full = imap.CapSet{
		imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}, imap.CapNamespace: {}, imap.CapESearch: {},
	}
	uidPlus = imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}
	bare    = imap.CapSet{imap.CapIMAP4rev1: {}}
)

// memory is go-imap's server in memory behind a real socket.
type memory struct {
	t    testing.TB
	user *imapmemserver.User
	addr string

	server *imapserver.Server
	served sync.WaitGroup

	listener net.Listener
	caps     imap.CapSet
	wrap     func(net.Listener) net.Listener
	tls      *tls.Config
	sent     lockedBuffer // all that went over the wire, both ways
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func startMemory(t testing.TB, caps imap.CapSet) *memory {
	m := &memory{t: t, user: imapmemserver.NewUser("dana", testPassword), caps: caps}
	m.make(mailbox.Inbox)
	m.start("127.0.0.1:0")
	t.Cleanup(m.stop)
	return m
}

func (m *memory) start(addr string) {
	m.t.Helper()
	users := imapmemserver.New()
	users.AddUser(m.user)
	m.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: m.caps, InsecureAuth: true, TLSConfig: m.tls,
		Logger: log.New(io.Discard, "", 0), DebugWriter: &m.sent,
	})
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		m.t.Fatal(err)
	}
	m.addr = listener.Addr().String()
	if m.wrap != nil {
		listener = m.wrap(listener)
	}
	m.listener = listener
	server := m.server
	m.served.Go(func() { server.Serve(listener) })
}

func (m *memory) stop() {
	m.listener.Close()
	m.served.Wait()
	m.server.Close()
}

func (m *memory) make(folders ...string) {
	m.t.Helper()
	for _, name := range folders {
		if err := m.user.Create(name, nil); err != nil {
			m.t.Fatal(err)
		}
	}
}

// letter is a message with its own Message-ID.
func letter(subject, id string) string {
	return fmt.Sprintf("From: Ben <ben@acme.example>\r\nTo: dana@example.com\r\nSubject: %s\r\nMessage-ID: <%s@acme.example>\r\n"+
		"Date: Tue, 08 Dec 2026 10:00:00 +0000\r\nContent-Type: text/plain\r\n\r\nHello\r\n", subject, id)
}

func (m *memory) put(folder, raw string, flags ...imap.Flag) uint32 {
	m.t.Helper()
	return m.putAt(folder, raw, time.Now(), flags...)
}

func (m *memory) putAt(folder, raw string, at time.Time, flags ...imap.Flag) uint32 {
	m.t.Helper()
	data, err := m.user.Append(folder, bytesLiteral(raw), &imap.AppendOptions{Time: at, Flags: flags})
	if err != nil {
		m.t.Fatal(err)
	}
	return uint32(data.UID)
}

type literal struct {
	*strings.Reader
}

func (l literal) Size() int64 { return l.Reader.Size() }

func bytesLiteral(raw string) imap.LiteralReader { return literal{strings.NewReader(raw)} }

func hostPort(t testing.TB, addr string) (string, int) {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return tcp.IP.String(), tcp.Port
}

// accountAt is an account whose waits are short.
func accountAt(t testing.TB, addr string, change ...func(*Config)) *Account {
	t.Helper()
	host, port := hostPort(t, addr)
	cfg := Config{
		Host: host, Port: port, TLS: NoTLS, User: "dana", Poll: 20 * time.Millisecond,
		Secret:   func(context.Context) (string, error) { return testPassword, nil },
		Identity: Identity{Account: "dana", Address: []string{"dana@example.com"}},
	}
	for _, c := range change {
		c(&cfg)
	}
	a, err := New(cfg, slog.New(slog.NewTextHandler(&testLog{t: t}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	a.pace.retry, a.pace.retryMax = time.Millisecond, 10*time.Millisecond
	a.pace.slow, a.pace.slowMax = time.Millisecond, 10*time.Millisecond
	return a
}

// testLog shows the log of a test that fails, and lets none speak after its end.
type testLog struct {
	mu    sync.Mutex
	t     testing.TB
	lines []string
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil {
		l.t.Cleanup(func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.t.Failed() {
				l.t.Log(strings.Join(l.lines, ""))
			}
		})
	}
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

func openSession(t testing.TB, a *Account) *Session {
	t.Helper()
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// scan reads a whole folder.
func scan(t testing.TB, s *Session, folder string, q mailbox.Query) []mailbox.Message {
	t.Helper()
	var all []mailbox.Message
	err := s.Scan(t.Context(), folder, q, func(_ context.Context, b mailbox.Batch) error {
		all = append(all, b.Messages...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func subjects(messages []mailbox.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Item.Subject.String())
	}
	return out
}

// holds checks the subjects in a folder, by what a fresh connection sees.
func holds(t testing.TB, a *Account, folder string, want ...string) {
	t.Helper()
	s, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := subjects(scan(t, s, folder, mailbox.Query{}))
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", folder, got, want)
	}
}

func change(id int64, m mailbox.Message, op mailbox.Op) mailbox.Change {
	return mailbox.Change{ID: id, Ref: m.Ref, Key: m.Key, MessageID: m.MessageID, Op: op}
}

func moveTo(folder string) mailbox.Op { return mailbox.Op{Kind: mailbox.Move, To: folder} }

func perform(t testing.TB, s *Session, changes ...mailbox.Change) []mailbox.Outcome {
	t.Helper()
	outcomes, err := s.Perform(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != len(changes) {
		t.Fatalf("%d changes have %d outcomes", len(changes), len(outcomes))
	}
	return outcomes
}

func results(outcomes []mailbox.Outcome) []mailbox.Result {
	var out []mailbox.Result
	for _, o := range outcomes {
		out = append(out, o.Result)
	}
	return out
}

func wantResults(t testing.TB, got []mailbox.Outcome, want ...mailbox.Result) {
	t.Helper()
	if !slices.Equal(results(got), want) {
		t.Fatalf("outcomes are %+v, want %v", got, want)
	}
}

// watcher runs Watch and hands out what it delivers.
type watcher struct {
	t       testing.TB
	batches chan mailbox.Batch
	done    chan error

	mu      sync.Mutex
	cursors map[string]mailbox.Cursor
	act     func(context.Context, *Session, mailbox.Batch) error
}

func watch(t testing.TB, a *Account, cursors map[string]mailbox.Cursor, act func(context.Context, *Session, mailbox.Batch) error) *watcher {
	w := &watcher{t: t, batches: make(chan mailbox.Batch, 100), done: make(chan error, 1), cursors: cursors, act: act}
	if w.cursors == nil {
		w.cursors = make(map[string]mailbox.Cursor)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { w.done <- a.Watch(ctx, w.cursor, w.deliver) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-w.done:
		case <-time.After(time.Minute):
			t.Error("Watch did not end with its context")
		}
	})
	return w
}

func (w *watcher) cursor(_ context.Context, folder string) (mailbox.Cursor, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.cursors[folder]
	return c, ok, nil
}

func (w *watcher) deliver(ctx context.Context, s *Session, b mailbox.Batch) error {
	if w.act != nil {
		if err := w.act(ctx, s, b); err != nil {
			return err
		}
	}
	w.mu.Lock()
	w.cursors[b.Folder] = b.Next
	w.mu.Unlock()
	w.batches <- b
	return nil
}

func (w *watcher) next() mailbox.Batch {
	w.t.Helper()
	return w.nextWithin(time.Minute)
}

func (w *watcher) nextWithin(limit time.Duration) mailbox.Batch {
	w.t.Helper()
	select {
	case b := <-w.batches:
		return b
	case <-time.After(limit):
		w.t.Fatal("nothing was delivered")
		return mailbox.Batch{}
	}
}

// messages waits until n messages have been delivered.
func (w *watcher) messages(n int) []mailbox.Message {
	w.t.Helper()
	var all []mailbox.Message
	for len(all) < n {
		all = append(all, w.next().Messages...)
	}
	return all
}

var allNeeds = rules.Needs{Structure: true, Size: true, Headers: []string{"Content-Type"}}
