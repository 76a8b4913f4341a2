package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/store/storetest"
)

// BenchmarkCycle measures what the journal costs a message: Commit, Start and
// Finish, with seven steps to five messages.
func BenchmarkCycle(b *testing.B) {
	for _, size := range []int{500, 5000} {
		b.Run(fmt.Sprintf("sqlite/batch%d", size), func(b *testing.B) { cycle(b, "sqlite:"+b.TempDir()+"/bench.db", size) })
		b.Run(fmt.Sprintf("postgres/batch%d", size), func(b *testing.B) { cycle(b, storetest.Postgres(b), size) })
	}
}

func cycle(b *testing.B, dsn string, size int) {
	ctx := b.Context()
	s := open(b, dsn)
	o := own(b, s, "dana")
	run := begin(b, o)
	messages := 0
	var took [3]time.Duration
	for b.Loop() {
		plan := planOf(run, messages, size)
		messages += size
		began := time.Now()
		steps, err := o.Commit(ctx, plan)
		if err != nil || len(steps) != size*7/5 {
			b.Fatalf("%d steps, %v", len(steps), err)
		}
		took[0] += time.Since(began)
		began = time.Now()
		if err := o.Start(ctx, idsOf(steps)); err != nil {
			b.Fatal(err)
		}
		took[1] += time.Since(began)
		began = time.Now()
		if err := o.Finish(ctx, day, endingsOf(steps)); err != nil {
			b.Fatal(err)
		}
		took[2] += time.Since(began)
	}
	for i, name := range []string{"commit", "start", "finish"} {
		b.ReportMetric(float64(took[i].Nanoseconds())/float64(messages), name+"-ns/msg")
	}
	b.ReportMetric(float64((took[0]+took[1]+took[2]).Nanoseconds())/float64(messages), "ns/msg")
}
