package agenda

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// plainly is a text with ordinary spaces, for tests to read.
func plainly(text string) string {
	return strings.NewReplacer(noBreak, " ", "\u202f", " ", isolate, "", isolated, "").Replace(text)
}

func TestSubjectsOfTheLetters(t *testing.T) {
	two := func(who string) *CheckIn {
		return &CheckIn{Date: rahul().Date, Zone: london, Title: "Weekly", When: rahul().When, Who: who}
	}
	for name, c := range map[string]struct {
		letter letter
		want   string
	}{
		"a digest at a time":                 {evening(), "Evening digest · Tue 8 Dec · 7 mails"},
		"a digest of a day, in German":       {abend(), "Post für Freitag · Fr 4. Dez. · 2 E-Mails"},
		"a bundle has its own name":          {full(), "Programs and other things · Tue 8 Dec · 200 mails"},
		"a name from right to left":          {&Digest{Name: "אבג", Date: evening().Date}, "אבג · Tue 8 Dec · 0 mails"},
		"a review":                           {friday(), "Your week · Mon 7 Dec–Fri 11 Dec · 31 meetings · 5 open promises · 2 deadlines"},
		"a review on a Monday":               {&Review{From: friday().From, To: friday().From.Add(15 * time.Hour), Zone: london}, "Your week · Mon 7 Dec"},
		"a review of nothing":                {&Review{From: friday().From, To: friday().To, Zone: london}, "Your week · Mon 7 Dec–Fri 11 Dec"},
		"a brief":                            {rahul(), "With Rahul Menon · 10:30–11:00 · 2 open threads · 3 open promises"},
		"somebody without a name":            {two(""), "With Weekly · 10:30–11:00"},
		"a name is no place for a header":    {two("Rahul\r\nBcc: all@acme.example"), "With Rahul Bcc: all@acme.example · 10:30–11:00"},
		"nor for what turns text around":     {two("\u202egnorw \u2066Menon"), "With gnorw Menon · 10:30–11:00"},
		"a name of a hundred letters is cut": {two(strings.Repeat("x", 100)), "With " + strings.Repeat("x", 60) + "… · 10:30–11:00"},
	} {
		if got := plainly(rendered(t, c.letter).Subject); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	c := newComposer(English, friday().To, london, reviewLevels[0])
	for name, x := range map[string]struct {
		figure Figure
		want   string // of the only bar; empty: there is none
	}{
		"more than last week":           {Figure{Value: 90, Before: 60, Known: true}, "Time in meetings · 1 h 30 · last week 1 h, 100 over 67"},
		"less than last week":           {Figure{Value: 30, Before: 60, Known: true}, "Time in meetings · 30 min · last week 1 h, 50 over 100"},
		"none this week":                {Figure{Value: 0, Before: 60, Known: true}, "Time in meetings · 0 min · last week 1 h, 0 over 100"},
		"none at all":                   {Figure{Known: true}, "Time in meetings · 0 min · last week 0 min, 0 over 0"},
		"days from two on":              {Figure{Value: 3 * 24 * 60, Before: 47 * 60, Known: true}, "Time in meetings · 3 days · last week 47 h, 100 over 65"},
		"the first week beside nothing": {Figure{Value: 60, Known: true, NoBefore: true}, "Time in meetings · 1 h, 100 alone"},
		"what is not known is left out": {Figure{Value: 60}, ""},
	} {
		b := c.figuresOf(&Review{MeetingTime: x.figure})
		got := ""
		for _, line := range b.Bars {
			got = line.words() + ", " + english.number(line.Percent)
			if line.Both {
				got += " over " + english.number(line.Before)
			} else {
				got += " alone"
			}
		}
		if plainly(got) != x.want {
			t.Errorf("%s: %q, not %q", name, plainly(got), x.want)
		}
	}
}

// TestTheTimeSavedIsWorkedOut before the reader: what stands in the lines adds up to
// what stands above them, those that are left out included.
func TestTheTimeSavedIsWorkedOut(t *testing.T) {
	r := &Review{From: friday().From, To: friday().To, Zone: london, Handled: []Worth{{Title: "mails filed", Count: 100, Seconds: 15}, {Title: "mails summarized", Count: 4, Seconds: 90}, {Title: "answers", Count: 3}}}
	text := plainly(rendered(t, r).Text)
	for _, want := range []string{"About 31 min saved: each number times what one takes by hand.", "- 100 × mails filed · 15 s each = 25 min", "- 4 × mails summarized · 90 s each = 6 min", "- 3 × answers\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for range 12 {
		r.Handled = append(r.Handled, Worth{Title: "more", Count: 1, Seconds: 60})
	}
	if text := plainly(rendered(t, r).Text); !strings.Contains(text, "About 43 min saved") || !strings.Contains(text, "and 7 more, left out here") {
		t.Error(text)
	}
}

// TestAReviewIsShort whatever happened: about three hundred words, many of them names of
// figures, are read in a minute.
func TestAReviewIsShort(t *testing.T) {
	r := friday()
	for range 5 {
		r.Ours, r.Theirs, r.Deadlines, r.Rules, r.Ideas = append(r.Ours, r.Ours...), append(r.Theirs, r.Theirs...), append(r.Deadlines, r.Deadlines...), append(r.Rules, r.Rules...), append(r.Ideas, r.Ideas...)
	}
	for line := range r.Lines() {
		line.Actions = nil
	}
	words := regexp.MustCompile(`\pL+`)
	_, after, _ := strings.Cut(rendered(t, r).Text, "\nPROMISES\n")
	if n := len(words.FindAllString(after, -1)); n > 400 {
		t.Errorf("a long review has %d words below its figures", n)
	}
	if n := len(words.FindAllString(rendered(t, friday()).Text, -1)); n > 320 {
		t.Errorf("an ordinary one has %d words", n)
	}
}

// TestADigestShowsEveryMailBeforeItCutsAny: summaries get shorter first.
func TestADigestShowsEveryMailBeforeItCutsAny(t *testing.T) {
	d := full()
	d.Groups = d.Groups[:1]
	text := rendered(t, d).Text
	if n := strings.Count(text, "\n- Tracklane: "); n != 50 || strings.Contains(text, "left out") {
		t.Errorf("%d of 50 mails are shown", n)
	}
	text = rendered(t, full()).Text
	if !strings.Contains(text, "more, left out here") || !strings.Contains(text, "Program 0 50 · Program 1 50") {
		t.Error("a digest of 200 mails does not say what it leaves out")
	}
}

// TestWordsOfActions are true where they stand.
func TestWordsOfActions(t *testing.T) {
	c := newComposer(English, evening().Date, london, levels[0])
	for name, x := range map[string]struct {
		line  Line
		label string
		first bool
	}{
		"a held time is kept":            {Line{Kind: Hold, Actions: does("1", "keep")}, "Keep", true},
		"a mail is kept in the inbox":    {Line{Actions: does("1", "keep")}, "Keep in inbox", true},
		"snooze says when it comes back": {Line{Actions: does("1", "snooze")}, "Hide for 3 days", false},
		"a bundle opens":                 {Line{Actions: does("1", "expand")}, "Show all", true},
		"a word of a newer version":      {Line{Actions: does("1", "sing")}, "sing", true},
	} {
		acts := c.actsOf(&x.line)
		if len(acts) != 1 || acts[0].Label != x.label || acts[0].First != x.first {
			t.Errorf("%s: %+v", name, acts)
		}
	}
	if acts := c.actsOf(&Line{Actions: []Action{{Do: "accept"}}}); len(acts) > 0 {
		t.Errorf("an action without a link is shown: %+v", acts)
	}
}

func TestNotices(t *testing.T) {
	c := newComposer(English, evening().Date, london, levels[0])
	at := day("2026-12-08", london).at("06:30")
	for want, n := range map[string]Notice{
		"This should have reached you at 06:30; it was held up.":                                                   {Kind: Late, Since: at},
		"Google Calendar was last read on Tue 8 Dec, 06:30. Whatever came or changed since then is missing below.": {Kind: Stale, What: "Google Calendar", Since: at},
		"Google Calendar has not been read yet. What is there is missing below.":                                   {Kind: Stale, What: "Google Calendar"},
		"The rules of this morning could not be read.":                                                             {Kind: "else", What: "The rules of this morning could not be read."},
	} {
		if got := c.notice(&n); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestTheFootNamesTheLetter as foredesk agenda takes it, and gives nobody else's text
// to a shell.
func TestTheFootNamesTheLetter(t *testing.T) {
	for want, l := range map[string]letter{
		"--why --date 2026-12-08\n":                               ordinary(),
		"--why --date 2026-12-11 --review\n":                      friday(),
		`--why --date 2026-12-08 --digest evening` + "\n":         evening(),
		`--why --date 2026-12-08 --bundle Programs` + "\n":        &Digest{Name: "Programs", Date: evening().Date},
		`--why --date 2026-12-08 --bundle …` + "\n":               &Digest{Name: `$(rm -r ~)`, Date: evening().Date},
		`--why --date 2026-12-08 --brief "Rahul and Dana"` + "\n": rahul(),
		`--why --date 2026-12-08 --brief …` + "\n":                &CheckIn{Title: "`id`", Date: rahul().Date},
	} {
		if text := strings.Join(strings.Fields(rendered(t, l).Text), " ") + "\n"; !strings.HasSuffix(text, want) {
			t.Errorf("%q is not the end of %s", want, text)
		}
	}
}

// TestWhateverThereIsFitsInALetter as it does in the agenda.
func TestWhateverThereIsFitsInALetter(t *testing.T) {
	for name, one := range allWithText(strings.Repeat("<\"'>", 300)) {
		switch l := one.(type) {
		case *Digest:
			for range 5 {
				l.Groups = append(l.Groups, l.Groups...)
				l.Groups[0].Lines = append(l.Groups[0].Lines, l.Groups[0].Lines...)
			}
		case *Review:
			for range 6 {
				l.Ours, l.Rules, l.Handled, l.Goals, l.Days = append(l.Ours, l.Ours...), append(l.Rules, l.Rules...), append(l.Handled, l.Handled...), append(l.Goals, l.Goals...), append(l.Days, l.Days...)
			}
		case *CheckIn:
			for range 6 {
				l.Threads, l.Theirs, l.Files = append(l.Threads, l.Threads...), append(l.Theirs, l.Theirs...), append(l.Files, l.Files...)
			}
		}
		for line := range one.Lines() {
			line.Actions = []Action{{"accept", "mailto:" + strings.Repeat("'", longestLink-10)}, {"decline", "mailto:" + strings.Repeat("&", longestLink-10)}}
		}
		if l := rendered(t, one); len(l.HTML) > MostBytes {
			t.Errorf("%s: %d bytes", name, len(l.HTML))
		}
	}
}

// TestOneWeekIsOneWeek: where the clocks change within it, too.
func TestAReviewNamesItsDaysWhateverTheClocksDo(t *testing.T) {
	d := day("2026-10-19", london) // they go back on Sunday
	r := &Review{From: d.day, To: d.at("+7 00:00"), Zone: london, Days: []Ahead{{Date: d.at("+6 00:00"), Meetings: 1, Time: time.Hour}}}
	if text := rendered(t, r).Text; !strings.Contains(text, "Mon 19 Oct–Sun 25 Oct\n") || !strings.Contains(text, "Sun 25 Oct · 1 meeting, 1") {
		t.Error(text)
	}
}
