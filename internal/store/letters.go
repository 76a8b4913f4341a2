package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Letter is a mail to the executive as it was written: one of each kind for a date.
// Whether it was sent, its step says.
type Letter struct {
	Account string
	Kind    string    // agenda, review, digest evening, …
	Date    string    // local, 2026-12-08
	Made    time.Time // what had happened by then stands in it
	Body    json.RawMessage
	Asks    []Ask // the approvals that it asks for, to be written down; never read
}

// Letter returns the letter of a kind and a date; ok is false where none was
// written.
func (s *Store) Letter(ctx context.Context, account, kind, date string) (l Letter, ok bool, err error) {
	return s.letter(ctx, "SELECT account, kind, date, made_at, body FROM letters WHERE account = $1 AND kind = $2 AND date = $3", account, kind, date)
}

// LetterBefore returns the last letter of a kind before a date; ok is false where
// there was none.
func (s *Store) LetterBefore(ctx context.Context, account, kind, date string) (l Letter, ok bool, err error) {
	return s.letter(ctx, `SELECT account, kind, date, made_at, body FROM letters WHERE account = $1 AND kind = $2 AND date < $3
		ORDER BY date DESC LIMIT 1`, account, kind, date)
}

func (s *Store) letter(ctx context.Context, query string, args ...any) (l Letter, ok bool, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var made int64
		var body string
		err := rows.Scan(&l.Account, &l.Kind, &l.Date, &made, &body)
		l.Made, l.Body, ok = fromMicros(made), json.RawMessage(body), true
		return err
	}, query, args...)
	return l, ok, s.wrap(err, "looking up a letter")
}

// Offer is a line of a mail about which the reader may decide, once, by answering.
type Offer struct {
	ID       int64
	Account  string
	Key      string // of the line, the same from one mail to the next: a snooze is of it
	Choices  []Choice
	Made     time.Time
	Expires  time.Time
	Answer   string // the Do of what was chosen; empty while nothing was
	Answered time.Time
	By       string // address of who chose
}

// Choice is one of the things that may be decided.
type Choice struct {
	// Do is the word of the link: accept tentative decline fix snooze undo keep
	// release unsubscribe expand. (Of approve and refuse see Approval.)
	Do string `json:"do"`
	// Step is what is done then: Action, Arg and Op count. Without an Op there is
	// none: of a snooze Until says till when, of an undo (and keep and release, which
	// take back what a rule did) Back says what is taken back, and of expand Letter
	// names what is sent.
	Step   Step      `json:"step,omitzero"`
	Item   Item      `json:"item,omitzero"` // that the step is on
	Until  time.Time `json:"until,omitzero"`
	Back   Back      `json:"back,omitzero"`
	Letter string    `json:"letter,omitempty"`
}

// Back says what a decision takes back; what is zero does not narrow it down.
type Back struct {
	Step  int64     `json:"step,omitempty"`
	Item  int64     `json:"item,omitempty"`
	Rule  string    `json:"rule,omitempty"`
	Since time.Time `json:"since,omitzero"` // what was done then or later, and before the letter
}

// offerLife is how long a line of a mail may be answered.
const offerLife = 14 * 24 * time.Hour

// ErrNotPlanned: the step was taken back meanwhile, or done.
var ErrNotPlanned = errors.New("the step does not wait any more")

// WriteLetter marks the step that sends a letter as started, and writes down what
// stands in it, what it asks for and what may be decided by answering it, all in one
// transaction and before it is sent. Of the tokens, one for each id, which token makes, only hashes
// are kept. It returns the ids of the offers, in their order. It fails with
// [ErrNotPlanned], and writes nothing, where the step does not wait any more; with 0
// there is no step.
func (o *Owner) WriteLetter(ctx context.Context, step int64, l Letter, offers []Offer, token func(id int64) string) (ids []int64, err error) {
	err = o.write(ctx, "writing a letter down", func(t *tx) error {
		if ids, err = t.nextIDs(ctx, "offers", len(offers)); err != nil {
			return err
		}
		if step != 0 {
			n, err := t.exec(ctx, "UPDATE steps SET state = 'started', attempts = attempts + 1 WHERE account = $1 AND id = $2 AND state = 'planned'", o.account, step)
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrNotPlanned
			}
		}
		_, err := t.exec(ctx, `INSERT INTO letters (account, kind, date, made_at, body) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account, kind, date) DO UPDATE SET made_at = excluded.made_at, body = excluded.body`, o.account, l.Kind, l.Date, micros(l.Made), string(l.Body))
		if err != nil {
			return err
		}
		for _, a := range l.Asks {
			if err := o.mailed(ctx, t, a); err != nil {
				return err
			}
		}
		for i := range offers {
			if err := o.offer(ctx, t, ids[i], &offers[i], tokenHash(token(ids[i])), l.Made); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, err
}

// DropLetter forgets a letter that was certainly not sent: what it would have told is
// news to the next.
func (o *Owner) DropLetter(ctx context.Context, kind, date string) error {
	return o.write(ctx, "forgetting a letter that was not sent", func(t *tx) error {
		_, err := t.exec(ctx, "DELETE FROM letters WHERE account = $1 AND kind = $2 AND date = $3", o.account, kind, date)
		return err
	})
}

func (o *Owner) offer(ctx context.Context, t *tx, id int64, offer *Offer, token string, made time.Time) error {
	body, err := json.Marshal(offer.Choices)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO offers (id, account, key, body, token, made_at, expires_at, answer, answered_at, answered_by, until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, '', 0)`, id, o.account, offer.Key, string(body), token, micros(made), micros(made.Add(offerLife)))
	return err
}

// Offered returns what was offered under an id with a token, answered or not; ok is
// false where the two do not belong together.
func (s *Store) Offered(ctx context.Context, account string, id int64, token string) (o Offer, ok bool, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var made, expires, answered int64
		var body string
		if err := rows.Scan(&o.ID, &o.Account, &o.Key, &body, &made, &expires, &o.Answer, &answered, &o.By); err != nil {
			return err
		}
		o.Made, o.Expires, o.Answered, ok = fromMicros(made), fromMicros(expires), fromMicros(answered), true
		return json.Unmarshal([]byte(body), &o.Choices)
	}, "SELECT id, account, key, body, made_at, expires_at, answer, answered_at, answered_by FROM offers WHERE account = $1 AND token = $2 AND id = $3",
		account, tokenHash(token), id)
	return o, ok, s.wrap(err, "looking up what was offered")
}

// Decision is the answer to an offer. It stands in a Plan, so that the decision and
// the steps that it asks for are written down together: Commit fails with
// ErrAnswered, and writes nothing, where the offer has been answered before.
type Decision struct {
	Offer  int64
	Answer string
	By     string
	Until  time.Time // of a snooze
}

func (o *Owner) decide(ctx context.Context, t *tx, d Decision, now time.Time) error {
	n, err := t.exec(ctx, "UPDATE offers SET answer = $3, answered_at = $4, answered_by = $5, until = $6 WHERE account = $1 AND id = $2 AND answer = ''",
		o.account, d.Offer, d.Answer, micros(now), d.By, micros(d.Until))
	if err == nil && n == 0 {
		return ErrAnswered
	}
	return err
}

// Snoozed returns the keys of the lines that are not to be shown at a time.
func (s *Store) Snoozed(ctx context.Context, account string, now time.Time) (map[string]bool, error) {
	keys := map[string]bool{}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		keys[key] = true
		return err
	}, "SELECT key FROM offers WHERE account = $1 AND until > $2", account, micros(now))
	return keys, s.wrap(err, "looking up what was put off")
}

// Decided returns the offers that were answered since a time, by the time of the
// answer.
func (s *Store) Decided(ctx context.Context, account string, since time.Time) (out []Offer, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error {
		var o Offer
		var answered int64
		err := rows.Scan(&o.ID, &o.Key, &o.Answer, &answered, &o.By)
		o.Answered = fromMicros(answered)
		out = append(out, o)
		return err
	}, "SELECT id, key, answer, answered_at, answered_by FROM offers WHERE account = $1 AND answered_at >= $2 AND answer <> '' ORDER BY answered_at, id", account, micros(since))
	return out, s.wrap(err, fmt.Sprintf("reading what was decided since %s", since.UTC().Format(time.DateOnly)))
}

// pruneLetters deletes letters, offers and answers of before, and gists.
func (o *Owner) pruneLetters(ctx context.Context, t *tx, before time.Time) error {
	for _, query := range []string{
		"DELETE FROM gists WHERE account = $1 AND received_at < $2",
		"DELETE FROM letters WHERE account = $1 AND made_at < $2",
		"DELETE FROM offers WHERE account = $1 AND made_at < $2",
	} {
		if _, err := t.exec(ctx, query, o.account, micros(before)); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, "DELETE FROM answers WHERE asked_at < $1", micros(before))
	return err
}
