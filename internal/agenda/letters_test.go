package agenda

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// letter is what all four of them can do.
type letter interface {
	Render() (Letter, error)
	Why() ([]Reason, error)
	Number()
	Lines() iter.Seq[*Line]
	compose(caps) *page
}

// limitsOf are the levels with which a letter is rendered.
func limitsOf(l letter) []caps {
	switch l.(type) {
	case *Day:
		return levels
	case *Digest:
		return digestLevels
	}
	return reviewLevels
}

// evening is what a rule has collected till half past five.
func evening() *Digest {
	d := day("2026-12-08", london)
	mail := func(id, who, title, text, at string) Line {
		return Line{Source: ofMail("Newsletters wait till evening", id), Who: who, Title: title, Text: text, When: Span{Start: d.at(at)}, Actions: does(id, "keep", "unsubscribe")}
	}
	build := mail("build", "Tracklane CI", "Planner 5 nightly build", "Green again since the fix of the time zones.", "16:02")
	build.Story = []Moment{{Opened, d.at("02:10")}, {Update, d.at("08:30")}, {Update, d.at("11:15")}, {Resolved, d.at("16:02")}}
	model := mail("freight", "Freight Weekly", "Issue 49", "Diesel rose by 4 per cent; two of the six carriers named pass it on from January.", "12:00")
	model.ByModel = true
	return &Digest{
		Name: "evening", Date: d.day, Zone: london, Language: English, Made: d.at("17:30"),
		Groups: []Section{
			{Lines: []Line{mail("travel", "Travel desk", "New rules for rail tickets", "From January, first class needs a word from the travel desk for journeys under two hours.", "09:12")}},
			{Title: "Programs", Lines: []Line{
				build,
				mail("sprint", "Tracklane", "Sprint 48 closed", "31 of 34 tickets are done. Three move on: the driver app’s login, the depot map, the export.", "14:40"),
				mail("pr", "GitHub", "Review asked: route cache", "Asks for a review of 240 lines.", "11:05"),
			}},
			{Title: "Reading", Lines: []Line{
				model,
				mail("harbour", "Harbour Capital", "Our view of the quarter", "They expect two rate cuts in the spring.", "-1 19:45"),
				{Confidential: true, Title: "SECRET"},
			}},
		},
	}
}

func abend() *Digest {
	d := day("2026-12-04", berlin)
	return &Digest{
		Name: "friday", Date: d.day, Zone: berlin, Language: German, Made: d.at("06:30"),
		Groups: []Section{{Title: "Newsletter", Lines: []Line{
			{Source: ofMail("Newsletter für Freitag", "dvz"), Who: "DVZ Brief", Title: "Maut ab Januar", Text: "Die Sätze steigen um 8 Prozent. Leerfahrten bleiben ausgenommen.", When: Span{Start: d.at("-2 07:00")}, Actions: does("1", "keep", "unsubscribe")},
			{Source: ofMail("Newsletter für Freitag", "ihk"), Who: "IHK Hamburg", Title: "Einladung zum Neujahrsempfang", When: Span{Start: d.at("-1 10:00")}, Actions: does("2", "keep", "unsubscribe")},
		}}},
	}
}

// full collects more than a mail can hold.
func full() *Digest {
	e := evening()
	e.Name, e.Groups = "Programs and other things", nil
	for g := range 4 {
		s := Section{Title: fmt.Sprintf("Program %d", g)}
		for i := range 50 {
			id := fmt.Sprintf("%d-%d", g, i)
			s.Lines = append(s.Lines, Line{Source: ofMail("Programs", id), Who: "Tracklane", Title: fmt.Sprintf("Ticket %d was moved to the next sprint", i), Text: strings.Repeat("Three more are left until the release. ", 6), When: Span{Start: e.Made.Add(-time.Hour)}, Actions: does(id, "keep", "unsubscribe")})
		}
		e.Groups = append(e.Groups, s)
	}
	return e
}

// friday is the week before the board meeting.
func friday() *Review {
	d := day("2026-12-11", london)
	return &Review{
		From: d.at("-4 00:00"), To: d.at("15:00"), Zone: london, Language: English, Made: d.at("15:00"),
		Meetings: Figure{Value: 31, Before: 28, Known: true}, MeetingTime: Figure{Value: 1350, Before: 1185, Known: true}, Outside: Figure{Value: 12, Before: 7, Known: true},
		FocusTime: Figure{Value: 330, Before: 480, Known: true}, Answered: Figure{Value: 64, Before: 71, Known: true}, AnswerTime: Figure{Value: 145, Before: 95, Known: true},
		TheirTime: Figure{Value: 3 * 24 * 60, Before: 1500, Known: true},
		Goals: []Goal{
			{Source: rule("Close Series C"), Name: "Close Series C", Time: 330 * time.Minute, Before: 120 * time.Minute},
			{Source: rule("Keep BigCustomer"), Name: "Keep BigCustomer", Time: 90 * time.Minute, Before: 150 * time.Minute},
			{Source: rule("Planner 5 in spring"), Name: "Planner 5 in spring", Time: 0, Before: 60 * time.Minute},
		},
		Days: []Ahead{
			{Date: d.at("-4 00:00"), Meetings: 8, First: d.at("-4 08:00"), Time: 6 * time.Hour, Load: 0.6},
			{Date: d.at("-3 00:00"), Meetings: 6, First: d.at("-3 09:00"), Time: 285 * time.Minute, Load: 0.48},
			{Date: d.at("-2 00:00"), Meetings: 4, First: d.at("-2 08:30"), Time: 210 * time.Minute, Load: 0.35},
			{Date: d.at("-1 00:00"), Meetings: 6, First: d.at("-1 08:00"), Time: 9 * time.Hour, Load: 0.9, Notes: []string{"Board meeting 14:00"}},
			{Date: d.at("00:00"), Meetings: 7, First: d.at("09:00"), Time: 500 * time.Minute, Load: 0.83, Notes: []string{"Hamburg"}},
		},
		Ours: []Line{
			{Source: ofMail("", "cause"), Who: "Oliver Grant", Title: "the written cause of the missed syncs", When: d.allDay(-3, 1)},
			{Source: ofMail("", "forecast"), Who: "Pieter de Vries", Title: "why the forecast was wrong three quarters in a row", When: d.allDay(5, 1)},
			{Source: ofMail("", "intro"), Who: "Elena Duarte", Title: "an introduction to the Leeds depot"},
		},
		Theirs: []Line{
			{Source: ofMail("", "volumes"), Who: "Antoine Lefèvre", Title: "the volumes of both hubs", When: d.allDay(-5, 1)},
			{Source: ofMail("", "terms"), Who: "Nathan Brooks", Title: "the marked-up term sheet", When: Span{Start: d.at("+3 12:00")}},
		},
		Deadlines: []Line{
			{Source: ofMail("Deadlines", "offer"), Title: "Offer for framework contract 4471", Who: "Procurement, BigCustomer", When: d.allDay(3, 1)},
			{Source: ofMail("Expiries", "cert"), Title: "Certificate of tracking.acme.example runs out", When: d.allDay(12, 1)},
		},
		Handled: []Worth{
			{Title: "mails filed", Count: 212, Seconds: 15},
			{Title: "mails summarized", Count: 58, Seconds: 90},
			{Title: "invitations answered", Count: 9, Seconds: 60},
			{Title: "events made or moved", Count: 14, Seconds: 120},
		},
		Rules: []Line{
			{Source: rule("Invoices over the limit"), Title: "Invoices over the limit", Text: "Has not fired for 60 days; the folder that it looks at is gone."},
			{Source: rule("Bundle the programs"), Title: "Bundle the programs", Text: "4 of its 9 mails were moved back to the inbox by hand."},
		},
		Ideas: []Line{
			{Counted: InMail, Title: "Keep mail of Yuki Sato in the inbox", Text: "You answer within the hour, 9 times of 10.", Actions: does("91", "approve", "refuse")},
		},
	}
}

func woche() *Review {
	d := day("2026-12-04", berlin)
	f := friday()
	return &Review{
		From: d.at("-4 00:00"), To: d.at("15:00"), Zone: berlin, Language: German, Made: d.at("15:00"),
		Meetings: f.Meetings, MeetingTime: f.MeetingTime, FocusTime: f.FocusTime, Outside: f.Outside, Answered: f.Answered, AnswerTime: f.AnswerTime, TheirTime: Figure{Value: 600, Known: true, NoBefore: true},
		Goals:   []Goal{{Source: rule("Serie C"), Name: "Serie C abschließen", Time: 330 * time.Minute, Before: 120 * time.Minute}},
		Ours:    []Line{{Source: ofMail("", "a"), Who: "Karin Vogel", Title: "die Übersicht über Leerfahrten", When: d.allDay(3, 1)}},
		Handled: []Worth{{Title: "E-Mails abgelegt", Count: 1212, Seconds: 15}, {Title: "Einladungen beantwortet", Count: 2, Seconds: 20}},
		Rules:   []Line{{Source: rule("Rechnungen"), Title: "Rechnungen", Text: "Hat seit 60 Tagen nicht gegriffen."}},
	}
}

// secretWeek has what may not be seen in every list.
func secretWeek() *Review {
	f := friday()
	secret := Line{Confidential: true, Title: "SECRET title", Who: "SECRET who", Text: "SECRET text", Source: ofMail("SECRET rule", "SECRET"), Actions: does("SECRET", "approve"), When: Span{Start: f.To}}
	f.Ours, f.Theirs, f.Deadlines, f.Rules, f.Ideas = []Line{secret}, []Line{secret, secret}, []Line{secret}, []Line{secret}, []Line{secret}
	return f
}

// rahul is the brief before a meeting of two that comes back every fortnight.
func rahul() *CheckIn {
	d := day("2026-12-08", london)
	return &CheckIn{
		Date: d.day, Zone: london, Language: English, Made: d.at("08:30"),
		Source: ofEvent("rahul"), Title: "Rahul and Dana", When: d.span("10:30", 30), Who: "Rahul Menon", Since: d.at("-14 10:30"), Next: d.span("+14 10:30", 30),
		Threads: []Line{
			{Source: ofMail("", "planner"), Who: "Rahul Menon", Title: "Planner 5 go or no-go", Text: "Two of the five depots have signed off. He asks whether Barking may follow in January.", When: Span{Start: d.at("-1 17:20")}},
			{Source: ofMail("", "hire"), Who: "Dana Whitfield", Title: "Head of routing", Text: "Two candidates are left; he wanted to see both before Christmas.", When: Span{Start: d.at("-6 09:05")}},
		},
		Ours:      []Line{{Source: ofMail("", "budget"), Title: "a word on the second team’s budget", When: d.allDay(-1, 1)}},
		Theirs:    []Line{{Source: ofMail("", "numbers"), Title: "cost per route, by depot", When: d.allDay(2, 1)}, {Source: ofMail("", "plan"), Title: "a plan for the login of the driver app"}},
		Deadlines: []Line{{Source: ofMail("Deadlines", "audit"), Title: "Evidence for the auditors", When: Span{Start: d.at("16:00")}}},
		Files:     []string{"planner-5-status.pdf", "routing-candidates.docx"},
	}
}

func aDeux() *CheckIn {
	d := day("2026-12-01", paris)
	return &CheckIn{
		Date: d.day, Zone: paris, Language: French, Source: ofEvent("claire"), Title: "Point avec Claire", When: d.span("14:00", 30), Who: "Claire Fabre", Since: d.at("-7 14:00"),
		Theirs: []Line{{Source: ofMail("", "v"), Title: "les volumes des deux sites", When: d.allDay(1, 1)}},
	}
}

func secretTwo() *CheckIn {
	b, f := rahul(), secretWeek()
	b.Threads, b.Ours, b.Theirs, b.Deadlines = f.Rules, f.Ours, f.Theirs, f.Deadlines
	return b
}

// letters are the mails beside the agenda, by the name of their golden files.
var letters = []struct {
	name string
	make func() letter
}{
	{"digest-evening", func() letter { return evening() }},
	{"digest-german", func() letter { return abend() }},
	{"digest-full", func() letter { return full() }},
	{"digest-empty", func() letter {
		return &Digest{Name: "evening", Date: evening().Date, Zone: london, Groups: []Section{{Title: "Programs"}}}
	}},
	{"digest-hostile", func() letter { return hostileDigest() }},
	{"review", func() letter { return friday() }},
	{"review-german", func() letter { return woche() }},
	{"review-empty", func() letter { return &Review{From: friday().From, To: friday().To, Zone: london} }},
	{"review-confidential", func() letter { return secretWeek() }},
	{"review-hostile", func() letter { return hostileReview() }},
	{"check-in", func() letter { return rahul() }},
	{"check-in-french", func() letter { return aDeux() }},
	{"check-in-empty", func() letter {
		return &CheckIn{Date: rahul().Date, Zone: london, Source: ofEvent("r"), When: rahul().When, Who: "Rahul Menon"}
	}},
	{"check-in-confidential", func() letter { return secretTwo() }},
	{"check-in-hostile", func() letter { return hostileCheckIn() }},
}

// everyLetter is the days of the agenda and the other letters.
func everyLetter() iter.Seq2[string, letter] {
	return func(yield func(string, letter) bool) {
		for _, d := range days {
			if !yield(d.name, ready(d.make())) {
				return
			}
		}
		for _, l := range letters {
			if !yield(l.name, ready(l.make())) {
				return
			}
		}
	}
}

// ready has its lines numbered.
func ready[L letter](l L) L {
	l.Number()
	return l
}
