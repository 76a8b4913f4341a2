package mailbox

import (
	"cmp"
	"fmt"
	"strings"
)

// FolderError is trouble with a folder. Rules may name folders after what a stranger
// wrote, and servers repeat such names; errors come into logs. So Error leaves both out
// where the folder is not Known, and InFull tells them.
type FolderError struct {
	Doing  string // what was being done, such as "opening the folder"
	Folder string
	Known  bool // it is watched, has a special use, or is so named in the rules
	Err    error
	// Bare is Err without words of the server's; empty where Err has none.
	Bare string
}

func (e *FolderError) Unwrap() error { return e.Err }

func (e *FolderError) Error() string {
	if e.Known {
		return fmt.Sprintf("%s %q: %v", e.Doing, e.Folder, e.Err)
	}
	return fmt.Sprintf("%s \"…\": %s", e.Doing, cmp.Or(e.Bare, e.Err.Error()))
}

// InFull is the text of an error with the names of folders, for whoever asked for what
// was being done, and for the journal.
func InFull(err error) string {
	text := err.Error()
	switch e := err.(type) {
	case *FolderError:
		return fmt.Sprintf("%s %q: %s", e.Doing, e.Folder, InFull(e.Err))
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			text = strings.Replace(text, inner.Error(), InFull(inner), 1)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			text = strings.Replace(text, inner.Error(), InFull(inner), 1)
		}
	}
	return text
}
