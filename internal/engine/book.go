package engine

import (
	"context"
	"log/slog"
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
	names, at := map[string]string{}, time.Time{}
	for _, c := range b.calendars {
		names[c.ID] = c.Name
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
		e.Calendar = s.Calendar.ID
		b.events[at] = *e
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

// differences are the occurrences of the new book that the rules are to look at
// again, each with what has changed about it, and the ones that are gone.
type differences struct {
	look []rules.Event
	gone []rules.Event
}

// differ compares two books. An occurrence is looked at if it is new or changed,
// and so are those of the same days, as their gaps and conflicts hang on it.
func differ(before, after *book, zone *time.Location, now time.Time) differences {
	type place struct{ key, calendar string } // one event can be on two calendars
	old := make(map[place]*rules.Event, len(before.diary.Events))
	for i := range before.diary.Events {
		e := &before.diary.Events[i]
		old[place{e.Key, e.Calendar}] = e
	}
	var d differences
	touched := map[string]bool{}
	touch := func(e *rules.Event) {
		for t := e.Start.In(zone); t.Before(e.End) || t.Equal(e.Start); t = t.AddDate(0, 0, 1) {
			touched[t.Format(time.DateOnly)] = true
		}
	}
	for i := range after.diary.Events {
		e := &after.diary.Events[i]
		was, known := old[place{e.Key, e.Calendar}]
		delete(old, place{e.Key, e.Calendar})
		if known {
			e.Changed = changedOf(was, e)
			if len(e.Changed) > 0 {
				touch(was)
			}
		}
		e.New = !known && e.Start.Before(before.whole)
		if e.New || !known || len(e.Changed) > 0 {
			touch(e)
		}
	}
	for _, e := range old {
		if e.Start.Before(after.diary.From) || e.Cancelled {
			continue // it has only gone by
		}
		touch(e)
		d.gone = append(d.gone, *e)
	}
	for i := range after.diary.Events {
		e := &after.diary.Events[i]
		if e.End.After(now) && (touched[e.Start.In(zone).Format(time.DateOnly)] || touched[e.End.In(zone).Format(time.DateOnly)]) {
			d.look = append(d.look, *e)
		}
	}
	return d
}

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
