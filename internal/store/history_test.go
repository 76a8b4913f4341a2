package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The past is remembered alike in both databases: see promises.

func came(n int, from, id string, refs ...string) Message {
	return Message{
		Key: id, MessageID: id, References: refs, Subject: "budget", From: from, To: []string{"dana@acme.example"}, ToMe: true,
		Received: day.Add(time.Duration(n) * time.Hour), Facts: []byte(`{"kind":"person"}`),
	}
}

func sent(n int, to, id string, refs ...string) Message {
	m := came(n, "dana@acme.example", id, refs...)
	m.Outgoing, m.To, m.ToMe = true, []string{to}, false
	return m
}

func keysOf(messages []Message) (keys []string) {
	for _, m := range messages {
		keys = append(keys, m.Key)
	}
	return keys
}

func threadsFollow(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	must(t, o.Remember(t.Context(), []Message{
		came(0, "pat@board.example", "m1"),
		sent(1, "pat@board.example", "m2", "m1"),
		came(2, "pat@board.example", "m3", "m1", "m2"),
		came(3, "lee@board.example", "other"),
	}, nil))
	byReference, err := s.Thread(t.Context(), "dana", came(4, "pat@board.example", "m4", "m1", "m2", "m3"))
	must(t, err)
	if diff := cmp.Diff([]string{"m1", "m2", "m3"}, keysOf(byReference.Messages)); diff != "" {
		t.Error("by reference:", diff)
	}
	answer := came(5, "pat@board.example", "m5")
	answer.Reply = true
	bySubject, err := s.Thread(t.Context(), "dana", answer)
	must(t, err)
	if bySubject.ID != byReference.ID {
		t.Error("an answer without references is not found by its subject and people")
	}
	stranger := answer
	stranger.From = "eve@else.example"
	stranger.To = []string{"fred@else.example"}
	if th, err := s.Thread(t.Context(), "dana", stranger); err != nil || th.ID == byReference.ID {
		t.Error("a stranger's answer with the same subject joins the conversation", err)
	}
	late := answer
	late.Received = day.Add(60 * 24 * time.Hour)
	if th, err := s.Thread(t.Context(), "dana", late); err != nil || th.ID == byReference.ID {
		t.Error("an answer after two months joins by its subject alone", err)
	}
}

// A child that is read before its parent, as a scan of the past does, ends in
// the same conversation.
func threadsBackwards(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	for _, m := range []Message{came(2, "pat@board.example", "m3", "m1", "m2"), sent(1, "pat@board.example", "m2", "m1"), came(0, "pat@board.example", "m1")} {
		must(t, o.Remember(t.Context(), []Message{m}, nil))
	}
	th, err := s.Thread(t.Context(), "dana", came(3, "pat@board.example", "m4", "m3"))
	must(t, err)
	if diff := cmp.Diff([]string{"m1", "m2", "m3"}, keysOf(th.Messages)); diff != "" {
		t.Error(diff)
	}
}

func sendersCount(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	read := came(0, "pat@board.example", "m1")
	read.Seen = true
	must(t, o.Remember(t.Context(), []Message{read, came(1, "pat@board.example", "m2")}, nil))
	must(t, o.Remember(t.Context(), []Message{read}, nil)) // a second time counts nothing
	_, err := o.Commit(t.Context(), Plan{RunID: run, Planned: day, Messages: []Message{sent(2, "pat@board.example", "m3", "m1")}})
	must(t, err)
	must(t, o.NowSeen(t.Context(), []string{"m2", "m1"}, day))
	must(t, o.NowSeen(t.Context(), []string{"m2"}, day))
	got, err := s.Senders(t.Context(), "dana", []string{"pat@board.example", "nobody@else.example"})
	must(t, err)
	want := map[string]Sender{"pat@board.example": {Received: 2, Seen: 2, Replied: 1, Sent: 1, FirstSeen: day, LastSent: day.Add(2 * time.Hour)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A message that is gone over again is judged by what was known when it came.
func sendersBefore(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	const pat = "pat@board.example"
	read := came(0, pat, "m1")
	read.Seen = true
	must(t, o.Remember(t.Context(), []Message{read, came(1, pat, "m2"), came(2, pat, "m3"), came(1, "kim@board.example", "k1")}, nil))
	cases := []struct {
		hours int
		key   string
		want  Sender
	}{
		{0, "m1", Sender{FirstSeen: day}},
		{1, "m2", Sender{Received: 1, Seen: 1, FirstSeen: day}},
		{2, "m3", Sender{Received: 2, Seen: 1, FirstSeen: day}},
		{3, "new", Sender{Received: 3, Seen: 1, FirstSeen: day}},
	}
	for _, c := range cases {
		got, err := s.SenderBefore(t.Context(), "dana", pat, c.key, day.Add(time.Duration(c.hours)*time.Hour))
		must(t, err)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("before %s: %s", c.key, diff)
		}
	}
}

func scansResume(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	want := Scan{Folder: "INBOX", UIDValidity: 7, UpTo: 400}
	must(t, o.Remember(t.Context(), []Message{came(0, "pat@board.example", "m1")}, &want))
	want.UpTo, want.Ended = 900, true
	must(t, o.Remember(t.Context(), nil, &want))
	got, err := s.Scans(t.Context(), "dana")
	must(t, err)
	if got["INBOX"] != want {
		t.Errorf("got %+v, want %+v", got["INBOX"], want)
	}
}

func wordsSeen(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	_, err := o.Commit(t.Context(), Plan{RunID: run, Planned: day, Seen: []SeenWord{{"alert 17", "m1", day}}})
	must(t, err)
	for _, c := range []struct {
		rule, word, key string
		since           time.Duration
		want            bool
	}{
		{"another message had it", "alert 17", "m2", time.Hour, true},
		{"the message itself does not count", "alert 17", "m1", time.Hour, false},
		{"it was too long ago", "alert 17", "m2", -time.Hour, false},
		{"nobody had it", "alert 18", "m2", time.Hour, false},
	} {
		got, err := s.SeenBefore(t.Context(), "dana", c.word, c.key, day.Add(-c.since), day.Add(2*time.Hour))
		must(t, err)
		if got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

func mutedThreads(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	must(t, o.Remember(t.Context(), []Message{came(0, "pat@board.example", "m1")}, nil))
	answer := came(1, "pat@board.example", "m2", "m1")
	th, err := s.Thread(t.Context(), "dana", answer)
	must(t, err)
	for _, on := range []bool{true, true, false} {
		must(t, o.Mute(t.Context(), th.ID, on))
		if th, err = s.Thread(t.Context(), "dana", answer); err != nil || th.Muted != on {
			t.Errorf("muted is %v, want %v (%v)", th.Muted, on, err)
		}
	}
}

func approvalsOnce(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	step := func(rule, action string) Step {
		return Step{Rule: rule, Action: action, State: Parked, Approver: "assistant"}
	}
	fresh := commit(t, o, one(run, 1, step("Forward", "forward a"), step("Forward", "forward b"), step("Answer", "reply")))
	waiting, err := s.Approvals(t.Context(), "dana")
	must(t, err)
	if len(waiting) != 2 || len(fresh) != 3 {
		t.Fatalf("%d wait for a person with %d steps, want 2 rules with 3", len(waiting), len(fresh))
	}
	if waiting[0].Rule != "Forward" || waiting[1].Rule != "Answer" {
		t.Error("what waits is not numbered in the order of the rules", waiting)
	}
	byRule := map[string]Approval{}
	for _, a := range waiting {
		byRule[a.Rule] = a
	}
	must(t, o.Mailed(t.Context(), map[int64]string{byRule["Forward"].ID: "secret"}, day))
	mailedWith := func(token string) []Approval {
		t.Helper()
		all, err := s.MailedWith(t.Context(), "dana", func(int64) string { return token })
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if a := mailedWith("secret"); len(a) != 1 || a[0].Rule != "Forward" {
		t.Error("the token does not find what it was mailed for", a)
	}
	if len(mailedWith("guessed")) > 0 {
		t.Error("a token that was never mailed is known")
	}
	must(t, o.Answer(t.Context(), byRule["Forward"].ID, Approve, "mail", day))
	must(t, o.Answer(t.Context(), byRule["Answer"].ID, Refuse, "terminal", day))
	if err := o.Answer(t.Context(), byRule["Forward"].ID, Refuse, "mail", day); !errors.Is(err, ErrAnswered) {
		t.Errorf("a second answer gave %v", err)
	}
	states := map[string]State{}
	for _, st := range steps(t, s, Filter{Account: "dana"}) {
		states[st.Action] = st.State
	}
	if diff := cmp.Diff(map[string]State{"forward a": Planned, "forward b": Planned, "reply": Failed}, states); diff != "" {
		t.Error(diff)
	}
}

func approvalsAnew(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	first := one(run, 1, Step{Rule: "A", Action: "forward a", State: Parked, Approver: "assistant"}, Step{Rule: "B", Action: "forward a", State: Parked, Approver: "assistant"})
	item := commit(t, o, first)[0].Item
	waiting, err := s.Approvals(t.Context(), "dana")
	must(t, err)
	token := func(int64) string { return "secret" }
	must(t, o.Mailed(t.Context(), map[int64]string{waiting[0].ID: "secret", waiting[1].ID: "secret"}, day))
	must(t, o.Answer(t.Context(), waiting[0].ID, Approve, "mail", day))
	commit(t, o, Plan{RunID: run, Planned: day, Items: []NewItem{{Item: item, Steps: []Step{
		{Rule: "A", Action: "forward b", State: Parked, Approver: "assistant"}, {Rule: "B", Action: "forward b", State: Parked, Approver: "assistant"},
	}}}})
	anew, err := s.Approvals(t.Context(), "dana")
	must(t, err)
	if len(anew) != 2 || anew[0].ID <= waiting[1].ID || !anew[0].Mailed.IsZero() {
		t.Fatalf("%+v is asked, want two questions with numbers of their own", anew)
	}
	if known, err := s.MailedWith(t.Context(), "dana", token); err != nil || len(known) != 2 || known[0].ID != waiting[0].ID || known[1].ID != waiting[1].ID {
		t.Errorf("the first mail is about %+v (%v)", known, err)
	}
	for _, a := range waiting {
		if err := o.Answer(t.Context(), a.ID, Approve, "mail", day); !errors.Is(err, ErrAnswered) {
			t.Errorf("an answer to the first question gave %v", err)
		}
	}
	must(t, o.Answer(t.Context(), anew[1].ID, Refuse, "mail", day))
	states := map[string]State{}
	for _, st := range steps(t, s, Filter{Account: "dana"}) {
		states[st.Rule+" "+st.Action] = st.State
	}
	want := map[string]State{"A forward a": Planned, "A forward b": Parked, "B forward a": Failed, "B forward b": Failed}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
}

func approvalsLapse(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	parked := func(action string) Step {
		return Step{Rule: "A", Action: action, State: Parked, Approver: "assistant"}
	}
	item := commit(t, o, one(run, 1, parked("one")))[0].Item
	ahead, over := day.Add(2*approvalLife), day.Add(approvalLife)
	stands := func(when string, asked int, want ...State) {
		t.Helper()
		waiting, err := s.Approvals(t.Context(), "dana")
		must(t, err)
		var got []State
		for _, st := range steps(t, s, Filter{Account: "dana"}) {
			got = append(got, st.State)
		}
		if len(waiting) != asked || !slices.Equal(got, want) {
			t.Errorf("%s: %d are asked and the steps are %v, want %d and %v", when, len(waiting), got, asked, want)
		}
	}
	must(t, o.Answer(t.Context(), 1, Expired, "", ahead))
	must(t, o.TakeUpLapsed(t.Context(), ahead))
	stands("by the clock that runs ahead", 0, Failed)
	must(t, o.TakeUpLapsed(t.Context(), over))
	stands("when its time is up", 0, Failed)
	must(t, o.TakeUpLapsed(t.Context(), day.Add(time.Hour)))
	stands("when the clock is right again", 1, Parked)
	must(t, o.Answer(t.Context(), 1, Expired, "", ahead))
	commit(t, o, Plan{RunID: run, Planned: day.Add(time.Hour), Items: []NewItem{{Item: item, Steps: []Step{parked("two")}}}})
	must(t, o.TakeUpLapsed(t.Context(), day.Add(time.Hour)))
	stands("where something else has been asked since", 1, Failed, Parked)
}

func broughtForward(t *testing.T, dsn string) {
	s, o, run := setup(t, dsn)
	ahead, soon := day.Add(240*time.Hour), day.Add(time.Minute)
	later := filing()
	later.NotBefore = ahead
	var ids []int64
	for i, st := range []Step{later, filing(), filing(), filing()} {
		ids = append(ids, commit(t, o, one(run, i+1, st))[0].ID)
	}
	waits, tried, begun, ended := ids[0], ids[1], ids[2], ids[3]
	start(t, o, tried, begun, ended)
	for _, id := range ids[1:] {
		finish(t, o, Ending{StepID: id, State: Planned, Reason: "the server was busy", NotBefore: ahead})
	}
	late, err := s.Steps(t.Context(), Filter{Account: "dana", States: []State{Planned}, PutOff: soon})
	must(t, err)
	if got := idsOf(late); !slices.Equal(got, ids[1:]) {
		t.Errorf("%v were put off, want %v, and not %d, which waits for its time", got, ids[1:], waits)
	}
	start(t, o, begun)
	finish(t, o, Ending{StepID: ended, State: Failed})
	must(t, o.Sooner(t.Context(), ids[1:], soon))
	must(t, o.Sooner(t.Context(), ids[1:], ahead))
	for id, want := range map[int64]State{waits: Planned, tried: Planned, begun: Started, ended: Failed} {
		at := map[bool]time.Time{true: soon, false: ahead}[id == tried]
		if st := step(t, s, id); st.State != want || want != Failed && !st.NotBefore.Equal(at) {
			t.Errorf("step %d is %s and waits until %s, want %s and %s", id, st.State, st.NotBefore, want, at)
		}
	}
}

func schedulesRemembered(t *testing.T, dsn string) {
	s, o, _ := setup(t, dsn)
	must(t, o.HasRun(t.Context(), []string{"Chase"}, day))
	must(t, o.HasRun(t.Context(), []string{"Chase"}, day.Add(time.Hour)))
	got, err := s.Ran(t.Context(), "dana")
	must(t, err)
	if !got["Chase"].Equal(day.Add(time.Hour)) {
		t.Error(got)
	}
}

func sealStays(t *testing.T, dsn string) {
	s, _, _ := setup(t, dsn)
	first, err := s.Secret(t.Context())
	must(t, err)
	second, err := s.Secret(t.Context())
	must(t, err)
	if len(first) != 32 || string(first) != string(second) {
		t.Errorf("the seal has %d bytes, and is the same again: %v", len(first), string(first) == string(second))
	}
}
