package google

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// place is where the outcome of a sign-in is kept: a file or the keyring. Its
// String names it for people.
type place interface {
	fmt.Stringer
	read(context.Context) ([]byte, error) // fs.ErrNotExist where nothing is kept
	write(context.Context, []byte) error
	remove(context.Context) error // no error where nothing is kept
}

func (a Account) place() place {
	if a.TokenFile == "" {
		return inKeyring(a.Name + " " + a.Addresses[0])
	}
	return inFile(a.TokenFile)
}

// inFile is the path of a file that nobody else can read.
type inFile string

func (p inFile) String() string { return string(p) }

func (p inFile) read(context.Context) ([]byte, error) { return readPrivate(string(p)) }

// write puts the new content beside the file and renames it: whoever reads, and
// whenever the machine stops, there is the whole old content or the whole new one.
func (p inFile) write(_ context.Context, data []byte) error {
	folder, name := filepath.Dir(string(p)), filepath.Base(string(p))
	p.sweep()
	f, err := os.CreateTemp(folder, "."+name+".*.new") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), string(p))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(folder)
}

// sweep removes what a crash has left of earlier writes. Another process may be in
// the middle of one, so what is young stays.
func (p inFile) sweep() {
	folder, name := filepath.Dir(string(p)), filepath.Base(string(p))
	left, _ := filepath.Glob(filepath.Join(folder, "."+name+".*.new")) // a name with wildcards in it leaves more behind
	for _, path := range left {
		if st, err := os.Lstat(path); err == nil && time.Since(st.ModTime()) > time.Minute {
			_ = os.Remove(path) // the next write tries again
		}
	}
}

func (p inFile) remove(context.Context) error {
	if err := os.Remove(string(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(filepath.Dir(string(p)))
}

// readPrivate reads a small file that nobody else can get at. It looks before it
// opens, because opening a named pipe would wait for a writer.
func readPrivate(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := private(path, st); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d KiB", maxFile>>10)
	}
	return data, err
}
