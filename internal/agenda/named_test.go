package agenda

import (
	"fmt"
	"strings"
	"testing"
)

func TestASentenceNamesADay(t *testing.T) {
	tuesday := day("2026-11-24", london).at("00:00")
	for sentence, want := range map[string]struct{ date, weekday bool }{
		"I will send it by Tuesday 24 November.":        {true, true},
		"Ich schicke es bis Dienstag, den 24. November": {true, true},
		"Je l’envoie avant le mardi 24 novembre":        {true, true},
		"You get it on TUESDAY":                         {false, true},
		"bis Dienstag":                                  {false, true},
		"before the 24th":                               {true, false},
		"by 24/11, by 24.11. or 2026-11-24":             {true, false},
		"I will send it":                                {false, false},
		"by Wednesday 25 November":                      {false, false},
		"Tuesdays are full":                             {false, false},
		"by 24:00, for £24 or 24%":                      {false, false},
		"within 24h, or 124, or A24, or 2024":           {false, false},
		"mardi24":                                       {false, true}, // no date: people write it apart
	} {
		if date, weekday := NamesDay(sentence, tuesday); date != want.date || weekday != want.weekday {
			t.Errorf("%q: date %v, weekday %v", sentence, date, weekday)
		}
	}
	if date, _ := NamesDay("avant le 1er décembre", day("2026-12-01", london).at("00:00")); !date {
		t.Error("the first of a month is not known")
	}
}

// TestAPromiseSaysItsDayOnce in each language, wherever promises are shown. A weekday
// says nothing of a day that is over or weeks away.
func TestAPromiseSaysItsDayOnce(t *testing.T) {
	d := day("2026-11-23", london) // a Monday
	for language, sentences := range map[Language][2]string{
		English: {"I will send the names by Tuesday 24 November.", "I will send the names by Tuesday."},
		German:  {"Ich schicke die Namen bis Dienstag, den 24. November.", "Ich schicke die Namen bis Dienstag."},
		French:  {"J’envoie les noms avant le mardi 24 novembre.", "J’envoie les noms avant mardi."},
	} {
		for i, x := range []struct {
			sentence string
			days     int // from today to the day that it means
			said     bool
		}{
			{sentences[0], 1, true}, {sentences[1], 1, true}, {sentences[1], 15, false}, {sentences[1], 2, false}, {"The names follow.", 1, false},
		} {
			name := fmt.Sprint(language, " ", i)
			due := Line{Source: ofMail("", "x"), Who: "Tom", Title: x.sentence, When: d.allDay(x.days, 1)}
			date := language.words().date(due.When.Start)
			for of, text := range map[string]string{
				"agenda": rendered(t, &Day{Date: d.day, Zone: london, Language: language, Prep: []Brief{{Title: "Call", When: d.span("10:00", 30), Ours: []Line{due}}}}).Text,
				"review": rendered(t, &Review{From: d.at("-6 00:00"), To: d.at("+1 00:00"), Zone: london, Language: language, Theirs: []Line{due}}).Text,
				"brief":  rendered(t, &CheckIn{Date: d.day, Zone: london, Language: language, Title: "Call", Ours: []Line{due}}).Text,
			} {
				if n := strings.Count(text, date); (n == 0) != x.said {
					t.Errorf("%s, %s: %q stands there %d times in\n%s", name, of, date, n, text)
				}
			}
		}
	}
	late := Line{Source: ofMail("", "x"), Who: "Tom", Title: "I will send it by Friday 20 November.", When: d.allDay(-3, 1)}
	if text := rendered(t, &Review{From: d.at("-6 00:00"), To: d.at("+1 00:00"), Zone: london, Ours: []Line{late}}).Text; !strings.Contains(text, "overdue, Fri 20 Nov") {
		t.Errorf("that a promise is late is not said:\n%s", text)
	}
}

// TestAsksAreFewAndSayWhatIsAsked: what only asks leaves room for what can be decided.
func TestAsksAreFewAndSayWhatIsAsked(t *testing.T) {
	d := &Day{Date: day("2026-12-08", london).day, Zone: london}
	for i := range 8 {
		d.Needs = append(d.Needs, Line{ID: fmt.Sprint("ask", i), Kind: Ask, Who: "Tom", Title: fmt.Sprint("Paper ", i), Text: "Will you sign?"})
	}
	d.Needs = append(d.Needs, Line{ID: "hidden", Kind: Ask, Confidential: true, Title: "SECRET"}, Line{ID: "yes", Kind: Invitation, Title: "Budget"})
	text := rendered(t, d).Text
	if strings.Count(text, "Asks you: ") != mostAsks || strings.Count(text, "Will you sign?") != mostAsks || !strings.Contains(text, "6. Invitation: Budget") {
		t.Errorf("asks are not %d before what follows them:\n%s", mostAsks, text)
	}
	if !strings.Contains(text, "- 1 confidential item\n") || !strings.Contains(text, "and 3 more, left out here") || strings.Contains(text, "SECRET") {
		t.Errorf("what is left out is not said:\n%s", text)
	}
	why, err := d.Why()
	if err != nil || len(why) != 10 {
		t.Errorf("%d lines are traced: %v", len(why), err)
	}
}

// TestASenderIsNamedOnce where the subject begins with the name.
func TestASenderIsNamedOnce(t *testing.T) {
	c := newComposer(English, evening().Date, london, levels[0])
	for want, line := range map[string]Line{
		"Tom Arkwright: Budget":                  {Who: "Tom Arkwright", Title: "Budget"},
		"The Ops Brief: lighthouses":             {Who: "The Ops Brief", Title: "The Ops Brief: lighthouses"},
		"the ops brief, weekend edition":         {Who: "The Ops Brief", Title: "the ops brief, weekend edition"},
		"Tom: Tomatoes":                          {Who: "Tom", Title: "Tomatoes"},
		"Tom: Tom":                               {Who: "Tom", Title: "Tom"},
		"Budget":                                 {Title: "Budget"},
		"Élodie : L’entrepôt":                    {Who: "Élodie", Title: "Élodie : L’entrepôt"},
		"Zoë: Zo\xeb, a subject cut in a letter": {Who: "Zoë", Title: "Zo\xeb, a subject cut in a letter"},
	} {
		if got := plainly(c.whoAndWhat(&line)); got != plainly(clean(want, 200)) {
			t.Errorf("%+v: %q, not %q", line, got, want)
		}
	}
}
