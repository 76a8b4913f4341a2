package datebook_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/rules"
)

var names = map[string]string{"dana@acme.example": "primary"}

// event is an hour on Monday, 2 March 2026, at nine in London.
func event(change func(*datebook.Event)) datebook.Event {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	e := datebook.Event{
		Calendar: "dana@acme.example", ID: "abcde", UID: "abcde@google.com", Start: start, End: start.Add(time.Hour),
		Zone: "Europe/London", Status: "confirmed", Kind: "default", Title: "Secret plans",
		Organizer: datebook.Person{Email: "dana@acme.example", Self: true},
	}
	change(&e)
	return e
}

func guest(email, response string) datebook.Guest {
	return datebook.Guest{Person: datebook.Person{Email: email, Name: "Pat"}, Response: response}
}

func self(response string) datebook.Guest {
	return datebook.Guest{Person: datebook.Person{Email: "dana@acme.example", Self: true}, Response: response}
}

func in(t testing.TB, zone string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	must(t, err)
	return loc
}

// march expands events over March 2026.
func march(t testing.TB, zone string, events ...datebook.Event) ([]rules.Event, []error) {
	t.Helper()
	loc := in(t, zone)
	return datebook.Expand(events, names, loc, time.Date(2026, 3, 1, 0, 0, 0, 0, loc), time.Date(2026, 4, 1, 0, 0, 0, 0, loc))
}

// facts are those of the one event there is.
func facts(t *testing.T, change func(*datebook.Event)) rules.Event {
	t.Helper()
	found, wrong := march(t, "Europe/London", event(change))
	if len(found) != 1 || len(wrong) > 0 {
		t.Fatalf("%d occurrences, %v", len(found), wrong)
	}
	return found[0]
}

func TestFactsOfAnEvent(t *testing.T) {
	got := facts(t, func(e *datebook.Event) {
		e.Organizer = datebook.Person{Email: "Pat@Board.example", Name: "Pat"}
		e.Guests = []datebook.Guest{
			guest("Pat@Board.example", "accepted"), self("needsAction"), guest("lee@board.example", "declined"),
			guest("kim@board.example", "needsAction"), guest("may@board.example", "tentative"),
			{Person: datebook.Person{Email: "room@resource.calendar.google.com"}, Response: "accepted", Resource: true},
		}
		e.Notes, e.Location, e.Video, e.Color = "<p>Agenda</p>1&nbsp;&lt; 2<br>a &lt;b&gt;", "Board room", "https://meet.example/x", "tomato"
		e.Ours = map[string]string{"tags": "board, q4,"}
		e.Created = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	zone := in(t, "Europe/London")
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, zone)
	pat := rules.ParseAddress("Pat", "pat@board.example")
	want := rules.Event{
		ID: "abcde", UID: "abcde@google.com", Key: "abcde@google.com", Calendar: "primary",
		Title: rules.NewText("Secret plans"), Start: start, End: start.Add(time.Hour), Length: time.Hour,
		Organizer: pat, Attendees: []rules.Address{
			pat, rules.ParseAddress("Pat", "lee@board.example"), rules.ParseAddress("Pat", "kim@board.example"), rules.ParseAddress("Pat", "may@board.example"),
		},
		Busy: true, Response: "needsAction", Status: "confirmed", Kind: "meeting", Color: "tomato",
		Location: rules.NewText("Board room"), Notes: rules.NewText("Agenda\n1 < 2\na <b>"), Video: "https://meet.example/x", Tags: []string{"board", "q4"},
		Accepted: 1, Declined: 1, Unanswered: 1, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(rules.Text{})); diff != "" {
		t.Error(diff)
	}
}

func TestKindOfAnEvent(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		change func(*datebook.Event)
	}{
		"nobody else":            {"task", func(*datebook.Event) {}},
		"only the executive":     {"task", func(e *datebook.Event) { e.Guests = []datebook.Guest{self("accepted")} }},
		"a room is nobody":       {"task", func(e *datebook.Event) { e.Guests = []datebook.Guest{{Resource: true}} }},
		"a guest":                {"meeting", func(e *datebook.Event) { e.Guests = []datebook.Guest{guest("lee@board.example", "")} }},
		"guests that are hidden": {"meeting", func(e *datebook.Event) { e.Omitted = true }},
		"somebody else's":        {"meeting", func(e *datebook.Event) { e.Organizer = datebook.Person{Email: "lee@board.example"} }},
		"from a mail":            {"task", func(e *datebook.Event) { e.Kind = "fromGmail" }},
		"focus time":             {"focus", func(e *datebook.Event) { e.Kind = "focusTime" }},
		"out of office":          {"outOfOffice", func(e *datebook.Event) { e.Kind = "outOfOffice" }},
		"where work is done":     {"workingLocation", func(e *datebook.Event) { e.Kind = "workingLocation" }},
		"a birthday":             {"birthday", func(e *datebook.Event) { e.Kind = "birthday" }},
		"tentative":              {"task", func(e *datebook.Event) { e.Status = "tentative" }},
		"ours and tentative":     {"hold", func(e *datebook.Event) { e.Status, e.Ours = "tentative", map[string]string{"rule": "Hold"} }},
		"ours":                   {"task", func(e *datebook.Event) { e.Ours = map[string]string{"rule": "Prep"} }},
		"ours to focus":          {"focus", func(e *datebook.Event) { e.Ours = map[string]string{"rule": "Focus", "action": "focus morning"} }},
		"a hold with other people": {"hold", func(e *datebook.Event) {
			e.Status, e.Ours, e.Guests = "tentative", map[string]string{"rule": "Propose"}, []datebook.Guest{guest("lee@board.example", "")}
		}},
	} {
		if got := facts(t, c.change).Kind; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhoseAnEventIsAndWhetherItMakesBusy(t *testing.T) {
	theirs := datebook.Person{Email: "lee@board.example"}
	for name, c := range map[string]struct {
		response   string
		mine, busy bool
		change     func(*datebook.Event)
	}{
		"the executive's own":    {"accepted", true, true, func(*datebook.Event) {}},
		"shown as free":          {"accepted", true, false, func(e *datebook.Event) { e.Free = true }},
		"accepted":               {"accepted", false, true, func(e *datebook.Event) { e.Organizer, e.Guests = theirs, []datebook.Guest{self("accepted")} }},
		"not answered":           {"needsAction", false, true, func(e *datebook.Event) { e.Organizer, e.Guests = theirs, []datebook.Guest{self("needsAction")} }},
		"declined":               {"declined", false, false, func(e *datebook.Event) { e.Organizer, e.Guests = theirs, []datebook.Guest{self("declined")} }},
		"declined one's own":     {"declined", true, false, func(e *datebook.Event) { e.Guests = []datebook.Guest{self("declined")} }},
		"on somebody's calendar": {"", false, true, func(e *datebook.Event) { e.Organizer = theirs }},
		"private, and somebody's": {"tentative", false, true, func(e *datebook.Event) {
			e.Organizer, e.Private, e.Guests = datebook.Person{}, true, []datebook.Guest{self("tentative")}
		}},
		"private, and one's own": {"accepted", true, true, func(e *datebook.Event) { e.Organizer, e.Private = datebook.Person{Self: true}, true }},
		"nobody is named":        {"accepted", true, true, func(e *datebook.Event) { e.Organizer = datebook.Person{} }},
	} {
		got := facts(t, c.change)
		if got.Response != c.response || got.Mine != c.mine || got.Busy != c.busy {
			t.Errorf("%s: response %q, mine %v, busy %v", name, got.Response, got.Mine, got.Busy)
		}
	}
}

func TestWhatIsOurs(t *testing.T) {
	got := facts(t, func(e *datebook.Event) {
		e.Ours = map[string]string{"rule": "Prep", "item": datebook.ItemOfEvent + "x@google.com/2026-03-02T09:00:00Z"}
	})
	if !got.Ours || got.Rule != "Prep" || got.Follows != "x@google.com/2026-03-02T09:00:00Z" {
		t.Errorf("made by a rule: %v %q, for %q", got.Ours, got.Rule, got.Follows)
	}
	if got := facts(t, func(e *datebook.Event) { e.Ours = map[string]string{"tags": "board"} }); got.Ours {
		t.Error("a person's event with a tag is taken for ours")
	}
	got = facts(t, func(e *datebook.Event) { e.Ours = map[string]string{"rule": "Trips", "item": "mid:a@b.example"} })
	if got.Follows != "" {
		t.Errorf("what was made for a mail follows the event %q", got.Follows)
	}
}

// when writes occurrences as their local times, with the place in the series.
func when(found []rules.Event) string {
	var all []string
	for _, e := range found {
		text := e.Start.Format("02 15:04") + "-" + e.End.Format("15:04")
		if e.AllDay {
			text = e.Start.Format("02") + "-" + e.End.Format("02")
		}
		if !e.Original.IsZero() && !e.Original.Equal(e.Start) && !e.AllDay {
			text += " of " + e.Original.Format("02 15:04")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestOccurrences(t *testing.T) {
	weekly := event(func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY"} })
	daily := event(func(e *datebook.Event) {
		e.AllDay, e.Start, e.End = true, time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		e.Recurrence = []string{"RRULE:FREQ=DAILY;COUNT=4"}
	})
	change := func(day int, change func(*datebook.Event)) datebook.Event {
		return event(func(e *datebook.Event) {
			e.ID, e.Series, e.Original = fmt.Sprintf("abcde_202603%02dT090000Z", day), "abcde", time.Date(2026, 3, day, 9, 0, 0, 0, time.UTC)
			change(e)
		})
	}
	at := func(day, hour int) func(*datebook.Event) {
		return func(e *datebook.Event) {
			e.Start = time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC)
			e.End = e.Start.Add(time.Hour)
		}
	}
	gone := func(e *datebook.Event) { e.Status, e.Start, e.End = "cancelled", time.Time{}, time.Time{} }
	for name, c := range map[string]struct {
		want   string
		events []datebook.Event
	}{
		"a series keeps its time on the wall": {"02 09:00-10:00, 09 09:00-10:00, 16 09:00-10:00, 23 09:00-10:00, 30 09:00-10:00", []datebook.Event{weekly}},
		"a changed instance replaces":         {"02 09:00-10:00, 10 14:00-15:00 of 09 09:00, 16 09:00-10:00, 23 09:00-10:00, 30 09:00-10:00", []datebook.Event{change(9, at(10, 14)), weekly}},
		"a cancelled one leaves a hole":       {"02 09:00-10:00, 16 09:00-10:00, 23 09:00-10:00, 30 09:00-10:00", []datebook.Event{weekly, change(9, gone)}},
		"one on another calendar doesn't":     {"02 09:00-10:00, 09 09:00-10:00, 16 09:00-10:00, 23 09:00-10:00, 30 09:00-10:00", []datebook.Event{weekly, change(9, func(e *datebook.Event) { gone(e); e.Calendar = "team" })}},
		"without its series it stands alone":  {"10 14:00-15:00 of 09 09:00", []datebook.Event{change(9, at(10, 14)), change(16, gone)}},
		"a cancelled event is none":           {"", []datebook.Event{event(gone)}},
		"whole days over the change":          {"27-28, 28-29, 29-30, 30-31", []datebook.Event{daily}},
		"a day is taken out": {"27-28, 28-29, 30-31", []datebook.Event{daily, change(29, func(e *datebook.Event) {
			gone(e)
			e.Original = time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
		})}},
		"what reaches into the window": {"28 23:00-01:00, 31 23:00-01:00", []datebook.Event{
			event(func(e *datebook.Event) {
				e.Start = time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)
				e.End = e.Start.Add(2 * time.Hour)
			}),
			event(func(e *datebook.Event) {
				e.Start = time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)
				e.End = e.Start.Add(2 * time.Hour)
			}),
		}},
		"what only touches it": {"01 00:00-00:00", []datebook.Event{
			event(func(e *datebook.Event) {
				e.Start = time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)
				e.End = e.Start.Add(time.Hour)
			}),
			event(func(e *datebook.Event) {
				e.Start = time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC)
				e.End = e.Start.Add(time.Hour)
			}),
			event(func(e *datebook.Event) { e.Start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC); e.End = e.Start }),
		}},
		"a long one of a series that began before": {"27 09:00-09:00, 06 09:00-09:00, 13 09:00-09:00, 20 09:00-09:00, 27 09:00-10:00", []datebook.Event{
			event(func(e *datebook.Event) {
				e.Start = time.Date(2026, 2, 27, 9, 0, 0, 0, time.UTC)
				e.End, e.Recurrence = e.Start.AddDate(0, 0, 3), []string{"RRULE:FREQ=WEEKLY"}
			}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			found, wrong := march(t, "Europe/London", c.events...)
			if got := when(found); got != c.want || len(wrong) > 0 {
				t.Errorf("got  %s\nwant %s (%v)", got, c.want, wrong)
			}
		})
	}
}

func TestNamesOfAnInstance(t *testing.T) {
	for name, c := range map[string]struct {
		id, key string
		change  func(*datebook.Event)
	}{
		"a single event": {"abcde", "abcde@google.com", func(*datebook.Event) {}},
		"in UTC, whatever its zone": {"abcde_20260302T090000Z", "abcde@google.com/2026-03-02T09:00:00Z", func(e *datebook.Event) {
			e.Zone, e.Recurrence = "America/New_York", []string{"RRULE:FREQ=YEARLY"}
		}},
		"by its date": {"abcde_20260303", "abcde@google.com/2026-03-03T00:00:00Z", func(e *datebook.Event) {
			e.Start, e.AllDay, e.Recurrence = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), true, []string{"RRULE:FREQ=YEARLY"}
			e.End = e.Start.AddDate(0, 0, 1)
		}},
		"of a series that was split off": {"abcde_20260302T090000Z", "abcde@google.com/2026-03-02T09:00:00Z", func(e *datebook.Event) {
			e.ID, e.Recurrence = "abcde_R20260202T090000", []string{"RRULE:FREQ=YEARLY"}
		}},
		"a changed one": {"abcde_20260309T090000Z", "abcde@google.com/2026-03-09T09:00:00Z", func(e *datebook.Event) {
			e.ID, e.Series, e.Original = "abcde_20260309T090000Z", "abcde", time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
		}},
	} {
		got := facts(t, c.change)
		if got.ID != c.id || got.Key != c.key || got.Recurring != strings.Contains(c.key, "/") || (got.Series == "") == got.Recurring {
			t.Errorf("%s: id %s, key %s, series %q, recurring %v", name, got.ID, got.Key, got.Series, got.Recurring)
		}
	}
}

// A day of Santiago's summer begins at one, when the clocks have skipped midnight.
func TestADayBeginsWhereTheReaderIs(t *testing.T) {
	loc := in(t, "America/Santiago")
	date := time.Date(2026, 9, 5, 0, 0, 0, 0, time.UTC)
	days := event(func(e *datebook.Event) {
		e.AllDay, e.Start, e.End, e.Recurrence = true, date, date.AddDate(0, 0, 1), []string{"RRULE:FREQ=DAILY;COUNT=3"}
	})
	from := time.Date(2026, 9, 5, 0, 0, 0, 0, loc)
	found, wrong := datebook.Expand([]datebook.Event{days}, names, loc, from, from.AddDate(0, 0, 2))
	var got []string
	for _, e := range found {
		got = append(got, e.Start.Format("02 15:04")+" "+e.Length.String())
	}
	if diff := cmp.Diff([]string{"05 00:00 24h0m0s", "06 01:00 23h0m0s"}, got); diff != "" || len(wrong) > 0 {
		t.Error(diff, wrong)
	}
}

// Days are dates to the series and instants to the window: the two are most of a
// day apart at the ends of the world.
func TestOneHourIsInOneDayFarFromGreenwich(t *testing.T) {
	date := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	days := event(func(e *datebook.Event) {
		e.AllDay, e.Start, e.End, e.Recurrence = true, date, date.AddDate(0, 0, 1), []string{"RRULE:FREQ=DAILY"}
	})
	for _, zone := range []string{"Pacific/Kiritimati", "Pacific/Honolulu", "Pacific/Pago_Pago"} {
		loc := in(t, zone)
		for _, hour := range []int{0, 23} {
			from := time.Date(2026, 3, 10, hour, 0, 0, 0, loc)
			found, wrong := datebook.Expand([]datebook.Event{days}, names, loc, from, from.Add(time.Hour))
			if len(found) != 1 || found[0].Start.Day() != 10 || len(wrong) > 0 {
				t.Errorf("%s at %d: %s, %v", zone, hour, when(found), wrong)
			}
		}
	}
}

func TestWhatCannotBeToldIsLeftOutAndNamed(t *testing.T) {
	bad := map[string]struct {
		want   string
		change func(*datebook.Event)
	}{
		"a zone that nobody knows": {`its zone "Mars/Olympus" is not known`, func(e *datebook.Event) { e.Zone = "Mars/Olympus" }},
		"no zone":                  {"it names no zone", func(e *datebook.Event) { e.Zone = "" }},
		"this machine's zone":      {"it names no zone", func(e *datebook.Event) { e.Zone = "Local" }},
		"a rule with a typo":       {`the rule "FREQ=WEEKLYY"`, func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLYY"} }},
		"a line of another kind":   {`is a "DTSTART"`, func(e *datebook.Event) { e.Recurrence = []string{"DTSTART:20260101T000000Z"} }},
		"a rule of every minute":   {"", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=MINUTELY"} }},
		"a rule that never ends its search": {"take too long", func(e *datebook.Event) {
			e.Recurrence = []string{"RRULE:FREQ=HOURLY;COUNT=2;BYMONTHDAY=31;BYMONTH=2"}
			e.Start = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
			e.End = e.Start.Add(time.Hour)
		}},
		"an end before the start": {"ends before it begins", func(e *datebook.Event) { e.End = e.Start.Add(-1) }},
		"no time":                 {"it has no time", func(e *datebook.Event) { e.Start = time.Time{} }},
	}
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			broken := event(func(e *datebook.Event) {
				e.ID, e.Recurrence = "broken", []string{"RRULE:FREQ=WEEKLY"}
				c.change(e)
			})
			found, wrong := march(t, "Europe/London", broken, event(func(*datebook.Event) {}))
			if len(found) != 1 || found[0].ID != "abcde" || len(wrong) != 1 {
				t.Fatalf("%d occurrences, %v", len(found), wrong)
			}
			text := wrong[0].Error()
			if !strings.Contains(text, `event broken of the calendar "primary" is left out: `) || !strings.Contains(text, c.want) {
				t.Error(text)
			}
			if strings.Contains(text, "Secret") || strings.Contains(text, "@") {
				t.Error("the error tells too much:", text)
			}
		})
	}
}

// Strangers can invite to any number of series: all of them together are held to
// the work of about a second.
func TestManyCostlySeriesAreHeldToALimit(t *testing.T) {
	var events []datebook.Event
	for i := range 300 {
		events = append(events, event(func(e *datebook.Event) {
			e.ID = fmt.Sprint("costly", i)
			e.Start = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
			e.End, e.Recurrence = e.Start.Add(time.Hour), []string{"RRULE:FREQ=HOURLY;COUNT=2;BYMONTHDAY=31;BYMONTH=2"}
		}))
	}
	began := time.Now()
	found, wrong := march(t, "Europe/London", events...)
	if took := time.Since(began); took > 20*time.Second || len(found) > 0 || len(wrong) != 300 {
		t.Errorf("%d occurrences and %d errors in %v", len(found), len(wrong), took)
	}
}

func TestNotesArePlainText(t *testing.T) {
	for notes, want := range map[string]string{
		"Agenda: 1 < 2, a & b":                          "Agenda: 1 < 2, a & b",
		"<b>Agenda</b><br/>one<BR>two":                  "Agenda\none\ntwo",
		"<ul><li>one</li><li>two</li></ul>":             "one\ntwo",
		`<a href="https://x.example/?a&amp;b">here</a>`: "here",
		"write to <pat@board.example>":                  "write to <pat@board.example>",
		"<!-- hidden -->shown&nbsp;&amp;&nbsp;told":     "shown & told",
		" plain ": "plain",
	} {
		got := facts(t, func(e *datebook.Event) { e.Notes = notes }).Notes.String()
		if got != want {
			t.Errorf("%q: got %q, want %q", notes, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		must(t, err)
		return at
	}
	for name, c := range map[string]struct {
		first, last string // "" for unknown
		change      func(*datebook.Event)
	}{
		"a single event": {"2026-03-02 09:00", "2026-03-02 10:00", func(*datebook.Event) {}},
		"a day, anywhere": {"2026-03-01 10:00", "2026-03-03 14:00", func(e *datebook.Event) {
			e.AllDay, e.Start, e.End = true, day("2026-03-02 00:00"), day("2026-03-03 00:00")
		}},
		"an endless series":   {"2026-03-02 09:00", "", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY"} }},
		"one that is counted": {"2026-03-02 09:00", "2026-03-30 09:00", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY;COUNT=5"} }},
		"one with UNTIL":      {"2026-03-02 09:00", "2026-03-23 10:00", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY;UNTIL=20260329T000000Z"} }},
		"a date before it":    {"2026-01-02 09:00", "", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLY", "RDATE:20260102T090000Z"} }},
		"dates alone":         {"2026-03-02 09:00", "2026-05-01 10:00", func(e *datebook.Event) { e.Recurrence = []string{"RDATE:20260501T090000Z"} }},
		"what can't be read":  {"", "", func(e *datebook.Event) { e.Recurrence = []string{"RRULE:FREQ=WEEKLYY"} }},
		"an instance that was moved back": {"2026-03-02 09:00", "2026-03-09 09:00", func(e *datebook.Event) {
			e.Series, e.Original = "abcde", day("2026-03-09 09:00")
		}},
		"one that was cancelled": {"2026-03-08 19:00", "2026-03-09 23:00", func(e *datebook.Event) {
			e.Series, e.Original, e.Status, e.Start, e.End = "abcde", day("2026-03-09 09:00"), "cancelled", time.Time{}, time.Time{}
		}},
	} {
		e := event(c.change)
		first, last := e.Bounds()
		for _, b := range []struct {
			name string
			got  time.Time
			want string
		}{{"first", first, c.first}, {"last", last, c.last}} {
			if b.want == "" && !b.got.IsZero() || b.want != "" && !b.got.Equal(day(b.want)) {
				t.Errorf("%s: %s is %v, want %q", name, b.name, b.got, b.want)
			}
		}
	}
}

// BenchmarkExpand expands a year of 10,000 single events and 300 series, with five
// people each.
func BenchmarkExpand(b *testing.B) {
	var events []datebook.Event
	first := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	add := func(id string, start time.Time, lines ...string) {
		events = append(events, event(func(e *datebook.Event) {
			e.ID, e.UID, e.Start, e.End, e.Recurrence = id, id+"@google.com", start, start.Add(time.Hour), lines
			e.Title, e.Notes, e.Location = "Renewal of the contract", strings.Repeat("What we <b>want</b> to talk about.<br>", 8), "Board room"
			for g := range 5 {
				e.Guests = append(e.Guests, guest(fmt.Sprintf("guest%d@bigcustomer.example", g), "accepted"))
			}
		}))
	}
	for i := range 9_700 {
		add(fmt.Sprint("single", i), first.Add(time.Duration(i)*50*time.Minute))
	}
	for i := range 300 {
		rule := []string{"WEEKLY;BYDAY=MO,WE", "WEEKLY", "MONTHLY;BYDAY=2TU"}[i%3]
		add(fmt.Sprint("series", i), first.AddDate(-2, 0, 0), "RRULE:FREQ="+rule)
	}
	zone := in(b, "Europe/London")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		found, wrong := datebook.Expand(events, names, zone, first, first.AddDate(1, 0, 0))
		if n = len(found); n < 20_000 || len(wrong) > 0 {
			b.Fatal(n, wrong)
		}
	}
	b.ReportMetric(float64(n), "occurrences")
}
