package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/foredesk/foredesk/internal/demo"
)

// The one user of a post office. The password is a canary: nothing foredesk
// prints or writes may hold it.
const (
	officeUser     = "dana"
	officePassword = "canary-5f1e-password"
)

// office is a post office: a mail server inside the test process, with the
// mailbox of one user, and with what may be wrong about a mail server.
type office struct {
	officeOptions
	addr    string // where foredesk connects
	counter string // where the test itself looks in: always plain and obliging
	account *imapmemserver.User
	asked   atomic.Int64 // sign-ins at addr
	stop    []func() error
}

// officeOptions are what is odd about a server; the zero value is a good one.
type officeOptions struct {
	user string      // whose mailbox it is; empty for officeUser
	tls  *tls.Config // TLS from the first byte
	bad  string      // a folder that the server refuses to make
	// before is told of each COPY, MOVE and STORE; the command waits until it
	// returns, and is not done if that is an error.
	before func(command string) error
	// token judges an access token; a server that has it takes no password.
	token func(user, token string) bool
}

// openOffice starts a server and ends it with the test.
func openOffice(o officeOptions) (*office, error) {
	o.user = cmp.Or(o.user, officeUser)
	p := &office{officeOptions: o, account: imapmemserver.NewUser(o.user, officePassword)}
	for _, folder := range []string{"INBOX", "Archive", "Junk", "Trash"} {
		if err := p.account.Create(folder, nil); err != nil {
			return nil, err
		}
	}
	var err error
	if p.addr, err = p.open(o, &p.asked); err == nil {
		p.counter, err = p.open(officeOptions{}, new(atomic.Int64))
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// open serves the mailbox at one more address.
func (p *office) open(o officeOptions, asked *atomic.Int64) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	users := imapmemserver.New()
	users.AddUser(p.account)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			memory, ok := users.NewSession().(imapserver.SessionIMAP4rev2)
			if !ok {
				return nil, nil, errors.New("imapmemserver no longer speaks IMAP4rev2")
			}
			if o.token != nil {
				return &doorman{clerk{memory, o, asked}}, nil, nil
			}
			return &clerk{memory, o, asked}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0),
	})
	if o.tls != nil {
		l = tls.NewListener(l, o.tls)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	p.stop = append(p.stop, func() error {
		err := server.Close()
		<-done
		return err
	})
	return l.Addr().String(), nil
}

func (p *office) close() error {
	var errs []error
	for _, stop := range p.stop {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// clerk is a session with the oddities of its server.
type clerk struct {
	imapserver.SessionIMAP4rev2
	officeOptions
	asked *atomic.Int64
}

// Login counts.
func (c *clerk) Login(user, password string) error {
	c.asked.Add(1)
	return c.SessionIMAP4rev2.Login(user, password)
}

// Idle tells the client all that is new.
func (c *clerk) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	return demo.Idle(c.SessionIMAP4rev2, w, stop)
}

// Create refuses the bad folder.
func (c *clerk) Create(name string, options *imap.CreateOptions) error {
	if c.bad != "" && strings.TrimSuffix(name, "/") == c.bad {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNoPerm, Text: "Permission denied"}
	}
	return c.SessionIMAP4rev2.Create(name, options)
}

func (c *clerk) ask(command string) error {
	if c.before == nil {
		return nil
	}
	return c.before(command)
}

// Move asks first.
func (c *clerk) Move(w *imapserver.MoveWriter, what imap.NumSet, dest string) error {
	if err := c.ask("MOVE"); err != nil {
		return err
	}
	return c.SessionIMAP4rev2.Move(w, what, dest)
}

// Copy asks first.
func (c *clerk) Copy(what imap.NumSet, dest string) (*imap.CopyData, error) {
	if err := c.ask("COPY"); err != nil {
		return nil, err
	}
	return c.SessionIMAP4rev2.Copy(what, dest)
}

// Store asks first.
func (c *clerk) Store(w *imapserver.FetchWriter, what imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	if err := c.ask("STORE"); err != nil {
		return err
	}
	return c.SessionIMAP4rev2.Store(w, what, flags, options)
}

// deliver puts a message into a folder: at the time that its Date field tells, but into
// the inbox now, as mail servers do, if foredesk has looked in and that time is over.
func (p *office) deliver(folder string, msg []byte, flags ...imap.Flag) error {
	msg = bytes.ReplaceAll(bytes.ReplaceAll(msg, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	received := time.Now()
	if m, err := mail.ReadMessage(bytes.NewReader(msg)); err == nil {
		if date, err := m.Header.Date(); err == nil && (folder != "INBOX" || p.asked.Load() == 0 || date.After(received)) {
			received = date
		}
	}
	_, err := p.account.Append(folder, bytes.NewReader(msg), &imap.AppendOptions{Time: received, Flags: flags})
	return err
}

// letter is one message as its reader finds it.
type letter struct{ folder, subject, flags string }

// letters are all messages there are, sorted.
func (p *office) letters() ([]letter, error) {
	c, err := p.reader()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	folders, err := c.List("", "*", nil).Collect()
	if err != nil {
		return nil, err
	}
	var all []letter
	for _, f := range folders {
		found, err := inFolder(c, f.Mailbox)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.Mailbox, err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b letter) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

func (p *office) reader() (*imapclient.Client, error) {
	c, err := imapclient.DialInsecure(p.counter, nil)
	if err != nil {
		return nil, err
	}
	if err := c.Login(p.user, officePassword).Wait(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func inFolder(c *imapclient.Client, folder string) ([]letter, error) {
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || box.NumMessages == 0 {
		return nil, err
	}
	var every imap.SeqSet
	every.AddRange(1, box.NumMessages)
	messages, err := c.Fetch(every, &imap.FetchOptions{Flags: true, Envelope: true}).Collect()
	var all []letter
	for _, m := range messages {
		var flags []string
		for _, f := range m.Flags {
			flags = append(flags, string(f))
		}
		slices.Sort(flags)
		all = append(all, letter{folder, m.Envelope.Subject, strings.Join(flags, " ")})
	}
	return all, err
}

// move is what a person does in a mail program of their own.
func (p *office) move(folder, subject, to string) error {
	c, err := p.reader()
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		return err
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: subject}}}, nil).Wait()
	if err != nil {
		return err
	}
	if len(found.AllUIDs()) != 1 {
		return fmt.Errorf("%s holds %d messages with the subject %q", folder, len(found.AllUIDs()), subject)
	}
	_, err = c.Move(imap.UIDSetNum(found.AllUIDs()...), to).Wait()
	return err
}

// String is a line such as "Board | Q3 pack | \Flagged".
func (l letter) String() string {
	return strings.TrimSuffix(l.folder+" | "+l.subject+" | "+l.flags, " | ")
}

// startOffice is openOffice for tests in Go.
func startOffice(t *testing.T, o officeOptions) *office {
	t.Helper()
	p, err := openOffice(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
