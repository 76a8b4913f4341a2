package dovecot

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"iter"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func TestBothPortsServeTheUser(t *testing.T) {
	s := Start(t, Options{})
	for name, dial := range map[string]func() (*imapclient.Client, error){
		"plaintext":    func() (*imapclient.Client, error) { return imapclient.DialInsecure(s.Addr(), nil) },
		"STARTTLS":     func() (*imapclient.Client, error) { return imapclient.DialStartTLS(s.Addr(), trusting(t, s)) },
		"implicit TLS": func() (*imapclient.Client, error) { return imapclient.DialTLS(s.TLSAddr(), trusting(t, s)) },
	} {
		t.Run(name, func(t *testing.T) {
			client, err := dial()
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := client.Login(s.User, s.Password).Wait(); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Select("INBOX", nil).Wait(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAnOtherAuthorityIsNotTrusted(t *testing.T) {
	s := Start(t, Options{})
	client, err := imapclient.DialTLS(s.TLSAddr(), nil)
	if err == nil {
		client.Close()
		t.Fatal("the certificate was trusted without the authority")
	}
}

func TestThePasswordCanBeChanged(t *testing.T) {
	s := Start(t, Options{})
	old := s.Password
	s.SetPassword("another")
	client, err := imapclient.DialInsecure(s.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Login(s.User, old).Wait(); err == nil {
		t.Fatal("the old password still works")
	}
	if err := client.Login(s.User, s.Password).Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestTheServerAnnouncesWhatItIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		capability    string
		move, uidplus bool
	}{
		"everything":               {"", true, true},
		"bare":                     {CapabilityBare, false, false},
		"without MOVE but UIDPLUS": {CapabilityNoMove, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			caps := login(t, Start(t, Options{Capability: c.capability}), "dana").Caps()
			if caps.Has(imap.CapMove) != c.move || caps.Has(imap.CapUIDPlus) != c.uidplus {
				t.Errorf("announced %v", caps)
			}
		})
	}
}

func TestSdboxServesMail(t *testing.T) {
	s := Start(t, Options{Format: "sdbox"})
	client := login(t, s, s.User)
	if err := appendByIMAP(client, "INBOX", text("by IMAP")); err != nil {
		t.Fatal(err)
	}
	if got := fetch(t, client, "INBOX"); len(got) != 1 {
		t.Errorf("%d messages, want 1", len(got))
	}
}

func TestAnOverfullQuotaRefuses(t *testing.T) {
	s := Start(t, Options{Quota: "10k"})
	client := login(t, s, s.User)
	err := appendByIMAP(client, "INBOX", text(strings.Repeat("too much ", 2000)))
	if err == nil || !strings.Contains(err.Error(), "OVERQUOTA") {
		t.Errorf("the answer was %v", err)
	}
}

func TestBulkMailIsThereWithItsFlagsInOrder(t *testing.T) {
	s := Start(t, Options{})
	received := time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)
	all := []Message{
		{Raw: text("one"), Flags: []string{`\Seen`, "Later"}, Received: received},
		{Raw: text("two"), Flags: []string{`\Flagged`, `\Answered`, "Waiting", "Later"}, Received: received},
		{Raw: text("three"), Received: received},
	}
	for _, folder := range []string{"INBOX", "Board.2026"} {
		s.Append(folder, slices.Values(all))
		got := fetch(t, login(t, s, s.User), folder)
		if len(got) != len(all) {
			t.Fatalf("%s holds %d messages, want %d", folder, len(got), len(all))
		}
		for i, m := range got {
			checkMessage(t, m, all[i])
		}
	}
}

func checkMessage(t *testing.T, got *imapclient.FetchMessageBuffer, want Message) {
	t.Helper()
	if body := got.FindBodySection(&imap.FetchItemBodySection{Peek: true}); string(body) != string(want.Raw) {
		t.Errorf("the text is %q, want %q", body, want.Raw)
	}
	if got.RFC822Size != int64(len(want.Raw)) {
		t.Errorf("the size is %d, want %d", got.RFC822Size, len(want.Raw))
	}
	if !got.InternalDate.Equal(want.Received) {
		t.Errorf("received %v, want %v", got.InternalDate, want.Received)
	}
	for _, flag := range want.Flags {
		if !slices.Contains(got.Flags, imap.Flag(flag)) {
			t.Errorf("the flags are %v, want %s among them", got.Flags, flag)
		}
	}
}

func TestMailOnDiskIsWhatTheServerLeft(t *testing.T) {
	s := Start(t, Options{Users: []string{"dana", "template"}})
	s.AppendTo("template", "INBOX", slices.Values([]Message{{Raw: text("one"), Flags: []string{"Later"}}, {Raw: text("two")}}))
	s.CopyMail("template", "dana")
	client := login(t, s, "dana")
	must(t, client.Create("Board", nil).Wait())
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	set := imap.UIDSetNum(2)
	must(t, client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{`\Flagged`, "Urgent"}}, nil).Close())
	if _, err := client.Move(set, "Board").Wait(); err != nil {
		t.Fatal(err)
	}
	want := []string{"INBOX [Later] one", `Board [\Flagged Urgent] two`}
	if got := onDisk(t, s.Mail("dana")); !slices.Equal(got, want) {
		t.Errorf("on disk: %q, want %q", got, want)
	}
	want = []string{"INBOX [Later] one", "INBOX [] two"}
	if got := onDisk(t, s.Mail("template")); !slices.Equal(got, want) {
		t.Errorf("the template changed: %q, want %q", got, want)
	}
}

func onDisk(t *testing.T, mail iter.Seq2[Stored, error]) []string {
	t.Helper()
	var lines []string
	for m, err := range mail {
		must(t, err)
		raw, err := os.ReadFile(m.Path)
		must(t, err)
		_, body, _ := strings.Cut(string(raw), "\n\n")
		lines = append(lines, fmt.Sprintf("%s %v %s", m.Folder, m.Flags, strings.TrimSpace(body)))
	}
	return lines
}

func TestADeliveryWakesAnIdlingClient(t *testing.T) {
	s := Start(t, Options{})
	arrived := make(chan uint32, 10)
	client := loginWith(t, s, s.User, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) {
			if m.NumMessages != nil {
				arrived <- *m.NumMessages
			}
		},
	}})
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	idle, err := client.Idle()
	must(t, err)
	s.Deliver(s.User, "INBOX", Message{Raw: text("new")})
	select {
	case n := <-arrived:
		if n != 1 {
			t.Errorf("the server told of %d messages, want 1", n)
		}
	case <-time.After(time.Minute):
		t.Error("the server told of nothing within a minute")
	}
	must(t, idle.Close())
	must(t, idle.Wait())
}

func TestSessionsEndByKickAndRestart(t *testing.T) {
	for name, end := range map[string]func(*Server){
		"kick":    func(s *Server) { s.Kick(s.User) },
		"restart": func(s *Server) { s.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			s := Start(t, Options{})
			client := login(t, s, s.User)
			if n := len(s.Sessions(s.User)); n != 1 {
				t.Errorf("%d sessions, want 1", n)
			}
			end(s)
			select {
			case <-client.Closed():
			case <-time.After(time.Minute):
				t.Fatal("the session is still open")
			}
			login(t, s, s.User)
		})
	}
}

func trusting(t *testing.T, s *Server) *imapclient.Options {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	must(t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the authority's file")
	}
	return &imapclient.Options{TLSConfig: &tls.Config{RootCAs: pool}}
}

func login(t *testing.T, s *Server, user string) *imapclient.Client {
	t.Helper()
	return loginWith(t, s, user, nil)
}

func loginWith(t *testing.T, s *Server, user string, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	client, err := imapclient.DialInsecure(s.Addr(), options)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	must(t, client.Login(user, s.Password).Wait())
	return client
}

func appendByIMAP(client *imapclient.Client, folder string, raw []byte) error {
	cmd := client.Append(folder, int64(len(raw)), nil)
	if _, err := cmd.Write(raw); err != nil {
		return err
	}
	if err := cmd.Close(); err != nil {
		return err
	}
	_, err := cmd.Wait()
	return err
}

func fetch(t *testing.T, client *imapclient.Client, folder string) []*imapclient.FetchMessageBuffer {
	t.Helper()
	if _, err := client.Select(folder, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	var all imap.SeqSet
	all.AddRange(1, 0)
	messages, err := client.Fetch(all, &imap.FetchOptions{
		Flags: true, RFC822Size: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
	must(t, err)
	return messages
}

func text(body string) []byte {
	return []byte("From: pat@example.com\r\nSubject: test\r\n\r\n" + body + "\r\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A test that is killed, as by Ctrl-C or a time limit, leaves no server behind.
func TestTheServerEndsWithTheTestThatIsKilled(t *testing.T) {
	if os.Getenv("FOREDESK_TEST_TO_BE_KILLED") == "1" {
		s := Start(t, Options{})
		fmt.Println(s.Addr(), s.Dir)
		select {} // until it is killed
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "FOREDESK_TEST_TO_BE_KILLED=1")
	out, err := cmd.StdoutPipe()
	must(t, err)
	Require(t, "dovecot", "dovecot-imapd")
	must(t, cmd.Start())
	var addr, dir string
	_, err = fmt.Fscanln(out, &addr, &dir)
	must(t, cmd.Process.Kill())
	must(t, err)
	_ = cmd.Wait() // it was killed
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		conn, err := net.Dial("tcp", addr)
		if _, gone := os.Stat(dir); err != nil && gone != nil {
			return
		}
		if err == nil {
			conn.Close()
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Errorf("after 10 s the server at %s or its folder %s is still there", addr, dir)
}
