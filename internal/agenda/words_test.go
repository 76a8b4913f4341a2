package agenda

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTheLanguagesSayTheSame promises that no word is missing in one, and that each
// takes what the others take.
func TestTheLanguagesSayTheSame(t *testing.T) {
	base := reflect.ValueOf(english)
	for _, l := range []Language{German, French} {
		other := reflect.ValueOf(*l.words())
		for i := range base.NumField() {
			name := base.Type().Field(i).Name
			same(t, string(l)+"."+name, base.Field(i), other.Field(i))
		}
		if l.words().tag != l {
			t.Errorf("%s has the words of %s", l, l.words().tag)
		}
	}
}

func same(t *testing.T, name string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.String:
		verbs := func(s string) int { return strings.Count(s, "%") - 2*strings.Count(s, "%%") }
		if b.String() == "" || verbs(a.String()) != verbs(b.String()) {
			t.Errorf("%s: %q beside %q", name, b.String(), a.String())
		}
	case reflect.Array:
		for i := range a.Len() {
			same(t, name, a.Index(i), b.Index(i))
		}
	case reflect.Struct:
		for i := range a.NumField() {
			same(t, name, a.Field(i), b.Field(i))
		}
	case reflect.Map:
		if strings.HasSuffix(name, ".cities") || strings.HasSuffix(name, ".whys") {
			return // see the tests of these
		}
		if a.Len() != b.Len() {
			t.Errorf("%s has %d words, not %d", name, b.Len(), a.Len())
		}
		for _, k := range a.MapKeys() {
			if !b.MapIndex(k).IsValid() {
				t.Errorf("%s has no word for %q", name, k.String())
			}
		}
	}
}

func TestEveryKindHasAWord(t *testing.T) {
	for _, k := range []Kind{Conflict, Invitation, Approval, Hold, Ask, New, Moved, Cancelled, Changed, Accepted, Declined} {
		if english.kinds[k] == "" {
			t.Errorf("%q has none", k)
		}
	}
}

func TestFormats(t *testing.T) {
	first := time.Date(2026, 3, 1, 8, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		l                                                    Language
		date, long, clock, minutes, hours, number, share, of string
	}{
		{English, "Sun 1 Mar", "Sunday 1 March", "08:05", "45 min", "1 h 05", "12,345", "35%", "1 meeting"},
		{German, "So 1. März", "Sonntag, 1. März", "08:05", "45 Min.", "1:05 Std.", "12.345", "35 %", "1 Besprechung"},
		{French, "dim. 1er mars", "dimanche 1er mars", "8h05", "45 min", "1 h 05 min", "12 345", "35 %", "1 réunion"},
	} {
		w := c.l.words()
		got := []string{w.date(first), w.longDate(first), w.clock(first), w.length(45 * time.Minute), w.length(65 * time.Minute), w.number(12345), w.percent(0.35), w.count(w.meetings, 1)}
		want := []string{c.date, c.long, c.clock, c.minutes, c.hours, c.number, c.share, c.of}
		for i := range got {
			if plain := strings.NewReplacer(noBreak, " ", "\u202f", " ").Replace(got[i]); plain != want[i] {
				t.Errorf("%s: %q, not %q", c.l, plain, want[i])
			}
		}
	}
	if german.count(german.meetings, 0) != "0 Besprechungen" || french.count(french.meetings, 0) != "0 réunion" {
		t.Error("none is one in German, or many in French")
	}
}

func TestLanguageOf(t *testing.T) {
	for tag, want := range map[string]Language{"de-AT": German, "fr_CH.UTF-8": French, "DE": German, "en-GB": English, "": English, "it": English, "-": English, "fr": French} {
		if got := LanguageOf(tag); got != want {
			t.Errorf("%q: %q", tag, got)
		}
	}
}

func TestCitiesHaveLocalNames(t *testing.T) {
	for _, c := range []struct {
		w          *wording
		zone, want string
	}{{&english, "Europe/London", "London"}, {&french, "Europe/London", "Londres"}, {&german, "Europe/Zurich", "Zürich"}, {&english, "America/New_York", "New York"}, {&english, "UTC", "UTC"}} {
		if got := c.w.city(zone(c.zone)); got != c.want {
			t.Errorf("%s: %q", c.zone, got)
		}
	}
}

func TestSpans(t *testing.T) {
	d := day("2026-12-08", london)
	for _, c := range []struct {
		s    Span
		want string
	}{
		{d.span("09:00", 30), "09:00–09:30"},
		{d.span("+1 09:00", 30), "Wed 9 Dec, 09:00–09:30"},
		{d.span("23:30", 60), "23:30–00:30"},
		{d.span("09:00", 26*60), "09:00–Wed 9 Dec, 11:00"},
		{Span{Start: d.at("09:00")}, "09:00"},
		{d.allDay(0, 1), "all day"},
		{d.allDay(1, 1), "Wed 9 Dec"},
		{d.allDay(0, 2), "Tue 8 Dec–Wed 9 Dec"},
	} {
		if got := english.span(c.s, d.day); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		" two  spaces ":                   "two spaces",
		"line\r\nbreak":                   "line break",
		"\u202etxt.exe":                   "txt.exe",
		"a\u200bb\u00adc\ufeff":           "abc",
		"bad \xff":                        "bad \ufffd",
		"family 👨\u200d👩":                 "family 👨\u200d👩",
		"\u0301first":                     "first",
		"שלום 12":                         isolate + "שלום 12" + isolated,
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301\u0301",
		strings.Repeat("x", 50):           strings.Repeat("x", 40) + "…",
		strings.Repeat("é", 50):           strings.Repeat("é", 40) + "…",
	} {
		if got := clean(in, 40); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}

// TestReasonsOfConflictsAreSaidInEachLanguage looks for those that package rules
// gives, in its source, so that none is added there and forgotten here.
func TestReasonsOfConflictsAreSaidInEachLanguage(t *testing.T) {
	source, err := os.ReadFile("../../rules/clash.go")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`(?m)^\t\{"([^"]+)", func\(a, b \*ranked\)|why := "([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) < 10 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	for _, l := range []Language{German, French} {
		c := &composer{wording: l.words()}
		for _, m := range reasons {
			why := strings.NewReplacer("%s", `"The board first"`, "%o", `"The board first"`).Replace(m[1] + m[2])
			if got := c.whyOf(why); got == why || strings.Contains(why, "board") != strings.Contains(got, "The board first") {
				t.Errorf("%s: %q is %q", l, why, got)
			}
		}
		if got := c.whyOf(`quite "another" reason`); got != `quite "another" reason` {
			t.Errorf("%s: %q", l, got)
		}
	}
}
