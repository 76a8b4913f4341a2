package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/foredesk/foredesk/internal/crashpoint"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// A panic of an account ends the process: what nobody has thought of is not gone on
// from, and the journal knows where to. What Go prints then, of all goroutines, holds
// no secret and no word of the mail; and the next start does what was left.
//
// The panic is that of a point of internal/crashpoint which can't write its log: it
// comes in the middle of the account's work, from the deepest of its calls.
func TestAPanicShowsNothing(t *testing.T) {
	for _, all := range []string{"single", "all"} {
		t.Run(all, func(t *testing.T) {
			v := openVault(t, "file", "sqlite:foredesk.db")
			v.works("run", "--once")
			folder := filepath.Join(t.TempDir(), "points")
			v.must(os.Mkdir(folder, 0o700))
			cmd, out := v.command("run", "-v")
			cmd.Env = append(v.env, crashpoint.Log+"="+filepath.Join(folder, "log"), "GOTRACEBACK="+all)
			v.must(cmd.Start())
			v.meet(1)
			v.post(eml(1))
			v.waitFor("From/canaryaddress.example | CANARYSUBJECT 1")
			v.must(os.Rename(folder, folder+".gone")) // from now on no point can be written down
			v.post(eml(2))
			err := cmd.Wait()
			if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(out.String(), "panic: "+crashpoint.Log) || !strings.Contains(out.String(), "goroutine ") {
				t.Fatalf("it ended with %v, and was to panic:\n%s", err, out)
			}
			v.tells("the panic", out.String(), append(v.secrets, vaultPath)...)
			_, trace, _ := strings.Cut(out.String(), "panic: ")
			v.tells("the panic", trace, vaultWords...)
			v.nothingKept()
			v.works("run", "--once")
			v.waitFor("From/canaryaddress.example | CANARYSUBJECT 2")
			faulttest.Injected(t, "S1", len(v.secrets))
		})
	}
}

// Nor does the dump that a SIGABRT or a SIGSEGV from outside makes.
func TestASignalThatDumpsShowsNothing(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"ABRT": syscall.SIGABRT, "SEGV": syscall.SIGSEGV} {
		t.Run(name, func(t *testing.T) {
			v := openVault(t, "env", "sqlite:foredesk.db")
			v.env = append(v.env, "GOTRACEBACK=all")
			v.works("run", "--once")
			said := v.atWork(1, signal, "run")
			if !strings.Contains(said, "SIG"+name) || !strings.Contains(said, "internal/engine.") {
				t.Errorf("there is no dump:\n%s", said)
			}
			v.tells("the dump", said, append(v.secrets, append(vaultWords, vaultPath)...)...)
			v.nothingKept()
			faulttest.Injected(t, "S1", len(v.secrets))
		})
	}
}

// Whatever the umask, what foredesk makes is for its own user alone: the journal with
// all that SQLite keeps beside it while it is open, its lock, the token, the files and
// tables that rules keep, and folders.
func TestWhatIsMadeIsPrivate(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	v := openVault(t, "file", "sqlite:foredesk.db")
	v.works("run", "--once")
	mine := map[string]bool{}
	cmd, out := v.command("run")
	v.must(cmd.Start())
	v.meet(1)
	v.post(eml(1))
	v.come(1)
	for range ticks(patience) {
		if _, err := os.Stat(filepath.Join(v.dir, "kept", "list.csv")); err == nil {
			break
		}
	}
	v.eachFile(func(path string, d fs.DirEntry) error {
		st, err := d.Info()
		if err != nil {
			return err
		}
		mine[d.Name()] = true
		if path != v.dir && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", d.Name(), st.Mode())
		}
		return nil
	})
	v.must(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, name := range []string{"foredesk.db", "foredesk.db-wal", "foredesk.db-shm", "foredesk.db.lock", "dana.token.json", "list.csv", "Papers", "CANARYFILE.txt"} {
		if !mine[name] {
			t.Errorf("%s was not made: is this a test? %v", name, mine)
		}
	}
	faulttest.Injected(t, "S1", len(mine))
}

// What others could read or write is refused, of each kind, and what to do is said;
// nothing is done, and no server is spoken to. A token alone is read later, when the
// calendar is: mail goes on without it.
func TestWhatOthersCanReadIsRefused(t *testing.T) {
	v := openVault(t, "file", "sqlite:foredesk.db")
	v.works("run", "--once")
	asked := v.office.asked.Load()
	refused := func(name string, verbs ...string) {
		for _, wide := range []os.FileMode{0o040, 0o002} {
			path := filepath.Join(v.dir, name)
			st, err := os.Stat(path)
			if errors.Is(err, os.ErrNotExist) { // what SQLite keeps beside the journal is gone when it is closed
				v.must(os.WriteFile(path, nil, 0o600))
				st, err = os.Stat(path)
			}
			v.must(err)
			v.must(os.Chmod(path, st.Mode().Perm()|wide))
			for _, verb := range verbs {
				cmd, out := v.command(strings.Fields(verb)...)
				if err := cmd.Run(); err == nil || !strings.Contains(out.String(), "chmod") || !strings.Contains(out.String(), name) {
					t.Errorf("%s with %#o of %s: %v\n%s", verb, wide, name, err, out)
				}
			}
			v.must(os.Chmod(path, st.Mode().Perm()))
			faulttest.Injected(t, "S1", 1)
		}
	}
	for _, name := range []string{"imap.secret", "smtp.secret", "model.secret", "hook.secret", "client.json", "foredesk.db", "foredesk.db-wal", "foredesk.db-shm", "foredesk.db.lock", "kept"} {
		refused(name, "run --once", "plan")
	}
	if v.office.asked.Load() != asked {
		t.Error("the mail server was spoken to")
	}
	refused("dana.token.json", "auth")
	v.works("run", "--once")
}
