package ical

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// refusedFiles are those in which there is no event to read, with the reason.
const refusedFiles = `
049.ics there is no BEGIN in it; it is not a calendar file
050.ics there is no BEGIN in it; it is not a calendar file
066.ics there is no VCALENDAR and no VEVENT in it
067.ics there is no VCALENDAR and no VEVENT in it
068.ics there is no VCALENDAR and no VEVENT in it
092.ics there is no VCALENDAR and no VEVENT in it
093.ics there is no VCALENDAR and no VEVENT in it
141.ics there is no VCALENDAR and no VEVENT in it
142.ics there is no VCALENDAR and no VEVENT in it
143.ics there is no VCALENDAR and no VEVENT in it
144.ics there is no VCALENDAR and no VEVENT in it
`

// refusedEvents are the events of the corpus that are not read: the file, how many
// of them, and the reason. A line that goes is a gain; a new one needs a look.
const refusedEvents = `
006.ics 1 the DTSTART in line N: the zone "(GMT+10:00) Canberra, Melbourne, Sydney" is not known, and the file does not define it
006.ics 3 the DTSTART in line N: the zone "(UTC-05:00) Eastern Time (US & Canada)" is not known, and the file does not define it
007.ics 1 the rule "RRULE:AnythingRandom;FREQ=WEEKLY;BYDAY=F..." has a part "RRULE:ANYTHINGRANDOM" that is not known or stands twice
008.ics 1 "-PT1W1D2H3M4S" is no length of time such as PT1H30M
008.ics 1 the DTSTART in line N: the zone "tzone://Microsoft/Custom" is not known, and the file does not define it
009.ics 1 "-PT1W1D2H3M4S" is no length of time such as PT1H30M
009.ics 1 the DTSTART in line N: the zone "Customized Time Zone 1" is not known, and the file does not define it
012.ics 1 the DTSTART in line N: the zone "Europe/Germany" is not known, and the file does not define it
013.ics 1 line N can't be read (there is no colon), nor relied on
014.ics 1 one of DTSTART and DTEND is a date, the other a time
014.ics 1 the DTSTART in line N is "Next Year", neither a date nor a time
015.ics 5 it has no DTSTART
017.ics 1 it ends before it starts
021.ics 1 the DTSTART in line N: the zone "(UTC-05:00) Eastern Time (US and Canada)" is not known, and the file does not define it
027.ics 1 the DTSTART in line N: the zone "(GMT +01:00)" is not known, and the file does not define it
029.ics 1 it has no DTSTART
038.ics 1 "PT1W" is no length of time such as PT1H30M
043.ics 1 the DTSTART in line N: the zone "Amsterdam, Belgrade, Berlin, Brussels, Budapest, Madrid, Paris, Prague, Stockholm" is not known, and the file does not define it
051.ics 1 there are two DTSTART, and they differ
053.ics 1 it has no DTSTART
059.ics 1 the RDATE in line N is "199709T180000Z", neither a date nor a time
061.ics 1 it has no DTSTART
062.ics 1 it has no DTSTART
064.ics 1 it has no DTSTART
065.ics 1 line N can't be read (there is no colon), nor relied on
081.ics 20 it has no DTSTART
084.ics 1 it has no DTSTART
098.ics 1 it has no DTSTART
103.ics 2 the DTSTART in line N: the zone "Western/Central Europe" is not known, and the file does not define it
104.ics 1 the DTSTART in line N: the zone "Western/Central Europe" is not known, and the file does not define it
105.ics 2 the DTSTART in line N: the zone "Western/Central Europe" is not known, and the file does not define it
106.ics 2 the DTSTART in line N: the zone "Western/Central Europe" is not known, and the file does not define it
107.ics 1 the DTSTART in line N: the zone "CUSTOM_tzid" is not known, and the file does not define it
108.ics 2 it has no DTSTART
111.ics 1 there are two DTSTART, and they differ
112.ics 1 the EXDATE in line N has an empty value
115.ics 2 it has no DTSTART
117.ics 1 the rule "RSCALE=CHINESE;FREQ=YEARLY" can't be followed: only RSCALE=GREGORIAN with SKIP=OMIT is known
117.ics 1 the rule "RSCALE=ETHIOPIC;FREQ=MONTHLY;BYMONTH=13" can't be followed: bymonth must be between 1 and 12
117.ics 1 the rule "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWAR..." can't be followed: only RSCALE=GREGORIAN with SKIP=OMIT is known
117.ics 1 the rule "RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;BYM..." can't be followed: strconv.Atoi: parsing "5L": invalid syntax
118.ics 1 it has no DTSTART
124.ics 1 it has no DTSTART
125.ics 1 it has no DTSTART
126.ics 1 it has no DTSTART
127.ics 1 it has no DTSTART
129.ics 1 it has no DTSTART
131.ics 1 it has no DTSTART
132.ics 1 it has no DTSTART
140.ics 1 it has no DTSTART
147.ics 1 it has no DTSTART
148.ics 1 the file ends before it does
161.ics 1 the DTEND in line N is "20031114T18300", neither a date nor a time
162.ics 1 the DTSTART in line N is "20061007", neither a date nor a time
210.ics 1 it has no DTSTART
220.ics 5 it has no DTSTART
225.ics 1 it has no DTSTART
253.ics 1 the RDATE in line N is "20131210Z", neither a date nor a time
272.ics 2 it has no DTSTART
`

var lineNumber = regexp.MustCompile(`line \d+`)

// TestCorpus reads every file and expands it over 400 days from its first event.
func TestCorpus(t *testing.T) {
	files := corpusFiles(t)
	events, occurrences, notes := 0, 0, 0
	var broken []string
	refused := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c, err := Read(bytes.NewReader(files[name]), zoneOf(t, "Europe/London"))
		if err != nil {
			broken = append(broken, name+" "+strings.TrimPrefix(err.Error(), "reading a calendar file: "))
			continue
		}
		events += len(c.Events)
		for _, p := range c.Problems {
			if !p.Refused {
				notes++
				continue
			}
			refused[name+" "+lineNumber.ReplaceAllString(p.Err.Error(), "line N")]++
		}
		occurrences += expanded(t, name, c)
	}
	t.Logf("%d files, %d events, %d occurrences in 400 days, %d notes; refused: %d files, %d kinds of events",
		len(files), events, occurrences, notes, len(broken), len(refused))
	if got := strings.Join(broken, "\n"); got != strings.TrimSpace(refusedFiles) {
		t.Errorf("refused files:\n%s", got)
	}
	compareRefusals(t, refused)
	if len(files) == 301 && (events != 4382 || occurrences != 7088) {
		t.Errorf("%d events and %d occurrences, not 4382 and 7088", events, occurrences)
	}
}

// expanded expands a file and checks what holds for every expansion.
func expanded(t *testing.T, name string, c *Calendar) int {
	t.Helper()
	if len(c.Events) == 0 {
		return 0
	}
	first := slices.MinFunc(c.Events, func(a, b Event) int { return a.Start.Compare(b.Start) }).Start
	from, to := first.Add(-time.Hour), first.AddDate(0, 0, 400)
	found, err := c.Occurrences(from, to)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if err := sound(found, from, to); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return len(found)
}

// sound checks that occurrences ascend, lie in the window and end after they start.
func sound(found []Occurrence, from, to time.Time) error {
	for i, o := range found {
		switch {
		case i > 0 && o.Start.Before(found[i-1].Start):
			return errors.New("the occurrences do not ascend")
		case o.End.Before(o.Start):
			return errors.New("an occurrence ends before it starts")
		case !o.Start.Before(to) || o.End.Before(from):
			return errors.New("an occurrence lies outside of the window")
		case o.Zone == "" || o.Event == nil:
			return errors.New("an occurrence has no zone or no event")
		}
	}
	return nil
}

func compareRefusals(t *testing.T, got map[string]int) {
	t.Helper()
	want := map[string]int{}
	for row := range strings.Lines(strings.TrimSpace(refusedEvents)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(row), " ")
		count, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		want[name+" "+reason] = n
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if got[key] != want[key] {
			t.Errorf("%d refused, not %d: %s", got[key], want[key], key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] == 0 {
			t.Errorf("no longer refused: %s", key)
		}
	}
}
