package agenda

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func rendered(t testing.TB, one letter) Letter {
	t.Helper()
	l, err := ready(one).Render()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheSubjectIsTheDayInFigures(t *testing.T) {
	for name, c := range map[string]struct {
		day  *Day
		want string
	}{
		"all of it":                        {ordinary(), "Tue 8 Dec · 6 meetings, first 09:00 · 1 conflict · 3 decisions"},
		"an empty day":                     {empty(), "Sun 27 Dec · no meetings"},
		"without a calendar":               {noCalendar(), "Mon 7 Dec · 0 decisions"},
		"what lasts all day is no meeting": {conference(), "Wed 9 Dec · 1 meeting, first 14:00"},
		"the clock of where the first is":  {travel(), "Fri 18 Dec · 2 meetings, first 11:30 · 1 decision"},
		"German":                           {deutsch(), "Di 1. Dez. · 3 Besprechungen, die erste 10:00 · 1 Konflikt · 1 Entscheidung"},
		"French":                           {francais(), "mar. 1er déc. · 2 réunions, la première à 14h00 · 1 conflit · 1 décision"},
	} {
		if got := rendered(t, c.day).Subject; got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// TestConfidentialLinesShowThatTheyExist and nothing else, in the page, in the text
// and in what Why tells.
func TestConfidentialLinesShowThatTheyExist(t *testing.T) {
	d := confidential()
	l := rendered(t, d)
	reasons, err := d.Why()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{l.Subject, l.HTML, l.Text} {
		if strings.Contains(text, "SECRET") {
			t.Errorf("a secret is shown: …%s…", text[max(0, strings.Index(text, "SECRET")-60):][:120])
		}
	}
	for _, r := range reasons {
		if strings.Contains(r.Line, "SECRET") {
			t.Errorf("%s tells a secret: %q", r.ID, r.Line)
		}
	}
	for _, want := range []string{"2 confidential items", "3 confidential items", "13:00–14:00   Private"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestAboutTwoHundredWordsStandBeforeTheTimeline, however much there is; buttons are
// not read.
func TestAboutTwoHundredWordsStandBeforeTheTimeline(t *testing.T) {
	for _, d := range days {
		before, _, _ := strings.Cut(rendered(t, d.make()).Text, "\n\n\nTODAY\n")
		words := strings.Fields(regexp.MustCompile(`(?m)^.*: mailto:.*$`).ReplaceAllString(before, ""))
		words = slices.DeleteFunc(words, func(w string) bool { return w == "·" || w == "-" })
		if len(words) > 220 && d.name != "hostile" && strings.Contains(before, "NEEDS") {
			t.Errorf("%s: %d words", d.name, len(words))
		}
	}
}

// TestEachSectionSaysWhatItLeavesOut and Why still lists it.
func TestEachSectionSaysWhatItLeavesOut(t *testing.T) {
	d := busy()
	l := rendered(t, d)
	reasons, err := d.Why()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, r := range reasons {
		if r.Shown {
			shown[r.Section]++
		}
	}
	for section, want := range map[string]int{"needs": 7, "mail": 12, "timeline": 25} {
		if shown[section] != want {
			t.Errorf("%s shows %d lines, not %d", section, shown[section], want)
		}
	}
	for _, want := range []string{"and 5 more, left out here\n\n\nCHANGED", "and 28 more, left out here\n\nSection 1", "and 120 more, left out here\n\n\nDEADLINES"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if len(reasons) < 300 {
		t.Errorf("Why lists %d lines", len(reasons))
	}
}

// TestEveryLineCanBeTraced to its source, in the order of the page.
func TestEveryLineCanBeTraced(t *testing.T) {
	d := ordinary()
	l := rendered(t, d)
	reasons, err := d.Why()
	if err != nil {
		t.Fatal(err)
	}
	ids, place := map[string]bool{}, 0
	for _, r := range reasons {
		if r.ID == "" || ids[r.ID] {
			t.Errorf("the ID %q of %q is empty or given twice", r.ID, r.Line)
		}
		ids[r.ID] = true
		if r.Source == (Source{}) && r.Section != "ahead" && !strings.HasPrefix(r.Line, "no mail") {
			t.Errorf("%s comes from nowhere: %q", r.ID, r.Line)
		}
		if !r.Shown {
			t.Errorf("%s is left out", r.ID)
		}
		title := strings.Split(r.Line, " · ")
		at := strings.Index(strings.Join(strings.Fields(l.Text[place:]), " "), strings.Join(strings.Fields(title[len(title)-1]), " "))
		if at < 0 && r.Section != "timeline" {
			t.Errorf("%s is not in the text after what stands before it: %q", r.ID, r.Line)
		}
	}
	want := len(d.Needs) + len(d.Changes) + len(d.Timeline) + len(d.Deadlines) + len(d.Owed) + len(d.Waiting) + len(d.Week) + len(d.Goals) + len(d.Done) + 4 + 3 // mail; the brief, its last mail, its promise
	if len(reasons) != want {
		t.Errorf("%d lines are traced, not %d", len(reasons), want)
	}
}

// TestWhereNotAllFitsTheRestIsToldInALine and can be decided there.
func TestWhereNotAllFitsTheRestIsToldInALine(t *testing.T) {
	d := busy()
	d.Needs = append(d.Needs[:4], Line{Kind: Invitation, Title: "Leadership weekly", Who: "Tom Arkwright", Text: strings.Repeat("a long text ", 20), Actions: does("5", "accept", "decline")})
	b := d.compose(levels[0]).Blocks[0]
	if len(b.Rows) != 5 || b.More != "" {
		t.Fatalf("%d decisions are shown", len(b.Rows))
	}
	for i, r := range b.Rows {
		if r.Strong != (i < cardsAtLeast) || len(r.Acts) != 2 || r.Number == "" {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if fix, invited := b.Rows[3], b.Rows[4]; len(fix.Notes) != 1 || !strings.HasPrefix(fix.Notes[0].Lead, english.recommended) || invited.Title != "Tom Arkwright: Leadership weekly" || len(invited.Notes) > 0 {
		t.Errorf("%+v\n%+v", fix, invited)
	}
}

func TestNumberKeepsWhatIsThere(t *testing.T) {
	d := ordinary()
	d.Number()
	if d.Needs[0].ID != "clash" || d.Needs[1].ID != "need-2" || d.Prep[0].Ours[0].ID != "prep-1-ours-1" {
		t.Errorf("%q %q %q", d.Needs[0].ID, d.Needs[1].ID, d.Prep[0].Ours[0].ID)
	}
}

// TestTheSameDayMakesTheSameBytes, and is not changed by it.
func TestTheSameDayMakesTheSameBytes(t *testing.T) {
	for _, d := range days {
		one := ready(d.make())
		a, b := rendered(t, one), rendered(t, one)
		if a != b {
			t.Errorf("%s differs from itself", d.name)
		}
		if !reflect.DeepEqual(one, ready(d.make())) {
			t.Errorf("%s was changed by rendering it", d.name)
		}
	}
}

// TestWhateverThereIsFits in a mail: fields of a thousand characters that take six
// bytes each in HTML, and hundreds of them.
func TestWhateverThereIsFits(t *testing.T) {
	d := withText(strings.Repeat("<\"'>", 300))
	for range 6 {
		d.Needs, d.Changes, d.Timeline = append(d.Needs, d.Needs...), append(d.Changes, d.Changes...), append(d.Timeline, d.Timeline...)
		d.Prep, d.Mail, d.Week, d.Goals = append(d.Prep, d.Prep...), append(d.Mail, d.Mail...), append(d.Week, d.Week...), append(d.Goals, d.Goals...)
		d.Done, d.Owed, d.Waiting, d.Deadlines = append(d.Done, d.Done...), append(d.Owed, d.Owed...), append(d.Waiting, d.Waiting...), append(d.Deadlines, d.Deadlines...)
	}
	for i := range d.Needs {
		d.Needs[i].Actions = []Action{{"accept", "mailto:" + strings.Repeat("'", longestLink-10)}, {"decline", "mailto:" + strings.Repeat("&", longestLink-10)}}
	}
	if l := rendered(t, d); len(l.HTML) > MostBytes || !strings.Contains(l.Text, "left out here") {
		t.Errorf("%d bytes", len(l.HTML))
	}
}

func TestTheTimeline(t *testing.T) {
	d := day("2026-12-08", london)
	for name, c := range map[string]struct {
		entries []Entry
		want    []string
		not     []string
	}{
		"gaps of half an hour and more are told": {
			[]Entry{{When: d.span("09:00", 60), Title: "a"}, {When: d.span("10:29", 30), Title: "b"}, {When: d.span("11:29", 30), Title: "c"}}, []string{"· 30 min free"}, []string{"29 min free"},
		},
		"there is no gap inside a longer event": {
			[]Entry{{When: d.span("09:00", 180), Title: "a"}, {When: d.span("09:30", 30), Title: "b"}, {When: d.span("11:00", 60), Title: "c"}}, nil, []string{"free"},
		},
		"what is shown as free fills no gap": {
			[]Entry{{When: d.span("09:00", 60), Title: "a"}, {When: d.span("10:00", 60), Title: "b", Free: true}, {When: d.span("11:00", 60), Title: "c"}}, []string{"shown as free"}, nil,
		},
		"what is over midnight says since and until when": {
			[]Entry{{When: d.span("-1 23:00", 120), Title: "a"}, {When: d.span("23:00", 120), Title: "b"}}, []string{"since Mon 7 Dec, 23:00", "until Wed 9 Dec, 01:00"}, nil,
		},
		"guests' clocks are told where they differ": {
			[]Entry{{When: d.span("09:00", 30), Title: "a", GuestZone: berlin}}, []string{"10:00–10:30 in Berlin"}, nil,
		},
		"and not where they only have another name": {
			[]Entry{{When: d.span("09:00", 30), Title: "a", GuestZone: zone("Europe/Dublin")}}, nil, []string{"Dublin"},
		},
		"a link is one only if it is https": {
			[]Entry{{When: d.span("09:00", 30), Title: "a", Join: "http://meet.acme.example"}}, nil, []string{"Join", "http:"},
		},
		"an only guest who comes is nothing to tell": {
			[]Entry{{When: d.span("09:00", 30), Title: "a", Accepted: 1}, {When: d.span("09:30", 30), Title: "b", Declined: 1}}, []string{"1 declined"}, []string{"accepted"},
		},
		"a conflict that is told above is referred to": {
			[]Entry{{When: d.span("09:00", 30), Title: "a", Clash: "need-1"}, {When: d.span("09:00", 30), Title: "b", Clash: "else"}}, []string{"Conflict, see 1 above", "Conflict\n"}, nil,
		},
	} {
		l := rendered(t, &Day{Date: d.day, Zone: london, Timeline: c.entries, Needs: []Line{{Kind: Ask, Title: "x"}}})
		text := strings.ReplaceAll(l.Text, noBreak, " ")
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in\n%s", name, w, text)
			}
		}
		for _, n := range c.not {
			if strings.Contains(text, n) {
				t.Errorf("%s: there is %q in\n%s", name, n, text)
			}
		}
	}
}

// TestTheTextSaysWhatThePageSays: all its words. Of its links it has those by which
// something is decided or taken back, and no other.
func TestTheTextSaysWhatThePageSays(t *testing.T) {
	for name, one := range everyLetter() {
		together := func(text string) string { return strings.Join(strings.Fields(text), "") }
		l, p, err := render(one.compose, limitsOf(one))
		if err != nil {
			t.Fatal(err)
		}
		text := together(l.Text)
		says := func(words string) {
			if t.Helper(); !strings.Contains(text, together(words)) {
				t.Errorf("%s: %q is on the page and not in the text", name, words)
			}
		}
		for i := range p.Blocks {
			b := &p.Blocks[i]
			for _, r := range b.Rows {
				says(r.Title)
				for _, n := range r.Notes {
					says(n.Lead + n.Text)
				}
				for _, a := range r.Acts {
					has, wanted := strings.Contains(text, a.URL), b.Key == "needs" || b.Key == "done"
					if has != wanted && (wanted || name != "hostile") { // there, one link stands in many places
						t.Errorf("%s: the link %q of %s is in the text: %v", name, a.Label, b.Key, has)
					}
				}
			}
			for _, s := range b.Stops {
				says(s.Title)
			}
		}
	}
}

func TestDeadlinesAndWaits(t *testing.T) {
	d := day("2026-03-30", london) // the day after the clocks went forward
	c := (&Day{Date: d.day, Zone: london}).compose(levels[0])
	if c.Heading != "Monday 30 March" {
		t.Fatal(c.Heading)
	}
	put := &composer{wording: &english, today: d.day, caps: levels[0]}
	for name, x := range map[string]struct {
		when       Span
		text, tone string
	}{
		"yesterday": {d.allDay(-1, 1), "overdue, Sun 29 Mar", "alert"}, "today": {d.allDay(0, 1), "today", "warn"}, "at noon": {Span{Start: d.at("12:00")}, "today, 12:00", "warn"},
		"tomorrow": {d.allDay(1, 1), "Tue 31 Mar", ""}, "never": {Span{}, "", ""},
	} {
		if text, tone := put.due(&Line{When: x.when}); text != x.text || tone != x.tone {
			t.Errorf("due %s: %q %q", name, text, tone)
		}
	}
	for when, want := range map[string]string{"-1 23:59": "for 1 day", "-3 08:00": "for 3 days", "00:10": "today", "+1 08:00": "today"} {
		if text, _ := put.waited(&Line{When: Span{Start: d.at(when)}}); text != want {
			t.Errorf("waiting since %s: %q, not %q", when, text, want)
		}
	}
}

func TestAnAgendaOfNothingIsOne(t *testing.T) {
	l, err := (&Day{Date: time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC)}).Render()
	if err != nil || l.Subject != "Tue 8 Dec · no meetings" || !strings.Contains(l.Text, english.quiet) {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestTheClocksAreToldOnTheDayTheyChange(t *testing.T) {
	for date, want := range map[string]string{"2026-03-29": "the day has 23 hours", "2026-10-25": "the day has 25 hours", "2026-10-26": ""} {
		text := rendered(t, &Day{Date: day(date, london).at("06:30"), Zone: london}).Text
		if told := strings.Contains(text, "! The clocks went"); told != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%s: %s", date, text)
		}
	}
}

// TestTimesAreThoseOfWhereOneIs: on a day of travel, what lies after the flight is
// told on the clocks there, wherever it stands.
func TestTimesAreThoseOfWhereOneIs(t *testing.T) {
	d := travel().compose(levels[0])
	var asides []string
	for _, b := range d.Blocks {
		for _, r := range b.Rows {
			asides = append(asides, r.Aside)
		}
	}
	if !slices.Equal(asides, []string{"12:00", "11:30–13:30"}) {
		t.Errorf("the hold and the brief are told at %q", asides)
	}
}
