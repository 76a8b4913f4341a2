//go:build !race

package gather_test

import (
	"testing"
	"time"
)

// TestABusyDayIsQuick holds the promise of 50 ms, gathered and rendered. One of many
// attempts has to keep it, so that what else the machine does does not count. The race
// detector makes everything many times as slow.
func TestABusyDayIsQuick(t *testing.T) {
	w := busyDay(t)
	const most, attempts = 50 * time.Millisecond, 60
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
