package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// withHistory fills in what the mailbox knows of a message's conversation and of
// its author, and how to look up what was seen before.
func (w *work) withHistory(ctx context.Context, m *mailbox.Message, now time.Time) error {
	mine := w.remembered(m, w.needs())
	t, err := w.Journal.Thread(ctx, w.Name, mine)
	if err != nil {
		return err
	}
	again := slices.ContainsFunc(t.Messages, func(o store.Message) bool { return o.Key == mine.Key && o.Outgoing == mine.Outgoing })
	if !again {
		t.Messages = append(t.Messages, mine)
		slices.SortStableFunc(t.Messages, func(a, b store.Message) int { return a.Received.Compare(b.Received) })
	}
	m.Item.Thread = threadFacts(t, m.Item.Labels)
	email := m.Item.From.Email
	if mine.Outgoing && len(m.Item.To) > 0 {
		email = m.Item.To[0].Email // of a message that was sent, the other side is who it went to
	}
	if m.Item.Sender, err = w.senderOf(ctx, email, m, again); err != nil {
		return err
	}
	m.Item.Seen = func(key string, within time.Duration) bool { return w.seenBefore(ctx, m, key, within, now) }
	return nil
}

// seenBefore looks for another message that had the key in the span of time before
// this one came: in the journal, and among those that enter it with this one.
func (w *work) seenBefore(ctx context.Context, m *mailbox.Message, key string, within time.Duration, now time.Time) bool {
	until := m.Item.Received
	if until.IsZero() {
		until = now
	}
	since := until.Add(-within)
	for _, s := range w.words[key] {
		if s.Key != m.Key && !s.At.Before(since) && !s.At.After(until) {
			return true
		}
	}
	if !w.live {
		// Of mail that is gone over again, all is in the journal, also what came in
		// the same second, which is as exact as servers tell.
		until = until.Add(-time.Microsecond)
	}
	before, err := w.Journal.SeenBefore(ctx, w.Name, key, m.Key, since, until)
	if err != nil {
		w.Log.Error("what was seen before could not be looked up; it counts as new", "folder", w.inLog(m.Folder), "uid", m.UID, "error", err)
	}
	return before
}

// senderOf is what was known of an address before a message. One that has been
// remembered is gone over again: it must not count itself, nor what came later.
func (a *Account) senderOf(ctx context.Context, email string, m *mailbox.Message, again bool) (rules.Sender, error) {
	if again {
		known, err := a.Journal.SenderBefore(ctx, a.Name, email, m.Key, m.Item.Received)
		return senderFacts(known), err
	}
	known, err := a.Journal.Senders(ctx, a.Name, []string{email})
	return senderFacts(known[email]), err
}

func senderFacts(s store.Sender) rules.Sender {
	f := rules.Sender{New: s.Received == 0 && s.Sent == 0, Received: s.Received, Sent: s.Sent, FirstSeen: s.FirstSeen, LastSent: s.LastSent}
	if s.Received > 0 {
		f.ReadRate, f.ReplyRate = float64(s.Seen)/float64(s.Received), float64(s.Replied)/float64(s.Received)
	}
	return f
}

// threadFacts is a conversation as rules see it.
func threadFacts(t store.Thread, labels []string) rules.Thread {
	t.Messages = slices.DeleteFunc(slices.Clone(t.Messages), func(m store.Message) bool { // one's own copy of what one sent
		return !m.Outgoing && slices.ContainsFunc(t.Messages, func(o store.Message) bool { return o.Outgoing && o.Key == m.Key })
	})
	f := rules.Thread{ID: t.ID, Muted: t.Muted, Count: len(t.Messages), Labels: labels, Waiting: gather.Awaited(t.Messages)}
	heard := false
	for i, m := range t.Messages {
		if i == 0 {
			f.First, f.Mine = m.Received, m.Outgoing
		}
		if m.Received.After(f.Last) {
			f.Last = m.Received
		}
		f.Answered = f.Answered || m.Outgoing && heard
		heard = heard || !m.Outgoing
		for _, email := range append([]string{m.From}, m.To...) {
			if email != "" && !slices.ContainsFunc(f.Participants, func(p rules.Address) bool { return p.Email == email }) {
				f.Participants = append(f.Participants, rules.ParseAddress("", email))
			}
		}
	}
	return f
}

// remembered is what the journal keeps of a message that was read for needs.
func (w *work) remembered(m *mailbox.Message, needs rules.Needs) store.Message {
	item := &m.Item
	base, reply := baseSubject(item.Subject.String())
	r := store.Message{
		Key: m.Key, Outgoing: item.Role == "sent", MessageID: m.MessageID, References: m.References, Subject: base, Reply: reply,
		From: item.From.Email, To: emails(item.To, item.Cc), Place: m.Ref, Received: item.Received,
		Automatic: item.Automatic || item.Bounce || item.Kind != "person", Seen: !item.Unread,
	}
	if r.Outgoing {
		r.Automatic = item.Automatic
	}
	r.ToMe = w.set.ToMe(item.To)
	if needs.Found {
		item.Look()
		r.Asks = store.AsksNothing
		if item.Found.Ask || item.Found.Question {
			r.Asks = store.AsksSomething
		}
	}
	return r
}

// baseSubject takes "Re:", "AW:", "Fwd:" and the like off (RFC 5256 2.1, and the
// words of other languages), and says whether the message is an answer.
func baseSubject(s string) (base string, reply bool) {
	s = rules.Fold(s) // before blanks are cut off: folding may make some
	for {
		s = strings.TrimSpace(s)
		word, rest, ok := strings.Cut(s, ":")
		word = strings.TrimSpace(word)
		if !ok || !slices.Contains(answerWords, word) && !slices.Contains(forwardWords, word) {
			return s, reply
		}
		reply = reply || slices.Contains(answerWords, word)
		s = rest
	}
}

var (
	answerWords  = []string{"re", "aw", "antw", "antwort", "ré", "réf", "rép", "rv", "sv", "vs", "odp", "r"}
	forwardWords = []string{"fw", "fwd", "wg", "tr", "i", "enc", "pd"}
)

const maxRecipients = 50 // that the journal remembers of one message

func emails(lists ...[]rules.Address) (all []string) {
	for _, list := range lists {
		for _, a := range list {
			if a.Email != "" && !strings.Contains(a.Email, " ") && len(all) < maxRecipients {
				all = append(all, a.Email)
			}
		}
	}
	return all
}

// rememberNew is what the journal keeps of new mail, with its facts: what another
// set of rules would have made of it can be told later. A confidential message is
// not remembered at all.
func (w *work) rememberNew(m *mailbox.Message, needs rules.Needs) store.Message {
	r := w.remembered(m, needs)
	r.Facts = factsToKeep(m.Item, needs)
	return r
}

// factsToKeep is an item without the text of its message, and what of it is known.
func factsToKeep(item rules.Item, known rules.Needs) json.RawMessage {
	known.Text, known.FileText = false, false
	item.Text, item.Full, item.Links, item.Seen = rules.Text{}, rules.Text{}, nil, nil
	item.Files = slices.Clone(item.Files)
	for i := range item.Files {
		item.Files[i].Text = rules.Text{}
	}
	text, err := json.Marshal(kept{item, known})
	if err != nil {
		return nil // no fact has a type that JSON refuses
	}
	return text
}
