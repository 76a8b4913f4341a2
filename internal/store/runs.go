package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Request asks the owner of r.Account, whoever that is, for an apply or an undo,
// and returns the id of the run. It needs no ownership.
func (s *Store) Request(ctx context.Context, r Run) (id int64, err error) {
	r.State = RunRequested
	err = s.write(ctx, "asking for "+string(r.Kind), func(t *tx) error {
		id, err = t.insertRun(ctx, r)
		return err
	})
	return id, err
}

// BeginRun writes a run down as running and returns its id.
func (o *Owner) BeginRun(ctx context.Context, r Run) (id int64, err error) {
	r.State, r.Account = RunRunning, o.account
	err = o.write(ctx, "beginning "+string(r.Kind), func(t *tx) error {
		id, err = t.insertRun(ctx, r)
		return err
	})
	return id, err
}

func (t *tx) insertRun(ctx context.Context, r Run) (int64, error) {
	ids, err := t.nextIDs(ctx, "runs", 1)
	if err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, `INSERT INTO runs (id, account, kind, args, rules_hash, state, total, done, message, started_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		ids[0], r.Account, string(r.Kind), string(r.Args), r.RulesHash, string(r.State), r.Total, r.Done, r.Message, micros(r.Started), micros(r.Ended))
	return ids[0], err
}

// ResumeRun makes an interrupted run a running one again.
func (o *Owner) ResumeRun(ctx context.Context, run int64) error {
	return o.write(ctx, fmt.Sprintf("going on with run %d", run), func(t *tx) error {
		_, err := t.exec(ctx, "UPDATE runs SET state = $3, ended_at = 0, message = '' WHERE id = $1 AND account = $2 AND state = $4",
			run, o.account, string(RunRunning), string(RunInterrupted))
		return err
	})
}

// TakeRequest makes the oldest request for the account a running run and returns
// it; ok is false when there is none. Requests are taken one at a time, so that
// those behind it survive a crash.
func (o *Owner) TakeRequest(ctx context.Context, now time.Time) (r Run, ok bool, err error) {
	// A look first: a poll should not cost a write.
	waiting, err := o.s.Runs(ctx, RunFilter{Account: o.account, States: []RunState{RunRequested}, Oldest: true, Limit: 1})
	if err != nil || len(waiting) == 0 {
		return Run{}, false, err
	}
	r = waiting[0]
	err = o.write(ctx, fmt.Sprintf("taking up run %d", r.ID), func(t *tx) error {
		n, err := t.exec(ctx, "UPDATE runs SET state = $2, started_at = $3 WHERE id = $1 AND state = $4",
			r.ID, string(RunRunning), micros(now), string(RunRequested))
		ok = n == 1
		return err
	})
	r.State, r.Started = RunRunning, fromMicros(micros(now))
	return r, ok && err == nil, err
}

// Progress says how far a run has come; total 0 means that it isn't known.
func (o *Owner) Progress(ctx context.Context, run, done, total int64) error {
	return o.write(ctx, fmt.Sprintf("writing down how far run %d has come", run), func(t *tx) error {
		_, err := t.exec(ctx, "UPDATE runs SET done = $3, total = $4 WHERE id = $1 AND account = $2", run, o.account, done, total)
		return err
	})
}

// EndRun ends a run that is running; message is for people.
func (o *Owner) EndRun(ctx context.Context, run int64, state RunState, message string, now time.Time) error {
	return o.write(ctx, fmt.Sprintf("ending run %d", run), func(t *tx) error {
		_, err := t.exec(ctx, "UPDATE runs SET state = $3, message = $4, ended_at = $5 WHERE id = $1 AND account = $2 AND state = $6",
			run, o.account, string(state), message, micros(now), string(RunRunning))
		return err
	})
}

// RunFilter picks runs; what is zero does not count.
type RunFilter struct {
	Account string
	Kind    RunKind
	States  []RunState
	Oldest  bool // oldest first; otherwise the newest
	Limit   int
}

const runColumns = "id, account, kind, args, rules_hash, state, total, done, message, started_at, ended_at"

// Runs returns the runs that f picks.
func (s *Store) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	var q conditions
	if f.Account != "" {
		q.add("account = ?", f.Account)
	}
	if f.Kind != "" {
		q.add("kind = ?", string(f.Kind))
	}
	q.addIn("state", texts(f.States))
	query := "SELECT " + runColumns + " FROM runs" + q.where() + " ORDER BY id" + descending(!f.Oldest) + q.limit(f.Limit)
	var out []Run
	rows, err := s.reads.QueryContext(ctx, query, q.args...)
	err = eachRow(rows, err, func(rows *sql.Rows) error {
		r, err := scanRun(rows)
		out = append(out, r)
		return err
	})
	return out, s.wrap(err, "reading the runs")
}

// Run returns one run, or ErrNotFound.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	r, err := scanRun(s.reads.QueryRowContext(ctx, "SELECT "+runColumns+" FROM runs WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return r, s.wrap(err, fmt.Sprintf("reading run %d", id))
}

func scanRun(row interface{ Scan(...any) error }) (Run, error) {
	var r Run
	var args string
	var started, ended int64
	err := row.Scan(&r.ID, &r.Account, &r.Kind, &args, &r.RulesHash, &r.State, &r.Total, &r.Done, &r.Message, &started, &ended)
	r.Args, r.Started, r.Ended = json.RawMessage(args), fromMicros(started), fromMicros(ended)
	return r, err
}
