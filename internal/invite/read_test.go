package invite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
	"github.com/foredesk/foredesk/rules"
)

// now is a Monday, in summer.
var now = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

func reader(tb testing.TB) Reader {
	return Reader{Me: []string{"dana@acme.example", "d.w@acme.example"}, Zone: zone(tb, "Europe/London"), Now: now}
}

// part is a calendar part with one event of these lines.
func part(method string, lines ...string) string {
	return wrap(method, vevent(lines...))
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func wrap(method string, events ...string) string {
	if method != "" {
		method = "METHOD:" + method + "\r\n"
	}
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + method + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

var people = []string{
	"ORGANIZER;CN=\"Moore, Pat\":mailto:Pat@Board.example",
	"ATTENDEE;CN=Dana;PARTSTAT=TENTATIVE:mailto:Dana+cal@acme.example",
	"ATTENDEE;CN=Lee;PARTSTAT=ACCEPTED:mailto:lee@acme.example",
	"ATTENDEE;CUTYPE=ROOM;CN=Hall 2:mailto:hall2@acme.example",
}

func board(more ...string) []string {
	return append(append([]string{
		"UID:board-7", "DTSTAMP:20260520T080000Z", "DTSTART;TZID=W. Europe Standard Time:20260610T100000",
		"DTEND;TZID=W. Europe Standard Time:20260610T113000", "SUMMARY:Board\\, part two", "LOCATION:Hall 2",
	}, people...), more...)
}

func mustRead(t *testing.T, text string) (rules.Invite, Known) {
	t.Helper()
	in, known, err := Read([]byte(text), reader(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return in, known
}

func spans(in rules.Invite) (all []string) {
	for _, s := range in.Times {
		all = append(all, s.Start.UTC().Format("01-02 15:04")+" to "+s.End.UTC().Format("15:04"))
	}
	return all
}

func TestARequestTellsWhoWhatAndWhen(t *testing.T) {
	in, known := mustRead(t, part("REQUEST", board("SEQUENCE:2")...))
	got := []any{
		in.Present, in.Method, in.Response, in.Start.Format(time.RFC3339), in.End.Format(time.RFC3339), in.Length, in.AllDay, in.Recurring, in.Changed,
		in.Organizer.Email, in.Organizer.Name.String(), len(in.Attendees), in.Attendees[0].Email, in.Title.String(), in.Location.String(),
		in.UID, in.Sequence, in.Original.IsZero(), in.Verified,
	}
	want := []any{
		true, "request", "tentative", "2026-06-10T10:00:00+02:00", "2026-06-10T11:30:00+02:00", 90 * time.Minute, false, false, true,
		"pat@board.example", "Moore, Pat", 1, "lee@acme.example", "Board, part two", "Hall 2", "board-7", 2, true, false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"06-10 08:00 to 09:30"}, spans(in)); diff != "" {
		t.Error(diff)
	}
	if want := (Known{UID: "board-7", Sequence: 2, Stamp: time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC)}); known.UID != want.UID || known.Sequence != 2 || !known.Stamp.Equal(want.Stamp) {
		t.Errorf("%+v", known)
	}
}

func TestEachMethodIsNamed(t *testing.T) {
	for _, method := range methods {
		in, _ := mustRead(t, part(method, board("SEQUENCE:1")...))
		if in.Method != strings.ToLower(method) || !in.Present || in.Changed != (method == "REQUEST") || in.Response != map[bool]string{true: "", false: "tentative"}[method == "REPLY"] {
			t.Errorf("%s: %+v", method, in)
		}
	}
	if in, _ := mustRead(t, strings.ToLower(part("request", "UID:1", "DTSTART:20260610T100000Z"))); in.Method != "request" || in.Changed {
		t.Errorf("in lower case: %+v", in)
	}
}

func TestTheResponseIsTheExecutivesOwn(t *testing.T) {
	const when = "DTSTART:20260610T100000Z"
	for partstat, want := range map[string]string{
		"": "needsAction", ";PARTSTAT=NEEDS-ACTION": "needsAction", ";PARTSTAT=accepted": "accepted", ";PARTSTAT=TENTATIVE": "tentative",
		";PARTSTAT=DECLINED": "declined", ";PARTSTAT=DELEGATED": "delegated", ";PARTSTAT=X-MAYBE": "needsAction",
	} {
		in, _ := mustRead(t, part("REQUEST", "UID:1", when, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:lee@acme.example", "ATTENDEE"+partstat+":MAILTO:D.W@ACME.example"))
		if in.Response != want {
			t.Errorf("%s is %q, not %q", partstat, in.Response, want)
		}
	}
	if in, _ := mustRead(t, part("REQUEST", "UID:1", when, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:lee@acme.example")); in.Response != "" {
		t.Errorf("who is not invited has answered %q", in.Response)
	}
	// Of a reply it is the guest's, who need not say when the event is.
	in, _ := mustRead(t, part("REPLY", "UID:1", "ORGANIZER:mailto:dana@acme.example", "ATTENDEE;PARTSTAT=DECLINED:mailto:lee@acme.example"))
	if in.Response != "declined" || in.Attendees[0].Email != "lee@acme.example" || !in.Start.IsZero() || in.Times != nil {
		t.Errorf("%+v", in)
	}
}

func TestTimesAreThoseOfTheNextSixtyDays(t *testing.T) {
	const start = "DTSTART;TZID=Europe/Paris:20260525T090000"
	for rule, test := range map[string]struct {
		lines []string
		start string
		count int
		first string
	}{
		"a series begins with what is not over yet": {[]string{start, "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=20"}, "2026-06-08T09:00:00+02:00", 8, "06-08 07:00 to 08:00"},
		"a daily one":                              {[]string{start, "DURATION:PT1H", "RRULE:FREQ=DAILY"}, "2026-06-02T09:00:00+02:00", 60, "06-02 07:00 to 08:00"},
		"one that runs now counts":                 {[]string{"DTSTART:20260601T083000Z", "DTEND:20260601T093000Z"}, "2026-06-01T08:30:00Z", 1, "06-01 08:30 to 09:30"},
		"one that is over has no time":             {[]string{"DTSTART:20260501T083000Z", "DTEND:20260501T093000Z"}, "2026-05-01T08:30:00Z", 0, ""},
		"a single one much later has its time":     {[]string{"DTSTART:20270501T083000Z", "DTEND:20270501T093000Z"}, "2027-05-01T08:30:00Z", 1, "05-01 08:30 to 09:30"},
		"a series that is over keeps its start":    {[]string{start, "RRULE:FREQ=DAILY;COUNT=2"}, "2026-05-25T09:00:00+02:00", 0, ""},
		"a day is the reader's":                    {[]string{"DTSTART;VALUE=DATE:20260610"}, "2026-06-10T00:00:00+01:00", 1, "06-09 23:00 to 23:00"},
		"a floating time is on the reader's clock": {[]string{"DTSTART:20260610T100000", "DURATION:PT1H"}, "2026-06-10T10:00:00+01:00", 1, "06-10 09:00 to 10:00"},
		"a zone that only the file knows": {
			[]string{"DTSTART;TZID=Office:20260610T100000", "DURATION:PT1H"}, "2026-06-10T10:00:00+05:45", 1, "06-10 04:15 to 05:15",
		},
	} {
		t.Run(rule, func(t *testing.T) {
			const office = "BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0545\r\nTZOFFSETTO:+0545\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
			in, _ := mustRead(t, wrap("REQUEST", office, vevent(append(test.lines, "UID:1")...)))
			all := spans(in)
			if in.Start.Format(time.RFC3339) != test.start || len(all) != test.count || test.count > 0 && all[0] != test.first {
				t.Errorf("it starts %s, %d times, %q", in.Start.Format(time.RFC3339), len(all), all)
			}
			if in.AllDay != strings.Contains(rule, "day is") || in.Recurring != strings.Contains(test.lines[len(test.lines)-1], "RRULE") {
				t.Errorf("%+v", in)
			}
		})
	}
}

func TestASeriesWithChangedInstancesIsOneInvitation(t *testing.T) {
	series := vevent("UID:1", "DTSTART:20260602T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4", "SEQUENCE:1", "SUMMARY:Weekly")
	moved := vevent("UID:1", "RECURRENCE-ID:20260609T090000Z", "DTSTART:20260609T150000Z", "DURATION:PT1H", "SEQUENCE:5", "SUMMARY:Moved")
	off := vevent("UID:1", "RECURRENCE-ID:20260616T090000Z", "DTSTART:20260616T090000Z", "STATUS:CANCELLED")
	for _, order := range []string{series + moved + off, moved + off + series} {
		in, known := mustRead(t, wrap("REQUEST", order))
		want := []string{"06-02 09:00 to 10:00", "06-09 15:00 to 16:00", "06-23 09:00 to 10:00"}
		if diff := cmp.Diff(want, spans(in)); diff != "" || in.Title.String() != "Weekly" || known.Sequence != 1 || !in.Original.IsZero() {
			t.Errorf("%+v\n%s", in, diff)
		}
	}
}

// One instance that is called off is no word about the others; the calendar need
// not say when it would have been.
func TestCancellingOneInstance(t *testing.T) {
	for rule, lines := range map[string][]string{
		"with its time":    {"UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260609T110000", "DTSTART;TZID=Europe/Paris:20260609T110000", "DURATION:PT1H", "SEQUENCE:2"},
		"without its time": {"UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260609T110000", "SEQUENCE:2"},
	} {
		in, known := mustRead(t, part("CANCEL", lines...))
		want := time.Date(2026, 6, 9, 9, 0, 0, 0, time.UTC)
		if in.Method != "cancel" || !in.Original.Equal(want) || !known.Original.Equal(want) || in.Changed || in.Sequence != 2 {
			t.Errorf("%s: %+v", rule, in)
		}
		if (len(in.Times) == 1) != (rule == "with its time") {
			t.Errorf("%s: the times are %q", rule, spans(in))
		}
	}
}

// Where a time is in doubt there is no invitation, and the error says which line it is.
func TestWhatIsInDoubtIsNoInvitation(t *testing.T) {
	good := part("REQUEST", board()...)
	for rule, test := range map[string]struct{ text, want string }{
		"a zone that nobody knows":     {strings.ReplaceAll(good, "W. Europe Standard Time", "Head Office"), `line 7: the zone "Head Office" is not known`},
		"a time that does not exist":   {strings.Replace(good, "20260610T100000", "20260231T100000", 1), "line 7"},
		"an end before the start":      {strings.Replace(good, "20260610T113000", "20260610T093000", 1), "line 4: event not read: it ends before it starts"},
		"no start":                     {part("REQUEST", "UID:1"), "line 4: event not read: it has no DTSTART"},
		"a rule that can't be read":    {part("REQUEST", board("RRULE:FREQ=OFTEN")...), "line 4: event not read"},
		"one of two can't be read":     {wrap("REQUEST", vevent("UID:1", "DTSTART:20260610T100000Z"), vevent("UID:1", "RECURRENCE-ID:20260617T100000Z", "DTSTART:soon")), "line 8"},
		"it breaks off":                {good[:len(good)-40], "the file ends before it does"},
		"it breaks off behind":         {strings.TrimSuffix(good, "END:VCALENDAR\r\n"), "line 1: noted: the calendar is damaged"},
		"two events":                   {wrap("REQUEST", vevent("UID:1", "DTSTART:20260610T100000Z"), vevent("UID:2", "DTSTART:20260610T100000Z")), "several events"},
		"no UID":                       {part("REQUEST", "DTSTART:20260610T100000Z"), "UID"},
		"no event":                     {wrap("REQUEST"), "there is no event"},
		"a task":                       {strings.ReplaceAll(good, "VEVENT", "VTODO"), "there is no event"},
		"another METHOD":               {part("SING", board()...), "METHOD"},
		"two calendars of two METHODs": {good + part("CANCEL", board()...), "METHOD"},
		"no calendar":                  {"Dear Dana", "no BEGIN"},
		"nothing":                      {"", "no BEGIN"},
		"too often":                    {part("REQUEST", "UID:1", "DTSTART:20260601T100000Z", "RRULE:FREQ=MINUTELY"), "more than 2000 times"},
		"too large":                    {part("REQUEST", board("X-PAD:"+strings.Repeat("x", MaxPart))...), "larger than 1024 KiB"},
	} {
		in, known, err := Read([]byte(test.text), reader(t))
		if err == nil || !strings.Contains(err.Error(), test.want) || in.Present || known != (Known{}) {
			t.Errorf("%s: %v, %+v", rule, err, in)
		}
	}
	if _, _, err := Read([]byte(part("", board()...)), reader(t)); !errors.Is(err, ErrNone) {
		t.Errorf("a file without METHOD: %v", err)
	}
}

// Two hundred guests are all there, and whoever claims to organize it is what the
// calendar says: whether the mail is from there is not decided here.
func TestAForgedOrganizerAndTwoHundredGuests(t *testing.T) {
	lines := []string{"UID:1", "DTSTART:20260610T100000Z", "ORGANIZER;SENT-BY=\"mailto:x@evil.example\":mailto:Ceo@xn--bcher-kva.example"}
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("ATTENDEE;RSVP=TRUE:mailto:guest%d@other.example", i))
	}
	in, _ := mustRead(t, part("REQUEST", append(lines, "ATTENDEE:mailto:dana@acme.example")...))
	if len(in.Attendees) != 200 || in.Organizer.Email != "ceo@bücher.example" || in.Response != "needsAction" || in.Verified {
		t.Errorf("%d guests, organizer %q, response %q", len(in.Attendees), in.Organizer.Email, in.Response)
	}
	faulttest.Injected(t, "S12", 1)
}

// What would take long or much memory ends with an error, soon.
func TestBombsEnd(t *testing.T) {
	deep := strings.Repeat("BEGIN:X\r\n", 100_000)
	for rule, text := range map[string]string{
		"nested components":   wrap("REQUEST", deep),
		"many rules":          part("REQUEST", append(board(), strings.Split(strings.TrimSuffix(strings.Repeat("RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\n", 15), "\n"), "\n")...)...),
		"a rule that is mute": part("REQUEST", "UID:1", "DTSTART:19000101T000000Z", "RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"),
		"many guests":         part("REQUEST", append(board(), strings.Split(strings.Repeat("ATTENDEE:mailto:a@b.example\n", 20_000), "\n")...)...),
		"a long UID":          part("REQUEST", "DTSTART:20260610T100000Z", "UID:"+strings.Repeat("u", 5000)),
	} {
		begun := time.Now()
		in, _, err := Read([]byte(text), reader(t))
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s: it took %s", rule, took)
		}
		if err == nil && (in.Start.IsZero() || len(in.Attendees) > 5_000) {
			t.Errorf("%s: %+v", rule, in)
		}
	}
}

func TestLongWordsAreCutToALine(t *testing.T) {
	in, _ := mustRead(t, part("REQUEST", "UID:1", "DTSTART:20260610T100000Z", "SUMMARY:two\\nlines "+strings.Repeat("é", 5000), "ORGANIZER;CN=\"a^nb\":mailto:a@b.example"))
	if title := in.Title.String(); !strings.HasPrefix(title, "two lines é") || len([]rune(title)) > maxWords || in.Organizer.Name.String() != "a b" {
		t.Errorf("%d letters, %q", len([]rune(title)), in.Organizer.Name)
	}
}
