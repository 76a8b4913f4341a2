package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/store"
)

// letterFlags say which letter is meant, and what to do with it.
type letterFlags struct {
	date, digest, bundle, brief string
	review                      bool

	html                   string // file of the page; "-" is standard output
	why, open, send, again bool
}

func (c *command) agendaCommand() *cobra.Command {
	var l letterFlags
	cmd := &cobra.Command{
		Use: "agenda", Short: "Show the agenda that the executive gets, and where each line of it comes from", Args: takes(nothing),
		Long: `Agenda prints today's agenda as it would be sent now, from what foredesk has last read
of the mail and the calendar: no server is asked, and nothing is sent. With the --date of
a letter that was sent it prints that one, as it was.

With --why it lists the lines instead, each with the rule, the message or the event that
it comes from. With --send the letter goes out now: once for a date, unless you say
--again.

The other letters are shown with --review, --digest, --bundle and --brief.`,
		Example: `  foredesk agenda
  foredesk agenda --date tomorrow --open
  foredesk agenda --date 2026-12-08 --why
  foredesk agenda --html agenda.html
  foredesk agenda --digest evening
  foredesk agenda --brief "Rahul and Dana"`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.agenda(cmd.Context(), l) },
	}
	f := cmd.Flags()
	f.StringVar(&l.date, "date", "", "the letter of this `day`: today, tomorrow or a date (2026-12-08)")
	f.BoolVar(&l.review, "review", false, "the review of the week instead of the agenda")
	f.StringVar(&l.digest, "digest", "", "the digest with this `name` instead of the agenda, such as evening")
	f.StringVar(&l.bundle, "bundle", "", "the bundle with this `name` instead of the agenda")
	f.StringVar(&l.brief, "brief", "", "the brief before this `event` instead of the agenda, by its title or id")
	f.StringVar(&l.html, "html", "", "write the page to a `file`; with - to the output")
	f.BoolVar(&l.open, "open", false, "open the page in a browser")
	f.BoolVar(&l.why, "why", false, "list the lines, and where each comes from")
	f.BoolVar(&l.send, "send", false, "send it now")
	f.BoolVar(&l.again, "again", false, "with --send: though one was sent for that day")
	return cmd
}

// check refuses flags that don't go together.
func (l *letterFlags) check() error {
	which := nonEmpty(l.digest, l.bundle, l.brief)
	if l.review {
		which = append(which, "review")
	}
	shows := l.why || l.open || l.html != ""
	switch {
	case len(which) > 1:
		return usage{errors.New("--review, --digest, --bundle and --brief are letters of their own: name one of them")}
	case l.again && !l.send:
		return usage{errors.New("--again goes with --send")}
	case l.send && shows:
		return usage{errors.New("--send sends the letter; --why, --html and --open show it without")}
	case l.send && len(which) > 0:
		return usage{errors.New("--send sends the agenda; the other letters are sent when their time has come")}
	case l.why && shows && (l.open || l.html != ""):
		return usage{errors.New("--why prints lines, --html and --open show the page: choose one of them")}
	}
	return nil
}

func (c *command) agenda(ctx context.Context, l letterFlags) error {
	if err := l.check(); err != nil {
		return err
	}
	d, done, err := c.oneDesk(ctx, c.logger())
	if err != nil {
		return err
	}
	defer done()
	if d.Agenda == nil {
		return d.noAgenda(c.configFile)
	}
	p, err := d.letterOf(ctx, l, time.Now())
	if err != nil {
		return err
	}
	if l.send {
		return c.sendAgenda(ctx, d, engine.AgendaArgs{Date: p.Date, Force: l.again}, p)
	}
	if err := p.read(ctx, d, l.date != ""); err != nil {
		return err
	}
	return c.showLetter(ctx, d, p, l)
}

// sendAgenda sends the agenda now, as the account's owner or by asking it.
func (c *command) sendAgenda(ctx context.Context, d *desk, args engine.AgendaArgs, p *letterOutput) error {
	_, err := c.work(ctx, d, "sending the agenda", store.KindAgenda, args, func(a *engine.Account, _ func(done, total int64)) (int64, error) {
		return a.SendAgenda(ctx, args)
	})
	if err != nil {
		return err
	}
	if _, err := p.readKept(ctx, d); err != nil {
		return err
	}
	if c.json {
		p.Lines = d.reasonsOf(p.reasons)
		return c.printJSON(p)
	}
	fmt.Fprintf(c.out, "The agenda of %s was sent to %s: %s\n", p.Date, strings.Join(append(p.To, p.Cc...), ", "), oneLine(p.Subject, 200))
	return nil
}

// noAgenda says which lines an account lacks for an agenda.
func (d *desk) noAgenda(file string) error {
	lines := "    agenda: {at: \"06:30\", days: Mon-Fri}\n"
	if d.SMTP == nil {
		lines += "    smtp: {host: smtp.example.com, port: 465, user: USER, password_file: FILE}\n"
	}
	return fmt.Errorf("the account %q has no agenda. To have one, add to it in %s:\n\n%s\nand start foredesk run again; foredesk.example.yaml has all that can be said there", d.Name, file, lines)
}
