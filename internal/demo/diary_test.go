package demo_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	calendar "google.golang.org/api/calendar/v3"
	"google.golang.org/api/option"

	"golang.org/x/oauth2"

	"github.com/foredesk/foredesk/internal/demo"
)

// google is Google's own client on the demo's calendar.
func google(t *testing.T, w *demo.World) *calendar.Service {
	t.Helper()
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: w.Calendar.Token()})
	api, err := calendar.NewService(t.Context(), option.WithEndpoint(w.Calendar.Endpoint()), option.WithTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// days are a week of days on which the demo may run, one at night, and one each
// around a change of clocks and of year.
func days() []time.Time {
	all := []time.Time{time.Date(2026, time.December, 27, 23, 50, 0, 0, time.UTC), time.Date(2027, time.March, 28, 1, 30, 0, 0, time.UTC)}
	for i := range 7 {
		all = append(all, thursday.AddDate(0, 0, i).Add(time.Duration(i)*time.Hour))
	}
	return all
}

// kept is one occurrence as a person sees it.
type kept struct {
	*calendar.Event
	start, end time.Time // London; of an all-day event midnights
	calendar   string
}

func (k kept) allDay() bool { return k.Start.Date != "" }

func (k kept) String() string { return k.start.Format("Mon 2 Jan 15:04") + " " + k.Summary }

// occurrences lists both calendars from a week back to three weeks ahead.
func occurrences(t *testing.T, w *demo.World, now time.Time) (all []kept) {
	t.Helper()
	london, err := time.LoadLocation(demo.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	from, to := now.AddDate(0, 0, -8).Format(time.RFC3339), now.AddDate(0, 0, 22).Format(time.RFC3339)
	for _, id := range []string{"primary", demo.Family} {
		list, err := google(t, w).Events.List(id).SingleEvents(true).OrderBy("startTime").TimeMin(from).TimeMax(to).MaxResults(2500).Do()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Items {
			all = append(all, kept{e, at(t, e.Start, london), at(t, e.End, london), id})
		}
	}
	slices.SortStableFunc(all, func(a, b kept) int { return a.start.Compare(b.start) })
	return all
}

func at(t *testing.T, when *calendar.EventDateTime, zone *time.Location) time.Time {
	t.Helper()
	if when.Date != "" {
		day, err := time.ParseInLocation(time.DateOnly, when.Date, zone)
		if err != nil {
			t.Fatal(err)
		}
		return day
	}
	instant, err := time.Parse(time.RFC3339, when.DateTime)
	if err != nil {
		t.Fatal(err)
	}
	return instant.In(zone)
}

// TestTheCalendarIsBelievable promises a diary that somebody could live by, on
// whichever day the demo runs.
func TestTheCalendarIsBelievable(t *testing.T) {
	for _, now := range days() {
		t.Run(now.Format("Mon 2 Jan 15h"), func(t *testing.T) {
			all := occurrences(t, startAt(t, now), now)
			count, work := map[string]int{}, map[string]time.Duration{}
			for _, k := range all {
				if k.allDay() {
					continue
				}
				count[k.start.Format(time.DateOnly)]++
				if h := k.start.Hour()*60 + k.start.Minute(); h < 6*60+30 || k.end.Hour() >= 22 || k.end.YearDay() != k.start.YearDay() {
					t.Errorf("%s to %s is at night", k, k.end.Format("15:04"))
				}
				if k.calendar == "primary" {
					work[k.start.Format(time.DateOnly)] += k.end.Sub(k.start)
				}
			}
			for i := -6; i <= 20; i++ {
				day := now.In(all[0].start.Location()).AddDate(0, 0, i)
				n, spent := count[day.Format(time.DateOnly)], work[day.Format(time.DateOnly)]
				if weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; weekend {
					if n > 3 || spent > 0 {
						t.Errorf("%s has %d events and %v of work", day.Format("Mon 2 Jan"), n, spent)
					}
				} else if n < 2 || n > 12 || spent > 10*time.Hour {
					t.Errorf("%s has %d events and %v of work", day.Format("Mon 2 Jan"), n, spent)
				}
			}
		})
	}
}

// TestFewThingsClash promises that two things at a time are there because they
// show something, and not by accident of the day.
func TestFewThingsClash(t *testing.T) {
	meant := []string{
		"BigCustomer: credits, and the second site / Peak rosters: who works which Saturday", // a customer and what Dana can move
		"Dentist / Fleetline review call",                      // home and a customer
		"BigCustomer steering call / Depot utilisation review", // a customer and the house
		"Focus: no calls / Pay review: two questions",          // quiet time and one who did not look
	}
	for _, now := range days() {
		t.Run(now.Format("Mon 2 Jan 15h"), func(t *testing.T) {
			all := slices.DeleteFunc(occurrences(t, startAt(t, now), now), func(k kept) bool { return k.allDay() || k.Transparency == "transparent" })
			found := map[string]bool{}
			for i, a := range all {
				for _, b := range all[i+1:] {
					if b.start.Before(a.end) {
						pair := []string{a.Summary, b.Summary}
						slices.Sort(pair)
						found[strings.Join(pair, " / ")] = true
					}
				}
			}
			for _, pair := range meant {
				if !found[pair] {
					t.Errorf("these should clash: %s", pair)
				}
				delete(found, pair)
			}
			for pair := range found {
				t.Errorf("these clash by accident: %s", pair)
			}
		})
	}
}

// TestTheCalendarHoldsEachKindOfEvent counts what rules and people will look for.
func TestTheCalendarHoldsEachKindOfEvent(t *testing.T) {
	has := func(f func(kept) bool) func(kept) bool { return f }
	answer := func(k kept) string {
		for _, g := range k.Attendees {
			if g.Self {
				return g.ResponseStatus
			}
		}
		return ""
	}
	external := func(k kept) bool {
		return slices.ContainsFunc(k.Attendees, func(g *calendar.EventAttendee) bool { return !strings.HasSuffix(g.Email, "acme.example") })
	}
	cases := []struct {
		kind  string
		least int
		is    func(kept) bool
	}{
		{"meetings with one other person", 15, has(func(k kept) bool { return len(k.Attendees) == 2 })},
		{"invitations without an answer", 6, has(func(k kept) bool { return answer(k) == "needsAction" })},
		{"meetings with people from outside", 12, has(external)},
		{"events of a series", 60, has(func(k kept) bool { return k.RecurringEventId != "" })},
		{"moved instances of a series", 1, has(func(k kept) bool {
			return k.RecurringEventId != "" && k.OriginalStartTime.DateTime != "" && !at(t, k.OriginalStartTime, k.start.Location()).Equal(k.start)
		})},
		{"quiet time", 5, has(func(k kept) bool { return k.EventType == "focusTime" })},
		{"birthdays", 2, has(func(k kept) bool { return k.EventType == "birthday" })},
		{"whole days", 4, has(kept.allDay)},
		{"flights", 2, has(func(k kept) bool { return strings.HasPrefix(k.Summary, "Flight") })},
		{"events that end in another zone", 2, has(func(k kept) bool { return k.Start.TimeZone != k.End.TimeZone })},
		{"what is private", 3, has(func(k kept) bool { return k.Visibility == "private" })},
		{"events of the family", 10, has(func(k kept) bool { return k.calendar == demo.Family })},
		{"guests who have declined", 1, has(func(k kept) bool {
			return slices.ContainsFunc(k.Attendees, func(g *calendar.EventAttendee) bool { return g.ResponseStatus == "declined" })
		})},
		{"meetings without an agenda", 10, has(func(k kept) bool { return len(k.Attendees) > 2 && k.Description == "" })},
		{"video calls", 8, has(func(k kept) bool { return k.HangoutLink != "" })},
	}
	all := occurrences(t, startAt(t, thursday), thursday)
	for _, c := range cases {
		t.Run(c.kind, func(t *testing.T) {
			n := 0
			for _, k := range all {
				if c.is(k) {
					n++
				}
			}
			if n < c.least {
				t.Errorf("%d, want at least %d", n, c.least)
			}
		})
	}
}

// TestAnAfternoonIsFull promises one without a minute between its meetings.
func TestAnAfternoonIsFull(t *testing.T) {
	for _, now := range days() {
		run, longest, last := 0, 0, time.Time{}
		for _, k := range occurrences(t, startAt(t, now), now) {
			if k.allDay() || k.calendar != "primary" {
				continue
			}
			if run++; !k.start.Equal(last) {
				run = 1
			}
			last, longest = k.end, max(longest, run)
		}
		if longest < 5 {
			t.Errorf("from %s on the longest row of meetings is %d, want 5", now, longest)
		}
	}
}

// TestGuestsArePeopleOfTheDemo promises that everybody on the calendar writes or is
// written to in the mailbox.
func TestGuestsArePeopleOfTheDemo(t *testing.T) {
	w := startAt(t, thursday)
	known := map[string]bool{demo.Address: true, demo.Family: true}
	for _, m := range inboxOf(t, w, thursday) {
		known[m.Item.From.Email] = true
		for _, a := range slices.Concat(m.Item.To, m.Item.Cc) {
			known[a.Email] = true
		}
	}
	for _, k := range occurrences(t, w, thursday) {
		for _, g := range k.Attendees {
			if !known[g.Email] {
				t.Errorf("%s: nobody of the mailbox is %s", k, g.Email)
			}
		}
		if !known[k.Organizer.Email] {
			t.Errorf("%s: nobody of the mailbox is its organizer %s", k, k.Organizer.Email)
		}
	}
}

// TestInvitationsOfTheMailboxAreOnTheCalendar promises that Google has added what
// mails invite to, at the same time and with the same iCalUID.
func TestInvitationsOfTheMailboxAreOnTheCalendar(t *testing.T) {
	w := startAt(t, thursday)
	invited := 0
	for _, m := range inboxOf(t, w, thursday) {
		in := m.Item.Invite
		if in.Method != "request" {
			continue
		}
		invited++
		found := slices.ContainsFunc(occurrences(t, w, thursday), func(k kept) bool {
			return k.ICalUID == in.UID && k.start.Equal(in.Start) && k.end.Equal(in.End) && k.Summary == in.Title.String()
		})
		if !found {
			t.Errorf("%q of %s is not on the calendar", in.Title, in.Start)
		}
	}
	if invited < 6 {
		t.Errorf("%d mails invite, want 6", invited)
	}
}

// TestColleaguesAreBusyWhenTheyMeetDana promises free/busy times that agree with
// her calendar, and hold more.
func TestColleaguesAreBusyWhenTheyMeetDana(t *testing.T) {
	w := startAt(t, thursday)
	from, to := thursday.AddDate(0, 0, -7), thursday.AddDate(0, 0, 21)
	query := &calendar.FreeBusyRequest{TimeMin: from.Format(time.RFC3339), TimeMax: to.Format(time.RFC3339)}
	names := []string{"tom", "ines", "rahul", "sofia", "mei", "luca", "hannah", "jonas", "ben", "assistant"}
	for _, name := range names {
		query.Items = append(query.Items, &calendar.FreeBusyRequestItem{Id: name + "@acme.example"})
	}
	answer, err := google(t, w).Freebusy.Query(query).Do()
	if err != nil {
		t.Fatal(err)
	}
	all := occurrences(t, w, thursday)
	for _, name := range names {
		c := answer.Calendars[name+"@acme.example"]
		if len(c.Errors) > 0 || len(c.Busy) < 4 || len(c.Busy) > 60 {
			t.Errorf("%s is busy %d times, errors %v", name, len(c.Busy), c.Errors)
		}
		for _, k := range all {
			if k.start.Before(from) || k.end.After(to) {
				continue
			}
			for _, g := range k.Attendees {
				if g.Email == name+"@acme.example" && g.ResponseStatus != "declined" && !within(c.Busy, k) {
					t.Errorf("%s is free during %s", name, k)
				}
			}
		}
	}
}

func within(busy []*calendar.TimePeriod, k kept) bool {
	return slices.ContainsFunc(busy, func(p *calendar.TimePeriod) bool {
		from, err1 := time.Parse(time.RFC3339, p.Start)
		to, err2 := time.Parse(time.RFC3339, p.End)
		return err1 == nil && err2 == nil && !from.After(k.start) && !to.Before(k.end)
	})
}

// TestTheSameNowGivesTheSameCalendar compares all but the moment at which the
// server was filled.
func TestTheSameNowGivesTheSameCalendar(t *testing.T) {
	tell := func() (lines []string) {
		for _, k := range occurrences(t, startAt(t, thursday), thursday) {
			lines = append(lines, fmt.Sprint(k, " ", k.Id, " ", k.ICalUID, " ", k.end, " ", k.Location))
		}
		return lines
	}
	if diff := cmp.Diff(tell(), tell()); diff != "" {
		t.Errorf("-first +second:\n%s", diff)
	}
}

// TestTheCalendarIsSyncedAsADaemonDoes reads masters and exceptions with a token, and
// then what happens in the live part.
func TestTheCalendarIsSyncedAsADaemonDoes(t *testing.T) {
	w := startAt(t, thursday)
	api := google(t, w)
	first, err := api.Events.List("primary").MaxResults(2500).Do()
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Items) < 40 || first.NextSyncToken == "" {
		t.Fatalf("%d events, token %q", len(first.Items), first.NextSyncToken)
	}
	ours := &calendar.Event{
		Id: "fore00001", Summary: "Focus", Start: &calendar.EventDateTime{DateTime: thursday.AddDate(0, 0, 1).Format(time.RFC3339)},
		End:                &calendar.EventDateTime{DateTime: thursday.AddDate(0, 0, 1).Add(time.Hour).Format(time.RFC3339)},
		ExtendedProperties: &calendar.EventExtendedProperties{Private: map[string]string{"foredesk.rule": "Quiet mornings"}},
	}
	if _, err := api.Events.Insert("primary", ours).Do(); err != nil {
		t.Fatal(err)
	}
	token := first.NextSyncToken
	if token = changed(t, api, token, "Focus"); t.Failed() {
		return
	}
	want := map[string][]string{
		"Fleetline: the written cause":           {"Fleetline: the written cause"},
		"Planner 5 go or no-go":                  {"Planner 5 go or no-go"},
		"Quartalsgespräch Hansa Logistik":        {"Quartalsgespräch Hansa Logistik"},
		"Supplement to the pack: five questions": {"Supplement to the pack: five questions"},
		"Harbour Capital, depot margins":         {"cancelled"},
		"":                                       {"cancelled"},
	}
	happenings := w.CalendarArrivals()
	if len(happenings) != len(want) {
		t.Errorf("%d things happen, want %d", len(happenings), len(want))
	}
	for _, h := range happenings {
		if h.About == "" {
			t.Errorf("%q is not described", h.Title)
		}
		if err := w.Happen(h); err != nil {
			t.Fatal(err)
		}
		token = changed(t, api, token, want[h.Title]...)
	}
}

// changed holds what a sync brings against titles, or "cancelled".
func changed(t *testing.T, api *calendar.Service, token string, want ...string) (next string) {
	t.Helper()
	list, err := api.Events.List("primary").SyncToken(token).Do()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list.Items {
		if e.Status == "cancelled" {
			e.Summary = "cancelled"
		}
		got = append(got, e.Summary)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the sync brings -want +got:\n%s", diff)
	}
	return list.NextSyncToken
}

func TestThereIsNothingOfOursToDelete(t *testing.T) {
	w := startAt(t, thursday)
	all := w.CalendarArrivals()
	if err := w.Happen(all[len(all)-1]); !errors.Is(err, demo.ErrNothingOurs) {
		t.Errorf("error %v, want that there is nothing of ours", err)
	}
}

// TestTheMailboxTellsOfTrips promises bookings that machines can read, and a change
// of one that they can tell from another.
func TestTheMailboxTellsOfTrips(t *testing.T) {
	w := startAt(t, thursday)
	for _, a := range w.Arrivals() {
		if err := w.Deliver(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	keys, got := map[string]int{}, []string{}
	for _, m := range inboxOf(t, w, thursday) {
		m.Item.Look()
		for _, trip := range m.Item.Found.Trips {
			if keys[trip.Key]++; keys[trip.Key] > 1 {
				got = append(got, "again: "+trip.Title.String()+" "+trip.Start.Format("15:04"))
				continue
			}
			got = append(got, trip.Kind+": "+trip.Title.String()+" "+trip.Start.Format("Mon 2 Jan 15:04 -0700"))
		}
	}
	want := []string{
		"flight: SK 1871 London (LHR) to Hamburg (HAM) Thu 26 Nov 07:25 +0000",
		"flight: SK 1886 Hamburg (HAM) to London (LHR) Fri 27 Nov 19:40 +0100",
		"hotel: Hotel Adlerhof, Hamburg Thu 26 Nov 00:00 +0000",
		"train: Train 1D05 London King's Cross to Leeds Fri 13 Nov 07:03 +0000",
		"train: Train 1A42 Leeds to London King's Cross Fri 13 Nov 17:15 +0000",
		"again: SK 1886 Hamburg (HAM) to London (LHR) 20:05",
		"flight: SK 2204 London (LCY) to Rotterdam (RTM) Wed 9 Dec 18:35 +0000",
		"flight: SK 2201 Rotterdam (RTM) to London (LCY) Thu 10 Dec 09:40 +0100",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
