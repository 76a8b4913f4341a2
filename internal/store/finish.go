package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// Start marks steps as begun, one attempt more. It comes before the first word to
// the server, so that after a crash everything that may have reached the server
// is known. Steps that are not Planned are left as they are.
func (o *Owner) Start(ctx context.Context, ids []int64) error {
	return o.write(ctx, fmt.Sprintf("marking %d steps as started", len(ids)), func(t *tx) error {
		_, err := t.execIn(ctx, `UPDATE steps SET state = 'started', attempts = attempts + 1
			WHERE `+ofAccount+` AND state = 'planned' AND id IN `, []any{o.account}, ids)
		return err
	})
}

// ofAccount keeps an owner to its own steps and items. It is worded so that no
// index on account can serve it: PostgreSQL, before it knows how many steps an
// account has, would take that index rather than the one on id, and read
// everything that the account ever had.
const ofAccount = "account || '' = $1"

// Ending says what became of a step.
type Ending struct {
	StepID int64
	State  State
	At     mailbox.Ref // where the step put the message, or its copy; empty if it did not
	// ItemID is the item that now lies at At; 0 if the step did not change where
	// the item lies, as a flag or a copy does not.
	ItemID    int64
	Reason    string    // for people
	NotBefore time.Time // with State Planned: when to try again
}

var endStep = rowsStatement{
	prefix: `UPDATE steps SET state = v.column2, reason = v.column3, not_before = v.column4,
		at_folder = CASE v.column5 WHEN '' THEN at_folder ELSE v.column5 END,
		at_uidvalidity = CASE v.column5 WHEN '' THEN at_uidvalidity ELSE v.column6 END,
		at_uid = CASE v.column5 WHEN '' THEN at_uid ELSE v.column7 END,
		done_at = CASE WHEN v.column2 IN ('planned', 'started', 'parked') THEN 0
			WHEN state = 'done' THEN done_at ELSE CAST($2 AS BIGINT) END
		FROM (VALUES `,
	suffix: `) AS v WHERE steps.id = v.column1 AND ` + ofAccount + `
		AND (state NOT IN ('done', 'undone') AND v.column2 <> 'undone' OR state = 'done' AND v.column2 = 'undone')`,
	fixed: 2, columns: 7, casts: "BIGINT TEXT TEXT BIGINT TEXT BIGINT BIGINT",
}

// Finish writes down, in one transaction, what became of steps, and where their
// items lie now. An undo step that is done makes the step that it takes back
// Undone. Nothing leaves Undone, and Done is left for Undone alone: other
// endings of such steps are passed over.
func (o *Owner) Finish(ctx context.Context, now time.Time, endings []Ending) error {
	var done []int64
	var places []place
	args := make([]any, 0, endStep.columns*len(endings))
	for _, e := range endings {
		args = append(args, e.StepID, string(e.State), e.Reason, micros(e.NotBefore),
			e.At.Folder, int64(e.At.UIDValidity), int64(e.At.UID))
		if e.State == Done {
			done = append(done, e.StepID)
		}
		if e.ItemID != 0 && e.At.Folder != "" {
			places = append(places, place{e.ItemID, e.At})
		}
	}
	return o.write(ctx, fmt.Sprintf("writing down what became of %d steps", len(endings)), func(t *tx) error {
		if _, err := t.execRows(ctx, endStep, []any{o.account, micros(now)}, args); err != nil {
			return err
		}
		if err := o.setPlaces(ctx, t, places); err != nil {
			return err
		}
		return o.takeBack(ctx, t, done)
	})
}

// takeBack makes Undone what those of the steps take back that are undo steps.
func (o *Owner) takeBack(ctx context.Context, t *tx, done []int64) error {
	var undone []int64
	err := t.eachIn(ctx, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		undone = append(undone, id)
		return err
	}, "SELECT undoes FROM steps WHERE "+ofAccount+" AND undoes > 0 AND state = 'done' AND id IN ", []any{o.account}, anys(done))
	if err != nil {
		return err
	}
	_, err = t.execIn(ctx, "UPDATE steps SET state = 'undone' WHERE "+ofAccount+" AND state = 'done' AND id IN ", []any{o.account}, undone)
	return err
}

// place is where an item lies now.
type place struct {
	item int64
	at   mailbox.Ref
}

var placeItem = rowsStatement{
	prefix: `UPDATE items SET folder = v.column2, uidvalidity = v.column3, uid = v.column4 FROM (VALUES `,
	suffix: `) AS v WHERE items.id = v.column1 AND ` + ofAccount,
	fixed:  1, columns: 4, casts: "BIGINT TEXT BIGINT BIGINT",
}

// setPlaces writes where items lie now; of several places of an item, the last.
func (o *Owner) setPlaces(ctx context.Context, t *tx, places []place) error {
	last := make(map[int64]int, len(places))
	for i, p := range places {
		last[p.item] = i
	}
	args := make([]any, 0, placeItem.columns*len(places))
	for i, p := range places {
		if last[p.item] == i {
			args = append(args, p.item, p.at.Folder, int64(p.at.UIDValidity), int64(p.at.UID))
		}
	}
	_, err := t.execRows(ctx, placeItem, []any{o.account}, args)
	return err
}

// Prune empties, in one transaction, what is personal in steps planned before a
// time and in items that have only such steps: facts, subject and sender. Keys
// stay, so that nothing is done again. It returns the number of steps emptied.
func (o *Owner) Prune(ctx context.Context, before time.Time) (emptied int64, err error) {
	err = o.write(ctx, "emptying old steps", func(t *tx) error {
		emptied, err = t.exec(ctx, `UPDATE steps SET facts = '' WHERE account = $1 AND planned_at < $2 AND facts <> ''`,
			o.account, micros(before))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE items SET subject = '', sender = '' WHERE account = $1 AND (subject <> '' OR sender <> '')
			AND NOT EXISTS (SELECT 1 FROM steps WHERE item_id = items.id AND planned_at >= $2)`, o.account, micros(before))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE messages SET facts = '' WHERE account = $1 AND received_at < $2 AND facts <> ''`, o.account, micros(before))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "DELETE FROM seen WHERE account = $1 AND seen_at < $2", o.account, micros(before))
		return err
	})
	return emptied, err
}
