package ical

import (
	"strings"
	"testing"
	"time"
)

// TestEachZoneOfWindowsLoads: a name that the zone database does not have would refuse
// every invitation from there.
func TestEachZoneOfWindowsLoads(t *testing.T) {
	if len(windows()) < 139 {
		t.Fatalf("only %d zones of Windows", len(windows()))
	}
	for name, iana := range windows() {
		if _, err := time.LoadLocation(iana); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesOfZones(t *testing.T) {
	z := newZones(&component{}, time.UTC, &effort{})
	for tzid, want := range map[string]string{
		"Europe/Berlin":                                         "Europe/Berlin",
		"W. Europe Standard Time":                               "Europe/Berlin",
		"w. europe standard time":                               "Europe/Berlin",
		"Pacific Standard Time 1":                               "America/Los_Angeles",
		"Europe/Paris 1":                                        "Europe/Paris",
		"GMT Standard Time":                                     "Europe/London",
		"/freeassociation.sourceforge.net/Europe/London":        "Europe/London",
		"/freeassociation.sourceforge.net/Tzfile/Europe/London": "Europe/London",
		"/mozilla.org/20050126_1/America/New_York":              "America/New_York",
		"/citadel.org/20190914_1/America/Argentina/Ushuaia":     "America/Argentina/Ushuaia",
		"/Europe/Stockholm":                                     "Europe/Stockholm",
		"posix/Europe/Vaduz":                                    "Europe/Vaduz",
		"America/Los Angeles":                                   "America/Los_Angeles",
		`"Asia/Tokyo"`:                                          "Asia/Tokyo",
		"Etc/GMT-2":                                             "Etc/GMT-2",
		"UTC":                                                   "UTC",
		"Etc/UTC":                                               "UTC",
		"tzone://Microsoft/Utc":                                 "UTC",
		"US/Eastern":                                            "US/Eastern",
		"Mountain Standard Time":                                "America/Denver",
		"US Mountain Standard Time":                             "America/Phoenix",
	} {
		if got, err := z.named(tzid); err != nil || got.name != want {
			t.Errorf("%q is %q, not %q: %v", tzid, got.name, want, err)
		}
	}
}

func TestZonesThatNobodyKnowsAreErrors(t *testing.T) {
	for _, tzid := range []string{
		"Local", "local", "localtime", "posixrules", "", " 1", "Europe/Germany", "Customized Time Zone", "tzone://Microsoft/Custom",
		"(UTC-05:00) Eastern Time (US & Canada)", "../../etc/passwd", "/etc/localtime", "Factory", "Eastern", "GMT +0100",
	} {
		c, err := Read(strings.NewReader(calendar(event("DTSTART;TZID=\""+tzid+"\":20260105T090000"))), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Events) != 0 || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Error(), "\""+tzid+"\" is not known") {
			t.Errorf("%q: %d events, %v", tzid, len(c.Events), c.Problems)
		}
	}
}

// vtimezone is a definition with two rules, of the kind that most programs write.
func vtimezone(tzid, winter, summer, autumn, spring string) string {
	return "BEGIN:VTIMEZONE\r\nTZID:" + tzid + "\r\n" +
		"BEGIN:STANDARD\r\nDTSTART:20071104T" + autumn + "\r\nTZOFFSETFROM:" + summer + "\r\nTZOFFSETTO:" + winter + "\r\nEND:STANDARD\r\n" +
		"BEGIN:DAYLIGHT\r\nDTSTART:20070311T" + spring + "\r\nTZOFFSETFROM:" + winter + "\r\nTZOFFSETTO:" + summer + "\r\nEND:DAYLIGHT\r\n" +
		"END:VTIMEZONE\r\n"
}

// TestDefinitionsAgreeWithTheDatabase evaluates VTIMEZONEs whose rules are those of
// the zone database, and compares each hour of the years in which they are.
func TestDefinitionsAgreeWithTheDatabase(t *testing.T) {
	for name, definition := range map[string]string{
		"America/New_York": vtimezone("X", "-0500", "-0400", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
		"Europe/Berlin":    vtimezone("X", "+0100", "+0200", "030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
		"Europe/London":    vtimezone("X", "+0000", "+0100", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "010000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
		"Australia/Sydney": vtimezone("X", "+1000", "+1100", "030000\r\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"),
		"Asia/Kolkata":     "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, definition, event("DTSTART;TZID=X:20260105T090000"))
			drawn, known := c.Events[0].Start.Location(), zoneOf(t, name)
			if c.Events[0].Zone != "X" {
				t.Fatalf("the zone is %q", c.Events[0].Zone)
			}
			for hour := time.Date(2009, 1, 1, 0, 30, 0, 0, time.UTC); hour.Year() < 2036; hour = hour.Add(time.Hour) {
				if offset(hour.In(drawn)) != offset(hour.In(known)) {
					t.Fatalf("at %s the offset is %s, not %s", hour, offset(hour.In(drawn)), offset(hour.In(known)))
				}
			}
		})
	}
}

func TestDefinitionsWithDatesAndAnEnd(t *testing.T) {
	zone := "BEGIN:VTIMEZONE\r\nTZID:X\r\n" +
		"BEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nTZOFFSETFROM:+0230\r\nTZOFFSETTO:+0200\r\nEND:STANDARD\r\n" +
		"BEGIN:DAYLIGHT\r\nDTSTART:20210401T000000\r\nRDATE:20220405T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\nEND:DAYLIGHT\r\n" +
		"BEGIN:STANDARD\r\nDTSTART:20211001T000000\r\nRRULE:FREQ=YEARLY;UNTIL=20220930T210000Z\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\nEND:STANDARD\r\n" +
		"END:VTIMEZONE\r\n"
	for local, want := range map[string]string{
		"20191231T235900": "+0230", // before the first observance: what it changes from
		"20200601T120000": "+0200",
		"20210601T120000": "+0300",
		"20220404T120000": "+0200",
		"20220601T120000": "+0300",
		"20221001T120000": "+0200",
		"20230601T120000": "+0200", // no date, no rule: no change any more
	} {
		if got := read(t, zone, event("DTSTART;TZID=X:"+local)).Events[0].Start.Format("-0700"); got != want {
			t.Errorf("%s is at %s, not at %s", local, got, want)
		}
	}
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	part := func(lines string) string {
		return "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\n" + lines + "END:STANDARD\r\nEND:VTIMEZONE\r\n"
	}
	good := "DTSTART:20200101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
	for rule, zone := range map[string]string{
		"nothing in it":             "BEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\n",
		"no offset":                 part("DTSTART:20200101T000000\r\n"),
		"an offset that is none":    part("DTSTART:20200101T000000\r\nTZOFFSETFROM:2\r\nTZOFFSETTO:+0100\r\n"),
		"an offset of days":         part("DTSTART:20200101T000000\r\nTZOFFSETFROM:+9900\r\nTZOFFSETTO:+0100\r\n"),
		"no start":                  part("TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"),
		"a rule that can't be read": part(good + "RRULE:FREQ=SOMETIMES\r\n"),
		"two that differ":           part(good) + part("DTSTART:20200101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0000\r\n"),
	} {
		c, err := Read(strings.NewReader(calendar(zone, event("DTSTART;TZID=X:20260105T090000"))), time.UTC)
		if err != nil || len(c.Events) != 0 || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Error(), `"X"`) {
			t.Errorf("%s: %d events, %v, %v", rule, len(c.Events), c.Problems, err)
		}
	}
}

func TestADefinitionThatDisagreesIsNoted(t *testing.T) {
	zone := vtimezone("Europe/Berlin", "+0500", "+0600", "020000", "020000")
	c := read(t, zone, event("DTSTART;TZID=Europe/Berlin:20260105T090000"))
	if got := c.Events[0].Start.Format("-0700"); got != "+0100" || len(c.Problems) != 1 || c.Problems[0].Refused {
		t.Errorf("at %s, %v", got, c.Problems)
	}
}

func TestAZoneOfTheFileEndsIn2200(t *testing.T) {
	zone := vtimezone("X", "+0100", "+0200", "030000\r\nRRULE:FREQ=YEARLY", "020000\r\nRRULE:FREQ=YEARLY")
	c, err := Read(strings.NewReader(calendar(zone, event("DTSTART;TZID=X:22000105T090000"))), time.UTC)
	if err != nil || len(c.Events) != 0 || len(c.Problems) != 1 {
		t.Errorf("%v, %v", c, err)
	}
}

// Exchange writes an empty TZID with a definition. Its times are in that zone, and
// not in the reader's.
func TestAZoneWithoutANameDoesNotFloat(t *testing.T) {
	const utc = "BEGIN:VTIMEZONE\r\nTZID:\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
	text := strings.Replace(calendar(event("DTSTART;TZID=:20150826T090000")), "BEGIN:VEVENT", utc+"BEGIN:VEVENT", 1)
	c, err := Read(strings.NewReader(text), zoneOf(t, "Europe/London"))
	if err != nil || len(c.Events) != 1 || c.Events[0].Floating || !c.Events[0].Start.Equal(time.Date(2015, 8, 26, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = Read(strings.NewReader(calendar(event("DTSTART;TZID=:20150826T090000"))), time.UTC)
	if err != nil || len(c.Events) != 0 || len(c.Problems) != 1 {
		t.Errorf("without a definition: %+v, %v", c, err)
	}
}
