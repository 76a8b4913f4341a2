//go:build !race

package gather_test

import (
	"testing"
	"time"
)

// TestABusyDayIsQuick holds that no work grows beyond what it is about: a busy day
// takes some 20 ms, gathered and rendered (see BenchmarkBusyDay), and may take many
// times as long on a machine that does much else, but not seconds. The race detector
// makes everything many times as slow.
func TestABusyDayIsQuick(t *testing.T) {
	w := busyDay(t)
	const most, attempts = time.Second, 5
	best := time.Hour
	for i := 0; i < attempts && best > most; i++ {
		start := time.Now()
		d, _ := w.day(theDate)
		if _, err := d.Render(); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	if best > most {
		t.Errorf("a busy day takes %v", best)
	}
}
