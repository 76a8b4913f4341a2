// Package crashpoint lets a test kill the process where it hurts most: before and
// after each write to the journal and each call to a server. The points are in every
// build, so that what is tested is what runs; without the environment variables
// below they do nothing.
//
// Package crashtest, beside it, kills a program at each of its points in turn.
package crashpoint

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

// The environment variables that arm the points.
const (
	// At is the number of the point at which the process kills itself, from 1.
	At = "FOREDESK_CRASH_AT"
	// Log is a file to which the name of each point is added as it is passed.
	Log = "FOREDESK_CRASH_LOG"
)

var (
	at     = number(os.Getenv(At))
	log    = os.Getenv(Log)
	armed  = at > 0 || log != ""
	passed atomic.Int64
)

// Here is a point. Name says what it stands beside: "journal", "imap", "smtp",
// "calendar", "web" or "model".
func Here(name string) {
	if armed {
		reach(name)
	}
}

func reach(name string) {
	n := passed.Add(1)
	if log != "" {
		note(name)
	}
	if n != at {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill() // SIGKILL: nothing is tidied up, as when the power goes
	}
	if err != nil {
		panic(fmt.Sprintf("dying at point %d: %v", n, err))
	}
	select {} // until the signal is here
}

// note panics where it fails, as a test that counts points would count wrongly.
func note(name string) {
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(name + "\n") // one write, so that lines stay whole
		if shut := f.Close(); err == nil {
			err = shut
		}
	}
	if err != nil {
		panic(fmt.Sprintf("%s: %v", Log, err))
	}
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0 // whoever set it sees that nothing was killed
	}
	return n
}
