package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

func requests(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	var asked [2]int64
	for i := range asked {
		id, err := s.Request(t.Context(), Run{Account: "dana", Kind: KindUndo, Args: json.RawMessage(`{"step":41}`), Started: day})
		if err != nil {
			t.Fatal(err)
		}
		asked[i] = id
	}
	for _, want := range asked {
		r, ok, err := o.TakeRequest(t.Context(), day)
		if err != nil || !ok || r.ID != want || r.State != RunRunning || string(r.Args) != `{"step":41}` {
			t.Fatalf("took %+v, %v, %v; want run %d", r, ok, err, want)
		}
		if err := errors.Join(o.Progress(t.Context(), r.ID, 3, 7), o.EndRun(t.Context(), r.ID, RunDone, "3 of 7", day)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Run(t.Context(), r.ID)
		r.State, r.Done, r.Total, r.Message, r.Ended = RunDone, 3, 7, "3 of 7", day
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("run is %+v, want %+v (%v)", got, r, err)
		}
	}
	if r, ok, err := o.TakeRequest(t.Context(), day); ok || err != nil {
		t.Errorf("took %+v, %v", r, err)
	}
	if _, err := s.Run(t.Context(), 12345); !errors.Is(err, ErrNotFound) {
		t.Errorf("reading a run that is not there: %v", err)
	}
	newest, err := s.Runs(t.Context(), RunFilter{Account: "dana", Kind: KindUndo, Limit: 1})
	if err != nil || len(newest) != 1 || newest[0].ID != asked[1] {
		t.Errorf("newest undo is %+v, %v", newest, err)
	}
}

func interrupted(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	waiting, err := s.Request(t.Context(), Run{Account: "dana", Kind: KindApply})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	next := own(t, s, "dana")
	for id, want := range map[int64]RunState{run: RunInterrupted, waiting: RunRequested} {
		if r, err := s.Run(t.Context(), id); err != nil || r.State != want {
			t.Errorf("run %d is %s, want %s (%v)", id, r.State, want, err)
		}
	}
	must(t, errors.Join(next.ResumeRun(t.Context(), run), next.ResumeRun(t.Context(), waiting)))
	for id, want := range map[int64]RunState{run: RunRunning, waiting: RunRequested} {
		if r, err := s.Run(t.Context(), id); err != nil || r.State != want {
			t.Errorf("after ResumeRun run %d is %s, want %s (%v)", id, r.State, want, err)
		}
	}
}

func oneOwner(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	if _, err := s.Own(t.Context(), "dana"); !errors.Is(err, ErrOwned) {
		t.Errorf("the same account twice: %v", err)
	}
	erin := own(t, s, "erin")
	if _, err := open(t, dsn).Own(t.Context(), "dana"); !errors.Is(err, ErrOwned) {
		t.Errorf("the same account through another Store: %v", err)
	}
	for _, asker := range []*Store{s, open(t, dsn)} {
		if owned, _, err := asker.Owned(t.Context(), "dana"); err != nil || !owned {
			t.Errorf("owned is %v, %v", owned, err)
		}
	}
	if err := errors.Join(o.Held(t.Context()), o.Release(), o.Release(), erin.Held(t.Context()), erin.Release()); err != nil {
		t.Error(err)
	}
	if owned, _, err := s.Owned(t.Context(), "dana"); err != nil || owned {
		t.Errorf("after the release owned is %v, %v", owned, err)
	}
	own(t, open(t, dsn), "dana")
}

func fenced(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	id := commit(t, o, one(run, 1, filing()))[0].ID
	replace(t, s, "dana")
	for name, write := range map[string]func() error{
		"Commit":   func() error { _, err := o.Commit(t.Context(), one(run, 2, filing())); return err },
		"Start":    func() error { return o.Start(t.Context(), []int64{id}) },
		"Withdraw": func() error { return o.Withdraw(t.Context(), day, []int64{id}) },
		"Finish":   func() error { return o.Finish(t.Context(), day, []Ending{{StepID: id, State: Done}}) },
		"BeginRun": func() error { _, err := o.BeginRun(t.Context(), Run{}); return err },
		"Prune":    func() error { _, err := o.Prune(t.Context(), day); return err },
		"Held":     func() error { return o.Held(t.Context()) },
	} {
		if err := write(); !errors.Is(err, ErrLostOwnership) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := steps(t, s, Filter{}); len(list) != 1 || list[0].State != Planned {
		t.Errorf("steps are %+v", list)
	}
}

// replace does what another node does when it takes an account over.
func replace(t *testing.T, s *Store, account string) {
	t.Helper()
	other := &Owner{s: s, account: account}
	if err := s.write(t.Context(), "taking over", func(x *tx) error { return other.nextEpoch(t.Context(), x) }); err != nil {
		t.Fatal(err)
	}
}

func ownAccount(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	st := commit(t, o, one(run, 1, filing()))[0]
	erin := own(t, s, "erin")
	if err := erin.Start(t.Context(), []int64{st.ID}); !errors.Is(err, ErrNotPlanned) {
		t.Errorf("starting another's step: %v", err)
	}
	if err := erin.Withdraw(t.Context(), day, []int64{st.ID}); err != nil {
		t.Error(err)
	}
	finish(t, erin, Ending{StepID: st.ID, State: Failed, ItemID: st.Item.ID, At: mailbox.Ref{Folder: "Trash"}})
	if got := step(t, s, st.ID); !reflect.DeepEqual(got, st) {
		t.Errorf("step is %+v, was %+v", got, st)
	}
}

func released(t *testing.T, dsn string) {
	_, o, run := setup(t, dsn)
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Commit(t.Context(), one(run, 1, filing())); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("got %v", err)
	}
}

// TestLostSession: in PostgreSQL the death of the session, not of the process,
// loses the accounts.
func TestLostSession(t *testing.T) {
	dsn := storetest.Postgres(t)
	s, o, run := setup(t, dsn)
	endSession(t, s, "dana")
	if err := o.Held(t.Context()); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Held: %v", err)
	}
	commit(t, own(t, open(t, dsn), "dana"), Plan{}) // another node takes over
	if _, err := o.Commit(t.Context(), one(run, 1, filing())); !errors.Is(err, ErrLostOwnership) {
		t.Errorf("Commit: %v", err)
	}
	o.Release() // fails, since there is nothing left to let go of
	if _, err := s.Own(t.Context(), "dana"); !errors.Is(err, ErrOwned) {
		t.Errorf("Own: %v", err)
	}
	own(t, s, "erin") // in a new session
	faulttest.Injected(t, "32", 1)
}
