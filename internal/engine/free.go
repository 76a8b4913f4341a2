package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foredesk/foredesk/internal/mailbox"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

// slots looks for free time as a step wants it, after asking the calendar what is
// new: the mirror may be a minute old. Where people are invited whose free time can
// be known, it is theirs as well.
func (w *work) slots(ctx context.Context, s store.Step, count int) ([]rules.Span, string, error) {
	if w.Calendar == nil {
		return nil, noCalendar, nil
	}
	if err := w.upToDate(ctx, s); err != nil {
		return nil, "", err
	}
	b := w.book.Load()
	want, err := rules.WantOf(s.Op.With)
	if err != nil {
		return nil, err.Error(), nil
	}
	now := w.now()
	want.Count = count
	want.From = latest(want.From, now)
	if want.To.IsZero() || want.To.After(b.diary.To) {
		want.To = b.diary.To
	}
	people := list(s.Op.With["guests"])
	if len(people) > 0 {
		busy, err := w.Calendar.FreeBusy(ctx, people, want.From, earlier(want.To, want.From.Add(30*24*time.Hour)))
		if err != nil {
			w.Log.Info("the free time of guests could not be asked for; only the executive's own is looked at", "rule", s.Rule)
		}
		for _, spans := range busy {
			for _, span := range spans {
				want.Others = append(want.Others, rules.Span(span))
			}
		}
	}
	slots := w.set.Free(b.diary, want, now)
	if from := parseInstant(s.Op.With["earlier"]); len(slots) < count && !from.IsZero() {
		want.From = latest(from, now) // the day before will do as well
		slots = w.set.Free(b.diary, want, now)
	}
	if len(slots) < count {
		return slots, fmt.Sprintf(NothingFree+" of %s that fits until %s", s.Op.With["length"], want.To.In(w.set.Timezone).Format("Monday 2 January")), nil
	}
	return slots, "", nil
}

// looksForTime reports whether what is to be done begins with a search for free
// time.
func looksForTime(op mailbox.Op) bool {
	with := op.With
	return op.Kind == mailbox.Event && (op.Do == "fix" || with["length"] != "" && with["start"] == "" && with["date"] == "")
}

// fresh is how old what is known of the calendar may be where free time is looked
// for.
const fresh = 10 * time.Second

func (w *work) isFresh() bool {
	b := w.book.Load()
	return b != nil && len(b.calendars) > 0 && w.now().Sub(b.diary.At) < fresh
}

// upToDate asks the calendar what is new if that has not just been done.
func (w *work) upToDate(ctx context.Context, s store.Step) error {
	if w.isFresh() {
		return nil
	}
	if _, err := w.sync(ctx, w.now()); err != nil {
		return err
	}
	if b := w.book.Load(); len(b.calendars) == 0 {
		return &CalendarError{fmt.Errorf("looking for free time for rule %q: no calendar has been read yet", s.Rule)}
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func parseInstant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// minutes reads reminders such as "10m, 1d" as minutes before the start.
func minutes(s string) (all []int) {
	for _, part := range list(s) {
		if d, err := rules.ParseDuration(part); err == nil {
			all = append(all, int(d/time.Minute))
		}
	}
	return all
}

func kindOf(action string) string {
	if action == "focus" {
		return "focusTime"
	}
	return "default"
}

// calendarID is the server's name of a calendar that the rules or the configuration
// call so.
func (w *work) calendarID(name string) string {
	if b := w.book.Load(); b != nil {
		for _, c := range b.calendars {
			if c.Name == name || c.ID == name || c.Primary && (name == "" || name == "primary") {
				return c.ID
			}
		}
	}
	return orElse(name, "primary")
}
