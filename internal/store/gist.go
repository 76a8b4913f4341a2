package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"
)

// Gist is what is kept of a message for the mails to the executive: what it says in
// a few sentences, and what it asks and promises. There is none of a confidential
// message, nor of one whose summary a rule forbids.
type Gist struct {
	Key      string    `json:"-"` // of the message, as Message.Key
	Outgoing bool      `json:"-"`
	Received time.Time `json:"-"`
	// Wanted says that a language model is still to be asked for Text.
	Wanted bool `json:"-"`

	MessageID string    `json:"message,omitempty"`
	From      string    `json:"from,omitempty"` // e-mail address
	Name      string    `json:"name,omitempty"` // of who wrote it, as the message has it
	Subject   string    `json:"subject,omitempty"`
	Text      string    `json:"text,omitempty"`     // one to three sentences; may be empty
	ByModel   bool      `json:"by_model,omitempty"` // a language model wrote Text
	Asks      []string  `json:"asks,omitempty"`     // what it wants of its reader, sentence by sentence
	Promises  []Promise `json:"promises,omitempty"` // what its writer is going to do
	Deadline  time.Time `json:"deadline,omitzero"`  // that it names
	Files     []string  `json:"files,omitempty"`    // names of attachments, without inline ones
}

// Promise is a sentence by which somebody said that they would do something.
type Promise struct {
	Text string    `json:"text"`
	Due  time.Time `json:"due,omitzero"`
}

// setGists writes down what messages say. What is there already stays.
func (o *Owner) setGists(ctx context.Context, t *tx, gists []Gist) error {
	for i := range gists {
		g := &gists[i]
		body, err := json.Marshal(g)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO gists (account, key, outgoing, received_at, wanted, body) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (account, key, outgoing) DO NOTHING`, o.account, g.Key, truth(g.Outgoing), micros(g.Received), truth(g.Wanted), string(body))
		if err != nil {
			return err
		}
	}
	return nil
}

// SetGist writes a gist in the place of what was there, as a language model has
// said it better, or can't be asked.
func (o *Owner) SetGist(ctx context.Context, g Gist) error {
	body, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return o.write(ctx, "writing down what a message says", func(t *tx) error {
		_, err := t.exec(ctx, "UPDATE gists SET wanted = $4, body = $5 WHERE account = $1 AND key = $2 AND outgoing = $3",
			o.account, g.Key, truth(g.Outgoing), truth(g.Wanted), string(body))
		return err
	})
}

const gistColumns = "key, outgoing, received_at, wanted, body"

func scanGist(rows *sql.Rows) (g Gist, err error) {
	var outgoing, received, wanted int64
	var body sql.RawBytes
	if err = rows.Scan(&g.Key, &outgoing, &received, &wanted, &body); err == nil {
		err = json.Unmarshal(body, &g)
	}
	g.Outgoing, g.Wanted, g.Received = outgoing == 1, wanted == 1, fromMicros(received)
	return g, err
}

// Gists returns what is kept of messages that were received, by key.
func (s *Store) Gists(ctx context.Context, account string, keys []string) (map[string]Gist, error) {
	out := make(map[string]Gist, len(keys))
	for part := range slices.Chunk(keys, s.dialect.keys) {
		err := s.each(ctx, func(rows *sql.Rows) error {
			g, err := scanGist(rows)
			out[g.Key] = g
			return err
		}, "SELECT "+gistColumns+" FROM gists WHERE account = $1 AND outgoing = 0 AND key IN "+inList(2, len(part)), append([]any{account}, anys(part)...)...)
		if err != nil {
			return nil, s.wrap(err, "looking up what messages say")
		}
	}
	return out, nil
}

// GistsSince returns what is kept of the messages of both directions since a time,
// the oldest first.
func (s *Store) GistsSince(ctx context.Context, account string, since time.Time) ([]Gist, error) {
	return s.gists(ctx, "SELECT "+gistColumns+" FROM gists WHERE account = $1 AND received_at >= $2 ORDER BY received_at, key", account, micros(since))
}

// GistsWanted returns up to limit gists for which a language model is to be asked,
// the newest first.
func (s *Store) GistsWanted(ctx context.Context, account string, limit int) ([]Gist, error) {
	return s.gists(ctx, "SELECT "+gistColumns+" FROM gists WHERE account = $1 AND wanted = 1 ORDER BY received_at DESC LIMIT $2", account, limit)
}

func (s *Store) gists(ctx context.Context, query string, args ...any) ([]Gist, error) {
	var out []Gist
	err := s.each(ctx, func(rows *sql.Rows) error {
		g, err := scanGist(rows)
		out = append(out, g)
		return err
	}, query, args...)
	return out, s.wrap(err, "reading what messages say")
}

// Answer returns what a language model answered to a question, by the hash of all
// that it was asked.
func (s *Store) Answer(ctx context.Context, key string) (value string, ok bool, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error { ok = true; return rows.Scan(&value) }, "SELECT value FROM answers WHERE key = $1", key)
	return value, ok, s.wrap(err, "looking up an answer of the model")
}

// SetAnswer keeps what a language model answered. It needs no ownership: an answer
// that is lost is asked for again.
func (s *Store) SetAnswer(ctx context.Context, key, value string, at time.Time) error {
	return s.write(ctx, "keeping an answer of the model", func(t *tx) error {
		_, err := t.exec(ctx, "INSERT INTO answers (key, value, asked_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, asked_at = excluded.asked_at",
			key, value, micros(at))
		return err
	})
}
