package store

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
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
