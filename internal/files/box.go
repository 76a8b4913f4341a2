// Package files keeps what rules save outside the mailbox: attachments (save)
// and lines of a table (extract). All of it stays inside one folder, the
// account's, whatever names a stranger gives to his attachments.
//
// A [Box] is that folder. [Box.Save] and [Box.AddLine] may be repeated after a
// crash: what is already there is found and left as it is. [Box.Remove] takes
// files back, but none that a person has changed since, and [Box.RemoveLine] a
// line.
//
// Read names.go for what becomes of a name, save.go for attachments, lines.go
// and table.go for .csv and .jsonl files.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// Box is the folder for the files of one account. Several Boxes of a process may
// be open on the same folder, and their methods may be called from several
// goroutines. Several processes may save into one folder at once; of those that
// write lines into the same file, there must be only one.
type Box struct {
	root  *os.Root
	dir   string
	alone *sync.Mutex // shared by all Boxes on this folder
}

// folders holds the lock of each folder by its name without symbolic links.
var folders sync.Map

// Open opens the folder dir and makes it if it is missing, for its owner alone
// (0700). Like the journal, it is refused if others can get at it: files in it
// are 0600, but their names tell who writes about what, and whoever may write
// there could put a link in the way.
func Open(dir string) (*Box, error) {
	b, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder for files: %w; nothing was saved", err)
	}
	return b, nil
}

func open(dir string) (*Box, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(real)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && info.Mode().Perm()&^0o700 != 0 {
		err = fmt.Errorf("%s has mode %04o, so others can get at what rules save: run chmod 700 %s", dir, info.Mode().Perm(), dir)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	alone, _ := folders.LoadOrStore(real, new(sync.Mutex))
	return &Box{root: root, dir: dir, alone: alone.(*sync.Mutex)}, nil
}

// Close lets go of the folder. Calls must have ended before.
func (b *Box) Close() error { return b.root.Close() }

// place cleans the name of a folder or a file below the box, part by part.
// ".." is refused and not cleaned: it stands for a wish to leave the box.
func place(name string) (string, error) {
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." {
			continue
		}
		clean := safeName(part, "")
		if part == ".." || clean == "" {
			return "", fmt.Errorf("%q is no name inside the folder for files", name)
		}
		parts = append(parts, clean)
	}
	return path.Join(parts...), nil
}

// makeFolder makes a folder below the box and those above it. Each is synced
// into the one that holds it, so that a file in it can't vanish with it.
func (b *Box) makeFolder(folder string) error {
	if folder == "" || folder == "." {
		return nil
	}
	if info, err := b.root.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	if err := b.makeFolder(path.Dir(folder)); err != nil {
		return err
	}
	if err := b.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// A link that leads out of the box, or a file, is also there already.
	info, err := b.root.Stat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%q is a file and not a folder", folder)
	}
	return b.syncFolder(path.Dir(folder))
}

func (b *Box) syncFolder(folder string) error {
	f, err := b.root.Open(path.Join(".", folder))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
