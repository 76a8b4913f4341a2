package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	maxSecret    = 64 << 10 // bytes; access tokens reach a few KiB
	commandLimit = 10 * time.Second
	hidden       = "<secret>"
)

// Secret is a password or an access token that is kept elsewhere: in a private
// file, an environment variable, a systemd credential, or whatever a command
// prints. It holds no value, only the place, and prints as "<secret>" in every
// way: fmt, slog, JSON, YAML. Methods are not called on unexported fields, and
// there fmt would look through a pointer to a struct and show the command; it
// does not look through a pointer to an interface.
type Secret struct{ from *place }

// place is where a secret is kept. Its String names it for people, without a
// command's arguments.
type place interface {
	fmt.Stringer
	read(ctx context.Context) ([]byte, error)
}

type (
	inFile       string // absolute path
	inEnv        string // name of the variable
	inCredential string // name below $CREDENTIALS_DIRECTORY (systemd.exec)
	inCommand    struct {
		words []string // the program, by name or absolute path, and its arguments
		dir   string   // where it runs
	}
)

func secretAt(p place) Secret { return Secret{&p} }

// Format prints "<secret>" for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String returns "<secret>".
func (Secret) String() string { return hidden }

// GoString returns "<secret>".
func (Secret) GoString() string { return hidden }

// MarshalJSON writes "<secret>".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText writes "<secret>".
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue logs "<secret>".
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Reveal reads the secret from its place. Call it each time it is needed and
// keep nothing, so that a rotated password is taken up without a restart.
// Line ends at its end are dropped. An error never holds a part of the value.
//
// A command is run without a shell, with the arguments exactly as the list in
// the file has them, in the folder of the configuration; it has 10 seconds, and
// what it says on stderr is not passed on.
func (s Secret) Reveal(ctx context.Context) (string, error) {
	if s.from == nil {
		return "", errors.New("reading a secret: none is configured")
	}
	raw, err := (*s.from).read(ctx)
	if err == nil {
		raw = bytes.TrimRight(raw, "\r\n")
		err = singleLine(raw)
	}
	if err != nil {
		return "", fmt.Errorf("reading the secret from %s: %w", *s.from, err)
	}
	return string(raw), nil
}

// singleLine refuses what cannot be a password: nothing, and line ends or NUL,
// which could end the command that carries it (RFC 9051 4).
func singleLine(raw []byte) error {
	switch {
	case len(raw) == 0:
		return errors.New("it is empty")
	case bytes.ContainsAny(raw, "\r\n"):
		return errors.New("it has more than one line; keep only the password there")
	case bytes.IndexByte(raw, 0) >= 0:
		return errors.New("it holds a NUL byte")
	}
	return nil
}

func (p inFile) String() string       { return "the file " + string(p) }
func (p inEnv) String() string        { return "the environment variable " + string(p) }
func (p inCredential) String() string { return "the systemd credential " + string(p) }
func (p inCommand) String() string    { return "the command " + p.words[0] }

func (p inFile) read(context.Context) ([]byte, error) { return readPrivate(string(p), maxSecret) }

func (p inEnv) read(context.Context) ([]byte, error) { return []byte(os.Getenv(string(p))), nil }

// read takes what systemd put in place for this service. Its mode is systemd's
// affair: access goes by an ACL or a private mount, and the bits alone look
// wider than they are.
func (p inCredential) read(context.Context) ([]byte, error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return nil, fmt.Errorf("CREDENTIALS_DIRECTORY is not set; run foredesk as a systemd service with LoadCredential=%s:PATH", string(p))
	}
	return readRegular(filepath.Join(dir, string(p)), maxSecret)
}

func (p inCommand) read(ctx context.Context) ([]byte, error) { return p.run(ctx, commandLimit) }

func (p inCommand) run(ctx context.Context, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out bounded
	cmd := exec.CommandContext(ctx, p.words[0], p.words[1:]...)
	cmd.Dir = p.dir
	cmd.Stdout = &out
	// A background child may keep stdout open after the command has ended.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case out.full:
		return nil, fmt.Errorf("it printed more than %d KiB", maxSecret>>10)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("it was ended after at most %s: %w", limit, ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("%w; run it by hand to see why", err)
	}
	return out.buf.Bytes(), nil
}

// bounded refuses more than a secret's size. The buffer is a field and not
// embedded: its ReadFrom would let exec go round the bound.
type bounded struct {
	buf  bytes.Buffer
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxSecret {
		b.full = true
		return 0, io.ErrShortWrite
	}
	return b.buf.Write(p)
}

// lookUp turns the program of a command into what exec takes: a path with a
// folder in it starts from dir, a bare name is searched in PATH at each run.
func lookUp(dir string, command []string) ([]string, error) {
	program := command[0]
	if strings.ContainsRune(program, filepath.Separator) && !filepath.IsAbs(program) {
		program = filepath.Join(dir, program)
	}
	_, err := exec.LookPath(program)
	if execErr, ok := errors.AsType[*exec.Error](err); ok {
		err = reason(execErr.Err)
	}
	return append([]string{program}, command[1:]...), err
}
