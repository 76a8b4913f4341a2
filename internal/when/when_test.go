package when

import (
	"strings"
	"testing"
	"time"
)

// one finds the only span of a text.
func one(t *testing.T, c Calendar, text string) Span {
	t.Helper()
	spans := Find(text, c)
	if len(spans) != 1 {
		t.Fatalf("%q: found %s, not one span", text, short(spans))
	}
	return spans[0]
}

func TestAmbiguityIsNotedAndLowersConfidence(t *testing.T) {
	c := wednesday(t, "Europe/London")
	for _, test := range []struct{ text, note string }{
		{"on 3/4/2027", "day and month could be the other way round"},
		{"Monday 15 December 2026", "15 December 2026 is a Tuesday, not a Monday"},
		{"tomorrow, Friday", "10 December 2026 is a Thursday, not a Friday"},
		{"next Friday", "11 December could be meant as well"},
		{"Wednesday", "today, or a week from today"},
		{"call me at 3", "morning or afternoon is not said"},
		{"on the 15th", "no month is given"},
		{"in a few days", "the number is not exact"},
		{"2026-13-01", "day and month were exchanged"},
		{"at midnight tomorrow", "the midnight at the other end of the day could be meant"},
		{"two days later", "counted from something else"},
	} {
		s := one(t, c, test.text)
		if !strings.Contains(s.Ambiguity, test.note) {
			t.Errorf("%q: the ambiguity is %q, not %q", test.text, s.Ambiguity, test.note)
		}
		if s.Confidence > 0.8 {
			t.Errorf("%q is ambiguous, but the confidence is %.2f", test.text, s.Confidence)
		}
	}
}

func TestClearDatesHaveHighConfidence(t *testing.T) {
	c := wednesday(t, "Europe/London")
	for _, text := range []string{
		"2026-12-14", "14 December 2026", "Monday, 14 December 2026 at 3pm", "tomorrow at 15:00", "by Friday", "25/12/2026", "EOD tomorrow", "next week",
	} {
		if s := one(t, c, text); s.Confidence < 0.9 || s.Ambiguity != "" {
			t.Errorf("%q: confidence %.2f, ambiguity %q", text, s.Confidence, s.Ambiguity)
		}
	}
}

func TestDayFirst(t *testing.T) {
	c := wednesday(t, "Europe/London")
	for _, test := range []struct {
		rule, text string
		dayFirst   bool
		want       string
	}{
		{"American by default", "on 3/4/2027", false, "2027-03-04"},
		{"the day first where the reader writes so", "on 3/4/2027", true, "2027-04-03"},
		{"a number beyond 12 is the day", "on 25/4/2027", false, "2027-04-25"},
		{"dots have the day first", "on 3.4.2027", false, "2027-04-03"},
		{"a German text has the day first", "Die Frist ist der 3/4/2027, bitte nicht vergessen", false, "by 2027-04-03"},
		{"ISO has the year first", "on 2027-04-03", true, "2027-04-03"},
	} {
		c.DayFirst = test.dayFirst
		if got := short(Find(test.text, c)); got != test.want {
			t.Errorf("%s: %q is %s, not %s", test.rule, test.text, got, test.want)
		}
	}
}

func TestChangeOfClocks(t *testing.T) {
	c := wednesday(t, "Europe/Berlin")
	for _, test := range []struct{ rule, text, want, note string }{
		{"winter has one offset", "2027-01-14 10:00", "2027-01-14T10:00:00+01:00", ""},
		{"summer has the other", "2027-07-14 10:00", "2027-07-14T10:00:00+02:00", ""},
		{"an hour that is left out is moved", "2027-03-28 02:30", "2027-03-28T03:30:00+02:00", "does not exist"},
		{"of an hour that comes twice the first is taken", "2027-10-31 02:30", "2027-10-31T02:30:00+02:00", "comes twice"},
		{"a zone of winter stays in summer", "2027-07-14 10:00 EST", "2027-07-14T10:00:00-05:00", ""},
		{"a zone of a place follows its clock", "2027-07-14 10:00 ET", "2027-07-14T10:00:00-04:00", ""},
	} {
		s := one(t, c, test.text)
		if got := s.Start.Format(time.RFC3339); got != test.want {
			t.Errorf("%s: %q is %s, not %s", test.rule, test.text, got, test.want)
		}
		if test.note == "" && s.Ambiguity != "" || !strings.Contains(s.Ambiguity, test.note) {
			t.Errorf("%s: the ambiguity of %q is %q, not %q", test.rule, test.text, s.Ambiguity, test.note)
		}
	}
	s := one(t, c, "28 March 2027")
	if got := s.End.Sub(s.Start); got != 23*time.Hour {
		t.Errorf("the day on which the clocks go forward has %s, not 23 hours", got)
	}
}

func TestEndOfDayFollowsTheWorkingHours(t *testing.T) {
	c := wednesday(t, "Europe/London")
	c.WorkFrom, c.WorkTo = 8*60, 18*60+30
	if got := short(Find("by EOD Friday", c)); got != "by 2026-12-11 18:30" {
		t.Errorf("EOD Friday is %s", got)
	}
	c.WorkDays = [7]bool{time.Sunday: true, time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true}
	if got := short(Find("by EOW", c)); got != "by 2026-12-13" {
		t.Errorf("the end of a week that ends with a working Sunday is %s", got)
	}
}

func TestTextIsWhatWasWritten(t *testing.T) {
	c := wednesday(t, "Europe/London")
	text := "Grüße! Can you send it by\nFriday, 11 December at 5 p.m. (CET)? Otherwise Monday."
	spans := Find(text, c)
	if len(spans) != 2 {
		t.Fatalf("found %s", short(spans))
	}
	for _, s := range spans {
		if text[s.Offset:s.Offset+len(s.Text)] != s.Text {
			t.Errorf("%q is not at offset %d", s.Text, s.Offset)
		}
	}
	if s := spans[0]; s.Text != "Friday, 11 December at 5 p.m. (CET)" || s.Zone != "CET" || !s.Deadline || !s.HasTime {
		t.Errorf("found %+v", s)
	}
}

func TestNothingReachesAcrossAnEmptyLine(t *testing.T) {
	got := short(Find("Call on Friday\n\n14 people will be there at the\n\n10 of them late", wednesday(t, "Europe/London")))
	if got != "2026-12-11" {
		t.Errorf("found %s", got)
	}
}

// FuzzFind holds what is promised of any text at all.
func FuzzFind(f *testing.F) {
	for _, e := range germanExamples[:10] {
		f.Add(e.text)
	}
	for _, e := range frenchExamples[:10] {
		f.Add(e.text)
	}
	for _, text := range []string{
		"Thu 14 Jan 10:00–11:30 CET", "2 days after next Friday", "1-1-1-1-1", "\xff\xfe12:30\x00", "9999-12-31T23:59:59+14:00", "in 9999 years 9999 months",
		"29 Feb", "31.12.9999 24:00 bis 1.1.", "Sun Sun Sun - Mon", "at 3 - 2 Europe/../x", "August 10, 345 BC - 8 AD", "the 31st", "İstanbul time 3pm", "+9999 years -9999 years",
	} {
		f.Add(text)
	}
	loc, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		f.Fatal(err)
	}
	c := Calendar{Now: time.Date(2026, 2, 28, 23, 59, 59, 0, loc), Holidays: map[string]bool{"2026-12-25": true, "x": true}}
	f.Fuzz(func(t *testing.T, text string) {
		next := 0
		for _, s := range Find(text, c) {
			if s.Offset < next || s.Offset+len(s.Text) > len(text) || text[s.Offset:s.Offset+len(s.Text)] != s.Text || s.Text == "" {
				t.Fatalf("%q: the span %q at %d is not in the text, or overlaps the one before", text, s.Text, s.Offset)
			}
			if s.End.Before(s.Start) {
				t.Fatalf("%q: %q ends (%s) before it starts (%s)", text, s.Text, s.End, s.Start)
			}
			if s.Confidence <= 0 || s.Confidence > 1 {
				t.Fatalf("%q: the confidence of %q is %v", text, s.Text, s.Confidence)
			}
			next = s.Offset + len(s.Text)
		}
	})
}

// TestCostIsLinear counts allocations, which do not depend on the machine's load: twice
// the text may cost twice as much and a little more.
func TestCostIsLinear(t *testing.T) {
	c := wednesday(t, "Europe/London")
	for _, piece := range []string{
		"by EOD Friday, 14-16 January 10:00-11:30 CET or in 3 days. ", "2 days after ", "next ", "10:00 - ", "Monday, ", "(", "1.1.1 ", "the end of the ", "a", "12 ", "3 bis ", "due ",
	} {
		cost := func(n int) float64 {
			text := strings.Repeat(piece, n/len(piece))
			return testing.AllocsPerRun(1, func() { Find(text, c) })
		}
		small, large := cost(8<<10), cost(16<<10)
		if large > 2.5*small+100 {
			t.Errorf("16 KiB of %q cost %.0f allocations, 8 KiB %.0f", piece, large, small)
		}
	}
}

func TestOnlyTheTopOfALongTextIsRead(t *testing.T) {
	c := wednesday(t, "Europe/London")
	long := strings.Repeat("ä", maxText/2+10) + " tomorrow"
	if got := Find(long, c); len(got) != 0 {
		t.Errorf("found %s beyond the limit", short(got))
	}
	if got := Find("tomorrow "+long, c); len(got) != 1 {
		t.Errorf("found %s before the limit", short(got))
	}
}

func BenchmarkFind(b *testing.B) {
	c := wednesday(b, "Europe/London")
	var text strings.Builder
	for _, examples := range [][]example{englishExamples, germanExamples, frenchExamples} {
		for _, e := range examples {
			text.WriteString(e.text + " Then the usual words of a mail follow, which hold no date at all and are the most of it.\n\n")
		}
	}
	mail := text.String()
	b.ReportAllocs()
	b.SetBytes(int64(len(mail)))
	for b.Loop() {
		Find(mail, c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(float64(len(mail))/1024), "ns/KiB")
}
