package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

func (c *command) demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "Work on a made-up executive's mailbox, to see how it goes", Args: takes(nothing),
		Long: `Demo starts a mail server and a calendar inside this process, with two weeks of the
mail and four weeks of the appointments of Dana Whitfield, who is made up, and lets
foredesk work on them over the network as it would on real ones, with
rules.example.yaml. For a minute new mail keeps arriving, and others make and move
meetings. Then a night passes, and the agenda of the next working day arrives.
Nothing outside is touched and what is sent reaches nobody. The agenda is kept in files,
whose names are printed; of the rest nothing is.`,
		Example: `  foredesk demo --open
  foredesk demo --once --out demo
  foredesk demo --serve`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			happens := (*show).acts
			if f.serve {
				happens = (*show).serve
			}
			return c.demo(ctx, f, time.Now(), happens)
		},
	}
	cmd.Flags().BoolVar(&f.once, "once", false, "handle everything without a pause, print the summary, undo one action, and end")
	cmd.Flags().BoolVar(&f.keep, "keep", false, "hold the servers open at the end, for a look with a mail program")
	cmd.Flags().BoolVar(&f.serve, "serve", false, "do nothing but hold the mail server open, for rules of your own")
	cmd.Flags().StringVar(&f.out, "out", "", "write agenda.html, agenda.txt and agenda.eml into this `folder`")
	cmd.Flags().BoolVar(&f.open, "open", false, "open the agenda in a browser")
	return cmd
}

// demoFlags say how the demo goes.
type demoFlags struct {
	once, keep, serve, open bool
	out                     string // folder for the agenda; empty: one of the system's for such things
}

// Pauses between the mails that arrive in the demo, and between its parts.
const (
	demoPause     = 1500 * time.Millisecond
	demoOncePause = 100 * time.Millisecond
	demoBetween   = 11 * time.Minute // by the clock of the demo, between two mails
	demoPatience  = time.Minute      // for one mail to be handled, or what follows from it
	demoPoll      = 200 * time.Millisecond
)

// show is a demo in progress. What it shows of the journal is in demotell.go.
type show struct {
	*command
	world   *demo.World
	desk    *desk
	account *engine.Account
	pause   time.Duration
	asked   demo.Departure // the mail that asks for approval
	flags   demoFlags
	letter  demo.Departure    // the agenda, as it lies in the inbox
	pages   map[string]string // where it is kept, by the name of the file

	pen     sync.Mutex        // of out
	titles  map[string]string // of events, by id, as they were at first
	handled chan string       // Message-IDs of arrivals, as they are done with
	mu      sync.Mutex
	last    store.Step // a move that was shown, to be taken back at the end
	night   bool       // what happens is not shown
}

// demo opens the world as of now, lets something happen there, and closes it.
func (c *command) demo(ctx context.Context, f demoFlags, now time.Time, happens func(*show, context.Context) error) (err error) {
	folder, err := os.MkdirTemp("", "foredesk-demo-")
	if err != nil {
		return fmt.Errorf("the demo needs a folder for its journal: %w", err)
	}
	defer os.RemoveAll(folder)
	world, err := demo.Start(ctx, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	s := &show{command: c, world: world, flags: f, pause: demoPause, handled: make(chan string, 100)}
	if f.once {
		s.pause = demoOncePause
	}
	if err := s.open(ctx, folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.desk.journal.Close()) }()
	defer func() { err = errors.Join(err, s.account.Release()) }()
	defer s.desk.closeCalendar(ctx)
	if err := happens(s, ctx); err != nil {
		return err
	}
	if f.keep {
		s.hold(ctx)
	}
	return nil
}

// acts are the parts of the demo, one after the other.
func (s *show) acts(ctx context.Context) error {
	s.intro()
	for _, act := range []func(context.Context) error{s.fourWeeks, s.twoWeeks, s.ask, s.first, s.live, s.morning, s.decides, s.ready, s.summary, s.takeBack} {
		if err := act(ctx); err != nil {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
	}
	s.ending()
	return nil
}

// open wires the demo's account as wire.go wires a configured one.
func (s *show) open(ctx context.Context, folder string) error {
	rulesFile := filepath.Join(folder, "rules.yaml")
	if err := os.WriteFile(rulesFile, foredesk.ExampleRules, 0o600); err != nil {
		return err
	}
	if err := os.CopyFS(folder, foredesk.Templates); err != nil {
		return err
	}
	zone, err := time.LoadLocation(demo.Timezone)
	if err != nil {
		return err
	}
	incoming, err := endpoint(s.world.IMAPAddr())
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if s.verbose {
		log = s.logger()
	}
	d := &desk{Account: config.Account{Name: "dana", Addresses: []string{s.world.Address}, Location: zone, Rules: rulesFile}, log: log}
	d.IMAP.Folders, d.IMAP.AuthservID = []string{mailbox.Inbox}, demo.AuthServID
	if d.SMTP, err = endpoint(s.world.SMTPAddr()); err != nil {
		return err
	}
	d.Calendar = &config.Calendar{Endpoint: s.world.Calendar.Endpoint(), Calendars: []string{"primary", "Family"}, Poll: demoPoll}
	d.clock = s.world.Clock
	d.standing = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.world.Calendar.Token()})
	d.Agenda = &config.Agenda{At: demoAgenda, Evening: demoEvening, To: []string{"executive"}, Cc: []string{"assistant"}}
	d.Assistant, d.Files = demo.Assistant, filepath.Join(folder, "files")
	if d.set, err = d.loadRules(); err != nil {
		return err
	}
	if err := d.equip(); err != nil {
		return err
	}
	d.tools.Author.Name = "Dana Whitfield"
	d.tools.Hooks.Reach = func(netip.AddrPort) error { return errors.New("the demo calls nobody") }
	d.mail, err = mail.New(mail.Config{
		Host: incoming.Host, Port: incoming.Port, TLS: mail.NoTLS, User: s.world.User, Folders: d.IMAP.Folders, Identity: d.identity(), Now: d.clock,
		Secret: func(context.Context) (string, error) { return s.world.Password, nil },
	}, log)
	if err != nil {
		return err
	}
	if d.journal, err = store.Open(ctx, "sqlite:"+filepath.Join(folder, "foredesk.db")); err != nil {
		return err
	}
	s.desk = d
	s.account, err = d.take(ctx, s.observe)
	return err
}

// endpoint is one of the demo's servers, as a configuration names it.
func endpoint(addr string) (*config.Server, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	return &config.Server{Host: host, Port: port, TLS: config.NoTLS}, err
}

func (s *show) intro() {
	s.printf("%s\n\n", s.bold("Foredesk: the desk of Dana Whitfield, who is made up"))
	s.printf("  rules    rules.example.yaml, %s\n", count(int64(len(s.desk.set.Rules)), "rule"))
	s.printf("  IMAP     %s   user %s, password %s, no TLS\n", s.world.IMAPAddr(), s.world.User, s.world.Password)
	s.printf("  Calendar %s   as Google's, with hers and her family's\n", strings.TrimPrefix(s.world.Calendar.Endpoint(), "http://"))
	s.printf("  SMTP     %s   takes mail for %s; what she sends goes no further\n", s.world.SMTPAddr(), s.world.Address)
}

// printf prints. What happens to mail and to the calendar is told by two goroutines.
func (s *show) printf(format string, args ...any) {
	s.pen.Lock()
	defer s.pen.Unlock()
	fmt.Fprintf(s.out, format, args...)
}

func (s *show) heading(title, verb string) {
	s.printf("\n%s  %s\n\n", s.bold(title), s.faint("("+verb+")"))
}

// observe shows what happens to a new mail, as it happens.
func (s *show) observe(e engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.night || s.onCalendar(e) {
		return
	}
	s.line(e.Steps)
	for _, step := range e.Steps {
		if step.Op.Kind == mailbox.Move && step.State == store.Done && step.Item.Subject != engine.Hidden && s.desk.set.Rule(step.Rule) != nil {
			s.last = step
		}
	}
	select {
	case s.handled <- e.Item.MessageID:
	default:
	}
}

// live watches the inbox while mail arrives over SMTP. In the middle of it the
// assistant answers what was asked.
func (s *show) live(ctx context.Context) error {
	s.heading("New mail arrives", "foredesk run")
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	var watching sync.WaitGroup
	var watchErr error
	watching.Go(func() { watchErr = s.account.Run(running) })
	err := s.day(ctx)
	cancel()
	watching.Wait()
	if err := errors.Join(err, watchErr); err != nil {
		return err
	}
	return s.answered(ctx)
}

// day is what arrives while the daemon runs.
func (s *show) day(ctx context.Context) error {
	if err := s.watched(ctx); err != nil {
		return err
	}
	if err := s.writes(ctx); err != nil {
		return err
	}
	arrivals := s.world.Arrivals()
	for i, arrival := range arrivals {
		if i == len(arrivals)/2 {
			if err := s.approve(ctx); err != nil {
				return err
			}
		}
		if err := s.arrive(ctx, arrival); err != nil {
			return err
		}
	}
	if err := s.until(ctx, "what the last mail led to", s.settled); err != nil {
		return err
	}
	return s.appointments(ctx)
}

// watched waits until the daemon has seen the inbox for the first time: mail
// from then on is new.
func (s *show) watched(ctx context.Context) error {
	return s.until(ctx, "the first look at the inbox", func(ctx context.Context) (bool, error) {
		_, ok, err := s.desk.journal.Cursor(ctx, s.desk.Name, mailbox.Inbox)
		return ok, err
	})
}

// settled reports whether nothing is left to do now.
func (s *show) settled(ctx context.Context) (bool, error) {
	left, err := s.desk.journal.Unfinished(ctx, s.desk.Name, s.world.Clock(), 1)
	return len(left) == 0, err
}

// until waits for something that the daemon does by itself.
func (s *show) until(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	tick, patience := time.NewTicker(20*time.Millisecond), time.NewTimer(demoPatience)
	defer tick.Stop()
	defer patience.Stop()
	for {
		if ok, err := done(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("%s has not come about within %s", what, demoPatience)
		case <-tick.C:
		}
	}
}

// rest lets people read.
func (s *show) rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.pause):
		return nil
	}
}

func (s *show) arrive(ctx context.Context, a demo.Arrival) error {
	if err := s.rest(ctx); err != nil {
		return err
	}
	s.printf("  %s\n", s.faint(a.About))
	s.world.Skip(s.world.Clock().Add(demoBetween))
	if err := s.world.Deliver(ctx, a); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.handled:
	case <-time.After(demoPatience):
		return fmt.Errorf("the mail %q was not handled within %s", a.Subject, demoPatience)
	}
	return nil
}

// takeBack undoes the last move, to show that everything can be.
func (s *show) takeBack(ctx context.Context) error {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last.ID == 0 {
		return errors.New("the demo moved no mail, so there is nothing to take back")
	}
	s.heading("Everything can be taken back", fmt.Sprintf("foredesk undo %d", last.ID))
	if _, err := s.account.Undo(ctx, engine.UndoArgs{Step: last.ID}, nil); err != nil {
		return err
	}
	steps, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, StepID: last.ID})
	if err != nil || len(steps) == 0 {
		return err
	}
	now := steps[0]
	if now.State != store.Undone {
		return fmt.Errorf("step %d was not taken back: it is %s", last.ID, now.State)
	}
	s.printf("  %q by %s\n  was in %s and is back in %s; no rule will move it again.\n",
		oneLine(now.Item.Subject, 60), now.Item.Sender, last.At.Folder, now.Item.Place.Folder)
	return nil
}

func (s *show) ending() {
	s.printf(`
Next:
  %s
                                      the agenda as a page, to be opened in a browser
  foredesk check rules.example.yaml   after you have changed something in it
  foredesk test rules.example.yaml    its own tests
  README.md                           your own account in five minutes
`, s.pages["agenda.html"])
}

// serve holds the mail server open with the mail as it came, and says how to reach it.
func (s *show) serve(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.world.IMAPAddr())
	if err != nil {
		return err
	}
	s.printf(`A mail server inside this program has two weeks of the mail of Dana Whitfield, who is
made up. Nothing has sorted it. This is its account, for foredesk.yaml:

version: 1
accounts:
  - name: dana
    address: %[1]s
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: %[2]s, port: %[3]s, user: %[1]s, password_file: dana.password, tls: none}

Into dana.password goes the word %[4]s. Ctrl-C ends it all.
`, s.world.User, host, port, s.world.Password)
	<-ctx.Done()
	return nil
}

// hold keeps the servers open until Ctrl-C.
func (s *show) hold(ctx context.Context) {
	s.printf("\nPoint a mail program at IMAP %s (user %s, password %s, no TLS). Ctrl-C ends.\n", s.world.IMAPAddr(), s.world.User, s.world.Password)
	<-ctx.Done()
}
