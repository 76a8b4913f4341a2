package agenda

import (
	"strings"
	"testing"
)

func TestStories(t *testing.T) {
	d := day("2026-12-08", london)
	open, closed := Moment{Opened, d.at("08:02")}, Moment{Resolved, d.at("10:40")}
	news := func(at string) Moment { return Moment{Update, d.at(at)} }
	for name, c := range map[string]struct {
		story []Moment
		want  string
		over  bool
	}{
		"an outage from end to end":                  {[]Moment{open, news("08:30"), news("09:00"), news("09:40"), closed}, "opened 08:02 · 3 updates, last 09:40 · resolved 10:40 (2 h 38)", true},
		"one that goes on is not over":               {[]Moment{open, news("09:40")}, "opened 08:02 · update 09:40 · not resolved yet", false},
		"only news tells nothing of an end":          {[]Moment{news("08:30"), news("09:40")}, "2 updates, last 09:40", true},
		"without a beginning there is no length":     {[]Moment{news("08:30"), closed}, "update 08:30 · resolved 10:40", true},
		"it may come back":                           {[]Moment{open, closed, {Opened, d.at("11:00")}}, "opened 08:02 · resolved 10:40 (2 h 38) · opened 11:00 · not resolved yet", false},
		"and its second end counts from there":       {[]Moment{open, closed, {Opened, d.at("11:00")}, {Resolved, d.at("11:30")}}, "opened 08:02 · resolved 10:40 (2 h 38) · opened 11:00 · resolved 11:30 (30 min)", true},
		"said twice, it began when it was said":      {[]Moment{open, {Opened, d.at("08:10")}, closed}, "opened 08:02 · resolved 10:40 (2 h 38)", true},
		"another day has its date":                   {[]Moment{{Opened, d.at("-1 22:00")}, closed}, "opened Mon 7 Dec, 22:00 · resolved Tue 8 Dec, 10:40 (12 h 40)", true},
		"and says it once":                           {[]Moment{{Opened, d.at("-1 21:00")}, {Update, d.at("-1 21:30")}, {Resolved, d.at("-1 22:00")}}, "opened Mon 7 Dec, 21:00 · update 21:30 · resolved 22:00 (1 h)", true},
		"other words are shown as they are":          {[]Moment{{"renewed", d.at("08:00")}}, "renewed 08:00", true},
		"of a long one, the first and the last":      {[]Moment{open, {"a", d.at("08:10")}, {"b", d.at("08:20")}, {"c", d.at("08:30")}, {"d", d.at("08:40")}, {"e", d.at("08:50")}, closed}, "opened 08:02 · … · c 08:30 · d 08:40 · e 08:50 · resolved 10:40 (2 h 38)", true},
		"what ended before it began has no length":   {[]Moment{{Opened, d.at("11:00")}, closed}, "opened 11:00 · resolved 10:40", true},
		"a story without moments is not told":        {nil, "", true},
		"an end that is said again is the first end": {[]Moment{open, closed, {Resolved, d.at("11:00")}}, "opened 08:02 · resolved 10:40 (2 h 38)", true},
	} {
		got, over := newComposer(English, d.day, london, levels[0]).story(c.story)
		if plain := strings.ReplaceAll(got, noBreak, " "); plain != c.want || over != c.over {
			t.Errorf("%s: %q, %v; not %q", name, plain, over, c.want)
		}
	}
}

func TestStoriesAreToldInEachLanguage(t *testing.T) {
	d := day("2026-12-08", london)
	story := []Moment{{Opened, d.at("08:02")}, {Update, d.at("08:30")}, {Update, d.at("09:40")}, {Resolved, d.at("10:40")}}
	for language, want := range map[Language]string{
		German: "begonnen 08:02 · 2 Meldungen, letzte 09:40 · behoben 10:40 (2:38 Std.)",
		French: "début 8h02 · 2 points, le dernier 9h40 · résolu 10h40 (2 h 38 min)",
	} {
		got, _ := newComposer(language, d.day, london, levels[0]).story(story)
		if plain := strings.ReplaceAll(got, noBreak, " "); plain != want {
			t.Errorf("%s: %q, not %q", language, plain, want)
		}
	}
}

// TestWhereverItStandsALineTellsItsStory and says which summaries a model wrote.
func TestWhereverALineStandsItTellsItsStory(t *testing.T) {
	d := day("2026-12-08", london)
	line := Line{Kind: Ask, Title: "INC-1", Text: "It works again.", ByModel: true, Story: []Moment{{Opened, d.at("08:02")}, {Resolved, d.at("10:40")}}}
	for section, one := range map[string]letter{
		"needs":     &Day{Date: d.day, Needs: []Line{line}},
		"mail":      &Day{Date: d.day, Mail: []Section{{"IT", []Line{line}}}},
		"deadlines": &Day{Date: d.day, Deadlines: []Line{line}},
		"digest":    &Digest{Date: d.day, Groups: []Section{{"", []Line{line}}}},
		"threads":   &CheckIn{Date: d.day, Threads: []Line{line}},
	} {
		if text := rendered(t, one).Text; !strings.Contains(text, "  opened 08:02 · resolved 10:40 (2"+noBreak) || !strings.Contains(text, "  Language model: It works again.") {
			t.Errorf("%s: %s", section, text)
		}
	}
}
