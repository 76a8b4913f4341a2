package google

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/foredesk/foredesk/internal/dovecot"
	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// crashFile names, for the child process of a test, the file to rotate a token in.
const crashFile = "FOREDESK_TEST_CRASH_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		runtime.LockOSThread() // strace counts the calls of each thread
		if err := rotate(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// rotate puts two tokens, one after the other, in the place of what is in the file.
func rotate(file string) error {
	for _, token := range []string{"second", "third"} {
		k := kept{client: clientID, refresh: keep(token)}
		data, err := k.encode()
		if err != nil {
			return err
		}
		if err := inFile(file).write(context.Background(), data); err != nil {
			return err
		}
	}
	return nil
}

// A kill, a broken disk or a full one at any moment of a rotation leaves a token
// that is whole and can be used, the old one or the new, and readable by us alone.
func TestARotationCutShortLeavesAUsableToken(t *testing.T) {
	dovecot.Require(t, "strace", "strace")
	for _, fault := range []string{"openat:signal=KILL", "write:signal=KILL", "fsync:signal=KILL", "renameat:signal=KILL", "write:error=ENOSPC", "fsync:error=EIO", "renameat:error=EIO"} {
		t.Run(fault, func(t *testing.T) {
			struck, seen := 0, map[string]bool{}
			for n := 1; n < 200; n++ {
				file := filepath.Join(t.TempDir(), "dana.token.json")
				first, err := (&kept{client: clientID, refresh: keep("first")}).encode()
				if err == nil {
					err = os.WriteFile(file, first, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				failed := strike(t, file, fmt.Sprintf("%s:when=%d", fault, n))
				data, err := inFile(file).read(t.Context())
				if err != nil {
					t.Fatalf("after fault %d: %v", n, err)
				}
				k, err := decodeKept(data)
				if err != nil {
					t.Fatalf("after fault %d: %v", n, err)
				}
				seen[k.refresh.reveal()] = true
				if err := rotate(file); err != nil {
					t.Fatalf("after fault %d: %v", n, err)
				}
				if !failed {
					break // there are no more calls
				}
				struck++
			}
			if struck == 0 || struck > 150 || !seen["third"] {
				t.Errorf("the fault struck %d times and left %v: is this a test?", struck, seen)
			}
			faulttest.Injected(t, "S3", struck)
		})
	}
}

// strike rotates in a process of its own, with a fault, and reports whether it
// failed of it.
func strike(t *testing.T, file, fault string) bool {
	t.Helper()
	call, _, _ := strings.Cut(fault, ":")
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+fault, os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+file)
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("%v: %s", err, out)
	}
	return err != nil
}

func TestATokenFileThatOthersCanReadIsRefused(t *testing.T) {
	d := open(t)
	d.must(d.signedIn().Check(t.Context()))
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o700} {
		d.must(os.Chmod(d.account.TokenFile, mode))
		wants(t, d.source().Check(t.Context()), "other people can get at it", "chmod 600 "+d.account.TokenFile)
	}
	d.must(os.Chmod(d.account.TokenFile, 0o600))
	d.must(d.source().Check(t.Context()))
	d.must(os.Chmod(d.account.TokenFile, 0o644))
	d.must(d.source().SignIn(t.Context(), Prompt{Listen: true, Show: d.browser(allow)})) // makes a new file
	if st, err := os.Stat(d.account.TokenFile); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st.Mode(), err)
	}
	faulttest.Injected(t, "S1", 5)
}

func TestWhatACrashLeftIsSweptAwayOnceItIsOld(t *testing.T) {
	d := open(t)
	dir, name := filepath.Split(d.account.TokenFile)
	old, young := filepath.Join(dir, "."+name+".1.new"), filepath.Join(dir, "."+name+".2.new")
	for _, file := range []string{old, young} {
		d.must(os.WriteFile(file, nil, 0o600))
	}
	d.must(os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)))
	d.signedIn()
	if all := d.folder(); len(all) != 3 {
		t.Errorf("there are %d files", len(all))
	}
	if _, err := os.Stat(young); err != nil {
		t.Error(err)
	}
}

// Nobody is shown a page for a sign-in that could not be kept.
func TestAPlaceThatDoesNotWorkIsFoundBeforeAnybodyIsAsked(t *testing.T) {
	d := open(t)
	d.account.TokenFile = filepath.Join(t.TempDir(), "absent", "t.json")
	err := d.source().SignIn(t.Context(), Prompt{Listen: true, Show: func(string) { t.Error("a person was asked") }})
	wants(t, err, "no such file", "write another token_file", "Nothing was kept")
}

func TestASignInCanBeKeptInTheKeyring(t *testing.T) {
	keyring.MockInit()
	d := open(t)
	d.account.TokenFile = ""
	s := d.signedIn()
	if all := d.folder(); len(all) != 1 {
		t.Errorf("there are %d files", len(all))
	}
	if got := d.calendars(d.source()); got != 200 {
		t.Errorf("the calendar answers %d", got)
	}
	if state, err := s.State(t.Context()); err != nil || state.Place != "the keyring" || state.SignedIn.IsZero() {
		t.Errorf("%+v, %v", state, err)
	}
	d.must(s.Remove(t.Context()))
	if err := d.source().Check(t.Context()); !errors.Is(err, ErrNotSignedIn) {
		t.Error(err)
	}
	keyring.MockInitWithError(errors.New("the keyring is locked"))
	wants(t, d.source().Check(t.Context()), "the keyring is locked")
	wants(t, d.source().SignIn(t.Context(), Prompt{Listen: true, Show: func(string) { t.Error("a person was asked") }}), "the keyring is locked", "Nothing was kept")
	keyring.MockInit()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := patiently(ctx, func() error { <-t.Context().Done(); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
