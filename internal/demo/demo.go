// Package demo is an embedded world for people who want to see Foredesk work
// before they trust it with a mailbox: an IMAP server, an SMTP server and two
// weeks of an executive's mail, a calendar server with four weeks of her time, all
// inside the process and on loopback.
//
// The mail is data: mailbox/*.txt holds it, one file for each side of Dana
// Whitfield's life, and entry.go says how such a file is read. message.go turns
// an entry into the bytes of a message. What she sends goes no further than
// departure.go, so that nothing of the demo touches the world. The calendar is data
// in the same manner: calendar/*.txt, read by appointment.go, put on the server of
// package gcal by diary.go; happening.go is what is done to it in the live part. All
// servers are real ones over sockets, so what works here works the same way against
// servers of your own.
//
// Start here, then read mailbox/board.txt for the form of the mail, and
// rules.example.yaml in the project's root for what the daemon does with it.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // the mailbox is dated in London time, also where no zone files are installed

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"

	"github.com/foredesk/foredesk/internal/demo/gcal"
)

// The executive's account. AuthServID is the name under which the demo's mail
// server writes Authentication-Results (RFC 8601, section 2.5): the one name
// that the configuration should believe.
const (
	Address    = "dana@acme.example"
	Assistant  = "assistant@acme.example" // Priya Nair, who approves what rules want to do
	Timezone   = "Europe/London"
	AuthServID = "mx.acme.example"
	Sent       = "Sent" // the folder with what she has sent
)

// World is a running demo: three servers, a filled mailbox and a filled calendar.
// Make one with Start and end it with Close.
type World struct {
	User     string // for IMAP and, as there is no SMTP AUTH, only for it
	Password string
	Address  string // the executive's own address

	// Calendar keeps the executive's calendar and that of her family (Family), and
	// knows when her colleagues are busy. It ends with the world.
	Calendar *gcal.Server

	now      time.Time    // what Start was told, in London time
	started  time.Time    // carries the monotonic clock: arrivals are dated now + elapsed
	skipped  atomic.Int64 // nanoseconds of which nobody wants to wait for the end
	account  *imapmemserver.User
	folders  *folders
	arrivals []Arrival
	writings []Arrival

	diary      *diary
	happenings []*appointment

	imap    *listener
	smtp    *listener
	serving sync.WaitGroup
	closing sync.Once
	stop    []func() error // closes the servers, in reverse order of their start
	closed  error
	unwatch func() bool // lets go of the context given to Start

	leaving  sync.Mutex
	departed []Departure
}

// Arrival is a mail that comes in while the demo runs.
type Arrival struct {
	About   string // what it shows, in one plain line
	From    string // display name, or address where there is none
	Subject string

	letter *letter
}

// Start opens the servers on free loopback ports, and fills the mailbox with two
// weeks of mail that end at now and the calendar with four weeks around it. The
// same now gives the same mailbox, byte for byte, and the same events. The world
// ends with Close or with ctx, whichever is first.
func Start(ctx context.Context, now time.Time) (*World, error) {
	zone, err := time.LoadLocation(Timezone)
	if err != nil {
		return nil, fmt.Errorf("starting the demo: time zone %s: %w", Timezone, err)
	}
	w := &World{
		User: Address, Password: "demo", Address: Address,
		now: now.In(zone), started: time.Now(),
		account: imapmemserver.NewUser(Address, "demo"),
	}
	if err := w.fill(); err != nil {
		return nil, fmt.Errorf("filling the demo's mailbox: %w", err)
	}
	if err := w.serve(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the demo's servers: %w", err), w.close())
	}
	w.unwatch = context.AfterFunc(ctx, func() { _ = w.close() }) // the error stays in w for the caller's Close
	return w, nil
}

// IMAPAddr is host:port of the IMAP server. It speaks no TLS: it is loopback.
func (w *World) IMAPAddr() string { return w.imap.Addr().String() }

// SMTPAddr is host:port of the SMTP server. It takes mail for the executive, and
// what the executive sends; the latter goes no further (see Departures).
func (w *World) SMTPAddr() string { return w.smtp.Addr().String() }

// Arrivals are the mails for the live part, in the order in which they are
// meant to arrive.
func (w *World) Arrivals() []Arrival { return w.arrivals }

// Deliver sends one arrival over SMTP, as its sender's server would. When it
// returns nil the message lies in INBOX and idling clients have been told.
func (w *World) Deliver(ctx context.Context, a Arrival) error {
	date := w.Clock()
	msg, err := a.letter.message(date)
	if err != nil {
		return fmt.Errorf("writing the arrival %q: %w", a.About, err)
	}
	if err := send(ctx, w.SMTPAddr(), a.letter.envelopeFrom(), Address, msg); err != nil {
		return fmt.Errorf("delivering the arrival %q, which is not in the mailbox now: %w", a.About, err)
	}
	return nil
}

// Writings are mails that Dana herself writes in the live part.
func (w *World) Writings() []Arrival { return w.writings }

// Write lets her write one of them: its copy lies among what she has sent then. It
// returns the Message-ID, without brackets.
func (w *World) Write(a Arrival) (id string, err error) {
	date := w.Clock()
	msg, err := a.letter.message(date)
	if err != nil {
		return "", fmt.Errorf("writing %q: %w", a.About, err)
	}
	return strings.Trim(a.letter.messageID(), "<>"), w.put(Sent, msg, date, []imap.Flag{imap.FlagSeen})
}

// Close ends both servers and every connection to them, and waits until the
// goroutines that served them are gone. Later calls return the same error.
func (w *World) Close() error {
	w.unwatch()
	return w.close()
}

func (w *World) close() error {
	w.closing.Do(func() {
		var errs []error
		for i := len(w.stop) - 1; i >= 0; i-- {
			errs = append(errs, w.stop[i]())
		}
		w.serving.Wait()
		w.closed = errors.Join(errs...)
	})
	return w.closed
}

// fill makes the folders and puts every letter into its own, oldest first, so
// that UIDs rise with the date as they do on a server that has lived.
func (w *World) fill() error {
	post, err := readPost(w.now)
	if err != nil {
		return err
	}
	if w.folders, err = newFolders(w.account); err != nil {
		return err
	}
	for _, l := range post.letters {
		msg, err := l.received(l.date)
		if err != nil {
			return err
		}
		if err := w.put(l.folder, msg, l.date, l.flags); err != nil {
			return fmt.Errorf("%s: %w", l.place(), err)
		}
	}
	for _, l := range post.arrivals {
		w.arrivals = append(w.arrivals, l.arrival())
	}
	for _, l := range post.writings {
		w.writings = append(w.writings, l.arrival())
	}
	return nil
}

func (l *letter) arrival() Arrival {
	return Arrival{About: l.value("About"), From: l.sender(), Subject: l.title(), letter: l}
}

func (w *World) put(folder string, msg []byte, date time.Time, flags []imap.Flag) error {
	// A bytes.Reader is an imap.LiteralReader: it knows its size.
	_, err := w.account.Append(folder, bytes.NewReader(msg), &imap.AppendOptions{Time: date, Flags: flags})
	if err != nil {
		return fmt.Errorf("appending to %q: %w", folder, err)
	}
	return nil
}

func (w *World) serve(ctx context.Context) error {
	var err error
	if w.imap, err = listen(ctx); err != nil {
		return fmt.Errorf("IMAP: %w", err)
	}
	mail := newIMAPServer(w.account, w.folders)
	w.serving.Go(func() { _ = mail.Serve(w.imap) }) // ends, without a cause of its own, when the listener closes
	w.stop = append(w.stop, func() error { return errors.Join(mail.Close(), w.imap.end()) })

	if w.smtp, err = listen(ctx); err != nil {
		return fmt.Errorf("SMTP: %w", err)
	}
	post := newSMTPServer(func(msg []byte) error {
		return w.put("INBOX", msg, w.Clock(), nil)
	}, w.leave, w.Clock)
	w.serving.Go(func() { _ = post.Serve(w.smtp) })
	w.stop = append(w.stop, func() error { return errors.Join(closeSMTP(post), w.smtp.end()) })
	return w.serveCalendar(ctx)
}

// serveCalendar opens the calendar server and fills it.
func (w *World) serveCalendar(ctx context.Context) error {
	var err error
	w.Calendar, err = gcal.Start(ctx, gcal.Account{User: Address, Zone: Timezone, Now: w.Clock, Workspace: true})
	if err != nil {
		return err
	}
	w.stop = append(w.stop, w.Calendar.Close)
	if w.diary, w.happenings, err = fillCalendar(w.Calendar, w.now); err != nil {
		return fmt.Errorf("filling the calendar: %w", err)
	}
	return nil
}

// Clock is the demo's time: it began with what Start was told, runs, and jumps by
// Skip. What works on the world must go by it.
func (w *World) Clock() time.Time {
	return w.now.Add(time.Since(w.started) + time.Duration(w.skipped.Load()))
}

// Skip sets the clock forward to a time; to one that is over it does nothing.
func (w *World) Skip(to time.Time) {
	if by := to.Sub(w.Clock()); by > 0 {
		w.skipped.Add(int64(by))
	}
}

// NextWorkday is the day after which the calendar's days are counted: its midnight,
// in London.
func (w *World) NextWorkday() time.Time {
	d := workday(w.now, 1)
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, d.Location())
}

func closeSMTP(s *smtp.Server) error {
	if err := s.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("closing the demo's SMTP server: %w", err)
	}
	return nil
}
