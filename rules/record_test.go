package rules

import (
	"strings"
	"testing"
	"time"
)

const recordRules = `version: 1
me: [dana@acme.example]
people:
  board: ["@board.acme.example"]
rules:
  - name: Board papers
    when: [from in board, 'hasFile("*.pdf")']
    do: [{file: "Board/{year}"}, {flag: red}, {label: Reading}, {label: Board}]
  - name: Deadlines
    when: found.ask and dueWithin("3d")
    do: [{agenda: Deadlines}, {save: {files: "*.pdf", to: "{from.domain}"}}]
  - name: Newsletters
    when: list.id != "" and header("X-Campaign") != ""
    unless: flagged
    do: [{archive: true}]
  - name: Clashes
    when: invite.conflict and day.meetings > 0
    irreversible: ok
    do: [{respond: {answer: decline, comment: "{conflict}. {alternative}?"}}]
  - name: Trips
    when: kind == "travel"
    do: [{schedule: {on: trip}}]
  - name: What is asked for is prepared
    when: len(found.codes) > 0
    do: [{schedule: {title: "For {from.name}", on: "{deadline}", length: 45m}}]
  - name: Outages are stories
    when: subject startsWith "Outage"
    do: [{summarize: {section: Incidents, story: "{header.X-Incident}"}}, {agenda: {section: Deadlines, due: "{deadline}"}}]
  - name: Asked
    when: [toMe, subject == "Well?", not llm("Is it a joke?"), llm("Is the writer unhappy?")]
    do: [{label: Unhappy}]
`

// What is recorded of a message is given and expected again, whatever the rules
// look at; and no more is given than that.
func TestARecordedTestPassesAndGivesOnlyWhatWasLookedAt(t *testing.T) {
	now := time.Date(2026, 12, 7, 20, 0, 30, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		item  func(*Item)
		want  []string
		never []string
	}{
		{"a folder made of the year, and two labels", func(i *Item) {
			i.From = ParseAddress("Moore, Pat", "pat@board.acme.example")
			i.Files = []File{NewFile("q3: final.pdf", "application/pdf", 10, false)}
		}, []string{`from: '"Moore, Pat" <pat@board.acme.example>'`, "file: Board/2026", "label: [Reading, Board]", "q3: final.pdf"}, []string{"text:", "found:", "list:"}},
		{"found in the text, which is not given", func(i *Item) {
			i.Text = NewText("Can you send it by Wednesday?")
			i.Files = []File{NewFile("form.pdf", "application/pdf", 10, false)}
			i.Found = Found{Ask: true, Question: true, Deadline: now.Add(48 * time.Hour), Deadlines: []When{{Text: "by Wednesday", Start: now.Add(48 * time.Hour)}}, Amounts: []Amount{{12.5, "EUR"}}}
		}, []string{"ask: true", "agenda: Deadlines", "save: elsewhere.example"}, []string{"text:", "amounts:", "question:"}},
		{"a header field and a part of the list", func(i *Item) {
			i.List = List{ID: "weekly.example", Unsubscribe: "https://example/u"}
			i.Header = map[string][]string{"X-Campaign": {"spring #1"}, "X-Other": {"no"}}
		}, []string{"list: {id: weekly.example}", "X-Campaign: 'spring #1'", "archive: true"}, []string{"X-Other", "unsubscribe"}},
		{"an invitation that clashes, without the calendar", func(i *Item) {
			start := now.Add(15 * time.Hour).Truncate(time.Hour)
			i.Invite = Invite{Present: true, Method: "request", Organizer: i.From, Title: NewText("Sync"), Start: start, End: start.Add(time.Hour), Location: NewText("Room 4")}
			other := Event{Key: "o", Title: NewText("Board: papers"), Start: start, End: start.Add(time.Hour), Busy: true, Attendees: []Address{i.From}}
			private := Event{Key: "p", Title: NewText("Dentist"), Private: true, Start: start, End: start.Add(time.Hour), Busy: true}
			i.Diary = NewDiary([]Event{other, private}, now, start.AddDate(0, 0, 5), now)
		}, []string{"invite:", "conflict: true", "Board: papers", "private: true", "meetings: 1", "respond: decline"}, []string{"Dentist", "Room 4"}},
		{"the legs of a trip", func(i *Item) {
			i.Kind = "travel"
			i.Found.Trips = []Trip{{Kind: "flight", Title: NewText("LH 456"), Start: now.Add(24 * time.Hour).Truncate(time.Minute), End: now.Add(26 * time.Hour).Truncate(time.Minute), StartZone: "Europe/Berlin", Confidence: 1, Key: "k"}}
		}, []string{"LH 456", "startZone: Europe/Berlin", "schedule: LH 456"}, []string{"deadlines"}},
		{"what fills in an event", func(i *Item) {
			i.From = ParseAddress("Kim", "kim@elsewhere.example")
			i.Found = Found{Codes: []string{"QX7"}, Deadlines: []When{{Text: "Friday", Start: now.Add(72 * time.Hour).Truncate(time.Minute), Confidence: 0.5}}}
		}, []string{"schedule: For Kim", "confidence: 0.5"}, []string{"trips"}},
		{"a story, without the text that is summarized", func(i *Item) {
			i.Subject, i.Text = NewText("Outage"), NewText("The sync is late.")
			i.Header = map[string][]string{"X-Incident": {"INC-7"}}
			i.Found = Found{Deadlines: []When{{Text: "Friday", Start: now.Add(72 * time.Hour), AllDay: true, Confidence: 1}}}
		}, []string{"X-Incident: INC-7", "deadlines:", "summarize: Incidents", "agenda: Deadlines"}, []string{"text:", "llm:"}},
		{"what a language model says", func(i *Item) {
			i.Subject = NewText("Well?")
			i.Ask = func(question string) (bool, error) { return question == "Is the writer unhappy?", nil }
		}, []string{"llm: Is the writer unhappy?", "label: Unhappy"}, []string{"joke"}},
		{"nothing", func(i *Item) { i.Subject = NewText("'- odd: [subject]\t#") }, []string{"nothing: true"}, nil},
		{"a guard that held it back", func(i *Item) {
			i.List, i.Flagged, i.Header = List{ID: "w"}, true, map[string][]string{"X-Campaign": {"1"}}
		}, []string{"nothing: true"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			item := &Item{
				Folder: "INBOX", Role: "inbox", Direction: "in", Kind: "person", Priority: "normal", Unread: true, Received: now, Date: now,
				From: ParseAddress("", "kim@elsewhere.example"), To: []Address{ParseAddress("", "dana@acme.example")}, Subject: NewText("Hello"), Auth: Auth{Verdict: "unknown"},
			}
			tc.item(item)
			set, err := Load("r.yaml", []byte(recordRules), Options{})
			if err != nil {
				t.Fatal(err)
			}
			text, err := set.Record(item, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
			for _, never := range tc.never {
				if strings.Contains(string(text), never) {
					t.Errorf("%q is there though no rule looked at it:\n%s", never, text)
				}
			}
			pasted := recordRules + "tests:\n" + string(text)
			set, err = Load("r.yaml", []byte(pasted), Options{})
			if err != nil {
				t.Fatalf("%v\n%s", err, pasted)
			}
			for _, r := range set.RunTests() {
				if r.Failed != nil {
					t.Errorf("%q\n%s", r.Failed, text)
				}
			}
		})
	}
}
