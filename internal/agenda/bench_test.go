package agenda

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkBusyDay renders 300 mails, 25 events and 12 conflicts.
func BenchmarkBusyDay(b *testing.B) {
	d := ready(busy())
	b.ReportAllocs()
	html, text := 0, 0
	for b.Loop() {
		l, err := d.Render()
		if err != nil {
			b.Fatal(err)
		}
		html, text = len(l.HTML), len(l.Text)
	}
	b.ReportMetric(float64(html)/1000, "html-KB") // at most 80
	b.ReportMetric(float64(text)/1000, "text-KB")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "agendas/s")
}

// BenchmarkAFirmsAgendas renders ordinary and busy days, one busy among ten, on all
// cores, and says how long the agendas of 10,000 people would take.
func BenchmarkAFirmsAgendas(b *testing.B) {
	usual, full := ready(ordinary()), ready(busy())
	var next atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := usual
			if next.Add(1)%10 == 0 {
				d = full
			}
			if _, err := d.Render(); err != nil {
				b.Error(err)
			}
		}
	})
	each := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(1/each, "agendas/s")
	b.ReportMetric(10_000*each, "s/10000-agendas")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "cores")
}

// TestABusyDayIsQuick holds that the work has an end: rendering takes 2 ms or so (see
// BenchmarkBusyDay), and many times that on a machine that does much else. The
// best of ten counts.
func TestABusyDayIsQuick(t *testing.T) {
	if raced {
		t.Skip("with the race detector, everything takes many times as long")
	}
	d := ready(busy())
	best := time.Hour
	for range 10 {
		start := time.Now()
		if _, err := d.Render(); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	if best > time.Second {
		t.Errorf("rendering takes %v", best)
	}
}
