package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What the mails to the executive ask the journal. Of a span of time the start is in
// it and the end is not, so that what falls on the instant at which one letter was
// made stands in the next, and in no other.

// Said is what a message says, with what is known of the message.
type Said struct {
	Gist
	Thread    string
	To        []string // addresses, in lower case
	ToMe      bool
	Automatic bool
	Replied   bool
}

const saidColumns = "g.key, g.outgoing, g.received_at, g.wanted, g.body, m.thread, m.recipients, m.to_me, m.automatic, m.replied"

const saidFrom = "SELECT " + saidColumns + ` FROM gists g JOIN messages m ON m.account = g.account AND m.key = g.key AND m.outgoing = g.outgoing
	WHERE g.account = $1`

// The words about promises and deadlines are those of the indexes.
const (
	promisingWhere = ` AND g.body LIKE '%"promises":%' AND g.received_at >= $2 ORDER BY g.received_at, g.key`
	datedWhere     = ` AND g.body LIKE '%"deadline":%' AND g.received_at >= $2
		AND g.outgoing = 0 AND m.to_me = 1 AND m.automatic = 0 AND m.replied = 0 ORDER BY g.received_at, g.key`
	// The sign keeps SQLite from reading all messages since then.
	inThreads = " AND +m.received_at >= $2 AND m.thread IN "
)

func (s *Store) said(ctx context.Context, doing, where string, args ...any) (out []Said, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var m Said
		var outgoing, received, wanted, toMe, automatic, replied int64
		var body sql.RawBytes
		var recipients string
		if err := rows.Scan(&m.Key, &outgoing, &received, &wanted, &body, &m.Thread, &recipients, &toMe, &automatic, &replied); err != nil {
			return err
		}
		err := json.Unmarshal(body, &m.Gist)
		m.Outgoing, m.Wanted, m.Received = outgoing == 1, wanted == 1, fromMicros(received)
		m.To, m.ToMe, m.Automatic, m.Replied = strings.Fields(recipients), toMe == 1, automatic == 1, replied == 1
		out = append(out, m)
		return err
	}, saidFrom+where, args...)
	return out, s.wrap(err, doing)
}

// SaidIn returns what was said in conversations since a time, the oldest first.
func (s *Store) SaidIn(ctx context.Context, account string, threads []string, since time.Time) (out []Said, err error) {
	for part := range slices.Chunk(threads, s.dialect.keys) {
		some, err := s.said(ctx, "reading what conversations say", inThreads+inList(3, len(part)),
			append([]any{account, micros(since)}, anys(part)...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(a, b Said) int { return a.Received.Compare(b.Received) })
	return out, nil
}

// SaidBy returns what messages of both directions say, by their keys.
func (s *Store) SaidBy(ctx context.Context, account string, keys []string) (out []Said, err error) {
	for part := range slices.Chunk(keys, s.dialect.keys) {
		some, err := s.said(ctx, "reading what messages say", " AND g.key IN "+inList(2, len(part)), append([]any{account}, anys(part)...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// Promising returns the messages since a time in which somebody promised something,
// the oldest first.
func (s *Store) Promising(ctx context.Context, account string, since time.Time) ([]Said, error) {
	return s.said(ctx, "reading what was promised", promisingWhere, account, micros(since))
}

// Dated returns the messages to the executive since a time that name a deadline and
// that nobody has answered, but for those that programs wrote; the oldest first.
func (s *Store) Dated(ctx context.Context, account string, since time.Time) ([]Said, error) {
	return s.said(ctx, "reading what deadlines mail names", datedWhere, account, micros(since))
}

const conversationsQuery = "SELECT " + messageColumns + `, '' FROM messages WHERE account = $1 AND received_at >= $2
	AND thread NOT IN (SELECT thread FROM muted WHERE account = $1) ORDER BY received_at, id`

// Conversations returns the messages of all conversations since a time but for those
// that are muted, without their facts, the oldest first.
func (s *Store) Conversations(ctx context.Context, account string, since time.Time) (out []Message, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		out = append(out, m)
		return err
	}, conversationsQuery, account, micros(since))
	return out, s.wrap(err, "reading the conversations")
}

// LastWords returns when each side of conversations wrote last: by conversation, then
// by the writer's address, which is "" for the account itself.
func (s *Store) LastWords(ctx context.Context, account string, threads []string) (map[string]map[string]time.Time, error) {
	out := map[string]map[string]time.Time{}
	for part := range slices.Chunk(threads, s.dialect.keys) {
		err := s.each(ctx, func(rows *sql.Rows) error {
			var thread, sender string
			var outgoing, at int64
			err := rows.Scan(&thread, &outgoing, &sender, &at)
			if out[thread] == nil {
				out[thread] = map[string]time.Time{}
			}
			if outgoing == 1 {
				sender = ""
			}
			if t := fromMicros(at); t.After(out[thread][sender]) {
				out[thread][sender] = t
			}
			return err
		}, "SELECT thread, outgoing, sender, MAX(received_at) FROM messages WHERE account = $1 AND thread IN "+inList(2, len(part))+" GROUP BY thread, outgoing, sender",
			append([]any{account}, anys(part)...)...)
		if err != nil {
			return nil, s.wrap(err, "looking up who wrote last")
		}
	}
	return out, nil
}

// FactsByKey returns the facts that messages had when they came, as Message.Facts, by
// key. Those that have grown old are left out.
func (s *Store) FactsByKey(ctx context.Context, account string, keys []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for part := range slices.Chunk(keys, s.dialect.keys) {
		err := s.each(ctx, func(rows *sql.Rows) error {
			var key, facts string
			err := rows.Scan(&key, &facts)
			out[key] = json.RawMessage(facts)
			return err
		}, "SELECT key, facts FROM messages WHERE account = $1 AND outgoing = 0 AND facts <> '' AND key IN "+inList(2, len(part)), append([]any{account}, anys(part)...)...)
		if err != nil {
			return nil, s.wrap(err, "looking up the facts of messages")
		}
	}
	return out, nil
}

// endedColumns leave out what a letter never says: facts, and how the step went.
const endedColumns = itemColumns + ", s.id, s.rule, s.action, s.arg, s.state, s.op, s.reason, s.done_at"

const endedFrom = "SELECT " + endedColumns + " FROM steps s JOIN items i ON i.id = s.item_id WHERE s.account = $1 AND s.undoes = 0"

func (s *Store) ended(ctx context.Context, doing, where string, args ...any) (out []Step, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var st Step
		var date, ended int64
		var op string
		err := rows.Scan(append(itemFields(&st.Item, &date), &st.ID, &st.Rule, &st.Action, &st.Arg, &st.State, &op, &st.Reason, &ended)...)
		if err == nil {
			err = json.Unmarshal([]byte(op), &st.Op)
		}
		st.Item.Date, st.Ended = fromMicros(date), fromMicros(ended)
		out = append(out, st)
		return err
	}, endedFrom+where, args...)
	return out, s.wrap(err, doing)
}

// endedWithin picks by when steps ended; the first condition is that of the index.
const endedWithin = " AND s.done_at > 0 AND s.done_at >= $2 AND s.done_at < $3"

// inJournal is the op of what the journal alone keeps: a letter that was sent is a step
// of the action agenda or bundle as well, and nothing to be told.
const inJournal = `LIKE '{"kind":""%'`

// Told returns the steps by which rules have put something on a letter between two
// times, in that order: those of the actions summarize, agenda, digest and bundle
// that are Done, and have not been taken back. Of a step that is not there are its
// facts and all that tells how it was performed.
func (s *Store) Told(ctx context.Context, account string, from, to time.Time) ([]Step, error) {
	return s.ended(ctx, "reading what rules put on letters", endedWithin+" AND s.state = 'done' AND s.op "+inJournal+`
		AND (s.action LIKE 'summarize%' OR s.action LIKE 'agenda%' OR s.action LIKE 'digest%' OR s.action LIKE 'bundle%') ORDER BY s.done_at, s.id`,
		account, micros(from), micros(to))
}

const dueWhere = ` AND s.op LIKE '%"due":%' AND s.state = 'done' AND s.action LIKE 'agenda%' ORDER BY s.id`

// DueLines returns the steps of the action agenda that have a date by which, whenever
// they were done, in the order they were planned.
func (s *Store) DueLines(ctx context.Context, account string) ([]Step, error) {
	return s.ended(ctx, "reading what is due", dueWhere, account)
}

// UncertainSince returns the steps that became Uncertain since a time.
func (s *Store) UncertainSince(ctx context.Context, account string, since time.Time) ([]Step, error) {
	return s.ended(ctx, "reading what is uncertain", " AND s.done_at > 0 AND s.done_at >= $2 AND s.state = 'uncertain' ORDER BY s.done_at, s.id", account, micros(since))
}

// EachEnded calls fn with each step that ended between two times and takes no other
// back, and ends with fn's first error. Of the step there are Rule, Action, State,
// Reason and Planned, and the ID of its item.
func (s *Store) EachEnded(ctx context.Context, account string, from, to time.Time, fn func(Step) error) error {
	err := s.each(ctx, func(rows *sql.Rows) error {
		var st Step
		var planned int64
		if err := rows.Scan(&st.Rule, &st.Action, &st.State, &st.Reason, &planned, &st.Item.ID); err != nil {
			return err
		}
		st.Planned = fromMicros(planned)
		return fn(st)
	}, "SELECT s.rule, s.action, s.state, s.reason, s.planned_at, s.item_id FROM steps s WHERE s.account = $1 AND s.undoes = 0"+endedWithin, account, micros(from), micros(to))
	return s.wrap(err, "reading how the steps ended")
}

// Tally is how often a rule did the same thing.
type Tally struct {
	Rule, Action string
	Arg          string // empty for confidential messages
	N            int
}

// Tallies counts what rules have really done between two times, and nobody has taken
// back: on the server, on the calendar or outside.
func (s *Store) Tallies(ctx context.Context, account string, from, to time.Time) (out []Tally, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var t Tally
		err := rows.Scan(&t.Rule, &t.Action, &t.Arg, &t.N)
		out = append(out, t)
		return err
	}, "SELECT s.rule, s.action, CASE i.subject WHEN '"+Hidden+`' THEN '' ELSE s.arg END, COUNT(*)
		FROM steps s JOIN items i ON i.id = s.item_id WHERE s.account = $1 AND s.undoes = 0`+endedWithin+` AND s.state = 'done' AND s.op NOT `+inJournal+`
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, account, micros(from), micros(to))
	return out, s.wrap(err, "counting what rules did")
}

// Answered returns the approvals that were answered between two times.
func (s *Store) Answered(ctx context.Context, account string, from, to time.Time) (out []Approval, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		a, err := scanApproval(rows)
		out = append(out, a)
		return err
	}, "SELECT "+approvalColumns+" FROM approvals WHERE account = $1 AND answer <> '' AND answered_at >= $2 AND answered_at < $3 ORDER BY id", account, micros(from), micros(to))
	return out, s.wrap(err, fmt.Sprintf("reading what was answered since %s", from.UTC().Format(time.DateOnly)))
}

// NeverRead returns the address from which most mail came since a time of which none
// was read or answered, if it was at least so much, and how much: what rules put
// somewhere does not count, as nobody was meant to read it.
func (s *Store) NeverRead(ctx context.Context, account string, since time.Time, least int) (sender string, n int, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&sender, &n) },
		`SELECT m.sender, COUNT(*) FROM messages m WHERE m.account = $1 AND m.received_at >= $2 AND m.outgoing = 0 AND m.sender <> ''
		GROUP BY m.sender HAVING COUNT(*) >= $3 AND MAX(m.seen) = 0 AND MAX(m.replied) = 0
		AND NOT EXISTS (SELECT 1 FROM messages o JOIN items i ON i.account = o.account AND i.key = o.key
			WHERE o.account = $1 AND o.sender = m.sender AND o.received_at >= $2)
		ORDER BY 2 DESC, 1 LIMIT 1`, account, micros(since), int64(least))
	return sender, n, s.wrap(err, "looking for mail that is never read")
}
