package store

import (
	"errors"
	"reflect"
	"runtime"
	"testing"
	"time"
)

func filters(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	other := own(t, s, "erin")
	commit(t, other, one(begin(t, other), 1, filing()))
	did := commit(t, o, planOf(run, 0, 5)) // file and flag 0, file and flag 1, file 2, 3, 4
	second := begin(t, o)
	late := one(second, 9, filing())
	late.Items[0].Steps[0].Rule, late.Planned = "They owe us an answer", day.Add(time.Hour)
	did = append(did, commit(t, o, late)...)
	finish(t, o, Ending{StepID: did[0].ID, State: Done})
	back := commit(t, o, one(run, 0, undo(did[0])))
	for _, c := range []struct {
		name string
		f    Filter
		want []int64
	}{
		{"one step", Filter{StepID: did[3].ID}, []int64{did[3].ID}},
		{"one run", Filter{Account: "dana", RunID: second}, []int64{did[7].ID}},
		{"one rule", Filter{Account: "dana", Rule: "They owe us an answer"}, []int64{did[7].ID}},
		{"one key", Filter{Account: "dana", Key: message(1).Key}, []int64{did[2].ID, did[3].ID}},
		{"one Message-ID", Filter{Account: "dana", MessageID: message(2).MessageID}, []int64{did[4].ID}},
		{"some items", Filter{ItemIDs: []int64{did[4].Item.ID, did[6].Item.ID}}, []int64{did[4].ID, did[6].ID}},
		{"a state", Filter{Account: "dana", States: []State{Done}}, []int64{did[0].ID}},
		{"since a time", Filter{Account: "dana", Since: day.Add(time.Minute)}, []int64{did[7].ID}},
		{"the newest two", Filter{Account: "dana", Newest: true, Limit: 2}, []int64{back[0].ID, did[7].ID}},
		{"the newest that undoes nothing", Filter{Account: "dana", Newest: true, Limit: 1, NotUndo: true}, []int64{did[7].ID}},
		{"the first two open ones", Filter{Account: "dana", States: []State{Planned, Started}, Limit: 2}, []int64{did[1].ID, did[2].ID}},
		{"nothing", Filter{Account: "frank"}, []int64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := idsOf(steps(t, s, c.f)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("steps %v, want %v", got, c.want)
			}
		})
	}
}

func counts(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	did := commit(t, o, planOf(run, 0, 5))
	finish(t, o, endingsOf(did[:3])...)
	commit(t, o, one(begin(t, o), 0, undo(did[0])))
	rule := filing().Rule
	for _, c := range []struct {
		run  int64
		want []Count
	}{
		{run, []Count{{rule, Done, false, 3}, {rule, Planned, false, 4}}},
		{0, []Count{{rule, Done, false, 3}, {rule, Planned, false, 4}, {rule, Planned, true, 1}}},
	} {
		if got, err := s.Counts(t.Context(), "dana", c.run); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("counts of run %d are %v, want %v (%v)", c.run, got, c.want, err)
		}
	}
}

func pruned(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	old := commit(t, o, one(run, 1, filing()))[0]
	p := one(run, 2, filing())
	p.Planned = day.AddDate(0, 0, 300)
	young := commit(t, o, p)[0]
	n, err := o.Prune(t.Context(), day.AddDate(0, 0, 1))
	if err != nil || n != 1 {
		t.Errorf("emptied %d, %v", n, err)
	}
	old.Facts, old.Item.Subject, old.Item.Sender = nil, "", ""
	if got := step(t, s, old.ID); !reflect.DeepEqual(got, old) {
		t.Errorf("old step is %+v, want %+v", got, old)
	}
	if got := step(t, s, young.ID); !reflect.DeepEqual(got, young) {
		t.Errorf("young step is %+v, was %+v", got, young)
	}
	if again := commit(t, o, one(run, 1, filing())); len(again) != 0 {
		t.Errorf("planned again: %+v", again)
	}
}

func streams(t *testing.T, dsn string) {
	if testing.Short() {
		t.Skip("writes 100,000 steps: left out by -short")
	}
	s, o, run := setup(t, dsn)
	const want = 100_100
	for n := 0; n < want*5/7; n += 6500 {
		commit(t, o, planOf(run, n, min(6500, want*5/7-n)))
	}
	var m runtime.MemStats
	heap := func() uint64 { runtime.GC(); runtime.ReadMemStats(&m); return m.HeapAlloc }
	before, most := heap(), uint64(0)
	seen, last := 0, int64(0)
	err := s.EachStep(t.Context(), Filter{Account: "dana"}, func(st Step) error {
		if st.ID <= last {
			t.Fatalf("step %d after %d", st.ID, last)
		}
		last = st.ID
		if seen++; seen%20_000 == 0 {
			most = max(most, heap())
			start(t, o, st.ID) // the reader holds nothing that a writer needs
		}
		return nil
	})
	if err != nil || seen != want {
		t.Errorf("saw %d steps, want %d (%v)", seen, want, err)
	}
	if grown := int64(most) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
	stop := errors.New("enough")
	if err := s.EachStep(t.Context(), Filter{Newest: true}, func(Step) error { return stop }); err != stop {
		t.Errorf("got %v, want the callback's error", err)
	}
}
