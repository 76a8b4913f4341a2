package faulttest

import (
	"runtime"
	"testing"
	"time"
)

// Cost is what a call took: the bytes that it allocated, freed ones and all, and how
// long it ran.
type Cost struct {
	Bytes uint64
	Time  time.Duration
}

// Measure calls f. What other goroutines allocate meanwhile is counted with it.
func Measure(f func()) Cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	c := Cost{Time: time.Since(start)}
	runtime.ReadMemStats(&after)
	c.Bytes = after.TotalAlloc - before.TotalAlloc
	return c
}

// Within fails the test where so many bytes of hostile input have cost more memory than
// most, or more than a minute: a bound that a slow machine keeps, and a bomb does not.
func (c Cost) Within(t testing.TB, input int, most uint64) {
	t.Helper()
	t.Logf("%d KiB took %d MiB of memory and %s", input>>10, c.Bytes>>20, c.Time.Round(time.Millisecond))
	if c.Bytes > most {
		t.Errorf("%d KiB took %d MiB of memory, want %d at most", input>>10, c.Bytes>>20, most>>20)
	}
	if c.Time > time.Minute {
		t.Errorf("%d KiB took %s", input>>10, c.Time)
	}
}
