package engine_test

import (
	"cmp"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/foredesk/foredesk/internal/errand"
	"github.com/foredesk/foredesk/internal/files"
	"github.com/foredesk/foredesk/internal/hook"
	ourmail "github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/rules"
)

// post is an SMTP server that answers as a test wants, and keeps what it took on.
type post struct {
	addr string

	mu      sync.Mutex
	answer  string // take, later, refuse, swallow (the 250 is lost), dead (says nothing)
	letters []letterOut
	stage   func(string) // called at MAIL, RCPT, DATA and before the answer to the dot
	talks   int          // sessions that have not ended
	silent  sync.Cond    // there are none
}

type letterOut struct{ to, raw string }

func startPost(t testing.TB) *post {
	t.Helper()
	p := &post{answer: "take"}
	p.silent.L = &p.mu
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.talk(1)
		return &postSession{post: p, conn: c}, nil
	}))
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "post.example", true, log.New(io.Discard, "", 0)
	var served sync.WaitGroup
	served.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		listener.Close() // which the server does not know before Serve has begun
		served.Wait()
	})
	p.addr = listener.Addr().String()
	return p
}

func (p *post) talk(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.talks += more; p.talks == 0 {
		p.silent.Broadcast()
	}
}

// await returns when no session is open: what was sent is taken on by then.
func (p *post) await() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.talks > 0 {
		p.silent.Wait()
	}
}

func (p *post) answers(how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = how
}

func (p *post) at(stage string) (answer string) {
	p.mu.Lock()
	answer, call := p.answer, p.stage
	p.mu.Unlock()
	if call != nil {
		call(stage)
	}
	return answer
}

// taken are the letters that the server has taken on.
func (p *post) taken() []letterOut {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.letters)
}

// String is a line a letter: "to: subject".
func (p *post) String() string {
	var lines []string
	for _, l := range p.taken() {
		subject, _, _ := strings.Cut(l.subject(), " for your word") // a secret is another each time
		lines = append(lines, l.to+": "+subject)
	}
	return strings.Join(lines, "\n")
}

func (l letterOut) field(name string) string {
	m, err := mail.ReadMessage(strings.NewReader(l.raw))
	if err != nil {
		return err.Error()
	}
	return m.Header.Get(name)
}

// subject is that of a letter as people read it.
func (l letterOut) subject() string {
	subject, err := new(mime.WordDecoder).DecodeHeader(l.field("Subject"))
	if err != nil {
		return err.Error()
	}
	return subject
}

type postSession struct {
	*post
	conn *smtp.Conn
	to   []string
}

func (s *postSession) Mail(string, *smtp.MailOptions) error {
	switch s.at("MAIL") {
	case "later":
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come again"}
	case "refuse":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not from you"}
	case "dead":
		<-s.hangs()
	}
	return nil
}

// hangs is closed when the client hangs up.
func (s *postSession) hangs() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, s.conn.Conn())
	}()
	return gone
}

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.at("RCPT")
	s.to = append(s.to, to)
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	s.at("DATA")
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.letters = append(s.letters, letterOut{strings.Join(s.to, " "), string(raw)})
	s.mu.Unlock()
	if s.at(".") == "swallow" {
		s.conn.Conn().Close()
		return errors.New("the line is cut")
	}
	return nil
}

func (s *postSession) Reset()        { s.to = nil }
func (s *postSession) Logout() error { s.talk(-1); return nil }

// sealed is the secret by which an account of these tests knows its own mail.
var sealed = []byte("a secret of sixteen bytes or more")

const assistant = "sam@acme.example"

// toolsAt is what an account has for errands: as cmd/daemon equips it.
func toolsAt(smtpAddr, folder string) (*errand.Desk, error) {
	d := &errand.Desk{
		Author:    ourmail.Author{Identity: ourmail.Identity{Account: user, Address: []string{"dana@acme.example"}}, Secret: sealed},
		Hooks:     &hook.Client{Timeout: 5 * time.Second},
		Assistant: assistant, Executive: "dana@acme.example",
	}
	host, port, err := net.SplitHostPort(smtpAddr)
	if err != nil {
		return nil, err
	}
	if d.Secret, err = hook.ParseSecret("whsec_" + base64.StdEncoding.EncodeToString(sealed)); err != nil {
		return nil, err
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, err
	}
	if d.Sender, err = ourmail.NewSender(ourmail.SMTP{Host: host, Port: number, TLS: ourmail.NoTLS}); err != nil {
		return nil, err
	}
	d.Box, err = files.Open(folder)
	return d, err
}

// tools equips a desk once.
func (d *desk) tools() *errand.Desk {
	d.Helper()
	if d.equipment != nil {
		return d.equipment
	}
	d.post, d.kept = startPost(d), filepath.Join(d.TempDir(), "files")
	var err error
	if d.equipment, err = toolsAt(d.post.addr, d.kept); err != nil {
		d.Fatal(err)
	}
	if d.hooks = d.listening; d.hooks == nil {
		d.hooks = startHooks(d)
	}
	return d.equipment
}

// hooks is what listens at an address of the web.
type hooks struct {
	url string

	mu     sync.Mutex
	status int
	hold   chan struct{} // not nil: answers wait for it
	calls  []call1
}

type call1 struct{ id, body string }

func startHooks(t testing.TB) *hooks {
	h := &hooks{status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		status, hold := h.status, h.hold
		h.calls = append(h.calls, call1{r.Header.Get("webhook-id"), string(body)})
		h.mu.Unlock()
		if status == 0 {
			panic(http.ErrAbortHandler) // the answer is lost
		}
		if hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *hooks) called() []call1 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

func (h *hooks) answers(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// pass lets time go by: all times in the journal move into the past.
func (d *desk) pass(by time.Duration) {
	d.Helper()
	if d.cal != nil {
		d.cal.jump(by)
		return
	}
	driver, source := "sqlite", "file:"+strings.TrimPrefix(d.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)"
	if !strings.HasPrefix(d.dsn, "sqlite:") {
		driver, source = "pgx", d.dsn
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	for _, column := range []string{
		"steps.not_before", "steps.planned_at", "steps.done_at", "approvals.asked_at", "approvals.mailed_at", "approvals.expires_at",
		"schedules.ran_at", "seen.seen_at", "messages.received_at", "senders.first_seen", "senders.last_sent",
	} {
		table, name, _ := strings.Cut(column, ".")
		text := fmt.Sprintf("UPDATE %s SET %s = %s - %d WHERE %s > 0", table, name, name, by.Microseconds(), name)
		if _, err := db.ExecContext(d.Context(), text); err != nil {
			d.Fatal(err)
		}
	}
}

// What cases say of the outside.

func (c *aCase) length(text string) time.Duration {
	d, err := rules.ParseDuration(text)
	if err != nil {
		c.Fatal(err)
	}
	return d
}

func (c *aCase) number(text string) int64 {
	n, err := strconv.ParseInt(cmp.Or(text, "0"), 10, 64)
	if err != nil {
		c.Fatal(err)
	}
	return n
}

func (c *aCase) hooksAnswer(status string) {
	c.tools()
	c.hooks.answers(int(c.number(status)))
}

// answerAs answers a mail that asked for approval, as a person's mail program
// does.
func (c *aCase) answerAs(args []string) {
	posted, verdict, text := c.post.taken(), "", []string(nil)
	which := len(posted)
	for _, arg := range args[1:] {
		if n, ok := strings.CutPrefix(arg, "mail="); ok {
			which = int(c.number(n))
		} else if v, ok := strings.CutPrefix(arg, "verdict="); ok {
			verdict = "Authentication-Results: mx.acme.example; dmarc=" + v + "\n"
		} else {
			text = append(text, arg)
		}
	}
	subject := "Re: " + posted[which-1].field("Subject")
	if len(text) == 2 && text[0] == "link" {
		subject, text = c.link(posted[which-1], text[1]), nil
	}
	c.answers++
	name := fmt.Sprintf("answer-%d", c.answers)
	raw := fmt.Sprintf("%sFrom: %s\nTo: dana@acme.example\nSubject: %s\nMessage-ID: <%s@acme.example>\nContent-Type: text/plain\n\n%s\n",
		verdict, args[0], subject, name, strings.ReplaceAll(strings.Join(text, " "), "|", "\n"))
	c.byHand(func(h *hand) { h.put("INBOX", eml(name, raw), time.Now()) })
}

// link is the subject that a mailto: link of a mail makes.
func (c *aCase) link(l letterOut, word string) string {
	body, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(l.raw)))
	if err != nil {
		c.Fatal(err)
	}
	found := regexp.MustCompile(`mailto:[^?]+\?subject=(foredesk%20` + word + `\S+)`).FindStringSubmatch(string(body))
	if found == nil {
		c.Fatalf("the mail has no link that says %s:\n%s", word, body)
	}
	subject, err := url.PathUnescape(found[1])
	if err != nil {
		c.Fatal(err)
	}
	return subject
}

func (c *aCase) keptFiles() string {
	var lines []string
	err := filepath.WalkDir(c.kept, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(c.kept, path)
		lines = append(lines, name+": "+strings.Join(strings.Fields(string(text)), " "))
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// lastLetter is what fields of the last mail that was sent say.
func (c *aCase) lastLetter(names []string) string {
	posted := c.post.taken()
	if len(posted) == 0 {
		return ""
	}
	var lines []string
	for _, name := range names {
		lines = append(lines, name+": "+posted[len(posted)-1].field(name))
	}
	return strings.Join(lines, "\n")
}

// deliverPosted lets all that was sent come back, as what one sends to oneself does.
func (c *aCase) deliverPosted() {
	for _, l := range c.post.taken() {
		c.byHand(func(h *hand) { h.put("INBOX", l.raw, time.Now()) })
	}
}

// edit stores the one message of a folder anew, as mail programs do with drafts:
// under the same Message-ID, without the fields they don't know.
func (h *hand) edit(folder string) {
	h.t.Helper()
	h.open(folder)
	whole := &imap.FetchItemBodySection{Peek: true}
	list, err := h.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	h.must(err)
	raw := regexp.MustCompile(`(?m)^X-Foredesk:.*(\r\n[ \t].*)*\r\n`).ReplaceAllString(string(list[0].BodySection[0].Bytes), "")
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	h.must(h.Store(imap.UIDSetNum(list[0].UID), flags, nil).Close())
	h.must(h.Expunge().Close())
	h.put(folder, "X-Name: edited\r\n"+raw+"more\r\n", time.Now(), imap.FlagDraft)
}

// callsMade says how often the web was called, and with how many ids.
func (c *aCase) callsMade() string {
	ids := map[string]bool{}
	calls := c.hooks.called()
	for _, one := range calls {
		ids[one.id] = true
	}
	return fmt.Sprintf("%d calls, %d ids", len(calls), len(ids))
}
