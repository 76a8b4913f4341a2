package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

const maxTable = 32 << 20 // bytes; all of it is read for each line

// idColumn is the column that tells whose line it is.
const idColumn = "foredesk"

// idPattern is what an id may be: a word that looks the same in CSV and in JSON
// and that no spreadsheet computes.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9<][A-Za-z0-9<>@/_.:=+~!#$%&*^{|}-]{0,249}$`)

var (
	errTooLarge = fmt.Errorf("it is larger than %d MiB; name another file in the rule, for example one with {year}", maxTable>>20)
	errTouched  = errors.New("another program wrote to it just now; try again")
)

// AddLine adds one record to a .csv or a .jsonl file of the box and makes the
// file if it is missing. A column is a name and a value. The id stands in the
// last column, "foredesk"; a record with it that is there already makes the call
// a no-op, also when a person has changed the rest of that record.
//
// In an existing .csv the columns are found by name: a person may order them
// otherwise, add some, which stay empty, or save the file from a spreadsheet
// with semicolons. A column that the file lacks is an error that names it; to
// go on in a second file would split a table behind its owner's back.
//
// When AddLine returns nil, the record is on the disk. A line that a crash has
// torn is mended when its record is added again, and hurts no other until then.
func (b *Box) AddLine(file, id string, columns [][2]string) error {
	if err := b.changeLines(file, id, func(name string) error { return b.addLine(name, id, columns) }); err != nil {
		return fmt.Errorf("adding a line to %q: %w; no line was added", file, err)
	}
	return nil
}

// RemoveLine takes the record with that id back, whatever a person has written
// into it, and leaves every other record as it is, byte by byte. A record, or a
// file, that is gone already is no error. The file stays, also when no record is
// left in it.
func (b *Box) RemoveLine(file, id string) error {
	if err := b.changeLines(file, id, func(name string) error { return b.removeLine(name, id) }); err != nil {
		return fmt.Errorf("removing a line from %q: %w; no line was removed", file, err)
	}
	return nil
}

func (b *Box) changeLines(file, id string, change func(name string) error) error {
	name, err := place(file)
	if err != nil {
		return err
	}
	if !idPattern.MatchString(id) {
		return errors.New("its id is no plain word of 1 to 250 characters")
	}
	if ext := strings.ToLower(path.Ext(name)); ext != ".csv" && ext != ".jsonl" {
		return errors.New("lines go into a .csv or a .jsonl file")
	}
	b.alone.Lock()
	defer b.alone.Unlock()
	return change(name)
}

// lines is what the two kinds of table have in common.
type lines interface {
	// has reports whether there is a record with that id.
	has(id string) (bool, error)
	// add says how many bytes of the file to keep and what to write after them,
	// so that the record stands in it. A torn end is not kept.
	add(id string, columns [][2]string) (keep int, text []byte, err error)
	// without is the file without the records with that id.
	without(id string) (rest []byte, found bool, err error)
}

// read returns the table in a file. A file that is missing is an empty table,
// and info is nil.
func (b *Box) read(name string) (table lines, info fs.FileInfo, err error) {
	var content []byte
	info, err = b.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info, err = nil, nil
	case err != nil:
	case !info.Mode().IsRegular(): // opening a pipe would wait for ever
		err = errors.New("it is not a plain file")
	case info.Size() > maxTable:
		err = errTooLarge
	default:
		content, err = b.root.ReadFile(name)
	}
	if err != nil {
		return nil, nil, err
	}
	if strings.EqualFold(path.Ext(name), ".jsonl") {
		return jsonLines(content), info, nil
	}
	table, err = readCSV(content)
	return table, info, err
}

func (b *Box) addLine(name, id string, columns [][2]string) error {
	table, info, err := b.read(name)
	if err != nil {
		return err
	}
	there, err := table.has(id)
	if err != nil {
		return err
	}
	if there {
		return b.settle(name)
	}
	keep, text, err := table.add(id, columns)
	if err != nil {
		return err
	}
	if info == nil {
		return b.begin(name, text)
	}
	return b.write(name, int64(keep), text)
}

// begin makes the file with its header and first line, both or nothing.
func (b *Box) begin(name string, text []byte) error {
	if err := b.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	err := b.publish(name, text)
	if errors.Is(err, fs.ErrExist) {
		return errTouched
	}
	return err
}

// write cuts a file off at keep and appends text, all of which is on the disk
// when it returns. What can't be written whole is taken away again, also when it
// is only the sync that fails: Linux reports that once, and a repeat that found
// the line there would believe it.
func (b *Box) write(name string, keep int64, text []byte) error {
	f, err := b.root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > keep {
		err = f.Truncate(keep)
	}
	if err == nil {
		_, err = f.WriteAt(text, keep)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(keep))
	}
	return nil
}

func (b *Box) removeLine(name, id string) error {
	table, info, err := b.read(name)
	if err != nil || info == nil {
		return err
	}
	rest, found, err := table.without(id)
	if err != nil || !found {
		return err
	}
	temporary, err := b.writeTemporary(name, rest, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer b.root.Remove(temporary)
	// A spreadsheet may have saved the file while we were at it: it wins.
	now, err := b.root.Lstat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(info, now) || now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime()) {
		return errTouched
	}
	if err := b.root.Rename(temporary, name); err != nil {
		return err
	}
	return b.syncFolder(path.Dir(name))
}
