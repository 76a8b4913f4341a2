package dovecot

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is whom the mail belongs to. Dovecot refuses to serve mail as root, so a
// test run by root uses an ordinary user that every Unix has.
type owner struct {
	uid, gid int
	root     bool   // whether the test runs as root
	name     string // of the user who runs the test
	group    string
}

const nobody = 65534 // uid of "nobody" and gid of "nogroup" on Linux

// mailOwner looks up names, since Dovecot asks for them; a user without one gets
// as far as Dovecot's own message.
func mailOwner() owner {
	if os.Geteuid() == 0 {
		return owner{uid: nobody, gid: nobody, root: true, name: "root"}
	}
	o := owner{uid: os.Geteuid(), gid: os.Getegid()}
	if u, err := user.LookupId(strconv.Itoa(o.uid)); err == nil {
		o.name = u.Username
	}
	if g, err := user.LookupGroupId(strconv.Itoa(o.gid)); err == nil {
		o.group = g.Name
	}
	return o
}

// chown gives a file to the owner of the mail; an ordinary user owns it already.
func (o owner) chown(path string) error {
	if !o.root {
		return nil
	}
	return os.Lchown(path, o.uid, o.gid)
}

func (s *Server) configFile() string { return filepath.Join(s.Dir, "dovecot.conf") }

// makeFolders makes Dir outside of the test's own temporary folder: that one is
// closed to other users, and its path is too long for Dovecot's Unix sockets,
// which end at 108 bytes.
func (s *Server) makeFolders() {
	s.tb.Helper()
	dir, err := os.MkdirTemp("", "fd-dovecot-")
	if err != nil {
		s.tb.Fatalf("making a folder for Dovecot: %v", err)
	}
	s.Dir = dir
	if len(dir) > 70 {
		s.tb.Fatalf("the temporary folder %s is too deep for Dovecot's sockets; set TMPDIR to a shorter path", dir)
	}
	s.check(os.Chmod(dir, 0o755))
	for _, name := range []string{"run", "state", "mail"} {
		s.check(os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	for _, name := range s.opts.Users {
		s.check(os.Mkdir(s.home(name), 0o755))
		s.check(s.owner.chown(s.home(name)))
	}
}

// check ends the test if something that cannot fail on a sound machine has failed.
func (s *Server) check(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatalf("preparing Dovecot: %v", err)
	}
}

// home is where all mail of a user lies.
func (s *Server) home(user string) string { return filepath.Join(s.Dir, "mail", user) }

// writeFiles writes what Dovecot reads at its start.
func (s *Server) writeFiles() {
	s.tb.Helper()
	s.check(s.writeCertificates())
	s.writeUsers()
	s.port, s.tlsPort = s.freePort(), s.freePort()
	s.check(os.WriteFile(s.configFile(), []byte(s.config()), 0o644))
}

// writeUsers writes the file in which Dovecot looks up names and passwords, anew
// for each login.
func (s *Server) writeUsers() {
	s.tb.Helper()
	var b strings.Builder
	for _, name := range s.opts.Users {
		fmt.Fprintf(&b, "%s:{PLAIN}%s:%d:%d::%s::\n", name, s.Password, s.owner.uid, s.owner.gid, s.home(name))
	}
	// Written aside and renamed: a login never sees half a file.
	users := filepath.Join(s.Dir, "users")
	s.check(os.WriteFile(users+".new", []byte(b.String()), 0o644))
	s.check(os.Rename(users+".new", users))
	s.check(os.WriteFile(s.PasswordFile(), []byte(s.Password+"\n"), 0o600))
}

// freePort is a loopback port that nobody listens on. A socket that is bound to it, but
// never listens, keeps it from being given to anybody who asks for some port, until the
// test ends; Dovecot, which asks for this one, may have it.
func (s *Server) freePort() int {
	s.tb.Helper()
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	s.check(err)
	s.tb.Cleanup(func() { _ = syscall.Close(fd) })
	s.check(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	s.check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(fd)
	s.check(err)
	return bound.(*syscall.SockaddrInet4).Port
}

// config is the whole of dovecot.conf: nothing of the machine's own is read. Where
// a setting comes twice the later one counts.
func (s *Server) config() string {
	parts := []string{s.baseConfig(), s.folderConfig()}
	if !s.owner.root {
		parts = append(parts, s.ordinaryUserConfig())
	}
	if s.opts.Capability != "" {
		parts = append(parts, fmt.Sprintf("imap_capability = %s\n", s.opts.Capability))
	}
	if s.opts.Quota != "" {
		parts = append(parts, s.quotaConfig())
	}
	return strings.Join(append(parts, s.opts.Extra), "\n") + "\n"
}

// baseConfig leaves Dovecot's own choices for notification and fsync alone, since
// benchmarks measure against them. The delays that slow down guessing of
// passwords are off: tests give wrong ones.
func (s *Server) baseConfig() string {
	return fmt.Sprintf(`base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_max_userip_connections = 200
mail_location = %[2]s
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%n %[1]s/users
}
userdb {
  driver = passwd-file
  args = username_format=%%n %[1]s/users
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    port = %[3]d
  }
  inet_listener imaps {
    port = %[4]d
    ssl = yes
  }
}
`, s.Dir, s.mailLocation(), s.port, s.tlsPort)
}

// mailLocation starts at the user's home, which writeUsers tells.
func (s *Server) mailLocation() string {
	if s.opts.Format == "maildir" {
		return "maildir:~/Maildir"
	}
	return s.opts.Format + ":~/" + s.opts.Format
}

// folderConfig is the namespace as Debian ships it.
func (s *Server) folderConfig() string {
	var b strings.Builder
	fmt.Fprintf(&b, "namespace inbox {\n  inbox = yes\n  separator = %s\n", s.opts.Separator)
	for _, folder := range [][2]string{{"Archive", `\Archive`}, {"Drafts", `\Drafts`}, {"Junk", `\Junk`}, {"Trash", `\Trash`}, {"Sent", `\Sent`}} {
		fmt.Fprintf(&b, "  mailbox %s {\n    special_use = %s\n  }\n", folder[0], folder[1])
	}
	b.WriteString("}\n")
	return b.String()
}

// ordinaryUserConfig keeps all processes with the user who runs the test and
// does without chroot, which only root may call.
func (s *Server) ordinaryUserConfig() string {
	return fmt.Sprintf(`default_internal_user = %[1]s
default_login_user = %[1]s
default_internal_group = %[2]s
first_valid_uid = %[3]d
first_valid_gid = %[4]d
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service stats {
  chroot =
}
`, s.owner.name, s.owner.group, min(s.owner.uid, 500), min(s.owner.gid, 1))
}

// quotaConfig counts from the indexes, which knows of every change at once.
func (s *Server) quotaConfig() string {
	return fmt.Sprintf(`mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=%s
}
`, s.opts.Quota)
}
