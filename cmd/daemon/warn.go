package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/config"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// An edit that would have treated more of the last month's mail differently than
// this is worth a word.
const (
	muchOften  = 50
	muchShare  = 0.1
	muchAtAll  = 5
	warnSpan   = 30 * 24 * time.Hour
	warnWithin = 5 * time.Second // so long the past is looked at, at most
)

// editWarning says that an edit changes more than a little, by what the journal
// alone knows; it is empty where it does not.
func editWarning(ctx context.Context, journal *store.Store, account string, before, after *rules.Set) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, warnWithin)
	defer cancel()
	c := newComparison(journal, account, before, after)
	err := c.past(ctx, time.Now().Add(-warnSpan))
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return "", err
	}
	c.assume()
	n := int64(len(c.changes))
	if n < muchAtAll || n < muchOften && float64(n) < muchShare*float64(c.messages) {
		return "", nil
	}
	return fmt.Sprintf("these rules would have treated %s of the %s of the last 30 days differently; to look closer: foredesk diff", thousands(n), count(c.messages, "message")), nil
}

// warnOfEdit says which accounts' rules, as they stand in their files, change more
// than a little against those that act. It is an extra: where the journal can't be
// read, check has done its work.
func (c *command) warnOfEdit(ctx context.Context) {
	cfg, err := config.Load(c.configFile)
	if err != nil {
		return
	}
	if file, ok := strings.CutPrefix(cfg.Database, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return // foredesk has not run yet, and check makes no journal
		}
	}
	journal, err := store.Open(ctx, cfg.Database)
	if err != nil {
		fmt.Fprintf(c.err, "What an edit would change was not looked at: %s\n", err)
		return
	}
	defer journal.Close()
	for _, a := range cfg.Accounts {
		if c.account != "" && c.account != a.Name {
			continue
		}
		words, err := (&desk{Account: a, journal: journal}).editSince(ctx)
		if err != nil {
			words = "what the edit would change is not known: " + err.Error()
		}
		if words != "" {
			fmt.Fprintf(c.out, "%s: %s\n", nearName(a.Rules), words)
		}
	}
}

// editSince compares the account's file with the rules that act.
func (d *desk) editSince(ctx context.Context) (string, error) {
	set, err := d.loadRules()
	if err != nil {
		return "", err
	}
	k, ok, err := readNote(ctx, d.journal, notePresent+d.Name)
	if err != nil || !ok || k.Hash == set.Hash {
		return "", err
	}
	before, err := k.load(d)
	if err != nil {
		return "", err
	}
	return editWarning(ctx, d.journal, d.Name, before, set)
}
