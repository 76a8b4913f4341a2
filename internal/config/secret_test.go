package config

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// Printing a secret, or anything that holds one, in any way shows neither its
// value nor the command that makes it.
func TestASecretIsNeverPrinted(t *testing.T) {
	t.Setenv("FOREDESK_TEST", "CANARY")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "CANARY", 0o600)
	for name, secret := range map[string]Secret{
		"file":    secretAt(inFile(filepath.Join(dir, "secret"))),
		"env":     secretAt(inEnv("FOREDESK_TEST")),
		"command": secretAt(inCommand{[]string{"echo", "CANARY"}, dir}),
	} {
		t.Run(name, func(t *testing.T) {
			if value, err := secret.Reveal(t.Context()); err != nil || value != "CANARY" {
				t.Fatalf("Reveal: %q, %v", value, err)
			}
			for way, text := range printed(t, secret) {
				if strings.Contains(text, "CANARY") || strings.Contains(text, "43414e415259") {
					t.Errorf("%s shows it: %s", way, text)
				}
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% 20v"} {
				if got := fmt.Sprintf(verb, secret); !strings.Contains(got, hidden) {
					t.Errorf("%s gives %q", verb, got)
				}
			}
		})
	}
}

// printed holds what each way to print makes of a secret and of what it is in.
func printed(t *testing.T, secret Secret) map[string]string {
	t.Helper()
	cfg := &Config{Accounts: []Account{{IMAP: IMAP{Server: Server{Secret: secret}}, SMTP: &Server{Secret: secret}}}}
	unexported := struct{ inner Server }{Server{Secret: secret}}
	out := map[string]string{}
	for _, v := range []any{secret, &secret, cfg, *cfg, cfg.Accounts, unexported, &unexported} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
			out[fmt.Sprintf("%T %s", v, verb)] = fmt.Sprintf(verb, v)
		}
		if text, err := json.Marshal(v); err != nil {
			t.Error(err)
		} else {
			out[fmt.Sprintf("%T json", v)] = string(text)
		}
		if text, err := yaml.Dump(v); err == nil {
			out[fmt.Sprintf("%T yaml", v)] = string(text)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "v", v)
		out[fmt.Sprintf("%T slog", v)] = log.String()
	}
	return out
}

func TestARotatedSecretIsTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	secret := secretAt(inFile(path))
	for _, value := range []string{"old", "new"} {
		write(t, path, value+"\n", 0o600)
		if got, err := secret.Reveal(t.Context()); err != nil || got != value {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestWhatASecretMayBe(t *testing.T) {
	for name, tc := range map[string]struct{ raw, want, wrong string }{
		"a line end is dropped":        {raw: "pa ss\r\n", want: "pa ss"},
		"spaces are part of it":        {raw: " pass ", want: " pass "},
		"empty is refused":             {raw: "\n", wrong: "it is empty"},
		"a second line is refused":     {raw: "CANARY\nuser: dana\n", wrong: "more than one line"},
		"a NUL is refused":             {raw: "CANARY\x00", wrong: "NUL"},
		"more than 64 KiB are refused": {raw: strings.Repeat("CANARY", maxSecret/6+1), wrong: "larger than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			write(t, path, tc.raw, 0o600)
			got, err := secretAt(inFile(path)).Reveal(t.Context())
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			refused(t, err, tc.wrong)
		})
	}
}

// refused checks that an error says so and shows nothing of the secret.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v does not contain %q", err, want)
	} else if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("error shows the secret: %v", err)
	}
}

func TestASecretFileOfOthersIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o640, 0o604, 0o602, 0o660, 0o644} {
		path := filepath.Join(t.TempDir(), "secret")
		write(t, path, "CANARY", mode)
		_, err := secretAt(inFile(path)).Reveal(t.Context())
		refused(t, err, "run: chmod 600 "+path)
	}
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, "CANARY", 0o400)
	if _, err := secretAt(inFile(path)).Reveal(t.Context()); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
	faulttest.Injected(t, "S1", 5)
}

func TestASecretFileOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("giving a file to another user needs root")
	}
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, "CANARY", 0o600)
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	_, err := secretAt(inFile(path)).Reveal(t.Context())
	refused(t, err, "owned by uid 12345")
}

func TestCommands(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "here"), "", 0o600)
	for name, tc := range map[string]struct {
		command     []string
		want, wrong string
	}{
		"arguments are not split or expanded": {command: []string{"printf", "%s", "a  b $HOME * 'c'"}, want: "a  b $HOME * 'c'"},
		"it runs in the folder of the file":   {command: []string{"ls"}, want: "here"},
		"its stderr is not passed on":         {command: []string{"sh", "-c", "echo CANARY >&2; exit 3"}, wrong: "exit status 3; run it by hand"},
		"its stdout is not passed on":         {command: []string{"sh", "-c", "echo CANARY; exit 3"}, wrong: "exit status 3"},
		"its arguments are not passed on":     {command: []string{"false", "CANARY"}, wrong: "the command false: exit status 1"},
		"no output is refused":                {command: []string{"true"}, wrong: "it is empty"},
		"endless output is refused":           {command: []string{"yes", "CANARY"}, wrong: "more than 64 KiB"},
		"a program that is gone is told":      {command: []string{"foredesk-no-such-program"}, wrong: "executable file not found"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := secretAt(inCommand{tc.command, dir}).Reveal(t.Context())
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			refused(t, err, tc.wrong)
		})
	}
}

func TestACommandIsEnded(t *testing.T) {
	p := inCommand{words: []string{"sleep", "600"}}
	_, err := p.run(t.Context(), 20*time.Millisecond)
	refused(t, err, "it was ended after at most 20ms")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = secretAt(p).Reveal(ctx)
	refused(t, err, "deadline exceeded")
}

// A child in the background must not keep the daemon waiting for its stdout.
func TestAChildThatStaysDoesNotHoldTheCommand(t *testing.T) {
	begin := time.Now()
	p := inCommand{words: []string{"sh", "-c", "sleep 5 & sleep 600"}}
	_, err := p.run(t.Context(), 20*time.Millisecond)
	refused(t, err, "it was ended")
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestSystemdCredentials(t *testing.T) {
	dir := t.TempDir()
	// systemd grants access by an ACL, which shows as group bits.
	write(t, filepath.Join(dir, "imap"), "CANARY\n", 0o440)
	secret := secretAt(inCredential("imap"))
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	_, err := secret.Reveal(t.Context())
	refused(t, err, "LoadCredential=imap:PATH")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got, err := secret.Reveal(t.Context()); err != nil || got != "CANARY" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoSecretIsAnError(t *testing.T) {
	if _, err := (Secret{}).Reveal(t.Context()); err == nil {
		t.Error("the zero Secret gave a value")
	}
	_, err := secretAt(inEnv("FOREDESK_NOT_SET")).Reveal(t.Context())
	refused(t, err, "the environment variable FOREDESK_NOT_SET: it is empty")
}
