// Package dovecot starts a private Dovecot for tests and benchmarks: its own
// folder, configuration, loopback ports, certificate and users, nothing shared
// with a Dovecot the machine may run. A test that needs a real IMAP server calls
// Start and has one in about a tenth of a second; it ends with the test.
//
// The configuration stands in config.go, bulk delivery and reading of the mail
// on disk in maildir.go, the certificate in tls.go. Message texts for large
// mailboxes come from the package mailgen beside this one.
package dovecot

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Capability strings for Options that make Dovecot announce less than it can.
const (
	CapabilityBare   = "IMAP4rev1"                                                                      // no MOVE, no UIDPLUS, no IDLE, no SPECIAL-USE
	CapabilityNoMove = "IMAP4rev1 LITERAL+ SASL-IR ENABLE IDLE UIDPLUS NAMESPACE CONDSTORE SPECIAL-USE" // RFC 4315 without RFC 6851
)

const (
	startTimeout   = 20 * time.Second
	stopTimeout    = time.Minute
	commandTimeout = 60 * time.Second
)

// Options say what kind of server a test needs. The zero value is a Maildir
// server with one user, dana, that announces all it can.
type Options struct {
	Format     string   // "maildir" (default) or "sdbox"
	Separator  string   // of folder names; empty for the format's own, "." or "/"
	Users      []string // default: dana
	Capability string   // what the server announces; empty for everything
	Quota      string   // storage limit of each user, such as "1M"; empty for none
	Extra      string   // further lines of dovecot.conf, the last word
}

// Server is one running Dovecot. Its methods fail the test themselves.
type Server struct {
	Dir      string // holds everything of this server; removed when the test ends
	User     string // the first of Options.Users
	Password string // of every user

	tb        testing.TB
	opts      Options
	port      int
	tlsPort   int
	owner     owner
	authority authority
	delivery  delivery
	master    int           // process and group id
	ended     chan struct{} // closed when the master process has ended; nil while stopped
	dismiss   func()        // sends the guard of a running server away
}

// Start starts a server that is stopped when the test ends. Where Dovecot is not
// installed the test is skipped, or fails if FOREDESK_CI is 1.
func Start(tb testing.TB, opts Options) *Server {
	tb.Helper()
	Require(tb, "dovecot", "dovecot-imapd")
	s := &Server{Password: "correct horse", tb: tb, opts: withDefaults(opts), owner: mailOwner()}
	s.User = s.opts.Users[0]
	if s.owner.name == "" {
		tb.Skipf("user %d has no name in /etc/passwd, and Dovecot asks for one", s.owner.uid)
	}
	s.makeFolders()
	tb.Cleanup(func() { os.RemoveAll(s.Dir) })
	tb.Cleanup(s.showLog)
	tb.Cleanup(s.kill)
	s.writeFiles()
	s.run()
	return s
}

// Require skips the test with a reason where a program is not installed; if
// FOREDESK_CI is 1 it fails instead, so that nothing is skipped unnoticed.
func Require(tb testing.TB, program, debianPackage string) {
	tb.Helper()
	if _, err := lookPath(program); err == nil {
		return
	}
	reason := fmt.Sprintf("%s is not installed here, so this test against the real program is left out; on Debian: apt-get install %s", program, debianPackage)
	if os.Getenv("FOREDESK_CI") == "1" {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
}

// lookPath also looks where daemons are kept, which an ordinary user's PATH
// often leaves out.
func lookPath(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", program))
}

func withDefaults(opts Options) Options {
	if opts.Format == "" {
		opts.Format = "maildir"
	}
	if opts.Separator == "" && opts.Format == "maildir" {
		opts.Separator = "."
	}
	if opts.Separator == "" {
		opts.Separator = "/"
	}
	if len(opts.Users) == 0 {
		opts.Users = []string{"dana"}
	}
	return opts
}

// Addr is the plaintext address, on which STARTTLS is offered but not required.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// TLSAddr is the address with implicit TLS (RFC 8314).
func (s *Server) TLSAddr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.tlsPort)) }

// Port is the port of Addr.
func (s *Server) Port() int { return s.port }

// TLSPort is the port of TLSAddr.
func (s *Server) TLSPort() int { return s.tlsPort }

// CAFile is the certificate of the authority that signed the server's: PEM. The
// server's own is for 127.0.0.1 and localhost.
func (s *Server) CAFile() string { return filepath.Join(s.Dir, "ca.pem") }

// PasswordFile holds Password, and only its owner may read it.
func (s *Server) PasswordFile() string { return filepath.Join(s.Dir, "password") }

// SetPassword changes the password of all users, for sessions yet to come.
func (s *Server) SetPassword(password string) {
	s.tb.Helper()
	s.Password = password
	s.writeUsers()
}

// Doveadm runs doveadm on this server and returns what it printed.
func (s *Server) Doveadm(args ...string) string {
	s.tb.Helper()
	out, err := s.doveadm(args...)
	if err != nil {
		s.tb.Fatalf("doveadm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (s *Server) doveadm(args ...string) (string, error) {
	path, err := lookPath("doveadm")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-c", s.configFile()}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Kick ends all sessions of a user, as an administrator would. That there are
// none is no mistake.
func (s *Server) Kick(user string) {
	s.tb.Helper()
	if out, err := s.doveadm("kick", user); err != nil && exitCode(err) != exNoUser {
		s.tb.Fatalf("doveadm kick %s: %v\n%s", user, err, out)
	}
}

// EndSessions kicks a user and returns when no session of theirs is left. A session
// whose client has been killed may be at work for a while yet.
func (s *Server) EndSessions(user string) {
	s.tb.Helper()
	deadline := time.After(stopTimeout)
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for s.Kick(user); len(s.Sessions(user)) > 0; s.Kick(user) {
		select {
		case <-pause.C:
		case <-deadline:
			s.tb.Fatalf("sessions of %s are still open %v after they were told to end", user, stopTimeout)
		}
	}
}

// exNoUser is EX_NOUSER of sysexits.h: doveadm kick found no session.
const exNoUser = 68

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -1
}

// Sessions are the process ids of the user's imap processes, for tests that
// stop or kill one.
func (s *Server) Sessions(user string) []int {
	s.tb.Helper()
	var pids []int
	for line := range strings.Lines(s.Doveadm("who", "-1", user)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != user {
			continue
		}
		if pid, err := strconv.Atoi(fields[2]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Stop ends the server and all its sessions in good order, which takes about a
// second. It may be started again.
func (s *Server) Stop() {
	if s.ended == nil {
		return
	}
	terminate(s.master)
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
	}
	s.kill()
}

// kill ends what runs at once: sessions outlive their master, and nothing may
// outlive the test.
func (s *Server) kill() {
	if s.ended == nil {
		return
	}
	killGroup(s.master)
	<-s.ended
	s.ended = nil
	s.dismiss()
}

// Restart stops the server and starts it on the same ports and mail.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.run()
}

// run starts Dovecot. Of one that has just been killed, a process that has not gone yet
// may hold a socket still.
func (s *Server) run() {
	s.tb.Helper()
	for try := 1; ; try++ {
		printed, err := s.start()
		if err == nil {
			return
		}
		if try == 5 || !bytes.Contains(printed, []byte("Socket already exists")) {
			s.tb.Fatalf("Dovecot did not come up: %v\n%s", err, printed)
		}
		s.kill()
		time.Sleep(time.Duration(try) * 100 * time.Millisecond)
	}
}

// start starts Dovecot in the foreground, in a process group of its own. What it
// prints goes to a file: a pipe would stay open as long as any session.
func (s *Server) start() (printed []byte, err error) {
	s.tb.Helper()
	path, err := lookPath("dovecot")
	s.check(err)
	out, err := os.Create(filepath.Join(s.Dir, "dovecot.out"))
	s.check(err)
	defer out.Close()
	cmd := exec.Command(path, "-F", "-c", s.configFile())
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = ownGroup()
	s.check(cmd.Start())
	ended := make(chan struct{})
	s.master, s.ended = cmd.Process.Pid, ended
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended stands in its log
	}()
	s.dismiss = s.guard()
	if err = s.waitForGreeting(); err != nil {
		printed, _ = os.ReadFile(out.Name())
	}
	return printed, err
}

// guard starts a shell that ends the server and removes its folder if this process
// dies without cleaning up, as by Ctrl-C or a time limit: it then reads the end of
// a pipe. It returns what sends the guard away.
func (s *Server) guard() (dismiss func()) {
	s.tb.Helper()
	cmd := exec.Command("sh", "-c", `read _; kill -s KILL -- "-$1"; rm -rf -- "$2"`, "guard", strconv.Itoa(s.master), s.Dir)
	cmd.SysProcAttr = ownGroup()
	pipe, err := cmd.StdinPipe()
	s.check(err)
	s.check(cmd.Start())
	return func() {
		_ = cmd.Process.Kill() // before the pipe is closed: it must not act
		_ = cmd.Wait()         // it was killed
		_ = pipe.Close()
	}
}

// waitForGreeting returns once a session could begin.
func (s *Server) waitForGreeting() error {
	deadline := time.After(startTimeout)
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for {
		err := s.greeting()
		if err == nil {
			return nil
		}
		select {
		case <-pause.C:
		case <-deadline:
			return err
		case <-s.ended:
			return fmt.Errorf("it ended at once")
		}
	}
}

func (s *Server) greeting() error {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startTimeout)); err != nil {
		return err
	}
	line := make([]byte, 512)
	n, err := conn.Read(line)
	if err == nil && !bytes.HasPrefix(line[:n], []byte("* OK")) {
		err = fmt.Errorf("it greeted with %q", line[:n])
	}
	return err
}

// Log is what Dovecot has written to its log so far.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.Dir, "dovecot.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// showLog shows the end of the log of a test that failed.
func (s *Server) showLog() {
	if !s.tb.Failed() {
		return
	}
	const enough = 4000
	text := s.Log()
	s.tb.Logf("the end of Dovecot's log:\n%s", text[max(0, len(text)-enough):])
}
