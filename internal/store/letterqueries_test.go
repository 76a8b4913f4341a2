package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
)

// spoken is a message of Marta's with what it says; n makes its key.
func spoken(n int, at time.Time, change func(*Message, *Gist)) Plan {
	it := message(n)
	m := Message{Key: it.Key, MessageID: it.MessageID, From: "marta@bigcustomer.example", To: []string{"dana@acme.example"}, ToMe: true, Received: at, Facts: json.RawMessage(`{"n":1}`)}
	g := Gist{Key: it.Key, Received: at, From: m.From, Text: fmt.Sprint("Message ", n)}
	change(&m, &g)
	m.Key, g.Outgoing = g.Key, m.Outgoing
	return Plan{Planned: at, Messages: []Message{m}, Gists: []Gist{g}}
}

// say writes messages into the journal, an hour apart.
func say(t *testing.T, o *Owner, run int64, changes ...func(*Message, *Gist)) {
	t.Helper()
	for n, change := range changes {
		p := spoken(n, day.Add(time.Duration(n)*time.Hour), change)
		p.RunID = run
		commit(t, o, p)
	}
}

func textsOf(said []Said) (all []string) {
	for _, m := range said {
		all = append(all, m.Text)
	}
	return all
}

func saysWhat(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	due := day.AddDate(0, 0, 3)
	say(t, o, run,
		func(_ *Message, g *Gist) { g.Promises = []Promise{{Text: "I will", Due: due}} },
		func(_ *Message, g *Gist) { g.Deadline = due },
		func(m *Message, g *Gist) { g.Deadline, m.Automatic = due, true },
		func(m *Message, g *Gist) { g.Deadline, m.ToMe = due, false },
		func(m *Message, g *Gist) { m.References = []string{message(1).MessageID} },
		func(m *Message, g *Gist) { g.Text = `"promises": none, "deadline": none` },
		func(m *Message, g *Gist) {
			m.Outgoing, m.From, m.To, m.References = true, "dana@acme.example", []string{"marta@bigcustomer.example"}, []string{message(0).MessageID}
			g.Promises = []Promise{{Text: "I will, too"}}
		})
	promising, err := s.Promising(t.Context(), "dana", day)
	if err != nil || !slices.Equal(textsOf(promising), []string{"Message 0", "Message 6"}) {
		t.Fatalf("promises: %q, %v", textsOf(promising), err)
	}
	if p := promising[0]; !p.Promises[0].Due.Equal(due) || !p.ToMe || p.Thread == "" || p.Key != message(0).Key || !p.Replied || !promising[1].Outgoing || promising[1].To[0] != "marta@bigcustomer.example" {
		t.Errorf("read back: %+v", promising)
	}
	if none, err := s.Promising(t.Context(), "dana", day.Add(7*time.Hour)); len(none) > 0 || err != nil {
		t.Errorf("later promises: %v, %v", none, err)
	}
	dated, err := s.Dated(t.Context(), "dana", day)
	if err != nil || !slices.Equal(textsOf(dated), []string{"Message 1"}) {
		t.Errorf("deadlines: %q, %v", textsOf(dated), err)
	}
	in, err := s.SaidIn(t.Context(), "dana", []string{dated[0].Thread, promising[0].Thread}, day)
	if err != nil || !slices.Equal(textsOf(in), []string{"Message 0", "Message 1", "Message 4", "Message 6"}) {
		t.Errorf("in two conversations: %q, %v", textsOf(in), err)
	}
	by, err := s.SaidBy(t.Context(), "dana", []string{message(2).Key, "nobody's"})
	if err != nil || !slices.Equal(textsOf(by), []string{"Message 2"}) {
		t.Errorf("by key: %q, %v", textsOf(by), err)
	}
	last, err := s.LastWords(t.Context(), "dana", []string{promising[0].Thread})
	want := map[string]map[string]time.Time{promising[0].Thread: {"marta@bigcustomer.example": day, "": day.Add(6 * time.Hour)}}
	if err != nil || !maps.EqualFunc(last, want, func(a, b map[string]time.Time) bool { return maps.EqualFunc(a, b, time.Time.Equal) }) {
		t.Errorf("last words: %v, %v", last, err)
	}
}

func conversations(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	plain := func(*Message, *Gist) {}
	say(t, o, run, plain, plain, func(m *Message, _ *Gist) { m.References = []string{message(1).MessageID} }, plain)
	all, err := s.Conversations(t.Context(), "dana", day.Add(time.Hour))
	if err != nil || len(all) != 3 || all[0].Thread != all[1].Thread || all[0].Facts != nil {
		t.Fatalf("since an hour: %+v, %v", all, err)
	}
	if err := o.Mute(t.Context(), all[0].Thread, true); err != nil {
		t.Fatal(err)
	}
	if all, err = s.Conversations(t.Context(), "dana", day.Add(time.Hour)); err != nil || len(all) != 1 || all[0].Key != message(3).Key {
		t.Errorf("but for the muted one: %+v, %v", all, err)
	}
	facts, err := s.FactsByKey(t.Context(), "dana", []string{message(0).Key, "nobody's"})
	if err != nil || len(facts) != 1 || string(facts[message(0).Key]) != `{"n":1}` {
		t.Errorf("facts: %s, %v", facts, err)
	}
}

func lettersOfPlannedSteps(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	steps := commit(t, o, one(run, 1, Step{Rule: "A", Action: "agenda"}, Step{Rule: "A", Action: "digest"}))
	write := func(step int64, kind string) error {
		_, err := o.WriteLetter(t.Context(), step, Letter{Kind: kind, Date: "2026-12-08", Made: day, Body: json.RawMessage("{}")},
			[]Offer{{Key: kind}}, func(id int64) string { return kind })
		return err
	}
	if err := o.Finish(t.Context(), day, []Ending{{StepID: steps[0].ID, State: Failed, Reason: TakenBackFirst}}); err != nil {
		t.Fatal(err)
	}
	if err := write(steps[0].ID, "agenda"); !errors.Is(err, ErrNotPlanned) {
		t.Errorf("writing the letter of a step that was taken back: %v", err)
	}
	if err := write(steps[1].ID, "digest"); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]bool{"agenda": false, "digest": true} {
		if _, ok, err := s.Letter(t.Context(), "dana", kind, "2026-12-08"); ok != want || err != nil {
			t.Errorf("there is a %s: %t, %v", kind, ok, err)
		}
	}
}

func offersKnown(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	other := own(t, s, "sam")
	token := func(secret string) func(int64) string { return func(id int64) string { return fmt.Sprint(secret, id) } }
	offer := func(o *Owner, secret string) int64 {
		ids, err := o.WriteLetter(t.Context(), 0, Letter{Kind: "agenda", Date: "2026-12-08", Made: day, Body: json.RawMessage("{}")},
			[]Offer{{Key: "a"}}, token(secret))
		if err != nil {
			t.Fatal(err)
		}
		return ids[0]
	}
	mine, theirs := offer(o, "mine"), offer(other, "theirs")
	for _, c := range []struct {
		account string
		id      int64
		token   string
		known   bool
	}{
		{"dana", mine, token("mine")(mine), true},
		{"sam", mine, token("mine")(mine), false},
		{"dana", theirs, token("theirs")(theirs), false},
		{"dana", theirs, token("mine")(theirs), false},
		{"sam", theirs, token("mine")(theirs), false},
		{"dana", mine, token("mine")(theirs), false},
	} {
		if _, known, err := s.Offered(t.Context(), c.account, c.id, c.token); known != c.known || err != nil {
			t.Errorf("%s, %d, %s: known %t, %v", c.account, c.id, c.token, known, err)
		}
	}
	// Nor can one owner answer for another account.
	if _, err := o.Commit(t.Context(), Plan{Planned: day, Decided: &Decision{Offer: theirs, Answer: "accept", By: "dana@acme.example"}}); !errors.Is(err, ErrAnswered) {
		t.Errorf("answering what was offered to another account: %v", err)
	}
}

func stepsForLetters(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	move := mailbox.Op{Kind: mailbox.Move, To: "Board"}
	all := []Step{
		{Rule: "A", Action: "summarize Board", Arg: "Board", Op: mailbox.Op{With: map[string]string{"lines": "2"}}},
		{Rule: "A", Action: "agenda IT", Arg: "IT", Op: mailbox.Op{With: map[string]string{"due": "2026-12-11"}}},
		{Rule: "A", Action: "file", Arg: "Board", Op: move},
		{Rule: "B", Action: "digest", Arg: "evening"},
		{Rule: "B", Action: "reply", Arg: "x", Op: mailbox.Op{Kind: mailbox.Outside, Do: "reply"}},
		{Rule: "B", Action: "label Due", Arg: `"due":`, Op: mailbox.Op{Kind: mailbox.Store, Add: []string{`"due":`}}},
	}
	fresh := commit(t, o, one(run, 1, all...))
	hidden := one(run, 2, Step{Rule: "A", Action: "file", Arg: "Secret", Op: move})
	hidden.Items[0].Subject = Hidden
	fresh = append(fresh, commit(t, o, hidden)...)
	end := func(i, minutes int, state State) {
		t.Helper()
		if err := o.Finish(t.Context(), day.Add(time.Duration(minutes)*time.Minute), []Ending{{StepID: fresh[i].ID, State: state, Reason: "r"}}); err != nil {
			t.Fatal(err)
		}
	}
	for i, state := range []State{Done, Done, Done, Done, Uncertain, Done, Done} {
		end(i, i, state)
	}
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	actions := func(list []Step) (all []string) {
		for _, st := range list {
			all = append(all, st.Action)
		}
		return all
	}
	told, err := s.Told(t.Context(), "dana", at(0), at(3))
	if err != nil || !slices.Equal(actions(told), []string{"summarize Board", "agenda IT"}) || told[0].Op.With["lines"] != "2" || told[0].Item.MessageID != message(1).MessageID || !told[1].Ended.Equal(at(1)) {
		t.Fatalf("told before the third minute: %+v, %v", told, err)
	}
	if told, err = s.Told(t.Context(), "dana", at(3), at(9)); err != nil || !slices.Equal(actions(told), []string{"digest"}) {
		t.Errorf("told from the third minute on: %+v, %v", told, err)
	}
	if due, err := s.DueLines(t.Context(), "dana"); err != nil || !slices.Equal(actions(due), []string{"agenda IT"}) {
		t.Errorf("due: %+v, %v", due, err)
	}
	if unsure, err := s.UncertainSince(t.Context(), "dana", at(4)); err != nil || !slices.Equal(actions(unsure), []string{"reply"}) {
		t.Errorf("uncertain: %+v, %v", unsure, err)
	}
	tallies, err := s.Tallies(t.Context(), "dana", at(0), at(9))
	want := []Tally{{"A", "file", "", 1}, {"A", "file", "Board", 1}, {"B", "label Due", `"due":`, 1}}
	if err != nil || !slices.Equal(tallies, want) {
		t.Errorf("counted: %+v, %v", tallies, err)
	}
	n := map[State]int{}
	err = s.EachEnded(t.Context(), "dana", at(0), at(9), func(st Step) error { n[st.State]++; return nil })
	if err != nil || n[Done] != 6 || n[Uncertain] != 1 {
		t.Errorf("ended: %v, %v", n, err)
	}
	// What is taken back is gone from all of them.
	end(0, 10, Undone)
	end(1, 10, Undone)
	told, err = s.Told(t.Context(), "dana", at(0), at(20))
	due, errDue := s.DueLines(t.Context(), "dana")
	if err != nil || errDue != nil || !slices.Equal(actions(told), []string{"digest"}) || len(due) > 0 {
		t.Errorf("after undo: %+v, %+v, %v, %v", told, due, err, errDue)
	}
}

func approvalsAnswered(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	commit(t, o, one(run, 1, Step{Rule: "A", Action: "forward", State: Parked, Approver: "assistant"}, Step{Rule: "B", Action: "reply", State: Parked, Approver: "assistant"}))
	waiting, err := s.Approvals(t.Context(), "dana")
	if err != nil || len(waiting) != 2 {
		t.Fatal(waiting, err)
	}
	if err := o.Answer(t.Context(), waiting[0].ID, Refuse, "mail", day.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ from, to, n int }{{0, 1, 0}, {1, 2, 1}, {2, 3, 0}} {
		answered, err := s.Answered(t.Context(), "dana", day.Add(time.Duration(tc.from)*time.Hour), day.Add(time.Duration(tc.to)*time.Hour))
		if err != nil || len(answered) != tc.n {
			t.Errorf("answered from hour %d to %d: %+v, %v", tc.from, tc.to, answered, err)
		}
	}
}

func neverRead(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	from := func(who string, more func(*Message)) func(*Message, *Gist) {
		return func(m *Message, _ *Gist) {
			if m.From = who; more != nil {
				more(m)
			}
		}
	}
	say(t, o, run, from("a@shop.example", nil), from("a@shop.example", nil), from("b@shop.example", nil), from("b@shop.example", nil), from("b@shop.example", func(m *Message) { m.Seen = true }),
		from("c@shop.example", nil), from("c@shop.example", nil), from("c@shop.example", nil))
	p := one(run, 7, Step{Rule: "A", Action: "archive"})
	commit(t, o, p) // a rule looks after what c sends
	if who, n, err := s.NeverRead(t.Context(), "dana", day, 2); who != "a@shop.example" || n != 2 || err != nil {
		t.Errorf("%q, %d, %v", who, n, err)
	}
	if who, n, err := s.NeverRead(t.Context(), "dana", day, 3); who != "" || n != 0 || err != nil {
		t.Errorf("with fewer than asked for: %q, %d, %v", who, n, err)
	}
}

// TestLettersReadByIndex looks at how SQLite would answer: an agenda must not read all
// that an account ever had.
func TestLettersReadByIndex(t *testing.T) {
	s, _, _ := setup(t, "sqlite:"+t.TempDir()+"/foredesk.db")
	for name, tc := range map[string]struct {
		query string
		args  int
		index string
	}{
		"what ended":    {endedFrom + endedWithin, 3, "steps_by_end"},
		"what is due":   {endedFrom + dueWhere, 1, "steps_due"},
		"promises":      {saidFrom + promisingWhere, 2, "gists_promising"},
		"deadlines":     {saidFrom + datedWhere, 2, "gists_dated"},
		"conversations": {conversationsQuery, 2, "messages_by_time"},
		"a few of them": {saidFrom + inThreads + inList(3, 2), 4, "messages_by_thread"},
		"a few mails":   {saidFrom + " AND g.key IN " + inList(2, 2), 3, "sqlite_autoindex_gists_1"},
	} {
		t.Run(name, func(t *testing.T) {
			var plan []string
			err := s.each(t.Context(), func(rows *sql.Rows) error {
				var id, parent, unused int
				var detail string
				err := rows.Scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			}, "EXPLAIN QUERY PLAN "+tc.query, []any{"dana", int64(1), int64(2), int64(3)}[:tc.args]...)
			if err != nil || !strings.Contains(strings.Join(plan, "; "), "INDEX "+tc.index) {
				t.Errorf("%q, %v; want the index %s", plan, err, tc.index)
			}
		})
	}
}
