package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Approval is what waits for a person: the parked steps of one rule on one item. What
// the rule wants of the item later is an approval of its own.
type Approval struct {
	ID       int64
	Account  string
	ItemID   int64
	Rule     string
	Approver string // assistant or executive
	Asked    time.Time
	Mailed   time.Time // when the mail that asks for it was sent; zero if not yet
	Expires  time.Time
	Answer   string // approve, refuse, expired, or empty while it waits
	Answered time.Time
	By       string // terminal or mail

	tokens []string // hashes of what it was mailed with
}

// Answers to what waits for a person.
const (
	Approve = "approve"
	Refuse  = "refuse"
	Expired = "expired"
	// Withdrawn: what it was about was taken back before anybody answered, there is no
	// need of it any more, or it is asked anew together with more.
	Withdrawn = "withdrawn"
)

// ErrAnswered: the approval has been answered already, or is none.
var ErrAnswered = errors.New("nothing waits under that number")

const approvalColumns = "id, account, item_id, rule, approver, asked_at, mailed_at, expires_at, answer, answered_at, answered_by, token"

// Approvals returns what waits for a person, the oldest first.
func (s *Store) Approvals(ctx context.Context, account string) ([]Approval, error) {
	var out []Approval
	err := s.each(ctx, func(rows *sql.Rows) error {
		a, err := scanApproval(rows)
		out = append(out, a)
		return err
	}, "SELECT "+approvalColumns+" FROM approvals WHERE account = $1 AND answer = '' ORDER BY id", account)
	return out, s.wrap(err, "reading what waits for approval")
}

// MailedWith returns what was mailed with a secret, answered or not, that token
// makes into the token of each. An approval that was mailed again has several.
func (s *Store) MailedWith(ctx context.Context, account string, token func(id int64) string) ([]Approval, error) {
	var out []Approval
	err := s.each(ctx, func(rows *sql.Rows) error {
		a, err := scanApproval(rows)
		if err == nil && slices.Contains(a.tokens, tokenHash(token(a.ID))) {
			out = append(out, a)
		}
		return err
	}, "SELECT "+approvalColumns+" FROM approvals WHERE account = $1 AND token <> '' ORDER BY id", account)
	return out, s.wrap(err, "looking up what was asked")
}

func scanApproval(rows *sql.Rows) (a Approval, err error) {
	var tokens string
	var asked, mailed, expires, answered int64
	err = rows.Scan(&a.ID, &a.Account, &a.ItemID, &a.Rule, &a.Approver, &asked, &mailed, &expires, &a.Answer, &answered, &a.By, &tokens)
	a.tokens = strings.Fields(tokens)
	a.Asked, a.Mailed, a.Expires, a.Answered = fromMicros(asked), fromMicros(mailed), fromMicros(expires), fromMicros(answered)
	return a, err
}

// tokenHash is what is kept of a token: who reads the database can't answer with
// it.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte("approval:" + token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ask writes down what a plan's parked steps wait for. What waited already of the same
// rule and item is asked anew with them, under the new number: whoever answers to the
// old one has not read of them.
func (o *Owner) ask(ctx context.Context, t *tx, fresh []Step, at time.Time) error {
	asked := map[string]bool{}
	for _, st := range fresh {
		which := fmt.Sprint(st.Item.ID, " ", st.Rule)
		if st.State != Parked || st.Approver == "" || asked[which] {
			continue
		}
		asked[which] = true
		ids, err := t.nextIDs(ctx, "approvals", 1)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE approvals SET answer = $4, answered_at = $5 WHERE account = $1 AND item_id = $2 AND rule = $3 AND answer = ''",
			o.account, st.Item.ID, st.Rule, Withdrawn, micros(at))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO approvals (id, account, item_id, rule, approver, asked_at, mailed_at, token, expires_at, answer, answered_at, answered_by)
			VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7, '', 0, '')`,
			ids[0], o.account, st.Item.ID, st.Rule, st.Approver, micros(at), micros(at.Add(approvalLife)))
		if err != nil {
			return err
		}
	}
	return nil
}

// approvalLife is how long something waits for a person.
const approvalLife = 14 * 24 * time.Hour

// Mailed notes that approvals have been asked for by mail, each with its token.
// It comes before the mail is sent: after a crash the next mail has new tokens.
func (o *Owner) Mailed(ctx context.Context, tokens map[int64]string, at time.Time) error {
	return o.write(ctx, fmt.Sprintf("asking for %d approvals", len(tokens)), func(t *tx) error {
		for id, token := range tokens {
			if err := o.mailed(ctx, t, Ask{Approval: id, Token: token, Mailed: at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Ask is an approval that a letter asks for.
type Ask struct {
	Approval int64
	Token    string
	Mailed   time.Time // what counts as when it was asked for by mail
}

func (o *Owner) mailed(ctx context.Context, t *tx, a Ask) error {
	_, err := t.exec(ctx, "UPDATE approvals SET token = CAST($3 AS TEXT) || ' ' || token, mailed_at = $4 WHERE account = $1 AND id = $2 AND answer = ''",
		o.account, a.Approval, tokenHash(a.Token), micros(a.Mailed))
	return err
}

// Answer ends an approval: its parked steps are planned, or failed with the
// reason. It fails with [ErrAnswered] where nothing waits, so that an answer
// counts once.
func (o *Owner) Answer(ctx context.Context, id int64, answer, by string, now time.Time) error {
	now, done := o.line.ending(now)
	defer done()
	return o.write(ctx, "writing an answer down", func(t *tx) error {
		var item int64
		var rule string
		err := t.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&item, &rule) },
			"SELECT item_id, rule FROM approvals WHERE account = $1 AND id = $2 AND answer = ''", o.account, id)
		if err != nil {
			return err
		}
		if item == 0 {
			return ErrAnswered
		}
		if _, err := t.exec(ctx, "UPDATE approvals SET answer = $3, answered_at = $4, answered_by = $5 WHERE account = $1 AND id = $2", o.account, id, answer, micros(now), by); err != nil {
			return err
		}
		state, reason, ended := Planned, "", int64(0)
		if answer != Approve {
			state, reason, ended = Failed, refusals[answer], micros(now)
		}
		_, err = t.exec(ctx, "UPDATE steps SET state = $4, reason = $5, done_at = $6 WHERE account = $1 AND item_id = $2 AND rule = $3 AND state = 'parked'",
			o.account, item, rule, string(state), reason, ended)
		return err
	})
}

// TakeUpLapsed lets wait again what lapsed by a clock that ran ahead: by the present one
// its time is not up.
func (o *Owner) TakeUpLapsed(ctx context.Context, now time.Time) error {
	var lapsed []Approval
	err := o.s.each(ctx, func(rows *sql.Rows) error {
		a, err := scanApproval(rows)
		lapsed = append(lapsed, a)
		return err
	}, "SELECT "+approvalColumns+" FROM approvals WHERE account = $1 AND answer = 'expired' AND expires_at > $2", o.account, micros(now))
	if err != nil || len(lapsed) == 0 {
		return o.s.wrap(err, "reading what has lapsed")
	}
	return o.write(ctx, "taking up what had lapsed", func(t *tx) error {
		for _, a := range lapsed {
			if err := o.takeUp(ctx, t, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeUp lets the steps wait again that lapsed with an approval, unless the rule has
// asked something else about the item since.
func (o *Owner) takeUp(ctx context.Context, t *tx, a Approval) error {
	n, err := t.exec(ctx, `UPDATE approvals SET answer = '', answered_at = 0 WHERE account = $1 AND id = $2 AND answer = 'expired'
		AND NOT EXISTS (SELECT 1 FROM approvals w WHERE w.account = $1 AND w.item_id = $3 AND w.rule = $4 AND w.answer = '')`, o.account, a.ID, a.ItemID, a.Rule)
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(ctx, `UPDATE steps SET state = 'parked', reason = '', done_at = 0
		WHERE account = $1 AND item_id = $2 AND rule = $3 AND state = 'failed' AND reason = $4 AND done_at = $5`,
		o.account, a.ItemID, a.Rule, Lapsed, micros(a.Answered))
	return err
}

// Reasons of steps that a person did not want.
const (
	Refused = "a person refused it"
	Lapsed  = "nobody approved it in time"
)

var refusals = map[string]string{Refuse: Refused, Expired: Lapsed, Withdrawn: NotNeeded}
