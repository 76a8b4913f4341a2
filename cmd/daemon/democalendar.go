package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/demo"
	"github.com/foredesk/foredesk/internal/engine"
	"github.com/foredesk/foredesk/internal/gather"
	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// fourWeeks takes a first look at the calendar. What stands there stays; rules on
// days look at the days to come.
func (s *show) fourWeeks(ctx context.Context) error {
	s.heading("Four weeks of calendar", "foredesk run")
	if err := s.account.SyncCalendar(ctx); err != nil {
		return err
	}
	diary, err := s.diary(ctx)
	if err != nil {
		return err
	}
	names := map[string]int64{}
	s.titles = map[string]string{}
	for _, e := range diary.Events {
		s.titles[e.ID] = e.Title.String()
		if !e.Ours {
			names[e.Calendar]++
		}
	}
	s.printf("  %s ahead on her own calendar, %d on that of her family. What stands there stays.\n", count(names["primary"], "event"), names["Family"])
	for _, c := range s.desk.set.Clashes(diary, s.world.Clock(), s.world.Clock().AddDate(0, 0, 14)) {
		s.printf("  %s %s\n", s.faint("clash:"), oneLine(c.Text, 150))
	}
	return nil
}

func (s *show) diary(ctx context.Context) (*rules.Diary, error) {
	diary, err := engine.Diary(ctx, s.desk.journal, s.desk.log, s.desk.Name, s.desk.set, s.world.Clock())
	if err == nil && diary == nil {
		err = errors.New("the demo's calendar was not read")
	}
	return diary, err
}

// appointments is what happens on the calendar while the daemon runs, and what
// becomes of it.
func (s *show) appointments(ctx context.Context) error {
	if err := s.takesOne(ctx); err != nil {
		return err
	}
	for _, h := range s.world.CalendarArrivals() {
		if err := s.rest(ctx); err != nil {
			return err
		}
		s.printf("  %s\n", s.faint(h.About))
		if err := s.world.Happen(h); err != nil && !errors.Is(err, demo.ErrNothingOurs) {
			return err
		}
		if err := s.calendarSettles(ctx); err != nil {
			return err
		}
	}
	return s.solve(ctx)
}

// takesOne lets the customer who was offered times take one: the invitation comes,
// and the holds of the others go.
func (s *show) takesOne(ctx context.Context) error {
	holds, err := s.desk.journal.Steps(ctx, store.Filter{Account: s.desk.Name, States: []store.State{store.Done}})
	if err != nil {
		return err
	}
	holds = slices.DeleteFunc(holds, func(h store.Step) bool { return !strings.HasPrefix(h.Action, "propose hold ") })
	if len(holds) < 2 {
		return errors.New("no times were offered, so none can be taken")
	}
	start, end, _ := engine.OnCalendar(holds[1])
	s.printf("  %s\n", s.faint("The customer takes one of the times: her invitation comes, and the other holds go."))
	person := func(email string, self bool) map[string]any {
		return map[string]any{"email": email, "self": self, "responseStatus": map[bool]string{true: "needsAction", false: "accepted"}[self]}
	}
	_, err = s.world.Calendar.Put("primary", map[string]any{
		"summary": holds[1].Item.Subject, "organizer": map[string]any{"email": holds[1].Item.Sender},
		"start": map[string]any{"dateTime": start.Format(time.RFC3339)}, "end": map[string]any{"dateTime": end.Format(time.RFC3339)},
		"attendees": []any{person(holds[1].Item.Sender, false), person(s.world.Address, true)},
	})
	if err != nil {
		return err
	}
	return s.calendarSettles(ctx)
}

// solve lets the assistant approve what is recommended about the conflict that the
// first of the new events made.
func (s *show) solve(ctx context.Context) error {
	fresh := s.world.CalendarArrivals()[0].Title
	waiting, err := s.desk.journal.Approvals(ctx, s.desk.Name)
	if err != nil {
		return err
	}
	for _, a := range waiting {
		line, err := gather.WaitingLine(ctx, s.desk.journal, a)
		if err != nil {
			return err
		}
		if line.Subject != fresh || !slices.Contains(line.Does, rules.Effect{Action: "fix", Arg: "conflict"}.String()) {
			continue
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
		s.printf("  %s\n", s.faint(fmt.Sprintf("Priya looks at the clash of %q, and says yes: foredesk approve %d.", oneLine(line.Subject, 50), a.ID)))
		if _, err := s.account.Answer(ctx, engine.AnswerArgs{IDs: []int64{a.ID}, Answer: store.Approve}); err != nil {
			return err
		}
		return s.calendarSettles(ctx)
	}
	return errors.New("no clash waits to be put right")
}

// calendarSettles waits until the daemon has seen what happened on the calendar,
// and has done what follows from it.
func (s *show) calendarSettles(ctx context.Context) error {
	for range 2 { // the second look shows what came of the first
		since := s.world.Clock()
		err := s.until(ctx, "the next look at the calendar", func(ctx context.Context) (bool, error) {
			all, err := s.desk.journal.Calendars(ctx, s.desk.Name)
			for _, c := range all {
				if !c.SeenAt.After(since) {
					return false, err
				}
			}
			return len(all) > 0, err
		})
		if err == nil {
			err = s.until(ctx, "what follows on the calendar", s.settled)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// onCalendar shows what was done on the calendar, and tells whether the event was
// of that.
func (s *show) onCalendar(e engine.Event) bool {
	if len(e.Steps) == 0 || e.Steps[0].Op.Kind != mailbox.Event || e.Item.MessageID != "" && len(e.Steps) > 1 {
		return false
	}
	var words []string
	for _, step := range e.Steps {
		if said := s.sayOnCalendar(step); said != "" {
			words = append(words, said)
		}
	}
	if len(words) > 0 {
		s.printf("  %-24s %-42s %s %s\n", "on the calendar", oneLine(e.Item.Subject, 42), s.green("→"), strings.Join(words, ", "))
	}
	return true
}

// sayOnCalendar puts into words what became of a step on the calendar; nothing of
// one whose turn is still to come, or that only decided on others.
func (s *show) sayOnCalendar(step store.Step) string {
	start, end, put := engine.OnCalendar(step)
	action, _, _ := strings.Cut(step.Action, " ")
	words := rules.Effect{Action: action, Arg: step.Arg, With: step.Op.With}.String()
	switch {
	case step.State == store.Parked:
		return words + " (waits for a yes)"
	case step.State == store.Failed && strings.HasPrefix(step.Reason, engine.NothingFree):
		return ""
	case step.State == store.Failed:
		return "nothing done: " + step.Reason
	case step.State != store.Done:
		return ""
	case step.Undoes != 0 || step.Op.Do == "release":
		return "taken off the calendar"
	case !put:
		return ""
	case step.Op.Do == "move" || step.Op.Do == "shift" || step.Op.Do == "fix":
		if title := s.titles[step.Op.With["event"]]; title != "" && title != step.Item.Subject {
			return fmt.Sprintf("“%s” now %s", oneLine(title, 40), s.span(start, end)) // of two, the other gave way
		}
		return "now " + s.span(start, end)
	case step.Op.Do == "respond" || step.Op.Do == "color" || step.Op.Do == "tag":
		return words
	}
	if step.Op.With["date"] != "" {
		return fmt.Sprintf("“%s” %s, %s", oneLine(step.Op.Arg, 50), start.UTC().Format("Mon 2 Jan"), count(int64(end.Sub(start).Hours()/24), "day"))
	}
	return fmt.Sprintf("“%s” %s", oneLine(step.Op.Arg, 50), s.span(start, end))
}

// span is "Thu 26 Nov 10:00-10:45" in her zone.
func (s *show) span(start, end time.Time) string {
	return start.In(s.desk.Location).Format("Mon 2 Jan 15:04") + end.In(s.desk.Location).Format("-15:04")
}
