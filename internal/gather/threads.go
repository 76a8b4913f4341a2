package gather

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/internal/summary"
)

// What of conversations is open.
const (
	// threadLife is how long an answer is missed: later, it was given in another way,
	// or nobody needs it any more.
	threadLife = 21 * 24 * time.Hour
	// mostOpen is how many conversations are looked into: an agenda shows a few, and
	// counts some more.
	mostOpen = 60
	// waitingDays is how many working days others have for an answer.
	waitingDays = 2
)

// Awaited tells who is awaited in a conversation, its messages oldest first: the side
// that has not answered the last message ("me" or "them"), unless that one asks for
// nothing ("nobody"). What programs wrote is passed over.
func Awaited(messages []store.Message) string {
	for _, m := range slices.Backward(messages) {
		switch {
		case m.Automatic:
			continue
		case m.Asks == store.AsksNothing:
			return "nobody"
		case m.Outgoing:
			return "them"
		case m.ToMe:
			return "me"
		}
		return "nobody"
	}
	return "nobody"
}

// thread is one conversation.
type thread struct {
	id       string
	messages []store.Message // without the account's own copies, oldest first
	awaited  string          // me them nobody
	said     []store.Said    // oldest first; empty until it is read
}

// threads are the conversations since a time, those that are muted left out.
func (g *gathering) threads(ctx context.Context, since time.Time) ([]*thread, error) {
	messages, err := g.Journal.Conversations(ctx, g.Account, since)
	if err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	for i := range messages {
		mine[messages[i].Key] = mine[messages[i].Key] || messages[i].Outgoing
	}
	byID := map[string]*thread{}
	var all []*thread
	for i := range messages {
		m := &messages[i]
		if !m.Outgoing && mine[m.Key] || !m.Received.Before(g.now) {
			continue // one's own copy of what one sent
		}
		t := byID[m.Thread]
		if t == nil {
			t = &thread{id: m.Thread}
			byID[m.Thread] = t
			all = append(all, t)
		}
		t.messages = append(t.messages, *m)
	}
	for _, t := range all {
		t.awaited = Awaited(t.messages)
	}
	return all, nil
}

// last is the message by which somebody is awaited, and since when they are: of
// several in a row, the first.
func (t *thread) last() (m *store.Message, since time.Time) {
	for i := len(t.messages) - 1; i >= 0; i-- {
		switch o := &t.messages[i]; {
		case o.Automatic:
		case m == nil:
			m, since = o, o.Received
		case o.Outgoing != m.Outgoing:
			return m, since
		default:
			since = o.Received
		}
	}
	return m, since
}

// asks reports whether the last message wants something for certain, and whether it
// wants nothing, by what it says. Of a conversation that was thrown away, is
// confidential or lay there before nothing is kept: nobody could tell what it is about.
func (t *thread) asks(m *store.Message) (something, nothing bool) {
	for i := range t.said {
		if s := &t.said[i]; s.Key == m.Key && s.Outgoing == m.Outgoing {
			return m.Asks == store.AsksSomething || len(s.Asks) > 0, m.Asks == store.AskUnknown && len(s.Asks) == 0
		}
	}
	return m.Asks == store.AsksSomething, len(t.said) == 0
}

// readThreads adds what was said in conversations.
func (g *gathering) readThreads(ctx context.Context, threads []*thread, since time.Time) error {
	byID := map[string]*thread{}
	for _, t := range threads {
		byID[t.id] = t
	}
	said, err := g.Journal.SaidIn(ctx, g.Account, slices.Sorted(maps.Keys(byID)), since)
	for i := range said {
		if t := byID[said[i].Thread]; said[i].Received.Before(g.now) {
			t.said = append(t.said, said[i])
		}
	}
	return err
}

// openThreads adds the conversations in which the executive is awaited since
// yesterday or longer, and those in which they asked and others had their time to
// answer. What stands in the agenda already is not said again: a conversation that a
// rule has put there or that has a deadline, and a mail that is news. Those that were
// written in last come first: what is old was mostly settled in another way.
func (g *gathering) openThreads(ctx context.Context, day *agenda.Day) error {
	since := g.now.Add(-threadLife)
	all, err := g.threads(ctx, since)
	if err != nil {
		return err
	}
	// The last mail of a conversation is news once; the day after, it is owed.
	taken, news := messagesOf(day.Needs, day.Deadlines, day.Owed, day.Waiting), map[string]bool{}
	for _, s := range day.Mail {
		maps.Copy(news, messagesOf(s.Lines))
	}
	all = slices.DeleteFunc(all, func(t *thread) bool {
		if !g.isLate(t) || t.isIn(taken) {
			return true
		}
		m, _ := t.last()
		return news[m.MessageID]
	})
	byLast(all)
	all = all[:min(len(all), mostOpen)]
	if err := g.readThreads(ctx, all, since); err != nil {
		return err
	}
	for _, t := range all {
		m, _ := t.last()
		something, nothing := t.asks(m)
		if t.awaited == "them" && !something || nothing || g.snoozed["mail/"+m.Key] {
			continue
		}
		line := g.threadLine(t)
		if t.awaited == "me" {
			day.Owed = append(day.Owed, line)
		} else {
			day.Waiting = append(day.Waiting, line)
		}
		g.offer(line.ID, "mail/"+m.Key, g.putOff())
	}
	return nil
}

// byLast puts conversations in order, that in which somebody wrote last first.
func byLast(all []*thread) {
	slices.SortStableFunc(all, func(a, b *thread) int {
		last, _ := a.last()
		other, _ := b.last()
		return other.Received.Compare(last.Received)
	})
}

// isLate reports whether somebody has been awaited for too long.
func (g *gathering) isLate(t *thread) bool {
	m, since := t.last()
	switch {
	case m == nil:
		return false
	// What came this morning may be answered with the agenda still unread.
	case t.awaited == "me":
		return since.Before(g.today)
	}
	return t.awaited == "them" && g.Rules.WorkingDays(m.Received, g.now) >= waitingDays
}

// threadLine says who wants what in a conversation. When.Start is since when.
func (g *gathering) threadLine(t *thread) agenda.Line {
	m, since := t.last()
	line := agenda.Line{ID: "thread-" + t.id, Source: agenda.Source{Message: m.MessageID}, When: agenda.Span{Start: since}}
	line.Who, line.Title = g.otherOf(t), t.subject()
	line.Text, line.ByModel = g.threadText(t)
	return traced(line)
}

// otherOf is who the executive writes with: who wrote last, or was last written to.
func (g *gathering) otherOf(t *thread) string {
	for _, m := range slices.Backward(t.messages) {
		if !m.Outgoing && !m.Automatic {
			return g.nameOf(m.From, t.said)
		}
	}
	m, _ := t.last()
	if m == nil || len(m.To) == 0 {
		return ""
	}
	return g.nameOf(m.To[0], t.said)
}

// subject is that of the last message of which one is kept.
func (t *thread) subject() string {
	for _, s := range slices.Backward(t.said) {
		if s.Subject != "" {
			return bare(s.Subject)
		}
	}
	return ""
}

// bare takes the words of answers off a subject.
func bare(subject string) string {
	for {
		word, rest, ok := strings.Cut(strings.TrimSpace(subject), ":")
		if !ok || !slices.Contains([]string{"re", "aw", "antw", "antwort", "réf", "rép", "rv", "sv"}, strings.ToLower(strings.TrimSpace(word))) {
			return strings.TrimSpace(subject)
		}
		subject = rest
	}
}

// threadText is where a conversation stands, in one to three sentences.
func (g *gathering) threadText(t *thread) (text string, byModel bool) {
	said := slices.DeleteFunc(slices.Clone(t.said), func(s store.Said) bool { return s.Text == "" && len(s.Asks) == 0 })
	if len(said) == 0 {
		return "", false
	}
	// What one message says, its own summary says best.
	if len(said) == 1 {
		return said[0].Text, said[0].ByModel
	}
	messages := make([]summary.Message, len(said))
	for i, s := range said {
		byModel = byModel || s.ByModel
		messages[i] = summary.Message{From: cmp.Or(s.Name, s.From), Sent: s.Received.In(g.zone), Text: wholeOf(&s)}
		for _, to := range s.To {
			if !g.isMe(to) { // whose agenda it is, needs no name
				messages[i].To = append(messages[i].To, g.nameOf(to, t.said))
			}
		}
	}
	return summary.Thread(messages, summary.Options{Sentences: 2, Subject: t.subject()}).Text, byModel
}

// wholeOf is what a message says, with what it asks and promises, which its summary
// may have left out.
func wholeOf(s *store.Said) string {
	text := s.Text
	more := slices.Clone(s.Asks)
	for _, p := range s.Promises {
		more = append(more, p.Text)
	}
	for _, sentence := range more {
		if !strings.Contains(text, sentence) {
			text = strings.TrimSpace(text + " " + sentence)
		}
	}
	return text
}

// messagesOf are the messages that lines come from.
func messagesOf(parts ...[]agenda.Line) map[string]bool {
	all := map[string]bool{}
	for _, lines := range parts {
		for _, l := range lines {
			if l.Source.Message != "" {
				all[l.Source.Message] = true
			}
		}
	}
	return all
}

func (t *thread) isIn(messages map[string]bool) bool {
	return slices.ContainsFunc(t.messages, func(m store.Message) bool { return messages[m.MessageID] })
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
