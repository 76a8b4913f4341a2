package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestClashes(t *testing.T) {
	london := zone(t, "Europe/London")
	on := func(title, start, end string, words ...string) Event {
		return occurrence(t, london, title, "2026-12-08 "+start, "2026-12-08 "+end, words...)
	}
	older, newer := on("older", "10:00", "11:00", "team"), on("newer", "10:00", "11:00", "team")
	older.Created, newer.Created = at(t, "2026-11-01 10:00", "Europe/London"), at(t, "2026-11-02 10:00", "Europe/London")
	buffer := on("buffer", "11:00", "11:30", "ours")
	buffer.Follows = "a"
	mirror := on("Busy", "10:30", "11:30", "ours")
	mirror.Follows = "Dentist"
	sealed := on("sealed", "10:45", "11:30", "theirs", "private")
	sealed.Organizer = Address{} // of a private event nobody keeps who has called it
	for _, tc := range []struct {
		name   string
		rules  string
		events []Event
		want   string // who stays, who goes, why, and what is recommended
	}{
		{"none where nothing overlaps", "", []Event{on("a", "10:00", "11:00"), on("b", "11:00", "12:00")}, ""},
		{"none with what was made for it", "", []Event{on("a", "10:00", "11:15"), buffer}, ""},
		{"none with what is declined or free", "", []Event{on("a", "10:00", "11:00"), on("b", "10:00", "11:00", "declined"), on("c", "10:00", "11:00", "free")}, ""},
		{
			"what foredesk made gives way and is moved", "",
			[]Event{on("focus", "10:00", "12:00", "ours", "focus"), on("call", "11:00", "11:30", "theirs", "asked")},
			"call over focus, because foredesk made the other and can move it: move to 08:00-10:00 tell false",
		},
		{
			"the rule that stands higher decides before anything else",
			"  - {name: Family first, on: event, when: event.title contains \"school\", do: {color: red}}\n  - {name: Guests, on: event, when: event.external, do: {color: blue}}\n",
			[]Event{on("board", "10:00", "11:00", "external"), on("School play", "10:00", "12:00")},
			`School play over board, because the rule "Family first" stands for it: move to 08:00-09:00 tell true`,
		},
		{
			"a rule that puts conflicts right, or writes of the other, says nothing of what matters",
			"  - {name: Fix, on: event, when: not event.external, confirm: assistant, do: {fix: conflict}}\n  - {name: Brief, on: event, when: not event.external, do: {brief: 2h}}\n",
			[]Event{on("sync", "10:00", "11:00", "team"), on("client", "10:30", "11:00", "external")},
			"client over sync, because somebody from outside takes part: move to 08:00-09:00 tell true",
		},
		{
			"what a rule declines goes",
			"  - {name: No, on: event, when: event.title == \"late\", confirm: assistant, do: {respond: {answer: decline}}}\n",
			[]Event{on("quiet", "10:00", "11:00"), on("late", "10:30", "11:00", "theirs", "asked")},
			`quiet over late, because the rule "No" declines the other: decline I have another appointment then. Would Tuesday 8 December, 08:00 to 08:30 (Europe/London) suit you?`,
		},
		{"an absence stays", "", []Event{on("leave", "09:00", "18:00", "away"), on("sync", "10:00", "11:00", "external")}, "leave over sync, because it is an absence: move to 08:00-09:00 tell true"},
		{"people from outside stay", "", []Event{on("sync", "10:00", "11:00", "team"), on("client", "10:30", "11:00", "external")}, "client over sync, because somebody from outside takes part: move to 08:00-09:00 tell true"},
		{"somebody of the list vip stays", "", []Event{on("other", "10:00", "11:00", "external"), on("marta", "10:30", "11:00", "vip")}, "marta over other, because somebody of the list vip takes part: move to 08:00-09:00 tell true"},
		{"what somebody else has called stays", "", []Event{on("mine", "10:00", "11:00", "team"), on("toms", "10:00", "11:00", "theirs")}, "toms over mine, because somebody else has called it: move to 08:00-09:00 tell true"},
		{"more people stay", "", []Event{on("two", "10:00", "11:00", "team", "more"), on("one", "10:00", "11:00", "team")}, "two over one, because more people take part: move to 08:00-09:00 tell true"},
		{
			"what is accepted stays; of another's meeting another time is asked for", "",
			[]Event{on("open", "10:00", "11:00", "theirs", "asked"), on("sure", "10:00", "11:00", "theirs")},
			"sure over open, because it is accepted: decline I have another appointment then. Would Tuesday 8 December, 08:00 to 09:00 (Europe/London) suit you?",
		},
		{"what was made earlier stays", "", []Event{newer, older}, "older over newer, because it was made earlier: move to 08:00-09:00 tell true"},
		{"what begins earlier stays", "", []Event{on("b", "10:30", "11:00"), on("a", "10:00", "11:00")}, "a over b, because it begins earlier: move to 08:00-08:30 tell false"},
		{
			"two that have to go are not moved to the same time", "",
			[]Event{on("day", "09:00", "18:00", "external"), on("x", "10:00", "10:30"), on("y", "12:00", "12:30")},
			"day over x, because somebody from outside takes part: move to 08:00-08:30 tell false; day over y, because somebody from outside takes part: move to 08:30-09:00 tell false",
		},
		{
			"one that clashes twice is moved once", "",
			[]Event{on("a", "10:00", "11:00", "external"), on("b", "11:00", "12:00", "external"), on("x", "10:30", "11:30")},
			"a over x, because somebody from outside takes part: move to 08:00-09:00 tell false; b over x, because somebody from outside takes part: move to 08:00-09:00 tell false",
		},
		{
			"without another time the answer is maybe", "",
			[]Event{occurrence(t, london, "away", "2026-12-01 00:00", "2027-01-20 00:00", "away"), on("x", "10:00", "11:00", "theirs")},
			"away over x, because it is an absence: tentative I have another appointment then, and may not be able to come.",
		},
		{
			"nothing is recommended about what has begun", "",
			[]Event{occurrence(t, london, "long", "2026-12-07 16:00", "2026-12-07 17:30"), occurrence(t, london, "client", "2026-12-07 17:15", "2026-12-07 18:00", "external")},
			"client over long, because somebody from outside takes part: ",
		},
		{
			"nor about an absence that a rule ranks lower",
			"  - {name: Board first, on: event, when: event.title contains \"board\", do: {color: red}}\n",
			[]Event{on("leave", "09:00", "12:00", "away"), on("board", "10:00", "11:00")},
			`board over leave, because the rule "Board first" stands for it: `,
		},
		{
			"nor about what somebody else has called and nobody knows whom to ask: that is private, or a calendar's own", "",
			[]Event{on("client", "10:00", "11:00", "external"), sealed, on("group", "10:30", "12:00", "group")},
			"client over group, because somebody from outside takes part: ; client over sealed, because somebody from outside takes part: ; group over sealed, because it begins earlier: ",
		},
		{
			"what shows on another calendar that time is taken is no second conflict", "",
			[]Event{on("client", "10:00", "11:00", "external"), on("Dentist", "10:30", "11:30"), mirror},
			"client over Dentist, because somebody from outside takes part: move to 08:00-09:00 tell false",
		},
		{
			"a private one of one's own is moved", "",
			[]Event{on("client", "10:00", "11:00", "external"), on("doctor", "10:30", "11:30", "private")},
			"client over doctor, because somebody from outside takes part: move to 08:00-09:00 tell false",
		},
		{
			"and nothing if that was said already", "",
			[]Event{occurrence(t, london, "away", "2026-12-01 00:00", "2027-01-20 00:00", "away"), on("x", "10:00", "11:00", "theirs", "maybe")},
			"away over x, because it is an absence: ",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := daySet(t, "Europe/London", tc.rules)
			now := at(t, "2026-12-07 17:00", "Europe/London")
			var got []string
			for _, c := range set.Clashes(diaryOf(tc.events...), now, now.AddDate(0, 0, 7)) {
				got = append(got, clashWords(c))
				if c.Text == "" || strings.Count(c.Text, "\n") > 0 {
					t.Errorf("the text is %q", c.Text)
				}
			}
			if got := strings.Join(got, "; "); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func clashWords(c Clash) string {
	text := fmt.Sprintf("%s over %s, because %s: ", c.A.Title, c.B.Title, c.Why)
	switch c.Fix.Action {
	case "move":
		start, _ := time.Parse(time.RFC3339, c.Fix.With["start"])
		end, _ := time.Parse(time.RFC3339, c.Fix.With["end"])
		return text + fmt.Sprintf("move to %s-%s tell %s", start.Format("15:04"), end.Format("15:04"), c.Fix.With["tell"])
	case "respond":
		return text + c.Fix.Arg + " " + c.Fix.With["comment"]
	}
	return text
}

func TestClashInASentence(t *testing.T) {
	set := daySet(t, "Europe/London", "")
	for _, tc := range []struct {
		name string
		b    Event
		want string
	}{
		{
			"one's own is moved", occurrence(t, set.Timezone, "Sync", "2026-12-08 10:00", "2026-12-08 10:30", "team"),
			`"Client" and "Sync" overlap on Tuesday 8 December, 10:00 to 10:30: the first should stay, because somebody from outside takes part; move the second to Tuesday 8 December, 08:00 to 08:30 (Europe/London).`,
		},
		{
			"another's is declined", occurrence(t, set.Timezone, "Sync", "2026-12-08 10:00", "2026-12-08 10:30", "theirs"),
			`"Client" and "Sync" overlap on Tuesday 8 December, 10:00 to 10:30: the first should stay, because somebody from outside takes part; decline the second and ask for Tuesday 8 December, 08:00 to 08:30 (Europe/London).`,
		},
		{
			"of a private one nothing is said", occurrence(t, set.Timezone, "Doctor", "2026-12-08 10:00", "2026-12-08 10:30", "private"),
			`"Client" and a private event overlap on Tuesday 8 December, 10:00 to 10:30: the first should stay, because somebody from outside takes part; move the second to Tuesday 8 December, 08:00 to 08:30 (Europe/London).`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client := occurrence(t, set.Timezone, "Client", "2026-12-08 09:30", "2026-12-08 11:00", "external")
			now := at(t, "2026-12-07 17:00", "Europe/London")
			clashes := set.Clashes(diaryOf(client, tc.b), now, now.AddDate(0, 0, 7))
			if len(clashes) != 1 || clashes[0].Text != tc.want {
				t.Errorf("%d clashes\ngot  %s\nwant %s", len(clashes), clashes[0].Text, tc.want)
			}
		})
	}
}

// TestClashesOfAnUntidyYear holds that many events at one time neither take for ever
// nor make a list that nobody can read.
func TestClashesOfAnUntidyYear(t *testing.T) {
	set := daySet(t, "Europe/London", "")
	var events []Event
	for i := range 600 {
		e := occurrence(t, set.Timezone, fmt.Sprint(i), "2026-12-08 10:00", "2026-12-08 11:00")
		events = append(events, e)
	}
	now := at(t, "2026-12-07 17:00", "Europe/London")
	if got := len(set.Clashes(diaryOf(events...), now, now.AddDate(0, 0, 7))); got != mostClashes {
		t.Errorf("%d clashes", got)
	}
}
