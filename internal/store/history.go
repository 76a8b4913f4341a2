package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Asked says whether a message wants something of its reader.
type Asked int64

// What is known of that.
const (
	AskUnknown Asked = iota // its text was not read
	AsksNothing
	AsksSomething
)

// Message is what the journal remembers of a message that came or was sent: what
// threads, senders and the comparison of rules are made of.
type Message struct {
	Key        string
	Outgoing   bool // written by the account
	MessageID  string
	References []string // the ids it answers, oldest first (RFC 5322 3.6.4)
	Subject    string   // without Re: and the like; only a hash of it is kept
	Reply      bool     // the subject had Re: or the like
	From       string   // e-mail addresses in lower case
	To         []string
	Place      mailbox.Ref
	Received   time.Time
	ToMe       bool
	Automatic  bool
	Seen       bool
	Asks       Asked
	Facts      json.RawMessage // the item without its text

	// Thread and Replied are known once the message has been written down.
	Thread  string
	Replied bool
}

// Scan says how far the past of a folder has been read.
type Scan struct {
	Folder      string
	UIDValidity uint32
	UpTo        uint32 // every message below this UID is known
	Ended       bool
}

// Remember writes messages down that were not known, and how far a scan of the
// past has come with them, in one transaction.
func (o *Owner) Remember(ctx context.Context, messages []Message, scan *Scan) error {
	return o.write(ctx, fmt.Sprintf("remembering %d messages", len(messages)), func(t *tx) error {
		if err := o.remember(ctx, t, messages); err != nil || scan == nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO scans (account, folder, uidvalidity, up_to, ended) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, folder) DO UPDATE SET uidvalidity = excluded.uidvalidity, up_to = excluded.up_to, ended = excluded.ended`,
			o.account, scan.Folder, int64(scan.UIDValidity), int64(scan.UpTo), truth(scan.Ended))
		return err
	})
}

// remember inserts messages and counts those that are new.
func (o *Owner) remember(ctx context.Context, t *tx, messages []Message) error {
	for i := range messages {
		if err := o.rememberOne(ctx, t, &messages[i]); err != nil {
			return err
		}
	}
	return nil
}

const insertMessage = `INSERT INTO messages (id, account, key, outgoing, message_id, thread, base, sender, recipients, folder, uidvalidity, uid,
	received_at, to_me, automatic, seen, replied, asks, facts)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT (account, key, outgoing) DO NOTHING`

func (o *Owner) rememberOne(ctx context.Context, t *tx, m *Message) error {
	thread, err := threadOf(ctx, t.each, o.account, m)
	if err != nil {
		return err
	}
	m.Thread = thread
	ids, err := t.nextIDs(ctx, "messages", 1)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, insertMessage, ids[0], o.account, m.Key, truth(m.Outgoing), m.MessageID, m.Thread, baseHash(m.Subject), m.From, strings.Join(m.To, " "),
		m.Place.Folder, int64(m.Place.UIDValidity), int64(m.Place.UID), micros(m.Received), truth(m.ToMe), truth(m.Automatic), truth(m.Seen), 0, int64(m.Asks), string(m.Facts))
	if err != nil || n == 0 {
		return err // it was known
	}
	if err := o.join(ctx, t, m); err != nil {
		return err
	}
	if m.Outgoing {
		return o.countSent(ctx, t, m)
	}
	replied, err := o.answeredSince(ctx, t, ids[0], m)
	if err != nil {
		return err
	}
	return o.countSender(ctx, t, m.From, tally{received: 1, seen: truth(m.Seen), replied: replied}, m.Received)
}

// join puts what answered a message before that was known into its conversation:
// it had been named for the message, which turns out not to be the first.
func (o *Owner) join(ctx context.Context, t *tx, m *Message) error {
	own := idHash(m.MessageID)
	if m.MessageID == "" || m.Thread == own {
		return nil
	}
	if _, err := t.exec(ctx, "UPDATE messages SET thread = $3 WHERE account = $1 AND thread = $2", o.account, own, m.Thread); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO muted (account, thread) SELECT account, CAST($3 AS TEXT) FROM muted WHERE account = $1 AND thread = $2
		ON CONFLICT DO NOTHING`, o.account, own, m.Thread)
	return err
}

// answeredSince marks a message that comes to be known after its answer as
// replied to, and returns 1 then.
func (o *Owner) answeredSince(ctx context.Context, t *tx, id int64, m *Message) (int64, error) {
	var answered int64
	err := t.each(ctx, func(*sql.Rows) error { answered = 1; return nil },
		"SELECT 1 FROM messages WHERE account = $1 AND thread = $2 AND outgoing = 1 AND received_at >= $3 LIMIT 1", o.account, m.Thread, micros(m.Received))
	if err == nil && answered == 1 {
		_, err = t.exec(ctx, "UPDATE messages SET replied = 1 WHERE id = $1", id)
	}
	return answered, err
}

// Unseen returns the keys of messages received since a time that nobody had read
// when they were last looked at.
func (s *Store) Unseen(ctx context.Context, account string, since time.Time) (map[string]bool, error) {
	keys := map[string]bool{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		keys[key] = true
		return err
	}, "SELECT key FROM messages WHERE account = $1 AND received_at >= $2 AND seen = 0 AND outgoing = 0", account, micros(since))
	return keys, s.wrap(err, "looking up what was not read yet")
}

// tally is what a sender's numbers grow by.
type tally struct{ received, seen, replied, sent int64 }

func (o *Owner) countSender(ctx context.Context, t *tx, email string, c tally, at time.Time) error {
	if email == "" {
		return nil
	}
	var sentAt int64
	if c.sent > 0 {
		sentAt = micros(at)
	}
	_, err := t.exec(ctx, `INSERT INTO senders (account, email, received, seen, replied, sent, first_seen, last_sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account, email) DO UPDATE SET received = senders.received + excluded.received, seen = senders.seen + excluded.seen,
		replied = senders.replied + excluded.replied, sent = senders.sent + excluded.sent,
		first_seen = CASE WHEN senders.first_seen > excluded.first_seen THEN excluded.first_seen ELSE senders.first_seen END,
		last_sent = CASE WHEN senders.last_sent < excluded.last_sent THEN excluded.last_sent ELSE senders.last_sent END`,
		o.account, email, c.received, c.seen, c.replied, c.sent, micros(at), sentAt)
	return err
}

// countSent counts a message that was sent with each of those it went to, and
// what it answers as replied to.
func (o *Owner) countSent(ctx context.Context, t *tx, m *Message) error {
	for _, to := range slices.Compact(slices.Sorted(slices.Values(m.To))) {
		if err := o.countSender(ctx, t, to, tally{sent: 1}, m.Received); err != nil {
			return err
		}
	}
	type answered struct {
		id    int64
		email string
	}
	var open []answered
	err := t.each(ctx, func(rows *sql.Rows) error {
		var a answered
		err := rows.Scan(&a.id, &a.email)
		open = append(open, a)
		return err
	}, "SELECT id, sender FROM messages WHERE account = $1 AND thread = $2 AND outgoing = 0 AND replied = 0 AND received_at <= $3", o.account, m.Thread, micros(m.Received))
	for _, a := range open {
		if err != nil {
			return err
		}
		if _, err = t.exec(ctx, "UPDATE messages SET replied = 1 WHERE id = $1", a.id); err == nil {
			err = o.countSender(ctx, t, a.email, tally{replied: 1}, m.Received)
		}
	}
	return err
}

// NowSeen notes that messages, by key, have been read by now.
func (o *Owner) NowSeen(ctx context.Context, keys []string, now time.Time) error {
	return o.write(ctx, fmt.Sprintf("noting that %d messages were read", len(keys)), func(t *tx) error {
		var ids []int64
		var emails []string
		err := t.eachIn(ctx, func(rows *sql.Rows) error {
			var id int64
			var email string
			err := rows.Scan(&id, &email)
			ids, emails = append(ids, id), append(emails, email)
			return err
		}, "SELECT id, sender FROM messages WHERE account = $1 AND seen = 0 AND outgoing = 0 AND key IN ", []any{o.account}, anys(keys))
		if err != nil {
			return err
		}
		for _, email := range emails {
			if err := o.countSender(ctx, t, email, tally{seen: 1}, now); err != nil {
				return err
			}
		}
		_, err = t.execIn(ctx, "UPDATE messages SET seen = 1 WHERE account = $1 AND id IN ", []any{o.account}, anys(ids))
		return err
	})
}

// eachFunc runs a query, in a transaction or out of one.
type eachFunc func(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error

func (s *Store) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.reads.QueryContext(ctx, query, args...)
	return eachRow(rows, err, scan)
}

// subjectThread is how long an answer without references belongs to the last
// conversation of that subject.
const subjectThread = 30 * 24 * time.Hour

// threadOf finds the conversation of a message: that of a message it refers to,
// or else, for an answer of a program that writes no references, that of the
// latest message between the same people with its subject. A conversation is
// named for its first message, so that it has one name whichever of its messages
// comes to be known first.
func threadOf(ctx context.Context, each eachFunc, account string, m *Message) (thread string, err error) {
	take := func(rows *sql.Rows) error { return rows.Scan(&thread) }
	for _, id := range slices.Backward(lastOf(m.References, 5)) {
		err := each(ctx, take, "SELECT thread FROM messages WHERE account = $1 AND message_id = $2 LIMIT 1", account, id)
		if err != nil || thread != "" {
			return thread, err
		}
	}
	if len(m.References) > 0 {
		return idHash(m.References[0]), nil
	}
	if m.Reply && m.Subject != "" {
		from, to := micros(m.Received.Add(-subjectThread)), micros(m.Received)
		err := each(ctx, func(rows *sql.Rows) error {
			var candidate, sender, recipients string
			err := rows.Scan(&candidate, &sender, &recipients)
			if thread == "" && together(m, sender, recipients) {
				thread = candidate
			}
			return err
		}, `SELECT thread, sender, recipients FROM messages WHERE account = $1 AND base = $2 AND received_at BETWEEN $3 AND $4 ORDER BY received_at DESC LIMIT 20`,
			account, baseHash(m.Subject), from, to)
		if err != nil || thread != "" {
			return thread, err
		}
	}
	if m.MessageID == "" {
		return idHash("key:" + m.Key), nil
	}
	return idHash(m.MessageID), nil
}

func lastOf(ids []string, n int) []string { return ids[max(0, len(ids)-n):] }

// together reports whether one of the other message's people wrote, or was
// written to by, this one.
func together(m *Message, sender, recipients string) bool {
	if m.Outgoing {
		return slices.Contains(m.To, sender) || slices.ContainsFunc(strings.Fields(recipients), func(r string) bool { return slices.Contains(m.To, r) })
	}
	return sender == m.From || slices.Contains(strings.Fields(recipients), m.From)
}

func idHash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func baseHash(subject string) string {
	if subject == "" {
		return ""
	}
	return idHash("subject:" + subject)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Thread is a conversation as the journal knows it, oldest message first.
type Thread struct {
	ID       string
	Muted    bool
	Messages []Message
}

// maxThread is how many messages of a conversation are looked at: the newest.
const maxThread = 200

// Thread returns the conversation that a message belongs to, the message itself
// included only if it has been written down.
func (s *Store) Thread(ctx context.Context, account string, m Message) (Thread, error) {
	id := m.Thread
	if id == "" {
		var err error
		if id, err = threadOf(ctx, s.each, account, &m); err != nil {
			return Thread{}, s.wrap(err, "looking for a conversation")
		}
	}
	t := Thread{ID: id}
	err := s.each(ctx, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		t.Messages = append(t.Messages, m)
		return err
	}, "SELECT "+messageColumns+", '' FROM messages WHERE account = $1 AND thread = $2 ORDER BY received_at DESC, id DESC LIMIT $3", account, id, maxThread)
	slices.Reverse(t.Messages)
	if err == nil {
		err = s.each(ctx, func(*sql.Rows) error { t.Muted = true; return nil }, "SELECT 1 FROM muted WHERE account = $1 AND thread = $2", account, id)
	}
	return t, s.wrap(err, "reading a conversation")
}

const messageColumns = "key, outgoing, message_id, thread, sender, recipients, folder, uidvalidity, uid, received_at, to_me, automatic, seen, replied, asks"

func scanMessage(rows *sql.Rows) (m Message, err error) {
	var out, toMe, automatic, seen, replied, received int64
	var recipients, facts string
	err = rows.Scan(&m.Key, &out, &m.MessageID, &m.Thread, &m.From, &recipients, &m.Place.Folder, &m.Place.UIDValidity, &m.Place.UID, &received, &toMe, &automatic, &seen, &replied, &m.Asks, &facts)
	m.Outgoing, m.ToMe, m.Automatic, m.Seen, m.Replied = out == 1, toMe == 1, automatic == 1, seen == 1, replied == 1
	m.To, m.Received = strings.Fields(recipients), fromMicros(received)
	if facts != "" {
		m.Facts = json.RawMessage(facts)
	}
	return m, err
}

// EachMessage calls fn with every message of an account since a time, oldest
// first, and ends with fn's first error.
func (s *Store) EachMessage(ctx context.Context, account string, since time.Time, fn func(Message) error) error {
	err := s.each(ctx, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		if err != nil {
			return err
		}
		return fn(m)
	}, "SELECT "+messageColumns+", facts FROM messages WHERE account = $1 AND received_at >= $2 ORDER BY received_at, id", account, micros(since))
	return s.wrap(err, "reading the messages of the past")
}

// Sender is what the mailbox knows of one address.
type Sender struct {
	Received, Seen, Replied, Sent int
	FirstSeen, LastSent           time.Time
}

// Senders returns what is known of addresses, by address.
func (s *Store) Senders(ctx context.Context, account string, emails []string) (map[string]Sender, error) {
	out := make(map[string]Sender, len(emails))
	for part := range slices.Chunk(emails, s.dialect.keys) {
		err := s.each(ctx, func(rows *sql.Rows) error {
			var email string
			var first, last int64
			var n Sender
			err := rows.Scan(&email, &n.Received, &n.Seen, &n.Replied, &n.Sent, &first, &last)
			n.FirstSeen, n.LastSent = fromMicros(first), fromMicros(last)
			out[email] = n
			return err
		}, "SELECT email, received, seen, replied, sent, first_seen, last_sent FROM senders WHERE account = $1 AND email IN "+inList(2, len(part)), append([]any{account}, anys(part)...)...)
		if err != nil {
			return nil, s.wrap(err, fmt.Sprintf("looking up %d senders", len(emails)))
		}
	}
	return out, nil
}

// Scans returns how far the past of each folder has been read, by folder.
func (s *Store) Scans(ctx context.Context, account string) (map[string]Scan, error) {
	out := map[string]Scan{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var sc Scan
		var ended int64
		err := rows.Scan(&sc.Folder, &sc.UIDValidity, &sc.UpTo, &ended)
		sc.Ended = ended == 1
		out[sc.Folder] = sc
		return err
	}, "SELECT folder, uidvalidity, up_to, ended FROM scans WHERE account = $1", account)
	return out, s.wrap(err, "reading how far the past has been read")
}

// Mute marks a conversation as muted, or no longer.
func (o *Owner) Mute(ctx context.Context, thread string, on bool) error {
	return o.write(ctx, "muting a conversation", func(t *tx) error {
		query := "INSERT INTO muted (account, thread) VALUES ($1, $2) ON CONFLICT DO NOTHING"
		if !on {
			query = "DELETE FROM muted WHERE account = $1 AND thread = $2"
		}
		_, err := t.exec(ctx, query, o.account, thread)
		return err
	})
}

// SeenWord is a key of seenBefore that a message had.
type SeenWord struct {
	Word string // only a hash of it is kept
	Key  string // of the message
	At   time.Time
}

func (o *Owner) rememberWords(ctx context.Context, t *tx, words []SeenWord) error {
	for _, w := range words {
		_, err := t.exec(ctx, "INSERT INTO seen (account, word, key, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account, word, key) DO NOTHING",
			o.account, idHash("word:"+w.Word), w.Key, micros(w.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// SeenBefore reports whether another message than the one with the key had the
// word in a span of time, which includes since and leaves out before.
func (s *Store) SeenBefore(ctx context.Context, account, word, key string, since, before time.Time) (seen bool, err error) {
	err = s.each(ctx, func(*sql.Rows) error { seen = true; return nil },
		"SELECT 1 FROM seen WHERE account = $1 AND word = $2 AND key <> $3 AND seen_at >= $4 AND seen_at <= $5 LIMIT 1",
		account, idHash("word:"+word), key, micros(since), micros(before))
	return seen, s.wrap(err, "looking up what was seen before")
}

// Ran returns when each rule with a schedule was last followed.
func (s *Store) Ran(ctx context.Context, account string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var rule string
		var at int64
		err := rows.Scan(&rule, &at)
		out[rule] = fromMicros(at)
		return err
	}, "SELECT rule, ran_at FROM schedules WHERE account = $1", account)
	return out, s.wrap(err, "reading when rules were last followed")
}

// HasRun notes when rules with a schedule were followed.
func (o *Owner) HasRun(ctx context.Context, rules []string, at time.Time) error {
	return o.write(ctx, "noting that scheduled rules were followed", func(t *tx) error {
		for _, rule := range rules {
			_, err := t.exec(ctx, `INSERT INTO schedules (account, rule, ran_at) VALUES ($1, $2, $3)
				ON CONFLICT (account, rule) DO UPDATE SET ran_at = excluded.ran_at`, o.account, rule, micros(at))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
