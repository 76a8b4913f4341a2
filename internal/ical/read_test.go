package ical

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const invitation = `BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:board-7
SEQUENCE:3
DTSTAMP:20260101T080000Z
DTSTART;TZID=W. Europe Standard Time:20260107T140000
DTEND;TZID=W. Europe Standard Time:20260107T150000
SUMMARY:Board\, second part\; budget
DESCRIPTION:First line\nSecond
  line
LOCATION:Hall 2
URL:https://example.com/board
CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.example.com/abc
STATUS:confirmed
TRANSP:TRANSPARENT
CLASS:private
CATEGORIES:Board,Money
ORGANIZER;CN="Pat, chair":MAILTO:pat@example.com
ATTENDEE;CN=Dana;PARTSTAT=accepted;ROLE=CHAIR;RSVP=TRUE:mailto:dana@example.com
ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:lee@example.com":mailto:kim@example.com
ATTENDEE;CUTYPE=ROOM;CN=Hall 2;EMAIL=hall@example.com:urn:uuid:1
X-ANYTHING;X=1:what
END:VEVENT
END:VCALENDAR
`

func TestAnInvitation(t *testing.T) {
	c, err := Read(strings.NewReader(invitation), time.UTC)
	if err != nil || len(c.Problems) > 0 || len(c.Events) != 1 {
		t.Fatal(err, c)
	}
	e := c.Events[0]
	got := []string{
		c.Method, e.UID, e.Start.Format(time.RFC3339), e.End.Format(time.RFC3339), e.Zone, e.Summary, e.Description, e.Location, e.URL,
		e.Conference, e.Status, e.Class, strings.Join(e.Categories, "|"), e.Organizer.Name, e.Organizer.Email, e.Stamp.Format(time.RFC3339),
	}
	want := []string{
		"REQUEST", "board-7", "2026-01-07T14:00:00+01:00", "2026-01-07T15:00:00+01:00", "Europe/Berlin", "Board, second part; budget",
		"First line\nSecond line", "Hall 2", "https://example.com/board", "https://meet.example.com/abc", "CONFIRMED", "PRIVATE", "Board|Money",
		"Pat, chair", "pat@example.com", "2026-01-01T08:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e.Sequence != 3 || !e.Transparent || e.AllDay || e.Floating {
		t.Errorf("%+v", e)
	}
	people := []Attendee{
		{Person: Person{"Dana", "dana@example.com"}, URI: "mailto:dana@example.com", Response: "ACCEPTED", Role: "CHAIR", Kind: "INDIVIDUAL", RSVP: true},
		{Person: Person{"", "kim@example.com"}, URI: "mailto:kim@example.com", Response: "DELEGATED", Role: "REQ-PARTICIPANT", Kind: "INDIVIDUAL", DelegatedTo: []string{"lee@example.com"}},
		{Person: Person{"Hall 2", "hall@example.com"}, URI: "urn:uuid:1", Response: "NEEDS-ACTION", Role: "REQ-PARTICIPANT", Kind: "ROOM"},
	}
	if diff := cmp.Diff(people, e.Attendees); diff != "" {
		t.Error(diff)
	}
}

// TestWaysToWriteTheSame reads one event as the programs of the world write it.
func TestWaysToWriteTheSame(t *testing.T) {
	plain := calendar(event("DTSTART;TZID=Europe/Paris:20260105T090000", "SUMMARY:Café à Zürich"))
	for rule, text := range map[string]string{
		"as it is":                 plain,
		"a byte order mark":        "\ufeff" + plain,
		"line feeds":               strings.ReplaceAll(plain, "\r\n", "\n"),
		"carriage returns":         strings.ReplaceAll(plain, "\r\n", "\r"),
		"lower case":               strings.NewReplacer("BEGIN:VEVENT", "begin:vevent", "DTSTART;TZID", "dtstart;tzid").Replace(plain),
		"folded in a letter":       strings.Replace(plain, "Zürich", "Z\xc3\r\n \xbcrich", 1),
		"folded, and ends doubled": strings.Replace(plain, "20260105", "2026\r\n\r\n 0105", 1),
		"folded with a tab":        strings.Replace(plain, "20260105", "2026\r\n\t0105", 1),
		"blank lines":              strings.ReplaceAll(plain, "\r\n", "\r\n\r\n"),
		"a space at the end":       strings.Replace(plain, "T090000", "T090000 ", 1),
		"Windows-1252":             latin1(plain),
		"UTF-16":                   utf16LE(plain),
		"a zone in quotes":         strings.Replace(plain, "Europe/Paris", `"Europe/Paris"`, 1),
		"no calendar around":       event("DTSTART;TZID=Europe/Paris:20260105T090000", "SUMMARY:Café à Zürich"),
		"quoted-printable":         strings.Replace(plain, "SUMMARY:Café à Zürich", "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9 =\r\n=C3=A0 Z=C3=BCrich", 1),
		"an alarm in it":           strings.Replace(plain, "END:VEVENT", "BEGIN:VALARM\r\nDTSTART:20010101T000000Z\r\nEND:VALARM\r\nEND:VEVENT", 1),
		"an unknown component":     strings.Replace(plain, "BEGIN:VEVENT", "BEGIN:X-OTHER\r\nA:b\r\nEND:X-OTHER\r\nBEGIN:VEVENT", 1),
		"a line of nonsense":       strings.Replace(plain, "SUMMARY", "SUMMARY:Café à Zürich\r\nnonsense\r\nX-SUMMARY", 1),
	} {
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil || len(c.Events) != 1 {
			t.Errorf("%s: %v, %+v", rule, err, c)
			continue
		}
		if e := c.Events[0]; e.Start.Format(time.RFC3339) != "2026-01-05T09:00:00+01:00" || e.Zone != "Europe/Paris" || e.Summary != "Café à Zürich" {
			t.Errorf("%s: %s %s %q", rule, e.Start, e.Zone, e.Summary)
		}
	}
}

func latin1(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

func utf16LE(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestEventsThatAreRefused: what a time depends on is read, or the event is not.
func TestEventsThatAreRefused(t *testing.T) {
	for rule, lines := range map[string][]string{
		"no DTSTART":               {"SUMMARY:x"},
		"two that differ":          {"DTSTART:20260105T090000Z", "DTSTART:20260105T100000Z"},
		"31 February":              {"DTSTART:20260231T090000Z"},
		"25 o'clock":               {"DTSTART:20260105T250000Z"},
		"a month short":            {"DTSTART:202601T090000Z"},
		"before the calendar":      {"DTSTART;VALUE=DATE:15000101"},
		"a date said to be a time": {"DTSTART;VALUE=DATE-TIME:20260105"},
		"an end before":            {"DTSTART:20260105T090000Z", "DTEND:20260105T080000Z"},
		"a time and a date":        {"DTSTART:20260105T090000Z", "DTEND;VALUE=DATE:20260106"},
		"a length of -1 hour":      {"DTSTART:20260105T090000Z", "DURATION:-PT1H"},
		"a length of nothing":      {"DTSTART:20260105T090000Z", "DURATION:P"},
		"a length of ages":         {"DTSTART:20260105T090000Z", "DURATION:P99999999W"},
		"a day of hours":           {"DTSTART;VALUE=DATE:20260105", "DURATION:PT5H"},
		"a rule that is cut":       {"DTSTART:20260105T090000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,", "TU"},
		"half an exception":        {"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY", "EXDATE:20260106T0900"},
		"an extra date, timed":     {"DTSTART;VALUE=DATE:20260105", "RDATE:20260107T090000Z"},
		"a range that is past":     {"DTSTART:20260105T090000Z", "RECURRENCE-ID;RANGE=THISANDPRIOR:20260105T090000Z"},
		"a quote left open":        {`DTSTART;TZID="Europe/Paris:20260105T090000`},
		"an event in it":           {"DTSTART:20260105T090000Z", "BEGIN:VEVENT"},
		"the end of another":       {"DTSTART:20260105T090000Z", "END:VTODO"},
	} {
		c, err := Read(strings.NewReader(calendar(event(lines...))), time.UTC)
		if err != nil || len(c.Events) != 0 || !slices.ContainsFunc(c.Problems, func(p Problem) bool { return p.Refused && p.Line > 1 }) {
			t.Errorf("%s: %v, %+v", rule, err, c)
		}
	}
}

// TestOneBadEventDoesNotTakeOthersAlong reads what stands before and after it.
func TestOneBadEventDoesNotTakeOthersAlong(t *testing.T) {
	good := event("DTSTART:20260105T090000Z")
	c, err := Read(strings.NewReader(calendar(good, event("DTSTART:never"), good)), time.UTC)
	if err != nil || len(c.Events) != 2 || len(c.Problems) != 1 || c.Problems[0].Line != 7 || c.Problems[0].UID != "a" {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	many := strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", maxComponents)
	for rule, text := range map[string]string{
		"empty":               "",
		"no calendar":         "Dear all,\nsee you on Monday.\n",
		"a card":              "BEGIN:VCARD\nFN:Dana\nEND:VCARD\n",
		"larger than 8 MiB":   strings.Repeat("X", maxFile+1),
		"too deep":            strings.Repeat("BEGIN:X\n", 30),
		"too many components": "BEGIN:VCALENDAR\n" + many,
	} {
		if c, err := Read(strings.NewReader(text), time.UTC); err == nil {
			t.Errorf("%s: no error, %d events", rule, len(c.Events))
		}
	}
}

func TestCalendarsWhoseEventsAreRefused(t *testing.T) {
	for rule, text := range map[string]string{
		"another calendar":       strings.Replace(calendar(event("DTSTART:20260105T090000Z")), "VERSION:2.0", "CALSCALE:HEBREW", 1),
		"rules of vCalendar 1.0": strings.Replace(calendar(event("DTSTART:20260105T090000Z", "RRULE:D1 #5")), "VERSION:2.0", "VERSION:1.0", 1),
		"a zone of vCalendar":    strings.Replace(calendar(event("DTSTART:20260105T090000")), "VERSION:2.0", "VERSION:1.0\r\nTZ:-05", 1),
		"too many properties":    calendar(event("DTSTART:20260105T090000Z", strings.Repeat("X-A:1\r\n", maxProperties))),
		"an endless line":        calendar(event("DTSTART:20260105T090000Z", "EXDATE:"+strings.Repeat("20260106T090000Z,", 20_000))),
		"too many dates":         calendar(event("DTSTART:20260105T090000Z", "RDATE:"+strings.TrimSuffix(strings.Repeat("20260106T090000Z,", maxDates+1), ","))),
	} {
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil || len(c.Events) != 0 || len(c.Problems) == 0 || !c.Problems[0].Refused {
			t.Errorf("%s: %v, %+v", rule, err, c)
		}
	}
}

func TestAFileThatIsCutOff(t *testing.T) {
	whole := calendar(event("DTSTART:20260105T090000Z"), event("DTSTART:20260106T090000Z"))
	c, err := Read(strings.NewReader(whole[:len(whole)-40]), time.UTC)
	if err != nil || len(c.Events) != 1 || len(c.Problems) != 2 {
		t.Errorf("%v, %+v", err, c)
	}
}

// FuzzRead: whatever comes in, nothing panics or hangs, and what is read is sound.
func FuzzRead(f *testing.F) {
	f.Add(invitation)
	f.Add(calendar(weekly("EXDATE;VALUE=DATE:20260112", "RDATE;VALUE=PERIOD:20260107T090000Z/PT1H")))
	f.Add(calendar(vtimezone("X", "-0500", "-0400", "020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "020000"), event("DTSTART;TZID=X:20260105T090000")))
	f.Add(calendar(weekly(), event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260112T090000Z", "DTSTART;VALUE=DATE:20260113")))
	f.Add("BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\nDTSTART:20260105T090000\nSUMMARY;QUOTED-PRINTABLE:a=\n=20b\nEND:VEVENT\n")
	from, to := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Read(strings.NewReader(text), time.UTC)
		if err != nil {
			return
		}
		for _, e := range c.Events {
			if e.Start.IsZero() || e.End.Before(e.Start) || e.Zone == "" {
				t.Errorf("an event from %s to %s in %q", e.Start, e.End, e.Zone)
			}
		}
		found, err := c.Occurrences(from, to)
		if err != nil {
			return
		}
		if err := sound(found, from, to); err != nil {
			t.Error(err)
		}
	})
}
