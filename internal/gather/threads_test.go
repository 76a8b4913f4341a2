package gather_test

import (
	"testing"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/store"
)

func TestDeadlines(t *testing.T) {
	ask := func(l letter) letter {
		l.id, l.from, l.subject = "m", elena, "Re: Offer"
		if l.at == "" {
			l.at = "2026-12-08 06:00"
		}
		return l
	}
	for _, tc := range []struct {
		name    string
		letters []letter
		want    []string
	}{
		{"a day of the next week that a mail names", []letter{ask(letter{deadline: "2026-12-10", text: "About the offer.", asks: "Please answer by Thursday."})}, []string{"DEADLINES | Elena Duarte: Offer | 10 Dec | Please answer by Thursday."}},
		{"with a time of day", []letter{ask(letter{deadline: "2026-12-08 17:00", text: "Sign it."})}, []string{"DEADLINES | Elena Duarte: Offer | 8 Dec 17:00 | Sign it."}},
		{"not what is later", []letter{ask(letter{deadline: "2026-12-15"})}, nil},
		{"not what is over", []letter{ask(letter{deadline: "2026-12-07", at: "2026-12-08 06:00"})}, nil},
		{"not what has been answered", []letter{ask(letter{deadline: "2026-12-10", at: "2026-12-07 10:00"}), {id: "a", re: "m", at: "2026-12-07 11:00", to: "elena@harbour.example", subject: "Re: Offer", known: store.AsksNothing}}, nil},
		{"not what a program writes", []letter{ask(letter{deadline: "2026-12-10", program: true})}, nil},
		{"not what went to somebody else", []letter{ask(letter{deadline: "2026-12-10", to: "rahul@acme.example"})}, nil},
		{"of a conversation the last day that was named", []letter{ask(letter{deadline: "2026-12-10", at: "2026-12-08 05:00"}), {id: "n", re: "m", at: "2026-12-08 06:00", from: elena, subject: "Re: Offer", deadline: "2026-12-11"}}, []string{"DEADLINES | Elena Duarte: Offer | 11 Dec"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mailRules)
			w.letters(tc.letters...)
			day, _ := w.day(theDate)
			want(t, mailShown(day), tc.want...)
		})
	}
}

func TestADeadlineIsSaidOnce(t *testing.T) {
	w := newWorld(t, mailRules)
	l := letter{id: "m", at: "2026-12-08 06:00", from: elena, subject: "Offer", deadline: "2026-12-10", known: store.AsksNothing}
	w.letters(l)
	w.step(l, "Board papers", "agenda Deadlines", "2026-12-08 06:01", map[string]string{"due": "2026-12-09", "ahead": "30d"})
	task := on(london, "Read: Offer", "2026-12-09", "14:00 45m", "self")
	task.Ours = map[string]string{"rule": "Board papers", "action": "schedule", "key": "k", "message": "m@acme.example"}
	other := on(london, "Read: Pack", "2026-12-11", "14:00 45m", "self")
	other.Ours = map[string]string{"rule": "Board papers", "action": "schedule", "key": "l", "message": "x@acme.example"}
	w.see(halfPast, task, other, on(london, "Dentist", "2026-12-09", "15:00 45m", "self"))
	day, _ := w.day(theDate)
	want(t, shown([]agenda.Section{{Lines: day.Deadlines}}), " | Elena Duarte: Offer | 9 Dec", " | Read: Pack | 11 Dec 14:00")
}

func TestAnswersThatAreOpen(t *testing.T) {
	asks := func(l letter) letter {
		l.id, l.from, l.subject, l.asks, l.text, l.known = "m", elena, "Margins", "Could you send the margins?", "Could you send the margins?", store.AsksSomething
		return l
	}
	mine := func(l letter) letter {
		l.id, l.to, l.subject, l.asks, l.text, l.known = "m", "elena@harbour.example", "Dates", "Which day suits you?", "Which day suits you?", store.AsksSomething
		return l
	}
	for _, tc := range []struct {
		name    string
		letters []letter
		want    []string
	}{
		{"an answer is owed since yesterday", []letter{asks(letter{at: "2026-12-07 21:00"})}, []string{"OWED | Elena Duarte: Margins | 7 Dec 21:00 | Could you send the margins?"}},
		{"what came this morning is not late", []letter{asks(letter{at: "2026-12-08 00:01"})}, nil},
		{"what came a month ago is not missed any more", []letter{asks(letter{at: "2026-11-10 09:00"})}, nil},
		{"what asks for nothing is not owed", []letter{{id: "m", at: "2026-12-07 09:00", from: elena, subject: "FYI", known: store.AsksNothing}}, nil},
		{"nor what asks for nothing by what it says", []letter{{id: "m", at: "2026-12-07 09:00", from: elena, subject: "FYI", text: "For your information."}}, nil},
		{"nor what a program asks", []letter{{id: "m", at: "2026-12-07 09:00", from: elena, subject: "Confirm", program: true, known: store.AsksSomething}}, nil},
		{"nor what went to others", []letter{{id: "m", at: "2026-12-07 09:00", from: elena, to: "rahul@acme.example", subject: "Confirm", known: store.AsksSomething}}, nil},
		{"nor what was answered", []letter{asks(letter{at: "2026-12-07 09:00"}), {id: "r", re: "m", at: "2026-12-07 10:00", to: "elena@harbour.example", subject: "Re: Margins", known: store.AsksNothing}}, nil},
		{
			"of several in a row, since the first",
			[]letter{asks(letter{at: "2026-12-03 09:00"}), {id: "again", re: "m", at: "2026-12-07 09:00", from: elena, subject: "Re: Margins", text: "Any news?", known: store.AsksSomething, unsaid: true}},
			[]string{"OWED | Elena Duarte: Margins | 3 Dec 09:00 | Could you send the margins?"},
		},
		{"after two working days the executive waits", []letter{mine(letter{at: "2026-12-04 16:00"})}, []string{"WAITING | elena@harbour.example: Dates | 4 Dec 16:00 | Which day suits you?"}},
		{"not after one", []letter{mine(letter{at: "2026-12-07 09:00"})}, nil},
		{"not where they asked for nothing", []letter{{id: "m", at: "2026-12-03 09:00", to: "elena@harbour.example", subject: "Here it is", text: "Attached."}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mailRules)
			w.letters(tc.letters...)
			day, decisions := w.day(theDate)
			want(t, mailShown(day), tc.want...)
			if len(decisions) != len(tc.want) {
				t.Errorf("%d decisions for %d lines", len(decisions), len(tc.want))
			}
		})
	}
}

func TestAConversationIsSaidOnceAndMutedOnesNever(t *testing.T) {
	w := newWorld(t, mailRules)
	l := letter{id: "m", at: "2026-12-03 09:00", to: "elena@harbour.example", subject: "Dates", text: "Which day suits you?", asks: "Which day suits you?", known: store.AsksSomething}
	muted := letter{id: "q", at: "2026-12-03 09:00", from: karin, subject: "Noise", text: "Well?", known: store.AsksSomething}
	w.letters(l, muted)
	w.step(l, "Owed to us", "agenda Waiting for", "2026-12-08 06:00", nil)
	thread, err := w.Journal.Thread(t.Context(), "dana", store.Message{MessageID: "q@acme.example", Key: muted.key()})
	w.must(err)
	w.must(w.owner.Mute(t.Context(), thread.ID, true))
	day, _ := w.day(theDate)
	want(t, mailShown(day), "WAITING | elena@harbour.example: Dates | 3 Dec 09:00")
}

func TestWhatIsNewsOrDueIsNotOwedAsWell(t *testing.T) {
	w := newWorld(t, mailRules)
	due := letter{id: "d", at: "2026-12-07 09:00", from: elena, subject: "Margins", text: "Send them.", deadline: "2026-12-09", known: store.AsksSomething}
	fresh := letter{id: "f", at: "2026-12-07 09:00", from: karin, subject: "Depots", text: "Well?", known: store.AsksSomething}
	w.letters(due, fresh)
	w.step(fresh, "Board papers", "summarize Board", "2026-12-07 09:01", nil)
	day, _ := w.day(theDate)
	want(t, mailShown(day), "Board | Karin Vogel: Depots | 7 Dec 09:00 | Well?", "DEADLINES | Elena Duarte: Margins | 9 Dec | Send them.")
	w.sent(theDate)
	day, _ = w.day("2026-12-09")
	want(t, mailShown(day), "DEADLINES | Elena Duarte: Margins | 9 Dec | Send them.", "OWED | Karin Vogel: Depots | 7 Dec 09:00 | Well?")
}

func TestAThreadSaysWhoWantsWhat(t *testing.T) {
	w := newWorld(t, mailRules)
	w.letters(
		letter{id: "a", at: "2026-12-03 09:00", from: elena, to: dana, subject: "Margins", text: "Could you send the margins per depot by Thursday?", known: store.AsksSomething, asks: "Could you send the margins per depot by Thursday?"},
		letter{id: "b", re: "a", at: "2026-12-04 09:00", to: "elena@harbour.example", subject: "Re: Margins", text: "I will look.", known: store.AsksNothing},
		letter{id: "c", re: "b", at: "2026-12-07 09:00", from: elena, to: dana, subject: "Re: Margins", text: "Are the margins ready?", known: store.AsksSomething, asks: "Are the margins ready?"},
	)
	day, _ := w.day(theDate)
	want(t, saidAll(day.Owed), "Elena Duarte: Margins | 7 Dec 09:00 | Elena Duarte to Dana Whitfield, open since 3 Dec: Could you send the margins per depot by Thursday? Elena Duarte to Dana Whitfield, open since 7 Dec: Are the margins ready?")
}

func TestPromises(t *testing.T) {
	const subject = "Depots"
	theirs := func(promises, at string) letter {
		return letter{id: "p", at: at, from: karin, to: dana, subject: subject, promises: promises, known: store.AsksNothing}
	}
	ours := func(promises, at string) letter {
		return letter{id: "p", at: at, to: "karin@hansa-logistik.example", subject: subject, promises: promises, known: store.AsksNothing}
	}
	for _, tc := range []struct {
		name         string
		letters      []letter
		ours, theirs []string
	}{
		{"with a day, until 14 days after it", []letter{theirs("I send it by 2026-11-25", "2026-11-23 10:00")}, nil, []string{"Karin Vogel: I send it | 25 Nov"}},
		{"not longer", []letter{theirs("I send it by 2026-11-24", "2026-11-23 10:00")}, nil, nil},
		{"a day far ahead, for as long", []letter{theirs("I send it by 2027-02-01", "2026-10-01 10:00")}, nil, []string{"Karin Vogel: I send it | 1 Feb"}},
		{"without a day, 21 days", []letter{theirs("I come back to you", "2026-11-18 10:00")}, nil, []string{"Karin Vogel: I come back to you"}},
		{"not longer without one", []letter{theirs("I come back to you", "2026-11-17 06:00")}, nil, nil},
		{"ours as theirs", []letter{ours("I look into it by 2026-12-09", "2026-12-01 10:00")}, []string{"karin@hansa-logistik.example: I look into it | 9 Dec"}, nil},
		{
			"whoever writes again has kept it",
			[]letter{theirs("I send it by 2026-12-09", "2026-12-01 10:00"), {id: "q", re: "p", at: "2026-12-02 10:00", from: karin, to: dana, subject: subject}},
			nil, nil,
		},
		{
			"that others write again keeps nothing",
			[]letter{theirs("I send it by 2026-12-09", "2026-12-01 10:00"), {id: "q", re: "p", at: "2026-12-02 10:00", from: rahul, to: dana, subject: subject}, {id: "r", re: "p", at: "2026-12-02 11:00", to: "karin@hansa-logistik.example", subject: subject}},
			nil,
			[]string{"Karin Vogel: I send it | 9 Dec"},
		},
		{
			"what is promised again is open once",
			[]letter{theirs("I send it by 2026-12-04", "2026-12-01 10:00"), {id: "q", re: "p", at: "2026-12-04 10:00", from: karin, to: dana, subject: subject, promises: "I send it tomorrow by 2026-12-09"}},
			nil,
			[]string{"Karin Vogel: I send it tomorrow | 9 Dec"},
		},
		{"those with a day first, then the newest", []letter{
			theirs("One; Two by 2026-12-10", "2026-12-01 10:00"), {id: "z", at: "2026-12-02 10:00", from: karin, to: dana, subject: "Other", promises: "Three; Four by 2026-12-09"},
		}, nil, []string{"Karin Vogel: Four | 9 Dec", "Karin Vogel: Two | 10 Dec", "Karin Vogel: Three", "Karin Vogel: One"}},
		{"what programs promise does not count", []letter{{id: "p", at: "2026-12-07 10:00", from: karin, to: dana, subject: subject, promises: "Your parcel will arrive", program: true}}, nil, nil},
		{"nor what was promised to others", []letter{{id: "p", at: "2026-12-07 10:00", from: karin, to: "rahul@acme.example", subject: subject, promises: "I send it"}}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mailRules)
			w.letters(tc.letters...)
			for _, emails := range [][]string{nil, {"KARIN@hansa-logistik.example"}} {
				ours, theirs, err := promisesOf(w, emails)
				w.must(err)
				want(t, saidAll(ours), tc.ours...)
				want(t, saidAll(theirs), tc.theirs...)
			}
			ours, theirs, err := promisesOf(w, []string{"elena@harbour.example"})
			w.must(err)
			if len(ours)+len(theirs) > 0 {
				t.Errorf("promises to and of somebody else: %v %v", ours, theirs)
			}
		})
	}
}

// promisesOf are the promises that a letter tells of before a meeting with people.
func promisesOf(w *world, emails []string) (ours, theirs []agenda.Line, err error) {
	return w.PromisesWith(w.Context(), theDate, halfPast, emails)
}

func saidAll(lines []agenda.Line) (all []string) {
	for _, l := range lines {
		all = append(all, said(l))
	}
	return all
}
