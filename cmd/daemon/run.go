package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/foredesk/foredesk/internal/engine"
)

func (c *command) runCommand() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use: "run", Short: "Watch the mail and the calendar and follow the rules, until told to stop", Args: takes(nothing),
		Long: `Run watches the folders and calendars of every account and follows its rules, until
it gets SIGTERM or Ctrl-C. A saved rules file is followed at once, and one that comes by
a link or with its folder within a minute; SIGHUP reads it again, too. A file with a
mistake leaves the old rules at work and says where it is wrong.
On a PostgreSQL database several machines may run it: they share the accounts.

At the first start only mail that arrives from then on is handled: older mail is
touched by "foredesk apply" alone. What is on a calendar that is first read stays as it
is: an event is looked at when it is new or changed, and when it starts within a day.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.watch(cmd.Context(), once) },
	}
	cmd.Flags().BoolVar(&once, "once", false, "handle what is new and end")
	return cmd
}

func (c *command) watch(ctx context.Context, once bool) error {
	log := c.loggerWith(&slog.HandlerOptions{Level: slog.LevelInfo})
	err := c.watchUntil(ctx, once, log)
	// A connection to PostgreSQL whose context ends is closed, and then told of as bad.
	told := errors.Is(err, context.Canceled) || errors.Is(err, driver.ErrBadConn)
	if !once && ctx.Err() != nil && told {
		log.Info("stopped before it had begun; nothing was done", "error", err)
		return nil // as it was told to: for systemd that is no failure
	}
	return err
}

// watchUntil watches until ctx ends or, with once, until nothing more is new.
func (c *command) watchUntil(ctx context.Context, once bool, log *slog.Logger) error {
	hangup := make(chan os.Signal, 1)
	if !once { // from the first moment to the last, as it would end the process
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
	}
	desks, closeAll, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, d := range desks {
		d.stays = !once
		defer d.closeCalendar(ctx)
	}
	if desks[0].journal.Shared() && !once {
		err = shareAccounts(ctx, desks, hangup, log)
	} else {
		err = watchAll(ctx, desks, hangup, once, log)
	}
	if err == nil {
		log.Info("stopped; everything is written down")
	}
	return err
}

// watchAll looks after every account, or after none if one of them is another's.
func watchAll(ctx context.Context, desks []*desk, hangup <-chan os.Signal, once bool, log *slog.Logger) error {
	accounts, err := takeAll(ctx, desks)
	if err != nil {
		return err
	}
	defer releaseAll(accounts, log)
	for _, d := range desks {
		d.begun(ctx)
	}
	return runAll(ctx, desks, accounts, hangup, once)
}

// begun says what is watched from now on, and by which rules.
func (d *desk) begun(ctx context.Context) {
	d.note(ctx)
	d.log.Info("watching", "account", d.Name, "host", d.IMAP.Host, "folders", d.IMAP.Folders, "rules", len(d.set.Rules))
}

// takeAll takes every account or none.
func takeAll(ctx context.Context, desks []*desk) ([]*engine.Account, error) {
	var accounts []*engine.Account
	for _, d := range desks {
		a, err := d.take(ctx, nil)
		if err != nil {
			releaseAll(accounts, d.log)
			return nil, err
		}
		d.account = a
		accounts = append(accounts, a)
	}
	return accounts, nil
}

func releaseAll(accounts []*engine.Account, log *slog.Logger) {
	for _, a := range accounts {
		if err := a.Release(); err != nil {
			log.Error("giving an account up", "account", a.Name, "error", err)
		}
	}
}

// runAll runs each account in a goroutine of its own, so that none can hold up
// another. A journal that fails stops all of them.
func runAll(ctx context.Context, desks []*desk, accounts []*engine.Account, hangup <-chan os.Signal, once bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, len(accounts)+1)
	for i, a := range accounts {
		all.Go(func() {
			if once {
				if err := a.RunOnce(ctx); err != nil {
					errs[i] = fmt.Errorf("account %q: %w", a.Name, err)
				}
				return
			}
			if errs[i] = a.Run(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	if !once {
		errs[len(accounts)] = followRules(ctx, desks, hangup)
	}
	all.Wait()
	return errors.Join(errs...)
}
