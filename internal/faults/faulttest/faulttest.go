// Package faulttest is what a test says when it has injected a fault of the table in
// internal/faults. "make faults" counts what is said here.
package faulttest

import (
	"strconv"
	"testing"

	"github.com/foredesk/foredesk/internal/faults"
)

// Attr is the part of a test that keeps attributes: a [testing.TB], or what hides
// one, such as the T of testscript.
type Attr interface {
	Attr(key, value string)
}

// Injected says that a test has let a fault happen n times. It belongs behind the
// fault, in the test or subtest that checks what must hold: the row holds if that
// one passes. An unknown id and a fault that never happened fail the test.
func Injected(t testing.TB, id string, n int) {
	t.Helper()
	switch {
	case !faults.Known(id):
		t.Fatalf("internal/faults knows no fault %q", id)
	case n < 1:
		t.Errorf("fault %s was injected %d times", id, n)
	default:
		Note(t, id, n)
	}
}

// Killed is Injected for a process that was killed at a point of a scenario: the
// kills are counted beside the table.
func Killed(t testing.TB, id, scenario string) {
	t.Helper()
	Injected(t, id, 1)
	t.Attr(faults.KillKey, scenario)
}

// Note is Injected where there is no [testing.TB] at hand: it checks nothing.
func Note(t Attr, id string, n int) {
	t.Attr(faults.FaultKey, id+": "+strconv.Itoa(n))
}
