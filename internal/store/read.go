package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Cursor returns how far a folder has been seen; ok is false if it never was.
func (s *Store) Cursor(ctx context.Context, account, folder string) (c mailbox.Cursor, ok bool, err error) {
	row := s.reads.QueryRowContext(ctx, "SELECT folder, uidvalidity, uidnext, modseq, seen_at FROM cursors WHERE account = $1 AND folder = $2", account, folder)
	_, c, err = scanCursor(row)
	if errors.Is(err, sql.ErrNoRows) {
		return mailbox.Cursor{}, false, nil
	}
	return c, err == nil, s.wrap(err, fmt.Sprintf("reading how far %q has been seen", folder))
}

// Cursors returns how far each folder of an account has been seen, by its name.
func (s *Store) Cursors(ctx context.Context, account string) (map[string]mailbox.Cursor, error) {
	out := make(map[string]mailbox.Cursor)
	rows, err := s.reads.QueryContext(ctx, "SELECT folder, uidvalidity, uidnext, modseq, seen_at FROM cursors WHERE account = $1", account)
	err = eachRow(rows, err, func(rows *sql.Rows) error {
		folder, c, err := scanCursor(rows)
		out[folder] = c
		return err
	})
	return out, s.wrap(err, "reading how far the folders have been seen")
}

func scanCursor(row interface{ Scan(...any) error }) (folder string, c mailbox.Cursor, err error) {
	var modseq, seen int64
	err = row.Scan(&folder, &c.UIDValidity, &c.UIDNext, &modseq, &seen)
	c.ModSeq, c.SeenAt = uint64(modseq), fromMicros(seen)
	return folder, c, err
}

const itemColumns = "i.id, i.account, i.key, i.occurrence, i.message_id, i.subject, i.sender, i.date, i.folder, i.uidvalidity, i.uid"

// Lookup returns the items of an account that have one of the keys, by key and
// then by occurrence.
func (s *Store) Lookup(ctx context.Context, account string, keys []string) (map[string][]Item, error) {
	out := make(map[string][]Item)
	scan := func(rows *sql.Rows) error {
		var it Item
		var date int64
		err := rows.Scan(itemFields(&it, &date)...)
		it.Date = fromMicros(date)
		out[it.Key] = append(out[it.Key], it)
		return err
	}
	for part := range slices.Chunk(keys, s.dialect.keys) {
		args := append([]any{account}, anys(part)...)
		rows, err := s.reads.QueryContext(ctx, "SELECT "+itemColumns+" FROM items i WHERE i.account = $1 AND i.key IN "+inList(2, len(part))+
			" ORDER BY i.key, i.occurrence", args...)
		if err := eachRow(rows, err, scan); err != nil {
			return nil, s.wrap(err, fmt.Sprintf("looking up %d messages", len(keys)))
		}
	}
	return out, nil
}

func itemFields(it *Item, date *int64) []any {
	return []any{
		&it.ID, &it.Account, &it.Key, &it.Occurrence, &it.MessageID, &it.Subject, &it.Sender, date,
		&it.Place.Folder, &it.Place.UIDValidity, &it.Place.UID,
	}
}

// Filter picks steps; what is zero does not count.
type Filter struct {
	Account   string
	RunID     int64
	StepID    int64
	AfterID   int64 // planned after this step
	Rule      string
	Key       string // of the item
	MessageID string // of the item, without brackets
	ItemIDs   []int64
	States    []State
	Since     time.Time // planned then or later
	Ended     time.Time // ended then or later
	Due       time.Time // not_before is then or earlier
	PutOff    time.Time // was tried already, and not_before is later
	Op        *mailbox.Op
	NotUndo   bool // leave out steps that take others back
	// Bare reads of a step only what is needed to perform it: its ID, Rule, Action,
	// State, Op, From and Undoes, and the ID, Key, MessageID and Place of its item.
	Bare   bool
	Newest bool // newest first; otherwise in the order they were planned
	Limit  int
}

const stepColumns = itemColumns + `, s.id, s.run_id, s.rule, s.rules_hash, s.action, s.arg, s.state, s.op,
	s.from_folder, s.from_uidvalidity, s.from_uid, s.at_folder, s.at_uidvalidity, s.at_uid,
	s.attempts, s.not_before, s.reason, s.undoes, s.planned_at, s.done_at, s.facts`

const bareColumns = `i.id, i.key, i.message_id, i.folder, i.uidvalidity, i.uid,
	s.id, s.rule, s.action, s.state, s.op, s.from_folder, s.from_uidvalidity, s.from_uid, s.undoes`

// Steps returns the steps that f picks. See [Store.EachStep] for long answers.
func (s *Store) Steps(ctx context.Context, f Filter) ([]Step, error) {
	var out []Step
	err := s.EachStep(ctx, f, func(st Step) error {
		if len(out) == pageSize {
			out = slices.Grow(out, max(0, f.Limit-pageSize)) // a long answer is grown once
		}
		out = append(out, st)
		return nil
	})
	return out, err
}

// pageSize is how many steps are in memory at a time.
const pageSize = 500

// EachStep calls fn with each step that f picks, and ends with fn's first error.
// It reads page by page and holds nothing open in between, so fn may write to the
// journal, and a step that it changes is not met again.
func (s *Store) EachStep(ctx context.Context, f Filter, fn func(Step) error) error {
	after, left := int64(0), f.Limit // after is the id of the last step of the page before
	var page []Step
	for {
		size := pageSize
		if f.Limit > 0 {
			size = min(left, pageSize)
		}
		var err error
		if page, err = s.page(ctx, f, after, size, page[:0]); err != nil {
			return s.wrap(err, "reading the steps")
		}
		for _, st := range page {
			if err := fn(st); err != nil {
				return err
			}
		}
		left -= len(page)
		if len(page) < pageSize || left == 0 {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// page appends one page of steps to a list.
func (s *Store) page(ctx context.Context, f Filter, after int64, size int, page []Step) ([]Step, error) {
	q := f.conditions(s.dialect)
	if after != 0 && f.Newest {
		q.add("s.id < ?", after)
	} else if after != 0 {
		q.add("s.id > ?", after)
	}
	columns, scan := stepColumns, scanStep
	if f.Bare {
		columns, scan = bareColumns, scanBare
	}
	query := "SELECT " + columns + " FROM steps s JOIN items i ON i.id = s.item_id" + q.where() +
		" ORDER BY s.id" + descending(f.Newest) + q.limit(size)
	same := repeated{texts: map[string]string{}, ops: map[string]mailbox.Op{}}
	rows, err := s.reads.QueryContext(ctx, query, q.args...)
	err = eachRow(rows, err, func(rows *sql.Rows) error {
		page = append(page, Step{})
		return scan(rows, same, &page[len(page)-1])
	})
	return page, err
}

// repeated keeps one of each text that stands in many rows of a page.
type repeated struct {
	texts map[string]string
	ops   map[string]mailbox.Op
}

func (r repeated) once(texts ...*string) {
	for _, t := range texts {
		if kept, ok := r.texts[*t]; ok {
			*t = kept
		} else {
			r.texts[*t] = *t
		}
	}
}

func (r repeated) op(text string) (op mailbox.Op, err error) {
	op, ok := r.ops[text]
	if !ok {
		err = json.Unmarshal([]byte(text), &op)
		r.ops[text] = op
	}
	return op, err
}

func scanStep(rows *sql.Rows, same repeated, st *Step) error {
	var op, facts string
	var date, notBefore, planned, ended int64
	err := rows.Scan(append(itemFields(&st.Item, &date), &st.ID, &st.RunID, &st.Rule, &st.RulesHash, &st.Action, &st.Arg, &st.State, &op,
		&st.From.Folder, &st.From.UIDValidity, &st.From.UID, &st.At.Folder, &st.At.UIDValidity, &st.At.UID,
		&st.Attempts, &notBefore, &st.Reason, &st.Undoes, &planned, &ended, &facts)...)
	if err != nil {
		return err
	}
	if facts != "" {
		st.Facts = json.RawMessage(facts)
	}
	st.Item.Date, st.NotBefore = fromMicros(date), fromMicros(notBefore)
	st.Planned, st.Ended = fromMicros(planned), fromMicros(ended)
	same.once(&st.RulesHash, &st.Arg, &st.At.Folder, &st.Item.Account)
	return same.common(st, op)
}

func scanBare(rows *sql.Rows, same repeated, st *Step) error {
	var op string
	err := rows.Scan(&st.Item.ID, &st.Item.Key, &st.Item.MessageID, &st.Item.Place.Folder, &st.Item.Place.UIDValidity, &st.Item.Place.UID,
		&st.ID, &st.Rule, &st.Action, &st.State, &op, &st.From.Folder, &st.From.UIDValidity, &st.From.UID, &st.Undoes)
	if err != nil {
		return err
	}
	return same.common(st, op)
}

// common keeps one of each text that every step has, and reads what it does.
func (r repeated) common(st *Step, op string) (err error) {
	r.once(&st.Rule, &st.Action, (*string)(&st.State), &st.From.Folder, &st.Item.Place.Folder)
	if st.Op, err = r.op(op); err != nil {
		return fmt.Errorf("what step %d does: %w", st.ID, err)
	}
	return nil
}

func (f Filter) conditions(d dialect) conditions {
	var q conditions
	for _, c := range []struct {
		text string
		arg  any
		used bool
	}{
		// With items given, SQLite would otherwise read all steps of the account.
		{"s.account = ?", f.Account, f.Account != "" && len(f.ItemIDs) == 0},
		{"s.run_id = ?", f.RunID, f.RunID != 0},
		{"s.id = ?", f.StepID, f.StepID != 0},
		{"s.id > ?", f.AfterID, f.AfterID != 0},
		{"s.rule = ?", f.Rule, f.Rule != ""},
		{"i.key = ?", f.Key, f.Key != ""},
		{"i.message_id = ?", f.MessageID, f.MessageID != ""},
		{"i.account = ?", f.Account, f.Account != "" && (f.Key != "" || f.MessageID != "" || len(f.ItemIDs) > 0)},
		{"s.planned_at >= ?", micros(f.Since), !f.Since.IsZero()},
		{"s.done_at >= ?", micros(f.Ended), !f.Ended.IsZero()},
		{"s.not_before <= ?", micros(f.Due), !f.Due.IsZero()},
		// What was tried has a reason where it did not come as far as an attempt.
		{"(s.attempts > 0 OR s.reason <> '') AND s.not_before > ?", micros(f.PutOff), !f.PutOff.IsZero()},
		{"s.undoes = ?", 0, f.NotUndo},
		{"md5(s.op) = md5(?)", opText(f.Op), f.Op != nil && d.name == "postgres"}, // by which the index is
		{"s.op = ?", opText(f.Op), f.Op != nil},
	} {
		if c.used {
			q.add(c.text, c.arg)
		}
	}
	q.addIn("s.item_id", anys(f.ItemIDs))
	q.addIn("s.state", texts(f.States))
	if len(f.States) > 0 && !slices.ContainsFunc(f.States, func(st State) bool { return st != Planned && st != Started }) {
		// SQLite uses the index of open steps only for its own words.
		q.text = append(q.text, "s.state IN ('planned', 'started')")
	}
	return q
}

func opText(op *mailbox.Op) string {
	if op == nil {
		return ""
	}
	text, err := json.Marshal(op)
	if err != nil {
		return "" // an Op is made of texts, which always become JSON
	}
	return string(text)
}

// OpenOps returns what the Planned and Started steps of an account do that are
// due by now, each change once and the commonest first.
func (s *Store) OpenOps(ctx context.Context, account string, now time.Time) ([]mailbox.Op, error) {
	var ops []mailbox.Op
	rows, err := s.reads.QueryContext(ctx, `SELECT op FROM steps
		WHERE account = $1 AND state IN ('planned', 'started') AND not_before <= $2 GROUP BY op ORDER BY COUNT(*) DESC, op`, account, micros(now))
	err = eachRow(rows, err, func(rows *sql.Rows) error {
		var text string
		var op mailbox.Op
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &op); err != nil {
			return fmt.Errorf("what a step does: %w", err)
		}
		ops = append(ops, op)
		return nil
	})
	return ops, s.wrap(err, "reading what is still to do")
}

// Unfinished returns up to limit steps of an account that are Planned or Started
// and due by now, in the order they were planned. It is the owner's queue.
func (s *Store) Unfinished(ctx context.Context, account string, now time.Time, limit int) ([]Step, error) {
	return s.Steps(ctx, Filter{Account: account, States: []State{Planned, Started}, Due: now, Limit: limit})
}

// Count is how many steps of a rule are in a state.
type Count struct {
	Rule  string
	State State
	Undo  bool // steps that take others back
	N     int64
}

// Counts counts an account's steps, of one run or, with run 0, of all.
func (s *Store) Counts(ctx context.Context, account string, run int64) ([]Count, error) {
	var q conditions
	q.add("account = ?", account)
	if run != 0 {
		q.add("run_id = ?", run)
	}
	query := "SELECT rule, state, undoes > 0, COUNT(*) FROM steps" + q.where() + " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
	var out []Count
	rows, err := s.reads.QueryContext(ctx, query, q.args...)
	err = eachRow(rows, err, func(rows *sql.Rows) error {
		var c Count
		err := rows.Scan(&c.Rule, &c.State, &c.Undo, &c.N)
		out = append(out, c)
		return err
	})
	return out, s.wrap(err, "counting the steps")
}

// conditions gathers the WHERE of a query.
type conditions struct {
	text []string
	args []any
}

// add adds a condition with one "?" for its argument.
func (q *conditions) add(text string, arg any) {
	q.args = append(q.args, arg)
	q.text = append(q.text, strings.Replace(text, "?", "$"+strconv.Itoa(len(q.args)), 1))
}

// addIn wants column to be one of values, if there are any.
func (q *conditions) addIn(column string, values []any) {
	if len(values) > 0 {
		q.text = append(q.text, column+" IN "+inList(len(q.args)+1, len(values)))
		q.args = append(q.args, values...)
	}
}

func (q *conditions) where() string {
	if len(q.text) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.text, " AND ")
}

// limit is the LIMIT of a query; n 0 is none. It must come last.
func (q *conditions) limit(n int) string {
	if n == 0 {
		return ""
	}
	q.args = append(q.args, n)
	return " LIMIT $" + strconv.Itoa(len(q.args))
}

func descending(yes bool) string {
	if yes {
		return " DESC"
	}
	return ""
}

func texts[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
