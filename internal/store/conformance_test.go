package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
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
	{"a step ends together with what follows from it", endsWithWhatFollows},
	{"a cancelled commit leaves nothing", cancelledCommit},
	{"a second attempt at a step is a no-op", secondAttempt},
	{"a message planned twice in one plan is one item", twiceInOnePlan},
	{"two deliveries of one message are two items", twoOccurrences},
	{"a known item keeps its id and learns its new place", knownItem},
	{"states only move forward", onlyForward},
	{"what is withdrawn is not started, nor the other way round", withdrawnOrStarted},
	{"a failed attempt waits for its time", waitsForItsTime},
	{"words that are no text are kept as text", keepsText},
	{"what a step does may be long", longOps},
	{"what was put off too far is brought forward", broughtForward},
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
	{"several may open an empty database at once", openedAtOnce},
	{"opening again changes nothing", opensAgain},
	{"threads follow references, then subject and people", threadsFollow},
	{"a thread read backwards is the same thread", threadsBackwards},
	{"senders are counted once for each message", sendersCount},
	{"a message gone over again is judged by what came before it", sendersBefore},
	{"a scan of the past knows how far it came", scansResume},
	{"what was seen before is another message's", wordsSeen},
	{"a muted thread stays so until it is not", mutedThreads},
	{"an approval is answered once", approvalsOnce},
	{"what is wanted later is asked anew", approvalsAnew},
	{"what lapsed by a clock that ran ahead waits again", approvalsLapse},
	{"a schedule remembers when it ran", schedulesRemembered},
	{"the seal of an installation stays the same", sealStays},
	{"a note is what was last written", notesReplaced},
	{"an event is read back as the calendar has it", eventsReadBack},
	{"of a private event there are no words", privateEvents},
	{"what a calendar said is written with the plan or not at all", mirrorWithPlan},
	{"what was deleted is gone, but for instances of a series that is there", mirrorDeletes},
	{"a whole sync replaces, and leaves alone what did not change", mirrorWhole},
	{"a window has all that may touch it", mirrorWindow},
	{"an event is found by its UID with its changed instances", mirrorByUID},
	{"a forgotten calendar is gone with its token", mirrorForgets},
	{"events of long ago leave the mirror", mirrorPruned},
	{"what messages say is found by what it is", saysWhat},
	{"conversations are read but for those that are muted", conversations},
	{"conversations with people are found, the latest first", threadsOfPeople},
	{"what rules put on letters is read up to an instant, and no further", stepsForLetters},
	{"what is offered is known to its own account alone, by its own number", offersKnown},
	{"a letter is not written for a step that was taken back", lettersOfPlannedSteps},
	{"what a letter asks for is written with it or not at all", asksWithLetters},
	{"what ends beside a letter is told of by it or by the next", endsBesideLetters},
	{"answered approvals are read by when they were answered", approvalsAnswered},
	{"who is never read is named, unless a rule looks after them", neverRead},
	{"tables of a newer version are refused", newerSchema},
	{"tables migrate from version 1 with their rows", migrates},
	{"what an older version left waiting without a question is asked", asksWhatWasLeft},
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) { p.test(t, "sqlite:"+filepath.Join(t.TempDir(), "foredesk.db")) })
		}
		faulttest.Injected(t, "5", 1) // a newer version
		faulttest.Injected(t, "32", 1)
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.Postgres(t)
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) { p.test(t, storetest.Database(t, server)) })
		}
		faulttest.Injected(t, "5", 1)
		faulttest.Injected(t, "32", 1)
	})
}

// setup is an owned account with a run.
func setup(t *testing.T, dsn string) (*Store, *Owner, int64) {
	t.Helper()
	s := open(t, dsn)
	o := own(t, s, "dana")
	return s, o, begin(t, o)
}

func endsWithWhatFollows(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	first := commit(t, o, one(run, 1, Step{Rule: "Offer", Action: "propose"}))[0]
	p := one(run, 1, Step{Rule: "Offer", Action: "propose hold 1"})
	p.Items[0].Item = first.Item
	p.Endings = []Ending{{StepID: first.ID, State: Done, Reason: "offered"}}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Commit(cancelled, p); err == nil {
		t.Fatal("a cancelled commit came through")
	}
	if all := steps(t, s, Filter{Account: "dana"}); len(all) != 1 || all[0].State != Planned {
		t.Errorf("half of it was written: %+v", all)
	}
	follow := commit(t, o, p)
	all := steps(t, s, Filter{Account: "dana"})
	if len(follow) != 1 || len(all) != 2 || all[0].State != Done || all[0].Reason != "offered" || all[1].State != Planned {
		t.Errorf("there is %+v", all)
	}
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

func withdrawnOrStarted(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	parked := flagging()
	parked.State = Parked
	list := commit(t, o, one(run, 1, filing(), parked))
	begun, waits := list[0].ID, list[1].ID
	start(t, o, begun)
	if err := o.Withdraw(t.Context(), day, []int64{begun, waits}); err != nil {
		t.Fatal(err)
	}
	start(t, o, begun)
	if got := step(t, s, begun); got.State != Started || got.Attempts != 1 {
		t.Errorf("it is %+v", got)
	}
	if got := step(t, s, waits); got.State != Failed || got.Reason != TakenBackFirst || !got.Ended.Equal(day) {
		t.Errorf("it is %+v", got)
	}
	next := commit(t, o, one(run, 2, filing()))[0].ID
	if err := o.Start(t.Context(), []int64{next, waits}); !errors.Is(err, ErrNotPlanned) {
		t.Errorf("it was started: %v", err)
	}
	wantState(t, s, next, Planned)
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
			if c.want == Planned {
				start(t, o, id)
				start(t, o, id)
			} else if err := o.Start(t.Context(), []int64{id}); !errors.Is(err, ErrNotPlanned) {
				t.Errorf("it was started: %v", err)
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

// keepsText is about what senders and servers say: PostgreSQL takes no bytes that are no
// UTF-8, nor NUL, and refuses all that is written together with them.
func keepsText(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	p := one(run, 1, filing())
	p.Items[0].MessageID, p.Items[0].Subject = "a\x00\xffb", "Gr\xfc\xdfe"
	id := commit(t, o, p)[0].ID
	start(t, o, id)
	finish(t, o, Ending{StepID: id, State: Failed, Reason: "Postfach f\xfcr dana\x00 ist voll"})
	st := step(t, s, id)
	if got := []string{st.Item.MessageID, st.Item.Subject, st.Reason}; !reflect.DeepEqual(got, []string{"a\ufffdb", "Gr\ufffde", "Postfach f\ufffdr dana ist voll"}) {
		t.Errorf("kept is %q", got)
	}
}

func longOps(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	words := make([]byte, 15_000) // no index of PostgreSQL can make them shorter
	rand.NewChaCha8([32]byte{7}).Read(words)
	long, other := filing(), filing()
	long.Action, long.Op.With = "draft", map[string]string{"text": base64.StdEncoding.EncodeToString(words)}
	id := commit(t, o, one(run, 1, long, other))[0].ID
	found := steps(t, s, Filter{Account: "dana", Op: &long.Op, States: []State{Planned}})
	if len(found) != 1 || found[0].ID != id {
		t.Errorf("%d steps do that", len(found))
	}
	if ops, err := s.OpenOps(t.Context(), "dana", day); err != nil || len(ops) != 2 {
		t.Errorf("%d things are open (%v)", len(ops), err)
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

func openedAtOnce(t *testing.T, dsn string) {
	errs := make(chan error)
	for range 4 {
		go func() {
			s, err := Open(t.Context(), dsn)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
