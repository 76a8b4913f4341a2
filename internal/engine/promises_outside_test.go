package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// Promises about what happens outside the folders, for which a script is the wrong
// form.

// run lets the engine watch until the test, or the caller, ends it.
func (d *desk) run(a *engine.Account) (stop func()) {
	d.Helper()
	ctx, cancel := context.WithCancel(d.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			d.Error(err)
		}
	})
	d.Cleanup(stop)
	return stop
}

func (d *desk) runOnce() {
	d.Helper()
	if err := d.take().RunOnce(d.Context()); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) has(line string) bool { return strings.Contains(d.mailIn(d), line) }

// A mail server that takes connections and answers nothing, or an address of the
// web that does not answer, holds up neither new mail nor what a person asks for.
func TestWhatIsSlowOutsideDelaysNothing(t *testing.T) {
	t.Parallel()
	for _, slow := range []string{"forward: ben@other.example", `webhook: "{hooks}"`} {
		t.Run(slow, func(t *testing.T) {
			t.Parallel()
			listening := startHooks(t)
			listening.hold = make(chan struct{})
			d := newDesk(t, startMemory(t, ""), sqlite(t), strings.ReplaceAll(fmt.Sprintf(`version: 1
rules:
  - name: Slow
    when: subject contains "slow"
    irreversible: ok
    do: {%s}
  - name: Board
    when: subject contains "board"
    do: {file: Board}
`, slow), "{hooks}", listening.url))
			d.listening = listening
			d.runOnce()
			d.post.answers("dead")
			d.deliver("slow")
			d.run(d.account)
			d.until(func() bool {
				steps, err := d.journal.Steps(t.Context(), store.Filter{Account: user, States: []store.State{store.Started}})
				return err == nil && len(steps) == 1
			})
			d.deliver("board")
			d.until(func() bool { return d.has("Board: board") })
			run, err := d.journal.Request(t.Context(), store.Run{Account: user, Kind: store.KindUndo, Args: []byte(`{"rule": "Board"}`), Started: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			d.until(func() bool {
				r, err := d.journal.Run(t.Context(), run)
				return err == nil && r.State == store.RunDone
			})
			d.wantMail("INBOX: board, slow\n")
			if steps, err := d.journal.Steps(t.Context(), store.Filter{Account: user, States: []store.State{store.Started}}); err != nil || len(steps) != 1 {
				t.Errorf("the slow one is no longer under way, so nothing was shown: %v %v", steps, err)
			}
		})
	}
}

// A loop that all other guards let through ends after a hundred mails a day.
func TestRulesSendAHundredMailsADayAtMost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: {forward: ben@other.example}
`)
	d.runOnce()
	h := d.hand(t)
	for n := range 103 {
		h.put("INBOX", letter(fmt.Sprint("fwd-", n)), time.Now())
	}
	h.close()
	d.runOnce()
	if n := len(d.post.taken()); n != 100 {
		t.Errorf("%d mails were sent", n)
	}
	d.leave() // also after a new start
	d.deliver("fwd-more")
	d.runOnce()
	if n := len(d.post.taken()); n != 100 {
		t.Errorf("%d mails were sent", n)
	}
	d.pass(25 * time.Hour)
	d.leave()
	d.deliver("fwd-tomorrow")
	d.runOnce()
	if n := len(d.post.taken()); n != 101 {
		t.Errorf("%d mails were sent", n)
	}
	failed, err := d.journal.Steps(t.Context(), store.Filter{Account: user, States: []store.State{store.Failed}})
	if err != nil || len(failed) != 4 {
		t.Fatalf("%d were not sent: %v", len(failed), err)
	}
	for _, s := range failed {
		if !regexp.MustCompile(`^rules have sent 100 mails within a day, which is the limit: this one is not sent, and no other before \w+ \d+ \w+ \d\d:\d\d$`).MatchString(s.Reason) {
			t.Errorf("the journal says %q", s.Reason)
		}
	}
	faulttest.Injected(t, "S11", 1)
}

const waitingRules = `version: 1
rules:
  - name: Known
    when: not sender.new
    do: {label: Known}
  - name: Waiting
    on: sent
    when: thread.waiting == "them"
    do: {label: Waiting}
`

// slowPast is a mail account on which the past can't be read until it may.
type slowPast struct {
	wire
	asked chan struct{} // somebody wants to
	may   chan struct{}
}

func (s slowPast) Open(ctx context.Context) (engine.Session, error) {
	session, err := s.wire.Open(ctx)
	return slowSession{session, s}, err
}

type slowSession struct {
	engine.Session
	slowPast
}

func (s slowSession) Close() error { return s.Session.Close() }

func (s slowSession) Append(ctx context.Context, folder string, flags []string, received time.Time, message []byte, id string) (mailbox.Ref, error) {
	return s.Session.Append(ctx, folder, flags, received, message, id)
}

func (s slowSession) Scan(ctx context.Context, folder string, q mailbox.Query, deliver func(context.Context, mailbox.Batch) error) error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	select {
	case <-s.may:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return s.Session.Scan(ctx, folder, q, deliver)
}

// The past is read beside the new mail, which does not wait for it; and nothing is
// done to old mail but to know who wrote it.
func TestThePastDelaysNoNewMailAndIsNotActedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), waitingRules)
	h := d.hand(t)
	h.put("INBOX", letter("old-1"), time.Now().Add(-48*time.Hour))
	h.put("INBOX", letter("old-2"), time.Now().Add(-24*time.Hour))
	h.put("Sent", outgoing("old-3", "old-2"), time.Now().Add(-23*time.Hour))
	h.close()
	d.take()
	if err := d.account.Release(); err != nil {
		t.Fatal(err)
	}
	slow := slowPast{d.mail().(wire), make(chan struct{}, 1), make(chan struct{})}
	var err error
	d.account, err = engine.Take(t.Context(), engine.Config{Name: user, Mail: slow, Journal: d.journal, Rules: d.set, Log: d.logger(), Folders: d.folders, Outside: d.tools()})
	if err != nil {
		t.Fatal(err)
	}
	stop := d.run(d.account)
	<-slow.asked
	d.until(func() bool { _, known, err := d.journal.Cursor(t.Context(), user, "INBOX"); return known && err == nil })
	d.deliver("new-1")
	d.until(func() bool {
		all, err := d.journal.Senders(t.Context(), user, []string{"ben@partner.example"})
		return err == nil && all["ben@partner.example"].Received == 1
	})
	close(slow.may)
	d.until(func() bool {
		scans, err := d.journal.Scans(t.Context(), user)
		return err == nil && scans["INBOX"].Ended && scans[mailbox.Sent].Ended
	})
	stop()
	got := d.sender("ben@partner.example")
	if got.Received != 3 || got.Replied != 1 || got.Sent != 1 {
		t.Errorf("what is known of ben is %+v", got)
	}
	d.deliver("new-2")
	d.runOnce()
	d.wantMail("INBOX: new-1, new-2 (known), old-1, old-2\nSent: old-3\n")
}

func (d *desk) sender(email string) store.Sender {
	d.Helper()
	all, err := d.journal.Senders(d.Context(), user, []string{email})
	if err != nil {
		d.Fatal(err)
	}
	return all[email]
}

// outgoing is a mail of the executive that answers another.
func outgoing(name, answers string) string {
	return eml(name, fmt.Sprintf("From: Dana <dana@acme.example>\nTo: ben@partner.example\nSubject: Re: %s\nMessage-ID: <%s@acme.example>\nIn-Reply-To: <%s@partner.example>\n"+
		"Content-Type: text/plain\n\nHello\n", answers, name, answers))
}

// The past is gone on with where it was left, and read once.
func TestThePastIsReadOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), waitingRules)
	d.deliver("old-1", "old-2", "old-3")
	a := d.take()
	for range 2 {
		if err := a.ReadPast(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.sender("ben@partner.example"); got.Received != 3 {
		t.Errorf("%+v", got)
	}
	d.sql("DELETE FROM messages")
	d.sql("UPDATE scans SET ended = 0, up_to = 3 WHERE folder = 'INBOX'") // 1 and 2 are known
	if err := a.ReadPast(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.sender("ben@partner.example"); got.Received != 4 {
		t.Errorf("it was not gone on with at the third message: %+v", got)
	}
	asked := 0
	d.line.watch(func(string, bool) bool { asked++; return false })
	if err := a.ReadPast(t.Context()); err != nil || asked != 0 {
		t.Errorf("the server was asked %d times: %v", asked, err)
	}
	d.wantMail("INBOX: old-1, old-2, old-3\n")
}

// That a message is read later is noted within a day.
func TestWhatIsReadLaterCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), waitingRules)
	d.runOnce()
	d.deliver("one", "two")
	d.runOnce()
	if got := d.sender("ben@partner.example"); got.Received != 2 || got.Seen != 0 {
		t.Errorf("%+v", got)
	}
	h := d.hand(t)
	h.flag("one", "INBOX", []string{`+\Seen`})
	h.close()
	d.pass(25 * time.Hour)
	for range 2 {
		d.runOnce()
		if got := d.sender("ben@partner.example"); got.Received != 2 || got.Seen != 1 {
			t.Errorf("%+v", got)
		}
	}
}

// The folder for sent mail is watched beside the others while a rule wants it.
func TestSentMailIsWatched(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), waitingRules)
	h := d.hand(t)
	h.make("Sent")
	h.close()
	d.run(d.take())
	d.until(func() bool { _, known, err := d.journal.Cursor(t.Context(), user, "Sent"); return known && err == nil })
	h = d.hand(t)
	h.put("Sent", outgoing("answer", "one"), time.Now())
	h.close()
	d.until(func() bool { return d.has("Sent: answer (waiting)") })
}

// A webhook that is called again has the same id, so that the other side can tell;
// one that was refused is not called again.
func TestAWebhookIsRepeatedUnderOneID(t *testing.T) {
	t.Parallel()
	listening := startHooks(t)
	d := newDesk(t, startMemory(t, ""), sqlite(t), fmt.Sprintf(`version: 1
rules:
  - name: Tell
    when: subject contains "tell"
    irreversible: ok
    do: {webhook: "%s"}
`, listening.url))
	d.listening = listening
	d.runOnce()
	listening.answers(http.StatusServiceUnavailable)
	d.deliver("tell-1")
	for range 3 {
		d.runOnce()
		d.pass(2 * time.Hour)
	}
	listening.answers(http.StatusGone)
	d.runOnce()
	d.pass(24 * time.Hour)
	d.runOnce()
	calls := listening.called()
	if len(calls) != 4 {
		t.Errorf("it was called %d times", len(calls))
	}
	for _, c := range calls {
		if c.id == "" || c.id != calls[0].id {
			t.Errorf("the ids are %q and %q", calls[0].id, c.id)
		}
	}
}

// A message that a rule forwards and files is forwarded, also where it is read while it is
// on its way: when foredesk itself has moved it, nobody else has taken it away.
func TestWhatIsBeingFiledIsForwardedAllTheSame(t *testing.T) {
	t.Parallel()
	server := startMemory(t, "")
	d := newDesk(t, server, sqlite(t), `version: 1
rules:
  - name: Both
    when: subject contains "both"
    irreversible: ok
    do: [{forward: ben@other.example}, {file: Board}]
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: {forward: ben@other.example}
`)
	d.runOnce()
	d.run(d.take())
	filed, asked := make(chan struct{}), make(chan struct{}, 1)
	d.post.stage = func(at string) {
		if at == "." {
			<-filed // so that errands are still at the first when the next mails come
		}
	}
	d.deliver("fwd-1")
	d.until(func() bool { d.post.mu.Lock(); defer d.post.mu.Unlock(); return d.post.talks > 0 })
	d.deliver("fwd-2")
	d.until(func() bool { return strings.Contains(journalOf(d.T, d.account, d.journal, "("), "fwd-2") })
	hold := func() {
		close(filed)
		<-asked // for the message where it lay
	}
	server.moved.Store(&hold)
	kept := 0 // copies of what was sent; then the next message is read
	d.line.watch(func(command string, answered bool) bool {
		switch {
		case answered && command == "APPEND":
			kept++
		case answered && kept == 2 && (command == "FETCH" || command == "SEARCH"):
			select {
			case asked <- struct{}{}:
			default:
			}
		}
		return false
	})
	d.deliver("both")
	d.until(func() bool { return len(d.post.taken()) == 3 })
	d.until(func() bool { return d.has("Board: both\n") })
	if got := journalOf(d.T, d.account, d.journal, "("); strings.Contains(got, "failed") {
		t.Errorf("the journal has\n%s", got)
	}
}

// Where the provider keeps a copy of what was sent, as Gmail does, ours is not put
// beside it; and a copy that can't be kept makes no mail go twice.
func TestACopyOfWhatWasSentIsKeptOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, startMemory(t, ""), sqlite(t), `version: 1
rules:
  - name: Send on
    when: subject contains "fwd"
    irreversible: ok
    do: {forward: ben@other.example}
`)
	d.runOnce()
	h := d.hand(t)
	d.post.stage = func(at string) {
		if at == "." {
			letters := d.post.taken()
			h.put("Sent", letters[len(letters)-1].raw, time.Now())
		}
	}
	d.deliver("fwd-1")
	d.runOnce()
	d.wantMail("INBOX: fwd-1\nSent: <Fwd: fwd-1>\n")
	d.post.stage = nil
	d.line.cutAt("APPEND", false)
	d.deliver("fwd-2")
	d.runOnce()
	d.runOnce()
	h.close()
	if got := d.post.String(); got != "ben@other.example: Fwd: fwd-1\nben@other.example: Fwd: fwd-2" {
		t.Errorf("sent was:\n%s", got)
	}
	d.wantMail("INBOX: fwd-1, fwd-2\nSent: <Fwd: fwd-1>\n")
}

// Of confidential mail the journal keeps no word, whatever rules do with it.
func TestConfidentialErrandsLeaveNoWordInTheDatabase(t *testing.T) {
	t.Parallel()
	listening := startHooks(t)
	d := newDesk(t, startMemory(t, ""), sqlite(t), fmt.Sprintf(`version: 1
rules:
  - name: Secrets
    when: confidential and thread.count < 5 and sender.new and not seenBefore(subject, "1d")
    irreversible: ok
    do: [{forward: assistant}, {draft: nudge}, {notify: assistant}, {webhook: "%s"}, {snooze: 3d}, {extract: {to: list.csv, fields: {what: "{subject}"}}}, {mute: true}]
`, listening.url))
	d.listening = listening
	d.runOnce()
	h := d.hand(t)
	h.put("INBOX", eml("secret", "From: Vera Quillfeather <vera@counsel.example>\nTo: dana@acme.example\nSubject: merger with Zanzibarco\n"+
		"Message-ID: <7f3a@host.example>\nSensitivity: company-confidential\n\nZanzibarco wants more.\n"), time.Now())
	h.close()
	d.runOnce()
	d.pass(96 * time.Hour)
	d.runOnce()
	steps, err := d.journal.Steps(t.Context(), store.Filter{Account: user})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.State != store.Done {
			t.Errorf("%s is %s (%s)", s.Action, s.State, s.Reason)
		}
	}
	if len(steps) != 9 {
		t.Errorf("there are %d steps", len(steps))
	}
	d.leave()
	files, _ := filepath.Glob(strings.TrimPrefix(d.dsn, "sqlite:") + "*")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"zanzibarco", "merger with", "vera", "quillfeather", "counsel.example"} {
			if bytes.Contains(bytes.ToLower(data), []byte(word)) {
				t.Errorf("%s holds %q", filepath.Base(file), word)
			}
		}
	}
	for _, call := range listening.called() {
		if strings.Contains(strings.ToLower(call.body), "zanzibarco") {
			t.Errorf("the web was told %s", call.body)
		}
	}
}
