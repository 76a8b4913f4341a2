package mail

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Folder is one folder of an account.
type Folder struct {
	Name string // with "/" between levels, whatever the server writes there
	Use  string // \Archive, \Junk, \Sent and so on (RFC 6154), or ""
}

// folderNames knows how the server writes names: its delimiter, and the prefix
// of the personal namespace (RFC 2342), such as "INBOX." on Courier. It is
// shared by all sessions of an account.
type folderNames struct {
	mu     sync.Mutex
	known  bool
	delim  string // "" where the server has no hierarchy
	prefix string

	exist map[string]bool   // folders that were there when last used
	uses  map[string]string // by special use; what was found, or made
}

// learnNames asks for the namespace, once per account.
func (s *Session) learnNames() error {
	n := &s.a.names
	n.mu.Lock()
	known := n.known
	n.mu.Unlock()
	if known {
		return nil
	}
	delim, prefix, err := s.namespace()
	if err != nil {
		return fmt.Errorf("asking how folders are named: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known, n.delim, n.prefix = true, delim, prefix
	n.exist, n.uses = make(map[string]bool), make(map[string]string)
	return nil
}

func (s *Session) namespace() (delim, prefix string, err error) {
	if s.caps.Has(imap.CapNamespace) {
		data, err := s.client.Namespace().Wait()
		if err == nil && len(data.Personal) > 0 {
			return delimString(data.Personal[0].Delim), data.Personal[0].Prefix, nil
		}
		if err != nil && refusal(err) == nil {
			return "", "", err
		}
	}
	// An empty pattern asks for the delimiter alone (RFC 9051 6.3.9).
	list, err := s.client.List("", "", nil).Collect()
	if err != nil && refusal(err) == nil {
		return "", "", err
	}
	if len(list) == 0 {
		return "/", "", nil
	}
	return delimString(list[0].Delim), "", nil
}

func delimString(delim rune) string {
	if delim == 0 {
		return ""
	}
	return string(delim)
}

// toServer returns the server's name for one of ours. It refuses what the
// server would take for something else.
func (n *folderNames) toServer(name string) (string, error) {
	if strings.EqualFold(name, mailbox.Inbox) {
		return mailbox.Inbox, nil
	}
	if reason := badFolder(name); reason != "" {
		return "", &mailbox.FolderError{Doing: "the folder name", Folder: name, Err: fmt.Errorf("it cannot be used: %s", reason)}
	}
	n.mu.Lock()
	delim, prefix := n.delim, n.prefix
	n.mu.Unlock()
	if delim != "/" && delim != "" && strings.Contains(name, delim) {
		return "", &mailbox.FolderError{Doing: "the folder name", Folder: name, Err: fmt.Errorf("it cannot be used: the server writes %q between the levels of folders, so a name cannot have it", delim)}
	}
	if delim != "" {
		name = strings.ReplaceAll(name, "/", delim)
	}
	// Folders below INBOX and those of the prefix are the same where it is "INBOX.".
	if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		return prefix + name[len(prefix):], nil
	}
	return prefix + name, nil
}

// fromServer is the reverse of toServer. It says no to a name with "/" in it
// where that is no delimiter: it has no name with us.
func (n *folderNames) fromServer(name string) (string, bool) {
	if strings.EqualFold(name, mailbox.Inbox) {
		return mailbox.Inbox, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	name = strings.TrimPrefix(name, n.prefix)
	if n.delim != "/" && strings.Contains(name, "/") || name == "" {
		return "", false
	}
	if n.delim != "" {
		name = strings.ReplaceAll(name, n.delim, "/")
	}
	return name, true
}

func (n *folderNames) found(folder string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.exist[folder] = true
}

// lost forgets a folder that the server said is not there, and its use.
func (n *folderNames) lost(folder string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.exist, folder)
	for use, name := range n.uses {
		if name == folder {
			delete(n.uses, use)
		}
	}
}

func (n *folderNames) exists(folder string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.exist[folder]
}

// badFolder says why a name must not reach the wire, or "". Names may come from
// templates that quote a subject, so control characters are looked for.
func badFolder(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case !utf8.ValidString(name):
		return "it is no UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "it has a control character in it"
	case strings.HasPrefix(name, `\`) && !slices.Contains([]string{mailbox.Archive, mailbox.Junk, mailbox.Trash, mailbox.Sent, mailbox.Drafts}, name):
		return `of the special uses only \Archive, \Junk, \Trash, \Sent and \Drafts can be named`
	case strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//"):
		return "one of its levels has no name"
	case len(name) > 1000:
		return "it is longer than 1,000 bytes"
	}
	return ""
}

// badFlag says why a flag or keyword must not reach the wire, or "" (RFC 9051
// 9, flag-keyword).
func badFlag(flag string) string {
	if strings.HasPrefix(flag, `\`) {
		if slices.Contains([]string{`\Seen`, `\Answered`, `\Flagged`, `\Draft`, `\Deleted`}, flag) {
			return ""
		}
		return "it is no flag that a client can set"
	}
	special := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\]`, r) }
	if flag == "" || len(flag) > 200 || strings.ContainsFunc(flag, special) {
		return "a keyword is ASCII without spaces, quotes, brackets, % and *"
	}
	return ""
}

// Folders lists what there is and what it is for. A folder whose name cannot be
// written with "/" between levels is left out, as is one whose name cannot be read
// at all (see listed.go).
func (s *Session) Folders(ctx context.Context) ([]Folder, error) {
	options := &imap.ListOptions{}
	if s.caps.Has(imap.CapSpecialUse) {
		options.ReturnSpecialUse = true
	}
	list, err := s.list(ctx, "*", options)
	if err != nil {
		return nil, fmt.Errorf("listing the folders: %w", err)
	}
	var folders []Folder
	for _, data := range list {
		name, ok := s.a.names.fromServer(data.Mailbox)
		if !ok || slices.Contains(data.Attrs, imap.MailboxAttrNoSelect) || slices.Contains(data.Attrs, imap.MailboxAttrNonExistent) {
			continue
		}
		folders = append(folders, Folder{Name: name, Use: specialUse(data.Attrs)})
	}
	return folders, nil
}

func (s *Session) list(ctx context.Context, pattern string, options *imap.ListOptions) (list []*imap.ListData, err error) {
	err = s.run(ctx, s.a.pace.work, func() error {
		list, err = s.client.List("", pattern, options).Collect()
		return err
	})
	return list, err
}

// roles gives the role of rules.Item to each special use.
var roles = map[imap.MailboxAttr]string{
	imap.MailboxAttrArchive: "archive", imap.MailboxAttrAll: "archive",
	imap.MailboxAttrDrafts: "drafts", imap.MailboxAttrJunk: "junk",
	imap.MailboxAttrSent: "sent", imap.MailboxAttrTrash: "trash",
}

func specialUse(attrs []imap.MailboxAttr) string {
	for _, attr := range attrs {
		if roles[attr] != "" {
			return string(attr)
		}
	}
	return ""
}

// wellKnown are the names that servers and mail programs give to folders where
// there is no SPECIAL-USE to tell. The first is the one that is made.
var wellKnown = map[string][]string{
	mailbox.Archive: {"Archive", "Archives", "Archiv", "Archivo", "Archivos"},
	mailbox.Junk:    {"Junk", "Spam", "Junk Email", "Junk E-mail", "Bulk Mail", "Courrier indésirable", "Correo no deseado"},
	mailbox.Trash:   {"Trash", "Deleted Items", "Deleted Messages", "Papierkorb", "Gelöschte Elemente", "Corbeille", "Papelera"},
	mailbox.Sent:    {"Sent", "Sent Items", "Sent Messages", "Gesendet", "Gesendete Elemente", "Envoyés", "Enviados"},
	mailbox.Drafts:  {"Drafts", "Entwürfe", "Brouillons", "Borradores"},
}

// role is what the folder is for, as rules.Item.Role has it.
func (s *Session) role(ctx context.Context, folder string) (string, error) {
	if folder == mailbox.Inbox {
		return "inbox", nil
	}
	if err := s.learnUses(ctx); err != nil {
		return "", err
	}
	n := &s.a.names
	n.mu.Lock()
	defer n.mu.Unlock()
	for use, name := range n.uses {
		if name == folder {
			return roles[imap.MailboxAttr(use)], nil
		}
	}
	for use, names := range wellKnown {
		if n.uses[use] == "" && slices.Contains(names, folder) {
			return roles[imap.MailboxAttr(use)], nil
		}
	}
	return "other", nil
}

// learnUses asks which folder is for what. Only those are listed: there may be
// thousands of others.
func (s *Session) learnUses(ctx context.Context) error {
	n := &s.a.names
	n.mu.Lock()
	done := len(n.uses) > 0
	n.mu.Unlock()
	if done || !s.caps.Has(imap.CapSpecialUse) {
		return nil
	}
	list, err := s.list(ctx, "*", &imap.ListOptions{SelectSpecialUse: true})
	if err != nil && refusal(err) == nil {
		return fmt.Errorf("asking what the folders are for: %w", err)
	}
	for _, data := range list {
		use := specialUse(data.Attrs)
		if use == string(imap.MailboxAttrAll) && s.caps.Has("X-GM-EXT-1") {
			use = mailbox.Archive // Gmail archives by taking the inbox label off
		}
		if name, ok := n.fromServer(data.Mailbox); ok && use != "" {
			n.mu.Lock()
			if n.uses[use] == "" {
				n.uses[use] = name
			}
			n.mu.Unlock()
		}
	}
	return nil
}

// target returns our name of the folder that an Op names: for a special use the
// one that has it, or has a well-known name, or is to be made.
func (s *Session) target(ctx context.Context, to string) (string, error) {
	if strings.EqualFold(to, mailbox.Inbox) {
		return mailbox.Inbox, nil
	}
	if !strings.HasPrefix(to, `\`) {
		return to, nil
	}
	if err := s.learnUses(ctx); err != nil {
		return "", err
	}
	n := &s.a.names
	n.mu.Lock()
	name := n.uses[to]
	n.mu.Unlock()
	if name != "" {
		return name, nil
	}
	name, err := s.probe(ctx, wellKnown[to])
	if err != nil {
		return "", fmt.Errorf("looking for the %s folder: %w", to[1:], err)
	}
	n.mu.Lock()
	n.uses[to] = name
	n.mu.Unlock()
	return name, nil
}

// probe returns the first of the names that there is, else the first. Each name
// is asked for by itself: see learnUses.
func (s *Session) probe(ctx context.Context, names []string) (string, error) {
	there := make(map[string]bool)
	err := s.run(ctx, s.a.pace.answer, func() error {
		cmds := make([]*imapclient.ListCommand, 0, len(names))
		for _, name := range names {
			if full, err := s.a.names.toServer(name); err == nil {
				cmds = append(cmds, s.client.List("", full, nil))
			}
		}
		var failed error
		for _, cmd := range cmds {
			list, err := cmd.Collect()
			if err != nil && refusal(err) == nil {
				failed = err
			}
			for _, data := range list {
				name, ok := s.a.names.fromServer(data.Mailbox)
				there[name] = ok && !slices.Contains(data.Attrs, imap.MailboxAttrNoSelect)
			}
		}
		return failed
	})
	for _, name := range names {
		if there[name] {
			return name, err
		}
	}
	return names[0], err
}

// about is an error about a folder, which may come into a log.
func (a *Account) about(doing, folder string, err error) error {
	e := &mailbox.FolderError{Doing: doing, Folder: folder, Known: a.knows(folder), Err: err}
	if no := refusal(err); no != nil {
		e.Bare = strings.TrimSpace(fmt.Sprintf("the server says: %s %s", no.Type, no.Code))
	}
	return e
}

// knows reports whether a folder is watched or has a special use. The name of any
// other may be made of what a stranger wrote.
func (a *Account) knows(folder string) bool {
	for _, usual := range wellKnown {
		if slices.Contains(usual, folder) {
			return true
		}
	}
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	return folder == mailbox.Inbox || slices.Contains(a.cfg.Folders, folder) || slices.Contains(slices.Collect(maps.Values(a.names.uses)), folder)
}

// inLog is what a log calls a folder.
func (a *Account) inLog(folder string) string {
	if a.knows(folder) {
		return folder
	}
	return "…"
}

// create makes a folder, unless somebody else was quicker, and subscribes to it, so that
// mail programs show it.
func (s *Session) create(ctx context.Context, folder string) error {
	name, err := s.a.names.toServer(folder)
	if err != nil {
		return err
	}
	err = s.run(ctx, s.a.pace.work, func() error {
		return s.client.Create(name, nil).Wait()
	})
	if no := refusal(err); err != nil && (no == nil || no.Code != imap.ResponseCodeAlreadyExists) {
		return s.a.about("making the folder", folder, err)
	}
	s.a.names.found(folder)
	err = s.run(ctx, s.a.pace.answer, func() error {
		return s.client.Subscribe(name).Wait()
	})
	if refusal(err) != nil {
		return nil // it is there, and that is what matters
	}
	return err
}
