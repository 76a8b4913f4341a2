package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/calendar"
	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/rules"
)

// diaryOf reads the demo's calendars over the API, as the daemon does.
func diaryOf(t *testing.T, w *demo.World, now time.Time) *rules.Diary {
	t.Helper()
	zone, err := time.LoadLocation(demo.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	client, err := calendar.New(t.Context(), calendar.Config{
		Endpoint: w.Calendar.Endpoint(), Calendars: []string{"primary", "Family"},
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Calendar.Token()}),
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(t.Context()) }) // nothing is left to lose
	syncs, err := client.Sync(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var events []datebook.Event
	names := map[string]string{}
	for _, s := range syncs {
		events, names[s.Calendar.ID] = append(events, s.Events...), s.Calendar.Name
	}
	from, to := now.AddDate(0, 0, -7), now.AddDate(0, 0, 22)
	found, errs := datebook.Expand(events, names, zone, from, to)
	for _, err := range errs {
		t.Error(err)
	}
	return rules.NewDiary(found, from, to, now)
}

// occasions are what the rules of the calendar look at: what is on it from now on,
// and today with the two weeks after.
func occasions(diary *rules.Diary, now time.Time, zone *time.Location) (all []rules.Item) {
	for _, e := range diary.Events {
		if !e.End.After(now) {
			continue
		}
		item := rules.Item{Role: "event", Event: e, Diary: diary}
		if e.Private {
			item.Sensitivity = "private"
		}
		all = append(all, item)
	}
	today := now.In(zone)
	for i := range 15 {
		day := time.Date(today.Year(), today.Month(), today.Day()+i, 0, 0, 0, 0, zone)
		all = append(all, rules.Item{Role: "day", Day: rules.Day{Date: day}, Diary: diary})
	}
	return all
}

// TestOnAnyDayEachRuleOfTheCalendarHasSomethingToDo promises that the calendar is
// whole on whichever day somebody runs the demo.
func TestOnAnyDayEachRuleOfTheCalendarHasSomethingToDo(t *testing.T) {
	set := exampleRules(t)
	for _, now := range days() {
		t.Run(now.Format("Mon 2 Jan 15h"), func(t *testing.T) {
			w := startAt(t, now)
			fired := map[string]bool{}
			for _, item := range occasions(diaryOf(t, w, now), now, set.Timezone) {
				plan := set.Plan(&item, now)
				for _, f := range plan.Failures {
					t.Errorf("%q: rule %q: %s", item.Event.Title, f.Rule, f.Reason)
				}
				for _, m := range plan.Matches {
					fired[m.Rule] = true
				}
			}
			for _, r := range set.Rules {
				if (r.On == "event" || r.On == "day") && !fired[r.Name] {
					t.Errorf("the rule %q has nothing to do", r.Name)
				}
			}
		})
	}
}
