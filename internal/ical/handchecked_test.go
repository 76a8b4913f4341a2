package ical

import (
	"bytes"
	"testing"
	"time"
)

// handChecked are files that are easily misread, with what a person read out of them.
// The window is from the day to 400 days later.
var handChecked = []struct {
	rule, file, from string
	count            int
	want             []string // the first, and those named; not all
}{
	{"an instance moved, four days left out in a folded list", "011.ics", "2017-06-01", 8, []string{
		"2017-06-01 09:00 -0500 to 2017-06-01 17:00 -0500 US/Central",
		"2017-07-03 09:00 -0500 to 2017-07-03 12:00 -0500 US/Central",
		"2017-07-27 09:00 -0500 to 2017-07-27 17:00 -0500 US/Central",
		"2017-12-01 13:00 -0600 to 2017-12-01 15:00 -0600 US/Central",
	}},
	{"two zones of Windows in one file, over a change of the clocks", "013.ics", "2020-09-10", 106, []string{
		"2020-09-10 09:00 +0200 to 2020-09-10 09:30 +0200 Europe/Berlin",
		"2020-09-10 12:00 -0700 to 2020-09-10 12:30 -0700 America/Los_Angeles",
		"2021-03-09 12:00 -0800 to 2021-03-09 12:30 -0800 America/Los_Angeles",
	}},
	{"the changed instance stands before its series", "018.ics", "2016-08-25", 4, []string{
		"2016-08-25 14:00 +0300 to 2016-08-25 15:00 +0300 Europe/Kiev",
		"2016-08-26 14:00 +0300 to 2016-08-26 15:00 +0300 Europe/Kiev",
		"2016-08-28 14:00 +0300 to 2016-08-28 15:00 +0300 Europe/Kiev",
	}},
	{"every second week from Sunday, over a change of the clocks", "019.ics", "2017-02-16", 53, []string{
		"2017-02-16 09:00 -0600 to 2017-02-16 19:00 -0600 US/Central",
		"2017-03-02 09:00 -0600 to 2017-03-02 19:00 -0600 US/Central",
		"2017-03-13 09:00 -0500 to 2017-03-13 19:00 -0500 US/Central",
	}},
	{"whole days in a zone are whole days", "035.ics", "2012-07-13", 2, []string{
		"2012-07-14 to 2012-07-15", "2013-07-14 to 2013-07-15",
	}},
	{"a zone called 1, defined in the file", "041.ics", "2023-12-15", 2, []string{
		"2023-12-15 15:00 +0100 to 2023-12-15 16:00 +0100 Europe/Paris",
		"2024-01-08 11:00 +0100 to 2024-01-08 12:00 +0100 1",
	}},
	{"a day of three was moved behind the last", "044.ics", "2024-10-26", 3, []string{
		"2024-10-27 to 2024-10-28", "2024-10-29 to 2024-10-30", "2024-10-30 to 2024-10-31",
	}},
	{"UNTIL in UTC includes the last local time", "047.ics", "2020-11-24", 2, []string{
		"2020-11-24 11:00 +0100 to 2020-11-24 11:30 +0100 Europe/Berlin",
		"2020-11-26 11:00 +0100 to 2020-11-26 11:30 +0100 Europe/Berlin",
	}},
	{"a floating series with exceptions in UTC", "054.ics", "1996-04-01", 97, []string{
		"1996-04-01 01:00 +0100 to 1996-04-01 02:00 +0100 floating",
		"1996-04-05 01:00 +0100 to 1996-04-05 02:00 +0100 floating",
		"1996-07-09 01:00 +0100 to 1996-07-09 02:00 +0100 floating",
	}},
	{"a period as an extra date has its own end", "055.ics", "1996-12-30", 2, []string{
		"1996-12-30 02:00 +0000 to 1996-12-30 06:00 +0000 UTC",
		"1997-01-01 18:00 +0000 to 1997-01-02 07:00 +0000 UTC",
	}},
	{"a period with a length", "056.ics", "1996-12-30", 3, []string{
		"1996-12-30 02:00 +0000 to 1996-12-30 06:00 +0000 UTC",
		"1997-01-09 18:00 +0000 to 1997-01-09 23:30 +0000 UTC",
	}},
	{"a period that names the start gives it its length", "058.ics", "2015-02-19", 1, []string{
		"2015-02-19 13:30 +0000 to 2015-02-19 23:30 +0000 floating",
	}},
	{"a floating series keeps its time in summer", "063.ics", "2007-02-20", 18, []string{
		"2007-02-20 17:00 +0000 to 2007-02-20 18:00 +0000 floating",
		"2007-06-19 17:00 +0100 to 2007-06-19 18:00 +0100 floating",
	}},
	{"Lotus: this and all that follow, as a list of periods, without the series", "087.ics", "2018-03-27", 19, []string{
		"2018-03-27 08:00 -0500 to 2018-03-27 09:00 -0500 America/Chicago",
		"2018-07-31 08:00 -0500 to 2018-07-31 09:00 -0500 America/Chicago",
	}},
	{"a zone of the file with its rules back to 1950", "088.ics", "2021-11-01", 4, []string{
		"2021-11-01 16:00 +0100 to 2021-11-01 16:30 +0100 Western/Central Europe",
		"2022-02-07 16:00 +0100 to 2022-02-07 16:30 +0100 Western/Central Europe",
	}},
	{"a zone that is named by its offsets, and spaces in a rule", "089.ics", "2015-07-03", 14, []string{
		"2015-07-03 10:00 +0200 to 2015-07-03 10:30 +0200 GMT +0100 (Standard) / GMT +0200 (Daylight)",
		"2015-07-22 10:00 +0200 to 2015-07-22 10:30 +0200 GMT +0100 (Standard) / GMT +0200 (Daylight)",
	}},
	{"a slash before the zone", "101.ics", "2022-10-21", 58, []string{
		"2022-10-21 20:00 +0200 to 2022-10-21 21:00 +0200 Europe/Stockholm",
		"2022-11-04 20:00 +0100 to 2022-11-04 21:00 +0100 Europe/Stockholm",
		"2023-11-24 20:00 +0100 to 2023-11-24 21:00 +0100 Europe/Stockholm",
	}},
	{"whole days with an exception", "112.ics", "2008-03-02", 20, []string{
		"2008-03-03 to 2008-03-04", "2008-03-10 to 2008-03-11", "2008-03-12 to 2008-03-13", "2008-03-23 to 2008-03-24",
	}},
	{"COUNT counts what an exception takes out, an extra date comes on top", "114.ics", "2023-09-20", 9, []string{
		"2023-09-20 12:00 -0700 to 2023-09-20 14:00 -0700 America/Vancouver",
		"2023-12-13 12:00 -0800 to 2023-12-13 15:00 -0800 America/Vancouver",
		"2024-05-15 12:00 -0700 to 2024-05-15 14:00 -0700 America/Vancouver",
	}},
	{"five Tuesdays left out", "128.ics", "2012-03-27", 10, []string{
		"2012-03-27 10:00 +0200 to 2012-03-27 18:00 +0200 Europe/Vienna",
		"2012-04-24 10:00 +0200 to 2012-04-24 18:00 +0200 Europe/Vienna",
		"2012-07-03 10:00 +0200 to 2012-07-03 18:00 +0200 Europe/Vienna",
	}},
	{"UNTIL in UTC is the evening before in New York", "135.ics", "2013-09-07", 11, []string{
		"2013-09-07 12:00 -0400 to 2013-09-07 17:00 -0400 America/New_York",
		"2013-10-19 12:00 -0400 to 2013-10-19 17:00 -0400 America/New_York",
	}},
	{"a zone of Outlook with a comma in its name and one offset for ever", "169.ics", "2008-10-31", 58, []string{
		"2008-10-31 09:30 +0800 to 2008-10-31 09:40 +0800 Kuala Lumpur, Singapore",
		"2009-12-04 09:30 +0800 to 2009-12-04 09:40 +0800 Kuala Lumpur, Singapore",
	}},
	{"EXRULE takes out each Friday the 13th", "217.ics", "1997-09-02", 56, []string{
		"1997-09-02 09:00 -0400 to 1997-09-03 09:00 -0400 US/Eastern",
		"1998-02-06 09:00 -0500 to 1998-02-07 09:00 -0500 US/Eastern",
		"1998-10-02 09:00 -0400 to 1998-10-03 09:00 -0400 US/Eastern",
	}},
	{"a start that the rule does not give, and that is left out", "218.ics", "1997-09-02", 2, []string{
		"1998-02-13 09:00 -0500 to 1998-02-14 09:00 -0500 US/Eastern",
		"1998-03-13 09:00 -0500 to 1998-03-14 09:00 -0500 US/Eastern",
	}},
	{"a definition of one change of the clocks does not outrank the database", "240.ics", "1998-03-12", 1, []string{
		"1998-03-12 08:30 -0500 to 1998-03-12 09:30 -0500 America/New_York",
	}},
	{"weekdays as whole days", "250.ics", "2012-08-03", 286, []string{
		"2012-08-03 to 2012-08-04", "2012-08-06 to 2012-08-07", "2013-09-06 to 2013-09-07",
	}},
	{"two rules at once", "255.ics", "2012-03-26", 36, []string{
		"2012-03-26 11:00 -0700 to 2012-03-26 11:30 -0700 America/Los_Angeles",
		"2012-04-01 11:00 -0700 to 2012-04-01 11:30 -0700 America/Los_Angeles",
		"2012-07-29 11:00 -0700 to 2012-07-29 11:30 -0700 America/Los_Angeles",
	}},
}

func TestHardFilesOfTheCorpus(t *testing.T) {
	files := corpusFiles(t)
	for _, test := range handChecked {
		t.Run(test.file+" "+test.rule, func(t *testing.T) {
			london := zoneOf(t, "Europe/London")
			c, err := Read(bytes.NewReader(files[test.file]), london)
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.ParseInLocation(time.DateOnly, test.from, london)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Occurrences(from, from.AddDate(0, 0, 400))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, test.count, test.want)
		})
	}
}

// compare holds the number of occurrences, the first of them and some of the others.
func compare(t *testing.T, got []Occurrence, count int, want []string) {
	t.Helper()
	if len(got) != count {
		t.Errorf("%d occurrences, not %d", len(got), count)
	}
	all := map[string]bool{}
	for _, o := range got {
		all[shown(o)] = true
	}
	for _, w := range want {
		if !all[w] {
			t.Errorf("%s is missing", w)
		}
	}
	if len(got) > 0 && len(want) > 0 && shown(got[0]) != want[0] {
		t.Errorf("the first is %s, not %s", shown(got[0]), want[0])
	}
}
