package engine

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
	"github.com/foredesk/foredesk/internal/store"
	"github.com/foredesk/foredesk/rules"
)

const (
	bookBefore = 36 * time.Hour // so that yesterday is whole in every zone
	bookAhead  = 60 * 24 * time.Hour
)

// book is what the mirror says of the time around now: the occurrences as rules
// see them, and the events of ours among them. It is not changed once it is made.
type book struct {
	diary     *rules.Diary
	calendars []datebook.Calendar
	events    map[string]datebook.Event // of the mirror, by calendar and id
	// whole is how far ahead the rules have been shown what is there.
	whole time.Time
}

// Diary reads what the journal's mirror has of an account's calendars, for those
// who look at mail without owning the account; nil where there is none.
func Diary(ctx context.Context, journal *store.Store, log *slog.Logger, account string, set *rules.Set, now time.Time) (*rules.Diary, error) {
	a := &Account{Config: Config{Name: account, Journal: journal, Log: log}}
	b, err := a.readBook(ctx, set, nil, now)
	if err != nil || len(b.calendars) == 0 {
		return nil, err
	}
	return b.diary, nil
}

// readBook makes a book of the mirror, with what some syncs change about it.
func (a *Account) readBook(ctx context.Context, set *rules.Set, syncs []datebook.Sync, now time.Time) (*book, error) {
	from, to := now.Add(-bookBefore), now.Add(bookAhead)
	calendars, err := a.Journal.Calendars(ctx, a.Name)
	if err != nil {
		return nil, err
	}
	events, err := a.Journal.EventsBetween(ctx, a.Name, from, to)
	if err != nil {
		return nil, err
	}
	b := &book{events: make(map[string]datebook.Event, len(events)), calendars: withSyncs(calendars, syncs)}
	for _, e := range events {
		b.events[placeOf(e.Calendar, e.ID)] = e
	}
	for _, s := range syncs {
		b.apply(s, from, to)
	}
	names, at := b.names(), time.Time{}
	for _, c := range b.calendars {
		if at.IsZero() || c.SeenAt.Before(at) {
			at = c.SeenAt
		}
	}
	all := make([]datebook.Event, 0, len(b.events))
	for _, e := range b.events {
		if _, followed := names[e.Calendar]; followed {
			all = append(all, e)
		}
	}
	maps.DeleteFunc(b.events, func(_ string, e datebook.Event) bool { return len(e.Ours) == 0 })
	occurrences, wrong := datebook.Expand(all, names, set.Timezone, from, to)
	for _, err := range wrong {
		a.Log.Warn("an event can't be read; it is left out", "error", err)
	}
	b.diary = rules.NewDiary(occurrences, from, to, at)
	b.whole = to
	if !at.IsZero() {
		b.whole = at.Add(bookAhead)
	}
	return b, nil
}

// names are what the configuration calls the calendars, by their id.
func (b *book) names() map[string]string {
	names := make(map[string]string, len(b.calendars))
	for _, c := range b.calendars {
		names[c.ID] = c.Name
	}
	return names
}

// follows reports whether a calendar is one of those that are read.
func (b *book) follows(id string) bool {
	return slices.ContainsFunc(b.calendars, func(c datebook.Calendar) bool { return c.ID == id })
}

// placeOf names an event of the server.
func placeOf(calendar, id string) string { return calendar + "/" + id }

// apply brings the book's events up to what a calendar has said, as far as it
// concerns the days between two instants.
func (b *book) apply(s datebook.Sync, from, to time.Time) {
	if s.Whole {
		for at, e := range b.events {
			if e.Calendar == s.Calendar.ID {
				delete(b.events, at)
			}
		}
	}
	for i := range s.Events {
		e := &s.Events[i]
		at := placeOf(s.Calendar.ID, e.ID)
		if e.Cancelled() && e.Series == "" {
			delete(b.events, at)
			b.dropInstances(s.Calendar.ID, e.ID)
			continue
		}
		if !mayTouch(e, from, to) {
			delete(b.events, at)
			continue
		}
		kept := *e
		kept.Calendar = s.Calendar.ID
		b.events[at] = kept.Wordless() // as the mirror will have it
	}
}

// mayTouch reports whether an event has to do with the days between two instants.
// A series may, and so may all that was changed of it.
func mayTouch(e *datebook.Event, from, to time.Time) bool {
	if e.Series != "" || len(e.Recurrence) > 0 {
		return true
	}
	first, last := e.Bounds()
	return first.Before(to) && !last.Before(from)
}

// dropInstances takes away what was changed of a series that is no more.
func (b *book) dropInstances(calendar, series string) {
	for at, e := range b.events {
		if e.Calendar == calendar && e.Series == series {
			delete(b.events, at)
		}
	}
}

// withSyncs are the calendars as they will be known after some syncs.
func withSyncs(known []datebook.Calendar, syncs []datebook.Sync) []datebook.Calendar {
	all := slices.Clone(known)
	for _, s := range syncs {
		i := slices.IndexFunc(all, func(c datebook.Calendar) bool { return c.ID == s.Calendar.ID })
		if i < 0 {
			all = append(all, s.Calendar)
		} else {
			all[i] = s.Calendar
		}
	}
	return all
}

// diaryNow is what is known of the calendar, nil where nothing is.
func (a *Account) diaryNow() *rules.Diary {
	if b := a.book.Load(); b != nil && len(b.calendars) > 0 {
		return b.diary
	}
	return nil
}

// differ finds the occurrences that the rules are to look at again, each with what
// has changed about it: those that are new or changed, and those of the same days,
// as their gaps and conflicts hang on them. What comes into the book only because
// time has gone by is looked at, too, and is not new.
func differ(before, after *book, zone *time.Location, now time.Time) (look []rules.Event) {
	type copied struct{ key, calendar string } // of one event there may be several
	old := make(map[copied]*rules.Event, len(before.diary.Events))
	for i := range before.diary.Events {
		e := &before.diary.Events[i]
		old[copied{e.Key, e.Calendar}] = e
	}
	touched := map[string]bool{}
	touch := func(e *rules.Event) {
		end := dateOf(earlier(e.End, after.diary.To).In(zone))
		for t := noonOf(latest(e.Start, after.diary.From).In(zone)); dateOf(t) <= end; t = t.AddDate(0, 0, 1) {
			touched[dateOf(t)] = true
		}
	}
	all := after.diary.Events
	fresh, changed := make([]bool, len(all)), make([][]string, len(all)) // by their place in all
	for i := range all {
		e := &all[i]
		was, known := old[copied{e.Key, e.Calendar}]
		delete(old, copied{e.Key, e.Calendar})
		fresh[i] = !known && e.Start.Before(before.whole)
		if known {
			changed[i] = changedOf(was, e)
		}
		if len(changed[i]) > 0 {
			touch(was)
		}
		if !known || len(changed[i]) > 0 || !e.Start.Before(before.whole) {
			touch(e)
		}
	}
	for _, e := range old {
		if e.End.After(after.diary.From) {
			touch(e) // it is gone, and has not only gone by
		}
	}
	for i, e := range all {
		if e.End.After(now) && (touched[dateOf(e.Start.In(zone))] || touched[dateOf(e.End.In(zone))]) {
			e.New, e.Changed = fresh[i], changed[i]
			look = append(look, e)
		}
	}
	return look
}

// noonOf is a time of day that every date has, in every zone.
func noonOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, t.Location())
}

func dateOf(t time.Time) string { return t.Format(time.DateOnly) }

// changedOf names what has changed about an occurrence.
func changedOf(was, e *rules.Event) (changed []string) {
	for _, c := range []struct {
		name string
		is   bool
	}{
		{"time", !was.Start.Equal(e.Start) || !was.End.Equal(e.End)},
		{"title", was.Title.String() != e.Title.String()},
		{"location", was.Location.String() != e.Location.String() || was.Video != e.Video},
		{"notes", was.Notes.String() != e.Notes.String()},
		{"guests", !slices.EqualFunc(was.Attendees, e.Attendees, func(a, b rules.Address) bool { return a.Email == b.Email }) ||
			was.Accepted != e.Accepted || was.Declined != e.Declined},
		{"response", was.Response != e.Response},
		{"status", was.Status != e.Status},
	} {
		if c.is {
			changed = append(changed, c.name)
		}
	}
	return changed
}
