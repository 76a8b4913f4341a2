package demo

import (
	"fmt"
	"io"
	"log"
	"maps"
	"slices"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// delimiter separates a folder from those below it; imapmemserver knows no other.
const delimiter = '/'

// standing are the folders that a new account has, with their use (RFC 6154).
var standing = map[string]imap.MailboxAttr{
	"INBOX":   "",
	"Archive": imap.MailboxAttrArchive,
	"Drafts":  imap.MailboxAttrDrafts,
	"Junk":    imap.MailboxAttrJunk,
	"Sent":    imap.MailboxAttrSent,
	"Trash":   imap.MailboxAttrTrash,
}

// newIMAPServer serves the account with what a good public server has. Keywords
// come back in lower case: that is imapmemserver's way, and RFC 9051 2.3.2
// allows it, because keywords do not differ by case.
func newIMAPServer(account *imapmemserver.User, f *folders) *imapserver.Server {
	users := imapmemserver.New()
	users.AddUser(account)
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			memory, ok := users.NewSession().(imapserver.SessionIMAP4rev2)
			if !ok {
				return nil, nil, fmt.Errorf("opening an IMAP session: imapmemserver no longer speaks IMAP4rev2")
			}
			return &session{SessionIMAP4rev2: memory, folders: f}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapESearch: {},
			imap.CapListExtended: {}, imap.CapListStatus: {}, imap.CapMove: {}, imap.CapStatusSize: {},
			imap.CapSpecialUse: {}, imap.CapCreateSpecialUse: {},
		},
		InsecureAuth: true, // loopback only, and the password is printed anyway
		// The library logs each client that hangs up; in a demo that is noise.
		Logger: log.New(io.Discard, "", 0),
	})
}

// folders knows names, uses and subscriptions, because imapmemserver cannot say
// which folder has which use (RFC 6154).
type folders struct {
	mu         sync.Mutex
	use        map[string]imap.MailboxAttr // every folder there is; "" where it has no use
	subscribed map[string]bool
}

func newFolders(account *imapmemserver.User) (*folders, error) {
	f := &folders{use: maps.Clone(standing), subscribed: make(map[string]bool)}
	for _, name := range slices.Sorted(maps.Keys(standing)) {
		if err := account.Create(name, nil); err != nil {
			return nil, fmt.Errorf("making the folder %q: %w", name, err)
		}
		f.subscribed[name] = true
	}
	return f, nil
}

// session adds special uses to the session of imapmemserver.
type session struct {
	imapserver.SessionIMAP4rev2
	folders *folders
}

// Idle tells the client all that is new.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	return Idle(s.SessionIMAP4rev2, w, stop)
}

// Create makes a folder, with the use that a client asks for (RFC 6154,
// section 3).
func (s *session) Create(name string, options *imap.CreateOptions) error {
	if err := s.SessionIMAP4rev2.Create(name, options); err != nil {
		return err
	}
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	s.folders.use[trimDelimiter(name)] = ""
	if options != nil && len(options.SpecialUse) > 0 {
		s.folders.use[trimDelimiter(name)] = options.SpecialUse[0]
	}
	return nil
}

// Delete removes a folder and forgets its use.
func (s *session) Delete(name string) error {
	if err := s.SessionIMAP4rev2.Delete(name); err != nil {
		return err
	}
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	delete(s.folders.use, name)
	return nil
}

// Rename keeps the use and the subscription with the folder.
func (s *session) Rename(from, to string, options *imap.RenameOptions) error {
	if err := s.SessionIMAP4rev2.Rename(from, to, options); err != nil {
		return err
	}
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	to = trimDelimiter(to)
	s.folders.use[to], s.folders.subscribed[to] = s.folders.use[from], s.folders.subscribed[from]
	delete(s.folders.use, from)
	delete(s.folders.subscribed, from)
	return nil
}

// Subscribe notes that the executive's own mail program shall show the folder.
func (s *session) Subscribe(name string) error { return s.subscribe(name, true) }

// Unsubscribe is the reverse.
func (s *session) Unsubscribe(name string) error { return s.subscribe(name, false) }

func (s *session) subscribe(name string, on bool) error {
	change := s.SessionIMAP4rev2.Subscribe
	if !on {
		change = s.SessionIMAP4rev2.Unsubscribe
	}
	if err := change(name); err != nil {
		return err
	}
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	s.folders.subscribed[name] = on
	return nil
}

// List answers with special uses whether or not the client asked, as RFC 6154,
// section 2, allows.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 { // LIST "" "": the client asks for the delimiter
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	for _, data := range s.folders.matching(ref, patterns, options) {
		if options.ReturnStatus != nil {
			status, err := s.Status(data.Mailbox, options.ReturnStatus)
			if err != nil {
				continue // deleted since it was listed
			}
			data.Status = status
		}
		if err := w.WriteList(&data); err != nil {
			return err
		}
	}
	return nil
}

func (f *folders) matching(ref string, patterns []string, options *imap.ListOptions) []imap.ListData {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []imap.ListData
	for _, name := range slices.Sorted(maps.Keys(f.use)) {
		wanted := slices.ContainsFunc(patterns, func(p string) bool {
			return imapserver.MatchList(name, delimiter, ref, p)
		})
		if options.SelectSubscribed && !f.subscribed[name] || options.SelectSpecialUse && f.use[name] == "" {
			wanted = false
		}
		if wanted {
			found = append(found, f.data(name))
		}
	}
	return found
}

func (f *folders) data(name string) imap.ListData {
	data := imap.ListData{Mailbox: name, Delim: delimiter}
	if f.subscribed[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	}
	if use := f.use[name]; use != "" {
		data.Attrs = append(data.Attrs, use)
	}
	return data
}

func trimDelimiter(name string) string {
	for len(name) > 0 && name[len(name)-1] == delimiter {
		name = name[:len(name)-1]
	}
	return name
}
