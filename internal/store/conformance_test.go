package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store/storetest"
)

// promises hold for both databases alike. Each gets the address of an empty one.
var promises = []struct {
	name string
	test func(*testing.T, string)
}{
	{"what is written is read back", readBack},
	{"a folder never seen has no cursor", noCursor},
	{"cursor and plan commit together or not at all", togetherOrNotAtAll},
	{"a cancelled commit leaves nothing", cancelledCommit},
	{"a second attempt at a step is a no-op", secondAttempt},
	{"a message planned twice in one plan is one item", twiceInOnePlan},
	{"two deliveries of one message are two items", twoOccurrences},
	{"a known item keeps its id and learns its new place", knownItem},
	{"states only move forward", onlyForward},
	{"a failed attempt waits for its time", waitsForItsTime},
	{"an undo that is done makes its original undone", undoFlips},
	{"an undo that failed leaves its original done", undoFails},
	{"a person's reversal makes a step undone", personReverses},
	{"where the message lies follows the move and not the copy", placeFollows},
	{"filters pick steps", filters},
	{"counts are by rule and state", counts},
	{"a request is taken once, oldest first", requests},
	{"a new owner interrupts the run of the old one", interrupted},
	{"an account has one owner", oneOwner},
	{"an owner that was replaced writes nothing", fenced},
	{"an owner may write only its own account", ownAccount},
	{"a released owner writes nothing", released},
	{"old steps shrink to their keys", pruned},
	{"a hundred thousand steps stream in bounded memory", streams},
	{"opening again changes nothing", opensAgain},
	{"tables of a newer version are refused", newerSchema},
	{"tables migrate from version 1 with their rows", migrates},
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) { p.test(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db")) })
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.Postgres(t)
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) { p.test(t, storetest.Database(t, server)) })
		}
	})
}

// setup is an owned account with a run.
func setup(t *testing.T, dsn string) (*Store, *Owner, int64) {
	t.Helper()
	s := open(t, dsn)
	o := own(t, s, "dana")
	return s, o, begin(t, o)
}

// one is a plan of one message with steps.
func one(run int64, n int, steps ...Step) Plan {
	m := message(n)
	m.Steps = steps
	return Plan{RunID: run, Planned: day, Items: []NewItem{m}}
}

func finish(t *testing.T, o *Owner, endings ...Ending) {
	t.Helper()
	if err := o.Finish(t.Context(), day.Add(time.Minute), endings); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, o *Owner, ids ...int64) {
	t.Helper()
	if err := o.Start(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
}

// step is the step with this id as the journal has it.
func step(t *testing.T, s *Store, id int64) Step {
	t.Helper()
	list := steps(t, s, Filter{StepID: id})
	if len(list) != 1 {
		t.Fatalf("%d steps have id %d", len(list), id)
	}
	return list[0]
}

func wantState(t *testing.T, s *Store, id int64, want State) {
	t.Helper()
	if got := step(t, s, id).State; got != want {
		t.Errorf("step %d is %s, want %s", id, got, want)
	}
}

func readBack(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	parked := flagging()
	parked.State, parked.Reason, parked.NotBefore = Parked, "waits for the assistant", day.Add(time.Hour)
	p := one(run, 7, filing(), parked)
	p.Folder, p.Cursor = mailbox.Inbox, &mailbox.Cursor{UIDValidity: 1<<32 - 1, UIDNext: 1<<32 - 1, ModSeq: 1<<63 - 1, SeenAt: day.Add(time.Microsecond)}
	fresh := commit(t, o, p)
	if len(fresh) != 2 || fresh[0].Action != "file" || fresh[1].Action != "flag" || fresh[0].ID >= fresh[1].ID {
		t.Fatalf("new steps are %+v", fresh)
	}
	if got := steps(t, s, Filter{Account: "dana"}); !reflect.DeepEqual(got, fresh) {
		t.Errorf("read back\n%+v, committed\n%+v", got, fresh)
	}
	if fresh[0].From != p.Items[0].Place || fresh[0].State != Planned || fresh[1].State != Parked {
		t.Errorf("committed %+v", fresh)
	}
	c, ok, err := s.Cursor(t.Context(), "dana", mailbox.Inbox)
	if err != nil || !ok || c != *p.Cursor {
		t.Errorf("cursor is %+v, %v, %v", c, ok, err)
	}
	all, err := s.Cursors(t.Context(), "dana")
	if err != nil || len(all) != 1 || all[mailbox.Inbox] != *p.Cursor {
		t.Errorf("cursors are %+v, %v", all, err)
	}
	items, err := s.Lookup(t.Context(), "dana", []string{"mid:nobody", p.Items[0].Key})
	if err != nil || len(items) != 1 || !reflect.DeepEqual(items[p.Items[0].Key], []Item{fresh[0].Item}) {
		t.Errorf("looked up %+v, %v", items, err)
	}
}

func noCursor(t *testing.T, dsn string) {
	c, ok, err := open(t, dsn).Cursor(t.Context(), "dana", mailbox.Inbox)
	if ok || err != nil || c != (mailbox.Cursor{}) {
		t.Errorf("got %+v, %v, %v", c, ok, err)
	}
}

func togetherOrNotAtAll(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	p := planOf(run, 0, 1000)
	p.RunID = run + 1000 // there is no such run: the steps fail, after cursor and items
	if _, err := o.Commit(t.Context(), p); err == nil {
		t.Fatal("a plan of a run that does not exist was committed")
	}
	_, ok, err := s.Cursor(t.Context(), "dana", mailbox.Inbox)
	items, err2 := s.Lookup(t.Context(), "dana", []string{p.Items[0].Key, p.Items[500].Key})
	if ok || len(items) > 0 || errors.Join(err, err2) != nil || len(steps(t, s, Filter{})) > 0 {
		t.Errorf("after the failure there is a cursor (%v), items %v or steps", ok, items)
	}
	p = planOf(run, 0, 1000)
	if n := len(commit(t, o, p)); n != 1400 {
		t.Errorf("%d steps, want 1400", n)
	}
}

func cancelledCommit(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	ctx, cancel := context.WithCancel(t.Context())
	err := o.write(ctx, "writing", func(x *tx) error {
		if err := x.setCursor(ctx, "dana", "Board", mailbox.Cursor{UIDNext: 5}); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, ok, _ := s.Cursor(t.Context(), "dana", "Board"); ok {
		t.Error("a cancelled transaction was committed")
	}
	commit(t, o, one(run, 1, filing())) // and the next is none the worse
}

func secondAttempt(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	first := commit(t, o, one(run, 1, filing()))
	finish(t, o, Ending{StepID: first[0].ID, State: Done})
	again := commit(t, o, one(run, 1, filing(), flagging()))
	if len(again) != 1 || again[0].Action != "flag" || again[0].Item.ID != first[0].Item.ID {
		t.Errorf("second plan gave %+v, want the flag of the same item alone", again)
	}
	wantState(t, s, first[0].ID, Done)
	if fresh := commit(t, o, one(run, 1, filing(), flagging())); len(fresh) != 0 {
		t.Errorf("third plan gave %+v", fresh)
	}
}

func twiceInOnePlan(t *testing.T, dsn string) {
	_, o, run := setup(t, dsn)
	p := one(run, 1, filing())
	p.Items = append(p.Items, one(run, 1, filing(), flagging()).Items...)
	fresh := commit(t, o, p)
	if len(fresh) != 2 || fresh[0].Item.ID != fresh[1].Item.ID {
		t.Errorf("got %+v", fresh)
	}
}

func twoOccurrences(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	p := one(run, 1, filing())
	second := p.Items[0]
	second.Occurrence = 2
	p.Items = append(p.Items, second)
	fresh := commit(t, o, p)
	items, err := s.Lookup(t.Context(), "dana", []string{second.Key})
	if err != nil || len(fresh) != 2 {
		t.Fatalf("%d steps, %v", len(fresh), err)
	}
	if got := items[second.Key]; len(got) != 2 || got[0].Occurrence != 1 || got[1].Occurrence != 2 || got[0].ID == got[1].ID {
		t.Errorf("items are %+v", got)
	}
}

func knownItem(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	fresh := commit(t, o, one(run, 1, filing()))
	again := one(run, 1, flagging())
	again.Items[0].ID = fresh[0].Item.ID
	again.Items[0].Place = mailbox.Ref{Folder: "Clients", UIDValidity: 3, UID: 4}
	got := commit(t, o, again)
	if len(got) != 1 || got[0].Item.ID != fresh[0].Item.ID {
		t.Fatalf("got %+v", got)
	}
	if at := step(t, s, fresh[0].ID).Item.Place; at != again.Items[0].Place {
		t.Errorf("item lies at %v", at)
	}
}

func onlyForward(t *testing.T, dsn string) {
	for _, c := range []struct{ from, to, want State }{
		{Planned, Done, Done},
		{Started, Done, Done},
		{Started, Failed, Failed},
		{Started, Uncertain, Uncertain},
		{Started, Planned, Planned},
		{Parked, Planned, Planned},
		{Uncertain, Done, Done},
		{Failed, Planned, Planned},
		{Planned, Undone, Planned},
		{Done, Planned, Done},
		{Done, Failed, Done},
		{Done, Undone, Undone},
		{Undone, Done, Undone},
		{Undone, Planned, Undone},
	} {
		t.Run(fmt.Sprintf("%s to %s is %s", c.from, c.to, c.want), func(t *testing.T) {
			s, o, run := setup(t, fresh(t, dsn))
			id := commit(t, o, one(run, 1, filing()))[0].ID
			bring(t, o, id, c.from)
			wantState(t, s, id, c.from)
			finish(t, o, Ending{StepID: id, State: c.to})
			wantState(t, s, id, c.want)
			start(t, o, id)
			if c.want != Planned {
				wantState(t, s, id, c.want)
			}
		})
	}
}

// fresh is the address of another empty database beside dsn.
func fresh(t *testing.T, dsn string) string {
	if strings.HasPrefix(dsn, "sqlite:") {
		return "sqlite:" + filepath.Join(t.TempDir(), "foredesk.db")
	}
	return storetest.Database(t, dsn)
}

// bring brings a planned step to a state.
func bring(t *testing.T, o *Owner, id int64, to State) {
	t.Helper()
	switch to {
	case Planned:
	case Started:
		start(t, o, id)
	case Undone:
		finish(t, o, Ending{StepID: id, State: Done})
		finish(t, o, Ending{StepID: id, State: Undone})
	default:
		finish(t, o, Ending{StepID: id, State: to})
	}
}

func waitsForItsTime(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	id := commit(t, o, one(run, 1, filing()))[0].ID
	start(t, o, id)
	finish(t, o, Ending{StepID: id, State: Planned, Reason: "the server was busy", NotBefore: day.Add(time.Hour)})
	for _, c := range []struct {
		now  time.Time
		want int
	}{{day, 0}, {day.Add(time.Hour), 1}} {
		due, err := s.Unfinished(t.Context(), "dana", c.now, 10)
		if err != nil || len(due) != c.want {
			t.Errorf("at %v %d steps are due, want %d (%v)", c.now, len(due), c.want, err)
		}
	}
	start(t, o, id)
	if st := step(t, s, id); st.Attempts != 2 || st.Reason != "the server was busy" || !st.Ended.IsZero() {
		t.Errorf("step is %+v", st)
	}
}

// undo is the step that takes st back.
func undo(st Step) Step {
	st.Undoes, st.Facts, st.From, st.State = st.ID, nil, st.Item.Place, ""
	st.Op = mailbox.Op{Kind: mailbox.Move, To: mailbox.Inbox}
	return st
}

func undoFlips(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	did := commit(t, o, one(run, 1, filing(), flagging()))
	finish(t, o, endingsOf(did)...)
	back := commit(t, o, one(run, 1, undo(did[0])))
	if len(back) != 1 || back[0].Undoes != did[0].ID {
		t.Fatalf("undo is %+v", back)
	}
	if again := commit(t, o, one(run, 1, undo(did[0]))); len(again) != 0 {
		t.Errorf("a second undo gave %+v", again)
	}
	finish(t, o, Ending{StepID: back[0].ID, State: Done, ItemID: did[0].Item.ID, At: mailbox.Ref{Folder: mailbox.Inbox, UID: 99}})
	wantState(t, s, did[0].ID, Undone)
	wantState(t, s, did[1].ID, Done)
	wantState(t, s, back[0].ID, Done)
	if at := step(t, s, did[0].ID).Item.Place; at.UID != 99 {
		t.Errorf("item lies at %v", at)
	}
	if st := step(t, s, did[0].ID); st.Ended != day.Add(time.Minute) {
		t.Errorf("the original forgot when it was done: %v", st.Ended)
	}
}

func undoFails(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	did := commit(t, o, one(run, 1, filing()))
	finish(t, o, endingsOf(did)...)
	back := commit(t, o, one(run, 1, undo(did[0])))
	finish(t, o, Ending{StepID: back[0].ID, State: Failed, Reason: "a person moved it"})
	wantState(t, s, did[0].ID, Done)
}

func personReverses(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	did := commit(t, o, one(run, 1, filing()))
	finish(t, o, endingsOf(did)...)
	finish(t, o, Ending{StepID: did[0].ID, State: Undone, Reason: "moved back by hand"})
	if st := step(t, s, did[0].ID); st.State != Undone || st.Reason != "moved back by hand" || st.At.Folder != "Board" {
		t.Errorf("step is %+v", st)
	}
	if again := commit(t, o, one(run, 1, filing())); len(again) != 0 {
		t.Errorf("planned again: %+v", again)
	}
}

func placeFollows(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	copying := filing()
	copying.Action, copying.Op = "copy Clients", mailbox.Op{Kind: mailbox.Copy, To: "Clients"}
	did := commit(t, o, one(run, 1, copying, filing()))
	board, clients := mailbox.Ref{Folder: "Board", UIDValidity: 8, UID: 80}, mailbox.Ref{Folder: "Clients", UIDValidity: 9, UID: 90}
	finish(t, o,
		Ending{StepID: did[0].ID, State: Done, At: clients},
		Ending{StepID: did[1].ID, State: Done, At: mailbox.Ref{Folder: "Between"}, ItemID: did[1].Item.ID},
		Ending{StepID: did[1].ID, State: Done, At: board, ItemID: did[1].Item.ID})
	st := step(t, s, did[0].ID)
	if st.At != clients || st.Item.Place != board {
		t.Errorf("copy lies at %v, item at %v", st.At, st.Item.Place)
	}
}

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
	own(t, s, "dana")
	for id, want := range map[int64]RunState{run: RunInterrupted, waiting: RunRequested} {
		if r, err := s.Run(t.Context(), id); err != nil || r.State != want {
			t.Errorf("run %d is %s, want %s (%v)", id, r.State, want, err)
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
	if err := errors.Join(o.Held(t.Context()), o.Release(), o.Release(), erin.Held(t.Context()), erin.Release()); err != nil {
		t.Error(err)
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
	start(t, erin, st.ID)
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

func opensAgain(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	did := commit(t, o, planOf(run, 0, 10))
	if err := errors.Join(o.Release(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := steps(t, open(t, dsn), Filter{}); !reflect.DeepEqual(got, did) {
		t.Errorf("steps are %+v, were %+v", got, did)
	}
}
