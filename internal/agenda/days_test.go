package agenda

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The days that the golden files, the checks and the pictures show. Dana Whitfield
// runs the operations of a company that plans delivery routes; all of it is made up.

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

var (
	london = zone("Europe/London")
	berlin = zone("Europe/Berlin")
	paris  = zone("Europe/Paris")
)

// clockOn makes instants of one day: "09:00", and "+1 09:00" for the day after.
type clockOn struct {
	day  time.Time
	zone *time.Location
}

func day(date string, z *time.Location) clockOn {
	t, err := time.ParseInLocation(time.DateOnly, date, z)
	if err != nil {
		panic(err)
	}
	return clockOn{t, z}
}

func (d clockOn) at(when string) time.Time {
	days, hour, minute := 0, 0, 0
	if strings.Contains(when, " ") {
		if _, err := fmt.Sscanf(when, "%d %d:%d", &days, &hour, &minute); err != nil {
			panic(err)
		}
	} else if _, err := fmt.Sscanf(when, "%d:%d", &hour, &minute); err != nil {
		panic(err)
	}
	return time.Date(d.day.Year(), d.day.Month(), d.day.Day()+days, hour, minute, 0, 0, d.zone)
}

func (d clockOn) span(when string, minutes int) Span {
	start := d.at(when)
	return Span{Start: start, End: start.Add(time.Duration(minutes) * time.Minute)}
}

func (d clockOn) allDay(from, days int) Span {
	return Span{Start: d.day.AddDate(0, 0, from), End: d.day.AddDate(0, 0, from+days), AllDay: true}
}

// does makes actions with addresses as the engine would.
func does(id string, words ...string) (actions []Action) {
	for _, w := range words {
		subject := url.PathEscape("foredesk " + w + " " + id + " [fd-K7QX2MWB4T]")
		actions = append(actions, Action{Do: w, Mailto: "mailto:desk@acme.example?subject=" + strings.ReplaceAll(subject, "+", "%2B")})
	}
	return actions
}

func rule(name string) Source                     { return Source{Rule: name} }
func ofMail(rule, id string) Source               { return Source{Rule: rule, Message: id + "@acme.example"} }
func ofEvent(key string) Source                   { return Source{Event: key + "@acme.example"} }
func sayBy(rules string, id, event string) Source { return Source{rules, id, event} }

// ordinary is a Tuesday before a board meeting, with a bit of everything.
func ordinary() *Day {
	d := day("2026-12-08", london)
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("06:30"),
		Needs: []Line{
			{
				ID: "clash", Kind: Conflict, Source: ofEvent("fleetline"), When: d.span("16:30", 30),
				Clash: &Clash{
					Stays: "Fleetline review call", Gives: "Board dry run", Why: "somebody from outside takes part",
					Do: Move, To: d.span("+1 15:30", 60),
				},
				Actions: does("41", "fix", "snooze"),
			},
			{
				Kind: Invitation, Source: ofEvent("harbour"), Title: "Harbour Capital, depot margins", Who: "Elena Duarte",
				Text: "Wants half an hour on margins per depot before their partners meet on Thursday.", When: d.span("+1 08:30", 30),
				Actions: does("42", "accept", "decline", "snooze"),
			},
			{
				Kind: Approval, Source: ofMail("Written resolutions are signed in time", "resolution"), Title: "Sign the resolution on the Series C documents", Who: "Alice Penrose",
				Text: "Any two of Tom, Ines and you may sign. It lapses on Thursday.", Actions: does("43", "approve", "refuse"),
			},
			{
				Kind: Unsure, Source: ofMail("Expenses go to accounts", "expense"), Title: "Forward “Taxi to Barking” to accounts", Text: "The connection broke off while it was sent. Look among the sent mails before it is sent again.", Actions: does("44", "snooze"),
			},
		},
		Changes: []Line{
			{Kind: Moved, Source: ofEvent("hansa"), Title: "Quartalsgespräch Hansa Logistik", Who: "Karin Vogel", When: d.span("+3 14:30", 60), Was: d.span("+3 13:30", 60)},
			{Kind: Declined, Source: ofEvent("planner"), Title: "Planner 5 go or no-go", Who: "Rahul Menon", Text: "With the auditors until four, start without me."},
		},
		Timeline: []Entry{
			{Kind: Meeting, Source: ofEvent("leadership"), When: d.span("09:00", 60), Title: "Leadership weekly", Place: "Room Humber", Accepted: 4, Open: 1, NoAgenda: true},
			{Kind: Meeting, Source: ofEvent("rahul"), When: d.span("10:30", 30), Title: "Rahul and Dana", Place: "Room Trent", Accepted: 1},
			{
				Kind: Meeting, Source: ofEvent("jonas"), When: d.span("11:00", 45), Title: "Jonas and Dana", Join: "https://meet.acme.example/jonas", GuestZone: berlin, Accepted: 1,
			},
			{Kind: Focus, Source: sayBy("Two hours for the board pack", "", "focus"), When: d.span("13:30", 90), Title: "Papers and decisions"},
			{
				Kind: Meeting, Source: ofEvent("fleetline"), When: d.span("16:30", 30), Title: "Fleetline review call", Join: "https://fleetline.example/room/204",
				Outside: []string{"Oliver Grant, Fleetline"}, Accepted: 2, Clash: "clash",
			},
			{Kind: Meeting, Source: ofEvent("dryrun"), When: d.span("16:30", 60), Title: "Board dry run", Place: "Tom’s office", Accepted: 2, Clash: "clash"},
			{Kind: Travel, Source: sayBy("Travel to places outside", "", "leg"), When: d.span("18:40", 20), Title: "To Leadenhall Rooms"},
			{Kind: Meeting, Source: ofEvent("dinner"), When: d.span("19:00", 120), Title: "Dinner with Nathan Brooks", Place: "Leadenhall Rooms", Outside: []string{"Nathan Brooks, Northgate"}, Accepted: 2},
		},
		Prep: []Brief{{
			Source: ofEvent("fleetline"), Title: "Fleetline review call", When: d.span("16:30", 30), People: []string{"Oliver Grant, head of dispatch at Fleetline"},
			Last:  Line{Source: ofMail("", "escalation"), Who: "Oliver Grant", Text: "This morning’s file came at 05:02. He still wants the written cause, and an answer on £4,100 of overtime.", When: d.span("-2 09:20", 0)},
			Ours:  []Line{{Source: ofMail("", "cause"), Title: "the written cause of the missed syncs", When: d.allDay(0, 1)}},
			Files: []string{"review-inc-3107.pdf"},
		}},
		Mail: []Section{
			{Title: "Board", Lines: []Line{
				{Source: ofMail("The board is read first", "pieter"), Who: "Pieter de Vries", Title: "Rotterdam, my two worries", Text: "At the table he will ask what happens to the 41 people, and why the forecast was wrong three quarters in a row. He is for the decision."},
				{Source: ofMail("The board is read first", "yuki"), Who: "Yuki Sato", Title: "Site visit", Text: "Wants to see the Barking depot at shift change, two days before the meeting.", Actions: does("51", "snooze")},
			}},
			{Title: "Incidents", Lines: []Line{
				{
					Source: ofMail("Outages, from SEV1 down", "inc"), Who: "Status", Title: "INC-3130, dispatchers cannot sign in", Text: "SEV1 (the highest outage level, customers can’t work). Leeds and Luton are back; Barking works from the printed list.",
					Story: []Moment{{Opened, d.at("04:50")}, {Update, d.at("05:15")}, {Update, d.at("05:40")}, {Update, d.at("06:10")}},
				},
			}},
			{Title: "To be read later", Lines: []Line{
				{Source: rule("Bundle the programs"), Title: "Programs · 14 mails", Text: "Tracklane 9, GitHub 5", Actions: does("52", "expand")},
			}},
		},
		Deadlines: []Line{
			{Source: ofMail("Deadlines", "pack"), Title: "Change to the board pack, if any", Who: "Alice Penrose", When: Span{Start: d.at("12:00")}},
			{Source: ofMail("Deadlines", "offer"), Title: "Offer for framework contract 4471", Who: "Procurement, BigCustomer", When: d.allDay(3, 1)},
		},
		Owed:    []Line{{Source: ofMail("Replies owed", "antoine"), Title: "Twelve months, renewable", Who: "Antoine Lefèvre", When: Span{Start: d.at("-3 10:37")}}},
		Waiting: []Line{{Source: ofMail("Waiting for", "derek"), Title: "Invoice 2210: which amount is right", Who: "Derek Shaw", When: Span{Start: d.at("-5 17:02")}, Actions: does("61", "snooze")}},
		Week:    nextDays(d),
		Goals: []Goal{
			{Source: rule("Close Series C"), Name: "Close Series C", Time: 330 * time.Minute, Before: 120 * time.Minute},
			{Source: rule("Keep BigCustomer"), Name: "Keep BigCustomer", Time: 90 * time.Minute, Before: 150 * time.Minute},
		},
		Done: []Line{
			{Source: rule("What counsel and HR write in confidence is kept apart"), Count: 3, Title: "filed in Confidential", Actions: does("71", "undo")},
			{Source: rule("Newsletters are for Friday"), Count: 14, Title: "newsletters put by for Friday", Actions: does("72", "undo")},
		},
	}
}

func nextDays(d clockOn) []Ahead {
	return []Ahead{
		{Date: d.at("+1 00:00"), Meetings: 4, First: d.at("+1 08:30"), Time: 210 * time.Minute, Load: 0.35},
		{Date: d.at("+2 00:00"), Meetings: 2, First: d.at("+2 13:00"), Time: 4 * time.Hour, Load: 0.4, Notes: []string{"Board meeting 14:00"}},
		{Date: d.at("+3 00:00"), Meetings: 7, First: d.at("+3 09:00"), Time: 500 * time.Minute, Load: 0.83, Notes: []string{"Hamburg"}},
		{Date: d.at("+4 00:00"), Off: true},
	}
}

// empty is a day with nothing in it. The agenda comes all the same.
func empty() *Day {
	d := day("2026-12-27", london)
	return &Day{Date: d.day, Zone: london, Language: English, Made: d.at("06:30")}
}

// noCalendar is a day of an account that has mail alone.
func noCalendar() *Day {
	d := day("2026-12-07", london)
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("06:30"), NoCalendar: true,
		Mail: []Section{{Title: "Board", Lines: []Line{
			{Source: ofMail("Board papers stay on top", "pack"), Who: "Alice Penrose", Title: "Q3 pack", Text: "The pack is final.", When: d.span("-1 17:10", 0)},
		}}},
	}
}

// conference lasts two days; one call lies in it.
func conference() *Day {
	d := day("2026-12-09", london)
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("06:30"),
		Timeline: []Entry{
			{Kind: Away, Source: ofEvent("freight"), When: d.allDay(-1, 3), Title: "Freight Forward conference", Place: "ExCeL London"},
			{Kind: Alone, Source: ofEvent("birthday"), When: d.allDay(0, 1), Title: "Ellie’s birthday", Free: true},
			{Kind: Meeting, Source: ofEvent("steering"), When: d.span("14:00", 60), Title: "BigCustomer steering call", Outside: []string{"Marta Kowalska, BigCustomer"}, NoLink: true, NoPlace: true, Accepted: 3, Declined: 1},
		},
		Week: []Ahead{{Date: d.at("+1 00:00"), Meetings: 1, First: d.at("+1 17:00"), Time: 30 * time.Minute, Load: 0.05, Notes: []string{"Freight Forward conference"}}},
	}
}

// travel goes to Lyon and back: the clocks change twice.
func travel() *Day {
	d, there := day("2026-12-18", london), day("2026-12-18", paris)
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("05:00"),
		Needs: []Line{{
			Kind: Hold, Source: ofEvent("hold"), Title: "Antoine Lefèvre, twelve months", Text: "Three times are kept for him. He has not answered; they are let go at noon.", When: Span{Start: there.at("12:00")},
			Actions: does("81", "keep", "release"),
		}},
		Timeline: []Entry{
			{Kind: Travel, Source: ofEvent("leg"), When: d.span("05:50", 60), Title: "To Heathrow Terminal 2"},
			{Kind: Travel, Source: ofMail("Flights and trains", "sk654"), When: d.span("07:10", 95), Title: "Flight SK 654 London to Lyon", Place: "Heathrow Terminal 2", EndZone: paris},
			{Kind: Meeting, Source: ofEvent("lyon"), When: there.span("11:30", 120), Zone: paris, Title: "Trans-Rhône: twelve months", Place: "Trans-Rhône, 12 rue de Gerland, Lyon", Outside: []string{"Antoine Lefèvre, Trans-Rhône", "Claire Fabre, Trans-Rhône"}, Accepted: 3, NoAgenda: true},
			{Kind: Meeting, Source: ofEvent("ines"), When: there.span("16:00", 30), Zone: paris, Title: "Ines and Dana", Join: "https://meet.acme.example/ines", GuestZone: london, Accepted: 1},
			{Kind: Travel, Source: ofMail("Flights and trains", "sk657"), When: there.span("18:40", 100), Zone: paris, EndZone: london, Title: "Flight SK 657 Lyon to London", Place: "Lyon Saint-Exupéry"},
			{Kind: Alone, Source: ofEvent("home"), When: d.span("21:00", 15), Title: "Call Ellie"},
		},
		Prep: []Brief{{
			Source: ofEvent("lyon"), Title: "Trans-Rhône: twelve months", When: there.span("11:30", 120), People: []string{"Antoine Lefèvre, Trans-Rhône", "Claire Fabre, Trans-Rhône"},
			Last:   Line{Source: ofMail("", "antoine"), Who: "Antoine Lefèvre", Text: "His team is convinced by the planning module; finance hesitates over 36 months.", When: d.span("-13 10:37", 0)},
			Theirs: []Line{{Source: ofMail("", "antoine2"), Title: "the volumes of both hubs", When: d.allDay(-2, 1)}},
		}},
		Week: []Ahead{{Date: d.at("+1 00:00"), Off: true}, {Date: d.at("+2 00:00"), Off: true}, {Date: d.at("+3 00:00"), Meetings: 3, First: d.at("+3 09:00"), Load: 0.2}},
	}
}

// clocksForward is the Sunday on which the day has 23 hours.
func clocksForward() *Day {
	d := day("2026-03-29", london)
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("06:30"),
		Timeline: []Entry{
			{Kind: Alone, Source: ofEvent("night"), When: Span{Start: d.at("-1 23:30"), End: d.at("03:00")}, Title: "Release watch"},
			{Kind: Meeting, Source: ofEvent("ny"), When: d.span("15:00", 60), Title: "Board call from New York", GuestZone: zone("America/New_York"), Join: "https://meet.acme.example/board", Outside: []string{"Margaret Hale, chair"}, Accepted: 5},
		},
	}
}

// conflict is a day with each kind of recommendation.
func conflict() *Day {
	d := day("2026-12-11", london)
	clash := func(id, stays, gives, why string, do Remedy, to Span) Line {
		return Line{ID: id, Kind: Conflict, Source: ofEvent(id), When: d.span("15:00", 30), Clash: &Clash{Stays: stays, Gives: gives, Why: why, Do: do, To: to}, Actions: does(id, "fix", "snooze")}
	}
	open := clash("d", "", "", "", Choose, Span{})
	open.Actions = does("d", "snooze")
	return &Day{
		Date: d.day, Zone: london, Language: English,
		Needs: []Line{
			clash("a", "Hansa Logistik", "Architecture", "somebody from outside takes part", Move, d.span("+3 10:00", 60)),
			clash("b", "Board meeting", "Customer visits", "somebody of the list vip takes part", Decline, d.span("+4 09:00", 30)),
			clash("c", "Board meeting", "Town hall", "it is accepted", Tentative, Span{}),
			open,
			clash("e", "Board meeting", "Lunch", "", Decline, Span{}),
		},
		Timeline: []Entry{
			{Kind: Meeting, Source: ofEvent("x"), When: d.span("15:00", 60), Title: "Hansa Logistik", Clash: "a", Response: Invitation},
			{Kind: Meeting, Source: ofEvent("y"), When: d.span("15:00", 30), Title: "Architecture", Clash: "a", Response: Hold},
			{Kind: Kept, Source: ofEvent("z"), When: d.span("15:30", 30), Title: "Offered to Marta Kowalska", Clash: "gone"},
		},
	}
}

// stale could not read the calendar, and is late.
func stale() *Day {
	d := day("2026-12-08", london)
	s := ordinary()
	return &Day{
		Date: d.day, Zone: london, Language: English, Made: d.at("08:12"),
		Notices:  []Notice{{Kind: Stale, What: "Google Calendar", Since: d.at("-1 18:40")}, {Kind: Late, Since: d.at("06:30")}},
		Timeline: s.Timeline[:3],
	}
}

// confidential holds what may not be seen, in every section.
func confidential() *Day {
	d := day("2026-12-10", london)
	secret := Line{Confidential: true, Kind: Ask, Title: "SECRET title", Who: "SECRET who", Text: "SECRET text", When: d.span("09:00", 30), Actions: does("SECRET", "accept"), Source: ofMail("SECRET rule", "SECRET")}
	return &Day{
		Date: d.day, Zone: london, Language: English,
		Needs: []Line{secret, secret}, Changes: []Line{secret},
		Timeline: []Entry{{
			Confidential: true, Kind: Meeting, When: d.span("13:00", 60), Title: "SECRET title", Place: "SECRET place", Join: "https://meet.acme.example/SECRET", Outside: []string{"SECRET guest"},
			Accepted: 2, GuestZone: berlin, NoAgenda: true, Clash: "SECRET", Source: ofEvent("SECRET"),
		}},
		Prep: []Brief{
			{Confidential: true, Title: "SECRET title", When: d.span("13:00", 60), People: []string{"SECRET guest"}},
			{Title: "Auditors", When: d.span("15:00", 60), Last: secret, Ours: []Line{secret}, Theirs: []Line{secret}},
		},
		Mail: []Section{{Title: "Board", Lines: []Line{secret, secret, secret}}}, Deadlines: []Line{secret}, Owed: []Line{secret}, Waiting: []Line{secret}, Done: []Line{secret},
	}
}

// week has forty meetings in five days, eight of them today.
func week() *Day {
	d := day("2026-12-07", london)
	w := &Day{Date: d.day, Zone: london, Language: English}
	for i := range 8 {
		w.Timeline = append(w.Timeline, Entry{Kind: Meeting, Source: ofEvent(fmt.Sprint("m", i)), When: d.span(fmt.Sprintf("%02d:%02d", 8+i*5/4, i%2*30), 45), Title: fmt.Sprintf("Meeting %d of the quarter close", i+1), Place: "Room Severn", Accepted: i, Open: 8 - i})
	}
	for i := range 4 {
		at := fmt.Sprintf("+%d 08:00", i+1)
		w.Week = append(w.Week, Ahead{Date: d.at(at), Meetings: 8, First: d.at(at), Time: 6 * time.Hour, Load: 0.6 + 0.15*float64(i)})
	}
	return w
}

// deutsch is a day in German.
func deutsch() *Day {
	d := day("2026-12-01", berlin)
	o := ordinary()
	return &Day{
		Date: d.day, Zone: berlin, Language: LanguageOf("de-DE"), Made: d.at("06:30"),
		Notices: []Notice{{Kind: Stale, What: "Google Kalender", Since: d.at("-1 18:40")}},
		Needs: []Line{
			{ID: "a", Kind: Conflict, Source: ofEvent("a"), When: d.span("10:30", 30), Clash: &Clash{Stays: "Quartalsgespräch Hansa Logistik", Gives: "Jour fixe Technik", Why: "somebody from outside takes part", Do: Move, To: d.span("+1 09:00", 60)}, Actions: does("a", "fix", "snooze")},
			{Kind: Invitation, Source: ofEvent("b"), Title: "Einführung in Lübeck", Who: "Karin Vogel", Text: "Bittet um einen Termin am ersten Morgen.", When: d.span("+6 13:30", 120), Actions: does("b", "accept", "decline", "snooze")},
		},
		Changes: []Line{{Kind: Moved, Source: ofEvent("c"), Title: "Budget 2027", When: d.span("15:00", 90), Was: d.span("+2 15:00", 90)}},
		Timeline: []Entry{
			{Kind: Meeting, Source: ofEvent("a"), When: d.span("10:00", 60), Title: "Quartalsgespräch Hansa Logistik", Place: "Am Sandtorkai 12, Hamburg", Outside: []string{"Karin Vogel, Hansa Logistik"}, Accepted: 1, Clash: "a"},
			{Kind: Meeting, Source: ofEvent("t"), When: d.span("10:30", 30), Title: "Jour fixe Technik", Accepted: 4, Declined: 1, Open: 2, NoAgenda: true, Clash: "a"},
			{Kind: Meeting, Source: ofEvent("c"), When: d.span("15:00", 90), Title: "Budget 2027", Join: "https://meet.acme.example/budget", GuestZone: london, Accepted: 3},
		},
		Prep:      []Brief{{Source: ofEvent("a"), Title: "Quartalsgespräch Hansa Logistik", When: d.span("10:00", 60), People: []string{"Karin Vogel, Hansa Logistik"}, Last: Line{Who: "Karin Vogel", Text: "Die Übersicht über Leerfahrten müsste um sieben Uhr da sein.", When: d.span("-5 14:44", 0)}, Ours: []Line{{Title: "Übersicht über Leerfahrten", When: d.allDay(6, 1)}}}},
		Deadlines: []Line{{Title: "Angebot für Rahmenvertrag 4471", When: d.allDay(-1, 1)}, {Title: "Umsatzmeldung", When: d.allDay(0, 1)}},
		Owed:      []Line{{Title: "Rückmeldung nach vier Wochen", Who: "Karin Vogel", When: Span{Start: d.at("-1 14:00")}}},
		Week:      []Ahead{{Date: d.at("+1 00:00"), Meetings: 1, First: d.at("+1 09:00"), Load: 0.1}, {Date: d.at("+2 00:00"), Load: 0}},
		Goals:     o.Goals,
		Done:      []Line{{Source: rule("Newsletter für Freitag"), Count: 1234, Title: "Newsletter für Freitag gesammelt", Actions: does("d", "undo")}},
	}
}

// francais is the same in French, on a first of the month.
func francais() *Day {
	d := day("2026-12-01", paris)
	return &Day{
		Date: d.day, Zone: paris, Language: LanguageOf("fr_FR.UTF-8"), Made: d.at("06:30"),
		Notices: []Notice{{Kind: Late, Since: d.at("06:30")}},
		Needs: []Line{
			{ID: "a", Kind: Conflict, Source: ofEvent("a"), When: d.span("14:30", 30), Clash: &Clash{Stays: "Comité de direction", Gives: "Point hebdomadaire", Why: "the rule \"Les clients d’abord\" stands for it", Do: Decline, To: d.span("+1 09:00", 30)}, Actions: does("a", "fix", "snooze")},
			{Kind: Ask, Source: ofMail("Questions", "antoine"), Title: "Douze mois renouvelables", Who: "Antoine Lefèvre", Text: "Il présente le dossier vendredi et souhaite une réponse avant.", Actions: does("b", "snooze")},
		},
		Timeline: []Entry{
			{Kind: Meeting, Source: ofEvent("a"), When: d.span("14:00", 90), Title: "Comité de direction", Place: "12 rue de Gerland, Lyon", Outside: []string{"Claire Fabre, Trans-Rhône"}, Accepted: 1, Open: 3, Clash: "a"},
			{Kind: Meeting, Source: ofEvent("b"), When: d.span("14:30", 30), Title: "Point hebdomadaire", NoAgenda: true, NoLink: true, GuestZone: london, Clash: "a"},
			{Kind: Travel, Source: ofEvent("c"), When: d.span("18:00", 75), Title: "Train Lyon – Paris"},
		},
		Waiting: []Line{{Title: "Volumes des deux sites", Who: "Claire Fabre", When: Span{Start: d.at("-9 12:00")}}},
		Week:    []Ahead{{Date: d.at("+1 00:00"), Meetings: 1, First: d.at("+1 09:00"), Load: 0.06}, {Date: d.at("+2 00:00"), Meetings: 0}},
		Done:    []Line{{Source: rule("Lettres du vendredi"), Count: 1234, Title: "lettres mises de côté pour vendredi", Actions: does("d", "undo")}},
	}
}

// busy is 300 mails, 25 events and 12 conflicts.
func busy() *Day {
	d := day("2026-12-08", london)
	b := ordinary()
	b.Needs, b.Timeline, b.Mail, b.Prep = nil, nil, nil, nil
	for i := range 12 {
		b.Needs = append(b.Needs, Line{
			ID: fmt.Sprint("clash", i), Kind: Conflict, Source: ofEvent(fmt.Sprint("c", i)), When: d.span(fmt.Sprintf("%02d:00", 8+i), 30),
			Clash: &Clash{Stays: fmt.Sprintf("Customer call %d", i), Gives: fmt.Sprintf("Weekly %d", i), Why: "somebody from outside takes part", Do: Move, To: d.span(fmt.Sprintf("+1 %02d:00", 8+i), 30)}, Actions: does(fmt.Sprint(i), "fix", "snooze"),
		})
	}
	for i := range 25 {
		e := Entry{Kind: Meeting, Source: ofEvent(fmt.Sprint("e", i)), When: d.span(fmt.Sprintf("%02d:%02d", 7+i/2, i%2*30), 45), Title: fmt.Sprintf("Customer call %d about the numbers of the quarter", i), Join: fmt.Sprintf("https://meet.acme.example/room-%d", i), Outside: []string{"Marta Kowalska, BigCustomer", "Oliver Grant, Fleetline"}, Accepted: 3, Open: 2, NoAgenda: i%2 == 0, GuestZone: berlin}
		if i < 12 {
			e.Clash = fmt.Sprint("clash", i)
		}
		b.Timeline = append(b.Timeline, e)
		if i < 6 {
			b.Prep = append(b.Prep, Brief{Source: e.Source, Title: e.Title, When: e.When, People: e.Outside, Last: Line{Who: "Marta Kowalska", Text: strings.Repeat("The board will not sign at the present price. ", 4), When: d.span("-2 10:00", 0)}, Ours: []Line{{Title: "the revised offer"}, {Title: "credits per site", When: d.allDay(1, 1)}}, Files: []string{"offer.pdf", "request.pdf"}})
		}
	}
	for i := range 10 {
		s := Section{Title: fmt.Sprintf("Section %d", i)}
		for j := range 30 {
			s.Lines = append(s.Lines, Line{Source: ofMail("Customers", fmt.Sprint(i, "-", j)), Who: "Luca Moretti", Title: fmt.Sprintf("Mail %d about the renewal of the framework contract", j), Text: strings.Repeat("The list price stands if they ask for a reference. ", 4), Actions: does(fmt.Sprint(i, "-", j), "snooze", "keep", "unsubscribe")})
		}
		b.Mail = append(b.Mail, s)
	}
	return b
}

// days are all of them, by the name of their golden files.
var days = []struct {
	name string
	make func() *Day
}{
	{"ordinary", ordinary},
	{"empty", empty},
	{"no-calendar", noCalendar},
	{"all-day-conference", conference},
	{"travel-across-zones", travel},
	{"clocks-forward", clocksForward},
	{"conflict", conflict},
	{"stale-source", stale},
	{"confidential", confidential},
	{"forty-meetings-a-week", week},
	{"german", deutsch},
	{"french", francais},
	{"hostile", hostile},
	{"busy", busy},
}
