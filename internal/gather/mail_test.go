package gather_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

const mailRules = `version: 1
timezone: Europe/London
me: [dana@acme.example]
workHours: Mon-Fri 08:00-18:00
glossary:
  SEV1: the highest outage level
rules:
  - {name: Board papers, when: 'subject == "board"', do: [{summarize: Board}, {file: Board}]}
  - {name: Incidents, when: 'subject == "incident"', do: [{summarize: IT}]}
  - {name: Papers of the board, when: 'subject == "more"', do: [{agenda: Board}]}
  - {name: Owed to us, on: sent, when: 'subject == "owed"', do: [{agenda: Waiting for}]}
  - {name: Newsletters, when: 'subject == "news"', do: [{digest: friday}, {archive: true}]}
  - {name: Programs, when: 'subject == "program"', do: [{bundle: Programs}, {archive: true}]}
`

// letter is a message that came, or was sent by Dana, and what is kept of it.
type letter struct {
	id       string // of the Message-ID before "@"
	re       string // the id that it answers
	at       string // "2026-12-07 10:00" in London
	from     string // "Karin Vogel <karin@hansa-logistik.example>"; empty: Dana
	to       string // addresses; empty: dana
	subject  string
	text     string
	asks     string
	promises string // by semicolons, each perhaps with "by 2026-12-09" behind it
	deadline string // a date or a time
	files    []string
	program  bool // wrote it
	secret   bool // confidential: the journal has nothing but its item
	known    store.Asked
	folder   string // where it lies; empty: INBOX
	facts    string
	unsaid   bool // nothing is kept of what it says
}

func (l *letter) key() string { return "mid:" + l.id + "@acme.example" }

// letters writes letters into the journal, as plans of their own.
func (w *world) letters(letters ...letter) {
	w.Helper()
	for i := range letters {
		l := &letters[i]
		if l.secret {
			continue
		}
		at := clock(london, l.at)
		from := personOf(l.from)
		m := store.Message{
			Key: l.key(), MessageID: l.id + "@acme.example", Outgoing: l.from == "", From: from.Email, To: strings.Fields(l.to), Received: at, Automatic: l.program, Asks: l.known,
			Place: mailbox.Ref{Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}, Subject: l.subject,
		}
		if m.Outgoing {
			m.From, from.Name = dana, "Dana Whitfield"
		}
		m.ToMe = !m.Outgoing && (l.to == "" || slices.Contains(m.To, dana))
		if l.re != "" {
			m.References = []string{l.re + "@acme.example"}
		}
		if l.facts != "" {
			m.Facts = json.RawMessage(l.facts)
		}
		p := store.Plan{Planned: at, Messages: []store.Message{m}}
		if !l.unsaid {
			p.Gists = []store.Gist{w.gist(l, &m, from.Name)}
		}
		w.commit(p)
	}
}

func (w *world) gist(l *letter, m *store.Message, name string) store.Gist {
	g := store.Gist{Key: m.Key, Outgoing: m.Outgoing, Received: m.Received, MessageID: m.MessageID, From: m.From, Name: name, Subject: l.subject, Text: l.text, Files: l.files}
	if l.asks != "" {
		g.Asks = []string{l.asks}
	}
	for _, text := range strings.Split(l.promises, ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		text, by, _ := strings.Cut(text, " by ")
		p := store.Promise{Text: text}
		if by != "" {
			p.Due = clock(london, by+" 00:00")
		}
		g.Promises = append(g.Promises, p)
	}
	switch len(l.deadline) {
	case 0:
	case len(time.DateOnly):
		g.Deadline = clock(london, l.deadline+" 00:00")
	default:
		g.Deadline = clock(london, l.deadline)
	}
	return g
}

// step is what a rule did to a letter: "summarize Board", "agenda Waiting for",
// "digest friday"; and when it was done.
func (w *world) step(l letter, rule, action, at string, with map[string]string) store.Step {
	w.Helper()
	verb, arg, _ := strings.Cut(action, " ")
	op := mailbox.Op{With: with}
	if verb == "file" || verb == "archive" {
		op = mailbox.Op{Kind: mailbox.Move, To: arg}
	}
	key := action
	if verb == "digest" || verb == "bundle" || verb == "file" {
		key = verb
	}
	return w.stepOf(l, store.Step{Rule: rule, Action: key, Arg: arg, Op: op}, clock(london, at))
}

// stepOf writes a step down and ends it as done, but for one that has another state.
func (w *world) stepOf(l letter, s store.Step, at time.Time) store.Step {
	w.Helper()
	from := l.from
	if from == "" {
		from = dana
	}
	item := store.Item{Key: l.key(), MessageID: l.id + "@acme.example", Subject: l.subject, Sender: personOf(from).Email, Date: clock(london, l.at), Place: mailbox.Ref{Folder: l.folder, UIDValidity: 1, UID: 7}}
	if l.folder == "" {
		item.Place.Folder = mailbox.Inbox
	}
	if l.secret {
		item.Subject, item.Sender = store.Hidden, store.Hidden
	}
	known, err := w.Journal.Lookup(w.Context(), w.Account, []string{item.Key})
	w.must(err)
	if len(known[item.Key]) > 0 {
		item.ID = known[item.Key][0].ID
	}
	state := s.State
	if state != store.Parked {
		s.State = ""
	}
	all := w.commit(store.Plan{Planned: at, Items: []store.NewItem{{Item: item, Steps: []store.Step{s}}}})
	if len(all) != 1 {
		w.Fatalf("%d steps of %q are new", len(all), s.Action)
	}
	switch state {
	case store.Parked:
	case store.Undone:
		w.must(w.owner.Finish(w.Context(), at, []store.Ending{{StepID: all[0].ID, State: store.Done}}))
		w.must(w.owner.Finish(w.Context(), at, []store.Ending{{StepID: all[0].ID, State: store.Undone, Reason: s.Reason}}))
	case "":
		w.must(w.owner.Finish(w.Context(), at, []store.Ending{{StepID: all[0].ID, State: store.Done}}))
	default:
		w.must(w.owner.Finish(w.Context(), at, []store.Ending{{StepID: all[0].ID, State: state, Reason: s.Reason}}))
	}
	return all[0]
}

// snooze puts a line off, as the answer to a letter does.
func (w *world) snooze(key string, until time.Time) {
	w.Helper()
	ids, err := w.owner.WriteLetter(w.Context(), 0, store.Letter{Account: w.Account, Kind: gather.AgendaKind, Date: "2000-01-01", Made: until.AddDate(-1, 0, 0), Body: json.RawMessage("{}")},
		[]store.Offer{{Key: key, Choices: []store.Choice{{Do: "snooze", Until: until}}}}, func(int64) string { return key })
	w.must(err)
	w.commit(store.Plan{Decided: &store.Decision{Offer: ids[0], Answer: "snooze", By: dana, Until: until}})
}

// mailShown is what a day shows of mail, line by line.
func mailShown(day *agenda.Day) (lines []string) {
	parts := []agenda.Section{{Title: "NEEDS", Lines: day.Needs}}
	parts = append(parts, day.Mail...)
	parts = append(parts, agenda.Section{Title: "DEADLINES", Lines: day.Deadlines}, agenda.Section{Title: "OWED", Lines: day.Owed}, agenda.Section{Title: "WAITING", Lines: day.Waiting})
	return shown(parts)
}

func shown(sections []agenda.Section) (lines []string) {
	for _, s := range sections {
		for _, l := range s.Lines {
			lines = append(lines, s.Title+" | "+said(l))
		}
	}
	return lines
}

// said is a line in short: who, what, when, the text and the story.
func said(l agenda.Line) string {
	if l.Confidential {
		return "(confidential)" + l.Title + l.Who + l.Text
	}
	text := l.Title
	if l.Who != "" {
		text = l.Who + ": " + text
	}
	if !l.When.Start.IsZero() {
		layout := " | 2 Jan 15:04"
		if l.When.AllDay {
			layout = " | 2 Jan"
		}
		text += l.When.Start.In(london).Format(layout)
	}
	for _, m := range l.Story {
		text += " | " + m.Word + m.At.In(london).Format(" 2 Jan 15:04")
	}
	if l.Text != "" {
		text += " | " + l.Text
	}
	return text
}

func want(t *testing.T, got []string, lines ...string) {
	t.Helper()
	if !slices.Equal(got, lines) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

var (
	karin = "Karin Vogel <karin@hansa-logistik.example>"
	elena = "Elena Duarte <elena@harbour.example>"
	rahul = "Rahul Menon <rahul@acme.example>"
)

func TestWhatRulesPutOnTheAgenda(t *testing.T) {
	paper := letter{id: "paper", at: "2026-12-07 15:00", from: karin, subject: "Board pack", text: "The pack is attached. It is about SEV1 outages. Please sign by Friday."}
	type line struct {
		letter
		rule, action string
		at           string
		with         map[string]string
	}
	for _, tc := range []struct {
		name  string
		lines []line
		want  []string
	}{
		{
			"a summary stands in its section, with words explained",
			[]line{{paper, "Board papers", "summarize Board", "2026-12-07 15:01", map[string]string{"lines": "3"}}},
			[]string{"Board | Karin Vogel: Board pack | 7 Dec 15:00 | The pack is attached. It is about SEV1 (the highest outage level) outages. Please sign by Friday."},
		},
		{
			"sections come in the order of the rules, lines by rule and then the newest first",
			[]line{
				{letter{id: "i", at: "2026-12-07 18:00", from: elena, subject: "Incident", text: "x"}, "Incidents", "summarize IT", "2026-12-07 18:01", map[string]string{"show": "subject only"}},
				{letter{id: "old", at: "2026-12-07 11:00", from: elena, subject: "Older"}, "Board papers", "agenda Board", "2026-12-07 11:01", nil},
				{letter{id: "more", at: "2026-12-07 20:00", from: elena, subject: "More"}, "Papers of the board", "agenda board", "2026-12-07 20:01", nil},
				{letter{id: "new", at: "2026-12-07 12:00", from: elena, subject: "Newer"}, "Board papers", "agenda Board", "2026-12-07 12:01", nil},
			},
			[]string{
				"Board | Elena Duarte: Newer | 7 Dec 12:00", "Board | Elena Duarte: Older | 7 Dec 11:00", "Board | Elena Duarte: More | 7 Dec 20:00",
				"IT | Elena Duarte: Incident | 7 Dec 18:00",
			},
		},
		{
			"a message stands once in a section, with its summary",
			[]line{
				{paper, "Papers of the board", "agenda Board", "2026-12-07 15:01", nil},
				{paper, "Board papers", "summarize board", "2026-12-07 15:01", map[string]string{"lines": "3"}},
			},
			[]string{"board | Karin Vogel: Board pack | 7 Dec 15:00 | The pack is attached. It is about SEV1 (the highest outage level) outages. Please sign by Friday."},
		},
		{
			"of what is hidden or confidential only that it exists",
			[]line{
				{paper, "Board papers", "summarize Board", "2026-12-07 15:01", map[string]string{"show": "hidden"}},
				{letter{id: "secret", at: "2026-12-07 15:00", secret: true, subject: "Lay-offs"}, "Board papers", "agenda Board", "2026-12-07 15:01", nil},
			},
			[]string{"Board | (confidential)", "Board | (confidential)"},
		},
		{
			"the sections that an agenda has anyway are met by their names, in any case",
			[]line{
				{letter{id: "n", at: "2026-12-07 10:00", from: elena, subject: "Sign this"}, "Board papers", "agenda needs you", "2026-12-07 10:01", nil},
				{letter{id: "d", at: "2026-12-07 10:00", from: elena, subject: "Tax return"}, "Board papers", "agenda Deadlines", "2026-12-07 10:01", map[string]string{"due": "2026-12-11", "ahead": "30d"}},
				{letter{id: "w", at: "2026-12-04 10:00", to: "karin@hansa-logistik.example", subject: "Prices?"}, "Owed to us", "agenda Waiting for", "2026-12-07 10:01", nil},
				{letter{id: "o", at: "2026-12-07 10:00", from: elena, subject: "Your view"}, "Board papers", "agenda Replies Owed", "2026-12-07 10:01", nil},
			},
			[]string{
				"NEEDS | Elena Duarte: Sign this | 7 Dec 10:00", "DEADLINES | Elena Duarte: Tax return | 11 Dec",
				"OWED | Elena Duarte: Your view | 7 Dec 10:00", "WAITING | karin@hansa-logistik.example: Prices? | 4 Dec 10:00",
			},
		},
		{
			"what stood in the agenda before is not said again",
			[]line{{letter{id: "n", at: "2026-12-06 10:00", from: elena, subject: "Old"}, "Board papers", "agenda Board", "2026-12-07 06:29", nil}},
			nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mailRules)
			w.sent("2026-12-07")
			for _, l := range tc.lines {
				l.known = store.AsksNothing
				w.letters(l.letter)
				w.step(l.letter, l.rule, l.action, l.at, l.with)
			}
			day, _ := w.day(theDate)
			want(t, mailShown(day), tc.want...)
			for line := range day.Lines() {
				if line.Source.Rule == "" || line.Source.Message == "" {
					t.Errorf("nobody can tell where %q comes from: %+v", line.Title, line.Source)
				}
			}
		})
	}
}

func TestALineAboutADayHasTheNameOfItsRule(t *testing.T) {
	w := newWorld(t, mailRules)
	all := w.commit(store.Plan{Items: []store.NewItem{{
		Item:  store.Item{Key: "day/2026-12-09", Subject: "Wednesday 9 December 2026", Date: clock(london, "2026-12-09 12:00")},
		Steps: []store.Step{{Rule: "Too much on one day", Action: "agenda Needs you", Arg: "Needs you"}},
	}}})
	w.must(w.owner.Finish(t.Context(), halfPast.Add(-time.Minute), []store.Ending{{StepID: all[0].ID, State: store.Done}}))
	day, _ := w.day(theDate)
	want(t, mailShown(day), "NEEDS | Too much on one day | 9 Dec")
}

func TestALineVanishesWhenItIsTakenBackOrPutOff(t *testing.T) {
	w := newWorld(t, mailRules)
	l := letter{id: "n", at: "2026-12-07 10:00", from: elena, subject: "Sign this", known: store.AsksNothing}
	w.letters(l)
	s := w.step(l, "Board papers", "agenda Needs you", "2026-12-07 10:01", nil)
	day, decisions := w.day(theDate)
	want(t, mailShown(day), "NEEDS | Elena Duarte: Sign this | 7 Dec 10:00")
	if len(decisions) != 1 || decisions[0].Line != day.Needs[0].ID || decisions[0].Offer.Key != "mail/"+l.key() || decisions[0].Offer.Choices[0].Do != "snooze" {
		t.Errorf("what may be decided about it: %+v", decisions)
	}
	w.snooze("mail/"+l.key(), clock(london, "2026-12-11 00:00"))
	day, _ = w.day(theDate)
	want(t, mailShown(day))

	other := letter{id: "o", at: "2026-12-07 10:00", from: elena, subject: "And this", known: store.AsksNothing}
	w.letters(other)
	s = w.step(other, "Board papers", "agenda Needs you", "2026-12-07 10:01", nil)
	w.must(w.owner.Finish(t.Context(), clock(london, "2026-12-07 11:00"), []store.Ending{{StepID: s.ID, State: store.Undone}}))
	day, _ = w.day(theDate)
	want(t, mailShown(day))
}

func TestALineWithADateStandsUntilItIsDue(t *testing.T) {
	w := newWorld(t, mailRules)
	l := letter{id: "cert", at: "2026-11-02 10:00", from: "it@acme.example", subject: "Certificate", text: "It expires.", known: store.AsksNothing}
	timed := letter{id: "bid", at: "2026-11-02 10:00", from: "it@acme.example", subject: "Bid", known: store.AsksNothing}
	w.letters(l, timed)
	w.step(l, "Board papers", "agenda IT", "2026-11-02 10:01", map[string]string{"due": "2026-12-08", "ahead": "7d"})
	w.step(timed, "Board papers", "agenda IT", "2026-11-02 10:01", map[string]string{"due": "2026-12-08T05:00:00Z", "ahead": "7d"})
	for date, lines := range map[string][]string{
		"2026-11-30": nil,
		"2026-12-01": {"IT | it@acme.example: Certificate | 8 Dec", "IT | it@acme.example: Bid | 8 Dec 05:00"},
		"2026-12-08": {"IT | it@acme.example: Certificate | 8 Dec"},
		"2026-12-09": nil,
	} {
		day, _ := w.day(date)
		if got := mailShown(day); !slices.Equal(got, lines) {
			t.Errorf("%s: got %q, want %q", date, got, lines)
		}
	}
}

func TestAStoryIsOneLine(t *testing.T) {
	w := newWorld(t, mailRules)
	story := func(as string) map[string]string { return map[string]string{"story": "INC-7", "as": as} }
	all := []struct{ id, at, subject, text, as string }{
		{"one", "2026-12-06 08:02", "INC-7 opened: imports fail", "Imports fail.", "opened"},
		{"two", "2026-12-07 09:40", "INC-7 update", "A cause was found.", ""},
		{"three", "2026-12-07 10:40", "INC-7 resolved", "SEV1 is over.", "resolved"},
	}
	for i, m := range all {
		l := letter{id: m.id, at: m.at, from: "status@tracklane.example", subject: m.subject, text: m.text, program: true}
		w.letters(l)
		w.step(l, "Incidents", "summarize IT", m.at, story(m.as))
		if i == 0 {
			day, _ := w.day("2026-12-07")
			want(t, mailShown(day), "IT | status@tracklane.example: INC-7 opened: imports fail | 6 Dec 08:02 | opened 6 Dec 08:02 | Imports fail.")
			w.sent("2026-12-07")
		}
	}
	other := letter{id: "x", at: "2026-12-07 11:00", from: "status@tracklane.example", subject: "INC-8 opened", text: "Slow.", program: true}
	w.letters(other)
	w.step(other, "Incidents", "summarize IT", "2026-12-07 11:00", map[string]string{"story": "INC-8", "as": "opened"})
	day, _ := w.day(theDate)
	want(t, mailShown(day),
		"IT | status@tracklane.example: INC-8 opened | 7 Dec 11:00 | opened 7 Dec 11:00 | Slow.",
		"IT | status@tracklane.example: INC-7 opened: imports fail | 7 Dec 10:40 | opened 6 Dec 08:02 | update 7 Dec 09:40 | resolved 7 Dec 10:40 | SEV1 (the highest outage level) is over.")
	w.sent(theDate)
	day, _ = w.day("2026-12-09")
	want(t, mailShown(day))
}
