package gather_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/agenda"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
)

// write keeps a letter as one that was sent at a time.
func (w *world) write(kind string, at time.Time) {
	w.Helper()
	_, err := w.owner.WriteLetter(w.Context(), 0, store.Letter{Account: w.Account, Kind: kind, Date: at.In(london).Format(time.DateOnly), Made: at, Body: json.RawMessage("{}")}, nil, func(int64) string { return "" })
	w.must(err)
}

// digest is a digest in short, and what is offered about its lines.
func (w *world) digest(name string, at time.Time) (lines []string, decisions []gather.Decision) {
	w.Helper()
	d, decisions, err := w.Digest(w.Context(), name, at.In(london).Format(time.DateOnly), at)
	w.must(err)
	if d == nil {
		return nil, decisions
	}
	return shown(d.Groups), decisions
}

// offered are the choices of decisions in short: "line: keep unsubscribe".
func offered(decisions []gather.Decision) (all []string) {
	for _, d := range decisions {
		words := d.Offer.Key + ":"
		for _, c := range d.Offer.Choices {
			words += " " + c.Do
		}
		all = append(all, words)
	}
	return all
}

const oneClick = `{"list":{"id":"n","unsubscribe":"https://list.example/u?1","oneClick":true},"auth":{"dkim":"pass"}}`

func news(n int, facts string) letter {
	return letter{id: fmt.Sprint("n", n), at: "2026-12-07 10:00", from: "News <news@list.example>", subject: fmt.Sprint("News ", n), text: fmt.Sprint("Story ", n, "."), program: true, folder: "Archive", facts: facts}
}

func TestADigestHasEachMessageOnce(t *testing.T) {
	w := newWorld(t, mailRules)
	evening := func(day int) time.Time { return clock(london, fmt.Sprintf("2026-12-%02d 17:30", day)) }
	put := func(n int, at time.Time) {
		l := news(n, "")
		w.letters(l)
		w.stepOf(l, store.Step{Rule: "Newsletters", Action: "digest", Arg: "evening"}, at)
	}
	var met []string
	read := func(day int) {
		lines, _ := w.digest("evening", evening(day))
		met = append(met, lines...)
		w.write("digest evening", evening(day))
	}
	put(1, evening(5).Add(-time.Hour))
	put(2, evening(7).Add(-time.Microsecond)) // just before
	put(3, evening(7))                        // at the instant at which it is made
	read(7)
	if len(met) != 2 {
		t.Fatalf("the first has %q", met)
	}
	put(4, evening(7)) // at the same instant, after it was made
	put(5, evening(7).Add(time.Microsecond))
	read(8)
	read(9) // nothing came
	put(6, evening(10).Add(-time.Second))
	read(10)
	slices.Sort(met)
	if all := slices.Compact(slices.Clone(met)); len(met) != 6 || len(all) != 6 {
		t.Errorf("of six messages, over four days: %q", met)
	}
}

func TestWhatADigestOffers(t *testing.T) {
	w := newWorld(t, mailRules)
	all := []letter{
		news(1, oneClick), news(2, strings.Replace(oneClick, "pass", "none", 1)), news(3, strings.Replace(oneClick, "https", "http", 1)), news(4, strings.Replace(oneClick, `"oneClick":true`, `"oneClick":false`, 1)),
		news(5, oneClick),
		{id: "secret", at: "2026-12-07 10:00", secret: true, folder: "Archive"},
	}
	all[4].folder = ""
	for _, l := range all {
		w.letters(l)
		w.step(l, "Newsletters", "digest friday", "2026-12-07 10:01", nil)
	}
	lines, decisions := w.digest("Friday", clock(london, "2026-12-11 06:30"))
	if len(lines) != 6 || !slices.Contains(lines, " | (confidential)") {
		t.Errorf("got %q", lines)
	}
	got := offered(decisions)
	slices.Sort(got)
	want(t, got,
		"mail/mid:n1@acme.example: keep unsubscribe", "mail/mid:n2@acme.example: keep", "mail/mid:n3@acme.example: keep", "mail/mid:n4@acme.example: keep",
		"mail/mid:n5@acme.example: unsubscribe") // it lies in the inbox anyway
	for _, d := range decisions {
		for _, c := range d.Offer.Choices {
			switch {
			case c.Do == "keep" && (c.Back.Item == 0 || c.Back.Rule != "Newsletters"):
				t.Errorf("to keep takes back %+v", c.Back)
			case c.Do == "unsubscribe" && (c.Item.ID == 0 || c.Step.Op.Kind != mailbox.Outside || c.Step.Op.Do != "unsubscribe" || c.Step.Op.With["url"] != "https://list.example/u?1"):
				t.Errorf("to unsubscribe does %+v on %+v", c.Step, c.Item)
			}
		}
	}
}

func TestAMessageInADigestAndABundle(t *testing.T) {
	w := newWorld(t, mailRules)
	for n := range 3 {
		l := news(n, "")
		l.at = fmt.Sprintf("2026-12-07 %02d:00", 10+n)
		w.letters(l)
		w.step(l, "Newsletters", "digest evening", "2026-12-07 15:00", nil)
		if n > 0 {
			w.step(l, "Programs", "bundle Programs", "2026-12-07 15:00", nil)
		}
	}
	lines, _ := w.digest("evening", clock(london, "2026-12-07 17:30"))
	want(t, lines,
		" | News: News 0 | 7 Dec 10:00 | Story 0.", "Programs | News: News 2 | 7 Dec 12:00 | Story 2.", "Programs | News: News 1 | 7 Dec 11:00 | Story 1.")
	day, _ := w.day(theDate)
	want(t, mailShown(day)) // the evening had it
}

func TestADigestOfTheMorningStandsInTheAgenda(t *testing.T) {
	w := newWorld(t, mailRules)
	for n := range 5 {
		l := news(n, "")
		l.at = fmt.Sprintf("2026-12-07 %02d:00", 10+n)
		w.letters(l)
		w.step(l, "Newsletters", "digest daily", "2026-12-07 15:00", nil)
	}
	day, decisions := w.day(theDate)
	lines := mailShown(day)
	if len(lines) != 6 || lines[0] != "Digest | 5 mails: News 5" || lines[1] != "Digest | News: News 4 | 7 Dec 14:00 | Story 4." {
		t.Errorf("got %q", lines)
	}
	got := offered(decisions)
	if !slices.Contains(got, "digest/daily: expand") || !slices.Contains(got, "mail/mid:n4@acme.example: keep") {
		t.Errorf("offered: %q", got)
	}
	w.sent(theDate)
	later := news(9, "")
	w.letters(later)
	w.step(later, "Newsletters", "digest daily", "2026-12-08 07:00", nil)
	d, _, err := w.Digest(t.Context(), "daily", theDate, clock(london, "2026-12-08 09:00"))
	w.must(err)
	if all := shown(d.Groups); len(all) != 5 {
		t.Errorf("all of it, when asked for: %q", all)
	}
}

func TestABundleIsOneLine(t *testing.T) {
	w := newWorld(t, mailRules)
	n := 0
	put := func(from string, times int, at string) {
		for range times {
			n++
			l := letter{id: fmt.Sprint("b", n), at: at, from: from, subject: fmt.Sprint("Build ", n), program: true, folder: "Archive"}
			w.letters(l)
			w.step(l, "Programs", "bundle Programs", at, nil)
		}
	}
	put("Tracklane <no-reply@tracklane.example>", 3, "2026-12-07 10:00")
	put("Ann via Forge <ann@forge.example>", 1, "2026-12-07 10:00")
	put("Bob via Forge <bob@forge.example>", 1, "2026-12-07 10:00")
	put("one@lone.example", 1, "2026-12-07 10:00")
	put("two@other.example", 1, "2026-12-07 10:00")
	day, decisions := w.day(theDate)
	want(t, mailShown(day), "Bundles | Programs · 7 mails: Tracklane 3, Forge 2, one@lone.example 1, others 1")
	if len(decisions) != 1 || decisions[0].Offer.Choices[0].Do != "expand" || decisions[0].Offer.Choices[0].Letter != "bundle Programs" {
		t.Errorf("offered: %+v", decisions)
	}
	w.sent(theDate)
	put("one@lone.example", 1, "2026-12-08 08:00") // not in that agenda
	d, _, err := w.Bundle(t.Context(), "programs", theDate, clock(london, "2026-12-08 09:00"))
	w.must(err)
	if all := shown(d.Groups); d.Groups[0].Title != "Programs" || len(all) != 7 {
		t.Errorf("%q: %q", d.Name, all)
	}
	if d, _, err = w.Bundle(t.Context(), "nothing", theDate, halfPast); d != nil || err != nil {
		t.Errorf("a bundle that nobody collects: %v, %v", d, err)
	}
}

func TestWhatWaitsForTheExecutive(t *testing.T) {
	w := newWorld(t, mailRules)
	forward := mailbox.Op{Kind: mailbox.Outside, Do: "forward", Arg: "bob@acme.example"}
	contract := letter{id: "c", at: "2026-12-07 10:00", from: elena, subject: "Contract", secret: false}
	w.stepOf(contract, store.Step{Rule: "Board papers", Action: "forward bob@acme.example", Arg: "bob@acme.example", Op: forward, State: store.Parked, Approver: "executive"}, halfPast)
	w.stepOf(letter{id: "d", at: "2026-12-07 10:00", from: elena, subject: "For the assistant"}, store.Step{Rule: "Board papers", Action: "archive", Op: mailbox.Op{Kind: mailbox.Move, To: mailbox.Archive}, State: store.Parked, Approver: "assistant"}, halfPast)
	w.stepOf(letter{id: "e", at: "2026-12-07 10:00", secret: true}, store.Step{Rule: "Board papers", Action: "archive", Op: mailbox.Op{Kind: mailbox.Move, To: mailbox.Archive}, State: store.Parked, Approver: "executive"}, halfPast)
	w.stepOf(letter{id: "f", at: "2026-12-07 10:00", from: elena, subject: "Answer"}, store.Step{Rule: "Board papers", Action: "reply", Arg: "thanks", Op: mailbox.Op{Kind: mailbox.Outside, Do: "reply", Arg: "thanks"}, State: store.Uncertain}, halfPast.Add(-time.Hour))
	w.stepOf(letter{id: "g", at: "2026-11-07 10:00", from: elena, subject: "Long ago"}, store.Step{Rule: "Board papers", Action: "reply", Arg: "thanks", Op: mailbox.Op{Kind: mailbox.Outside, Do: "reply", Arg: "thanks"}, State: store.Uncertain}, halfPast.AddDate(0, 0, -8))
	day, decisions := w.day(theDate)
	got := mailShown(day)
	slices.Sort(got)
	want(t, got,
		"NEEDS | (confidential)",
		"NEEDS | elena@harbour.example: Answer | 8 Dec 05:30 | Foredesk wanted to do this, was interrupted, and can't know whether it was done: answer with thanks. It is not done a second time.",
		"NEEDS | elena@harbour.example: Contract | The rule “Board papers” wants to: forward to bob@acme.example.")
	approvals, err := w.Journal.Approvals(t.Context(), "dana")
	w.must(err)
	if len(decisions) != 2 || decisions[0].Approval != approvals[0].ID || !strings.HasPrefix(decisions[1].Offer.Key, "unsure/") {
		t.Errorf("what may be decided: %+v", decisions)
	}
	w.Language = agenda.German
	day, _ = w.day(theDate)
	if got := mailShown(day); !slices.Contains(got, "NEEDS | elena@harbour.example: Contract | Die Regel „Board papers“ möchte: an bob@acme.example weiterleiten.") {
		t.Errorf("in German: %q", got)
	}
	// What has been answered waits no more, nor what has lapsed.
	w.must(w.owner.Answer(t.Context(), approvals[0].ID, store.Approve, "mail", halfPast))
	w.snooze(decisions[1].Offer.Key, clock(london, "2026-12-11 00:00"))
	day, _ = w.day(theDate)
	want(t, mailShown(day), "NEEDS | (confidential)")
	day, _ = w.day("2027-01-08")
	want(t, mailShown(day))
}

func TestWhatWasDone(t *testing.T) {
	w := newWorld(t, mailRules)
	move := func(to string) mailbox.Op { return mailbox.Op{Kind: mailbox.Move, To: to} }
	flag := mailbox.Op{Kind: mailbox.Store, Add: []string{`\Flagged`}}
	n := 0
	do := func(times int, rule, action, arg string, op mailbox.Op, state store.State) {
		for range times {
			n++
			l := letter{id: fmt.Sprint("m", n), at: "2026-12-07 10:00", from: elena, subject: "x"}
			w.stepOf(l, store.Step{Rule: rule, Action: action, Arg: arg, Op: op, State: state}, clock(london, "2026-12-07 12:00"))
		}
	}
	do(1, "Old", "file", "Old", move("Old"), "")
	w.write(gather.AgendaKind, clock(london, "2026-12-07 12:00").Add(time.Microsecond))
	n = 100
	doLate := func(times int, rule, action, arg string, op mailbox.Op, state store.State) {
		for range times {
			n++
			l := letter{id: fmt.Sprint("m", n), at: "2026-12-07 10:00", from: elena, subject: "x"}
			w.stepOf(l, store.Step{Rule: rule, Action: action, Arg: arg, Op: op, State: state}, clock(london, "2026-12-07 13:00"))
		}
	}
	doLate(3, "Board papers", "file", "Board", move("Board"), "")
	doLate(1, "Board papers", "flag", "red", flag, "")
	doLate(2, "Board papers", "file", "Board", move("Board"), store.Undone)
	doLate(2, "Newsletters", "archive", "", move(mailbox.Archive), "")
	doLate(2, "Newsletters", "digest", "friday", mailbox.Op{}, "") // shows where it stands
	doLate(4, "Programs", "file", "A", move("A"), "")
	doLate(1, "Programs", "file", "B", move("B"), "")
	doLate(1, "Programs", "snooze", "", move("Snoozed"), "")
	doLate(1, "Programs", "snooze back", "", move("INBOX"), "")
	doLate(1, "Incidents", "forward bob@acme.example", "bob@acme.example", mailbox.Op{Kind: mailbox.Outside, Do: "forward"}, "")
	doLate(1, "(letters)", "agenda", "", mailbox.Op{Kind: mailbox.Outside, Do: "letter"}, "")
	day, decisions := w.day(theDate)
	var got []string
	for _, l := range day.Done {
		got = append(got, fmt.Sprintf("%d %s (%s)", l.Count, l.Title, l.Source.Rule))
	}
	want(t, got, "5 filed, put off (1) (Programs)", "3 filed in Board, flagged (1) (Board papers)", "2 archived (Newsletters)", "1 forwarded to bob@acme.example (Incidents)")
	want(t, offered(decisions), "rule/Board papers: undo", "rule/Newsletters: undo", "rule/Programs: undo") // what is forwarded can't be taken back
	if back := decisions[0].Offer.Choices[0].Back; back.Rule != "Board papers" || !back.Since.Equal(clock(london, "2026-12-07 12:00").Add(time.Microsecond)) {
		t.Errorf("undo takes back %+v", back)
	}
}

// A letter is a step of the journal as well, under the name of what it shows.
func TestALetterThatWasSentIsNoNews(t *testing.T) {
	w := newWorld(t, mailRules)
	for _, kind := range []string{"agenda", "bundle Programs", "digest daily"} {
		op := mailbox.Op{Kind: mailbox.Outside, Do: "letter", Arg: kind}
		w.stepOf(letter{id: kind, at: "2026-12-08 05:00"}, store.Step{Rule: "(letters)", Action: kind, Op: op}, clock(london, "2026-12-08 05:00"))
	}
	day, _, _, err := w.Day(t.Context(), "2026-12-08", clock(london, "2026-12-08 06:30"))
	if err != nil || len(day.Mail) > 0 {
		t.Errorf("%v, the agenda has %+v", err, day.Mail)
	}
}
