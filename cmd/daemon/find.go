package main

import (
	"context"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// find looks for a message on the server: where its steps in the journal took it
// or, without any, by its Message-ID in the watched folders and then in all
// others. It comes with every fact there is, and is nil if it is nowhere.
func (d *desk) find(ctx context.Context, steps []store.Step, messageID string) (*mailbox.Message, error) {
	needs := rules.AllNeeds()
	needs.Quota = d.set.Needs().Quota // it takes a question of its own
	session, err := d.session(ctx, needs)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	m, looked, err := d.findAt(ctx, session, d.placesToLook(steps, messageID), nil)
	if m == nil && err == nil && messageID != "" {
		var everywhere []lookFor
		if everywhere, err = allFolders(ctx, session, messageID); err == nil {
			m, _, err = d.findAt(ctx, session, everywhere, looked)
		}
	}
	if m == nil || err != nil {
		return nil, err
	}
	m.Item.Account = d.Name
	if m.Poison != "" {
		return m, nil
	}
	engine.LetAsk(ctx, d.model, m)
	return m, engine.Recall(ctx, d.journal, d.log, d.Name, d.set, m, time.Now())
}

// findAt looks at places, but for the folders that were looked at before.
func (d *desk) findAt(ctx context.Context, session *mail.Session, places []lookFor, before []string) (m *mailbox.Message, looked []string, err error) {
	for _, place := range places {
		if slices.Contains(before, place.folder) {
			continue
		}
		looked = append(looked, place.folder)
		if m, err = firstIn(ctx, session, place); m != nil || err != nil {
			return m, looked, err
		}
	}
	return nil, looked, nil
}

// lookFor is a folder and what to look for in it.
type lookFor struct {
	folder string
	query  mailbox.Query
}

func (d *desk) placesToLook(steps []store.Step, messageID string) []lookFor {
	var places []lookFor
	for _, s := range slices.Backward(steps) {
		if engine.IsOccasion(s.Item) {
			continue // it lies in no folder
		}
		q := mailbox.Query{Keys: []string{s.Item.Key}, MessageIDs: []string{s.Item.MessageID}}
		for _, folder := range []string{s.Item.Place.Folder, s.From.Folder} {
			if folder != "" && !slices.ContainsFunc(places, func(l lookFor) bool { return l.folder == folder }) {
				places = append(places, lookFor{folder, q})
			}
		}
	}
	if len(steps) == 0 {
		for _, folder := range d.IMAP.Folders {
			places = append(places, lookFor{folder, mailbox.Query{MessageID: messageID}})
		}
	}
	return places
}

func allFolders(ctx context.Context, session *mail.Session, messageID string) (places []lookFor, err error) {
	folders, err := session.Folders(ctx)
	for _, f := range folders {
		places = append(places, lookFor{f.Name, mailbox.Query{MessageID: messageID}})
	}
	return places, err
}

func firstIn(ctx context.Context, s *mail.Session, l lookFor) (found *mailbox.Message, err error) {
	err = s.Scan(ctx, l.folder, l.query, func(_ context.Context, b mailbox.Batch) error {
		if len(b.Messages) > 0 {
			found = &b.Messages[0]
		}
		return nil
	})
	return found, err
}
