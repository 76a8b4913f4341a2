package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/internal/engine"
)

// settleTime is how long a rules file must be still before it is read: editors
// write a file in several steps.
const settleTime = 250 * time.Millisecond

// followRules reads the rules again when a file is saved or SIGHUP comes, until
// ctx ends. Folders are watched rather than files, as editors save by putting a
// new file in the place of the old one.
func followRules(ctx context.Context, desks []*desk, accounts []*engine.Account) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the rules files: %w", err)
	}
	defer watcher.Close()
	for _, d := range desks {
		if err := watcher.Add(filepath.Dir(d.Rules)); err != nil {
			return fmt.Errorf("watching the rules file %s: %w", d.Rules, err)
		}
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	still := time.NewTimer(0)
	<-still.C
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			if isRulesFile(event.Name, desks) {
				still.Reset(settleTime)
			}
		case err := <-watcher.Errors:
			desks[0].log.Warn("watching the rules files; SIGHUP reads them again", "error", err)
		case <-still.C:
			reload(desks, accounts)
		case <-hangup:
			reload(desks, accounts)
		}
	}
}

func isRulesFile(name string, desks []*desk) bool {
	for _, d := range desks {
		if filepath.Clean(name) == filepath.Clean(d.Rules) {
			return true
		}
	}
	return false
}

// reload does all that can fail before it touches what is at work: a bad file
// leaves the old rules in their place.
func reload(desks []*desk, accounts []*engine.Account) {
	for i, d := range desks {
		set, err := d.loadRules()
		switch {
		case err != nil:
			d.log.Error("the rules file was not taken; the rules from before go on working", "account", d.Name, "error", err)
		case set.Hash != d.set.Hash:
			d.set = set
			accounts[i].UseRules(set)
			d.log.Info("the new rules are at work", "account", d.Name, "rules", len(set.Rules), "hash", set.Hash)
		}
	}
}
