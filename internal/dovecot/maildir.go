package dovecot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Message is a message as it is put into a mailbox.
type Message struct {
	Raw      []byte    // RFC 5322, lines ending in CRLF
	Flags    []string  // system flags and keywords
	Received time.Time // INTERNALDATE; zero for now
}

// Stored is a message as it lies in a Maildir.
type Stored struct {
	Folder string // with the server's separator
	Path   string
	Flags  []string
}

// delivery numbers the files of one server, so that their names differ and sort
// in the order of delivery, which is the order in which Dovecot gives UIDs.
type delivery struct{ count atomic.Int64 }

func (d *delivery) name() string {
	n := d.count.Add(1)
	return fmt.Sprintf("%d.M%dP%d.foredesk", 1_600_000_000+n, n%1_000_000, os.Getpid())
}

// flagLetters are the letters of the system flags in a Maildir file name, in the
// order the format asks for.
var flagLetters = []struct {
	letter byte
	flag   string
}{{'D', `\Draft`}, {'F', `\Flagged`}, {'R', `\Answered`}, {'S', `\Seen`}, {'T', `\Deleted`}}

// MailDir is the Maildir of a user's INBOX; other folders lie in it.
func (s *Server) MailDir(user string) string { return filepath.Join(s.home(user), "Maildir") }

// FolderDir is the Maildir of a folder, which need not exist. The name is in
// ASCII and with the server's separator.
func (s *Server) FolderDir(user, folder string) string {
	if strings.EqualFold(folder, "INBOX") {
		return s.MailDir(user)
	}
	return filepath.Join(s.MailDir(user), "."+strings.ReplaceAll(folder, s.opts.Separator, "."))
}

// Append writes messages into a folder of the first user as if they had lain
// there before: much faster than IMAP, and the server knows nothing of them until
// it looks. Maildir only. No session may have the folder open.
func (s *Server) Append(folder string, messages iter.Seq[Message]) {
	s.tb.Helper()
	s.AppendTo(s.User, folder, messages)
}

// AppendTo is Append for any user.
func (s *Server) AppendTo(user, folder string, messages iter.Seq[Message]) {
	s.tb.Helper()
	dir := s.makeMaildir(user, folder)
	keywords, err := readKeywords(dir)
	s.check(err)
	for m := range messages {
		var letters string
		letters, keywords = flagInfo(m.Flags, keywords)
		name := filepath.Join(dir, "cur", s.fileName(m)+":2,"+letters)
		s.check(s.writeMail(name, m))
	}
	s.check(s.writeKeywords(dir, keywords))
}

// Deliver puts one new message into a folder, as a delivery agent does: written
// in tmp, then renamed into new. The rename is the moment of delivery.
func (s *Server) Deliver(user, folder string, m Message) {
	s.tb.Helper()
	dir := s.makeMaildir(user, folder)
	name := s.fileName(m)
	s.check(s.writeMail(filepath.Join(dir, "tmp", name), m))
	s.check(os.Rename(filepath.Join(dir, "tmp", name), filepath.Join(dir, "new", name)))
}

// fileName says the size on disk and as IMAP counts it, as Dovecot's own names do.
// Without them it would have to read every message to tell RFC822.SIZE.
func (s *Server) fileName(m Message) string {
	onDisk := len(m.Raw) - bytes.Count(m.Raw, []byte("\r\n"))
	return fmt.Sprintf("%s,S=%d,W=%d", s.delivery.name(), onDisk, len(m.Raw))
}

// writeMail stores lines as Unix does. Dovecot takes INTERNALDATE from the file's
// time, and links a file it copies, which the kernel allows its owner alone
// (fs.protected_hardlinks).
func (s *Server) writeMail(path string, m Message) error {
	text := bytes.ReplaceAll(m.Raw, []byte("\r\n"), []byte("\n"))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	if !m.Received.IsZero() {
		if err := os.Chtimes(path, m.Received, m.Received); err != nil {
			return err
		}
	}
	return s.owner.chown(path)
}

// makeMaildir makes a folder as Maildir++ has it: within the INBOX, and marked by
// an empty file.
func (s *Server) makeMaildir(user, folder string) string {
	s.tb.Helper()
	if s.opts.Format != "maildir" {
		s.tb.Fatalf("writing messages into %s: only a Maildir can be written to directly; use IMAP or doveadm", s.opts.Format)
	}
	inbox, dir := s.MailDir(user), s.FolderDir(user, folder)
	dirs := []string{inbox, dir}
	for _, d := range []string{"cur", "new", "tmp"} {
		dirs = append(dirs, filepath.Join(dir, d))
	}
	for _, d := range dirs {
		s.makeDir(d)
	}
	if dir != inbox {
		mark := filepath.Join(dir, "maildirfolder")
		s.check(os.WriteFile(mark, nil, 0o600))
		s.check(s.owner.chown(mark))
	}
	return dir
}

func (s *Server) makeDir(path string) {
	s.tb.Helper()
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return
	}
	s.check(err)
	s.check(s.owner.chown(path))
}

// flagInfo writes flags as a Maildir name does. Keywords are letters from "a",
// numbered by the folder's dovecot-keywords; a new one takes the next letter.
func flagInfo(flags, keywords []string) (string, []string) {
	var letters []byte
	for _, f := range flagLetters {
		if slices.Contains(flags, f.flag) {
			letters = append(letters, f.letter)
		}
	}
	for _, flag := range flags {
		if strings.HasPrefix(flag, `\`) {
			continue
		}
		n := slices.Index(keywords, flag)
		if n < 0 {
			n, keywords = len(keywords), append(keywords, flag)
		}
		letters = append(letters, 'a'+byte(n))
	}
	slices.Sort(letters)
	return string(letters), keywords
}

// readKeywords reads the words for which the letters in a folder's file names
// stand. Dovecot leaves a gap where a keyword has gone out of use.
func readKeywords(dir string) ([]string, error) {
	file, err := os.Open(filepath.Join(dir, "dovecot-keywords"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var keywords []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		number, word, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n >= 26 {
			return nil, fmt.Errorf("reading %s: unexpected line %q", file.Name(), lines.Text())
		}
		for len(keywords) <= n {
			keywords = append(keywords, "")
		}
		keywords[n] = word
	}
	return keywords, lines.Err()
}

func (s *Server) writeKeywords(dir string, keywords []string) error {
	if len(keywords) == 0 {
		return nil
	}
	var b strings.Builder
	for n, word := range keywords {
		fmt.Fprintf(&b, "%d %s\n", n, word)
	}
	path := filepath.Join(dir, "dovecot-keywords")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return s.owner.chown(path)
}

// CopyMail gives a user the mail of another, as hard links and without Dovecot's
// indexes, so that whoever works on it starts as cold as on the first day. What
// the user had before is removed, and their sessions end.
func (s *Server) CopyMail(from, to string) {
	s.tb.Helper()
	s.RemoveMail(to)
	source, target := s.MailDir(from), s.MailDir(to)
	s.check(filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		return s.copyEntry(path, filepath.Join(target, inside), entry)
	}))
}

// copyEntry links what is mail. Keyword names are copied, as Dovecot may change
// that file; its indexes and UID list are left behind.
func (s *Server) copyEntry(path, target string, entry fs.DirEntry) error {
	switch name := entry.Name(); {
	case entry.IsDir():
		s.makeDir(target)
		return nil
	case name == "dovecot-keywords", name == "maildirfolder":
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, text, 0o600); err != nil {
			return err
		}
		return s.owner.chown(target)
	case strings.HasPrefix(name, "dovecot"), strings.HasPrefix(name, "maildir"), name == "subscriptions":
		return nil
	}
	return os.Link(path, target)
}

// RemoveMail removes all mail and folders of a user, whose sessions end: one that
// is still open would write its indexes anew.
func (s *Server) RemoveMail(user string) {
	s.tb.Helper()
	s.EndSessions(user)
	s.check(os.RemoveAll(s.MailDir(user)))
}

// Mail is everything that lies in a user's Maildir, with its flags as the file
// names tell them. It is read from disk and says nothing of UIDs.
func (s *Server) Mail(user string) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		entries, err := os.ReadDir(s.MailDir(user))
		if err != nil {
			yield(Stored{}, err)
			return
		}
		folders := []string{"INBOX"}
		for _, entry := range entries {
			if name, ok := strings.CutPrefix(entry.Name(), "."); ok && entry.IsDir() {
				folders = append(folders, strings.ReplaceAll(name, ".", s.opts.Separator))
			}
		}
		for _, folder := range folders {
			if !folderMail(folder, s.FolderDir(user, folder), yield) {
				return
			}
		}
	}
}

// folderMail yields what lies in one folder and tells whether to go on. What is
// in tmp has not been delivered yet.
func folderMail(folder, dir string, yield func(Stored, error) bool) bool {
	keywords, err := readKeywords(dir)
	if err != nil && !yield(Stored{}, err) {
		return false
	}
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !yield(Stored{}, err) {
			return false
		}
		for _, entry := range entries {
			stored := Stored{Folder: folder, Path: filepath.Join(dir, sub, entry.Name()), Flags: flagsOf(entry.Name(), keywords)}
			if !yield(stored, nil) {
				return false
			}
		}
	}
	return true
}

// flagsOf reads the flags out of a Maildir file name.
func flagsOf(name string, keywords []string) []string {
	_, info, _ := strings.Cut(name, ":2,")
	var flags []string
	for i := range len(info) {
		for _, f := range flagLetters {
			if info[i] == f.letter {
				flags = append(flags, f.flag)
			}
		}
		if n := int(info[i]) - 'a'; n >= 0 && n < len(keywords) {
			flags = append(flags, keywords[n])
		}
	}
	return flags
}
