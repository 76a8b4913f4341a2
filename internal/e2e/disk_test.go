package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

const (
	diskMail  = 5 // at a time
	diskRules = "version: 1\nrules:\n  - name: Board\n    when: subject contains \"board\"\n    do: [{file: Board}, {copy: Reading}]\n"
)

// While the disk of the journal is full, foredesk begins nothing and says so; once
// there is space again, it goes on by itself, and everything is done once.
func TestAFullDiskIsWaitedFor(t *testing.T) {
	probe := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", t.TempDir())
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("a disk that is full needs a file system of its own, which may not be mounted here: %v %s", err, out)
	}
	server := dovecot.Start(t, dovecot.Options{})
	box := &mailbox{T: t, server: server}
	d := desk.Open(t, desk.Build(t), server, server.User, diskRules)
	disk := startOnSmallDisk(t, d)
	// The first look takes all that is there for old.
	disk.until("it watches", func() bool { return disk.count(`"msg":"watching"`) == 2 })
	box.deliverSeveral("before")
	disk.until("mail is filed", func() bool { return box.count("Board") == diskMail && box.count("Reading") == diskMail })

	disk.fill()
	box.deliverSeveral("meanwhile")
	disk.until("it says that the disk is full", func() bool { return disk.count("the disk is full") > 0 })
	if left := box.count("INBOX"); left != diskMail {
		t.Errorf("%d of %d messages lie in the inbox while nothing can be written down", left, diskMail)
	}
	disk.free()
	disk.until("it goes on", func() bool { // a MOVE copies first, and then takes away
		return box.count("Board") == 2*diskMail && box.count("Reading") == 2*diskMail && box.count("INBOX") == 0
	})
	faulttest.Injected(t, "4", 1)
}

// smallDisk is a foredesk whose database lies on a file system of its own.
type smallDisk struct {
	*testing.T
	root string // of the file system, as seen from here
	cmd  *exec.Cmd

	mu   sync.Mutex
	said bytes.Buffer
}

func startOnSmallDisk(t *testing.T, d *desk.Desk) *smallDisk {
	t.Helper()
	dir := filepath.Join(d.Dir, "disk")
	config := filepath.Join(d.Dir, "foredesk.yaml")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, bytes.ReplaceAll(text, []byte("sqlite:foredesk.db"), []byte("sqlite:disk/foredesk.db")), 0o600)
	}
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	own := d.Command(ctx, "run")
	args := append([]string{"-rm", "sh", "-c", `mount -t tmpfs -o size=4m tmpfs "$0" && "$@" --once && exec "$@"`, dir}, own.Args...)
	s := &smallDisk{T: t, cmd: exec.CommandContext(ctx, "unshare", args...)}
	s.cmd.Dir, s.cmd.Stderr = own.Dir, s
	if err := s.cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	s.root = filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "root", dir)
	t.Cleanup(func() {
		cancel()
		_ = s.cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("foredesk said:\n%s", s.said.String())
		}
	})
	return s
}

// Write takes what foredesk says.
func (s *smallDisk) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(text)
}

func (s *smallDisk) count(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.said.String(), words)
}

// until waits for something that must come.
func (s *smallDisk) until(what string, holds func() bool) {
	s.Helper()
	pause, late := time.NewTicker(50*time.Millisecond), time.NewTimer(time.Minute)
	defer pause.Stop()
	defer late.Stop()
	for !holds() {
		select {
		case <-pause.C:
		case <-late.C:
			s.Fatalf("%s: not within a minute", what)
		}
	}
}

func (s *smallDisk) filler() string { return filepath.Join(s.root, "filler") }

// fill leaves no room at all.
func (s *smallDisk) fill() {
	s.Helper()
	f, err := os.Create(s.filler())
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	for page := make([]byte, 4096); err == nil; {
		_, err = f.Write(page)
	}
	if !strings.Contains(err.Error(), "no space") {
		s.Fatal(err)
	}
}

func (s *smallDisk) free() {
	s.Helper()
	if err := os.Remove(s.filler()); err != nil {
		s.Fatal(err)
	}
}

// deliverSeveral delivers mail that the rule files.
func (b *mailbox) deliverSeveral(word string) {
	b.Helper()
	for n := range diskMail {
		b.deliver(fmt.Sprintf("From: ann@other.example\r\nTo: dana@acme.example\r\nSubject: board %s %d\r\nMessage-ID: <%s%d@other.example>\r\n\r\n%s\r\n",
			word, n, word, n, strings.Repeat("A line of the paper.\r\n", 200)))
	}
}

// count is how many messages lie in a folder.
func (b *mailbox) count(folder string) (n int) {
	b.Helper()
	for m, err := range b.server.Mail(b.server.User) {
		if err != nil {
			return -1 // it was moved while it was read
		}
		if m.Folder == folder {
			n++
		}
	}
	return n
}
