package main

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A node that is told to stop ends well, at whatever moment of its first half second
// that is. One that has not come to listening for signals is ended by the signal.
func nodeIsToldToStopAtOnce(t *testing.T, dsn string) {
	f := openFleet(t, dsn, 3, 1, fileRules)
	one := f.nodes[0]
	one.runOnce()
	for after := time.Duration(0); after < 500*time.Millisecond; after += 20 * time.Millisecond {
		one.start()
		<-time.After(after)
		one.signal(syscall.SIGTERM)
		err := <-one.ended
		one.alive = false
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.Exited()) {
			text, _ := os.ReadFile(one.log())
			t.Errorf("told to stop after %v it ends with %v: %s", after, err, text[bytes.LastIndexByte(bytes.TrimSpace(text), '\n')+1:])
		}
	}
}
