package soak

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/internal/badline"
	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/mailgen"
)

const (
	everyMail    = 250 * time.Millisecond // between two messages
	everyTrouble = 2 * time.Second
	warming      = 20 // messages before memory is first measured
	seed         = 16
)

var executives = []string{"dana", "eli", "fay", "gus"}

// length is how long the test is to take; zero leaves it out.
func length(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("FOREDESK_SOAK")
	if text == "" && os.Getenv("FOREDESK_CI") == "1" {
		text = "40s"
	}
	if text == "" {
		t.Skip("the soak takes as long as FOREDESK_SOAK says, such as 5m; make soak lets it run for an hour")
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 10*time.Second {
		t.Fatalf("FOREDESK_SOAK=%s is no time from 10s", text)
	}
	return d
}

// However long foredesk works and whatever happens to its connections, its server
// and its rules: no message is lost, none is doubled, all are where the rules say,
// and it holds no more memory and goroutines than at first.
func TestSoak(t *testing.T) {
	long := length(t)
	t.Parallel() // it waits, for the most part
	s := openSoak(t)
	fresh := s.start(len(executives))
	s.deliverAll(warming)
	s.settle()
	atFirst := fresh.goroutines() // which ends that process

	d := s.start(2 * len(executives))
	s.deliverAll(warming)
	s.settle()
	before := d.holds()
	s.work(d, long)
	s.trouble.end()
	s.settle()
	after := d.holds()
	before.goroutines, after.goroutines = atFirst, d.goroutines()
	s.report(long, before, after)
}

// soak is an office with a bad line to each user's mailbox.
type soak struct {
	*office
	lines   map[string]*badline.Line
	rng     *rand.Rand
	mail    func() (mailgen.Message, bool)
	ledgers map[string]*mailgen.Ledger
	sent    int
	trouble *trouble
	samples []int64 // of resident memory, one a minute

	watching sync.WaitGroup
	mu       sync.Mutex // guards what follows
	waiting  map[letter][]time.Time
	took     []float64 // ms from delivery to filed
}

// letter is a message in somebody's mailbox.
type letter struct {
	user string
	sum  mailgen.Sum
}

func openSoak(t *testing.T) *soak {
	t.Helper()
	server := dovecot.Start(t, dovecot.Options{Users: executives})
	s := &soak{
		lines: map[string]*badline.Line{}, ledgers: map[string]*mailgen.Ledger{}, waiting: map[letter][]time.Time{},
		rng: rand.New(rand.NewPCG(seed, seed)),
	}
	ports := map[string]int{}
	for _, user := range executives {
		s.lines[user], s.ledgers[user] = badline.Open(t, server.Addr()), mailgen.NewLedger()
		ports[user] = s.lines[user].Port()
	}
	watcher := watchFolders(t, server, executives, mailgen.Folders)
	s.office = openOffice(t, server, executives, ports, mailgen.Rules(0))
	s.trouble = newTrouble(s)
	var stop func()
	s.mail, stop = iter.Pull(mailgen.Messages(seed, 1<<40))
	t.Cleanup(stop)
	s.watching.Go(func() { s.watch(watcher) })
	t.Cleanup(func() { watcher.Close(); s.watching.Wait() })
	return s
}

// deliver puts the next message into somebody's inbox, unread.
func (s *soak) deliver() {
	s.Helper()
	m, _ := s.mail()
	m.Flags = nil
	user := executives[s.rng.IntN(len(executives))]
	s.ledgers[user].Add(m)
	s.sent++
	if m.After().Folder != "INBOX" {
		s.mu.Lock()
		key := letter{user, m.Sum()}
		s.waiting[key] = append(s.waiting[key], time.Now())
		s.mu.Unlock()
	}
	s.server.Deliver(user, "INBOX", dovecot.Message{Raw: m.Raw})
}

func (s *soak) deliverAll(n int) {
	s.Helper()
	for range n {
		s.deliver()
	}
}

// watch notes when each message is filed.
func (s *soak) watch(watcher *fsnotify.Watcher) {
	for event := range watcher.Events {
		if !event.Has(fsnotify.Create) {
			continue
		}
		at := time.Now()
		text, err := os.ReadFile(event.Name)
		if err != nil {
			continue // renamed meanwhile, which is an event of its own
		}
		sum := mailgen.Sum(sha256.Sum256(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))))
		for _, user := range executives {
			if inside, err := filepath.Rel(s.server.MailDir(user), event.Name); err == nil && filepath.IsLocal(inside) {
				s.filed(letter{user, sum}, at)
			}
		}
	}
}

func (s *soak) filed(l letter, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delivered := s.waiting[l]; len(delivered) > 0 {
		s.took = append(s.took, milliseconds(at.Sub(delivered[0])))
		s.waiting[l] = delivered[1:]
	}
}

// work delivers and makes trouble for so long.
func (s *soak) work(d *daemon, long time.Duration) {
	s.Helper()
	end := time.After(long)
	mail, trouble := time.NewTicker(everyMail), time.NewTicker(everyTrouble)
	defer mail.Stop()
	defer trouble.Stop()
	said := time.Now()
	for {
		select {
		case <-mail.C:
			s.deliver()
			s.trouble.mendOld()
		case <-trouble.C:
			d.alive()
			s.trouble.next()
		case <-end:
			return
		}
		if time.Since(said) > time.Minute {
			said = time.Now()
			s.samples = append(s.samples, d.resident())
			s.Logf("%d messages delivered, %d faults injected, %.1f MiB", s.sent, s.trouble.count(), mebibytes(s.samples[len(s.samples)-1]))
		}
	}
}

// settle waits until all mail is where it belongs. What is not is told.
func (s *soak) settle() {
	s.Helper()
	var wrong error
	settled := s.within(patience, func() bool { wrong = s.wrong(); return wrong == nil })
	if !settled {
		s.Fatal(wrong)
	}
}

// wrong compares every mailbox with what should be in it.
func (s *soak) wrong() error {
	for _, user := range executives {
		found, err := mailgen.OnDisk(s.server, user)
		if err == nil {
			err = mailgen.Compare(s.ledgers[user].After, found)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
	}
	return nil
}

// losses counts the messages of which there are fewer than were delivered, or more.
func (s *soak) losses() (lost, doubled int) {
	s.Helper()
	for _, user := range executives {
		found, err := mailgen.OnDisk(s.server, user)
		if err != nil {
			s.Fatal(err)
		}
		for sum, places := range s.ledgers[user].After {
			missing := len(places) - len(found[sum])
			lost, doubled = lost+max(missing, 0), doubled+max(-missing, 0)
		}
	}
	return lost, doubled
}

// report prints what it is all for.
func (s *soak) report(long time.Duration, before, after holding) {
	s.Helper()
	s.mu.Lock()
	took := slices.Sorted(slices.Values(s.took))
	s.mu.Unlock()
	at := func(share float64) float64 { return took[int(share*float64(len(took)-1))] }
	lost, doubled := s.losses()
	s.Logf("%v: %d messages, %d accounts, lost %d, doubled %d", long, s.sent, len(executives), lost, doubled)
	s.Logf("faults injected: %d: %s", s.trouble.count(), s.trouble)
	s.Logf("delivery to filed, %d messages: median %.0f ms, nine in ten %.0f, 99 in 100 %.0f, slowest %.0f (Dovecot waits 500 ms before it tells)",
		len(took), at(0.5), at(0.9), at(0.99), at(1))
	s.Logf("at the start %s; at the end %s", before, after)
	if limit := before.memory*3/2 + 24<<20; after.memory > limit {
		s.Errorf("the process has grown from %.1f to %.1f MiB", mebibytes(before.memory), mebibytes(after.memory))
	}
	if after.goroutines > before.goroutines+2*len(executives) || after.files > before.files+2*len(executives) {
		s.Errorf("at the start %s; at the end %s", before, after)
	}
	s.checkGrowth()
	s.trouble.tell()
}

// checkGrowth looks whether memory grows as time goes by. How much there is at a
// moment hangs on when Go last tidied up, so quarters of the time are compared; the
// first does not count, as caches fill.
func (s *soak) checkGrowth() {
	s.Helper()
	quarter := len(s.samples) / 4
	if quarter < 5 {
		return // minutes are too few
	}
	var medians []string
	of := func(n int) int64 {
		part := slices.Sorted(slices.Values(s.samples[n*quarter : (n+1)*quarter]))
		return part[quarter/2]
	}
	for n := range 4 {
		medians = append(medians, fmt.Sprintf("%.1f", mebibytes(of(n))))
	}
	s.Logf("memory by quarters of the time: %s MiB", strings.Join(medians, ", "))
	if of(3) > of(1)*5/4+4<<20 {
		s.Errorf("memory grows: %s MiB in the quarters of the time", strings.Join(medians, ", "))
	}
}
