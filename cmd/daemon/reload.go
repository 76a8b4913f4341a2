package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/foredesk/foredesk/rules"
)

// settleTime is how long a rules file must be still before it is read: editors
// write a file in several steps.
const settleTime = 250 * time.Millisecond

// lookAgain is how often it is looked whether the files are as they were read, as not
// all that changes them is told: they may lie behind a link, or on another machine.
const lookAgain = time.Minute

// followRules reads the rules again when a file is saved or hangup comes, until
// ctx ends.
func followRules(ctx context.Context, desks []*desk, hangup <-chan os.Signal) error {
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	return followFiles(ctx, desks, hangup, look.C)
}

// followFiles watches folders rather than files, as editors save by putting a new file in
// the place of the old one.
func followFiles(ctx context.Context, desks []*desk, hangup <-chan os.Signal, look <-chan time.Time) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the rules files: %w", err)
	}
	defer watcher.Close()
	for _, d := range desks {
		if err := watchFolders(watcher, d); err != nil {
			return err
		}
	}
	reloadChanged(ctx, desks) // what was saved before it was watched
	still := time.NewTimer(0)
	<-still.C
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			d := deskOf(event.Name, desks)
			if d == nil {
				continue
			}
			still.Reset(settleTime)
			if filepath.Clean(event.Name) == templatesOf(d) {
				if err := watchTemplates(watcher, d); err != nil {
					d.log.Warn("watching the templates; SIGHUP reads them again", "error", err)
				}
			}
		case err := <-watcher.Errors: // it may have missed something
			desks[0].log.Warn("watching the rules files was interrupted; they are looked at again", "error", err)
			still.Reset(settleTime)
		case <-still.C:
			reload(ctx, desks)
		case <-look:
			watchAnew(watcher, desks)
			if slices.ContainsFunc(desks, (*desk).isChanged) {
				still.Reset(settleTime)
			}
		case <-hangup:
			reload(ctx, desks)
		}
	}
}

func watchFolders(watcher *fsnotify.Watcher, d *desk) error {
	if err := watcher.Add(filepath.Dir(d.Rules)); err != nil {
		return fmt.Errorf("watching the rules file %s: %w", d.Rules, err)
	}
	return watchTemplates(watcher, d)
}

// watchAnew watches the folders that are in their places now. What is in one that can't be
// watched is looked at all the same.
func watchAnew(watcher *fsnotify.Watcher, desks []*desk) {
	for _, d := range desks {
		if err := watchFolders(watcher, d); err != nil {
			d.log.Debug("a folder can't be watched; it is looked at", "account", d.Name, "again_in", lookAgain.String(), "error", err)
		}
	}
}

// templatesOf is the folder of the texts of drafts and replies.
func templatesOf(d *desk) string { return filepath.Join(filepath.Dir(d.Rules), "templates") }

// watchTemplates watches that folder, if there is one.
func watchTemplates(watcher *fsnotify.Watcher, d *desk) error {
	if err := watcher.Add(templatesOf(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("watching the folder %s: %w", templatesOf(d), err)
	}
	return nil
}

// deskOf finds whose rules a changed file may belong to, nil if it is another.
func deskOf(name string, desks []*desk) *desk {
	name = filepath.Clean(name)
	for _, d := range desks {
		template := filepath.Dir(name) == templatesOf(d) && filepath.Ext(name) == ".txt"
		if name == filepath.Clean(d.Rules) || name == templatesOf(d) || template {
			return d
		}
	}
	return nil
}

// sum tells one state of the account's files from another. That they can't be read is a
// state, too.
func (d *desk) sum() [sha256.Size]byte {
	text, err := os.ReadFile(d.Rules)
	templates, trouble := readTemplates(os.DirFS(filepath.Dir(d.Rules)))
	return sha256.Sum256(fmt.Appendf(nil, "%q %v %q %v", text, err, templates, trouble))
}

// reloadChanged reads the files again that are not as they were read.
func reloadChanged(ctx context.Context, desks []*desk) {
	for _, d := range desks {
		if d.isChanged() {
			d.reload(ctx)
		}
	}
}

func (d *desk) isChanged() bool { return d.sum() != d.read }

func reload(ctx context.Context, desks []*desk) {
	for _, d := range desks {
		d.reload(ctx)
	}
}

// reload does all that can fail before it touches what is at work: a bad file
// leaves the old rules in their place.
func (d *desk) reload(ctx context.Context) {
	set, err := d.loadRules()
	if err != nil {
		d.log.Error("the rules file was not taken; the rules from before go on working", "account", d.Name, "error", err)
		return
	}
	d.useRules(ctx, set)
}

// tellLimit is how long the journal is asked what an edit changes: an account that is to
// be taken or given up waits meanwhile.
const tellLimit = time.Minute

// useRules puts a set in the place of the old one. Of an account that another node
// looks after, that node says so.
func (d *desk) useRules(ctx context.Context, set *rules.Set) {
	d.turning.Lock()
	defer d.turning.Unlock()
	before := d.set
	d.set = set
	if set.Hash == before.Hash || d.account == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	d.account.UseRules(set)
	d.log.Info("the new rules are at work", "account", d.Name, "rules", len(set.Rules), "hash", set.Hash)
	d.note(ctx)
	words, err := editWarning(ctx, d.journal, d.Name, before, set)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		d.log.Warn("what the edit changes is not known", "account", d.Name, "error", err)
	} else if words != "" {
		d.log.Warn(words, "account", d.Name)
	}
}

// note writes down which rules act. It is for diff alone: that it failed is said,
// and holds nothing up.
func (d *desk) note(ctx context.Context) {
	if err := noteRules(ctx, d.journal, d.Name, d.set); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		d.log.Warn("which rules act was not written down; foredesk diff needs the names of two files", "account", d.Name, "error", err)
	}
}
