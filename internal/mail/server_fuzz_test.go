package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/rules"
)

// recital is a server that says what is written down, whoever asks what: one part
// when a client comes, the next whenever it has said a line. In a part %t stands
// for the tag of that line. When all is said it hangs up.
type recital struct {
	addr string

	mu    sync.Mutex
	parts []string
	conns int
	heard bytes.Buffer
}

const turn = "\x00" // ends a part

func startRecital(t testing.TB) *recital {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &recital{addr: listener.Addr().String()}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { r.serve(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() { listener.Close(); served.Wait() })
	return r
}

// recite sets what is said from now on.
func (r *recital) recite(said string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parts, r.conns = strings.Split(said, turn), 0
	r.heard.Reset()
}

func (r *recital) serve(conn *net.TCPConn) {
	defer conn.Close()
	r.mu.Lock()
	parts := r.parts
	r.conns++
	r.mu.Unlock()
	in, tag := bufio.NewReader(conn), "*"
	for i, part := range parts {
		if _, err := io.WriteString(conn, strings.ReplaceAll(part, "%t", tag)); err != nil {
			return
		}
		if i == len(parts)-1 {
			break
		}
		conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) // nobody waits for the other
		line, err := in.ReadString('\n')
		r.note(line)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if err != nil {
			return
		}
		tag, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	}
	conn.SetReadDeadline(time.Time{})
	conn.CloseWrite()
	rest, _ := io.ReadAll(in) // until the client has hung up, too
	r.note(string(rest))
}

func (r *recital) note(heard string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard.WriteString(heard)
}

// visits is how often somebody came, and all that they said.
func (r *recital) visits() (int, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns, r.heard.String()
}

// onceSignedIn is what an IMAP server says up to where a folder is open and has
// messages 1 to 3, with what it says of them.
func onceSignedIn(then ...string) string {
	return strings.Join(append([]string{
		"* OK [CAPABILITY IMAP4rev1] hello\r\n", "%t OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE] in\r\n",
		"* LIST (\\Noselect) \"/\" \"\"\r\n%t OK listed\r\n", "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Archive) \"/\" \"&Jjo-\"\r\n%t OK listed\r\n",
		"* 3 EXISTS\r\n* OK [UIDVALIDITY 1] a\r\n* OK [UIDNEXT 4] b\r\n* FLAGS (\\Seen a)\r\n%t OK [READ-WRITE] open\r\n",
		"* SEARCH 1 2 3\r\n%t OK found\r\n",
	}, then...), turn) + turn
}

var imapSeeds = []string{
	"", "* OK hi", "* BYE no\r\n", "* PREAUTH [CAPABILITY IMAP4rev1] in\r\n" + turn, "+ go on\r\n", "\x00\x00\x00",
	"* OK [CAPABILITY " + strings.Repeat("X", 5000) + "] hi\r\n" + turn + "%t NO [AUTHENTICATIONFAILED] no\r\n",
	onceSignedIn(),
	onceSignedIn("* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"08-Dec-2026 10:00:00 +0000\" RFC822.SIZE 20 BODY[HEADER] {13}\r\nSubject: a\r\n\r\n)\r\n%t OK\r\n"),
	onceSignedIn("* 1 FETCH (UID 1 BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" NIL) NIL NIL \"7BIT\" 1 1) BODY[HEADER] {99999999}\r\nSubject: half"),
	onceSignedIn("* 1 FETCH (UID 1 BODYSTRUCTURE " + strings.Repeat("(", 300) + "\r\n%t OK\r\n"),
	onceSignedIn("* 1 FETCH (UID 1 FLAGS (a]b) X-GM-LABELS (\\Inbox)\r\n* VANISHED 1:3\r\n* 2 FETCH (UID 2 INTERNALDATE \"never\")\r\n%t OK\r\n"),
	onceSignedIn("* 4294967296 FETCH (UID 0)\r\n* -1 EXISTS\r\n* SEARCH 0 4294967295\r\n%t BAD what\r\n"),
	onceSignedIn("* 1 FETCH (UID 1 ENVELOPE (NIL NIL ((NIL NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL) BODY[HEADER] NIL)\r\n%t OK\r\n"),
	onceSignedIn("* 1 EXPUNGE\r\n* 0 EXISTS\r\n* 1 FETCH (UID 7 FLAGS ())\r\n%t OK\r\n"),
	strings.Replace(onceSignedIn("%t OK\r\n"), "&Jjo-", "&AAoADQ-", 1), strings.Replace(onceSignedIn("%t OK\r\n"), "&Jjo-", "&invalid", 1),
	strings.Replace(onceSignedIn("%t OK\r\n"), "UIDVALIDITY 1", "UIDVALIDITY 99999999999", 1), strings.Replace(onceSignedIn(), "SEARCH 1 2 3", "ESEARCH (TAG \"T9\") UID ALL 1:4294967295", 1),
}

// FuzzIMAPServer has a server say anything at all while a folder is read: that ends,
// in bounded time and memory, and what is made of it keeps the promises of every
// message.
func FuzzIMAPServer(f *testing.F) {
	for _, seed := range imapSeeds {
		f.Add(seed)
	}
	srv := startRecital(f)
	needs := allNeeds
	needs.Text, needs.FileText, needs.Invite, needs.Quota = true, true, true, true
	f.Fuzz(func(t *testing.T, said string) {
		srv.recite(said)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		a := accountAt(t, srv.addr)
		a.log = slog.New(slog.DiscardHandler)
		a.Needs(needs)
		before := allocated()
		readEverything(ctx, t, a, needs)
		visits, heard := srv.visits()
		if ctx.Err() != nil {
			t.Errorf("it was listened to until the time was over; %d visits", visits)
		}
		if took := allocated() - before; took > uint64(64<<20+1000*len(said)+visits<<20) {
			t.Errorf("it took %d MiB of memory in %d visits", took>>20, visits)
		}
		if strings.Count(heard, testPassword) > visits {
			t.Errorf("the password was said more than once a visit: %q", heard)
		}
	})
}

// readEverything reads what an account has. That it fails is no mistake here.
func readEverything(ctx context.Context, t *testing.T, a *Account, needs rules.Needs) {
	s, err := a.Open(ctx)
	if err != nil {
		return
	}
	defer s.Close()
	s.Scan(ctx, "INBOX", mailbox.Query{}, func(_ context.Context, b mailbox.Batch) error {
		for _, m := range b.Messages {
			inBounds(t, m)
		}
		return nil
	})
	folders, err := s.Folders(ctx)
	for _, folder := range folders {
		if err == nil && strings.ContainsAny(folder.Name, "\r\n\x00") {
			t.Errorf("a folder is called %q", folder.Name)
		}
	}
}

// FuzzSMTPServer has a server say anything at all while a mail is handed in. It counts
// as taken only where the server has let it come and then said yes to it.
func FuzzSMTPServer(f *testing.F) {
	const signedIn = "220 hi\r\n" + turn + "250-hi\r\n250 AUTH PLAIN LOGIN\r\n" + turn + "235 in\r\n" + turn
	const ready = signedIn + "250 ok\r\n" + turn + "250 ok\r\n" + turn + "250 ok\r\n" + turn + "354 go\r\n"
	for _, seed := range []string{
		"", "220 hi\r\n", "220-hi\r\n220-", "554 no\r\n", "220 hi\r\n\x00502 no\r\n\x00250 old\r\n\x00", "* OK IMAP\r\n", "220 hi\r\n\x00250 " + strings.Repeat("x", 5000) + "\r\n",
		signedIn, signedIn + "250 ok\r\n\x00550 5.1.1 nobody\r\n\x00452 4.2.2 full\r\n\x00", ready,
		ready + strings.Repeat(turn, 4) + "250 2.0.0 queued\r\n", ready + strings.Repeat(turn, 4) + "451 later\r\n", ready + strings.Repeat(turn, 4) + "250",
		ready + strings.Repeat(turn, 4) + "999 what\r\n", ready + "250 too early\r\n", strings.Replace(ready, "235 in", "334 !!!", 1), strings.Replace(signedIn, "235 in", "535 5.7.8 "+testPassword, 1),
		"220 hi\r\n\x00250-AUTH\r\n250-SIZE 1\r\n250 SIZE -1\r\n\x00", "220 hi\r\n250 early\r\n235 in\r\n250 a\r\n250 b\r\n250 c\r\n354 go\r\n250 done\r\n",
	} {
		f.Add(seed)
	}
	srv := startRecital(f)
	f.Fuzz(func(t *testing.T, said string) {
		srv.recite(said)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		before := allocated()
		sent, err := senderAt(t, srv.addr).Send(ctx, "dana@acme.example", []string{"pat@board.example"}, []byte(shortMail))
		if (err == nil) != (sent.Outcome == SendAccepted) {
			t.Errorf("outcome %s with the error %v", sent.Outcome, err)
		}
		if sent.Outcome == SendAccepted && (!strings.Contains(said, "354") || strings.Count(said, "250") < 2) {
			t.Errorf("%q was taken for a yes", said)
		}
		if _, heard := srv.visits(); sent.Outcome != SendAccepted && sent.Outcome != SendUnknown && strings.Contains(heard, "\r\n.\r\n") && !strings.ContainsAny(said, "45") {
			t.Errorf("the whole mail went out, nobody said no, and it is %s", sent.Outcome)
		}
		if ctx.Err() != nil {
			t.Error("it was listened to until the time was over")
		}
		if err != nil && strings.ContainsAny(err.Error(), "\r\x00") || strings.ContainsAny(sent.Code, "\r\n\x00") {
			t.Errorf("a line end or NUL of the server's is in %q, %v", sent.Code, err)
		}
		if took := allocated() - before; took > uint64(64<<20+1000*len(said)) {
			t.Errorf("it took %d MiB of memory", took>>20)
		}
	})
}
