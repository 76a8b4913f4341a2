package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// day is "now" in these tests.
var day = time.Date(2026, 12, 8, 6, 30, 0, 0, time.UTC)

func open(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func own(t testing.TB, s *Store, account string) *Owner {
	t.Helper()
	o, err := s.Own(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Release() })
	return o
}

func begin(t testing.TB, o *Owner) int64 {
	t.Helper()
	run, err := o.BeginRun(t.Context(), Run{Kind: KindRun, RulesHash: "a1b2c3d4e5f60718", Started: day})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func commit(t testing.TB, o *Owner, p Plan) []Step {
	t.Helper()
	steps, err := o.Commit(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func steps(t testing.TB, s *Store, f Filter) []Step {
	t.Helper()
	list, err := s.Steps(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// message is the n-th message of the inbox with no steps yet.
func message(n int) NewItem {
	id := fmt.Sprintf("%08x.%d@bigcustomer.example", uint32(n)*2654435761, n) // Message-IDs come in no order
	return NewItem{Item: Item{
		Key: "mid:" + id, MessageID: id, Subject: "Renewal of the contract", Sender: "marta@bigcustomer.example",
		Date: day, Place: mailbox.Ref{Folder: mailbox.Inbox, UIDValidity: 1700000000, UID: uint32(n + 1)},
	}}
}

func filing() Step {
	return Step{
		Rule: "Board papers stay on top", RulesHash: "a1b2c3d4e5f60718", Action: "file", Arg: "Board",
		Op:    mailbox.Op{Kind: mailbox.Move, To: "Board"},
		Facts: json.RawMessage(`{"when":[{"line":14,"text":"from in board","saw":{"from":"pat@board.example"}}]}`),
	}
}

func flagging() Step {
	st := filing()
	st.Action, st.Arg = "flag", "red"
	st.Op = mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}}
	return st
}

// planOf is a plan for size messages from the n-th on; all are filed, and two in
// five are flagged.
func planOf(run int64, n, size int) Plan {
	p := Plan{
		RunID: run, Planned: day, Folder: mailbox.Inbox,
		Cursor: &mailbox.Cursor{UIDValidity: 1700000000, UIDNext: uint32(n + size + 1), ModSeq: uint64(n), SeenAt: day},
	}
	for i := range size {
		m := message(n + i)
		m.Steps = []Step{filing()}
		if i%5 < 2 {
			m.Steps = append(m.Steps, flagging())
		}
		p.Items = append(p.Items, m)
	}
	return p
}

func idsOf(steps []Step) []int64 {
	ids := make([]int64, len(steps))
	for i, st := range steps {
		ids[i] = st.ID
	}
	return ids
}

func endingsOf(steps []Step) []Ending {
	endings := make([]Ending, len(steps))
	for i, st := range steps {
		endings[i] = Ending{StepID: st.ID, State: Done}
		if st.Op.Kind == mailbox.Move {
			endings[i].ItemID = st.Item.ID
			endings[i].At = mailbox.Ref{Folder: st.Op.To, UIDValidity: 1600000000, UID: uint32(i + 1)}
		}
	}
	return endings
}
