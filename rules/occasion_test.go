package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foredesk/foredesk/internal/faults/faulttest"
)

// lookAtEvent is the environment that a rule on: event sees.
func lookAtEvent(set *Set, e Event, others ...Event) *Item {
	item := &Item{Role: "event", Event: e, Diary: diaryOf(append(others, e)...)}
	return set.newRun(item, e.Start.Add(-time.Hour)).env.Item
}

func titles(events []Event) string {
	return strings.Join(mapped(events, func(e Event) string { return e.Title.raw }), ", ")
}

func TestConflictsOfAnEvent(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, start, end string, words ...string) Event {
		return occurrence(t, london, title, "2026-12-08 "+start, "2026-12-08 "+end, words...)
	}
	allDay := func(title string, words ...string) Event {
		return occurrence(t, london, title, "2026-12-08", "2026-12-09", append(words, "allday")...)
	}
	follow := on("buffer", "10:30", "11:00", "ours")
	follow.Follows = "x"
	otherCalendar := on("x", "10:00", "11:00")
	otherCalendar.Calendar = "Team"
	meeting := on("x", "10:00", "11:00", "team")
	for _, tc := range []struct {
		name   string
		event  Event
		others []Event
		want   string
	}{
		{"what overlaps it, by start", meeting, []Event{on("b", "10:30", "12:00"), on("a", "09:00", "10:15")}, "a, b"},
		{"what touches it does not overlap", meeting, []Event{on("a", "09:00", "10:00"), on("b", "11:00", "12:00")}, ""},
		{"what began long before", meeting, []Event{occurrence(t, london, "trip", "2026-12-01 09:00", "2026-12-08 10:30")}, "trip"},
		{"itself on another calendar is none", meeting, []Event{otherCalendar}, ""},
		{"what was made for it is none", meeting, []Event{follow}, ""},
		{"declined, free and cancelled are none", meeting, []Event{on("a", "10:00", "11:00", "declined"), on("b", "10:00", "11:00", "free"), on("c", "10:00", "11:00", "off")}, ""},
		{"an absence of a day is one", meeting, []Event{allDay("leave", "away")}, "leave"},
		{"a meeting of a day is one", meeting, []Event{allDay("offsite", "team")}, "offsite"},
		{"a birthday or a hold of a day is none", meeting, []Event{allDay("birthday", "birthday"), allDay("hold", "hold")}, ""},
		{"it has none if it is declined", on("x", "10:00", "11:00", "declined"), []Event{on("a", "10:00", "11:00")}, ""},
		{"it has none if it is shown as free", on("x", "10:00", "11:00", "free"), []Event{on("a", "10:00", "11:00")}, ""},
		{"it has none if it has no length", on("x", "10:30", "10:30"), []Event{on("a", "10:00", "11:00")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			if got := titles(lookAtEvent(set, tc.event, tc.others...).Event.Conflicts); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, start, end string, words ...string) Event {
		return occurrence(t, london, title, "2026-12-08 "+start, "2026-12-08 "+end, words...)
	}
	buffer := on("buffer", "11:00", "11:10", "ours")
	buffer.Follows = "x"
	meeting := on("x", "10:00", "11:00", "team")
	for _, tc := range []struct {
		name   string
		event  Event
		others []Event
		want   string
	}{
		{"until what comes before and after", meeting, []Event{on("a", "08:00", "09:30"), on("b", "11:05", "12:00")}, "30m0s 5m0s"},
		{"none to what touches it", meeting, []Event{on("a", "09:00", "10:00"), on("b", "11:00", "12:00")}, "0s 0s"},
		{"none to what overlaps it", meeting, []Event{on("a", "09:00", "10:30"), on("b", "10:45", "12:00")}, "0s 0s"},
		{"none inside a longer one", meeting, []Event{on("a", "09:00", "12:00")}, "0s 0s"},
		{"what lies within it is not around it", meeting, []Event{on("a", "10:15", "10:45")}, "24h0m0s 24h0m0s"},
		{"a day at most", meeting, []Event{occurrence(t, london, "a", "2026-12-11 10:00", "2026-12-11 11:00")}, "24h0m0s 24h0m0s"},
		{"over midnight", on("x", "23:00", "23:30"), []Event{occurrence(t, london, "a", "2026-12-09 08:00", "2026-12-09 09:00")}, "24h0m0s 8h30m0s"},
		{"what lasts all day does not count", meeting, []Event{occurrence(t, london, "a", "2026-12-08", "2026-12-09", "allday")}, "24h0m0s 24h0m0s"},
		{"what is shown as free does not count", meeting, []Event{on("a", "11:00", "12:00", "free")}, "24h0m0s 24h0m0s"},
		{"its own buffer does not count", meeting, []Event{buffer, on("b", "11:30", "12:00")}, "24h0m0s 30m0s"},
		{"an hour that spring skips is none", occurrence(t, london, "x", "2027-03-28 00:00", "2027-03-28 00:30"), []Event{occurrence(t, london, "a", "2027-03-28 02:30", "2027-03-28 03:00")}, "24h0m0s 1h0m0s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := lookAtEvent(daySet(t, "Europe/London", ""), tc.event, tc.others...).Event
			if got := fmt.Sprint(e.GapBefore, e.GapAfter); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestWhatAnEventTells(t *testing.T) {
	for _, tc := range []struct {
		name, title string
		words       []string
		want        string
	}{
		{"nothing is missing where nobody else comes", "Read", nil, "[]"},
		{"an agenda, a place and a link for a meeting without all", "Sync", []string{"team"}, "[agenda location video]"},
		{"a link stands for a place", "Sync", []string{"team", "video", "notes"}, "[]"},
		{"a link that is pasted into the location is one", "Sync", []string{"external", "pasted", "notes"}, "external []"},
		{"among colleagues a room needs no link", "Sync", []string{"team", "room", "notes"}, "[]"},
		{"people from outside need one", "Sync", []string{"external", "room", "notes"}, "external [video]"},
		{"nothing is missing once it is cancelled", "Sync", []string{"team", "off"}, "[]"},
		{"a group calendar is nobody from outside", "Sync", []string{"group"}, "[]"},
		{"a word of a goal, whole and in any case", "Candidate INTERVIEW", nil, "[] Hiring"},
		{"a part of a word is none", "Interviews", nil, "[]"},
		{"somebody of a goal's list", "Lunch", []string{"fund", "notes", "video"}, "external [] Close Series C"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			e := lookAtEvent(set, occurrence(t, set.Timezone, tc.title, "2026-12-08 10:00", "2026-12-08 11:00", tc.words...)).Event
			got := fmt.Sprint(e.Missing)
			if e.External {
				got = "external " + got
			}
			if got = strings.TrimSpace(got + " " + e.Goal); got != tc.want || e.Length != time.Hour {
				t.Errorf("got %s %s, want %s", got, e.Length, tc.want)
			}
		})
	}
}

func invitation(t *testing.T, words ...string) *Item {
	item := &Item{Role: "inbox", Received: testNow, From: ParseAddress("Pat", "pat@other.example"), Auth: Auth{Verdict: "pass"}, Invite: Invite{
		Present: true, Method: "request", UID: "new", Organizer: ParseAddress("Pat", "pat@other.example"),
		Start: at(t, "2026-12-09 10:00", "Europe/London"), End: at(t, "2026-12-09 11:00", "Europe/London"),
	}}
	for _, w := range words {
		switch w {
		case "cancel":
			item.Invite.Method = "cancel"
		case "series":
			for i := range 3 {
				item.Invite.Times = append(item.Invite.Times, Span{item.Invite.Start.AddDate(0, 0, 7*i), item.Invite.End.AddDate(0, 0, 7*i)})
			}
		case "forged":
			item.Auth.Verdict = "fail"
		case "forwarded":
			item.From = ParseAddress("Tom", "tom@acme.example")
		case "by assistant":
			item.From, item.SenderAddress = ParseAddress("Boss", "boss@other.example"), item.From
		case "by stranger":
			item.From, item.SenderAddress = ParseAddress("Eve", "eve@evil.example"), item.From
		}
	}
	return item
}

func TestConflictsOfAnInvitation(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, date, start, end string, words ...string) Event {
		return occurrence(t, london, title, date+" "+start, date+" "+end, words...)
	}
	for _, tc := range []struct {
		name   string
		words  []string
		events []Event
		want   string
	}{
		{"none in an empty diary", nil, nil, "false []"},
		{"what is at its time", nil, []Event{on("a", "2026-12-09", "10:30", "12:00", "team")}, "true [a]"},
		{"its own copy on the calendar is none", nil, []Event{on("new", "2026-12-09", "10:00", "11:00", "asked")}, "false [] on the calendar"},
		{"any time of a series, each event once", []string{"series"}, []Event{on("a", "2026-12-16", "10:30", "12:00"), occurrence(t, london, "b", "2026-12-15 09:00", "2026-12-24 09:00")}, "true [b, a]"},
		{"a cancellation has none", []string{"cancel"}, []Event{on("a", "2026-12-09", "10:30", "12:00")}, "false []"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			item := invitation(t, tc.words...)
			item.Diary = diaryOf(tc.events...)
			run := set.newRun(item, testNow)
			set.consult(run.env)
			inv := run.env.Invite
			got := fmt.Sprintf("%t [%s]", inv.Conflict, titles(inv.Conflicts))
			if inv.OnCalendar {
				got += " on the calendar"
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if item.Invite.Conflicts != nil || item.Invite.Length != 0 {
				t.Error("the item that was given has changed")
			}
			if day := run.env.Day.Date.Format(time.DateOnly); day != "2026-12-09" {
				t.Errorf("its day is %s", day)
			}
		})
	}
}

func TestVerifiedInvitation(t *testing.T) {
	for _, tc := range []struct {
		name  string
		words []string
		want  bool
	}{
		{"from the organizer", nil, true},
		{"not if the mail server found it forged", []string{"forged"}, false},
		{"not if somebody passed it on", []string{"forwarded"}, false},
		{"sent by the organizer for a colleague", []string{"by assistant"}, true},
		{"not by a Sender field that a stranger has written", []string{"by stranger"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := daySet(t, "Europe/London", "").inviteOf(invitation(t, tc.words...)).Verified; got != tc.want {
				t.Errorf("verified is %t", got)
			}
			if !tc.want {
				faulttest.Injected(t, "S12", 1)
			}
		})
	}
}

// TestConditionsOnTheCalendar evaluates conditions as rules have them.
func TestConditionsOnTheCalendar(t *testing.T) {
	london := zone(t, "Europe/London")
	now := at(t, "2026-12-08 09:00", "Europe/London")
	event := occurrence(t, london, "Review", "2026-12-08 14:00", "2026-12-08 15:00", "external")
	diary := diaryOf(event,
		occurrence(t, london, "Next", "2026-12-08 15:05", "2026-12-08 16:00", "team"),
		occurrence(t, london, "Clash", "2026-12-08 14:30", "2026-12-08 14:45", "team"),
		occurrence(t, london, "Full", "2026-12-09 08:00", "2026-12-09 18:00", "team"))
	invited := invitation(t)
	invited.Diary = diary
	items := map[string]*Item{
		"event":                   {Role: "event", Event: event, Diary: diary},
		"day":                     {Role: "day", Day: Day{Date: at(t, "2026-12-09 00:00", "Europe/London")}, Diary: diary},
		"mail":                    {Role: "inbox", Received: now, Diary: diary},
		"invitation":              invited,
		"mail without a calendar": {Role: "inbox", Received: now},
	}
	for _, tc := range []struct {
		item, source string
		want         bool
	}{
		{"event", `event.external and day.meetings == 3 and event.gapAfter == duration("5m")`, true},
		{"event", `any(event.conflicts, .title == "clash")`, true},
		{"event", `"agenda" in event.missing and event.length == duration("1h")`, true},
		{"event", `event.attendees in vip`, false},
		{"event", `busy(event.start, event.end)`, true}, // by the other one
		{"event", `busy("15:00", "15:05")`, false},
		{"event", `busy("15:00", "15:06")`, true},
		{"day", `day.ahead == 1 and day.load == 1.0 and day.freeTime == duration("0m")`, true},
		{"day", `day.last == date("2026-12-09 18:00") and day.first < day.last`, true},
		{"mail", `day.meetings == 3 and day.ahead == 0`, true},
		{"mail", `busy("14:00", "15:00") and not busy("12:00", "13:00")`, true},
		{"mail", `busy("2026-12-09 08:00", "2026-12-09 09:00")`, true},
		{"mail", `busy("23:00", "09:00")`, true}, // until tomorrow
		{"mail", `busy(invite.start, invite.end)`, false},
		{"mail", `free("30m", "1d")`, true},
		{"mail", `free("6h", "2d")`, false},
		{"invitation", `invite.conflict and day.ahead == 1 and any(invite.conflicts, .title == "Full")`, true},
		{"invitation", `invite.verified and invite.organizer.org == "other"`, true},
		{"mail without a calendar", `free("30m", "2d") or busy("00:00", "23:00") or day.meetings > 0`, false},
	} {
		t.Run(tc.item+" "+tc.source, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			got, err := set.Holds(tc.source, items[tc.item], now)
			if err != nil || got != tc.want {
				t.Errorf("%t %v, want %t", got, err, tc.want)
			}
		})
	}
}

// TestCalendarConditionsAreRead holds what a condition asks of a message and of the
// diary: mail that asks for neither costs what it did.
func TestCalendarConditionsAreRead(t *testing.T) {
	for source, want := range map[string]Needs{
		`found.question`:                      {Structure: true, Text: true, Found: true},
		`len(found.trips) > 0`:                {Structure: true, Text: true, Found: true, Trips: true},
		`found.trips[0].code != ""`:           {Structure: true, Text: true, Found: true, Trips: true},
		`any(found.trips, .kind == "flight")`: {Structure: true, Text: true, Found: true, Trips: true},
		`invite.method == "request"`:          {Structure: true, Invite: true},
		`invite.conflict`:                     {Structure: true, Invite: true, Diary: true},
		`invite.verified`:                     {Structure: true, Invite: true, Headers: []string{"Authentication-Results", "Content-Type", "Sender", "Sensitivity"}},
		`day.load > 0.5`:                      {Diary: true},
		`busy("10:00", "11:00")`:              {Diary: true},
		`free("1h", "2d")`:                    {Diary: true},
	} {
		t.Run(source, func(t *testing.T) {
			set := daySet(t, "Europe/London", "")
			needs, err := set.NeedsOf(source)
			if want.Headers == nil {
				want.Headers = alwaysRead
			}
			if err != nil || fmt.Sprint(needs) != fmt.Sprint(want) {
				t.Errorf("%+v %v, want %+v", needs, err, want)
			}
			rule := &Rule{when: []*condition{mustCompile(t, set, source)}}
			rule.facts = mergeFacts(rule.when)
			if of := set.needsOfRule(rule); of.Trips != want.Trips || of.Invite != want.Invite {
				t.Errorf("the rule alone needs %+v", of)
			}
		})
	}
}

func mustCompile(t *testing.T, set *Set, source string) *condition {
	t.Helper()
	c, findings := newCompiler(set.people, nil).compile(source)
	if findings != nil {
		t.Fatal(findings)
	}
	return c
}

// TestLookAfterConsult holds that what is found in the text is made once, and seen
// also where the diary was looked at before.
func TestLookAfterConsult(t *testing.T) {
	set := daySet(t, "Europe/London", "  - {name: both, when: [day.meetings == 0, found.question], do: {flag: red}}\n")
	times := 0
	item := mailOf("Hello")
	item.Find = func() Found { times++; return Found{Question: true} }
	if plan := set.Plan(item, testNow); len(plan.Effects) != 1 || times != 1 || !item.Found.Question {
		t.Errorf("%s; it was looked %d times", plan, times)
	}
}

// TestConflictsOfPrivateEventsAreNotNamed holds that the journal gets no title of a
// private event.
func TestConflictsOfPrivateEventsAreNotNamed(t *testing.T) {
	set := daySet(t, "Europe/London", "")
	hidden := occurrence(t, set.Timezone, "Doctor", "2026-12-08 10:00", "2026-12-08 11:00", "private")
	shown := occurrence(t, set.Timezone, "Review", "2026-12-08 10:00", "2026-12-08 11:00")
	if got := plainValue([]Event{hidden, shown}).([]string); !slices.Equal(got, []string{"a private event", "Review"}) {
		t.Error(got)
	}
}
