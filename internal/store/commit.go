package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/plant"
)

// Plan is what enters the journal together: how far a folder has now been seen,
// and what is to be done with the messages up to there.
type Plan struct {
	RunID   int64
	Planned time.Time
	Folder  string          // of Cursor
	Cursor  *mailbox.Cursor // nil leaves it where it is
	Items   []NewItem
	// Messages are to be remembered, and Seen the keys that they had.
	Messages []Message
	Seen     []SeenWord
	// Syncs is what calendars said that were asked, and Mirror events as they are now
	// that we have written them ourselves: see datebook.go.
	Syncs  []datebook.Sync
	Mirror []datebook.Event
	// Endings are of steps that the planned ones follow from, as Finish writes them
	// down: the one is never there without the other.
	Endings []Ending
	// Gists are what the messages say.
	Gists []Gist
	// Decided is the answer to an offer that the planned steps follow from.
	Decided *Decision
}

// NewItem is an item with the steps that are planned for it. An Item that was
// read from the journal keeps its ID, and only its Place is written anew; one
// with ID 0 is inserted unless its key and occurrence are there already.
//
// Of a Step these count: Rule, RulesHash, Action, Arg, State (empty is Planned),
// Op, NotBefore, Reason, Undoes, Facts, and From, which is the item's Place where
// it is empty.
type NewItem struct {
	Item
	Steps []Step
}

// Commit writes a plan down in one transaction: all of it or nothing. It returns
// the steps that are new, with their ids, in the order of the plan; a step that
// an item has had before, whatever became of it, is left as it is. When the
// connection breaks during the commit it may have come through in spite of the
// error; [Store.Unfinished] tells.
func (o *Owner) Commit(ctx context.Context, p Plan) (fresh []Step, err error) {
	doing := fmt.Sprintf("writing the plan of %d messages", len(p.Items))
	ended, done := o.line.ending(p.Planned)
	defer done()
	err = o.write(ctx, doing, func(t *tx) error {
		if p.Cursor != nil {
			if err := t.setCursor(ctx, o.account, p.Folder, *p.Cursor); err != nil {
				return err
			}
		}
		items, err := o.insertItems(ctx, t, p.Items)
		if err != nil {
			return err
		}
		if fresh, err = o.insertSteps(ctx, t, p, items); err != nil {
			return err
		}
		if err := o.ask(ctx, t, fresh, p.Planned); err != nil {
			return err
		}
		if err := o.remember(ctx, t, p.Messages); err != nil {
			return err
		}
		if err := o.rememberWords(ctx, t, p.Seen); err != nil {
			return err
		}
		if err := o.setGists(ctx, t, p.Gists); err != nil {
			return err
		}
		if p.Decided != nil {
			if err := o.decide(ctx, t, *p.Decided, ended); err != nil {
				return err
			}
		}
		if err := o.mirror(ctx, t, p); err != nil || len(p.Endings) == 0 {
			return err
		}
		return o.finish(ctx, t, ended, p.Endings)
	})
	if err != nil {
		return nil, err
	}
	return fresh, nil
}

func (t *tx) setCursor(ctx context.Context, account, folder string, c mailbox.Cursor) error {
	_, err := t.exec(ctx, `INSERT INTO cursors (account, folder, uidvalidity, uidnext, modseq, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account, folder) DO UPDATE SET uidvalidity = excluded.uidvalidity, uidnext = excluded.uidnext,
		modseq = excluded.modseq, seen_at = excluded.seen_at`,
		account, folder, int64(c.UIDValidity), int64(c.UIDNext), int64(c.ModSeq), micros(c.SeenAt))
	return err
}

var insertItem = rowsStatement{
	prefix: `INSERT INTO items (account, id, key, occurrence, message_id, subject, sender, date, folder, uidvalidity, uid)
		SELECT CAST($1 AS TEXT), v.* FROM (VALUES `,
	suffix: `) AS v WHERE true ON CONFLICT (account, key, occurrence) DO NOTHING`, fixed: 1, columns: 10,
	casts: "BIGINT TEXT BIGINT TEXT TEXT TEXT BIGINT TEXT BIGINT BIGINT",
}

// insertItems returns the items of a plan with their ids.
func (o *Owner) insertItems(ctx context.Context, t *tx, planned []NewItem) ([]Item, error) {
	items := make([]Item, len(planned))
	var places []place
	var missing []int // in items
	for i, n := range planned {
		items[i] = n.Item
		items[i].Account = o.account
		items[i].Occurrence = max(1, n.Occurrence)
		if n.ID == 0 {
			missing = append(missing, i)
		} else if n.Place.Folder != "" {
			places = append(places, place{n.ID, n.Place})
		}
	}
	if err := o.setPlaces(ctx, t, places); err != nil {
		return nil, err
	}
	ids, err := t.nextIDs(ctx, "items", len(missing))
	if err != nil {
		return nil, err
	}
	args := make([]any, 0, insertItem.columns*len(missing))
	for k, i := range missing {
		it := &items[i]
		it.ID = ids[k]
		args = append(args, it.ID, it.Key, int64(it.Occurrence), it.MessageID, it.Subject, it.Sender, micros(it.Date),
			it.Place.Folder, int64(it.Place.UIDValidity), int64(it.Place.UID))
	}
	n, err := t.execRows(ctx, insertItem, []any{o.account}, args)
	if err == nil && n < int64(len(missing)) {
		err = o.findItems(ctx, t, items, missing)
	}
	return items, err
}

// findItems sets the ids of those items that were there before.
func (o *Owner) findItems(ctx context.Context, t *tx, items []Item, missing []int) error {
	type content struct {
		key        string
		occurrence int
	}
	byContent := make(map[content][]int, len(missing))
	keys := make([]string, 0, len(missing))
	for _, i := range missing {
		c := content{items[i].Key, items[i].Occurrence}
		byContent[c] = append(byContent[c], i)
		keys = append(keys, c.key)
	}
	scan := func(rows *sql.Rows) error {
		var id int64
		var c content
		err := rows.Scan(&id, &c.key, &c.occurrence)
		for _, i := range byContent[c] {
			items[i].ID = id
		}
		return err
	}
	return t.eachIn(ctx, scan, "SELECT id, key, occurrence FROM items WHERE account = $1 AND key IN ", []any{o.account}, anys(keys))
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

var insertStep = rowsStatement{
	prefix: `INSERT INTO steps (account, run_id, planned_at, at_folder, at_uidvalidity, at_uid, attempts, done_at,
		id, item_id, rule, rules_hash, action, arg, state, op, from_folder, from_uidvalidity, from_uid, not_before, reason, undoes, facts)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), '', 0, 0, 0, 0, v.* FROM (VALUES `,
	suffix: plant.StepKey(`) AS v WHERE true ON CONFLICT (item_id, rule, action, undoes) DO NOTHING`), fixed: 3, columns: 15,
	casts: "BIGINT BIGINT TEXT TEXT TEXT TEXT TEXT TEXT TEXT BIGINT BIGINT BIGINT TEXT BIGINT TEXT",
}

// insertSteps inserts the steps of a plan, whose items have ids by now, and
// returns those that were not there before.
func (o *Owner) insertSteps(ctx context.Context, t *tx, p Plan, items []Item) ([]Step, error) {
	steps := plannedSteps(p, items)
	ids, err := t.nextIDs(ctx, "steps", len(steps))
	if err != nil {
		return nil, err
	}
	args := make([]any, 0, insertStep.columns*len(steps))
	for i := range steps {
		st := &steps[i]
		st.ID = ids[i]
		args = append(args, st.ID, st.Item.ID, st.Rule, st.RulesHash, st.Action, st.Arg, string(st.State), opText(&st.Op),
			st.From.Folder, int64(st.From.UIDValidity), int64(st.From.UID), micros(st.NotBefore), st.Reason, st.Undoes, string(st.Facts))
	}
	n, err := t.execRows(ctx, insertStep, []any{o.account, p.RunID, micros(p.Planned)}, args)
	if err != nil || n == int64(len(steps)) {
		return steps, err
	}
	return o.inserted(ctx, t, steps)
}

func plannedSteps(p Plan, items []Item) []Step {
	n := 0
	for _, it := range p.Items {
		n += len(it.Steps)
	}
	steps := make([]Step, 0, n)
	for i, n := range p.Items {
		for _, st := range n.Steps {
			st.Item, st.RunID, st.Planned = items[i], p.RunID, p.Planned
			st.At, st.Attempts, st.Ended = mailbox.Ref{}, 0, time.Time{}
			if st.State == "" {
				st.State = Planned
			}
			if st.From == (mailbox.Ref{}) {
				st.From = st.Item.Place
			}
			steps = append(steps, st)
		}
	}
	return steps
}

// inserted returns those of steps whose ids are in the journal. The ids are of
// this transaction, so nobody else can have used them.
func (o *Owner) inserted(ctx context.Context, t *tx, steps []Step) ([]Step, error) {
	there := make(map[int64]bool, len(steps))
	err := t.each(ctx, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		there[id] = true
		return err
	}, "SELECT id FROM steps WHERE account = $1 AND id BETWEEN $2 AND $3", o.account, steps[0].ID, steps[len(steps)-1].ID)
	if err != nil {
		return nil, err
	}
	fresh := steps[:0]
	for _, st := range steps {
		if there[st.ID] {
			fresh = append(fresh, st)
		}
	}
	return fresh, nil
}
