package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/mail"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// comparison judges the mail of the past by two sets of rules. It is how diff,
// check and a reload know what an edit changes.
type comparison struct {
	account       string
	journal       *store.Store
	before, after *side
	needs         rules.Needs // of both sets

	messages int64 // judged by both
	faded    int64 // whose facts have grown old
	absent   int64 // which are not on the server where they were
	changes  []change
	open     []store.Message // that the journal alone does not know enough of
}

// change is what the edit makes of one message: what only the set of before did,
// and what only the set of after does.
type change struct {
	key           string
	item          itemOutput
	before, after []rules.Effect
}

func newComparison(journal *store.Store, account string, before, after *rules.Set) *comparison {
	c := &comparison{account: account, journal: journal, before: &side{set: before}, after: &side{set: after}}
	c.needs = before.Needs().With(after.Needs())
	c.needs.Quota = false // how full the mailbox was, nobody can find out any more
	c.needs.Headers = slices.DeleteFunc(c.needs.Headers, func(name string) bool {
		// The journal knows conversations without them, and few rules look at the fields themselves.
		return slices.Contains(threadFields, name) && !names(before, name) && !names(after, name)
	})
	return c
}

// threadFields are read to follow conversations.
var threadFields = []string{"In-Reply-To", "References"}

// names reports whether a word stands somewhere in a rules file.
func names(set *rules.Set, word string) bool {
	text, _ := set.Source()
	return bytes.Contains(bytes.ToLower(text), bytes.ToLower([]byte(word)))
}

// side is one set of rules with what it remembers of the messages it has seen.
type side struct {
	set  *rules.Set
	seen map[string][]time.Time
}

// plan judges a message as if it came now, which it did at that time.
func (s *side) plan(item rules.Item) []rules.Effect {
	item.Seen = func(word string, within time.Duration) bool {
		return slices.ContainsFunc(s.seen[word], func(t time.Time) bool {
			return !t.After(item.Received) && !t.Before(item.Received.Add(-within))
		})
	}
	plan := s.set.Plan(&item, item.Received)
	for _, word := range plan.Remember {
		if s.seen == nil {
			s.seen = map[string][]time.Time{}
		}
		s.seen[word] = append(s.seen[word], item.Received)
	}
	return plan.Effects
}

// past judges what the journal knows since a time. What takes the text of a
// message, or another fact that was not asked for when it came, stays open.
func (c *comparison) past(ctx context.Context, since time.Time) error {
	return c.journal.EachMessage(ctx, c.account, since, func(m store.Message) error {
		item, known, ok := engine.FactsOf(m)
		switch {
		case !ok:
			c.faded++
		case c.undecided(&item, known):
			c.open = append(c.open, m)
		default:
			c.judge(item, m.MessageID, m.Place, m.Key)
		}
		return nil
	})
}

// undecided reports whether one of the sets takes more than is known of a message.
func (c *comparison) undecided(item *rules.Item, known rules.Needs) bool {
	if known.Cover(c.needs) {
		return false
	}
	known.Quota = true
	return c.before.set.Undecided(item, known, item.Received) || c.after.set.Undecided(item, known, item.Received)
}

func (c *comparison) judge(item rules.Item, messageID string, place mailbox.Ref, key string) {
	c.messages++
	was, is := c.before.plan(item), c.after.plan(item)
	d := change{key: key, before: without(was, is), after: without(is, was)}
	if d.before != nil || d.after != nil {
		d.item = itemOutput{MessageID: messageID, Subject: item.Subject.String(), From: item.From.Email, Date: item.Received, Place: place}
		c.changes = append(c.changes, d)
	}
}

// without returns the effects that the other plan does not have. By which rule
// the same is done makes no difference to the mail.
func without(plan, other []rules.Effect) (left []rules.Effect) {
	for _, e := range plan {
		if !slices.ContainsFunc(other, func(o rules.Effect) bool { return sameEffect(e, o) }) {
			left = append(left, e)
		}
	}
	return left
}

func sameEffect(a, b rules.Effect) bool {
	if a.Action != b.Action || a.Arg != b.Arg || a.Confirm != b.Confirm || len(a.With) != len(b.With) {
		return false
	}
	for name, value := range a.With {
		if b.With[name] != value {
			return false
		}
	}
	return true
}

// close judges what was left open: each message is read once, for both sets, from
// where it is known to lie. Its flags and its place count as they were when it
// came.
func (c *comparison) close(ctx context.Context, session *mail.Session, step func(done, total int64)) error {
	places, err := c.places(ctx)
	if err != nil {
		return err
	}
	var done int64
	for folder, list := range places {
		err := c.readFrom(ctx, session, folder, list, func() {
			done++
			step(done, int64(len(c.open)))
		})
		if err != nil {
			return err
		}
	}
	c.absent = int64(len(c.open)) - done
	return nil
}

// lying is a message with where it is believed to lie.
type lying struct {
	store.Message
	at mailbox.Ref
}

// places says in which folder each open message is to be looked for: where a rule
// put it, or else where it came to.
func (c *comparison) places(ctx context.Context) (map[string][]lying, error) {
	byFolder := map[string][]lying{}
	for part := range slices.Chunk(c.open, lookupAtOnce) {
		keys := make([]string, len(part))
		for i, m := range part {
			keys[i] = m.Key
		}
		items, err := c.journal.Lookup(ctx, c.account, keys)
		if err != nil {
			return nil, err
		}
		for _, m := range part {
			at := m.Place
			if known := items[m.Key]; len(known) > 0 && !m.Outgoing {
				at = known[len(known)-1].Place
			}
			byFolder[at.Folder] = append(byFolder[at.Folder], lying{m, at})
		}
	}
	return byFolder, nil
}

// lookupAtOnce is how many messages the journal, or the server, is asked for at a
// time.
const lookupAtOnce = 500

// readFrom reads messages of one folder by their numbers; those that are not there
// under them are looked for by their content.
func (c *comparison) readFrom(ctx context.Context, session *mail.Session, folder string, list []lying, found func()) error {
	for part := range slices.Chunk(list, lookupAtOnce) {
		left := map[string]lying{}
		var uids []uint32
		for _, l := range part {
			left[l.Key] = l
			if l.at.UID != 0 {
				uids = append(uids, l.at.UID)
			}
		}
		take := func(ctx context.Context, b mailbox.Batch) error {
			for i := range b.Messages {
				l, ok := left[b.Messages[i].Key]
				if !ok || b.Messages[i].Poison != "" {
					continue
				}
				delete(left, l.Key)
				found()
				if err := c.judgeRead(ctx, &b.Messages[i], l.Message); err != nil {
					return err
				}
			}
			return nil
		}
		if len(uids) > 0 {
			if err := session.Scan(ctx, folder, mailbox.Query{UIDs: uids}, take); err != nil {
				return fmt.Errorf("reading the mail of %q: %w", folder, err)
			}
		}
		if len(left) == 0 {
			continue
		}
		var q mailbox.Query
		for key, l := range left {
			q.Keys, q.MessageIDs = append(q.Keys, key), append(q.MessageIDs, l.MessageID)
		}
		if err := session.Scan(ctx, folder, q, take); err != nil {
			return fmt.Errorf("looking for mail in %q: %w", folder, err)
		}
	}
	return nil
}

// judgeRead judges a message that was read again.
func (c *comparison) judgeRead(ctx context.Context, m *mailbox.Message, then store.Message) error {
	was, known, _ := engine.FactsOf(then)
	item := m.Item
	item.Account = c.account
	item.Folder, item.Role, item.Unread, item.Flagged, item.Answered, item.Labels = was.Folder, was.Role, was.Unread, was.Flagged, was.Answered, was.Labels
	item.Thread, item.Sender = was.Thread, was.Sender
	if c.needs.History && !known.History {
		if err := engine.RecallThen(ctx, c.journal, c.account, then, &item); err != nil {
			return err
		}
	}
	c.judge(item, then.MessageID, m.Ref, then.Key)
	return nil
}

// recallOpen judges those open messages of which only the conversation was not
// known: the journal knows it. The others stay open.
func (c *comparison) recallOpen(ctx context.Context) error {
	if !c.needs.History {
		return nil
	}
	var left []store.Message
	for _, m := range c.open {
		item, known, _ := engine.FactsOf(m)
		if !known.History {
			if err := engine.RecallThen(ctx, c.journal, c.account, m, &item); err != nil {
				return err
			}
			known.History = true
		}
		if c.undecided(&item, known) {
			left = append(left, m)
			continue
		}
		c.judge(item, m.MessageID, m.Place, m.Key)
	}
	c.open = left
	return nil
}

// assume judges what is open as if what is not known of it were not there, for both
// sets alike: a guess, where there is no time to read it.
func (c *comparison) assume() {
	for _, m := range c.open {
		if item, _, ok := engine.FactsOf(m); ok {
			c.judge(item, m.MessageID, m.Place, m.Key)
		}
	}
	c.open = nil
}
