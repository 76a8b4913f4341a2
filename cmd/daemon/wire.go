package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/errand"
	"github.com/foredesk/foredesk/internal/google"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// desk is one configured account with the parts that work on it.
type desk struct {
	config.Account
	mail    *mail.Account
	set     *rules.Set
	read    [sha256.Size]byte // sum of the files when they were read last
	tools   *errand.Desk      // what works outside the folders
	tokens  *google.Source    // nil where the account has nothing to do with Google
	journal *store.Store
	model   engine.Model // nil where no language model is asked
	log     *slog.Logger

	standing oauth2.TokenSource // the demo's, in the place of tokens
	clock    func() time.Time   // the demo's; nil for the machine's
	stays    bool               // it goes on until it is told to stop
	calendar *calendar.Client   // of the account that was taken; nil without one

	// While it is watched, its rules may be replaced and, where several nodes share
	// the accounts, its ownership comes and goes.
	turning sync.Mutex
	account *engine.Account // nil while this process does not own it
}

// open reads the configuration and the rules of the wanted accounts and opens
// the journal. Everything that can be wrong without a server is found here,
// before anything has been done.
func (c *command) open(ctx context.Context, log *slog.Logger) ([]*desk, func(), error) {
	cfg, err := c.loadConfig()
	if err != nil {
		return nil, nil, err
	}
	desks, err := c.desks(cfg, log)
	if err != nil {
		return nil, nil, err
	}
	journal, err := store.Open(ctx, cfg.Database)
	if err != nil {
		return nil, nil, err
	}
	asked, err := openModel(ctx, cfg.Model, journal, log)
	if err != nil {
		return nil, nil, errors.Join(err, journal.Close())
	}
	for _, d := range desks {
		d.journal, d.model = journal, asked
	}
	return desks, func() {
		if err := journal.Close(); err != nil {
			log.Error("closing the journal", "error", err)
		}
	}, nil
}

func (c *command) loadConfig() (*config.Config, error) {
	cfg, err := config.Load(c.configFile)
	if problems := rules.Problems(nil); errors.As(err, &problems) {
		return nil, fmt.Errorf("the configuration has mistakes; nothing was started.\n\n%w", problems)
	}
	return cfg, err
}

func (c *command) desks(cfg *config.Config, log *slog.Logger) ([]*desk, error) {
	if err := knowsAccount(cfg, c.account); err != nil {
		return nil, err
	}
	var desks []*desk
	for _, a := range cfg.Accounts {
		if c.account != "" && c.account != a.Name {
			continue
		}
		d, err := newDesk(a, log)
		if err != nil {
			return nil, err
		}
		desks = append(desks, d)
	}
	return desks, nil
}

// knowsAccount refuses an --account that is none.
func knowsAccount(cfg *config.Config, name string) error {
	var names []string
	for _, a := range cfg.Accounts {
		if name == "" || name == a.Name {
			return nil
		}
		names = append(names, a.Name)
	}
	return usage{fmt.Errorf("no account is called %q; there are: %s", name, strings.Join(names, ", "))}
}

// oneDesk is open for verbs that work on one account.
func (c *command) oneDesk(ctx context.Context, log *slog.Logger) (*desk, func(), error) {
	desks, done, err := c.open(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	if len(desks) > 1 {
		done()
		var names []string
		for _, d := range desks {
			names = append(names, d.Name)
		}
		return nil, nil, usage{fmt.Errorf("say which account is meant: --account %s", strings.Join(names, ", or --account "))}
	}
	return desks[0], done, nil
}

func newDesk(a config.Account, log *slog.Logger) (*desk, error) {
	d := &desk{Account: a, log: log}
	var err error
	d.set, err = d.loadRules()
	if problems := rules.Problems(nil); errors.As(err, &problems) {
		return nil, fmt.Errorf("the rules of account %q have mistakes, so nothing was done with its mail. Mend them and try again.\n\n%w", d.Name, problems)
	}
	if err != nil {
		return nil, err
	}
	if d.tokens, err = openGoogle(a, log); err == nil {
		err = d.equip()
	}
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", d.Name, err)
	}
	secret, refused := d.secretOf(a.IMAP.Server)
	d.mail, err = mail.New(mail.Config{
		Host: a.IMAP.Host, Port: a.IMAP.Port, TLS: string(a.IMAP.TLS), CAFile: a.IMAP.CAFile,
		User: a.IMAP.User, Secret: secret, Refused: refused, Auth: string(a.IMAP.Auth),
		Folders: a.IMAP.Folders, Poll: a.IMAP.Poll, Identity: d.identity(),
	}, log.With("account", a.Name))
	return d, err
}

func (d *desk) identity() mail.Identity {
	return mail.Identity{Account: d.Name, Address: d.Addresses, AuthservID: d.IMAP.AuthservID}
}

// loadRules reads the account's rules file as it is now.
func (d *desk) loadRules() (*rules.Set, error) {
	d.read = d.sum() // first: what is saved just now is then read once more
	return loadRules(d.Rules, rules.Options{Me: d.Addresses, Timezone: d.Location, AllowDelete: d.AllowDelete})
}

// take makes this process the account's owner.
func (d *desk) take(ctx context.Context, observe func(engine.Event)) (*engine.Account, error) {
	seal, err := d.journal.Secret(ctx)
	if err != nil {
		return nil, err
	}
	d.tools.Author.Secret = seal
	d.mail.Seal(seal)
	calendars, err := d.openCalendar(ctx)
	if err != nil {
		return nil, err
	}
	a, err := engine.Take(ctx, engine.Config{
		Name: d.Name, Mail: server{d.mail}, Journal: d.journal, Rules: d.set, Log: d.log, Observe: observe,
		Folders: d.IMAP.Folders, Outside: d.tools, Calendar: calendars, Letters: d.letters(), Model: d.model, Strict: d.IMAP.AuthservID != "", Now: d.clock,
		Approvers: map[string]string{"assistant": d.Assistant, "executive": d.Addresses[0], "desk": d.Addresses[0]},
	})
	if err != nil {
		d.closeCalendar(ctx)
	}
	return a, err
}

// session connects for looking, without owning the account.
func (d *desk) session(ctx context.Context, needs rules.Needs) (*mail.Session, error) {
	d.mail.Needs(needs)
	d.mail.Calendar(calendarOf(d.set))
	s, err := d.mail.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", d.Name, err)
	}
	return s, nil
}

// Follow implements engine.Mail.
func (s server) Follow(set *rules.Set, needs rules.Needs) {
	s.Needs(needs)
	s.Calendar(calendarOf(set))
	if set.LooksAtSent() || needs.History {
		s.WatchSent()
	}
}

// server lets the engine speak to a mail.Account through its own words.
type server struct{ *mail.Account }

// Watch implements engine.Mail.
func (s server) Watch(ctx context.Context, once bool, cursor engine.CursorFunc, arrive engine.ArriveFunc) error {
	deliver := func(ctx context.Context, session *mail.Session, b mailbox.Batch) error {
		err := arrive(ctx, session, b)
		if trouble := (*engine.MailError)(nil); errors.As(err, &trouble) {
			return fmt.Errorf("%w: %w", mail.ErrLost, err) // Watch connects again and asks for the cursor
		}
		return err
	}
	if once {
		return s.CatchUp(ctx, mail.Cursors(cursor), deliver)
	}
	return s.Account.Watch(ctx, mail.Cursors(cursor), deliver)
}

// Open implements engine.Mail.
func (s server) Open(ctx context.Context) (engine.Session, error) { return s.Account.Open(ctx) }
