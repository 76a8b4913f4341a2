package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"modernc.org/sqlite" // and the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// busyTimeout is how long a write waits for another process's write.
const busyTimeout = 10 * time.Second

// openSQLite opens the file at path, which may be missing or empty. A file that
// is refused is left as it was: all checks come before the first connection
// that can write.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("opening the journal: sqlite: needs the path of a file, as in sqlite:foredesk.db; nothing was opened")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	s := &Store{dialect: sqliteDialect, place: path, owned: make(map[string]bool)}
	if err := s.checkFile(ctx); err != nil {
		return nil, err
	}
	s.writes, err = sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate",
		"_pragma=journal_mode(wal)", "_pragma=synchronous(full)", "_pragma=foreign_keys(on)", "_pragma=temp_store(memory)", "_pragma=cache_size(-2000)", "_pragma=wal_autocheckpoint(4000)"))
	if err != nil {
		return nil, s.wrap(err, "opening the journal")
	}
	s.writes.SetMaxOpenConns(1)
	s.reads, err = sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(on)", "_pragma=cache_size(-500)"))
	if err != nil {
		s.writes.Close()
		return nil, s.wrap(err, "opening the journal")
	}
	s.reads.SetMaxOpenConns(4)
	return s, nil
}

func sqliteDSN(path string, params ...string) string {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + fmt.Sprintf("?_pragma=busy_timeout(%d)", busyTimeout.Milliseconds())
	for _, p := range params {
		dsn += "&" + p
	}
	return dsn
}

// checkFile refuses a file that is not a journal of ours or that others may
// read, and makes it, empty and private, if it is missing.
func (s *Store) checkFile(ctx context.Context) error {
	// SQLite gives its -wal and -shm files the mode of the database itself.
	for _, name := range []string{s.place, s.place + "-journal", s.place + "-wal", s.place + "-shm", s.lockPath()} {
		if err := checkMode(name); err != nil {
			return fmt.Errorf("opening the journal: %w", err)
		}
	}
	f, err := os.OpenFile(s.place, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("opening the journal: %w; nothing was done", err)
	}
	magic := make([]byte, 16)
	n, err := io.ReadFull(f, magic)
	f.Close()
	if n == 0 && errors.Is(err, io.EOF) {
		return nil
	}
	// https://www.sqlite.org/fileformat.html, 1.3
	if string(magic[:n]) != "SQLite format 3\x00" {
		return s.wrap(fmt.Errorf("%w: it does not begin like an SQLite database; %s", ErrCorrupt, advice[ErrCorrupt]), "opening the journal")
	}
	return s.checkOwner(ctx)
}

// checkMode refuses a file that is wider than 0600. A missing one is fine.
func checkMode(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder; nothing was done", name)
	}
	if wide := info.Mode().Perm() &^ 0o600; wide != 0 {
		return fmt.Errorf("%s has mode %04o, so others may read who writes to whom; nothing was done: run chmod 600 %s", name, info.Mode().Perm(), name)
	}
	return nil
}

// checkOwner looks, through a connection that can't write, whether the file is
// sound and a journal of a version that this program knows.
func (s *Store) checkOwner(ctx context.Context) error {
	err := s.look(ctx, "mode=ro")
	if lite, ok := errors.AsType[*sqlite.Error](err); ok && lite.Code() == sqlite3.SQLITE_READONLY_ROLLBACK {
		// A process was killed between making the file and giving it its WAL. Its
		// half a transaction must be rolled back before anybody can read the file.
		return s.look(ctx, "mode=rw", "_pragma=query_only(on)")
	}
	return err
}

func (s *Store) look(ctx context.Context, params ...string) error {
	db, err := sql.Open("sqlite", sqliteDSN(s.place, params...))
	if err != nil {
		return s.wrap(err, "opening the journal")
	}
	defer db.Close()
	var tables, ours int64
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = 'goose_db_version' THEN 1 END) FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return s.wrap(err, "looking into the journal")
	}
	if tables == 0 {
		return nil
	}
	if ours == 0 {
		return fmt.Errorf("opening the journal: %s is a database of another program; nothing was changed: name another file in the configuration", s.place)
	}
	var have int64
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&have); err != nil {
		return s.wrap(err, "reading the version of the tables")
	}
	steps, err := readMigrations(migrations(), s.dialect)
	if err != nil {
		return s.wrap(err, "reading the migrations")
	}
	if known := steps[len(steps)-1].Version; have > known {
		return s.newer(have, known)
	}
	return nil
}

func (s *Store) lockPath() string { return s.place + ".lock" }

// fileLock is the lock of a whole database file: whoever holds it owns every
// account in it. The kernel lets go of it when the process ends, however it ends.
type fileLock struct{ file *os.File }

// lockFile takes the lock of a file: LOCK_EX to own it, LOCK_SH to ask whether it is
// owned, which keeps no other from asking.
func lockFile(path string, how int) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrOwned
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &fileLock{f}, nil
}

// ownFile tries for a moment to own a file: who asks whether it is owned holds it for an
// instant, and is no owner.
func ownFile(ctx context.Context, path string) (l *fileLock, err error) {
	for range 30 {
		if l, err = lockFile(path, syscall.LOCK_EX); !errors.Is(err, ErrOwned) {
			break
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return l, err
}

// fileOwned reports whether a process owns a file.
func fileOwned(path string) (bool, error) {
	l, err := lockFile(path, syscall.LOCK_SH)
	if errors.Is(err, ErrOwned) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, l.unlock(context.Background(), "", true)
}

func (l *fileLock) lock(context.Context, string) (bool, error) { return true, nil }

func (l *fileLock) held(context.Context) error { return nil }

func (l *fileLock) unlock(_ context.Context, _ string, last bool) error {
	if !last {
		return nil
	}
	// Close alone would leave the lock with a process that is just being started
	// and has the file for a moment longer.
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}
