package agenda

import (
	"testing"
	"time"
)

// BenchmarkBusyDay renders 300 mails, 25 events and 12 conflicts.
func BenchmarkBusyDay(b *testing.B) {
	d := numbered(busy())
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		l, err := Render(d)
		if err != nil {
			b.Fatal(err)
		}
		bytes = len(l.HTML) + len(l.Text)
	}
	b.ReportMetric(float64(bytes)/1000, "KB")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "agendas/s")
}

// TestABusyDayIsQuick holds the promise of 50 ms with room for a slow machine: the
// best of ten counts, so that a neighbour on it does not.
func TestABusyDayIsQuick(t *testing.T) {
	if raced {
		t.Skip("with the race detector, everything takes many times as long")
	}
	d := numbered(busy())
	best := time.Hour
	for range 10 {
		start := time.Now()
		if _, err := Render(d); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	if best > 50*time.Millisecond {
		t.Errorf("rendering takes %v", best)
	}
}
