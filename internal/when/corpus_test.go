package when

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// phrase is a line of the date corpus: a text, the instant it was written, and what a
// strong peer found in it.
type phrase struct {
	Text      string    `json:"text"`
	Reference time.Time `json:"reference"`
	Found     []struct {
		Start peerTime  `json:"start"`
		End   *peerTime `json:"end"`
	} `json:"found"`
}

// peerTime is an instant in the peer's words. Time is absent where no time of day was
// said, Offset where no zone was said and the text is not counted from now.
type peerTime struct {
	Date   string  `json:"date"`
	Time   *string `json:"time"`
	Offset *int    `json:"offset_minutes"`
}

func (t peerTime) String() string {
	s := t.Date
	if t.Time != nil {
		s += " " + *t.Time
	}
	if t.Offset != nil {
		s += fmt.Sprintf(" %+d", *t.Offset)
	}
	return s
}

// phrases reads the date corpus.
func phrases(tb testing.TB) (found []phrase) {
	tb.Helper()
	root := os.Getenv("FOREDESK_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpora")
	}
	file := filepath.Join(root, "dates", "chrono.jsonl")
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		tb.Skipf("no date corpus at %s: put one there or name its folder in FOREDESK_CORPORA", file)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var p phrase
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			tb.Fatalf("reading %s: %v", file, err)
		}
		found = append(found, p)
	}
	if err := lines.Err(); err != nil || len(found) == 0 {
		tb.Fatalf("reading %s: %d phrases, %v", file, len(found), err)
	}
	return found
}

// difference says where our answer differs from the peer's, or nothing.
func difference(p phrase) string {
	got := Find(p.Text, Calendar{Now: p.Reference})
	if len(got) != len(p.Found) {
		return fmt.Sprintf("%d spans, not %d: %s", len(got), len(p.Found), describe(got))
	}
	for i, want := range p.Found {
		s := got[i]
		if d := differs(s, s.Start, want.Start); d != "" {
			return fmt.Sprintf("start is %s, not %s", d, want.Start)
		}
		if want.End == nil {
			if s.Ranged {
				return "a range, where the peer sees none"
			}
			continue
		}
		if !s.Ranged {
			return "no range"
		}
		if d := differs(s, lastDay(s, *want.End), *want.End); d != "" {
			return fmt.Sprintf("end is %s, not %s", d, want.End)
		}
	}
	return ""
}

// lastDay is the end of a span as the peer writes it: of whole days the last one, and
// of a range of months ("May to December") the first day of the last month.
func lastDay(s Span, want peerTime) time.Time {
	if s.HasTime {
		return s.End
	}
	last := s.End.Add(-time.Second)
	if s.AllDay && s.Start.Day() == 1 && s.End.Day() == 1 && strings.HasSuffix(want.Date, "-01") {
		return last.AddDate(0, 0, 1-last.Day())
	}
	return last
}

// differs compares date, time if one was said, and zone if one was said.
func differs(s Span, got time.Time, want peerTime) string {
	_, seconds := got.Zone()
	year := got.Year()
	if year <= 0 {
		year-- // the peer counts years before our era without a year zero
	}
	date := fmt.Sprintf("%d-%02d-%02d", year, got.Month(), got.Day())
	switch {
	case date != want.Date:
		return date
	case want.Time != nil && !s.HasTime:
		return "without a time"
	case want.Time == nil && s.HasTime:
		return "with the time " + got.Format("15:04")
	case want.Time != nil && got.Format("15:04") != *want.Time:
		return got.Format("15:04")
	case want.Offset != nil && seconds != *want.Offset*60:
		return fmt.Sprintf("at offset %d", seconds/60)
	case want.Offset == nil && s.Zone != "":
		return "in zone " + s.Zone
	}
	return ""
}

func describe(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&b, "[%s] %s - %s; ", s.Text, s.Start.Format("2006-01-02 15:04"), s.End.Format("2006-01-02 15:04"))
	}
	return b.String()
}

// Why we differ from the peer. A phrase has one of these, and nothing else may differ.
const (
	weekdaysComing = "a bare weekday is the coming one: mail asks for what is to come, the peer takes the nearest, which may be past"
	wholePeriod    = "a period is the whole of it, from its first day; the peer gives the day a period away from now"
	weekCounted    = "the weekday is taken in the week that is named, Monday to Sunday; the peer's answer lies in another week"
	nothingNamed   = "too little to go by: one letter and two digits are no length of time"
)

var reasons = map[string]string{
	"Tuesday":                        weekdaysComing,
	"thurs":                          weekdaysComing,
	"Monday":                         weekdaysComing,
	"Monday (forward dates only)":    weekdaysComing,
	"timeoff monday 7 to 9am":        weekdaysComing,
	"this week":                      wholePeriod,
	"last week":                      wholePeriod,
	"next week":                      wholePeriod,
	"next week EST":                  wholePeriod,
	"next month":                     wholePeriod,
	"next quarter":                   wholePeriod,
	"next qtr":                       wholePeriod,
	"next year":                      wholePeriod,
	"last weekend":                   wholePeriod,
	"after this year":                wholePeriod,
	"Connect back after this year":   wholePeriod,
	"Tuesday of last week":           weekCounted,
	"Tuesday of this week":           weekCounted,
	"Wednesday of this week":         weekCounted,
	"-5d 00":                         nothingNamed,
	"at 1":                           "in mail one o'clock is after noon; it is noted that this is not said",
	"in 1 day GET":                   "GET is an English word; Georgia's time is not looked for",
	"Monday afternoon to last night": "last night is the one that yesterday ended with, also just after midnight",
	"Adam <Adam@supercalendar.com> написал(а):\nThe date is 02.07.2013": "a date with dots has the day first; the peer reads it as American",
}

// TestQuality compares us with a strong peer on the phrases of its own tests, and prints
// the score. A disagreement that has no reason above fails, and so does a reason that
// is no longer needed.
func TestQuality(t *testing.T) {
	all := phrases(t)
	agree, dated, falseAlarms := 0, 0, 0
	for _, p := range all {
		d := difference(p)
		switch {
		case d == "":
			agree++
		case len(p.Found) == 0:
			falseAlarms++
			t.Logf("false alarm in %q: %s", p.Text, d)
		case reasons[p.Text] == "":
			t.Errorf("%q (%s): %s, and no reason is given", p.Text, p.Reference.Format("Mon 2006-01-02 15:04"), d)
		default:
			t.Logf("%q (%s): %s: %s", p.Text, p.Reference.Format("Mon 2006-01-02 15:04"), d, reasons[p.Text])
		}
		if len(p.Found) > 0 {
			dated++
		}
	}
	undated := len(all) - dated
	percent := 100 * float64(agree) / float64(len(all))
	datedAgree := agree - (undated - falseAlarms)
	t.Logf("dates: %d of %d phrases agree in date, time and zone (%.1f %%); of the %d that hold a date %d (%.1f %%); false alarms on the other %d: %d",
		agree, len(all), percent, dated, datedAgree, 100*float64(datedAgree)/float64(dated), undated, falseAlarms)
	if percent < 95 {
		t.Errorf("%.1f %% agree; 95 %% is the least", percent)
	}
	if falseAlarms > 3 {
		t.Errorf("%d false alarms; 3 is the most", falseAlarms)
	}
}

// TestReasons holds the table against the corpus: each of its phrases still differs.
func TestReasons(t *testing.T) {
	differs := map[string]bool{}
	for _, p := range phrases(t) {
		if difference(p) != "" {
			differs[p.Text] = true
		}
	}
	for text := range reasons {
		if !differs[text] {
			t.Errorf("%q agrees by now: take it out of the table", text)
		}
	}
}
