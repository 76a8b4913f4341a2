package engine_test

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// hand is a person's mail program: a connection of its own to the same server.
type hand struct {
	*imapclient.Client
	t     testing.TB
	delim string
}

func (s imapServer) hand(t testing.TB) *hand {
	t.Helper()
	client, err := imapclient.DialInsecure(s.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &hand{Client: client, t: t}
	h.must(h.Login(user, s.password).Wait())
	list, err := h.List("", "", nil).Collect()
	h.must(err)
	h.delim = string(list[0].Delim)
	return h
}

func (h *hand) close() { h.Close() }

func (h *hand) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hand) open(folder string) *imap.SelectData {
	h.t.Helper()
	data, err := h.Select(strings.ReplaceAll(folder, "/", h.delim), nil).Wait()
	h.must(err)
	return data
}

// make makes a folder unless it is there.
func (h *hand) make(folder string) {
	h.t.Helper()
	if !slices.Contains(h.folders(), folder) {
		h.must(h.Create(folder, nil).Wait())
	}
}

func (h *hand) folders() []string {
	h.t.Helper()
	list, err := h.List("", "*", nil).Collect()
	h.must(err)
	var names []string
	for _, data := range list {
		if !slices.Contains(data.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(data.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, strings.ReplaceAll(data.Mailbox, h.delim, "/"))
		}
	}
	return names
}

// put delivers a message.
func (h *hand) put(folder, raw string, received time.Time, flags ...imap.Flag) {
	h.t.Helper()
	h.make(folder)
	cmd := h.Append(folder, int64(len(raw)), &imap.AppendOptions{Time: received, Flags: flags})
	if _, err := cmd.Write([]byte(raw)); err != nil {
		h.t.Fatal(err)
	}
	h.must(cmd.Close())
	_, err := cmd.Wait()
	h.must(err)
}

// found is a message as a mail program shows it.
type found struct {
	uid   imap.UID
	name  string
	flags []string // lower case, sorted, without \Recent
}

var nameField = &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"X-Name", "Subject"}, Peek: true}

// look reads a folder, by name and UID.
func (h *hand) look(folder string) []found {
	h.t.Helper()
	if h.open(folder).NumMessages == 0 {
		return nil
	}
	list, err := h.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{nameField}}).Collect()
	h.must(err)
	var all []found
	for _, m := range list {
		f := found{uid: m.UID}
		for _, s := range m.BodySection {
			f.name = nameIn(string(s.Bytes))
		}
		for _, flag := range m.Flags {
			if flag := strings.ToLower(string(flag)); flag != `\recent` {
				f.flags = append(f.flags, flag)
			}
		}
		slices.Sort(f.flags)
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return all
}

// nameIn is the name that a test has given a message; what foredesk wrote is
// named for its subject.
func nameIn(header string) string {
	m, err := mail.ReadMessage(strings.NewReader(header))
	if err != nil {
		return err.Error()
	}
	if name := m.Header.Get("X-Name"); name != "" {
		return name
	}
	subject, _, _ := strings.Cut(m.Header.Get("Subject"), " [fd-") // a secret is another each time
	return "<" + subject + ">"
}

// find is the UID of the first message of that name in a folder, or of another: "board#2"
// is the second. The folder is open from then on.
func (h *hand) find(folder, name string) imap.UIDSet {
	h.t.Helper()
	name, number, _ := strings.Cut(name, "#")
	nth, _ := strconv.Atoi(number)
	all := slices.DeleteFunc(h.look(folder), func(f found) bool { return f.name != name || slices.Contains(f.flags, `\deleted`) })
	if len(all) < max(nth, 1) {
		h.t.Fatalf("%q is not in %s: %v", name, folder, h.look(folder))
	}
	return imap.UIDSetNum(all[max(nth, 1)-1].uid)
}

func (h *hand) move(name, from, to string) {
	h.t.Helper()
	h.make(to)
	_, err := h.Move(h.find(from, name), to).Wait()
	h.must(err)
}

func (h *hand) delete(name, folder string) {
	h.t.Helper()
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	h.must(h.Store(h.find(folder, name), flags, nil).Close())
	h.must(h.Expunge().Close())
}

// mailIn is all that there is, a line a folder: "INBOX: one (\flagged), two".
// Empty folders are left out.
func (s imapServer) mailIn(t testing.TB) string {
	t.Helper()
	h := s.hand(t)
	defer h.close()
	lines := map[string]string{}
	for _, folder := range h.folders() {
		var words []string
		for _, f := range h.look(folder) {
			if len(f.flags) > 0 {
				f.name += " (" + strings.Join(f.flags, " ") + ")"
			}
			words = append(words, f.name)
		}
		if words != nil {
			lines[folder] = fmt.Sprintf("%s: %s\n", folder, strings.Join(words, ", "))
		}
	}
	// The inbox comes first, as in a mail program.
	text := lines[mailbox.Inbox]
	delete(lines, mailbox.Inbox)
	for _, folder := range slices.Sorted(maps.Keys(lines)) {
		text += lines[folder]
	}
	return text
}
