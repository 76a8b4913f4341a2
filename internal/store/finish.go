package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/plant"
)

// Start marks steps as begun, one attempt more. It comes before the first word to
// the server, so that after a crash everything that may have reached the server
// is known. What is Started stays so. It fails with [ErrNotPlanned], and marks none,
// where one of them has ended: it was taken back meanwhile.
func (o *Owner) Start(ctx context.Context, ids []int64) error {
	if plant.ActFirst {
		return nil
	}
	return o.write(ctx, fmt.Sprintf("marking %d steps as started", len(ids)), func(t *tx) error {
		n, err := t.execIn(ctx, `UPDATE steps SET state = 'started', attempts = attempts + CASE state WHEN 'planned' THEN 1 ELSE 0 END
			WHERE `+ofAccount+` AND state IN ('planned', 'started') AND id IN `, []any{o.account}, anys(ids))
		if err == nil && n < int64(len(ids)) {
			err = ErrNotPlanned
		}
		return err
	})
}

// Withdraw ends steps that wait, for their time or for a person, as not to be done
// (TakenBackFirst). What was started meanwhile is left as it is.
func (o *Owner) Withdraw(ctx context.Context, now time.Time, ids []int64) error {
	now, done := o.line.ending(now)
	defer done()
	return o.write(ctx, fmt.Sprintf("withdrawing %d steps", len(ids)), func(t *tx) error {
		_, err := t.execIn(ctx, `UPDATE steps SET state = 'failed', reason = $2, done_at = $3
			WHERE `+ofAccount+` AND state IN ('planned', 'parked') AND id IN `, []any{o.account, TakenBackFirst, micros(now)}, anys(ids))
		return err
	})
}

// Sooner lets steps that wait for a later time be tried from then on. What was started
// or has ended meanwhile is left as it is.
func (o *Owner) Sooner(ctx context.Context, ids []int64, then time.Time) error {
	return o.write(ctx, fmt.Sprintf("bringing %d steps forward", len(ids)), func(t *tx) error {
		_, err := t.execIn(ctx, "UPDATE steps SET not_before = $2 WHERE "+ofAccount+" AND state = 'planned' AND not_before > $2 AND id IN ",
			[]any{o.account, micros(then)}, anys(ids))
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

// sameEnd is what the endings of many steps have in common; fate and place are
// then written once, and of each step only its UID.
type sameEnd struct {
	state     State
	reason    string
	notBefore int64
	folder    string
	validity  uint32
}

var endSteps = rowsStatement{
	prefix: `WITH e AS (SELECT CAST($1 AS TEXT) AS owner, CAST($2 AS BIGINT) AS now, CAST($3 AS TEXT) AS fate, CAST($4 AS TEXT) AS why,
			CAST($5 AS BIGINT) AS again, CAST($6 AS TEXT) AS place, CAST($7 AS BIGINT) AS validity)
		UPDATE steps SET state = e.fate, reason = e.why, not_before = e.again,
		at_folder = CASE e.place WHEN '' THEN at_folder ELSE e.place END,
		at_uidvalidity = CASE e.place WHEN '' THEN at_uidvalidity ELSE e.validity END,
		at_uid = CASE e.place WHEN '' THEN at_uid ELSE v.column2 END,
		done_at = CASE WHEN e.fate IN ('planned', 'started', 'parked') THEN 0 WHEN state = 'done' THEN done_at ELSE e.now END
		FROM e, (VALUES `,
	suffix: `) AS v WHERE steps.id = v.column1 AND account || '' = e.owner
		AND (state NOT IN ('done', 'undone') AND e.fate <> 'undone' OR state = 'done' AND e.fate = 'undone')`,
	fixed: 7, columns: 2, casts: "BIGINT BIGINT",
}

// Finish writes down, in one transaction, what became of steps, and where their
// items lie now. An undo step that is done makes the step that it takes back
// Undone. Nothing leaves Undone, and Done is left for Undone alone: other
// endings of such steps are passed over.
func (o *Owner) Finish(ctx context.Context, now time.Time, endings []Ending) error {
	now, done := o.line.ending(now)
	defer done()
	return o.write(ctx, fmt.Sprintf("writing down what became of %d steps", len(endings)), func(t *tx) error {
		return o.finish(ctx, t, now, endings)
	})
}

func (o *Owner) finish(ctx context.Context, t *tx, now time.Time, endings []Ending) error {
	same := make(map[sameEnd][]any) // to step and UID, in turns
	var order []sameEnd
	var done []int64
	var places []place
	for _, e := range endings {
		end := sameEnd{e.State, e.Reason, micros(e.NotBefore), e.At.Folder, e.At.UIDValidity}
		if same[end] == nil {
			order = append(order, end)
		}
		same[end] = append(same[end], e.StepID, int64(e.At.UID))
		if e.State == Done {
			done = append(done, e.StepID)
		}
		if e.ItemID != 0 && e.At.Folder != "" {
			places = append(places, place{e.ItemID, e.At})
		}
	}
	for _, end := range order {
		fixed := []any{o.account, micros(now), string(end.state), end.reason, end.notBefore, end.folder, int64(end.validity)}
		if _, err := t.execRows(ctx, endSteps, fixed, same[end]); err != nil {
			return err
		}
	}
	if err := o.setPlaces(ctx, t, places); err != nil {
		return err
	}
	return o.takeBack(ctx, t, done)
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
	_, err = t.execIn(ctx, "UPDATE steps SET state = 'undone' WHERE "+ofAccount+" AND state = 'done' AND id IN ", []any{o.account}, anys(undone))
	return err
}

// place is where an item lies now.
type place struct {
	item int64
	at   mailbox.Ref
}

var placeItems = rowsStatement{
	prefix: `WITH e AS (SELECT CAST($1 AS TEXT) AS owner, CAST($2 AS TEXT) AS place, CAST($3 AS BIGINT) AS validity)
		UPDATE items SET folder = e.place, uidvalidity = e.validity, uid = v.column2 FROM e, (VALUES `,
	suffix: `) AS v WHERE items.id = v.column1 AND account || '' = e.owner`,
	fixed:  3, columns: 2, casts: "BIGINT BIGINT",
}

// setPlaces writes where items lie now; of several places of an item, the last.
func (o *Owner) setPlaces(ctx context.Context, t *tx, places []place) error {
	last := make(map[int64]int, len(places))
	for i, p := range places {
		last[p.item] = i
	}
	in := make(map[mailbox.Ref][]any) // by folder and UIDVALIDITY, to item and UID in turns
	for i, p := range places {
		if last[p.item] == i {
			folder := mailbox.Ref{Folder: p.at.Folder, UIDValidity: p.at.UIDValidity}
			in[folder] = append(in[folder], p.item, int64(p.at.UID))
		}
	}
	for folder, args := range in {
		if _, err := t.execRows(ctx, placeItems, []any{o.account, folder.Folder, int64(folder.UIDValidity)}, args); err != nil {
			return err
		}
	}
	return nil
}

// Prune empties, in one transaction, what is personal in steps planned before a
// time and in items that have only such steps: facts, subject and sender. Keys
// stay, so that nothing is done again. Events that ended before the time leave the
// mirror. It returns the number of steps emptied.
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
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "DELETE FROM events WHERE account = $1 AND ends_at < $2", o.account, micros(before))
		if err != nil {
			return err
		}
		return o.pruneLetters(ctx, t, before)
	})
	return emptied, err
}
