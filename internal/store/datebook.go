package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/foredesk/foredesk/internal/datebook"
)

// Calendars returns the calendars of an account that are in the mirror, by id, with
// how many events it has of each.
func (s *Store) Calendars(ctx context.Context, account string) ([]datebook.Calendar, error) {
	var out []datebook.Calendar
	err := s.each(ctx, func(rows *sql.Rows) error {
		var c datebook.Calendar
		var seen, main int64
		err := rows.Scan(&c.ID, &c.Name, &c.Zone, &c.Role, &main, &c.Token, &c.Asked, &seen, &c.Events)
		c.Primary, c.SeenAt = main == 1, fromMicros(seen)
		out = append(out, c)
		return err
	}, `SELECT id, name, zone, role, main, token, asked, seen_at, (SELECT COUNT(*) FROM events WHERE account = c.account AND calendar = c.id)
		FROM calendars c WHERE account = $1 ORDER BY id`, account)
	return out, s.wrap(err, "reading how far the calendars have been seen")
}

// touches picks what may take place between $2 and $3; an event without length
// does at its start.
const touches = "ends_at >= $2 AND starts_at < $3 AND (ends_at > $2 OR starts_at = $2)"

// EventsBetween returns what is needed to tell what takes place between two
// instants, the latter excluded: the single events and changed instances that
// touch the window, every series that has not certainly ended before it or begins
// after it, and the changed instances of those series, the cancelled ones too.
// Times are in UTC; the order is by start. datebook.Expand makes occurrences of
// them.
func (s *Store) EventsBetween(ctx context.Context, account string, from, to time.Time) ([]datebook.Event, error) {
	return s.events(ctx, "reading the events of some days", `SELECT calendar, id, body FROM events WHERE account = $1 AND series = '' AND `+touches+`
		UNION ALL SELECT calendar, id, body FROM events x WHERE account = $1 AND series <> '' AND (status <> 'cancelled' AND `+touches+`
			OR EXISTS (SELECT 1 FROM events WHERE account = x.account AND calendar = x.calendar AND id = x.series AND `+touches+`))`,
		account, micros(from), micros(to))
}

// EventsByUID returns the events with an iCalUID, on all calendars of an account,
// with the changed instances of a series, the cancelled ones too.
func (s *Store) EventsByUID(ctx context.Context, account, uid string) ([]datebook.Event, error) {
	// What was deleted need not tell its UID.
	return s.events(ctx, "looking up an event by its UID", `SELECT calendar, id, body FROM events WHERE account = $1 AND uid = $2
		UNION ALL SELECT calendar, id, body FROM events x WHERE account = $1 AND series <> '' AND uid <> $2
			AND EXISTS (SELECT 1 FROM events WHERE account = x.account AND calendar = x.calendar AND id = x.series AND uid = $2)`,
		account, idHash(uid))
}

// Event returns one event of the mirror; ok is false if it is not there.
func (s *Store) Event(ctx context.Context, account, calendar, id string) (e datebook.Event, ok bool, err error) {
	found, err := s.events(ctx, "looking up an event", "SELECT calendar, id, body FROM events WHERE account = $1 AND calendar = $2 AND id = $3", account, calendar, id)
	if len(found) == 0 {
		return datebook.Event{}, false, err
	}
	return found[0], true, err
}

// SyncedEvents returns how many single events and series of a calendar the mirror
// has.
func (s *Store) SyncedEvents(ctx context.Context, account, calendar string) (n int, err error) {
	err = s.each(ctx, func(rows *sql.Rows) error { return rows.Scan(&n) },
		"SELECT COUNT(*) FROM events WHERE account = $1 AND calendar = $2 AND series = ''", account, calendar)
	return n, s.wrap(err, "counting the events of a calendar")
}

// events reads the events of a query for calendar, id and body.
func (s *Store) events(ctx context.Context, doing, query string, args ...any) ([]datebook.Event, error) {
	var out []datebook.Event
	err := s.each(ctx, func(rows *sql.Rows) error {
		var e datebook.Event
		var body sql.RawBytes
		if err := rows.Scan(&e.Calendar, &e.ID, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("event %s of calendar %s: %w", e.ID, e.Calendar, err)
		}
		out = append(out, e)
		return nil
	}, query, args...)
	if err != nil {
		return nil, s.wrap(err, doing)
	}
	slices.SortFunc(out, func(a, b datebook.Event) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Calendar, b.Calendar), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// ForgetCalendar removes a calendar and its events from the mirror, and with them
// the token: the configuration does not name it any more.
func (o *Owner) ForgetCalendar(ctx context.Context, id string) error {
	return o.write(ctx, "forgetting a calendar", func(t *tx) error {
		if _, err := t.exec(ctx, "DELETE FROM events WHERE account = $1 AND calendar = $2", o.account, id); err != nil {
			return err
		}
		_, err := t.exec(ctx, "DELETE FROM calendars WHERE account = $1 AND id = $2", o.account, id)
		return err
	})
}

// mirror writes down what a plan knows of the calendars. What we have written
// ourselves comes last: it is newer than what was asked before.
func (o *Owner) mirror(ctx context.Context, t *tx, p Plan) error {
	for i := range p.Syncs {
		sy := &p.Syncs[i]
		if err := o.setCalendar(ctx, t, &sy.Calendar); err != nil {
			return err
		}
		if err := o.mirrorEvents(ctx, t, sy.Calendar.ID, sy.Events, sy.Whole); err != nil {
			return err
		}
	}
	for rest := p.Mirror; len(rest) > 0; {
		id := rest[0].Calendar
		n := slices.IndexFunc(rest, func(e datebook.Event) bool { return e.Calendar != id })
		if n < 0 {
			n = len(rest)
		}
		if err := o.mirrorEvents(ctx, t, id, rest[:n], false); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (o *Owner) setCalendar(ctx context.Context, t *tx, c *datebook.Calendar) error {
	_, err := t.exec(ctx, `INSERT INTO calendars (account, id, name, zone, role, main, token, asked, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (account, id) DO UPDATE SET name = excluded.name, zone = excluded.zone, role = excluded.role, main = excluded.main,
		token = excluded.token, asked = excluded.asked, seen_at = excluded.seen_at`,
		o.account, c.ID, c.Name, c.Zone, c.Role, truth(c.Primary), c.Token, c.Asked, micros(c.SeenAt))
	return err
}

// mirrorEvents brings the mirror of one calendar up to date. What was deleted goes
// first, so that what comes after is compared with what will stay.
func (o *Owner) mirrorEvents(ctx context.Context, t *tx, calendar string, events []datebook.Event, whole bool) error {
	m := mirror{t: t, fixed: []any{o.account, calendar}}
	live, holes, gone := sorted(events)
	if err := m.remove(ctx, "id", gone); err != nil {
		return err
	}
	if err := m.remove(ctx, "series", gone); err != nil {
		return err
	}
	known, err := m.known(ctx, slices.Concat(live, holes), whole)
	if err != nil {
		return err
	}
	if err := m.put(ctx, live, known); err != nil {
		return err
	}
	if whole {
		if err := m.keepOnly(ctx, known, slices.Concat(live, holes)); err != nil {
			return err
		}
	}
	return m.putHoles(ctx, holes, known)
}

// sorted tells what is there from what was deleted: holes are the instances taken
// out of a series. Of an event that is in a list twice, as it changed between two
// pages, the last counts.
func sorted(events []datebook.Event) (live, holes []*datebook.Event, gone []string) {
	last := make(map[string]int, len(events))
	for i := range events {
		last[events[i].ID] = i
	}
	for i := range events {
		e := &events[i]
		switch {
		case last[e.ID] != i:
		case !e.Cancelled():
			live = append(live, e)
		case e.Series != "":
			holes = append(holes, e)
		default:
			gone = append(gone, e.ID)
		}
	}
	return live, holes, gone
}

// mirror is the part of the mirror that belongs to one calendar.
type mirror struct {
	t     *tx
	fixed []any // account and calendar
}

const ofCalendar = " FROM events WHERE account = $1 AND calendar = $2 AND "

// remove removes the events that have one of the ids in a column.
func (m mirror) remove(ctx context.Context, column string, ids []string) error {
	_, err := m.t.execIn(ctx, "DELETE"+ofCalendar+column+" IN ", m.fixed, anys(ids))
	return err
}

// known returns the bodies of events that the mirror has, by id: of the given
// ones, or of all.
func (m mirror) known(ctx context.Context, events []*datebook.Event, all bool) (map[string]string, error) {
	bodies := make(map[string]string, len(events))
	scan := func(rows *sql.Rows) error {
		var id, body string
		err := rows.Scan(&id, &body)
		bodies[id] = body
		return err
	}
	if all {
		return bodies, m.t.each(ctx, scan, "SELECT id, body"+ofCalendar+"true", m.fixed...)
	}
	return bodies, m.t.eachIn(ctx, scan, "SELECT id, body"+ofCalendar+"id IN ", m.fixed, anys(idsOfEvents(events)))
}

func idsOfEvents(events []*datebook.Event) []string {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return ids
}

var putEvent = rowsStatement{
	prefix: `INSERT INTO events (account, calendar, id, uid, series, starts_at, ends_at, status, body)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), v.* FROM (VALUES `,
	suffix: `) AS v WHERE true ON CONFLICT (account, calendar, id) DO UPDATE SET uid = excluded.uid, series = excluded.series,
		starts_at = excluded.starts_at, ends_at = excluded.ends_at, status = excluded.status, body = excluded.body`,
	fixed: 2, columns: 7, casts: "TEXT TEXT TEXT BIGINT BIGINT TEXT TEXT",
}

// putAtOnce is how many events are held as text while they are written down.
const putAtOnce = 200

// put writes those events down that are not known as they are now.
func (m mirror) put(ctx context.Context, events []*datebook.Event, known map[string]string) error {
	for some := range slices.Chunk(events, putAtOnce) {
		if err := m.putSome(ctx, some, known); err != nil {
			return err
		}
	}
	return nil
}

func (m mirror) putSome(ctx context.Context, events []*datebook.Event, known map[string]string) error {
	args := make([]any, 0, len(events)*putEvent.columns)
	for _, e := range events {
		kept := keep(*e)
		body, err := json.Marshal(&kept)
		if err != nil {
			return fmt.Errorf("event %s: %w", e.ID, err)
		}
		if was, ok := known[e.ID]; ok && was == string(body) {
			continue
		}
		first, last := kept.Bounds()
		end := micros(last)
		if last.IsZero() {
			end = math.MaxInt64
		}
		args = append(args, e.ID, idHash(e.UID), e.Series, micros(first), end, e.Status, string(body))
	}
	_, err := m.t.execRows(ctx, putEvent, m.fixed, args)
	return err
}

// putHoles writes down which instances are gone of series that are still there;
// without a series, there is nothing that they could be missing from.
func (m mirror) putHoles(ctx context.Context, holes []*datebook.Event, known map[string]string) error {
	if len(holes) == 0 {
		return nil
	}
	series := map[string]bool{}
	for _, e := range holes {
		series[e.Series] = false
	}
	var masters []any
	for id := range series {
		masters = append(masters, id)
	}
	err := m.t.eachIn(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		series[id] = true
		return err
	}, "SELECT id"+ofCalendar+"id IN ", m.fixed, masters)
	if err != nil {
		return err
	}
	var stay []*datebook.Event
	var gone []string
	for _, e := range holes {
		if series[e.Series] {
			stay = append(stay, e)
		} else {
			gone = append(gone, e.ID)
		}
	}
	if err := m.remove(ctx, "id", gone); err != nil {
		return err
	}
	return m.put(ctx, stay, known)
}

// keepOnly removes what is known and not in the list.
func (m mirror) keepOnly(ctx context.Context, known map[string]string, events []*datebook.Event) error {
	listed := make(map[string]bool, len(events))
	for _, e := range events {
		listed[e.ID] = true
	}
	var gone []string
	for id := range known {
		if !listed[id] {
			gone = append(gone, id)
		}
	}
	return m.remove(ctx, "id", gone)
}

// keep returns what the mirror keeps of an event. Times are put in UTC, so that an
// event that has not changed has the same text.
func keep(e datebook.Event) datebook.Event {
	for _, t := range []*time.Time{&e.Start, &e.End, &e.Original, &e.Created, &e.Updated} {
		*t = t.UTC()
	}
	switch {
	case e.Cancelled():
		return datebook.Event{
			UID: e.UID, Etag: e.Etag, Series: e.Series, Original: e.Original, AllDay: e.AllDay, Status: e.Status,
			Private: e.Private, Updated: e.Updated, Sequence: e.Sequence,
		}
	case e.Private:
		return e.Wordless()
	}
	return e
}
