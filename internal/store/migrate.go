package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/foredesk/foredesk/internal/plant"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the steps from an empty database to the present tables. A
// released one is never edited: a change is a new file with the next number.
func migrations() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is a constant of this file
	}
	return sub
}

// migrate brings the tables up to the last version in files. While another
// process is at it, or owns an account, it waits for a while.
func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	p, err := s.provider(files)
	if err != nil {
		return s.wrap(err, "reading the migrations")
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	patience := time.NewTimer(busyTimeout)
	defer patience.Stop()
	for {
		have, known, err := p.GetVersions(ctx)
		switch {
		case isBusy(err): // another process makes an empty file a database
		case err != nil:
			return s.wrap(err, "reading the version of the tables")
		case have > known:
			return s.newer(have, known)
		case have == known:
			return nil
		default:
			err = s.bringUp(ctx, p)
			if !errors.Is(err, ErrOwned) && !isBusy(err) {
				return s.wrap(err, "bringing the tables up to date")
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s.wrap(ctx.Err(), "bringing the tables up to date")
		case <-patience.C:
			return fmt.Errorf("bringing the tables in %s up to date: %w: another foredesk works with it; nothing was changed: stop that one first", s.place, err)
		}
	}
}

// bringUp runs the migrations. A second process must not run them at the same
// time, and no older daemon may be at work: in PostgreSQL goose sees to the
// former with a lock of its own, in SQLite the lock of the file to both.
func (s *Store) bringUp(ctx context.Context, p *goose.Provider) error {
	if s.dialect.name == "sqlite" {
		l, err := lockFile(s.lockPath(), syscall.LOCK_EX)
		if err != nil {
			return err
		}
		defer l.unlock(ctx, "", true)
	}
	_, err := p.Up(ctx)
	return err
}

func (s *Store) newer(have, known int64) error {
	return fmt.Errorf("%w: the tables in %s have version %d, and this foredesk knows only up to %d. "+
		"Nothing was changed. Use the foredesk that last worked with this database or a newer one, or name another database in the configuration",
		ErrNewerSchema, s.place, have, known)
}

func (s *Store) provider(files fs.FS) (*goose.Provider, error) {
	steps, err := readMigrations(files, s.dialect)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true)}
	if s.dialect.name == "sqlite" {
		return goose.NewProvider(goose.DialectSQLite3, s.writes, nil, opts...)
	}
	// Nodes that start together take turns.
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	opts = append(opts, goose.WithSessionLocker(locker))
	return goose.NewProvider(goose.DialectPostgres, s.writes, nil, opts...)
}

// readMigrations turns NNNNN_name.sql into migration NNNNN. The files are one
// text for both databases but for the word IDENTITY: in SQLite only INTEGER
// PRIMARY KEY is the row's own number, and in PostgreSQL an INTEGER would
// overflow. Where one text can't be had, as SQLite takes no constraint from a table,
// there are NNNNN_name.sqlite.sql and NNNNN_name.postgres.sql.
func readMigrations(files fs.FS, d dialect) ([]*goose.Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		if _, only, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "."); only != "" && only != d.name {
			continue
		}
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: its name must begin with a number: %w", name, err)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		query := plant.StepKey(strings.ReplaceAll(string(text), " IDENTITY,", " "+d.identity+","))
		up := func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, query)
			return err
		}
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: up}, nil))
	}
	return steps, nil
}
