package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheFirstAccount promises that who follows the README with the mailbox that demo
// --serve holds open sees what stands there. The counts are of the day: numbers are not
// compared.
func TestTheFirstAccount(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{T: t, dir: t.TempDir()}
	in.keep("rules.yaml", regexp.MustCompile("(?s)```yaml\n(version: 1\ntimezone: .*?)```").FindStringSubmatch(string(readme))[1])
	in.keep("foredesk.yaml", in.served())
	in.keep("dana.password", "demo\n")
	for _, args := range [][]string{{"check"}, {"test"}, {"plan"}, {"apply"}} {
		_, shown, found := strings.Cut(string(readme), "$ ./foredesk "+args[0]+"\n")
		if !found {
			t.Fatalf("the README does not show %s", args[0])
		}
		shown, _, _ = strings.Cut(shown, "```")
		shown, _, _ = strings.Cut(shown, "$ ")
		got := in.run(args...)
		for line := range strings.Lines(shown[max(0, strings.Index(shown, "[…]\n")):]) {
			if line != "[…]\n" && !strings.Contains(countless(got), countless(line)) {
				t.Errorf("foredesk %s does not print what the README shows: %s\n%s", args[0], line, got)
			}
		}
	}
}

// countless is a text without its numbers, and the room that they take.
func countless(text string) string {
	return regexp.MustCompile(` *\d+`).ReplaceAllString(text, " N")
}

func (in *installation) keep(name, text string) {
	in.Helper()
	if err := os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o600); err != nil {
		in.Fatal(err)
	}
}

// served starts demo --serve, and returns the configuration that it prints.
func (in *installation) served() string {
	in.Helper()
	cmd := exec.CommandContext(in.Context(), "foredesk", "demo", "--serve")
	out, err := cmd.StdoutPipe()
	if err == nil {
		cmd.Dir, cmd.Stderr = in.dir, os.Stderr
		err = cmd.Start()
	}
	if err != nil {
		in.Fatal(err)
	}
	in.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if said.WriteString(lines.Text() + "\n"); strings.HasPrefix(lines.Text(), "Into dana.password") {
			break
		}
	}
	go io.Copy(io.Discard, out)
	_, config, _ := strings.Cut(said.String(), "\n\n")
	config, _, _ = strings.Cut(config, "\n\n")
	if !strings.HasPrefix(config, "version: 1\n") {
		in.Fatalf("demo --serve prints no configuration:\n%s", said.String())
	}
	return config + "\n"
}
