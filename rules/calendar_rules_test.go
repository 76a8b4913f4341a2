package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEffectsReadAsSentences holds what people read of effects on the calendar.
func TestEffectsReadAsSentences(t *testing.T) {
	for _, tc := range []struct {
		effect Effect
		want   string
	}{
		{Effect{Action: "schedule", Arg: "Read: Q3 pack", With: map[string]string{"start": "2026-11-26T10:00:00Z", "end": "2026-11-26T10:45:00Z"}}, "schedule “Read: Q3 pack” on Thu 26 Nov 10:00"},
		{Effect{Action: "schedule", Arg: "Off-site", With: map[string]string{"date": "2026-11-26", "until": "2026-11-27"}}, "schedule “Off-site” on Thu 26 Nov"},
		{Effect{Action: "hold", Arg: "Lunch", With: map[string]string{"length": "45m", "after": "2026-11-26T08:00:00Z", "before": "2026-11-27T00:00:00Z"}}, "hold 45m for “Lunch” by Thu 26 Nov"},
		{Effect{Action: "prep", Arg: "Prepare: Pitch", With: map[string]string{"length": "1h", "after": "2026-11-26T08:00:00Z", "before": "2026-11-27T16:00:00Z"}}, "prep 1h for “Prepare: Pitch” before Fri 27 Nov 16:00"},
		{Effect{Action: "schedule", Arg: "LH 456", With: map[string]string{"cancelled": "true", "key": "k"}}, "take “LH 456” off the calendar"},
		{Effect{Action: "buffer", With: map[string]string{"after": "10m"}}, "buffer"},
		{Effect{Action: "respond", Arg: "accept"}, "accept the invitation"},
		{Effect{Action: "respond", Arg: "tentative"}, "accept the invitation tentatively"},
		{Effect{Action: "respond", Arg: "decline"}, "decline the invitation"},
		{Effect{Action: "propose", Arg: "3", With: map[string]string{"length": "30m"}}, "propose 3 times"},
		{Effect{Action: "propose", Arg: "1", With: map[string]string{"length": "30m"}}, "propose a time"},
		{Effect{Action: "move"}, "find another time for the event"},
		{Effect{Action: "fix", Arg: "conflict"}, "solve the conflict"},
		{Effect{Action: "color", Arg: "tomato"}, "colour the event tomato"},
		{Effect{Action: "tag", Arg: "board"}, "tag the event board"},
		{Effect{Action: "remind", With: map[string]string{"before": "10m"}}, "remind 10m before the event"},
		{Effect{Action: "remind", Arg: "3d"}, "remind after 3d"},
	} {
		if got := tc.effect.String(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

// TestTravel holds how long ways take and which place a location names.
func TestTravel(t *testing.T) {
	set := load(t, `version: 1
places: {hq: "1 Fleet Street, London", city: "2 Gresham Street", depot: "Heston Road 14, Hounslow"}
travel: {hq to city: 35m, any: 50m}
rules: []
`)
	for _, tc := range []struct {
		from, to string
		want     time.Duration
	}{
		{"hq", "city", 35 * time.Minute}, {"city", "hq", 35 * time.Minute}, {"hq", "depot", 50 * time.Minute}, {"hq", "The Ivy", 50 * time.Minute}, {"hq", "hq", 0},
	} {
		if got, ok := set.Travel(tc.from, tc.to); got != tc.want || !ok {
			t.Errorf("from %s to %s: %s %v, want %s", tc.from, tc.to, got, ok, tc.want)
		}
	}
	for location, want := range map[string]string{
		"1 FLEET STREET, London, 4th floor": "hq", "HQ, room 2": "hq", "Gresham Street": "", "2 gresham street": "city", "the depot": "depot",
		"Depotstraße": "", "": "", "Citywide": "", "2 Gresham": "city", "Heston Road 14": "depot",
	} {
		if got := set.PlaceOf(NewText(location)); got != want {
			t.Errorf("%q is at %q, want %q", location, got, want)
		}
	}
	none := load(t, "version: 1\nplaces: {hq: Fleet Street, city: Gresham Street}\ntravel: {hq to city: 35m}\nrules: []\n")
	if d, ok := none.Travel("city", "The Ivy"); ok {
		t.Errorf("a way that the file does not know takes %s", d)
	}
}

// TestWhatTheCalendarIsNeededFor holds which rules ask for a calendar, for the days
// to come, and for what of a mail.
func TestWhatTheCalendarIsNeededFor(t *testing.T) {
	for _, tc := range []struct {
		name, rule      string
		calendar, ahead bool
		needs           Needs
	}{
		{"mail alone", "when: unread, do: {flag: true}", false, false, Needs{}},
		{"a rule on events", "on: event, when: event.external, do: {color: red}", true, false, Needs{Diary: true}},
		{"a rule on days", "on: day, when: day.load > 0.8, do: {focus: 2h}", true, false, Needs{Diary: true}},
		{"days to come", "on: day, when: day.ahead == 1, do: {focus: 2h}", true, true, Needs{Diary: true}},
		{"days to come, as an exception", "on: day, when: day.load > 0.8, unless: day.ahead > 7, do: {focus: 2h}", true, true, Needs{Diary: true}},
		{"what is put on the calendar needs no diary", "when: unread, do: {hold: {length: 45m}}", true, false, Needs{}},
		{"a deadline needs the text", "when: unread, do: {schedule: {title: X, on: '{deadline}'}}", true, false, Needs{Text: true, Structure: true, Found: true}},
		{"a trip needs what the mail says to machines", "when: unread, do: {schedule: {on: trip}}", true, false, Needs{Text: true, Structure: true, Found: true, Trips: true}},
		{"an answer needs the invitation", "when: unread, confirm: assistant, do: {respond: accept}", true, false, Needs{Structure: true, Invite: true}},
		{"its conflicts need the diary", "when: invite.conflict, do: {flag: red}", true, false, Needs{Structure: true, Invite: true, Diary: true}},
		{"so does a field", "when: unread, do: {notify: {to: assistant, text: '{conflict}'}}", true, false, Needs{Structure: true, Invite: true, Diary: true}},
		{"a rule that rests needs nothing", "on: event, enabled: false, when: event.external, do: {color: red}", false, false, Needs{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := load(t, "version: 1\nrules:\n  - {name: a, "+tc.rule+"}\n")
			needs := set.Needs()
			needs.Headers = nil
			if diff := cmp.Diff(tc.needs, needs); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
			if set.LooksAtCalendar() != tc.calendar || set.Rules[0].LooksAhead() != tc.ahead {
				t.Errorf("looks at the calendar: %v, want %v; ahead: %v, want %v", set.LooksAtCalendar(), tc.calendar, set.Rules[0].LooksAhead(), tc.ahead)
			}
			if got := set.Rules[0].LooksAtCalendar(); got != tc.calendar {
				t.Errorf("the rule looks at the calendar: %v, want %v", got, tc.calendar)
			}
		})
	}
}

// TestOnePlanForOneTime holds which effects of two rules stand beside each other.
func TestOnePlanForOneTime(t *testing.T) {
	for _, tc := range []struct{ name, first, second, want, dropped string }{
		{"two answers: the first", "{respond: accept}", "{respond: decline}", "accept the invitation", "decline the invitation"},
		{"two titles: both", "{schedule: {title: A, on: tomorrow}}", "{schedule: {title: B, on: tomorrow}}", "schedule “A” on Wed 9 Dec; schedule “B” on Wed 9 Dec", ""},
		{"one title, two times: the first", "{schedule: {title: A, on: tomorrow}}", "{schedule: {title: A, on: monday}}", "schedule “A” on Wed 9 Dec", "schedule “A” on Mon 14 Dec"},
		{"the same twice: once", "{schedule: {title: A, on: tomorrow}}", "{schedule: {title: A, on: tomorrow}}", "schedule “A” on Wed 9 Dec", ""},
		{"before and after: both", "{buffer: {before: 5m}}", "{buffer: {after: 5m}}", "buffer “Buffer” on Wed 9 Dec 09:55; buffer “Buffer” on Wed 9 Dec 11:00", ""},
		{"two lengths after: the first", "{buffer: {after: 10m}}", "{buffer: {before: 5m, after: 5m}}", "buffer “Buffer” on Wed 9 Dec 11:00; buffer “Buffer” on Wed 9 Dec 09:55", "buffer “Buffer” on Wed 9 Dec 11:00"},
		{"a move and a fix: the first", "{fix: conflict}", "{move: free}", "solve the conflict", "find another time for the event"},
		{"two colours: the first", "{color: red}", "{color: blue}", "colour the event tomato", "colour the event blueberry"},
		{"two tags: both", "{tag: a}", "{tag: b}", "tag the event a; tag the event b", ""},
		{"a hold and an event: both", "{hold: {title: A, length: 1h}}", "{schedule: {title: A, on: monday}}", "hold 1h for “A” by Tue 15 Dec; schedule “A” on Mon 14 Dec", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// The conditions differ, so that the loader can't prove the contradiction.
			set := load(t, fmt.Sprintf("version: 1\nrules:\n  - {name: a, on: event, when: event.title == 'X', irreversible: ok, do: [%s, {remind: 5m}, {respond: decline}]}\n  - {name: b, on: event, when: event.busy, irreversible: ok, do: %s}\n",
				strings.Replace(tc.first, "{respond: accept}", "{agenda: none}", 1), tc.second))
			if strings.Contains(tc.first, "respond") {
				set = load(t, fmt.Sprintf("version: 1\nrules:\n  - {name: a, on: event, when: event.title == 'X', irreversible: ok, do: %s}\n  - {name: b, on: event, when: event.busy, irreversible: ok, do: %s}\n", tc.first, tc.second))
			}
			start := time.Date(2026, 12, 9, 10, 0, 0, 0, time.UTC)
			event := Event{Key: "k", Title: NewText("X"), Start: start, End: start.Add(time.Hour), Busy: true, Mine: true, Conflicts: []Event{{Key: "o"}}}
			if strings.Contains(tc.first, "respond") {
				event.Mine, event.Response = false, "needsAction"
			}
			plan := set.Plan(&Item{Role: "event", Event: event, Received: start}, testNow)
			var got, dropped []string
			for _, e := range plan.Effects {
				if e.Action != "remind" && e.Action != "agenda" {
					got = append(got, e.String())
				}
			}
			for _, d := range plan.Dropped {
				dropped = append(dropped, d.Effect.String())
			}
			if strings.Join(got, "; ") != tc.want || strings.Join(dropped, "; ") != tc.dropped {
				t.Errorf("planned %q, dropped %q; want %q and %q", got, dropped, tc.want, tc.dropped)
			}
		})
	}
}

// TestDaysKeepTheirWallClock holds that a day before is a day on the wall's clock
// when the clocks change.
func TestDaysKeepTheirWallClock(t *testing.T) {
	set := load(t, "version: 1\ntimezone: Europe/Berlin\nworkHours: Mon-Sun 09:00-17:00\nrules:\n  - {name: a, when: unread, do: [{schedule: {title: X, on: '{deadline} - 1d', length: 1h}}, {hold: {title: Y, on: '{date}', at: '02:30', length: 1h}}]}\n")
	item := &Item{Unread: true, Found: Found{
		Deadlines: []When{{Start: at(t, "2026-03-29 16:00", "Europe/Berlin"), Confidence: 1}},
		Dates:     []When{{Start: at(t, "2026-03-29 00:00", "Europe/Berlin"), AllDay: true, Confidence: 1}},
	}}
	plan := set.Plan(item, at(t, "2026-03-20 10:00", "Europe/Berlin"))
	want := []map[string]string{
		{"length": "1h", "after": "2026-03-28T09:00:00+01:00", "before": "2026-03-28T16:00:00+01:00", "earlier": "2026-03-26T09:00:00+01:00"},
		{"start": "2026-03-29T03:30:00+02:00", "end": "2026-03-29T04:30:00+02:00", "status": "tentative"}, // the clocks skip half past two
	}
	var got []map[string]string
	for _, e := range plan.Effects {
		got = append(got, e.With)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s%v", diff, plan.Failures)
	}
}

// TestNothingCanBeDone holds what is said where an action has nothing to go by.
func TestNothingCanBeDone(t *testing.T) {
	start := time.Date(2026, 12, 9, 10, 0, 0, 0, time.UTC)
	event := func(change func(*Event)) *Item {
		e := Event{Key: "k", Start: start, End: start.Add(time.Hour), Busy: true, Response: "accepted", Location: NewText("Depot")}
		change(&e)
		return &Item{Role: "event", Event: e, Received: start}
	}
	for _, tc := range []struct {
		name, rule string
		item       *Item
		want       string
	}{
		{"no deadline", "do: {schedule: {title: X, on: '{deadline}'}}", &Item{}, "schedule: the mail names no deadline that is ahead"},
		{"no date", "do: {schedule: {title: X, on: '{date}'}}", &Item{}, "schedule: the mail names no date that is ahead"},
		{"no trip", "do: {schedule: {on: trip}}", &Item{}, "schedule: the mail tells of no trip that is ahead"},
		{"no invitation to put anywhere", "do: {schedule: {on: invite}}", &Item{}, "schedule: the mail carries no invitation"},
		{"no invitation to answer", "irreversible: ok, do: {respond: accept}", &Item{}, "respond: the mail carries no invitation"},
		{"one that is called off", "irreversible: ok, do: {respond: accept}", &Item{Invite: Invite{Present: true, Method: "cancel"}}, "respond: the mail calls the event off"},
		{"an answer", "irreversible: ok, do: {respond: accept}", &Item{Invite: Invite{Present: true, Method: "reply"}}, "respond: the mail's calendar part asks for no answer (reply)"},
		{"a moment that has passed", "do: {schedule: {title: X, on: 'today 08:00'}}", &Item{}, "schedule: Tue 8 Dec 08:00 has passed"},
		{"a day that has passed", "do: {schedule: {title: X, on: 2026-12-01}}", &Item{}, "schedule: Tue 1 Dec has passed"},
		{"a day that is too short", "do: {schedule: {title: X, on: 'today', length: 15h}}", &Item{}, "schedule: there is no room for 15h before Wed 9 Dec 00:00"},
		{"a meeting of one's own", "on: event, irreversible: ok, do: {respond: accept}", event(func(e *Event) { e.Mine = true }), "respond: the executive organizes the event: there is nobody to answer"},
		{"a meeting of others", "on: event, irreversible: ok, do: {respond: decline}", event(func(e *Event) { e.Response = "" }), "respond: the executive is not among the guests: there is nobody to answer"},
		{"another's meeting", "on: event, irreversible: ok, do: {move: free}", event(func(*Event) {}), "move: somebody else organizes the event; answer it and propose another time in the comment"},
		{"a whole day", "on: event, irreversible: ok, do: {move: free}", event(func(e *Event) { e.AllDay = true }), "move: an event that lasts all day is not moved"},
		{"right before a whole day", "on: event, do: {prep: 30m}", event(func(e *Event) { e.AllDay = true }), "prep: an event that lasts all day has no time right before it; write for example before: 1d"},
		{"a way that nobody knows", "on: event, do: {buffer: {travel: true}}", event(func(*Event) {}), `buffer: travel: says nothing of the way from "hq" to "depot"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			when := "now > date('2020-01-01')"
			set := load(t, "version: 1\nplaces: {hq: Fleet Street, city: Gresham Street, depot: Heston Road}\ntravel: {hq to city: 35m}\nrules:\n  - {name: a, when: "+`"`+when+`"`+", "+tc.rule+"}\n")
			plan := set.Plan(tc.item, testNow)
			if len(plan.Effects) != 0 || len(plan.Failures) != 1 || plan.Failures[0].Reason != tc.want {
				t.Errorf("planned %v, failed %v; want %q", plan.Effects, plan.Failures, tc.want)
			}
		})
	}
}

// FuzzBooking promises that what is planned of an event can be performed whatever
// the event says: its times can be read, and none ends before it begins.
func FuzzBooking(f *testing.F) {
	f.Add("Board {title}", "1 Fleet Street", int64(1796810400), 45, true, false)
	f.Add("\x00\u202e", "https://x", int64(1774746000), -5, false, true)
	f.Add("", "", int64(1797336000), 100000, true, true)
	f.Add("ends before it begins", "The Ivy", int64(1796810400), -55, true, false)
	set := load(f, `version: 1
timezone: Europe/London
places: {hq: Fleet Street, city: Gresham Street}
travel: {hq to city: 35m, any: 20m}
rules:
  - {name: a, on: event, when: event.busy or not event.busy or event.mine, irreversible: ok, do: [{buffer: {before: 5m, after: 10m, travel: true}}, {prep: {before: 1d, length: 1h, title: "{title} {location}"}}, {mirror: busy}, {move: free}, {hold: {length: 20m, within: 3d, expire: 1d}}, {schedule: {title: "{title}", on: monday}}, {focus: 2h}]}
`)
	f.Fuzz(func(t *testing.T, title, location string, unix int64, minutes int, mine, allDay bool) {
		if unix < 1e9 || unix > 4e9 || minutes < -1e6 || minutes > 1e6 {
			return
		}
		start := time.Unix(unix, 0)
		e := Event{Key: "k", Title: NewText(title), Location: NewText(location), Start: start, End: start.Add(time.Duration(minutes) * time.Minute), Mine: mine, AllDay: allDay, Busy: true, Calendar: "private"}
		item := &Item{Role: "event", Event: e, Received: start, Diary: NewDiary([]Event{e}, start.AddDate(0, 0, -1), start.AddDate(0, 0, 9), start)}
		for _, effect := range set.Plan(item, testNow).Effects {
			if effect.Arg == "" || strings.ContainsAny(effect.Arg, "\n\r\x00") {
				t.Errorf("%s has the title %q", effect.Action, effect.Arg)
			}
			for _, pair := range [][2]string{{"start", "end"}, {"after", "before"}, {"date", "until"}} {
				if effect.With[pair[0]] != "" && !ordered(effect.With[pair[0]], effect.With[pair[1]]) {
					t.Errorf("%s %s from %q to %q", effect.Action, pair, effect.With[pair[0]], effect.With[pair[1]])
				}
			}
			if _, err := WantOf(effect.With); err != nil {
				t.Errorf("%s: %s", effect.Action, err)
			}
		}
	})
}

func ordered(from, to string) bool {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		a, err1 := time.Parse(layout, from)
		b, err2 := time.Parse(layout, to)
		if err1 == nil && err2 == nil {
			return b.After(a)
		}
	}
	return false
}
