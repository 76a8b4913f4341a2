package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// writePage writes a page where its owner alone can read it: to a new file of the
// system's folder for such things without a name.
func writePage(name, page string) (string, error) {
	if name != "" {
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			return "", fmt.Errorf("writing the page: %w", err)
		}
		return name, nil
	}
	f, err := os.CreateTemp("", "foredesk-agenda-*.html")
	if err != nil {
		return "", fmt.Errorf("writing the page: %w", err)
	}
	_, err = f.WriteString(page)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("writing the page: %w", err)
	}
	return f.Name(), nil
}

// openers are the programs that open a page in the browser of who is signed in.
var openers = map[string][]string{
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

// openPage opens a file in a browser. Where there is none that is said, and no
// failure: the page is there.
func (c *command) openPage(ctx context.Context, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	opener := openers[runtime.GOOS]
	if opener == nil {
		opener = []string{"xdg-open"}
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, opener[0], append(opener[1:], file)...)
	if err := cmd.Run(); err != nil {
		fmt.Fprintf(c.err, "No browser could be opened here (%s); open %s yourself.\n", oneLine(err.Error(), 100), file)
	}
	return nil
}

// openLimit is how long the program that opens a page may take to hand it on.
const openLimit = 10 * time.Second
