package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"
)

func world(t *testing.T) *World {
	t.Helper()
	w, err := Start(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func login(t *testing.T, w *World, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(w.IMAPAddr(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // after a test that failed the server may have closed it first
	if err := c.Login(w.User, w.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheServerHasWhatTheDaemonUses(t *testing.T) {
	c := login(t, world(t), nil)
	for _, want := range []imap.Cap{imap.CapMove, imap.CapUIDPlus, imap.CapIdle, imap.CapSpecialUse, imap.CapListStatus} {
		if !c.Caps().Has(want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestListTellsSpecialUses(t *testing.T) {
	c := login(t, world(t), nil)
	if err := c.Create("Board/2026", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	all, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]imap.MailboxAttr)
	for _, data := range all {
		got[data.Mailbox] = data.Attrs
	}
	for name, use := range standing {
		if attrs, ok := got[name]; !ok || use != "" && !strings.Contains(fmt.Sprint(attrs), string(use)) {
			t.Errorf("%s has %v, want %s", name, attrs, use)
		}
	}
	if _, ok := got["Board/2026"]; !ok {
		t.Errorf("the new folder is not listed: %v", got)
	}
}

func TestFoldersKeepUseAndSubscription(t *testing.T) {
	c := login(t, world(t), nil)
	steps := []error{
		c.Create("Store", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrAll}}).Wait(),
		c.Subscribe("Store").Wait(),
		c.Rename("Store", "Keep", nil).Wait(),
		c.Unsubscribe("Drafts").Wait(),
		c.Delete("Archive").Wait(),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	all, err := c.List("", "%", &imap.ListOptions{SelectSubscribed: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, data := range all {
		lines = append(lines, fmt.Sprint(data.Mailbox, data.Attrs))
	}
	want := `INBOX[\Subscribed] Junk[\Subscribed \Junk] Keep[\Subscribed \All] Sent[\Subscribed \Sent] Trash[\Subscribed \Trash]`
	if got := strings.Join(lines, " "); got != want {
		t.Errorf("subscribed folders:\n got %s\nwant %s", got, want)
	}
}

// TestTheWholeMailboxCanBeFetched asks the server for all that the daemon may
// ever ask it for, over the wire.
func TestTheWholeMailboxCanBeFetched(t *testing.T) {
	c := login(t, world(t), nil)
	inbox, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	var all imap.SeqSet
	all.AddRange(1, 0)
	got, err := c.Fetch(all, &imap.FetchOptions{
		UID: true, Flags: true, Envelope: true, InternalDate: true, RFC822Size: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != int(inbox.NumMessages) || len(got) < 150 {
		t.Fatalf("fetched %d of %d messages", len(got), inbox.NumMessages)
	}
	var last time.Time
	for _, m := range got {
		if m.BodyStructure == nil || m.Envelope == nil || len(m.FindBodySection(&imap.FetchItemBodySection{Peek: true})) != int(m.RFC822Size) {
			t.Errorf("message %d is incomplete", m.UID)
		}
		if m.InternalDate.Before(last) {
			t.Errorf("message %d was received before the one above it", m.UID)
		}
		last = m.InternalDate
	}
}

func TestAnIdleClientSeesADeliveredMail(t *testing.T) {
	w := world(t)
	news := make(chan uint32, 8)
	c := login(t, w, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				news <- *data.NumMessages
			}
		},
	}})
	inbox, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Deliver(t.Context(), w.Arrivals()[0]); err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-news:
		if n != inbox.NumMessages+1 {
			t.Errorf("the server announced %d messages, want %d", n, inbox.NumMessages+1)
		}
	case <-time.After(time.Minute):
		t.Fatal("no EXISTS within a minute of the delivery")
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Fatal(err)
	}
}

func TestEveryArrivalCanBeDelivered(t *testing.T) {
	w := world(t)
	arrivals := w.Arrivals()
	if len(arrivals) < 10 {
		t.Errorf("%d arrivals, want about twelve", len(arrivals))
	}
	for _, a := range arrivals {
		if a.About == "" || a.From == "" || a.Subject == "" {
			t.Errorf("an arrival is not described: %+v", a)
		}
		if err := w.Deliver(t.Context(), a); err != nil {
			t.Error(err)
		}
	}
	c := login(t, w, nil)
	inbox, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	body := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	got, err := c.Fetch(imap.SeqSetNum(inbox.NumMessages), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(got[0].FindBodySection(body)))
	if err != nil {
		t.Fatal(err)
	}
	if ar := m.Header.Get("Authentication-Results"); !strings.HasPrefix(ar, AuthServID+";") {
		t.Errorf("Authentication-Results %q, want one of %s", ar, AuthServID)
	}
}

func TestWhatDanaWritesLiesAmongWhatSheHasSent(t *testing.T) {
	w := world(t)
	if len(w.Writings()) == 0 {
		t.Fatal("Dana writes nothing in the live part")
	}
	for _, a := range w.Writings() {
		id, err := w.Write(a)
		if err != nil {
			t.Fatal(err)
		}
		c := login(t, w, nil)
		if _, err := c.Select("Sent", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
		if err != nil || len(found.AllUIDs()) != 1 || a.About == "" {
			t.Errorf("%q lies in Sent %d times (%v)", a.Subject, len(found.AllUIDs()), err)
		}
	}
}

func TestSMTPRelaysNothing(t *testing.T) {
	w := world(t)
	cases := []struct {
		to    string
		taken bool
	}{
		{"dana@acme.example", true},
		{"Dana@Acme.Example", true},
		{"dana.w@acme.example", true},
		{"tom@acme.example", false},
		{"somebody@elsewhere.test", false},
	}
	for _, c := range cases {
		t.Run(c.to, func(t *testing.T) {
			err := send(t.Context(), w.SMTPAddr(), "a@elsewhere.test", c.to, []byte("From: a@elsewhere.test\r\n\r\nHello.\r\n"))
			var refused *smtp.SMTPError
			switch {
			case c.taken && err != nil:
				t.Errorf("refused: %v", err)
			case !c.taken && (!errors.As(err, &refused) || refused.Code != 550):
				t.Errorf("got %v, want 550", err)
			}
		})
	}
}

// TestTimeCanBeSkipped promises that mail and calendar go by the same clock, and that
// it never goes back.
func TestTimeCanBeSkipped(t *testing.T) {
	w := world(t)
	morning := w.NextWorkday().Add(390 * time.Minute)
	w.Skip(morning)
	w.Skip(w.now)
	if now := w.Clock(); now.Before(morning) || now.Sub(morning) > time.Minute {
		t.Errorf("it is %s, want %s", now, morning)
	}
	if err := w.Deliver(t.Context(), w.Arrivals()[0]); err != nil {
		t.Fatal(err)
	}
	if raw := lastOfInbox(t, w); !strings.Contains(raw, morning.Format("Mon, 02 Jan 2006 15:04")) {
		t.Errorf("a mail of %s is\n%s", morning, raw)
	}
}

func TestAWrongPasswordIsRefused(t *testing.T) {
	w := world(t)
	c, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Login(w.User, "wrong").Wait(); err == nil {
		t.Error("a wrong password opened the mailbox")
	}
}

func TestTheWorldEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := Start(ctx, noon)
	if err != nil {
		t.Fatal(err)
	}
	c := login(t, w, nil)
	cancel()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-c.Closed():
	case <-time.After(time.Minute):
		t.Error("a connection outlived the world")
	}
	if err := w.Deliver(context.Background(), w.Arrivals()[0]); err == nil {
		t.Error("a closed world took mail")
	}
}

func TestOnlyAlignedSendersPass(t *testing.T) {
	cases := []struct {
		name, from, envelope, want string
	}{
		{"the sender's own domain", "a@x.example", "a@x.example", "dmarc=pass"},
		{"a host below the domain", "a@x.example", "b@bounce.x.example", "dmarc=pass"},
		{"a bounce, which has no envelope sender", "mailer-daemon@x.example", "", "dmarc=pass"},
		{"somebody else's domain", "tom@acme.example", "m@sendgrove.test", "dmarc=fail"},
		{"a domain that only ends alike", "tom@acme.example", "m@notacme.example", "dmarc=fail"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := string(stamp([]byte("From: "+c.from+"\r\n\r\n"), c.envelope, noon))
			if !strings.Contains(got, c.want) {
				t.Errorf("want %s in\n%s", c.want, got)
			}
		})
	}
}

// FuzzStamp promises that no message can write header fields of its own into
// the stamps of the receiving server.
func FuzzStamp(f *testing.F) {
	f.Add([]byte("From: Tom <tom@acme.example>\r\n\r\nHello"), "tom@acme.example")
	f.Add([]byte("From: x@evil.test\r\n ; dmarc=pass\r\n\r\n"), "")
	f.Add([]byte("From: \"@\" <a@b@c d>\r\n\r\n"), "a@b\u2028c")
	f.Fuzz(func(t *testing.T, msg []byte, envelope string) {
		if strings.ContainsAny(envelope, "\r\n\x00") {
			t.Skip("SMTP is read by lines: an envelope holds no line break")
		}
		got := stamp(msg, envelope, noon)
		m, err := mail.ReadMessage(io.MultiReader(bytes.NewReader(got), strings.NewReader("\r\n")))
		if err != nil {
			t.Skip("the envelope is no text that net/mail would read")
		}
		if len(m.Header) != 3 {
			t.Errorf("the stamps became %d fields:\n%s", len(m.Header), got)
		}
	})
}
