// Package desk runs the foredesk binary as its users do: built from this tree,
// started as a process, with a configuration, rules and a database in a folder of
// its own, against a private Dovecot. The acceptance test (internal/e2e) and the
// benchmarks (internal/bench) stand on it.
package desk

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foredesk/foredesk/internal/dovecot"
)

// Build builds the binary and returns its path. It is removed with the test. The
// test's package must lie two folders below the module's root.
func Build(tb testing.TB) string {
	tb.Helper()
	if err := lookAtSources(filepath.Join("..", "..")); err != nil {
		tb.Fatalf("looking for the sources of foredesk: %v", err)
	}
	binary := filepath.Join(tb.TempDir(), "foredesk")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/foredesk/foredesk/cmd/daemon").CombinedOutput()
	if err != nil {
		tb.Fatalf("building foredesk: %v\n%s", err, out)
	}
	return binary
}

// lookAtSources tells the go command what the test depends on. It remembers the
// files a test has looked at, and repeats an old result only while none of them
// has changed; what "go build" reads it does not see.
func lookAtSources(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".go" || filepath.Ext(name) == ".sql" {
			_, err = os.Stat(path)
		}
		return err
	})
}

// Desk is one installation of foredesk that looks after one Dovecot user.
type Desk struct {
	Dir    string // configuration, rules and database
	binary string
	tb     testing.TB
}

// Open makes an installation that has never run.
func Open(tb testing.TB, binary string, server *dovecot.Server, user, rules string) *Desk {
	tb.Helper()
	d := &Desk{Dir: tb.TempDir(), binary: binary, tb: tb}
	config := fmt.Sprintf(`version: 1
database: sqlite:foredesk.db
accounts:
  - name: dana
    address: dana@acme.example
    timezone: Europe/London
    rules: rules.yaml
    imap: {host: 127.0.0.1, port: %d, user: %s, password_file: %q, tls: none}
`, server.Port(), user, server.PasswordFile())
	d.write("foredesk.yaml", config)
	d.write("rules.yaml", rules)
	return d
}

func (d *Desk) write(name, text string) {
	d.tb.Helper()
	if err := os.WriteFile(filepath.Join(d.Dir, name), []byte(text), 0o600); err != nil {
		d.tb.Fatal(err)
	}
}

// Command is a foredesk command on this installation, ready to be started. It is
// killed when ctx ends.
func (d *Desk) Command(ctx context.Context, args ...string) *exec.Cmd {
	args = append(args, "--config", filepath.Join(d.Dir, "foredesk.yaml"))
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Dir = d.Dir
	return cmd
}

// Run runs a command to its end, which must be a good one, and returns what it
// wrote to standard output.
func (d *Desk) Run(ctx context.Context, args ...string) []byte {
	d.tb.Helper()
	var out, errors bytes.Buffer
	cmd := d.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		d.tb.Fatalf("foredesk %v: %v\n%s\n%s", args, err, out.Bytes(), errors.Bytes())
	}
	return out.Bytes()
}
