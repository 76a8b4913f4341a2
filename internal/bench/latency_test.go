//go:build unix

package bench

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
)

const (
	observer   = "observer" // the user whose inbox nobody sorts: it tells when Dovecot notifies
	deliveries = 20         // to each contender
	tooLate    = 30 * time.Second
	// Dovecot gathers changes for half a second and then notifies; a session's own
	// changes count. Between deliveries all of that must have died down.
	rest = 1200 * time.Millisecond
)

// sorter is one program that waits for mail of one user.
type sorter struct {
	user   string
	filed  *fsnotify.Watcher // on all folders the rules file into
	beyond []float64         // ms from Dovecot's notification to filed
	whole  []float64         // ms from delivery to filed
}

// BenchmarkDeliveryToFiled delivers one message after the other, to foredesk and to
// imapfilter's IDLE loop in turns, and measures until it lies in its folder. The
// same message is delivered to a user with nothing but an idling client: what
// that one waits for is Dovecot's own delay of half a second.
func BenchmarkDeliveryToFiled(b *testing.B) {
	dovecot.Require(b, "imapfilter", "imapfilter")
	server := dovecot.Start(b, dovecot.Options{Users: []string{"foredesk", "imapfilter", observer}})
	notified := observe(b, server)
	d := desk.Open(b, desk.Build(b), server, "foredesk", mailgen.Rules(0))
	sorters := []*sorter{
		start(b, server, "foredesk", func(ctx context.Context) *exec.Cmd { return d.Command(ctx, "run") }),
		start(b, server, "imapfilter", func(ctx context.Context) *exec.Cmd {
			return imapfilterCommand(ctx, b, server, "imapfilter", mailgen.BestLimit, true)
		}),
	}
	mail := toBeFiled(seed, 2*deliveries*b.N)
	for i, m := range mail {
		sorters[i%2].measure(b, server, m, notified)
	}
	for _, s := range sorters {
		b.ReportMetric(median(s.whole), s.user+"-ms")
		b.ReportMetric(median(s.beyond), s.user+"-beyond-ms")
		say("%-10s delivery to filed: median %.1f ms, nine in ten %.1f ms; beyond the notification: median %.1f ms, nine in ten %.1f ms",
			s.user, median(s.whole), quantile(s.whole, 0.9), median(s.beyond), quantile(s.beyond, 0.9))
	}
	say("promised: foredesk not slower than imapfilter, and at most 20 ms beyond the notification")
}

// toBeFiled is mail that each of the rules files some of.
func toBeFiled(seed uint64, count int) []mailgen.Message {
	var mail []mailgen.Message
	for m := range mailgen.Messages(seed, 10*count) {
		if m.After().Folder != "INBOX" && len(mail) < count {
			mail = append(mail, m)
		}
	}
	return mail
}

// observe idles on the observer's inbox and sends the time of each notification.
func observe(b *testing.B, server *dovecot.Server) <-chan time.Time {
	b.Helper()
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
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close() })
	if err := client.Login(observer, server.Password).Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := client.Idle(); err != nil {
		b.Fatal(err)
	}
	return notified
}

// start starts a program and returns when it has filed a first message.
func start(b *testing.B, server *dovecot.Server, user string, command func(context.Context) *exec.Cmd) *sorter {
	b.Helper()
	s := &sorter{user: user, filed: watchFolders(b, server, user)}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := command(ctx)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if b.Failed() {
			b.Logf("%s printed:\n%s", user, out.Bytes())
		}
	})
	s.warmUp(b, server)
	return s
}

// watchFolders makes the folders beforehand, so that they can be watched and
// making them is not measured.
func watchFolders(b *testing.B, server *dovecot.Server, user string) *fsnotify.Watcher {
	b.Helper()
	watcher, err := fsnotify.NewBufferedWatcher(1000)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { watcher.Close() })
	server.AppendTo(user, "INBOX", slices.Values([]dovecot.Message{}))
	for _, folder := range mailgen.Folders {
		server.AppendTo(user, folder, slices.Values([]dovecot.Message{}))
		for _, sub := range []string{"cur", "new"} {
			if err := watcher.Add(filepath.Join(server.FolderDir(user, folder), sub)); err != nil {
				b.Fatal(err)
			}
		}
	}
	return watcher
}

// warmUp delivers until something is filed. A program that sorts only what arrives
// while it watches leaves what came before it was ready.
func (s *sorter) warmUp(b *testing.B, server *dovecot.Server) {
	b.Helper()
	again := time.NewTicker(3 * time.Second)
	defer again.Stop()
	deadline := time.After(tooLate)
	for _, m := range toBeFiled(^uint64(seed), 20) {
		s.deliver(server, s.user, m)
		select {
		case <-s.filed.Events:
			return
		case <-again.C:
		case <-deadline:
			b.Fatalf("%s has filed nothing within %v", s.user, tooLate)
		}
	}
}

func (s *sorter) deliver(server *dovecot.Server, user string, m mailgen.Message) {
	server.Deliver(user, "INBOX", dovecot.Message{Raw: m.Raw})
}

// measure delivers one message to the sorter's user and the observer.
func (s *sorter) measure(b *testing.B, server *dovecot.Server, m mailgen.Message, notified <-chan time.Time) {
	b.Helper()
	<-time.After(rest)
	s.drain()
	s.deliver(server, observer, m)
	s.deliver(server, s.user, m)
	delivered := time.Now()
	folder := filepath.Base(server.FolderDir(s.user, m.After().Folder))
	filed := s.waitFiled(b, folder)
	select {
	case told := <-notified:
		s.beyond = append(s.beyond, milliseconds(filed.Sub(told)))
	case <-time.After(tooLate):
		b.Fatal("Dovecot told the observer of nothing")
	}
	s.whole = append(s.whole, milliseconds(filed.Sub(delivered)))
}

// drain forgets what the warming up left behind.
func (s *sorter) drain() {
	for {
		select {
		case <-s.filed.Events:
		default:
			return
		}
	}
}

// waitFiled is the moment at which a file appears in the folder.
func (s *sorter) waitFiled(b *testing.B, folder string) time.Time {
	b.Helper()
	deadline := time.After(tooLate)
	for {
		select {
		case event := <-s.filed.Events:
			if event.Has(fsnotify.Create) && filepath.Base(filepath.Dir(filepath.Dir(event.Name))) == folder {
				return time.Now()
			}
		case err := <-s.filed.Errors:
			b.Fatal(err)
		case <-deadline:
			b.Fatalf("%s has not filed the message within %v", s.user, tooLate)
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
