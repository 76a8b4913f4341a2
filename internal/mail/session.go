package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foredesk/foredesk/internal/crashpoint"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// ErrLost means that the connection broke, or was given up because the server
// was silent too long. What was asked last may have been done or not.
var ErrLost = errors.New("the connection to the IMAP server is lost")

// errSilent is why a connection is given up.
var errSilent = errors.New("the server did not answer in time")

// errRenumbered means that the folder is no longer the one that was selected
// before: its UIDs name other messages now (RFC 9051 2.3.1.1).
var errRenumbered = errors.New("the server has renumbered the folder (new UIDVALIDITY)")

// Session is one signed-in connection. It belongs to one goroutine at a time.
//
// Go-imap knows no contexts and, between answers, no deadline. Closing the
// connection ends all its waits, so that is how every command here is bound to
// a context and a time (see run and wait).
type Session struct {
	a      *Account
	conn   *bounded
	client *imapclient.Client
	caps   imap.CapSet

	folder string           // selected, or ""
	box    *imap.SelectData // what SELECT told of it
	news   chan struct{}    // holds one signal: EXISTS came since it was last read

	numbered map[string]uint32 // while Perform works: the UIDVALIDITY of the folders it has opened

	longestSet int // characters of a set of UIDs in a command

	quota   float64 // percent of the mailbox that is full, as last told
	quotaAt time.Time

	isolated int           // messages that had to be read by their raw header
	aside    []mailbox.Ref // messages that are poison as connections broke at them
	patience *patience     // of the folder that is watched; nil beside that
	floods   int           // connections that were ended by errEndless
	noIdle   bool          // IDLE is missing or was refused

	answering sync.WaitGroup // the goroutines that read answers to FETCH

	mu     sync.Mutex // guards what follows: go-imap's goroutines write it
	asked  []*asked
	stray  int // unasked FETCH answers that are being read
	strays *sync.Cond
}

// Open makes a connection of its own, for work beside Watch. Its errors are
// *SignInError, *CertificateError or passing ones of the network.
func (a *Account) Open(ctx context.Context) (*Session, error) {
	s := &Session{a: a, news: make(chan struct{}, 1)}
	s.strays = sync.NewCond(&s.mu)
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// connect dials and signs in.
func (s *Session) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.a.pace.signIn, errSilent)
	defer cancel()
	dialled, err := s.a.dial(ctx)
	if err != nil {
		return err
	}
	conn := &bounded{Conn: dialled}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	s.conn, s.folder, s.box = conn, "", nil
	s.mu.Lock()
	s.asked = nil
	s.mu.Unlock()
	s.client = imapclient.New(&tamed{Conn: conn, leftOut: s.unreadable}, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: s.heard,
		Fetch:   s.unasked,
	}})
	if err := s.greet(ctx); err != nil {
		s.Close()
		if ctx.Err() != nil {
			return fmt.Errorf("connecting to %s: %w", s.a.cfg.Host, context.Cause(ctx))
		}
		return err
	}
	conn.signedIn.Store(true)
	return nil
}

func (s *Session) greet(ctx context.Context) error {
	if err := s.client.WaitGreeting(); err != nil {
		return fmt.Errorf("connecting to %s: %w", s.a.cfg.Host, err)
	}
	if s.client.State() == imap.ConnStateNotAuthenticated {
		if err := s.a.signIn(ctx, s.client); err != nil {
			return err
		}
	}
	// What a server can do often depends on who has signed in.
	if s.caps = s.client.Caps(); s.caps == nil {
		return fmt.Errorf("connecting to %s: the server did not say what it can do", s.a.cfg.Host)
	}
	s.noIdle = !s.caps.Has(imap.CapIdle)
	identified := s.identify()
	if err := s.learnNames(); err != nil {
		return fmt.Errorf("connecting to %s: %w", s.a.cfg.Host, err)
	}
	return identified()
}

// identify asks which server this is (RFC 2971); the answer is waited for by
// what it returns. A server that won't tell is treated as any other.
func (s *Session) identify() func() error {
	s.longestSet = usualSet
	if !s.caps.Has(imap.CapID) {
		return func() error { return nil }
	}
	id := s.client.ID(&imap.IDData{Name: "foredesk"})
	return func() error {
		data, err := id.Wait()
		if refusal(err) != nil {
			return nil
		}
		if err == nil && data != nil && strings.EqualFold(data.Name, "Dovecot") {
			s.longestSet = dovecotSet
		}
		return err
	}
}

// Close ends the connection and waits for all that reads from it.
func (s *Session) Close() error {
	if s.client == nil {
		return nil
	}
	s.conn.Close()
	s.client.Close() // what it returns is why the connection ended, which was told before
	s.answering.Wait()
	return nil
}

// unreadable says that a folder is left out. Its name is not told: nothing can
// be told of it that would help, as it is no text.
func (s *Session) unreadable() {
	s.a.sayOnce("the server has a folder whose name cannot be read (it is neither UTF-7 as in RFC 9051 nor UTF-8), so that folder is left out; give it another name with the program that made it")
}

// heard runs in go-imap's reader and must not wait for it.
func (s *Session) heard(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// run calls talk, which speaks with the server, and closes the connection when
// ctx ends or limit has passed, so that talk returns. An error that is no
// *imap.Error is an ErrLost.
func (s *Session) run(ctx context.Context, limit time.Duration, talk func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSilent)
	defer cancel()
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	crashpoint.Here("imap")
	err := talk()
	crashpoint.Here("imap")
	stop()
	return lost(ctx, err)
}

func lost(ctx context.Context, err error) error {
	var no *imap.Error
	switch {
	case err == nil || errors.As(err, &no) || errors.Is(err, ErrLost):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrLost, context.Cause(ctx))
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// refusal returns the server's NO or BAD, or nil where err is another error.
func refusal(err error) *imap.Error {
	var no *imap.Error
	if errors.As(err, &no) {
		return no
	}
	return nil
}

// selectFolder makes folder the one that commands are about. It is selected
// anew only if it is not yet, or if again.
func (s *Session) selectFolder(ctx context.Context, folder string, again bool) error {
	if s.folder == folder && !again {
		return nil
	}
	name, err := s.a.names.toServer(folder)
	if err != nil {
		return err
	}
	s.folder = ""
	// What is in the answer to SELECT is no news; what comes after it is.
	select {
	case <-s.news:
	default:
	}
	err = s.run(ctx, s.a.pace.work, func() error {
		s.box, err = s.client.Select(name, nil).Wait()
		return err
	})
	if err != nil {
		return s.a.about("opening the folder", folder, err)
	}
	s.folder = folder
	s.a.names.found(folder)
	return s.sameNumbers()
}

// sameNumbers gives the connection up where a folder has been renumbered since
// Perform looked into it first: the UIDs found then may name other messages now.
func (s *Session) sameNumbers() error {
	if s.numbered == nil || s.folder == "" {
		return nil
	}
	before, known := s.numbered[s.folder]
	if known && before != s.box.UIDValidity {
		s.conn.Close()
		return fmt.Errorf("%w: %w", ErrLost, s.a.about("opening the folder", s.folder, errRenumbered))
	}
	s.numbered[s.folder] = s.box.UIDValidity
	return nil
}

// mend connects again after an ErrLost, to the same folder. Other errors have
// left the connection whole. Where it can't, that is an ErrLost as well: no word of a
// server's on what was asked for.
func (s *Session) mend(ctx context.Context, err error) error {
	if !errors.Is(err, ErrLost) {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	if errors.Is(s.conn.cause(), errEndless) {
		// A single message may be to blame; a server that does nothing else is left.
		if s.floods++; s.floods > maxFloods {
			return fmt.Errorf("%w: %w", err, errEndless)
		}
	}
	folder, box := s.folder, s.box
	s.Close()
	err = s.connect(ctx)
	if err == nil && folder != "" {
		err = s.selectFolder(ctx, folder, false)
	}
	if err == nil && folder != "" && s.box.UIDValidity != box.UIDValidity {
		err = s.a.about("opening the folder", folder, errRenumbered)
	}
	if err != nil {
		s.conn.Close() // nothing is to take the folder for selected
		s.folder, s.box = folder, box
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}
