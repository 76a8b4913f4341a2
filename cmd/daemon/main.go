// Command daemon is foredesk: it sits at the front of an executive's desk,
// watches the mail and the calendar, and follows the assistant's rules.
//
// root.go lists the verbs; each has a file of its own. wire.go is where the
// parts are put together: configuration, journal, mail server, rules, engine.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	// A front desk stays small, yet with many messages it should not collect garbage
	// all the time: it may use this much before it does so more often than usual.
	// What Go does not count, SQLite's pages among them, comes on top.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(32 << 20)
	}
	dropStart()
	os.Exit(run())
}

// run is main with an exit code, so that tests can be the command too.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}
