package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What a caller may want to tell apart.
var (
	// ErrNewerSchema: a newer foredesk made this database.
	ErrNewerSchema = errors.New("database of a newer version")
	// ErrOwned: another process, or another part of this one, owns the account.
	ErrOwned = errors.New("account is owned elsewhere")
	// ErrLostOwnership: the account has another owner now. Nothing was written;
	// the caller must stop acting for the account at once.
	ErrLostOwnership = errors.New("account has another owner now")
	// ErrNotFound: there is no such run.
	ErrNotFound = errors.New("not found")
	// ErrFull: the disk is full. Nothing was written; it can be tried again.
	ErrFull = errors.New("disk is full")
	// ErrIO: the disk failed. Whether the last write survives a restart is not
	// known, and this Store writes nothing more.
	ErrIO = errors.New("disk failed")
	// ErrCorrupt: the database is damaged, or is not one.
	ErrCorrupt = errors.New("database is damaged")
)

// advice says, for each of the errors above, what became of the write and what
// to do next.
var advice = map[error]string{
	ErrFull:    "nothing of it was written; free some space, and it can go on",
	ErrIO:      "whether it was written is not known, and nothing more will be; mend the disk, then start again",
	ErrCorrupt: "nothing was changed; restore a backup, or move the file away to begin an empty journal",
}

// wrap says what was being done and where, and marks the errors of the disk.
func (s *Store) wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	kind := diskError(err)
	if kind == nil {
		return fmt.Errorf("%s in %s: %w", doing, s.place, err)
	}
	return fmt.Errorf("%s in %s: %w: %s: %w", doing, s.place, kind, advice[kind], err)
}

// isBusy reports whether another process is just writing to the SQLite file, in a way
// that its busy timeout does not wait for: two that make the first table at a time.
func isBusy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// diskError is ErrFull, ErrIO or ErrCorrupt if err comes from the disk below the
// database (https://www.sqlite.org/rescode.html, PostgreSQL appendix A), else nil.
func diskError(err error) error {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if lite.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
			return ErrFull // there was no room for the file that processes share; nothing of the journal is in it
		}
		switch lite.Code() & 0xff { // the upper bits only refine
		case sqlite3.SQLITE_FULL:
			return ErrFull
		case sqlite3.SQLITE_IOERR:
			return ErrIO
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return ErrCorrupt
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "53100":
			return ErrFull
		case "58030":
			return ErrIO
		case "XX001", "XX002":
			return ErrCorrupt
		}
	}
	return nil
}
