package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk"
	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

func (c *command) demoCommand() *cobra.Command {
	var once, keep bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Work on a made-up executive's mailbox, to see how it goes", Args: takes(nothing),
		Long: `Demo starts a mail server inside this process, with two weeks of the mail of Dana
Whitfield, who is made up, and lets foredesk work on it over the network as it would
on a real one, with rules.example.yaml. New mail keeps arriving for a minute.
Nothing outside is touched and nothing is kept.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			return c.demo(ctx, once, keep)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "handle everything without a pause, print the summary, undo one action, and end")
	cmd.Flags().BoolVar(&keep, "keep", false, "hold the servers open at the end, for a look with a mail program")
	return cmd
}

// Pauses between the mails that arrive in the demo.
const (
	demoPause     = 5 * time.Second
	demoOncePause = 150 * time.Millisecond
	demoPatience  = 10 * time.Second // for one mail to be handled
)

// show is a demo in progress.
type show struct {
	*command
	world   *demo.World
	desk    *desk
	account *engine.Account
	pause   time.Duration

	mu      sync.Mutex
	seen    map[string]int64 // messages by rule
	actions map[string]int64 // actions by rule
	handled chan string      // Message-IDs of arrivals, as they are done with
	last    store.Step       // a move that can be shown, to be taken back at the end
}

func (c *command) demo(ctx context.Context, once, keep bool) (err error) {
	folder, err := os.MkdirTemp("", "foredesk-demo-")
	if err != nil {
		return fmt.Errorf("the demo needs a folder for its journal: %w", err)
	}
	defer os.RemoveAll(folder)
	world, err := demo.Start(ctx, time.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	s := &show{command: c, world: world, pause: demoPause, seen: map[string]int64{}, actions: map[string]int64{}, handled: make(chan string, 100)}
	if once {
		s.pause = demoOncePause
	}
	if err := s.open(ctx, folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.desk.journal.Close()) }()
	defer func() { err = errors.Join(err, s.account.Release()) }()
	s.intro()
	if err := s.acts(ctx); err != nil {
		return err
	}
	if keep {
		s.hold(ctx)
	}
	return nil
}

// acts are the parts of the demo, one after the other.
func (s *show) acts(ctx context.Context) error {
	s.heading("Two weeks of mail", "foredesk apply")
	run, err := s.account.Apply(ctx, engine.ApplyArgs{Folders: []string{mailbox.Inbox}}, nil)
	if err != nil {
		return err
	}
	if err := s.twoWeeks(ctx, run); err != nil {
		return err
	}
	s.heading("New mail arrives", "foredesk run")
	if err := s.live(ctx); err != nil {
		return err
	}
	s.summary()
	if err := s.takeBack(ctx); err != nil {
		return err
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
	host, portText, err := net.SplitHostPort(s.world.IMAPAddr())
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if s.verbose {
		log = s.logger()
	}
	d := &desk{Account: config.Account{Name: "dana", Addresses: []string{s.world.Address}, Location: zone, Rules: rulesFile}, log: log}
	d.IMAP.Folders, d.IMAP.AuthservID = []string{mailbox.Inbox}, demo.AuthServID
	if d.SMTP, err = s.outgoing(); err != nil {
		return err
	}
	d.Assistant, d.Files = demo.Assistant, filepath.Join(folder, "files")
	if d.set, err = d.loadRules(); err != nil {
		return err
	}
	if err := d.equip(); err != nil {
		return err
	}
	d.mail, err = mail.New(mail.Config{
		Host: host, Port: port, TLS: mail.NoTLS, User: s.world.User, Folders: d.IMAP.Folders, Identity: d.identity(),
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

// outgoing is the demo's server for sending.
func (s *show) outgoing() (*config.Server, error) {
	host, portText, err := net.SplitHostPort(s.world.SMTPAddr())
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	return &config.Server{Host: host, Port: port, TLS: config.NoTLS}, err
}

func (s *show) intro() {
	fmt.Fprintf(s.out, "%s\n\n", s.bold("Foredesk: the desk of Dana Whitfield, who is made up"))
	fmt.Fprintf(s.out, "  rules    rules.example.yaml, %s\n", count(int64(len(s.desk.set.Rules)), "rule"))
	fmt.Fprintf(s.out, "  IMAP     %s   user %s, password %s, no TLS\n", s.world.IMAPAddr(), s.world.User, s.world.Password)
	fmt.Fprintf(s.out, "  SMTP     %s   takes mail for %s\n", s.world.SMTPAddr(), s.world.Address)
}

func (s *show) heading(title, verb string) {
	fmt.Fprintf(s.out, "\n%s  %s\n\n", s.bold(title), s.faint("("+verb+")"))
}

// linesPerRule is how many of a rule's mails are shown of the two weeks.
const linesPerRule = 2

// twoWeeks shows what the run has done, mail by mail, from the journal.
func (s *show) twoWeeks(ctx context.Context, run int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := map[string]int{}
	var more int64
	var mail []store.Step // the steps of one mail stand together
	flush := func() {
		if len(mail) == 0 {
			return
		}
		if shown[mail[0].Rule]++; shown[mail[0].Rule] <= linesPerRule {
			s.line(mail)
		} else {
			more++
		}
		s.tally(mail)
		mail = nil
	}
	err := s.desk.journal.EachStep(ctx, store.Filter{Account: s.desk.Name, RunID: run, States: []store.State{store.Done}}, func(step store.Step) error {
		if len(mail) > 0 && mail[0].Item.ID != step.Item.ID {
			flush()
		}
		mail = append(mail, step)
		return nil
	})
	flush()
	fmt.Fprintf(s.out, "  … and %s like these\n", count(more, "more mail"))
	return err
}

// observe shows what happens to a new mail, as it happens.
func (s *show) observe(e engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(e.Steps)
	s.tally(e.Steps)
	select {
	case s.handled <- e.Item.MessageID:
	default:
	}
}

// line says in a line what was done to one mail.
func (s *show) line(steps []store.Step) {
	words := make([]string, len(steps))
	for i, step := range steps {
		words[i] = stepOf(step).words()
	}
	item := steps[0].Item
	fmt.Fprintf(s.out, "  %-24s %-42s %s %s\n", oneLine(item.Sender, 24), oneLine(item.Subject, 42), s.green("→"), strings.Join(words, ", "))
}

// tally counts one mail for each of the rules that acted on it.
func (s *show) tally(steps []store.Step) {
	counted := map[string]bool{}
	for _, step := range steps {
		s.actions[step.Rule]++
		if !counted[step.Rule] {
			counted[step.Rule] = true
			s.seen[step.Rule]++
		}
		if step.Op.Kind == mailbox.Move && step.Item.Subject != engine.Hidden {
			s.last = step
		}
	}
}

// live watches the inbox while mail arrives over SMTP.
func (s *show) live(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watching sync.WaitGroup
	var watchErr error
	watching.Go(func() { watchErr = s.account.Run(ctx) })
	err := s.watched(ctx)
	for _, arrival := range s.world.Arrivals() {
		if err != nil {
			break
		}
		err = s.arrive(ctx, arrival)
	}
	cancel()
	watching.Wait()
	return errors.Join(err, watchErr)
}

// watched waits until the daemon has seen the inbox for the first time: mail
// from then on is new.
func (s *show) watched(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, ok, err := s.desk.journal.Cursor(ctx, s.desk.Name, mailbox.Inbox); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (s *show) arrive(ctx context.Context, a demo.Arrival) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.pause):
	}
	fmt.Fprintf(s.out, "  %s\n", s.faint(a.About))
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

func (s *show) summary() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heading("What was done", "foredesk log")
	rows := [][]string{{"RULE", "MESSAGES", "ACTIONS"}}
	var messages, actions int64
	for _, r := range s.desk.set.Rules {
		if s.actions[r.Name] > 0 {
			rows = append(rows, []string{oneLine(r.Name, 60), thousands(s.seen[r.Name]), thousands(s.actions[r.Name])})
		}
		messages, actions = messages+s.seen[r.Name], actions+s.actions[r.Name]
	}
	rows = append(rows, []string{"All", thousands(messages), thousands(actions)})
	s.table("  ", rows)
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
	fmt.Fprintf(s.out, "  %q by %s\n  was in %s and is back in %s; no rule will move it again.\n",
		oneLine(now.Item.Subject, 60), now.Item.Sender, last.At.Folder, now.Item.Place.Folder)
	return nil
}

func (s *show) ending() {
	fmt.Fprint(s.out, `
Next:
  foredesk check rules.example.yaml   after you have changed something in it
  foredesk test rules.example.yaml    its own tests
  README.md                           your own account in five minutes
`)
}

// hold keeps the servers open until Ctrl-C.
func (s *show) hold(ctx context.Context) {
	fmt.Fprintf(s.out, "\nPoint a mail program at IMAP %s (user %s, password %s, no TLS). Ctrl-C ends.\n", s.world.IMAPAddr(), s.world.User, s.world.Password)
	<-ctx.Done()
}
