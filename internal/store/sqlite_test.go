package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
)

// childEnv makes the test binary play the second process of a test: it holds
// what the process is to do, and the path of the database.
const childEnv = "FOREDESK_STORE_CHILD"

func TestMain(m *testing.M) {
	if task, path, ok := strings.Cut(os.Getenv(childEnv), " "); ok {
		child(task, path)
	}
	os.Exit(m.Run())
}

func hash(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c%20#d.db") // a name that an address would mistake
	s := open(t, "sqlite:"+path)
	o := own(t, s, "dana")
	commit(t, o, planOf(begin(t, o), 0, 10))
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(path+suffix), info.Mode())
		}
	}
}

func TestDiskSettings(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
		}
	}
}

// A process that is killed while it makes the file leaves half a transaction in
// a rollback journal beside it, which a connection that only reads can't undo.
func TestAFileWhoseMakerWasKilledIsOpened(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "half.db")
	db, err := sql.Open("sqlite", sqliteDSN(half, "_pragma=journal_mode(delete)", "_pragma=cache_size(1)"))
	must(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{"CREATE TABLE t (x)", "INSERT INTO t VALUES (1)", "DROP TABLE t", "BEGIN", "CREATE TABLE t (x)", "INSERT INTO t VALUES (zeroblob(500000))"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "foredesk.db")
	for _, suffix := range []string{"", "-journal"} { // as a kill at this moment would leave them
		text, err := os.ReadFile(half + suffix)
		must(t, err)
		must(t, os.WriteFile(path+suffix, text, 0o600))
	}
	if err := (&Store{place: path}).look(t.Context(), "mode=ro"); err == nil {
		t.Fatal("the file needs no rolling back, so this test shows nothing")
	}
	s := open(t, "sqlite:"+path)
	own(t, s, "dana")
}

func TestRefusedFilesAreNotChanged(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
		is   error
	}{
		{"others may read it", func(t *testing.T, path string) {
			open(t, "sqlite:"+path).Close()
			must(t, os.Chmod(path, 0o640))
		}, "chmod 600", nil},
		{"others may read its lock", func(t *testing.T, path string) {
			open(t, "sqlite:"+path).Close()
			must(t, os.WriteFile(path+".lock", nil, 0o600))
			must(t, os.Chmod(path+".lock", 0o644))
		}, "chmod 600", nil},
		{"it is a text", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("rules:\n  - name: not a database\n"), 0o600))
		}, "does not begin like", ErrCorrupt},
		{"it is cut short", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("SQLite"), 0o600))
		}, "does not begin like", ErrCorrupt},
		{"its first page is damaged", func(t *testing.T, path string) {
			open(t, "sqlite:"+path).Close()
			flip(t, path, 100, 60)
		}, "restore a backup", ErrCorrupt},
		{"another program's", func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			must(t, err)
			_, err = db.Exec("CREATE TABLE moz_places (url TEXT)")
			must(t, errors.Join(err, db.Close(), os.Chmod(path, 0o600)))
		}, "another program", nil},
		{"a folder", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a folder", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "foredesk.db")
			c.make(t, path)
			before := ""
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				before = hash(t, path)
			}
			s, err := Open(t.Context(), "sqlite:"+path)
			if err == nil {
				s.Close()
				t.Fatal("was opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
			if before != "" && hash(t, path) != before {
				t.Error("the refused file was changed")
			}
			if errors.Is(c.is, ErrCorrupt) {
				faulttest.Injected(t, "5", 1)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// flip inverts n bytes of a file from offset on.
func flip(t *testing.T, path string, offset, n int) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	for i := range n {
		text[offset+i] ^= 0xff
	}
	must(t, os.WriteFile(path, text, 0o600))
}

func TestDamageFoundLaterIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foredesk.db")
	s := open(t, "sqlite:"+path)
	o := own(t, s, "dana")
	commit(t, o, planOf(begin(t, o), 0, 1000))
	must(t, errors.Join(o.Release(), s.Close()))
	info, err := os.Stat(path)
	must(t, err)
	for page := info.Size()/4096/2 + 1; page < info.Size()/4096; page++ {
		flip(t, path, int(page)*4096, 64)
	}
	_, err = open(t, "sqlite:"+path).Steps(t.Context(), Filter{Account: "dana"})
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	faulttest.Injected(t, "5", 1)
}

func TestAddressesThatAreRefused(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                              "must begin with",
		"mysql://dana:canary@localhost": "must begin with",
		"sqlite:":                       "needs the path",
		"sqlite:/no/such/folder/f.db":   "no such file",
		"postgres://dana:canary@127.0.0.1:1/f?connect_timeout=2": "database f on 127.0.0.1",
		"postgres://dana:canary@[::1/":                           "opening the journal",
	} {
		_, err := Open(t.Context(), dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: got %v, want %q and no password", dsn, err, want)
		}
	}
}

func TestFullDiskLeavesNothingAndCanGoOn(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db"))
	o := own(t, s, "dana")
	run := begin(t, o)
	limit := func(pages int) {
		_, err := s.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		must(t, err)
	}
	limit(1) // means: as many as there are
	_, err := o.Commit(t.Context(), planOf(run, 0, 1000))
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "nothing of it was written") || !strings.Contains(err.Error(), s.place) {
		t.Errorf("got %v", err)
	}
	if _, ok, _ := s.Cursor(t.Context(), "dana", mailbox.Inbox); ok || len(steps(t, s, Filter{})) > 0 {
		t.Error("a part was written")
	}
	limit(1 << 20)
	commit(t, o, planOf(run, 0, 1000))
}

func TestNothingIsWrittenAfterADiskFailure(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db"))
	o := own(t, s, "dana")
	run := begin(t, o)
	failure := fmt.Errorf("writing: %w", ErrIO)
	s.broken.Store(&failure)
	if _, err := o.Commit(t.Context(), planOf(run, 0, 1)); !errors.Is(err, ErrIO) {
		t.Errorf("got %v", err)
	}
}

// child plays the second process; it never returns.
func child(task, path string) {
	ctx := context.Background()
	exit := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	s, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		exit(err)
	}
	o, err := s.Own(ctx, "erin")
	if err != nil || task == "own" {
		exit(err)
	}
	run, err := o.BeginRun(ctx, Run{Kind: KindRun})
	if err != nil {
		exit(err)
	}
	// Whole plans until killed, each announced once it is committed.
	for n := 0; ; n += 50 {
		if _, err := o.Commit(ctx, planOf(run, n, 50)); err != nil {
			exit(err)
		}
		fmt.Println(n + 50)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foredesk.db")
	o := own(t, open(t, "sqlite:"+path), "dana")
	out, err := process(t, "own", path).CombinedOutput()
	if err == nil || !strings.Contains(string(out), ErrOwned.Error()) || !strings.Contains(string(out), "stop that one first") {
		t.Errorf("while the first process owns another account: %v\n%s", err, out)
	}
	must(t, o.Release())
	if out, err := process(t, "own", path).CombinedOutput(); err != nil {
		t.Errorf("after it let go: %v\n%s", err, out)
	}
	faulttest.Injected(t, "32", 1)
}

// Many ask at once who owns an account, as status does: nobody who wants it is refused for
// that, and none of those who ask is told that another one who asks owned it.
func TestWhoAsksForTheOwnerKeepsNobodyOut(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "foredesk.db")
	s := open(t, dsn)
	var asking sync.WaitGroup
	for range 3 {
		other := open(t, dsn)
		asking.Go(func() {
			for range 500 {
				if owned, _, err := other.Owned(t.Context(), "dana"); err != nil || owned {
					t.Errorf("nobody owns it: owned is %v, %v", owned, err)
					return
				}
			}
		})
	}
	asking.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	other := open(t, dsn)
	asking.Go(func() {
		for ctx.Err() == nil {
			if _, _, err := other.Owned(t.Context(), "dana"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 100 {
		o, err := s.Own(t.Context(), "dana")
		if err != nil {
			t.Error(err)
			break
		}
		must(t, o.Release())
	}
	cancel()
	asking.Wait()
}

func process(t *testing.T, task, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+task+" "+path)
	return cmd
}

func TestKilledInTheMiddleLeavesWholePlans(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foredesk.db")
	for range 5 {
		cmd := process(t, "commit", path)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		announced := 0
		for lines.Scan() && announced < 200 {
			fmt.Sscan(lines.Text(), &announced)
		}
		must(t, cmd.Process.Kill()) // SIGKILL
		cmd.Wait()
		s := open(t, "sqlite:"+path)
		c, ok, err := s.Cursor(t.Context(), "erin", mailbox.Inbox)
		must(t, err)
		kept := len(steps(t, s, Filter{Account: "erin"}))
		seen := int(c.UIDNext) - 1
		if !ok || seen%50 != 0 || seen < announced {
			t.Errorf("%d messages were announced, the cursor is at %+v", announced, c)
		}
		if kept < seen*7/5 || kept%70 != 0 {
			t.Errorf("%d messages are seen, and %d steps kept", seen, kept)
		}
		must(t, s.Close())
		faulttest.Killed(t, "2", "the journal alone")
	}
}
