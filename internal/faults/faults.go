// Package faults knows what can go wrong around Foredesk, and which test lets it go
// wrong. The table is faults.txt: 44 faults, and twelve topics of security whose ids
// begin with S. A test that really injects one says so with [faulttest.Injected], or,
// in a txtar case, with a line "fault ID".
//
// "make faults" (internal/faults/run) runs those tests and prints the table as they
// left it; [Find] looks them up in the source, from which the tables of
// doc/guarantees.md are made (page.go). For tests alone.
package faults

import (
	_ "embed"
	"fmt"
	"strings"
)

// A Fault is one row of the table.
type Fault struct {
	ID     string // "1" to "44", "S1" to "S12"
	By     string // letters of [Techniques], with spaces between them
	Goes   string // what goes wrong
	Stands string // what holds all the same
}

// Techniques are the ways in which a fault is injected, by their letters.
var Techniques = []struct{ Letter, How string }{
	{"K", "SIGKILL to the process, at a point of its own or at a command that a server hears"},
	{"D", "a mail server of its own: Dovecot, or one in the process"},
	{"P", "a server, a message or a file that behaves as the test wants"},
	{"X", "something on the line that delays, throttles or cuts it"},
	{"S", "a clock of the test's own"},
	{"C", "a second client that does what a person would"},
	{"E", "files, processes and settings around the process; system calls that strace lets fail"},
}

//go:embed faults.txt
var text string

// Table is all of it, in order.
var Table = parse(text)

// parse reads the lines of faults.txt; one that is no row stops the program, as the
// file is part of it.
func parse(text string) (table []Fault) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 4 {
			panic(fmt.Sprintf("faults.txt: %q has %d cells, not 4", line, len(cells)))
		}
		table = append(table, Fault{cells[0], cells[1], cells[2], cells[3]})
	}
	return table
}

// Known says whether there is a fault of that id.
func Known(id string) bool {
	for _, f := range Table {
		if f.ID == id {
			return true
		}
	}
	return false
}

// The keys of the attributes (see [testing.T.Attr]) that say what a test did.
const (
	FaultKey = "fault" // "ID: TIMES"
	KillKey  = "kill"  // a scenario; once for each process that was killed
)
