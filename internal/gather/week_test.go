package gather_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

const friday = "2026-12-11"

var reviewAt = clock(london, friday+" 15:00")

func (w *world) review() *agenda.Review {
	w.Helper()
	r, err := w.Review(w.Context(), friday, reviewAt)
	w.must(err)
	return r
}

func TestTheFiguresOfAWeek(t *testing.T) {
	w := newWorld(t, mailRules)
	w.see(reviewAt,
		on(london, "Board", "2026-12-07", "10:00 2h", "with=tom@acme.example"), on(london, "Hansa", "2026-12-13", "14:00 1h", "with="+karin),
		on(london, "Before", "2026-12-01", "10:00 1h", "with="+karin), on(london, "Alone", "2026-12-08", "10:00 1h", "self"), on(london, "Next", "2026-12-14", "10:00 1h", "with="+karin))
	answer := func(n int, asked, answered string, mine bool) {
		a := letter{id: fmt.Sprint("q", n), at: asked, from: elena, to: dana, subject: "Q", known: store.AsksSomething}
		b := letter{id: fmt.Sprint("a", n), re: a.id, at: answered, to: "elena@harbour.example", subject: "Re: Q", known: store.AsksNothing}
		if !mine {
			a.from, a.to, b.from, b.to = "", "elena@harbour.example", elena, dana
		}
		w.letters(a, b)
	}
	answer(1, "2026-12-07 10:00", "2026-12-07 11:00", true)
	answer(2, "2026-12-07 10:00", "2026-12-07 13:00", true)
	answer(3, "2026-12-04 10:00", "2026-12-08 10:00", true) // asked last week, answered in this
	answer(4, "2026-11-30 10:00", "2026-11-30 10:30", true)
	answer(5, "2026-12-04 10:00", "2026-12-04 16:00", true) // last Friday, after this time of day
	answer(6, "2026-12-08 10:00", "2026-12-08 12:00", false)
	w.letters(letter{id: "auto", re: "q1", at: "2026-12-07 10:01", from: elena, to: dana, program: true, subject: "Out of office"})
	r := w.review()
	for name, f := range map[string]struct {
		got    agenda.Figure
		value  float64
		before float64
	}{
		"meetings": {r.Meetings, 2, 1}, "minutes in meetings": {r.MeetingTime, 180, 60}, "with people from outside": {r.Outside, 1, 1},
		"answers": {r.Answered, 3, 1}, "minutes to an answer": {r.AnswerTime, 180, 30},
	} {
		if !f.got.Known || f.got.Value != f.value || f.got.Before != f.before || f.got.NoBefore {
			t.Errorf("%s: %+v, want %v and before %v", name, f.got, f.value, f.before)
		}
	}
	if f := r.TheirTime; !f.Known || f.Value != 120 || !f.NoBefore {
		t.Errorf("minutes till others answered: %+v", f)
	}
	if !r.From.Equal(clock(london, "2026-12-07 00:00")) || !r.To.Equal(reviewAt) || len(r.Days) != 6 { // Monday to Friday, and the Sunday with a meeting
		t.Errorf("from %v to %v, %d days", r.From, r.To, len(r.Days))
	}
}

func TestAWeekWithoutACalendarHasNoFiguresOfOne(t *testing.T) {
	r := newWorld(t, mailRules).review()
	if r.Meetings.Known || r.FocusTime.Known || r.Days != nil || r.Answered.Known || len(r.Handled)+len(r.Ideas)+len(r.Rules) > 0 {
		t.Errorf("of nothing: %+v", r)
	}
}

func TestWhatWasHandledInAWeek(t *testing.T) {
	w := newWorld(t, mailRules)
	n := 0
	do := func(times int, action, arg string, op mailbox.Op, state store.State, at string) {
		for range times {
			n++
			w.stepOf(letter{id: fmt.Sprint("m", n), at: at, from: elena, subject: "x"}, store.Step{Rule: "Board papers", Action: action, Arg: arg, Op: op, State: state}, clock(london, at))
		}
	}
	move, outside := mailbox.Op{Kind: mailbox.Move, To: "Board"}, mailbox.Op{Kind: mailbox.Outside, Do: "draft"}
	do(4, "file", "Board", move, "", "2026-12-08 10:00")
	do(1, "file", "Board", move, "", "2026-12-04 10:00")           // last week
	do(1, "file", "Board", move, store.Undone, "2026-12-08 10:00") // and taken back
	do(3, "summarize Board", "Board", mailbox.Op{}, "", "2026-12-08 10:00")
	do(2, "draft", "thanks", outside, "", "2026-12-08 10:00")
	w.stepOf(letter{id: "p", at: "2026-12-08 10:00", from: elena, subject: "x"}, store.Step{Rule: "Board papers", Action: "archive", Op: move, State: store.Parked, Approver: "assistant"}, clock(london, "2026-12-08 10:00"))
	waiting, err := w.Journal.Approvals(t.Context(), "dana")
	w.must(err)
	w.must(w.owner.Answer(t.Context(), waiting[0].ID, store.Refuse, "mail", clock(london, "2026-12-08 11:00")))
	var got []string
	for _, h := range w.review().Handled {
		got = append(got, fmt.Sprintf("%d %s, %d s", h.Count, h.Title, h.Seconds))
	}
	want(t, got, "4 mails filed or put away, 15 s", "3 mails summarized, 45 s", "2 answers drafted or sent, 180 s", "1 questions answered by the assistant, 0 s")
}

func TestRulesThatNeedALookAndIdeas(t *testing.T) {
	w := newWorld(t, mailRules)
	n := 0
	do := func(times int, rule string, s store.Step) {
		for range times {
			n++
			s.Rule, s.Action, s.Op = rule, "file", mailbox.Op{Kind: mailbox.Move, To: "Board"}
			w.stepOf(letter{id: fmt.Sprint("m", n), at: "2026-12-08 10:00", from: elena, subject: "x"}, s, clock(london, "2026-12-08 10:00"))
		}
	}
	do(4, "Board papers", store.Step{})
	do(3, "Board papers", store.Step{State: store.Undone, Reason: store.ByHand})
	do(8, "Incidents", store.Step{})
	do(1, "Incidents", store.Step{State: store.Undone})
	do(5, "Newsletters", store.Step{State: store.Failed, Reason: "no such folder"})
	do(5, "Programs", store.Step{State: store.Failed, Reason: store.NotNeeded})
	for i := range 9 {
		w.letters(letter{id: fmt.Sprint("u", i), at: "2026-12-08 10:00", from: "Deals <deals@shop.example>", subject: "x", program: true})
	}
	full := []datebook.Event{}
	for i := range 10 {
		full = append(full, on(london, fmt.Sprint("Call ", i), "2026-12-15", fmt.Sprintf("%02d:00 45m", 8+i), "with=tom@acme.example"))
	}
	w.see(reviewAt, full...)
	r := w.review()
	want(t, saidAll(r.Rules),
		"Board papers | 3 of 7 actions were taken back, 3 of them by hand.",
		"Newsletters | 5 of 5 actions failed.")
	want(t, saidAll(r.Ideas),
		"Look at the rule “Board papers” | What it does is often taken back. A narrower condition, or “unless”, would leave alone what you want to see.",
		"Collect what deals@shop.example sends | 9 mails came in the last 30 days and none was read. A rule could bundle them or leave the list.",
		"Keep time for thinking on Tuesday | As the calendar stands, there is no stretch of an hour and a half that day. A rule with “focus” keeps one free.")
	// A rule that did nothing is named once foredesk has been there for a month.
	later, err := w.Review(t.Context(), "2027-01-15", clock(london, "2027-01-15 15:00"))
	w.must(err)
	if len(later.Rules) != 6 || !strings.Contains(later.Rules[0].Text, "nothing in the last 30 days") {
		t.Errorf("a month later: %q", saidAll(later.Rules))
	}
}

func TestAReviewTellsWhatIsOpen(t *testing.T) {
	w := newWorld(t, mailRules)
	w.letters(
		letter{id: "p", at: "2026-12-08 10:00", from: karin, to: dana, subject: "Depots", promises: "I send it by 2026-12-14", known: store.AsksNothing},
		letter{id: "o", at: "2026-12-09 10:00", to: "tom@acme.example", subject: "Plan", promises: "I look into it", known: store.AsksNothing},
		letter{id: "d", at: "2026-12-09 10:00", from: elena, to: dana, subject: "Offer", deadline: "2026-12-22", text: "Decide.", known: store.AsksNothing},
	)
	bid := letter{id: "bid", at: "2026-11-02 10:00", from: "it@acme.example", subject: "Bid"}
	w.step(bid, "Board papers", "agenda Deadlines", "2026-11-02 10:01", map[string]string{"due": "2026-12-18", "ahead": "30d"})
	r := w.review()
	want(t, saidAll(r.Theirs), "Karin Vogel: I send it | 14 Dec")
	want(t, saidAll(r.Ours), "tom@acme.example: I look into it")
	want(t, saidAll(r.Deadlines), "it@acme.example: Bid | 18 Dec", "Elena Duarte: Offer | 22 Dec | Decide.")
	for line := range r.Lines() {
		if line.Source == (agenda.Source{}) {
			t.Errorf("nobody can tell where %q comes from", line.Title)
		}
	}
}

func TestAnswersThatWereGivenAreMeasuredOnce(t *testing.T) {
	w := newWorld(t, mailRules)
	w.letters(
		letter{id: "a", at: "2026-12-07 10:00", from: elena, to: dana, subject: "Q"},
		letter{id: "b", re: "a", at: "2026-12-07 11:00", from: elena, to: dana, subject: "Re: Q"},
		letter{id: "c", re: "b", at: "2026-12-07 12:00", to: "elena@harbour.example", subject: "Re: Q"},
		letter{id: "d", re: "c", at: "2026-12-07 12:10", to: "elena@harbour.example", subject: "Re: Q"},
	)
	if r := w.review(); r.Answered.Value != 1 || r.AnswerTime.Value != 120 || r.TheirTime.Known {
		t.Errorf("%+v, %+v, %+v", r.Answered, r.AnswerTime, r.TheirTime)
	}
}

// oneToOne is Rahul and Dana, every week.
func oneToOne() datebook.Event {
	return on(london, "Rahul and Dana", "2026-11-03", "10:30 30m", "yes="+rahul, "every=weekly")
}

func keyOn(w *world, at time.Time) string {
	return "rahulanddana@acme.example/" + at.UTC().Format(time.RFC3339)
}

func TestACheckIn(t *testing.T) {
	w := newWorld(t, mailRules)
	w.see(halfPast, oneToOne(), on(london, "Lunch", "2026-12-03", "12:00 1h", "yes="+rahul), on(london, "All", "2026-12-04", "12:00 1h", "yes="+rahul+","+elena))
	w.letters(
		letter{id: "old", at: "2026-12-01 09:00", from: rahul, to: dana, subject: "Old", text: "For your files.", known: store.AsksNothing},
		letter{id: "q", at: "2026-12-02 09:00", from: rahul, to: dana, subject: "Planner 5", text: "Do we ship Planner 5?", asks: "Do we ship Planner 5?", known: store.AsksSomething, files: []string{"plan.pdf"}, deadline: "2026-12-09"},
		letter{id: "new", at: "2026-12-07 09:00", from: rahul, to: dana, subject: "Numbers", text: "Here they are.", known: store.AsksNothing, promises: "I send the rest by 2026-12-10"},
		letter{id: "mine", at: "2026-12-07 10:00", to: "rahul@acme.example", subject: "Auditors", text: "I talk to them.", promises: "I talk to them", known: store.AsksNothing},
		letter{id: "secret", at: "2026-12-07 11:00", from: rahul, to: dana, subject: "SECRET", unsaid: true, known: store.AsksSomething}, // confidential, or thrown away
		letter{id: "else", at: "2026-12-07 10:00", from: elena, to: dana, subject: "Margins", text: "Could you?", known: store.AsksSomething},
	)
	b, err := w.CheckIn(t.Context(), keyOn(w, clock(london, "2026-12-08 10:30")), theDate, halfPast)
	w.must(err)
	if b == nil {
		t.Fatal("there is none")
	}
	if b.Who != "Rahul Menon" || !b.Since.Equal(clock(london, "2026-12-03 12:00")) || !b.Next.Start.Equal(clock(london, "2026-12-15 10:30")) || !b.When.Start.Equal(clock(london, "2026-12-08 10:30")) {
		t.Errorf("%s, since %v, next %v, at %v", b.Who, b.Since, b.Next.Start, b.When.Start)
	}
	want(t, saidAll(b.Threads),
		"Rahul Menon: Auditors | 7 Dec 10:00 | I talk to them.", "Rahul Menon: Numbers | 7 Dec 09:00 | Here they are.", "Rahul Menon: Planner 5 | 2 Dec 09:00 | Do we ship Planner 5?")
	want(t, saidAll(b.Ours), "Rahul Menon: I talk to them")
	want(t, saidAll(b.Theirs), "Rahul Menon: I send the rest | 10 Dec")
	want(t, saidAll(b.Deadlines), "Rahul Menon: Planner 5 | 9 Dec | Do we ship Planner 5?")
	if !slices.Equal(b.Files, []string{"plan.pdf"}) {
		t.Errorf("files: %q", b.Files)
	}
}

// TestSomebodyWithoutANameHasOne where the calendar knows it from elsewhere.
func TestSomebodyWithoutANameHasOne(t *testing.T) {
	w := newWorld(t, mailRules)
	bare := personOf(rahul).Email
	w.see(halfPast,
		on(london, "Rahul and Dana", "2026-11-03", "10:30 30m", "by="+bare, "every=weekly", "me=needsAction"), on(london, "Lunch", "2026-12-03", "12:00 1h", "yes="+rahul+","+elena))
	b, err := w.CheckIn(t.Context(), keyOn(w, clock(london, "2026-12-08 10:30")), theDate, halfPast)
	w.must(err)
	d, _ := w.day(theDate)
	if b == nil || b.Who != "Rahul Menon" || len(d.Needs) != 1 || d.Needs[0].Who != "Rahul Menon" {
		t.Errorf("the brief: %+v; the agenda: %+v", b, d.Needs)
	}
}

// TestTimesThatWereOfferedAndNotTaken are no sign that a rule is wrong.
func TestTimesThatWereOfferedAndNotTaken(t *testing.T) {
	w := newWorld(t, mailRules)
	for i := range 4 {
		l := letter{id: fmt.Sprint("m", i), at: "2026-12-08 10:00", from: elena, subject: "x"}
		w.stepOf(l, store.Step{Rule: "Board papers", Action: "propose hold 1", Op: mailbox.Op{Kind: mailbox.Event, Do: "hold"}, State: store.Undone}, clock(london, l.at))
	}
	if r := w.review(); len(r.Rules) != 0 {
		t.Errorf("the review says %+v", r.Rules)
	}
}

func TestThereIsNoCheckIn(t *testing.T) {
	for name, events := range map[string][]datebook.Event{
		"where the event is gone":            nil,
		"where somebody else takes part now": {on(london, "Rahul and Dana", "2026-11-03", "10:30 30m", "yes="+rahul+","+elena, "every=weekly")},
		"where nobody else does":             {on(london, "Rahul and Dana", "2026-11-03", "10:30 30m", "self", "every=weekly")},
		"of a private meeting":               {on(london, "Rahul and Dana", "2026-11-03", "10:30 30m", "yes="+rahul, "every=weekly", "private")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mailRules)
			w.see(halfPast, events...)
			b, err := w.CheckIn(t.Context(), keyOn(w, clock(london, "2026-12-08 10:30")), theDate, halfPast)
			if b != nil || err != nil {
				t.Errorf("got %+v, %v", b, err)
			}
		})
	}
}
