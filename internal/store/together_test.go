package store

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// TestManyAtOnce holds what the journal does to many steps by one statement
// against what is asked for each.
func TestManyAtOnce(t *testing.T) {
	for name, test := range map[string]func(*testing.T, string){
		"steps that end together end each in its own way": ownEnds,
		"of open changes the commonest comes first":       commonestFirst,
		"a bare reading has what performing needs":        bareReading,
	} {
		t.Run("sqlite/"+name, func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db")) })
		t.Run("postgres/"+name, func(t *testing.T) { test(t, storetest.Postgres(t)) })
	}
}

func ownEnds(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	p := planOf(run, 0, 100)
	fresh := commit(t, o, p)
	start(t, o, idsOf(fresh)...)
	want := make(map[int64]Ending)
	var all []Ending
	for i, st := range fresh {
		e := Ending{StepID: st.ID, State: Done, ItemID: st.Item.ID, At: mailbox.Ref{Folder: "Board", UIDValidity: 5, UID: uint32(1000 + i)}}
		switch i % 5 {
		case 1:
			e.At.Folder = "Finance"
		case 2:
			e = Ending{StepID: st.ID, State: Failed, Reason: "the server says: NO"}
		case 3:
			e = Ending{StepID: st.ID, State: Planned, NotBefore: day.Add(time.Hour)}
		case 4:
			e.At.UIDValidity, e.At.UID = 0, 0
		}
		want[st.ID], all = e, append(all, e)
	}
	finish(t, o, all...)
	for _, st := range steps(t, s, Filter{Account: "dana"}) {
		e := want[st.ID]
		if st.State != e.State || st.Reason != e.Reason || !st.NotBefore.Equal(e.NotBefore) || st.At != e.At {
			t.Errorf("step %d ended as %s %q %v at %+v, want %+v", st.ID, st.State, st.Reason, st.NotBefore, st.At, e)
		}
	}
}

func commonestFirst(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	rare, common := filing(), flagging()
	rare.Op.To = "A folder that the alphabet puts first"
	commit(t, o, one(run, 1, rare, common))
	commit(t, o, one(run, 2, common))
	ops, err := s.OpenOps(t.Context(), "dana", day)
	if err != nil || len(ops) != 2 || !reflect.DeepEqual(ops[0], common.Op) {
		t.Errorf("open are %+v, %v", ops, err)
	}
}

func bareReading(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	commit(t, o, planOf(run, 0, pageSize+1))
	all := steps(t, s, Filter{Account: "dana"})
	for i, st := range steps(t, s, Filter{Account: "dana", Bare: true}) {
		whole := all[i]
		want := Step{
			ID: whole.ID, Rule: whole.Rule, Action: whole.Action, State: whole.State, Op: whole.Op, From: whole.From, Undoes: whole.Undoes,
			Item: Item{ID: whole.Item.ID, Key: whole.Item.Key, MessageID: whole.Item.MessageID, Place: whole.Item.Place},
		}
		if !reflect.DeepEqual(st, want) {
			t.Fatalf("bare step %d is %+v, want %+v", i, st, want)
		}
	}
}
