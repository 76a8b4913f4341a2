package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
)

const (
	maxFile  = 128 << 20 // bytes; no mail server takes a larger message
	maxParts = 500       // attachments of one message
	variants = 1000      // files of one name in one folder
)

// ErrChanged says that a file is not what was saved any more. It was left alone.
var ErrChanged = errors.New("it was changed after it was saved, so it was left there")

// Part is an attachment: the name its sender gave it, its media type, and its
// decoded bytes.
type Part struct {
	Name, Type string
	Content    []byte
}

// Saved is a file in the box: its path, with slashes and relative to the box,
// and the SHA-256 of its content in lower-case hexadecimal.
type Saved struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Save writes attachments into a folder of the box ("" is the box itself) under
// safe names, in their order. Nothing is overwritten: where a name is taken, the
// file becomes "q3 (2).pdf". A file of the name, or of a numbered one, that has
// the same content already is what was saved, so a repeat gives the same paths.
//
// What is returned is on the disk. After an error it is what was saved before.
func (b *Box) Save(folder string, parts []Part) ([]Saved, error) {
	folder, err := place(folder)
	if err != nil {
		return nil, fmt.Errorf("saving %d attachments: %w; none was saved: mend the folder in the rule", len(parts), err)
	}
	if len(parts) > maxParts {
		return nil, fmt.Errorf("saving %d attachments into %q: they are more than %d; none was saved", len(parts), folder, maxParts)
	}
	b.alone.Lock()
	defer b.alone.Unlock()
	saved := make([]Saved, 0, len(parts))
	for i, part := range parts {
		s, err := b.save(folder, part)
		if err != nil {
			return saved, fmt.Errorf("saving attachment %d of %d into %q: %w; it was not saved", i+1, len(parts), folder, err)
		}
		saved = append(saved, s)
	}
	return saved, nil
}

func (b *Box) save(folder string, part Part) (Saved, error) {
	if len(part.Content) > maxFile {
		return Saved{}, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	mediaType := part.Type
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	if err := b.makeFolder(folder); err != nil {
		return Saved{}, err
	}
	name, err := b.keep(folder, safeName(part.Name, mediaType), part.Content)
	if err != nil {
		return Saved{}, err
	}
	return Saved{Path: path.Join(folder, name), SHA256: sum(part.Content)}, nil
}

// keep finds content in a folder under one of the names it may have, or writes
// it there under the first that is free.
func (b *Box) keep(folder, name string, content []byte) (string, error) {
	taken, err := b.list(folder)
	if err != nil {
		return "", err
	}
	// All names are looked at before one is taken: since the first attempt, a
	// person may have removed a file and so made a lower number free.
	free := 0
	for n := 1; n <= variants; n++ {
		candidate := numbered(name, n)
		switch {
		case !taken[candidate] && free == 0:
			free = n
		case !taken[candidate]:
		case b.holds(path.Join(folder, candidate), content):
			return candidate, b.settle(path.Join(folder, candidate))
		}
	}
	for n := free; n > 0 && n <= variants; n++ {
		candidate := numbered(name, n)
		err := b.publish(path.Join(folder, candidate), content)
		if !errors.Is(err, fs.ErrExist) {
			return candidate, err
		}
	}
	return "", fmt.Errorf("there are %d files of its name already; move some away", variants)
}

func (b *Box) list(folder string) (map[string]bool, error) {
	f, err := b.root.Open(path.Join(".", folder))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	return taken, err
}

// holds reports whether a file has just this content.
func (b *Box) holds(file string, content []byte) bool {
	info, err := b.root.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false
	}
	there, err := b.root.ReadFile(file)
	return err == nil && bytes.Equal(there, content)
}

// publish makes a file that did not exist, whole and on the disk, or fails with
// fs.ErrExist. It is linked to its name and not renamed, because a rename would
// overwrite what another program has put there in the meantime.
func (b *Box) publish(file string, content []byte) error {
	temporary, err := b.writeTemporary(file, content, 0o600)
	if err != nil {
		return err
	}
	defer b.root.Remove(temporary)
	err = b.root.Link(temporary, file)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) {
		err = b.renameNew(temporary, file)
	}
	if err != nil {
		return err
	}
	return b.syncFolder(path.Dir(file))
}

// renameNew is for file systems without links, such as FAT.
func (b *Box) renameNew(temporary, file string) error {
	if _, err := b.root.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist)
	}
	return b.root.Rename(temporary, file)
}

// writeTemporary writes content beside file, under a name that follows from it:
// an attempt that a crash has cut short leaves nothing that the next one would
// not clear away.
func (b *Box) writeTemporary(file string, content []byte, mode fs.FileMode) (string, error) {
	temporary := temporaryOf(file)
	if err := b.clear(temporary); err != nil {
		return "", err
	}
	f, err := b.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, b.root.Remove(temporary))
	}
	return temporary, nil
}

func temporaryOf(file string) string {
	return path.Join(path.Dir(file), ".foredesk-"+sum([]byte(path.Base(file)))[:16])
}

// clear removes a file that need not be there.
func (b *Box) clear(file string) error {
	if err := b.root.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// settle completes for a file that is there what an attempt that was cut short
// has left: it may not be on the disk yet, and have its temporary name still.
func (b *Box) settle(file string) error {
	f, err := b.root.Open(file)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), b.clear(temporaryOf(file))); err != nil {
		return err
	}
	return b.syncFolder(path.Dir(file))
}

// Remove takes saved files back. One that is gone already is no error; one that
// a person has changed is left, and the error says so ([ErrChanged]) and which.
// The others are removed all the same. If two messages had the same attachment,
// its one file goes with the first of them that is taken back.
func (b *Box) Remove(saved []Saved) error {
	b.alone.Lock()
	defer b.alone.Unlock()
	var all []error
	for _, s := range saved {
		if err := b.remove(s); err != nil {
			all = append(all, fmt.Errorf("removing the saved file %q: %w; remove it by hand if it is not wanted", s.Path, err))
		}
	}
	return errors.Join(all...)
}

func (b *Box) remove(s Saved) error {
	info, err := b.root.Lstat(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return ErrChanged
	}
	same, err := b.hasSum(s)
	if err != nil {
		return err
	}
	if !same {
		return ErrChanged
	}
	if err := b.root.Remove(s.Path); err != nil {
		return err
	}
	return b.syncFolder(path.Dir(s.Path))
}

func (b *Box) hasSum(s Saved) (bool, error) {
	f, err := b.root.Open(s.Path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(hash.Sum(nil)) == s.SHA256, nil
}

func sum(content []byte) string {
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}
