package store

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// withNext is the migrations of this program and one more, as a later release
// has it.
func withNext(t *testing.T) fs.FS {
	t.Helper()
	all := fstest.MapFS{"09999_next.sql": {Data: []byte("ALTER TABLE items ADD COLUMN thread TEXT NOT NULL DEFAULT ''; CREATE TABLE people (id IDENTITY, name TEXT);")}}
	names, err := fs.Glob(migrations(), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: text}
	}
	return all
}

func newerSchema(t *testing.T, dsn string) {
	s := open(t, dsn)
	if err := errors.Join(s.Close(), migrateTo(t, dsn, withNext(t))); err != nil {
		t.Fatal(err)
	}
	path, isFile := strings.CutPrefix(dsn, "sqlite:")
	before := ""
	if isFile {
		before = hash(t, path)
	}
	_, err := Open(t.Context(), dsn)
	if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "version 9999") || !strings.Contains(err.Error(), "Nothing was changed") {
		t.Errorf("got %v", err)
	}
	if isFile && hash(t, path) != before {
		t.Error("the refused file was changed")
	}
}

// migrateTo opens dsn with other migrations than this program's.
func migrateTo(t *testing.T, dsn string, files fs.FS) error {
	s, err := connect(t.Context(), dsn)
	if err != nil {
		return err
	}
	return errors.Join(s.migrate(t.Context(), files), s.Close())
}

func migrates(t *testing.T, dsn string) {
	all := withNext(t)
	first := fstest.MapFS{}
	text, err := fs.ReadFile(all, "00001_journal.sql")
	if err != nil {
		t.Fatal(err)
	}
	first["00001_journal.sql"] = &fstest.MapFile{Data: text}
	if err := migrateTo(t, dsn, first); err != nil {
		t.Fatal(err)
	}
	s := open(t, dsn)
	o := own(t, s, "dana")
	did := commit(t, o, planOf(begin(t, o), 0, 10))
	if err := errors.Join(o.Release(), s.Close()); err != nil {
		t.Fatal(err)
	}
	s, err = connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.migrate(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if got := steps(t, s, Filter{}); !reflect.DeepEqual(got, did) {
		t.Errorf("steps are %+v, were %+v", got, did)
	}
}

// asksWhatWasLeft is about journals of version 4, which asked once of a rule and an
// item, and left waiting what came after the answer.
func asksWhatWasLeft(t *testing.T, dsn string) {
	old := fstest.MapFS{}
	for name, file := range withNext(t).(fstest.MapFS) {
		if name < "00005" {
			old[name] = file
		}
	}
	must(t, migrateTo(t, dsn, old))
	s, err := connect(t.Context(), dsn)
	must(t, err)
	for _, query := range []string{
		"INSERT INTO accounts (name, epoch) VALUES ('dana', 0)",
		"INSERT INTO runs (id, account, kind, args, rules_hash, state, total, done, message, started_at, ended_at) VALUES (1001, 'dana', 'run', '', '', 'done', 0, 0, '', 1, 1)",
		"INSERT INTO items (id, account, key, occurrence, message_id, subject, sender, date, folder, uidvalidity, uid) VALUES (1001, 'dana', 'key', 1, '', '', '', 0, 'INBOX', 1, 1)",
	} {
		_, err := s.writes.ExecContext(t.Context(), query)
		must(t, err)
	}
	// Of rule A one was approved and one came later, of B all was refused, of C nothing is answered.
	for i, of := range []struct{ rule, action, state string }{{"A", "one", "done"}, {"A", "two", "parked"}, {"B", "one", "failed"}, {"C", "one", "parked"}} {
		_, err := s.writes.ExecContext(t.Context(), `INSERT INTO steps (id, run_id, item_id, account, rule, rules_hash, action, arg, state, op, from_folder, from_uidvalidity, from_uid,
			at_folder, at_uidvalidity, at_uid, attempts, not_before, reason, undoes, planned_at, done_at, facts)
			VALUES ($1, 1001, 1001, 'dana', $2, '', $3, '', $4, '{}', 'INBOX', 1, 1, '', 0, 0, 0, 0, '', 0, 1, 0, '')`, 1001+i, of.rule, of.action, of.state)
		must(t, err)
	}
	for _, of := range []struct{ rule, answer string }{{"A", Approve}, {"B", Refuse}, {"C", ""}} {
		_, err := s.writes.ExecContext(t.Context(), `INSERT INTO approvals (account, item_id, rule, approver, asked_at, mailed_at, token, expires_at, answer, answered_at, answered_by)
			VALUES ('dana', 1001, $1, 'executive', 1, 1, 'hash', 2, $2, 0, '')`, of.rule, of.answer)
		must(t, err)
	}
	must(t, s.Close())

	s = open(t, dsn)
	waiting, err := s.Approvals(t.Context(), "dana")
	must(t, err)
	if len(waiting) != 2 || waiting[0].Rule != "C" || waiting[1].Rule != "A" {
		t.Fatalf("%+v waits, want what waited and what was left", waiting)
	}
	left := waiting[1]
	if left.ID != 4 || left.Approver != "executive" || !left.Mailed.IsZero() || left.Expires.Sub(left.Asked) != approvalLife || time.Since(left.Asked).Abs() > time.Hour {
		t.Errorf("what was left is asked as %+v", left)
	}
	o := own(t, s, "dana")
	must(t, o.Answer(t.Context(), left.ID, Approve, "terminal", day))
	if got := steps(t, s, Filter{StepID: 1002}); len(got) != 1 || got[0].State != Planned {
		t.Errorf("approved, it is %+v", got)
	}
	fresh := commit(t, o, one(begin(t, o), 9, Step{Rule: "D", Action: "forward", State: Parked, Approver: "assistant"}))
	if waiting, err = s.Approvals(t.Context(), "dana"); err != nil || len(fresh) != 1 || len(waiting) != 2 || waiting[1].ID != 5 {
		t.Errorf("the next question is %+v (%v)", waiting, err)
	}
}
