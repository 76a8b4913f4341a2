package soak

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

const (
	observer = "observer" // whose inbox nobody sorts: it tells when Dovecot notifies
	sorted   = 40         // accounts that are measured
	atOnce   = 10         // of them that get mail at the same time
	// Dovecot gathers changes for half a second and then notifies; a session's own
	// changes count. Between deliveries all of that must have died down.
	rest = 1200 * time.Millisecond
)

const fileAll = `version: 1
timezone: Europe/London
me: [dana@acme.example]
rules:
  - name: Packs
    when: subject contains "pack"
    do: [{file: Packs}]
`

// ways are how the ten misbehave, each on a line of its own.
func (f *fifty) ways() []func(user string, line *badline.Line) {
	return []func(string, *badline.Line){
		func(_ string, l *badline.Line) { l.Trickle(); l.Cut() },
		func(_ string, l *badline.Line) { l.Silence() },
		func(_ string, l *badline.Line) { l.Reset() },
		func(_ string, l *badline.Line) { l.Down() },
		func(_ string, l *badline.Line) { l.CutAfter(40); l.Cut() },
		func(_ string, l *badline.Line) { l.CutAt("Logged in", 3, 1_000_000); l.Cut() },
		func(user string, l *badline.Line) { f.write(user+".password", "forgotten"); l.Cut() },
		func(_ string, l *badline.Line) { l.LeadTo(f.talker(strings.Repeat("* OK and so on ", 1000), true)) },
		func(_ string, l *badline.Line) { l.LeadTo(f.talker("* BYE not today\r\n", false)) },
		func(_ string, l *badline.Line) { l.LeadTo(f.talker("* PREAUTH come in\r\n* 1 FETCH (X)\r\n", true)) },
	}
}

// Ten accounts whose servers are slow, dead or mad in ten ways do not keep the mail
// of forty others waiting; and none of their own is lost.
func TestTenOfFiftyAccountsMisbehave(t *testing.T) {
	f := openFifty(t)
	d := f.start(len(f.users))
	f.measure(1) // everything has run once
	whole := f.measure(sorted / atOnce)
	before := len(d.said())
	for i, spoil := range f.ways() {
		spoil(f.bad[i], f.lines[i])
		f.deliver(f.bad[i])
	}
	<-time.After(rest)
	spoilt := f.measure(sorted / atOnce)
	d.alive()
	if n := strings.Count(d.said()[before:], "was interrupted"); n < len(f.bad)-2 {
		t.Errorf("foredesk speaks of %d interruptions", n)
	}
	f.report(whole, spoilt)

	d.stop(syscall.SIGTERM)
	for i, l := range f.lines {
		f.mend(f.bad[i], l)
	}
	f.runOnce()
	f.nothingIsLost()
	faulttest.Injected(t, "18", len(f.bad))
}

// fifty is an office with forty users on good lines and ten on lines that can be
// broken.
type fifty struct {
	*office
	users, good, bad []string
	lines            []*badline.Line // of the bad
	filed            *fsnotify.Watcher
	notified         <-chan time.Time
	sent             map[string]int // by user
	turn             int
}

func openFifty(t *testing.T) *fifty {
	t.Helper()
	f := &fifty{sent: map[string]int{}}
	for i := range sorted + 10 {
		f.users = append(f.users, fmt.Sprintf("exec%02d", i))
	}
	f.good, f.bad = f.users[:sorted], f.users[sorted:]
	server := dovecot.Start(t, dovecot.Options{Users: append([]string{observer}, f.users...)})
	ports := map[string]int{}
	for _, user := range f.bad {
		l := badline.Open(t, server.Addr())
		f.lines, ports[user] = append(f.lines, l), l.Port()
	}
	f.filed = watchFolders(t, server, f.users, []string{"Packs"})
	f.notified = observe(t, server)
	f.office = openOffice(t, server, f.users, ports, fileAll)
	return f
}

// observe idles on the observer's inbox and sends the time of each notification.
func observe(t *testing.T, server *dovecot.Server) <-chan time.Time {
	t.Helper()
	notified := make(chan time.Time, 1000)
	client, err := imapclient.DialInsecure(server.Addr(), &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(m *imapclient.UnilateralDataMailbox) {
				if m.NumMessages != nil {
					notified <- time.Now()
				}
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if err := client.Login(observer, server.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Idle(); err != nil {
		t.Fatal(err)
	}
	return notified
}

// talker is a server that says the same to everybody, again and again if it is to
// go on, and listens to nothing.
func (f *fifty) talker(words string, on bool) (addr string) {
	f.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.Context()))
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				talk(conn, words, on)
			})
		}
	})
	f.Cleanup(func() { cancel(); listener.Close(); served.Wait() })
	return listener.Addr().String()
}

// talk ends when the connection does.
func talk(conn net.Conn, words string, on bool) {
	defer conn.Close()
	for {
		if _, err := io.WriteString(conn, words); err != nil || !on {
			return
		}
	}
}

func (f *fifty) deliver(user string) {
	f.Helper()
	f.sent[user]++
	raw := fmt.Sprintf("From: Alice <alice@board.example>\r\nTo: dana@acme.example\r\nSubject: pack %d\r\nMessage-ID: <%[1]d.%s@board.example>\r\n\r\nhello\r\n", f.sent[user], user)
	f.server.Deliver(user, "INBOX", dovecot.Message{Raw: []byte(raw)})
}

// measure delivers to the good in rounds, and says for each message how long it took
// from Dovecot's notification to filed.
func (f *fifty) measure(rounds int) (beyond []float64) {
	f.Helper()
	for range rounds {
		<-time.After(rest)
		f.deliver(observer)
		group := map[string]string{} // folder to user
		for range atOnce {
			user := f.good[f.turn%len(f.good)]
			f.turn++
			group[f.server.FolderDir(user, "Packs")] = user
			f.deliver(user)
		}
		beyond = append(beyond, f.await(group)...)
	}
	return beyond
}

// await waits until each of a group has a file more.
func (f *fifty) await(group map[string]string) (beyond []float64) {
	f.Helper()
	deadline := time.After(patience)
	var at []time.Time
	for len(group) > 0 {
		select {
		case event := <-f.filed.Events:
			if dir := filepath.Dir(filepath.Dir(event.Name)); event.Has(fsnotify.Create) && group[dir] != "" {
				at = append(at, time.Now())
				delete(group, dir)
			}
		case <-deadline:
			f.Fatalf("the mail of %d users was not filed within %v", len(group), patience)
		}
	}
	select {
	case told := <-f.notified:
		for _, t := range at {
			beyond = append(beyond, milliseconds(t.Sub(told)))
		}
	case <-deadline:
		f.Fatal("Dovecot told the observer of nothing")
	}
	return beyond
}

// report prints the ratio, which is what is promised. The test guards against a
// gross failure alone, as other work on the machine changes it.
func (f *fifty) report(whole, spoilt []float64) {
	f.Helper()
	slices.Sort(whole)
	slices.Sort(spoilt)
	a, b := whole[len(whole)/2], spoilt[len(spoilt)/2]
	f.Logf("from notification to filed, %d accounts: median %.1f ms beside ten good accounts, %.1f ms beside ten bad ones: ratio %.2f; the slowest %.1f and %.1f ms",
		len(f.good), a, b, b/a, whole[len(whole)-1], spoilt[len(spoilt)-1])
	if limit := 10*max(a, 5) + 5000; b > limit {
		f.Errorf("ten misbehaving accounts keep the others waiting: the median is %.1f ms, more than %.0f", b, limit)
	}
}

func (f *fifty) mend(user string, l *badline.Line) {
	f.Helper()
	l.Mend()
	l.LeadTo(f.server.Addr())
	f.write(user+".password", f.server.Password)
}

// nothingIsLost looks for every message in its folder, once.
func (f *fifty) nothingIsLost() {
	f.Helper()
	for _, user := range f.users {
		packs := 0
		for stored, err := range f.server.Mail(user) {
			switch {
			case err != nil:
				f.Fatal(err)
			case stored.Folder == "Packs":
				packs++
			default:
				f.Errorf("%s has a message in %s", user, stored.Folder)
			}
		}
		if packs != f.sent[user] {
			f.Errorf("%s has %d messages filed, and got %d", user, packs, f.sent[user])
		}
	}
}
