// Package storetest starts a real PostgreSQL for tests that need one, from the
// programs that Debian's postgresql package installs. It is test support: no
// other package may import it.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// startTimeout is how long initdb and the server's start may each take.
const startTimeout = time.Minute

// Postgres starts a server for the length of the test and returns the address of
// an empty database in it; [Database] makes more of them. Where
// FOREDESK_TEST_POSTGRES holds the address of a server, that one is used.
//
// It skips the test when PostgreSQL is not installed, and fails it instead when
// FOREDESK_CI is 1.
func Postgres(t testing.TB) string {
	t.Helper()
	if dsn := os.Getenv("FOREDESK_TEST_POSTGRES"); dsn != "" {
		return Database(t, dsn)
	}
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		missing(t, "PostgreSQL is not installed (apt-get install postgresql), and FOREDESK_TEST_POSTGRES does not name a server")
	}
	slices.Sort(bins)
	return Database(t, startServer(t, filepath.Dir(bins[len(bins)-1])))
}

func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("FOREDESK_CI") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

var databases atomic.Int64

// Database makes an empty database on the server of dsn for the length of the
// test and returns its address.
func Database(t testing.TB, dsn string) string {
	t.Helper()
	return create(t, dsn, "template1")
}

// Copy copies a database, with which nobody is connected, for the length of the test
// and returns the address of the copy.
func Copy(t testing.TB, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("address of the database: %v", err)
	}
	original := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres" // to copy is to be connected with another
	return create(t, u.String(), original)
}

func create(t testing.TB, dsn, like string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("address of the PostgreSQL server: %v", err)
	}
	name := fmt.Sprintf("foredesk_test_%d_%d", os.Getpid(), databases.Add(1))
	command(t, dsn, "CREATE DATABASE "+name+" TEMPLATE "+like)
	t.Cleanup(func() { command(t, dsn, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

func command(t testing.TB, dsn, text string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if _, err := db.ExecContext(ctx, text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// startServer starts a server on a Unix socket in a folder of its own. Its data is
// thrown away, so it does not wait for the disk.
func startServer(t testing.TB, bin string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "foredesk-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := unprivileged(t, dir)
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", dir+"/data")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", dir+"/data", "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=400")
	server.SysProcAttr, server.Dir = as, dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGINT) // the server's "fast shutdown"
		server.Wait()
	})
	dsn := "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)
	if err := wait(ctx, dsn); err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("PostgreSQL does not answer: %v\n%s", err, text)
	}
	return dsn
}

// unprivileged gives dir to the user that the server shall run as: PostgreSQL
// refuses to run as root.
func unprivileged(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		missing(t, "PostgreSQL can't run as root, and there is no user postgres to run it as")
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2, os.Chown(dir, uid, gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func wait(ctx context.Context, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}
