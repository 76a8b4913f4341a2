package soak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/dovecot/desk"
)

const patience = 3 * time.Minute // for what must come sooner or later

// office is one foredesk that looks after many users of one Dovecot.
type office struct {
	*testing.T
	server *dovecot.Server
	desk   *desk.Desk
}

// openOffice makes an installation with an account for each user, behind the port
// that is given for it, or on the server itself. It has run once: older mail would
// be left alone.
func openOffice(t *testing.T, server *dovecot.Server, users []string, ports map[string]int, rules string) *office {
	t.Helper()
	o := &office{T: t, server: server, desk: desk.Open(t, desk.Build(t), server, users[0], rules)}
	o.configure(users, ports)
	o.runOnce()
	return o
}

func (o *office) configure(users []string, ports map[string]int) {
	o.Helper()
	var config strings.Builder
	config.WriteString("version: 1\ndatabase: sqlite:foredesk.db\naccounts:\n")
	for _, user := range users {
		port, ok := ports[user]
		if !ok {
			port = o.server.Port()
		}
		o.write(user+".password", o.server.Password)
		fmt.Fprintf(&config, "  - name: %s\n    address: %[1]s@acme.example\n    timezone: Europe/London\n    rules: rules.yaml\n", user)
		fmt.Fprintf(&config, "    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none}\n", port, user, o.path(user+".password"))
	}
	o.write("foredesk.yaml", config.String())
}

func (o *office) path(name string) string { return filepath.Join(o.desk.Dir, name) }

func (o *office) write(name, text string) {
	o.Helper()
	if err := os.WriteFile(o.path(name), []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
}

// runOnce lets foredesk handle what is new everywhere.
func (o *office) runOnce() {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), patience)
	defer cancel()
	o.desk.Run(ctx, "run", "--once")
}

// daemon is foredesk at work.
type daemon struct {
	*testing.T
	cmd   *exec.Cmd
	log   string // the file it writes to
	ended chan error
}

// start starts it and returns when it watches so many folders. It ends with the test.
func (o *office) start(watching int) *daemon {
	o.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.Context()))
	d := &daemon{T: o.T, cmd: o.desk.Command(ctx, "run"), ended: make(chan error, 1)}
	out, err := os.CreateTemp(o.TempDir(), "log")
	if err != nil {
		o.Fatal(err)
	}
	defer out.Close()
	d.log, d.cmd.Stderr = out.Name(), out
	d.cmd.Env = append(os.Environ(), "GOTRACEBACK=all") // what SIGQUIT tells
	if err := d.cmd.Start(); err != nil {
		o.Fatal(err)
	}
	go func() { d.ended <- d.cmd.Wait() }()
	o.Cleanup(func() {
		cancel()
		<-d.ended
		if o.Failed() {
			text := d.said()
			o.Logf("foredesk said at last:\n%s", text[max(0, len(text)-4000):])
		}
	})
	o.until("foredesk watches", func() bool { return strings.Count(o.server.Log(), "Info: Login: ") >= watching && d.alive() })
	return d
}

func (d *daemon) said() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// alive fails the test if the process has ended by itself.
func (d *daemon) alive() bool {
	d.Helper()
	select {
	case err := <-d.ended:
		d.ended <- err
		d.Fatalf("foredesk ended by itself: %v", err)
	default:
	}
	return true
}

// stop ends it, by SIGTERM in good order, by SIGQUIT with a list of its goroutines.
func (d *daemon) stop(signal os.Signal) {
	d.Helper()
	d.alive()
	if err := d.cmd.Process.Signal(signal); err != nil {
		d.Fatal(err)
	}
	err := <-d.ended
	d.ended <- err
	if err != nil && signal == syscall.SIGTERM {
		d.Errorf("foredesk ended with %v", err)
	}
}

// goroutines ends the process and says how many it had, those of Go's own runtime
// left out.
func (d *daemon) goroutines() int {
	d.Helper()
	d.stop(syscall.SIGQUIT)
	_, dump, found := strings.Cut(d.said(), "SIGQUIT: quit")
	if !found {
		d.Fatal("foredesk told nothing of its goroutines")
	}
	return strings.Count(dump, "\ngoroutine ")
}

// resident is the memory that the process holds, in bytes, without files that are
// only mapped.
func (d *daemon) resident() int64 {
	d.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			kilobytes, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			if err != nil {
				d.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	d.Fatal("the kernel does not tell RssAnon")
	return 0
}

// holding is what a process holds on to.
type holding struct {
	memory     int64 // bytes
	files      int   // that are open, connections among them
	goroutines int
}

func (h holding) String() string {
	return fmt.Sprintf("%.1f MiB of memory, %d open files, %d goroutines", mebibytes(h.memory), h.files, h.goroutines)
}

// holds is what the process holds now; its goroutines it tells at its end alone.
func (d *daemon) holds() holding {
	d.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.cmd.Process.Pid))
	if err != nil {
		d.Fatal(err)
	}
	return holding{memory: d.resident(), files: len(files)}
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// until waits for something that must come.
func (o *office) until(what string, holds func() bool) {
	o.Helper()
	if !o.within(patience, holds) {
		o.Fatalf("%s: not within %v", what, patience)
	}
}

// within waits until something holds, and says whether it does.
func (o *office) within(limit time.Duration, holds func() bool) bool {
	o.Helper()
	deadline := time.After(limit)
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	for !holds() {
		select {
		case <-pause.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// watchFolders tells of files that appear in folders, which are made.
func watchFolders(t *testing.T, server *dovecot.Server, users, folders []string) *fsnotify.Watcher {
	t.Helper()
	watcher, err := fsnotify.NewBufferedWatcher(10_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { watcher.Close() })
	for _, user := range users {
		for _, folder := range folders {
			server.AppendTo(user, folder, func(func(dovecot.Message) bool) {})
			for _, sub := range []string{"cur", "new"} {
				if err := watcher.Add(filepath.Join(server.FolderDir(user, folder), sub)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return watcher
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
