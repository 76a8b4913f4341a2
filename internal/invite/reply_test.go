package invite

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/ical"
)

const berlin = "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n" +
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" +
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

func accept(tb testing.TB) Answer { return Answer{Reader: reader(tb), Response: "accept"} }

// lines unfolds an answer, without what every answer has.
func lines(answer Answered) []string {
	text := strings.ReplaceAll(string(answer.ICS), "\r\n ", "")
	return strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
}

func mustReply(t *testing.T, text string, a Answer) Answered {
	t.Helper()
	answer, err := Reply([]byte(text), a)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return answer
}

func TestAReplyIsOfOneGuestAboutOneEvent(t *testing.T) {
	a := accept(t)
	a.Response, a.Comment = "decline", "Away; back on Monday,\nsorry"
	answer := mustReply(t, wrap("REQUEST", berlin, vevent(board("SEQUENCE:3")...)), a)
	got := lines(answer)
	zone := strings.Split(strings.TrimSuffix(berlin, "\r\n"), "\r\n")
	want := append(append([]string{"BEGIN:VCALENDAR", "PRODID:-//Foredesk//Foredesk//EN", "VERSION:2.0", "METHOD:REPLY"}, zone...),
		"BEGIN:VEVENT", "UID:board-7", "SEQUENCE:3", "DTSTAMP:20260601T090000Z",
		"DTSTART;TZID=W. Europe Standard Time:20260610T100000", "DTEND;TZID=W. Europe Standard Time:20260610T113000",
		`ORGANIZER;CN="Moore, Pat":mailto:Pat@Board.example`, `ATTENDEE;PARTSTAT=DECLINED;CN="Dana":mailto:Dana+cal@acme.example`,
		`SUMMARY:Board\, part two`, `COMMENT:Away\; back on Monday\,\nsorry`, "END:VEVENT", "END:VCALENDAR")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if answer.Method != "REPLY" || answer.Organizer.Email != "pat@board.example" || answer.Attendee.Email != "dana+cal@acme.example" || answer.Title.String() != "Board, part two" {
		t.Errorf("%+v", answer)
	}
}

// What an answer says of the time is what the request said, however that was written.
func TestAReplyNamesTheSameTime(t *testing.T) {
	const end = "ORGANIZER:mailto:pat@board.example"
	const me = "ATTENDEE:mailto:dana@acme.example"
	for rule, test := range map[string]struct {
		text string
		want []string
	}{
		"in a zone of Windows that the request does not define": {part("REQUEST", board()...), []string{"DTSTART:20260610T080000Z", "DTEND:20260610T093000Z"}},
		"in UTC":            {part("REQUEST", "UID:1", "DTSTART:20260610T080000Z", "DURATION:PT1H", end, me), []string{"DTSTART:20260610T080000Z", "DURATION:PT1H"}},
		"a day":             {part("REQUEST", "UID:1", "DTSTART;VALUE=DATE:20260610", end, me), []string{"DTSTART;VALUE=DATE:20260610"}},
		"a day with a zone": {part("REQUEST", "UID:1", "DTSTART;VALUE=DATE;TZID=Europe/Paris:20260610", end, me), []string{"DTSTART;VALUE=DATE:20260610", "DTEND;VALUE=DATE:20260611"}},
		"floating":          {part("REQUEST", "UID:1", "DTSTART:20260610T080000", end, me), []string{"DTSTART:20260610T080000"}},
		"one instance": {
			part("REQUEST", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260609T110000", "DTSTART;TZID=Europe/Paris:20260610T100000", "DURATION:PT1H", end, me),
			[]string{"DTSTART:20260610T080000Z", "DTEND:20260610T090000Z", "RECURRENCE-ID:20260609T090000Z"},
		},
		"all that follow": {
			part("REQUEST", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260609T090000Z", "DTSTART:20260610T080000Z", end, me),
			[]string{"DTSTART:20260610T080000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260609T090000Z"},
		},
	} {
		var got []string
		for _, l := range lines(mustReply(t, test.text, accept(t))) {
			if strings.HasPrefix(l, "DT") && !strings.HasPrefix(l, "DTSTAMP") || strings.HasPrefix(l, "RECURRENCE-ID") || strings.HasPrefix(l, "DURATION") {
				got = append(got, l)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}

func TestACounterProposesAnotherTime(t *testing.T) {
	a := accept(t)
	a.Response, a.Start, a.End = "tentative", now.Add(48*time.Hour).In(zone(t, "Europe/Paris")), now.Add(49*time.Hour)
	answer := mustReply(t, part("REQUEST", board()...), a)
	got := strings.Join(lines(answer), "\n")
	for _, want := range []string{
		"METHOD:COUNTER", "UID:board-7", "DTSTART:20260603T090000Z", "DTEND:20260603T100000Z", "PARTSTAT=TENTATIVE", "SUMMARY:Board\\, part two", "LOCATION:Hall 2",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if answer.Method != "COUNTER" || strings.Contains(got, "TZID") || strings.Count(got, "DTSTART") != 1 {
		t.Errorf("%s\n%s", answer.Method, got)
	}
	in, _ := mustRead(t, string(answer.ICS))
	if in.Method != "counter" || !in.Start.Equal(a.Start) || in.Organizer.Email != "pat@board.example" {
		t.Errorf("%+v", in)
	}
}

func TestWhatIsNotAnswered(t *testing.T) {
	good := part("REQUEST", board()...)
	late, back := accept(t), accept(t)
	late.Start = now
	back.Start, back.End = now.Add(time.Hour), now
	wrong := accept(t)
	wrong.Response = "maybe"
	propose := accept(t)
	propose.Start, propose.End = now, now.Add(time.Hour)
	for rule, test := range map[string]struct {
		text string
		a    Answer
		want string
	}{
		"a cancellation":               {part("CANCEL", board()...), accept(t), "it is a CANCEL"},
		"another's answer":             {part("REPLY", board()...), accept(t), "it is a REPLY"},
		"a proposal":                   {part("COUNTER", board()...), accept(t), "it is a COUNTER"},
		"what is only published":       {part("PUBLISH", board()...), accept(t), "it is a PUBLISH"},
		"a file":                       {part("", board()...), accept(t), "no invitation"},
		"nobody organizes it":          {strings.Replace(good, "ORGANIZER", "X-ORGANIZER", 1), accept(t), "organizer has no mail address"},
		"an organizer without address": {strings.Replace(good, "mailto:Pat@Board.example", "urn:uuid:1", 1), accept(t), "organizer has no mail address"},
		"her own":                      {strings.Replace(good, "Pat@Board.example", "d.w@acme.example", 1), accept(t), "the executive is its organizer"},
		"she is not invited":           {strings.Replace(good, "Dana+cal@acme.example", "kim@acme.example", 1), accept(t), "not among its guests"},
		"no such answer":               {good, wrong, "accept, tentative or decline"},
		"no end of another time":       {good, late, "start and a later end"},
		"an end before the start":      {good, back, "start and a later end"},
		"another time for a series":    {part("REQUEST", board("RRULE:FREQ=DAILY")...), propose, "it is a series"},
		"what is in doubt":             {strings.Replace(good, "20260610T1", "2026061T1", 1), accept(t), "line "},
		"a UID that is too long":       {strings.Replace(good, "board-7", strings.Repeat("u", 9000), 1), accept(t), "UID"},
	} {
		answer, err := Reply([]byte(test.text), test.a)
		if err == nil || !strings.Contains(err.Error(), test.want) || answer.ICS != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// evil are values that would be lines of their own if they got through.
var evil = []string{
	"x\r\nATTENDEE:mailto:victim@evil.example", "x\\nATTENDEE:mailto:victim@evil.example", "x\nEND:VEVENT\nBEGIN:VEVENT", "\x00", "\u2028ATTENDEE:mailto:victim@evil.example",
	`"`, `x";PARTSTAT=DECLINED:mailto:victim@evil.example`, "^n^'", strings.Repeat("é", 3000), "\xff\xfe",
}

// sound checks what every answer promises: it is one calendar with one event of one
// guest, in short lines that end with CRLF.
func sound(tb testing.TB, answer Answered) {
	tb.Helper()
	for line := range bytes.SplitSeq(bytes.TrimSuffix(answer.ICS, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 75 || len(line) == 0 || bytes.ContainsAny(line, "\r\n\x00") || !bytes.Equal(line, bytes.ToValidUTF8(line, nil)) {
			tb.Errorf("the line %q of %d bytes", line, len(line))
		}
	}
	count := map[string]int{}
	for _, line := range lines(answer) {
		name := line[:min(len(line), max(0, strings.IndexAny(line, ":;")))]
		count[strings.ToUpper(name)]++
		if strings.EqualFold(name, "BEGIN") || strings.EqualFold(name, "END") {
			count[strings.ToUpper(line)]++
		}
	}
	for _, name := range []string{"ATTENDEE", "ORGANIZER", "UID", "METHOD", "SEQUENCE", "DTSTAMP", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR"} {
		if name != "DTSTAMP" && count[name] != 1 || name == "DTSTAMP" && count[name] < 1 {
			tb.Errorf("%s stands there %d times:\n%s", name, count[name], answer.ICS)
		}
	}
	c, err := ical.Read(bytes.NewReader(answer.ICS), time.UTC)
	if err != nil || len(c.Events) != 1 || len(c.Events[0].Attendees) != 1 {
		tb.Errorf("it can't be read: %v, %+v\n%s", err, c, answer.ICS)
	}
}

func TestNothingOfAStrangerBecomesALine(t *testing.T) {
	for _, value := range evil {
		a := accept(t)
		a.Comment = value
		sound(t, mustReply(t, part("REQUEST", board()...), a))
		for _, line := range []string{
			"SUMMARY:" + value, "LOCATION:" + value, "ATTENDEE;CN=" + ical.Quote(value) + ":mailto:d.w@acme.example", "ORGANIZER;CN=" + ical.Quote(value) + ":mailto:pat@board.example",
		} {
			name, _, _ := strings.Cut(strings.ReplaceAll(line, ";", ":"), ":")
			kept := []string{strings.ReplaceAll(strings.ReplaceAll(line, "\r", ""), "\n", "")}
			for _, l := range board() {
				if !strings.HasPrefix(l, name) {
					kept = append(kept, l)
				}
			}
			sound(t, mustReply(t, part("REQUEST", kept...), accept(t)))
		}
	}
}
